#!/usr/bin/python3
# linux_api.py: docs/linux-api.md, which says what a module finds in which of Linux's headers.
# SPDX-License-Identifier: MIT
"""A check of `make check`, and with --write (as `make format` runs it) what writes the document.

The names are those that the compiler sees: what the header forwards to defines, and what that
includes and no other header forwards to. Names of two underscores count where Linux has a pair,
xa_store() and __xa_store()."""

from __future__ import annotations

import re
import shlex
import sys
import textwrap
from pathlib import Path

from linux_api_absent import ABSENT
from project import Project, Result, each, run

DOCUMENT = Path("docs/linux-api.md")
MARKER = re.compile(r'# \d+ "([^"]*)"')
INCLUDE = re.compile(r'#include ["<]([\w./-]+)[">]')
DEFINE = re.compile(r"#define (\w+)")
WORD = re.compile(r"[A-Za-z_]\w*")
ARCH = "arch/x86_64/include/"
# What the headers say depends on no other flag.
COMPILER = shlex.split(
    "gcc -std=gnu11 -ffreestanding -mgeneral-regs-only -DCONFIG_CHECKED=1 -I. -Iinclude"
    f" -I{ARCH} -D__INTERLOCK__ -DMODULE -D__KERNEL__ -DKBUILD_MODNAME=api"
)
# What the machine needs, and modules do not.
INTERNAL = ("layout.h", "context.h", "trap.h", "boot_info.h", "upcalls.h", "race_context.h")
NO_NAMES = {"static_assert", "_Static_assert", "asm", "if", "while", "for", "return", "sizeof"}
NO_NAMES |= {"struct", "size_t", "asmlinkage", "void"}


def forwarded(name: str) -> list[str]:
    """The files that a header includes, as paths from the root."""
    found = INCLUDE.findall(Path(name).read_text(encoding="utf-8"))
    return [ARCH + file if file.startswith("arch/") else file for file in found]


def reach(header: str, forwarders: dict[str, str], known: set[str]) -> set[str]:
    """What belongs to @header: what it is the home of, and what only these files include."""
    todo = [file for file in forwarded(header) if forwarders.get(file) == header]
    reached: set[str] = set()
    while todo:
        file = todo.pop()
        if file in reached or file not in known or file.endswith(INTERNAL):
            continue
        reached.add(file)
        todo += [other for other in forwarded(file) if other not in forwarders]
    return reached


def without_brackets(text: str, opening: str, closing: str) -> str:
    """@text without what stands in brackets, however deep."""
    kept, depth = [], 0
    for part in re.split(f"([\\{opening}\\{closing}])", text):
        depth += (part == opening) - (part == closing)
        if part == closing and depth == 0:
            kept.append(opening + closing)
        elif depth == 0:
            kept.append(part)
    return "".join(kept)


