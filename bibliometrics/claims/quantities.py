"""
What claims are held against: our tables and the witnesses, as series of counts by source.

Also the two steps that several quantities share: the interval of a ratio and the comparison of a
tier of a ranking.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd

from bibliometrics.claims import evidence as witnesses
from bibliometrics.claims.ledger import Claim, field_crosswalk
from bibliometrics.claims.rules import Finding, Part, tolerance
from bibliometrics.claims.witnesses import witness_definitions
from bibliometrics.study.model import Study, country_names
from bibliometrics.tables.indicators import (
    Place,
    compound_growth_rate,
    growth_factor,
    growth_factor_interval,
    kendall_tau,
    leaders,
    log_linear_growth_rate,
    poisson_interval,
    share_interval,
    standings,
)

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
    """Give the region's output of each source."""
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
    """Give the output of the region's members of each source."""
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
    """Give works of the region with its partners of each source."""
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
    """Compare a tier of a ranking with the countries that a claim names."""
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


MOST_NAMED: Final = 5


def _of_nothing(source: Series, whole: str) -> Finding:
    """Return the finding that there is no whole to take a share of."""
    said = f"{source.label}: no works of {whole}{source.note}"
    return Finding(source.evidence, "direct", said, not_counted="a share of nothing is unknown")


def _overlaps(place: Place, start: int, stop: int) -> bool:
    """Say whether those who share a place have one of the ranks from ``start`` to ``stop`` - 1."""
    return place.rank < stop and place.rank + len(place.who) > start


def _region_output(claim: Claim, evidence: Evidence) -> Findings:
    """Works of the region in the claim's year; a witness's level is calibration."""
    for source in outputs(evidence):
        if claim.year not in source.counts.index:
            continue
        count = float(source.counts[claim.year])
        low, high = poisson_interval(count)
        kind = "direct" if source.is_own else "calibration"
        said = f"{source.label}: {count:,.0f} works of the region in {claim.year}{source.note}"
        yield Finding(source.evidence, kind, said, count, low, high)


def _region_output_growth(claim: Claim, evidence: Evidence) -> Findings:
    """Growth of the region's output from the study's first to its last year."""
    first, last = evidence.study.years
    for source in outputs(evidence):
        if first == last or not {first, last} <= set(source.counts.index):
            continue
        ends = float(source.counts[first]), float(source.counts[last])
        if not ends[0] > 0:
            said = f"{source.label}: 0 works in {first}, {ends[1]:,.0f} in {last}{source.note}"
            yield Finding(source.evidence, "direct", said, not_counted=NO_GROWTH)
            continue
        factor = float(growth_factor(*ends))
        low, high = growth_factor_interval(*ends)
        said = (
            f"{source.label}: {ends[0]:,.0f} works in {first} and {ends[1]:,.0f} in {last}, "
            f"{100 * (factor - 1):+.1f} %{source.note}"
        )
        yield Finding(source.evidence, "direct", said, factor, low, high)


def _region_output_rises(claim: Claim, evidence: Evidence) -> Findings:
    """Years with more works of the region than the year before, of those that can be compared."""
    for source in outputs(evidence):
        if len(source.counts) < 2 or not set(evidence.study.year_range) <= set(source.counts.index):
            continue
        values = source.counts.sort_index().astype(float)
        before, after = values.to_numpy()[:-1], values.to_numpy()[1:]
        low, high = growth_factor_interval(before, after)
        rises = int((after > before).sum())
        least = int(np.argmin(after - before))
        said = (
            f"{source.label}: more works than the year before in {rises} of {len(after)} years, "
            f"the smallest step from {before[least]:,.0f} to {after[least]:,.0f} in "
            f"{values.index[least + 1]}{source.note}"
        )
        sure, possible = int((low > 1).sum()), int((high > 1).sum())
        yield Finding(source.evidence, "direct", said, rises, sure, possible)


