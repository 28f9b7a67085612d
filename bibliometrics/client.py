"""
The client, which is pyalex mended at one seam. The only importer of pyalex.

pyalex 0.21 opens a new connection for each call, waits for ever, loses the body of a 429 and
knows no other server. Its private session factory is replaced by one that returns our
:class:`~bibliometrics.transport.ApiSession`; everything else of pyalex stays in use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, Self

import pyalex
import pyalex.api

from bibliometrics import __version__
from bibliometrics.errors import BusyError, MissingPackageError, NetworkError, ServerError
from bibliometrics.gate import Gate, ignore
from bibliometrics.request import Request
from bibliometrics.transport import NO_NETWORK, ApiSession

PYALEX: Final = "0.21"
CHECK_S: Final = 5.0
_SHORT_TIMEOUT: Final = (3.0, 4.0)
_SHORT_PATIENCE: Final = 2.0
_FEW_TRIES: Final = {"again": 2, "partial": 1, "connect": 2, "fast": 3, "slow": 3, "stop": 1}
_SEAM = threading.Lock()
_ENTITIES: Final = {"works": pyalex.Works, "institutions": pyalex.Institutions}


def check_seam() -> None:
    """
    Check that pyalex is the version whose seam we know.

    Raises
    ------
    MissingPackageError
        If it is another version, or its session factory is gone.
    """
    if pyalex.__version__ != PYALEX or not callable(
        getattr(pyalex.api, "_get_requests_session", None)
    ):
        msg = f"pyalex {pyalex.__version__} is installed; this package needs version {PYALEX}."
        raise MissingPackageError(msg, f"run: python -m pip install pyalex=={PYALEX}")


class Client:
    """
    Give pyalex our sessions. A context manager; one at a time in a process.

    Parameters
    ----------
    gate : Gate
        What every request passes.
    connections : int
        Connections that are kept open.
    timeout : tuple of (float, float)
        Seconds to wait for a connection, and for the next bytes.
    """

    def __init__(self, gate: Gate, *, connections: int, timeout: tuple[float, float]) -> None:
        self.gate = gate
        self._connections = connections
        self._timeout = timeout
        self._agent = f"bibliometrics/{__version__} pyalex/{PYALEX}"
        self._here = threading.local()
        self.session = self.new_session(gate)

    def __enter__(self) -> Self:
        """
        Put our session in the place of pyalex's own.

        Raises
        ------
        MissingPackageError
            If pyalex is not the version whose seam we know.
        BusyError
            If another client is open in this process.
        """
        check_seam()
        if not _SEAM.acquire(blocking=False):
            msg = "another OpenAlex source is open in this process."
            raise BusyError(msg, "close it first")
        self._before = pyalex.api._get_requests_session, dict(pyalex.config)
        pyalex.api._get_requests_session = self.current_session
        pyalex.config.update(api_key=None, email=None, user_agent=self._agent, max_retries=0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give pyalex its own session and settings back, and close all connections."""
        pyalex.api._get_requests_session, config = self._before
        pyalex.config.clear()
        pyalex.config.update(config)
        self.session.close()
        _SEAM.release()

    def new_session(self, gate: Gate, timeout: tuple[float, float] | None = None) -> ApiSession:
        """Return a session of its own for a gate."""
        timeout = timeout or self._timeout
        return ApiSession(gate, agent=self._agent, timeout=timeout, connections=self._connections)

    def use(self, session: ApiSession) -> None:
        """Let pyalex use another session in this thread."""
        self._here.session = session

    def current_session(self) -> ApiSession:
        """Return the session that pyalex uses in this thread."""
        session: ApiSession = getattr(self._here, "session", self.session)
        return session

    def fetch(self, request: Request) -> Any:
        """
        Ask pyalex, with a fresh query: its queries change when they are used.

        Returns
        -------
        list with meta, or dict
            What pyalex makes of the answer: rows, or one record.
        """
        if not request.is_list:
            path, _, name = request.path.partition("/")
            return _ENTITIES[path]()[name]
        query: dict[str, Any] = {name: [text] for name, text in request.parameters}
        if request.select:
            query["select"] = request.select.split(",")
        for name in ("per-page", "page"):
            query.pop(name, None)
        return _ENTITIES[request.path](query).get(per_page=request.per_page, page=request.page)

    def unsaved(self, work: Callable[[], Any]) -> Any:
        """Do some work live, with all patience; its answers are not saved."""
        with self.new_session(replace(self.gate, pull=None)) as session:
            self.use(session)
            try:
                return work()
            finally:
                self.use(self.session)

    def in_time(self, work: Callable[[], Any], seconds: float | None = None) -> Any:
        """
        Do some work live, with little patience, in a thread that a hanging resolver may hold.

        Parameters
        ----------
        work : callable
            What to do; it asks with :meth:`fetch` or :meth:`current_session`.
        seconds : float or None
            How long it may take; None: a few.

        Returns
        -------
        object
            What the work returns.

        Raises
        ------
        NetworkError
            If it is not done in time, or the server never replied.
        """
        gate = replace(
            self.gate, pull=None, tries=_FEW_TRIES, patience=_SHORT_PATIENCE, tell=ignore
        )
        box: Future[Any] = Future()
        seconds = CHECK_S if seconds is None else seconds

        def run() -> None:
            try:
                with self.new_session(gate, _SHORT_TIMEOUT) as session:
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
            msg = f"{self.gate.address.host} does not answer within {seconds:g} s."
            raise NetworkError(msg, NO_NETWORK) from None
