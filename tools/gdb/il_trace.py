# il_trace.py: the command that prints the trace's last records, as they are in the CPUs' rings.
# SPDX-License-Identifier: MIT
"""The layouts are those of kernel/base/trace.h; make trace reads the same ones off the wire."""

from __future__ import annotations

from dataclasses import dataclass

import gdb
from il_command import add
from il_kernel import Cpu, cpus
from il_memory import Bad, array_text, moment, need, symbol, text
from il_symbols import code  # which lets us import what make trace reads with
from trace_read import (
    DEAD, IN_HARDIRQ, IN_NMI, IN_SOFTIRQ, PREEMPTED, RECORD, TEXT_SIZE, TRY, Kind,
)

RECORDS = 16384  # of a ring: TRACE_RECORDS
MARK_MOST = 5  # records of one mark: its text is in those that follow
SHOWN = 20
CONTEXTS = ((IN_NMI, "NMI"), (IN_HARDIRQ, "interrupt"), (IN_SOFTIRQ, "softirq"))


@dataclass
class Record:
    cpu: int
    ns: int
    object: int
    name: int
    arg: int
    pid: int
    value: int
    flags: int
    kind: Kind
    says: str = ""  # of a mark


def newest(cpu: Cpu, n: int) -> list[bytes]:
    """Up to @n slots of a CPU's ring, oldest first."""
    ring = cpu.variable("trace_ring")
    start, head = int(ring["records"]), int(ring["head"])
    if not start:
        return []
    n = min(n, head, RECORDS)
    first = (head - n) % RECORDS
    parts = [(first, min(n, RECORDS - first)), (0, max(0, first + n - RECORDS))]
    memory = gdb.selected_inferior()
    data = b"".join(bytes(memory.read_memory(start + at * RECORD.size, count * RECORD.size))
                    for at, count in parts if count)
    return [data[i : i + RECORD.size] for i in range(0, len(data), RECORD.size)]


def records_of(cpu: Cpu, n: int) -> list[Record]:
    """The last @n or more; none that is being written."""
    slots, found = newest(cpu, n * MARK_MOST), []
    for i, slot in enumerate(slots):
        ns, thing, name, arg, pid, value, flags, kind = RECORD.unpack(slot)
        if kind in (Kind.NONE, Kind.TEXT) or kind >= len(Kind):
            continue
        record = Record(cpu.id, ns, thing, name, arg, pid, value, flags, Kind(kind))
        if record.kind is Kind.MARK:
            parts = [slot[:TEXT_SIZE] for slot in slots[i + 1 : i + 1 + value]]
            record.says = b"".join(parts).rstrip(b"\0").decode("utf-8", "replace")
        found.append(record)
    return found


def thread(pid: int, cpu: int) -> str:
    if not pid:
        return f"swapper/{cpu}"
    kept = need("trace_threads")
    entry = kept[pid % (kept.type.range()[1] + 1)]
    name = f' "{array_text(entry["name"])}"' if int(entry["pid"]) == pid else ""
    return f"thread {pid}{name}"


def switched(record: Record) -> str:
    following = f"switches to {thread(record.arg, record.cpu)}"
    state = record.value & ~PREEMPTED
    if not record.pid:
        return following
    if record.value & PREEMPTED or not state:
        return f"{following}, and is runnable"
    if state & DEAD:
        return f"{following}, and is dead"
    return f"{following}, and sleeps" + (f" for {lock(record)}" if record.object else "")


def lock(record: Record) -> str:
    name = f'"{text(record.name)}" ' if record.name else ""
    return f"{name}({record.object:#x})"


def deed(record: Record) -> str:
    """What a record tells, and where."""
    at = f", at {code(record.arg)}"
    other, on = thread(record.arg, record.cpu), f"cpu{record.value}"
    vector = f"vector {record.value:#x}" + (f" ({text(record.name)})" if record.name else "")
    verbs = {
        Kind.ACQUIRE: "tries" if record.value & TRY else "wants",
        Kind.CONTENDED: "waits for",
        Kind.ACQUIRED: "has",
        Kind.RELEASE: "gives back",
    }
    if record.kind in verbs:
        return f"{verbs[record.kind]} {lock(record)}{at}"
    others = {
        Kind.SWITCH: lambda: switched(record),
        Kind.WAKE: lambda: f"wakes {other}, which was on {on}",
        Kind.MIGRATE: lambda: f"moves {other} to {on}",
        Kind.IRQ_ENTER: lambda: f"is interrupted by {vector}{at}",
        Kind.IRQ_EXIT: lambda: f"goes on after {vector}",
        Kind.IPI: lambda: f"sends an IPI to {on}",
        Kind.SPIN: lambda: f"spins for {lock(record)}",
        Kind.SPUN: lambda: f"spins no more for {lock(record)}",
        Kind.SLEEP: lambda: f"is in the wait list of {lock(record)}",
        Kind.HANDOFF: lambda: f"hands {lock(record)} to {other}",
        Kind.MARK: lambda: f"says: {record.says}{at}",
    }
    return others[record.kind]()


def run_trace(argument: str) -> None:
    """il trace [N]: the last N records (20) that the CPUs have noted down, oldest first: when, on
    which CPU, who, and what he did. Needs a trace that is on, or was: ARGS=trace=1 with make
    debug."""
    if argument and not (argument.isdecimal() and int(argument)):
        raise Bad(f"{argument} is no number of records: give one from 1")
    n = int(argument or SHOWN)
    if symbol("trace_on") is None:
        raise Bad("this kernel keeps no trace: the fast profile has none")
    found = [record for cpu in cpus() for record in records_of(cpu, n)]
    if not found:
        raise Bad("nothing is noted down: boot with ARGS=trace=1")
    for record in sorted(found, key=lambda r: r.ns)[-n:]:
        within = [name for bit, name in CONTEXTS if record.flags & bit][:1]
        who = f"{thread(record.pid, record.cpu)}{f', {within[0]}' if within else ''}"
        print(f"[{moment(record.ns):>12}] cpu{record.cpu}: {who}: {deed(record)}")


def register() -> None:
    add("trace", run_trace)
