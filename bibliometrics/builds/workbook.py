"""All tables of a build as one workbook: a page of definitions, then a sheet for each table."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from bibliometrics.errors import MissingPackageError
from bibliometrics.tables.answers import Provenance
from bibliometrics.tables.schema import TABLES

FIRST: Final = "definitions"
SHEET_NAME: Final = 31  # characters that Excel takes
#: What no cell may hold.
CONTROL: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
#: When a workbook says that it was made: none depends on the day.
MADE: Final = (1980, 1, 1, 0, 0, 0)
DATED: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def make_workbook(
    tables: Mapping[str, pd.DataFrame], provenance: Provenance, definition: str, origin: str
) -> bytes:
    """Return the bytes of an Excel workbook."""
    about = {
        "study": provenance.study_title,
        "study id and hash": f"{provenance.study_id} {provenance.study_hash}",
        "counted by": origin,
        "what counts": definition,
        "made by": f"bibliometrics {provenance.package_version}",
    }
    rows = [("", "", name, "", text) for name, text in about.items()]
    rows += [("", "", "note", "", note) for note in provenance.notes]
    for name in tables:
        rows.append((name, "", "", "", TABLES[name].caption))
        rows += [
            (name, column.name, column.type, column.unit, column.meaning)
            for column in TABLES[name].columns
        ]
    first = pd.DataFrame(rows, columns=["table", "column", "type", "unit", "meaning"])
    stream = io.BytesIO()
    try:
        with pd.ExcelWriter(stream, engine="openpyxl") as writer:
            for name, frame in {FIRST: first, **tables}.items():
                plain = frame.replace(CONTROL, "", regex=True)
                plain.to_excel(writer, sheet_name=name[:SHEET_NAME], index=False)
            _take_literally(writer.book)
    except ImportError as error:
        msg = "a workbook needs openpyxl, which is not installed."
        raise MissingPackageError(msg, "install the extra 'excel' of the package") from error
    return _without_day(stream.getvalue())


def is_workbook(content: bytes) -> bool:
    """Say whether the bytes of a file are a workbook of ours: made on no day, definitions first."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as given:
            undated = all(one.date_time == MADE for one in given.infolist())
            return undated and f'name="{FIRST}"'.encode() in given.read("xl/workbook.xml")
    except (zipfile.BadZipFile, KeyError):
        return False


def _take_literally(book: Any) -> None:
    """Let a text that begins like a formula be a text: names come from elsewhere."""
    for cell in (cell for sheet in book for row in sheet.iter_rows() for cell in row):
        if cell.data_type == "f":
            cell.data_type = "s"


def _without_day(workbook: bytes) -> bytes:
    """Return a workbook that says nothing of the day on which it was written."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as given,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        for name in given.namelist():
            content = DATED.sub(rb"\g<1>1980-01-01T00:00:00Z", given.read(name))
            kept.writestr(zipfile.ZipInfo(name, MADE), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
