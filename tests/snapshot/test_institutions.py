"""The institutions beside the narrow table: their rows, and releases that are damaged or change."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bibliometrics.errors import ArchiveError, SnapshotError
from bibliometrics.snapshot import Snapshot, narrow_release
from tests.support.object_store import ObjectStore
from tests.support.random_worlds import WHOLE
from tests.support.snapshot_release import write_institutions, write_release

if TYPE_CHECKING:
    from pathlib import Path

BASE = "https://openalex.org/"
WORKS = [{**WHOLE, "id": f"{BASE}W{number}"} for number in range(1, 30)]


def place(number: int, **values: Any) -> dict[str, Any]:
    """Return an institution's record."""
    ids = {"id": f"{BASE}I{number}", "lineage": [f"{BASE}I{number}", f"{BASE}I99"]}
    told = {"display_name": f"Institute {number}", "country_code": "CN", "type": "facility"}
    return {**ids, **told, "works_count": number, **values}


PLACES = [
    place(20),
    place(10, country_code=None, type=None, display_name=None, lineage=None, works_count=None),
    place(30, id=f"{BASE}I-1"),
]


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_institutions_are_read_with_what_lies_above_them(kind: str, tmp_path: Path) -> None:
    release = write_release(tmp_path / "r", {"a": WORKS}, kind=kind, institutions=PLACES)
    told = narrow_release(str(release), tmp_path / "narrow").institutions
    assert told is not None
    assert (told.rows, told.date) == (3, "2026-11-22")
    source = Snapshot(tmp_path / "narrow")
    listed = source.list_institutions()
    source.close()
    assert listed.to_dict("list") == {
        "institution_id": ["I10", "I20"],
        "institution": ["", "Institute 20"],
        "country_code": ["", "CN"],
        "type": ["", "facility"],
        "n_works_source": [0, 20],
        "lineage": [[], ["I20", "I99"]],
    }


def test_institutions_from_far_are_those_from_near(tmp_path: Path) -> None:
    release = write_release(tmp_path / "r", {"a": WORKS}, institutions=PLACES)
    near = narrow_release(str(release), tmp_path / "near").institutions
    with ObjectStore(release) as store:
        place = "s3://openalex/works"
        far = narrow_release(place, tmp_path / "far", endpoint=store.endpoint).institutions
    assert near == far


def test_a_second_run_keeps_the_table_and_mends_a_damaged_one(tmp_path: Path) -> None:
    release = write_release(tmp_path / "r", {"a": WORKS}, institutions=PLACES)
    folder = tmp_path / "narrow"
    first = narrow_release(str(release), folder)
    path = folder / "institutions.parquet"
    written = path.stat().st_mtime_ns
    assert narrow_release(str(release), folder).institutions == first.institutions
    assert path.stat().st_mtime_ns == written
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    source = Snapshot(folder)
    with pytest.raises(ArchiveError, match=r"institutions\.parquet was cut or edited"):
        source.list_institutions()
    source.close()
    narrow_release(str(release), folder)
    assert path.read_bytes() == whole
    write_institutions(release, [*PLACES, place(40)])
    newer = narrow_release(str(release), folder).institutions
    assert newer is not None
    assert newer.rows == len(PLACES) + 1


def test_institutions_that_stand_twice_are_named(tmp_path: Path) -> None:
    places = [place(20), place(20)]
    release = write_release(tmp_path / "r", {"a": WORKS}, institutions=places)
    with pytest.raises(SnapshotError, match="institution I20 stands in the release twice"):
        narrow_release(str(release), tmp_path / "narrow")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"country_code": "China"}, r"1 of 1 values of institutions\.country_code.*'China'"),
        ({"lineage": ["cas"]}, r"1 of 1 values of institutions\.lineage.*'cas'"),
        ({"id": f"{BASE}A5"}, r"1 of 1 values of institutions\.id.*A5"),
    ],
)
def test_values_of_institutions_that_can_not_be_read_are_an_error(
    change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    release = write_release(tmp_path / "r", {"a": WORKS}, institutions=[place(20, **change)])
    with pytest.raises(SnapshotError, match=said):
        narrow_release(str(release), tmp_path / "narrow")


@pytest.mark.parametrize("change", [{"works_count": "many"}, {"lineage": "I20"}, {"type": 7}])
def test_a_line_with_values_of_another_kind_is_an_error(
    change: dict[str, Any], tmp_path: Path
) -> None:
    release = write_release(tmp_path / "r", {"a": WORKS}, kind="jsonl")
    write_institutions(release, [place(20)], kind="jsonl")
    rewrite(release, lambda line: json.dumps(json.loads(line) | change))
    with pytest.raises(SnapshotError, match="no institution of a known schema"):
        narrow_release(str(release), tmp_path / "narrow")


def test_a_file_of_institutions_that_lacks_records_or_columns_is_an_error(tmp_path: Path) -> None:
    release = write_release(tmp_path / "r", {"a": WORKS}, institutions=PLACES)
    (path,) = (release / "institutions").glob("*/*.parquet")
    whole = pq.read_table(path)
    for table, said in (
        (whole.slice(1), "holds 2 records, the manifest says 3"),
        (whole.drop_columns(["country_code"]), "column country_code is missing"),
        (
            whole.set_column(8, "works_count", pa.array(["7"] * len(whole))),
            "column works_count is BYTE_ARRAY",
        ),
    ):
        pq.write_table(table, path)
        resize(release, path)
        with pytest.raises(SnapshotError, match=said):
            narrow_release(str(release), tmp_path / "narrow")
    path.unlink()
    with pytest.raises(SnapshotError, match="can't be read"):
        narrow_release(str(release), tmp_path / "narrow")


def rewrite(release: Path, change: Any) -> None:
    """Change the lines of a release's file of institutions."""
    (path,) = (release / "institutions").glob("*/*.gz")
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    path.write_bytes(gzip.compress("".join(f"{change(line)}\n" for line in lines).encode()))
    resize(release, path)


def resize(release: Path, path: Path) -> None:
    """Write the size of a file into the manifest."""
    manifest = release / "institutions" / "manifest.json"
    told = json.loads(manifest.read_bytes())
    told["files"][0]["meta"]["content_length"] = path.stat().st_size
    manifest.write_text(json.dumps(told))
