#!/usr/bin/python3
# mutants_test.py: the list of mutants fits the tree, and what counts as found; results in TAP.
# SPDX-License-Identifier: MIT

from __future__ import annotations

import sys

import mutants
import mutants_list
import mutants_show
import tap
from mutants_list import Mutant
from mutants_show import Result
from tap import check

FOUND = Result(True, how="m: deadlock", states=7)
NOT = Result()
MUTE = Result(tried=False, how="does not build: no")
TWICE = Result(True, how="torture_m", runs=3, finds=2)
NEVER = Result(runs=3)


def test_list_fits_the_tree() -> None:
    listed = mutants_list.read_list(mutants_list.LIST)
    for mutant in listed:
        mutants_list.check(mutant)
        check("*" not in mutant.scenarios + mutant.tests + mutant.locks, mutant.name)
    names = {name for mutant in listed for name in mutant.scenarios.split(",")}
    check(set(listed[0].scenarios.split(",")) == names - {""}, "the first runs not what all run")


def test_what_is_right() -> None:
    right = mutants.is_right
    by_sc, by_tso = Mutant("m", found="sc"), Mutant("m", found="tso,torture")
    harmless = Mutant("m", harmless="it is the same")
    check(right(by_sc, {"sc": FOUND, "tso": FOUND, "race": NEVER}), "found by sc")
    check(not right(by_sc, {"sc": FOUND, "tso": NOT}), "tso finds what sc does")
    check(not right(by_sc, {"sc": FOUND, "tso": FOUND, "race": MUTE}), "race has no verdict")
    check(not right(by_sc, {"sc": None}), "it was not tried")
    check(right(by_tso, {"sc": NOT, "tso": FOUND, "torture": TWICE, "test": TWICE}), "by tso")
    check(not right(by_tso, {"sc": FOUND, "tso": FOUND}), "sc must not find it")
    check(not right(by_tso, {"sc": MUTE, "tso": FOUND}), "sc came to no end")
    check(not right(by_tso, {"torture": NEVER}), "torture must find it")
    check(right(harmless, {"sc": NOT, "torture": NEVER, "test": None}), "found by none")
    check(not right(harmless, {"sc": NOT, "torture": TWICE}), "it is not harmless")


def test_row() -> None:
    results = {"sc": NOT, "tso": FOUND, "test": None, "torture": TWICE, "race": MUTE}
    lines = mutants_show.row(Mutant("m", found="tso"), results, False, 0.0).splitlines()
    check(lines[0].split() == ["m", "-", "7", "2/3", "?", "m:", "deadlock", "UNEXPECTED"], lines[0])
    check(lines[1:] == ["  race: does not build: no"], f"{lines}")


def test_names_in_portions() -> None:
    names = ",".join(f"name_{number:04}" for number in range(120))
    portions = mutants.portions(names)
    check(",".join(portions) == names, "names are missing")
    check(all(len(portion) <= mutants.NAMES_MAX + 1 for portion in portions), f"{portions}")


def main() -> int:
    tests = [test_list_fits_the_tree, test_what_is_right, test_row, test_names_in_portions]
    return tap.run(tap.named(*tests))


if __name__ == "__main__":
    sys.exit(main())
