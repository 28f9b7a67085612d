"""The one seam of pyalex, and what goes through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyalex
import pytest

from bibliometrics.errors import BusyError, MissingPackageError, NetworkError
from bibliometrics.openalex import session as client
from bibliometrics.openalex.query import Request, filter_text, first_requests
from bibliometrics.openalex.session import check_seam
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.study.model import load_study
from tests.support.api_runs import CAS, by_year, running, small_world
from tests.support.openalex_server.server import Fault, OpenAlexServer, Records

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


def test_pyalex_gets_its_own_session_and_settings_back(
    server: OpenAlexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pyalex.config, "api_key", "of somebody else")
    before = pyalex.api._get_requests_session, dict(pyalex.config)
    with running(tmp_path, server.url) as run:
        assert pyalex.api._get_requests_session() is not before[0]()
        run.source.answer(QUESTION)
    assert (pyalex.api._get_requests_session, dict(pyalex.config)) == before
    assert "authorization" not in server.requests[0].headers


def test_one_source_at_a_time_is_open(server: OpenAlexServer, tmp_path: Path) -> None:
    with running(tmp_path, server.url) as run:
        with pytest.raises(BusyError), OpenAlex(run.pull):
            pass
        run.source.answer(QUESTION)
    with running(tmp_path, server.url):
        pass


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
    assert server.requests[0].params["filter"] == filter_text(QUESTION)


def test_a_query_is_fresh_each_time(server: OpenAlexServer, tmp_path: Path) -> None:
    (request,) = first_requests(QUESTION)
    with running(tmp_path, server.url) as run:
        for _ in range(3):
            run.source._client.fetch(request)
        keys = run.pull.keys()
    assert keys == [request.key]
    assert len(server.requests) == 1
