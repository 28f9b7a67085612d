"""Figures of a rebuild are those that were there, byte for byte, unless something has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.builds import make, redrawing
from bibliometrics.builds.read import inputs_of
from bibliometrics.figures.catalogue import draw_figures

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.worlds import World

FIGURE = "figure1_region_output"


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let builds have one figure; return a list that grows with each drawing."""
    done: list[str] = []

    def draw_one(*told: Any) -> Any:
        done.append(FIGURE)
        return draw_figures(replace(inputs_of(*told), stated={}), [FIGURE])

    monkeypatch.setattr(make, "draw", draw_one)
    return done


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refresh(world: World, *words: str) -> None:
    ran = world.run("refresh", "--source", "witnesses", "--quiet", *words, drawn=True)
    assert (ran.code, ran.err) == (0, "")


def test_the_same_build_is_drawn_once(closed_world: World, drawings: list[str]) -> None:
    refresh(closed_world)
    first = files_of(closed_world.processed)
    assert f"{FIGURE}.svg" in first
    refresh(closed_world)
    assert files_of(closed_world.processed) == first
    assert len(drawings) == 1


def test_another_program_or_other_tables_draw_anew(
    closed_world: World, drawings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(closed_world)
    monkeypatch.setattr(redrawing, "_program", lambda: "another version")
    refresh(closed_world)
    assert len(drawings) == 2
    monkeypatch.setattr(make, "_grade", lambda *_: [])
    refresh(closed_world)
    assert len(drawings) == 3


def test_a_figure_that_was_edited_or_lost_is_drawn_anew(
    closed_world: World, drawings: list[str]
) -> None:
    refresh(closed_world)
    first = files_of(closed_world.processed)
    path = closed_world.processed / "figures" / f"{FIGURE}.svg"
    path.write_bytes(path.read_bytes() + b" ")
    refresh(closed_world, "--force")
    path.with_suffix(".png").unlink()
    refresh(closed_world, "--force")
    assert len(drawings) == 3
    assert files_of(closed_world.processed) == first


def test_a_note_that_cannot_be_kept_or_read_costs_a_drawing_and_nothing_else(
    closed_world: World, drawings: list[str], tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    for _ in range(2):
        words = ("refresh", "--source", "witnesses", "--quiet")
        ran = closed_world.run(*words, drawn=True, BIBLIOMETRICS_CACHE=str(blocked))
        assert (ran.code, ran.err) == (0, "")
    assert len(drawings) == 2
