"""The figures: what they show, say and refuse; never pixels."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from hashlib import sha256
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from PIL import Image

from bibliometrics import files as paths
from bibliometrics.claims import evidence as witnesses
from bibliometrics.errors import DiskError, InputError
from bibliometrics.figures import catalogue as figures
from bibliometrics.figures import data as figure_data
from bibliometrics.figures import data as figure_series
from bibliometrics.figures import panels
from bibliometrics.figures import style as drawing
from bibliometrics.figures import text as alttext
from bibliometrics.figures import tile_map as tiles
from bibliometrics.figures.catalogue import ENTRIES, Inputs, draw_figures
from bibliometrics.figures.data import Evidence, Source, Stated
from bibliometrics.figures.style import render_figure
from bibliometrics.study.model import Region, Study, country_names, field_names, load_study
from bibliometrics.study.questions import TEAM_BANDS
from bibliometrics.tables.indicators import poisson_interval, share_interval
from tests.support.figures import draw_one

COUNTED = Source("Count", "2026-11-22", "articles")
SYNTHETIC = replace(COUNTED, label="sample", is_synthetic=True)
OTHERS = Source("Others", "2020-01", "papers of a database", is_witness=True)
OUTSIDE = ("US", "ES", "CN")
Drawn = dict[str, tuple[Figure, str]]


def small_study(years: tuple[int, int] = (2010, 2013), n_members: int = 4) -> Study:
    """Return a study of another institution and region, with a top country and a paper."""
    study = load_study()
    codes = [code for code in country_names() if code not in OUTSIDE][:n_members]
    return replace(
        study,
        institution=replace(study.institution, short="Institute Q", name="Institute Q of Science"),
        region=Region("test", "Testland", tuple(codes), "invented", "2026"),
        region_short="Testland",
        home_name="Homeland",
        years=years,
        top_country=codes[0],
        featured_countries=tuple(codes[1:3]),
        paper={"short": "Paper 2018"},
    )


def tables_of(study: Study, works: int = 40) -> dict[str, pd.DataFrame]:
    """Return invented tables: in each year the members share the works as 8, 4, 2, 1, 0, 0, …"""
    years, codes = list(study.year_range), study.region.codes
    total = {year: works * (1 + number) for number, year in enumerate(years)}
    weights = dict(zip(codes, [8, 4, 2, 1, *[0] * len(codes)], strict=False))
    members = [(y, c, total[y] * weights[c] // 16) for y in years for c in codes]
    partners = [(y, c, total[y] // (2 + n)) for y in years for n, c in enumerate(OUTSIDE)]
    series = pd.DataFrame({"year": years, "n": [total[year] for year in years]})
    countries = pd.DataFrame(members, columns=["year", "country_code", "n_works"])
    whole = countries["year"].map(total).replace(0, np.nan)
    share = countries["n_works"] / whole
    known = series["n"].replace(0, np.nan)
    field_rows = [
        (code, number, name, 10 * number, number, 0.5 + number / 20)
        for code in (*codes[:3], "region", "world")
        for number, name in field_names().items()
    ]
    team_rows = [(year, low, high, total[year] // 7) for year in years for low, high in TEAM_BANDS]
    return {
        "region_output": series.assign(n_works_region=series["n"], share_of_world=known / 1000),
        "country_output": countries.assign(share_of_region=share),
        "region_partners": pd.DataFrame(
            partners, columns=["year", "country_code", "n_works"]
        ).assign(affinity=0.5),
        "institution_region": series.assign(
            n_works_institution_region=series["n"],
            n_works_home_region=2 * series["n"],
            share_of_home=series["n"] / (2 * known),
        ),
        "institution_partners": countries.assign(share_of_institution_region=share),
        "fields": pd.DataFrame(
            field_rows,
            columns=[
                "country_code", "field_id", "field", "n_works", "n_top_1_percent", "activity_index"
            ],
        ),
        "team_size": pd.DataFrame(
            team_rows,
            columns=["year", "authors_from", "authors_to", "n_works_institution_region"],
        ).astype({"authors_to": float}),
    }  # fmt: skip


FIGURES = {
    name
    for name, entry in ENTRIES.items()
    if entry.table in tables_of(small_study()) and "published" not in name
}
BY_EVIDENCE = {"region_map", "indexed_growth", "country_years"}


def stated_of(study: Study) -> dict[str, list[Stated]]:
    """Return values of an invented paper."""
    first, last = study.years
    top = (study.top_country,)
    return {
        "figure1_region_output": [
            Stated("n_works_region", 37, year=first),
            Stated("n_works_region", 150, year=last),
            Stated("share_of_world", 0.05, "about 5 %"),
        ],
        "figure2_country_output": [Stated("share_of_region", 0.5, country_codes=top)],
        "figure3_region_partners": [Stated("rank", 1, country_codes=("US",))],
        "figure4_institution_region": [Stated("n_works_institution_region", 77, year=first)],
        "figure5_institution_partners": [
            Stated("share_of_institution_region", 0.6, "about 60 %", last, top)
        ],
        "table2_fields": [Stated("field", 1, field="Medicine", country_codes=("region",))],
    }


@pytest.fixture(scope="module")
def study() -> Study:
    return small_study()


@pytest.fixture(scope="module")
def counted(study: Study) -> Drawn:
    """Figures of our counts with stated values."""
    return draw_figures(Inputs(study, tables_of(study), (), stated_of(study), COUNTED))


@pytest.fixture(scope="module")
def synthetic(study: Study) -> Drawn:
    """Figures of a synthetic build."""
    return draw_figures(Inputs(study, tables_of(study), source=SYNTHETIC))


@pytest.fixture(scope="module")
def waiting(study: Study) -> Drawn:
    """Figures before the first pull, with stated values."""
    return draw_figures(Inputs(study, {}, stated=stated_of(study)))


@pytest.fixture(scope="module")
def published() -> Drawn:
    """Figures of the study that comes with the package, from published figures alone."""
    return draw_figures(Inputs(load_study(), {}, witnesses.read_witness_rows()))


def texts_of(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(mpl.text.Text))


def stated_marks(figure: Figure) -> int:
    return sum(artist.get_label() == drawing.STATED for artist in figure.findobj())


def labels_of(axes: Axes) -> str:
    return f"{axes.get_xlabel()} {axes.get_ylabel()}".replace("\n", " ")


def end_labels(axes: Axes) -> list[Annotation]:
    return [
        text
        for text in axes.texts
        if isinstance(text, Annotation) and text.get_label() == drawing.END_LABEL
    ]


def lines_with_markers(axes: Axes) -> int:
    return sum(
        line.get_marker() not in {"None", "", None, "|", "_"} and line.get_label() != drawing.STATED
        for line in axes.lines
    )


def test_a_real_build_has_every_figure(counted: Drawn) -> None:
    assert set(counted) == {*FIGURES, "headline"}


def test_a_figure_is_drawn_only_where_there_is_something_for_it(
    waiting: Drawn, published: Drawn
) -> None:
    left_out = {"partner_map", "partner_years", "team_size"}
    assert set(waiting) == {*FIGURES, "headline"} - left_out - BY_EVIDENCE
    assert set(published) == {*FIGURES, "headline", "home_partners"} - left_out


def test_every_panel_of_counts_names_unit_and_counting_method(counted: Drawn) -> None:
    for name, (figure, _) in counted.items():
        if name in {"table2_fields", "country_years"}:
            assert "works, whole counting" in texts_of(figure)
            continue
        for axes in figure.axes[:1] if name == "partner_years" else figure.axes:
            label = labels_of(axes)
            assert "whole counting" in label or "affinity index" in label, (name, label)


def test_every_figure_has_source_and_date_in_its_corner(counted: Drawn) -> None:
    for name, (figure, _) in counted.items():
        assert "● Count, 2026-11-22" in figure.get_supxlabel(), name


def test_whole_and_fractional_counts_stand_apart(study: Study) -> None:
    frame = tables_of(study)["region_output"]
    other = Evidence(frame, replace(OTHERS, counting="fractional counting"))
    figure = draw_one("figure1_region_output", study, [Evidence(frame, COUNTED), other])
    whole, fractional, _ = figure.axes
    assert lines_with_markers(whole) == lines_with_markers(fractional) == 1
    assert "works per year, fractional counting" in labels_of(fractional)


def test_a_logarithmic_axis_says_so(counted: Drawn, published: Drawn) -> None:
    seen = 0
    for figure, _ in [*counted.values(), *published.values()]:
        for axes in figure.axes:
            scales = {axes.get_xscale(), axes.get_yscale()}
            seen += scales != {"linear"}
            assert scales == {"linear"} or "log scale" in labels_of(axes)
    assert seen > 2


def test_one_line_per_source_ours_filled_and_published_ones_hollow(study: Study) -> None:
    frame = tables_of(study)["region_output"]
    evidence = [Evidence(frame, COUNTED), Evidence(frame.head(2), OTHERS)]
    left, right = draw_one("figure1_region_output", study, evidence).axes
    assert lines_with_markers(left) == lines_with_markers(right) == 2
    ours, others = left.lines[:2]
    assert ours.get_ydata().tolist() == frame["n_works_region"].tolist()
    assert ours.get_markerfacecolor() == ours.get_color()
    assert others.get_markerfacecolor() == "white"


def test_one_line_per_country_and_one_for_the_home_country(counted: Drawn, study: Study) -> None:
    partners = counted["figure5_institution_partners"][0].axes[0]
    assert lines_with_markers(partners) == 1 + len(study.featured_countries)
    over_years = counted["figure3_region_partners"][0].axes[-1]
    assert "China" in texts_of(counted["figure3_region_partners"][0])
    assert lines_with_markers(over_years) == len(OUTSIDE)


def test_intervals_are_those_of_poisson_and_of_shares(counted: Drawn, study: Study) -> None:
    frame = tables_of(study)["institution_region"]
    works, home = (frame[f"n_works_{name}_region"] for name in ("institution", "home"))
    joint, _, share = counted["figure4_institution_region"][0].axes
    for axes, (low, high) in (
        (joint, poisson_interval(works)),
        (share, share_interval(works, home)),
    ):
        (band,) = (one for one in axes.collections if one.get_label() == panels.BAND)
        heights = {round(float(y), 6) for _, y in band.get_paths()[0].vertices}
        assert heights == {round(float(y), 6) for y in (*low, *high)}


def test_stated_values_stand_where_the_paper_has_them(counted: Drawn, study: Study) -> None:
    left, right = counted["figure1_region_output"][0].axes
    points = [
        (line.get_xdata()[0], line.get_ydata()[0])
        for line in left.lines
        if line.get_label() == drawing.STATED
    ]
    assert points == [(study.years[0], 37), (study.years[1], 150)]
    assert "Paper 2018: 150" in texts_of(counted["figure1_region_output"][0])
    (line,) = (line for line in right.lines if line.get_label() == drawing.STATED)
    assert set(line.get_ydata()) == {0.05}


def test_every_figure_of_a_real_build_marks_what_the_paper_states(counted: Drawn) -> None:
    marks = {name: stated_marks(figure) for name, (figure, _) in counted.items()}
    without = ("team_size", "partner_map", "partner_years", "region_map", "country_years")
    assert {marks.pop(name) for name in without} == {0}
    assert min(marks.values()) > 0


def test_synthetic_figures_are_stamped_and_never_show_stated_values(synthetic: Drawn) -> None:
    assert set(synthetic) == set(FIGURES)
    for figure, alt in synthetic.values():
        (stamp,) = (text for text in figure.texts if text.get_text() == drawing.STAMP)
        assert drawing.SYNTHETIC in drawing.STAMP
        assert figure.get_suptitle().strip().startswith(drawing.SYNTHETIC)
        below = min(figure.bbox.y1 * (1 - drawing.BAND_INCHES / figure.get_figheight()), 9e9)
        for axes in figure.axes:
            assert axes.get_window_extent().y1 < below, "the stamp stands above the axes"
        assert stamp.get_position()[1] * figure.bbox.y1 > below
        assert alt.startswith("Synthetic data, not a result.")
        assert stated_marks(figure) == 0
        assert "Paper 2018" not in texts_of(figure) + alt


def test_stated_values_beside_synthetic_data_are_refused(study: Study) -> None:
    evidence = [Evidence(tables_of(study)["region_output"], SYNTHETIC)]
    with pytest.raises(InputError, match="can't stand beside a paper's values"):
        draw_one("figure1_region_output", study, evidence, [Stated("n_works_region", 1, year=2010)])
    with pytest.raises(InputError, match="can't stand beside a paper's values"):
        draw_figures(Inputs(study, {}, (), stated_of(study), SYNTHETIC))


def test_real_data_beside_synthetic_data_are_refused(study: Study) -> None:
    frame = tables_of(study)["region_output"]
    with pytest.raises(InputError, match=r"sample.*Others"):
        draw_one(
            "figure1_region_output", study, [Evidence(frame, SYNTHETIC), Evidence(frame, OTHERS)]
        )


def test_tables_without_a_source_are_refused(study: Study) -> None:
    with pytest.raises(InputError, match="without a source"):
        draw_figures(Inputs(study, tables_of(study)))


def test_a_figure_without_counts_names_the_command_and_what_is_stated(waiting: Drawn) -> None:
    for name, (figure, alt) in waiting.items():
        assert "python -m bibliometrics refresh" in texts_of(figure), name
        assert alttext.NOTHING in alt
    assert stated_marks(waiting["figure4_institution_region"][0]) == 1
    assert stated_marks(waiting["figure5_institution_partners"][0]) == 1
    assert "1 United States" in waiting["figure3_region_partners"][0].get_supxlabel()


def test_published_figures_alone_wait_for_nothing(published: Drawn) -> None:
    waits = [name for name, (figure, _) in published.items() if "waiting" in texts_of(figure)]
    assert waits == []


def test_the_home_country_is_never_passed_off_as_the_institution(published: Drawn) -> None:
    figure, _ = published["home_partners"]
    assert figure.get_suptitle().startswith("All China: works with countries of")
    figure, alt = published["figure4_institution_region"]
    institution, home = figure.axes
    assert not [one for one in institution.collections if one.get_label() == "_bounds"]
    assert [one for one in home.collections if one.get_label() == "_bounds"]
    assert "China" in home.get_title(loc="left")
    assert "lie between" in alt


def test_an_incomplete_count_of_top_papers_is_left_out() -> None:
    study = load_study()
    rows = witnesses.read_witness_rows()
    (item,) = Inputs(study, published=rows).of("table2_fields").others
    partly = item.frame["n_years_with_share"] < len(study.year_range)
    assert partly.any()
    assert item.frame.loc[partly, "n_top_1_percent"].isna().all()
    assert item.frame.loc[~partly, "n_top_1_percent"].notna().all()


def test_our_fields_and_published_ones_become_two_figures(study: Study) -> None:
    rows, real = witnesses.read_witness_rows(), load_study()
    drawn = draw_figures(Inputs(real, {"fields": tables_of(study)["fields"]}, rows, {}, COUNTED))
    assert "Health Professions" in texts_of(drawn["table2_fields"][0])
    assert "health sciences" in texts_of(drawn["table2_fields_published"][0])


def test_the_strong_field_is_framed(counted: Drawn) -> None:
    axes = counted["table2_fields"][0].axes[0]
    (frame,) = (line for line in axes.lines if line.get_label() == drawing.STATED)
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert int(min(frame.get_ydata())) == names.index("Medicine")


def test_all_names_come_from_the_study(counted: Drawn) -> None:
    for figure, alt in counted.values():
        shown = texts_of(figure) + alt
        assert "Testland" in shown
        assert "CAS" not in shown
        assert "Latin America" not in shown
    assert "Institute Q" in texts_of(counted["figure4_institution_region"][0])
    assert "Homeland" in counted["figure4_institution_region"][1]


@pytest.mark.parametrize("path", sorted((paths.PACKAGE / "figures").glob("*.py")), ids=str)
def test_no_code_names_an_institution_or_region(path: Path) -> None:
    code = path.read_text(encoding="utf-8")
    assert not re.search(r"\bCAS\b|China|Latin America|Brazil|\bBR\b|\bCN\b", code)


@given(
    st.lists(st.tuples(st.floats(-50, 350), st.floats(1, 30)), max_size=12),
    st.floats(100, 400),
)
def test_spread_labels_keep_apart_in_order_and_in_the_room(
    labels: list[tuple[float, float]], room: float
) -> None:
    wanted, sizes = [place for place, _ in labels], [size for _, size in labels]
    placed = drawing.spread_positions(wanted, sizes, 0, room)
    order = sorted(range(len(labels)), key=lambda index: wanted[index])
    for one, other in pairwise(order):
        assert placed[other] - placed[one] >= (sizes[one] + sizes[other]) / 2 - 1e-6
    if labels and sum(sizes) <= room:
        assert placed[order[0]] >= sizes[order[0]] / 2 - 1e-6
        assert placed[order[-1]] <= room - sizes[order[-1]] / 2 + 1e-6


def test_alternative_texts_give_the_numbers_of_the_data(counted: Drawn) -> None:
    alt = {name: text for name, (_, text) in counted.items()}
    assert "Count: 40 in 2010, 160 in 2013 (4.00 times)" in alt["figure1_region_output"]
    assert "4.0 % in 2010, 16.0 % in 2013" in alt["figure1_region_output"]
    assert "Stated by Paper 2018: 37 in 2010; 150 in 2013" in alt["figure1_region_output"]
    assert "2013: Andorra 80, United Arab Emirates 40" in alt["figure2_country_output"]
    assert "United States 200, Spain 132 and China 100" in alt["figure3_region_partners"]
    assert "50.0 % in 2010, 50.0 % in 2013" in alt["figure4_institution_region"]
    assert "Andorra: 20 in 2010, 80 in 2013 (4.00 times)" in alt["figure5_institution_partners"]
    assert "Health Professions 2.30" in alt["table2_fields"]
    assert "Testland Medicine strong" in alt["table2_fields"]


def test_the_team_size_text_adds_up_the_bands(counted: Drawn, study: Study) -> None:
    frame = tables_of(study)["team_size"]
    total = frame["n_works_institution_region"].sum()
    large = frame.loc[frame["authors_from"] > 100, "n_works_institution_region"].sum()
    assert f"{total} works in all years, {large} of them" in counted["team_size"][1]


def test_the_stack_of_team_sizes_reaches_the_total(counted: Drawn, study: Study) -> None:
    frame = tables_of(study)["team_size"]
    totals = frame.groupby("year")["n_works_institution_region"].sum()
    bars = [patch for patch in counted["team_size"][0].axes[0].patches if patch.get_height()]
    tops = dict.fromkeys(totals.index, 0.0)
    for bar in bars:
        year = round(bar.get_x() + bar.get_width() / 2)
        tops[year] = max(tops[year], bar.get_y() + bar.get_height())
    assert tops == totals.to_dict()
    assert len({bar.get_hatch() for bar in bars}) == len(TEAM_BANDS)


def test_growth_from_zero_has_no_factor() -> None:
    series = pd.DataFrame({"year": [2010, 2011], "value": [0.0, 7.0]})
    assert alttext.describe_growth(series, "n_works") == "0 in 2010, 7 in 2011"


def test_a_series_without_any_value_is_empty() -> None:
    frame = pd.DataFrame({"year": [2010], "share_of_world": [np.nan]})
    assert figure_series.series_of(frame, "share_of_world").empty
    assert figure_series.series_of(frame, "n_works").empty


def test_equal_countries_are_ranked_by_all_years_then_by_code() -> None:
    rows = [(1, "A", 1), (1, "B", 2), (1, "C", 1), (2, "A", 5), (2, "B", 5), (2, "C", 5)]
    frame = pd.DataFrame(rows, columns=["year", "country_code", "n_works"])
    assert figure_series.largest_codes(frame, "ABC") == ["B", "A", "C"]


def test_a_sum_of_countries_is_unknown_where_one_is_unknown() -> None:
    frame = pd.DataFrame({"year": [1, 1, 2, 2], "country_code": [*"ABAB"], "n": [1, 2, 3, np.nan]})
    values = figure_series.series_of(frame, "n", ("A", "B"))["value"]
    assert values.iloc[0] == 3
    assert np.isnan(values.iloc[1])


def test_zeros_beside_large_counts_are_drawn_and_the_scale_is_told(study: Study) -> None:
    tables = tables_of(study, works=4000)
    output, partners = (tables[name].copy() for name in ("country_output", "region_partners"))
    output.loc[output["country_code"] == study.region.codes[2], "n_works"] = 4
    output.loc[output["country_code"] == study.region.codes[3], "n_works"] = 0
    partners.loc[partners["country_code"] == "ES", "n_works"] = [0, 1, 2, 3]
    left = draw_one("figure2_country_output", study, [Evidence(output, COUNTED)]).axes[0]
    over_years = draw_one("figure3_region_partners", study, [Evidence(partners, COUNTED)]).axes[-1]
    assert "log scale above 1" in labels_of(left)
    assert "log scale above 1" in labels_of(over_years)
    assert left.get_xlim()[0] < 0
    assert over_years.get_ylim()[1] > partners["n_works"].max()


def test_a_field_without_index_or_count_has_an_empty_cell(study: Study) -> None:
    frame = tables_of(study)["fields"].astype({"n_works": float})
    cell = (frame["country_code"] == study.region.codes[0]) & (frame["field_id"] == 36)
    frame.loc[cell, ["n_works", "activity_index"]] = np.nan
    axes = draw_one("table2_fields", study, [Evidence(frame, COUNTED)]).axes[0]
    assert [text.get_text() for text in axes.texts].count("–") == 1


def test_a_region_without_works_has_counts_of_zero_and_no_share(study: Study) -> None:
    drawn = draw_figures(Inputs(study, tables_of(study, works=0), source=COUNTED))
    left, home = drawn["figure4_institution_region"][0].axes
    assert left.lines[0].get_ydata().tolist() == [0, 0, 0, 0]
    assert left.get_ylim()[1] > 0
    assert home.lines[0].get_ydata().tolist() == [0, 0, 0, 0]
    assert "waiting" not in texts_of(drawn["figure4_institution_region"][0])


def test_drawing_changes_no_setting_and_leaves_no_open_figure(study: Study) -> None:
    before, backend = dict(mpl.rcParams), mpl.get_backend()
    draw_one("figure1_region_output", study, [])
    assert dict(mpl.rcParams) == before
    assert mpl.get_backend() == backend
    assert plt.get_fignums() == []


def test_the_reader_s_own_settings_do_not_reach_a_figure(study: Study) -> None:
    with mpl.rc_context({"axes.grid.axis": "x", "font.size": 22, "svg.fonttype": "path"}):
        other = render_figure(draw_one("figure1_region_output", study, []), "a", "b")
    assert other == render_figure(draw_one("figure1_region_output", study, []), "a", "b")


def test_the_specification_is_told_in_words() -> None:
    study = load_study()
    told = figures.describe_specification(study.primary)
    assert told == "types article, review; core sources; not retracted"


def test_marks_of_no_paper_have_a_neutral_name(study: Study) -> None:
    bare = replace(study, paper={})
    assert figure_data.period(bare) == "2010–2013"
    figure = draw_one("figure1_region_output", bare, [], [Stated("n_works_region", 5, year=2013)])
    assert "stated: 5" in texts_of(figure)


# ------------------------------------------------------------------------------ legible texts ----


def shown_texts(figure: Figure) -> list[mpl.text.Text]:
    """Return every text that is drawn, without the stamp."""
    unseen = {
        id(label)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        for label in (tick.label1, tick.label2)
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
        or not axes.axison
    }
    return [
        text
        for text in figure.findobj(mpl.text.Text)
        if text.get_text().strip() not in {"", drawing.STAMP}
        and text.get_visible()
        and id(text) not in unseen
    ]


def faults_of_texts(figure: Figure) -> list[str]:
    """Return what can't be read: texts cut, too small, or covered by another."""
    figure.draw_without_rendering()  # a legend finds its place only then
    boxes = [(text, mpl.text.Text.get_window_extent(text)) for text in shown_texts(figure)]
    faults = [f"small: {text.get_text()!r}" for text, _ in boxes if text.get_fontsize() < 7]
    faults += [
        f"cut: {text.get_text()!r}"
        for text, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > figure.bbox.x1 + 1 or box.y1 > figure.bbox.y1 + 1
    ]
    return faults + [
        f"{one.get_text()!r} covers {other.get_text()!r}"
        for (one, first), (other, second) in combinations(boxes, 2)
        if min(first.x1, second.x1) - max(first.x0, second.x0) > 1
        and min(first.y1, second.y1) - max(first.y0, second.y0) > 1.5
    ]


