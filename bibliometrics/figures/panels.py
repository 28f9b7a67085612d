"""
Panels of lines over years: one line per source, or per group of countries.

A panel takes Axes and evidence, draws, and returns the Axes. Filled markers are our counts, hollow
ones published figures of others, black diamonds and dashed black lines what the paper states.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import seaborn
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, SymmetricalLogLocator
from matplotlib.transforms import ScaledTranslation

from bibliometrics.figures.data import (
    MOST_ROWS,
    Evidence,
    Group,
    Source,
    Stated,
    add_interval,
    counting_label,
    country_name,
    format_count,
    format_value,
    is_share,
    largest_codes,
    partner_rows,
    rank_texts,
    series_of,
)
from bibliometrics.figures.style import (
    DIVERGING,
    EMPTY_COLOUR,
    PALETTE,
    STATED,
    STATED_COLOUR,
    STATED_MARKER,
    WAITING_LABEL,
    Look,
    add_end_label,
    count_axis,
    country_colours,
    draw_message,
    draw_nothing,
    ink_on,
    look,
    needs_log,
    share_axis,
    source_colours,
    wrap,
    year_axis,
)
from bibliometrics.study.model import Study

BAND: Final = "_band"
NO_VALUE: Final = "no value in these years"
LABEL_WIDTH: Final = 17


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
    message: str = WAITING_LABEL,
    provisional: Iterable[int] = (),
) -> Axes:
    """
    Draw lines over the study's years, and the paper's values of the same columns.

    Without a line the panel says why, by default that it waits for a pull.
    """
    drawn = [line for line in lines if not line.frame.empty]
    for line in drawn:
        _draw_line(axes, line)
    values = [value for line in drawn for value in _all_values(line.frame)]
    marks = [mark for mark in stated if mark.column in columns]
    years = sorted({*study.year_range, *(year for line in drawn for year in line.frame["year"])})
    for line in drawn:
        _label_end(axes, line, columns[0], years[-1])
    year_axis(axes, years)
    _mark_provisional(axes, years, provisional)
    heights = [*values, *(mark.value for mark in marks)]
    scale = _value_axis(axes, heights, columns[0], is_log=is_log)
    axes.set_ylabel(wrap(ylabel + scale, 44))
    for mark in marks:
        _draw_stated(axes, mark, study, years)
    if not drawn and message:
        top = axes.get_ylim()[1]
        taken = [mark.value / top for mark in marks]
        draw_message(axes, message, taken)
    return axes


def _mark_provisional(axes: Axes, years: Sequence[int], provisional: Iterable[int]) -> None:
    """Shade the years of which works are still added to the source."""
    for year in {*provisional} & {*years}:
        axes.axvspan(year - 0.5, year + 0.5, color="#EFEFEF", zorder=0.1, linewidth=0)


def _all_values(frame: pd.DataFrame) -> list[float]:
    names = [name for name in ("value", "low", "high") if name in frame]
    return [float(value) for value in frame[names].to_numpy().ravel() if np.isfinite(value)]


def _draw_line(axes: Axes, line: Line) -> None:
    points, colour = line.frame, line.look.colour
    if "low" in points:
        axes.fill_between(
            points["year"], points["low"], points["high"],
            color=colour, alpha=0.16, linewidth=0, zorder=0.8, label=BAND,
        )  # fmt: skip
    years = points.loc[points["value"].notna(), "year"]
    is_a_pair = len(years) == 2 and years.max() - years.min() > 1
    axes.plot(
        points["year"],
        points["value"],
        color=colour,
        marker=line.look.marker,
        linestyle="none" if is_a_pair else line.look.dashes,
        markerfacecolor="white" if line.is_hollow else colour,
        linewidth=1.2 if line.is_hollow else 1.7,
        label=line.label or "_",
        clip_on=False,
    )


def _label_end(axes: Axes, line: Line, column: str, last_year: int) -> None:
    """Write name and last value of a line at the right end of the panel."""
    if not line.label:
        return
    last = line.frame[line.frame["value"].notna()].iloc[-1]
    year = "" if last["year"] == last_year else f" ({last['year']:.0f})"
    text = f"{line.label}: {format_value(last['value'], column)}{year}"
    point = (float(last["year"]), float(last["value"]))
    add_end_label(axes, point, wrap(text, LABEL_WIDTH), line.look.colour, last_year)


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
        add_end_label(axes, (years[-1] + 0.3, mark.value), wrap(text, LABEL_WIDTH), STATED_COLOUR)
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
        add_end_label(axes, (mark.year, mark.value), wrap(text, LABEL_WIDTH), STATED_COLOUR)
        return
    is_first = mark.year == years[0]  # beside the axis: not over it
    axes.annotate(
        value_text, (mark.year, mark.value), xytext=(-4 if is_first else 0, 7),
        textcoords="offset points", ha="left" if is_first else "center", va="bottom", fontsize=8,
    )  # fmt: skip


def draw_columns(
    axes: Axes,
    evidence: Sequence[Evidence],
    columns: Mapping[str, str],
    *,
    study: Study,
    what: str,
    stated: Iterable[Stated] = (),
    counts: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    is_waiting: bool = True,
) -> Axes:
    """Draw one line per source and column: how quantities of the whole region develop."""
    lines: list[Line] = []
    used: list[Source] = []
    by_source = source_colours(item.source for item in evidence)
    for item in evidence:
        for column, name in columns.items():
            series = series_of(item.frame, column)
            if series.empty:
                continue
            part = (counts or {}).get(column)
            if part and not item.source.is_witness:
                series = add_interval(series, column, series_of(item.frame, part))
            colour = (colours or {}).get(column) or by_source[item.source]
            mine = look(len(lines), colour)
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
        message=(WAITING_LABEL if is_waiting else "") if not evidence else NO_VALUE,
        provisional=[year for source in used for year in source.provisional],
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
        start = f"{name} " if name else ""
        text = f"{start}{format_count(low)} to {format_count(high)}, {item.source.label}"
        add_end_label(axes, (year, (low + high) / 2), wrap(text, LABEL_WIDTH), "#555555")
        axes.set_ylim(top=max(axes.get_ylim()[1], 1.08 * float(frame["high"].max())))
        count_axis(axes.yaxis)
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

    With ``has_intervals`` our counts of the first group get a band, their 95 % interval: Poisson
    for counts, exact for shares.
    """
    lines: list[Line] = []
    used: list[Source] = []
    named: set[str] = set()
    colours = country_colours(group.codes[0] for group in groups if group.codes)
    for item in evidence:
        for number, group in enumerate(groups):
            series = series_of(item.frame, column, group.codes)
            if series.empty:
                continue
            if has_intervals and number == 0 and not item.source.is_witness:
                series = add_interval(series, column, series_of(item.frame, "n_works", group.codes))
            label = "" if group.label in named else group.label
            named.add(group.label)
            mine = look(number, colours[group.codes[0]])
            lines.append(Line(series, mine, label, item.source.is_witness))
            used.append(item.source)
    draw_lines(
        axes,
        lines,
        study=study,
        columns=[column],
        ylabel=counting_label(what, used),
        stated=stated,
        is_log=is_log,
        message=NO_VALUE if evidence else WAITING_LABEL,
        provisional=[year for source in used for year in source.provisional],
    )
    return axes


