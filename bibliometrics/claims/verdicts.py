"""Verdicts as they were built: read from a build, chosen and printed."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from bibliometrics.claims.grading import database_of, found_text, range_text
from bibliometrics.claims.ledger import format_value, load_claims
from bibliometrics.claims.rules import (
    DECIDED,
    DIFFERS,
    HOLDS,
    IN_PART,
    KINDS,
    LEVEL,
    LINES,
    OWN,
    PUBLISHED,
    VERDICTS,
)
from bibliometrics.errors import InputError
from bibliometrics.escape import escape_markdown
from bibliometrics.files import processed_folder
from bibliometrics.tables.schema import TABLES, read_table, render_table

__all__ = [
    "filter_verdicts",
    "format_verdicts",
    "load_claims",
    "read_summary",
    "read_verdicts",
    "shorten_verdicts",
    "summarise_verdicts",
]

Verdict: TypeAlias = Mapping[str, Any]

FORMS: Final = ("text", "md", "csv", "json")
NO_CLAIMS: Final = (
    "No verdicts: the ledger has no claims about this study, or its data are synthetic."
)
SAID: Final = {
    HOLDS: ("holds", "hold"),
    IN_PART: ("holds in part", "hold in part"),
    DIFFERS: ("differs", "differ"),
    LEVEL: ("is a level, said as a ratio", "are levels, said as a ratio"),
    "open": ("is open", "are open"),
    "not counted": ("is not counted", "are not counted"),
    "waiting for a pull": ("waits for a pull", "wait for a pull"),
    "shown, not graded": ("is shown, not graded", "are shown, not graded"),
    "not about publications": ("is not about publications", "are not about publications"),
}
LINE_COLUMNS: Final = ("claim", "what it says", "verdict", "why")
SHORT_COLUMNS: Final = ("claim", "test", "stated", "holds", "found", "verdict", "evidence", "why")
NARROW, WIDEST = 60, 160


def read_verdicts(path: Path | None = None) -> list[dict[str, Any]]:
    """Read the verdicts of a build."""
    return read_table(TABLES["claims"], path or processed_folder() / "claims.csv")


def read_summary(path: Path | None = None) -> list[dict[str, Any]]:
    """Read the lines of a build's claims: the table ``claim_summary``."""
    return read_table(TABLES["claim_summary"], path or processed_folder() / "claim_summary.csv")


def filter_verdicts(
    rows: Iterable[Verdict],
    *,
    source: str | None = None,
    verdict: str | None = None,
    kind: str | None = None,
    claim: str | None = None,
    summary: Iterable[Verdict] = (),
) -> list[Verdict]:
    """Choose rows of verdicts; conditions that are None don't count."""
    rows = list(rows)
    claim = None if claim is None else claim.upper()
    lines = {line["claim_id"]: line["verdict"] for line in summary}
    _check("source", source, sorted({row["source"] for row in rows}))
    _check("verdict", verdict, list(dict.fromkeys((*LINES, *VERDICTS))))
    _check("kind", kind, KINDS)
    _check("claim", claim, sorted({row["claim_id"] for row in rows}))
    return [
        row
        for row in rows
        if source in {None, row["source"]}
        and verdict in {None, row["verdict"], lines.get(row["claim_id"])}
        and kind in {None, row["evidence_kind"]}
        and claim in {None, row["claim_id"]}
    ]


def format_verdicts(
    rows: Sequence[Verdict],
    form: str = "text",
    width: int | None = None,
    *,
    summary: Sequence[Verdict] = (),
    with_tests: bool = False,
) -> str:
    """Return verdicts as text: the summary, then what is decided, then the rest."""
    _check("format", form, FORMS)
    if form == "csv":
        return render_table(TABLES["claims"], rows)
    known = {row["claim_id"] for row in rows}
    lines = [dict(line) for line in summary if line["claim_id"] in known]
    if form == "json":
        content = {
            "summary": summarise_verdicts(lines),
            "claims": lines,
            "tests": [dict(row) for row in rows],
        }
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    decided = [line for line in lines if line["verdict"] in DECIDED]
    rest = [line for line in lines if line["verdict"] not in DECIDED]
    if form == "md":
        tables = [format_lines(some) for some in (decided, rest) if some]
        if with_tests:
            tables.append(format_table(shorten_verdicts(rows), SHORT_COLUMNS))
        return "\n\n".join([summarise_verdicts(lines), *tables]) + "\n"
    return _text(rows, decided, rest, width, with_tests=with_tests)


