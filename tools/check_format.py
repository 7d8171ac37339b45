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

    def places_in(some: list[str]) -> list[tuple[str, str]]:
        _, output = run(["clang-format", "--dry-run", "-Werror", *some])
        return [match.groups() for line in output.splitlines() if (match := PLACE.match(line))]

    lines: dict[str, list[str]] = {}
    for places in each(places_in, [names[i::JOBS] for i in range(JOBS)]):
        for name, line in places:
            lines.setdefault(name, []).append(line)
    problems = [
        f"{name}:{at[0]}: not as clang-format writes it ({len(set(at))} lines; `make format`)"
        for name, at in sorted(lines.items())
    ]
    return Result(f"{len(names)} files are as clang-format writes them", problems)


if __name__ == "__main__":
    if sys.argv[1:] != ["--fix"]:
        sys.exit("usage: check_format.py --fix")
    files = Project({}, {}, [], [], [], [], [], "").matching(C_FILES)
    sys.exit(run(["clang-format", "-i", *files])[0])
