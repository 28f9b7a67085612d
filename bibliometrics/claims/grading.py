"""
Grading: every test of a study's claims on every piece of evidence, then one line per claim.

The rows are those of the tables ``claims`` and ``claim_summary``. Synthetic counts are never
graded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from bibliometrics.claims.collaborations import Sample, read_samples
from bibliometrics.claims.evidence import Grounds, as_frame, words_of
from bibliometrics.claims.ledger import Claim, belongs, format_value
from bibliometrics.claims.quantities import QUANTITIES, percent
from bibliometrics.claims.rules import (
    DIFFERS,
    HOLDS,
    IN_PART,
    LEVEL,
    NOT_COUNTED,
    OPEN,
    OWN,
    PUBLISHED,
    SHOWN,
    WAITING,
    WAITS,
    ClaimLine,
    Finding,
    Test,
    draw_line,
    judge,
    marks_of,
)
from bibliometrics.claims.witnesses import Rows, witness_definitions
from bibliometrics.errors import InputError
from bibliometrics.study.model import Study
from bibliometrics.tables.answers import PROVISIONAL_YEARS

OWN_EVIDENCE: Final = ("openalex", "snapshot")
OWN_WORDS: Final = "OpenAlex"
DOCUMENT, SAMPLES = "document", "samples"

Row = dict[str, Any]


def grade_claims(
    study: Study,
    ledger: Sequence[Claim],
    tables: Mapping[str, pd.DataFrame] | None = None,
    tables_evidence: str | None = None,
    published: Rows = (),
    *,
    synthetic: bool = False,
    contradictions: Sequence[Mapping[str, Any]] = (),
    counted_in: int = 0,
) -> list[Row]:
    """
    Grade the tests of a study's claims by our own counts, published figures and real records.

    ``counted_in`` is the year of the pull, 0 if unknown: years that were not over, and the two
    before, are not counted. Returns the rows of the table ``claims``.
    """
    if synthetic:
        msg = "claims can't be graded: synthetic data are never graded."
        raise InputError(msg, "grade real counts")
    if tables and tables_evidence not in OWN_EVIDENCE:
        msg = f"claims can't be graded by counts of {tables_evidence!r}."
        raise InputError(msg, f"use counts of {' or '.join(OWN_EVIDENCE)}")
    evidence = Grounds(
        study, as_frame(published), tables or {}, tables_evidence or "", contradictions, counted_in
    )
    readings = evidence_by_reading(evidence)
    samples = read_samples() if published else []
    return [
        row
        for claim in ledger
        if belongs(claim, study)
        for row in _claim_rows(claim, evidence, readings, samples, ledger)
    ]


def evidence_by_reading(evidence: Grounds) -> list[Grounds]:
    """Return the evidence as each distinct reading would have it: none before a full pull."""
    table = evidence.table("readings")
    nothing = as_frame(())
    return [
        replace(evidence, published=nothing, tables=tables_of_reading(rows), made={})
        for _, rows in (table.groupby("reading", sort=True) if len(table) else ())
    ]


def tables_of_reading(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of figures 1, 2, 4 and 5 as one reading of ``readings`` has them."""
    by = {str(name): each for name, each in rows.groupby("quantity")}
    wide = rows[rows["country_code"].fillna("") == ""].pivot(
        index="year", columns="quantity", values="n_works"
    )
    tables = {}
    for name, columns, country in (
        ("region", ("n_works_region", "n_works_world"), "n_works_country"),
        (
            "institution",
            ("n_works_institution_region", "n_works_home_region"),
            "n_works_institution_country",
        ),
    ):
        wholes, parts = (
            ("region_output", "country_output")
            if name == "region"
            else ("institution_region", "institution_partners")
        )
        if set(columns) <= set(wide.columns) and wide[list(columns)].notna().all(axis=None):
            tables[wholes] = wide[list(columns)].reset_index()
        if country in by:
            tables[parts] = by[country][["year", "country_code", "n_works"]]
    return tables


def find(test: Test, evidence: Grounds) -> list[Finding]:
    """Return what all evidence says of a test; our own may contradict itself or be provisional."""
    found = []
    for finding in QUANTITIES[test.quantity].compute(test, evidence):
        why = _withheld(test, evidence) if finding.evidence == evidence.name else ""
        found.append(replace(finding, observed=None, not_counted=why) if why else finding)
    return found


