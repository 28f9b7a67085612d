"""What is asked before a pull: the institution, its members, the budget."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bibliometrics.errors import InputError, RefusedError, ServerError
from bibliometrics.openalex.institutions import (
    compare_members,
    list_members,
    look_up,
    read_remaining,
)
from bibliometrics.openalex.query import Request
from bibliometrics.study.model import Specification, load_study

CAS = {
    "id": "https://openalex.org/I19820366",
    "country_code": "CN",
    "lineage": ["https://openalex.org/I19820366"],
    "is_super_system": False,
}


class Rows(list[Any]):
    """A list with meta, as pyalex gives it."""

    def __init__(self, rows: list[Any], count: int) -> None:
        super().__init__(rows)
        self.meta = {"count": count}


def refused(status: int) -> RefusedError:
    error = RefusedError("no")
    error.status = status
    return error


def test_a_known_institution_outside_the_region_passes() -> None:
    assert look_up(load_study(), lambda request: CAS) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"country_code": "BR"}, "in the region"),
        ({"country_code": "br"}, "in the region"),
        ({"is_super_system": True}, "out of lineages"),
        ({"lineage": []}, "out of lineages"),
        ({"lineage": None, "is_super_system": True}, "out of lineages"),
        ({"id": "https://openalex.org/I42"}, "another institution, I42"),
    ],
)
def test_an_institution_that_can_not_be_counted_is_refused(
    change: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        look_up(load_study(), lambda request: {**CAS, **change})


def test_a_lineage_of_null_is_a_note_and_no_advice_to_count_otherwise() -> None:
    (note,) = look_up(load_study(), lambda request: {**CAS, "lineage": None})
    assert "is unchecked" in note
    assert "exact" not in note


def test_a_record_that_does_not_name_its_lineage_passes() -> None:
    bare = {"id": CAS["id"], "display_name": "Chinese Academy of Sciences"}
    assert look_up(load_study(), lambda request: bare) == []


def test_an_institution_without_lineage_can_be_counted_by_its_exact_id() -> None:
    study = replace(load_study(), primary=Specification(institution="exact"))
    assert look_up(study, lambda request: {**CAS, "is_super_system": True}) == []


@pytest.mark.parametrize("status", [301, 404])
def test_an_institution_without_a_record_passes_if_works_name_it(status: int) -> None:
    asked: list[Request] = []

    def fetch(request: Request) -> Any:
        asked.append(request)
        if not request.is_list:
            raise refused(status)
        return Rows([], 7)

    assert look_up(load_study(), fetch) == [
        "OpenAlex has no record of I19820366, but 7 works name it"
    ]
    assert asked[1].filter == "authorships.institutions.lineage:I19820366"


def test_an_institution_that_nobody_knows_is_refused() -> None:
    def fetch(request: Request) -> Any:
        if not request.is_list:
            raise refused(404)
        return Rows([], 0)

    with pytest.raises(InputError, match="knows no institution I19820366"):
        look_up(load_study(), fetch)


def test_another_refusal_is_passed_on() -> None:
    def fetch(request: Request) -> Any:
        raise refused(400)

    with pytest.raises(RefusedError):
        look_up(load_study(), fetch)


def row(number: int, **other: Any) -> dict[str, Any]:
    return {"id": f"https://openalex.org/I{number}", "display_name": "N", **other}


def test_members_come_page_by_page_in_order_of_their_number() -> None:
    institution = load_study().institution
    everything = [row(number) for number in range(230, 99, -1)] + [row(19820366)]

    def fetch(request: Request) -> Any:
        start = 100 * ((request.page or 1) - 1)
        return Rows(everything[start : start + 100], len(everything))

    found = list_members(institution.id, fetch)
    assert [member.id for member in found][:2] == ["I100", "I101"]
    assert len(found) == 132
    notes = compare_members(institution, found)
    assert "also lists 131" in notes[0]
    assert "no longer lists" in notes[1]


def test_a_list_that_lacks_some_is_no_list() -> None:
    with pytest.raises(ServerError, match="2 of 3 institutions below I12 were listed"):
        list_members("I12", lambda request: Rows([row(12), row(13)], 3))


def test_members_without_details_and_an_empty_list_are_fine() -> None:
    institution = load_study().institution
    (found,) = list_members(institution.id, lambda request: Rows([row(12, ror=None)], 1))
    assert (found.ror, found.country, found.lineage, found.n_works) == ("", "", (), 0)
    assert list_members(institution.id, lambda request: Rows([], 0)) == []
    assert compare_members(institution, []) == []


@pytest.mark.parametrize("data", [None, [], {}, {"rate_limit": {}}, {"rate_limit": {"a": 1}}])
def test_a_budget_in_another_form_is_not_known(data: Any) -> None:
    assert read_remaining(data) is None
