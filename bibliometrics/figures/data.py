"""
What figures are drawn from: sources, evidence, a paper's stated values; and how values are written.

Knows no drawing library: the alternative texts are made from the same values as the pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from bibliometrics.claims.quantities import QUANTITIES
from bibliometrics.claims.rules import Test
from bibliometrics.errors import InputError
from bibliometrics.study.model import Study, country_names
from bibliometrics.tables.answers import provisional_years
from bibliometrics.tables.indicators import Place, poisson_interval, share_interval, standings

CONTRADICTORY: Final = "Contradictory counts"


@dataclass(frozen=True)
class Source:
    """
    Where numbers come from.

    ``label`` is short and stands beside a line; ``date`` is the day of the pull or publication;
    ``definition`` says in a few words what was counted; ``counting`` names the counting method;
    ``warning`` says why its counts can't all be right; ``key`` is the witness's name in files;
    ``is_floor`` says that there are at least so many.
    """

    label: str
    date: str = ""
    definition: str = ""
    counting: str = "whole counting"
    is_synthetic: bool = False
    is_witness: bool = False
    warning: str = ""
    key: str = ""
    is_floor: bool = False

    @property
    def provisional(self) -> tuple[int, ...]:
        """Return the years before our pull to which works are still added."""
        return () if self.is_witness or self.is_synthetic else provisional_years(self.date)


@dataclass(frozen=True, eq=False)
class Evidence:
    """A tidy frame in the columns of its table, and its source. Columns may be missing or NaN."""

    frame: pd.DataFrame
    source: Source


@dataclass(frozen=True)
class Stated:
    """
    A value that the paper states, to be marked in a figure of real data.

    ``column`` is the column of the figure's table that the value speaks of, or ``rank``. Without
    ``year`` it holds for all years. ``country_codes`` and ``field`` narrow it down. ``label``
    replaces the number, for instance ``about half``.
    """

    column: str
    value: float
    label: str = ""
    year: int | None = None
    country_codes: tuple[str, ...] = ()
    field: str = ""


@dataclass(frozen=True)
class Group:
    """Countries drawn as one line, and the line's name."""

    label: str
    codes: tuple[str, ...]


def check_kinds(evidence: Iterable[Evidence], stated: Iterable[Stated] = ()) -> None:
    """Check that synthetic data stand alone."""
    synthetic = [item.source.label for item in evidence if item.source.is_synthetic]
    real = [item.source.label for item in evidence if not item.source.is_synthetic]
    if synthetic and any(True for _ in stated):
        message = f"synthetic data ({', '.join(synthetic)}) can't stand beside a paper's values."
        raise InputError(message, "leave out the stated values")
    if synthetic and real:
        both = f"synthetic data ({', '.join(synthetic)}) and real data ({', '.join(real)})"
        message = f"{both} can't stand in one figure."
        raise InputError(message, "draw them apart")


def format_count(value: float) -> str:
    """
    Return a count with thousands separators.

    >>> [format_count(value) for value in (46000, 0, 12.5)]
    ['46,000', '0', '12.5']
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def format_share(value: float) -> str:
    """
    Return a share as a percentage with one decimal, or two digits where it is below 0.1 %.

    >>> [format_share(share) for share in (0.0534, 0.000123, 0.0)]
    ['5.3 %', '0.012 %', '0.0 %']
    """
    return f"{100 * value:.2g} %" if 0 < value < 0.001 else f"{100 * value:.1f} %"


def counting_label(what: str, sources: Iterable[Source]) -> str:
    """
    Return an axis label with unit and counting method.

    >>> counting_label("works per year", [Source("A"), Source("B", counting="fractional counting")])
    'works per year, whole counting (B: fractional counting)'
    """
    listed = list(sources)
    method = listed[0].counting if listed else "whole counting"
    others = [f"{item.label}: {item.counting}" for item in listed if item.counting != method]
    return f"{what}, {method}" + (f" ({'; '.join(dict.fromkeys(others))})" if others else "")


def note_of(source: Source) -> str:
    """
    Return label, date and definition of a source, with a dot filled or hollow like its markers.

    >>> note_of(Source("OpenAlex", "2026-11-22", "articles and reviews"))
    '● OpenAlex, 2026-11-22: articles and reviews'
    """
    marked = f"{'○' if source.is_witness else '●'} {source.label}"
    dated = f"{marked}, {source.date}" if source.date else marked
    return f"{dated}: {source.definition}" if source.definition else dated


def is_share(column: str) -> bool:
    """Say whether a column holds shares from 0 to 1."""
    return column.startswith("share")


def format_value(value: float, column: str) -> str:
    """Return a count or share of a column as text."""
    return format_share(value) if is_share(column) else format_count(value)


def country_name(code: str) -> str:
    """Return the name of a country, or the code itself where it is no country's."""
    return country_names().get(code, code)


def period(study: Study) -> str:
    """Return the years of a study as text."""
    first, last = study.years
    return str(first) if first == last else f"{first}–{last}"


MOST_ROWS = 15
MOST_LINES = 6
MOST_PANELS = 24


def series_of(frame: pd.DataFrame, column: str, codes: Sequence[str] = ()) -> pd.DataFrame:
    """
    Return one value per year.

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
    """Return the countries with most works in the last year, the largest first."""
    known = frame[frame["country_code"].isin(list(codes)) & frame["n_works"].notna()]
    pooled = known.groupby("country_code")["n_works"].sum()
    last = known[known["year"] == known["year"].max()]
    ordered = last.assign(pooled=last["country_code"].map(pooled)).sort_values(
        ["n_works", "pooled", "country_code"], ascending=[False, False, True]
    )
    return [str(code) for code in ordered["country_code"].head(most)]


def first_places(frame: pd.DataFrame, codes: Iterable[str], most: int) -> list[Place]:
    """Return the first places by works of the last year: no country without works, ties as ties."""
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
    """Add up the works of all years."""
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
    """Return the largest partners outside the region, years pooled, and always the home country."""
    pooled = pool_years(frame, _outside(study, frame))
    ranks = {code: place.rank for place in pooled_places(study, frame) for code in place.who}
    pooled.insert(0, "rank", pooled["country_code"].map(ranks).astype("Int64"))
    return pooled[(pooled.index < most) | pooled["country_code"].isin(study.home)]


def rank_texts(rows: pd.DataFrame) -> list[str]:
    """
    Return the ranks of :func:`partner_rows` as texts: ``2=`` for a tie, a dash without works.

    >>> rank_texts(pd.DataFrame({"rank": pd.array([1, 2, 2, None], dtype="Int64")}))
    ['1', '2=', '2=', '–']
    """
    tied = rows["rank"].duplicated(keep=False)
    return [
        "–" if pd.isna(rank) else f"{rank}{'=' if same else ''}"
        for rank, same in zip(rows["rank"], tied, strict=True)
    ]


def add_interval(series: pd.DataFrame, column: str, parts: pd.DataFrame) -> pd.DataFrame:
    """Add the 95 % interval of each value as ``low`` and ``high``."""
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


def say_stated(test: Test) -> str:
    """Return a stated share as the rounded number that it is; other values speak for themselves."""
    if QUANTITIES[test.quantity].unit != "share" or test.stated is None:
        return ""
    return f"about {100 * test.stated:.0f} %"
