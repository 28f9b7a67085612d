"""
What a pull of raw answers is, and which of several pulls can be used.
"""

from __future__ import annotations

import io
import re
import threading
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Protocol, Self

from bibliometrics import __version__
from bibliometrics.errors import ArchiveError, BibliometricsError
from bibliometrics.files import (
    LEDGER_FILE,
    LOCK,
    RESTORE,
    check_hash,
    lock_folder,
    on_disk,
    parse_json,
    read_bytes,
    remove_temporary,
    sha256,
    to_json,
    write_atomic,
)
from bibliometrics.models import read_form

MANIFEST: Final = "manifest.json"
KEY: Final = re.compile(r"[0-9A-Za-z_-]{1,80}")
OURS: Final = __version__
RESUMABLE_DAYS: Final = 7


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """
    What a pull is: the study, the program, the server, the time, the cost, the hashes.

    ``ledger_hash`` is that of the claims and their ranges as they stood when the pull began.
    """

    study_id: str
    study_hash: str
    version: str
    base_url: str
    parts: tuple[str, ...]
    start: str
    end: str = ""
    state: Literal["running", "complete"] = "running"
    calls: int = 0
    credits: int = 0
    cost_usd: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    packed_sha256: str = ""
    ledger_hash: str = ""


def now() -> datetime:
    """Return the time in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(moment: datetime) -> str:
    """Return a time in UTC as text (ISO 8601, with a Z at the end)."""
    return moment.isoformat().replace("+00:00", "Z")


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the pull in a folder."""
    path = folder / MANIFEST
    told = read_form(Manifest, read_bytes(path), str(path), error=ArchiveError, step=RESTORE)
    odd = [key for key in told.answers if not KEY.fullmatch(key)]
    if odd:
        msg = f"{path} is not the manifest of a pull: {odd[0]!r} is no key of an answer."
        raise ArchiveError(msg, RESTORE)
    return told


def _check_usable(folder: Path, told: Manifest) -> None:
    """Raise ArchiveError for a pull that a run should not take by itself."""
    if told.start > stamp(now() + timedelta(days=1)):
        msg = f"pull {folder.name} is of {told.start}, which is yet to come."
        raise ArchiveError(msg, "check the clock of this computer; --pull takes it all the same")
    major, ours = (int(one) if one.isdecimal() else 0 for one in map(_major, (told.version, OURS)))
    if major > ours:
        msg = f"pull {folder.name} was made by version {told.version} of this package, not {OURS}."
        raise ArchiveError(msg, "install that version, or a newer one")


def _major(version: str) -> str:
    return version.partition(".")[0]


def list_pulls(
    root: Path, left_aside: Callable[[ArchiveError], object] = lambda _: None
) -> list[tuple[Path, Manifest]]:
    """
    Return folder and manifest of every pull under a folder, the oldest first.

    One that is damaged or of the future is left aside: ``left_aside`` is told why.
    """
    found = []
    for folder in sorted(path.parent for path in root.glob(f"*/{MANIFEST}")):
        try:
            told = read_manifest(folder)
            _check_usable(folder, told)
        except ArchiveError as error:
            left_aside(error)
        else:
            found.append((folder, told))
    return found


def latest_complete(root: Path, study_hash: str, base_url: str | None = None) -> Path | None:
    """Return the folder of a study's newest complete pull, or None."""
    found = [
        folder
        for folder, manifest in list_pulls(root)
        if manifest.state == "complete"
        and manifest.study_hash == study_hash
        and base_url in {None, manifest.base_url}
    ]
    return found[-1] if found else None


def find_resumable(
    root: Path, *, study_hash: str, version: str, base_url: str, parts: tuple[str, ...]
) -> Path | None:
    """
    Return the folder of the newest pull that was interrupted and can be gone on with, or None.

    It must have asked the same parts of the same study of the same server, by the same major
    version of this package, and have begun at most seven days ago: two states of the data are
    never mixed knowingly.
    """
    oldest = stamp(now() - timedelta(days=RESUMABLE_DAYS))
    found = [
        folder
        for folder, manifest in list_pulls(root)
        if manifest.state == "running"
        and manifest.study_hash == study_hash
        and manifest.base_url == base_url
        and manifest.version.partition(".")[0] == version.partition(".")[0]
        and set(manifest.parts) == set(parts)
        and manifest.start >= oldest
    ]
    return found[-1] if found else None


