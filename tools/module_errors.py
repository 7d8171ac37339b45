# module_errors.py: what a module asks for and is not there: a line for each, and the nearest.
# SPDX-License-Identifier: MIT
"""A header or a name that is missing makes compilers write pages. One line says it better."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from linux_api_absent import NAMES
from module_sources import nearest

INCLUDE = Path("include")
QUOTED = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
ANGLED = re.compile(r"^\s*#\s*include\s+<([^>]+)>", re.M)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DECLARED = re.compile(
    r"^#\s*define\s+(\w+)"
    r"|^(?:static\s|extern\s|\w)[^;{}#\n]*?\b(\w+)\("
    r"|^(?:struct|union|enum)\s+(\w+)\s*\{"
    r"|^typedef\s[^;]*?\b(\w+);"
    r"|^\}\s*(\w+);"
    r"|^extern\s[^;(]*?\b(\w+);"
    r"|^\t([A-Z]\w+)(?:\s*=[^,]*)?,",
    re.M,
)

# What gcc and clang say, and what is missing then.
MISSING_HEADER = re.compile(r"fatal error: '?([\w./-]+)'?(?:: No such file| file not found)")
MISSING_NAME = re.compile(
    r"(?:implicit declaration of function|call to undeclared function|undeclared identifier|"
    r"unknown type name|field has incomplete type|variable has incomplete type|"
    r"invalid use of undefined type|incomplete definition of type|"
    r"invalid application of .sizeof. to incomplete type|"
    r"invalid application of .sizeof. to an incomplete type) "
    r"['‘](?:struct |union |enum )?(\w+)['’]"
    r"|['‘](\w+)['’] undeclared"
    r"|['‘]\w+['’] has incomplete type.*?['‘](?:struct |union )?(\w+)['’]"
)
PLACE = re.compile(r"^(.*?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)$")
UNDEFINED = re.compile(r"^(?:\S*ld: )?(.*?): undefined reference to [`'](\w+)'")

# Why what a header has in Linux is not there, by the beginning of its name.
REASONS = {
    "there is no hardware here that modules drive": (
        *("linux/pci", "linux/usb", "linux/input", "linux/gpio", "linux/i2c", "linux/spi"),
        *("linux/of", "linux/blk", "linux/tty", "linux/leds", "linux/dma", "linux/keyboard"),
    ),
    "there are no file systems and no user programs here": (
        *("linux/namei", "linux/mount", "linux/syscalls", "linux/sched/mm"),
        *("linux/pagemap", "linux/highmem", "linux/kmod", "linux/umh", "linux/binfmts"),
    ),
    "there is no network here": ("linux/net", "linux/skbuff", "linux/inet", "linux/socket", "net/"),
}

# What Linux 6.1 has no more, either, and what took its place.
OLD_NAMES = {
    **dict.fromkeys(("init_timer", "setup_timer", "init_timer_on_stack"), "timer_setup()"),
    **dict.fromkeys(("do_gettimeofday", "getnstimeofday"), "ktime_get_real_ts64()"),
    **dict.fromkeys(("current_kernel_time", "get_seconds"), "ktime_get_real_seconds()"),
    **dict.fromkeys(("sleep_on", "sleep_on_timeout"), "wait_event()"),
    "interruptible_sleep_on": "wait_event_interruptible()",
    "interruptible_sleep_on_timeout": "wait_event_interruptible_timeout()",
    "ACCESS_ONCE": "READ_ONCE()",
    "SPIN_LOCK_UNLOCKED": "DEFINE_SPINLOCK()",
    "RW_LOCK_UNLOCKED": "DEFINE_RWLOCK()",
    "DECLARE_MUTEX": "DEFINE_SEMAPHORE()",
    **dict.fromkeys(("init_MUTEX", "init_MUTEX_LOCKED"), "sema_init()"),
    **dict.fromkeys(("kernel_thread", "daemonize"), "kthread_run()"),
    **dict.fromkeys(("create_proc_entry", "create_proc_read_entry"), "proc_create()"),
    "PDE_DATA": "pde_data()",
    "spin_unlock_wait": "spin_lock() and spin_unlock()",
    "synchronize_sched": "synchronize_rcu()",
    "call_rcu_sched": "call_rcu()",
    **dict.fromkeys(("smp_mb__before_clear_bit", "smp_mb__before_atomic_inc"),
                    "smp_mb__before_atomic()"),
    "smp_read_barrier_depends": "READ_ONCE()",
    "PREPARE_WORK": "INIT_WORK()",
    "cli": "local_irq_disable(), and a lock",
    "sti": "local_irq_enable(), and a lock",
    "MOD_INC_USE_COUNT": "try_module_get()",
    "wait_queue_t": "wait_queue_entry_t",
    "CURRENT_TIME": "current_time()",
    "devfs_register": "device_create()",
    "IRQF_DISABLED": "0: handlers always run with interrupts off",
}
# The same of macros whose arguments have changed: what compilers say of them names the macro.
OLD_FORMS = {
    "DECLARE_TASKLET": "in Linux 6.1 it takes a name and a function; DECLARE_TASKLET_OLD(name,"
    " function) is for a function of an unsigned long",
    "DECLARE_TASKLET_DISABLED": "in Linux 6.1 it takes a name and a function;"
    " DECLARE_TASKLET_DISABLED_OLD(name, function) is for a function of an unsigned long",
    "DEFINE_TIMER": "in Linux 6.1 it takes a name and a function of a struct timer_list *",
    "DEFINE_SEMAPHORE": "in Linux 6.1 it takes a name, and there is one unit",
    "class_create": "in Linux 6.1 it takes THIS_MODULE and a name",
}
# And of the fields of structures.
OLD_MEMBERS = {
    "state": "task->__state, or task_state_to_char(task)",
    "f_dentry": "f_path.dentry",
    "ioctl": "unlocked_ioctl",
    "data": "timer_setup() and from_timer()",
    "default_attrs": "default_groups",
}
OLD_STRUCTS = r"(?:task_struct|file|file_operations|timer_list|kobj_type)"
MEMBER = re.compile(rf"['‘]struct {OLD_STRUCTS}['’] has no member named ['‘](\w+)['’]"
                    rf"|no member named ['‘](\w+)['’] in ['‘]struct {OLD_STRUCTS}['’]"
                    rf"|field designator ['‘](\w+)['’] does not refer to any field in type "
                    rf"['‘](?:const )?struct {OLD_STRUCTS}['’]")
FORM = re.compile(r'macro "(\w+)" ((?:passed|requires) \d+ arg.*)')


def reason_for(header: str) -> str | None:
    return next((why for why, begins in REASONS.items() if header.startswith(begins)), None)


@cache
def headers() -> list[str]:
    """Every header that a module may include."""
    return sorted(str(path.relative_to(INCLUDE)) for path in INCLUDE.rglob("*.h"))


@cache
def declared_in(path: str) -> frozenset[str]:
    """The names that a header of the kernel's declares, as far as a regular expression sees."""
    text = COMMENT.sub("", Path(path).read_text(encoding="utf-8"))
    return frozenset(next(filter(None, groups)) for groups in DECLARED.findall(text))


