"""Small tables of the curve and of big science with simple numbers, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bibliometrics.study.specifications import build_curve
from bibliometrics.tables.frames import frame_from_rows
from bibliometrics.tables.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from bibliometrics.study.model import Study
    from bibliometrics.study.specifications import CurvePoint

Counts = tuple[int, int, int]  # institution and region, home and region, top country


def curve_table(study: Study, count: Callable[[CurvePoint, int], Counts]) -> pd.DataFrame:
    """Return the table `specifications` from a function of specification and year."""
    rows: list[dict[str, Any]] = []
    for point in build_curve(study):
        for year in study.year_range:
            joint, home, top = count(point, year)
            rows.append(
                {
                    "specification": point.id,
                    **dict(point.choices),
                    "weight": point.weight,
                    "is_primary": point.is_primary,
                    "year": year,
                    "n_works_institution_region": joint,
                    "n_works_home_region": home,
                    "top_country": study.top_country or None,
                    "n_works_top_country": top if study.top_country else None,
                }
            )
    return frame_from_rows(rows, TABLES["specifications"])


def growing(study: Study, first: int, last: int) -> Callable[[CurvePoint, int], Counts]:
    """Return counts that grow evenly, less for each narrower choice."""

    def count(point: CurvePoint, year: int) -> Counts:
        begin, end = study.years
        joint = first + (last - first) * (year - begin) // max(1, end - begin)
        chosen = dict(point.choices)
        joint -= joint // 5 * (chosen["team_size"] != "any size")
        joint -= joint // 4 * (chosen["institution"] != "lineage")
        joint += joint // 3 * (chosen["source"] == "any source")
        return joint, 3 * joint, 6 * joint // 10

    return count


def big_science_table(study: Study, works: dict[tuple[int, str], tuple[int, int]]) -> pd.DataFrame:
    """Return the table `big_science` from all and small works by year and area; else none."""
    rows: list[dict[str, Any]] = []
    for year in study.year_range:
        for area in (*study.region.codes, "region", "home"):
            every, small = works.get((year, area), (0, 0))
            part = None if area == "home" else 0.25
            rows.append(
                {
                    "year": year,
                    "country_code": area,
                    "n_works": every,
                    "n_works_fractional": part and part * every,
                    "n_works_without_big_science": small,
                    "n_works_fractional_without_big_science": part and part * small,
                }
            )
    return frame_from_rows(rows, TABLES["big_science"])
