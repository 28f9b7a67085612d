"""Probes: on a server where everything is as assumed, and on one where each thing is otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bibliometrics.errors import BudgetError, KeyRefusedError, ServerError
from bibliometrics.openalex import source as openalex
from bibliometrics.openalex.contract import (
    ProbeAnswer,
    ProbeFinding,
    resolve_suspects,
    run_cheap,
    run_probes,
    target,
)
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.study.model import load_study
from tests.support.openalex_server.client import place, work
from tests.support.openalex_server.server import KEY, OpenAlexServer, read_works

STUDY = load_study()
CAS = int(STUDY.institution.id[1:])
ACADEMY = place(CAS, "CN")
BRAZIL, MEXICO = place(5000000001, "BR"), place(5000000002, "MX")
EYES = place(5000000003, "MX", display_name="Institute of Ophthalmology")
EYES_ABROAD = place(5000000004, "CN", display_name="Institute of Ophthalmology")
SUGAR = place(5000000005, "BR", display_name="Sugarcane Research Center")
LATE = place(5000000006, "NA")
PLAIN = {"publication_year": 2016, "primary_location": {"source": {"is_core": True}}}
OTHER = {**PLAIN, "primary_location": {"source": {"is_core": False}}, "type": "review"}


def make_works() -> list[dict[str, Any]]:
    """Return works of the Academy: some in other sources, three with 120 authors."""
    works = [work(1 + n, [ACADEMY], [BRAZIL], **(PLAIN if n % 3 else OTHER)) for n in range(9)]
    works += [work(20 + n, [EYES], [EYES_ABROAD, SUGAR], **PLAIN) for n in range(2)]
    crowd = [[BRAZIL]] * 119 + [[LATE]]
    works += [
        work(30 + n, *crowd, **PLAIN, authors_count=120, countries_distinct_count=2)
        for n in range(3)
    ]
    return works


def make_institutions() -> list[dict[str, Any]]:
    """Return what lies below the Academy by the package's definitions."""
    return [place(int(short[1:]), "CN", CAS) for short, _ in STUDY.institution.members]


RECORDS = read_works(make_works(), make_institutions())


@pytest.fixture
def server() -> Iterator[OpenAlexServer]:
    """Return a server on which everything is as assumed."""
    with OpenAlexServer(RECORDS, per_second=False) as running:
        yield running


def probe(server: OpenAlexServer, key: str | None = None) -> dict[str, ProbeFinding]:
    with OpenAlex(None, base_url=server.url, rate=100, key=key, sleep=lambda _: None) as source:
        found, _ = source.probe(STUDY)
    return {one.what: one for one in found}


def differing(found: dict[str, ProbeFinding]) -> list[str]:
    return [name for name, one in found.items() if one.holds is not True]


@pytest.mark.parametrize("key", [None, KEY])
def test_all_holds_on_a_server_that_is_as_assumed(server: OpenAlexServer, key: str | None) -> None:
    found = probe(server, key)
    assert differing(found) == []
    assert len(found) == 12
    assert all(one.expected and one.came and one.meaning for one in found.values())


def test_all_probes_cost_about_a_tenth_of_a_cent(server: OpenAlexServer) -> None:
    with OpenAlex(None, base_url=server.url, rate=100) as source:
        source.probe(STUDY)
        assert source.credits == sum(request.credits for request in server.requests)
    assert server.meter.used() <= 15


@pytest.mark.parametrize("known", [True, False])
def test_the_corpus_parameter_may_be_known(known: bool) -> None:
    with OpenAlexServer(RECORDS, per_second=False, corpus=known) as server:
        found = probe(server)
    assert differing(found) == []
    assert (found["the corpus"].came == "9 and 9 works") is known


def with_meta(data: Any, **meta: Any) -> Any:
    return {**data, "meta": {**data["meta"], **meta}}


#: For each probe: which answers to change, and how.
SPOILED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "the institution in lineages": (
        f"institutions/{STUDY.institution.id}",
        lambda data: {**data, "is_super_system": True},
    ),
    "institutions below it": ("institutions?", lambda data: with_meta(data, count=3)),
    "the part ustc": ("institutions/I126520041", lambda data: {**data, "lineage": []}),
    "the part ucas": ("institutions/I4210165038", lambda data: {**data, "lineage": None}),
    "price of a call": ("group-by", lambda data: with_meta(data, cost_usd=0.001)),
    "the corpus": ("corpus=core", lambda data: with_meta(data, count=7)),
    "work types": (
        "group-by=type",
        lambda data: {**data, "group_by": [*data["group_by"], {"key": "types/poem", "count": 1}]},
    ),
    "the flag of core sources": (
        "is_core",
        lambda data: {**data, "group_by": [{"key": "1", "count": data["meta"]["count"]}]},
    ),
    "authors past the 100th": (
        "ids.openalex:W30,authorships.institutions",
        lambda data: with_meta(data, count=0),
    ),
    "countries_distinct_count": (
        "is_authors_truncated",
        lambda data: {
            **data,
            "results": [{**row, "countries_distinct_count": 1} for row in data["results"]],
        },
    ),
    "partial answers": ("group-by=type", lambda data: with_meta(data, db_response_time_ms=4600)),
}


