"""Readings and lenses: which there are, what they count, and what never changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bibliometrics.errors import InputError
from bibliometrics.openalex.institutions import expect_requests, known_members, resolve
from bibliometrics.openalex.query import estimate_plan, first_requests, sure_requests
from bibliometrics.study.model import Specification, load_study
from bibliometrics.study.plan import PARTS, build_plan
from bibliometrics.study.questions import (
    institution_region_by_year,
    institution_top_country_by_year,
    lens_questions,
)
from bibliometrics.study.specifications import (
    AXES,
    list_lenses,
    list_readings,
    list_specifications,
    list_suspects,
    specifications_hash,
)
from tests.support.worlds import UCAS, USTC, write_study

if TYPE_CHECKING:
    from pathlib import Path

STUDY = load_study("cas-latin-america")
READINGS, LENSES = list_readings(STUDY), list_lenses(STUDY)
FIXED = "2c6aefe6f0a20aba6e19e320830d73aab3d83e056297c6de2a369720bdedfd67"


def test_readings_are_types_sources_institution_and_region_crossed_in_full() -> None:
    crossed = ("document_types", "source", "institution", "region")
    choices = [tuple(dict(one.choices)[axis] for axis in crossed) for one in READINGS]
    assert [len({row[column] for row in choices}) for column in range(4)] == [3, 2, 3, 3]
    assert len(set(choices)) == len(READINGS) == 3 * 2 * 3 * 3
    assert [one.id for one in READINGS] == [" | ".join(row) for row in choices]
    assert {dict(one.choices)["team_size"] for one in READINGS} == {"any size"}
    assert {tuple(dict(one.choices)) for one in (*READINGS, *LENSES)} == {AXES}


def test_one_specification_is_the_primary_and_it_is_a_reading() -> None:
    (primary,) = [one for one in list_specifications(STUDY) if one.is_primary]
    assert (primary.family, primary.specification) == ("reading", STUDY.primary)
    assert primary.id.startswith("article, review | core sources | lineage | ")


def test_lenses_depart_from_the_primary_on_one_axis() -> None:
    (own,) = [dict(one.choices) for one in READINGS if one.is_primary]
    changed = [
        [axis for axis, name in lens.choices if name != own[axis]] or [lens.id] for lens in LENSES
    ]
    assert Counter(axis for (axis,) in changed) == {
        "team_size": 4,
        "institution": 3,
        "region": 1,
        "home": 2,
        "affiliations": 1,
        "fractional counting": 1,
    }
    assert len({one.id for one in (*READINGS, *LENSES)}) == 54 + 12
    assert not any(lens.is_primary for lens in LENSES)


def test_institution_rules_come_from_the_parts_of_its_definition() -> None:
    rules = list(dict.fromkeys(one.specification.institution for one in READINGS))
    assert rules == ["lineage", "minus:ustc", "minus:ustc,ucas"]
    assert {"exact", "without:ustc"} < {lens.specification.institution for lens in LENSES}
    (cut,) = {
        institution_region_by_year(STUDY, one.specification).not_below
        for one in READINGS
        if one.specification.institution == "minus:ustc,ucas"
    }
    assert cut == (f"I{USTC}", f"I{UCAS}")


def test_other_definitions_leave_the_hash_of_the_study_as_it_is() -> None:
    assert STUDY.hash == FIXED
    assert specifications_hash(STUDY) == specifications_hash(load_study("cas-latin-america"))
    other = replace(STUDY, primary=Specification(max_authors=50))
    assert specifications_hash(other) != specifications_hash(STUDY)
    limited = replace(STUDY, primary=Specification(without_institutions=("I87182695",)))
    assert limited.hash != STUDY.hash


def test_suspects_are_left_out_as_far_as_their_ids_are_known() -> None:
    suspects = list_suspects(STUDY)
    known = tuple(entry["id"] for entry in suspects if entry["id"])
    assert 0 < len(known) < len(suspects)
    (lens,) = [one for one in LENSES if one.id == "without suspect matches"]
    assert lens.specification.without_institutions == known
    for question in lens_questions(STUDY, lens).values():
        assert question.without_lineage == known
    without = replace(lens.specification, institution="without:ustc")
    question = institution_region_by_year(STUDY, without)
    assert question.without_lineage == (*known, f"I{USTC}")


def test_the_lens_of_addresses_asks_for_the_name_and_not_for_the_institution() -> None:
    (lens,) = [one for one in LENSES if one.address]
    questions = lens_questions(STUDY, lens)
    for name in ("n_works_institution_region", "n_works_top_country"):
        assert questions[name].address_words == ("Chinese Academy of Sciences",)
        assert questions[name].lineage == ()
    assert questions["n_works_home_region"].address_words == ()


def test_all_parts_cost_at_most_850_credits_and_ask_nothing_twice() -> None:
    questions = [item.question for item in build_plan(STUDY, PARTS)]
    assert len(set(questions)) == len(questions)
    listing, resolved = expect_requests(
        questions, STUDY.institution, known_members(STUDY.institution)
    )
    sure = sure_requests(resolved)
    assert len({*sure}) == len(sure)
    assert estimate_plan(resolved, listing)[0] == len(listing) + len(sure) < 850


def test_the_institution_minus_parts_is_asked_in_chunks() -> None:
    question = institution_region_by_year(STUDY, replace(STUDY.primary, institution="minus:ustc"))
    requests = first_requests(resolve(question, known_members(STUDY.institution)))
    assert len(requests) == 2  # n(A) + n(B and not A)
    sizes = [
        tuple(
            part.count("|") + 1
            for part in request.filter.split(",")
            if part.startswith("authorships.institutions.id:")
        )
        for request in requests
    ]
    assert sizes[0] == (100,)
    assert sizes[1][0] < 100
    assert sizes[1][1:] == (100,)


def test_an_institution_without_parts_has_fewer_readings(tmp_path: Path) -> None:
    loose = load_study(write_study(tmp_path))
    readings = list_readings(loose)
    assert {one.specification.institution for one in readings} == {"lineage"}
    assert len(readings) == 4 * 2  # its own choice of every type is a fourth one
    assert {dict(one.choices)["document_types"] for one in readings} > {"every type"}
    assert [one.specification for one in readings if one.is_primary] == [loose.primary]


def test_a_study_without_top_country_asks_for_none() -> None:
    study = replace(STUDY, top_country="")
    assert all("n_works_top_country" not in lens_questions(study, one) for one in LENSES)
    with pytest.raises(InputError, match="names no top country"):
        institution_top_country_by_year(study)


def test_the_top_country_is_one_of_the_region_whatever_the_region() -> None:
    question = institution_top_country_by_year(STUDY)
    assert question.countries == (("BR",),)
    elsewhere = replace(STUDY, top_country="PR")
    assert institution_top_country_by_year(elsewhere).countries == (
        STUDY.region.codes,
        ("PR",),
    )


def test_bounds_of_a_lens_never_widen_a_study() -> None:
    sizes = {lens.id: lens.specification for lens in LENSES if "at most" in lens.id}
    both = sizes["at most 100 authors and 30 countries"]
    assert (both.max_authors, both.max_countries) == (100, 30)
    tight = replace(STUDY, primary=replace(STUDY.primary, max_authors=20))
    narrow = {lens.id: lens.specification.max_authors for lens in list_lenses(tight)}
    assert narrow["at most 100 authors and 30 countries"] == 20
    assert narrow["at most 10 authors"] == 10
    assert "at most 30 authors" not in narrow  # it would change nothing
