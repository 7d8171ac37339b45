#!/usr/bin/python3
# debug.py: starts the kernel in QEMU, stopped at its first instruction, and attaches gdb to it.
# SPDX-License-Identifier: MIT
"""The serial line goes to build/logs/debug.log, because the terminal is gdb's."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import explore
import explored
import iso
import options
import qemu


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gdb_command(elf: Path, port: int, more: list[str]) -> list[str]:
    """gdb on the kernel, at the entry of kmain: a hardware breakpoint, since at the machine's reset
    the kernel is not in memory yet, and GRUB would overwrite a software one. Then @more."""
    commands = [
        "set confirm off",
        "set pagination off",
        "set architecture i386:x86-64",
        f"target remote 127.0.0.1:{port}",
        "hbreak kmain",
        "continue",
        *more,
    ]
    return ["gdb", "-q", str(elf)] + [word for line in commands for word in ("-ex", line)]


def wait_for_stub(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether QEMU comes up and listens. A connection now would use up the stub's only one, so look
    for the port by trying to take it."""
    deadline = time.monotonic() + 20.0
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return True
        time.sleep(0.05)
    return False


def debug(setup: qemu.Setup, log: Path, more: list[str]) -> int:
    port = free_port()
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        image = Path(scratch) / "interlock.iso"
        iso.make(setup.kernel, iso.boot_at_once(setup.words), image)
        command = qemu.command_line(setup, image) + ["-S", "-gdb", f"tcp:127.0.0.1:{port}"]
        with open(log, "wb") as serial:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=serial,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=qemu.die_with_parent,
            )
            try:
                if not wait_for_stub(process, port):
                    print(f"debug: QEMU did not start; see {log}", file=sys.stderr)
                    return qemu.End.ENVIRONMENT.exit_status
                print(f"debug: the serial line goes to {log}; QEMU's stub is on port {port}")
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is gdb's: it stops the kernel
                return subprocess.run(gdb_command(setup.elf, port, more), check=False).returncode
            finally:
                process.kill()
                process.wait()


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    explore.add_options(given)
    given.add_argument("--replay", default="", help="stop before the last step of the explorer's")
    chosen = given.parse_args()
    for tool in ("gdb", "qemu-system-x86_64"):
        if not shutil.which(tool):
            print(f"debug: {tool} is not installed; `make deps` does that", file=sys.stderr)
            return qemu.End.ENVIRONMENT.exit_status
    if "timeout=" not in chosen.args:
        chosen.args += " timeout=0"  # a stopped kernel is not a hung one
    setup, more = options.setup(chosen, chosen.smp, "run", chosen.run), []
    if chosen.replay:
        setup = explore.setup_for(chosen, "explore", explored.Code(chosen.elf))
        setup = replace(setup, words=f"{setup.words} replay={chosen.replay}")
        more = ["source tools/explore.gdb"]
    try:
        return debug(setup, chosen.logs / "debug.log", more)
    except iso.IsoError as error:
        print(f"debug: {error}", file=sys.stderr)
        return qemu.End.ENVIRONMENT.exit_status


if __name__ == "__main__":
    options.exit_with(main)
