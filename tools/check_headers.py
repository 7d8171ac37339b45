# check_headers.py: every header compiles alone, with each compiler and in each profile.
# SPDX-License-Identifier: MIT
"""A header that needs another one first works in one file and breaks the next."""

from __future__ import annotations

from project import Project, Result, each, run


# Every source of a host test has this header before all others.
HOST_FIRST = ["-Iarch/x86_64/include", "-include", "lib/test/include/rename.h"]


def flags_for(project: Project, variant: tuple[str, str], name: str) -> list[str]:
    if name.startswith("lib/test/"):
        return ["gcc", *project.host_flags, *HOST_FIRST]
    flags = project.compiler(*variant)
    if name.startswith(("modules/", "include/")):
        return [*flags, *project.module_flags, '-DKBUILD_MODNAME="header"']
    return flags


def include_of(name: str) -> str:
    for directory in ("arch/x86_64/include/", "include/"):
        if name.startswith(directory):
            return f"#include <{name.removeprefix(directory)}>\n"
    return f'#include "{name}"\n'


def check(project: Project) -> Result:
    headers = project.matching(r"(lib|kernel|arch|modules|include)/.*\.h")
    # Each compiler and each profile once.
    variants = [("gcc", "checked"), ("clang", "fast"), ("gcc", "race")]
    jobs = [(variant, name) for name in headers for variant in variants]

    def compile_alone(job: tuple[tuple[str, str], str]) -> str | None:
        variant, name = job
        command = [*flags_for(project, variant, name), "-fsyntax-only", "-x", "c", "-"]
        status, output = run(command, include_of(name))
        if status == 0:
            return None
        first = next((line for line in output.splitlines() if "error" in line), output.strip())
        return f"{name}:1: does not compile alone with {variant[0]}: {first}"

    problems = [problem for problem in each(compile_alone, jobs) if problem]
    return Result(f"{len(headers)} headers compile alone with gcc and clang", problems)
