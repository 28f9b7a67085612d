"""
What tests compute. A quantity is one registered function with its unit and its meaning.

Each takes a test and the evidence and gives one finding for each piece of evidence: our own counts
first, then published figures, then real records and neighbours. A new quantity is a function with
:func:`quantity` above it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd

from bibliometrics.claims import evidence as witnesses
from bibliometrics.claims.evidence import Grounds, Series, ours, theirs, words_of
from bibliometrics.claims.rules import (
    BOUND,
    COUNTED_UNITS,
    LEVEL,
    OWN,
    PUBLISHED,
    Finding,
    Test,
)
from bibliometrics.claims.witnesses import witness_definitions
from bibliometrics.files import DEFINITIONS
from bibliometrics.models import read_toml
from bibliometrics.study.model import country_names
from bibliometrics.tables.indicators import (
    Place,
    leaders,
    quasi_poisson_growth,
    standings,
    yearly_noise,
)

Findings: TypeAlias = Iterator[Finding]
Compute: TypeAlias = Callable[[Test, Grounds], Findings]
CROSSWALK_FILE: Final = DEFINITIONS / "field_crosswalk.toml"
NOTHING: Final = "there is nothing to divide by"
NO_GROWTH: Final = "there is no growth from 0"
TIE: Final = "a tie decides"
LEAST_WORKS: Final = 50  # a trend is fitted from so many works on


@dataclass(frozen=True)
class Quantity:
    """What is computed: unit, meaning, our tables that it rests on, what a test must say for it."""

    unit: str
    meaning: str
    tables: tuple[str, ...]
    needs: tuple[str, ...]
    compute: Compute


QUANTITIES: Final[dict[str, Quantity]] = {}


def quantity(
    unit: str, meaning: str, *tables: str, needs: Sequence[str] = ()
) -> Callable[[Compute], Compute]:
    """Register a quantity under the name of its function."""

    def register(compute: Compute) -> Compute:
        QUANTITIES[compute.__name__] = Quantity(unit, meaning, tables, tuple(needs), compute)
        return compute

    return register


@cache
def field_crosswalk() -> dict[str, dict[str, Any]]:
    """Return, for each field that a test may name, the nearest fields of other classifications."""
    return dict(read_toml(CROSSWALK_FILE)["fields"])


def names(codes: Iterable[str]) -> str:
    """Return countries as a list in words, for instance ``Ghana, Kenya``."""
    return ", ".join(country_names().get(str(code), str(code)) for code in codes)


def _places(places: Iterable[Place]) -> str:
    """Return places of a ranking in words; those who share one are said to be tied."""
    return ", ".join(
        f"{names(place.who)}{' tied at' if len(place.who) > 1 else ''} {place.n_works:,.0f}"
        for place in places
    )


def percent(value: float, digits: int = 1) -> str:
    """Return a share or a rate in percent, or in words that there is none."""
    return f"{100 * value:.{digits}f} %" if math.isfinite(value) else "no value"


def times(value: float) -> str:
    """Return a ratio, or in words that there is none."""
    return f"{value:.2f}" if math.isfinite(value) else "no value"


def _noise(scale: float, values: Any, numerators: Any = None, years: int = 1) -> float:
    """Return one standard deviation of a value, pooled over some years; 0 if unknown."""
    found = yearly_noise(values, numerators) * abs(scale) / math.sqrt(years)
    return 0.0 if math.isnan(found) else float(found)


def _growth_noise(counts: pd.Series[float]) -> float:
    """Return one standard deviation of the growth between the first and the last year."""
    spread = yearly_noise(counts)
    if math.isnan(spread):
        return 0.0
    first, last = float(counts.iloc[0]), float(counts.iloc[-1])
    return last / first * max(spread * math.sqrt(2), math.sqrt(1 / first + 1 / last))


def _whole(source: Series, evidence: Grounds) -> bool:
    """Say whether a series has all the years of the study."""
    return set(evidence.study.year_range) <= set(source.counts.index)


def halves(frame: Any) -> tuple[Any, Any]:
    """Return the sums of the first and the last floor(n / 2) years; a middle year is left out."""
    half = len(frame) // 2
    return frame.iloc[:half].sum(), frame.iloc[len(frame) - half :].sum()


def _above_one(ratio: float) -> str:
    """Say why a ratio of two compared values decides nothing; empty if it does."""
    if math.isnan(ratio) or math.isinf(ratio):
        return NOTHING
    return TIE if ratio == 1 else ""


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


# -------------------------------------------------------------- output of the region


@quantity("works", "works of the region in a year", "region_output", needs=("year", "stated"))
def region_output(test: Test, evidence: Grounds) -> Findings:
    """The level of the database: said as a ratio, never graded."""
    for source in witnesses.outputs(evidence):
        if test.year in source.counts.index:
            count = float(source.counts[test.year])
            said = f"{count:,.0f} works in {test.year}"
            yield source.find(said, kind=LEVEL, observed=count)


def _increase(source: Series, first: int, last: int) -> Finding:
    """Return last over first year, minus 1."""
    ends = float(source.counts[first]), float(source.counts[last])
    said = f"{ends[0]:,.0f} in {first}, {ends[1]:,.0f} in {last}"
    if not ends[0] > 0:
        return source.find(said, not_counted=NO_GROWTH)
    noise = _growth_noise(source.counts.astype(float))
    return source.find(said, ends[1] / ends[0] - 1, noise=noise)


@quantity("increase", "growth of the region's output, last year over first - 1", "region_output")
def region_increase(test: Test, evidence: Grounds) -> Findings:
    """Growth of the region's output."""
    first, last = evidence.study.years
    for source in witnesses.outputs(evidence):
        if first < last and {first, last} <= set(source.counts.index):
            yield _increase(source, first, last)


