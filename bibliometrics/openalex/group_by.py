"""
How a question is asked: which requests, what to do with each answer, and how the counts add up.

Nothing here knows HTTP. A *walk* is a generator: it yields lists of requests, is sent their
outcomes in the same order, and returns the counts. So requests of many walks can run at once,
and a replay of saved answers takes the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bibliometrics.errors import (
    BibliometricsError,
    InputError,
    PartialAnswerError,
    RefusedError,
    ServerError,
)
from bibliometrics.openalex.query import (
    INSTITUTION,
    ROWS,
    VALUES,
    Request,
    count_request,
    disjoint_filters,
    each_year,
    first_requests,
    other_keys,
    restrict,
)
from bibliometrics.openalex.response import UNKNOWN, is_full, read_tally
from bibliometrics.study.model import country_names, field_names
from bibliometrics.study.questions import TEXT_KEYS, Question

MOST_AUTHORS: Final = 5000
LAST_FIRST: Final = "key:desc"


@dataclass(frozen=True)
class Answer:
    """The meta part and the rows of an accepted answer."""

    meta: Mapping[str, Any]
    rows: Sequence[Any]


@dataclass(frozen=True)
class Refusal:
    """An answer that was not accepted but decides how to go on."""

    error: BibliometricsError


Outcome = Answer | Refusal


class Counts(dict[str, int]):
    """Counts by a key; ``complete`` is false where only the largest groups could be had."""

    complete = True


class Cells(dict[tuple[int | str, ...], int]):
    """Counts by all keys of a question; ``complete`` as of :class:`Counts`."""

    complete = True


Steps = Generator[list[Request], list[Outcome], Any]


Years = frozenset[int]


def count_works(question: Question, *, per_page: int = ROWS, years: Years | None = None) -> Steps:
    """
    Walk through a question.

    ``years`` are those in which filters after the first find anything at all; None: not known.
    """
    first_requests(question, per_page=per_page)  # refuses what can't be asked, before any call
    if question.is_empty:
        return Cells({} if question.group_by else {(): 0})
    terms = yield from _together(
        [
            _Term(index, per_page, years if index else None).count(question)
            for index in range(len(disjoint_filters(question)))
        ]
    )
    total: Counter[tuple[int | str, ...]] = Counter()
    for cells in terms:
        total.update(cells)
    found = Cells({key: number for key, number in sorted(total.items()) if number or not key})
    found.complete = all(cells.complete for cells in terms)
    if not found.complete and len(terms) > 1:
        msg = "the largest institutions of works that must be asked for in parts can't be listed."
        raise InputError(msg, "name fewer institutions or countries, or use the snapshot source")
    return found


def list_years(wide: Question, *, per_page: int = ROWS) -> Steps:
    """Walk through the filters of a wide question after the first; return the years with works."""
    later = range(1, len(disjoint_filters(wide)))
    parts = yield from _together([_Term(index, per_page).by_key(wide, "year") for index in later])
    return frozenset(int(year) for year, number in _add(parts).items() if number and year.isdigit())


def _together(walks: Sequence[Steps]) -> Steps:
    """Walk several ways at once, in step; return what each returns, in order."""
    returned: dict[int, Any] = {}
    wanted: dict[int, list[Request]] = {}

    def go(index: int, outcomes: list[Outcome] | None) -> None:
        try:
            wanted[index] = walks[index].send(outcomes)  # type: ignore[arg-type]
        except StopIteration as stop:
            returned[index] = stop.value

    for index in range(len(walks)):
        go(index, None)
    while wanted:
        batch = wanted.copy()
        wanted.clear()
        outcomes = iter((yield [request for requests in batch.values() for request in requests]))
        for index, requests in batch.items():
            go(index, [next(outcomes) for _ in requests])
    return [returned[index] for index in range(len(walks))]


def _add(parts: Sequence[Counts]) -> Counts:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return Counts(total)


def _ask(request: Request) -> Steps:
    """Ask one request, in pages of 100 where 200 are refused; return tally and fullness."""
    outcome: Outcome
    [outcome] = yield [request]
    size = request.per_page or 0
    if isinstance(outcome, Answer):
        rows = outcome.rows if request.group_by else ()
        tally = read_tally(request.group_by, outcome.meta.get("count"), rows)
        full = is_full(request, outcome.meta, tally)
        if full and request.group_by == INSTITUTION and request.sort:
            msg = "OpenAlex can't list the largest institutions here: works of none lead the list."
            raise ServerError(msg, "ask for fewer years or a narrower question")
        return tally, full
    pages_refused = isinstance(outcome.error, RefusedError) and "," not in request.group_by
    if pages_refused and request.group_by == INSTITUTION and not request.sort:
        return (yield from _ask(replace(request, sort=LAST_FIRST)))  # I-1 may stand at the top
    if pages_refused and size > VALUES:
        return (yield from _ask(replace(request, per_page=VALUES)))
    raise outcome.error


def _within(question: Question, by_year: Counts) -> int:
    """Return the works of the question's years out of counts by year, or by nothing."""
    first, last = question.years or (0, 0)
    return sum(
        n for key, n in by_year.items() if not question.years or first <= int(key or -1) <= last
    )


