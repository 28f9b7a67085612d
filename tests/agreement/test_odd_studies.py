"""Odd studies of an invented world: every table, from both sources, against plain loops."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.snapshot.narrow import narrow_release
from bibliometrics.study.plan import PLAN
from tests.support.openalex_server.client import field, place, work
from tests.support.openalex_server.server import OpenAlexServer, read_works
from tests.support.oracle.profile import count_profile
from tests.support.oracle.sensitivity import BY_ADDRESS
from tests.support.oracle.tables import count_tables
from tests.support.snapshot_release import write_release
from tests.support.worlds import (
    DEFINITIONS,
    PLAIN,
    World,
    all_countries,
    differing_cells,
    read_csv,
    read_toml,
    region_codes,
    somewhere,
    write_study,
)

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]

#: An institution with a parent abroad, institutes of its own, one of them in the region.
PARENT, HOUSE, INSTITUTE, ABROAD = 700_001, 700_002, 700_003, 700_004
PLACES = (
    place(HOUSE, "FR", PARENT),
    place(INSTITUTE, "FR", HOUSE, PARENT),
    place(ABROAD, "SN", HOUSE, PARENT),
    place(PARENT, "DE"),
)
KINDS = ("education", "facility", "company", "government", None)
THEMES = read_toml(DEFINITIONS / "themes.toml")
BUSY = (*region_codes("africa54"), "FR", "FR", "FR", "DE", "US", "CN", "BR", "GB")

STUDY = """
[study]
id = "odd"
title = "A house with a parent abroad and an institute in the region"
years = [{first}, {last}]
institution = "house"
region = "{region}"
home = ["FR"]
top_country = "{top}"
source = "a test"

[primary]
types = ["article", "review"]
retracted = false
core_source = true
{primary}

[institutions.house]
id = "I700002"
name = "House"
country = "FR"
source = "a test"
"""

CASES: dict[str, tuple[Row, Row]] = {
    "54 countries": ({}, {}),
    "at most 20 authors": ({"primary": "max_authors = 20"}, {"max_authors": 20}),
    "at most 50 authors and 2 countries": (
        {"primary": "max_authors = 50\nmax_countries = 2"},
        {"max_authors": 50, "max_countries": 2},
    ),
    "one year": ({"first": 2012, "last": 2012}, {"years": (2012, 2012)}),
    "years without works": ({"first": 1990, "last": 1992}, {"years": (1990, 1992)}),
    "the house itself": ({"primary": 'institution = "exact"'}, {"rule": "exact"}),
    "another region": ({"region": "asean11", "top": "ID"}, {"region": region_codes("asean11")}),
}


def typed(one: Row) -> Row:
    number = int(one["id"].rpartition("I")[2])
    return {**one, "type": KINDS[number % len(KINDS)]}


@cache
def some_works() -> tuple[Row, ...]:
    """Return 700 invented works of 2008 to 2013, some of everybody."""
    dice, found = random.Random(20261126), []
    for number in range(1, 701):
        size = dice.choice((1, 2, 2, 3, 4, 6, 9, 15, 25, 60))
        team = [[somewhere(dice.choice(BUSY), dice.randrange(2))] for _ in range(size)]
        if dice.random() < 0.5:
            team.insert(dice.randrange(size + 1), [dice.choice(PLACES)])
        if number % 100 == 0:
            team += [[somewhere(name)] for name in all_countries()]
        code = dice.randrange(11, 37)
        subject = {**field(code), "id": "https://openalex.org/T10029"}
        subject["subfield"] = {"id": f"https://openalex.org/subfields/{code * 100 + number % 3}"}
        top = dice.random() < 0.2
        rank = {"is_in_top_1_percent": top, "is_in_top_10_percent": top or dice.random() < 0.2}
        details = {
            **PLAIN,
            "type": dice.choice(("article", "article", "review", "letter")),
            "publication_year": dice.randrange(2008, 2014),
            "primary_topic": subject if number % 9 else None,
            "citation_normalized_percentile": rank,
        }
        made = work(number, *[[typed(one) for one in places] for places in team], **details)
        found.append(made)
    return tuple(found)


def expected_tables(changes: Row) -> dict[str, list[Row]]:
    settings = {
        "years": (2009, 2012),
        "region": region_codes("africa54"),
        "home": ["FR"],
        "institution": f"I{HOUSE}",
        "types": ("article", "review"),
        "retracted": False,
        "core_source": True,
        "themes": THEMES,
        **changes,
    }
    works = list(some_works())
    return {**count_tables(works, settings), **count_profile(works, settings)}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_every_table_of_an_odd_study_is_that_of_plain_loops(case: str, tmp_path: Path) -> None:
    told, changes = CASES[case]
    words = {"first": 2009, "last": 2012, "region": "africa54", "top": "SN", "primary": "", **told}
    study = write_study(tmp_path, STUDY.format(**words), "odd")
    works = list(some_works())
    records = read_works(works)
    places = list(records.institutions.read_all())
    release = write_release(tmp_path / "release", {"part_0000": works}, institutions=places)
    narrow_release(str(release), tmp_path / "n")
    with OpenAlexServer(records, per_second=False, keyless_credits=None) as server:
        world = World(tmp_path / "data", server)
        parts = ",".join(part for part in PLAN if part != "coverage")
        asked = world.run("refresh", "--json", "--study", study, "--parts", parts)
        assert (asked.code, asked.err.count("error")) == (0, 0), asked.err
        place_of = ("--source", "snapshot", "--narrow", str(tmp_path / "n"))
        other = World(tmp_path / "other", server)
        counted = other.run("refresh", "--json", "--study", study, "--parts", parts, *place_of)
        assert (counted.code, counted.err.count("error")) == (0, 0), counted.err
    expected = expected_tables(changes)
    n_rows = sum(map(len, expected.values()))
    assert n_rows > 100
    for row in expected["institution_types"]:
        row.pop("n_works_home")  # of a snapshot only
    for build in (world.processed, other.processed):
        assert [cell for cell in differing_cells(build, expected) if "columns" not in cell] == []
    for name in ("readings", "specifications", "claim_counts"):
        files = (folder / f"{name}.csv" for folder in (world.processed, other.processed))
        asked_rows, counted_rows = map(read_csv, files)
        lacking = [row for row in asked_rows if row not in counted_rows]
        assert [row for row in asked_rows if row in counted_rows] == counted_rows
        assert {row.get("specification") for row in lacking} <= {BY_ADDRESS}, name
