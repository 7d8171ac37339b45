#!/usr/bin/python3
# mutants.py: locks made wrong by one change each, and which technique finds that.
# SPDX-License-Identifier: MIT
"""Works in a copy of the tree. Each technique runs what tools/mutants.txt says of it: the explorer
the scenarios, with stores visible at once (sc) and delayed (tso); torture the locks, RUNS times a
second each on 4 CPUs, checks and validator on; race the same with the race detector; test the tests
of the locks. Exit status: 0 only if each mutant was found by the technique that is expected to, and
each that is harmless by none."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping

import child
import options
import project

LIST = Path("tools/mutants.txt")
# Which kernel each technique needs.
NEEDS = {
    "sc": ("fast", "explore-kernel.elf"),
    "tso": ("fast", "explore-kernel.elf"),
    "test": ("checked", "kernel.elf"),
    "torture": ("checked", "kernel.elf"),
    "race": ("race", "kernel.elf"),
}
VERDICTS = (0, 1)  # exit statuses: nothing wrong, something wrong; else it was not tried
# Whatever we were called with, and is in the environment.
MAKE = ["make", "--silent", "BUILD=build", "CC=gcc", "SMP=1", "UP=", "RWLOCK=fair"]
MAKE += ["STATS=", "RUN=", "SCENARIO=", "REPLAY=", "MODULE="]
SMP = 4
# What other locks are made of.
SPIN = "kernel/locking/spin/"
MADE_OF = ("arch/", f"{SPIN}ticket", f"{SPIN}raw_", f"{SPIN}osq", f"{SPIN}mcs")
BOOT_SECONDS = {"explore": 900, "torture": 120, "test": 120}  # until a run counts as hung


@dataclass
class Mutant:
    name: str
    file: str = ""
    what: str = ""
    found: str = ""  # by which technique it must be found
    harmless: str = ""  # or why it is none
    scenarios: str = ""
    locks: str = ""
    tests: str = ""
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


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
    return mutants


def changed(mutant: Mutant) -> str:
    """The file with the change. The text must be there, once."""
    text = Path(mutant.file).read_text(encoding="utf-8")
    old = "\n".join(mutant.old)
    if text.count(old) != 1:
        raise Wrong(f"{mutant.name}: {mutant.file} has its text {text.count(old)} times:\n{old}")
    return text.replace(old, "\n".join(mutant.new))


@dataclass
class Result:
    found: bool
    figure: str  # how, or how often
    whole: bool = True  # it was tried to the end: what was not found then is not there to be found


class Tree:
    """The copy."""

    def __init__(self, where: Path, headers: set[str], runs: int) -> None:
        self.where = where
        self.headers = headers  # those that mutants change
        self.runs = runs

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

    def forget(self, header: str, about: Callable[[str], bool]) -> None:
        """Objects that were made with it."""
        for made in self.where.glob("build/*/**/*.d"):
            source = str(made.relative_to(self.where)).split("/", 2)[2]
            if about(source) and header in made.read_text(encoding="utf-8"):
                made.with_suffix(".o").unlink(missing_ok=True)

    def write(self, mutant: Mutant, text: str) -> None:
        """Of a header, only the objects that are about the lock are made again."""
        (self.where / mutant.file).write_text(text, encoding="utf-8")
        if mutant.file in self.headers:
            self.forget(mutant.file, lambda source: self.is_about(source, mutant))

    def is_about(self, source: str, mutant: Mutant) -> bool:
        """The scenarios, torture, the lock itself, and the tests that are run."""
        if source.startswith(("kernel/explore/scenario", "kernel/test/torture")):
            return True
        if source.startswith("kernel/locking/"):
            return Path(source).stem == Path(mutant.file).stem
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
        command += [f"--run={name}", "--timeout", str(BOOT_SECONDS[tool]), *more]
        return child.run(command, None, cwd=self.where)


def explore(tree: Tree, batch: list[Mutant]) -> tuple[list[dict[str, Any]], bool]:
    """What came out of their scenarios, in both models; and whether that is all of it."""
    originals = {m.file: Path(m.file).read_text(encoding="utf-8") for m in batch}
    where = tree.where / "build/explore.json"
    where.unlink(missing_ok=True)
    whole = False
    for mutant in batch:
        tree.write(mutant, changed(mutant))
    try:
        if problem := tree.build("fast", "explore-kernel.elf"):
            print(f"{', '.join(m.name for m in batch)}: does not build:\n{problem}")
        else:
            words = ("--mem", "512M", "--json", "build/explore.json")
            names = ",".join(mutant.scenarios for mutant in batch)
            status, said = tree.run("explore", "fast", names, *words)
            whole = status in VERDICTS
            if not whole:
                print(f"{names}: no end:", *said.splitlines()[-5:], sep="\n  ")
    finally:
        for mutant in batch:
            tree.write(mutant, originals[mutant.file])
    return list(json.loads(where.read_text())) if where.exists() else [], whole


def judged(results: list[dict[str, Any]], whole: bool) -> Result:
    """Of one mutant's scenarios in one model."""
    for found in results:
        unknown = any(text in found["verdict"] for text in ("exhaustive", "not explained"))
        if not found["expected"] and not unknown:
            figures = found["figures"]
            verdict = found["verdict"].split(" (")[0]
            ms = figures["us"] // 1000
            return Result(True, f"{verdict}, {figures['states']} states, {ms} ms")
    if not results or not whole:
        return Result(False, "no end", False)
    states = sum(found["figures"]["states"] for found in results)
    limited = any(not found["expected"] for found in results)
    return Result(False, f"{'limit of' if limited else 'none in'} {states} states", not limited)


