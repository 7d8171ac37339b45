#!/usr/bin/python3
# explore_test.py: plays against the explorer, stops gdb in it, and explores modules, through make.
# SPDX-License-Identifier: MIT
"""usage: explore_test.py VARIABLE=value...     for make; prints TAP

The game is played on a terminal, as a student does; gdb reads its commands from a pipe."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import Callable

import pexpect

PATIENCE = 600  # seconds, for what takes a few on a machine that has nothing else to do
TOKEN = "0x1,1x2,0x1"  # of SCENARIO=counter
FAILED, USAGE = 1, 2


def make(variables: list[str], *words: str, stdin: str = "") -> tuple[int, str]:
    """The exit status of what make called, and all that was said."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "--silent", *words, *variables],
        env=environment,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    failed = re.findall(r"^make: \*\*\* .* Error (\d+)$", done.stdout, re.M)
    return int(failed[-1]) if failed else done.returncode, done.stdout


def lacking(said: str, *texts: str) -> list[str]:
    """What is not in it, in this order."""
    at = 0
    for text in texts:
        found = said.find(text, at)
        if found < 0:
            return [f"it does not say: {text}", *said.splitlines()[-30:]]
        at = found
    return []


class Player:
    def __init__(self, variables: list[str], scenario: str) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        words = ["--silent", "play", f"SCENARIO={scenario}", *variables]
        self.child = pexpect.spawn(
            "make", words, env=environment, timeout=PATIENCE, encoding="utf-8", echo=False
        )
        self.modes = termios.tcgetattr(self.child.child_fd)
        self.answer()

    def answer(self) -> str:
        self.child.expect_exact("\n> ")
        return str(self.child.before)

    def choose(self, line: str) -> str:
        self.child.sendline(line)
        return self.answer()

    def end(self) -> list[str]:
        """Leave; the terminal must be as it was."""
        modes = termios.tcgetattr(self.child.child_fd)
        self.child.sendline("q")
        self.child.expect(pexpect.EOF)
        self.child.close()
        problems = ["the terminal's modes have changed"] if modes != self.modes else []
        if self.child.exitstatus:
            problems.append(f"the exit status is {self.child.exitstatus}")
        return problems


def play_and_lose(variables: list[str]) -> list[str]:
    """A player who follows the hints comes to what is wrong; and may undo it."""
    player = Player(variables, "counter")
    said = player.choose("1")
    for _ in range(8):
        hint = re.search(r"hint: (f?\d), one of", player.choose("h"))
        if not hint:
            return ["there is no hint"] + player.end()
        said = player.choose(hint.group(1))
        if "wrong: assertion" in said:
            break
    problems = lacking(said, "after 4 steps", "counter = 8", "wrong: assertion", "REPLAY=")
    problems += lacking(player.choose("u"), "after 3 steps", "counter = 8", "counter++", "(writes)")
    problems += lacking(player.choose("r"), "after 0 steps", "counter = 7")
    problems += lacking(player.choose("3"), "refused 3")
    return problems + player.end()


def play_a_right_lock(variables: list[str]) -> list[str]:
    player = Player(variables, "ticket")
    player.choose("1")
    problems = lacking(player.choose("h"), "hint: no bad state is reachable from here")
    return problems + player.end()


def play_delayed_stores(variables: list[str]) -> list[str]:
    player = Player([*variables, "MODEL=tso"], "peterson_bare")
    problems = lacking(player.choose("1"), "wants = 0", "[f1] not visible yet: wants = 1")
    problems += lacking(player.choose("f1"), "its store to wants becomes visible", "wants = 1")
    return problems + player.end()


def gdb_at_the_last_step(variables: list[str]) -> list[str]:
    """The datum is 8 already, and the instruction that writes it again is about to be executed."""
    words = ["debug", "SCENARIO=counter", f"REPLAY={TOKEN}"]
    script = "print counter\nlast\nbt 1\nkill\nquit\n"
    _, said = make(variables, *words, stdin=script)
    return lacking(
        said,
        *("The last step is thread 0's", "<add_one>:", "<counter>", "thread 1 has ended"),
        *("= 8", "#0  add_one (thread=0)"),
    )


def module(variables: list[str], name: str, *texts: str) -> list[str]:
    status, said = make(variables, "explore", f"MODULE=modules/explore/{name}.c")
    problems = [f"its exit status is {status}, and not {FAILED}"] if status != FAILED else []
    return problems + lacking(said, *texts)


def module_wrong(variables: list[str]) -> list[str]:
    texts = ("addl $1, i (reads)", "i 7->8", "The update of i by thread 1", "0 right, 2 wrong")
    return module(variables, "counter_wrong", *texts)


