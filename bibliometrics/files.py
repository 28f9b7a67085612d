"""
Where files live. Nothing is made at import; ``BIBLIOMETRICS_DATA`` moves the data folder.

What comes along (witnesses, sample, notebooks) lies beside the package in a checkout, and at the
same paths below ``shipped`` in an installed package.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from bibliometrics.errors import ArchiveError, BusyError, DiskError, InputError

PACKAGE = Path(__file__).resolve().parent
DEFINITIONS = PACKAGE / "definitions"
STUDIES = PACKAGE / "studies"
LEDGER_FILE = DEFINITIONS / "claims.toml"


def user_path(said: str | Path, where: str = "the path") -> Path:
    """Return a path that a person names, a home folder (``~``, ``~name``) in full."""
    try:
        return Path(said).expanduser()
    except RuntimeError as error:
        msg = f"{where} names {str(said)!r}, but no user of that name has a home folder here."
        raise InputError(msg, "write the path in full") from error


def data_folder() -> Path:
    """Return the data folder."""
    named = os.environ.get("BIBLIOMETRICS_DATA")
    if named:
        return user_path(named, "BIBLIOMETRICS_DATA").resolve()
    return (PACKAGE.parent if _is_checkout() else Path.cwd()) / "data"


def _is_checkout() -> bool:
    return (PACKAGE.parent / "pyproject.toml").is_file()


def _shipped_folder() -> Path:
    return PACKAGE.parent if _is_checkout() else PACKAGE / "shipped"


def raw_folder() -> Path:
    """Return the folder of raw answers; a user's own witnesses or sample may lie there too."""
    return data_folder() / "raw"


def raw_input_folder(name: str) -> Path:
    """Return the folder ``witnesses`` or ``sample``: the user's own, else what comes along."""
    own = raw_folder() / name
    return own if own.is_dir() else _shipped_folder() / "data" / "raw" / name


def notebooks_folder() -> Path:
    """Return the folder of the notebooks that come along."""
    return _shipped_folder() / "notebooks"


def processed_folder() -> Path:
    """Return the folder of the real tables and figures."""
    return data_folder() / "processed"


def cache_folder() -> Path:
    """Return this user's cache folder; ``BIBLIOMETRICS_CACHE`` names another."""
    named = os.environ.get("BIBLIOMETRICS_CACHE")
    if named:
        return user_path(named, "BIBLIOMETRICS_CACHE").resolve()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "bibliometrics"


LOCK: Final = ".lock"


RESTORE: Final = "restore the pull from version control, or start a new one"


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


@contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Turn a failure to write into a DiskError that names the path and says why."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        msg = f"can't write {path}: {reason}."
        step = "make room or give write permission; what was saved before is kept"
        raise DiskError(msg, step) from error


KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
LARGEST_FILE: Final = 2_000_000_000
#: Names of files that :func:`write_atomic` left half-written when it was killed.
TEMPORARY: Final = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")


def kind_of(path: Path) -> str:
    """Say what lies at a path if it is no regular file; empty if it is one, or nothing is there."""
    try:
        return KINDS.get(stat.S_IFMT(path.lstat().st_mode), "")
    except OSError:
        return ""


def check_output(path: Path, is_ours: Callable[[bytes], bool], *, force: bool = False) -> None:
    """Check, before the work, that a file can be written: new, ours by its content, or forced."""
    if kind := kind_of(path):
        msg = f"{path} is {kind}, not a file that can be replaced."
        raise InputError(msg, "name another file")
    with on_disk(path):
        if path.exists() and not force and not is_ours(path.read_bytes()):
            msg = f"{path} is there already, and this program did not make it."
            raise InputError(msg, "name another file, or replace it with --force")
        trial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        trial.open("xb").close()
        trial.unlink()


def remove_temporary(folder: Path) -> None:
    """Remove what killed writes left half-written in a folder of ours, and nothing else."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if TEMPORARY.fullmatch(path.name) and not kind_of(path):
            path.unlink(missing_ok=True)


def write_atomic(path: Path, data: bytes) -> None:
    """
    Write a file so that, whenever the power fails, the old or the new content is there, whole.

    Only a regular file is replaced: no device, link, pipe or folder.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with on_disk(path):
        if kind := kind_of(path):
            raise OSError(errno.EINVAL, f"it is {kind}, which is not replaced")
        try:
            with temporary.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def read_regular(path: Path, most: int = LARGEST_FILE) -> bytes:
    """Return the content of a regular file of a sane size; OSError for all else, a pipe too."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        kind = KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))
    if status.st_size > most:
        raise OSError(errno.EFBIG, f"it has {status.st_size:,} bytes", str(path))
    return path.read_bytes()


def parse_json(data: bytes | str) -> Any:
    """Return JSON text as data; ValueError, and nothing else, for what is none."""
    try:
        return json.loads(data)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None


def to_json(data: Any) -> bytes:
    """Return data as JSON text, the same to the byte for the same data."""
    return (json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def read_bytes(path: Path, step: str = RESTORE) -> bytes:
    """Return the content of a file of a pull; ArchiveError if it can't be read."""
    try:
        return read_regular(path)
    except OSError as error:
        msg = f"can't read {path}: {error.strerror or type(error).__name__}."
        raise ArchiveError(msg, step) from error


def check_hash(data: bytes, expected: object, name: str, step: str = RESTORE) -> None:
    """Raise ArchiveError with both hashes unless the bytes have the expected SHA-256."""
    found = sha256(data)
    if found != expected:
        msg = (
            f"{name} was cut or edited after it was saved: its SHA-256 is {found}, "
            f"expected {expected}."
        )
        raise ArchiveError(msg, step)


def lock_folder(folder: Path) -> ExitStack:
    """Lock a pull for this process until the lock is closed, or the process ends."""
    return lock_file(folder / LOCK, f"the pull {folder}")


def lock_file(path: Path, what: str) -> ExitStack:
    """Lock a file, made if it is not there, for this process; see :func:`lock_folder`."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - `--help` starts fast without it

    lock, held = FileLock(path, thread_local=False), ExitStack()
    with on_disk(path):
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            msg = f"another run works on {what}."
            raise BusyError(msg, "wait until it ends, or stop it") from error
    held.callback(lock.release)
    return held
