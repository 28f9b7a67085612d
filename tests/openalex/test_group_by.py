"""How a question is asked, whatever comes back; no server, no network."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from bibliometrics.errors import InputError, PartialAnswerError, RefusedError, ServerError
from bibliometrics.openalex.group_by import Answer, Outcome, Refusal, count_works
from bibliometrics.openalex.query import COUNTRY, Request
from bibliometrics.study.model import country_names
from bibliometrics.study.questions import Question

YEARS = (2009, 2011)
CODES = ("BR", "AR", "CL", "US")
WORKS = [
    (2009 + number % 3, frozenset(CODES[number % 4 : number % 4 + number % 3 + 1]))
    for number in range(50)
]


class Server:
    """Answers requests on works that are year and countries, with the API's own limits."""

    def __init__(self, works: list[tuple[int, frozenset[str]]], page: int = 200) -> None:
        self.works = works
        self.page = page
        self.asked: list[Request] = []
        self.partial_over_years = False
        self.nested = True
        self.nested_rows = 200

    def __call__(self, request: Request) -> Outcome:
        self.asked.append(request)
        years = request.years or (0, 9999)
        if (request.per_page or 0) > self.page:
            return Refusal(RefusedError("per-page"))
        if self.partial_over_years and years[0] < years[1]:
            return Refusal(PartialAnswerError("partial"))
        works = [work for work in self.works if years[0] <= work[0] <= years[1]]
        for part in request.filter.split(","):
            key, _, value = part.partition(":")
            if key == COUNTRY and value != "!null":
                works = [work for work in works if work[1] & set(value.split("|"))]
        if "," in request.group_by:
            return self.both(request, works)
        return Answer({"count": len(works)}, self.rows(request, works))

    def rows(self, request: Request, works: list[Any]) -> list[dict[str, Any]]:
        key = request.group_by.removesuffix(":include_unknown")
        read = {
            "publication_year": lambda work: [str(work[0])],
            COUNTRY: lambda work: list(work[1]),
            "countries_distinct_count": lambda work: [str(len(work[1]))],
            "authors_count": lambda work: [str(len(work[1]) * 40 + work[0])],
        }.get(key, lambda work: [])
        counts = Counter(each for work in works for each in read(work))
        order = sorted(counts, reverse=request.sort == "key:desc")
        return [{"key": each, "count": counts[each]} for each in order][: self.page]

    def both(self, request: Request, works: list[Any]) -> Outcome:
        if not self.nested:
            return Refusal(RefusedError("not supported"))
        outer = self.rows(Request(group_by=COUNTRY, sort="key:asc"), works)[: self.nested_rows]
        inner = Request(group_by="countries_distinct_count")
        for row in outer:
            row["groups"] = self.rows(inner, [work for work in works if row["key"] in work[1]])
        return Answer({"count": len(works)}, outer)


def walk(question: Question, server: Server, per_page: int = 200) -> Any:
    """Walk to the end and return the counts."""
    steps = count_works(question, per_page=per_page)
    outcomes = None
    for _ in range(100):
        try:
            requests = steps.send(outcomes)  # type: ignore[arg-type]
        except StopIteration as stop:
            return stop.value
        outcomes = [server(request) for request in requests]
    pytest.fail("the walk does not end")


def by_country(works: list[tuple[int, frozenset[str]]]) -> dict[Any, int]:
    return dict(Counter((year, code) for year, codes in works for code in codes))


def wide(per_code: int = 1) -> list[tuple[int, frozenset[str]]]:
    """Return works of three years, of every country of the world."""
    return [
        (year, frozenset({code, "BR"}))
        for year in range(2009, 2012)
        for code in country_names()
        for _ in range(per_code)
    ]


def test_a_question_by_year_is_one_request() -> None:
    server = Server(WORKS)
    counts = walk(Question(years=YEARS, group_by=("year",)), server)
    assert counts == dict(Counter((year,) for year, _ in WORKS))
    assert len(server.asked) == 1


def test_a_question_without_grouping_may_count_zero() -> None:
    assert walk(Question(countries=(("MX",),)), Server(WORKS)) == {(): 0}
    assert walk(Question(), Server(WORKS)) == {(): 50}


def test_a_question_by_year_and_country_is_one_request_a_year() -> None:
    server = Server(WORKS)
    assert walk(Question(years=YEARS, group_by=("year", "country_code")), server) == by_country(
        WORKS
    )
    assert len(server.asked) == 3


def test_keys_come_in_the_order_of_the_question() -> None:
    counts = walk(Question(years=YEARS, group_by=("country_code", "year")), Server(WORKS))
    assert counts == {(code, year): n for (year, code), n in by_country(WORKS).items()}


def test_only_countries_to_be_kept_are_reported() -> None:
    question = Question(years=YEARS, group_by=("year", "country_code"), keep=("AR", "MX"))
    assert {code for _, code in walk(question, Server(WORKS))} == {"AR"}


