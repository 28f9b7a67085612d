"""A headless Chromium, driven through a pipe with the standard library alone."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)
PATIENCE = 30.0
# Puts the two ends of the pipe where the browser looks for them, then becomes the browser.
STARTER = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for number, end in enumerate(ends, start=3):
    os.dup2(end, number)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find_browser() -> str | None:
    """Return the path of a Chromium on this computer."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Browser:
    """One page in a browser; ``events`` are what it reported: requests, console lines, errors."""

    commands: int
    answers: int
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    _sent: int = 0
    _rest: bytes = b""

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol and return its result."""
        self._sent += 1
        message: dict[str, Any] = {"id": self._sent, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            told = self._read()
            if told.get("id") == self._sent:
                if "error" in told:
                    raise AssertionError(told["error"])
                return dict(told["result"])
            self.events.append(told)

    def wait_for(self, method: str) -> None:
        """Wait until the page reports an event."""
        while not any(event.get("method") == method for event in self.events):
            self.wait_for_more()

    def wait_for_more(self) -> None:
        """Wait for one more event."""
        self.events.append(self._read())

    def _read(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            if not select.select([self.answers], [], [], max(0, until - time.monotonic()))[0]:
                msg = f"the browser said nothing for {PATIENCE:.0f} s"
                raise AssertionError(msg)
            more = os.read(self.answers, 1 << 20)
            if not more:
                msg = "the browser has gone"
                raise AssertionError(msg)
            self._rest += more
        whole, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(whole))

    def open(self, url: str) -> None:
        """Open an address and wait until all of it is there."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")
        self.ask("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def resize(self, width: int, height: int = 844) -> None:
        """Make the window as wide and high as that, in pixels."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )

    def run(self, script: str, *, wait: bool = False) -> Any:
        """Return the value of an expression in the page; of a promise, what it comes to."""
        told = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=wait
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def picture(self, path: Path) -> None:
        """Save a picture of the whole page."""
        told = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(told["data"]))

    def seen(self, method: str) -> list[dict[str, Any]]:
        """Return what was reported under a name so far."""
        return [one["params"] for one in self.events if one.get("method") == method]


@contextmanager
def open_browser(folder: Path) -> Iterator[Browser]:
    """Start a browser with a new profile in a folder; it ends with the block."""
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()
    words = [str(find_browser()), *FLAGS, f"--user-data-dir={folder}"]
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(their_in), str(their_out), *words],
        pass_fds=(their_in, their_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(their_in)
    os.close(their_out)
    browser = Browser(our_out, our_in)
    try:
        yield browser
        browser.session = ""
        browser.ask("Browser.close")
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()
        os.close(our_out)
        os.close(our_in)
