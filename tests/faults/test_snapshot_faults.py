"""Damaged and odd releases: an error of ours that names the file, never another process's end."""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bibliometrics.errors import InputError, SnapshotError
from bibliometrics.snapshot import narrow as workers
from bibliometrics.snapshot.expressions import question_sql
from bibliometrics.snapshot.narrow import narrow_release
from bibliometrics.study.questions import Question
from tests.support.killed_worker import die_always
from tests.support.random_worlds import WHOLE
from tests.support.snapshot_release import write_release

if TYPE_CHECKING:
    from pathlib import Path

PART = "updated_date=2026-01-01/part_0000"
Work = dict[str, Any]


def works(number: int, odd: int, **change: Any) -> list[Work]:
    """Return works of which some have a first institution that is changed."""
    made = []
    for row in range(number):
        one = {**deepcopy(WHOLE), "id": f"https://openalex.org/W{row + 1}"}
        one["authorships"] = [{"institutions": [PLACE | (change if row < odd else {})]}]
        made.append(one)
    return made


PLACE = {
    "id": "https://openalex.org/I19820366",
    "country_code": "CN",
    "type": "education",
    "lineage": ["https://openalex.org/I19820366"],
}


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"country_code": "China"}, "country_code", "China"),
        ({"country_code": "C1"}, "country_code", "C1"),
        ({"id": "https://openalex.org/A5"}, "institutions.id", "https://openalex.org/A5"),
        ({"lineage": ["cas"]}, "lineage", "cas"),
    ],
)
def test_values_that_can_not_be_read_are_an_error_with_file_record_and_value(
    change: Work, column: str, value: str, tmp_path: Path
) -> None:
    release = write_release(tmp_path / "release", {PART: works(20, 10, **change)})
    with pytest.raises(SnapshotError) as caught:
        narrow_release(str(release), tmp_path / "narrow")
    said = caught.value.message
    assert all(text in said for text in (PART, column, repr(value), "W1", "10 of 20 values"))


def test_a_few_values_that_can_not_be_read_are_counted_and_named(tmp_path: Path) -> None:
    release = write_release(tmp_path / "release", {PART: works(1500, 1, country_code="Ch")[:1500]})
    assert narrow_release(str(release), tmp_path / "a").unread == {}  # "ch" is written small
    release = write_release(tmp_path / "odd", {PART: works(1500, 1, country_code="CHN")})
    told = narrow_release(str(release), tmp_path / "b")
    assert told.unread == {"institutions.country_code": 1}
    assert told.known["countries"] == 1499


def test_the_defect_id_is_no_value_that_can_not_be_read(tmp_path: Path) -> None:
    release = write_release(
        tmp_path / "release", {PART: works(20, 10, id="https://openalex.org/I-1")}
    )
    assert narrow_release(str(release), tmp_path / "narrow").unread == {}


@pytest.mark.parametrize("year", [2**31, 2**40, -(2**40)])
def test_a_year_beyond_any_calendar_names_the_file(year: int, tmp_path: Path) -> None:
    release = write_release(tmp_path / "release", {PART: works(3, 0)})
    path = release / "works" / f"{PART}.parquet"
    table = pq.read_table(path)
    place = table.schema.get_field_index("publication_year")
    table = table.set_column(place, "publication_year", pa.array([2010, year, 2011], pa.int64()))
    pq.write_table(table, path)
    manifest = release / "works" / "manifest.json"
    told = json.loads(manifest.read_bytes())
    told["files"][0]["meta"]["content_length"] = path.stat().st_size
    manifest.write_text(json.dumps(told))
    with pytest.raises(SnapshotError, match=PART):
        narrow_release(str(release), tmp_path / "narrow")


@pytest.mark.parametrize(
    "name", ["../../secret.parquet", "/etc/passwd.parquet", "a/../../b.parquet", "a\\b.parquet"]
)
def test_a_manifest_that_points_outside_its_folder_is_refused(name: str, tmp_path: Path) -> None:
    release = write_release(tmp_path / "release", {PART: works(3, 0)})
    path = release / "works" / "manifest.json"
    told = json.loads(path.read_bytes())
    told["files"][0]["url"] = f"s3://openalex/data/parquet/works/{name}"
    path.write_text(json.dumps(told))
    with pytest.raises(SnapshotError, match="lies outside"):
        narrow_release(str(release), tmp_path / "narrow")


@pytest.mark.parametrize("text", ["[" * 100_000, "{", '{"files": 7}', '{"files": [{"url": 1}]}'])
def test_a_manifest_of_another_form_is_our_error(text: str, tmp_path: Path) -> None:
    release = write_release(tmp_path / "release", {PART: works(3, 0)})
    (release / "works" / "manifest.json").write_text(text)
    with pytest.raises(SnapshotError, match=r"manifest\.json has another form"):
        narrow_release(str(release), tmp_path / "narrow")


def test_the_layout_of_before_2026_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "works").mkdir()
    (tmp_path / "works" / "manifest").write_text('{"entries": [], "meta": {}}')
    for place in (tmp_path, tmp_path / "works"):
        with pytest.raises(SnapshotError, match="layout of releases before 2026") as caught:
            narrow_release(str(place), tmp_path / "narrow")
        assert "s3://openalex/data/parquet/works" in caught.value.next_step


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
def test_a_file_that_ends_its_worker_twice_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = write_release(tmp_path / "release", {PART: works(3, 0)})
    monkeypatch.setattr(workers, "narrow_file", die_always)
    with pytest.raises(SnapshotError, match=rf"{PART}.* ended the worker process 2 times"):
        narrow_release(str(release), tmp_path / "narrow", jobs=1)


@pytest.mark.parametrize("table", ["a.b.c.d.e", "", "a b", "works; drop table x", "a..b"])
def test_a_table_name_is_taken_as_it_is_or_refused(table: str) -> None:
    with pytest.raises(InputError, match="is not the name of a table"):
        question_sql(Question(years=(2016, 2016), group_by=("year",)), table=table)
