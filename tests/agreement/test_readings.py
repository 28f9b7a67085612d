"""Readings of the document: a whole run against plain loops, and the tests that hold in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from bibliometrics.claims.grading import grade_claims
from bibliometrics.study.model import load_study
from bibliometrics.study.specifications import list_readings
from tests.agreement.test_specifications import FREE, SETTINGS, odd_works
from tests.support import claim_worlds as worlds
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.oracle.sensitivity import SOURCES, TYPES, institution_rules, read_facts
from tests.support.worlds import World, region_codes

if TYPE_CHECKING:
    from collections.abc import Iterator

REGIONS = {
    "Latin America and the Caribbean": "celac33",
    "Latin America and the Caribbean with Puerto Rico": "celac33_pr",
    "Latin America and the Caribbean with territories": "celac33_territories",
}


def test_readings_are_types_sources_institution_and_lists_of_the_region() -> None:
    readings = list_readings(load_study())
    assert len(readings) == len({one.id for one in readings}) == 3 * 2 * 3 * 3
    assert sum(one.is_primary for one in readings) == 1


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    works = odd_works()
    with OpenAlexServer(works, **FREE) as server:
        yield World(tmp_path_factory.mktemp("readings"), server)


def expected_rows() -> dict[tuple[str, str, int, str], int]:
    """Count every reading by loops over the records."""
    settings = SETTINGS["primary"]
    facts, rules = read_facts(odd_works(), settings), institution_rules(settings)
    rules = {name: rule for name, rule in rules.items() if name.startswith(("lineage", "minus"))}
    rows: dict[tuple[str, str, int, str], int] = {}
    for kind in list(TYPES)[:3]:
        for source in SOURCES:
            works = [one for one in facts if TYPES[kind](one.kind) and SOURCES[source](one.core)]
            for rule, is_there in rules.items():
                for name, key in REGIONS.items():
                    reading = " | ".join((kind, source, rule, name))
                    codes = set(region_codes(key))
                    for year in range(settings["years"][0], settings["years"][1] + 1):
                        mine = [one for one in works if one.year == year]
                        inside = [one for one in mine if one.countries & codes]
                        both = [one for one in inside if is_there(one)]
                        wholes = {
                            "n_works_institution_region": len(both),
                            "n_works_home_region": sum("CN" in one.countries for one in inside),
                        }
                        parts = {"n_works_institution_country": both}
                        if rule == "lineage":
                            wholes["n_works_region"] = len(inside)
                            wholes["n_works_world"] = sum(bool(one.countries) for one in mine)
                            parts["n_works_country"] = inside
                        for quantity, number in wholes.items():
                            rows[reading, quantity, year, ""] = number
                        for quantity, some in parts.items():
                            for code in codes:
                                number = sum(code in one.countries for one in some)
                                rows[reading, quantity, year, code] = number
    return rows


@pytest.mark.slow
def test_the_table_of_readings_is_that_of_the_plain_calculation(world: World) -> None:
    ran = world.run("refresh", "--json", "--parts", "figures,readings")
    assert (ran.code, ran.err.count("error")) == (0, 0)
    table = pd.read_csv(world.processed / "readings.csv", keep_default_na=False)
    keys = ["reading", "quantity", "year", "country_code"]
    found = {tuple(row[:4]): row[4] for row in table[[*keys, "n_works"]].to_numpy().tolist()}
    assert found == expected_rows()
    claims = pd.read_csv(world.processed / "claims.csv", keep_default_na=False)
    own = claims[claims["evidence"] == "openalex"].set_index("test_id")
    assert set(own["readings_total"]) - {""}


def reading_rows(name: str, tables: worlds.Tables, *, of_region: bool) -> list[dict[str, Any]]:
    rows = []
    told = {
        "institution_region": ["n_works_institution_region", "n_works_home_region"],
        **({"region_output": ["n_works_region", "n_works_world"]} if of_region else {}),
    }
    for table, quantities in told.items():
        for quantity in quantities:
            for year, number in tables[table][["year", quantity]].to_numpy().tolist():
                rows.append((name, quantity, int(year), None, number))
    parts = {"institution_partners": "n_works_institution_country"}
    parts |= {"country_output": "n_works_country"} if of_region else {}
    for table, quantity in parts.items():
        for year, code, number in tables[table].to_numpy().tolist():
            rows.append((name, quantity, int(year), code, number))
    columns = ["reading", "quantity", "year", "country_code", "n_works"]
    return [dict(zip(columns, row, strict=True)) for row in rows]


def test_a_test_says_in_how_many_distinct_readings_it_holds() -> None:
    perfect, other, empty = (worlds.perfect_tables() for _ in range(3))
    worlds.scale("country_output", "n_works", 0.5, country_code="BR")(other)
    worlds.STATED["P20a"][2](other)
    worlds.scale("institution_region", worlds.JOINT_COLUMN, 0)(empty)
    worlds.scale("institution_region", "n_works_home_region", 0)(empty)
    rows = [
        *reading_rows("a", perfect, of_region=True),
        *reading_rows("b", other, of_region=True),
        *reading_rows("c", empty, of_region=False),
    ]
    graded = grade_claims(
        load_study(), worlds.LEDGER, perfect | {"readings": pd.DataFrame(rows)}, "openalex"
    )
    said = {
        row["test_id"]: (row["readings_hold"], row["readings_total"])
        for row in graded
        if row["evidence"] == "openalex"
    }
    assert said["P07a"] == (1, 2)  # the institution doesn't touch figures 1 and 2
    assert said["P08a"] == (2, 2)
    assert said["P20a"] == (1, 2)  # a reading in which it isn't counted leaves both numbers
    assert said["P13a"] == (None, None)
    marks = {row["test_id"]: row["mark"] for row in graded if row["evidence"] == "openalex"}
    assert "holds in 1 of 2 readings" in marks["P07a"]
