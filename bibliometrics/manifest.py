"""
What a pull of raw answers is, and which of several pulls can be used. Standard library only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bibliometrics.disk import RESTORE, read_bytes
from bibliometrics.errors import ArchiveError

MANIFEST: Final = "manifest.json"
RESUMABLE_DAYS: Final = 7


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a pull is: the study, the program, the server, the time, the cost, the hashes."""

    study_id: str
    study_hash: str
    version: str
    base_url: str
    parts: tuple[str, ...]
    start: str
    end: str = ""
    state: str = "running"
    calls: int = 0
    credits: int = 0
    cost_usd: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    packed_sha256: str = ""


def now() -> datetime:
    """Return the time in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(moment: datetime) -> str:
    """Return a time in UTC as text (ISO 8601, with a Z at the end)."""
    return moment.isoformat().replace("+00:00", "Z")


def read_manifest(folder: Path) -> Manifest:
    """
    Return the manifest of the pull in a folder.

    Raises
    ------
    ArchiveError
        If it is missing, cut or edited.
    """
    path = folder / MANIFEST
    try:
        data = json.loads(read_bytes(path))
        manifest = Manifest(**{**data, "parts": tuple(data["parts"])})
    except (ValueError, TypeError, KeyError) as error:
        msg = f"{path} is not the manifest of a pull: it was cut or edited."
        raise ArchiveError(msg, RESTORE) from error
    if manifest.state not in {"running", "complete"}:
        msg = f"{path}: state is {manifest.state!r}, expected running or complete."
        raise ArchiveError(msg, RESTORE)
    return manifest


def list_pulls(root: Path) -> list[tuple[Path, Manifest]]:
    """
    Return folder and manifest of every pull under a folder, the oldest first.

    Parameters
    ----------
    root : pathlib.Path
        Folder of all pulls; it need not exist.

    Returns
    -------
    list of (pathlib.Path, Manifest)
        Empty if there is none.

    Raises
    ------
    ArchiveError
        If a manifest was cut or edited.
    """
    folders = sorted(path.parent for path in root.glob(f"*/{MANIFEST}"))
    return [(folder, read_manifest(folder)) for folder in folders]


def latest_complete(root: Path, study_hash: str, base_url: str | None = None) -> Path | None:
    """
    Return the folder of a study's newest complete pull, or None.

    Parameters
    ----------
    root : pathlib.Path
        Folder of all pulls.
    study_hash : str
        Hash of the study.
    base_url : str or None
        Server that was asked; None: any.

    Returns
    -------
    pathlib.Path or None
        The folder.
    """
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

    Parameters
    ----------
    root : pathlib.Path
        Folder of all pulls.
    study_hash, version, base_url : str
        What the pull must have asked, and of whom; see :class:`Manifest`.
    parts : tuple of str
        Parts of the plan that are wanted now.

    Returns
    -------
    pathlib.Path or None
        The folder.
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
