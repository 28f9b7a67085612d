"""What a build answers: five sentences and one small table, all computed from its verdicts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from bibliometrics.builds.read import Build, label_of
from bibliometrics.claims.evidence import witness_definitions
from bibliometrics.claims.grading import OWN_EVIDENCE, database_of, found_text, join_databases
from bibliometrics.claims.ledger import Claim, format_value, load_claims
from bibliometrics.claims.rules import (
    BOUND,
    DIFFERS,
    HOLDS,
    IN_PART,
    LEVEL,
    NOT_COUNTED,
    OPEN,
    PUBLISHED,
    WAITING,
)
from bibliometrics.figures.catalogue import ENTRIES
from bibliometrics.figures.data import Evidence
from bibliometrics.figures.text import completeness_notes, per_source
from bibliometrics.report.reading import tell_ungraded
from bibliometrics.study.model import country_names
from bibliometrics.tables.build import to_rows

CENTRAL: Final = "joint_output"  # the quantity that the study is about
UNKNOWN: Final = {
    WAITING: "nobody has counted yet",
    OPEN: "still open",
    NOT_COUNTED: "without a number that decides",
}
CENTRAL_FIGURE: Final = "figure4_institution_region"
FIGURE: Final = re.compile(r"figure(\d+)_")
WHOLES: Final = ("n_works_region", "n_works_institution_region")
NAMED: Final = 4
MOST_COUNTRIES: Final = 3
HOW: Final = "Real counts: `python -m bibliometrics refresh`."

Row = Mapping[str, Any]
Titled = tuple[str, Row]


def five_sentences(build: Build) -> list[str]:
    """Return what is confirmed, what isn't, what nobody knows, as of when; the central question."""
    lines = to_rows(build["claim_summary"]) if build.has("claim_summary") else []
    if build.provenance.synthetic or not lines:
        return _ungraded(build)
    titles = {claim.id: claim.title for claim in load_claims()}
    said = {
        word: [(titles[str(line["claim_id"])], line) for line in lines if line["verdict"] == word]
        for word in (HOLDS, DIFFERS, IN_PART, LEVEL, *UNKNOWN)
    }
    rows = to_rows(build["claims"])
    return [
        _confirmed(said[HOLDS], sum(map(len, said.values()))),
        _unconfirmed(said, rows),
        _unknown(said),
        _as_of(build, rows),
        _central(rows),
    ]


def _ungraded(build: Build) -> list[str]:
    told = build.provenance
    works = "an invented sample" if told.synthetic else label_of(told)
    dated = ", ".join(filter(None, (told.pull, told.end[:10])))
    return [
        f"Confirmed: nothing. {tell_ungraded(build)}",
        "Not confirmed: nothing either.",
        f"Here: {len(build.tables)} tables and {len(build.alt_texts)} figures, from {works}.",
        f"As of: {dated or 'no pull'}.",
        _central_counts(build),
    ]


def _central_counts(build: Build) -> str:
    """Return the counts that the study is about, where no document states any."""
    told, names = build.provenance, (build.study.institution.short, build.study.region_short)
    found = _tell_all(build.inputs.of(CENTRAL_FIGURE).own)
    said = f": works of {' and '.join(names)}, {found}" if found else " stays open"
    return f"The central question{said}. {HOW if told.synthetic else ''}".strip()


def _confirmed(held: Sequence[Titled], n: int) -> str:
    if not held:
        return f"Confirmed: none of {n} claims that have a test."
    names = {name for _, line in held for name in _split(line["databases"])}
    where = join_databases(sorted(names))
    return f"Confirmed: {len(held)} of {n} claims that have a test hold {_list(held)}, in {where}."


def _split(databases: str) -> list[str]:
    """Return the databases of a line, each by itself."""
    return re.split(r"(?<=\)) and ", databases)


