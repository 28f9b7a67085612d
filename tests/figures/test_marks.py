"""Stated values of the ledger become marks in figures."""

from __future__ import annotations

from dataclasses import replace

from bibliometrics.claims.ledger import Claim, load_claims
from bibliometrics.figures.catalogue import stated_marks
from bibliometrics.study.model import load_study
from tests.support.worlds import DEFINITIONS, read_toml


def claim(**values: object) -> Claim:
    text = dict.fromkeys(("source", "title", "statement", "claim_class"), "x")
    told = {"id": "Z01", "study": load_study().id, "display": "Figure 4", **text}
    return Claim(**{**told, **values})  # type: ignore[arg-type]


def test_the_headline_numbers_of_the_ledger_are_marked() -> None:
    marks = stated_marks(load_study(), load_claims())
    stated = {
        (entry["quantity"], entry.get("year"), entry["stated"])
        for entry in read_toml(DEFINITIONS / "claims.toml")["claims"]
        if entry.get("quantity") == "institution_region" and "stated" in entry
    }
    assert {value for _, _, value in stated} >= {77, 555}
    found = {
        ("institution_region", mark.year, mark.value)
        for mark in marks["figure4_institution_region"]
        if mark.column == "n_works_institution_region"
    }
    assert found == stated


def test_claims_of_other_studies_and_in_the_text_alone_have_no_mark() -> None:
    shown = claim(quantity="institution_region", stated=5.0, year=2010)
    other = replace(load_study(), id="another")
    assert stated_marks(other, [shown]) == {}
    assert stated_marks(load_study(), [replace(shown, display="text")]) == {}
    assert stated_marks(load_study(), [replace(shown, stated=None)]) == {}
    assert stated_marks(load_study(), [replace(shown, quantity="something else")]) == {}
    (mark,) = stated_marks(load_study(), [shown])["figure4_institution_region"]
    assert (mark.column, mark.value, mark.year) == ("n_works_institution_region", 5.0, 2010)


def test_ranks_go_on_from_the_first_of_a_tier_and_lists_have_none() -> None:
    tier = claim(quantity="partner_tier", members=("ES", "GB"), first_rank=2, ordered=True)
    marks = stated_marks(load_study(), [tier])["figure3_region_partners"]
    assert [(mark.country_codes, mark.value) for mark in marks] == [(("ES",), 2), (("GB",), 3)]
    assert stated_marks(load_study(), [replace(tier, ordered=False)]) == {}
    lead = replace(tier, quantity="partner_margin", members=("US", "ES"))
    (mark,) = stated_marks(load_study(), [lead])["figure3_region_partners"]
    assert (mark.country_codes, mark.value) == (("US",), 1)
