"""Two counts of one study compared: every changed cell is found, with its change and its cause."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.datapackage import Provenance
from bibliometrics.disk import sha256
from bibliometrics.drift import Comparison, Side, compare, find_jumps, find_peaks
from bibliometrics.drift_report import as_values, render
from bibliometrics.errors import InputError
from bibliometrics.upstream import FILE, load_changes
from tests.openalex_server import OpenAlexServer, read_works
from tests.worlds import World, invented_works, write_study

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bibliometrics.schema import Value

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
    return compare(
        make_side({"country_output": old}, first),
        make_side({"country_output": new}, second, **values),
    )


# ---------------------------------------------------------------------------------------- cells --


def test_equal_counts_have_no_difference() -> None:
    found = of_countries(country_rows(), country_rows(), ("2026-11-01", "2026-11-02"))
    assert not found.cells
    assert not found.anomalies
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


def test_csv_has_every_cell_and_markdown_the_largest() -> None:
    new = country_rows(1.1, BR2010=9000)
    found = of_countries(country_rows(), new, ("2026-11-01", "2026-11-02"))
    rows = list(csv.DictReader(io.StringIO(render(found, "csv"))))
    assert len(rows) == 60 == len(found.cells)
    (row,) = (
        r for r in rows if (r["year"], r["country_code"], r["kind"]) == ("2010", "BR", "count")
    )
    assert (row["old"], row["new"], row["change"], row["change_percent"]) == (
        "1000", "9000", "8000", "800",
    )  # fmt: skip
    text = render(found, "md")
    assert "| 2010, BR | n_works | 1,000 | 9,000 | +8,000 (+800.0 %) |" in text
    assert "the 10 largest of 30" in text
    assert text.count("\n| 20") == 10
    assert json.loads(json.dumps(as_values(found)))["differing"][0]["likely_cause"]


def test_tables_of_one_side_only_are_named() -> None:
    rows = country_rows()
    old = make_side({"country_output": rows, "region_output": [], "claims": []})
    found = compare(old, make_side({"country_output": rows, "team_size": []}))
    assert (found.only_old, found.only_new) == (("region_output",), ("team_size",))
    assert "only in old: region_output" in render(found, "text")


def test_verdicts_that_changed_are_told() -> None:
    rows = country_rows()
    claim: dict[str, Value] = {"claim_id": "P20", "evidence": "openalex", "observed": 1.0}
    before = [{**claim, "number_verdict": "not reproduced", "conclusion_verdict": "reproduced"}]
    after = [{**before[0], "number_verdict": "reproduced", "observed": 2.0}]
    found = compare(
        make_side({"country_output": rows, "claims": before}),
        make_side({"country_output": rows, "claims": after}),
    )
    (cell,) = found.cells
    assert (cell.column, cell.old, cell.new) == ("number_verdict", "not reproduced", "reproduced")
    assert "P20, openalex" in render(found, "text")


# --------------------------------------------------------------------------------------- causes --


def cause_of(old: Side, new: Side) -> str:
    (cell,) = (cell for cell in compare(old, new).cells if cell.is_count)
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
    found = compare(old, new)
    assert not found.changes
    assert cause_of(old, new) == "other invented works"
    assert render(found, "text").startswith("SYNTHETIC")


def test_the_known_changes_are_complete_dated_and_in_order() -> None:
    changes = load_changes()
    assert len(changes) == 13
    assert [c.first for c in changes] == sorted(c.first for c in changes)
    assert changes[0].first == date(2024, 5, 30)
    assert changes[-1].first == date(2026, 8, 18)


@pytest.mark.parametrize(
    "edit",
    [
        ('moves = ["type"]', 'moves = ["mood"]'),
        ('direction = "up"', 'direction = "sideways"'),
        ("date = 2024-05-30", "date = 2026"),
        ("date = 2024-05-30\n", ""),
        ("until = 2025-11-30", "until = 2025-10-30"),
        ("until = 2025-11-30", "til = 2025-11-30"),
        ('source = "walden, CHANGELOG"', 'source = " "'),
    ],
)
def test_a_change_of_another_form_is_refused_by_its_number(
    edit: tuple[str, str], tmp_path: Path
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert edit[0] in text
    path = tmp_path / "changes.toml"
    path.write_text(text.replace(*edit, 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"changes\.toml, change \d+ is not of the form"):
        load_changes(path)


# ------------------------------------------------------------------------------------- anomalies --


def test_a_year_and_countries_that_jump_together_and_fall_back_are_one_anomaly() -> None:
    new = country_rows(1.2, BR2010=2500, CL2010=2500)
    found = of_countries(country_rows(), new, ("2026-11-01", "2026-11-02"))
    told = [(a.kind, a.years, a.direction, a.series) for a in found.anomalies]
    assert told == [
        ("change", (2010,), "up", ("BR", "CL")),
        ("level", (2010,), "up", ("BR", "CL")),
    ]
    assert "2010   up         BR CL" in render(found, "text")


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ({2010: 500}, [((2010,), "down")]),
        ({2010: 2000, 2011: 2000, 2012: 1900}, [((2010, 2011, 2012), "up")]),
        ({2010: 2000, 2011: 500}, []),  # it does not fall back, it overshoots
        ({2010: 1100}, []),  # too small a change
        ({2015: 2000, 2016: 2000}, []),  # the newest years grow
        ({2007: 2000}, []),
    ],
)
def test_a_jump_needs_ordinary_years_on_both_sides(
    odd: dict[int, float], expected: list[Any]
) -> None:
    old = dict.fromkeys(YEARS, 1000.0)
    assert find_jumps(old, {**old, **odd}) == expected


def test_small_counts_and_missing_years_make_no_anomaly() -> None:
    old = dict.fromkeys(YEARS, 2.0)
    assert find_jumps(old, {**old, 2010: 6.0}) == []
    assert find_jumps({}, old) == find_jumps(dict.fromkeys(YEARS, 0.0), old) == []
    assert find_peaks({**old, 2010: 6.0}) == []


def test_peaks_of_one_or_two_years_are_found_in_one_series() -> None:
    series = {year: 1000.0 * 1.1 ** (year - 2007) for year in YEARS}
    assert find_peaks(series) == []
    assert find_peaks({**series, 2010: 200.0}) == [((2010,), "down")]
    assert find_peaks({**series, 2010: 9000.0, 2011: 9000.0}) == [((2010, 2011), "up")]


# ------------------------------------------------------------------------------------- refusals --


def test_counts_of_different_studies_are_not_compared() -> None:
    rows = country_rows()
    old = make_side({"country_output": rows})
    new = make_side({"country_output": rows}, study_id="other", study_hash="cd" * 32)
    with pytest.raises(InputError, match=r"different studies: s \(hash abab.* other \(hash cdcd"):
        compare(old, new)


def test_invented_and_real_works_are_not_compared() -> None:
    rows = country_rows()
    old, new = (make_side({"country_output": rows}, synthetic=flag) for flag in (True, False))
    with pytest.raises(InputError, match="is synthetic, the other one is real"):
        compare(old, new)


def test_counts_without_a_common_table_are_not_compared() -> None:
    old, new = make_side({"country_output": []}), make_side({"region_output": []})
    with pytest.raises(InputError, match="no counted table in common"):
        compare(old, new)


# ----------------------------------------------------------------------------- the command line --


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a data folder with a build and two pulls, between which one work was added."""
    works = list(invented_works())
    (extra,) = (work for work in works if work["id"].endswith("W9200"))
    options: dict[str, Any] = {"per_second": False, "keyless_credits": None}
    with OpenAlexServer(read_works([w for w in works if w is not extra]), **options) as server:
        world = World(tmp_path_factory.mktemp("data"), server)
        assert world.run("refresh", "--quiet", "--parts", "figures").code == 0
        shutil.copytree(world.processed, world.data / "before")
    with OpenAlexServer(read_works(works), **options) as server:
        world.server = server
        assert world.run("refresh", "--quiet", "--parts", "figures").code == 0
        yield world


