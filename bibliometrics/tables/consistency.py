"""
Answers read as complete counts, and the laws that counts of works obey.

An answer leaves out groups without works; the counts here have a value for every year, country or
field that a table shows, zeros included. A malformed answer is an error, never repaired.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final, TypeAlias

import pandas as pd

from bibliometrics.errors import TableError
from bibliometrics.study import questions as asked
from bibliometrics.study.model import Specification, Study, field_names
from bibliometrics.study.questions import (
    TEAM_BANDS,
    TEXT_KEYS,
    Question,
    field_areas,
    institution_region_by_country_and_n_countries,
    team_size_by_year,
    works_by_field,
)
from bibliometrics.study.specifications import FRACTIONAL, READING, Variant, list_specifications
from bibliometrics.tables.indicators import fractional_count

Answers: TypeAlias = Mapping[Question, pd.DataFrame]
Counts: TypeAlias = "pd.Series[int]"

SLACK_WORKS: Final = 1
SLACK_SHARE: Final = 0.005
REPORT: Final = "the source's answers can't all be true; please report it with this message"


def member_codes(study: Study) -> tuple[str, ...]:
    """Return the country codes of the region's members under the primary specification."""
    return study.region_of(study.primary).codes


def find_answer(answers: Answers, table: str, question: Question) -> pd.DataFrame:
    """Look an answer up and check it."""
    keys = list(question.group_by)
    told = f"table {table}, question {question.key} (works by {', '.join(keys)})"
    if question not in answers:
        msg = f"{told}: the answer is missing."
        raise TableError(msg, REPORT)
    frame = answers[question]
    wrong = _fault(frame, question)
    if wrong:
        msg = f"{told}: the answer {wrong}."
        raise TableError(msg, REPORT)
    return frame.sort_values(keys, ignore_index=True) if keys else frame


def count_by_year(study: Study, answers: Answers, table: str, question: Question) -> Counts:
    """Return works per year of the study, zeros included."""
    counts = find_answer(answers, table, question).set_index("year")["n_works"]
    return counts.reindex(pd.Index(study.year_range, name="year"), fill_value=0).astype("int64")


def count_by_country(
    study: Study, answers: Answers, table: str, question: Question, codes: Iterable[str]
) -> Counts:
    """Return works per year of the study and country, zeros included."""
    counts = find_answer(answers, table, question).set_index(["year", "country_code"])["n_works"]
    return counts.reindex(year_and_country(study, codes), fill_value=0).astype("int64")


def count_by_field(study: Study, answers: Answers, *, top_percent: int | None = None) -> Counts:
    """Return works per area and field, years pooled, zeros included."""
    fields = pd.Index(sorted(field_names()), name="field_id")
    found = {}
    for area in sorted(field_areas(study)):
        question = works_by_field(study, area, top_percent)
        counts = find_answer(answers, "fields", question).set_index("field_id")["n_works"]
        unknown = sorted(set(counts.index) - set(fields))
        if unknown:
            msg = f"table fields, area {area}: unknown field {', '.join(map(str, unknown))}."
            raise TableError(msg, "add it to definitions/fields.toml")
        found[area] = counts.reindex(fields, fill_value=0).astype("int64")
    return pd.concat(found, names=["country_code"])


def count_by_band(study: Study, answers: Answers) -> Counts:
    """Return works of institution and region per year and author-count band, zeros included."""
    bands = {
        band[0]: count_by_year(study, answers, "team_size", team_size_by_year(study, band))
        for band in TEAM_BANDS
    }
    return pd.concat(bands, names=["authors_from"])


def count_in_parts(
    study: Study, answers: Answers, specification: Specification | None = None
) -> pd.DataFrame:
    """Return whole and fractional counts of institution and region per year and member."""
    question = institution_region_by_country_and_n_countries(study, specification)
    answer = find_answer(answers, "fractional", question)
    if (answer["n_countries"] < 1).any():
        msg = "table fractional: the answer has works with a country but of no country."
        raise TableError(msg, REPORT)
    parts = answer.assign(
        n_works_fractional=fractional_count(answer["n_works"], answer["n_countries"])
    )
    sums = parts.groupby(["year", "country_code"])[["n_works", "n_works_fractional"]].sum()
    return sums.reindex(year_and_country(study, member_codes(study)), fill_value=0)


