# module_errors.py: what a module asks for and is not there: a line for each, and the nearest.
# SPDX-License-Identifier: MIT
"""A header or a name that is missing makes compilers write pages. One line says it better."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from module_sources import nearest

INCLUDE = Path("include")
QUOTED = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
ANGLED = re.compile(r"^\s*#\s*include\s+<([^>]+)>", re.M)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DECLARED = re.compile(
    r"^#\s*define\s+(\w+)"
    r"|^(?:static\s|extern\s|\w)[^;{}#\n]*?\b(\w+)\("
    r"|^(?:struct|union|enum)\s+(\w+)\s*\{"
    r"|^typedef\s[^;]*?\b(\w+);"
    r"|^\}\s*(\w+);"
    r"|^extern\s[^;(]*?\b(\w+);"
    r"|^\t([A-Z]\w+)(?:\s*=[^,]*)?,",
    re.M,
)

# What gcc and clang say, and what is missing then.
MISSING_HEADER = re.compile(r"fatal error: '?([\w./-]+)'?(?:: No such file| file not found)")
MISSING_NAME = re.compile(
    r"(?:implicit declaration of function|call to undeclared function|undeclared identifier|"
    r"unknown type name|field has incomplete type|variable has incomplete type|"
    r"invalid use of undefined type|incomplete definition of type|"
    r"invalid application of .sizeof. to incomplete type|"
    r"invalid application of .sizeof. to an incomplete type) "
    r"['‘](?:struct |union |enum )?(\w+)['’]"
    r"|['‘](\w+)['’] undeclared"
    r"|['‘]\w+['’] has incomplete type.*?['‘](?:struct |union )?(\w+)['’]"
)
PLACE = re.compile(r"^(.*?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)$")
UNDEFINED = re.compile(r"^(?:\S*ld: )?(.*?): undefined reference to [`'](\w+)'")

# Why what a header has in Linux is not there, by the beginning of its name.
NO_FILES = "there are no files, devices or user programs here"
REASONS = {
    NO_FILES: (
        *("linux/fs", "linux/file", "linux/proc_fs", "linux/seq_file", "linux/debugfs"),
        *("linux/sysfs", "linux/kobject", "linux/cdev", "linux/device", "linux/miscdevice"),
        *("linux/uaccess", "asm/uaccess", "linux/poll", "linux/ioctl", "linux/kdev_t"),
        *("linux/platform_device", "linux/pci", "linux/usb", "linux/input", "linux/gpio"),
        *("linux/i2c", "linux/of", "linux/blk", "linux/namei", "linux/mount", "linux/syscalls"),
    ),
    "there is no network here": ("linux/net", "linux/skbuff", "linux/inet", "linux/socket", "net/"),
}


def reason_for(header: str) -> str | None:
    return next((why for why, begins in REASONS.items() if header.startswith(begins)), None)


@cache
def headers() -> list[str]:
    """Every header that a module may include."""
    return sorted(str(path.relative_to(INCLUDE)) for path in INCLUDE.rglob("*.h"))


@cache
def declared_in(path: str) -> frozenset[str]:
    """The names that a header of the kernel's declares, as far as a regular expression sees."""
    text = COMMENT.sub("", Path(path).read_text(encoding="utf-8"))
    return frozenset(next(filter(None, groups)) for groups in DECLARED.findall(text))


def find_file(name: str) -> str | None:
    return next((at for at in (name, f"arch/x86_64/include/{name}") if Path(at).is_file()), None)


@cache
def names() -> dict[str, str]:
    """Each name that a header declares, and the <linux/...> that is the shortest way to it."""
    found: dict[str, str] = {}
    for header in sorted(headers(), key=lambda name: (name == "linux/module.h", len(name), name)):
        text = (INCLUDE / header).read_text(encoding="utf-8")
        inside = QUOTED.findall(text) + [n for n in ANGLED.findall(text) if n.startswith("arch/")]
        for name in filter(None, map(find_file, inside)):
            for word in declared_in(name):
                found.setdefault(word, header)
    return found


def about_header(name: str) -> str:
    """One line's end on a header that is not there."""
    if reason := reason_for(name):
        return f"<{name}> is not there: {reason}"
    known = {header.removeprefix("linux/"): header for header in headers()}
    meant = nearest(name.removeprefix("linux/"), list(known)).rpartition(" ")
    return f"<{name}> is not there" + (f"{meant[0]} <{known[meant[2]]}>" if meant[2] else "")


def about_name(name: str) -> str:
    header = names().get(name)
    if header:
        return f"{name} is declared in <{header}>, which the module does not include"
    return f"{name} is not there" + nearest(name, list(names()))


def other_headers(source: Path, first: str) -> list[str]:
    """The compiler stops at the first missing header: the others in the same file."""
    text = COMMENT.sub("", source.read_text(encoding="utf-8", errors="replace"))
    known = set(headers())
    return [
        name
        for name in dict.fromkeys(ANGLED.findall(text))
        if name != first and name.startswith(("linux/", "asm/", "uapi/", "net/"))
        if name not in known
    ]


def about_empty_headers(source: Path) -> list[str]:
    """A line for each header that the source includes in vain, when names are missing."""
    text = COMMENT.sub("", source.read_text(encoding="utf-8", errors="replace"))
    return [
        f"{source}: <{name}> is empty here: {reason}"
        for name in dict.fromkeys(ANGLED.findall(text))
        if name in headers() and (reason := reason_for(name))
    ]


def of_compiler(source: Path, output: str) -> tuple[list[str], int]:
    """A line for each header or name that is missing, and how many other errors there are."""
    lines: list[str] = []
    seen: set[str] = set()
    others = 0
    for line in output.splitlines():
        if not (place := PLACE.match(line)):
            continue
        where = f"{place.group(1)}:{place.group(2)}"
        if header := MISSING_HEADER.search(line):
            lines.append(f"{where}: {about_header(header.group(1))}")
            more = other_headers(source, header.group(1))
            lines += [f"{source}: {about_header(name)}" for name in more]
        elif missing := MISSING_NAME.search(place.group(3)):
            name = next(filter(None, missing.groups()))
            if name not in seen:
                lines.append(f"{where}: {about_name(name)}")
            seen.add(name)
        else:
            others += 1
    if seen:
        lines += about_empty_headers(source)
    return lines, others


def of_linker(output: str) -> list[str]:
    """A line for each name that no object defines, with the first place that uses it."""
    lines: list[str] = []
    seen: set[str] = set()
    for line in output.splitlines():
        found = UNDEFINED.match(line)
        if found and found.group(2) not in seen:
            seen.add(found.group(2))
            where, name = found.groups()
            text = nearest(name, list(names()))
            lines.append(f"{where}: {name} is declared, and defined nowhere{text}")
    return lines
