# mutants_tree.py: a copy of the tree, in which mutants are built and run.
# SPDX-License-Identifier: MIT
"""What is built there is its own: a later make in the tree finds nothing of a mutant."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path
from typing import Callable

import child
import project
from mutants_list import Mutant, Wrong

# Which kernel each technique needs.
NEEDS = {
    "sc": ("fast", "explore-kernel.elf"),
    "tso": ("fast", "explore-kernel.elf"),
    "test": ("checked", "kernel.elf"),
    "torture": ("checked", "kernel.elf"),
    "race": ("race", "kernel.elf"),
}
# Whatever we were called with, and is in the environment.
MAKE = ["make", "--silent", "BUILD=build", "CC=gcc", "SMP=1", "UP=", "RWLOCK=fair"]
MAKE += ["STATS=", "RUN=", "SCENARIO=", "REPLAY=", "MODULE="]
# Until a run counts as hung: for all that is not one of the things that run, and for each of those.
SECONDS = {"explore": (900, 0), "torture": (35, 5), "test": (35, 10)}
BOOTING = 25  # of them, for the image, GRUB and QEMU: the kernel's own time is the rest


class Tree:
    """The copy."""

    def __init__(self, where: Path, headers: set[str], runs: int) -> None:
        self.where = where
        self.headers = headers  # those that mutants change
        self.runs = runs
        self.right: dict[str, bytes] = {}  # a profile's kernel without any mutant

    def copy(self) -> None:
        """What has changed since the last time, or was left changed then."""
        for name in project.tree():
            target = self.where / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_bytes() != Path(name).read_bytes():
                shutil.copyfile(name, target)
                shutil.copymode(name, target)
                if name in self.headers:
                    self.forget(name, lambda source: True)

    def prepare(self, techniques: list[str]) -> None:
        """Build what they need of the locks as they are: with a header that is changed, only what
        is about its lock is made again, and later made again as it was."""
        for technique in techniques:
            profile, target = NEEDS[technique]
            if problem := self.build(profile, target):
                raise Wrong(f"without any mutant the kernel does not build:\n{problem}")
            if target == "kernel.elf":
                self.right[profile] = self.digest(profile)

    def digest(self, profile: str) -> bytes:
        kernel = self.where / f"build/gcc-{profile}/kernel.elf"
        return hashlib.sha256(kernel.read_bytes()).digest()

    def is_in(self, mutant: Mutant, profile: str) -> bool:
        """Whether the kernel that was built has it."""
        return not mutant.file or self.digest(profile) != self.right[profile]

    def forget(self, header: str, about: Callable[[str], bool]) -> None:
        """Objects that were made with it."""
        for made in self.where.glob("build/*/**/*.d"):
            source = str(made.relative_to(self.where)).split("/", 2)[2]
            if about(source) and header in made.read_text(encoding="utf-8"):
                made.with_suffix(".o").unlink(missing_ok=True)

    def write(self, mutant: Mutant, text: str) -> None:
        """Of a header, only the objects that are about the lock are made again."""
        if not mutant.file:
            return
        (self.where / mutant.file).write_text(text, encoding="utf-8")
        if mutant.file in self.headers:
            self.forget(mutant.file, lambda source: self.is_about(source, mutant))

    def is_about(self, source: str, mutant: Mutant) -> bool:
        """The scenarios, torture, the lock itself, and the tests that are run."""
        if source.startswith(("kernel/explore/scenario", "kernel/test/torture")):
            return True
        if source.startswith("kernel/locking/"):
            return Path(mutant.file).stem.startswith(Path(source).stem)
        if not source.startswith("kernel/test/"):
            return False
        text = Path(source).with_suffix(".c").read_text(encoding="utf-8")
        return any(f"TEST({name})" in text for name in mutant.tests.split(",") if name)

    def build(self, profile: str, target: str) -> str:
        """What went wrong, or nothing."""
        old = [word for header in sorted(self.headers) for word in ("-o", header)]
        command = [*MAKE, *old, f"PROFILE={profile}", f"build/gcc-{profile}/{target}"]
        status, said = child.run(command, None, cwd=self.where, env=child.environment())
        return said or f"make: exit status {status}" if status else ""

    def run(self, tool: str, profile: str, name: str, *more: str) -> tuple[int, str]:
        out = f"build/gcc-{profile}"
        kernel = "explore-kernel.elf" if tool == "explore" else "kernel.elf"
        elf = "explore.elf" if tool == "explore" else "interlock.elf"
        command = [sys.executable, "-B", f"tools/{tool}.py", "--kernel", f"{out}/{kernel}"]
        command += ["--elf", f"{out}/{elf}", "--logs", "build/logs", "--profile", profile]
        boot, each = SECONDS[tool]
        limit = boot + each * len(name.split(","))
        command += [f"--run={name}", "--timeout", str(limit), *more]
        command += ["--args", f"timeout={limit - BOOTING}"]
        return child.run(command, None, cwd=self.where)
