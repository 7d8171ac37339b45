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
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

LIST = Path("tools/mutants.txt")
TECHNIQUES = ("sc", "tso", "test", "torture", "race")
SMP = 4
# What other locks are made of.
SPIN = "kernel/locking/spin/"
MADE_OF = ("arch/", f"{SPIN}ticket", f"{SPIN}raw_", f"{SPIN}osq", f"{SPIN}mcs")
BOOT_SECONDS = {"explore": 900, "torture": 120, "test": 120}  # until a run counts as hung
FOUND = re.compile(r"(\d+) passed, (\d+) failed")


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

    def text(self, lines: list[str]) -> str:
        return "\n".join(lines)


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
    old = mutant.text(mutant.old)
    if text.count(old) != 1:
        raise Wrong(f"{mutant.name}: {mutant.file} has its text {text.count(old)} times:\n{old}")
    return text.replace(old, mutant.text(mutant.new))


@dataclass
class Result:
    found: bool
    figure: str  # how, or how often


class Tree:
    """The copy."""

    def __init__(self, where: Path, make: list[str], runs: int) -> None:
        self.where = where
        self.make = make
        self.runs = runs
        self.headers: set[str] = set()

    def copy(self) -> None:
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True)
        for name in listed.stdout.splitlines():
            target = self.where / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_bytes() != Path(name).read_bytes():
                shutil.copyfile(name, target)
                shutil.copymode(name, target)

    def write(self, mutant: Mutant, text: str) -> None:
        """Of a header, only the objects that are about the lock are made again."""
        name = mutant.file
        (self.where / name).write_text(text, encoding="utf-8")
        if not name.endswith(".h"):
            return
        for made in self.where.glob("build/*/**/*.d"):
            source = str(made.relative_to(self.where)).split("/", 2)[2]
            if self.is_about(source, mutant) and name in made.read_text():
                made.with_suffix(".o").unlink(missing_ok=True)

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
        done = subprocess.run(
            [*self.make, *old, f"PROFILE={profile}", f"build/gcc-{profile}/{target}"],
            cwd=self.where,
            env={k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr if done.returncode else ""

    def run(self, tool: str, profile: str, name: str, *more: str) -> tuple[int, str]:
        out = f"build/gcc-{profile}"
        kernel = "explore-kernel.elf" if tool == "explore" else "kernel.elf"
        elf = "explore.elf" if tool == "explore" else "interlock.elf"
        command = [sys.executable, "-B", f"tools/{tool}.py", "--kernel", f"{out}/{kernel}"]
        command += ["--elf", f"{out}/{elf}", "--logs", "build/logs", "--profile", profile]
        command += [f"--run={name}", "--timeout", str(BOOT_SECONDS[tool]), *more]
        done = subprocess.run(
            command, cwd=self.where, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr


def explore(tree: Tree, batch: list[Mutant]) -> list[dict[str, Any]] | None:
    """What came out of their scenarios, in both models; None if the kernel did not get that far."""
    originals = {m.file: Path(m.file).read_text(encoding="utf-8") for m in batch}
    where = tree.where / "build/explore.json"
    where.unlink(missing_ok=True)
    for mutant in batch:
        tree.write(mutant, changed(mutant))
    try:
        if problem := tree.build("fast", "explore-kernel.elf"):
            print(f"{', '.join(m.name for m in batch)}: does not build:\n{problem}")
        else:
            words = ("--mem", "512M", "--json", "build/explore.json")
            tree.run("explore", "fast", ",".join(m.scenarios for m in batch), *words)
    finally:
        for mutant in batch:
            tree.write(mutant, originals[mutant.file])
    results = json.loads(where.read_text()) if where.exists() else []
    return list(results) or None


def judged(results: list[dict[str, Any]] | None) -> Result:
    """Of one mutant's scenarios in one model."""
    for found in results or []:
        unknown = any(text in found["verdict"] for text in ("exhaustive", "not explained"))
        if not found["expected"] and not unknown:
            figures = found["figures"]
            verdict = found["verdict"].split(" (")[0]
            ms = figures["us"] // 1000
            return Result(True, f"{verdict}, {figures['states']} states, {ms} ms")
    if not results:
        return Result(False, "no end")
    states = sum(found["figures"]["states"] for found in results)
    limited = any(not found["expected"] for found in results)
    return Result(False, f"{'limit of' if limited else 'none in'} {states} states")


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
        results = explore(tree, batch)
        if results is None and len(batch) > 1:
            waiting += [[mutant] for mutant in batch]
            continue
        for mutant in batch:
            names = mutant.scenarios.split(",")
            own = [found for found in results or [] if found["name"] in names]
            done[mutant.name] = {
                model: judged([found for found in own if found["model"] == model])
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
        return Result(False, "no build")
    found = 0
    for seed in range(1, runs + 1):
        words = ["--smp", str(SMP), "--seed", str(seed)]
        words += ["--explore", "none"] if tool == "test" else ["--seconds", "1"]
        status, _ = tree.run(tool, profile, names, *words)
        found += status != 0
    return Result(found > 0, f"{found} of {runs}")


def try_one(tree: Tree, mutant: Mutant, technique: str) -> Result | None:
    if technique == "test":
        return try_booted(tree, mutant, "test", "checked", 1)
    profile = "race" if technique == "race" else "checked"
    return try_booted(tree, mutant, "torture", profile, 1 if technique == "race" else tree.runs)


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
        return not any(result and result.found for result in results.values())
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
    for technique in TECHNIQUES:
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
    given.add_argument("--techniques", default=",".join(TECHNIQUES))
    given.add_argument("--runs", type=int, default=3, help="of torture, with a seed each")
    chosen = given.parse_args()
    make = ["make", "--silent", "RUN=", "SMP=1", "BUILD=build", "CC=gcc"]
    try:
        listed = read_list(LIST)
        for mutant in listed:
            changed(mutant)  # All fit the tree, before the first is tried.
        mutants = chosen_of(listed, chosen.mutant)
        tree = Tree(chosen.build / "mutants", make, chosen.runs)
        tree.copy()
        tree.headers = {mutant.file for mutant in listed if mutant.file.endswith(".h")}
        bad = try_all(tree, mutants, chosen.techniques.split(","))
    except Wrong as wrong:
        print(f"mutants: {wrong}", file=sys.stderr)
        return 2
    print(f"{len(mutants) - bad} as they must be, {bad} not")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
