"""
What the counts take for granted about the API, asked of the server itself for a tenth of a cent.

Documentation and server code leave some things open, and both change. Each probe says what was
expected, what came, and what that means for the counts. How many requests a second are allowed is
not probed: that would take a burst. Nothing here knows HTTP: ``ask`` is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from bibliometrics.openalex.query import (
    COUNTRY,
    CREDIT_USD,
    INSTITUTION,
    LINEAGE,
    ROWS,
    UNKNOWN_TOO,
    VALUES,
    YEAR,
)
from bibliometrics.openalex.response import SLOW_QUERY_MS
from bibliometrics.study.model import ID_PATTERN, WORK_TYPES, Study
from bibliometrics.study.specifications import list_suspects

CORE: Final = "primary_location.source.is_core"
DAILY_CREDITS: Final = {False: 1_000, True: 10_000}
LARGE_WORKS: Final = 3
MOST_MEMBERS: Final = 0.8
SMALL_TEAMS: Final = 30
LONGEST: Final = 120


@dataclass(frozen=True)
class ProbeAnswer:
    """What came to a request: status (0: none that counts), JSON, headers, the server's words."""

    status: int
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = ""

    @property
    def count(self) -> int:
        """Works or institutions that matched; -1 where the answer does not say."""
        found = self.meta.get("count")
        return found if isinstance(found, int) else -1

    @property
    def meta(self) -> Mapping[str, Any]:
        """What the answer says of itself."""
        found = self.data.get("meta") if isinstance(self.data, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    @property
    def groups(self) -> dict[str, int]:
        """Works by key, as written by the server; zeros are left out."""
        rows = self.data.get("group_by") if isinstance(self.data, Mapping) else None
        return {str(row["key"]): row["count"] for row in rows or () if row["count"]}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Records of a list."""
        found = self.data.get("results") if isinstance(self.data, Mapping) else None
        return list(found or ())

    @property
    def told(self) -> str:
        """Why there is no answer."""
        text = self.message.partition(" (request: ")[0]
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


Ask = Callable[[str], ProbeAnswer]


@dataclass(frozen=True)
class ProbeFinding:
    """
    What a probe found.

    ``holds`` is None where it could not be tried. ``meaning`` is what it means for the counts if
    it does not hold.
    """

    what: str
    expected: str
    came: str
    holds: bool | None
    meaning: str


@dataclass(frozen=True)
class Resolved:
    """A suspect institution of a study, and the ids that the server has for its name."""

    name: str
    country: str
    ids: tuple[str, ...]


def target(path: str, **parameters: str | int) -> str:
    """
    Return path and query of a request; underscores in names become hyphens.

    >>> target("works", filter="type:article", per_page=1)
    'works?filter=type:article&per-page=1'
    """
    named = {name.replace("_", "-"): value for name, value in parameters.items() if value != ""}
    return f"{path}?{urlencode(named, safe=':,*')}" if named else path


def _base(study: Study) -> str:
    return f"{LINEAGE}:{study.institution.id},{YEAR}:{study.years[1]}"


def _unanswered(what: str, expected: str, answer: ProbeAnswer, meaning: str) -> ProbeFinding:
    """Return that a probe had no answer: not tried where the server refuses how it was asked."""
    not_tried = answer.status in {0, 400, 401, 403, 408, 429} or answer.status >= 500
    came = f"it could not be asked: {answer.told}" if not_tried else answer.told
    return ProbeFinding(what, expected, came, None if not_tried else False, meaning)


def _types_of(study: Study) -> str:
    return target("works", filter=_base(study), group_by=f"type{UNKNOWN_TOO}", per_page=VALUES)


def _probe_types(answer: ProbeAnswer) -> ProbeFinding:
    """Say whether the server knows work types that we don't."""
    what, expected = "work types", f"none but the {len(WORK_TYPES)} known ones"
    meaning = "a new type may hold works that were articles: name it in the study's types"
    if answer.status != 200:
        return _unanswered(what, expected, answer, meaning)
    seen = {key.rpartition("/")[2] for key in answer.groups} - {"unknown"}
    new = sorted(seen - WORK_TYPES)
    came = f"{len(seen)} types" + (f", unknown: {', '.join(new)}" if new else ", all known")
    return ProbeFinding(what, expected, came, not new, meaning)


def _large_works(study: Study, ask: Ask) -> ProbeAnswer:
    first, last = study.years
    codes = "|".join(study.region_of(study.primary).codes)
    return ask(
        target(
            "works",
            filter=f"authors_count:101-1000,{COUNTRY}:{codes},{YEAR}:{first}-{last}",
            select="id,authorships,countries_distinct_count,is_authors_truncated",
            per_page=LARGE_WORKS,
        )
    )


def _codes(authorships: list[dict[str, Any]]) -> set[str]:
    places = (place for author in authorships for place in author.get("institutions") or ())
    return {place["country_code"] for place in places if place.get("country_code")}


@dataclass(frozen=True)
class _Large:
    """A work of more than 100 authors: countries of the first 100, of all, and as counted."""

    id: str
    first: set[str]
    all: set[str]
    counted: Any


def _whole(listed: ProbeAnswer, ask: Ask) -> list[_Large]:
    """Return the works of a list with all their authors; single records are free."""
    found = []
    for row in listed.rows:
        short = str(row.get("id")).rpartition("/")[2]
        record = ask(target(f"works/{short}", select="id,authorships")).data or {}
        authors = record.get("authorships") or []
        counted = row.get("countries_distinct_count")
        found.append(_Large(short, _codes(authors[:100]), _codes(authors), counted))
    return found


def _probe_late_authors(works: list[_Large], ask: Ask) -> ProbeFinding:
    """Ask for a work by a country that only authors past the hundredth have."""
    what, expected = "authors past the 100th", f"{COUNTRY} sees them"
    meaning = "big collaborations are undercounted in every table: use the snapshot source"
    for work in works:
        late = sorted(work.all - work.first)
        if late:
            text = f"ids.openalex:{work.id},{COUNTRY}:{late[0]}"
            answer = ask(target("works", filter=text, select="id", per_page=1))
            if answer.status != 200:
                return _unanswered(what, expected, answer, meaning)
            came = f"{answer.count} of 1: {work.id} has {late[0]} past the 100th author only"
            return ProbeFinding(what, expected, came, answer.count == 1, meaning)
    return ProbeFinding(what, expected, "no work to try it on", None, meaning)


def run_cheap(study: Study, ask: Ask) -> list[ProbeFinding]:
    """Ask what would change counts silently: three calls, and three free ones."""
    found = [_probe_types(ask(_types_of(study)))]
    listed = _large_works(study, ask)
    return [*found, _probe_late_authors(_whole(listed, ask), ask)]


def warn(findings: list[ProbeFinding]) -> list[str]:
    """Return what does not hold, one note each."""
    return [
        f"OpenAlex has changed, {one.what}: expected {one.expected}, came {one.came}; {one.meaning}"
        for one in findings
        if one.holds is False
    ]


def run_probes(study: Study, ask: Ask, *, with_key: bool) -> list[ProbeFinding]:
    """Ask everything."""
    answers: list[ProbeAnswer] = []

    def keep(text: str) -> ProbeAnswer:
        answers.append(ask(text))
        return answers[-1]

    found = [*_probe_institution(study, keep)]
    types = keep(_types_of(study))
    found.append(_probe_types(types))
    if types.status == 200:
        found += _probe_price(types, with_key=with_key)
        found.append(_probe_corpus(study, types, keep))
    found.append(_probe_core(study, keep))
    found += _probe_large(study, keep)
    found.append(_probe_time(answers))
    return found


def _probe_institution(study: Study, ask: Ask) -> Iterator[ProbeFinding]:
    institution = study.institution
    meaning = 'a count by lineage misses it: set institution = "exact" in [primary]'
    what, expected = "the institution in lineages", f"{institution.id} in its own lineage"
    record = ask(f"institutions/{institution.id}")
    if record.status != 200:
        yield _unanswered(what, expected, record, meaning)
        return
    above = bool(record.data.get("is_super_system"))
    own = institution.id in _lineage(record)
    came = f"{'in it' if own else 'not in it'}, {'a' if above else 'no'} super system"
    yield ProbeFinding(what, expected, came, own and not above, meaning)
    listed = ask(
        target("institutions", filter=f"lineage:{institution.id}", select="id", per_page=1)
    )
    known = len(institution.ids_below(institution.id))
    expected = f"about {known}, as in the definitions" if known > 1 else "itself at least"
    fine = listed.count >= known * MOST_MEMBERS
    meaning = "institutes are missing from counts by lineage"
    came = f"{listed.count} institutions" if listed.status == 200 else listed.told
    yield ProbeFinding("institutions below it", expected, came, fine, meaning)
    for name, node in institution.parts:
        part = ask(f"institutions/{node}")
        below = part.status == 200 and institution.id in _lineage(part)
        came = "below it" if below else "not below it" if part.status == 200 else part.told
        meaning = f'"minus:{name}" takes nothing away, and counts by lineage are without {name}'
        yield ProbeFinding(f"the part {name}", f"below {institution.id}", came, below, meaning)


def _lineage(record: ProbeAnswer) -> set[str]:
    return {str(url).rpartition("/")[2] for url in record.data.get("lineage") or ()}


def _probe_price(answer: ProbeAnswer, *, with_key: bool) -> Iterator[ProbeFinding]:
    price = answer.meta.get("cost_usd")
    came, meaning = f"{price} USD", "the cost that `plan` tells is wrong"
    yield ProbeFinding("price of a call", f"{CREDIT_USD} USD", came, price == CREDIT_USD, meaning)
    daily = answer.headers.get("x-ratelimit-limit")
    expected = str(DAILY_CREDITS[with_key])
    meaning = "a pull may take more or fewer days than thought"
    yield ProbeFinding("credits a day", expected, daily or "not said", daily == expected, meaning)


def _probe_corpus(study: Study, types: ProbeAnswer, ask: Ask) -> ProbeFinding:
    what, expected = "the corpus", "as many works with corpus=core, or no such parameter"
    core = ask(target("works", filter=_base(study), select="id", per_page=1, corpus="core"))
    meaning = "expansion works are counted too, or works are left out: levels are not comparable"
    came = "no such parameter" if core.status == 400 else core.told
    came = f"{core.count} and {types.count} works" if core.status == 200 else came
    return ProbeFinding(
        what, expected, came, core.status == 400 or core.count == types.count, meaning
    )


def _probe_core(study: Study, ask: Ask) -> ProbeFinding:
    what, expected = "the flag of core sources", "works with it and works without"
    meaning = "`core_source = true` keeps no work, or every work"
    answer = ask(
        target("works", filter=_base(study), group_by=f"{CORE}{UNKNOWN_TOO}", per_page=VALUES)
    )
    if answer.status != 200:
        return _unanswered(what, expected, answer, meaning)
    yes, no = (
        sum(answer.groups.get(key, 0) for key in keys) for keys in (("1", "true"), ("0", "false"))
    )
    other = answer.count - yes
    came = f"{yes} works in core sources, {no} in others, {other - no} unknown"
    return ProbeFinding(what, expected, came, yes > 0 and other > 0, meaning)


def _probe_large(study: Study, ask: Ask) -> Iterator[ProbeFinding]:
    """Ask what becomes of the authors past the hundredth."""
    works = _whole(_large_works(study, ask), ask)
    yield _probe_late_authors(works, ask)
    what, expected = "countries_distinct_count", "counts the countries of all authors"
    meaning = "bounds on the number of countries, and fractional counts, see a part of the authors"
    telling = [work for work in works if work.counted and work.all != work.first]
    right = sum(work.counted == len(work.all) for work in telling)
    came = f"so in {right} of {len(telling)} works" if telling else "no work to try it on"
    yield ProbeFinding(what, expected, came, right == len(telling) if telling else None, meaning)


def _probe_time(answers: list[ProbeAnswer]) -> ProbeFinding:
    flagged = any("timed_out" in one.meta for one in answers)
    slowest = max((one.meta.get("db_response_time_ms") or 0 for one in answers), default=0)
    came = f"{'a sign' if flagged else 'no sign'}; slowest answer {slowest} ms"
    expected = f"no sign (`timed_out`), below {SLOW_QUERY_MS} ms"
    meaning = "nothing if there is a sign: both are checked; ask at a quieter time if it is slow"
    fine = not flagged and slowest < SLOW_QUERY_MS
    return ProbeFinding("partial answers", expected, came, fine, meaning)


def resolve_suspects(study: Study, ask: Ask) -> list[Resolved]:
    """
    Look for the ids of suspect institutions among those that publish most with the home country.
    """
    first, last = study.years
    home = "|".join(study.primary.home or study.home)
    names: dict[str, list[tuple[str, str]]] = {}
    found = []
    for suspect in list_suspects(study):
        if suspect["id"]:
            continue
        code = suspect["country"]
        if code not in names:
            text = (
                f"{COUNTRY}:{code},{COUNTRY}:{home},{YEAR}:{first}-{last},"
                f"authors_count:1-{SMALL_TEAMS}"
            )
            for size in (ROWS, VALUES):
                answer = ask(target("works", filter=text, group_by=INSTITUTION, per_page=size))
                if answer.status != 400:
                    break
            rows = answer.data["group_by"] if answer.status == 200 else []
            names[code] = [
                (str(row["key"]).rpartition("/")[2], str(row.get("key_display_name")))
                for row in rows
            ]
        same = [
            short
            for short, name in names[code]
            if name.casefold() == suspect["name"].casefold() and ID_PATTERN.fullmatch(short)
        ]
        here = [short for short in same if _is_in(short, code, ask)]
        found.append(Resolved(suspect["name"], code, tuple(here)))
    return found


def _is_in(short: str, code: str, ask: Ask) -> bool:
    record = ask(target(f"institutions/{short}", select="id,country_code"))
    return record.status == 200 and record.data.get("country_code") == code
