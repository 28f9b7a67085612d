"""
From a snapshot release to the narrow table: one narrow Parquet file for each file of the release.

A unit of work is one source file. It is written under another name, checked against footer and
manifest, then renamed, and its note comes last: so a run can be killed at any moment, and the next
one goes on. Two releases never mix: the manifest must be the same at every start and at the end.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import duckdb

from bibliometrics.disk import lock_file, on_disk, to_json, write_atomic
from bibliometrics.errors import InputError, SnapshotError
from bibliometrics.narrow_file import Unit, insist
from bibliometrics.narrow_notes import (
    RULES_VERSION,
    SUMMARY,
    Narrowed,
    Note,
    read_note,
)
from bibliometrics.narrow_workers import run_units
from bibliometrics.release import MANIFEST, Release, SourceFile, read_release
from bibliometrics.stores import changed_error

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
    jobs: int = 1,
    years: Years = None,
    files: int | None = None,
    on_event: Callable[[Progress], None] | None = None,
    endpoint: str | None = None,
) -> Narrowed:
    """
    Make, or go on making, the narrow table of a release.

    Parameters
    ----------
    place : str
        The release: a folder, ``s3://…`` (``release.PUBLIC_RELEASE`` is the official one) or
        ``https://…``.
    folder : pathlib.Path
        Where the narrow table is, or will be.
    jobs : int
        Files worked on at a time, each by a process of its own; half as many, with a warning,
        whenever such a process is killed. From far away take more jobs than cores: a job waits
        for its bytes before it works on them.
    years : tuple of (int, int) or None
        Keep works of these publication years only, both included.
    files : int or None
        Work on this many files only, spread over the release: a dry run. What it makes counts
        when the whole is made later.
    on_event : callable or None
        Called with a :class:`Progress` after each file.
    endpoint : str or None
        Address of another server that speaks S3.

    Returns
    -------
    Narrowed
        Totals, and an extrapolation to the whole release.

    Raises
    ------
    SnapshotError
        If the release is damaged, changed, or not the one that the folder was begun with; if rows
        don't reconcile, no row has a country, or a work stands in it twice.
    InputError
        If years are reversed, or jobs or files are below 1.
    BusyError
        If another run works in the folder.
    DiskError
        If the folder can't be written or the disk is full.
    NetworkError, ServerError
        If the source can't be reached, or fails again and again.
    """
    _check_options(jobs, years, files)
    started = time.monotonic()
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
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
        _check_content(narrowed, folder)
        write_atomic(folder / SUMMARY, to_json(asdict(narrowed)))
    return narrowed


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


def _remove_temporary(folder: Path) -> None:
    with on_disk(folder):
        for left in folder.rglob("*.tmp"):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink(missing_ok=True)


def _read_release(place: str, endpoint: str | None) -> Release:
    return insist(lambda: read_release(place, endpoint=endpoint))


def _check_options(jobs: int, years: Years, files: int | None) -> None:
    if jobs < 1 or (files is not None and files < 1):
        msg = "jobs and files must be 1 or more."
        raise InputError(msg, "leave the option out")
    if years and years[0] > years[1]:
        msg = f"years are reversed: {years[0]} comes after {years[1]}."
        raise InputError(msg, "swap them")


def _begin(release: Release, folder: Path, years: Years) -> None:
    """Write the folder's plan, or check that it is the one of this release and these years."""
    plan = folder / "plan.json"
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
    write_atomic(folder / MANIFEST, release.manifest)
    write_atomic(plan, to_json(wanted))


def _read_plan(path: Path) -> object:
    """Return the plan that a folder was begun with; None if it is lost."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _choose(files: Sequence[SourceFile], number: int | None) -> list[SourceFile]:
    """Return all files, or some spread evenly over the release."""
    if number is None or number >= len(files):
        return list(files)
    return [files[(2 * place + 1) * len(files) // (2 * number)] for place in range(number)]


def _work(
    units: Sequence[Unit],
    jobs: int,
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
    with duckdb.connect(config={"memory_limit": CHECK_MEMORY}) as connection:
        connection.execute("SET temp_directory = ?", [str(folder / "check.tmp")])
        found = connection.execute(
            "SELECT work_id FROM read_parquet(?) GROUP BY work_id HAVING count(*) > 1 LIMIT 1",
            [str(folder / "works" / "*.parquet")],
        ).fetchone()
    return int(found[0]) if found else None
