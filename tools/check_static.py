# check_static.py: what cppcheck finds in the sources: nothing.
# SPDX-License-Identifier: MIT
"""cppcheck sees the code of both profiles; tests and modules, which hardly differ, in the checked
one only. A wrong finding is suppressed in the line it names."""

from __future__ import annotations

from pathlib import Path

from project import JOBS, Project, Result, run

OPTIONS = [
    *("--quiet", "--enable=warning,portability", "--std=c11", "--platform=unix64"),
    *("--inline-suppr", "--error-exitcode=1", f"-j{JOBS}"),
    "--template={file}:{line}: {id}: {message}",
    # The compiler's own headers are not ours to look into.
    "--suppress=missingIncludeSystem",
    # cppcheck 2.10 cannot parse min() and max() everywhere, and reports that as an error; nor does
    # it know that a function which ends in panic() needs no va_end().
    *("--suppress=internalAstError", "--suppress=va_end_missing"),
    # Symbols of the linker: the distance between two is what they are for.
    *("--suppress=comparePointers", "--suppress=subtractPointers"),
    *("-I.", "-Iarch/x86_64/include", "-Iinclude", "-UINTERLOCK_HOST"),
]

SAME_IN_BOTH = ("kernel/test/", "kernel/bench/", "modules/")


def check(project: Project) -> Result:
    sources = [name for name in project.sources if name.endswith(".c")]
    kernel = [name for name in sources if not name.startswith("lib/test/")]
    problems: list[str] = []
    for checked in (0, 1):
        # What was looked at before and has not changed is remembered there.
        memory = Path(project.build) / f"cppcheck-{checked}"
        memory.mkdir(parents=True, exist_ok=True)
        given = [f"--cppcheck-build-dir={memory}", f"-DCONFIG_CHECKED={checked}"]
        names = [name for name in kernel if checked or not name.startswith(SAME_IN_BOTH)]
        status, output = run(["cppcheck", *OPTIONS, *given, *names])
        if status != 0 or output.strip():
            problems += output.strip().splitlines()
    problems = list(dict.fromkeys(problems))
    return Result(f"{len(kernel)} files, cppcheck finds nothing", problems)