def _region_share_of_world(claim: Claim, evidence: Evidence) -> Findings:
    """Share of the region in the world's works, years pooled, and in each year."""
    for source in outputs(evidence):
        if source.whole is None or not set(evidence.study.year_range) <= set(source.counts.index):
            continue
        part, whole = float(source.counts.sum()), float(source.whole.sum())
        if not whole > 0:
            yield _of_nothing(source, "the world")
            continue
        low, high = share_interval(part, whole)
        yearly = (source.counts / source.whole).sort_index()
        said = (
            f"{source.label}: {100 * part / whole:.2f} % of the world's works, "
            f"{100 * yearly.iloc[0]:.2f} % in {yearly.index[0]} and "
            f"{100 * yearly.iloc[-1]:.2f} % in {yearly.index[-1]}{source.note}"
        )
        yield Finding(
            source.evidence,
            "direct",
            said,
            part / whole,
            low,
            high,
            series=tuple(float(value) for value in yearly),
            base=part,
        )


def _country_share(claim: Claim, evidence: Evidence) -> Findings:
    """Share of the claim's countries, added up, in the region's works, years pooled."""
    members = list(claim.members)
    for source in countries(evidence):
        if not set(members) <= set(source.counts.columns):
            continue
        part, whole = float(source.counts[members].sum().sum()), float(source.whole.sum())
        if not whole > 0:
            yield _of_nothing(source, "the region")
            continue
        low, high = share_interval(min(part, whole), whole)
        yearly = source.counts[members].sum(axis=1) / source.whole
        of_sum = part / float(source.counts.sum().sum())
        said = (
            f"{source.label}: {names(members)} {100 * part / whole:.1f} % of the region's works, "
            f"{100 * yearly.iloc[0]:.1f} % in {yearly.index[0]} and {100 * yearly.iloc[-1]:.1f} % "
            f"in {yearly.index[-1]}, and {100 * of_sum:.1f} % of the sum of its countries"
            f"{source.note}"
        )
        yield Finding(source.evidence, "direct", said, part / whole, low, high, base=whole)


def _output_tier(claim: Claim, evidence: Evidence) -> Findings:
    """Countries found in a tier of the region's output, years pooled."""
    for source in countries(evidence):
        last = standings(source.counts.loc[evidence.study.years[1]])
        ends = claim.first_rank, claim.first_rank + len(claim.members)
        inside = [place for place in last if _overlaps(place, *ends)]
        told = ", ".join(" = ".join(names([code]) for code in place.who) for place in inside)
        note = f"; in {evidence.study.years[1]} alone {told or 'nobody'}"
        yield tier(
            claim,
            source.counts.sum(),
            evidence=source.evidence,
            kind="direct",
            label=source.label,
            note=note,
        )


def _partner_tier(claim: Claim, evidence: Evidence) -> Findings:
    """Countries found in a tier of the region's partners, years pooled."""
    for source in partners(evidence):
        yield tier(
            claim,
            source.counts.sum(),
            evidence=source.evidence,
            kind="direct",
            label=source.label,
            note=source.note,
        )


def _compare(source: Series, tops: Sequence[str], bottoms: Sequence[str]) -> Finding | None:
    """Set the largest of some partners over the largest of others, years pooled."""
    pooled = source.counts.sum()
    if not set(tops) & set(pooled.index) or not set(bottoms) & set(pooled.index):
        return None
    best = [leaders(pooled.reindex(list(codes))) for codes in (tops, bottoms)]
    if not all(best):
        who = " and ".join(names(codes) for codes in (tops, bottoms) if len(codes) <= MOST_NAMED)
        return Finding(
            source.evidence,
            "direct",
            f"{source.label}: no works with {who or 'any of them'}{source.note}",
            not_counted="there is nothing to compare",
        )
    top, bottom = (codes[0] for codes in best)
    tied = names(best[1]) + (" tied at" if len(best[1]) > 1 else "")
    ratio = float(pooled[top] / pooled[bottom])
    low, high = ratio_interval(ratio, [float(pooled[top]), float(pooled[bottom])])
    yearly = (source.counts[top] / source.counts[bottom]).dropna()
    named = list(tops) if len(tops) <= MOST_NAMED else best[0]
    told = ", ".join(f"{names([code])} {pooled[code]:,.0f}" for code in named if code in pooled)
    said = (
        f"{source.label}: {told}, {tied} {pooled[bottom]:,.0f}, a ratio of {ratio:.2f}, "
        f"between {yearly.min():.2f} and {yearly.max():.2f} in single years{source.note}"
    )
    return Finding(source.evidence, "direct", said, ratio, low, high)


