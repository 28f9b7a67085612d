"""How much of a list of papers OpenAlex knows: a whole run against plain loops."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import bibliometrics as bm
from bibliometrics.claims.evidence import floor_papers
from bibliometrics.errors import BudgetError, InputError
from bibliometrics.openalex.dois import bare_doi, list_dois
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.study.model import load_study
from bibliometrics.study.questions import Question, at_institution, in_region
from bibliometrics.tables.coverage import publisher_of
from tests.support.openalex_server.client import ask, work
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.worlds import OF_ACADEMY, PLAIN, World, read_csv, somewhere

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STUDY = load_study()
PAPERS = floor_papers(STUDY)
FREE: dict[str, Any] = {"per_second": False, "keyless_credits": None}
ODD = ("10.1007/jhep04(2012)069", "10.1002/(sici)1;2<3::aid>3.0.co;2-a", "10.1000/a+b:c#d%20e")


def make_works() -> list[dict[str, Any]]:
    """Return works with most of the floor's DOIs, each in some of the ways things go wrong."""
    dice, works = random.Random(11), []
    for number, (doi, year) in enumerate(sorted(PAPERS.items())):
        kind = dice.choice(("theirs", "theirs", "alone", "bare", "absent", "expansion", "twice"))
        teams = {
            "alone": [[OF_ACADEMY[1]], [somewhere("US")]],
            "bare": [[]],
        }.get(kind, [[OF_ACADEMY[1]], [somewhere("BR")]])
        made = {
            **work(number, *teams, publication_year=year + dice.choice((0, 0, 0, -1))),
            **PLAIN,
            "type": dice.choice(("article", "erratum")),
            "doi": f"https://doi.org/{doi}",
            "is_xpac": kind == "expansion",
            "institutions_distinct_count": 0 if kind == "bare" else 2,
        }
        if kind != "absent":
            works.append(made)
        if kind == "twice":
            again = {**made, "id": f"https://openalex.org/W{number + 500_000}", "is_xpac": True}
            works.append(again)
    return works


WORKS = make_works()


