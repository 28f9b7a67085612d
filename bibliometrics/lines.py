"""
Panels of lines over years: one line per source, or per group of countries.

A panel takes Axes and evidence, draws, and returns the Axes. Filled markers are our counts, hollow
ones published figures of others, black diamonds and dashed black lines what the paper states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from bibliometrics.drawing import (
    STATED,
    STATED_COLOUR,
    STATED_MARKER,
    WAITING,
    Look,
    add_end_label,
    count_axis,
    draw_message,
    look,
    needs_log,
    share_axis,
    wrap,
    year_axis,
)
from bibliometrics.figure_data import (
    Evidence,
    Group,
    Source,
    Stated,
    counting_label,
    country_name,
    format_count,
    format_value,
    is_share,
)
from bibliometrics.figure_series import (
    add_interval,
    series_of,
)
from bibliometrics.study import Study


@dataclass(frozen=True, eq=False)
class Line:
    """
    One line: a frame with one row per year (``year``, ``value``, perhaps ``low`` and ``high``).

    A hollow line shows published figures of others. Without ``label`` nothing stands at its end.
    """

    frame: pd.DataFrame
    look: Look
    label: str = ""
    is_hollow: bool = False


def draw_lines(
    axes: Axes,
    lines: Sequence[Line],
    *,
    study: Study,
    columns: Sequence[str],
    ylabel: str,
    stated: Iterable[Stated] = (),
    is_log: bool = False,
    is_waiting: bool = True,
) -> Axes:
    """
    Draw lines over the study's years, and the paper's values of the same columns.

    Without a line the panel says that it waits for a pull, or has no values where there are counts.
    """
    drawn = [line for line in lines if not line.frame.empty]
    step = 0.006 * min(10, max(4, len(study.year_range) - 1))
    for number, line in enumerate(drawn):
        _draw_line(axes, line, (number - (len(drawn) - 1) / 2) * step)
    values = [value for line in drawn for value in _all_values(line.frame)]
    marks = [mark for mark in stated if mark.column in columns]
    years = sorted({*study.year_range, *(year for line in drawn for year in line.frame["year"])})
    for line in drawn:
        _label_end(axes, line, columns[0], years[-1])
    year_axis(axes, years, _room_on_the_left(marks, years))
    heights = [*values, *(mark.value for mark in marks)]
    scale = _value_axis(axes, heights, columns[0], is_log=is_log)
    axes.set_ylabel(wrap(ylabel + scale, 44))
    for mark in marks:
        _draw_stated(axes, mark, study, years)
    if not drawn:
        top = axes.get_ylim()[1]
        taken = [mark.value / top for mark in marks]
        draw_message(axes, WAITING if is_waiting else "no value in these years", taken)
    return axes


def _all_values(frame: pd.DataFrame) -> list[float]:
    names = [name for name in ("value", "low", "high") if name in frame]
    return [float(value) for value in frame[names].to_numpy().ravel() if np.isfinite(value)]


def _draw_line(axes: Axes, line: Line, shift: float) -> None:
    points, colour = line.frame, line.look.colour
    axes.plot(
        points["year"],
        points["value"],
        color=colour,
        marker=line.look.marker,
        linestyle=line.look.dashes,
        markerfacecolor="white" if line.is_hollow else colour,
        linewidth=1.2 if line.is_hollow else 1.7,
        label=line.label or "_",
        clip_on=False,
    )
    if "low" in points:
        axes.errorbar(
            points["year"] + shift,
            points["value"],
            yerr=[points["value"] - points["low"], points["high"] - points["value"]],
            fmt="none",
            ecolor=colour,
            elinewidth=0.9,
            capsize=2,
        )


def _label_end(axes: Axes, line: Line, column: str, last_year: int) -> None:
    """Write name and last value of a line at the right end of the panel."""
    if not line.label:
        return
    last = line.frame[line.frame["value"].notna()].iloc[-1]
    year = "" if last["year"] == last_year else f" ({last['year']:.0f})"
    text = f"{line.label}: {format_value(last['value'], column)}{year}"
    point = (float(last["year"]), float(last["value"]))
    add_end_label(axes, point, wrap(text, 26), line.look.colour, last_year)


def _value_axis(axes: Axes, values: Sequence[float], column: str, *, is_log: bool) -> str:
    """Set up the vertical axis; return what its label must say of the scale."""
    top, least = max(values, default=0.0), min(values, default=0.0)
    said = ""
    is_log = is_log and needs_log(values)
    if is_log and least > 0:
        axes.set_yscale("log")
        said = " (log scale)"
        if top < 300 * least:
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    elif is_log:
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(-0.2, 1.6 * top)
        said = " (log scale above 1)"
    else:
        axes.set_ylim(0, 1.08 * top if top > 0 else 1)
    axes.yaxis.set_minor_formatter(NullFormatter())
    (share_axis if is_share(column) else count_axis)(axes.yaxis)
    if not values:
        axes.set_yticks([])
    return said


def _draw_stated(axes: Axes, mark: Stated, study: Study, years: Sequence[int]) -> None:
    """Mark one value of the paper: a diamond in its year, or a line through all years."""
    value_text = mark.label or format_value(mark.value, mark.column)
    where = " + ".join(
        country_name(code) if len(mark.country_codes) == 1 else code for code in mark.country_codes
    )
    text = f"{study.paper.get('short', 'stated')}: {where + ' ' if where else ''}{value_text}"
    if mark.year is None:
        axes.plot(
            [years[0] - 0.3, years[-1] + 0.3],
            [mark.value] * 2,
            color=STATED_COLOUR,
            linewidth=1,
            linestyle=(0, (3, 3)),
            label=STATED,
        )
        add_end_label(axes, (years[-1] + 0.3, mark.value), wrap(text, 26), STATED_COLOUR)
        return
    axes.plot(
        [mark.year],
        [mark.value],
        color=STATED_COLOUR,
        marker=STATED_MARKER,
        markersize=7,
        markeredgecolor="white",
        linestyle="none",
        zorder=5,
        clip_on=False,
        label=STATED,
    )
    if mark.year == years[-1]:
        add_end_label(axes, (mark.year, mark.value), wrap(text, 26), STATED_COLOUR)
        return
    is_first = mark.year == years[0]
    axes.annotate(
        value_text,
        (mark.year, mark.value),
        xytext=(-6, 0) if is_first else (0, 7),
        textcoords="offset points",
        ha="right" if is_first else "center",
        va="center" if is_first else "bottom",
        fontsize=8,
    )


def _room_on_the_left(marks: Iterable[Stated], years: Sequence[int]) -> float:
    """Return the part of the axis that the labels left of stated first values need."""
    texts = [
        mark.label or format_value(mark.value, mark.column)
        for mark in marks
        if mark.year == years[0] != years[-1]
    ]
    return max((0.08 + 0.026 * len(text) for text in texts), default=0.0)


def draw_columns(
    axes: Axes,
    evidence: Sequence[Evidence],
    columns: Mapping[str, str],
    *,
    study: Study,
    what: str,
    stated: Iterable[Stated] = (),
    counts: Mapping[str, str] | None = None,
) -> Axes:
    """
    Draw one line per source and column: how quantities of the whole region develop.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    evidence : sequence of Evidence
        Frames with one row per year.
    columns : mapping of str to str
        Name of the line by column; an empty name stands for the source's label.
    study : Study
        Gives the years.
    what : str
        Quantity and unit for the vertical axis.
    stated : iterable of Stated
        The paper's values of these columns.
    counts : mapping of str to str
        Columns that get 95 % intervals in our own counts. A count names itself (Poisson); a share
        names the count above its line (exact).

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.
    """
    lines: list[Line] = []
    used: list[Source] = []
    for item in evidence:
        for column, name in columns.items():
            series = series_of(item.frame, column)
            if series.empty:
                continue
            part = (counts or {}).get(column)
            if part and not item.source.is_witness:
                series = add_interval(series, column, series_of(item.frame, part))
            mine = look(len(lines))
            lines.append(Line(series, mine, name or item.source.label, item.source.is_witness))
            used.append(item.source)
    label = counting_label(what, used)
    return draw_lines(
        axes,
        lines,
        study=study,
        columns=list(columns),
        ylabel=label,
        stated=stated,
        is_waiting=not evidence,
    )


def draw_bounds(axes: Axes, evidence: Sequence[Evidence], name: str) -> Axes:
    """Shade the room between published bounds (``year, low, high``) of a wider quantity."""
    for item in evidence:
        frame = item.frame.sort_values("year")
        axes.fill_between(
            frame["year"],
            frame["low"],
            frame["high"],
            facecolor="#EEEEEE",
            edgecolor="#B0B0B0",
            linewidth=0.5,
            zorder=0.5,
            label="_bounds",
        )
        year, low, high = (float(frame[column].iloc[-1]) for column in ("year", "low", "high"))
        text = f"{name}: {format_count(low)} to {format_count(high)}, {item.source.label}"
        add_end_label(axes, (year, (low + high) / 2), wrap(text, 26), "#555555")
        axes.set_ylim(top=max(axes.get_ylim()[1], 1.08 * float(frame["high"].max())))
    return axes


def draw_groups(
    axes: Axes,
    evidence: Sequence[Evidence],
    groups: Sequence[Group],
    column: str,
    *,
    study: Study,
    what: str,
    stated: Iterable[Stated] = (),
    has_intervals: bool = False,
    is_log: bool = False,
) -> Axes:
    """
    Draw one line per group of countries and source; the first source names the lines.

    With ``has_intervals`` our own counts get 95 % intervals: Poisson for counts, exact for shares.
    """
    lines: list[Line] = []
    used: list[Source] = []
    named: set[str] = set()
    for item in evidence:
        for number, group in enumerate(groups):
            series = series_of(item.frame, column, group.codes)
            if series.empty:
                continue
            if has_intervals and not item.source.is_witness:
                series = add_interval(series, column, series_of(item.frame, "n_works", group.codes))
            label = "" if group.label in named else group.label
            named.add(group.label)
            lines.append(Line(series, look(number), label, item.source.is_witness))
            used.append(item.source)
    draw_lines(
        axes,
        lines,
        study=study,
        columns=[column],
        ylabel=counting_label(what, used),
        stated=stated,
        is_log=is_log,
        is_waiting=not evidence,
    )
    return axes
