# terminal.py: a command of make on a terminal of its own, for the tests on the host.
# SPDX-License-Identifier: MIT

from __future__ import annotations

import sys
import termios
from typing import TypeVar

import pexpect

from tap import check_equal

Same = TypeVar("Same", bound="Terminal")


class Terminal:
    """Use as a context manager: at its begin it has been answered to, at its end it is gone."""

    def __init__(self, prompt: str, patience: float, *words: str) -> None:
        self.prompt = prompt
        self.child = pexpect.spawn(
            "make",
            ["--silent", *words, *sys.argv[1:]],
            timeout=patience,
            encoding="utf-8",
            codec_errors="replace",
            echo=False,
        )
        self.modes = termios.tcgetattr(self.child.child_fd)

    def __enter__(self: Same) -> Same:
        try:
            self.answer()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.child.close(force=True)

    def answer(self) -> str:
        """What is said up to the next prompt."""
        self.child.expect_exact(self.prompt)
        return str(self.child.before)

    def end(self, keys: str) -> int:
        """The exit status of make, once it has ended; and the terminal is as it was."""
        self.child.send(keys)
        self.child.expect(pexpect.EOF)
        check_equal(termios.tcgetattr(self.child.child_fd), self.modes, "modes of the terminal")
        self.child.close()
        return int(self.child.exitstatus or 0)
