"""From a release to the narrow table: same rows from both formats, and never half a table."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from bibliometrics.errors import (
    BusyError,
    DiskError,
    InputError,
    NetworkError,
    ServerError,
    SnapshotError,
)
from bibliometrics.files import lock_file
from bibliometrics.snapshot import jsonl as works_jsonl
from bibliometrics.snapshot import narrow as narrow_workers
from bibliometrics.snapshot import parquet as works_parquet
from bibliometrics.snapshot import reading
from bibliometrics.snapshot.narrow import Progress, narrow_release, read_narrowed
from bibliometrics.snapshot.rows import NARROW_SCHEMA, Tally
from tests.support.killed_worker import die_once
from tests.support.make_sample import FOLDER
from tests.support.object_store import ObjectStore
from tests.support.oracle import works as plain_works
from tests.support.random_worlds import WHOLE, make_record, worlds
from tests.support.sample_records import read_sample
from tests.support.snapshot_release import (
    WORKS_SCHEMA,
    describe_file,
    write_manifest,
    write_release,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = "https://openalex.org/"
ROOT = Path(__file__).resolve().parents[2]
PARTS = [f"updated_date=2026-01-0{day}/part_0000" for day in range(1, 6)]
Work = dict[str, Any]


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WAITS_SECONDS", (0.0,) * 5)


def some_works(first: int, number: int = 20) -> list[Work]:
    return [
        {**WHOLE, "id": f"{BASE}W{first + row}", "publication_year": 2006 + row % 12}
        for row in range(number)
    ]


def small_release(folder: Path, kind: str = "parquet", **said: Any) -> Path:
    parts = {name: some_works(1000 * (row + 1)) for row, name in enumerate(PARTS)}
    return write_release(folder, parts, kind=kind, rows_per_group=7, **said)


def read_table(folder: Path) -> pa.Table:
    files = sorted((folder / "works").glob("*.parquet"))
    return pa.concat_tables([pq.ParquetFile(file).read() for file in files])


def rows_of_lines(works: list[Work], years: tuple[int, int] | None = None) -> list[Work]:
    lines = "".join(json.dumps(work) + "\n" for work in works)
    file = BytesIO(gzip.compress(lines.encode()))
    batches = works_jsonl.read_rows(file, "test", years, Tally())
    return pa.Table.from_batches(batches, NARROW_SCHEMA).to_pylist()


def no_temporary_files(folder: Path) -> bool:
    return not list(folder.rglob("*.tmp"))


# ------------------------------------------------------------------------------ the two decoders --


@settings(max_examples=40)
@given(worlds())
def test_both_formats_give_the_same_rows_for_any_world(works: list[Work]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        release = write_release(Path(folder), {"a": works}, rows_per_group=4)
        parquet = works_parquet.open_parquet(str(release / "works" / "a.parquet"), "a")
        for years in (None, (2007, 2016)):
            dropped = Tally()
            batches = list(works_parquet.read_rows(parquet, "a", years, dropped))
            table = pa.Table.from_batches(batches, NARROW_SCHEMA)
            assert table.to_pylist() == rows_of_lines(works, years)
            assert len(table) + dropped.total() == len(works)
        parquet.close()


def test_both_formats_give_the_same_narrow_table_for_the_sample(tmp_path: Path) -> None:
    name = "updated_date=2016-06-24/part_0000"
    works = read_sample(f"{name}.parquet")
    for kind in ("parquet", "jsonl"):
        release = write_release(tmp_path / kind, {name: works}, kind=kind)
        narrow_release(str(release), tmp_path / f"narrow-{kind}")
    first, second = (read_table(tmp_path / f"narrow-{kind}") for kind in ("parquet", "jsonl"))
    assert first.equals(second)
    assert first.schema == NARROW_SCHEMA
    summaries = [read_narrowed(tmp_path / f"narrow-{kind}") for kind in ("parquet", "jsonl")]
    assert summaries[0].known == summaries[1].known
    assert summaries[0].dropped == summaries[1].dropped


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"authors_count": None}, "n_authors", 2),
        ({"authors_count": 4999}, "n_authors", 4999),
        ({"countries_distinct_count": None}, "n_countries", 2),
        ({"countries_distinct_count": 7}, "n_countries", 7),
        ({"is_retracted": None}, "is_retracted", None),
        ({"is_xpac": None}, "work_id", 100),
        ({"publication_year": None}, "year", None),
        ({"type": None}, "type", None),
        ({"type": f"{BASE}types/Article"}, "type", "article"),
        ({"primary_topic": None}, "field_id", None),
        ({"primary_topic": {"field": None}}, "field_id", None),
        ({"primary_location": None}, "core_source", None),
        ({"primary_location": {"source": None}}, "core_source", None),
        ({"citation_normalized_percentile": None}, "top_1", None),
        ({"authorships": None}, "countries", []),
        ({"authorships": []}, "lineages", []),
        ({"authorships": None, "authors_count": None}, "n_authors", 0),
        ({"authorships": [{"institutions": None}], "authors_count": None}, "n_authors", 1),
    ],
)
def test_a_missing_value_becomes_what_the_rules_say_in_both_formats(
    change: Work, column: str, value: object, tmp_path: Path
) -> None:
    work = {**WHOLE, **change}
    (row,) = rows_of_lines([work])
    assert row[column] == value
    release = write_release(tmp_path, {"a": [work]})
    parquet = works_parquet.open_parquet(str(release / "works" / "a.parquet"), "a")
    (batch,) = works_parquet.read_rows(parquet, "a", None, Tally())
    assert batch.to_pylist() == [row]


def test_keys_that_a_record_lacks_are_missing_not_false() -> None:
    place = {"id": f"{BASE}I90", "country_code": "NA"}
    (row,) = rows_of_lines([{"id": f"{BASE}W1", "authorships": [{"institutions": [place]}]}])
    assert row["is_retracted"] is row["core_source"] is row["top_1"] is row["year"] is None
    assert (row["countries"], row["institution_ids"], row["lineage_ids"]) == (["NA"], [90], [])
    assert (row["n_authors"], row["n_countries"]) == (1, 1)


def test_the_defect_id_is_passed_over_and_its_country_counts() -> None:
    defect = {"id": f"{BASE}I-1", "country_code": "br", "lineage": [f"{BASE}I-1", f"{BASE}I77"]}
    (row,) = rows_of_lines([make_record(1, [[defect]])])
    assert (row["countries"], row["institution_ids"], row["lineage_ids"]) == (["BR"], [], [77])


def test_lists_ascend_and_hold_each_value_once() -> None:
    def place(number: int, code: str) -> Work:
        return {"id": f"{BASE}I{number}", "country_code": code, "lineage": [f"{BASE}I{number}"]}

    team = [[place(99, "US"), place(11, "BR")], [], [place(99, "US")]]
    (row,) = rows_of_lines([make_record(1, team)])
    assert row["countries"] == ["BR", "US"]
    assert row["lineage_ids"] == row["institution_ids"] == [11, 99]
    assert row["lineages"] == [[11], [99]]


def test_authors_past_the_hundredth_and_the_thousandth_are_there() -> None:
    late = {"id": f"{BASE}I55", "country_code": "CL", "lineage": [f"{BASE}I55"]}
    (row,) = rows_of_lines([make_record(1, [[]] * 2999 + [[late]])])
    assert (row["n_authors"], row["countries"]) == (3000, ["CL"])


@pytest.mark.slow
def test_real_records_of_2021_to_2026_give_what_plain_json_says(real_records: Path) -> None:
    dropped = Tally()
    with real_records.open("rb") as file:
        table = pa.Table.from_batches(works_jsonl.read_rows(file, "real", None, dropped))
    with gzip.open(real_records, "rt", encoding="utf-8") as lines:
        works = [json.loads(line) for line in lines]
    core = [work for work in works if not work.get("is_xpac")]
    assert (len(works), +dropped) == (13_506, {"expansion corpus": len(works) - len(core)})
    rows = {row["work_id"]: row for row in table.to_pylist()}
    assert len(rows) == len(core)
    for work in core:
        row = rows[int(plain_works.last_part(work["id"])[1:])]
        source = (work.get("primary_location") or {}).get("source") or {}
        assert row["year"] == work.get("publication_year")
        assert row["countries"] == sorted(plain_works.countries_of(work))
        assert row["n_authors"] == plain_works.number_of_authors(work)
        assert row["n_countries"] == plain_works.number_of_countries(work)
        assert row["field_id"] == plain_works.field_of(work)
        assert row["core_source"] == source.get("is_core")
    lists = ("countries", "institution_ids", "lineage_ids")
    known = {name: len([row for row in rows.values() if row[name]]) for name in lists}
    assert known["countries"] > known["institution_ids"] / 2 > 0
    assert known["lineage_ids"] > 0


# ------------------------------------------------------------------------------ totals, progress --


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_rows_read_are_rows_kept_and_rows_dropped_by_each_rule(kind: str, tmp_path: Path) -> None:
    works = [*some_works(100, 12), {**WHOLE, "id": f"{BASE}W7", "is_xpac": True}]
    works.append({**WHOLE, "id": f"{BASE}W8", "publication_year": None})
    release = write_release(tmp_path / "release", {PARTS[0]: works}, kind=kind)
    told = narrow_release(str(release), tmp_path / "narrow", years=(2007, 2016))
    assert told.dropped == {"expansion corpus": 1, "outside the years": 3}
    assert (told.rows, told.rows_kept) == (14, 10)
    (note,) = (tmp_path / "narrow" / "notes").glob("*.json")
    assert json.loads(note.read_text())["dropped"] == told.dropped


def test_progress_is_told_after_each_file(tmp_path: Path) -> None:
    told: list[Progress] = []
    release = small_release(tmp_path / "release")
    done = narrow_release(str(release), tmp_path / "narrow", on_event=told.append)
    assert [event.files_done for event in told] == [1, 2, 3, 4, 5]
    assert told[-1].rows == done.rows == 100
    assert told[-1].seconds_left == 0.0
    assert told[0].seconds_left is not None
    assert done.bytes_read < sum(file.stat().st_size for file in release.rglob("*.parquet"))


def test_two_jobs_give_the_same_table_as_one(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    one = narrow_release(str(release), tmp_path / "one")
    two = narrow_release(str(release), tmp_path / "two", jobs=2)
    assert read_table(tmp_path / "one").equals(read_table(tmp_path / "two"))
    assert (one.rows, one.known, one.parts) == (two.rows, two.known, two.parts)


def test_a_dry_run_extrapolates_and_the_full_run_goes_on_from_it(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    dry = narrow_release(str(release), tmp_path / "narrow", files=2)
    assert (dry.files, dry.files_of_release, dry.complete) == (2, 5, False)
    assert dry.whole_seconds == pytest.approx(dry.seconds * 5 / 2, abs=0.1)
    assert dry.whole_bytes == pytest.approx(dry.narrow_bytes * 5 / 2, abs=2)
    with pytest.raises(SnapshotError, match="2 of the release's 5 files"):
        read_narrowed(tmp_path / "narrow")
    told: list[Progress] = []
    whole = narrow_release(str(release), tmp_path / "narrow", on_event=told.append)
    assert [event.files_done for event in told] == [3, 4, 5]
    assert whole.complete
    again = narrow_release(str(release), tmp_path / "narrow", on_event=told.append)
    assert len(told) == 3
    assert (again.rows, again.whole_seconds) == (whole.rows, None)


def test_the_release_folder_can_be_named_with_or_without_works(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    narrow_release(str(release), tmp_path / "narrow")
    assert narrow_release(f"{release}/works/", tmp_path / "narrow").complete


# -------------------------------------------------------------------------------- kill and go on --


def test_a_run_killed_in_the_middle_goes_on_to_the_same_table(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    narrow_release(str(release), tmp_path / "whole")
    script = f"""
        import os, signal
        from pathlib import Path
        from bibliometrics.snapshot import narrow
        written = []
        def write_then_die(path, content):
            written.append(path.parent.name)
            if written.count("notes") == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            original(path, content)
        original, narrow.write_atomic = narrow.write_atomic, write_then_die
        narrow.narrow_release({str(release)!r}, Path({str(tmp_path / "narrow")!r}))
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, check=False, timeout=120
    )
    assert ended.returncode == -signal.SIGKILL
    narrow = tmp_path / "narrow"
    assert len(list((narrow / "works").glob("*.parquet"))) == 3
    assert len(list((narrow / "notes").glob("*.json"))) == 2
    (narrow / "works" / "left.123.tmp").write_bytes(b"half")
    (narrow / "check.tmp").mkdir()
    (narrow / "check.tmp" / "duckdb_temp_block-1.block").write_bytes(b"half")
    told: list[Progress] = []
    assert narrow_release(str(release), narrow, on_event=told.append).complete
    assert len(told) == 3
    assert read_table(narrow).equals(read_table(tmp_path / "whole"))
    assert no_temporary_files(narrow)


