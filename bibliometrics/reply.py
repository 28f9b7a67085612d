"""
What came back: an answer's parts, its counts, and whether they are whole.

The server may send a partial count with status 200, pad groups with zeros, or cut them at the
page: an answer counts only if it passes :func:`check_data`. Standard library only.
"""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from bibliometrics.errors import PartialAnswerError, ServerError
from bibliometrics.filters import COUNTRY, INSTITUTION, VALUES, YEAR
from bibliometrics.request import GROUP_KEYS, UNKNOWN_TOO, Request

SLOW_QUERY_MS: Final = 4500
EXCERPT: Final = 300
MOST_WORKS: Final = 10**12
UNKNOWN: Final = ""
NUMBER_KEYS: Final = frozenset(
    {YEAR, GROUP_KEYS["field_id"], GROUP_KEYS["n_authors"], GROUP_KEYS["n_countries"]}
)


@dataclass(frozen=True)
class Reply:
    """Status, headers (lower case) and body of an answer; masked: a secret was taken out."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    masked: bool = False

    @cached_property
    def json(self) -> Any:
        """The body read as JSON, or None where it is not."""
        try:
            return json.loads(self.body.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            return None

    @property
    def excerpt(self) -> str:
        """The server's own message, or the first characters of the body, on one line."""
        data = self.json
        text = data.get("message") or data.get("error") if isinstance(data, dict) else None
        if not isinstance(text, str):
            text = re.sub(r"<[^>]*>", " ", self.body[:4000].decode("utf-8", "replace"))
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return line[:EXCERPT] + "…" if len(line) > EXCERPT else line or "(no text)"

    @property
    def cost_usd(self) -> float | None:
        """What the server says that the call cost, or None where it does not say."""
        said = _number(self.headers.get("x-ratelimit-cost-usd"))
        if said is None and isinstance(self.json, dict) and isinstance(self.json.get("meta"), dict):
            said = _number(self.json["meta"].get("cost_usd"))
        return said

    @property
    def remaining_usd(self) -> float | None:
        """What the server says is left of today's budget, or None."""
        return _number(self.headers.get("x-ratelimit-remaining-usd"))

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server wants us to wait, or None where it does not say."""
        text = self.headers.get("retry-after", "")
        seconds = _number(text)
        if seconds is None and text:
            try:
                when = email.utils.parsedate_to_datetime(text)
                when = when if when.tzinfo else when.replace(tzinfo=UTC)
                seconds = max(0.0, (when - datetime.now(UTC)).total_seconds())
            except (ValueError, OverflowError):
                seconds = None
        if seconds is None and isinstance(self.json, dict):
            seconds = _number(self.json.get("retryAfter"))
        return seconds


@dataclass(frozen=True)
class Tally:
    """
    Counts read from one answer.

    Parameters
    ----------
    count : int
        Works that meet the conditions.
    groups : dict of str to int
        Works per key, always above 0; the key ``""`` holds works whose key is unknown.
    rows : int
        Groups on the page with works, the unknown one among them.
    inner : dict of str to Tally
        For two keys at once: the tally inside each group.
    """

    count: int
    groups: Mapping[str, int]
    rows: int
    inner: Mapping[str, Tally] = field(default_factory=dict)


def _number(value: object) -> float | None:
    """Return a finite number of 0 or more, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _count(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MOST_WORKS:
        msg = f"{what} is {str(value)[:80]!r}, not a count"
        raise ServerError(msg)
    return value


def parse_key(group_by: str, key: object) -> str:
    """
    Return a group's key in short form: text after the last slash; ``""`` for unknown.

    Raises
    ------
    ServerError
        If it is not of the form that this grouping has: a country is two letters, a number digits.

    Examples
    --------
    >>> parse_key("authorships.institutions.country_code", "https://openalex.org/countries/br")
    'BR'
    >>> parse_key("primary_topic.field.id", "https://openalex.org/fields/unknown")
    ''
    """
    text = str(key).rpartition("/")[2]
    if text.lower() in {"unknown", "-111", ""}:
        return UNKNOWN
    if group_by == COUNTRY:
        text = text.upper()
    pattern = {COUNTRY: "[A-Z]{2}"}.get(group_by, r"\d{1,6}" if group_by in NUMBER_KEYS else ".+")
    if not isinstance(key, str | int) or isinstance(key, bool) or not re.fullmatch(pattern, text):
        msg = f"group {key!r} is not a key of {group_by}"
        raise ServerError(msg)
    return text


def is_full(request: Request, meta: Mapping[str, Any], tally: Tally) -> bool:
    """Say whether a page may have been cut: it is as long as we asked, or as the server gives."""
    given = meta.get("per_page")
    return tally.rows >= (request.per_page or VALUES * 2) or (tally.rows == given != 0)


def read_tally(group_by: str, count: object, rows: Sequence[Any]) -> Tally:
    """
    Read the groups of an answer: zeros dropped, an earlier count never overwritten.

    Raises
    ------
    ServerError
        If a row is no group, a count is negative, or one key has two different counts.
    """
    outer, _, inner_by = group_by.partition(",")
    outer = outer.removesuffix(UNKNOWN_TOO)
    groups: dict[str, int] = {}
    inner: dict[str, Tally] = {}
    for row in rows:
        if not isinstance(row, Mapping) or "key" not in row or "count" not in row:
            msg = f"a group is {str(row)[:80]!r}, not a key with a count"
            raise ServerError(msg)
        number = _count(row["count"], f"group {row['key']!r}")
        if number == 0:
            continue
        key = parse_key(outer, row["key"])
        if groups.setdefault(key, number) != number:
            msg = f"group {key!r} has two counts, {groups[key]} and {number}"
            raise ServerError(msg)
        if inner_by:
            below = row.get("groups")
            if not isinstance(below, list):
                msg = f"group {key!r} has no groups inside"
                raise ServerError(msg)
            inner.setdefault(key, read_tally(inner_by, number, below))
    return Tally(_count(count, "meta.count"), groups, len(groups), inner)


def check_tally(request: Request, tally: Tally, *, full: bool) -> None:
    """
    Check an answer against itself and against what was asked; ``full``: it may have been cut.

    Raises
    ------
    ServerError
        If a group has more works than there are; if groups of which a work has just one don't add
        up to all works; if the group of the one country asked for lacks works; if a year was not
        asked for; if a full page is not in the order asked for.
    """
    if "," in request.group_by:
        return  # both levels may be cut silently: the caller compares with single-key answers
    total, most = sum(tally.groups.values()), max(tally.groups.values(), default=0)
    if most > tally.count:
        msg = f"a group has {most} works but all together are {tally.count}"
        raise ServerError(msg)
    keys = list(tally.groups)
    if request.group_by == COUNTRY:
        one = re.findall(rf"(?:^|,){COUNTRY}:([A-Z]{{2}})(?=,|$)", request.filter)
        for code in one:
            if (code in tally.groups or not full) and tally.groups.get(code, 0) != tally.count:
                msg = f"{tally.groups.get(code, 0)} of {tally.count} works with {code} have {code}"
                raise ServerError(msg)
        if full and request.sort and keys != sorted(keys, reverse=request.sort.endswith("desc")):
            msg = f"a full page of countries is not in the order {request.sort}"
            raise ServerError(msg)
    elif request.group_by == INSTITUTION:
        return  # a work may have many
    elif total != tally.count and not (full and total < tally.count):
        msg = f"the groups of {request.group_by} add up to {total} works, not to {tally.count}"
        raise ServerError(msg)
    if request.group_by == YEAR and request.years:
        odd = [key for key in keys if key and not request.years[0] <= int(key) <= request.years[1]]
        if odd:
            msg = f"works of {odd[0]} came, but years {request.years} were asked for"
            raise ServerError(msg)


def check_data(request: Request, data: Any) -> None:
    """
    Check the content of an answer with status 200.

    Raises
    ------
    PartialAnswerError
        If the server's search ran into its time limit, so that counts may be too low.
    ServerError
        If it is not of the form that this request has, or contradicts itself.
    """
    if not isinstance(data, Mapping):
        msg = "the answer is not JSON"
        raise ServerError(msg)
    if not request.is_list:
        if "id" not in data and request.path != "rate-limit":
            msg = "the answer is no record"
            raise ServerError(msg)
        return
    meta = data.get("meta")
    rows = data.get("group_by" if request.group_by else "results")
    if not isinstance(meta, Mapping) or not isinstance(rows, list):
        msg = "the answer lacks meta or rows"
        raise ServerError(msg)
    took = meta.get("db_response_time_ms")
    if meta.get("timed_out") not in (None, False) or (_number(took) or 0) >= SLOW_QUERY_MS:
        msg = f"the server's search ran into its time limit ({took} ms), so counts may be too low"
        raise PartialAnswerError(msg)
    if request.group_by:
        tally = read_tally(request.group_by, meta.get("count"), rows)
        check_tally(request, tally, full=is_full(request, meta, tally))
    else:
        _count(meta.get("count"), "meta.count")
