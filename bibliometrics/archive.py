"""
Raw answers on disk: each saved as received, with what it takes to trust it later.

A *pull* is one folder, ``<root>/<start in UTC>/``. While it runs it holds ``manifest.json`` and,
for each answer, ``answers/<key>.json`` (the body) and ``answers/<key>.record.json`` (address,
time, status, cost, SHA-256). The record is written last: a body without one does not count. When
the pull is complete the answers are packed into ``answers.zip``, which is the same to the byte
for the same answers. A pull can be killed at any moment and is then either resumable or complete.
Standard library only.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from bibliometrics.disk import (
    LOCK,
    check_hash,
    lock_folder,
    on_disk,
    read_bytes,
    sha256,
    to_json,
    write_atomic,
)
from bibliometrics.errors import ArchiveError, BibliometricsError
from bibliometrics.manifest import (
    MANIFEST,
    Manifest,
    find_resumable,
    latest_complete,
    list_pulls,
    now,
    read_manifest,
    stamp,
)
from bibliometrics.packed import Packed, Saved, pack, read_record

__all__ = [
    "MANIFEST",
    "Manifest",
    "Pull",
    "Saved",
    "find_resumable",
    "latest_complete",
    "list_pulls",
    "open_pull",
    "start_pull",
]

ANSWERS: Final = "answers"
PACKED: Final = "answers.zip"


class Pull:
    """
    The raw answers of one run, or of several that resume each other.

    Made by :func:`start_pull` and :func:`open_pull`. Safe to use from several threads.
    """

    def __init__(self, folder: Path, manifest: Manifest, lock: IO[bytes] | None = None) -> None:
        self.folder = folder
        self.manifest = manifest
        self._held = lock
        self._guard = threading.Lock()
        self._packed = self._open_packed() if self.is_complete else None

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
        """
        Return a saved answer, or None if there is none.

        Parameters
        ----------
        key : str
            Key of the request.

        Returns
        -------
        Saved or None
            Body and record.

        Raises
        ------
        ArchiveError
            If the answer was cut or edited; the message names the file and both hashes.
        """
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
        """
        Save an answer: body first, then the record that makes it count.

        Parameters
        ----------
        key : str
            Key of the request.
        body : bytes
            The body as received.
        record : dict
            What is known of it; size, SHA-256 and time are added here.

        Raises
        ------
        DiskError
            If it can't be written.
        ArchiveError
            If the pull is complete: nothing is added to it any more.
        """
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
        """
        Pack all answers into one zip, check it, and only then delete the loose files.

        Raises
        ------
        ArchiveError
            If a saved answer was cut or edited.
        DiskError
            If the zip can't be written.
        """
        if self.is_complete:
            return
        self._check_held()
        found = {key: self.find(key) for key in self.keys()}
        answers = {key: saved for key, saved in found.items() if saved is not None}
        path = self.folder / PACKED
        packed = pack(answers)
        write_atomic(path, packed)
        check_hash(read_bytes(path), sha256(packed), str(path))
        cost = sum(float(saved.record.get("cost_usd", 0)) for saved in answers.values())
        done = replace(
            self.manifest,
            end=stamp(now()),
            state="complete",
            calls=sum(int(saved.record.get("attempts", 1)) for saved in answers.values()),
            credits=round(cost * 10_000),
            cost_usd=round(cost, 6),
            answers={key: saved.record["sha256"] for key, saved in answers.items()},
            packed_sha256=sha256(packed),
        )
        with self._guard:
            self._write(done)
            self._packed = self._open_packed()
        self.tidy()

    def _open_packed(self) -> Packed:
        told = self.manifest
        return Packed(self.folder / PACKED, told.packed_sha256, told.answers)

    def tidy(self) -> None:
        """Delete what an interruption or a complete pull leaves over; a failure harms nothing."""
        with suppress(OSError):
            for path in self.folder.glob("**/.*.tmp"):
                path.unlink()
            if self.is_complete and (self.folder / ANSWERS).is_dir():
                for path in (self.folder / ANSWERS).iterdir():
                    path.unlink()
                (self.folder / ANSWERS).rmdir()

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
    """
    Start a new pull and lock it.

    Parameters
    ----------
    root : pathlib.Path
        Folder of all pulls.
    study_id, study_hash : str
        The study and its hash.
    version : str
        Version of this package.
    base_url : str
        Address of the API, without user name and password.
    parts : tuple of str
        Parts of the plan that are asked.

    Returns
    -------
    Pull
        The pull, locked until it is closed.

    Raises
    ------
    DiskError
        If the folder can't be made.
    """
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
    )
    pull = Pull(folder, manifest, lock_folder(folder))
    try:
        pull._write(manifest)
    except BibliometricsError:
        pull.close()
        raise
    return pull


def open_pull(folder: Path, *, write: bool = False) -> Pull:
    """
    Open a pull, for reading only unless said otherwise.

    Raises
    ------
    ArchiveError
        If manifest or zip are missing, cut or edited.
    BusyError
        If another run writes to it.
    """
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