NAME_WIDTH: Final = 24
FloatArray = npt.NDArray[np.float64]


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Give each row its name, the first at the top."""
    axes.set_yticks(range(len(names)), [wrap(name, NAME_WIDTH) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")


def draw_ranking(axes: Axes, evidence: Sequence[Evidence], *, study: Study) -> Axes:
    """
    Draw the region's largest members: works in the first and last year of the first source.

    Other sources' values of their last year stand beside as hollow marks.
    """
    if not evidence:
        draw_nothing(axes, "works per year, whole counting")
        return axes
    main = evidence[0].frame
    codes = largest_codes(main, study.region.codes)
    years = sorted(main.loc[main["n_works"].notna(), "year"].unique())
    ends = [_values_in(main, int(year), codes) for year in (years[0], years[-1])]
    rows = np.arange(len(codes))
    colours = source_colours(item.source for item in evidence)
    mine = colours[evidence[0].source]
    if len(years) > 1:
        axes.hlines(rows, ends[0], ends[1], color="#AAAAAA", linewidth=1.4, zorder=1)
        axes.plot(ends[0], rows, "o", color="#999999", markersize=3.5, label=str(years[0]))
    axes.plot(
        ends[1],
        rows,
        "o",
        color=mine,
        markerfacecolor="white" if evidence[0].source.is_witness else mine,
        label=f"{years[-1]} (and number on the right)",
    )
    write_values(axes, [format_count(value) for value in ends[1]])
    for number, item in enumerate(evidence[1:], start=1):
        year = int(item.frame["year"].max())
        axes.plot(
            _values_in(item.frame, year, codes), rows, look(number).marker,
            color=colours[item.source], markerfacecolor="none",
            label=f"{item.source.label}, {year}",
        )  # fmt: skip
    dots = axes.figure.dpi_scale_trans
    scale = _log_axis(axes, np.concatenate([line.get_xdata() for line in axes.lines]))
    name_rows(axes, [country_name(code) for code in codes])
    label = counting_label("works per year", [item.source for item in evidence])
    axes.set_xlabel(wrap(label + scale, 56))
    below = ScaledTranslation(0, -(22 + 12 * axes.get_xlabel().count("\n") + 12) / 72, dots)
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(-0.02, 0),
        bbox_transform=axes.transAxes + below,
        ncols=3,
        handletextpad=0.2,
        fontsize=7.5,
    )
    return axes


def write_values(axes: Axes, texts: Sequence[str]) -> None:
    """Write a column of values to the right of the rows."""
    for row, text in enumerate(texts):
        axes.annotate(
            text,
            (1, row),
            xycoords=axes.get_yaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color="#333333",
        )


def _values_in(frame: pd.DataFrame, year: int, codes: Sequence[str]) -> FloatArray:
    rows = frame[frame["year"] == year].set_index("country_code")["n_works"]
    return rows.reindex(list(codes)).to_numpy(dtype=float)


def _log_axis(axes: Axes, values: FloatArray) -> str:
    """Make the horizontal axis logarithmic if need be; return what its label must say of it."""
    least, top = float(np.nanmin(values)), float(np.nanmax(values))
    said = ""
    if needs_log(values) and least > 0:
        axes.set_xscale("log")
        axes.set_xlim(least / 1.6, top * 1.6)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if top < 300 * least else (1,)))
        said = " (log scale)"
    elif needs_log(values):
        axes.set_xscale("symlog", linthresh=1)
        decades = SymmetricalLogLocator(base=10, linthresh=1)
        decades.set_params(numticks=4)
        axes.xaxis.set_major_locator(decades)
        axes.set_xlim(-0.25, top * 1.6)
        said = " (log scale above 1)"
    else:
        axes.set_xlim(-0.03 * max(1.0, top), 1.08 * max(1.0, top))
    axes.xaxis.set_minor_formatter(NullFormatter())
    count_axis(axes.xaxis)
    return said


def draw_partners(
    axes: Axes,
    evidence: Sequence[Evidence],
    *,
    study: Study,
    stated: Iterable[Stated] = (),
    most: int = MOST_ROWS,
) -> list[str]:
    """Draw works with the region's largest partners as bars, years pooled; home is hatched."""
    if not evidence:
        draw_nothing(axes, "works, whole counting")
        return []
    rows = partner_rows(study, evidence[0].frame, most)
    ranks = {mark.country_codes: mark for mark in stated if mark.column == "rank"}
    for place, (_, code, works) in enumerate(rows.itertuples(index=False)):
        home = code in study.home
        axes.barh(
            place,
            works,
            height=0.68,
            hatch="///" if home else "",
            edgecolor="white",
            color=PALETTE[1] if home else PALETTE[0],
        )
        mark = ranks.get((code,))
        said = f"   ◆ {mark.label or format_count(mark.value)}" if mark else ""
        axes.annotate(
            f"{format_count(works)}{said}",
            (works, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            label=STATED if mark else "",
        )
    codes = [str(code) for code in rows["country_code"]]
    name_rows(
        axes,
        [
            f"{rank}  {country_name(code)}"
            for rank, code in zip(rank_texts(rows), codes, strict=True)
        ],
    )
    _finish_partners(axes, evidence[0], rows)
    return codes


def _finish_partners(axes: Axes, item: Evidence, rows: pd.DataFrame) -> None:
    first, last = int(item.frame["year"].min()), int(item.frame["year"].max())
    period = str(first) if first == last else f"{first}–{last}"
    axes.set_xlim(0, 1.3 * float(rows["n_works"].max() or 1))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_xlabel(wrap(counting_label(f"works {period}", [item.source]), 56))
    count_axis(axes.xaxis)


def draw_affinity(axes: Axes, frame: pd.DataFrame, codes: Sequence[str]) -> Axes:
    """Draw the affinity index of the last year for the rows of :func:`draw_partners`."""
    year = int(frame.loc[frame["affinity"].notna(), "year"].max())
    values = frame[frame["year"] == year].set_index("country_code")["affinity"].reindex(list(codes))
    shown = values.where(values > 0)
    axes.axvline(1, color="#777777", linewidth=1, linestyle="--")
    axes.plot(shown, range(len(codes)), "o", color=PALETTE[2])
    write_values(axes, ["–" if pd.isna(value) else f"{value:.2f}" for value in values])
    axes.set_xscale("log")
    low, high = shown.min(), shown.max()
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if high > 10 * low else (1, 2, 5)))
    axes.set_xlim(min(0.5, low / 1.5) if low > 0 else 0.5, max(2.0, high * 3) if high > 0 else 2.0)
    axes.xaxis.set_minor_formatter(NullFormatter())
    count_axis(axes.xaxis)
    name_rows(axes, [""] * len(codes))
    axes.set_xlabel(
        wrap(f"affinity index {year} (ratio, log scale; 1 is what chance would give)", 34)
    )
    return axes