def _partner_margin(claim: Claim, evidence: Evidence) -> Findings:
    """Works with the claim's partner over works with the largest of all others."""
    for source in partners(evidence):
        others = [code for code in source.counts.columns if code not in claim.members]
        found = _compare(source, claim.members, others)
        if found:
            yield found


def _partner_ratio(claim: Claim, evidence: Evidence) -> Findings:
    """Works with the largest of the claim's partners over works with another."""
    for source in partners(evidence):
        found = _compare(source, claim.members, [claim.against])
        if found:
            yield found


def _partners_growth(claim: Claim, evidence: Evidence) -> Findings:
    """Growth of works with the slowest of the claim's partners."""
    first, last = evidence.study.years
    for source in partners(evidence):
        ends = source.counts.reindex(index=[first, last], columns=list(claim.members)).astype(float)
        if first == last or ends.isna().to_numpy().any():
            continue
        if not (ends.iloc[0] > 0).all():
            none = [str(code) for code in ends.columns[~(ends.iloc[0] > 0)]]
            said = f"{source.label}: no works with {names(none)} in {first}{source.note}"
            yield Finding(source.evidence, "direct", said, not_counted=NO_GROWTH)
            continue
        factors = ends.iloc[1] / ends.iloc[0]
        slowest = str(factors.idxmin())
        low, high = growth_factor_interval(*ends[slowest])
        told = ", ".join(f"{names([str(code)])} {factors[code]:.1f}" for code in factors.index)
        said = f"{source.label}: growth factors {first} to {last}: {told}{source.note}"
        yield Finding(source.evidence, "direct", said, float(factors[slowest]), low, high)


REGION: Final[Quantities] = MappingProxyType(
    {
        "country_share": _country_share,
        "output_tier": _output_tier,
        "partner_margin": _partner_margin,
        "partner_ratio": _partner_ratio,
        "partner_tier": _partner_tier,
        "partners_growth": _partners_growth,
        "region_output": _region_output,
        "region_output_growth": _region_output_growth,
        "region_output_rises": _region_output_rises,
        "region_share_of_world": _region_share_of_world,
    }
)


AT_EITHER_END: Final = 3  # years pooled at either end where single years are too small


def _own(evidence: Evidence) -> pd.DataFrame | None:
    """Return our counts of institution and region by year; None before a pull."""
    table = evidence.table("institution_region")
    return table.set_index("year").sort_index() if len(table) else None


