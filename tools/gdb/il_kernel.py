# il_kernel.py: the kernel's CPUs and threads, as gdb finds them in its memory.
# SPDX-License-Identifier: MIT

from __future__ import annotations

from typing import Iterator

import gdb
from il_memory import Bad, Walk, address_of, array_text, at, has, need, number, offset, text
from il_symbols import is_waiting_code

MAX_FRAMES = 64
MAX_CPUS = 256

# TASK_*, ON_RQ_*: task.h.
DEAD, NEW, PARKED, UNINTERRUPTIBLE, INTERRUPTIBLE = 0x80, 0x800, 0x40, 2, 1
WAKEKILL, NOLOAD = 0x100, 0x400
QUEUED = 1

# The preempt count's fields: preempt.h.
CONTEXTS = ((0x00F00000, "NMI"), (0x000F0000, "interrupt"), (0x100, "softirq"))
COUNT_MASK, SOFTIRQS_OFF = 0xFF, 0xFE00


class Cpu:
    def __init__(self, number_: int, base: int) -> None:
        self.id, self.base = number_, base
        self.fields = at(base, "struct cpu")
        self.running = int(self.fields["running"])
        has_checks = has("struct cpu", "spins_for")
        self.spins_for = int(self.fields["spins_for"]) if has_checks else 0

    def variable(self, name: str) -> gdb.Value:
        """This CPU's copy of a per-CPU variable."""
        return self.copy(need(name))

    def copy(self, value: gdb.Value) -> gdb.Value:
        place = address_of(value) + self.base
        return gdb.Value(place).cast(value.type.pointer()).dereference()

    def context(self) -> str:
        count = int(self.fields["preempt_count"]) & 0x7FFFFFFF
        words = [name for mask, name in CONTEXTS if count & mask] or ["thread"]
        if count & SOFTIRQS_OFF:
            words.append("softirqs off")
        if count & COUNT_MASK:
            words.append(f"preemption off ({count & COUNT_MASK})")
        return ", ".join(words)

    def held(self) -> list[gdb.Value]:
        """What it holds that spins; an entry without a lock is being filled or emptied."""
        n = min(int(self.fields["nr_held"]), self.fields["held"].type.range()[1] + 1)
        entries = [self.fields["held"][i] for i in range(n)]
        return [entry for entry in entries if int(entry["lock"])]


def cpus() -> list[Cpu]:
    bases, n = need("percpu_base"), int(need("nr_cpus"))
    if not 0 < n <= MAX_CPUS:
        raise Bad("the kernel knows of no CPU yet: go on to kmain first")
    return [Cpu(i, int(bases[i])) for i in range(n) if int(bases[i])]


class Selection:
    """gdb's thread and frame, which are as before in the end. gdb's threads are the CPUs; with the
    kernel's own stub they are its threads, and some of these run."""

    def __enter__(self) -> Selection:
        self.thread, self.frame = gdb.selected_thread(), gdb.selected_frame()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.switch()
        if self.frame.is_valid():
            self.frame.select()


def cpu_of_thread(thread: gdb.InferiorThread, known: list[Cpu]) -> Cpu | None:
    """By its GS base, which is 0 in a thread that does not run; selects the thread."""
    thread.switch()
    base = int(gdb.newest_frame().read_register("gs_base")) & (2**64 - 1)
    return next((cpu for cpu in known if cpu.base == base), None)


def selected_cpu() -> Cpu | None:
    with Selection() as selection:
        return cpu_of_thread(selection.thread, cpus())


