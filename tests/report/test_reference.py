"""The reference page says what the docstrings say, and has every public name."""

from __future__ import annotations

import bibliometrics as bm
from tests.support import reference


def test_the_page_is_what_the_docstrings_say() -> None:
    """``make readme`` changes nothing."""
    assert reference.PAGE.read_text(encoding="utf-8") == reference.render()


def test_every_name_that_counts_has_an_example_that_runs_as_a_test() -> None:
    named = {name for name in bm.__all__ if not name.startswith("__")}
    without = {
        name for name, value in reference.entries().items() if not reference.sections(value)[1]
    }
    assert named <= set(reference.entries())
    assert without <= WITHOUT


def test_only_public_names_are_shown() -> None:
    assert dir(bm) == bm.__all__
    assert not [name for name in dir(bm) if name.startswith(("list_", "show_", "tell_"))]
    assert len(dir(bm)) <= 45


#: What only the package itself makes, or what has no result to show.
WITHOUT = {
    *("BibliometricsError", "InputError", "Provenance", "Source", "Stated", "Evidence", "Cost"),
    *("Build", "Connection", "Connection.close", "Study", "evidence_of", "plot", "save_figure"),
    "write_report",
}
