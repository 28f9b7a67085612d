"""
What is asked before a pull, and costs next to nothing: the institution, its members, the budget.

From a list of members also follows which of them a question with ``not_below`` asks about.

Nothing here knows HTTP: every function is given a ``fetch`` that answers a request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from bibliometrics.errors import InputError, RefusedError, ServerError
from bibliometrics.openalex.query import LINEAGE, VALUES, Request
from bibliometrics.study.model import ID_PATTERN, Institution, Study
from bibliometrics.study.questions import Question

MEMBER_COLUMNS: Final = "id,ror,display_name,country_code,type,lineage,works_count"
GONE: Final = frozenset({301, 302, 307, 308, 404})
NAMED: Final = 10

Fetch = Callable[[Request], Any]


@dataclass(frozen=True)
class Remaining:
    """What is left of today's budget: credits, dollars (prepaid money apart), time of reset."""

    credits: float
    usd: float
    prepaid_usd: float
    resets_at: str


@dataclass(frozen=True)
class Member:
    """An institution below another, as OpenAlex lists it now."""

    id: str
    ror: str
    name: str
    country: str
    type: str
    lineage: tuple[str, ...]
    n_works: int


class Listing(list[dict[str, Any]]):
    """Rows of a list of institutions with the list's ``meta``, as a fetch returns them."""

    def __init__(self, rows: Iterable[dict[str, Any]], meta: Mapping[str, Any]) -> None:
        super().__init__(rows)
        self.meta = meta