def year_and_country(study: Study, codes: Iterable[str]) -> pd.MultiIndex:
    """Return every pair of a year of the study and a country, sorted."""
    return pd.MultiIndex.from_product(
        [list(study.year_range), sorted(codes)], names=["year", "country_code"]
    )


def spread(counts: Counts, rows: Counts) -> Counts:
    """Return counts by one key, repeated for every row of counts that have it among their keys."""
    keys = rows.index.get_level_values(str(counts.index.name))
    return pd.Series(counts.loc[keys].to_numpy(), rows.index)


def require_within(table: str, part: Counts, whole: Counts, told: tuple[str, str]) -> None:
    """Check that no part has more works than its whole."""
    breaches = list_breaches(table, part, whole, told)
    if breaches:
        raise TableError(breaches[0], REPORT)


def note_excess(table: str, part: Counts, whole: Counts, told: tuple[str, str]) -> list[str]:
    """Check that no part has more works than its whole, small breaches allowed."""
    slack = (whole * SLACK_SHARE).clip(lower=SLACK_WORKS)
    require_within(table, part.where(part > whole + slack, 0), whole, told)
    return list_breaches(table, part, whole, told)


def list_breaches(table: str, part: Counts, whole: Counts, told: tuple[str, str]) -> list[str]:
    """Describe every place where a part is greater than its whole, one line each."""
    notes = []
    for key in part.index[part > whole]:
        values = key if isinstance(key, tuple) else (key,)
        place = ", ".join(map(str, values))
        numbers = f"{told[0]} {part[key]} > {told[1]} {whole[key]}"
        notes.append(f"table {table}, {place}: {numbers} works.")
    return notes


def _fault(frame: pd.DataFrame, question: Question) -> str:
    """Return what is wrong with an answer, in words; empty if nothing is."""
    keys = list(question.group_by)
    if list(frame.columns) != [*keys, "n_works"]:
        return f"has the columns {', '.join(map(str, frame.columns))}"
    if frame.empty:
        return ""
    for name in frame.columns:
        if name in TEXT_KEYS and not all(isinstance(value, str) for value in frame[name]):
            return f"holds something other than text in {name}"
        if name not in TEXT_KEYS and not pd.api.types.is_integer_dtype(frame[name].dtype):
            return f"holds something other than whole numbers in {name}"
        if frame[name].hasnans:
            return f"has an empty cell in {name}"
    if not keys:
        count = int(frame["n_works"].iloc[0])
        told = f"holds the count {count}" if count < 0 else ""
        return f"has {len(frame)} rows instead of one" if len(frame) > 1 else told
    if frame.duplicated(keys).any():
        return f"has two rows for {frame[frame.duplicated(keys)].iloc[0][keys].to_dict()}"
    if (frame["n_works"] <= 0).any():
        return f"holds the count {frame['n_works'].min()}"
    return _stray(frame, question)


def _stray(frame: pd.DataFrame, question: Question) -> str:
    """Return which key was not asked for, in words; empty if none."""
    if "year" in frame and question.years:
        odd = frame.loc[~frame["year"].between(*question.years), "year"]
        if not odd.empty:
            return f"holds the year {odd.iloc[0]}, outside {question.years[0]}-{question.years[1]}"
    if question.keep:
        odd = frame.loc[~frame["country_code"].isin(question.keep), "country_code"]
        if not odd.empty:
            return f"holds the country {odd.iloc[0]}, which was not asked for"
    return ""


TABLE = "specifications"


