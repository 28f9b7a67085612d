"""
The specification curve and big science for readers of a build: frames and sentences in notebooks.

Every number is computed from the build; nothing names an institution, region or country. A build
without a full pull says so.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from bibliometrics import claim_ledger
from bibliometrics.big_science import compare_counting, growth_by_area, switch_off
from bibliometrics.big_science_sentences import area_name, describe_growth_share
from bibliometrics.build import Build
from bibliometrics.curve import (
    AXIS_NAMES,
    choice_medians,
    headline_values,
    list_headlines,
    summarise_curve,
    weak_changes,
)
from bibliometrics.curve_sentences import (
    describe_robustness,
    describe_spread,
    describe_weak_axes,
    format_headline,
)
from bibliometrics.datapackage import WAITING_FOR_ALL
from bibliometrics.robustness import Agreement, describe_agreements, grade_robustness
from bibliometrics.specifications import list_suspects

CURVE, BIG_SCIENCE = "specifications", "big_science"
UNGRADED = "Synthetic data are never graded."


def waiting_row(build: Build, state: str = WAITING_FOR_ALL) -> pd.DataFrame:
    """Return a frame of one row that says what a build waits for, in place of a table."""
    return pd.DataFrame({"state": [state]}, index=[build.study.title])


def _items(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _named(build: Build, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its headlines and axes named for readers, and numbers as text."""
    headlines = {one.column: one for one in list_headlines(build.study)}
    shown = frame.copy()
    for column in ("primary", "value", "median"):
        if column in shown:
            shown[column] = [
                format_headline(float(value), headlines[str(name)])
                for value, name in zip(shown[column], shown["headline"], strict=True)
            ]
    shown["headline"] = [headlines[str(name)].name for name in frame["headline"]]
    if "axis" in shown:
        shown["axis"] = [AXIS_NAMES[str(axis)] for axis in shown["axis"]]
    return shown


def list_specifications(build: Build) -> pd.DataFrame:
    """Return the headline numbers under every specification, one row each; see `curve`."""
    if not build.has(CURVE):
        return waiting_row(build)
    return headline_values(build.study, build[CURVE]).set_index("specification")


def list_spread(build: Build) -> pd.DataFrame:
    """Return primary value, range and quartiles of each headline number over the curve."""
    if not build.has(CURVE):
        return waiting_row(build)
    spread = summarise_curve(build.study, headline_values(build.study, build[CURVE]))
    return spread.drop(columns="headline").set_index("name")


def list_choices(build: Build) -> pd.DataFrame:
    """
    Return what each choice on a strong axis does to each headline number.

    Returns
    -------
    pandas.DataFrame
        Medians as text, one row per axis and choice, one column per headline number.
    """
    if not build.has(CURVE):
        return waiting_row(build)
    medians = choice_medians(build.study, headline_values(build.study, build[CURVE]))
    shown = _named(build, medians)
    wide = shown.pivot(index=["axis", "choice"], columns="headline", values="median")
    rows = pd.MultiIndex.from_frame(shown[["axis", "choice"]].drop_duplicates())
    return wide.loc[rows, list(dict.fromkeys(shown["headline"]))]


def list_weak_choices(build: Build) -> pd.DataFrame:
    """Return what each weak choice does to each headline number, one column each."""
    if not build.has(CURVE):
        return waiting_row(build)
    changes = weak_changes(build.study, headline_values(build.study, build[CURVE]))
    shown = _named(build, changes)
    wide = shown.pivot(index=["axis", "choice"], columns="headline", values="value")
    return wide[list(dict.fromkeys(shown["headline"]))]


def _agreements(build: Build) -> dict[str, Agreement]:
    if build.provenance.synthetic or not build.has(CURVE):
        return {}
    return grade_robustness(build.study, claim_ledger.load_claims(), build[CURVE])


def list_robustness(build: Build) -> pd.DataFrame:
    """Return how each claim that the curve can test fares over it; nothing of synthetic data."""
    if not build.has(CURVE):
        return waiting_row(build)
    found = describe_agreements(_agreements(build))
    return found if found.empty else found.set_index("claim_id")


