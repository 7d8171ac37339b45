# check_sources.py: each source is in the Makefile's list, in layer order, and keeps house style.
# SPDX-License-Identifier: MIT
"""What a program sees of the style: names, first lines, length, leftovers, conditionals."""

from __future__ import annotations

import re

from check_layers import layer_of
from project import Project, Result, lines_of

MAX_LINES = 400
MAX_COLUMNS = 100
SPDX = "SPDX-License-Identifier: MIT"
CODE = r"(.*\.(c|h|asm|py|sh|ld|cfg)|(.*/)?Makefile|\.ci/run)"
# Names that make, sh and a list with commas take as they are.
PLAIN_NAME = re.compile(r"[A-Za-z0-9_.+/-]+")
# Written so that this file does not find itself.
LEFTOVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|^\s*#\s*if 0\b")
# The macros behind READ_ONCE, the machine's own code, and the barrier of the compiler.
MAY_BE_VOLATILE = (
    "lib/macros.h",
    "arch/",
    "modules/",
    "lib/test/",
    "kernel/core/jiffies.h",
    "kernel/jiffies_variable.c",
)
VOLATILE = re.compile(r"\bvolatile\b")
ASM_VOLATILE = re.compile(r"\b(asm|__asm__)\s+(volatile|__volatile__)\b")


def check_list(project: Project) -> list[str]:
    """The list and the tree agree, and the list goes upward."""
    tree = set(project.matching(r"(boot|lib|kernel|arch|modules)/.*\.(c|asm)"))
    everything = [*project.sources, *project.more_sources]
    listed = set(everything)
    problems = [f"{name}:1: in no list of the Makefile" for name in sorted(tree - listed)]
    problems += [f"Makefile:1: lists {name}, which is not there" for name in sorted(listed - tree)]
    highest = 0
    for name in project.sources:
        layer = layer_of(name)
        if layer is None:
            continue
        if layer < highest:
            problems.append(f"Makefile:1: {name} of layer {layer} is listed after layer {highest}")
        highest = max(highest, layer)
    objects: dict[str, str] = {}
    for name in everything:
        base = name.rpartition(".")[0]
        if base in objects:
            problems.append(f"{name}:1: {objects[base]} has the same object file")
        objects[base] = name
    return problems


def check_names(project: Project) -> list[str]:
    return [
        f"{name}:1: a name of other characters than letters, digits and _ . + -"
        for name in project.files
        if not PLAIN_NAME.fullmatch(name)
    ]


def without_comments(line: str) -> str:
    return re.sub(r"/\*.*?(\*/|$)|//.*|^\s*\*.*", "", line)


def check_conditionals(name: str, lines: list[str]) -> list[str]:
    """No conditional compilation in a body: a function's brace stands alone in column 1."""
    problems = []
    inside = False
    for number, line in enumerate(lines, 1):
        if line == "{":
            inside = True
        elif line.startswith("}"):
            inside = False
        elif inside and re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b", line):
            problems.append(f"{name}:{number}: conditional compilation in a function's body")
    return problems


def check_lines(name: str, lines: list[str]) -> list[str]:
    problems = []
    if not any(SPDX in line for line in lines[:3]):
        problems.append(f"{name}:2: no line `{SPDX}`")
    if len(lines) > MAX_LINES:
        problems.append(f"{name}:{len(lines)}: over {MAX_LINES} lines")
    for number, line in enumerate(lines, 1):
        if LEFTOVER.search(line):
            problems.append(f"{name}:{number}: left over: {line.strip()}")
        if line != line.rstrip():
            problems.append(f"{name}:{number}: blanks at the end of the line")
        if len(line.expandtabs(8)) > MAX_COLUMNS and not name.endswith((".c", ".h")):
            problems.append(f"{name}:{number}: over {MAX_COLUMNS} columns")
    return problems


def check_volatile(name: str, lines: list[str]) -> list[str]:
    if name.startswith(MAY_BE_VOLATILE):
        return []
    return [
        f"{name}:{number}: volatile: use READ_ONCE(), WRITE_ONCE() or an atomic"
        for number, line in enumerate(lines, 1)
        if VOLATILE.search(ASM_VOLATILE.sub("", without_comments(line)))
    ]


def check(project: Project) -> Result:
    problems = check_list(project) + check_names(project)
    names = project.matching(CODE)
    for name in names:
        lines = lines_of(name)
        problems += check_lines(name, lines)
        if name.endswith((".c", ".h")):
            problems += check_conditionals(name, lines) + check_volatile(name, lines)
    return Result(f"{len(project.sources)} sources listed, {len(names)} files in style", problems)
