#!/usr/bin/python3
# trace.py: boots with the trace on, writes what happened as JSON for Perfetto, and sums it up.
# SPDX-License-Identifier: MIT
"""Exit status as run.py's: that of what ran; 4 also where there is no whole trace of it."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import options
import trace_json
import trace_model
import trace_read
from qemu import End, boot
from run import explain, show
from trace_model import STATES, Span, Story

LONGEST = 8


def milliseconds(ns: int) -> str:
    return f"{ns / 1e6:.3f}"


def owner_name(story: Story, span: Span) -> str:
    pid, cpu = span.owner
    return f"{story.name(pid)} ({pid})" if cpu is None else f"cpu{cpu}, handler"


def thread_rows(story: Story) -> list[str]:
    """What each thread did with its time, the busiest first."""
    times: dict[int, dict[str, int]] = {}
    turns: dict[int, int] = {}
    for span in story.states:
        pid = span.owner[0]
        mine = times.setdefault(pid, dict.fromkeys(STATES, 0))
        mine[span.name] += span.ns
        turns[pid] = turns.get(pid, 0) + (span.name == "running")
    heads = "".join(f"{state + ' ms':>14}" for state in STATES)
    rows = [f"{'thread':26}{heads}{'turns':>8}"]
    busiest = sorted(times, key=lambda pid: -(times[pid]["running"] + times[pid]["spinning"]))
    for pid in busiest:
        cells = "".join(f"{milliseconds(times[pid][state]):>14}" for state in STATES)
        rows.append(f"{f'{story.name(pid)} ({pid})':26}{cells}{turns[pid]:>8}")
    return rows


def wait_rows(story: Story) -> list[str]:
    longest = sorted(story.waits, key=lambda span: -span.ns)[:LONGEST]
    rows = [f"{'longest waits':26}{'ms':>14}  lock, path, place"] if longest else []
    for span in longest:
        what = f"{span.name}, {span.details['path']}, {span.details['at']}"
        rows.append(f"{owner_name(story, span):26}{milliseconds(span.ns):>14}  {what}")
    return rows


def lock_rows(story: Story) -> list[str]:
    """What became of each lock, the most waited for first."""
    names = {span.name for span in story.waits + story.holds} | set(story.handoffs)
    rows = [
        f"{'lock':26}{'holds':>10}{'held ms':>14}"
        f"{'waits':>10}{'waited ms':>14}{'slept':>8}{'handoffs':>10}"
    ]
    table = []
    for name in names:
        waits = [span for span in story.waits if span.name == name]
        holds = [span for span in story.holds if span.name == name]
        slept = sum(span.details["path"].startswith("slept") for span in waits)
        waited, held = sum(s.ns for s in waits), sum(s.ns for s in holds)
        table.append((waited, len(holds), name, held, len(waits), slept))
    for waited, holds_n, name, held, waits_n, slept in sorted(table, reverse=True)[:12]:
        handed = story.handoffs.get(name, 0)
        rows.append(
            f"{name:26}{holds_n:>10}{milliseconds(held):>14}{waits_n:>10}"
            f"{milliseconds(waited):>14}{slept:>8}{handed:>10}"
        )
    return rows


def summary(story: Story) -> list[str]:
    events = story.trace.events
    length = events[-1].ns - events[0].ns if events else 0
    lost = f"; {story.trace.lost} older ones were written over" if story.trace.lost else ""
    if events and story.trace.since > events[0].ns:
        told = milliseconds(events[-1].ns - story.trace.since)
        lost += f", so what follows tells of the last {told} ms"
    span = f"{milliseconds(length)} ms on {len(story.trace.cpus)} CPUs"
    head = f"trace: {len(events)} records of {span}{lost}"
    return [head, "", *thread_rows(story), "", *lock_rows(story), "", *wait_rows(story)]


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    given.add_argument("--json", type=Path, required=True, help="where the trace goes")
    chosen = given.parse_args()
    setup = options.setup(chosen, chosen.smp, "run", chosen.run)
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        wire = Path(scratch) / "wire"
        outcome = boot(replace(setup, words=f"{setup.words} trace=1", wire=wire), show)
        why = explain(outcome)
        options.write_log(chosen, f"trace-smp{chosen.smp}", outcome.lines + why)
        print(*why, sep="\n", end="\n" if why else "", file=sys.stderr)
        try:
            story = trace_model.tell(trace_read.read(wire, chosen.elf))
        except trace_read.TraceError as error:
            print(f"trace: {error}: no {chosen.json}", file=sys.stderr)
            return outcome.end.exit_status or End.PANIC.exit_status
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    trace_json.write(story, chosen.json)
    print("", *summary(story), "", f"{chosen.json}: open it at https://ui.perfetto.dev", sep="\n")
    return outcome.end.exit_status


if __name__ == "__main__":
    options.exit_with(main)
