"""
Figures of big science: the institution's works with and without it, and its part in the growth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bibliometrics import alttext
from bibliometrics.big_science import growth_by_area, switch_off
from bibliometrics.big_science_sentences import (
    area_name,
    describe_big_science_figure,
    shown_growth,
)
from bibliometrics.curve_tables import REGION, WITHOUT
from bibliometrics.drawing import (
    PALETTE,
    draw_message,
    finish,
    look,
    new_figure,
    share_axis,
    wrap,
)
from bibliometrics.figure_data import Evidence, Stated, check_kinds, period
from bibliometrics.figure_series import add_interval
from bibliometrics.institution_figures import plot_institution_partners, plot_institution_region
from bibliometrics.lines import Line, draw_lines
from bibliometrics.picture import styled
from bibliometrics.specifications import big_science_name
from bibliometrics.study import Study

PICTURE: Final = "big_science"
SWITCHED: Final = "_without_big_science"


def draw_big_science_figures(
    study: Study,
    tables: Mapping[str, pd.DataFrame],
    evidence: Evidence,
    stated: Mapping[str, Sequence[Stated]],
) -> dict[str, tuple[Figure, str]]:
    """
    Draw big science's part, and figures 4 and 5 without it.

    Parameters
    ----------
    study : Study
        Gives names and years.
    tables : mapping of str to pandas.DataFrame
        Our tables by name, ``big_science`` among them.
    evidence : Evidence
        The table ``big_science`` and its source.
    stated : mapping of str to sequence of Stated
        The paper's values by the figure's name; none for synthetic counts.

    Returns
    -------
    dict of str to (matplotlib.figure.Figure, str)
        Figure and alternative text by name.

    Raises
    ------
    InputError
        If synthetic counts come with stated values.
    """
    drawn = {
        PICTURE: (plot_big_science(study, evidence), describe_big_science_figure(study, evidence))
    }
    definition = f"{evidence.source.definition}; {big_science_name()}"
    source = replace(evidence.source, definition=definition)
    without = switch_off(study, tables)
    for name, table, plot, describe in (
        (
            "figure4_institution_region",
            "institution_region",
            plot_institution_region,
            alttext.describe_institution_region,
        ),
        (
            "figure5_institution_partners",
            "institution_partners",
            plot_institution_partners,
            alttext.describe_institution_partners,
        ),
    ):
        own, marks = [Evidence(without[table], source)], tuple(stated.get(name, ()))
        said = f"Only works of {big_science_name()}."
        drawn[f"{name}{SWITCHED}"] = (
            plot(study, own, marks, only="without big science"),
            f"{describe(study, own, marks)} {said}",
        )
    return drawn


@styled
def plot_big_science(study: Study, evidence: Evidence) -> Figure:
    """
    Draw works of institution and region with and without big science, and its part in the growth.

    Parameters
    ----------
    study : Study
        Gives names and years.
    evidence : Evidence
        The table ``big_science`` and its source.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels: whole counts, fractional counts, share of the growth by country.

    Raises
    ------
    InputError
        Never for evidence of one kind.
    """
    check_kinds([evidence])
    figure = new_figure(13, 4.4)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.15])
    _draw_pair(left, study, evidence.frame, "n_works", "works per year, whole counting")
    fractional = "works per year, fractional counting by country"
    _draw_pair(middle, study, evidence.frame, "n_works_fractional", fractional)
    left.set_title("Whole counts")
    middle.set_title("Fractional counts")
    _draw_growth(right, study, evidence.frame)
    names = f"{study.institution.short} and {study.region_short}"
    notes = [
        f"Without big science: {big_science_name()}",
        "Bars: 95 % intervals by chance alone (Poisson; Fieller for shares of growth)",
    ]
    title = f"{names}: works with and without big science {period(study)}"
    return finish(figure, title, [evidence], notes)


def _draw_pair(axes: Axes, study: Study, frame: pd.DataFrame, column: str, ylabel: str) -> None:
    region, lines = frame[frame["country_code"] == REGION], []
    for number, (ending, label) in enumerate((("", "all works"), (WITHOUT, "without big science"))):
        series = pd.DataFrame(
            {"year": region["year"], "value": region[f"{column}{ending}"].astype(float)}
        )
        if column == "n_works":
            series = add_interval(series, column, series)
        lines.append(Line(series, look(number), label))
    draw_lines(axes, lines, study=study, columns=["n_works"], ylabel=ylabel)


def _draw_growth(axes: Axes, study: Study, frame: pd.DataFrame) -> None:
    rows = shown_growth(study, growth_by_area(study, frame))
    places = np.arange(len(rows))
    values, low, high = (
        rows[name].to_numpy(dtype=float) for name in ("share_of_growth", "low", "high")
    )
    axes.hlines(places, np.clip(low, -1, 2), np.clip(high, -1, 2), color="#8C8C8C", linewidth=1.6)
    sure = np.isfinite(low)
    for chosen, face in ((sure, PALETTE[0]), (~sure, "white")):
        axes.plot(
            np.clip(values[chosen], -1, 2),
            places[chosen],
            "o",
            color=PALETTE[0],
            markerfacecolor=face,
            markersize=6,
        )
    for place in places[~np.isfinite(values)]:
        axes.text(0.02, place, "no growth", va="center", fontsize=8, color="#555555")
    names = [
        wrap(f"{area_name(study, str(code))}: {first:,.0f} to {last:,.0f}", 30)
        for code, first, last in zip(rows["country_code"], rows["first"], rows["last"], strict=True)
    ]
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    reach = [value for value in (*low, *high, *values) if np.isfinite(value)]
    axes.set_xlim(max(-1.0, min([0.0, *reach])) - 0.05, min(2.0, max([1.0, *reach])) + 0.05)
    axes.axvline(0, color="#777777", linewidth=0.8)
    axes.set_title("Part of big science in the growth")
    axes.set_xlabel("share of the growth, first to last year\n(hollow: growth within chance)")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    share_axis(axes.xaxis)
    if rows.empty:
        axes.set_yticks([])
        draw_message(axes, "no work in first and last year")
