"""
What stands between a question and the network: archive first, then budget, rate, check, retry.

Live, resumed and offline runs go through the same policy. An accepted answer is saved before it
counts; a refusal that decides how to go on is saved too, so that a replay takes the same way.
:mod:`bibliometrics.openalex.session` sends the requests.
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
from bibliometrics.files import RESTORE
from bibliometrics.openalex.archive import ResponseStore, Saved
from bibliometrics.openalex.credentials import Address, mask, mask_bytes, secrets_of
from bibliometrics.openalex.query import CREDIT_USD, Request
from bibliometrics.openalex.response import (
    RESUME,
    Fault,
    Response,
    cost_of,
    find_fault,
    is_deciding,
    read_number,
)

TRIES: Final = {
    "again": 6,
    "partial": 3,
    "connect": 3,
    "foreign": 3,
    "fast": 30,
    "slow": 30,
    "stop": 1,
}
FIRST_PAUSE: Final = {"again": 1.0, "partial": 10.0, "connect": 0.5, "foreign": 0.5}
LONGEST_PAUSE: Final = 30.0
LONGEST_WAIT: Final = 300.0
LONGEST_NAME: Final = 300
#: A refusal for haste without a time: so many in a row, by all workers, end the run.
MOST_STRIKES: Final = 4
FIRST_HOLD: Final = 2.0
SLOWEST_GAP: Final = 1.0
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


@dataclass(frozen=True)
class Slowed:
    """The server finds us too fast: all workers pause, and ask less often from now on."""

    rate: float
    reason: str
    seconds: float


Event = Answered | Waiting | Slowed
Exchange = Callable[[], Response | Fault]


def ignore(event: Event) -> None:
    """Take an event and do nothing."""


@dataclass(frozen=True)
class Brake:
    """What a refusal for haste led to: pause in seconds, requests a second, refusals in a row."""

    pause: float
    rate: float
    strikes: int
    is_new: bool


class RateLimiter:
    """
    Gives every caller its turn, so that at most ``rate`` requests a second start.

    One for all workers: a refusal for haste slows all of them down, and a pause holds for all.
    """

    def __init__(
        self,
        rate: float,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap = 1 / rate
        self._sleep = sleep
        self._clock = clock
        self._next = self._held = self._braked = float("-inf")
        self._strikes = 0
        self._guard = threading.Lock()

    def _reserve(self) -> float:
        with self._guard:
            turn = max(self._clock(), self._next, self._held)
            self._next = turn + self._gap
        return turn

    def wait(self) -> float:
        """Return when it is the caller's turn: the time of it, on the limiter's own clock."""
        turn = self._reserve()
        while True:
            pause = turn - self._clock()
            if pause > 0:
                self._sleep(pause)
            with self._guard:
                if turn >= self._held:
                    return turn
            turn = self._reserve()  # somebody was refused meanwhile

    def brake(self, started: float, pause: float | None, *, hard: bool = False) -> Brake:
        """
        Slow down after a refusal for haste: to half the rate, to one a second if ``hard``.

        What was on its way when another worker was refused is no new sign. ``pause`` is what the
        server wants; None: it names no time, which is a strike, and each strike means a longer one.
        """
        with self._guard:
            is_new = started >= self._braked
            if is_new:
                self._braked = self._clock()
                self._strikes += pause is None
                self._gap = max(self._gap, SLOWEST_GAP if hard else min(self._gap * 2, SLOWEST_GAP))
            if pause is None:
                pause = min(FIRST_HOLD * 4 ** (max(self._strikes, 1) - 1), LONGEST_PAUSE)
            self._held = max(self._held, self._braked + pause)
            self._next = max(self._next, self._held)
            return Brake(pause, 1 / self._gap, self._strikes, is_new)

    def go_on(self) -> None:
        """Forget the refusals so far: an answer was accepted. The rate stays as it is."""
        with self._guard:
            self._strikes = 0


class Budget:
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

    def settle(self, reserved: float, cost: float, response: Response | None) -> None:
        """Book what a call really cost, and what the server says is left for today."""
        with self._guard:
            self._reserved -= reserved
            self.calls += 1
            self.cost_usd += cost
            known_by = response if response is not None and response.status != 429 else None
            left = known_by.remaining_usd if known_by is not None else None
            if left is not None:  # answers may come in another order than they were charged
                known = self.remaining_usd
                self.remaining_usd = left if known is None else min(left, known)


@dataclass
class Policy:
    """What all requests of a run share."""

    pull: ResponseStore | None
    budget: Budget
    limiter: RateLimiter
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

    def pass_through(self, request: Request, exchange: Exchange) -> Response:
        """Return the accepted answer to a request, from the archive or from the network."""
        saved = self.find(request)
        if saved is not None:
            return self._replay(request, saved)
        if self.offline:
            where = f" in {self.pull.folder}" if self.pull else ""
            msg = f"there is no saved answer{where} to {request.describe()[:LONGEST_NAME]}."
            raise ArchiveError(msg, "run the same command without --offline")
        return self._ask(request, exchange)

    def _replay(self, request: Request, saved: Saved) -> Response:
        status, headers = saved.record.get("status"), saved.record.get("headers", {})
        texts = isinstance(headers, dict) and all(isinstance(one, str) for one in headers.values())
        if not isinstance(status, int) or not texts:
            raise self._unusable(request, "its record has another form than expected")
        response = Response(status, headers, saved.body)
        fault = find_fault(request, response, with_key=self.key is not None)
        if saved.accepted and fault is not None:
            raise self._unusable(request, fault.message)
        if fault is not None:
            attempts = saved.record.get("attempts", 1)
            raise self._error(request, fault, attempts if isinstance(attempts, int) else 1)
        self.tell(Answered(request.describe(), from_archive=True))
        return response

    def _unusable(self, request: Request, why: str) -> ArchiveError:
        where = f" in {self.pull.folder}" if self.pull else ""
        asked = request.describe()[:LONGEST_NAME]
        msg = f"the saved answer{where} to {asked} can't be used: {mask(why, self._secrets)}."
        return ArchiveError(msg, RESTORE)

    def _ask(self, request: Request, exchange: Exchange) -> Response:
        faults: Counter[str] = Counter()
        waited = cost = 0.0
        while True:
            started = self._take_turn()
            response, fault, paid = self._try(request, exchange)
            cost += paid
            if fault is None:
                self.limiter.go_on()
                self._save(request, response, faults.total() + 1, cost, accepted=True)
                self.tell(Answered(request.describe(), from_archive=False, cost_usd=cost))
                return response
            faults[fault.kind] += 1
            braked = self._brake(fault, started)
            pause = braked.pause if braked else self._pause(fault, faults[fault.kind])
            enough = faults[fault.kind] >= self.tries[fault.kind] or waited + pause > self.patience
            if enough or (braked and braked.strikes >= MOST_STRIKES):
                error = self._error(request, fault, faults.total())
                if is_deciding(request, response, error):
                    self._save(request, response, faults.total(), cost, accepted=False)
                raise error
            waited += pause
            if braked is None:
                self.tell(Waiting(request.describe(), fault.message, pause))
                self.sleep(pause)
            elif braked.is_new:  # the pause is the limiter's, and all workers'
                self.tell(Slowed(braked.rate, fault.message, pause))

    def _take_turn(self) -> float:
        """Wait for the next turn; raise when the run was stopped meanwhile."""
        self._check_stopped()
        started = self.limiter.wait()
        self._check_stopped()
        return started

    def _check_stopped(self) -> None:
        if self.stopped.is_set():
            if self.failure is not None:
                raise self.failure
            msg = "the run was stopped."
            raise BibliometricsError(msg, RESUME)

    def _brake(self, fault: Fault, started: float) -> Brake | None:
        if fault.kind not in {"fast", "slow"}:
            return None
        return self.limiter.brake(started, fault.pause, hard=fault.kind == "slow")

    def _try(self, request: Request, exchange: Exchange) -> tuple[Response, Fault | None, float]:
        """Send a request once; return the response, what is wrong with it, and what it cost."""
        reserved = CREDIT_USD * request.credits
        self.budget.reserve(reserved)
        cost, response = 0.0, None
        try:
            came = exchange()
            if isinstance(came, Fault):
                cost = 0.0 if came.kind in {"connect", "stop"} else reserved
                return Response(0, {}, b""), came, cost
            response = came
            cost = cost_of(request, response)
        finally:
            self.budget.settle(reserved, cost, response)
        body = mask_bytes(response.body, self._secrets)
        headers = {name: mask(value, self._secrets) for name, value in response.headers.items()}
        response = Response(response.status, headers, body, masked=body != response.body)
        return response, find_fault(request, response, with_key=self.key is not None), cost

    @property
    def _secrets(self) -> tuple[str, ...]:
        return secrets_of(self.key, self.address)

    def _pause(self, fault: Fault, count: int) -> float:
        """Return the seconds to wait: what the server says, else growing, with full jitter."""
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
        self, request: Request, response: Response, attempts: int, cost: float, *, accepted: bool
    ) -> None:
        if self.pull is None:
            return
        data = response.json if isinstance(response.json, dict) else {}
        meta = data["meta"] if isinstance(data.get("meta"), dict) else {}
        record = {
            "url": request.url(self.address.url),
            "status": response.status,
            "accepted": accepted,
            "attempts": attempts,
            "cost_usd": round(cost, 6),
            "db_response_time_ms": read_number(meta.get("db_response_time_ms")),
            "headers": {
                name: response.headers[name] for name in KEPT_HEADERS if name in response.headers
            },
        }
        if response.masked:
            record["masked"] = True
        try:
            self.pull.save(request.key + self.suffix, response.body, record)
        except BibliometricsError as error:
            self.failure = error
            self.stopped.set()  # nothing more is paid for that can't be kept
            raise
