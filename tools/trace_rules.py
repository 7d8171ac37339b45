# trace_rules.py: what Perfetto's importer of JSON does with a trace, and what it counts as errors.
# SPDX-License-Identifier: MIT
"""Its rules, as its sources have them (src/trace_processor/importers: json, and slice_tracker.cc,
flow_tracker.cc in common): times become whole nanoseconds by a multiplication that is cut off;
events are sorted by them, equal ones as they stand in the file; slices of a track must nest, and
one that does not is dropped; an arrow begins and ends in the slice that is open on its track. The
names of the errors are those of its table `stats`."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
Track = tuple[int, int]
Slice = tuple[int, int, str]  # from, length, name
PHASES = "MXisf"


def nanoseconds(time: float) -> int:
    return int(time * 1000.0) if isinstance(time, float) else time * 1000


class Importer:
    def __init__(self) -> None:
        self.errors: list[str] = []
        self.stacks: dict[Track, list[Slice]] = {}
        self.starts: dict[tuple[int, str, str], Slice] = {}
        self.arrows: list[tuple[Slice, Slice]] = []
        self.slices = 0

    def fails(self, what: str, event: Json) -> None:
        self.errors.append(f"{what}: {event}")

    def add_slice(self, event: Json, at: int, length: int) -> None:
        """Those that have ended are closed first; moments stand on one another."""
        stack = self.stacks.setdefault((event["pid"], event["tid"]), [])
        while stack:
            start, other, _ = stack[-1]
            end = start + other
            if end < at or (end == at and (other or length)):
                stack.pop()
                continue
            if at < end < at + length:
                self.fails("slice_drop_overlapping_complete_event", event)
                return
            break
        stack.append((at, length, event["name"]))
        self.slices += 1

    def add_end(self, event: Json) -> None:
        """An end of an arrow."""
        stack = self.stacks.get((event["pid"], event["tid"]))
        number = (event["id"], event["cat"], event["name"])
        if not stack:
            self.fails("flow_no_enclosing_slice", event)
        elif event["ph"] == "s":
            if number in self.starts:
                self.fails("flow_duplicate_id", event)
            self.starts[number] = stack[-1]
        elif number not in self.starts:
            self.fails("flow_end_without_start", event)
        elif event.get("bp") != "e":
            self.fails("an arrow that ends in the next slice, whichever that is", event)
        else:
            self.arrows.append((self.starts[number], stack[-1]))

    def add(self, at: int, event: Json) -> None:
        if event["ph"] == "X":
            length = nanoseconds(event["dur"])
            if length < 0:
                self.fails("slice_negative_duration", event)
            self.add_slice(event, at, length)
        elif event["ph"] == "i":
            self.add_slice(event, at, 0)
        else:
            self.add_end(event)


def load(whole: Json) -> Importer:
    """All that is in a file, and the errors."""
    importer = Importer()
    timed: list[tuple[int, Json]] = []
    for event in whole["traceEvents"]:
        if event.get("ph", "?") not in PHASES or not {"pid", "tid", "name"} <= event.keys():
            importer.fails("json_parser_failure", event)
        elif event["ph"] != "M" and "ts" not in event:
            importer.fails("json_tokenizer_failure", event)
        elif event["ph"] != "M":
            timed.append((nanoseconds(event["ts"]), event))
    if timed and min(at for at, _ in timed) < 0:
        importer.errors.append("trace_sorter_negative_timestamp_dropped")
    for at, event in sorted(timed, key=lambda pair: pair[0]):
        importer.add(at, event)
    if "displayTimeUnit" in whole:
        importer.errors.append("json_display_time_unit: older versions take it for the unit of ts")
    return importer