@quantity("years", "years with more works of the region than the year before", "region_output")
def region_rises(test: Test, evidence: Grounds) -> Findings:
    """Steps up; the fitted trend is a mark."""
    for source in witnesses.outputs(evidence):
        if len(source.counts) < 2 or not _whole(source, evidence):
            continue
        steps = source.counts.astype(float).diff().iloc[1:]
        least = steps.idxmin()
        said = (
            f"up in {int((steps > 0).sum())} of {len(steps)} years, the smallest "
            f"step {steps[least]:+,.0f} in {least}"
        )
        nothing = not source.counts.sum() > 0
        tied = not nothing and (steps >= 0).all() and (steps == 0).any()
        yield source.find(
            said,
            observed=int((steps > 0).sum()),
            not_counted="no works in any year" if nothing else TIE if tied else "",
            marks=_trend_mark(source.counts),
        )


def _trend_mark(counts: pd.Series[float]) -> tuple[str, ...]:
    fit = quasi_poisson_growth(counts.index, counts)
    if len(counts) < 6 or counts.sum() < LEAST_WORKS or math.isnan(fit.rate):
        return ()
    ends = f"{percent(fit.low)} to {percent(fit.high)}"
    return (f"fitted trend {percent(fit.rate)} a year ({ends})",)


@quantity(
    "share",
    "region's share of the world's works in the year farthest from the range's middle",
    "region_output",
)
def region_share_each_year(test: Test, evidence: Grounds) -> Findings:
    """The share in each year: the one farthest from the middle of the range decides."""
    for source in witnesses.outputs(evidence):
        if source.whole is None or not _whole(source, evidence):
            continue
        if not (source.whole > 0).all():
            said = "years without any works of the world"
            yield source.find(said, not_counted=NOTHING)
            continue
        shares = (source.counts / source.whole).astype(float)
        middle = (test.holds_from + test.holds_to) / 2
        farthest = (shares - middle).abs().idxmax()
        inside = sum(test.holds(value) for value in shares)
        first, last = (percent(shares.iloc[at], 2) for at in (0, -1))
        drift = "rising" if shares.iloc[-1] > shares.iloc[0] else "falling"
        said = (
            f"{first} in {shares.index[0]}, {last} in {shares.index[-1]}, farthest "
            f"{percent(shares[farthest], 2)} in {farthest}"
        )
        yield source.find(
            said,
            observed=float(shares[farthest]),
            noise=_noise(shares[farthest], shares, source.counts),
            marks=(f"in {inside} of {len(shares)} years", f"{drift}: {first} to {last}"),
        )


def _in_years(test: Test, values: Iterable[float]) -> tuple[str, ...]:
    known = [value for value in values if not math.isnan(value)]
    return (f"in {sum(test.holds(value) for value in known)} of {len(known)} years",)


@quantity(
    "share", "countries' share of the region's works, pooled", "country_output", needs=("members",)
)
def countries_share(test: Test, evidence: Grounds) -> Findings:
    """Works of some members added up over works of the region."""
    for source in witnesses.members(evidence):
        if not set(test.members) <= set(source.counts.columns):
            continue
        yearly = source.counts[list(test.members)].sum(axis=1)
        part, whole = float(yearly.sum()), float(source.whole.sum())
        shares = yearly / source.whole.where(source.whole > 0)
        said = (
            f"{names(test.members)} {part:,.0f} of {whole:,.0f} works of the "
            f"region, {percent(_ratio(part, whole))}"
        )
        yield source.find(
            said,
            observed=_ratio(part, whole) if whole else None,
            noise=_noise(_ratio(part, whole), shares, yearly, len(yearly)) if whole else 0.0,
            not_counted="" if whole else NOTHING,
            marks=_in_years(test, shares),
        )


@dataclass(frozen=True)
class Tier:
    """How many of the named countries have the ranks asked for; ``why`` it can't be told."""

    found: int
    told: str
    why: str


def find_tier(counts: pd.Series[float], named: Sequence[str], first: int, last: int) -> Tier:
    """Look for countries in the ranks from first to last; a tie or a zero decides nothing."""
    ranking = standings(counts.sort_index())
    order = [str(code) for place in ranking for code in place.who]
    found = [code for code in order[first - 1 : last] if code in named]
    near = [
        place for place in ranking if place.rank <= last + 1 and place.rank + len(place.who) > first
    ]
    told, why = _places(near) or "nobody", ""
    if len(order) < last:
        why = f"only {len(order)} countries have any works"
    for place in ranking:
        start, end = place.rank - 1, place.rank - 1 + len(place.who)
        cut = start < first - 1 < end or start < last < end
        if cut and 0 < len(set(place.who) & set(named)) < len(place.who):
            why = f"{TIE}, {_places([place])}"
    return Tier(len(found), told, why)


