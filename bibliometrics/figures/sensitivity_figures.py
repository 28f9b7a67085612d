"""
Figures of the specification curve.

Each headline number under every specification, sorted, with the choices below; and the weak axes
one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from bibliometrics.claims.rules import Test
from bibliometrics.figures.data import Evidence, Stated, add_interval, period, say_stated
from bibliometrics.figures.institution_figures import INSTITUTION_PARTNERS, INSTITUTION_REGION
from bibliometrics.figures.panels import Line, draw_lines
from bibliometrics.figures.registry import Entry, Shown, register, when_counted
from bibliometrics.figures.style import (
    PALETTE,
    STATED,
    STATED_COLOUR,
    add_end_label,
    count_axis,
    draw_message,
    finish,
    look,
    new_figure,
    share_axis,
    styled,
    wrap,
)
from bibliometrics.figures.text import (
    SYNTHETIC,
    area_name,
    describe_growth_share,
    describe_spread,
    describe_stated,
    describe_weak_axes,
    format_headline,
    shown_growth,
)
from bibliometrics.study.model import Study
from bibliometrics.study.specifications import STRONG_AXES, big_science_name
from bibliometrics.tables.build import REGION, WITHOUT
from bibliometrics.tables.sensitivity import (
    AXIS_NAMES,
    CURVES,
    Headline,
    choice_medians,
    growth_by_area,
    headline_values,
    list_headlines,
    strong_values,
    switch_off,
    weak_changes,
)

UNITS: Final = MappingProxyType(
    {
        "works": "works, whole counting",
        "factor": "factor, last over first year",
        "share": "share of works, whole counting",
    }
)
POINTS, PRIMARY, BANDS = "#4D4D4D", PALETTE[1], "#C9C9C9"
INTERVALS: Final = "Grey bars: 95 % intervals by chance alone (Poisson for counts, else exact)"


@styled
def plot_curve(shown: Shown, column: str) -> Figure:
    """Draw a headline number under every strong specification, sorted, and the choices of each."""
    study, stated, (evidence,) = shown.study, shown.stated, shown.own
    headline = _headline_of(study, column)
    values = headline_values(study, evidence.frame)
    strong = strong_values(values)
    known = strong.dropna(subset=headline.column).sort_values(
        [headline.column, "specification"], ignore_index=True
    )
    choices = choice_medians(study, values)
    choices = choices[choices["headline"] == headline.column]
    figure = new_figure(9.5, 3.2 + 0.21 * (len(choices) + len(STRONG_AXES)))
    above, below = figure.subplots(
        2, 1, sharex=True, height_ratios=[11, len(choices) + len(STRONG_AXES)]
    )
    _draw_values(above, study, known, headline, stated)
    _draw_choices(below, known, choices)
    unknown = len(strong) - len(known)
    said = f"{len(strong)} specifications" + (f", unknown for {unknown}" if unknown else "")
    below.set_xlabel(f"{said}, sorted by value")
    primary = known[known["is_primary"]]
    for axes in (above, below):
        for place in primary.index:
            axes.axvline(place, color=PRIMARY, linewidth=0.9, alpha=0.6, zorder=0.5)
    source = replace(evidence.source, definition=f"primary: {evidence.source.definition}")
    notes = [
        INTERVALS,
        "Of variance: how much of it lies between the choices of an axis",
    ]
    return finish(figure, shown.title, [Evidence(known, source)], notes)


def _draw_values(
    axes: Axes, study: Study, known: pd.DataFrame, headline: Headline, stated: Sequence[Stated]
) -> None:
    places, numbers = known.index.to_numpy(), known[headline.column].to_numpy(dtype=float)
    low, high = (known[f"{headline.column}_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    axes.vlines(places, low, high, color=BANDS, linewidth=1.4, zorder=1)
    axes.plot(places, numbers, ".", color=POINTS, markersize=5, zorder=2)
    own = known["is_primary"].to_numpy()
    axes.plot(
        places[own],
        numbers[own],
        "D",
        color=PRIMARY,
        markeredgecolor="white",
        markersize=8,
        zorder=4,
    )
    marks = [mark.value for mark in stated]
    usual = [value for value in (*numbers, *np.nan_to_num(low), *marks) if np.isfinite(value)]
    tops = high[np.isfinite(high)]
    # One uncertain value must not flatten all others.
    top = max([*usual, *(tops[tops <= 1.6 * max(usual, default=1)])], default=1.0)
    least = 0.0
    axes.set_ylim(least, 1.06 * top if top > 0 else 1)
    last = len(known) - 1 if len(known) else 0
    for mark in stated:
        axes.axhline(
            mark.value,
            color=STATED_COLOUR,
            linewidth=1,
            linestyle=(0, (3, 3)),
            label=STATED,
            zorder=3,
        )
        said = mark.label or format_headline(mark.value, headline)
        text = f"{study.paper.get('short', 'stated')}: {said}"
        add_end_label(axes, (max(last, 1), mark.value), wrap(text, 24), STATED_COLOUR)
    for value in numbers[own]:
        text = f"primary: {format_headline(value, headline)}"
        add_end_label(axes, (last, value), text, PRIMARY)
    middle = float(np.median(numbers)) if len(numbers) else np.nan
    if np.isfinite(middle):
        text = f"median: {format_headline(middle, headline)}"
        add_end_label(axes, (last, middle), text, POINTS)
    if known.empty:
        draw_message(axes, "unknown under every specification")
    axes.set_ylabel(UNITS[headline.unit])
    (share_axis if headline.unit == "share" else count_axis)(axes.yaxis)


def _draw_choices(axes: Axes, known: pd.DataFrame, choices: pd.DataFrame) -> None:
    """Draw a row of marks for each choice, under the name of its axis."""
    row, labels = 0, []
    beside = blended_transform_factory(axes.transAxes, axes.transData)
    for number, axis in enumerate(STRONG_AXES):
        mine = choices[choices["axis"] == axis]
        part = float(mine["share_of_variance"].iloc[0])
        told = f"{100 * part:.0f} % of variance" if np.isfinite(part) else "–"
        axes.text(
            0, row, AXIS_NAMES[axis], transform=beside, va="center", weight="bold", fontsize=8
        )
        axes.text(1.015, row, told, transform=beside, va="center", fontsize=8, color="#333333")
        labels.append((row, ""))
        for choice in mine["choice"]:
            row += 1
            places = known.index[known[axis] == choice].to_numpy()
            axes.plot(
                places,
                np.full(len(places), row),
                "|",
                color=PALETTE[0] if number % 2 == 0 else "#333333",
                markersize=6,
                markeredgewidth=1.5,
            )
            labels.append((row, wrap(str(choice), 36)))
        row += 1
    axes.set_yticks([place for place, _ in labels], [text for _, text in labels])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(row - 0.4, -0.6)
    axes.set_xlim(-1, max(len(known), 1))
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)


def describe_curve(shown: Shown, column: str) -> str:
    """Describe the figure of one headline number: spread, primary, what it depends on."""
    study, (evidence,) = shown.study, shown.own
    numbers = [one.column for one in list_headlines(study)]
    values = headline_values(study, evidence.frame)
    return _told(
        shown,
        "Specification curve: sorted values above, the choices of each specification below.",
        describe_spread(study, values)[numbers.index(column)],
        describe_stated(study, shown.stated),
    )


def _told(shown: Shown, *sentences: str) -> str:
    return " ".join(filter(None, [SYNTHETIC if shown.is_synthetic else "", *sentences]))


def _headline_of(study: Study, column: str) -> Headline:
    return next(one for one in list_headlines(study) if one.column == column)


def _curve_title(column: str, study: Study) -> str:
    names = [one.name for one in list_headlines(study) if one.column == column]
    return f"Specification curve: {names[0] if names else column}"


def _has_headline(column: str, shown: Shown) -> bool:
    known = {one.column for one in list_headlines(shown.study)}
    return bool(shown.own) and column in known


def _curve_marks(column: str, test: Test, study: Study) -> list[Stated]:
    """Return the mark of a test in the figure of one headline number, if it is of that."""
    first, last = study.years
    columns = {
        "joint_output": {first: "n_works_first_year", last: "n_works_last_year"},
        "joint_increase": {0: "growth_factor"},
        "share_of_home": {0: "share_of_home"},
        "partner_share": {last: "share_top_country"},
    }
    elsewhere = test.members not in {(), (study.top_country,)}
    is_mine = columns.get(test.quantity, {}).get(test.year) == column
    if not is_mine or elsewhere or test.stated is None:
        return []
    value = test.stated + (test.quantity == "joint_increase")
    return [Stated(column, value, say_stated(test))]


_CURVES: Final = [
    Entry(
        name,
        "specifications",
        partial(_curve_title, column),
        partial(plot_curve, column=column),
        partial(describe_curve, column=column),
        marks=partial(_curve_marks, column),
        when=partial(_has_headline, column),
    )
    for column, name in CURVES.items()
]


@styled
def plot_weak_axes(shown: Shown) -> Figure:
    """Draw what each weak choice does to the headline numbers, all else as in the primary."""
    study, (evidence,) = shown.study, shown.own
    values = headline_values(study, evidence.frame)
    changes, headlines = weak_changes(study, values), list_headlines(study)
    size = (changes["change"] / changes["primary"].where(changes["primary"] > 0)).abs()
    reach = size.groupby(changes["specification"]).max().fillna(0)
    order = list(reach.sort_values(kind="stable").index)
    figure = new_figure(2.6 + 1.95 * len(headlines), 2.0 + 0.36 * max(len(order), 2))
    panels = figure.subplots(1, len(headlines), sharey=True, squeeze=False)[0]
    for number, (axes, headline) in enumerate(zip(panels, headlines, strict=True)):
        mine = changes[changes["headline"] == headline.column].set_index("specification")
        _draw_bars(axes, mine.reindex(order), headline)
        if number == 0:
            pairs = zip(mine.loc[order, "axis"], mine.loc[order, "choice"], strict=True)
            names = [wrap(f"{AXIS_NAMES[str(axis)]}: {choice}", 38) for axis, choice in pairs]
            axes.set_yticks(range(len(order)), names)
    source = replace(evidence.source, definition=f"primary: {evidence.source.definition}")
    note = "Line: the primary specification. Weak axes are looked at one at a time"
    return finish(figure, shown.title, [Evidence(changes, source)], [note])


def _draw_bars(axes: Axes, rows: pd.DataFrame, headline: Headline) -> None:
    places = np.arange(len(rows))
    change = rows["change"].to_numpy(dtype=float)
    primary = float(rows["primary"].iloc[0]) if len(rows) else np.nan
    shown: dict[str, Any] = {"height": 0.62, "left": primary, "zorder": 2}
    axes.barh(places, np.nan_to_num(change), color=PALETTE[0], **shown)
    axes.axvline(primary, color=PRIMARY, linewidth=1.3, zorder=3)
    for place, value, moved in zip(places, rows["value"].astype(float), change, strict=True):
        text = format_headline(value, headline) if np.isfinite(value) else "unknown"
        axes.annotate(
            text if moved or not np.isfinite(value) else "no change",
            (value if np.isfinite(value) else primary, place),
            xytext=(4 if not moved < 0 else -4, 0),
            textcoords="offset points",
            ha="left" if not moved < 0 else "right",
            va="center",
            fontsize=7.5,
        )
    reach = max(np.nanmax(np.abs(change), initial=0), 0.02 * abs(primary), 1e-9)
    if np.isfinite(primary):
        axes.set_xlim(primary - 2.4 * reach, primary + 2.4 * reach)
        axes.set_xticks([primary], [f"primary {format_headline(primary, headline)}"])
    axes.tick_params(axis="y", length=0)
    axes.set_title(wrap(headline.name, 24))
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)


def describe_weak_figure(shown: Shown) -> str:
    """Describe the figure of the weak axes."""
    study, (evidence,) = shown.study, shown.own
    start = "Tornado chart: each headline number with one choice changed at a time."
    changes = describe_weak_axes(study, headline_values(study, evidence.frame))
    return _told(shown, start, *changes)


_WEAK: Final = Entry(
    "curve_weak_axes",
    "specifications",
    lambda study: (
        f"One choice changed at a time: {study.institution.short} and {study.region_short}"
    ),
    plot_weak_axes,
    describe_weak_figure,
    when=when_counted,
)


@styled
def plot_big_science(shown: Shown) -> Figure:
    """Draw works with and without big science, and its part in the growth."""
    study, (evidence,) = shown.study, shown.own
    figure = new_figure(13, 4.4)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.15])
    _draw_pair(left, study, evidence.frame, "n_works", "works per year, whole counting")
    fractional = "works per year, fractional counting by country"
    _draw_pair(middle, study, evidence.frame, "n_works_fractional", fractional)
    left.set_title("Whole counts")
    middle.set_title("Fractional counts")
    _draw_growth(right, study, evidence.frame)
    notes = [
        f"Without big science: {big_science_name()}",
        "Bars: 95 % intervals by chance alone (Poisson; Fieller for shares of growth)",
    ]
    return finish(figure, shown.title, [evidence], notes)


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


def describe_big_science(shown: Shown) -> str:
    """Describe the figure of big science."""
    start = (
        "Three panels: whole and fractional counts per year with and without big science (without: "
        f"{big_science_name()}), and its share of the growth by country."
    )
    told = describe_growth_share(shown.study, shown.own[0].frame)
    return _told(shown, start, *told[:4], *told[4:][-1:])


def _without(shown: Shown, table: str) -> Shown:
    """Return what a figure of the study is drawn from, without big science."""
    source = shown.own[0].source
    source = replace(source, definition=f"{source.definition}; {big_science_name()}")
    frame = switch_off(shown.study, shown.tables)[table]
    return replace(shown, own=[Evidence(frame, source)])


def _switched(whole: Entry) -> Entry:
    """Return a figure of the study, drawn without big science."""
    return Entry(
        f"{whole.id}_without_big_science",
        "big_science",
        lambda study: f"{whole.title(study)}, without big science",
        lambda shown: whole.draw(_without(shown, whole.table)),
        lambda shown: (
            f"{whole.describe(_without(shown, whole.table))} Only works of {big_science_name()}."
        ),
        when=when_counted,
    )


register(
    Entry(
        "big_science",
        "big_science",
        lambda study: (
            f"{study.institution.short} and {study.region_short}: works with and without big "
            f"science {period(study)}"
        ),
        plot_big_science,
        describe_big_science,
        when=when_counted,
    ),
    _switched(INSTITUTION_REGION),
    _switched(INSTITUTION_PARTNERS),
    *_CURVES,
    _WEAK,
)
