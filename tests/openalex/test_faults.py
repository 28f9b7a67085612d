"""Every status and message of the API, told apart."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bibliometrics.errors import (
    BudgetError,
    KeyRefusedError,
    NetworkError,
    PartialAnswerError,
    RefusedError,
    ServerError,
)
from bibliometrics.openalex.query import Request
from bibliometrics.openalex.response import Response, cost_of, find_fault, is_deciding

ASKED = Request(filter="publication_year:2009-2011", group_by="publication_year", per_page=200)
PAGE = b"<!doctype html><title>Error</title><h1>Something broke</h1>"
METER = {"x-ratelimit-remaining": "0", "x-ratelimit-credits-required": "1"}
GOOD = {
    "meta": {"count": 1, "db_response_time_ms": 9},
    "group_by": [{"key": "2010", "count": 1}],
}


def reply(status: int, body: Any = b"", **headers: str) -> Response:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, text
    )


def limited(message: str, error: str = "Rate limit exceeded", **headers: str) -> Response:
    return reply(429, {"error": error, "message": message}, **headers)


def test_a_good_answer_has_no_fault() -> None:
    assert find_fault(ASKED, reply(200, GOOD)) is None


@pytest.mark.parametrize(
    "message",
    [
        "Rate limit exceeded: 30 requests per second. …",
        "Rate limit exceeded: 10 …",
        "RATE LIMIT EXCEEDED: 10 …",
    ],
)
def test_too_fast_is_waited_for(message: str) -> None:
    fault = find_fault(ASKED, limited(message, retry_after="1", **METER))
    assert fault is not None
    assert (fault.kind, fault.pause) == ("fast", 1.0)


def test_too_fast_is_never_taken_for_a_spent_budget_whatever_it_wants_us_to_wait() -> None:
    fault = find_fault(ASKED, limited("Rate limit exceeded: 30 …", retry_after="86400", **METER))
    assert fault is not None
    assert (fault.kind, fault.pause) == ("fast", 60.0)


@pytest.mark.parametrize(
    "came",
    [
        limited("Insufficient budget. This request costs $0.0001 …", retry_after="7200", **METER),
        limited("Come back tomorrow", retry_after="7200", **METER),
    ],
)
def test_a_spent_budget_stops_and_says_when_it_resets(came: Response) -> None:
    fault = find_fault(ASKED, came)
    assert fault is not None
    assert (fault.kind, fault.error) == ("stop", BudgetError)
    said = re.search(r"(?:resets at|nothing more before) (.* \d\d:\d\d) UTC", fault.message)
    assert said is not None
    when = datetime.strptime(said[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert abs(when - datetime.now(UTC) - timedelta(hours=2)) < timedelta(minutes=2)
    assert "same command" in fault.next_step


@pytest.mark.parametrize("said", ["0", "0.02", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_too_fast_waits_a_second_at_least(said: str) -> None:
    fault = find_fault(ASKED, limited("Rate limit exceeded: 30 …", retry_after=said))
    assert fault is not None
    assert (fault.kind, fault.pause) == ("fast", 1.0)


def test_a_long_wait_for_another_reason_is_not_called_a_spent_budget() -> None:
    fault = find_fault(ASKED, limited("You are banned", retry_after="7200"))
    assert fault is not None
    assert "budget" not in fault.message
    assert "'You are banned'" in fault.message


def test_a_spent_budget_without_a_time_resets_at_midnight() -> None:
    fault = find_fault(ASKED, limited("Insufficient budget."))
    assert fault is not None
    assert "00:00 UTC" in fault.message


def test_a_throttle_by_staff_slows_us_down() -> None:
    fault = find_fault(ASKED, reply(429, {"message": "Please slow down", "retryAfter": 1}))
    assert fault is not None
    assert (fault.kind, fault.pause) == ("slow", 1.0)


def test_a_paid_plan_is_never_waited_for() -> None:
    fault = find_fault(ASKED, limited("Filtering by …", error="Plan upgrade required"))
    assert fault is not None
    assert (fault.kind, fault.error) == ("stop", RefusedError)


def test_a_429_in_html_is_waited_for() -> None:
    fault = find_fault(ASKED, reply(429, PAGE))
    assert fault is not None
    assert fault.kind == "fast"


@pytest.mark.parametrize(
    "body", [{"error": "Invalid or missing API key", "message": "API key not found"}, PAGE]
)
def test_401_is_about_the_key_in_json_and_html(body: Any) -> None:
    with_key = find_fault(ASKED, reply(401, body), with_key=True)
    without = find_fault(ASKED, reply(401, body))
    assert with_key is not None
    assert without is not None
    assert with_key.error is without.error is KeyRefusedError
    assert "refuses the API key" in with_key.message
    assert "wants an API key" in without.message
    assert "free key" in without.next_step


@pytest.mark.parametrize("status", [301, 302, 400, 403, 404, 405, 414])
def test_other_refusals_stop_and_repeat_the_servers_words(status: int) -> None:
    fault = find_fault(ASKED, reply(status, PAGE, location="https://u:sesame@h.example/x?y"))
    assert fault is not None
    assert (fault.kind, fault.error, fault.status) == ("stop", RefusedError, status)
    assert ("h.example" if status < 400 else "Something broke") in fault.message
    assert "sesame" not in fault.message


def test_a_proxy_that_wants_a_password_is_a_network_error() -> None:
    fault = find_fault(ASKED, reply(407, PAGE))
    assert fault is not None
    assert (fault.kind, fault.error) == ("stop", NetworkError)


@pytest.mark.parametrize("status", [202, 204, 408, 500, 502, 503, 504, 520, 526])
def test_trouble_at_the_server_is_tried_again(status: int) -> None:
    fault = find_fault(ASKED, reply(status, PAGE))
    assert fault is not None
    assert (fault.kind, fault.error, fault.pause) == ("again", ServerError, None)
    assert f"status {status}" in fault.message


def test_a_short_retry_after_is_honoured_and_a_long_one_is_not() -> None:
    short = find_fault(ASKED, reply(503, PAGE, retry_after="30"))
    long = find_fault(ASKED, reply(503, PAGE, retry_after="9999"))
    assert short is not None
    assert long is not None
    assert (short.pause, long.pause) == (30.0, None)
    for past in ("0", "Wed, 21 Oct 2015 07:28:00 GMT"):
        now = find_fault(ASKED, reply(503, PAGE, retry_after=past))
        assert now is not None
        assert now.pause is None  # our own growing pause, not a burst


@pytest.mark.parametrize(
    "body",
    [b"", json.dumps(GOOD).encode()[:40], {"results": []}, {"meta": {}, "group_by": 1}],
)
def test_200_with_nothing_cut_json_or_another_shape_is_tried_again(body: Any) -> None:
    fault = find_fault(ASKED, reply(200, body))
    assert fault is not None
    assert fault.kind == "again"


@pytest.mark.parametrize(
    "body", [PAGE, b"\xef\xbb\xbf \n<html><title>Welcome to Guest WiFi</title>"]
)
def test_a_web_page_is_somebody_else_s_answer(body: bytes) -> None:
    fault = find_fault(ASKED, reply(200, body))
    assert fault is not None
    assert (fault.kind, fault.error) == ("foreign", NetworkError)
    assert "sign-in page" in fault.message
    assert "again" not in fault.next_step


def test_a_page_of_groups_that_lost_a_row_is_no_answer() -> None:
    rows = [{"key": "2009", "count": 1}, {"key": "2010", "count": 0}]
    meta = {"count": 1, "db_response_time_ms": 9, "groups_count": 1}
    assert find_fault(ASKED, reply(200, {"meta": meta, "group_by": rows})) is None
    meta["groups_count"] = 2
    fault = find_fault(ASKED, reply(200, {"meta": meta, "group_by": rows}))
    assert fault is not None
    assert "1 groups came, but the answer says that it has 2" in fault.message


RECORDS: list[Any] = [
    None,
    [],
    {"id": 7},
    {"id": "W1", "authorships": [None]},
    {"id": "W1", "authorships": [{"institutions": [None]}]},
    {"id": "W1", "authorships": [{"institutions": [{"country_code": 3}]}]},
    {"id": "W1", "authorships": {"institutions": []}},
    {"id": "I1", "lineage": [None]},
    {"id": "I1", "works_count": "many"},
    {"id": "I1", "display_name": ["x"]},
]


@pytest.mark.parametrize("record", RECORDS)
def test_records_are_checked_like_groups(record: Any) -> None:
    listed = Request(filter="a:b", select="id", per_page=1)
    data = {"meta": {"count": 1, "db_response_time_ms": 9}, "results": [record]}
    fault = find_fault(listed, reply(200, data))
    assert fault is not None
    assert fault.kind == "again"
    single = find_fault(Request(path="works/W1"), reply(200, record))
    assert single is not None


@pytest.mark.parametrize("said", ["1e300", "7", "inf", "-1", "nan"])
def test_what_a_call_cost_is_bounded_by_the_price_list(said: str) -> None:
    answer = reply(200, GOOD, **{"x-ratelimit-cost-usd": said})
    assert 0 <= cost_of(ASKED, answer) <= 0.001


def test_a_partial_answer_is_its_own_kind() -> None:
    slow = {**GOOD, "meta": {"count": 1, "db_response_time_ms": 5003}}
    fault = find_fault(ASKED, reply(200, slow))
    assert fault is not None
    assert (fault.kind, fault.error) == ("partial", PartialAnswerError)


def test_what_decides_how_to_go_on_is_known() -> None:
    one_year = Request(filter="publication_year:2010", group_by="type", per_page=200)
    nested = Request(group_by="a,b", per_page=100)
    small = Request(group_by="type", per_page=100)
    pages = reply(400, {"error": "Pagination error.", "message": "per-page …"})
    query = reply(400, {"error": "Invalid query parameters error.", "message": "no field"})
    assert is_deciding(ASKED, reply(200), PartialAnswerError(""))
    assert not is_deciding(one_year, reply(200), PartialAnswerError(""))
    assert is_deciding(ASKED, pages, RefusedError(""))
    assert not is_deciding(small, pages, RefusedError(""))
    assert not is_deciding(ASKED, query, RefusedError(""))
    assert is_deciding(nested, query, RefusedError(""))
    assert is_deciding(nested, reply(500), ServerError(""))
    assert not is_deciding(nested, reply(429), BudgetError(""))


def test_what_a_call_costs() -> None:
    single = Request(path="institutions/I12")
    assert cost_of(ASKED, reply(200, GOOD)) == 0.0001
    assert cost_of(ASKED, reply(200, GOOD, x_ratelimit_cost_usd="0.001")) == 0.001
    assert cost_of(ASKED, reply(400, PAGE)) == 0.0001
    assert cost_of(ASKED, None) == 0.0001
    assert cost_of(single, reply(200, {"id": "I12"})) == 0
    assert [cost_of(ASKED, reply(status)) for status in (401, 429, 504)] == [0, 0, 0]
