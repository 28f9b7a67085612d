"""A figure is added in one place, and found everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from bibliometrics.builds import make
from bibliometrics.builds.read import read_build
from bibliometrics.errors import InputError
from bibliometrics.figures import registry
from bibliometrics.figures.registry import (
    ENTRIES,
    Entry,
    Inputs,
    Shown,
    draw_figures,
    list_entries,
    register,
)
from bibliometrics.figures.style import finish, new_figure, styled
from bibliometrics.report.page import render_page
from bibliometrics.study.model import load_study
from tests.support.worlds import World


@styled
def draw_dot(shown: Shown) -> Figure:
    figure = new_figure(4, 3)
    figure.subplots().plot([1], [1], "o")
    return finish(figure, shown.title, shown.evidence)


DOT = Entry(
    "dot",
    "",
    lambda study: f"A dot for {study.id}",
    draw_dot,
    lambda _: "One dot.",
    when=lambda _: True,
)


@pytest.fixture
def with_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENTRIES", ENTRIES)
    monkeypatch.setitem(ENTRIES, "dot", DOT)
    for name in [name for name in ENTRIES if name != "dot"]:
        monkeypatch.delitem(ENTRIES, name)


@pytest.mark.usefixtures("with_dot")
def test_a_figure_added_in_one_module_is_in_build_page_and_dictionary(graded_world: World) -> None:
    make.redraw(graded_world.processed)
    build = read_build(graded_world.processed)
    assert build.alt_texts == {"dot": "One dot."}
    for file in ("dot.svg", "dot.png"):
        assert (build.folder / "figures" / file).is_file()
    assert "- `dot`: One dot." in (build.folder / "README.md").read_text(encoding="utf-8")
    page = render_page(build)
    assert f"A dot for {build.study.id}" in page
    assert "One dot." in page
    assert build.figure("dot").get_suptitle() == f"A dot for {build.study.id}"


def test_an_id_is_taken_once() -> None:
    name = next(iter(ENTRIES))
    with pytest.raises(InputError, match=f"two figures '{name}'"):
        register(ENTRIES[name])


def test_only_the_figures_asked_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    for name, entry in ENTRIES.items():
        watched = Entry(
            **{**vars(entry), "draw": lambda _, name=name: drawn.append(name) or Figure()}
        )
        monkeypatch.setitem(ENTRIES, name, watched)
    draw_figures(Inputs(load_study()), ["team_size"])
    assert drawn == ["team_size"]


def test_every_module_of_figures_is_in_the_catalogue() -> None:
    from bibliometrics.figures import catalogue

    files = Path(registry.__file__).parent.glob("*_figures.py")
    assert {path.stem for path in files} == {
        module.__name__.rpartition(".")[2] for module in catalogue.MODULES
    }


def test_no_two_figures_have_one_title() -> None:
    titles = [entry.title(load_study()) for entry in list_entries()]
    assert len(titles) == len(set(titles)) > 15
