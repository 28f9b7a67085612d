"""Small tables and sentences that the page shows of a build."""

from __future__ import annotations

from typing import Final

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


def list_definitions(build: Build) -> list[tuple[str, str, str]]:
    """Return the definitions of a build's study, each with what it defines and its source."""
    study = build.study
    members = len(study.institution.ids_below(study.institution.id)) - 1
    institution = (
        f"{study.institution.name} ({study.institution.id}), rule: {study.primary.institution}; "
        f"{members} institutions known below it"
    )
    region = f"{study.region.name}: {len(study.region.codes)} countries"
    return [
        ("years", f"{study.years[0]} to {study.years[1]}", study.source),
        ("institution", institution, study.institution.source),
        ("home", f"{study.home_name}: {', '.join(study.home)}", study.source),
        ("region", region, study.region.source),
        ("works", describe_specification(study.primary), study.source),
        ("counting", "whole: once per year and distinct country, all authors", study.source),
    ]


def tell_ungraded(build: Build) -> str:
    """Return why a build has no verdicts."""
    return UNGRADED if build.provenance.synthetic else NO_CLAIMS
