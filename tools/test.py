#!/usr/bin/python3
# test.py: runs the tests of the host and of the booted kernel, and counts them.
# SPDX-License-Identifier: MIT
"""The last line is `N passed, N failed`, and `, N skipped` if any were. Exit status: 0 if none
failed, 1 if any did, 5 if QEMU could not be run at all."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import ktap
import options
from ktap import Report, Result
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


def count(report: Report) -> Totals:
    """Each problem of a report counts as a failed test: it stands for those that were not seen."""
    totals = Totals(failed=len(report.problems))
    for result in report.results:
        setattr(totals, result.status, getattr(totals, result.status) + 1)
    return totals


def tell(suite: str, report: Report, seconds: float, repeat: dict[str, str], whole: str) -> Totals:
    """Print a line about a suite, and what there is to say about each failure."""
    totals = count(report)
    print(f"{suite:28} {totals}  ({seconds:.1f} s)", flush=True)
    for result in report.results:
        if result.status == "failed":
            tell_failure(f"{suite}: {result.name}", result.story, repeat.get(result.name, whole))
    for problem in report.problems:
        tell_failure(f"{suite}: {problem.splitlines()[0]}", problem.splitlines()[1:], whole)
    return totals


def tell_failure(what: str, story: list[str], repeat: str) -> None:
    print(f"FAILED {what}")
    for line in story:
        if not line.startswith("# repeat:"):  # the kernel knows neither CC nor PROFILE
            print(f"    {line}")
    print(f"    repeat: {repeat}", flush=True)


def test_host(program: Path, seed: int) -> Totals:
    """One program of host tests."""
    started = time.monotonic()
    environment = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP", "SEED": str(seed)}
    try:
        done = subprocess.run(
            [str(program.resolve())],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=HOST_SECONDS,
            check=False,
        )
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        output, status = error.stdout or b"", None
    lines = output.decode("utf-8", "replace").splitlines()
    report = ktap.parse(lines, needs_version=False)
    failed = sum(result.status == "failed" for result in report.results)
    if status is None:
        report.problems.append(f"no end within {HOST_SECONDS} s")
    elif bool(status) != bool(failed):
        said = "\n".join(lines[-ktap.STORY_LINES :])
        report.problems.append(f"exit status {status} with {failed} failed tests\n{said}")
    whole = f"make test RUN={program.name} SEED={seed}"
    return tell(f"host {program.name}", report, time.monotonic() - started, {}, whole)


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


def test_booted(chosen: argparse.Namespace, smp: int, names: str) -> tuple[Totals, End]:
    """The kernel's tests at one number of CPUs."""
    outcome = boot(options.setup(chosen, smp, "test", names), lambda line: None)
    options.write_log(chosen, f"test-smp{smp}", outcome.lines + explain(outcome))
    report = judge(outcome)
    again: dict[str, str] = {
        result.name: options.repeat(chosen, "test", result.name, smp) for result in report.results
    }
    whole = options.repeat(chosen, "test", names, smp)
    show_stats(outcome)
    return tell(f"booted SMP={smp}", report, outcome.seconds, again, whole), outcome.end


def test_explored(chosen: argparse.Namespace) -> Totals:
    """The explorer's quick scenarios, in their own kernel."""
    kernel = chosen.explore.with_name("explore-kernel.elf")
    setup = options.setup(chosen, 1, "explore", "quick")
    outcome = boot(replace(setup, kernel=kernel, elf=chosen.explore), lambda line: None)
    options.write_log(chosen, "test-explore", outcome.lines + explain(outcome))
    return tell("explored", judge(outcome), outcome.seconds, {}, "make explore SCENARIO=quick")


def show_stats(outcome: Outcome) -> None:
    """The table of STATS=1, which ends a run's log."""
    starts = [i for i, line in enumerate(outcome.lines) if line.startswith("lock_stat version")]
    if starts:
        print(*outcome.lines[starts[-1] :], sep="\n", flush=True)


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_counts, default=[1, 2, 3, 4, 8])
    given.add_argument("--host", default="", help="the programs of the host's tests")
    given.add_argument("--explore", type=Path, required=True, help="the explorer's kernel")
    chosen = given.parse_args()

    programs = [Path(word) for word in chosen.host.split()]
    names = [name for name in chosen.run.split(",") if name]
    booted = [name for name in names if name not in {program.name for program in programs}]
    totals = Totals()
    for program in programs:
        if not names or program.name in names:
            totals.add(test_host(program, chosen.seed))
    end = End.PASS
    for smp in chosen.smp if booted or not names else []:
        of_boot, end = test_booted(chosen, smp, ",".join(booted))
        totals.add(of_boot)
        if end is End.ENVIRONMENT:
            break
    if not names and end is not End.ENVIRONMENT:
        totals.add(test_explored(chosen))
    print(totals, flush=True)
    if end is End.ENVIRONMENT:
        return end.exit_status
    return 1 if totals.failed or not totals.passed else 0


if __name__ == "__main__":
    options.exit_with(main)
