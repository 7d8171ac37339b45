#!/usr/bin/python3
# trace_test.py: what `make trace` writes: a trace made here, and one of a demo; results in TAP.
# SPDX-License-Identifier: MIT
"""usage: trace_test.py NAME=value...     variables for make: CC, PROFILE, BUILD, UP, ..."""

from __future__ import annotations

import json
import re
import struct
import tempfile
from pathlib import Path
from typing import Any

import options
import tap
import trace_json
import trace_model
import trace_read
import trace_rules
from tap import check, check_equal, variables
from trace_read import Kind
from trace_rules import nanoseconds

PATIENCE = 500
RECORD = trace_read.RECORD
LOCK, OTHER = 0x1000, 0x2000


def kernel() -> Path:
    given = variables()
    variant = f"{given['CC']}-{given['PROFILE']}"
    variant += "-up" if given.get("UP") == "1" else ""
    variant += "-reader" if given.get("RWLOCK") == "reader" else ""
    return Path(given["BUILD"]) / variant / "interlock.elf"


def record(
    ns: int, kind: Kind, pid: int, thing: int = 0, arg: int = 0, value: int = 0, flags: int = 0
) -> bytes:
    return RECORD.pack(ns, thing, 0, arg, pid, value, flags, kind)


def made_trace(rings: list[list[bytes]], lossy: int = 0) -> bytes:
    """An older record of the CPU @lossy was written over."""
    threads = [(10, b"first"), (11, b"second")]
    out = b"ILTRACE1" + struct.pack("<I", len(threads))
    out += b"".join(struct.pack("<i16s", pid, name) for pid, name in threads)
    out += struct.pack("<I", len(rings))
    for cpu, ring in enumerate(rings):
        out += struct.pack("<IIQ", cpu, len(ring), len(ring) + (cpu == lossy)) + b"".join(ring)
    return out + b"ILTRACE."


# Thread 10 has the lock; 11 waits for it, sleeps, and is woken when 10 gives it back. A handler.
STORY = [
    [
        record(100, Kind.ACQUIRED, 10, LOCK),
        record(500, Kind.RELEASE, 10, LOCK),
        record(510, Kind.HANDOFF, 10, LOCK, arg=11),
        record(520, Kind.WAKE, 10, arg=11, value=1),
        record(900, Kind.SWITCH, 10, arg=0, value=0x80),
    ],
    [
        record(150, Kind.ACQUIRE, 11, LOCK),
        record(160, Kind.CONTENDED, 11, LOCK),
        record(170, Kind.SPIN, 11, LOCK),
        record(200, Kind.SPUN, 11, LOCK),
        record(210, Kind.SLEEP, 11, LOCK),
        record(220, Kind.SWITCH, 11, LOCK, arg=0, value=2),
        record(530, Kind.IRQ_ENTER, 0, arg=0, value=0x40, flags=2),
        record(540, Kind.ACQUIRED, 0, OTHER, flags=2),
        record(545, Kind.RELEASE, 0, OTHER, flags=2),
        record(550, Kind.IRQ_EXIT, 0, value=0x40, flags=2),
        record(600, Kind.SWITCH, 0, arg=11, value=0),
        record(610, Kind.ACQUIRED, 11, LOCK),
        record(700, Kind.MARK, 11, value=2),
        b"a mark of more than thirty byt" + bytes([0, Kind.TEXT]),
        b"es".ljust(30, b"\0") + bytes([0, Kind.TEXT]),
        record(800, Kind.RELEASE, 11, LOCK),
    ],
]


def read_made(data: bytes) -> trace_read.Trace:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        return trace_read.read(Path(file.name), kernel())


def written(story: trace_model.Story) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "trace.json"
        trace_json.write(story, path)
        return check_json(json.loads(path.read_text()))


