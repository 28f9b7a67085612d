"""
Every fault of a server at the first, a middle and a late request: outcome, then the way back.

By default a few cases, drawn with a seed; `make faults` runs all. After each the same command goes
on, gives the right tables, and no file or line holds the key.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from bibliometrics.openalex import policy
from tests.support.openalex_server.faults import Fault
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.worlds import World, differing_cells, invented_records, plain_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sesame-open-0123456789"
POSITIONS = {"first": 1, "middle": 15, "late": 30}
#: Exit codes of a fault that stays, at any of the positions.
OUTCOMES = {
    "budget": {6},
    "unauthorized": {5},
    "bad_query": {8},
    "unavailable": {7},
    "empty_200": {7},
    "truncated_200": {7},
    "html_200": {4},
    "reset": {4, 7},
}
EVERY = [(kind, place) for kind in OUTCOMES for place in POSITIONS]
FEW = 3
TABLE = Path(__file__).parent / "README.md"
FIGURES = [
    "region_output",
    "country_output",
    "region_partners",
    "institution_region",
    "institution_partners",
]


def chosen() -> list[tuple[str, str]]:
    """Return the cases of this run."""
    if os.environ.get("BIBLIOMETRICS_FAULTS"):
        return EVERY
    return random.Random(os.environ.get("BIBLIOMETRICS_SEED", "1")).sample(EVERY, FEW)


def table() -> str:
    """Return faults, positions and outcomes as the Markdown table of the docs."""
    lines = ["| fault that stays | " + " | ".join(f"{p} request" for p in POSITIONS) + " |"]
    lines.append("|---" * (1 + len(POSITIONS)) + "|")
    for kind, codes in OUTCOMES.items():
        code = " or ".join(map(str, sorted(codes)))
        lines.append(f"| `{kind}`" + f" | exit {code}" * len(POSITIONS) + " |")
    return "\n".join(lines)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a world with a server of invented records that knows our key."""
    options: dict[str, Any] = {"per_second": False, "keyless_credits": None, "keys": {KEY: 10_000}}
    with OpenAlexServer(invented_records(), **options) as server:
        yield World(tmp_path / "data", server, {"OPENALEX_API_KEY": KEY})


def holders(world: World, *texts: str) -> list[str]:
    """Return the files and outputs that hold the key."""
    files = [path for path in world.data.rglob("*") if path.is_file() and not path.is_symlink()]
    found = [str(path) for path in files if KEY.encode() in path.read_bytes()]
    return found + [text for text in texts if KEY in text]


@pytest.mark.parametrize(("kind", "place"), chosen())
def test_a_fault_ends_in_a_clear_error_and_the_same_command_goes_on(
    kind: str, place: str, world: World
) -> None:
    first, server = POSITIONS[place], world.server
    server.faults.script = lambda number, _: Fault(kind) if number >= first else None
    hurry = dict.fromkeys(policy.FIRST_PAUSE, 0.01)
    words = ("refresh", "--parts", "figures", "--quiet")
    with mock.patch.dict(policy.FIRST_PAUSE, hurry):
        ran = world.run(*words)
        assert ran.code in OUTCOMES[kind], ran.err
        assert " Next: " in ran.error
        assert not world.processed.exists()
        server.faults.script = None
        again = world.run(*words)
    assert again.code == 0, again.err
    expected = plain_tables("primary")
    assert differing_cells(world.processed, {name: expected[name] for name in FIGURES}) == []
    assert holders(world, ran.out, ran.err, again.out, again.err) == []


def test_the_docs_hold_the_table_of_faults() -> None:
    assert table() in TABLE.read_text(encoding="utf-8")
