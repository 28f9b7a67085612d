"""
The records behind a number, whole: lists of the API show the first hundred authors only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pandas as pd

from bibliometrics.errors import InputError
from bibliometrics.openalex.query import VALUES, Request, disjoint_filters
from bibliometrics.study.questions import Question

LISTED_AUTHORS: Final = 100
MOST: Final = 10_000
SELECT: Final = "id,title,publication_year,type,doi,authorships,countries_distinct_count"
COLUMNS: Final = {
    "work_id": "str",
    "title": "str",
    "year": "Int64",
    "type": "str",
    "doi": "str",
    "n_authors": "Int64",
    "n_countries": "Int64",
    "countries": "str",
    "link": "str",
    "source": "str",
}

Fetch = Callable[[Request], Any]


def check_size(limit: Any, sample: Any) -> int:
    """Return how many works are wanted."""
    size = sample if sample is not None else limit
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or not 0 < size <= MOST:
        msg = f"{'limit' if sample is None else 'sample'} can't be {size!r}."
        raise InputError(msg, f"give a whole number from 1 to {MOST:,}")
    return int(size)


def list_requests(question: Question, size: int, sample: int | None, seed: int) -> list[Request]:
    """Return the requests for the first works of a question, or for a random sample."""
    texts = disjoint_filters(question)
    if sample is not None and len(texts) > 1:
        msg = "a random sample can't be drawn where the conditions need several requests."
        raise InputError(msg, "name at most 100 institutions or countries")
    per_page = min(size, VALUES)
    return [
        Request(
            filter=text,
            select=SELECT,
            per_page=per_page,
            page=page,
            sample=sample,
            seed=str(seed) if sample is not None else "",
            corpus=question.corpus,
        )
        for text in texts
        for page in range(1, 1 + -(-size // per_page))
    ]


def read_lists(
    question: Question, fetch: Fetch, size: int, sample: int | None, seed: int
) -> tuple[list[dict[str, Any]], int]:
    """Return the first records of a question, each whole, and how many there are in all."""
    found: dict[str, dict[str, Any]] = {}
    total: dict[str, int] = {}
    for request in list_requests(question, size, sample, seed):
        done = (request.page or 1) > 1 and len(found) >= total[request.filter]
        if len(found) >= size or done:
            continue
        page = fetch(request)
        total[request.filter] = int(page.meta["count"])
        found |= {str(record["id"]).rpartition("/")[2]: dict(record) for record in page}
    records = list(found.items())[:size]
    return [read_record(id_, record, fetch) for id_, record in records], sum(total.values())


def read_record(id_: str, record: dict[str, Any], fetch: Fetch) -> dict[str, Any]:
    """Return a record as a row; one that may have been cut is asked again, alone and free."""
    if len(record.get("authorships") or ()) >= LISTED_AUTHORS:
        record = dict(fetch(Request(path=f"works/{id_}")))
    authors = record.get("authorships") or []
    places = [place for author in authors for place in author.get("institutions") or []]
    codes = sorted({str(place["country_code"]) for place in places if place.get("country_code")})
    stated = record.get("countries_distinct_count")
    return {
        "work_id": id_,
        "title": record.get("title") or record.get("display_name"),
        "year": record.get("publication_year"),
        "type": record.get("type"),
        "doi": record.get("doi"),
        "n_authors": len(authors),
        "n_countries": len(codes) if stated is None else stated,
        "countries": " ".join(codes),
    }


def sum_coverage(known: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return what is known of each DOI by year."""
    core = known[known["is_known"]]
    frame = core.groupby("year", as_index=False).agg(
        n_known=("doi", "size"),
        n_with_institutions=("has_institutions", "sum"),
        n_institution_region=("is_theirs", "sum"),
    )
    frame = frame.astype({"year": "int64"}).assign(source=source)
    frame.attrs |= {
        "n_dois": len(known),
        "n_known": len(core),
        "n_expansion_only": int(known["expansion_only"].sum()),
        "missing": known.loc[~known["is_known"], "doi"].tolist(),
    }
    return frame


def finish_works(
    rows: Iterable[dict[str, Any]], source: str, *, synthetic: bool = False
) -> pd.DataFrame:
    """Return rows as the frame of works; what a source does not hold is missing."""
    place = None if synthetic else "https://openalex.org/"  # an invented work is nowhere
    listed = [{**row, "link": place and place + row["work_id"], "source": source} for row in rows]
    return pd.DataFrame(
        {
            name: pd.Series([row.get(name) for row in listed], dtype=kind)
            for name, kind in COLUMNS.items()
        }
    )
