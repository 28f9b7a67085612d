"""The figures: what they show, say and refuse; never pixels."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import pairwise
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
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from PIL import Image

from bibliometrics import alttext, drawing, figure_data, figures, lines, paths, witnesses
from bibliometrics.errors import DiskError, InputError
from bibliometrics.figures import Evidence, Source, Stated
from bibliometrics.indicators import poisson_interval, share_interval
from bibliometrics.question import TEAM_BANDS
from bibliometrics.study import Region, Study, country_names, field_names, load_study

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
    return figures.build_figures(study, tables_of(study), (), stated_of(study), COUNTED)


@pytest.fixture(scope="module")
def synthetic(study: Study) -> Drawn:
    """Figures of a synthetic build."""
    return figures.build_figures(study, tables_of(study), source=SYNTHETIC)


@pytest.fixture(scope="module")
def waiting(study: Study) -> Drawn:
    """Figures before the first pull, with stated values."""
    return figures.build_figures(study, {}, stated=stated_of(study))


@pytest.fixture(scope="module")
def published() -> Drawn:
    """Figures of the study that comes with the package, from published figures alone."""
    return figures.build_figures(load_study(), {}, witnesses.read_witnesses())


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
    assert set(counted) == {*figures.FIGURES, "headline"}


def test_map_and_small_panels_are_drawn_only_where_partners_were_counted(
    waiting: Drawn, published: Drawn
) -> None:
    left_out = {"partner_map", "partner_years"}
    assert set(waiting) == set(published) == {*figures.FIGURES, "headline"} - left_out


def test_every_panel_of_counts_names_unit_and_counting_method(counted: Drawn) -> None:
    for name, (figure, _) in counted.items():
        if name == "table2_fields":
            assert "works, whole counting" in texts_of(figure)
            continue
        for axes in figure.axes[:1] if name == "partner_years" else figure.axes:
            label = labels_of(axes)
            assert "whole counting" in label or "affinity index" in label, (name, label)


def test_every_figure_has_source_and_date_in_its_corner(counted: Drawn) -> None:
    for name, (figure, _) in counted.items():
        assert "● Count, 2026-11-22" in figure.get_supxlabel(), name


def test_other_counting_methods_are_named_on_the_axis(study: Study) -> None:
    frame = tables_of(study)["region_output"]
    other = Evidence(frame, replace(OTHERS, counting="fractional counting"))
    figure = figures.plot_region_output(study, [Evidence(frame, COUNTED), other])
    assert "whole counting (Others: fractional counting)" in labels_of(figure.axes[0])


def test_a_logarithmic_axis_says_so(counted: Drawn, published: Drawn) -> None:
    seen = 0
    for figure, _ in [*counted.values(), *published.values()]:
        for axes in figure.axes:
            scales = {axes.get_xscale(), axes.get_yscale()}
            seen += scales != {"linear"}
            assert scales == {"linear"} or "log scale" in labels_of(axes)
    assert seen > 2


def test_one_line_per_source(study: Study) -> None:
    frame = tables_of(study)["region_output"]
    evidence = [Evidence(frame, COUNTED), Evidence(frame.head(2), OTHERS)]
    left, right = figures.plot_region_output(study, evidence).axes
    assert lines_with_markers(left) == lines_with_markers(right) == 2
    assert left.lines[0].get_ydata().tolist() == frame["n_works_region"].tolist()


def test_our_counts_are_filled_and_published_ones_hollow(study: Study) -> None:
    frame = tables_of(study)["region_output"]
    evidence = [Evidence(frame, COUNTED), Evidence(frame, OTHERS)]
    ours, others = figures.plot_region_output(study, evidence).axes[0].lines[:2]
    assert ours.get_markerfacecolor() == ours.get_color()
    assert others.get_markerfacecolor() == "white"


def test_lines_differ_without_colour() -> None:
    looks = [drawing.look(number) for number in range(7)]
    assert len({(look.marker, str(look.dashes)) for look in looks}) == 7
    assert drawing.STATED_MARKER not in {look.marker for look in looks}


def test_one_line_per_country_and_one_for_the_home_country(counted: Drawn, study: Study) -> None:
    partners = counted["figure5_institution_partners"][0].axes[0]
    assert lines_with_markers(partners) == 1 + len(study.featured_countries)
    over_years = counted["figure3_region_partners"][0].axes[-1]
    assert "China" in texts_of(counted["figure3_region_partners"][0])
    assert lines_with_markers(over_years) == len(OUTSIDE)


def test_intervals_are_those_of_poisson_and_of_shares(counted: Drawn, study: Study) -> None:
    frame = tables_of(study)["institution_region"]
    works, home = (frame[f"n_works_{name}_region"] for name in ("institution", "home"))
    for axes, (low, high) in zip(
        counted["figure4_institution_region"][0].axes,
        (poisson_interval(works), share_interval(works, home)),
        strict=True,
    ):
        bars = axes.collections[0].get_segments()
        assert np.allclose([bar[0][1] for bar in bars], low)
        assert np.allclose([bar[1][1] for bar in bars], high)


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
    without = ("team_size", "partner_map", "partner_years")
    assert [marks.pop(name) for name in without] == [0, 0, 0]
    assert min(marks.values()) > 0


def test_synthetic_figures_are_stamped_and_never_show_stated_values(synthetic: Drawn) -> None:
    assert set(synthetic) == set(figures.FIGURES)
    for name, (figure, alt) in synthetic.items():
        assert drawing.SYNTHETIC in {text.get_text() for text in figure.texts}, name
        assert figure.get_suptitle().startswith(drawing.SYNTHETIC)
        assert alt.startswith("Synthetic data, not a result.")
        assert stated_marks(figure) == 0
        assert "Paper 2018" not in texts_of(figure) + alt


def test_real_figures_bear_no_stamp(counted: Drawn, waiting: Drawn) -> None:
    for figure, alt in [*counted.values(), *waiting.values()]:
        assert drawing.SYNTHETIC not in texts_of(figure)
        assert "Synthetic" not in alt


def test_stated_values_beside_synthetic_data_are_refused(study: Study) -> None:
    evidence = [Evidence(tables_of(study)["region_output"], SYNTHETIC)]
    with pytest.raises(InputError, match="can't stand beside a paper's values"):
        figures.plot_region_output(study, evidence, [Stated("n_works_region", 1, year=2010)])
    with pytest.raises(InputError, match="can't stand beside a paper's values"):
        figures.build_figures(study, {}, (), stated_of(study), SYNTHETIC)


def test_real_data_beside_synthetic_data_are_refused(study: Study) -> None:
    frame = tables_of(study)["region_output"]
    with pytest.raises(InputError, match=r"sample.*Others"):
        figures.plot_region_output(study, [Evidence(frame, SYNTHETIC), Evidence(frame, OTHERS)])
    with pytest.raises(InputError, match="real data only"):
        figures.plot_headline(study, [Evidence(frame, SYNTHETIC)], [], [])


def test_tables_without_a_source_are_refused(study: Study) -> None:
    with pytest.raises(InputError, match="without a source"):
        figures.build_figures(study, tables_of(study))


def test_a_figure_without_counts_names_the_command_and_what_is_stated(waiting: Drawn) -> None:
    for name, (figure, alt) in waiting.items():
        assert "python -m bibliometrics refresh" in texts_of(figure), name
        assert alttext.NOTHING in alt
    assert stated_marks(waiting["figure4_institution_region"][0]) == 1
    assert stated_marks(waiting["figure5_institution_partners"][0]) == 1
    assert "1 United States" in waiting["figure3_region_partners"][0].get_supxlabel()


def test_counted_figures_wait_for_nothing(counted: Drawn) -> None:
    for figure, alt in counted.values():
        assert "waiting" not in texts_of(figure)
        assert alttext.NOTHING not in alt


def test_published_figures_alone_draw_figures_1_to_3_and_table_2(published: Drawn) -> None:
    drawn = [name for name, (figure, _) in published.items() if "waiting" not in texts_of(figure)]
    assert drawn == [
        "figure1_region_output",
        "figure2_country_output",
        "figure3_region_partners",
        "table2_fields",
        "headline",
    ]


def test_the_home_country_is_never_passed_off_as_the_institution(published: Drawn) -> None:
    figure, alt = published["figure5_institution_partners"]
    assert "not the paper's quantity" in figure.axes[0].get_title(loc="left").replace("\n", " ")
    assert "For comparison all works of China" in alt
    figure, alt = published["figure4_institution_region"]
    assert any(artist.get_label() == "_bounds" for artist in figure.axes[0].collections)
    assert "lie between" in alt


def test_an_incomplete_count_of_top_papers_is_left_out() -> None:
    study = load_study()
    rows = witnesses.read_witnesses()
    (item,) = figures.witness_evidence(rows, study)["table2_fields"]
    partly = item.frame["n_years_with_share"] < len(study.year_range)
    assert partly.any()
    assert item.frame.loc[partly, "n_top_1_percent"].isna().all()
    assert item.frame.loc[~partly, "n_top_1_percent"].notna().all()


def test_our_fields_and_published_ones_become_two_figures(study: Study) -> None:
    rows, real = witnesses.read_witnesses(), load_study()
    drawn = figures.build_figures(real, {"fields": tables_of(study)["fields"]}, rows, {}, COUNTED)
    assert "Medicine" in texts_of(drawn["table2_fields"][0])
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


ROOMS = (
    "alttext",
    "charts",
    "drawing",
    "figure_data",
    "figure_series",
    "figures",
    "institution_figures",
    "lines",
    "picture",
    "rankings",
    "region_figures",
    "tiles",
)


@pytest.mark.parametrize("room", ROOMS)
def test_no_code_names_an_institution_or_region(room: str) -> None:
    code = (paths.PACKAGE / f"{room}.py").read_text(encoding="utf-8")
    assert not re.search(r"\bCAS\b|China|Latin America|Brazil|\bBR\b|\bCN\b", code)


def test_labels_beside_lines_do_not_overlap(counted: Drawn, published: Drawn) -> None:
    seen = 0
    for name, (figure, _) in [*counted.items(), *published.items()]:
        for axes in figure.axes:
            boxes = sorted(
                ((box.y0, box.y1) for box in map(Annotation.get_window_extent, end_labels(axes))),
            )
            seen += len(boxes)
            for (_, top), (bottom, _) in pairwise(boxes):
                assert bottom >= top - 0.5, name
    assert seen > 40


def test_every_text_lies_inside_the_picture(counted: Drawn, published: Drawn) -> None:
    for name, (figure, _) in [*counted.items(), *published.items()]:
        canvas = figure.bbox
        for text in [text for axes in figure.axes for text in end_labels(axes)]:
            box = text.get_window_extent()
            assert box.x0 >= canvas.x0, (name, text.get_text())
            assert box.x1 <= canvas.x1, (name, text.get_text())


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


def test_labels_with_room_stay_where_they_belong() -> None:
    assert drawing.spread_positions([10, 50, 90], [5, 5, 5], 0, 100) == [10, 50, 90]


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
    assert lines.series_of(frame, "share_of_world").empty
    assert lines.series_of(frame, "n_works").empty


def test_a_sum_of_countries_is_unknown_where_one_is_unknown() -> None:
    frame = pd.DataFrame({"year": [1, 1, 2, 2], "country_code": [*"ABAB"], "n": [1, 2, 3, np.nan]})
    values = lines.series_of(frame, "n", ("A", "B"))["value"]
    assert values.iloc[0] == 3
    assert np.isnan(values.iloc[1])


@pytest.mark.parametrize("years", [(2015, 2015), (2000, 2024)])
def test_one_year_and_many_years_many_members_and_zeros_are_drawn(years: tuple[int, int]) -> None:
    study = small_study(years, n_members=54)
    study = replace(study, top_country="", featured_countries=(), paper={})
    drawn = figures.build_figures(study, tables_of(study), source=COUNTED)
    assert "15 largest of 54 countries" in texts_of(drawn["figure2_country_output"][0])
    ticks = drawn["figure1_region_output"][0].axes[0].get_xticks()
    assert 1 <= len(ticks) <= 6
    assert ticks[-1] == years[1]


def test_zeros_beside_large_counts_are_drawn_and_the_scale_is_told(study: Study) -> None:
    tables = tables_of(study, works=4000)
    output, partners = (tables[name].copy() for name in ("country_output", "region_partners"))
    output.loc[output["country_code"] == study.region.codes[2], "n_works"] = 4
    output.loc[output["country_code"] == study.region.codes[3], "n_works"] = 0
    partners.loc[partners["country_code"] == "ES", "n_works"] = [0, 1, 2, 3]
    left = figures.plot_country_output(study, [Evidence(output, COUNTED)]).axes[0]
    over_years = figures.plot_region_partners(study, [Evidence(partners, COUNTED)]).axes[-1]
    assert "log scale above 1" in labels_of(left)
    assert "log scale above 1" in labels_of(over_years)
    assert left.get_xlim()[0] < 0
    assert over_years.get_ylim()[1] > partners["n_works"].max()


def test_a_field_without_index_or_count_has_an_empty_cell(study: Study) -> None:
    frame = tables_of(study)["fields"].astype({"n_works": float})
    frame.loc[0, ["n_works", "activity_index"]] = np.nan
    axes = figures.plot_fields(study, [Evidence(frame, COUNTED)]).axes[0]
    assert [text.get_text() for text in axes.texts].count("–") == 1


def test_a_region_without_works_has_counts_of_zero_and_no_share(study: Study) -> None:
    drawn = figures.build_figures(study, tables_of(study, works=0), source=COUNTED)
    left, right = drawn["figure4_institution_region"][0].axes
    assert left.lines[0].get_ydata().tolist() == [0, 0, 0, 0]
    assert left.get_ylim()[1] > 0
    assert "no value in these years" in {text.get_text() for text in right.texts}
    assert "waiting" not in texts_of(drawn["figure4_institution_region"][0])


def test_files_are_the_same_bytes_when_drawn_again(study: Study) -> None:
    evidence = [Evidence(tables_of(study)["institution_region"], COUNTED)]
    once, again = (
        figures.render_figure(figures.plot_institution_region(study, evidence), "a", "b")
        for _ in range(2)
    )
    assert once == again


def test_files_are_small_and_carry_title_and_alternative_text(
    counted: Drawn, published: Drawn
) -> None:
    heaviest = {name: published[name] for name in ("table2_fields", "headline")}
    for drawn in (counted, heaviest):
        files, texts = figures.render_figures(drawn)
        for name, alt in texts.items():
            svg, png = files[f"{name}.svg"], files[f"{name}.png"]
            assert len(svg) < 150_000
            assert len(png) < 150_000
            root = ElementTree.fromstring(svg)
            assert root[0].tag.endswith("title")
            assert root[1].tag.endswith("desc")
            assert root[1].text == alt
            with Image.open(io.BytesIO(png)) as image:
                assert image.info["Description"] == alt
                assert image.info["Software"] == "bibliometrics"


def test_numbers_in_an_svg_stay_whole(study: Study) -> None:
    figure = figures.plot_region_output(study, [])
    svg = figures.render_figure(figure, "a", 'said "x=0.123456" & <more>')["a.svg"]
    assert ElementTree.fromstring(svg)[1].text == 'said "x=0.123456" & <more>'


def test_saving_writes_both_files_and_nothing_else(tmp_path: Path, waiting: Drawn) -> None:
    figure, alt = waiting["team_size"]
    saved = figures.save_figure(figure, tmp_path / "new", "team_size", alt)
    assert sorted(path.name for path in saved) == ["team_size.png", "team_size.svg"]
    assert sorted(saved) == sorted((tmp_path / "new").iterdir())


def test_a_folder_that_cannot_be_written_is_a_disk_error(tmp_path: Path, waiting: Drawn) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DiskError, match=r"can't write figure .*team_size\.svg"):
        figures.save_figure(*waiting["team_size"][:1], tmp_path / "file", "team_size", "")


def test_a_failed_write_leaves_no_file(
    tmp_path: Path, waiting: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(DiskError, match="No space left"):
        figures.save_figure(*waiting["team_size"][:1], tmp_path, "team_size", "")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_a_figure_by_itself(waiting: Drawn) -> None:
    picture = waiting["team_size"][0]._repr_png_()  # type: ignore[attr-defined]
    assert picture.startswith(b"\x89PNG")


def test_drawing_changes_no_setting_and_leaves_no_open_figure(study: Study) -> None:
    before, backend = dict(mpl.rcParams), mpl.get_backend()
    figures.plot_region_output(study, [])
    assert dict(mpl.rcParams) == before
    assert mpl.get_backend() == backend
    assert plt.get_fignums() == []


def test_the_reader_s_own_settings_do_not_reach_a_figure(study: Study) -> None:
    with mpl.rc_context({"axes.grid.axis": "x", "font.size": 22, "svg.fonttype": "path"}):
        other = figures.render_figure(figures.plot_region_output(study, []), "a", "b")
    assert other == figures.render_figure(figures.plot_region_output(study, []), "a", "b")


def test_the_specification_is_told_in_words() -> None:
    study = load_study()
    told = figures.describe_specification(study.primary)
    assert told == "types article, review; core sources; not retracted"


def test_marks_of_no_paper_have_a_neutral_name(study: Study) -> None:
    bare = replace(study, paper={})
    assert figure_data.period(bare) == "2010–2013"
    figure = figures.plot_region_output(bare, [], [Stated("n_works_region", 5, year=2013)])
    assert "stated: 5" in texts_of(figure)
