# linux_kernel.py: fetches Debian's Linux, its headers and a busybox, without installing anything.
# SPDX-License-Identifier: MIT
"""The cloud flavour is the smallest that boots in QEMU: 41 MB to download, once. It is kept in the
build directory. Nothing of it is installed, and no root is needed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

META = "linux-headers-cloud-amd64"  # depends on the headers of the newest release
WANTED = re.compile(r"^  Depends: ((?:linux-headers|linux-kbuild)-\S+)$", re.M)


class Unavailable(Exception):
    """There is no Linux to be had; the text says why, in one line."""


@dataclass(frozen=True)
class Kernel:
    release: str
    root: Path  # where the packages are unpacked

    @property
    def headers(self) -> Path:
        return self.root / f"usr/src/linux-headers-{self.release}"

    @property
    def image(self) -> Path:
        return self.root / f"boot/vmlinuz-{self.release}"

    @property
    def busybox(self) -> Path:
        return self.root / "bin/busybox"


def ask(command: list[str], where: Path | None = None) -> str:
    """What a program of apt's says. Raises Unavailable, with its last line, when it fails."""
    english = {**os.environ, "LC_ALL": "C"}  # apt's words are looked for
    try:
        done = subprocess.run(
            command, cwd=where, env=english, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise Unavailable(f"there is no {command[0]}: this is not Debian") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it failed"]
        raise Unavailable(f"{' '.join(command[:2])}: {said[-1]}")
    return done.stdout


def depends(package: str) -> list[str]:
    return WANTED.findall(ask(["apt-cache", "depends", package]))


def unpack(package: Path, root: Path) -> None:
    """All of a package, but of the kernel's only the kernel, and of busybox's only busybox."""
    only = {"linux-image": "./boot/vmlinuz-", "busybox": "./bin/busybox"}
    prefix = next((only[name] for name in only if package.name.startswith(name)), "./")
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as stream:
        assert stream.stdout is not None
        with tarfile.open(fileobj=stream.stdout, mode="r|") as tar:
            for member in tar:
                if member.name.startswith(prefix):
                    tar.extract(member, root)


def move_headers(kernel: Kernel) -> None:
    """Their Makefile includes another one by its absolute path, as if they were installed."""
    makefile = kernel.headers / "Makefile"
    text = makefile.read_text(encoding="utf-8")
    makefile.write_text(text.replace("/usr/src/", f"{kernel.root}/usr/src/"), encoding="utf-8")


def download(into: Path) -> Kernel:
    found = [name for name in depends(META) if name.startswith("linux-headers-")]
    if not found:
        raise Unavailable(f"apt knows no {META}: this is not Debian, or `apt-get update` is due")
    release = found[0].removeprefix("linux-headers-")
    kernel = Kernel(release, into.resolve())
    packages = [found[0], *depends(found[0]), f"linux-image-{release}", "busybox-static"]
    print(f"  LINUX   downloading Debian's Linux {release}, some 41 MB, once", file=sys.stderr)
    ask(["apt-get", "download", "-q", *packages], where=into)
    for package in sorted(into.glob("*.deb")):
        unpack(package, kernel.root)
        package.unlink()
    move_headers(kernel)
    return kernel


def kernel(into: Path) -> Kernel:
    """Debian's Linux, unpacked in the directory @into. Raises Unavailable."""
    stamp = into / "release"
    root = into.resolve()
    if re.search(r"[\s:]", str(root)):
        raise Unavailable(f"kbuild takes no directory with spaces or colons, such as {root}")
    if stamp.is_file():
        release, made_in = stamp.read_text(encoding="utf-8").split()
        if made_in == str(root):
            return Kernel(release, root)
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    try:
        fetched = download(into)
    except (OSError, tarfile.TarError) as error:
        raise Unavailable(f"Debian's Linux cannot be unpacked: {error}") from error
    stamp.write_text(f"{fetched.release} {root}\n", encoding="utf-8")
    return fetched
