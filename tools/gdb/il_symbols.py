# il_symbols.py: names code as the kernel's own reports do, by the same table.
# SPDX-License-Identifier: MIT
"""gdb knows of code from an inline function the line in that function's header; the table, which
tools/mksymbols.py describes, knows the line of the function that it became part of."""

from __future__ import annotations

import struct
import sys
from bisect import bisect_right
from pathlib import Path

import gdb

sys.path.append(str(Path(__file__).resolve().parent.parent))

from elf import Elf, ElfError  # noqa: E402 (it is found in the path above)

SECTION = ".symtab_image"


class Table:
    def __init__(self, data: bytes) -> None:
        functions, lines, files, _ = struct.unpack_from("<4I", data)
        at, self.data = 16, data
        self.functions = list(struct.iter_unpack("<3I", data[at : at + 12 * functions]))
        at += 12 * functions
        self.lines = list(struct.iter_unpack("<IHH", data[at : at + 8 * lines]))
        at += 8 * lines
        self.files = struct.unpack_from(f"<{files}I", data, at)
        self.strings = at + 4 * files

    def string(self, offset: int) -> str:
        start = self.strings + offset
        return self.data[start : self.data.index(0, start)].decode()

    def function(self, address: int) -> tuple[str, int] | None:
        """The name, and how far in it."""
        i = bisect_right(self.functions, address, key=lambda row: row[0]) - 1
        if i < 0 or address - self.functions[i][0] >= self.functions[i][1]:
            return None
        return self.string(self.functions[i][2]), address - self.functions[i][0]

    def place(self, address: int) -> tuple[str, int] | None:
        """File and line."""
        i = bisect_right(self.lines, address, key=lambda row: row[0]) - 1
        if i < 0 or not self.lines[i][2]:
            return None
        return self.string(self.files[self.lines[i][1]]), self.lines[i][2]


_tables: dict[str, Table | None] = {}


def table() -> Table | None:
    """Of the program that gdb has; read once."""
    program = gdb.current_progspace().filename or ""
    if program not in _tables:
        try:
            _tables[program] = Table(Elf(program).contents(SECTION))
        except (OSError, ElfError, struct.error):
            _tables[program] = None
    return _tables[program]


def code(address: int, is_return: bool = False) -> str:
    """`function+0xoff (file:line)`. A return address may be the next function's: its call
    counts."""
    names, looked_up = table(), address - is_return
    found = names.function(looked_up) if names else None
    if not names or not found:
        return f"{address:#x}" if address else "?"
    place = names.place(looked_up)
    return f"{found[0]}+{found[1] + is_return:#x}" + (f" ({place[0]}:{place[1]})" if place else "")


def is_waiting_code(address: int) -> bool:
    """Whether the code is of the scheduler, or of the locks themselves."""
    names = table()
    place = names.place(address) if names else None
    waiting = ("/kernel/locking/", "/kernel/sched/", "/arch/")
    return bool(place) and any(part in f"/{place[0]}" for part in waiting)
