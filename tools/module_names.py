# module_names.py: names of a module that are also names of the kernel's own, and not of Linux.
# SPDX-License-Identifier: MIT
"""`static int timer_init(void)` is a good name in a module, and Linux has none like it; our timer.h
does. When a compiler complains of such names, the headers' text is given others, in the output of
the preprocessor, which says of each line what file it is from; after the module's names have become
its own, the linker is told which of the kernel's names those others stand for."""

from __future__ import annotations

import re
from pathlib import Path

PREFIX = "__kernels_own_"
CLASH = re.compile(
    r"error: (?:conflicting types for|static declaration of|non-static declaration of|"
    r"redefinition of|redeclaration of(?: enumerator)?|conflicting type qualifiers for|"
    r"nested redefinition of) "
    r"['‘](?:struct |union |enum )?(\w+)['’]"
    r"|error: ['‘](\w+)['’] redeclared as different kind of symbol"
)
MARKER = re.compile(r'^# \d+ "([^"]*)"')
OURS = ("include/", "kernel/", "lib/", "arch/")


def clashes(output: str) -> set[str]:
    """The names that a compiler says are declared twice, and differently."""
    return {next(filter(None, groups)) for groups in CLASH.findall(output)}


def is_header(name: str) -> bool:
    """Whether the kernel's text is in the file @name, and not the module's."""
    path = Path(name)
    if path.is_absolute():
        if not path.is_relative_to(Path.cwd()):
            return False
        path = path.relative_to(Path.cwd())
    return str(path).startswith(OURS)


def renamed(preprocessed: str, names: set[str]) -> str:
    """The same text, in which what is from the kernel's headers has other names for @names."""
    words = re.compile(r"\b(" + "|".join(sorted(names)) + r")\b")
    lines = []
    header = False
    for line in preprocessed.splitlines():
        if marker := MARKER.match(line):
            header = is_header(marker.group(1))
        elif header:
            line = words.sub(PREFIX + r"\1", line)
        lines.append(line)
    return "\n".join(lines) + "\n"
