# pictures.py: draws what a trace tells: as SVG and PNG, with the numbers in a table.
# SPDX-License-Identifier: MIT
"""Each picture comes with its numbers: those that are drawn, and nothing else. In the SVG a bar's
id is `bar-N`, where N is the row of the numbers, from 0: who wants to can compare the two."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from bench_results import jain
from trace_model import RUNNABLE, RUNNING, SLEEPING, SPINNING, STATES, Owner, Span, Story

# A colour that nothing else has: in the page it is that of the page's text.
INK = "#1b1e23"
STATE_COLOURS = {RUNNING: "#009e73", RUNNABLE: "#f0c244", SPINNING: "#d55e00", SLEEPING: "#c3cad3"}
# Okabe and Ito's, which the colour-blind tell apart, and three more.
COLOURS = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#b8a800"),
    *("#7a5195", "#8c564b", "#4d7c3a"),
)
OTHERS = "#8a929c"
PATHS = {"spun": "#d55e00", "slept": "#0072b2", "gave up": "#cc79a7", "to the end": OTHERS}
MOST_THREADS, MOST_LOCKS = 14, 6
TAKEN_OFTEN = 10
FEWEST_BARS = 6  # of a histogram
MANY_SPANS = 600  # from here on they are dots in the SVG, too: a file of megabytes draws slowly
WIDE, NARROW = 9.6, 5.2  # inches

matplotlib.use("Agg")
matplotlib.rcParams.update(
    {
        **{f"{name}.color": INK for name in ("text", "xtick", "ytick")},
        **{f"axes.{name}color": INK for name in ("label", "edge", "title")},
        **{"axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left"},
        **{"axes.titlesize": 10, "axes.labelsize": 9, "xtick.labelsize": 9, "ytick.labelsize": 9},
        **{"legend.fontsize": 8.5, "legend.frameon": False, "lines.markersize": 4.5},
        **{"font.family": "DejaVu Sans", "figure.constrained_layout.use": True},
        **{"svg.fonttype": "none", "svg.hashsalt": "interlock"},
    }
)


@dataclass
class Picture:
    name: str
    title: str
    heads: list[str]
    rows: list[list[str]]
    is_wide: bool = False
    svg: str = ""  # to stand in a page

    def save(self, figure: Figure, directory: Path) -> Picture:
        """Write NAME.svg and NAME.png. Ids are the picture's own, for many stand in one page."""
        figure.savefig(directory / f"{self.name}.png", dpi=144, facecolor="white")
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        text = io.StringIO()
        figure.savefig(text, format="svg", dpi=200, transparent=True, metadata=nothing)
        (directory / f"{self.name}.svg").write_text(text.getvalue(), encoding="utf-8")
        svg = text.getvalue()
        svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
        svg = re.sub(r'( id="|href="#|url\(#)', rf"\1{self.name}-", svg)
        svg = svg.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
        self.svg = svg.replace("<svg ", f'<svg role="img" aria-label="{self.title}" ', 1)
        return self


@dataclass
class Lock:
    """An object: several may have one name."""

    kind: str  # its name
    label: str
    waits: list[Span] = field(default_factory=list)
    holds: list[Span] = field(default_factory=list)

    @property
    def waited(self) -> int:
        return sum(span.ns for span in self.waits)


def locks_of(story: Story) -> list[Lock]:
    """Those that more than one thread wanted, and waited for or took often, if there are any: the
    most waited for first, and those of one name together."""
    found: dict[tuple[str, int], Lock] = {}
    for span in sorted(story.waits + story.holds, key=lambda span: span.start):
        found.setdefault((span.name, span.object), Lock(span.name, span.name))
    for span in story.waits:
        found[span.name, span.object].waits.append(span)
    for span in story.holds:
        found[span.name, span.object].holds.append(span)
    counts: Counter[str] = Counter(lock.kind for lock in found.values())
    numbers: Counter[str] = Counter()
    for lock in found.values():
        if counts[lock.kind] > 1:
            numbers[lock.kind] += 1
            lock.label += f" #{numbers[lock.kind]}"
    shared = [lk for lk in found.values() if len({s.owner for s in lk.holds + lk.waits}) > 1]
    often = [lock for lock in shared if lock.waits or len(lock.holds) >= TAKEN_OFTEN]
    chosen = often or shared
    waited: Counter[str] = Counter()
    for lock in chosen:
        waited[lock.kind] += lock.waited
    chosen.sort(key=lambda lock: (-waited[lock.kind], lock.kind, lock.label, -len(lock.holds)))
    return [lock for lock in chosen if lock.holds][:MOST_LOCKS]


def owner_names(story: Story, owners: list[Owner]) -> dict[Owner, str]:
    """Short names; with the number where two would be the same."""
    names = {o: story.name(o[0]) if o[1] is None else f"cpu{o[1]}, handlers" for o in owners}
    counts = Counter(names.values())
    return {o: n if counts[n] == 1 else f"{n} ({o[0]})" for o, n in names.items()}


