# chromium.py: looks at a page in headless Chromium, through the pipe of its DevTools protocol.
# SPDX-License-Identifier: MIT
"""Used by tests only, where there is a Chromium; the protocol: chromedevtools.github.io."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from qemu import die_with_parent

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = "--headless --no-first-run --disable-gpu --disable-dev-shm-usage --remote-debugging-pipe"
PATIENCE = 240.0
Json = dict[str, Any]


def find() -> str | None:
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Broken(Exception):
    """It does not answer, or says that it could not."""


class Browser:
    """A context manager: at its end the process is gone, and its profile."""

    def __init__(self, program: str) -> None:
        to_it, self.write = os.pipe()
        self.read, from_it = os.pipe()
        self.scratch = tempfile.TemporaryDirectory(prefix="interlock-", ignore_cleanup_errors=True)
        flags = FLAGS.split() + [f"--user-data-dir={self.scratch.name}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # it refuses to run as root in one
        # It talks on its descriptors 3 and 4.
        shell = f"exec 3<&{to_it} 4>&{from_it}; exec \"$@\""
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "bash", program, *flags, "about:blank"],
            pass_fds=(to_it, from_it),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        os.close(to_it)
        os.close(from_it)
        self.rest, self.number = b"", 0
        self.session = ""
        self.events: list[Json] = []

    def __enter__(self) -> Browser:
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        found = self.ask("Target.attachToTarget", targetId=page, flatten=True)
        self.session = found["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.session = ""
            self.ask("Browser.close")
            self.process.wait(20)
        except (Broken, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.read)
        os.close(self.write)
        self.scratch.cleanup()

    def _message(self, until: float) -> Json:
        while b"\0" not in self.rest:
            if not select.select([self.read], [], [], max(0.0, until - time.monotonic()))[0]:
                raise Broken(f"it said nothing for {PATIENCE:.0f} s")
            data = os.read(self.read, 1 << 20)
            if not data:
                raise Broken("it has ended")
            self.rest += data
        one, _, self.rest = self.rest.partition(b"\0")
        message: Json = json.loads(one)
        if "method" in message:
            self.events.append(message)
        return message

    def ask(self, method: str, **params: object) -> Json:
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._message(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Broken(f"{method}: {answer['error']['message']}")
                result: Json = answer["result"]
                return result

    def show(self, page: Path, width: int, dark: bool = False) -> None:
        """Load a page of files in a window so wide; on a phone, if that is not wider than one."""
        self.events.clear()
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=800,
                 deviceScaleFactor=1, mobile=width < 500)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.ask("Page.navigate", url=page.resolve().as_uri())
        until = time.monotonic() + PATIENCE
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._message(until)

    def evaluate(self, expression: str) -> Any:
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    def complaints(self) -> list[str]:
        """What stands in its console, and what the page wanted from elsewhere."""
        found = []
        for event in self.events:
            method, params = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                found.append(params["exceptionDetails"]["text"])
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
                found.append(str(params["args"]))
            elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"]["text"])
            elif method == "Network.requestWillBeSent":
                url = params["request"]["url"]
                if not url.startswith("data:") and params["type"] != "Document":
                    found.append(f"it asks for {url}")
        return found

    def picture(self, path: Path) -> None:
        """Of the whole page."""
        answer = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def print(self, path: Path) -> None:
        answer = self.ask("Page.printToPDF", preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(answer["data"]))
