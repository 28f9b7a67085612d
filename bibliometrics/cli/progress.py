"""
The progress display: a bar with calls, dollars and time left on a terminal, plain lines elsewhere.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Final, Self, TextIO

from tqdm import tqdm

from bibliometrics.escape import escape_terminal
from bibliometrics.openalex.policy import Answered, Slowed, Waiting

LINE_SECONDS: Final = 5.0
BAR: Final = "{percentage:3.0f}%|{bar}| {n_fmt} of {total_fmt} {unit}{postfix}"


class Progress:
    """Show how far a run is. A context manager; call it with each event of a source."""

    def __init__(self, stream: TextIO = sys.stderr, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        self._bar: tqdm[Any] | None = None
        self._total = 0
        self._answered = self._saved = 0
        self._spent = 0.0
        self._last_line = self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Return the display."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the bar, and say in one line what was asked."""
        if self._bar is not None:
            self._bar.close()
        if self._answered and not self._quiet:
            self._line()

    def expect(self, total: int) -> None:
        """Say how many calls are expected at least."""
        self._total = total
        if not self._quiet and self._stream.isatty():
            self._bar = tqdm(total=total, unit="call", file=self._stream, dynamic_ncols=True)

    def step(self, done: int, total: int, unit: str, said: str) -> None:
        """Show how many parts of a long job are done, and a few words more."""
        if self._quiet:
            return
        if self._stream.isatty():
            if self._bar is None:
                self._bar = tqdm(
                    total=total, unit=unit, file=self._stream, dynamic_ncols=True, bar_format=BAR
                )
            self._bar.n = done
            self._bar.set_postfix_str(escape_terminal(said))
        elif done == total or time.monotonic() - self._last_line >= LINE_SECONDS:
            self._last_line = time.monotonic()
            self.say(f"{done} of {total} {unit}, {said}")

    def say(self, text: str) -> None:
        """Write a line."""
        if self._quiet:
            return
        text = escape_terminal(text)
        if self._bar is not None:
            self._bar.write(text, file=self._stream)
        else:
            print(text, file=self._stream, flush=True)

    def __call__(self, event: object) -> None:
        """Take an event of a source: an answer, a pause, or a progress line as text."""
        if isinstance(event, Answered):
            self._count(event)
        elif isinstance(event, Waiting):
            self.say(f"waiting {event.seconds:.0f} s: {event.reason} ({event.what[:80]})")
        elif isinstance(event, Slowed):
            rate = f"{event.rate:.2g} a second"
            self.say(f"slowing down to {rate} after {event.seconds:.0f} s: {event.reason}")
        else:
            self.say(str(event))

    def _count(self, event: Answered) -> None:
        self._answered += 1
        self._saved += event.from_archive
        self._spent += event.cost_usd
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.total = max(self._bar.total or 0, self._answered)
            self._bar.set_postfix_str(f"${self._spent:.4f}", refresh=False)
            self._bar.update()
        elif time.monotonic() - self._last_line >= LINE_SECONDS:
            self._last_line = time.monotonic()
            self._line()

    def _line(self) -> None:
        seconds = time.monotonic() - self._began
        left = ""
        if 0 < self._answered < self._total:
            left = f", about {seconds / self._answered * (self._total - self._answered):.0f} s left"
        asked = self._answered - self._saved
        self.say(
            f"{self._answered} of {max(self._total, self._answered)} answers ({asked} from the "
            f"network, {self._saved} saved before), ${self._spent:.4f}, {seconds:.0f} s{left}"
        )
