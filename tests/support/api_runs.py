"""What tests of the API client share: small worlds of works, a source on a server, plain counts."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bibliometrics.openalex.archive import Pull, start_pull
from bibliometrics.openalex.query import Request
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.study.model import country_names
from bibliometrics.study.questions import Question
from tests.support.openalex_server.client import field as topic
from tests.support.openalex_server.client import place, work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bibliometrics.openalex.policy import Event

CAS = "I19820366"
HOME = place(19820366, "CN")
CORE = {"primary_location": {"source": {"is_core": True}}}


def at(code: str, number: int = 1000) -> dict[str, Any]:
    """Return an institution of a country, its number different for each country."""
    return place(number + int.from_bytes(code.encode()), code)


def paper(number: int, year: int, *codes: str, cas: bool = False, **other: Any) -> dict[str, Any]:
    """Return a core article of a year with one author for each country."""
    authors = [[at(code)] for code in codes] + ([[HOME]] if cas else [])
    return work(number, *authors, publication_year=year, **{**CORE, **other})


def small_world() -> list[dict[str, Any]]:
    """Return forty works of three years: CAS or not, one to four countries, fields, types."""
    codes = ("BR", "AR", "CL", "US", "NA")
    types = ("article", "review", "letter")
    return [
        paper(
            number,
            2009 + number % 3,
            *codes[number % 5 : number % 5 + number % 4],
            cas=number % 2 == 0,
            type=types[number % 7 % 3],
            primary_topic=topic(11 + number % 4) if number % 5 else None,
        )
        for number in range(1, 41)
    ]


def wide_world(years: tuple[int, ...] = (2010,)) -> list[dict[str, Any]]:
    """Return one work with CAS for each country and year, and a second one for every third."""
    return [
        paper(1000 * year + 2 * place_ + again, year, code, cas=True)
        for year in years
        for place_, code in enumerate(sorted(country_names()))
        for again in range(1 + (place_ % 3 == 0))
        if code != "CN"
    ]


def countries(record: dict[str, Any]) -> set[str]:
    """Return the countries of a work."""
    places = [each for author in record["authorships"] for each in author["institutions"]]
    return {each["country_code"] for each in places}


def plain(works: list[dict[str, Any]], keys: Callable[[dict[str, Any]], Any]) -> dict[Any, int]:
    """Count works by whatever keys a function gives of each."""
    return dict(Counter(key for record in works for key in keys(record)))


def cells(frame: Any) -> dict[Any, int]:
    """Return a frame as counts by key; a single key stands alone."""
    rows = frame.itertuples(index=False, name=None)
    return {row[0] if len(row) == 2 else tuple(row[:-1]): row[-1] for row in rows}


@dataclass
class Naps:
    """A clock that only sleeping moves, so that no test waits."""

    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Note a nap and take none."""
        self.slept.append(seconds)

    def clock(self) -> float:
        """Return the seconds slept so far."""
        return sum(self.slept)


@dataclass
class Run:
    """A source on a server, with what happened on the way."""

    source: OpenAlex
    pull: Pull
    naps: Naps
    events: list[Event]


def new_pull(folder: Path, base_url: str = "http://127.0.0.1:9") -> Pull:
    """Return a new pull under a folder."""
    return start_pull(
        folder,
        study_id="test",
        study_hash="0" * 64,
        version="0.1.0",
        base_url=base_url,
        parts=("a",),
    )


@contextmanager
def running(folder: Path, base_url: str, pull: Pull | None = None, **options: Any) -> Iterator[Run]:
    """Open a source that never really sleeps, on a new pull unless one is given."""
    naps, events = Naps(), []
    options = {"rate": 100, "sleep": naps.sleep, "clock": naps.clock, **options}
    with (
        pull or new_pull(folder, base_url) as kept,
        OpenAlex(kept, base_url=base_url, on_event=events.append, **options) as source,
    ):
        yield Run(source, kept, naps, events)


def by_year(**conditions: Any) -> Question:
    """Return a question that counts the works of 2009 to 2011 by year."""
    return Question(**{"years": (2009, 2011), "group_by": ("year",), **conditions})


def grouped(filter_: str = "", group_by: str = "publication_year", **other: Any) -> Request:
    """Return a grouped request."""
    return Request(filter=filter_, group_by=group_by, per_page=200, **other)
