"""
A release of the OpenAlex snapshot as its manifest tells it.

A place is a folder or ``s3://bucket/path``. The manifest is the plan: it names every
file with its size and number of records.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.fs as pa_fs

from bibliometrics.errors import InputError, SnapshotError
from bibliometrics.files import parse_json, read_regular, user_path

PUBLIC_RELEASE: Final = "s3://openalex/data/parquet/works"
MANIFEST: Final = "manifest.json"
INSTITUTIONS: Final = "institutions"
LARGEST_MANIFEST: Final = 500_000_000
LEGACY_MANIFEST: Final = "manifest"
NAME: Final = re.compile(r"[\w=.-]+(?:/[\w=.-]+)*")
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
    """Read the manifest of a release."""
    place = place.rstrip("/")
    for works in dict.fromkeys((place, f"{place.removesuffix('/works')}/works")):
        try:
            content = open_store(works, endpoint).read(MANIFEST)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if b'"entities"' not in content:
            return parse_manifest(content, works)
    for works in dict.fromkeys((place, f"{place.removesuffix('/works')}/works")):
        if _is_legacy(works, endpoint):
            msg = f"{works} has the layout of releases before 2026 (a file named manifest)."
            step = f"take a newer release, such as {PUBLIC_RELEASE}: files and {MANIFEST}"
            raise SnapshotError(msg, step)
    msg = f"{place} holds no works/{MANIFEST}, so what belongs to the release is unknown."
    raise SnapshotError(
        msg,
        "name the folder that holds works/manifest.json; copy the manifest with the files",
    )


def _is_legacy(works: str, endpoint: str | None) -> bool:
    """Say whether the manifest of releases before 2026 lies there."""
    try:
        return b'"entries"' in open_store(works, endpoint).read(LEGACY_MANIFEST)
    except (FileNotFoundError, NotADirectoryError):
        return False


def read_institutions(works: Release, *, endpoint: str | None = None) -> Release | None:
    """Read the manifest of the institutions beside a release's works; None if it isn't there."""
    above, slash, _ = works.place.rpartition("/")
    place = f"{above}{slash}{INSTITUTIONS}"
    try:
        content = open_store(place, endpoint).read(MANIFEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return parse_manifest(content, place, INSTITUTIONS)


def parse_manifest(content: bytes, place: str, entity: str = "works") -> Release:
    """Turn a manifest's bytes into a release of an entity."""
    try:
        told = parse_json(content)
        files = tuple(
            SourceFile(
                entry["url"].split(f"/{entity}/", 1)[1],
                int(entry["meta"]["record_count"]),
                int(entry["meta"]["content_length"]),
            )
            for entry in told["files"]
        )
        date, total = str(told["date"]), int(told.get("record_count", sum(f.rows for f in files)))
        (kind,) = {FORMATS[Path(file.name).suffix] for file in files}
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        msg = (
            f"{place}/{MANIFEST} has another form than expected (date, files with url, "
            f"record_count and content_length): {type(error).__name__} {error}."
        )
        raise SnapshotError(
            msg,
            "fetch the manifest anew; an older snapshot layout can't be read",
        ) from error
    outside = [file.name for file in files if not NAME.fullmatch(file.name) or ".." in file.name]
    if outside or any(file.rows < 0 or file.size < 0 for file in files):
        what = f"file {outside[0]!r}, which lies outside" if outside else "a negative number"
        msg = f"{place}/{MANIFEST} names {what}."
        raise SnapshotError(msg, "fetch the manifest anew, from the release itself")
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


REGION: Final = "us-east-1"
TIMEOUT_SECONDS: Final = 60


class InterruptedReadError(OSError):
    """A read from far failed in a way that may pass: worth another try."""


@dataclass(frozen=True)
class Opened:
    """An open file of a release: what PyArrow can read, its size in bytes, its version, if far."""

    file: Any
    size: int
    etag: str
    far: bool = False


class Store(Protocol):
    """Where a release lies, near or far. Names are relative to the place."""

    far: bool

    def read(self, name: str) -> bytes:
        """Return a small file's bytes; raise FileNotFoundError if it is not there."""

    def open(self, name: str) -> Opened:
        """Open a file for reads at any position."""

    def etag(self, name: str) -> str:
        """Return the present version of a file."""


class Folder:
    """A release on disk."""

    far = False

    def __init__(self, place: str) -> None:
        self.root = user_path(place)

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        return read_regular(self.root / name, LARGEST_MANIFEST)

    def open(self, name: str) -> Opened:
        """Open a file."""
        path = self.root / name
        return Opened(pa.OSFile(str(path)), path.stat().st_size, self.etag(name))

    def etag(self, name: str) -> str:
        """Return size and time of the last change."""
        status = (self.root / name).stat()
        return f"{status.st_size}-{status.st_mtime_ns}"


class Bucket:
    """A release in S3, read without an account."""

    far = True

    def __init__(self, place: str, endpoint: str | None = None) -> None:
        self.root = place.removeprefix("s3://").rstrip("/")
        scheme, _, address = (endpoint or "").rpartition("://")
        settings = {"scheme": scheme, "endpoint_override": address} if endpoint else {}
        self.system = pa_fs.S3FileSystem(
            anonymous=True,
            region=REGION,
            connect_timeout=TIMEOUT_SECONDS,
            request_timeout=TIMEOUT_SECONDS,
            **settings,
        )

    def read(self, name: str) -> bytes:
        """Return an object's bytes."""
        with _passing(), self.system.open_input_stream(f"{self.root}/{name}") as stream:
            return bytes(stream.read())

    def open(self, name: str) -> Opened:
        """Open an object."""
        with _passing():
            file = self.system.open_input_file(f"{self.root}/{name}")
            told = {key.lower(): value for key, value in file.metadata().items()}
            return Opened(file, file.size(), told.get("etag", b"").decode(), far=True)

    def etag(self, name: str) -> str:
        """Return the object's ETag."""
        opened = self.open(name)
        opened.file.close()
        return opened.etag


@contextmanager
def _passing() -> Iterator[None]:
    """Turn a failure that may pass into InterruptedReadError."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InterruptedReadError(str(error) or type(error).__name__) from error


def changed_error(name: str) -> SnapshotError:
    """Return the error for a file that changed while it was read."""
    return SnapshotError(
        f"{name} changed while it was read: a new release is being published.",
        "wait until the new release is complete, then start again in a new folder",
    )


def open_store(place: str, endpoint: str | None = None) -> Store:
    """Return the store for a place."""
    if place.startswith("s3://"):
        return Bucket(place, endpoint)
    if "://" in place:
        msg = f"{place} is neither a folder nor an address that starts with s3://."
        raise InputError(msg, f"name a folder, or leave it out for {PUBLIC_RELEASE}")
    return Folder(place)
