# check_static.py: what cppcheck finds in the sources: nothing.
# SPDX-License-Identifier: MIT
"""cppcheck sees the code of both profiles. A wrong finding is suppressed in the line it names."""

from __future__ import annotations

from project import JOBS, Project, Result, run

OPTIONS = [
    *("--quiet", "--enable=warning,portability", "--std=c11", "--platform=unix64"),
    *("--inline-suppr", "--error-exitcode=1", f"-j{JOBS}"),
    "--template={file}:{line}: {id}: {message}",
    # The compiler's own headers are not ours to look into.
    "--suppress=missingIncludeSystem",
    # Symbols of the linker: the distance between two is what they are for.
    *("--suppress=comparePointers", "--suppress=subtractPointers"),
    *("-I.", "-Iarch/x86_64/include", "-Iinclude"),
]


def check(project: Project) -> Result:
    sources = [name for name in project.sources if name.endswith(".c")]
    kernel = [name for name in sources if not name.startswith("lib/test/")]
    problems: list[str] = []
    for checked in (0, 1):
        status, output = run(["cppcheck", *OPTIONS, f"-DCONFIG_CHECKED={checked}", *kernel])
        if status != 0 or output.strip():
            problems += output.strip().splitlines()
    problems = list(dict.fromkeys(problems))
    return Result(f"{len(kernel)} files, cppcheck finds nothing", problems)
