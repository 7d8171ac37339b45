#!/usr/bin/python3
# report.py: runs each demo and the benchmarks of spinlocks, and writes a page about it all.
# SPDX-License-Identifier: MIT
"""Each demo has a boot of its own, with the trace and the statistics of locks on: one that hangs
takes no other with it. Exit status: 0 if all passed; else that of run.py for the first that did
not, whose place in the page says why. There is a page in either case."""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import bench
import options
import pictures
import pictures_bench
import report_page
import trace_model
import trace_read
from bench_results import LINUX, Results
from pictures import Picture
from qemu import End, Outcome, boot
from run import explain
from trace_model import Story

# What contends in the benchmarks, in the order of the pictures: from the simplest to the kernel's
# own, and its mutex beside them.
CONTENDERS = (
    *("tas", "ttas", "ticket", "ticket_nopause", "ticket_backoff", "ticket_halt", "mcs"),
    *("spin_lock", "mutex"),
)
SECTIONS = {0: "a short section", 10000: "a section of 10 us"}
RESULT = re.compile(r"(\w+) +(.*?) +(\d+)  (passed|FAILED)")
TITLE = re.compile(r"---- (\w+): (.*)")
STATISTICS = re.compile(r"\s*(\S.*?):((?: +\d+(?:\.\d+)?){12})")
TAIL = 30  # lines of the log of what failed


@dataclass
class Demo:
    name: str
    outcome: Outcome
    checks: str = ""
    threads: str = "-"
    passed: bool = False
    why: list[str] = field(default_factory=list)
    note: str = ""  # about the pictures
    pictures: list[Picture] = field(default_factory=list)
    statistics: list[list[str]] = field(default_factory=list)  # lock_stat: a class and 12 numbers

    @property
    def result(self) -> str:
        return "passed" if self.passed else f"FAILED: {self.outcome.end.value}"

    @property
    def exit_status(self) -> int:
        return 0 if self.passed else self.outcome.end.exit_status or End.FAIL.exit_status


def read_log(demo: Demo, again: str) -> None:
    """Passed is only what says so, twice: the kernel's table, and its verdict."""
    lines = demo.outcome.lines
    for line in lines:
        title, result = TITLE.fullmatch(line), RESULT.fullmatch(line)
        if title and title.group(1) == demo.name:
            demo.checks = title.group(2)
        if result and result.group(1) == demo.name:
            demo.checks, demo.threads = result.group(2), result.group(3)
            demo.passed = demo.outcome.end is End.PASS and result.group(4) == "passed"
    if not demo.passed:
        demo.why = [*lines[-TAIL:], *explain(demo.outcome), f"repeat: {again}"]
    starts = [i for i, line in enumerate(lines) if line.startswith("lock_stat version")]
    for line in lines[starts[-1] :] if starts else []:
        if match := STATISTICS.fullmatch(line):
            demo.statistics.append([match.group(1), *match.group(2).split()])


def draw(demo: Demo, story: Story, directory: Path) -> None:
    """What there is to be drawn of it."""
    name, trace = demo.name, story.trace
    if not story.states:
        demo.note = "No pictures: nothing happened while the trace was on."
        return
    if trace.lost:
        demo.note = f"{trace.lost} older records were written over: the pictures show the end."
    title = f"{name}: threads, and who holds the locks"
    demo.pictures.append(pictures.timeline(story, f"{name}-timeline", title, directory))
    if shares := pictures.acquisitions(story):
        title = f"{name}: fairness, acquisitions of each thread"
        demo.pictures.append(pictures.fairness(shares, f"{name}-fairness", title, directory))
    if story.waits:
        title = f"{name}: waiting times"
        demo.pictures.append(pictures.waits(story.waits, f"{name}-waits", title, directory))


def run_demo(chosen: argparse.Namespace, name: str) -> Demo:
    setup = options.setup(chosen, chosen.smp, "run", name)
    wire = chosen.report / "traces" / f"{name}.trace"
    words = f"{setup.words} trace=1 stats=1"
    outcome = boot(replace(setup, words=words, wire=wire), lambda line: None)
    options.write_log(chosen, f"report-{name}", outcome.lines + explain(outcome))
    demo = Demo(name, outcome)
    read_log(demo, options.repeat(chosen, "run", name, chosen.smp))
    try:
        story = trace_model.tell(trace_read.read(wire, chosen.elf))
        draw(demo, story, chosen.report / "pictures")
    except trace_read.TraceError as error:
        demo.note = f"No pictures: {error}."
    print(f"report: {name}: {demo.result} ({outcome.seconds:.1f} s)", flush=True)
    return demo


