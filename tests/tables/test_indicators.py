"""Indicators: published values, laws, and what can't be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from bibliometrics.errors import InputError
from bibliometrics.tables.indicators import (
    activity_index,
    affinity_index,
    compound_growth_rate,
    fractional_count,
    growth_factor,
    log_linear_growth_rate,
    poisson_interval,
    salton_cosine,
    share,
    share_interval,
)

if TYPE_CHECKING:
    from collections.abc import Callable

counts = st.integers(0, 10**7)
orders = st.permutations(list("ABCDEF"))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Return works of both partners, of either, and of the world, that can be."""
    total = draw(counts)
    n_i, n_j = draw(st.integers(0, total)), draw(st.integers(0, total))
    return draw(st.integers(0, min(n_i, n_j))), n_i, n_j, total


# ------------------------------------------------------ published values ----

# International works and their pairs, V. Batagelj, github.com/bavla/OpenAlex, index of 2024-08-27.
CN_BR_2007, CN_BR_2016 = (144, 32_711, 12_126), (1_100, 117_554, 39_376)


@pytest.mark.parametrize(("counted", "salton"), [(CN_BR_2007, 7.2), (CN_BR_2016, 16.2)])
def test_china_and_brazil_come_out_as_published(
    counted: tuple[int, int, int], salton: float
) -> None:
    assert round(1000 * salton_cosine(*counted), 1) == salton


def test_growth_of_china_and_brazil_comes_out_as_published() -> None:
    assert round(float(growth_factor(144, 1100)), 1) == 7.6
    assert round(float(compound_growth_rate(144, 1100, 9)), 3) == 0.253
    assert round(float(compound_growth_rate(507, 2774, 9)), 3) == 0.208


def test_77_to_555_works_grew_by_24_5_percent_a_year_over_nine_intervals() -> None:
    assert round(float(compound_growth_rate(77, 555, 9)), 3) == 0.245


def test_exact_intervals_come_out_as_in_published_tables() -> None:
    # Garwood (1936), Biometrika 28: 437-442
    low, high = poisson_interval([0, 1, 10])
    assert np.round(low, 3).tolist() == [0.0, 0.025, 4.795]
    assert np.round(high, 3).tolist() == [3.689, 5.572, 18.39]


# ------------------------------------------------------------------ laws ----


@given(pairs())
def test_affinity_and_salton_are_symmetric(pair: tuple[int, int, int, int]) -> None:
    n_ij, n_i, n_j, total = pair
    for index, extra in ((affinity_index, (total,)), (salton_cosine, ())):
        one, other = index(n_ij, n_i, n_j, *extra), index(n_ij, n_j, n_i, *extra)
        assert one == other or (math.isnan(one) and math.isnan(other))


@given(pairs())
def test_salton_squared_is_the_product_of_both_shares(pair: tuple[int, int, int, int]) -> None:
    n_ij, n_i, n_j, _ = pair
    assume(n_i and n_j)
    expected = share(n_ij, n_i) * share(n_ij, n_j)
    assert salton_cosine(n_ij, n_i, n_j) ** 2 == pytest.approx(expected)


@given(pairs())
def test_salton_is_at_most_1(pair: tuple[int, int, int, int]) -> None:
    n_ij, n_i, n_j, _ = pair
    assume(n_i and n_j)
    assert 0 <= salton_cosine(n_ij, n_i, n_j) <= 1 + 1e-12


@given(st.integers(1, 10**4), st.integers(1, 10**4), st.integers(1, 10**3))
def test_affinity_and_activity_are_1_where_chance_rules(n_i: int, n_j: int, scale: int) -> None:
    world = n_i * n_j * scale
    assert affinity_index(scale, n_i * scale, n_j * scale, world) == pytest.approx(1)
    whole, part = n_i + n_j, n_i
    assert activity_index(part, whole, part * scale, whole * scale) == pytest.approx(1)


@given(st.integers(1, 10**6), st.floats(-0.5, 1), st.integers(1, 20))
def test_constant_growth_is_found_by_endpoints_and_by_the_fit(
    first: int, rate: float, intervals: int
) -> None:
    years = np.arange(2000, 2001 + intervals)
    series = first * (1 + rate) ** (years - 2000.0)
    by_ends = compound_growth_rate(first, series[-1], intervals)
    assert by_ends == pytest.approx(rate, abs=1e-9)
    assert log_linear_growth_rate(years, series).rate == pytest.approx(rate, abs=1e-9)


@given(counts, st.floats(0.5, 0.999))
def test_a_count_lies_in_its_interval_and_a_higher_level_is_wider(n: int, level: float) -> None:
    low, high = poisson_interval(n, level=level)
    assert 0 <= low <= n < high
    wide = poisson_interval(n, level=(1 + level) / 2)
    assert wide.low <= low
    assert wide.high >= high