MOST_FIELDS: Final = 8
HATCHES: Final = ("", "//", "..", "\\\\", "xx", "--", "++")
LOWEST_INDEX, HIGHEST_INDEX = 0.25, 4.0
SCALE: Final = LogNorm(LOWEST_INDEX, HIGHEST_INDEX, clip=True)


def draw_fields(
    axes: Axes,
    frame: pd.DataFrame,
    areas: Sequence[tuple[str, str]],
    *,
    stated: Iterable[Stated] = (),
) -> Axes:
    """Draw the activity index of fields (rows) in areas (columns) as shades, with the counts."""
    codes, stated = [code for code, _ in areas], list(stated)
    table = frame[frame["country_code"].isin(codes)]
    index = table.pivot(index="field", columns="country_code", values="activity_index")
    index = index.reindex(index=strongest_fields(index, codes, stated), columns=codes).astype(float)
    axes.grid(visible=False)
    axes.set_facecolor(EMPTY_COLOUR)
    seaborn.heatmap(
        index.clip(lower=LOWEST_INDEX),
        ax=axes,
        xticklabels=False,
        yticklabels=False,
        cmap=DIVERGING,
        linewidths=1.2,
        linecolor="white",
        norm=SCALE,
        cbar_kws={"extend": "both", "shrink": 0.5, "pad": 0.02, "ticks": [0.25, 0.5, 1, 2, 4]},
    )
    _write_cells(axes, table, index)
    _frame_cells(axes, index, stated)
    rows, columns = (np.arange(length) + 0.5 for length in index.shape)
    axes.set_yticks(rows, [wrap(str(name), 28) for name in index.index], rotation=0)
    axes.set_xticks(columns, [wrap(name, 10) for _, name in areas], rotation=0)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.set(xlabel="", ylabel="")
    bar = axes.collections[0].colorbar
    if bar is not None:
        bar.set_label("activity index (ratio, log scale; 1 is the world's share)", fontsize=8)
        bar.ax.set_yticks([0.25, 0.5, 1, 2, 4], ["≤ 0.25", "0.5", "1", "2", "≥ 4"])
        bar.ax.minorticks_off()
    return axes


