# elf.py: reads a 64-bit little-endian ELF file: its sections and its symbols.
# SPDX-License-Identifier: MIT
"""As much of ELF as the tools need, so that none of them parses the output of another program."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

SHT_SYMTAB = 2
SHT_NOBITS = 8
SHF_WRITE = 1
SHF_ALLOC = 2
SHF_EXECINSTR = 4
SHF_COMPRESSED = 0x800
STT_NOTYPE = 0
STT_OBJECT = 1
STT_FUNC = 2
SHN_UNDEF = 0
SHN_LORESERVE = 0xFF00


@dataclass(frozen=True)
class Section:
    name: str
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int

    @property
    def is_code(self) -> bool:
        return bool(self.flags & SHF_ALLOC and self.flags & SHF_EXECINSTR)


@dataclass(frozen=True)
class Symbol:
    name: str
    kind: int
    section: Section | None  # None: absolute or undefined
    address: int
    size: int


class ElfError(Exception):
    """The file is not an ELF file that these tools can read."""


class Elf:
    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.data = self.path.read_bytes()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ElfError(f"{path}: not a 64-bit little-endian ELF file")
        self.sections = self._read_sections()
        self.symbols = self._read_symbols()

    def section(self, name: str) -> Section | None:
        return next((s for s in self.sections if s.name == name), None)

    def contents(self, name: str) -> bytes:
        """The bytes of a section; empty when there is no such section."""
        section = self.section(name)
        if section is None or section.kind == SHT_NOBITS:
            return b""
        if section.flags & SHF_COMPRESSED:
            raise ElfError(f"section {name} is compressed")
        return self.data[section.offset : section.offset + section.size]

    def functions(self) -> list[Symbol]:
        """What a backtrace may name, by address: functions, and the global labels of assembly."""
        found: dict[int, Symbol] = {}
        for symbol in self.symbols:
            if symbol.section is None or not symbol.section.is_code or not symbol.name:
                continue
            is_label = symbol.kind == STT_NOTYPE and "." not in symbol.name
            if symbol.kind != STT_FUNC and not is_label:
                continue
            known = found.get(symbol.address)
            if known is None or (known.size == 0 and symbol.size > 0):
                found[symbol.address] = symbol
        return [found[address] for address in sorted(found)]

    def variables(self) -> list[Symbol]:
        """What a report on data may name, by address; the variables of each CPU by their offset."""
        found: dict[int, Symbol] = {}
        for symbol in self.symbols:
            if symbol.kind == STT_OBJECT and symbol.size and symbol.section is not None:
                if symbol.section.flags & SHF_WRITE:
                    found.setdefault(symbol.address, symbol)
        return [found[address] for address in sorted(found)]

    def _read_sections(self) -> list[Section]:
        (table,) = struct.unpack_from("<Q", self.data, 0x28)
        size, count, names_index = struct.unpack_from("<HHH", self.data, 0x3A)
        rows = [struct.unpack_from("<IIQQQQI", self.data, table + i * size) for i in range(count)]
        names_at = rows[names_index][4]
        return [Section(self._text(names_at + row[0]), *row[1:]) for row in rows]

    def _read_symbols(self) -> list[Symbol]:
        symbols = []
        for table in (s for s in self.sections if s.kind == SHT_SYMTAB):
            names_at = self.sections[table.link].offset
            for at in range(table.offset, table.offset + table.size, 24):
                name, info, _, index, value, size = struct.unpack_from("<IBBHQQ", self.data, at)
                real = SHN_UNDEF < index < SHN_LORESERVE
                section = self.sections[index] if real else None
                symbols.append(Symbol(self._text(names_at + name), info & 15, section, value, size))
        return symbols

    def _text(self, at: int) -> str:
        return self.data[at : self.data.index(b"\0", at)].decode()
