"""
Panels with one row per country: works of the region's members, and of its partners.

A panel takes Axes and evidence and draws. The first source is drawn in full, others beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, SymmetricalLogLocator
from matplotlib.transforms import ScaledTranslation

from bibliometrics.drawing import (
    PALETTE,
    STATED,
    count_axis,
    draw_nothing,
    look,
    needs_log,
    wrap,
)
from bibliometrics.figure_data import (
    Evidence,
    Stated,
    counting_label,
    country_name,
    format_count,
)
from bibliometrics.figure_series import (
    MOST_ROWS,
    largest_codes,
    partner_rows,
    rank_texts,
)
from bibliometrics.study import Study

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
    if len(years) > 1:
        axes.hlines(rows, ends[0], ends[1], color="#AAAAAA", linewidth=1.4, zorder=1)
        axes.plot(ends[0], rows, "o", color="#999999", markersize=3.5, label=str(years[0]))
    axes.plot(
        ends[1],
        rows,
        "o",
        color=PALETTE[0],
        markerfacecolor="white" if evidence[0].source.is_witness else PALETTE[0],
        label=f"{years[-1]} (and number on the right)",
    )
    write_values(axes, [format_count(value) for value in ends[1]])
    _draw_others(axes, evidence[1:], codes)
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


def _draw_others(axes: Axes, others: Sequence[Evidence], codes: Sequence[str]) -> None:
    for number, item in enumerate(others, start=1):
        year = int(item.frame["year"].max())
        axes.plot(
            _values_in(item.frame, year, codes),
            range(len(codes)),
            look(number).marker,
            color=look(number).colour,
            markerfacecolor="none",
            label=f"{item.source.label}, {year}",
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
    """
    Draw works with the region's largest partners as bars, years pooled; home is hatched.

    Returns
    -------
    list of str
        The partners' country codes from top to bottom, for a panel beside.
    """
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
