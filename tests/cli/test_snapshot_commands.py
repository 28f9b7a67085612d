"""The commands of the snapshot, from a release to tables and SQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from bibliometrics.cli.snapshot import describe_progress
from bibliometrics.snapshot.narrow import Progress, narrow_release
from bibliometrics.study.model import load_study
from bibliometrics.study.plan import build_plan
from tests.support.make_sample import FOLDER, N_WORKS
from tests.support.random_worlds import ACADEMY, BELOW, CHILE, make_record
from tests.support.snapshot_release import write_release
from tests.support.worlds import World, read_csv

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "https://openalex.org/"
SAMPLE = str(FOLDER)


class NoServer:
    """An address where nobody listens: these commands need no network."""

    url = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    server: Any = NoServer()
    return World(tmp_path_factory.mktemp("data"), server)


@pytest.fixture(scope="module")
def table(world: World) -> Path:
    """Return the narrow table of the sample."""
    narrow_release(SAMPLE, world.data / "table", years=(2007, 2016))
    return world.data / "table"


# --------------------------------------------------------------------------------------- narrow --


def test_a_dry_run_extrapolates_and_the_next_run_goes_on(world: World, tmp_path: Path) -> None:
    words = ("snapshot", "narrow", SAMPLE, "--to", str(tmp_path / "t"), "--jobs", "1")
    dry = world.run(*words, "--files", "1")
    assert dry.code == 0
    assert "not complete" in dry.out
    assert "the whole release at this speed" in dry.out
    assert "1 of 1 files" in dry.err
    whole = world.run(*words, "--json")
    assert whole.json["complete"] is True
    assert whole.json["rows"] == N_WORKS
    assert whole.json["rows"] == whole.json["rows_kept"] + sum(whole.json["dropped"].values())
    assert "3 of 3 files" not in whole.err
    assert "4 of 4 files" in whole.err
    again = world.run(*words, "--quiet")
    assert (again.code, again.out, again.err) == (0, "", "")


def test_years_are_kept_and_said(world: World, tmp_path: Path) -> None:
    words = ("snapshot", "narrow", SAMPLE, "--to", str(tmp_path), "--years", "2010-2011")
    ran = world.run(*words)
    assert ran.code == 0
    assert "complete: count with `refresh --source snapshot --narrow" in ran.out
    assert "outside the years" in ran.out
    assert "SYNTHETIC release of 2026-11-22" in ran.out
    assert json.loads((tmp_path / "release.json").read_text("utf-8"))["years"] == [2010, 2011]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--years", "2016-2007"), "no span of years"),
        (("--years", "then"), "no span of years"),
        (("--jobs", "0"), "not a whole number above 0"),
        (("--files", "x"), "not a whole number above 0"),
    ],
)
def test_unusable_numbers_are_refused_before_any_work(
    words: tuple[str, str], said: str, world: World, tmp_path: Path
) -> None:
    ran = world.run("snapshot", "narrow", SAMPLE, "--to", str(tmp_path / "t"), *words)
    assert (ran.code, said in ran.error) == (2, True)
    assert not (tmp_path / "t").exists()


def test_a_place_without_a_release_is_refused(world: World, tmp_path: Path) -> None:
    ran = world.run("snapshot", "narrow", str(tmp_path), "--to", str(tmp_path / "t"), "--json")
    assert ran.code == ran.json["exit_code"] == 14
    assert "manifest.json" in ran.error


def test_progress_says_rows_bytes_speed_and_time_left() -> None:
    begun = Progress("a", 0, 3, 0, 0, 0, 0.0, None)
    assert describe_progress(begun) == "0 rows (0 kept), 0.0 MB read"
    far = Progress("a", 1, 3, 2_000_000, 10, 3_400_000_000, 1000.0, 600.0)
    assert describe_progress(far) == (
        "2,000,000 rows (10 kept), 3.40 GB read, 2,000 rows/s, 10 min left"
    )


# --------------------------------------------------------------------------------------- counts --


def test_refresh_counts_on_a_narrow_table_and_says_where_it_is_from(
    world: World, tmp_path: Path
) -> None:
    works = [
        make_record(number, [[place(BELOW, "CN")], [place(CHILE, "CL")]], **ORDINARY)
        for number in range(7)
    ]
    release = write_release(tmp_path / "release", {"part_0000": works}, date="2026-09-23")
    assert world.run("snapshot", "narrow", str(release), "--to", str(tmp_path / "t")).code == 0
    source = ("--source", "snapshot", "--narrow", str(tmp_path / "t"))
    ran = world.run("refresh", *source, "--to", str(tmp_path / "b"), "--parts", "figures", "--json")
    told = ran.json["provenance"]
    assert (told["source"], told["pull"], told["synthetic"]) == (
        "snapshot",
        "release 2026-09-23",
        False,
    )
    manifest = json.loads((tmp_path / "t" / "release.json").read_text("utf-8"))["manifest_sha256"]
    assert told["answers_sha256"] == manifest
    assert "7 works kept of 7 records" in told["notes"]
    rows = {row["year"]: row for row in read_csv(tmp_path / "b" / "institution_region.csv")}
    assert rows["2010"]["n_works_institution_region"] == "7"
    assert rows["2011"]["n_works_institution_region"] == "0"


ORDINARY = {
    "publication_year": 2010,
    "type": "article",
    "is_retracted": False,
    "primary_location": {"source": {"id": BASE + "S10", "is_core": True}},
    "primary_topic": {"id": BASE + "T1", "field": {"id": BASE + "fields/31"}},
}


def place(name: str, code: str) -> dict[str, Any]:
    above = [BASE + ACADEMY] if name == BELOW else []
    return {"id": BASE + name, "country_code": code, "lineage": [*above, BASE + name]}


def test_the_sample_is_never_counted_as_a_real_snapshot(
    world: World, table: Path, tmp_path: Path
) -> None:
    source = ("--source", "snapshot", "--narrow", str(table))
    ran = world.run("refresh", *source, "--to", str(tmp_path / "b"))
    assert (ran.code, "are synthetic" in ran.error) == (3, True)
    assert not (tmp_path / "b").exists()


def test_a_build_of_the_sample_is_marked_and_has_no_verdicts(world: World, tmp_path: Path) -> None:
    ran = world.run(
        "refresh", "--source", "sample", "--to", str(tmp_path / "b"), "--parts", "figures",
        drawn=True,
    )  # fmt: skip
    assert ran.code == 0
    assert ran.out.startswith("SYNTHETIC build")
    assert read_csv(tmp_path / "b" / "claims.csv") == []
    assert read_csv(tmp_path / "b" / "witnesses.csv") == []
    figures = sorted((tmp_path / "b" / "figures").glob("figure[1-5]_*.svg"))
    assert len(figures) == 5
    for path in figures:
        text = path.read_text("utf-8")
        assert "SYNTHETIC" in text, path.name
        assert "Tong" not in text, path.name


# ------------------------------------------------------------------------------------------ SQL --


@pytest.fixture(scope="module")
def official() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection with the official columns of one part as a view of the printed kind."""
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE VIEW works AS SELECT * FROM read_parquet('{SAMPLE}/works/"
            "updated_date=2026-03-30/*.parquet', hive_partitioning = false)"
        )
        yield connection


def test_printed_sql_runs_as_it_is(world: World, official: duckdb.DuckDBPyConnection) -> None:
    ran = world.run("snapshot", "sql", "--dialect", "duckdb", "--parts", "team_size")
    assert ran.out.startswith("-- CREATE VIEW works AS SELECT * FROM read_parquet(")
    assert ran.out.count("\n-- ") == 7
    statements = ran.out.split(";\n")[1:-1]
    assert len(statements) == 7
    for statement in statements:
        assert official.execute(statement).description[-1][0] == "n_works"


def test_sql_of_every_question_as_json(world: World) -> None:
    ran = world.run("snapshot", "sql", "--parts", "figures", "--json")
    rows = ran.json["questions"]
    planned = build_plan(load_study(), ("figures",))
    assert [row["question"] for row in rows] == [item.question.key for item in planned]
    assert all("`subugoe-collaborative`.`openalex_walden`.`works`" in row["sql"] for row in rows)
    own = world.run("snapshot", "sql", "--parts", "figures", "--dialect", "spark", "--table", "w")
    assert "FROM `w`" in own.out
    assert "CREATE" not in own.out