_TIME: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Saved:
    """One saved answer: the body as received, and its record."""

    body: bytes
    record: dict[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether it counts; else it is kept because it decided how to go on."""
        return self.record.get("accepted") is True


class ResponseStore(Protocol):
    """Where answers are kept, and looked for first."""

    @property
    def folder(self) -> Path:
        """Where they lie."""

    @property
    def settings(self) -> dict[str, Any]:
        """What was decided, such as the page size."""

    def decide(self, name: str, value: object) -> None:
        """Keep a decision."""

    def find(self, key: str) -> Saved | None:
        """Return an answer, or None if there is none."""

    def save(self, key: str, body: bytes, record: dict[str, Any]) -> None:
        """Keep an answer."""


def read_record(data: bytes, name: str) -> dict[str, Any]:
    """Return the record of an answer."""
    try:
        record = parse_json(data)
    except ValueError:
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("sha256"), str):
        msg = f"{name} is not the record of an answer: it was cut or edited."
        raise ArchiveError(msg, RESTORE)
    return record


def pack(answers: dict[str, Saved]) -> bytes:
    """Return a zip of answers by key: names sorted, times and permissions fixed."""
    files = {f"{key}.json": saved.body for key, saved in answers.items()}
    files |= {f"{key}.record.json": to_json(saved.record) for key, saved in answers.items()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            packed.writestr(info, files[name])
    return stream.getvalue()


#: Bounds of what the record of one answer may say: bookkeeping never stops a pull.
DEAREST_USD, MOST_ATTEMPTS = 0.1, 1000.0


def _amount(value: object, most: float, otherwise: float) -> float:
    """Return a number of a record within its bounds, or what stands for one that is none."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
    return float(value) if fine and isinstance(value, int | float) else otherwise


class ZippedResponses:
    """The answers in a zip, verified. Safe to use from several threads."""

    def __init__(self, path: Path, expected: str, answers: dict[str, str]) -> None:
        self._path = path
        self._answers = answers
        self._guard = threading.Lock()
        data = read_bytes(path)
        if sha256(data) != expected:
            with suppress(zipfile.BadZipFile, zlib.error, OSError, EOFError, KeyError):
                self._zip = zipfile.ZipFile(io.BytesIO(data))
                for key in answers:
                    self.find(key)
            check_hash(data, expected, str(path))
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError) as error:
            msg = f"{path} is no zip of answers: {error}."
            raise ArchiveError(msg, RESTORE) from error

    def find(self, key: str) -> Saved | None:
        """Return an answer, or None if there is none."""
        if key not in self._answers:
            return None
        name = f"answer {key} in {self._path}"
        with self._guard:
            try:
                body = self._zip.read(f"{key}.json")
                record = self._zip.read(f"{key}.record.json")
            except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                msg = f"{name} is missing."
                raise ArchiveError(msg, RESTORE) from error
        check_hash(body, self._answers[key], name)
        return Saved(body, read_record(record, name))


ANSWERS: Final = "answers"
PACKED: Final = "answers.zip"


