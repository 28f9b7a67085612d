"""Tables: laws, hand-checked cases, and bad answers, on a tiny study of Namibia and neighbours."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bibliometrics.errors import InputError, TableError
from bibliometrics.study import questions as asked
from bibliometrics.study.model import Institution, Region, Specification, Study, field_names
from bibliometrics.study.plan import build_plan
from bibliometrics.study.questions import TEAM_BANDS, Question
from bibliometrics.tables.build import (
    build_institution_region,
    build_sound_tables,
    build_tables,
    frame_from_rows,
    read_table_frame,
    to_rows,
)
from bibliometrics.tables.consistency import check_laws
from bibliometrics.tables.schema import TABLES, render_table
from tests.support.oracle.tables import count_tables

if TYPE_CHECKING:
    from collections.abc import Callable

Answers = dict[Question, pd.DataFrame]
Work = dict[str, Any]


def notes_on(study: Study, answers: Answers) -> list[str]:
    notes, broken = check_laws(study, answers)
    assert broken == {}
    return notes


FIRST_TABLES = [name for name, table in TABLES.items() if table.needs == "pull"]
MEMBERS = ("MZ", "NA", "ZA")
BY_MEMBER = ("country_output", "institution_partners", "fractional")
STUDY = Study(
    id="tiny",
    title="Tiny",
    question="",
    years=(2010, 2012),
    institution=Institution("mpg", "I1899", "Max Planck Society", "MPG", "DE", "test", ""),
    region=Region("south", "Southern Africa", MEMBERS, "test", ""),
    home=("DE",),
    home_name="Germany",
    region_short="South",
    top_country="ZA",
    featured_countries=(),
    primary=Specification(),
    source="test",
    date="",
)
# Each place is (country, institution, its lineage).
PLACES = (
    ("DE", "I1899", ("I1899",)),
    ("DE", "I2001", ("I1899", "I2001")),
    ("FR", "I2002", ("I1899", "I2002")),  # an institute abroad
    ("DE", "I3000", ("I3000",)),
    ("NA", "I4001", ("I4001",)),
    ("ZA", "I4002", ("I4002",)),
    ("MZ", "I4003", ("I4003",)),
    ("US", "I5001", ("I5001",)),
    (None, "I6001", ("I6001",)),
)


def make_work(places: list[int], **changes: Any) -> Work:
    """Return a work by one author at each place, in the shape of an OpenAlex record."""
    codes = {PLACES[place][0] for place in places} - {None}
    work: Work = {
        "publication_year": 2010,
        "type": "article",
        "is_retracted": False,
        "is_xpac": False,
        "primary_location": {"source": {"is_core": True}},
        "authors_count": len(places),
        "countries_distinct_count": len(codes),
        "primary_topic": {"field": {"id": "https://openalex.org/fields/31"}},
        "citation_normalized_percentile": {"is_in_top_1_percent": False},
        "authorships": [
            {
                "institutions": [
                    {
                        "id": f"https://openalex.org/{PLACES[place][1]}",
                        "country_code": PLACES[place][0],
                        "lineage": [f"https://openalex.org/{node}" for node in PLACES[place][2]],
                    }
                ]
            }
            for place in places
        ],
    }
    return {**work, **changes}


def values_of(work: Work, key: str) -> set[Any]:
    """Return the distinct values by which a work is grouped."""
    listed = [place for author in work["authorships"] for place in author["institutions"]]
    topic = work["primary_topic"]
    found = {
        "year": {work["publication_year"]},
        "country_code": {place["country_code"] for place in listed},
        "lineage": {node.rsplit("/")[-1] for place in listed for node in place["lineage"]},
        "field_id": {int(topic["field"]["id"].rsplit("/")[-1])} if topic else set(),
        "n_countries": {work["countries_distinct_count"]},
        "n_authors": {work["authors_count"]},
    }
    return found[key] - {None}


def meets(work: Work, question: Question) -> bool:
    """Say whether a work meets a question's conditions, those that the eight tables use."""
    countries = values_of(work, "country_code")
    first, last = question.min_authors or 0, question.max_authors or 10**9
    source = (work["primary_location"] or {}).get("source") or {}
    top = (work["citation_normalized_percentile"] or {}).get("is_in_top_1_percent")
    return (
        work["publication_year"] is not None
        and question.years is not None
        and question.years[0] <= work["publication_year"] <= question.years[1]
        and not work["is_xpac"]
        and work["type"] in question.types
        and work["is_retracted"] is question.retracted
        and source.get("is_core") is question.core_source
        and (bool(countries) or not question.any_country)
        and all(countries & set(codes) for codes in question.countries)
        and all(node in values_of(work, "lineage") for node in question.lineage)
        and first <= work["authors_count"] <= last
        and (question.top_percent is None or top is True)
    )


