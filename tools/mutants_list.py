# mutants_list.py: the list of mutants, tools/mutants.txt: reads it, and makes the changes.
# SPDX-License-Identifier: MIT
"""A mutant without a file is the kernel as it is; * stands for all that the others run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

LIST = Path("tools/mutants.txt")
MODELS = ("sc", "tso")


@dataclass
class Mutant:
    name: str
    file: str = ""
    what: str = ""
    found: str = ""  # by which technique it must be found
    harmless: str = ""  # or why it is none
    missed: str = ""  # or why the explorer does not find it
    scenarios: str = ""
    locks: str = ""
    tests: str = ""
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)

    def must_find(self) -> set[str]:
        """Delayed stores may all become visible at once: what sc finds, tso does."""
        found = set(self.found.split(",")) if self.found else set()
        return found | ({"tso"} if "sc" in found else set())


class Wrong(Exception):
    """The list, or the tree, is not as it must be."""


def read_list(path: Path) -> list[Mutant]:
    """See the head of the list for its form."""
    mutants: list[Mutant] = []
    into: list[str] | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            mutants.append(Mutant(line[3:].strip()))
            into = None
        elif line in ("---", "+++"):
            into = mutants[-1].old if line == "---" else mutants[-1].new
        elif into is not None:
            into.append(line)
        elif line and not line.startswith("#"):
            key, _, value = line.partition(" ")
            if not mutants or not hasattr(mutants[-1], key):
                raise Wrong(f"{path}: what is {key}?")
            setattr(mutants[-1], key, value.strip())
    for mutant in mutants:
        while mutant.old and not mutant.old[-1]:
            mutant.old.pop()
        while mutant.new and not mutant.new[-1]:
            mutant.new.pop()
    expand(mutants)
    return mutants


def check(mutant: Mutant) -> None:
    """Each says who finds it, or why nobody can."""
    if bool(mutant.found) == bool(mutant.harmless):
        raise Wrong(f"{mutant.name}: give either found or harmless")
    if mutant.found and not mutant.must_find() & set(MODELS) and not mutant.missed:
        raise Wrong(f"{mutant.name}: give missed, why the explorer does not find it")
    changed(mutant)


def expand(mutants: list[Mutant]) -> None:
    for key in ("scenarios", "tests", "locks"):
        every = [name for mutant in mutants for name in getattr(mutant, key).split(",")]
        names = ",".join(name for name in dict.fromkeys(every) if name not in ("", "*"))
        for mutant in mutants:
            if getattr(mutant, key) == "*":
                setattr(mutant, key, names)


def changed(mutant: Mutant) -> str:
    """The file with the change. The text must be there, once."""
    if not mutant.file:
        return ""
    text = Path(mutant.file).read_text(encoding="utf-8")
    old = "\n".join(mutant.old)
    if text.count(old) != 1:
        raise Wrong(f"{mutant.name}: {mutant.file} has its text {text.count(old)} times:\n{old}")
    return text.replace(old, "\n".join(mutant.new))
