"""The plain calculation against numbers worked out by hand, and against the local server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.openalex_server.client import ask
from tests.support.openalex_server.index import read_lines
from tests.support.openalex_server.server import OpenAlexServer, Records
from tests.support.oracle.tables import count_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Rows = list[dict[str, Any]]

CAS = "https://openalex.org/I19820366"
INSTITUTE = "https://openalex.org/I4210137180"

SETTINGS: dict[str, Any] = {
    "years": (2010, 2011),
    "region": ["BR", "AR"],
    "home": ["CN"],
    "institution": "I19820366",
    "types": {"article", "review"},
    "retracted": False,
    "core_source": True,
}


def place(code: str | None, *, cas: bool = False) -> dict[str, Any]:
    """Return an institution in a country, an institute of CAS or not."""
    lineage = [CAS, INSTITUTE] if cas else ["https://openalex.org/I99"]
    return {"id": lineage[-1], "country_code": code, "lineage": lineage}


def work(*authors: list[dict[str, Any]], year: int = 2010, **other: Any) -> dict[str, Any]:
    """Return a work that counts under the settings, unless `other` changes it."""
    return {
        "id": "https://openalex.org/W1",
        "publication_year": year,
        "type": "article",
        "is_retracted": False,
        "primary_location": {"source": {"is_core": True}},
        "authorships": [{"institutions": places} for places in authors],
        **other,
    }


def field(number: int, *, top: bool = False) -> dict[str, Any]:
    """Return the keys of a work in a field, among the most cited or not."""
    return {
        "primary_topic": {"field": {"id": f"https://openalex.org/fields/{number}"}},
        "citation_normalized_percentile": {"is_in_top_1_percent": top},
    }


BR, AR, CN, US = (place(code) for code in ("BR", "AR", "CN", "US"))
CAS_CN = place("CN", cas=True)

WORKS = [
    work([BR], [BR]),  # two authors of one country: one work
    work([BR, CAS_CN], [AR], [US]),  # one author with two affiliations
    work([CN], [AR]),
    work([US]),
    work([]),  # no country
    work([BR], year=2011),
]


def rows_of(table: str, works: list[dict[str, Any]], **changes: Any) -> list[dict[str, Any]]:
    """Return one table."""
    return count_tables(works, {**SETTINGS, **changes})[table]


def test_region_output_counts_each_work_once() -> None:
    first, second = rows_of("region_output", WORKS)
    assert first == {
        "year": 2010,
        "n_works_region": 3,
        "n_works_world": 4,
        "share_of_world": 0.75,
        "n_works_world_any": 5,
    }
    assert (second["n_works_region"], second["n_works_world"]) == (1, 1)


def test_a_year_without_works_has_a_row_and_no_share() -> None:
    assert rows_of("region_output", [])[0] == {
        "year": 2010,
        "n_works_region": 0,
        "n_works_world": 0,
        "share_of_world": None,
        "n_works_world_any": 0,
    }


def test_country_output_has_every_member_every_year() -> None:
    rows = rows_of("country_output", WORKS)
    assert [(row["year"], row["country_code"], row["n_works"]) for row in rows] == [
        (2010, "AR", 2),
        (2010, "BR", 2),
        (2011, "AR", 0),
        (2011, "BR", 1),
    ]
    assert rows[0]["share_of_region"] == 2 / 3
    assert rows[2]["share_of_region"] == 0


def test_partners_are_outside_the_region_and_keep_their_zeros() -> None:
    rows = rows_of("region_partners", WORKS)
    assert [(row["year"], row["country_code"], row["n_works"]) for row in rows] == [
        (2010, "CN", 2),
        (2010, "US", 1),
        (2011, "CN", 0),
        (2011, "US", 0),
    ]
    # N = 4 works with a country, the region has 3, China 2, the United States 2
    assert rows[0]["affinity"] == 2 * 4 / (3 * 2)
    assert rows[1]["affinity"] == 1 * 4 / (3 * 2)
    assert rows[2]["affinity"] is None
    assert rows[2]["share_of_region"] == 0


def test_institution_and_home_are_counted_apart() -> None:
    first, second = rows_of("institution_region", WORKS)
    assert (first["n_works_institution_region"], first["n_works_home_region"]) == (1, 2)
    assert first["share_of_home"] == 0.5
    assert second["share_of_home"] is None


def test_one_author_with_two_affiliations_joins_institution_and_region() -> None:
    rows = rows_of("institution_partners", [work([BR, CAS_CN])])
    assert [(row["country_code"], row["n_works"]) for row in rows[:2]] == [("AR", 0), ("BR", 1)]
    assert [row["share_of_institution_region"] for row in rows] == [0, 1, None, None]


def test_fields_compare_an_area_with_the_world() -> None:
    works = [
        work([BR], **field(31, top=True)),
        work([BR], **field(17)),
        work([US], **field(17)),
        work([US], **field(17)),
        work([BR]),  # without a topic
        work([], **field(31)),  # without a country
    ]
    rows = {(row["country_code"], row["field_id"]): row for row in rows_of("fields", works)}
    assert len(rows) == 26 * 4
    brazil = rows["BR", 31]
    assert (brazil["n_works"], brazil["n_top_1_percent"]) == (1, 1)
    assert brazil["activity_index"] == (1 / 2) / (1 / 4)
    assert brazil["field"] == "Physics and Astronomy"
    assert rows["world", 31]["activity_index"] == 1
    assert rows["world", 17]["n_works"] == 3
    assert rows["AR", 31]["activity_index"] is None
    assert rows["BR", 11]["activity_index"] is None
    assert rows["region", 17]["n_top_1_percent"] == 0


def test_team_sizes_fall_into_bands() -> None:
    joint = [[BR], [CAS_CN]]
    works = [
        work(*joint),
        work([BR, CAS_CN]),
        work(*joint, *([] for _ in range(1000))),
        work(*joint, authors_count=100),
    ]
    rows = rows_of("team_size", works)
    assert [row["n_works_institution_region"] for row in rows[:7]] == [1, 1, 0, 0, 1, 0, 1]
    assert (rows[6]["authors_from"], rows[6]["authors_to"]) == (1001, None)


def test_fractional_counts_share_a_work_among_its_countries() -> None:
    works = [work([BR], [AR], [CAS_CN]), work([BR], [CAS_CN], countries_distinct_count=4)]
    rows = rows_of("fractional", works)
    assert [(row["country_code"], row["n_works"]) for row in rows[:2]] == [("AR", 1), ("BR", 2)]
    assert rows[0]["n_works_fractional"] == 1 / 3
    assert rows[1]["n_works_fractional"] == 1 / 3 + 1 / 4


def test_only_works_that_meet_the_settings_count() -> None:
    works = [
        work([BR], type="dataset"),
        work([BR], is_retracted=True),
        work([BR], is_retracted=None),
        work([BR], primary_location=None),
        work([BR], primary_location={"source": {"is_core": None}}),
        work([BR], is_xpac=True),
        work([BR], year=2012),
        work([BR], publication_year=None),
    ]
    assert rows_of("region_output", works)[0]["n_works_world_any"] == 0
    loose = {"types": None, "retracted": None, "core_source": None}
    assert rows_of("region_output", works, **loose)[0]["n_works_world_any"] == 5


def test_team_bounds_leave_out_what_is_too_big_or_too_small() -> None:
    works = [work([BR]), work([BR], [AR]), work([BR], [AR], [CN])]
    for bounds, expected in (
        ({"max_authors": 2}, 2),
        ({"min_authors": 2}, 2),
        ({"max_countries": 2}, 2),
        ({"min_authors": 2, "max_countries": 2}, 1),
    ):
        assert rows_of("region_output", works, **bounds)[0]["n_works_region"] == expected


def test_an_old_record_without_lineage_has_no_institution() -> None:
    old = {"id": CAS, "country_code": "CN"}
    rows = rows_of("institution_region", [work([BR], [old])])
    assert (rows[0]["n_works_institution_region"], rows[0]["n_works_home_region"]) == (0, 1)


# ---------------------------------------------------------------- two countings of real records

COUNTRY = "authorships.institutions.country_code"
LINEAGE = "authorships.institutions.lineage"
LOOSE: dict[str, Any] = {
    "types": None,
    "core_source": None,
    "region": ["SA", "BR", "MX", "AR", "US"],
}


def counts(server: OpenAlexServer, text: str, key: str) -> dict[str, int]:
    """Return the groups of works of 2007-2016, not retracted, that a filter keeps."""
    conditions = f"publication_year:2007-2016,is_retracted:false{text}"
    answer = ask(server, filter=conditions, group_by=key)
    assert answer.status == 200
    return {name.rpartition("/")[2]: count for name, count in answer.groups}


@pytest.fixture(scope="module")
def two_countings(real_records: Path) -> Iterator[tuple[OpenAlexServer, dict[str, Rows]]]:
    """Return a server of real records and the plain tables of the same."""
    lines = list(read_lines(real_records))
    tables = count_tables(map(json.loads, lines), {**SETTINGS, **LOOSE, "years": (2007, 2016)})
    with OpenAlexServer(Records(lines), per_second=False, keyless_credits=None) as server:
        yield server, tables


def by(rows: Rows, key: str, value: str, **fixed: object) -> dict[str, int]:
    """Return a column by another as text, of the rows with fixed values, without zeros."""
    wanted = [row for row in rows if all(row[name] == fixed[name] for name in fixed)]
    return {str(row[key]): row[value] for row in wanted if row[value]}


def test_server_and_plain_calculation_agree_on_years(
    two_countings: tuple[OpenAlexServer, dict[str, Rows]],
) -> None:
    server, tables = two_countings
    region, year = f",{COUNTRY}:{'|'.join(LOOSE['region'])}", "publication_year"
    for table, column, text in (
        ("region_output", "n_works_world_any", ""),
        ("region_output", "n_works_world", f",{COUNTRY}:!null"),
        ("region_output", "n_works_region", region),
        ("institution_region", "n_works_home_region", f"{region},{COUNTRY}:CN"),
        ("institution_region", "n_works_institution_region", f"{region},{LINEAGE}:I19820366"),
    ):
        found = counts(server, text, year)
        assert found == by(tables[table], "year", column), column
        assert found


def test_server_and_plain_calculation_agree_on_countries_and_teams(
    two_countings: tuple[OpenAlexServer, dict[str, Rows]],
) -> None:
    server, tables = two_countings
    region = f",{COUNTRY}:{'|'.join(LOOSE['region'])}"
    joint = f"{region},{LINEAGE}:I19820366"
    for year in range(2007, 2017):
        this_year = f",publication_year:{year}"
        found = counts(server, region + this_year, COUNTRY)
        members = {code: n for code, n in found.items() if code in LOOSE["region"]}
        partners = {code: n for code, n in found.items() if code not in LOOSE["region"]}
        assert members == by(tables["country_output"], "country_code", "n_works", year=year)
        assert partners == by(tables["region_partners"], "country_code", "n_works", year=year)
        teams = counts(server, joint + this_year, "authors_count")
        rows = [row for row in tables["team_size"] if row["year"] == year]
        for row in rows:
            most = row["authors_to"] or 10**6
            inside = [n for size, n in teams.items() if row["authors_from"] <= int(size) <= most]
            assert row["n_works_institution_region"] == sum(inside)


def test_server_and_plain_calculation_agree_on_fields(
    two_countings: tuple[OpenAlexServer, dict[str, Rows]],
) -> None:
    server, tables = two_countings
    areas = {code: code for code in LOOSE["region"]} | {"region": "|".join(LOOSE["region"])}
    top = ",citation_normalized_percentile.is_in_top_1_percent:true"
    for area, codes in {**areas, "world": "!null"}.items():
        for column, more in (("n_works", ""), ("n_top_1_percent", top)):
            found = counts(server, f",{COUNTRY}:{codes}{more}", "primary_topic.field.id")
            found = {field: n for field, n in found.items() if n}
            assert found == by(tables["fields"], "field_id", column, country_code=area)
