"""Readings and lenses as frames, sentences and figures: numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from bibliometrics.claims.ledger import load_claims
from bibliometrics.errors import InputError, TableError
from bibliometrics.figures.catalogue import ENTRIES, Inputs, draw_figures, present, stated_marks
from bibliometrics.figures.data import Evidence, Source, Stated
from bibliometrics.figures.style import STATED
from bibliometrics.figures.text import describe_lenses, describe_readings
from bibliometrics.study.model import Specification, load_study
from bibliometrics.study.plan import PARTS, build_plan
from bibliometrics.study.questions import lens_questions
from bibliometrics.study.specifications import list_lenses, list_readings
from bibliometrics.tables.build import to_rows
from bibliometrics.tables.consistency import check_specifications, is_within
from bibliometrics.tables.schema import TABLES, render_table
from bibliometrics.tables.sensitivity import (
    headline_values,
    lens_changes,
    list_headlines,
    summarise_readings,
)
from tests.support.figures import draw_one
from tests.support.specification_samples import growing, specifications_table
from tests.support.worlds import write_study

if TYPE_CHECKING:
    from pathlib import Path

    from bibliometrics.study.specifications import Variant

STUDY = load_study("cas-latin-america")
COUNTED = Source("OpenAlex API", "2026-11-22", "articles")
SYNTHETIC = replace(COUNTED, label="sample", is_synthetic=True)
TABLE = specifications_table(STUDY, growing(STUDY, 100, 600))
FIGURES = ("readings", "lenses")


def test_headline_values_are_those_of_each_specification() -> None:
    values = headline_values(STUDY, TABLE).set_index("specification")
    assert len(values) == 54 + 12
    (own,) = values[values["is_primary"]].to_dict("records")
    assert (own["n_works_first_year"], own["n_works_last_year"]) == (100, 600)
    assert own["growth_factor"] == 6
    assert own["share_of_home"] == pytest.approx(1 / 3)
    assert own["share_top_country"] == 0.6
    other = values[(values["source"] == "any source") & (values["institution"] == "lineage")]
    assert set(other["n_works_last_year"]) == {800}


def test_what_has_no_denominator_is_unknown_and_never_an_error() -> None:
    def count(one: Variant, year: int) -> tuple[int, int, int]:
        if one.specification.institution == "exact":
            return 0, 5, 0
        return (12, 4, 13) if one.specification.institution == "lineage" else (2, 4, 1)

    values = headline_values(STUDY, specifications_table(STUDY, count)).set_index("institution")
    exact, whole = values.loc["exact"], values.loc["lineage"].iloc[0]
    assert np.isnan(exact["growth_factor"])
    assert np.isnan(exact["share_top_country"])
    assert exact["share_of_home"] == 0
    assert np.isnan(whole["share_of_home"])  # institutes abroad
    assert whole["share_top_country"] == 1  # one work more while the index moved


def test_the_spread_is_of_readings_alone() -> None:
    def count(one: Variant, year: int) -> tuple[int, int, int]:
        if one.family == "lens":
            return 10**6, 10**6, 10**6
        return (30 if one.specification.core_source is None else 10), 100, 5

    values = headline_values(STUDY, specifications_table(STUDY, count))
    first = summarise_readings(STUDY, values).set_index("headline").loc["n_works_first_year"]
    assert (first["lowest"], first["median"], first["highest"]) == (10, 20, 30)
    assert (first["primary"], first["n_readings"], first["n_known"]) == (10, 54, 54)


def test_lenses_are_held_against_the_primary() -> None:
    changes = lens_changes(STUDY, headline_values(STUDY, TABLE))
    assert len(changes) == 12 * len(list_headlines(STUDY))
    mine = changes[changes["headline"] == "n_works_last_year"].set_index("lens")
    assert mine.loc["without USTC co-authors", ["primary", "value", "change"]].tolist() == [
        600,
        450,
        -150,
    ]
    assert mine.loc["with Taiwan", "change"] == 0


def test_a_study_of_one_year_without_top_country_has_two_headlines() -> None:
    study = replace(STUDY, years=(2010, 2010), top_country="")
    table = specifications_table(study, growing(study, 10, 10))
    assert [one.column for one in list_headlines(study)] == ["n_works_first_year", "share_of_home"]
    assert set(present(Inputs(study, {"specifications": table}, source=COUNTED))) >= {*FIGURES}
    assert len(describe_readings(study, headline_values(study, table))) == 2


def test_sentences_hold_the_numbers() -> None:
    values = headline_values(STUDY, TABLE)
    spread = describe_readings(STUDY, values)
    assert len(spread) == len(list_headlines(STUDY))
    assert "600 in the primary specification" in spread[1]
    assert "over 54 readings" in spread[1]
    lenses = describe_lenses(STUDY, values)
    assert "600 to 450" in lenses[1]
    assert any("no lens moves it" in sentence for sentence in lenses)


# --------------------------------------------------------------------------------- laws ----


def test_a_narrower_definition_with_more_works_is_an_error() -> None:
    study = replace(STUDY, primary=replace(STUDY.primary, types=("article",)))
    lenses = list_lenses(study)
    frame = pd.DataFrame({"year": [2010], "n_works": [10]})
    members = pd.DataFrame({"year": [2010], "country_code": ["BR"], "n_works": [10]})
    answers = {
        item.question: members if "country_code" in item.question.group_by else frame
        for item in build_plan(study, ("readings",))
    }
    (narrow,) = [one for one in lenses if one.id == "at most 10 authors"]
    question = lens_questions(study, narrow)["n_works_institution_region"]
    moved = {**answers, question: frame.assign(n_works=11)}
    assert any("11 >" in note for note in check_specifications(study, moved))
    with pytest.raises(TableError, match="wider definition 10 works"):
        check_specifications(study, {**answers, question: frame.assign(n_works=15)})
    del answers[question]
    assert check_specifications(study, answers) == []


@pytest.mark.parametrize(
    ("narrow", "wide", "expected"),
    [
        ({}, {}, True),
        ({}, {"core_source": None}, True),
        ({"core_source": None}, {}, False),
        ({"types": ("article",)}, {}, True),
        ({}, {"types": ()}, True),
        ({}, {"types": (), "without_types": ("paratext",)}, False),
        ({"institution": "exact"}, {"institution": "lineage"}, True),
        ({"institution": "minus:ustc"}, {"institution": "lineage"}, False),
        ({"without_institutions": ("I12",)}, {}, True),
        ({"region": "latin20"}, {}, False),
    ],
)
def test_one_definition_is_within_another(
    narrow: dict[str, Any], wide: dict[str, Any], expected: bool
) -> None:
    assert is_within(Specification(**narrow), Specification(**wide)) is expected


# ------------------------------------------------------------------------------- figures ----

MARKS = stated_marks(STUDY, load_claims())


@pytest.fixture(scope="module")
def drawn() -> dict[str, Any]:
    inputs = Inputs(STUDY, {"specifications": TABLE}, (), MARKS, COUNTED)
    names = [name for name in present(inputs) if ENTRIES[name].table == "specifications"]
    return draw_figures(inputs, names)


def texts_of(figure: Any) -> str:
    found = [text.get_text() for axes in figure.axes for text in axes.texts]
    ticks = [text.get_text() for axes in figure.axes for text in axes.get_yticklabels()]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    whole = [figure.get_suptitle(), figure.get_supxlabel()]
    return " ".join([*found, *ticks, *titles, *whole]).replace("\n", " ").replace("\xa0", " ")


def test_every_headline_has_a_panel_with_the_paper_s_value(drawn: dict[str, Any]) -> None:
    figure, alt = drawn["readings"]
    said = [77, 555, 7.2, 1 / 3, 0.6]
    assert len(figure.axes) == len(said)
    for axes, value in zip(figure.axes, said, strict=True):
        (line,) = [line for line in axes.lines if line.get_label() == STATED]
        assert list(line.get_xdata()) == pytest.approx([value, value], rel=0.01)
    assert texts_of(figure).count("Tong & Sun 2018: ") == 5
    assert "Stated by Tong & Sun 2018" in alt
    assert "2026-11-22" in texts_of(figure)


def test_every_reading_is_a_dot_and_the_primary_a_line(drawn: dict[str, Any]) -> None:
    for axes in drawn["readings"][0].axes:
        dots = [line for line in axes.lines if line.get_linestyle() == "None"]
        assert sum(len(line.get_xdata()) for line in dots) == len(list_readings(STUDY))
        hollow = [line for line in dots if line.get_markerfacecolor() == "none"]
        assert sum(len(line.get_xdata()) for line in hollow) == len(list_readings(STUDY)) / 2
    assert "Filled: core sources" in texts_of(drawn["readings"][0])
    last = drawn["readings"][0].axes[1]
    assert [600, 600] in [list(line.get_xdata()) for line in last.lines]


def test_every_lens_has_a_bar_for_each_headline(drawn: dict[str, Any]) -> None:
    figure, alt = drawn["lenses"]
    assert [len(axes.patches) for axes in figure.axes] == [12] * 5
    assert "without USTC co-authors" in texts_of(figure)
    assert "“exact”" in alt


def test_synthetic_counts_are_stamped_and_never_stand_beside_stated_values() -> None:
    evidence = [Evidence(TABLE, SYNTHETIC)]
    assert "SYNTHETIC" in texts_of(draw_one("readings", STUDY, evidence))
    with pytest.raises(InputError, match="can't stand beside"):
        draw_one("readings", STUDY, evidence, [Stated("n_works_first_year", 77)])


def test_readings_without_any_work_are_drawn() -> None:
    empty = specifications_table(STUDY, lambda one, year: (0, 0, 0))
    figure = draw_one("readings", STUDY, [Evidence(empty, COUNTED)], MARKS["readings"])
    assert "Tong & Sun 2018" in texts_of(figure)
    told = describe_readings(STUDY, headline_values(STUDY, empty))
    assert any("unknown under every reading" in sentence for sentence in told)
    draw_one("lenses", STUDY, [Evidence(empty, COUNTED)])


def test_a_build_without_a_full_pull_has_none_of_these_figures() -> None:
    assert not {*FIGURES} & {*present(Inputs(STUDY))}


def test_a_study_without_parts_or_top_country_goes_all_the_way(tmp_path: Path) -> None:
    loose = replace(load_study(write_study(tmp_path)), top_country="")
    table = specifications_table(loose, growing(loose, 5, 50))
    assert table["n_works_top_country"].isna().all()
    assert render_table(TABLES["specifications"], to_rows(table)).count("\n") == len(table) + 1
    figures = draw_figures(Inputs(loose, {"specifications": table}, source=COUNTED))
    assert {*FIGURES} <= {*figures}
    assert len(build_plan(loose, PARTS)) > len(build_plan(loose))