def direct(server: OpenAlexServer) -> Callable[[str], ProbeAnswer]:
    """Return how a test asks the server, with the corpus parameter known."""
    from tests.support.openalex_server.client import send

    def ask(text: str) -> ProbeAnswer:
        came = send(server, f"/{text}")
        data = came.json if came.status == 200 else None
        return ProbeAnswer(came.status, data, came.headers, "refused" if data is None else "")

    return ask


@pytest.mark.parametrize("what", SPOILED)
def test_each_assumption_that_is_false_is_told(what: str) -> None:
    part, change = SPOILED[what]
    with OpenAlexServer(RECORDS, per_second=False, corpus=True) as server:
        ask = direct(server)

        def spoiled(text: str) -> ProbeAnswer:
            answer = ask(text)
            return replace(answer, data=change(answer.data)) if part in text else answer

        found = {one.what: one for one in run_probes(STUDY, spoiled, with_key=False)}
    assert [name for name, one in found.items() if one.holds is False] == [what]


def test_the_wrong_daily_budget_is_told(server: OpenAlexServer) -> None:
    found = run_probes(STUDY, direct(server), with_key=True)
    assert [one.what for one in found if not one.holds] == ["credits a day"]


def test_a_server_that_refuses_everything_is_told() -> None:
    found = run_probes(STUDY, lambda text: ProbeAnswer(404, message="no " * 100), with_key=True)
    by_name = {one.what: one for one in found}
    assert not any(one.holds for name, one in by_name.items() if name != "partial answers")
    assert by_name["authors past the 100th"].holds is None
    assert max(len(one.came) for one in found) < 130


def test_nothing_is_claimed_without_a_large_work() -> None:
    with OpenAlexServer(make_works()[:11], per_second=False) as small:
        found = {one.what: one for one in run_probes(STUDY, direct(small), with_key=False)}
    names = ("authors past the 100th", "countries_distinct_count")
    assert [found[name].holds for name in names] == [None] * 2


def test_suspects_are_resolved_in_their_country_only(server: OpenAlexServer) -> None:
    found = resolve_suspects(STUDY, direct(server))
    by_name = {(one.name, one.country): one.ids for one in found}
    assert by_name[("Institute of Ophthalmology", "MX")] == ("I5000000003",)
    assert by_name[("Sugarcane Research Center", "BR")] == ("I5000000005",)
    assert by_name[("Ministry of Communications", "BR")] == ()
    assert resolve_suspects(STUDY, lambda text: ProbeAnswer(400)) == [
        replace(one, ids=()) for one in found
    ]
    assert resolve_suspects(load_study("cnrs-africa"), direct(server)) == []


def test_the_cheap_probes_are_three_calls_and_warn(server: OpenAlexServer) -> None:
    assert all(one.holds for one in run_cheap(STUDY, direct(server)))
    assert server.meter.used() == 3
    with OpenAlex(None, base_url=server.url, rate=100) as source:
        source.probe_cheaply(STUDY)
        assert source.notes == []


def test_what_the_cheap_probes_find_becomes_a_note() -> None:
    works = [*make_works(), work(99, [ACADEMY], **{**PLAIN, "type": "poem"})]
    with (
        OpenAlexServer(works, per_second=False) as server,
        OpenAlex(None, base_url=server.url, rate=100) as source,
    ):
        source.probe_cheaply(STUDY)
        (note,) = source.notes
    assert "work types" in note
    assert "unknown: poem" in note


@pytest.mark.parametrize("error", [BudgetError("the budget is spent"), ServerError("it failed")])
def test_the_cheap_probes_never_fail(
    error: Exception, server: OpenAlexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[ProbeFinding]:
        raise error

    monkeypatch.setattr(openalex, "run_cheap", fail)
    with OpenAlex(None, base_url=server.url, rate=100) as source:
        source.probe_cheaply(STUDY)
        assert source.notes == [f"what the counts take for granted was not probed: {error.args[0]}"]


def test_offline_nothing_is_probed() -> None:
    with OpenAlex(None, base_url="http://127.0.0.1:9", offline=True) as source:
        source.probe_cheaply(STUDY)
        assert source.notes == []


def test_a_refused_key_is_an_error(server: OpenAlexServer) -> None:
    with pytest.raises(KeyRefusedError):
        probe(server, "wrong-key-1234")


def test_a_request_is_written_as_the_api_wants_it() -> None:
    text = target("works", filter="a:1,b:*", per_page=2, select="")
    assert text == "works?filter=a:1,b:*&per-page=2"
    assert target("works/W1") == "works/W1"
