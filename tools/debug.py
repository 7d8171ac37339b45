#!/usr/bin/python3
# debug.py: starts the kernel in QEMU, stopped at its first instruction, and attaches gdb to it.
# SPDX-License-Identifier: MIT
"""The terminal is gdb's. The serial line goes to a file, and inside tmux to a second pane too.
However gdb ends, QEMU and the pane end with it, and the terminal is as it was."""

from __future__ import annotations

import argparse
import functools
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Callable, Iterator

import child
import explore
import explored
import iso
import options
import qemu

PACK = Path(__file__).resolve().parent / "gdb" / "il.py"
FIRST_STOP = "kmain"
WAITS = b"gdb: waits for a debugger on COM2"  # the kernel's own stub, on the console
QEMU_PATIENCE = 120.0  # seconds until its stub is there, on a busy machine
GDB_PATIENCE = 5.0  # seconds that gdb has to end in order


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gdb_command(chosen: argparse.Namespace, port: int) -> list[str]:
    """gdb on the kernel, with its commands, up to the first stop. At the machine's reset the kernel
    is not in memory yet; the pack sets hardware breakpoints, which need no memory."""
    stops = [place for place in chosen.stop.split(",") if place]
    if chosen.stub == "qemu":
        stops = stops or [FIRST_STOP]
    lines = [
        "set confirm off",
        "set pagination off",
        "set breakpoint pending off",
        "set remotetimeout 60",  # on a busy machine the kernel's own stub takes its time
        "set architecture i386:x86-64",
        f"source {PACK}",
        f"python il_boot.attach({port}, {stops!r}, {chosen.stub!r})",
    ]
    if chosen.replay:
        lines.append("source tools/explore.gdb")
    words = ["gdb", "-q", str(chosen.elf)]
    if chosen.script:
        words[1:1] = ["-nx", "-batch"]
    words += [word for line in lines for word in ("-ex", line)]
    return words + (["-x", str(chosen.script)] if chosen.script else [])


