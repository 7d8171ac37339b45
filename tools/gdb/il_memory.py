# il_memory.py: reads the kernel's memory, and believes nothing that it finds there.
# SPDX-License-Identifier: MIT
"""The machine may stand between any two instructions. So no walk is longer than LIMIT, an address
that cannot be read ends it, and it says what it met: a reader of half a list gets half a list."""

from __future__ import annotations

import gdb

LIMIT = 10000  # elements of a list
TEXT_LIMIT = 64


class Bad(Exception):
    """What is asked for is not there: one line for the user."""


def symbol(name: str, file: str = "") -> gdb.Value | None:
    """A variable; None in a kernel that has none of the name."""
    try:
        return gdb.parse_and_eval(f"'{file}'::{name}" if file else name)
    except gdb.error:
        return None


def need(name: str) -> gdb.Value:
    value = symbol(name)
    if value is None:
        raise Bad(f"this program has no variable {name}: is it the kernel?")
    return value


def at(address: int, kind: str) -> gdb.Value:
    """The object of type @kind at an address; nothing is read yet."""
    pointer = gdb.lookup_type(kind).pointer()
    return gdb.Value(address).cast(pointer).dereference()


def address_of(value: gdb.Value) -> int:
    assert value.address is not None
    return int(value.address)


def has(kind: str | gdb.Type, *path: str) -> bool:
    """Whether a type has a field, and that another one... Some have only in the checked profile."""
    try:
        where = gdb.lookup_type(kind) if isinstance(kind, str) else kind.strip_typedefs()
        for name in path:
            where = where.strip_typedefs()[name].type
        return True
    except (gdb.error, KeyError, TypeError):
        return False


def offset(kind: str, *path: str) -> int:
    """Of a member in bytes, through the structs that it is in."""
    bits, where = 0, gdb.lookup_type(kind)
    for name in path:
        field = where.strip_typedefs()[name]
        bits += field.bitpos
        where = field.type
    return bits // 8


def number(value: gdb.Value) -> int:
    """Of an integer, a pointer or an atomic, of whichever wrapping."""
    kind = value.type.strip_typedefs()
    while kind.code == gdb.TYPE_CODE_STRUCT:
        value = value[kind.fields()[0]]
        kind = value.type.strip_typedefs()
    return int(value)


def text(pointer: gdb.Value | int, limit: int = TEXT_LIMIT) -> str:
    """The string at an address, as far as it can be read; "" for NULL."""
    address, found = int(pointer), b""
    while address and len(found) < limit:
        try:
            byte = bytes(gdb.selected_inferior().read_memory(address + len(found), 1))
        except gdb.error:
            return found.decode("utf-8", "replace") + "<not readable>"
        if byte == b"\0":
            break
        found += byte
    return found.decode("utf-8", "replace")


def array_text(value: gdb.Value) -> str:
    """Of a char array."""
    size = value.type.sizeof
    data = bytes(gdb.selected_inferior().read_memory(address_of(value), size))
    return data.split(b"\0")[0].decode("utf-8", "replace")


class Walk:
    """The elements of a ring of list_heads, as far as it makes sense; and what is wrong with it."""

    def __init__(self, head: gdb.Value, kind: str, member: str, limit: int = LIMIT) -> None:
        self.found: list[gdb.Value] = []
        self.problem = ""
        start = address_of(head)
        distance = offset(kind, member) if member else 0
        seen = {start}
        try:
            link = int(head["next"])
            while link != start and not self.problem:
                if link in seen:
                    self.problem = f"it comes back to {link:#x}, and never to its head"
                elif not link or link & 7:
                    self.problem = f"it goes on at {link:#x}, where nothing can be"
                elif len(self.found) == limit:
                    self.problem = f"it goes on after {limit} elements"
                else:
                    seen.add(link)
                    node = at(link, "struct list_head")
                    following = int(node["next"])
                    self.found.append(at(link - distance, kind))
                    link = following
        except gdb.error:
            self.problem = "it leads to memory that cannot be read"

    def tell(self, what: str) -> None:
        if self.problem:
            print(f"({what}: {self.problem})")


def moment(ns: int) -> str:
    """Seconds since boot, as the lines of the log have them."""
    return f"{ns // 10**9}.{ns % 10**9 // 1000:06}"