def _tier_finding(test: Test, source: Series, first: int, last: int) -> Finding:
    tier = find_tier(source.counts.sum(), test.members, first, last)
    yearly = [find_tier(row, test.members, first, last) for _, row in source.counts.iterrows()]
    marks = _in_years(test, [one.found for one in yearly if not one.why]) if len(yearly) > 1 else ()
    said = f"from rank {first} on {tier.told}"
    return source.find(said, observed=tier.found, not_counted=tier.why, marks=marks)


@quantity(
    "countries",
    "named members that have the ranks named, by works, pooled",
    "country_output",
    needs=("members", "first_rank"),
)
def output_ranks(test: Test, evidence: Grounds) -> Findings:
    """A tier of the region's members, as a set."""
    for source in witnesses.members(evidence):
        yield _tier_finding(test, source, test.first_rank, test.first_rank + len(test.members) - 1)


# ------------------------------------------------------------------- fields


def _own_fields(evidence: Grounds, name: str) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return region and world in the rows of our fields that a name stands for."""
    own, entry = evidence.table("fields"), field_crosswalk()[name]
    if not len(own) or entry["openalex_fit"] not in {"same", "close"}:
        return None
    mine = own[own["field_id"].isin(entry["openalex"])].set_index("field_id")
    region, world = (mine[mine["country_code"] == area] for area in ("region", "world"))
    return region, world


def _published_fields(name: str, cells: pd.DataFrame) -> pd.DataFrame | None:
    entry = field_crosswalk()[name]
    if entry["ncses_fit"] not in {"same", "close"}:
        return None
    return cells[cells["field"].isin(entry["ncses"])]


def _added(cells: pd.DataFrame) -> str:
    number = cells.loc[cells["country_code"] != "WORLD", "country_code"].nunique()
    return f"; {number} countries added up"


def _top_share(cells: pd.DataFrame) -> pd.DataFrame:
    """Return works and top works by year, cells without a share left out of both."""
    known = cells[cells["share"].notna()]
    known = known.assign(top=known["n_works"] * known["share"])
    return known.groupby("year")[["n_works", "top"]].sum()


def _region_and_world(cells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return works and top works by year of the region, and of the world."""
    is_world = cells["country_code"] == "WORLD"
    return _top_share(cells[~is_world]), _top_share(cells[is_world])


def _two_shares(shares: Sequence[float]) -> str:
    here, world = (percent(share, 2) for share in shares)
    return f"{here} of the region's works, {world} of the world's"


@quantity(
    "ratio",
    "region's share of works in the world's top 1 %, over the world's, pooled",
    "fields",
    needs=("fields",),
)
def top_index(test: Test, evidence: Grounds) -> Findings:
    """How often a field's works are among the most cited."""
    own = _own_fields(evidence, test.fields[0])
    if own is not None:
        sums = [rows[["n_top_1_percent", "n_works"]].sum() for rows in own]
        shares = [_ratio(float(one["n_top_1_percent"]), float(one["n_works"])) for one in sums]
        value = _ratio(shares[0], shares[1])
        yield ours(evidence).find(_two_shares(shares), value, not_counted=_above_one(value))
    for key, cells in witnesses.field_cells(evidence):
        rows = _published_fields(test.fields[0], cells)
        if rows is None or rows.empty:
            continue
        here, world = _region_and_world(rows)
        value = _ratio(*(_ratio(x["top"].sum(), x["n_works"].sum()) for x in (here, world)))
        yearly = (here["top"] / here["n_works"]) / (world["top"] / world["n_works"])
        said = (
            f"{here['top'].sum():,.0f} of {here['n_works'].sum():,.0f} articles "
            f"in the top 1 %, index {times(value)}{_added(rows)}"
        )
        yield theirs(key).find(
            said,
            observed=float(value),
            noise=_noise(value, yearly, here["top"], len(yearly)),
            not_counted=_above_one(value),
        )


@quantity("rank", "field's rank by works of the region, years pooled", "fields", needs=("fields",))
def volume_rank(test: Test, evidence: Grounds) -> Findings:
    """Whether a field is among the upper third by volume."""
    own, entry = evidence.table("fields"), field_crosswalk()[test.fields[0]]
    sources: list[tuple[Series, list[Any]]] = []
    if len(own):
        sizes = own[own["country_code"] == "region"].set_index("field_id")["n_works"]
        sources.append((ours(evidence, sizes), entry["openalex"]))
    for key, cells in witnesses.field_cells(evidence):
        here = cells[(cells["country_code"] != "WORLD") & (cells["field"] != "")]
        sizes = here.groupby("field")["n_works"].sum()
        sources.append((theirs(key, sizes, _added(cells)), entry["ncses"]))
    for source, mine in sources:
        sizes = source.counts
        if len(mine) != 1 or mine[0] not in sizes.index:
            continue
        size, last = float(sizes[mine[0]]), math.ceil(len(sizes) / 3)
        rank, equal = int((sizes > size).sum()) + 1, int((sizes == size).sum())
        tied = rank <= last < rank + equal - 1
        why = "no works" if not size else TIE if tied else ""
        said = f"rank {rank} of {len(sizes)}, the upper third ends at {last}"
        yield source.find(said, rank, ends=(1, last), not_counted=why)


