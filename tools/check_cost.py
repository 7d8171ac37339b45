#!/usr/bin/python3
# check_cost.py: no lock takes more instructions than it is recorded to.
# SPDX-License-Identifier: MIT
"""Both compilers' fast kernels are booted on a machine that counts instructions, and each pair is
compared with tools/cost.json. `make cost` writes that anew, for a change worth its price."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from bench_results import Results, jain
from project import Project, Result, each, run
from qemu import End, Setup, boot

RECORD = Path("tools/cost.json")
SECONDS = 240.0  # generous: the boot takes a few, but not beside everything else
COMPILER = re.compile(r"profile fast, compiler (.+?);")


def count(elf: Path) -> tuple[str, Results, list[str]]:
    """The compiler that made the kernel, what it counted, and what went wrong."""
    with tempfile.TemporaryDirectory(prefix="interlock-cost-") as scratch:
        kernel = Path(scratch) / "kernel.elf"
        run(["objcopy", "--strip-debug", str(elf), str(kernel)])
        setup = Setup(kernel, elf, "mode=cost timeout=200", 1, "256M", "tcg", SECONDS, counts=True)
        outcome = boot(setup, lambda line: None)
    results = Results()
    results.read(outcome.lines)
    if outcome.end is not End.PASS:
        said = [line for line in outcome.lines if line.startswith("cost:")]
        return "", results, [f"{elf}: {outcome.end.value}", *outcome.notes, *said]
    compiler = next((m.group(1) for line in outcome.lines if (m := COMPILER.search(line))), "")
    return compiler, results, []


def compare(cc: str, recorded: dict[str, float], counted: dict[str, float]) -> list[str]:
    """What has grown, and what the record does not know or knows alone."""
    problems = []
    for name in sorted(recorded.keys() | counted.keys()):
        here, there = counted.get(name), recorded.get(name)
        if there is None:
            problems.append(f"{name}, of {here:g} instructions, is not recorded")
        elif here is None:
            problems.append(f"{name} is recorded, and nothing counts it")
        elif here > there:
            problems.append(f"{name} takes {here:g} instructions; recorded are {there:g}")
    return [f"{RECORD}:1: {cc}: {problem}" for problem in problems]


def over_the_limit(cc: str, results: Results) -> list[str]:
    return [
        f"kernel/bench: {cc}: {name} takes {n:g} instructions; at most {results.most(name)}"
        for name, n in results.instructions().items()
        if results.most(name) and n > results.most(name)
    ]


SAMPLE = """\
cost lock pairs=1000 ticks=12000 loop=2000 most=9
contest lock threads=2 section_ns=0 window_ns=1000000 wait_us=5 passed=1 counts=1,3
contest lock threads=2 section_ns=0 window_ns=1000000 wait_us=7 passed=0 counts=2,2
[    0.1] cpu0: cost lock pairs=1 ticks=1 loop=0 most=0
"""


def misread() -> list[str]:
    """What the readers of the figures get wrong: a comparison that cannot fail hides all else."""
    results = Results()
    results.read(SAMPLE.splitlines())
    contest = results.contests[(0, 2, "lock")]
    truths = {
        "jain of equals": jain([5, 5, 5, 5]) == 1,
        "jain of one alone": jain([7, 0, 0, 0]) == 0.25,
        "jain of 1 and 3": jain([1, 3]) == 0.8,
        "jain of nothing": jain([0, 0]) == 0,
        "instructions": results.instructions() == {"lock": 10},
        "rates": contest.rates == [4, 4],
        "fairness": contest.fairness == [0.8, 1],
        "the longest wait": (contest.wait_us, contest.passed) == (7, 1),
        "a row over its limit": len(over_the_limit("cc", results)) == 1,
        "a row that grew": len(compare("cc", {"lock": 9}, {"lock": 10})) == 1,
        "a row that shrank": not compare("cc", {"lock": 11}, {"lock": 10}),
        "a row not recorded": len(compare("cc", {}, {"lock": 10})) == 1,
        "a row not counted": len(compare("cc", {"lock": 10}, {})) == 1,
    }
    return [f"tools/bench_results.py:1: wrong: {what}" for what, held in truths.items() if not held]


def check(project: Project) -> Result:
    record = json.loads(RECORD.read_text(encoding="utf-8"))

    def check_compiler(cc: str) -> list[str]:
        compiler, results, wrong = count(Path(project.build) / f"{cc}-fast/interlock.elf")
        if wrong:
            return wrong
        problems = over_the_limit(cc, results)
        # Another version of a compiler makes other code: then only the limits hold.
        if compiler == record[cc]["compiler"]:
            problems += compare(cc, record[cc]["instructions"], results.instructions())
        return problems

    found = each(check_compiler, list(project.compilers))
    rows = len(record["gcc"]["instructions"])
    summary = f"{rows} pairs take no more instructions than recorded, by either compiler"
    return Result(summary, misread() + [problem for problems in found for problem in problems])


def main() -> int:
    """Record what the kernels of the build directory count to."""
    record = {}
    for cc in ("gcc", "clang"):
        compiler, results, wrong = count(Path(sys.argv[1]) / f"{cc}-fast/interlock.elf")
        if wrong:
            print("\n".join(wrong), file=sys.stderr)
            return 1
        whole = {n: int(c) if c.is_integer() else c for n, c in results.instructions().items()}
        record[cc] = {"compiler": compiler, "instructions": dict(sorted(whole.items()))}
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"recorded in {RECORD}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
