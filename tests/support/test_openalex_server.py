"""The edge of the local OpenAlex server: keys, credits, limits, faults; real recorded answers."""

from __future__ import annotations

import gzip
import http.client
import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.openalex_server.client import ask, place, send, work
from tests.support.openalex_server.fields import WORK_KEYS
from tests.support.openalex_server.server import KEY, OpenAlexServer, Records, make_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKS = [work(100 + n, [place(11, "BR")], publication_year=2010 + n % 3) for n in range(9)]
RECORDS = Records(WORKS)
BEARER = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
def server() -> Iterator[OpenAlexServer]:
    with OpenAlexServer(RECORDS, per_second=False) as running:
        yield running


# ---------------------------------------------------------------- keys and credits


def test_an_answer_tells_what_it_cost_and_what_is_left(server: OpenAlexServer) -> None:
    answer = ask(server, group_by="type")
    assert answer.rates == {
        "limit-usd": "0.1",
        "remaining-usd": "0.0999",
        "prepaid-remaining-usd": "0",
        "cost-usd": "0.0001",
        "limit": "1000",
        "remaining": "999",
        "onetime-remaining": "0",
        "credits-used": "1",
    }
    assert 0 < int(answer.headers["x-ratelimit-reset"]) <= 86_400
    assert answer.meta["cost_usd"] == 0.0001


@pytest.mark.parametrize(
    ("target", "credits"),
    [
        ("/works", 1),
        ("/works?group_by=type&search=cats", 1),
        ("/works?search=cats", 10),
        ("/works?filter=title.search:cats", 10),
        ("/works?filter=foo:1", 1),
        ("/works?limit=3", 1),
        ("/works/W101", 0),
        ("/works/w101", 0),
        ("/works/https://openalex.org/W101", 1),
        ("/works/W999", 0),
        ("/institutions", 1),
        ("/institutions/I11", 0),
        ("/institutions/ror:034t30j35", 0),
        ("/institutions/https://ror.org/034t30j35", 1),
        ("/rate-limit", 0),
    ],
)
def test_a_call_costs(server: OpenAlexServer, target: str, credits: int) -> None:
    send(server, target)
    assert server.meter.used() == server.requests[-1].credits == credits


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/works", BEARER),
        ("/works", {"api-key": KEY}),
        ("/works", {"api_key": KEY}),
        (f"/works?api_key={KEY}", {}),
        (f"/works?api-key={KEY}", {}),
        ("/works?api_key=wrong", BEARER),
    ],
)
def test_a_key_has_its_own_budget(
    server: OpenAlexServer, target: str, headers: dict[str, str]
) -> None:
    answer = send(server, target, headers=headers)
    assert (answer.status, answer.headers["x-ratelimit-limit"]) == (200, "10000")
    assert (server.meter.used(KEY), server.meter.used()) == (1, 0)


@pytest.mark.parametrize("path", ["/works", "/works/W101", "/rate-limit", "/nope"])
def test_an_unknown_key_is_refused_everywhere(server: OpenAlexServer, path: str) -> None:
    answer = send(server, path, headers={"Authorization": "Bearer wrong", "api_key": KEY})
    assert answer.status == 401
    assert answer.json == {"error": "Invalid or missing API key", "message": "API key not found"}
    assert not answer.rates


def test_the_rate_limit_page_wants_a_key_and_is_free(server: OpenAlexServer) -> None:
    refused = send(server, "/rate-limit")
    assert (refused.status, refused.json["error"]) == (401, "Authentication required")
    ask(server, api_key=KEY)
    answer = ask(server, "/rate-limit", api_key=KEY)
    limits = answer.json["rate_limit"]
    assert answer.json["api_key"] == "goo...key"
    assert (limits["credits_used"], limits["credits_remaining"]) == (1, 9_999)
    assert limits["daily_remaining_usd"] == 0.9999
    assert not answer.rates


