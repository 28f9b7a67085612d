"""Files that survive: whole or not at all, locked, checked by their hash."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING

import pytest

from bibliometrics import files as disk
from bibliometrics.errors import ArchiveError, BusyError, DiskError
from bibliometrics.files import (
    check_hash,
    lock_file,
    lock_folder,
    read_bytes,
    sha256,
    to_json,
    write_atomic,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for data in (b"old", b"new"):
        write_atomic(path, data)
        assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_failure_leaves_the_old_file_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, "of some kind")

    path = tmp_path / "a.json"
    write_atomic(path, b"old")
    monkeypatch.setattr(disk.os, "fsync", fail)
    with pytest.raises(DiskError, match=r"can't write .*a\.json: of some kind"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with lock_folder(tmp_path), pytest.raises(BusyError, match="another run works on the pull"):
        lock_folder(tmp_path)
    lock_folder(tmp_path).close()
    with lock_file(tmp_path / "x", "it"), pytest.raises(BusyError, match="works on it"):
        lock_file(tmp_path / "x", "it")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
def test_a_file_system_without_locks_is_not_a_busy_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(disk.fcntl, "flock", broken)
    with pytest.raises(DiskError, match="No locks available"):
        lock_folder(tmp_path)


def test_an_unreadable_file_is_an_archive_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="can't read"):
        read_bytes(tmp_path / "none")


def test_a_hash_is_checked_and_both_are_named() -> None:
    check_hash(b"a", sha256(b"a"), "x")
    with pytest.raises(ArchiveError, match=f"x was cut or edited.*{sha256(b'b')}.*{sha256(b'a')}"):
        check_hash(b"b", sha256(b"a"), "x")


def test_json_is_the_same_to_the_byte() -> None:
    assert to_json({"b": 1, "a": "é"}) == to_json({"a": "é", "b": 1})
    assert to_json({"b": 1, "a": "é"}) == '{\n "a": "é",\n "b": 1\n}\n'.encode()