def test_two_builds_differ_in_the_work_that_was_added(pulled: World) -> None:
    before, after = str(pulled.data / "before"), str(pulled.processed)
    told = pulled.run("compare", before, after, "--format", "json").json
    counts = {
        (row["table"], row.get("country_code"), row["column"]): (row["year"], row["change"])
        for row in told["differing"]
        if row["kind"] == "count"
    }
    assert counts == {
        ("region_output", None, "n_works_region"): (2012, 1),
        ("region_output", None, "n_works_world"): (2012, 1),
        ("region_output", None, "n_works_world_any"): (2012, 1),
        ("country_output", "BR", "n_works"): (2012, 1),
        ("region_partners", "CN", "n_works"): (2012, 1),
        ("institution_region", None, "n_works_institution_region"): (2012, 1),
        ("institution_region", None, "n_works_home_region"): (2012, 1),
        ("institution_partners", "BR", "n_works"): (2012, 1),
    }


def test_pulls_are_compared_by_their_ids_as_their_builds_are(pulled: World) -> None:
    first, second = sorted(path.name for path in pulled.pulls.iterdir())
    builds = pulled.run("compare", str(pulled.data / "before"), str(pulled.processed))
    pulls = pulled.run("compare", first, str(pulled.pulls / second))
    assert (builds.code, pulls.code, pulls.err) == (0, 0, "")
    assert pulls.out.splitlines()[4:] == builds.out.splitlines()[4:]
    assert "counts and" in builds.out