def check_json(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """What a reader relies on: complete events, arrows with two ends, and nothing that Perfetto
    would count as an error, or leave out."""
    events: list[dict[str, Any]] = whole["traceEvents"]
    ends: dict[int, list[str]] = {}
    for event in events:
        check(event["ph"] in "MXsfi", f"phase {event['ph']}")
        check({"pid", "tid", "name"} <= event.keys(), f"incomplete: {event}")
        if event["ph"] == "X":
            check(event["dur"] >= 0 and event["ts"] >= 0, f"time: {event}")
        if event["ph"] in "sf":
            ends.setdefault(event["id"], []).append(event["ph"])
    check(all(pair == ["s", "f"] for pair in ends.values()), "an arrow has one end")
    imported = trace_rules.load(whole)
    check_equal(imported.errors, [], "errors in Perfetto")
    check_equal(len(imported.arrows), len(ends), "arrows in Perfetto")
    check_equal(imported.slices, sum(e["ph"] in "Xi" for e in events), "slices in Perfetto")
    return events


def event(ph: str, ts: float, **more: object) -> dict[str, Any]:
    return {"ph": ph, "ts": ts, "pid": 1, "tid": 1, "name": "x", "cat": "c", "id": 1, **more}


def test_rules() -> None:
    """What must not be in a trace is found."""
    good = [event("X", 1.0, dur=5.0), event("X", 6.0, dur=1), event("i", 6.0), event("i", 6.0)]
    good += [event("s", 6.5), event("f", 6.6, bp="e")]
    wrong = {
        "overlapping": [event("X", 1.0, dur=5.0), event("X", 5.999, dur=1)],
        "overlapping_complete": [event("X", 0.5, dur=0.501), event("X", 1.001, dur=1.0)],
        "negative_duration": [event("X", 1.0, dur=-1.0)],
        "no_enclosing": [event("s", 1.0), event("X", 1.0, dur=1.0)],
        "duplicate_id": [event("X", 1.0, dur=1.0), event("s", 1.0), event("s", 1.5)],
        "without_start": [event("X", 1.0, dur=1.0), event("f", 1.5, bp="e")],
        "next slice": [event("X", 1.0, dur=1.0), event("s", 1.0), event("f", 1.5)],
        "parser_failure": [event("?", 1.0)],
        "tokenizer_failure": [{"ph": "i", "pid": 1, "tid": 1, "name": "x"}],
        "negative_timestamp": [event("i", -1.0)],
    }
    check_equal(trace_rules.load({"traceEvents": good}).errors, [], "errors")
    for what, events in wrong.items():
        errors = trace_rules.load({"traceEvents": events}).errors
        check(len(errors) == 1 and what in errors[0], f"{what}: {errors}")
    for ns in range(0, 10**10, 99_991):
        told = json.loads(json.dumps(trace_json.microseconds(ns)))
        check_equal(nanoseconds(told), ns, "a time that came through Perfetto")


def test_kinds() -> None:
    """The reader's list is the kernel's."""
    text = Path("kernel/base/trace.h").read_text()
    body = re.search(r"enum trace_kind \{(.*?)\};", text, re.S)
    check(body is not None, "no enum trace_kind")
    assert body
    names = re.findall(r"^\s*TRACE_(\w+),", body.group(1), re.M)
    check_equal(names, [kind.name for kind in Kind], "kinds")


def test_story() -> None:
    story = trace_model.tell(read_made(made_trace(STORY)))
    check_equal(story.trace.lost, 1, "lost")
    spans = [(s.owner[0], s.name, s.start, s.end) for s in story.states if s.owner[0] == 11]
    expected = [("running", 150, 170), ("spinning", 170, 200), ("running", 200, 220)]
    expected += [("sleeping", 220, 520), ("runnable", 520, 600), ("running", 600, 900)]
    check_equal(spans, [(11, *span) for span in expected], "states of 11")
    waits = [(s.owner, s.start, s.end, s.details["path"]) for s in story.waits]
    check_equal(waits, [((11, None), 160, 610, "slept")], "waits")
    holds = sorted((s.owner, s.start, s.end) for s in story.holds if s.owner[1] is None)
    check_equal(holds, [((10, None), 100, 500), ((11, None), 610, 800)], "holds")
    check_equal([s.owner for s in story.holds if s.owner[1] is not None], [(0, 1)], "the handler's")
    check_equal([(a.sent, a.got, a.woken) for a in story.arrows], [(520, 600, 11)], "arrows")
    check_equal(sum(story.handoffs.values()), 1, "handoffs")
    marks = [e.text for e in story.trace.events if e.kind is Kind.MARK]
    check_equal(marks, ["a mark of more than thirty bytes"], "marks")
    written(story)


def test_lost() -> None:
    """What one CPU still tells of a time that another's records have forgotten, is half a story."""
    older = [record(20, Kind.CONTENDED, 10, OTHER), *STORY[0]]
    story = trace_model.tell(read_made(made_trace([older, STORY[1]], lossy=1)))
    check_equal(story.trace.since, 150, "all is there since")
    check_equal([s.start for s in story.waits], [160], "waits")
    check_equal([s.start for s in story.holds if s.owner[0] == 10], [], "holds of 10")


def test_broken() -> None:
    whole = made_trace(STORY)
    for data, what in ((b"", "is empty"), (whole[:-8], "does not say"), (whole[:200], "cut off")):
        try:
            read_made(data)
            check(False, f"{len(data)} bytes were read")
        except trace_read.TraceError as error:
            check(what in str(error), f"{len(data)} bytes: {error}")


def test_demo() -> None:
    """A mutex: no two holds overlap, waiters sleep, arrows lead to them."""
    given = variables()
    smp = "1" if given.get("UP") == "1" else "2"
    status, said = tap.make("trace", "RUN=mutex_demo", f"SMP={smp}", patience=PATIENCE)
    check_equal(status, 0, said[-4000:])
    events = check_json(json.loads((Path(given["BUILD"]) / "trace.json").read_text()))
    lock = [e for e in events if e["ph"] == "X" and e["name"] == "holds &lock"]
    lock.sort(key=lambda e: e["ts"])
    check_equal(len(lock), 6, "holds of the mutex")
    for one, two in zip(lock, lock[1:]):
        start, length, after = (nanoseconds(t) for t in (one["ts"], one["dur"], two["ts"]))
        check(start + length <= after, "two hold the mutex at once")
    slept = [e for e in events if e["name"] == "waits for &lock" and e["args"]["path"] == "slept"]
    check(len(slept) >= 1, "nobody slept for the mutex")
    arrows = [e for e in events if e["ph"] == "s" and e["name"] == "releases &lock"]
    check(len(arrows) >= 1, "no arrow from a release to whom it woke")
    for word in ("mutex_demo/T1", "running ms", "longest waits", "handoffs"):
        check(word in said, f"the summary does not say {word}")


def main() -> int:
    tests = [test_kinds, test_rules, test_story, test_lost, test_broken]
    if variables()["PROFILE"] != "fast":  # which has no trace
        tests.append(test_demo)
    return tap.run(tap.named(*tests))


if __name__ == "__main__":
    options.exit_with(main)
