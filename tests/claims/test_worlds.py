"""The rules' own test: invented counts that equal the document, and each number turned."""

from __future__ import annotations

import re

import pytest

from bibliometrics.claims.quantities import QUANTITIES
from bibliometrics.claims.rules import LEVEL
from tests.support import claim_worlds as worlds

LEVELS = {"P01a", "P02a", "P16a", "P17a", "P25a"}
TESTS = {test.id: test for claim in worlds.LEDGER for test in claim.tests}


def test_counts_equal_to_the_document_hold_in_every_test_and_levels_are_one() -> None:
    rows = worlds.grade(worlds.perfect_tables())
    own = {name for name in TESTS if not name.startswith("P35")}
    assert set(rows) == own
    for name, row in rows.items():
        if name in LEVELS:
            assert row["evidence_kind"] == LEVEL, name
            assert row["mark"].startswith("1.00 times the document's, inside"), name
        else:
            assert row["verdict"] == "holds", row


def test_every_claim_of_the_paper_has_a_line_after_one_pull() -> None:
    lines = worlds.lines(worlds.perfect_tables())
    bibliometric = {*(f"P{n:02}" for n in (*range(1, 6), *range(7, 26), *range(29, 33)))}
    assert {
        name for name in bibliometric if lines[name]["verdict"] not in {"holds", "level"}
    } == set()


@pytest.mark.parametrize(
    ("name", "times"), [(name, times) for name, ways in worlds.STATED.items() for times in ways]
)
def test_one_stated_number_at_half_or_double_differs(name: str, times: float) -> None:
    tables = worlds.perfect_tables()
    worlds.STATED[name][times](tables)
    row = worlds.grade(tables, name[:3])[name]
    if name in LEVELS:
        assert row["mark"].startswith(f"{times:.2f} times the document's, outside")
        assert row["verdict"] == "shown"
    else:
        assert row["verdict"] == "differs", row


def test_every_stated_number_and_every_other_test_has_a_world_that_turns_it() -> None:
    ours = {name: test for name, test in TESTS.items() if not name.startswith("P35")}
    assert {name for name, test in ours.items() if test.stated} == set(worlds.STATED)
    assert {name for name, test in ours.items() if not test.stated} == set(worlds.TURNED)


@pytest.mark.parametrize("name", worlds.TURNED)
def test_a_world_against_a_test_turns_it(name: str) -> None:
    tables = worlds.perfect_tables()
    worlds.TURNED[name](tables)
    row = worlds.grade(tables, name[:3])[name]
    assert row["verdict"] == ("not counted" if name == "P32a" else "differs"), row


def test_shares_stay_when_all_counts_are_halved() -> None:
    tables = worlds.perfect_tables()
    for table, columns in {
        "region_output": ["n_works_region", "n_works_world"],
        "country_output": ["n_works"],
        "institution_region": [worlds.JOINT_COLUMN, "n_works_home_region"],
        "institution_partners": ["n_works"],
    }.items():
        for column in columns:
            worlds.scale(table, column, 0.5)(tables)
    rows = worlds.grade(tables)
    for name in ("P05a", "P07a", "P08a", "P18a", "P20a", "P23a"):
        assert rows[name]["verdict"] == "holds", name
    assert rows["P17a"]["mark"].startswith("0.50 times")


def test_a_world_without_works_decides_nothing() -> None:
    tables = worlds.perfect_tables()
    for table, frame in tables.items():
        for column in frame.columns:
            if column.startswith("n_"):
                worlds.scale(table, column, 0)(tables)
    for name, row in worlds.grade(tables).items():
        assert row["verdict"] == ("shown" if name in LEVELS else "not counted"), row
        assert not re.search(r"\b(nan|inf)\b", row["reason"]), row
    for line in worlds.lines(tables).values():
        assert line["sentence"].count("Not counted:") <= 1, line
        assert not re.search(r"\b(nan|inf)\b", line["sentence"]), line


def test_a_tie_for_the_first_place_decides_nothing() -> None:
    tables = worlds.perfect_tables()
    partners = tables["institution_partners"]
    brazil = partners.loc[
        (partners["country_code"] == "BR") & (partners["year"] == 2010), "n_works"
    ]
    at = (partners["country_code"] == "MX") & (partners["year"] == 2010)
    partners.loc[at, "n_works"] = brazil.iloc[0]
    row = worlds.grade(tables, "P22")["P22a"]
    assert row["verdict"] == "not counted"
    assert "2010" in row["reason"]


def test_a_tie_at_the_edge_of_a_tier_decides_nothing() -> None:
    tables = worlds.perfect_tables()
    frame = tables["country_output"]
    cuba = frame[frame["country_code"] == "CU"].set_index("year")["n_works"]
    mine = frame["country_code"] == "CR"
    frame.loc[mine, "n_works"] = frame.loc[mine, "year"].map(cuba)
    assert worlds.grade(tables, "P09")["P09a"]["verdict"] == "not counted"


def test_answers_that_contradict_each_other_stop_the_tests_they_touch_and_no_other() -> None:
    said = {
        "tables": ["institution_region", "institution_partners"],
        "years": [2010],
        "said": "odd",
    }
    rows = worlds.grade(worlds.perfect_tables(), contradictions=[said])
    touched = {name for name, row in rows.items() if row["verdict"] == "not counted"}
    assert touched == {"P18a", "P20a", "P20b", "P22a", "P24a", "P32a"}
    assert "odd" in rows["P18a"]["reason"]
    assert rows["P23a"]["verdict"] == "holds"  # of 2016 alone


@pytest.mark.parametrize(("year", "counted"), [(2019, True), (2018, False), (2017, False)])
def test_provisional_years_are_not_counted(year: int, *, counted: bool) -> None:
    row = worlds.grade(worlds.perfect_tables(), "P23", counted_in=year)["P23a"]
    assert (row["verdict"] == "holds") is counted


def test_every_quantity_has_a_unit_a_meaning_and_code() -> None:
    for name, one in QUANTITIES.items():
        assert one.unit, name
        assert one.meaning, name
        assert one.compute.__doc__, name
