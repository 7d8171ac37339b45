# scene_test.py: gdb's commands, tried on the scenes of scene.c; results in TAP. gdb runs this file.
# SPDX-License-Identifier: MIT
"""Started by tools/gdb_test.py, at the first instruction of a kernel with the module scene.c. A
scene is a machine that stands still in a known state, so what the commands must say of it is
known."""

from __future__ import annotations

import re
from pathlib import Path

import gdb
import il_trace
from il_memory import Walk, has
from il_symbols import code
from trial import expect, go_to, say, test

CHECKED = has("struct task_struct", "lockdep")
ONE_CPU = has("spin_word_t", "unused")
OWN_STUB = gdb.newest_frame().name() != "start"  # the kernel's, whose threads are gdb's
END = "context_start"  # where a thread's backtrace ends
LAST_FRAME = rf"{END} \(\) at \S+\s*\Z"
STARTS = (END, "start64", "ap_start")  # and where that of an idle one ends
TRAP_STEPS = 22  # from a trap's entry to its call of C, and from there to what was interrupted
SWITCH_STEPS = 20


# ---- Before there is anything ----


def at_the_first_instruction() -> None:
    frame = gdb.newest_frame()
    assert frame.name() == "start", frame.name()
    cr0 = int(gdb.parse_and_eval("$cr0"))
    assert not cr0 & 1 << 31, "paging is on already"
    expect("bt", r"#0 +start")
    commands = ("tasks", "cpus", "runq", "locks", "deadlock", "bt 1", "held 1", "percpu cpu_local")
    commands += ("trace",) if CHECKED else ()
    for command in commands:
        expect(f"il {command}", r"^error: il \w+: .*go on to kmain")


# ---- scene_held ----


def threads_listed() -> None:
    expect("il tasks", r"runs on cpu\d  \[holder\]",
           r"for mutex .*\[waiter/2\]", r"sleeps since \d+\.\d{6}, for mutex .*\[waiter/1\]",
           r"for write .*\[writer\]", r"for semaphore .*\[taker\]")
    expect("il tasks holder", "holder", absent="waiter")


def cpus_listed() -> None:
    said = expect("il cpus", r'runs thread \d+ "holder", thread, preemption off \(\d\)',
                  r"at scene_held\+0x\w+ \(tools/gdb/scene.c:\d+\)")
    cpus = len(re.findall(r"^cpu\d", said, re.M))
    assert OWN_STUB or cpus == len(gdb.selected_inferior().threads())
    expect("il runq", r'runs thread \d+ "holder"')


def held_and_wanted() -> None:
    at = r", at \w+\+0x\w+ \(tools/gdb/scene.c:\d+\)$"
    since = r", since \d+\.\d{6}"
    holder = (r"held by thread \d+ \"holder\".*" + since + at) if CHECKED else "held by .*holder"
    asleep = "asleep" + since + at
    expect("il locks mutex", r"^mutex .*: held and contended \(count -\d+\)$", holder,
           r'wanted by thread \d+ "waiter/1", ' + asleep, r'"waiter/2", ' + asleep)
    expect("il locks rw_semaphore", r"1 reader inside, contended \(count 0x80000001\)",
           r'wanted by .*"writer", asleep, to write')
    expect("il locks semaphore", r"0 units free", *[r'held by .*"holder".*, a unit'][: CHECKED],
           r'wanted by .*"taker"')
    if CHECKED:
        expect("il locks scene_rwsem", 'held by .*"holder".*, to read')
        word = "no word" if ONE_CPU else r"held \(serves ticket"
        expect("il locks spinlock", r'^spinlock "scene_spinlock" .*: ' + word,
               r'held by .*"holder" on cpu\d' + since + at)
    expect("il locks nothing_like_it", "no lock nothing_like_it is held")


