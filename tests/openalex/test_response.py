"""Is an answer whole, and what does it count?"""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bibliometrics.errors import PartialAnswerError, ServerError
from bibliometrics.openalex.query import COUNTRY, Request
from bibliometrics.openalex.response import (
    Response,
    check_data,
    is_full,
    parse_key,
    read_number,
    read_tally,
)

YEARS = Request(filter="publication_year:2009-2011", group_by="publication_year", per_page=200)
FIELDS = Request(group_by="primary_topic.field.id:include_unknown", per_page=200)
COUNTRIES = Request(filter="type:article", group_by=COUNTRY, sort="key:asc", per_page=3)


def rows(**groups: int) -> list[dict[str, Any]]:
    return [{"key": key.lstrip("_"), "count": count} for key, count in groups.items()]


def answer(count: Any, groups: list[dict[str, Any]], **meta: Any) -> dict[str, Any]:
    return {"meta": {"count": count, "db_response_time_ms": 80, **meta}, "group_by": groups}


def reply(body: Any, **headers: str) -> Response:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(200, {name.replace("_", "-"): value for name, value in headers.items()}, text)


def test_keys_are_read_in_both_styles() -> None:
    assert parse_key(COUNTRY, "br") == parse_key(COUNTRY, "https://openalex.org/countries/BR")
    assert parse_key("type", "https://openalex.org/types/book-review") == "book-review"
    assert parse_key("publication_year", 2010) == "2010"


@pytest.mark.parametrize("key", ["unknown", "-111", -111, "https://openalex.org/countries/UNKNOWN"])
def test_unknown_keys_are_one_key(key: object) -> None:
    assert parse_key(COUNTRY, key) == ""


@pytest.mark.parametrize(
    ("group_by", "key"),
    [(COUNTRY, "BRA"), (COUNTRY, "https://openalex.org/I12"), ("publication_year", "two"),
     ("publication_year", True), ("publication_year", "02010"), ("publication_year", "٢٠١٠"),
     ("type", ["a"])],
)  # fmt: skip
def test_a_key_of_another_form_is_an_error(group_by: str, key: object) -> None:
    with pytest.raises(ServerError, match="not a key"):
        parse_key(group_by, key)


@pytest.mark.parametrize(
    ("value", "number"), [("0.0001", 0.0001), (10**400, None), ("1e400", None)]
)
def test_a_number_too_large_is_none(value: object, number: float | None) -> None:
    assert read_number(value) == number


@pytest.mark.parametrize(
    "text", ['{"meta": {"count": 9, "count": 1}}', '{"meta": {"db_response_time_ms": NaN}}']
)
def test_what_json_leaves_open_is_no_answer(text: str) -> None:
    assert reply(text.encode()).json is None


def test_rows_with_zero_are_dropped_and_an_earlier_count_is_never_overwritten() -> None:
    padded = [*rows(BR=5, AR=2), *rows(BR=0, CL=0), {"key": "br", "count": 0}]
    tally = read_tally(COUNTRY, 6, padded)
    assert (tally.groups, tally.rows) == ({"BR": 5, "AR": 2}, 2)


def test_one_group_with_two_counts_is_an_error() -> None:
    with pytest.raises(ServerError, match="two counts"):
        read_tally(COUNTRY, 6, [*rows(BR=5), {"key": "BR", "count": 4}])


@pytest.mark.parametrize("count", [-1, 1.5, "7", None, True])
def test_a_count_that_is_none_is_an_error(count: object) -> None:
    with pytest.raises(ServerError, match="not a count"):
        read_tally(COUNTRY, 6, [{"key": "BR", "count": count}])
    with pytest.raises(ServerError, match=r"meta\.count"):
        check_data(YEARS, answer(count, []))


@pytest.mark.parametrize("row", [None, 7, {"key": "BR"}, {"count": 1}])
def test_a_row_that_is_no_group_is_an_error(row: object) -> None:
    with pytest.raises(ServerError, match="not a key with a count"):
        read_tally(COUNTRY, 6, [row])


