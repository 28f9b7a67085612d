"""
What claims are held against: our tables and the witnesses, as series of counts by source.

Also the two steps that several quantities share: the interval of a ratio and the comparison of a
tier of a ranking.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd

from bibliometrics import witnesses
from bibliometrics.claim_ledger import Claim
from bibliometrics.claim_rules import Finding
from bibliometrics.indicators import Place, kendall_tau, standings
from bibliometrics.study import Study, country_names
from bibliometrics.witness_files import witness_definitions

Z: Final = 1.959964
DRAWS, SEED = 2000, 20071016
NO_GROWTH: Final = "there is no growth from 0"


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that claims can be held against: our tables by name, and the witnesses as a frame."""

    study: Study
    published: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    name: str
    contradictions: Sequence[Mapping[str, Any]] = ()

    def table(self, name: str) -> pd.DataFrame:
        """Return one of our tables; without it, no row and no column."""
        return self.tables.get(name, pd.DataFrame())


Findings: TypeAlias = Iterator[Finding]
Quantities: TypeAlias = Mapping[str, Callable[[Claim, Evidence], Findings]]


@dataclass(frozen=True, eq=False)
class Series:
    """Counts of one source: by year, or by year (rows) and country (columns)."""

    evidence: str
    label: str
    is_own: bool
    counts: Any
    whole: Any = None
    note: str = ""


def names(codes: Iterable[str]) -> str:
    """Return countries as a list in words, for instance ``Ghana, Kenya``."""
    return ", ".join(country_names().get(str(code), str(code)) for code in codes)


def tell_places(places: Iterable[Place]) -> str:
    """Return places of a ranking in words; those who share one are said to be tied."""
    return ", ".join(
        f"{names(place.who)} {place.n_works:,.0f}"
        if len(place.who) == 1
        else f"{names(place.who)} tied at {place.n_works:,.0f}"
        for place in places
    )


def ratio_interval(
    ratio: float, counts: Iterable[float], wholes: Iterable[float] = ()
) -> tuple[float, float]:
    """
    Return the 95 % interval of a ratio of products of Poisson counts (delta method).

    Parameters
    ----------
    ratio : float
        The ratio, above 0.
    counts : iterable of float
        Every independent count in it: their inverses add up to the variance of the logarithm.
    wholes : iterable of float
        Counts that hold one of ``counts`` among them: their inverses are subtracted.

    Returns
    -------
    tuple of float
        Lower and upper end; NaN if the ratio or a count is 0.

    Examples
    --------
    >>> [round(end, 2) for end in ratio_interval(2.0, [100, 200])]
    [1.57, 2.54]
    >>> [round(end, 2) for end in ratio_interval(2.0, [100], [200])]
    [1.74, 2.3]
    """
    counts, wholes = list(counts), list(wholes)
    if not ratio > 0 or not all(count > 0 for count in [*counts, *wholes]):
        return math.nan, math.nan
    variance = sum(1 / count for count in counts) - sum(1 / count for count in wholes)
    reach = math.exp(Z * math.sqrt(max(variance, 0.0)))
    return ratio / reach, ratio * reach


def outputs(evidence: Evidence) -> Iterator[Series]:
    """
    Give the region's output of each source.

    Yields
    ------
    Series
        Counts by year; the whole is the world's, where the source has it.
    """
    own = evidence.table("region_output")
    if len(own):
        own = own.set_index("year")
        yield Series(evidence.name, "our counts", True, own["n_works_region"], own["n_works_world"])
    found = witnesses.region_series(evidence.published, evidence.study)
    for (key, label), rows in found.groupby(["witness", "label"]):
        rows = rows.set_index("year")
        parts = witness_definitions().witnesses[str(key)].regions[evidence.study.region.key]
        note = f"; {len(parts)} parts of the region added up" if len(parts) > 1 else ""
        counting = rows["counting"].iloc[0]
        note += f"; {counting} counting" if counting != "whole" else ""
        whole = rows["n_world"] if rows["n_world"].notna().all() else None
        yield Series(str(key), str(label), False, rows["n_works"], whole, note)


