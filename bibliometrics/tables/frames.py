"""
Tables as data frames: typed, with units; from rows and to rows; read from CSV files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from bibliometrics.errors import TableError
from bibliometrics.tables.schema import TABLES, Column, Table, Value, read_table


def frame_from_rows(rows: Iterable[Mapping[str, object]], table: Table) -> pd.DataFrame:
    """Turn rows of a table into a frame."""
    listed = list(rows)
    try:
        return _frame(table, {name: [row[name] for row in listed] for name in table.names})
    except KeyError as error:
        msg = f"table {table.name}: a row lacks the column {error}."
        raise TableError(msg) from error


def to_rows(frame: pd.DataFrame) -> list[dict[str, Value]]:
    """Turn a frame into rows of plain values, as ``schema.render_table`` takes them."""
    columns: dict[str, list[Any]] = {
        str(name): [None if pd.isna(value) else value for value in frame[name].tolist()]
        for name in frame.columns
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def read_table_frame(path: Path, table: Table) -> pd.DataFrame:
    """Read a table from its CSV file as a frame."""
    return frame_from_rows(read_table(table, path), table)


def finish(table_name: str, **columns: Iterable[object]) -> pd.DataFrame:
    """Return a table's frame from its columns, rows in the table's order."""
    table = TABLES[table_name]
    frame = _frame(table, columns)
    by = table.sorted_by
    return frame.sort_values(list(by), ascending=list(by.values()), ignore_index=True)


def _frame(table: Table, columns: Mapping[str, Iterable[object]]) -> pd.DataFrame:
    """Return a frame with a table's columns, types and units."""
    frame = pd.DataFrame({each.name: _typed(columns[each.name], each) for each in table.columns})
    frame.attrs["table"] = table.name
    frame.attrs["units"] = {each.name: each.unit for each in table.columns}
    return frame


def _typed(values: Iterable[object], column: Column) -> pd.Series[Any]:
    """Return values with a column's type; raise TableError when they are of another."""
    kinds = {"int": "int64", "float": "float64", "str": "str", "bool": "boolean"}
    optional = {"int": "Int64"}
    kind = (optional if column.optional else {}).get(column.type, kinds[column.type])
    try:
        return pd.Series(list(values), dtype=kind)
    except (TypeError, ValueError) as error:
        msg = f"column {column.name!r} must hold {column.type}: {error}."
        raise TableError(msg) from error
