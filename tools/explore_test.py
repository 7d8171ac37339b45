#!/usr/bin/python3
# explore_test.py: plays against the explorer, stops gdb in it, and explores modules, through make.
# SPDX-License-Identifier: MIT
"""usage: explore_test.py VARIABLE=value...     for make; prints TAP

The game is played on a terminal, as a student does; gdb reads its commands from a pipe."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import options
import tap
from tap import check, check_equal, check_says
from terminal import Terminal

PATIENCE = 600  # seconds, for what takes a few on a machine that has nothing else to do
TOKEN = "0x1,1x2,0x1"  # of SCENARIO=counter
FAILED, USAGE = 1, 2


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


def explored(words: list[str], wanted: int, *texts: str) -> None:
    status, said = tap.make("explore", *words, patience=PATIENCE)
    check_says(said, *texts)
    check_equal(status, wanted, "the exit status")


def module_freed() -> None:
    texts = ("use after free", "object is freed", "free() [object]", "0 right, 2 wrong")
    module("freed_wrong", *texts)


def module_right(name: str) -> None:
    """Its setup is called each time the search begins anew, and finds the data as the file says."""
    explored([f"MODULE=modules/explore/{name}.c"], 0, "2 right, 0 wrong")


def module_of_rcu() -> None:
    module_right("rcu_right")
    module("rcu_wrong", "use after free", "0 right, 2 wrong")


def module_that_deadlocks() -> None:
    module_right("deadlock_right")
    texts = ("waits for the mutex buffer_lock, which thread", "waits for the semaphore", "deadlock")
    module("deadlock_wrong", *texts)


UPGRADES = """\
#include "modules/explore.h"

static DECLARE_RWSEM(lock);

static void run(unsigned int me)
{
	down_read(&lock);
	down_write(&lock);
	up_write(&lock);
	up_read(&lock);
}

EXPLORE(2, .run = run);
MODULE_LICENSE("Dual MIT/GPL");
"""


def module_that_waits_for_readers() -> None:
    """The lock was not released, so nobody forgot to wake anybody, though no owner is known."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "upgrades.c"
        path.write_text(UPGRADES, encoding="utf-8")
        texts = ("deadlock", "waits for the rwsem, to write, lock, which readers have")
        explored([f"MODULE={path}"], FAILED, *texts, "0 right, 2 wrong")


def modules_several() -> None:
    """All are explored, and what is found in one is found again in that one."""
    files = "MODULE=modules/explore/counter_wrong.c modules/explore/counter_right.c"
    again = "replay: make explore MODULE=modules/explore/counter_wrong.c REPLAY="
    explored([files], FAILED, again, "2 right, 2 wrong")
    explored([files, f"REPLAY={TOKEN}"], USAGE, "REPLAY and make play take one")


def as_many_states_as_fit() -> None:
    words = ["SCENARIO=mutex_three", "MODEL=tso"]
    explored([*words, "MEM=64M"], FAILED, "NOT exhaustive: too many states for the memory")
    explored(words, 0, "nothing wrong is reachable")


def kernel_with_the_other_rwlock() -> None:
    _, said = tap.make("-n", "explore", "SCENARIO=counter", "RWLOCK=reader", patience=PATIENCE)
    check_says(said, "-fast-reader/explore-kernel.elf")


UNSTEPPED = ("rdmsr", "mov %%ss, %%eax; mov %%eax, %%ss")
UNEXPLAINED = """\
#include "modules/explore.h"
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/slab.h>

static void serve(struct tasklet_struct *tasklet)
{
}

static void run(unsigned int me)
{
	%s;
}

EXPLORE(2, .run = run);
MODULE_LICENSE("Dual MIT/GPL");
"""


def module_without_an_answer() -> None:
    """An instruction that is not understood, or after which the CPU does not stop, is nothing
    wrong, and nothing right."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "unexplained.c"
        registers = ' ::: "eax", "edx")'
        codes = {f'asm volatile("{code}"{registers}': "not explained" for code in UNSTEPPED}
        codes["kfree(kmalloc(8, GFP_KERNEL))"] = "allocates or frees memory"
        codes["static DECLARE_TASKLET(later, serve); tasklet_schedule(&later)"] = "leaves work to"
        for code, said in codes.items():
            path.write_text(UNEXPLAINED % code, encoding="utf-8")
            answer = "0 right, 0 wrong, 2 without an answer"
            explored([f"MODULE={path}"], FAILED, said, answer)


def module_that_delays() -> None:
    """The clock stands still, and a delay ends all the same."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "delays.c"
        path.write_text(UNEXPLAINED % "udelay(1)", encoding="utf-8")
        explored([f"MODULE={path}"], 0, "2 right, 0 wrong")


