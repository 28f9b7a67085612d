"""
Who answers a count: the API with its kept answers, a saved pull, or a narrow table.

Each answers questions, says what they would cost, knows names in its way, and says of itself what
a frame must carry.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import pandas as pd
from tqdm.std import TqdmWarning

from bibliometrics.connection.cache import KEPT_DAYS, DayPassedError, DayStore, today
from bibliometrics.connection.names import Unit, define_unit, unit_names
from bibliometrics.connection.works import list_requests, read_lists
from bibliometrics.errors import ArchiveError, BudgetError, InputError, RefusedError
from bibliometrics.files import cache_folder, raw_input_folder, user_path
from bibliometrics.openalex.archive import Pull, open_pull
from bibliometrics.openalex.credentials import API_URL, parse_address, read_address, read_key
from bibliometrics.openalex.dois import list_dois
from bibliometrics.openalex.institutions import (
    GONE,
    find_institutions,
    identify,
    institution_request,
)
from bibliometrics.openalex.policy import Answered, Slowed, Waiting
from bibliometrics.openalex.query import (
    CREDIT_USD,
    VALUES,
    Request,
    estimate_plan,
    first_requests,
    without_corpus,
)
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.snapshot.narrow import cached_table
from bibliometrics.snapshot.source import Snapshot
from bibliometrics.study.questions import Question
from bibliometrics.tables.answers import Listener

Result = TypeVar("Result")


class Cost(NamedTuple):
    """
    What a count costs before it is asked.

    Attributes
    ----------
    calls : int
        Calls of the API at least, those not made that are answered today already.
    most_calls : int
        Calls of the API at most, where every list of countries needs a second page.
    usd : float
        Price of ``calls`` in USD.
    """

    calls: int
    most_calls: int
    usd: float


class Spent(NamedTuple):
    """Calls made and USD spent."""

    calls: int
    usd: float


class Source(Protocol):
    """What a connection needs of who answers."""

    label: str
    synthetic: bool
    groups_freely: bool
    asks_live: bool

    @property
    def spent(self) -> Spent:
        """What was spent so far."""

    @property
    def days(self) -> list[str]:
        """Day or days on which the last answers were true."""

    @property
    def addresses(self) -> list[str]:
        """Addresses of the requests behind the last answers."""

    def steadily(self, work: Callable[[], Result]) -> Result:
        """Do a count with answers of one day."""

    def look_up(self, text: str) -> list[Unit]:
        """Return the institutions that a text may mean."""

    def group_names(self) -> Mapping[str, str]:
        """Return names of institutions, topics and subfields in the last answers, by id."""

    def price_look_up(self, text: str) -> Cost:
        """Return what it costs to look an institution up."""

    def limit(self, most_calls: int | None) -> None:
        """Stop the next count when it has made so many calls, however it comes to need more."""

    def price(self, questions: Sequence[Question]) -> Cost:
        """Return what questions cost."""

    def answer(self, questions: Iterable[Question]) -> dict[Question, pd.DataFrame]:
        """Answer questions."""

    def refresh_options(self) -> dict[str, Any]:
        """Return who counts, as the refresh of a study takes it."""

    def listening(self) -> AbstractContextManager[Listener]:
        """Return who is told how a refresh goes on, for as long as it does."""

    def list_works(
        self, question: Question, size: int, sample: int | None, seed: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Return records as rows, and how many there are in all."""

    def list_dois(self, dois: Sequence[str], question: Question) -> pd.DataFrame:
        """Return what is known of papers by their DOI, one row each."""

    def close(self) -> None:
        """Let go of connections and engines."""