def batches_of(mutants: list[Mutant]) -> list[list[Mutant]]:
    """Those that can share a kernel: of different files and scenarios, and none of what all locks
    are made of."""
    batches: list[list[Mutant]] = []
    for mutant in mutants:
        alone = mutant.file.startswith(MADE_OF) or not mutant.scenarios

        def fits(batch: list[Mutant], new: Mutant = mutant) -> bool:
            names = {name for other in batch for name in other.scenarios.split(",")}
            taken = any(other.file == new.file or other.file.startswith(MADE_OF) for other in batch)
            return not taken and not names & set(new.scenarios.split(","))

        room = None if alone else next((batch for batch in batches if fits(batch)), None)
        if room is not None:
            room.append(mutant)
        elif mutant.scenarios:
            batches.append([mutant])
    return batches


def try_explorer(tree: Tree, mutants: list[Mutant]) -> dict[str, dict[str, Result]]:
    """By mutant and by model."""
    done: dict[str, dict[str, Result]] = {}
    waiting = batches_of(mutants)
    while waiting:
        batch = waiting.pop(0)
        results, whole = explore(tree, batch)
        if not whole and len(batch) > 1:
            waiting += [[mutant] for mutant in batch]
            continue
        for mutant in batch:
            names = mutant.scenarios.split(",")
            own = [found for found in results if found["name"] in names]
            done[mutant.name] = {
                model: judged([found for found in own if found["model"] == model], whole)
                for model in ("sc", "tso")
            }
            print(row(mutant.name, done[mutant.name]), flush=True)
    return done


def try_booted(tree: Tree, mutant: Mutant, tool: str, profile: str, runs: int) -> Result | None:
    names = mutant.tests if tool == "test" else mutant.locks
    if not names:
        return None
    if problem := tree.build(profile, "kernel.elf"):
        print(f"{mutant.name} does not build:\n{problem}")
        return Result(False, "no build", False)
    found = 0
    for seed in range(1, runs + 1):
        words = ["--smp", str(SMP), "--seed", str(seed)]
        words += ["--explore", "none"] if tool == "test" else ["--seconds", "1"]
        status, said = tree.run(tool, profile, names, *words)
        if status not in VERDICTS:
            print(f"{mutant.name}: no verdict:", *said.splitlines()[-5:], sep="\n  ")
            return Result(False, f"no verdict of {tool}", False)
        found += status != 0
    return Result(found > 0, f"{found} of {runs}")


def try_one(tree: Tree, mutant: Mutant, technique: str) -> Result | None:
    tool = "test" if technique == "test" else "torture"
    runs = tree.runs if technique == "torture" else 1
    return try_booted(tree, mutant, tool, NEEDS[technique][0], runs)


