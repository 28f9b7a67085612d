"""A table that is added is in plan, build, dictionary, package, comparison, workbook and page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from bibliometrics.builds.read import read_build
from bibliometrics.report.page import render_page
from bibliometrics.study.plan import PLAN
from bibliometrics.study.questions import Question
from bibliometrics.tables.build import BUILDERS
from bibliometrics.tables.consistency import count_by_year
from bibliometrics.tables.frames import finish
from bibliometrics.tables.schema import TABLES, read_tables
from tests.support.openalex_server.server import OpenAlexServer, read_works
from tests.support.worlds import World, invented_records, invented_works

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENTRY = {
    "name": "ties_of_two",
    "title": "Works of two authors",
    "description": "a year",
    "needs": "pull",
    "schema": {
        "primaryKey": ["year"],
        "fields": [
            {"name": "year", "type": "integer", "description": "A year"},
            {"name": "n_works", "type": "integer", "description": "Works of two", "unit": "works"},
        ],
    },
}


def of_two(study: Any) -> Question:
    return Question(years=study.years, min_authors=2, max_authors=2, group_by=("year",))


def build_ties_of_two(study: Any, answers: Any) -> pd.DataFrame:
    works = count_by_year(study, answers, "ties_of_two", of_two(study))
    return finish("ties_of_two", year=works.index, n_works=works)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return a world in which the package has one table more."""
    monkeypatch.setitem(
        TABLES, "ties_of_two", read_tables(json.dumps({"resources": [ENTRY]}))["ties_of_two"]
    )
    monkeypatch.setitem(
        PLAN, "team_size", {**PLAN["team_size"], "ties_of_two": lambda study: [of_two(study)]}
    )
    monkeypatch.setitem(BUILDERS, "ties_of_two", build_ties_of_two)
    with OpenAlexServer(invented_records(), keyless_credits=None, per_second=False) as server:
        yield World(tmp_path / "data", server)


def test_a_table_added_by_entry_question_and_builder_is_everywhere(
    world: World, tmp_path: Path
) -> None:
    parts = ("--parts", "team_size")
    assert "authors_count%3A2&" in world.run("plan", "--urls", *parts).out
    ran = world.run("refresh", "--quiet", *parts)
    assert (ran.code, ran.err) == (0, "")
    folder = world.processed
    build = read_build(folder)
    counted = build.tables["ties_of_two"].set_index("year")["n_works"]
    assert list(counted.index) == list(range(2007, 2017))
    assert counted.sum() > 0
    assert "Works of two authors. One row is a year." in (folder / "README.md").read_text()
    package = json.loads((folder / "datapackage.json").read_text())
    assert "ties-of-two" in {one["name"] for one in package["resources"]}
    assert "Works of two authors" in render_page(build)
    build.to_excel(tmp_path / "all.xlsx")
    with pd.ExcelFile(tmp_path / "all.xlsx") as workbook:
        assert "ties_of_two" in workbook.sheet_names
    other = tmp_path / "other"
    changed = read_works(list(invented_works())[:-40])
    with OpenAlexServer(changed, keyless_credits=None, per_second=False) as server:
        less = World(other, server)
        assert less.run("refresh", "--quiet", *parts).code == 0
    told = world.run("compare", str(less.processed), str(folder), "--format", "json").json
    assert "ties_of_two" in json.dumps(told)
