"""Nobody leads where nobody has anything; who is tied is said to be tied and is never first."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bibliometrics.claims import grading
from bibliometrics.claims.ledger import load_claims
from bibliometrics.claims.quantities import tier
from bibliometrics.figures.data import Evidence, Source, partner_rows, rank_texts
from bibliometrics.study.model import Study, load_study
from bibliometrics.tables.indicators import leaders, standings
from tests.support.claim_samples import count_tables, make_claim, row_of
from tests.support.figures import describe_one

SOURCE = Source("OpenAlex", "2026-11-01")
COUNTS = st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(0, 4))


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


def partners_of(study: Study, works: dict[int, dict[str, int]]) -> pd.DataFrame:
    rows = [
        (year, code, works.get(year, works[0]).get(code, 0))
        for year in study.year_range
        for code in study.region.codes
    ]
    return pd.DataFrame(rows, columns=["year", "country_code", "n_works"])


def first_partner(study: Study, works: dict[int, dict[str, int]]) -> dict[str, Any]:
    tables = count_tables(study) | {"institution_partners": partners_of(study, works)}
    return row_of(grading.grade_claims(study, load_claims(), tables, "openalex"), "P22", "openalex")


@given(COUNTS)
def test_places_are_one_more_than_the_number_of_those_ahead(counts: dict[str, int]) -> None:
    ranks = {who: place.rank for place in standings(counts) for who in place.who}
    assert ranks == {
        who: 1 + sum(other > count for other in counts.values())
        for who, count in counts.items()
        if count > 0
    }
    assert set(leaders(counts)) == {who for who, rank in ranks.items() if rank == 1}


def test_no_country_leads_where_all_have_none(study: Study) -> None:
    row = first_partner(study, {0: {}})
    assert (row["number_verdict"], row["conclusion_verdict"]) == ("not counted", "not counted")
    assert row["observed"] is None
    assert "nobody in 2007, 2008" in row["reason"]
    assert "Antigua" not in row["reason"]


def test_a_tie_in_one_year_leaves_always_first_open(study: Study) -> None:
    row = first_partner(study, {0: {"BR": 9, "AR": 5}, 2010: {"BR": 5, "AR": 5}})
    assert row["conclusion_verdict"] == "not counted"
    assert "leads in 9 years, Argentina, Brazil tied in 2010" in row["reason"]


def test_another_ahead_in_one_year_decides_beside_a_tie(study: Study) -> None:
    row = first_partner(study, {0: {"BR": 9}, 2010: {"BR": 5, "AR": 5}, 2012: {"BR": 5, "AR": 6}})
    assert row["observed"] == 8
    assert row["number_verdict"] == "not reproduced"


def test_no_pair_at_all_leaves_growth_open_and_makes_the_share_nothing(study: Study) -> None:
    works = count_tables(study)["institution_region"].assign(n_works_institution_region=0)
    works["n_works_home_region"] = [27] * 9 + [34]
    tables = count_tables(study) | {
        "institution_region": works,
        "institution_partners": partners_of(study, {0: {}}),
    }
    rows = grading.grade_claims(study, load_claims(), tables, "openalex")
    for claim in ("P18", "P19", "P22", "P23", "P24"):
        assert row_of(rows, claim, "openalex")["conclusion_verdict"] == "not counted", claim
    share = row_of(rows, "P20", "openalex")
    assert (share["observed"], share["number_verdict"]) == (0, "not reproduced")
    assert "no growth from 0" in row_of(rows, "P18", "openalex")["reason"]


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ({"BR": 9.0, "MX": 5.0, "AR": 5.0}, "a tie decides, Argentina, Mexico tied at 5"),
        ({"BR": 9.0, "MX": 0.0, "AR": 0.0}, "only 1 countries have any works"),
        ({"BR": 0.0, "MX": 0.0, "AR": 0.0}, "only 0 countries have any works"),
    ],
)
def test_a_tier_that_a_tie_or_zeros_decide_is_not_counted(
    counts: dict[str, float], why: str
) -> None:
    claim = make_claim("rank", members=("BR", "MX"), first_rank=1, stated=2.0)
    finding = tier(claim, pd.Series(counts), evidence="test", kind="direct", label="test")
    assert finding.observed is None
    assert why in finding.not_counted


def test_a_tie_within_a_tier_decides_nothing_about_the_set() -> None:
    claim = make_claim("rank", members=("BR", "MX"), first_rank=1, stated=2.0)
    counts = pd.Series({"BR": 9.0, "MX": 9.0, "AR": 5.0})
    finding = tier(claim, counts, evidence="test", kind="direct", label="test")
    assert (finding.observed, finding.not_counted) == (2, "")


def test_words_of_figures_name_no_leader_at_zero_and_ties_as_ties(study: Study) -> None:
    none = [Evidence(partners_of(study, {0: {}}), SOURCE)]
    for name in ("figure2_country_output", "partner_map"):
        assert "no works at all" in describe_one(name, study, none)
        assert "Antigua" not in describe_one(name, study, none)
    tied = [Evidence(partners_of(study, {0: {"BR": 5, "AR": 5, "CL": 2}}), SOURCE)]
    assert "Argentina and Brazil tied at 5, Chile 2." in describe_one(
        "figure2_country_output", study, tied
    )
    assert "Argentina tied at 5" in describe_one("partner_map", study, tied)


def test_equal_partners_share_a_rank(study: Study) -> None:
    frame = pd.DataFrame(
        [(2010, "US", 9), (2010, "ES", 4), (2010, "FR", 4), (2010, "CN", 0)],
        columns=["year", "country_code", "n_works"],
    )
    rows = partner_rows(study, frame)
    assert dict(zip(rows["country_code"], rank_texts(rows), strict=True)) == {
        "US": "1",
        "ES": "2=",
        "FR": "2=",
        "CN": "–",
    }
    told = describe_one("figure3_region_partners", study, [Evidence(frame, SOURCE)])
    assert "Spain and France tied at 4" in told or "France and Spain tied at 4" in told
