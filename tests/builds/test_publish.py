"""A build is swapped in whole or not at all, whatever happens on the way."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.builds import publish
from bibliometrics.errors import BusyError, DiskError, InputError, TableError
from bibliometrics.tables.datapackage import PACKAGE_FILE
from tests.support.folders import everything, names
from tests.support.swap_killer import write

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a build."""
    path = tmp_path / "builds" / "one"
    write(path, "old")
    return path


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX")
def test_a_kill_at_any_step_leaves_the_old_or_the_new_build(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.swap_killer", str(tmp_path)],
        capture_output=True,
        check=False,
        cwd=ROOT,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    *killed, through = json.loads(done.stdout)
    assert len(killed) > 20
    assert {step["died"] for step in killed} == {-9}
    assert (through["died"], through["found"]) == (0, "new")
    found = [step["found"] for step in killed]
    swapped = found.index("new")
    assert set(found[:swapped]) == {"old"}
    assert set(found[swapped:]) == {"new"}
    assert [step for step in killed if step["own"] != "mine" or step["left"] != ["build"]] == []


def test_a_reader_finds_the_old_build_between_the_two_renames(folder: Path) -> None:
    before = everything(folder)
    folder.rename(folder.with_name(".one.old"))
    package = publish.read_package(folder)
    assert package
    assert package["title"] == "old"
    assert everything(folder) == before
    assert names(folder.parent) == ["one"]


def test_what_was_never_part_of_a_build_is_kept(folder: Path) -> None:
    (folder / "notes" / "deep").mkdir(parents=True)
    (folder / "notes" / "deep" / "mine.txt").write_text("mine")
    (folder / "link").symlink_to("notes/deep/mine.txt")
    (folder / "figures" / "figure.svg").rename(folder / "figures" / "gone.svg")
    write(folder, "new")
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    built = {"figures/figure.svg", "README.md", "study.toml", PACKAGE_FILE}
    assert names == built | {"notes/deep/mine.txt", "link", "figures/gone.svg"}
    assert (folder / "link").is_symlink()
    assert (folder / "study.toml").read_text() == "new"


def test_two_runs_at_once_are_refused(folder: Path) -> None:
    before = everything(folder)
    with (
        publish.hold(folder),
        pytest.raises(BusyError, match="another run works on"),
        publish.hold(folder),
    ):
        pytest.fail("held twice")
    assert everything(folder) == before
    with publish.hold(folder):
        pass
    assert names(folder.parent) == ["one"]


def test_parents_made_for_nothing_are_removed(tmp_path: Path) -> None:
    with pytest.raises(KeyError), publish.hold(tmp_path / "a" / "b" / "c"):
        raise KeyError
    assert names(tmp_path) == []


OTHERS = {"thesis.txt": "mine", "deep/notes.md": "mine too"}


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize("role", ["old", "new"])
@pytest.mark.parametrize("is_build", [False, True])
def test_folders_of_others_beside_a_build_are_neither_moved_nor_deleted(
    folder: Path, role: str, is_build: bool
) -> None:
    side = folder.with_name(f".one.{role}")
    if is_build:
        write(side, "a copy that somebody keeps")
    put(side, OTHERS)
    before = everything(folder)
    with pytest.raises(InputError, match=rf"\.one\.{role} is in the way"):
        write(folder, "new")
    assert everything(folder) == before
    assert (
        OTHERS.items()
        <= {
            name: content.decode()
            for name, content in everything(side).items()
            if content is not None
        }.items()
    )
    shutil.rmtree(folder)
    publish.read_package(folder)
    assert role == "old" or not folder.exists()
    assert (folder if folder.exists() else side).joinpath("thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("kept", ["notes/", ".x.0123abcd.tmp", ".mine/notes.0123abcd.tmp"])
@pytest.mark.parametrize("role", ["old", "new"])
def test_a_folder_beside_a_build_that_no_run_left_stays_as_it_is(
    folder: Path, role: str, kept: str
) -> None:
    side = folder.with_name(f".one.{role}")
    (side / kept).parent.mkdir(parents=True, exist_ok=True)
    (side / kept).mkdir(parents=True) if kept.endswith("/") else put(side, {kept: "mine"})
    with pytest.raises(InputError, match=rf"\.one\.{role} is in the way"):
        write(folder, "new")
    assert (side / kept).exists()


def test_what_a_killed_first_write_left_is_cleared(folder: Path) -> None:
    put(folder.with_name(".one.new"), {".datapackage.json.0123abcd.tmp": "{"})
    write(folder, "new")
    assert not folder.with_name(".one.new").exists()


@pytest.mark.parametrize("name", ["figures/readings.svg", "figures"])
def test_a_file_in_the_place_of_a_figure_stops_the_work_before_it_begins(
    folder: Path, name: str
) -> None:
    if name == "figures":
        shutil.rmtree(folder / "figures", ignore_errors=True)
    put(folder, {name: "mine"})
    with pytest.raises(InputError, match=f"{name} would be replaced"):
        publish.check_destination(folder, synthetic=False, figures=["readings"])
    assert (folder / name).read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"not a lock"])
