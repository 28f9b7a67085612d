"""
A build as a reader meets it: tables as data frames, where they come from, and figures drawn.

This is what notebooks use. Nothing here touches the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Final

import pandas as pd

from bibliometrics.builds import publish
from bibliometrics.builds.sources import count_sample
from bibliometrics.builds.workbook import is_workbook, make_workbook
from bibliometrics.claims.ledger import find_claim, load_claims
from bibliometrics.errors import InputError, TableError
from bibliometrics.figures.catalogue import (
    ENTRIES,
    Drawn,
    Inputs,
    describe_specification,
    draw_figure,
    draw_figures,
    present,
    stated_marks,
)
from bibliometrics.figures.data import Evidence, Source
from bibliometrics.figures.style import Picture
from bibliometrics.files import check_output, on_disk, processed_folder, user_path, write_atomic
from bibliometrics.openalex.credentials import API_URL
from bibliometrics.study.model import Study, load_study
from bibliometrics.tables.answers import Provenance
from bibliometrics.tables.build import part_of, read_table_frame, to_rows
from bibliometrics.tables.datapackage import WAITING_FOR_PULL, read_provenance, waiting_text
from bibliometrics.tables.network import is_network, to_graphml, to_vosviewer
from bibliometrics.tables.schema import TABLES, counted_tables

LABELS: Final = {
    "openalex": "OpenAlex",
    "snapshot": "OpenAlex snapshot",
    "sample": "synthetic sample",
}


def label_of(provenance: Provenance) -> str:
    """Return a short name of who counted; another server than OpenAlex itself says its address."""
    if provenance.source == "openalex" and provenance.location != API_URL:
        return f"OpenAlex API at {provenance.location}"
    return LABELS[provenance.source]


def _say_source(frame: pd.DataFrame, told: Provenance) -> pd.DataFrame:
    """Let each row of a table say who counted."""
    frame.attrs["source"] = "SYNTHETIC sample" if told.synthetic else label_of(told)
    return frame.assign(source=frame.attrs["source"])


def source_of(study: Study, provenance: Provenance) -> Source | None:
    """Return where a build's counts come from, as figures say it; None when nothing is counted."""
    if provenance.source == "witnesses":
        return None
    return Source(
        label_of(provenance),
        provenance.end[:10],
        f"{describe_specification(study.primary)}; {provenance.pull}",
        is_synthetic=provenance.synthetic,
    )


def check_name(what: str, name: str, known: Iterable[str]) -> None:
    """Raise InputError, with the known ones, for a name that is none of them."""
    known = list(known)
    if name not in known:
        msg = f"there is no {what} {name!r}."
        raise InputError(msg, f"known: {', '.join(known)}")


def inputs_of(
    study: Study,
    tables: Mapping[str, pd.DataFrame],
    published: Sequence[Mapping[str, Any]],
    provenance: Provenance,
) -> Inputs:
    """Return what a build's figures are drawn from; the paper's values go on real builds only."""
    stated = {} if provenance.synthetic else stated_marks(study, load_claims())
    warnings = {
        table: str(one["said"]) for one in provenance.contradictions for table in one["tables"]
    }
    return Inputs(study, tables, published, stated, source_of(study, provenance), warnings)


def draw(
    study: Study,
    tables: Mapping[str, pd.DataFrame],
    published: Sequence[Mapping[str, Any]],
    provenance: Provenance,
) -> dict[str, Drawn]:
    """Draw every figure of a build."""
    return draw_figures(inputs_of(study, tables, published, provenance))


class Tables(dict[str, pd.DataFrame]):
    """The tables of a build by name; one that is not there is an error that says what it needs."""

    def __init__(self, folder: Path, frames: Mapping[str, pd.DataFrame]) -> None:
        super().__init__(frames)
        self.folder = folder

    def __missing__(self, name: str) -> pd.DataFrame:
        """Raise TableError for a table that waits for a pull, InputError for no table."""
        check_name("table", name, TABLES)
        msg = f"table {name!r} is not in {self.folder}: {waiting_text(name)}."
        raise TableError(msg, "run that command, or ask build.has(name) first")


