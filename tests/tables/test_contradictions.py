"""A part above its whole is explained by units abroad, or it stops verdicts and marks figures."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pandas as pd
import pytest

from bibliometrics.builds.read import draw
from bibliometrics.claims import grading
from bibliometrics.claims import ledger as claim_ledger
from bibliometrics.study import questions as asked
from bibliometrics.study.model import Study, load_study
from bibliometrics.tables.answers import make_provenance
from bibliometrics.tables.consistency import Answers
from bibliometrics.tables.contradictions import (
    both_by_year,
    find_contradictions,
    list_follow_ups,
    name_years,
)
from bibliometrics.tables.datapackage import describe_package, read_provenance
from tests.support.claim_worlds import count_tables, row_of


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


def by_year(study: Study, works: int) -> pd.DataFrame:
    return pd.DataFrame({"year": list(study.year_range), "n_works": works})


def answers_of(
    study: Study, *, institution: int, home: int, both: int | None, region: int = 900
) -> dict[asked.Question, pd.DataFrame]:
    found = {
        asked.region_by_year(study): by_year(study, region),
        asked.institution_region_by_year(study): by_year(study, institution),
        asked.home_region_by_year(study): by_year(study, home),
    }
    return found if both is None else found | {both_by_year(study): by_year(study, both)}


def test_nothing_more_is_asked_where_the_part_is_within_its_whole(study: Study) -> None:
    answers: Answers = answers_of(study, institution=21, home=21, both=None)
    assert list_follow_ups(study, answers) == []
    assert find_contradictions(study, answers) == ((), [])


def test_one_question_is_asked_where_the_part_is_above_its_whole(study: Study) -> None:
    answers: Answers = answers_of(study, institution=115, home=21, both=None)
    assert list_follow_ups(study, answers) == [both_by_year(study)]
    assert list_follow_ups(study, answers_of(study, institution=115, home=21, both=21)) == []


def test_works_of_units_abroad_explain_a_part_above_its_whole_in_one_note(study: Study) -> None:
    answers: Answers = answers_of(study, institution=30, home=21, both=18)
    found, notes = find_contradictions(study, answers)
    assert found == ()
    assert len(notes) == 1
    assert "in 2007-2016" in notes[0]
    assert "120 in all years" in notes[0]


@pytest.mark.parametrize(
    ("both", "region", "why"),
    [
        (115, 900, "explain 0 of them at most"),
        (100, 900, "explain 150 of them at most"),
        (21, 115, "as many works as without"),
        (None, 900, "was not asked"),
    ],
)
def test_what_units_abroad_leave_is_one_contradiction_of_all_years(
    study: Study, both: int | None, region: int, why: str
) -> None:
    answers: Answers = answers_of(study, institution=115, home=21, both=both, region=region)
    (found,), notes = find_contradictions(study, answers)
    assert notes == []
    assert found.years == tuple(study.year_range)
    assert why in found.said


def test_one_work_is_no_contradiction(study: Study) -> None:
    found, _ = find_contradictions(study, answers_of(study, institution=22, home=21, both=22))
    assert found == ()


def test_years_are_told_as_spans() -> None:
    assert name_years([2016]) == "2016"
    assert name_years([2010, 2007, 2008]) == "2007-2008, 2010"


def test_a_contradiction_stops_verdicts_and_marks_figures(study: Study) -> None:
    answers: Answers = answers_of(study, institution=600, home=21, both=600)
    found, _ = find_contradictions(study, answers)
    told = tuple(asdict(one) for one in found)
    tables = count_tables(study)
    own = tables["institution_region"].assign(
        n_works_institution_region=600, n_works_home_region=21, share_of_home=float("nan")
    )
    tables["institution_region"] = own
    rows = grading.grade_claims(
        study, claim_ledger.load_claims(), tables, "openalex", contradictions=told
    )
    for test in ("P16a", "P17a", "P18a", "P20a", "P20b", "P22a", "P23a"):
        row = row_of(rows, test, "openalex")
        level = test in {"P16a", "P17a"}
        assert (row["verdict"], row["observed"]) == ("shown" if level else "not counted", None)
        assert "contradict each other" in row["reason"]
    assert row_of(rows, "P03a", "openalex")["verdict"] == "holds"
    provenance = replace(make_provenance(study, "openalex", end="2026-11-22"), contradictions=told)
    drawn = draw(study, {"institution_region": own}, (), provenance)
    figure, alt = drawn["figure4_institution_region"]
    assert "Contradictory counts" in figure.get_suptitle()
    assert "Contradictory counts" in alt
    assert "Contradictory counts" not in drawn["figure1_region_output"][1]


def test_a_build_carries_its_contradictions_as_data(study: Study) -> None:
    answers: Answers = answers_of(study, institution=115, home=21, both=115)
    found, _ = find_contradictions(study, answers)
    told = make_provenance(study, "openalex", contradictions=tuple(map(asdict, found)))
    text = describe_package({}, {}, {}, told)
    (read,) = read_provenance(json.loads(text)).contradictions
    assert read["years"] == list(study.year_range)
    assert "institution_region" in read["tables"]
