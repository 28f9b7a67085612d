"""What a build answers: computed from its verdicts, in each of its states."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from bibliometrics.builds.read import Build, read_build
from bibliometrics.claims.ledger import load_claims
from bibliometrics.claims.witnesses import witness_definitions
from bibliometrics.openalex.credentials import API_URL
from bibliometrics.report.answer import compare_figures, five_sentences, tell_sources
from bibliometrics.study.model import load_study
from bibliometrics.tables.answers import make_provenance

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS = ["Confirmed", "Not confirmed", "Unknown", "As of", "The central question"]


@pytest.fixture(scope="module")
def published(witness_build: Path) -> Build:
    return read_build(witness_build)


def decided(build: Build, verdicts: Mapping[str, str]) -> Build:
    """Return a build with other verdicts of some claims."""
    lines = build["claim_summary"].copy()
    lines["verdict"] = lines["claim_id"].map(verdicts).fillna(lines["verdict"])
    return replace(build, tables={**build.tables, "claim_summary": lines})


def test_five_sentences_say_what_holds_what_does_not_and_what_nobody_knows(
    published: Build,
) -> None:
    told = five_sentences(published)
    assert [one.partition(":")[0][: len(word)] for one, word in zip(told, WORDS, strict=True)] == (
        WORDS
    )
    lines = published["claim_summary"]
    held = lines[lines["verdict"] == "holds"]["claim_id"]
    titles = {claim.id: claim.title for claim in load_claims()}
    assert len(held) > 5
    assert f"{len(held)} of " in told[0]
    assert f"({titles[held.iloc[0]]}; " in told[0]
    assert f"; {len(held) - 4} more)" in told[0]
    waiting = lines[lines["verdict"] == "waiting for a pull"]["claim_id"]
    assert f"{len(waiting)} nobody has counted yet ({titles[waiting.iloc[0]]}; " in told[2]
    dates = re.findall(r"\d{4}-\d\d(?:-\d\d)?", told[3])
    assert dates == sorted(dates)
    assert len(dates) == 2
    assert "nothing has been counted by us yet" in told[3]
    assert "only a floor of real records" in told[4]
    marks = published["claims"].query("test_id in ['P16a', 'P17a'] and evidence_kind == 'bound'")
    assert len(marks) == 2
    assert [one for one in marks["mark"] if one not in told[4]] == []


def test_sentences_follow_the_verdicts(published: Build) -> None:
    lines = published["claim_summary"]
    held = list(lines[lines["verdict"] == "holds"]["claim_id"])
    titles = {claim.id: claim.title for claim in load_claims()}
    first, second, third, *_ = five_sentences(
        decided(published, {held[0]: "differs", held[1]: "open"})
    )
    assert titles[held[0]] not in first
    assert f"1 differs ({titles[held[0]]})" in second
    assert f"1 still open ({titles[held[1]]})" in third
    none = decided(published, dict.fromkeys(lines["claim_id"], "waiting for a pull"))
    assert five_sentences(none)[0].startswith("Confirmed: none of ")


def test_after_a_pull_the_central_question_has_our_counts(published: Build) -> None:
    rows = published["claims"].copy()
    own = (rows["evidence_kind"] == "own") & rows["test_id"].isin(["P16a", "P17a"])
    rows.loc[own, ["evidence", "evidence_kind", "observed"]] = ["openalex", "level", 321.0]
    told = replace(
        published,
        tables={**published.tables, "claims": rows},
        provenance=make_provenance(load_study(), "openalex", end="2026-12-01T00:00:00Z"),
    )
    *_, dated, central = five_sentences(told)
    assert "counts of our own from OpenAlex" in dated
    assert "2026-12-01" in dated
    assert central.startswith("The central question, by our counts: ")
    assert central.count("counted 321") == 2
    figure = compare_figures(told)[3]
    assert figure.ours == ("P16 321", "P17 321")


def test_an_invented_build_confirms_and_refutes_nothing() -> None:
    study = load_study()
    told = Build(
        folder=Path(),
        study=study,
        study_text="",
        provenance=make_provenance(study, "sample", synthetic=True, pull="release 2026-01-01"),
        tables={"region_output": pd.DataFrame(), "witnesses": pd.DataFrame()},
        alt_texts={},
    )
    sentences = five_sentences(told)
    assert len(sentences) == 5
    assert "Confirmed: nothing. Synthetic data are never graded." in sentences
    assert "an invented sample" in sentences[2]
    assert compare_figures(told) == []
    elsewhere = replace(told, provenance=make_provenance(study, "openalex", pull="x"))
    assert "no claims about this study" in five_sentences(elsewhere)[0]


@pytest.mark.parametrize("synthetic", [True, False])
def test_counts_that_no_document_is_about_are_told_by_themselves(*, synthetic: bool) -> None:
    study = load_study("cnrs-africa")
    first, last = study.years
    years = [*range(first, last + 1)]
    counted = pd.DataFrame({"year": years, "n_works_institution_region": range(7, 7 + len(years))})
    countries = pd.DataFrame(
        {"year": [first, last, last], "country_code": ["ZA", "ZA", "MA"], "n_works": [2, 3, 9]}
    )
    told = Build(
        folder=Path(),
        study=study,
        study_text="",
        provenance=make_provenance(
            study,
            "sample" if synthetic else "openalex",
            synthetic=synthetic,
            pull="the-pull",
            end="2026-12-01T00:00:00Z",
            location=API_URL,
        ),
        tables={
            "institution_region": counted,
            "institution_partners": countries,
            "witnesses": pd.DataFrame(),
        },
        alt_texts={},
    )
    *_, dated, central = five_sentences(told)
    assert dated == "As of: the-pull, 2026-12-01."
    assert f": 7 in {first}, {6 + len(years)} in {last}" in central
    assert ("python -m bibliometrics refresh" in central) is synthetic
    rows = {row.figure: row for row in compare_figures(told)}
    assert list(rows) == ["Figure 4", "Figure 5"]
    assert rows["Figure 5"].ours[0].endswith(": Morocco 9, South Africa 5")
    assert all(row.document == row.others == row.not_counted == () for row in rows.values())


def test_the_document_s_figures_stand_beside_what_others_found(published: Build) -> None:
    rows = compare_figures(published)
    assert [row.figure for row in rows] == [f"Figure {number}" for number in range(1, 6)]
    claims = published["claims"]
    stated = claims[claims["test_id"] == "P17a"]["stated"].iloc[0]
    assert f"P17 Papers of CAS and the region in 2016: {stated:.0f}" in rows[3].document
    found = claims.query("test_id == 'P02a' and evidence == 'ncses-seind-2023'")["observed"].iloc[0]
    assert f"P02 {found:,.0f}" in rows[0].others[0]
    assert "Scopus" in rows[0].others[0]
    assert all(row.ours == () for row in rows)
    assert rows[4].not_counted[0].split(", ") == ["P22", "P23", "P24"]


def test_a_figure_names_its_sources_by_their_databases(published: Build) -> None:
    told = tell_sources(published, "headline")
    assert "Scopus (NCSES, whole counting), 2023-04" in told
    assert "the World Bank's indicators (edition of 2019-03-21)." in told
    assert [key for key in witness_definitions().witnesses if key in told] == []
