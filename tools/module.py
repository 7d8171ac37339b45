#!/usr/bin/python3
# module.py: builds Linux modules and links them with the kernel's objects, for make run MODULE=...
# SPDX-License-Identifier: MIT
"""usage: module.py check MODULE     one line about what is wrong with MODULE, or nothing
       module.py build OPTIONS MODULE

Each module is compiled as kbuild does, its objects become one, and all names in it become its own
but those that EXPORT_SYMBOL() marks; then the kernel is linked with it, twice, as the Makefile
does.
Exit status of build: 0, or 2 after a line for each thing that is wrong."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import module_errors
import module_names
from module_sources import Module, Refused, modules
from project import each

# kbuild's, for what is no house of ours. Signed numbers wrap, as Linux's do (-fno-strict-overflow).
FLAGS = [
    *("-DMODULE", "-fwrapv", "-fdiagnostics-color=never", "-Wall", "-Wno-main"),
    *("-Wno-pointer-sign", "-Wno-unused-but-set-variable", "-Wno-address-of-packed-member"),
    *("-Wno-array-bounds", "-Wno-stringop-overflow", "-Wno-stringop-truncation"),
    *("-Wno-maybe-uninitialized", "-Wno-unused-const-variable", "-Wno-frame-address"),
    *("-Wno-format-security", "-Wno-unused-function", "-Werror=implicit-function-declaration"),
    *("-Werror=return-type", "-Werror=incompatible-pointer-types", "-Werror=strict-prototypes"),
]

# What makes a module of the objects: Linux's modpost writes such a file, too.
RECORD = """\
#include <linux/module.h>
extern const char __module_code_begin[], __module_code_end[];
struct module __this_module = {{ .name = KBUILD_MODNAME,
                                .code_begin = __module_code_begin,
                                .code_end = __module_code_end }};
MODULE_ENTRY();
{old_names}"""
# What a module without module_init() and module_exit() has, and how the names of those begin.
OLD_NAMES = {
    "init_module": ("__module_init", "MODULE_ENTRY(.init = init_module);\n"),
    "cleanup_module": ("__module_exit", "MODULE_ENTRY(.exit = cleanup_module);\n"),
}
SYMBOLS, INSNS = "kernel/debug/symbols_image.asm", "arch/x86_64/insns_image.asm"
# A member has the name of that macro of ours, which in Linux is a variable: kernel/core/jiffies.h.
JIFFIES = re.compile(r"(?:in expansion of|expanded from) macro ['‘]jiffies['’]")
SYMBOL = re.compile(r"^(?:[0-9a-f]+)?\s+(\w) (\S+)$")


@dataclass(frozen=True)
class Built:
    """A module's object, and what it has to do with others."""

    module: Module
    file: Path
    exports: set[str]
    wants: set[str]  # names that it does not define


