#!/usr/bin/python3
# run.py: boots the kernel with its demos, shows the serial line, and ends with its verdict.
# SPDX-License-Identifier: MIT
"""Exit status: 0 pass, 1 a check failed, 2 bad input, 3 hang, 4 panic or a reset,
5 QEMU or this machine. What is not a pass is explained in the last lines."""

from __future__ import annotations

import sys

import options
from qemu import End, Outcome, boot

def explain(outcome: Outcome) -> list[str]:
    """Why a run is no pass; nothing when it is one."""
    if outcome.end is End.PASS:
        return []
    return [f"run: {outcome.end.value}"] + [f"  {note}" for note in outcome.notes]


def show(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    given.add_argument("--goal", default="run", help="for the command that repeats the run")
    chosen = given.parse_args()
    outcome = boot(options.setup(chosen, chosen.smp, "run", chosen.run), show)
    why = explain(outcome)
    log = options.write_log(chosen, f"{chosen.goal}-smp{chosen.smp}", outcome.lines + why)
    if why:
        print("\n".join(why), f"\n  the log is {log}", file=sys.stderr, sep="")
        names = chosen.run if chosen.goal == "run" else ""
        again = options.repeat(chosen, chosen.goal, names, chosen.smp)
        print("  repeat:", again, file=sys.stderr)
    return outcome.end.exit_status


if __name__ == "__main__":
    options.exit_with(main)
