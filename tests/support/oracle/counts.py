"""What `.count` returns, the plain way: loops over work records, no code of the package.

Rows by these rules: every year, member of the region, field, type and band, zeros included, with
each value of one open key that occurs; two open keys: cells above zero.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, Any

from tests.support.oracle.answers import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable

BANDS = (1, 2, 6, 11, 31, 101, 1001)
FIELDS = range(11, 37)
OPEN = ("partner", "n_countries", "subfield", "topic", "institution")
#: Types of institutions that have a row even at zero.
KINDS = (
    "archive",
    "company",
    "education",
    "facility",
    "government",
    "healthcare",
    "nonprofit",
    "other",
)


def is_counted(work: Facts, asked: dict[str, Any]) -> bool:
    """Say whether a work meets the conditions."""
    values, flags = work.values, work.flags
    region, types = asked.get("region"), asked.get("types", ("article", "review"))
    retracted = asked.get("retracted", False)
    size, spread = values["n_authors"], values["n_countries"]
    if values["year"] is None or not asked["years"][0] <= values["year"] <= asked["years"][1]:
        return False
    if types != "any" and values["type"] not in types:
        return False
    if asked.get("sources", "core") == "core" and flags["core_source"] is not True:
        return False
    if retracted != "any" and flags["retracted"] is not retracted:
        return False
    if size > asked.get("max_authors", 10**9) or spread > asked.get("max_countries", 10**9):
        return False
    if asked.get("international") is not None and asked["international"] != (spread >= 2):
        return False
    if asked.get("international") is False and spread != 1:
        return False
    if asked.get("field") not in (None, values["field_id"]):
        return False
    if asked.get("top_percent") and flags[f"top_{asked['top_percent']}"] is not True:
        return False
    if asked.get("institution") and asked["institution"] not in work.lineage:
        return False
    if region == "world" and not work.codes:
        return False
    if region not in (None, "world") and not work.codes & set(region):
        return False
    if asked.get("home") and asked["home"] not in work.codes:
        return False
    return not (work.lineage | work.codes) & set(asked.get("without", ()))


def values_of(work: Facts, key: str, asked: dict[str, Any]) -> list[Any]:
    """Return the values that a work has under a key."""
    region = asked.get("region")
    members = None if region in (None, "world") else set(region)
    if key == "country":
        return sorted(work.codes if members is None else work.codes & members)
    if key == "partner":
        return sorted(work.codes - (members or set()))
    if key == "team_size":
        return [max(band for band in BANDS if band <= n) for n in [work.values["n_authors"]] if n]
    if key == "institution":
        return sorted(one for one in work.ids if re.fullmatch(r"I\d{2,}", one))
    if key == "institution_type":
        return sorted(work.kinds)
    names = {"field": "field_id", "subfield": "subfield_id", "topic": "topic_id"}
    value = work.values[names.get(key, key)]
    return [] if value is None else [value]


def closed_values(key: str, asked: dict[str, Any]) -> list[Any] | None:
    """Return the values that have a row even without works; None for an open key."""
    region, types = asked.get("region"), asked.get("types", ("article", "review"))
    if key in OPEN or (key == "country" and region in (None, "world")):
        return None
    if key == "type" and types == "any":
        return None
    first, last = asked["years"]
    every: dict[str, Any] = {
        "year": range(first, last + 1),
        "team_size": BANDS,
        "field": FIELDS,
        "institution_type": KINDS,
    }
    return sorted(every.get(key, region if key == "country" else types))


def count_plainly(works: Iterable[Facts], asked: dict[str, Any]) -> dict[tuple[Any, ...], int]:
    """Return the number of works in each row, by the values of its keys."""
    keys = asked["by"]
    counts: Counter[tuple[Any, ...]] = Counter()
    for work in works:
        if is_counted(work, asked):
            counts.update(product(*(values_of(work, key, asked) for key in keys)))
    known = [closed_values(key, asked) for key in keys]
    if sum(values is None for values in known) > 1:
        return dict(sorted(counts.items()))
    occurring = [sorted({cell[place] for cell in counts}) for place in range(len(keys))]
    rows = product(*(sorted({*(k or ()), *o}) for k, o in zip(known, occurring, strict=True)))
    return {row: counts[row] for row in rows}
