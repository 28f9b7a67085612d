"""Any question, answered the plain way: loops over work records, no counting of the package."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from tests.support.oracle.works import (
    countries_of,
    field_of,
    institutions_of,
    last_part,
    level_of,
    number_of_authors,
    number_of_countries,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bibliometrics.study.questions import Question
    from tests.support.oracle.works import Row


@dataclass(frozen=True)
class Facts:
    """What questions ask about one work."""

    values: dict[str, Any]
    codes: set[str]
    lineage: set[str]
    lineages: list[set[str]]
    ids: set[str]
    flags: dict[str, Any]
    kinds: set[str]
    kinds_at: set[tuple[str, str | None]]

    @classmethod
    def of(cls, work: Row) -> Facts:
        """Read a work."""
        places = [place for _, place in institutions_of(work)]
        lineages = [{last_part(node) for node in place.get("lineage") or []} for place in places]
        source = (work.get("primary_location") or {}).get("source") or {}
        rank = work.get("citation_normalized_percentile") or {}
        return cls(
            values={
                "year": work.get("publication_year"),
                "field_id": field_of(work),
                "subfield_id": level_of(work, "subfield"),
                "topic_id": last_part((work.get("primary_topic") or {}).get("id")) or None,
                "type": work.get("type"),
                "n_authors": number_of_authors(work),
                "n_countries": number_of_countries(work),
            },
            codes=countries_of(work),
            lineage={node for lineage in lineages for node in lineage},
            lineages=lineages,
            ids={last_part(place.get("id")) for place in places},
            flags={
                "retracted": work.get("is_retracted"),
                "core_source": source.get("is_core"),
                "top_1": rank.get("is_in_top_1_percent"),
                "top_10": rank.get("is_in_top_10_percent"),
            },
            kinds={place["type"] for place in places if place.get("type")},
            kinds_at={(p["type"], p.get("country_code")) for p in places if p.get("type")},
        )


def read_facts(works: Iterable[Row]) -> list[Facts]:
    """Return the facts of all works of the core corpus."""
    return [Facts.of(work) for work in works if not work.get("is_xpac")]


def has_lineage(work: Facts, node: str, others: Iterable[str]) -> bool:
    """Say whether a work has an institution with a node in its lineage and none of some others."""
    return any(node in lineage and not lineage & set(others) for lineage in work.lineages)


def meets(work: Facts, question: Question) -> bool:
    """Say whether a work meets every condition of a question."""
    values, flags = work.values, work.flags
    year, kind, first_last = values["year"], values["type"], question.years
    least, most = question.min_authors or 0, question.max_authors
    few, many = question.min_countries or 0, question.max_countries
    return (
        (not first_last or (year is not None and first_last[0] <= year <= first_last[1]))
        and (not question.types or kind in question.types)
        and kind not in question.without_types
        and (question.retracted is None or flags["retracted"] is question.retracted)
        and (question.core_source is None or flags["core_source"] is question.core_source)
        and least <= values["n_authors"] <= (10**9 if most is None else most)
        and few <= values["n_countries"] <= (10**9 if many is None else many)
        and (question.field_id is None or values["field_id"] == question.field_id)
        and (not question.subfield_ids or values["subfield_id"] in question.subfield_ids)
        and (not question.topic_ids or values["topic_id"] in question.topic_ids)
        and (not question.institution_types or bool(work.kinds & set(question.institution_types)))
        and (not question.top_percent or flags[f"top_{question.top_percent}"] is True)
        and all(work.codes & set(wanted) for wanted in question.countries)
        and (bool(work.codes) or not question.any_country)
        and not work.codes & set(question.without_countries)
        and all(has_lineage(work, node, question.not_below) for node in question.lineage)
        and (not question.institution_ids or bool(work.ids & set(question.institution_ids)))
        and not work.lineage & set(question.without_lineage)
    )


def values_of(work: Facts, key: str, question: Question) -> list[Any]:
    """Return the distinct values that a work has under a key."""
    if key == "country_code":
        return [code for code in work.codes if not question.keep or code in question.keep]
    if key == "institution_type":
        at = set(question.type_countries)
        return sorted({kind for kind, code in work.kinds_at if not at or code in at})
    if key == "institution_id":
        return [one for one in work.ids if one[:1] == "I" and one[1:].isdigit() and len(one) > 2]
    value = work.values[key]
    return [] if value is None else [value]


def answer_plainly(question: Question, works: Iterable[Facts]) -> pd.DataFrame:
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
    texts = {"country_code", "type", "topic_id", "institution_id", "institution_type"}
    kinds = {name: "str" if name in texts else "int64" for name in frame.columns}
    return frame.astype(kinds)
