"""Works by their DOI: which OpenAlex knows, and as whose works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from bibliometrics.errors import InputError, ServerError
from bibliometrics.openalex.query import VALUES, Request, disjoint_filters
from bibliometrics.study.questions import Question

Fetch = Callable[[Request], Any]
SELECT: Final = "id,doi,publication_year,institutions_distinct_count,is_xpac"
PREFIX: Final = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:)", re.IGNORECASE)
MOST_PAGES: Final = 10
COLUMNS: Final = ("doi", "is_known", "expansion_only", "has_institutions", "is_theirs", "year")


def bare_doi(text: str) -> str:
    """
    Return a DOI as the API compares it: in lower case, without an address before it.

    >>> bare_doi("https://dx.doi.org/10.1007/JHEP04(2012)069")
    '10.1007/jhep04(2012)069'
    """
    doi = PREFIX.sub("", text.strip()).lower()
    if not re.fullmatch(r"10\.\d{4,9}/\S+", doi) or set(",|") & {*doi}:
        msg = f"{text!r} is no DOI that OpenAlex can be asked for."
        raise InputError(msg, "write it as 10.1103/physrevlett.108.171803, without comma and bar")
    return doi


def doi_requests(dois: Sequence[str], question: Question, corpus: str) -> list[Request]:
    """Return the requests for works with some DOIs that meet a question, 100 DOIs in each."""
    more = ",".join(disjoint_filters(question))
    blocks = [dois[start : start + VALUES] for start in range(0, len(dois), VALUES)]
    return [
        Request(
            filter=",".join(filter(None, (f"doi:{'|'.join(block)}", more))),
            select=SELECT,
            per_page=VALUES,
            page=1,
            corpus=corpus,
        )
        for block in blocks
    ]


def list_dois(dois: Iterable[str], question: Question, fetch: Fetch) -> pd.DataFrame:
    """
    Return what is known of some DOIs, one row each.

    ``is_known``: in the core corpus; ``expansion_only``: in the expansion corpus alone;
    ``has_institutions``: some institution is known; ``is_theirs``: it meets the question; ``year``:
    its year there, empty if unknown.
    """
    wanted = sorted({bare_doi(doi) for doi in dois})
    found = _rows(doi_requests(wanted, Question(), "all"), fetch)
    theirs = {row["doi"] for row in _rows(doi_requests(wanted, question, "core"), fetch)}
    core = {row["doi"]: row for row in found if not row["is_xpac"]}
    rows = [
        {
            "doi": doi,
            "is_known": doi in core,
            "expansion_only": doi not in core and any(row["doi"] == doi for row in found),
            "has_institutions": bool(core.get(doi, {}).get("n_institutions")),
            "is_theirs": doi in theirs,
            "year": core.get(doi, {}).get("year"),
        }
        for doi in wanted
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"year": "Int64"})


def _rows(requests: Iterable[Request], fetch: Fetch) -> list[dict[str, Any]]:
    """Return doi, year, number of institutions and corpus of the listed works."""
    found = []
    for row in (row for request in requests for row in _listed(request, fetch)):
        try:
            told = {
                "doi": bare_doi(str(row["doi"])),
                "n_institutions": int(row.get("institutions_distinct_count") or 0),
                "year": row.get("publication_year"),
                "is_xpac": bool(row.get("is_xpac")),
            }
        except (InputError, KeyError, TypeError, ValueError, AttributeError) as error:
            msg = f"OpenAlex lists a work by DOI in a form that can't be read: {row!r:.120}."
            raise ServerError(msg, "ask again later, or look for a newer version") from error
        found.append(told)
    return found


def _listed(request: Request, fetch: Fetch) -> list[Any]:
    """Return all works of a list: a DOI may have two."""
    found: list[Any] = []
    for page in range(1, MOST_PAGES + 1):
        rows = fetch(replace(request, page=page))
        found += rows
        if not rows or len(found) >= int(rows.meta["count"]):
            break
    return found