def answer_of(works: list[Work], question: Question) -> pd.DataFrame:
    """Answer a question from works, as every source must."""
    counts: dict[tuple[Any, ...], int] = {}
    for work in works:
        if not meets(work, question):
            continue
        rows: list[tuple[Any, ...]] = [()]
        for key in question.group_by:
            values = values_of(work, key)
            if key == "country_code" and question.keep:
                values &= set(question.keep)
            rows = [(*row, value) for row in rows for value in values]
        for row in rows:
            counts[row] = counts.get(row, 0) + 1
    names = [*question.group_by, "n_works"]
    return pd.DataFrame([(*key, counts[key]) for key in sorted(counts)], columns=names)


def answers_of(works: list[Work], study: Study = STUDY) -> Answers:
    """Answer every question of a study's plan."""
    return {item.question: answer_of(works, item.question) for item in build_plan(study)}


def cell(frame: pd.DataFrame, column: str, **key: Any) -> Any:
    """Return one value of a table."""
    for name, value in key.items():
        frame = frame[frame[name] == value]
    (value,) = frame[column].tolist()
    return value


places = st.lists(st.integers(0, len(PLACES) - 1), min_size=1, max_size=4)
works_lists = st.lists(
    st.builds(
        make_work,
        places,
        publication_year=st.sampled_from([2009, 2010, 2011, 2012, None]),
        type=st.sampled_from(["article", "review", "letter"]),
        is_retracted=st.sampled_from([False, False, False, True, None]),
        authors_count=st.sampled_from([1, 2, 5, 6, 10, 11, 31, 101, 1000, 1001, 5000]),
        primary_topic=st.sampled_from(
            [None, *({"field": {"id": f"https://openalex.org/fields/{i}"}} for i in (11, 31, 36))]
        ),
        citation_normalized_percentile=st.sampled_from(
            [None, {"is_in_top_1_percent": True}, {"is_in_top_1_percent": False}]
        ),
        is_xpac=st.sampled_from([False, False, True]),
    ),
    max_size=25,
)


# ---------------------------------------------------------------- laws ----


def check_contract(frames: dict[str, pd.DataFrame]) -> None:
    """Columns, types, order and rows are those of the contract."""
    assert set(frames) == set(FIRST_TABLES)
    for name, frame in frames.items():
        table = TABLES[name]
        assert tuple(frame.columns) == table.names
        rebuilt = frame_from_rows(to_rows(frame), table)
        pd.testing.assert_frame_equal(frame, rebuilt)
        assert rebuilt.attrs == frame.attrs
        assert not frame.duplicated(list(table.keys)).any()
        in_order = frame.sort_values(list(table.keys), ignore_index=True)
        pd.testing.assert_frame_equal(frame, in_order)
    assert {len(frames[name]) for name in ("region_output", "institution_region")} == {3}
    assert {len(frames[name]) for name in BY_MEMBER} == {3 * len(MEMBERS)}
    assert len(frames["team_size"]) == 3 * len(TEAM_BANDS)
    assert len(frames["fields"]) == (len(MEMBERS) + 2) * len(field_names())


def check_shares(frames: dict[str, pd.DataFrame]) -> None:
    """Shares lie between 0 and 1 and are empty only over 0."""
    whole = frames["region_output"].set_index("year")["n_works_region"]
    members = frames["country_output"]
    assert (members["share_of_region"].isna() == members["year"].map(whole).eq(0)).all()
    for name, column in (
        ("region_output", "share_of_world"),
        ("country_output", "share_of_region"),
        ("region_partners", "share_of_region"),
        ("institution_region", "share_of_home"),
        ("institution_partners", "share_of_institution_region"),
    ):
        assert frames[name][column].dropna().between(0, 1).all()


