# symbolize.py: names addresses of a kernel: function, offset, file and line.
# SPDX-License-Identifier: MIT
"""The functions and lines of an ELF file, as mksymbols.py packs them and hang.py looks them up."""

from __future__ import annotations

import os
import subprocess
from bisect import bisect_right
from pathlib import Path

from dwarfline import LineTable, Row
from elf import Elf, Symbol


def functions_with_sizes(elf: Elf) -> list[tuple[Symbol, int]]:
    """A label of assembly says no size: it reaches to the next one, or to its section's end."""
    functions = elf.functions()
    sized = []
    for i, function in enumerate(functions):
        assert function.section is not None
        end = function.section.address + function.section.size
        if i + 1 < len(functions):
            end = min(end, functions[i + 1].address)
        sized.append((function, function.size or end - function.address))
    return sized


def in_their_functions(path: Path, rows: list[Row]) -> list[Row]:
    """The same rows, where code of an inline function has the line that calls it: what a backtrace
    says of `foo+0x20` is a line of foo, not of the header that foo got its code from."""
    addresses = "".join(f"{row.address:#x}\n" for row in rows)
    command = ["addr2line", "-i", "-a", "-e", str(path)]
    answer = subprocess.run(command, input=addresses, capture_output=True, text=True, check=True)
    outermost: dict[int, str] = {}
    address = 0
    for line in answer.stdout.splitlines():
        if line.startswith("0x"):
            address = int(line, 16)
        else:
            outermost[address] = line.split(" (")[0]
    return [in_function(row, outermost.get(row.address, "")) for row in rows]


def in_function(row: Row, place: str) -> Row:
    file, _, line = place.rpartition(":")
    if file.startswith(os.getcwd() + "/"):
        file = os.path.relpath(file)
    # nasm has no inline functions, and names its directories in a way of its own.
    if file in ("", "??") or not line.isdecimal() or row.file.endswith(".asm"):
        return row
    return Row(row.address, file, int(line))


def line_rows(elf: Elf) -> list[Row]:
    """One row for each change of line, ascending, of the code that is in the image."""
    code = [(s.address, s.address + s.size) for s in elf.sections if s.is_code]
    at: dict[int, Row] = {}
    for row in LineTable(elf).rows():
        if not any(low <= row.address <= high for low, high in code):
            continue
        # Of several rows at one address the last holds; but the end of one unit must not hide the
        # first line of the next.
        if row.file or row.address not in at:
            at[row.address] = row
    rows: list[Row] = []
    for row in in_their_functions(elf.path, [at[address] for address in sorted(at)]):
        if not rows or (row.file, row.line) != (rows[-1].file, rows[-1].line):
            rows.append(row)
    return rows


class Symbolizer:
    def __init__(self, kernel: str | Path) -> None:
        elf = Elf(kernel)
        self.functions = functions_with_sizes(elf)
        self.starts = [function.address for function, _ in self.functions]
        self.rows = line_rows(elf)
        self.row_starts = [row.address for row in self.rows]

    def function(self, address: int) -> tuple[str, int] | None:
        """The function that holds @address, and the offset in it."""
        i = bisect_right(self.starts, address) - 1
        if i < 0:
            return None
        function, size = self.functions[i]
        offset = address - function.address
        return (function.name, offset) if offset < size else None

    def location(self, address: int) -> str:
        """`file:line`, or nothing."""
        i = bisect_right(self.row_starts, address) - 1
        if i < 0 or not self.rows[i].file:
            return ""
        return f"{self.rows[i].file}:{self.rows[i].line}"

    def format(self, address: int, is_return: bool = False) -> str:
        """`function+0xoff (file:line)`; the line of a return address is that of its call."""
        found = self.function(address - is_return)
        if found is None:
            return f"{address:#x}"
        location = self.location(address - is_return)
        text = f"{found[0]}+{found[1] + is_return:#x}"
        return f"{text} ({location})" if location else text
