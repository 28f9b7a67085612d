"""Which institutions cooperate, from API and snapshot: whole runs against plain loops."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics import snapshot
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.openalex.units import LARGEST, count_institutions
from bibliometrics.study.model import load_study
from bibliometrics.tables.profile import build_cooperation_institutions
from tests.support.openalex_server.client import place, work
from tests.support.openalex_server.faults import Fault
from tests.support.openalex_server.server import OpenAlexServer, read_works
from tests.support.oracle.profile import count_institutions as count_plainly
from tests.support.snapshot_release import write_institutions, write_release
from tests.support.worlds import (
    ACADEMY,
    LOOSE,
    PLAIN,
    PRIMARY,
    USTC,
    World,
    invented_records,
    invented_works,
    read_csv,
    write_study,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.openalex_server.http import Request

FREE: dict[str, Any] = {"per_second": False, "keyless_credits": None}
STUDY = load_study()
SIDES = ("institution", "region", "home")


def ask(study: Any, works: Any) -> tuple[list[dict[str, Any]], int]:
    """Return the rows that the API's way gives, and its calls."""
    with (
        OpenAlexServer(works, **FREE) as server,
        OpenAlex(None, base_url=server.url, rate=100, sleep=lambda seconds: None) as api,
    ):
        frame = build_cooperation_institutions(study, count_institutions(study, api))
        return frame.to_dict("records"), api.calls


def ask_release(
    study: Any, works: list[dict[str, Any]], folder: Path, kind: str = "parquet"
) -> list[dict[str, Any]]:
    """Return the rows that a snapshot gives whose institutions are those that the API lists."""
    known = list(read_works(works).institutions.read_all())
    release = write_release(folder / "release", {"a": works}, kind=kind, institutions=known)
    snapshot.narrow_release(str(release), folder / "narrow")
    source = snapshot.Snapshot(folder / "narrow")
    try:
        frame = build_cooperation_institutions(study, snapshot.count_institutions(study, source))
    finally:
        source.close()
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return rows