def _withheld(test: Test, evidence: Grounds) -> str:
    """Say why our own counts of a test decide nothing: answers that contradict, or young years."""
    years = {test.year} if test.year else {*evidence.study.year_range}
    for one in evidence.contradictions:
        touched = {*one["tables"]} & {*QUANTITIES[test.quantity].tables}
        if touched and years & {*one["years"]}:
            return str(one["said"])
    limit = evidence.counted_in - PROVISIONAL_YEARS
    young = sorted(year for year in years if evidence.counted_in and year >= limit)
    return f"{', '.join(map(str, young))} provisional or not over" if young else ""


def _claim_rows(
    claim: Claim,
    evidence: Grounds,
    readings: Sequence[Grounds],
    samples: Sequence[Sample],
    ledger: Sequence[Claim],
) -> Iterator[Row]:
    mine = [one for one in samples if one.claim == claim.id]
    for number, test in enumerate(claim.tests):
        rows = [_graded(claim, test, finding, readings) for finding in find(test, evidence)]
        yield from rows
        if not any(row["evidence_kind"] in {OWN, PUBLISHED, LEVEL} for row in rows):
            yield _waiting(claim, test)
        if number == 0:
            yield from _beside(claim, test, mine, ledger)
    if not claim.tests:
        yield _row(claim, None, reason=_said_of(claim))
        yield from _beside(claim, None, (), ledger)
        for test in claim.neighbours:
            yield from (_neighbour(claim, test, finding) for finding in find(test, evidence))


def _graded(claim: Claim, test: Test, finding: Finding, readings: Sequence[Grounds]) -> Row:
    verdict, marks = judge(test, finding), marks_of(test, finding)
    holds, total = None, None
    if finding.kind == OWN and readings:
        holds, total = count_readings(test, readings)
        marks += [f"holds in {holds} of {total} readings"] if total else []
    row = _row(
        claim,
        test,
        evidence=finding.evidence,
        evidence_kind=finding.kind,
        fixed=test.fixed.get(finding.kind),
        holds_from=_number((finding.ends or test.ends)[0]),
        holds_to=_number((finding.ends or test.ends)[1]),
        observed=_number(finding.observed),
        low=_number(finding.low) if finding.is_trend else None,
        high=_number(finding.high) if finding.is_trend else None,
        verdict=verdict,
        mark="; ".join(marks),
        readings_hold=holds if total else None,
        readings_total=total or None,
    )
    return {**row, "reason": _reason(test, finding, row)}


def count_readings(test: Test, readings: Sequence[Grounds]) -> tuple[int, int]:
    """
    Return in how many distinct readings a test holds, and in how many it is counted.

    The institution doesn't touch the region's output: readings that differ by it alone count once.
    """
    verdicts = [
        judge(test, finding)
        for reading in readings
        for finding in find(test, reading)
        if finding.kind == OWN
    ]
    counted = [verdict for verdict in verdicts if verdict in {HOLDS, DIFFERS, OPEN}]
    return counted.count(HOLDS), len(counted)


def _waiting(claim: Claim, test: Test) -> Row:
    meaning = QUANTITIES[test.quantity].meaning
    return _row(
        claim,
        test,
        evidence_kind=OWN,
        fixed=test.fixed.get(OWN),
        verdict=WAITS,
        reason=f"Waiting for a pull: {meaning}.",
    )


def _beside(
    claim: Claim, test: Test | None, samples: Sequence[Sample], ledger: Sequence[Claim]
) -> Iterator[Row]:
    """Give what is shown beside a claim: samples of records, and its own arithmetic."""
    if samples:
        told = [
            f"{one.k} of {one.n}: {one.quantity}; frame: {one.frame}, {one.years}"
            for one in samples
        ]
        yield _row(
            claim,
            test,
            evidence=SAMPLES,
            evidence_kind="sample",
            mark="samples: " + ", ".join(f"{one.k} of {one.n}" for one in samples),
            reason=f"{'. '.join(told)}. Shown, no estimate.",
        )
    if claim.arithmetic:
        first, last = (_stated(ledger, one) for one in claim.arithmetic.of)
        gives, digits = claim.arithmetic.gives, claim.arithmetic.digits
        begun, ended = claim.document.years if claim.document else (0, 0)
        intervals = ended - begun
        found = last / first - 1 if gives == "increase" else (last / first) ** (1 / intervals) - 1
        right = round(found, digits) == round(claim.arithmetic.stated, digits)
        how = f", {intervals} intervals" if gives == "rate" else ""
        yield _row(
            claim,
            test,
            evidence=DOCUMENT,
            evidence_kind="arithmetic",
            observed=found if test else None,
            mark="adds up" if right else "doesn't add up",
            reason=(
                f"The document's own numbers: {last:,.0f} over {first:,.0f} gives "
                f"{_plain(found, digits)}{how}; it says "
                f"{_plain(claim.arithmetic.stated, digits)}."
            ),
        )


