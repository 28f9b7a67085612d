"""
Witnesses: figures that others published, beside which ours and the claims are held.

:func:`read_witnesses` reads and checks them; the other functions make tidy frames for figures and
for grading, each from its rows and a study. A frame has no rows when no witness measured the
study's region. Witnesses are never mixed with each other or with our own counts.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import pandas as pd

from bibliometrics.claims.witnesses import Rows, read_witnesses, witness_definitions
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
    "home_bounds",
    "home_pairs",
    "partner_series",
    "read_witnesses",
    "region_series",
    "witness_definitions",
]


def as_frame(witnesses: Published) -> pd.DataFrame:
    """
    Return the rows of :func:`read_witnesses` as a frame, with its columns even when empty.

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
