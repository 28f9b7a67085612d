"""
What stands between a question and the network: archive first, then budget, rate, check, retry.

Live, resumed and offline runs go through the same gate. An accepted answer is saved before it
counts; a refusal that decides how to go on is saved too, so that a replay takes the same way.
Standard library only; :mod:`bibliometrics.openalex.session` sends the requests.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bibliometrics.errors import (
    ArchiveError,
    BibliometricsError,
    BudgetError,
    RefusedError,
    ServerError,
)
from bibliometrics.openalex.archive import Pull, Saved
from bibliometrics.openalex.credentials import Address, mask, mask_bytes, secrets_of
from bibliometrics.openalex.query import CREDIT_USD, Request
from bibliometrics.openalex.response import RESUME, Fault, Reply, cost_of, find_fault, is_deciding

TRIES: Final = {"again": 6, "partial": 3, "connect": 3, "fast": 30, "slow": 30, "stop": 1}
FIRST_PAUSE: Final = {"again": 1.0, "partial": 10.0, "connect": 0.5, "fast": 1.0, "slow": 2.0}
LONGEST_PAUSE: Final = 30.0
LONGEST_WAIT: Final = 300.0
LONGEST_NAME: Final = 300
KEPT_HEADERS: Final = (
    "content-type",
    "date",
    "retry-after",
    "x-ratelimit-cost-usd",
    "x-ratelimit-remaining-usd",
)


@dataclass(frozen=True)
class Answered:
    """An answer was accepted, from the network or from the archive."""

    what: str
    from_archive: bool
    cost_usd: float = 0.0


@dataclass(frozen=True)
class Waiting:
    """Something went wrong; the same is asked again after a pause."""

    what: str
    reason: str
    seconds: float


Event = Answered | Waiting
Exchange = Callable[[], Reply | Fault]


def ignore(event: Event) -> None:
    """Take an event and do nothing."""


class Pacer:
    """Gives every caller its turn, so that at most ``rate`` requests a second start."""

    def __init__(
        self,
        rate: float,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap = 1 / rate
        self._sleep = sleep
        self._clock = clock
        self._next = float("-inf")
        self._guard = threading.Lock()

    def wait(self) -> None:
        """Return when it is the caller's turn."""
        with self._guard:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            self._sleep(turn - now)

    def slow_down(self) -> None:
        """Go on with one request a second."""
        with self._guard:
            self._gap = max(self._gap, 1.0)


class Meter:
    """Counts calls and money, and keeps a run within its budget."""

    def __init__(self, budget_usd: float | None = None) -> None:
        self.calls = 0
        self.cost_usd = 0.0
        self.remaining_usd: float | None = None
        self._budget = budget_usd
        self._reserved = 0.0
        self._guard = threading.Lock()

    def reserve(self, cost: float) -> None:
        """Set money aside for a call."""
        with self._guard:
            total = self.cost_usd + self._reserved + cost
            if self._budget is not None and total > self._budget + CREDIT_USD / 100:
                spent = f"${self.cost_usd:.4f} of ${self._budget:.4f}"
                msg = f"stopped at the budget: {spent} are spent and the next call would pass it."
                step = f"resume with the same command or a larger --budget; {RESUME}"
                raise BudgetError(msg, step)
            self._reserved += cost

    def settle(self, reserved: float, cost: float, reply: Reply | None) -> None:
        """Book what a call really cost, and what the server says is left for today."""
        with self._guard:
            self._reserved -= reserved
            self.calls += 1
            self.cost_usd += cost
            known_by = reply if reply is not None and reply.status != 429 else None
            left = known_by.remaining_usd if known_by is not None else None
            if left is not None:  # answers may come in another order than they were charged
                known = self.remaining_usd
                self.remaining_usd = left if known is None else min(left, known)


