# hang.py: says what each CPU of a stopped or hung machine was doing, from QEMU's monitor.
# SPDX-License-Identifier: MIT
"""Registers come from `info registers -a`, callers from the chain of frame pointers in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from qmp import Monitor, MonitorError
from symbolize import Symbolizer

MAX_FRAMES = 24
WORD = re.compile(r"0x([0-9a-f]{16})")


@dataclass(frozen=True)
class Cpu:
    number: int
    ip: int
    bp: int
    flags: int
    halted: bool
    long_mode: bool


def parse_registers(text: str) -> list[Cpu]:
    """Each CPU's part begins with `CPU#n`; one that is not in long mode shows EIP, not RIP."""
    cpus = []
    for part in re.split(r"^CPU#", text, flags=re.MULTILINE)[1:]:
        number = int(part.split(maxsplit=1)[0])
        fields = dict(re.findall(r"\b([A-Z0-9]{2,3}) ?=([0-9a-f]+)", part))
        long_mode = "RIP" in fields
        ip, bp, flags = ("RIP", "RBP", "RFL") if long_mode else ("EIP", "EBP", "EFL")
        cpus.append(
            Cpu(
                number,
                int(fields.get(ip, "0"), 16),
                int(fields.get(bp, "0"), 16),
                int(fields.get(flags, "0"), 16),
                fields.get("HLT") == "1",
                long_mode,
            )
        )
    return cpus


def callers(monitor: Monitor, cpu: Cpu) -> list[int]:
    """The return addresses on the CPU's stack, innermost first, as far as the chain makes sense."""
    found: list[int] = []
    frame = cpu.bp
    while len(found) < MAX_FRAMES and frame and frame % 8 == 0:
        words = WORD.findall(monitor.human(f"x /2gx {frame:#x}", cpu.number))
        if len(words) != 2:
            break
        above, address = int(words[0], 16), int(words[1], 16)
        if address == 0:
            break
        found.append(address)
        if above <= frame:
            break
        frame = above
    return found


def describe(monitor: Monitor, cpu: Cpu, symbols: Symbolizer) -> tuple[str, list[str]]:
    """What the CPU does, in a few words, and where."""
    if not cpu.long_mode:
        what = "not started" if cpu.halted else f"not in long mode, at {cpu.ip:#x}"
        return what, []
    doing = "halted" if cpu.halted else "running"
    interrupts = "on" if cpu.flags & 0x200 else "off"
    frames = [symbols.format(cpu.ip)]
    frames += [symbols.format(address, is_return=True) for address in callers(monitor, cpu)]
    return f"{doing}, interrupts {interrupts}", frames


def ranges(numbers: list[int]) -> str:
    """[0, 2, 3, 4] -> `0,2-4`"""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ",".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts)


def describe_cpus(monitor: Monitor, elf: Path) -> list[str]:
    """The machine stands still meanwhile. CPUs that stand at the same place share a paragraph."""
    monitor.human("stop")
    symbols = Symbolizer(elf)
    places: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for cpu in parse_registers(monitor.human("info registers -a")):
        try:
            what, frames = describe(monitor, cpu, symbols)
        except MonitorError as error:
            what, frames = f"not readable ({error})", []
        places.setdefault((what, tuple(frames)), []).append(cpu.number)
    lines = []
    for (what, frames), cpus in sorted(places.items(), key=lambda place: place[1]):
        lines.append(f"cpu{ranges(cpus)}: {what}")
        lines += [f"    {frame}" for frame in frames]
    return lines
