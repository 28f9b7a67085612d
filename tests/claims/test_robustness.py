"""Robustness: the share of specifications that agree, by hand, and never of synthetic counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bibliometrics.claims import grading
from bibliometrics.claims.grading import (
    describe_agreements,
    grade_robustness,
    is_tested,
    name_agreement,
)
from bibliometrics.claims.ledger import load_claims
from bibliometrics.errors import InputError
from bibliometrics.study.model import load_study
from bibliometrics.tables.schema import TABLES, render_table
from tests.support.claim_samples import count_tables
from tests.support.curve_samples import curve_table, growing

if TYPE_CHECKING:
    from bibliometrics.study.specifications import CurvePoint

STUDY = load_study("cas-latin-america")
LEDGER = load_claims()
TESTED = {"P16", "P17", "P18", "P19", "P20", "P23"}


def from_77_to_555(point: CurvePoint, year: int) -> tuple[int, int, int]:
    """Count as the paper says, but nothing like it in the weak specifications."""
    if not point.is_strong:
        return 0, 0, 0
    joint = round(77 * (555 / 77) ** ((year - 2007) / 9))
    return joint, 3 * joint, 6 * joint // 10


def test_the_claims_of_the_headline_numbers_are_tested_by_the_curve() -> None:
    assert {claim.id for claim in LEDGER if is_tested(claim, STUDY)} == TESTED
    short = replace(STUDY, years=(2008, 2015))
    assert "P16" not in {claim.id for claim in LEDGER if is_tested(claim, short)}
    elsewhere = replace(STUDY, top_country="MX")
    assert "P23" not in {claim.id for claim in LEDGER if is_tested(claim, elsewhere)}


def test_counts_as_stated_everywhere_are_robust_whatever_the_weak_axes_say() -> None:
    found = grade_robustness(STUDY, LEDGER, curve_table(STUDY, from_77_to_555))
    assert set(found) == TESTED
    for one in found.values():
        assert (one.word, one.n_agree, one.n_specifications) == ("robust", 96, 96)
        assert one.primary_verdict in {"reproduced", "direction reproduced"}
    assert found["P16"].lowest == found["P16"].highest == 77
    assert "holds in 96 of 96 specifications" in found["P17"].clause


@pytest.mark.parametrize(
    ("wide", "word", "agree"),
    [
        (("lineage", "minus USTC"), "fragile", 48),
        (("lineage",), "specification-dependent", 24),
    ],
)
def test_agreement_is_the_share_of_specifications_with_the_same_conclusion(
    wide: tuple[str, ...], word: str, agree: int
) -> None:
    def count(point: CurvePoint, year: int) -> tuple[int, int, int]:
        as_stated = dict(point.choices)["institution"] in wide
        return from_77_to_555(point, year) if as_stated else (5, 1000, 0)

    found = grade_robustness(STUDY, LEDGER, curve_table(STUDY, count))
    for claim in ("P16", "P17", "P18", "P20", "P23"):
        assert (found[claim].word, found[claim].n_agree) == (word, agree), claim


def test_a_failure_everywhere_is_as_robust_as_a_success() -> None:
    nothing = curve_table(STUDY, lambda point, year: (0, 1000, 0))
    found = grade_robustness(STUDY, LEDGER, nothing)
    assert set(found) == {"P16", "P17", "P20"}  # growth from nothing is unknown
    assert {one.word for one in found.values()} == {"robust"}
    assert found["P16"].primary_verdict == "not reproduced"
    assert "holds in 0 of 96" in found["P16"].clause


def test_what_is_unknown_does_not_agree_and_an_unknown_primary_is_not_graded() -> None:
    def narrow_is_empty(point: CurvePoint, year: int) -> tuple[int, int, int]:
        small = dict(point.choices)["team_size"] == "at most 10 authors"
        return (0, 0, 0) if small else from_77_to_555(point, year)

    found = grade_robustness(STUDY, LEDGER, curve_table(STUDY, narrow_is_empty))
    assert (found["P18"].n_agree, found["P18"].verdicts["unknown"]) == (72, 24)
    frame = describe_agreements(found)
    assert frame.set_index("claim_id").loc["P18", "robustness"] == "fragile"


def test_the_words_have_the_documented_thresholds() -> None:
    expected = {80: "robust", 79: "fragile", 50: "fragile", 49: "specification-dependent"}
    assert {n: name_agreement(n, 100) for n in expected} == expected


def test_the_grade_stands_in_the_table_of_claims() -> None:
    tables = {**count_tables(STUDY), "specifications": curve_table(STUDY, from_77_to_555)}
    rows = grading.grade_claims(STUDY, LEDGER, tables, "openalex")
    graded = {row["claim_id"]: row for row in rows if row["robustness"]}
    assert set(graded) == TESTED
    assert all(row["evidence"] == "openalex" for row in graded.values())
    assert all(row["reason"].endswith("in the primary in 96.") for row in graded.values())
    assert render_table(TABLES["claims"], rows).count(",robust,") == len(TESTED)
    without = grading.grade_claims(STUDY, LEDGER, count_tables(STUDY), "openalex")
    assert not any(row["robustness"] for row in without)


def test_a_synthetic_curve_is_never_graded() -> None:
    tables = {**count_tables(STUDY), "specifications": curve_table(STUDY, growing(STUDY, 9, 99))}
    with pytest.raises(InputError, match="synthetic"):
        grading.grade_claims(STUDY, LEDGER, tables, "openalex", synthetic=True)
    with pytest.raises(InputError, match="can't be graded"):
        grading.grade_claims(STUDY, LEDGER, tables, "sample")
