"""A strict OpenAlex API on this computer, for tests: same refusals, same traps, any works.

It is written from the service's published behaviour of August 2026 alone and shares no code with
the package, so that client and server can't agree on the same mistake. What it does not emulate
(`q`, exports, sums) it answers with 501, and it knows fewer filter keys than the service: an
unknown one is a 400.

How to use it from a test::

    from tests.support.openalex_server.server import Fault, OpenAlexServer

    with OpenAlexServer(works, per_second=False) as server:             # works: dicts, or a path
        server.faults.push("reset", Fault("html", status=502))          # the next two requests
        ask(server.url)                                                 # the client under test
        assert [request.status for request in server.requests] == [0, 502, 200]
        assert server.requests[-1].params["group_by"] == "publication_year"
        assert server.meter.used() == 2                                 # credits, without a key

        server.faults.script = lambda number, request: "partial" if number % 5 == 0 else None
        server.faults.push("too_fast", when=lambda request: "cursor" in request.params)

By default it is as strict as the service: without a key 10 requests a second and 1,000 credits a
day, with `KEY` 30 and 10,000. `per_second=False`, `keyless_credits=None` (no budget) or a small
number, `keyless_cursor="json"` and the other switches of `OpenAlexServer` change that;
`server.next_day()` lets midnight pass. Reading a file is what takes time: build `read_works(path)`
once and give it to as many servers as there are tests. By hand::

    python -m tests.support.openalex_server WORKS.jsonl.gz --port 8765 --fault too_fast@3
"""

from __future__ import annotations

import argparse
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.openalex_server import refusals
from tests.support.openalex_server.columns import Records
from tests.support.openalex_server.faults import BEFORE_THE_METER, REFUSED, Fault, Faults
from tests.support.openalex_server.filters import split_filter
from tests.support.openalex_server.http import Listener, Reply, Request, as_reply, check_at_edge
from tests.support.openalex_server.index import every_third, read_lines
from tests.support.openalex_server.keys import POPULAR, KeyStyle
from tests.support.openalex_server.lists import Origin
from tests.support.openalex_server.meter import KEY, KEYLESS_CREDITS, Account, Clock, Meter
from tests.support.openalex_server.names import words
from tests.support.openalex_server.params import Effect, Limits
from tests.support.openalex_server.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from tests.support.openalex_server.index import Record

__all__ = ["KEY", "Fault", "OpenAlexServer", "Records", "Request", "read_works"]

#: Dates that only paid plans filter and sort by.
PLAN_KEYS = frozenset(words("created_date updated_date"))


