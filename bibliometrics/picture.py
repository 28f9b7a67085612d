"""
A figure by itself: its style, and its files with the alternative text inside.

Figures never enter pyplot's list of open figures, so none stays in memory, and the style holds only
while a figure is drawn or saved.
"""

from __future__ import annotations

import functools
import io
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, ParamSpec, TypeVar
from xml.sax.saxutils import escape

from matplotlib import rcParams, style
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

from bibliometrics.errors import DiskError
from bibliometrics.paths import PACKAGE

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
    """
    Return a figure as SVG and PNG, byte for byte the same in every run.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    name : str
        File name without ending.
    alt : str
        Alternative text, embedded as ``<desc>`` in the SVG and as ``Description`` in the PNG.

    Returns
    -------
    dict of str to bytes
        Content by file name.
    """
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
    paths = []
    for file_name, content in render_figure(figure, name, alt).items():
        path = folder / file_name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _replace(path, content)
        except OSError as error:
            message = f"can't write figure {path}: {error.strerror or error}."
            raise DiskError(message, "check the folder's rights and the free space") from error
        paths.append(path)
    return paths


def _replace(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