def try_all(tree: Tree, mutants: list[Mutant], techniques: list[str]) -> int:
    """Prints the matrix; returns how many are not as they must be."""
    all_results: dict[str, dict[str, Result | None]] = {}
    models = [technique for technique in techniques if technique in ("sc", "tso")]
    booted = [technique for technique in techniques if technique not in models]
    explored = try_explorer(tree, mutants) if models else {}
    bad = 0
    print(flush=True)
    for mutant in mutants:
        started = time.monotonic()
        original = Path(mutant.file).read_text(encoding="utf-8")
        results: dict[str, Result | None] = {
            model: explored.get(mutant.name, {}).get(model) for model in models
        }
        try:
            if booted:
                tree.write(mutant, changed(mutant))
            results |= {technique: try_one(tree, mutant, technique) for technique in booted}
        finally:
            if booted:
                tree.write(mutant, original)
        all_results[mutant.name] = results
        right = is_right(mutant, results)
        bad += not right
        seconds = f"  ({time.monotonic() - started:.0f} s)" if booted else ""
        print(f"{row(mutant.name, results)}{seconds}{'' if right else '  UNEXPECTED'}", flush=True)
    show_totals(mutants, all_results)
    return bad


def is_right(mutant: Mutant, results: dict[str, Result | None]) -> bool:
    if mutant.harmless:
        return all(not r.found and r.whole for r in results.values() if r)
    wanted = [results[t] for t in mutant.found.split(",") if t in results]
    return all(result is not None and result.found for result in wanted)


def row(name: str, results: Mapping[str, Result | None]) -> str:
    cells = []
    for technique, result in results.items():
        text = "-" if result is None else ("" if result.found else "not: ") + result.figure
        cells.append(f"{technique}: {text}" if result else "")
    return f"{name:<28} " + "; ".join(cell for cell in cells if cell)


def chosen_of(mutants: list[Mutant], names: str) -> list[Mutant]:
    known = {mutant.name: mutant for mutant in mutants}
    if missing := [name for name in names.split(",") if name and name not in known]:
        raise Wrong(f"MUTANT={missing[0]}: there is no such mutant; there are: {' '.join(known)}")
    return [known[name] for name in names.split(",")] if names else mutants


def show_totals(mutants: list[Mutant], all_results: dict[str, dict[str, Result | None]]) -> None:
    wrong = [mutant for mutant in mutants if not mutant.harmless]
    for technique in NEEDS:
        tried = [all_results[m.name].get(technique) for m in wrong]
        found = sum(bool(result and result.found) for result in tried)
        asked = sum(result is not None for result in tried)
        if asked:
            print(f"{technique}: found {found} of {asked} that it was tried on")
    alone = [
        f"{m.name} ({found[0]})"
        for m in wrong
        if len(found := [t for t, r in all_results[m.name].items() if r and r.found]) == 1
    ]
    print(f"found by one technique only: {', '.join(alone) or 'none'}")
    harmless = [f"{m.name}: {m.harmless}" for m in mutants if m.harmless]
    print("harmless, and not counted:", *harmless, sep="\n  ")


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--build", type=Path, required=True)
    given.add_argument("--mutant", default="", help="only these, with commas between")
    given.add_argument("--techniques", default=",".join(NEEDS))
    given.add_argument("--runs", type=int, default=3, help="of torture, with a seed each")
    chosen = given.parse_args()
    try:
        listed = read_list(LIST)
        for mutant in listed:
            changed(mutant)  # All fit the tree, before the first is tried.
        mutants = chosen_of(listed, chosen.mutant)
        headers = {mutant.file for mutant in listed if mutant.file.endswith(".h")}
        copy = Tree(chosen.build / "mutants", headers, chosen.runs)
        copy.copy()
        techniques = chosen.techniques.split(",")
        copy.prepare(techniques)
        bad = try_all(copy, mutants, techniques)
    except Wrong as wrong:
        print(f"mutants: {wrong}", file=sys.stderr)
        return 2
    print(f"{len(mutants) - bad} as they must be, {bad} not")
    return 1 if bad else 0


if __name__ == "__main__":
    options.exit_with(main)
