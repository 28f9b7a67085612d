"""
What a condition of a question may be: checked when the question is made, not when it is paid.

A wrong value is an :class:`~bibliometrics.errors.InputError` that names the value, what was
expected and, where these are few, the known values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from bibliometrics.errors import InputError
from bibliometrics.files import DEFINITIONS
from bibliometrics.models import read_toml
from bibliometrics.study.model import (
    FIRST_YEAR,
    ID_PATTERN,
    LAST_YEAR,
    WORK_TYPES,
    country_names,
    field_names,
)

INSTITUTION_TYPES: Final = (
    "archive",
    "company",
    "education",
    "facility",
    "government",
    "healthcare",
    "nonprofit",
    "other",
)
TOPIC: Final = re.compile(r"T\d{1,9}", re.ASCII)
CORPORA: Final = ("core", "expansion", "all")
#: Letters, digits, spaces, hyphens, apostrophes, full stops: nothing that filters understand.
PHRASE: Final = re.compile(r"[\w'’.-]+( [\w'’.-]+)*")
MOST_AUTHORS: Final = 10**9

Rule = tuple[Callable[[Any], bool], str]


@cache
def filter_names() -> frozenset[str]:
    """Return the names of the filters of works that the API knows."""
    return frozenset(read_toml(DEFINITIONS / "filters.toml")["works"]["names"])


def _is_whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_text(value: object, fits: Callable[[str], object]) -> bool:
    return isinstance(value, str) and bool(fits(value))


def _is_filter(pair: object) -> bool:
    if not (isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(x, str) for x in pair)):
        return False
    name, value = pair
    plain = value.strip().lower() not in {"", "none", "undefined"} and value.isprintable()
    return name in filter_names() and plain and "," not in value


def _is_country(value: object) -> bool:
    return _is_text(value, country_names().__contains__)


_CODES: Final = "ISO 3166-1 alpha-2 codes of countries such as BR, or XK for Kosovo"
_INSTITUTION: Final[Rule] = (
    lambda value: _is_text(value, ID_PATTERN.fullmatch),
    "OpenAlex ids of institutions such as I19820366",
)
_TYPE: Final[Rule] = (WORK_TYPES.__contains__, f"types out of {', '.join(sorted(WORK_TYPES))}")
_WORDS: Final[Rule] = (
    lambda value: _is_text(value, PHRASE.fullmatch),
    "words or phrases of letters, digits, hyphens and single spaces",
)
_FLAG: Final[Rule] = (lambda value: isinstance(value, bool), "True, False or None")
_BOUND: Final[Rule] = (
    lambda value: _is_whole(value, 0, MOST_AUTHORS),
    "a whole number of 0 or more",
)
#: Conditions that hold many values, and what one of them must be.
EACH: Final[Mapping[str, Rule]] = {
    "countries": (lambda codes: type(codes) is tuple and all(map(_is_country, codes)), _CODES),
    "keep": (_is_country, _CODES),
    "type_countries": (_is_country, _CODES),
    "without_countries": (_is_country, _CODES),
    **dict.fromkeys(("lineage", "not_below", "institution_ids", "without_lineage"), _INSTITUTION),
    "types": _TYPE,
    "without_types": _TYPE,
    "subfield_ids": (
        lambda value: _is_whole(value, 1100, 3699) and value // 100 in field_names(),
        "numbers of subfields from 1100 to 3699 whose first two digits are a field",
    ),
    "topic_ids": (
        lambda value: _is_text(value, TOPIC.fullmatch),
        "OpenAlex ids of topics such as T10001",
    ),
    "institution_types": (
        INSTITUTION_TYPES.__contains__,
        f"types out of {', '.join(INSTITUTION_TYPES)}",
    ),
    "words": _WORDS,
    "address_words": _WORDS,
    "filters": (
        _is_filter,
        "pairs of a filter of OpenAlex's works and a value without comma, such as "
        "('language', 'es'); the corpus is no such filter",
    ),
}
#: Conditions of one value, and what it must be where it is not None.
ONE: Final[Mapping[str, Rule]] = {
    "retracted": _FLAG,
    "core_source": _FLAG,
    "any_country": (lambda value: isinstance(value, bool), "True or False"),
    **dict.fromkeys(("min_authors", "max_authors", "min_countries", "max_countries"), _BOUND),
    "corpus": (CORPORA.__contains__, f"out of {', '.join(CORPORA)}"),
    "field_id": (lambda value: value in field_names(), "the number of a field from 11 to 36"),
    "top_percent": (lambda value: type(value) is int and value in {1, 10}, "1 or 10"),
}


def check_conditions(question: Any) -> None:
    """Raise InputError for the first condition of a question whose value no source can know."""
    _check_years(question.years)
    for name, (fits, wanted) in ONE.items():
        value = getattr(question, name)
        if value is not None and not _holds(fits, value):
            msg = f"{name} {value!r} is not {wanted}."
            raise InputError(msg, "correct the question")
    for name, (fits, wanted) in EACH.items():
        values = getattr(question, name)
        listed = values if isinstance(values, tuple) else (values,)
        odd = [value for value in listed if listed is not values or not _holds(fits, value)]
        if odd:
            msg = f"{name} {odd[0]!r} can't be asked for: expected {wanted}."
            raise InputError(msg, "correct the question")


def _holds(fits: Callable[[Any], bool], value: object) -> bool:
    try:
        return bool(fits(value))
    except TypeError:  # not hashable, so none of the known values
        return False


def _check_years(years: Any) -> None:
    """Raise InputError unless years are None or (first, last) in that order."""
    if years is None:
        return
    fine = isinstance(years, tuple) and len(years) == 2
    if not fine or not all(_is_whole(year, FIRST_YEAR, LAST_YEAR) for year in years):
        msg = f"years {years!r} are not (first, last)."
        raise InputError(msg, f"give two whole numbers from {FIRST_YEAR} to {LAST_YEAR}")
    if years[0] > years[1]:
        msg = f"years are reversed: {years[0]} comes after {years[1]}."
        raise InputError(msg, f"give ({years[1]}, {years[0]})")