def _bounds(evidence: Evidence) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Give evidence, label and bounds of works of home and region by year."""
    found = witnesses.home_bounds(evidence.published, evidence.study)
    for (key, label), rows in found.groupby(["witness", "label"]):
        yield str(key), str(label), rows.set_index("year")


def _row(frame: pd.DataFrame, year: int) -> dict[str, float]:
    """Return the bounds of one year."""
    return {end: float(frame[end][year]) for end in ("low", "high")}


def _members(evidence: Evidence) -> Iterator[tuple[str, Series]]:
    """Give kind and works with each member by year: the institution's, then the home country's."""
    own, whole = evidence.table("institution_partners"), _own(evidence)
    if len(own) and whole is not None:
        wide = own.pivot(index="year", columns="country_code", values="n_works")
        total = whole["n_works_institution_region"]
        yield "direct", Series(evidence.name, "our counts", True, wide, total)
    found = witnesses.home_pairs(evidence.published, evidence.study)
    note = f"; works of all {evidence.study.home_name}"
    for (key, label), rows in found.groupby(["witness", "label"]):
        wide = rows.pivot(index="year", columns="country_code", values="n_works")
        yield "proxy", Series(str(key), str(label), False, wide, wide.sum(axis=1), note)


def _institution_region(claim: Claim, evidence: Evidence) -> Findings:
    """Works of institution and region in the claim's year; beside them bounds of the home's."""
    own, short = _own(evidence), evidence.study.institution.short
    if own is not None and claim.year in own.index:
        count = float(own["n_works_institution_region"][claim.year])
        low, high = poisson_interval(count)
        yield Finding(
            evidence.name,
            "direct",
            f"our counts: {count:,.0f} works of {short} and the region in {claim.year}",
            count,
            low,
            high,
        )
    for key, label, bounds in _bounds(evidence):
        if claim.year in bounds.index:
            low, high = (float(bounds[end][claim.year]) for end in ("low", "high"))
            said = (
                f"{label}: all {evidence.study.home_name} has between {low:,.0f} and {high:,.0f} "
                f"works with the region in {claim.year}; those of {short} are among them"
            )
            yield Finding(key, "proxy", said, low=low, high=high)


def _growth(evidence: Evidence) -> Iterator[tuple[str, str, str, float, float, float]]:
    """Give evidence, kind, a clause, and the growth factor with interval or bounds."""
    first, last = evidence.study.years
    if first == last:
        return
    own = _own(evidence)
    counts = own["n_works_institution_region"].astype(float) if own is not None else pd.Series()
    if {first, last} <= set(counts.index):
        low, high = growth_factor_interval(counts[first], counts[last])
        said = (
            f"our counts: {counts[first]:,.0f} works in {first} and {counts[last]:,.0f} in {last}"
        )
        factor = float(growth_factor(counts[first], counts[last]))
        yield evidence.name, "direct", said, factor, float(low), float(high)
    for key, label, bounds in _bounds(evidence):
        before, after = _row(bounds, first), _row(bounds, last)
        said = (
            f"{label}: works of all {evidence.study.home_name} with the region, pairs added up, "
            f"{before['high']:,.0f} in {first} and {after['high']:,.0f} in {last}; distinct works "
            f"{before['low']:,.0f} to {before['high']:,.0f} and {after['low']:,.0f} to "
            f"{after['high']:,.0f}"
        )
        ends = after["low"] / before["high"], after["high"] / before["low"]
        factor = after["high"] / before["high"]
        yield key, "proxy", said, float(factor), float(ends[0]), float(ends[1])


def _institution_region_growth(claim: Claim, evidence: Evidence) -> Findings:
    """Growth of works of institution and region from the first to the last year."""
    for key, kind, said, factor, low, high in _growth(evidence):
        if math.isnan(factor):
            yield Finding(key, kind, said, not_counted=NO_GROWTH)
            continue
        said = f"{said}, a factor of {factor:.2f} ({low:.2f} to {high:.2f})"
        yield Finding(key, kind, said, factor, low, high)


def _institution_region_rate(claim: Claim, evidence: Evidence) -> Findings:
    """Compound growth per year of works of institution and region; the fitted rate is told."""
    intervals = evidence.study.years[1] - evidence.study.years[0]
    for key, kind, said, *factors in _growth(evidence):
        if math.isnan(factors[0]):
            yield Finding(key, kind, said, not_counted=NO_GROWTH)
            continue
        rate, low, high = (float(compound_growth_rate(1, end, intervals)) for end in factors)
        said = f"{said}, {100 * rate:.1f} % a year ({100 * low:.1f} to {100 * high:.1f})"
        own = _own(evidence)
        if kind == "direct" and own is not None:
            fit = log_linear_growth_rate(own.index, own["n_works_institution_region"])
            said += f"; a line through the logarithms gives {100 * fit.rate:.1f} %"
        yield Finding(key, kind, said, rate, low, high)


def _institution_share_of_home(claim: Claim, evidence: Evidence) -> Findings:
    """Share of the institution in its home country's works with the region, years pooled."""
    own = _own(evidence)
    if own is None:
        return
    part = float(own["n_works_institution_region"].sum())
    whole = float(own["n_works_home_region"].sum())
    home, short = evidence.study.home_name, evidence.study.institution.short
    if not whole > 0 or part > whole:  # institutes abroad can make the part the greater
        said = f"our counts: {part:,.0f} works of {short} and the region, {whole:,.0f} of {home}"
        why = "a share of nothing is unknown" if part <= whole else f"{short} is not within {home}"
        yield Finding(evidence.name, "direct", said, not_counted=why)
        return
    low, high = share_interval(part, whole)
    said = (
        f"our counts: {part:,.0f} of {whole:,.0f} works of {home} with the "
        f"region are works of {short}, {100 * part / whole:.1f} %"
    )
    yield Finding(evidence.name, "direct", said, part / whole, low, high, base=whole)


