#!/usr/bin/python3
# linux_tests.py: boots the kernels that hold Linux's own tests, and reports what came of each.
# SPDX-License-Identifier: MIT
"""KTAP, a file of Linux a test and its cases the parts; then a table, and a file of JSON. The last
line is `N passed, N failed`, and `, N skipped` if any were: cases. Exit status: 0 if none failed, 1
if any did, 2 if RUN names none, 5 if QEMU could not be run at all."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Iterator

import linux_judges as judges
import options
from linux_judges import Case
from qemu import End, Outcome, boot
from run import explain

STORY_LINES = 12


@dataclass
class File:
    """A file of Linux, and what came of its cases."""

    file: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    cases: list[Case] = field(default_factory=list)

    def add(self, case: Case) -> None:
        self.cases.append(case)
        setattr(self, case.status, getattr(self, case.status) + case.count)


class Runner:
    """Boots, and keeps the logs."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self.chosen = chosen
        self.ends: set[End] = set()

    def modules(self, name: str, modules: list[str], params: str, seconds: int) -> Outcome:
        """Start these modules, end them after @seconds."""
        given = {"module": ",".join(modules), "params": params, "runtime": seconds}
        given["args"] = f"{self.chosen.args} run={','.join(modules)}".strip()
        return self.boot(name, argparse.Namespace(**{**vars(self.chosen), **given}), "module")

    def selftest(self, directory: Path) -> Outcome:
        given = {"kernel": directory / "kernel.elf", "elf": directory / "interlock.elf"}
        given_options = argparse.Namespace(**{**vars(self.chosen), **given})
        return self.boot("locking_selftest", given_options, "run", "locking_selftest")

    def boot(self, name: str, given: argparse.Namespace, mode: str, run: str = "") -> Outcome:
        outcome = boot(options.setup(given, given.smp, mode, run), lambda line: None)
        lines = outcome.lines + explain(outcome)
        options.write_log(given, f"linux-{name}-smp{given.smp}", lines)
        self.ends.add(outcome.end)
        return outcome


