# il_deadlock.py: who waits for whom, and the circles in that.
# SPDX-License-Identifier: MIT
"""The rules are those of kernel/wait_graph.c: a thread is stuck if it waits, without a limit of
time, for an owner that is stuck; or for last holders (of a semaphore, a completion), who all are.
The machine stands still, so one look is enough, but for a thread that has been woken and has not
run yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from il_command import add, nothing_more
from il_kernel import NOLOAD, Task
from il_locks import Lock, Locks, Party, last_holders
from il_memory import at, has

# Those whose holders, all alike, only might end the wait.
GUESSES = {"semaphore": "taken, not given back, by", "completion": "last completed by"}


@dataclass
class Wait:
    """That a thread waits for a lock, and whom it waits for by that."""

    task: Task
    lock: Lock
    how: Party
    holders: list[Party] = field(default_factory=list)

    @property
    def is_certain(self) -> bool:
        return self.lock.tag not in GUESSES

    def tell(self, indent: str) -> None:
        print(f"{indent}{self.how} waits for {self.lock}")
        tie = GUESSES.get(self.lock.tag, "held by")
        for holder in self.holders:
            print(f"{indent}    {tie} {holder}")
        if not self.holders:
            print(f"{indent}    nobody is known to hold it")


class Graph:
    def __init__(self) -> None:
        self.locks = Locks()
        self.by_pid = {task.pid: task for task in self.locks.tasks}
        self.waits: dict[int, Wait] = {}
        for lock in self.locks.at.values():
            for waiter in lock.waiters:
                if waiter.task:
                    self.waits[waiter.task.address] = self._wait(lock, waiter.task, waiter)
        self.stuck = self._stuck()

    def _wait(self, lock: Lock, task: Task, how: Party) -> Wait:
        wait = Wait(task, lock, how)
        if lock.tag in GUESSES:
            wait.holders = self._last_holders(lock)
        else:
            wait.holders = [h for h in lock.holders if h.task and h.task is not task]
        return wait

    def _last_holders(self, lock: Lock) -> list[Party]:
        """None if somebody unknown may end the wait, too."""
        kind = f"struct {lock.tag}"
        if not has(kind, "last"):
            return []
        last = at(lock.address, kind)["last"]
        if int(last["unknown"]) or bool(last["foreign"]):
            return []
        found = []
        for pid, where in last_holders(lock):
            task = self.by_pid.get(pid)
            if not task and lock.tag == "completion":
                return []  # who has ended will not complete it: somebody else is going to
            if task:
                found.append(Party(task, where=where))
        return found

    def _is_hopeless(self, wait: Wait, stuck: set[int]) -> bool:
        lost = [h.task.address in stuck for h in wait.holders if h.task]
        return any(lost) if wait.is_certain else bool(lost) and all(lost)

    def _stuck(self) -> set[int]:
        """The largest set of threads each of which waits for others of it."""
        stuck = {
            wait.task.address
            for wait in self.waits.values()
            if wait.how.how == "spins" or not int(wait.task.fields["wakes_at"])
        }
        while True:
            left = {a for a in stuck if self._is_hopeless(self.waits[a], stuck)}
            if left == stuck:
                return stuck
            stuck = left

    def next(self, address: int) -> int:
        """Of those that a stuck thread waits for, one that is stuck."""
        wait = self.waits[address]
        return next(h.task.address for h in wait.holders if h.task and h.task.address in self.stuck)

    def circles(self) -> list[list[int]]:
        """From each stuck thread the way leads into one."""
        passed: set[int] = set()
        found = []
        for start in self.stuck:
            way: list[int] = []
            here = start
            while here not in passed:
                passed.add(here)
                way.append(here)
                here = self.next(here)
            if here in way:
                found.append(way[way.index(here) :])
        return found


def tell_circle(graph: Graph, circle: list[int]) -> None:
    first = min(range(len(circle)), key=lambda i: graph.waits[circle[i]].task.pid)
    circle = circle[first:] + circle[:first]
    waits = [graph.waits[address] for address in circle]
    names = [str(wait.task) for wait in waits]
    certain = all(wait.is_certain for wait in waits)
    print(("deadlock: " if certain else "deadlock, as it seems: ") + " -> ".join(names + names[:1]))
    for wait in waits:
        wait.tell("  ")
    for address in graph.stuck:
        here, steps = address, 0
        while here not in circle and steps <= len(graph.stuck):
            here, steps = graph.next(here), steps + 1
        if address not in circle and here in circle:
            wait = graph.waits[address]
            print(f"  behind them: {wait.task} waits for {wait.lock}")


def run_deadlock(argument: str) -> None:
    """il deadlock: who waits for whom, and each circle of threads that wait for one another. A
    circle of owners is a fact. One that leads through a semaphore or a completion is a guess: it
    goes by who took or completed them last. Threads that wait for work, or for an event, wait for
    nobody."""
    nothing_more(argument)
    graph = Graph()
    waits = [w for w in graph.waits.values() if not w.task.state & NOLOAD]
    print("who waits for whom:" if waits else "nobody waits for a lock")
    for wait in waits:
        wait.tell("  ")
    circles = graph.circles()
    for circle in circles:
        tell_circle(graph, circle)
    if not circles:
        print("no threads wait for one another in a circle")


def register() -> None:
    add("deadlock", run_deadlock)