def check_bounds(frames: dict[str, pd.DataFrame]) -> None:
    """The region lies between its largest member and the members' sum."""
    region = frames["region_output"].set_index("year")["n_works_region"]
    by_year = frames["country_output"].groupby("year")["n_works"]
    assert (by_year.max() <= region).all()
    assert (region <= by_year.sum()).all()


def check_fractions(frames: dict[str, pd.DataFrame]) -> None:
    """A fractional count is at most the whole count, and 0 only with it."""
    frame = frames["fractional"]
    assert (frame["n_works_fractional"] <= frame["n_works"]).all()
    assert (frame["n_works_fractional"].gt(0) == frame["n_works"].gt(0)).all()
    assert frame["n_works"].equals(frames["institution_partners"]["n_works"])


def check_activity(frames: dict[str, pd.DataFrame]) -> None:
    """The world's activity index is 1 in every field that it works in, else empty."""
    world = frames["fields"].query("country_code == 'world'")
    assert (world.loc[world["n_works"] > 0, "activity_index"] == 1).all()
    assert world.loc[world["n_works"] == 0, "activity_index"].isna().all()


def check_files(frames: dict[str, pd.DataFrame], path: Path) -> None:
    """A table survives its file, and Namibia is no missing value."""
    for name, frame in frames.items():
        text = render_table(TABLES[name], to_rows(frame))
        path.write_text(text, encoding="utf-8", newline="")
        read = read_table_frame(path, TABLES[name])
        assert render_table(TABLES[name], to_rows(read)) == text
        if name in BY_MEMBER:
            assert read["country_code"].tolist().count("NA") == 3


@settings(max_examples=20)
@given(works_lists)
def test_tables_of_any_works_obey_every_law(
    tmp_path_factory: pytest.TempPathFactory, works: list[Work]
) -> None:
    answers = answers_of(works)
    frames = build_tables(STUDY, answers)
    for check in (check_contract, check_shares, check_bounds, check_fractions, check_activity):
        check(frames)
    check_files(frames, tmp_path_factory.getbasetemp() / "table.csv")
    notes = notes_on(STUDY, answers)
    assert all("institution and region" in note and "home country" in note for note in notes)


@settings(max_examples=5)
@given(works_lists, st.integers(0, 2**32 - 1))
def test_the_order_of_rows_in_an_answer_changes_no_byte(works: list[Work], seed: int) -> None:
    answers = answers_of(works)
    mixed = {key: frame.sample(frac=1, random_state=seed) for key, frame in answers.items()}
    frames, others = build_tables(STUDY, answers), build_tables(STUDY, mixed)
    for name, table in ((name, TABLES[name]) for name in frames):
        text = render_table(table, to_rows(frames[name]))
        assert render_table(table, to_rows(others[name])) == text


SETTINGS = {
    "years": STUDY.years,
    "region": list(MEMBERS),
    "home": list(STUDY.home),
    "institution": STUDY.institution.id,
    "types": {"article", "review"},
    "retracted": False,
    "core_source": True,
}


@settings(max_examples=20)
@given(works_lists)
def test_tables_equal_an_independent_plain_count(works: list[Work]) -> None:
    expected = count_tables(works, SETTINGS)
    for row in expected["institution_region"]:
        if (row["share_of_home"] or 0) > 1:  # institutes abroad: no share
            row["share_of_home"] = None
    frames = build_tables(STUDY, answers_of(works))
    for name, table in ((name, TABLES[name]) for name in FIRST_TABLES):
        assert render_table(table, to_rows(frames[name])) == render_table(table, expected[name])


# -------------------------------------------------------- small cases ----


@pytest.fixture
def small() -> dict[str, pd.DataFrame]:
    """Tables of six works of 2010, worked out by hand below."""
    works = [
        make_work([0, 4]),  # MPG, Namibia
        make_work([1, 4, 5, 7], authors_count=40),  # MPG institute, Namibia, South Africa, USA
        make_work([3, 5]),  # another German institution, South Africa
        make_work([7, 7], primary_topic=None),  # USA alone
        make_work([8]),  # no country
        make_work([5], primary_topic={"field": {"id": "https://openalex.org/fields/11"}}),
    ]
    return build_tables(STUDY, answers_of(works))