class Task:
    def __init__(self, fields: gdb.Value) -> None:
        self.fields, self.address = fields, address_of(fields)
        self.pid, self.comm = int(fields["pid"]), array_text(fields["comm"])
        self.state, self.cpu = int(fields["__state"]), int(fields["cpu"])
        self.on_cpu, self.on_rq = bool(fields["on_cpu"]), int(fields["on_rq"])
        self.prio = int(fields["prio"])
        self.blocked_on = int(fields["blocked_on"])

    def __str__(self) -> str:
        return f'thread {self.pid} "{self.comm}"'

    @property
    def is_asleep(self) -> bool:
        """In a sleep that a lock, or an event, ends."""
        sleeps = self.state & (INTERRUPTIBLE | UNINTERRUPTIBLE)
        return bool(sleeps) and not self.on_cpu and not self.on_rq

    def slept_at(self) -> int:
        return int(self.fields["sleep_start"])

    def blocked_name(self) -> str:
        return text(self.fields["blocked_name"])

    def blocked_kind(self) -> str:
        """`mutex`, `read`, ..."""
        return str(self.fields["blocked_kind"]).removeprefix("BLOCKED_").lower()

    def doing(self) -> str:
        state = self.state
        if self.on_cpu:
            return f"runs on cpu{self.cpu}"
        if state & DEAD:
            return "dead"
        if state & NEW:
            return "new"
        if state & UNINTERRUPTIBLE:
            more = " (killable)" if state & WAKEKILL else " (for work)" if state & NOLOAD else ""
            return "sleeps" + more
        if state & PARKED:
            return "parked"
        if state & INTERRUPTIBLE:
            return "sleeps (interruptible)"
        return "runnable" if self.on_rq == QUEUED else "runnable, in no queue"


def tasks() -> list[Task]:
    walk = Walk(need("all_tasks"), "struct task_struct", "all_entry")
    walk.tell("the list of threads")
    if not walk.found:
        raise Bad("there is no thread yet: go on to kmain first, and beyond: main_thread")
    return [Task(fields) for fields in walk.found]


def by_address(all_tasks: list[Task]) -> dict[int, Task]:
    return {task.address: task for task in all_tasks}


def find_task(argument: str, all_tasks: list[Task]) -> Task:
    """By number, name, or as an expression; none given: the one that runs on the selected CPU."""
    if not argument:
        cpu = selected_cpu()
        named = [task for task in all_tasks if cpu and task.address == cpu.running]
        argument = "the running one"
    elif argument.isdecimal():
        named = [task for task in all_tasks if task.pid == int(argument)]
        if argument == "0":
            raise Bad("each CPU has a thread 0, its idle one: give the name, such as swapper/0")
    else:
        named = [task for task in all_tasks if task.comm == argument.strip('"')]
        if not named:
            named = by_expression(argument, all_tasks)
    if len(named) > 1:
        numbers = ", ".join(str(task.pid) for task in named[:8])
        raise Bad(f"several threads are called {argument}: give the number, one of {numbers}")
    if not named:
        raise Bad(f"there is no thread {argument}; `il tasks` lists them")
    return named[0]


def by_expression(argument: str, all_tasks: list[Task]) -> list[Task]:
    try:
        value = gdb.parse_and_eval(argument)
        kind = value.type.strip_typedefs()
        is_task = kind.code == gdb.TYPE_CODE_STRUCT and kind.tag == "task_struct"
        address = address_of(value) if is_task else int(value)
    except (gdb.error, AssertionError):
        return []
    return [task for task in all_tasks if task.address == address]


class Call:
    """A place on a thread's stack."""

    def __init__(self, address: int, is_return: bool, note: str = "") -> None:
        self.address, self.is_return, self.note = address, is_return, note


def calls(task: Task) -> Iterator[Call]:
    """The return addresses of a thread that does not run, innermost first: switch.asm has left a
    frame on its stack, and every function has one. A trap's frame has a copy of the interrupted rip
    in the place of a return address; the picture is in entry.asm."""
    rsp = int(task.fields["context"]["rsp"])
    frame = rsp + offset("struct saved_registers", "rbp")
    common = address_of(need("trap_common"))
    end = address_of(need("arch_safe_halt"))
    is_return = True
    for _ in range(MAX_FRAMES):
        above, address = word(frame), word(frame + 8)
        if not address:
            return
        in_trap = common <= address < end
        yield Call(address, is_return, trap_note(above) if in_trap else "")
        is_return = not in_trap
        if above <= frame or above & 7:
            return
        frame = above


def trap_note(frame: int) -> str:
    vector = number(at(frame + 16, "struct trap_frame")["vector"])
    return f"<interrupted by vector {vector:#x}>"


def word(address: int) -> int:
    return int(at(address, "unsigned long"))


def where_waiting(task: Task) -> int:
    """The return address in whoever called the lock that the thread sleeps for; 0: not known."""
    try:
        for call in calls(task):
            if not is_waiting_code(call.address - 1):
                return call.address
    except gdb.error:
        pass
    return 0
