"""Where CI is set, no test is skipped unnoticed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import read_allowed

ROOT = Path(__file__).resolve().parents[1]
LISTED = "BIBLIOMETRICS_RECORDS names no real records"
FILE = """
import pytest

def test_runs():
    pass

@pytest.mark.skipif(True, reason={reason!r})
def test_is_skipped():
    pass

@pytest.mark.xfail(reason="known", strict=True)
def test_is_known_to_fail():
    assert False
"""


def run(folder: Path, reason: str, *words: str, ci: str = "true") -> tuple[int, str]:
    (folder / "test_some.py").write_text(FILE.format(reason=reason), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.skips", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CI": ci},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("words", [(), ("-n", "1")])
def test_a_skipped_test_that_is_not_listed_fails_the_run(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    code, said = run(tmp_path, "no such thing here", *words)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "test_some.py::test_is_skipped: no such thing here" in said
    assert "1 passed, 1 skipped, 1 xfailed" in said


def test_a_module_that_is_skipped_whole_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "test_whole.py").write_text(
        "import pytest\npytest.skip('not today', allow_module_level=True)\n", encoding="utf-8"
    )
    code, said = run(tmp_path, LISTED)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "test_whole.py: not today" in said


def test_a_listed_reason_passes_and_so_does_any_without_ci(tmp_path: Path) -> None:
    assert run(tmp_path, LISTED)[0] == pytest.ExitCode.OK
    assert run(tmp_path, "no such thing here", ci="")[0] == pytest.ExitCode.OK


def test_browser_and_spark_must_be_there_on_linux() -> None:
    browser, spark = (
        "there is no Chromium: install chromium or google-chrome",
        "PySpark is not installed: make venv-spark",
    )
    assert {browser, spark} <= read_allowed("darwin")
    assert not {browser, spark, "needs POSIX"} & read_allowed("linux")
