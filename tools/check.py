#!/usr/bin/python3
# check.py: runs the checks of `make check`, and prints a line for each, or what is wrong and where.
# SPDX-License-Identifier: MIT
"""Exit status: 0 if every check held, 1 if not. --only NAME runs one."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from types import ModuleType

import check_asm
import check_cost
import check_docs
import check_format
import check_headers
import check_ktap
import check_layers
import check_pairs
import check_python
import check_sources
import check_static
import linux_api
from project import Project

CHECKS: dict[str, ModuleType] = {
    "sources": check_sources,
    "layers": check_layers,
    "headers": check_headers,
    "api": linux_api,
    "format": check_format,
    "docs": check_docs,
    "pairs": check_pairs,
    "python": check_python,
    "results": check_ktap,
    "static": check_static,
    "asm": check_asm,
    "cost": check_cost,
}


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--gcc", type=shlex.split, required=True, help="gcc and its flags")
    given.add_argument("--clang", type=shlex.split, required=True, help="clang and its flags")
    given.add_argument("--checked", type=shlex.split, required=True, help="the profile's flags")
    given.add_argument("--fast", type=shlex.split, required=True, help="the profile's flags")
    given.add_argument("--race", type=shlex.split, required=True, help="the profile's flags")
    given.add_argument("--module-flags", type=shlex.split, required=True)
    given.add_argument("--host-flags", type=shlex.split, required=True)
    given.add_argument("--sources", type=str.split, required=True)
    given.add_argument("--more-sources", type=str.split, required=True)
    given.add_argument("--build", required=True)
    given.add_argument("--only", choices=list(CHECKS))
    chosen = given.parse_args()
    project = Project(
        {"gcc": chosen.gcc, "clang": chosen.clang},
        {"checked": chosen.checked, "fast": chosen.fast},
        chosen.race,
        chosen.module_flags,
        chosen.host_flags,
        chosen.sources,
        chosen.more_sources,
        chosen.build,
    )
    failed = []
    for name, module in CHECKS.items():
        if chosen.only not in (None, name):
            continue
        started = time.monotonic()
        result = module.check(project)
        took = f"({time.monotonic() - started:.1f} s)"
        if result.problems:
            failed.append(name)
            print(f"{name:8} FAILED: {len(result.problems)} {took}")
            print("".join(f"  {problem}\n" for problem in result.problems), end="", flush=True)
        else:
            print(f"{name:8} {result.summary} {took}", flush=True)
    print("check: " + (f"failed: {', '.join(failed)}" if failed else "all is well"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
