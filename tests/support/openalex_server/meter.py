"""Keys, credits, per-second limits and rate headers of the OpenAlex API's edge."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.openalex_server.refusals import budget_gone, key_wanted, too_fast, unknown_key

KEYLESS_CREDITS = 1_000
KEY_CREDITS = 10_000
NO_LIMIT = 10**9
KEY = "good-key"

_ENDPOINT_COSTS = {
    "singleton": 0,
    "list": 0.0001,
    "search": 0.001,
    "content": 0.01,
    "semantic": 0.001,
    "text": 0.01,
}


class Clock:
    """The time of day of a server, in UTC; it can be set forward.

    Examples
    --------
    >>> clock = Clock(datetime(2026, 11, 22, 23, 0, tzinfo=UTC))
    >>> clock.seconds_to_midnight() in (3599, 3600)
    True
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._offset = start - datetime.now(UTC) if start else timedelta()

    def now(self) -> datetime:
        """Return the time of the server."""
        return datetime.now(UTC) + self._offset

    def midnight(self) -> datetime:
        """Return the next midnight, when budgets start anew."""
        day = self.now().replace(hour=0, minute=0, second=0, microsecond=0)
        return day + timedelta(days=1)

    def seconds_to_midnight(self) -> int:
        """Return the whole seconds left of the day, at least one."""
        return max(1, math.floor((self.midnight() - self.now()).total_seconds()))

    def to_next_day(self) -> None:
        """Set the clock to the next midnight."""
        self._offset += self.midnight() - self.now()


@dataclass
class Account:
    """Whoever asks: somebody with a key, or an address without one."""

    key: str | None
    daily_credits: int
    per_second: int
    day: str = ""
    used: int = 0
    tokens: float = 0.0
    filled: float = field(default_factory=time.monotonic)

    def remaining(self) -> int:
        """Return the credits left today."""
        return max(0, self.daily_credits - self.used)


class Meter:
    """Counts credits and requests per second for each account.

    Parameters
    ----------
    clock : Clock
        Says when a day ends.
    keys : dict
        Each known key with its credits a day.
    paid_keys : collection of str
        Keys whose plan includes everything, at 50 requests a second.
    keyless_credits : int or None
        Credits a day without a key, for each address; None is no limit.
    per_second : bool
        Whether the per-second limit holds (10 keyless, 30 free key, 50 paid).
    """

    def __init__(
        self,
        clock: Clock,
        *,
        keys: dict[str, int] | None = None,
        paid_keys: frozenset[str] = frozenset(),
        keyless_credits: int | None = KEYLESS_CREDITS,
        per_second: bool = True,
    ) -> None:
        self.clock = clock
        self.keys = {KEY: KEY_CREDITS} if keys is None else keys
        self.paid_keys = paid_keys
        self.keyless_credits = keyless_credits
        self.per_second = per_second
        self._accounts: dict[str, Account] = {}
        self._lock = threading.Lock()

    def account(self, key: str | None, address: str) -> Account:
        """Return who asks, or raise the 401 of an unknown key."""
        if key is not None and key not in self.keys and key not in self.paid_keys:
            raise unknown_key()
        with self._lock:
            name = address if key is None else f"key {key}"
            if name not in self._accounts:
                limit = self.keyless_credits if key is None else self.keys.get(key)
                limit = NO_LIMIT if limit is None else limit
                rate = 10 if key is None else 50 if key in self.paid_keys else 30
                self._accounts[name] = Account(key, limit, rate, tokens=rate)
            account = self._accounts[name]
            today = self.clock.now().date().isoformat()
            if account.day != today:
                account.day, account.used = today, 0
            return account

    def charge(self, account: Account, cost: int) -> None:
        """Take the credits of a request, or raise the 429 of too many requests or none left."""
        with self._lock:
            now = time.monotonic()
            refill = (now - account.filled) * account.per_second
            account.tokens = min(account.per_second, account.tokens + refill)
            account.filled = now
            if self.per_second and account.tokens < 1:
                wait = (1 - account.tokens) / account.per_second
                raise too_fast(account.per_second, cost, wait)
            account.tokens -= 1
            if account.remaining() < cost:
                raise budget_gone(self.clock.seconds_to_midnight(), cost)
            account.used += cost

    def refund(self, account: Account, cost: int) -> None:
        """Give back the credits of a request that the edge could not get an answer to."""
        with self._lock:
            account.used -= cost

    def used(self, key: str | None = None, address: str = "127.0.0.1") -> int:
        """Return the credits an account has used today."""
        return self.account(key, address).used

    def headers(self, account: Account, cost: int, *, refused: bool = False) -> dict[str, str]:
        """Return the X-RateLimit headers of an answer; a refused one says what was required."""
        left = 0 if refused else account.remaining()
        names = (
            ("X-RateLimit-Cost-Required-USD", "X-RateLimit-Credits-Required")
            if refused
            else ("X-RateLimit-Cost-USD", "X-RateLimit-Credits-Used")
        )
        return {
            "X-RateLimit-Limit-USD": _dollars(account.daily_credits),
            "X-RateLimit-Remaining-USD": _dollars(left),
            "X-RateLimit-Prepaid-Remaining-USD": "0",
            names[0]: _dollars(cost),
            "X-RateLimit-Limit": str(account.daily_credits),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Onetime-Remaining": "0",
            names[1]: str(cost),
            "X-RateLimit-Reset": str(self.clock.seconds_to_midnight()),
        }

    def report(self, account: Account) -> dict[str, Any]:
        """Return the answer of `/rate-limit`, or raise its 401."""
        if account.key is None:
            raise key_wanted()
        left, limit = account.remaining(), account.daily_credits
        return {
            "api_key": f"{account.key[:3]}...{account.key[-3:]}",
            "is_grandfathered": False,
            "rate_limit": {
                "daily_budget_usd": limit / 10_000,
                "daily_used_usd": account.used / 10_000,
                "daily_remaining_usd": left / 10_000,
                "prepaid_balance_usd": 0,
                "prepaid_remaining_usd": 0,
                "prepaid_expires_at": None,
                "resets_at": self.clock.midnight().isoformat().replace("+00:00", "Z"),
                "resets_in_seconds": self.clock.seconds_to_midnight(),
                "endpoint_costs_usd": _ENDPOINT_COSTS,
                "credits_limit": limit,
                "credits_used": account.used,
                "credits_remaining": left,
            },
        }


def _dollars(credits: int) -> str:
    """Return credits in dollars, without zeros at the end.

    Examples
    --------
    >>> _dollars(9999), _dollars(10000), _dollars(0), _dollars(1)
    ('0.9999', '1', '0', '0.0001')
    """
    return f"{credits / 10_000:.4f}".rstrip("0").rstrip(".")
