"""The filter grammar of the local OpenAlex server, case by case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.openalex_server.client import ask, field, place, send, work
from tests.support.openalex_server.server import OpenAlexServer, Records

if TYPE_CHECKING:
    from collections.abc import Iterator

BR, AR, US = place(11, "BR"), place(12, "AR"), place(13, "US")
CAS = place(20, "CN", ror="https://ror.org/034t30j35")
INSTITUTE = place(21, "CN", 20)
HIDDEN: list[list[dict[str, Any]]] = [[] for _ in range(100)]

WORKS = [
    work(101, [BR], [INSTITUTE], language="en", primary_topic=field(31)),
    work(102, [CAS, AR], publication_year=2012, type="review", authors_count=7),
    work(103, [US], publication_year=2015, is_retracted=True, language="pt", ids={"doi": "d"}),
    work(104, publication_year=None, is_retracted=None, type=None),
    work(105, *HIDDEN, [BR], publication_year=2016, primary_topic=field(17)),
    work(106, [BR], is_xpac=True),
    work(107, [{"id": None, "country_code": "BR"}], publication_year=2016, type="book-chapter"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAlexServer]:
    with OpenAlexServer(Records(WORKS), per_second=False, keyless_credits=None) as running:
        yield running


def kept(server: OpenAlexServer, text: str) -> set[int]:
    answer = ask(server, filter=text, select="id", per_page=50)
    assert answer.status == 200, answer.body
    assert answer.meta["count"] == len(answer.ids)
    return {int(name[1:]) - 100 for name in answer.ids}


COUNTRY = "authorships.institutions.country_code"
LINEAGE = "authorships.institutions.lineage"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # numbers
        ("publication_year:2010", {1}),
        ("publication_year:2010-2012", {1, 2}),
        ("publication_year:2015-", {3, 5, 7}),
        ("publication_year:-2012", {1, 2}),
        ("publication_year:>2012", {3, 5, 7}),
        ("publication_year:<2012", {1}),
        ("publication_year:!2010", {2, 3, 4, 5, 7}),
        ("publication_year:!2010-2015", {4, 5, 7}),
        ("publication_year:2010|2015-2016", {1, 3, 5, 7}),
        ("publication_year:null", {4}),
        ("publication-year:2010", {1}),
        ("authors_count:>100", {5}),
        ("authors_count:7", {2}),
        ("countries_distinct_count:2", {1, 2}),
        # countries: all authors by one key, the first hundred by the other
        (f"{COUNTRY}:BR", {1, 5, 7}),
        (f"{COUNTRY}:br", {1, 5, 7}),
        (f"{COUNTRY}:countries/BR", {1, 5, 7}),
        (f"{COUNTRY}:https://openalex.org/countries/BR", {1, 5, 7}),
        ("authorships.countries:BR", {1, 7}),
        (f"{COUNTRY}:BR|AR", {1, 2, 5, 7}),
        (f"{COUNTRY}:!BR", {2, 3, 4}),
        (f"{COUNTRY}:!BR|AR", {3, 4}),
        (f"{COUNTRY}:BR+CN", {1}),
        (f"{COUNTRY}:BR,{COUNTRY}:CN", {1}),
        (f"{COUNTRY}:null", {4}),
        (f"{COUNTRY}:!null", {1, 2, 3, 5, 7}),
        (f'{COUNTRY}:"BR"', {1, 5, 7}),
        (f'{COUNTRY}:"BR CN"', set()),
        ("institutions.country_code:BR", {1, 5, 7}),
        ("institutions.continent:south_america", {1, 2, 5, 7}),
        ("authorships.institutions.continent:Q49", {3}),
        ("institutions.is_global_south:true", {1, 2, 5, 7}),
        ("institutions.is_global_south:false", {3, 4}),
        # institutions
        (f"{LINEAGE}:I20", {1, 2}),
        (f"{LINEAGE}:i20", {1, 2}),
        (f"{LINEAGE}:https://openalex.org/I20", {1, 2}),
        (f"{LINEAGE}:I20,{COUNTRY}:BR", {1}),
        (f"{LINEAGE}:!I20", {3, 4, 5, 7}),
        (f"{LINEAGE}:W20", set()),
        ("authorships.institutions.id:I20", {2}),
        ("institutions.id:I20|I21", {1, 2}),
        ("authorships.institutions.id:null", {4, 7}),
        ("authorships.institutions.ror:034t30j35", {2}),
        # texts and flags
        ("type:article|review", {1, 2, 3, 5}),
        ("type:types/article", {1, 3, 5}),
        ("type:!article", {2, 4, 7}),
        ("type:article+review", set()),
        ("language:en|null", {1, 2, 4, 5, 7}),
        ("is_retracted:false", {1, 2, 5, 7}),
        ("is_retracted:true", {3}),
        ("is_retracted:null", {4}),
        ("is_retracted:!null", {1, 2, 3, 5, 7}),
        ("has_doi:true", {3}),
        ("has_doi:false", {1, 2, 4, 5, 7}),
        ("primary_topic.field.id:31", {1}),
        ("primary_topic.field.id:fields/31", {1}),
        ("primary_topic.field.id:https://openalex.org/fields/17", {5}),
        # the expansion corpus is hidden unless one asks for it
        ("is_xpac:true", {6}),
        ("is_xpac:true|false", {1, 2, 3, 4, 5, 6, 7}),
        ("include_xpac:true", {1, 2, 3, 4, 5, 7}),
        ("from_publication_date:2010-05-02", set()),
        ("publication_date:2010-05-01", {1, 2, 3, 4, 5, 7}),
    ],
)
def test_a_filter_keeps(server: OpenAlexServer, text: str, expected: set[int]) -> None:
    assert kept(server, text) == expected


def test_an_escaped_plus_is_a_plus_that_nothing_has(server: OpenAlexServer) -> None:
    for text in (f"{COUNTRY}:BR%2BCN", f"{LINEAGE}:I20%2BI21"):
        answer = send(server, f"/works?filter={text}")
        assert (answer.status, answer.meta["count"]) == (200, 0)


def test_the_parameter_include_xpac_adds_the_expansion_corpus(server: OpenAlexServer) -> None:
    assert ask(server, include_xpac="true").meta["count"] == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "foo:1",
            "foo is not a valid field. Valid fields are underscore or hyphenated",
        ),
        ("publication_year:abc", "Value for param publication_year must be a number."),
        ("publication_year:2010-abc", "Value for param publication_year must be a number."),
        ("publication_year:2010+2011", "Value for param publication_year must be a number."),
        ("publication_year:", "Value for param publication_year"),
        ("type:none", "Value for param type"),
        ("type:undefined", "Value for param type"),
        ("is_retracted:!true", "Value for is_retracted must be"),
        ("is_retracted:yes", "Value for is_retracted must be"),
        ("has_doi:null", "Value for has_doi must be true or false"),
        (f"{LINEAGE}:I1", "'I1' is not a valid OpenAlex ID."),
        (f"{LINEAGE}:I-1", "'I-1' is not a valid OpenAlex ID."),
        (f"{LINEAGE}:CAS", "'CAS' is not a valid OpenAlex ID."),
        (f"{COUNTRY}:BR|!CN", "The ! operator can only be used at the beginning of an OR query."),
        ("type:article|publication_year:2010", "It looks like you're trying to do an OR query"),
        ("institutions.continent:latin_america", "Value for authorships.institutions.continent"),
        ("publication_date:2010", "Value for param publication_date is an invalid date."),
    ],
)
def test_a_filter_is_refused(server: OpenAlexServer, text: str, message: str) -> None:
    answer = ask(server, filter=text)
    assert answer.status == 400
    assert answer.json["error"] == "Invalid query parameters error."
    assert answer.json["message"].startswith(message)


@pytest.mark.parametrize("text", ["publication_year:!null", "publication_year:!abc"])
def test_some_numbers_crash_the_real_server(server: OpenAlexServer, text: str) -> None:
    answer = ask(server, filter=text)
    assert answer.status == 500
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("sign", ["|", "+"])
def test_a_hundred_values_are_accepted_and_one_more_is_not(
    server: OpenAlexServer, sign: str
) -> None:
    ids = [f"I{number}" for number in range(20, 121)]
    assert ask(server, filter=f"{LINEAGE}:{sign.join(ids[:100])}").status == 200
    answer = ask(server, filter=f"{LINEAGE}:{sign.join(ids)}")
    assert answer.status == 400
    assert answer.json["message"].startswith(f"Maximum number of values exceeded for {LINEAGE}.")


def test_an_old_record_lacks_what_it_does_not_say() -> None:
    old: dict[str, Any] = {
        "id": "https://openalex.org/W99",
        "publication_year": 2010,
        "authorships": [{"institutions": [{"id": "https://openalex.org/I20"}]}, {}],
    }
    with OpenAlexServer([old]) as server:
        for text in (f"{LINEAGE}:null", f"{COUNTRY}:null", "type:null", "is_retracted:null"):
            assert kept(server, text) == {-1}
        for text in ("authors_count:2", "countries_distinct_count:0", "is_xpac:false"):
            assert kept(server, text) == {-1}
        for text in ("authorships.countries:!null", "primary_location.source.is_core:true"):
            assert kept(server, text) == set()
