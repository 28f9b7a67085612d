"""A folder served as a bucket: what S3 and plain HTTPS clients need to read it, with faults.

Path-style addresses (`/bucket/key`), GET and HEAD, one byte range, ETag, If-Match. A fault is taken
from `faults` for each GET of an object below `works/`, first come first served.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)


class ObjectStore:
    """The server, to be used in a `with` statement.

    `faults` holds words: a status (`503`), `close` (half of the body, then the end of the
    connection) or `` (none). `requests` holds method, path and range of each request. `etag_of`
    can be replaced to let objects change.
    """

    def __init__(self, folder: Path, bucket: str = "openalex") -> None:
        self.folder, self.bucket = folder, bucket
        self.faults: list[str] = []
        self.always = ""
        self.requests: list[tuple[str, str, str | None, str | None]] = []
        self.sent = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True

    @property
    def endpoint(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def etag_of(self, path: Path) -> str:
        """Return the version of a file."""
        status = path.stat()
        return f'"{status.st_size:x}-{status.st_mtime_ns:x}"'

    def __enter__(self) -> ObjectStore:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def next_fault(self) -> str:
        """Return the fault for one request."""
        return self.faults.pop(0) if self.faults else self.always

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                """Print nothing."""

            def do_HEAD(self) -> None:
                self.answer(with_body=False)

            def do_GET(self) -> None:
                self.answer(with_body=True)

            def answer(self, *, with_body: bool) -> None:
                asked, match = self.headers.get("Range"), self.headers.get("If-Match")
                store.requests.append((self.command, unquote(self.path), asked, match))
                key = unquote(self.path.partition("?")[0]).removeprefix(f"/{store.bucket}/")
                path = store.folder / key
                if not path.is_file():
                    self.finish_with(404, b"", with_body=with_body)
                    return
                fault = store.next_fault() if with_body and "updated_date" in key else ""
                etag = store.etag_of(path)
                if fault.isdigit():
                    self.finish_with(int(fault), SLOW_DOWN, with_body=with_body)
                elif match and match != etag:
                    self.finish_with(412, b"", with_body=with_body)
                else:
                    self.send_file(path, etag, asked, with_body=with_body, cut=fault == "close")

            def finish_with(self, status: int, body: bytes, *, with_body: bool) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if with_body:
                    self.wfile.write(body)

            def send_file(
                self, path: Path, etag: str, asked: str | None, *, with_body: bool, cut: bool
            ) -> None:
                size = path.stat().st_size
                first, last = 0, size - 1
                if asked:
                    start, _, end = asked.removeprefix("bytes=").partition("-")
                    first, last = int(start), min(int(end or last), last)
                with path.open("rb") as stream:
                    stream.seek(first)
                    body = stream.read(last + 1 - first)
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", etag)
                if asked:
                    self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
                self.end_headers()
                if with_body:
                    self.wfile.write(body[: len(body) // 2] if cut else body)
                    store.sent += len(body)
                self.close_connection = cut

        return Handler
