#!/usr/bin/python3
# module_test.py: runs modules by `make run MODULE=...`, right ones and wrong ones; results in TAP.
# SPDX-License-Identifier: MIT
"""usage: module_test.py NAME=value...     variables for make: CC, PROFILE, BUILD, UP, ...

The modules are those of modules/right and modules/wrong, whose sources say what their log must
have (`log: ...`, `diagnosis: ...`), and some small ones that are written here."""

from __future__ import annotations

import re
import shlex
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import options
import tap
from module_samples import AWAKE, DEADLOCK, DEVICE, DIRECTORY, DRIVER, SLOW, UNWOKEN, source
from shell_test import Shell

PATIENCE = 500  # seconds, for one make
EXPECTED = re.compile(r"^ \* (?:log|diagnosis): (.*)$", re.M)
FAILED, REFUSED, PANICKED = 1, 2, 4  # exit statuses of tools/run.py and tools/module.py
STORY = 40

# These end in a panic, each in a boot of its own. The other wrong ones are reported, and go on.
PANICKING = ("self_deadlock",)


@dataclass
class Case:
    name: str
    module: str  # MODULE
    status: int
    expected: list[str]  # in the output
    more: tuple[str, ...] = ()  # variables for make
    needs_checks: bool = False  # the fast profile does not see it
    needs_cpus: bool = False
    unexpected: tuple[str, ...] = ()
    ordered: bool = False  # what is expected comes in this order
    runtime: int = 0


def expected_of(path: Path) -> list[str]:
    return EXPECTED.findall(path.read_text(encoding="utf-8"))


def join(paths: list[Path]) -> str:
    return " ".join(shlex.quote(str(path)) for path in paths)


def exercises() -> list[Case]:
    right = sorted(Path("modules/right").glob("*.c"))
    wrong = sorted(Path("modules/wrong").glob("*.c"))
    going_on = [path for path in wrong if path.stem not in PANICKING]
    cases = [
        Case(
            "right_ones",
            join(right),
            0,
            [text for path in right for text in expected_of(path)],
            runtime=1,
        ),
        Case(
            "wrong_ones",
            join(going_on),
            FAILED,
            [text for path in going_on for text in expected_of(path)],
            needs_checks=True,
            needs_cpus=True,
            runtime=1,
        ),
    ]
    for path in wrong:
        if path.stem in PANICKING:
            named = f"wrong_{path.stem}"
            cases.append(Case(named, str(path), PANICKED, expected_of(path), needs_checks=True))
    return cases


