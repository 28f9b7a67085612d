"""The cooperation profile is the same from the API, the snapshot and plain loops."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.errors import InputError, TableError
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.study import profile
from bibliometrics.study.model import Study, load_study
from bibliometrics.study.plan import PARTS, build_plan
from bibliometrics.study.questions import Question
from bibliometrics.tables.build import build_tables, to_rows
from bibliometrics.tables.profile import build_institution_output
from bibliometrics.tables.schema import TABLES
from tests.agreement.test_agreement import ask_plainly, ask_release
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.oracle.answers import read_facts
from tests.support.oracle.profile import count_profile
from tests.support.snapshot_release import write_release
from tests.support.worlds import (
    DEFINITIONS,
    LOOSE,
    PRIMARY,
    invented_records,
    invented_works,
    read_toml,
    write_study,
)

if TYPE_CHECKING:
    from pathlib import Path

STUDY = load_study()
THEMES = read_toml(DEFINITIONS / "themes.toml")
NAMES = tuple(dict.fromkeys(item.table for item in build_plan(STUDY, ("profile",))))


def questions_of(study: Study) -> list[Question]:
    return [item.question for item in build_plan(study, ("profile",))]


def same(found: Any, expected: Any) -> bool:
    if expected is None or found is None:
        return found is expected
    if isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-9)
    return bool(found == expected)


def assert_as_counted(tables: Any, expected: Any) -> None:
    assert set(tables) == set(expected)
    for name, rows in expected.items():
        found = to_rows(tables[name])
        assert list(found[0]) == list(rows[0]) == list(TABLES[name].names)
        assert len(found) == len(rows), name
        wrong = [
            (name, row, column, mine[column])
            for mine, row in zip(found, rows, strict=True)
            for column in row
            if not same(mine[column], row[column])
        ]
        assert wrong == []


def build(study: Study, answers: Any) -> Any:
    return build_tables(study, answers, ("profile",))


@pytest.mark.parametrize("which", ["primary", "loose"])
def test_tables_of_the_profile_equal_plain_loops_from_both_sources(
    which: str, tmp_path: Path
) -> None:
    study = STUDY if which == "primary" else load_study(write_study(tmp_path))
    settings = {**(PRIMARY if which == "primary" else LOOSE), "themes": THEMES}
    works = list(invented_works())
    expected = count_profile(works, settings)
    asked = questions_of(study)
    release = write_release(tmp_path / "release", {"part_0000": works})
    records = [*asked, profile.home_region_by_home_type(study)]
    found = build(study, ask_release(release, tmp_path / "narrow", records))
    assert_as_counted(found, expected)
    assert found["institution_types"]["n_works_home"].between(1, 10**6).sum() > 10
    for row in expected["institution_types"]:
        row["n_works_home"] = None  # the API sees type and country apart
    with (
        OpenAlexServer(invented_records(), per_second=False, keyless_credits=None) as server,
        OpenAlex(None, base_url=server.url, rate=100, sleep=lambda seconds: None) as api,
    ):
        figures = [item.question for item in build_plan(study, ("figures",))]
        api.answer_all(figures)
        before = api.calls
        assert_as_counted(build(study, api.answer_all([*figures, *asked])), expected)
        print(which, api.calls - before, "calls of the profile")
        assert 100 < api.calls - before <= 225
    for name, rows in expected.items():
        assert any(row.get("n_works", row.get("n_works_home", 1)) for row in rows), name
    values = {name: {row[c] for row in rows for c in row} for name, rows in expected.items()}
    assert all(len(found) > 20 for found in values.values())


def test_one_year_is_one_half_and_the_middle_year_is_in_the_first() -> None:
    halves = [profile.halves(replace(STUDY, years=years)) for years in
              ((2016, 2016), (2015, 2016), (2014, 2016), (2007, 2016))]  # fmt: skip
    assert halves == [
        ((2016, 2016),),
        ((2015, 2015), (2016, 2016)),
        ((2014, 2015), (2016, 2016)),
        ((2007, 2011), (2012, 2016)),
    ]


def test_each_theme_is_of_one_kind_with_its_source() -> None:
    themes = profile.read_themes()
    assert len(themes) == 14
    for theme in themes:
        assert sum(map(bool, (theme.topics, theme.subfields, theme.words))) == 1
        assert theme.name
        assert theme.source
        theme.within(Question())  # every id is one
    assert len({theme.key for theme in themes}) == 14
    with pytest.raises(InputError, match="must have one of topics, subfields, words"):
        profile._theme("odd", {"topics": ["T10"], "words": ["sun"], "name": "", "source": ""})


def test_a_plan_with_every_part_has_the_profile_once() -> None:
    assert "profile" in PARTS
    assert NAMES == (
        "institution_output",
        "cooperation_fields",
        "cooperation_themes",
        "institution_types",
        "home_partners",
        "ties",
    )
    assert set(NAMES) <= set(TABLES)


def test_a_part_above_its_whole_is_an_error() -> None:
    works = read_facts(invented_works())
    answers = ask_plainly(works, questions_of(STUDY)[:5])
    asked = profile.institution_international_by_year(STUDY)
    answers[asked] = answers[asked].assign(n_works=10**6)
    with pytest.raises(TableError, match=r"institution_output.*international"):
        build_institution_output(STUDY, answers)
