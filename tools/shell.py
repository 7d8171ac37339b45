#!/usr/bin/python3
# shell.py: boots to the shell on the serial line, which is this terminal.
# SPDX-License-Identifier: MIT
"""QEMU has the terminal meanwhile: every key, Ctrl-C too, goes to the kernel, and Ctrl-] X ends
QEMU. Exit status as run.py's: 0 after `poweroff`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import termios
from pathlib import Path

import iso
import options
import qemu


def terminal_modes() -> list[object] | None:
    return termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None


def command_line(setup: qemu.Setup, image: Path) -> list[str]:
    """As for any run, but the monitor shares the line, and a reset is one."""
    command = [word for word in qemu.command_line(setup, image) if not word.startswith("-no-")]
    at = command.index("stdio,id=serial,signal=off")
    command[at] = "stdio,id=serial,mux=on,signal=off"
    return command + ["-nodefaults", "-no-user-config", "-echr", "0x1d", "-mon", "chardev=serial"]


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    given.add_argument("--wire", type=Path, required=True, help="what trace dump sends")
    chosen = given.parse_args()
    if "timeout=" not in chosen.args:
        chosen.args += " timeout=0"  # a user may think
    setup = options.setup(chosen, chosen.smp, "shell", "")
    modes = terminal_modes()
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        image = Path(scratch) / "interlock.iso"
        iso.make(setup.kernel, iso.boot_at_once(setup.words), image)
        chosen.wire.parent.mkdir(parents=True, exist_ok=True)
        words = command_line(qemu.replace(setup, wire=chosen.wire), image)
        kernel = subprocess.Popen(words, preexec_fn=qemu.die_with_parent)
        try:
            status = kernel.wait()
        finally:
            kernel.kill()
            kernel.wait()
            if modes:
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, modes)
    return qemu.STATUS.get(status, qemu.End.ENVIRONMENT).exit_status if status else 0


if __name__ == "__main__":
    options.exit_with(main)
