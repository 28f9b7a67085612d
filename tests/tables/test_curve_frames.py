"""The curve and big science as frames, sentences and figures: numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bibliometrics.builds.read import Build
from bibliometrics.claims import grading
from bibliometrics.claims.evidence import as_frame
from bibliometrics.claims.ledger import load_claims
from bibliometrics.errors import InputError, TableError
from bibliometrics.figures.catalogue import ENTRIES, Inputs, draw_figures, present, stated_marks
from bibliometrics.figures.data import Evidence, Source, Stated
from bibliometrics.figures.style import STATED
from bibliometrics.figures.text import (
    describe_growth_share,
    describe_spread,
    describe_weak_axes,
)
from bibliometrics.report import reading as curve_reading
from bibliometrics.study.model import Specification, Study, load_study
from bibliometrics.study.plan import PARTS, build_plan
from bibliometrics.study.questions import curve_questions
from bibliometrics.study.specifications import build_curve
from bibliometrics.tables.answers import make_provenance
from bibliometrics.tables.build import to_rows
from bibliometrics.tables.consistency import check_curve, is_within
from bibliometrics.tables.indicators import growth_share, growth_share_interval
from bibliometrics.tables.schema import TABLES, render_table
from bibliometrics.tables.sensitivity import (
    CURVES,
    choice_medians,
    compare_counting,
    growth_by_area,
    headline_values,
    list_headlines,
    summarise_curve,
    switch_off,
    weak_changes,
)
from tests.support.claim_worlds import count_tables
from tests.support.curve_samples import big_science_table, curve_table, growing
from tests.support.figures import draw_one
from tests.support.worlds import write_study

if TYPE_CHECKING:
    from bibliometrics.study.specifications import CurvePoint

STUDY = load_study("cas-latin-america")
COUNTED = Source("OpenAlex API", "2026-11-22", "articles")
SYNTHETIC = replace(COUNTED, label="sample", is_synthetic=True)
CURVE = curve_table(STUDY, growing(STUDY, 100, 600))
WORKS = {
    (2007, "BR"): (40, 40),
    (2016, "BR"): (140, 80),
    (2007, "CL"): (30, 20),
    (2016, "CL"): (25, 20),
    (2007, "region"): (60, 50),
    (2016, "region"): (260, 150),
    (2007, "home"): (100, 90),
    (2016, "home"): (500, 400),
}
BIG = big_science_table(STUDY, WORKS)


# ------------------------------------------------------------------------------- the curve ----


def test_headline_values_are_those_of_each_specification() -> None:
    values = headline_values(STUDY, CURVE).set_index("specification")
    assert len(values) == 105
    (own,) = values[values["is_primary"]].to_dict("records")
    assert (own["n_works_first_year"], own["n_works_last_year"]) == (100, 600)
    assert own["growth_factor"] == 6
    assert own["share_of_home"] == pytest.approx(1 / 3)
    assert own["share_top_country"] == 0.6
    for column in CURVES:
        assert own[f"{column}_low"] < own[column] < own[f"{column}_high"]
    other = values[(values["source"] == "any source") & (values["institution"] == "lineage")]
    assert set(other.loc[other["team_size"] == "any size", "n_works_last_year"]) == {800}


def test_what_has_no_denominator_is_unknown_and_never_an_error() -> None:
    def count(point: CurvePoint, year: int) -> tuple[int, int, int]:
        if point.specification.institution == "exact":
            return 0, 5, 0
        return (12, 4, 13) if point.specification.institution == "lineage" else (2, 4, 1)

    values = headline_values(STUDY, curve_table(STUDY, count)).set_index("institution")
    exact, whole = values.loc["exact"].iloc[0], values.loc["lineage"].iloc[0]
    assert np.isnan(exact["growth_factor"])
    assert np.isnan(exact["share_top_country"])
    assert exact["share_of_home"] == 0
    assert np.isnan(whole["share_of_home"])  # institutes abroad
    assert whole["share_top_country"] == 1  # one work more while the index moved


def test_spread_and_choices_are_of_the_strong_specifications_alone() -> None:
    def count(point: CurvePoint, year: int) -> tuple[int, int, int]:
        if not point.is_strong:
            return 10**6, 10**6, 10**6
        return (30 if point.specification.core_source is None else 10), 100, 5

    values = headline_values(STUDY, curve_table(STUDY, count))
    spread = summarise_curve(STUDY, values).set_index("headline")
    first = spread.loc["n_works_first_year"]
    assert (first["lowest"], first["median"], first["highest"]) == (10, 20, 30)
    assert (first["primary"], first["n_specifications"], first["n_known"]) == (10, 96, 96)
    medians = choice_medians(STUDY, values)
    mine = medians[medians["headline"] == "n_works_first_year"].set_index("axis")
    assert mine.loc["source", "median"].tolist() == [10, 30]
    assert set(mine.loc["source", "share_of_variance"].round(9)) == {1}
    assert set(mine.loc["institution", "share_of_variance"].round(9)) == {0}
    growth = medians[medians["headline"] == "growth_factor"]
    assert growth["share_of_variance"].isna().all()  # nothing varies


def test_weak_changes_are_against_the_primary() -> None:
    changes = weak_changes(STUDY, headline_values(STUDY, CURVE))
    assert len(changes) == 9 * len(list_headlines(STUDY))
    mine = changes[changes["headline"] == "n_works_last_year"].set_index("choice")
    assert mine.loc["without USTC co-authors", ["primary", "value", "change"]].tolist() == [
        600,
        450,
        -150,
    ]
    assert mine.loc["with Taiwan", "change"] == 0
    assert mine.loc["with Taiwan", "axis"] == "home"


def test_a_study_of_one_year_without_top_country_has_two_headlines() -> None:
    study = replace(STUDY, years=(2010, 2010), top_country="")
    table = curve_table(study, growing(study, 10, 10))
    assert [one.column for one in list_headlines(study)] == ["n_works_first_year", "share_of_home"]
    assert set(present(Inputs(study, {"specifications": table}, source=COUNTED))) >= {
        CURVES["n_works_first_year"],
        CURVES["share_of_home"],
        WEAK,
    }
    assert len(describe_spread(study, headline_values(study, table))) == 2


def test_sentences_hold_the_numbers() -> None:
    values = headline_values(STUDY, CURVE)
    spread = describe_spread(STUDY, values)
    assert len(spread) == len(list_headlines(STUDY))
    assert "600 in the primary specification" in spread[1]
    assert "over 96 specifications" in spread[1]
    assert "Most depends on" in spread[1]
    weak = describe_weak_axes(STUDY, values)
    assert "“without USTC co-authors” moves it most, from 600 to 450" in weak[1]
    assert any("no weak choice moves it" in sentence for sentence in weak)
    nothing = headline_values(STUDY, curve_table(STUDY, lambda point, year: (0, 0, 0)))
    assert "unknown under every specification" in describe_spread(STUDY, nothing)[2]


# ---------------------------------------------------------------------------- big science ----


def test_the_share_of_the_growth_is_that_of_works_of_very_many() -> None:
    growth = growth_by_area(STUDY, BIG).set_index("country_code")
    assert growth.index.tolist() == ["home", "region", "BR", "CL"]
    region = growth.loc["region"]
    assert region[["first", "last", "first_big", "last_big"]].tolist() == [60, 260, 10, 110]
    assert region["share_of_growth"] == 0.5
    assert region["low"] < 0.5 < region["high"]
    assert growth.loc["BR", "share_of_growth"] == 0.6
    assert growth.loc["CL", ["share_of_growth", "low", "high"]].isna().all()
    assert growth.loc["home", "share_of_growth"] == 90 / 400


def test_the_switch_gives_the_institution_s_tables_without_big_science() -> None:
    without = switch_off(STUDY, {"big_science": BIG})
    for name, frame in without.items():
        assert tuple(frame.columns) == TABLES[name].names
        assert render_table(TABLES[name], to_rows(frame))
    series = without["institution_region"].set_index("year")
    assert series.loc[2016, ["n_works_institution_region", "n_works_home_region"]].tolist() == [
        150,
        400,
    ]
    assert series.loc[2016, "share_of_home"] == 150 / 400
    partners = without["institution_partners"].set_index(["year", "country_code"])
    assert partners.loc[(2016, "BR"), "n_works"] == 80
    assert partners.loc[(2016, "BR"), "share_of_institution_region"] == 80 / 150
    fractional = without["fractional"].set_index(["year", "country_code"])
    assert fractional.loc[(2016, "BR"), "n_works_fractional"] == 20


def test_whole_and_fractional_counts_stand_beside_each_other() -> None:
    counted = compare_counting(STUDY, BIG).set_index(["country_code", "counting", "big_science"])
    assert counted.loc[("region", "whole", True), "growth_factor"] == 260 / 60
    assert counted.loc[("region", "whole", False), "growth_factor"] == 3
    assert counted.loc[("BR", "fractional", True), ["first", "last"]].tolist() == [10, 35]
    assert "home" not in counted.index.get_level_values(0)
    told = describe_growth_share(STUDY, BIG)
    assert "from 60 in 2007 to 260 in 2016, 10 and 110 of them big science; 50 %" in told[0]
    assert any("Chile" in sentence and "no growth" in sentence for sentence in told)
    assert told[-1].count("times in") == 4


Z2 = 1.959963984540054**2
grown = st.integers(1, 500).flatmap(
    lambda first: st.tuples(
        st.integers(0, first),
        st.just(first),
        st.integers(first + 1, 3 * first + 500),
        st.floats(0, 1),
    )
)


@given(grown)
def test_both_ends_of_the_interval_solve_fieller_s_equation(
    drawn: tuple[int, int, int, float],
) -> None:
    b_first, first, last, part = drawn
    b_last = int(part * last)
    low, high = growth_share_interval(b_first, b_last, first, last)
    share = growth_share(b_first, b_last, first, last)
    if (last - first) ** 2 <= Z2 * (last + first):
        assert np.isnan(low)
        assert np.isnan(high)
        return
    assert low <= share <= high
    for end in (low, high):
        big, small = b_first + b_last, first + last - b_first - b_last
        distance = (b_last - b_first - end * (last - first)) ** 2
        noise = (1 - end) ** 2 * big + end**2 * small
        assert distance == pytest.approx(Z2 * noise, rel=1e-6, abs=1e-6)


def test_the_interval_holds_the_true_share_in_95_of_100_draws() -> None:
    dice = np.random.default_rng(20261122)
    means = np.array([10, 110, 50, 150])  # big and small, first and last year
    big_first, big_last, small_first, small_last = dice.poisson(means, (20_000, 4)).T
    first, last = big_first + small_first, big_last + small_last
    low, high = growth_share_interval(big_first, big_last, first, last)
    assert np.mean((low <= 0.5) & (high >= 0.5)) == pytest.approx(0.95, abs=0.01)


def test_a_part_of_a_growth_is_refused_where_it_can_t_be_one() -> None:
    with pytest.raises(InputError, match="last_part can't be greater than last"):
        growth_share(0, 9, 3, 8)
    assert np.isnan(growth_share(1, 1, 5, 5))


# --------------------------------------------------------------------------------- laws ----


def test_a_narrower_definition_with_more_works_is_an_error() -> None:
    points = build_curve(STUDY)
    frame = pd.DataFrame({"year": [2010], "n_works": [10]})
    answers = {q: frame for p in points for q in curve_questions(STUDY, p.specification)}
    narrow = next(p for p in points if p.specification.max_authors == 10)
    question = curve_questions(STUDY, narrow.specification)[0]
    moved = {**answers, question: frame.assign(n_works=11)}
    assert any("10 authors" not in note and "11 >" in note for note in check_curve(STUDY, moved))
    with pytest.raises(TableError, match="wider definition 10 works"):
        check_curve(STUDY, {**answers, question: frame.assign(n_works=15)})
    del answers[question]
    assert check_curve(STUDY, answers) == []


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

WEAK = "curve_weak_axes"
MARKS = stated_marks(STUDY, load_claims())


@pytest.fixture(scope="module")
def drawn() -> dict[str, Any]:
    tables = {"specifications": CURVE, "big_science": BIG}
    inputs = Inputs(STUDY, tables, (), MARKS, COUNTED)
    names = [name for name in present(inputs) if ENTRIES[name].table in tables]
    return draw_figures(inputs, names)


def texts_of(figure: Any) -> str:
    found = [text.get_text() for axes in figure.axes for text in axes.texts]
    ticks = [text.get_text() for axes in figure.axes for text in axes.get_yticklabels()]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    whole = [figure.get_suptitle(), figure.get_supxlabel()]
    return " ".join([*found, *ticks, *titles, *whole]).replace("\n", " ").replace("\xa0", " ")


def test_every_headline_has_a_figure_with_the_paper_s_value(drawn: dict[str, Any]) -> None:
    said = {
        "curve_first_year": 77,
        "curve_last_year": 555,
        "curve_growth": 7.2,
        "curve_share_of_home": 1 / 3,
        "curve_top_country": 0.6,
    }
    assert set(said) == set(CURVES.values())
    for name, value in said.items():
        figure, alt = drawn[name]
        (line,) = [line for line in figure.axes[0].lines if line.get_label() == STATED]
        assert list(line.get_ydata()) == pytest.approx([value, value])
        assert "Tong & Sun 2018: " in texts_of(figure), name
        assert "Stated by Tong & Sun 2018" in alt
        assert "2026-11-22" in texts_of(figure)


def test_values_ascend_and_every_choice_has_its_marks_below(drawn: dict[str, Any]) -> None:
    above, below = drawn["curve_last_year"][0].axes
    dots = above.lines[0].get_ydata()
    assert list(dots) == sorted(dots)
    assert len(dots) == 96
    rows = [line for line in below.lines if line.get_marker() == "|"]
    assert [len(row.get_xdata()) for row in rows] == [32] * 3 + [48] * 2 + [24] * 8
    (diamond,) = [line for line in above.lines if line.get_marker() == "D"]
    assert list(diamond.get_ydata()) == [600]
    assert "primary: 600" in texts_of(drawn["curve_last_year"][0])


def test_the_tornado_has_a_bar_for_each_weak_choice_and_headline(drawn: dict[str, Any]) -> None:
    figure, alt = drawn[WEAK]
    assert [len(axes.patches) for axes in figure.axes] == [9] * 5
    assert "institution: without USTC co-authors" in texts_of(figure)
    assert "without USTC co-authors" in alt


def test_big_science_is_drawn_with_and_without(drawn: dict[str, Any]) -> None:
    figure, alt = drawn["big_science"]
    assert "at most 100 authors and 30 countries" in texts_of(figure)
    assert "Brazil: 40 to 140" in texts_of(figure)
    assert "50 % of the growth" in alt
    again, said = drawn["figure4_institution_region_without_big_science"]
    assert "150 in 2016" in said
    assert "without big science" in again.get_suptitle().replace("\n", " ")
    assert "at most 100 authors and 30 countries" in texts_of(again)
    assert "figure5_institution_partners_without_big_science" in drawn


def test_synthetic_counts_are_stamped_and_never_stand_beside_stated_values() -> None:
    evidence = [Evidence(CURVE, SYNTHETIC)]
    figure = draw_one("curve_first_year", STUDY, evidence)
    assert "SYNTHETIC" in texts_of(figure)
    with pytest.raises(InputError, match="can't stand beside"):
        draw_one("curve_first_year", STUDY, evidence, [Stated("n_works_first_year", 77)])
    with pytest.raises(InputError, match="can't stand beside"):
        Inputs(STUDY, {"big_science": BIG}, (), MARKS, SYNTHETIC)


def test_a_curve_without_any_work_says_so() -> None:
    empty = curve_table(STUDY, lambda point, year: (0, 0, 0))
    own = [Evidence(empty, COUNTED)]
    figure = draw_one("curve_growth", STUDY, own, MARKS["curve_growth"])
    assert "unknown under every specification" in texts_of(figure)
    nothing = big_science_table(STUDY, {})
    figure = draw_one("big_science", STUDY, [Evidence(nothing, COUNTED)])
    assert "no work in first and last year" in texts_of(figure)


def test_a_build_without_a_full_pull_has_none_of_these_figures() -> None:
    names = set(present(Inputs(STUDY)))
    assert not {*CURVES.values(), WEAK, "big_science"} & names


# ------------------------------------------------------------------------------- readers ----


def make_build(study: Study = STUDY, **told: Any) -> Build:
    synthetic = bool(told.get("synthetic"))
    tables = {**count_tables(study), "specifications": CURVE, "big_science": BIG}
    if told.pop("waits", False):
        tables = count_tables(study)
    source = "sample" if synthetic else "openalex"
    rows = [] if synthetic else grading.grade_claims(study, load_claims(), tables, source)
    names = [*CURVES.values(), WEAK, "big_science"] if "specifications" in tables else []
    return Build(
        folder=Path(),
        study=study,
        study_text="",
        provenance=make_provenance(study, source, **told),
        tables={
            **tables,
            "claims": pd.DataFrame(rows, columns=[*TABLES["claims"].names]),
            "witnesses": as_frame(()),
        },
        alt_texts=dict.fromkeys(names, "Alternative text."),
    )


def test_readers_see_the_curve_as_frames_and_sentences() -> None:
    build = make_build()
    assert curve_reading.list_spread(build)["primary"].tolist()[:3] == [100, 600, 6]
    choices = curve_reading.list_choices(build)
    assert choices.shape == (13, 5)
    assert choices.index[0] == ("document types", "article")
    assert curve_reading.tell_curve(build).count("\n") == 4
    assert "Institute of Ophthalmology" in curve_reading.tell_weak_axes(build)
    assert "50 % of the growth" in curve_reading.tell_big_science(build)
    assert curve_reading.list_big_science(build).loc["Brazil", "share_of_growth"] == 0.6
    assert ("Brazil", "whole", True) in curve_reading.list_counting(build).index
    works = CURVE.loc[CURVE["is_primary"], "n_works_institution_region"].sum()
    assert f"It rests on {works:,} works" in curve_reading.tell_full_figure(build, "curve_growth")
    assert "320 works in all years, 200 without" in curve_reading.tell_full_figure(
        build, "big_science"
    )


def test_readers_of_a_synthetic_build_see_no_grade() -> None:
    build = make_build(synthetic=True)
    assert curve_reading.tell_readings(build) == "Synthetic data are never graded."


def test_readers_of_a_usual_pull_learn_what_it_waits_for() -> None:
    build = make_build(waits=True)
    for name in ("spread", "choices", "readings"):
        assert "--all" in getattr(curve_reading, f"list_{name}")(build).iloc[0, 0]
    for name in ("big_science", "counting"):
        assert "--all" in getattr(curve_reading, f"list_{name}")(build).iloc[0, 0]
    for name in ("curve", "weak_axes", "readings", "big_science"):
        assert "--all" in getattr(curve_reading, f"tell_{name}")(build)
    assert "--all" in curve_reading.tell_full_figure(build, "curve_growth")


def test_a_study_without_parts_or_top_country_goes_all_the_way(tmp_path: Path) -> None:
    loose = replace(load_study(write_study(tmp_path)), top_country="")
    table = curve_table(loose, growing(loose, 5, 50))
    assert table["n_works_top_country"].isna().all()
    assert render_table(TABLES["specifications"], to_rows(table)).count("\n") == len(table) + 1
    figures = draw_figures(Inputs(loose, {"specifications": table}, source=COUNTED))
    curves = [name for name in (*CURVES.values(), WEAK) if name != CURVES["share_top_country"]]
    assert sorted(set(figures) & {*CURVES.values(), WEAK}) == sorted(curves)
    assert len(build_plan(loose, PARTS)) > len(build_plan(loose))
