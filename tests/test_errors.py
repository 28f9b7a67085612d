"""Errors are one line."""

from __future__ import annotations

from bibliometrics.errors import BibliometricsError, DiskError


def test_an_error_is_one_line_with_its_next_step() -> None:
    error = DiskError("can't write\n  a file.", "make\troom")
    assert (error.message, error.next_step) == ("can't write a file.", "make room")
    assert str(error) == "can't write a file. Next: make room"
    assert str(BibliometricsError("no step.")) == "no step."
