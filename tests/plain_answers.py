"""Any question, answered the plain way: loops over work records, nothing of the package's counting."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from tests.plain_works import (
    countries_of,
    field_of,
    institutions_of,
    last_part,
    number_of_authors,
    number_of_countries,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bibliometrics.question import Question
    from tests.plain_works import Row


def lineage_of(work: Row) -> set[str]:
    """Return every institution at or above which some author works."""
    return {last_part(node) for _, place in institutions_of(work) for node in place.get("lineage") or []}


def ids_of(work: Row) -> set[str]:
    """Return the institutions of all authors."""
    return {last_part(place.get("id")) for _, place in institutions_of(work)}


def is_top(work: Row, percent: int) -> bool:
    """Say whether a work is among the most cited."""
    rank = work.get("citation_normalized_percentile") or {}
    return rank.get(f"is_in_top_{percent}_percent") is True


def is_core_source(work: Row) -> bool | None:
    """Return the flag of the primary source, None if unknown."""
    source = (work.get("primary_location") or {}).get("source") or {}
    value: bool | None = source.get("is_core")
    return value


def meets(work: Row, question: Question) -> bool:
    """Say whether a work meets every condition of a question."""
    year, kind = work.get("publication_year"), work.get("type")
    codes, above = countries_of(work), lineage_of(work)
    least, most = question.min_authors or 0, question.max_authors
    few, many = question.min_countries or 0, question.max_countries
    checks = [
        not work.get("is_xpac"),
        question.years is None
        or (year is not None and question.years[0] <= year <= question.years[1]),
        all(codes & set(wanted) for wanted in question.countries),
        bool(codes) or not question.any_country,
        set(question.lineage) <= above,
        not question.institution_ids or bool(ids_of(work) & set(question.institution_ids)),
        not above & set(question.without_lineage),
        not question.types or kind in question.types,
        kind not in question.without_types,
        question.retracted is None or work.get("is_retracted") is question.retracted,
        question.core_source is None or is_core_source(work) is question.core_source,
        least <= number_of_authors(work) <= (10**9 if most is None else most),
        few <= number_of_countries(work) <= (10**9 if many is None else many),
        question.field_id is None or field_of(work) == question.field_id,
        question.top_percent is None or is_top(work, question.top_percent),
    ]
    return all(checks)


def values_of(work: Row, key: str, question: Question) -> list[Any]:
    """Return the distinct values that a work has under a key."""
    if key == "country_code":
        return [code for code in countries_of(work) if not question.keep or code in question.keep]
    value = {
        "year": work.get("publication_year"),
        "field_id": field_of(work),
        "type": work.get("type"),
        "n_authors": number_of_authors(work),
        "n_countries": number_of_countries(work),
    }[key]
    return [] if value is None else [value]


def answer_plainly(question: Question, works: Iterable[Row]) -> pd.DataFrame:
    """Return the frame of a question."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for work in works:
        if meets(work, question):
            groups: list[tuple[Any, ...]] = [()]
            for key in question.group_by:
                groups = [(*g, value) for g in groups for value in values_of(work, key, question)]
            counts.update(groups)
    if not question.group_by:
        return pd.DataFrame({"n_works": [counts[()]]}, dtype="int64")
    rows = [(*group, n) for group, n in sorted(counts.items())]
    frame = pd.DataFrame(rows, columns=[*question.group_by, "n_works"])
    kinds = {
        name: "str" if name in {"country_code", "type"} else "int64" for name in frame.columns
    }
    return frame.astype(kinds)
