# ktap.py: reads the results of tests: KTAP from the kernel, TAP from cmocka.
# SPDX-License-Identifier: MIT
"""Strict: a plan that is missing, or that the results do not match, is a failure of its own.

The kernel's log lines (`[   0.012345] cpu2: text`) may stand between the lines of KTAP. They, and
whatever else is not KTAP, are kept as the story of the next result, which is told if it failed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Iterable

LOG_LINE = re.compile(r"\[ *\d+\.\d+\] ")
VERSION = "KTAP version 1"
PLAN = re.compile(r"1\.\.(\d+)(?: # SKIP\b.*)?$")
RESULT = re.compile(r"(not )?ok (\d+)(?: (?:- )?([^#]*?))?(?:\s*# *([A-Za-z]+)\b *(.*))?$")
LIKE_A_RESULT = re.compile(r"(not )?ok\b")
STORY_LINES = 60


@dataclass
class Result:
    name: str
    status: str  # "passed", "failed" or "skipped"
    story: list[str] = field(default_factory=list)  # what was said before it
    reason: str = ""  # why it was skipped


@dataclass
class Block:
    """One plan and its results, at one depth of indentation."""

    planned: int | None = None
    results: list[Result] = field(default_factory=list)


@dataclass
class Report:
    results: list[Result]
    problems: list[str]  # what makes the whole untrustworthy


class Parser:
    def __init__(self, needs_version: bool) -> None:
        self.needs_version = needs_version
        self.problems: list[str] = []
        self.results: list[Result] = []
        self.top: Block | None = None
        self.nested: Block | None = None
        self.story: list[str] = []

    def parse(self, lines: Iterable[str]) -> Report:
        for line in lines:
            if LOG_LINE.match(line):
                self.story.append(line)
            else:
                self._line(line)
        self._close_nested()
        if self.top is None:
            self.problems.append("no plan: the tests did not begin")
        else:
            self._close(self.top, "")
        return Report(self.results, self.problems)

    def _line(self, line: str) -> None:
        text = line.lstrip(" ")
        is_nested = text != line and self.top is not None
        if text == VERSION:
            self._begin(is_nested)
        elif plan := PLAN.match(text):
            self._plan(int(plan.group(1)), is_nested)
        elif LIKE_A_RESULT.match(text) and self.top is not None:
            self._result(text, is_nested)
        elif text.startswith("Bail out!"):
            self.problems.append(text)
        elif text:
            self.story.append(line)

    def _begin(self, is_nested: bool) -> None:
        if is_nested:
            self._close_nested()
            self.nested = Block()
        elif self.top is not None:
            self.problems.append("the tests began twice")
        else:
            self.top = Block()

    def _plan(self, count: int, is_nested: bool) -> None:
        if is_nested:
            block = self.nested = self.nested or Block()
        elif self.needs_version:
            if self.top is None:
                self.problems.append(f"a plan before `{VERSION}`")
            block = self.top = self.top or Block()
        else:
            # Each group of a cmocka program has its plan.
            if self.top is not None:
                self._close(self.top, "")
            block = self.top = Block()
        if block.planned is not None:
            self.problems.append("two plans for the same tests")
        block.planned = count

    def _result(self, text: str, is_nested: bool) -> None:
        match = RESULT.match(text)
        block = (self.nested or self.top) if is_nested else self.top
        assert block is not None
        if not match:
            self.problems.append(f"not a result: {text}")
            return
        failed, number, name, directive, reason = match.groups()
        if block.planned is None:
            self.problems.append(f"a result before the plan: {text}")
        if int(number) != len(block.results) + 1:
            self.problems.append(f"result {len(block.results) + 1} is missing before: {text}")
        if self.needs_version and not name:
            self.problems.append(f"a result without a name: {text}")
        skipped = (directive or "").upper() == "SKIP"
        if directive and not skipped:
            self.problems.append(f"a directive other than SKIP: {text}")
        status = "skipped" if skipped else "failed" if failed else "passed"
        name = (name or "").strip() or (reason if skipped else f"test {number}")
        result = Result(name, status, self.story[-STORY_LINES:], reason or "")
        block.results.append(result)
        if is_nested:
            self.story.append(" " * 4 + text)
            return
        self._close_nested(result)
        self.story = []
        self.results.append(result)

    def _close_nested(self, parent: Result | None = None) -> None:
        if self.nested is None:
            return
        self._close(self.nested, f" of the parts of {parent.name}" if parent else " of the parts")
        if parent and parent.status == "passed":
            if any(result.status == "failed" for result in self.nested.results):
                self.problems.append(f"{parent.name} passed, and a part of it failed")
        self.nested = None

    def _close(self, block: Block, whose: str) -> None:
        if block.planned is None:
            self.problems.append(f"no plan{whose}")
        elif block.planned != len(block.results):
            self.problems.append(
                f"{len(block.results)} results{whose}, and {block.planned} were planned"
            )


def parse(lines: Iterable[str], needs_version: bool = True) -> Report:
    """Read the results in @lines; @needs_version is false for plain TAP."""
    return Parser(needs_version).parse(lines)