def _institution_first_partner(claim: Claim, evidence: Evidence) -> Findings:
    """Years in which the claim's country has more works than every other member."""
    code = claim.members[0]
    for kind, source in _members(evidence):
        if code not in source.counts.columns:
            continue
        others = source.counts.drop(columns=code)
        mine, best = source.counts[code].astype(float), others.max(axis=1).astype(float)
        low, high = growth_factor_interval(best, mine)
        said = f"{source.label}: {names([code])} leads in {int((mine > best).sum())} years"
        firsts = {year: leaders(row) for year, row in source.counts.sort_index().iterrows()}
        for first in sorted(set(firsts.values()) - {(code,)}):
            when = ", ".join(str(year) for year, who in firsts.items() if who == first)
            tied = " tied" if len(first) > 1 else ""
            said += f", {names(first) or 'nobody'}{tied} in {when}"
        undecided = [year for year, who in firsts.items() if len(who) != 1]
        if undecided and (mine >= best).all():
            when = ", ".join(map(str, undecided))
            why = f"a tie or no works at all leave the first place open in {when}"
            yield Finding(source.evidence, kind, said + source.note, not_counted=why)
            continue
        yield Finding(
            source.evidence,
            kind,
            said + source.note,
            int((mine > best).sum()),
            int(np.sum(low > 1)),
            int(np.sum(~(high < 1))),
        )


def _institution_partner_share(claim: Claim, evidence: Evidence) -> Findings:
    """Share of the claim's country in works of institution and region in the claim's year."""
    code = claim.members[0]
    for kind, source in _members(evidence):
        if code not in source.counts.columns or claim.year not in source.counts.index:
            continue
        part, whole = float(source.counts.loc[claim.year, code]), float(source.whole[claim.year])
        if not whole > 0:
            said = f"{source.label}: no works with the region in {claim.year}{source.note}"
            yield Finding(source.evidence, kind, said, not_counted="a share of nothing is unknown")
            continue
        said = f"{source.label}: {part:,.0f} works with {names([code])} in {claim.year}"
        if kind == "direct":
            low, high = share_interval(part, whole)
            said += f" of {whole:,.0f}, {100 * part / whole:.1f} %"
            observed: float | None = part / whole
        else:
            largest = float(source.counts.loc[claim.year].max())
            low, high, observed = part / whole, min(1.0, part / largest), None
            said += f" of {largest:,.0f} to {whole:,.0f} distinct, {100 * low:.0f} % or more"
        yield Finding(source.evidence, kind, said + source.note, observed, low, high, base=whole)


def _institution_partner_growth(claim: Claim, evidence: Evidence) -> Findings:
    """Growth with the slowest of the claim's countries over growth with the whole region."""
    for kind, source in _members(evidence):
        counts = source.counts.sort_index()
        if not set(claim.members) <= set(counts.columns) or len(counts) < 2 * AT_EITHER_END:
            continue
        whole = source.whole.sort_index()
        first, last = counts.iloc[:AT_EITHER_END].sum(), counts.iloc[-AT_EITHER_END:].sum()
        ends = float(whole.iloc[:AT_EITHER_END].sum()), float(whole.iloc[-AT_EITHER_END:].sum())
        mine = {code: (float(first[code]), float(last[code])) for code in claim.members}
        if not min(ends) > 0 or not all(before > 0 for before, _ in mine.values()):
            told = ", ".join(f"{names([code])} {pair[0]:,.0f}" for code, pair in mine.items())
            said = (
                f"{source.label}: in the first {AT_EITHER_END} years {told}, the region "
                f"{ends[0]:,.0f}; in the last {AT_EITHER_END} the region {ends[1]:,.0f}"
            )
            yield Finding(source.evidence, kind, said + source.note, not_counted=NO_GROWTH)
            continue
        growth = {code: after / before for code, (before, after) in mine.items()}
        slowest = min(growth, key=lambda code: growth[code])
        ratio = growth[slowest] / (ends[1] / ends[0])
        low, high = ratio_interval(ratio, mine[slowest], ends)
        told = ", ".join(f"{names([code])} {growth[code]:.2f}" for code in claim.members)
        said = (
            f"{source.label}: growth from the first {AT_EITHER_END} to the last {AT_EITHER_END} "
            f"years {told}, the region {ends[1] / ends[0]:.2f}{source.note}"
        )
        yield Finding(source.evidence, kind, said, ratio, low, high)


