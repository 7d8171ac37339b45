# check_python.py: the tools compile, and say the types of what they take and return.
# SPDX-License-Identifier: MIT
"""Compiled in memory: a check leaves no files behind."""

from __future__ import annotations

import ast
from pathlib import Path

from project import Project, Result


def problems_of(name: str) -> list[str]:
    try:
        tree = ast.parse(Path(name).read_text(encoding="utf-8"), name)
        compile(tree, name, "exec")
    except SyntaxError as error:
        return [f"{name}:{error.lineno}: {error.msg}"]
    problems = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef):
            continue
        arguments = [a for a in node.args.args if a.arg not in ("self", "cls")]
        if node.returns is None or any(a.annotation is None for a in arguments):
            problems.append(f"{name}:{node.lineno}: {node.name}() lacks type hints")
    return problems


def check(project: Project) -> Result:
    names = project.matching(r"tools/.*\.py")
    problems = [problem for name in names for problem in problems_of(name)]
    return Result(f"{len(names)} files compile and have type hints", problems)
