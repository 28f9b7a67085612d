"""
Quantities that test claims about the institution and its partners in the region.

Only our own counts measure them. Published counts of the whole home country with the region are
proxies: the institution's works are among them, so they bound its counts and show the country's
ranks and growth beside, but never grade a claim about the institution. Where a claim is about the
home country itself, they are direct, with the bounds that pair counts leave: distinct works lie
between the largest pair and the sum of pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from bibliometrics import witnesses
from bibliometrics.claim_evidence import (
    NO_GROWTH,
    Evidence,
    Findings,
    Quantities,
    Series,
    names,
    ratio_interval,
    tier,
)
from bibliometrics.claim_ledger import Claim
from bibliometrics.claim_rules import Finding
from bibliometrics.indicators import (
    compound_growth_rate,
    growth_factor,
    growth_factor_interval,
    leaders,
    log_linear_growth_rate,
    poisson_interval,
    share_interval,
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
