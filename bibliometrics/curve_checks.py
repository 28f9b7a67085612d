"""
Laws between counts under different definitions: a narrower definition never has more works.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from bibliometrics import question as asked
from bibliometrics.counts import Answers, Counts, count_by_year, count_in_parts, note_excess
from bibliometrics.specifications import CurvePoint, build_curve, without_big_science
from bibliometrics.study import Specification, Study

TABLE = "specifications"


def check_curve(study: Study, answers: Answers) -> list[str]:
    """
    Check the answers under all specifications against each other, as far as they are there.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    list of str
        Notes: breaches within the slack of :func:`bibliometrics.counts.note_excess`.

    Raises
    ------
    TableError
        If an answer is malformed, or a breach is greater than the slack.
    """
    notes = _check_big_science(study, answers)
    points = build_curve(study)
    questions = {point.id: asked.curve_questions(study, point.specification) for point in points}
    if not all(one in answers for listed in questions.values() for one in listed):
        return notes
    institution = _by_point(study, answers, {name: one[0] for name, one in questions.items()})
    told = "institution and region", "home country and region"
    if study.top_country:
        top = _by_point(study, answers, {name: one[2] for name, one in questions.items()})
        notes += note_excess(TABLE, top, institution, ("top country", told[0]))
    home = _by_point(study, answers, {name: one[1] for name, one in questions.items()})
    pairs = list(_narrower(points))
    for counts, what in ((institution, told[0]), (home, told[1])):
        narrow, wide = _paired(counts, pairs)
        notes += note_excess(TABLE, narrow, wide, (what, "the same under the wider definition"))
    return notes


def _by_point(study: Study, answers: Answers, questions: dict[str, asked.Question]) -> Counts:
    found = {
        name: count_by_year(study, answers, TABLE, question) for name, question in questions.items()
    }
    return pd.concat(found, names=["specification"])


def _narrower(points: list[CurvePoint]) -> Iterator[tuple[str, str]]:
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

    Parameters
    ----------
    narrow, wide : Specification
        The two.

    Returns
    -------
    bool
        True where the narrower one can't have more works.

    Examples
    --------
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


def _check_big_science(study: Study, answers: Answers) -> list[str]:
    """Check that works without big science are among all works."""
    specifications = (study.primary, without_big_science(study))
    ask = asked.institution_region_by_country_and_n_countries
    if not all(ask(study, one) in answers for one in specifications):
        return []
    every, small = (count_in_parts(study, answers, one)["n_works"] for one in specifications)
    return note_excess("big_science", small, every, ("without big science", "all works"))