def is_taken(port: int) -> bool:
    """Whether QEMU listens. A connection now would use up its only one, so try to take the port."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def wait_for_stub(process: subprocess.Popen[bytes], is_there: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + QEMU_PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if is_there():
            return True
        time.sleep(0.05)
    return False


@contextmanager
def machine(setup: qemu.Setup, log: Path, port: int) -> Iterator[subprocess.Popen[bytes] | None]:
    """QEMU, stopped, with its stub on @port, or with the kernel's at the other end of its second
    serial line; None if it does not start. Gone in the end."""
    own = ["-S", "-gdb", f"tcp:127.0.0.1:{port}"]
    if setup.wire_port:
        own = []
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch, open(log, "wb") as serial:
        image = Path(scratch) / "interlock.iso"
        iso.make(setup.kernel, iso.boot_at_once(setup.words), image)
        process = subprocess.Popen(
            qemu.command_line(setup, image) + own,
            stdin=subprocess.DEVNULL,
            stdout=serial,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=child.die_with_parent,
        )
        try:
            kernel_waits = lambda: WAITS in log.read_bytes()
            if wait_for_stub(process, kernel_waits if setup.wire_port else lambda: is_taken(port)):
                yield process
            else:
                what = "the kernel" if setup.wire_port else "QEMU"
                print(f"debug: {what} did not start; see {log}", file=sys.stderr)
                yield None
        finally:
            process.kill()
            process.wait()


@contextmanager
def terminal_kept() -> Iterator[None]:
    """The terminal, if there is one, is as before in the end, even if gdb crashed in raw mode."""
    try:
        before = termios.tcgetattr(0)
    except (termios.error, OSError):
        yield
        return
    try:
        yield
    finally:
        try:
            termios.tcsetattr(0, termios.TCSADRAIN, before)
        except (termios.error, OSError):
            pass  # it has gone


@contextmanager
def pane(log: Path) -> Iterator[bool]:
    """The serial line in a second pane of tmux; False if this is not tmux."""
    here = os.environ.get("TMUX_PANE")
    if not (here and os.environ.get("TMUX") and shutil.which("tmux") and sys.stdout.isatty()):
        yield False
        return
    follow = [sys.executable, "-B", str(PACK.parent.parent / "follow.py"), str(log)]
    done = subprocess.run(
        ["tmux", "split-window", "-d", "-v", "-P", "-F", "#{pane_id}", "-t", here]
        + [shlex.join([*follow, str(os.getpid())])],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            kill = ["tmux", "kill-pane", "-t", done.stdout.strip()]
            subprocess.run(kill, capture_output=True, check=False)


def run_gdb(command: list[str]) -> int:
    """Until it ends, or somebody ends us: then it is asked to end before it is made to."""
    die = functools.partial(child.die_with_parent, signal.SIGTERM)
    gdb = subprocess.Popen(command, preexec_fn=die)
    try:
        return gdb.wait()
    finally:
        if gdb.poll() is None:
            gdb.terminate()
            try:
                gdb.wait(GDB_PATIENCE)
            except subprocess.TimeoutExpired:
                gdb.kill()
                gdb.wait()


def with_line(chosen: argparse.Namespace, setup: qemu.Setup, port: int) -> qemu.Setup:
    """The machine whose kernel speaks with gdb itself."""
    if chosen.stub == "qemu":
        return setup
    return replace(setup, words=f"{setup.words} gdb=1", wire_port=port)


def debug(chosen: argparse.Namespace, setup: qemu.Setup, log: Path) -> int:
    port = free_port()
    setup = with_line(chosen, setup, port)
    with terminal_kept(), machine(setup, log, port) as running:
        if not running:
            return qemu.End.ENVIRONMENT.exit_status
        with pane(log) as is_shown:
            where = "the second pane and " if is_shown else ""
            print(f"debug: the serial line goes to {where}{log}", flush=True)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is gdb's: it stops the kernel
            status = run_gdb(gdb_command(chosen, port))
            return 128 - status if status < 0 else status


def relay(client: socket.socket, stub: socket.socket) -> None:
    """Pass on what they say, until one of them hangs up."""
    other = {client: stub, stub: client}
    while True:
        for ready in select.select(list(other), [], [])[0]:
            try:
                data = ready.recv(65536)
                other[ready].sendall(data)
            except OSError:
                return
            if not data:
                return


def serve(chosen: argparse.Namespace, setup: qemu.Setup, log: Path) -> int:
    """For a gdb that somebody else starts: it connects to a port that was agreed on, once."""
    port = free_port()
    setup = with_line(chosen, setup, port)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", chosen.server))
        except OSError as error:
            print(f"debug: port {chosen.server}: {error.strerror}", file=sys.stderr)
            return qemu.End.ENVIRONMENT.exit_status
        with machine(setup, log, port) as running:
            if not running:
                return qemu.End.ENVIRONMENT.exit_status
            listener.listen(1)
            print(f"debug: the serial line goes to {log}", flush=True)
            print(f"debug: waiting for gdb on port {chosen.server}", flush=True)
            while not select.select([listener], [], [], 1.0)[0]:
                if running.poll() is not None:
                    print(f"debug: QEMU has ended; see {log}", file=sys.stderr)
                    return qemu.End.ENVIRONMENT.exit_status
            client, _ = listener.accept()
            with client, socket.create_connection(("127.0.0.1", port)) as stub:
                relay(client, stub)
    print("debug: gdb has gone, and QEMU with it")
    return 0


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    given.add_argument("--stop", default="", help="where to stop first, with commas between")
    given.add_argument("--script", type=Path, help="gdb's commands in a file, and then its end")
    given.add_argument("--stub", choices=["qemu", "kernel"], default="qemu", help="gdb's other end")
    given.add_argument("--server", type=int, default=0, help="only QEMU, for a gdb on this port")
    explore.add_options(given)
    given.add_argument("--replay", default="", help="stop before the last step of the explorer's")
    chosen = given.parse_args()
    for tool in ("gdb", "qemu-system-x86_64"):
        if not shutil.which(tool):
            print(f"debug: {tool} is not installed; `make deps` does that", file=sys.stderr)
            return qemu.End.ENVIRONMENT.exit_status
    if "timeout=" not in chosen.args:
        chosen.args += " timeout=0"  # a stopped kernel is not a hung one
    if not chosen.stats and chosen.profile != "fast" and not chosen.replay:
        chosen.stats = "1"  # locks know since when they are held
    setup, log = options.setup(chosen, chosen.smp, "run", chosen.run), "debug.log"
    if chosen.replay:
        log = "debug-replay.log"  # two may debug at once, a kernel each
        setup = explore.setup_for(chosen, "explore", explored.Code(chosen.elf))
        setup = replace(setup, words=f"{setup.words} replay={chosen.replay}")
    try:
        return (serve if chosen.server else debug)(chosen, setup, chosen.logs / log)
    except iso.IsoError as error:
        print(f"debug: {error}", file=sys.stderr)
        return qemu.End.ENVIRONMENT.exit_status


if __name__ == "__main__":
    options.exit_with(main)
