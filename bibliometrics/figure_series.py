"""
The numbers of a picture: series over years, the largest countries, changes, intervals.

Pictures and their alternative texts are made from these same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bibliometrics.figure_data import Evidence, Group, country_name, is_share
from bibliometrics.indicators import Place, poisson_interval, share_interval, standings
from bibliometrics.study import Study

MOST_ROWS = 15
MOST_LINES = 6
MOST_PANELS = 24


def series_of(frame: pd.DataFrame, column: str, codes: Sequence[str] = ()) -> pd.DataFrame:
    """
    Return one value per year.

    Parameters
    ----------
    frame : pandas.DataFrame
        Needs ``year`` and ``column``; with ``codes`` also ``country_code``.
    column : str
        The column to take. Missing: the result is empty.
    codes : sequence of str
        Countries to add up; a year in which one of them is unknown stays unknown.

    Returns
    -------
    pandas.DataFrame
        Columns ``year`` and ``value`` (float), ascending years; empty when no value is known.

    Examples
    --------
    >>> frame = pd.DataFrame({"year": [2008, 2007], "n": [3, 2]})
    >>> series_of(frame, "n")["value"].tolist()
    [2.0, 3.0]
    """
    if column not in frame or frame.empty:
        return pd.DataFrame({"year": [], "value": []})
    chosen = frame[frame["country_code"].isin(list(codes))] if codes else frame
    values = chosen.assign(value=pd.to_numeric(chosen[column]).astype(float))
    grouped = values.groupby("year", sort=True)["value"]
    series = grouped.sum(min_count=max(1, len(codes))).rename("value").reset_index()
    return series if series["value"].notna().any() else series.iloc[:0]


def largest_codes(frame: pd.DataFrame, codes: Iterable[str], most: int = MOST_ROWS) -> list[str]:
    """
    Return the countries with most works in the last year, the largest first.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``year``, ``country_code``, ``n_works``.
    codes : iterable of str
        Countries to choose from; those not in the frame are left out.
    most : int
        How many to return at most.

    Returns
    -------
    list of str
        Their codes; equal works of the last year are ordered by those of all years, then by code.
    """
    known = frame[frame["country_code"].isin(list(codes)) & frame["n_works"].notna()]
    pooled = known.groupby("country_code")["n_works"].sum()
    last = known[known["year"] == known["year"].max()]
    ordered = last.assign(pooled=last["country_code"].map(pooled)).sort_values(
        ["n_works", "pooled", "country_code"], ascending=[False, False, True]
    )
    return [str(code) for code in ordered["country_code"].head(most)]


def first_places(frame: pd.DataFrame, codes: Iterable[str], most: int) -> list[Place]:
    """
    Return the first places by works of the last year: no country without works, ties as ties.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``year``, ``country_code``, ``n_works``.
    codes : iterable of str
        Countries to choose from.
    most : int
        Places are given while fewer countries than this stand on them.

    Returns
    -------
    list of Place
        The most works first.
    """
    known = frame[frame["country_code"].isin(list(codes)) & frame["n_works"].notna()]
    last = known[known["year"] == known["year"].max()]
    ranking = standings(last.set_index("country_code")["n_works"])
    return [place for place in ranking if place.rank <= most]


def known_evidence(evidence: Iterable[Evidence], *columns: str) -> list[Evidence]:
    """Return the evidence that has a value in one of the columns."""
    return [
        item
        for item in evidence
        if any(name in item.frame and item.frame[name].notna().any() for name in columns)
    ]


def member_groups(study: Study, frame: pd.DataFrame) -> list[Group]:
    """
    Return the members of the region that are drawn as lines, each on its own.

    The study's top country and featured countries; where it names none, the largest six.
    """
    codes = [code for code in (study.top_country, *study.featured_countries) if code]
    if not codes and "n_works" in frame:
        codes = largest_codes(frame, study.region.codes, MOST_LINES)
    return [Group(country_name(code), (code,)) for code in dict.fromkeys(codes)][:MOST_LINES]


def share_groups(study: Study, frame: pd.DataFrame) -> list[Group]:
    """Return the top country, and the featured countries together; else the largest members."""
    groups = [Group(country_name(code), (code,)) for code in (study.top_country,) if code]
    if len(study.featured_countries) > 1:
        name = f"{' + '.join(study.featured_countries)}, added up"
        groups.append(Group(name, study.featured_countries))
    return groups or member_groups(study, frame)


@dataclass(frozen=True, eq=False)
class Change:
    """Works by country in the first and last year with a count: ``works`` has ``first, last``."""

    works: pd.DataFrame
    first_year: int
    last_year: int

    @property
    def has_two(self) -> bool:
        """Say whether there are two years to compare."""
        return self.first_year < self.last_year

    def text_of(self, first: float, last: float) -> str:
        """Return the difference with its sign; empty where a year or a count is missing."""
        is_known = self.has_two and np.isfinite([first, last]).all()
        if not is_known:
            return ""
        return f"{last - first:+,.0f}".replace("-", "−") if last != first else "±0"


def change_of(frame: pd.DataFrame) -> Change:
    """
    Return the works of each country in the first and last year with a count.

    Examples
    --------
    >>> rows = [(2007, "ES", 5), (2007, "FR", 2), (2016, "ES", 9), (2016, "FR", 1)]
    >>> change = change_of(pd.DataFrame(rows, columns=["year", "country_code", "n_works"]))
    >>> [change.text_of(*change.works.loc[code]) for code in ("ES", "FR")]
    ['+4', '−1']
    """
    known = frame[frame["n_works"].notna()]
    first, last = int(known["year"].min()), int(known["year"].max())
    by_year = known.pivot(index="country_code", columns="year", values="n_works").astype(float)
    return Change(pd.DataFrame({"first": by_year[first], "last": by_year[last]}), first, last)


def pool_years(frame: pd.DataFrame, codes: Iterable[str]) -> pd.DataFrame:
    """
    Add up the works of all years.

    Returns
    -------
    pandas.DataFrame
        ``country_code`` and ``n_works``, the largest first; rows of unknown counts are left out.
    """
    chosen = frame[frame["country_code"].isin(list(codes)) & frame["n_works"].notna()]
    pooled = chosen.groupby("country_code", sort=True)["n_works"].sum().reset_index()
    return pooled.sort_values(["n_works", "country_code"], ascending=[False, True]).reset_index(
        drop=True
    )


def largest_pooled(study: Study, frame: pd.DataFrame, most: int = MOST_PANELS) -> list[str]:
    """Return the members with any works, those with most in all years first."""
    pooled = pool_years(frame, study.region.codes)
    return [str(code) for code in pooled.loc[pooled["n_works"] > 0, "country_code"].head(most)]


def _outside(study: Study, frame: pd.DataFrame) -> list[str]:
    return [code for code in frame["country_code"].unique() if code not in study.region.codes]


def pooled_places(study: Study, frame: pd.DataFrame) -> list[Place]:
    """Return the ranking of the partners outside the region, years pooled."""
    pooled = pool_years(frame, _outside(study, frame))
    return standings(pooled.set_index("country_code")["n_works"])


def partner_rows(study: Study, frame: pd.DataFrame, most: int = MOST_ROWS) -> pd.DataFrame:
    """
    Return the largest partners outside the region, years pooled, and always the home country.

    Returns
    -------
    pandas.DataFrame
        ``rank`` (1 is the largest; equal counts share a rank; missing without works),
        ``country_code``, ``n_works``; the largest first.
    """
    pooled = pool_years(frame, _outside(study, frame))
    ranks = {code: place.rank for place in pooled_places(study, frame) for code in place.who}
    pooled.insert(0, "rank", pooled["country_code"].map(ranks).astype("Int64"))
    return pooled[(pooled.index < most) | pooled["country_code"].isin(study.home)]


def rank_texts(rows: pd.DataFrame) -> list[str]:
    """
    Return the ranks of :func:`partner_rows` as texts: ``2=`` for a tie, a dash without works.

    Examples
    --------
    >>> rank_texts(pd.DataFrame({"rank": pd.array([1, 2, 2, None], dtype="Int64")}))
    ['1', '2=', '2=', '–']
    """
    tied = rows["rank"].duplicated(keep=False)
    return [
        "–" if pd.isna(rank) else f"{rank}{'=' if same else ''}"
        for rank, same in zip(rows["rank"], tied, strict=True)
    ]


def add_interval(series: pd.DataFrame, column: str, parts: pd.DataFrame) -> pd.DataFrame:
    """
    Add the 95 % interval of each value as ``low`` and ``high``.

    Parameters
    ----------
    series : pandas.DataFrame
        ``year`` and ``value``.
    column : str
        What the values are: counts get Poisson intervals, shares exact ones.
    parts : pandas.DataFrame
        ``year`` and ``value``: for shares the counts above the line. The whole is count / share;
        no interval where the share is 0 or unknown.

    Returns
    -------
    pandas.DataFrame
        The series with the columns ``low`` and ``high``.
    """
    value = series["value"].to_numpy()
    if not is_share(column):
        low, high = poisson_interval(value)
        return series.assign(low=low, high=high)
    count = series["year"].map(parts.set_index("year")["value"]).to_numpy(dtype=float)
    whole = np.full_like(value, np.nan)
    np.divide(count, value, out=whole, where=value > 0)
    low, high = share_interval(np.where(value > 0, count, np.nan), np.round(whole))
    return series.assign(low=low, high=high)


def first_frame(evidence: Sequence[Evidence]) -> pd.DataFrame:
    """Return the frame of the first evidence, or an empty one."""
    return evidence[0].frame if evidence else pd.DataFrame()
