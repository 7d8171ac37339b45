# html_page.py: reads a page of HTML as strictly as a test wants it.
# SPDX-License-Identifier: MIT

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """What a reader's browser sees: elements that close, ids, references, and tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.references: list[str] = []
        self.tags: Counter[str] = Counter()
        self.tables: dict[str, list[list[str]]] = {}
        self.table: list[list[str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        if "id" in given:
            self.ids[given["id"]] += 1
        for name, value in given.items():
            if name in ("href", "src", "srcset", "data", "xlink:href", "action", "poster"):
                self.references.append(value)
            self.references += re.findall(r"url\(([^)]*)\)", value)
        if tag == "table":
            self.table = self.tables.setdefault(given.get("id", ""), [])
        elif tag == "tr":
            self.table.append([])
        elif tag in ("td", "th"):
            self.table[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1:] != [tag]:
            raise AssertionError(f"</{tag}> closes {self.open[-3:]}")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open[-2:]):
            self.table[-1][-1] += data

    def rows(self, table: str) -> list[list[str]]:
        if table not in self.tables:
            raise AssertionError(f"no table {table}")
        return self.tables[table][1:]
