#!/usr/bin/python3
# mutants.py: locks made wrong by one change each, and which technique finds that.
# SPDX-License-Identifier: MIT
"""Works in a copy of the tree. Each technique runs what tools/mutants.txt says of it: the explorer
the scenarios, with stores visible at once (sc) and delayed (tso); test the tests of the locks, on 4
CPUs with checks and validator; torture tortures the locks there for a second, RUNS times, but no
more once one has hung; race does that once with the race detector. Exit status: 0 only if each
mutant was found by the technique that must find it, and by the explorer in no other model, each
that is harmless by none, and no try was without a verdict."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import options
import progress
from mutants_list import LIST, MODELS, Mutant, Wrong, changed, check, read_list
from mutants_show import HEADS, Result, Results, row, show_totals
from mutants_tree import NEEDS, Tree

VERDICTS = (0, 1)  # exit statuses: nothing wrong, something wrong; else it was not tried
SMP = 4
# What other locks are made of.
SPIN = "kernel/locking/spin/"
MADE_OF = ("arch/", f"{SPIN}ticket", f"{SPIN}raw_", f"{SPIN}osq", f"{SPIN}mcs")
MADE_OF += ("kernel/locking/sleep/wait", "kernel/sched/")
NAMES_MAX = 500  # characters of names that the kernel's command line takes
FAILED = re.compile(r"^FAILED (?:booted SMP=\d+: )?(.*)", re.MULTILINE)
SKIPPED = re.compile(r"(\d+) skipped$", re.MULTILINE)
PANIC = re.compile(r"panic on cpu\d+: (.*)")
HANGS = ("the kernel hangs", "the run did not end in")
SAME = "the kernel that was built is that without the mutant"


def explore(tree: Tree, batch: list[Mutant]) -> tuple[list[dict[str, Any]], str]:
    """What came out of their scenarios, in both models; and why it is not all of it."""
    where = tree.where / "build/explore.json"
    why, results = "", []
    texts = {mutant.name: changed(mutant) for mutant in batch}
    originals = {m.name: Path(m.file).read_text(encoding="utf-8") for m in batch if m.file}
    for mutant in batch:
        tree.write(mutant, texts[mutant.name])
    try:
        if problem := tree.build("fast", "explore-kernel.elf"):
            why = f"does not build: {problem}"
        else:
            words = ("--mem", "512M", "--json", "build/explore.json")
            for names in portions(",".join(mutant.scenarios for mutant in batch)):
                where.unlink(missing_ok=True)
                status, said = tree.run("explore", "fast", names, *words)
                if status not in VERDICTS:
                    why = "no end: " + "\n".join(said.splitlines()[-5:])
                results += json.loads(where.read_text()) if where.exists() else []
    finally:
        for mutant in batch:
            tree.write(mutant, originals.get(mutant.name, ""))
    return results, why


def judged(results: list[dict[str, Any]], why: str) -> Result:
    """Of one mutant's scenarios in one model."""
    for found in results:
        unknown = any(text in found["verdict"] for text in ("exhaustive", "not explained"))
        if not found["expected"] and not unknown:
            figures = found["figures"]
            verdict = found["verdict"].split(" (")[0]
            how = f"{found['name']}: {verdict}"
            return Result(True, how=how, states=figures["states"], ms=figures["us"] // 1000)
    states = sum(found["figures"]["states"] for found in results)
    ms = sum(found["figures"]["us"] for found in results) // 1000
    limited = next((found for found in results if not found["expected"]), None)
    if limited:
        why = why or f"{limited['name']}: {limited['verdict']}"
    elif not results:
        why = why or "no scenario ran"
    return Result(tried=not why, how=why, states=states, ms=ms)


def batches_of(mutants: list[Mutant]) -> list[list[Mutant]]:
    """Those that can share a kernel: of different files and scenarios, and none of what all locks
    are made of."""
    batches: list[list[Mutant]] = []
    for mutant in mutants:
        alone = not mutant.file or mutant.file.startswith(MADE_OF)

        def fits(batch: list[Mutant], new: Mutant = mutant) -> bool:
            names = {name for other in batch for name in other.scenarios.split(",")}
            taken = any(
                not other.file or other.file == new.file or other.file.startswith(MADE_OF)
                for other in batch
            )
            return not taken and not names & set(new.scenarios.split(","))

        room = None if alone else next((batch for batch in batches if fits(batch)), None)
        if room is not None:
            room.append(mutant)
        elif mutant.scenarios:
            batches.append([mutant])
    return batches


def try_explorer(
    tree: Tree, mutants: list[Mutant], bottom: progress.Bottom
) -> dict[str, dict[str, Result]]:
    """By mutant and by model. Those of a batch that came to no end are tried one by one."""
    done: dict[str, dict[str, Result]] = {}
    waiting = batches_of(mutants)
    while waiting:
        batch = waiting.pop(0)
        names = ", ".join(mutant.name for mutant in batch)
        bottom.say(f"mutants: explorer, {len(done)} of {len(mutants)}: {names}")
        results, why = explore(tree, batch)
        if why and len(batch) > 1:
            waiting += [[mutant] for mutant in batch]
            continue
        for mutant in batch:
            own = [found for found in results if found["name"] in mutant.scenarios.split(",")]
            done[mutant.name] = {
                model: judged([found for found in own if found["model"] == model], why)
                for model in MODELS
            }
    return done


def portions(names: str) -> list[str]:
    """As many names at a time as the kernel takes."""
    taken = [""]
    for name in names.split(","):
        if len(taken[-1]) + len(name) > NAMES_MAX:
            taken.append("")
        taken[-1] += f",{name}" if taken[-1] else name
    return taken


def run_once(tree: Tree, result: Result, tool: str, profile: str, names: str, seed: int) -> None:
    """Boots one kernel, and adds what came out."""
    words = ["--smp", str(SMP), "--seed", str(seed)]
    words += ["--explore", "none"] if tool == "test" else ["--seconds", "1"]
    status, said = tree.run(tool, profile, names, *words)
    if status not in VERDICTS:
        result.tried = False
        result.how = result.how or "no verdict: " + "\n".join(said.splitlines()[-5:])
        return
    result.runs += 1
    if status:
        words = [found.group(1) for pattern in (FAILED, PANIC) if (found := pattern.search(said))]
        result.failures.append(": ".join(words))
        result.finds += 1
        result.hangs += any(hang in result.failures[-1] for hang in HANGS)
    elif skipped := SKIPPED.search(said):
        result.tried = False
        result.how = f"{skipped.group(1)} of the tests were skipped"


def try_booted(tree: Tree, mutant: Mutant, technique: str) -> Result | None:
    tool = "test" if technique == "test" else "torture"
    names = mutant.tests if tool == "test" else mutant.locks
    if not names:
        return None
    profile, target = NEEDS[technique]
    result = Result()
    if problem := tree.build(profile, target):
        return Result(tried=False, how=f"does not build: {problem}")
    if not tree.is_in(mutant, profile):
        return Result(tried=bool(mutant.harmless), same=True, how=SAME)
    for seed in range(1, (tree.runs if technique == "torture" else 1) + 1):
        for some in portions(names):
            run_once(tree, result, tool, profile, some, seed)
        if result.hangs:
            break  # Each takes as long as a run may.
    result.found = result.finds > 0
    result.how = result.failures[0] if result.found else result.how
    return result


def try_all(
    tree: Tree, mutants: list[Mutant], techniques: list[str], report: Path, bottom: progress.Bottom
) -> int:
    """Prints the matrix; returns how many are not as they must be."""
    models = [technique for technique in techniques if technique in MODELS]
    booted = [technique for technique in techniques if technique not in MODELS]
    explored = try_explorer(tree, mutants, bottom) if models else {}
    matrix: list[tuple[Mutant, Results]] = []
    with bottom.above():
        print(HEADS)
    for number, mutant in enumerate(mutants):
        started = time.monotonic()
        original = Path(mutant.file).read_text(encoding="utf-8") if mutant.file else ""
        results: Results = {m: explored.get(mutant.name, {}).get(m) for m in models}
        if booted:
            tree.write(mutant, changed(mutant))
        try:
            for technique in booted:
                bottom.say(f"mutants: {number} of {len(mutants)}: {mutant.name}, {technique}")
                results[technique] = try_booted(tree, mutant, technique)
        finally:
            if booted:
                tree.write(mutant, original)
        matrix.append((mutant, results))
        with bottom.above():
            seconds = time.monotonic() - started if booted else 0.0
            print(row(mutant, results, is_right(mutant, results), seconds), flush=True)
        write(report, matrix, tree.runs)
    with bottom.above():
        show_totals(matrix)
    return sum(not is_right(mutant, results) for mutant, results in matrix)


def write(report: Path, matrix: list[tuple[Mutant, Results]], runs: int) -> None:
    """What is known so far, for programs."""
    rows = [
        asdict(mutant)
        | {"right": is_right(mutant, results)}
        | {"results": {name: asdict(result) for name, result in results.items() if result}}
        for mutant, results in matrix
    ]
    report.write_text(json.dumps({"interlock_mutants": 1, "runs": runs, "mutants": rows}) + "\n")


def is_right(mutant: Mutant, results: Results) -> bool:
    """The explorer finds exactly what it must; of the others, each may find more, unless there is
    nothing to be found. What one found, no other model has to have explored to its end."""
    wanted = mutant.must_find()
    for technique, result in results.items():
        if result is None:
            if technique in wanted:
                return False
        elif not result.found and (technique in wanted or not result.tried):
            return False
        elif result.found and (mutant.harmless or technique in MODELS and technique not in wanted):
            return False
    return True


def chosen_of(mutants: list[Mutant], names: str) -> list[Mutant]:
    known = {mutant.name: mutant for mutant in mutants}
    if missing := [name for name in names.split(",") if name and name not in known]:
        raise Wrong(f"MUTANT={missing[0]}: there is no such mutant; there are: {' '.join(known)}")
    return [known[name] for name in names.split(",")] if names else mutants


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
            check(mutant)  # All fit the tree, before the first is tried.
        mutants = chosen_of(listed, chosen.mutant)
        headers = {mutant.file for mutant in listed if mutant.file.endswith(".h")}
        tree = Tree(chosen.build / "mutants", headers, chosen.runs)
        techniques = chosen.techniques.split(",")
        with progress.at_bottom("mutants: the kernel without any") as bottom:
            tree.copy()
            tree.prepare(techniques)
            report = chosen.build / "mutants.json"
            bad = try_all(tree, mutants, techniques, report, bottom)
    except Wrong as wrong:
        print(f"mutants: {wrong}", file=sys.stderr)
        return 2
    print(f"{len(mutants) - bad} as they must be, {bad} not")
    return 1 if bad else 0


if __name__ == "__main__":
    options.exit_with(main)
