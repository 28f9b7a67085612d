"""
Figures of a frame of your own: each draws into one Axes, and returns it.

A frame is what ``connect(source).count(...)`` gives, or a table of a build. Without ``ax`` the
current Axes of pyplot are drawn into, as in seaborn; what is there can be changed afterwards.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, ParamSpec, cast

import numpy as np
import pandas as pd
import seaborn
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap, LogNorm

from bibliometrics.claims.ledger import find_claim, load_claims
from bibliometrics.claims.quantities import QUANTITIES
from bibliometrics.errors import InputError
from bibliometrics.figures.data import (
    Evidence,
    Source,
    country_name,
    format_count,
    format_value,
    is_share,
)
from bibliometrics.figures.outlines import Ring, drawn_codes, frame_of, rings_of
from bibliometrics.figures.panels import draw_bands, draw_fields
from bibliometrics.figures.style import (
    DIVERGING,
    EMPTY_COLOUR,
    PALETTE,
    SHADES,
    STATED,
    STATED_COLOUR,
    STATED_MARKER,
    SYNTHETIC,
    add_end_label,
    count_axis,
    country_colours,
    ink_on,
    look,
    settle_axes,
    share_axis,
    styled,
    wrap,
    year_axis,
)
from bibliometrics.study.model import load_study

__all__ = [
    "countries",
    "country_lines",
    "fields",
    "growth",
    "heatmap",
    "mark_stated",
    "network",
    "output",
    "partners",
    "region_map",
    "share",
    "team_size",
]

COUNTS: Final = (
    "n_works",
    "n_works_region",
    "n_works_institution_region",
    "n_works_institution",
    "n_works_home",
    "n_works_home_region",
)
SHARES: Final = (
    "share",
    "share_of_world",
    "share_of_region",
    "share_of_home",
    "share_of_institution_region",
    "share_of_international",
)
SERIES: Final = ("institution", "region", "source")
MOST: Final = 12


def _axes(ax: Axes | None) -> Axes:
    return pyplot.gca() if ax is None else ax


def _need(frame: pd.DataFrame, *columns: str) -> None:
    missing = [name for name in columns if name not in frame]
    if missing:
        msg = f"the frame has no column {missing[0]!r}, but {', '.join(map(str, frame.columns))}."
        raise InputError(msg, "count by that key, or name the column")


def _column(frame: pd.DataFrame, column: str | None, known: Sequence[str]) -> str:
    """Return the column that is drawn: the named one, or the first that is known."""
    if column is not None:
        _need(frame, column)
        return column
    found = next((name for name in known if name in frame), None)
    if found is None:
        msg = f"none of {', '.join(known)} is among the columns {', '.join(map(str, frame))}."
        raise InputError(msg, "name the column that is drawn: column=…")
    return found


def _is_synthetic(frame: pd.DataFrame) -> bool:
    told = frame.attrs.get("provenance", frame.attrs)
    named = frame["source"].astype(str) if "source" in frame else pd.Series(dtype=str)
    return bool(told.get("synthetic")) or bool(named.str.startswith(SYNTHETIC).any())


def _stamp(ax: Axes, frame: pd.DataFrame) -> Axes:
    """Say above the axes that the numbers are invented, if they are."""
    if _is_synthetic(frame):
        said = f"{SYNTHETIC}: invented, no result"
        ax.set_title(said, color="white", backgroundcolor="#7A1F1F", fontsize=9)
        ax.set_label(SYNTHETIC)
    return ax


def _series(frame: pd.DataFrame, *keys: str) -> dict[str, pd.DataFrame]:
    """Return the lines of a frame by name; more than one row for a year and line is an error."""
    varying = [name for name in SERIES if name in frame and frame[name].nunique() > 1]
    names = frame[varying].astype(str).agg(", ".join, axis=1) if varying else ""
    split = {str(name): rows for name, rows in frame.assign(_name=names).groupby("_name")}
    for name, rows in split.items():
        if rows.duplicated(list(keys)).any():
            msg = f"several rows for one {' and '.join(keys)} {f'of {name} ' if name else ''}"
            told = f"{msg}in columns {', '.join(map(str, frame.columns))}: they can't be one line."
            raise InputError(told, "draw one country or field, or count without that key")
    return split


def _lines(
    ax: Axes, named: dict[str, pd.DataFrame], column: str, colours: Sequence[str] = ()
) -> Axes:
    """Draw one line for each name over the years, labelled at its end."""
    years: list[int] = []
    for number, (name, rows) in enumerate(named.items()):
        rows = rows.dropna(subset=column).sort_values("year")
        mine = look(number, colours[number] if colours else "")
        seaborn.lineplot(
            x=rows["year"].astype(int), y=rows[column].astype(float), ax=ax, color=mine.colour,
            marker=mine.marker, linestyle=mine.dashes, markeredgewidth=0, errorbar=None,
            label=name or column, legend=False,
        )  # fmt: skip
        years += rows["year"].astype(int).tolist()
        if len(rows):
            last = rows.iloc[-1]
            text = f"{name}: " if name else ""
            text += format_value(float(last[column]), column)
            add_end_label(ax, (float(last["year"]), float(last[column])), text, mine.colour)
    if years:
        year_axis(ax, sorted(set(years)))
    top = max((float(rows[column].max()) for rows in named.values()), default=0.0)
    ax.set_ylim(0, 1.08 * top if top > 0 else 1)
    (share_axis if is_share(column) else count_axis)(ax.yaxis)
    settle_axes(ax)
    ax.set_ylabel("share of works" if is_share(column) else "works per year, whole counting")
    return ax


#: What the docstrings of this module share.
SHARED: Final = {
    "ax": """ax : matplotlib.axes.Axes or None
        Where it is drawn; None: the current Axes.""",
    "column": """column : str or None
        The column of counts; None: ``n_works``, or the first count of a build's table.""",
    "drawn": """Returns
    -------
    matplotlib.axes.Axes
        The Axes.

    Raises
    ------
    InputError
        If the frame lacks a column, or has several rows for one point, bar or cell.""",
}
P = ParamSpec("P")


