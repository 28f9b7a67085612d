"""`group_by` of the local OpenAlex server: counts, keys, pages, traps and refusals."""

from __future__ import annotations

import json
import string
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.openalex_server.client import Answer, ask, field, place, work
from tests.support.openalex_server.server import Fault, OpenAlexServer, Records

if TYPE_CHECKING:
    from collections.abc import Iterator

BR, AR, US = place(11, "BR"), place(12, "AR"), place(13, "US")
INSTITUTE = place(21, "CN", 20)
COUNTRY = "authorships.institutions.country_code"
LINEAGE = "authorships.institutions.lineage"

WORKS = [
    work(101, [BR], [BR, INSTITUTE], primary_topic=field(31), cited_by_count=8),
    work(102, [INSTITUTE], [AR], publication_year=2012, primary_topic=field(31)),
    work(103, [US], [BR], publication_year=2012, is_retracted=None, type="review"),
    work(104, publication_year=None, primary_topic=field(17), ids={"doi": "x"}),
]
RECORDS = Records(WORKS)


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAlexServer]:
    with OpenAlexServer(RECORDS, per_second=False, keyless_credits=None, popular={}) as running:
        yield running


def test_a_work_counts_once_in_each_country(server: OpenAlexServer) -> None:
    answer = ask(server, group_by=COUNTRY)
    assert answer.groups == [
        ("countries/BR", 2),
        ("countries/CN", 2),
        ("countries/AR", 1),
        ("countries/US", 1),
    ]
    assert answer.json["group_by"][0]["key_display_name"] == "Brazil"


def test_a_filtered_value_counts_as_much_as_the_answer(server: OpenAlexServer) -> None:
    answer = ask(server, filter=f"{COUNTRY}:BR", group_by=COUNTRY)
    assert answer.meta["count"] == 2
    assert answer.groups == [("countries/BR", 2), ("countries/CN", 1), ("countries/US", 1)]


def test_the_envelope_of_groups_has_no_results(server: OpenAlexServer) -> None:
    answer = ask(server, group_by="publication_year")
    assert set(answer.json) == {"meta", "group_by"}
    assert answer.meta["count"] == 4
    assert answer.meta["page"] == 1
    assert answer.meta["per_page"] == 200
    assert answer.meta["groups_count"] == 2
    assert answer.meta["cost_usd"] == 0.0001
    assert set(answer.json["group_by"][0]) == {"key", "key_display_name", "count"}


def test_a_parameter_may_have_hyphens(server: OpenAlexServer) -> None:
    answer = ask(server, **{"group-by": COUNTRY, "per-page": "1"})
    assert answer.groups == [("countries/BR", 2)]


def test_years_come_by_count_unless_sorted_by_key(server: OpenAlexServer) -> None:
    assert ask(server, group_by="publication_year").groups == [("2012", 2), ("2010", 1)]
    rising = ask(server, group_by="publication-year", sort="key:asc")
    assert rising.groups == [("2010", 1), ("2012", 2)]
    falling = ask(server, group_by=COUNTRY, sort="key:desc", per_page=2)
    assert falling.groups == [("countries/US", 1), ("countries/CN", 2)]
    fewest = ask(server, group_by=COUNTRY, sort="count", per_page=2)
    assert fewest.groups == [("countries/AR", 1), ("countries/US", 1)]
    cited = ask(server, group_by="publication_year", sort="cited_by_count.mean:desc")
    assert cited.groups == [("2010", 1), ("2012", 2)]


@pytest.mark.parametrize(
    ("key", "unknown"),
    [
        (COUNTRY, "countries/UNKNOWN"),
        (LINEAGE, "unknown"),
        ("publication_year", "-111"),
        ("is_retracted", "-111"),
        ("primary_topic.field.id", "fields/unknown"),
    ],
)
def test_the_unknown_is_shown_only_when_asked_for(
    server: OpenAlexServer, key: str, unknown: str
) -> None:
    assert unknown not in dict(ask(server, group_by=key).groups)
    assert dict(ask(server, group_by=f"{key}:include_unknown").groups)[unknown] == 1
    assert unknown not in dict(ask(server, group_by=f"{key}:known").groups)


def test_flags_and_numbers_have_their_own_keys(server: OpenAlexServer) -> None:
    answer = ask(server, group_by="is_retracted")
    assert answer.json["group_by"] == [{"key": "0", "key_display_name": "false", "count": 3}]
    assert ask(server, group_by="has_doi").groups == [("true", 1), ("false", 3)]
    assert ask(server, group_by="authors_count").groups == [("2", 3), ("0", 1)]
    assert ask(server, group_by="countries_distinct_count").groups == [("2", 3), ("0", 1)]
    assert ask(server, group_by="type").groups[0] == ("types/article", 3)


def test_continents_are_all_there_and_said_to_be_three(server: OpenAlexServer) -> None:
    answer = ask(server, group_by="institutions.continent")
    assert dict(answer.groups)["Q18"] == 3
    assert dict(answer.groups)["Q51"] == 0
    assert dict(answer.groups)["unknown"] == 1
    assert answer.meta["groups_count"] == 3