def strongest_fields(
    index: pd.DataFrame, codes: Sequence[str], stated: Iterable[Stated] = ()
) -> list[str]:
    """Return eight fields, the highest index in the first area first; stated ones are of them."""
    first = index[codes[0]] if codes else pd.Series(0.0, index=index.index)
    ranked = sorted(index.index, key=lambda field: (-first.fillna(-1)[field], field))
    named = {mark.field for mark in stated} & {*ranked}
    others = [field for field in ranked if field not in named]
    chosen = {*named, *others[: max(0, MOST_FIELDS - len(named))]}
    return [str(field) for field in ranked if field in chosen]


def _write_cells(axes: Axes, table: pd.DataFrame, index: pd.DataFrame) -> None:
    """Write the index and, below it in small, the counts into each cell, one a line."""
    cells = table.set_index(["field", "country_code"])
    for row, field in enumerate(index.index):
        for column, code in enumerate(index.columns):
            value = index.loc[field, code]
            counts = _counts_text(cells.loc[(field, code)]) if (field, code) in cells.index else ""
            is_known = np.isfinite(value)
            shade = DIVERGING(SCALE(max(value, LOWEST_INDEX)))[:3] if is_known else EMPTY_COLOUR
            text = f"{value:.1f}" if is_known else "–"
            place: dict[str, Any] = {
                "ha": "center",
                "va": "center",
                "color": ink_on(shade),
                "in_layout": False,
            }
            axes.text(column + 0.5, row + 0.26, text, fontsize=8.5, **place)
            axes.text(column + 0.5, row + 0.69, counts, fontsize=7, linespacing=1.05, **place)


