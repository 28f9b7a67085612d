"""
What a narrow table says of itself: a note for each source file, and a summary.

The folder of a narrow table holds::

    plan.json        years and rules that it was begun with
    manifest.json    the release's own manifest, as it was when the work began
    works/X.parquet  rows of one source file (columns: ``rows.NARROW_SCHEMA``)
    notes/X.json     its note: version, bytes, rows read, kept and dropped by each rule
    release.json     the summary: which release, which years, totals, whether it is complete

and ``institutions.parquet`` if the release has institutions (see ``institutions``).
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bibliometrics import __version__
from bibliometrics.errors import InputError, SnapshotError
from bibliometrics.files import (
    TEMPORARY,
    kind_of,
    lock_file,
    on_disk,
    parse_json,
    remove_temporary,
    sha256,
    to_json,
    write_atomic,
)
from bibliometrics.snapshot import jsonl as works_jsonl
from bibliometrics.snapshot import parquet as works_parquet
from bibliometrics.snapshot.institutions import Institutions, write_institutions
from bibliometrics.snapshot.reading import insist, open_file, read_errors
from bibliometrics.snapshot.release import (
    MANIFEST,
    Opened,
    Release,
    SourceFile,
    changed_error,
    read_release,
)
from bibliometrics.snapshot.rows import DROP_RULES, NARROW_SCHEMA, Tally, check_readable

RULES_VERSION: Final = 3
SUMMARY: Final = "release.json"
PLAN: Final = "plan.json"
SPILLED: Final = "check.tmp"
HALF: Final = re.compile(r".+\.\d+\.tmp")
AGAIN: Final = "run `python -m bibliometrics snapshot narrow` again; it goes on where it stopped"


@dataclass(frozen=True)
class Note:
    """
    What became of one source file.

    ``bytes_read`` are those of the leaves and the footer, or of the whole JSON Lines file;
    ``known`` counts the rows that have a value (or a list that is not empty), by column;
    ``unread`` the values that are there but can't be read, by column of the release.
    """

    file: str
    etag: str
    size: int
    bytes_read: int
    rows: int
    rows_kept: int
    dropped: dict[str, int]
    known: dict[str, int]
    narrow_bytes: int
    seconds: float
    rules_version: int = RULES_VERSION
    package_version: str = __version__
    unread: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Narrowed:
    """
    What a narrow table holds after a run.

    ``dropped`` and ``known`` count rows, by rule and by column with a value; ``parts`` gives the
    bytes of each narrow file. ``whole_seconds`` and ``whole_bytes`` extrapolate time and narrow
    size to the whole release by its number of records, at the speed of this run; None when this
    run read nothing.
    """

    place: str
    date: str
    manifest_sha256: str
    format: str
    synthetic: bool
    years: tuple[int, int] | None
    complete: bool
    files: int
    files_of_release: int
    rows: int
    rows_of_release: int
    rows_kept: int
    dropped: dict[str, int]
    known: dict[str, int]
    bytes_read: int
    narrow_bytes: int
    seconds: float
    whole_seconds: float | None
    whole_bytes: int | None
    rules_version: int = RULES_VERSION
    package_version: str = __version__
    parts: dict[str, int] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    institutions: Institutions | None = None


def read_note(folder: Path, short: str) -> Note | None:
    """Return the note of a finished source file, or None if it is yet to be done."""
    try:
        note = Note(**parse_json((folder / "notes" / f"{short}.json").read_text("utf-8")))
        size = (folder / "works" / f"{short}.parquet").stat().st_size
    except (OSError, ValueError, TypeError):
        return None
    return note if (size, RULES_VERSION) == (note.narrow_bytes, note.rules_version) else None


def read_narrowed(folder: Path) -> Narrowed:
    """Read what a narrow table says of itself, and check that its files are all there."""
    try:
        narrowed = _read_summary(folder)
    except (OSError, ValueError, TypeError, KeyError) as error:
        msg = f"{folder} holds no narrow table: {error}."
        raise SnapshotError(msg, AGAIN) from error
    if not narrowed.complete:
        msg = (
            f"the narrow table in {folder} has {narrowed.files} of the release's "
            f"{narrowed.files_of_release} files."
        )
        raise SnapshotError(
            msg,
            AGAIN,
        )
    found = {part.name: part.stat().st_size for part in (folder / "works").glob("*.parquet")}
    odd = sorted(set(found.items()) ^ set(narrowed.parts.items()))
    if odd or narrowed.rules_version != RULES_VERSION:
        what = f"file {odd[0][0]}" if odd else "its rules version"
        msg = f"the narrow table in {folder} is not what {SUMMARY} says: {what} differs."
        raise SnapshotError(
            msg,
            "make it anew in an empty folder",
        )
    return narrowed


def _read_summary(folder: Path) -> Narrowed:
    told = parse_json((folder / SUMMARY).read_text(encoding="utf-8"))
    told["years"] = tuple(told["years"]) if told["years"] else None
    listed = told.get("institutions")
    told["institutions"] = Institutions(**listed) if listed else None
    return Narrowed(**told)


@dataclass(frozen=True)
class Unit:
    """All that a worker needs for one file."""

    place: str
    endpoint: str | None
    file: SourceFile
    format: str
    folder: Path
    years: tuple[int, int] | None


def narrow_file(unit: Unit) -> Note:
    """Make the narrow file and the note of one source file; a read broken off is tried again."""
    return insist(lambda: _narrow_once(unit))


def _narrow_once(unit: Unit) -> Note:
    started, file = time.monotonic(), unit.file
    temporary = unit.folder / "works" / f"{file.short}.{os.getpid()}.tmp"
    try:
        etag, moved, tally, known = _write_narrow(unit, temporary)
        n_read, n_kept = sum(tally.values()), tally.pop("")
        if n_read != file.rows:
            msg = f"{file.name} holds {n_read} records, the manifest says {file.rows}."
            raise SnapshotError(
                msg,
                "fetch the file and the manifest anew",
            )
        size, seconds = temporary.stat().st_size, round(time.monotonic() - started, 3)
        note = Note(
            file.name,
            etag,
            file.size,
            moved,
            n_read,
            n_kept,
            dict(tally),
            dict(known),
            size,
            seconds,
            unread={column: one.number for column, one in tally.unread.items()},
        )
        with on_disk(temporary):
            temporary.replace(unit.folder / "works" / f"{file.short}.parquet")
    finally:
        temporary.unlink(missing_ok=True)
    write_atomic(unit.folder / "notes" / f"{file.short}.json", to_json(asdict(note)))
    return note


def _write_narrow(unit: Unit, path: Path) -> tuple[str, int, Tally, Counter[str]]:
    """Write the narrow rows of a file to a path."""
    file = unit.file
    tally, known = Tally(dict.fromkeys(("", *DROP_RULES), 0)), Counter[str]()
    with open_file(unit.place, unit.endpoint, file) as opened:
        with read_errors(file.name, far=opened.far):
            batches, moved = _rows(opened, unit, tally)
        _write_rows(_guarded(batches, file.name, far=opened.far), path, tally, known)
    check_readable(file.name, tally)
    return opened.etag, moved, tally, known


def _rows(opened: Opened, unit: Unit, tally: Tally) -> tuple[Iterator[pa.RecordBatch], int]:
    """Return the rows of a file, and the bytes that have to be moved for them."""
    name = unit.file.name
    if unit.format == "jsonl":
        return works_jsonl.read_rows(opened.file, name, unit.years, tally), opened.size
    parquet = works_parquet.open_parquet(opened.file, name)
    return works_parquet.read_rows(parquet, name, unit.years, tally), works_parquet.leaf_bytes(
        parquet
    )


def _guarded(
    batches: Iterator[pa.RecordBatch], name: str, *, far: bool
) -> Iterator[pa.RecordBatch]:
    with read_errors(name, far=far):
        yield from batches


def _write_rows(
    batches: Iterator[pa.RecordBatch], path: Path, tally: Counter[str], known: Counter[str]
) -> None:
    """Write batches to a new Parquet file; count rows under the empty name, and known values."""
    writer = None
    try:
        with on_disk(path):
            writer = pq.ParquetWriter(str(path), NARROW_SCHEMA, compression="zstd")
        for batch in batches:
            with on_disk(path):
                writer.write_batch(batch)
            tally[""] += len(batch)
            for column in NARROW_SCHEMA.names:
                known[column] += _count_known(batch[column])
    finally:
        if writer:
            with on_disk(path):
                writer.close()


def _count_known(values: pa.Array) -> int:
    if pa.types.is_list(values.type):
        return int(pc.sum(pc.greater(pc.list_value_length(values), 0)).as_py() or 0)
    return len(values) - int(values.null_count)


LOOK_SECONDS: Final = 0.5
MOST_DEATHS: Final = 2


def run_units(units: Sequence[Unit], jobs: int | None) -> Generator[Note, None, None]:
    """
    Do units of work, each a file, and yield their notes in the order in which they end.

    ``jobs`` None: in this process, which a damaged file can end: for a release that is known.
    """
    left = {unit.file.name: unit for unit in units}
    if jobs is None:
        yield from map(narrow_file, left.values())
        return
    died: Counter[str] = Counter()
    while left:
        try:
            for note in _run_pool(list(left.values()), jobs):
                del left[note.file]
                yield note
        except BrokenProcessPool as error:
            if jobs > 1:
                jobs //= 2
                told = "a worker process was killed, perhaps for want of memory"
                warnings.warn(f"{told}; now {jobs} at a time", RuntimeWarning, stacklevel=2)
                continue
            name = next(iter(left))  # one worker takes files in their order
            died[name] += 1
            if died[name] == MOST_DEATHS:
                msg = f"{name}: reading it ended the worker process {MOST_DEATHS} times."
                step = "the file is damaged, or memory is short: fetch it anew, or free memory"
                raise SnapshotError(msg, step) from error


def _run_pool(units: Sequence[Unit], jobs: int) -> Iterator[Note]:
    with ProcessPoolExecutor(
        min(jobs, len(units)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_follow,
        initargs=(os.getpid(),),
    ) as pool:
        futures = [pool.submit(narrow_file, unit) for unit in units]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _follow(parent: int) -> None:
    """End this worker at an interrupt, and when the process that started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


