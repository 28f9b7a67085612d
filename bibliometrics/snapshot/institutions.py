"""
The institutions of a release: a small table beside the narrow one.

It says what works don't: each institution's name, country, type, number of works of the whole
source, and what lies above it (columns: ``INSTITUTIONS_SCHEMA``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from bibliometrics.errors import SnapshotError
from bibliometrics.files import check_hash, on_disk, parse_json, read_bytes, sha256, write_atomic
from bibliometrics.snapshot.jsonl import read_blocks
from bibliometrics.snapshot.parquet import DEFECT, INTEGER, TEXT, open_parquet, usable
from bibliometrics.snapshot.reading import insist, open_file, read_errors
from bibliometrics.snapshot.release import (
    INSTITUTIONS,
    MANIFEST,
    Opened,
    Release,
    SourceFile,
    changed_error,
    read_institutions,
)
from bibliometrics.snapshot.rows import (
    Tally,
    Unread,
    check_readable,
    country_code,
    institution_number,
    type_name,
)

FILE: Final = "institutions.parquet"
INSTITUTIONS_SCHEMA: Final = pa.schema(
    [
        pa.field("institution_id", pa.int64(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("country_code", pa.string()),
        pa.field("type", pa.string()),
        pa.field("n_works", pa.int64()),
        pa.field("lineage", pa.list_(pa.int64())),
    ]
)
LEAVES: Final = {
    "id": TEXT,
    "display_name": TEXT,
    "country_code": TEXT,
    "type": TEXT,
    "works_count": INTEGER,
    "lineage.list.element": TEXT,
}
#: What the values of a JSON line are where they are no texts.
_KINDS: Final = {"works_count": int, "lineage": list}
NO_INSTITUTIONS: Final = "the release has no folder `institutions` beside its works"
ANEW: Final = "run `python -m bibliometrics snapshot narrow` again; it makes what is missing"

Value = TypeVar("Value")
Record = dict[str, Any]


@dataclass(frozen=True)
class Institutions:
    """What a folder says of its institutions: the release's manifest; the table's rows and hash."""

    date: str
    manifest_sha256: str
    rows: int
    sha256: str


def write_institutions(
    works: Release, endpoint: str | None, folder: Path, before: Institutions | None
) -> Institutions | None:
    """Write the table of a release's institutions unless it is there; None if there are none."""
    release = insist(lambda: read_institutions(works, endpoint=endpoint))
    if release is None:
        with on_disk(folder / FILE):
            (folder / FILE).unlink(missing_ok=True)
        return None
    if before and before.manifest_sha256 == release.sha256 and _is_whole(folder, before):
        return before
    content = _to_parquet(_read_release(release, endpoint))
    again = insist(lambda: read_institutions(works, endpoint=endpoint))
    if again is None or again.sha256 != release.sha256:
        manifest = f"{release.place}/{MANIFEST}"
        raise changed_error(manifest)
    write_atomic(folder / FILE, content)
    return Institutions(release.date, release.sha256, release.rows, sha256(content))


def load_institutions(folder: Path, told: Institutions | None) -> pa.Table:
    """Read the table of a narrow table's institutions."""
    if told is None:
        msg = f"{NO_INSTITUTIONS}."
        raise SnapshotError(msg, f"get that folder, then {ANEW}")
    content = read_bytes(folder / FILE, ANEW)
    check_hash(content, told.sha256, str(folder / FILE), ANEW)
    return pq.read_table(pa.BufferReader(content))


def _is_whole(folder: Path, told: Institutions) -> bool:
    path = folder / FILE
    return path.is_file() and sha256(path.read_bytes()) == told.sha256


def _to_parquet(rows: list[Record]) -> bytes:
    sink = pa.BufferOutputStream()
    with usable(INSTITUTIONS):
        table = pa.Table.from_pylist(rows, INSTITUTIONS_SCHEMA)
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _read_release(release: Release, endpoint: str | None) -> list[Record]:
    """Return the rows of all files, ascending, each institution once."""
    rows: dict[int, Record] = {}
    for file in release.files:
        for row in insist(partial(_read_file, release, endpoint, file)):
            number = row["institution_id"]
            if number in rows:
                msg = f"institution I{number} stands in the release twice, again in {file.name}."
                raise SnapshotError(msg, "files of two releases lie together; fetch it anew")
            rows[number] = row
    return [rows[number] for number in sorted(rows)]


def _read_file(release: Release, endpoint: str | None, file: SourceFile) -> list[Record]:
    """Return the rows of one file; the defect id I-1 is none."""
    name, tally = f"{release.place.rpartition('/')[2]}/{file.name}", Tally()
    with open_file(release.place, endpoint, file) as opened, read_errors(name, far=opened.far):
        records = list(_records(opened, name, release.format))
    if len(records) != file.rows:
        msg = f"{name} holds {len(records)} records, the manifest says {file.rows}."
        raise SnapshotError(msg, "fetch the file and the manifest anew")
    rows = [_row(record, name, tally) for record in records]
    check_readable(name, tally)
    return [row for row in rows if row["institution_id"] is not None]


def _records(opened: Opened, name: str, kind: str) -> Iterator[Record]:
    if kind == "jsonl":
        for block in read_blocks(opened.file, name):
            yield from (_parse_line(line, name) for line in block.splitlines())
        return
    parquet = open_parquet(opened.file, name, LEAVES, ())
    with usable(name):
        yield from parquet.read(columns=list(LEAVES), use_threads=False).to_pylist()


def _parse_line(line: bytes, name: str) -> Record:
    try:
        told = parse_json(line)
        record = {leaf: told[leaf] for leaf in (path.partition(".")[0] for path in LEAVES)}
    except (ValueError, TypeError, KeyError) as error:
        raise _no_institution(name, repr(error)) from error
    for leaf, value in record.items():
        if not isinstance(value, (_KINDS.get(leaf, str), type(None))):
            raise _no_institution(name, f"{leaf} is {value!r}")
    return record


def _no_institution(name: str, said: str) -> SnapshotError:
    return SnapshotError(
        f"{name} has a line that is no institution of a known schema: {said}.",
        "the file is damaged, or the release has a newer schema",
    )


def _row(record: Record, name: str, tally: Tally) -> Record:
    """Return the row of a record; a text that can't be read is noted and unknown."""

    def read(leaf: str, text: object, parse: Callable[[str], Value | None]) -> Value | None:
        if not text or DEFECT in str(text):
            return None
        value = parse(str(text))
        unread = Unread(1, str(text), str(record["id"])) if value is None else None
        tally.note(f"{name.partition('/')[0]}.{leaf}", 1, unread)
        return value

    above = {read("lineage", node, institution_number) for node in record["lineage"] or ()}
    return {
        "institution_id": read("id", record["id"], institution_number),
        "name": record["display_name"],
        "country_code": read("country_code", record["country_code"], country_code),
        "type": read("type", record["type"], type_name),
        "n_works": record["works_count"],
        "lineage": sorted(node for node in above if node is not None),
    }
