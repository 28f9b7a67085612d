"""
Verdicts as they were built: read from ``claims.csv``, chosen and printed.

The ledger itself is read by :func:`load_claims`; verdicts are made in
:mod:`bibliometrics.claims.grading`.
"""

from __future__ import annotations

import json
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeAlias

from bibliometrics.claims.ledger import load_claims
from bibliometrics.claims.rules import (
    CONTRADICTED,
    DIRECTION,
    KINDS,
    NOT_COUNTED,
    NOT_REPRODUCED,
    NOT_TESTABLE,
    REPRODUCED,
    WAITING,
)
from bibliometrics.errors import InputError
from bibliometrics.files import processed_folder
from bibliometrics.tables.schema import TABLES, read_table, render_table

__all__ = [
    "filter_verdicts",
    "format_verdicts",
    "load_claims",
    "read_verdicts",
    "shorten_verdicts",
    "summarise_verdicts",
]

Verdict: TypeAlias = Mapping[str, Any]

FORMS: Final = ("text", "md", "csv", "json")
WORST_FIRST: Final = (CONTRADICTED, NOT_REPRODUCED, DIRECTION, REPRODUCED)
VERDICTS: Final = (*WORST_FIRST, NOT_TESTABLE, NOT_COUNTED, WAITING)
NO_CLAIMS: Final = (
    "No verdicts: the ledger has no claims about this study, or its data are synthetic."
)
REASONS_UP_TO: Final = 20
SHORT_COLUMNS: Final = ("claim", "what it says", "stated", "found", "verdict", "evidence", "why")
COUNTED_UNITS: Final = ("countries", "fields", "values", "years")
NARROW, WIDEST = 60, 160


def read_verdicts(path: Path | None = None) -> list[dict[str, Any]]:
    """
    Read the verdicts of a build.

    Parameters
    ----------
    path : pathlib.Path, optional
        The table ``claims.csv``; default that of ``data/processed``.

    Returns
    -------
    list of dict
        One row per claim and piece of evidence, as in ``schema.TABLES["claims"]``.

    Raises
    ------
    TableError
        If the file is missing or breaks the table's contract.
    """
    return read_table(TABLES["claims"], path or processed_folder() / "claims.csv")


def filter_verdicts(
    rows: Iterable[Verdict],
    *,
    source: str | None = None,
    verdict: str | None = None,
    kind: str | None = None,
    claim: str | None = None,
) -> list[Verdict]:
    """
    Choose rows of verdicts; conditions that are None don't count.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of :func:`read_verdicts`.
    source : str, optional
        Short name of a document.
    verdict : str, optional
        A verdict, on the number or on the conclusion.
    kind : str, optional
        ``direct``, ``proxy`` or ``calibration``.
    claim : str, optional
        Number of a claim, in any case.

    Returns
    -------
    list of mapping
        Rows that meet all conditions, in their order.

    Raises
    ------
    InputError
        If a condition names a source, verdict, kind or claim that there is none of.
    """
    rows = list(rows)
    claim = None if claim is None else claim.upper()
    _check("source", source, sorted({row["source"] for row in rows}))
    _check("verdict", verdict, VERDICTS)
    _check("kind", kind, KINDS)
    _check("claim", claim, sorted({row["claim_id"] for row in rows}))
    return [
        row
        for row in rows
        if source in {None, row["source"]}
        and verdict in {None, row["number_verdict"], row["conclusion_verdict"]}
        and kind in {None, row["evidence_kind"]}
        and claim in {None, row["claim_id"]}
    ]


def format_verdicts(rows: Sequence[Verdict], form: str = "text", width: int | None = None) -> str:
    """
    Return verdicts as text.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of :func:`read_verdicts`.
    form : str
        ``text`` for a terminal: a line for each row and a summary, with the reasons if there are
        at most 20 rows; ``md`` a Markdown table with the reasons; ``csv`` the table itself;
        ``json`` a list of objects.
    width : int, optional
        Columns of the terminal; default what it says of itself.

    Returns
    -------
    str
        Lines that end with a line end.

    Raises
    ------
    InputError
        If the form is unknown.
    """
    _check("format", form, FORMS)
    if form == "csv":
        return render_table(TABLES["claims"], rows)
    if form == "json":
        return json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2) + "\n"
    return _markdown(rows) if form == "md" else _text(rows, width)


