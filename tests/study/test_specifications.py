"""The specification curve: which specifications it has, what they count, and what never changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import isclose
from typing import TYPE_CHECKING

import pytest

from bibliometrics.errors import InputError
from bibliometrics.openalex.institutions import expect_requests, known_members, resolve
from bibliometrics.openalex.query import estimate_plan, first_requests
from bibliometrics.study.model import Specification, load_study
from bibliometrics.study.plan import PARTS, build_plan
from bibliometrics.study.questions import (
    curve_questions,
    institution_region_by_year,
    institution_top_country_by_year,
)
from bibliometrics.study.specifications import (
    AXES,
    STRONG_AXES,
    build_curve,
    curve_hash,
    list_suspects,
    without_big_science,
)
from tests.support.worlds import UCAS, USTC, write_study

if TYPE_CHECKING:
    from pathlib import Path

STUDY = load_study("cas-latin-america")
CURVE = build_curve(STUDY)
STRONG = [point for point in CURVE if point.is_strong]
WEAK = [point for point in CURVE if not point.is_strong]
FIXED = "2c6aefe6f0a20aba6e19e320830d73aab3d83e056297c6de2a369720bdedfd67"


def test_the_strong_axes_are_crossed_in_full_with_equal_weight() -> None:
    assert len(STRONG) == 3 * 2 * 4 * 4
    choices = [tuple(dict(point.choices)[axis] for axis in STRONG_AXES) for point in STRONG]
    assert len(set(choices)) == len(choices)
    assert [len({row[column] for row in choices}) for column in range(4)] == [3, 2, 4, 4]
    assert {point.weight for point in STRONG} == {1 / 96}
    assert isclose(sum(point.weight for point in CURVE), 1)
    assert [dict(point.choices).keys() for point in CURVE] == [dict.fromkeys(AXES).keys()] * 105


def test_one_specification_is_the_primary() -> None:
    (primary,) = [point for point in CURVE if point.is_primary]
    assert primary.specification == STUDY.primary
    assert primary.is_strong
    assert [name for axis, name in primary.choices if axis in STRONG_AXES] == [
        "article, review",
        "core sources",
        "any size",
        "lineage",
    ]


def test_weak_specifications_depart_from_the_primary_on_one_axis() -> None:
    assert Counter(point.axis for point in WEAK) == {
        "document_types": 1,
        "team_size": 1,
        "institution": 1,
        "region": 3,
        "home": 2,
        "affiliations": 1,
    }
    (own,) = [dict(point.choices) for point in CURVE if point.is_primary]
    for point in WEAK:
        assert [axis for axis, name in point.choices if name != own[axis]] == [point.axis]
        assert point.weight == 0
    assert len({point.specification for point in CURVE}) == len(CURVE)


def test_institution_rules_come_from_the_parts_of_its_definition() -> None:
    rules = list(dict.fromkeys(point.specification.institution for point in STRONG))
    assert rules == ["lineage", "minus:ustc", "minus:ustc,ucas", "exact"]
    named = {dict(point.choices)["institution"] for point in CURVE}
    assert {"minus USTC", "minus USTC and UCAS", "without USTC co-authors"} < named
    (cut,) = {
        institution_region_by_year(STUDY, point.specification).not_below
        for point in STRONG
        if point.specification.institution == "minus:ustc,ucas"
    }
    assert cut == (f"I{USTC}", f"I{UCAS}")


def test_the_curve_leaves_the_hash_of_the_study_as_it_is() -> None:
    assert STUDY.hash == FIXED
    assert curve_hash(STUDY) == curve_hash(load_study("cas-latin-america"))
    other = replace(STUDY, primary=Specification(max_authors=50))
    assert curve_hash(other) != curve_hash(STUDY)
    limited = replace(STUDY, primary=Specification(without_institutions=("I87182695",)))
    assert limited.hash != STUDY.hash


def test_suspects_are_left_out_as_far_as_their_ids_are_known() -> None:
    suspects = list_suspects(STUDY)
    known = tuple(entry["id"] for entry in suspects if entry["id"])
    assert 0 < len(known) < len(suspects)
    (point,) = [point for point in WEAK if point.axis == "affiliations"]
    assert point.specification.without_institutions == known
    for question in curve_questions(STUDY, point.specification):
        assert question.without_lineage == known
    without = replace(point.specification, institution="without:ustc")
    question = institution_region_by_year(STUDY, without)
    assert question.without_lineage == (*known, f"I{USTC}")


def test_all_parts_cost_at_most_1100_credits_and_ask_nothing_twice() -> None:
    plan = build_plan(STUDY, PARTS)
    questions = [item.question for item in plan]
    assert len(set(questions)) == len(questions)
    listing, resolved = expect_requests(
        questions, STUDY.institution, known_members(STUDY.institution)
    )
    requests = {one for question in resolved for one in first_requests(question)}
    assert estimate_plan(resolved, listing)[0] == len(listing) + len(requests) < 1100
    assert sum(item.table == "specifications" for item in plan) > 200


def test_the_institution_minus_parts_is_asked_in_chunks() -> None:
    (point,) = [
        point
        for point in STRONG
        if point.specification == replace(STUDY.primary, institution="minus:ustc")
    ]
    question = institution_region_by_year(STUDY, point.specification)
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


def test_an_institution_without_parts_has_fewer_specifications(tmp_path: Path) -> None:
    loose = load_study(write_study(tmp_path))
    curve = build_curve(loose)
    strong = [point for point in curve if point.is_strong]
    assert {point.specification.institution for point in strong} == {"lineage", "exact"}
    assert len(strong) == 4 * 2 * 4 * 2  # its own choice of every type is a fourth one
    assert {dict(point.choices)["document_types"] for point in strong} > {"every type"}
    assert [point.specification for point in curve if point.is_primary] == [loose.primary]
    assert isclose(sum(point.weight for point in curve), 1)
    assert len(build_plan(loose, ("curve",))) == len(
        {q for point in curve for q in curve_questions(loose, point.specification)}
    )


def test_a_study_without_top_country_asks_for_none() -> None:
    study = replace(STUDY, top_country="")
    assert len(curve_questions(study, study.primary)) == 2
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


def test_big_science_bounds_never_widen_a_study() -> None:
    limited = without_big_science(STUDY)
    assert (limited.max_authors, limited.max_countries) == (100, 30)
    tight = replace(STUDY, primary=replace(STUDY.primary, max_authors=20))
    assert without_big_science(tight).max_authors == 20
