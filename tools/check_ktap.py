# check_ktap.py: the reader of test results takes what is right, and refuses what is cut or wrong.
# SPDX-License-Identifier: MIT
"""A test that did not run must not look like one that passed: each case is a way to be fooled."""

from __future__ import annotations

from dataclasses import dataclass

import ktap
from project import Project, Result

HEAD = "KTAP version 1\n1..2\n"
NESTED = "KTAP version 1\n1..1\n    KTAP version 1\n    1..2\n    ok 1 x\n"


@dataclass(frozen=True)
class Case:
    what: str
    text: str
    statuses: str  # the first letter of each result: passed, failed, skipped
    problems: int
    is_kernel: bool = True


CASES = [
    Case("all is well", HEAD + "ok 1 a\nok 2 b\n", "pp", 0),
    Case("a failure", HEAD + "ok 1 a\n# why\nnot ok 2 b\n", "pf", 0),
    Case("a skip", HEAD + "ok 1 a # SKIP too few CPUs\nok 2 b\n", "sp", 0),
    Case("log lines between", HEAD + "[   0.1] cpu1: ok 1 a\nok 1 a\nok 2 b\n", "pp", 0),
    Case("the version after the log", "[   0.1] cpu0: x\n" + HEAD + "ok 1 a\nok 2 b\n", "pp", 0),
    Case("nothing at all", "", "", 1),
    Case("only the log", "[   0.1] cpu0: hello\n", "", 1),
    Case("cut off", HEAD + "ok 1 a\n", "p", 1),
    Case("cut off in a line", HEAD + "ok 1 a\nok 2", "pp", 1),
    Case("no plan", "KTAP version 1\nok 1 a\n", "p", 2),
    Case("no version", "1..1\nok 1 a\n", "p", 1),
    Case("one too many", HEAD + "ok 1 a\nok 2 b\nok 3 c\n", "ppp", 1),
    Case("one left out", HEAD + "ok 2 b\n", "p", 2),
    Case("one twice", HEAD + "ok 1 a\nok 1 a\n", "pp", 1),
    Case("not a number", HEAD + "ok 1 a\nok two b\n", "p", 2),
    Case("an unknown directive", HEAD + "ok 1 a\nnot ok 2 b # TOMORROW\n", "pf", 1),
    Case("the tests began twice", HEAD + "ok 1 a\nok 2 b\n" + HEAD, "pp", 2),
    Case("parts", NESTED + "    ok 2 y\nok 1 a\n", "p", 0),
    Case("parts cut off", NESTED + "ok 1 a\n", "p", 1),
    Case("a failed part of a pass", NESTED + "    not ok 2 y\nok 1 a\n", "p", 1),
    Case("cmocka", "1..2\nok 1 - a\nnot ok 2 - b\n# 1 != 2\n", "pf", 0, False),
    Case("cmocka, two groups", "1..1\nok 1 - a\n1..1\nok 1 - b\n", "pp", 0, False),
    Case("cmocka, cut off", "1..2\nok 1 - a\n", "p", 1, False),
    Case("cmocka's skip", "1..1\nnot ok 1 # SKIP a\n", "s", 0, False),
]


def problem_with(case: Case) -> str | None:
    report = ktap.parse(case.text.splitlines(), needs_version=case.is_kernel)
    statuses = "".join(result.status[0] for result in report.results)
    if (statuses, len(report.problems)) == (case.statuses, case.problems):
        return None
    return f"tools/ktap.py:1: {case.what}: results {statuses!r}, problems {report.problems}"


def check(project: Project) -> Result:
    del project
    problems = [problem for case in CASES if (problem := problem_with(case))]
    return Result(f"{len(CASES)} streams of results are read as they should be", problems)
