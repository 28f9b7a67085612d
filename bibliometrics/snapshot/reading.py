"""
Reads of a release that may lie far away: tried again, and told by file when they fail.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from bibliometrics.errors import NetworkError, ServerError, SnapshotError
from bibliometrics.snapshot.release import (
    InterruptedReadError,
    Opened,
    SourceFile,
    changed_error,
    open_store,
)

Result = TypeVar("Result")

WAITS_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
SIGNS_OF_NO_NETWORK: Final = ("NETWORK_CONNECTION", "Connection refused", "not known", "timed out")


def insist(read: Callable[[], Result]) -> Result:
    """Call a read until it succeeds, and wait longer each time."""
    for wait in WAITS_SECONDS:
        try:
            return read()
        except InterruptedReadError:
            time.sleep(wait * random.uniform(0.5, 1))
    try:
        return read()
    except InterruptedReadError as error:
        offline = any(sign in str(error) for sign in SIGNS_OF_NO_NETWORK)
        msg = f"the release could not be read in {len(WAITS_SECONDS) + 1} tries: {error}."
        raise (NetworkError if offline else ServerError)(
            msg,
            "start again later; what is finished is kept",
        ) from error


@contextmanager
def open_file(place: str, endpoint: str | None, file: SourceFile) -> Iterator[Opened]:
    """Open a file of a release; its size must be the manifest's, its version stay the same."""
    store = open_store(place, endpoint)
    with read_errors(file.name, far=store.far):
        opened = store.open(file.name)
    with opened.file:
        _check_size(opened, file)
        yield opened
    with read_errors(file.name, far=store.far):
        if store.etag(file.name) != opened.etag:
            raise changed_error(file.name)


def _check_size(opened: Opened, file: SourceFile) -> None:
    if opened.size != file.size:
        msg = f"{file.name} has {opened.size} bytes, the manifest says {file.size}."
        raise SnapshotError(
            msg,
            "the file is cut or of another release; fetch it anew, with the manifest",
        )


@contextmanager
def read_errors(name: str, *, far: bool) -> Iterator[None]:
    """Turn a missing file into SnapshotError, and a broken read into the error for far or near."""
    try:
        yield
    except InterruptedReadError:
        raise
    except OSError as error:
        if far and not isinstance(error, FileNotFoundError):
            raise InterruptedReadError(str(error)) from error
        msg = f"{name} can't be read: {error.strerror or error}."
        step = "the manifest names it, but it is missing or damaged; fetch the release anew"
        raise SnapshotError(msg, step) from error
