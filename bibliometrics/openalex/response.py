"""
What came back: an answer's parts, its counts, and whether they are whole.

The server may send a partial count with status 200, pad groups with zeros, or cut them at the
page: an answer counts only if it passes :func:`check_data`.
"""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from bibliometrics.errors import (
    BibliometricsError,
    BudgetError,
    KeyRefusedError,
    NetworkError,
    PartialAnswerError,
    RefusedError,
    ServerError,
)
from bibliometrics.openalex.query import (
    COUNTRY,
    CREDIT_USD,
    FIELD,
    GROUP_KEYS,
    INSTITUTION,
    INSTITUTION_TYPE,
    SUBFIELD,
    TOPIC,
    UNKNOWN_TOO,
    VALUES,
    YEAR,
    Request,
)

SLOW_QUERY_MS: Final = 4500
EXCERPT: Final = 300
MOST_WORKS: Final = 10**12
DEAREST_CREDITS: Final = 10
UNKNOWN: Final = ""
NUMBER_KEYS: Final = frozenset(
    {YEAR, FIELD, SUBFIELD, GROUP_KEYS["n_authors"], GROUP_KEYS["n_countries"]}
)
#: What a key of groups must be.
PATTERNS: Final = {
    COUNTRY: "[A-Z]{2}",
    INSTITUTION: "I[0-9]{2,18}",
    TOPIC: "T[0-9]{1,9}",
    **dict.fromkeys(NUMBER_KEYS, "0|[1-9][0-9]{0,5}"),
}
#: The key of institutions that are none; they may be among the groups.
NO_INSTITUTION: Final = "I-1"


