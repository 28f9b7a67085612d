"""Small tables and sentences that the page shows of a build."""

from __future__ import annotations

from typing import Final

import pandas as pd

from bibliometrics.builds.read import Build
from bibliometrics.claims.rules import DIFFERS, HOLDS, IN_PART, OPEN
from bibliometrics.figures.catalogue import describe_specification

SHADES: Final = {HOLDS: "good", IN_PART: "half", DIFFERS: "bad", OPEN: "poor"}


def shade_of(verdict: str) -> str:
    """
    Return the shade of a verdict for readers, whatever words stand behind it.

    >>> shade_of("holds in Scopus"), shade_of("in part in Scopus"), shade_of("waiting for a pull")
    ('good', 'half', '')
    """
    return next((shade for word, shade in SHADES.items() if verdict.startswith(word)), "")


NO_CLAIMS: Final = "No verdicts: the ledger has no claims about this study."
UNGRADED: Final = "Synthetic data are never graded."


def list_definitions(build: Build) -> pd.DataFrame:
    """
    Return the definitions of a build's study.

    Returns
    -------
    pandas.DataFrame
        One row per definition: ``what``, ``definition``, ``source``.
    """
    study = build.study
    members = len(study.institution.ids_below(study.institution.id)) - 1
    rows = [
        ("years", f"{study.years[0]} to {study.years[1]}", study.source),
        (
            "institution",
            f"{study.institution.name} ({study.institution.id}), rule: "
            f"{study.primary.institution}; {members} institutions known below it",
            study.institution.source,
        ),
        ("home", f"{study.home_name}: {', '.join(study.home)}", study.source),
        (
            "region",
            f"{study.region.name}: {len(study.region.codes)} countries",
            study.region.source,
        ),
        ("works", describe_specification(study.primary), study.source),
        ("counting", "whole: once per year and distinct country, all authors", study.source),
    ]
    return pd.DataFrame(rows, columns=["what", "definition", "source"]).set_index("what")


def tell_ungraded(build: Build) -> str:
    """Return why a build has no verdicts."""
    return UNGRADED if build.provenance.synthetic else NO_CLAIMS
