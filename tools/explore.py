#!/usr/bin/python3
# explore.py: runs the explorer's scenarios; prints their verdicts, and the way to what is wrong.
# SPDX-License-Identifier: MIT
"""Exit status: 0 only if each scenario came out as it must: right locks exhausted with nothing
wrong, wrong ones found. As for run.py when the boot fails."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import explored
import options
import progress
from explore_report import report
from explored import Code, Found
from module_sources import module_name, modules
from qemu import End, Outcome, Setup, boot

WATCHED_MAX = 8
PANIC = re.compile(r"panic on cpu\d+: ([^;]*)")
OVER = "the run did not end"
UNEXPECTED = "  UNEXPECTED"
FENCE = "with delayed stores only: a fence is missing"
NOT_COVERED = """\
What this says: of this compiled code, in these scenarios, every interleaving of the instructions
that touch shared memory was run: sc on CPUs whose stores are visible at once, tso on such as delay
up to 8, as x86 does. It says nothing of other scenarios or compilers, of more interrupts than one a
CPU, or of time. 64 bits of hash tell states apart."""


def row(name: str, all_of_it: list[Found]) -> str:
    first = all_of_it[0]
    states, steps = (sum(f.figures[key] for f in all_of_it) for key in ("states", "steps"))
    ms = sum(found.figures["us"] for found in all_of_it) / 1000
    alone = len(all_of_it) == 1
    threads = str(first.figures["threads"]) if alone else ""
    preemptions = str(first.figures["preemptions"]) if alone and first.wrong else "-"
    verdict = first.verdict if alone else f"{len(all_of_it)} tests as published"
    mark = "" if all(found.expected for found in all_of_it) else UNEXPECTED
    return (
        f"{name:<24}{first.model:<6}{threads:>8}{states:>8}{steps:>9}{ms:>8.0f}"
        f"{preemptions:>9}  {verdict}{mark}"
    )


def again_of(found: Found, chosen: argparse.Namespace) -> list[str]:
    what = f"SCENARIO={found.name}"
    if chosen.explored:
        several = [module.sources for module in modules(chosen.explored)]
        own = [str(files[0]) for files in several if module_name(files[0]) == found.name]
        module = own[0] if len(several) > 1 and own else chosen.explored
        what = f"MODULE={shlex.quote(module)}"
    return [what, *options.variables(chosen, "CC", "ACCEL", "RWLOCK")]


def explain(outcome: Outcome, log: Path) -> None:
    """Why it is no pass, if it is none."""
    if outcome.end is not End.PASS:
        why = next((m.group(1) for line in outcome.lines if (m := PANIC.search(line))), "")
        end = f"{outcome.end.value}: {why}" if why else outcome.end.value
        more = ["TIMEOUT=seconds gives it more"] if why.startswith(OVER) else []
        print(f"explore: {end}", *more, *outcome.notes, sep="\n  ", file=sys.stderr)
        print(f"  the log is {log}", file=sys.stderr)


def show_reports(all_found: list[Found], chosen: argparse.Namespace, code: Code) -> None:
    """Of what is wrong in both models once. The textbooks' example is always shown; of others that
    are to be wrong, those that were asked for."""
    right_under_sc = {found.name for found in all_found if found.model == "sc" and found.exhausted}
    wrong_under_sc = {found.name for found in all_found if found.model == "sc" and found.wrong}
    for found in all_found:
        asked = bool(chosen.explored) or not found.expected or found.name == "counter"
        asked |= bool(chosen.run) and not found.name.startswith("litmus_")
        asked |= found.name in chosen.run.split(",")
        again = found.model == "tso" and found.name in wrong_under_sc
        only_tso = found.model == "tso" and found.name in right_under_sc
        if found.wrong and only_tso:
            found.verdict += f" ({FENCE})"
        if found.failed and asked and not again:
            report(found, code, only_tso, again_of(found, chosen))


def table(all_found: list[Found], chosen: argparse.Namespace) -> None:
    """A row a scenario; litmus tests that were not asked for, and came out as they must, share one.
    What a module's scenario must be, nobody says."""
    folds = "litmus" not in chosen.run
    heads = f"{'states':>8}{'steps':>9}{'ms':>8}{'preempt.':>9}"
    print(f"\n{'scenario':<24}{'model':<6}{'threads':>8}{heads}  verdict")
    folded = [f for f in all_found if folds and f.expected and f.name.startswith("litmus_")]
    for found in all_found:
        if found not in folded:
            print(row(found.name, [found]).removesuffix(UNEXPECTED if chosen.explored else ""))
    for model in ("sc", "tso"):
        if same := [found for found in folded if found.model == model]:
            print(row("litmus", same))


