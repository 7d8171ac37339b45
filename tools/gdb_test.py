#!/usr/bin/python3
# gdb_test.py: tries make debug, and gdb's commands for this kernel; results in TAP.
# SPDX-License-Identifier: MIT
"""usage: gdb_test.py NAME=value...     variables for make: CC, PROFILE, BUILD, UP, ...

The commands are tried by gdb itself, which runs tools/gdb/scene_test.py. Here it is seen that
everything ends with gdb, however that ends, and that what .vscode/ says does what make debug
does."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable

import child
import options
import tap
from debug import free_port
from tap import Test, check, check_says

PATIENCE = 300.0  # seconds, for whatever it is
SCENE, SCRIPT = "tools/gdb/scene.c", "tools/gdb/scene_test.py"
STUB_SCRIPT = "tools/gdb/stub_test.py"
RESULT = re.compile(r"^(not )?ok (\d+) - (.*)$")
PROMPT = b"(gdb) "
AS_IN_LAUNCH = {"CC=gcc", "PROFILE=checked", "UP=", "RWLOCK=fair"}


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        check(time.monotonic() < deadline, f"within {PATIENCE:.0f} s not: {what}")
        time.sleep(0.05)


def descendants(pid: int) -> dict[int, str]:
    """The processes that a process has started, and theirs, with their names."""
    found: dict[int, str] = {}
    parents: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(") ")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if state != "Z":
            names[int(entry.name)] = name
            parents.setdefault(int(parent), []).append(int(entry.name))
    todo = [pid]
    while todo:
        for other in parents.get(todo.pop(), []):
            found[other] = names[other]
            todo.append(other)
    return found


def is_gone(pid: int, name: str) -> bool:
    try:
        said = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return f"({name})" not in said or said.rpartition(") ")[2].startswith("Z")


def told_by_gdb(prefix: str, end: str, *goal: str) -> list[Test]:
    """The results of a script that gdb runs, which says @end when it comes to its end."""
    _, said = tap.make("debug", f"MODULE={SCENE}", *goal, patience=PATIENCE)
    results: list[Test] = []
    story: list[str] = []
    for line in said.splitlines():
        match = RESULT.match(line)
        if match:
            wrong = "\n".join(story) or "it failed, and says not why"
            results.append((prefix + match.group(3), partial(check, not match.group(1), wrong)))
        if line.startswith("# ") or match:
            story = [] if match else [*story, line[2:]]
    whole = end in said and len(results) > 10
    return [*results, (f"{prefix}gdb_came_to_its_end", partial(check, whole, said[-3000:]))]


def commands_of_gdb() -> list[Test]:
    """scene_test.py, with QEMU's stub and with the kernel's. gdb has been told to kill QEMU in the
    end: so it came to its end."""
    goal = [f"SCRIPT={SCRIPT}", "BREAK=start"]
    if tap.variables().get("PROFILE") != "fast":
        goal.append("ARGS=trace=1")
    return [
        *told_by_gdb("", "Inferior 1 (process 1) killed", *goal),
        *told_by_gdb("own_", "(Remote target) killed", f"SCRIPT={SCRIPT}", "STUB=kernel"),
    ]


def stub_of_the_kernel() -> list[Test]:
    """stub_test.py, whose last test is that gdb is told the run's exit status."""
    goal, end = (f"SCRIPT={STUB_SCRIPT}", "STUB=kernel"), "exited with code 04"
    counts = ("1",) if "UP=1" in sys.argv else ("1", "2", "4")
    return [test for n in counts for test in told_by_gdb(f"smp{n}_", end, *goal, f"SMP={n}")]


