"""
Sentences about big science, every number computed; alternative texts among them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from bibliometrics.alttext import join_words
from bibliometrics.big_science import compare_counting, growth_by_area
from bibliometrics.curve_tables import HOME, REGION
from bibliometrics.figure_data import Evidence, country_name, format_count
from bibliometrics.specifications import big_science_name
from bibliometrics.study import Study

MOST_AREAS = 8
SYNTHETIC = "Synthetic data, not a result."


def area_name(study: Study, code: str) -> str:
    """Return the name of a country or of the words ``region`` and ``home``."""
    names = {REGION: study.region_short, HOME: f"all {study.home_name}"}
    return names.get(code, country_name(code))


def shown_growth(study: Study, growth: pd.DataFrame) -> pd.DataFrame:
    """
    Return the rows of :func:`bibliometrics.big_science.growth_by_area` that a figure shows.

    The whole home country, the region, then the countries with most works in the last year.
    """
    wholes = growth[growth["country_code"].isin([REGION, HOME])]
    members = growth[~growth["country_code"].isin([REGION, HOME])].head(MOST_AREAS)
    return pd.concat([wholes, members], ignore_index=True)


def describe_growth_share(study: Study, table: pd.DataFrame) -> list[str]:
    """
    Say how much of the growth works of very many authors or countries carry.

    Parameters
    ----------
    study : Study
        Gives names and years.
    table : pandas.DataFrame
        The table ``big_science``.

    Returns
    -------
    list of str
        One sentence per area, the region first; then one on whole against fractional counts.
    """
    growth = growth_by_area(study, table)
    rows = shown_growth(study, growth[growth["country_code"] != HOME])
    sentences = []
    first, last = study.years
    for row in rows.to_dict("records"):
        name = area_name(study, str(row["country_code"]))
        ends = (
            f"from {format_count(row['first'])} in {first} to {format_count(row['last'])} in {last}"
        )
        part = f"{format_count(row['first_big'])} and {format_count(row['last_big'])} of them"
        start = f"{study.institution.short} and {name}: {ends}, {part} big science"
        sentences.append(f"{start}; {_share_said(row)}.")
    return [*sentences, *_describe_counting(study, table)]


def _share_said(row: Mapping[Any, Any]) -> str:
    if math.isnan(row["share_of_growth"]):
        return "no growth to share out"
    value = f"{100 * row['share_of_growth']:.0f} % of the growth"
    if math.isnan(row["low"]):
        return f"{value}, but the growth itself is within chance"
    return f"{value} ({100 * row['low']:.0f} to {100 * row['high']:.0f} %)"


def _describe_counting(study: Study, table: pd.DataFrame) -> list[str]:
    counted = compare_counting(study, table)
    region = counted[counted["country_code"] == REGION]
    said = [
        f"{row['growth_factor']:.1f} times in {row['counting']} counts "
        f"{'with' if row['big_science'] else 'without'} big science"
        for row in region.sort_values(
            ["counting", "big_science"], ascending=[False, False]
        ).to_dict("records")
        if not math.isnan(row["growth_factor"])
    ]
    first, last = study.years
    if not said:
        return []
    pair = f"{study.institution.short} and {study.region_short}"
    return [f"Works of {pair} grew from {first} to {last} {join_words(said)}."]


def describe_big_science_figure(study: Study, evidence: Evidence) -> str:
    """Describe the figure of big science."""
    warning = SYNTHETIC if evidence.source.is_synthetic else ""
    start = (
        "Three panels: whole and fractional counts per year with and without big science (without: "
        f"{big_science_name()}), and its share of the growth by country."
    )
    told = describe_growth_share(study, evidence.frame)
    return " ".join(filter(None, [warning, start, *told[:4], *told[4:][-1:]]))