def _plain(value: float, digits: int) -> str:
    """Return a growth as the document prints it: a share in percent, or a number of times."""
    return percent(value, digits - 2) if digits >= 3 else f"an increase of {value:.{digits}f} times"


def _stated(ledger: Sequence[Claim], claim: str) -> float:
    test = next(one for one in ledger if one.id == claim).tests[0]
    return float(test.stated or math.nan)


def _neighbour(claim: Claim, test: Test, finding: Finding) -> Row:
    return _row(
        claim,
        None,
        evidence=finding.evidence,
        evidence_kind="neighbour",
        reason=f"A neighbour quantity, {test.test}: "
        f"{format_value(finding.observed, QUANTITIES[test.quantity].unit)}. "
        f"{finding.said}.",
    )


def _said_of(claim: Claim) -> str:
    if claim.same_as:
        return f"Judged once, as {claim.same_as}."
    word = claim.ungraded
    return f"{word[0].upper()}{word[1:]}: {claim.shows}."


def _row(claim: Claim, test: Test | None, **cells: Any) -> Row:
    """Return a row of the table ``claims``; empty texts are None, as in the table read back."""
    row = {
        "claim_id": claim.id,
        "test_id": test.id if test else None,
        "source": claim.source,
        "statement": claim.statement,
        "test": test.test if test else None,
        "stated": test.stated if test else None,
        "unit": QUANTITIES[test.quantity].unit if test else None,
        "holds_from": _number(test.holds_from) if test else None,
        "holds_to": _number(test.holds_to) if test else None,
        "fixed": None,
        "evidence": None,
        "evidence_kind": None,
        "observed": None,
        "low": None,
        "high": None,
        "verdict": SHOWN,
        "mark": None,
        "readings_hold": None,
        "readings_total": None,
        **cells,
    }
    return {name: None if value == "" else value for name, value in row.items()}


def _number(value: Any) -> float | None:
    """Return a number as a plain float; None for none, NaN or an open end."""
    return None if value is None or not math.isfinite(value) else float(value)


def range_text(low: float | None, high: float | None, unit: str | None) -> str:
    """
    Return a range in words.

    >>> range_text(0.45, 0.55, "share"), range_text(1, None, "ratio"), range_text(9, 9, "years")
    ('45 to 55 %', 'from 1 on', '9')
    """
    ends = [format_value(low, unit), format_value(high, unit)]
    if low is not None and low == high:
        return ends[0]
    if all(ends):
        return f"{ends[0].removesuffix(' %')} to {ends[1]}"
    return f"from {ends[0]} on" if ends[0] else f"up to {ends[1]}"


def found_text(row: Mapping[str, Any]) -> str:
    """Return what a row of ``claims`` found, told apart from the ends of its range."""
    beside = [end for end in (row["holds_from"], row["holds_to"]) if end is not None]
    return format_value(row["observed"], row["unit"], beside)


def _reason(test: Test, finding: Finding, row: Mapping[str, Any]) -> str:
    """Return one sentence or two with the numbers found and what they are held against."""
    said = finding.said[0].upper() + finding.said[1:]
    witness = witness_definitions().witnesses.get(finding.evidence)
    if witness and witness.limits:
        said += f"; {witness.limits}"
    if finding.not_counted:
        return f"Not counted: {finding.not_counted}. {said}."
    if finding.kind in {OWN, PUBLISHED} or row["verdict"] == DIFFERS:
        held = range_text(row["holds_from"], row["holds_to"], row["unit"])
        also = "" if finding.also else "; the second condition is not met"
        return f"{said}. Found {found_text(row)}, asked {held} ({test.why}){also}."
    return f"{said}."


# ------------------------------------------------------------- the line of a claim