def tell_robustness(build: Build) -> str:
    """Return in words, as a Markdown list, how robust the conclusions are."""
    if build.provenance.synthetic:
        return UNGRADED
    if not build.has(CURVE):
        return f"{WAITING_FOR_ALL}."
    return _items(describe_robustness(_agreements(build)))


def tell_curve(build: Build) -> str:
    """Return in words, as a Markdown list, how the headline numbers depend on definitions."""
    if not build.has(CURVE):
        return f"{WAITING_FOR_ALL}."
    values = headline_values(build.study, build[CURVE])
    return _items(describe_spread(build.study, values))


def tell_weak_axes(build: Build) -> str:
    """Return in words what single choices change, and which could not be tried."""
    if not build.has(CURVE):
        return f"{WAITING_FOR_ALL}."
    sentences = describe_weak_axes(build.study, headline_values(build.study, build[CURVE]))
    unknown = [entry["name"] for entry in list_suspects(build.study) if not entry["id"]]
    if unknown:
        sentences.append(
            f"Suspect matches that could not be left out, for want of an id: {', '.join(unknown)}."
        )
    return _items(sentences)


def list_big_science(build: Build) -> pd.DataFrame:
    """Return big science's share of the growth by country, with its interval; see `big_science`."""
    if not build.has(BIG_SCIENCE):
        return waiting_row(build)
    growth = growth_by_area(build.study, build[BIG_SCIENCE])
    names = [area_name(build.study, str(code)) for code in growth["country_code"]]
    return (
        growth.assign(country_code=names).rename(columns={"country_code": "with"}).set_index("with")
    )


def list_counting(build: Build) -> pd.DataFrame:
    """Return whole and fractional counts of first and last year, with and without big science."""
    if not build.has(BIG_SCIENCE):
        return waiting_row(build)
    counted = compare_counting(build.study, build[BIG_SCIENCE])
    counted = counted[counted["first"] + counted["last"] > 0]
    names = [area_name(build.study, str(code)) for code in counted["country_code"]]
    return counted.assign(country_code=names).set_index(["country_code", "counting", "big_science"])


def tell_big_science(build: Build) -> str:
    """Return in words, as a Markdown list, how much of the growth big science carries."""
    if not build.has(BIG_SCIENCE):
        return f"{WAITING_FOR_ALL}."
    return _items(describe_growth_share(build.study, build[BIG_SCIENCE]))


def tables_without_big_science(build: Build) -> dict[str, pd.DataFrame]:
    """
    Return the institution's tables without big science.

    Parameters
    ----------
    build : Build
        A build of a full pull.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``institution_region``, ``institution_partners`` and ``fractional`` in the columns of the
        tables with it.

    Raises
    ------
    TableError
        If the build waits for a full pull.
    """
    return switch_off(build.study, {BIG_SCIENCE: build[BIG_SCIENCE]})


def tell_full_figure(build: Build, figure: str) -> str:
    """
    Return what a figure of the curve or of big science shows, and on how many works it rests.

    Parameters
    ----------
    build : Build
        The build.
    figure : str
        For instance ``curve_growth`` or ``big_science``.

    Returns
    -------
    str
        The figure's alternative text and the works behind it; or that it waits for a full pull.
    """
    if figure not in build.alt_texts:
        return f"{WAITING_FOR_ALL}."
    text = build.alt_texts[figure]
    if not figure.startswith("curve_"):
        table = build[BIG_SCIENCE]
        region = table[table["country_code"] == "region"]
        every, small = (
            int(region[name].sum()) for name in ("n_works", "n_works_without_big_science")
        )
        return f"{text} It rests on {every:,} works in all years, {small:,} without big science."
    table = build[CURVE]
    works = table.groupby("specification")["n_works_institution_region"].sum()
    own = table.loc[table["is_primary"], "n_works_institution_region"].sum()
    return (
        f"{text} It rests on {own:,} works in all years under the primary specification, "
        f"{works.min():,} to {works.max():,} under the others."
    )