def _institution_partner_tier(claim: Claim, evidence: Evidence) -> Findings:
    """Countries found in a tier of the institution's partners, years pooled."""
    for kind, source in _members(evidence):
        counts = source.counts.sum()
        yield tier(
            claim, counts, evidence=source.evidence, kind=kind, label=source.label, note=source.note
        )


def _weights(evidence: Evidence) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """
    Give evidence, label and the region's weight in the home country's international works.

    One row a year: ``low`` from the largest pair, ``high`` from the sum of pairs.
    """
    home = list(evidence.study.home)
    frame = witnesses.as_frame(evidence.published)
    frame = frame[(frame["quantity"] == "international_works") & frame["country_code"].isin(home)]
    for key, label, bounds in _bounds(evidence):
        whole = frame[frame["witness"] == key].groupby("year")["value"].sum()
        if len(home) == 1 and set(bounds.index) <= set(whole.index):
            whole = whole.reindex(bounds.index)
            yield key, label, bounds[["low", "high"]].div(whole, axis=0)


def _home_region_weight(claim: Claim, evidence: Evidence) -> Findings:
    """
    Growth of the region's weight in the home country's works, first to last year.

    From our tables the affinity index of region and home; from a witness the region's share in
    the home country's international works, with bounds.
    """
    first, last = evidence.study.years
    if first == last:
        return
    own = evidence.table("region_partners")
    if len(own) and len(evidence.study.home) == 1:
        rows = own[own["country_code"] == evidence.study.home[0]].set_index("year")
        ends: Any = rows.reindex([first, last])[["n_works", "affinity"]].astype(float)
        ratio = float(ends["affinity"].iloc[1] / ends["affinity"].iloc[0])
        low, high = ratio_interval(ratio, [float(count) for count in ends["n_works"]])
        said = (
            f"our counts: affinity index of the region and {evidence.study.home_name} "
            f"{ends['affinity'].iloc[0]:.2f} in {first}, {ends['affinity'].iloc[1]:.2f} in {last}"
        )
        why = "" if 0 < ratio < math.inf else "the affinity index is 0 or unknown in one of them"
        known = {"not_counted": why} if why else {"observed": ratio, "low": low, "high": high}
        yield Finding(evidence.name, "direct", said, **known)
    for key, label, weights in _weights(evidence):
        before, after = _row(weights, first), _row(weights, last)
        told = {end: f"{100 * before[end]:.2f}" for end in before}
        then = {end: f"{100 * after[end]:.2f}" for end in after}
        said = (
            f"{label}: the region's share in international works of {evidence.study.home_name}, "
            f"pairs added up, {told['high']} % in {first} and {then['high']} % in {last}; distinct "
            f"works {told['low']} to {told['high']} % and {then['low']} to {then['high']} %"
        )
        ratio = after["high"] / before["high"]
        bounds = after["low"] / before["high"], after["high"] / before["low"]
        yield Finding(key, "direct", said, ratio, *bounds)


def _home_international_share(claim: Claim, evidence: Evidence) -> Findings:
    """Share of the region in the home country's international works of the last year, in bounds."""
    last = evidence.study.years[1]
    for key, label, weights in _weights(evidence):
        row = _row(weights, last)
        said = (
            f"{label}: {100 * row['low']:.1f} to {100 * row['high']:.1f} % of the international "
            f"works of all {evidence.study.home_name} in {last} are with the region"
        )
        yield Finding(key, "proxy", said, low=float(row["low"]), high=float(row["high"]))


