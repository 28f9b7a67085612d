"""Files that survive: whole or not at all, locked, checked by their hash."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from bibliometrics import files as disk
from bibliometrics.errors import ArchiveError, BusyError, DiskError, InputError
from bibliometrics.files import (
    check_hash,
    check_output,
    lock_file,
    lock_folder,
    read_bytes,
    remove_temporary,
    sha256,
    to_json,
    write_atomic,
)


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

    monkeypatch.setattr("fcntl.flock", broken)
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


def make(path: Path, kind: str) -> Path:
    """Put something at a path that is no regular file."""
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("elsewhere")
    else:
        os.mkfifo(path)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_only_a_regular_file_is_replaced(tmp_path: Path, kind: str) -> None:
    path = make(tmp_path / "x", kind)
    before = path.lstat().st_ino
    with pytest.raises(DiskError, match=f"it is a {kind}, which is not replaced"):
        write_atomic(path, b"new")
    with pytest.raises(InputError, match=f"is a {kind}, not a file that can be replaced"):
        check_output(path, lambda _: True, force=True)
    assert path.lstat().st_ino == before
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(InputError, match="/dev/null is a device"):
        check_output(Path("/dev/null"), lambda _: True, force=True)


def test_an_output_must_be_new_or_ours_by_its_content_or_forced(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    check_output(path, lambda _: False)
    assert not list(tmp_path.iterdir())
    path.write_bytes(b"mine")
    check_output(path, lambda content: content == b"mine")
    check_output(path, lambda _: False, force=True)
    with pytest.raises(InputError, match=r"report\.html is there already, and this"):
        check_output(path, lambda _: False)
    with pytest.raises(DiskError, match="can't write"):
        check_output(tmp_path / "no" / "folder" / "x", lambda _: False)


def test_tidying_removes_names_of_our_own_pattern_only(tmp_path: Path) -> None:
    kept = ["mine.tmp", ".draft.tmp", ".a.0123456z.tmp", "deep/.a.01234567.tmp"]
    for name in [*kept, ".a.json.01234567.tmp"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    remove_temporary(tmp_path)
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == set(kept)
