"""
The columns of every table: type, unit, range, meaning.

``definitions/tables.json`` says it, in the words of Frictionless Table Schema; the checks, the data
dictionary and ``datapackage.json`` are made from it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bibliometrics.errors import TableError
from bibliometrics.files import DEFINITIONS

Value = str | int | float | bool | None
PLAIN_TYPES: Final = {"integer": "int", "number": "float", "string": "str", "boolean": "bool"}


@dataclass(frozen=True)
class Column:
    """One column: name, type (``int``, ``float``, ``str``, ``bool``), unit, range, meaning."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    optional: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """
    One table: what a row is, its key columns, its columns in order, and what it needs.

    ``needs`` is ``pull``, ``full pull`` (``refresh --all``) or ``witnesses``. Rows are sorted by
    ``order`` (a minus: the largest number first), as a rule the keys.
    """

    name: str
    row: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    needs: str = "pull"
    caption: str = ""
    order: tuple[str, ...] = ()

    @property
    def sorted_by(self) -> dict[str, bool]:
        """The columns that rows are sorted by, and whether each ascends."""
        return {name.removeprefix("-"): name[:1] != "-" for name in self.order or self.keys}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns in order."""
        return tuple(column.name for column in self.columns)


def _column(field: Mapping[str, Any]) -> Column:
    rules = field.get("constraints", {})
    return Column(
        name=field["name"],
        type=PLAIN_TYPES[field["type"]],
        meaning=field["description"],
        unit=field.get("unit", ""),
        minimum=rules.get("minimum"),
        maximum=rules.get("maximum"),
        optional=not rules.get("required", False),
        choices=tuple(rules.get("enum", ())),
    )


def read_tables(text: str) -> dict[str, Table]:
    """
    Return the tables that a Frictionless data package describes, by name.

    Beside what is standard a resource has ``needs`` and, where rows are not sorted by their keys,
    ``order``; a field has ``unit``; a resource's description says what one row is.
    """
    found = [
        Table(
            name=told["name"],
            row=told["description"],
            keys=tuple(told["schema"]["primaryKey"]),
            columns=tuple(map(_column, told["schema"]["fields"])),
            needs=told["needs"],
            caption=told["title"],
            order=tuple(told.get("order", ())),
        )
        for told in json.loads(text)["resources"]
    ]
    return {table.name: table for table in found}


TABLES: Final = read_tables((DEFINITIONS / "tables.json").read_text(encoding="utf-8"))


def counted_tables() -> tuple[str, ...]:
    """Return the names of the tables that are counted."""
    return tuple(table.name for table in TABLES.values() if table.needs != "witnesses")


def format_value(value: Value) -> str:
    """
    Return a value as it stands in a CSV file.

    Numbers keep 10 significant digits; None and NaN are empty; booleans are ``true``, ``false``.

    >>> [format_value(value) for value in (1 / 3, 2.0, 7, None, True, "BR")]
    ['0.3333333333', '2', '7', '', 'true', 'BR']
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(value, ".10g")
    return str(value)


def _parse(text: str, column: Column, where: str) -> Value:
    if text == "":
        if column.optional:
            return None
        msg = f"{where}: column {column.name!r} is empty but must hold {column.type}."
        raise TableError(msg)
    try:
        value: Value = {"int": int, "float": float, "str": str}.get(column.type, _flag)(text)
    except ValueError:
        msg = f"{where}: column {column.name!r} holds {text!r}, expected {column.type}."
        raise TableError(msg) from None
    if column.choices and value not in column.choices:
        msg = (
            f"{where}: column {column.name!r} holds {text!r}, expected one of "
            f"{', '.join(column.choices)}."
        )
        raise TableError(msg)
    low = -math.inf if column.minimum is None else column.minimum
    high = math.inf if column.maximum is None else column.maximum
    if isinstance(value, int | float) and not (low <= value <= high and math.isfinite(value)):
        msg = f"{where}: column {column.name!r} holds {text}, outside {low:g} to {high:g}."
        raise TableError(msg)
    return value


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _sort_key(row: Mapping[str, Value], table: Table) -> tuple[tuple[bool, Value], ...]:
    return tuple(
        (value is not None, "" if value is None else value if ascends else -float(value))
        for name, ascends in table.sorted_by.items()
        for value in [row[name]]
    )


def render_table(table: Table, rows: Iterable[Mapping[str, object]]) -> str:
    """Return the CSV text of a table: header, rows in the table's order, ``\n`` line ends."""
    texts = []
    for row in rows:
        if set(row) != set(table.names):
            odd = sorted(set(row) ^ set(table.names))
            msg = f"table {table.name}: missing or extra column: {', '.join(odd)}."
            raise TableError(msg)
        texts.append([format_value(_plain(row[name])) for name in table.names])
    parsed = parse_rows(table, texts, f"table {table.name}")
    order = sorted(range(len(parsed)), key=lambda index: _sort_key(parsed[index], table))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.names)
    writer.writerows(texts[index] for index in order)
    return stream.getvalue()


def _plain(value: object) -> Value:
    """Return a numpy or pandas scalar as a plain Python value."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    item = getattr(value, "item", None)
    plain = item() if callable(item) else None
    if isinstance(plain, str | bool | int | float):
        return plain
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    msg = f"a table can't hold {value!r} of type {type(value).__name__}."
    raise TableError(msg)


def parse_rows(table: Table, texts: Iterable[Sequence[str]], where: str) -> list[dict[str, Value]]:
    """Turn rows of text into typed rows and check them."""
    rows: list[dict[str, Value]] = []
    seen: set[tuple[Value, ...]] = set()
    for number, cells in enumerate(texts, start=2):
        place = f"{where}, line {number}"
        if len(cells) != len(table.columns):
            msg = f"{place}: {len(cells)} columns, expected {len(table.columns)}."
            raise TableError(msg)
        row = {
            column.name: _parse(text, column, place)
            for column, text in zip(table.columns, cells, strict=True)
        }
        key = tuple(row[name] for name in table.keys)
        if key in seen:
            msg = f"{place}: a second row for {dict(zip(table.keys, key, strict=True))}."
            raise TableError(msg)
        seen.add(key)
        rows.append(row)
    return rows


def read_table(table: Table, path: Path) -> list[dict[str, Value]]:
    """Read a table from its CSV file and check it."""
    try:
        text = path.read_text(encoding="utf-8")
        header, *rows = [*csv.reader(io.StringIO(text, newline=""))] or [[]]
    except OSError as error:
        msg = f"can't read table {path}: {error.strerror}."
        raise TableError(msg, "run `python -m bibliometrics tables`") from error
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{path} is no CSV file in UTF-8: {error}."
        raise TableError(
            msg, "rebuild the tables: `python -m bibliometrics refresh --offline`"
        ) from error
    if tuple(header) != table.names:
        msg = (
            f"{path}: columns are {', '.join(header) or 'none'}; expected {', '.join(table.names)}."
        )
        raise TableError(msg, "rebuild the tables: `python -m bibliometrics refresh --offline`")
    return parse_rows(table, rows, str(path))


def file_hash(path: Path) -> str:
    """Return the SHA-256 (hexadecimal) of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