def summarise_verdicts(summary: Iterable[Verdict]) -> str:
    """
    Return one sentence: how many claims, and how many have which line.

    Without lines the sentence says why there may be none.
    """
    counted = Counter(str(line["verdict"]) for line in summary)
    if not counted:
        return NO_CLAIMS
    told = [f"{counted[word]} {SAID[word][counted[word] != 1]}" for word in LINES if counted[word]]
    number = sum(counted.values())
    return f"{number} claim{'s' if number != 1 else ''}: {', '.join(told)}."


def _check(what: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        msg = f"unknown {what} {value!r}."
        raise InputError(msg, f"known: {', '.join(known) or 'none'}")


def tell_line(line: Verdict) -> str:
    """Return the verdict of a claim in words, with the databases that decided it."""
    if line["verdict"] == LEVEL:
        return f"level: {line['sentence'].partition('. A level')[0]}"
    where = f" in {line['databases']}" if line["databases"] else ""
    return f"{line['verdict']}{where}"


def shorten_lines(summary: Iterable[Verdict]) -> list[dict[str, str]]:
    """Return the lines of claims for reading: dicts of texts with the keys ``LINE_COLUMNS``."""
    return [
        dict(
            zip(
                LINE_COLUMNS,
                (line["claim_id"], line["statement"], tell_line(line), _why(line)),
                strict=True,
            )
        )
        for line in summary
    ]


def _why(line: Verdict) -> str:
    """Return the sentence of a claim, and the marks that it doesn't hold already."""
    marks, sentence = str(line["marks"] or ""), str(line["sentence"])
    return (
        sentence if not marks or marks in sentence else f"{sentence} {marks[0].upper()}{marks[1:]}."
    )


def shorten_verdicts(rows: Iterable[Verdict]) -> list[dict[str, str]]:
    """Return verdicts for reading: a dict of texts each, with the keys ``SHORT_COLUMNS``."""
    return [dict(zip(SHORT_COLUMNS, _cells(row), strict=True)) for row in rows]


def _cells(row: Verdict) -> list[str]:
    low, high = row["holds_from"], row["holds_to"]
    decides = row["evidence_kind"] in {OWN, PUBLISHED, LEVEL} and (low, high) != (None, None)
    where = (
        database_of(row)
        if row["evidence"] not in {None, "samples", "document"}
        else row["evidence"]
    )
    return [
        row["test_id"] or row["claim_id"],
        row["test"] or row["statement"],
        format_value(row["stated"], row["unit"]),
        range_text(low, high, row["unit"]) if decides else "",
        found_text(row) if decides else "",
        "; ".join(filter(None, [row["verdict"], row["mark"]])),
        ", ".join(filter(None, (where, row["evidence_kind"] if row["evidence"] else None))),
        row["reason"],
    ]


def format_table(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> str:
    """Return dicts of texts as a Markdown table."""
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for row in rows:
        cells = [escape_markdown(row[name]) for name in columns]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def format_lines(summary: Iterable[Verdict], columns: Sequence[str] = LINE_COLUMNS) -> str:
    """Return the lines of claims as a Markdown table."""
    return format_table(shorten_lines(summary), columns)


def _text(
    rows: Sequence[Verdict],
    decided: Sequence[Verdict],
    rest: Sequence[Verdict],
    width: int | None,
    *,
    with_tests: bool,
) -> str:
    width = width or shutil.get_terminal_size((100, 24)).columns
    width = max(NARROW, min(width, WIDEST))
    lines = _wrap(summarise_verdicts([*decided, *rest]), width, 0)
    for line in (*decided, *rest):
        lines += ["", *_wrap(f"{line['claim_id']} {line['statement']}", width, 0)]
        lines += _wrap(_why(line), width, 5)
        mine = [row for row in rows if row["claim_id"] == line["claim_id"]] if with_tests else []
        for row in shorten_verdicts(mine):
            lines += _wrap(f"{row['claim']}: {row['verdict']}. {row['why']}", width, 7)
    return "\n".join(lines) + "\n"


def _wrap(text: str, width: int, indent: int) -> list[str]:
    rest = " " * (indent or 4)
    return textwrap.wrap(
        text, width, initial_indent=" " * indent, subsequent_indent=rest, break_on_hyphens=False
    )
