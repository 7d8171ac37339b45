# il_tasks.py: the commands about threads and CPUs.
# SPDX-License-Identifier: MIT

from __future__ import annotations

import re

import gdb
from il_command import add, nothing_more
from il_kernel import (
    NOLOAD, Cpu, Selection, Task, by_address, calls, cpu_of_thread, cpus, find_task, tasks,
)
from il_memory import Bad, Walk, address_of, moment, symbol
from il_symbols import code

INTERRUPTS_ON = 0x200
PERCPU_END = 1 << 20  # linker.ld: bare addresses of per-CPU variables are below
PRIORITIES = 140


def describe(task: Task) -> str:
    said = f"{task.pid:5} {task.address:#10x} {task.prio:4}  {task.doing()}"
    if task.is_asleep and task.slept_at():
        said += f" since {moment(task.slept_at())}"
    if task.blocked_on and not task.state & NOLOAD:
        name = task.blocked_name()
        what = f'"{name}" ' if name else ""
        said += f", for {task.blocked_kind()} {what}({task.blocked_on:#x})"
    return f"{said}  [{task.comm}]"


def run_tasks(argument: str) -> None:
    """il tasks [WORD]: every thread; with a word, those in whose line it is. Number, address of its
    task_struct, priority (lower runs first), what it does, what it waits for."""
    print("  pid       task prio  what it does")
    for task in tasks():
        line = describe(task)
        if argument in line:
            print(line)


def run_cpus(argument: str) -> None:
    """il cpus: every CPU: its number, gdb's thread, what it runs, in which context, and where it
    is."""
    nothing_more(argument)
    known, found = cpus(), by_address(tasks())
    with Selection():
        places = {}
        for thread in gdb.selected_inferior().threads():
            cpu = cpu_of_thread(thread, known)
            if cpu:
                frame = gdb.newest_frame()
                flags = int(frame.read_register("eflags"))
                places[cpu.id] = (thread.num, frame.pc(), bool(flags & INTERRUPTS_ON))
    for cpu in known:
        tell_cpu(cpu, found.get(cpu.running), places.get(cpu.id))


def tell_cpu(cpu: Cpu, task: Task | None, place: tuple[int, int, bool] | None) -> None:
    if not bool(cpu.fields["online"]) and not place:
        print(f"cpu{cpu.id}: has not started")
        return
    words = [f"runs {task}" if task else "runs no thread", cpu.context()]
    if place:
        words.append("interrupts " + ("on" if place[2] else "off"))
    if int(cpu.fields["need_resched"]):
        words.append("is to choose its thread anew")
    thread = f" (gdb's thread {place[0]})" if place else ""
    print(f"cpu{cpu.id}{thread}: " + ", ".join(words))
    if place:
        print(f"    at {code(place[1])}")
    if cpu.spins_for:
        print(f"    spins for {cpu.spins_for:#x}")
    for entry in cpu.held():
        print(f"    holds {int(entry['lock']):#x}, taken at {code(int(entry['where']), True)}")


def run_runq(argument: str) -> None:
    """il runq: of each CPU's run queue who runs, and who waits, best priority first."""
    nothing_more(argument)
    found = by_address(tasks())
    for cpu in cpus():
        queue = cpu.variable("run_queues")
        runs = found.get(int(queue["curr"]))
        n = int(queue["nr_queued"])
        print(f"cpu{cpu.id}: runs {runs or 'nobody yet'}, {n or 'nobody'} waits")
        for prio in range(PRIORITIES) if n else ():
            head = queue["queue"][prio]
            if int(head["next"]) == address_of(head):
                continue
            walk = Walk(head, "struct task_struct", "run_entry")
            print(f"    priority {prio}: " + ", ".join(str(Task(task)) for task in walk.found))
            walk.tell(f"the list of priority {prio}")


def run_bt(argument: str) -> None:
    """il bt [TASK]: the calls that a thread is in, innermost first; the running one by default. Of
    one that runs it is gdb's `bt` on its CPU, interrupts included; of one that does not, what its
    stack says."""
    task = find_task(argument, tasks())
    print(f"{task}, {task.doing()}")
    if task.on_cpu:
        with Selection():
            for thread in gdb.selected_inferior().threads():
                cpu = cpu_of_thread(thread, cpus())
                if cpu and cpu.running == task.address:
                    gdb.execute("bt")
                    return
        raise Bad("its registers are on their way between a CPU and memory: step a little")
    try:
        for i, call in enumerate(calls(task)):
            print(f"#{i:<3}{code(call.address, call.is_return)} {call.note}".rstrip())
    except gdb.error as error:
        print(f"(its stack ends: {error})")


def run_percpu(argument: str) -> None:
    """il percpu VARIABLE: a per-CPU variable on each CPU; also a part of it:
    run_queues.nr_queued."""
    match = re.match(r"(\w+)(.*)", argument)
    if not match:
        raise Bad("give a per-CPU variable, such as cpu_local.nr_switches")
    value = symbol(match.group(1))
    if value is None or value.address is None or not address_of(value) < PERCPU_END:
        raise Bad(f"there is no per-CPU variable {match.group(1)}")
    for cpu in cpus():
        gdb.set_convenience_variable("il_percpu", cpu.copy(value).address)
        part = gdb.parse_and_eval(f"(*$il_percpu){match.group(2)}")
        print(f"cpu{cpu.id}: {part.format_string()}")


def step(command: str, argument: str) -> None:
    if argument and not argument.isdecimal():
        raise Bad(f"{argument} is no number of steps")
    before = gdb.parameter("scheduler-locking")
    gdb.execute("set scheduler-locking on")
    try:
        gdb.execute(f"{command} {argument}")
    finally:
        gdb.execute(f"set scheduler-locking {before}")


def run_step(argument: str) -> None:
    """il step [N]: goes on for N lines (1), on the selected CPU alone: all others stand still, and
    no interrupt is let in. So what you look at is changed by nobody else. But a lock that
    another CPU holds is not released meanwhile: then it spins for ever; Ctrl-C, and plain `step`.
    `il stepi [N]` steps instructions, and `il next [N]` steps over calls. Choose a CPU by `thread
    N`."""
    step("step", argument)


def run_next(argument: str) -> None:
    """il next [N]: as `il step`, over calls."""
    step("next", argument)


def run_stepi(argument: str) -> None:
    """il stepi [N]: as `il step`, by instructions."""
    step("stepi", argument)


def register() -> None:
    add("tasks", run_tasks)
    add("cpus", run_cpus)
    add("runq", run_runq)
    add("bt", run_bt, gdb.COMPLETE_EXPRESSION)
    add("percpu", run_percpu, gdb.COMPLETE_SYMBOL)
    add("step", run_step)
    add("next", run_next)
    add("stepi", run_stepi)
