"""Answers of the OpenAlex API that are not results: status, body and headers of each."""

from __future__ import annotations

from typing import Any, NoReturn

_HTML = """<!doctype html>
<html lang=en>
<title>{status} {name}</title>
<h1>{name}</h1>
<p>{text}</p>
"""

_HTML_TEXTS = {
    400: ("Bad Request", "The request could not be understood."),
    401: ("Unauthorized", "You are not authorized to access the URL."),
    404: ("Not Found", "The requested URL was not found on the server."),
    405: ("Method Not Allowed", "The method is not allowed for the requested URL."),
    500: ("Internal Server Error", "The server encountered an internal error."),
    501: ("Not Implemented", "The real service answers this; this test server does not."),
    502: ("Bad Gateway", "The server returned an invalid or incomplete response."),
    503: ("Service Unavailable", "Application error."),
}


class Refusal(Exception):
    """A request that gets no result: what is sent instead.

    Parameters
    ----------
    status : int
        HTTP status.
    body : dict or str
        A dict is sent as JSON, a text as HTML.
    headers : dict, optional
        Further headers.
    by_edge : bool, optional
        The edge answers before the origin: no X-RateLimit headers.
    """

    def __init__(
        self,
        status: int,
        body: dict[str, Any] | str,
        headers: dict[str, str] | None = None,
        *,
        by_edge: bool = False,
    ) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.by_edge = by_edge


def html(status: int, headers: dict[str, str] | None = None) -> Refusal:
    """Return a page in HTML, as Flask, the router or the network in front of it give it."""
    name, text = _HTML_TEXTS.get(status, ("Web server error", "The web server reported an error."))
    return Refusal(status, _HTML.format(status=status, name=name, text=text), headers)


def bad_query(message: str) -> Refusal:
    """Return the 400 of a parameter, a filter or a value the API does not accept."""
    return Refusal(400, {"error": "Invalid query parameters error.", "message": message})


def bad_page(message: str) -> Refusal:
    """Return the 400 of a page, a page size or a cursor the API does not accept."""
    return Refusal(400, {"error": "Pagination error.", "message": message})


def edge_rejects(message: str) -> Refusal:
    """Return the 400 that the edge itself gives."""
    body = {
        "error": "Invalid request rejected at the API edge",
        "error_source": "openalex-api-proxy",
        "message": message,
    }
    return Refusal(400, body, {"x-openalex-edge-reject": "1"}, by_edge=True)


def refuse_query(message: str) -> NoReturn:
    """Raise the 400 of a parameter, a filter or a value the API does not accept."""
    raise bad_query(message)


def refuse_page(message: str) -> NoReturn:
    """Raise the 400 of a page, a page size or a cursor the API does not accept."""
    raise bad_page(message)


def refuse_id(text: str) -> NoReturn:
    """Raise the 400 of a text that is no OpenAlex id."""
    refuse_query(f"'{text.removeprefix('https://openalex.org/')}' is not a valid OpenAlex ID.")


def refuse_at_edge(message: str) -> NoReturn:
    """Raise the 400 that the edge itself gives."""
    raise edge_rejects(message)


def too_long() -> Refusal:
    """Return the 400 of a request line over 8190 bytes."""
    message = "The request line is longer than 8190 bytes; send fewer filter values."
    body = {
        "error": "Request URL too long",
        "error_source": "openalex-api-proxy",
        "message": message,
    }
    return Refusal(400, body, {"x-openalex-edge-reject": "1"}, by_edge=True)


def unknown_key() -> Refusal:
    """Return the 401 of an API key nobody has."""
    body = {"error": "Invalid or missing API key", "message": "API key not found"}
    return Refusal(401, body, by_edge=True)


def key_wanted() -> Refusal:
    """Return the 401 of `/rate-limit` without a key."""
    body = {"error": "Authentication required", "message": "Send an API key to see its limits."}
    return Refusal(401, body, by_edge=True)


def cursor_refused(style: str) -> Refusal:
    """Return the 401 of a cursor without a key; the real body is unknown, so there are three.

    `json` says nothing of a key, `json-key` has the words "API key", `html` is a page.
    """
    if style == "html":
        refusal = html(401)
        refusal.by_edge = True
        return refusal
    wanted = "an API key" if style == "json-key" else "authentication"
    body = {"error": "Authentication required", "message": f"Cursor paging requires {wanted}."}
    return Refusal(401, body, by_edge=True)


def plan_wanted() -> Refusal:
    """Return the 429 of a filter or sort that a free plan does not include; never retry."""
    message = "Filters and sorts by created or updated date require a paid plan."
    return Refusal(429, {"error": "Plan upgrade required", "message": message}, by_edge=True)


def throttled() -> Refusal:
    """Return the 429 of an account that the staff slowed down to one request a second."""
    body = {
        "error": "Rate limit exceeded",
        "message": "Your account is temporarily limited to 1 request per second.",
        "retryAfter": 1,
    }
    return Refusal(429, body, by_edge=True)


def _over_limit(message: str, retry_after: float, credits: int) -> dict[str, Any]:
    return {
        "error": "Rate limit exceeded",
        "message": message,
        "retryAfter": retry_after,
        "costUsd": credits / 10_000,
        "dailyRemainingUsd": 0,
        "prepaidRemainingUsd": 0,
        "creditsRequired": credits,
        "creditsRemaining": 0,
        "onetimeCreditsRemaining": 0,
    }


def too_fast(per_second: int, credits: int, wait: float = 0.02) -> Refusal:
    """Return the 429 of too many requests in a second."""
    message = f"Rate limit exceeded: {per_second} requests per second. Please slow down."
    return Refusal(429, _over_limit(message, wait, credits), {"Retry-After": "1"})


def budget_gone(seconds: int, credits: int) -> Refusal:
    """Return the 429 of a day's budget that is spent; `Retry-After` reaches to midnight UTC."""
    message = (
        f"Insufficient budget. This request costs ${credits / 10_000:g} but you only have $0"
        " remaining. Resets at midnight UTC."
    )
    body = _over_limit(message, seconds, credits)
    return Refusal(429, body, {"Retry-After": str(seconds)})


def timed_out() -> Refusal:
    """Return the 504 of an origin slower than nine seconds."""
    body = {
        "error": "Gateway timeout",
        "message": "The query took too long.",
        "reason": "query_timeout",
    }
    return Refusal(504, body, by_edge=True)


def unavailable() -> Refusal:
    """Return the application's own 503, in JSON, with the only short `Retry-After` of its kind."""
    body = {"error": "Service unavailable", "message": "Please try again later."}
    return Refusal(503, body, {"Retry-After": "30"})


def no_such_path() -> Refusal:
    """Return the 404 of a one-word path that is no id: JSON without `error`."""
    return Refusal(404, {"message": "OpenAlex ID format not recognized"})