def _cells(question: Question, found: Mapping[tuple[str, ...], int]) -> Cells:
    """Return counts with typed keys; unknown keys and countries not to be kept are left out."""
    cells = Cells()
    for texts, number in found.items():
        named = dict(zip(question.group_by, texts, strict=True))
        kept = not question.keep or named["country_code"] in question.keep
        if kept and UNKNOWN not in texts and (number or not texts):
            key = tuple(text if name in TEXT_KEYS else int(text) for name, text in named.items())
            cells[key] = number
    return cells


@dataclass(frozen=True)
class _Term:
    """One of the filters of a question; its narrower questions have it in the same place."""

    index: int
    per_page: int
    years: Years | None = None

    def _finds_in(self, question: Question) -> bool:
        """Say whether this filter may find a work in the years of a question."""
        if self.years is None or not question.years:
            return True
        first, last = question.years
        return any(first <= year <= last for year in self.years)

    def request(self, question: Question, *keys: str) -> Request:
        text = disjoint_filters(question)[self.index]
        return count_request(question, text, *keys, per_page=self.per_page)

    def count(self, question: Question) -> Steps:
        """Return the cells of a question for this filter."""
        keys = other_keys(question)
        if not self._finds_in(question):
            return Cells({} if question.group_by else {(): 0})
        if not keys:
            counts: Counts = yield from self.by_key(question, *question.group_by)
            return _cells(
                question, {(key,) if question.group_by else (): n for key, n in counts.items()}
            )
        alone = each_year(question) if "year" in question.group_by else [question]
        alone = [one for one in alone if self._finds_in(one)]
        if keys == ("country_code", "n_countries"):
            parts = yield from self.by_country_and_number(question, alone)
        else:
            walks = [self.by_keys(one, keys, whole=question) for one in alone]
            parts = yield from _together(walks)
        found: dict[tuple[str, ...], int] = {}
        for one, part in zip(alone, parts, strict=True):
            for key, number in part.items():
                named = dict(zip(keys, key, strict=True), year=str((one.years or (0, 0))[0]))
                found[tuple(named[name] for name in question.group_by)] = number
        cells = _cells(question, found)
        cells.complete = all(getattr(part, "complete", True) for part in parts)
        return cells

    def by_keys(
        self, question: Question, keys: tuple[str, ...], whole: Question | None = None
    ) -> Steps:
        """Return the counts by keys, the later ones asked for each value of the earlier alone."""
        outer: Counts = yield from self.by_key(question, keys[0], whole=whole)
        found = Cells()
        found.complete = outer.complete
        if len(keys) == 1:
            found.update({(value,): number for value, number in outer.items()})
            return found
        kept = question.keep if keys[0] == "country_code" and question.keep else outer
        values = [value for value, n in outer.items() if n and value != UNKNOWN and value in kept]
        parts = yield from _together(
            [self.by_keys(restrict(question, keys[0], value), keys[1:]) for value in values]
        )
        for value, part in zip(values, parts, strict=True):
            found.update({(value, *key): number for key, number in part.items()})
            found.complete = found.complete and part.complete
        return found

    def by_key(self, question: Question, *keys: str, whole: Question | None = None) -> Steps:
        """Return the counts by no key or one; a partial answer is asked year by year."""
        try:
            if keys == ("country_code",):
                return (yield from self.by_country(question, whole or question))
            request = self.request(question, *keys)
            tally, full = yield from _ask(request)
            if keys == ("n_authors",) and full:
                return (yield from self.by_size(question))
            if keys in {("subfield_id",), ("topic_id",)} and full:
                return (yield from self.by_field(question, keys[0]))
            counts = Counts(tally.groups) if keys else Counts({UNKNOWN: tally.count})
            counts.complete = keys != ("institution_id",) or not full
            return counts
        except PartialAnswerError:
            one_year = not question.years or question.years[0] == question.years[1]
            if one_year or keys == ("institution_id",):  # sums of the largest would not be exact
                raise
        years = [self.by_key(one, *keys, whole=whole or question) for one in each_year(question)]
        return _add((yield from _together(years)))

    def by_field(self, question: Question, key: str) -> Steps:
        """Return the counts by topic or subfield where a page can't hold them: ask in parts."""
        if question.field_id is None:
            parts = [question.but(field_id=number) for number in field_names()]
        elif key == "topic_id" and len(question.subfield_ids) != 1:
            listed = yield from self.by_key(question, "subfield_id")
            parts = [question.but(subfield_ids=(int(number),)) for number in listed if number]
        else:
            msg = f"a full page of groups came for the {key} of field {question.field_id}."
            raise ServerError(msg, "please report it: the API may have changed")
        n_filters = len(disjoint_filters(question))
        if any(len(disjoint_filters(part)) != n_filters for part in parts):
            msg = "topics of more than 100 subfields can't be counted together."
            raise InputError(msg, "name fewer subfields, or use the snapshot source")
        return _add((yield from _together([self.by_key(part, key) for part in parts])))

    def by_size(self, question: Question) -> Steps:
        """Return the counts by number of authors where a page can't hold them: halve the range."""
        least, most = question.min_authors or 0, question.max_authors or MOST_AUTHORS
        if least >= most:
            msg = f"a full page of groups came for {least} authors."
            raise ServerError(msg, "please report it: the API may have changed")
        cut = min(int((max(least, 1) * most) ** 0.5), most - 1)
        halves = question.narrow(max_authors=cut), question.narrow(min_authors=cut + 1)
        return _add((yield from _together([self.by_key(half, "n_authors") for half in halves])))

    def by_country(self, question: Question, whole: Question) -> Steps:
        """
        Return the counts by country, however many pages they need.

        A page holds 200 countries at most. The first one ascends by code, the second descends;
        where they don't meet, each country between them is asked alone, for all years at once.
        """
        up = self.request(question, "country_code")
        low, full = yield from _ask(up)
        if not full or (question.keep and max(low.groups) >= max(question.keep)):
            return Counts(low.groups)
        high, _ = yield from _ask(replace(up, sort="key:desc"))
        counts = Counts({**high.groups, **low.groups})
        last, first = max(low.groups), min(high.groups, default="")
        gap = [code for code in sorted(question.keep or country_names()) if last < code < first]
        alone = [whole.but(countries=(*whole.countries, (code,))) for code in gap]
        keys = ("year",) if whole.years else ()
        parts = yield from _together([self.by_key(one, *keys) for one in alone])
        counts |= {code: _within(question, part) for code, part in zip(gap, parts, strict=True)}
        return counts

    def by_country_and_number(self, question: Question, alone: Sequence[Question]) -> Steps:
        """
        Return, for each of some questions, the counts by country and number of countries.

        Two keys at once are undocumented: they are tried, and believed where they agree with the
        counts by country. Else each country is asked alone.
        """
        parts = yield from _together(
            [self.by_key(one, "country_code", whole=question) for one in alone]
        )
        sizes = [
            {c: n for c, n in part.items() if n and c in (question.keep or part)} for part in parts
        ]
        found: list[Any] = [None] * len(alone)
        found[:1] = yield from _together([self.nested(alone[0], sizes[0])])
        if found[0] is not None:
            rest = zip(alone[1:], sizes[1:], strict=True)
            found[1:] = yield from _together([self.nested(one, size) for one, size in rest])
        walks = [
            self.country_by_country("n_countries", one, tuple(size))
            for one, size, done in zip(alone, sizes, found, strict=True)
            if done is None
        ]
        late = iter((yield from _together(walks)))
        return [next(late) if done is None else done for done in found]

    def nested(self, question: Question, sizes: Mapping[str, int]) -> Steps:
        """Return the counts by country and number of countries, or None if not to be trusted."""
        try:
            tally, _ = yield from _ask(self.request(question, "country_code", "n_countries"))
        except (RefusedError, ServerError):
            return None
        for code, number in sizes.items():
            inner = tally.inner.get(code)
            if inner is None or inner.count != number or sum(inner.groups.values()) != number:
                return None
        return {(code, key): n for code in sizes for key, n in tally.inner[code].groups.items()}

    def country_by_country(self, second: str, question: Question, codes: Sequence[str]) -> Steps:
        """Return the counts by country and a second key, one request a country."""
        alone = [question.but(countries=(*question.countries, (code,))) for code in codes]
        parts = yield from _together([self.by_key(one, second) for one in alone])
        return {
            (code, key): n
            for code, part in zip(codes, parts, strict=True)
            for key, n in part.items()
        }


