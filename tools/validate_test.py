#!/usr/bin/python3
# validate_test.py: what make refuses and accepts, by tools/validate.sh; results in TAP.
# SPDX-License-Identifier: MIT
"""A line for each case: the goals and the variables, and what the one line says, or nothing."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import tap

# A name; what the make has; what must be in the line.
CASES: list[tuple[str, list[str], str]] = [
    ("nothing_given", ["run", "RUN=", "LOCK=", "SCENARIO=", "MODULE=", "REPLAY="], ""),
    ("demos", ["run", "RUN=mutex_demo,lost_update"], ""),
    ("no_demo", ["run", "RUN=mutex_demo,nothing"], "RUN=mutex_demo,nothing is refused: there is"),
    ("no_test", ["test", "RUN=mutex_demo"], "there is no mutex_demo among the tests"),
    ("host_tests", ["test", "RUN=validate_test,list_test"], ""),
    ("names_and_spaces", ["run", "RUN=a b"], "give names of demos"),
    ("scenario_has_its_name", ["explore", "SCENARIO=nothing"], "SCENARIO=nothing is refused: th"),
    ("scenarios", ["explore", "SCENARIO=mutex,litmus,litmus_sb"], ""),
    ("scenario_for_run", ["run", "SCENARIO=mutex"], "SCENARIO=mutex is refused: it is for make"),
    ("scenario_and_module", ["explore", "SCENARIO=mutex", "MODULE=x.c"], "leave one of them out"),
    ("run_for_explore", ["explore", "RUN=mutex"], "RUN=mutex is refused: make explore and make"),
    ("play_one", ["play", "SCENARIO=mutex", "MODULE="], ""),
    ("play_module", ["play", "SCENARIO=", "MODULE=x.c"], ""),
    ("play_none", ["play", "SCENARIO="], "SCENARIO= is refused: make play takes one"),
    ("play_two", ["play", "SCENARIO=mutex,ticket"], "make play takes one"),
    ("play_a_set", ["play", "SCENARIO=quick"], "make play takes one"),
    ("replay", ["debug", "SCENARIO=counter", "REPLAY=0x1,1x2,0x1"], ""),
    ("replay_alone", ["explore", "SCENARIO=", "REPLAY=0x1"], "SCENARIO= is refused: REPLAY take"),
    ("replay_of_two", ["explore", "SCENARIO=mutex,ticket", "REPLAY=0x1"], "REPLAY takes one"),
    ("no_token", ["explore", "SCENARIO=mutex", "REPLAY=1-2"], "give the steps of threads in tur"),
    ("replay_for_run", ["run", "SCENARIO=", "REPLAY=0x1"], "it is for make explore and make deb"),
    ("debug_needs_replay", ["debug", "SCENARIO=counter", "REPLAY="], "give REPLAY=token too"),
    ("ops", ["run", "MODULE=x.c", "OPS=cat /dev/x"], ""),
    ("ops_for_linux", ["run-linux", "MODULE=x.c", "OPS=cat /dev/x"], "it is for make run, debug"),
    ("ops_for_explore", ["explore", "MODULE=x.c", "OPS=cat /dev/x"], "it is for make run, debug"),
    ("ops_alone", ["run", "MODULE=", "OPS=cat /dev/x"], "give MODULE, too"),
    ("params_for_play", ["play", "MODULE=x.c", "PARAMS=x=1"], "it is for make run, run-linux, d"),
    ("trace_fast", ["trace", "PROFILE=fast"], "PROFILE=fast is refused: it has no trace"),
    ("stats_fast", ["run", "PROFILE=fast", "STATS=1"], "STATS=1 is refused: PROFILE=fast has no"),
    ("stats_for_explore", ["explore", "PROFILE=checked", "STATS=1"], "explore and play run PROF"),
    ("stats_of_a_replay", ["debug", "SCENARIO=counter", "REPLAY=0x1", "STATS=1"], "STATS=1 is r"),
    ("stub", ["debug", "STUB=kernel", "BREAK=mutex_lock_slow"], ""),
    ("no_stub", ["debug", "STUB=gdb"], "STUB=gdb is refused: give one of: qemu kernel"),
    ("stub_for_run", ["run", "STUB=kernel"], "STUB=kernel is refused: it is for make debug"),
    ("stub_of_a_replay", ["debug", "SCENARIO=counter", "REPLAY=0x1", "STUB=kernel"], "leave one"),
    ("stub_is_late", ["debug", "STUB=kernel", "BREAK=kmain"], "stops in kmain by itself"),
    ("mutants", ["mutants", "MUTANT=ticket_draw_plain,ticket_waits_once"], ""),
    ("no_mutant", ["mutants", "MUTANT=ticket_draw_plai"], "there is no ticket_draw_plai among t"),
    ("odd_mutant", ["mutants", "MUTANT=.*"], "MUTANT=.* is refused: give names of mutants"),
    ("techniques", ["mutants", "TECHNIQUES=sc,race"], ""),
    ("no_techniques", ["mutants", "TECHNIQUES="], "give names of techniques"),
    ("odd_techniques", ["mutants", "TECHNIQUES=sc,,tso"], "give names of techniques"),
    ("no_technique", ["mutants", "TECHNIQUES=sc,x"], "there is no x; give of: sc tso test tortu"),
    ("module_for_shell", ["shell", "MODULE=x.c"], ""),
    ("module_for_torture", ["torture", "MODULE=x.c"], "it is for run, run-linux, debug, trace, sh"),
    ("kdir", ["modules-linux", "KDIR=tools"], "it has no scripts/Makefile.modpost"),
    ("lock", ["torture", "LOCK=nothing"], "LOCK=nothing is refused: there is no nothing"),
    ("cpus", ["run", "SMP=0"], "SMP=0 is refused: give a whole number from 1 to 255"),
    ("one_cpu", ["run", "UP=1", "SMP=2"], "SMP=2 is refused: UP=1 builds for one CPU"),
]


def test(words: list[str], expected: str) -> None:
    command = ["sh", "tools/validate.sh", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    tap.check_equal((done.returncode, done.stderr), (0, ""), "status, and errors of sh")
    tap.check(expected in done.stdout, f"{words}: no {expected!r} in {done.stdout!r}")
    lines = done.stdout.count("\n")
    tap.check_equal(lines, 1 if expected else 0, f"{words}: lines in {done.stdout!r}")


def test_known() -> None:
    """By make itself: a name that nobody reads is no variable, wherever else it may stand."""
    for word, expected in (("RUM=mutex_demo", "RUM: there is no such variable"), ("RUN=", "")):
        command = ["make", "-n", "help", "ARGS=hung_task=1", word]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        tap.check(expected in done.stderr, f"{word}: no {expected!r} in {done.stderr!r}")
        tap.check_equal(done.returncode, 2 if expected else 0, f"{word}: status")


def main() -> int:
    tests = [(name, partial(test, words, expected)) for name, words, expected in CASES]
    return tap.run([*tests, ("known", test_known)])


if __name__ == "__main__":
    sys.exit(main())
