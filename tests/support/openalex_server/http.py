"""The HTTP side of the local OpenAlex server: requests as they come, replies as they are sent."""

from __future__ import annotations

import gzip
import json
import os
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.support.openalex_server.filters import split_filter
from tests.support.openalex_server.refusals import html, refuse_at_edge, too_long

if TYPE_CHECKING:
    from tests.support.openalex_server.faults import Fault
    from tests.support.openalex_server.server import OpenAlexServer

MOST_BYTES = 8190
STALL_SECONDS = 60.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class Request:
    """One request as it came, and what became of it.

    Parameters
    ----------
    method, target, path, query : str
        The request line and its parts, the path decoded.
    params : dict
        Each parameter, decoded; of a repeated one the last.
    headers : dict
        Names in lower case.
    status : int
        What was answered; 0 when the connection was broken instead.
    credits : int
        What it cost.
    fault : str
        The kind of fault it met, or nothing.
    """

    method: str
    target: str
    path: str
    query: str
    params: dict[str, str]
    headers: dict[str, str]
    status: int = 0
    credits: int = 0
    fault: str = ""

    @property
    def key(self) -> str | None:
        """Return the API key that was sent: a Bearer header wins over the rest."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else ""
        names = ("api_key", "api-key")
        others = [*(self.params.get(name) for name in names), *map(self.headers.get, names)]
        return next((key for key in (given, *others) if key), None)

    @property
    def cost(self) -> int:
        """Return the credits the request costs.

        Examples
        --------
        >>> parse_request("GET", "/works?filter=type:article&group_by=type", {}).cost
        1
        >>> parse_request("GET", "/works?search=cats", {}).cost
        10
        >>> parse_request("GET", "/works/W42", {}).cost
        0
        """
        entity, _, single = self.path.strip("/").partition("/")
        if entity not in ("works", "institutions"):
            return 0
        if single:
            return int(single.split(":")[0].lower() in ("http", "https"))
        if "group_by" in self.params or "group-by" in self.params:
            return 1
        keys = [key for key, _ in split_filter(self.params.get("filter", ""))]
        searches = any(name == "search" or name.startswith("search.") for name in self.params)
        return 10 if searches or any(key.endswith(".search") for key in keys) else 1


@dataclass
class Reply:
    """What is sent: status, body, kind of body, further headers."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def parse_request(method: str, target: str, headers: dict[str, str]) -> Request:
    """Return a request from its line and headers."""
    parts = urlsplit(target)
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method, target, unquote(parts.path), parts.query, params, headers)


def as_reply(
    status: int, body: dict[str, Any] | str, headers: dict[str, str] | None = None
) -> Reply:
    """Return a reply with a JSON body, or with a page when the body is a text."""
    if isinstance(body, str):
        return Reply(status, body.encode(), "text/html; charset=utf-8", headers or {})
    return Reply(status, json.dumps(body).encode(), "application/json", headers or {})


def check_at_edge(request: Request) -> None:
    """Raise what the edge itself refuses: `limit`, a filter part without a colon, a long line.

    The line counts as the edge writes it anew: all but letters, digits and `*-._` is escaped.
    """
    if "limit" in request.params:
        refuse_at_edge("limit is not a valid parameter. Use per_page instead.")
    text = request.params.get("filter", "")
    if text and not all(":" in part for part in text.split(",")):
        refuse_at_edge(f"Every filter needs a key and a value with a colon between: {text[:200]}")
    query = urlencode(request.params, safe="*").replace("~", "%7E")
    line = f"GET {urlsplit(request.target).path}?{query} HTTP/1.1"
    if len(line.encode()) > MOST_BYTES:
        raise too_long()


class Listener(ThreadingHTTPServer):
    """A threading HTTP server that can end all its connections."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, api: OpenAlexServer) -> None:
        self.api = api
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note a new connection and serve it in its thread."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """End the connections that clients keep alive."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that hang up."""


class Handler(BaseHTTPRequestHandler):
    """Reads one request after the other from a connection and sends what the server replies."""

    protocol_version = "HTTP/1.1"
    server_version = "openalex-test"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Listener

    def serve(self) -> None:
        """Answer one request."""
        api = self.server.api
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = parse_request(self.command, self.path, headers)
        fault = api.receive(request)
        if fault and fault.kind in ("reset", "stall"):
            self._break(fault)
            return
        reply = api.reply(request, self.client_address[0], fault)
        if fault:
            reply = damage(reply, fault)
        request.status = reply.status
        api.closing.wait(api.latency_ms / 1000)
        self._send(reply, short=fault is not None and fault.kind == "short_200")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def _send(self, reply: Reply, *, short: bool) -> None:
        body = reply.body
        self.send_response(reply.status)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        for name, value in {"Content-Type": reply.content_type, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if short else body)
        self.wfile.flush()
        self.close_connection = self.close_connection or short

    def _break(self, fault: Fault) -> None:
        """Reset the connection at once, or close it after a long silence."""
        self.close_connection = True
        if fault.kind == "stall":
            self.server.api.closing.wait(STALL_SECONDS if fault.seconds is None else fault.seconds)
            return
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


def damage(reply: Reply, fault: Fault) -> Reply:
    """Return a reply as a fault spoils it on its way; the status stays."""
    if fault.kind == "html_200":
        return as_reply(200, str(html(502).body), reply.headers)
    if fault.kind == "empty_200":
        return Reply(200, b"", reply.content_type, reply.headers)
    if fault.kind == "truncated_200":
        return Reply(200, reply.body[: len(reply.body) // 2], reply.content_type, reply.headers)
    return reply