def waiters_in_order() -> None:
    address = int(gdb.parse_and_eval("&scene_mutex"))
    for expression in ("scene_mutex", "&scene_mutex", f"{address:#x}", str(address)):
        expect(f"il waiters {expression}", "waiter/1", "waiter/2", absent="writer")
    expect("il waiters scene_may_end", "not completed", "nobody waits")
    expect("il waiters", "^error: il waiters: say of which lock")
    expect("il waiters 0x1234", "^error: il waiters: no lock at 0x1234")
    expect("il waiters no_such_name", "^error: il waiters: No symbol")


def held_by_thread() -> None:
    kinds = ("mutex", "rw_semaphore", "spinlock", "semaphore") if CHECKED else ("mutex",)
    expect("il held holder", *[f"holds {kind} " for kind in kinds])
    expect("il held", *[f"holds {kind} " for kind in kinds])
    if CHECKED:
        expect("il held waiter/2", r'waits for mutex "scene_mutex"', absent="holds")
        expect("il held $_siginfo", "^error: il held: there is no thread")


def validator_read() -> None:
    if not CHECKED:
        expect("il lockdep", "error: il lockdep: this kernel has no lock validator")
        return
    expect("il lockdep", "the validator is on", r"^\d+ classes, \d+ orders of two, \d+ chains")
    expect("il lockdep scene_mutex", r'class \d+ "scene_mutex"',
           r"taken with interrupts on, first at hold\+",
           r'after it: "scene_rwsem" \(exclusive, then other\)')
    expect("il lockdep scene_rwsem", r'before it: "scene_mutex"', r'after it: "scene_spinlock"')
    expect("il lockdep nothing_like_it", "^error: il lockdep: no class of locks is called")


def trace_read() -> None:
    """Of the scene's locks what has happened to them; the last records are the end of it."""
    if not CHECKED:
        expect("il trace", "^error: il trace: this kernel keeps no trace")
        return
    who = r"^\[ *\d+\.\d{6}\] cpu\d: thread \d+ \"%s\": "
    lock, at = r'"scene_mutex" \(0x\w+\)', r", at \w+\+0x\w+ \(tools/gdb/scene.c:\d+\)$"
    waiter = who % "waiter/1"
    said = expect("il trace 2000", who % "holder" + f"has {lock}{at}",
                  waiter + f"waits for {lock}{at}", waiter + f"is in the wait list of {lock}$",
                  waiter + rf"switches to .*, and sleeps for {lock}$",
                  who % "holder" + r'has "scene_spinlock"')
    lines = said.splitlines()
    times = [float(time) for time in re.findall(r"^\[ *(\d+\.\d+)\]", said, re.M)]
    assert len(times) == len(lines), "not a record a line"
    assert times == sorted(times), "not in the order of time"
    assert say("il trace 3").splitlines() == lines[-3:]
    assert say("il trace").splitlines() == lines[-20:]
    for word in ("0", "many", "-1"):
        expect(f"il trace {word}", f"^error: il trace: {word} is no number of records: give one")
    size = re.search(r"TRACE_RECORDS\s+(\d+)U", Path("kernel/base/trace.h").read_text())
    assert size and int(size.group(1)) == il_trace.RECORDS, "the rings are of another size"


def backtraces() -> None:
    expect("il bt waiter/1", r"^#0 .*schedule_once\+",
           r"mutex_lock_slow\+.*kernel/locking/sleep/mutex.c",
           r"want_mutex\+.*tools/gdb/scene.c", r"kthread_entry\+", rf"{END}\+")
    number = int(gdb.parse_and_eval("threads[1]->pid"))  # waiter/1
    address = int(gdb.parse_and_eval("threads[1]"))
    for argument in (str(number), "threads[1]", "*threads[1]", f"{address:#x}"):
        expect(f"il bt {argument}", r'"waiter/1", sleeps')
    expect("il bt holder", r"#0 +scene_held", r"hold \(", r"kthread_entry", LAST_FRAME)
    expect("il bt 0", "^error: il bt: each CPU has a thread 0")
    expect("il bt 99999", "^error: il bt: there is no thread 99999; `il tasks`")
    expect("il bt nobody", "^error: il bt: there is no thread nobody")


