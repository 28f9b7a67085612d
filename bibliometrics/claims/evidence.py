"""
What claims and figures are held against: published figures, real records, our own tables.

The first functions make tidy frames of the witnesses, each from its rows and a study. A frame has
no rows when no witness measured the study's region. Witnesses are never mixed with each other or
with our own counts. Below, :class:`Grounds` gives one series for each source, ours among them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from bibliometrics.claims.collaborations import (
    ADDRESS,
    ORGANISATION,
    SEEN,
    count_floor,
    read_members,
    read_papers,
)
from bibliometrics.claims.rules import OWN, PUBLISHED, Finding
from bibliometrics.claims.witnesses import (
    Rows,
    is_of_floor,
    read_witness_rows,
    witness_definitions,
)
from bibliometrics.study.model import Study
from bibliometrics.tables.indicators import activity_index
from bibliometrics.tables.schema import TABLES

Published: TypeAlias = Rows | pd.DataFrame
REGION_OUTPUT: Final = {"articles": "whole", "IP.JRN.ARTC.SC": "fractional"}

__all__ = [
    "as_frame",
    "country_series",
    "development_indicators",
    "field_activity",
    "floor_series",
    "home_bounds",
    "home_pairs",
    "partner_series",
    "read_witness_rows",
    "region_series",
    "witness_definitions",
]


def as_frame(witnesses: Published) -> pd.DataFrame:
    """
    Return the rows of :func:`read_witness_rows` as a frame, with its columns even when empty.

    The column ``label`` holds the witness's short name. Every function here takes such a frame in
    place of the rows, which saves making it again.
    """
    if isinstance(witnesses, pd.DataFrame):
        return witnesses
    frame = pd.DataFrame(list(witnesses), columns=[*TABLES["witnesses"].names])
    names = {key: entry.name for key, entry in witness_definitions().witnesses.items()}
    frame["label"] = frame["witness"].map(names)
    return frame.astype({"year": "int64", "value": "float64"})


def _of(witnesses: Published, quantity: str, study: Study | None = None) -> pd.DataFrame:
    """Return one quantity's figures, of the study's years if a study is given."""
    frame = as_frame(witnesses)
    frame = frame[frame["quantity"] == quantity]
    if study is not None:
        frame = frame[frame["year"].isin(study.year_range)]
    return frame.drop(columns=["quantity", "unit", "source"])


def _parts(witness: str, study: Study) -> tuple[str, ...]:
    """Return the areas that a witness adds up to the study's region; empty if it has none."""
    return tuple(witness_definitions().witnesses[witness].regions.get(study.region.key, ()))


def region_series(witnesses: Published, study: Study) -> pd.DataFrame:
    """Return the output of the study's region by witness and year (figure 1)."""
    frames = []
    for quantity, counting in REGION_OUTPUT.items():
        found = _of(witnesses, quantity, study)
        found = found[found["field"] == ""]
        for key, group in found.groupby("witness"):
            parts = _parts(str(key), study)
            wide = group.pivot(index="year", columns="country_code", values="value")
            if not parts or not set(parts) <= set(wide.columns):
                continue
            output = wide[list(parts)].dropna().sum(axis=1)
            world = wide.get("WORLD", pd.Series(np.nan, index=wide.index))
            frames.append(
                pd.DataFrame(
                    {
                        "witness": key,
                        "label": group["label"].iloc[0],
                        "year": output.index,
                        "n_works": output.to_numpy(),
                        "n_world": world.reindex(output.index).to_numpy(),
                        "counting": counting,
                    }
                )
            )
    columns = ["witness", "label", "year", "n_works", "n_world", "counting"]
    frame = pd.concat(frames) if frames else pd.DataFrame(columns=columns)
    frame["share_of_world"] = frame["n_works"] / frame["n_world"]
    return frame.sort_values(["witness", "year"], ignore_index=True)


def country_series(witnesses: Published, study: Study) -> pd.DataFrame:
    """Return the output of the region's members by witness, year and country (figure 2)."""
    frame = _of(witnesses, "articles", study)
    inside = (frame["field"] == "") & frame["country_code"].isin(study.region.codes)
    frame = frame[inside].rename(columns={"value": "n_works"})
    total = frame.groupby(["witness", "year"])["n_works"].transform("sum")
    frame["share_of_sum"] = frame["n_works"] / total
    region = region_series(witnesses, study)[["witness", "year", "n_works"]]
    region = region.rename(columns={"n_works": "n_region"})
    frame = frame.merge(region, on=["witness", "year"], how="left")
    frame["share_of_region"] = frame["n_works"] / frame["n_region"]
    shares = ["share_of_sum", "share_of_region"]
    order = ["witness", "label", "year", "country_code", "n_works", *shares]
    return frame[order].sort_values(["witness", "year", "country_code"], ignore_index=True)


