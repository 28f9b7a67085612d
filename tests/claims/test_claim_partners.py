"""Quantities of the institution and its partners: our counts grade, the home country's bound."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from bibliometrics.claims import grading
from bibliometrics.claims.evidence import read_witnesses
from bibliometrics.claims.ledger import load_claims
from bibliometrics.study.model import Study, load_study
from tests.support.claim_samples import count_tables, raw, row_of


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


@pytest.fixture(scope="module")
def rows(study: Study) -> list[dict[str, Any]]:
    """Verdicts of the whole ledger by the shipped witnesses alone."""
    return grading.grade_claims(study, load_claims(), published=read_witnesses())


def test_bounds_of_china_leave_the_rise_of_its_weight_open(rows: list[dict[str, Any]]) -> None:
    row = row_of(rows, "P29", "openalex-2024-08-27")
    pairs = {
        year: raw("openalex_2024_pairs.csv", quantity="works_with_partner", year=year)
        for year in ("2007", "2016")
    }
    whole = {
        year: raw("openalex_2024_pairs.csv", quantity="international_works", year=year)["CN"]
        for year in pairs
    }
    sums = {year: sum(pairs[year].values()) / whole[year] for year in pairs}
    largest = {year: max(pairs[year].values()) / whole[year] for year in pairs}
    assert row["observed"] == pytest.approx(sums["2016"] / sums["2007"])
    assert row["low"] == pytest.approx(largest["2016"] / sums["2007"])
    assert row["high"] == pytest.approx(sums["2016"] / largest["2007"])
    assert row["low"] < 1 < row["observed"]


def test_equal_growth_of_a_country_is_not_faster_growth(study: Study) -> None:
    rows = grading.grade_claims(study, load_claims(), count_tables(study), "snapshot")
    row = row_of(rows, "P24", "snapshot")
    assert row["observed"] == pytest.approx(1, abs=0.05)
    assert row["conclusion_verdict"] in {"direction reproduced", "not reproduced"}


def test_works_of_the_institution_lie_within_those_of_its_country(
    rows: list[dict[str, Any]],
) -> None:
    for claim, year in (("P16", "2007"), ("P17", "2016")):
        pairs = raw("openalex_2024_pairs.csv", quantity="works_with_partner", year=year)
        row = row_of(rows, claim, "openalex-2024-08-27")
        assert row["observed"] is None
        assert (row["low"], row["high"]) == (max(pairs.values()), sum(pairs.values()))


def test_a_country_that_falls_back_in_one_year_is_not_always_first(study: Study) -> None:
    tables = count_tables(study)
    partners = tables["institution_partners"].copy()
    fallen = (partners["year"] == 2010) & (partners["country_code"] == "MX")
    partners.loc[fallen, "n_works"] = 1000
    rows = grading.grade_claims(
        study, load_claims(), tables | {"institution_partners": partners}, "openalex"
    )
    row = row_of(rows, "P22", "openalex")
    assert (row["observed"], row["number_verdict"]) == (9, "direction reproduced")
    assert "Mexico in 2010" in row["reason"]


def test_growth_from_nothing_is_not_graded(study: Study) -> None:
    tables = count_tables(study)
    works = tables["institution_region"].copy()
    works.loc[works["year"] == 2007, "n_works_institution_region"] = 0
    rows = grading.grade_claims(
        study, load_claims(), tables | {"institution_region": works}, "openalex"
    )
    assert row_of(rows, "P18", "openalex")["conclusion_verdict"] == "not counted"


def test_counts_may_be_a_table_without_partners(study: Study) -> None:
    tables = count_tables(study) | {"institution_partners": pd.DataFrame()}
    rows = grading.grade_claims(study, load_claims(), tables, "openalex")
    assert row_of(rows, "P23")["conclusion_verdict"] == "not testable"


def test_works_of_the_whole_make_the_growth_of_a_part_surer(study: Study) -> None:
    row = row_of(
        grading.grade_claims(study, load_claims(), count_tables(study), "openalex"),
        "P24",
        "openalex",
    )
    table = count_tables(study)["institution_partners"]
    years = list(study.year_range)
    chile = table[table["country_code"] == "CL"].set_index("year")["n_works"]
    colombia = table[table["country_code"] == "CO"].set_index("year")["n_works"]
    whole = count_tables(study)["institution_region"].set_index("year")[
        "n_works_institution_region"
    ]
    ends = [
        [series[span].sum() for span in (years[:3], years[-3:])]
        for series in (chile, colombia, whole)
    ]
    slowest = min(ends[:2], key=lambda pair: pair[1] / pair[0])
    variance = sum(1 / count for count in slowest) - sum(1 / count for count in ends[2])
    assert row["high"] / row["observed"] == pytest.approx(math.exp(1.959964 * variance**0.5))