def show(line: str) -> None:
    if line.startswith(("explore:", "command line:", "=")):
        print(line, flush=True)


def add_options(given: argparse.ArgumentParser) -> None:
    """Those of explore.py and play.py."""
    given.add_argument("--model", choices=["", "sc", "tso"], default="", help="both without it")
    given.add_argument("--explored", default="", help="the .c file that is explored, if it is ours")


def is_own(name: str) -> bool:
    """Of the module itself: neither a function's nor that of modules/explore.h."""
    return "." not in name and not name.startswith("__explore")


def setup_for(chosen: argparse.Namespace, mode: str, code: Code) -> Setup:
    """A module's scenario has its name, and all of its data are shown, if it is the only one."""
    names, watch = chosen.run or "all", ""
    named = modules(chosen.explored) if chosen.explored else []
    if len(named) > 1 and (mode == "play" or chosen.replay):
        print("explore: MODULE names several: REPLAY and make play take one", file=sys.stderr)
        sys.exit(End.REFUSED.exit_status)
    if named:
        names = ",".join(module.name for module in named)
    if len(named) == 1:
        data = [each for source in named[0].sources for each in code.of_file(source.name)]
        words = [f"{name}@{address:#x}:{size}" for name, address, size in data if is_own(name)]
        watch = ",".join(words[:WATCHED_MAX])
    setup = options.setup(chosen, 1, mode, names)
    words = [f"model={chosen.model}" if chosen.model else "", f"watch={watch}" if watch else ""]
    return replace(setup, words=" ".join([setup.words, *filter(None, words)]))


def main() -> int:
    given = options.parser(__doc__ or "")
    add_options(given)
    given.add_argument("--replay", default="", help="which thread takes how many steps: 0x3,1x2")
    given.add_argument("--bound", default="", help="preemptions at most")
    given.add_argument("--cpus", default="", help="only scenarios with so many threads")
    given.add_argument("--json", type=Path, required=True, help="where the results go, as JSON")
    chosen = given.parse_args()
    code = Code(chosen.elf)
    setup = setup_for(chosen, "explore", code)
    for name in ("replay", "bound", "cpus"):
        if value := getattr(chosen, name):
            setup = replace(setup, words=f"{setup.words} {name}={value}")
    with progress.of_a_boot("explore", show) as shown:
        outcome = boot(setup, shown)
    log = options.write_log(chosen, "explore", outcome.lines)
    if chosen.replay:
        if found := explored.replayed(outcome.lines, chosen.replay):
            found.model = chosen.model or "sc"
            report(found, code, False, again_of(found, chosen))
        explain(outcome, log)
        return outcome.end.exit_status
    all_found = explored.read(outcome.lines)
    show_reports(all_found, chosen, code)
    table(all_found, chosen)
    steps, seconds = (sum(found.figures[key] for found in all_found) for key in ("steps", "us"))
    print(f"\n{steps / max(1, seconds) * 1e6:.0f} steps a second")
    results = [found.__dict__ | {"steps": len(found.steps)} for found in all_found]
    chosen.json.write_text(json.dumps(results) + "\n")
    print(f"\n{NOT_COVERED}\n")
    right = sum(found.expected for found in all_found)
    if chosen.explored:
        wrong = sum(found.wrong for found in all_found)
        rest = len(all_found) - right - wrong
        print(f"{right} right, {wrong} wrong" + (f", {rest} without an answer" if rest else ""))
    else:
        print(f"{right} as they must be, {len(all_found) - right} not")
    explain(outcome, log)
    return outcome.end.exit_status


if __name__ == "__main__":
    options.exit_with(main)