def check(rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> dict[str, bool]:
    """Hold rows against plain loops; return which sides say that nobody is missing."""
    marks = {row["side"]: row["list_complete"] for row in rows}
    found = without_marks(rows)
    assert [row for row in found if row not in expected] == []
    for side in SIDES:
        every = [row for row in expected if row["side"] == side]
        teams = sorted((row["n_works_small_teams"] for row in every), reverse=True)
        least = 0 if marks[side] else max(1, [*teams, *[0] * LARGEST][LARGEST - 1])
        wanted = [row for row in every if row["n_works_small_teams"] >= least]
        assert [row for row in wanted if row not in found] == [], side
    order = [(row["side"], -row["n_works"], row["institution_id"]) for row in rows]
    assert order == sorted(order)
    return marks


@pytest.mark.parametrize("which", ["primary", "loose", "minus"])
def test_every_institution_has_its_exact_number_of_works(which: str, tmp_path: Path) -> None:
    study, settings = {
        "primary": lambda: (STUDY, PRIMARY),
        "loose": lambda: (load_study(write_study(tmp_path)), LOOSE),
        "minus": lambda: (
            replace(STUDY, primary=replace(STUDY.primary, institution="minus:ustc")),
            {**PRIMARY, "rule": "minus", "parts": [f"I{USTC}"]},
        ),
    }[which]()
    works = [one for one in invented_works() if len(one["authorships"]) < 150]
    rows, calls = ask(study, works)
    assert check(rows, count_plainly(works, settings)) == dict.fromkeys(SIDES, True)
    assert calls <= 10
    assert ask_release(study, works, tmp_path) == rows
    rows, _ = ask(study, invented_records())
    expected = count_plainly(invented_works(), settings)
    check(rows, expected)
    whole = ask_release(study, list(invented_works()), tmp_path / "whole", "jsonl")
    assert without_marks(whole) == expected
    assert [row for row in without_marks(rows) if row not in without_marks(whole)] == []


def without_marks(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without what they say of their list."""
    return [{name: row[name] for name in row if name != "list_complete"} for row in rows]


def crowded_world() -> list[dict[str, Any]]:
    """Return works of 150 units, few of them with many works, and of 320 institutions elsewhere."""
    dice = random.Random(5)
    units = [place(4_300_000_000 + n, "CN", ACADEMY) for n in range(150)]
    weights = [1 / (1 + n) for n in range(150)]
    others = [place(6_000_000_000 + n, ("BR", "CL", "MX", "CN")[n % 4]) for n in range(320)]
    works = []
    for number in range(700):
        team = dice.choices(units, weights, k=dice.choice((1, 1, 2))) if number % 5 else []
        team += dice.sample(others[: 40 + number], dice.choice((1, 2, 3)))
        works.append(work(number, *([one] for one in team), **PLAIN, publication_year=2010))
    for number in range(700, 706):
        crowd = [*units[:12], *dice.sample(others, 240)]
        crowd += [dice.choice(crowd) for _ in range(130)]
        works.append(work(number, *([one] for one in crowd), **PLAIN, publication_year=2012))
    return works


def test_where_a_page_cannot_hold_all_every_number_is_exact_and_lists_say_they_are_not_whole(
    tmp_path: Path,
) -> None:
    works = crowded_world()
    expected = count_plainly(works, PRIMARY)
    rows, calls = ask(STUDY, works)
    assert check(rows, expected) == {"institution": True, "region": False, "home": False}
    assert sum(row["side"] == "institution" for row in rows) > 80
    assert calls <= 60
    whole = ask_release(STUDY, works, tmp_path)
    assert without_marks(whole) == expected
    assert {row["list_complete"] for row in whole} == {True}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a world of invented works."""
    with OpenAlexServer(invented_records(), **FREE) as server:
        yield World(tmp_path / "data", server)


def test_a_refresh_has_the_table_and_its_pull_gives_it_again_without_network(world: World) -> None:
    ran = world.run("refresh", "--parts", "profile", "--quiet")
    assert ran.code == 0, ran.err
    path = world.processed / "cooperation_institutions.csv"
    first = path.read_bytes()
    rows = read_csv(path)
    order = [(row["side"], -int(row["n_works"]), row["institution_id"]) for row in rows]
    assert order == sorted(order)
    before = len(world.server.requests)
    assert world.run("refresh", "--offline", "--quiet").code == 0
    assert path.read_bytes() == first
    assert len(world.server.requests) == before
    credits = world.run("refresh", "--offline", "--json").json["provenance"]["credits"]
    planned = world.run("plan", "--parts", "profile", "--json").json
    assert planned["tables"]["cooperation_institutions"]["least"] <= 10
    assert planned["credits"][0] <= credits


def test_a_release_without_institutions_has_no_such_table_and_says_why(
    world: World, tmp_path: Path
) -> None:
    words = ("--source", "snapshot", "--narrow", str(tmp_path / "narrow"), "--parts", "profile")
    release = write_release(tmp_path / "release", {"a": list(invented_works())})
    snapshot.narrow_release(str(release), tmp_path / "narrow")
    ran = world.run("refresh", *words, "--to", str(tmp_path / "build"))
    assert ran.code == 0, ran.err
    assert "institutions are not counted one by one: the release has no folder" in ran.out
    assert not (tmp_path / "build" / "cooperation_institutions.csv").exists()
    write_institutions(release, list(invented_records().institutions.read_all()))
    snapshot.narrow_release(str(release), tmp_path / "narrow")  # makes what was not there
    ran = world.run("refresh", *words, "--to", str(tmp_path / "build"))
    assert "not counted one by one" not in ran.out
    rows = read_csv(tmp_path / "build" / "cooperation_institutions.csv")
    assert len(rows) == len(count_plainly(invented_works(), PRIMARY))


def test_what_cannot_be_listed_is_a_note_and_no_error(world: World) -> None:
    def script(number: int, request: Request) -> Fault | None:
        by_id = request.path == "/institutions" and "id:I" in request.params.get("filter", "")
        return Fault("bad_query") if by_id else None

    world.server.faults.script = script
    ran = world.run("refresh", "--parts", "profile")
    assert ran.code == 0, ran.err
    assert "institutions are not counted one by one" in ran.out + ran.err
    assert not (world.processed / "cooperation_institutions.csv").exists()
    assert (world.processed / "ties.csv").exists()
