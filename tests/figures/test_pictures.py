"""Figures and page of the sample look as their references do: small, grey, with some tolerance."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bibliometrics.builds.read import read_build
from bibliometrics.report.page import render_page
from tests.support.browser import find_browser, open_browser
from tests.support.pictures import REFERENCES, TOLERANCE, difference, photograph, reference, shrink
from tests.support.worlds import ROOT, World

if TYPE_CHECKING:
    from collections.abc import Iterable

BESIDE = ROOT / "build" / "pictures"
STEP = "if it should be so: python -m tests.support.pictures build/sample (after `make sample`)"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a build of the sample with its figures."""
    folder = tmp_path_factory.mktemp("pictures")
    world = World(folder / "data", type("Nowhere", (), {"url": "http://127.0.0.1:9"})())
    words = ("--source", "sample", "--to", str(folder / "build"), "--quiet")
    ran = world.run("refresh", *words, drawn=True)
    assert (ran.code, ran.err) == (0, "")
    return folder / "build"


def changed(paths: Iterable[Path]) -> list[str]:
    """Return what looks otherwise than its reference; both are laid side by side in build/."""
    found = []
    for path in paths:
        new, old = shrink(path), reference(path.name)
        apart = difference(new, old)
        if apart > TOLERANCE:
            BESIDE.mkdir(parents=True, exist_ok=True)
            both = Image.new("L", (2 * old.width + 8, max(old.height, new.height)), 255)
            both.paste(old, (0, 0))
            both.paste(new, (old.width + 8, 0))
            both.save(BESIDE / path.name)
            found.append(f"{path.stem}: {apart:.0f} of 255 apart, see {BESIDE / path.name}; {STEP}")
    return found


@pytest.mark.slow
@pytest.mark.skipif(
    find_browser() is None, reason="there is no Chromium: install chromium or google-chrome"
)
def test_figures_and_page_of_the_sample_look_as_they_did(sample: Path, tmp_path: Path) -> None:
    drawn = sorted((sample / "figures").glob("*.png"))
    kept = {path.name for path in REFERENCES.glob("*.png") if not path.stem.startswith("page_")}
    assert {path.name for path in drawn} == kept, STEP
    (tmp_path / "page.html").write_text(render_page(read_build(sample)), encoding="utf-8")
    with open_browser(tmp_path / "profile") as browser:
        browser.open((tmp_path / "page.html").as_uri())
        assert changed([*drawn, *photograph(browser, tmp_path)]) == []


def test_a_picture_is_near_itself_and_far_from_others() -> None:
    small = {path.stem: reference(path.name) for path in sorted(REFERENCES.glob("*.png"))}
    assert len(small) > 15
    for one, other in combinations(small, 2):
        assert difference(small[one], small[other]) > 2 * TOLERANCE, (one, other)
    lighter = small["team_size"].point(lambda shade: min(255, shade + 4))  # as other fonts would
    assert difference(lighter, small["team_size"]) < TOLERANCE
