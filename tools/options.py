# options.py: the options that run.py, test.py and debug.py share.
# SPDX-License-Identifier: MIT
"""make has refused bad values already; here they are refused when a tool is called directly."""

from __future__ import annotations

import argparse
import re
import shlex
import signal
import sys
from pathlib import Path
from typing import Callable, NoReturn

from qemu import ACCELERATORS, Setup, default_timeout

DEFAULTS = {
    **{"CC": "gcc", "PROFILE": "checked", "UP": "", "RWLOCK": "fair"},
    **{"STATS": "", "MEM": "256M", "ACCEL": "tcg"},
}

MODULE_SECONDS = 120  # what booting, init and exit of modules may take together

SLOWER = {"race": 3}  # a call for each access to memory


def memory(text: str) -> str:
    match = re.fullmatch(r"(\d+)([MG])", text)
    if not match or int(match.group(1)) * (1024 if match.group(2) == "G" else 1) < 32:
        raise argparse.ArgumentTypeError(f"{text}: give a size such as 256M, at least 32M")
    return text


def cpu_count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 255:
        raise argparse.ArgumentTypeError(f"{text}: give a number from 1 to 255")
    return int(text)


def cpu_counts(text: str) -> list[int]:
    return [cpu_count(word) for word in text.split()]


def seconds(text: str) -> float:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: give a number of seconds from 1")
    return float(text)


def parser(what: str) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=what)
    add = options.add_argument
    add("--kernel", type=Path, required=True, help="the ELF file that GRUB loads")
    add("--elf", type=Path, required=True, help="the same with debug information")
    add("--logs", type=Path, required=True, help="directory for the serial logs")
    add("--mem", type=memory, default="256M")
    add("--accel", choices=list(ACCELERATORS), default="tcg")
    add("--seed", type=int, default=1)
    add("--run", default="", help="names of demos or tests, with commas between them")
    add("--args", default="", help="more words for the kernel's command line")
    add("--timeout", type=seconds, help="seconds until a run counts as hung")
    add("--cc", default="gcc", help="for the command that repeats a run")
    add("--profile", default="checked", help="for the command that repeats a run")
    add("--up", default="", help="for the command that repeats a run")
    add("--rwlock", default="fair", help="for the command that repeats a run")
    add("--module", default="", help="what MODULE= named: the kernel has it, and runs it")
    add("--params", default="", help="the modules' parameters")
    add("--ops", default="", help="programs that use the modules' files")
    add("--runtime", type=int, default=3, help="seconds that the modules live")
    add("--stats", choices=["", "0", "1"], default="", help="1: statistics of locks at the end")
    return options


def setup(options: argparse.Namespace, smp: int, mode: str, names: str) -> Setup:
    """The machine, and the kernel's command line. The kernel's own watchdog ends a run a little
    before we would: a kernel that is not quite dead can say more about itself than we can see."""
    timeout = options.timeout or default_timeout(smp) * SLOWER.get(options.profile, 1)
    words = [f"mode={mode}", f"run={names}" if names else "", f"seed={options.seed}"]
    if options.module:
        if not options.timeout:
            timeout = options.runtime + MODULE_SECONDS * SLOWER.get(options.profile, 1)
        words[:2] = ["mode=module", f"runtime={options.runtime}"]
        words += [f"'params={options.params}'"] if options.params else []
        words += [f"'ops={options.ops}'"] if options.ops else []
    if options.stats == "1":
        words.append("stats=1")
    if "timeout=" not in options.args:
        words.append(f"timeout={max(1, int(timeout * 0.8))}")
    line = " ".join(word for word in [*words, *options.args.split()] if word)
    return Setup(options.kernel, options.elf, line, smp, options.mem, options.accel, timeout)


def variables(options: argparse.Namespace, *names: str) -> list[str]:
    """NAME=value of those of DEFAULTS that are otherwise here: of these, or of all."""
    given = {"CC": options.cc, "PROFILE": options.profile}
    given |= {"UP": options.up, "RWLOCK": options.rwlock}
    given |= {"STATS": "1" if options.stats == "1" else ""}
    given |= {"MEM": options.mem, "ACCEL": options.accel}
    words = [(name, value) for name, value in given.items() if value != DEFAULTS[name]]
    return [f"{name}={value}" for name, value in words if not names or name in names]


def repeat(options: argparse.Namespace, goal: str, names: str, smp: int) -> str:
    """The command that does the same again."""
    parts = [f"RUN={names}"] if names and not options.module else []
    if options.module:
        parts.append(f"MODULE={shlex.quote(options.module)}")
        parts += [f"PARAMS={shlex.quote(options.params)}"] if options.params else []
        parts += [f"OPS={shlex.quote(options.ops)}"] if options.ops else []
        parts += [f"RUNTIME={options.runtime}"] if options.runtime != 3 else []
    parts += [f"SMP={smp}", f"SEED={options.seed}", *variables(options)]
    if options.args:
        parts.append(f'ARGS="{options.args}"')
    return " ".join(["make", goal, *parts])


def write_log(options: argparse.Namespace, name: str, lines: list[str]) -> Path:
    options.logs.mkdir(parents=True, exist_ok=True)
    path: Path = options.logs / f"{name}.log"
    path.write_text("".join(line + "\n" for line in lines))
    return path


def interrupt(*_: object) -> NoReturn:
    """Once: make passes a signal on that its group has got as well, and a `finally` is to end."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def exit_with(main: Callable[[], int]) -> NoReturn:
    """Run a tool; whatever ends it from outside passes through the `finally` that ends QEMU."""
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    try:
        status = main()
    except KeyboardInterrupt:
        print("interrupted; QEMU is gone", file=sys.stderr)
        status = 130
    sys.exit(status)
