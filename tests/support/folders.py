"""Folders compared to the byte, before and after; folders that nobody may write."""

from __future__ import annotations

import ctypes
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def everything(folder: Path) -> dict[str, bytes | None]:
    """Return all that lies below a folder, hidden files too: content by path, None for folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def names(folder: Path) -> list[str]:
    """Return the names of all that lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def set_overriding(allowed: bool) -> None:
    """Let the superuser ignore file permissions, or not (Linux)."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then the same, upper half
    libc.capget(header, sets)
    sets[0] = sets[1] if allowed else sets[0] & ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    libc.capset(header, sets)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder read-only, also for the superuser; skip the test where that fails."""
    is_linux = sys.platform == "linux"
    folder.chmod(0o555)
    if is_linux:
        set_overriding(False)
    try:
        try:
            (folder / "probe").touch()
        except PermissionError:
            yield
        else:
            (folder / "probe").unlink()
            pytest.skip("needs Linux")
    finally:
        if is_linux:
            set_overriding(True)
        folder.chmod(0o755)
