"""
A build as one HTML file for readers: run the notebooks, compose the page, write it whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bibliometrics import publish
from bibliometrics.build import Build, read_build
from bibliometrics.disk import write_atomic
from bibliometrics.errors import BusyError, InputError
from bibliometrics.narration import hash_notebooks, list_notebooks, run_notebooks
from bibliometrics.page import hash_build, render_page
from bibliometrics.paths import processed_folder


@dataclass(frozen=True)
class Report:
    """What was written: where, how large, of which build."""

    path: Path
    size: int
    synthetic: bool
    waiting: tuple[str, ...]
    notebooks: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values for JSON."""
        return {
            "report": str(self.path),
            "bytes": self.size,
            "synthetic": self.synthetic,
            "waiting": list(self.waiting),
            "notebooks": self.notebooks,
        }

    def lines(self) -> list[str]:
        """Return the lines that the command prints."""
        what = "SYNTHETIC report" if self.synthetic else "report"
        size = f"{self.size / 1_000_000:.1f} MB, {self.notebooks} notebooks"
        waits = [f"waits for a pull: {', '.join(self.waiting)}"] if self.waiting else []
        return [f"{what}: {self.path} ({size})", *waits]


def write_report(
    folder: Path,
    out: Path | None = None,
    *,
    with_notebooks: bool = True,
    said: Callable[[str], None] = lambda _: None,
) -> Report:
    """
    Run the notebooks on a build and write all that a reader wants as one HTML file.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the build.
    out : pathlib.Path or None
        The file; None: ``report.html`` in the build's folder.
    with_notebooks : bool
        Whether the notebooks' story is in it.
    said : callable
        Is told of each notebook that has run.

    Returns
    -------
    Report
        What was written.

    Raises
    ------
    BibliometricsError
        If there is no build, a notebook fails, the build changes meanwhile, or the file can't be
        written. What was there before is then untouched.
    """
    folder = folder.resolve()
    build = read_build(folder)
    path = (out or folder / publish.REPORT_FILE).resolve()
    _check_place(build, path)
    before = hash_build(folder)
    books = list_notebooks() if with_notebooks else []
    stories = run_notebooks(books, folder, said)
    page = render_page(build, stories, hash_notebooks(books) if books else "").encode()
    with publish.hold(folder):
        if hash_build(folder) != before:
            msg = f"{folder} was rebuilt while the report was made."
            raise BusyError(msg, "run the same command again")
        write_atomic(path, page)
    waiting = tuple(build.waiting)
    return Report(path, len(page), build.provenance.synthetic, waiting, len(stories))


def _check_place(build: Build, path: Path) -> None:
    if build.provenance.synthetic and processed_folder().resolve() in path.parents:
        msg = "a synthetic report must not go to data/processed."
        raise InputError(msg, "name another file with --out")
    if path.is_dir():
        msg = f"{path} is a folder."
        raise InputError(msg, "name a file with --out, for instance report.html")
