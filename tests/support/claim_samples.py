"""Claims, findings and small count tables for the tests of grading."""

from __future__ import annotations

import csv
from typing import Any

import pandas as pd

from bibliometrics.claims import rules
from bibliometrics.claims.ledger import Claim
from bibliometrics.claims.rules import Finding
from bibliometrics.files import raw_folder
from bibliometrics.study.model import Study

BETTER = ("contradicted", "not reproduced", "direction reproduced", "reproduced")
UNITS = {"level": "works", "growth": "factor", "rate": "per year", "share": "share"}


def make_claim(claim_class: str, **values: Any) -> Claim:
    base: dict[str, Any] = {
        "id": "Z01",
        "source": "memo",
        "study": "cas-latin-america",
        "display": "text",
        "title": "T",
        "statement": "S",
        "claim_class": claim_class,
        "unit": UNITS.get(claim_class, ""),
    }
    return Claim(**(base | values))


def found(
    observed: float | None, low: float | None = None, high: float | None = None, **values: Any
) -> Finding:
    ends = (observed if low is None else low, observed if high is None else high)
    return Finding("test", values.pop("kind", "direct"), "said", observed, *ends, **values)


def grades(claim: Claim, finding: Finding) -> tuple[str, str]:
    return rules.grade_number(claim, finding), rules.grade_conclusion(claim, finding)


def raw(file: str, **conditions: str) -> dict[str, float]:
    """Sum the values of a witness file by country (or partner) code, by no code of the package."""
    totals: dict[str, float] = {}
    with (raw_folder() / "witnesses" / file).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if conditions.items() <= row.items():
                code = row["partner_code"] if row["quantity"] == "pair_sum" else row["country_code"]
                totals[code] = totals.get(code, 0.0) + float(row["value"])
    return totals


def row_of(rows: list[dict[str, Any]], claim: str, evidence: str | None = None) -> dict[str, Any]:
    (row,) = [row for row in rows if (row["claim_id"], row["evidence"]) == (claim, evidence)]
    return row


def count_tables(study: Study, scale: int = 1) -> dict[str, pd.DataFrame]:
    """Return small count tables that fulfil every claim, for the arithmetic of the grades."""
    years = list(study.year_range)
    works = [77, 96, 119, 149, 185, 231, 288, 358, 446, 555]
    members = {"BR": 0.6, "MX": 0.3, "CL": 0.2, "AR": 0.15, "CO": 0.1}

    def by_country(name: str, shares: dict[str, float], totals: list[int]) -> pd.DataFrame:
        cells = [
            (year, code, round(total * shares.get(code, 0.0) * scale))
            for year, total in zip(years, totals, strict=True)
            for code in {**dict.fromkeys(study.region.codes, 0.0), **shares}
        ]
        return pd.DataFrame(cells, columns=["year", "country_code", name])

    region = [46000, 50000, 54000, 58000, 62000, 66000, 70000, 75000, 80000, 84000]
    partners = {"US": 0.2, "ES": 0.1, "GB": 0.07, "FR": 0.06, "DE": 0.05, "IT": 0.04, "CN": 0.02}
    output = {"BR": 0.5, "MX": 0.15, "AR": 0.1, "CL": 0.09, "CO": 0.08, "PE": 0.05, "EC": 0.04}
    output |= {"UY": 0.03, "VE": 0.02, "CU": 0.01}
    pairs = by_country("n_works", partners, region)
    pairs["affinity"] = 0.2 + 0.01 * (pairs["year"] - years[0])
    fields = [
        (area, field, works * scale, works * scale // 100)
        for area, counts in {
            "region": {11: 400, 19: 300, 21: 150, 23: 200, 27: 500, 31: 450},
            "world": {11: 2000, 19: 2500, 21: 1400, 23: 1800, 27: 4900, 31: 4400, 17: 5000},
        }.items()
        for field, works in counts.items()
    ]
    return {
        "region_output": pd.DataFrame(
            {
                "year": years,
                "n_works_region": [count * scale for count in region],
                "n_works_world": [count * 20 * scale for count in region],
            }
        ),
        "country_output": by_country("n_works", output, region),
        "region_partners": pairs,
        "institution_region": pd.DataFrame(
            {
                "year": years,
                "n_works_institution_region": [count * scale for count in works],
                "n_works_home_region": [3 * count * scale for count in works],
            }
        ),
        "institution_partners": by_country("n_works", members, works),
        "fields": pd.DataFrame(
            fields, columns=["country_code", "field_id", "n_works", "n_top_1_percent"]
        ),
    }
