#!/usr/bin/python3
# test.py: runs the tests of the host and of the booted kernel, and counts them.
# SPDX-License-Identifier: MIT
"""The last line is `N passed, N failed`, and `, N skipped` if any were. Exit status: 0 if none
failed, 1 if any did, 5 if QEMU could not be run at all."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import Pool
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Callable, Iterable, NoReturn

import child
import ktap
import options
import progress
from ktap import Report
from qemu import End, Outcome, boot
from run import explain

HOST_SECONDS = 1200  # module_test boots a dozen times


@dataclass
class Totals:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Totals) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


@dataclass
class Suite:
    """Tests that ran together, and what they gave."""

    name: str
    report: Report
    seconds: float
    whole: str  # the command that repeats it
    repeat: dict[str, str] = field(default_factory=dict)  # or one test of it
    table: list[str] = field(default_factory=list)  # of STATS=1
    end: End = End.PASS


def count(report: Report) -> Totals:
    """Each problem of a report counts as a failed test: it stands for those that were not seen."""
    totals = Totals(failed=len(report.problems))
    for result in report.results:
        setattr(totals, result.status, getattr(totals, result.status) + 1)
    return totals


def tell(suite: Suite) -> Totals:
    """Print a line about a suite, and what there is to say about each failure."""
    totals, report = count(suite.report), suite.report
    print(f"{suite.name:28} {totals}  ({suite.seconds:.1f} s)", flush=True)
    for line in suite.table:
        print(line)
    for result in report.results:
        if result.status == "failed":
            again = suite.repeat.get(result.name, suite.whole)
            tell_failure(f"{suite.name}: {result.name}", result.story, again)
    for problem in report.problems:
        head, *rest = problem.splitlines()
        tell_failure(f"{suite.name}: {head}", rest, suite.whole)
    return totals


def tell_failure(what: str, story: list[str], repeat: str) -> None:
    print(f"FAILED {what}")
    for line in story:
        if not line.startswith("# repeat:"):  # the kernel knows neither CC nor PROFILE
            print(f"    {line}")
    print(f"    repeat: {repeat}", flush=True)


def test_host(chosen: argparse.Namespace, program: Path) -> Suite:
    """One program of host tests."""
    started = time.monotonic()
    progress.began(f"host {program.name}")
    environment = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP", "SEED": str(chosen.seed)}
    status: int | None = None
    try:
        status, output = child.run([str(program.resolve())], HOST_SECONDS, env=environment)
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode("utf-8", "replace")
    lines = output.splitlines()
    report = ktap.parse(lines, needs_version=False)
    failed = sum(result.status == "failed" for result in report.results)
    if status is None:
        report.problems.append(f"no end within {HOST_SECONDS} s")
    elif bool(status) != bool(failed):
        said = "\n".join(lines[-ktap.STORY_LINES :])
        report.problems.append(f"exit status {status} with {failed} failed tests\n{said}")
    words = [f"RUN={program.name}", f"SEED={chosen.seed}", *options.variables(chosen)]
    whole = " ".join(["make test", *words])
    return Suite(f"host {program.name}", report, time.monotonic() - started, whole)


def judge(outcome: Outcome) -> Report:
    """The results of a boot; that the kernel's verdict agrees with them is a test of its own."""
    report = ktap.parse(outcome.lines)
    failed = any(result.status == "failed" for result in report.results)
    if outcome.end is End.PASS and failed:
        report.problems.append("the kernel's verdict is a pass, and tests failed")
    elif outcome.end is End.PASS and not report.results and not report.problems:
        report.problems.append("no test ran")
    elif outcome.end is End.FAIL and not failed:
        report.problems.append("the kernel's verdict is a failure, and no test failed")
    elif outcome.end not in (End.PASS, End.FAIL):
        last = report.results[-1].name if report.results else "none"
        why = explain(outcome)
        tail = [line for line in outcome.lines[-ktap.STORY_LINES :] if line]
        head = why[0].removeprefix("run: ")
        report.problems = ["\n".join([f"{head} (last result: {last})", *why[1:], *tail])]
    return report