def of_torture(runner: Runner, torture: judges.Torture, source: Path) -> Iterator[Case]:
    """A boot for each type of what is tortured, or measured, as the file names them."""
    absent = {**torture.absent, **(torture.misused if runner.chosen.profile != "fast" else {})}
    for kind in judges.kinds_of(source):
        if kind in absent:
            yield Case(kind, "skipped", absent[kind])
            continue
        choice = f"{torture.module}.{torture.chooser}={kind} " if torture.chooser else ""
        seconds = int(runner.chosen.seconds) if torture.lasts else 0
        modules = ["torture", torture.module]
        name = f"{torture.module}-{kind}" if torture.chooser else torture.module
        params = torture.params.format(readers=max(1, runner.chosen.smp * 3 // 4))
        outcome = runner.modules(name, modules, choice + params, seconds)
        yield judges.with_story(torture.judge(kind, outcome), outcome, STORY_LINES)
    for name, why in torture.never.items():
        yield Case(name, "skipped", why)


def of_libraries(runner: Runner, modules: list[str]) -> dict[str, list[Case]]:
    """All in one boot. After one whose init is not 0, or which ends it, the rest is in another."""
    results: dict[str, list[Case]] = {}
    while pending := [module for module in modules if module not in results]:
        outcome = runner.modules(f"tests-{pending[0]}", ["kunit", *pending], "", 0)
        sections = judges.sections(outcome.lines)
        begun = [module for module in pending if module in sections] or pending[:1]
        for module in begun:
            cases = judges.library(module, sections.get(module, []), outcome)
            results[module] = [judges.with_story(c, outcome, STORY_LINES) for c in cases]
    return results


class Report:
    """Prints KTAP as it comes, and the table at the end."""

    def __init__(self, files: int) -> None:
        print(f"KTAP version 1\n1..{files}", flush=True)
        self.files: list[File] = []

    def begin(self, name: str, cases: int) -> None:
        self.files.append(File(name))
        print(f"    KTAP version 1\n    # Subtest: {name}\n    1..{cases}", flush=True)

    def case(self, case: Case) -> None:
        file = self.files[-1]
        file.add(case)
        for line in case.story:
            print(f"    # {line}")
        verdict = "not ok" if case.status == "failed" else "ok"
        remark = f" # SKIP {case.detail}" if case.status == "skipped" else ""
        print(f"    {verdict} {len(file.cases)} {case.name}{remark}", flush=True)
        if case.status != "skipped" and case.detail:
            print(f"    # {case.detail}", flush=True)

    def end(self) -> None:
        file = self.files[-1]
        verdict = "not ok" if file.failed else "ok"
        remark = "" if file.failed or file.passed else " # SKIP all of its cases"
        print(f"{verdict} {len(self.files)} {file.file}{remark}", flush=True)

    def table(self) -> None:
        width = max(len(file.file) for file in self.files)
        print(f"\n{'file of Linux':{width}}  cases  passed  failed  skipped")
        for file in self.files:
            cases = file.passed + file.failed + file.skipped
            numbers = f"{cases:5}  {file.passed:6}  {file.failed:6}  {file.skipped:7}"
            print(f"{file.file:{width}}  {numbers}")
        for file in self.files:
            for case in file.cases:
                if case.status == "skipped":
                    count = f" ({case.count} cases)" if case.count > 1 else ""
                    print(f"skipped: {file.file}: {case.name}{count}: {case.detail}")

    def totals(self) -> str:
        passed, failed, skipped = (
            sum(getattr(file, status) for file in self.files)
            for status in ("passed", "failed", "skipped")
        )
        return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def run_all(runner: Runner, wanted: list[Path]) -> Report:
    """In the order of the list."""
    chosen = runner.chosen
    names = {source: judges.module_name(source) for source in wanted}
    libraries = [name for name in names.values() if name in judges.LIBRARIES]
    found = of_libraries(runner, libraries) if libraries else {}
    report = Report(len(wanted))
    for source, name in names.items():
        file = str(source.relative_to(chosen.sources))
        if name in judges.TORTURES:
            torture = judges.TORTURES[name]
            report.begin(file, len(judges.kinds_of(source)) + len(torture.never))
            cases: Iterator[Case] = of_torture(runner, torture, source)
        elif name == "locking_selftest":
            cases = iter(of_selftest(runner, chosen))
            cases = announce(report, file, list(cases))
        else:
            cases = announce(report, file, found[name])
        for case in cases:
            report.case(case)
        report.end()
    return report


def announce(report: Report, file: str, cases: list[Case]) -> Iterator[Case]:
    report.begin(file, len(cases))
    return iter(cases)


def of_selftest(runner: Runner, chosen: argparse.Namespace) -> list[Case]:
    if not chosen.selftest:
        return [Case("all", "skipped", "PROFILE=fast has no lock validator")]
    outcome = runner.selftest(chosen.selftest)
    return [judges.with_story(case, outcome, STORY_LINES) for case in judges.selftest(outcome)]


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    given.add_argument("--seconds", type=options.seconds, default=3.0, help="for each lock")
    given.add_argument("--sources", type=Path, required=True, help="where Linux's files are")
    given.add_argument("--selftest", type=Path, help="directory of the kernel with the self-test")
    given.add_argument("--json", type=Path, required=True, help="the file for the results")
    given.add_argument("files", nargs="+", help="Linux's files, in the order of the report")
    chosen = given.parse_args()
    names = chosen.run.split(",") if chosen.run else []
    files = [chosen.sources / file for file in chosen.files]
    wanted = [file for file in files if not names or judges.module_name(file) in names]
    if not wanted:
        print(f"RUN={chosen.run}: none of Linux's tests", file=sys.stderr)
        return 2
    runner = Runner(chosen)
    report = run_all(runner, wanted)
    report.table()
    chosen.json.write_text(
        json.dumps(
            {
                "smp": chosen.smp,
                "compiler": chosen.cc,
                "profile": chosen.profile,
                "files": [asdict(file) for file in report.files],
            },
            indent=1,
        )
        + "\n"
    )
    print(report.totals(), flush=True)
    if runner.ends == {End.ENVIRONMENT}:
        return End.ENVIRONMENT.exit_status
    failed = any(file.failed for file in report.files)
    return 1 if failed or not any(file.passed for file in report.files) else 0


if __name__ == "__main__":
    options.exit_with(main)