def test_a_spent_budget_is_refused_until_midnight() -> None:
    start = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    with OpenAlexServer(RECORDS, keyless_credits=2, start=start) as server:
        assert [ask(server).status for _ in range(3)] == [200, 200, 429]
        answer = ask(server, group_by="type")
        seconds = int(answer.headers["retry-after"])
        assert 43_000 < seconds <= 43_200
        body = answer.json
        assert body.pop("message").startswith(
            "Insufficient budget. This request costs $0.0001 but you only have $0 remaining."
        )
        assert body == {
            "error": "Rate limit exceeded",
            "retryAfter": seconds,
            "costUsd": 0.0001,
            "dailyRemainingUsd": 0,
            "prepaidRemainingUsd": 0,
            "creditsRequired": 1,
            "creditsRemaining": 0,
            "onetimeCreditsRemaining": 0,
        }
        assert answer.rates["credits-required"] == "1"
        assert answer.rates["cost-required-usd"] == "0.0001"
        assert "credits-used" not in answer.rates
        assert send(server, "/works/W101").status == 200
        server.next_day()
        assert ask(server).status == 200


def test_too_many_requests_a_second_are_refused() -> None:
    with OpenAlexServer(RECORDS) as server:
        answers = [ask(server, "/works/W101")]
        while answers[-1].status == 200 and len(answers) < 200:
            answers.append(ask(server, "/works/W101"))
        answer = answers[-1]
        assert (answer.status, len(answers) > 10) == (429, True)
        assert answer.json["message"].startswith("Rate limit exceeded: 10 requests per second")
        assert answer.headers["retry-after"] == "1"
        assert 0 < answer.json["retryAfter"] < 1
        assert answer.headers["x-ratelimit-remaining"] == "0"
        assert ask(server, headers=BEARER).status == 200


@pytest.mark.parametrize(
    "options",
    [
        {"filter": "from_updated_date:2026-01-01"},
        {"filter": "type:article,to_created_date:2026-01-01"},
        {"sort": "updated_date:desc"},
    ],
)
def test_sync_dates_want_a_paid_plan(options: dict[str, str]) -> None:
    with OpenAlexServer(RECORDS, paid_keys=frozenset({"paid"})) as server:
        answer = ask(server, **options)
        assert (answer.status, answer.json["error"]) == (429, "Plan upgrade required")
        assert "retry-after" not in answer.headers
        assert not answer.rates
        assert server.meter.used() == 0
        assert ask(server, api_key="paid", **options).status == 200


@pytest.mark.parametrize(
    ("style", "text"), [("json", b"authentication"), ("json-key", b"API key"), ("html", b"<title>")]
)
def test_a_cursor_without_a_key_can_be_refused(style: str, text: bytes) -> None:
    with OpenAlexServer(RECORDS, keyless_cursor=style) as server:
        for options in ({"cursor": "*"}, {"cursor": "*", "group_by": "type"}):
            answer = ask(server, **options)
            assert (answer.status, text in answer.body) == (401, True)
        assert ask(server, cursor="*", headers=BEARER).status == 200
        assert ask(server).status == 200


# ---------------------------------------------------------------- what the edge checks


@pytest.mark.parametrize(
    "target", ["/works?limit=3", "/works?filter=type", "/works?filter=type:article,2010"]
)
def test_the_edge_rejects(server: OpenAlexServer, target: str) -> None:
    answer = send(server, target)
    assert answer.status == 400
    assert answer.json["error"] == "Invalid request rejected at the API edge"
    assert answer.json["error_source"] == "openalex-api-proxy"
    assert "x-openalex-edge-reject" in answer.headers
    assert not answer.rates


def test_a_request_line_over_8190_bytes_is_refused(server: OpenAlexServer) -> None:
    spent = len("GET /works?filter=type%3A HTTP/1.1")
    fits = send(server, f"/works?filter=type:{'x' * (8190 - spent)}")
    assert fits.status == 200
    answer = send(server, f"/works?filter=type:{'x' * (8191 - spent)}")
    assert (answer.status, answer.json["error"]) == (400, "Request URL too long")