def module_without_a_fence(variables: list[str]) -> list[str]:
    text = "A fence is missing: thread 0 loads wants+4 at enter:18 while its store to wants"
    return module(variables, "peterson_wrong", text, "1 right, 1 wrong")


def explored(variables: list[str], words: list[str], wanted: int, *texts: str) -> list[str]:
    status, said = make(variables, "explore", *words)
    problems = [f"its exit status is {status}, and not {wanted}"] if status != wanted else []
    return problems + lacking(said, *texts)


def module_freed(variables: list[str]) -> list[str]:
    return module(variables, "freed_wrong", "use after free", "0 right, 2 wrong")


UNEXPLAINED = """\
#include "modules/explore.h"

static void run(unsigned int me)
{
	asm volatile("rdmsr" ::"c"(0x10) : "eax", "edx");
}

EXPLORE(2, .run = run);
MODULE_LICENSE("Dual MIT/GPL");
"""


def module_without_an_answer(variables: list[str]) -> list[str]:
    """An instruction that is not understood is nothing wrong, and nothing right."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "unexplained.c"
        path.write_text(UNEXPLAINED, encoding="utf-8")
        words = [f"MODULE={path}"]
        answer = "0 right, 0 wrong, 2 without an answer"
        return explored(variables, words, FAILED, "not explained", answer)


def play_where_more_is_shared(variables: list[str]) -> list[str]:
    """The search ends at what thread 1 does wrong, and has not seen what thread 2 does next."""
    player = Player(variables, "self_later")
    problems = lacking(player.choose("2"), "after 1 steps")
    problems += lacking(player.choose("2"), "after 0 steps", "begin anew")
    problems += lacking(player.choose("2"), "after 1 steps")
    problems += lacking(player.choose("2"), "after 2 steps")
    return problems + player.end()


def bound_leaves_nothing_out(variables: list[str]) -> list[str]:
    """One preemption is enough for two who draw the same ticket, and one of them waits for ever."""
    words = ["SCENARIO=ticket_plain", "MODEL=sc", "BOUND=1"]
    return explored(variables, words, 0, "1 preemptions", "1  never ends")


def nothing_of_so_many_threads(variables: list[str]) -> list[str]:
    words = ["SCENARIO=counter", "CPUS=3"]
    return explored(variables, words, USAGE, "explore: cpus=3 leaves none of run=counter")


def replay_of_less(variables: list[str]) -> list[str]:
    """Steps that lead to nothing wrong, and one that cannot be taken, are no success."""
    problems = []
    for token, said in (("0x1", "nothing is wrong up to here"), ("0x1,0x9", "cannot take step")):
        words = ["SCENARIO=counter", f"REPLAY={token}"]
        problems += explored(variables, words, FAILED, said)
    return problems


def replay_of_what_is_long(variables: list[str]) -> list[str]:
    """What the report says repeats it, however many turns it has."""
    scenario = "SCENARIO=condition_lost"
    status, said = make(variables, "explore", scenario, "MODEL=tso")
    token = re.search(r"REPLAY=(\S+)", said)
    if status or not token:
        return ["it is not found", *said.splitlines()[-30:]]
    words = [scenario, "MODEL=tso", f"REPLAY={token.group(1)}"]
    return explored(variables, words, 0, "lost wake-up")


def fence_needs_both_models(variables: list[str]) -> list[str]:
    """Nobody has looked whether it is wrong without delayed stores, too."""
    status, said = make(variables, "explore", "SCENARIO=peterson_bare", "MODEL=tso")
    problems = lacking(said, "peterson_bare", "assertion")
    return problems + (["it says what it cannot know"] if status or "is missing" in said else [])


TESTS: list[Callable[[list[str]], list[str]]] = [
    *(play_and_lose, play_a_right_lock, play_delayed_stores, play_where_more_is_shared),
    *(gdb_at_the_last_step, module_wrong, module_without_a_fence, module_freed),
    *(module_without_an_answer, bound_leaves_nothing_out, nothing_of_so_many_threads),
    *(replay_of_less, replay_of_what_is_long, fence_needs_both_models),
]


def main(variables: list[str]) -> int:
    failed = 0
    print(f"1..{len(TESTS)}", flush=True)
    for number, test in enumerate(TESTS, 1):
        try:
            problems = test(variables)
        except (pexpect.ExceptionPexpect, subprocess.TimeoutExpired) as error:
            problems = str(error).splitlines()
        failed += bool(problems)
        for line in problems:
            print(f"# {line}")
        print(f"{'not ok' if problems else 'ok'} {number} - {test.__name__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
