"""
The two sides of a comparison: a build's tables, or those that a saved pull gives.
"""

from __future__ import annotations

from pathlib import Path

from bibliometrics import publish, pulls, tables
from bibliometrics.datapackage import read_provenance
from bibliometrics.drift import Side
from bibliometrics.errors import InputError
from bibliometrics.manifest import MANIFEST, list_pulls
from bibliometrics.options import Listener
from bibliometrics.schema import COUNT_TABLES, TABLES, read_table
from bibliometrics.study import load_study


def read_side(name: str, study_name: str, listener: Listener) -> Side:
    """
    Read one side of a comparison.

    Parameters
    ----------
    name : str
        The folder of a build or of a pull, or the id of a pull.
    study_name : str
        Name or file of the study that a pull is of. A build holds its own.
    listener : Listener
        Is told of every answer of a pull.

    Returns
    -------
    Side
        Provenance and tables.

    Raises
    ------
    InputError
        If there is no such folder or pull, or nothing was counted in the build.
    TableError
        If a file of the build was edited, or its tables have other columns.
    ArchiveError
        If the pull is of another study or not complete, or an answer is missing or damaged.
    """
    folder = Path(name)
    if not folder.is_dir() and (pulls.pulls_folder() / name).is_dir():
        folder = pulls.pulls_folder() / name
    package = publish.read_package(folder)
    if package is not None:
        return _read_build(name, folder)
    if (folder / MANIFEST).is_file():
        return _read_pull(name, folder, study_name, listener)
    known = ", ".join(path.name for path, _ in list_pulls(pulls.pulls_folder())) or "none"
    what = "holds neither a build nor a pull" if folder.is_dir() else "is no folder and no pull"
    msg = f"{name} {what}."
    raise InputError(msg, f"name the folder of a build or a pull; pulls that are here: {known}")


def _read_build(name: str, folder: Path) -> Side:
    publish.check_unedited(folder)
    package = publish.read_package(folder) or {}
    listed = {resource["path"].removesuffix(".csv") for resource in package["resources"]}
    if not listed & set(COUNT_TABLES):
        msg = f"nothing has been counted in the build {name}: it holds published figures only."
        raise InputError(msg, "count first: `python -m bibliometrics refresh`")
    rows = {
        table: read_table(TABLES[table], folder / f"{table}.csv")
        for table in TABLES
        if table in listed
    }
    return Side(name, read_provenance(package), rows)


def _read_pull(name: str, folder: Path, study_name: str, listener: Listener) -> Side:
    study = load_study(study_name)
    counted = pulls.replay_pull(study, folder, None, listener)
    frames = tables.build_tables(study, counted.answers, counted.parts)
    rows = {table: tables.to_rows(frame) for table, frame in frames.items()}
    return Side(name, counted.provenance, rows)
