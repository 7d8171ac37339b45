# il_words.py: what the word of each lock says, in words.
# SPDX-License-Identifier: MIT
"""The layouts are those of the theory at the head of each lock's file. A word may be old in a
moment, and a lock half taken: what is said is what the word says, not more."""

from __future__ import annotations

from typing import Callable

import gdb
from il_kernel import Task, cpus
from il_memory import address_of, at, has, number

# rwlock_fair.h, rwlock_reader.h, rwsem.h, rtmutex.h, completion.h.
FAIR_READERS, FAIR_WRITER = 0xFFFF, 1 << 31
READER_WRITER = 1 << 31
RWSEM_CONTENDED, RWSEM_WRITER, RWSEM_READERS = 1 << 31, 1 << 30, (1 << 30) - 1
HAS_WAITERS = 1
COMPLETION_ALL = (1 << 32) - 1


def plural(n: int, one: str) -> str:
    return f"{n} {one}" + ("" if n == 1 else "s")


def ticket(lock: gdb.Value) -> str:
    if has(lock.type, "unused"):  # UP=1
        return "no word in a kernel for one CPU"
    serves, to_draw = int(lock["owner"]), int(lock["next"])
    inside = (to_draw - serves) & 0xFFFF
    tickets = f"serves ticket {serves}, next to draw {to_draw}"
    if not inside:
        return f"free ({tickets})"
    waiting = f", {plural(inside - 1, 'waiter')}" if inside > 1 else ""
    return f"held{waiting} ({tickets})"


def raw_spinlock(lock: gdb.Value) -> str:
    return ticket(lock["word"])


def spinlock(lock: gdb.Value) -> str:
    return ticket(lock["word"])


def rwlock(lock: gdb.Value) -> str:
    return rw_word(lock["word"])


def rw_word(word: gdb.Value) -> str:
    if has(word.type, "whole"):
        return rwlock_fair(word)
    return rwlock_reader(word) if has(word.type, "word") else ticket(word)


def inside(readers: int, writes: bool) -> str:
    if writes:
        away = f", {plural(readers, 'reader')} turned away" if readers else ""
        return "a writer is inside" + away
    return f"{plural(readers, 'reader')} inside" if readers else "free"


def rwlock_fair(lock: gdb.Value) -> str:
    whole = number(lock["whole"]) & (2**64 - 1)
    half, served = whole & 0xFFFFFFFF, whole >> 32
    queued = (half & ~FAIR_WRITER) >> 16
    said = inside(half & FAIR_READERS, bool(half & FAIR_WRITER))
    return f"{said}, {queued} queued (ticket {served} is first)" if queued else said


def rwlock_reader(lock: gdb.Value) -> str:
    word = number(lock["word"]) & 0xFFFFFFFF
    return inside(word & ~READER_WRITER, bool(word & READER_WRITER))


def seqcount(lock: gdb.Value) -> str:
    sequence = int(lock["sequence"])
    return f"{sequence}: " + ("a writer is inside" if sequence & 1 else "no writer inside")


def seqlock(lock: gdb.Value) -> str:
    return f"{seqcount(lock['seqcount'])}; its lock: {spinlock(lock['lock'])}"


def osq(queue: gdb.Value) -> str:
    tail = number(queue["tail"])
    return f"spinners queue, cpu{tail - 1} is last" if tail else "no spinners queue"


def mcs(node: gdb.Value) -> str:
    said = "it is its turn" if int(node["locked"]) else "waits for its turn"
    return said + (", somebody is behind" if int(node["next"]) else "")


def mutex(lock: gdb.Value) -> str:
    count, released = number(lock["count"]), int(lock["released"])
    if count == 1:
        return "free"
    if count == 0:
        return "held, nobody sleeps for it (count 0)"
    if released:
        return f"free for its first waiter, or a spinner (count {count}, released)"
    passed = int(lock["passed"])
    more = f", the first was passed {plural(passed, 'time')}" if passed else ""
    return f"held and contended (count {count}){more}"


def rwsem(lock: gdb.Value) -> str:
    word = number(lock["count"]) & 0xFFFFFFFF
    said = inside(word & RWSEM_READERS, bool(word & RWSEM_WRITER))
    return said + (", contended" if word & RWSEM_CONTENDED else "") + f" (count {word:#x})"


