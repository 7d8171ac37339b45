# linux_judges.py: what the lines that Linux's own tests print say of their cases.
# SPDX-License-Identifier: MIT
"""Each has its own way to say it. A run that the kernel does not call a pass is none, whatever the
test printed; but of a lock that does not lock."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from qemu import End, Outcome
from run import explain


@dataclass
class Case:
    name: str
    status: str  # "passed", "failed" or "skipped"
    detail: str = ""  # why it was skipped, what is wrong, or what was measured
    count: int = 1  # of how many cases this is the result
    story: list[str] = field(default_factory=list)


def with_story(case: Case, outcome: Outcome, lines: int) -> Case:
    """A case that failed, with the end of its log."""
    if case.status == "failed" and not case.story:
        case.story = [*outcome.lines[-lines:], *explain(outcome)]
    return case


def module_name(source: Path) -> str:
    return source.stem.replace("-", "_")


def text_of(outcome: Outcome) -> list[str]:
    """The lines without their time and CPU."""
    return [re.sub(r"^\[ *[\d.]+\] cpu\d+: ", "", line) for line in outcome.lines]


def ending(outcome: Outcome) -> str:
    """How a run ended that is no pass: by the kernel's own words, if it has any."""
    said = [line for line in text_of(outcome) if re.search(r"not a pass|FAILED$", line)]
    return "; ".join([outcome.end.value, *said[-1:]])


# ---- The self-test of the lock validator ---------------------------------------------------------

SELFTEST = re.compile(r"of \d+ cases (\d+) are as Linux expects, (\d+) are not, (\d+) were skipped")
SELFTEST_SKIPS = re.compile(r"skipped: +(\d+) cases with what is not here: (.*)$")


def selftest(outcome: Outcome) -> list[Case]:
    counts = [match for line in text_of(outcome) if (match := SELFTEST.match(line))]
    if not counts:
        return [Case("all", "failed", f"it did not come to its end: {ending(outcome)}")]
    passed, failed, _ = map(int, counts[0].groups())
    cases = [Case("as expected", "passed", f"{passed} cases", passed)]
    if failed or outcome.end is not End.PASS:
        cases.append(Case("otherwise", "failed", ending(outcome), max(failed, 1)))
    for line in text_of(outcome):
        if match := SELFTEST_SKIPS.match(line):
            cases.append(Case(match[2], "skipped", "not here", int(match[1])))
    return cases


# ---- Torture: a boot for each type ---------------------------------------------------------------

KIND = re.compile(r"^\t\.name\t*\s*= \"([\w-]+)\"", re.M)
STATISTICS = re.compile(r"(Writes|Reads ):  Total: (\d+)  Max/Min: (\d+)/(\d+) .*  Fail: (\d)")
CALLS = re.compile(r"scf_invoked_count VER: (\d+) ")
AVERAGE = re.compile(r"^\d+\t(\d+\.\d{3})$")


def kinds_of(source: Path) -> list[str]:
    """What the file can be told to torture, in its order; itself if there is one thing only."""
    return KIND.findall(source.read_text(encoding="utf-8", errors="replace")) or [source.stem]


def judge_lock(kind: str, outcome: Outcome) -> Case:
    lines = text_of(outcome)
    totals = {m[1].strip(): m for line in lines if (m := STATISTICS.search(line))}
    found = any("End of test: FAILURE" in line for line in lines)
    done = ", ".join(f"{what}: {m[2]}, at most {m[3]}, at least {m[4]} a thread"
                     for what, m in totals.items())
    if kind == "lock_busted":
        if found and outcome.end is End.FAIL:
            return Case(kind, "passed", f"it is found not to lock ({done})")
        return Case(kind, "failed", f"a lock that does not lock was not found: {ending(outcome)}")
    if outcome.end is not End.PASS or found:
        return Case(kind, "failed", ending(outcome))
    if not any("End of test: SUCCESS" in line for line in lines) or "Writes" not in totals:
        return Case(kind, "failed", "no result")
    if any(int(m[4]) == 0 for m in totals.values()):
        return Case(kind, "failed", f"a thread never had the lock ({done})")
    return Case(kind, "passed", done)


