# trace_model.py: from the records of a trace to what lasted: states of threads, waits, holds.
# SPDX-License-Identifier: MIT
"""A record is a moment. A span is what was between two: a thread that ran, was runnable, spun or
slept; a lock that was waited for or held; a handler. What has no end ends with the trace. Where one
CPU's older records were written over, those of others from that time tell half a story: a wait, and
no end of it. So it begins where every CPU's records do."""

from __future__ import annotations

from dataclasses import dataclass, field

from trace_read import DEAD, PREEMPTED, Event, Kind, Trace

RUNNING, RUNNABLE, SPINNING, SLEEPING = "running", "runnable", "spinning", "sleeping"
STATES = (RUNNING, RUNNABLE, SPINNING, SLEEPING)

# A thread, by its pid, or a CPU's handlers, which hold locks of their own: (pid, None), (0, cpu).
Owner = tuple[int, int | None]


@dataclass
class Span:
    start: int
    end: int
    name: str
    owner: Owner
    cpu: int
    details: dict[str, str] = field(default_factory=dict)
    object: int = 0  # the lock's address

    @property
    def ns(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Arrow:
    """From who woke a thread to the thread; with the lock that was released for it, if one was."""

    sent: int
    got: int
    waker: Owner
    woken: int
    lock: str


@dataclass
class Story:
    trace: Trace
    states: list[Span] = field(default_factory=list)
    waits: list[Span] = field(default_factory=list)
    holds: list[Span] = field(default_factory=list)
    handlers: list[Span] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    handoffs: dict[str, int] = field(default_factory=dict)

    def name(self, pid: int) -> str:
        return self.trace.threads.get(pid, f"thread {pid}")


class Teller:
    """Goes through the events in the order of time."""

    def __init__(self, trace: Trace) -> None:
        self.story = Story(trace)
        self.state: dict[int, tuple[str, int, int, str]] = {}  # pid: state, since, cpu, why
        self.spins: dict[int, int] = {}  # pid: how deep
        self.waiting: dict[tuple[Owner, int], Span] = {}
        self.holding: dict[tuple[Owner, int], list[Span]] = {}
        self.serving: dict[int, list[Span]] = {}
        self.released: dict[int, tuple[int, str]] = {}  # pid: the lock it gave back last
        self.woken: dict[int, tuple[int, Owner, str]] = {}

    def owner(self, event: Event) -> Owner:
        return (event.pid, None) if event.in_thread else (0, event.cpu)

    def enter(self, pid: int, state: str, event: Event, why: str = "") -> None:
        if pid == 0:
            return
        self.leave(pid, event.ns)
        self.state[pid] = (state, event.ns, event.cpu, why)

    def leave(self, pid: int, now: int) -> None:
        old = self.state.pop(pid, None)
        if old and now > old[1]:
            details = {"for": old[3]} if old[3] else {}
            self.story.states.append(Span(old[1], now, old[0], (pid, None), old[2], details))

    def switch(self, event: Event) -> None:
        prev, following = event.pid, event.arg
        asleep = event.value & ~PREEMPTED and not event.value & PREEMPTED
        if asleep and event.value & DEAD:
            self.leave(prev, event.ns)
        elif asleep:
            self.enter(prev, SLEEPING, event, event.name)
        else:
            self.enter(prev, RUNNABLE, event)
        self.enter(following, SPINNING if self.spins.get(following) else RUNNING, event)
        if following in self.woken:
            sent, waker, lock = self.woken.pop(following)
            self.story.arrows.append(Arrow(sent, event.ns, waker, following, lock))

    def wake(self, event: Event) -> None:
        pid = event.arg
        self.enter(pid, RUNNABLE, event)
        thing, lock = self.released.get(event.pid, (0, "")) if event.in_thread else (0, "")
        if ((pid, None), thing) not in self.waiting:
            lock = ""
        self.woken[pid] = (event.ns, self.owner(event), lock)

    def spin(self, event: Event) -> None:
        if event.in_thread:
            deep = self.spins.get(event.pid, 0) + (1 if event.kind is Kind.SPIN else -1)
            self.spins[event.pid] = max(deep, 0)
            self.enter(event.pid, SPINNING if deep > 0 else RUNNING, event)

    def contended(self, event: Event) -> None:
        owner = self.owner(event)
        details = {"at": event.where, "path": "spun"}
        span = Span(event.ns, event.ns, event.name, owner, event.cpu, details, event.object)
        self.waiting[owner, event.object] = span

    def sleep(self, event: Event) -> None:
        span = self.waiting.get((self.owner(event), event.object))
        if span:
            span.details["path"] = "slept"

    def acquired(self, event: Event) -> None:
        key = (self.owner(event), event.object)
        self.end_wait(key, event.ns)
        details = {"at": event.where}
        span = Span(event.ns, event.ns, event.name, key[0], event.cpu, details, event.object)
        self.holding.setdefault(key, []).append(span)

    def end_wait(self, key: tuple[Owner, int], now: int) -> bool:
        span = self.waiting.pop(key, None)
        if span:
            span.end = now
            self.story.waits.append(span)
        return span is not None

    def release(self, event: Event) -> None:
        key = (self.owner(event), event.object)
        if self.end_wait(key, event.ns):  # it gave up
            self.story.waits[-1].details["path"] = "gave up"
        elif self.holding.get(key):
            span = self.holding[key].pop()
            span.end = event.ns
            self.story.holds.append(span)
        if event.in_thread:
            self.released[event.pid] = (event.object, event.name)

    def handoff(self, event: Event) -> None:
        self.story.handoffs[event.name] = self.story.handoffs.get(event.name, 0) + 1

    def enter_handler(self, event: Event) -> None:
        name = event.name or f"vector {event.value:#x}"
        span = Span(event.ns, event.ns, name, (0, event.cpu), event.cpu)
        span.details["interrupts"] = event.where
        self.serving.setdefault(event.cpu, []).append(span)

    def leave_handler(self, event: Event) -> None:
        if self.serving.get(event.cpu):
            span = self.serving[event.cpu].pop()
            span.end = event.ns
            self.story.handlers.append(span)

    def first_seen(self, event: Event) -> None:
        """Who runs on a CPU when its records begin."""
        if event.in_thread and event.pid not in self.state:
            self.enter(event.pid, RUNNING, event)

    def finish(self, now: int) -> None:
        for pid in list(self.state):
            self.leave(pid, now)
        for key in list(self.waiting):
            self.end_wait(key, now)
            self.story.waits[-1].details["path"] += ", to the end"
        for spans in self.holding.values():
            for span in spans:
                span.end = now
                span.details["held"] = "to the end"
                self.story.holds.append(span)

    def tell(self) -> Story:
        does = {
            Kind.SWITCH: self.switch,
            Kind.WAKE: self.wake,
            Kind.SPIN: self.spin,
            Kind.SPUN: self.spin,
            Kind.CONTENDED: self.contended,
            Kind.SLEEP: self.sleep,
            Kind.ACQUIRED: self.acquired,
            Kind.RELEASE: self.release,
            Kind.HANDOFF: self.handoff,
            Kind.IRQ_ENTER: self.enter_handler,
            Kind.IRQ_EXIT: self.leave_handler,
        }
        events = [e for e in self.story.trace.events if e.ns >= self.story.trace.since]
        for event in events:
            self.first_seen(event)
            if event.kind in does:
                does[event.kind](event)
        if events:
            self.finish(events[-1].ns)
        return self.story


def tell(trace: Trace) -> Story:
    return Teller(trace).tell()