def walk(server: OpenAlexServer, key: str, per_page: int) -> list[Answer]:
    """Return every page of a walk by cursor."""
    cursor = "*"
    pages: list[Answer] = []
    while cursor and len(pages) < 50:
        pages.append(ask(server, group_by=key, per_page=per_page, cursor=cursor))
        assert pages[-1].status == 200
        cursor = pages[-1].meta["next_cursor"]
    return pages


def test_a_cursor_goes_by_key_and_ends_on_an_empty_page(server: OpenAlexServer) -> None:
    pages = walk(server, COUNTRY, 2)
    assert [[key[-2:] for key, _ in page.groups] for page in pages] == [
        ["AR", "BR"],
        ["CN", "US"],
        [],
    ]
    assert pages[0].meta["page"] is None
    assert json.loads(b64decode(pages[0].meta["next_cursor"])) == "BR"
    assert pages[0].meta["next_cursor"] == "IkJSIg=="
    years = walk(server, "publication_year", 1)
    assert [page.groups for page in years] == [[("2010", 1)], [("2012", 2)], []]


def test_the_unknown_comes_first_by_cursor_and_can_end_the_walk(server: OpenAlexServer) -> None:
    pages = walk(server, "publication_year:include_unknown", 2)
    assert pages[0].groups == [("unknown", 1), ("2010", 1)]
    assert len(walk(server, "publication_year:include_unknown", 1)) == 1


def test_a_sort_makes_the_cursor_forgotten(server: OpenAlexServer) -> None:
    answer = ask(server, group_by=COUNTRY, cursor="IkJSIg==", sort="key:asc", per_page=2)
    assert [key[-2:] for key, _ in answer.groups] == ["AR", "BR"]
    assert answer.meta["next_cursor"] is None


def test_zero_rows_fill_a_page_and_repeat_earlier_keys() -> None:
    popular = {COUNTRY: [("BR", "Brazil"), ("https://openalex.org/countries/AR", "Argentina")]}
    with OpenAlexServer(RECORDS, per_second=False, popular=popular) as server:
        answer = ask(server, group_by=COUNTRY)
        assert answer.groups[-1] == ("BR", 0)
        assert answer.meta["groups_count"] == 4
        assert len(answer.groups) == 5
        assert len(ask(server, group_by=COUNTRY, per_page=4).groups) == 4
        last = walk(server, COUNTRY, 3)[-1]
        assert last.groups == [("BR", 0), ("countries/AR", 0)]
        assert last.meta["groups_count"] == 0


def test_types_and_fields_are_filled_up_from_the_start() -> None:
    with OpenAlexServer(RECORDS) as server:
        counts = dict(ask(server, group_by="primary_topic.field.id").groups)
        assert len(counts) == 26
        assert counts["fields/31"] == 2
        assert ("types/erratum", 0) in ask(server, group_by="type").groups


def test_more_than_200_groups_are_cut_without_a_word() -> None:
    codes = [a + b for a in string.ascii_uppercase for b in string.ascii_uppercase][:250]
    many = [work(100 + n, [place(1000 + n, code)]) for n, code in enumerate(codes)]
    with OpenAlexServer(many) as server:
        answer = ask(server, group_by=COUNTRY)
        assert len(answer.groups) == answer.meta["groups_count"] == 200
        last = ask(server, group_by=COUNTRY, sort="key:desc").groups
        assert {*answer.groups, *last} == {(f"countries/{code}", 1) for code in codes}
        nested = ask(server, group_by=f"publication_year,{COUNTRY}").json["group_by"]
        assert len(nested[0]["groups"]) == 200


def test_keys_inside_keys(server: OpenAlexServer) -> None:
    answer = ask(server, group_by=f"publication_year,{COUNTRY}")
    outer = answer.json["group_by"]
    assert [(row["key"], row["count"]) for row in outer] == [("2012", 2), ("2010", 1)]
    inner = [(row["key"][-2:], row["count"]) for row in outer[0]["groups"]]
    assert inner == [("AR", 1), ("BR", 1), ("CN", 1), ("US", 1)]
    assert answer.meta["groups_count"] == 2
    ignored = ask(server, group_by=f"publication_year,{COUNTRY}", sort="key:asc")
    assert ignored.json["group_by"] == outer
    three = ask(server, group_by=f"publication_year,type,{COUNTRY}").json["group_by"]
    assert three[1]["groups"][0]["groups"][0]["count"] == 1
    unknown = ask(server, group_by=f"publication_year:include_unknown,{COUNTRY}:include_unknown")
    groups = {row["key"]: row["groups"] for row in unknown.json["group_by"]}
    assert [row["key"] for row in groups["-111"]] == ["https://openalex.org/countries/UNKNOWN"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"group_by": f"publication_year,{COUNTRY}", "cursor": "*"}, "A multi-dimensional"),
        ({"group_by": f"publication_year,type,language,{COUNTRY}"}, "A multi-dimensional"),
        (
            {"group_by": "publication_year,is_retracted"},
            "Field 'is_retracted' is not supported",
        ),
        ({"group_by": "publication_year,primary_topic.field.id"}, "Field 'primary_topic.field.id'"),
        ({"group_by": "type,institutions.continent"}, "Field 'authorships.institutions.continent'"),
        ({"group_by": "nothing"}, "nothing is not a valid field."),
        ({"group_by": "type:all"}, "The only valid filters for a group_by param"),
        ({"group_by": "fwci"}, "Cannot group by date, number, or search fields."),
        ({"group_by": "publication_date"}, "Cannot group by date, number, or search fields."),
        ({"group_by": "title.search"}, "Cannot group by date, number, or search fields."),
        ({"group_by": "doi"}, "Cannot group by doi."),
        ({"group_by": "is_retracted", "cursor": "*"}, "Cannot use cursor pagination when grouping"),
        ({"group_by": "type", "select": "id"}, "select does not work with group_by."),
        ({"group_by": "type", "sample": "3"}, "sample does not work with group_by."),
        ({"group_by": "type", "sort": "cited_by_count"}, "Valid sort params with group by are"),
    ],
)
def test_groups_are_refused(server: OpenAlexServer, options: dict[str, str], message: str) -> None:
    answer = ask(server, **options)
    assert answer.status == 400
    assert answer.json["error"] == "Invalid query parameters error."
    assert answer.json["message"].startswith(message)


