"""
Robustness: whether what a document concludes depends on definitions that it left open.

Every specification of the full crossing (96 with the usual axes) is graded as if it were the
primary one, by the rules of :mod:`bibliometrics.claims.rules`. It *agrees* with the primary if the
conclusion holds under both or under neither; one under which the quantity is unknown, such as
growth from no work at all, doesn't agree. The share that agrees decides:

======================= =======================================
word                    specifications that agree
======================= =======================================
robust                  at least 80 %
fragile                 at least 50 %, less than 80 %
specification-dependent less than 50 %
======================= =======================================

Where the rule comes from: grading a conclusion over a multiverse of specifications of equal weight
is what Leibel and Bornmann (2024, Scientometrics; arXiv 2506.03726) call for in bibliometrics,
after Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4: 1208-1214. The two thresholds
are a convention of this package, fixed before any count was seen: a large majority (four of five,
as for ranks and tiers in :mod:`bibliometrics.claims.rules`) and a simple majority. Weak axes play
no part, and synthetic counts are never graded.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from bibliometrics.claims.evidence import as_frame
from bibliometrics.claims.ledger import QUANTITIES, Claim
from bibliometrics.claims.quantities import FIELDS, PARTNERS, REGION, Evidence, Quantities
from bibliometrics.claims.rules import (
    DIRECTION,
    NOT_TESTABLE,
    REPRODUCED,
    WAITING,
    WIDE,
    Finding,
    band,
    conclusion_range,
    grade_conclusion,
    grade_number,
    tolerance,
)
from bibliometrics.claims.witnesses import Rows, witness_definitions
from bibliometrics.errors import InputError
from bibliometrics.study.model import Study

ROBUST, FRAGILE, DEPENDENT = "robust", "fragile", "specification-dependent"
LARGE_MAJORITY, MAJORITY = 0.8, 0.5
HOLDS: Final = (REPRODUCED, DIRECTION)
UNKNOWN: Final = "unknown"
TESTED: Final = (
    "institution_region",
    "institution_region_growth",
    "institution_region_rate",
    "institution_share_of_home",
    "institution_partner_share",
)


@dataclass(frozen=True)
class Agreement:
    """
    How a claim's conclusion fares over the strong specifications.

    ``verdicts`` counts conclusion verdicts, ``unknown`` among them; ``lowest`` and ``highest`` are
    the values found.
    """

    claim_id: str
    word: str
    n_agree: int
    n_specifications: int
    primary_verdict: str
    verdicts: Mapping[str, int]
    lowest: float
    highest: float

    @property
    def clause(self) -> str:
        """A clause with the numbers, for the reason of a verdict."""
        held = sum(self.verdicts.get(word, 0) for word in HOLDS)
        return (
            f"{self.word}: the conclusion holds in {held} of {self.n_specifications} "
            f"specifications, the same as in the primary in {self.n_agree}"
        )


def name_agreement(n_agree: int, n_specifications: int) -> str:
    """
    Return the word for a number of specifications that agree with the primary.

    >>> [name_agreement(n, 96) for n in (96, 77, 76, 48, 47)]
    ['robust', 'robust', 'fragile', 'fragile', 'specification-dependent']
    """
    if n_agree >= LARGE_MAJORITY * n_specifications:
        return ROBUST
    return FRAGILE if n_agree >= MAJORITY * n_specifications else DEPENDENT


def is_tested(claim: Claim, study: Study) -> bool:
    """Say whether the curve holds what tests a claim: its quantity, year and country."""
    if claim.study != study.id or claim.quantity not in TESTED or claim.proxy:
        return False
    if claim.year and claim.year not in study.year_range:
        return False
    return not claim.members or claim.members == (study.top_country,)


def grade_robustness(
    study: Study, ledger: Sequence[Claim], table: pd.DataFrame
) -> dict[str, Agreement]:
    """Grade claims over the strong specifications."""
    claims = [claim for claim in ledger if is_tested(claim, study)]
    strong = table[table["weight"] > 0]
    primary = str(strong.loc[strong["is_primary"], "specification"].iloc[0])
    found: dict[str, dict[str, tuple[str, float]]] = {claim.id: {} for claim in claims}
    nothing = as_frame(())
    for name, rows in strong.groupby("specification", sort=True):
        evidence = Evidence(study, nothing, _tables(study, rows), "curve")
        for claim in claims:
            found[claim.id][str(name)] = _conclude(claim, evidence)
    return {
        claim: _agreement(claim, graded, primary)
        for claim, graded in found.items()
        if graded[primary][0] != UNKNOWN
    }


def _tables(study: Study, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the institution's tables as one specification would have them."""
    joint = rows["n_works_institution_region"].astype("int64")
    tables = {
        "institution_region": pd.DataFrame(
            {
                "year": rows["year"],
                "n_works_institution_region": joint,
                "n_works_home_region": rows["n_works_home_region"],
            }
        )
    }
    if study.top_country:
        top = rows["n_works_top_country"].astype("int64").clip(upper=joint)
        tables["institution_partners"] = pd.DataFrame(
            {"year": rows["year"], "country_code": study.top_country, "n_works": top}
        )
    return tables


def _conclude(claim: Claim, evidence: Evidence) -> tuple[str, float]:
    """Return verdict and value of a claim by our own counts; ``unknown`` without them."""
    for finding in PARTNERS[claim.quantity](claim, evidence):
        if finding.evidence == evidence.name and finding.observed is not None:
            return grade_conclusion(claim, finding), float(finding.observed)
    return UNKNOWN, float("nan")


def _agreement(claim: str, graded: Mapping[str, tuple[str, float]], primary: str) -> Agreement:
    verdicts = [verdict for verdict, _ in graded.values()]
    own = graded[primary][0]
    agree = sum(verdict != UNKNOWN and (verdict in HOLDS) == (own in HOLDS) for verdict in verdicts)
    values = pd.Series([value for _, value in graded.values()])
    return Agreement(
        claim_id=claim,
        word=name_agreement(agree, len(verdicts)),
        n_agree=agree,
        n_specifications=len(verdicts),
        primary_verdict=own,
        verdicts=dict(Counter(verdicts)),
        lowest=float(values.min()),
        highest=float(values.max()),
    )


def describe_agreements(agreements: Mapping[str, Agreement]) -> pd.DataFrame:
    """Return agreements as a frame."""
    rows: list[dict[str, Any]] = [
        {
            "claim_id": one.claim_id,
            "robustness": one.word,
            "n_agree": one.n_agree,
            "n_specifications": one.n_specifications,
            "primary_verdict": one.primary_verdict,
            "lowest": one.lowest,
            "highest": one.highest,
            **one.verdicts,
        }
        for one in agreements.values()
    ]
    return pd.DataFrame(rows)


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
    """Grade every claim of a study by our own counts and by published figures."""
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
