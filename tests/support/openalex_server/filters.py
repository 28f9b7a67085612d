"""The filter grammar of the OpenAlex API, evaluated to a set of records.

`filter=k:v,k2:v2`: a comma is AND, `a|b` is OR (100 values at most), `a b` (a plus in the URL) is
AND on one key, `!a` is NOT and keeps records where the field is missing, `null` and `!null` ask for
presence, numbers have ranges. Hyphens in keys equal underscores. Each part stands alone: arrays are
flattened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tests.support.openalex_server.names import CONTINENT_COUNTRIES
from tests.support.openalex_server.refusals import html, refuse_id, refuse_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.openalex_server.index import Column, Table

MOST_VALUES = 100
OPENALEX = "https://openalex.org/"

_ID = re.compile(r"(?:https?://openalex\.org/)?(?:[a-z_-]+/)?([a-z]\d{2,})", re.IGNORECASE)
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_WORD = re.compile(r"\w+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Field:
    """One filter key: which column it reads, how its values are written, how it groups.

    Parameters
    ----------
    name : str
        The key.
    kind : str
        number, boolean, exists, id, text, url, continent, south, date, from_date, to_date, search
        or nothing.
    column : str
        The column it reads.
    folder : str
        `countries`, `types` …: may stand before the value, and stands in a group's key where the
        API writes keys as addresses.
    groups : bool
        Whether `group_by` accepts the key.
    """

    name: str
    kind: str
    column: str
    folder: str = ""
    groups: bool = True


def find_field(fields: dict[str, Field], key: str) -> Field:
    """Return the field of a key, or raise the 400 that lists the valid ones."""
    if key not in fields:
        valid = ", ".join(sorted(set(fields) - {"from_updated_date"}))
        refuse_query(
            f"{key} is not a valid field. Valid fields are underscore or hyphenated versions"
            f" of: {valid}"
        )
    return fields[key]


def split_filter(text: str) -> list[tuple[str, str]]:
    """Return the (key, value) pairs of a filter, keys with underscores.

    Examples
    --------
    >>> split_filter("is-retracted:false,publication_year:2007-2016")
    [('is_retracted', 'false'), ('publication_year', '2007-2016')]
    """
    pairs = [segment.partition(":") for segment in text.split(",")] if text else []
    return [(key.replace("-", "_"), value) for key, _, value in pairs]


def evaluate(table: Table, fields: dict[str, Field], text: str) -> int:
    """Return the set of the records that a filter keeps, or raise its refusal."""
    found = table.all
    for key, value in split_filter(text):
        found &= _clause(table, fields, find_field(fields, key), value)
    return found


def _clause(table: Table, fields: dict[str, Field], field: Field, value: str) -> int:
    if field.kind == "nothing":
        return table.all
    if value.strip().lower() in ("", "none", "undefined"):
        refuse_query(f"Value for param {field.name} must not be empty, none or undefined.")
    single = partial(_single, table, field)
    if len(value) > 1 and value[0] == value[-1] == '"' and field.kind != "search":
        return single(value[1:-1])
    if "|" in value:
        return _any_of(table, fields, field, value, single)
    if " " in value and field.kind not in ("number", "boolean", "exists", "search"):
        return _all_of(table, field, value.split(" "), single)
    return single(value)


def _any_of(
    table: Table, fields: dict[str, Field], field: Field, value: str, single: Callable[[str], int]
) -> int:
    parts = value.split("|")
    _check_number_of_values(field, parts)
    if any(part.partition(":")[0].replace("-", "_") in fields for part in parts if ":" in part):
        refuse_query(
            f"It looks like you're trying to do an OR query between filters. Problem value: {value}"
        )
    negated = value.startswith("!")
    if negated:
        parts = [part.replace("!", "") for part in parts]
    elif any(part.startswith("!") for part in parts):
        refuse_query(
            "The ! operator can only be used at the beginning of an OR query."
            f" Problem value: {value}"
        )
    found = 0
    for part in parts:
        found |= single(part)
    return table.all & ~found if negated else found


def _all_of(table: Table, field: Field, parts: list[str], single: Callable[[str], int]) -> int:
    _check_number_of_values(field, parts)
    found = table.all
    for part in parts:
        found &= single(part)
    return found


def _check_number_of_values(field: Field, parts: list[str]) -> None:
    if len(parts) > MOST_VALUES:
        refuse_query(
            f"Maximum number of values exceeded for {field.name}. Decrease values to {MOST_VALUES}"
            " or below, or consider downloading the full dataset."
        )


def _single(table: Table, field: Field, value: str) -> int:
    column = table.column(field.column)
    if field.kind == "number":
        return _number(table, column, field, value)
    if field.kind == "boolean":
        return _boolean(table, column, field, value)
    if field.kind in ("exists", "south"):
        return _existence(table, column, field, value)
    if field.kind in ("date", "from_date", "to_date"):
        return _date(table, column, field, value)
    if field.kind == "search":
        return _search(table, column, value)
    if value == "null":
        return table.all & ~column.present
    if value == "!null":
        return column.present
    if value.startswith("!"):
        return table.all & ~_equal(column, field, value[1:])
    return _equal(column, field, value)


def _equal(column: Column, field: Field, value: str) -> int:
    if field.kind == "continent":
        return _on_continent(column, field, value)
    if field.kind == "id":
        return column.matching(_whole_id(value))
    if field.kind == "url":
        return column.matching(_whole_url(field, value))
    for start in (
        OPENALEX,
        f"{field.folder}/",
        "work-types/",
        "institution-types/",
        "source-types/",
    ):
        value = value[len(start) :] if value.lower().startswith(start) else value
    return column.matching(value)


def _whole_id(value: str) -> str:
    if "+" in value:
        return value
    found = _ID.fullmatch(value.strip())
    if not found:
        refuse_id(value)
    return OPENALEX + found[1]


def _whole_url(field: Field, value: str) -> str:
    """Return the address an index keeps: `31`, `fields/31` and the address itself are one."""
    if field.folder.startswith("https://"):
        return value if value.lower().startswith(field.folder) else field.folder + value
    return f"{OPENALEX}{field.folder}/{value.rsplit('/', 1)[-1]}"


def _on_continent(column: Column, field: Field, value: str) -> int:
    codes = CONTINENT_COUNTRIES.get(value.strip().lower())
    if codes is None:
        refuse_query(f"Value for {field.name} must be one of {', '.join(CONTINENT_COUNTRIES)}.")
    found = 0
    for code in codes:
        found |= column.having(code)
    return found


def _boolean(table: Table, column: Column, field: Field, value: str) -> int:
    word = value.lower().strip()
    if word in ("true", "false"):
        return column.having(word == "true")
    if word not in ("null", "!null"):
        refuse_query(f"Value for {field.name} must be true, false, null, or !null: not {value}.")
    return column.present if word == "!null" else table.all & ~column.present


def _existence(table: Table, column: Column, field: Field, value: str) -> int:
    word = value.lower().strip()
    if word not in ("true", "false"):
        refuse_query(f"Value for {field.name} must be true or false, not {value}.")
    return column.present if word == "true" else table.all & ~column.present


def _number(table: Table, column: Column, field: Field, value: str) -> int:
    def limit(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            refuse_query(f"Value for param {field.name} must be a number.")

    if "<" in value:
        most = limit(value[1:])
        return column.between(lambda number: number < most)
    if value.startswith("-"):
        most = limit(value[1:])
        return column.between(lambda number: number <= most)
    if ">" in value:
        least = limit(value[1:])
        return column.between(lambda number: number > least)
    if value.endswith("-"):
        least = limit(value[:-1])
        return column.between(lambda number: number >= least)
    if value == "null":
        return table.all & ~column.present
    negated = value.startswith("!")
    parts = value.removeprefix("!").strip().split("-")
    if negated and len(parts) == 1:
        parts = [str(_unguarded_float(parts[0]))]
    least, most = limit(parts[0]), limit(parts[min(1, len(parts) - 1)])
    found = column.between(lambda number: least <= number <= most)
    return table.all & ~found if negated else found


def _unguarded_float(text: str) -> float:
    """Return a number; `!null` and `!abc` crash the real server with a page in HTML."""
    try:
        return float(text)
    except ValueError:
        raise html(500) from None


def _date(table: Table, column: Column, field: Field, value: str) -> int:
    if value == "null":
        return table.all & ~column.present
    sign = value[:1] if value[:1] in "<>" else ""
    day = value[len(sign) :]
    if not _DATE.match(day):
        refuse_query(f"Value for param {field.name} is an invalid date. Format is yyyy-mm-dd.")
    keeps: dict[str, Callable[[str], bool]] = {
        "<": lambda date: date < day,
        ">": lambda date: date > day,
        "from_date": lambda date: date >= day,
        "to_date": lambda date: date[: len(day)] <= day,
        "date": lambda date: date[: len(day)] == day,
    }
    keep = keeps[sign or field.kind]
    found = 0
    for date in column.values():
        if keep(str(date)):
            found |= column.having(date)
    return found


def _search(table: Table, column: Column, value: str) -> int:
    """Return the records that have every word, and every phrase in quotation marks in one text.

    Far simpler than the real search: no word stems. Words may stand in different texts.
    """
    if any(word.startswith("!") for word in value.split()):
        refuse_query(f"Search filters do not support the ! operator. Problem value: {value}")
    if "*" in value or "?" in value:
        refuse_query("Wildcards (* or ?) require the exact (no-stem) field.")
    found = table.all
    for phrase, word in _TERM.findall(value.casefold()):
        wanted, having = f" {' '.join(_WORD.findall(phrase or word))} ", 0
        for text in column.folded:
            if wanted in f" {' '.join(_WORD.findall(text))} ":
                having |= column.matching(text)
        found &= having
    return found
