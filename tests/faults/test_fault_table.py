"""
Every fault of a server, for every command that asks it: outcome, then the way back.

The table is that of this folder's README, and is held against what comes. By default a few cases,
drawn by a seed; `make faults` runs all. After each the same command goes on, gives the right
tables, and no file or line holds the key.
"""

from __future__ import annotations

import os
import random
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from bibliometrics.openalex import policy
from tests.support.openalex_server import faults
from tests.support.openalex_server.faults import Fault
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.worlds import World, differing_cells, invented_records, plain_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sesame-open-0123456789"
COMMANDS = {
    "refresh": ("refresh", "--parts", "figures", "--quiet"),
    "count": ("count", "--region", "celac33", "--by", "year", "--years", "2008-2010"),
}
#: The requests at which a fault begins: the first, one in the middle, a late one.
POSITIONS = {"refresh": (1, 15, 30), "count": (1,)}
#: Faults of which a server has many: the one that is tried, or a further one.
SPECIAL = {
    "html": Fault("html", status=502),
    "html 302": Fault("html", status=302),
    "html 429": Fault("html", status=429),
    "html 503, Retry-After": Fault("html", status=503, seconds=1),
    "stall": Fault("stall", seconds=0.05),
}
FEW = 3
README = Path(__file__).parent / "README.md"
FIGURES = [
    "region_output",
    "country_output",
    "region_partners",
    "institution_region",
    "institution_partners",
]


def read_table() -> dict[str, dict[str, set[int]]]:
    """Return the exit codes of every fault and command, as the docs say."""
    rows = re.findall(r"^\| `(.+?)` \| (.+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        kind: {
            name: {int(code) for code in re.findall(r"\d+", cell)}
            for name, cell in zip(COMMANDS, cells.split(" | "), strict=True)
        }
        for kind, cells in rows
    }


TABLE = read_table()
EVERY = [(kind, name, first) for kind in TABLE for name in COMMANDS for first in POSITIONS[name]]


def chosen() -> list[tuple[str, str, int]]:
    """Return the cases of this run."""
    if os.environ.get("BIBLIOMETRICS_FAULTS"):
        return EVERY
    return random.Random(os.environ.get("BIBLIOMETRICS_SEED", "1")).sample(EVERY, FEW)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a world with a server of invented records that knows our key."""
    options: dict[str, Any] = {"per_second": False, "keyless_credits": None, "keys": {KEY: 10_000}}
    with OpenAlexServer(invented_records(), **options) as server:
        yield World(tmp_path / "data", server, {"OPENALEX_API_KEY": KEY})


@contextmanager
def hurried() -> Iterator[None]:
    """Let tries be few, and the pauses between them short."""
    few = {**policy.TRIES, "fast": 3, "slow": 3}
    short = dict.fromkeys(policy.FIRST_PAUSE, 0.01)
    with mock.patch.dict(policy.TRIES, few), mock.patch.dict(policy.FIRST_PAUSE, short):
        yield


def holders(world: World, *texts: str) -> list[str]:
    """Return the files and outputs that hold the key."""
    files = [path for path in world.data.rglob("*") if path.is_file() and not path.is_symlink()]
    found = [str(path) for path in files if KEY.encode() in path.read_bytes()]
    return found + [text for text in texts if KEY in text]


def check_tables(world: World, name: str, out: str) -> None:
    """Check that a command that goes on comes to the right counts."""
    expected = plain_tables("primary")
    if name == "count":
        counts = {row["year"]: row["n_works_region"] for row in expected["region_output"]}
        shown = re.findall(r"^ *(\d{4}) +(\d+)$", out, re.MULTILINE)
        assert shown == [(str(year), str(counts[year])) for year in (2008, 2009, 2010)]
    else:
        tables = {table: expected[table] for table in FIGURES}
        assert differing_cells(world.processed, tables) == []


@pytest.mark.parametrize(("kind", "name", "first"), chosen())
def test_a_fault_ends_as_the_docs_say_and_the_same_command_goes_on(
    kind: str, name: str, first: int, world: World
) -> None:
    fault, server = SPECIAL.get(kind) or Fault(kind), world.server
    server.faults.script = lambda number, _: fault if number >= first else None
    with hurried():
        ran = world.run(*COMMANDS[name])
        assert ran.code in TABLE[kind][name], ran.err
        if ran.code:
            assert " Next: " in ran.error
            assert not world.processed.exists()
        server.faults.script = None
        again = world.run(*COMMANDS[name]) if ran.code else ran
    assert again.code == 0, again.err
    if kind != "day_change":
        check_tables(world, name, again.out)
    assert holders(world, ran.out, ran.err, again.out, again.err) == []


def test_the_table_of_the_docs_has_every_fault_of_the_server() -> None:
    known = faults.BROKEN | faults.ANSWERED | faults.REFUSED
    assert set(TABLE) == known | set(SPECIAL)
