# stub_test.py: the kernel's own stub, tried by gdb (make debug STUB=kernel); results in TAP.
# SPDX-License-Identifier: MIT
"""Started by tools/gdb_test.py with the module scene.c, where the kernel waits for a debugger. What
`il ...` says of it is tried by scene_test.py; here it is what is asked of a stub."""

from __future__ import annotations

import os
import re
import signal
import threading

import gdb
from il_kernel import find_task, tasks
from il_memory import address_of
from trial import expect, say, test

INTERRUPTS, TRAP = 0x200, 0x100
JUMP_HERE = 0xFEEB  # the instruction that jumps to itself
CTRL_C_AFTER = 1.0  # seconds; should it come before the machine runs, it is not lost
STEPS = 120

news: list[str] = []  # what has stopped the machine


def note(event: object) -> None:
    if isinstance(event, gdb.BreakpointEvent):
        news.append(event.breakpoint.expression or event.breakpoint.location)
    elif isinstance(event, gdb.SignalEvent):
        news.append(event.stop_signal)
    elif isinstance(event, gdb.ExitedEvent):
        news.append(f"status {event.exit_code}")
    else:
        news.append("a step")


gdb.events.stop.connect(note)
gdb.events.exited.connect(note)


def go(reason: str, command: str = "continue") -> str:
    """Go on, and stop for just this reason. Returns what is printed meanwhile."""
    news.clear()
    said = say(command)
    assert news == [reason], f"{command}: {news}, not {reason}\n{said}"
    return said


def register(name: str) -> int:
    return int(gdb.newest_frame().read_register(name)) & (2**64 - 1)


def waits_in_the_beginning() -> None:
    assert gdb.newest_frame().name() == "debugger_start", gdb.newest_frame().name()
    expect("bt", "debugger_start", "kmain", "start64")
    expect("info threads", r"cpu0, which boots")
    expect("il tasks", "^error: il tasks: .*go on to kmain")


def breakpoint_in_code() -> None:
    before = say("x/8xb scene_held")
    gdb.execute("tbreak scene_held", to_string=True)
    go("scene_held")
    assert before == say("x/8xb scene_held"), "the breakpoint is in the memory that gdb sees"
    expect("bt", r"#0 +scene_held", r"hold \(", "kthread_entry", "context_start")
    gdb.execute("set variable scenes_wanted = 3")  # they need not wait for us


def threads_are_the_kernels() -> None:
    listed = expect("info threads", r'^\* .*"holder", prio 120, cpu\d, running')
    for name in ("main", "waiter/1", "waiter/2", "writer", "taker"):
        assert re.search(rf'"{name}".* switch_to ', listed), f"{name}: {listed}"
    lines = say("il tasks").splitlines()[1:]
    assert listed.count("Thread ") == len(lines), f"{listed}{lines}"
    number = re.search(r'^  (\d+) .*"waiter/1"', listed, re.M).group(1)
    chosen = gdb.selected_thread().num
    expect(f"thread apply {number} bt", "schedule", "mutex_lock_slow", "want_mutex",
           "kthread_entry", "context_start")
    expect(f"thread apply {number} print $rax", "<unavailable>")
    gdb.execute(f"thread {number}", to_string=True)
    go("a step", "stepi")  # gdb says that it could not be made: it does not run
    assert "switch_to" in (gdb.newest_frame().name() or ""), "it has moved"
    gdb.execute(f"thread {chosen}", to_string=True)
    expect("print $_thread", f"= {chosen}$")


def memory_that_is_not_there() -> None:
    guard = int(find_task("holder", tasks()).fields["stack"]) - 8
    for address in (0x10, guard, 0x7FFFFFFFF000, 2**64 - 16, 1 << 63):
        expect(f"x/2xg {address:#x}", "^error: Cannot access memory")
        expect(f"set variable *(long *){address:#x} = 1", "^error: Cannot access memory")
    expect(f"x/2xg {guard:#x}", "^error: Cannot access memory")
    expect(f"x/xg {guard + 8:#x}", "^0x")


def memory_is_written() -> None:
    """Data, and code, which is mapped read-only."""
    for place, kind in (("&scene_steps", "int"), ("scene_handler", "char")):
        where = f"*({kind} *){place}"
        kept = int(gdb.parse_and_eval(where))
        gdb.execute(f"set variable {where} = 77")
        assert int(gdb.parse_and_eval(where)) == 77, where
        gdb.execute(f"set variable {where} = {kept}")
        assert int(gdb.parse_and_eval(where)) == kept, where


