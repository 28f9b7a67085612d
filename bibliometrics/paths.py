"""Where files live. Nothing is made at import; ``BIBLIOMETRICS_DATA`` moves the data folder."""

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
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file():
        return checkout / "data"
    return Path.cwd() / "data"


def raw_folder() -> Path:
    """Return the folder of raw answers, witnesses and the synthetic sample."""
    return data_folder() / "raw"


def processed_folder() -> Path:
    """Return the folder of the real tables and figures."""
    return data_folder() / "processed"
