"""Files of witnesses are read as they stand, and refused when they are wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bibliometrics.claims.collaborations import COLUMNS
from bibliometrics.claims.witnesses import Row, read_witness_rows, witness_definitions
from bibliometrics.errors import InputError
from bibliometrics.files import raw_folder
from bibliometrics.tables.schema import TABLES, render_table

SHIPPED = raw_folder() / "witnesses"


@pytest.fixture(scope="module")
def published() -> list[Row]:
    return read_witness_rows()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "witnesses"))


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_witnesses_fit_the_table_contract(published: list[Row]) -> None:
    assert render_table(TABLES["witnesses"], published).count("\n") == len(published) + 1
    assert {row["witness"] for row in published} == set(witness_definitions().witnesses)


def test_every_row_of_every_file_is_read(published: list[Row]) -> None:
    lists = {*COLUMNS}
    tables = [path for path in SHIPPED.glob("*.csv") if path.name not in lists]
    lines = [path.read_text("utf-8").count("\n") - 1 for path in tables]
    counted = [row for row in published if row["witness"] == "collaboration-papers"]
    assert sum(lines) == len(published) - len(counted)


def test_figures_that_may_not_be_passed_on_are_not_there(published: list[Row]) -> None:
    names = " ".join(sorted({f"{row['witness']} {row['source']}" for row in published})).lower()
    assert "scimago" not in names
    assert "ricyt" not in names


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",field,value\n", ",value\n", "columns are"),
        (",2003,WORLD,,,3337177\n", ",2003,WORLD,,3337177\n", "6 columns"),
        ("openalex-2026-08-10,", "nobody,", "witness 'nobody'"),
        ("openalex-2026-08-10,", "ncses-seind-2023,", "witness 'ncses-seind-2023'"),
        ("articles_and_reviews", "books", "unknown quantity 'books'"),
        (",2003,WORLD,", ",2003,QQ,", "unknown area code 'QQ'"),
        (",2003,WORLD,", ",2003,,", "unknown area code ''"),
        (",2003,WORLD,,", ",2003,WORLD,ZZ,", "unknown area code 'ZZ'"),
        (",2003,", ",20x3,", "year is '20x3'"),
        (",2003,", ",3003,", "year is '3003'"),
        (",3337177\n", ",many\n", "value is 'many'"),
        (",3337177\n", ",nan\n", "value is 'nan'"),
        (",3337177\n", ",-1\n", "value is '-1'"),
        (",2004,WORLD,,,3609109", ",2003,WORLD,,,3609109", "the same figure"),
    ],
)
def test_a_wrong_row_is_refused_by_file_and_line(
    folder: Path, old: str, new: str, said: str
) -> None:
    change(folder, "openalex_2026_world.csv", old, new)
    with pytest.raises(InputError, match=r"openalex_2026_world\.csv") as caught:
        read_witness_rows(folder)
    assert said in caught.value.message
    assert caught.value.next_step


def test_a_missing_or_unreadable_file_is_refused_by_name(folder: Path) -> None:
    (folder / "worldbank.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"worldbank\.csv"):
        read_witness_rows(folder)
    (folder / "worldbank.csv").unlink()
    with pytest.raises(InputError, match=r"worldbank\.csv"):
        read_witness_rows(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[quantities]\nx = { unit = 'works' }\n", "entry 'quantities.x.meaning' is missing"),
        ("[witnesses.w]\nname = 'W'\n", "entry 'witnesses.w.title' is missing"),
        (
            "[witnesses.w]\nname='W'\ntitle='T'\ndefinition='D'\ndatabase='B'\ndate='2020'\n"
            "licence='L'\nsource='S'\nfiles=['a.csv']\nquantities=['x']\n",
            "unknown quantity 'x'",
        ),
        (
            "[quantities]\nx = { unit = 'works', meaning = 'M' }\n[witnesses.w]\nname='W'\n"
            "title='T'\ndefinition='D'\ndatabase='B'\ndate='2020'\nlicence='L'\nsource='S'\n"
            "files=['a.csv']\nquantities=['x']\nregions={ celac33 = ['NOWHERE'] }\n",
            "unknown area 'NOWHERE'",
        ),
    ],
)
def test_a_wrong_description_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "w.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        witness_definitions(path)
    assert said in caught.value.message
    assert "w.toml" in caught.value.message
