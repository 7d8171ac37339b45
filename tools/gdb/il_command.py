# il_command.py: what all commands `il ...` have in common.
# SPDX-License-Identifier: MIT

from __future__ import annotations

from typing import Callable

import gdb
from il_memory import Bad

FIRST_LINE = 0


class Prefix(gdb.Command):
    """This kernel's threads, locks and CPUs.

    il tasks [WORD]      every thread, or those in whose line the word is
    il cpus              every CPU: what it runs, in which context, what it spins for
    il runq              who waits for each CPU
    il bt TASK           the calls of a thread, asleep or running
    il held TASK         the locks that a thread holds
    il locks [WORD]      every lock that is held or waited for: its word, who, since when
    il waiters LOCK      who waits for a lock, in order
    il deadlock          who waits for whom, and the circles in that
    il lockdep [NAME]    what the lock validator knows: of all, or of the locks called so
    il trace [N]         the last records of the trace: what every CPU did just now
    il percpu VARIABLE   a per-CPU variable on each CPU
    il step [N]          goes N lines on, on this CPU alone; `il stepi`: instructions

    TASK is a number, a name, or an expression of type struct task_struct *. LOCK is an expression:
    a lock, its address or a pointer to it. `help il tasks` and so on say more."""

    def __init__(self) -> None:
        super().__init__("il", gdb.COMMAND_DATA, gdb.COMPLETE_COMMAND, True)

    def invoke(self, argument: str, from_tty: bool) -> None:
        if argument:
            raise gdb.GdbError(f"il {argument.split()[0]}: no such command; `help il` lists them")
        gdb.execute("help il")


class Command(gdb.Command):
    """One of them. Whatever goes wrong is one line."""

    def __init__(self, name: str, run: Callable[[str], None], complete: int) -> None:
        self.__doc__ = run.__doc__
        self.name, self.run = name, run
        super().__init__(f"il {name}", gdb.COMMAND_DATA, complete)

    def invoke(self, argument: str, from_tty: bool) -> None:
        try:
            if not gdb.selected_inferior().threads():
                raise Bad("there is no machine: `make debug` starts one")
            self.run(argument.strip())
        except Bad as problem:
            raise gdb.GdbError(f"il {self.name}: {problem}")
        except gdb.error as error:  # memory that cannot be read is one of these
            raise gdb.GdbError(f"il {self.name}: {str(error).splitlines()[FIRST_LINE]}")
        except KeyboardInterrupt:
            raise gdb.GdbError(f"il {self.name}: interrupted")


def add(name: str, run: Callable[[str], None], complete: int = gdb.COMPLETE_NONE) -> None:
    Command(name, run, complete)


def nothing_more(argument: str) -> None:
    if argument:
        raise Bad(f"it takes no argument, and {argument!r} is one")


def register() -> None:
    Prefix()
