# linux_order.py: what modules of Linux's, as kbuild made them, say of themselves.
# SPDX-License-Identifier: MIT
"""Their section .modinfo has words name=value, each ended by a zero byte."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from module_sources import Refused


@dataclass
class Loadable:
    """A file for insmod, and the words that follow its name."""

    file: Path
    words: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.file.stem

    def said(self, key: str) -> list[str]:
        data = self.file.read_bytes()
        pattern = rb"(?<=\0)" + key.encode() + rb"=([^\0]*)(?=\0)"
        return [value.decode("utf-8", "replace") for value in re.findall(pattern, data)]

    @property
    def needs(self) -> set[str]:
        return {name for text in self.said("depends") for name in text.split(",") if name}

    @property
    def parameters(self) -> dict[str, str]:
        """Names and types. Of one that has its own operations only a symbol is there."""
        symbols = re.findall(rb"(?<=\0)__param_str_(\w+)(?=\0)", self.file.read_bytes())
        named = {name.decode(): "its own type" for name in symbols}
        return named | dict(text.split(":", 1) for text in self.said("parmtype"))


def in_order(given: list[Loadable]) -> list[Loadable]:
    """As given, but behind those that a module needs. kbuild refuses a circle."""
    done: list[Loadable] = []
    rest = list(given)
    while rest:
        free = (m for m in rest if not any(other.name in m.needs for other in rest))
        done.append(next(free, rest[0]))
        rest.remove(done[-1])
    return done


def parameters_of(modules: list[Loadable], given: list[str]) -> dict[str, list[str]]:
    """Which of the words of PARAMS go to which module: name=value to all that have it."""
    words: dict[str, list[str]] = {module.name: [] for module in modules}
    for word in given:
        key, equals, value = word.partition("=")
        prefix, _, name = key.replace("-", "_").rpartition(".")
        having = [m for m in modules if name in m.parameters and prefix in ("", m.name)]
        if not having:
            there = [f"{m.name}.{p} ({t})" for m in modules for p, t in m.parameters.items()]
            known = "there are: " + ", ".join(there) if there else "no module has any"
            raise Refused(f"PARAMS: there is no parameter {key}; {known}")
        value = f'"{value}"' if " " in value else value
        for module in having:
            words[module.name].append(f"{name}{equals}{value}")
    return words
