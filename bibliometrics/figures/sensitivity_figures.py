"""
Figures of other definitions.

Each headline number under every reading of the document; and what each lens changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bibliometrics.claims.rules import Test
from bibliometrics.figures.data import Evidence, Stated, period, say_stated
from bibliometrics.figures.registry import Entry, Shown, register, when_counted
from bibliometrics.figures.style import (
    PALETTE,
    STATED,
    STATED_COLOUR,
    count_axis,
    finish,
    new_figure,
    share_axis,
    styled,
    wrap,
)
from bibliometrics.figures.text import (
    SYNTHETIC,
    describe_lenses,
    describe_readings,
    describe_stated,
    format_headline,
)
from bibliometrics.study.model import Study
from bibliometrics.study.specifications import list_readings
from bibliometrics.tables.sensitivity import (
    Headline,
    headline_values,
    lens_changes,
    list_headlines,
    reading_values,
)

UNITS: Final = MappingProxyType(
    {
        "works": "works, whole counting",
        "factor": "factor, last over first year, whole counting",
        "share": "share of works, whole counting",
    }
)
PRIMARY: Final = PALETTE[1]
MARKERS: Final = "osv^D"


def _primary_source(evidence: Evidence, frame: pd.DataFrame) -> Evidence:
    source = replace(evidence.source, definition=f"primary: {evidence.source.definition}")
    return Evidence(frame, source)


@styled
def plot_readings(shown: Shown) -> Figure:
    """Draw each headline number under every reading: one dot each, by institution and types."""
    study, (evidence,) = shown.study, shown.own
    values = headline_values(study, evidence.frame)
    readings, headlines = reading_values(values), list_headlines(study)
    known = [dict(one.choices) for one in list_readings(study)]
    rules, types = (
        list(dict.fromkeys(one[axis] for one in known))
        for axis in ("institution", "document_types")
    )
    figure = new_figure(9.5, 1.3 + len(headlines) * (0.95 + 0.24 * len(rules)))
    panels = figure.subplots(len(headlines), 1, squeeze=False)[:, 0]
    for axes, headline in zip(panels, headlines, strict=True):
        _draw_readings(axes, readings, headline, rules, types)
        _mark(axes, study, headline, [one for one in shown.stated if one.column == headline.column])
    panels[0].legend(
        *panels[0].get_legend_handles_labels(), loc="lower left", bbox_to_anchor=(0, 1.6),
        ncols=2, fontsize=7.5,
    )  # fmt: skip
    note = f"{len(readings)} readings: document types x sources x institution x lists of the region"
    own = readings.loc[readings["is_primary"], "source"].iloc[0]
    notes = [f"{note}. Filled: {own}; hollow: other sources. Line: the primary specification"]
    return finish(figure, shown.title, [_primary_source(evidence, readings)], notes)


def _draw_readings(
    axes: Axes,
    readings: pd.DataFrame,
    headline: Headline,
    rules: Sequence[str],
    types: Sequence[str],
) -> None:
    own_source = readings.loc[readings["is_primary"], "source"]
    for number, kind in enumerate(types):
        mine = readings[readings["document_types"] == kind].dropna(subset=headline.column)
        step = 0.22 * (number - (len(types) - 1) / 2)
        for is_core in (True, False):
            rows = mine[mine["source"].isin(own_source) == is_core]
            places = [rules.index(rule) + step for rule in rows["institution"]]
            axes.plot(
                rows[headline.column].astype(float), places, MARKERS[number % len(MARKERS)],
                color=PALETTE[number % len(PALETTE)], markersize=5, alpha=0.85,
                markerfacecolor=None if is_core else "none",
                label=wrap(str(kind), 60) if is_core else "_",
            )  # fmt: skip
    own = readings.loc[readings["is_primary"], headline.column].astype(float)
    for value in own[np.isfinite(own)]:
        axes.axvline(value, color=PRIMARY, linewidth=1.2, zorder=0.6)
    axes.set_yticks(range(len(rules)), [wrap(str(rule), 26) for rule in rules])
    axes.set_ylim(len(rules) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.set_title(f"{headline.name[0].upper()}{headline.name[1:]}", loc="left", fontsize=9, pad=14)
    axes.set_xlabel(UNITS[headline.unit], fontsize=8)
    (share_axis if headline.unit == "share" else count_axis)(axes.xaxis)


def _mark(axes: Axes, study: Study, headline: Headline, stated: Sequence[Stated]) -> None:
    """Draw what the document states as a dashed line."""
    for mark in stated:
        axes.axvline(
            mark.value, color=STATED_COLOUR, linewidth=1, linestyle=(0, (3, 3)), label=STATED
        )
        said = mark.label or format_headline(mark.value, headline)
        left, right = axes.get_xlim()
        axes.set_xlim(left, max(right, 1.12 * mark.value))
        axes.annotate(
            f"{study.paper.get('short', 'stated')}: {said}", (mark.value, 1), xytext=(3, 2),
            xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=7.5,
            color=STATED_COLOUR, ha="left" if mark.value < 0.6 * axes.get_xlim()[1] else "right",
        )  # fmt: skip


def describe_readings_figure(shown: Shown) -> str:
    """Describe the figure of the readings: the spread of each headline number."""
    study, (evidence,) = shown.study, shown.own
    told = describe_readings(study, headline_values(study, evidence.frame))
    start = "Dots: each headline number under every reading of the document."
    return _told(shown, start, *told, describe_stated(study, shown.stated))


def _told(shown: Shown, *sentences: str) -> str:
    return " ".join(filter(None, [SYNTHETIC if shown.is_synthetic else "", *sentences]))


def _marks(test: Test, study: Study) -> list[Stated]:
    """Return the mark of a test on one of the headline numbers, if it is of that."""
    first, last = study.years
    columns = {
        "joint_output": {first: "n_works_first_year", last: "n_works_last_year"},
        "joint_increase": {0: "growth_factor"},
        "share_of_home": {0: "share_of_home"},
        "partner_share": {last: "share_top_country"},
    }
    column = columns.get(test.quantity, {}).get(test.year)
    if column is None or test.stated is None or test.members not in {(), (study.top_country,)}:
        return []
    return [Stated(column, test.stated + (test.quantity == "joint_increase"), say_stated(test))]


@styled
def plot_lenses(shown: Shown) -> Figure:
    """Draw what each lens does to the headline numbers, all else as in the primary."""
    study, (evidence,) = shown.study, shown.own
    values = headline_values(study, evidence.frame)
    changes, headlines = lens_changes(study, values), list_headlines(study)
    order = list(dict.fromkeys(changes["lens"]))
    figure = new_figure(2.6 + 1.95 * len(headlines), 2.0 + 0.36 * max(len(order), 2))
    panels = figure.subplots(1, len(headlines), sharey=True, squeeze=False)[0]
    for number, (axes, headline) in enumerate(zip(panels, headlines, strict=True)):
        mine = changes[changes["headline"] == headline.column].set_index("lens")
        _draw_bars(axes, mine.reindex(order), headline)
        if number == 0:
            axes.set_yticks(range(len(order)), [wrap(str(lens), 38) for lens in order])
            axes.set_ylim(len(order) - 0.4, -0.6)
    note = "Line: the primary specification. Each lens is looked through alone"
    return finish(figure, shown.title, [_primary_source(evidence, changes)], [note])


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


def describe_lens_figure(shown: Shown) -> str:
    """Describe the figure of the lenses."""
    study, (evidence,) = shown.study, shown.own
    start = "Bars: what each headline number becomes with one choice changed at a time."
    return _told(shown, start, *describe_lenses(study, headline_values(study, evidence.frame)))


register(
    Entry(
        "readings",
        "specifications",
        lambda study: (
            f"What the document may have meant: {study.institution.short} and "
            f"{study.region_short} {period(study)}"
        ),
        plot_readings,
        describe_readings_figure,
        marks=_marks,
        when=when_counted,
    ),
    Entry(
        "lenses",
        "specifications",
        lambda study: (
            f"Other ways to look: {study.institution.short} and {study.region_short} "
            f"{period(study)}"
        ),
        plot_lenses,
        describe_lens_figure,
        when=when_counted,
    ),
)
