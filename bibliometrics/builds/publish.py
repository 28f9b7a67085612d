"""
From tables and figures to a folder that can be trusted: staged, checked, swapped in whole.

A folder holds one build: the tables as CSV, ``figures/``, the study file, ``README.md`` (the data
dictionary) and ``datapackage.json``, which holds the hash of every file and where the build came
from. A rebuild from the same answers gives the same bytes.
"""

from __future__ import annotations

import errno
import filecmp
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from bibliometrics.errors import DiskError, InputError, TableError
from bibliometrics.files import (
    TEMPORARY,
    kind_of,
    lock_file,
    processed_folder,
    sha256,
    write_atomic,
)
from bibliometrics.tables.answers import Provenance
from bibliometrics.tables.datapackage import (
    PACKAGE_FILE,
    data_dictionary,
    describe_package,
    parse_package,
)
from bibliometrics.tables.schema import TABLES, file_hash

STUDY_FILE: Final = "study.toml"
README_FILE: Final = "README.md"
REPORT_FILE: Final = "report.html"
BUILD_ONE: Final = "run `python -m bibliometrics refresh`, or `make sample` for a synthetic build"
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def read_package(folder: Path) -> dict[str, Any] | None:
    """Read a build's ``datapackage.json``."""
    if not folder.exists() and _built_names(_side(folder, "old")):
        with hold(folder):
            pass
    path = folder / PACKAGE_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "it is not UTF-8"
        msg = f"can't read {path}: {reason}."
        raise TableError(msg, "check the path, or restore the file from version control") from error
    return parse_package(text, path)


def check_unedited(folder: Path) -> None:
    """Check that every file of a build is as it was built."""
    package = read_package(folder)
    for name, expected in package["bibliometrics"]["files"].items() if package else ():
        path = folder / name
        found = file_hash(path) if path.is_file() else "no file"
        if found != expected:
            msg = (
                f"{path} is not as it was built: expected SHA-256 {expected[:16]}…, found "
                f"{found[:16]}{'…' if path.is_file() else ''}."
            )
            step = "undo the edit (git checkout), or rebuild over it: `refresh --offline --force`"
            raise TableError(msg, step)


def is_report(content: bytes) -> bool:
    """Say whether a file is a report that this program wrote."""
    return bool(re.search(rb'<meta name="build" content="[0-9a-f]{64}">', content[:100_000]))


def check_destination(folder: Path, *, synthetic: bool, figures: Iterable[str] = ()) -> None:
    """
    Check that a build may go to a folder: real and synthetic never share one, and no file that is
    not ours would be replaced, neither a table nor one of the named figures.
    """
    if synthetic and folder.resolve() == processed_folder().resolve():
        msg = "a synthetic build must not go to data/processed."
        raise InputError(msg, "name another folder, for instance --to build/sample")
    package = read_package(folder)
    if package is None and folder.exists():
        others = [] if not folder.is_dir() else [p for p in folder.iterdir() if p.name[0] != "."]
        if others or not folder.is_dir():
            what = f"holds {min(others).name} but no {PACKAGE_FILE}" if others else "is a file"
            msg = f"{folder} {what}: it is not a build of this program."
            raise InputError(msg, "name an empty or a new folder with --to")
    if package is not None and bool(package["bibliometrics"]["synthetic"]) != synthetic:
        there, new = ("real", "synthetic") if synthetic else ("synthetic", "real")
        msg = f"{folder} holds a {there} build; a {new} one can't share its folder."
        raise InputError(msg, "name another folder with --to")
    _check_content(folder, package, figures)


