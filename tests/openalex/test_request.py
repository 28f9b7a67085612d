"""From questions to requests, their addresses and their number."""

from __future__ import annotations

from urllib.parse import urlsplit

import pyalex
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bibliometrics.errors import InputError
from bibliometrics.openalex.query import Request, estimate_plan, first_requests
from bibliometrics.study.model import load_study
from bibliometrics.study.plan import build_plan
from bibliometrics.study.questions import Question

TEXT = st.text(st.sampled_from("abcI019_.:|,!<>-"), max_size=30)


@given(TEXT, TEXT, st.sampled_from(["", "key:asc"]), st.none() | st.integers(1, 200))
def test_an_address_gives_its_request_back(
    text: str, group_by: str, sort: str, per_page: int | None
) -> None:
    request = Request(filter=text, group_by=group_by, sort=sort, per_page=per_page)
    assert Request.parse(request.url("https://host/works/prefix")) == request


@given(TEXT.filter(bool), TEXT.filter(bool), st.integers(1, 200))
def test_an_address_is_what_pyalex_sends(text: str, group_by: str, per_page: int) -> None:
    request = Request(filter=text, group_by=group_by, sort="key:asc", per_page=per_page)
    query = pyalex.Works({"filter": [text], "group-by": [group_by], "sort": ["key:asc"]})
    query._add_params("per-page", per_page)
    assert query.url == request.url()


def test_a_list_of_institutions_is_what_pyalex_sends() -> None:
    request = Request(path="institutions", filter="lineage:I12", select="id,ror", page=2)
    query = pyalex.Institutions({"filter": ["lineage:I12"], "select": ["id", "ror"]})
    query._add_params("page", 2)
    assert query.url == request.url()


def test_one_institution_is_asked_by_its_short_id_which_is_free() -> None:
    request = Request(path="institutions/I19820366")
    assert request.url() == "https://api.openalex.org/institutions/I19820366"
    assert not request.is_list
    assert Request.parse(request.url("http://host/a/b")) == request


def test_a_request_line_longer_than_the_api_takes_is_refused() -> None:
    with pytest.raises(InputError, match="8190"):
        Request(filter="a:" + "b" * 8200)


def test_a_request_knows_the_years_of_its_filter() -> None:
    assert Request(filter="a:1,publication_year:2007-2016,b:2").years == (2007, 2016)
    assert Request(filter="publication_year:2010").years == (2010, 2010)
    assert Request(filter="counts.publication_year:2010-").years is None


def test_a_description_is_readable() -> None:
    request = Request(filter="type:a|b", group_by="type", per_page=200)
    assert request.describe() == "works?filter=type:a|b&group-by=type&per-page=200"


@pytest.mark.parametrize(
    ("group_by", "sent", "number"),
    [
        ((), "", 1),
        (("year",), "publication_year", 1),
        (("field_id",), "primary_topic.field.id:include_unknown", 1),
        (("type",), "type:include_unknown", 1),
        (("n_authors",), "authors_count:include_unknown", 1),
        (("country_code",), "authorships.institutions.country_code", 1),
        (("year", "country_code"), "authorships.institutions.country_code", 3),
        (("country_code", "year"), "authorships.institutions.country_code", 3),
        (("year", "type"), "type:include_unknown", 3),
    ],
)
def test_each_grouping_has_its_requests(group_by: tuple[str, ...], sent: str, number: int) -> None:
    requests = first_requests(Question(years=(2009, 2011), group_by=group_by))
    assert [request.group_by for request in requests] == [sent] * number
    assert len({request.filter for request in requests}) == number


def test_countries_come_in_order_of_their_code_in_pages_of_200() -> None:
    (request,) = first_requests(Question(group_by=("country_code",)))
    assert (request.sort, request.per_page) == ("key:asc", 200)


def test_a_question_without_years_counts_works_without_a_year_too() -> None:
    (request,) = first_requests(Question(group_by=("year",)))
    assert request.group_by == "publication_year:include_unknown"


def test_two_keys_at_once_are_tried_after_one() -> None:
    question = Question(years=(2009, 2010), group_by=("year", "country_code", "n_countries"))
    code = "authorships.institutions.country_code"
    both = f"{code},countries_distinct_count:include_unknown"
    assert [request.group_by for request in first_requests(question)] == [code, code, both, both]


def test_a_question_by_year_and_another_key_must_name_its_years() -> None:
    with pytest.raises(InputError, match="must name its years"):
        first_requests(Question(group_by=("year", "country_code")))


def test_the_five_figures_take_about_fifty_calls_and_the_plan_about_140() -> None:
    study = load_study()
    figures = [item.question for item in build_plan(study, ("figures",))]
    least, most = estimate_plan(figures)
    assert (least, most) == (35, 65)  # most: every page of countries needs a second one
    everything = [item.question for item in build_plan(study)]
    assert estimate_plan(everything + everything)[0] == 122


def test_estimates_of_one_question() -> None:
    years = (2009, 2011)
    assert estimate_plan([Question(years=years, group_by=("year",))]) == (1, 1)
    assert estimate_plan([Question(years=years, group_by=("year", "country_code"))]) == (3, 6)
    keys = ("year", "country_code", "n_countries")
    question = Question(years=years, group_by=keys, keep=("AR", "BR"))
    assert estimate_plan([question]) == (6, 6 + 3 + 3 * 2)


def test_no_address_of_the_plan_is_longer_than_the_api_takes() -> None:
    for item in build_plan(load_study()):
        for request in first_requests(item.question):
            assert len(urlsplit(request.url()).query) < 8000
