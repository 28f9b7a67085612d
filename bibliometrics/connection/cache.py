"""
Answers of the API kept for a day: by address, by UTC day, by request.

One file is one answer, written whole. A damaged one is no answer and is asked again. A store is of
one day: when midnight passes while it is used, what came is kept for the new day and
:class:`DayPassedError` says that the count must begin anew, so that no frame is of two days.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bibliometrics.errors import BibliometricsError
from bibliometrics.files import cache_folder, check_hash, on_disk, sha256, to_json, write_atomic
from bibliometrics.openalex.archive import Saved

SETTINGS: Final = "settings"
#: For how many days answers are kept, unless older ones are asked for.
KEPT_DAYS: Final = 90
ANSWER: Final = re.compile(r"[0-9a-f]{20}(-[a-z]+)?\.json")


class DayPassedError(BibliometricsError):
    """Midnight (UTC) passed while a count was asked."""


def now() -> datetime:
    """Return the time in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def today() -> str:
    """Return the day in UTC."""
    return now().date().isoformat()


class DayStore:
    """
    The answers of one address and one UTC day. Safe to use from several threads.

    With ``fresh`` only answers that this store saved itself are found.
    """

    def __init__(self, address: str, *, fresh: bool = False) -> None:
        name = re.sub("[^a-z0-9.]+", "-", address.lower().partition("//")[2])
        self.root = cache_folder() / "openalex" / f"{name}-{sha256(address.encode())[:8]}"
        self.fresh = fresh
        self.day = today()
        self.used: dict[str, dict[str, Any]] = {}
        self._own: set[tuple[str, str]] = set()
        self._settings: dict[str, Any] = {}
        self._guard = threading.Lock()
        with on_disk(self.root):
            self.root.mkdir(parents=True, exist_ok=True)

    def __repr__(self) -> str:
        """Return the day."""
        return f"<DayStore {self.day}>"

    @property
    def folder(self) -> Path:
        """Where the answers of its day lie."""
        return self.root / self.day

    @property
    def settings(self) -> dict[str, Any]:
        """What was found out about the server, such as the page size."""
        return dict(self._settings)

    def decide(self, name: str, value: object) -> None:
        """Keep what was found out."""
        self._settings[name] = value
        self._keep_settings(self.folder)

    def _keep_settings(self, folder: Path) -> None:
        with on_disk(folder):
            folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / SETTINGS, to_json(self._settings))

    def begin(self, day: str) -> None:
        """Begin a count with the answers of a day."""
        self.day = day
        self.used = {}
        with suppress(OSError, ValueError):
            self._settings = dict(json.loads((self.folder / SETTINGS).read_bytes()))

    def days(self, most: int) -> list[str]:
        """Return the days of which there are answers, none older than so many, newest first."""
        oldest = (now().date() - timedelta(days=most)).isoformat()
        found = [path.name for path in self.root.glob("????-??-??") if path.is_dir()]
        return sorted((day for day in found if oldest <= day <= today()), reverse=True)

    def prune(self, most: int = KEPT_DAYS) -> None:
        """Remove answers older than so many days, and nothing else; what can't be removed stays."""
        oldest = (now().date() - timedelta(days=most)).isoformat()
        for folder in self.root.glob("????-??-??"):
            if folder.name < oldest:
                with suppress(OSError):
                    for path in folder.iterdir():
                        if path.name == SETTINGS or ANSWER.fullmatch(path.name):
                            path.unlink()
                    folder.rmdir()

    def has(self, key: str) -> bool:
        """Say whether there is an answer that would be used."""
        mine = not self.fresh or (self.day, key) in self._own
        return mine and (self.folder / f"{key}.json").is_file()

    def find(self, key: str) -> Saved | None:
        """Return an answer of the day, or None if there is none that is whole."""
        if not self.has(key):
            return None
        with suppress(OSError, ValueError, KeyError, TypeError, BibliometricsError):
            data = json.loads((self.folder / f"{key}.json").read_bytes())
            body = data["body"].encode("utf-8", "surrogateescape")
            check_hash(body, data["record"]["sha256"], key)
            self._note(key, data["record"])
            return Saved(body, data["record"])
        return None

    def save(self, key: str, body: bytes, record: dict[str, Any]) -> None:
        """Save an answer for the day on which it came."""
        came = now()
        day = came.date().isoformat()
        record = {**record, "time": came.isoformat(), "sha256": sha256(body)}
        data = {"record": record, "body": body.decode("utf-8", "surrogateescape")}
        folder = self.root / day
        if not (folder / SETTINGS).is_file():
            self._keep_settings(folder)
        write_atomic(folder / f"{key}.json", json.dumps(data).encode())
        self._own.add((day, key))
        if day != self.day:
            msg = f"the day changed from {self.day} to {day} (UTC) while it was asked."
            raise DayPassedError(msg, "run the same again: what came today is kept")
        self._note(key, record)

    def group_names(self) -> dict[str, str]:
        """Return the names of groups in the answers used, by the last part of their keys."""
        found: dict[str, str] = {}
        for key in list(self.used):
            saved = self.find(key)
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                for group in json.loads(saved.body)["group_by"] if saved else ():
                    name = group.get("key_display_name")
                    if name:
                        found[str(group["key"]).rpartition("/")[2]] = str(name)
        return found

    def _note(self, key: str, record: dict[str, Any]) -> None:
        with self._guard:
            self.used[key] = record