def find_file(name: str) -> str | None:
    return next((at for at in (name, f"arch/x86_64/include/{name}") if Path(at).is_file()), None)


@cache
def names() -> dict[str, str]:
    """Each name that a header declares, and the <linux/...> that is the shortest way to it."""
    found: dict[str, str] = {}
    for header in sorted(headers(), key=lambda name: (name == "linux/module.h", len(name), name)):
        text = (INCLUDE / header).read_text(encoding="utf-8")
        inside = QUOTED.findall(text) + [n for n in ANGLED.findall(text) if n.startswith("arch/")]
        for name in filter(None, map(find_file, inside)):
            for word in declared_in(name):
                found.setdefault(word, header)
    return found


def about_header(name: str) -> str:
    """One line's end on a header that is not there."""
    if reason := reason_for(name):
        return f"<{name}> is not there: {reason}"
    if name in NAMES:
        return f"<{name}> is not there"
    known = {header.removeprefix("linux/"): header for header in headers()}
    meant = nearest(name.removeprefix("linux/"), list(known)).rpartition(" ")
    return f"<{name}> is not there" + (f"{meant[0]} <{known[meant[2]]}>" if meant[2] else "")


def about_name(name: str) -> str:
    if name in OLD_NAMES:
        return f"{name} is not in Linux 6.1 any more; use {OLD_NAMES[name]}"
    header = names().get(name)
    if header:
        return f"{name} is declared in <{header}>, which the module does not include"
    return f"{name} is not there" + nearest(name, list(names()))


