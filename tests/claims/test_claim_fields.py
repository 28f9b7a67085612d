"""Quantities of fields and tables of indicators, checked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from bibliometrics.claims import grading
from bibliometrics.claims.evidence import as_frame, read_witnesses
from bibliometrics.claims.ledger import load_claims
from bibliometrics.claims.quantities import Evidence
from bibliometrics.study.model import Study, load_study
from bibliometrics.tables.schema import TABLES
from tests.support.claim_samples import count_tables, make_claim, raw, row_of


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


@pytest.fixture(scope="module")
def rows(study: Study) -> list[dict[str, Any]]:
    """Verdicts of the whole ledger by the shipped witnesses alone."""
    return grading.grade_claims(study, load_claims(), published=read_witnesses())


def test_an_activity_index_by_hand(rows: list[dict[str, Any]], study: Study) -> None:
    physics = raw("ncses_fields.csv", quantity="articles", field="physics")
    total = raw("ncses_articles.csv")
    members = [code for code in physics if code in study.region.codes]
    assert len(members) == 10
    here = sum(physics[code] for code in members) / sum(total[code] for code in members)
    index = here / (physics["WORLD"] / total["WORLD"])
    assert f"Physics {index:.2f}" in row_of(rows, "P10", "ncses-seind-2023")["reason"]
    assert index < 1


def test_highly_cited_works_by_hand(rows: list[dict[str, Any]]) -> None:
    field = "astronomy and astrophysics"
    top: dict[str, float] = {}
    for year in range(2007, 2017):
        shares = raw(
            "ncses_fields.csv", quantity="top_1_percent_share", year=str(year), field=field
        )
        works = raw("ncses_fields.csv", quantity="articles", year=str(year), field=field)
        for code in shares:
            top[code] = top.get(code, 0.0) + works[code] * shares[code] / 100
    order = sorted(set(top) - {"WORLD", "CN"}, key=lambda code: -top[code])
    assert order[:4] == ["CL", "BR", "MX", "AR"]
    reason = row_of(rows, "P12", "ncses-seind-2023")["reason"]
    assert f"Chile {top['CL']:,.0f}, Brazil {top['BR']:,.0f}, Mexico {top['MX']:,.0f}" in reason


def test_a_field_that_is_part_of_a_wider_one_is_not_tested(study: Study) -> None:
    rows = grading.grade_claims(study, load_claims(), count_tables(study), "openalex")
    assert "no field for Biodiversity, Space Science" in row_of(rows, "P30", "openalex")["reason"]
    assert not any(row["evidence"] == "openalex" for row in rows if row["claim_id"] == "P12")


def test_fields_of_counts_by_hand(study: Study) -> None:
    rows = grading.grade_claims(study, load_claims(), count_tables(study), "openalex")
    medicine = (500 / 2000) / (4900 / 22000)
    assert f"Clinical Medicine {medicine:.2f}" in row_of(rows, "P10", "openalex")["reason"]


def test_an_edition_is_graded_by_the_values_that_it_holds(rows: list[dict[str, Any]]) -> None:
    row = row_of(rows, "P35", "worldbank-wdi-2021-09-15")
    assert (row["stated"], row["observed"]) == (4, 3)
    exports = raw(
        "worldbank.csv",
        witness="worldbank-wdi-2021-09-15",
        quantity="TX.VAL.TECH.MF.ZS",
        year="2015",
    )
    assert exports["LCN"] / 11.2 > 1.05**4
    assert f"{exports['LCN']:.3g} (11.2)" in row["reason"]


def test_the_top_index_divides_by_the_share_of_the_world_in_the_same_table(study: Study) -> None:
    fields = count_tables(study)["fields"]
    world = fields["country_code"] == "world"
    fields.loc[world, "n_top_1_percent"] = fields["n_works"] * 15 // 1000
    tables = count_tables(study) | {"fields": fields}
    evidence = Evidence(study, as_frame([]), tables, "openalex")
    sums = fields.groupby("country_code")[["n_top_1_percent", "n_works"]].sum()
    shares = sums["n_top_1_percent"] / sums["n_works"]
    claim = make_claim("direction", quantity="top_cited_index", above=1.0)
    (finding,) = grading.find(claim, evidence)
    assert finding.observed == pytest.approx(shares["region"] / shares["world"])
    assert finding.observed == pytest.approx(2 / 3, abs=0.02)
    reason = row_of(
        grading.grade_claims(study, load_claims(), tables, "openalex"), "P10", "openalex"
    )
    medicine = (5 / 500) / (4900 * 15 // 1000 / 4900)
    assert f"estimated, {medicine:.2f}" in reason["reason"]


def test_the_column_text_says_what_the_world_of_the_fields_is() -> None:
    meaning = next(column.meaning for column in TABLES["fields"].columns)
    assert "at least one country" in meaning