def _unlike_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; one with a name twice would have two values."""
    found = dict(pairs)
    if len(found) < len(pairs):
        msg = "a name stands twice in an object"
        raise ValueError(msg)
    return found


def _no_number(text: str) -> None:
    msg = f"{text} is no number of JSON"
    raise ValueError(msg)


@dataclass(frozen=True)
class Response:
    """Status, headers (lower case) and body of an answer; masked: a secret was taken out."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    masked: bool = False

    @cached_property
    def json(self) -> Any:
        """The body read as JSON, or None where it is not."""
        try:
            return json.loads(
                self.body.decode("utf-8-sig"),
                object_pairs_hook=_unlike_names,
                parse_constant=_no_number,
            )
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
        said = read_number(self.headers.get("x-ratelimit-cost-usd"))
        if said is None and isinstance(self.json, dict) and isinstance(self.json.get("meta"), dict):
            said = read_number(self.json["meta"].get("cost_usd"))
        return said

    @property
    def remaining_usd(self) -> float | None:
        """What the server says is left of today's budget, or None."""
        return read_number(self.headers.get("x-ratelimit-remaining-usd"))

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server wants us to wait, or None where it does not say."""
        text = self.headers.get("retry-after", "")
        seconds = read_number(text)
        if seconds is None and text:
            try:
                when = email.utils.parsedate_to_datetime(text)
                when = when if when.tzinfo else when.replace(tzinfo=UTC)
                seconds = max(0.0, (when - datetime.now(UTC)).total_seconds())
            except (ValueError, OverflowError):
                seconds = None
        if seconds is None and isinstance(self.json, dict):
            seconds = read_number(self.json.get("retryAfter"))
        return seconds


@dataclass(frozen=True)
class Tally:
    """Counts read from one answer."""

    count: int
    groups: Mapping[str, int]
    rows: int
    inner: Mapping[str, Tally] = field(default_factory=dict)


def read_number(value: object) -> float | None:
    """Return a finite number of 0 or more, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
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

    >>> parse_key("authorships.institutions.country_code", "https://openalex.org/countries/br")
    'BR'
    >>> parse_key("primary_topic.field.id", "https://openalex.org/fields/unknown")
    ''
    """
    text = str(key).rpartition("/")[2]
    if text.lower() in {"unknown", "-111", ""}:
        return UNKNOWN
    if group_by in {COUNTRY, INSTITUTION, TOPIC}:
        text = text.upper()
    if group_by == INSTITUTION and text == NO_INSTITUTION:
        return UNKNOWN
    pattern = PATTERNS.get(group_by, ".+")
    if not isinstance(key, str | int) or isinstance(key, bool) or not re.fullmatch(pattern, text):
        msg = f"group {key!r} is not a key of {group_by}"
        raise ServerError(msg)
    return text


def is_full(request: Request, meta: Mapping[str, Any], tally: Tally) -> bool:
    """Say whether a page may have been cut: it is as long as we asked, or as the server gives."""
    given = meta.get("per_page")
    return tally.rows >= (request.per_page or VALUES * 2) or (tally.rows == given != 0)


def read_tally(group_by: str, count: object, rows: Sequence[Any]) -> Tally:
    """Read the groups of an answer: zeros dropped, an earlier count never overwritten."""
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
    """Check an answer against itself and against what was asked; ``full``: it may have been cut."""
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
    elif request.group_by in {INSTITUTION, INSTITUTION_TYPE}:
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
    """Check the content of an answer with status 200."""
    if not isinstance(data, Mapping):
        msg = "the answer is not JSON"
        raise ServerError(msg)
    if not request.is_list:
        if "id" not in data and request.path != "rate-limit":
            msg = "the answer is no record"
            raise ServerError(msg)
        check_record(data)
        return
    meta = data.get("meta")
    rows = data.get("group_by" if request.group_by else "results")
    if not isinstance(meta, Mapping) or not isinstance(rows, list):
        msg = "the answer lacks meta or rows"
        raise ServerError(msg)
    took = meta.get("db_response_time_ms")
    if meta.get("timed_out") not in (None, False) or (read_number(took) or 0) >= SLOW_QUERY_MS:
        msg = f"the server's search ran into its time limit ({took} ms), so counts may be too low"
        raise PartialAnswerError(msg)
    if request.group_by:
        tally = read_tally(request.group_by, meta.get("count"), rows)
        said, came = meta.get("groups_count"), sum(row["count"] > 0 for row in rows)
        if isinstance(said, int) and came < said and "," not in request.group_by:
            msg = f"{came} groups came, but the answer says that it has {said}"
            raise ServerError(msg)
        check_tally(request, tally, full=is_full(request, meta, tally))
    else:
        _count(meta.get("count"), "meta.count")
        for row in rows:
            check_record(row)


def check_record(row: Any) -> None:
    """Check the parts of a work's or institution's record that anything here reads."""

    def need(fine: object, what: str) -> None:
        if not fine:
            name = str(row.get("id"))[:80] if isinstance(row, Mapping) else str(row)[:80]
            msg = f"record {name!r} has another form than expected: {what}"
            raise ServerError(msg)

    def texts(value: object) -> bool:
        return value is None or (isinstance(value, list) and all(isinstance(v, str) for v in value))

    need(isinstance(row, Mapping), "it is no record")
    need(isinstance(row.get("id", ""), str), "id")
    need(texts(row.get("lineage")), "lineage")
    number = row.get("works_count")
    need(number is None or (type(number) is int and 0 <= number < MOST_WORKS), "works_count")
    for name in ("display_name", "country_code", "ror"):
        need(isinstance(row.get(name), str | None), name)
    authorships = row.get("authorships")
    need(isinstance(authorships, list | None), "authorships")
    for author in authorships or ():
        need(isinstance(author, Mapping), "authorships")
        places = author.get("institutions")
        need(isinstance(places, list | None), "authorships.institutions")
        for place in places or ():
            need(isinstance(place, Mapping), "authorships.institutions")
            need(isinstance(place.get("country_code"), str | None), "country_code")
            need(texts(place.get("lineage")), "authorships.institutions.lineage")


LONG_WAIT: Final = 60.0
OFFLINE: Final = (
    "meanwhile `python -m bibliometrics refresh --offline` rebuilds the tables from saved answers, "
    "and `make sample` shows everything on a synthetic sample"
)
RESUME: Final = "the same command goes on where it stopped, and asks nothing twice"


@dataclass(frozen=True)
class Fault:
    """
    Why an answer can't be taken.

    ``kind`` says what may help: ``again`` (ask again soon), ``foreign`` (somebody else answers: ask
    once or twice), ``fast`` (wait: we were too fast), ``slow`` (ask slower from now on),
    ``partial`` (ask again later, or for less), ``connect`` (try the connection a few times),
    ``stop`` (nothing: raise).
    """

    kind: str
    error: type[BibliometricsError]
    message: str
    next_step: str = ""
    pause: float | None = None
    status: int = 0


def find_fault(request: Request, response: Response, *, with_key: bool = False) -> Fault | None:
    """Say what is wrong with an answer, or None if it counts."""
    if response.status == 200:
        try:
            check_data(request, response.json)
        except PartialAnswerError as error:
            step = "run the same command again at a quieter time; saved answers are kept"
            return Fault("partial", PartialAnswerError, error.message, step)
        except ServerError as error:
            if is_page(response):
                return _find_stranger(response)
            said = "" if isinstance(response.json, dict) else f": {response.excerpt[:120]!r}"
            return _again(response, f"{error.message}{said}")
        return None
    if response.status == 429:
        return _find_limit(response)
    if response.status in {408, 425} or response.status >= 500 or 200 < response.status < 300:
        return _again(
            response, f"the answer is status {response.status}: {response.excerpt[:120]!r}"
        )
    return _find_refusal(response, with_key=with_key)


def is_page(response: Response) -> bool:
    """Say whether an answer is a web page."""
    kind = response.headers.get("content-type", "").lower()
    start = response.body[:500].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return (
        response.json is None and bool(response.body) and ("html" in kind or start.startswith(b"<"))
    )


def _find_stranger(response: Response) -> Fault:
    msg = (
        f"something else than OpenAlex answers, with a web page: {response.excerpt[:80]!r} "
        "(the sign-in page of a network?)"
    )
    step = f"sign in to the network in a browser, or check OPENALEX_API_URL; {OFFLINE}"
    return Fault("foreign", NetworkError, f"{msg}.", step)


def _again(response: Response, message: str) -> Fault:
    wait = response.retry_after
    pause = wait if wait and wait <= LONG_WAIT else None
    step = f"try again later; {RESUME}"
    return Fault("again", ServerError, message, step, pause)


def _find_limit(response: Response) -> Fault:
    """Tell the 429s apart by message and Retry-After."""
    data = response.json if isinstance(response.json, dict) else {}
    said, wait = response.excerpt, response.retry_after
    if "plan upgrade required" in f"{data.get('error')} {said}".lower():
        step = "ask with the key of an account that has that plan"
        return Fault("stop", RefusedError, f"OpenAlex wants a paid plan for this: {said}", step)
    too_fast = said.lower().startswith("rate limit exceeded:")
    if said.lower().startswith("insufficient budget"):
        msg = f"today's OpenAlex budget is spent. It resets at {_after(wait)}."
        return Fault("stop", BudgetError, msg, RESUME)
    if not too_fast and (wait or 0) > LONG_WAIT:
        msg = f"OpenAlex answers nothing more before {_after(wait)}: {said!r}."
        return Fault("stop", BudgetError, msg, RESUME)
    pause = None if wait is None else min(max(wait, 1.0), LONG_WAIT)
    step = f"use a lower --rate; {RESUME}"
    if pause is None:
        step = f"wait a quarter of an hour, asking on would prolong it; then {step}"
    if (
        data
        and not too_fast
        and not any(name.startswith("x-ratelimit") for name in response.headers)
    ):
        return Fault(
            "slow", ServerError, f"OpenAlex slows this account down: {said!r}", step, pause
        )
    return Fault("fast", ServerError, f"OpenAlex says that we ask too fast: {said!r}", step, pause)


def _after(wait: float | None) -> str:
    """Return the time after some seconds, or of the next midnight in UTC, as text."""
    now = datetime.now(UTC)
    if wait is None:
        when = (now + timedelta(days=1)).replace(hour=0, minute=0)
    else:
        when = now + timedelta(seconds=min(wait, 10 * 86400))
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _find_refusal(response: Response, *, with_key: bool) -> Fault:
    said = response.excerpt
    if response.status == 401:
        if with_key:
            step = "check OPENALEX_API_KEY, or unset it to ask without a key"
            return Fault("stop", KeyRefusedError, f"OpenAlex refuses the API key: {said!r}.", step)
        step = "get a free key at openalex.org/settings/api and set OPENALEX_API_KEY"
        return Fault("stop", KeyRefusedError, f"OpenAlex wants an API key: {said!r}.", step)
    if response.status == 407:
        step = f"put user name and password into the proxy setting (HTTPS_PROXY); {OFFLINE}"
        return Fault("stop", NetworkError, "the proxy wants a user name and a password.", step)
    if 300 <= response.status < 400:
        target = response.headers.get("location", "nowhere").partition("?")[0]
        target = re.sub("//[^/@]*@", "//", target)
        msg = f"the server sends us on to {target!r}, which is not followed"
        step = "set OPENALEX_API_URL to the API's own address"
        return Fault("stop", RefusedError, msg, step, status=response.status)
    step = {
        403: "a firewall or proxy on the way may refuse it; try another network",
        404: "check OPENALEX_API_URL if it is set",
    }.get(response.status, "the API may have changed; please report it with this message")
    msg = f"the request is refused with status {response.status}: {said!r}"
    return Fault("stop", RefusedError, msg, step, status=response.status)


def is_deciding(request: Request, response: Response, error: BibliometricsError) -> bool:
    """
    Say whether a refusal decides how to go on, so that it must be kept for a replay.

    These are: two keys at once refused or failed, a partial answer over several years (they are
    asked one by one), a refused page size of more than 100, and a list of institutions that the
    defect id I-1 leads (it is asked in another order).
    """
    if "," in request.group_by:
        return isinstance(error, ServerError | RefusedError)
    if isinstance(error, PartialAnswerError):
        return request.years is not None and request.years[0] < request.years[1]
    refused = isinstance(error, RefusedError) and response.status == 400
    if refused and request.group_by == INSTITUTION and not request.sort:
        return NO_INSTITUTION in f"{response.body[:300]!r}"
    about_pages = re.search("pagination|per.page", f"{response.body[:300]!r}", re.IGNORECASE)
    return refused and (request.per_page or 0) > VALUES and about_pages is not None


def cost_of(request: Request, response: Response | None) -> float:
    """
    Return what a call cost in USD: as the server says, up to the dearest call of its price list.

    A call that was answered by the edge itself (401, 429, 504) is free; one of which no answer
    came may have been charged, so it counts.
    """
    if response is not None and response.cost_usd is not None and response.status != 504:
        return min(response.cost_usd, DEAREST_CREDITS * CREDIT_USD)
    free = response is not None and response.status in {401, 429, 504}
    return 0.0 if free else request.credits * CREDIT_USD