@given(st.integers(1, 10**5).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_lies_in_its_interval_and_so_does_its_complement(pair: tuple[int, int]) -> None:
    part, whole = pair
    low, high = share_interval(part, whole)
    assert 0 <= low <= share(part, whole) <= high <= 1
    mirror = share_interval(whole - part, whole)
    assert (1 - mirror.high, 1 - mirror.low) == pytest.approx((low, high), abs=1e-9)


@given(st.integers(0, 300), st.integers(1, 300))
def test_share_intervals_are_those_of_the_exact_binomial_test(part: int, more: int) -> None:
    exact = stats.binomtest(part, part + more).proportion_ci(method="exact")
    assert share_interval(part, part + more) == pytest.approx((exact.low, exact.high), abs=1e-9)


@given(st.lists(st.tuples(counts, st.integers(1, 200)), max_size=8))
def test_works_give_one_in_all_however_many_their_countries(groups: list[tuple[int, int]]) -> None:
    for n_works, n_countries in groups:
        given_away = n_countries * fractional_count(n_works, n_countries)
        assert given_away == pytest.approx(n_works)


# -------------------------------------------------------- zeros and NaN ----


@pytest.mark.parametrize(
    "value",
    [
        share(0, 0),
        growth_factor(0, 5),
        compound_growth_rate(0, 5, 9),
        compound_growth_rate(5, 7, 0),
        affinity_index(0, 0, 5, 10),
        affinity_index(0, 0, 0, 0),
        salton_cosine(0, 0, 5),
        activity_index(0, 0, 5, 10),
        activity_index(0, 5, 0, 10),
        fractional_count(3, 0),
        *share_interval(0, 0),
        *log_linear_growth_rate([2007, 2008, 2009], [3, 0, 5]),
        *log_linear_growth_rate([2007], [3]),
        *log_linear_growth_rate([], []),
        share(math.nan, 5),
        *poisson_interval(math.nan),
        *share_interval(math.nan, 5),
    ],
)
def test_nothing_known_gives_nan(value: float) -> None:
    assert math.isnan(value)


def test_a_count_of_0_has_a_lower_end_of_0() -> None:
    assert poisson_interval(0).low == 0
    assert share_interval(0, 5).low == 0
    assert share_interval(5, 5).high == 1
    assert compound_growth_rate(5, 0, 9) == -1


def test_two_years_have_a_rate_but_no_interval() -> None:
    fit = log_linear_growth_rate([2007, 2016], [77, 555])
    assert fit.rate == pytest.approx(compound_growth_rate(77, 555, 9))
    assert all(math.isnan(end) for end in (fit.low, fit.high, fit.standard_error))


def test_a_fit_has_the_standard_error_of_least_squares() -> None:
    years, series = np.arange(2007.0, 2012.0), np.array([10.0, 14, 15, 22, 30])
    fit = log_linear_growth_rate(years, series)
    (slope, _), covariance = np.polyfit(years - years.mean(), np.log(series), 1, cov=True)
    assert fit.rate == pytest.approx(math.expm1(slope))
    assert fit.standard_error == pytest.approx(math.sqrt(covariance[0, 0]))
    assert fit.low < fit.rate < fit.high


def test_numbers_give_a_float_and_arrays_and_columns_an_array() -> None:
    assert isinstance(share(1, 2), float)
    assert isinstance(poisson_interval(3).low, float)
    assert isinstance(share_interval(1, 2).high, float)
    column = pd.Series([1, 2], index=[7, 8])
    assert share(column, column.to_numpy()[::-1] + 1).tolist() == [1 / 3, 1]
    assert affinity_index([1, 2], 4, [5, 5], 10).tolist() == [0.5, 1]


# ---------------------------------------------------------- what can't be ----


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: share(-1, 5), "part must be 0 or a positive number, but holds -1"),
        (lambda: share(6, 5), "part can't be greater than whole, but 6 > 5"),
        (lambda: share([1, 7], [5, 5]), "but 7 > 5"),
        (lambda: growth_factor(math.inf, 5), "first must be 0 or a positive number"),
        (lambda: compound_growth_rate(1, 2, -1), "intervals must be 0 or a positive number"),
        (lambda: affinity_index(5, 4, 9, 10), "n_ij can't be greater than n_i, but 5 > 4"),
        (lambda: affinity_index(1, 4, 11, 10), "n_j can't be greater than n_total, but 11 > 10"),
        (lambda: salton_cosine(5, 9, 4), "n_ij can't be greater than n_j"),
        (lambda: activity_index(5, 4, 9, 10), "n_cf can't be greater than n_c"),
        (lambda: activity_index(1, 4, 11, 10), "n_wf can't be greater than n_w"),
        (lambda: poisson_interval(-1), "count must be"),
        (lambda: poisson_interval(1, level=95), "level must be between 0 and 1, not 95"),
        (lambda: share_interval(2, 1), "part can't be greater"),
        (lambda: log_linear_growth_rate([1, 2], [1]), "two lists of one length"),
        (lambda: log_linear_growth_rate([1, 2], [1, -1]), "counts must be 0 or"),
        (lambda: log_linear_growth_rate([1, 2], [1, 1], level=1), "level must be between"),
        (lambda: fractional_count(-1, 2), "n_works must be"),
        (lambda: share("many", 5), "part must be 0 or a positive number, but holds 'many'"),
    ],
)
def test_impossible_counts_are_refused_by_name(call: Callable[[], object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        call()


def test_affinity_is_that_of_a_published_example() -> None:
    """Three countries of Frenken (2002), Economic Systems Research 14: 345-361, table 1."""
    joint = np.array([[250, 100, 150], [100, 800, 100], [150, 100, 750]])
    all_of = joint.sum(axis=0)
    found = affinity_index(joint, all_of[:, None], all_of[None, :], joint.sum())
    published = [[0.92, -0.69, -0.29], [-0.69, 0.69, -1.39], [-0.29, -1.39, 0.63]]
    assert np.round(np.log(found), 2).tolist() == published


def test_activity_index_is_that_of_a_published_example() -> None:
    """
    Soybeans of Brazil in 2008: Hausmann et al. (2011), Atlas of Economic Complexity, box 2.2.

    They were 7.8 % of what Brazil sold (nearly 11 of 140 billion dollars) and 0.35 % of what the
    world sold (42 billion): "around 21 times" Brazil's share.
    """
    brazil, world = 0.078 * 140, 42 / 0.0035
    assert round(brazil) == 11
    assert activity_index(brazil, 140, 42, world) == pytest.approx(7.8 / 0.35)
    assert activity_index(brazil, 140, 42, world) == pytest.approx(21, rel=0.07)