def own(scratch: Path) -> list[Case]:
    """Cases whose modules are written into @scratch."""

    def write(name: str, text: str) -> str:
        path = scratch / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    for name, text in DIRECTORY.items():
        write(f"several modules/{name}", text)
    good = write("good.c", source())
    positive = write("positive.c", source(result="1"))
    used = write(
        "used.c",
        source(
            "#include <linux/delay.h>\n#include <linux/kthread.h>\n"
            "static int sleeps(void *p) { for (;;) ssleep(9); return 0; }",
            "__module_get(THIS_MODULE); kmalloc(77, GFP_KERNEL);"
            'kthread_run(sleeps, NULL, "sleeps");',
        ),
    )
    endless = write("endless.c", source().replace("module_exit(end)", ""))
    refuses = write("refuses.c", source(result="-ENODEV"))
    keeps = write("keeps.c", source(end="local_irq_disable();"))
    stuck = write("stuck.c", source(init="preempt_disable(); __module_get(THIS_MODULE);"))
    never = write("never.c", source(init='pr_info("never comes\\n");'))
    fails = write("fails.c", source(init="kmalloc(77, GFP_KERNEL);", result="-ENODEV"))
    leaves = write("leaves.c", source(init="kmalloc(77, GFP_KERNEL);"))
    hangs = write("hangs.c", source(end="for (;;) schedule_timeout_uninterruptible(HZ);"))
    deadlock = write("deadlock.c", DEADLOCK)
    unwoken = write("unwoken.c", UNWOKEN)
    awake = write("awake.c", AWAKE)
    slow = write("slow.c", SLOW)
    errs = write(
        "errs.c",
        source(
            "static DEFINE_MUTEX(never_taken);",
            "for (int i = 0; i < 5; i++) mutex_unlock(&never_taken);"
            'void *p = kmalloc(9, GFP_KERNEL); kfree(p); kfree(p); pr_info("errs goes on\\n");',
        ),
    )
    header = write("header.c", "#include <linux/mutexes.h>\n#include <linux/inetdevice.h>\n")
    name = write("name.c", source(init="spin_lok(NULL);"))
    undefined = write("undefined.c", source("void nowhere_at_all(void);", "nowhere_at_all();"))
    export = "int lend(void);\nint lend(void) { return 1; }\nEXPORT_SYMBOL(lend);"
    mine, yours = (write(file, source(export)) for file in ("mine.c", "yours.c"))
    kernels = write("kernels.c", source("EXPORT_SYMBOL(msleep);\nvoid msleep(unsigned ms) {}"))
    device = write("device.c", DEVICE)
    driver = write("driver.c", DRIVER)
    forms = "static DECLARE_TASKLET_DISABLED(late, 0, 0);\nint least = min(1, 2, 3);"
    form = write("form.c", source(f"#include <linux/interrupt.h>\n{forms}", "late.count;"))
    old = write(
        "old_names.c",
        source(
            "static struct timer_list t;\nstatic DEFINE_TIMER(u, NULL, 0, 0);\n"
            "static struct attribute *attrs[1];\n"
            "static struct kobj_type type = { .default_attrs = attrs };",
            "init_timer(&t); pr_info(\"%p\", &type);",
        ),
    )
    uses = write("uses.c", source("#include <linux/reboot.h>", "kernel_restart(NULL);"))
    nothing = write("nothing.c", "#include <linux/module.h>\n")
    return [
        Case(
            "directory",
            str(scratch / "several modules"),
            0,
            [
                "brought.c:4: <linux/kallsyms.h> is not there; nothing of it is used",
                "brought.c:5: <linux/gpio/consumer.h> is not there: there is no hardware here",
                *("7 is lent", "lender is there, 7", "user_b has 7, 2, x=3, s=two words, 1"),
                *("old 8 in insmod", "old is told", "brought logs"),
                *("brought 0 0 1 1", "brought goes 1", "the clash is over", "old goes in rmmod"),
                *("user_b goes", "lender goes", "results: 5 passed, 0 failed"),
            ],
            ('PARAMS=user_b.x=3 flag s="two words"',),
            unexpected=("old is not told", "brought debugs"),
            ordered=True,
        ),
        Case(
            "init_fails",
            f"{keeps} {stuck} {fails} {never}",
            FAILED,
            [
                "init function start began with preempt count 0x0, interrupts on",
                "fails: init returned -19, which is -ENODEV: FAILED",
                "stuck: it is in use by 1",
                "---- keeps: exit",
                "exit function end began with preempt count 0x0, interrupts on",
                "memory, 77 bytes in 1 piece of kmalloc-128, allocated at start",
                "results: 0 passed, 4 failed",
            ],
            needs_checks=True,
            unexpected=("never comes", "fails: exit"),
        ),
        Case(
            "no_passes",
            f"{good} {positive} {used} {endless} {refuses}",
            FAILED,
            [
                "positive: init returned 1, and must return 0 or a negative error",
                "refuses: init returned -19, which is -ENODEV: FAILED",
                "endless: it has no module_exit(), and rmmod would be refused: FAILED",
                "used: it is in use by 1",
                *("positive: exit", "good: exit", "results: 1 passed, 4 failed"),
            ],
            ordered=True,
            unexpected=("used: exit", "refuses: exit", "left behind"),
        ),
        Case(
            "leaves_memory",
            leaves,
            FAILED,
            ["memory, 77 bytes in 1 piece of kmalloc-128", "results: 0 passed, 1 failed"],
            needs_checks=True,
        ),
        Case(
            "misuse_goes_on",
            errs,
            FAILED,
            [
                'misuse: mutex "never_taken"',
                "it is free already",
                "errs goes on",
                "results: 0 passed, 1 failed",
                "2 warnings were reported above",
            ],
            needs_checks=True,
        ),
        Case(
            "panic_on_warn",
            errs,
            PANICKED,
            ['misuse: mutex "never_taken"', "panic_on_warn=1"],
            ("ARGS=panic_on_warn=1",),
            needs_checks=True,
        ),
        Case(
            "exit_hangs",
            hangs,
            PANICKED,
            ['"rmmod"', "the exit of hangs has not returned"],
            ("ARGS=timeout=7",),
        ),
        Case(
            "exit_in_vain",
            deadlock,
            FAILED,
            [
                "deadlock: thread",
                '---- deadlock: it waits in "rmmod" for what never comes',
                "results: 0 passed, 1 failed",
            ],
            ("TIMEOUT=600",),
            needs_checks=True,
        ),
        Case(
            "exit_unwoken",
            unwoken,
            FAILED,
            [
                'hang: the exit of unwoken has not returned; it waits for completion "told"',
                'and holds "guard"; and nothing is left that could wake it',
                '"teller", prio 120',
                '---- unwoken: it waits in "rmmod" for what never comes',
            ],
            ("TIMEOUT=600",),
            needs_checks=True,
        ),
        Case("exit_awake", awake, FAILED, ["hang: the exit of awake", "goes round in circles"]),
        Case(
            "exit_slow", slow, 0, ["1 passed, 0 failed"], ("TIMEOUT=600",), unexpected=("hang:",)
        ),
        Case(
            "missing_header",
            header,
            REFUSED,
            [
                "header.c:1: <linux/mutexes.h> is not there; the nearest is <linux/mutex.h>",
                "<linux/inetdevice.h> is not there: there is no network here",
            ],
        ),
        Case(
            "device_used",
            device,
            0,
            [
                *("bash writes 6", "cat: /dev/shout: HELLO", "cat: /proc/shouts: 1 shouts"),
                "cat: /dev/none: open() returned -ENOENT",
                "poll: /dev/shout: it can be written",
                "irq 11 in an interrupt: 65536",
                "nobody has opened /sys/kernel/debug/shout/idle:",
                "results: 1 passed, 0 failed",
            ],
            (
                'OPS=echo hello >/dev/shout; cat /dev/shout /dev/none & wait; 3x cat </proc/shouts;'
                " irq 11; poll /dev/shout",
            ),
            runtime=1,
        ),
        Case(
            "driver_used",
            driver,
            0,
            [
                *("1 1", "cat: /sys/class/driven/hash: ", "cat: /proc/driven/one: 0     |\\040"),
                *("ioctl: /dev/driven: ioctl() returned -ENOTTY", "driven driven: irq"),
                *("undone: driven-1", "results: 1 passed, 0 failed"),
            ],
            (
                "OPS=cat /sys/class/driven/hash /proc/driven/one; irq 9; irq 9;"
                " ioctl /dev/driven 7",
            ),
            unexpected=("/dev/numbers",),
            runtime=1,
        ),
        Case(
            "device_left",
            device,
            FAILED,
            [
                "/dev/shout, made at start+",
                "misc_deregister() is missing",
                'interrupt 11 of "shout", requested at',
                "results: 0 passed, 1 failed",
            ],
            ("PARAMS=forget=1",),
        ),
        Case(
            "old_name",
            old,
            REFUSED,
            [
                "init_timer is not in Linux 6.1 any more; use timer_set",
                "DEFINE_TIMER: in Linux 6.1 it takes a name and a function",
                "default_attrs is not in Linux 6.1 any more; use default_groups",
            ],
        ),
        Case(
            "old_form",
            form,
            REFUSED,
            ["form.c:4: DECLARE_TASKLET_DISABLED: in Linux 6.1", "form.c:5: min: passed 3 arg"],
            unexpected=("late is not there",),
        ),
        Case(
            "absent_header_used",
            uses,
            REFUSED,
            ["uses.c:3: <linux/reboot.h> is not there", "kernel_restart is not there"],
        ),
        Case("missing_name", name, REFUSED, ["spin_lok is not there; the nearest is spin_lock"]),
        Case("undefined_name", undefined, REFUSED, ["undefined.c:4: nowhere_at_all is declared"]),
        Case("exported_twice", f"{mine} {yours}", REFUSED, ["yours exports lend, which mine has"]),
        Case("kernels_name", kernels, REFUSED, ["kernels exports msleep, which the kernel has"]),
        Case("no_init", nothing, REFUSED, ["nothing.c: no module_init() and no init_module()"]),
        Case(
            "no_parameter",
            str(scratch / "several modules"),
            REFUSED,
            ["there is no parameter y; there are: ", "user_b.x (int)", "user_b.s (charp)"],
            ("PARAMS=y=3",),
        ),
        Case(
            "no_file",
            f"{scratch}/name2.c",
            REFUSED,
            [f"there is no such file; the nearest is {scratch}/name.c"],
        ),
    ]


