# check_docs.py: what the documents and the comments refer to exists.
# SPDX-License-Identifier: MIT
"""In documents: `path`, `path:symbol`, [text](path) and `make goal`. In comments: paths."""

from __future__ import annotations

import re
from pathlib import Path

from project import Project, Result, lines_of

TOP = r"(?:arch|boot|docs|include|iso|kernel|lib|modules|tools)"
SUFFIX = r"(?:c|h|asm|py|sh|md|ld|cfg|mk)"
QUOTED = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PATH_AND_SYMBOL = re.compile(rf"((?:{TOP}/)?[\w./-]*[\w-]\.{SUFFIX}|Makefile)(?::(\w+)(?:\(\))?)?")
DIRECTORY = re.compile(rf"{TOP}/[\w./-]*")
GOALS = re.compile(r"make((?: [a-z][a-z-]*)+)(?: |$)")
IN_COMMENT = re.compile(rf"(?<![\w/.<-]){TOP}/[\w./-]*\w\.{SUFFIX}\b")


def goals_of_makefile() -> set[str]:
    text = Path("Makefile").read_text(encoding="utf-8")
    for part in " ".join(re.findall(r"^include (.+)$", text, re.M)).split():
        text += Path(part).read_text(encoding="utf-8")
    return {goal for line in re.findall(r"^\.PHONY: (.*)$", text, re.M) for goal in line.split()}


def is_file_or_end_of_one(path: str, files: set[str]) -> bool:
    """`mutex.h` and <arch/trap.h> are understood as well as whole paths."""
    return path in files or any(name.endswith("/" + path) for name in files)


def problem_with_quote(quote: str, files: set[str], goals: set[str]) -> str | None:
    if command := GOALS.match(quote):
        unknown = [goal for goal in command.group(1).split() if goal not in goals]
        return f"`make {unknown[0]}`: the Makefile has no such goal" if unknown else None
    if match := PATH_AND_SYMBOL.fullmatch(quote):
        path, symbol = match.groups()
        if path.startswith("build/") or Path(path).stem == "foo":  # an example's name
            return None
        if not is_file_or_end_of_one(path, files):
            return f"no file {path}"
        if symbol and path not in files:
            return f"{path}: name the file with its whole path"
        if symbol and not re.search(rf"\b{symbol}\b", Path(path).read_text(encoding="utf-8")):
            return f"{path} has no {symbol}"
        return None
    if DIRECTORY.fullmatch(quote) and not Path(quote).exists():
        return f"no {quote}"
    return None


def check_document(name: str, files: set[str], goals: set[str]) -> list[str]:
    problems = []
    is_code = False
    for number, line in enumerate(lines_of(name), 1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
            continue
        quotes = [line.strip().removeprefix("$ ")] if is_code else QUOTED.findall(line)
        for quote in quotes:
            if problem := problem_with_quote(quote, files, goals):
                problems.append(f"{name}:{number}: {problem}")
        for link in LINK.findall(line) if not is_code else []:
            if not link.startswith(("http:", "https:", "mailto:")):
                if not (Path(name).parent / link).exists():
                    problems.append(f"{name}:{number}: the link leads nowhere: {link}")
    return problems


def check_comments(name: str, files: set[str]) -> list[str]:
    return [
        f"{name}:{number}: no file {path}"
        for number, line in enumerate(lines_of(name), 1)
        for path in IN_COMMENT.findall(line)
        if not is_file_or_end_of_one(path, files)
    ]


def check(project: Project) -> Result:
    files = set(project.files)
    goals = goals_of_makefile()
    documents = project.matching(r".*\.md")
    problems = []
    for name in documents:
        problems += check_document(name, files, goals)
    for name in project.matching(r".*\.(c|h|asm|ld|py|sh|cfg)|Makefile"):
        problems += check_comments(name, files)
    return Result(f"{len(documents)} documents, no dead reference in them or in comments", problems)
