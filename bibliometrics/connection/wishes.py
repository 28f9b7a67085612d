"""
What one count asks: checked arguments, the conditions as a question, and the keys to count by.

A key is one registered thing: how works are grouped by it, which of its values have a row even
without works, how a question is narrowed to one value, its columns, and whether its rows add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from operator import index
from typing import Any, Final

import numpy as np
import pandas as pd

from bibliometrics.connection.names import (
    ANY,
    Area,
    LookUp,
    Unit,
    fail,
    find_area,
    find_field,
    find_types,
    find_unit,
    find_without,
    listed,
)
from bibliometrics.errors import InputError
from bibliometrics.openalex.query import restrict
from bibliometrics.study.conditions import INSTITUTION_TYPES
from bibliometrics.study.model import (
    FIRST_YEAR,
    LAST_YEAR,
    WORK_TYPES,
    Specification,
    country_names,
    field_names,
    parse_years,
)
from bibliometrics.study.questions import TEAM_BANDS, Question

DEFAULT: Final = Specification()
BAND_END: Final = dict(TEAM_BANDS)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """
    One count: who with whom, the conditions as a question without keys, and the keys.

    ``told`` is what the arguments came to, in plain values.
    """

    institution: Unit | None
    region: Area | None
    question: Question
    keys: tuple[Key, ...]
    told: dict[str, Any]

    @property
    def years(self) -> tuple[int, int]:
        """First and last year."""
        return self.question.years or (0, 0)


@dataclass(frozen=True, kw_only=True)
class Key:
    """
    What works are counted by.

    ``group`` is the key of a question that groups by it (empty: by conditions only); ``closed``
    gives the values that have a row even at zero (None: those that occur), which are all values
    where it is ``exhaustive``; ``assumed`` are values
    to reckon with before anything is asked; ``restrict`` narrows a question to one value, None
    where nothing is left; ``columns`` are the value's column and those of what ``told`` says of it
    (where it says nothing, the name that the source has).
    """

    name: str
    columns: tuple[str, ...]
    group: str = ""
    additive: bool
    restrict: Callable[[Question, Any], Question | None]
    closed: Callable[[Wish], tuple[Any, ...] | None] = lambda wish: None
    assumed: Callable[[Wish], tuple[Any, ...]] = lambda wish: ()
    told: Callable[[Any], tuple[Any, ...]] = lambda value: ()
    exhaustive: bool = True


def _in_country(question: Question, code: str) -> Question | None:
    if code in question.without_countries:
        return None
    return question.but(countries=(*question.countries, (code,)))


def _in_field(question: Question, number: int) -> Question | None:
    return question.but(field_id=number) if question.field_id in {None, number} else None


def _of_type(question: Question, one: str) -> Question:
    if one in WORK_TYPES:
        return question.but(types=(one,))
    return restrict(question, "type", one)


def _of_institution_type(question: Question, one: str) -> Question:
    if one in INSTITUTION_TYPES:
        return question.but(institution_types=(one,))
    return restrict(question, "institution_type", one)


def _country_name(code: str) -> tuple[str]:
    return (country_names().get(code, code),)


KEYS: Final = {
    key.name: key
    for key in (
        Key(
            name="year",
            columns=("year",),
            group="year",
            additive=True,
            restrict=lambda question, year: question.but(years=(year, year)),
            closed=lambda wish: tuple(range(wish.years[0], wish.years[1] + 1)),
        ),
        Key(
            name="country",
            columns=("country_code", "country"),
            group="country_code",
            additive=False,
            restrict=_in_country,
            closed=lambda wish: (wish.region and wish.region.codes) or None,
            assumed=lambda wish: tuple(country_names()),
            told=_country_name,
        ),
        Key(
            name="partner",
            columns=("partner_code", "partner"),
            group="country_code",
            additive=False,
            restrict=_in_country,
            assumed=lambda wish: tuple(country_names()),
            told=_country_name,
        ),
        Key(
            name="field",
            columns=("field_id", "field"),
            group="field_id",
            additive=True,
            restrict=_in_field,
            closed=lambda wish: tuple(field_names()),
            told=lambda number: (field_names().get(number, str(number)),),
        ),
        Key(
            name="type",
            columns=("type",),
            group="type",
            additive=True,
            restrict=_of_type,
            closed=lambda wish: wish.question.types or None,
            assumed=lambda wish: tuple(WORK_TYPES),
        ),
        Key(
            name="team_size",
            columns=("authors_from", "authors_to"),
            additive=True,
            restrict=lambda question, least: question.narrow(
                min_authors=least, max_authors=BAND_END[least]
            ),
            closed=lambda wish: tuple(BAND_END),
            told=lambda least: (BAND_END[least],),
        ),
        Key(
            name="n_countries",
            columns=("n_countries",),
            group="n_countries",
            additive=True,
            restrict=lambda question, number: question.narrow(
                min_countries=number, max_countries=number
            ),
            assumed=lambda wish: tuple(range(1, 60)),
        ),
        Key(
            name="subfield",
            columns=("subfield_id", "subfield"),
            group="subfield_id",
            additive=True,
            restrict=lambda question, number: question.but(subfield_ids=(number,)),
            assumed=lambda wish: tuple(100 * f + n for f in field_names() for n in range(10)),
        ),
        Key(
            name="topic",
            columns=("topic_id", "topic"),
            group="topic_id",
            additive=True,
            restrict=lambda question, one: question.but(topic_ids=(one,)),
            assumed=lambda wish: tuple(f"T{number}" for number in range(10_000, 14_516)),
        ),
        Key(
            name="institution",
            columns=("institution_id", "institution_name"),
            group="institution_id",
            additive=False,
            restrict=lambda question, one: question.but(institution_ids=(one,)),
            assumed=lambda wish: tuple(f"I{number}" for number in range(10, 1010)),
        ),
        Key(
            name="institution_type",
            columns=("institution_type",),
            group="institution_type",
            additive=False,
            restrict=_of_institution_type,
            closed=lambda wish: INSTITUTION_TYPES,
            exhaustive=False,
        ),
    )
}
#: Columns whose rows overlap: a work may be in several, so they are never summed.
OVERLAPPING: Final = frozenset(key.columns[0] for key in KEYS.values() if not key.additive)


def read_years(said: object) -> tuple[int, int]:
    """Return first and last year from one year, a pair, years in a row, or "2007-2016"."""
    try:
        found = [_whole(getattr(year, "year", year)) for year in _years(said)]
    except TypeError:
        found = []
    in_a_row = found == list(range(found[0], found[0] + len(found))) if found else False
    if not (in_a_row or len(found) == 2) or not all(FIRST_YEAR <= y <= LAST_YEAR for y in found):
        msg = f"years can't be {said!r}."
        step = "give one year, or first and last: years=(2007, 2016)"
        raise InputError(msg, f"{step}, from {FIRST_YEAR} to {LAST_YEAR}, without gaps between")
    if found[0] > found[-1]:
        msg = f"years are reversed: {found[0]} comes after {found[-1]}."
        raise InputError(msg, f"write years=({found[-1]}, {found[0]})")
    return found[0], found[-1]


def _whole(value: Any) -> int:
    """Return a whole number, also one that pandas made a float; TypeError for all else."""
    if isinstance(value, bool | np.bool_):
        msg = "a flag is no number"
        raise TypeError(msg)
    return int(value) if isinstance(value, float) and value.is_integer() else index(value)


def _years(said: Any) -> list[Any]:
    if isinstance(said, str):
        return list(parse_years(said) or ())
    if isinstance(said, pd.Series):  # a column of a frame: each year as often as it has rows
        return sorted(said.unique())
    many = isinstance(said, Iterable) and not isinstance(said, Mapping)
    return list(islice(said, LAST_YEAR)) if many else [said]


def read_keys(by: Any, region: Area | None) -> tuple[Key, ...]:
    """Return the keys that are named, in that order."""
    named = by.replace(",", " ").split() if isinstance(by, str) else listed("by", by)
    for name in named:
        if name not in KEYS:
            fail("key to count by", name, KEYS, f"use keys out of {', '.join(KEYS)}")
    if len(set(named)) != len(named):
        msg = f"by names a key twice: {', '.join(named)}."
        raise InputError(msg, "name each once")
    if "partner" in named and (region is None or not region.codes):
        msg = "partners are countries outside the region, but no region of countries is named."
        raise InputError(msg, 'name a region, or count by="country"')
    return tuple(KEYS[name] for name in named)


def _limit(name: str, value: Any) -> int | None:
    """Return a bound: a whole number above 0, or None."""
    try:
        limit = None if value is None else _whole(value)
    except TypeError:
        limit = 0
    if limit is not None and limit < 1:
        msg = f"{name} can't be {value!r}."
        raise InputError(msg, "give a whole number above 0, or leave it out")
    return limit


def _flag(name: str, value: Any, words: dict[Any, bool | None]) -> bool | None:
    """Return what a flag must be (None: no condition) by the words for it."""
    value = bool(value) if isinstance(value, np.bool_) else value
    for word, meaning in words.items():
        if value is word or (isinstance(value, str) and value == word):
            return meaning
    msg = f"{name} can't be {value!r}."
    raise InputError(msg, f"use {' or '.join(map(repr, words))}")


def _countries_distinct(international: Any, most: Any) -> tuple[int | None, int | None]:
    """Return the least and most number of countries."""
    words = {None: None, True: True, False: False}
    wanted = _flag("international", international, words)
    found = Question(max_countries=_limit("max_countries", most)).narrow(
        min_countries=None if wanted is None else 2 if wanted else 1,
        max_countries=1 if wanted is False else None,
    )
    return found.min_countries, found.max_countries


def _no_subject(home: object) -> InputError:
    """Return the error of a count without institution and region."""
    msg = "neither an institution nor a region is named."
    aside = f"; home is a condition beside these: region={home!r} counts what it names"
    step = 'name one of them; region="world" counts every work with a country'
    return InputError(msg, step + (aside if home is not None else ""))


def read_wish(
    look_up: LookUp,
    institution: Any = None,
    region: Any = None,
    *,
    years: Any,
    by: Any = (),
    types: Any = DEFAULT.types,
    sources: Any = "core",
    corpus: Any = "core",
    retracted: Any = DEFAULT.retracted,
    max_authors: Any = None,
    max_countries: Any = None,
    field: Any = None,
    top_percent: Any = None,
    international: Any = None,
    home: Any = None,
    without: Any = (),
    words: Any = (),
    filters: Any = None,
) -> Wish:
    """Check the arguments of a count, names last: looking one up may cost a call."""
    area = None if region is None else find_area(region)
    if institution is None and area is None:
        raise _no_subject(home)
    keys = read_keys(by, area)
    at_home = None if home is None else find_area(home, "home")
    fewest, most = _countries_distinct(international, max_countries)
    question = Question(
        years=read_years(years),
        types=find_types(types),
        core_source=_flag("sources", sources, {"core": True, ANY: None}),
        retracted=_flag("retracted", retracted, {False: False, True: True, ANY: None, None: None}),
        max_authors=_limit("max_authors", max_authors),
        min_countries=fewest,
        max_countries=most,
        field_id=None if field is None else find_field(field),
        top_percent=_top(top_percent),
        countries=tuple(one.codes for one in (area, at_home) if one and one.codes),
        any_country=bool(area and not area.codes),
        corpus=corpus,
        words=tuple(listed("words", words)),
        filters=read_filters(filters),
    )
    unit = None if institution is None else find_unit(institution, look_up)
    out, areas_out = find_without(without, look_up)
    question = question.but(
        lineage=(unit.id,) if unit else (),
        without_lineage=tuple(one.id for one in out),
        without_countries=areas_out.codes if areas_out else (),
    )
    told = {
        "institution": {"id": unit.id, "name": unit.name} if unit else None,
        "region": {"name": area.name, "codes": list(area.codes)} if area else None,
        "years": list(question.years or ()),
        "by": [key.name for key in keys],
        "types": list(question.types) or ANY,
        "sources": sources,
        "corpus": corpus,
        "retracted": question.retracted if question.retracted is not None else ANY,
        "max_authors": question.max_authors,
        "max_countries": _limit("max_countries", max_countries),
        "field": None if question.field_id is None else field_names()[question.field_id],
        "top_percent": question.top_percent,
        "international": None if international is None else bool(international),
        "home": list(at_home.codes) if at_home else None,
        "words": list(question.words) or None,
        "filters": dict(question.filters) or None,
        "without": [one.id for one in out] + list(areas_out.codes if areas_out else ()),
    }
    return Wish(institution=unit, region=area, question=question, keys=keys, told=told)


def read_filters(said: Any) -> tuple[tuple[str, str], ...]:
    """Return filters of OpenAlex as it takes them: a list is one union, a flag lower case."""
    if said is None:
        return ()
    if not isinstance(said, Mapping):
        msg = f"filters can't be {said!r}."
        raise InputError(msg, 'give names and values: filters={"language": "es"}')

    def text(value: Any) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        many = isinstance(value, Iterable) and not isinstance(value, str)
        return "|".join(map(text, value)) if many else str(value)

    return tuple((str(name), text(value)) for name, value in said.items())


def _top(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or value not in (1, 10)):
        msg = f"top_percent can't be {value!r}."
        raise InputError(msg, "use 1 or 10: the most cited 1 or 10 % of their field, year and type")
    return None if value is None else int(value)
