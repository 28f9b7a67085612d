"""Indicators of frames: matched by keys, never summed over rows that overlap."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import bibliometrics as bm


def frame(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(columns)


YEARS = frame(year=[2007, 2008], n_works=[10, 40])
BY_COUNTRY = frame(country_code=["BR", "CL"], n_works=[30, 20])


def test_a_share_is_matched_by_the_keys_not_by_the_order_of_rows() -> None:
    part = frame(year=[2008, 2007], n_works=[10, 5])
    assert bm.share(part, YEARS)["share"].tolist() == [0.25, 0.5]


def test_a_share_of_a_whole_of_fewer_keys_is_taken_in_each_year() -> None:
    part = frame(year=[2007, 2007, 2008], country_code=["BR", "CL", "BR"], n_works=[5, 8, 10])
    assert bm.share(part, YEARS)["share"].tolist() == [0.5, 0.8, 0.25]


def test_two_institutions_together_each_have_their_own_whole() -> None:
    part = frame(institution=["A", "B"], n_works=[1, 1])
    whole = frame(institution=["B", "A"], n_works=[4, 2])
    assert bm.share(part, whole)["share"].tolist() == [0.5, 0.25]
    with pytest.raises(bm.InputError, match="several rows"):
        bm.share(frame(n_works=[1]), whole)


def test_a_part_that_exceeds_its_whole_and_a_zero_whole_are_empty() -> None:
    part = frame(year=[2007, 2008, 2009], n_works=[11, 4, 0])
    whole = frame(year=[2007, 2008, 2009], n_works=[10, 40, 0])
    assert bm.share(part, whole)["share"].isna().tolist() == [True, False, True]
    with pytest.raises(bm.InputError, match="exceeds"):
        bm.share(YEARS, frame(n_works=[1]))


@pytest.mark.parametrize("column", ["country_code", "partner_code"])
def test_rows_that_overlap_are_never_added_up(column: str) -> None:
    overlapping = BY_COUNTRY.rename(columns={"country_code": column})
    with pytest.raises(bm.InputError, match="stands repeatedly"):
        bm.share(overlapping)
    with pytest.raises(bm.InputError, match="stands repeatedly"):
        bm.activity_index(overlapping, overlapping)


def test_a_sum_over_rows_that_overlap_is_no_series_of_works() -> None:
    with bm.connect("sample") as oa:
        counted = oa.count("CAS", "Latin America", years=(2010, 2012), by=["year", "country"])
        fields = oa.count("CAS", "Latin America", years=(2010, 2012), by=["year", "field"])
    assert len(bm.growth(counted.query("country == 'Brazil'"))) == 1
    summed, fine = (each.groupby("year")[["n_works"]].sum() for each in (counted, fields))
    with pytest.raises(bm.InputError, match="counted by country, but has no column country_code"):
        bm.growth(summed.reset_index())
    with pytest.raises(bm.InputError, match="reset_index"):
        bm.growth(fine)
    assert len(bm.growth(fine.reset_index())) == 1


def test_rows_of_fields_and_types_add_up() -> None:
    assert bm.share(frame(type=["article", "review"], n_works=[3, 1]))["share"].tolist() == [
        0.75,
        0.25,
    ]


def test_an_activity_index_compares_profiles_within_each_year() -> None:
    one = frame(year=[2007, 2007, 2008], field_id=[11, 31, 31], n_works=[10, 30, 5])
    world = frame(year=[2007, 2007, 2008], field_id=[11, 31, 31], n_works=[500, 500, 60])
    assert bm.activity_index(one, world)["activity_index"].tolist() == [0.5, 1.5, 1.0]


def test_growth_is_of_each_series_and_refuses_a_year_with_two_rows() -> None:
    two = frame(
        country_code=["BR", "BR", "CL", "CL"], year=[2007, 2009, 2007, 2009], n_works=[1, 4, 0, 2]
    )
    grown = bm.growth(two)
    assert grown["country_code"].tolist() == ["BR", "CL"]
    assert grown["growth_rate"].iloc[0] == pytest.approx(1.0)
    assert grown["growth_factor"].isna().tolist() == [False, True]
    with pytest.raises(bm.InputError, match="two rows for the same year"):
        bm.growth(two.drop(columns="country_code"))
    with pytest.raises(bm.InputError, match="without a column year"):
        bm.growth(BY_COUNTRY)


def test_growth_that_ends_in_a_year_still_being_filled_says_so() -> None:
    counts = frame(year=[2007, 2025], n_works=[1, 4])
    assert bm.growth(counts)["provisional"].isna().all()
    counts.attrs["provisional_years"] = [2024, 2025]
    assert bm.growth(counts)["provisional"].tolist() == [True]
    counts.attrs["provisional_years"] = []
    assert bm.growth(counts)["provisional"].tolist() == [False]


def test_affinity_and_salton_take_each_partner_s_own_works() -> None:
    second = frame(country_code=["CL", "BR"], n_works=[200, 300])
    first, world = frame(n_works=[100]), frame(n_works=[1000])
    found = bm.affinity(BY_COUNTRY, first, second, world)["affinity"]
    assert found.tolist() == [30 * 1000 / (100 * 300), 20 * 1000 / (100 * 200)]
    assert bm.salton(BY_COUNTRY, first, frame(n_works=[900]))["salton"].tolist() == [
        30 / 300,
        20 / 300,
    ]


def test_a_synthetic_count_never_stands_beside_a_real_one() -> None:
    real = YEARS.assign(source="OpenAlex")
    with pytest.raises(bm.InputError, match="SYNTHETIC"):
        bm.share(YEARS.assign(source="SYNTHETIC sample"), real)


@pytest.mark.parametrize("wrong", [None, [1], frame(year=[1])])
def test_what_is_no_count_is_refused(wrong: Any) -> None:
    with pytest.raises(bm.InputError, match="give frames that count returned"):
        bm.share(wrong)