@dataclass
class Bench:
    outcomes: list[Outcome] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    costs: list[list[str]] = field(default_factory=list)  # lock, instructions, Linux's

    @property
    def exit_status(self) -> int:
        return next((o.end.exit_status for o in self.outcomes if o.end is not End.PASS), 0)

    @property
    def why(self) -> list[str]:
        bad = [outcome for outcome in self.outcomes if outcome.end is not End.PASS]
        return [line for o in bad for line in [*o.lines[-TAIL:], *explain(o)]]


def run_bench(chosen: argparse.Namespace) -> Bench:
    """Instructions are counted of everything, contests are held for spinlocks only."""
    found, results = Bench(), Results()
    counted = bench.count(options.setup(chosen, chosen.smp, "bench", ""), chosen.fast)
    options.write_log(chosen, "report-cost", counted.lines)
    measured = bench.measure(
        options.setup(chosen, chosen.smp, "bench", ",".join(CONTENDERS)), chosen
    )
    for outcome in (counted, measured):
        found.outcomes.append(outcome)
        results.read(outcome.lines)
    found.costs = [
        [name, f"{count:g}", str(LINUX.get(name, "-"))]
        for name, count in sorted(results.instructions().items(), key=lambda row: row[1])
    ]
    draw_contests(found, results, chosen.report / "pictures")
    print(f"report: benchmarks: {'FAILED' if found.exit_status else 'done'}", flush=True)
    return found


def draw_contests(found: Bench, results: Results, directory: Path) -> None:
    for section, what in SECTIONS.items():
        contests = {
            key: results.contests[key]
            for name in CONTENDERS
            for key in sorted(results.contests)
            if (key[0], key[2]) == (section, name)
        }
        if not contests:
            continue
        title = f"throughput against CPUs, {what}"
        picture = pictures_bench.throughput(
            contests, section, f"throughput-{section}", title, directory
        )
        found.pictures.append(picture)
        shares = pictures_bench.contest_shares(contests, section)
        title = f"fairness with {len(shares[0][1])} CPUs, {what}"
        picture = pictures_bench.portions(shares, f"shares-{section}", title, directory)
        found.pictures.append(picture)


def facts(chosen: argparse.Namespace, demos: list[Demo]) -> dict[str, str]:
    """With what it was made: who has these can make it again."""
    def said(*command: str) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError:
            return ""
        return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else ""

    first = next((line for demo in demos for line in demo.outcome.lines if "profile" in line), "")
    return {
        "made": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "source": said("git", "describe", "--always", "--dirty") or "not known",
        "kernel": first.partition("interlock: ")[2].partition(";")[0] or "did not start",
        "machine": f"{chosen.smp} CPUs, {chosen.mem}, {chosen.accel}, seed {chosen.seed}; "
        + said("qemu-system-x86_64", "--version").partition(" (")[0],
    }


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    given.add_argument("--seconds", type=options.seconds, default=30.0, help="for the benchmarks")
    given.add_argument("--fast", type=Path, required=True, help="the kernel that is measured")
    given.add_argument("--demos", required=True, help="the names of all, in order")
    given.add_argument("--report", type=Path, required=True, help="the directory it goes to")
    chosen = given.parse_args()
    chosen.stats = ""  # the demos' boots have them anyway, and the fast kernel has none
    wanted = chosen.run.split(",") if chosen.run else chosen.demos.split()
    names = [name for name in chosen.demos.split() if name in wanted]
    page = chosen.report / "index.html"
    page.unlink(missing_ok=True)
    for directory in (chosen.report / "pictures", chosen.report / "traces"):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
    demos = [run_demo(chosen, name) for name in names]
    measured = run_bench(chosen)
    page.write_text(report_page.page(demos, measured, facts(chosen, demos)), encoding="utf-8")
    passed = sum(demo.passed for demo in demos)
    print(f"{page}: open it in a browser")
    print(f"results: {passed} passed, {len(demos) - passed} failed")
    bad = [status for status in (*(d.exit_status for d in demos), measured.exit_status) if status]
    return bad[0] if bad else 0


if __name__ == "__main__":
    options.exit_with(main)
