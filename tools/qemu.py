# qemu.py: boots a kernel in QEMU once, passes its serial line on, and says how the run ended.
# SPDX-License-Identifier: MIT
"""One QEMU, its time bounded by this machine's clock, and never left behind."""

from __future__ import annotations

import enum
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable

import iso
from child import die_with_parent
from hang import describe_cpus
from qmp import Monitor, MonitorError

KVM_SILENCE = 5.0  # seconds after which a silent KVM counts as one that does not work here
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|[\r\0]")


class End(enum.Enum):
    """How a run ended, and what there is to say about it."""

    PASS = "every check held"
    FAIL = "a check did not hold"
    REFUSED = "the kernel refused its command line"
    HANG = "the kernel hangs"
    PANIC = "the kernel panicked"
    RESET = "the machine stopped without the kernel's verdict"
    ENVIRONMENT = "QEMU did not run the kernel"

    @property
    def exit_status(self) -> int:
        return EXIT_STATUS[self]


EXIT_STATUS = {
    End.PASS: 0,
    End.FAIL: 1,
    End.REFUSED: 2,
    End.HANG: 3,
    End.PANIC: 4,
    End.RESET: 4,  # a panic that the kernel could not report
    End.ENVIRONMENT: 5,
}


# tcg-single runs the virtual CPUs in turn: what needs CPUs that run in parallel is skipped there.
ACCELERATORS = {"tcg": "tcg,thread=multi", "tcg-single": "tcg,thread=single", "kvm": "kvm"}

# The kernel writes v to isa-debug-exit, and QEMU's exit status is 2 * v + 1.
STATUS = {33: End.PASS, 35: End.FAIL, 37: End.PANIC, 39: End.REFUSED}


@dataclass(frozen=True)
class Setup:
    """What to boot, and on what machine."""

    kernel: Path  # what GRUB loads
    elf: Path  # the same with its debug information
    words: str  # the kernel's command line
    smp: int
    mem: str
    accel: str
    timeout: float
    counts: bool = False  # its time is the number of instructions executed; for one CPU
    wire: Path | None = None  # where the bytes of its second serial line go
    wire_port: int = 0  # or the TCP port where it listens for who is at the other end of that line


@dataclass
class Outcome:
    end: End
    lines: list[str]  # what came over the serial line
    notes: list[str] = field(default_factory=list)  # what there is to say about the end
    seconds: float = 0.0


def default_timeout(smp: int) -> float:
    """Many virtual CPUs share few real ones: each adds to the time that a healthy run may take."""
    return 300.0 + 5.0 * smp


def machine(smp: int, mem: str, accel: str) -> list[str]:
    """QEMU, and the machine that it is to be."""
    return [
        "qemu-system-x86_64",
        *("-nodefaults", "-no-user-config", "-display", "none", "-vga", "std"),
        *("-machine", "q35", "-accel", accel, "-cpu", "max", "-smp", str(smp), "-m", mem),
    ]


def tcp_line(port: int) -> str:
    return f"tcp:127.0.0.1:{port},server=on,wait=off,nodelay=on"


def command_line(setup: Setup, image: Path) -> list[str]:
    accel, counting = ACCELERATORS[setup.accel], []
    if setup.counts:
        accel, counting = "tcg,thread=single", ["-icount", "shift=0,sleep=off"]
    return [
        *machine(setup.smp, setup.mem, accel),
        *counting,
        *("-cdrom", str(image), "-boot", "d"),
        *("-chardev", "stdio,id=serial,signal=off", "-serial", "chardev:serial"),
        *(("-serial", f"file:{setup.wire}") if setup.wire else ()),
        *(("-serial", tcp_line(setup.wire_port)) if setup.wire_port else ()),
        *("-device", "isa-debug-exit,iobase=0xf4,iosize=4"),
        # A reset stops the machine where it is, so that we can say where that was.
        *("-no-reboot", "-no-shutdown"),
    ]


