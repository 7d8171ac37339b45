# check_asm.py: the mutex's fast paths are the two instructions they claim to be, in each build.
# SPDX-License-Identifier: MIT
"""`lock decl` and `jns` take it, `lock incl` and `jg` release it. Every call of a slow path in the
kernel must come from such a pair; a function that only takes, or only releases, must lock nothing
else; nor does any function of the kernel touch a vector register, which belongs to nobody here."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass

from project import Project, Result, each, run

# The slow path, and the instruction and the branch that come before it.
FAST_PATHS = {"mutex_lock_slow": ("lock decl", "jns"), "mutex_unlock_slow": ("lock incl", "jg")}
PROBE = """
#include "kernel/locking/sleep/mutex.h"
void probe_lock(struct mutex *lock);
void probe_lock(struct mutex *lock) { mutex_lock(lock); }
int probe_interruptible(struct mutex *lock);
int probe_interruptible(struct mutex *lock) { return mutex_lock_interruptible(lock); }
void probe_unlock(struct mutex *lock);
void probe_unlock(struct mutex *lock) { mutex_unlock(lock); }
"""
PROBES = {
    "probe_lock": "mutex_lock_slow",
    "probe_interruptible": "mutex_lock_slow",
    "probe_unlock": "mutex_unlock_slow",
}
MAX_STEPS = 64
FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t(.*?)\s*(?:#.*)?$")
RELOCATION = re.compile(r"^\s+[0-9a-f]+: R_X86_64_PLT32\s+(\w+)")
JUMP = re.compile(r"^j\w+ +([0-9a-f]+)")
TRANSFER = re.compile(r"^(?:call|jmp)q? .*<(\w+)>$")
VECTOR = re.compile(r"%[xyz]mm\d|%st\b")


@dataclass
class Instruction:
    address: int
    text: str  # "lock decl (%rdi)"
    callee: str = ""  # of a call, or of a jump to another function

    def is_locked(self) -> bool:
        is_exchange = self.text.startswith("xchg") and "(" in self.text
        return self.text.startswith("lock ") or is_exchange


class Function:
    def __init__(self, name: str) -> None:
        self.name = name
        self.code: list[Instruction] = []

    def index(self, address: int) -> int | None:
        return next((i for i, at in enumerate(self.code) if at.address == address), None)

    def following(self, i: int) -> list[int]:
        """Where the instruction leads within the function."""
        text = self.code[i].text
        after = [i + 1] if i + 1 < len(self.code) else []
        if text.startswith(("ret", "ud2")):
            return []
        if not (jump := JUMP.match(text)):
            return after
        target = self.index(int(jump.group(1), 16))
        targets = [] if target is None else [target]
        return targets if text.startswith("jmp") else targets + after

    def reach(self, start: list[int], wanted: str) -> list[int]:
        """The nearest calls of @wanted on any way from @start, a few instructions far."""
        found, seen, ways = [], set(start), list(start)
        while ways and len(seen) < MAX_STEPS:
            i = ways.pop()
            if self.code[i].callee == wanted:
                found.append(i)
                continue
            new = [j for j in self.following(i) if j not in seen]
            seen.update(new)
            ways += new
        return found

    def locked(self) -> list[Instruction]:
        return [instruction for instruction in self.code if instruction.is_locked()]


def disassemble(path: str) -> list[Function]:
    """The functions of an object, or of the kernel."""
    _, output = run(["objdump", "-dr", "--no-show-raw-insn", "-M", "att", path])
    functions: list[Function] = []
    for line in output.splitlines():
        if start := FUNCTION.match(line):
            functions.append(Function(start.group(1)))
        elif relocation := RELOCATION.match(line):
            functions[-1].code[-1].callee = relocation.group(1)
        elif match := INSTRUCTION.match(line):
            text = " ".join(match.group(2).split())
            transfer = TRANSFER.match(text)
            callee = transfer.group(1) if transfer else ""
            functions[-1].code.append(Instruction(int(match.group(1), 16), text, callee))
    return functions


def problem_with_calls(function: Function, slow: str) -> str | None:
    """Every call of a slow path is where the branch of its fast path falls through to."""
    operation, branch = FAST_PATHS[slow]
    calls = {i for i, instruction in enumerate(function.code) if instruction.callee == slow}
    for i, (lock, jump) in enumerate(zip(function.code, function.code[1:])):
        if lock.text.startswith(operation + " ") and jump.text.startswith(branch + " "):
            calls -= set(function.reach([i + 2], slow))
    if calls:
        return f"calls {slow} without a `{operation}` and its `{branch}` before"
    return None


def check_probe(compiler: list[str], variant: str) -> list[str]:
    """Functions of nothing but a fast path."""
    with tempfile.NamedTemporaryFile(suffix=".o") as object_file:
        status, output = run([*compiler, "-x", "c", "-c", "-", "-o", object_file.name], PROBE)
        if status != 0:
            return [f"tools/check_asm.py:1: the probe does not compile for {variant}: {output}"]
        functions = {function.name: function for function in disassemble(object_file.name)}
    problems = []
    for name, slow in PROBES.items():
        locked = [instruction.text for instruction in functions[name].locked()]
        problem = problem_with_calls(functions[name], slow)
        if not any(instruction.callee == slow for instruction in functions[name].code):
            problem = f"has no call of {slow}: the fast path is not inlined"
        elif len(locked) != 1:
            problem = f"locks more than the fast path's word: {', '.join(locked)}"
        if problem:
            problems.append(f"kernel/locking/sleep/mutex.h:1: {variant}: {name}() {problem}")
    return problems


def check_kernel(path: str) -> list[str]:
    problems = []
    for function in disassemble(path):
        for slow in FAST_PATHS:
            # The slow path itself may try again.
            problem = problem_with_calls(function, slow) if function.name != slow else None
            if problem:
                problems.append(f"{path}:{function.name}: {problem}")
        for instruction in function.code:
            if VECTOR.search(instruction.text):
                problems.append(f"{path}:{function.name}: a vector register: {instruction.text}")
                break
    return problems


def check(project: Project) -> Result:
    def check_variant(variant: tuple[str, str]) -> list[str]:
        name = "-".join(variant)
        kernel = check_kernel(f"{project.build}/{name}/interlock.elf")
        return check_probe(project.compiler(*variant), name) + kernel

    found = each(check_variant, project.variants)
    problems = [problem for problems in found for problem in problems]
    summary = f"the mutex's fast paths in {len(project.variants)} builds; no vector registers"
    return Result(summary, problems)