@dataclass
class Walk:
    """A question on its way: its steps, and the outcomes of the last batch as they come in."""

    question: Question
    steps: Steps
    outcomes: list[Outcome | None] = field(default_factory=list)


def run_walks(
    walks: Sequence[Walk],
    asked: dict[Request, Future[Outcome]],
    submit: Callable[[Request], Future[Outcome]],
) -> dict[Question, Any]:
    """Send each walk the outcomes that it waits for, until all have returned what they found."""
    returned: dict[Question, Any] = {}
    waiting: dict[Future[Outcome], list[tuple[Walk, int]]] = {}

    def advance(walk: Walk, outcomes: list[Any] | None) -> None:
        try:
            requests = walk.steps.send(outcomes)  # type: ignore[arg-type]
        except StopIteration as stop:
            returned[walk.question] = stop.value
            return
        walk.outcomes = [None] * len(requests)
        for place, request in enumerate(requests):
            if request not in asked:
                asked[request] = submit(request)
            waiting.setdefault(asked[request], []).append((walk, place))

    for walk in walks:
        advance(walk, None)
    while waiting:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            outcome = future.result()
            for walk, place in waiting.pop(future):
                walk.outcomes[place] = outcome
                if None not in walk.outcomes:
                    advance(walk, walk.outcomes)
    return returned