def summarise_claims(ledger: Sequence[Claim], rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the rows of the table ``claim_summary``: one line per claim that has rows."""
    by: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by.setdefault(str(row["claim_id"]), []).append(row)
    bases = {
        key: entry.same_base
        for key, entry in witness_definitions().witnesses.items()
        if entry.same_base
    }
    found: dict[str, Row] = {}
    for claim in ledger:
        if claim.id not in by:
            continue
        line = draw_line(by[claim.id], bases)
        row = _summary(claim, line, by[claim.id])
        if claim.same_as in found:
            first = found[claim.same_as]
            row |= {name: first[name] for name in ("verdict", "databases", "sources_disagree")}
            row["sentence"] = f"Judged once, as {claim.same_as}: {first['sentence']}"
        found[claim.id] = row
    return list(found.values())


def _summary(claim: Claim, line: ClaimLine, rows: Sequence[Mapping[str, Any]]) -> Row:
    verdict = line.verdict if claim.tests else claim.ungraded
    databases = list(dict.fromkeys(database_of(row) for row in line.decided))
    marks = [*line.marks, *(["sources disagree"] if line.sources_disagree else [])]
    return {
        "claim_id": claim.id,
        "statement": claim.statement,
        "verdict": verdict,
        "databases": join_databases(databases) or None,
        "sources_disagree": line.sources_disagree,
        "marks": "; ".join(marks) or None,
        "sentence": _sentence(claim, line, verdict, databases, rows),
    }


def database_of(row: Mapping[str, Any]) -> str:
    """Return the database of a row of ``claims`` in words."""
    name = str(row["evidence"] or "")
    return OWN_WORDS if name in OWN_EVIDENCE else words_of(name)


def _sentence(
    claim: Claim,
    line: ClaimLine,
    verdict: str,
    databases: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
) -> str:
    if not claim.tests:
        return _said_of(claim)
    if line.decided:
        return _decided(line, verdict, databases)
    if verdict == LEVEL:
        levels = [
            f"{row['mark'].split('; ')[0]} in {database_of(row)}"
            for row in rows
            if row["evidence_kind"] == LEVEL and row["observed"] is not None
        ]
        return f"{'; '.join(levels)}. A level is never passed or failed."
    if verdict == WAITING:
        marks = f" So far: {'; '.join(line.marks)}." if line.marks else ""
        return f"Waiting for a pull.{marks}"
    reason = next(row["reason"] for row in rows if row["verdict"] in {OPEN, NOT_COUNTED})
    word = f"{verdict[0].upper()}{verdict[1:]}: "
    return word + str(reason).removeprefix(word)


def _decided(line: ClaimLine, verdict: str, databases: Sequence[str]) -> str:
    where = join_databases(databases)
    groups = {
        word: [_found(row) for row in line.decided if row["verdict"] == word]
        for word in (HOLDS, DIFFERS)
    }
    some = f"{len(line.decided)} of {line.n_tests} tests" if line.undecided else ""
    rest = ", ".join(
        f"{number} {_undecided(state, number)}" for state, number in line.undecided.items()
    )
    behind = f" ({some}; {rest})" if some else ""
    if verdict == IN_PART:
        told = ". ".join(
            f"{word[0].upper()}{word[1:]}: {'; '.join(cells)}" for word, cells in groups.items()
        )
        return f"In part in {where}{behind}. {told}."
    cells = "; ".join(groups[verdict])
    return f"{verdict[0].upper()}{verdict[1:]} in {where}{behind}: {cells}."


def _undecided(state: str, number: int) -> str:
    if state == WAITS:
        return "waits" if number == 1 else "wait"
    return state


def _found(row: Mapping[str, Any]) -> str:
    """Return a test with what was found and the range in which it holds."""
    held = range_text(row["holds_from"], row["holds_to"], row["unit"])
    return f"{row['test']}: {found_text(row)} (asked {held})"


def join_databases(names: Sequence[str]) -> str:
    """
    Return databases in words, editions of one together.

    >>> join_databases(["W (edition of 2019)", "W (edition of 2021)", "Scopus"])
    'W (edition of 2019, edition of 2021) and Scopus'
    """
    editions: dict[str, list[str]] = {}
    for name in names:
        base, _, edition = name.partition(" (")
        editions.setdefault(base, []).append(edition.removesuffix(")"))
    told = [
        f"{base} ({', '.join(sorted(each))})" if each[0] else base
        for base, each in editions.items()
    ]
    return " and ".join(told)
