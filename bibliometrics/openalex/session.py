"""
The one way to the server: a ``requests.Session`` that pyalex is given in place of its own.

It is given in the thread that asks, and while it asks.

It keeps connections open, waits no longer than told, sends the key in a header only, follows no
redirect, honours proxies and certificate settings of the environment for the address it really
asks, and lets every request pass the :class:`~bibliometrics.openalex.policy.Policy`.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Final, Self

import pyalex
import pyalex.api
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

from bibliometrics import __version__
from bibliometrics.errors import (
    InputError,
    MissingPackageError,
    NetworkError,
    ServerError,
)
from bibliometrics.openalex.credentials import API_URL, basic_credentials
from bibliometrics.openalex.policy import Policy, ignore
from bibliometrics.openalex.query import Request
from bibliometrics.openalex.response import OFFLINE, RESUME, Fault, Response

LARGEST_BODY: Final = 50_000_000
LONGEST_BODY_S: Final = 120.0
NO_NETWORK: Final = f"check network and proxy settings; {OFFLINE}"


class ApiSession(requests.Session):
    """A session whose every request passes a policy. Safe to share between threads."""

    def __init__(
        self,
        policy: Policy,
        *,
        agent: str = "bibliometrics",
        timeout: tuple[float, float] = (5.0, 30.0),
        connections: int = 4,
    ) -> None:
        super().__init__()
        self.policy = policy
        self.timeout = timeout
        self.agent = agent
        self.has_replied = False
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections)
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self.headers.update({"Accept": "application/json"})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """
        Turn a request of pyalex into one for the address that was set, with our own credentials.
        """
        url = str(request.url)
        if not url.startswith(f"{API_URL}/"):
            msg = "pyalex asks another server than OpenAlex."
            raise InputError(msg, "install the version of pyalex that this package names")
        request.url = self.policy.address.url + url.removeprefix(API_URL)
        try:
            prepared = super().prepare_request(request)
        except (requests.RequestException, ValueError) as error:
            msg = f"a request to {self.policy.address.host} can't be made: {type(error).__name__}."
            raise InputError(msg, "check OPENALEX_API_URL and the API key") from error
        for foreign in ("Authorization", "From"):  # from the settings of others who use pyalex
            prepared.headers.pop(foreign, None)
        prepared.headers["User-Agent"] = self.agent
        if self.policy.key:
            prepared.headers["Authorization"] = f"Bearer {self.policy.key}"
        elif self.policy.address.userinfo:
            prepared.headers["Authorization"] = f"Basic {basic_credentials(self.policy.address)}"
        return prepared

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Return the accepted answer; raise one of our errors if there is none."""
        asked = Request.parse(str(request.url))
        received = self.policy.pass_through(asked, lambda: self._exchange(request, options))
        return _response(request, received)

    def _exchange(
        self, request: requests.PreparedRequest, options: dict[str, Any]
    ) -> Response | Fault:
        """Send a request once, straight to the adapter: no redirects, no cookies."""
        try:
            response = self.get_adapter(str(request.url)).send(
                request,
                stream=True,
                timeout=self.timeout,
                verify=options.get("verify", True),
                cert=options.get("cert"),
                proxies=options.get("proxies"),
            )
            self.has_replied = True
            with response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Response(response.status_code, headers, read_body(response))
        except (requests.RequestException, HTTPError, OSError) as error:
            return explain(error, self.policy.address.host, self.timeout[1])


def read_body(response: requests.Response, clock: Callable[[], float] = time.monotonic) -> bytes:
    """Read a body to its end, within a limit of size and time."""
    end = clock() + LONGEST_BODY_S
    parts, size = [], 0
    while part := response.raw.read1(65536, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            msg = "the body is too large"
            raise requests.exceptions.ChunkedEncodingError(msg)
        if clock() > end:
            msg = "the body takes too long"
            raise requests.exceptions.ReadTimeout(msg)
    return b"".join(parts)


def explain(error: Exception, host: str, patience: float) -> Fault:
    """Say what went wrong on the way, in our own words: foreign texts may hold proxy passwords."""
    problems = requests.exceptions
    if isinstance(error, problems.ProxyError):
        step = f"check HTTPS_PROXY, HTTP_PROXY and NO_PROXY; {OFFLINE}"
        return Fault("connect", NetworkError, f"the proxy on the way to {host} fails.", step)
    if isinstance(error, problems.SSLError):
        step = f"set REQUESTS_CA_BUNDLE to your network's certificates, check the clock; {OFFLINE}"
        return Fault("connect", NetworkError, f"{host} shows a certificate we can't trust.", step)
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, problems.ConnectTimeout) or isinstance(reason, NewConnectionError):
        return Fault("connect", NetworkError, f"there is no connection to {host}.", NO_NETWORK)
    if isinstance(error, ValueError) and isinstance(error, problems.RequestException):
        step = "check OPENALEX_API_URL, HTTPS_PROXY and HTTP_PROXY"
        return Fault("stop", InputError, f"{host} or its proxy is not a valid address.", step)
    step = f"try again later; {RESUME}"
    if isinstance(error, problems.Timeout | ReadTimeoutError):
        return Fault("again", ServerError, f"{host} sends nothing for {patience:g} s", step)
    name = type(error).__name__
    return Fault("again", ServerError, f"the connection to {host} broke off ({name})", step)


