"""
Quantities that test claims about the region: its output, countries and partners.

Each is a function of a claim and the evidence at hand, our tables and the witnesses, and gives
one :class:`~bibliometrics.claim_rules.Finding` for each source that knows the quantity. What a
source measures decides its kind: our own counts and growth, shares and ranks of witnesses are
direct; a witness's level is calibration. Quantities of fields stand in
:mod:`bibliometrics.claim_fields`, those of the institution in :mod:`bibliometrics.claim_partners`.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from bibliometrics.claim_evidence import (
    NO_GROWTH,
    Evidence,
    Findings,
    Quantities,
    Series,
    countries,
    names,
    outputs,
    partners,
    ratio_interval,
    tier,
)
from bibliometrics.claim_ledger import Claim
from bibliometrics.claim_rules import Finding
from bibliometrics.indicators import (
    Place,
    growth_factor,
    growth_factor_interval,
    leaders,
    poisson_interval,
    share_interval,
    standings,
)

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