def test_two_keys_at_once_are_read_with_their_inner_groups() -> None:
    outer = [{"key": "BR", "count": 5, "groups": rows(_1=3, _2=2)}]
    tally = read_tally(f"{COUNTRY},countries_distinct_count", 5, outer)
    assert tally.inner["BR"].groups == {"1": 3, "2": 2}
    with pytest.raises(ServerError, match="no groups inside"):
        read_tally(f"{COUNTRY},countries_distinct_count", 5, rows(BR=5))


def test_groups_of_one_value_a_work_must_add_up_to_all_works() -> None:
    check_data(YEARS, answer(7, rows(_2009=3, _2011=4)))
    for groups in (rows(_2009=3), rows(_2009=3, _2010=5)):
        with pytest.raises(ServerError, match="add up to"):
            check_data(YEARS, answer(7, groups))


def test_works_of_an_unknown_field_count_for_the_sum_but_have_no_number() -> None:
    check_data(FIELDS, answer(7, rows(_31=3, unknown=4)))
    with pytest.raises(ServerError, match="add up to"):
        check_data(FIELDS, answer(7, rows(_31=3)))


def test_no_country_has_more_works_than_there_are() -> None:
    check_data(COUNTRIES, answer(4, rows(AR=4, BR=4)))
    with pytest.raises(ServerError, match="a group has 5 works"):
        check_data(COUNTRIES, answer(4, rows(AR=4, BR=5)))


def test_the_one_country_asked_for_has_all_works() -> None:
    asked = Request(filter=f"{COUNTRY}:BR,{COUNTRY}:AR|CL", group_by=COUNTRY, per_page=200)
    check_data(asked, answer(4, rows(AR=1, BR=4)))
    for groups in (rows(AR=1, BR=3), rows(AR=1)):
        with pytest.raises(ServerError, match="works with BR"):
            check_data(asked, answer(4, groups))


def test_a_full_page_out_of_order_is_an_error() -> None:
    check_data(COUNTRIES, answer(9, rows(BR=1, AR=1)))
    with pytest.raises(ServerError, match="not in the order"):
        check_data(COUNTRIES, answer(9, rows(BR=1, AR=1, CL=1)))


def test_a_year_that_was_not_asked_for_is_an_error() -> None:
    with pytest.raises(ServerError, match="works of 2012"):
        check_data(YEARS, answer(1, rows(_2012=1)))


@pytest.mark.parametrize(
    "meta",
    [
        {"db_response_time_ms": 4500},
        {"db_response_time_ms": 5003},
        {"db_response_time_ms": "5003"},
        {"timed_out": True},
        {"timed_out": "true"},
        {"timed_out": [1]},
    ],
)
def test_a_partial_answer_is_known_by_its_time_or_its_flag(meta: dict[str, Any]) -> None:
    with pytest.raises(PartialAnswerError, match="may be too low"):
        check_data(YEARS, answer(7, rows(_2009=7), **meta))


def test_an_answer_just_in_time_counts() -> None:
    check_data(YEARS, answer(7, rows(_2009=7), db_response_time_ms=4499, timed_out=False))


def test_a_page_that_the_server_shortens_may_be_cut() -> None:
    groups = rows(AR=1, BR=1)
    check_data(FIELDS, answer(9, [{"key": "fields/31", "count": 5}], per_page=1))
    for size in (25, 2):
        with pytest.raises(ServerError, match="add up to"):
            check_data(FIELDS, answer(9, [{"key": "fields/31", "count": 5}], per_page=size))
    tally = read_tally(COUNTRY, 4, groups)
    for size, full in ((2, True), (1, False), (3, False), (None, False)):
        assert is_full(COUNTRIES, {"per_page": size}, tally) is full


