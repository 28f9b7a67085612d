"""Where files live."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bibliometrics import files as paths

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_data_lie_in_the_checkout_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert paths.data_folder() == ROOT / "data"
    assert paths.raw_folder() == ROOT / "data" / "raw"
    assert paths.processed_folder() == ROOT / "data" / "processed"


def test_an_installed_package_uses_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "PACKAGE", tmp_path / "site-packages" / "bibliometrics")
    monkeypatch.chdir(tmp_path)
    assert paths.data_folder() == tmp_path / "data"


def test_a_setting_moves_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for named in ("elsewhere", "~/elsewhere", str(tmp_path / "x" / ".." / "elsewhere")):
        monkeypatch.setenv("BIBLIOMETRICS_DATA", named)
        assert paths.processed_folder() == tmp_path / "elsewhere" / "processed"
    assert not (tmp_path / "elsewhere").exists()


def test_what_comes_along_lies_beside_the_package_or_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paths.raw_input_folder("sample") == ROOT / "data" / "raw" / "sample"
    assert paths.notebooks_folder() == ROOT / "notebooks"
    package = tmp_path / "site-packages" / "bibliometrics"
    monkeypatch.setattr(paths, "PACKAGE", package)
    monkeypatch.chdir(tmp_path)
    shipped = package / "shipped"
    assert paths.raw_input_folder("witnesses") == shipped / "data" / "raw" / "witnesses"
    assert paths.notebooks_folder() == shipped / "notebooks"
    own = tmp_path / "data" / "raw" / "witnesses"
    own.mkdir(parents=True)
    assert paths.raw_input_folder("witnesses") == own