class Builder:
    def __init__(self, chosen: argparse.Namespace) -> None:
        own = own_headers(chosen.compiler[0])
        # clang complains of what only gcc warns of; gcc does not, the other way round.
        unknown = ["-Wno-unknown-warning-option"] if "clang" in chosen.compiler[0] else []
        self.compiler: list[str] = [*chosen.compiler, *FLAGS, *unknown, *own]
        self.linker: list[str] = chosen.linker
        self.objects: list[str] = chosen.objects.split()
        self.symbol_flags: list[str] = chosen.symbol_flags
        self.out: Path = chosen.out
        self.explores: bool = chosen.insns
        self.ahead: Path | None = chosen.ahead

    def compile(self, module: Module, source: Path, target: Path, flags: list[str]) -> None:
        named = [f'-DKBUILD_MODNAME="{module.name}"', f'-DKBUILD_BASENAME="{source.stem}"']
        if self.ahead and (self.ahead / f"{source.stem}.h").is_file():
            flags = [*flags, "-include", str(self.ahead / f"{source.stem}.h")]
        empty = target.with_suffix(".absent")
        command = [*self.compiler, *named, *flags, "-idirafter", str(empty)]
        files = ["-c", str(source), "-o", str(target)]
        done, absent = self.compile_without([*command, *files], empty)
        if done.returncode and JIFFIES.search(done.stderr):
            command.append("-DJIFFIES_VARIABLE")
            done, absent = self.compile_without([*command, *files], empty)
        if done.returncode and not self.compile_renamed(command, source, target, done.stderr):
            raise Refused("\n".join([*absent, complaint(source, target, done.stderr)]))
        for line in absent:
            print(f"{line}; nothing of it is used", file=sys.stderr, flush=True)
        if not done.returncode:
            print(done.stderr, end="", file=sys.stderr, flush=True)

    def compile_without(
        self, command: list[str], empty: Path
    ) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        """Compile as if the headers of Linux's that are not here were there, and empty: modules
        include more than they need. Returns also a line for each."""
        shutil.rmtree(empty, ignore_errors=True)
        absent: list[str] = []
        while True:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            found = module_errors.absent_header(done.stderr)
            if not found or (empty / found[1]).exists():
                return done, absent
            (empty / found[1]).parent.mkdir(parents=True, exist_ok=True)
            (empty / found[1]).touch()
            absent.append(f"{found[0]}: {module_errors.about_header(found[1])}")

    def compile_renamed(
        self, command: list[str], source: Path, target: Path, said: str
    ) -> bool:
        """Compile a source that has names of the kernel's own. Returns whether that was all."""
        names: set[str] = set()
        preprocessed = target.with_suffix(".i")
        while new := module_names.clashes(said) - names:
            names |= new
            text = subprocess.run(
                [*command, "-E", str(source)], capture_output=True, text=True, check=False
            ).stdout
            preprocessed.write_text(module_names.renamed(text, names), encoding="utf-8")
            done = subprocess.run(
                [*command, "-c", str(preprocessed), "-o", str(target)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 0:
                return True
            said = done.stderr
        return False

    def build(self, module: Module) -> Built:
        """Compile a module's sources, and make one object of them."""
        directory = self.out / module.name
        directory.mkdir(parents=True, exist_ok=True)
        parts = [directory / f"{i}-{source.stem}.o" for i, source in enumerate(module.sources)]
        for source, part in zip(module.sources, parts):
            sys.stdout.write(f"  CC [M]  {source}\n")
            sys.stdout.flush()
            more = module.more.get(source.stem, [])
            self.compile(module, source, part, [*module.flags, *more])
        symbols = [symbol for part in parts for symbol in symbols_of(part)]
        record = directory / "record.c"
        text = scenario_record(module, symbols) if self.explores else record_for(module, symbols)
        record.write_text(text, encoding="utf-8")
        self.compile(module, record, directory / "record.o", [])
        return self.join(module, [*parts, directory / "record.o"], symbols)

    def join(self, module: Module, parts: list[Path], symbols: list[tuple[str, str]]) -> Built:
        # By its place linker.ld knows it: the explorer's data are apart, as the demos' are.
        where = self.out / "modules" if self.explores else self.out
        where.mkdir(exist_ok=True)
        joined = where / f"{module.name}.o"
        run([*self.linker, "-r", "-T", "tools/module.lds", "-o", joined, *parts])
        exports = {name.removeprefix("__export_") for _, name in symbols if is_export(name)}
        keep = [f"--keep-global-symbol={name}" for name in sorted(exports) or ["-"]]
        run(["objcopy", *keep, joined])
        wants = {name for kind, name in symbols_of(joined) if kind == "U"}
        for name in wants:
            if name.startswith(module_names.PREFIX):
                own = name.removeprefix(module_names.PREFIX)
                run(["objcopy", f"--redefine-sym={name}={own}", joined])
        return Built(module, joined, exports, wants)

    def link(self, built: list[Built]) -> None:
        """The kernel with the modules, as the Makefile links it without."""
        pass1, elf = self.out / "pass1.elf", self.out / "interlock.elf"
        objects = [*self.objects, *(str(module.file) for module in built)]
        link = [*self.linker, "-T", "linker.ld", "-o"]
        python = [sys.executable, "-B"]
        symbols, insns = self.table(SYMBOLS, "empty", bytes(16)), self.table(INSNS, "insns", b"")
        run([*link, pass1, *objects, symbols, insns])
        mksymbols = [*python, "tools/mksymbols.py", *self.symbol_flags]
        run([*mksymbols, "make", pass1, self.out / "full.bin"])
        symbols = self.table(SYMBOLS, "full")
        run([*link, elf, *objects, symbols, insns])
        if self.explores:
            run([*python, "tools/mkinsns.py", elf, self.out / "insns.bin"])
            run([*link, elf, *objects, symbols, self.table(INSNS, "insns")])
        run(["objcopy", "--strip-all", elf, self.out / "kernel.elf"])

    def table(self, source: str, name: str, image: bytes | None = None) -> Path:
        """The object of a table, whose image may have been made already."""
        path, made = self.out / f"{name}.bin", self.out / f"{name}.o"
        if image is not None:
            path.write_bytes(image)
        run(["nasm", "-f", "elf64", f'-DIMAGE="{path}"', "-o", made, source])
        return made


def complaint(source: Path, target: Path, said: str) -> str:
    """What to say of a source that does not compile."""
    missing, others = module_errors.of_compiler(source, said)
    if not missing:
        return said.rstrip()
    if others:
        log = target.with_suffix(".errors")
        log.write_text(said, encoding="utf-8")
        missing.append(f"{source}: {others} more errors, perhaps because of that, are in {log}")
    return "\n".join(missing)


def run(command: list[str | Path]) -> None:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused("\n".join(module_errors.of_linker(done.stderr)) or done.stderr.rstrip())


def own_headers(compiler: str) -> list[str]:
    """No header of this machine, <linux/...> least of all, but what the compiler itself brings."""
    command = [compiler, "-print-file-name=include"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return ["-nostdinc", "-isystem", done.stdout.strip()]


def symbols_of(file: Path) -> list[tuple[str, str]]:
    """Kind and name, as nm says them."""
    done = subprocess.run(["nm", str(file)], capture_output=True, text=True, check=True)
    return [match.groups() for line in done.stdout.splitlines() if (match := SYMBOL.match(line))]


def is_export(name: str) -> bool:
    return name.startswith("__export_")


def record_for(module: Module, symbols: list[tuple[str, str]]) -> str:
    """The source that makes a module of the objects with @symbols."""
    names = [name for _, name in symbols]
    old = "".join(
        text
        for name, (mark, text) in OLD_NAMES.items()
        if name in names and not any(each.startswith(mark) for each in names)
    )
    if ("U", "jiffies") in symbols:
        old += "MODULE_ENTRY(.reads_jiffies = true);\n"
    begins = any(name == "init_module" or name.startswith("__module_init") for name in names)
    if not begins and not any(map(is_export, names)):
        sources = " ".join(map(str, module.sources))
        raise Refused(f"{sources}: no module_init() and no init_module(): nothing would run")
    return RECORD.format(old_names=old)


def scenario_record(module: Module, symbols: list[tuple[str, str]]) -> str:
    """The same of a scenario, of which nothing but its threads is run."""
    if not any("__scenario" in name for _, name in symbols):
        sources = " ".join(map(str, module.sources))
        raise Refused(f"{sources}: no EXPLORE() (modules/explore.h): nothing to explore")
    return RECORD.format(old_names="")


def check_exports(built: list[Built], objects: list[str]) -> None:
    """Each exported name is there once."""
    if not any(module.exports for module in built):
        return
    done = subprocess.run(
        ["nm", "-g", "--defined-only", *objects], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    owner = {match.group(2): "the kernel" for line in lines if (match := SYMBOL.match(line))}
    for module in built:
        for name in sorted(module.exports):
            if name in owner:
                raise Refused(f"{module.module.name} exports {name}, which {owner[name]} has")
            owner[name] = module.module.name


def in_order(built: list[Built]) -> list[Built]:
    """As given, but behind those whose names a module uses. In a circle, as given."""
    done: list[Built] = []
    rest = list(built)
    while rest:
        free = (m for m in rest if not any(m.wants & o.exports for o in rest if o is not m))
        done.append(next(free, rest[0]))
        rest.remove(done[-1])
    return done


def parse(arguments: list[str]) -> argparse.Namespace:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("what", choices=["check", "build"])
    given.add_argument("--out", type=Path, help="directory for what is built")
    given.add_argument("--compiler", type=shlex.split, help="the compiler and the kernel's flags")
    given.add_argument("--linker", type=shlex.split, help="the linker and its flags")
    given.add_argument("--objects", help="the kernel's objects")
    given.add_argument("--symbol-flags", type=shlex.split, default=[])
    given.add_argument("--insns", action="store_true", help="a kernel for the explorer")
    given.add_argument(
        "--ahead", type=Path, help="directory: a header in it is included ahead of its namesake"
    )
    given.add_argument("modules")
    return given.parse_args(arguments)


def main(arguments: list[str]) -> int:
    chosen = parse(arguments)
    try:
        found = modules(chosen.modules)
        if chosen.what == "check":
            return 0
        builder = Builder(chosen)
        built = each(builder.build, found)
        check_exports(built, builder.objects)
        builder.link(in_order(built))
    except Refused as refused:
        if chosen.what == "check":
            print(f"MODULE={refused}")
            return 0
        print(refused, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
