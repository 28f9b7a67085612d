"""Schema: what a table may hold, and how it is written and read."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frictionless import Schema
from hypothesis import given
from hypothesis import strategies as st

from bibliometrics.errors import TableError
from bibliometrics.files import DEFINITIONS
from bibliometrics.tables.schema import (
    TABLES,
    Column,
    Table,
    counted_tables,
    file_hash,
    format_value,
    parse_rows,
    read_table,
    render_table,
)

TABLE = Table(
    "trial",
    "a code and number",
    ("code", "number"),
    (
        Column("code", "str", "A code"),
        Column("number", "int", "A number", "works", 0),
        Column("share", "float", "A share", "share", 0, 1, optional=True),
        Column("flag", "bool", "A flag"),
        Column("kind", "str", "A kind", optional=True, choices=("direct", "proxy")),
    ),
)
ROW: dict[str, Any] = {"code": "NA", "number": 3, "share": 0.5, "flag": True, "kind": None}

rows_lists = st.lists(
    st.fixed_dictionaries(
        {
            "code": st.text(
                st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1
            ),
            "number": st.integers(0, 10**12),
            "share": st.none() | st.floats(0, 1),
            "flag": st.booleans(),
            "kind": st.sampled_from([None, "direct", "proxy"]),
        }
    ),
    unique_by=lambda row: (row["code"], row["number"]),
    max_size=12,
)


@given(rows_lists)
def test_what_is_written_is_read_and_written_again_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "trial.csv"
    text = render_table(TABLE, rows)
    path.write_bytes(text.encode())
    read = read_table(TABLE, path)
    assert render_table(TABLE, read) == text
    assert [(row["code"], row["number"]) for row in read] == sorted(
        (row["code"], row["number"]) for row in rows
    )


@given(rows_lists, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_byte(rows: list[dict[str, Any]], random: Any) -> None:
    text = render_table(TABLE, rows)
    random.shuffle(rows)
    assert render_table(TABLE, rows) == text


@given(st.floats(-1e300, 1e300, allow_subnormal=False))
def test_a_number_keeps_ten_significant_digits(number: float) -> None:
    written = format_value(number)
    assert float(written) == pytest.approx(number, rel=1e-9)
    assert format_value(float(written)) == written


def test_namibia_is_a_code_and_an_empty_cell_is_none(tmp_path: Path) -> None:
    path = tmp_path / "trial.csv"
    path.write_text("code,number,share,flag,kind\nNA,3,,true,\n", encoding="utf-8")
    assert read_table(TABLE, path) == [{**ROW, "share": None}]


def test_numbers_of_numpy_and_pandas_are_written_like_python_s_own() -> None:
    row = {
        "code": "NA",
        "number": np.int64(3),
        "share": np.float64(0.5),
        "flag": np.bool_(True),
        "kind": pd.NA,
    }
    assert render_table(TABLE, [row]) == render_table(TABLE, [ROW])
    assert render_table(TABLE, [{**ROW, "share": math.nan}]).endswith("NA,3,,true,\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": -1}, "'number' holds -1, outside 0 to inf"),
        ({"number": 2.5}, "'number' holds '2.5', expected int"),
        ({"number": None}, "'number' is empty but must hold int"),
        ({"number": math.inf}, "'number' holds 'inf', expected int"),
        ({"share": 1.2}, "'share' holds 1.2, outside 0 to 1"),
        ({"share": math.inf}, "'share' holds inf"),
        ({"share": "half"}, "'share' holds 'half', expected float"),
        ({"flag": "yes"}, "'flag' holds 'yes', expected bool"),
        ({"code": ""}, "'code' is empty"),
        ({"kind": "hearsay"}, "holds 'hearsay', expected one of direct, proxy"),
        ({"code": ["NA"]}, "of type list"),
        ({"extra": 1}, "missing or extra column: extra"),
    ],
)
def test_a_row_that_breaks_the_contract_is_refused_by_column(
    change: dict[str, Any], said: str
) -> None:
    with pytest.raises(TableError, match=said):
        render_table(TABLE, [{**ROW, **change}])


def test_a_column_that_can_t_be_infinite_refuses_infinity_without_a_range() -> None:
    table = Table("open", "a value", ("value",), (Column("value", "float", "A value"),))
    with pytest.raises(TableError, match="holds inf"):
        render_table(table, [{"value": math.inf}])


def test_two_rows_with_one_key_are_refused() -> None:
    with pytest.raises(TableError, match=r"a second row for {.code.: .NA., .number.: 3}"):
        render_table(TABLE, [ROW, {**ROW, "share": 0.1}])


def test_a_short_row_is_named_by_its_line() -> None:
    with pytest.raises(TableError, match=r"trial\.csv, line 2: 2 columns, expected 5"):
        parse_rows(TABLE, [["NA", "3"]], "trial.csv")


@pytest.fixture
def field_limit() -> Iterator[None]:
    """Set the limit of Python's own CSV reader, which other libraries raise for all."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "columns are none; expected code, number"),
        (b"code,number\nNA,3\n", "columns are code, number; expected"),
        (b"code,number,share,flag,kind\nNA,3,0.5\n", "line 2: 3 columns, expected 5"),
        (b"code,number,share,flag,kind\nNA,x,0.5,true,\n", "line 2: column 'number' holds 'x'"),
        (b"code,number,share,flag,kind\n\xff,3,0.5,true,\n", "no CSV file in UTF-8"),
        (b"code,number,share,flag,kind\n" + b"x" * 200_000, "no CSV file in UTF-8: field larger"),
    ],
)
def test_a_damaged_file_is_named_with_its_fault(
    tmp_path: Path, content: bytes, said: str, field_limit: None
) -> None:
    path = tmp_path / "trial.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=said) as caught:
        read_table(TABLE, path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"can't read table .*trial\.csv: No such file"):
        read_table(TABLE, tmp_path / "trial.csv")


def test_a_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "trial.csv"
    path.write_bytes(b"abc")
    assert file_hash(path).startswith("ba7816bf8f01cfea")


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_says_all_about_its_columns(table: Table) -> None:
    assert set(table.keys) <= set(table.names)
    assert len(set(table.names)) == len(table.names)
    assert table.row
    assert table.caption
    for column in table.columns:
        assert column.type in {"int", "float", "str", "bool"}
        assert column.meaning
        bare = {"field_id", "readings_hold", "readings_total"}
        assert column.unit or column.type != "int" or column.name in bare
        if column.name.startswith("n_works"):
            assert (column.unit, column.minimum) == ("works", 0)
        if column.name.startswith("share_of"):
            assert (column.unit, column.minimum, column.maximum) == ("share", 0, 1)
            assert column.optional


def test_the_tables_are_valid_table_schemas() -> None:
    for told in json.loads((DEFINITIONS / "tables.json").read_text(encoding="utf-8"))["resources"]:
        assert Schema.from_descriptor(told["schema"]).primary_key == list(TABLES[told["name"]].keys)


def test_tables_of_counts_come_first() -> None:
    assert list(TABLES)[: len(counted_tables())] == list(counted_tables())