PARTNERS: Final[Quantities] = MappingProxyType(
    {
        "home_international_share": _home_international_share,
        "home_region_weight": _home_region_weight,
        "institution_first_partner": _institution_first_partner,
        "institution_partner_growth": _institution_partner_growth,
        "institution_partner_share": _institution_partner_share,
        "institution_partner_tier": _institution_partner_tier,
        "institution_region": _institution_region,
        "institution_region_growth": _institution_region_growth,
        "institution_region_rate": _institution_region_rate,
        "institution_share_of_home": _institution_share_of_home,
    }
)


def fields(evidence: Evidence) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """Give fields of each source, years pooled."""
    own = evidence.table("fields")
    if len(own):
        rows = own.assign(field=own["field_id"])
        rows["n_works_all"] = rows.groupby("country_code")["n_works"].transform("sum")
        yield evidence.name, "our counts", "openalex", rows
    found = witnesses.field_activity(evidence.published, evidence.study)
    for (key, label), rows in found.groupby(["witness", "label"]):
        yield str(key), str(label), witness_definitions().witnesses[str(key)].field_scheme, rows


def area_field(rows: pd.DataFrame, scheme: str, area: str, field: str) -> pd.Series[Any] | None:
    """Return an area's counts in a field of the crosswalk; None where no field stands for it."""
    entry = field_crosswalk()[field]
    if entry.get(f"{scheme}_fit") not in {"same", "close"}:
        return None
    mine = rows[(rows["country_code"] == area) & rows["field"].isin(entry[scheme])]
    if len(mine) != len(entry[scheme]) or mine.empty:
        return None
    counts = mine[["n_works", "n_top_1_percent"]].sum()
    counts["n_works_all"] = mine["n_works_all"].iloc[0]
    return counts


def _top_share(counts: Any) -> float:
    """Return the share of works that are among the world's 1 % most cited."""
    return float(counts["n_top_1_percent"] / counts["n_works"])


def _part(rows: pd.DataFrame, scheme: str, field: str) -> tuple[Part, float] | None:
    """Return the region's activity index in a field, and its index among the most cited."""
    here = area_field(rows, scheme, "region", field)
    world = area_field(rows, scheme, "world", field)
    if here is None or world is None or not here["n_works"] or not world["n_works"]:
        return None
    index = (here["n_works"] / here["n_works_all"]) / (world["n_works"] / world["n_works_all"])
    low, high = ratio_interval(index, [here["n_works"]], [world["n_works"]])
    sizes = rows.loc[rows["country_code"] == "region", "n_works"]
    large = bool((sizes > here["n_works"]).sum() + 1 <= len(sizes) / 3)
    cited = _top_share(here) / (_top_share(world) or math.nan)
    return Part(field, float(index), low, high, large), float(cited)


def _field_activity(claim: Claim, evidence: Evidence) -> Findings:
    """Fields in which the region's activity index is above 1, years pooled."""
    for key, label, scheme, rows in fields(evidence):
        found = [_part(rows, scheme, field) for field in claim.fields]
        known = [pair for pair in found if pair]
        if not known and key == evidence.name and not rows["n_works"].any():
            said = f"{label}: no works in any field"
            yield Finding(key, "direct", said, not_counted="there is nothing to compare")
        untested = [name for name, pair in zip(claim.fields, found, strict=True) if not pair]
        if not known:
            continue
        parts = tuple(part for part, _ in known)
        told = ", ".join(
            f"{part.name} {part.index:.2f} ({part.low:.2f} to {part.high:.2f})" for part in parts
        )
        said = (
            f"{label}: activity index of {told}; index in the world's top 1 % of works, over the "
            "world's own share, estimated, "
        )
        said += ", ".join(f"{cited:.2f}" for _, cited in known)
        said += f"; no field for {', '.join(untested)}" if untested else ""
        observed = sum(part.index > 1 for part in parts)
        low, high = sum(part.low > 1 for part in parts), sum(part.high > 1 for part in parts)
        yield Finding(
            key, "direct", said, observed, low, high, parts=parts, untested=tuple(untested)
        )


