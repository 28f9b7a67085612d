"""
The tables ``specifications`` and ``big_science``: the same counts under other definitions.

As in :mod:`bibliometrics.tables`, each builder looks its questions up among the answers and
returns the frame that ``schema.TABLES`` describes.
"""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from bibliometrics import question as asked
from bibliometrics.counts import Answers, count_by_year, count_in_parts
from bibliometrics.frames import finish
from bibliometrics.specifications import build_curve, without_big_science
from bibliometrics.study import Specification, Study

REGION, HOME = "region", "home"
WITHOUT: Final = "_without_big_science"


def build_specifications(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``specifications``: works of institution and region, one row a specification and year.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.DataFrame
        Every specification of the curve with every year of the study.

    Raises
    ------
    TableError
        If an answer is missing or malformed.
    """
    parts = []
    for point in build_curve(study):
        institution, home, *top = (
            count_by_year(study, answers, "specifications", question)
            for question in asked.curve_questions(study, point.specification)
        )
        part = pd.DataFrame(
            {"n_works_institution_region": institution, "n_works_home_region": home}
        ).reset_index()
        told: dict[str, Any] = {
            "specification": point.id,
            **dict(point.choices),
            "weight": point.weight,
            "is_primary": point.is_primary,
            "top_country": study.top_country or None,
        }
        parts.append(part.assign(**told, n_works_top_country=list(top[0]) if top else None))
    whole = pd.concat(parts, ignore_index=True)
    return finish("specifications", **{str(name): whole[name].tolist() for name in whole})


def _area_counts(study: Study, answers: Answers, specification: Specification) -> pd.DataFrame:
    """Return whole and fractional counts by year and area under a specification."""
    table = "big_science"
    members = count_in_parts(study, answers, specification)
    region = count_by_year(
        study, answers, table, asked.institution_region_by_year(study, specification)
    )
    home = count_by_year(study, answers, table, asked.home_region_by_year(study, specification))
    added = members["n_works_fractional"].groupby(level="year").sum()
    areas = {
        REGION: pd.DataFrame({"n_works": region, "n_works_fractional": added}),
        HOME: pd.DataFrame({"n_works": home, "n_works_fractional": None}),
    }
    rest = [frame.assign(country_code=area).reset_index() for area, frame in areas.items()]
    return pd.concat([members.reset_index(), *rest]).set_index(["year", "country_code"])


def build_big_science(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``big_science``: counts with and without works of very many authors or countries.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.DataFrame
        Every year of the study with every member of the region, ``region`` and ``home``.

    Raises
    ------
    TableError
        If an answer is missing or malformed, or holds works of no country.
    """
    every = _area_counts(study, answers, study.primary)
    small = _area_counts(study, answers, without_big_science(study)).reindex(every.index)
    keys = {name: every.index.get_level_values(name) for name in ("year", "country_code")}
    columns = {str(name): every[name].tolist() for name in every}
    return finish(
        "big_science",
        **keys,
        **columns,
        **{f"{name}{WITHOUT}": small[name].tolist() for name in small},
    )