def read_remaining(data: Any) -> Remaining | None:
    """Return what an answer of ``/rate-limit`` says, or None if it is of another form."""
    try:
        limits = data["rate_limit"]
        return Remaining(
            credits=float(limits["credits_remaining"]),
            usd=float(limits["daily_remaining_usd"]),
            prepaid_usd=float(limits.get("prepaid_remaining_usd") or 0),
            resets_at=str(limits.get("resets_at", "")),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def look_up(study: Study, fetch: Fetch) -> list[str]:
    """Check that the server knows a study's institution and can count it."""
    institution = study.institution
    try:
        record = fetch(Request(path=f"institutions/{institution.id}"))
    except RefusedError as error:
        if error.status not in GONE:
            raise
        return _look_for_works(institution, fetch)
    name = f"{institution.name} ({institution.id})"
    (found,) = _short([record["id"]])
    if found.upper() != institution.id:
        msg = f"OpenAlex answers for {name} with another institution, {found}."
        raise InputError(msg, "it may have been merged: put the new id into its table")
    if str(record.get("country_code")).upper() in study.region.codes:
        msg = f"{name} lies in {record['country_code']}, which is in the region."
        raise InputError(msg, "choose another region or institution")
    if "lineage" in record and record["lineage"] is None and not record.get("is_super_system"):
        return [f"OpenAlex does not say what {name} belongs to: its place in lineages is unchecked"]
    lineage = _short(record.get("lineage", [institution.id]))
    missing = record.get("is_super_system") or institution.id not in lineage
    if missing and not study.primary.institution.startswith("exact"):
        msg = f"OpenAlex leaves {name} out of lineages, so a count by lineage would miss it."
        raise InputError(msg, 'count by its exact id: institution = "exact" in [primary]')
    return []


def _look_for_works(institution: Institution, fetch: Fetch) -> list[str]:
    """Go on without the institution's record if works name it."""
    text = f"{LINEAGE}:{institution.id}"
    count = fetch(Request(filter=text, select="id", per_page=1)).meta["count"]
    if not count:
        msg = f"OpenAlex knows no institution {institution.id} ({institution.name})."
        raise InputError(msg, "look it up on openalex.org and correct the id in its table")
    return [f"OpenAlex has no record of {institution.id}, but {count} works name it"]


def list_members(top: str, fetch: Fetch) -> list[Member]:
    """List an institution and everything below it, as the server has it now."""
    rows: list[dict[str, Any]] = []
    for page in range(1, 101):
        listing = fetch(list_request(top, page))
        rows += listing
        if not listing or len(rows) >= int(listing.meta["count"]):
            break
    found = {member.id: member for member in map(read_member, rows)}
    if len(found) != int(listing.meta["count"]):
        msg = f"{len(found)} of {listing.meta['count']} institutions below {top} were listed."
        raise ServerError(msg, "ask again: the list may have moved between its pages")
    return sorted(found.values(), key=lambda member: (len(member.id), member.id))


def list_request(top: str, page: int) -> Request:
    """Return the request for a page of the list of an institution and everything below it."""
    text = f"lineage:{top}"
    return Request(
        path="institutions", filter=text, select=MEMBER_COLUMNS, per_page=VALUES, page=page
    )


def list_records(ids: Sequence[str], fetch: Fetch) -> list[Member]:
    """Return what the server knows of some institutions; one it doesn't know is not there."""
    blocks = [ids[start : start + VALUES] for start in range(0, len(ids), VALUES)]
    return [
        read_member(row)
        for block in blocks
        for row in fetch(
            Request(
                path="institutions",
                filter=f"id:{'|'.join(block)}",
                select=MEMBER_COLUMNS,
                per_page=VALUES,
                page=1,
            )
        )
    ]


def universities_request(country: str) -> Request:
    """Return the request for the universities of a country, those with most works first."""
    return Request(
        path="institutions",
        filter=f"country_code:{country},type:education",
        sort="works_count:desc",
        select=MEMBER_COLUMNS,
        per_page=VALUES,
        page=1,
    )


def expect_requests(
    questions: Iterable[Question], institution: Institution, members: Sequence[Member]
) -> tuple[list[Request], list[Question]]:
    """Return the list requests of a plan, and its questions as some members resolve them."""
    planned = list(questions)
    pages = range(1, 1 + ceil(len(members) / VALUES)) if any(q.not_below for q in planned) else ()
    listing = [list_request(institution.id, page) for page in pages]
    return listing, [resolve(one, members) if one.not_below else one for one in planned]


def known_members(institution: Institution) -> list[Member]:
    """Return an institution and what its definition has below it, as a list would have them."""
    every = institution.ids_below(institution.id)
    below = {node: institution.ids_below(node) for node in every}
    return [
        Member(one, "", "", "", "", tuple(top for top in every if one in below[top]), 0)
        for one in every
    ]


def resolve(question: Question, members: Sequence[Member]) -> Question:
    """
    Return a question with the institutions that ``not_below`` leaves in the place of the rule.
    """
    if len(question.lineage) != 1 or question.institution_ids:
        msg = "the OpenAlex API can't be asked not_below beside other institutions."
        raise InputError(msg, "use the snapshot source for this question")
    (top,) = question.lineage
    fine = [member for member in members if ID_PATTERN.fullmatch(member.id)]
    odd = [member.id for member in fine if top not in member.lineage]
    if odd:
        msg = f"{odd[0]} is listed below {top}, but {top} is not in its lineage."
        raise ServerError(msg, "run `python -m bibliometrics probe`: the API may have changed")
    kept = [member for member in fine if not set(member.lineage) & set(question.not_below)]
    if not kept:
        left_out = ", ".join(question.not_below)
        msg = f"of {len(fine)} institutions at or below {top}, {left_out} leaves none."
        raise InputError(msg, "leave out less of the institution")
    ranked = sorted(kept, key=lambda member: (-member.n_works, len(member.id), member.id))
    return question.but(
        lineage=(), not_below=(), institution_ids=tuple(member.id for member in ranked)
    )


def compare_members(institution: Institution, found: Iterable[Member]) -> list[str]:
    """Return notes on how a list of members differs from the definitions."""
    now = {member.id for member in found}
    known = set(institution.ids_below(institution.id))
    notes = []
    for said, ids in (("also lists", now - known), ("no longer lists", known - now)):
        if ids and now:
            names = ", ".join(sorted(ids)[:NAMED]) + (", …" if len(ids) > NAMED else "")
            notes.append(f"OpenAlex {said} {len(ids)} institutions below {institution.id}: {names}")
    return notes


def _short(values: Any) -> tuple[str, ...]:
    return tuple(str(value).rpartition("/")[2] for value in values or ())


def read_member(row: dict[str, Any]) -> Member:
    """Return an institution's record, or a row of a list, as a member; what lacks is empty."""
    (id_,) = _short([row.get("id")])
    (ror,) = _short([row.get("ror") or ""])
    return Member(
        id=id_,
        ror=ror,
        name=str(row.get("display_name") or ""),
        country=str(row.get("country_code") or ""),
        type=str(row.get("type") or ""),
        lineage=_short(row.get("lineage")),
        n_works=int(row.get("works_count") or 0),
    )


CANDIDATES: Final = 10
_ROR_HOST: Final = r"(?:https?://)?(?:(?:www\.|api\.)?ror\.org/)(?:(?:v\d/)?organizations/)?"
_HOST: Final = r"(?:https?://)?(?:(?:www\.|api\.|explore\.)?openalex\.org/)"
ROR: Final = re.compile(
    rf"(?:{_ROR_HOST}|ror:)?(0[a-z0-9]{{6}}\d{{2}})/?", re.IGNORECASE | re.ASCII
)
OPENALEX: Final = re.compile(
    rf"(?:{_HOST})?(?:institutions/)?(I\d{{2,}})/?", re.IGNORECASE | re.ASCII
)
ADDRESS: Final = re.compile(r"[a-z]+://|(?:[\w-]+\.)+[a-z]{2,}/|ror:", re.IGNORECASE)


def identify(text: str) -> str:
    """
    Return the API's key of an institution in an OpenAlex or ROR id; empty for a name.

    >>> identify("https://ror.org/02feahw73"), identify("i1294671590"), identify("CNRS")
    ('ror:02feahw73', 'I1294671590', '')
    """
    said = re.sub("[?#].*$", "", text.strip())
    own, ror = OPENALEX.fullmatch(said), ROR.fullmatch(said)
    if own:
        return own[1].upper()
    return f"ror:{ror[1].lower()}" if ror else ""


class Candidates(list[Member]):
    """The first institutions with such a name, and how many there are in all."""

    def __init__(self, members: Iterable[Member], n_matches: int) -> None:
        super().__init__(members)
        self.n_matches = n_matches


def institution_request(text: str) -> Request:
    """Return what is asked to look an institution up: a record by id (free), or names (paid)."""
    key = identify(text)
    if key:
        return Request(path=f"institutions/{key}")
    if ADDRESS.match(text.strip()):
        msg = f"{text.strip()!r} is the address of no institution that OpenAlex knows by it."
        raise InputError(msg, "give a name, a ROR id or an OpenAlex id")
    words = " ".join(re.findall(r"[\w'’.-]+", text))
    if not words:
        msg = f"{text!r} names no institution."
        raise InputError(msg, "give a name, a ROR id or an OpenAlex id")
    return Request(
        path="institutions",
        filter=f"display_name.search:{words}",
        select=MEMBER_COLUMNS,
        per_page=CANDIDATES,
        page=1,
    )


def find_institutions(text: str, fetch: Fetch) -> list[Member]:
    """Look an institution up."""
    asked = institution_request(text)
    if not asked.filter:
        try:
            return [read_member(fetch(asked))]
        except RefusedError as error:
            if error.status not in GONE:
                raise
            return []
    rows = fetch(asked)
    found = map(read_member, rows)
    return Candidates([one for one in found if ID_PATTERN.fullmatch(one.id)], rows.meta["count"])


def list_parents(top: str, members: Iterable[Member]) -> list[tuple[str, str, str, str]]:
    """Say below which others the members of an institution lie directly."""
    known = {member.id: member for member in members if ID_PATTERN.fullmatch(member.id)}
    above = {
        short: (set(member.lineage) & {top, *known}) - {short} for short, member in known.items()
    }
    rows = []
    for short, member in known.items():
        near = {
            one for one in above[short] if not any(one in above.get(o, ()) for o in above[short])
        }
        rows += [(short, member.ror, one, member.name) for one in sorted(near) if short != top]
    return rows
