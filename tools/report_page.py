# report_page.py: what a report found, as one page of HTML: the pieces that go into report.html.
# SPDX-License-Identifier: MIT

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Iterable

from pictures import Picture

if TYPE_CHECKING:
    from report import Bench, Demo

TEMPLATE = Path(__file__).with_name("report.html")
LOCK_HEADS = (
    *("demo", "lock", "bounces in waiting", "contentions"),
    *("wait min", "wait max", "wait total", "wait avg", "bounces in taking", "acquisitions"),
    *("hold min", "hold max", "hold total", "hold avg"),
)
WAIT_TOTAL, CONTENTIONS = 5, 2  # columns of a class's row


def cell(text: str, tag: str = "td") -> str:
    is_number = text.replace(".", "", 1).isdecimal()
    return f"<{tag}{' class=number' if is_number else ''}>{escape(text)}</{tag}>"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]], name: str = "") -> str:
    """It scrolls inside itself where it is too wide."""
    head = "".join(f"<th scope=col>{escape(text)}</th>" for text in heads)
    body = "\n".join(f"<tr>{''.join(cell(text) for text in row)}</tr>" for row in rows)
    mark = f' id="{name}"' if name else ""
    return (
        f"<div class=scroll tabindex=0><table{mark}><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{body}</tbody></table></div>\n"
    )


def folded(summary: str, inside: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>\n"


def figure(picture: Picture) -> str:
    numbers = table(picture.heads, picture.rows, f"{picture.name}-numbers")
    wide = " class=wide" if picture.is_wide else ""
    return (
        f'<figure{wide} id="{picture.name}"><figcaption>{escape(picture.title)}</figcaption>\n'
        f"<div class=scroll tabindex=0>{picture.svg}</div>\n"
        f"{folded('the numbers', numbers)}</figure>\n"
    )


def text(lines: Iterable[str]) -> str:
    return f"<pre class=scroll tabindex=0>{escape(chr(10).join(lines))}</pre>\n"


def results(demos: list[Demo]) -> str:
    rows = []
    for demo in demos:
        kind = "passed" if demo.passed else "failed"
        link = f'<a href="#demo-{demo.name}">{demo.name}</a>'
        rows.append(
            f"<tr><td>{link}</td>{cell(demo.checks)}{cell(demo.threads)}"
            f'<td class="{kind}">{escape(demo.result)}</td></tr>'
        )
    heads = "".join(f"<th scope=col>{h}</th>" for h in ("demo", "checks", "threads", "result"))
    return (
        f'<div class=scroll tabindex=0><table id="results"><thead><tr>{heads}</tr></thead>\n'
        f"<tbody>{chr(10).join(rows)}</tbody></table></div>\n"
    )


def section(demo: Demo) -> str:
    kind = "passed" if demo.passed else "failed"
    parts = [
        f'<section class=demo id="demo-{demo.name}"><h3>{escape(demo.name)} '
        f"<span class={kind}>{escape(demo.result)}</span></h3>\n<p>{escape(demo.checks)}</p>\n"
    ]
    if demo.note:
        parts.append(f"<p>{escape(demo.note)}</p>\n")
    if demo.why:
        parts.append(text(demo.why))
    wide = [picture for picture in demo.pictures if picture.is_wide]
    rest = [picture for picture in demo.pictures if not picture.is_wide]
    parts += [figure(picture) for picture in wide]
    parts.append(f"<div class=beside>{''.join(figure(picture) for picture in rest)}</div>\n")
    parts.append(folded("what it said", text(demo.outcome.lines)))
    return "".join(parts) + "</section>\n"


def statistics(demos: list[Demo]) -> str:
    """Of the locks that somebody waited for, most waited for first."""
    rows = [[d.name, *row] for d in demos for row in d.statistics if int(row[CONTENTIONS])]
    others = sum(len(demo.statistics) for demo in demos) - len(rows)
    rows.sort(key=lambda row: -float(row[1 + WAIT_TOTAL]))
    return table(LOCK_HEADS, rows, "statistics") + (
        f"<p>{others} other classes of locks were never waited for.</p>\n"
    )


def page(demos: list[Demo], bench: Bench, facts: dict[str, str]) -> str:
    passed = sum(demo.passed for demo in demos)
    failed = len(demos) - passed
    lines = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    trouble = f"<p class=failed>The benchmarks FAILED.</p>{text(bench.why)}" if bench.why else ""
    heads = ("lock", "instructions", "Linux 6.1")
    costs = table(heads, bench.costs, "costs") if bench.costs else ""
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        facts=lines,
        verdict=f"<span class={'failed' if failed else 'passed'}>"
        f"results: {passed} passed, {failed} failed</span>",
        results=results(demos),
        trouble=trouble,
        bench="".join(figure(picture) for picture in bench.pictures),
        costs=costs,
        demos="".join(section(demo) for demo in demos),
        statistics=statistics(demos),
    )