def _drawing(draw: Callable[P, Axes]) -> Callable[P, Axes]:
    """Let a function draw in our style, stamp what is invented, and complete its docstring."""
    draw.__doc__ = (draw.__doc__ or "") % SHARED

    @styled
    @functools.wraps(draw)
    def drawn(*args: P.args, **options: P.kwargs) -> Axes:
        frame = args[0] if args else options["frame"]
        return _stamp(draw(*args, **options), cast("pd.DataFrame", frame))

    return drawn


@_drawing
def output(frame: pd.DataFrame, ax: Axes | None = None, column: str | None = None) -> Axes:
    """
    Draw works per year, one line for each institution, region and source of the frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a year: ``year`` and counts of works.
    %(ax)s
    column : str or None
        The column of counts; None: ``n_works``, or the first count of a build's table.

    %(drawn)s
    """
    _need(frame, "year")
    column = _column(frame, column, COUNTS)
    return _lines(_axes(ax), _series(frame, "year"), column)


@_drawing
def share(frame: pd.DataFrame, ax: Axes | None = None, column: str | None = None) -> Axes:
    """
    Draw shares (0 to 1) per year as percentages; otherwise like `output`.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a year: ``year`` and shares, for instance of `share` or a build's table.
    %(ax)s
    column : str or None
        The column of shares; None: the first that is known.

    %(drawn)s
    """
    _need(frame, "year")
    column = _column(frame, column, SHARES)
    return _lines(_axes(ax), _series(frame, "year"), column)


@_drawing
def growth(frame: pd.DataFrame, ax: Axes | None = None, column: str | None = None) -> Axes:
    """
    Draw indexed growth: each line's first year with works is 100.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a year and line, as for `output`.
    %(ax)s
    %(column)s

    %(drawn)s
    """
    _need(frame, "year")
    column = _column(frame, column, COUNTS)
    axes = _axes(ax)
    indexed = {}
    for name, rows in _series(frame, "year").items():
        rows = rows[rows[column] > 0].sort_values("year")
        if len(rows):
            index = 100 * rows[column].astype(float) / float(rows[column].iloc[0])
            indexed[name] = rows.assign(**{column: index.round(1)})
    _lines(axes, indexed, column)
    axes.axhline(100, color="#999999", linewidth=0.8, zorder=0.5)
    axes.set_ylabel("works per year, whole counting; first year = 100")
    return axes


