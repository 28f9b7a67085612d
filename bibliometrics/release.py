"""
A release of the OpenAlex snapshot as its manifest tells it.

A place is a folder, ``s3://bucket/path`` or ``https://…``. The manifest is the plan: it names every
file with its size and number of records.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bibliometrics.errors import SnapshotError
from bibliometrics.stores import open_store

PUBLIC_RELEASE: Final = "s3://openalex/data/parquet/works"
MANIFEST: Final = "manifest.json"
FORMATS: Final = {".parquet": "parquet", ".gz": "jsonl"}


@dataclass(frozen=True)
class SourceFile:
    """One file of a release: name below the works folder, records, bytes."""

    name: str
    rows: int
    size: int

    @property
    def short(self) -> str:
        """Name for one flat folder: ``2026-01-01__part_0000``."""
        return self.name.rsplit(".", 1)[0].removeprefix("updated_date=").replace("/", "__")


@dataclass(frozen=True)
class Release:
    """A release as its manifest tells it: where, date, hash of the manifest, format, files."""

    place: str
    date: str
    sha256: str
    format: str
    files: tuple[SourceFile, ...]
    synthetic: bool = False
    manifest: bytes = field(default=b"", repr=False)

    @property
    def rows(self) -> int:
        """Records of the whole release."""
        return sum(file.rows for file in self.files)


def read_release(place: str, *, endpoint: str | None = None) -> Release:
    """
    Read the manifest of a release.

    Parameters
    ----------
    place : str
        The works folder of the release, or the folder around it.
    endpoint : str or None
        Address of another server that speaks S3.

    Returns
    -------
    Release
        Its ``place`` is the works folder.

    Raises
    ------
    SnapshotError
        If there is no manifest, or it does not tell date and files.
    InterruptedReadError
        If the place can't be reached now.
    """
    place = place.rstrip("/")
    for works in dict.fromkeys((place, f"{place.removesuffix('/works')}/works")):
        try:
            content = open_store(works, endpoint).read(MANIFEST)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if b'"entities"' not in content:
            return parse_manifest(content, works)
    msg = f"{place} holds no works/{MANIFEST}, so what belongs to the release is unknown."
    raise SnapshotError(
        msg,
        "name the folder that holds works/manifest.json; copy the manifest with the files",
    )


def parse_manifest(content: bytes, place: str) -> Release:
    """
    Turn a manifest's bytes into a release.

    Raises
    ------
    SnapshotError
        If an entry is missing or of another form, or the totals don't add up.
    """
    try:
        told = json.loads(content)
        files = tuple(
            SourceFile(
                entry["url"].split("/works/", 1)[1],
                int(entry["meta"]["record_count"]),
                int(entry["meta"]["content_length"]),
            )
            for entry in told["files"]
        )
        date, total = str(told["date"]), int(told.get("record_count", sum(f.rows for f in files)))
        (kind,) = {FORMATS[Path(file.name).suffix] for file in files}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        msg = (
            f"{place}/{MANIFEST} has another form than expected (date, files with url, "
            f"record_count and content_length): {type(error).__name__} {error}."
        )
        raise SnapshotError(
            msg,
            "fetch the manifest anew; an older snapshot layout can't be read",
        ) from error
    if total != sum(file.rows for file in files) or len({f.short for f in files}) != len(files):
        msg = (
            f"{place}/{MANIFEST} says {total} records, but its files hold "
            f"{sum(file.rows for file in files)}, or a file is named twice."
        )
        raise SnapshotError(
            msg,
            "fetch the manifest anew",
        )
    digest = hashlib.sha256(content).hexdigest()
    return Release(place, date, digest, kind, files, bool(told.get("synthetic")), content)
