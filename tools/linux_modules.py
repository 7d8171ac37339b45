#!/usr/bin/python3
# linux_modules.py: builds modules for real Linux, out of its tree, as its kbuild does.
# SPDX-License-Identifier: MIT
"""make modules-linux: demos, right and wrong modules, in one run of kbuild; a warning is an error.
Exit status: 0 all compile, or it is skipped with a reason; 2 after the compiler's complaints."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import linux_kernel
from child import environment
from module_sources import Module, Refused, read_directory

OURS = Path("modules")
DIRECTORIES = {"": OURS, "right_": OURS / "right", "wrong_": OURS / "wrong"}
JOBS = os.cpu_count() or 2
# What make says of itself; and that it links.
NOISE = re.compile(r"^(make(\[\d+\])?:|  (LD|BTF) \[M\]|  CC .*\.mod\.o$|  MODPOST|Skipping BTF)")


def kbuild_of(modules: list[Module]) -> str:
    """A Kbuild in which each module is made of what is in the directory of its name."""
    text = ""
    for module in modules:
        text += f"obj-m += {module.name}.o\n"
        for source in module.sources:
            here = f"{module.name}/{source.stem}.o"
            flags = [*module.flags, *module.more.get(source.stem, [])]
            flags.append(f"-I{source.parent.resolve()}")
            text += f"{module.name}-y += {here}\nCFLAGS_{here} := {shlex.join(flags)}\n"
    return text


def plant(tree: Path, modules: list[Module]) -> None:
    """Lay out in @tree links to the modules' sources. What was built there of the same stays."""
    tree.mkdir(parents=True, exist_ok=True)
    wanted = {f"{m.name}/{s.name}": s.resolve() for m in modules for s in m.sources}
    for old in [*tree.glob("*/*.c"), *tree.glob("*.ko")]:
        if old.suffix == ".ko" or wanted.get(str(old.relative_to(tree))) != old.resolve():
            old.unlink()
    for name, source in wanted.items():
        link = tree / name
        link.parent.mkdir(exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(source)
    (tree / "Kbuild").write_text(kbuild_of(modules), encoding="utf-8")


def build(headers: Path, tree: Path, modules: list[Module], flags: str = "") -> bool:
    """Have kbuild make @tree/NAME.ko of each of @modules. Shows what it says; whether all are."""
    plant(tree, modules)
    command = ["make", "-k", f"-j{JOBS}", "-C", str(headers), f"M={tree.resolve()}"]
    command += [f"KCFLAGS={flags}"] if flags else []
    with subprocess.Popen(
        [*command, "modules"],
        env=environment("CC", "M", "V", "ARCH", "LD", "MODULE", "PARAMS"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as making:
        assert making.stdout is not None
        for line in making.stdout:
            if not NOISE.match(line):
                print(in_our_words(line, tree, modules), end="", flush=True)
    return making.returncode == 0


def in_our_words(line: str, tree: Path, modules: list[Module]) -> str:
    """A line of kbuild's, in which sources are where they are."""
    for module in modules:
        for source in module.sources:
            there = f"{tree.resolve()}/{module.name}/{source.stem}."
            if there in line:
                line = line.replace(there, f"{source.parent}/{source.stem}.")
    return re.sub(r"^(  CC \[M\] .*)\.o$", r"\1.c", line)


def all_of_ours() -> list[Module]:
    """Every module in modules/. The right ones and the wrong ones have the same names."""
    return [
        Module(prefix + module.name, module.sources, module.flags, module.more)
        for prefix, directory in DIRECTORIES.items()
        for module in read_directory(directory)
    ]


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--linux", type=Path, required=True, help="directory for Debian's Linux")
    given.add_argument("--kdir", type=Path, help="other headers, such as /lib/modules/*/build")
    given.add_argument("--out", type=Path, required=True, help="directory to build in")
    chosen = given.parse_args()
    began = time.monotonic()
    try:
        headers = chosen.kdir or linux_kernel.kernel(chosen.linux).headers
        modules = all_of_ours()
    except linux_kernel.Unavailable as reason:
        print(f"modules-linux: skipped: {reason}; or give KDIR=path, headers of Linux 6.1")
        return 0
    except Refused as refused:
        print(f"modules-linux: {refused}", file=sys.stderr)
        return 2
    shutil.rmtree(chosen.out, ignore_errors=True)
    if not build(headers, chosen.out, modules, "-Werror"):
        print("modules-linux: not all modules compile against", headers, file=sys.stderr)
        return 2
    seconds = time.monotonic() - began
    print(f"modules-linux: {len(modules)} modules compile with {headers.name} ({seconds:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
