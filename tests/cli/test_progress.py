"""The progress display: a bar on a terminal, lines elsewhere, or nothing."""

from __future__ import annotations

import re
from io import StringIO

import pytest

from bibliometrics.cli import progress
from bibliometrics.cli.progress import Progress
from bibliometrics.openalex.policy import Answered, Slowed, Waiting


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


class Clock:
    """A clock that goes on by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that the display sees."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def answered(**values: object) -> Answered:
    told = {"what": "works", "from_archive": False, "cost_usd": 0.0001}
    return Answered(**{**told, **values})  # type: ignore[arg-type]


def show(stream: StringIO, clock: Clock, *, quiet: bool = False) -> str:
    """Show ten answers in 60 s, three of them saved before, and a pause."""
    with Progress(stream, quiet=quiet) as display:
        display("connection: fine")
        display.expect(20)
        for number in range(10):
            clock.now += 6
            saved = number < 3
            display(answered(from_archive=saved, cost_usd=0 if saved else 0.0001))
        display(Waiting(seconds=12.0, reason="too fast", what="works"))
    return stream.getvalue()


def test_lines_tell_answers_dollars_and_time_left(clock: Clock) -> None:
    lines = show(StringIO(), clock).splitlines()
    assert lines[0] == "connection: fine"
    assert lines[1].startswith("1 of 20 answers (0 from the network, 1 saved before), $0.0000, 6 s")
    last = "10 of 20 answers (7 from the network, 3 saved before), $0.0007, 60 s, about 60 s left"
    assert lines[-1] == last
    assert "waiting 12 s: too fast (works)" in lines


def test_slowing_down_is_one_line() -> None:
    stream = StringIO()
    with Progress(stream) as display:
        display(Slowed(rate=2.5, reason="too fast", seconds=2.0))
    assert stream.getvalue() == "slowing down to 2.5 a second after 2 s: too fast\n"


def test_lines_are_not_written_for_every_answer(clock: Clock) -> None:
    stream = StringIO()
    with Progress(stream) as display:
        display.expect(1000)
        for _ in range(1000):
            clock.now += 0.02
            display(answered())
    lines = stream.getvalue().splitlines()
    assert 3 <= len(lines) <= 6
    assert (
        lines[-1] == "1000 of 1000 answers (1000 from the network, 0 saved before), $0.1000, 20 s"
    )


def test_a_terminal_gets_a_bar_with_calls_dollars_and_time(clock: Clock) -> None:
    text = show(Terminal(), clock)
    assert "connection: fine\n" in text
    assert "waiting 12 s: too fast (works)" in text
    bars = [part for part in re.split(r"[\r\n]", text) if "|" in part]
    assert "10/20" in bars[-1]
    assert "$0.0007" in bars[-1]
    assert re.search(r"\d\d:\d\d<\d\d:\d\d", bars[-1])
    assert "10 of 20 answers" in text.splitlines()[-1]


def test_a_bar_grows_when_more_calls_are_needed_than_expected(clock: Clock) -> None:
    stream = Terminal()
    with Progress(stream) as display:
        display.expect(1)
        display(answered())
        display(answered())
    assert "2/2" in stream.getvalue()


@pytest.mark.parametrize("stream", [StringIO(), Terminal()])
def test_quiet_is_silent(stream: StringIO, clock: Clock) -> None:
    assert show(stream, clock, quiet=True) == ""


def test_nothing_is_said_of_answers_where_nothing_was_asked() -> None:
    stream = StringIO()
    with Progress(stream) as display:
        display("building tables")
    assert stream.getvalue() == "building tables\n"


def step_through(stream: StringIO, clock: Clock, *, quiet: bool = False) -> str:
    """Show four parts of a long job, ten seconds each."""
    with Progress(stream, quiet=quiet) as display:
        for done in range(5):
            display.step(done, 4, "files", f"{done} MB")
            clock.now += 10
    return stream.getvalue()


def test_parts_of_a_long_job_are_lines_or_a_bar(clock: Clock) -> None:
    lines = step_through(StringIO(), clock).splitlines()
    assert lines == [f"{done} of 4 files, {done} MB" for done in range(1, 5)]
    bars = re.split(r"[\r\n]", step_through(Terminal(), clock))
    assert any(bar.endswith("| 4 of 4 files, 4 MB") for bar in bars)
    assert step_through(Terminal(), clock, quiet=True) == ""
