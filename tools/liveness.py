# liveness.py: which registers may still be read after each place in a function.
# SPDX-License-Identifier: MIT
"""A register that is dead at a place may hold anything: states that differ in it alone are one.

The usual backward analysis, a function at a time, under the C ABI: a call reads the registers
that its target reads, be it to save them for its caller (__keeps_registers), but for those that
every function keeps, and destroys what that writes; a return reads the result, the
registers that a function keeps, and those that it does not write: gcc knows them, and may leave
something there across the call (-fipa-ra). What is not understood (a jump through a table) reads
all.
A set is a number: bit n for the register with number n, and in the place of the stack pointer,
which is always live, the arithmetic flags."""

from __future__ import annotations

from dataclasses import dataclass, field

from capstone import CS_GRP_CALL, CS_GRP_JUMP, CS_GRP_RET, CsInsn
from capstone.x86 import X86_OP_IMM, X86_OP_REG

NAMES = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"] + [f"r{n}" for n in range(8, 16)]
FLAGS = 1 << 4
ALL = 0xFFFF


def _widths() -> dict[str, tuple[int, bool]]:
    """By name: the bit, and whether a write leaves nothing of what was there."""
    found = {"rflags": (FLAGS, True), "eflags": (FLAGS, True)}
    for number, name in enumerate(NAMES):
        if name == "rsp":
            continue
        bit = 1 << number
        short = name[1:]
        found[name] = (bit, True)
        if number < 8:
            found["e" + short] = (bit, True)
            found[short] = (bit, False)
            halves = [short[0] + "l", short[0] + "h"] if short[1] == "x" else [short + "l"]
            found.update({half: (bit, False) for half in halves})
        else:
            found[name + "d"] = (bit, True)
            found[name + "w"] = found[name + "b"] = (bit, False)
    return found


WIDTHS = _widths()
IGNORED = {"rsp", "esp", "sp", "spl", "rip", "eip", "cs", "ds", "es", "fs", "gs", "ss"}


def width_of(insn: CsInsn, register: int) -> tuple[int, bool]:
    name = insn.reg_name(register)
    if name in IGNORED or name.startswith(("cr", "dr", "fp")):
        return 0, False
    return WIDTHS[name]


def bits(*names: str) -> int:
    return sum(WIDTHS[name][0] for name in names)


ARGUMENTS = bits("rdi", "rsi", "rdx", "rcx", "r8", "r9")
RESULT = bits("rax", "rdx")
KEPT = bits("rbx", "rbp", "r12", "r13", "r14", "r15")
DESTROYED = ALL & ~KEPT

# Their flags, or their target, are not always written.
NO_KILL = ("cmov", "shl", "shr", "sar", "rol", "ror", "rep", "cmpxchg", "bsf", "bsr")


@dataclass
class Place:
    """An instruction, as far as it matters here."""

    address: int
    size: int
    uses: int = 0
    kills: int = 0
    writes: int = 0  # the kills, and what is written in part or not always
    pushes: int = 0
    pops: int = 0
    next: list[int] = field(default_factory=list)  # addresses inside the function
    calls: int = 0  # the function, if it is known
    leaves: int = 0  # where a jump out of the function goes
    ends: bool = False  # it returns


def place_of(insn: CsInsn, start: int, end: int) -> Place:
    place = Place(insn.address, insn.size)
    reads, writes = insn.regs_access()
    name = insn.mnemonic
    for register in reads:
        place.uses |= width_of(insn, register)[0]
    for register in writes:
        bit, whole = width_of(insn, register)
        place.writes |= bit
        if whole and not name.startswith(NO_KILL):
            place.kills |= bit
        elif bit != FLAGS:
            place.uses |= bit
    if name in ("xor", "sub") and len(set(insn.op_str.split(", "))) == 1:
        place.uses &= ~place.kills  # It makes 0 of whatever there was.
    if name in ("push", "pop") and insn.operands[0].type == X86_OP_REG:
        bit = width_of(insn, insn.operands[0].reg)[0]
        place.pushes, place.pops = (bit, 0) if name == "push" else (0, bit)
    follows = [insn.address + insn.size]
    if insn.group(CS_GRP_RET):
        place.ends, follows = True, []
    elif insn.group(CS_GRP_CALL):
        place.calls = direct_target(insn)
        if not place.calls:
            place.kills = place.writes = DESTROYED
            place.uses |= ARGUMENTS | bits("rax")
    elif insn.group(CS_GRP_JUMP):
        target = direct_target(insn)
        if name == "jmp":
            follows = []
        if start <= target < end:
            follows.append(target)
        else:
            place.leaves = target
            place.uses |= 0 if target else ALL
    elif name in ("ud2", "hlt"):
        place.uses = ALL if name == "hlt" else 0
    place.next = [address for address in follows if start <= address < end]
    return place


def direct_target(insn: CsInsn) -> int:
    operand = insn.operands[0]
    return operand.imm if operand.type == X86_OP_IMM else 0


def analyse(function: list[Place], known: dict[int, int], writes: dict[int, int]) -> dict[int, int]:
    """Live before each instruction. @known: what is live elsewhere, never too little; @writes: what
    each function writes, never too much."""
    live = {place.address: 0 for place in function}
    returned = RESULT | KEPT | ALL & ~writes[function[0].address]
    changed = True
    while changed:
        changed = False
        for place in reversed(function):
            after = returned if place.ends else 0
            for address in place.next:
                after |= live.get(address, ALL)
            if place.leaves:
                after |= known.get(place.leaves, ALL) | returned
            kills = place.kills | (writes.get(place.calls, 0) & DESTROYED)
            before = after & ~kills | place.uses
            if place.calls:
                before |= known.get(place.calls, ALL) & DESTROYED
            if before != live[place.address]:
                live[place.address] = before
                changed = True
    return live


def written(functions: list[list[Place]], rounds: int) -> dict[int, int]:
    """What each function writes, itself and through those that it calls, so many calls deep. Not
    what it pushes and pops: that it may keep."""
    writes: dict[int, int] = {}
    for _ in range(rounds):
        before = dict(writes)
        for function in functions:
            found = pushed = popped = 0
            for place in function:
                found |= place.writes | before.get(place.calls, 0) | before.get(place.leaves, 0)
                pushed |= place.pushes
                popped |= place.pops
            writes[function[0].address] = found & ~(pushed & popped)
    return writes


def live_before(functions: list[list[Place]], rounds: int = 3) -> dict[int, int]:
    """Of every instruction of all functions; each round knows better what calls and jumps read."""
    functions = [function for function in functions if function]
    writes = written(functions, rounds)
    known: dict[int, int] = {}
    for _ in range(rounds):
        live: dict[int, int] = {}
        for function in functions:
            live |= analyse(function, known, writes)
        known = live
    return known
