"""
Saved answers, and many of them in one zip that is the same to the byte for the same answers.

Standard library only.
"""

from __future__ import annotations

import io
import json
import threading
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bibliometrics.disk import RESTORE, check_hash, read_bytes, sha256, to_json
from bibliometrics.errors import ArchiveError

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


def read_record(data: bytes, name: str) -> dict[str, Any]:
    """
    Return the record of an answer.

    Raises
    ------
    ArchiveError
        If it is none; the message has its name.
    """
    try:
        record = json.loads(data)
    except ValueError:
        record = None
    if not isinstance(record, dict) or "sha256" not in record:
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


class Packed:
    """
    The answers in a zip, verified. Safe to use from several threads.

    Parameters
    ----------
    path : pathlib.Path
        The zip.
    expected : str
        Its SHA-256.
    answers : dict of str to str
        SHA-256 of each answer's body by key.

    Raises
    ------
    ArchiveError
        If it is missing, cut or edited: the message names the first damaged answer, or the zip.
    """

    def __init__(self, path: Path, expected: str, answers: dict[str, str]) -> None:
        self._path = path
        self._answers = answers
        self._guard = threading.Lock()
        data = read_bytes(path)
        if sha256(data) != expected:
            with suppress(zipfile.BadZipFile, OSError, EOFError, KeyError):
                self._zip = zipfile.ZipFile(io.BytesIO(data))
                for key in answers:
                    self.find(key)
            check_hash(data, expected, str(path))
        self._zip = zipfile.ZipFile(io.BytesIO(data))

    def find(self, key: str) -> Saved | None:
        """
        Return an answer, or None if there is none.

        Raises
        ------
        ArchiveError
            If its body has another SHA-256, or it is missing in the zip.
        """
        if key not in self._answers:
            return None
        name = f"answer {key} in {self._path}"
        with self._guard:
            try:
                body = self._zip.read(f"{key}.json")
                record = self._zip.read(f"{key}.record.json")
            except KeyError as error:
                msg = f"{name} is missing."
                raise ArchiveError(msg, RESTORE) from error
        check_hash(body, self._answers[key], name)
        return Saved(body, read_record(record, name))
