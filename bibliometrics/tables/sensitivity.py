"""
The specification curve as tidy frames: headline values, what each choice does, the weak axes.

Pure functions of the table ``specifications``. All figures, sentences and grades of the curve are
made from these frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from bibliometrics.study.model import Study, country_names
from bibliometrics.study.specifications import AXES, STRONG_AXES
from bibliometrics.tables.build import HOME, REGION, WITHOUT
from bibliometrics.tables.frames import finish
from bibliometrics.tables.indicators import (
    growth_factor_interval,
    growth_share,
    growth_share_interval,
    poisson_interval,
    share,
    share_interval,
)


@dataclass(frozen=True)
class Headline:
    """A number that a curve is drawn of: its column, its name for readers, its unit."""

    column: str
    name: str
    unit: str


#: Name of the figure of each headline number, by its column.
CURVES: Final = MappingProxyType(
    {
        "n_works_first_year": "curve_first_year",
        "n_works_last_year": "curve_last_year",
        "growth_factor": "curve_growth",
        "share_of_home": "curve_share_of_home",
        "share_top_country": "curve_top_country",
    }
)
AXIS_NAMES: Final = MappingProxyType(
    {
        "document_types": "document types",
        "source": "sources",
        "team_size": "team size",
        "institution": "institution",
        "region": "region",
        "home": "home country",
        "affiliations": "affiliations",
    }
)


def list_headlines(study: Study) -> list[Headline]:
    """
    Return the numbers that curves are drawn of, named for a study.

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
    """Return the headline numbers under every specification."""
    first, last = study.years
    keys = ["specification", *AXES, "weight", "is_primary"]
    values = table.drop_duplicates("specification")[keys].set_index("specification")
    wide: Any = table.pivot(index="specification", columns="year").loc[values.index]
    joint = wide["n_works_institution_region"].astype(float)
    home = wide["n_works_home_region"].astype(float)
    top = wide["n_works_top_country"].astype(float)
    pooled, of_home = joint.sum(axis=1), home.sum(axis=1)
    pooled, with_top = pooled.where(pooled <= of_home), top[last].clip(upper=joint[last])
    found = values.assign(
        n_works_first_year=joint[first],
        n_works_last_year=joint[last],
        growth_factor=_over(joint[last], joint[first]),
        share_of_home=_over(pooled, of_home),
        share_top_country=_over(with_top, joint[last]),
    )
    intervals = {
        "n_works_first_year": poisson_interval(joint[first]),
        "n_works_last_year": poisson_interval(joint[last]),
        "growth_factor": growth_factor_interval(joint[first], joint[last]),
        "share_of_home": share_interval(pooled, of_home),
        "share_top_country": share_interval(with_top, joint[last]),
    }
    for column, (low, high) in intervals.items():
        found[f"{column}_low"], found[f"{column}_high"] = low, high
    return found.reset_index()


def _over(part: pd.Series[Any], whole: pd.Series[Any]) -> pd.Series[Any]:
    return part / whole.where(whole > 0)


