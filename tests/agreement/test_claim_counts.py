"""What claims ask for themselves: whole runs from API and snapshot against plain loops."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.claims.ledger import load_claims
from bibliometrics.snapshot.narrow import narrow_release
from bibliometrics.study.claim_counts import UNIVERSITIES, claim_questions
from bibliometrics.study.model import load_study
from tests.support.openalex_server.client import field, place, work
from tests.support.openalex_server.server import OpenAlexServer, read_works
from tests.support.oracle.answers import Facts, read_facts
from tests.support.snapshot_release import write_release
from tests.support.worlds import (
    ACADEMY,
    OF_ACADEMY,
    PLAIN,
    UCAS,
    USTC,
    World,
    invented_works,
    read_csv,
    region_codes,
    somewhere,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STUDY = load_study()
REGION = set(region_codes("celac33"))
CENTRE = "https://ror.org/0051xhq65"
NAME = "CAS South America Center for Astronomy, Santiago"
CAMPUS = [place(7_700_000 + n, "CN") for n in range(25)]


def some_works() -> list[dict[str, Any]]:
    """Return the invented works, works of 25 universities, and of the centre in Chile."""
    found = list(invented_works())
    top = {"is_in_top_1_percent": True, "is_in_top_10_percent": True}
    for number in range(120):
        university = CAMPUS[number * number % 25]
        team = [[university], [somewhere(("BR", "CL", "US")[number % 3])]]
        if number % 4 == 0:
            team += [[somewhere("DE")]] * 120
        made = work(50_000 + number, *team, publication_year=2007 + number % 10, **PLAIN)
        subject = field((31, 23, 11)[number % 3])
        code = (3103, 3106, 2303, 1105)[number % 4]
        subject["subfield"] = {"id": f"https://openalex.org/subfields/{code}"}
        rank = top if number % 2 == 0 else None
        found.append({**made, "primary_topic": subject, "citation_normalized_percentile": rank})
    for number in range(9):
        centre = {**OF_ACADEMY[4], "ror": CENTRE}
        made = work(60_000 + number, [centre], publication_year=2012 + number, **PLAIN)
        if number % 2:
            made["authorships"][0]["raw_affiliation_strings"] = [NAME]
        found.append(made)
    return found


WORKS = some_works()
KNOWN = [
    {
        "id": one["id"],
        "display_name": f"University {number}",
        "country_code": "CN",
        "type": "education",
        "works_count": 1000 - number,
        "lineage": one["lineage"],
    }
    for number, one in enumerate(CAMPUS)
]


def expected(*, from_api: bool, listed: bool = True) -> dict[tuple[str, str], int]:
    """Count everything by loops over the records."""
    study = [
        one
        for one in read_facts(WORKS)
        if one.values["type"] in {"article", "review"}
        and one.flags["core_source"] is True
        and one.flags["retracted"] is False
        and one.values["year"] is not None
    ]
    ours = [one for one in study if 2007 <= one.values["year"] <= 2016]
    inside = [one for one in ours if one.codes & REGION]
    top = [one for one in inside if one.flags["top_1"] is True]
    physics = [
        one for one in top if one.values["subfield_id"] in {3100, 3101, 3102, *range(3104, 3110)}
    ]
    cas, many = f"I{ACADEMY}", lambda rows: sum(one.values["n_authors"] > 100 for one in rows)
    abroad = [one for one in ours if one.values["n_countries"] >= 2]
    cut = {f"I{USTC}", f"I{UCAS}"}
    found: dict[tuple[str, str], int] = {
        ("top_physics", "all"): len(physics),
        ("top_physics", "over_100"): many(physics),
        ("top_all", "all"): len(top),
        ("top_all", "over_100"): many(top),
        ("institution", cas): sum(cas in one.lineage for one in inside),
        ("institution_without", cas): sum(
            any(cas in line and not line & cut for line in one.lineages) for one in inside
        ),
        ("international", "institution_region"): sum(
            cas in one.lineage for one in inside if one in abroad
        ),
        ("international", "institution"): sum(cas in one.lineage for one in abroad),
        ("international", "region"): sum(bool(one.codes & REGION) for one in abroad),
        ("international", "world"): sum(bool(one.codes) for one in abroad),
    }
    astronomy = [one for one in top if one.values["subfield_id"] == 3103]
    found |= count("top_astronomy", astronomy, lambda one: one.codes & REGION)
    for half, years in (("first", range(2007, 2012)), ("second", range(2012, 2017))):
        rows = [one for one in abroad if one.values["year"] in years]
        found |= count(f"international_{half}", rows, lambda one: one.codes)
    named = {number for test in ledger_tests("P30") for number in test.subfields}
    for area, rows in (("region", inside), ("world", [one for one in ours if one.codes])):
        parts = [one for one in rows if one.values["subfield_id"] in named]
        found |= count(f"subfields_{area}", parts, lambda one: [one.values["subfield_id"]])
        every = sum(one.values["field_id"] is not None for one in rows)
        found[f"subfields_{area}", "others"] = every - len(parts)
    for number, one in enumerate(CAMPUS[:UNIVERSITIES] if listed else ()):
        short = one["id"].rpartition("/")[2]
        with_region = sum(short in each.lineage for each in inside)
        found["institutions", f"University {number} ({short})"] = with_region
    if from_api:
        centre = [each for each in WORKS if "60" in each["id"] and each["id"][-5:].startswith("60")]
        years = [each for each in centre if 2013 <= each["publication_year"] <= 2018]
        found["centre", "identifier"] = len(years)
        found["centre", "name"] = sum(
            bool(each["authorships"][0].get("raw_affiliation_strings")) for each in years
        )
    return found


def count(what: str, rows: list[Facts], keys: Any) -> dict[tuple[str, str], int]:
    counts = Counter(str(key) for one in rows for key in keys(one))
    return {(what, key): number for key, number in counts.items()}


def ledger_tests(claim: str) -> Any:
    return next(one.tests for one in load_claims() if one.id == claim)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    options: dict[str, Any] = {"per_second": False, "keyless_credits": None}
    with OpenAlexServer(WORKS, institutions=KNOWN, **options) as server:
        yield World(tmp_path_factory.mktemp("claims") / "data", server)


def read_counts(folder: Path) -> dict[tuple[str, str], int]:
    rows = read_csv(folder / "claim_counts.csv")
    return {(row["what"], row["item"]): int(row["n_works"]) for row in rows}


def test_counts_from_the_api_are_those_of_plain_loops_and_decide_their_claims(
    world: World,
) -> None:
    ran = world.run("refresh", "--json", "--parts", "figures,claims")
    assert (ran.code, ran.err.count("error")) == (0, 0), ran.err
    assert read_counts(world.processed) == expected(from_api=True)
    again = world.run("refresh", "--offline", "--json", "--to", str(world.data / "again"))
    assert again.code == 0
    assert read_counts(world.data / "again") == expected(from_api=True)
    graded = {row["test_id"]: row for row in read_csv(world.processed / "claims.csv")}
    for test in ("P11a", "P12a", "P21a", "P21b", "P25a", "P29a", "P29b", "P30a", "P31a"):
        own = [
            row
            for row in read_csv(world.processed / "claims.csv")
            if (row["test_id"], row["evidence_kind"]) in {(test, "own"), (test, "level")}
            and row["evidence"] == "openalex"
        ]
        assert own, test
        assert own[0]["verdict"] != "waiting", (test, own)
    assert "University" in next(
        row["reason"] for row in graded.values() if row["test_id"] == "P21a"
    )


@pytest.mark.parametrize("listed", [True, False])
def test_counts_from_a_snapshot_are_those_of_plain_loops(
    listed: bool, world: World, tmp_path: Path
) -> None:
    """A snapshot is asked for no name in addresses and no identifier of others."""
    known = list(read_works(WORKS, KNOWN).institutions.read_all()) if listed else None
    release = write_release(tmp_path / "release", {"part_0000": WORKS}, institutions=known)
    narrow_release(str(release), tmp_path / "narrow")
    words = ("--source", "snapshot", "--narrow", str(tmp_path / "narrow"), "--parts", "claims")
    ran = world.run("refresh", "--json", *words, "--to", str(tmp_path / "build"))
    assert (ran.code, ran.err.count("error")) == (0, 0), ran.err
    assert read_counts(tmp_path / "build") == expected(from_api=False, listed=listed)
    graded = {
        (row["test_id"], row["evidence_kind"]): row["verdict"]
        for row in read_csv(tmp_path / "build" / "claims.csv")
        if row["evidence"] == "snapshot"
    }
    own = [verdict for (test, kind), verdict in graded.items() if test in {"P21a", "P21b"}]
    assert bool([verdict for verdict in own if verdict != "waiting"]) is listed


def test_the_plan_prices_the_claims_calls(world: World) -> None:
    told = world.run("plan", "--json", "--parts", "claims").json
    assert told["credits"][0] <= 37 + 10  # what figures, profile and fields ask too
    assert told["credits"][0] > UNIVERSITIES
    assert world.run("plan", "--json", "--all").json["credits"][0] <= 850


def test_the_subfields_that_are_asked_are_those_of_the_ledger() -> None:
    asked = claim_questions(STUDY)["subfields_region", ""].subfield_ids
    assert set(asked) == {number for test in ledger_tests("P30") for number in test.subfields}
