"""
Robustness: whether what a document concludes depends on definitions that it left open.

Every specification of the full crossing (96 with the usual axes) is graded as if it were the
primary one, by the rules of :mod:`bibliometrics.claim_rules`. It *agrees* with the primary if the
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
as for ranks and tiers in :mod:`bibliometrics.claim_rules`) and a simple majority. Weak axes play no
part, and synthetic counts are never graded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from bibliometrics.claim_evidence import Evidence
from bibliometrics.claim_ledger import Claim
from bibliometrics.claim_partners import PARTNERS
from bibliometrics.claim_rules import DIRECTION, REPRODUCED, grade_conclusion
from bibliometrics.study import Study
from bibliometrics.witnesses import as_frame

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

    Examples
    --------
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
    """
    Grade claims over the strong specifications.

    Parameters
    ----------
    study : Study
        Gives years and top country.
    ledger : sequence of Claim
        Claims; those that the curve can't test are left out.
    table : pandas.DataFrame
        The table ``specifications``, of real counts.

    Returns
    -------
    dict of str to Agreement
        By the claim's id; a claim that the primary specification can't test is left out.
    """
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
    """
    Return agreements as a frame.

    Returns
    -------
    pandas.DataFrame
        One row per claim: ``claim_id``, ``robustness``, ``n_agree``, ``n_specifications``,
        ``primary_verdict``, ``lowest``, ``highest`` and the number of each verdict.
    """
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
