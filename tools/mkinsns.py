#!/usr/bin/python3
# mkinsns.py: makes the table by which the explorer knows what each instruction touches.
# SPDX-License-Identifier: MIT
"""usage: mkinsns.py KERNEL TABLE

The table, all numbers little-endian, as arch/x86_64/insn.c reads it:
    u32 magic, start of the code, bytes of code, shapes
    shapes x 12 bytes       struct insn; the first one stands for "no instruction begins here"
    bytes of code x u16     the shape of the instruction that begins at each
    bytes of code x u16     the registers that are live before it (liveness.py)
Instructions that touch memory alike, whatever the displacement, share a shape: the kernel reads the
displacement from the code, and that of a jump. What is not explained has the kind `unknown`, and
stops the explorer."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

from capstone import CS_ARCH_X86, CS_MODE_64, Cs, CsInsn
from capstone.x86 import X86_OP_IMM, X86_OP_MEM, X86_OP_REG

from elf import Elf, ElfError
from liveness import Place, live_before, place_of

MAGIC = 0x4E534E49  # "INSN"

KINDS = [
    *("none", "plain", "push", "pop", "call", "ret", "leave", "pause", "sti", "cli", "pushf"),
    *("popf", "hlt", "rdtsc", "fence", "store_string", "move_string", "trap", "xadd"),
    *("jump", "unknown"),
]
KIND = {name: number for number, name in enumerate(KINDS)}
READ, WRITE, LOCKED = 1, 2, 4

REGISTERS = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"]
REGISTERS += [f"r{n}" for n in range(8, 16)]
NUMBER = {name: number for number, name in enumerate(REGISTERS)}
NUMBER |= {"rip": 17, "": 16}
WIDTHS = {name: name for name in REGISTERS}
WIDTHS |= {f"e{name[1:]}": name for name in REGISTERS[:8]}
WIDTHS |= {name[1:]: name for name in REGISTERS[:8]}
WIDTHS |= {f"{name}d": name for name in REGISTERS[8:]}
NONE = 16

# By mnemonic: what the operands do not tell.
BY_NAME = {
    **{"pause": "pause", "sti": "sti", "cli": "cli", "hlt": "hlt", "rdtsc": "rdtsc"},
    **{"pushfq": "pushf", "popfq": "popf", "mfence": "fence", "leave": "leave", "ret": "ret"},
    **{"call": "call", "push": "push", "pop": "pop", "ud2": "trap", "int3": "trap"},
    **{"xadd": "xadd"},
    **{f"stos{width}": "store_string" for width in "bdq"},
    **{f"movs{width}": "move_string" for width in "bdq"},
}
STRING_SIZE = {"b": 1, "d": 4, "q": 8}

# Neither memory nor anything else that a thread shares with another.
HARMLESS = {"lea", "nop", "lfence", "sfence", "cpuid", "prefetchw", "prefetcht0", "endbr64"}

# What reads its memory operand and writes it, and what only reads or only writes it: the library's
# word on this is not always right, so here is ours.
READS = {"cmp", "test", "bt", "movzx", "movsx", "movsxd", "imul", "mul", "div", "idiv", "popcnt"}
READS |= {"bsf", "bsr", "tzcnt", "lzcnt", "jmp", "call", "push", "comiss"}
UPDATES = {"add", "sub", "and", "or", "xor", "adc", "sbb", "inc", "dec", "neg", "not", "xadd"}
UPDATES |= {"xchg", "cmpxchg", "cmpxchg8b", "cmpxchg16b", "bts", "btr", "btc", "shl", "shr", "sar"}
UPDATES |= {"rol", "ror", "shld", "shrd"}
BITS = {"bt", "bts", "btr", "btc"}

# What has no memory operand must be one of these not to be unknown.
REGISTER_ONLY = READS | UPDATES | {"mov", "movabs", "cdqe", "cdq", "cqo", "cwde", "bswap", "leave"}

# With these registers a `mov` is more than that: after one to %ss, say, the CPU does not stop.
SPECIAL = re.compile(r"[c-gs]s|[cdt]r\d+")


def access_of(insn: CsInsn, name: str) -> int | None:
    """READ, WRITE, LOCKED of the memory operand; None if it is not known."""
    locked = LOCKED if insn.prefix[0] == 0xF0 or name == "xchg" else 0
    if name in HARMLESS:
        return 0
    if name in UPDATES:
        updated = insn.operands[0].type == X86_OP_MEM or name == "xchg"
        return READ | WRITE | locked if updated else READ
    if name in READS or (name.startswith("cmov") and name != "cmov"):
        return READ
    if name.startswith("set") or name == "pop":
        return WRITE
    if name == "mov":
        first = insn.operands[0]
        return WRITE if first.type == X86_OP_MEM else READ
    return None


def is_known(name: str) -> bool:
    """An instruction without a memory operand."""
    return name in REGISTER_ONLY | HARMLESS or name.startswith(("j", "set", "cmov"))


def shape_of(insn: CsInsn) -> bytes:
    name = insn.mnemonic.split()[-1]
    repeated = " " in insn.mnemonic and insn.mnemonic.split()[0].startswith("rep")
    kind = KIND[BY_NAME.get(name, "jump" if name.startswith("j") else "plain")]
    access = size = scale = gs = disp_at = disp_size = 0
    base = index = bit = NONE
    memory = [op for op in insn.operands if op.type == X86_OP_MEM]
    if kind in (KIND["store_string"], KIND["move_string"]):
        size = STRING_SIZE[name[-1]]
    elif memory and name not in HARMLESS:
        operand = memory[0]
        found = access_of(insn, name)
        names = (insn.reg_name(operand.mem.base) or "", insn.reg_name(operand.mem.index) or "")
        segment = insn.reg_name(operand.mem.segment) if operand.mem.segment else ""
        if found is None or len(memory) > 1 or segment not in ("", "gs", "ds", "ss"):
            kind = KIND["unknown"]
        elif any(each not in NUMBER for each in names):
            kind = KIND["unknown"]
        else:
            access, size, gs = found, operand.size, int(segment == "gs")
            base, index, scale = NUMBER[names[0]], NUMBER[names[1]], operand.mem.scale
            disp_at, disp_size = insn.disp_offset, insn.disp_size
            second = insn.operands[-1]
            if name in BITS and second.type == X86_OP_REG:
                bit = NUMBER[WIDTHS[insn.reg_name(second.reg)]]
    elif kind == KIND["plain"] and not is_known(name):
        kind = KIND["unknown"]
    if repeated and kind == KIND["plain"]:
        kind = KIND["unknown"]
    registers = [insn.reg_name(op.reg) for op in insn.operands if op.type == X86_OP_REG]
    if any(SPECIAL.fullmatch(register) for register in registers):
        kind = KIND["unknown"]
    if kind in (KIND["jump"], KIND["call"]) and insn.operands[0].type == X86_OP_IMM:
        disp_at, disp_size = insn.imm_offset, insn.imm_size
    return struct.pack(
        "<12B",
        *(insn.size, kind, access, size, base, index, scale, gs, disp_at, disp_size, bit),
        int(repeated),
    )


def make(elf: Elf) -> tuple[bytes, dict[str, int]]:
    text = next(section for section in elf.sections if section.name == ".text")
    code = elf.data[text.offset : text.offset + text.size]
    decoder = Cs(CS_ARCH_X86, CS_MODE_64)
    decoder.detail = True
    shapes = {bytes(12): 0}
    begins = bytearray(2 * text.size)
    live = bytearray(2 * text.size)
    places: list[list[Place]] = []
    unknown: dict[str, int] = {}
    for function, size in functions(elf, text.address, text.size):
        at = function - text.address
        places.append([])
        for insn in decoder.disasm(code[at : at + size], function):
            shape = shape_of(insn)
            if shape[1] == KIND["unknown"]:
                unknown[insn.mnemonic] = unknown.get(insn.mnemonic, 0) + 1
            number = shapes.setdefault(shape, len(shapes))
            struct.pack_into("<H", begins, 2 * (insn.address - text.address), number)
            places[-1].append(place_of(insn, function, function + size))
    for address, registers in live_before(places).items():
        struct.pack_into("<H", live, 2 * (address - text.address), registers)
    head = struct.pack("<4I", MAGIC, text.address, text.size, len(shapes))
    return head + b"".join(shapes) + bytes(begins) + bytes(live), unknown


def functions(elf: Elf, start: int, size: int) -> list[tuple[int, int]]:
    """Where each function of the code begins, and how long it is: up to the next."""
    addresses = {symbol.address for symbol in elf.functions()}
    starts = sorted(address for address in addresses if start <= address < start + size)
    ends = starts[1:] + [start + size]
    return [(address, end - address) for address, end in zip(starts, ends)]


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        table, unknown = make(Elf(arguments[0]))
    except (ElfError, OSError, StopIteration) as problem:
        print(f"mkinsns.py: {problem}", file=sys.stderr)
        return 1
    Path(arguments[1]).write_bytes(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