def _by_country(frame: pd.DataFrame, column: str) -> pd.Series[float]:
    """Return works by country, years added up, the largest first."""
    _need(frame, "country_code")
    keys = ["year", "country_code"] if "year" in frame else ["country_code"]
    _series(frame, *keys)
    counted = frame.dropna(subset=column).groupby("country_code")[column].sum().astype(float)
    return counted.sort_values(ascending=False, kind="stable")


def _name_of(frame: pd.DataFrame, code: str) -> str:
    if "country" in frame:
        return str(frame.loc[frame["country_code"] == code, "country"].iloc[0])
    return country_name(code)


@_drawing
def country_lines(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    codes: Sequence[str] = (),
    column: str | None = None,
) -> Axes:
    """
    Draw works or shares per year by country, one line each, in the country's own colour.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a year and country: ``year``, ``country_code`` and counts or shares.
    %(ax)s
    codes : sequence of str
        The countries, by code; none: the six with most works.
    column : str or None
        The column of counts or shares (0 to 1).

    %(drawn)s
    """
    _need(frame, "year", "country_code")
    column = _column(frame, column, (*COUNTS, *SHARES))
    chosen = [*codes] or [str(code) for code in _by_country(frame, column).index[:6]]
    named = {_name_of(frame, code): frame[frame["country_code"] == code] for code in chosen}
    colours = country_colours(chosen)
    return _lines(_axes(ax), named, column, [colours[code] for code in chosen])


@_drawing
def countries(
    frame: pd.DataFrame, ax: Axes | None = None, most: int = MOST, column: str | None = None
) -> Axes:
    """
    Draw works by country as bars, years added up, the largest first.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a country, or a year and country: ``country_code`` and counts.
    %(ax)s
    most : int
        How many countries are drawn.
    %(column)s

    %(drawn)s
    """
    column = _column(frame, column, COUNTS)
    axes, works = _axes(ax), _by_country(frame, column).head(most)
    names = [_name_of(frame, str(code)) for code in works.index]
    seaborn.barplot(x=works.to_numpy(), y=names, ax=axes, color=PALETTE[0], errorbar=None)
    for place, value in enumerate(works):
        axes.annotate(
            format_count(float(value)), (value, place), xytext=(4, 0),
            textcoords="offset points", va="center", fontsize=7.5,
        )  # fmt: skip
    axes.set(xlabel=f"works{_period(frame)}, whole counting", ylabel="")
    axes.set_xlim(0, 1.15 * max(1.0, float(works.max() if len(works) else 1)))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    count_axis(axes.xaxis)
    return axes


partners = countries


def _period(frame: pd.DataFrame) -> str:
    if "year" not in frame or frame.empty:
        return ""
    first, last = int(frame["year"].min()), int(frame["year"].max())
    return f" {first}" if first == last else f" {first}–{last}"


