# child.py: programs that a tool starts: their environment, and their end.
# SPDX-License-Identifier: MIT
"""Nothing that was started runs on when who started it has gone."""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import subprocess
from contextlib import contextmanager
from typing import Any, Iterator

PATIENCE = 20.0  # seconds that a program has to end in order, on a busy machine


def environment(*variables: str) -> dict[str, str]:
    """For another make: this program's, without what make has put there, and these variables."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return {name: value for name, value in kept.items() if name not in variables}


def die_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """Runs in the child: Linux ends it even if this program is killed and cannot."""
    try:
        ctypes.CDLL(None).prctl(1, number)
    except (OSError, AttributeError):
        pass  # another system: the `finally` of whoever started it is all there is


def tell_group(process: subprocess.Popen[Any], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


@contextmanager
def group(command: list[str], **more: Any) -> Iterator[subprocess.Popen[Any]]:
    """A program in a session of its own. In the end it has gone, and what it has started there:
    they are asked to end before they are made to. Nobody waits for those that it leaves behind."""
    ask = functools.partial(die_with_parent, signal.SIGTERM)
    process = subprocess.Popen(command, start_new_session=True, preexec_fn=ask, **more)
    try:
        yield process
    finally:
        tell_group(process, signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pass
        tell_group(process, signal.SIGKILL)
        process.wait()


def run(
    command: list[str], seconds: float | None, stdin: bytes = b"", **more: Any
) -> tuple[int, str]:
    """A program's exit status, and all that it said. Raises subprocess.TimeoutExpired."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with group(command, **pipes, **more) as process:
        output, _ = process.communicate(stdin, seconds)
    return process.returncode, output.decode("utf-8", "replace")
