#!/usr/bin/python3
# explore.py: runs the explorer's scenarios; prints their verdicts, and the way to what is wrong.
# SPDX-License-Identifier: MIT
"""Exit status: 0 only if each scenario came out as it must: right locks exhausted with nothing
wrong, wrong ones found. As for run.py when the boot fails."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from capstone import CS_ARCH_X86, CS_MODE_64, CS_OPT_SYNTAX_ATT, Cs

import options
from elf import Elf
from qemu import End, boot

EXPLORED = re.compile(r"explored (\w+)((?: \w+=\w+)+) (as it must|UNEXPECTED): (.*)")
STEP = re.compile(
    r"step (\d+) thread=(\d) rip=0x([0-9a-f]+) address=(\S+) how=(\d) half=(\d) model=(\S+)"
    r" at (\S+)(?: \(([^)]*)\))?(.*)"
)
REPLAYED = re.compile(r"replayed (\w+) threads=(\d+): (.*)")
NOT_COVERED = """\
What this says: of this compiled code, in these scenarios, every interleaving of the instructions
that touch shared memory was run: sc on CPUs whose stores are visible at once, tso on such as delay
up to 4, as x86 does. It says nothing of other scenarios or compilers, of more interrupts than one a
CPU, or of time. 64 bits of hash tell states apart."""


@dataclass
class Step:
    thread: int
    rip: int
    half: int
    model: str
    place: str
    changes: list[str]


@dataclass
class Found:
    name: str
    model: str
    figures: dict[str, int]
    expected: bool
    verdict: str
    failed: str = ""
    token: str = ""
    watched: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def read(lines: list[str]) -> list[Found]:
    found: list[Found] = []
    for line in lines:
        if match := EXPLORED.fullmatch(line):
            words = dict(re.findall(r"(\w+)=(\w+)", match.group(2)))
            figures = {key: int(value) for key, value in words.items() if value.isdecimal()}
            name, _, outcome, verdict = match.groups()
            model = words.get("model", "sc")
            found.append(Found(name, model, figures, outcome == "as it must", verdict))
        elif not found:
            continue
        elif line.startswith("failed "):
            found[-1].failed = line.removeprefix("failed ")
        elif line.startswith("watched "):
            found[-1].watched.append(line.split(" ", 2)[2])
        elif line.startswith("replay "):
            found[-1].token = line.split(" ", 2)[2]
        elif match := STEP.fullmatch(line):
            _, thread, rip, _, _, half, model, at, place, changes = match.groups()
            where = f"{at.split('+')[0]}:{(place or '').split(':')[-1]}"
            found[-1].steps.append(
                Step(int(thread), int(rip, 16), int(half), model, where, changes.split())
            )
    return found


def replayed(lines: list[str], token: str) -> Found | None:
    """What `replay=` printed."""
    match = next((m for line in lines if (m := REPLAYED.fullmatch(line))), None)
    if match is None:
        return None
    head = f"explored {match.group(1)} threads={match.group(2)} as it must: {match.group(3)}"
    found = read([head, *lines])[0]
    found.token = token
    return found


class Code:
    """The instructions, as a report shows them."""

    def __init__(self, path: Path) -> None:
        elf = Elf(path)
        self.text = next(section for section in elf.sections if section.name == ".text")
        self.data = elf.data
        self.decoder = Cs(CS_ARCH_X86, CS_MODE_64)
        self.decoder.syntax = CS_OPT_SYNTAX_ATT

    def at(self, address: int) -> str:
        start = self.text.offset + address - self.text.address
        for insn in self.decoder.disasm(self.data[start : start + 16], address):
            return f"{insn.mnemonic} {insn.op_str}".strip()
        return "?"


def described(step: Step, code: Code) -> str:
    what = f"{step.model}()" if step.model != "-" else code.at(step.rip)
    half = {0: "", 1: " (reads)", 2: " (writes)"}[step.half]
    return f"{step.place} {what}{half}"


def changed(step: Step, found: Found) -> str:
    """What it did to the watched data."""
    texts = []
    for change in step.changes:
        number, values = change.split(":")
        before, after = values.split(">")
        texts.append(f"{found.watched[int(number)]} {before}->{after}")
    return " ".join(texts)


def report(found: Found, code: Code) -> None:
    print(f"\n{found.name}: {found.verdict}: {found.failed}")
    if "preemptions" in found.figures:
        print(f"{found.figures['preemptions']} preemptions, {found.figures['length']} steps")
    width = 58
    left = max([len(changed(step, found)) for step in found.steps] + [8])
    threads = range(found.figures["threads"])
    print(f"{'#':>4} {'':{left}} " + " ".join(f"| {f'thread {t}':{width}}" for t in threads))
    last = None
    for number, step in enumerate(found.steps):
        if last is not None and last != step.thread:
            print(f"{'':4} {'':{left}} " + " ".join(f"| {'':-<{width}}" for _ in threads))
        cells = ["", "", ""]
        cells[step.thread] = described(step, code)[:width]
        row = " ".join(f"| {cells[t]:{width}}" for t in threads).rstrip()
        print(f"{number:>4} {changed(step, found):{left}} {row}")
        last = step.thread
    model = " MODEL=tso" if found.model == "tso" else ""
    print(f"replay: make explore SCENARIO={found.name}{model} REPLAY={found.token}")


def table(all_found: list[Found]) -> None:
    heads = f"{'states':>9}{'steps':>9}{'ms':>8}{'preempt.':>9}"
    print(f"\n{'scenario':<18}{'model':<6}{'threads':>8}{heads}  verdict")
    for found in all_found:
        figures = found.figures
        wrong = found.steps or "nothing wrong" not in found.verdict
        preemptions = str(figures["preemptions"]) if wrong else "-"
        mark = "" if found.expected else "  UNEXPECTED"
        print(
            f"{found.name:<18}{found.model:<6}{figures['threads']:>8}"
            f"{figures['states']:>9}{figures['steps']:>9}"
            f"{figures['us'] / 1000:>8.0f}{preemptions:>9}  {found.verdict}{mark}"
        )


def show(line: str) -> None:
    if line.startswith(("explore:", "command line:", "=")):
        print(line, flush=True)


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--model", choices=["", "sc", "tso"], default="", help="both without it")
    given.add_argument("--replay", default="", help="which thread takes how many steps: 0x3,1x2")
    given.add_argument("--bound", default="", help="preemptions at most")
    given.add_argument("--cpus", default="", help="only scenarios with so many threads")
    given.add_argument("--json", type=Path, required=True, help="where the results go, as JSON")
    chosen = given.parse_args()
    kernel = chosen.elf.with_name("explore-kernel.elf")
    subprocess.run(["objcopy", "--strip-all", str(chosen.elf), str(kernel)], check=True)
    setup = options.setup(chosen, 1, "explore", chosen.run or "all")
    for name in ("model", "replay", "bound", "cpus"):
        if value := getattr(chosen, name):
            setup = replace(setup, words=f"{setup.words} {name}={value}")
    outcome = boot(replace(setup, kernel=kernel), show)
    log = options.write_log(chosen, "explore", outcome.lines)
    code = Code(chosen.elf)
    if chosen.replay:
        if found := replayed(outcome.lines, chosen.replay):
            found.model = chosen.model or "sc"
            report(found, code)
        return outcome.end.exit_status
    all_found = read(outcome.lines)
    for found in all_found:
        if found.steps and (chosen.run or not found.expected or found.name == "counter"):
            report(found, code)
    table(all_found)
    steps, seconds = (sum(found.figures[key] for found in all_found) for key in ("steps", "us"))
    print(f"\n{steps / max(1, seconds) * 1e6:.0f} steps a second")
    results = [found.__dict__ | {"steps": len(found.steps)} for found in all_found]
    chosen.json.write_text(json.dumps(results) + "\n")
    print(f"\n{NOT_COVERED}\n")
    right = sum(found.expected for found in all_found)
    print(f"{right} as they must be, {len(all_found) - right} not")
    if outcome.end is not End.PASS:
        print(f"explore: {outcome.end.value}", *outcome.notes, sep="\n  ", file=sys.stderr)
        print(f"  the log is {log}", file=sys.stderr)
    return outcome.end.exit_status


if __name__ == "__main__":
    options.exit_with(main)
