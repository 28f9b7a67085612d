"""
The files of the witnesses: read and checked.

``definitions/witnesses.toml`` says what each witness measured, when and on what terms; its figures
lie in ``data/raw/witnesses/*.csv``. :mod:`bibliometrics.claims.evidence` makes frames of them.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, TypeAlias

from bibliometrics.claims.collaborations import floor_rows
from bibliometrics.errors import InputError
from bibliometrics.files import DEFINITIONS, raw_input_folder
from bibliometrics.models import Text, read_form, read_toml
from bibliometrics.study.model import FIRST_YEAR, LAST_YEAR, country_names

Row: TypeAlias = dict[str, Any]
Rows: TypeAlias = Sequence[Mapping[str, Any]]

DEFINITION_FILE: Final = DEFINITIONS / "witnesses.toml"
COLUMNS: Final = ("witness", "quantity", "year", "country_code", "partner_code", "field", "value")
KEYS: Final = COLUMNS[:-1]


@dataclass(frozen=True)
class Witness:
    """
    One published source of figures.

    ``name`` is short, for figures and sentences. ``regions`` maps the key of a region to the
    witness's areas that, added up, come nearest to it; ``field_scheme`` names the witness's fields
    in ``field_crosswalk.toml``; ``limits`` says in a few words what its figures leave out.
    ``words`` name its database in a verdict; ``same_base`` names a witness drawn from the same
    base, with which it is never a second source. Lists of papers belong to one ``institution``,
    which an ``address`` names.
    """

    name: Text
    title: Text
    definition: Text
    database: Text
    date: Text
    licence: Text
    source: Text
    files: tuple[Text, ...]
    quantities: tuple[Text, ...]
    regions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    field_scheme: str = ""
    limits: str = ""
    words: str = ""
    same_base: str = ""
    institution: str = ""
    address: str = ""
    read_from: str = ""
    key: str = ""


@dataclass(frozen=True)
class WitnessQuantity:
    """What a witness measures; ``name`` is short, for readers."""

    unit: Text
    meaning: Text
    name: str = ""


@dataclass(frozen=True)
class Definitions:
    """The witnesses, the quantities they measure, their own area codes, and all codes known."""

    witnesses: dict[str, Witness] = field(default_factory=dict)
    quantities: dict[str, WitnessQuantity] = field(default_factory=dict)
    areas: dict[str, str] = field(default_factory=dict)
    same_as: dict[str, str] = field(default_factory=dict)
    samples: dict[str, str] = field(default_factory=dict)

    @cached_property
    def codes(self) -> frozenset[str]:
        """Codes of countries, and of the witnesses' own areas."""
        return frozenset({*country_names(), *self.areas})


@cache
def witness_definitions(path: Path = DEFINITION_FILE) -> Definitions:
    """Read what each witness measured."""
    defined = read_form(Definitions, read_toml(path), str(path))
    for key, entry in defined.witnesses.items():
        where = f"{path}, witness {key!r}"
        _check_known(entry.quantities, defined.quantities, "quantity", where)
        for parts in entry.regions.values():
            _check_known(parts, defined.codes, "area", where)
    return replace(
        defined, witnesses={key: replace(one, key=key) for key, one in defined.witnesses.items()}
    )


def is_of_floor(institution: str) -> bool:
    """Say whether lists of papers belong to an institution, by its key."""
    return any(one.institution == institution for one in witness_definitions().witnesses.values())


def _check_known(names: Sequence[str], known: Container[str], what: str, where: str) -> None:
    odd = [name for name in names if name not in known]
    if odd:
        msg = f"{where}: unknown {what} {', '.join(map(repr, odd))}."
        raise InputError(msg, f"correct it, or describe the {what} in the same file")


def read_witness_rows(folder: Path | None = None) -> list[Row]:
    """
    Read the figures of all witnesses and check them.

    >>> sorted(read_witness_rows()[0])[:3]
    ['country_code', 'field', 'partner_code']
    """
    folder = folder or raw_input_folder("witnesses")
    defined = witness_definitions()
    rows: list[Row] = []
    seen: dict[tuple[object, ...], str] = {}
    tables = [entry for entry in defined.witnesses.values() if not entry.institution]
    for name in sorted({name for entry in tables for name in entry.files}):
        for line, cells in _read_cells(folder / name):
            where = f"witness file {folder / name}, line {line}"
            row = _check_row(cells, name, defined, where)
            key = tuple(row[column] for column in KEYS)
            if key in seen:
                msg = f"{where}: the same figure as in {seen[key]}: {', '.join(map(str, key))}."
                raise InputError(msg, "keep one of the two")
            seen[key] = f"{name}, line {line}"
            rows.append(row)
    for entry in defined.witnesses.values():
        if entry.institution:
            ((region,),) = entry.regions.values()
            for row in floor_rows(folder, entry.key, region, entry.address):
                unit = defined.quantities[row["quantity"]].unit
                rows.append(row | {"unit": unit, "source": entry.source})
    return sorted(rows, key=lambda row: [str(row[column]) for column in KEYS])


def _read_cells(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows of a CSV file with their line numbers, or raise InputError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"can't read witness file {path}: {reason}."
        raise InputError(msg, "restore it from the repository") from error
    lines = csv.reader(io.StringIO(text, newline=""))
    header = next(lines, [])
    if tuple(header) != COLUMNS:
        found, expected = ", ".join(header) or "none", ", ".join(COLUMNS)
        msg = f"witness file {path}: columns are {found}; expected {expected}."
        raise InputError(msg, "correct the first line")
    return list(enumerate(lines, start=2))


def _check_row(cells: Sequence[str], file: str, defined: Definitions, where: str) -> Row:
    if len(cells) != len(COLUMNS):
        msg = f"{where}: {len(cells)} columns, expected {len(COLUMNS)}."
        raise InputError(msg, "correct it")
    row: Row = dict(zip(COLUMNS, cells, strict=True))
    witness = defined.witnesses.get(cells[0])
    if witness is None or file not in witness.files:
        msg = f"{where}: witness {cells[0]!r} is not one of this file."
        step = f"describe it in {DEFINITION_FILE.name}, with this file among its files"
        raise InputError(msg, step)
    if cells[1] not in witness.quantities:
        known = ", ".join(witness.quantities)
        msg = f"{where}: unknown quantity {cells[1]!r} of {witness.key!r}; known: {known}."
        raise InputError(msg, f"correct it, or describe it in {DEFINITION_FILE.name}")
    for column in ("country_code", "partner_code"):
        code = str(row[column])
        if code not in defined.codes and (code or column == "country_code"):
            msg = f"{where}: unknown area code {code!r} in {column}."
            step = f"use ISO 3166-1 alpha-2, or describe the area in {DEFINITION_FILE.name}"
            raise InputError(msg, step)
    row["year"], row["value"] = _year(cells[2], where), _value(cells[6], where)
    return row | {"unit": defined.quantities[cells[1]].unit, "source": witness.source}


def _year(text: str, where: str) -> int:
    if not (text.isdigit() and FIRST_YEAR <= int(text) <= LAST_YEAR):
        msg = f"{where}: year is {text!r}, expected four digits."
        raise InputError(msg, "correct it")
    return int(text)


def _value(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        msg = f"{where}: value is {text!r}, expected a number from 0."
        raise InputError(msg, "correct it")
    return value