def long_names(study: Study) -> Study:
    return replace(
        study,
        institution=replace(study.institution, short="Consiglio Nazionale delle Ricerche e Altri"),
        region_short="Association of Southeast Asian Nations and its Partners",
        home_name="United Kingdom of Great Britain and Northern Ireland",
        paper={"short": "Van Leeuwen-Hoogeveen & Rodriguez-Navarro 2018"},
    )


@pytest.mark.parametrize("which", ["counted", "synthetic", "waiting", "published"])
def test_every_text_can_be_read(which: str, request: pytest.FixtureRequest) -> None:
    drawn: Drawn = request.getfixturevalue(which)
    assert {name: faults_of_texts(figure) for name, (figure, _) in drawn.items()} == {
        name: [] for name in drawn
    }


def bare(study: Study) -> Study:
    return replace(study, top_country="", featured_countries=(), paper={})


ODD_STUDIES = {
    "one year": (small_study((2015, 2015)), 40),
    "one country": (bare(small_study(n_members=1)), 40),
    "60 countries, 25 years": (bare(small_study((2000, 2024), n_members=60)), 900),
    "long names": (long_names(small_study()), 90_000),
    "zeros": (small_study(), 0),
}


@pytest.mark.parametrize("name", ODD_STUDIES)
def test_odd_studies_are_drawn_in_full(name: str) -> None:
    study, works = ODD_STUDIES[name]
    said = stated_of(study) if study.paper else {}
    tables = tables_of(study, works)
    if len(study.region.codes) < 60:
        del tables["fields"]  # the slowest, and much the same in all of them
    drawn = draw_figures(Inputs(study, tables, (), said, COUNTED))
    without = set() if works else {"region_map", "indexed_growth"}
    without |= set() if "fields" in tables else {"table2_fields"}
    assert {*FIGURES, "headline"} - set(drawn) <= without
    for key, (figure, _) in drawn.items():
        assert faults_of_texts(figure) == [], key
        for axes in figure.axes:
            if "per year" in axes.get_ylabel() and axes.get_yscale() == "linear":
                assert axes.get_ylim()[0] == 0 < axes.get_ylim()[1], key
    ticks = drawn["figure1_region_output"][0].axes[0].get_xticks()
    assert 1 <= len(ticks) <= 6
    assert ticks[-1] == study.years[1]