Years = tuple[int, int] | None

LOCK: Final = ".lock"
CHECK_MEMORY: Final = "1GB"


@dataclass(frozen=True)
class Progress:
    """How far a run is, told after each file. ``seconds_left`` is None until it can be said."""

    file: str
    files_done: int
    files: int
    rows: int
    rows_kept: int
    bytes_read: int
    seconds: float
    seconds_left: float | None


def narrow_release(
    place: str,
    folder: Path,
    *,
    jobs: int | None = None,
    years: Years = None,
    files: int | None = None,
    on_event: Callable[[Progress], None] | None = None,
    endpoint: str | None = None,
) -> Narrowed:
    """Make, or go on making, the narrow table of a release."""
    _check_options(jobs, years, files)
    started = time.monotonic()
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _check_folder(folder)
    with lock_file(folder / LOCK, f"the narrow table in {folder}"), _tidy(folder):
        release = _read_release(place, endpoint)
        _begin(release, folder, years)
        chosen = _choose(release.files, files)
        units = [
            Unit(release.place, endpoint, file, release.format, folder, years)
            for file in chosen
            if read_note(folder, file.short) is None
        ]
        fresh = _work(units, jobs, len(chosen), on_event)
        if _read_release(place, endpoint).sha256 != release.sha256:
            manifest = f"{release.place}/{MANIFEST}"
            raise changed_error(manifest)
        narrowed = _sum_up(release, folder, years, fresh, time.monotonic() - started)
        listed = write_institutions(release, endpoint, folder, _listed_before(folder))
        narrowed = replace(narrowed, institutions=listed)
        _check_content(narrowed, folder)
        write_atomic(folder / SUMMARY, to_json(asdict(narrowed)))
    return narrowed


