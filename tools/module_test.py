#!/usr/bin/python3
# module_test.py: runs modules by `make run MODULE=...`, right ones and wrong ones; results in TAP.
# SPDX-License-Identifier: MIT
"""usage: module_test.py NAME=value...     variables for make: CC, PROFILE, BUILD, UP, ...

The modules are those of modules/right and modules/wrong, whose sources say what their log must
have (`log: ...`, `diagnosis: ...`), and some small ones that are written here."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 500  # seconds, for one make
EXPECTED = re.compile(r"^ \* (?:log|diagnosis): (.*)$", re.M)
FAILED, REFUSED, PANICKED = 1, 2, 4  # exit statuses of tools/run.py and tools/module.py
STORY = 40

# These end in a panic, each in a boot of its own. The other wrong ones are reported, and go on.
PANICKING = ("self_deadlock",)

MODULE = """\
#include <linux/module.h>
#include <linux/slab.h>
{before}
static int __init start(void) {{ {init} return {result}; }}
static void __exit end(void) {{ {exit} }}
module_init(start)
module_exit(end)
MODULE_LICENSE("GPL");
"""


def source(before: str = "", init: str = "", result: str = "0", end: str = "") -> str:
    return MODULE.format(before=before, init=init, result=result, exit=end)


# A directory with spaces in its name, in which kbuild finds four modules; one has two sources.
DIRECTORY = {
    "Makefile": "obj-m := user-b.o lender.o old.o clash.o\n"
    "lender-y := lender_main.o lender_more.o\n"
    "ccflags-y := -DGIVEN=7\nCFLAGS_old.o := -DOLD=8\n"
    "all:\n\tmake -C /lib/modules/$(shell uname -r)/build M=$(PWD) modules\n",
    "lender_main.c": source(
        "int lend(void);\nint shared_name(void);\nint shared_name(void) { return 1; }",
        'pr_info("lender is there, %d\\n", lend());',
        end='pr_info("lender goes\\n");',
    ),
    "lender_more.c": "#include <linux/module.h>\nint lend(void);\n"
    "int lend(void) { return GIVEN; }\nEXPORT_SYMBOL_GPL(lend);\n",
    "user-b.c": source(
        "extern int lend(void);\nint shared_name(void);\nint shared_name(void) { return 2; }\n"
        "static int x = 1;\nmodule_param(x, int, 0444);\nstatic char *s;\n"
        "module_param(s, charp, 0);\nstatic bool flag;\n"
        "#define given(type, name) module_param(name, type, 0)\ngiven(bool, flag);",
        'pr_info("%s has %d, %d, x=%d, s=%s, %d\\n", KBUILD_MODNAME, lend(), shared_name(), x, s,'
        " flag);",
        end='pr_info("%s goes\\n", THIS_MODULE->name);',
    ),
    "clash.c": source(
        "#include <linux/interrupt.h>\nstruct worker { int n; };\n"
        "static int timer_init(struct worker *w) { return w->n; }\n"
        "static int tasklet_schedule_slow(int n) { return n + 1; }\n"
        "static void ran(struct tasklet_struct *t)\n"
        '{ struct worker w = { 5 }; pr_info("%d\\n", tasklet_schedule_slow(timer_init(&w))); }\n'
        "static DECLARE_TASKLET(tasklet, ran);",
        "tasklet_schedule(&tasklet);",
        end='tasklet_kill(&tasklet); pr_info("the clash is over\\n");',
    ),
    "old.c": "#include <linux/module.h>\nint init_module(void)\n"
    '{ pr_info("old %d in %s\\n", OLD, current->comm); return 0; }\n'
    'void cleanup_module(void) { pr_info("old goes in %s\\n", current->comm); }\n',
}


# A device that returns what is written to it in capital letters.
DEVICE = r"""#include <linux/module.h>
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/uaccess.h>
static int forget;
module_param(forget, int, 0);
static char text[16];
static int shouts;
static DEFINE_MUTEX(lock);
static ssize_t shout_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	ssize_t n;
	mutex_lock(&lock);
	n = simple_read_from_buffer(to, size, pos, text, strlen(text));
	mutex_unlock(&lock);
	return n;
}
static ssize_t shout_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	pr_info("%s writes %zu\n", current->comm, size);
	size = min(size, sizeof(text) - 1);
	mutex_lock(&lock);
	if (copy_from_user(text, from, size))
		size = 0;
	for (size_t i = 0; i < size; i++)
		text[i] = toupper(text[i]);
	shouts++;
	mutex_unlock(&lock);
	return size ?: -EFAULT;
}
static __poll_t shout_poll(struct file *file, poll_table *wait) { return EPOLLOUT; }
static const struct file_operations fops = {
	.owner = THIS_MODULE, .read = shout_read, .write = shout_write, .poll = shout_poll,
};
static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR, .name = "shout", .fops = &fops
};
static int shouts_show(struct seq_file *seq, void *unused)
{
	seq_printf(seq, "%d shouts\n", shouts);
	return 0;
}
static irqreturn_t handler(int irq, void *dev)
{
	pr_info("irq %d in an interrupt: %d\n", irq, in_hardirq());
	return IRQ_HANDLED;
}
static struct dentry *dir;
static u32 idle;
static int __init start(void)
{
	proc_create_single("shouts", 0, NULL, shouts_show);
	dir = debugfs_create_dir("shout", NULL);
	debugfs_create_u32("idle", 0444, dir, &idle);
	return request_irq(11, handler, IRQF_SHARED, "shout", &device) ?: misc_register(&device);
}
static void __exit end(void)
{
	remove_proc_entry("shouts", NULL);
	debugfs_remove(dir);
	if (forget)
		return;
	free_irq(11, &device);
	misc_deregister(&device);
}
module_init(start);
module_exit(end);
MODULE_LICENSE("GPL");
"""


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
    used = write("used.c", source(init="__module_get(THIS_MODULE);"))
    endless = write("endless.c", source().replace("module_exit(end);", ""))
    refuses = write("refuses.c", source(result="-ENODEV"))
    keeps = write("keeps.c", source(end="local_irq_disable();"))
    stuck = write("stuck.c", source(init="preempt_disable(); __module_get(THIS_MODULE);"))
    never = write("never.c", source(init='pr_info("never comes\\n");'))
    fails = write("fails.c", source(init="kmalloc(77, GFP_KERNEL);", result="-ENODEV"))
    leaves = write("leaves.c", source(init="kmalloc(77, GFP_KERNEL);"))
    hangs = write("hangs.c", source(end="for (;;) schedule_timeout_uninterruptible(HZ);"))
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
    old = write("old_names.c", source("static struct timer_list t;", "init_timer(&t);"))
    nothing = write("nothing.c", "#include <linux/module.h>\n")
    return [
        Case(
            "directory",
            str(scratch / "several modules"),
            0,
            [
                *("lender is there, 7", "user_b has 7, 2, x=3, s=two words, 1", "old 8 in insmod"),
                *("the clash is over", "old goes in rmmod", "user_b goes", "lender goes"),
                "results: 4 passed, 0 failed",
            ],
            ('PARAMS=user_b.x=3 flag s="two words"',),
            ordered=True,
        ),
        Case(
            "init_fails",
            f"{keeps} {stuck} {fails} {never}",
            FAILED,
            [
                "init function start began with preempt count 0, interrupts on",
                "fails: init returned -19, which is -ENODEV: FAILED",
                "stuck: it is in use by 1",
                "---- keeps: exit",
                "exit function end began with preempt count 0, interrupts on",
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
            unexpected=("used: exit", "refuses: exit"),
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
                *("irq 11 in an interrupt: 1", "nobody has opened /sys/kernel/debug/shout/idle:"),
                "results: 1 passed, 0 failed",
            ],
            (
                'OPS=echo hello >/dev/shout; cat /dev/shout /dev/none & wait; 3x cat </proc/shouts;'
                " irq 11; poll /dev/shout",
            ),
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
        Case("old_name", old, REFUSED, ["init_timer is not in Linux 6.1 any more; use timer_set"]),
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


def run(case: Case, variables: list[str]) -> tuple[int, str]:
    """The exit status of what make called, and all that was said."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--silent", "run", f"MODULE={case.module}", *variables]
    try:
        done = subprocess.run(
            [*command, f"RUNTIME={case.runtime}", *case.more],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return -1, (error.stdout or b"").decode("utf-8", "replace") + "\nno end"
    said = done.stdout.decode("utf-8", "replace")
    failed = re.findall(r"^make: \*\*\* .* Error (\d+)$", said, re.M)
    return int(failed[-1]) if failed else done.returncode, said


def problems_of(case: Case, variables: list[str]) -> list[str]:
    status, said = run(case, variables)
    problems = [f"its output has no: {text}" for text in case.expected if text not in said]
    places = [said.find(text) for text in case.expected]
    if case.ordered and places != sorted(places):
        problems.append("what is expected comes in another order")
    problems += [f"its output has: {text}" for text in case.unexpected if text in said]
    if status != case.status:
        problems.append(f"its exit status is {status}, and not {case.status}")
    return problems + said.splitlines()[-STORY:] if problems else []


def main(variables: list[str]) -> int:
    fast, up = "PROFILE=fast" in variables, "UP=1" in variables
    failed = 0
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        cases = [*exercises(), *own(Path(scratch))]
        print(f"1..{len(cases)}", flush=True)
        for number, case in enumerate(cases, 1):
            if (case.needs_checks and fast) or (case.needs_cpus and up):
                print(f"ok {number} - {case.name} # SKIP it is not seen in this build", flush=True)
                continue
            problems = problems_of(case, variables)
            failed += bool(problems)
            for line in problems:
                print(f"# {line}")
            print(f"{'not ok' if problems else 'ok'} {number} - {case.name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