def test_output_of_region_and_world_by_hand(small: dict[str, pd.DataFrame]) -> None:
    first = small["region_output"].iloc[0].to_dict()
    assert first == {
        "year": 2010,
        "n_works_region": 4,
        "n_works_world": 5,
        "share_of_world": 0.8,
        "n_works_world_any": 6,
    }
    assert cell(small["country_output"], "n_works", year=2010, country_code="ZA") == 3
    assert cell(small["country_output"], "share_of_region", year=2010, country_code="NA") == 0.5
    assert cell(small["country_output"], "n_works", year=2010, country_code="MZ") == 0


def test_partners_by_hand(small: dict[str, pd.DataFrame]) -> None:
    partners = small["region_partners"]
    assert sorted(set(partners["country_code"])) == ["DE", "US"]
    assert cell(partners, "n_works", year=2010, country_code="DE") == 3
    # 3 works together, 5 of the world, 4 of the region, 3 of Germany
    assert cell(partners, "affinity", year=2010, country_code="DE") == 3 * 5 / (4 * 3)
    assert pd.isna(cell(partners, "affinity", year=2011, country_code="US"))


def test_institution_by_hand(small: dict[str, pd.DataFrame]) -> None:
    assert cell(small["institution_region"], "share_of_home", year=2010) == 2 / 3
    listed = small["institution_partners"]
    assert cell(listed, "share_of_institution_region", year=2010, country_code="NA") == 1
    assert cell(listed, "share_of_institution_region", year=2010, country_code="ZA") == 0.5
    assert cell(small["fractional"], "n_works", year=2010, country_code="NA") == 2
    assert cell(small["fractional"], "n_works_fractional", year=2010, country_code="NA") == 0.75


def test_fields_by_hand(small: dict[str, pd.DataFrame]) -> None:
    fields = small["fields"]
    # Works with a topic: South Africa 3 (2 in field 31), world 5 (4 in 31): one has no country
    assert cell(fields, "n_works", country_code="world", field_id=31) == 3
    activity = cell(fields, "activity_index", country_code="ZA", field_id=31)
    assert activity == pytest.approx((2 / 3) / (3 / 4))
    assert cell(fields, "field", country_code="NA", field_id=11).startswith("Agricultural")
    assert pd.isna(cell(fields, "activity_index", country_code="MZ", field_id=31))


def test_team_sizes_by_hand(small: dict[str, pd.DataFrame]) -> None:
    team = small["team_size"]
    assert cell(team, "n_works_institution_region", year=2010, authors_from=2) == 1
    assert cell(team, "n_works_institution_region", year=2010, authors_from=31) == 1
    assert team["authors_to"].dtype == "Int64"
    assert team.loc[team["authors_from"] == 1001, "authors_to"].isna().all()


def test_without_any_work_every_count_is_0_and_every_ratio_empty() -> None:
    frames = build_tables(STUDY, answers_of([]))
    assert frames["region_partners"].empty
    assert frames["country_output"]["n_works"].sum() == 0
    assert frames["country_output"]["share_of_region"].isna().all()
    assert frames["fields"]["activity_index"].isna().all()


def test_only_the_parts_asked_for_are_built() -> None:
    plan = build_plan(STUDY, ("fields",))
    answers = {item.question: answer_of([], item.question) for item in plan}
    assert list(build_tables(STUDY, answers, ("fields",))) == ["fields"]
    with pytest.raises(InputError, match="unknown part figure"):
        build_tables(STUDY, answers, ("figure",))


def test_the_region_of_the_primary_specification_is_the_region_of_the_tables() -> None:
    other = Region("pair", "Two countries", ("NA", "ZA"), "test", "")
    study = replace(STUDY, regions=(other,), primary=Specification(region="pair"))
    frames = build_tables(study, answers_of([make_work([0, 4]), make_work([5, 6])], study))
    assert sorted(set(frames["country_output"]["country_code"])) == ["NA", "ZA"]
    assert sorted(set(frames["fields"]["country_code"])) == ["NA", "ZA", "region", "world"]
    assert cell(frames["region_partners"], "n_works", year=2010, country_code="MZ") == 1


# -------------------------------------------------------- bad answers ----

WORKS = [make_work([0, 4, 5]) for _ in range(5)] + [make_work([0, 5])]