def test(case: Case) -> None:
    given = tap.variables()
    lacks = case.needs_checks and given.get("PROFILE") == "fast"
    if lacks or case.needs_cpus and given.get("UP") == "1":
        raise tap.Skipped("it is not seen in this build")
    words = ("run", f"MODULE={case.module}", f"RUNTIME={case.runtime}", *case.more)
    status, said = tap.make(*words, patience=PATIENCE)
    problems = [f"its output has no: {text}" for text in case.expected if text not in said]
    places = [said.find(text) for text in case.expected]
    if case.ordered and places != sorted(places):
        problems.append("what is expected comes in another order")
    problems += [f"its output has: {text}" for text in case.unexpected if text in said]
    if status != case.status:
        problems.append(f"its exit status is {status}, and not {case.status}")
    tap.check(not problems, "\n".join([*problems, *said.splitlines()[-STORY:]]))


def test_shell(module: Path) -> None:
    """In the shell what hangs stays, and can be looked at."""
    if tap.variables()["PROFILE"] != "checked":
        raise tap.Skipped("it is not seen in this build")
    with Shell(f"MODULE={module}", "RUNTIME=1") as shell:
        shell.says("module", "---- deadlock: exit", "and never returns: FAILED", "module: FAILED")
        shell.says("deadlock", '"forth" waits', '"back" waits', "deadlock: 1 circles")
        shell.says("locks", '"left" (', '"right" (', "held by thread")
        shell.says("module", "module: its variables are no longer as they begin; `reboot`")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        cases = [*exercises(), *own(Path(scratch))]
        tests = [(case.name, partial(test, case)) for case in cases]
        return tap.run([*tests, ("shell", partial(test_shell, Path(scratch) / "deadlock.c"))])


if __name__ == "__main__":
    options.exit_with(main)
