"""From conditions to filter texts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bibliometrics.errors import InputError
from bibliometrics.openalex.query import GROUP_KEYS, disjoint_filters
from bibliometrics.study.conditions import filter_names
from bibliometrics.study.model import country_names, load_study
from bibliometrics.study.plan import build_plan
from bibliometrics.study.questions import GROUP_KEYS as KEYS
from bibliometrics.study.questions import Question

CODES = st.lists(st.sampled_from(["AR", "BR", "CL", "NA"]), min_size=1, unique=True).map(tuple)
IDS = st.lists(st.integers(10, 99).map("I{}".format), unique=True, max_size=4).map(tuple)

TYPES = st.lists(st.sampled_from(["article", "book-review"]), unique=True).map(tuple)
OTHER_IDS = st.lists(st.integers(100, 199).map("I{}".format), unique=True, max_size=4).map(tuple)
FLAG = st.sampled_from([None, True, False])
NUMBER = st.none() | st.integers(0, 5)
CONDITIONS = st.fixed_dictionaries(
    {
        "years": st.none() | st.tuples(st.integers(2000, 2003), st.integers(2003, 2005)),
        "countries": st.lists(CODES, max_size=2).map(tuple),
        "any_country": st.booleans(),
        "lineage": IDS,
        "institution_ids": IDS,
        "without_lineage": OTHER_IDS,
        "types": TYPES,
        "without_types": st.lists(st.just("letter"), max_size=1).map(tuple),
        "retracted": FLAG,
        "core_source": FLAG,
        "min_authors": NUMBER,
        "max_authors": NUMBER,
        "min_countries": NUMBER,
        "max_countries": NUMBER,
        "field_id": st.none() | st.integers(11, 36),
        "top_percent": st.sampled_from([None, 1, 10]),
    }
)


def test_a_whole_question_becomes_one_text_in_a_fixed_order() -> None:
    question = Question(
        years=(2007, 2016),
        countries=(("AR", "BR"), ("CN",)),
        lineage=("I19820366",),
        without_lineage=("I12", "I13"),
        types=("article", "review"),
        without_types=("paratext",),
        retracted=False,
        core_source=True,
        min_authors=2,
        max_authors=5,
        field_id=31,
        top_percent=1,
        any_country=True,
    )
    assert "".join(disjoint_filters(question)) == (
        "authorships.institutions.lineage:I19820366,authorships.institutions.lineage:!I12|I13,"
        "authorships.institutions.country_code:AR|BR,authorships.institutions.country_code:CN,"
        "authorships.institutions.country_code:!null,publication_year:2007-2016,"
        "type:article|review,type:!paratext,is_retracted:false,"
        "primary_location.source.is_core:true,"
        "citation_normalized_percentile.is_in_top_1_percent:true,"
        "authors_count:2-5,primary_topic.field.id:31"
    )


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ({"years": (2010, 2010)}, "publication_year:2010"),
        ({"min_authors": 1001}, "authors_count:>1000"),
        ({"max_authors": 100}, "authors_count:<101"),
        ({"min_authors": 1, "max_authors": 1}, "authors_count:1"),
        ({"max_countries": 30}, "countries_distinct_count:<31"),
        ({"institution_ids": ("I10",)}, "authorships.institutions.id:I10"),
        (
            {"institution_types": ("company", "other")},
            "authorships.institutions.type:company|other",
        ),
        ({"subfield_ids": (3103, 3107)}, "primary_topic.subfield.id:3103|3107"),
        ({"topic_ids": ("T10001", "T10002")}, "primary_topic.id:T10001|T10002"),
        ({"words": ("solar cell", "wind")}, 'title_and_abstract.search:"solar cell"|"wind"'),
        (
            {"address_words": ("Chinese Academy of Sciences",)},
            'raw_affiliation_strings.search:"Chinese Academy of Sciences"',
        ),
        ({"filters": (("language", "es|pt"), ("has_doi", "true"))}, "language:es|pt,has_doi:true"),
        ({"top_percent": 10}, "citation_normalized_percentile.is_in_top_10_percent:true"),
        ({}, ""),
    ],
)
def test_each_condition_has_its_form(conditions: dict[str, object], text: str) -> None:
    assert disjoint_filters(Question().but(**conditions)) == [text]


def test_every_filter_of_ours_is_among_those_that_the_api_knows() -> None:
    whole: dict[str, Any] = {
        "lineage": ("I12",), "institution_ids": ("I12",), "institution_types": ("company",),
        "countries": (("BR",),), "years": (2010, 2010), "types": ("article",), "retracted": True,
        "core_source": True, "min_authors": 2, "min_countries": 2, "field_id": 31,
        "subfield_ids": (3103,), "topic_ids": ("T10001",), "words": ("a",), "top_percent": 1,
        "address_words": ("b",),
    }  # fmt: skip
    texts = [*disjoint_filters(Question(**whole)), *disjoint_filters(Question(top_percent=10))]
    names = {part.partition(":")[0] for text in texts for part in text.split(",")}
    assert len(names) == len(whole) + 1
    assert names <= filter_names()
    assert {GROUP_KEYS[key] for key in KEYS} <= filter_names()


def test_countries_are_asked_of_all_authors_never_of_the_first_hundred() -> None:
    for item in build_plan(load_study()):
        assert "authorships.countries" not in ",".join(disjoint_filters(item.question))


@given(CONDITIONS, CONDITIONS)
def test_different_conditions_have_different_texts(
    first: dict[str, object], second: dict[str, object]
) -> None:
    one, two = Question().but(**first), Question().but(**second)
    assert (one == two) == (disjoint_filters(one) == disjoint_filters(two))


@given(st.sets(st.integers(10, 900), min_size=1, max_size=399), st.sets(st.integers(10, 900)))
def test_chunks_of_ids_count_a_work_once(named: set[int], present: set[int]) -> None:
    question = Question(institution_ids=tuple(f"I{number}" for number in named))
    filters = disjoint_filters(question)
    total = 0
    for text in filters:
        parts = [part.partition(":")[2].split("|") for part in text.split(",")]
        assert all(len(values) <= 100 for values in parts)
        total += all(
            any(int(value.strip("!I")) in present for value in values)
            is not values[0].startswith("!")
            for values in parts
        )
    assert total == bool(named & present)
    assert len(filters) == -(-len(named) // 100)


@pytest.mark.parametrize(
    "conditions",
    [
        {"institution_ids": tuple(f"I{n}" for n in range(10, 411))},
        {"without_lineage": tuple(f"I{n}" for n in range(10, 111))},
        {
            "institution_ids": tuple(f"I{n}" for n in range(10, 311)),
            "countries": (tuple(country_names()),),
        },
        {"countries": ((),)},
        {"countries": (("br",),)},
        {"countries": (("BR|AR",),)},
        {"lineage": ("W12",)},
        {"lineage": ("I12",), "not_below": ("I13",)},
        {"types": ("article,is_retracted:true",)},
    ],
)
def test_what_the_grammar_can_not_say_is_refused(conditions: dict[str, object]) -> None:
    with pytest.raises(InputError):
        disjoint_filters(Question().but(**conditions))
