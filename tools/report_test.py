#!/usr/bin/python3
# report_test.py: what `make report` writes: a page whose pictures say what was measured; in TAP.
# SPDX-License-Identifier: MIT
"""usage: report_test.py NAME=value...     variables for make: CC, PROFILE, BUILD, UP, ...

A short report is made, and another of a kernel that refuses its command line. The pictures are
compared with the traces and logs by the raw records, and by the lengths of the bars in the SVG."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import replace
from functools import cached_property
from math import log10
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

import chromium
import pictures_bench
import report
import report_page
import tap
import trace_model
import trace_read
from bench_results import Results
from html_page import Page
from qemu import End, Outcome
from tap import check, check_equal, variables
from trace_read import Kind

PATIENCE = 900
DEMOS = ["mutex_demo", "dining_philosophers"]
PATH = re.compile(r"[ML] (-?[\d.]+) (-?[\d.]+)")
WIDTHS = (360, 1200)


class Report:
    """Made once, for all tests."""

    def __init__(self) -> None:
        given = variables()
        self.smp = "1" if given.get("UP") == "1" else "2"
        self.directory = Path(given["BUILD"]) / "report-test"
        self.logs = Path(given["BUILD"]) / "logs"

    def make(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["make", "--no-print-directory", "report", f"REPORT={self.directory}"]
        command += [f"SMP={self.smp}", *(f"{k}={v}" for k, v in variables().items()), *words]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    @cached_property
    def done(self) -> subprocess.CompletedProcess[str]:
        return self.make(f"RUN={','.join(DEMOS)}", "SECONDS=1")

    @cached_property
    def text(self) -> str:
        check_equal(self.done.returncode, 0, self.done.stdout[-2000:] + self.done.stderr[-2000:])
        return (self.directory / "index.html").read_text(encoding="utf-8")

    @cached_property
    def page(self) -> Page:
        return Page(self.text)

    def trace(self, demo: str) -> trace_read.Trace:
        given = variables()
        variant = f"{given['CC']}-{given['PROFILE']}" + "-up" * (given.get("UP") == "1")
        variant += "-reader" * (given.get("RWLOCK") == "reader")
        kernel = Path(given["BUILD"]) / variant / "interlock.elf"
        return trace_read.read(self.directory / "traces" / f"{demo}.trace", kernel)

    def events(self, demo: str, kind: Kind) -> list[trace_read.Event]:
        trace = self.trace(demo)
        return [e for e in trace.events if e.kind is kind and e.ns >= trace.since]

    def bars(self, picture: str) -> list[tuple[float, float]]:
        """Width and height of each, in the picture's order."""
        tree = ElementTree.parse(self.directory / "pictures" / f"{picture}.svg")
        found = {}
        for group in tree.iter("{http://www.w3.org/2000/svg}g"):
            name = group.get("id", "")
            if name.startswith("bar-"):
                points = PATH.findall(group[0].get("d", ""))
                xs, ys = ([float(point[i]) for point in points] for i in (0, 1))
                found[int(name[4:])] = (max(xs) - min(xs), max(ys) - min(ys))
        return [found[i] for i in range(len(found))]


made = Report()


def test_reads_as_html() -> None:
    page = made.page
    check_equal(page.open, [], "never closed")
    check_equal([name for name, n in page.ids.items() if n > 1], [], "ids that are there twice")
    inside = [ref[1:] for ref in page.references if ref.startswith("#")]
    check_equal([ref for ref in inside if ref not in page.ids], [], "leads nowhere")


def test_nothing_from_elsewhere() -> None:
    outside = [r for r in made.page.references if r and not r.startswith(("#", "data:"))]
    check_equal(outside, [], "references")
    styles = re.findall(r"@import|url\((?!#|data:)", made.text)
    check_equal(styles, [], "in styles")
    check_equal(made.page.tags["script"] + made.page.tags["iframe"], 0, "scripts and frames")


def test_every_demo() -> None:
    rows = made.page.rows("results")
    order = [row[0] for row in rows]
    check_equal(sorted(order), sorted(DEMOS), "demos")
    check_equal({row[3] for row in rows}, {"passed"}, "results")
    check("results: 2 passed, 0 failed" in made.text, "no results: 2 passed, 0 failed")
    for demo in DEMOS:
        log = (made.logs / f"report-{demo}.log").read_text()
        row = next(row for row in rows if row[0] == demo)
        check(re.search(rf"^{demo} +{re.escape(row[1])} +{row[2]}  passed$", log, re.M), f"{row}")
        for what in ("timeline", "fairness"):
            check(f"{demo}-{what}" in made.page.ids, f"no {what} of {demo}")
            for end in ("svg", "png"):
                path = made.directory / "pictures" / f"{demo}-{what}.{end}"
                check(path.stat().st_size > 1000, f"{path} is empty")


def counted(demo: str) -> dict[str, list[Counter[str]]]:
    """By a lock's name, how often each thread took each lock that is called so."""
    names = made.trace(demo).threads
    objects: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for event in made.events(demo, Kind.ACQUIRED):
        who = names.get(event.pid, "") if event.in_thread else f"cpu{event.cpu}, handlers"
        objects[event.name, event.object][who] += 1
    found: dict[str, list[Counter[str]]] = defaultdict(list)
    for (name, _), counts in objects.items():
        found[name].append(counts)
    return found


def test_fairness_is_that_of_the_trace() -> None:
    for demo in DEMOS:
        expected = counted(demo)
        told: dict[str, Counter[str]] = defaultdict(Counter)
        for lock, thread, count, _ in made.page.rows(f"{demo}-fairness-numbers"):
            told[lock][thread] += int(count)
        check(told, f"{demo}: no numbers")
        for lock, counts in told.items():
            name = re.sub(r" #\d+$", "", lock)
            check(counts in expected[name], f"{demo}, {lock}: {counts}, not of {expected[name]}")
    check_equal(counted("mutex_demo")["&lock"], [Counter({"mutex_demo/T1": 3, "mutex_demo/T2": 3})],
                "what mutex_demo does")


def test_waits_are_those_of_the_trace() -> None:
    for demo in DEMOS:
        expected = len(made.events(demo, Kind.CONTENDED))
        table = f"{demo}-waits-numbers"
        rows = made.page.rows(table) if expected or table in made.page.tables else []
        check_equal(sum(int(row[2]) for row in rows), expected, f"{demo}: waits")


def in_proportion(lengths: list[float], counts: list[int], what: str) -> None:
    check_equal(len(lengths), len(counts), f"{what}: bars")
    whole = sum(lengths) / sum(counts)
    for length, count in zip(lengths, counts):
        check(abs(length - whole * count) < 0.01 * max(lengths) + 0.01,
              f"{what}: {count} is drawn {length / whole:.1f} long")


def test_bars_are_the_numbers() -> None:
    for demo in DEMOS:
        for what, column, across in (("fairness", 2, 0), ("waits", 2, 1)):
            name = f"{demo}-{what}"
            if f"{name}-numbers" in made.page.tables:
                counts = [int(row[column]) for row in made.page.rows(f"{name}-numbers")]
                in_proportion([bar[across] for bar in made.bars(name)], counts, name)
    for section in report.SECTIONS:
        rows = made.page.rows(f"shares-{section}-numbers")
        bars = made.bars(f"shares-{section}")
        for lock in {row[0] for row in rows}:
            mine = [i for i, row in enumerate(rows) if row[0] == lock]
            in_proportion([bars[i][0] for i in mine], [int(rows[i][2]) for i in mine], lock)


def test_throughput_is_that_of_the_log() -> None:
    """And the shares are a round of it."""
    contest = re.compile(r"contest (\w+) threads=(\d+) section_ns=(\d+) window_ns=(\d+) .*"
                         r"counts=([\d,]+)")
    rates: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    rounds: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for line in (made.logs / f"bench-smp{made.smp}.log").read_text().splitlines():
        if match := contest.fullmatch(line):
            lock, threads, section, window, counts = match.groups()
            total = sum(map(int, counts.split(",")))
            rates[section, lock, threads].append(total * 1e6 / int(window))
            if threads == made.smp:
                rounds[section, lock].append(counts.split(","))
    for section in map(str, report.SECTIONS):
        rows = made.page.rows(f"throughput-{section}-numbers")
        check_equal({row[0] for row in rows}, set(report.CONTENDERS), "locks")
        check_equal({row[1] for row in rows}, {"1", made.smp}, "CPUs")
        for lock, threads, middle, *_ in rows:
            expected = median(rates[section, lock, threads])
            check_equal(middle, f"{expected:.1f}", f"{lock}, {threads} CPUs, {section} ns")
        shares: dict[str, list[str]] = defaultdict(list)
        for lock, _, count, _ in made.page.rows(f"shares-{section}-numbers"):
            shares[lock].append(count)
        for lock, counts in shares.items():
            check(counts in rounds[section, lock], f"no round of {lock} had {counts}")


# Three rounds: the one in the middle by throughput is not that in the middle by fairness.
ROUNDS = """\
contest a threads=1 section_ns=0 window_ns=1000000 wait_us=1 passed=0 counts=900
contest a threads=2 section_ns=0 window_ns=1000000 wait_us=1 passed=0 counts=400,500
contest a threads=2 section_ns=0 window_ns=1000000 wait_us=1 passed=0 counts=10,10
contest a threads=2 section_ns=0 window_ns=1000000 wait_us=1 passed=0 counts=100,500
contest b threads=1 section_ns=0 window_ns=1000000 wait_us=1 passed=0 counts=30
contest b threads=2 section_ns=0 window_ns=1000000 wait_us=1 passed=0 counts=5,15"""


def test_rounds() -> None:
    """The median of the throughput; of the shares the round in the middle; the lines go there."""
    results = Results()
    results.read(ROUNDS.splitlines())
    with tempfile.TemporaryDirectory() as scratch:
        picture = pictures_bench.throughput(results.contests, 0, "t", "t", Path(scratch))
        tree = ElementTree.parse(Path(scratch) / "t.svg")
    rows = [["a", "1", "900.0"], ["a", "2", "600.0"], ["b", "1", "30.0"], ["b", "2", "20.0"]]
    check_equal([row[:3] for row in picture.rows], rows, "throughput")
    check_equal(picture.rows[1][3:], ["20.0", "900.0", "3"], "worst, best, rounds")
    points = {}
    for group in tree.iter("{http://www.w3.org/2000/svg}g"):
        if group.get("id", "").startswith("line-"):
            found = PATH.findall(group[0].get("d", ""))
            points[group.get("id")] = [(float(x), float(y)) for x, y in found]
    (x1, y900), (x2, y600) = points["line-0"]
    (_, y30), (_, y20) = points["line-1"]
    check(x1 < x2 and abs((y600 - y900) - (y20 - y30)) < 0.01, f"no logarithmic scale: {points}")
    tenth = (y600 - y900) / log10(900 / 600)
    check(abs((y30 - y900) - tenth * log10(30)) < 0.05, f"not where it belongs: {points}")
    shares = [share.count for share in pictures_bench.contest_shares(results.contests, 0)[0][1]]
    check_equal(shares, [400, 500], "shares")


def test_costs_are_those_of_the_log() -> None:
    cost = re.compile(r"cost (\w+) pairs=(\d+) ticks=(\d+) loop=(\d+) .*")
    expected = {}
    for line in (made.logs / "report-cost.log").read_text().splitlines():
        if match := cost.fullmatch(line):
            name, (pairs, ticks, loop) = match.group(1), map(int, match.groups()[1:])
            expected[name] = (ticks - loop) / pairs
    told = {row[0]: float(row[1]) for row in made.page.rows("costs")}
    check({"spin_lock", "mutex"} <= told.keys(), f"{told}")
    check_equal(told, {name: expected[name] for name in told}, "instructions")


def test_lock_statistics_are_those_of_the_logs() -> None:
    expected = []
    for demo in DEMOS:
        table = (made.logs / f"report-{demo}.log").read_text().partition("lock_stat version")[2]
        for line in table.splitlines():
            words = line.split()
            name = " ".join(words[:-12])
            if len(words) > 12 and name.endswith(":") and words[-12:-10] != ["0", "0"]:
                expected.append([demo, name[:-1], *words[-12:]])
    check_equal(sorted(made.page.rows("statistics")), sorted(expected), "rows")


def test_verdicts() -> None:
    """Passed is what says so, and ends so."""
    row = "a_demo              what it checks    3  "
    for end, word, passed in ((End.PASS, "passed", True), (End.PASS, "FAILED", False),
                              (End.PANIC, "passed", False), (End.FAIL, "passed", False),
                              (End.HANG, "", False)):
        lines = ["---- a_demo: <what> it checks", row + word if word else "what happened last"]
        demo = report.Demo("a_demo", Outcome(end, lines))
        report.read_log(demo, "make run RUN=a_demo")
        check_equal((demo.passed, demo.exit_status == 0), (passed, passed), f"{end}, {word}")
        page = report_page.page([demo], report.Bench(), {})
        shown = Page(page).rows("results")
        check_equal(shown[0][3].startswith("FAILED"), not passed, f"{end}, {word}: {shown}")
        check(passed or "repeat: make run RUN=a_demo" in page, "no command that repeats it")


def test_nothing_to_draw() -> None:
    """A trace of nothing, and one without a lock."""
    idle = trace_read.Event(5, 0, Kind.IPI, 0, 0, "", 0, 0, 0)
    runs = trace_read.Event(7, 0, Kind.IPI, 10, 0, "", 0, 0, 0)
    with tempfile.TemporaryDirectory() as scratch:
        for events, pictures in (([], 0), ([idle], 0), ([runs, replace(runs, ns=9)], 1)):
            demo = report.Demo("a_demo", Outcome(End.PASS, []))
            trace = trace_read.Trace(events, {10: "one"}, [0])
            report.draw(demo, trace_model.tell(trace), Path(scratch))
            check_equal(len(demo.pictures), pictures, f"pictures of {events}")
            check(bool(demo.note) != bool(pictures), f"said of it: {demo.note}")


def test_looks_well() -> None:
    """In a browser: nothing to complain about, as wide as the window, with every picture."""
    if not chromium.find():
        raise tap.Skipped(f"no {', '.join(chromium.NAMES)}")
    program = chromium.find()
    assert program
    pictures = list((made.directory / "pictures").glob("*.svg")) if made.text else []
    with chromium.Browser(program) as browser, tempfile.TemporaryDirectory() as scratch:
        for width in WIDTHS:
            browser.show(made.directory / "index.html", width)
            check_equal(browser.complaints(), [], f"the console at {width}")
            inside = browser.evaluate("document.documentElement.scrollWidth")
            check(inside <= width, f"{inside} wide in a window of {width}")
            shown = browser.evaluate("[...document.querySelectorAll('figure svg')]"
                                     ".map(svg => svg.getBoundingClientRect().width)")
            check_equal(len(shown), len(pictures), "pictures")
            check(min(shown) > 200, f"a picture of {min(shown)} at {width}")
            browser.picture(made.directory / f"screen-{width}.png")
        paper = Path(scratch) / "page.pdf"
        browser.print(paper)
        check(paper.read_bytes().startswith(b"%PDF"), "it cannot be printed")


def test_a_failure_is_shown() -> None:
    done = made.make("RUN=mutex_demo", "SECONDS=1", "ARGS=nonsense=1")
    check(done.returncode, f"its exit status is 0: {done.stdout[-2000:]}")
    check("results: 0 passed, 1 failed" in done.stdout, done.stdout[-2000:])
    text = (made.directory / "index.html").read_text(encoding="utf-8")
    check_equal(Page(text).rows("results")[0][3], "FAILED: the kernel refused its command line",
                "result")
    check("The benchmarks FAILED" in text and "nonsense" in text, "it does not say why")


def main() -> int:
    if variables()["PROFILE"] != "checked":
        print("1..0 # SKIP the fast profile has no trace, and the race detector's is slow")
        return 0
    tests = [function for name, function in globals().items() if name.startswith("test_")]
    return tap.run(tap.named(*tests))


if __name__ == "__main__":
    sys.exit(main())