@quantity(
    "countries",
    "named members that are first by works in the world's top 1 % of a field",
    "claim_counts",
    needs=("members", "fields"),
)
def top_cited_first(test: Test, evidence: Grounds) -> Findings:
    """A tier of the most cited works of a field, years added up."""
    own = evidence.counts("top_astronomy")
    if len(own):
        own = own.reindex(evidence.study.region.codes, fill_value=0.0)
        source = ours(evidence, pd.DataFrame([own]))
        yield _tier_finding(test, source, 1, len(test.members))
    for key, cells in witnesses.field_cells(evidence):
        rows = _published_fields(test.fields[0], cells)
        if rows is None:
            continue
        known = rows[(rows["country_code"] != "WORLD") & rows["share"].notna()]
        known = known.assign(top=known["n_works"] * known["share"])
        wide = known.pivot(index="year", columns="country_code", values="top").fillna(0.0)
        source = theirs(key, wide, note="; works x share")
        yield _tier_finding(test, source, 1, len(test.members))


@quantity(
    "share",
    "share of top-1 % works of physics, without astronomy, by more than 100 authors",
    "claim_counts",
)
def large_teams(test: Test, evidence: Grounds) -> Findings:
    """Whether most highly cited physics has very many authors, and more than in all fields."""
    physics, every = evidence.counts("top_physics"), evidence.counts("top_all")
    if not len(physics) or not len(every):
        return
    part, whole = float(physics["over_100"]), float(physics["all"])
    rest = _ratio(float(every["over_100"]), float(every["all"]))
    share = _ratio(part, whole)
    said = f"{part:,.0f} of {whole:,.0f} in physics, {percent(rest)} in all fields"
    why = NOTHING if math.isnan(share) else TIE if share == rest else ""
    yield ours(evidence).find(said, observed=share, also=share > rest, not_counted=why)


@quantity(
    "ratio",
    "activity index of the region in some subfields, or the nearest field, pooled",
    "claim_counts",
    needs=("subfields",),
)
def activity(test: Test, evidence: Grounds) -> Findings:
    """The region's share of a subject over the world's."""
    own = [evidence.counts(f"subfields_{area}") for area in ("region", "world")]
    if all(len(counts) for counts in own):
        items = [str(number) for number in test.subfields]
        parts = [float(one.reindex(items, fill_value=0.0).sum()) for one in own]
        yield _activity(ours(evidence), parts, [float(one.sum()) for one in own])
    for key, cells in witnesses.field_cells(evidence):
        rows = _published_fields(test.fields[0], cells) if test.fields else None
        if rows is None or rows.empty:
            continue
        world = cells["country_code"] == "WORLD"
        with_field, every = cells["field"] != "", cells["field"] == ""
        areas = [
            cells[mine & (every if (every & mine).any() else with_field)]
            for mine in (~world, world)
        ]
        wholes = [one.groupby("year")["n_works"].sum() for one in areas]
        sums = [
            rows[(rows["country_code"] == "WORLD") == is_world].groupby("year")["n_works"].sum()
            for is_world in (False, True)
        ]
        index = (sums[0] / wholes[0]) / (sums[1] / wholes[1])
        parts = [float(one.sum()) for one in sums]
        source = theirs(key, note=_added(rows))
        spread = _noise(1, index, sums[0], len(index))
        yield _activity(source, parts, [float(one.sum()) for one in wholes], spread)


def _activity(
    source: Series, parts: list[float], wholes: list[float], spread: float = 0.0
) -> Finding:
    shares = [_ratio(part, whole) for part, whole in zip(parts, wholes, strict=True)]
    value = _ratio(*shares)
    why = _above_one(value)
    return source.find(_two_shares(shares), value, noise=spread * value, not_counted=why)


# ------------------------------------------------------- partners of the region


def _comparison(source: Series, top: float, bottom: float, yearly: Any, told: str) -> Finding:
    """Return the ratio of two pooled counts."""
    value = _ratio(top, bottom) if top else math.nan
    known = yearly.replace([np.inf, -np.inf], np.nan)
    noise = 0.0 if known.isna().any() or not value else _noise(value, known, years=len(known))
    return source.find(told, value, noise=noise, not_counted=_above_one(value))


@quantity(
    "ratio",
    "works of the region with a partner over those with the next one, pooled",
    "region_partners",
    needs=("members",),
)
def partner_margin(test: Test, evidence: Grounds) -> Findings:
    """How far the first partner is ahead."""
    code = test.members[0]
    for source in witnesses.partners(evidence):
        if code not in source.counts.columns:
            continue
        others = source.counts.drop(columns=code)
        next_one = str(others.sum().idxmax())
        mine, best = source.counts[code], others[next_one]
        told = f"{names([code])} {mine.sum():,.0f}, {names([next_one])} {best.sum():,.0f}"
        found = _comparison(source, mine.sum(), best.sum(), mine / best, told)
        yield found


