#!/usr/bin/python3
# torture.py: boots the kernel to torture locks for a while, shows its log, and counts the results.
# SPDX-License-Identifier: MIT
"""The last line is `N passed, N failed`, one test a lock. Exit status: 0 if none failed, 1 if any
did, 5 if QEMU could not be run at all."""

from __future__ import annotations

from dataclasses import replace

import options
import progress
from qemu import End, boot, default_timeout
from run import explain, show
from test import count, judge, tell_failure


def main() -> int:
    given = options.parser(__doc__ or "")
    given.add_argument("--smp", type=options.cpu_count, default=4)
    given.add_argument("--seconds", type=options.seconds, default=10.0, help="for each lock")
    given.add_argument("--locks", type=int, default=1, help="how many, for the time limit")
    chosen = given.parse_args()

    # Each lock's twin may take its time too, and a loaded machine more of it.
    limit = default_timeout(chosen.smp) + 2 * chosen.seconds * chosen.locks
    chosen.timeout = chosen.timeout or limit
    setup = options.setup(chosen, chosen.smp, "torture", chosen.run)
    with progress.of_a_boot("torture", show) as shown:
        outcome = boot(replace(setup, words=f"{setup.words} seconds={chosen.seconds:.0f}"), shown)
    options.write_log(chosen, f"torture-smp{chosen.smp}", outcome.lines + explain(outcome))
    report = judge(outcome)

    def repeat(lock: str) -> str:
        command = options.repeat(chosen, "torture", lock, chosen.smp).replace("RUN=", "LOCK=")
        return f"{command} SECONDS={chosen.seconds:.0f}"

    for result in report.results:
        if result.status == "failed":
            lock = result.name.removeprefix("torture_")
            tell_failure(result.name, result.story, repeat(lock))
    for problem in report.problems:
        first, *rest = problem.splitlines()
        tell_failure(first, rest, repeat(chosen.run or "all"))
    totals = count(report)
    print(totals, flush=True)
    if outcome.end is End.ENVIRONMENT:
        return End.ENVIRONMENT.exit_status
    return 1 if totals.failed or not totals.passed else 0


if __name__ == "__main__":
    options.exit_with(main)
