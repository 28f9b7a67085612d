"""
Answers checked against each other.

Whatever the source, distinct works can't exceed the sum of counts that overlap, a part can't
exceed its whole, and two ways to one quantity agree. The live index moves while it is asked, so a
breach of at most 1 work or 0.5 % is a note and only a greater one an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from bibliometrics import question as asked
from bibliometrics.counts import (
    Answers,
    Counts,
    count_by_band,
    count_by_country,
    count_by_field,
    count_by_year,
    count_in_parts,
    find_answer,
    list_breaches,
    member_codes,
    note_excess,
    spread,
)
from bibliometrics.curve_checks import check_curve
from bibliometrics.question import Question
from bibliometrics.study import Study

# Table, part, whole, as named in WORDS.
LAWS: Final = (
    ("region_output", "world", "world_any"),
    ("region_output", "region", "world"),
    ("country_output", "region", "members_sum"),
    ("country_output", "members", "region_each"),
    ("region_partners", "together", "partner"),
    ("institution_region", "home", "region"),
    ("institution_region", "institution", "region"),
    ("institution_partners", "institution", "listed_sum"),
    ("institution_partners", "listed", "members"),
    ("institution_partners", "listed", "institution_each"),
    ("team_size", "bands_sum", "institution"),
    ("fractional", "fractional", "listed"),
    ("fractional", "listed", "fractional"),
    ("fields", "field_top", "field"),
    ("fields", "field_members", "field_region_each"),
    ("fields", "field_region", "field_members_sum"),
    ("fields", "field_region", "field_world"),
    ("fields", "fields_sum", "years_sum"),
)
EXPECTATIONS: Final = (("team_size", "institution", "bands_sum"),)  # authors may be unknown
WORDS: Final = {
    "world": "world with a country",
    "world_any": "world with or without a country",
    "region": "region",
    "region_each": "region",
    "institution_each": "institution and region",
    "field_world": "world",
    "together": "region and partner",
    "partner": "partner",
    "members": "member",
    "members_sum": "sum over members",
    "institution": "institution and region",
    "home": "home country and region",
    "listed": "institution and member",
    "listed_sum": "sum over members",
    "bands_sum": "sum over author-count bands",
    "fractional": "sum over numbers of countries",
    "field": "all works",
    "field_top": "top 1 percent",
    "field_members": "member",
    "field_members_sum": "sum over members",
    "field_region": "region",
    "field_region_each": "region",
    "fields_sum": "sum over fields",
    "years_sum": "sum over years",
}


def check_answers(study: Study, answers: Answers) -> list[str]:
    """
    Check answers against each other, as far as they are there.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand; a check whose answers are missing is left out.

    Returns
    -------
    list of str
        Notes for the reader: breaches within the slack, works whose number of authors is unknown.
        The institution above its home country: :mod:`bibliometrics.contradictions`.

    Raises
    ------
    TableError
        If an answer is malformed, or a breach is greater than the slack. The message has the
        first place and both numbers.
    """
    known = _gather_counts(study, answers)
    notes: list[str] = []
    for compare, laws in ((note_excess, LAWS), (list_breaches, EXPECTATIONS)):
        for table, part, whole in laws:
            if part in known and whole in known:
                told = (WORDS[part], WORDS[whole])
                notes += compare(table, known[part], known[whole], told)
    return notes + check_curve(study, answers)


def _gather_counts(study: Study, answers: Answers) -> dict[str, Counts]:
    """Return the counts named in WORDS that there are answers for."""
    known = _gather_by_year(study, answers) | _gather_by_country(study, answers)
    for each, by_country, by_year in (
        ("region_each", "members", "region"),
        ("institution_each", "listed", "institution"),
    ):
        if {by_country, by_year} <= known.keys():
            known[each] = spread(known[by_year], known[by_country])
    if all(asked.team_size_by_year(study, band) in answers for band in asked.TEAM_BANDS):
        known["bands_sum"] = count_by_band(study, answers).groupby(level="year").sum()
    if asked.institution_region_by_country_and_n_countries(study) in answers:
        known["fractional"] = count_in_parts(study, answers)["n_works"]
    if all(question in answers for question in _field_questions(study)):
        known |= _gather_by_field(study, answers)
        if {"region", "members", "world"} <= set(known):
            years = known["members"].groupby(level="country_code").sum()
            totals = {area: known[area].sum() for area in ("region", "world")}
            known["years_sum"] = pd.concat([years, pd.Series(totals)])
    return known


def _gather_by_year(study: Study, answers: Answers) -> dict[str, Counts]:
    """Return the counts by year that there are answers for."""
    questions = {
        "world": asked.world_by_year(study),
        "world_any": asked.world_any_by_year(study),
        "region": asked.region_by_year(study),
        "institution": asked.institution_region_by_year(study),
        "home": asked.home_region_by_year(study),
    }
    return {
        name: count_by_year(study, answers, "region_output", question)
        for name, question in questions.items()
        if question in answers
    }


def _gather_by_country(study: Study, answers: Answers) -> dict[str, Counts]:
    """Return counts by year and country that there are answers for, and sums over members."""
    questions = {
        "members": asked.region_by_country(study),
        "listed": asked.institution_region_by_country(study),
    }
    codes, partners = member_codes(study), dict[str, Counts]()
    each = {
        name: count_by_country(study, answers, "country_output", question, codes)
        for name, question in questions.items()
        if question in answers
    }
    both = questions["members"], asked.world_by_country(study)
    if all(question in answers for question in both):
        table = "region_partners"
        outside = set(find_answer(answers, table, both[0])["country_code"]) - set(codes)
        for name, question in zip(("together", "partner"), both, strict=True):
            partners[name] = count_by_country(study, answers, table, question, outside)
    sums = {f"{name}_sum": counts.groupby(level="year").sum() for name, counts in each.items()}
    return each | sums | partners


def _field_questions(study: Study) -> list[Question]:
    """Return every question of the table of fields."""
    areas = asked.field_areas(study)
    return [asked.works_by_field(study, area, top) for area in areas for top in (None, 1)]


def _gather_by_field(study: Study, answers: Answers) -> Mapping[str, Counts]:
    """Return the counts by field; every answer must be there."""
    field = count_by_field(study, answers)
    members, region = field.drop(["region", "world"], level="country_code"), field.xs("region")
    return {
        "field": field,
        "field_top": count_by_field(study, answers, top_percent=1),
        "field_members": members,
        "field_members_sum": members.groupby(level="field_id").sum(),
        "field_region": region,
        "field_region_each": spread(region, members),
        "field_world": field.xs("world"),
        "fields_sum": field.groupby(level="country_code").sum(),
    }