def _check_content(folder: Path, package: Mapping[str, Any] | None, figures: Iterable[str]) -> None:
    """Refuse a folder with files that a build would replace, or that can't move with it."""
    built = {*package["bibliometrics"]["files"], PACKAGE_FILE} if package else set()
    names = {f"{name}.csv" for name in TABLES} | {STUDY_FILE, README_FILE}
    names |= {f"figures/{name}.{kind}" for name in figures for kind in ("svg", "png")}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name, kind = path.relative_to(folder).as_posix(), kind_of(path)
        if kind in {"a pipe", "a socket", "a device"} or (kind == "a folder" and path.is_mount()):
            what = kind if kind != "a folder" else "a mount point"
            msg = f"{path} is {what}: a build can't be put in its place and keep it."
            raise InputError(msg, "move it away, or name another folder with --to")
        if name in names - built or (name == "figures" and kind != "a folder"):
            msg = f"{path} would be replaced, but this program did not make it."
            raise InputError(msg, "move it away, or name another folder with --to")


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keep other runs away from a build, and put right what a killed run left behind."""
    _check_sides(folder, "lock")
    made = _make_parents(folder)
    try:
        lock = lock_file(_side(folder, "lock"), f"the tables in {folder}")
        try:
            _recover(folder)
            _check_sides(folder, "old", "new")
            yield
        finally:
            with suppress(OSError):
                _side(folder, "lock").unlink()
            lock.close()
    finally:
        for parent in made:
            with suppress(OSError):
                parent.rmdir()  # refused, as it should be, when a build is in it by now


def _side(folder: Path, role: str) -> Path:
    return folder.with_name(f".{folder.name}.{role}")


def _make_parents(folder: Path) -> list[Path]:
    """Make the parents of a folder; return those that were not there, the innermost first."""
    made = [parent for parent in folder.parents if not parent.exists()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    return made


def _check_sides(folder: Path, *roles: str) -> None:
    """Refuse to work where the names beside a build that a swap needs are taken by others."""
    for role in roles:
        path = _side(folder, role)
        if not os.path.lexists(path):
            continue
        if role != "lock" or kind_of(path) or path.stat().st_size:
            msg = f"{path} is in the way, and this program did not make it."
            raise InputError(msg, f"move it away: a build in {folder} needs that name for a moment")


def _recover(folder: Path) -> None:
    """Put the former build back if a run was killed in the middle of a swap; tidy up."""
    staged, retired = _side(folder, "new"), _side(folder, "old")
    try:
        if not folder.exists() and _built_names(retired):
            retired.rename(folder)
    except OSError as error:
        raise disk_error(folder, error) from error
    with suppress(OSError):
        _clear(staged, lambda name: (folder / name).exists())
        _clear(retired, lambda name: _is_copy(retired / name, folder / name))


def _built_names(folder: Path) -> set[str]:
    """Return the names of a build's own files; none if the folder holds no build of ours."""
    if kind_of(folder) != "a folder":
        return set()
    try:
        path = folder / PACKAGE_FILE
        package = parse_package(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError, TableError):
        return set()
    return {*package["bibliometrics"]["files"], PACKAGE_FILE}


def _clear(left: Path, is_carried: Callable[[str], bool]) -> None:
    """
    Remove what a killed run left beside a build: files of a build, and copies of what is in it.

    What else may lie there stays, and so does a folder that holds it.
    """
    if kind_of(left) != "a folder":
        return
    built = _built_names(left)
    if not built and not all(_is_first_write(path) for path in left.iterdir()):
        return
    for path in sorted(left.rglob("*"), reverse=True):
        name = path.relative_to(left).as_posix()
        if kind_of(path) == "a folder":
            with suppress(OSError):  # refused, as it should be, when something is left in it
                path.rmdir()
        elif name == PACKAGE_FILE:
            continue
        elif TEMPORARY.fullmatch(path.name) or name in built or is_carried(name):
            path.unlink()
    if built and [path.name for path in left.iterdir()] == [PACKAGE_FILE]:
        (left / PACKAGE_FILE).unlink()  # the last one: by it the folder is known as ours
    with suppress(OSError):
        left.rmdir()


def _is_first_write(path: Path) -> bool:
    """Say whether a file is what a killed first write of a build leaves."""
    is_ours = path.name.startswith(f".{PACKAGE_FILE}.") and TEMPORARY.fullmatch(path.name)
    return bool(is_ours) and not kind_of(path)