def other_headers(source: Path, first: str) -> list[str]:
    """The compiler stops at the first missing header: the others in the same file."""
    text = COMMENT.sub("", source.read_text(encoding="utf-8", errors="replace"))
    known = set(headers())
    return [
        name
        for name in dict.fromkeys(ANGLED.findall(text))
        if name != first and name.startswith(("linux/", "asm/", "uapi/", "net/"))
        if name not in known
    ]


def about_form(name: str, complaint: str) -> str:
    return f"{name}: {OLD_FORMS.get(name, complaint)}"


def words_at(where: str) -> set[str]:
    """The words of a line of source: a macro that is not expanded there defines none of them."""
    file, _, number = where.rpartition(":")
    lines = Path(file).read_text(encoding="utf-8", errors="replace").splitlines()
    return set(re.findall(r"\w+", lines[int(number) - 1])) if int(number) <= len(lines) else set()


def absent_header(output: str) -> tuple[str, str] | None:
    """Where the compiler stopped at a header that Linux has and that is not here, and its name."""
    for line in output.splitlines():
        if (place := PLACE.match(line)) and (header := MISSING_HEADER.search(line)):
            if header.group(1) in NAMES:
                return f"{place.group(1)}:{place.group(2)}", header.group(1)
    return None


def of_compiler(source: Path, output: str) -> tuple[list[str], int]:
    """A line for each header or name that is missing, and how many other errors there are."""
    lines: list[str] = []
    seen: set[str] = set()
    others = 0
    for line in output.splitlines():
        if not (place := PLACE.match(line)):
            continue
        where = f"{place.group(1)}:{place.group(2)}"
        if header := MISSING_HEADER.search(line):
            lines.append(f"{where}: {about_header(header.group(1))}")
            more = other_headers(source, header.group(1))
            lines += [f"{source}: {about_header(name)}" for name in more]
        elif missing := MISSING_NAME.search(place.group(3)):
            name = next(filter(None, missing.groups()))
            if name not in seen:
                lines.append(f"{where}: {about_name(name)}")
            seen.add(name)
        elif form := FORM.search(place.group(3)):
            lines.append(f"{where}: {about_form(*form.groups())}")
            seen |= words_at(where)
        elif (member := MEMBER.search(place.group(3))) and any(
            (name := field) in OLD_MEMBERS for field in member.groups()
        ):
            lines.append(f"{where}: {name} is not in Linux 6.1 any more; use {OLD_MEMBERS[name]}")
        else:
            others += 1
    return lines, others


def of_linker(output: str) -> list[str]:
    """A line for each name that no object defines, with the first place that uses it."""
    lines: list[str] = []
    seen: set[str] = set()
    for line in output.splitlines():
        found = UNDEFINED.match(line)
        if found and found.group(2) not in seen:
            seen.add(found.group(2))
            where, name = found.groups()
            text = nearest(name, list(names()))
            lines.append(f"{where}: {name} is declared, and defined nowhere{text}")
    return lines
