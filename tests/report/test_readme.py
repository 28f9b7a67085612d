"""The computed parts of README are what the package computes."""

from __future__ import annotations

from tests.support import readme_blocks


def test_every_number_in_the_computed_parts_is_up_to_date() -> None:
    """``make readme`` changes nothing."""
    text = readme_blocks.README.read_text(encoding="utf-8")
    assert readme_blocks.fill(text) == text
