"""What a pull is, and which of several can be used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bibliometrics.errors import ArchiveError
from bibliometrics.openalex import archive
from bibliometrics.openalex.archive import (
    Pull,
    find_resumable,
    latest_complete,
    open_pull,
    stamp,
    start_pull,
)

STUDY: dict[str, Any] = {"study_hash": "a" * 64, "version": "0.1.0", "base_url": "http://h"}


def start(root: Path, parts: tuple[str, ...] = ("figures",), **other: Any) -> Pull:
    return start_pull(root, study_id="s", parts=parts, **{**STUDY, **other})


def resumable(root: Path, parts: tuple[str, ...] = ("figures",), **other: Any) -> Path | None:
    return find_resumable(root, parts=parts, **{**STUDY, **other})


@pytest.fixture
def pull(tmp_path: Path) -> Iterator[Pull]:
    with start(tmp_path) as made:
        yield made


def test_an_interrupted_pull_is_found_again(pull: Pull) -> None:
    root = pull.folder.parent
    assert resumable(root) == pull.folder
    pull.complete()
    assert resumable(root) is None


@pytest.mark.parametrize(
    "other",
    [
        {"study_hash": "b" * 64},
        {"base_url": "http://other"},
        {"version": "1.0.0"},
        {"parts": ("fields",)},
        {"parts": ("figures", "fields")},
    ],
)
def test_two_pulls_are_never_mixed(pull: Pull, other: dict[str, Any]) -> None:
    assert resumable(pull.folder.parent, **other) is None


def test_a_pull_of_last_week_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days, found in ((6, True), (8, False)):
        moment = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)
        with monkeypatch.context() as patch:
            patch.setattr(archive, "now", lambda moment=moment: moment)
            start(tmp_path / str(days)).close()
        assert (resumable(tmp_path / str(days)) is not None) is found


def test_the_newest_complete_pull_of_a_study_is_found(tmp_path: Path) -> None:
    assert latest_complete(tmp_path / "nowhere", "a" * 64) is None
    folders = []
    for _ in range(2):
        with start(tmp_path) as pull:
            pull.complete()
            folders.append(pull.folder)
    start(tmp_path).close()
    assert latest_complete(tmp_path, "a" * 64) == folders[-1]
    assert latest_complete(tmp_path, "b" * 64) is None
    assert latest_complete(tmp_path, "a" * 64, "http://other") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"parts": 1}'])
def test_an_edited_manifest_is_named(pull: Pull, text: str) -> None:
    path = pull.folder / "manifest.json"
    path.write_text(text)
    with pytest.raises(ArchiveError, match=r"manifest\.json"):
        open_pull(pull.folder)


def test_a_manifest_in_another_state_is_an_error(pull: Pull) -> None:
    path = pull.folder / "manifest.json"
    path.write_text(path.read_text().replace("running", "walking"))
    with pytest.raises(ArchiveError, match="walking"):
        open_pull(pull.folder)


def test_time_is_written_in_utc_with_a_z() -> None:
    assert stamp(datetime(2026, 11, 22, 23, 10, 5, tzinfo=UTC)) == "2026-11-22T23:10:05Z"
