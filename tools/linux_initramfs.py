# linux_initramfs.py: what Linux unpacks when it boots: a busybox, the modules, and a script.
# SPDX-License-Identifier: MIT
"""The script inserts the modules, waits, and removes them. It says what it does through Linux's
log, so that its lines come in order with those of the modules."""

from __future__ import annotations

import argparse
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path

from linux_order import Loadable

MARK = "interlock-run: "

SCRIPT = """\
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
say() {{ echo "<5>{mark}$*" >/dev/kmsg; }}
off() {{ $b sleep 1; say end; $b poweroff -f; $b sleep 60; }}
up=$($b cut -d . -f 1 /proc/uptime)
(
	$b sleep $(({patience} > up ? {patience} - up : 1))
	echo w >/proc/sysrq-trigger
	say hung
	$b poweroff -f
) &
insert() {{
	name=$1
	shift
	say init $name
	said=$(/bin/insmod /modules/$name.ko "$@" 2>&1) && loaded="$name $loaded" && return
	say failed $name "$said"
	failed=yes
}}
remove() {{
	say exit $1
	tries=0
	until said=$(/bin/rmmod $1 2>&1); do
		tries=$((tries + 1))
		[ $tries -lt 20 ] || {{ say failed $1 "$said"; return; }}
		$b usleep 100000
	done
	say gone $1
}}
$b dmesg -n 8
loaded=
failed=
{inserts}
[ "$failed" ] || {{ say live {runtime}; $b sleep {runtime}; }}
for name in $loaded; do remove $name; done
off
"""


@dataclass(frozen=True)
class File:
    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def script(modules: list[Loadable], chosen: argparse.Namespace) -> str:
    lines = [shlex.join(["insert", module.name, *module.words]) for module in modules]
    return SCRIPT.format(
        mark=MARK,
        patience=max(1, int(chosen.timeout * 0.8)),
        inserts="\n".join(f'[ "$failed" ] || {line}' for line in lines),
        runtime=chosen.runtime,
    )


def files_of(busybox: Path, modules: list[Loadable], chosen: argparse.Namespace) -> list[File]:
    made = [File(name, stat.S_IFDIR | 0o755) for name in ("bin", "dev", "proc", "modules")]
    made += [
        File("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)),
        File("dev/kmsg", stat.S_IFCHR | 0o600, device=(1, 11)),
        File("dev/null", stat.S_IFCHR | 0o666, device=(1, 3)),
        File("bin/busybox", stat.S_IFREG | 0o755, busybox.read_bytes()),
        File("bin/insmod", stat.S_IFLNK | 0o777, b"busybox"),  # these names a module may log
        File("bin/rmmod", stat.S_IFLNK | 0o777, b"busybox"),
        File("init", stat.S_IFREG | 0o755, script(modules, chosen).encode()),
    ]
    for module in modules:
        made.append(
            File(f"modules/{module.name}.ko", stat.S_IFREG | 0o644, module.file.read_bytes())
        )
    return made


def newc(files: list[File]) -> bytes:
    """The archive that cpio -H newc would make: fourteen numbers in hexadecimal, name, data."""
    archive = b""
    for number, file in enumerate([*files, File("TRAILER!!!", 0)], 1):
        name = file.name.encode() + b"\0"
        fields = [number, file.mode, 0, 0, 1, 0, len(file.data), 0, 0, *file.device, len(name), 0]
        archive += padded(b"070701" + b"".join(b"%08x" % value for value in fields) + name)
        archive += padded(file.data)
    return archive


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