def declared(text: str) -> set[str]:
    """The functions, types and variables that preprocessed @text declares at file scope."""
    names = set(re.findall(r"\b(?:struct|union|enum) (\w+)\s*\{", text))
    for body in re.findall(r"\benum\b[\w\s]*\{([^}]*)\}", text):
        names |= {part.split("=")[0].strip() for part in re.sub(r"\([^)]*\)", "", body).split(",")}
    text = re.sub(r'"(\\.|[^"\\])*"', '""', text)
    flat = without_brackets(text, "{", "}").replace("{}", ";")
    flat = re.sub(r"__attribute__\s*", "@", without_brackets(flat, "[", "]"))
    for statement in flat.split(";"):
        pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)\s*\(", statement)
        statement = re.sub(r"@\(\)", "", without_brackets(statement, "(", ")"))
        words = WORD.findall(statement)
        if not words:
            continue
        if "typedef" in words:
            names.add(pointer.group(1) if pointer else words[-1])
        elif call := re.search(r"(\w+)\s*\(\)", statement):
            names.add(call.group(1))
        elif words[0] == "extern":
            names.add(words[-1])
    return names


def names_of(header: str, files: set[str]) -> set[str]:
    """What of @header the compiler sees that stands in one of @files."""
    include = f"#include <{header.removeprefix('include/')}>\n"
    status, output = run([*COMPILER, "-E", "-dD", "-x", "c", "-"], include)
    if status:
        raise RuntimeError(f"{header}: {output.strip().splitlines()[-1]}")
    text, names, file = [], set(), ""
    for line in output.splitlines():
        if marker := MARKER.match(line):
            file = marker.group(1).removeprefix("./")
        elif file in files:
            if define := DEFINE.match(line):
                names.add(define.group(1))
            elif not line.startswith("#"):
                text.append(line)
    names |= declared("\n".join(text))
    return {name for name in names if name and WORD.fullmatch(name) and name not in NO_NAMES}


def is_public(name: str, names: set[str]) -> bool:
    if name.startswith(("hook_", "arch_", "note_")):
        return False
    return not name.startswith("_") or name.lstrip("_") in names


def purpose(header: str) -> str:
    """What the header's first line says after `for modules:`."""
    first = Path(header).read_text(encoding="utf-8").splitlines()[0]
    return first.partition("for modules: ")[2].removesuffix(".").strip()


def home_of(file: str, headers: list[str]) -> str:
    """Of the headers that forward to @file, the one under which its names are listed."""
    stem = Path(file).stem
    same = [header for header in headers if Path(header).stem.replace("-", "_") == stem]
    return (same or [h for h in headers if h.endswith("/kernel.h")] or headers)[0]


def document(project: Project) -> str:
    every = sorted(project.matching(r"include/(linux|asm|uapi)/.*\.h"))
    linux = [header for header in every if header.startswith("include/linux/")]
    users: dict[str, list[str]] = {}
    for header in linux:
        for file in forwarded(header):
            users.setdefault(file, []).append(header)
    forwarders = {file: home_of(file, headers) for file, headers in users.items()}
    headers = sorted(set(forwarders.values()))
    others = [header for header in every if header not in headers]
    known = set(project.files)
    homes = {header: reach(header, forwarders, known) for header in headers}
    for file in set().union(*homes.values()):
        home = home_of(file, [header for header in headers if file in homes[header]])
        for header in headers:
            if header != home:
                homes[header].discard(file)
    found = each(lambda header: names_of(header, homes[header]), headers)
    everything = set().union(*found)
    lines = [
        "# What a Linux module finds here",
        "",
        "Made by `tools/linux_api.py` from the headers; `make check` compares. The names mean what",
        "they mean in Linux 6.1; the contract over each declaration says where it is less or more.",
        "Search for a name with your editor. What is not there, and why, is at the end.",
        "",
    ]
    for header, names in zip(headers, found):
        public = sorted(name for name in names if is_public(name, everything))
        also = dict.fromkeys(forwarders[file] for file in forwarded(header))
        also.pop(header, None)
        lines += [f"## {header.removeprefix('include/')}: {purpose(header)}", ""]
        if also:
            others_names = ", ".join(other.removeprefix("include/") for other in also)
            lines += textwrap.wrap(f"With all of {others_names}.", 98) + [""]
        lines += ["```"]
        lines += textwrap.wrap(" ".join(public), 98, break_on_hyphens=False) + ["```", ""]
    lines += ["## Other headers", "", "| header | its names are listed under |", "|---|---|"]
    for header in others:
        homes = [forwarders.get(file, f"`{file}`") for file in forwarded(header)]
        names = ", ".join(dict.fromkeys(home.removeprefix("include/") for home in homes))
        lines.append(f"| {header.removeprefix('include/')} | {names} |")
    lines += ["", "## What is not there, and why", "", "| headers | why not |", "|---|---|"]
    for why, absent in ABSENT.items():
        lines.append(f"| {', '.join(absent)} | {why} |")
    return "\n".join(lines) + "\n"


def check(project: Project) -> Result:
    there = {name.removeprefix("include/") for name in project.files}
    problems = [
        f"tools/linux_api_absent.py:1: {name} is there"
        for names in ABSENT.values()
        for name in names
        if name in there
    ]
    try:
        wanted = document(project)
    except RuntimeError as error:
        return Result("", [str(error)])
    have = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    if have != wanted:
        old, new = have.splitlines(), wanted.splitlines()
        line = next((i for i, pair in enumerate(zip(old, new)) if pair[0] != pair[1]), len(old))
        problems.append(f"{DOCUMENT}:{line + 1}: not what the headers have: `make format`")
    return Result(f"{DOCUMENT} has what the headers have", problems)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: linux_api.py --write")
    tree = Project({}, {}, [], [], [], [], [], "")
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document(tree), encoding="utf-8")
