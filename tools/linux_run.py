#!/usr/bin/python3
# linux_run.py: boots Debian's Linux in QEMU, and runs modules there as `make run` does here.
# SPDX-License-Identifier: MIT
"""The modules are built with Linux's headers, put into an initramfs with a busybox, inserted, left
alone for RUNTIME seconds, and removed. What Linux logs meanwhile is shown as our kernel shows it;
the number of the CPU is missing, for Linux does not note it. A warning of Linux's is a failure.
Exit status: that of run.py."""

from __future__ import annotations

import argparse
import errno
import os
import re
import select
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

import child
import linux_kernel
import linux_modules
import options
import qemu
from linux_initramfs import MARK, files_of, newc
from linux_order import Loadable, in_order, parameters_of
from module_sources import Refused, modules

# Linux is to end at the first oops; and what a module logs it must print, however much.
WORDS = "console=ttyS0 quiet panic=-1 oops=panic softlockup_panic=1 printk.devkmsg=on"
LEAST_MEM = 128  # MiB, in which it comes up
TROUBLE = re.compile(
    r"(BUG:|WARNING:|kernel BUG at|Oops|general protection fault|INFO: task|rcu: INFO|Kernel panic)"
)
# Of every module that is not part of Linux it says that.
NOT_NEWS = re.compile(r"loading out-of-tree module taints|module verification failed")
LINE = re.compile(r"^(\[ *\d+\.\d+\]) (.*)$")
NUMBERS = {os.strerror(number): number for number in errno.errorcode}


class Story:
    """What is shown of Linux's log, and what it tells of the run."""

    def __init__(self, translate: Callable[[str], str]) -> None:
        self.translate = translate  # into the names of the sources
        self.lines: list[str] = []
        self.before: list[str] = []  # what came ahead of the first mark
        self.doing = "Linux has not come up"
        self.trouble: list[str] = []
        self.passed = self.failed = 0
        self.hung = self.panicked = self.ended = False

    def show(self, line: str) -> None:
        self.lines.append(self.translate(line))
        print(self.lines[-1], flush=True)

    def take(self, line: str) -> None:
        match = LINE.match(line)
        text = match.group(2) if match else line
        if self.ended or self.hung:
            return
        if text.startswith(MARK):
            self.mark(*text.removeprefix(MARK).split(maxsplit=2))
            return
        if not self.lines:
            self.before.append(line)
        elif line and not NOT_NEWS.search(line):
            self.show(line)
        if TROUBLE.search(text):
            self.trouble.append(self.translate(text))
            self.panicked |= "Kernel panic" in text

    def mark(self, what: str, name: str = "", rest: str = "") -> None:
        """A line of the initramfs's script."""
        if what in ("init", "exit"):
            self.doing = f"the {what} of {name} has not returned"
            self.show(f"---- {name}: {what}")
        elif what == "live":
            self.doing = "the modules were running"
            self.show(f"---- init is done; exit in {name} s")
        elif what == "gone":
            self.doing = "the modules have ended"
            self.passed += 1
        elif what == "failed":
            self.failed += 1
            self.show(f"---- {name}: {reason_of(rest)}: FAILED")
        elif what == "hung":
            self.hung = True
        elif what == "end":
            self.ended = True

    def end(self) -> qemu.End:
        if self.panicked:
            return qemu.End.PANIC
        if self.hung:
            return qemu.End.HANG
        if not self.ended:
            return qemu.End.RESET
        return qemu.End.FAIL if self.failed or self.trouble else qemu.End.PASS

    def why(self) -> str:
        """The line about a run that is no pass."""
        if self.end() is qemu.End.PANIC:
            return f"Linux panicked: {self.trouble[0]}"
        if self.end() is qemu.End.HANG:
            return f"Linux hangs: {self.doing}"
        if self.end() is qemu.End.RESET:
            return f"Linux stopped: {self.doing}"
        return self.trouble[0] if self.trouble else "a module was refused, see above"


