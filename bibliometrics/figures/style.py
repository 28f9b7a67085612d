"""
A figure by itself: its style, and its files with the alternative text inside.

Figures never enter pyplot's list of open figures, so none stays in memory, and the style holds only
while a figure is drawn or saved.
"""

from __future__ import annotations

import functools
import io
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar
from xml.sax.saxutils import escape

import numpy as np
from matplotlib import colormaps, rcParams, style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation
from PIL import Image, PngImagePlugin
from scipy.optimize import isotonic_regression

from bibliometrics.figures.data import CONTRADICTORY, Evidence, Source, note_of
from bibliometrics.files import DEFINITIONS, PACKAGE, on_disk, write_atomic
from bibliometrics.models import read_toml

STYLE: Final = PACKAGE / "bibliometrics.mplstyle"
P = ParamSpec("P")
R = TypeVar("R")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function draw in our style, whatever the reader's own settings are."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **options: P.kwargs) -> R:
        with style.context(["default", STYLE]):
            return draw(*args, **options)

    return drawn


class Picture(Figure):
    """
    A figure that notebooks show by themselves: as a small PNG, the same bytes in every run.

    ``name`` and ``alt``, where it has them, go into the notebook beside the picture: readers of
    the notebook hear the alternative text.
    """

    name = ""
    alt = ""

    def _repr_png_(self) -> bytes | tuple[bytes, dict[str, str]]:
        picture = render_png(self, self.alt)
        return (picture, {"name": self.name, "alt": self.alt}) if self.name else picture