def test_a_build_without_partners_still_has_the_other_figures(study: Study) -> None:
    tables = {name: table for name, table in tables_of(study).items() if "partners" not in name}
    drawn = draw_figures(Inputs(study, tables, source=COUNTED))
    left_out = {"region_partners", "institution_partners"}
    without = {name for name in FIGURES if ENTRIES[name].table in left_out}
    assert set(drawn) == {*FIGURES, "headline"} - without


def test_the_label_of_a_line_that_ends_early_tells_its_year_and_stays_clear(study: Study) -> None:
    frame = tables_of(study)["region_output"]
    evidence = [Evidence(frame, COUNTED), Evidence(frame.head(2), OTHERS)]
    figure = draw_one("figure1_region_output", study, evidence)
    figure.draw_without_rendering()
    ours, others = end_labels(figure.axes[0])
    assert others.get_text() == "Others: 80 (2011)"
    starts = [mpl.text.Text.get_window_extent(label).x0 for label in (ours, others)]
    assert starts[0] == pytest.approx(starts[1])


def test_lines_differ_without_colour_and_shades_in_grey() -> None:
    looks = [drawing.look(number) for number in range(7)]
    assert len({(look.marker, str(look.dashes)) for look in looks}) == 7
    assert drawing.STATED_MARKER not in {look.marker for look in looks}
    shades = [drawing.SHADES(number)[:3] for number in range(256)]
    both = [drawing.DIVERGING(number)[:3] for number in range(256)]
    greys = [0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue in shades]
    assert all(darker < lighter + 0.002 for lighter, darker in pairwise(greys))
    assert greys[0] - greys[-1] > 0.6
    for shade in [*shades, *both]:  # WCAG asks 4.5 of small text
        low, high = sorted(light_of(colour) for colour in (shade, drawing.ink_on(shade)))
        assert high / low >= 4.5


