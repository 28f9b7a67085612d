"""
Contradictions between answers that no definition explains: a part above its whole.

The institution may have more works with the region than its home country has: works of its units
abroad. One more question tells how many these are; only what is left is a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bibliometrics.study import questions as asked
from bibliometrics.study.model import Study
from bibliometrics.study.questions import Question
from bibliometrics.tables.consistency import (
    SLACK_SHARE,
    SLACK_WORKS,
    Answers,
    Counts,
    count_by_year,
)

TABLE: Final = "institution_region"
TOUCHED: Final = (
    TABLE,
    "institution_partners",
    "team_size",
    "fractional",
    "specifications",
)


@dataclass(frozen=True)
class Contradiction:
    """Answers that contradict each other: the tables that hold them, the years, and the words."""

    tables: tuple[str, ...]
    years: tuple[int, ...]
    said: str


def name_years(years: Iterable[int]) -> str:
    """
    Return years in words, those that follow each other as a span.

    >>> name_years([2007, 2009, 2010, 2011])
    '2007, 2009-2011'
    """
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return ", ".join(str(span[0]) + (f"-{span[-1]}" if span[1:] else "") for span in spans)


def both_by_year(study: Study) -> Question:
    """Works of institution, region and home country per year: not by units abroad alone."""
    return asked.in_home(asked.institution_region_by_year(study), study)


def list_follow_ups(study: Study, answers: Answers) -> list[Question]:
    """
    Return what is yet to be asked to judge the answers: nothing where no part is above its whole.
    """
    counts = _counts(study, answers)
    if not {"institution", "home"} <= counts.keys() or "both" in counts:
        return []
    return [both_by_year(study)] if (counts["institution"] > counts["home"]).any() else []


def find_contradictions(
    study: Study, answers: Answers
) -> tuple[tuple[Contradiction, ...], list[str]]:
    """Return the contradictions between answers, and notes on what looks like one but is none."""
    counts = _counts(study, answers)
    if not {"institution", "home"} <= counts.keys():
        return (), []
    part, whole = counts["institution"], counts["home"]
    above = part.index[part > whole]
    if above.empty:
        return (), []
    names = f"{study.institution.short} and the region", f"{study.home_name} and the region"
    told = "; ".join(f"{year}: {part[year]:,} against {whole[year]:,}" for year in above)
    said = f"more works of {names[0]} than of {names[1]} in {name_years(above)} ({told})"
    abroad, why = _abroad(study, counts)
    if abroad is not None:
        allowed = whole + abroad
        slack = (whole * SLACK_SHARE).clip(lower=SLACK_WORKS)
        above = part.index[part > allowed + slack]
        if above.empty:
            explained = f"works with units abroad alone explain it, {abroad.sum():,} in all years"
            return (), [f"table {TABLE}: {said}: {explained}."]
    said = f"answers contradict each other: {said}; {why}"
    return (Contradiction(TOUCHED, tuple(int(year) for year in above), said),), []


def _counts(study: Study, answers: Answers) -> dict[str, Counts]:
    questions = {
        "region": asked.region_by_year(study),
        "institution": asked.institution_region_by_year(study),
        "home": asked.home_region_by_year(study),
        "both": both_by_year(study),
    }
    return {
        name: count_by_year(study, answers, TABLE, question)
        for name, question in questions.items()
        if question in answers
    }


def _abroad(study: Study, counts: Mapping[str, Counts]) -> tuple[Counts | None, str]:
    """Return the works without an author at home, and what the contradiction is then said to be."""
    if "both" not in counts:
        return None, "how many of them units abroad explain was not asked"
    short, abroad = study.institution.short, counts["institution"] - counts["both"]
    if "region" in counts and counts["region"].equals(counts["institution"]):
        return None, f"with {short} asked for the region has as many works as without"
    return (
        abroad.clip(lower=0),
        f"units of {short} abroad explain {abroad.clip(lower=0).sum():,} of them at most",
    )
