#!/usr/bin/python3
# linux_files.py: fetches single files of Linux's source, to be compiled here unmodified.
# SPDX-License-Identifier: MIT
"""From a source tree, or else from Debian's package linux-source-6.1: if that is not installed, it
is downloaded once and kept. Files that have not changed are left alone."""

from __future__ import annotations

import argparse
import fnmatch
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import IO, Iterator, cast

PACKAGE = "linux-source-6.1"
INSTALLED = Path(f"/usr/src/{PACKAGE}.tar.xz")
WHERE_ELSE = "give LINUX=path, a source tree of Linux 6.1"


class FetchError(Exception):
    pass


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


def from_tar(stream: IO[bytes], patterns: list[str]) -> Iterator[tuple[str, bytes]]:
    """The tar's names begin with the directory of the release."""
    with tarfile.open(fileobj=stream, mode="r|xz") as tar:
        for member in tar:
            name = member.name.removeprefix("./").partition("/")[2]
            if member.isfile() and any(fnmatch.fnmatchcase(name, each) for each in patterns):
                data = tar.extractfile(member)
                assert data is not None
                yield name, data.read()


def from_package(package: Path, patterns: list[str]) -> Iterator[tuple[str, bytes]]:
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as unpack:
        assert unpack.stdout is not None
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as tar:
            for member in tar:
                if member.name.endswith(f"/{INSTALLED.name}"):
                    yield from from_tar(cast("IO[bytes]", tar.extractfile(member)), patterns)
                    break
        unpack.kill()


def download(into: Path) -> Path:
    """The package, as it is or newly fetched."""
    for package in sorted(into.glob(f"{PACKAGE}_*.deb")):
        return package
    say(f"downloading Debian's {PACKAGE}, some 140 MB, once")
    try:
        done = subprocess.run(
            ["apt-get", "download", "-q", PACKAGE], cwd=into, check=False, capture_output=True
        )
    except FileNotFoundError:
        raise FetchError(f"this is not Debian: {WHERE_ELSE}") from None
    found = sorted(into.glob(f"{PACKAGE}_*.deb"))
    if done.returncode != 0 or not found:
        why = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise FetchError(f"apt-get download {PACKAGE}: {why[-1] if why else '?'}; {WHERE_ELSE}")
    return found[0]


def from_debian(into: Path, patterns: list[str]) -> Iterator[tuple[str, bytes]]:
    if INSTALLED.is_file():
        say(f"unpacking {INSTALLED}, which takes a minute")
        with open(INSTALLED, "rb") as stream:
            yield from from_tar(stream, patterns)
    else:
        package = download(into)
        say(f"unpacking {package.name}, which takes a minute")
        yield from from_package(package, patterns)


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
    except (FetchError, OSError, tarfile.TarError, EOFError) as error:
        print(f"linux: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
