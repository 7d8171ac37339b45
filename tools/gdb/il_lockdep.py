# il_lockdep.py: what the lock validator has learnt: classes, their orders and use in interrupts.
# SPDX-License-Identifier: MIT
"""The data are those of kernel/locking/lockdep_internal.h. It is written under a lock of its own;
who reads it here may meet a list half changed, so no list is followed further than there are
edges."""

from __future__ import annotations

from typing import Iterator

import gdb
from il_command import add
from il_memory import Bad, symbol, text
from il_symbols import code, is_waiting_code

GRAPH_C = "kernel/locking/lockdep_graph.c"
CLASS_C = "kernel/locking/lockdep_class.c"
CHAIN_C = "kernel/locking/lockdep_chain.c"
READ, ENABLED, SOFTIRQ, BITS = 1, 2, 4, 8
KINDS = ((1, "shared, then a recursive reader"), (2, "exclusive, then a recursive reader"),
         (4, "shared, then other"), (8, "exclusive, then other"))
TRACE_DEPTH = 12


def need(name: str, file: str = "") -> gdb.Value:
    value = symbol(name, file)
    if value is None:
        raise Bad("this kernel has no lock validator: it is of PROFILE=fast")
    return value


def class_name(number: int) -> str:
    """As the reports call it: the subclass, unless it is 0, behind a slash."""
    found = need("lockdep_classes")[number]
    subclass = int(found["subclass"])
    return f'"{text(found["name"])}"' + (f"/{subclass}" if subclass else "")


def origin(trace: int) -> str:
    """The place outside of the locks that a saved backtrace begins at."""
    words = need("words", CHAIN_C)
    size = words.type.range()[1] + 1
    if not 0 < trace < size - 2:
        return "?"
    length = min(int(words[trace]), TRACE_DEPTH, size - 2 - trace)
    addresses = [int(words[trace + 2 + i]) for i in range(length)]
    for address in addresses:
        if not is_waiting_code(address - 1):
            return code(address, True)
    return code(addresses[0], True) if addresses else "?"


def usage(found: gdb.Value) -> Iterator[str]:
    bits = int(found["usage"])
    for bit in range(BITS):
        if not bits >> bit & 1:
            continue
        irq = "softirqs" if bit & SOFTIRQ else "interrupts"
        what = f"with {irq} on" if bit & ENABLED else f"in {irq}"
        how = "read" if bit & READ else "taken"
        yield f"{how} {what}, first at {origin(int(found['traces'][bit]))}"


def edges(number: int, side: str) -> Iterator[str]:
    """The classes taken after this one (side `after`), or before it."""
    table = need("lockdep_edges")
    edge, other = int(need("lockdep_classes")[number][side]), "to" if side == "after" else "from"
    for _ in range(table.type.range()[1] + 1):
        if not edge:
            return
        found = table[edge]
        kinds = [name for bit, name in KINDS if int(found["kinds"]) & bit]
        yield (f"{class_name(int(found[other]))} ({'; '.join(kinds)}), "
               f"first at {origin(int(found['trace']))}")
        edge = int(found[f"next_{side}"])


def tell_class(number: int) -> None:
    found = need("lockdep_classes")[number]
    print(f"class {number} {class_name(number)}, {text(found['site'], 200) or 'by its key'}")
    for line in usage(found):
        print(f"    {line}")
    for side in ("before", "after"):
        for line in edges(number, side):
            print(f"    {side} it: {line}")


def run_lockdep(argument: str) -> None:
    """il lockdep [NAME]: how much the lock validator knows; of a name: each class of locks called
    so. Of a class: where it was initialized, how it was used with respect to interrupts, and which
    classes were taken before it and after it, each with the place of the first time."""
    classes, n = need("lockdep_classes"), int(need("n_used", CLASS_C))
    used = [i for i in range(1, min(n, classes.type.range()[1] + 1)) if int(classes[i]["key"])]
    if not argument:
        chains, orders = int(need("n_chains", CHAIN_C)), int(need("n_used", GRAPH_C)) - 1
        state = "on" if int(need("debug_locks")) else "off: it has found something, or was told to"
        print(f"the validator is {state}")
        print(f"{len(used)} classes, {orders} orders of two, {chains} chains")
        print("`il lockdep NAME` has more")
        return
    named = [i for i in used if text(classes[i]["name"]) == argument.strip('"')]
    if not named:
        raise Bad(f"no class of locks is called {argument}")
    for number in named:
        tell_class(number)


def register() -> None:
    add("lockdep", run_lockdep)
