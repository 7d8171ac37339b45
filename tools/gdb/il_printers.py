# il_printers.py: how gdb prints locks, lists, threads and atomics; `print /r` leaves them raw.
# SPDX-License-Identifier: MIT

from __future__ import annotations

from typing import Callable, Iterator

import gdb
import il_words
from il_kernel import Task
from il_memory import Walk, array_text, number, text

LIST_LIMIT = 200

# What is shown of a lock besides its word.
MORE = {
    "mutex": ("owner", "stats"),
    "rw_semaphore": ("owner", "stats"),
    "percpu_rw_semaphore": ("rwsem", "writer"),
}
Child = tuple[str, gdb.Value]


def quoted(value: gdb.Value) -> str:
    """The lock's name and a blank, or nothing."""
    path = {"percpu_rw_semaphore": "rwsem", "semaphore": "unit", "completion": "wait"}
    tag = value.type.strip_typedefs().tag
    try:
        if tag in ("completion", "wait_queue_head"):
            value = value["wait"]["lock"] if tag == "completion" else value["lock"]
        elif tag in path:
            value = value[path[tag]]
        name = text(value["dep_map"]["name"])
        return f'"{name}" ' if name else ""
    except gdb.error:
        return ""


class Printer:
    def __init__(self, value: gdb.Value) -> None:
        self.value = value

    def to_string(self) -> str:
        try:
            return self.say()
        except gdb.error as error:
            return f"<not readable: {error}>"

    def say(self) -> str:
        raise NotImplementedError


class LockPrinter(Printer):
    def say(self) -> str:
        tag = self.value.type.strip_typedefs().tag
        return f"{quoted(self.value)}{il_words.WORDS[tag](self.value)}"

    def children(self) -> Iterator[Child]:
        for name in MORE.get(self.value.type.strip_typedefs().tag, ()):
            try:
                yield name, self.value[name]
            except gdb.error:
                pass  # in this profile there is none
        yield from waiters(self.value)


def waiters(lock: gdb.Value) -> Iterator[Child]:
    """The threads in a lock's queue."""
    tag = lock.type.strip_typedefs().tag
    if tag not in il_words.QUEUES or lock.address is None:
        return
    path, kind, link, member = il_words.QUEUES[tag]
    head = lock
    for name in path:
        head = head[name]
    task = gdb.lookup_type("struct task_struct").pointer()
    for i, waiter in enumerate(Walk(head, kind, link, LIST_LIMIT).found):
        yield f"waiter {i + 1}", waiter[member].cast(task)


class ListPrinter(Printer):
    """A head, or an element, of a ring: its neighbours, as addresses."""

    def say(self) -> str:
        if self.value.address is None:
            return "a list"
        if not int(self.value["next"]):
            return "a list that is not initialized"
        self.walk = Walk(self.value, "struct list_head", "", LIST_LIMIT)
        said = f"a list of {il_words.plural(len(self.walk.found), 'other')}"
        return said + (f", and {self.walk.problem}" if self.walk.problem else "")

    def children(self) -> Iterator[Child]:
        walk = getattr(self, "walk", None)
        for i, node in enumerate(walk.found if walk else []):
            yield f"[{i}]", node.address


class ChainPrinter(Printer):
    """A chain that ends in NULL: hlist_head, llist_head."""

    def say(self) -> str:
        self.found: list[gdb.Value] = []
        node, seen = self.value["first"], set()
        while int(node) and int(node) not in seen and len(self.found) < LIST_LIMIT:
            seen.add(int(node))
            self.found.append(node)
            node = node["next"]
        end = ", and it goes on" if int(node) else ""
        return f"a chain of {len(self.found)}{end}"

    def children(self) -> Iterator[Child]:
        for i, node in enumerate(getattr(self, "found", [])):
            yield f"[{i}]", node


class TaskPrinter(Printer):
    FIELDS = ("prio", "cpu", "cpus_allowed", "signals", "nvcsw", "nivcsw", "nr_migrations")

    def say(self) -> str:
        task = Task(self.value)
        waits = f", for {task.blocked_kind()} {task.blocked_on:#x}" if task.blocked_on else ""
        return f"{task}, {task.doing()}{waits}"

    def children(self) -> Iterator[Child]:
        for name in self.FIELDS:
            yield name, self.value[name]


class TaskPointerPrinter(Printer):
    """An address, and whose it is: in arguments and in backtraces."""

    def say(self) -> str:
        address = int(self.value)
        if not address:
            return "0x0"
        try:
            task = self.value.dereference()
            return f'{address:#x} (thread {int(task["pid"])} "{array_text(task["comm"])}")'
        except gdb.error:
            return f"{address:#x}"


class AtomicPrinter(Printer):
    def say(self) -> str:
        return str(number(self.value))


class CpumaskPrinter(Printer):
    def say(self) -> str:
        bits, set_ = self.value["bits"], []
        size = bits.type.target().sizeof * 8
        for i in range(bits.type.range()[1] + 1):
            word = int(bits[i]) & (1 << size) - 1
            set_ += [i * size + bit for bit in range(size) if word >> bit & 1]
        runs: list[list[int]] = []
        for cpu in set_:
            if runs and cpu == runs[-1][-1] + 1:
                runs[-1].append(cpu)
            else:
                runs.append([cpu])
        names = [str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs]
        return "CPUs " + (",".join(names) or "none")


PRINTERS: dict[str, Callable[[gdb.Value], Printer]] = {
    **{tag: LockPrinter for tag in il_words.WORDS},
    "list_head": ListPrinter,
    "hlist_head": ChainPrinter,
    "llist_head": ChainPrinter,
    "task_struct": TaskPrinter,
    "atomic_t": AtomicPrinter,
    "atomic64_t": AtomicPrinter,
    "atomic_long_t": AtomicPrinter,
    "refcount_struct": AtomicPrinter,
    "kref": AtomicPrinter,
    "cpumask": CpumaskPrinter,
}


def lookup(value: gdb.Value) -> Printer | None:
    """By the tag of a struct, or the name of a type that has none."""
    kind = value.type.unqualified()
    stripped = kind.strip_typedefs().unqualified()
    if stripped.code == gdb.TYPE_CODE_PTR:
        target = stripped.target().strip_typedefs().unqualified()
        is_task = target.code == gdb.TYPE_CODE_STRUCT and target.tag == "task_struct"
        return TaskPointerPrinter(value) if is_task else None
    if stripped.code != gdb.TYPE_CODE_STRUCT:
        return None
    make = PRINTERS.get(stripped.tag or kind.name or "")
    return make(value) if make else None


def register() -> None:
    gdb.pretty_printers.insert(0, lookup)