def partner_series(witnesses: Published, study: Study) -> pd.DataFrame:
    """Return the region's partner countries by witness and year (figure 3)."""
    frame = _of(witnesses, "pair_sum", study)
    owners = zip(frame["witness"], frame["country_code"], strict=True)
    mine = [code in _parts(key, study) for key, code in owners]
    frame = frame[np.array(mine, dtype=bool)].rename(columns={"value": "n_pairs"})
    ranks = frame.groupby(["witness", "year"])["n_pairs"].rank(method="min", ascending=False)
    frame["rank"] = ranks.astype("int64")
    order = ["witness", "label", "year", "partner_code", "n_pairs", "rank"]
    return frame[order].sort_values(["witness", "year", "rank", "partner_code"], ignore_index=True)


def home_pairs(witnesses: Published, study: Study) -> pd.DataFrame:
    """Return works of the study's home country with each member of the region, by year."""
    frame = _of(witnesses, "works_with_partner", study)
    inside = frame["partner_code"].isin(study.home) & frame["country_code"].isin(study.region.codes)
    frame = frame[inside].rename(columns={"value": "n_works"})
    keys = ["witness", "label", "year", "country_code"]
    frame = frame.groupby(keys)[["n_works"]].sum().reset_index()
    full = len(study.year_range) * len(study.region.codes)
    complete = frame.groupby("witness")["year"].transform("size") == full
    return frame[complete].sort_values(["witness", "year", "country_code"], ignore_index=True)


def home_bounds(witnesses: Published, study: Study) -> pd.DataFrame:
    """Return bounds of the distinct works of home country and region, by year (figure 4)."""
    frame = home_pairs(witnesses, study)
    groups = frame.groupby(["witness", "label", "year"])["n_works"]
    bounds = groups.agg(low="max", high="sum").reset_index()
    largest = frame.loc[groups.idxmax(), "country_code"]
    return bounds.assign(largest_country=largest.to_numpy())


def field_activity(witnesses: Published, study: Study) -> pd.DataFrame:
    """Return fields of the region's members, the region and the world, years pooled (table 2)."""
    keys = ["witness", "label", "year", "country_code", "field"]
    counts = _of(witnesses, "articles", study)[[*keys, "value"]]
    shares = _of(witnesses, "top_1_percent_share", study)[[*keys, "value"]]
    frame = counts.merge(shares, on=keys, how="left", suffixes=("", "_share"))
    frame = frame[frame["country_code"].isin([*study.region.codes, "WORLD"])]
    covered = frame.loc[frame["field"] != "", "country_code"].unique()
    if not {*covered} & {*study.region.codes}:
        covered = covered[:0]
    frame = frame[frame["country_code"].isin(covered)]
    region = frame[frame["country_code"] != "WORLD"].assign(country_code="region")
    frame = pd.concat([frame.replace({"country_code": {"WORLD": "world"}}), region])
    frame["top"] = frame["value"] * frame["value_share"] / 100
    frame["with_share"] = frame["value_share"].notna()
    return _pool_fields(frame, [key for key in keys if key != "year"])


