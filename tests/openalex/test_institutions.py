"""Institutions looked up: by id, ROR id and name, and which lie directly below which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bibliometrics.errors import InputError, RefusedError
from bibliometrics.openalex.institutions import Member, find_institutions, identify, list_parents
from bibliometrics.openalex.query import Request
from bibliometrics.openalex.source import OpenAlex
from tests.support.openalex_server.client import place, work
from tests.support.openalex_server.server import OpenAlexServer

CNRS = place(1294671590, "FR", display_name="CNRS", ror="https://ror.org/02feahw73")
LABS = [place(100 + n, "FR", 1294671590, display_name=f"Laboratory, {n}") for n in range(12)]


@pytest.fixture
def source() -> Iterator[OpenAlex]:
    """Return the API with the CNRS and twelve laboratories."""
    works = [work(1, [CNRS]), work(2, *[[lab] for lab in LABS])]
    with (
        OpenAlexServer(works, per_second=False) as server,
        OpenAlex(None, base_url=server.url, rate=100) as opened,
    ):
        yield opened


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("https://openalex.org/I1294671590", "I1294671590"),
        ("https://openalex.org/institutions/i1294671590", "I1294671590"),
        (" I1294671590 ", "I1294671590"),
        ("ROR:02FEAHW73", "ror:02feahw73"),
        ("02feahw73", "ror:02feahw73"),
        ("I1", ""),
        ("A1294671590", ""),
        ("Institute 12", ""),
    ],
)
def test_ids_are_told_from_names(text: str, key: str) -> None:
    assert identify(text) == key


@pytest.mark.parametrize("text", ["I1294671590", "https://ror.org/02feahw73", "cnrs"])
def test_one_institution_is_found_by_each_of_its_names(text: str, source: OpenAlex) -> None:
    (found,) = source.find(text)
    assert (found.id, found.ror, found.name) == ("I1294671590", "02feahw73", "CNRS")
    assert (found.country, found.n_works) == ("FR", 1)
    assert source.record(found.id)["display_name"] == "CNRS"
    assert len(source.list_below(found.id)) == 13


def test_a_name_gives_ten_candidates_at_most(source: OpenAlex) -> None:
    assert len(source.find("Laboratory, |:!")) == 10
    assert source.find("Laboratory 7")[0].id == "I107"


@pytest.mark.parametrize("text", ["I999999", "ror:000000000", "nobody"])
def test_nobody_is_found_under_an_unknown_name(text: str, source: OpenAlex) -> None:
    assert source.find(text) == []


def test_a_name_without_words_is_refused(source: OpenAlex) -> None:
    with pytest.raises(InputError, match="names no institution"):
        source.find(" |, ")


def refuse(status: int) -> Callable[[Request], Any]:
    def fetch(request: Request) -> Any:
        error = RefusedError("no")
        error.status = status
        raise error

    return fetch


def test_other_refusals_are_passed_on() -> None:
    with pytest.raises(RefusedError):
        find_institutions("I1234", refuse(400))


def member(number: int, *above: int) -> Member:
    lineage = tuple(f"I{each}" for each in (number, *above))
    return Member(f"I{number}", "0", f"N{number}", "FR", "facility", lineage, 1)


def test_parents_are_the_nearest_and_may_be_two() -> None:
    members = [member(10), member(11, 10), member(12, 10), member(13, 10, 11, 12, 99)]
    members += [member(14, 10, 11), Member("I-1", "", "", "", "", (), 0)]
    rows = list_parents("I10", members)
    assert [row[:3] for row in rows] == [
        ("I11", "0", "I10"),
        ("I12", "0", "I10"),
        ("I13", "0", "I11"),
        ("I13", "0", "I12"),
        ("I14", "0", "I11"),
    ]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("https://ror.org/034t30j35/", "ror:034t30j35"),
        ("ror.org/034t30j35?x=1", "ror:034t30j35"),
        ("https://api.ror.org/v2/organizations/034t30j35", "ror:034t30j35"),
        ("https://api.openalex.org/institutions/I19820366", "I19820366"),
        ("https://openalex.org/institutions/i19820366/#works", "I19820366"),
        ("openalex.org/I19820366", "I19820366"),
        ("I\u0661\u0662\u0663", ""),
    ],
)
def test_an_id_is_known_in_every_spelling_of_its_address(text: str, key: str) -> None:
    assert identify(text) == key


@pytest.mark.parametrize(
    "text",
    ["https://example.org/CAS", "ror.org/", "ror:x", "http://openalex.org/W1", "www.cas.cn/"],
)
def test_an_address_is_never_a_search_that_is_paid(text: str) -> None:
    def fetch(request: Request) -> Any:
        raise AssertionError(request)

    with pytest.raises(InputError, match="is the address of no institution"):
        find_institutions(text, fetch)