def judge_scale(kind: str, outcome: Outcome) -> Case:
    lines = text_of(outcome)
    times = sorted(float(m[1]) for line in lines if (m := AVERAGE.match(line)))
    if outcome.end is not End.PASS:
        return Case(kind, "failed", ending(outcome))
    if len(times) != SCALE_RUNS or times[0] <= 0 or not any("END OF TEST" in x for x in lines):
        return Case(kind, "failed", f"{len(times)} of {SCALE_RUNS} measurements")
    middle = times[len(times) // 2]
    return Case(kind, "passed", f"{middle:g} ns a reader's section, the median of {len(times)}")


def judge_calls(kind: str, outcome: Outcome) -> Case:
    lines = text_of(outcome)
    calls = [int(match[1]) for line in lines if (match := CALLS.search(line))]
    if outcome.end is not End.PASS or not any("End of test: SUCCESS" in line for line in lines):
        return Case(kind, "failed", ending(outcome))
    if not calls or not calls[-1]:
        return Case(kind, "failed", "no function was called")
    return Case(kind, "passed", f"{calls[-1]} functions were called on other CPUs")


@dataclass(frozen=True)
class Torture:
    module: str
    chooser: str  # the parameter that names the type, if there are several
    params: str  # {readers}: three quarters of the CPUs, but one at least, of which Linux warns
    lasts: bool  # it goes on until it is ended
    judge: Callable[[str, Outcome], Case]
    absent: dict[str, str]
    never: dict[str, str] = field(default_factory=dict)  # what would be a case of its own
    misused: dict[str, str] = field(default_factory=dict)  # what only the fast profile lets it do


SCALE_RUNS = 10
NO_TASKS_RCU = "an RCU of Linux's tracing, which is not here"
TORTURES = {
    "locktorture": Torture(
        "locktorture",
        "torture_type",
        "locktorture.stat_interval=1",
        True,
        judge_lock,
        {"ww_mutex_lock": "there is no ww_mutex here"},
        {"onoff": "CPUs are never taken away here (no CONFIG_HOTPLUG_CPU)"},
    ),
    "refscale": Torture(
        "refscale",
        "scale_type",
        f"refscale.nruns={SCALE_RUNS} refscale.loops=1000 refscale.nreaders={{readers}}",
        False,
        judge_scale,
        {"rcu-tasks": NO_TASKS_RCU, "rcu-trace": NO_TASKS_RCU},
        misused={"rwsem": "it is taken with interrupts off: only PROFILE=fast bears that"},
    ),
    "scftorture": Torture("scftorture", "", "scftorture.stat_interval=1", True, judge_calls, {}),
}

# ---- Libraries: all in one boot ------------------------------------------------------------------

INIT = re.compile(r"---- (\w+): init$")
BAD_INIT = re.compile(r"---- (\w+): init returned (-?\d+)")
RESULTS = re.compile(r"results: (\d+) passed, \d+ failed$")
RESULT = re.compile(r"    (not )?ok \d+ ([^#]*?)(?: # SKIP (.*))?$")
PLAN = re.compile(r"    1\.\.(\d+)$")


@dataclass(frozen=True)
class Library:
    """What a test prints when all is well, and what if not; and what its init returns then."""

    good: str = ""
    bad: str = r"$^"
    returns: int = 0


KUNIT = Library()
KSELFTEST = Library(r"(all|remaining) \d+ tests passed", r"failed \d+ out of")
EAGAIN, EINVAL = -11, -22  # so that nobody has to unload it
LIBRARIES = {
    "atomic64_test": Library(r"atomic64_test: passed"),
    "test_bitops": Library(r"test_bitops: Completed bitops test", r"wrong for|ERROR"),
    "list_test": KUNIT,
    "test_list_sort": KUNIT,
    "test_sort": KUNIT,
    "percpu_test": Library(r"percpu test done", returns=EAGAIN),
    "cpumask_kunit": KUNIT,
    "is_signed_type_kunit": KUNIT,
    "test_string": Library(r"String selftests succeeded", r"String selftest failure"),
    "test_strscpy": KSELFTEST,
    "test_scanf": KSELFTEST,
    "test_hexdump": KSELFTEST,
    "test_kstrtox": Library(returns=EINVAL),
}


def sections(lines: list[str]) -> dict[str, list[str]]:
    """What was said while each module's init ran."""
    found: dict[str, list[str]] = {}
    inside: list[str] = []
    for line in lines:
        if match := INIT.match(line):
            inside = found.setdefault(match[1], [])
        elif line.startswith("---- "):
            inside = []
        else:
            inside.append(line)
    return found


def is_clean(outcome: Outcome) -> bool:
    """Whether nothing was wrong with the run but a module whose init did not return 0."""
    begun = sum(1 for line in outcome.lines if INIT.match(line))
    refused = sum(1 for line in outcome.lines if BAD_INIT.match(line))
    passed = [int(match[1]) for line in outcome.lines if (match := RESULTS.match(line))]
    return passed == [begun - refused] and outcome.end is (End.FAIL if refused else End.PASS)


def library(module: str, lines: list[str], outcome: Outcome) -> list[Case]:
    said = LIBRARIES[module]
    cases = of_kunit(lines) if said is KUNIT else [of_words(module, lines, said)]
    codes = [int(m[2]) for x in outcome.lines if (m := BAD_INIT.match(x)) and m[1] == module]
    if codes != ([said.returns] if said.returns else []):
        cases.append(Case("init", "failed", f"init returned {codes[0] if codes else 0}"))
    if not is_clean(outcome) and not any(case.status == "failed" for case in cases):
        cases.append(Case("the run", "failed", ending(outcome)))
    return cases


def of_words(module: str, lines: list[str], said: Library) -> Case:
    wrong = [line for line in lines if re.search(said.bad, line)]
    if wrong:
        return Case(module, "failed", wrong[0], story=wrong)
    if not any(re.search(said.good, line) for line in ["", *lines]):
        return Case(module, "failed", "it did not say that all is well")
    return Case(module, "passed")


def of_kunit(lines: list[str]) -> list[Case]:
    cases: list[Case] = []
    planned = 0
    story: list[str] = []
    for line in lines:
        if match := PLAN.match(line):
            planned += int(match[1])
        elif match := RESULT.match(line):
            status = "failed" if match[1] else "skipped" if match[3] else "passed"
            cases.append(Case(match[2], status, match[3] or "", story=story if match[1] else []))
            story = []
        else:
            story.append(line)
    if not planned or planned != len(cases):
        cases.append(Case("plan", "failed", f"{len(cases)} of {planned} cases have a result"))
    return cases