@pytest.mark.parametrize("options", [{"page": 2}, {"per_page": 201}, {"per_page": 0}])
def test_pages_of_groups_are_refused(server: OpenAlexServer, options: dict[str, Any]) -> None:
    for key in ("type", f"publication_year,{COUNTRY}"):
        answer = ask(server, group_by=key, **options)
        assert (answer.status, answer.json["error"]) == (400, "Pagination error.")


def test_an_empty_group_by_is_a_list(server: OpenAlexServer) -> None:
    assert len(ask(server, group_by="").ids) == 4


def test_facets_stand_side_by_side(server: OpenAlexServer) -> None:
    answer = ask(server, group_bys=f"type,{COUNTRY}")
    assert answer.json["group_by"] == []
    assert [each["group_by_key"] for each in answer.json["group_bys"]] == ["type", COUNTRY]
    assert answer.json["group_bys"][0]["groups"][0]["count"] == 3
    assert answer.meta["per_page"] == 25


def test_an_id_that_is_none_breaks_the_names_when_it_comes_first() -> None:
    defect = place(-1, None, display_name=None)
    defect["lineage"] = [defect["id"]]
    works = [work(101, [defect]), work(102, [BR]), work(103, [BR])]
    with OpenAlexServer(works) as server:
        assert ask(server, group_by=LINEAGE).groups == [("I11", 2), ("I-1", 1)]
        answer = ask(server, group_by=LINEAGE, cursor="*")
        assert answer.status == 400
        assert answer.json["message"] == "'I-1' is not a valid OpenAlex ID."
        assert ask(server, "/institutions").meta["count"] == 1


def test_switches_change_how_keys_and_names_are_written() -> None:
    with OpenAlexServer(
        RECORDS,
        popular={},
        bare_countries=True,
        bare_types=True,
        without_names=True,
        extra_meta={"new": 1},
    ) as server:
        answer = ask(server, group_by=COUNTRY)
        assert answer.groups[0] == ("BR", 2)
        assert answer.json["group_by"][0]["key_display_name"] is None
        assert answer.meta["new"] == 1
        assert ask(server, group_by="type").groups[0] == ("article", 3)


def test_switches_refuse_big_pages_and_keys_inside_keys() -> None:
    with OpenAlexServer(RECORDS, max_per_page=100, nested=False) as server:
        answer = ask(server, group_by="type", per_page=200)
        assert answer.status == 400
        assert answer.json["message"] == "per-page parameter must be between 1 and 100."
        assert ask(server, group_by="type").meta["per_page"] == 100
        nested = ask(server, group_by=f"publication_year,{COUNTRY}")
        assert nested.status == 400
        assert "is not a valid field" in nested.json["message"]


def test_a_group_can_come_twice(server: OpenAlexServer) -> None:
    server.faults.push("repeat_group", "repeat_group")
    assert ask(server, group_by="publication_year").groups[-1] == ("2012", 1)
    answer = ask(server, group_by=COUNTRY, cursor="IkJSIg==")
    assert [key[-2:] for key, _ in answer.groups] == ["BR", "CN", "US"]


def test_a_partial_count_says_so_by_its_time_only(server: OpenAlexServer) -> None:
    server.faults.push("partial", "partial_flagged", Fault("slow", took_ms=4600))
    answer = ask(server, group_by="publication_year")
    assert answer.meta["count"] == 2
    assert answer.meta["db_response_time_ms"] >= 5000
    assert "timed_out" not in answer.meta
    assert ask(server, group_by="publication_year").meta["timed_out"] is True
    slow = ask(server, group_by="publication_year")
    assert (slow.meta["count"], slow.meta["db_response_time_ms"]) == (4, 4600)