def test_a_build_equals_the_pull_it_was_built_from(pulled: World) -> None:
    newest = max(path.name for path in pulled.pulls.iterdir())
    assert "no difference in" in pulled.run("compare", newest, str(pulled.processed)).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("compare", "nowhere", "before"), 3, "nowhere is no folder and no pull"),
        (("compare", "before", "."), 3, ". holds neither a build nor a pull"),
        (("compare", "before", "raw/witnesses"), 3, "pulls that are here: 20"),
    ],
)
def test_what_is_no_build_and_no_pull_is_refused(
    words: tuple[str, ...], code: int, said: str, pulled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pulled.data)
    ran = pulled.run(*words)
    assert ran.code == code
    assert said in ran.error


def test_a_build_of_published_figures_is_refused(pulled: World, tmp_path: Path) -> None:
    assert pulled.run("refresh", "--source", "witnesses", "--to", str(tmp_path / "w")).code == 0
    ran = pulled.run("compare", str(tmp_path / "w"), str(pulled.processed))
    assert (ran.code, "nothing has been counted" in ran.error) == (3, True)


def test_a_pull_of_another_study_is_refused(pulled: World, tmp_path: Path) -> None:
    newest = max(path.name for path in pulled.pulls.iterdir())
    study = write_study(tmp_path)
    ran = pulled.run("compare", newest, str(pulled.processed), "--study", study)
    assert (ran.code, "expected a complete one of loose" in ran.error) == (9, True)


def test_a_build_with_other_columns_is_refused(pulled: World, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(pulled.processed, other)
    path = other / "region_output.csv"
    path.write_text(path.read_text("utf-8").replace("share_of_world", "share"), encoding="utf-8")
    ran = pulled.run("compare", str(other), str(pulled.processed))
    assert (ran.code, "is not as it was built" in ran.error) == (10, True)
    package = json.loads((other / "datapackage.json").read_text("utf-8"))
    package["bibliometrics"]["files"]["region_output.csv"] = sha256(path.read_bytes())
    (other / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    ran = pulled.run("compare", str(other), str(pulled.processed))
    assert (ran.code, "columns are year, n_works_region, n_works_world, share" in ran.error) == (
        10, True,
    )  # fmt: skip