@styled
def render_figure(figure: Figure, name: str, alt: str) -> dict[str, bytes]:
    """Return a figure as SVG and PNG, byte for byte the same in every run."""
    title = title_of(figure) or name
    vector = io.BytesIO()
    figure.savefig(vector, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    element = f"<title>{escape(title)}</title>"
    described = f"{element}\n <desc>{escape(alt)}</desc>"
    svg = _small_svg(vector.getvalue().decode()).replace(element, described, 1)
    return {f"{name}.svg": svg.encode(), f"{name}.png": render_png(figure, alt)}


def title_of(figure: Figure) -> str:
    """Return the title of a figure in one line; empty if it has none."""
    return " ".join(figure.get_suptitle().split())


@styled
def render_png(figure: Figure, alt: str = "") -> bytes:
    """Return a figure as PNG of 128 colours, with its title and alternative text."""
    pixels, small = io.BytesIO(), io.BytesIO()
    figure.savefig(pixels, format="raw", dpi=rcParams["savefig.dpi"])
    width, height = (int(side * rcParams["savefig.dpi"]) for side in figure.get_size_inches())
    texts = PngImagePlugin.PngInfo()
    described = {"Title": title_of(figure), "Description": alt, "Software": "bibliometrics"}
    for key, value in described.items():
        texts.add_itxt(key, value)
    image = Image.frombuffer("RGBA", (width, height), pixels.getvalue(), "raw", "RGBA", 0, 1)
    reduced = image.convert("RGB").quantize(
        128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    reduced.save(small, format="png", pnginfo=texts)
    return small.getvalue()


def _small_svg(svg: str) -> str:
    """Return an SVG with two decimals in coordinates and with classes for repeated styles."""
    svg = re.sub(
        r' (?:d|x|y|transform)="[^"]*"',
        lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found[0]),
        svg,
    )
    uses = Counter(re.findall(r' style="([^"]{25,})"', svg))
    names = {text: f"s{number}" for number, text in enumerate(uses) if uses[text] > 3}
    svg = re.sub(
        r' style="([^"]{25,})"',
        lambda found: f' class="{names[found[1]]}"' if found[1] in names else found[0],
        svg,
    )
    rules = "".join(f".{name}{{{text}}}\n" for text, name in names.items())
    return svg.replace("</style>", f"\n{rules}</style>", 1)


def save_figure(figure: Figure, folder: Path, name: str, alt: str) -> list[Path]:
    """
    Write a figure as ``NAME.svg`` and ``NAME.png``; each file appears whole or not at all.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    DiskError
        If the folder can't be written.
    """
    files = {folder / file: data for file, data in render_figure(figure, name, alt).items()}
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        write_atomic(path, content)
    return list(files)


SYNTHETIC: Final = "SYNTHETIC"
STAMP: Final = "SYNTHETIC: counted on an invented sample, no number here is a result"
WAITING_LABEL: Final = "waiting for a pull:\npython -m bibliometrics refresh"
LEAST_LOG: Final = 30  # counts up to this, or this many times the least, need no logarithmic scale
END_LABEL: Final = "_end"
STATED: Final = "_stated"
STATED_COLOUR: Final = "#000000"
STATED_MARKER: Final = "D"
PALETTE: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
EMPTY_COLOUR: Final = "#F2F2F2"
# Away from white to both sides of 1: below it brown, above it blue-green.
DIVERGING: Final = colormaps["BrBG"].resampled(256)
# Ever darker, so that it is read in black and white too; without the darkest shades.
SHADES: Final = ListedColormap(colormaps["YlGnBu"](np.linspace(0, 0.85, 256)))
MARKERS: Final = ("o", "s", "^", "v", "P", "X", "p")
DASHES: Final[tuple[Any, ...]] = (
    "-",
    (0, (6, 2)),
    (0, (2, 1.2)),
    (0, (6, 1.5, 1, 1.5)),
    (0, (4, 4)),
    (0, (1, 2)),
    (0, (8, 2, 1, 2, 1, 2)),
)


@dataclass(frozen=True)
class Look:
    """Colour, marker and dashes of one line; each differs from those of the next lines."""

    colour: str
    marker: str
    dashes: Any


def look(index: int, colour: str = "") -> Look:
    """Return the look of the line with a number, or its marker and dashes in a given colour."""
    mine = Look(*(looks[index % len(looks)] for looks in (PALETTE, MARKERS, DASHES)))
    return replace(mine, colour=colour) if colour else mine


@cache
def _colours() -> Mapping[str, Mapping[str, str]]:
    return read_toml(DEFINITIONS / "colours.toml")


def role_colour(role: str) -> str:
    """Return the colour of ``own``, ``institution``, ``home``, ``region`` or ``world``."""
    return _colours()["roles"][role]


def country_colours(codes: Iterable[str]) -> dict[str, str]:
    """
    Return a colour for each country, its own in every figure; one without takes a free one.

    >>> country_colours(["AA", "ZZ"])
    {'AA': '#0072B2', 'ZZ': '#D55E00'}
    """
    listed = list(dict.fromkeys(codes))
    known = {
        code: _colours()["countries"][code] for code in listed if code in _colours()["countries"]
    }
    free = [colour for colour in PALETTE if colour not in known.values()] or list(PALETTE)
    others = [code for code in listed if code not in known]
    taken = {code: free[number % len(free)] for number, code in enumerate(others)}
    return {code: (known | taken)[code] for code in listed}


def _witness_colour(key: str) -> str:
    named = _colours()["sources"].items()
    return next((colour for start, colour in named if key.startswith(start)), "")


def source_colours(sources: Iterable[Source]) -> dict[Source, str]:
    """Return a colour for each source: ours is the same everywhere, so is each witness's."""
    listed = list(dict.fromkeys(sources))
    known = {
        source: _witness_colour(source.key) if source.key else role_colour("own")
        for source in listed
    }
    free = [colour for colour in PALETTE if colour not in known.values()] or list(PALETTE)
    others = [source for source in listed if not known[source]]
    return known | {source: free[number % len(free)] for number, source in enumerate(others)}


def new_figure(width: float, height: float) -> Picture:
    """Return an empty figure of a size in inches that finds room for all its labels."""
    return Picture(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08))


def wrap(text: str, width: int = 20) -> str:
    r"""
    Break a long text into lines, never before a percent sign.

    >>> wrap("Saint Vincent and the Grenadines", 16)
    'Saint Vincent\nand the\nGrenadines'
    """
    kept = text.replace(" %", "\N{NO-BREAK SPACE}%")
    return "\n".join(textwrap.wrap(kept, width, break_long_words=False)) or text


def title_panel(axes: Axes, text: str, width: int = 46) -> None:
    """Give a panel its title, in lines that don't reach into the next panel."""
    axes.set_title(wrap(text, width))