def countries(evidence: Evidence) -> Iterator[Series]:
    """
    Give the output of the region's members of each source.

    Yields
    ------
    Series
        Counts by year and country; the whole is the region's.
    """
    own, region = evidence.table("country_output"), evidence.table("region_output")
    if len(own) and len(region):
        wide = own.pivot(index="year", columns="country_code", values="n_works")
        whole = region.set_index("year")["n_works_region"]
        yield Series(evidence.name, "our counts", True, wide, whole)
    found = witnesses.country_series(evidence.published, evidence.study)
    whole_by = {series.evidence: series for series in outputs(evidence)}
    for (key, label), rows in found.groupby(["witness", "label"]):
        wide = rows.pivot(index="year", columns="country_code", values="n_works")
        if str(key) in whole_by and not wide.isna().to_numpy().any():
            source = whole_by[str(key)]
            yield Series(str(key), str(label), False, wide, source.counts, source.note)


def partners(evidence: Evidence) -> Iterator[Series]:
    """
    Give works of the region with its partners of each source.

    Yields
    ------
    Series
        Counts by year and partner country.
    """
    own = evidence.table("region_partners")
    if len(own):
        wide = own.pivot(index="year", columns="country_code", values="n_works")
        yield Series(evidence.name, "our counts", True, wide)
    found = witnesses.partner_series(evidence.published, evidence.study)
    for (key, label), rows in found.groupby(["witness", "label"]):
        wide = rows.pivot(index="year", columns="partner_code", values="n_pairs")
        yield Series(str(key), str(label), False, wide, note="; pairs of countries added up")


def tier(
    claim: Claim, counts: pd.Series[float], *, evidence: str, kind: str, label: str, note: str = ""
) -> Finding:
    """
    Compare a tier of a ranking with the countries that a claim names.

    Parameters
    ----------
    claim : Claim
        Names the countries, the rank of the first of them, and whether their order is claimed.
    counts : pandas.Series
        Works by country code.
    evidence, kind, label, note : str
        For the finding.

    Returns
    -------
    Finding
        ``observed`` countries found in the tier; the interval from 2,000 draws in which every
        count is Poisson; Kendall's tau of the order.
    """
    counts = counts[counts > 0].sort_index()
    places = slice(claim.first_rank - 1, claim.first_rank - 1 + len(claim.members))
    ranking = standings(counts)
    order = [str(code) for place in ranking for code in place.who]
    found = [code for code in order[places] if code in claim.members]
    drawn = np.random.default_rng(SEED).poisson(counts.to_numpy(dtype=float), (DRAWS, len(counts)))
    ranked = counts.index.to_numpy()[np.argsort(-drawn, axis=1, kind="stable")][:, places]
    hits = np.isin(ranked, list(claim.members)).sum(axis=1)
    low, high = np.quantile(hits, [0.025, 0.975], method="nearest")
    first = order[places][:1]
    leads = first == [claim.members[0]] if claim.ordered else bool(found) and first == found[:1]
    inside = [place for place in ranking if set(place.who) & set(order[places])]
    after = [place for place in ranking if place.rank > places.stop and place not in inside][:1]
    follows = f", then {tell_places(after)}" if after else ""
    tau = kendall_tau(claim.members, order)
    said = f"{label}: from rank {claim.first_rank} on {tell_places(inside) or 'nobody'}{follows}"
    if claim.ordered:
        said += f" (Kendall's tau {tau:.2f})"
    undecided = _undecided(claim, ranking, places)
    if undecided:
        return Finding(evidence, kind, said + note, not_counted=undecided)
    return Finding(
        evidence, kind, said + note, len(found), float(low), float(high), first_right=leads, tau=tau
    )


def _undecided(claim: Claim, ranking: Sequence[Place], places: slice) -> str:
    """Say why a tier can't be told from the rest: too few have any works, or a tie decides."""
    n_ranked = sum(len(place.who) for place in ranking)
    if n_ranked < places.stop:
        return f"only {n_ranked} countries have any works, the tier ends at rank {places.stop}"
    for place in ranking:
        last = place.rank - 1 + len(place.who)
        is_cut = any(place.rank - 1 < edge < last for edge in (places.start, places.stop))
        is_first = claim.ordered and place.rank - 1 == places.start and len(place.who) > 1
        if is_first or (is_cut and 0 < len(set(place.who) & set(claim.members)) < len(place.who)):
            return f"a tie decides, {tell_places([place])}"
    return ""
