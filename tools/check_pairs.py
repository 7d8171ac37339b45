# check_pairs.py: every ordered access names its partner, and the partner is where it says.
# SPDX-License-Identifier: MIT
"""`[A] pairs with [B] in f()`: some file that defines f() has a line marked [B]."""

from __future__ import annotations

import re

from project import Project, Result, lines_of

PAIR = re.compile(r"\[([A-Z])\] pairs with \[([A-Z])\](?: in (\w+)\(\))?")
# At the beginning of a line, with no semicolon at its end: a definition, of C, of a macro, of nasm.
DEFINITION = r"^(?:[A-Za-z_][\w \t*]*?[ \t*]|#define )?{name}(?:\(.*[^;]$|:)"


def defining_files(name: str, texts: dict[str, str]) -> list[str]:
    definition = re.compile(DEFINITION.format(name=re.escape(name)), re.MULTILINE)
    return [file for file, text in texts.items() if definition.search(text)]


def problem_with(partner: str, function: str | None, texts: dict[str, str]) -> str | None:
    if function is None:
        return f"say in which function [{partner}] is"
    files = defining_files(function, texts)
    if not files:
        return f"there is no {function}()"
    if not any(f"[{partner}]" in texts[file] for file in files):
        return f"no [{partner}] in {', '.join(files)}, where {function}() is"
    return None


def check(project: Project) -> Result:
    names = project.matching(r"(lib|kernel|arch|boot|modules)/.*\.(c|h|asm)")
    texts = {name: "\n".join(lines_of(name)) for name in names}
    problems = []
    pairs = 0
    for name in names:
        for number, line in enumerate(texts[name].split("\n"), 1):
            for _, partner, function in PAIR.findall(line):
                pairs += 1
                problem = problem_with(partner, function or None, texts)
                if problem:
                    problems.append(f"{name}:{number}: {problem}")
    return Result(f"{pairs} barriers whose partner is where they say", problems)
