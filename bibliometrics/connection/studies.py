"""A whole study counted by a connection: tables, verdicts and figures in a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from bibliometrics.builds import make
from bibliometrics.builds.read import Build, read_build
from bibliometrics.builds.sources import Options
from bibliometrics.connection.counting import Connection, connect
from bibliometrics.errors import InputError
from bibliometrics.files import user_path
from bibliometrics.study.draft import whole_text
from bibliometrics.study.model import Study, load_study
from bibliometrics.study.plan import PARTS


def refresh(
    study: str | Study,
    source: str | Path | Connection,
    *,
    to: str | Path,
    parts: Iterable[str] | None = None,
) -> Build:
    """
    Count a whole study, and build its tables, verdicts and figures.

    Parameters
    ----------
    study : str or Study
        Name of a study of this package, path of a study file, or a study; see
        :meth:`Study.but` for one with changes.
    source : str, pathlib.Path or Connection
        Who counts: a connection, or what :func:`connect` takes.
    to : str or pathlib.Path
        Folder of the build.
    parts : iterable of str or None
        Which tables, for instance ("figures", "fields"); None: the usual ones.

    Returns
    -------
    Build
        With ``.tables``, ``.figure(name)``, ``.verdict(id)`` and ``.to_excel(path)``.

    Raises
    ------
    InputError
        If study, source or parts are unknown, or a SYNTHETIC build would go where real ones are.
    BudgetError
        If the budget is too small.

    Examples
    --------
    >>> import tempfile
    >>> import bibliometrics as bm
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     build = bm.refresh("cas-latin-america", "sample", to=folder + "/cas", parts=["figures"])
    >>> len(build.tables["region_output"])
    10
    """
    wanted = None if parts is None else tuple([parts] if isinstance(parts, str) else parts)
    unknown = sorted(set(wanted or ()) - set(PARTS))
    if unknown or wanted == ():
        msg = f"unknown part {', '.join(unknown)}." if unknown else "no part is named."
        raise InputError(msg, f"known parts: {', '.join(PARTS)}")
    if not isinstance(source, Connection):
        with connect(source) as connection:
            return refresh(study, connection, to=to, parts=wanted)
    folder, who = user_path(to).resolve(), source._source
    with tempfile.TemporaryDirectory(prefix="bibliometrics-") as scratch:
        name = study if isinstance(study, str) else _write(study, Path(scratch))
        told = {"study": name, "to": folder, "parts": wanted, **who.refresh_options()}
        with who.listening() as listener:
            make.refresh(Options(**told), listener)
    return read_build(folder)


def _write(study: Study, folder: Path) -> str:
    """Write a study as a file, and make sure that the file says the same."""
    path = folder / f"{study.id}.toml"
    path.write_text(whole_text(study), encoding="utf-8")
    if load_study(str(path)).hash != study.hash:
        msg = f"study {study.id!r} can't be written as a file that counts the same."
        raise InputError(msg, "write a study file, and give its path")
    return str(path)
