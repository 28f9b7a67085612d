"""Small works and a bare HTTP client, to test the local OpenAlex server without any library."""

from __future__ import annotations

import gzip
import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from tests.support.openalex_server.server import OpenAlexServer

BASE = "https://openalex.org/"


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers (names in lower case), body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body, read as JSON."""
        return json.loads(self.body)

    @property
    def rates(self) -> dict[str, str]:
        """Return the X-RateLimit headers, but for the time of the reset."""
        start, reset = "x-ratelimit-", "x-ratelimit-reset"
        names = [name for name in self.headers if name.startswith(start) and name != reset]
        return {name[len(start) :]: self.headers[name] for name in names}

    @property
    def meta(self) -> Any:
        """Return `meta`."""
        return self.json["meta"]

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Return the key and count of each group, in the order of the answer."""
        return [(row["key"].removeprefix(BASE), row["count"]) for row in self.json["group_by"]]

    @property
    def ids(self) -> list[str]:
        """Return the short ids of a list's records."""
        return [record["id"].removeprefix(BASE) for record in self.json["results"]]


def ask(
    server: OpenAlexServer, path: str = "/works", method: str = "GET", **options: Any
) -> Answer:
    """Send one request; options are parameters, but `headers` are headers.

    A value is escaped except for the signs of the filter grammar; a plus stays a plus.
    """
    headers = options.pop("headers", {})
    pairs = [f"{key}={quote(str(value), safe=':|,!<>+*-._/')}" for key, value in options.items()]
    target = f"{path}?{'&'.join(pairs)}" if pairs else path
    return send(server, target, method, headers)


def send(
    server: OpenAlexServer, target: str, method: str = "GET", headers: dict[str, str] | None = None
) -> Answer:
    """Send one request as it is written."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    try:
        connection.request(method, target, headers=headers or {})
        reply = connection.getresponse()
        body = reply.read()
        found = {name.lower(): value for name, value in reply.getheaders()}
    finally:
        connection.close()
    if found.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return Answer(reply.status, found, body)


def place(number: int, code: str | None, *above: int, **other: Any) -> dict[str, Any]:
    """Return an institution of a work, below others or not."""
    lineage = sorted(f"{BASE}I{each}" for each in (number, *above))
    identifier = f"{BASE}I{number}"
    known = {"id": identifier, "display_name": f"Institution {number}", "ror": None}
    return {**known, "country_code": code, "type": "education", "lineage": lineage, **other}


def work(number: int, *authors: list[dict[str, Any]], **other: Any) -> dict[str, Any]:
    """Return a work whose authors have these institutions."""
    authorships = [
        {
            "author": {"id": f"{BASE}A{1000 + position}"},
            "institutions": places,
            "countries": sorted({each["country_code"] for each in places if each["country_code"]}),
        }
        for position, places in enumerate(authors)
    ]
    return {
        "id": f"{BASE}W{number}",
        "publication_year": 2010,
        "publication_date": "2010-05-01",
        "type": "article",
        "is_retracted": False,
        "cited_by_count": 0,
        "authorships": authorships,
        **other,
    }


def field(number: int) -> dict[str, Any]:
    """Return a primary topic in a field."""
    identifier = f"{BASE}fields/{number}"
    return {"id": f"{BASE}T10", "field": {"id": identifier, "display_name": f"Field {number}"}}
