"""What is in a build, and how old it is."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bibliometrics.cli import plan as inventory
from bibliometrics.errors import TableError
from bibliometrics.tables.schema import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.worlds import World

NOW = datetime(2026, 12, 11, 12, tzinfo=UTC)


def pretend(folder: Path, **values: object) -> None:
    """Write other values into the provenance of a build."""
    path = folder / "datapackage.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["bibliometrics"] |= values
    path.write_text(json.dumps(told), encoding="utf-8")


def test_every_table_is_listed_present_or_waiting(witness_build: Path) -> None:
    listed = inventory.list_tables(witness_build)
    assert [entry["table"] for entry in listed["tables"]] == list(TABLES)
    rows = {entry["table"]: entry["rows"] for entry in listed["tables"]}
    there = {path.stem: path for path in witness_build.glob("*.csv")}
    assert {name for name in rows if rows[name] is not None} == set(there)
    for name, path in there.items():
        with path.open(encoding="utf-8", newline="") as stream:
            assert rows[name] == len(list(csv.DictReader(stream)))
    lines = inventory.describe(listed)
    assert lines[1] == "published figures of others only; nothing counted yet"
    assert sum("waiting for a" in line for line in lines) == sum(n is None for n in rows.values())


AGES = {
    "2026-12-01T00:00:00Z": 10.5,
    "2026-12-11T06:00:00+00:00": 0.2,
    "2026-12-01": 10.5,
    "": None,
}


@pytest.mark.parametrize("end", AGES)
def test_age_is_counted_from_the_last_answer(end: str, graded_world: World) -> None:
    pretend(graded_world.processed, end=end)
    assert inventory.list_tables(graded_world.processed, now=NOW)["age_days"] == AGES[end]


def test_a_pull_is_described_with_times_and_cost(graded_world: World) -> None:
    pretend(
        graded_world.processed,
        source="openalex",
        location="https://api.openalex.org",
        pull="2026-12-01",
        start="2026-12-01T10:00:00Z",
        end="2026-12-01T12:00:00Z",
        credits=130,
        cost_usd=0.013,
        notes=["two answers moved"],
    )
    lines = inventory.describe(inventory.list_tables(graded_world.processed, now=NOW))
    assert lines[1] == "counted by openalex at https://api.openalex.org, 2026-12-01 (10.0 days old)"
    assert lines[2].endswith("130 credits, 0.0130 USD")
    assert lines[3] == "note: two answers moved"


def test_a_synthetic_build_says_so(graded_world: World) -> None:
    pretend(graded_world.processed, synthetic=True, source="sample")
    lines = inventory.describe(inventory.list_tables(graded_world.processed))
    assert lines[1].startswith("SYNTHETIC")


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="holds no tables") as raised:
        inventory.list_tables(tmp_path)
    assert "make sample" in raised.value.next_step
