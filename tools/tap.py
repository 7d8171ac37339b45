# tap.py: what the tests on the host share: they check, call make, and print their results in TAP.
# SPDX-License-Identifier: MIT
"""A test is a name and a function, which raises something if it fails. tools/module.mk takes what
make was told out of the environment, and gives a test's make its variables as arguments."""

from __future__ import annotations

import re
import subprocess
import sys
import traceback
from typing import Callable, Sequence

import child

Test = tuple[str, Callable[[], None]]


class Skipped(Exception):
    """This build does not have what the test looks at; the text says which."""


def check(holds: object, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def check_equal(actual: object, expected: object, what: str) -> None:
    check(actual == expected, f"{what}: {actual!r}, not {expected!r}")


def check_says(said: str, *texts: str) -> None:
    """All of them, in this order."""
    at = 0
    for text in texts:
        at = said.find(text, at)
        check(at >= 0, f"it does not say: {text}\n" + "\n".join(said.splitlines()[-40:]))


def named(*tests: Callable[[], None]) -> list[Test]:
    return [(test.__name__.removeprefix("test_"), test) for test in tests]


def variables() -> dict[str, str]:
    """For make: what this program was called with."""
    return dict(word.split("=", 1) for word in sys.argv[1:])


def make(*goal: str, patience: float, stdin: str = "") -> tuple[int, str]:
    """The exit status of what make called, and all that was said. What @goal sets is as it says."""
    own = {word.split("=")[0] for word in goal if "=" in word}
    told = [word for word in sys.argv[1:] if word.split("=")[0] not in own]
    command = ["make", "--silent", *goal, *told]
    try:
        status, said = child.run(command, patience, stdin.encode())
    except subprocess.TimeoutExpired as error:
        told = (error.stdout or b"").decode("utf-8", "replace")[-3000:]
        raise AssertionError(f"no end within {patience:.0f} s: {command}\n{told}") from None
    failed = re.findall(r"^make: \*\*\* .* Error (\d+)$", said, re.M)
    return int(failed[-1]) if failed else status, said


def result(number: int, test: Test) -> bool:
    """Run it, and print its line; whether it failed."""
    name, function = test
    problem = skipped = ""
    try:
        function()
    except Skipped as error:
        skipped = f" # SKIP {error}"
    except AssertionError as error:
        problem = str(error) or "an assertion does not hold"
    except Exception:  # whatever it is: the others are run all the same
        problem = traceback.format_exc()
    for line in problem.splitlines():
        print(f"# {line}")
    print(f"{'not ok' if problem else 'ok'} {number} - {name}{skipped}", flush=True)
    return bool(problem)


def run(tests: Sequence[Test]) -> int:
    """Run them all; returns the exit status."""
    print(f"1..{len(tests)}", flush=True)
    failed = [result(number, test) for number, test in enumerate(tests, 1)]
    return 1 if any(failed) else 0