def test_a_file_of_others_in_the_place_of_the_lock_stays(folder: Path, content: bytes) -> None:
    lock = folder.with_name(".one.lock")
    lock.write_bytes(content)
    if content:
        with pytest.raises(InputError, match=r"\.one\.lock is in the way"):
            write(folder, "new")
        assert lock.read_bytes() == content
    else:
        write(folder, "new")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_what_can_not_move_with_a_build_stops_it_before_the_work(folder: Path) -> None:
    os.mkfifo(folder / "figures" / "pipe")
    with pytest.raises(InputError, match="pipe is a pipe"):
        publish.check_destination(folder, synthetic=False)
    (folder / "figures" / "pipe").unlink()
    (folder / "fields.csv").write_text("mine")
    with pytest.raises(InputError, match=r"fields\.csv would be replaced"):
        publish.check_destination(folder, synthetic=False)


def test_an_empty_folder_and_a_report_of_others_are_kept(folder: Path) -> None:
    (folder / "deep" / "empty").mkdir(parents=True)
    (folder / "report.html").write_text("mine")
    write(folder, "new")
    assert (folder / "deep" / "empty").is_dir()
    assert (folder / "report.html").read_text() == "mine"
    ours = f'<meta name="build" content="{"0" * 64}">'
    (folder / "report.html").write_text(ours)
    write(folder, "newest")
    assert not (folder / "report.html").exists()
    assert names(folder.parent) == ["one"]


FAILURES: dict[str, Callable[[pytest.MonkeyPatch, OSError], None]] = {
    "no room for a file": lambda patch, error: patch.setattr(os, "fsync", fail_with(error)),
    "no copy of the reader's own files": lambda patch, error: patch.setattr(
        shutil, "copy2", fail_with(error)
    ),
    "no rename": lambda patch, error: patch.setattr(Path, "rename", fail_with(error)),
}


def fail_with(error: OSError) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("what", FAILURES)
@pytest.mark.parametrize(
    ("number", "step"), [(errno.ENOSPC, "free some space"), (errno.EACCES, "you may write to")]
)
def test_a_failed_write_leaves_the_old_build(
    what: str, number: int, step: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "notes.txt").write_text("mine")
    before = everything(folder)
    with monkeypatch.context() as patch:
        FAILURES[what](patch, OSError(number, os.strerror(number)))
        with pytest.raises(DiskError, match=os.strerror(number)) as raised:
            write(folder, "new")
    assert step in raised.value.next_step
    assert "untouched" in raised.value.message
    assert everything(folder) == before
    assert names(folder.parent) == ["one"]


def test_an_edited_missing_or_cut_file_is_named(folder: Path) -> None:
    publish.check_unedited(folder)
    readme = folder / "README.md"
    text = readme.read_bytes()
    for content in (text + b" ", text[:-1], None):
        readme.unlink()
        if content is not None:
            readme.write_bytes(content)
        with pytest.raises(TableError, match=r"README\.md is not as it was built"):
            publish.check_unedited(folder)
        readme.write_bytes(text)
    publish.check_unedited(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"resources": []}', b"\xff\xfe"])
def test_a_broken_data_package_is_a_named_error(folder: Path, content: bytes) -> None:
    (folder / PACKAGE_FILE).write_bytes(content)
    with pytest.raises(TableError, match=PACKAGE_FILE):
        publish.read_package(folder)


def test_real_and_synthetic_builds_never_share_a_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIBLIOMETRICS_DATA", str(tmp_path / "data"))
    publish.check_destination(folder, synthetic=False)
    with pytest.raises(InputError, match="holds a real build"):
        publish.check_destination(folder, synthetic=True)
    package = json.loads((folder / PACKAGE_FILE).read_text())
    package["bibliometrics"]["synthetic"] = True
    (folder / PACKAGE_FILE).write_text(json.dumps(package))
    publish.check_destination(folder, synthetic=True)
    with pytest.raises(InputError, match="holds a synthetic build"):
        publish.check_destination(folder, synthetic=False)
    for way in ("processed", "raw/../processed"):
        with pytest.raises(InputError, match="must not go to data/processed"):
            publish.check_destination(tmp_path / "data" / way, synthetic=True)


def test_a_folder_of_others_is_not_taken_over(tmp_path: Path) -> None:
    publish.check_destination(tmp_path / "new", synthetic=True)
    (tmp_path / ".hidden").touch()
    publish.check_destination(tmp_path, synthetic=True)
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"holds thesis\.tex but no datapackage\.json"):
        publish.check_destination(tmp_path, synthetic=True)
    with pytest.raises(InputError, match=r"thesis\.tex is a file"):
        publish.check_destination(tmp_path / "thesis.tex", synthetic=True)
