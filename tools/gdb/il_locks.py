# il_locks.py: every lock that is held or waited for, who holds it, who waits, and since when.
# SPDX-License-Identifier: MIT
"""There is no list of all locks. But whoever holds one in the checked profile is noted: those that
spin in struct cpu, those that sleep in the table of held.c, and both in what the validator knows of
each thread. Whoever waits says so in his thread (blocked_on), or his CPU (spins_for); in every
profile the former, and owners are in the locks."""

from __future__ import annotations

from dataclasses import dataclass, field

import gdb
import il_words
from il_command import add
from il_kernel import Cpu, Task, by_address, cpus, find_task, tasks, where_waiting
from il_memory import Bad, Walk, address_of, at, has, moment, number, offset, symbol, text
from il_symbols import code

HELD_C = "kernel/base/held.c"
STAT_WAITS, STAT_HOLDS = 4, 8  # lockstat.c

# Where a lock of each kind has what the validator knows of it. The places differ, which tells kinds
# apart, but for spinlock_t and rwlock_t.
MAPS = {
    "mutex": ("dep_map",),
    "rw_semaphore": ("dep_map",),
    "rt_mutex": ("dep_map",),
    "percpu_rw_semaphore": ("rwsem", "dep_map"),
    "spinlock": ("dep_map",),
    "rwlock": ("dep_map",),
    "seqcount": ("dep_map",),
}
SLEEPING = ("mutex", "rw_semaphore", "rt_mutex", "percpu_rw_semaphore")


@dataclass
class Party:
    """Who holds a lock, or waits for it."""

    task: Task | None
    cpu: Cpu | None = None
    where: int = 0
    since: int = 0  # ns; 0: not known
    how: str = ""

    def __str__(self) -> str:
        who = str(self.task) if self.task else "a handler"
        if self.cpu:
            who += f" on cpu{self.cpu.id}"
        elif self.task and self.task.on_cpu:
            who += f" on cpu{self.task.cpu}"
        said = f"{who}{', ' + self.how if self.how else ''}"
        if self.since:
            said += f", since {moment(self.since)}"
        return said + (f", at {code(self.where, True)}" if self.where else "")


@dataclass
class Lock:
    address: int
    tag: str  # of its struct
    name: str = ""
    holders: list[Party] = field(default_factory=list)
    waiters: list[Party] = field(default_factory=list)

    def __str__(self) -> str:
        name = f' "{self.name}"' if self.name else ""
        return f"{self.tag}{name} ({self.address:#x})"

    def tell(self) -> None:
        word = il_words.say(self.tag, self.address)
        print(f"{self}: {word}" if word else str(self))
        for holder in self.holders:
            print(f"    held by {holder}")
        for waiter in self.waiters:
            print(f"    wanted by {waiter}")