def rt_mutex(lock: gdb.Value) -> str:
    word = int(lock["owner"])
    if not word:
        return "free"
    waiters = ", contended" if word & HAS_WAITERS else ""
    return ("held" if word & ~HAS_WAITERS else "free") + waiters


def percpu_rwsem(lock: gdb.Value) -> str:
    readers = lock["readers"]
    if not int(readers):
        return "not initialized"
    inside_ = sum(int(readers[cpu.id]["count"]) for cpu in cpus()) & 0xFFFFFFFF
    said = plural(inside_, "reader") + " inside"
    return said + (", a writer blocks others" if bool(lock["block"]) else "")


def semaphore(lock: gdb.Value) -> str:
    return f"{plural(int(lock['count']), 'unit')} free"


def completion(lock: gdb.Value) -> str:
    done = int(lock["done"])
    if done == COMPLETION_ALL:
        return "completed for all"
    return f"completed {plural(done, 'time')} ahead" if done else "not completed"


def wait_queue(lock: gdb.Value) -> str:
    head = lock["head"]
    return "nobody waits" if int(head["next"]) == address_of(head) else "somebody waits"


def srcu(lock: gdb.Value) -> str:
    counts = lock["counts"]
    if not int(counts):
        return "not initialized"
    begun = ended = 0
    for cpu in cpus():
        for i in (0, 1):
            begun += number(counts[cpu.id]["begins"][i])
            ended += number(counts[cpu.id]["ends"][i])
    return f"{plural(begun - ended, 'reader')} inside, pair {int(lock['idx']) & 1} is current"


# By the tag of the struct.
WORDS: dict[str, Callable[[gdb.Value], str]] = {
    "ticket_lock": ticket,
    "raw_spinlock": raw_spinlock,
    "spinlock": spinlock,
    "rwlock": rwlock,
    "rwlock_fair": rwlock_fair,
    "rwlock_reader": rwlock_reader,
    "seqcount": seqcount,
    "seqlock": seqlock,
    "osq": osq,
    "mcs_spinlock": mcs,
    "mutex": mutex,
    "rw_semaphore": rwsem,
    "rt_mutex": rt_mutex,
    "percpu_rw_semaphore": percpu_rwsem,
    "semaphore": semaphore,
    "completion": completion,
    "wait_queue_head": wait_queue,
    "srcu_struct": srcu,
}

# The queue of each lock that threads sleep for: its list, what is in it, by which link, and whose.
QUEUES: dict[str, tuple[tuple[str, ...], str, str, str]] = {
    "mutex": (("wait_list",), "struct mutex_waiter", "entry", "task"),
    "rw_semaphore": (("wait_list",), "struct rwsem_waiter", "entry", "task"),
    "rt_mutex": (("waiters",), "struct rt_mutex_waiter", "entry", "task"),
    "percpu_rw_semaphore": (("writer", "head"), "struct wait_queue_entry", "entry", "private"),
    "semaphore": (("wait_list",), "struct semaphore_waiter", "entry", "task"),
    "completion": (("wait", "head"), "struct wait_queue_entry", "entry", "private"),
    "wait_queue_head": (("head",), "struct wait_queue_entry", "entry", "private"),
}

# What a thread says that it waits for (task.h), as the tag of a struct.
BLOCKED = {
    "mutex": "mutex",
    "read": "rw_semaphore",
    "write": "rw_semaphore",
    "rt_mutex": "rt_mutex",
    "readers": "percpu_rw_semaphore",
    "semaphore": "semaphore",
    "completion": "completion",
    "queue": "wait_queue_head",
}


def owner_of(tag: str, address: int, known: dict[int, Task]) -> Task | None:
    """The owner that the lock itself names."""
    if tag not in ("mutex", "rw_semaphore", "rt_mutex"):
        return None
    owner = int(at(address, f"struct {tag}")["owner"])
    return known.get(owner & ~HAS_WAITERS if tag == "rt_mutex" else owner)


def say(tag: str, address: int) -> str:
    try:
        return WORDS[tag](at(address, f"struct {tag}"))
    except gdb.error:
        return "not readable"
    except KeyError:
        return ""
