"""
From the conditions of a :class:`~bibliometrics.question.Question` to a filter of the OpenAlex API.

Conditions on countries use ``authorships.institutions.country_code``, which sees every author of
a work, never ``authorships.countries``, which sees the first hundred. A filter is one text, its
parts in a fixed order. Standard library only.

Source of the grammar: https://help.openalex.org, and the server's own code of August 2026
(ourresearch/openalex-elastic-api).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from typing import Final

from bibliometrics.errors import InputError
from bibliometrics.question import Question

COUNTRY: Final = "authorships.institutions.country_code"
LINEAGE: Final = "authorships.institutions.lineage"
INSTITUTION: Final = "authorships.institutions.id"
YEAR: Final = "publication_year"
VALUES: Final = 100
CHUNKS: Final = 4

Conditions = list[tuple[str, tuple[str, ...]]]


def _check(values: Iterable[str], pattern: str, what: str) -> tuple[str, ...]:
    """Return values as a tuple; raise InputError for none, or one of another form."""
    values = tuple(values)
    odd = [value for value in values if not re.fullmatch(pattern, value)]
    if odd or not values:
        msg = f"{odd[0]!r} is not {what}." if odd else f"a condition on {what} names none."
        raise InputError(msg, "correct the question")
    return values


def _bounds(least: int | None, most: int | None) -> str:
    """Return inclusive bounds of a number in the grammar of filters."""
    if least is not None and most is not None:
        return str(least) if least == most else f"{least}-{most}"
    return f">{least - 1}" if least is not None else f"<{(most or 0) + 1}"


def _not(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return alternatives of which none may hold: the mark stands before the first only."""
    return (f"!{values[0]}", *values[1:])


def _institutions(question: Question) -> Conditions:
    if question.not_below:
        msg = f"which institutions {question.not_below} leaves of {question.lineage} is not known."
        raise InputError(msg, "resolve the question with a list of members first")
    ids, what = r"I\d{2,}", "an OpenAlex institution id"
    found: Conditions = [(LINEAGE, _check((one,), ids, what)) for one in question.lineage]
    if question.institution_ids:
        found.append((INSTITUTION, _check(question.institution_ids, ids, what)))
    if question.without_lineage:
        found.append((LINEAGE, _not(_check(question.without_lineage, ids, what))))
    return found


def _places(question: Question) -> Conditions:
    found: Conditions = [
        (COUNTRY, _check(codes, "[A-Z]{2}", "a country code")) for codes in question.countries
    ]
    return [*found, (COUNTRY, ("!null",))] if question.any_country else found


def _documents(question: Question) -> Conditions:
    word, what = "[a-z]+(-[a-z]+)*", "a work type"
    found: Conditions = []
    if question.years:
        first, last = question.years
        found.append((YEAR, (str(first) if first == last else f"{first}-{last}",)))
    if question.types:
        found.append(("type", _check(question.types, word, what)))
    if question.without_types:
        found.append(("type", _not(_check(question.without_types, word, what))))
    return found


def _flags(question: Question) -> Conditions:
    top = f"citation_normalized_percentile.is_in_top_{question.top_percent}_percent"
    every = (
        ("is_retracted", question.retracted),
        ("primary_location.source.is_core", question.core_source),
        (top, True if question.top_percent else None),
    )
    return [(name, (str(value).lower(),)) for name, value in every if value is not None]


def _numbers(question: Question) -> Conditions:
    every = (
        ("authors_count", question.min_authors, question.max_authors),
        ("countries_distinct_count", question.min_countries, question.max_countries),
        ("primary_topic.field.id", question.field_id, question.field_id),
    )
    return [
        (name, (_bounds(least, most),))
        for name, least, most in every
        if least is not None or most is not None
    ]


def _conditions(question: Question) -> Conditions:
    """Return all conditions as filter key and alternatives, in a fixed order."""
    return [
        part
        for rule in (_institutions, _places, _documents, _flags, _numbers)
        for part in rule(question)
    ]


def _text(conditions: Conditions) -> str:
    return ",".join(f"{key}:{'|'.join(values)}" for key, values in conditions)


def _alternatives(key: str, values: tuple[str, ...]) -> list[Conditions]:
    """Return one condition as conditions of at most 100 values each that no work meets twice."""
    if len(values) <= VALUES:
        return [[(key, values)]]
    if values[0].startswith("!"):
        msg = f"{len(values)} values are left out by {key}; OpenAlex takes {VALUES}."
        raise InputError(msg, "leave out fewer")
    chunks = [values[start : start + VALUES] for start in range(0, len(values), VALUES)]
    if len(chunks) > CHUNKS:
        msg = (
            f"{len(values)} values for {key} are more than the {CHUNKS * VALUES} that can be asked."
        )
        raise InputError(msg, "name fewer, or use the snapshot source")
    return [
        [(key, chunk), *((key, _not(before)) for before in chunks[:place])]
        for place, chunk in enumerate(chunks)
    ]


def disjoint_filters(question: Question) -> list[str]:
    """
    Return the filters whose sum of counts answers a question: no work meets two of them.

    Parameters
    ----------
    question : Question
        The question.

    Returns
    -------
    list of str
        One filter, unless a condition has more than 100 alternatives: those go in chunks A, B and
        n(A or B) = n(A) + n(B and not A).

    Raises
    ------
    InputError
        If a value has not the form that its filter takes, or there are too many.

    Examples
    --------
    >>> disjoint_filters(Question(countries=(("AR", "BR"),), years=(2007, 2016)))
    ['authorships.institutions.country_code:AR|BR,publication_year:2007-2016']
    """
    found = [
        _text([part for conditions in chosen for part in conditions])
        for chosen in product(*(_alternatives(*part) for part in _conditions(question)))
    ]
    if len(found) > 2 * CHUNKS:
        msg = f"the question needs {len(found)} filters, more than {2 * CHUNKS}."
        raise InputError(msg, "name fewer institutions or countries, or use the snapshot source")
    return found


def filter_text(question: Question) -> str:
    """Return all conditions of a question as one text, however many alternatives they have."""
    return _text(_conditions(question))
