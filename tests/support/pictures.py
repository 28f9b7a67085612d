"""
Small grey pictures of what figures and the page look like, to see when a change changes them.

``python -m tests.support.pictures BUILD`` writes those of a build of the sample anew.
"""

from __future__ import annotations

import sys
import tempfile
from base64 import b64decode
from pathlib import Path

import numpy as np
from PIL import Image

from bibliometrics.builds.read import read_build
from bibliometrics.report.page import render_page
from tests.support.browser import Browser, open_browser
from tests.support.worlds import ROOT

REFERENCES = ROOT / "tests" / "figures" / "references"
WIDTH = 160
#: How far a tile of the picture may be from its reference on average, of 255: fonts change less.
TOLERANCE = 12.0
TILES = 10
#: Width and height of the screens that the page is photographed on.
SCREENS = {1280: 900, 390: 844}


def shrink(path: Path) -> Image.Image:
    """Return a picture in grey, small."""
    with Image.open(path) as picture:
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture.getchannel("A") if "A" in picture.getbands() else None)
    height = max(1, round(WIDTH * flat.height / flat.width))
    return flat.convert("L").resize((WIDTH, height), Image.Resampling.LANCZOS)


def reference(name: str) -> Image.Image:
    """Return the reference of a picture."""
    with Image.open(REFERENCES / name) as picture:
        return picture.copy()


def difference(found: Image.Image, expected: Image.Image) -> float:
    """Return how far two small pictures are apart where they differ most, of 255."""
    if abs(found.height - expected.height) > 0.04 * expected.height:
        return 255.0
    apart = np.abs(
        np.asarray(found.resize(expected.size), dtype=float) - np.asarray(expected, dtype=float)
    )
    rows = np.array_split(apart, TILES, axis=0)
    return max(float(tile.mean()) for row in rows for tile in np.array_split(row, TILES, axis=1))


def photograph(browser: Browser, folder: Path) -> list[Path]:
    """Save the first screen of an open page as a desktop and as a phone show it."""
    paths = [folder / f"page_{width}.png" for width in SCREENS]
    for path, width in zip(paths, SCREENS, strict=True):
        browser.resize(width, SCREENS[width])
        clip = {"x": 0, "y": 0, "width": width, "height": SCREENS[width], "scale": 1}
        path.write_bytes(b64decode(browser.ask("Page.captureScreenshot", clip=clip)["data"]))
    return paths


def write_references(build: Path) -> None:
    """Write the references anew: every figure of a build, and the first screens of its page."""
    REFERENCES.mkdir(exist_ok=True)
    for old in REFERENCES.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "page.html"
        page.write_text(render_page(read_build(build)), encoding="utf-8")
        with open_browser(Path(scratch) / "profile") as browser:
            browser.open(page.as_uri())
            screens = photograph(browser, Path(scratch))
        for path in (*screens, *sorted((build / "figures").glob("*.png"))):
            shrink(path).save(REFERENCES / path.name, optimize=True)


if __name__ == "__main__":
    write_references(Path(sys.argv[1]))