@quantity(
    "countries",
    "named partners among the region's first ten, pooled",
    "region_partners",
    needs=("members",),
)
def partners_among_ten(test: Test, evidence: Grounds) -> Findings:
    """Partners in the first ten ranks, the first one included."""
    for source in witnesses.partners(evidence):
        yield _tier_finding(test, source, 1, 10)


@quantity(
    "ratio",
    "works with the largest of some partners over the smallest of others, pooled",
    "region_partners",
    needs=("members", "against"),
)
def partner_ratio(test: Test, evidence: Grounds) -> Findings:
    """How small some partners are."""
    for source in witnesses.partners(evidence):
        pooled = source.counts.sum()
        if not {*test.members, *test.against} <= set(pooled.index):
            continue
        top = str(pooled[list(test.members)].idxmax())
        low = str(pooled[list(test.against)].idxmin())
        told = f"{names([top])} {pooled[top]:,.0f}, {names([low])} {pooled[low]:,.0f}"
        yearly = source.counts[top] / source.counts[low]
        yield _comparison(source, pooled[top], pooled[low], yearly, told)


# --------------------------------------------------- institution and region


def _floor_marks(row: Mapping[str, Any], what: str = "") -> tuple[str, ...]:
    return (
        f"at least {row['organisation']:,.0f}{what} if organisations count, {row['address']:,.0f} "
        "if addresses do (by year of the journal)",
    )


def _seen(row: Mapping[str, Any]) -> str:
    rest = row["organisation"] - row["members_seen"]
    if not rest:
        return "members seen in the year"
    return f"for {rest:,.0f} of them members seen before and after, not in the year"


def _bound(key: str, rows: pd.DataFrame, year: int, area: str) -> Finding | None:
    """Return the floor of a year: only the smaller of the two rules could contradict."""
    mine = rows[(rows["year"] == year) & (rows["country_code"] == area)]
    if mine.empty:
        return None
    row = {str(name): value for name, value in mine.iloc[0].items()}
    where = "" if area == "region" else f" with {names([area])}"
    said = f"{row['organisation']:,.0f} papers{where} in {year}, {_seen(row)}"
    marks = _floor_marks(row, where)
    return theirs(key).find(said, int(row["address"]), kind=BOUND, marks=marks)


@quantity(
    "works",
    "works of institution and region in a year",
    "institution_region",
    needs=("year", "stated"),
)
def joint_output(test: Test, evidence: Grounds) -> Findings:
    """The level: own counts as a ratio, the floor, and all of the home country beside it."""
    own, short = witnesses.joint(evidence), evidence.study.institution.short
    if own is not None and test.year in own.counts.index:
        count = float(own.counts[test.year])
        said = f"{count:,.0f} works of {short} and the region in {test.year}"
        yield own.find(said, kind=LEVEL, observed=count)
    for key, rows in witnesses.floor(evidence):
        bound = _bound(key, rows, test.year, "region")
        if bound:
            mine = rows[(rows["year"] == test.year) & (rows["country_code"] == "region")].iloc[0]
            said = (
                f"{bound.said}. If the document counted organisations, at least "
                f"{mine['organisation']:,} of its {test.stated:,.0f} are papers of large "
                f"collaborations; if it searched addresses, at least {mine['address']:,}"
            )
            yield replace(bound, said=said)
    for source in witnesses.home_members(evidence):
        row = source.counts.loc[test.year]
        said = (
            f"between {row.max():,.0f} and {row.sum():,.0f} distinct works of the "
            f"region in {test.year}"
        )
        yield source.find(said, kind="neighbour")


@quantity(
    "increase",
    "growth of works of institution and region, last year over first - 1",
    "institution_region",
)
def joint_increase(test: Test, evidence: Grounds) -> Findings:
    """Growth between the two years that the text names; the fitted trend is a mark."""
    own, (first, last) = witnesses.joint(evidence), evidence.study.years
    if own is not None and first < last and {first, last} <= set(own.counts.index):
        found = _increase(own, first, last)
        yield replace(found, marks=_trend_mark(own.counts))


@quantity(
    "share",
    "institution's share of the home country's works with the region, pooled",
    "institution_region",
)
def share_of_home(test: Test, evidence: Grounds) -> Findings:
    """The institution's part of its country's cooperation."""
    own, short = witnesses.joint(evidence), evidence.study.institution.short
    if own is None:
        return
    part, whole = float(own.counts.sum()), float(own.whole.sum())
    why = NOTHING if not whole else f"{short} has more than {evidence.study.home_name}"
    value = _ratio(part, whole)
    known = 0 < part <= whole or part == 0 < whole
    said = f"{part:,.0f} of {whole:,.0f} works, {percent(value)}"
    yearly = own.counts / own.whole.where(own.whole > 0)
    yield own.find(
        said,
        observed=value if known else None,
        noise=_noise(value, yearly.fillna(0.0), own.counts, len(yearly)) if known else 0.0,
        not_counted="" if known else why,
        marks=_in_years(test, yearly),
    )