@_drawing
def heatmap(
    frame: pd.DataFrame, ax: Axes | None = None, most: int = MOST, column: str | None = None
) -> Axes:
    """
    Draw countries x years as shades, the number in each cell, the largest country above.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a year and country: ``year``, ``country_code`` and counts.
    %(ax)s
    most : int
        How many countries are drawn.
    %(column)s

    %(drawn)s
    """
    _need(frame, "year", "country_code")
    column = _column(frame, column, COUNTS)
    codes = [str(code) for code in _by_country(frame, column).index[:most]]
    wide = frame.pivot(index="country_code", columns="year", values=column)
    wide = wide.reindex(codes).astype(float)
    wide.index = pd.Index([_name_of(frame, code) for code in codes])
    axes = _axes(ax)
    axes.grid(visible=False)
    axes.set_facecolor(EMPTY_COLOUR)
    norm = LogNorm(1, max(2.0, float(np.max(wide.fillna(0).to_numpy(), initial=0))))
    shades = np.ma.masked_less_equal(wide.fillna(0).to_numpy(), 0)
    axes.pcolormesh(shades, cmap=SHADES, norm=norm, edgecolors="white", linewidth=0.8)
    axes.set_yticks(np.arange(len(wide)) + 0.5, wide.index)
    axes.set_xlim(0, len(wide.columns))
    axes.set_ylim(len(wide), 0)
    _write_counts(axes, wide, norm)
    axes.set(xlabel="publication year", ylabel="")
    axes.tick_params(length=0)
    axes.tick_params(axis="y", rotation=0)
    step = max(1, -(-len(wide.columns) // 6))
    axes.set_xticks(np.arange(len(wide.columns))[::-step] + 0.5, wide.columns[::-step], rotation=0)
    return axes


def _write_counts(axes: Axes, wide: pd.DataFrame, norm: LogNorm) -> None:
    for row, values in enumerate(wide.to_numpy()):
        for place, value in enumerate(values):
            text = "–" if np.isnan(value) else format_count(float(value))
            colour = ink_on(SHADES(norm(value))[:3]) if value > 0 else "#333333"
            axes.text(
                place + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7.5, color=colour
            )


@_drawing
def fields(
    frame: pd.DataFrame, ax: Axes | None = None, column: str = "activity_index", most: int = 26
) -> Axes:
    """
    Draw fields: their activity index away from 1 to both sides, or how many works.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a field (``field``), or a field and area (``country_code``): then shades.
    %(ax)s
    column : str
        ``activity_index`` (ratio, 1 is the world's share) or a column of counts.
    most : int
        How many fields are drawn, the highest first.

    %(drawn)s
    """
    _need(frame, "field", column)
    axes = _axes(ax)
    if "country_code" in frame and column == "activity_index":
        draw_fields(axes, frame, _areas(frame))
        return axes
    _series(frame, "field")
    rows = frame.dropna(subset=column).sort_values(column, ascending=False).head(most)
    is_index = column == "activity_index"
    base = 1.0 if is_index else 0.0
    values = rows[column].to_numpy(dtype=float)
    above, below = "#01665E", "#8C510A"
    colours = [above if value >= base else below for value in values] if is_index else PALETTE[0]
    axes.barh(rows["field"].astype(str), values - base, left=base, color=colours, height=0.7)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("activity index (ratio; 1 is the world's share)" if is_index else "works")
    if is_index:
        axes.axvline(1, color="#555555", linewidth=0.9)
    else:
        count_axis(axes.xaxis)
    return axes


def _areas(frame: pd.DataFrame, most: int = 8) -> list[tuple[str, str]]:
    """Return code and name of the whole region, if it is there, and of the largest countries."""
    works = frame.groupby("country_code")["n_works"].sum().sort_values(ascending=False)
    words = {"region": "whole region", "world": ""}
    codes = ["region"] if "region" in works else []
    codes += [str(code) for code in works.index if code not in words][:most]
    return [(code, words.get(code) or _name_of(frame, code)) for code in codes]


@_drawing
def team_size(frame: pd.DataFrame, ax: Axes | None = None, column: str | None = None) -> Axes:
    """
    Draw works per year as bars stacked by the number of authors, the smallest teams below.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a year and band: ``year``, ``authors_from``, ``authors_to`` and counts.
    %(ax)s
    %(column)s

    %(drawn)s
    """
    _need(frame, "year", "authors_from", "authors_to")
    column = _column(frame, column, COUNTS)
    _series(frame, "year", "authors_from")
    named = frame.rename(columns={column: "n_works_institution_region"})
    years = (int(named["year"].min()), int(named["year"].max()))
    return draw_bands(_axes(ax), Evidence(named, Source("")), years=years)


#: Ratios that a map shows to both sides of 1.
RATIOS: Final = ("growth_factor", "affinity", "activity_index")
MOST_RATIO: Final = 16.0


@_drawing
def region_map(
    frame: pd.DataFrame, ax: Axes | None = None, column: str | None = None, year: int | None = None
) -> Axes:
    """
    Draw a map: the darker a country, the more works (log scale); without works it is white.

    Outlines are those of Natural Earth; small states are drawn as dots.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a country, or a year and country: ``country_code`` and counts or a ratio.
    %(ax)s
    column : str or None
        The column of counts, or a ratio (``growth_factor``, ``affinity``, ``activity_index``),
        drawn in two colours to both sides of 1.
    year : int or None
        The year; None: all years added up.

    %(drawn)s
    """
    axes = _axes(ax)
    if column in RATIOS:
        _need(frame, "country_code", column)
        _series(frame, "country_code")
        values = frame.dropna(subset=column).set_index("country_code")[column].astype(float)
        most = min(MOST_RATIO, max(2.0, float(values.max()) if len(values) else 2.0))
        scale, shades, label = LogNorm(1 / most, most), DIVERGING, "ratio, log scale; white is 1"
    else:
        column = _column(frame, column, COUNTS)
        chosen = frame if year is None else frame[frame["year"] == year]
        values, shades = _by_country(chosen, column), SHADES
        scale = LogNorm(1, max(2.0, float(values.max()) if len(values) else 2.0))
        label = f"works{_period(chosen)}, whole counting; darker is more (log scale)"
    bounds = frame_of(str(code) for code in frame["country_code"])
    west, east, south, north = bounds
    _draw_land(axes, values, (scale, shades), bounds)
    axes.set_facecolor("#E9F1F6")
    axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    axes.set_aspect(1 / np.cos(np.radians((south + north) / 2)))
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.set_xlabel(wrap(label, 40))
    return axes


HALF_WORLD: Final = 180.0
SMALL: Final = 2.0  # degrees: a state smaller than that is also a dot


def _is_within(ring: Ring, bounds: tuple[float, float, float, float]) -> bool:
    """Say whether an outline reaches into the map."""
    west, east, south, north = bounds
    (left, low), (right, high) = ring.min(axis=0), ring.max(axis=0)
    crosses = right - left > HALF_WORLD  # the date line: it would be drawn as a stripe
    return bool(not crosses and right > west and left < east and high > south and low < north)


def _draw_land(
    axes: Axes,
    values: pd.Series[float],
    scale: tuple[LogNorm, Colormap],
    bounds: tuple[float, float, float, float],
) -> None:
    """Draw the countries in shades, and their neighbours without."""
    norm, shades = scale
    is_ratio = shades is DIVERGING
    others = [
        ring
        for code in drawn_codes()
        if code not in values.index
        for ring in rings_of(code)
        if _is_within(ring, bounds)
    ]
    axes.add_collection(
        PolyCollection(others, facecolor="#F7F5F0", edgecolor="#CCCCCC", linewidth=0.4, zorder=1)
    )
    taken: list[tuple[float, float]] = []
    for code, value in values.items():
        rings = rings_of(str(code))
        shade = shades(norm(value)) if value > 0 else "white"
        text = f"{value:.2g}" if is_ratio else format_count(float(value))
        if not rings:
            continue
        land = PolyCollection(rings, facecolor=shade, edgecolor="#888888", linewidth=0.5, zorder=2)
        axes.add_collection(land)
        main = max(rings, key=len)
        low, high = main.min(axis=0), main.max(axis=0)
        middle = (low + high) / 2
        if max(high - low) < SMALL:
            axes.plot(*middle, "o", markersize=6, color=shade, markeredgecolor="#888888", zorder=3)
        elif max(high - low) > 3 * SMALL:
            _write_value(axes, text, low, high, shade, taken, bounds)


def _write_value(
    axes: Axes,
    text: str,
    low: Any,
    high: Any,
    shade: Any,
    taken: list[tuple[float, float]],
    bounds: tuple[float, float, float, float],
) -> None:
    """Write the value of a country into its outline, or beside one that is thin, if free."""
    west, east, south, north = bounds
    wide, tall = high[0] - low[0], high[1] - low[1]
    is_narrow, is_flat = tall > 3 * wide, wide > 2.5 * tall
    x = float(low[0] if is_narrow else (low[0] + high[0]) / 2)
    y = float(high[1] if is_flat else (low[1] + high[1]) / 2)
    near = (0.1 * (east - west), 0.03 * (north - south))
    if any(abs(x - other) < near[0] and abs(y - height) < near[1] for other, height in taken):
        return
    taken.append((x, y))
    ink = "#333333" if is_narrow or is_flat else ink_on(shade)
    side, foot = "right" if is_narrow else "center", "bottom" if is_flat else "center"
    axes.text(x, y, text, ha=side, va=foot, fontsize=7, color=ink, zorder=4)


@_drawing
def network(frame: pd.DataFrame, ax: Axes | None = None, most: int = 14) -> Axes:
    """
    Draw the network of countries: the largest nodes in a circle, lines as wide as joint works.

    Countries of ``country_code`` stand on the left, partners outside on the right.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a pair, as the table ``ties``: ``country_code``, ``partner_code``, ``n_works``.
    %(ax)s
    most : int
        How many countries are drawn: those with most works in pairs.

    %(drawn)s
    """
    _need(frame, "country_code", "partner_code", "n_works")
    axes = _axes(ax)
    strength = pd.concat(
        [frame.groupby(side)["n_works"].sum() for side in ("country_code", "partner_code")]
    )
    strength = strength.groupby(level=0).sum().sort_values(ascending=False, kind="stable")
    members = [str(code) for code in strength.index if code in set(frame["country_code"])]
    outside = [str(code) for code in strength.index if code not in set(members)]
    chosen = members[: most // 2] + outside[: most - most // 2]
    places = _places(members[: most // 2], outside[: most - most // 2])
    _draw_ties(axes, frame, places)
    greatest = float(strength[chosen].max()) if chosen else 1.0
    colours = {code: PALETTE[0] if code in members else PALETTE[1] for code in chosen}
    for code, (x, y) in places.items():
        size = 5 + 15 * np.sqrt(float(strength[code]) / greatest)
        axes.plot(x, y, "o", markersize=size, color=colours[code], mec="white", zorder=3)
        axes.annotate(
            country_name(code), (x, y), xytext=(14 if x > 0 else -14, 0),
            textcoords="offset points", ha="left" if x > 0 else "right", va="center", fontsize=8,
        )  # fmt: skip
    axes.set(xlim=(-1.75, 1.75), ylim=(-1.15, 1.15), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.set_xlabel("width of a line: works of both, years pooled, whole counting")
    return axes


def _places(left: Sequence[str], right: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return places on two half circles, the largest in the middle of each."""
    places = {}
    for codes, sign in ((left, -1), (right, 1)):
        n = len(codes)
        order = sorted(range(n), key=lambda number: (number % 2 == 0, number * (-1) ** number))
        for place, number in enumerate(order):
            angle = np.pi * ((place + 0.5) / n - 0.5) * 0.86
            places[codes[number]] = (float(sign * np.cos(angle)), float(np.sin(angle)))
    return places


def _draw_ties(axes: Axes, frame: pd.DataFrame, places: dict[str, Any]) -> None:
    inside = frame["country_code"].isin(list(places)) & frame["partner_code"].isin(list(places))
    ties = frame[inside & (frame["n_works"] > 0)].sort_values("n_works", kind="stable")
    greatest = float(ties["n_works"].max()) if len(ties) else 1.0
    for one, other, works in ties[["country_code", "partner_code", "n_works"]].itertuples(
        index=False
    ):
        (x0, y0), (x1, y1) = places[one], places[other]
        part = float(works) / greatest
        axes.plot(
            [x0, x1], [y0, y1], color="#777777", linewidth=0.3 + 7 * part,
            alpha=0.15 + 0.55 * part, zorder=1, solid_capstyle="round",
        )  # fmt: skip


@styled
def mark_stated(ax: Axes, claim_id: str) -> Axes:
    """
    Mark what the document states in a claim, on your own axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes of years and the claim's quantity, for instance of `output`.
    claim_id : str
        Number of the claim in the ledger, for instance ``"P17"``.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes: a diamond in the claim's year, or a dashed line where it names no year.

    Raises
    ------
    InputError
        If there is no such claim, it states no value, or the Axes show synthetic counts.
    """
    if str(ax.get_label()).startswith(SYNTHETIC):
        msg = f"these axes show {SYNTHETIC} counts: {claim_id} can't stand beside them."
        raise InputError(msg, "draw real counts")
    claim = find_claim(load_claims(), claim_id)
    test = next((one for one in claim.tests if one.stated is not None), None)
    if test is None or test.stated is None:
        msg = f"claim {claim_id} states no value: {claim.statement}."
        raise InputError(msg, "name one with a value in `stated`")
    column = "n_works" if QUANTITIES[test.quantity].unit == "works" else "share"
    paper = load_study(claim.study).paper.get("short", claim.source)
    text = f"{paper}: {format_value(test.stated, column)}"
    if not test.year:
        ax.axhline(test.stated, color=STATED_COLOUR, linewidth=1, linestyle=(0, (3, 3)))
        add_end_label(ax, (ax.get_xlim()[1], test.stated), text, STATED_COLOUR)
    else:
        ax.plot(
            [test.year], [test.stated], STATED_MARKER, color=STATED_COLOUR, markersize=7,
            markeredgecolor="white", clip_on=False, zorder=5, label=STATED,
        )  # fmt: skip
        add_end_label(ax, (test.year, test.stated), text, STATED_COLOUR)
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, 1.08 * min(0.0, test.stated)), max(high, 1.08 * test.stated))
    settle_axes(ax)
    return ax


def __dir__() -> list[str]:
    return __all__


plot = sys.modules[__name__]