def test_booted(chosen: argparse.Namespace, smp: int, names: str) -> Suite:
    """The kernel's tests at one number of CPUs."""
    show = progress.follow(f"booted SMP={smp}")
    outcome = boot(options.setup(chosen, smp, "test", names), show)
    options.write_log(chosen, f"test-smp{smp}", outcome.lines + explain(outcome))
    suite = Suite(
        f"booted SMP={smp}",
        judge(outcome),
        outcome.seconds,
        options.repeat(chosen, "test", names, smp),
        table=stats_of(outcome),
        end=outcome.end,
    )
    for result in suite.report.results:
        suite.repeat[result.name] = options.repeat(chosen, "test", result.name, smp)
    return suite


def test_explored(chosen: argparse.Namespace) -> Suite:
    """The explorer's quick scenarios, in their own kernel."""
    kernel = chosen.explore.with_name("explore-kernel.elf")
    without = argparse.Namespace(**{**vars(chosen), "stats": ""})  # which PROFILE=fast has not
    setup = options.setup(without, 1, "explore", "quick")
    setup = replace(setup, kernel=kernel, elf=chosen.explore, mem="512M")
    outcome = boot(setup, progress.follow("explored"))
    options.write_log(chosen, "test-explore", outcome.lines + explain(outcome))
    whole = " ".join(["make explore SCENARIO=quick", *options.variables(chosen, "CC", "ACCEL")])
    return Suite("explored", judge(outcome), outcome.seconds, whole, end=outcome.end)


def stats_of(outcome: Outcome) -> list[str]:
    """The table of STATS=1, which ends a run's log."""
    starts = [i for i, line in enumerate(outcome.lines) if line.startswith("lock_stat version")]
    return outcome.lines[starts[-1] :] if starts else []


# Suites that run one after the other.
Work = Callable[[], list[Suite]]


def one(test: Callable[..., Suite], *given: object) -> list[Suite]:
    return [test(*given)]


def hosts(chosen: argparse.Namespace, programs: list[Path]) -> list[Suite]:
    return [test_host(chosen, program) for program in programs]


def call(work: Work) -> list[Suite]:
    return work()


def leave(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)


def become_worker(news: SimpleQueue[progress.News] | None) -> None:
    """Ctrl-C is for the parent, which ends its workers; each ends what it runs in a `finally`."""
    child.die_with_parent()
    progress.report_to(news)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)


def tell_all(done: Iterable[list[Suite]], line: progress.Line) -> tuple[Totals, End]:
    totals = Totals()
    line.start()
    for suite in (suite for suites in done for suite in suites):
        with line.above(suite.name):
            totals.add(tell(suite))
            line.told = f", tests: {totals}"
        if suite.end is End.ENVIRONMENT:
            return totals, suite.end
    return totals, End.PASS


def run_all(work: list[Work], suites: int) -> tuple[Totals, End]:
    """Two at a time, because each waits for something now and then; told in the order of @work."""
    with progress.Line(suites) as line:
        if len(work) < 2:
            return tell_all(map(call, work), line)
        with Pool(2, become_worker, (line.queue,)) as pool:
            told = tell_all(pool.imap(call, work), line)
            if told[1] is End.PASS:  # nobody is at work; who is ended may hang in a lock
                pool.close()
                pool.join()
            return told


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_counts, default=[1, 2, 3, 4, 8])
    given.add_argument("--host", default="", help="the programs of the host's tests")
    given.add_argument(
        "--makers", action="append", default=[], help="those that build in one place: one by one"
    )
    given.add_argument("--explore", type=Path, required=True, help="the explorer's kernel")
    chosen = given.parse_args()

    programs = [Path(word) for word in chosen.host.split()]
    names = [name for name in chosen.run.split(",") if name]
    booted = [name for name in names if name not in {program.name for program in programs}]
    wanted = [program for program in programs if not names or program.name in names]
    boots = chosen.smp[::-1] if booted or not names else []
    suites = len(boots) + len(wanted) + (not names)
    work: list[Work] = [partial(one, test_booted, chosen, smp, ",".join(booted)) for smp in boots]
    for at, group in enumerate(chosen.makers, 1):  # beside the boots: they take as long
        makers = [program for program in wanted if program.name in group.split()]
        wanted = [program for program in wanted if program not in makers]
        work.insert(at, partial(hosts, chosen, makers))
    if not names:
        work.append(partial(one, test_explored, chosen))
    work.append(partial(hosts, chosen, wanted))
    totals, end = run_all(work, suites)
    print(totals, flush=True)
    if end is End.ENVIRONMENT:
        return end.exit_status
    return 1 if totals.failed or not totals.passed else 0


if __name__ == "__main__":
    options.exit_with(main)