@dataclass
class Gate:
    """What all requests of a run share."""

    pull: Pull | None
    meter: Meter
    pacer: Pacer
    address: Address = field(default_factory=Address)
    key: str | None = field(default=None, repr=False)
    offline: bool = False
    suffix: str = ""
    tries: dict[str, int] = field(default_factory=lambda: dict(TRIES))
    patience: float = LONGEST_WAIT
    sleep: Callable[[float], object] = time.sleep
    tell: Callable[[Event], object] = ignore
    stopped: threading.Event = field(default_factory=threading.Event)
    failure: BibliometricsError | None = field(default=None, init=False, repr=False)

    def find(self, request: Request) -> Saved | None:
        """Return the saved answer to a request, or None."""
        return self.pull.find(request.key + self.suffix) if self.pull else None

    def pass_through(self, request: Request, exchange: Exchange) -> Reply:
        """Return the accepted answer to a request, from the archive or from the network."""
        saved = self.find(request)
        if saved is not None:
            return self._replay(request, saved)
        if self.offline:
            where = f" in {self.pull.folder}" if self.pull else ""
            msg = f"there is no saved answer{where} to {request.describe()[:LONGEST_NAME]}."
            raise ArchiveError(msg, "run the same command without --offline")
        return self._ask(request, exchange)

    def _replay(self, request: Request, saved: Saved) -> Reply:
        reply = Reply(int(saved.record["status"]), saved.record.get("headers", {}), saved.body)
        if not saved.accepted:
            fault = find_fault(request, reply, with_key=self.key is not None)
            if fault is not None:
                raise self._error(request, fault, int(saved.record.get("attempts", 1)))
        self.tell(Answered(request.describe(), from_archive=True))
        return reply

    def _ask(self, request: Request, exchange: Exchange) -> Reply:
        faults: Counter[str] = Counter()
        waited = cost = 0.0
        while True:
            reply, fault, paid = self._try(request, exchange)
            cost += paid
            if fault is None:
                self._save(request, reply, faults.total() + 1, cost, accepted=True)
                self.tell(Answered(request.describe(), from_archive=False, cost_usd=cost))
                return reply
            faults[fault.kind] += 1
            pause = self._pause(fault, faults[fault.kind])
            if faults[fault.kind] >= self.tries[fault.kind] or waited + pause > self.patience:
                error = self._error(request, fault, faults.total())
                if is_deciding(request, reply, error):
                    self._save(request, reply, faults.total(), cost, accepted=False)
                raise error
            waited += pause
            self.tell(Waiting(request.describe(), fault.message, pause))
            self.sleep(pause)

    def _try(self, request: Request, exchange: Exchange) -> tuple[Reply, Fault | None, float]:
        """Send a request once; return the reply, what is wrong with it, and what it cost."""
        if self.stopped.is_set():
            if self.failure is not None:
                raise self.failure
            msg = "the run was stopped."
            raise BibliometricsError(msg, RESUME)
        reserved = CREDIT_USD if request.is_list else 0.0
        self.meter.reserve(reserved)
        cost, reply = 0.0, None
        try:
            self.pacer.wait()
            came = exchange()
            if isinstance(came, Fault):
                cost = 0.0 if came.kind in {"connect", "stop"} else reserved
                return Reply(0, {}, b""), came, cost
            reply = came
            cost = cost_of(request, reply)
        finally:
            self.meter.settle(reserved, cost, reply)
        body = mask_bytes(reply.body, self._secrets)
        headers = {name: mask(value, self._secrets) for name, value in reply.headers.items()}
        reply = Reply(reply.status, headers, body, masked=body != reply.body)
        return reply, find_fault(request, reply, with_key=self.key is not None), cost

    @property
    def _secrets(self) -> tuple[str, ...]:
        return secrets_of(self.key, self.address)

    def _pause(self, fault: Fault, count: int) -> float:
        """Return the seconds to wait: what the server says, else growing, with full jitter."""
        if fault.kind == "slow":
            self.pacer.slow_down()
        if fault.pause is not None:
            return fault.pause
        longest = FIRST_PAUSE.get(fault.kind, 0.0) * 2 ** (count - 1)
        return random.uniform(0, min(longest, LONGEST_PAUSE))

    def _error(self, request: Request, fault: Fault, tries: int) -> BibliometricsError:
        text = fault.message
        if issubclass(fault.error, ServerError | RefusedError):
            asked = f"; asked {tries} times" if tries > 1 else ""
            text = f"{text} (request: {request.describe()[:LONGEST_NAME]}{asked})."
        error = fault.error(mask(text, self._secrets), fault.next_step)
        if isinstance(error, RefusedError):
            error.status = fault.status
        return error

    def _save(
        self, request: Request, reply: Reply, attempts: int, cost: float, *, accepted: bool
    ) -> None:
        if self.pull is None:
            return
        data = reply.json if isinstance(reply.json, dict) else {}
        meta = data["meta"] if isinstance(data.get("meta"), dict) else {}
        record = {
            "url": request.url(self.address.url),
            "status": reply.status,
            "accepted": accepted,
            "attempts": attempts,
            "cost_usd": round(cost, 6),
            "db_response_time_ms": meta.get("db_response_time_ms"),
            "headers": {
                name: reply.headers[name] for name in KEPT_HEADERS if name in reply.headers
            },
        }
        if reply.masked:
            record["masked"] = True
        try:
            self.pull.save(request.key + self.suffix, reply.body, record)
        except BibliometricsError as error:
            self.failure = error
            self.stopped.set()  # nothing more is paid for that can't be kept
            raise