def reason_of(said: str) -> str:
    """What insmod or rmmod said, in the words of our kernel."""
    text = said.rpartition(": ")[2].strip()
    number = NUMBERS.get(text)
    if said.startswith("insmod") and number:
        return f"init returned -{number}, which is -{errno.errorcode[number]}"
    return said or "it failed"


def command_line(chosen: argparse.Namespace, image: Path, initramfs: Path) -> list[str]:
    return [
        *qemu.machine(chosen.smp, chosen.mem, qemu.ACCELERATORS[chosen.accel]),
        *("-kernel", str(image), "-initrd", str(initramfs), "-append", f"{WORDS} {chosen.args}"),
        *("-chardev", "stdio,id=serial,signal=off", "-serial", "chardev:serial", "-no-reboot"),
    ]


def follow(process: subprocess.Popen[bytes], story: Story, timeout: float) -> None:
    """Tell @story what comes over the serial line, until QEMU or the time ends."""
    assert process.stdout is not None
    output = process.stdout.fileno()
    lines = qemu.Lines(story.take)
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        if select.select([output], [], [], left)[0]:
            data = os.read(output, 65536)
            if not data:
                break
            lines.feed(data)
    else:
        story.hung = True
    lines.flush()


def boot(chosen: argparse.Namespace, kernel: linux_kernel.Kernel, archive: bytes) -> Story:
    found = modules(chosen.module)
    story = Story(lambda line: linux_modules.in_our_words(line, chosen.out, found))
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        initramfs = Path(scratch) / "initramfs"
        initramfs.write_bytes(archive)
        process = subprocess.Popen(
            command_line(chosen, kernel.image, initramfs),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=child.die_with_parent,
        )
        try:
            follow(process, story, chosen.timeout)
        finally:
            process.kill()
            process.wait()
    return story


def loadable(chosen: argparse.Namespace, headers: Path) -> list[Loadable]:
    """Build the modules, in the order in which they can be inserted, with their parameters."""
    found = modules(chosen.module)
    if not linux_modules.build(headers, chosen.out, found):
        raise Refused("Linux's kbuild does not build it, see above")
    built = in_order([Loadable(chosen.out / f"{module.name}.ko") for module in found])
    given = parameters_of(built, shlex.split(chosen.params))
    return [Loadable(module.file, given[module.name]) for module in built]


def parse() -> argparse.Namespace:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    given.add_argument("--linux", type=Path, required=True, help="directory for Debian's Linux")
    given.add_argument("--out", type=Path, required=True, help="directory to build in")
    chosen = given.parse_args()
    chosen.timeout = chosen.timeout or chosen.runtime + options.MODULE_SECONDS
    return chosen


def refused(status: int, why: object) -> int:
    print(f"run-linux: {why}", file=sys.stderr)
    return status


def report(chosen: argparse.Namespace, story: Story) -> int:
    end = story.end()
    if end is qemu.End.PASS or end is qemu.End.FAIL:
        wrong = story.failed + (story.passed if story.trouble else 0)
        story.show(f"results: {story.passed + story.failed - wrong} passed, {wrong} failed")
    log = options.write_log(chosen, f"linux-smp{chosen.smp}", story.before + story.lines)
    if end is not qemu.End.PASS:
        again = options.repeat(chosen, "run-linux", "", chosen.smp)
        print(f"run-linux: {story.why()}\n  the log is {log}", file=sys.stderr)
        print("  repeat:", again, file=sys.stderr)
    return end.exit_status


def main() -> int:
    chosen = parse()
    if int(chosen.mem[:-1]) * (1024 if chosen.mem[-1] == "G" else 1) < LEAST_MEM:
        return refused(2, f"MEM={chosen.mem} is refused: Linux needs {LEAST_MEM}M")
    try:
        kernel = linux_kernel.kernel(chosen.linux)
        files = files_of(kernel.busybox, loadable(chosen, kernel.headers), chosen)
    except linux_kernel.Unavailable as reason:
        return refused(qemu.End.ENVIRONMENT.exit_status, reason)
    except Refused as why:
        return refused(2, why)
    return report(chosen, boot(chosen, kernel, newc(files)))


if __name__ == "__main__":
    options.exit_with(main)
