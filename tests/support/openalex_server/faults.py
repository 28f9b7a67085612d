"""Faults that a test injects into the local OpenAlex server, one request at a time.

==================  ==============================================================================
kind                what the client gets
==================  ==============================================================================
too_fast            429 of the per-second limit, `Retry-After: 1`
budget              429 of the spent budget, `Retry-After` of `seconds` (12 hours unless told)
throttle            429 of an account slowed down by the staff, no rate headers
plan                429 `Plan upgrade required`
unauthorized        401 of an unknown key
bad_query           400 `Invalid query parameters error.`
bad_page            400 `Pagination error.`
edge                400 made by the edge
html                a page in HTML with `status` (400, 404, 500, 502, 503, 520 …), `Retry-After` of
                    `seconds` where that is given
unavailable         503 in JSON with `Retry-After: 30`
timeout             504 in JSON, not charged
html_200            200 with a page in HTML
empty_200           200 with no body
truncated_200       200 with half of the JSON, its length said rightly
short_200           200 whose body ends before the length that was said
reset               the connection is reset
stall               nothing for `seconds` (60 unless told), then the connection is closed
partial             200 with half of the records counted, `db_response_time_ms` 5003, no flag
partial_flagged     the same with `timed_out: true`
slow                200 with the right counts and `db_response_time_ms` of `took_ms` (or 4700)
repeat_group        200 with a group twice, the second time with a count of one
day_change          midnight passes before it: a new budget, every third record is gone
==================  ==============================================================================
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.openalex_server import refusals
from tests.support.openalex_server.names import words
from tests.support.openalex_server.params import TOOK_MS, Effect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.openalex_server.http import Request
    from tests.support.openalex_server.refusals import Refusal

BROKEN = frozenset(words("html_200 empty_200 truncated_200 short_200 reset stall"))
ANSWERED = frozenset(words("partial partial_flagged slow repeat_group day_change"))
REFUSED = frozenset(
    words(
        "too_fast budget throttle plan unauthorized bad_query bad_page edge html unavailable"
        " timeout"
    )
)
BEFORE_THE_METER = frozenset(words("too_fast budget throttle plan unauthorized"))


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Parameters
    ----------
    kind : str
        A kind of the table above.
    seconds : float, optional
        `Retry-After`, or how long a stall lasts.
    status : int, optional
        Status of an `html` page.
    took_ms : int, optional
        `db_response_time_ms` of a slow answer.
    """

    kind: str
    seconds: float | None = None
    status: int = 500
    took_ms: int = 4700

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in BROKEN | ANSWERED | REFUSED:
            msg = f"no such fault: {self.kind}"
            raise ValueError(msg)

    def refusal(self, per_second: int, cost: int) -> Refusal:
        """Return the answer of a fault that refuses."""
        seconds = 43_200 if self.seconds is None else int(self.seconds)
        retry = {} if self.seconds is None else {"Retry-After": str(seconds)}
        made: dict[str, Callable[[], Refusal]] = {
            "too_fast": lambda: refusals.too_fast(per_second, cost),
            "budget": lambda: refusals.budget_gone(seconds, cost),
            "throttle": refusals.throttled,
            "plan": refusals.plan_wanted,
            "unauthorized": refusals.unknown_key,
            "bad_query": lambda: refusals.bad_query("foo is not a valid field. Valid fields are …"),
            "bad_page": lambda: refusals.bad_page("per-page parameter must be between 1 and 200."),
            "edge": lambda: refusals.edge_rejects("The request was rejected."),
            "html": lambda: refusals.html(self.status, retry),
            "unavailable": refusals.unavailable,
            "timeout": refusals.timed_out,
        }
        return made[self.kind]()

    def effect(self, hidden: int) -> Effect:
        """Return how a fault disturbs an answer that is given all the same."""
        partial = self.kind.startswith("partial")
        took = 5003 if partial else self.took_ms if self.kind == "slow" else TOOK_MS
        return Effect(
            took_ms=took,
            partial=partial,
            flagged=self.kind == "partial_flagged",
            repeat_group=self.kind == "repeat_group",
            hidden=hidden,
        )


class Faults:
    """Which fault a request gets: of a script, else the first one that waits and fits.

    Attributes
    ----------
    script : callable or None
        From the number of the request (from 1) and the request to a fault, its kind, or None.
    """

    def __init__(self) -> None:
        self.script: Callable[[int, Request], Fault | str | None] | None = None
        self._waiting: deque[tuple[Fault, Callable[[Request], bool]]] = deque()
        self._lock = threading.Lock()

    def push(self, *faults: Fault | str, when: Callable[[Request], bool] | None = None) -> None:
        """Let the next requests (that `when` accepts) get these faults, one each."""
        for fault in faults:
            whole = Fault(fault) if isinstance(fault, str) else fault
            self._waiting.append((whole, when or (lambda _: True)))

    def waiting(self) -> int:
        """Return how many pushed faults no request has met yet."""
        return len(self._waiting)

    def take(self, number: int, request: Request) -> Fault | None:
        """Return the fault of a request."""
        with self._lock:
            if self.script and (ordered := self.script(number, request)):
                return Fault(ordered) if isinstance(ordered, str) else ordered
            for place, (fault, fits) in enumerate(self._waiting):
                if fits(request):
                    del self._waiting[place]
                    return fault
        return None
