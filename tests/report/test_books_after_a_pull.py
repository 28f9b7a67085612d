"""After a pull the same cells of the notebooks show own counts: nothing waits or is invented."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.report.notebooks import Story, list_notebooks, run_notebooks
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.worlds import World, invented_records

if TYPE_CHECKING:
    from pathlib import Path

#: Counts on the sample whatever the build is, and says so.
ON_THE_SAMPLE = "08_your_own_study"


def told(story: Story) -> list[str]:
    """Return what the cells of a notebook computed in words, headings too."""
    outputs: list[dict[str, Any]] = [
        output["data"]
        for cell in story.cells
        for output in cell.get("outputs", ())
        if "data" in output
    ]
    return ["".join(data["text/markdown"]) for data in outputs if "text/markdown" in data]


@pytest.mark.slow
def test_after_a_pull_the_same_cells_show_own_counts(tmp_path: Path) -> None:
    with OpenAlexServer(invented_records(), per_second=False, keyless_credits=None) as server:
        world = World(tmp_path / "data", server)
        ran = world.run("refresh", "--all", "--quiet")
    assert ran.code == 0, ran.err
    stories = run_notebooks(list_notebooks(), world.processed, lambda _: None)
    assert len(stories) == 8
    for story in stories:
        words = told(story)
        assert len(words) >= 3, story.name
        assert not any("waiting for a" in text for text in words), story.name
        if story.name != ON_THE_SAMPLE:
            assert not any("SYNTHETIC" in text for text in words), story.name
    own = [text for story in stories for text in told(story) if text.startswith("## ")]
    assert sum("OpenAlex" in text for text in own) >= 6
    numbers = [text for story in stories for text in told(story) if re.search(r"\d", text)]
    assert len(numbers) >= 20
