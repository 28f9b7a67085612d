"""Small tables of readings and lenses with simple numbers, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bibliometrics.study.specifications import list_specifications
from bibliometrics.tables.frames import frame_from_rows
from bibliometrics.tables.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from bibliometrics.study.model import Study
    from bibliometrics.study.specifications import Variant

Counts = tuple[int, int, int]  # institution and region, home and region, top country


def specifications_table(study: Study, count: Callable[[Variant, int], Counts]) -> pd.DataFrame:
    """Return the table `specifications` from a function of specification and year."""
    rows: list[dict[str, Any]] = []
    for one in list_specifications(study):
        for year in study.year_range:
            joint, home, top = count(one, year)
            rows.append(
                {
                    "specification": one.id,
                    **dict(one.choices),
                    "family": one.family,
                    "is_primary": one.is_primary,
                    "year": year,
                    "n_works_institution_region": joint,
                    "n_works_home_region": home,
                    "top_country": study.top_country or None,
                    "n_works_top_country": top if study.top_country else None,
                }
            )
    return frame_from_rows(rows, TABLES["specifications"])


def growing(study: Study, first: int, last: int) -> Callable[[Variant, int], Counts]:
    """Return counts that grow evenly, less for each narrower choice."""

    def count(one: Variant, year: int) -> Counts:
        begin, end = study.years
        joint = first + (last - first) * (year - begin) // max(1, end - begin)
        chosen = dict(one.choices)
        joint -= joint // 5 * (chosen["team_size"] != "any size")
        joint -= joint // 4 * (chosen["institution"] != "lineage")
        joint += joint // 3 * (chosen["source"] == "any source")
        return joint, 3 * joint, 6 * joint // 10

    return count