@quantity(
    "per year",
    "fitted growth of works of institution and region, and more in the second half",
    "institution_region",
)
def joint_trend(test: Test, evidence: Grounds) -> Findings:
    """Whether the cooperation expands: two conditions, one of them fitted."""
    own = witnesses.joint(evidence)
    if own is None:
        return
    before, after = halves(own.counts)
    fit = quasi_poisson_growth(own.counts.index, own.counts)
    few = len(own.counts) < 6 or own.counts.sum() < LEAST_WORKS or math.isnan(fit.rate)
    said = (
        f"{before:,.0f} works in the first half of the years, {after:,.0f} in the second; "
        f"fitted growth a year: {percent(fit.rate)}"
    )
    yield own.find(
        said,
        observed=None if few else fit.rate,
        low=None if few else fit.low,
        high=None if few else fit.high,
        is_trend=True,
        also=bool(after > before),
        not_counted=f"fewer than 6 years or {LEAST_WORKS} works" if few else "",
    )


@quantity(
    "ratio",
    "works of the institution and the region over those of the next on a named list",
    "claim_counts",
)
def leading_institution(test: Test, evidence: Grounds) -> Findings:
    """Whether the institution has more than any of the home country's largest universities."""
    others = evidence.counts("institutions")
    mine = evidence.counts(test.against[0] if test.against else "institution")
    if not len(others) or not len(mine):
        return
    own, best = float(mine.iloc[0]), float(others.max())
    value = _ratio(own, best) if own else math.nan
    said = f"{own:,.0f}, the next of {len(others)} is {others.idxmax()} with {best:,.0f}"
    yield ours(evidence).find(said, value, not_counted=_above_one(value))


def _first_in_each_year(source: Series, code: str) -> Finding:
    firsts = {year: leaders(row) for year, row in source.counts.iterrows()}
    mine = sum(who == (code,) for who in firsts.values())
    ahead = sorted({who for who in firsts.values() if who and code not in who})
    said = f"{names([code])} alone is first in {mine} of {len(firsts)} years"
    for who in ahead:
        when = ", ".join(str(year) for year, one in firsts.items() if one == who)
        said += f", {names(who)} in {when}"
    tied = [str(year) for year, who in firsts.items() if len(who) != 1 and who not in ahead]
    why = f"a tie or no works in {', '.join(tied)}" if tied and not ahead else ""
    return source.find(said, mine, not_counted=why)


@quantity(
    "years",
    "years in which a country alone is the institution's first partner",
    "institution_partners",
    needs=("members",),
)
def first_partner(test: Test, evidence: Grounds) -> Findings:
    """Whether one country is first in every year; all of the home country is a neighbour."""
    own = witnesses.joint_members(evidence)
    for source in ([own] if own else []) + witnesses.home_members(evidence):
        if test.members[0] in source.counts.columns:
            yield _first_in_each_year(source, test.members[0])


@quantity(
    "share",
    "country's share of works of institution and region in a year",
    "institution_partners",
    needs=("members", "year", "whole"),
)
def partner_share(test: Test, evidence: Grounds) -> Findings:
    """The share in one year; read literally, all of the home country over the stated whole."""
    code, year = test.members[0], test.year
    own = witnesses.joint_members(evidence)
    if own is not None and year in own.counts.index and code in own.counts.columns:
        part, whole = float(own.counts.loc[year, code]), float(own.whole[year])
        value = _ratio(part, whole)
        said = f"{part:,.0f} of {whole:,.0f} works in {year}"
        shares = (own.counts[code] / own.whole.where(own.whole > 0)).fillna(0.0)
        yield own.find(
            said,
            observed=value if whole else None,
            noise=_noise(value, shares, own.counts[code]) if whole else 0.0,
            not_counted="" if whole else NOTHING,
        )
    for key, rows in witnesses.floor(evidence):
        bound = _bound(key, rows, year, code)
        if bound:
            least = percent((bound.observed or 0) / test.whole)
            said = (
                f"{bound.said}; at least {least} of the document's {test.whole:,.0f} by addresses"
            )
            yield replace(bound, observed=None, said=said)
    for source in witnesses.home_members(evidence):
        if code in source.counts.columns:
            count = float(source.counts.loc[year, code])
            said = (
                f"{count:,.0f} works with {names([code])} in {year}, "
                f"{percent(count / test.whole, 0)} of the document's {test.whole:,.0f} if it is "
                "read word for word"
            )
            yield source.find(said, kind="neighbour")


@quantity(
    "ratio",
    "growth with the slowest of some countries over that with the region, second half over first",
    "institution_partners",
    needs=("members",),
)
def partner_growth(test: Test, evidence: Grounds) -> Findings:
    """Whether each country grows at least as fast as the region; the floor of the last year."""
    own = witnesses.joint_members(evidence)
    if own is not None and set(test.members) <= set(own.counts.columns) and len(own.counts) > 1:
        before, after = halves(own.counts[list(test.members)])
        ends = halves(own.whole)
        growth = {code: _ratio(after[code], before[code]) for code in test.members}
        region = _ratio(*reversed(ends))
        slowest = min(growth.values()) if not any(map(math.isnan, growth.values())) else math.nan
        value = _ratio(slowest, region) if not math.isnan(region) else math.nan
        told = ", ".join(f"{names([code])} {times(growth[code])}" for code in test.members)
        said = f"second half of the years over the first {told}, the region {times(region)}"
        known = not math.isnan(value)
        yield own.find(
            said, observed=value if known else None, not_counted="" if known else NO_GROWTH
        )
    last = evidence.study.years[1]
    for key, rows in witnesses.floor(evidence):
        bounds = [_bound(key, rows, last, code) for code in test.members]
        known_bounds = [bound for bound in bounds if bound]
        if known_bounds:
            said = f"{'; '.join(one.said for one in known_bounds)}; growth needs a pull"
            marks = tuple(mark for one in known_bounds for mark in one.marks)
            yield replace(known_bounds[0], said=said, marks=marks, observed=None)


