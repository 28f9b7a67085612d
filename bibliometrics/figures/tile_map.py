"""
Panels with a place for each country: a tile map of a region, and small multiples over years.

As in :mod:`bibliometrics.figures.panels`, a panel takes Axes and evidence, draws, and returns the
Axes. On a tile map every country has the same size: small ones are seen as well as large ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle

from bibliometrics.figures.data import (
    Evidence,
    change_of,
    counting_label,
    country_name,
    format_count,
    series_of,
)
from bibliometrics.figures.style import PALETTE, SHADES, count_axis, ink_on, wrap
from bibliometrics.files import DEFINITIONS
from bibliometrics.models import read_toml

NO_TILE: Final = ".."
GAP: Final = 0.04  # between tiles, in tiles
TILE_WIDTH, TILE_HEIGHT = 0.95, 0.7  # inches
Place = tuple[int, int]


@cache
def tile_grids() -> Mapping[str, Mapping[str, Place]]:
    """Return row and column of every country on every grid of ``tile_grids.toml``."""
    return {
        name: {
            code: (row, column)
            for row, line in enumerate(grid["rows"])
            for column, code in enumerate(line.split())
            if code != NO_TILE
        }
        for name, grid in read_toml(DEFINITIONS / "tile_grids.toml").items()
    }


def tile_places(codes: Iterable[str]) -> dict[str, Place]:
    """
    Return row and column of the tile of each country, both from 0.

    >>> tile_places(["UY", "AR", "CL"])
    {'AR': (0, 1), 'CL': (0, 0), 'UY': (0, 2)}
    >>> tile_places(["FR", "IT", "DE", "BE"])
    {'BE': (0, 0), 'FR': (0, 1), 'DE': (0, 2), 'IT': (1, 0)}
    """
    wanted = sorted(set(codes))
    for grid in tile_grids().values():
        if grid.keys() >= set(wanted):
            top = min(grid[code][0] for code in wanted)
            left = min(grid[code][1] for code in wanted)
            return {code: (grid[code][0] - top, grid[code][1] - left) for code in wanted}
    width = math.ceil(math.sqrt(1.5 * len(wanted)))
    by_name = sorted(wanted, key=country_name)
    return {code: divmod(number, width) for number, code in enumerate(by_name)}


def draw_tiles(axes: Axes, item: Evidence, places: Mapping[str, Place]) -> Axes:
    """
    Draw works of the last year as tiles, the darker the more, with the change since the first.
    """
    change = change_of(item.frame)
    scale = LogNorm(1, max(2.0, float(change.works["last"].max())))
    for code, (row, column) in places.items():
        last, first = (float(change.works[end].get(code, math.nan)) for end in ("last", "first"))
        colour = SHADES(scale(last)) if last > 0 else "white"
        corner = (column + GAP / 2, row + GAP / 2)
        axes.add_patch(
            Rectangle(
                corner, 1 - GAP, 1 - GAP, facecolor=colour, edgecolor="#BBBBBB", linewidth=0.6
            )
        )
        name = wrap(country_name(code), 13)
        lines = [
            (0.07, code if name.count("\n") > 2 else name, 7.0, "top"),
            (0.78, "–" if math.isnan(last) else format_count(last), 9.5, "bottom"),
            (0.95, change.text_of(first, last), 7.0, "bottom"),
        ]
        for height, text, size, place in lines:
            axes.text(
                column + 0.5, row + height, text, fontsize=size, va=place, ha="center",
                color=ink_on(colour), linespacing=1.12, in_layout=False,
            )  # fmt: skip
    axes.set_xlim(0, 1 + max(column for _, column in places.values()))
    axes.set_ylim(1 + max(row for row, _ in places.values()), 0)
    axes.set(xticks=[], yticks=[], aspect=TILE_HEIGHT / TILE_WIDTH)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    below = f"; below it the change since {change.first_year}" if change.has_two else ""
    label = counting_label(f"works {change.last_year}{below}", [item.source])
    axes.set_xlabel(wrap(f"{label}; darker is more (log scale)", 110))
    return axes


def draw_years(axes: Axes, item: Evidence, code: str, years: Sequence[int]) -> Axes:
    """Draw the works per year of one country in a small panel, from zero."""
    series = series_of(item.frame, "n_works", (code,))
    axes.fill_between(series["year"], series["value"], color=PALETTE[5], alpha=0.35, linewidth=0)
    axes.plot(series["year"], series["value"], color=PALETTE[0], marker="o", markersize=2.5)
    top = float(series["value"].max())
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.12 * max(1.0, top)))
    axes.annotate(
        format_count(float(series["value"].iloc[-1])), (years[-1], float(series["value"].iloc[-1])),
        xytext=(4, 0), textcoords="offset points", va="center", fontsize=7, color=PALETTE[0],
    )  # fmt: skip
    count_axis(axes.yaxis)
    axes.set_xticks(sorted({years[0], years[-1]}))
    axes.set_xlim(years[0] - 0.6, years[-1] + 0.16 * len(years) + 0.6)
    axes.set_title(wrap(country_name(code), 17), fontsize=8.5, pad=5)
    axes.tick_params(labelsize=7)
    return axes
