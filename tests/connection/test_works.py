"""`.works`: the records behind a number, with all their authors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import bibliometrics as bm
from tests.support.api_runs import CAS, at, paper
from tests.support.openalex_server.client import place, work
from tests.support.openalex_server.server import OpenAlexServer, read_works

if TYPE_CHECKING:
    from collections.abc import Iterator

CROWD = work(
    900,
    *[[at("BR")] for _ in range(120)],
    *[[place(19820366, "CN")] for _ in range(113)],
    [at("CL")],
    publication_year=2010,
    title="Of many hands",
    doi="https://doi.org/10.1000/900",
    primary_location={"source": {"is_core": True}},
)
WORKS = [
    *(
        paper(number, 2009 + number % 2, "BR", cas=True, title=f"T{number}")
        for number in range(250)
    ),
    CROWD,
]


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAlexServer]:
    options: dict[str, Any] = {"per_second": False, "keyless_credits": None}
    with OpenAlexServer(read_works(WORKS), **options) as made:
        yield made


@pytest.fixture
def api(server: OpenAlexServer) -> Iterator[bm.Connection]:
    with bm.connect("openalex", address=server.url, rate=100, refresh=True) as connection:
        yield connection


def test_a_work_of_234_authors_says_234_and_its_last_country(
    api: bm.Connection, server: OpenAlexServer
) -> None:
    before = len(server.requests)
    found = api.works(CAS, "Chile", years=2010)
    row = found.iloc[0]
    assert (len(found), row["n_authors"], row["countries"]) == (1, 234, "BR CL CN")
    assert (row["title"], row["doi"]) == ("Of many hands", "https://doi.org/10.1000/900")
    assert row["link"] == "https://openalex.org/W900"
    assert server.requests[-1].path == "/works/W900"
    assert [request.credits for request in server.requests[before:]] == [0, 1, 0]


def test_a_list_is_as_long_as_the_count_and_names_each_work_once(api: bm.Connection) -> None:
    found = api.works(CAS, "BR", years=(2009, 2010), limit=1000)
    assert found["work_id"].nunique() == len(found) == 251 == found.attrs["n_works"]
    assert found["n_works" if "n_works" in found else "n_authors"].notna().all()
    few = api.works(CAS, "BR", years=(2009, 2010), limit=7)
    assert (len(few), few.attrs["n_works"]) == (7, 251)


def test_a_seed_draws_the_same_works_again_and_another_others(api: bm.Connection) -> None:
    drawn = [
        list(api.works(CAS, "BR", years=(2009, 2010), sample=20, seed=seed)["work_id"])
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 20


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"sample": 20_000}, {"limit": True}, {"by": "year"}]
)
def test_what_can_not_be_listed_is_refused_before_it_is_asked(
    api: bm.Connection, wrong: dict[str, Any]
) -> None:
    with pytest.raises(bm.InputError):
        api.works(CAS, "BR", years=2010, **wrong)
    assert api.spent.calls == 0


def test_the_sample_lists_works_without_titles_and_without_links() -> None:
    with bm.connect("sample") as sample:
        found = sample.works("CAS", "Latin America", years=(2007, 2016), limit=50)
        n_works = sample.count("CAS", "Latin America", years=(2007, 2016))["n_works"].sum()
        drawn = sample.works("CAS", "Latin America", years=(2007, 2016), sample=5, seed=3)
    assert found.attrs["n_works"] == n_works > 50 == len(found)
    assert found[["title", "doi", "link"]].isna().all(axis=None)
    assert found["n_authors"].notna().all()
    assert len(drawn) == 5
    assert (found["source"] == "SYNTHETIC sample").all()