def colours_of(locks: list[Lock]) -> dict[Owner, str]:
    """A thread has one colour wherever it holds something."""
    holders = {span.owner for lock in locks for span in lock.holds}
    threads = sorted((o for o in holders if o[1] is None), key=lambda o: o[0])
    return dict(zip(threads, COLOURS))


def unit_of(ns: int) -> tuple[str, float]:
    """In which to count times of this size."""
    for unit, size in (("s", 1e9), ("ms", 1e6)):
        if ns >= 2 * size:
            return unit, size
    return "us", 1e3


# ---- The timeline: what threads did, and whose each lock was ----


def threads_of(story: Story, locks: list[Lock]) -> list[int]:
    """Those that had to do with the locks first, and the busiest; in the order of their numbers."""
    busy: Counter[int] = Counter()
    for span in story.states:
        busy[span.owner[0]] += span.ns if span.name in (RUNNING, SPINNING) else 0
    near = {s.owner[0] for lock in locks for s in lock.waits + lock.holds if s.owner[1] is None}
    ranked = sorted(busy, key=lambda pid: (pid not in near, -busy[pid]))
    return sorted(ranked[:MOST_THREADS])


def draw_states(axes: Axes, story: Story, pids: list[int], start: int, size: float) -> None:
    many = len(story.states) > MANY_SPANS
    for state, colour in STATE_COLOURS.items():
        for row, pid in enumerate(pids):
            spans = [s for s in story.states if s.owner[0] == pid and s.name == state]
            bars = [((s.start - start) / size, s.ns / size) for s in spans]
            height = 0.3 if state == SLEEPING else 0.8
            axes.broken_barh(bars, (row - height / 2, height), facecolor=colour, edgecolor=colour,
                             linewidth=0 if state == SLEEPING else 0.4, rasterized=many)


def draw_holds(
    axes: Axes, locks: list[Lock], colours: dict[Owner, str], start: int, size: float
) -> None:
    """Several may hold one at once: then each has a part of the row's height."""
    many = sum(len(lock.holds) for lock in locks) > MANY_SPANS
    for row, lock in enumerate(locks):
        lanes: list[int] = []
        placed: list[tuple[int, Span]] = []
        for span in sorted(lock.holds, key=lambda s: s.start):
            lane = next((i for i, end in enumerate(lanes) if end <= span.start), len(lanes))
            lanes[lane : lane + 1] = [span.end]
            placed.append((lane, span))
        height = 0.8 / max(len(lanes), 1)
        for lane, span in placed:
            colour = colours.get(span.owner, OTHERS)
            axes.broken_barh([((span.start - start) / size, span.ns / size)],
                             (row - 0.4 + lane * height, height), facecolor=colour,
                             edgecolor=colour, linewidth=0.4, rasterized=many)


