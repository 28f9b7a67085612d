"""A ratio has an interval, and a tier is compared with the countries that a claim names."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bibliometrics.claims.evidence import as_frame
from bibliometrics.claims.quantities import Evidence, ratio_interval, tier
from bibliometrics.study.model import load_study
from tests.support.claim_samples import make_claim


def test_a_tier_within_counting_noise_is_not_certain() -> None:
    claim = make_claim("rank", members=("BR", "MX"), first_rank=1, stated=2.0)
    counts = pd.Series({"BR": 100.0, "MX": 50.0, "AR": 49.0, "CL": 1.0})
    finding = tier(claim, counts, evidence="test", kind="direct", label="test")
    assert (finding.observed, finding.low, finding.first_right) == (2, 1, True)


def test_a_tier_in_order_needs_the_first_named_first() -> None:
    claim = make_claim("rank", members=("BR", "MX"), first_rank=1, ordered=True, stated=2.0)
    counts = pd.Series({"BR": 100.0, "MX": 500.0})
    finding = tier(claim, counts, evidence="test", kind="direct", label="test")
    assert (finding.observed, finding.first_right, finding.tau) == (2, False, -1)


@given(st.floats(0.01, 100), st.lists(st.integers(1, 10_000), min_size=1, max_size=4))
def test_the_interval_of_a_ratio_holds_it(ratio: float, counts: list[int]) -> None:
    low, high = ratio_interval(ratio, counts)
    assert low < ratio < high
    assert low * high == pytest.approx(ratio**2)


def test_without_counts_there_is_no_interval() -> None:
    assert all(end != end for end in ratio_interval(0.0, [1.0]))
    assert all(end != end for end in ratio_interval(1.0, [0.0]))


def test_a_table_that_is_not_there_has_no_rows() -> None:
    assert Evidence(load_study(), as_frame([]), {}, "").table("region_output").empty
