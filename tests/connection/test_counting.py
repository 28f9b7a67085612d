"""`.count`: the same frame from the API, a narrow table and plain loops, for any arguments."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

import bibliometrics as bm
from bibliometrics.connection.wishes import KEYS
from bibliometrics.errors import BudgetError
from tests.support.openalex_server.server import OpenAlexServer, read_works
from tests.support.oracle.answers import read_facts
from tests.support.oracle.counts import count_plainly
from tests.support.random_worlds import ACADEMY, CHILE, CODES, OTHER, PART, WHOLE, make_record
from tests.support.random_worlds import _place as place
from tests.support.snapshot_release import write_release

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPES = ("article", "review", "letter")
NODES = (ACADEMY, PART, CHILE, OTHER)
COLUMN = {
    "country": "country_code",
    "partner": "partner_code",
    "field": "field_id",
    "team_size": "authors_from",
    "subfield": "subfield_id",
    "topic": "topic_id",
    "institution": "institution_id",
}


def some_world() -> list[dict[str, Any]]:
    """Return 260 works with all that conditions ask about, and gaps in it."""
    dice = random.Random(26)
    works = []
    for number in range(260):
        team = [
            [
                place(
                    dice.choice((*NODES, "I-1", None)),
                    dice.choice((*CODES, None)),
                    dice.choice(("education", "facility", "funder", None)),
                    lineage=True,
                )
                for _ in range(dice.choice((0, 1, 1, 2)))
            ]
            for _ in range(dice.choice((0, 1, 2, 3, 7, 12)))
        ]
        top = dice.choice((None, False, True))
        works.append(
            make_record(
                number + 1,
                team,
                publication_year=dice.choice((2009, 2010, 2011, 2012, None)),
                type=dice.choice((*TYPES, None)),
                is_retracted=dice.choice((False, False, False, True, None)),
                primary_topic=dice.choice((None, *(_field(n) for n in (11, 17, 31)))),
                primary_location={"source": {"is_core": dice.choice((True, True, False))}},
                citation_normalized_percentile=None
                if top is None
                else {"is_in_top_1_percent": top, "is_in_top_10_percent": top},
            )
        )
    return [WHOLE, *works]


def _field(number: int) -> dict[str, Any]:
    base = "https://openalex.org/"
    return {
        "id": f"{base}T10{number}",
        "field": {"id": f"{base}fields/{number}"},
        "subfield": {"id": f"{base}subfields/{number}{number % 2:02}"},
    }


WORKS = some_world()
FACTS = read_facts(WORKS)


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAlexServer]:
    options: dict[str, Any] = {"per_second": False, "keyless_credits": None}
    with OpenAlexServer(read_works(WORKS), **options) as made:
        yield made


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bm.Connection]:
    from bibliometrics.snapshot.narrow import narrow_release

    folder = tmp_path_factory.mktemp("narrow")
    write_release(folder / "release", {"part_0000": WORKS})
    narrow_release(str(folder / "release"), folder / "table")
    with bm.connect(folder / "table") as connection:
        yield connection


@pytest.fixture
def api(server: OpenAlexServer) -> Iterator[bm.Connection]:
    with bm.connect("openalex", address=server.url, rate=100) as connection:
        yield connection


def draw(dice: random.Random) -> dict[str, Any]:
    """Draw arguments of a count."""
    regions = (None, "world", ("BR",), ("BR", "CL"), ("CL", "NA", "XK"))
    asked: dict[str, Any] = {"years": (2009, dice.choice((2009, 2011)))}
    asked["region"] = dice.choice(regions)
    asked["institution"] = dice.choice((None, ACADEMY, PART, CHILE))
    if asked["region"] is None and asked["institution"] is None:
        asked["institution"] = ACADEMY
    possible: dict[str, Any] = {
        "types": ("any", ("article",), TYPES),
        "sources": ("any", "core"),
        "retracted": (True, "any"),
        "max_authors": (2, 7),
        "max_countries": (1, 3),
        "field": (11, 31),
        "top_percent": (1, 10),
        "international": (True, False),
        "home": ("CN", "BR"),
        "without": (("US",), (OTHER,), (PART, "NA")),
    }
    for name in dice.sample(sorted(possible), dice.choice((0, 1, 1, 2, 3))):
        asked[name] = dice.choice(possible[name])
    keys = [key for key in KEYS if key != "partner" or _has_members(asked)]
    asked["by"] = dice.sample(keys, dice.choice((0, 1, 1, 2, 2, 3)))
    left_out = {*asked.get("without", ())}
    if {asked["institution"], asked.get("home")} & left_out or (
        _has_members(asked) and set(asked["region"]) <= left_out
    ):
        del asked["without"]
    return asked


def _has_members(asked: dict[str, Any]) -> bool:
    return asked["region"] not in (None, "world")


def rows(frame: Any, keys: list[str]) -> dict[tuple[Any, ...], int]:
    """Return the rows of a frame by the values of its keys."""
    names = [COLUMN.get(key, key) for key in keys]
    if "country" not in keys:
        names = ["country_code" if name == "partner_code" else name for name in names]
    listed = [frame[name].tolist() for name in names]
    values = zip(*listed, strict=True) if names else [()] * len(frame)
    return dict(zip(values, frame["n_works"].tolist(), strict=True))


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10))]


@pytest.mark.parametrize("seed", SEEDS)
def test_any_arguments_give_equal_frames_from_every_source(
    seed: int, api: bm.Connection, narrow: bm.Connection
) -> None:
    dice, total = random.Random(seed), 0
    refused: list[tuple[bm.Connection, dict[str, Any]]] = []
    for _ in range(20):
        asked = draw(dice)
        plain = count_plainly(FACTS, asked)
        total += sum(plain.values())
        told = {name: list(v) if isinstance(v, tuple) else v for name, v in asked.items()}
        told["max_calls"] = 10_000
        for connection in (api, narrow):
            try:
                frame = connection.count(**told)
            except BudgetError:  # some need tens of thousands of calls: refused before the first
                refused.append((connection, asked))
                continue
            found = rows(frame, asked["by"])
            assert found == plain, (connection, asked)
            assert list(found) == list(plain), (connection, asked)
    assert total > 20
    assert len(refused) <= 3, refused
    assert {connection for connection, _ in refused} <= {api}
