"""A build as notebooks meet it."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from bibliometrics.builds import read as room
from bibliometrics.builds.read import Build, read_build
from bibliometrics.errors import InputError, TableError
from bibliometrics.openalex.credentials import API_URL
from bibliometrics.tables.answers import Provenance
from bibliometrics.tables.schema import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.worlds import World

REAL = Provenance(
    "openalex", "s", "A study", "ab" * 32, "1.0", end="2026-12-01T10:00:00Z", pull="p1"
)
OURS = "institution_region"


@pytest.fixture
def build(witness_build: Path) -> Build:
    """Return a build of published figures."""
    return read_build(witness_build)


@pytest.fixture
def counted(build: Build) -> Build:
    """Return a build with one table of ours."""
    frame = pd.DataFrame({"year": [2007], "n_works_institution_region": [3]})
    return replace(build, provenance=REAL, tables={**build.tables, OURS: frame})


def test_tables_are_read_as_they_were_written(build: Build, witness_build: Path) -> None:
    with (witness_build / "claims.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(build["claims"]["claim_id"]) == [row["claim_id"] for row in rows]
    codes = set(build["witnesses"]["country_code"].dropna())
    assert {"CN", "BR", "WORLD"} <= codes


def test_a_table_that_is_changed_by_a_reader_stays_whole(build: Build) -> None:
    frame = build["claims"]
    del frame["claim_id"]
    assert "claim_id" in build["claims"]


def test_what_is_not_there_says_how_to_get_it(build: Build, tmp_path: Path) -> None:
    assert not build.has(OURS)
    assert OURS in build.waiting
    with pytest.raises(TableError, match="waiting for a pull"):
        build[OURS]
    with pytest.raises(InputError, match="no table 'poems'"):
        build["poems"]
    with pytest.raises(InputError, match="no figure 'poems'"):
        room.evidence_of(build, "poems")
    with pytest.raises(TableError, match="holds no build") as raised:
        read_build(tmp_path)
    assert "make sample" in raised.value.next_step


def test_a_table_that_was_not_counted_is_that_of_the_sample_and_each_row_says_so(
    build: Build, counted: Build
) -> None:
    invented = build.or_sample(OURS)
    assert set(invented["source"]) == {"SYNTHETIC sample"}
    assert invented.attrs["provenance"]["synthetic"]
    assert list(invented["year"]) == list(build.study.year_range)
    assert set(invented.columns) - {"source"} == {column.name for column in TABLES[OURS].columns}
    assert replace(counted, provenance=replace(REAL, location=API_URL)).or_sample(OURS)[
        ["n_works_institution_region", "source"]
    ].values.tolist() == [[3, "OpenAlex"]]
    with pytest.raises(InputError, match="no table of counts 'claims'"):
        build.or_sample("claims")


def test_an_edited_build_is_not_read(graded_world: World) -> None:
    study = graded_world.processed / "study.toml"
    study.write_text(study.read_text().replace("2007", "2008"))
    with pytest.raises(TableError, match=r"study\.toml is not as it was built"):
        read_build(graded_world.processed)


def test_one_figure_asked_is_one_figure_drawn(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def draw_one(_: object, name: str) -> tuple[str, str]:
        drawn.append(name)
        return name, ""

    monkeypatch.setattr(room, "draw_figure", draw_one)
    name = "figure1_region_output"
    assert [build.figure(name), build.figure(name)] == [name, name]
    assert drawn == [name]
    with pytest.raises(InputError, match="no figure 'two'") as raised:
        build.figure("two")
    assert name in raised.value.next_step
    with pytest.raises(InputError, match=r"'lenses' is not in .*waiting"):
        build.figure("lenses")


def test_paper_values_are_marked_on_real_builds_only(build: Build) -> None:
    for synthetic in (False, True):
        told = replace(REAL, source="sample", synthetic=synthetic)
        stated = room.inputs_of(build.study, {}, [], told).stated
        assert ("figure4_institution_region" in stated) != synthetic


def test_evidence_is_ours_first_then_that_of_others(build: Build, counted: Build) -> None:
    figure = "figure1_region_output"
    others = room.evidence_of(build, figure)
    assert others
    ours = replace(
        counted, tables={**counted.tables, "region_output": pd.DataFrame({"year": [2007]})}
    )
    first, *rest = room.evidence_of(ours, figure)
    assert first.source.date == "2026-12-01"
    assert [one.source for one in rest] == [one.source for one in others]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"location": API_URL}, "Counted by OpenAlex (p1, 2026-12-01)."),
        ({"location": "http://mirror"}, "Counted by OpenAlex API at http://mirror (p1, "),
        ({"source": "snapshot"}, "Counted by OpenAlex snapshot (p1, "),
        ({"source": "witnesses"}, "Nothing has been counted yet: waiting for a pull"),
        ({"source": "sample", "synthetic": True}, "SYNTHETIC"),
    ],
)
def test_a_build_says_who_counted(values: dict[str, object], said: str, build: Build) -> None:
    assert replace(build, provenance=replace(REAL, **values)).origin.startswith(said)


class Reader(HTMLParser):
    """Collects the text of cells, and checks that every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, _: object) -> None:
        """Note an element that begins."""
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note an element that ends."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text.append(data)


def test_a_notebook_shows_every_table_and_its_state(counted: Build) -> None:
    study = replace(counted.study, title="A <b>study</b> & more")
    reader = Reader()
    reader.feed(replace(counted, study=study)._repr_html_())
    assert reader.open == []
    assert reader.text[0] == "A <b>study</b> & more"
    assert [text for text in reader.text if text in TABLES] == list(TABLES)
    assert sum("waiting for a" in text for text in reader.text) == len(TABLES) - 4
    assert f"{len(counted['claims']):,}" in reader.text


def test_a_build_names_itself(build: Build, witness_build: Path) -> None:
    assert re.fullmatch(
        rf"<Build cas-latin-america in [\w.-]+/{re.escape(witness_build.name)}: claims, "
        "claim_summary, witnesses>",
        repr(build),
    )
