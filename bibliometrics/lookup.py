"""
Institutions looked up at OpenAlex: by id, ROR id or name, with their members and parents.

Nothing here knows HTTP: every function is given a ``fetch`` that answers a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bibliometrics.errors import InputError, RefusedError
from bibliometrics.preflight import GONE, MEMBER_COLUMNS, Fetch, Member, read_member
from bibliometrics.request import Request
from bibliometrics.study import ID_PATTERN

CANDIDATES: Final = 10
ROR: Final = re.compile(r"(?:https?://ror\.org/|ror:)?(0[a-z0-9]{6}\d{2})", re.IGNORECASE)
OPENALEX: Final = re.compile(
    r"(?:https?://openalex\.org/)?(?:institutions/)?(I\d{2,})", re.IGNORECASE
)


def identify(text: str) -> str:
    """
    Return the API's key of an institution in an OpenAlex or ROR id; empty for a name.

    Examples
    --------
    >>> identify("https://ror.org/02feahw73"), identify("i1294671590"), identify("CNRS")
    ('ror:02feahw73', 'I1294671590', '')
    """
    own, ror = OPENALEX.fullmatch(text.strip()), ROR.fullmatch(text.strip())
    if own:
        return own[1].upper()
    return f"ror:{ror[1].lower()}" if ror else ""


def find_institutions(text: str, fetch: Fetch) -> list[Member]:
    """
    Look an institution up.

    Parameters
    ----------
    text : str
        OpenAlex id, ROR id (free), or name (ten credits).
    fetch : callable
        Answers a request.

    Returns
    -------
    list of Member
        The one with that id; or at most ten whose name has all the words, the most likely first.

    Raises
    ------
    InputError
        If the text has no words to search for.
    """
    key = identify(text)
    if key:
        try:
            return [read_member(fetch(Request(path=f"institutions/{key}")))]
        except RefusedError as error:
            if error.status not in GONE:
                raise
            return []
    words = " ".join(re.findall(r"[\w'’.-]+", text))
    if not words:
        msg = f"{text!r} names no institution."
        raise InputError(msg, "give a name, a ROR id or an OpenAlex id")
    asked = Request(
        path="institutions",
        filter=f"display_name.search:{words}",
        select=MEMBER_COLUMNS,
        per_page=CANDIDATES,
        page=1,
    )
    found = [read_member(row) for row in fetch(asked)]
    return [member for member in found if ID_PATTERN.fullmatch(member.id)]


def list_parents(top: str, members: Iterable[Member]) -> list[tuple[str, str, str, str]]:
    """
    Say below which others the members of an institution lie directly.

    Parameters
    ----------
    top : str
        OpenAlex id of the institution.
    members : iterable of Member
        All below it; itself may be among them.

    Returns
    -------
    list of tuple of str
        Id, ROR id, id of the parent, name: as a study file lists members. A member with two
        parents has two rows.
    """
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
