#!/usr/bin/python3
# bench.py: measures what the locks cost: three boots, tables of what they found, a line of JSON.
# SPDX-License-Identifier: MIT
"""Exit status: 0, or 1 if a pair takes more instructions than it may: that is the same in each run.
Times are shown beside what they should be, and decide nothing. As for run.py when a boot fails."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import options
import progress
from bench_results import LINE, LINUX, Results
from qemu import End, Outcome, Setup, boot


YARDSTICKS = "lock_pair,empty"  # whatever RUN names: ratios need them


def show(line: str) -> None:
    """Of what the kernel prints, what is not a row of figures."""
    if line.startswith(("bench:", "cost:", "command line:", "=")):
        print(line, flush=True)


def row_of(line: str) -> str:
    """What a row is about, if it is one."""
    match = LINE.match(line)
    return f"{match.group(1)} {match.group(2)}" if match else ""


def table(title: str, heads: str, rows: list[str]) -> None:
    if rows:
        print(f"\n{title}\n{heads}")
        print("\n".join(rows))


def against(value: float, limit: float) -> str:
    if not limit:
        return ""
    return "within" if value <= limit else "OVER"


def print_instructions(results: Results) -> list[str]:
    """Returns the names of those that take too many."""
    rows, over = [], []
    for name, count in results.instructions().items():
        most = results.most(name)
        verdict = against(count, most)
        rows.append(f"{name:<22}{count:>8g}{most or '-':>8}{LINUX.get(name, '-'):>8}  {verdict}")
        over += [name] if verdict == "OVER" else []
    heads = f"{'':<22}{'count':>8}{'at most':>8}{'Linux':>8}"
    table("Instructions of taking and releasing (exact; Linux 6.1's for comparison)", heads, rows)
    return over


def print_checks(fast: Results, checked: Results) -> None:
    """What the checked profile makes of the same pairs."""
    plain = fast.instructions()
    rows = [
        f"{name:<22}{plain[name]:>8g}{count:>9g}{count / plain[name]:>8.1f}"
        for name, count in checked.instructions().items()
        if plain.get(name)
    ]
    heads = f"{'':<22}{'fast':>8}{'checked':>9}{'ratio':>8}"
    table("Instructions of taking and releasing, without checks and with all of them", heads, rows)
    rows = [
        f"{classes:<22}{kinds['known']:>14.1f}{kinds['traced']:>14.1f}{kinds['new']:>14g}"
        for classes, kinds in sorted(checked.validator.items())
    ]
    heads = f"{'classes':<22}{'seen before':>14}{'trace on':>14}{'a new order':>14}"
    table("Instructions of a spinlock inside another, by what the validator knows", heads, rows)


def print_times(results: Results) -> None:
    rows = []
    ratios = results.ratios()
    for name, ns in results.nanoseconds().items():
        row = results.pairs[name]
        ratio = ratios.get(name)
        limit = row["most_ratio"] / 10
        shown = "-" if ratio is None else f"{ratio:.2f}"
        verdict = "" if ratio is None else against(ratio, limit)
        mean = row["total_ns"] / row["rounds"] / row["n"]
        rows.append(f"{name:<22}{ns:>8.1f}{mean:>8.1f}{shown:>8}{limit or '-':>8}  {verdict}")
    rounds = min((row["rounds"] for row in results.pairs.values()), default=0)
    heads = f"{'':<22}{'best':>8}{'mean':>8}{'ratio':>8}{'bar':>8}"
    title = f"Nanoseconds uncontended, best of {rounds} rounds; ratio to a bare locked pair"
    table(title, heads, rows)


def print_trips(results: Results) -> None:
    rows = [
        f"{name:<22}{min(us):>10.2f}{median(us):>10.2f}" for name, us in results.trips.items()
    ]
    table("Microseconds", f"{'':<22}{'best':>10}{'median':>10}", rows)


def print_contests(results: Results) -> None:
    heads = (
        f"{'':<22}{'CPUs':>5}{'best':>10}{'median':>10}{'Jain':>7}{'wait us':>10}{'overtaken':>11}"
    )
    for section in sorted({key[0] for key in results.contests}):
        rows = [
            f"{name:<22}{threads:>5}{max(found.rates):>10.1f}{median(found.rates):>10.1f}"
            f"{median(found.fairness):>7.2f}{found.wait_us:>10}{found.passed:>11}"
            for (of, threads, name), found in sorted(results.contests.items())
            if of == section
        ]
        what = "a section of 10 us" if section else "a short section"
        title = f"Thousand acquisitions a second, {what}; longest wait and overtaking of all rounds"
        table(title, heads, rows)


def fail(outcome: Outcome, what: str) -> int:
    print(f"bench: {what}: {outcome.end.value}", *outcome.notes, sep="\n  ", file=sys.stderr)
    return outcome.end.exit_status


def count(setup: Setup, elf: Path) -> Outcome:
    """Boot @elf on the machine whose time is instructions."""
    words = setup.words.replace("mode=bench", "mode=cost")
    kernel = stripped(elf)
    setup = replace(setup, kernel=kernel, elf=elf, words=words, smp=1, accel="tcg", counts=True)
    with progress.of_a_boot("bench: counting instructions", show, row_of) as shown:
        return boot(setup, shown)


def stripped(elf: Path) -> Path:
    """What GRUB loads of it."""
    kernel = elf.with_name("kernel.elf")
    subprocess.run(["objcopy", "--strip-all", str(elf), str(kernel)], check=True)
    return kernel


def measure(setup: Setup, chosen: argparse.Namespace) -> Outcome:
    """Boot the fast kernel, and have it measure for as long as was asked."""
    words = f"{setup.words} seconds={chosen.seconds:.0f}"
    timeout = setup.timeout + (0 if chosen.timeout else chosen.seconds)
    kernel = stripped(chosen.fast)
    setup = replace(setup, kernel=kernel, elf=chosen.fast, words=words, timeout=timeout)
    begun = time.monotonic()

    def after(line: str) -> str:
        row = row_of(line)
        return f"{time.monotonic() - begun:.0f} of {chosen.seconds:.0f} s, {row}" if row else ""

    with progress.of_a_boot("bench: measuring time", show, after) as shown:
        outcome = boot(setup, shown)
    options.write_log(chosen, f"bench-smp{chosen.smp}", outcome.lines)
    return outcome


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    given.add_argument("--seconds", type=options.seconds, default=45.0)
    given.add_argument("--fast", type=Path, required=True, help="the kernel that is measured")
    given.add_argument("--checked", type=Path, required=True, help="the same with all checks")
    given.add_argument("--json", type=Path, required=True, help="where the line of JSON goes too")
    chosen = given.parse_args()
    names = f"{chosen.run},{YARDSTICKS}" if chosen.run not in ("", "all") else chosen.run
    setup = options.setup(chosen, chosen.smp, "bench", names)
    results = {profile: Results() for profile in ("fast", "checked")}
    for profile, found in results.items():
        print(f"bench: counting instructions, {profile} (its time is instructions)", flush=True)
        counted = count(setup, getattr(chosen, profile))
        options.write_log(chosen, f"bench-cost-{profile}", counted.lines)
        if counted.end is not End.PASS:
            return fail(counted, "counting instructions")
        found.read(counted.lines)
    print(f"bench: measuring time for {chosen.seconds:.0f} s ({chosen.smp} CPUs)", flush=True)
    measured = measure(setup, chosen)
    results["fast"].read(measured.lines)
    over = print_instructions(results["fast"])
    print_checks(results["fast"], results["checked"])
    if measured.end is not End.PASS:
        return fail(measured, "measuring time")
    print_times(results["fast"])
    print_trips(results["fast"])
    print_contests(results["fast"])
    checked = {
        "instructions_checked": results["checked"].instructions(),
        "validator": results["checked"].validator,
    }
    head = {"interlock_bench": 1, "cc": chosen.cc, "smp": chosen.smp}
    line = json.dumps(head | results["fast"].as_json() | checked)
    chosen.json.write_text(line + "\n")
    print(f"\n{line}")
    if over:
        print(f"bench: more instructions than allowed: {', '.join(over)}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    options.exit_with(main)
