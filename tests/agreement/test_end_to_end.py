"""Whole runs: ask a server, build the tables, and hold them against the plain calculation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.openalex_server.server import OpenAlexServer
from tests.support.worlds import (
    World,
    count_works,
    differing_cells,
    hash_tree,
    invented_records,
    plain_tables,
    real_records,
    write_study,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.openalex_server.server import Records

#: A server that gives as little as the documentation promises: no nested groups, no more than 100
#: rows a page, no cursor without a key, short codes, and empty groups to fill up its pages.
STINGY: dict[str, Any] = {
    "nested": False,
    "max_per_page": 100,
    "keyless_cursor": "json-key",
    "bare_countries": True,
    "bare_types": True,
}
SERVERS: dict[str, dict[str, Any]] = {"generous": {}, "stingy": STINGY}
STUDIES = ("primary", "loose")


@pytest.fixture
def open_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Return a function that gives a world of some records."""
    opened: list[OpenAlexServer] = []

    def open_(records: Records, **options: Any) -> World:
        options = {"per_second": False, "keyless_credits": None, **options}
        opened.append(OpenAlexServer(records, **options).__enter__())
        return World(tmp_path / f"data{len(opened)}", opened[-1])

    yield open_
    for server in opened:
        server.__exit__(None, None, None)


def study_words(which: str, folder: Path) -> list[str]:
    return [] if which == "primary" else ["--study", write_study(folder)]


@pytest.mark.parametrize("which", STUDIES)
@pytest.mark.parametrize("server", SERVERS)
def test_tables_of_an_invented_world_are_those_of_the_plain_calculation(
    which: str, server: str, open_world: Callable[..., World], tmp_path: Path
) -> None:
    world = open_world(invented_records(), **SERVERS[server])
    ran = world.run("refresh", "--json", *study_words(which, tmp_path))
    assert (ran.code, ran.err.count("error")) == (0, 0)
    expected = plain_tables(which)
    assert differing_cells(world.processed, expected) == []
    assert min(count_works(expected).values()) > 30
    print(which, server, count_works(expected), ran.json["calls_made"], "calls")


@pytest.mark.parametrize("which", STUDIES)
@pytest.mark.parametrize("server", SERVERS)
def test_tables_of_real_records_are_those_of_the_plain_calculation(
    which: str, server: str, open_world: Callable[..., World], tmp_path: Path, real_file: Path
) -> None:
    world = open_world(real_records(real_file), **SERVERS[server])
    ran = world.run("refresh", "--json", *study_words(which, tmp_path))
    assert (ran.code, ran.err.count("error")) == (0, 0)
    expected = plain_tables(which, real_file)
    assert differing_cells(world.processed, expected) == []
    assert count_works(expected)["n_works_region"] > 0
    print(which, server, count_works(expected), ran.json["calls_made"], "calls")


@pytest.fixture
def real_file(request: pytest.FixtureRequest) -> Path:
    """Return the file of real records, or skip."""
    path: Path = request.getfixturevalue("real_records")
    return path


def test_the_invented_world_holds_what_trips_a_counter_over() -> None:
    rows = plain_tables("primary")["region_partners"]
    partners = [row["country_code"] for row in rows if row["year"] == 2010 and row["n_works"]]
    assert len(partners) > 200
    assert "NA" in partners


@pytest.mark.slow
def test_offline_gives_the_same_bytes_again(
    open_world: Callable[..., World], tmp_path: Path
) -> None:
    world = open_world(invented_records())
    assert world.run("refresh", "--quiet", drawn=True).code == 0
    world.server.__exit__(None, None, None)
    again = world.run("refresh", "--offline", "--quiet", "--to", str(tmp_path / "b"), drawn=True)
    assert (again.code, again.out, again.err) == (0, "", "")
    assert relative_hashes(tmp_path / "b") == relative_hashes(world.processed)
    assert len(list((world.processed / "figures").glob("*.svg"))) >= 8


def relative_hashes(folder: Path) -> dict[str, str]:
    return {path.removeprefix(str(folder)): found for path, found in hash_tree(folder).items()}