class Locks:
    """All of them, at this moment."""

    def __init__(self) -> None:
        self.tasks, self.cpus = tasks(), cpus()
        self.known = by_address(self.tasks)
        self.at: dict[int, Lock] = {}
        self.maps = {tag: offset(f"struct {tag}", *path) for tag, path in MAPS.items()
                     if has(f"struct {tag}", *path)}
        for find in (self._spinning, self._sleeping, self._validated, self._waiting, self._spun_for,
                     self._units):
            find()
        for lock in self.at.values():
            owner = il_words.owner_of(lock.tag, lock.address, self.known)
            if owner and all(holder.task is not owner for holder in lock.holders):
                lock.holders.append(Party(owner))

    def lock(self, address: int, tag: str, name: str = "") -> Lock:
        found = self.at.setdefault(address, Lock(address, tag))
        found.name = found.name or name
        return found

    def _running(self, cpu: Cpu) -> Task | None:
        return self.known.get(cpu.running)

    def _spinning(self) -> None:
        for cpu in self.cpus:
            for entry in cpu.held():
                address, where = int(entry["lock"]), int(entry["where"])
                lock = self.lock(address, spinning_tag(entry), text(entry["name"]))
                lock.holders.append(Party(self._running(cpu), cpu, where))

    def _sleeping(self) -> None:
        shown, holders = symbol("locks", HELD_C), symbol("holders", HELD_C)
        if shown is None or holders is None:
            return
        for i in range(shown.type.range()[1] + 1):
            address, task = int(shown[i]), self.known.get(int(holders[i]["task"]))
            if not address or not task:
                continue
            name, where = holders[i]["name"], int(holders[i]["where"])
            lock = self.lock(address, self._sleeping_tag(address, int(name)), text(name))
            lock.holders.append(Party(task, where=where))

    def _sleeping_tag(self, address: int, name: int) -> str:
        for tag in SLEEPING:
            try:
                if int(at(address + self.maps[tag], "struct lockdep_map")["name"]) == name:
                    return tag
            except gdb.error:
                pass
        return "lock"

    def _validated(self) -> None:
        """What the validator knows of each thread: since when, and semaphores that are used as
        locks."""
        for task in self.tasks:
            for held in held_by(task):
                lock = self.of_map(int(held["map"]))
                for holder in lock.holders if lock else []:
                    if holder.task is task:
                        note(holder, held)
            for unit in units_of(task):
                address = unit - offset("struct semaphore", "unit")
                self.lock(address, "semaphore", text(at(address, "struct semaphore")["name"]))

    def _units(self) -> None:
        """Who took a unit of a semaphore and has not given it back."""
        pids = {task.pid: task for task in self.tasks}
        for lock in self.at.values():
            for pid, where in last_holders(lock) if lock.tag == "semaphore" else []:
                if pid in pids:
                    lock.holders.append(Party(pids[pid], where=where, how="a unit"))

    def of_map(self, map_: int) -> Lock | None:
        for tag, distance in self.maps.items():
            lock = self.at.get(map_ - distance)
            if lock and lock.tag == tag:
                return lock
        return None

    def _waiting(self) -> None:
        for task in self.tasks:
            tag = il_words.BLOCKED.get(task.blocked_kind())
            if not task.blocked_on or not task.is_asleep or not tag:
                continue
            lock = self.lock(task.blocked_on, tag, task.blocked_name())
            how = {"read": "asleep, to read", "write": "asleep, to write"}
            party = Party(task, where=where_waiting(task), since=task.slept_at())
            party.how = how.get(task.blocked_kind(), "asleep")
            lock.waiters.append(party)
        for lock in self.at.values():
            order = queue_order(lock)
            lock.waiters.sort(key=lambda party: order.get(party.task.address, len(order)))

    def _spun_for(self) -> None:
        for cpu in self.cpus:
            if not cpu.spins_for:
                continue
            lock = self.at.get(cpu.spins_for) or self.lock(cpu.spins_for, "lock")
            party = Party(self._running(cpu), cpu, how="spins")
            for held in held_by(party.task) if party.task else []:
                if self.of_map(int(held["map"])) is lock:
                    note(party, held)
            lock.waiters.append(party)


def spinning_tag(entry: gdb.Value) -> str:
    """A spinlock_t knows where it was taken, which a rwlock_t does not; others have no name."""
    if not int(entry["name"]):
        return "raw_spinlock"
    try:
        lock = at(int(entry["lock"]), "struct spinlock")
        return "spinlock" if int(lock["where"]) == int(entry["where"]) else "rwlock"
    except gdb.error:
        return "rwlock"


def held_by(task: Task) -> list[gdb.Value]:
    """What the validator has noted for a thread: held, or about to be."""
    if not has("struct task_struct", "lockdep"):
        return []
    state = task.fields["lockdep"]
    depth = min(int(state["depth"]), state["held"].type.range()[1] + 1)
    return [state["held"][i] for i in range(depth)]


def units_of(task: Task) -> list[int]:
    """The semaphores' parts (lockdep_unit.h) whose unit the thread has taken as one takes a
    lock."""
    if not has("struct task_struct", "lockdep"):
        return []
    state = task.fields["lockdep"]
    n = min(int(state["n_sections"]), state["sections"].type.range()[1] + 1)
    units = [int(state["sections"][i]["unit"]) for i in range(n)]
    return [unit for unit in units if unit]


def last_holders(lock: Lock) -> list[tuple[int, int]]:
    """Of a semaphore or a completion (last_holders.h): the numbers of threads, and where they did
    it."""
    if not has(f"struct {lock.tag}", "last"):
        return []
    of = at(lock.address, f"struct {lock.tag}")["last"]["of"]
    entries = [of[i] for i in range(of.type.range()[1] + 1)]
    return [(int(e["pid"]), int(e["where"])) for e in entries if int(e["pid"])]


