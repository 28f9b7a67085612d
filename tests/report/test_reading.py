"""Small tables and sentences that the page shows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bibliometrics.builds.read import Build
from bibliometrics.report import reading
from bibliometrics.study.model import load_study
from bibliometrics.tables.answers import make_provenance


def make_build(source: str, **told: bool) -> Build:
    """Return a build without tables."""
    study = load_study()
    return Build(
        folder=Path(),
        study=study,
        study_text="",
        provenance=make_provenance(study, source, **told),
        tables={"claims": pd.DataFrame()},
        alt_texts={},
    )


def test_definitions_name_everything_that_decides_a_count() -> None:
    build = make_build("openalex")
    told = reading.list_definitions(build)
    defined = {what: definition for what, definition, _ in told}
    assert [*defined] == ["years", "institution", "home", "region", "works", "counting"]
    assert build.study.institution.id in defined["institution"]
    assert all(source for *_, source in told)


def test_a_build_says_why_it_has_no_verdicts() -> None:
    assert "never graded" in reading.tell_ungraded(make_build("sample", synthetic=True))
    assert "no claims" in reading.tell_ungraded(make_build("openalex"))
