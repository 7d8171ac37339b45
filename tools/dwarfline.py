# dwarfline.py: reads .debug_line, which says what line of what file each address comes from.
# SPDX-License-Identifier: MIT
"""DWARF 2 to 5 in its 32-bit form: what gcc, clang and nasm write (DWARF 5, section 6.2)."""

from __future__ import annotations

import posixpath
import struct
from dataclasses import dataclass
from typing import Iterator

from elf import Elf, ElfError

DW_LNS_COPY, DW_LNS_ADVANCE_PC, DW_LNS_ADVANCE_LINE, DW_LNS_SET_FILE = 1, 2, 3, 4
DW_LNS_CONST_ADD_PC, DW_LNS_FIXED_ADVANCE_PC = 8, 9
DW_LNE_END_SEQUENCE, DW_LNE_SET_ADDRESS = 1, 2
DW_LNCT_PATH, DW_LNCT_DIRECTORY_INDEX = 1, 2
FORM_SIZES = {0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1E: 16}  # data1 data2 data4 data8 data16
DW_FORM_STRING, DW_FORM_UDATA, DW_FORM_STRP, DW_FORM_LINE_STRP = 0x08, 0x0F, 0x0E, 0x1F


@dataclass(frozen=True)
class Row:
    address: int
    file: str  # empty: from here on the address belongs to no line
    line: int


class Reader:
    """A position in a section's bytes."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def unsigned(self, size: int) -> int:
        value = int.from_bytes(self.data[self.at : self.at + size], "little")
        self.at += size
        return value

    def uleb(self) -> int:
        value = shift = 0
        while True:
            byte = self.unsigned(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def sleb(self) -> int:
        start = self.at
        value = self.uleb()
        bits = 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) else value

    def text(self) -> str:
        end = self.data.index(b"\0", self.at)
        text = self.data[self.at : end].decode()
        self.at = end + 1
        return text


@dataclass
class Header:
    """What the opcodes of one unit mean, and the files they name by number."""

    files: list[str]
    instruction_size: int
    line_base: int
    line_range: int
    opcode_base: int
    operands: list[int]
    program: int  # where the opcodes begin
    end: int


class LineTable:
    def __init__(self, elf: Elf) -> None:
        self.lines = elf.contents(".debug_line")
        self.strings = {
            DW_FORM_STRP: elf.contents(".debug_str"),
            DW_FORM_LINE_STRP: elf.contents(".debug_line_str"),
        }

    def rows(self) -> Iterator[Row]:
        """Every row of every unit, in the order of the file: ascending within a sequence only."""
        at = 0
        while at < len(self.lines):
            header = self._read_header(at)
            yield from self._run(header)
            at = header.end

    def _read_header(self, at: int) -> Header:
        reader = Reader(self.lines, at)
        length = reader.unsigned(4)
        end = reader.at + length
        version = reader.unsigned(2)
        if length >= 0xFFFFFFF0 or not 2 <= version <= 5:
            raise ElfError(f".debug_line at {at:#x}: neither DWARF 2 to 5 nor 32-bit")
        if version >= 5:
            reader.at += 2  # the sizes of an address and of a segment selector
        header_length = reader.unsigned(4)
        program = reader.at + header_length
        instruction_size = reader.unsigned(1)
        if version >= 4:
            reader.at += 1  # operations in an instruction: a matter of VLIW machines
        reader.at += 1  # whether rows begin as statements: we take all rows
        line_base = struct.unpack("<b", bytes([reader.unsigned(1)]))[0]
        line_range, opcode_base = reader.unsigned(1), reader.unsigned(1)
        operands = [reader.unsigned(1) for _ in range(opcode_base - 1)]
        files = self._files_v5(reader) if version >= 5 else self._files_v2(reader)
        return Header(
            files, instruction_size, line_base, line_range, opcode_base, operands, program, end
        )

    def _files_v2(self, reader: Reader) -> list[str]:
        directories = [""]
        while name := reader.text():
            directories.append(name)
        files = [""]  # files are numbered from 1
        while name := reader.text():
            files.append(posixpath.normpath(posixpath.join(directories[reader.uleb()], name)))
            reader.uleb(), reader.uleb()  # time and size
        return files

    def _files_v5(self, reader: Reader) -> list[str]:
        directories = [path for path, _ in self._entries(reader)]
        # Directory 0 is where the compiler ran, the repository's root: names are relative to it.
        directories[0] = ""
        return [
            posixpath.normpath(posixpath.join(directories[index], path))
            for path, index in self._entries(reader)
        ]

    def _entries(self, reader: Reader) -> list[tuple[str, int]]:
        formats = [(reader.uleb(), reader.uleb()) for _ in range(reader.unsigned(1))]
        entries = []
        for _ in range(reader.uleb()):
            fields = {content: self._form(reader, form) for content, form in formats}
            entries.append((str(fields[DW_LNCT_PATH]), int(fields.get(DW_LNCT_DIRECTORY_INDEX, 0))))
        return entries

    def _form(self, reader: Reader, form: int) -> str | int:
        if form in self.strings:
            return Reader(self.strings[form], reader.unsigned(4)).text()
        if form == DW_FORM_STRING:
            return reader.text()
        if form == DW_FORM_UDATA:
            return reader.uleb()
        if form in FORM_SIZES:
            return reader.unsigned(FORM_SIZES[form])
        raise ElfError(f".debug_line: form {form:#x} of a file's name is not known")

    def _run(self, header: Header) -> Iterator[Row]:
        """The state machine of section 6.2.5."""
        reader = Reader(self.lines, header.program)
        address, file, line = 0, 1, 1
        while reader.at < header.end:
            opcode = reader.unsigned(1)
            if opcode >= header.opcode_base:
                special = opcode - header.opcode_base
                address += special // header.line_range * header.instruction_size
                line += header.line_base + special % header.line_range
                yield Row(address, header.files[file], line)
            elif opcode == 0:
                length = reader.uleb()
                after = reader.at + length
                extended = reader.unsigned(1)
                if extended == DW_LNE_SET_ADDRESS:
                    address = reader.unsigned(length - 1)
                elif extended == DW_LNE_END_SEQUENCE:
                    yield Row(address, "", 0)
                    address, file, line = 0, 1, 1
                reader.at = after
            elif opcode == DW_LNS_COPY:
                yield Row(address, header.files[file], line)
            elif opcode == DW_LNS_ADVANCE_PC:
                address += reader.uleb() * header.instruction_size
            elif opcode == DW_LNS_ADVANCE_LINE:
                line += reader.sleb()
            elif opcode == DW_LNS_SET_FILE:
                file = reader.uleb()
            elif opcode == DW_LNS_CONST_ADD_PC:
                steps = (255 - header.opcode_base) // header.line_range
                address += steps * header.instruction_size
            elif opcode == DW_LNS_FIXED_ADVANCE_PC:
                address += reader.unsigned(2)
            else:
                for _ in range(header.operands[opcode - 1]):
                    reader.uleb()
