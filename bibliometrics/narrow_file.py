"""
One file of a release becomes one narrow file and its note, or nothing at all.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bibliometrics import works_jsonl, works_parquet
from bibliometrics.disk import on_disk, to_json, write_atomic
from bibliometrics.errors import NetworkError, ServerError, SnapshotError
from bibliometrics.narrow_notes import Note
from bibliometrics.narrow_row import DROP_RULES, NARROW_SCHEMA
from bibliometrics.release import SourceFile
from bibliometrics.stores import Folder, InterruptedReadError, Opened, changed_error, open_store

Result = TypeVar("Result")

WAITS_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
SIGNS_OF_NO_NETWORK: Final = ("NETWORK_CONNECTION", "Connection refused", "not known", "timed out")


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


def insist(read: Callable[[], Result]) -> Result:
    """
    Call a read until it succeeds, and wait longer each time.

    Raises
    ------
    NetworkError, ServerError
        If it never does.
    """
    for wait in WAITS_SECONDS:
        try:
            return read()
        except InterruptedReadError:
            time.sleep(wait * random.uniform(0.5, 1))
    try:
        return read()
    except InterruptedReadError as error:
        offline = any(sign in str(error) for sign in SIGNS_OF_NO_NETWORK)
        msg = f"the release could not be read in {len(WAITS_SECONDS) + 1} tries: {error}."
        raise (NetworkError if offline else ServerError)(
            msg,
            "start again later; what is finished is kept",
        ) from error


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
        )
        with on_disk(temporary):
            temporary.replace(unit.folder / "works" / f"{file.short}.parquet")
    finally:
        temporary.unlink(missing_ok=True)
    write_atomic(unit.folder / "notes" / f"{file.short}.json", to_json(asdict(note)))
    return note


def _write_narrow(unit: Unit, path: Path) -> tuple[str, int, Counter[str], Counter[str]]:
    """
    Write the narrow rows of a file to a path.

    Returns
    -------
    tuple
        Version of the source file; bytes moved; rows dropped by each rule, and kept under the
        empty name; rows with a known value by column.
    """
    file, store = unit.file, open_store(unit.place, unit.endpoint)
    far = not isinstance(store, Folder)
    tally, known = Counter(dict.fromkeys(("", *DROP_RULES), 0)), Counter[str]()
    with _read_errors(file.name, far=far):
        opened = store.open(file.name)
    with opened.file:
        _check_size(opened, file)
        with _read_errors(file.name, far=far):
            batches, moved = _rows(opened, unit, tally)
        _write_rows(_guarded(batches, file.name, far=far), path, tally, known)
    with _read_errors(file.name, far=far):
        if store.etag(file.name) != opened.etag:
            raise changed_error(file.name)
    return opened.etag, moved, tally, known


def _check_size(opened: Opened, file: SourceFile) -> None:
    if opened.size != file.size:
        msg = f"{file.name} has {opened.size} bytes, the manifest says {file.size}."
        raise SnapshotError(
            msg,
            "the file is cut or of another release; fetch it anew, with the manifest",
        )


def _rows(opened: Opened, unit: Unit, tally: Counter[str]) -> tuple[Iterator[pa.RecordBatch], int]:
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
    with _read_errors(name, far=far):
        yield from batches


@contextmanager
def _read_errors(name: str, *, far: bool) -> Iterator[None]:
    """Turn a missing file into SnapshotError, and a broken read into the error for far or near."""
    try:
        yield
    except InterruptedReadError:
        raise
    except OSError as error:
        if far and not isinstance(error, FileNotFoundError):
            raise InterruptedReadError(str(error)) from error
        msg = f"{name} can't be read: {error.strerror or error}."
        step = "the manifest names it, but it is missing or damaged; fetch the release anew"
        raise SnapshotError(msg, step) from error


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
