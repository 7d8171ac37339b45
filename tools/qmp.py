# qmp.py: talks to QEMU's monitor (QMP, a line of JSON each way) over a unix socket.
# SPDX-License-Identifier: MIT
"""As much of the protocol as it takes to hear events and to give commands of the human monitor."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any


class MonitorError(Exception):
    """The monitor is not there, or did not answer in time."""


class Monitor:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket: socket.socket | None = None
        self.buffer = b""
        self.pending: list[dict[str, Any]] = []

    @property
    def is_connected(self) -> bool:
        return self.socket is not None

    def connect(self) -> None:
        """Connect, or leave it for the next time: QEMU is there a little before its socket."""
        channel = socket.socket(socket.AF_UNIX)
        try:
            channel.connect(str(self.path))
        except OSError:
            channel.close()
            return
        self.socket = channel
        try:
            self.command("qmp_capabilities")
        except MonitorError:
            self.close()

    def close(self) -> None:
        if self.socket:
            self.socket.close()
            self.socket = None

    def filenos(self) -> list[int]:
        return [self.socket.fileno()] if self.socket else []

    def events(self) -> list[dict[str, Any]]:
        """The events so far; called when the socket has something to read."""
        self._receive(0.0)
        events = [message for message in self.pending if "event" in message]
        self.pending.clear()
        return events

    def command(self, name: str, **arguments: Any) -> Any:
        """Give a command and return its answer. Events meanwhile are kept."""
        if not self.socket:
            raise MonitorError("not connected")
        text = json.dumps({"execute": name, "arguments": arguments})
        deadline = time.monotonic() + 10.0
        try:
            self.socket.sendall(text.encode() + b"\n")
        except OSError as error:
            raise MonitorError(str(error)) from error
        while time.monotonic() < deadline:
            for message in self.pending:
                if "return" in message or "error" in message:
                    self.pending.remove(message)
                    if "error" in message:
                        raise MonitorError(message["error"].get("desc", "refused"))
                    return message["return"]
            if not self._receive(deadline - time.monotonic()):
                break
        raise MonitorError(f"no answer to {name}")

    def human(self, line: str, cpu: int | None = None) -> str:
        """A command of the human monitor, as seen from a CPU."""
        arguments: dict[str, Any] = {"command-line": line}
        if cpu is not None:
            arguments["cpu-index"] = cpu
        return str(self.command("human-monitor-command", **arguments))

    def _receive(self, seconds: float) -> bool:
        """Take in what arrives; false when the other side has gone or is silent too long."""
        if not self.socket:
            return False
        self.socket.settimeout(max(seconds, 0.001))
        try:
            data = self.socket.recv(1 << 20)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        if not data:
            self.close()
            return False
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        self.pending += [json.loads(line) for line in lines if line.strip()]
        return True
