"""A worker of the narrow table that is killed at its first file; importable by the new process."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from bibliometrics.snapshot.narrow import Unit, narrow_file

if TYPE_CHECKING:
    from bibliometrics.snapshot.narrow import Note


def die_once(unit: Unit) -> Note:
    """Leave half a file and die, as if memory had run out; work as usual ever after."""
    marker = unit.folder / "died"
    if not marker.exists():
        marker.touch()
        (unit.folder / "works" / "half.1.tmp").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    return narrow_file(unit)


def die_always(unit: Unit) -> Note:
    """Die at a file, as when native code finds it damaged."""
    os.kill(os.getpid(), signal.SIGABRT)
    return narrow_file(unit)
