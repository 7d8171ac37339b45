# module_sources.py: which modules MODULE= names, and of which sources each is made.
# SPDX-License-Identifier: MIT
"""MODULE is one path, or several with spaces between; quotes keep spaces in a path. A path is a .c
file, or a directory with a Makefile (or Kbuild) of kbuild's kind, which make itself reads."""

from __future__ import annotations

import difflib
import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from child import environment

LINUX = "6.1.0"  # what a Makefile is told: it takes its kbuild half then

# Read by make on its standard input, in the module's directory.
QUESTION = """\
KERNELRELEASE := {linux}
VERSION := 6
PATCHLEVEL := 1
CONFIG_SMP := y
CONFIG_PREEMPT := y
CONFIG_MODULES := y
src := {directory}
obj := {directory}
M := {directory}
include {makefile}
.PHONY: interlock_answer
interlock_answer: ; @:
$(info flags $(ccflags-y) $(ccflags-m) $(EXTRA_CFLAGS))
$(foreach module,$(obj-m),$(info module $(module) \
    $($(module:.o=-objs)) $($(module:.o=-y)) $($(module:.o=-m))))
$(foreach object,$(obj-m) $(foreach module,$(obj-m),$($(module:.o=-objs)) $($(module:.o=-y))),\
    $(if $(CFLAGS_$(object)),$(info more $(object) $(CFLAGS_$(object)))))
"""


class Refused(Exception):
    """What MODULE names cannot be built; the text says why, in one line."""


@dataclass(frozen=True)
class Module:
    name: str
    sources: list[Path]
    flags: list[str] = field(default_factory=list)  # of all its sources
    more: dict[str, list[str]] = field(default_factory=dict)  # of one, by its name without .c


def module_name(path: Path) -> str:
    """kbuild's: a dash cannot be part of a name in C."""
    name = path.stem.replace("-", "_")
    if not re.fullmatch(r"\w+", name) or len(name) > 50:
        raise Refused(f"{path}: a module is named by letters, digits, _ and -, at most 50")
    return name


def nearest(name: str, names: list[str]) -> str:
    """A remark on the name that was perhaps meant, or nothing."""
    found = difflib.get_close_matches(name, names, 1, 0.75)
    return f"; the nearest is {found[0]}" if found else ""


def check_file(path: Path) -> None:
    if path.suffix != ".c":
        raise Refused(f"{path}: give a .c file, or a directory with a Makefile that names obj-m")
    if not path.is_file():
        beside = [str(other) for other in path.parent.glob("*.c")] if path.parent.is_dir() else []
        raise Refused(f"{path}: there is no such file{nearest(str(path), beside)}")
    try:
        path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error


def ask_make(directory: Path, makefile: str) -> list[str]:
    """What the directory's Makefile says, in lines: flags ..., module x.o ..., more x.o ..."""
    question = QUESTION.format(linux=LINUX, directory=directory.resolve(), makefile=makefile)
    try:
        done = subprocess.run(
            ["make", "-s", "--no-print-directory", "-f", "-", "interlock_answer"],
            input=question,
            cwd=directory,
            env=environment("MODULE", "PARAMS", "OPS", "RUNTIME", "CC", "RUN", "M", "V"),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(f"{directory / makefile}: make does not come to an end with it") from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["make failed"]
        raise Refused(f"{directory / makefile}: {said[0]}")
    return done.stdout.splitlines()


def read_directory(directory: Path) -> list[Module]:
    makefile = next((name for name in ("Kbuild", "Makefile") if (directory / name).is_file()), None)
    if not makefile:
        raise Refused(f"{directory}: no Makefile or Kbuild there names obj-m; give the .c files")
    flags: list[str] = []
    parts: dict[str, list[str]] = {}
    more: dict[str, list[str]] = {}
    for line in ask_make(directory, makefile):
        kind, *words = line.split() or [""]
        if kind == "flags":
            flags = shlex.split(line.removeprefix("flags"))
        elif kind == "module" and words:
            parts[words[0]] = words[1:]
        elif kind == "more":
            more[words[0].removesuffix(".o")] = words[1:]
    found = []
    for target, objects in parts.items():
        if target.endswith("/"):
            found += read_directory(directory / target)
        else:
            found.append(made_of(directory, makefile, target, objects, flags, more))
    if not found:
        raise Refused(f"{directory / makefile}: it names no obj-m")
    return found


def made_of(
    directory: Path,
    makefile: str,
    target: str,
    objects: list[str],
    flags: list[str],
    more: dict[str, list[str]],
) -> Module:
    """The module @target of a Makefile."""
    sources = [(directory / name).with_suffix(".c") for name in dict.fromkeys(objects or [target])]
    for source in sources:
        if not source.is_file():
            raise Refused(f"{directory / makefile}: {target} needs {source}, which is not there")
    return Module(module_name(Path(target)), sources, flags, more)


def paths(text: str) -> list[Path]:
    """The paths in MODULE. One that exists as it stands, spaces and all, is one."""
    if Path(text).exists():
        return [Path(text)]
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise Refused(f"{text}: {error}") from error
    return [Path(word).expanduser() for word in words]


def modules(text: str) -> list[Module]:
    """What MODULE=@text names. Raises Refused."""
    found: list[Module] = []
    for path in paths(text):
        if path.is_dir():
            found += read_directory(path)
        else:
            check_file(path)
            found.append(Module(module_name(path), [path]))
    names = [module.name for module in found]
    for name in names:
        if names.count(name) > 1:
            raise Refused(f"two modules are named {name}")
    if not found:
        raise Refused("it names nothing")
    return found
