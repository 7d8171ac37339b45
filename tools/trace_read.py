# trace_read.py: reads what the kernel's trace sent over its second serial line.
# SPDX-License-Identifier: MIT
"""The layout is that of kernel/debug/trace_dump.c and kernel/base/trace.h. Addresses become names
here: of strings, which are constants of the kernel, and of code."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property, lru_cache
from pathlib import Path

from elf import Elf
from symbolize import Symbolizer

BEGIN, END = b"ILTRACE1", b"ILTRACE."
RECORD = struct.Struct("<QQIIiHBB")
TEXT_SIZE = 30
IN_SOFTIRQ, IN_HARDIRQ, IN_NMI = 1, 2, 4
TRY, PREEMPTED, DEAD = 0x100, 0x8000, 0x80
PLACES = frozenset(("ACQUIRE", "CONTENDED", "ACQUIRED", "RELEASE", "MARK", "IRQ_ENTER"))


class Kind(IntEnum):
    """enum trace_kind; test_kinds() in trace_test.py compares the two."""

    NONE = 0
    SWITCH = 1
    WAKE = 2
    MIGRATE = 3
    IRQ_ENTER = 4
    IRQ_EXIT = 5
    IPI = 6
    ACQUIRE = 7
    CONTENDED = 8
    SPIN = 9
    SPUN = 10
    SLEEP = 11
    ACQUIRED = 12
    RELEASE = 13
    HANDOFF = 14
    MARK = 15
    TEXT = 16


@dataclass(frozen=True)
class Event:
    ns: int
    cpu: int
    kind: Kind
    pid: int  # the thread that ran
    object: int
    name: str  # of the object
    arg: int
    value: int
    flags: int
    text: str = ""  # of a mark
    where: str = ""  # the code, where arg is its address

    @property
    def in_thread(self) -> bool:
        return not self.flags & (IN_SOFTIRQ | IN_HARDIRQ | IN_NMI)


@dataclass
class Trace:
    events: list[Event] = field(default_factory=list)  # by time
    threads: dict[int, str] = field(default_factory=dict)
    cpus: list[int] = field(default_factory=list)
    lost: int = 0  # records that were written over
    since: int = 0  # ns: from here on there is everything, of every CPU


class TraceError(Exception):
    """There is no trace, or not all of it."""


@lru_cache(1)
def symbols_of(kernel: Path) -> Symbolizer:
    """Two seconds' work, which is the same for every trace of a kernel."""
    return Symbolizer(kernel)


class Reader:
    def __init__(self, data: bytes, kernel: Path) -> None:
        self.data, self.at = data, 0
        self.elf = Elf(kernel)
        self.strings: dict[int, str] = {0: ""}
        self.places: dict[int, str] = {0: ""}

    @cached_property
    def symbols(self) -> Symbolizer:
        return symbols_of(self.elf.path)

    def take(self, layout: str | struct.Struct) -> tuple[int, ...]:
        form = struct.Struct(layout) if isinstance(layout, str) else layout
        try:
            values = form.unpack_from(self.data, self.at)
        except struct.error:
            raise TraceError(f"cut off after {len(self.data)} bytes") from None
        self.at += form.size
        return values

    def literal(self, expected: bytes) -> None:
        if self.data[self.at : self.at + len(expected)] != expected:
            what = "is empty" if not self.data else f"does not say {expected!r} at {self.at}"
            raise TraceError(f"the second serial line {what}")
        self.at += len(expected)

    def string(self, address: int) -> str:
        """A constant of the kernel's."""
        if address not in self.strings:
            self.strings[address] = f"{address:#x}"
            for section in self.elf.sections:
                at = address - section.address
                if section.address and section.kind != 8 and 0 <= at < section.size:
                    start = section.offset + at
                    end = self.elf.data.index(b"\0", start)
                    self.strings[address] = self.elf.data[start:end].decode("ascii", "replace")
        return self.strings[address]

    def place(self, address: int) -> str:
        if address not in self.places:
            self.places[address] = self.symbols.format(address)
        return self.places[address]

    def event(self, cpu: int, raw: tuple[int, ...], text: str) -> Event:
        ns, thing, name, arg, pid, value, flags, number = raw
        kind = Kind(number)
        where = self.place(arg) if kind.name in PLACES else ""
        return Event(ns, cpu, kind, pid, thing, self.string(name), arg, value, flags, text, where)

    def ring(self, trace: Trace) -> list[Event]:
        cpu, count, written = self.take("<IIQ")
        start = self.at
        raws = [self.take(RECORD) for _ in range(count)]
        trace.cpus.append(cpu)
        trace.lost += written - count
        events = []
        for i, raw in enumerate(raws):
            kind = raw[-1]
            if kind == Kind.MARK:
                first = start + (i + 1) * RECORD.size
                lines = [first + n * RECORD.size for n in range(min(raw[5], count - 1 - i))]
                text = b"".join(self.data[at : at + TEXT_SIZE] for at in lines)
                events.append(self.event(cpu, raw, text.rstrip(b"\0").decode("utf-8", "replace")))
            elif kind not in (Kind.NONE, Kind.TEXT):  # none: a panic came while it was written
                events.append(self.event(cpu, raw, ""))
        if written > count and events:
            trace.since = max(trace.since, events[0].ns)
        return events

    def read(self) -> Trace:
        trace = Trace()
        self.literal(BEGIN)
        for _ in range(self.take("<I")[0]):
            (pid,) = self.take("<i")
            name = self.data[self.at : self.at + 16].split(b"\0")[0]
            trace.threads[pid] = name.decode("utf-8", "replace")
            self.at += 16
        rings = [self.ring(trace) for _ in range(self.take("<I")[0])]
        self.literal(END)
        # Each ring is in order, and two records of one time stay in their ring's.
        trace.events = sorted((e for ring in rings for e in ring), key=lambda e: e.ns)
        return trace


def read(path: Path, kernel: Path) -> Trace:
    """Raises TraceError where there is no whole trace."""
    return Reader(path.read_bytes() if path.exists() else b"", kernel).read()
