"""Figures of a frame of one's own: one Axes each, and what can't be drawn is said."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

import bibliometrics as bm
from bibliometrics.claims.verdicts import load_claims
from bibliometrics.errors import InputError
from bibliometrics.figures import plot
from bibliometrics.figures.outlines import OUTLINES, drawn_codes, rings_of
from bibliometrics.figures.style import DIVERGING, STATED, SYNTHETIC
from bibliometrics.study.model import load_study

YEARS = (2014, 2015, 2016)
WORKS = pd.DataFrame({"year": YEARS, "n_works": [10, 20, 40], "source": "OpenAlex"})
BY_COUNTRY = pd.DataFrame(
    [(year, code, n * (year - 2013)) for year in YEARS for code, n in (("BR", 5), ("CL", 2))],
    columns=["year", "country_code", "n_works"],
)
FIELDS = pd.DataFrame(
    {"field": ["Medicine", "Energy"], "n_works": [3, 9], "activity_index": [2.0, 0.5]}
)
TEAMS = pd.DataFrame(
    [(year, low, high, 4) for year in YEARS for low, high in ((1, 1), (2, None))],
    columns=["year", "authors_from", "authors_to", "n_works"],
).astype({"authors_to": float})
TIES = pd.DataFrame(
    [("BR", "US", 50), ("BR", "CL", 20), ("CL", "ES", 5)],
    columns=["country_code", "partner_code", "n_works"],
)
FRAMES = {
    "output": WORKS,
    "growth": WORKS,
    "share": WORKS.assign(share=[0.1, 0.2, 0.3]),
    "countries": BY_COUNTRY,
    "partners": BY_COUNTRY,
    "country_lines": BY_COUNTRY,
    "heatmap": BY_COUNTRY,
    "region_map": BY_COUNTRY,
    "fields": FIELDS,
    "team_size": TEAMS,
    "network": TIES,
}


@pytest.fixture
def ax() -> Axes:
    return Figure().subplots()


def texts_of(axes: Axes) -> set[str]:
    return {text.get_text() for text in axes.texts}


def test_every_figure_of_the_module_is_tried_here() -> None:
    assert {*FRAMES, "mark_stated"} == {*plot.__all__}
    assert bm.plot is plot


@pytest.mark.parametrize("name", FRAMES)
def test_each_draws_into_the_axes_given_and_returns_them(name: str, ax: Axes) -> None:
    assert getattr(plot, name)(FRAMES[name], ax) is ax
    assert ax.has_data() or ax.collections
    assert ax.get_xlabel() or ax.get_ylabel()


@pytest.mark.parametrize("name", FRAMES)
def test_a_missing_column_is_named(name: str, ax: Axes) -> None:
    with pytest.raises(InputError, match="column"):
        getattr(plot, name)(pd.DataFrame({"nothing": [1]}), ax)


@pytest.mark.parametrize("name", FRAMES)
def test_invented_counts_say_so_above_the_axes(name: str, ax: Axes) -> None:
    frame = FRAMES[name].assign(source=f"{SYNTHETIC} sample")
    getattr(plot, name)(frame, ax)
    assert ax.get_title(loc="left").startswith(SYNTHETIC)


def test_lines_have_the_values_of_the_frame_and_a_name_each(ax: Axes) -> None:
    two = pd.concat([WORKS, WORKS.assign(source="Others", n_works=[1, 2, 3])])
    plot.output(two, ax)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[10, 20, 40], [1, 2, 3]]
    assert texts_of(ax) == {"OpenAlex: 40", "Others: 3"}


def test_the_first_year_of_indexed_growth_is_100(ax: Axes) -> None:
    plot.growth(WORKS, ax)
    assert ax.lines[0].get_ydata().tolist() == [100, 200, 400]


def test_bars_add_up_the_years_and_the_largest_stands_above(ax: Axes) -> None:
    plot.countries(BY_COUNTRY, ax)
    assert [bar.get_width() for bar in ax.patches] == [30, 12]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Brazil", "Chile"]


def test_rows_that_are_no_single_line_are_refused(ax: Axes) -> None:
    with pytest.raises(InputError, match="several rows for one year"):
        plot.output(BY_COUNTRY, ax)
    twice = pd.concat([BY_COUNTRY.assign(field="A"), BY_COUNTRY.assign(field="B")])
    with pytest.raises(InputError, match="several rows for one year and country_code"):
        plot.countries(twice, ax)


def test_the_document_s_value_is_marked_in_its_year(ax: Axes) -> None:
    claim = next(one for one in load_claims() if one.id == "P17")
    plot.mark_stated(plot.output(WORKS, ax), "P17")
    (mark,) = (line for line in ax.lines if line.get_label() == STATED)
    paper = load_study().paper["short"]
    assert any(text.startswith(f"{paper}: {mark.get_ydata()[0]:.0f}") for text in texts_of(ax))
    assert str(mark.get_xdata()[0]) in claim.statement
    assert f"{mark.get_ydata()[0]:.0f}" in claim.statement
    assert ax.get_ylim()[1] > mark.get_ydata()[0]


def test_marks_that_can_not_be_are_refused(ax: Axes) -> None:
    with pytest.raises(InputError, match="no claim 'P99'"):
        plot.mark_stated(ax, "P99")
    plot.output(WORKS.assign(source=f"{SYNTHETIC} sample"), ax)
    with pytest.raises(InputError, match="can't stand beside"):
        plot.mark_stated(ax, "P17")


def test_a_map_of_a_ratio_has_a_colour_to_each_side_of_1(ax: Axes) -> None:
    frame = pd.DataFrame(
        {"country_code": ["BR", "AR", "CL"], "growth_factor": [4.0, 0.25, float("nan")]}
    )
    plot.region_map(frame, ax, column="growth_factor")
    assert {text.get_text() for text in ax.texts} == {"4", "0.25"}
    land = [one for one in ax.collections if isinstance(one, PolyCollection)]
    shades = [tuple(one.get_facecolor()[0]) for one in land]
    assert {DIVERGING(0.0), DIVERGING(1.0)} <= {*shades}
    with pytest.raises(InputError, match="several rows"):
        plot.region_map(pd.concat([frame, frame]), ax, column="growth_factor")


def test_every_member_of_the_study_s_region_is_on_the_map(ax: Axes) -> None:
    codes = load_study().region.codes
    assert {*codes} <= {*drawn_codes()}
    assert OUTLINES.stat().st_size < 100_000
    for code in codes:
        for ring in rings_of(code):
            assert (ring[0] == ring[-1]).all(), "an outline is closed"
    frame = pd.DataFrame({"country_code": codes, "n_works": range(len(codes))})
    plot.region_map(frame, ax)
    west, east = ax.get_xlim()
    assert -125 < west < -110
    assert -40 < east < -25
