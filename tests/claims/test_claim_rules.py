"""Each class of claim has its rule, and the rules keep their order."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bibliometrics.claims import rules
from bibliometrics.claims.ledger import Claim
from bibliometrics.claims.rules import Finding, Part
from tests.support.claim_samples import BETTER, UNITS, found, grades, make_claim


@pytest.mark.parametrize(
    ("claim", "finding", "number", "conclusion"),
    [
        (make_claim("level", stated=100), found(119, 100, 140), "reproduced", "reproduced"),
        (
            make_claim("level", stated=100),
            found(190, 185, 195),
            "direction reproduced",
            "reproduced",
        ),
        (
            make_claim("level", stated=100),
            found(195, 170, 220),
            "direction reproduced",
            "direction reproduced",
        ),
        (make_claim("level", stated=100), found(300, 280, 320), "not reproduced", "not reproduced"),
        (make_claim("growth", stated=7.2), found(5.5, 4.6, 6.6), "reproduced", "reproduced"),
        (
            make_claim("growth", stated=7.2),
            found(3.0, 2.5, 3.6),
            "direction reproduced",
            "direction reproduced",
        ),
        (
            make_claim("growth", stated=7.2),
            found(1.3, 0.9, 1.8),
            "not reproduced",
            "not reproduced",
        ),
        (make_claim("growth", stated=7.2), found(0.8, 0.7, 0.9), "contradicted", "contradicted"),
        (
            make_claim("growth", stated=7.2),
            found(0.9, 0.7, 1.1),
            "not reproduced",
            "not reproduced",
        ),
        (
            make_claim("growth", stated=1.2),
            found(0.95, 0.9, 1.1),
            "not reproduced",
            "not reproduced",
        ),
        (make_claim("rate", stated=0.245), found(0.20, 0.18, 0.22), "reproduced", "reproduced"),
        (
            make_claim("rate", stated=0.245),
            found(0.13, 0.10, 0.16),
            "direction reproduced",
            "direction reproduced",
        ),
        (
            make_claim("rate", stated=0.245),
            found(-0.1, -0.12, -0.08),
            "contradicted",
            "contradicted",
        ),
        (make_claim("share", stated=0.6), found(0.56), "reproduced", "reproduced"),
        (make_claim("share", stated=0.6), found(0.45), "direction reproduced", "reproduced"),
        (make_claim("share", stated=0.6), found(0.35), "not reproduced", "not reproduced"),
        (make_claim("share", stated=0.6), found(0.52, base=599), "reproduced", "reproduced"),
        (
            make_claim("share", stated=0.6, above=0.5),
            found(0.52, 0.45, 0.6),
            "direction reproduced",
            "direction reproduced",
        ),
        (
            make_claim("share", stated=0.05, tolerance=0.01, above=0.04, below=0.06),
            found(0.05, series=(0.045, 0.055)),
            "reproduced",
            "reproduced",
        ),
        (
            make_claim("share", stated=0.05, tolerance=0.01, above=0.04, below=0.06),
            found(0.05, series=(0.03, 0.05, 0.055)),
            "reproduced",
            "direction reproduced",
        ),
        (
            make_claim("share", stated=0.05, tolerance=0.01, above=0.04, below=0.06),
            found(0.05, series=(0.03, 0.07, 0.05)),
            "reproduced",
            "not reproduced",
        ),
        (make_claim("always", stated=9), found(9, 9, 9), "reproduced", "reproduced"),
        (make_claim("always", stated=9), found(9, 7, 9), "reproduced", "direction reproduced"),
        (
            make_claim("always", stated=9),
            found(8, 8, 9),
            "direction reproduced",
            "direction reproduced",
        ),
        (make_claim("always", stated=9), found(7, 7, 9), "not reproduced", "not reproduced"),
        (make_claim("existence"), found(1), "", "reproduced"),
        (make_claim("existence"), found(0), "", "not reproduced"),
        (make_claim("direction", unit="ratio", above=1.0), found(2, 1.5, 3), "", "reproduced"),
        (
            make_claim("direction", unit="ratio", above=1.0),
            found(2, 0.9, 3),
            "",
            "direction reproduced",
        ),
        (
            make_claim("direction", unit="ratio", above=1.5),
            found(1.3, 1.2, 1.4),
            "",
            "not reproduced",
        ),
        (
            make_claim("direction", unit="ratio", above=1.0),
            found(0.5, 0.4, 0.6),
            "",
            "contradicted",
        ),
        (make_claim("direction", unit="ratio", below=1.0), found(2, 1.5, 3), "", "contradicted"),
        (
            make_claim("direction", unit="ratio", below=1 / 3),
            found(0.5, 0.4, 0.6),
            "",
            "not reproduced",
        ),
        (make_claim("level", stated=10), found(None, 1, 20), "not testable", "not testable"),
        (make_claim("not testable"), found(1), "", ""),
    ],
)
def test_each_class_is_graded_by_its_rule(
    claim: Claim, finding: Finding, number: str, conclusion: str
) -> None:
    assert grades(claim, finding) == (number, conclusion)


@pytest.mark.parametrize(
    ("ordered", "observed", "low", "first", "tau", "number", "conclusion"),
    [
        (False, 5, 5, True, math.nan, "reproduced", "reproduced"),
        (True, 5, 5, True, 0.8, "reproduced", "reproduced"),
        (True, 5, 5, True, 0.6, "direction reproduced", "reproduced"),
        (False, 4, 3, True, 1.0, "direction reproduced", "direction reproduced"),
        (False, 5, 5, False, 1.0, "not reproduced", "not reproduced"),
        (False, 3, 3, True, 1.0, "not reproduced", "not reproduced"),
    ],
)
def test_a_rank_needs_its_members_and_the_first_one(
    ordered: bool, observed: int, low: int, first: bool, tau: float, number: str, conclusion: str
) -> None:
    claim = make_claim("rank", members=("BR", "MX", "AR", "CL", "CO"), ordered=ordered, stated=5.0)
    finding = found(observed, low, 5, first_right=first, tau=tau)
    assert grades(claim, finding) == (number, conclusion)


STRONG, LARGE = Part("a", 2.0, 1.9, 2.1, True), Part("b", 1.1, 0.9, 1.3, True)
SMALL, WEAK = Part("c", 2.0, 1.9, 2.1, False), Part("d", 0.5, 0.4, 0.6, True)


@pytest.mark.parametrize(
    ("parts", "untested", "number", "conclusion"),
    [
        ((STRONG, STRONG), (), "reproduced", "reproduced"),
        ((STRONG, SMALL), (), "direction reproduced", "reproduced"),
        ((STRONG, LARGE), (), "direction reproduced", "direction reproduced"),
        ((STRONG, STRONG), ("e",), "direction reproduced", "direction reproduced"),
        ((STRONG, STRONG, WEAK), (), "not reproduced", "direction reproduced"),
        ((STRONG, WEAK), (), "not reproduced", "not reproduced"),
        ((WEAK, WEAK), (), "contradicted", "contradicted"),
        ((), ("e",), "not reproduced", "not reproduced"),
    ],
)
def test_a_topic_needs_every_field_surely_above_one_and_large(
    parts: tuple[Part, ...], untested: tuple[str, ...], number: str, conclusion: str
) -> None:
    claim = make_claim("topic", stated=2.0)
    assert grades(claim, found(1, parts=parts, untested=untested)) == (number, conclusion)


@pytest.mark.parametrize(
    ("ratios", "number", "conclusion"),
    [
        ((1.0, 1.04, 0.96), "reproduced", "reproduced"),
        ((1.0, 1.1), "direction reproduced", "reproduced"),
        ((1.0, 1.0, 1.5), "not reproduced", "direction reproduced"),
        ((1.0, 1.5), "not reproduced", "not reproduced"),
        ((), "not reproduced", "not reproduced"),
        ((0.0,), "not reproduced", "not reproduced"),
    ],
)
def test_values_are_graded_one_by_one(
    ratios: tuple[float, ...], number: str, conclusion: str
) -> None:
    assert grades(make_claim("values", stated=3.0), found(1, ratios=ratios)) == (number, conclusion)


numeric = st.sampled_from(sorted(UNITS))
stated_values = st.floats(0.02, 50)


@given(numeric, stated_values, st.floats(0.01, 0.5))
def test_the_tight_band_lies_in_the_wide_band(name: str, stated: float, reach: float) -> None:
    claim = make_claim(name, stated=stated, tolerance=reach)
    (low, high), (lowest, highest) = rules.band(claim, 1), rules.band(claim, rules.WIDE)
    assert lowest <= low <= stated <= high <= highest


@given(numeric, stated_values)
def test_the_stated_value_itself_is_reproduced(name: str, stated: float) -> None:
    assert rules.grade_number(make_claim(name, stated=stated), found(stated)) == "reproduced"


@given(numeric, stated_values, st.floats(0, 60), st.floats(1, 3))
def test_farther_from_the_stated_value_is_never_better(
    name: str, stated: float, observed: float, more: float
) -> None:
    claim = make_claim(name, stated=stated)
    farther = stated + (observed - stated) * more
    if farther < 0:
        return
    near, far = (rules.grade_number(claim, found(value)) for value in (observed, farther))
    assert BETTER.index(far) <= BETTER.index(near)


@given(numeric, stated_values, st.floats(0, 60), st.floats(0.01, 0.3))
def test_a_wider_tolerance_is_never_worse(
    name: str, stated: float, observed: float, reach: float
) -> None:
    strict, mild = (make_claim(name, stated=stated, tolerance=reach * k) for k in (1, 2))
    one, other = (rules.grade_number(claim, found(observed)) for claim in (strict, mild))
    assert BETTER.index(one) <= BETTER.index(other)


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.sampled_from([2.0, 4.0, 0.5]))
def test_the_grade_of_a_level_does_not_depend_on_the_unit(
    stated: float, observed: float, scale: float
) -> None:
    one = grades(make_claim("level", stated=stated), found(observed))
    assert one == grades(make_claim("level", stated=stated * scale), found(observed * scale))


@given(
    st.sampled_from(["growth", "rate"]),
    st.floats(1.01, 50),
    st.floats(-0.9, 3),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_only_an_interval_beyond_no_effect_contradicts(
    name: str, stated: float, observed: float, below: float, above: float
) -> None:
    claim = make_claim(name, stated=stated)
    finding = found(observed, observed - below, observed + above)
    if "contradicted" in grades(claim, finding):
        assert observed + above < (1.0 if name == "growth" else 0.0)


@given(numeric, stated_values, st.floats(0, 60), st.sampled_from(["proxy", "calibration", ""]))
def test_only_direct_evidence_is_graded(
    name: str, stated: float, observed: float, kind: str
) -> None:
    assert grades(make_claim(name, stated=stated), found(observed, kind=kind)) == ("", "")
