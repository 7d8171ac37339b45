#!/usr/bin/python3
# shell.py: boots to the shell on the serial line, which is this terminal.
# SPDX-License-Identifier: MIT
"""QEMU has the terminal meanwhile: every key, Ctrl-C too, goes to the kernel, and Ctrl-] x ends
QEMU, as the end of the terminal does. Exit status as run.py's: 0 after `poweroff`.
Beside the shell's kernel lies the explorer's, for `explore`, and the shell's again, for the way
back."""

from __future__ import annotations

import select
import subprocess
import sys
import tempfile
import termios
from dataclasses import replace
from pathlib import Path

import child
import iso
import options
import qemu


LOOK_MS = 200  # how often we look whether QEMU has ended
# On one CPU, for people, without its log, for as long as it takes; then the shell again.
EXPLORER_WORDS = "maxcpus=1 table=1 loglevel=4 timeout=0 then=shell"
RESETS = ("-no-reboot", "-no-shutdown")


def terminal_modes() -> list[object] | None:
    return termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None


def put_back(modes: list[object] | None) -> None:
    try:
        if modes:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, modes)
    except (termios.error, OSError):
        pass  # it has gone


def command_line(setup: qemu.Setup, image: Path) -> list[str]:
    """As for any run, but the monitor shares the line, and a reset is one."""
    command = [word for word in qemu.command_line(setup, image) if word not in RESETS]
    at = command.index("stdio,id=serial,signal=off")
    command[at] = "stdio,id=serial,mux=on,signal=off"
    return command + ["-echr", "0x1d", "-mon", "chardev=serial"]


def wait_for(kernel: subprocess.Popen[bytes]) -> int:
    """Its exit status, at its end or that of our terminal, of which a signal may not tell us."""
    terminal = select.poll()
    terminal.register(sys.stdin, 0)  # its hangup is all that we look for: the keys are QEMU's
    while kernel.poll() is None:
        if terminal.poll(LOOK_MS):
            kernel.kill()
    return kernel.returncode


def beside(setup: qemu.Setup, explorer: Path) -> list[iso.Module]:
    seed = next(word for word in setup.words.split() if word.startswith("seed="))
    words = f"mode=explore {seed} {EXPLORER_WORDS}"
    return [iso.Module(explorer, "explore", words), iso.Module(setup.kernel, "shell", setup.words)]


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--explorer", type=Path, required=True, help="the kernel of `explore`")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    given.add_argument("--wire", type=Path, required=True, help="what trace dump sends")
    chosen = given.parse_args()
    if "timeout=" not in chosen.args:
        chosen.args += " timeout=0"  # a user may think
    setup = options.setup(chosen, chosen.smp, "shell", "")
    # With a module its command runs it, and not the kernel at once.
    setup = replace(setup, words=setup.words.replace("mode=module", "mode=shell", 1))
    modes = terminal_modes()
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        image = Path(scratch) / "interlock.iso"
        try:
            modules = beside(setup, chosen.explorer)
            config = iso.boot_at_once(setup.words, modules)
            iso.make(setup.kernel, config, image, modules)
        except iso.IsoError as error:
            print(f"shell: {error}", file=sys.stderr)
            return qemu.End.ENVIRONMENT.exit_status
        chosen.wire.parent.mkdir(parents=True, exist_ok=True)
        words = command_line(replace(setup, wire=chosen.wire), image)
        kernel = subprocess.Popen(words, preexec_fn=child.die_with_parent)
        try:
            status = wait_for(kernel) if modes else kernel.wait()
        finally:
            kernel.kill()
            kernel.wait()
            put_back(modes)
    return qemu.STATUS.get(status, qemu.End.ENVIRONMENT).exit_status if status else 0


if __name__ == "__main__":
    options.exit_with(main)
