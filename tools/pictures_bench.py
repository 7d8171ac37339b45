# pictures_bench.py: draws what contests for locks tell: throughput against CPUs, and shares.
# SPDX-License-Identifier: MIT

from __future__ import annotations

from pathlib import Path
from statistics import median

from matplotlib.figure import Figure

from bench_results import Contest, jain
from pictures import (
    COLOURS, FAIRNESS_HEADS, NARROW, Picture, Share, Shares, key, label_rows, numbers_of,
)

Contests = dict[tuple[int, int, str], Contest]  # by section in ns, threads, lock


def contest_shares(contests: Contests, section: int) -> Shares:
    """With the most CPUs, of the round that was neither the fairest nor the least fair."""
    most = max(threads for of, threads, _ in contests if of == section)
    shares = []
    for (of, threads, lock), contest in contests.items():
        if (of, threads) == (section, most):
            counts = sorted(contest.counts, key=jain)[len(contest.counts) // 2]
            group = [Share(f"cpu{i}", COLOURS[i % len(COLOURS)], n) for i, n in enumerate(counts)]
            shares.append((lock, group))
    return shares


def portions(shares: Shares, name: str, title: str, directory: Path) -> Picture:
    """As fairness(), for locks whose counts differ too much for one scale: each is a whole."""
    figure = Figure(figsize=(NARROW, 1.1 + 0.27 * len(shares)))
    axes = figure.subplots()
    number = 0
    for row, (_, group) in enumerate(shares):
        left, whole = 0.0, sum(share.count for share in group) or 1
        for share in group:
            part = 100 * share.count / whole
            (bar,) = axes.barh(row, part, 0.8, left=left, color=share.colour)
            bar.set_gid(f"bar-{number}")
            left, number = left + part, number + 1
    label_rows(axes, [lock for lock, _ in shares])
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of all acquisitions")
    key(axes, {share.who: share.colour for share in shares[0][1]})
    return Picture(name, title, FAIRNESS_HEADS, numbers_of(shares)).save(figure, directory)


def throughput(contests: Contests, section: int, name: str, title: str, directory: Path) -> Picture:
    """A line a lock, in the order of @contests, through the medians; upright: best and worst."""
    names = list(dict.fromkeys(lock for of, _, lock in contests if of == section))
    figure = Figure(figsize=(NARROW, 3.6))
    axes = figure.subplots()
    table = []
    threads: list[int] = []
    for i, lock in enumerate(names):
        found = [(n, c) for (of, n, who), c in contests.items() if (of, who) == (section, lock)]
        threads = [n for n, _ in found]
        medians = [median(contest.rates) for _, contest in found]
        colour = COLOURS[i % len(COLOURS)]
        (line,) = axes.plot(threads, medians, color=colour, marker="os^Dv"[i % 5], label=lock)
        line.set_gid(f"line-{i}")
        low, high = ([f(c.rates) for _, c in found] for f in (min, max))
        axes.vlines(threads, low, high, color=colour, alpha=0.35, linewidth=2.5)
        table += [[lock, str(n), f"{median(c.rates):.1f}", f"{min(c.rates):.1f}",
                   f"{max(c.rates):.1f}", str(len(c.rates))] for n, c in found]
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(threads, [str(n) for n in threads])
    axes.set_xlabel("CPUs that want it all the time")
    axes.set_ylabel("thousand acquisitions a second")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    heads = ["lock", "CPUs", "median", "worst", "best", "rounds"]
    return Picture(name, title, heads, table).save(figure, directory)
