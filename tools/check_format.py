#!/usr/bin/python3
# check_format.py: C is laid out as clang-format lays it out; `make format` does that.
# SPDX-License-Identifier: MIT
"""Run as a program, it rewrites the files it is given."""

from __future__ import annotations

import re
import sys

from project import Project, Result, each, run

C_FILES = r"(lib|kernel|arch|modules|include)/.*\.[ch]"
# clang-format's message also says which version of it speaks; the place is what helps.
PLACE = re.compile(r"^(.+?:\d+):\d+: error:")


def check(project: Project) -> Result:
    names = project.matching(C_FILES)

    def problems_of(name: str) -> list[str]:
        status, output = run(["clang-format", "--dry-run", "-Werror", name])
        if status == 0:
            return []
        places = [m.group(1) for line in output.splitlines() if (m := PLACE.match(line))]
        lines = list(dict.fromkeys(places))
        return [f"{lines[0]}: not as clang-format writes it ({len(lines)} lines; `make format`)"]

    problems = [problem for found in each(problems_of, names) for problem in found]
    return Result(f"{len(names)} files are as clang-format writes them", problems)


if __name__ == "__main__":
    files = Project({}, {}, [], [], [], "", "").matching(C_FILES)
    sys.exit(run(["clang-format", "-i", *files])[0])