def _response(request: requests.PreparedRequest, received: Response) -> requests.Response:
    """Return a received in the form that pyalex wants."""
    response = requests.Response()
    response.status_code = received.status
    response.url = str(request.url)
    response.headers.update(received.headers)
    response.request = request
    response.encoding = "utf-8-sig"
    response.raw = io.BytesIO(received.body)
    return response


PYALEX: Final = "0.21"
CHECK_S: Final = 5.0
_SHORT_TIMEOUT: Final = (3.0, 4.0)
_SHORT_PATIENCE: Final = 2.0
_FEW_TRIES: Final = {
    **dict.fromkeys(("again", "connect", "foreign"), 2),
    **dict.fromkeys(("fast", "slow"), 3),
    **dict.fromkeys(("partial", "stop"), 1),
}
_ENTITIES: Final = {"works": pyalex.Works, "institutions": pyalex.Institutions}


def check_seam() -> None:
    """Check that pyalex is the version whose seam we know."""
    if pyalex.__version__ != PYALEX or not callable(
        getattr(pyalex.api, "_get_requests_session", None)
    ):
        msg = f"pyalex {pyalex.__version__} is installed; this package needs version {PYALEX}."
        raise MissingPackageError(msg, f"run: python -m pip install pyalex=={PYALEX}")


class _Seam:
    """
    Where pyalex asks for a session: the one of the call that this thread is in, else its own.

    It is put in with the first client and taken out with the last, so that clients with sessions,
    keys and threads of their own can be open at once, and others may use pyalex beside them.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._here = threading.local()
        self._users = 0
        self._original: Any = None

    def open(self) -> None:
        """Put the seam in if it is not there."""
        check_seam()
        with self._guard:
            if not self._users:
                self._original = pyalex.api._get_requests_session
                pyalex.api._get_requests_session = self._session
            self._users += 1

    def close(self) -> None:
        """Give pyalex its own way back if nobody else needs the seam."""
        with self._guard:
            self._users -= 1
            if not self._users:
                pyalex.api._get_requests_session = self._original

    def _session(self) -> requests.Session:
        own = getattr(self._here, "session", None)
        found: requests.Session = self._original() if own is None else own
        return found

    @contextmanager
    def using(self, session: ApiSession) -> Iterator[None]:
        """Let pyalex use a session in this thread."""
        before = getattr(self._here, "session", None)
        self._here.session = session
        try:
            yield
        finally:
            self._here.session = before


_SEAM: Final = _Seam()


class Client:
    """Ask through pyalex with our sessions. A context manager; many may be open at once."""

    def __init__(self, policy: Policy, *, connections: int, timeout: tuple[float, float]) -> None:
        self.policy = policy
        self._connections = connections
        self._timeout = timeout
        self._agent = f"bibliometrics/{__version__} pyalex/{PYALEX}"
        self._here = threading.local()
        self.session = self.new_session(policy)

    def __enter__(self) -> Self:
        """Let pyalex take our sessions."""
        _SEAM.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give pyalex its own session back, and close all connections."""
        _SEAM.close()
        self.session.close()

    def new_session(self, policy: Policy, timeout: tuple[float, float] | None = None) -> ApiSession:
        """Return a session of its own for a policy."""
        timeout = timeout or self._timeout
        return ApiSession(policy, agent=self._agent, timeout=timeout, connections=self._connections)

    def use(self, session: ApiSession) -> None:
        """Let pyalex use another session in this thread."""
        self._here.session = session

    def current_session(self) -> ApiSession:
        """Return the session that pyalex uses in this thread."""
        session: ApiSession = getattr(self._here, "session", self.session)
        return session

    def fetch(self, request: Request) -> Any:
        """Ask pyalex, with a fresh query: its queries change when they are used."""
        with _SEAM.using(self.current_session()):
            if not request.is_list:
                path, _, name = request.path.partition("/")
                return _ENTITIES[path]()[name]
            query: dict[str, Any] = {name: [text] for name, text in request.parameters}
            if request.select:
                query["select"] = request.select.split(",")
            for name in ("per-page", "page"):
                query.pop(name, None)
            entity = _ENTITIES[request.path](query)
            return entity.get(per_page=request.per_page, page=request.page)

    def unsaved(self, work: Callable[[], Any]) -> Any:
        """Do some work live, with all patience; its answers are not saved."""
        with self.new_session(replace(self.policy, pull=None)) as session:
            self.use(session)
            try:
                return work()
            finally:
                self.use(self.session)

    def in_time(self, work: Callable[[], Any], seconds: float | None = None) -> Any:
        """Do some work live, with little patience, in a thread that a hanging resolver may hold."""
        policy = replace(
            self.policy, pull=None, tries=_FEW_TRIES, patience=_SHORT_PATIENCE, tell=ignore
        )
        box: Future[Any] = Future()
        seconds = CHECK_S if seconds is None else seconds

        def run() -> None:
            try:
                with self.new_session(policy, _SHORT_TIMEOUT) as session:
                    self.use(session)
                    try:
                        box.set_result(work())
                    except ServerError as error:
                        if session.has_replied:
                            raise
                        raise NetworkError(error.message, NO_NETWORK) from error
            except BaseException as error:  # noqa: BLE001 - for the thread that waits
                box.set_exception(error)

        threading.Thread(target=run, daemon=True).start()
        try:
            return box.result(timeout=seconds)
        except TimeoutError:
            msg = f"{self.policy.address.host} does not answer within {seconds:g} s."
            raise NetworkError(msg, NO_NETWORK) from None
