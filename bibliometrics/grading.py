"""
Claims held against all evidence at hand: one row per claim and piece of evidence.

Only evidence that measures the claim's own quantity is graded; proxies and levels of other
databases are shown beside, without a verdict. Synthetic counts are never graded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from bibliometrics.claim_evidence import Evidence, Quantities
from bibliometrics.claim_fields import FIELDS
from bibliometrics.claim_ledger import QUANTITIES, Claim
from bibliometrics.claim_partners import PARTNERS
from bibliometrics.claim_quantities import REGION
from bibliometrics.claim_rules import (
    NOT_TESTABLE,
    WAITING,
    WIDE,
    Finding,
    band,
    conclusion_range,
    grade_conclusion,
    grade_number,
    tolerance,
)
from bibliometrics.errors import InputError
from bibliometrics.robustness import Agreement, grade_robustness
from bibliometrics.study import Study
from bibliometrics.witness_files import Rows, witness_definitions
from bibliometrics.witnesses import as_frame

COMPUTED: Final[Quantities] = MappingProxyType({**REGION, **FIELDS, **PARTNERS})
OWN_EVIDENCE: Final = ("openalex", "snapshot")
DECIMALS: Final = {"works": 0, "factor": 2, "ratio": 2, "share": 3, "per year": 3}


def grade_claims(
    study: Study,
    ledger: Sequence[Claim],
    tables: Mapping[str, pd.DataFrame] | None = None,
    tables_evidence: str | None = None,
    published: Rows = (),
    *,
    synthetic: bool = False,
    contradictions: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """
    Grade every claim of a study by our own counts and by published figures.

    Parameters
    ----------
    study : Study
        Gives institution, home country, region and years.
    ledger : sequence of Claim
        Claims of :func:`bibliometrics.claims.load_claims`; those of other studies are left out.
    tables : mapping of str to pandas.DataFrame, optional
        Our tables by name, as in ``schema.TABLES``; None or empty before a pull.
    tables_evidence : str, optional
        ``openalex`` or ``snapshot``: where the tables come from.
    published : sequence of mapping
        Rows of :func:`bibliometrics.witnesses.read_witnesses`.
    synthetic : bool
        True for tables made from the synthetic sample.
    contradictions : sequence of mapping
        Of the tables' provenance: claims that rest on them are not counted.

    Returns
    -------
    list of dict
        Rows of the table ``claims``, in the order of the ledger. Every claim has at least one; one
        without direct evidence has a row with empty ``evidence`` whose verdict says why.

    Raises
    ------
    InputError
        If the tables are synthetic, or from no source of real counts.
    """
    if synthetic:
        msg = "claims can't be graded: synthetic data are never graded."
        raise InputError(msg, "grade real counts")
    if tables and tables_evidence not in OWN_EVIDENCE:
        msg = f"claims can't be graded by counts of {tables_evidence!r}."
        raise InputError(msg, f"use counts of {' or '.join(OWN_EVIDENCE)}")
    evidence = Evidence(
        study, as_frame(published), tables or {}, tables_evidence or "", contradictions
    )
    curve = evidence.table("specifications")
    agreed = grade_robustness(study, ledger, curve) if len(curve) else {}
    return [
        row
        for claim in ledger
        if claim.study == study.id
        for row in _claim_rows(claim, evidence, agreed.get(claim.id))
    ]


def find(claim: Claim, evidence: Evidence) -> list[Finding]:
    """
    Return what all evidence says about a claim's quantity.

    A direct finding becomes a proxy where the claim says that no evidence measures it.
    """
    if not claim.quantity:
        return []
    found = []
    for finding in COMPUTED[claim.quantity](claim, evidence):
        known = {name: _number(getattr(finding, name)) for name in ("observed", "low", "high")}
        kind = "proxy" if claim.proxy else finding.kind
        said = _contradicted(claim, evidence) if finding.evidence == evidence.name else ""
        if said:
            known |= {"observed": None, "low": None, "high": None}
            finding = replace(finding, not_counted=said)
        found.append(Finding(**{**vars(finding), **known, "kind": kind}))
    return found


def _contradicted(claim: Claim, evidence: Evidence) -> str:
    """Say which contradiction between answers touches a claim's quantity; empty if none."""
    touched = {table for one in evidence.contradictions for table in one["tables"]}
    if "institution_region" in touched and claim.quantity in PARTNERS:
        return str(evidence.contradictions[0]["said"])
    return ""


def _number(value: Any) -> float | None:
    """Return a number as a plain float; None for none or NaN."""
    return None if value is None or math.isnan(value) else float(value)