def summarise_verdicts(rows: Iterable[Verdict]) -> str:
    """
    Return one sentence: how many claims, how many graded, and how.

    A claim with several pieces of direct evidence counts once, with the worst conclusion. Without
    rows the sentence says why there may be none.
    """
    rows = list(rows)
    if not rows:
        return NO_CLAIMS
    by_claim: dict[str, list[str]] = {}
    graded: dict[str, list[str]] = {}
    for row in rows:
        verdict = str(row["conclusion_verdict"] or "")
        by_claim.setdefault(row["claim_id"], []).append(verdict)
        if verdict in WORST_FIRST:
            graded.setdefault(row["claim_id"], []).append(verdict)
    worst = Counter(
        next(word for word in WORST_FIRST if word in verdicts) for verdicts in graded.values()
    )
    rest = [verdicts for claim, verdicts in by_claim.items() if claim not in graded]
    said = ", ".join(f"{worst[word]} {word}" for word in reversed(WORST_FIRST) if worst[word])
    parts = [f"{len(graded)} graded by direct evidence" + (f" ({said})" if said else "")]
    for word in (NOT_COUNTED, WAITING, NOT_TESTABLE):
        number = sum(word in verdicts for verdicts in rest)
        parts += [f"{number} {word}"] if number else []
    return f"{_plural(len(by_claim), 'claim')}: {', '.join(parts)}."


def _check(what: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        msg = f"unknown {what} {value!r}."
        raise InputError(msg, f"known: {', '.join(known) or 'none'}")


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _figure(value: float | None, unit: str | None) -> str:
    """Return a value for reading: shares and rates in percent, counts in full."""
    if value is None:
        return ""
    if unit in {"share", "per year"}:
        return f"{100 * value:.1f} %"
    return f"{value:.2f}" if unit in {"factor", "ratio"} else f"{value:,.0f}"


def _stated(row: Verdict) -> str:
    """Return the value stated; with its unit where that is not plain."""
    value = _figure(row["stated"], row["unit"])
    return f"{value} {row['unit']}" if value and row["unit"] in COUNTED_UNITS else value


def _found(row: Verdict) -> str:
    """Return what was found with its interval, or the bounds alone."""
    value, low, high = (_figure(row[name], row["unit"]) for name in ("observed", "low", "high"))
    ends = f"{low} to {high}" if low and high else ""
    if not value:
        return ends
    return f"{value} ({ends})" if low != high else value


def _verdicts(row: Verdict) -> str:
    """Return both verdicts; a single one where they agree or only one was given."""
    words = [row["number_verdict"], row["conclusion_verdict"]]
    given = list(dict.fromkeys(word for word in words if word))
    if len(given) == 2:
        return f"number {given[0]}, conclusion {given[1]}"
    return given[0] if given else f"{row['evidence_kind'] or 'ungraded'}, shown beside"


def shorten_verdicts(rows: Iterable[Verdict]) -> list[dict[str, str]]:
    """Return verdicts for reading: a dict of texts each, with the keys ``SHORT_COLUMNS``."""
    return [dict(zip(SHORT_COLUMNS, _cells(row), strict=True)) for row in rows]


def _cells(row: Verdict) -> list[str]:
    evidence = ", ".join(filter(None, (row["evidence"], row["evidence_kind"])))
    stated, found, verdicts = _stated(row), _found(row), _verdicts(row)
    return [row["claim_id"], row["statement"], stated, found, verdicts, evidence, row["reason"]]


def format_table(rows: Iterable[Verdict], columns: Sequence[str] = SHORT_COLUMNS) -> str:
    """Return verdicts as a Markdown table with some of the ``SHORT_COLUMNS``."""
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for row in shorten_verdicts(rows):
        cells = [row[name].replace("|", "\\|") for name in columns]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _markdown(rows: Sequence[Verdict]) -> str:
    return f"{format_table(rows)}\n\n{summarise_verdicts(rows)}\n"


def _text(rows: Sequence[Verdict], width: int | None) -> str:
    width = width or shutil.get_terminal_size((100, 24)).columns
    width = max(NARROW, min(width, WIDEST))
    lines: list[str] = []
    for claim, group in groupby(rows, key=lambda row: (row["claim_id"], row["statement"])):
        lines += _wrap(" ".join(claim), width, 0)
        for row in group:
            lines += _wrap(_told(row), width, 5)
            if len(rows) <= REASONS_UP_TO:
                lines += _wrap(row["reason"], width, 7)
    more = "" if len(rows) <= REASONS_UP_TO else " Reasons: add --format md, or choose fewer."
    return "\n".join([*lines, "", *textwrap.wrap(summarise_verdicts(rows) + more, width)]) + "\n"


def _told(row: Verdict) -> str:
    stated, found = _stated(row), _found(row)
    parts = [_verdicts(row), stated and f"stated {stated}", found and f"found {found}"]
    return " · ".join(filter(None, [*parts, row["evidence"]]))


def _wrap(text: str, width: int, indent: int) -> list[str]:
    rest = " " * (indent or 4)
    return textwrap.wrap(
        text, width, initial_indent=" " * indent, subsequent_indent=rest, break_on_hyphens=False
    )
