#!/usr/bin/python3
# follow.py: shows a file as it grows, until a process has ended: the second pane of make debug.
# SPDX-License-Identifier: MIT
"""usage: follow.py FILE PID"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def follow(path: Path, pid: int) -> None:
    with open(path, "rb") as file:
        while True:
            goes_on = is_alive(pid)  # asked first: what was written before the end is shown
            while data := file.read(65536):
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            if not goes_on:
                return
            time.sleep(0.1)


if __name__ == "__main__":
    try:
        follow(Path(sys.argv[1]), int(sys.argv[2]))
    except KeyboardInterrupt:
        pass