def code_named() -> None:
    """The return address of a call that ends a function is in the next one already."""
    start = int(gdb.parse_and_eval("(unsigned long)&scene_held"))
    assert code(start).startswith("scene_held+0x0 (tools/gdb/scene.c:"), code(start)
    assert "scene_held" not in code(start, True), code(start, True)


def percpu_variables() -> None:
    said = expect("il percpu cpu_local.nr_switches", r"^cpu0: \d+$")
    assert len(said.splitlines()) == int(gdb.parse_and_eval("nr_cpus")), said
    expect("il percpu run_queues.lock", "^cpu0: .*(free|held|no word)")
    expect("il percpu scene_mutex", "^error: il percpu: there is no per-CPU variable scene_mutex")
    expect("il percpu", "^error: il percpu: give")


def printers() -> None:
    expect("print scene_mutex", r"held and contended", r'owner = 0x\w+ \(thread \d+ "holder"\)',
           r'waiter 1 = 0x\w+ \(thread \d+ "waiter/1"\)', "waiter 2 = .*waiter/2")
    expect("print scene_rwsem", "1 reader inside, contended", "writer")
    expect("print scene_units", "0 units free", "taker")
    expect("print scene_spinlock", "no word" if ONE_CPU else r"held \(serves ticket")
    expect("print scene_may_end", "not completed")
    expect("print scene_steps", r"= 2$")
    expect("print *threads[0]", r'thread \d+ "holder", runs on cpu\d', r"cpus_allowed = CPUs 0-255")
    expect("print threads[1]", r'\(thread \d+ "waiter/1"\)')
    expect("print all_tasks", r"a list of \d+ others")
    expect("print scene_left", r"free")


def help_and_mistakes() -> None:
    listed = re.findall(r"^ *il (\w+) ", expect("help il", "il tasks", "il deadlock"), re.M)
    assert len(listed) > 10, listed
    for name in listed:
        expect(f"help il {name}", rf"\Ail {name}\b")
    expect("il", "il deadlock")
    expect("il nonsense", "^error: .*no such command|^error: Undefined il command")
    for name in ("cpus", "runq", "deadlock"):
        expect(f"il {name} x", rf"^error: il {name}: it takes no argument")
    expect("il step many", "^error: il step: many is no number")


def damaged_lists() -> None:
    """What a list may look like while it is changed, or after a stray write: told, and survived."""
    def count() -> int:
        head = gdb.parse_and_eval("all_tasks")
        return len(Walk(head, "struct task_struct", "all_entry").found)

    whole = count()
    link = "((struct list_head *)all_tasks.next->next)->next"
    kept = int(gdb.parse_and_eval(link))
    head = int(gdb.parse_and_eval("all_tasks.next"))
    damage = ((0, "where nothing can be"), (0x10, "cannot be read"), (head, "comes back"),
              (0x7FFFFFFFF000, "cannot be read"))
    for value, problem in damage:
        gdb.execute(f"set variable {link} = (struct list_head *){value:#x}")
        try:
            expect("il tasks", f"the list of threads: .*{problem}", "swapper/0")
            for command in ("locks", "deadlock", "runq", "cpus"):
                expect(f"il {command}", r"\S", absent="Traceback")
            expect("print all_tasks", "a list of 2 others, and")
        finally:
            gdb.execute(f"set variable {link} = (struct list_head *){kept:#x}")
    expect("il tasks", "taker", absent="list of threads:")
    assert whole == count()


def only_this_cpu_moves() -> None:
    def places() -> dict[int, int]:
        found = {}
        chosen = gdb.selected_thread()
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            found[thread.num] = gdb.newest_frame().pc()
        chosen.switch()
        return found

    before, here = places(), gdb.selected_thread().num
    for _ in range(3):
        say("il stepi")
    after = places()
    moved = {num for num in before if before[num] != after[num]}
    assert moved <= {here} and gdb.selected_thread().num == here, (moved, here)
    assert here in moved, "it has not moved"
    assert gdb.parameter("scheduler-locking") != "on"