def test_the_last_of_a_repeated_parameter_counts(server: OpenAlexServer) -> None:
    answer = send(server, "/works?filter=publication_year:2010&filter=publication_year:2010-2011")
    assert answer.meta["count"] == 6


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/works", 405),
        ("PUT", "/works", 405),
        ("DELETE", "/works/W101", 405),
        ("POST", "/", 501),
        ("OPTIONS", "/works", 200),
        ("HEAD", "/works", 200),
        ("GET", "/", 200),
    ],
)
def test_methods(server: OpenAlexServer, method: str, path: str, status: int) -> None:
    assert send(server, path, method).status == status


def test_a_connection_is_kept_and_bodies_are_packed(server: OpenAlexServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]))
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/works?group_by=type", headers={"Accept-Encoding": "gzip"})
        reply = connection.getresponse()
        assert json.loads(gzip.decompress(reply.read()))["meta"]["count"] == 9
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1


def test_a_request_is_remembered(server: OpenAlexServer) -> None:
    ask(server, filter="type:article", group_by="type", headers=BEARER)
    request = server.requests[-1]
    assert (request.method, request.path, request.status) == ("GET", "/works", 200)
    assert request.query == "filter=type:article&group_by=type"
    assert request.params == {"filter": "type:article", "group_by": "type"}
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert (request.credits, request.fault) == (1, "")


def test_latency_can_be_set() -> None:
    with OpenAlexServer(RECORDS, latency_ms=60) as server:
        before = time.monotonic()
        ask(server)
        assert time.monotonic() - before >= 0.06


def test_the_command_line_makes_the_same_server(tmp_path: Path) -> None:
    path = tmp_path / "works.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, WORKS)).encode()))
    words = ["--no-meter", "--fault", "html@2", "--fault", "edge@every:3", "--max-per-page", "100"]
    with make_server([str(path), *words]) as server:
        assert [ask(server).status for _ in range(6)] == [200, 500, 400, 200, 200, 400]
        assert ask(server, per_page=200).status == 400


# ---------------------------------------------------------------- real answers, recorded in 2026


def read_page(path: Path) -> Any:
    """Return a recorded answer, packed or not."""
    body = path.read_bytes()
    return json.loads(gzip.decompress(body) if path.suffix == ".gz" else body)


def test_a_list_has_the_keys_of_a_recorded_one(real_pages: Path) -> None:
    for path in sorted(real_pages.glob("*results_page_1.json*")):
        recorded = read_page(path)
        with OpenAlexServer(recorded["results"]) as server:
            answer = ask(server, cursor="*", per_page=len(recorded["results"]))
        assert list(answer.json) == list(recorded)
        assert set(recorded["meta"]) <= set(answer.meta)
        by_id = {record["id"]: record for record in recorded["results"]}
        assert set(by_id) == {record["id"] for record in answer.json["results"]}
        for record in answer.json["results"]:
            gone = set(by_id[record["id"]]) - set(record)
            assert gone <= {"grants", "abstract_inverted_index_v3"} - set(WORK_KEYS)
            assert set(record) - set(by_id[record["id"]]) <= {"institutions"}
            real = by_id[record["id"]]["authorships"]
            assert [each["institutions"] for each in record["authorships"]] == [
                each["institutions"] for each in real
            ]


def test_groups_have_the_keys_of_recorded_ones(real_pages: Path) -> None:
    recorded = read_page(real_pages / "group_by_snapshot.json.txt")
    names = [row["key"].rpartition("/")[2] for row in recorded["group_by"]]
    works = [work(100 + n, type=name) for n, name in enumerate(names)]
    with OpenAlexServer(works, popular={}) as server:
        answer = ask(server, group_by="type", per_page=200, cursor="*")
    assert set(answer.json) == set(recorded)
    assert set(answer.meta) - set(recorded["meta"]) == {"x_query"}
    assert set(recorded["meta"]) <= set(answer.meta)
    for key in ("groups_count", "next_cursor", "page", "per_page", "cost_usd"):
        assert answer.meta[key] == recorded["meta"][key]
    without_counts = [{**row, "count": 1} for row in recorded["group_by"]]
    assert answer.json["group_by"] == without_counts
