"""What would fail after the last call that is paid is found before the first one."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.figures.catalogue import Inputs, draw_figure, render_figures, try_names
from bibliometrics.study.model import load_study
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.worlds import World, invented_records

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a world with a server of invented records."""
    options: dict[str, Any] = {"per_second": False, "keyless_credits": None}
    with OpenAlexServer(invented_records(), **options) as server:
        yield World(tmp_path / "data", server)


def refuse(world: World, code: int, said: str) -> None:
    """Check that a refresh fails with a code and words, and that nothing was asked or left."""
    ran = world.run("refresh", "--parts", "figures")
    assert ran.code == code, ran.err
    assert said in ran.error
    assert world.server.requests == []
    assert not world.pulls.exists()


def test_missing_published_figures_cost_nothing(world: World) -> None:
    witnesses = world.data / "raw" / "witnesses"
    witnesses.unlink()
    witnesses.mkdir()
    refuse(world, 3, "witnesses")


def test_a_folder_that_can_not_be_swapped_costs_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.run("refresh", "--source", "witnesses", "--quiet").code == 0
    rename = Path.rename

    def busy(path: Path, target: Path) -> Path:
        if path == world.processed:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", busy)
    refuse(world, 11, "is a mount point")
    assert sorted(path.name for path in world.data.iterdir()) == ["processed", "raw"]


def test_what_lies_in_the_way_of_a_swap_costs_nothing(world: World) -> None:
    thesis = world.data / ".processed.old" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("mine")
    refuse(world, 3, "is in the way")
    assert thesis.read_text() == "mine"


@pytest.mark.parametrize("name", ["US$ and A$", "$x^ $ {", r"\frac{$a$}", "<b> & 'c' \" #%~_^"])
def test_foreign_text_stands_in_figures_as_it_is(name: str) -> None:
    study = replace(load_study(), title=name, region_short=name, home_name=name)
    try_names(study)
    drawn = draw_figure(Inputs(study), "figure1_region_output")
    files, _ = render_figures({"figure": drawn})
    title = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f"<title>{title}: " in files["figure.svg"].decode()