class OpenAlexServer:
    """The API on a port of this computer, to be used in a `with` statement.

    Parameters
    ----------
    works : path, iterable of dict, or Records
        What is served.
    institutions : iterable of dict, optional
        Institutions known better than the works tell.
    port : int, optional
        0 takes a free one.
    keys, paid_keys, keyless_credits, per_second : optional
        See `Meter`.
    keyless_cursor : str, optional
        `allowed`, or a 401 whose body is `json`, `json-key` (has the words "API key") or `html`.
    max_per_page, max_groups_per_page : int, optional
        Largest page; 100 is what the documentation promises.
    nested : bool, optional
        Whether `group_by` takes several keys.
    corpus : bool, optional
        Whether the parameter `corpus` is known.
    default_corpus : str, optional
        What is counted where nothing is said: `core` or `all`.
    bare_countries, bare_types, without_names, popular : optional
        See `KeyStyle`.
    extra_meta : dict, optional
        Further keys in every `meta`.
    latency_ms : float, optional
        How long every answer takes at least.
    start : datetime, optional
        The time of the server's clock, with UTC as its zone.

    Attributes
    ----------
    url : str
        Where it listens, without a slash at the end.
    requests : list of Request
        Every request so far.
    faults : Faults
        Where tests inject faults.
    meter : Meter
        Credits used.
    """

    def __init__(
        self,
        works: str | Path | Iterable[Record] | Records,
        *,
        institutions: Iterable[Record] = (),
        port: int = 0,
        keys: dict[str, int] | None = None,
        paid_keys: frozenset[str] = frozenset(),
        keyless_credits: int | None = KEYLESS_CREDITS,
        per_second: bool = True,
        keyless_cursor: str = "allowed",
        max_per_page: int = 200,
        max_groups_per_page: int | None = None,
        nested: bool = True,
        corpus: bool = True,
        default_corpus: str = "core",
        bare_countries: bool = False,
        bare_types: bool = False,
        without_names: bool = False,
        popular: Mapping[str, list[tuple[str, str]]] = POPULAR,
        extra_meta: dict[str, Any] | None = None,
        latency_ms: float = 0,
        start: datetime | None = None,
    ) -> None:
        records = works if isinstance(works, Records) else read_works(works, institutions)
        limits = Limits(
            max_per_page,
            max_groups_per_page or max_per_page,
            nested,
            corpus,
            default_corpus,
            extra_meta or {},
        )
        style = KeyStyle(bare_countries, bare_types, without_names, popular)
        self.origin = Origin(records, limits, style)
        self.clock = Clock(start)
        self.meter = Meter(
            self.clock,
            keys=keys,
            paid_keys=paid_keys,
            keyless_credits=keyless_credits,
            per_second=per_second,
        )
        self.keyless_cursor = keyless_cursor
        self.latency_ms = latency_ms
        self.faults = Faults()
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self.hidden = 0
        self._lock = threading.Lock()
        self._http = Listener(port, self)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> OpenAlexServer:
        """Start to listen."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop: no thread or socket is left."""
        self.closing.set()
        self._http.shutdown()
        self._http.close_connections()
        self._http.server_close()
        self._thread.join(5)

    def next_day(self) -> None:
        """Let midnight pass: budgets start anew and every third record is gone."""
        self.clock.to_next_day()
        self.hidden = every_third(len(self.origin.records.works))

    def receive(self, request: Request) -> Fault | None:
        """Note a request and return its fault, if any."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
        fault = self.faults.take(number, request)
        request.fault = fault.kind if fault else ""
        if fault and fault.kind == "day_change":
            self.next_day()
        return fault

    def reply(self, request: Request, address: str, fault: Fault | None) -> Reply:
        """Return what is sent for a request."""
        if request.method == "OPTIONS":
            return Reply(200, b"", headers={"Allow": "GET, HEAD, POST, OPTIONS"})
        try:
            if request.method not in ("GET", "HEAD"):
                raise refusals.html(501 if (request.method, request.path) == ("POST", "/") else 405)
            account = self.meter.account(request.key, address)
        except Refusal as refusal:
            return as_reply(refusal.status, refusal.body, refusal.headers)
        try:
            body = self._answer(request, account, fault)
        except Refusal as refusal:
            return self._refuse(refusal, account, request)
        if request.path == "/rate-limit":
            return as_reply(200, body)
        if "meta" in body:
            body["meta"]["cost_usd"] = request.cost / 10_000
        return as_reply(200, body, self.meter.headers(account, request.cost))

    def _answer(self, request: Request, account: Account, fault: Fault | None) -> dict[str, Any]:
        """Do what the edge does, in its order, then what the origin does."""
        if fault and fault.kind in BEFORE_THE_METER:
            raise fault.refusal(account.per_second, request.cost)
        if account.key not in self.meter.paid_keys and _needs_plan(request):
            raise refusals.plan_wanted()
        if request.path == "/rate-limit":
            return self.meter.report(account)
        self.meter.charge(account, request.cost)
        request.credits = request.cost
        if fault and fault.kind in REFUSED:
            raise fault.refusal(account.per_second, request.cost)
        check_at_edge(request)
        walks = account.key is None and request.params.get("cursor")
        if walks and self.keyless_cursor != "allowed":
            raise refusals.cursor_refused(self.keyless_cursor)
        effect = fault.effect(self.hidden) if fault else Effect(hidden=self.hidden)
        return self.origin.answer(request.path, request.params, effect)

    def _refuse(self, refusal: Refusal, account: Account, request: Request) -> Reply:
        headers = dict(refusal.headers)
        if refusal.status == 504:
            self.meter.refund(account, request.credits)
            request.credits = 0
        if not refusal.by_edge:
            by_meter = refusal.status == 429
            headers |= self.meter.headers(account, request.cost, refused=by_meter)
        return as_reply(refusal.status, refusal.body, headers)


def read_works(
    works: str | Path | Iterable[Record], institutions: Iterable[Record] = ()
) -> Records:
    """Return the index of a file (JSON Lines, `.gz` or not) or of records."""
    if isinstance(works, str | Path):
        return Records(read_lines(works), institutions)
    return Records(works, institutions)


def _needs_plan(request: Request) -> bool:
    keys = [key for key, _ in split_filter(request.params.get("filter", ""))]
    sorts = [part.partition(":")[0] for part in request.params.get("sort", "").split(",")]
    return any(key.removeprefix("from_").removeprefix("to_") in PLAN_KEYS for key in keys + sorts)


def parse_fault(text: str) -> tuple[Fault, int, bool]:
    """Return a fault, the request it comes at, and whether it comes again every so many requests.

    Examples
    --------
    >>> parse_fault("reset@7")[1:], parse_fault("html_200@every:20")[1:]
    ((7, False), (20, True))
    """
    kind, _, place = text.partition("@")
    return Fault(kind), int(place.removeprefix("every:") or 1), place.startswith("every:")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        "tests.support.openalex_server", description="A strict OpenAlex API."
    )
    parser.add_argument("works", type=Path, help="JSON Lines of works, .gz or not")
    parser.add_argument("--institutions", type=Path, help="JSON Lines of institutions")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", default=KEY, help="the one key that is known")
    parser.add_argument("--credits", type=int, default=10_000, help="credits a day of the key")
    parser.add_argument("--keyless-credits", type=int, default=KEYLESS_CREDITS)
    parser.add_argument("--no-meter", action="store_true", help="no budget, no limit a second")
    cursors = ("allowed", "json", "json-key", "html")
    parser.add_argument("--keyless-cursor", choices=cursors, default="allowed")
    parser.add_argument("--max-per-page", type=int, default=200)
    parser.add_argument("--no-nesting", action="store_true", help="group_by takes one key only")
    parser.add_argument("--bare-countries", action="store_true", help="keys like BR")
    parser.add_argument("--bare-types", action="store_true", help="keys like article")
    parser.add_argument("--latency-ms", type=float, default=0)
    text = "what goes wrong at which request; also KIND@every:N; repeatable"
    parser.add_argument("--fault", action="append", default=[], metavar="KIND@N", help=text)
    return parser


def make_server(argv: Sequence[str] | None = None) -> OpenAlexServer:
    """Return the server that a command line describes."""
    args = make_parser().parse_args(argv)
    known = map(json.loads, read_lines(args.institutions)) if args.institutions else ()
    server = OpenAlexServer(
        args.works,
        institutions=known,
        port=args.port,
        keys={args.key: 10**9 if args.no_meter else args.credits},
        keyless_credits=None if args.no_meter else args.keyless_credits,
        per_second=not args.no_meter,
        keyless_cursor=args.keyless_cursor,
        max_per_page=args.max_per_page,
        nested=not args.no_nesting,
        bare_countries=args.bare_countries,
        bare_types=args.bare_types,
        latency_ms=args.latency_ms,
    )
    faults = [parse_fault(text) for text in args.fault]

    def script(number: int, request: Request) -> Fault | None:
        fits = (fault for fault, n, again in faults if number == n or (again and number % n == 0))
        return next(fits, None)

    server.faults.script = script if faults else None
    return server


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until the keyboard interrupts."""
    with make_server(argv) as server:
        works = len(server.origin.records.works)
        print(f"{works} works on {server.url} (stop with Ctrl-C)", flush=True)
        try:
            server.closing.wait()
        except KeyboardInterrupt:
            print("stopped")
    return 0