def module_that_is_misuse() -> None:
    """What the kernel complains of is wrong, though it goes on."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "misuse.c"
        code = "static DECLARE_TASKLET(later, NULL); tasklet_schedule(&later)"
        path.write_text(UNEXPLAINED % code, encoding="utf-8")
        explored([f"MODULE={path}"], FAILED, "was never set up", "0 right, 2 wrong")


def play_where_more_is_shared() -> None:
    """The search ends at what thread 1 does wrong, and has not seen what thread 2 does next."""
    with Player("self_later") as player:
        check_says(player.choose("2"), "after 1 steps")
        check_says(player.choose("2"), "after 0 steps", "begin anew")
        check_says(player.choose("2"), "after 1 steps")
        check_says(player.choose("2"), "after 2 steps")
        player.leave()


def bound_leaves_nothing_out() -> None:
    """One preemption is enough for two who draw the same ticket, and one of them waits for ever."""
    words = ["SCENARIO=ticket_plain", "MODEL=sc", "BOUND=1"]
    explored(words, 0, "1 preemptions", "1  never ends")


def nothing_of_so_many_threads() -> None:
    words = ["SCENARIO=counter", "CPUS=3"]
    explored(words, USAGE, "explore: cpus=3 leaves none of run=counter")


def replay_of_less() -> None:
    """Steps that lead to nothing wrong, and one that cannot be taken, are no success."""
    for token, said in (("0x1", "nothing is wrong up to here"), ("0x1,0x9", "cannot take step")):
        explored(["SCENARIO=counter", f"REPLAY={token}"], FAILED, said)


def replay_of_what_never_ends() -> None:
    words = ["SCENARIO=irq_plain", "MODEL=sc"]
    status, said = tap.make("explore", *words, patience=PATIENCE)
    token = re.search(r"REPLAY=(\S+)", said)
    check(status == 0 and token, f"it is not found:\n{said}")
    check_says(said, "Thread 0 goes on at", "where it touches lock next")
    explored([*words, f"REPLAY={token.group(1) if token else ''}"], 0, "never ends")


def replay_of_what_is_long() -> None:
    """What the report says repeats it, however many turns it has."""
    words = ["SCENARIO=condition_lost", "MODEL=tso"]
    status, said = tap.make("explore", *words, patience=PATIENCE)
    token = re.search(r"REPLAY=(\S+)", said)
    check(status == 0 and token, f"it is not found:\n{said[-3000:]}")
    explored([*words, f"REPLAY={token.group(1) if token else ''}"], 0, "lost wake-up")


def fence_needs_both_models() -> None:
    """Nobody has looked whether it is wrong without delayed stores, too."""
    words = ["SCENARIO=peterson_bare", "MODEL=tso"]
    status, said = tap.make("explore", *words, patience=PATIENCE)
    check_says(said, "peterson_bare", "assertion")
    check(status == 0 and "is missing" not in said, "it says what it cannot know")


def main() -> int:
    tests = [play_and_lose, play_a_right_lock, play_delayed_stores, play_where_more_is_shared]
    tests += [gdb_at_the_last_step, module_wrong, module_without_a_fence, module_freed]
    tests += [module_of_rcu, module_that_deadlocks]
    tests += [module_that_waits_for_readers, modules_several, as_many_states_as_fit]
    tests += [kernel_with_the_other_rwlock]
    tests += [module_that_is_misuse, module_that_delays]
    tests += [module_without_an_answer, bound_leaves_nothing_out, nothing_of_so_many_threads]
    tests += [replay_of_less, replay_of_what_never_ends, replay_of_what_is_long]
    tests += [fence_needs_both_models]
    return tap.run(tap.named(*tests))


if __name__ == "__main__":
    options.exit_with(main)