def _pool_fields(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add up the years and set each field beside all fields and the world."""
    years = frame[frame["with_share"]].groupby(keys)["year"].nunique()
    pooled = frame.groupby(keys)[["value", "top"]].sum()
    pooled["n_years_with_share"] = years.reindex(pooled.index, fill_value=0)
    pooled = pooled.reset_index().rename(columns={"value": "n_works", "top": "n_top_1_percent"})
    whole = pooled[pooled["field"] == ""].set_index(["witness", "country_code"])["n_works"]
    rows = pooled[pooled["field"] != ""].copy()
    at = pd.MultiIndex.from_frame(rows[["witness", "country_code"]])
    rows["n_works_all"] = whole.reindex(at).to_numpy()
    world = rows[rows["country_code"] == "world"].set_index(["witness", "field"])
    world = world.reindex(pd.MultiIndex.from_frame(rows[["witness", "field"]]))
    rows["activity_index"] = activity_index(
        rows["n_works"], rows["n_works_all"], world["n_works"], world["n_works_all"]
    )
    counts = ["n_works", "n_works_all", "activity_index", "n_top_1_percent", "n_years_with_share"]
    rows = rows[[*keys, *counts]]
    return rows.sort_values(["witness", "country_code", "field"], ignore_index=True)


def development_indicators(witnesses: Published, study: Study) -> pd.DataFrame:
    """Return development indicators of region and home country, all years held (table 1)."""
    frame = as_frame(witnesses)
    defined = witness_definitions()
    named = {code: entry.name for code, entry in defined.quantities.items() if entry.name}
    frame = frame[frame["quantity"].isin(list(named))].rename(columns={"quantity": "indicator"})
    areas = []
    for witness, code in zip(frame["witness"], frame["country_code"], strict=True):
        home = defined.same_as.get(code, code) in study.home
        areas.append("home" if home else "region" if (code,) == _parts(witness, study) else "")
    frame = frame.assign(name=frame["indicator"].map(named), area=areas)
    frame = frame[frame["area"] != ""]
    order = ["witness", "label", "indicator", "name", "unit", "area", "year", "value"]
    return frame[order].sort_values(["indicator", "area", "witness", "year"], ignore_index=True)


def floor_series(witnesses: Published, study: Study) -> pd.DataFrame:
    """
    Return the floor by year: papers of collaborations that are the institution's and the region's.

    One row per year and country of the region, or the word ``region``: ``organisation`` and
    ``address`` by the two rules, ``members_seen`` those of them (by organisation) whose members
    were seen in that very year. No row for another institution or region.
    """
    columns = {ORGANISATION: "organisation", ADDRESS: "address", SEEN: "members_seen"}
    frame = as_frame(witnesses)
    frame = frame[frame["quantity"].isin([*columns]) & frame["year"].isin(study.year_range)]
    mine = [
        witness_definitions().witnesses[key].institution == study.institution.key
        and bool(_parts(key, study))
        for key in frame["witness"]
    ]
    frame = frame[np.array(mine, dtype=bool)]
    parts = {part: "region" for key in frame["witness"].unique() for part in _parts(key, study)}
    frame = frame.replace({"country_code": parts})
    frame = frame[frame["country_code"].isin([*study.region.codes, "region"])]
    keys = ["witness", "label", "year", "country_code"]
    wide = frame.pivot(index=keys, columns="quantity", values="value")
    wide = wide.reindex(columns=list(columns)).rename(columns=columns).fillna(0).astype("int64")
    return wide.reset_index().rename_axis(columns=None)


def floor_papers(study: Study) -> dict[str, int]:
    """Return year by DOI of the papers that are those of the study's institution and region."""
    if not is_of_floor(study.institution.key):
        return {}
    members = [one for one in read_members() if one.unit or one.country_code in study.region.codes]
    return {
        paper.doi: paper.year
        for paper in read_papers()
        if paper.doi
        and paper.year in study.year_range
        and count_floor([paper], members, "region", "")
    }


OURS: Final = "our counts"


@dataclass(frozen=True, eq=False)
class Grounds:
    """
    All that claims can be held against: our tables by name, and the witnesses as a frame.

    ``counted_in`` is the year of our pull, 0 if unknown; it and the two before are provisional.
    """

    study: Study
    published: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    name: str
    contradictions: Sequence[Mapping[str, Any]] = ()
    counted_in: int = 0
    made: dict[str, list[Any]] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame:
        """Return one of our tables; without it, no row and no column."""
        return self.tables.get(name, pd.DataFrame())

    def counts(self, what: str) -> pd.Series[Any]:
        """Return counts that were asked for a claim alone, by item; empty without them."""
        table = self.table("claim_counts")
        if not len(table):
            return pd.Series(dtype=float)
        return table[table["what"] == what].set_index("item")["n_works"].astype(float)


@dataclass(frozen=True, eq=False)
class Series:
    """Counts of one source: by year, or by year (rows) and country (columns)."""

    evidence: str
    kind: str
    label: str
    counts: Any = None
    whole: Any = None
    note: str = ""

    def find(self, said: str, observed: float | None = None, **more: Any) -> Finding:
        """Return what this source says of a test; a value that is no number is none."""
        known = observed is not None and not math.isnan(observed)
        told = {
            "kind": self.kind,
            "observed": float(observed) if known and observed is not None else None,
            "said": f"{self.label}: {said}{self.note}",
        }
        return Finding(evidence=self.evidence, **(told | more))


def ours(evidence: Grounds, counts: Any = None, whole: Any = None) -> Series:
    """Return our own counts as a source."""
    return Series(evidence.name, OWN, OURS, counts, whole)


def theirs(key: str, counts: Any = None, note: str = "") -> Series:
    """Return a witness as a source of published figures."""
    return Series(key, PUBLISHED, words_of(key), counts, note=note)


def words_of(key: str) -> str:
    """Return the database of a witness in words."""
    entry = witness_definitions().witnesses[key]
    return entry.words or entry.name


Made = TypeVar("Made")


def once(give: Callable[[Grounds], Iterator[Made]]) -> Callable[[Grounds], list[Made]]:
    """Make a list of series once for all the tests of one piece of evidence."""

    @wraps(give)
    def made(evidence: Grounds) -> list[Made]:
        if give.__name__ not in evidence.made:
            evidence.made[give.__name__] = list(give(evidence))
        return evidence.made[give.__name__]

    return made


@once
def outputs(evidence: Grounds) -> Iterator[Series]:
    """Give the region's output of each source, by year."""
    own = evidence.table("region_output")
    if len(own):
        own = own.set_index("year").sort_index()
        yield ours(evidence, own["n_works_region"], own["n_works_world"])
    found = region_series(evidence.published, evidence.study)
    for key, rows in found.groupby("witness"):
        rows = rows.set_index("year").sort_index()
        parts = _parts(str(key), evidence.study)
        note = f"; {len(parts)} parts of the region added up" if len(parts) > 1 else ""
        counting = rows["counting"].iloc[0]
        note += f"; {counting} counting" if counting != "whole" else ""
        whole = rows["n_world"] if rows["n_world"].notna().all() else None
        yield Series(str(key), PUBLISHED, words_of(str(key)), rows["n_works"], whole, note)


@once
def members(evidence: Grounds) -> Iterator[Series]:
    """Give the output of the region's members of each source."""
    own, region = evidence.table("country_output"), evidence.table("region_output")
    if len(own) and len(region):
        yield Series(
            evidence.name,
            OWN,
            OURS,
            wide_by_country(own),
            region.set_index("year")["n_works_region"],
        )
    found = country_series(evidence.published, evidence.study)
    whole_by = {series.evidence: series for series in outputs(evidence)}
    for key, rows in found.groupby("witness"):
        wide, source = wide_by_country(rows), whole_by.get(str(key))
        if source and not wide.isna().to_numpy().any():
            label = words_of(str(key))
            yield Series(str(key), PUBLISHED, label, wide, source.counts, source.note)


@once
def partners(evidence: Grounds) -> Iterator[Series]:
    """Give works of the region with countries outside it, of each source."""
    own = evidence.table("region_partners")
    if len(own):
        yield ours(evidence, wide_by_country(own))
    found = partner_series(evidence.published, evidence.study)
    for key, rows in found.groupby("witness"):
        wide = rows.pivot(index="year", columns="partner_code", values="n_pairs").sort_index()
        note = "; pairs of countries added up"
        yield Series(str(key), PUBLISHED, words_of(str(key)), wide, note=note)


def joint(evidence: Grounds) -> Series | None:
    """Return our works of institution and region by year, and the home country's as whole."""
    own = evidence.table("institution_region")
    if not len(own):
        return None
    own = own.set_index("year").sort_index()
    part, whole = own["n_works_institution_region"], own["n_works_home_region"]
    return ours(evidence, part.astype(float), whole.astype(float))


def joint_members(evidence: Grounds) -> Series | None:
    """Return our works of the institution with each member by year."""
    own, whole = evidence.table("institution_partners"), joint(evidence)
    if not len(own) or whole is None:
        return None
    return ours(evidence, wide_by_country(own), whole.counts)


@once
def home_members(evidence: Grounds) -> Iterator[Series]:
    """Give published works of the home country with each member by year."""
    found = home_pairs(evidence.published, evidence.study)
    for key, rows in found.groupby("witness"):
        note = f"; works of all {evidence.study.home_name}"
        yield Series(str(key), "neighbour", words_of(str(key)), wide_by_country(rows), note=note)


@once
def floor(evidence: Grounds) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give witness and floor by year and country."""
    for key, rows in floor_series(evidence.published, evidence.study).groupby("witness"):
        yield str(key), rows.drop(columns=["witness", "label"])


def wide_by_country(rows: pd.DataFrame) -> pd.DataFrame:
    """Return works by year (rows) and country (columns)."""
    wide = rows.pivot(index="year", columns="country_code", values="n_works")
    return wide.sort_index().astype(float)


@once
def field_cells(evidence: Grounds) -> Iterator[tuple[str, pd.DataFrame]]:
    """
    Give witness and its cells by area (member, ``WORLD``), field and year.

    ``n_works`` articles, ``share`` those among the world's 1 % most cited, empty where not given.
    """
    frame, study = evidence.published, evidence.study
    keys = ["witness", "year", "country_code", "field"]
    frame = frame[frame["year"].isin(study.year_range)]
    works, shares = (
        frame[frame["quantity"] == quantity][[*keys, "value"]]
        for quantity in ("articles", "top_1_percent_share")
    )
    cells = works.merge(shares, on=keys, how="left", suffixes=("", "_top"))
    cells = cells.rename(columns={"value": "n_works", "value_top": "share"})
    cells["share"] /= 100
    with_fields = cells.loc[cells["field"] != "", "country_code"].unique()
    areas = [code for code in with_fields if code in {*study.region.codes, "WORLD"}]
    for key, rows in cells[cells["country_code"].isin(areas)].groupby("witness"):
        yield str(key), rows.drop(columns="witness")


@once
def indicators(evidence: Grounds) -> Iterator[pd.DataFrame]:
    """Give the development indicators of region and home country."""
    yield development_indicators(evidence.published, evidence.study)
