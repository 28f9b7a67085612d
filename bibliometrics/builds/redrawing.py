"""Figures are drawn again only where something that they are drawn from has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bibliometrics.builds import publish
from bibliometrics.errors import BibliometricsError
from bibliometrics.files import PACKAGE, cache_folder, sha256, write_atomic
from bibliometrics.tables.answers import Provenance
from bibliometrics.tables.datapackage import PACKAGE_FILE

LIBRARIES: Final = ("matplotlib", "numpy", "pandas", "seaborn")
KINDS: Final = (".py", ".toml", ".json", ".mplstyle")
Figures = tuple[Mapping[str, bytes], Mapping[str, str]]


@cache
def _program() -> str:
    """Return what stands for the program that draws: its own files, and its libraries."""
    paths = sorted(path for path in PACKAGE.rglob("*") if path.suffix in KINDS)
    files = {path.relative_to(PACKAGE).as_posix(): sha256(path.read_bytes()) for path in paths}
    return json.dumps([files, {name: version(name) for name in LIBRARIES}], sort_keys=True)


def drawn_from(tables: Mapping[str, str], study: str, provenance: Provenance) -> str:
    """Return what stands for all that the figures of a build are drawn from, and by what."""
    told = [_program(), dict(tables), study, asdict(provenance)]
    return sha256(json.dumps(told, sort_keys=True).encode())


def _memory(folder: Path) -> Path:
    """Return the file, in this user's cache, that says from what a build's figures are."""
    return cache_folder() / "figures" / f"{sha256(str(folder).encode())[:32]}.json"


def _state(folder: Path, origin: str) -> bytes:
    build = sha256((folder / PACKAGE_FILE).read_bytes())
    return json.dumps({"drawn_from": origin, "build": build}).encode()


def kept_figures(folder: Path, origin: str) -> Figures | None:
    """Return files and texts of a build's figures, if they are from the same and as written."""
    try:
        if _memory(folder).read_bytes() != _state(folder, origin):
            return None
        told = (publish.read_package(folder) or {})["bibliometrics"]
        hashes = {
            name.removeprefix("figures/"): digest
            for name, digest in told["files"].items()
            if name.startswith("figures/")
        }
        files = {name: (folder / "figures" / name).read_bytes() for name in hashes}
    except (OSError, KeyError, BibliometricsError):
        return None
    fine = all(sha256(content) == hashes[name] for name, content in files.items())
    return (files, told["figures"]) if files and fine else None


def remember(folder: Path, origin: str) -> None:
    """Note from what the figures of a build are; without the note they are drawn again."""
    with suppress(OSError, BibliometricsError):
        memory = _memory(folder)
        memory.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(memory, _state(folder, origin))
