"""Quantities of the region, checked against sums made by hand from the files."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

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


def test_growth_of_the_region_by_hand(rows: list[dict[str, Any]]) -> None:
    parts = ("SOUTH_AMERICA", "CENTRAL_AMERICA_CARIBBEAN", "MX")
    first, last = (
        sum(raw("ncses_articles.csv", year=year)[part] for part in parts)
        for year in ("2007", "2016")
    )
    row = row_of(rows, "P03", "ncses-seind-2023")
    assert row["observed"] == pytest.approx(last / first)
    assert round(row["observed"], 3) == 1.847
    reach = 1.96 * math.sqrt(1 / first + 1 / last)
    assert row["low"] == pytest.approx(last / first * math.exp(-reach), rel=1e-3)
    assert f"{first:,.0f} works in 2007 and {last:,.0f} in 2016" in row["reason"]


def test_shares_by_hand(rows: list[dict[str, Any]]) -> None:
    totals = raw("ncses_articles.csv")
    region = totals["SOUTH_AMERICA"] + totals["CENTRAL_AMERICA_CARIBBEAN"] + totals["MX"]
    world = row_of(rows, "P05", "ncses-seind-2023")["observed"]
    assert world == pytest.approx(region / totals["WORLD"])
    brazil = row_of(rows, "P07", "ncses-seind-2023")["observed"]
    assert brazil == pytest.approx(totals["BR"] / region)
    four = row_of(rows, "P08", "ncses-seind-2023")["observed"]
    assert four == pytest.approx(sum(totals[code] for code in ("MX", "AR", "CL", "CO")) / region)


def test_partners_by_hand(rows: list[dict[str, Any]]) -> None:
    totals = raw("openalex_2024_pairs.csv", quantity="pair_sum")
    margin = row_of(rows, "P13", "openalex-2024-08-27")["observed"]
    assert margin == pytest.approx(totals["US"] / totals["ES"])
    small = row_of(rows, "P15", "openalex-2024-08-27")["observed"]
    assert small == pytest.approx(max(totals[code] for code in ("CN", "JP", "KR")) / totals["ES"])
    order = sorted(totals, key=lambda code: -totals[code])
    assert order[:6] == ["US", "ES", "GB", "FR", "DE", "IT"]
    assert "then Canada 32,702" in row_of(rows, "P14", "openalex-2024-08-27")["reason"]


def test_a_single_year_gives_no_growth(study: Study) -> None:
    short = replace(study, years=(2016, 2016))
    tables = {
        name: table[table["year"] == 2016] if "year" in table else table
        for name, table in count_tables(study).items()
    }
    rows = grading.grade_claims(short, load_claims(), tables, "openalex")
    graded = {row["claim_id"] for row in rows if row["evidence_kind"] == "direct"}
    assert {"P02", "P17", "P20", "P23"} <= graded
    assert not graded & {"P04", "P19", "P24"}
