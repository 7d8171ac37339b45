# explore_report.py: the way to a wrong state as a table, and what went wrong in a sentence.
# SPDX-License-Identifier: MIT
"""A column a thread, time downward; at the left what a step did to the data."""

from __future__ import annotations

from itertools import groupby, takewhile

from explored import Code, Found, Step, described

WIDTH = 58


def changed(step: Step, found: Found, code: Code) -> str:
    """What it did to the watched data; if none are watched, to the one that it touched."""
    texts = [f"{code.datum(step.address)} is freed"] if step.model == "free" else []
    for change in step.changes:
        number, values = change.split(":")
        before, after = values.split(">")
        texts.append(f"{found.watched[int(number)]} {before}->{after}")
    touched = f"{code.datum(step.address)} {step.before:x}->{step.after:x}"
    # Of an array or a structure that is watched, only the part.
    is_part = len(step.changes) == 1 and not texts[0].endswith(f" {step.before:x}->{step.after:x}")
    if step.before != step.after and (is_part or not found.watched) and step.model != "free":
        return touched
    return " ".join(texts)


def function(step: Step) -> str:
    return step.place.partition(":")[0]


# ---- Why ----------------------------------------------------------------------------------------


def overlap(a: Step, b: Step) -> bool:
    return a.address < b.address + b.size and b.address < a.address + a.size


def visible_writes(found: Found) -> list[tuple[int, Step]]:
    """When others can see what was stored."""
    delayed = found.model == "tso"
    return [
        (number, step)
        for number, step in enumerate(found.steps)
        if step.flushes or (step.stores and (step.locked or not delayed))
    ]


def delayed_stores(found: Found) -> list[tuple[int, int, Step]]:
    """Of each store that went into a buffer: its step, and when it became visible."""
    stores: list[tuple[int, int, Step]] = []
    for number, step in enumerate(found.steps):
        if not step.stores or step.locked:
            continue
        own = [other for other in found.steps[:number] if other.thread == step.thread]
        before = sum(other.stores and not other.locked for other in own)
        flushes = [
            n for n, s in enumerate(found.steps) if s.flushes and s.thread == step.thread
        ]
        visible = flushes[before] if before < len(flushes) else len(found.steps)
        stores.append((number, visible, step))
    return stores


def missing_fence(found: Found, code: Code) -> str:
    """A store, and a load of the same thread that was done before it was visible, both of data that
    another thread touched."""
    for number, visible, store in delayed_stores(found):
        for load in found.steps[number + 1 : visible]:
            if load.thread != store.thread or not load.reads or overlap(load, store):
                continue
            others = [step for step in found.steps if step.thread != store.thread]
            touched = any(step.size and overlap(step, store) for step in others)
            written = any(step.stores and overlap(step, load) for step in others)
            if touched and written:
                return (
                    f"A fence is missing: thread {store.thread} loads {code.datum(load.address)} at"
                    f" {load.place} while its store to {code.datum(store.address)} at"
                    f" {store.place} is still in its buffer; smp_mb() between the two keeps them"
                    " in order."
                )
    return ""


def lost_update(found: Found, code: Code) -> str:
    """A thread writes what it made of an old value, over what another one wrote meanwhile."""
    writes = visible_writes(found)
    for last, write in writes:
        reads = [
            (number, step)
            for number, step in enumerate(found.steps[:last])
            if step.thread == write.thread and step.reads and overlap(step, write)
        ]
        if not reads or write.locked:
            continue
        first, read = reads[-1]
        for number, other in writes:
            if first < number < last and other.thread != write.thread and overlap(other, write):
                return (
                    f"The update of {code.datum(write.address)} by thread {other.thread} (step"
                    f" {number}) is lost: thread {write.thread} read {read.before} before it (step"
                    f" {first}) and wrote {write.after} over it (step {last}). {guarded(found)}"
                )
    return ""


def guarded(found: Found) -> str:
    if found.guard:
        return f"{found.guard} should have kept one of the two out."
    if any(step.locked for step in found.steps):
        return "No lock was held by both from the read to the write."
    return (
        "No lock guards it: every thread must hold the same one from the read to the write, or the"
        " update must be one atomic operation."
    )


