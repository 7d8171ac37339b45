#!/usr/bin/python3
# linux_files.py: fetches single files of Linux's source, to be compiled here unmodified.
# SPDX-License-Identifier: MIT
"""From a source tree, or else from Debian's package linux-source-6.1: if that is not installed, it
is downloaded once and kept. Files that have not changed are left alone. Exit status: 0; 1 if a file
is missing where it should be; 77 if the package cannot be had here."""

from __future__ import annotations

import argparse
import fnmatch
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator

PACKAGE = "linux-source-6.1"
INSTALLED = Path(f"/usr/src/{PACKAGE}.tar.xz")
WHERE_ELSE = "give LINUX=path, a source tree of Linux 6.1"


UNAVAILABLE = 77  # what a skipped test exits with, by an old convention


class FetchError(Exception):
    pass


class UnavailableError(FetchError):
    """Nothing is wrong here: there is no network, or no such package."""


def say(text: str) -> None:
    print(f"  LINUX   {text}", file=sys.stderr, flush=True)


def write_if_changed(path: Path, data: bytes) -> bool:
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return True


def from_tree(tree: Path, patterns: list[str]) -> Iterator[tuple[str, bytes]]:
    for pattern in patterns:
        for path in sorted(tree.glob(pattern)):
            yield str(path.relative_to(tree)), path.read_bytes()


def from_xz(unpacked: str, patterns: list[str]) -> Iterator[tuple[str, bytes]]:
    """From the tar that the shell's command @unpacked writes; its names begin with PACKAGE."""
    with tempfile.TemporaryDirectory(prefix="interlock-") as scratch:
        names = " ".join(shlex.quote(f"{PACKAGE}/{pattern}") for pattern in patterns)
        take = f"tar -x -C {scratch} --wildcards --no-wildcards-match-slash {names}"
        done = subprocess.run(
            ["sh", "-c", f"{unpacked} | {take}"], check=False, capture_output=True, text=True
        )
        if done.returncode:
            said = done.stderr.strip().splitlines()
            raise FetchError(f"{said[0] if said else 'tar failed'}; {WHERE_ELSE}")
        yield from from_tree(Path(scratch) / PACKAGE, patterns)


def apt_get(into: Path, *words: str) -> str:
    """Run it; return the last thing that it complained of, or nothing."""
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        ["apt-get", "-q", *words], cwd=into, check=False, capture_output=True, env=environment
    )
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return (said[-1] if said else "it failed") if done.returncode else ""


def download(into: Path) -> Path:
    """The package, as it is or newly fetched. apt's lists are renewed if they are old."""
    for package in sorted(into.glob(f"{PACKAGE}_*.deb")):
        return package
    if not shutil.which("apt-get"):
        raise UnavailableError(f"this is not Debian: {WHERE_ELSE}")
    say(f"downloading Debian's {PACKAGE}, some 140 MB, once")
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        place = Path(scratch)
        why = apt_get(place, "download", PACKAGE)
        if why and os.geteuid() == 0 and not apt_get(place, "update"):
            why = apt_get(place, "download", PACKAGE)
        found = sorted(place.glob(f"{PACKAGE}_*.deb"))
        if why or not found:
            raise UnavailableError(f"apt-get download {PACKAGE}: {why or '?'}; {WHERE_ELSE}")
        return found[0].rename(into / found[0].name)


def from_debian(into: Path, patterns: list[str]) -> Iterator[tuple[str, bytes]]:
    if INSTALLED.is_file():
        say(f"unpacking {INSTALLED}, which takes a moment")
        yield from from_xz(f"xz -dcq -T0 {INSTALLED}", patterns)
    else:
        package = download(into)
        say(f"unpacking {package.name}, which takes a moment")
        packed = f"dpkg-deb --fsys-tarfile {shlex.quote(str(package))}"
        found = f"tar -xO --wildcards '*/{INSTALLED.name}'"
        yield from from_xz(f"{packed} | {found} | xz -dcq -T0", patterns)


def fetch(into: Path, tree: str, patterns: list[str]) -> None:
    into.mkdir(parents=True, exist_ok=True)
    stamp = into / "stamp"
    what = f"{tree or PACKAGE}: {' '.join(patterns)}\n"
    if not tree and stamp.is_file() and stamp.read_text() == what:
        return
    source = from_tree(Path(tree), patterns) if tree else from_debian(into, patterns)
    found, changed = [], False
    for name, data in source:
        found.append(name)
        changed |= write_if_changed(into / name, data)
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in found):
            raise FetchError(f"{pattern}: not in {tree or PACKAGE}; {WHERE_ELSE}")
    if changed or not stamp.is_file() or stamp.read_text() != what:
        stamp.write_text(what)


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--into", type=Path, required=True, help="directory for the files")
    given.add_argument("--linux", default="", help="a source tree")
    given.add_argument("files", nargs="+", help="names from the root of the tree; * and ? match")
    chosen = given.parse_args()
    try:
        fetch(chosen.into, chosen.linux, chosen.files)
    except (FetchError, OSError) as error:
        print(f"linux: {error}", file=sys.stderr)
        return UNAVAILABLE if isinstance(error, UnavailableError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