def _is_copy(path: Path, other: Path) -> bool:
    if path.is_symlink() or other.is_symlink():
        return path.is_symlink() and other.is_symlink() and path.readlink() == other.readlink()
    if path.name == REPORT_FILE and not other.exists():
        return is_report(path.read_bytes())
    return path.is_file() and other.is_file() and filecmp.cmp(path, other, shallow=False)


def disk_error(path: Path, error: OSError) -> DiskError:
    """Return the error for a failed write: it names the path and the reason."""
    reason = error.strerror or type(error).__name__
    step = "choose a folder that you may write to (--to DIR, or BIBLIOMETRICS_DATA)"
    if error.errno in NO_ROOM:
        step = "free some space and run the same command again"
    return DiskError(f"can't write {path}: {reason}. What was there before is untouched.", step)


def write_build(
    folder: Path,
    *,
    tables: Mapping[str, str],
    figures: Mapping[str, bytes],
    figure_texts: Mapping[str, str],
    provenance: Provenance,
    study: str,
) -> None:
    """Write a whole build and swap it in. The caller holds the folder, see :func:`hold`."""
    files = {f"{name}.csv": text.encode() for name, text in tables.items()}
    files |= {f"figures/{name}": content for name, content in figures.items()}
    files[STUDY_FILE] = study.encode()
    files[README_FILE] = data_dictionary(tables, provenance, figure_texts).encode()
    hashes = {name: sha256(content) for name, content in files.items()}
    files[PACKAGE_FILE] = describe_package(tables, hashes, figure_texts, provenance).encode()
    try:
        _write_files(_side(folder, "new"), files)
        _carry_over(folder, _side(folder, "new"), files)
        _swap(folder)
    except (OSError, DiskError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        raise disk_error(folder, cause if isinstance(cause, OSError) else OSError()) from error
    finally:
        _recover(folder)


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a build, ``datapackage.json`` first: by it the folder is known as ours."""
    folder.mkdir(exist_ok=True)
    write_atomic(folder / PACKAGE_FILE, files[PACKAGE_FILE])
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())


def _carry_over(folder: Path, staged: Path, files: Mapping[str, bytes]) -> None:
    """
    Copy what is in the folder but was never part of a build (a reader's own notes).

    A report of ours that tells of another build than the new one is left behind.
    """
    package = read_package(folder)
    built = {*files, PACKAGE_FILE, *(package["bibliometrics"]["files"] if package else ())}
    if package and (folder / PACKAGE_FILE).read_bytes() != files[PACKAGE_FILE]:
        report = folder / REPORT_FILE
        if report.is_file() and is_report(report.read_bytes()):
            built.add(REPORT_FILE)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if kind_of(path) == "a folder":
            (staged / name).mkdir(exist_ok=True)
        elif name not in built:
            shutil.copy2(path, staged / name, follow_symlinks=False)


def try_swap(folder: Path) -> None:
    """
    Check by doing it that a build can be put in a folder's place. The caller holds the folder.

    A kill in between is mended like one in a real swap.
    """
    retired, staged = _side(folder, "old"), _side(folder, "new")
    try:
        staged.mkdir()
        if folder.exists():
            folder.rename(retired)
            retired.rename(folder)
        else:
            staged.rename(retired)
            retired.rmdir()
    except OSError as error:
        if error.errno in {errno.EBUSY, errno.EXDEV} or folder.is_mount():
            msg = f"{folder} is a mount point: a build can't be put in its place as a whole."
            step = "mount the folder above it instead, or name a folder within with --to"
            raise DiskError(msg, step) from error
        raise disk_error(folder, error) from error
    finally:
        with suppress(OSError):
            staged.rmdir()


def _swap(folder: Path) -> None:
    """Put the staged build in the folder's place; a kill in between is mended by the next run."""
    if folder.exists():
        folder.rename(_side(folder, "old"))
    _side(folder, "new").rename(folder)
