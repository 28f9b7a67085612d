"""Readings and lenses: whole runs by every source against plain loops."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.snapshot.narrow import narrow_release
from bibliometrics.study.model import load_study
from bibliometrics.study.specifications import list_suspects
from tests.support.openalex_server.index import read_lines
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.oracle.sensitivity import BY_ADDRESS, count_specifications
from tests.support.oracle.works import Row, countries_of
from tests.support.snapshot_release import write_release
from tests.support.worlds import (
    ACADEMY,
    LOOSE,
    PRIMARY,
    UCAS,
    USTC,
    World,
    differing_cells,
    invented_records,
    invented_works,
    real_records,
    region_codes,
    write_study,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PARTS = ("--parts", "readings")
FREE: dict[str, Any] = {"per_second": False, "keyless_credits": None}
READINGS = {
    "Latin America and the Caribbean with Puerto Rico": "celac33_pr",
    "Latin America and the Caribbean with territories": "celac33_territories",
}
REGIONS = {"Latin-language states of America": "latin20"}
ADDRESS = "Institute of Physics, Chinese Academy of Sciences, Beijing"
SETTINGS: dict[str, Row] = {
    "primary": {
        **PRIMARY,
        "institution": f"I{ACADEMY}",
        "parts": {"USTC": f"I{USTC}", "UCAS": f"I{UCAS}"},
        "readings": {name: region_codes(key) for name, key in READINGS.items()},
        "regions": {name: region_codes(key) for name, key in REGIONS.items()},
        "homes": {"with Hong Kong and Macao": ["CN", "HK", "MO"], "with Taiwan": ["CN", "TW"]},
        "suspects": ["I87182695"],
        "top": "BR",
        "names": {
            "region": "Latin America and the Caribbean",
            "home": "CN",
            "institution": "Chinese Academy of Sciences",
        },
    },
    "loose": {
        **LOOSE,
        "parts": {},
        "readings": {},
        "regions": {},
        "homes": {},
        "suspects": ["I87182695"],
        "top": "BR",
        "names": {
            "region": "The Americas south of the United States",
            "home": "CN, HK, MO",
            "institution": "Chinese Academy of Sciences",
        },
        "own_types": "every type",
    },
}


def expected_tables(
    which: str, works: Iterable[Row], *, texts: bool = True
) -> dict[str, list[Row]]:
    return {"specifications": count_specifications(list(works), SETTINGS[which], texts=texts)}


def odd_works() -> list[Row]:
    """Return the invented works of the region, some with a suspect institution or an address."""
    region = set(region_codes("celac33_territories"))
    works = [dict(work) for work in invented_works() if countries_of(work) & region]
    suspect = {
        "id": "https://openalex.org/I87182695",
        "country_code": "MX",
        "lineage": ["https://openalex.org/I87182695"],
    }
    for work in works[::7]:
        author = {"institutions": [suspect], "countries": ["MX"]}
        work["authorships"] = [*(work.get("authorships") or []), author]
    for work in works[::3]:
        first, *others = work["authorships"]
        work["authorships"] = [{**first, "raw_affiliation_strings": [ADDRESS]}, *others]
    return works


@pytest.fixture
def open_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Return a function that gives a world of some records."""
    opened: list[OpenAlexServer] = []

    def open_(records: Any, **options: Any) -> World:
        opened.append(OpenAlexServer(records, **{**FREE, **options}).__enter__())
        return World(tmp_path / f"data{len(opened)}", opened[-1])

    yield open_
    for server in opened:
        server.__exit__(None, None, None)


