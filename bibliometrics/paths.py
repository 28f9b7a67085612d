"""
Where files live. Nothing is made at import; ``BIBLIOMETRICS_DATA`` moves the data folder.

What comes along (witnesses, sample, notebooks) lies beside the package in a checkout, and at the
same paths below ``shipped`` in an installed package.
"""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
DEFINITIONS = PACKAGE / "definitions"
STUDIES = PACKAGE / "studies"


def data_folder() -> Path:
    """
    Return the data folder.

    Returns
    -------
    pathlib.Path
        ``BIBLIOMETRICS_DATA`` if set; else ``data`` beside the package when that is a checkout
        (a ``pyproject.toml`` lies there); else ``data`` in the current folder.
    """
    named = os.environ.get("BIBLIOMETRICS_DATA")
    if named:
        return Path(named).expanduser().resolve()
    return (PACKAGE.parent if _is_checkout() else Path.cwd()) / "data"


def _is_checkout() -> bool:
    return (PACKAGE.parent / "pyproject.toml").is_file()


def _shipped_folder() -> Path:
    return PACKAGE.parent if _is_checkout() else PACKAGE / "shipped"


def raw_folder() -> Path:
    """Return the folder of raw answers; a user's own witnesses or sample may lie there too."""
    return data_folder() / "raw"


def raw_input_folder(name: str) -> Path:
    """Return the folder ``witnesses`` or ``sample``: the user's own, else what comes along."""
    own = raw_folder() / name
    return own if own.is_dir() else _shipped_folder() / "data" / "raw" / name


def notebooks_folder() -> Path:
    """Return the folder of the notebooks that come along."""
    return _shipped_folder() / "notebooks"


def processed_folder() -> Path:
    """Return the folder of the real tables and figures."""
    return data_folder() / "processed"