def _unconfirmed(said: Mapping[str, Sequence[Titled]], rows: Sequence[Row]) -> str:
    differs, part = said[DIFFERS], said[IN_PART]
    told = [
        f"{len(differs)} differ{'s' * (len(differs) == 1)} {_list(differs)}"
        if differs
        else "none differs",
        f"{len(part)} hold{'s' * (len(part) == 1)} only in part {_list(part)}" if part else "",
        *(_ratio(title, line, rows) for title, line in said[LEVEL]),
    ]
    return f"Not confirmed: {'; '.join(filter(None, told))}."


def _ratio(title: str, line: Row, rows: Iterable[Row]) -> str:
    """Return a level as its first source has it."""
    row = next(
        row
        for row in rows
        if row["claim_id"] == line["claim_id"] and row["evidence_kind"] == LEVEL and row["mark"]
    )
    return f"{title}: {row['mark'].partition(',')[0]} in {database_of(row)}"


def _unknown(said: Mapping[str, Sequence[Titled]]) -> str:
    told = [
        f"{len(said[word])} {words} {_list(said[word])}"
        for word, words in UNKNOWN.items()
        if said[word]
    ]
    return (
        f"Unknown: {'; '.join(told)}." if told else "Unknown: every claim with a test is decided."
    )


def _central(rows: Sequence[Row]) -> str:
    """Return the numbers that the study is about: stated, counted by us, proven by real records."""
    ids = [test.id for claim in load_claims() for test in claim.tests if test.quantity == CENTRAL]
    parts, counted = [], False
    for one in ids:
        mine = [row for row in rows if row["test_id"] == one]
        own = [row for row in mine if _is_own(row) and row["observed"] is not None]
        floor = [row["mark"] for row in mine if row["evidence_kind"] == BOUND and row["mark"]]
        counted = counted or bool(own)
        found = [f"counted {found_text(own[0])}"] if own else []
        if mine:
            stated = f"stated {format_value(mine[0]['stated'], mine[0]['unit'])}"
            parts.append(f"{mine[0]['test']}: {', '.join([stated, *found, *floor])}")
    known = ", by our counts" if counted else " has so far only a floor of real records"
    said = "; ".join(parts)
    return f"The central question{known}: {said}." if said else "The central question is not asked."


def _is_own(row: Row) -> bool:
    return row["evidence"] in OWN_EVIDENCE


def _as_of(build: Build, rows: Sequence[Row]) -> str:
    known = witness_definitions().witnesses
    used = {row["evidence"] for row in rows if row["evidence_kind"] in {PUBLISHED, LEVEL}}
    dates = sorted(known[name].date for name in used & {*known})
    others = f"figures of others, published {dates[0]} to {dates[-1]}" if dates else ""
    told = build.provenance
    ours = f"counts of our own from {label_of(told)}, {told.end[:10]}" if told.end else ""
    if not ours:
        return f"As of: {others}; nothing has been counted by us yet."
    complete = " ".join(completeness_notes(build.tables))
    return f"As of: {'; '.join(filter(None, (ours, others)))}. {complete}".strip()


def _list(some: Sequence[Titled]) -> str:
    """Return the first titles in brackets, and how many more there are."""
    more = [f"{len(some) - NAMED} more"] if len(some) > NAMED else []
    return f"({'; '.join([*(title for title, _ in some[:NAMED]), *more])})"


# ------------------------------------------------------------------- the figures of the document


@dataclass(frozen=True)
class FigureRow:
    """One figure of the document: what it says, what others and we found, what nobody counted."""

    figure: str
    document: tuple[str, ...]
    others: tuple[str, ...]
    ours: tuple[str, ...]
    not_counted: tuple[str, ...]


def compare_figures(build: Build) -> list[FigureRow]:
    """Return the document's figures beside what was found, from the claims that they show."""
    rows = to_rows(build["claims"]) if build.has("claims") else []
    if build.provenance.synthetic or not rows:
        return _count_figures(build)
    lines = to_rows(build["claim_summary"])
    verdicts = {str(line["claim_id"]): str(line["verdict"]) for line in lines}
    shown: dict[str, list[Claim]] = {}
    for claim in load_claims():
        if re.fullmatch(r"Figure \d+", claim.display) and claim.tests and claim.id in verdicts:
            shown.setdefault(claim.display, []).append(claim)
    return [_compare(figure, claims, rows, verdicts) for figure, claims in sorted(shown.items())]