def note(party: Party, held: gdb.Value) -> Party:
    """What is counted (STATS=1) has a time."""
    if int(held["stat"]) & (STAT_WAITS | STAT_HOLDS):
        party.since = int(held["since"])
    if int(held["read"]):
        party.how = party.how or "to read"
    return party


def queue_order(lock: Lock) -> dict[int, int]:
    """The threads in the lock's queue, and their places."""
    if lock.tag not in il_words.QUEUES:
        return {}
    path, kind, link, member = il_words.QUEUES[lock.tag]
    try:
        value = at(lock.address, f"struct {lock.tag}")
        for name in path:
            value = value[name]
        walk = Walk(value, kind, link, 1000)
        walk.tell(f"the queue of {lock}")
        return {int(waiter[member]): i for i, waiter in enumerate(walk.found)}
    except gdb.error:
        return {}


def lock_of(argument: str) -> tuple[int, str]:
    """The lock that an expression is, or points to: its address, and the tag of its struct, if
    any."""
    if not argument:
        raise Bad("say of which lock: `il locks` lists those that are held or waited for")
    value = gdb.parse_and_eval(argument)
    kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_REF):
        target = kind.target().strip_typedefs()
        return int(value), target.tag or ""
    if kind.code == gdb.TYPE_CODE_STRUCT:
        return address_of(value), kind.tag or ""
    if kind.code != gdb.TYPE_CODE_INT:
        raise Bad(f"{argument} is no lock, no address and no pointer")
    return number(value) & (2**64 - 1), ""


def run_locks(argument: str) -> None:
    """il locks [WORD]: every lock that is held or waited for; with a word, those of that kind or
    name. Per lock: its kind, name and address; what its word says; who holds it, since when, and
    where it was taken; who wants it, in the order of its queue, spinning or asleep. Times are those
    of the log. Holders have one with STATS=1, which make debug sets unless you say STATS=0. In
    PROFILE=fast only locks that are slept for are known."""
    locks = Locks()
    shown = [lock for lock in locks.at.values() if argument in ("", lock.tag, lock.name)]
    for lock in shown:
        lock.tell()
    if not shown:
        print(f"no lock{' ' + argument if argument else ''} is held or waited for")


def run_waiters(argument: str) -> None:
    """il waiters LOCK: who waits for a lock, in order, and who holds it. LOCK is an expression: a
    lock, a pointer to it, or its address. Wait queues and completions count."""
    address, tag = lock_of(argument)
    lock = Locks().at.get(address)
    if lock:
        lock.tell()
        if not lock.waiters:
            print("    nobody waits")
    elif tag in il_words.WORDS:
        print(f"{tag} ({address:#x}): {il_words.say(tag, address)}")
        print("    nobody holds it, as far as is known, and nobody waits")
    else:
        raise Bad(f"no lock at {address:#x} is held or waited for; `il locks` lists those that are")


def run_held(argument: str) -> None:
    """il held [TASK]: the locks that a thread holds, or is about to; the running one by default.
    First those of the validator, in the order in which they were taken, then others."""
    locks = Locks()
    task = find_task(argument, locks.tasks)
    told = set()
    print(f"{task}, {task.doing()}")
    for held in held_by(task):
        lock = locks.of_map(int(held["map"]))
        if lock:
            told.add(lock.address)
        waits = int(held["stat"]) & STAT_WAITS or (lock and lock.address == task.blocked_on)
        party = note(Party(None, where=int(held["where"])), held)
        words = ["waits for" if waits else "holds", str(lock) if lock else map_name(held)]
        words += [f"({party.how})"] if party.how else []
        words += [f"since {moment(party.since)}"] if party.since else []
        print("    " + " ".join(words) + f", taken at {code(party.where, True)}")
    for lock in locks.at.values():
        for holder in lock.holders:
            if holder.task is task and lock.address not in told:
                print(f"    holds {lock}, at {code(holder.where, True)}")
                told.add(lock.address)
    if not told and not held_by(task):
        print("    holds nothing, as far as is known")


def map_name(held: gdb.Value) -> str:
    map_ = int(held["map"])
    return f'"{text(at(map_, "struct lockdep_map")["name"])}" (validated at {map_:#x})'


def register() -> None:
    add("locks", run_locks)
    add("waiters", run_waiters, gdb.COMPLETE_EXPRESSION)
    add("held", run_held, gdb.COMPLETE_EXPRESSION)
