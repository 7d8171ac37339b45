# explored.py: what the explorer's kernel prints, read, and the code that it speaks of.
# SPDX-License-Identifier: MIT
"""Lines are those of kernel/explore/explore.c and report.c."""

from __future__ import annotations

import bisect
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from capstone import CS_ARCH_X86, CS_MODE_64, CS_OPT_SYNTAX_ATT, Cs

from elf import Elf

READ, WRITE, LOCKED = 1, 2, 4
STT_FILE = 4

EXPLORED = re.compile(r"explored (\w+)((?: \w+=\w+)+) (as it must|UNEXPECTED): (.*)")
STEP = re.compile(
    r"step (\d+) thread=(\d) rip=0x([0-9a-f]+) address=0x([0-9a-f]+) size=(\d+) how=(\d) half=(\d)"
    r" value=([0-9a-f]+)>([0-9a-f]+) model=(\S+) at (\S+)(?: \(([^)]*)\))?(.*)"
)
WAITS = re.compile(r"waits thread=(\d) kind=(.+) for=0x([0-9a-f]+) whose=(-?\d+) read=(\d)")
GOES_ON = re.compile(r"goes on thread=(\d) datum=0x([0-9a-f]+) at (\S+)(?: \(([^)]*)\))?")
REPLAYED = re.compile(r"replayed (\w+) threads=(\d+): (.*)")


@dataclass
class Step:
    thread: int
    rip: int
    address: int
    size: int
    how: int
    half: int
    before: int  # the datum, in memory
    after: int
    model: str
    place: str
    changes: list[str]

    @property
    def reads(self) -> bool:
        return bool(self.how & READ) and self.half != 2

    @property
    def stores(self) -> bool:
        """The thread stores; others may see it later."""
        return bool(self.how & WRITE) and self.half != 1 and self.model == "-"

    @property
    def flushes(self) -> bool:
        return self.model == "flush"

    @property
    def locked(self) -> bool:
        return bool(self.how & LOCKED)


@dataclass
class Found:
    name: str
    model: str
    figures: dict[str, int]
    expected: bool
    verdict: str
    failed: str = ""
    guard: str = ""
    token: str = ""
    watched: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    waits: list[tuple[int, str, int, int, bool]] = field(default_factory=list)
    goes_on: list[tuple[int, str, int]] = field(default_factory=list)

    @property
    def wrong(self) -> bool:
        right = ("nothing wrong", "found nothing", "not explained")
        return not any(text in self.verdict for text in right)

    @property
    def exhausted(self) -> bool:
        return self.verdict == "nothing wrong is reachable"


def place_of(at: str, line: str | None) -> str:
    """function:line, of `function+0x12` and `file.c:12`."""
    return f"{at.split('+')[0]}:{(line or '').split(':')[-1]}"


def step_of(match: re.Match[str]) -> Step:
    _, thread, rip, address, size, how, half, *rest = match.groups()
    before, after, model, at, line, changes = rest
    return Step(
        *(int(thread), int(rip, 16), int(address, 16), int(size), int(how), int(half)),
        *(int(before, 16), int(after, 16), model, place_of(at, line), changes.split()),
    )