class Lines:
    """Whole lines of the serial line, without GRUB's escape sequences."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self.show = show
        self.all: list[str] = []
        self.rest = b""

    def feed(self, data: bytes) -> None:
        *whole, self.rest = (self.rest + data).split(b"\n")
        for line in whole:
            self._take(line)

    def flush(self) -> None:
        if self.rest:
            self._take(self.rest)
            self.rest = b""

    def _take(self, raw: bytes) -> None:
        line = ESCAPES.sub("", raw.decode("utf-8", "replace")).rstrip()
        if line or self.all:
            self.all.append(line)
            self.show(line)


class Run:
    """A running QEMU. Use as a context manager: at its end the process is gone."""

    def __init__(self, setup: Setup, show: Callable[[str], None], scratch: Path) -> None:
        self.setup = setup
        self.lines = Lines(show)
        socket_path = scratch / "monitor"
        self.errors = open(scratch / "errors", "w+b")
        image = scratch / "interlock.iso"
        iso.make(setup.kernel, iso.boot_at_once(setup.words), image)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command_line(setup, image) + ["-qmp", f"unix:{socket_path},server=on,wait=off"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            start_new_session=True,  # Ctrl-C is for us; we end QEMU
            preexec_fn=die_with_parent,
        )
        self.monitor = Monitor(socket_path)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.monitor.close()
        self.errors.close()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def seconds(self) -> float:
        return time.monotonic() - self.started

    def watch(self) -> Outcome:
        """Follow the run to its end."""
        assert self.process.stdout is not None
        output = self.process.stdout.fileno()
        while True:
            if not self.monitor.is_connected and self.process.poll() is None:
                self.monitor.connect()
            sources: list[int] = [output] + self.monitor.filenos()
            ready, _, _ = select.select(sources, [], [], 0.2)
            if output in ready:
                data = os.read(output, 65536)
                if not data:
                    return self._exited()
                self.lines.feed(data)
            for event in self.monitor.events() if set(ready) - {output} else []:
                if event["event"] == "SHUTDOWN":
                    return self._stopped(event["data"].get("reason", ""))
            if self.seconds() > self.setup.timeout:
                return self._hung()
            if self.setup.accel == "kvm" and not self.lines.all and self.seconds() > KVM_SILENCE:
                return Outcome(End.ENVIRONMENT, [], ["kvm: silent"])

    def _outcome(self, end: End, *notes: str) -> Outcome:
        self.lines.flush()
        return Outcome(end, self.lines.all, list(notes), self.seconds())

    def _exited(self) -> Outcome:
        status = self.process.wait()
        end = STATUS.get(status, End.ENVIRONMENT)
        if end is not End.ENVIRONMENT:
            return self._outcome(end)
        self.errors.seek(0)
        said = self.errors.read().decode("utf-8", "replace").strip().splitlines()
        return self._outcome(end, f"QEMU ended with status {status} and no verdict", *said[-8:])

    def _stopped(self, reason: str) -> Outcome:
        what = {
            "guest-reset": "a reset, perhaps by a triple fault; where the CPUs were:",
            "guest-shutdown": "a power-off; where the CPUs were:",
        }.get(reason, f"QEMU stopped: {reason}")
        self._drain()
        return self._outcome(End.RESET, what, *self._cpus())

    def _hung(self) -> Outcome:
        cpus = self._cpus()
        if self._drain():
            return self._exited()  # it came to its end at the last moment
        what = f"no verdict within {self.setup.timeout:.0f} s; what the CPUs are doing:"
        return self._outcome(End.HANG, what, *cpus)

    def _drain(self) -> bool:
        """What the machine wrote before it stopped is still on its way to us. True at its end."""
        assert self.process.stdout is not None
        output = self.process.stdout.fileno()
        until = time.monotonic() + 2.0
        while time.monotonic() < until and select.select([output], [], [], 0.1)[0]:
            data = os.read(output, 65536)
            if not data:
                return True
            self.lines.feed(data)
        return False

    def _cpus(self) -> list[str]:
        if not self.monitor.is_connected:
            self.monitor.connect()
        try:
            return describe_cpus(self.monitor, self.setup.elf)
        except MonitorError as error:
            return [f"QEMU's monitor does not answer: {error}"]


def boot(setup: Setup, show: Callable[[str], None]) -> Outcome:
    """Boot once; with KVM that does not work here, once more without it."""
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        try:
            with Run(setup, show, Path(scratch)) as run:
                outcome = run.watch()
        except FileNotFoundError as error:
            note = f"{error.filename} is not installed; `make deps` does that"
            return Outcome(End.ENVIRONMENT, [], [note])
        except (OSError, iso.IsoError) as error:
            return Outcome(End.ENVIRONMENT, [], [str(error)])
    if setup.accel == "kvm" and outcome.end is End.ENVIRONMENT and not outcome.lines:
        why = outcome.notes[-1].removeprefix("kvm: ")
        print(f"KVM does not work on this machine ({why}): going on with tcg", file=sys.stderr)
        return boot(replace(setup, accel="tcg"), show)
    return outcome
