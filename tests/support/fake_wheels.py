"""Wheels that hold nothing, and a build backend that makes one: the standard library alone."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path


def write_wheel(folder: Path, name: str, version: str, *metadata: str) -> Path:
    """Write a wheel that holds nothing but its metadata."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    head = (f"Name: {name}", f"Version: {version}", *metadata)
    files = {
        f"{info}/METADATA": "\n".join(("Metadata-Version: 2.1", *head, "")),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}.py": "",
    }
    record = [f"{inside},{record_hash(text)},{len(text)}" for inside, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join((*record, f"{info}/RECORD,,", ""))
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
    return path


def record_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def build_editable(folder: str, *rest: object) -> str:
    """Build a project that holds nothing, as installers ask a backend to."""
    return write_wheel(Path(folder), "fakeproject", "1.0").name
