"""
Readings and lenses as tidy frames: headline values, their spread, what each lens changes.

Pure functions of the table ``specifications``; figures and sentences are made from these frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bibliometrics.study.model import Study, country_names
from bibliometrics.study.specifications import AXES, READING


@dataclass(frozen=True)
class Headline:
    """A number told under every specification: its column, its name for readers, its unit."""

    column: str
    name: str
    unit: str


def list_headlines(study: Study) -> list[Headline]:
    """
    Return the numbers told under every specification, named for a study.

    Growth needs two years, the top country's share a top country.
    """
    first, last = study.years
    short, pair = study.institution.short, f"{study.institution.short} and {study.region_short}"
    found = [
        Headline("n_works_first_year", f"works of {pair} in {first}", "works"),
        Headline("n_works_last_year", f"works of {pair} in {last}", "works"),
        Headline("growth_factor", f"growth of works of {pair}, {first} to {last}", "factor"),
        Headline(
            "share_of_home",
            f"share of {short} in works of {study.home_name} and {study.region_short}",
            "share",
        ),
    ]
    if first == last:
        del found[1:3]
    if study.top_country:
        name = country_names()[study.top_country]
        said = f"share of {name} in works of {pair} in {last}"
        found.append(Headline("share_top_country", said, "share"))
    return found


def headline_values(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return the headline numbers under every specification; unknown ones are empty."""
    first, last = study.years
    keys = ["specification", *AXES, "family", "is_primary"]
    values = table.drop_duplicates("specification")[keys].set_index("specification")
    wide: Any = table.pivot(index="specification", columns="year").loc[values.index]
    joint = wide["n_works_institution_region"].astype(float)
    home = wide["n_works_home_region"].astype(float)
    top = wide["n_works_top_country"].astype(float)
    pooled, of_home = joint.sum(axis=1), home.sum(axis=1)
    found = values.assign(
        n_works_first_year=joint[first],
        n_works_last_year=joint[last],
        growth_factor=_over(joint[last], joint[first]),
        share_of_home=_over(pooled.where(pooled <= of_home), of_home),
        share_top_country=_over(top[last].clip(upper=joint[last]), joint[last]),
    )
    return found.reset_index()


def _over(part: pd.Series[Any], whole: pd.Series[Any]) -> pd.Series[Any]:
    return part / whole.where(whole > 0)


def reading_values(values: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the readings."""
    return values[values["family"] == READING]


def summarise_readings(study: Study, values: pd.DataFrame) -> pd.DataFrame:
    """Return the spread of each headline number over the readings."""
    readings = reading_values(values)
    rows = []
    for headline in list_headlines(study):
        known = readings[headline.column].dropna().to_numpy(dtype=float)
        own = values.loc[values["is_primary"], headline.column].to_numpy(dtype=float)
        lowest, median, highest = np.quantile(known, [0, 0.5, 1]) if known.size else [np.nan] * 3
        rows.append(
            {
                "headline": headline.column,
                "name": headline.name,
                "unit": headline.unit,
                "primary": own[0],
                "lowest": lowest,
                "median": median,
                "highest": highest,
                "n_readings": len(readings),
                "n_known": known.size,
            }
        )
    return pd.DataFrame(rows)


def lens_changes(study: Study, values: pd.DataFrame) -> pd.DataFrame:
    """Return what each lens does to each headline number, all else as in the primary."""
    own = values[values["is_primary"]].iloc[0]
    rows: list[dict[str, Any]] = []
    for headline in list_headlines(study):
        for _, row in values[values["family"] != READING].iterrows():
            rows.append(
                {
                    "headline": headline.column,
                    "lens": row["specification"],
                    "primary": float(own[headline.column]),
                    "value": float(row[headline.column]),
                    "change": float(row[headline.column]) - float(own[headline.column]),
                }
            )
    return pd.DataFrame(rows, columns=["headline", "lens", "primary", "value", "change"])
