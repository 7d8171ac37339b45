# project.py: what the checks of `make check` look at: the files, the compilers, the build.
# SPDX-License-Identifier: MIT
"""A check is a module check_*.py with a function check(project), which returns its Result."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Callable, Iterable, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
JOBS = 2


@dataclass
class Result:
    """One line for when all is well, and a line for each thing that is not."""

    summary: str
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Project:
    compilers: dict[str, list[str]]  # gcc and clang, each with the flags of the kernel
    profiles: dict[str, list[str]]  # checked and fast, each with its own flags
    race_flags: list[str]  # those of the profile whose code no check looks at
    module_flags: list[str]
    host_flags: list[str]
    sources: list[str]  # SRCS of the Makefile, in its order
    more_sources: list[str]  # what else it builds
    build: str

    @property
    def variants(self) -> list[tuple[str, str]]:
        """Each compiler with each profile."""
        return [(compiler, profile) for compiler in self.compilers for profile in self.profiles]

    def compiler(self, name: str, profile: str) -> list[str]:
        flags = self.race_flags if profile == "race" else self.profiles[profile]
        return [*self.compilers[name], *flags]

    @cached_property
    def files(self) -> list[str]:
        """Every file of ours, relative to the root."""
        return tree()

    def matching(self, pattern: str) -> list[str]:
        """The files whose whole name the pattern matches."""
        return [name for name in self.files if re.fullmatch(pattern, name)]


def tree(where: Path = Path(".")) -> list[str]:
    """The files of a directory, and those below it: none hidden, none built."""
    found = []
    for path in sorted(where.iterdir()):
        if path.name.startswith(".") and path.name != ".ci" or path.name == "__pycache__":
            continue
        if not path.is_dir():
            found.append(str(path))
        elif not (path / "CACHEDIR.TAG").exists():
            found += tree(path)
    return found


def lines_of(name: str) -> list[str]:
    return Path(name).read_text(encoding="utf-8").splitlines()


def each(function: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """The function of each item, a few at a time: for work that waits for other programs."""
    with ThreadPoolExecutor(JOBS) as pool:
        return list(pool.map(function, items))


def run(command: list[str], text: str | None = None) -> tuple[int, str]:
    """Run a program with @text as its input; returns its exit status and all it wrote."""
    done = subprocess.run(
        command,
        input=text,
        stdin=None if text is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout
