# bench_results.py: what the kernel's benchmarks print, read and put into figures.
# SPDX-License-Identifier: MIT
"""The kernel prints raw counts, a line a row, as in `contest mutex threads=2 ... counts=7,9`."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

LINE = re.compile(r"(cost|validator|pair|trip|contest) (\w+)((?: \w+=[\d,]+)+)")
WORD = re.compile(r"(\w+)=([\d,]+)")

# What Linux 6.1 needs for the same, counted in the same way.
LINUX = {
    "spin_lock": 17,
    "spin_lock_irqsave": 31,
    "spin_lock_bh": 35,
    "read_lock": 17,
    "write_lock": 16,
    "mutex": 26,
    "semaphore": 108,
    "rwsem_read": 44,
    "rwsem_write": 35,
    "seqlock_read": 6,
    "seqlock_write": 19,
    "rcu_read_lock": 16,
    "completion": 124,
}


def jain(counts: list[int]) -> float:
    """Jain's index of fairness: 1 if all got the same, 1/n if one got all."""
    squares = sum(count * count for count in counts)
    return sum(counts) ** 2 / (len(counts) * squares) if squares else 0.0


@dataclass
class Contest:
    """All rounds of one lock with so many threads and such a section."""

    rates: list[float] = field(default_factory=list)  # thousand visits a second
    fairness: list[float] = field(default_factory=list)
    counts: list[list[int]] = field(default_factory=list)  # visits of each thread
    wait_us: int = 0
    passed: int = 0

    def add(self, words: dict[str, str]) -> None:
        counts = [int(count) for count in words["counts"].split(",")]
        self.rates.append(sum(counts) * 1e6 / int(words["window_ns"]))
        self.fairness.append(jain(counts))
        self.counts.append(counts)
        self.wait_us = max(self.wait_us, int(words["wait_us"]))
        self.passed = max(self.passed, int(words["passed"]))


class Results:
    def __init__(self) -> None:
        self.cost: dict[str, dict[str, int]] = {}
        self.pairs: dict[str, dict[str, int]] = {}
        self.validator: dict[int, dict[str, float]] = defaultdict(dict)  # by classes, by kind
        self.trips: dict[str, list[float]] = defaultdict(list)  # us
        self.contests: dict[tuple[int, int, str], Contest] = defaultdict(Contest)

    def read(self, lines: list[str]) -> None:
        for line in lines:
            if match := LINE.fullmatch(line):
                kind, name, rest = match.groups()
                self._take(kind, name, dict(WORD.findall(rest)))

    def _take(self, kind: str, name: str, words: dict[str, str]) -> None:
        if kind == "contest":
            key = (int(words["section_ns"]), int(words["threads"]), name)
            self.contests[key].add(words)
            return
        numbers = {word: int(value) for word, value in words.items()}
        if kind == "cost":
            self.cost[name] = numbers
        elif kind == "validator":
            ticks = (numbers["ticks"] - numbers["loop"]) / numbers["pairs"]
            self.validator[numbers["classes"]][name] = ticks
        elif kind == "pair":
            self.pairs[name] = numbers
        else:
            self.trips[name].append(numbers["ns"] / numbers["n"] / 1000)

    def instructions(self) -> dict[str, float]:
        """Of each pair, without the loop around it."""
        return {
            name: (row["ticks"] - row["loop"]) / row["pairs"]
            for name, row in self.cost.items()
            if name not in ("control", "empty")
        }

    def most(self, name: str) -> int:
        return self.cost[name]["most"]

    def nanoseconds(self) -> dict[str, float]:
        """Of each pair in its best round, with the loop around it."""
        return {name: row["best_ns"] / row["n"] for name, row in self.pairs.items()}

    def ratios(self) -> dict[str, float]:
        """To a bare `lock inc; lock dec`, both without the loop."""
        times = self.nanoseconds()
        if not {"lock_pair", "empty"} <= times.keys():
            return {}
        bare = times["lock_pair"] - times["empty"]
        return {name: (ns - times["empty"]) / bare for name, ns in times.items() if name != "empty"}

    def as_json(self) -> dict[str, object]:
        contests = [
            {
                "lock": name,
                "threads": threads,
                "section_ns": section,
                "best_kops": round(max(contest.rates), 1),
                "median_kops": round(median(contest.rates), 1),
                "jain": round(median(contest.fairness), 3),
                "longest_wait_us": contest.wait_us,
                "longest_overtaking": contest.passed,
                "rounds": len(contest.rates),
            }
            for (section, threads, name), contest in sorted(self.contests.items())
        ]
        return {
            "instructions": self.instructions(),
            "ns": {name: round(ns, 2) for name, ns in self.nanoseconds().items()},
            "ratio_to_lock_pair": {name: round(ratio, 2) for name, ratio in self.ratios().items()},
            "trip_us": {
                name: {"best": round(min(us), 2), "median": round(median(us), 2)}
                for name, us in self.trips.items()
            },
            "contended": contests,
        }