def read(lines: list[str]) -> list[Found]:
    found: list[Found] = []
    counted: dict[str, str] = {}
    for line in lines:
        if match := EXPLORED.fullmatch(line):
            words = counted | dict(re.findall(r"(\w+)=(\w+)", match.group(2)))
            figures = {key: int(value) for key, value in words.items() if value.isdecimal()}
            name, _, outcome, verdict = match.groups()
            model = words.get("model", "sc")
            found.append(Found(name, model, figures, outcome == "as it must", verdict))
        elif line.startswith("counted "):
            counted = dict(re.findall(r"(\w+)=(\w+)", line))
        elif not found:
            continue
        elif line.startswith("failed "):
            # Of what is wrong at the end, no thread is to blame.
            found[-1].failed = re.sub(r"^failed (thread=\d at 0x0: )?", "", line)
        elif line.startswith("guard "):
            found[-1].guard = line.removeprefix("guard ")
        elif line.startswith("watched "):
            found[-1].watched.append(line.split(" ", 2)[2])
        elif line.startswith("replay "):
            # In parts; nothing, if it is wrong from the beginning.
            found[-1].token += line.split(" ", 1)[1].partition(" ")[2]
        elif match := STEP.fullmatch(line):
            found[-1].steps.append(step_of(match))
        elif match := GOES_ON.fullmatch(line):
            thread, datum, at, place = match.groups()
            found[-1].goes_on.append((int(thread), place_of(at, place), int(datum, 16)))
        elif match := WAITS.fullmatch(line):
            thread, kind, lock, holder, read = match.groups()
            waits = (int(thread), kind, int(lock, 16), int(holder), read == "1")
            found[-1].waits.append(waits)
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
    """The instructions and the data, as a report shows them."""

    def __init__(self, path: Path) -> None:
        self.elf = Elf(path)
        self.text = next(section for section in self.elf.sections if section.name == ".text")
        self.decoder = Cs(CS_ARCH_X86, CS_MODE_64)
        self.decoder.syntax = CS_OPT_SYNTAX_ATT
        self.variables = self.elf.variables()
        self.starts = [symbol.address for symbol in self.variables]
        self.lines: dict[int, tuple[str, str]] = {}  # function and file:line, by address

    def at(self, address: int) -> str:
        start = self.text.offset + address - self.text.address
        for insn in self.decoder.disasm(self.elf.data[start : start + 16], address):
            return self._named(f"{insn.mnemonic} {insn.op_str}".strip(), address + insn.size)
        return "?"

    def _named(self, text: str, after: int) -> str:
        """With the name of a datum in place of its distance from the instruction."""

        def name(match: re.Match[str]) -> str:
            return self.datum(after + int(match.group(1), 16))

        return re.sub(r"(-?0x[0-9a-f]+)\(%rip\)", name, text)

    def find_lines(self, steps: list[Step]) -> None:
        """The kernel knows the lines of functions that are called; here are inline ones, too."""
        rips = sorted({step.rip for step in steps if step.rip and step.model == "-"})
        if not rips:
            return
        command = ["addr2line", "-f", "-e", str(self.elf.path), *(f"{rip:#x}" for rip in rips)]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        lines = said.splitlines()
        for rip, function, line in zip(rips, lines[::2], lines[1::2]):
            self.lines[rip] = (function, line.split(" ")[0])
        for step in steps:
            if step.rip in self.lines:
                step.place = place_of(*self.lines[step.rip])

    def source(self, rip: int) -> str:
        """The line of the source, if it is known and there."""
        _, line = self.lines.get(rip, ("", ""))
        path, _, number = line.rpartition(":")
        try:
            return Path(path).read_text(encoding="utf-8").splitlines()[int(number) - 1].strip()
        except (OSError, ValueError, IndexError):
            return ""

    def datum(self, address: int) -> str:
        """Its name, and how far behind its beginning it is."""
        number = bisect.bisect_right(self.starts, address) - 1
        if number >= 0:
            symbol = self.variables[number]
            distance = address - symbol.address
            if distance < symbol.size:
                return symbol.name + (f"+{distance}" if distance else "")
        return f"{address:#x}"

    def of_file(self, name: str) -> list[tuple[str, int, int]]:
        """Name, address and size of the variables of a source file."""
        found: list[tuple[str, int, int]] = []
        file = ""
        own = {symbol.address for symbol in self.variables}
        for symbol in self.elf.symbols:
            if symbol.kind == STT_FILE:
                file = symbol.name
            elif file == name and symbol.address in own and symbol.size:
                found.append((symbol.name, symbol.address, symbol.size))
        return found


def described(step: Step, code: Code) -> str:
    """What the step is, for a column."""
    datum = code.datum(step.address) if step.size else ""
    if step.flushes:
        return f"its store to {datum} becomes visible"
    what = f"{step.model}()" if step.model != "-" else code.at(step.rip)
    if datum not in what:
        what += f" [{datum}]"
    half = {0: "", 1: " (reads)", 2: " (writes)"}[step.half]
    return f"{step.place} {what}{half}"
