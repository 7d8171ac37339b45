# trace_json.py: writes a trace as Chrome's trace events, which Perfetto (ui.perfetto.dev) opens.
# SPDX-License-Identifier: MIT
"""The format: "Trace Event Format" (Google). A process is the machine, with a track for each CPU
and one for its handlers; then each kernel thread, with a track for its state, one for what it waits
for, and as many as it takes for what it holds: slices of one track may only nest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trace_model import Arrow, Owner, Span, Story
from trace_read import Event, Kind

MACHINE = 1
FIRST_THREAD = 1000  # process number of the kernel thread 0
STATE, WAITS, HOLDS = 1, 2, 3
HANDLERS = 1000  # added to the number of a CPU

Json = dict[str, Any]


def process(owner: Owner) -> int:
    return MACHINE if owner[1] is not None else FIRST_THREAD + owner[0]


def microseconds(ns: int) -> float:
    """Perfetto multiplies by 1000 and cuts off what is behind the point: of a hundred times one
    would be a nanosecond early, and a slice that begins then overlaps the one that ends there, and
    is dropped. A tenth of a nanosecond more makes up for that."""
    time = ns / 1000
    return time if int(time * 1000.0) == ns else time + 0.0001


def told(process_id: int, tid: int, what: str, name: str, order: int) -> list[Json]:
    """The name of a process or of a track, and its place among others."""
    at: Json = {"ph": "M", "pid": process_id, "tid": tid}
    return [
        {**at, "name": f"{what}_name", "args": {"name": name}},
        {**at, "name": f"{what}_sort_index", "args": {"sort_index": order}},
    ]


def slice_of(span: Span, process_id: int, tid: int, name: str, category: str) -> Json:
    return {
        "ph": "X",
        "pid": process_id,
        "tid": tid,
        "ts": microseconds(span.start),
        "dur": microseconds(span.ns),
        "name": name,
        "cat": category,
        "args": {"cpu": span.cpu, **span.details},
    }


class Lanes:
    """Tracks for spans that may overlap: each span goes to the first that is free."""

    def __init__(self) -> None:
        self.ends: dict[int, list[int]] = {}

    def place(self, process_id: int, span: Span) -> int:
        ends = self.ends.setdefault(process_id, [])
        for lane, end in enumerate(ends):
            if end <= span.start:
                ends[lane] = span.end
                return lane
        ends.append(span.end)
        return len(ends) - 1


class Writer:
    def __init__(self, story: Story) -> None:
        self.story = story
        self.out: list[Json] = []
        self.tracks: set[tuple[int, int]] = set()

    def add_track(self, process_id: int, tid: int, name: str) -> None:
        if (process_id, tid) not in self.tracks:
            self.tracks.add((process_id, tid))
            self.out += told(process_id, tid, "thread", name, tid)

    def names(self) -> None:
        self.out += told(MACHINE, 0, "process", "CPUs", 0)
        for cpu in self.story.trace.cpus:
            self.add_track(MACHINE, cpu, f"cpu{cpu}")
            self.add_track(MACHINE, HANDLERS + cpu, f"cpu{cpu} handlers")
        for pid in sorted({span.owner[0] for span in self.story.states}):
            name = f"{self.story.name(pid)} ({pid})"
            self.out += told(FIRST_THREAD + pid, 0, "process", name, pid)
            self.add_track(FIRST_THREAD + pid, STATE, "state")

    def states(self) -> None:
        for span in self.story.states:
            pid = span.owner[0]
            self.out.append(slice_of(span, FIRST_THREAD + pid, STATE, span.name, "state"))
            if span.name in ("running", "spinning"):
                name = f"{self.story.name(pid)} ({pid})"
                self.out.append(slice_of(span, MACHINE, span.cpu, name, "cpu"))

    def handlers(self) -> None:
        for span in self.story.handlers:
            self.out.append(slice_of(span, MACHINE, HANDLERS + span.cpu, span.name, "handler"))

    def locks(self, spans: list[Span], verb: str, first: int) -> None:
        lanes = Lanes()
        for span in sorted(spans, key=lambda s: s.start):
            pid = process(span.owner)
            lane = lanes.place(pid, span)
            tid = first + 2 * lane + (2000 * (span.cpu + 1) if pid == MACHINE else 0)
            self.add_track(pid, tid, verb)
            self.out.append(slice_of(span, pid, tid, f"{verb} {span.name}", "lock"))

    def arrows(self) -> None:
        for number, arrow in enumerate(self.story.arrows, 1):
            self.out += self.arrow(number, arrow)

    def arrow(self, number: int, arrow: Arrow) -> list[Json]:
        if arrow.waker[1] is not None:
            start = {"pid": MACHINE, "tid": HANDLERS + arrow.waker[1]}
        elif arrow.waker[0]:
            start = {"pid": FIRST_THREAD + arrow.waker[0], "tid": STATE}
        else:
            return []
        end = {"pid": FIRST_THREAD + arrow.woken, "tid": STATE}
        same = {
            "name": f"releases {arrow.lock}" if arrow.lock else "wakes",
            "cat": "release" if arrow.lock else "wake-up",
            "id": number,
        }
        return [
            {"ph": "s", "ts": microseconds(arrow.sent), **start, **same},
            {"ph": "f", "bp": "e", "ts": microseconds(arrow.got), **end, **same},
        ]

    def instant(self, event: Event, name: str, category: str) -> None:
        on_thread = event.in_thread and event.pid
        where = (
            {"pid": FIRST_THREAD + event.pid, "tid": STATE}
            if on_thread
            else {"pid": MACHINE, "tid": HANDLERS + event.cpu}
        )
        at = {"ph": "i", "s": "t", "ts": microseconds(event.ns)}
        self.out.append({**at, **where, "name": name, "cat": category, "args": {"at": event.where}})

    def instants(self) -> None:
        for event in self.story.trace.events:
            if event.kind is Kind.MARK:
                self.instant(event, event.text, "mark")
            elif event.kind is Kind.IPI:
                self.instant(event, f"IPI to cpu{event.value}", "ipi")
            elif event.kind is Kind.HANDOFF:
                taker = self.story.name(event.arg)
                self.instant(event, f"hands {event.name} to {taker} ({event.arg})", "handoff")
            elif event.kind is Kind.MIGRATE:
                mover = f"{self.story.name(event.arg)} ({event.arg})"
                self.instant(event, f"moves {mover} to cpu{event.value}", "migration")

    def write(self, path: Path) -> None:
        self.names()
        self.states()
        self.handlers()
        self.locks(self.story.waits, "waits for", WAITS)
        self.locks(self.story.holds, "holds", HOLDS)
        self.arrows()
        self.instants()
        whole = {"traceEvents": self.out}
        path.write_text(json.dumps(whole, separators=(",", ":")) + "\n")


def write(story: Story, path: Path) -> None:
    Writer(story).write(path)