def _claim_rows(claim: Claim, evidence: Evidence, agreed: Agreement | None) -> list[dict[str, Any]]:
    found = find(claim, evidence)
    rows = [
        _graded(claim, finding, agreed if finding.evidence == evidence.name else None)
        for finding in found
    ]
    if not any(finding.kind == "direct" for finding in found):
        rows.append(_ungraded(claim, evidence))
    return rows


def _graded(claim: Claim, finding: Finding, agreed: Agreement | None = None) -> dict[str, Any]:
    number, conclusion = grade_number(claim, finding), grade_conclusion(claim, finding)
    return _row(
        claim,
        stated=claim.stated if finding.stated is None else finding.stated,
        evidence=finding.evidence,
        evidence_kind=finding.kind,
        observed=finding.observed,
        low=finding.low,
        high=finding.high,
        number_verdict=number,
        conclusion_verdict=conclusion,
        robustness=agreed.word if agreed and not finding.not_counted else None,
        reason=_reason(claim, finding, f"; {agreed.clause}" if agreed else ""),
    )


def _ungraded(claim: Claim, evidence: Evidence) -> dict[str, Any]:
    verdict, reason = (
        NOT_TESTABLE,
        f"Not testable with the tables of this package: {claim.why_not}.",
    )
    if claim.claim_class == "not testable":
        reason = f"Not testable by publications: {claim.why_not}."
    elif not claim.why_not:
        meaning = QUANTITIES[claim.quantity].meaning
        verdict = NOT_TESTABLE if evidence.tables else WAITING
        reason = f"Waiting for a pull: no published figure gives the {meaning}."
        if evidence.tables:
            reason = f"Not testable by these counts: they don't give the {meaning}."
    number = verdict if claim.stated is not None or verdict == NOT_TESTABLE else ""
    return _row(claim, number_verdict=number, conclusion_verdict=verdict, reason=reason)


def _row(claim: Claim, **cells: Any) -> dict[str, Any]:
    """Return a row of the table ``claims``; empty texts are None, as in the table read back."""
    row = {
        "claim_id": claim.id,
        "source": claim.source,
        "statement": claim.statement,
        "stated": claim.stated,
        "unit": claim.unit,
        "evidence": None,
        "evidence_kind": None,
        "observed": None,
        "low": None,
        "high": None,
        "number_verdict": None,
        "conclusion_verdict": None,
        "robustness": None,
        **cells,
    }
    return {name: None if value == "" else value for name, value in row.items()}


def _reason(claim: Claim, finding: Finding, robust: str = "") -> str:
    """Return one sentence with the numbers found and what they are held against."""
    witness = witness_definitions().witnesses.get(finding.evidence)
    limits = f"; {witness.limits}" if witness and witness.limits else ""
    said = finding.said[0].upper() + finding.said[1:] + limits
    if finding.kind == "proxy":
        return f"Not graded, a neighbour quantity. {said}."
    if finding.kind == "calibration":
        return f"Not graded, the level of another database. {said}."
    if finding.not_counted:
        return f"Not counted: {finding.not_counted}. {said}."
    return f"{said}; {_held_against(claim, finding)}{robust}."


def _held_against(claim: Claim, finding: Finding) -> str:
    if claim.claim_class == "rank":
        return f"{finding.observed:g} of the {len(claim.members)} named countries"
    if claim.claim_class == "topic":
        return f"{finding.observed:g} of {len(claim.fields)} named fields above 1"
    if claim.claim_class == "values":
        return f"{finding.observed:g} of {len(finding.ratios)} within {100 * tolerance(claim):g} %"
    if claim.claim_class == "always":
        return f"stated {claim.stated:g}"
    if claim.claim_class in {"direction", "existence"} or claim.stated is None:
        low, high = conclusion_range(claim)
        bound = f"above {low:.3g}" if high == math.inf else f"below {high:.3g}"
        return f"the claim holds {bound}" if claim.claim_class == "direction" else "at least one"
    tight, wide = (band(claim, times, finding.base) for times in (1, WIDE))
    return (
        f"stated {_form(claim, claim.stated)}, tight band {_range(claim, tight)}, "
        f"wide band {_range(claim, wide)}"
    )


def _form(claim: Claim, value: float) -> str:
    if claim.unit in {"share", "per year"}:
        return f"{100 * value:.3g} %"
    return f"{value:,.{DECIMALS.get(claim.unit, 0)}f}"


def _range(claim: Claim, ends: tuple[float, float]) -> str:
    return " to ".join(_form(claim, end) for end in ends)
