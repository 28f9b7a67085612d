"""Raw answers on disk: atomic, resumable, verified by hash, packed the same to the byte."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bibliometrics import files as disk
from bibliometrics.errors import ArchiveError, BusyError, DiskError
from bibliometrics.openalex import archive
from bibliometrics.openalex.archive import Pull, find_resumable, list_pulls, open_pull, start_pull
from tests.support.folders import read_only

STUDY: dict[str, Any] = {"study_hash": "a" * 64, "version": "0.1.0", "base_url": "http://h"}
RECORD = {"accepted": True, "attempts": 2, "cost_usd": 0.0002, "status": 200}


def start(root: Path, parts: tuple[str, ...] = ("figures",), **other: Any) -> Pull:
    return start_pull(root, study_id="s", parts=parts, **{**STUDY, **other})


def resumable(root: Path, parts: tuple[str, ...] = ("figures",), **other: Any) -> Path | None:
    return find_resumable(root, parts=parts, **{**STUDY, **other})


@pytest.fixture
def pull(tmp_path: Path) -> Iterator[Pull]:
    with start(tmp_path) as made:
        yield made


def test_an_answer_is_kept_as_received_with_its_hash(pull: Pull) -> None:
    pull.save("k1", b"\xff raw \x00", RECORD)
    saved = pull.find("k1")
    assert saved is not None
    assert saved.body == b"\xff raw \x00"
    assert saved.record["sha256"] == hashlib.sha256(saved.body).hexdigest()
    assert (saved.record["size"], saved.accepted) == (len(saved.body), True)
    assert saved.record["time"].endswith("Z")


def test_what_was_never_asked_is_not_found(pull: Pull) -> None:
    assert pull.find("none") is None


def test_a_body_without_its_record_does_not_count_and_is_written_anew(pull: Pull) -> None:
    pull.save("k1", b"whole", RECORD)
    (pull.folder / "answers" / "k1.record.json").unlink()
    assert pull.find("k1") is None
    assert pull.keys() == []
    pull.save("k1", b"other", RECORD)
    saved = pull.find("k1")
    assert saved is not None
    assert saved.body == b"other"


def test_an_edited_or_cut_answer_is_named_with_both_hashes(pull: Pull) -> None:
    pull.save("k1", b"whole", RECORD)
    for body in (b"edited", b"who"):
        (pull.folder / "answers" / "k1.json").write_bytes(body)
        with pytest.raises(ArchiveError, match=r"k1\.json was cut or edited") as caught:
            pull.find("k1")
        for part in (b"whole", body):
            assert hashlib.sha256(part).hexdigest() in caught.value.message
        assert "asked again" in caught.value.next_step


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}'])
def test_an_edited_record_is_named(pull: Pull, text: str) -> None:
    pull.save("k1", b"whole", RECORD)
    (pull.folder / "answers" / "k1.record.json").write_text(text)
    with pytest.raises(ArchiveError, match=r"k1\.record\.json"):
        pull.find("k1")


def test_a_missing_body_is_named(pull: Pull) -> None:
    pull.save("k1", b"whole", RECORD)
    (pull.folder / "answers" / "k1.json").unlink()
    with pytest.raises(ArchiveError, match=r"k1\.json") as caught:
        pull.find("k1")
    assert "asked again" in caught.value.next_step


def test_the_manifest_says_what_the_pull_is(pull: Pull) -> None:
    pull.decide("per_page", 200)
    data = json.loads((pull.folder / "manifest.json").read_text())
    assert data["study_hash"] == "a" * 64
    assert (data["version"], data["base_url"]) == ("0.1.0", "http://h")
    assert (data["state"], data["parts"]) == ("running", ["figures"])
    assert data["settings"] == {"per_page": 200}


def test_a_complete_pull_is_one_zip_and_a_manifest_with_totals(pull: Pull) -> None:
    pull.save("k1", b"one", RECORD)
    pull.save("k2", b"two", RECORD)
    pull.complete()
    pull.close()
    assert sorted(path.name for path in pull.folder.iterdir()) == ["answers.zip", "manifest.json"]
    done = open_pull(pull.folder)
    told = done.manifest
    assert (told.state, told.calls, told.credits, told.cost_usd) == ("complete", 4, 4, 0.0004)
    assert done.keys() == ["k1", "k2"]
    saved = done.find("k2")
    assert saved is not None
    assert (saved.body, saved.record["attempts"]) == (b"two", 2)
    assert told.answers["k1"] == hashlib.sha256(b"one").hexdigest()


def test_a_complete_pull_takes_no_further_answer(pull: Pull) -> None:
    pull.complete()
    pull.complete()
    with pytest.raises(ArchiveError, match="complete"):
        pull.save("k1", b"one", RECORD)


@pytest.mark.parametrize("killed_at", range(8))
def test_a_kill_at_any_moment_leaves_a_resumable_or_a_complete_pull(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    calls = 0

    def counted(real: Any) -> Any:
        def step(*args: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > killed_at:
                raise KeyboardInterrupt
            return real(*args, **options)

        return step

    with start(tmp_path) as pull:
        pull.save("k1", b"one", RECORD)
        with monkeypatch.context() as patch:
            patch.setattr(archive, "write_atomic", counted(archive.write_atomic))
            patch.setattr(Path, "unlink", counted(Path.unlink))
            patch.setattr(archive, "read_bytes", counted(archive.read_bytes))
            try:
                pull.complete()
            except KeyboardInterrupt:
                calls = -1000
    with open_pull(pull.folder, write=True) as again:
        saved = again.find("k1")
        assert saved is not None
        assert saved.body == b"one"
        again.complete()
    left = {path.name for path in pull.folder.iterdir()}
    assert left == {"answers.zip", "manifest.json"}


def test_a_process_killed_while_saving_loses_nothing_that_was_saved(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from bibliometrics import files as disk
from bibliometrics.openalex.archive import start_pull
pull = start_pull(Path(sys.argv[1]), study_id="s", study_hash="a" * 64, version="0.1.0",
                  base_url="http://h", parts=("figures",))
pull.save("k1", b"one", {"accepted": True})
disk.os.fsync = lambda number: os._exit(9)
pull.save("k2", b"two", {"accepted": True})
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=root, check=False)
    assert done.returncode == 9
    folder = resumable(tmp_path)
    assert folder is not None
    assert list(folder.glob("**/*.tmp"))
    with open_pull(folder, write=True) as pull:
        assert pull.keys() == ["k1"]
        assert not list(folder.glob("**/*.tmp"))


def test_only_one_run_at_a_time_works_on_a_pull(tmp_path: Path) -> None:
    with start(tmp_path) as pull:
        with pytest.raises(BusyError, match="another run"):
            open_pull(pull.folder, write=True)
        assert open_pull(pull.folder).keys() == []
    open_pull(pull.folder, write=True).close()


def test_a_pull_opened_for_reading_is_not_written_to(pull: Pull) -> None:
    reader = open_pull(pull.folder)
    for act in (reader.complete, lambda: reader.decide("a", 1), lambda: reader.save("k", b"", {})):
        with pytest.raises(ArchiveError, match="reading only"):
            act()


def test_two_pulls_of_one_second_have_two_folders(tmp_path: Path) -> None:
    with start(tmp_path) as one, start(tmp_path) as two:
        assert one.folder != two.folder
        assert [folder for folder, _ in list_pulls(tmp_path)] == sorted([one.folder, two.folder])


def test_a_disk_that_can_not_be_written_is_a_disk_error(
    pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(DiskError, match="No space left on device") as caught:
        pull.save("k1", b"one", RECORD)
    assert "k1.json" in caught.value.message
    assert not list(pull.folder.glob("**/*.tmp"))
    assert pull.find("k1") is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
def test_a_real_limit_of_the_system_is_a_disk_error(tmp_path: Path) -> None:
    code = """