# ---- Frames ----


def frames() -> list[str]:
    found, frame = [], gdb.newest_frame()
    while frame is not None and len(found) < 100:
        found.append(frame.name() or f"{frame.pc():#x}")
        frame = frame.older()
    return found


def from_handler_to_thread() -> None:
    expect("bt", "scene_handler", "rings", "timer_interrupt", "trap_dispatch",
           "signal handler called", "work_until_interrupted", "scene_init", "insmod",
           "kthread_entry", LAST_FRAME)
    expect("il bt insmod", "scene_handler", "work_until_interrupted", END)


def whole_way(steps: int, ends: tuple[str, ...]) -> None:
    """At each of @steps instructions the backtrace leads to the thread's start."""
    for i in range(steps):
        names = frames()
        if not names[-1].startswith(ends):
            raise AssertionError(f"after {i} steps, at {gdb.newest_frame().pc():#x}: {names}")
        say("il stepi")


def at_each_instruction_of_a_trap() -> None:
    """On its way in, and out to what it interrupted."""
    go_to("*&trap_common")
    whole_way(TRAP_STEPS, STARTS)
    go_to("trap_dispatch")
    entry = gdb.newest_frame().older()
    while entry.type() != gdb.SIGTRAMP_FRAME:
        entry = entry.older()
    go_to(f"*{entry.pc():#x}")
    whole_way(TRAP_STEPS, STARTS)
    assert gdb.newest_frame().type() != gdb.SIGTRAMP_FRAME, "it has not come out of the trap"


def at_each_instruction_of_a_switch() -> None:
    go_to("context_switch")
    whole_way(SWITCH_STEPS, STARTS)


# ---- scene_preempted ----


def preempted_thread() -> None:
    expect("il bt worse", r'"worse", runnable', "schedule_once", "trap_dispatch",
           r"trap_common\+.*<interrupted by vector 0x\w+>", r"work_until_preempted\+", END)
    said = expect("il runq", r'^cpu0: runs thread \d+ "better", \d waits$',
                  r'^    priority 120: .*thread \d+ "worse"')
    assert "list of priority" not in said, said
    expect("il tasks worse", "runnable")


# ---- scene_deadlock ----


def deadlock_read() -> None:
    wait = (r'^  thread \d+ "left", asleep, since \S+ at left_first\+\S+ \(tools/gdb/scene.c:\d+\) '
            r"waits for mutex .*")
    said = expect("il deadlock", "who waits for whom:",
                  r'^deadlock: thread (\d+) "left" -> thread \d+ "right" -> thread \1 "left"$',
                  wait,
                  r'held by thread \d+ "right"', r'"right", .* waits for mutex',
                  r'held by thread \d+ "left"',
                  r'^  behind them: thread \d+ "behind" waits for mutex')
    assert said.count("deadlock:") == 1, said


def no_deadlock_before() -> None:
    expect("il deadlock", r'"waiter/1", asleep.* waits for mutex', r'held by .*"holder"',
           "^no threads wait for one another in a circle", absent="deadlock:")


if not OWN_STUB:
    test(at_the_first_instruction)
go_to("scene_held")
if not OWN_STUB:  # which has the line that the trace leaves by
    test(trace_read)
for check in (threads_listed, cpus_listed, held_and_wanted, waiters_in_order, held_by_thread,
              validator_read, backtraces, code_named, percpu_variables, printers,
              help_and_mistakes, no_deadlock_before, damaged_lists):
    test(check)
gdb.execute("set variable scenes_wanted = 2")
go_to("scene_handler")
test(from_handler_to_thread)
test(at_each_instruction_of_a_trap)
test(at_each_instruction_of_a_switch)
gdb.execute("set variable scenes_wanted = 3")
go_to("scene_preempted")
test(preempted_thread)
test(only_this_cpu_moves)
go_to("scene_deadlock")
test(deadlock_read)
gdb.execute("kill")