def light_of(colour: object) -> float:
    parts = [((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05


# ---------------------------------------------------------------------------------- the map ----


@pytest.mark.parametrize("name", ["celac33", "celac33_territories", "m49_lac", "latin20"])
def test_the_grid_has_a_place_for_every_country_of_the_regions(name: str) -> None:
    codes = tomllib.loads((paths.DEFINITIONS / "regions.toml").read_text())[name]["codes"]
    places = tiles.tile_places(codes)
    assert set(places) == set(codes)
    assert len(set(places.values())) == len(codes)
    assert any(set(grid) >= set(codes) for grid in tiles.tile_grids().values())
    north, south, west, east = (places[code] for code in ("MX", "AR", "CL", "UY"))
    assert north[0] < places["BR"][0] < south[0]
    assert west[1] < south[1] < east[1]


def test_every_tile_of_a_grid_is_a_known_country_and_no_country_stands_twice() -> None:
    for grid in tomllib.loads((paths.DEFINITIONS / "tile_grids.toml").read_text()).values():
        codes = [code for row in grid["rows"] for code in row.split() if code != ".."]
        assert set(codes) <= set(country_names())
        assert len(set(codes)) == len(codes)
        assert len({len(row.split()) for row in grid["rows"]}) == 1


@given(st.sets(st.sampled_from(sorted(country_names())), min_size=1))
def test_any_region_has_one_tile_for_each_country(codes: set[str]) -> None:
    places = tiles.tile_places(codes)
    assert set(places) == codes
    assert len(set(places.values())) == len(codes)
    assert min(row for row, _ in places.values()) == 0


def test_the_map_gives_the_last_year_and_the_change_of_each_member(counted: Drawn) -> None:
    figure, alt = counted["partner_map"]
    texts = texts_of(figure)
    assert "Andorra\n80\n+60\n" in texts  # 8 of 16 parts of 160 works, and of 40
    assert "Antigua and\nBarbuda\n10\n+8\n" in texts
    assert "works 2013; below it the change since 2010, whole counting" in labels_of(figure.axes[0])
    assert "Andorra 80 +60, United Arab Emirates 40 +30" in alt
    assert "0 of 4 countries have none in 2013" in alt


def test_a_member_without_works_is_told_from_one_without_a_count(study: Study) -> None:
    frame = tables_of(study)["institution_partners"].astype({"n_works": float})
    frame.loc[frame["country_code"] == "AE", "n_works"] = 0
    frame = frame[frame["country_code"] != "AF"]
    figure = draw_one("partner_map", study, [Evidence(frame, COUNTED)])
    assert "United Arab\nEmirates\n0\n±0\n" in texts_of(figure)
    assert "Afghanistan\n–\n" in texts_of(figure)


def test_small_panels_hold_each_country_s_works_from_zero(counted: Drawn, study: Study) -> None:
    frame = tables_of(study)["institution_partners"]
    small = [axes for axes in counted["partner_years"][0].axes if axes.lines]
    for axes, code in zip(small, study.region.codes, strict=True):
        rows = frame[frame["country_code"] == code]
        assert axes.get_title(loc="left").replace("\n", " ") == country_names()[code]
        assert axes.lines[0].get_ydata().tolist() == rows["n_works"].tolist()
        assert axes.get_ylim()[0] == 0
    assert len({axes.get_ylim() for axes in small}) == 1


@pytest.mark.parametrize("name", ["partner_map", "partner_years"])
def test_map_and_small_panels_wait_or_say_that_there_are_none(name: str, study: Study) -> None:
    assert "waiting" in texts_of(draw_one(name, study, []))
    assert "waiting" not in texts_of(draw_one(name, study, [Evidence(none_of(study), COUNTED)]))


def none_of(study: Study) -> pd.DataFrame:
    return tables_of(study, works=0)["institution_partners"]


# ------------------------------------------------------------------------------------ files ----


def hashes_of(drawn: Drawn) -> dict[str, str]:
    files, _ = figures.render_figures(drawn)
    return {name: sha256(content).hexdigest() for name, content in files.items()}


SOME = ("figure4_institution_region", "partner_map", "team_size")


@pytest.mark.slow
def test_files_are_the_same_bytes_in_another_process_place_and_time(counted: Drawn) -> None:
    other = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1"}
    code = (
        "import json, time; real = time.time; time.time = lambda: real() + 4e7\n"
        "from tests.figures.test_figures import *; study = small_study()\n"
        "tables = tables_of(study)\n"
        "names = ('institution_region', 'institution_partners', 'team_size')\n"
        "tables = {name: tables[name] for name in names}\n"
        "drawn = draw_figures(Inputs(study, tables, (), stated_of(study), COUNTED))\n"
        "print(json.dumps(hashes_of({name: drawn[name] for name in SOME})))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=paths.PACKAGE.parent,
        env={**os.environ, **other},
    )
    assert json.loads(ran.stdout) == hashes_of({name: counted[name] for name in SOME})


def test_files_are_small_and_carry_title_and_alternative_text(
    counted: Drawn, published: Drawn
) -> None:
    figure, _ = counted["team_size"]
    alts = {"table2_fields": published["table2_fields"][1], "team_size": 'said "x=0.123" & <more>'}
    drawn = {**published, "team_size": (figure, alts["team_size"])}
    files, texts = figures.render_figures({name: drawn[name] for name in alts})
    assert texts == alts
    for name, alt in alts.items():
        svg, png = files[f"{name}.svg"], files[f"{name}.png"]
        assert max(len(svg), len(png)) < 120_000
        root = ElementTree.fromstring(svg)
        assert [element.tag.partition("}")[2] for element in root[:2]] == ["title", "desc"]
        assert root[1].text == alt
        with Image.open(io.BytesIO(png)) as image:
            assert image.info["Description"] == alt
            assert image.info["Software"] == "bibliometrics"
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_saving_writes_both_files_and_nothing_else(
    tmp_path: Path, waiting: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure, alt = waiting["table2_fields"]
    saved = figures.save_figure(figure, tmp_path / "new", "team_size", alt)
    assert sorted(path.name for path in saved) == ["team_size.png", "team_size.svg"]
    assert sorted(saved) == sorted((tmp_path / "new").iterdir())
    with pytest.raises(DiskError, match=r"can't write .*team_size\.svg"):
        figures.save_figure(figure, saved[0], "team_size", "")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(DiskError, match="No space left"):
        figures.save_figure(figure, tmp_path / "new", "other", "")
    assert sorted(saved) == sorted((tmp_path / "new").iterdir())


# ------------------------------------------------------------------------------- colours ----


def test_a_country_and_a_source_have_one_colour_whatever_stands_beside() -> None:
    alone = drawing.country_colours(["BR"])["BR"]
    assert drawing.country_colours(["AR", "CL", "BR"])["BR"] == alone
    many = drawing.country_colours([*country_names()][:7])
    assert len(set(many.values())) == 7
    others = replace(OTHERS, key="ncses-x")
    assert (
        drawing.source_colours([COUNTED, others])[others]
        == (drawing.source_colours([others])[others])
    )
    assert (
        drawing.source_colours([COUNTED])[COUNTED]
        == (drawing.source_colours([SYNTHETIC, others])[SYNTHETIC])
    )


def test_a_source_of_two_distant_years_is_drawn_as_two_points(study: Study) -> None:
    frame = tables_of(study)["region_output"].iloc[[0, -1]]
    axes = draw_one("figure1_region_output", study, [Evidence(frame, COUNTED)]).axes[0]
    assert axes.lines[0].get_linestyle() == "None"


def test_dollar_signs_in_a_name_are_no_formula(study: Study) -> None:
    odd = replace(study, region_short="Land of $a_{b$ and \\frac{")
    figure = draw_one("figure1_region_output", odd, [])
    files = render_figure(figure, "odd", "")
    assert "Land of $a_{b$ and \\frac{" in files["odd.svg"].decode()


def test_years_of_which_works_are_still_added_are_marked() -> None:
    study = small_study((2021, 2025))
    frame = tables_of(study)["region_output"]
    figure = draw_one("figure1_region_output", study, [Evidence(frame, COUNTED)])
    assert COUNTED.provisional == (2024, 2025)
    assert "works of 2024 and 2025 are still being added" in figure.get_supxlabel()
    assert len([patch for patch in figure.axes[0].patches if patch.get_width() == 1]) == 2
    study = small_study()
    frame = tables_of(study)["region_output"]
    figure = draw_one("figure1_region_output", study, [Evidence(frame, COUNTED)])
    assert "still being added" not in figure.get_supxlabel()