@pytest.mark.parametrize("name", ["thesis.tmp", "deep/down/thesis.tmp", "works/mine.parquet"])
def test_a_folder_of_others_is_refused_and_nothing_in_it_is_removed(
    name: str, tmp_path: Path
) -> None:
    release = small_release(tmp_path / "release")
    narrow = tmp_path / "narrow"
    (narrow / name).parent.mkdir(parents=True)
    (narrow / name).write_text("mine")
    with pytest.raises(InputError, match=r"holds .* but no plan\.json"):
        narrow_release(str(release), narrow)
    assert [path for path in narrow.rglob("*") if path.is_file()] == [narrow / name]


def test_what_others_put_into_a_narrow_table_s_folder_stays(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    narrow_release(str(release), tmp_path / "narrow")
    kept = [tmp_path / "narrow" / name for name in ("a.tmp", "works/b.tmp", "check.tmp/c")]
    for path in kept:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    narrow_release(str(release), tmp_path / "narrow")
    assert all(path.read_text() == "mine" for path in kept)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
def test_when_a_worker_is_killed_the_run_goes_on_with_fewer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = small_release(tmp_path / "release")
    narrow_release(str(release), tmp_path / "whole")
    monkeypatch.setattr(narrow_workers, "narrow_file", die_once)
    with pytest.warns(RuntimeWarning, match="a worker process was killed, .* now 1 at a time"):
        told = narrow_release(str(release), tmp_path / "narrow", jobs=2)
    assert (told.complete, told.rows) == (True, 100)
    assert read_table(tmp_path / "narrow").equals(read_table(tmp_path / "whole"))
    assert no_temporary_files(tmp_path / "narrow")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
def test_an_interrupt_ends_the_workers_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    script = f"""
        import os, signal
        from pathlib import Path
        from bibliometrics.snapshot.narrow import narrow_release
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a job may inherit "ignore"
        def interrupt(event):
            os.killpg(os.getpgid(0), signal.SIGINT)
        if __name__ == "__main__":
            try:
                narrow_release({str(release)!r}, Path({str(tmp_path / "narrow")!r}), jobs=2,
                               on_event=interrupt)
            except KeyboardInterrupt:
                raise SystemExit(130)
    """
    path = tmp_path / "run.py"
    path.write_text(textwrap.dedent(script))
    ended = subprocess.run(
        [sys.executable, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=120,
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    assert (ended.returncode, ended.stderr) == (130, "")
    assert no_temporary_files(tmp_path / "narrow")
    assert narrow_release(str(release), tmp_path / "narrow").complete


def is_alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_workers_end_when_the_run_that_started_them_is_killed(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    script = f"""
        import multiprocessing, os, signal
        from pathlib import Path
        from bibliometrics.snapshot.narrow import narrow_release
        def die(event):
            print(*(child.pid for child in multiprocessing.active_children()), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        if __name__ == "__main__":
            narrow_release({str(release)!r}, Path({str(tmp_path / "narrow")!r}), jobs=2,
                           on_event=die)
    """
    path = tmp_path / "run.py"
    path.write_text(textwrap.dedent(script))
    ended = subprocess.run(
        [sys.executable, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=120,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    workers = [int(word) for word in ended.stdout.split()]
    assert len(workers) == 2
    until = time.monotonic() + 20
    while any(map(is_alive, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(is_alive, workers))
    assert narrow_release(str(release), tmp_path / "narrow").complete


def test_a_narrow_file_that_was_cut_is_made_anew(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    narrow_release(str(release), tmp_path / "narrow")
    part = sorted((tmp_path / "narrow" / "works").glob("*.parquet"))[0]
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(SnapshotError, match="differs"):
        read_narrowed(tmp_path / "narrow")
    told: list[Progress] = []
    assert narrow_release(str(release), tmp_path / "narrow", on_event=told.append).complete
    assert len(told) == 1


def test_a_second_run_on_the_same_folder_is_busy(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    (tmp_path / "narrow").mkdir()
    lock = lock_file(tmp_path / "narrow" / ".lock", "test")
    with lock, pytest.raises(BusyError, match="another run"):
        narrow_release(str(release), tmp_path / "narrow")
    assert narrow_release(str(release), tmp_path / "narrow").complete


# ---------------------------------------------------------------------------- releases never mix --


def test_another_release_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    narrow_release(str(small_release(tmp_path / "old")), tmp_path / "narrow", files=1)
    newer = small_release(tmp_path / "new", date="2027-03-01")
    with pytest.raises(SnapshotError, match="2027-03-01"):
        narrow_release(str(newer), tmp_path / "narrow")


def test_other_years_in_the_same_folder_are_refused(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    narrow_release(str(release), tmp_path / "narrow", years=(2007, 2016))
    with pytest.raises(SnapshotError, match="never mix"):
        narrow_release(str(release), tmp_path / "narrow", years=(2007, 2017))


@pytest.mark.parametrize("content", [None, b"{", b"[]"])
def test_narrow_files_whose_plan_is_lost_are_not_taken_for_this_release(
    content: bytes | None, tmp_path: Path
) -> None:
    release = small_release(tmp_path / "release")
    narrow_release(str(release), tmp_path / "narrow", files=1)
    plan = tmp_path / "narrow" / "plan.json"
    plan.unlink()
    if content:
        plan.write_bytes(content)
    with pytest.raises(InputError, match=r"no plan\.json"):
        narrow_release(str(release), tmp_path / "narrow")


def test_a_manifest_that_changes_during_the_run_is_noticed_at_its_end(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    manifest = release / "works" / "manifest.json"

    def publish(event: Progress) -> None:
        manifest.write_text(manifest.read_text().replace("2026-11-22", "2026-12-01"))

    with pytest.raises(SnapshotError, match="new release"):
        narrow_release(str(release), tmp_path / "narrow", on_event=publish)
    with pytest.raises(SnapshotError, match="no narrow table"):
        read_narrowed(tmp_path / "narrow")


def test_a_work_that_stands_in_two_files_is_noticed(tmp_path: Path) -> None:
    parts = {PARTS[0]: some_works(10), PARTS[1]: some_works(29)}
    with pytest.raises(SnapshotError, match="W29 stands in the release twice"):
        narrow_release(str(write_release(tmp_path / "r", parts)), tmp_path / "narrow")


def test_a_release_where_nothing_has_a_country_is_noticed(tmp_path: Path) -> None:
    bare = [{**work, "authorships": [{"Institutions": []}]} for work in some_works(10)]
    release = write_release(tmp_path / "r", {PARTS[0]: bare}, kind="jsonl", whole=False)
    with pytest.raises(SnapshotError, match="none of the 20 works kept of 20 has a country"):
        narrow_release(str(release), tmp_path / "narrow")


# --------------------------------------------------------------------------------- damaged files --


def redo_manifest(release: Path, kind: str = "parquet") -> None:
    """Write the manifest anew with the present sizes, so that only the content is wrong."""
    path = release / "works" / "manifest.json"
    told = json.loads(path.read_text())
    rows = {entry["url"]: entry["meta"]["record_count"] for entry in told["files"]}
    files = [release / "works" / url.split("/works/")[1] for url in rows]
    listed = [
        describe_file(kind, file, release, count)
        for file, count in zip(files, rows.values(), strict=True)
    ]
    write_manifest(release, listed, kind=kind, date=told["date"])


def damage(release: Path, change: Callable[[bytes], bytes], kind: str = "parquet") -> None:
    ending = {"parquet": "parquet", "jsonl": "gz"}[kind]
    file = release / "works" / f"{PARTS[2]}.{ending}"
    file.write_bytes(change(file.read_bytes()))


def fails_with(text: str, release: Path, folder: Path) -> None:
    with pytest.raises(SnapshotError, match=text) as caught:
        narrow_release(str(release), folder)
    assert "2026-01-03/part_0000" in str(caught.value)
    assert caught.value.next_step
    assert not (folder / "works" / "2026-01-03__part_0000.parquet").exists()
    assert no_temporary_files(folder)


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_a_file_shorter_than_the_manifest_says_is_an_error(kind: str, tmp_path: Path) -> None:
    release = small_release(tmp_path / "release", kind)
    damage(release, lambda content: content[:-20], kind)
    fails_with("the manifest says", release, tmp_path / "narrow")


@pytest.mark.parametrize(
    ("kind", "text"), [("parquet", "not a whole Parquet file"), ("jsonl", "cut short or damaged")]
)
def test_a_truncated_file_is_an_error_even_if_the_manifest_agrees(
    kind: str, text: str, tmp_path: Path
) -> None:
    release = small_release(tmp_path / "release", kind)
    damage(release, lambda content: content[:-20], kind)
    redo_manifest(release, kind)
    fails_with(text, release, tmp_path / "narrow")


def test_damaged_bytes_in_the_middle_of_a_gz_file_are_an_error(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release", "jsonl")
    damage(release, lambda content: content[:200] + b"\xff" * 80 + content[280:], "jsonl")
    fails_with("cut short or damaged|is no work", release, tmp_path / "narrow")


def test_a_damaged_byte_that_would_be_another_year_fails_by_the_checksum_of_its_page(
    tmp_path: Path,
) -> None:
    release = small_release(tmp_path / "release")
    file = release / "works" / f"{PARTS[2]}.parquet"
    table = pq.ParquetFile(file).read()
    pq.write_table(table, file, compression="none", write_page_checksum=True, use_dictionary=False)
    chunks = pq.read_metadata(file).row_group(0)
    (chunk,) = (
        chunks.column(number)
        for number in range(chunks.num_columns)
        if chunks.column(number).path_in_schema == "publication_year"
    )
    content = bytearray(file.read_bytes())
    content[chunk.data_page_offset + chunk.total_compressed_size - 4] ^= 1
    file.write_bytes(content)
    assert pq.ParquetFile(file).read()["publication_year"] != table["publication_year"]
    redo_manifest(release)
    fails_with("CRC checksum verification failed", release, tmp_path / "narrow")


def test_a_file_that_is_no_gz_at_all_is_an_error(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release", "jsonl")
    damage(release, lambda content: b"{}" + content[2:], "jsonl")
    fails_with("cut short or damaged", release, tmp_path / "narrow")


def rewrite(release: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change the columns of one Parquet file."""
    file = release / "works" / f"{PARTS[2]}.parquet"
    pq.write_table(change(pq.ParquetFile(file).read()), file)
    redo_manifest(release)


def test_a_missing_column_is_an_error_that_names_it(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    rewrite(release, lambda table: table.drop_columns(["is_xpac"]))
    fails_with("column is_xpac is missing, expected BOOLEAN", release, tmp_path / "narrow")


def test_a_column_of_another_type_is_an_error_that_names_it(tmp_path: Path) -> None:
    def as_text(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index("publication_year")
        years = table["publication_year"].cast(pa.string())
        return table.set_column(place, "publication_year", years)

    release = small_release(tmp_path / "release")
    rewrite(release, as_text)
    text = "column publication_year is BYTE_ARRAY, expected INT32 or INT64"
    fails_with(text, release, tmp_path / "narrow")


def test_an_id_that_is_no_works_is_an_error_in_both_formats(tmp_path: Path) -> None:
    for kind in ("parquet", "jsonl"):
        parts = {name: some_works(1000 * (row + 1)) for row, name in enumerate(PARTS)}
        parts[PARTS[2]][3]["id"] = f"{BASE}A5"
        release = write_release(tmp_path / kind, parts, kind=kind)
        fails_with("A5' is not a work's", release, tmp_path / f"narrow-{kind}")


def test_a_value_of_another_type_in_json_lines_is_an_error_that_names_the_line(
    tmp_path: Path,
) -> None:
    parts = {name: some_works(1000 * (row + 1)) for row, name in enumerate(PARTS)}
    parts[PARTS[2]][4]["publication_year"] = "2010"
    release = write_release(tmp_path / "release", parts, kind="jsonl")
    text = r"line 5 is no work of a known schema: .*publication_year"
    fails_with(text, release, tmp_path / "narrow")


def test_a_file_with_fewer_records_than_the_manifest_says_is_an_error(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    path = release / "works" / "manifest.json"
    told = json.loads(path.read_text())
    told["files"][2]["meta"]["record_count"] = 21
    write_manifest(release, told["files"], kind="parquet", date="2026-11-22")
    fails_with("holds 20 records, the manifest says 21", release, tmp_path / "narrow")


def test_a_file_that_the_manifest_names_and_the_folder_lacks_is_an_error(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    (release / "works" / f"{PARTS[2]}.parquet").unlink()
    fails_with("can't be read", release, tmp_path / "narrow")


def test_a_line_of_30_megabytes_is_read(tmp_path: Path) -> None:
    works = some_works(10, 3)
    works[1]["abstract_inverted_index"] = "x" * 30_000_000
    file = BytesIO(gzip.compress("".join(json.dumps(w) + "\n" for w in works).encode(), 1))
    table = pa.Table.from_batches(works_jsonl.read_rows(file, "long", None, Tally()))
    assert table["work_id"].to_pylist() == [10, 11, 12]


def test_a_line_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(works_jsonl, "LINE_LIMIT", 1 << 20)
    file = BytesIO(gzip.compress(b"x" * (20 << 20), 1))
    with pytest.raises(SnapshotError, match="line longer than 1 MiB"):
        list(works_jsonl.read_rows(file, "endless", None, Tally()))


def test_the_last_line_may_lack_its_line_end() -> None:
    file = BytesIO(gzip.compress(json.dumps(WHOLE).encode()))
    table = pa.Table.from_batches(works_jsonl.read_rows(file, "test", None, Tally()))
    assert len(table) == 1


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"date": "2026-11-22"}',
        '{"date": "2026-11-22", "files": []}',
        '{"date": "x", "files": [{"url": "s3://openalex/data/parquet/authors/a.parquet"}]}',
    ],
)
def test_a_manifest_of_another_form_is_an_error(content: str, tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    (release / "works" / "manifest.json").write_text(content)
    with pytest.raises(SnapshotError, match=r"manifest\.json has another form"):
        narrow_release(str(release), tmp_path / "narrow")


def test_a_manifest_whose_total_does_not_add_up_is_an_error(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    path = release / "works" / "manifest.json"
    path.write_text(path.read_text().replace('"record_count": 100,', '"record_count": 99,'))
    with pytest.raises(SnapshotError, match="says 99 records"):
        narrow_release(str(release), tmp_path / "narrow")


def test_a_folder_without_manifest_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no works/manifest"):
        narrow_release(str(tmp_path), tmp_path / "narrow")


def test_options_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    release = str(small_release(tmp_path / "release"))
    for options in ({"jobs": 0}, {"files": 0}, {"years": (2016, 2007)}):
        with pytest.raises(InputError):
            narrow_release(release, tmp_path / "narrow", **options)  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
def test_a_full_disk_is_an_error_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    script = f"""
        import resource, signal
        from pathlib import Path
        from bibliometrics.errors import DiskError
        from bibliometrics.snapshot.narrow import narrow_release
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
        try:
            narrow_release({str(release)!r}, Path({str(tmp_path / "narrow")!r}))
        except DiskError as error:
            raise SystemExit(f"DiskError: {{error}}")
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        check=False,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert ended.stderr.startswith("DiskError: can't write")
    assert not list((tmp_path / "narrow" / "works").iterdir())


def test_a_folder_that_can_not_be_made_is_an_error(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="can't write"):
        narrow_release(str(release), tmp_path / "file" / "narrow")


# ------------------------------------------------------------------------------------------- S3 --


def far_place(store: ObjectStore) -> dict[str, str]:
    return {"place": "s3://openalex/works", "endpoint": store.endpoint}


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_a_release_far_away_gives_the_same_table_as_in_a_folder(kind: str, tmp_path: Path) -> None:
    release = small_release(tmp_path / "release", kind)
    narrow_release(str(release), tmp_path / "near")
    with ObjectStore(release) as store:
        told = narrow_release(folder=tmp_path / "far", **far_place(store))
    assert read_table(tmp_path / "far").equals(read_table(tmp_path / "near"))
    near = asdict(read_narrowed(tmp_path / "near"))
    assert {k: v for k, v in asdict(told).items() if k in ("rows", "known", "parts")} == {
        k: v for k, v in near.items() if k in ("rows", "known", "parts")
    }


def test_only_a_part_of_a_parquet_file_is_moved(tmp_path: Path) -> None:
    works = [
        {**work, "abstract_inverted_index": os.urandom(8_000).hex()} for work in some_works(10)
    ]
    release = write_release(tmp_path / "release", {PARTS[0]: works})
    with ObjectStore(release) as store:
        narrow_release(folder=tmp_path / "far", **far_place(store))
        sizes = (file.stat().st_size for file in release.rglob("*.parquet"))
        assert store.sent < sum(sizes) / 2


def test_json_lines_far_away_are_read_by_large_requests(tmp_path: Path) -> None:
    works = [
        {**work, "abstract_inverted_index": os.urandom(40_000).hex()} for work in some_works(1, 40)
    ]
    release = write_release(tmp_path / "release", {PARTS[0]: works}, kind="jsonl")
    with ObjectStore(release) as store:
        narrow_release(folder=tmp_path / "far", **far_place(store))
        reads = [r for r in store.requests if r[0] == "GET" and "updated_date" in r[1]]
    assert next(release.rglob("*.gz")).stat().st_size > 1_500_000
    assert len(reads) <= 2


@pytest.mark.parametrize("fault", ["503", "close"])
def test_a_read_that_breaks_off_is_tried_again(fault: str, tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    with ObjectStore(release) as store:
        store.faults = [fault, "", "", fault, "", fault]
        told = narrow_release(folder=tmp_path / "far", **far_place(store))
        assert store.faults == []
    assert (told.complete, told.rows) == (True, 100)


def test_a_source_that_always_fails_is_an_error_after_some_tries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = small_release(tmp_path / "release")
    monkeypatch.setattr(reading, "WAITS_SECONDS", (0.0,))
    with ObjectStore(release) as store:
        store.always = "503"
        with pytest.raises(ServerError, match="2 tries"):
            narrow_release(folder=tmp_path / "far", **far_place(store))
    assert not list((tmp_path / "far" / "works").iterdir())


def test_a_file_that_changes_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    with ObjectStore(release) as store:
        store.etag_of = lambda path: f'"{len(store.requests) > 6}"'  # type: ignore[method-assign]
        with pytest.raises(SnapshotError, match="changed while it was read"):
            narrow_release(folder=tmp_path / "far", **far_place(store))
    assert no_temporary_files(tmp_path / "far")


def test_an_address_that_is_not_of_s3_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a folder nor"):
        narrow_release("https://example.org/works", tmp_path)


def test_a_file_missing_far_away_is_an_error(tmp_path: Path) -> None:
    release = small_release(tmp_path / "release")
    (release / "works" / f"{PARTS[2]}.parquet").unlink()
    with ObjectStore(release) as store, pytest.raises(SnapshotError, match="can't be read"):
        narrow_release(folder=tmp_path / "far", **far_place(store))


def test_a_place_without_manifest_far_away_is_an_error(tmp_path: Path) -> None:
    with ObjectStore(tmp_path) as store, pytest.raises(SnapshotError, match="no works/manifest"):
        narrow_release(folder=tmp_path / "far", **far_place(store))


@pytest.mark.slow
def test_a_place_that_does_not_answer_is_an_error_of_the_network(tmp_path: Path) -> None:
    with ObjectStore(tmp_path) as store:
        place = far_place(store)
    with pytest.raises(NetworkError, match="6 tries"):
        narrow_release(folder=tmp_path / "far", **place)


# ----------------------------------------------------------------------------------- the sample --


def test_the_leaves_stand_in_the_official_schema() -> None:
    assert len(WORKS_SCHEMA) == 49
    parquet = works_parquet.open_parquet(
        str(FOLDER / "works/updated_date=2016-06-24/part_0000.parquet"), "part"
    )
    assert works_parquet.leaf_bytes(parquet) > 0