def check_specifications(study: Study, answers: Answers) -> list[str]:
    """Check the answers under all specifications against each other, as far as they are there."""
    readings = asked.readings_by_name(study)
    points = [one for one in list_specifications(study) if one.id != FRACTIONAL and not one.address]
    questions = {
        one.id: readings[one.id][1] if one.family == READING else asked.lens_questions(study, one)
        for one in points
    }
    names = ("n_works_institution_region", "n_works_home_region")
    if not all(listed[name] in answers for listed in questions.values() for name in names):
        return []
    notes: list[str] = []
    pairs = list(_narrower(points))
    for name, what in zip(names, ("institution and region", "home and region"), strict=True):
        found = {
            one: count_by_year(study, answers, TABLE, listed[name])
            for one, listed in questions.items()
        }
        narrow, wide = _paired(pd.concat(found, names=["specification"]), pairs)
        notes += note_excess(TABLE, narrow, wide, (what, "the same under the wider definition"))
    return notes


def _narrower(points: list[Variant]) -> Iterator[tuple[str, str]]:
    """Give every two specifications that differ in one choice, the narrower first."""
    for narrow in points:
        for wide in points:
            others = sum(a != b for a, b in zip(narrow.choices, wide.choices, strict=True))
            if others == 1 and is_within(narrow.specification, wide.specification):
                yield narrow.id, wide.id


def _paired(counts: Counts, pairs: list[tuple[str, str]]) -> list[Counts]:
    """Return counts of the narrower and of the wider specifications with one index."""
    by_year = counts.unstack("specification")
    names = pd.Index([f"{narrow} in {wide}" for narrow, wide in pairs], name="pair")
    index = pd.MultiIndex.from_product([names, by_year.index])
    sides = ([pair[place] for pair in pairs] for place in (0, 1))
    return [pd.Series(by_year[side].to_numpy().ravel(order="F"), index) for side in sides]


def is_within(narrow: Specification, wide: Specification) -> bool:
    """
    Say whether every work that counts under one specification must count under the other.

    Two rules for the institution's parts may differ by institutes that moved in the hierarchy, so
    that only the institution itself is surely within its lineage.

    >>> is_within(Specification(max_authors=10), Specification(max_authors=30))
    True
    >>> is_within(Specification(types=("article", "letter")), Specification())
    False
    """
    rules = (narrow.institution, wide.institution)
    return (
        (not wide.types or (bool(narrow.types) and set(narrow.types) <= set(wide.types)))
        and set(wide.without_types) <= set(narrow.without_types)
        and wide.retracted in {None, narrow.retracted}
        and wide.core_source in {None, narrow.core_source}
        and _at_most(narrow.max_authors, wide.max_authors)
        and _at_most(narrow.max_countries, wide.max_countries)
        and (rules[0] == rules[1] or rules == ("exact", "lineage"))
        and (narrow.region, narrow.home) == (wide.region, wide.home)
        and set(wide.without_institutions) <= set(narrow.without_institutions)
    )


def _at_most(narrow: int | None, wide: int | None) -> bool:
    return wide is None or (narrow is not None and narrow <= wide)


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


def check_laws(study: Study, answers: Answers) -> tuple[list[str], dict[str, TableError]]:
    """Return notes on answers that differ a little, and what is wrong with a table, by its name."""
    sound = {one: frame for one, frame in answers.items() if not _fault(frame, one)}
    known = _gather_counts(study, sound)
    notes: list[str] = []
    broken: dict[str, TableError] = {}
    for compare, laws in ((note_excess, LAWS), (list_breaches, EXPECTATIONS)):
        for table, part, whole in laws:
            if part in known and whole in known:
                told = (WORDS[part], WORDS[whole])
                try:
                    notes += compare(table, known[part], known[whole], told)
                except TableError as error:
                    broken.setdefault(table, error)
    try:
        notes += check_specifications(study, sound)
    except TableError as error:
        broken.setdefault(TABLE, error)
    return notes, broken


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
        with suppress(TableError):  # whoever builds the table of it says so
            known["fractional"] = count_in_parts(study, answers)["n_works"]
    if all(question in answers for question in _field_questions(study)):
        with suppress(TableError):
            known |= _gather_by_field(study, answers)
        if {"field", "region", "members", "world"} <= set(known):
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