def _count_figures(build: Build) -> list[FigureRow]:
    """Return the figures without a document: what others and we counted."""
    names = {name: FIGURE.match(name) for name in ENTRIES}
    found = [
        FigureRow(
            f"Figure {number[1]}",
            (),
            tuple(filter(None, map(_tell, build.inputs.of(name).others))),
            tuple(filter(None, map(_tell, build.inputs.of(name).own))),
            (),
        )
        for name, number in names.items()
        if number
    ]
    return sorted((row for row in found if row.ours or row.others), key=lambda row: row.figure)


def _tell_all(evidence: Iterable[Evidence]) -> str:
    return "; ".join(filter(None, map(_tell, evidence)))


def _tell(evidence: Evidence) -> str:
    """Return a source with its works of the first and last year, or its largest countries."""
    frame, names = evidence.frame, country_names()
    column = next((name for name in WHOLES if name in frame), "")
    if column:
        return per_source([evidence], column)
    if "n_works" not in frame:
        return ""
    known = frame[frame["country_code"].isin(list(names))]
    pooled = pd.to_numeric(known["n_works"]).groupby(known["country_code"]).sum()
    largest = pooled.sort_values(ascending=False, kind="stable").head(MOST_COUNTRIES)
    said = [f"{names[str(code)]} {n:,.0f}" for code, n in largest.items()]
    return f"{evidence.source.label}: {', '.join(said)}" if said else ""


def _compare(
    figure: str, claims: Sequence[Claim], rows: Sequence[Row], verdicts: Mapping[str, str]
) -> FigureRow:
    stated = [claim for claim in claims if claim.tests[0].stated is not None] or claims[:1]
    first = {
        claim.id: [row for row in rows if row["test_id"] == claim.tests[0].id] for claim in stated
    }
    waits = [claim for claim in claims if verdicts[claim.id] in UNKNOWN]
    return FigureRow(
        figure,
        tuple(_stated(claim, first[claim.id]) for claim in stated),
        _others(first),
        tuple(
            f"{claim.id} {found_text(row)}"
            for claim in stated
            for row in first[claim.id]
            if _is_own(row) and row["observed"] is not None
        ),
        (", ".join(claim.id for claim in waits),) if waits else (),
    )


def _stated(claim: Claim, rows: Sequence[Row]) -> str:
    if claim.tests[0].stated is None or not rows:
        return f"{claim.id} {claim.title}"
    return f"{claim.id} {claim.title}: {format_value(rows[0]['stated'], rows[0]['unit'])}"


def _others(rows: Mapping[str, Sequence[Row]]) -> tuple[str, ...]:
    """Return what others found, by database, and what real records prove."""
    by: dict[str, list[str]] = {}
    floors = []
    for claim, mine in rows.items():
        told = [
            row
            for row in mine
            if row["evidence_kind"] in {PUBLISHED, LEVEL} and not _is_own(row)
            if row["observed"] is not None
        ]
        for row in told[:1]:
            by.setdefault(database_of(row), []).append(f"{claim} {_found(row)}")
        floors += [
            f"{claim} {row['mark']}"
            for row in mine
            if row["evidence_kind"] == BOUND and row["mark"]
        ]
    return (*(f"{name}: {'; '.join(found)}" for name, found in by.items()), *floors)


def _found(row: Row) -> str:
    """Return the number found, or the counts behind it where the document states none."""
    if row["stated"] is not None:
        return found_text(row)
    return str(row["reason"]).partition(": ")[2].partition(";")[0]


def tell_sources(build: Build, name: str) -> str:
    """Return the sources of a figure by the names of their databases, with their dates."""
    shown = build.inputs.of(name)
    known = witness_definitions().witnesses
    told = []
    for source in (one.source for part in (shown, *shown.parts.values()) for one in part.evidence):
        words = known[source.key].words if source.key in known else ""
        dated = "" if source.date in words else source.date
        told.append(", ".join(filter(None, (words or source.label, dated))))
    return f"Sources: {'; '.join(dict.fromkeys(told))}." if told else ""
