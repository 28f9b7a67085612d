"""The workbook holds what tables hold, whatever their texts look like, the same on any day."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from bibliometrics.builds import workbook
from bibliometrics.study.model import load_study
from bibliometrics.tables.answers import make_provenance
from bibliometrics.tables.frames import finish

HOSTILE = ["=1+1", '=HYPERLINK("http://a.b","x")', "+3", "@x", "bell\x07", "", "Universität <b>"]
TOLD = make_provenance(load_study(), "openalex", notes=("=cmd|' /C calc'!A1",))


def tables() -> dict[str, pd.DataFrame]:
    n = len(HOSTILE)
    columns = {
        "side": ["home"] * n,
        "institution_id": [f"I{10 + number}" for number in range(n)],
        "institution": HOSTILE,
        "country_code": ["NA"] * n,
        "n_works": range(n, 0, -1),
        "n_works_small_teams": [0] * n,
        "list_complete": [True] * n,
    }
    return {"cooperation_institutions": finish("cooperation_institutions", **columns)}


def make(**told: str) -> bytes:
    return workbook.make_workbook(tables(), replace(TOLD, **told), "works", "us")


def test_a_text_that_looks_like_a_formula_stays_a_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(make()))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    names = [row[2].value for row in book["cooperation_institutions"].iter_rows(min_row=2)]
    assert names == [*HOSTILE[:4], "bell", None, "Universität <b>"]
    assert {row[3].value for row in book["cooperation_institutions"].iter_rows(min_row=2)} == {"NA"}


def test_the_same_tables_give_the_same_bytes_on_any_day(monkeypatch: pytest.MonkeyPatch) -> None:
    first = make()
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert make() == first
    assert make(study_title="Another") != first