def expected() -> dict[tuple[int, str], list[int]]:
    """Count by loops over the records."""
    core = {w["doi"].removeprefix("https://doi.org/"): w for w in WORKS if not w["is_xpac"]}
    beyond = {w["doi"].removeprefix("https://doi.org/") for w in WORKS} - {*core}
    found: dict[tuple[int, str], Counter[str]] = {}
    for doi, year in PAPERS.items():
        told = found.setdefault((year, publisher_of(doi)), Counter())
        told["n_dois"] += 1
        told["n_expansion_only"] += doi in beyond
        if doi not in core:
            continue
        record = core[doi]
        codes = {p["country_code"] for a in record["authorships"] for p in a["institutions"]}
        told["n_known"] += 1
        told["n_with_institutions"] += bool(codes)
        told["n_institution_region"] += "BR" in codes
        told["n_same_year"] += record["publication_year"] == year
    names = ("n_dois", "n_known", "n_expansion_only", "n_with_institutions")
    names += ("n_institution_region", "n_same_year")
    return {key: [told[name] for name in names] for key, told in found.items()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with OpenAlexServer(WORKS, **FREE) as server:
        yield World(tmp_path_factory.mktemp("coverage") / "data", server)


def test_the_table_is_that_of_plain_loops_online_and_offline(world: World) -> None:
    for words in (("--parts", "coverage"), ("--offline",)):
        ran = world.run("refresh", "--json", *words)
        assert (ran.code, ran.err.count("error")) == (0, 0), ran.err
        rows = read_csv(world.processed / "coverage.csv")
        known = sum(n[1] for n in expected().values())
        assert f"{len(PAPERS):,} DOIs OpenAlex knows {known:,}" in " ".join(
            ran.json["provenance"]["notes"]
        )
        found = {
            (int(row["year"]), row["publisher"]): [int(n) for n in list(row.values())[2:]]
            for row in rows
        }
        assert found == expected()
    assert sum(n for n, *_ in expected().values()) == len(PAPERS)
    lists = [one.target for one in world.server.requests if "filter=doi" in one.target]
    assert len(lists) == len(set(lists)) <= 24 + 12  # a second page where a DOI has two works
    assert not any("%22" in target for target in lists)


def test_the_plan_prices_the_lists(world: World) -> None:
    assert world.run("plan", "--json", "--parts", "coverage").json["credits"] == [24, 24]
    other = ("--study", "cnrs-africa")
    assert world.run("plan", "--json", "--parts", "coverage", *other).json["credits"] == [0, 0]


@pytest.mark.parametrize("corpus", [True, False])
def test_dois_with_signs_of_the_filter_grammar_are_found(corpus: bool) -> None:
    works = [
        {
            **work(number + 1, [OF_ACADEMY[1]], [somewhere("BR")], publication_year=2012),
            "doi": f"https://doi.org/{doi}",
            "institutions_distinct_count": 2,
        }
        for number, doi in enumerate(ODD)
    ]
    question = at_institution(in_region(Question(), STUDY), STUDY)
    with (
        OpenAlexServer(works, corpus=corpus, **FREE) as server,
        OpenAlex(None, base_url=server.url, rate=100) as source,
    ):
        found = list_dois(
            [*ODD, "HTTP://dx.doi.org/10.1/x", "10.1000/none"][:3], question, source.fetch
        )
        none = list_dois(["10.1000/none"], question, source.fetch)
    assert found["is_known"].tolist() == found["is_theirs"].tolist() == [True] * 3
    assert found["year"].tolist() == [2012] * 3
    assert none[["is_known", "is_theirs", "expansion_only"]].to_numpy().sum() == 0


def test_the_server_finds_nothing_by_quoted_values_as_openalex_does() -> None:
    works = [{**work(1, publication_year=2012), "doi": f"https://doi.org/{ODD[0]}"}]
    with OpenAlexServer(works, **FREE) as server:
        asked = {
            text: ask(server, filter=f"doi:{text}").meta["count"]
            for text in (ODD[0], f'"{ODD[0]}"|"10.1/b"', f"http://dx.doi.org/{ODD[0]}")
        }
        many = "|".join(f"10.1000/{number}" for number in range(101))
        assert ask(server, filter=f"doi:{many}").status == 400
    assert list(asked.values()) == [1, 0, 0]


@pytest.mark.parametrize("text", ["", "x", "10.1", "10.1000/a,b", "10.1000/a|b", "10.1000/a b"])
def test_what_is_no_doi_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no DOI"):
        bare_doi(text)


def test_coverage_is_asked_from_python_too(world: World, tmp_path: Path) -> None:
    dois = sorted(PAPERS)[:250]
    with bm.connect("openalex", address=world.server.url, rate=100) as oa:
        frame = oa.coverage(dois, "cas", "Latin America")
        spent = oa.spent.calls
        again = oa.coverage([f"https://doi.org/{doi.upper()}" for doi in dois], "cas", "Chile")
        with pytest.raises(BudgetError, match="max_calls=2"):
            oa.coverage(dois, "cas", "Latin America", max_calls=2)
        with pytest.raises(InputError, match="no DOI"):
            oa.coverage(["x"], "cas")
        with pytest.raises(InputError, match="needs DOIs"):
            oa.coverage([], "cas")
    core = {w["doi"].removeprefix("https://doi.org/"): w for w in WORKS if not w["is_xpac"]}
    mine = [core[doi] for doi in dois if doi in core]
    assert frame.attrs["n_dois"] == 250
    assert frame.attrs["n_known"] == len(mine) == frame["n_known"].sum()
    assert len(frame.attrs["missing"]) == 250 - len(mine)
    by_year = Counter(each["publication_year"] for each in mine)
    assert dict(zip(frame["year"], frame["n_known"], strict=True)) == by_year
    assert 0 < frame["n_institution_region"].sum() < len(mine)
    assert again["n_institution_region"].sum() == 0
    assert 6 <= spent <= 10
    with (
        bm.connect("sample") as sample,
        pytest.raises(InputError, match="holds no DOIs"),
    ):
        sample.coverage(dois[:1], "cas", "Latin America")