def _listed_before(folder: Path) -> Institutions | None:
    try:
        return _read_summary(folder).institutions
    except (OSError, ValueError, TypeError, KeyError):
        return None


def cached_table(release: Path, root: Path) -> Path:
    """Return the folder of a release's narrow table under a root; it is made if it is not there."""
    manifest = _read_release(str(release), None).sha256
    folder = root / sha256(f"{manifest} {RULES_VERSION} {NARROW_SCHEMA}".encode())[:16]
    if not (folder / SUMMARY).is_file():
        narrow_release(str(release), folder)
    return folder


@contextmanager
def _tidy(folder: Path) -> Iterator[None]:
    """Remove what a run that was killed left half-written, before and after the work."""
    with on_disk(folder):
        for name in ("works", "notes"):
            (folder / name).mkdir(exist_ok=True)
    try:
        _remove_temporary(folder)
        yield
    finally:
        _remove_temporary(folder)


def _check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything but a narrow table, or what a killed run began of one."""
    plan = _read_plan(folder / PLAN)
    if isinstance(plan, dict) and set(plan) >= {"manifest_sha256", "rules_version"}:
        return
    for path in sorted(folder.iterdir()):
        begun = path.name in {"works", "notes"} and kind_of(path) and not any(path.iterdir())
        if not begun and path.name not in {LOCK, PLAN} and not TEMPORARY.fullmatch(path.name):
            msg = f"{folder} holds {path.name} but no {PLAN}: it is no narrow table."
            raise InputError(msg, "name an empty or a new folder with --to")


def _remove_temporary(folder: Path) -> None:
    with on_disk(folder):
        for place in (folder, folder / "works", folder / "notes"):
            remove_temporary(place)
        for left in (folder / "works").iterdir():
            if HALF.fullmatch(left.name) and not kind_of(left):
                left.unlink(missing_ok=True)
        spilled = folder / SPILLED
        for left in spilled.iterdir() if kind_of(spilled) == "a folder" else ():
            if left.name.startswith("duckdb_temp"):
                left.unlink(missing_ok=True)
        if kind_of(spilled) == "a folder" and not any(spilled.iterdir()):
            spilled.rmdir()


def _read_release(place: str, endpoint: str | None) -> Release:
    return insist(lambda: read_release(place, endpoint=endpoint))


def _check_options(jobs: int | None, years: Years, files: int | None) -> None:
    if (jobs is not None and jobs < 1) or (files is not None and files < 1):
        msg = "jobs and files must be 1 or more."
        raise InputError(msg, "leave the option out")
    if years and years[0] > years[1]:
        msg = f"years are reversed: {years[0]} comes after {years[1]}."
        raise InputError(msg, "swap them")


def _begin(release: Release, folder: Path, years: Years) -> None:
    """Write the folder's plan, or check that it is the one of this release and these years."""
    plan = folder / PLAN
    wanted = {
        "date": release.date,
        "manifest_sha256": release.sha256,
        "years": list(years) if years else None,
        "rules_version": RULES_VERSION,
    }
    begun = plan.exists() or any((folder / "works").glob("*.parquet"))
    before = _read_plan(plan) if begun else wanted
    if before != wanted:
        msg = f"{folder} was begun as {before}; now it would be {wanted}."
        step = "two releases never mix: choose an empty folder, or delete this one"
        raise SnapshotError(msg, step)
    write_atomic(plan, to_json(wanted))
    write_atomic(folder / MANIFEST, release.manifest)