def _counts_text(cell: pd.Series) -> str:
    works, top = cell["n_works"], cell.get("n_top_1_percent")
    if pd.isna(works):
        return ""
    return format_count(works) + (f"\n({top:,.0f})" if top is not None and pd.notna(top) else "")


def _frame_cells(axes: Axes, index: pd.DataFrame, stated: Iterable[Stated]) -> None:
    for mark in stated:
        for row, field in enumerate(index.index):
            for column, code in enumerate(index.columns):
                if field == mark.field and code in mark.country_codes:
                    axes.plot(
                        [column + x for x in (0.03, 0.97, 0.97, 0.03, 0.03)],
                        [row + y for y in (0.04, 0.04, 0.96, 0.96, 0.04)],
                        color=STATED_COLOUR,
                        linewidth=1.6,
                        label=STATED,
                    )


def draw_bands(axes: Axes, item: Evidence, *, years: tuple[int, int]) -> Axes:
    """Draw works per year as bars stacked by the number of authors, the smallest teams below."""
    table = item.frame.pivot(
        index="year", columns="authors_from", values="n_works_institution_region"
    ).fillna(0.0)
    ends = (
        item.frame.drop_duplicates("authors_from")
        .set_index("authors_from")["authors_to"]
        .astype(float)
    )
    shades = colormaps["cividis_r"](np.linspace(0.05, 0.95, len(table.columns)))
    below = np.zeros(len(table))
    for number, start in enumerate(table.columns):
        values = table[start].to_numpy()
        axes.bar(
            table.index,
            values,
            0.72,
            bottom=below,
            color=shades[number],
            edgecolor="white",
            linewidth=0.4,
            hatch=HATCHES[number % len(HATCHES)],
            label=band_name(int(start), ends[start]),
        )
        below = below + values
    year_axis(axes, sorted({*range(years[0], years[1] + 1), *table.index}))
    axes.set_ylim(0, 1.08 * below.max() if below.max() > 0 else 1)
    axes.set_ylabel(wrap(counting_label("works per year", [item.source]), 46))
    count_axis(axes.yaxis)
    handles, names = axes.get_legend_handles_labels()
    axes.legend(
        handles[::-1],
        names[::-1],
        title="authors",
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        alignment="left",
        handleheight=1.4,
    )
    return axes


def band_name(start: int, end: float) -> str:
    """
    Return the name of a band of author counts.

    >>> [band_name(1, 1), band_name(2, 5), band_name(1001, float("nan"))]
    ['1', '2–5', '1,001 and more']
    """
    if math.isnan(end):
        return f"{start:,} and more"
    return f"{start:,}" if start == end else f"{start:,}–{int(end):,}"
