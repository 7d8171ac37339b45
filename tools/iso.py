#!/usr/bin/python3
# iso.py: makes a bootable CD image of the kernel, for BIOS and UEFI, with or without a menu.
# SPDX-License-Identifier: MIT
"""The whole image with GRUB's modules for both firmwares takes 4.4 MB and a second."""

from __future__ import annotations

import argparse
import lzma
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

LIMIT = 5_000_000  # bytes an image may take that is handed on

# What grub.cfg and booting need; with all modules, fonts and themes the image would take 20 MB.
# --compress=xz also puts into GRUB's core what unpacks the kernel.
GRUB_OPTIONS = [
    "--install-modules=multiboot2 serial terminal normal configfile iso9660"
    " part_gpt part_msdos search search_fs_file",
    "--fonts=",
    "--locales=",
    "--themes=",
    "--compress=xz",
]

# xorriso ends an image with 300 KiB of nothing, for drives that read ahead when they burn.
XORRISO_COMMANDS = ["--", "-padding", "0"]

# GRUB makes room for any dictionary. With 1 MiB the race profile's image is 45 KB smaller than with
# the 128 KiB of GRUB's own files; more than that gains 10 KB.
KERNEL_FILTERS = [
    {"id": lzma.FILTER_X86},
    {"id": lzma.FILTER_LZMA2, "dict_size": 1024 * 1024},
]

# GRUB's own messages go to the serial line: a kernel that it cannot load must not look like a hang.
BOOT_AT_ONCE = """\
serial --unit=0 --speed=115200
terminal_output serial console
multiboot2 /boot/interlock.elf {words}
{modules}boot
"""


@dataclass(frozen=True)
class Module:
    """Another kernel, put into memory beside the one that starts."""

    kernel: Path
    name: str
    words: str  # its command line, once it takes that one's place


class IsoError(Exception):
    """The image could not be made."""


def rescue() -> str:
    """Fedora calls it grub2-mkrescue."""
    names = ("grub-mkrescue", "grub2-mkrescue")
    return next((name for name in names if shutil.which(name)), names[0])


def pack(kernel: bytes) -> bytes:
    """The kernel as GRUB unpacks it: to a quarter, or it would make most of the image."""
    return lzma.compress(kernel, lzma.FORMAT_XZ, lzma.CHECK_CRC32, filters=KERNEL_FILTERS)


def make(
    kernel: Path,
    config: str,
    output: Path,
    modules: Sequence[Module] = (),
    limit: int | None = None,
) -> None:
    """Write an image of @kernel and the grub.cfg @config to @output, of @limit bytes at most.
    Modules are not packed: GRUB would take longer to unpack them than to read them."""
    with tempfile.TemporaryDirectory(prefix="interlock-iso-") as scratch:
        root = Path(scratch) / "root"
        (root / "boot/grub").mkdir(parents=True)
        (root / "boot/grub/grub.cfg").write_text(config)
        (root / "boot/interlock.elf").write_bytes(pack(kernel.read_bytes()))
        for module in modules:
            shutil.copyfile(module.kernel, root / f"boot/{module.name}.elf")
        image = Path(scratch) / "interlock.iso"
        arguments = [*GRUB_OPTIONS, "-o", str(image), str(root), *XORRISO_COMMANDS]
        command = [rescue(), *arguments]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode != 0 or not image.exists():
            raise IsoError(f"{command[0]} failed:\n{done.stdout}")
        if limit is not None and image.stat().st_size > limit:
            raise IsoError(f"the image takes {image.stat().st_size} bytes; {limit} are allowed")
        shutil.move(image, output)


def boot_at_once(words: str, modules: Sequence[Module] = ()) -> str:
    """A grub.cfg that shows no menu and gives the kernel @words."""
    lines = [f"module2 /boot/{each.name}.elf {each.name} {each.words}\n" for each in modules]
    return BOOT_AT_ONCE.format(words=words, modules="".join(lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", type=Path, required=True)
    parser.add_argument("--menu", type=Path, required=True, help="the grub.cfg to take")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=LIMIT, help="bytes that it may take")
    options = parser.parse_args()
    try:
        make(options.kernel, options.menu.read_text(), options.output, limit=options.limit)
    except (IsoError, OSError) as error:
        print(f"iso: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