@pytest.mark.slow
def test_tables_from_the_api_are_those_of_the_plain_calculation(
    open_world: Callable[..., World],
) -> None:
    works = odd_works()
    world = open_world(works)
    least, most = world.run("plan", "--json", *PARTS).json["credits"]
    ran = world.run("refresh", "--json", *PARTS)
    assert (ran.code, ran.err.count("error")) == (0, 0)
    assert "specifications" not in ran.json["waiting"]
    expected = expected_tables("primary", works)
    assert differing_cells(world.processed, expected) == []
    rows = [row for row in expected["specifications"] if row["year"] == 2016]
    assert len({row["n_works_institution_region"] for row in rows}) > 3
    spent = ran.json["provenance"]["credits"]
    assert least <= spent <= min(most, 600)
    assert {row["n_works_top_country"] for row in rows if row["specification"] == BY_ADDRESS} != {0}
    twice = Counter(request.target for request in world.server.requests)
    assert sum(twice.values()) - len(twice) <= 4  # two questions are repeated at the end
    print(len(rows), "specifications", spent, "credits, planned", least, "to", most)


def test_tables_of_real_records_are_those_of_the_plain_calculation(
    open_world: Callable[..., World], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    path: Path = request.getfixturevalue("real_records")
    world = open_world(real_records(path))
    ran = world.run("refresh", "--json", *PARTS, "--study", write_study(tmp_path))
    assert (ran.code, ran.err.count("error")) == (0, 0)
    expected = expected_tables("loose", map(json.loads, read_lines(path)))
    assert differing_cells(world.processed, expected) == []
    assert sum(row["n_works_institution_region"] for row in expected["specifications"]) > 0


def test_tables_from_a_snapshot_are_those_of_the_plain_calculation(
    open_world: Callable[..., World], tmp_path: Path
) -> None:
    works = odd_works()
    release = write_release(tmp_path / "release", {"part_0000": works})
    narrow_release(str(release), tmp_path / "narrow")
    world = open_world([])
    words = ("--source", "snapshot", "--narrow", str(tmp_path / "narrow"))
    ran = world.run("refresh", "--json", *PARTS, *words, "--study", write_study(tmp_path))
    assert (ran.code, ran.err.count("error")) == (0, 0)
    assert differing_cells(world.processed, expected_tables("loose", works, texts=False)) == []
    assert world.server.requests == []


@pytest.mark.slow
def test_readings_beyond_the_day_s_budget_goes_on_the_next_day(
    open_world: Callable[..., World], tmp_path: Path
) -> None:
    start = datetime(2026, 11, 24, 9, tzinfo=UTC)
    world = open_world(invented_records(), keyless_credits=90, start=start)
    words = ("refresh", "--parts", "readings", "--json", "--study", write_study(tmp_path))
    days = 1
    while (ran := world.run(*words)).code and days < 6:
        assert ran.code == 6
        assert "reset" in ran.error
        assert not world.processed.exists()
        world.server.clock.to_next_day()
        days += 1
    assert ran.code == 0
    credits = ran.json["provenance"]["credits"]
    assert days == -(-credits // 90)
    expected = expected_tables("loose", invented_works())["specifications"]
    assert differing_cells(world.processed, {"specifications": expected}) == []
    assert len(list(world.pulls.iterdir())) == 1
    answered = [one.target for one in world.server.requests if one.status == 200]
    assert len(answered) - len(set(answered)) <= 2 + 2 * days  # checks, repeats at the end
    print(credits, "credits in", days, "days")


def test_the_plan_tells_what_each_part_costs(open_world: Callable[..., World]) -> None:
    told = open_world([]).run("plan", "--all", "--json").json
    assert {"readings", "specifications", "claim_counts", "coverage"} <= set(told["tables"])
    assert sum(row["least"] for row in told["tables"].values()) == told["credits"][0]
    assert told["credits"][0] < 850
    usual = open_world([]).run("plan", "--json").json
    assert {"readings", "specifications"}.isdisjoint(usual["tables"])
    assert open_world([]).run("plan", "--all", "--parts", "readings").code == 2


def test_the_invented_suspect_is_one_of_the_definitions() -> None:
    assert "I87182695" in {entry["id"] for entry in list_suspects(load_study())}
