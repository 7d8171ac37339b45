#!/usr/bin/python3
# progress_test.py: the line of `make test` that says how far it is; results in TAP.
# SPDX-License-Identifier: MIT

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

import bench
import progress
import tap
from tap import check

PATIENCE = 120.0
LINE = re.compile(r"\r\x1b\[K([^\r\n]+)")


def command(scratch: Path) -> list[str]:
    """test.py with two host tests, each of which waits until it is seen that it runs."""
    for name in ("first", "second"):
        program = scratch / name
        wait = f"while [ ! -e {program}.seen ]; do sleep 0.05; done"
        program.write_text(f"#!/bin/sh\n{wait}\necho 1..1\necho ok 1 - {name}_works\n")
        program.chmod(0o755)
    programs = f"{scratch}/first {scratch}/second"
    nothing = ["--kernel", "none", "--elf", "none", "--explore", "none", "--logs", str(scratch)]
    return [sys.executable, "-B", "tools/test.py", *nothing, "--run", "first,second",
            "--host", programs]


def on_terminal(scratch: Path) -> str:
    """What it writes to one."""
    words = command(scratch)
    near, far = pty.openpty()
    process = subprocess.Popen(words, stdin=far, stdout=far, stderr=far)
    os.close(far)
    said, until = "", time.monotonic() + PATIENCE
    try:
        while time.monotonic() < until:
            if select.select([near], [], [], 1.0)[0]:
                said += os.read(near, 65536).decode()
            for name in ("first", "second"):
                if f"| host {name}" in said:
                    (scratch / f"{name}.seen").touch()
    except OSError:  # the other end is closed: it has ended
        pass
    finally:
        process.kill()
        process.wait()
        os.close(near)
    return said


def test_on_a_terminal() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        said = on_terminal(Path(scratch))
    lines = LINE.findall(said)
    check("0 of 2 suites | host first" in lines, f"{lines}")
    check("1 of 2 suites | host second" in lines, f"{lines}")
    stays = re.sub(r"\r\x1b\[K[^\r\n]*(?=\r\x1b)", "", said).replace("\r\x1b[K", "")
    kept = [re.sub(r" +\(.*", "", line) for line in stays.split("\r\n") if line]
    check(kept[-1] == "2 passed, 0 failed", f"it ends with {kept}")
    check("host first                   1 passed, 0 failed" in kept, f"{kept}")


def test_elsewhere() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("first", "second"):
            (Path(scratch) / f"{name}.seen").touch()
        done = subprocess.run(command(Path(scratch)), capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
    lines = done.stdout.splitlines()
    check(len(lines) == 3 and lines[2] == "2 passed, 0 failed", f"{lines}")
    check("\x1b" not in done.stdout + done.stderr, "control characters in a file")


def test_results_of_a_boot() -> None:
    news: list[tuple[int, str, str]] = []

    class Queue:
        def put(self, one: tuple[int, str, str]) -> None:
            news.append(one)

    progress.report_to(Queue())  # type: ignore[arg-type]
    show = progress.follow("booted SMP=2")
    for line in ("KTAP version 1", "1..7", "[    0.1] cpu0: ok 9 - no", "    1..1",
                 "    ok 1 - part", "ok 1 - one", "not ok 2 - two"):
        show(line)
    progress.report_to(None)
    told = [where for _, _, where in news]
    check(told == ["", "1 of 7, one", "2 of 7, two"], f"{told}")


def of_a_boot(terminal: bool) -> str:
    """What is written for three lines, of which one is shown."""
    class Out(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    def show(line: str) -> None:
        if line.startswith("shown"):
            print(line)

    with redirect_stdout(Out()) as out:
        with progress.of_a_boot("boot", show) as shown:
            for line in ("1..2", "shown: it", "ok 1 - one"):
                shown(line)
    return out.getvalue()


def test_line_of_a_boot() -> None:
    said = of_a_boot(True)
    clear = progress.CLEAR
    drawn = f"{clear}boot{clear}{clear}boot{clear}shown: it\n{clear}boot"
    drawn += f"{clear}{clear}boot: 1 of 2, one{clear}"
    check(said == drawn, repr(said))
    check(of_a_boot(False) == "shown: it\n", repr(of_a_boot(False)))


def test_line_of_benchmarks() -> None:
    told = [bench.row_of(line) for line in (
        "cost mutex pairs=4 n=1", "contest mutex threads=2 counts=7,9", "bench: no row", "pass 1")]
    check(told == ["cost mutex", "contest mutex", "", ""], f"{told}")
    with redirect_stdout(io.StringIO()) as out:
        out.isatty = lambda: True  # type: ignore[method-assign]
        with progress.of_a_boot("bench", lambda line: None, bench.row_of) as shown:
            shown("1..9")
            shown("cost mutex pairs=4 n=1")
    drawn = out.getvalue().split(progress.CLEAR)
    check([line for line in drawn if line] == ["bench", "bench", "bench: cost mutex"], f"{drawn}")


def main() -> int:
    tests = [test_on_a_terminal, test_elsewhere, test_results_of_a_boot, test_line_of_a_boot,
             test_line_of_benchmarks]
    return tap.run(tap.named(*tests))


if __name__ == "__main__":
    sys.exit(main())