def test_a_full_page_of_countries_is_completed_from_the_other_end() -> None:
    server = Server(wide())
    counts = walk(Question(years=YEARS, group_by=("year", "country_code")), server)
    assert counts == by_country(wide())
    assert [request.sort for request in server.asked] == ["key:asc"] * 3 + ["key:desc"] * 3


def test_a_refused_page_of_200_falls_to_100_and_the_gap_is_asked_code_by_code_once() -> None:
    server = Server(wide(), page=100)
    counts = walk(Question(years=YEARS, group_by=("year", "country_code")), server)
    assert counts == by_country(wide())
    alone = [request for request in server.asked if request.group_by == "publication_year"]
    single = {request for request in alone if request.per_page == 100}
    gap = len(country_names()) - 200
    assert len(single) == gap
    assert all(request.years == YEARS for request in single)


def test_a_gap_at_pages_of_100_needs_no_refusal_when_that_is_settled() -> None:
    server = Server(wide(), page=100)
    walk(Question(years=YEARS, group_by=("year", "country_code")), server, per_page=100)
    assert {request.per_page for request in server.asked} == {100}


def test_only_codes_to_be_kept_are_asked_alone() -> None:
    server = Server(wide(), page=100)
    codes = sorted(country_names())
    keep = (codes[0], codes[110], codes[-1])
    question = Question(years=YEARS, group_by=("year", "country_code"), keep=keep)
    counts = walk(question, server, per_page=100)
    assert counts == {key: n for key, n in by_country(wide()).items() if key[1] in keep}
    alone = {request for request in server.asked if request.group_by == "publication_year"}
    assert len(alone) == 1


def test_one_page_is_enough_when_all_codes_to_be_kept_are_on_it() -> None:
    server = Server(wide())
    keep = ("AR", sorted(country_names())[199])
    walk(Question(years=YEARS, group_by=("year", "country_code"), keep=keep), server)
    assert len(server.asked) == 3


def test_countries_over_all_years_are_completed_too() -> None:
    works = wide()
    counts = walk(Question(group_by=("country_code",)), Server(works, page=100))
    assert counts == dict(Counter((code,) for _, codes in works for code in codes))


@pytest.mark.parametrize("keys", [("year",), ("country_code",), ("year", "country_code"), ()])
def test_a_partial_answer_over_years_is_asked_year_by_year(keys: tuple[str, ...]) -> None:
    server, whole = Server(wide()), Server(wide())
    server.partial_over_years = True
    question = Question(years=YEARS, countries=(("BR",),), group_by=keys)
    assert walk(question, server) == walk(question, whole)


def test_a_partial_answer_for_one_year_or_any_year_is_an_error() -> None:
    server = Server(WORKS)
    server.partial_over_years = True
    with pytest.raises(PartialAnswerError):
        walk(Question(group_by=("country_code",)), server)


def test_the_number_of_countries_comes_from_two_keys_at_once() -> None:
    server = Server(WORKS)
    keys = ("year", "country_code", "n_countries")
    counts = walk(Question(years=YEARS, group_by=keys, keep=("AR", "BR")), server)
    expected = Counter((y, c, len(codes)) for y, codes in WORKS for c in codes & {"AR", "BR"})
    assert counts == dict(expected)
    assert len(server.asked) == 3 + 3


@pytest.mark.parametrize(
    ("trouble", "number"),
    [({"nested": False}, 1), ({"nested_rows": 1}, 1)],
)
def test_two_keys_at_once_that_fail_fall_back_to_one_request_a_country(
    trouble: dict[str, Any], number: int
) -> None:
    server = Server(WORKS)
    vars(server).update(trouble)
    keys = ("year", "country_code", "n_countries")
    counts = walk(Question(years=YEARS, group_by=keys, keep=("AR", "BR")), server)
    expected = Counter((y, c, len(codes)) for y, codes in WORKS for c in codes & {"AR", "BR"})
    assert counts == dict(expected)
    assert sum("," in request.group_by for request in server.asked) == number
    assert len(server.asked) == 3 + number + 3 * 2


def test_two_keys_at_once_that_contradict_one_key_are_not_believed() -> None:
    class Cut(Server):
        def both(self, request: Request, works: list[Any]) -> Outcome:
            return super().both(request, works[::2])

    server = Cut(WORKS)
    keys = ("country_code", "n_countries")
    counts = walk(Question(years=YEARS, group_by=keys, keep=("BR",)), server)
    assert counts == dict(Counter(("BR", len(codes)) for _, codes in WORKS if "BR" in codes))


def test_more_sizes_of_teams_than_a_page_holds_are_asked_in_halves() -> None:
    class Sizes(Server):
        def rows(self, request: Request, works: list[Any]) -> list[dict[str, Any]]:
            low, high = 0, 5000
            for part in request.filter.split(","):
                if part.startswith("authors_count:"):
                    text = part.partition(":")[2]
                    if text.startswith("<"):
                        high = int(text[1:]) - 1
                    elif text.startswith(">"):
                        low = int(text[1:]) + 1
                    else:
                        first, _, last = text.partition("-")
                        low, high = int(first), int(last or first)
            return [{"key": str(n), "count": n} for n in range(low, high + 1) if n][:200]

    counts = walk(Question(group_by=("n_authors",)), Sizes([]))
    assert counts == {(number,): number for number in range(1, 5001)}