import resource, sys
from pathlib import Path
from bibliometrics.openalex.archive import start_pull
from bibliometrics.errors import DiskError
pull = start_pull(Path(sys.argv[1]), study_id="s", study_hash="a" * 64, version="0.1.0",
                  base_url="http://h", parts=("figures",))
pull.save("k1", b"one", {"accepted": True})
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    pull.save("k2", b"x" * 5000, {"accepted": True})
except DiskError as error:
    print(error)
    print(pull.keys())
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], cwd=root, check=True, capture_output=True, text=True
    )
    assert "can't write" in done.stdout
    assert "['k1']" in done.stdout


def test_a_folder_that_may_not_be_written_is_a_disk_error(tmp_path: Path) -> None:
    with read_only(tmp_path), pytest.raises(DiskError, match="can't write"):
        start(tmp_path / "new")


def test_a_file_in_the_place_of_the_folder_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="can't write"):
        start(tmp_path / "file" / "pulls")


def test_a_decision_is_kept_once_and_read_again(pull: Pull) -> None:
    pull.decide("per_page", 100)
    before = (pull.folder / "manifest.json").stat().st_ino
    pull.decide("per_page", 100)
    assert (pull.folder / "manifest.json").stat().st_ino == before
    assert open_pull(pull.folder).settings == {"per_page": 100}


def test_a_failure_to_start_or_open_leaves_nothing_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        msg = f"can't write {path}."
        raise DiskError(msg)

    with monkeypatch.context() as patch:
        patch.setattr(archive, "write_atomic", full)
        with pytest.raises(DiskError):
            start(tmp_path)
    (folder,) = tmp_path.iterdir()
    assert list_pulls(tmp_path) == []
    for _ in range(2):
        with pytest.raises(ArchiveError, match=r"manifest\.json"):
            open_pull(folder, write=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        ({"start": "2999-01-01T00:00:00Z"}, "yet to come"),
        ({"version": "99.0"}, "version 99.0"),
        ({"answers": {"../../mine": "x"}}, "no key of an answer"),
        ({"calls": "many"}, "calls"),
    ],
)
def test_a_pull_that_can_not_be_used_blocks_no_other(
    change: bytes | dict[str, Any], said: str, tmp_path: Path
) -> None:
    start(tmp_path).close()
    odd = start(tmp_path)
    odd.close()
    path = odd.folder / "manifest.json"
    told = json.loads(path.read_bytes())
    path.write_bytes(
        change if isinstance(change, bytes) else json.dumps({**told, **change}).encode()
    )
    aside: list[ArchiveError] = []
    assert len(list_pulls(tmp_path, aside.append)) == 1
    assert said in aside[0].message
    assert odd.folder.name in aside[0].message


@pytest.mark.parametrize("said", [1e300, -1, "dear", None, float("nan"), True, [1]])
def test_finishing_a_pull_never_fails_on_bookkeeping(said: object, tmp_path: Path) -> None:
    with start(tmp_path) as pull:
        pull.save("k1", b"one", {"accepted": True, "cost_usd": said, "attempts": said})
        pull.save("k2", b"two", {"accepted": True, "cost_usd": 0.0002, "attempts": 2})
        pull.complete()
    told = archive.read_manifest(pull.folder)
    assert (told.cost_usd, told.credits, told.calls) == (0.0002, 2, 3)
