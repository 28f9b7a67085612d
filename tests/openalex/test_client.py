"""The one seam of pyalex, and what goes through it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pandas as pd
import pyalex
import pytest

from bibliometrics.errors import MissingPackageError, NetworkError
from bibliometrics.openalex import session as client
from bibliometrics.openalex.query import Request, disjoint_filters, first_requests
from bibliometrics.openalex.session import check_seam
from bibliometrics.study.model import load_study
from tests.support.api_runs import CAS, by_year, running, small_world
from tests.support.openalex_server.server import Fault, OpenAlexServer, Records
from tests.support.oracle.answers import answer_plainly, read_facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTION = by_year(lineage=(CAS,), countries=(("AR", "BR"), ("CN",)))


@pytest.fixture(scope="module")
def small() -> Records:
    return Records(small_world())


@pytest.fixture
def server(small: Records) -> Iterator[OpenAlexServer]:
    with OpenAlexServer(small, per_second=False) as made:
        yield made


def test_pyalex_is_pinned_and_its_seam_is_there() -> None:
    check_seam()
    assert pyalex.__version__ == client.PYALEX


@pytest.mark.parametrize("gone", ["version", "factory"])
def test_another_pyalex_is_refused(monkeypatch: pytest.MonkeyPatch, gone: str) -> None:
    if gone == "version":
        monkeypatch.setattr(pyalex, "__version__", "0.22")
    else:
        monkeypatch.delattr(pyalex.api, "_get_requests_session")
    with pytest.raises(MissingPackageError, match=r"0\.21"):
        check_seam()


def test_others_keep_their_own_pyalex_and_their_settings_stay_out_of_our_requests(
    server: OpenAlexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pyalex.config, "api_key", "of somebody else")
    monkeypatch.setitem(pyalex.config, "email", "somebody@example.org")
    before = pyalex.api._get_requests_session, dict(pyalex.config)
    with running(tmp_path, server.url) as run:
        assert not isinstance(pyalex.api._get_requests_session(), client.ApiSession)
        run.source.answer(QUESTION)
    assert (pyalex.api._get_requests_session, dict(pyalex.config)) == before
    assert {"authorization", "from"} & set(server.requests[0].headers) == set()


def test_two_sources_with_two_keys_answer_in_four_threads(small: Records, tmp_path: Path) -> None:
    keys = {f"key-of-{name}": 10_000 for name in "abcd"}
    questions = [by_year(min_authors=least) for least in range(1, 13)]
    plain = {one: answer_plainly(one, read_facts(small_world())) for one in questions}
    with OpenAlexServer(small, per_second=False, keys=keys, latency_ms=5) as server:
        with ExitStack() as stack:
            sources = [
                stack.enter_context(running(tmp_path / key, server.url, key=key, workers=2)).source
                for key in ("key-of-a", "key-of-b")
            ]
            with ThreadPoolExecutor(4) as pool:
                found = [
                    pool.submit(sources[place % 2].answer_all, questions[place // 2 :: 2])
                    for place in range(4)
                ]
            answers = [one.result() for one in found]
        for each in answers:
            for question, frame in each.items():
                pd.testing.assert_frame_equal(frame, plain[question])
        assert {request.key for request in server.requests} == {"key-of-a", "key-of-b"}


def test_a_resolver_that_hangs_can_not_hold_the_check(
    server: OpenAlexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CHECK_S", 0.2)
    server.faults.push(Fault("stall", seconds=1))
    with (
        running(tmp_path, server.url) as run,
        pytest.raises(NetworkError, match="does not answer within"),
    ):
        run.source.check(load_study())


def test_a_server_that_only_hangs_up_is_no_network(server: OpenAlexServer, tmp_path: Path) -> None:
    server.faults.push("reset", "reset", "reset")
    with running(tmp_path, server.url) as run:
        with pytest.raises(NetworkError, match="broke off") as caught:
            run.source.check(load_study())
        assert "--offline" in caught.value.next_step
        server.faults.push(Fault("html", status=502), Fault("html", status=502))
        run.source.check(load_study())


def test_what_goes_out_is_to_the_byte_what_the_plan_prints(
    server: OpenAlexServer, tmp_path: Path
) -> None:
    requests = [
        *first_requests(QUESTION),
        *first_requests(by_year(group_by=("year", "country_code"))),
        *first_requests(by_year(group_by=())),
        Request(path=f"institutions/{CAS}"),
        Request(
            path="institutions", filter=f"lineage:{CAS}", select="id,ror", per_page=100, page=1
        ),
    ]
    with running(tmp_path, server.url) as run:
        for request in requests:
            run.source._client.fetch(request)
    assert [f"/{request.target}" for request in requests] == [r.target for r in server.requests]
    assert [server.requests[0].params["filter"]] == disjoint_filters(QUESTION)


def test_a_query_is_fresh_each_time(server: OpenAlexServer, tmp_path: Path) -> None:
    (request,) = first_requests(QUESTION)
    with running(tmp_path, server.url) as run:
        for _ in range(3):
            run.source._client.fetch(request)
        keys = run.pull.keys()
    assert keys == [request.key]
    assert len(server.requests) == 1