@dataclass(frozen=True, eq=False)
class Build:
    """
    One build: a study, its tables and where they come from. Read with :func:`read_build`.

    ``build["institution_region"]`` is a table as a data frame; ``build.has(name)`` says whether it
    is there or waits for a pull; ``build.figure(name)`` draws. A notebook that ends a cell with
    the build itself shows what is in it.
    """

    folder: Path
    study: Study
    study_text: str
    provenance: Provenance
    tables: Mapping[str, pd.DataFrame]
    alt_texts: Mapping[str, str]

    def __repr__(self) -> str:
        """Return study, folder and what is there."""
        where = f"{self.folder.parent.name}/{self.folder.name}"
        return f"<Build {self.study.id} in {where}: {', '.join(self.tables)}>"

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table; raise TableError when it waits for a pull, InputError for no table."""
        return self.tables[name].copy()

    def has(self, name: str) -> bool:
        """Say whether a table is there; raise InputError for no table."""
        check_name("table", name, TABLES)
        return name in self.tables

    def or_sample(self, name: str) -> pd.DataFrame:
        """
        Return a table; where nothing was counted for it, the same table of the synthetic sample.

        Parameters
        ----------
        name : str
            For instance ``institution_region``.

        Returns
        -------
        pandas.DataFrame
            With one more column, ``source``: who counted. It begins with SYNTHETIC where the
            numbers are invented, and so does ``attrs["source"]``.

        Raises
        ------
        InputError
            If there is no such table, or it holds no counts.
        """
        check_name("table of counts", name, counted_tables())
        if name in self.tables:
            return _say_source(self[name], self.provenance)
        part = part_of(name)
        if part not in self._invented:
            self._invented[part] = count_sample(self.study, part)
        frames, told = self._invented[part]
        return _say_source(describe_frame(frames[name].copy(), name, told), told)

    @cached_property
    def _invented(self) -> dict[str, tuple[dict[str, pd.DataFrame], Provenance]]:
        return {}

    @property
    def waiting(self) -> list[str]:
        """Names of the tables that wait for a pull."""
        return [name for name in counted_tables() if name not in self.tables]

    @cached_property
    def inputs(self) -> Inputs:
        """What the figures are drawn from."""
        counted = {name: self.tables[name] for name in counted_tables() if name in self.tables}
        return inputs_of(self.study, counted, published_of(self), self.provenance)

    @cached_property
    def _drawn(self) -> dict[str, Drawn]:
        return {}

    def draw(self) -> dict[str, Drawn]:
        """Draw every figure anew: figure and alternative text by name."""
        return draw_figures(self.inputs)

    def figure(self, name: str) -> Any:
        """
        Draw one figure, and no other.

        Parameters
        ----------
        name : str
            For instance ``figure4_institution_region``.

        Returns
        -------
        matplotlib.figure.Figure
            The figure; asked again, the same one.

        Raises
        ------
        InputError
            If there is no figure of that name.
        """
        known = present(self.inputs)
        if name not in ENTRIES:
            msg = f"there is no figure {name!r}."
            raise InputError(msg, f"known figures: {', '.join(sorted(known))}")
        if name not in known:
            msg = f"figure {name!r} is not in {self.folder}: {WAITING_FOR_PULL}."
            raise InputError(msg, "run that command first")
        if name not in self._drawn:
            self._drawn[name] = draw_figure(self.inputs, name)
        figure, alt = self._drawn[name]
        if isinstance(figure, Picture):
            figure.name, figure.alt = name, alt
        return figure

    def to_excel(self, path: str | Path, *, force: bool = False) -> Path:
        """
        Write all tables into one Excel workbook, with a first page of definitions.

        Parameters
        ----------
        path : str or pathlib.Path
            The file, ending in .xlsx; an earlier workbook of a build is replaced.
        force : bool
            Whether any other file that is there may be replaced too.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        InputError
            If it does not end in .xlsx, or a file is there that is no workbook of a build.
        MissingPackageError
            If openpyxl is not installed.
        DiskError
            If it can't be written; then nothing is changed.
        """
        target = user_path(path)
        if target.suffix != ".xlsx":
            msg = f"{target} does not end in .xlsx."
            raise InputError(msg, "name a file such as tables.xlsx")
        _check_output(target, is_workbook, force=force)
        write_atomic(target, workbook_of(self))
        return target

    def write_ties(self, folder: str | Path, *, force: bool = False) -> list[Path]:
        """
        Write who works with whom for network tools: GraphML, and VOSviewer's map and network.

        Parameters
        ----------
        folder : str or pathlib.Path
            Gets ``ties.graphml``, ``ties_map.txt`` and ``ties_network.txt`` (of a synthetic build
            with SYNTHETIC before the name); earlier ones are replaced.
        force : bool
            Whether other files of these names may be replaced too.

        Returns
        -------
        list of pathlib.Path
            The three files.

        Raises
        ------
        TableError
            If the table ``ties`` was not counted.
        InputError
            If a file of such a name is there that was not made here.
        DiskError
            If they can't be written.
        """
        if "ties" not in self.tables:
            msg = "table ties was not counted."
            raise TableError(msg, waiting_text("ties"))
        places, network = to_vosviewer(self.tables["ties"])
        texts = {
            "ties.graphml": to_graphml(self.tables["ties"]),
            "ties_map.txt": places,
            "ties_network.txt": network,
        }
        target = user_path(folder)
        with on_disk(target):
            target.mkdir(parents=True, exist_ok=True)
        stamp = "SYNTHETIC_" if self.provenance.synthetic else ""
        paths = {target / f"{stamp}{name}": text for name, text in texts.items()}
        for path in paths:
            _check_output(path, is_network, force=force)
        for path, text in paths.items():
            write_atomic(path, text.encode())
        return list(paths)

    def verdict(self, claim_id: str) -> pd.DataFrame:
        """
        Return what was found of one claim: a row for each piece of evidence.

        Parameters
        ----------
        claim_id : str
            For instance ``P05``.

        Returns
        -------
        pandas.DataFrame
            Its rows of the table ``claims``.

        Raises
        ------
        InputError
            If there is no such claim, or it is about another study.
        TableError
            If the build is SYNTHETIC, which has no verdicts.
        """
        if self.provenance.synthetic:
            msg = "a SYNTHETIC build has no verdicts."
            raise TableError(msg, "read a build of real counts")
        claim = find_claim(load_claims(), claim_id, self.study)
        rows = self["claims"]
        return rows[rows["claim_id"] == claim.id].reset_index(drop=True)

    @property
    def origin(self) -> str:
        """One sentence: where the counts come from, and when."""
        told = self.provenance
        if told.synthetic:
            return "SYNTHETIC: counted on an invented sample. No number here is a result."
        if told.source == "witnesses":
            return f"Nothing has been counted yet: {WAITING_FOR_PULL}."
        return f"Counted by {label_of(told)} ({told.pull}, {told.end[:10]})."

    def _repr_html_(self) -> str:
        """Return study, origin and every table, present or waiting, as HTML for notebooks."""
        rows = []
        for name, table in TABLES.items():
            size = f"{len(self.tables[name]):,}" if self.has(name) else "–"
            said = table.caption if self.has(name) else f"{table.caption}: waiting for a pull"
            rows.append(
                f"<tr><td><code>{name}</code></td><td style='text-align:right'>{size}</td>"
                f"<td style='text-align:left'>{escape(said)}</td></tr>"
            )
        emphasis = "strong" if self.provenance.synthetic else "span"
        return (
            f"<h4>{escape(self.study.title)}</h4>"
            f"<p><{emphasis}>{escape(self.origin)}</{emphasis}></p>"
            f"<p>{escape(describe_specification(self.study.primary))}; study hash "
            f"<code>{self.provenance.study_hash[:12]}</code></p>"
            "<table><thead><tr><th>table</th><th>rows</th><th>what it holds</th></tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )


def read_build(folder: str | Path | None = None) -> Build:
    """
    Read a build.

    Parameters
    ----------
    folder : str or pathlib.Path or None
        Folder of the build; None: ``data/processed``.

    Returns
    -------
    Build
        Study, tables and provenance, checked.

    Raises
    ------
    TableError
        If there is no build, a file was edited after it was built, or a table breaks its contract.

    Examples
    --------
    >>> "witnesses" in read_build().tables
    True
    """
    path = user_path(folder).resolve() if folder is not None else processed_folder()
    package = publish.read_package(path)
    if package is None:
        msg = f"{path} holds no build."
        raise TableError(msg, publish.BUILD_ONE)
    publish.check_unedited(path)
    names = [resource["path"].removesuffix(".csv") for resource in package["resources"]]
    told = read_provenance(package)
    return Build(
        folder=path,
        study=load_study(str(path / publish.STUDY_FILE)),
        study_text=(path / publish.STUDY_FILE).read_text(encoding="utf-8"),
        provenance=told,
        tables=Tables(path, {name: _read_table(path, name, told) for name in names}),
        alt_texts=package["bibliometrics"]["figures"],
    )


def _read_table(folder: Path, name: str, told: Provenance) -> pd.DataFrame:
    """Return a table; its ``attrs`` say what it holds, in which units, and where it comes from."""
    return describe_frame(read_table_frame(folder / f"{name}.csv", TABLES[name]), name, told)


def describe_frame(frame: pd.DataFrame, name: str, told: Provenance) -> pd.DataFrame:
    """Let the frame of a table say what it holds and where it comes from."""
    table = TABLES[name]
    frame.attrs["title"] = table.caption
    frame.attrs["meanings"] = {column.name: column.meaning for column in table.columns}
    frame.attrs["provenance"] = {
        "source": told.source,
        "pull": told.pull,
        "counted": told.end,
        "study": told.study_id,
        "study_hash": told.study_hash,
        "synthetic": told.synthetic,
    }
    return frame


def evidence_of(build: Build, figure: str) -> list[Evidence]:
    """
    Return what a figure is drawn from.

    Parameters
    ----------
    build : Build
        The build.
    figure : str
        For instance ``figure4_institution_region``.

    Returns
    -------
    list of Evidence
        Our table first, if it was counted; then published figures of others.

    Raises
    ------
    InputError
        If there is no figure of that name.
    """
    check_name("figure", figure, ENTRIES)
    return build.inputs.of(figure).evidence


def _check_output(path: Path, is_ours: Callable[[bytes], bool], *, force: bool) -> None:
    try:
        check_output(path, is_ours, force=force)
    except InputError as error:
        step = error.next_step.replace("--force", "force=True")
        raise InputError(error.message, step) from error


def workbook_of(build: Build) -> bytes:
    """Return all tables of a build as one Excel workbook, the same bytes in every run."""
    definition = describe_specification(build.study.primary)
    return make_workbook(build.tables, build.provenance, definition, build.origin)


def published_of(build: Build) -> list[dict[str, Any]]:
    """Return the published figures in a build as rows, like those read from the witness files."""
    rows = to_rows(build.tables["witnesses"])
    return [{name: "" if cell is None else cell for name, cell in row.items()} for row in rows]
