#!/usr/bin/python3
# explore_test.py: plays against the explorer, stops gdb in it, and explores modules, through make.
# SPDX-License-Identifier: MIT
"""usage: explore_test.py VARIABLE=value...     for make; prints TAP

The game is played on a terminal, as a student does; gdb reads its commands from a pipe."""

from __future__ import annotations

import re

import options
import tap
from tap import check, check_equal, check_says
from terminal import Terminal

PATIENCE = 600  # seconds, for what takes a few on a machine that has nothing else to do
TOKEN = "0x1,1x2,0x1"  # of SCENARIO=counter
FAILED = 1


class Player(Terminal):
    """make play."""

    def __init__(self, scenario: str, *more: str) -> None:
        super().__init__("\n> ", PATIENCE, "play", f"SCENARIO={scenario}", *more)

    def choose(self, line: str) -> str:
        self.child.sendline(line)
        return self.answer()

    def leave(self) -> None:
        check_equal(self.end("q\n"), 0, "the exit status")


def play_and_lose() -> None:
    """A player who follows the hints comes to what is wrong; and may undo it."""
    with Player("counter") as player:
        said = player.choose("1")
        for _ in range(8):
            hint = re.search(r"hint: (f?\d), one of", player.choose("h"))
            check(hint, "there is no hint")
            said = player.choose(hint.group(1) if hint else "")
            if "wrong: assertion" in said:
                break
        check_says(said, "after 4 steps", "counter = 8", "wrong: assertion", "REPLAY=")
        check_says(player.choose("u"), "after 3 steps", "counter = 8", "counter++", "(writes)")
        check_says(player.choose("r"), "after 0 steps", "counter = 7")
        check_says(player.choose("3"), "refused 3")
        player.leave()


def play_a_right_lock() -> None:
    with Player("ticket") as player:
        player.choose("1")
        check_says(player.choose("h"), "hint: no bad state is reachable from here")
        player.leave()


def play_delayed_stores() -> None:
    with Player("peterson_bare", "MODEL=tso") as player:
        check_says(player.choose("1"), "wants = 0", "[f1] not visible yet: wants = 1")
        check_says(player.choose("f1"), "its store to wants becomes visible", "wants = 1")
        player.leave()


def gdb_at_the_last_step() -> None:
    """The datum is 8 already, and the instruction that writes it again is about to be executed."""
    words = ("debug", "SCENARIO=counter", f"REPLAY={TOKEN}")
    script = "print counter\nlast\nbt 1\nkill\nquit\n"
    _, said = tap.make(*words, patience=PATIENCE, stdin=script)
    check_says(
        said,
        *("The last step is thread 0's", "<add_one>:", "<counter>", "thread 1 has ended"),
        *("= 8", "#0  add_one (thread=0)"),
    )


def module(name: str, *texts: str) -> None:
    status, said = tap.make("explore", f"MODULE=modules/explore/{name}.c", patience=PATIENCE)
    check_says(said, *texts)
    check_equal(status, FAILED, "the exit status")


def module_wrong() -> None:
    texts = ("addl $1, i (reads)", "i 7->8", "The update of i by thread 1", "0 right, 2 wrong")
    module("counter_wrong", *texts)


def module_without_a_fence() -> None:
    text = "A fence is missing: thread 0 loads wants+4 at enter:18 while its store to wants"
    module("peterson_wrong", text, "1 right, 1 wrong")


def main() -> int:
    tests = [play_and_lose, play_a_right_lock, play_delayed_stores, gdb_at_the_last_step]
    return tap.run(tap.named(*tests, module_wrong, module_without_a_fence))


if __name__ == "__main__":
    options.exit_with(main)