def label_rows(axes: Axes, labels: list[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def key(axes: Axes, colours: dict[str, str]) -> None:
    """What the colours say, above the picture: so it is as wide as the page."""
    axes.legend(handles=[Patch(color=colour, label=label) for label, colour in colours.items()],
                loc="lower right", bbox_to_anchor=(1, 1), ncol=len(colours), borderpad=0,
                handlelength=1, columnspacing=1.2)


def mark_rows(axes: Axes, colours: list[str | None]) -> None:
    """A square of its colour before the name of a row."""
    axes.tick_params(axis="y", pad=14)
    for row, colour in enumerate(colours):
        if colour:
            axes.plot([-0.009], [row], "s", color=colour, markersize=7, clip_on=False,
                      transform=axes.get_yaxis_transform())


def timeline(story: Story, name: str, title: str, directory: Path) -> Picture:
    locks = locks_of(story)
    pids = threads_of(story, locks)
    events = story.trace.events
    start, end = max(events[0].ns, story.trace.since), events[-1].ns
    unit, size = unit_of(end - start)
    owners: list[Owner] = [(pid, None) for pid in pids]
    names = owner_names(story, owners)
    colours = colours_of(locks)
    figure = Figure(figsize=(WIDE, 1.5 + 0.21 * (len(pids) + max(len(locks), 1))))
    heights = {"height_ratios": [len(pids), max(len(locks), 1)]}
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw=heights)
    draw_states(upper, story, pids, start, size)
    label_rows(upper, [names[o] for o in owners])
    mark_rows(upper, [colours.get(o) for o in owners])
    upper.set_title("what each thread does")
    key(upper, STATE_COLOURS)
    draw_holds(lower, locks, colours, start, size)
    label_rows(lower, [lock.label for lock in locks])
    lower.set_title("who holds each lock: the thread with this square")
    if any(span.owner not in colours for lock in locks for span in lock.holds):
        key(lower, {"others": OTHERS})
    lower.set_xlabel(f"{unit} since the trace begins")
    lower.set_xlim(0, (end - start) / size)
    rows = []
    for owner in owners:
        mine = dict.fromkeys(STATES, 0)
        for span in story.states:
            mine[span.name] += span.ns if span.owner == owner else 0
        rows.append([names[owner], *(f"{mine[state] / 1e6:.3f}" for state in STATES)])
    heads = ["thread", *(f"{state} ms" for state in STATES)]
    return Picture(name, title, heads, rows, True).save(figure, directory)


# ---- Fairness: who got how often what several wanted ----


@dataclass(frozen=True)
class Share:
    who: str
    colour: str
    count: int


Shares = list[tuple[str, list[Share]]]  # of a lock each


def bars(axes: Axes, shares: Shares) -> None:
    """A group of horizontal bars below another, each with its count behind it."""
    row, number, ticks, labels = 0.0, 0, [], []
    most = max(share.count for _, group in shares for share in group)
    for title, group in shares:
        axes.text(0, row, f" {title}", va="center", fontsize=9, fontweight="bold")
        for share in group:
            row, count = row + 1, share.count
            (bar,) = axes.barh(row, count, 0.8, color=share.colour)
            bar.set_gid(f"bar-{number}")
            axes.text(count + most / 100, row, f"{count}", va="center", fontsize=8)
            ticks.append(row)
            labels.append(share.who)
            number += 1
        row += 1.3
    axes.set_yticks(ticks, labels)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(row - 0.5, -0.7)
    axes.set_xlim(0, most * 1.12 or 1)


def acquisitions(story: Story) -> Shares:
    """Of each lock that threads wanted, how often each of them took it."""
    shares = []
    locks = locks_of(story)
    colours = colours_of(locks)
    for lock in locks:
        counts = Counter(span.owner for span in lock.holds)
        names = owner_names(story, sorted(counts, key=str))
        group = [Share(n, colours.get(o, OTHERS), counts[o]) for o, n in names.items()]
        if len(group) > 1:
            shares.append((lock.label, sorted(group, key=lambda share: share.who)))
    return shares


def numbers_of(shares: Shares) -> list[list[str]]:
    table = []
    for lock, group in shares:
        index = jain([share.count for share in group])
        table += [[lock, share.who, str(share.count), f"{index:.2f}"] for share in group]
    return table


FAIRNESS_HEADS = ["lock", "thread", "acquisitions", "Jain's index of the lock"]


def fairness(shares: Shares, name: str, title: str, directory: Path) -> Picture:
    rows = sum(len(group) + 1.3 for _, group in shares)
    figure = Figure(figsize=(NARROW, 0.7 + 0.19 * rows))
    axes = figure.subplots()
    bars(axes, shares)
    axes.set_xlabel("acquisitions")
    axes.xaxis.get_major_locator().set_params(integer=True)
    return Picture(name, title, FAIRNESS_HEADS, numbers_of(shares)).save(figure, directory)


# ---- How long they waited ----


def path_of(span: Span) -> str:
    path = span.details["path"]
    return "to the end" if path.endswith("to the end") else path


def edge(ns: int) -> str:
    unit, size = next((u, s) for u, s in (("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1))
                      if ns >= s)
    return f"{ns // size} {unit}"


# Powers of 2 in each unit, as the histograms of STATS=1 have them; to more than a day.
EDGES = [scale << i for scale in (1, 10**3, 10**6) for i in range(10)]
EDGES += [10**9 << i for i in range(18)]


def waits(spans: list[Span], name: str, title: str, directory: Path) -> Picture:
    counts: dict[str, Counter[int]] = {path: Counter() for path in PATHS}
    for span in spans:
        counts[path_of(span)][bisect_right(EDGES, span.ns)] += 1
    used = [i for counter in counts.values() for i in counter]
    first = min(used)
    last = max(*used, first + FEWEST_BARS - 1)
    figure = Figure(figsize=(NARROW, 3.2))
    axes = figure.subplots()
    table, number = [], 0
    bottom = [0] * (last - first + 1)
    for path, colour in PATHS.items():
        for i in range(first, last + 1):
            count = counts[path][i]
            if count:
                (bar,) = axes.bar(i - first, count, 0.9, bottom[i - first], color=colour)
                bar.set_gid(f"bar-{number}")
                table.append([f"less than {edge(EDGES[i])}", path, str(count)])
                number += 1
            bottom[i - first] += count
    labels = [edge(EDGES[i]) for i in range(first, last + 1)]
    axes.set_xticks(range(len(labels)), labels, rotation=60 if len(labels) > 8 else 0)
    axes.set_xlabel("waited less than")
    axes.set_ylabel("waits")
    axes.yaxis.get_major_locator().set_params(integer=True)
    key(axes, {path: colour for path, colour in PATHS.items() if counts[path]})
    return Picture(name, title, ["waited", "and", "waits"], table).save(figure, directory)