class Bar:
    """A progress bar over calls, shown where somebody looks on; it listens to a source."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self._bar: Any = None

    @contextmanager
    def over(self, total: int) -> Iterator[None]:
        """Show a bar while calls are made."""
        self.expect(total)
        try:
            yield
        finally:
            self.close()

    def expect(self, total: int) -> None:
        """Begin, with the least number of calls."""
        if self.shown and total:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", TqdmWarning)  # a notebook without widgets: plain
                from tqdm.auto import tqdm  # noqa: PLC0415 - it warns when it is loaded

                self._bar = tqdm(total=total, unit="call", leave=False)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __call__(self, event: object) -> None:
        """Take an event of the API."""
        if self._bar is None:
            return
        if isinstance(event, Answered):
            self._bar.total = max(self._bar.total, self._bar.n + 1)
            self._bar.update()
        elif isinstance(event, Waiting | Slowed):
            self._bar.set_postfix_str(f"waiting {event.seconds:.0f} s: {event.reason}")


class Api:
    """The API, and the answers of this user that were given today."""

    groups_freely = False
    asks_live = True
    synthetic = False

    def __init__(
        self,
        *,
        key: str | None,
        address: str | None,
        max_age: int,
        refresh: bool,
        budget_usd: float | None,
        rate: float,
        progress: bool | None,
    ) -> None:
        place = parse_address(address) if address else read_address()
        self._bar = Bar(shown=_is_watched() if progress is None else progress)
        self._max_age = 0 if refresh else max_age
        self._asked = {"key": key, "address": address, "budget_usd": budget_usd, "rate": rate}
        self._elsewhere = Spent(0, 0.0)
        self._most: int | None = None
        self._made = 0
        self._store = DayStore(place.url, fresh=refresh)
        self._store.prune(max(KEPT_DAYS, max_age))
        self.label = "OpenAlex" if place.url == API_URL else f"OpenAlex API at {place.host}"
        self._source = OpenAlex(
            self._store,
            base_url=place,
            key=read_key() if key is None else key,
            budget_usd=budget_usd,
            rate=rate,
            on_event=self._told,
        )
        self._source.__enter__()

    @property
    def spent(self) -> Spent:
        """What was spent so far."""
        calls, usd = self._elsewhere
        return Spent(self._source.calls + calls, round(self._source.cost_usd + usd, 6))

    @property
    def days(self) -> list[str]:
        """The UTC day on which the last answers came."""
        return [self._store.day]

    @property
    def addresses(self) -> list[str]:
        """Addresses of the requests behind the last answers."""
        return sorted(str(record["url"]) for record in self._store.used.values())

    def steadily(self, work: Callable[[], Result]) -> Result:
        """Do a count with the answers of one day: of an earlier one where it is asked and whole."""
        for day in self._store.days(self._max_age) if self._max_age else ():
            self._begin(day)
            try:
                with self._source.offline():
                    return work()
            except ArchiveError:
                continue
        self._begin(today())
        try:
            return work()
        except DayPassedError:
            self._begin(today())
            return work()

    def _begin(self, day: str) -> None:
        self._store.begin(day)
        self._source.forget()

    def look_up(self, text: str) -> list[Unit]:
        """Look an institution up: free by id, ROR id or a name of this package."""
        known = define_unit(text)
        said = text.strip().rstrip("/")
        found = find_institutions(known.id if known else said, self._source.fetch)
        if known or identify(said):
            return [self._check(one.id, known.name if known else one.name) for one in found]
        named = [Unit(one.id, one.name) for one in found]
        exact = [one for one in named if one.name.casefold() == said.casefold()]
        if len(exact) == 1 or len(named) == 1:
            chosen = (exact or named)[0]
            return [self._check(chosen.id, chosen.name)]
        return named

    def price_look_up(self, text: str) -> Cost:
        """Return what it costs to look an institution up: nothing by its id, a search by a name."""
        known = define_unit(text)
        asked = institution_request(known.id if known else text.strip().rstrip("/"))
        if self._store.has(asked.key):
            return Cost(0, 0, 0.0)
        most = 2 if asked.filter else 1  # the institution found is asked for by its id
        return Cost(1, most, round(asked.credits * CREDIT_USD, 6))

    def _check(self, id_: str, name: str) -> Unit:
        """Refuse an institution that a count by lineage would miss."""
        try:
            record = self._source.fetch(Request(path=f"institutions/{id_}"))
        except RefusedError as error:
            if error.status not in GONE:
                raise
            msg = f"OpenAlex knows no institution {id_} ({name})."
            raise InputError(msg, "look it up on openalex.org: it may have been merged") from error
        short = [str(one).rpartition("/")[2] for one in record.get("lineage") or [id_]]
        if record.get("is_super_system") or id_ not in short:
            msg = f"OpenAlex leaves {name} ({id_}) out of lineages: a count of it would miss works."
            raise InputError(msg, "name the institutions below it")
        return Unit(id_, name)

    def group_names(self) -> Mapping[str, str]:
        """Return names as the API gave them, and those of this package."""
        return {**unit_names(), **self._store.group_names()}

    def limit(self, most_calls: int | None) -> None:
        """Stop the next count when it has made so many calls."""
        self._most, self._made = most_calls, 0

    def refresh_options(self) -> dict[str, Any]:
        """Return the API as it is asked here."""
        return {"source": "openalex", **self._asked}

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Count what a refresh spends, under a bar."""
        try:
            yield _Spender(self, self._bar)
        finally:
            self._bar.close()

    def spend(self, event: object) -> None:
        """Book what a refresh spends."""
        if isinstance(event, Answered) and not event.from_archive:
            self._elsewhere = Spent(self._elsewhere.calls + 1, self._elsewhere.usd + event.cost_usd)

    def _told(self, event: object) -> None:
        """Take an event: show it, and stop a count that takes more calls than was allowed."""
        self._bar(event)
        if not isinstance(event, Answered) or event.from_archive:
            return
        self._made += 1
        if self._most is not None and self._made > self._most:
            msg = f"this count takes more than max_calls={self._most} calls of the API."
            raise BudgetError(msg, "what was answered is kept: count by less, or allow more")

    def price(self, questions: Sequence[Question]) -> Cost:
        """Return what questions cost, answers of today apart."""
        first = {
            (without_corpus(request) if self._has_no_corpus else request).key
            for one in questions
            for request in first_requests(one)
        }
        least = sum(not self._store.has(key) for key in first)
        most = estimate_plan(questions)[1] - (len(first) - least)
        if least and not self._store.settings.get(
            "corpus"
        ):  # a server may know no corpus parameter
            most += 2 if all(one.corpus == "core" for one in questions) else 3
        return Cost(least, most, round(least * CREDIT_USD, 6))

    @property
    def _has_no_corpus(self) -> bool:
        """Whether this server was found to know no parameter ``corpus``."""
        return self._store.settings.get("corpus") == "default"

    def answer(self, questions: Iterable[Question]) -> dict[Question, pd.DataFrame]:
        """Answer questions."""
        listed = list(questions)
        with self._bar.over(self.price(listed).calls):
            return self._source.answer_all(listed)

    def list_works(
        self, question: Question, size: int, sample: int | None, seed: int
    ) -> tuple[list[dict[str, Any]], int]:
        """List works, those of many authors asked again alone."""
        total = (
            None if sample is None else int(self.answer([question])[question]["n_works"].iloc[0])
        )
        requests = list_requests(question, size, sample, seed)
        with self._bar.over(sum(not self._store.has(one.key) for one in requests)):
            rows, listed = read_lists(question, self._source.fetch, size, sample, seed)
        return rows, listed if total is None else total

    def list_dois(self, dois: Sequence[str], question: Question) -> pd.DataFrame:
        """Ask for papers by their DOI."""
        with self._bar.over(2 * -(-len(dois) // VALUES)):
            return list_dois(dois, question, self._source.fetch)

    def close(self) -> None:
        """Close all connections."""
        self._source.__exit__(None, None, None)


class _Spender:
    """Listens to a refresh for a connection."""

    def __init__(self, api: Api, bar: Bar) -> None:
        self._api = api
        self.expect = bar.expect
        self._show = bar

    def __call__(self, event: object) -> None:
        """Take an event."""
        self._api.spend(event)
        self._show(event)


class _Still:
    """A source that does not move and costs nothing."""

    asks_live = False
    label: str
    addresses: list[str] = []  # noqa: RUF012 - always empty

    @property
    def spent(self) -> Spent:
        """Nothing."""
        return Spent(0, 0.0)

    def steadily(self, work: Callable[[], Result]) -> Result:
        """Do a count."""
        return work()

    def group_names(self) -> Mapping[str, str]:
        """Return the names of institutions that this package lists."""
        return unit_names()

    def limit(self, most_calls: int | None) -> None:
        """Do nothing: no calls are made."""

    def list_dois(self, dois: Sequence[str], question: Question) -> pd.DataFrame:
        """Refuse: neither pulls nor narrow tables hold DOIs."""
        msg = f"{self.label} holds no DOIs."
        raise InputError(msg, 'ask connect("openalex")')

    def listening(self) -> AbstractContextManager[Listener]:
        """Return a listener that shows nothing."""
        return nullcontext(Bar(shown=False))

    def price(self, questions: Sequence[Question]) -> Cost:
        """Return that nothing is paid."""
        return Cost(0, 0, 0.0)

    def price_look_up(self, text: str) -> Cost:
        """Return that nothing is paid."""
        return Cost(0, 0, 0.0)

    def look_up(self, text: str) -> list[Unit]:
        """Return an institution by its id, or by a name of this package."""
        known = define_unit(text)
        if known:
            return [known]
        key = identify(text.strip().rstrip("/"))
        if key.startswith("I"):
            return [Unit(key, key)]
        msg = f"{text!r} is no institution of this package, and this source holds no other names."
        raise InputError(msg, "give its OpenAlex id, such as I19820366")


class SavedPull(_Still):
    """The answers of a saved pull."""

    groups_freely = False
    synthetic = False

    def __init__(self, folder: Path) -> None:
        self._pull: Pull = open_pull(folder)
        told = self._pull.manifest
        self.label = f"OpenAlex pull {self._pull.id}"
        self.days = sorted({told.start[:10], (told.end or told.start)[:10]})
        self._source = OpenAlex(self._pull, base_url=told.base_url, offline=True)
        self._source.__enter__()

    def refresh_options(self) -> dict[str, Any]:
        """Return the pull, to be replayed."""
        return {"source": "openalex", "offline": True, "pull": self._pull.id}

    def answer(self, questions: Iterable[Question]) -> dict[Question, pd.DataFrame]:
        """Answer questions that the pull has asked."""
        return self._source.answer_all(list(questions))

    def list_works(
        self, question: Question, size: int, sample: int | None, seed: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Refuse: a pull holds counts only."""
        msg = f"{self.label} holds counts only, no records."
        raise InputError(msg, 'ask connect("openalex") for works, or a narrow table')

    def close(self) -> None:
        """Close the pull."""
        self._source.__exit__(None, None, None)
        self._pull.close()


class Narrow(_Still):
    """A narrow table of a snapshot, or of the synthetic sample."""

    groups_freely = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.table = Snapshot(folder)
        told = self.table.provenance
        self.synthetic = bool(told["synthetic"])
        self.days = [str(told["release"])]
        self.label = (
            "SYNTHETIC sample" if self.synthetic else f"OpenAlex snapshot {told['release']}"
        )

    def refresh_options(self) -> dict[str, Any]:
        """Return the table, or the sample."""
        if self.synthetic:
            return {"source": "sample"}
        return {"source": "snapshot", "narrow": self.folder}

    def answer(self, questions: Iterable[Question]) -> dict[Question, pd.DataFrame]:
        """Count."""
        return self.table.answer_all(questions)

    def list_works(
        self, question: Question, size: int, sample: int | None, seed: int
    ) -> tuple[list[dict[str, Any]], int]:
        """List works by what the table holds of them: no titles, no DOIs."""
        found, total = self.table.list_works(question, size, None if sample is None else seed)
        rows = [
            {
                **row,
                "work_id": f"W{row['work_id']}",
                "countries": " ".join(sorted(row["countries"] or [])),
            }
            for row in found
        ]
        return rows, total

    def close(self) -> None:
        """Let go of the engine."""
        self.table.close()


def _is_watched() -> bool:
    """Say whether somebody sees a bar: at a terminal or in a notebook."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def open_source(source: str | Path, **options: Any) -> Source:
    """Open who answers: by a word, or by the folder of a narrow table or of a pull."""
    if source == "openalex":
        return Api(**options)
    if source == "sample":
        return Narrow(cached_table(raw_input_folder("sample"), cache_folder() / "sample"))
    folder = user_path(source)
    kinds = (
        ("release.json", Narrow),
        ("manifest.json", SavedPull),
    )
    for name, kind in kinds:
        if (folder / name).is_file():
            opened: Source = kind(folder)
            return opened
    step = 'use "openalex", "sample", or the folder of a narrow table or of a saved pull'
    what = f"{source} is no source."
    if (folder / "works" / "manifest.json").is_file():
        what = f"{source} holds a snapshot release as it was loaded."
        step = (
            f"make a narrow table of it: python -m bibliometrics snapshot narrow {source} --to DIR"
        )
    elif (folder / "datapackage.json").is_file():
        what = f"{source} holds a build: tables, no records."
        step = "read it with read_build"
    elif folder.is_dir():
        what = f"{source} holds neither a narrow table nor a pull."
    raise InputError(what, step)
