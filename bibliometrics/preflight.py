"""
What is asked before a pull, and costs next to nothing: the institution, its members, the budget.

Nothing here knows HTTP: every function is given a ``fetch`` that answers a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from bibliometrics.errors import InputError, RefusedError
from bibliometrics.filters import LINEAGE, VALUES
from bibliometrics.request import Request
from bibliometrics.study import Institution, Study

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
    """
    Check that the server knows a study's institution and can count it.

    Returns
    -------
    list of str
        Notes for the reader.

    Raises
    ------
    InputError
        If the institution is unknown, lies in the region, or is left out of lineages.
    """
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
    """
    List an institution and everything below it, as the server has it now.

    Parameters
    ----------
    top : str
        OpenAlex id of the institution.
    fetch : callable
        Answers a request.

    Returns
    -------
    list of Member
        Ascending by the number in the id.
    """
    rows: list[dict[str, Any]] = []
    text = f"lineage:{top}"
    for page in range(1, 101):
        asked = Request(
            path="institutions", filter=text, select=MEMBER_COLUMNS, per_page=VALUES, page=page
        )
        listing = fetch(asked)
        rows += listing
        if not listing or len(rows) >= int(listing.meta["count"]):
            break
    return sorted(map(read_member, rows), key=lambda member: (len(member.id), member.id))


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