class Session:
    """make debug on a terminal of its own, at gdb's first prompt."""

    def __init__(self, *goal: str) -> None:
        self.terminal, far = pty.openpty()
        self.far = far
        self.before = termios.tcgetattr(far)
        self.said = b""
        self.process = subprocess.Popen(
            ["make", "--silent", "debug", "SMP=1", *goal, *sys.argv[1:]],
            stdin=far,
            stdout=far,
            stderr=far,
            env={k: v for k, v in os.environ.items() if k not in ("TMUX", "TMUX_PANE")},
            preexec_fn=self._own_terminal,
        )
        self.children: dict[int, str] = {}

    def _own_terminal(self) -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def read_until(self, text: bytes) -> None:
        deadline = time.monotonic() + PATIENCE
        start = len(self.said)
        while text not in self.said[start:]:
            ready = select.select([self.terminal], [], [], 1.0)[0]
            is_over = time.monotonic() > deadline or self.process.poll() is not None
            check(ready or not is_over, f"no {text!r} in {self.said[-2000:]!r}")
            if not ready:
                continue
            try:
                self.said += os.read(self.terminal, 65536)
            except OSError:
                check(False, f"the end came before {text!r}: {self.said[-2000:]!r}")

    def send(self, line: bytes) -> None:
        os.write(self.terminal, line)

    def find(self, name: str) -> int:
        found = [pid for pid, other in self.children.items() if other.startswith(name)]
        check(found, f"no {name} among {self.children}")
        return found[0]

    def ends(self) -> None:
        """Every process has gone, and the terminal is as it was."""
        wait_for(lambda: self.process.poll() is not None, "make has ended")
        for pid, name in self.children.items():
            wait_for(lambda p=pid, n=name: is_gone(p, n), f"{name} has ended")
        after = termios.tcgetattr(self.far)
        check(after[:4] == self.before[:4], f"the terminal was left so: {after[:4]}")

    def __enter__(self) -> Session:
        try:
            self.read_until(PROMPT)
        except BaseException:
            self.__exit__()
            raise
        self.children = descendants(self.process.pid)
        return self

    def __exit__(self, *_: object) -> None:
        self.children.update(descendants(self.process.pid))
        self.children[self.process.pid] = "make"
        for pid, name in self.children.items():
            if not is_gone(pid, name):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.terminal)
        os.close(self.far)


def ends_with_quit() -> None:
    """And Ctrl-C before it stops the kernel, not us."""
    with Session() as session:
        check(b"kmain" in session.said, "it did not stop at kmain")
        session.send(b"delete\ncontinue\n")
        session.read_until(b"Continuing.")
        time.sleep(0.5)
        session.send(b"\x03")
        session.read_until(PROMPT)
        session.send(b"il cpus\n")
        session.read_until(b"cpu0 (gdb's thread 1)")
        if tap.variables().get("PROFILE") != "fast":
            session.send(b"il trace\n")
            session.read_until(b"nothing is noted down: boot with ARGS=trace=1")
        session.send(b"quit\n")
        session.ends()


def ends_with_the_run() -> None:
    """The kernel's own stub: Ctrl-C, and the exit status of the run when that ends."""
    with Session("STUB=kernel") as session:
        check(b"debugger_start" in session.said, "it did not stop where the kernel waits")
        session.send(b"continue\n")
        session.read_until(b"Continuing.")
        time.sleep(0.5)
        session.send(b"\x03")
        session.read_until(PROMPT)
        check(b"SIGINT" in session.said, f"it was not stopped: {session.said[-500:]!r}")
        session.send(b"il cpus\n")
        session.read_until(b"cpu0 (gdb's thread ")
        session.send(b"continue\n")
        session.read_until(b"exited normally")
        session.send(b"quit\n")
        session.ends()


def ends_with_a_crash() -> None:
    with Session() as session:
        os.kill(session.find("gdb"), signal.SIGKILL)
        session.ends()


def ends_with_a_hangup() -> None:
    with Session() as session:
        python = [pid for pid, name in session.children.items() if name.startswith("python")]
        check(python, f"no python among {session.children}")
        os.kill(python[0], signal.SIGHUP)
        session.ends()


def ends_with_a_murder() -> None:
    """Nothing runs on when our own program is killed and can do nothing."""
    with Session() as session:
        python = [pid for pid, name in session.children.items() if name.startswith("python")]
        os.kill(python[0], signal.SIGKILL)
        for name in ("gdb", "qemu"):
            pid = session.find(name)
            wait_for(lambda: is_gone(pid, session.children[pid]), f"{name} has ended")


def refuses_a_name() -> None:
    status, said = tap.make("debug", "BREAK=no_such_function", patience=PATIENCE)
    check(status, "its exit status is 0")
    check_says(said, 'debug: Function "no_such_function" not defined.')