@pytest.mark.parametrize(
    ("table", "question"),
    [
        ("region_output", asked.world_any_by_year(STUDY)),
        ("country_output", asked.region_by_country(STUDY)),
        ("region_partners", asked.world_by_country(STUDY)),
        ("institution_region", asked.home_region_by_year(STUDY)),
        ("institution_partners", asked.institution_region_by_country(STUDY)),
        ("fields", asked.works_by_field(STUDY, "NA", 1)),
        ("team_size", asked.team_size_by_year(STUDY, (1001, None))),
        ("fractional", asked.institution_region_by_country_and_n_countries(STUDY)),
    ],
)
def test_a_missing_answer_is_named_with_its_table(table: str, question: Question) -> None:
    answers = answers_of(WORKS)
    del answers[question]
    with pytest.raises(TableError, match=f"table {table}, question {question.key} .*missing"):
        build_tables(STUDY, answers)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: f.rename(columns={"n_works": "n"}), "has the columns year, country_code, n"),
        (lambda f: f.assign(n_works=0.5), "other than whole numbers in n_works"),
        (lambda f: f.assign(country_code=1), "other than text in country_code"),
        (lambda f: f.assign(country_code=None), "other than text in country_code"),
        (lambda f: f.assign(n_works=pd.array([1, None], "Int64")), "an empty cell in n_works"),
        (lambda f: f.assign(n_works=-3), "the count -3"),
        (lambda f: f.assign(n_works=0), "the count 0"),
        (lambda f: f.assign(year=2013), "the year 2013, outside 2010-2012"),
        (lambda f: f.assign(country_code="BR")[:1], "the country BR, which was not asked for"),
        (lambda f: pd.concat([f, f]), "two rows for"),
    ],
)
def test_a_malformed_answer_is_named_and_refused(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    answers = answers_of(WORKS)
    question = asked.institution_region_by_country(STUDY)
    answers[question] = spoil(answers[question])
    with pytest.raises(TableError, match=said):
        build_tables(STUDY, answers)


def test_a_field_without_a_name_is_refused() -> None:
    answers = answers_of(WORKS)
    answers[asked.works_by_field(STUDY, "NA")].loc[0, "field_id"] = 99
    with pytest.raises(TableError, match="area NA: unknown field 99"):
        build_tables(STUDY, answers)


def test_works_of_a_country_that_have_no_country_are_refused() -> None:
    answers = answers_of(WORKS)
    question = asked.institution_region_by_country_and_n_countries(STUDY)
    answers[question].loc[0, "n_countries"] = 0
    with pytest.raises(TableError, match="of no country"):
        build_tables(STUDY, answers)


def change(question: Question, n_works: int, **key: Any) -> Answers:
    """Return the answers of 600 works with one count set to another value."""
    answers = answers_of(WORKS * 100)
    frame = answers[question]
    rows = pd.Series(True, frame.index)
    for name, value in key.items():
        rows &= frame[name] == value
    assert rows.sum() == 1
    frame.loc[rows, "n_works"] = n_works
    return answers


# In all works of 2010: NA 500, ZA 600, region, institution and home 600.
BREACHES = [
    (asked.region_by_country(STUDY), 620, {"country_code": "NA"}, "member 620 > region 600"),
    (
        asked.region_by_country(STUDY),
        620,
        {"country_code": "DE"},
        "region and partner 620 > partner 600",
    ),
    (asked.world_by_country(STUDY), 590, {"country_code": "DE"}, "600 > partner 590"),
    (asked.world_by_country(STUDY), 610, {"country_code": "DE"}, "the partner 610 > the world 600"),
    (asked.world_by_year(STUDY), 590, {}, "region 600 > world with a country 590"),
    (asked.world_any_by_year(STUDY), 590, {}, "country 600 > world with or without a country 590"),
    (asked.region_by_country(STUDY), 50, {"country_code": "ZA"}, "600 > sum over members 550"),
    (asked.home_region_by_year(STUDY), 610, {}, "home country and region 610 > region 600"),
    (
        asked.institution_region_by_country(STUDY),
        610,
        {"country_code": "NA"},
        "institution and member 610 > member 500",
    ),
    (asked.team_size_by_year(STUDY, (2, 5)), 610, {}, "bands 610 > institution and region 600"),
    (
        asked.institution_region_by_country_and_n_countries(STUDY),
        490,
        {"country_code": "NA"},
        "NA: institution and member 500 > sum over numbers of countries 490",
    ),
    (asked.works_by_field(STUDY, "region"), 610, {}, "region 610 > world 600"),
    (asked.works_by_field(STUDY, "NA"), 610, {}, "member 610 > region 600"),
    (asked.works_by_field(STUDY, "region"), 590, {}, "ZA, 31: member 600 > region 590"),
]


@pytest.mark.parametrize(("question", "n_works", "key", "said"), BREACHES)
def test_answers_that_contradict_each_other_are_refused_with_both_numbers(
    question: Question, n_works: int, key: dict[str, Any], said: str
) -> None:
    with pytest.raises(TableError, match=said):
        build_tables(STUDY, change(question, n_works, **key))


@pytest.mark.parametrize(("question", "n_works", "key", "said"), BREACHES)
def test_a_broken_law_leaves_out_a_table_by_name_and_loses_no_other(
    question: Question, n_works: int, key: dict[str, Any], said: str
) -> None:
    answers = change(question, n_works, **key)
    built = build_sound_tables(STUDY, answers)
    whole = build_sound_tables(STUDY, answers_of(WORKS))
    assert 1 <= len(built.left_out) < len(built.tables)
    assert {*built.tables, *built.left_out} == set(whole.tables)
    assert any(re.search(said, error.message) for error in built.left_out.values())
    assert all("ask again" not in error.next_step for error in built.left_out.values())


def test_a_malformed_answer_leaves_out_the_tables_that_rest_on_it() -> None:
    answers = change(asked.works_by_field(STUDY, "region"), -1)
    assert set(build_sound_tables(STUDY, answers).left_out) == {"fields"}


def test_a_breach_by_one_work_is_a_note() -> None:
    question = asked.team_size_by_year(STUDY, (2, 5))
    (note,) = notes_on(STUDY, change(question, 601))
    assert note == (
        "table team_size, 2010: sum over author-count bands 601 > institution and region 600 works."
    )


@pytest.mark.parametrize(
    ("question", "n_works", "key", "table", "column"),
    [
        (
            asked.region_by_country(STUDY),
            601,
            {"country_code": "ZA"},
            "country_output",
            "share_of_region",
        ),
        (asked.world_by_country(STUDY), 599, {"country_code": "DE"}, "region_partners", "affinity"),
        (asked.works_by_field(STUDY, "region"), 601, {}, "fields", "activity_index"),
    ],
)
def test_tables_stand_when_the_index_moves_by_one_work_meanwhile(
    question: Question, n_works: int, key: dict[str, Any], table: str, column: str
) -> None:
    answers = change(question, n_works, **key)
    frame = build_tables(STUDY, answers)[table]
    assert frame[column].max() == 1
    assert render_table(TABLES[table], to_rows(frame))
    assert notes_on(STUDY, answers)


def test_works_in_no_band_are_a_note_however_many() -> None:
    (note,) = notes_on(STUDY, change(asked.team_size_by_year(STUDY, (2, 5)), 300))
    assert "institution and region 600 > sum over author-count bands 300" in note


def test_an_institute_abroad_breaks_no_law_and_leaves_the_share_of_home_empty() -> None:
    answers = answers_of([make_work([2, 4])])
    assert notes_on(STUDY, answers) == []  # told where contradictions are looked for
    frame = build_institution_region(STUDY, answers)
    assert pd.isna(cell(frame, "share_of_home", year=2010))


# ------------------------------------------------------ rows and frames ----


def test_rows_that_lack_a_column_or_hold_another_type_are_refused() -> None:
    table = TABLES["region_output"]
    with pytest.raises(TableError, match="lacks the column 'n_works_region'"):
        frame_from_rows([{"year": 2010}], table)
    row = dict.fromkeys(table.names, 1)
    with pytest.raises(TableError, match="'n_works_world' must hold int"):
        frame_from_rows([{**row, "n_works_world": "many"}], table)


def test_an_empty_text_and_number_stay_empty_in_a_frame_and_come_back_as_none() -> None:
    table = TABLES["claims"]
    row = dict.fromkeys(table.names) | {"claim_id": "P01", "source": "s", "statement": "NA"}
    row |= {"reason": "r", "verdict": "shown"}
    frame = frame_from_rows([row], table)
    assert frame["observed"].dtype == "float64"
    assert to_rows(frame) == [row]


def test_a_table_of_another_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fractional.csv"
    path.write_text("year,country_code\n2010,NA\n", encoding="utf-8")
    with pytest.raises(TableError, match="columns are year, country_code"):
        read_table_frame(path, TABLES["fractional"])
