#!/usr/bin/python3
# shell_test.py: types at the shell, on a terminal, as a user does; results in TAP.
# SPDX-License-Identifier: MIT
"""usage: shell_test.py NAME=value...     variables for make: CC, PROFILE, BUILD, UP, ..."""

from __future__ import annotations

import re
import time
from functools import partial
from pathlib import Path

import options
import tap
import trace_read
from tap import check, check_equal, variables
from terminal import Terminal
from trace_read import Kind
from trace_test import kernel

PATIENCE = 300  # seconds, on a machine that has much else to do
PROMPT = "\ninterlock> "
CTRL_C, UP, LEFT, BACKSPACE = "\003", "\033[A", "\033[D", "\177"


class Shell(Terminal):
    """make shell."""

    def __init__(self, *more: str) -> None:
        smp = "1" if variables().get("UP") == "1" else "2"
        super().__init__(PROMPT, PATIENCE, "shell", f"SMP={smp}", *more)

    def type(self, keys: str) -> str:
        """What is said after the line has been entered, up to the next prompt."""
        self.child.send(keys + "\r")
        text = self.answer()
        return re.sub(r"\r", "", text[text.rfind("\033[K") + 3 :] if "\033[K" in text else text)

    def says(self, keys: str, *texts: str) -> str:
        said = self.type(keys)
        for text in texts:
            check(text in said, f"{keys!r} does not say {text!r}:\n{said[-1500:]}")
        return said

    def says_some_day(self, keys: str, *texts: str) -> None:
        """The same, of threads that are on their way there."""
        for _ in range(PATIENCE):
            said = self.type(keys)
            if all(text in said for text in texts):
                return
        self.says(keys, *texts)


def test_editing(shell: Shell) -> None:
    shell.says("hepl" + BACKSPACE * 2 + "lp", "the end, with a report", "poweroff")
    shell.says("frobnicate", "frobnicate: there is no such command; `help` names them")
    shell.says(UP, "frobnicate: there is no such command")
    shell.says("elp deadlock" + "\001h", "circles in that")
    shell.says("help deadXlock" + LEFT * 4 + BACKSPACE, "circles in that")
    shell.says("dmes\t", "CPUs online")
    shell.child.send("half a line" + CTRL_C)
    shell.child.expect_exact("^C")
    shell.answer()
    shell.says("", "")


def test_looking(shell: Shell) -> None:
    shell.says("ps", '"main"', '"swapper/0"', "waits for")
    shell.says("cpus", "cpu0: ", "switches")
    shell.says("bt 99999", "there is no thread 99999")
    shell.says("bt x", "bt: x: give the number of a thread")
    shell.says("bt 1", "thread 1 ")
    shell.says("kill 1", "listens to no signals")
    shell.says("deadlock", "0 circles")
    shell.says("lockdep", "classes", "it is on")
    shell.says("lockstat maybe", "give on, off, clear")
    shell.says("load", "give irq, signal or off")
    shell.says("trace", "give on, off, or dump")
    shell.says("torture mutex 0", "give seconds from 1")


def test_running(shell: Shell) -> None:
    """What is run again finds its variables as they were."""
    shell.says("run nonsense", "there is no demo nonsense; there are:")
    for _ in range(2):
        shell.says("run mutex_demo,lock_order", "results: 2 passed, 0 failed", "run: passed")
        shell.says("test mutex_word,trace_texts", "ok 2", "test: passed")
    shell.says("lockstat on")
    shell.says("run mutex_demo", "run: passed")
    shell.says("lockstat", "lock_stat version", "&lock")
    shell.says("lockstat off")
    shell.says("module", "there is none in this kernel; on the host: make shell MODULE=foo.c")


def test_load(shell: Shell) -> None:
    shell.says("load signal")
    shell.says_some_day("locks", "held by thread", "load/signal", "load/victim", "waits for")
    shell.says("run mutex_demo", "run: passed")
    said = shell.says("load off", "waits for a mutex ended")
    sent, ended = map(int, re.findall(r"(\d+) (?:signals|waits)", said))
    check(sent >= ended > 0, said)
    if variables().get("UP") != "1":
        shell.says("load irq")
        shell.says("run mutex_demo", "run: passed")
        said = shell.says("load off", "interrupts")
        check(int(re.findall(r"(\d+) interrupts", said)[0]) > 0, said)


