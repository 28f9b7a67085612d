"""Claims are graded by what evidence measures directly, and never by made-up data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bibliometrics.claims import grading
from bibliometrics.claims.evidence import as_frame, read_witnesses
from bibliometrics.claims.ledger import QUANTITIES, load_claims
from bibliometrics.claims.quantities import Evidence
from bibliometrics.errors import InputError
from bibliometrics.study.model import Study, load_study
from bibliometrics.tables.schema import TABLES, render_table
from tests.support.claim_samples import BETTER, count_tables, row_of

OUTSIDE_LEDGER = ("P16", "P17", "P18", "P19", "P20", "P22", "P23", "P24", "P32")


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


@pytest.fixture(scope="module")
def rows(study: Study) -> list[dict[str, Any]]:
    """Verdicts of the whole ledger by the shipped witnesses alone."""
    return grading.grade_claims(study, load_claims(), published=read_witnesses())


@pytest.mark.parametrize("evidence", ["openalex", "snapshot", "sample", None])
@pytest.mark.parametrize("with_tables", [True, False])
def test_synthetic_data_are_never_graded(
    study: Study, evidence: str | None, with_tables: bool
) -> None:
    tables = count_tables(study) if with_tables else None
    with pytest.raises(InputError, match="synthetic"):
        grading.grade_claims(study, load_claims(), tables, evidence, synthetic=True)


@settings(max_examples=30)
@given(st.one_of(st.none(), st.text()).filter(lambda name: name not in grading.OWN_EVIDENCE))
def test_tables_of_no_real_source_are_refused_even_without_the_flag(evidence: str | None) -> None:
    study = load_study()
    with pytest.raises(InputError, match="can't be graded"):
        grading.grade_claims(study, load_claims(), count_tables(study), evidence)


def test_every_claim_has_a_row_and_the_table_fits_its_contract(rows: list[dict[str, Any]]) -> None:
    assert {row["claim_id"] for row in rows} == {claim.id for claim in load_claims()}
    assert render_table(TABLES["claims"], rows).count("\n") == len(rows) + 1


def test_every_claim_has_exactly_one_reason_not_to_be_graded_or_direct_evidence(
    rows: list[dict[str, Any]],
) -> None:
    for claim in load_claims():
        mine = [row for row in rows if row["claim_id"] == claim.id]
        direct = [row for row in mine if row["evidence_kind"] == "direct"]
        assert bool(direct) != any(row["evidence"] is None for row in mine), claim.id
        assert all(row["conclusion_verdict"] in BETTER for row in direct), claim.id


def test_direct_verdicts_by_witnesses(rows: list[dict[str, Any]]) -> None:
    ncses, pairs, bank = "ncses-seind-2023", "openalex-2024-08-27", "worldbank-wdi-"
    good, half, bad = "reproduced", "direction reproduced", "not reproduced"
    expected = {
        ("P03", ncses): (good, good),
        ("P03", f"{bank}2019-03-21"): (good, good),
        ("P04", ncses): (good, good),
        ("P05", ncses): (good, good),
        ("P07", ncses): (good, good),
        ("P08", ncses): (good, good),
        ("P09", ncses): (good, good),
        ("P10", ncses): (bad, half),
        ("P12", ncses): (good, good),
        ("P13", pairs): (None, good),
        ("P14", pairs): (good, good),
        ("P15", pairs): (None, good),
        ("P29", pairs): (None, half),
        ("P30", ncses): (half, half),
        ("P35", f"{bank}2019-03-21"): (good, good),
        ("P35", f"{bank}2021-09-15"): (bad, half),
        ("P35", f"{bank}2024-02"): (good, good),
        ("P35", f"{bank}2024-06-28"): (half, good),
    }
    assert expected == {
        (row["claim_id"], row["evidence"]): (row["number_verdict"], row["conclusion_verdict"])
        for row in rows
        if row["evidence_kind"] == "direct"
    }


def test_figures_of_all_china_never_grade_a_claim_about_the_institution(
    rows: list[dict[str, Any]],
) -> None:
    for row in rows:
        if row["claim_id"] in OUTSIDE_LEDGER:
            assert row["evidence_kind"] in {"proxy", None}
            assert row["conclusion_verdict"] in {"waiting for a pull", None}


def test_levels_of_other_databases_are_calibration(rows: list[dict[str, Any]]) -> None:
    for claim in ("P01", "P02"):
        kinds = [row["evidence_kind"] for row in rows if row["claim_id"] == claim]
        assert sorted(kinds, key=str) == [None, "calibration", "calibration"]


def test_grades_are_the_same_every_time(rows: list[dict[str, Any]], study: Study) -> None:
    assert grading.grade_claims(study, load_claims(), published=read_witnesses()) == rows


def test_claims_of_another_study_are_left_out(study: Study) -> None:
    assert grading.grade_claims(replace(study, id="other"), load_claims()) == []


def test_every_quantity_of_the_ledger_is_computed() -> None:
    assert set(grading.COMPUTED) == set(QUANTITIES)


def test_counts_as_the_paper_states_them_reproduce_the_paper(study: Study) -> None:
    rows = grading.grade_claims(study, load_claims(), count_tables(study), "openalex")
    graded = {row["claim_id"]: row for row in rows if row["evidence_kind"] == "direct"}
    numbers = (1, 2, 3, 4, 5, 7, 8, 9, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 32)
    same = [f"P{number:02d}" for number in numbers]
    for claim in same:
        assert graded[claim]["conclusion_verdict"] == "reproduced", graded[claim]
        assert graded[claim]["number_verdict"] in {"reproduced", None}, graded[claim]
    assert set(graded) - set(same) == {"P10", "P24", "P29", "P30"}
    assert graded["P17"]["observed"] == 555
    assert graded["P18"]["observed"] == pytest.approx(555 / 77)
    assert graded["P19"]["observed"] == pytest.approx((555 / 77) ** (1 / 9) - 1)
    assert graded["P20"]["observed"] == pytest.approx(1 / 3)
    assert graded["P23"]["observed"] == pytest.approx(333 / 555)
    assert "no field for Biodiversity, Space Science" in graded["P30"]["reason"]
    assert render_table(TABLES["claims"], rows)


def test_counts_of_nothing_are_not_graded_and_break_nothing(study: Study) -> None:
    rows = grading.grade_claims(study, load_claims(), count_tables(study, scale=0), "openalex")
    assert {row["claim_id"] for row in rows} == {claim.id for claim in load_claims()}
    assert render_table(TABLES["claims"], rows)
    assert all(row["conclusion_verdict"] not in {"reproduced", "contradicted"} for row in rows)


def test_a_quantity_that_the_counts_lack_is_said_to_be_lacking(study: Study) -> None:
    tables = {"region_output": count_tables(study)["region_output"]}
    row = row_of(grading.grade_claims(study, load_claims(), tables, "openalex"), "P17")
    assert row["conclusion_verdict"] == "not testable"
    assert "these counts" in row["reason"]


def test_a_claim_marked_proxy_is_never_graded(study: Study) -> None:
    claim = next(claim for claim in load_claims() if claim.id == "P03")
    evidence = Evidence(study, as_frame([]), count_tables(study), "openalex")
    kinds = [f.kind for f in grading.find(replace(claim, proxy=True), evidence)]
    assert kinds == ["proxy"]