@quantity(
    "countries",
    "named countries that have the first ranks among the institution's partners",
    "institution_partners",
    needs=("members",),
)
def partner_ranks(test: Test, evidence: Grounds) -> Findings:
    """The first partners of the institution, pooled."""
    own = witnesses.joint_members(evidence)
    if own is not None:
        yield _tier_finding(test, own, 1, len(test.members))


@quantity(
    "works",
    "works of the centre abroad, by its identifier or its name in affiliations",
    "claim_counts",
    needs=("stated",),
)
def centre_output(test: Test, evidence: Grounds) -> Findings:
    """The level: the larger of two ways to ask."""
    own = evidence.counts("centre")
    if len(own):
        said = ", ".join(f"by {item} {count:,.0f}" for item, count in own.items())
        yield ours(evidence).find(said, kind=LEVEL, observed=float(own.max()))


# ------------------------------------------------- the home country's cooperation


def _international(evidence: Grounds) -> Iterator[tuple[Series, pd.DataFrame]]:
    """Give works of partners with the region, and their international works, by half or year."""
    study, frame = evidence.study, evidence.published
    own = [evidence.counts(f"international_{half}") for half in ("first", "second")]
    mine = evidence.table("region_partners")
    if all(len(one) for one in own) and len(mine):
        wide = witnesses.wide_by_country(mine)
        sums = pd.DataFrame(halves(wide))
        wholes = pd.DataFrame(own).reindex(columns=sums.columns)
        wholes.index = sums.index
        yield ours(evidence, sums), wholes
    for source in witnesses.partners(evidence):
        if source.kind != PUBLISHED:
            continue
        rows = frame[(frame["witness"] == source.evidence) & frame["year"].isin(study.year_range)]
        rows = rows[rows["quantity"] == "international_works"]
        wholes = rows.pivot(index="year", columns="country_code", values="value").sort_index()
        both = [code for code in source.counts.columns if code in wholes.columns]
        if both:
            yield replace(source, counts=source.counts[both]), wholes[both]


@quantity(
    "ratio",
    "region's share of the home country's international works over the median of "
    "the other partners'",
    "region_partners",
    "claim_counts",
)
def weak_tie(test: Test, evidence: Grounds) -> Findings:
    """Whether the region weighs less for the home country than for the others."""
    home = evidence.study.home[0]
    for source, wholes in _international(evidence):
        shares = (source.counts.sum() / wholes.sum()).dropna().sort_values()
        if source.kind == OWN:
            first = source.counts.sum().nlargest(30).index
            shares = shares[shares.index.isin([*first, home])]
        if home not in shares.index or len(shares) < 2 or len(evidence.study.home) != 1:
            continue
        median = float(shares.drop(home).median())
        value = _ratio(float(shares[home]), median)
        rank = len(shares) - int((shares < shares[home]).sum())
        said = (
            f"{percent(shares[home])} of the international works of "
            f"{evidence.study.home_name}, median of {len(shares) - 1} others {percent(median)}, "
            f"rank {rank} of {len(shares)}"
        )
        said += _with_floor(evidence, shares, source, wholes, home)
        yield source.find(said, value, not_counted=_above_one(value))


def _with_floor(
    evidence: Grounds,
    shares: pd.Series[float],
    source: Series,
    wholes: pd.DataFrame,
    home: str,
) -> str:
    """Say what the share would be with the whole floor added: this file sees too few of it."""
    for _, rows in witnesses.floor(evidence):
        is_region = rows["country_code"] == "region"
        papers = rows.loc[is_region, "organisation"].sum()
        pairs = rows.loc[~is_region, "organisation"].sum()
        share = (source.counts[home].sum() + pairs) / (wholes[home].sum() + papers)
        rank = len(shares) - int((shares.drop(home) < share).sum())
        if source.kind == PUBLISHED:
            return (
                f"; with all {papers:,.0f} papers of the floor added {percent(share)}, rank {rank}"
            )
    return ""


