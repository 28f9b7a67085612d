"""Witnesses become tidy frames; none is mixed with another."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bibliometrics.claims import evidence as witnesses
from bibliometrics.claims.witnesses import COLUMNS, Row, read_witness_rows
from bibliometrics.files import raw_folder
from bibliometrics.study.model import Study, load_study

SHIPPED = raw_folder() / "witnesses"


FRAMES = (
    witnesses.region_series,
    witnesses.country_series,
    witnesses.partner_series,
    witnesses.home_pairs,
    witnesses.home_bounds,
    witnesses.field_activity,
    witnesses.development_indicators,
)


@pytest.fixture(scope="module")
def published() -> list[Row]:
    return read_witness_rows()


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "witnesses"))


def raw(file: str, **conditions: str) -> list[float]:
    """Return values of a CSV file as it lies on disk, by no code of the package."""
    with (SHIPPED / file).open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if conditions.items() <= row.items()]
    return [float(row["value"]) for row in rows]


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_namibia_is_a_country_and_not_a_missing_value(folder: Path, study: Study) -> None:
    change(folder, "openalex_2024_pairs.csv", ",2007,LAC33,US,", ",2007,LAC33,NA,")
    frame = witnesses.partner_series(read_witness_rows(folder), study)
    assert frame.loc[frame["partner_code"] == "NA", "n_pairs"].tolist() == [10789]


def test_the_region_of_ncses_is_the_sum_of_its_three_parts(
    published: list[Row], study: Study
) -> None:
    frame = witnesses.region_series(published, study)
    frame = frame[frame["witness"] == "ncses-seind-2023"].set_index("year")
    parts = ("SOUTH_AMERICA", "CENTRAL_AMERICA_CARIBBEAN", "MX")
    for year in study.year_range:
        expected = sum(
            raw("ncses_articles.csv", year=str(year), country_code=part)[0] for part in parts
        )
        (world,) = raw("ncses_articles.csv", year=str(year), country_code="WORLD")
        assert frame.loc[year, "n_works"] == expected
        assert frame.loc[year, "share_of_world"] == pytest.approx(expected / world)


def test_a_witness_without_a_world_has_no_share(published: list[Row], study: Study) -> None:
    frame = witnesses.region_series(published, study)
    bank = frame[frame["witness"] == "worldbank-wdi-2019-03-21"]
    assert bank["n_works"].tolist() == [56378, 96586]
    assert bank["share_of_world"].isna().all()
    assert set(bank["counting"]) == {"fractional"}


def test_countries_are_members_only_and_their_shares_add_up(
    published: list[Row], study: Study
) -> None:
    frame = witnesses.country_series(published, study)
    assert set(frame["country_code"]) == set(study.region.codes)
    assert frame.groupby("year")["share_of_sum"].sum().tolist() == pytest.approx([1.0] * 10)
    brazil = frame[(frame["country_code"] == "BR") & (frame["year"] == 2016)]
    assert brazil["share_of_region"].tolist() == pytest.approx([67479 / (102071 + 4699 + 20356)])


def test_bounds_are_the_largest_pair_and_the_sum(published: list[Row], study: Study) -> None:
    frame = witnesses.home_bounds(published, study).set_index("year")
    for year in study.year_range:
        pairs = raw(
            "openalex_2024_pairs.csv",
            quantity="works_with_partner",
            year=str(year),
            partner_code="CN",
        )
        assert (frame.loc[year, "low"], frame.loc[year, "high"]) == (max(pairs), sum(pairs))
    assert frame["largest_country"].tolist() == ["MX"] * 5 + ["BR"] * 5


@settings(max_examples=20)
@given(st.lists(st.integers(0, 10_000), min_size=33, max_size=33))
def test_bounds_never_cross(values: list[int]) -> None:
    study = replace(load_study(), years=(2007, 2007))
    rows: list[Row] = [
        dict(
            zip(
                COLUMNS,
                ("openalex-2024-08-27", "works_with_partner", 2007, code, "CN", "", value),
                strict=True,
            )
        )
        | {"unit": "works", "source": "test"}
        for code, value in zip(study.region.codes, values, strict=True)
    ]
    (bounds,) = witnesses.home_bounds(rows, study).to_dict("records")
    assert (bounds["low"], bounds["high"]) == (max(values), sum(values))
    assert bounds["low"] <= bounds["high"]


def test_partners_are_ranked_within_each_year(published: list[Row], study: Study) -> None:
    frame = witnesses.partner_series(published, study)
    assert frame[frame["rank"] == 1]["partner_code"].tolist() == ["US"] * 10
    assert (frame.groupby("year")["rank"].min() == 1).all()


def test_the_world_has_activity_index_one_and_the_region_is_the_sum_of_countries(
    published: list[Row], study: Study
) -> None:
    frame = witnesses.field_activity(published, study)
    world = frame[frame["country_code"] == "world"]
    assert world["activity_index"].tolist() == pytest.approx([1.0] * 14)
    physics = frame[frame["field"] == "physics"].set_index("country_code")["n_works"]
    assert physics["region"] == physics.drop(["region", "world"]).sum()
    assert physics["world"] == sum(
        raw("ncses_fields.csv", quantity="articles", country_code="WORLD", field="physics")
    )


def test_indicators_keep_editions_apart(published: list[Row], study: Study) -> None:
    frame = witnesses.development_indicators(published, study)
    research = frame[frame["indicator"] == "GB.XPD.RSDV.GD.ZS"]
    assert set(research["witness"]) == {"worldbank-wdi-2019-03-21", "worldbank-wdi-2021-09-15"}
    assert set(frame["area"]) == {"home", "region"}


@pytest.mark.parametrize("make", FRAMES, ids=lambda make: str(make.__name__))
def test_a_frame_without_witnesses_is_empty_with_the_same_columns(
    make: object, published: list[Row], study: Study
) -> None:
    assert callable(make)
    assert list(make([], study).columns) == list(make(published, study).columns)
    assert make([], study).empty


@pytest.mark.parametrize("make", FRAMES[:5], ids=lambda make: str(make.__name__))
def test_a_region_that_no_witness_measured_gives_no_rows(
    make: object, published: list[Row], study: Study
) -> None:
    other = replace(study, region=replace(study.region, key="elsewhere", codes=("ZA",)))
    assert callable(make)
    assert make(published, other).empty