def test_trace(shell: Shell) -> None:
    """What leaves over the second line is a trace of what ran."""
    shell.says("trace on", "noting down")
    shell.says("run mutex_demo", "run: passed")
    shell.says("trace off")
    shell.says("trace dump", "records sent")
    trace = trace_read.read(Path(variables()["BUILD"]) / "wire", kernel())
    acquired = [e for e in trace.events if e.kind is Kind.ACQUIRED and e.name == "&lock"]
    check_equal(len(acquired), 6, "acquisitions of the demo's mutex")


def test_interrupting(shell: Shell) -> None:
    """A job that does not end is left, can be looked at, and keeps others away."""
    shell.child.send("torture mutex 600\r")
    shell.child.expect_exact("mutex-torture")
    shell.child.send("not read" + CTRL_C)
    said = shell.answer()
    check("it does not end; thread " in said, said)
    thread = re.findall(r"thread (\d+) goes on", said)[0]
    shell.says("deadlock", "circles of threads")
    shell.says("run mutex_demo", f"thread {thread}, which does `torture`, has not ended")
    shell.says(f"bt {thread}", f"thread {thread} ", "shell/torture")


def test_exploring(shell: Shell) -> None:
    """The explorer's kernel takes over, and gives the machine back with all CPUs."""
    online = "1 of 1 CPUs" if variables().get("UP") == "1" else "2 of 2 CPUs"
    shell.says("explore mutex,nonsense", "there is no scenario nonsense; give names", "mutex_twice")
    shell.says("explore ,", "there is no scenario ;")
    end = ("4 as they must be, 0 not", online, "shell. `help`")
    said = shell.says("explore mutex,peterson_bare", *end)
    rows = re.findall(r"^(mutex|peterson_bare) +(sc|tso) .*(nothing wrong|assertion)", said, re.M)
    right, wrong = "nothing wrong", "assertion"
    check_equal(
        sorted(rows),
        [("mutex", "sc", right), ("mutex", "tso", right)]
        + [("peterson_bare", "sc", right), ("peterson_bare", "tso", wrong)],
        "verdicts",
    )
    said = shell.says("explore counter", "REPLAY=0x1,1x2,0x1", online)
    way = said.split("thread 1\n")[1].splitlines()[:4]
    did = [line.partition(" counter ")[2] for line in way]
    check_equal(did, ["reads 7", "reads 7", "7->8", "writes 8"], "steps")
    columns = [len(line) - len(line[4:].lstrip()) for line in way]
    check(columns[0] == columns[3] < columns[1] == columns[2], f"columns of threads: {way}")
    shell.says("run mutex_demo", "run: passed")


def test_leaving_the_explorer(shell: Shell) -> None:
    shell.child.send("explore\r")
    shell.child.expect(r"\n\w+ +sc +\d.* nothing wrong")
    shell.child.send("not read" + CTRL_C)
    said = shell.answer()
    check("^C" in said and "shell. `help`" in said, f"Ctrl-C does not lead back:\n{said}")
    shell.says("run mutex_demo", "run: passed")


def test_rebooting(shell: Shell) -> None:
    shell.child.send("reboot\r")
    shell.child.expect_exact("This is Interlock's shell")
    shell.answer()
    shell.says("run mutex_demo", "run: passed")


def test_ending(shell: Shell) -> None:
    check_equal(shell.end("poweroff\r"), 0, "status after poweroff")
    with Shell("ARGS=hung_task=1") as again:
        time.sleep(3)  # at the prompt, which is no hang
        check_equal(again.end("poweroff\r"), 0, "status after a while at the prompt")
    with Shell() as again:
        check(again.end("panic by the test\r") != 0, "status after a panic")
        said = str(again.child.before)
    check("panic on cpu" in said, "no panic was reported")
    check("the shell was told to: by the test" in said, "it does not say why")


def main() -> int:
    tests = [test_editing, test_looking, test_running, test_load]
    tests += [test_trace, test_exploring, test_leaving_the_explorer]
    tests += [test_interrupting, test_rebooting, test_ending]
    if variables()["PROFILE"] != "checked":
        print("1..0 # SKIP the fast profile's shell knows less, and the race detector's is slow")
        return 0
    with Shell() as shell:
        named = [(test.__name__.removeprefix("test_"), partial(test, shell)) for test in tests]
        return tap.run(named)


if __name__ == "__main__":
    options.exit_with(main)