def _read_plan(path: Path) -> object:
    """Return the plan that a folder was begun with; None if it is lost."""
    try:
        return parse_json(path.read_bytes())
    except (OSError, ValueError):
        return None


def _choose(files: Sequence[SourceFile], number: int | None) -> list[SourceFile]:
    """Return all files, or some spread evenly over the release."""
    if number is None or number >= len(files):
        return list(files)
    return [files[(2 * place + 1) * len(files) // (2 * number)] for place in range(number)]


def _work(
    units: Sequence[Unit],
    jobs: int | None,
    n_chosen: int,
    on_event: Callable[[Progress], None] | None,
) -> list[Note]:
    """Do every unit, tell the progress, return the notes."""
    notes: list[Note] = []
    started, rows_to_do = time.monotonic(), sum(unit.file.rows for unit in units)
    with closing(run_units(units, jobs)) as finished:
        for note in finished:
            notes.append(note)
            rows, seconds = sum(done.rows for done in notes), time.monotonic() - started
            progress = Progress(
                file=note.file,
                files_done=n_chosen - len(units) + len(notes),
                files=n_chosen,
                rows=rows,
                rows_kept=sum(done.rows_kept for done in notes),
                bytes_read=sum(done.bytes_read for done in notes),
                seconds=seconds,
                seconds_left=seconds * (rows_to_do - rows) / rows if rows else None,
            )
            if on_event:
                on_event(progress)
    return notes


def _sum_up(
    release: Release, folder: Path, years: Years, fresh: Sequence[Note], seconds: float
) -> Narrowed:
    """Return what the folder holds now, and extrapolate from what this run did."""
    found = {file.short: read_note(folder, file.short) for file in release.files}
    notes = {short: note for short, note in found.items() if note}
    rows = sum(note.rows for note in notes.values())
    size = sum(note.narrow_bytes for note in notes.values())
    fresh_rows = sum(note.rows for note in fresh)
    return Narrowed(
        place=release.place,
        date=release.date,
        manifest_sha256=release.sha256,
        format=release.format,
        synthetic=release.synthetic,
        years=years,
        complete=len(notes) == len(release.files),
        files=len(notes),
        files_of_release=len(release.files),
        rows=rows,
        rows_of_release=release.rows,
        rows_kept=sum(note.rows_kept for note in notes.values()),
        dropped=dict(sum((Counter(note.dropped) for note in notes.values()), Counter())),
        known=dict(sum((Counter(note.known) for note in notes.values()), Counter())),
        bytes_read=sum(note.bytes_read for note in notes.values()),
        narrow_bytes=size,
        seconds=round(seconds, 3),
        whole_seconds=round(seconds * release.rows / fresh_rows, 1) if fresh_rows else None,
        whole_bytes=round(size * release.rows / rows) if fresh_rows else None,
        parts={f"{short}.parquet": note.narrow_bytes for short, note in notes.items()},
        unread=dict(sum((Counter(note.unread) for note in notes.values()), Counter())),
    )


def _check_content(narrowed: Narrowed, folder: Path) -> None:
    """Raise SnapshotError when nothing has a country, or a complete table has a work twice."""
    if not narrowed.known.get("countries"):
        msg = f"none of the {narrowed.rows_kept} works kept of {narrowed.rows} has a country."
        raise SnapshotError(
            msg,
            "check the years; else the release has another schema than this version reads",
        )
    if narrowed.complete and (double := _find_double(folder)):
        msg = f"work W{double} stands in the release twice."
        raise SnapshotError(
            msg,
            "files of two releases lie together; fetch the release anew",
        )


def _find_double(folder: Path) -> int | None:
    """Return the number of a work that stands in the table twice, or None."""
    try:
        with duckdb.connect(config={"memory_limit": CHECK_MEMORY}) as connection:
            connection.execute("SET temp_directory = ?", [str(folder / SPILLED)])
            found = connection.execute(
                "SELECT work_id FROM read_parquet(?) GROUP BY work_id HAVING count(*) > 1 LIMIT 1",
                [str(folder / "works" / "*.parquet")],
            ).fetchone()
    except duckdb.Error as error:
        msg = f"the narrow table in {folder} can't be read again: {error}."
        raise SnapshotError(msg, "make it anew in an empty folder") from error
    return int(found[0]) if found else None
