"""The session on the wire: a scripted server on loopback, no real waiting."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from bibliometrics.errors import (
    BibliometricsError,
    InputError,
    NetworkError,
    RefusedError,
    ServerError,
)
from bibliometrics.openalex import session as transport
from bibliometrics.openalex.credentials import parse_address
from bibliometrics.openalex.policy import Budget, Policy, RateLimiter
from bibliometrics.openalex.session import ApiSession, explain, read_body
from tests.support.api_runs import Naps, new_pull

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://api.openalex.org/works?filter=type%3Aarticle&group-by=publication_year&per-page=200"
BODY = json.dumps(
    {"meta": {"count": 1, "db_response_time_ms": 9}, "group_by": [{"key": "2010", "count": 1}]}
).encode()
KEY = "sesame-open-key"


class Scripted(ThreadingHTTPServer):
    """Lets a function answer every request; keeps requests and counts connections."""

    daemon_threads = True

    def __init__(self, act: Callable[[Any], None]) -> None:
        self.act = act
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that hang up."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Scripted

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.path, headers))
        self.server.act(self)

    def do_CONNECT(self) -> None:
        self.server.asked.append((self.path, {}))
        self.answer(b"", status=502)

    def answer(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator[Callable[..., Scripted]]:
    servers = []

    def start(act: Callable[[Any], None] = lambda handler: handler.answer(BODY)) -> Scripted:
        server = Scripted(act)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def session(url: str, timeout: tuple[float, float] = (2, 5), **options: Any) -> ApiSession:
    naps = Naps()
    limiter = RateLimiter(1000, naps.sleep, naps.clock)
    made = Policy(
        options.pop("pull", None),
        Budget(),
        limiter,
        parse_address(url),
        sleep=naps.sleep,
        **options,
    )
    return ApiSession(made, agent="bibliometrics/test", timeout=timeout)


def test_a_request_for_openalex_goes_to_the_address_that_was_set(
    serve: Callable[..., Scripted],
) -> None:
    server = serve()
    with session(f"{server.url}/mirror/v1/") as made:
        assert made.get(URL).json() == json.loads(BODY)
    path, headers = server.asked[0]
    assert path == "/mirror/v1/" + URL.removeprefix("https://api.openalex.org/")
    assert headers["user-agent"] == "bibliometrics/test"


def test_the_key_goes_in_a_header_only(serve: Callable[..., Scripted]) -> None:
    server = serve()
    with session(server.url, key=KEY) as made:
        response = made.get(URL)
    path, headers = server.asked[0]
    assert headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in path + response.url + repr(made) + repr(made.policy)


def test_without_a_key_no_header_of_anybody_else_is_sent(serve: Callable[..., Scripted]) -> None:
    server = serve()
    with session(server.url) as made:
        made.get(URL, auth=("somebody", "else"))
    assert "authorization" not in server.asked[0][1]


def test_user_and_password_of_an_address_are_sent_as_basic_credentials(
    serve: Callable[..., Scripted],
) -> None:
    server = serve()
    with session(server.url.replace("//", "//user:sesame@")) as made:
        made.get(URL)
    assert server.asked[0][1]["authorization"] == "Basic dXNlcjpzZXNhbWU="
    assert "sesame" not in server.asked[0][0]


def test_nothing_is_ever_sent_to_another_host(serve: Callable[..., Scripted]) -> None:
    server = serve()
    with session(server.url, key=KEY) as made, pytest.raises(InputError, match="another server"):
        made.get("https://example.org/works")
    assert not server.asked


def test_a_redirect_is_not_followed(serve: Callable[..., Scripted]) -> None:
    other = serve()
    server = serve(lambda handler: handler.answer(b"", status=302, Location=f"{other.url}/works"))
    with session(server.url, key=KEY) as made, pytest.raises(RefusedError, match="sends us on"):
        made.get(URL)
    assert not other.asked


def test_cookies_are_not_kept(serve: Callable[..., Scripted]) -> None:
    server = serve(lambda handler: handler.answer(BODY, Set_Cookie="a=b; Path=/"))
    with session(server.url) as made:
        for _ in range(2):
            made.get(URL)
    assert "cookie" not in server.asked[1][1]


def test_many_requests_share_few_connections(serve: Callable[..., Scripted]) -> None:
    server = serve()
    with session(server.url) as made:
        threads = [
            threading.Thread(target=lambda: [made.get(URL) for _ in range(10)]) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert len(server.asked) == 40
    assert server.connections <= 4


def chunked(handler: Any, *parts: bytes, end: bool = True, **headers: str) -> None:
    handler.send_response(200)
    for name, value in {"Transfer-Encoding": "chunked", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    for part in parts:
        handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    if end:
        handler.wfile.write(b"0\r\n\r\n")
    handler.close_connection = not end


def test_a_body_in_chunks_or_compressed_is_read_whole(serve: Callable[..., Scripted]) -> None:
    ways = [
        lambda handler: chunked(handler, BODY[:20], BODY[20:]),
        lambda handler: handler.answer(gzip.compress(BODY), Content_Encoding="gzip"),
        lambda handler: chunked(handler, gzip.compress(BODY), Content_Encoding="gzip"),
    ]
    server = serve(lambda handler: ways[len(server.asked) - 1](handler))
    with session(server.url) as made:
        for _ in ways:
            assert made.get(URL).content == BODY
    assert server.connections == 1


def test_bytes_are_archived_as_received(serve: Callable[..., Scripted], tmp_path: Path) -> None:
    odd = BODY.replace(b'": ', b'" :  ') + b"\n"
    server = serve(lambda handler: handler.answer(odd))
    with new_pull(tmp_path) as pull, session(server.url, pull=pull) as made:
        made.get(URL)
        (key,) = pull.keys()
        saved = pull.find(key)
    assert saved is not None
    assert saved.body == odd


def cut_length(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(BODY) + 5))
    handler.end_headers()
    handler.wfile.write(BODY)
    handler.close_connection = True


def hang_up(handler: Any) -> None:
    handler.close_connection = True


BROKEN = {
    "hang up": hang_up,
    "cut": cut_length,
    "cut in chunks": lambda handler: chunked(handler, BODY, end=False),
    "no gzip": lambda handler: handler.answer(BODY, Content_Encoding="gzip"),
    "html": lambda handler: handler.answer(b"<html>"),
    "empty": lambda handler: handler.answer(b""),
}


@pytest.mark.parametrize("way", BROKEN)
def test_a_broken_answer_is_asked_again(serve: Callable[..., Scripted], way: str) -> None:
    def act(handler: Any) -> None:
        (BROKEN[way] if len(server.asked) < 3 else lambda h: h.answer(BODY))(handler)

    server = serve(act)
    with session(server.url) as made:
        assert made.get(URL).content == BODY
    assert len(server.asked) == 3


@pytest.mark.parametrize("way", BROKEN)
def test_an_answer_that_stays_broken_is_a_server_error(
    serve: Callable[..., Scripted], way: str
) -> None:
    server = serve(BROKEN[way])
    kind, said = ServerError, "asked 6 times"
    if way == "html":  # a page each time: most likely of the network, not of OpenAlex
        kind, said = NetworkError, "something else than OpenAlex answers"
    with session(server.url) as made, pytest.raises(kind, match=said):
        made.get(URL)


def test_a_stall_ends_with_the_timeout(serve: Callable[..., Scripted]) -> None:
    release = threading.Event()
    server = serve(lambda handler: release.wait(5))
    made = session(server.url, timeout=(1, 0.05))
    made.policy.tries["again"] = 2
    begun = time.monotonic()
    with made, pytest.raises(ServerError, match=r"sends nothing for 0\.05 s"):
        made.get(URL)
    release.set()
    assert time.monotonic() - begun < 3


class Drops:
    """A body that comes one byte at a time."""

    def __init__(self) -> None:
        self.raw = self

    def read1(self, size: int, *, decode_content: bool) -> bytes:
        return b"x"


def test_a_body_that_comes_drop_by_drop_or_never_ends_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = iter(range(1000))
    with pytest.raises(requests.exceptions.ReadTimeout):
        read_body(Drops(), lambda: next(ticks))  # type: ignore[arg-type]
    monkeypatch.setattr(transport, "LARGEST_BODY", 100)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        read_body(Drops())  # type: ignore[arg-type]


def test_a_refused_connection_is_a_network_error_with_a_next_step() -> None:
    with (
        session("http://127.0.0.1:9", key=KEY) as made,
        pytest.raises(NetworkError, match=r"no connection to 127\.0\.0\.1:9") as caught,
    ):
        made.get(URL)
    assert "--offline" in caught.value.next_step
    assert "sample" in caught.value.next_step


def test_a_proxy_of_the_environment_is_used_for_the_address_really_asked(
    serve: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = serve(), serve()
    monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//user:sesame@"))
    with session("http://mirror.invalid/api") as made:
        made.get(URL)
    assert proxy.asked[0][0].startswith("http://mirror.invalid/api/works")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with session(server.url) as made:
        made.get(URL)
    assert (len(proxy.asked), len(server.asked)) == (1, 1)


def test_a_proxy_that_fails_never_shows_its_password(
    serve: Callable[..., Scripted],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    proxy = serve()
    monkeypatch.setenv("https_proxy", proxy.url.replace("//", "//user:sesame@"))
    with (
        session("https://mirror.invalid", key=KEY) as made,
        pytest.raises(NetworkError, match=r"proxy.*mirror\.invalid") as caught,
    ):
        made.get(URL)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert proxy.asked[0][0] == "mirror.invalid:443"
    assert "sesame" not in str(caught.value) + caplog.text


def test_certificates_named_in_the_environment_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "own.pem"
    bundle.write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    seen: list[Any] = []

    def send(self: Any, request: Any, **options: Any) -> Any:
        seen.append(options["verify"])
        raise requests.exceptions.SSLError

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    with (
        session("https://mirror.example") as made,
        pytest.raises(NetworkError, match="certificate") as caught,
    ):
        made.get(URL)
    assert seen[0] == str(bundle)
    assert "REQUESTS_CA_BUNDLE" in caught.value.next_step


def max_retries(reason: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "kind", "class_"),
    [
        (requests.exceptions.ProxyError("u:sesame@p"), "connect", NetworkError),
        (requests.exceptions.SSLError("sesame"), "connect", NetworkError),
        (requests.exceptions.ConnectTimeout("sesame"), "connect", NetworkError),
        (max_retries(NewConnectionError(None, "sesame")), "connect", NetworkError),  # type: ignore[arg-type]
        (requests.exceptions.InvalidURL("sesame"), "stop", InputError),
        (requests.exceptions.InvalidProxyURL("sesame"), "stop", InputError),
        (requests.exceptions.ReadTimeout("sesame"), "again", ServerError),
        (requests.ConnectionError("sesame"), "again", ServerError),
        (requests.exceptions.ChunkedEncodingError(), "again", ServerError),
        (http.client.HTTPException(), "again", ServerError),
        (ConnectionResetError("sesame"), "again", ServerError),
    ],
)
def test_every_way_to_fail_has_its_kind_and_our_own_words(
    error: Exception, kind: str, class_: type[BibliometricsError]
) -> None:
    fault = explain(error, "h.example", 30)
    assert (fault.kind, fault.error) == (kind, class_)
    assert "h.example" in fault.message
    assert "sesame" not in fault.message + fault.next_step