def test_unknown_keys_are_not_reported() -> None:
    class Unknown(Server):
        def rows(self, request: Request, works: list[Any]) -> list[dict[str, Any]]:
            return [{"key": "https://openalex.org/fields/unknown", "count": 3},
                    {"key": "https://openalex.org/fields/31", "count": 4}]  # fmt: skip

    assert walk(Question(group_by=("field_id",)), Unknown(WORKS)) == {(31,): 4}


def test_chunks_of_a_long_list_add_up() -> None:
    class Chunks(Server):
        def __call__(self, request: Request) -> Outcome:
            second = ":!I100|" in request.filter
            return Answer({"count": 9}, [{"key": "2010", "count": 2 if second else 7}])

    ids = tuple(f"I{number}" for number in range(100, 250))
    assert walk(Question(institution_ids=ids, group_by=("year",)), Chunks([])) == {(2010,): 9}


def test_what_the_api_can_not_count_is_refused_before_anything_is_asked() -> None:
    server = Server(WORKS)
    with pytest.raises(InputError, match="must name its years"):
        walk(Question(group_by=("field_id", "year")), server)
    assert not server.asked


class Topics(Server):
    """Three topics in each of 70 subfields of each field; the numbers say where."""

    def rows(self, request: Request, works: list[Any]) -> list[dict[str, Any]]:
        field, subfield = (
            re.search(rf"primary_topic.{level}.id:(\d+)", request.filter)
            for level in ("field", "subfield")
        )
        all_subfields = [f * 100 + s for f in range(11, 37) for s in range(70)]
        subfields = [
            one
            for one in all_subfields
            if (not field or one // 100 == int(field[1]))
            and (not subfield or one == int(subfield[1]))
        ]
        keys = [str(one) for one in subfields]
        if request.group_by.startswith("primary_topic.id"):
            keys = [f"https://openalex.org/T{one}{n}" for one in subfields for n in range(3)]
        return [{"key": key, "count": 1} for key in keys][: min(self.page, request.per_page or 0)]


def test_more_topics_than_a_page_holds_are_asked_by_field_then_by_subfield() -> None:
    server = Topics([])
    assert len(walk(Question(group_by=("subfield_id",)), server)) == 26 * 70
    assert len(server.asked) == 1 + 26
    assert len(walk(Question(group_by=("topic_id",)), server)) == 26 * 70 * 3
    assert max(Counter(server.asked).values()) <= 2
    few = walk(Question(group_by=("topic_id",), subfield_ids=(3103,)), server)
    assert few == {(f"T3103{n}",): 1 for n in range(3)}


class Institutions(Server):
    """Some institutions, the first with most works; the defect id may stand at the top."""

    def __init__(self, number: int, *, defect: bool = False) -> None:
        super().__init__([])
        self.number, self.defect = number, defect

    def __call__(self, request: Request) -> Outcome:
        self.asked.append(request)
        if self.defect and not request.sort:
            return Refusal(RefusedError("'I-1' is not a valid OpenAlex ID."))
        rows = [{"key": f"I{100 + n}", "count": 1000 - n} for n in range(self.number)]
        rows += [{"key": "https://openalex.org/I-1", "count": 2000}] if self.defect else []
        return Answer({"count": 3000}, rows[: request.per_page])


def test_institutions_are_complete_below_a_full_page_and_say_so_where_they_are_not() -> None:
    question = Question(group_by=("institution_id",))
    for number, complete in ((199, True), (200, False), (1000, False)):
        server = Institutions(number)
        found = walk(question, server)
        assert (len(found), found.complete) == (min(number, 200), complete)
        assert [request.sort for request in server.asked] == [""]


def test_where_the_defect_id_leads_the_list_institutions_are_asked_in_another_order() -> None:
    server = Institutions(50, defect=True)
    found = walk(Question(group_by=("institution_id",)), server)
    assert (len(found), found.complete) == (50, True)
    assert [request.sort for request in server.asked] == ["", "key:desc"]
    with pytest.raises(ServerError, match="can't list the largest institutions"):
        walk(Question(group_by=("institution_id",)), Institutions(300, defect=True))


def test_the_largest_of_a_list_that_is_asked_in_parts_are_never_added_up() -> None:
    ids = tuple(f"I{number}" for number in range(100, 250))
    question = Question(institution_ids=ids, group_by=("institution_id",))
    with pytest.raises(InputError, match="asked for in parts"):
        walk(question, Institutions(300))


def test_a_full_page_for_one_number_of_authors_is_an_error() -> None:
    class Full(Server):
        def rows(self, request: Request, works: list[Any]) -> list[dict[str, Any]]:
            return [{"key": str(number), "count": 1} for number in range(200)]

    with pytest.raises(ServerError, match="for 7 authors"):
        walk(Question(min_authors=7, max_authors=7, group_by=("n_authors",)), Full([]))
