"""
Panels that are not lines over years: rankings of countries, a heat map of fields, stacked bands.

As in :mod:`bibliometrics.lines`, a panel takes Axes and evidence, draws, and returns the Axes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import seaborn
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from bibliometrics.drawing import (
    EMPTY_COLOUR,
    SHADES,
    STATED,
    STATED_COLOUR,
    count_axis,
    ink_on,
    wrap,
    year_axis,
)
from bibliometrics.figure_data import (
    Evidence,
    Stated,
    counting_label,
    format_count,
)
from bibliometrics.study import Study

HATCHES: Final = ("", "//", "..", "\\\\", "xx", "--", "++")
LOWEST_INDEX, HIGHEST_INDEX = 0.25, 4.0
SCALE: Final = LogNorm(LOWEST_INDEX, HIGHEST_INDEX, clip=True)
NAME_WIDTH: Final = 24


def draw_fields(
    axes: Axes,
    frame: pd.DataFrame,
    areas: Sequence[tuple[str, str]],
    *,
    stated: Iterable[Stated] = (),
) -> Axes:
    """
    Draw the activity index of fields (rows) in areas (columns) as shades, with the counts.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    frame : pandas.DataFrame
        One row per area and field: ``country_code``, ``field``, ``n_works``, ``activity_index``,
        perhaps ``n_top_1_percent``.
    areas : sequence of (str, str)
        Code and name of each column.
    stated : iterable of Stated
        Values with ``field`` and ``country_codes``: their cells get a frame.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.
    """
    codes = [code for code, _ in areas]
    table = frame[frame["country_code"].isin(codes)]
    index = table.pivot(index="field", columns="country_code", values="activity_index")
    sums = table.groupby("field")["n_works"].sum()
    order = sorted(sums.index, key=lambda field: (-sums[field], field))
    index = index.reindex(index=order, columns=codes).astype(float)
    axes.grid(visible=False)
    axes.set_facecolor(EMPTY_COLOUR)
    seaborn.heatmap(
        index.clip(lower=LOWEST_INDEX),
        ax=axes,
        xticklabels=False,
        yticklabels=False,
        cmap=SHADES,
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


def _write_cells(axes: Axes, table: pd.DataFrame, index: pd.DataFrame) -> None:
    """Write the index and, below it in small, the counts into each cell, one a line."""
    cells = table.set_index(["field", "country_code"])
    for row, field in enumerate(index.index):
        for column, code in enumerate(index.columns):
            value = index.loc[field, code]
            counts = _counts_text(cells.loc[(field, code)]) if (field, code) in cells.index else ""
            is_known = np.isfinite(value)
            shade = SHADES(SCALE(max(value, LOWEST_INDEX)))[:3] if is_known else EMPTY_COLOUR
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


def draw_bands(axes: Axes, item: Evidence, *, study: Study) -> Axes:
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
    year_axis(axes, sorted({*study.year_range, *table.index}))
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

    Examples
    --------
    >>> [band_name(1, 1), band_name(2, 5), band_name(1001, float("nan"))]
    ['1', '2–5', '1,001 and more']
    """
    if math.isnan(end):
        return f"{start:,} and more"
    return f"{start:,}" if start == end else f"{start:,}–{int(end):,}"
