"""Stated values of the ledger become marks in figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bibliometrics.claims.ledger import Claim, load_claims
from bibliometrics.claims.rules import Test
from bibliometrics.figures.catalogue import stated_marks
from bibliometrics.study.model import load_study

LEDGER = load_claims()


def claim(display: str = "Figure 4", **values: Any) -> Claim:
    told = {"id": "P16z", "test": "T", "quantity": "joint_output", "why": "W"}
    shown = next(one for one in LEDGER if one.id == "P16")
    return replace(shown, display=display, tests=(Test(**{**told, **values}),))


def test_the_headline_numbers_of_the_ledger_are_marked() -> None:
    marks = stated_marks(load_study(), LEDGER)
    found = {
        (mark.year, mark.value)
        for mark in marks["figure4_institution_region"]
        if mark.column == "n_works_institution_region"
    }
    assert found == {(2007, 77), (2016, 555)}
    (growth,) = [one for one in marks["readings"] if one.column == "growth_factor"]
    assert growth.value == pytest.approx(7.2)


def test_claims_of_other_studies_and_in_the_text_alone_have_no_mark() -> None:
    shown = claim(stated=5.0, year=2010)
    assert stated_marks(replace(load_study(), id="another"), [shown]) == {}
    assert stated_marks(load_study(), [claim("text", stated=5.0, year=2010)]) == {}
    assert stated_marks(load_study(), [claim(year=2010)]) == {}
    (mark,) = stated_marks(load_study(), [shown])["figure4_institution_region"]
    assert (mark.column, mark.value, mark.year) == ("n_works_institution_region", 5.0, 2010)


def test_no_rank_is_marked_that_the_document_does_not_give() -> None:
    ranks = [
        (mark.country_codes, mark.value)
        for marks in stated_marks(load_study(), LEDGER).values()
        for mark in marks
        if mark.column == "rank"
    ]
    assert ranks == [(("US",), 1)]
