"""Ledger, published figures and verdicts, as a person with pandas asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import bibliometrics as bm
from bibliometrics.claims.ledger import load_claims
from bibliometrics.study.model import load_study
from tests.support.claim_worlds import count_tables

if TYPE_CHECKING:
    from pathlib import Path


def test_one_row_is_one_test_and_no_claim_is_missing() -> None:
    frame = bm.read_claims()
    ledger = load_claims()
    assert frame["claim_id"].drop_duplicates().tolist() == [claim.id for claim in ledger]
    assert frame["test_id"].dropna().is_unique
    assert frame["test_id"].notna().sum() == sum(len(claim.tests) for claim in ledger)
    untested = frame[frame["test_id"].isna()]
    assert len(untested) == sum(not claim.tests for claim in ledger)
    assert untested[["test", "stated", "unit", "holds_from", "year"]].isna().all(axis=None)
    for column in ("stated", "holds_from", "holds_to"):
        assert frame[column].dtype.kind == "f", column
    assert set(bm.read_claims("tong-sun-2018")["source"]) == {"tong-sun-2018"}
    with pytest.raises(bm.InputError, match="no document 'nature'"):
        bm.read_claims("nature")


def test_verdicts_without_counts_are_those_of_the_build(witness_build: Path) -> None:
    built = bm.read_build(witness_build).tables["claims"]
    graded = bm.grade("cas-latin-america")
    assert list(graded.columns) == [name for name in built.columns if name != "source_"]
    assert graded["verdict"].tolist() == built["verdict"].tolist()
    assert graded["test_id"].fillna("").tolist() == built["test_id"].fillna("").tolist()


def test_own_counts_decide_and_invented_ones_are_refused() -> None:
    study = load_study()
    tables = count_tables(study, 7)
    graded = bm.grade(study, tables)
    own = graded[graded["evidence_kind"] == "own"]
    assert set(own["evidence"].dropna()) == {"openalex"}
    assert own["verdict"].isin(["holds", "differs", "open"]).sum() > 5
    young = bm.grade(study, tables, counted_in=2017)
    told = young[young["evidence"] == "openalex"]["reason"]
    assert told.str.contains("provisional or not over").any()
    invented = {name: frame.assign(source="SYNTHETIC sample") for name, frame in tables.items()}
    with pytest.raises(bm.InputError, match="synthetic data are never graded"):
        bm.grade(study, invented)
    with pytest.raises(bm.InputError, match="no table fig1"):
        bm.grade(study, {"fig1": pd.DataFrame()})


def test_a_study_without_claims_has_no_verdict() -> None:
    other = load_study().but(institution="Max Planck Society")
    assert bm.grade(other).empty
