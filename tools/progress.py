# progress.py: a line on a terminal that says how far tests, or a boot, are, and which of them run.
# SPDX-License-Identifier: MIT
"""Suites run in processes of their own. Each says what it does through a queue, which a thread of
the parent reads: it alone draws the line, but for what is printed above it."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from typing import Callable, Iterator

import ktap

CLEAR = "\r\x1b[K"
News = tuple[int, str, str]  # of which process: a suite, and how far it is

_queue: SimpleQueue[News] | None = None


def report_to(queue: SimpleQueue[News] | None) -> None:
    """Where this process says what it does."""
    global _queue
    _queue = queue


def began(suite: str, where: str = "") -> None:
    """This process runs @suite now, and no other any more."""
    if _queue:
        _queue.put((os.getpid(), suite, where))


class Place:
    """How far something is that prints KTAP."""

    def __init__(self) -> None:
        self.planned = "?"

    def after(self, line: str) -> str:
        """Where it is now, if the line says that."""
        if plan := ktap.PLAN.match(line):
            self.planned = plan.group(1)
        result = ktap.RESULT.match(line)
        return f"{result.group(2)} of {self.planned}, {result.group(3)}" if result else ""


def follow(suite: str) -> Callable[[str], None]:
    """To be given each line of a suite that prints KTAP."""
    place = Place()
    began(suite)

    def show(line: str) -> None:
        if where := place.after(line):
            began(suite, where)

    return show


def width() -> int:
    return shutil.get_terminal_size().columns - 1


class Bottom:
    """The terminal's last line; nothing if the output is no terminal."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.terminal = sys.stdout.isatty()
        self.say(text)

    def say(self, text: str) -> None:
        self.text = text
        if self.terminal:
            print(CLEAR + text[: width()], end="", flush=True)

    @contextmanager
    def above(self) -> Iterator[None]:
        """What is printed inside stays."""
        if self.terminal:
            print(CLEAR, end="")
        yield
        self.say(self.text)


@contextmanager
def at_bottom(text: str) -> Iterator[Bottom]:
    """At the end the line is gone."""
    bottom = Bottom(text)
    try:
        yield bottom
    finally:
        if bottom.terminal:
            print(CLEAR, end="", flush=True)


@contextmanager
def of_a_boot(
    what: str, show: Callable[[str], None], after: Callable[[str], str] | None = None
) -> Iterator[Callable[[str], None]]:
    """To be given each line of a boot, which @show is given: on a terminal, above the line that
    says how far it is. @after gives that, or "", of each; without it the boot prints KTAP."""
    after = after or Place().after
    with at_bottom(what) as bottom:

        def take(line: str) -> None:
            if where := after(line):
                bottom.text = f"{what}: {where}"
            with bottom.above():
                show(line)

        yield take


class Line:
    """At the bottom of the terminal. Use as a context manager: at its end the line is gone."""

    def __init__(self, suites: int) -> None:
        self.suites = suites
        self.queue = get_context().SimpleQueue() if sys.stdout.isatty() else None
        self.lock = threading.Lock()
        self.seen: set[str] = set()
        self.running: dict[int, tuple[str, str]] = {}  # by process
        self.told = ""  # how many tests have passed so far, and so on

    def __enter__(self) -> Line:
        report_to(self.queue)
        return self

    def start(self) -> None:
        """Once there are all the processes that are to be: a fork beside a thread may go wrong."""
        if self.queue:
            threading.Thread(target=self._read, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        report_to(None)
        if self.queue:
            with self.lock:
                self.queue = None
                print(CLEAR, end="", flush=True)

    def _read(self) -> None:
        queue = self.queue
        assert queue
        while True:
            process, suite, where = queue.get()
            with self.lock:
                self.seen.add(suite)
                self.running[process] = (suite, where)
                self._draw()

    def _draw(self) -> None:
        if not self.queue:
            return
        done = len(self.seen) - len(self.running)
        now = "; ".join(suite + (f" ({where})" if where else "")
                        for suite, where in self.running.values())
        text = f"{done} of {self.suites} suites{self.told} | {now}"
        print(CLEAR + text[: width()], end="", flush=True)

    @contextmanager
    def above(self, suite: str) -> Iterator[None]:
        """What is printed inside is about @suite, which has ended, and stays."""
        with self.lock:
            if self.queue:
                print(CLEAR, end="")
            yield
            self.seen.add(suite)
            self.running = {k: v for k, v in self.running.items() if v[0] != suite}
            self._draw()
