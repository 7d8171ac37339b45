# il_boot.py: connects to the machine's stub, and lets it run to the first stop.
# SPDX-License-Identifier: MIT

from __future__ import annotations

import gdb


def attach(port: int, places: list[str], stub: str) -> None:
    """Stop at the first of @places that is reached. With QEMU's stub by hardware breakpoints: the
    kernel is not in memory yet, and whoever loads it would write over others. They hold before
    paging, too. The kernel's own stub is in kmain already, and waits."""
    try:
        gdb.execute(f"target remote 127.0.0.1:{port}", to_string=True)
        for place in places:
            gdb.execute(f"{'break' if stub == 'kernel' else 'hbreak'} {place}")
        if places:
            gdb.execute("continue")
    except gdb.error as error:
        print(f"debug: {error}")
        gdb.execute("quit 1")
