# trial.py: trying gdb's commands, and what they must say: for scripts that gdb runs.
# SPDX-License-Identifier: MIT

from __future__ import annotations

import re
from typing import Callable

import gdb

failures: list[str] = []
results: list[tuple[str, list[str]]] = []


def say(command: str) -> str:
    """What a command prints; or the error, which must be one line."""
    try:
        return gdb.execute(command, to_string=True)
    except gdb.error as error:
        if len(str(error).splitlines()) != 1 or "Traceback" in str(error):
            failures.append(f"{command}: more than one clear line: {error}")
        return f"error: {error}"


def expect(command: str, *patterns: str, absent: str = "") -> str:
    """Each of the patterns is found, one after the other."""
    said = say(command)
    at = 0
    for pattern in patterns:
        match = re.compile(pattern, re.M).search(said, at)
        if not match:
            failures.append(f"{command}: no /{pattern}/ in its place in:\n{said}")
            return said
        at = match.end()
    if absent and re.search(absent, said):
        failures.append(f"{command}: /{absent}/ in:\n{said}")
    return said


def test(function: Callable[[], None]) -> None:
    failures.clear()
    try:
        function()
    except (gdb.error, AssertionError, RuntimeError) as error:
        failures.append(f"{type(error).__name__}: {error}")
    name = function.__name__
    for problem in failures:
        print("\n".join(f"# {line}" for line in problem.splitlines()))
    results.append((name, list(failures)))
    print(f"{'not ok' if failures else 'ok'} {len(results)} - gdb_{name}", flush=True)


def go_to(place: str) -> None:
    gdb.execute("delete")
    gdb.execute(f"hbreak {place}", to_string=True)
    gdb.execute("continue", to_string=True)
