# check_layers.py: a directory is a layer, and includes point down or sideways only.
# SPDX-License-Identifier: MIT
"""The table of the layers is the one in the architecture: 0 is lib/, 9 is what runs on top."""

from __future__ import annotations

import re

from project import Project, Result, lines_of

# The first pattern that matches a file says its layer.
LAYERS: list[tuple[str, int]] = [
    (r"lib/test/.*", 9),
    (r"lib/.*", 0),
    (r"arch/x86_64/include/arch/.*", 1),
    (r"kernel/base/.*", 2),
    (r"kernel/locking/spin/.*", 3),
    (r"kernel/locking/rcu.*", 7),
    (r"kernel/locking/[^/]*", 3),
    (r"kernel/core/.*", 4),
    (r"kernel/debug/.*", 4),
    (r"arch/.*|boot/.*", 5),
    (r"kernel/sched/.*", 6),
    (r"kernel/locking/sleep/.*", 7),
    (r"kernel/(explore|files)/.*", 8),
    (r"kernel/test/test\.[ch]", 8),  # runs the tests, as kernel/module.c runs the modules
    (r"kernel/(test|bench)/.*", 9),
    (r"kernel/[^/]*", 8),
    (r"modules/.*|include/.*", 9),
]

# What the compiler itself brings along, and needs no library.
COMPILER_HEADERS = {"limits.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h"}
INCLUDE = re.compile(r'\s*#\s*include\s+(?:<([^>]+)>|"([^"]+)")')
# A comment may say what an operation costs on x86; code may not know where it runs.
MACHINE = re.compile(r"x86", re.IGNORECASE)
COMMENT = re.compile(r"/\*.*?(\*/|$)|//.*|^\s*\*.*")


def layer_of(name: str) -> int | None:
    return next((layer for pattern, layer in LAYERS if re.fullmatch(pattern, name)), None)


def included_file(angle: str | None, quoted: str | None) -> str | None:
    """The file of the tree that an include means; None for the compiler's."""
    if quoted:
        return quoted
    assert angle
    if angle.startswith("arch/"):
        return f"arch/x86_64/include/{angle}"
    if angle.startswith("linux/"):
        return f"include/{angle}"
    return None


def problem_with(name: str, angle: str | None, quoted: str | None, known: set[str]) -> str | None:
    is_module = name.startswith(("modules/", "include/"))
    target = included_file(angle, quoted)
    if target is None:
        if angle in COMPILER_HEADERS:
            return None
        return f"<{angle}> is neither <arch/...> nor a header of the freestanding compiler"
    if angle and angle.startswith("linux/") and not is_module:
        return f"<{angle}>: <linux/...> is for modules only"
    if target not in known:
        if name.startswith("modules/") and f"modules/{target}" in known:
            return None
        return f"{target} does not exist: includes are by path from the root"
    own, other = layer_of(name), layer_of(target)
    assert own is not None and other is not None
    if other > own:
        return f"{target} is of layer {other}, above this file's {own}"
    return None


def names_machine(line: str) -> bool:
    return "x86_64" in line or MACHINE.search(COMMENT.sub("", line)) is not None


def check(project: Project) -> Result:
    problems = []
    known = set(project.files)
    names = project.matching(r"(lib|kernel|arch|boot|modules|include)/.*\.(c|h|asm)")
    for name in names:
        if layer_of(name) is None:
            problems.append(f"{name}:1: the file is in no layer of tools/check_layers.py")
            continue
        is_generic = not name.startswith(("arch/", "boot/", "lib/test/"))
        on_host = name.startswith("lib/test/")
        for number, line in enumerate(lines_of(name), 1):
            if line.startswith(("#ifdef INTERLOCK_HOST", "#else", "#endif")):
                on_host = line.startswith("#ifdef") or name.startswith("lib/test/")
            if (include := INCLUDE.match(line)) and not (on_host and include.group(1)):
                problem = problem_with(name, include.group(1), include.group(2), known)
                if problem:
                    problems.append(f"{name}:{number}: {problem}")
            if is_generic and names_machine(line):
                problems.append(f"{name}:{number}: generic code names the machine: {line.strip()}")
    return Result(f"{len(names)} files, every include points down or sideways", problems)