class Pull:
    """
    The raw answers of one run, or of several that resume each other.

    Made by :func:`start_pull` and :func:`open_pull`. Safe to use from several threads.
    """

    def __init__(self, folder: Path, manifest: Manifest, lock: ExitStack | None = None) -> None:
        self.folder = folder
        self.manifest = manifest
        self._held = lock
        self._guard = threading.Lock()
        self._packed = self._open_zipped() if self.is_complete else None

    def __repr__(self) -> str:
        """Return id and state."""
        return f"<Pull {self.id} {self.manifest.state}>"

    def __enter__(self) -> Self:
        """Return the pull."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release the pull; it stays resumable unless it is complete."""
        self.close()

    @property
    def id(self) -> str:
        """Name of the pull: its start in UTC."""
        return self.folder.name

    @property
    def is_complete(self) -> bool:
        """Whether every question of its plan is answered and packed."""
        return self.manifest.state == "complete"

    @property
    def settings(self) -> dict[str, Any]:
        """What was decided during the pull and holds for a replay, such as the page size."""
        return dict(self.manifest.settings)

    def keys(self) -> list[str]:
        """Return the keys of all saved answers, sorted."""
        if self.is_complete:
            return sorted(self.manifest.answers)
        names = (path.name for path in (self.folder / ANSWERS).glob("*.record.json"))
        return sorted(name.removesuffix(".record.json") for name in names)

    def find(self, key: str) -> Saved | None:
        """Return a saved answer, or None if there is none."""
        if self._packed is not None:
            return self._packed.find(key)
        path = self.folder / ANSWERS / f"{key}.record.json"
        if not path.exists():
            return None
        again = f"delete {path.name} beside it and run again: that answer is then asked again"
        record = read_record(read_bytes(path), str(path))
        body_path = path.with_name(f"{key}.json")
        body = read_bytes(body_path, again)
        check_hash(body, record["sha256"], str(body_path), again)
        return Saved(body, record)

    def save(self, key: str, body: bytes, record: dict[str, Any]) -> None:
        """Save an answer: body first, then the record that makes it count."""
        if self.is_complete:
            msg = f"the pull {self.folder} is complete and can't take another answer."
            raise ArchiveError(msg, "start a new pull")
        self._check_held()
        folder = self.folder / ANSWERS
        with on_disk(folder):
            folder.mkdir(exist_ok=True)
        write_atomic(folder / f"{key}.json", body)
        extra = {"time": stamp(now()), "size": len(body), "sha256": sha256(body)}
        write_atomic(folder / f"{key}.record.json", to_json({**record, **extra}))

    def decide(self, name: str, value: object) -> None:
        """Keep a decision in the manifest, for the rest of the pull and every replay."""
        with self._guard:
            if self.manifest.settings.get(name) == value:
                return
            settings = {**self.manifest.settings, name: value}
            self._write(replace(self.manifest, settings=settings))

    def _check_held(self) -> None:
        if self._held is None:
            msg = f"the pull {self.folder} was opened for reading only."
            raise ArchiveError(msg, "open it for writing first")

    def _write(self, manifest: Manifest) -> None:
        self._check_held()
        write_atomic(self.folder / MANIFEST, to_json(asdict(manifest)))
        self.manifest = manifest

    def complete(self) -> None:
        """Pack all answers into one zip, check it, and only then delete the loose files."""
        if self.is_complete:
            return
        self._check_held()
        found = {key: self.find(key) for key in self.keys()}
        answers = {key: saved for key, saved in found.items() if saved is not None}
        path = self.folder / PACKED
        packed = pack(answers)
        write_atomic(path, packed)
        check_hash(read_bytes(path), sha256(packed), str(path))
        told = [saved.record for saved in answers.values()]
        cost = sum(_amount(record.get("cost_usd"), DEAREST_USD, 0.0) for record in told)
        done = replace(
            self.manifest,
            end=stamp(now()),
            state="complete",
            calls=int(sum(_amount(record.get("attempts"), MOST_ATTEMPTS, 1.0) for record in told)),
            credits=round(cost * 10_000),
            cost_usd=round(cost, 6),
            answers={key: saved.record["sha256"] for key, saved in answers.items()},
            packed_sha256=sha256(packed),
        )
        with self._guard:
            self._write(done)
            self._packed = self._open_zipped()
        self.tidy()

    def _open_zipped(self) -> ZippedResponses:
        told = self.manifest
        return ZippedResponses(self.folder / PACKED, told.packed_sha256, told.answers)

    def tidy(self) -> None:
        """Delete what an interruption or a complete pull leaves over; a failure harms nothing."""
        with suppress(OSError):
            remove_temporary(self.folder)
            remove_temporary(self.folder / ANSWERS)
            if self.is_complete and (self.folder / ANSWERS).is_dir():
                for key in self.manifest.answers:
                    for name in (f"{key}.json", f"{key}.record.json"):
                        (self.folder / ANSWERS / name).unlink(missing_ok=True)
                (self.folder / ANSWERS).rmdir()

    def drop(self) -> None:
        """Remove a pull that has no answer: what it wrote, and its folder if that is then empty."""
        self.close()
        with suppress(OSError):
            remove_temporary(self.folder)
            for name in (MANIFEST, LOCK):
                (self.folder / name).unlink(missing_ok=True)
            if (self.folder / ANSWERS).is_dir():
                (self.folder / ANSWERS).rmdir()
            self.folder.rmdir()

    def close(self) -> None:
        """Release the lock. The pull stays resumable unless it is complete."""
        if self._held is None:
            return
        if self.is_complete:
            with suppress(OSError):
                (self.folder / LOCK).unlink()
        self._held.close()
        self._held = None


def start_pull(
    root: Path,
    *,
    study_id: str,
    study_hash: str,
    version: str,
    base_url: str,
    parts: tuple[str, ...],
) -> Pull:
    """Start a new pull and lock it."""
    begun = now()
    name = begun.strftime("%Y-%m-%dT%H%M%SZ")
    folder, number = root / name, 1
    with on_disk(root):
        root.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                folder.mkdir()
                break
            except FileExistsError:
                number += 1
                folder = root / f"{name}-{number}"
    manifest = Manifest(
        study_id=study_id,
        study_hash=study_hash,
        version=version,
        base_url=base_url,
        parts=parts,
        start=stamp(begun),
        ledger_hash=sha256(read_bytes(LEDGER_FILE)),
    )
    pull = Pull(folder, manifest, lock_folder(folder))
    try:
        pull._write(manifest)
    except BibliometricsError:
        pull.close()
        raise
    return pull


def open_pull(folder: Path, *, write: bool = False) -> Pull:
    """Open a pull, for reading only unless said otherwise."""
    lock = lock_folder(folder) if write else None
    try:
        pull = Pull(folder, read_manifest(folder), lock)
    except BibliometricsError:
        if lock:
            lock.close()
        raise
    if write:
        pull.tidy()
    return pull
