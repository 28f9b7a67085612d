"""Two counts of one study compared: every changed cell is found, with its change and its cause."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.builds.compare import (
    Comparison,
    Side,
    find_differences,
    render,
)
from bibliometrics.errors import InputError
from bibliometrics.tables.answers import Provenance

if TYPE_CHECKING:
    from bibliometrics.tables.schema import Value

YEARS = range(2007, 2017)
Rows = list[dict[str, "Value"]]


def make_side(tables: dict[str, Rows], day: str = "2026-11-01", **values: Any) -> Side:
    told = {"source": "openalex", "study_id": "s", "study_title": "S", "study_hash": "ab" * 32}
    told |= {"package_version": "1", "pull": f"pull of {day}", "start": day, "end": day, **values}
    return Side(day, Provenance(**told), tables)


def country_rows(factor: float = 1.0, **odd: int) -> Rows:
    """Return 1,000 works (times the factor) of each year and country, but for `BR2010=77`."""
    rows: Rows = []
    for year in YEARS:
        for code in ("AR", "BR", "CL"):
            n_works = odd.get(f"{code}{year}", round(1000 * factor))
            share = n_works / 10_000
            rows.append(
                {"year": year, "country_code": code, "n_works": n_works, "share_of_region": share}
            )
    return rows


def of_countries(old: Rows, new: Rows, days: tuple[str, str], **values: Any) -> Comparison:
    first, second = days
    return find_differences(
        make_side({"country_output": old}, first),
        make_side({"country_output": new}, second, **values),
    )


# ---------------------------------------------------------------------------------------- cells --


def test_equal_counts_have_no_difference() -> None:
    found = of_countries(country_rows(), country_rows(), ("2026-11-01", "2026-11-02"))
    assert not found.cells
    assert found.compared == {"country_output": 60}
    assert "no difference in 60 cells" in render(found, "text")


def test_each_changed_cell_is_told_with_old_new_and_change() -> None:
    new = country_rows(BR2010=1100, CL2012=990)
    found = of_countries(country_rows(), new, ("2026-11-01", "2026-11-02"))
    counts = [cell for cell in found.cells if cell.is_count]
    told = [(dict(c.key), c.old, c.new, c.change, c.percent) for c in counts]
    assert told == [
        ({"year": 2010, "country_code": "BR"}, 1000, 1100, 100, 10.0),
        ({"year": 2012, "country_code": "CL"}, 1000, 990, -10, -1.0),
    ]
    derived = [cell for cell in found.cells if not cell.is_count]
    assert [cell.column for cell in derived] == ["share_of_region"] * 2
    assert {cell.cause for cell in derived} == {"follows from the counts"}


def test_a_row_of_one_side_only_is_told_and_has_no_change() -> None:
    rows = country_rows()
    found = of_countries(rows, rows[1:], ("2026-11-01", "2026-11-02"))
    gone = found.cells[0]
    assert (gone.old, gone.new, gone.change, gone.percent) == (1000, None, None, None)
    back = of_countries(rows[1:], rows, ("2026-11-01", "2026-11-02")).cells[0]
    assert (back.old, back.new) == (None, 1000)


def test_tables_of_one_side_only_are_named() -> None:
    rows = country_rows()
    old = make_side({"country_output": rows, "region_output": [], "claims": []})
    found = find_differences(old, make_side({"country_output": rows, "team_size": []}))
    assert (found.only_old, found.only_new) == (("region_output",), ("team_size",))
    assert "only in old: region_output" in render(found, "text")


def test_verdicts_that_changed_are_told() -> None:
    rows = country_rows()
    claim: dict[str, Value] = {"claim_id": "P20", "evidence": "openalex", "observed": 1.0}
    before = [{**claim, "test_id": "P20a", "verdict": "differs"}]
    after = [{**before[0], "verdict": "holds", "observed": 2.0}]
    found = find_differences(
        make_side({"country_output": rows, "claims": before}),
        make_side({"country_output": rows, "claims": after}),
    )
    (cell,) = found.cells
    assert (cell.column, cell.old, cell.new) == ("verdict", "differs", "holds")
    assert "P20, P20a, openalex" in render(found, "text")


# --------------------------------------------------------------------------------------- causes --


def cause_of(old: Side, new: Side) -> str:
    (cell,) = (cell for cell in find_differences(old, new).cells if cell.is_count)
    return cell.cause


@pytest.mark.parametrize(
    ("days", "count", "expected"),
    [
        (("2026-02-01", "2026-03-01"), 1010, "known changes: 2026-02-24: affiliation"),
        (("2026-03-01", "2026-02-01"), 990, "known changes: 2026-02-24: affiliation"),
        (("2026-02-01", "2026-03-01"), 990, "no known change fits; OpenAlex moved on"),
        (("2026-07-14", "2026-07-21"), 1010, "no known change fits; OpenAlex moved on"),
        (("2026-07-13", "2026-07-21"), 990, "known changes: 2026-07-14: type"),
        (("2025-10-20", "2025-11-15"), 990, "known changes: 2025-11-01: affiliation, type, year"),
        (("2025-11-15", "2025-12-15"), 990, "known changes: 2025-11-01: affiliation, type, year"),
        (("2026-09-01", "2026-09-01"), 990, "OpenAlex changed within the day"),
    ],
)
def test_known_changes_between_the_dates_are_the_likely_cause(
    days: tuple[str, str], count: int, expected: str
) -> None:
    sides = [
        make_side({"country_output": rows}, day, answers_sha256=day + str(len(str(rows))))
        for rows, day in zip((country_rows(), country_rows(BR2010=count)), days, strict=True)
    ]
    sides[1] = replace(sides[1], provenance=replace(sides[1].provenance, answers_sha256="other"))
    assert cause_of(*sides).startswith(expected)


def test_a_change_of_lineages_moves_tables_of_the_institution_only() -> None:
    row = {"year": 2010, "n_works_home_region": 5, "share_of_home": 0.5}
    sides = [
        make_side({"institution_region": [{**row, "n_works_institution_region": n}]}, day)
        for n, day in ((50, "2024-05-01"), (40, "2024-06-15"))
    ]
    assert cause_of(*sides) == "known changes: 2024-05-30: lineage, type"


def test_works_with_or_without_a_country_dont_move_by_affiliations() -> None:
    row = {"year": 2010, "n_works_region": 5, "n_works_world": 50, "share_of_world": 0.1}
    sides = [
        make_side({"region_output": [{**row, "n_works_world_any": n}]}, day)
        for n, day in ((50, "2026-02-01"), (60, "2026-03-01"))
    ]
    assert cause_of(*sides).startswith("no known change fits")


def test_recent_years_grow_by_late_indexing() -> None:
    old = [{"year": 2025, "country_code": "BR", "n_works": 10, "share_of_region": 0.1}]
    new = [{**old[0], "n_works": 30}]
    sides = [
        make_side({"country_output": r}, d) for r, d in ((old, "2026-09-01"), (new, "2026-11-01"))
    ]
    assert cause_of(*sides) == "late indexing of recent years"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"source": "snapshot", "pull": "release r"}, "two sources of one day: openalex"),
        ({"package_version": "2"}, "counted by versions 1 and 2"),
        ({}, "the same answers counted in two ways: a fault"),
    ],
)
def test_counts_of_one_day_differ_by_source_version_or_fault(
    values: dict[str, str], expected: str
) -> None:
    old, new = country_rows(), country_rows(BR2010=7)
    found = of_countries(old, new, ("2026-11-01", "2026-11-01"), **values)
    assert {cell.cause for cell in found.cells if cell.is_count}.pop().startswith(expected)


def test_no_change_of_openalex_explains_invented_works() -> None:
    old, new = (
        make_side({"country_output": rows}, day, synthetic=True)
        for rows, day in ((country_rows(), "2026-02-01"), (country_rows(BR2010=1), "2026-09-01"))
    )
    found = find_differences(old, new)
    assert not found.changes
    assert cause_of(old, new) == "other invented works"
    assert render(found, "text").startswith("SYNTHETIC")


# ------------------------------------------------------------------------------------- refusals --


def test_counts_of_different_studies_are_not_compared() -> None:
    rows = country_rows()
    old = make_side({"country_output": rows})
    new = make_side({"country_output": rows}, study_id="other", study_hash="cd" * 32)
    with pytest.raises(InputError, match=r"different studies: s \(hash abab.* other \(hash cdcd"):
        find_differences(old, new)


def test_invented_and_real_works_are_not_compared() -> None:
    rows = country_rows()
    old, new = (make_side({"country_output": rows}, synthetic=flag) for flag in (True, False))
    with pytest.raises(InputError, match="is synthetic, the other one is real"):
        find_differences(old, new)


def test_counts_without_a_common_table_are_not_compared() -> None:
    old, new = make_side({"country_output": []}), make_side({"region_output": []})
    with pytest.raises(InputError, match="no counted table in common"):
        find_differences(old, new)
