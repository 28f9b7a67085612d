"""Faults of the local OpenAlex server: each kind, and how a test orders them."""

from __future__ import annotations

import http.client
import socket
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.openalex_server.client import ask, place, work
from tests.support.openalex_server.faults import ANSWERED, BROKEN, REFUSED
from tests.support.openalex_server.server import Fault, OpenAlexServer, Records

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = Records([work(100 + n, [place(11, "BR")]) for n in range(9)])


@pytest.fixture
def server() -> Iterator[OpenAlexServer]:
    with OpenAlexServer(RECORDS, per_second=False) as running:
        yield running


@pytest.mark.parametrize(
    ("fault", "status", "error", "retry_after"),
    [
        (Fault("too_fast"), 429, "Rate limit exceeded", "1"),
        (Fault("budget"), 429, "Rate limit exceeded", "43200"),
        (Fault("throttle"), 429, "Rate limit exceeded", None),
        (Fault("plan"), 429, "Plan upgrade required", None),
        (Fault("unauthorized"), 401, "Invalid or missing API key", None),
        (Fault("bad_query"), 400, "Invalid query parameters error.", None),
        (Fault("bad_page"), 400, "Pagination error.", None),
        (Fault("edge"), 400, "Invalid request rejected at the API edge", None),
        (Fault("html", status=400), 400, None, None),
        (Fault("html", status=404), 404, None, None),
        (Fault("html", status=500), 500, None, None),
        (Fault("html", status=502), 502, None, None),
        (Fault("html", status=503, seconds=30), 503, None, "30"),
        (Fault("html", status=520), 520, None, None),
        (Fault("unavailable"), 503, "Service unavailable", "30"),
        (Fault("timeout"), 504, "Gateway timeout", None),
    ],
)
def test_a_fault_refuses_one_request(
    server: OpenAlexServer, fault: Fault, status: int, error: str | None, retry_after: str | None
) -> None:
    server.faults.push(fault)
    answer = ask(server, group_by="type")
    assert (answer.status, answer.headers.get("retry-after")) == (status, retry_after)
    if error is None:
        assert answer.body.startswith(b"<!doctype html>")
    else:
        assert answer.json["error"] == error
    assert ask(server, group_by="type").status == 200
    assert [request.fault for request in server.requests] == [fault.kind, ""]


def test_faults_before_the_meter_and_timeouts_cost_nothing(server: OpenAlexServer) -> None:
    server.faults.push("too_fast", "budget", "throttle", "plan", "unauthorized", "timeout")
    for _ in range(6):
        ask(server)
    assert server.meter.used() == 0
    server.faults.push("bad_query", "html", "html_200", "empty_200", "truncated_200")
    for _ in range(5):
        ask(server)
    assert server.meter.used() == 5


def test_only_some_refusals_tell_the_rate(server: OpenAlexServer) -> None:
    told = {}
    for kind in REFUSED:
        server.faults.push(kind)
        told[kind] = bool(ask(server).rates)
    assert {kind for kind, rate in told.items() if rate} == {
        "too_fast",
        "budget",
        "bad_query",
        "bad_page",
        "html",
        "unavailable",
    }


def test_a_body_can_be_spoiled(server: OpenAlexServer) -> None:
    whole = ask(server, group_by="type").body
    server.faults.push("html_200", "empty_200", "truncated_200", "short_200")
    page, empty, half = (ask(server, group_by="type") for _ in range(3))
    assert [answer.status for answer in (page, empty, half)] == [200, 200, 200]
    assert page.body.startswith(b"<!doctype html>")
    assert empty.body == b""
    assert half.body == whole[: len(whole) // 2]
    with pytest.raises(http.client.IncompleteRead):
        ask(server, group_by="type")
    assert ask(server, group_by="type").body == whole


def test_a_connection_can_be_reset_or_stall(server: OpenAlexServer) -> None:
    server.faults.push("reset", Fault("stall", seconds=0.2))
    with pytest.raises(ConnectionError):
        ask(server)
    before = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        ask(server)
    assert time.monotonic() - before >= 0.2
    assert [request.status for request in server.requests] == [0, 0]


def test_a_stall_outlasts_the_client_and_ends_with_the_server(server: OpenAlexServer) -> None:
    server.faults.push("stall")
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    with socket.create_connection(address, timeout=0.2) as client:
        client.sendall(b"GET /works HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_a_day_can_change_in_the_middle() -> None:
    start = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    with OpenAlexServer(RECORDS, start=start, keyless_credits=1) as server:
        assert ask(server).meta["count"] == 9
        server.faults.push("day_change")
        answer = ask(server)
        assert (answer.status, answer.meta["count"]) == (200, 6)
        assert server.clock.now() - start >= timedelta(hours=1)


def test_faults_follow_a_script_or_a_condition(server: OpenAlexServer) -> None:
    script: dict[int, Fault | str] = {2: Fault("html", status=502), 3: "unavailable"}
    server.faults.script = lambda number, _: script.get(number)
    server.faults.push("edge", when=lambda request: "group_by" in request.params)
    assert [ask(server).status for _ in range(4)] == [200, 502, 503, 200]
    assert server.faults.waiting() == 1
    assert ask(server, group_by="type").status == 400
    assert server.faults.waiting() == 0


def test_a_fault_must_exist() -> None:
    with pytest.raises(ValueError, match="no such fault: rain"):
        Fault("rain")
    assert not BROKEN & ANSWERED
    assert not REFUSED & (BROKEN | ANSWERED)
