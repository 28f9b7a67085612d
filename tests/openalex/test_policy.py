"""Archive first, then budget, rate, check, retry: without any network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.errors import (
    ArchiveError,
    BibliometricsError,
    BudgetError,
    DiskError,
    KeyRefusedError,
    NetworkError,
    PartialAnswerError,
    RefusedError,
    ServerError,
)
from bibliometrics.openalex.credentials import parse_address
from bibliometrics.openalex.policy import (
    LONGEST_WAIT,
    MOST_STRIKES,
    TRIES,
    Answered,
    Budget,
    Policy,
    RateLimiter,
    Slowed,
    Waiting,
)
from bibliometrics.openalex.query import Request
from bibliometrics.openalex.response import Fault, Response
from tests.support.api_runs import Naps, new_pull

if TYPE_CHECKING:
    from pathlib import Path

    from bibliometrics.openalex.archive import Pull

ASKED = Request(filter="publication_year:2009-2011", group_by="publication_year", per_page=200)
ONE_YEAR = Request(filter="publication_year:2010", group_by="publication_year", per_page=200)
BODY = {"meta": {"count": 1, "db_response_time_ms": 9}, "group_by": [{"key": "2010", "count": 1}]}
GOOD = Response(200, {"x-ratelimit-cost-usd": "0.0001"}, json.dumps(BODY).encode())
PARTIAL = Response(200, {}, json.dumps({**BODY, "meta": {"count": 1, "timed_out": True}}).encode())
BROKEN = Response(502, {}, b"<h1>Bad gateway</h1>")
TOO_FAST = Response(429, {"retry-after": "1"}, b'{"message": "Rate limit exceeded: 10 a second"}')
THROTTLE = Response(429, {}, b'{"message": "slow down", "retryAfter": 2}')
BUDGET = Response(429, {"retry-after": "7200"}, b'{"message": "Insufficient budget."}')
NO_CONNECTION = Fault("connect", NetworkError, "there is no connection to h.", "check it")


@pytest.fixture
def pull(tmp_path: Path) -> Iterator[Pull]:
    with new_pull(tmp_path) as kept:
        yield kept


def policy(pull: Pull | None = None, **options: Any) -> tuple[Policy, Naps, list[Any]]:
    naps, events = Naps(), []
    budget = options.pop("budget_usd", None)
    limiter = RateLimiter(100, naps.sleep, naps.clock)
    made = Policy(pull, Budget(budget), limiter, sleep=naps.sleep, tell=events.append, **options)
    return made, naps, events


def script(*answers: Response | Fault) -> Callable[[], Response | Fault]:
    """Return an exchange that gives these answers in turn, and the last one for ever."""
    queue = list(answers)
    return lambda: queue.pop(0) if len(queue) > 1 else queue[0]


def never() -> Response:
    pytest.fail("the network was asked")


def test_an_accepted_answer_is_saved_and_never_asked_again(pull: Pull) -> None:
    made, _, events = policy(pull)
    assert made.pass_through(ASKED, script(GOOD)).body == GOOD.body
    assert made.pass_through(ASKED, never).body == GOOD.body
    assert [event.from_archive for event in events] == [False, True]
    assert (made.budget.calls, made.budget.cost_usd) == (1, 0.0001)


def test_the_record_of_an_answer_says_where_it_comes_from(pull: Pull) -> None:
    made, _, _ = policy(pull, key="sesame-open")
    made.pass_through(ASKED, script(BROKEN, GOOD))
    saved = pull.find(ASKED.key)
    assert saved is not None
    record = saved.record
    assert record["url"] == ASKED.url()
    assert (record["status"], record["attempts"], record["accepted"]) == (200, 2, True)
    assert (record["cost_usd"], record["db_response_time_ms"]) == (0.0002, 9)
    assert "sesame" not in json.dumps(record)


def test_offline_without_a_saved_answer_names_question_and_next_step(pull: Pull) -> None:
    made, _, _ = policy(pull, offline=True)
    with pytest.raises(ArchiveError, match="publication_year:2009-2011") as caught:
        made.pass_through(ASKED, never)
    assert "without --offline" in caught.value.next_step
    assert str(pull.folder) in caught.value.message


@pytest.mark.parametrize("trouble", [BROKEN, Response(200, {}, b""), Response(200, {}, b"{")])
def test_trouble_is_tried_again_with_growing_jittered_pauses(trouble: Response) -> None:
    made, naps, events = policy()
    made.pass_through(ASKED, script(trouble, trouble, trouble, GOOD))
    waits = [event.seconds for event in events if isinstance(event, Waiting)]
    assert len(waits) == 3
    assert all(0 <= wait <= limit for wait, limit in zip(waits, (1, 2, 4), strict=True))
    assert set(waits) <= set(naps.slept)


def test_trouble_that_stays_ends_in_an_error_that_names_request_and_answer() -> None:
    made, _, _ = policy()
    with pytest.raises(ServerError, match=r"status 502: 'Bad gateway'.*asked 6 times"):
        made.pass_through(ASKED, script(BROKEN))
    assert made.budget.calls == TRIES["again"]


def test_the_wait_of_the_server_is_honoured_and_all_waiting_is_bounded() -> None:
    made, naps, _ = policy()
    busy = Response(503, {"retry-after": "60"}, b"")
    with pytest.raises(ServerError):
        made.pass_through(ASKED, script(busy))
    assert naps.slept.count(60) >= 4
    assert sum(naps.slept) <= LONGEST_WAIT + 1


@pytest.mark.parametrize("said", ["0", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_retry_after_of_nothing_is_no_leave_to_hurry(said: str) -> None:
    made, naps, _ = policy()
    with pytest.raises(ServerError):
        made.pass_through(ASKED, script(Response(503, {"retry-after": said}, b"")))
    assert sum(naps.slept) > 0.5


def test_patience_can_be_shortened() -> None:
    made, naps, _ = policy(patience=2.0)
    with pytest.raises(ServerError, match="too fast"):
        made.pass_through(
            ASKED,
            script(Response(429, {"retry-after": "5"}, b'{"message": "Rate limit exceeded: "}')),
        )
    assert sum(naps.slept) < 2


def test_no_connection_is_tried_a_few_times_and_costs_nothing() -> None:
    made, _, _ = policy()
    with pytest.raises(NetworkError, match="no connection to h"):
        made.pass_through(ASKED, script(NO_CONNECTION))
    assert (made.budget.calls, made.budget.cost_usd) == (3, 0)


def test_too_fast_is_waited_for_and_asked_again() -> None:
    made, naps, _ = policy()
    made.pass_through(ASKED, script(TOO_FAST, TOO_FAST, GOOD))
    assert naps.slept.count(1.0) == 2


def test_a_throttle_by_staff_goes_on_with_one_request_a_second() -> None:
    made, naps, _ = policy()
    made.pass_through(ASKED, script(THROTTLE, GOOD))
    naps.slept.clear()
    for _ in range(3):
        made.limiter.wait()
    assert naps.slept[-1] >= 1.0


BANNED = Response(429, {}, b"<h1>error code: 1015</h1>")


def test_a_ban_without_a_time_stops_the_run_after_a_few_calls() -> None:
    made, naps, events = policy()
    with pytest.raises(ServerError, match="too fast") as caught:
        made.pass_through(ASKED, script(BANNED))
    assert made.budget.calls == MOST_STRIKES
    assert "quarter of an hour" in caught.value.next_step
    assert naps.slept == sorted(naps.slept)
    assert [type(event) for event in events] == [Slowed] * (MOST_STRIKES - 1)


def test_a_ban_slows_all_workers_once_and_none_goes_on_into_it() -> None:
    made, naps, events = policy()
    limiter = made.limiter
    turns = [limiter.wait() for _ in range(4)]
    naps.sleep(0.1)
    brakes = [limiter.brake(turn, None) for turn in turns]  # four were on their way
    assert [brake.strikes for brake in brakes] == [1, 1, 1, 1]
    assert [brake.is_new for brake in brakes] == [True, False, False, False]
    assert brakes[-1].rate == 50
    assert limiter.wait() >= turns[-1] + 2
    made.pass_through(ASKED, script(BANNED, BANNED, GOOD))
    assert [event.rate for event in events if isinstance(event, Slowed)] == [25, 12.5]
    assert limiter.brake(limiter.wait(), None).strikes == 1  # an answer came in between


def test_a_turn_taken_before_a_refusal_is_given_back() -> None:
    naps = Naps()
    limiter = RateLimiter(10, naps.sleep, naps.clock)
    first = limiter.wait()
    refused: list[float] = []

    def sleep(seconds: float) -> None:
        if not refused:
            refused.append(limiter.brake(first, 5.0).pause)
        naps.sleep(seconds)

    limiter._sleep = sleep
    assert limiter.wait() >= first + 5


def test_a_stopped_run_asks_nothing_more_when_its_turn_comes() -> None:
    made, _, _ = policy()
    made.limiter._sleep = lambda _: made.stopped.set()
    made.limiter.wait()
    with pytest.raises(BibliometricsError, match="stopped"):
        made.pass_through(ASKED, script(GOOD))
    assert made.budget.calls == 0


def test_a_spent_budget_stops_at_once() -> None:
    made, naps, _ = policy()
    with pytest.raises(BudgetError, match=r"resets at .* UTC"):
        made.pass_through(ASKED, script(BUDGET))
    assert (made.budget.calls, naps.slept) == (1, [])


def test_a_refused_key_stops_at_once() -> None:
    made, _, _ = policy(key="sesame-open")
    with pytest.raises(KeyRefusedError):
        made.pass_through(ASKED, script(Response(401, {}, b"<h1>No</h1>")))
    assert made.budget.calls == 1


def test_our_own_budget_is_never_passed_whatever_is_in_flight() -> None:
    made, _, _ = policy(budget_usd=0.0002)
    for year in (2009, 2010):
        made.pass_through(
            Request(filter=f"publication_year:{year}", per_page=1),
            script(Response(200, {}, b'{"meta": {"count": 1}, "results": []}')),
        )
    with pytest.raises(BudgetError, match=r"\$0\.0002 of \$0\.0002") as caught:
        made.pass_through(ASKED, never)
    assert "resume with the same command" in caught.value.next_step
    budget = Budget(0.0001)
    budget.reserve(0.0001)
    with pytest.raises(BudgetError):
        budget.reserve(0.0001)


def test_a_free_request_needs_no_budget() -> None:
    made, _, _ = policy(budget_usd=0.0)
    made.pass_through(Request(path="institutions/I12"), script(Response(200, {}, b'{"id": "I12"}')))


def test_money_left_is_what_the_server_says() -> None:
    made, _, _ = policy()
    headers = {"x-ratelimit-remaining-usd": "0.5"}
    made.pass_through(ASKED, script(Response(200, headers, GOOD.body)))
    assert made.budget.remaining_usd == 0.5


def test_a_partial_answer_is_asked_again(pull: Pull) -> None:
    made, _, _ = policy(pull)
    assert made.pass_through(ASKED, script(PARTIAL, PARTIAL, GOOD)).body == GOOD.body


def test_a_partial_answer_over_years_is_kept_unaccepted_and_replayed_the_same_way(
    pull: Pull,
) -> None:
    made, _, _ = policy(pull)
    for exchange in (script(PARTIAL), never):
        with pytest.raises(PartialAnswerError, match="asked 3 times"):
            made.pass_through(ASKED, exchange)
    saved = pull.find(ASKED.key)
    assert saved is not None
    assert (saved.accepted, saved.record["attempts"]) == (False, 3)


def test_a_partial_answer_for_one_year_is_asked_anew_by_the_next_run(pull: Pull) -> None:
    made, _, _ = policy(pull)
    with pytest.raises(PartialAnswerError):
        made.pass_through(ONE_YEAR, script(PARTIAL))
    assert made.pass_through(ONE_YEAR, script(GOOD)).body == GOOD.body


def test_a_refusal_repeats_the_servers_words_and_its_status() -> None:
    body = b'{"error": "Invalid query parameters error.", "message": "foo is not a valid field."}'
    made, _, _ = policy()
    with pytest.raises(RefusedError, match="foo is not a valid field") as caught:
        made.pass_through(ASKED, script(Response(400, {}, body)))
    assert caught.value.status == 400


def test_a_secret_that_a_server_repeats_is_neither_saved_nor_shown(pull: Pull) -> None:
    address = parse_address("http://user:sesame-street@127.0.0.1:9")
    made, _, _ = policy(pull, key="sesame-open", address=address)
    echo = {**BODY, "said": "sesame-open sesame-street"}
    headers = {"date": "sesame-open"}
    made.pass_through(ASKED, script(Response(200, headers, json.dumps(echo).encode())))
    saved = pull.find(ASKED.key)
    assert saved is not None
    assert saved.record["masked"] is True
    assert "sesame" not in saved.body.decode() + json.dumps(saved.record)
    with pytest.raises(RefusedError) as caught:
        made.pass_through(ONE_YEAR, script(Response(400, {}, b"no: sesame-open, sesame-street")))
    assert "sesame" not in str(caught.value) + repr(caught.value) + repr(made)


def test_a_second_asking_has_a_place_of_its_own(pull: Pull) -> None:
    made, _, _ = policy(pull)
    made.pass_through(ASKED, script(GOOD))
    made.suffix = "-end"
    made.pass_through(ASKED, script(GOOD))
    assert pull.keys() == [ASKED.key, f"{ASKED.key}-end"]


def test_a_stopped_run_asks_nothing_more() -> None:
    made, _, _ = policy()
    made.stopped.set()
    with pytest.raises(BibliometricsError, match="stopped"):
        made.pass_through(ASKED, never)


def test_what_could_not_be_saved_stops_the_run_and_says_why(
    pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        msg = "the disk is full."
        raise DiskError(msg)

    monkeypatch.setattr(pull, "save", full)
    made, _, _ = policy(pull)
    for asked in (ASKED, ONE_YEAR):
        with pytest.raises(DiskError, match="disk is full"):
            made.pass_through(asked, script(GOOD))
    assert made.budget.calls == 1


def test_an_exception_on_the_way_gives_reserved_money_back() -> None:
    made, _, _ = policy(budget_usd=0.0001)

    def interrupted() -> Response:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made.pass_through(ASKED, interrupted)
    assert made.pass_through(ASKED, script(GOOD)).status == 200


def test_requests_never_start_faster_than_the_rate() -> None:
    naps = Naps()
    limiter = RateLimiter(5, naps.sleep, naps.clock)
    starts = []
    for _ in range(11):
        limiter.wait()
        starts.append(naps.clock())
    assert starts[-1] == pytest.approx(2.0)
    assert min(b - a for a, b in pairwise(starts)) == pytest.approx(0.2)


def test_answers_and_pauses_are_told() -> None:
    made, _, events = policy()
    made.pass_through(ASKED, script(BROKEN, GOOD))
    assert [type(event) for event in events] == [Waiting, Answered]
    assert events[1].cost_usd == 0.0002


def test_a_refusal_that_is_none_by_todays_rules_counts(pull: Pull) -> None:
    pull.save(ASKED.key, GOOD.body, {"status": 200, "accepted": False})
    made, _, _ = policy(pull)
    assert made.pass_through(ASKED, never).body == GOOD.body


@pytest.mark.parametrize(
    ("body", "record"),
    [
        (b"<html>", {}),
        (b"", {}),
        (b'{"meta": {"count": 2}, "group_by": []}', {}),
        (GOOD.body, {"status": "many"}),
        (GOOD.body, {"headers": [1]}),
        (GOOD.body, {"headers": {"date": None}}),
    ],
)
def test_a_saved_answer_is_checked_as_a_fresh_one(
    body: bytes, record: dict[str, Any], pull: Pull
) -> None:
    pull.save(ASKED.key, body, {"status": 200, "accepted": True, **record})
    made, _, _ = policy(pull)
    with pytest.raises(ArchiveError, match=r"the saved answer .* can't be used"):
        made.pass_through(ASKED, never)


def test_a_sign_in_page_is_told_within_seconds() -> None:
    made, naps, _ = policy()
    page = Response(200, {"content-type": "text/html"}, b"<html>Welcome to Guest WiFi")
    with pytest.raises(NetworkError, match="sign-in page"):
        made.pass_through(ASKED, script(page))
    assert made.budget.calls == 3
    assert sum(naps.slept) < 3


def test_money_left_is_the_least_that_was_said() -> None:
    budget = Budget()
    for left in ("0.1", "0.0", "0.2"):
        budget.settle(0, 0, Response(200, {"x-ratelimit-remaining-usd": left}, b""))
    assert budget.remaining_usd == 0


def test_money_left_is_not_read_from_an_answer_that_always_says_nothing_is_left() -> None:
    budget = Budget()
    for status, left in ((200, "0.9"), (429, "0")):
        budget.settle(0, 0, Response(status, {"x-ratelimit-remaining-usd": left}, b""))
    assert budget.remaining_usd == 0.9
