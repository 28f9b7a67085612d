"""Lists and single records of the local OpenAlex server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.openalex_server.client import ask, place, send, work
from tests.support.openalex_server.server import OpenAlexServer, Records

if TYPE_CHECKING:
    from collections.abc import Iterator

CAS = place(20, "CN", ror="https://ror.org/034t30j35", display_name="Academy")
INSTITUTE = place(21, "CN", 20)
AUTHORS = [[place(30, "BR")] for _ in range(150)]

WORKS = [
    work(101, [INSTITUTE], cited_by_count=5, publication_date="2010-01-02", extra="unknown"),
    work(102, *AUTHORS, cited_by_count=9, publication_date="2010-01-03"),
    work(103, [place(22, "CN", 20, 40)], publication_date="2010-01-01", is_authors_truncated=True),
    work(104, [INSTITUTE], publication_date=None, cited_by_percentile_year={"min": 9, "max": 10}),
    work(105, [CAS], ids={"doi": "https://doi.org/10.1/Abc"}, publication_date="2010-01-02"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAlexServer]:
    with OpenAlexServer(Records(WORKS), per_second=False, keyless_credits=None) as running:
        yield running


def test_a_list_has_its_envelope_and_default_order(server: OpenAlexServer) -> None:
    answer = ask(server)
    assert list(answer.json) == ["meta", "results", "group_by"]
    assert answer.json["group_by"] == []
    assert answer.ids == ["W104", "W102", "W101", "W103", "W105"]
    meta = answer.meta
    assert (meta["count"], meta["page"], meta["per_page"]) == (5, 1, 25)
    assert meta["groups_count"] is None
    assert "next_cursor" not in meta


def test_a_list_cuts_authorships_and_a_single_work_has_them_all(server: OpenAlexServer) -> None:
    listed = ask(server, filter="ids.openalex:W102").json["results"][0]
    single = ask(server, "/works/W102").json
    assert (len(listed["authorships"]), len(single["authorships"])) == (100, 150)
    assert listed["institutions"] == []
    assert "meta" not in single


def test_what_the_api_no_longer_shows_is_not_shown(server: OpenAlexServer) -> None:
    assert "is_authors_truncated" not in ask(server, "/works/W103").json
    assert "extra" not in ask(server, "/works/W101").json


def test_select_keeps_root_keys_and_refuses_unknown_ones(server: OpenAlexServer) -> None:
    answer = ask(server, select="id,publication_year")
    assert set(answer.json["results"][0]) == {"id", "publication_year"}
    assert set(ask(server, "/works/W101", select="id").json) == {"id"}
    for target in ("/works", "/works/W101", "/institutions"):
        refused = ask(server, target, select="authors_count")
        assert refused.status == 400
        assert refused.json["message"].startswith("authors_count is not a valid select field.")
    assert ask(server, filter="type:erratum", select="nothing").status == 400


def test_pages_follow_each_other(server: OpenAlexServer) -> None:
    pages = [ask(server, per_page=2, page=page).ids for page in (1, 2, 3, 4)]
    assert pages == [["W104", "W102"], ["W101", "W103"], ["W105"], []]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("publication_date", ["W103", "W101", "W105", "W102", "W104"]),
        ("publication_date:desc", ["W102", "W101", "W105", "W103", "W104"]),
        ("cited_by_count:desc,publication_date", ["W102", "W101", "W103", "W105", "W104"]),
    ],
)
def test_a_cursor_walks_a_sorted_list(
    server: OpenAlexServer, sort: str, expected: list[str]
) -> None:
    assert ask(server, sort=sort).ids == expected
    first = ask(server, sort=sort, per_page=2, cursor="*")
    assert first.meta["page"] is None
    second = ask(server, sort=sort, per_page=2, cursor=first.meta["next_cursor"])
    third = ask(server, sort=sort, per_page=2, cursor=second.meta["next_cursor"])
    assert first.ids + second.ids + third.ids == expected
    assert third.meta["next_cursor"] is None


def test_a_full_last_page_needs_one_more_call(server: OpenAlexServer) -> None:
    first = ask(server, per_page=5, cursor="*")
    last = ask(server, per_page=5, cursor=first.meta["next_cursor"])
    assert (last.ids, last.meta["next_cursor"]) == ([], None)


def test_a_cursor_outlives_its_record() -> None:
    with OpenAlexServer(Records(WORKS)) as server:
        first = ask(server, per_page=2, cursor="*", sort="publication_date")
        server.next_day()  # W101 and W104 are gone
        rest = ask(server, cursor=first.meta["next_cursor"], sort="publication_date")
        assert (first.ids, rest.ids) == (["W103", "W101"], ["W105", "W102"])


@pytest.mark.parametrize(
    "options",
    [
        {"page": 0},
        {"page": -1},
        {"per_page": 0},
        {"per_page": 201},
        {"per-page": 201},
        {"page": 51, "per_page": 200},
        {"page": 2, "cursor": "*"},
        {"cursor": "null"},
        {"cursor": "None"},
        {"cursor": "§"},
        {"cursor": "IkJSIg=="},
    ],
)
def test_a_page_is_refused(server: OpenAlexServer, options: dict[str, Any]) -> None:
    answer = ask(server, **options)
    assert (answer.status, answer.json["error"]) == (400, "Pagination error.")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"page": "two"}, "Param page must be a number."),
        ({"per_page": "all"}, "Param per-page must be a number."),
        ({"foo": "1"}, "foo is not a valid parameter."),
        ({"corpus": "both"}, "corpus must be one of core, expansion, all."),
        ({"data-version": "1"}, "data-version=1"),
        ({"sort": "nothing"}, "nothing is not a valid field."),
        ({"sort": "publication_year:up"}, "Sort order"),
        ({"sort": "relevance_score"}, "Must include a search query"),
        ({"sample": "3", "sort": "publication_year"}, "sample does not work with sort."),
        ({"sample": "10001"}, "Sample size must be"),
        ({"seed": "3"}, "You must include the sample parameter"),
    ],
)
def test_a_list_is_refused(server: OpenAlexServer, options: dict[str, str], message: str) -> None:
    answer = ask(server, **options)
    assert (answer.status, answer.json["error"]) == (400, "Invalid query parameters error.")
    assert answer.json["message"].startswith(message)


def test_what_the_server_does_not_emulate_it_says(server: OpenAlexServer) -> None:
    for options in ({"q": "x"}, {"format": "csv"}, {"apc_sum": "true"}):
        assert ask(server, **options).status == 501


def test_a_corpus_can_be_named_but_where_the_parameter_is_not_known() -> None:
    works = [work(101), work(102, is_xpac=True)]
    with OpenAlexServer(works, corpus=False) as server:
        answer = ask(server, corpus="core")
        assert answer.json["message"].startswith("corpus is not a valid parameter.")
    with OpenAlexServer(works) as server:
        assert ask(server, path="/institutions", corpus="core").status == 400
        assert ask(server, corpus="core").ids == ["W101"]
        assert ask(server, corpus="expansion").ids == ["W102"]
        assert ask(server, corpus="all").meta["count"] == 2
        assert ask(server, corpus="core", filter="is_xpac:true").status == 400


def test_a_sample_is_the_same_for_the_same_seed(server: OpenAlexServer) -> None:
    one, two = (ask(server, sample=3, seed="a") for _ in range(2))
    assert one.ids == two.ids
    assert one.meta["count"] == len(one.ids) == 3


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/works/W101", "W101"),
        ("/works/w101", "W101"),
        ("/works/https://openalex.org/W101", "W101"),
        ("/W101", "W101"),
        ("/works/doi:10.1/abc", "W105"),
        ("/works/https://doi.org/10.1/ABC", "W105"),
        ("/institutions/I20", "I20"),
        ("/institutions/i20", "I20"),
        ("/institutions/ror:034t30j35", "I20"),
        ("/institutions/https://ror.org/034t30j35", "I20"),
        ("/institutions/I40", "I40"),
    ],
)
def test_a_single_record_has_many_spellings(server: OpenAlexServer, path: str, found: str) -> None:
    answer = send(server, path)
    assert answer.status == 200
    assert answer.json["id"] == f"https://openalex.org/{found}"


@pytest.mark.parametrize(
    "path", ["/works/W999", "/works/I20", "/institutions/W101", "/works/x/W101", "/nope/W101"]
)
def test_an_unknown_id_or_path_is_a_page(server: OpenAlexServer, path: str) -> None:
    answer = send(server, path)
    assert answer.status == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<title>404 Not Found</title>" in answer.body


def test_an_unknown_word_is_json_without_an_error(server: OpenAlexServer) -> None:
    answer = send(server, "/nope")
    assert (answer.status, answer.json) == (
        404,
        {"message": "OpenAlex ID format not recognized"},
    )


def test_institutions_come_from_the_works(server: OpenAlexServer) -> None:
    answer = ask(server, "/institutions", filter="lineage:I20", select="id,works_count,lineage")
    assert answer.ids == ["I21", "I20", "I22"]
    assert [record["works_count"] for record in answer.json["results"]] == [2, 1, 1]
    assert answer.json["results"][2]["lineage"][0].endswith("/I20")
    whole = ask(server, "/institutions/I20").json
    assert (whole["display_name"], whole["country_code"]) == ("Academy", "CN")
    assert whole["is_super_system"] is False
    unnamed = ask(server, "/institutions/I40").json
    assert (unnamed["display_name"], unnamed["works_count"]) == (None, 0)


def test_institutions_are_filtered_and_grouped(server: OpenAlexServer) -> None:
    for text, expected in (
        ("country_code:BR", ["I30"]),
        ("has_ror:true", ["I20"]),
        ("works_count:>1", ["I21"]),
        ("id:I20|I30", ["I20", "I30"]),
        ("ror:034t30j35", ["I20"]),
        ("continent:south_america", ["I30"]),
        ("is_super_system:true", []),
    ):
        assert ask(server, "/institutions", filter=text).ids == expected
    groups = ask(server, "/institutions", group_by="country_code").groups
    assert groups == [("countries/CN", 3), ("countries/BR", 1)]
    assert ask(server, "/institutions", filter="associated_institutions:I20").status == 400


def test_a_given_institution_replaces_the_one_from_the_works() -> None:
    given = {"id": "https://openalex.org/I20", "works_count": 979_085, "is_super_system": True}
    with OpenAlexServer(WORKS, institutions=[given]) as server:
        answer = ask(server, "/institutions", filter="is_super_system:true")
        assert (answer.ids, answer.json["results"][0]["works_count"]) == (["I20"], 979_085)
