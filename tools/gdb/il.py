# il.py: what gdb knows of this kernel. In gdb: `source tools/gdb/il.py`; make debug does that.
# SPDX-License-Identifier: MIT
"""The commands `il ...`, and how locks, lists and threads are printed. Every command reads only,
and may be given wherever the machine stops: also where a list is half changed, or nothing is there
yet."""

from __future__ import annotations

import sys
from pathlib import Path

sys.dont_write_bytecode = True  # no __pycache__ among the sources
sys.path.insert(0, str(Path(__file__).resolve().parent))

import il_boot  # noqa: F401 (debug.py calls it)
import il_command
import il_deadlock
import il_lockdep
import il_locks
import il_printers
import il_tasks
import il_trace

il_command.register()
for module in (il_tasks, il_locks, il_deadlock, il_lockdep, il_trace):
    module.register()
il_printers.register()
