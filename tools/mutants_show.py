# mutants_show.py: what the techniques say of the mutants, and the matrix of it.
# SPDX-License-Identifier: MIT

from __future__ import annotations

from dataclasses import dataclass, field

from mutants_list import MODELS, Mutant

BOOTED = ("test", "torture", "race")
HEADS = f"{'':<28}{'sc':>8}{'tso':>8}" + "".join(f"{name:>9}" for name in BOOTED)
LEGEND = """
sc, tso: states until the explorer found it. test, torture, race: in how many of how many runs.
-: not found. =: the kernel is the same as without the mutant. ?: no verdict, for the reason below.
Nothing: not tried."""


@dataclass
class Result:
    """What a technique says of a mutant."""

    found: bool = False
    same: bool = False  # the compiler makes nothing else of the mutant: no need to try it
    tried: bool = True  # to the end: what was not found then is not there to be found
    how: str = ""  # what is wrong; or why there is no verdict
    states: int = 0
    ms: int = 0
    runs: int = 0
    finds: int = 0  # of them
    hangs: int = 0  # of these
    failures: list[str] = field(default_factory=list)  # the first of each of these runs


Results = dict[str, "Result | None"]


def cell(technique: str, result: Result | None) -> str:
    if result is None:
        return ""
    if not result.found and not result.tried:
        return "?"
    if result.same:
        return "="
    if technique not in MODELS:
        return f"{result.finds}/{result.runs}"
    return str(result.states) if result.found else "-"


def row(mutant: Mutant, results: Results, right: bool, seconds: float) -> str:
    text = f"{mutant.name:<28}"
    for technique in (*MODELS, *BOOTED):
        text += f"{cell(technique, results.get(technique)):>{8 if technique in MODELS else 9}}"
    how = "harmless" if mutant.harmless else ""
    for model in MODELS:
        result = results.get(model)
        if result and result.found:
            how = result.how
            break
    text += f"  {how}" + (f"  ({seconds:.0f} s)" if seconds else "")
    text += "" if right else "  UNEXPECTED"
    for technique, result in results.items():
        if result and not result.tried:
            text += f"\n  {technique}: " + result.how.strip().replace("\n", "\n    ")
    return text


def show_totals(matrix: list[tuple[Mutant, Results]]) -> None:
    wrong = [(mutant, results) for mutant, results in matrix if not mutant.harmless]
    print(LEGEND)
    for technique in (*MODELS, *BOOTED):
        asked = [result for _, results in wrong if (result := results.get(technique))]
        found = sum(result.found for result in asked)
        always = sum(result.found and result.finds == result.runs for result in asked)
        unknown = sum(not result.found and not result.tried for result in asked)
        if asked:
            rate = f", {always} of them in each run" if technique == "torture" else ""
            mute = f", {unknown} without a verdict" if unknown else ""
            print(f"{technique}: found {found} of {len(asked)} that it was tried on{rate}{mute}")
    if any(name in results for _, results in matrix for name in BOOTED):
        show_finders(wrong)
    for mutant, _ in wrong:
        if mutant.missed:
            print(f"not found by the explorer: {mutant.name}: {mutant.missed}")
    harmless = [f"{mutant.name}: {mutant.harmless}" for mutant, _ in matrix if mutant.harmless]
    if harmless:
        print("harmless, and not counted:", *harmless, sep="\n  ")


def show_finders(wrong: list[tuple[Mutant, Results]]) -> None:
    """Who is found by the explorer only, and who by none that was tried."""
    alone: dict[tuple[str, ...], list[str]] = {}
    for mutant, results in wrong:
        finders = tuple(name for name, result in results.items() if result and result.found)
        alone.setdefault(finders, []).append(mutant.name)
    only = [names for finders, names in alone.items() if finders and set(finders) <= set(MODELS)]
    print("found by the explorer only:", ", ".join(sum(only, [])) or "none")
    print("found by nobody:", ", ".join(alone.get((), [])) or "none")
