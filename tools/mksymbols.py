#!/usr/bin/python3
# mksymbols.py: makes the table by which the kernel names addresses, and proves that it moved none.
# SPDX-License-Identifier: MIT
"""usage: mksymbols.py make KERNEL TABLE      the table of the functions and lines of KERNEL
       mksymbols.py verify BEFORE AFTER    the two links agree on every address

With --data before that, variables are among the functions: the race detector names them; with
--data-in-place only those that are not each CPU's, whose addresses are offsets: the explorer does.

The table, all numbers little-endian, as kernel/debug/symbols.c reads it:
    u32 functions, lines, files, 0
    functions x {u32 address, size, name}    ascending; name is an offset into the strings
    lines     x {u32 address, u16 file, u16 line}    ascending, each up to the next; line 0: no line
    files     x {u32 name}
    strings, each ended by a 0
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from elf import Elf, ElfError
from symbolize import functions_with_sizes, line_rows

LIMIT = 896 * 1024
IMAGE_SECTION = ".symtab_image"
DATA, IN_PLACE = "--data", "--data-in-place"


class Strings:
    """Each string once, found by its offset."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.offsets: dict[str, int] = {}

    def add(self, text: str) -> int:
        if text not in self.offsets:
            self.offsets[text] = len(self.data)
            self.data += text.encode() + b"\0"
        return self.offsets[text]


def make(elf: Elf, data: str) -> bytes:
    functions = functions_with_sizes(elf)
    if data:
        first = functions[0][0].address if data == IN_PLACE else 0
        variables = [variable for variable in elf.variables() if variable.address >= first]
        functions += [(variable, variable.size) for variable in variables]
        functions.sort(key=lambda pair: pair[0].address)
    lines = line_rows(elf)
    if not functions or not lines:
        raise ElfError("the kernel has no functions or no line numbers")
    files = sorted({row.file for row in lines})
    number = {name: i for i, name in enumerate(files)}
    strings = Strings()

    table = bytearray(struct.pack("<4I", len(functions), len(lines), len(files), 0))
    for function, size in functions:
        table += struct.pack("<3I", function.address, size, strings.add(function.name))
    for row in lines:
        table += struct.pack("<IHH", row.address, number[row.file], row.line)
    for name in files:
        table += struct.pack("<I", strings.add(name))
    table += strings.data
    if len(table) > LIMIT:
        raise ElfError(f"the table takes {len(table)} bytes; {LIMIT} are allowed")
    return bytes(table)


def verify(before: Elf, after: Elf, data: str) -> None:
    """Every symbol is where it was, but those at and behind the table, which lies last."""
    image = before.section(IMAGE_SECTION)
    if image is None:
        raise ElfError(f"there is no section {IMAGE_SECTION}: linker.ld must place it last")

    def fixed(elf: Elf) -> list[tuple[str, int]]:
        allocated = ((s.name, s.address) for s in elf.symbols if s.section and s.section.flags & 2)
        return sorted(pair for pair in allocated if pair[1] < image.address)

    moved = set(fixed(before)) ^ set(fixed(after))
    if moved:
        name, address = min(moved, key=lambda pair: pair[1])
        raise ElfError(
            f"{len(moved)} symbols moved between the two links, the first is {name} ({address:#x}):"
            f" {IMAGE_SECTION} must be the last section that is loaded"
        )
    if make(before, data) != after.contents(IMAGE_SECTION):
        raise ElfError("the table in the second link is not that of the first")


def main(arguments: list[str]) -> int:
    data = arguments.pop(0) if arguments and arguments[0] in (DATA, IN_PLACE) else ""
    try:
        if len(arguments) == 3 and arguments[0] == "make":
            Path(arguments[2]).write_bytes(make(Elf(arguments[1]), data))
        elif len(arguments) == 3 and arguments[0] == "verify":
            verify(Elf(arguments[1]), Elf(arguments[2]), data)
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except (ElfError, OSError, struct.error) as error:
        print(f"mksymbols: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