def needs_log(values: Iterable[float]) -> bool:
    """
    Say whether counts differ so much that only a logarithmic scale shows them all.

    >>> [needs_log(values) for values in ([0, 3, 20], [40, 80], [0, 2, 800])]
    [False, False, True]
    """
    positive = [value for value in values if value > 0]
    return bool(positive) and max(positive) > LEAST_LOG * min(positive)


def luminance(colour: Any) -> float:
    """
    Return the relative luminance of a colour, from 0 (black) to 1 (white), as WCAG defines it.

    >>> [round(luminance(colour), 4) for colour in ("black", "#0072B2", "white")]
    [0.0, 0.1525, 1.0]
    """
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(colour)
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def ink_on(colour: Any) -> str:
    """Return white or black, whichever is read better on a colour; its contrast is 4.5 or more."""
    return "white" if luminance(colour) < 0.179 else "black"


def count_axis(axis: Any, *, has_locator: bool = False) -> None:
    """
    Write the ticks of an axis of counts: whole numbers with thousands separators.

    ``has_locator`` says that the places of the ticks are set already.
    """
    if axis.get_scale() == "linear" and not has_locator:
        axis.set_major_locator(MaxNLocator(6, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def share_axis(axis: Any) -> None:
    """Write the ticks of an axis of shares as percentages."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.10g} %"))


def year_axis(axes: Axes, years: Sequence[int]) -> None:
    """Set the ticks of the horizontal axis to at most six publication years, with the last."""
    span = len(years) - 1
    steps = [step for step in range(1, span + 1) if span % step == 0 and span // step <= 5]
    step = steps[0] if steps and span // steps[0] > 1 else max(1, -(-span // 5))
    axes.set_xticks(sorted(years[::-1][::step]))
    axes.set_xticks(years, minor=True)
    margin = 0.5 + 0.02 * len(years)
    axes.set_xlim(years[0] - margin, years[-1] + margin)
    axes.set_xlabel("publication year")


def darken(colour: str) -> str:
    """Return a darker colour of the same hue, in which small text can be read."""
    red, green, blue = to_rgb(colour)
    return to_hex((0.68 * red, 0.68 * green, 0.68 * blue))


def add_end_label(
    axes: Axes, point: tuple[float, float], text: str, colour: str, right: float | None = None
) -> Annotation:
    """
    Write a label to the right of a point; :func:`settle_labels` keeps such labels apart.

    With ``right`` the label stands to the right of that place of the horizontal axis.
    """
    x, y = point
    beside = axes.transData + ScaledTranslation(12 / 72, 0, axes.figure.dpi_scale_trans)
    return axes.annotate(
        text,
        (x, y),
        xytext=(x if right is None else right, y),
        textcoords=beside,
        color=darken(colour),
        fontsize=8,
        va="center",
        label=END_LABEL,
        annotation_clip=False,
        arrowprops={
            "arrowstyle": "-",
            "color": colour,
            "lw": 0.5,
            "shrinkA": 1,
            "shrinkB": 4,
            "relpos": (0, 0.5),
        },
    )


def spread_positions(
    wanted: Sequence[float], sizes: Sequence[float], low: float, high: float
) -> list[float]:
    """
    Return the positions nearest to the wanted ones at which labels don't overlap.

    >>> spread_positions([5, 5, 20], [4, 4, 4], 0, 30)
    [3.0, 7.0, 20.0]
    """
    if not wanted:
        return []
    order = np.argsort(np.asarray(wanted, dtype=float), kind="stable")
    heights = np.asarray(sizes, dtype=float)[order]
    steps = np.concatenate([[0.0], np.cumsum((heights[1:] + heights[:-1]) / 2)])
    fitted = isotonic_regression(np.asarray(wanted, dtype=float)[order] - steps).x
    lowest, highest = low + heights[0] / 2, high - heights[-1] / 2 - steps[-1]
    placed = np.clip(fitted, lowest, max(lowest, highest)) + steps
    result = np.empty_like(placed)
    result[order] = placed
    return [float(value) for value in result]


def settle_labels(figure: Figure) -> None:
    """
    Move the labels beside line ends up or down until none covers another.

    The figure's layout is worked out here, once, and then kept.
    """
    FigureCanvasAgg(figure)  # without it every measure of a text sets up a canvas anew
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine(None)
    for axes in figure.axes:
        settle_axes(axes)


def settle_axes(axes: Axes) -> None:
    """Move the labels beside line ends of one Axes up or down until none covers another."""
    labels = [
        text
        for text in axes.texts[::-1]  # of equal heights, the first label stands above
        if isinstance(text, Annotation) and text.get_label() == END_LABEL
    ]
    middles = [float(axes.transData.transform(label.xy)[1]) for label in labels]
    heights = [float(label.get_window_extent().height) + 2.0 for label in labels]
    box = axes.get_window_extent()
    placed = spread_positions(middles, heights, float(box.y0), float(box.y1))
    for label, place in zip(labels, placed, strict=True):
        height = float(axes.transData.inverted().transform((0, place))[1])
        label.xyann = (label.xyann[0], height)


def finish(
    figure: Figure,
    title: str,
    evidence: Iterable[Evidence],
    notes: Iterable[str] = (),
    *,
    is_brief: bool = False,
) -> Figure:
    """
    Add title, sources with dates in the lower left corner, and the stamp on synthetic data.

    With ``is_brief`` the definitions of the sources are left out.
    """
    listed = list(evidence)
    sources = list(dict.fromkeys(item.source for item in listed))
    named = [note_of(replace(source, definition="") if is_brief else source) for source in sources]
    texts = ["Sources: " + ", ".join(named) + "." if is_brief and named else "", *notes]
    texts = texts if is_brief else [*named, *notes]
    texts += _provisional_notes(listed)
    texts = [*(f"! {source.warning}." for source in sources if source.warning), *texts]
    width = int(figure.get_figwidth() * 17)
    lines = [line for text in texts for line in textwrap.wrap(text, width, subsequent_indent="   ")]
    is_synthetic = any(source.is_synthetic for source in sources)
    warnings = dict.fromkeys(source.warning for source in sources if source.warning)
    if warnings:
        title = f"{CONTRADICTORY}: {title}"
    title = f"{SYNTHETIC}: {title}" if is_synthetic else title[:1].upper() + title[1:]
    above = "\n" if is_synthetic else ""  # room for the band
    title = above + wrap(title, int(figure.get_figwidth() * 10))
    figure.suptitle(title, x=0.012, ha="left", fontsize=11)
    if lines:
        figure.supxlabel(
            "\n".join(lines), x=0.012, ha="left", fontsize=7, color="#444444", linespacing=1.35
        )
    if is_synthetic:
        _stamp(figure)
    settle_labels(figure)
    return figure


def _provisional_notes(evidence: Iterable[Evidence]) -> list[str]:
    """Say which years are still being filled, where such years are drawn."""
    years = sorted(
        {
            year
            for item in evidence
            for year in item.source.provisional
            if "year" in item.frame and (item.frame["year"] == year).any()
        }
    )
    told = " and ".join(map(str, years))
    return [f"Provisional (grey): works of {told} are still being added"] if years else []


BAND_INCHES: Final = 0.24


def _stamp(figure: Figure) -> None:
    """Draw a band above title and axes that says that nothing in the figure is a result."""
    part = BAND_INCHES / figure.get_figheight()
    band = Rectangle((0, 1 - part), 1, part, transform=figure.transFigure, facecolor="#7A1F1F")
    figure.add_artist(band)
    text = figure.text(0.5, 1 - part / 2, STAMP, color="white", weight="bold", fontsize=9)
    text.set(ha="center", va="center", in_layout=False)


def draw_message(axes: Axes, text: str = WAITING_LABEL, taken: Sequence[float] = ()) -> None:
    """
    Write into a panel why it is empty: by default that it waits for a pull.

    ``taken`` are heights (0 to 1, parts of the axis) at which something is drawn already.
    """
    places = [
        place
        for place in (0.84, 0.66, 0.48, 0.3)
        if not any(place - 0.16 < height < place + 0.05 for height in taken)
    ]
    axes.text(
        0.04,
        (places or [0.84])[0],
        text,
        transform=axes.transAxes,
        va="top",
        fontsize=9,
        color="#444444",
        style="italic",
        zorder=10,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    )


def draw_nothing(axes: Axes, label: str) -> None:
    """Draw a panel of rows that waits for a pull."""
    axes.set(xticks=[], yticks=[], xlabel=label)
    draw_message(axes)