def test_unknown_meta_keys_missing_names_and_more_groups_than_a_page_are_fine() -> None:
    groups = [{**row, "key_display_name": None} for row in rows(AR=1, BR=1, CL=1, MX=1)]
    check_data(COUNTRIES, answer(4, groups, new_key={"a": 1}, groups_count=4))


@pytest.mark.parametrize(
    ("request_", "data"),
    [
        (YEARS, None),
        (YEARS, []),
        (YEARS, {"meta": {"count": 1}}),
        (YEARS, {"meta": 1, "group_by": []}),
        (Request(per_page=1), {"meta": {"count": 1}, "group_by": []}),
        (Request(path="institutions/I12"), {"meta": {}}),
    ],
)
def test_an_answer_of_another_shape_is_an_error(request_: Request, data: Any) -> None:
    with pytest.raises(ServerError):
        check_data(request_, data)


def test_other_answers_are_fine() -> None:
    check_data(Request(per_page=1), {"meta": {"count": 1}, "results": []})
    check_data(Request(path="institutions/I12"), {"id": "https://openalex.org/I12"})
    check_data(Request(path="rate-limit"), {"rate_limit": {}})


def test_an_excerpt_is_the_servers_message_or_the_text_of_a_page() -> None:
    assert reply({"error": "a", "message": "b \n c"}).excerpt == "b c"
    assert reply(b"<html><h1>Bad\x00 gateway</h1></html>").excerpt == "Bad gateway"
    assert len(reply(b"x" * 5000).excerpt) == 301
    assert reply({"error": "a", "message": 7}).excerpt.startswith('{"error"')


def test_cost_and_money_left_come_from_headers_or_meta() -> None:
    assert reply({}, x_ratelimit_cost_usd="0.0001").cost_usd == 0.0001
    assert reply({"meta": {"cost_usd": 0.0002}}).cost_usd == 0.0002
    assert reply({"meta": {"cost_usd": "nan"}}).cost_usd is None
    assert reply({}, x_ratelimit_remaining_usd="0.9999").remaining_usd == 0.9999


def test_retry_after_is_seconds_a_date_or_in_the_body() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100))
    assert reply({}, retry_after="1").retry_after == 1
    assert 90 < (reply({}, retry_after=later).retry_after or 0) <= 100
    assert reply({"retryAfter": 0.02}).retry_after == 0.02
    assert 90 < (reply({}, retry_after=later.replace("+0000", "-0000")).retry_after or 0) <= 100
    assert reply({}, retry_after="Wed, 21 Oct 2015 07:28:00 GMT").retry_after == 0
    for odd in ("soon", "-1", "inf", "", "Mon, 01 Jan 99999999999999 00:00:00 GMT", "40 Oct 2026"):
        assert reply({}, retry_after=odd).retry_after is None


@given(st.binary(max_size=60), st.sampled_from([YEARS, FIELDS, COUNTRIES]))
def test_no_body_whatever_passes_or_fails_but_with_our_errors(body: bytes, asked: Request) -> None:
    came = Response(200, {}, body)
    assert isinstance(came.excerpt, str)
    with pytest.raises(ServerError):
        check_data(asked, came.json)


def test_json_with_a_byte_order_mark_is_json_and_other_encodings_are_not() -> None:
    assert reply(b'\xef\xbb\xbf{"id": 1}').json == {"id": 1}
    assert reply('{"id": 1}'.encode("utf-16")).json is None


def read_page(path: Path) -> Any:
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)


def test_real_answers_of_2026_pass_every_check(real_pages: Path) -> None:
    groups = read_page(real_pages / "group_by_snapshot.json.txt")
    asked = Request(group_by="type", per_page=200)
    check_data(asked, groups)
    tally = read_tally("type", groups["meta"]["count"], groups["group_by"])
    assert sum(tally.groups.values()) == tally.count == 145616
    lists = [*real_pages.glob("*_page_1.json.gz"), *real_pages.glob("*_page_1.json")]
    assert len(lists) == 3
    for path in lists:
        check_data(Request(per_page=50), read_page(path))