def steps_leave_the_flags() -> None:
    """Whatever the instruction has to do with them; and nobody else moves meanwhile."""
    for _ in range(STEPS):
        code = gdb.selected_inferior().read_memory(register("rip"), 2).tobytes()
        before, at = register("eflags"), register("rip")
        say("il stepi")
        after = register("eflags")
        assert register("rip") != at or code[0] == 0xF3, f"it did not move at {at:#x}"
        assert not after & TRAP, f"{at:#x}: {after:#x}"
        if code[0] == 0x9C:
            pushed = int(gdb.parse_and_eval("*(unsigned long *)$rsp"))
            assert not (pushed ^ before) & (TRAP | INTERRUPTS), f"{at:#x}: {pushed:#x}"
        if code[0] not in (0xFA, 0xFB, 0x9D):
            assert not (after ^ before) & INTERRUPTS, f"{at:#x}: {before:#x} {after:#x}"


def step_with_others() -> None:
    """Plain step lets the others run, a spinning neighbour for example."""
    gdb.execute("tbreak scene_preempted", to_string=True)
    go("scene_preempted")
    at = register("rip")
    go("a step", "stepi")
    assert register("rip") != at


def watchpoint() -> None:
    """A store, by whichever CPU, is reported behind it."""
    gdb.execute("delete")
    expect("watch scene_steps.counter", "Hardware watchpoint")
    before = int(gdb.parse_and_eval("scene_steps.counter"))
    go("scene_steps.counter")
    assert int(gdb.parse_and_eval("scene_steps.counter")) > before
    expect("bt", "scene.c", "context_start")
    gdb.execute("delete")


def access_watchpoint() -> None:
    expect("awatch scene_steps.counter", r"Hardware access \(read/write\) watchpoint")
    go("scene_steps.counter")
    gdb.execute("delete")


def three_registers() -> None:
    for n in range(4):
        gdb.execute(f"hbreak *((char *)scene_deadlock + {n})", to_string=True)
    expect("continue", "^error: Command aborted")
    gdb.execute("delete")


def hardware_breakpoint() -> None:
    gdb.execute("thbreak scene_deadlock", to_string=True)
    go("scene_deadlock")
    expect("il deadlock", '^deadlock: thread .*"left" -> .*"right"')


def ctrl_c() -> None:
    threading.Timer(CTRL_C_AFTER, os.kill, (os.getpid(), signal.SIGINT)).start()
    go("SIGINT")
    expect("il cpus", r"^cpu0")


def ctrl_c_with_interrupts_off() -> None:
    """CPU 0, which takes the line's interrupts, goes round in a circle with its own off."""
    chosen = gdb.selected_thread()
    cpu0 = int(gdb.parse_and_eval("percpu_base[0]"))
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        if register("gs_base") == cpu0:
            break
    assert register("gs_base") == cpu0, "nothing runs on CPU 0"
    stood, flags = register("rip"), register("eflags")
    at = int(gdb.parse_and_eval("(unsigned long)&scene_held"))  # the stub does not call it
    kept = int(gdb.parse_and_eval(f"*(unsigned short *){at:#x}"))
    gdb.execute(f"set variable *(unsigned short *){at:#x} = {JUMP_HERE:#x}")
    gdb.execute(f"set variable $rip = {at:#x}")
    gdb.execute(f"set variable $eflags = {flags & ~INTERRUPTS:#x}")
    ctrl_c()
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        if register("gs_base") == cpu0:
            break
    assert register("rip") == at, f"{register('rip'):#x}, not {at:#x}"
    gdb.execute(f"set variable *(unsigned short *){at:#x} = {kept:#x}")
    gdb.execute(f"set variable $rip = {stood:#x}")
    gdb.execute(f"set variable $eflags = {flags:#x}")
    chosen.switch()


def busy_breakpoint() -> None:
    """Met by several CPUs at the same time."""
    gdb.execute("break context_switch", to_string=True)
    gdb.execute("ignore $bpnum 8", to_string=True)
    go("context_switch")
    gdb.execute("delete")


def panic_stops() -> None:
    """With its message, and with all in place."""
    name = address_of(find_task("main", tasks()).fields["comm"])
    gdb.execute(f"set variable $rdi = {name:#x}")
    gdb.execute("set variable $rip = panic")
    said = go("SIGABRT")
    assert "panic: main" in said, said


def ends_with_its_status() -> None:
    go("status 4")
    expect("print $_exitcode", "= 4$")


for check in (waits_in_the_beginning, busy_breakpoint, breakpoint_in_code, threads_are_the_kernels,
              memory_that_is_not_there, memory_is_written, steps_leave_the_flags,
              step_with_others, watchpoint, access_watchpoint, three_registers,
              hardware_breakpoint, ctrl_c, ctrl_c_with_interrupts_off,
              panic_stops, ends_with_its_status):
    test(check)