def shows_a_second_pane() -> None:
    """Inside tmux, as long as gdb lives."""
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        tmux = ["tmux", "-f", "/dev/null", "-S", f"{scratch}/socket"]
        make = shlex.join(["make", "--silent", "debug", "SMP=1", *sys.argv[1:]])

        def ask(*words: str) -> str:
            done = subprocess.run([*tmux, *words], capture_output=True, text=True, check=False)
            return done.stdout

        def panes() -> int:
            return len(ask("list-panes", "-t", "it").splitlines())

        try:
            ask("new-session", "-d", "-s", "it", "-x", "120", "-y", "50", f"{make}; sleep 1000")
            wait_for(lambda: "(gdb)" in ask("capture-pane", "-p", "-t", "it:0.0"), "gdb's prompt")
            check(panes() == 2, "there is no second pane")
            ask("send-keys", "-t", "it:0.0", "delete", "Enter", "continue", "Enter")
            wait_for(lambda: "cpu0" in ask("capture-pane", "-p", "-t", "it:0.1"),
                     "the log is in the second pane")
            ask("send-keys", "-t", "it:0.0", "C-c")
            wait_for(lambda: "SIGINT" in ask("capture-pane", "-p", "-t", "it:0.0"), "it stops")
            ask("send-keys", "-t", "it:0.0", "quit", "Enter")
            wait_for(lambda: panes() == 1, "the second pane has gone")
        finally:
            ask("kill-server")


def vscode(name: str, port: int) -> Any:
    """A file of .vscode/, with its variables put in, where we build, and a port that is free."""
    text = Path(f".vscode/{name}.json").read_text(encoding="utf-8").replace("1234", str(port))
    build = Path(tap.variables().get("BUILD", "build")).resolve()
    text = text.replace("${workspaceFolder}/build/", f"{build}/")
    return json.loads(text.replace("${workspaceFolder}", os.getcwd()))


def does_as_vscode() -> None:
    """What the extension cppdbg does with launch.json and tasks.json, by its rules."""
    if not AS_IN_LAUNCH <= set(sys.argv):
        raise tap.Skipped(f"launch.json names the kernel of {' '.join(sorted(AS_IN_LAUNCH))}")
    port = free_port()
    launch = vscode("launch", port)["configurations"][0]
    tasks = {task["label"]: task for task in vscode("tasks", port)["tasks"]}
    task = tasks[launch["preLaunchTask"]]
    lines = [*(command["text"] for command in launch["setupCommands"]),
             f"-file-exec-and-symbols {launch['program']}",
             f"-target-select remote {launch['miDebuggerServerAddress']}",
             *(command["text"] for command in launch["postRemoteConnectCommands"]),
             "continue", "il cpus", "-gdb-exit"]
    # As a script: a continue comes back when the machine has stopped.
    script = "".join(f'interpreter-exec mi "{line}"\n' if line.startswith("-") else f"{line}\n"
                     for line in lines)
    command = [task["command"], *task["args"], *sys.argv[1:], "SMP=1"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    with child.group(command, text=True, **pipes) as server:
        ready = task["problemMatcher"]["background"]["endsPattern"]
        check(any(ready in line for line in server.stdout), "the task is never ready")
        with tempfile.NamedTemporaryFile("w", suffix=".gdb") as file:
            file.write(script)
            file.flush()
            gdb = [launch["miDebuggerPath"], "-nx", "-q", "--interpreter=mi", "-x", file.name]
            _, said = child.run(gdb, PATIENCE)
        check("kmain" in said and "cpu" in said, said)
        wait_for(lambda: server.poll() is not None, "QEMU has gone with gdb")


def main() -> int:
    tests = [ends_with_quit, ends_with_the_run, ends_with_a_crash, ends_with_a_hangup,
             ends_with_a_murder, refuses_a_name, does_as_vscode]
    if shutil.which("tmux"):
        tests.append(shows_a_second_pane)
    return tap.run([*commands_of_gdb(), *stub_of_the_kernel(), *tap.named(*tests)])


if __name__ == "__main__":
    options.exit_with(main)
