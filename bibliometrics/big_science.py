"""
Big science as a switch: the institution's tables with and without works of very many authors.

Works of more than 100 authors or more than 30 countries are authored by collaborations whose
members co-sign everything; the Institute for Scientific Information (2019) advises to leave them
out of national and institutional counts. Pure functions of the table ``big_science``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from bibliometrics.curve_tables import HOME, REGION, WITHOUT
from bibliometrics.frames import finish
from bibliometrics.indicators import growth_share, growth_share_interval, share
from bibliometrics.study import Study

SWITCHED: Final = ("institution_region", "institution_partners", "fractional")


def switch_off(study: Study, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """
    Return the institution's tables without big science, in the columns of those with it.

    Parameters
    ----------
    study : Study
        Gives the members of the region.
    tables : mapping of str to pandas.DataFrame
        Our tables by name; ``big_science`` must be among them.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``institution_region``, ``institution_partners`` and ``fractional``. The table of team
        sizes has no such twin: it is itself by number of authors.
    """
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
    """
    Return how much of the growth from first to last year big science carries.

    Parameters
    ----------
    study : Study
        Gives the years.
    table : pandas.DataFrame
        The table ``big_science``.

    Returns
    -------
    pandas.DataFrame
        One row per area (members of the region, ``region``, ``home``) that has works in either
        year: ``country_code``, ``first``, ``last`` (all works), ``first_big``, ``last_big`` (big
        science), ``share_of_growth`` with its 95 % interval ``low``, ``high``; NaN where there was
        no growth, or none beyond chance. Sorted by works of the last year.
    """
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
    """
    Return whole and fractional counts of first and last year, with and without big science.

    Parameters
    ----------
    study : Study
        Gives the years.
    table : pandas.DataFrame
        The table ``big_science``.

    Returns
    -------
    pandas.DataFrame
        One row per area but ``home``, counting method (``whole``, ``fractional``) and switch:
        ``country_code``, ``counting``, ``big_science`` (bool), ``first``, ``last`` and
        ``growth_factor``; NaN where the first year has none.
    """
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
