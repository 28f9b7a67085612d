"""
Quantities that test claims about fields of science, and about tables of indicators.

A claim names fields of ``definitions/field_crosswalk.toml``; a field counts only where the
crosswalk says that a source's own field is the same or close.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from bibliometrics import witnesses
from bibliometrics.claim_evidence import Evidence, Findings, Quantities, names, ratio_interval, tier
from bibliometrics.claim_ledger import Claim, field_crosswalk
from bibliometrics.claim_rules import Finding, Part, tolerance
from bibliometrics.indicators import poisson_interval, share_interval
from bibliometrics.witness_files import witness_definitions


def fields(evidence: Evidence) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """
    Give fields of each source, years pooled.

    Yields
    ------
    tuple of (str, str, str, pandas.DataFrame)
        Evidence, label, field scheme of the crosswalk, and a frame with one row per area and
        field: ``country_code, field, n_works, n_works_all, n_top_1_percent``.
    """
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