def _top_cited_countries(claim: Claim, evidence: Evidence) -> Findings:
    """Countries found in a tier of a field's works among the world's 1 % most cited."""
    for key, label, scheme, rows in fields(evidence):
        areas = sorted(set(rows["country_code"]) & set(evidence.study.region.codes))
        found = {area: area_field(rows, scheme, area, claim.fields[0]) for area in areas}
        counts = {area: row["n_top_1_percent"] for area, row in found.items() if row is not None}
        if any(count > 0 for count in counts.values()) or (counts and key == evidence.name):
            yield tier(
                claim,
                pd.Series(counts, dtype=float),
                evidence=key,
                kind="direct",
                label=label,
                note=f"; works in the top 1 % of {claim.fields[0]}, estimated as works x share",
            )


def _top_cited_index(claim: Claim, evidence: Evidence) -> Findings:
    """The region's share of works among the world's 1 % most cited, over the world's share."""
    for key, label, _, rows in fields(evidence):
        sums = rows.groupby("country_code")[["n_top_1_percent", "n_works"]].sum()
        sums = sums.reindex(["region", "world"], fill_value=0).astype(float)
        here, world = sums.loc["region"], sums.loc["world"]
        if here["n_works"] > 0 and world["n_top_1_percent"] > 0:
            top, whole = here["n_top_1_percent"], _top_share(world)
            low, high = (end / here["n_works"] / whole for end in poisson_interval(top))
            said = (
                f"{label}: {top:,.0f} of {here['n_works']:,.0f} works are among the most cited "
                f"1 %, of the world's {100 * whole:.2f} %"
            )
            yield Finding(key, "direct", said, _top_share(here) / whole, low, high)


def _field_share_of_world(claim: Claim, evidence: Evidence) -> Findings:
    """Share of the claim's country in the world's works of a field."""
    for key, label, scheme, rows in fields(evidence):
        here = area_field(rows, scheme, claim.members[0], claim.fields[0])
        world = area_field(rows, scheme, "world", claim.fields[0])
        if here is None or world is None:
            continue
        part, whole = float(here["n_works"]), float(world["n_works"])
        low, high = share_interval(part, whole)
        said = (
            f"{label}: {part:,.0f} of the world's {whole:,.0f} works in {claim.fields[0]} have an "
            f"author in {names(claim.members[:1])}"
        )
        yield Finding(key, "direct", said, part / whole, low, high)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _indicators(claim: Claim, evidence: Evidence) -> Findings:
    """Values of a table of indicators that lie within the tolerance, by edition."""
    study = evidence.study
    found = witnesses.development_indicators(evidence.published, study)
    for (key, label), rows in found.groupby(["witness", "label"]):
        ratios, told = [], []
        for value in claim.values:
            years = rows["year"].between(*value.years)
            here = rows[
                (rows["indicator"] == value.indicator) & (rows["area"] == value.area) & years
            ]
            if len(here) < value.years[1] - value.years[0] + 1:
                continue
            mean = float(here["value"].mean())
            ratios.append(mean / min(max(mean, value.stated[0]), value.stated[1]))
            when = "-".join(str(year) for year in sorted(set(value.years)))
            said = " to ".join(_figure(end) for end in sorted(set(value.stated)))
            area = study.home_name if value.area == "home" else study.region_short
            told.append(f"{here['name'].iloc[0]} of {area} {when} {_figure(mean)} ({said})")
        if ratios:
            near = sum(abs(math.log(ratio)) <= math.log1p(tolerance(claim)) for ratio in ratios)
            yield Finding(
                str(key),
                "direct",
                f"{label}: {'; '.join(told)}; stated in brackets",
                near,
                near,
                near,
                stated=len(ratios),
                ratios=tuple(ratios),
            )


FIELDS: Final[Quantities] = MappingProxyType(
    {
        "field_activity": _field_activity,
        "field_share_of_world": _field_share_of_world,
        "indicators": _indicators,
        "top_cited_countries": _top_cited_countries,
        "top_cited_index": _top_cited_index,
    }
)