def strong_values(values: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the full crossing of the strong axes, which alone have a weight."""
    return values[values["weight"] > 0]


def summarise_curve(study: Study, values: pd.DataFrame) -> pd.DataFrame:
    """Return the spread of each headline number over the strong specifications."""
    strong = strong_values(values)
    rows = []
    for headline in list_headlines(study):
        known = strong[headline.column].dropna().to_numpy(dtype=float)
        levels = np.quantile(known, [0, 0.25, 0.5, 0.75, 1]) if known.size else [np.nan] * 5
        own = strong.loc[strong["is_primary"], headline.column].to_numpy(dtype=float)
        names = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
        rows.append(
            {
                "headline": headline.column,
                "name": headline.name,
                "unit": headline.unit,
                "primary": own[0],
                **dict(zip(names, levels, strict=True)),
                "n_specifications": len(strong),
                "n_known": known.size,
            }
        )
    return pd.DataFrame(rows)


def choice_medians(study: Study, values: pd.DataFrame) -> pd.DataFrame:
    """Return what each choice on a strong axis does to each headline number."""
    strong = strong_values(values)
    rows: list[dict[str, Any]] = []
    for headline in list_headlines(study):
        known = strong.dropna(subset=headline.column)
        numbers = known[headline.column].astype(float)
        total = float(((numbers - numbers.mean()) ** 2).sum())
        for axis in STRONG_AXES:
            means = known.groupby(axis)[headline.column].transform("mean").astype(float)
            between = float(((means - numbers.mean()) ** 2).sum())
            for choice in dict.fromkeys(strong[axis]):
                chosen = numbers[known[axis] == choice]
                rows.append(
                    {
                        "headline": headline.column,
                        "axis": axis,
                        "choice": choice,
                        "median": chosen.median() if len(chosen) else np.nan,
                        "share_of_variance": between / total if total > 0 else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def weak_changes(study: Study, values: pd.DataFrame) -> pd.DataFrame:
    """Return what each weak choice does to each headline number, all else as in the primary."""
    own = values[values["is_primary"]].iloc[0]
    rows: list[dict[str, Any]] = []
    for headline in list_headlines(study):
        for _, row in values[values["weight"] == 0].iterrows():
            axis = next(name for name in AXES if row[name] != own[name])
            rows.append(
                {
                    "headline": headline.column,
                    "specification": row["specification"],
                    "axis": axis,
                    "choice": row[axis],
                    "primary": float(own[headline.column]),
                    "value": float(row[headline.column]),
                    "change": float(row[headline.column]) - float(own[headline.column]),
                }
            )
    columns = ["headline", "specification", "axis", "choice", "primary", "value", "change"]
    return pd.DataFrame(rows, columns=columns)


SWITCHED: Final = ("institution_region", "institution_partners", "fractional")


def switch_off(study: Study, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the institution's tables without big science, in the columns of those with it."""
    table = tables["big_science"]
    members = table[~table["country_code"].isin([REGION, HOME])]
    works, parts = f"n_works{WITHOUT}", f"n_works_fractional{WITHOUT}"
    areas = table.pivot(index="year", columns="country_code", values=works)
    region, home = areas[REGION], areas[HOME]
    whole = members["year"].map(region)
    keys = {"year": members["year"], "country_code": members["country_code"]}
    return {
        "institution_region": finish(
            "institution_region",
            year=region.index,
            n_works_institution_region=region,
            n_works_home_region=home,
            share_of_home=share(region.where(region <= home), home),
        ),
        "institution_partners": finish(
            "institution_partners",
            **keys,
            n_works=members[works],
            share_of_institution_region=share(members[works].clip(upper=whole), whole),
        ),
        "fractional": finish(
            "fractional", **keys, n_works=members[works], n_works_fractional=members[parts]
        ),
    }


def growth_by_area(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return how much of the growth from first to last year big science carries."""
    years = table.set_index(["country_code", "year"])
    every = years["n_works"].unstack()[list(study.years)].astype(float)
    small = years[f"n_works{WITHOUT}"].unstack()[list(study.years)].astype(float)
    big = (every - small).clip(lower=0)
    (first, last), (first_big, last_big) = (
        [frame.iloc[:, place] for place in (0, -1)] for frame in (every, big)
    )
    low, high = growth_share_interval(first_big, last_big, first, last)
    found = pd.DataFrame(
        {
            "first": first,
            "last": last,
            "first_big": first_big,
            "last_big": last_big,
            "share_of_growth": growth_share(first_big, last_big, first, last),
            "low": low,
            "high": high,
        }
    )
    found = found[(first + last) > 0].reset_index()
    order: dict[str, Any] = {"by": ["last", "country_code"], "ascending": [False, True]}
    ordered: pd.DataFrame = found.sort_values(ignore_index=True, **order)
    return ordered


def compare_counting(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return whole and fractional counts of first and last year, with and without big science."""
    rows = []
    for column, counting in (("n_works", "whole"), ("n_works_fractional", "fractional")):
        for ending, has_big in (("", True), (WITHOUT, False)):
            wide = table[table["country_code"] != HOME].pivot(
                index="country_code", columns="year", values=f"{column}{ending}"
            )
            first, last = (wide[year].astype(float) for year in study.years)
            frame = pd.DataFrame({"counting": counting, "big_science": has_big, "first": first})
            rows.append(frame.assign(last=last, growth_factor=last / first.where(first > 0)))
    found = pd.concat(rows).reset_index()
    return found.sort_values(["country_code", "counting", "big_science"], ignore_index=True)
