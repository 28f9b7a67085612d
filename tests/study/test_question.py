"""Questions: what can be asked, and a plan that asks nothing twice."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bibliometrics.errors import InputError
from bibliometrics.study import questions as asked
from bibliometrics.study.model import Specification, load_study
from bibliometrics.study.plan import PARTS, build_plan
from bibliometrics.study.questions import GROUP_KEYS, TEAM_BANDS, Question

STUDY = load_study()
CAS, USTC, UCAS = "I19820366", "I126520041", "I4210165038"

ids = st.lists(st.sampled_from(["I10", "I11", "I12"]), max_size=2).map(tuple)
types = st.lists(st.sampled_from(["article", "review"]), max_size=2).map(tuple)
questions = st.builds(
    Question,
    years=st.none() | st.tuples(st.integers(1990, 2000), st.integers(2001, 2010)),
    countries=st.lists(st.sampled_from([("AR",), ("BR", "CL")]), max_size=2).map(tuple),
    any_country=st.booleans(),
    lineage=ids,
    types=types,
    retracted=st.none() | st.booleans(),
    max_authors=st.none() | st.integers(1, 3),
    top_percent=st.sampled_from([None, 1, 10]),
    group_by=st.lists(st.sampled_from(GROUP_KEYS), unique=True, max_size=2).map(tuple),
)


@given(questions, questions)
def test_two_questions_have_one_key_only_if_they_are_equal(one: Question, other: Question) -> None:
    assert (one.key == other.key) == (one == other)
    assert len({one, other}) == len({one.key, other.key})


@given(questions)
def test_changing_nothing_gives_the_same_question(question: Question) -> None:
    assert question.but() == question
    assert question.but(retracted=not question.retracted) != question


def test_every_condition_changes_the_key() -> None:
    values: dict[str, Any] = {
        "years": (2007, 2016),
        "countries": (("BR",),),
        "without_countries": ("US",),
        "any_country": True,
        "top_percent": 1,
        "group_by": ("year",),
        "keep": ("BR",),
        "type_countries": ("CN",),
        "retracted": False,
        "core_source": True,
        "field_id": 31,
        "types": ("article",),
        "without_types": ("review",),
        "subfield_ids": (3103,),
        "topic_ids": ("T10001",),
        "institution_types": ("company",),
        "words": ("sun",),
        "address_words": ("sun",),
        "filters": (("language", "es"),),
        "corpus": "all",
    }
    keys = {Question().key}
    for entry in fields(Question):
        number = entry.name.startswith(("min_", "max_"))
        value = values.get(entry.name, 5 if number else ("I10",))
        more = {
            "keep": {"group_by": ("country_code",)},
            "type_countries": {"group_by": ("institution_type",)},
            "not_below": {"lineage": ("I11",)},
        }.get(entry.name, {})
        keys.add(Question(**{entry.name: value}, **more).key)
    assert len(keys) == 1 + len(fields(Question))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"group_by": ("institution",)}, "known keys: year, country_code, field_id"),
        ({"group_by": ("year", "year")}, "distinct keys"),
        ({"top_percent": 5}, "top_percent 5 is not 1 or 10"),
        ({"years": (2016, 2007)}, "years are reversed: 2016 comes after 2007"),
        ({"years": 2016}, "years 2016 are not"),
        ({"years": (2016,)}, "are not"),
        ({"years": (True, 2016)}, "are not"),
        ({"years": (2007.0, 2016)}, "are not"),
        ({"years": (1, 2016)}, "from 1500 to 2050"),
        ({"countries": (("br",),)}, "'br'.*such as BR"),
        ({"countries": (("Brazil",),)}, "'Brazil'.*such as BR"),
        ({"countries": ("BR",)}, "'BR'.*expected"),
        ({"countries": "BR"}, "'BR'.*expected"),
        ({"countries": (["BR"],)}, "BR"),
        ({"lineage": "I12"}, "'I12'.*expected"),
        ({"lineage": ("19820366",)}, "ids of institutions such as"),
        ({"institution_ids": ("I-1",)}, "ids of institutions such as"),
        ({"types": ("papers",)}, "'papers'.*article, book"),
        ({"without_types": ("Article",)}, "'Article'.*article, book"),
        ({"retracted": "no"}, "True, False or None"),
        ({"max_authors": -1}, "whole number of 0 or more"),
        ({"max_authors": True}, "whole number of 0 or more"),
        ({"field_id": 99}, "field_id 99 is not the number of a field from 11 to 36"),
        ({"field_id": [31]}, "field from 11 to 36"),
        ({"subfield_ids": (31,)}, "31.*numbers of subfields"),
        ({"subfield_ids": (4001,)}, "4001.*numbers of subfields"),
        ({"topic_ids": ("10001",)}, "'10001'.*such as T10001"),
        ({"institution_types": ("university",)}, "'university'.*archive, company, education"),
        ({"words": ("solar, wind",)}, "words or phrases"),
        ({"words": ('"sun"',)}, "words or phrases"),
        ({"words": ("",)}, "words or phrases"),
        ({"address_words": ("a|b",)}, "words or phrases"),
        ({"filters": (("langauge", "es"),)}, "langauge.*a filter of OpenAlex's works"),
        ({"filters": (("language", "es,type:book"),)}, "value without comma"),
        ({"filters": (("language", ""),)}, "value without comma"),
        ({"filters": (("is_xpac", "true"),)}, "the corpus is no such filter"),
        ({"filters": {"language": "es"}}, "pairs of a filter"),
        ({"keep": ("BR",), "group_by": ("year",)}, "keep needs country_code"),
        ({"not_below": ("I12",)}, "not_below needs lineage"),
    ],
)
def test_a_question_that_no_source_can_answer_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Question(**wrong)


def test_a_question_keeps_its_key_when_new_conditions_come_that_it_does_not_have() -> None:
    assert Question(field_id=31).key == Question(field_id=31, words=(), filters=()).key
    assert Question(field_id=31).key != Question(field_id=32).key


def test_international_is_two_countries_or_more_and_national_is_one() -> None:
    question = Question(max_countries=30)
    both = question.narrow(international=True)
    assert (both.min_countries, both.max_countries) == (2, 30)
    one = question.narrow(international=False)
    assert (one.min_countries, one.max_countries) == (1, 1)
    assert one.narrow(international=True).is_empty
    assert question.narrow() == question


@pytest.mark.parametrize(
    ("emptied", "said"),
    [
        ({"countries": (("BR",), ())}, "by countries"),
        ({"types": ("article",), "without_types": ("review", "article")}, "by types"),
        ({"lineage": ("I12",), "not_below": ("I12",)}, "by lineage"),
        ({"lineage": ("I12",), "without_lineage": ("I12",)}, "by lineage"),
    ],
)
def test_an_emptied_selection_is_never_no_condition(emptied: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=f"selects nothing {said}"):
        Question(**emptied)


def test_a_plan_asks_nothing_twice_and_has_every_part() -> None:
    plan = [item.question for item in build_plan(STUDY, PARTS)]
    assert len(set(plan)) == len(plan)
    assert {item.question for item in build_plan(STUDY)} < set(plan)
    parts = [item.question for part in PARTS for item in build_plan(STUDY, (part,))]
    assert set(parts) == set(plan)
    assert len(build_plan(STUDY, ("figures",))) == 8
    assert len(build_plan(STUDY, ("fields",))) == 2 * (33 + 2)
    assert len(build_plan(STUDY, ("team_size",))) == len(TEAM_BANDS)
    assert len(build_plan(STUDY, ("fractional",))) == 1
    assert build_plan(STUDY, ("fields", "fields")) == build_plan(STUDY, ("fields",))


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(InputError, match="unknown part figure"):
        build_plan(STUDY, ("figure",))


def test_every_planned_question_has_the_primary_specification() -> None:
    for item in build_plan(STUDY):
        question = item.question
        assert question.years == (2007, 2016)
        assert question.types == ("article", "review")
        assert question.retracted is False
        assert question.core_source is True


def test_bands_of_authors_follow_each_other_without_gap() -> None:
    ends = [last for _, last in TEAM_BANDS]
    assert ends[-1] is None
    assert [first for first, _ in TEAM_BANDS] == [1, *(end + 1 for end in ends if end)]


def test_home_region_and_institution_are_conditions_of_their_own() -> None:
    home = asked.home_region_by_year(STUDY)
    assert home.countries == (STUDY.region.codes, ("CN",))
    joint = asked.institution_region_by_year(STUDY)
    assert joint.countries == (STUDY.region.codes,)
    assert joint.lineage == (CAS,)
    assert asked.institution_region_by_country(STUDY).keep == STUDY.region.codes


@pytest.mark.parametrize(
    ("rule", "lineage", "without"),
    [("lineage", (CAS,), ()), ("without:ustc", (CAS,), (USTC,)), ("exact", (), ())],
)
def test_an_institution_rule_becomes_a_condition(
    rule: str, lineage: tuple[str, ...], without: tuple[str, ...]
) -> None:
    question = asked.at_institution(Question(), STUDY, Specification(institution=rule))
    assert question.lineage == lineage
    assert question.without_lineage == without
    assert question.institution_ids == ((CAS,) if rule == "exact" else ())


def test_minus_stays_a_rule_whatever_the_definitions_list() -> None:
    question = asked.at_institution(Question(), STUDY, Specification(institution="minus:ustc,ucas"))
    assert (question.lineage, question.not_below) == ((CAS,), (USTC, UCAS))
    assert question.institution_ids == ()


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(InputError, match="institution rule 'around' is unknown"):
        asked.at_institution(Question(), STUDY, Specification(institution="around"))


def test_region_and_home_of_the_primary_specification_hold_everywhere() -> None:
    primary = replace(STUDY.primary, region="latin20", home=("CN", "HK", "MO"))
    study = replace(STUDY, primary=primary)
    codes = study.region_of(primary).codes
    assert codes != STUDY.region.codes
    assert asked.home_region_by_year(study).countries == (codes, ("CN", "HK", "MO"))
    assert asked.region_by_year(study).countries == (codes,)
    assert asked.works_by_field(study, "region").countries == (codes,)
    assert asked.field_areas(study) == (*codes, "region", "world")
    assert asked.institution_region_by_country(study).keep == codes


def test_a_specification_beside_the_primary_changes_only_its_own_conditions() -> None:
    other = replace(STUDY.primary, core_source=None, max_authors=10)
    question = asked.institution_region_by_year(STUDY, other)
    same = asked.institution_region_by_year(STUDY).but(core_source=None, max_authors=10)
    assert question == same