def two_inside(found: Found, code: Code) -> str:
    """The words that both threads touched on their way in."""
    shared = [
        code.datum(step.address)
        for step in found.steps
        if step.size
        and any(other.thread != step.thread and overlap(other, step) for other in found.steps)
    ]
    words = ", ".join(dict.fromkeys(shared))
    if found.guard and found.guard != words:
        return f"Two are in the critical section: {found.guard} let both in, by way of {words}."
    return f"Two are in the critical section: {words} let both in." if words else ""


def torn(found: Found, code: Code) -> str:
    """A thread reads one datum before another thread writes it, and another one after; in one
    function, and without a locked instruction in between."""
    writes = visible_writes(found)
    keeper = f"{found.guard} should have kept" if found.guard else "Nothing keeps"
    for number, read in enumerate(found.steps):
        own = [step for step in found.steps[number + 1 :] if step.thread == read.thread]
        plain = takewhile(lambda step: not step.locked, own)
        later = [step for step in plain if step.reads and function(step) == function(read)]
        if not read.reads or read.locked:
            continue
        between = [w for n, w in writes if w.thread != read.thread]
        old = [w for w in between if overlap(w, read)]
        for step in later:
            if old and not overlap(step, read) and any(overlap(w, step) for w in between):
                return (
                    f"Thread {read.thread} reads {code.datum(read.address)} and"
                    f" {code.datum(step.address)} while thread {old[0].thread} writes them."
                    f" {keeper} the writer out between the two reads."
                )
    return ""


def why(found: Found, code: Code, right_under_sc: bool) -> str:
    """What went wrong, in a sentence; nothing if the table must do."""
    if found.model == "tso" and right_under_sc and (text := missing_fence(found, code)):
        return text
    if "exclusion" in found.verdict:
        return two_inside(found, code)
    if "assertion" in found.verdict:
        return lost_update(found, code) or torn(found, code)
    return ""


# ---- The table -----------------------------------------------------------------------------------


def rows(found: Found, code: Code) -> list[tuple[str, int, str, str]]:
    """Number, thread, what it does, and what that changes; what is repeated is one row."""
    result = []
    number = 0
    cells = [(s.thread, described(s, code), changed(s, found, code)) for s in found.steps]
    for (thread, text, change), same in groupby(cells):
        times = len(list(same))
        text = text[: WIDTH - 6] + f" (x{times})" if times > 1 else text
        result.append((str(number), thread, text, change))
        number += times
    return result


def show_table(found: Found, code: Code) -> None:
    table = rows(found, code)
    threads = range(found.figures["threads"])
    left = max([len(change) for *_, change in table] + [8])
    heads = " ".join(f"| {f'thread {t}':{WIDTH}}" for t in threads)
    print(f"{'#':>4} {'':{left}} {heads}".rstrip())
    last = None
    for number, thread, text, change in table:
        if last is not None and last != thread:
            print(f"{'':4} {'':{left}} " + " ".join(f"| {'':-<{WIDTH}}" for _ in threads))
        cells = [text[:WIDTH] if t == thread else "" for t in threads]
        row = " ".join(f"| {cell:{WIDTH}}" for cell in cells).rstrip()
        print(f"{number:>4} {change:{left}} {row}")
        last = thread


def report(found: Found, code: Code, right_under_sc: bool, again: list[str]) -> None:
    """@again is for make, to find it again."""
    code.find_lines(found.steps)
    print(f"\n{found.name}: {found.verdict}: {found.failed}")
    if "preemptions" in found.figures:
        print(f"{found.figures['preemptions']} preemptions, {found.figures['length']} steps")
    if found.steps:
        show_table(found, code)
    for thread, kind, lock, holder, read in found.waits:
        what = f"waits for the {kind} {code.datum(lock)}" if lock else f"{kind}s"
        whose = f"thread {holder} has" if holder >= 0 else "readers have" if read else ""
        print(f"Thread {thread} {what}" + (f", which {whose}" if whose else ""))
    for thread, place, datum in found.goes_on:
        touches = f", where it touches {code.datum(datum)} next" if datum else ""
        print(f"Thread {thread} goes on at {place}{touches}")
    if text := why(found, code, right_under_sc):
        print(text)
    if not found.token:
        return
    model = " MODEL=tso" if found.model == "tso" else ""
    print(f"replay: make explore {' '.join(again)}{model} REPLAY={found.token}")
