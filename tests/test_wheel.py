"""The wheel is the whole product: installed alone, away from any checkout, every command works."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = "Scripts" if sys.platform == "win32" else "bin"
EXTRAS = "duckdb ibis jinja2 markupsafe mistune nh3 openpyxl papermill pyarrow sqlglot"
WITHOUT_EXTRAS = f"""
import sys
sys.modules.update(dict.fromkeys({EXTRAS!r}.split()))
from bibliometrics.cli import main
sys.exit(main(sys.argv[1:]))
"""
NEW = ("--institution", "CNRS", "--region", "Africa", "--years", "2010-2020", "--offline")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    words = ("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir")
    subprocess.run(
        [sys.executable, "-m", "pip", *words, folder, ROOT], check=True, capture_output=True
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Python that has the wheel, and the libraries of this one, but no checkout."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / BIN / "python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    told = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True)
    site = Path(told.stdout.strip())
    words = ("install", "--no-deps", "--no-index", "--target", site, wheel)
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, capture_output=True)
    # Path files inside that folder are not followed: the one that leads to the checkout is not.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


def run(python: Path, folder: Path, *words: str, code: int = 0) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [python, *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def test_the_wheel_holds_what_comes_along(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    wanted = [
        path.relative_to(ROOT).as_posix()
        for pattern in ("data/raw/witnesses/*.csv", "data/raw/sample/**/*.*", "notebooks/*.ipynb")
        for path in ROOT.glob(pattern)
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    ]
    assert len(wanted) > 10
    assert [one for one in wanted if f"bibliometrics/shipped/{one}" not in names] == []
    data = ("definitions", "studies")
    here = [path for name in data for path in (ROOT / "bibliometrics" / name).glob("*.toml")]
    assert [one.name for one in here if one.relative_to(ROOT).as_posix() not in names] == []
    assert not [one for one in names if one.startswith("tests")]


def test_every_command_works_away_from_a_checkout(python: Path, tmp_path: Path) -> None:
    command = ("-m", "bibliometrics")
    where = run(python, tmp_path, "-c", "import bibliometrics; print(bibliometrics.__file__)")
    assert Path(where.strip()).is_relative_to(python.parents[1])
    assert "refresh" in run(python, tmp_path, *command, "--help")
    assert "calls" in run(python, tmp_path, *command, "plan")
    run(python, tmp_path, *command, "study", "new", *NEW, "--out", "own.toml")
    assert (tmp_path / "own.toml").is_file()
    run(python, tmp_path, *command, "refresh", "--source", "witnesses", "--quiet")
    assert (tmp_path / "data" / "processed" / "witnesses.csv").is_file()
    assert "P07" in run(python, tmp_path, *command, "verdicts")
    sample = ("--source", "sample", "--to", "sample", "--quiet")
    run(python, tmp_path, *command, "refresh", *sample)
    assert (tmp_path / "sample" / "region_output.csv").is_file()
    told = run(python, tmp_path, *command, "report", "--from", "sample")
    assert "SYNTHETIC report" in told
    assert f"{len(list(ROOT.glob('notebooks/*.ipynb')))} notebooks" in told


def test_the_core_works_without_extras_and_names_a_missing_one(
    python: Path, tmp_path: Path
) -> None:
    core = ("-c", WITHOUT_EXTRAS)
    run(python, tmp_path, *core, "refresh", "--source", "witnesses", "--quiet")
    assert "P07" in run(python, tmp_path, *core, "verdicts")
    run(python, tmp_path, *core, "study", "new", *NEW, "--out", "own.toml")
    sample = ("refresh", "--source", "sample", "--to", "sample")
    assert "install the extra 'snapshot'" in run(python, tmp_path, *core, *sample, code=13)
    assert "install the extra 'report'" in run(python, tmp_path, *core, "report", code=13)
