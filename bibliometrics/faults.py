"""
What is wrong with an answer, and what helps: each status and message of the API, told apart.

Standard library only. Source of statuses, messages and headers: the server's own code of August
2026 (ourresearch/openalex-api-proxy and openalex-elastic-api).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bibliometrics.errors import (
    BibliometricsError,
    BudgetError,
    KeyRefusedError,
    NetworkError,
    PartialAnswerError,
    RefusedError,
    ServerError,
)
from bibliometrics.filters import VALUES
from bibliometrics.reply import Reply, check_data
from bibliometrics.request import CREDIT_USD, Request

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

    ``kind`` says what may help: ``again`` (ask again soon), ``fast`` (wait: we were too fast),
    ``slow`` (ask slower from now on), ``partial`` (ask again later, or for less), ``connect``
    (try the connection a few times), ``stop`` (nothing: raise).
    """

    kind: str
    error: type[BibliometricsError]
    message: str
    next_step: str = ""
    pause: float | None = None
    status: int = 0


def find_fault(request: Request, reply: Reply, *, with_key: bool = False) -> Fault | None:
    """
    Say what is wrong with an answer, or None if it counts.

    Parameters
    ----------
    request : Request
        What was asked.
    reply : Reply
        What came.
    with_key : bool
        Whether an API key was sent.

    Returns
    -------
    Fault or None
        What is wrong, and what may help.
    """
    if reply.status == 200:
        try:
            check_data(request, reply.json)
        except PartialAnswerError as error:
            step = "run the same command again at a quieter time; saved answers are kept"
            return Fault("partial", PartialAnswerError, error.message, step)
        except ServerError as error:
            said = "" if isinstance(reply.json, dict) else f": {reply.excerpt[:120]!r}"
            return _again(reply, f"{error.message}{said}")
        return None
    if reply.status == 429:
        return _find_limit(reply)
    if reply.status in {408, 425} or reply.status >= 500 or 200 < reply.status < 300:
        return _again(reply, f"the answer is status {reply.status}: {reply.excerpt[:120]!r}")
    return _find_refusal(reply, with_key=with_key)


def _again(reply: Reply, message: str) -> Fault:
    wait = reply.retry_after
    pause = wait if wait and wait <= LONG_WAIT else None
    step = f"try again later; {RESUME}"
    return Fault("again", ServerError, message, step, pause)


def _find_limit(reply: Reply) -> Fault:
    """Tell the 429s apart by message and Retry-After."""
    data = reply.json if isinstance(reply.json, dict) else {}
    said, wait = reply.excerpt, reply.retry_after
    if "plan upgrade required" in f"{data.get('error')} {said}".lower():
        return Fault("stop", RefusedError, f"OpenAlex wants a paid plan for this: {said}")
    too_fast = said.lower().startswith("rate limit exceeded:")
    if said.lower().startswith("insufficient budget"):
        msg = f"today's OpenAlex budget is spent. It resets at {_after(wait)}."
        return Fault("stop", BudgetError, msg, RESUME)
    if not too_fast and (wait or 0) > LONG_WAIT:
        msg = f"OpenAlex answers nothing more before {_after(wait)}: {said!r}."
        return Fault("stop", BudgetError, msg, RESUME)
    pause = None if wait is None else min(max(wait, 1.0), LONG_WAIT)
    step = f"use a lower --rate; {RESUME}"
    if data and not too_fast and not any(name.startswith("x-ratelimit") for name in reply.headers):
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


def _find_refusal(reply: Reply, *, with_key: bool) -> Fault:
    said = reply.excerpt
    if reply.status == 401:
        if with_key:
            step = "check OPENALEX_API_KEY, or unset it to ask without a key"
            return Fault("stop", KeyRefusedError, f"OpenAlex refuses the API key: {said!r}.", step)
        step = "get a free key at openalex.org/settings/api and set OPENALEX_API_KEY"
        return Fault("stop", KeyRefusedError, f"OpenAlex wants an API key: {said!r}.", step)
    if reply.status == 407:
        step = f"put user name and password into the proxy setting (HTTPS_PROXY); {OFFLINE}"
        return Fault("stop", NetworkError, "the proxy wants a user name and a password.", step)
    if 300 <= reply.status < 400:
        target = reply.headers.get("location", "nowhere").partition("?")[0]
        target = re.sub("//[^/@]*@", "//", target)
        msg = f"the server sends us on to {target!r}, which is not followed"
        step = "set OPENALEX_API_URL to the API's own address"
        return Fault("stop", RefusedError, msg, step, status=reply.status)
    step = {
        403: "a firewall or proxy on the way may refuse it; try another network",
        404: "check OPENALEX_API_URL if it is set",
    }.get(reply.status, "the API may have changed; please report it with this message")
    msg = f"the request is refused with status {reply.status}: {said!r}"
    return Fault("stop", RefusedError, msg, step, status=reply.status)


def is_deciding(request: Request, reply: Reply, error: BibliometricsError) -> bool:
    """
    Say whether a refusal decides how to go on, so that it must be kept for a replay.

    These are: two keys at once refused or failed, a partial answer over several years (they are
    asked one by one), a refused page size of more than 100.
    """
    if "," in request.group_by:
        return isinstance(error, ServerError | RefusedError)
    if isinstance(error, PartialAnswerError):
        return request.years is not None and request.years[0] < request.years[1]
    refused = isinstance(error, RefusedError) and reply.status == 400
    about_pages = re.search("pagination|per.page", f"{reply.body[:300]!r}", re.IGNORECASE)
    return refused and (request.per_page or 0) > VALUES and about_pages is not None


def cost_of(request: Request, reply: Reply | None) -> float:
    """
    Return what a call cost in USD: as the server says, else by its price list.

    A call that was answered by the edge itself (401, 429, 504) is free; one of which no answer
    came may have been charged, so it counts.
    """
    if reply is not None and reply.cost_usd is not None and reply.status != 504:
        return reply.cost_usd
    free = not request.is_list or (reply is not None and reply.status in {401, 429, 504})
    return 0.0 if free else CREDIT_USD
