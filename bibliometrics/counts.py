"""
Answers read as complete counts, and the laws that counts of works obey.

An answer leaves out groups without works; the counts here have a value for every year, country or
field that a table shows, zeros included. A malformed answer is an error, never repaired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import pandas as pd

from bibliometrics.errors import TableError
from bibliometrics.indicators import fractional_count
from bibliometrics.question import (
    TEAM_BANDS,
    TEXT_KEYS,
    Question,
    field_areas,
    institution_region_by_country_and_n_countries,
    team_size_by_year,
    works_by_field,
)
from bibliometrics.study import Specification, Study, field_names

Answers: TypeAlias = Mapping[Question, pd.DataFrame]
Counts: TypeAlias = "pd.Series[int]"

SLACK_WORKS: Final = 1
SLACK_SHARE: Final = 0.005
REBUILD: Final = "ask again: `python -m bibliometrics refresh`"


def member_codes(study: Study) -> tuple[str, ...]:
    """Return the country codes of the region's members under the primary specification."""
    return study.region_of(study.primary).codes


def find_answer(answers: Answers, table: str, question: Question) -> pd.DataFrame:
    """
    Look an answer up and check it.

    Parameters
    ----------
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.
    table : str
        The table that needs the answer, for messages.
    question : Question
        The question, grouped by something.

    Returns
    -------
    pandas.DataFrame
        The answer, rows sorted by its keys: one row a group, ``n_works`` above 0.

    Raises
    ------
    TableError
        If the answer is missing, has other columns or types than its question asks for, holds a
        group twice, a count of 0 or less, or a year or country that was not asked for.
    """
    keys = list(question.group_by)
    told = f"table {table}, question {question.key} (works by {', '.join(keys)})"
    if question not in answers:
        msg = f"{told}: the answer is missing."
        raise TableError(msg, REBUILD)
    frame = answers[question]
    wrong = _fault(frame, question)
    if wrong:
        msg = f"{told}: the answer {wrong}."
        raise TableError(msg, REBUILD)
    return frame.sort_values(keys, ignore_index=True)


def count_by_year(study: Study, answers: Answers, table: str, question: Question) -> Counts:
    """
    Return works per year of the study, zeros included.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.
    table : str
        The table that needs the answer, for messages.
    question : Question
        A question grouped by year.

    Returns
    -------
    pandas.Series
        ``n_works`` by ``year``.

    Raises
    ------
    TableError
        If the answer is missing or malformed.
    """
    counts = find_answer(answers, table, question).set_index("year")["n_works"]
    return counts.reindex(pd.Index(study.year_range, name="year"), fill_value=0).astype("int64")


def count_by_country(
    study: Study, answers: Answers, table: str, question: Question, codes: Iterable[str]
) -> Counts:
    """
    Return works per year of the study and country, zeros included.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.
    table : str
        The table that needs the answer, for messages.
    question : Question
        A question grouped by year and country.
    codes : iterable of str
        The countries to return; others are left out.

    Returns
    -------
    pandas.Series
        ``n_works`` by ``year`` and ``country_code``.

    Raises
    ------
    TableError
        If the answer is missing or malformed.
    """
    counts = find_answer(answers, table, question).set_index(["year", "country_code"])["n_works"]
    return counts.reindex(year_and_country(study, codes), fill_value=0).astype("int64")


def count_by_field(study: Study, answers: Answers, *, top_percent: int | None = None) -> Counts:
    """
    Return works per area and field, years pooled, zeros included.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.
    top_percent : int or None
        Only works among the most cited 1 or 10 percent.

    Returns
    -------
    pandas.Series
        ``n_works`` by ``country_code`` (each member of the region, ``region``, ``world``) and
        ``field_id``.

    Raises
    ------
    TableError
        If an answer is missing or malformed, or holds an unknown field.
    """
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
    """
    Return works of institution and region per year and author-count band, zeros included.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.Series
        ``n_works`` by ``authors_from`` (the least number of authors) and ``year``.

    Raises
    ------
    TableError
        If an answer is missing or malformed.
    """
    bands = {
        band[0]: count_by_year(study, answers, "team_size", team_size_by_year(study, band))
        for band in TEAM_BANDS
    }
    return pd.concat(bands, names=["authors_from"])


def count_in_parts(
    study: Study, answers: Answers, specification: Specification | None = None
) -> pd.DataFrame:
    """
    Return whole and fractional counts of institution and region per year and member.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.
    specification : Specification or None
        What counts; None: the primary specification.

    Returns
    -------
    pandas.DataFrame
        ``n_works`` and ``n_works_fractional`` by ``year`` and ``country_code``, zeros included.

    Raises
    ------
    TableError
        If the answer is missing or malformed, or has works of no country.
    """
    question = institution_region_by_country_and_n_countries(study, specification)
    answer = find_answer(answers, "fractional", question)
    if (answer["n_countries"] < 1).any():
        msg = "table fractional: the answer has works with a country but of no country."
        raise TableError(msg, REBUILD)
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
    """
    Check that no part has more works than its whole.

    Parameters
    ----------
    table : str
        The table, for messages.
    part, whole : pandas.Series
        Counts with one index.
    told : tuple of (str, str)
        What the part and the whole are, for messages.

    Raises
    ------
    TableError
        If a part is greater. The message has the first place and both numbers.
    """
    breaches = list_breaches(table, part, whole, told)
    if breaches:
        raise TableError(breaches[0], REBUILD)


def note_excess(table: str, part: Counts, whole: Counts, told: tuple[str, str]) -> list[str]:
    """
    Check that no part has more works than its whole, small breaches allowed.

    Parameters
    ----------
    table : str
        The table, for messages.
    part, whole : pandas.Series
        Counts with one index.
    told : tuple of (str, str)
        What the part and the whole are, for messages.

    Returns
    -------
    list of str
        One note for each breach within the slack: 1 work or 0.5 % of the whole.

    Raises
    ------
    TableError
        If a breach is greater than the slack.

    Notes
    -----
    The live index moves while it is asked: in one crawl of it the counts of one pair, asked from
    either side, differ by 1 (V. Batagelj, github.com/bavla/OpenAlex, August 2024).
    """
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
