#!/usr/bin/python3
# check_format.py: C is laid out as clang-format lays it out; `make format` does that.
# SPDX-License-Identifier: MIT
"""Run as a program with --fix, it rewrites those that are not."""

from __future__ import annotations

import re
import sys

from project import JOBS, Project, Result, each, run

C_FILES = r"(lib|kernel|arch|modules|include)/.*\.[ch]"
# clang-format's message also says which version of it speaks; the place is what helps.
PLACE = re.compile(r"^(.+?):(\d+):\d+: error:")


def check(project: Project) -> Result:
    names = project.matching(C_FILES)

    def places_in(some: list[str]) -> tuple[list[tuple[str, str]], str]:
        status, output = run(["clang-format", "--dry-run", "-Werror", *some])
        places = [match.groups() for line in output.splitlines() if (match := PLACE.match(line))]
        return places, output if status and not places else ""

    lines: dict[str, list[str]] = {}
    trouble: list[str] = []
    for places, output in each(places_in, [names[i::JOBS] for i in range(JOBS)]):
        trouble += [f"clang-format: {line}" for line in output.splitlines()]
        for name, line in places:
            lines.setdefault(name, []).append(line)
    problems = [
        f"{name}:{at[0]}: not as clang-format writes it ({len(set(at))} lines; `make format`)"
        for name, at in sorted(lines.items())
    ]
    return Result(f"{len(names)} files are as clang-format writes them", problems + trouble)


if __name__ == "__main__":
    if sys.argv[1:] != ["--fix"]:
        sys.exit("usage: check_format.py --fix")
    files = Project({}, {}, [], [], [], [], [], "").matching(C_FILES)
    status, said = run(["clang-format", "-i", *files])
    print(said, end="")
    sys.exit(status)
