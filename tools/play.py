#!/usr/bin/python3
# play.py: you are the scheduler: shows where the threads stand, and has them take your steps.
# SPDX-License-Identifier: MIT
"""A line is a choice. The terminal stays as it is: the lines are read here, and go to the kernel's
serial line (kernel/explore/play.c), as its lines come from there."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import child
import explored
import iso
import options
import qemu
from explore import add_options, setup_for
from explored import Code, Step, described, place_of
from explore_report import rows

HELP = """\
1, 2, ...    that thread takes the next step        u   undo        r   begin anew
f1, f2, ...  its oldest store becomes visible       h   a hint      q   quit
i1, i2, ...  its CPU takes an interrupt, if there is a handler"""
PLAY = re.compile(r"play (\w+) threads=(\d) model=(\w+): (.*)")
THREAD = re.compile(
    r"thread (\d) (\S+) rip=0x([0-9a-f]+) address=0x([0-9a-f]+) size=(\d+) how=(\d) half=(\d)"
    r" model=(\S+) at (\S+)(?: \(([^)]*)\))?"
)
GONE = "the kernel has ended"
STORE = re.compile(r"store (\d) address=0x([0-9a-f]+) size=(\d+) value=([0-9a-f]+)")
WIDTH = 50
REMARKS = ("wrong: ", "hint: ", "refused ", "all have ", "explore: ", "play: ", "command", GONE)


@dataclass
class State:
    """What the kernel says of one state."""

    data: list[str] = field(default_factory=list)
    threads: list[tuple[str, Step]] = field(default_factory=list)
    stores: dict[int, list[str]] = field(default_factory=dict)
    last: Step | None = None
    remarks: list[str] = field(default_factory=list)
    steps: int = 0


class Game:
    def __init__(self, code: Code, kernel: subprocess.Popen[bytes]) -> None:
        assert kernel.stdin and kernel.stdout
        self.code = code
        self.to_kernel: IO[bytes] = kernel.stdin
        self.from_kernel: IO[bytes] = kernel.stdout
        self.watched: list[str] = []
        self.stores: dict[int, list[str]] = {}  # delayed, by thread

    def lines(self) -> list[str]:
        """Up to the kernel's next question; at its end what there was."""
        found: list[str] = []
        while line := self.from_kernel.readline():
            found.append(qemu.ESCAPES.sub("", line.decode("utf-8", "replace")).strip())
            if found[-1].startswith("choose after "):
                return found
        return found + [GONE]

    def read(self, lines: list[str]) -> State:
        state = State()
        for line in lines:
            if match := PLAY.fullmatch(line):
                print(f"{match.group(1)}, {match.group(3)}: {match.group(4)}\n{HELP}")
            elif line.startswith("watched "):
                self.watched.append(line.split(" ", 2)[2])
            elif line.startswith("datum "):
                state.data.append(" = ".join(line.split(" ")[1:]))
            elif match := THREAD.fullmatch(line):
                _, status, rip, address, size, how, half, model, at, place = match.groups()
                numbers = (int(rip, 16), int(address, 16), int(size), int(how), int(half))
                step = Step(
                    *(len(state.threads), *numbers, 0, 0, model, place_of(at, place), []),
                )
                state.threads.append((status, step))
            elif match := STORE.fullmatch(line):
                datum, value = self.code.datum(int(match.group(2), 16)), match.group(4)
                state.stores.setdefault(int(match.group(1)), []).append(f"{datum} = {value}")
            elif match := explored.STEP.fullmatch(line):
                state.last = explored.step_of(match)
            elif line.startswith("choose after "):
                state.steps = int(line.split(" ")[2])
            elif line.startswith(REMARKS):
                state.remarks.append(line)
            elif line.startswith("replay ") and line.split(" ", 2)[2:]:
                part = line.split(" ", 2)[2]
                if state.remarks[-1:] and state.remarks[-1].startswith("replay: "):
                    state.remarks[-1] += part
                else:
                    state.remarks.append(f"replay: REPLAY={part}")
        return state

    def show(self, state: State) -> None:
        steps = [step for _, step in state.threads] + ([state.last] if state.last else [])
        self.code.find_lines(steps)
        print(f"\n---- after {state.steps} steps")
        if state.last:
            one = explored.Found("", "", {}, True, "", watched=self.watched, steps=[state.last])
            ((_, thread, text, change),) = rows(one, self.code)
            print(f"thread {thread + 1} did: {text}   {change}".rstrip())
        columns = [self.column(number, *each) for number, each in enumerate(state.threads)]
        left = max([len(text) for text in state.data] + [8])
        for at in range(max([len(state.data), *(len(column) for column in columns)], default=0)):
            datum = state.data[at] if at < len(state.data) else ""
            cells = [column[at] if at < len(column) else "" for column in columns]
            row = " ".join(f"| {cell[:WIDTH]:{WIDTH}}" for cell in cells)
            print(f"{datum:{left}} {row}".rstrip())
        for remark in state.remarks:
            print(remark)

    def column(self, number: int, status: str, step: Step) -> list[str]:
        """Where a thread stands."""
        column = [f"[{number + 1}] {status.replace('-', ' ')}"]
        if status != "ended":
            text = described(step, self.code)
            place, _, what = text.partition(" ")
            column += [f"{place}  {self.code.source(step.rip)}", what]
        if waiting := self.stores.get(number):
            column.append(f"[f{number + 1}] not visible yet: " + ", ".join(waiting))
        return column

    def play(self) -> int:
        """Until the kernel ends, or the lines do."""
        while True:
            state = self.read(self.lines())
            self.stores = state.stores
            self.show(state)
            if not state.threads and GONE in state.remarks:
                return 1
            print("> ", end="", flush=True)
            line = sys.stdin.readline()
            choice = line.strip()
            if not line or choice == "q":
                self.to_kernel.write(b"q\n")
                self.to_kernel.flush()
                return 0
            self.to_kernel.write(choice.encode("ascii", "replace")[:15] + b"\n")
            self.to_kernel.flush()


def run(setup: qemu.Setup, code: Code) -> int:
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        image = Path(scratch) / "interlock.iso"
        iso.make(setup.kernel, iso.boot_at_once(setup.words), image)
        kernel = subprocess.Popen(
            qemu.command_line(setup, image),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we end QEMU
            preexec_fn=child.die_with_parent,
        )
        try:
            return Game(code, kernel).play()
        finally:
            kernel.kill()
            kernel.wait()


def main() -> int:
    given = options.parser(__doc__ or "")
    add_options(given)
    chosen = given.parse_args()
    if "timeout=" not in chosen.args:
        chosen.args += " timeout=0"  # a player may think
    if not chosen.run and not chosen.explored:
        print("play: give SCENARIO=name (`make list` names them) or MODULE=foo.c", file=sys.stderr)
        return qemu.End.REFUSED.exit_status
    code = Code(chosen.elf)
    return run(setup_for(chosen, "play", code), code)


if __name__ == "__main__":
    options.exit_with(main)
