"""Many answers in one zip: the same to the byte, verified when it is opened."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bibliometrics.errors import ArchiveError
from bibliometrics.openalex import archive
from bibliometrics.openalex.archive import Pull, open_pull, start_pull

RECORD = {"accepted": True, "attempts": 2, "cost_usd": 0.0002, "status": 200}
STUDY: dict[str, Any] = {"study_hash": "a" * 64, "version": "0.1.0", "base_url": "http://h"}


def start(root: Path, parts: tuple[str, ...] = ("figures",), **other: Any) -> Pull:
    return start_pull(root, study_id="s", parts=parts, **{**STUDY, **other})


@pytest.fixture
def pull(tmp_path: Path) -> Iterator[Pull]:
    with start(tmp_path) as made:
        yield made


def test_the_same_answers_make_the_same_zip_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "now", lambda: datetime(2026, 11, 22, tzinfo=UTC))
    packed = []
    for order in (("k1", "k2"), ("k2", "k1")):
        with start(tmp_path) as pull:
            for key in order:
                pull.save(key, key.encode() * 1000, RECORD)
            pull.complete()
            packed.append((pull.folder / "answers.zip").read_bytes())
    assert packed[0] == packed[1]
    names = zipfile.ZipFile(io.BytesIO(packed[0])).namelist()
    assert names == sorted(names)


def test_an_edited_zip_is_named_with_the_answer_in_it(pull: Pull) -> None:
    pull.save("k1", b"one", RECORD)
    pull.complete()
    path = pull.folder / "answers.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("k1.json", b"1")
        packed.writestr("k1.record.json", json.dumps({"sha256": "x"}))
    with pytest.raises(ArchiveError, match=r"answer k1 in .*answers\.zip"):
        open_pull(pull.folder)


def test_an_answer_that_only_the_manifest_knows_is_missing(pull: Pull) -> None:
    pull.save("k1", b"one", RECORD)
    pull.complete()
    path = pull.folder / "manifest.json"
    path.write_text(path.read_text().replace('"k1"', '"k2"'))
    with pytest.raises(ArchiveError, match=r"answer k2 .* is missing"):
        open_pull(pull.folder).find("k2")


@pytest.mark.parametrize("keep", [0, 10, 150])
def test_a_cut_zip_is_named(pull: Pull, keep: int) -> None:
    pull.save("k1", b"one", RECORD)
    pull.complete()
    path = pull.folder / "answers.zip"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ArchiveError, match=r"answers\.zip was cut or edited"):
        open_pull(pull.folder)
    path.unlink()
    with pytest.raises(ArchiveError, match=r"answers\.zip"):
        open_pull(pull.folder)
