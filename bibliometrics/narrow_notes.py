"""
What a narrow table says of itself: a note for each source file, and a summary.

The folder of a narrow table holds::

    plan.json        years and rules that it was begun with
    manifest.json    the release's own manifest, as it was when the work began
    works/X.parquet  rows of one source file (columns: ``narrow_row.NARROW_SCHEMA``)
    notes/X.json     its note: version, bytes, rows read, kept and dropped by each rule
    release.json     the summary: which release, which years, totals, whether it is complete
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bibliometrics import __version__
from bibliometrics.errors import SnapshotError

RULES_VERSION: Final = 2
SUMMARY: Final = "release.json"
AGAIN: Final = "run `python -m bibliometrics snapshot narrow` again; it goes on where it stopped"


@dataclass(frozen=True)
class Note:
    """
    What became of one source file.

    ``bytes_read`` are those of the leaves and the footer, or of the whole JSON Lines file;
    ``known`` counts the rows that have a value (or a list that is not empty), by column.
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


def read_note(folder: Path, short: str) -> Note | None:
    """Return the note of a finished source file, or None if it is yet to be done."""
    try:
        note = Note(**json.loads((folder / "notes" / f"{short}.json").read_text("utf-8")))
        size = (folder / "works" / f"{short}.parquet").stat().st_size
    except (OSError, ValueError, TypeError):
        return None
    return note if (size, RULES_VERSION) == (note.narrow_bytes, note.rules_version) else None


def read_narrowed(folder: Path) -> Narrowed:
    """
    Read what a narrow table says of itself, and check that its files are all there.

    Raises
    ------
    SnapshotError
        If there is none, it is not complete, a file is missing or has another size, or it was
        made by other rules.
    """
    try:
        told = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        told["years"] = tuple(told["years"]) if told["years"] else None
        narrowed = Narrowed(**told)
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
