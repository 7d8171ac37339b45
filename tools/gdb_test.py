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
import socket
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import Callable

PATIENCE = 300.0  # seconds, for whatever it is
SCENE, SCRIPT = "tools/gdb/scene.c", "tools/gdb/scene_test.py"
RESULT = re.compile(r"^(not )?ok (\d+) - (.*)$")
PROMPT = b"(gdb) "


class Failed(Exception):
    """A test did not hold."""


def require(holds: object, what: str) -> None:
    if not holds:
        raise Failed(what)


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        require(time.monotonic() < deadline, f"within {PATIENCE:.0f} s not: {what}")
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
        for child in parents.get(todo.pop(), []):
            found[child] = names[child]
            todo.append(child)
    return found


def is_gone(pid: int, name: str) -> bool:
    try:
        said = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return f"({name})" not in said or said.rpartition(") ")[2].startswith("Z")


def commands_of_gdb(variables: list[str]) -> list[tuple[str, str]]:
    """The results of scene_test.py: a name, and what is wrong."""
    command = ["make", "--silent", "debug", f"MODULE={SCENE}", f"SCRIPT={SCRIPT}", "BREAK=start"]
    has_trace = "PROFILE=fast" not in variables
    done = subprocess.run(
        [*command, *["ARGS=trace=1"] * has_trace, *variables],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    results, story = [], []
    for line in done.stdout.splitlines():
        match = RESULT.match(line)
        if match:
            wrong = "\n".join(story) if match.group(1) else ""
            results.append((match.group(3), wrong))
        if line.startswith("# ") or match:
            story = [] if match else [*story, line[2:]]
    # gdb has been told to kill QEMU in the end: so it came to its end.
    whole = "Inferior 1 (process 1) killed" in done.stdout and len(results) > 10
    results.append(("gdb_came_to_its_end", "" if whole else done.stdout[-3000:]))
    return results


class Session:
    """make debug on a terminal of its own, at gdb's first prompt."""

    def __init__(self, variables: list[str]) -> None:
        self.terminal, far = pty.openpty()
        self.far = far
        self.before = termios.tcgetattr(far)
        self.said = b""
        self.process = subprocess.Popen(
            ["make", "--silent", "debug", "SMP=1", *variables],
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
            require(ready or not is_over, f"no {text!r} in {self.said[-2000:]!r}")
            if not ready:
                continue
            try:
                self.said += os.read(self.terminal, 65536)
            except OSError:
                raise Failed(f"the end came before {text!r}: {self.said[-2000:]!r}") from None

    def send(self, line: bytes) -> None:
        os.write(self.terminal, line)

    def find(self, name: str) -> int:
        found = [pid for pid, other in self.children.items() if other.startswith(name)]
        require(found, f"no {name} among {self.children}")
        return found[0]

    def ends(self) -> None:
        """Every process has gone, and the terminal is as it was."""
        wait_for(lambda: self.process.poll() is not None, "make has ended")
        for pid, name in self.children.items():
            wait_for(lambda p=pid, n=name: is_gone(p, n), f"{name} has ended")
        after = termios.tcgetattr(self.far)
        require(after[:4] == self.before[:4], f"the terminal was left so: {after[:4]}")

    def __enter__(self) -> Session:
        try:
            self.read_until(PROMPT)
        except Failed:
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


def ends_with_quit(variables: list[str]) -> None:
    """And Ctrl-C before it stops the kernel, not us."""
    with Session(variables) as session:
        require(b"kmain" in session.said, "it did not stop at kmain")
        session.send(b"delete\ncontinue\n")
        session.read_until(b"Continuing.")
        time.sleep(0.5)
        session.send(b"\x03")
        session.read_until(PROMPT)
        session.send(b"il cpus\n")
        session.read_until(b"cpu0 (gdb's thread 1)")
        if "PROFILE=fast" not in variables:
            session.send(b"il trace\n")
            session.read_until(b"nothing is noted down: boot with ARGS=trace=1")
        session.send(b"quit\n")
        session.ends()


def ends_with_a_crash(variables: list[str]) -> None:
    with Session(variables) as session:
        os.kill(session.find("gdb"), signal.SIGKILL)
        session.ends()


def ends_with_a_hangup(variables: list[str]) -> None:
    with Session(variables) as session:
        python = [pid for pid, name in session.children.items() if name.startswith("python")]
        require(python, f"no python among {session.children}")
        os.kill(python[0], signal.SIGHUP)
        session.ends()


def ends_with_a_murder(variables: list[str]) -> None:
    """Nothing runs on when our own program is killed and can do nothing."""
    with Session(variables) as session:
        python = [pid for pid, name in session.children.items() if name.startswith("python")]
        os.kill(python[0], signal.SIGKILL)
        for name in ("gdb", "qemu"):
            pid = session.find(name)
            wait_for(lambda: is_gone(pid, session.children[pid]), f"{name} has ended")


def refuses_a_name(variables: list[str]) -> None:
    command = ["make", "--silent", "debug", "BREAK=no_such_function", *variables]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    require(done.returncode, "its exit status is 0")
    require('debug: Function "no_such_function" not defined.' in done.stdout, done.stdout)


def shows_a_second_pane(variables: list[str]) -> None:
    """Inside tmux, as long as gdb lives."""
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        tmux = ["tmux", "-f", "/dev/null", "-S", f"{scratch}/socket"]
        make = shlex.join(["make", "--silent", "debug", "SMP=1", *variables])

        def ask(*words: str) -> str:
            done = subprocess.run([*tmux, *words], capture_output=True, text=True, check=False)
            return done.stdout

        def panes() -> int:
            return len(ask("list-panes", "-t", "it").splitlines())

        try:
            ask("new-session", "-d", "-s", "it", "-x", "120", "-y", "50", f"{make}; sleep 1000")
            wait_for(lambda: "(gdb)" in ask("capture-pane", "-p", "-t", "it:0.0"), "gdb's prompt")
            require(panes() == 2, "there is no second pane")
            ask("send-keys", "-t", "it:0.0", "delete", "Enter", "continue", "Enter")
            wait_for(lambda: "cpu0" in ask("capture-pane", "-p", "-t", "it:0.1"),
                     "the log is in the second pane")
            ask("send-keys", "-t", "it:0.0", "C-c")
            wait_for(lambda: "SIGINT" in ask("capture-pane", "-p", "-t", "it:0.0"), "it stops")
            ask("send-keys", "-t", "it:0.0", "quit", "Enter")
            wait_for(lambda: panes() == 1, "the second pane has gone")
        finally:
            ask("kill-server")


def does_as_vscode(variables: list[str]) -> None:
    """What the extension cppdbg does with launch.json and tasks.json, by its rules."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])

    def load(name: str) -> dict:
        text = Path(f".vscode/{name}.json").read_text(encoding="utf-8")
        return json.loads(text.replace("${workspaceFolder}", os.getcwd()).replace("1234", port))

    launch, tasks = load("launch")["configurations"][0], load("tasks")["tasks"]
    task = next(task for task in tasks if task["label"] == launch["preLaunchTask"])
    build = next((word[6:] for word in variables if word.startswith("BUILD=")), "build")
    program = launch["program"].replace("/build/", f"/{build}/", 1)
    server = subprocess.Popen([task["command"], *task["args"], f"BUILD={build}", "SMP=1"],
                              stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        ready = task["problemMatcher"]["background"]["endsPattern"]
        require(any(ready in line for line in server.stdout), "the task is never ready")
        lines = [*(command["text"] for command in launch["setupCommands"]),
                 f"-file-exec-and-symbols {program}",
                 f"-target-select remote {launch['miDebuggerServerAddress']}",
                 *(command["text"] for command in launch["postRemoteConnectCommands"])]
        gdb = [launch["miDebuggerPath"], "-nx", "-q", "--interpreter=mi"]
        end = ["continue", "il cpus", "-gdb-exit"]
        # As a script: a continue comes back when the machine has stopped.
        script = "".join(f'interpreter-exec mi "{line}"\n' if line.startswith("-") else f"{line}\n"
                         for line in [*lines, *end])
        with tempfile.NamedTemporaryFile("w", suffix=".gdb") as file:
            file.write(script)
            file.flush()
            done = subprocess.run([*gdb, "-x", file.name], stdin=subprocess.DEVNULL, text=True,
                                  capture_output=True, timeout=PATIENCE, check=False)
        require("kmain" in done.stdout and "cpu" in done.stdout, done.stdout + done.stderr)
        wait_for(lambda: server.poll() is not None, "QEMU has gone with gdb")
    finally:
        server.kill()
        server.wait()


# What the make that runs the tests was given is not for ours.
NOT_OURS = ("MAKE", "MFLAGS")
NOT_OURS_EITHER = "RUN SMP ARGS STATS SEED TIMEOUT MODULE PARAMS BREAK SCRIPT SERVER V".split()


def main(variables: list[str]) -> int:
    for name in list(os.environ):
        if name.startswith(NOT_OURS) or name in NOT_OURS_EITHER:
            del os.environ[name]
    tests = [ends_with_quit, ends_with_a_crash, ends_with_a_hangup, ends_with_a_murder,
             refuses_a_name]
    if "CC=gcc" in variables and "PROFILE=checked" in variables and "UP=1" not in variables:
        tests.append(does_as_vscode)
    if shutil.which("tmux"):
        tests.append(shows_a_second_pane)
    results = commands_of_gdb(variables)
    for test in tests:
        try:
            test(variables)
            results.append((test.__name__, ""))
        except (Failed, OSError, subprocess.TimeoutExpired) as problem:
            results.append((test.__name__, str(problem) or type(problem).__name__))
    print(f"1..{len(results)}")
    for number, (name, wrong) in enumerate(results, 1):
        for line in wrong.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)
    return 1 if any(wrong for _, wrong in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
