#!/usr/bin/python3
# doctor_test.py: shows make doctor machines on which something is wrong; results in TAP.
# SPDX-License-Identifier: MIT
"""A machine is a PATH with nothing in it but what the script itself needs, and tools that only say
their version. Files that must be there are those of this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import tap
from tap import check

OWN = "sh uname mktemp rm cat grep head awk printf".split()

# What tools say that are as they should be.
SAY = {
    "gcc": "case $1 in -dumpmachine) echo x86_64-linux-gnu ;; *) echo 'gcc (X) 12.2.0' ;; esac",
    "clang": "echo 'Debian clang version 14.0.6'",
    "make": "echo 'GNU Make 4.3'",
    "ld": "echo 'GNU ld version 2.40-14.fc39'; echo elf_x86_64",
    "objcopy": "echo 'GNU objcopy (GNU Binutils) 2.40'",
    "nasm": "echo 'NASM version 2.16.01'",
    "grub-mkrescue": "echo 'grub-mkrescue (GRUB) 2.06-13'",
    "xorriso": "echo 'xorriso 1.5.4 : X'",
    "mformat": "echo 'mformat (GNU mtools) 4.0.32'",
    "xz": "echo 'xz (XZ Utils) 5.4.1'",
    "qemu-system-x86_64": "echo 'QEMU emulator version 7.2.22'; echo 'q35  PC'; echo tcg;"
    " echo 'name \"isa-debug-exit\"'",
    "gdb": "echo 'GNU gdb (GDB) 13.1'; echo 42",
    "clang-format": "echo 'clang-format version 14.0.6'",
    "cppcheck": "echo 'Cppcheck 2.10'",
    "brew": "exit 0",
}

# Name; the system; tools that are otherwise (None: not there); what must be said, in this order.
CASES: list[tuple[str, str, dict[str, str | None], list[str]]] = [
    ("all_is_well", "debian", {}, ["taken for: debian", "gdb +13.1", "7.2.22", "all is well"]),
    ("missing_on_debian", "debian", {"nasm": None},
     ["nasm +WRONG: it is not installed", "mend: sudo apt-get install nasm",
      "1 wrong; .*: sudo apt-get install nasm$"]),
    ("missing_on_fedora", "fedora", {"grub-mkrescue": None, "nasm": None},
     ["mend: sudo dnf install nasm", "mend: sudo dnf install grub2-tools-extra",
      "2 wrong; .*: sudo dnf install nasm grub2-tools-extra$"]),
    ("grub2_on_fedora", "fedora",
     {"grub-mkrescue": None, "grub2-mkrescue": "echo 'grub2-mkrescue (GRUB) 2.06'"},
     ["grub2-mkrescue +2.06", "all is well"]),
    ("missing_on_arch", "arch", {"xorriso": None}, ["mend: sudo pacman -S libisoburn"]),
    ("missing_on_macos", "macos", {"gcc": None, "ld": None, "grub-mkrescue": None},
     ["gcc +WRONG", "mend: brew install x86_64-elf-gcc", r"then: .*/bin/x86_64-elf-gcc\" ~",
      "mend: brew install x86_64-elf-binutils", "mend: brew install i686-elf-grub",
      r"then: .*/bin/i686-elf-grub-mkrescue\" ~", "3 wrong; .*: brew install x86_64-elf-gcc "]),
    ("no_link_to_a_file", "macos", {"brew": "exit 1"},
     [r"i386-pc +WRONG: it is not installed\n +mend: brew install i686-elf-grub\n(?! +then:)"]),
    ("old_version", "debian", {"gdb": "echo 'GNU gdb (GDB) 9.2'"},
     ["gdb +WRONG: version 9.2; it takes 12", "mend: sudo apt-get install gdb"]),
    ("newer_by_the_second_number", "debian", {"cppcheck": "echo 'Cppcheck 2.13'"}, ["all is well"]),
    ("older_by_the_second_number", "debian", {"xz": "echo 'xz 5.1.9'"},
     ["version 5.1.9; it takes 5.2"]),
    ("no_version", "debian", {"xz": "echo hello"}, ["xz +WRONG: it does not say its version"]),
    ("gcc_for_another_machine", "debian",
     {"gcc": "case $1 in -dumpmachine) echo aarch64-linux-gnu ;; *) echo 'gcc 12.2.0' ;; esac"},
     ["gcc +WRONG: it makes no code for x86_64, but for aarch64-linux-gnu"]),
    ("ld_of_a_mac", "macos", {"ld": "echo 'ld 2.50'"}, ["ld +WRONG: it does not link for x86_64"]),
    ("gdb_without_python", "debian", {"gdb": "echo 'GNU gdb (GDB) 13.1'"},
     ["gdb +WRONG: it has no Python"]),
    ("qemu_without_device", "debian",
     {"qemu-system-x86_64": "echo 'QEMU emulator version 7.2.22'; echo 'q35  PC'; echo tcg"},
     ["WRONG: it has no device isa-debug-exit"]),
    ("unknown_system", "plan9", {}, ["SYSTEM=plan9 is none of debian, fedora, arch, macos"]),
]


def run(system: str, other: dict[str, str | None]) -> tuple[int, str]:
    with tempfile.TemporaryDirectory(prefix="interlock-") as path:
        for name in OWN:
            (Path(path) / name).symlink_to(shutil.which(name) or f"/bin/{name}")
        for name, says in {**SAY, **other}.items():
            if says is not None:
                tool = Path(path) / name
                tool.write_text(f"#!/bin/sh\n{says}\n")
                tool.chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", "tools/doctor.sh"],
            env={"PATH": path, "SYSTEM": system},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return done.returncode, done.stdout


def test(system: str, other: dict[str, str | None], expected: list[str]) -> None:
    status, said = run(system, other)
    at = 0
    for pattern in expected:
        match = re.compile(pattern, re.M).search(said, at)
        assert match, f"no /{pattern}/ in its place in:\n{said}"
        at = match.end()
    check((status == 0) == ("all is well" in said), f"its exit status is {status}:\n{said}")


def main() -> int:
    return tap.run([(name, partial(test, *case)) for name, *case in CASES])


if __name__ == "__main__":
    sys.exit(main())