@quantity(
    "ratio",
    "region's share of the home country's international works, second half of the "
    "years over the first",
    "region_partners",
    "claim_counts",
)
def rising_tie(test: Test, evidence: Grounds) -> Findings:
    """Whether the region gains weight for the home country; the others are told."""
    home = evidence.study.home[0]
    for source, wholes in _international(evidence):
        pairs, whole = halves(source.counts), halves(wholes)
        growth = (pairs[1] / whole[1]) / (pairs[0] / whole[0])
        if home not in growth.index or math.isnan(growth[home]):
            continue
        known = growth.dropna()
        said = (
            f"{percent(pairs[0][home] / whole[0][home], 2)} in the first half of "
            f"the years, {percent(pairs[1][home] / whole[1][home], 2)} in the second; it rose for "
            f"{int((known > 1).sum())} of {len(known)} partners, rank "
            f"{int((known > known[home]).sum()) + 1}"
        )
        value = float(growth[home])
        yield source.find(said, value, not_counted=_above_one(value))


@quantity(
    "ratio",
    "region's share of the institution's international works over its share of the world's",
    "claim_counts",
)
def weak_within(test: Test, evidence: Grounds) -> Findings:
    """Whether the region weighs less for the institution than for the world."""
    own = evidence.counts("international")
    if not len(own):
        return
    mine = _ratio(own["institution_region"], own["institution"])
    world = _ratio(own["region"], own["world"])
    value = _ratio(mine, world) if own["institution_region"] else math.nan
    said = (
        f"{percent(mine)} of the international works of "
        f"{evidence.study.institution.short}, {percent(world)} of the world's"
    )
    yield ours(evidence).find(said, value, not_counted=_above_one(value))


# ---------------------------------------------------------------- neighbours


@quantity("ratio", "region's share of all works in the world's top 1 %, over the world's", "fields")
def top_index_all(test: Test, evidence: Grounds) -> Findings:
    """A neighbour of innovation: citation of all fields together."""
    for key, cells in witnesses.field_cells(evidence):
        rows = cells[cells["field"] == ""]
        rows = rows if rows["share"].notna().any() else cells[cells["field"] != ""]
        here, world = (
            _ratio(one["top"].sum(), one["n_works"].sum()) for one in _region_and_world(rows)
        )
        said = f"{percent(here, 2)} of articles in the world's top 1 %{_added(rows)}"
        yield theirs(key).find(said, kind="neighbour", observed=_ratio(here, world))


@quantity(
    "share",
    "country's share of the world's works of a field, pooled",
    "fields",
    needs=("members", "fields"),
)
def field_share(test: Test, evidence: Grounds) -> Findings:
    """A neighbour of telescopes: the papers of a country in a field."""
    for key, cells in witnesses.field_cells(evidence):
        rows = _published_fields(test.fields[0], cells)
        if rows is None:
            continue
        sums = rows.groupby("country_code")["n_works"].sum()
        value = _ratio(sums[test.members[0]], sums["WORLD"])
        said = f"{names(test.members[:1])} {percent(value)} of the world's articles"
        yield theirs(key).find(said, kind="neighbour", observed=value)


# --------------------------------------------------------------- indicators


def _edition(key: str) -> pd.Timestamp:
    """Return the day of a witness's edition; the middle of a month that alone is known."""
    date = witness_definitions().witnesses[key].date
    return pd.Timestamp(date if len(date) == 10 else f"{date}-15")


PRINTED: Final = pd.Timestamp("2018-09-15")  # when the document was printed


def _editions(test: Test, evidence: Grounds, first: int, last: int) -> Iterator[tuple[str, Any]]:
    """Give the editions that have all years asked, the one nearest to the document first."""
    (found,) = witnesses.indicators(evidence)
    rows = found[(found["indicator"] == test.indicator) & (found["area"] == test.area)]
    rows = rows[rows["year"].between(first, last)]
    keys = sorted(rows["witness"].unique(), key=lambda key: abs(_edition(key) - PRINTED))
    for key in keys:
        mine = rows[rows["witness"] == key].set_index("year")["value"].sort_index()
        yield str(key), mine


@quantity(
    "value",
    "indicator of region or home country, mean of the years, in its own unit",
    needs=("indicator", "area", "years"),
)
def indicator(test: Test, evidence: Grounds) -> Findings:
    """A value in the edition nearest to the document; other editions are shown."""
    kind: str = PUBLISHED
    for key, values in _editions(test, evidence, *test.years):
        if len(values) == test.years[1] - test.years[0] + 1:
            span = " to ".join(dict.fromkeys(str(year) for year in test.years))
            said = f"{words_of(key)}, {span}"
            yield theirs(key).find(said, kind=kind, observed=float(values.mean()))
            kind = "neighbour"


@quantity(
    "years",
    "steps of the years at hand in which an indicator does not fall",
    needs=("indicator", "area", "years"),
)
def indicator_rises(test: Test, evidence: Grounds) -> Findings:
    """Whether an indicator declined continuously: no step up, in the years at hand."""
    kind: str = PUBLISHED
    for key, values in _editions(test, evidence, *test.years):
        steps = values.diff().iloc[1:]
        if len(steps):
            rises = int((steps >= 0).sum())
            said = (
                f"{values.iloc[0]:.1f} in {values.index[0]}, {values.iloc[-1]:.1f} "
                f"in {values.index[-1]}, down in {len(steps) - rises} of {len(steps)} steps"
            )
            yield theirs(key).find(said, kind=kind, observed=rises)
            kind = "neighbour"


UNITS: Final = (*COUNTED_UNITS, "works", "increase", "share", "ratio", "per year", "value")
