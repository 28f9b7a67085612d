"""
How a claim is graded: pure functions from a claim and a finding to verdicts.

A finding is what one piece of evidence says about a claim's quantity. The *number* is graded in a
tight band (``reproduced``) and a band four times as wide (``direction reproduced``); the
*conclusion* of the document is graded apart, from the interval. After Aczel et al. (2026), Nature
652: 135-142, who graded re-analyses in two bands and the conclusion on its own.

========= ============================== =============================== ===========================
class     tight band of the number       conclusion holds if             contradicted if
========= ============================== =============================== ===========================
level     factor 1.2 either way          within a factor of 2            never
growth    factor 4/3 either way          more than half the yearly rate  opposite sign, surely
rate      5 points either way            more than half the rate         opposite sign, surely
share     5 points; 10 below 600 works   in the wide band                never
rank      all members (order: tau 0.8)   first and 80 % of members right never
always    every year                     every year, beyond chance       never
topic     index surely above 1, top      most fields above 1             all fields surely below 1
          third of the fields
values    all within 5 %                 most in the wide band           never
existence no number                      at least one work               never
direction no number                      above or below the bound        surely on the other side
                                                                         of no effect
========= ============================== =============================== ===========================

*Surely* means with the whole 95 % interval. Wide bands: the tolerance to the fourth power where it
is a factor, four times where it is a difference; for rank 80 % of the members with the first one
right, for always all but one year, for topic an index above 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bibliometrics.claims.ledger import Claim

REPRODUCED: Final = "reproduced"
DIRECTION: Final = "direction reproduced"
NOT_REPRODUCED: Final = "not reproduced"
CONTRADICTED: Final = "contradicted"
NOT_TESTABLE: Final = "not testable"
NOT_COUNTED: Final = "not counted"
WAITING: Final = "waiting for a pull"

KINDS: Final = ("direct", "proxy", "calibration")
WIDE: Final = 4
SMALL_BASE: Final = 600
MOST: Final = 0.8
TAU: Final = 0.8
TOLERANCES: Final[dict[str, float]] = {
    "level": 0.2,
    "growth": 1 / 3,
    "rate": 0.05,
    "share": 0.05,
    "values": 0.05,
}
NO_EFFECT: Final = {"factor": 1.0, "ratio": 1.0, "per year": 0.0, "share": 0.0}


@dataclass(frozen=True)
class Part:
    """One field of a topic claim: activity index, its interval, and whether the field is large."""

    name: str
    index: float
    low: float
    high: float
    top_third: bool


@dataclass(frozen=True)
class Finding:
    """
    What one piece of evidence says about a claim's quantity.

    ``low`` and ``high`` are the 95 % interval, or bounds where only pair counts exist. ``said`` is
    a clause with the numbers. ``series`` are yearly values that must each fit the conclusion;
    ``base`` the works behind a share; ``first_right`` and ``tau`` belong to ranks, ``parts`` and
    ``untested`` to topics, ``ratios`` (found over stated) to lists of values; ``stated`` replaces
    the claim's own where the evidence holds only some of a list. ``not_counted`` says why the
    evidence decides nothing: all compared counts are 0, a tie, answers that contradict each other.
    """

    evidence: str
    kind: str
    said: str
    observed: float | None = None
    low: float | None = None
    high: float | None = None
    series: tuple[float, ...] = ()
    base: float = math.inf
    first_right: bool = False
    tau: float = math.nan
    parts: tuple[Part, ...] = ()
    untested: tuple[str, ...] = ()
    ratios: tuple[float, ...] = ()
    stated: float | None = None
    not_counted: str = ""


def tolerance(claim: Claim, base: float = math.inf) -> float:
    """Return the half-width of a claim's tight band: its own, or that of its class."""
    if claim.tolerance is not None:
        return claim.tolerance
    if claim.claim_class == "share" and base < SMALL_BASE:
        return 2 * TOLERANCES["share"]
    return TOLERANCES[claim.claim_class]


def band(claim: Claim, times: float = 1, base: float = math.inf) -> tuple[float, float]:
    """Return the band of values around a stated number that count as the same."""
    stated, reach = claim.stated or 0.0, tolerance(claim, base)
    low, high = stated - times * reach, stated + times * reach
    if claim.claim_class in {"level", "growth"}:
        factor = (1 + reach) ** times
        low, high = stated / factor, stated * factor
    none = NO_EFFECT.get(claim.unit)
    if none is None:
        return low, high
    return (max(low, none), high) if stated > none else (low, min(high, none))


def grade_number(claim: Claim, finding: Finding) -> str:
    """
    Return the verdict on a claim's number; empty if it claims none or the evidence is not direct.
    """
    if finding.kind != "direct" or claim.claim_class in {"direction", "existence", "not testable"}:
        return ""
    if finding.not_counted:
        return NOT_COUNTED
    if claim.claim_class == "rank":
        return _grade_rank(claim, finding)
    if claim.claim_class == "topic":
        return _grade_topic(finding)
    if claim.claim_class == "always":
        return _grade_years(claim, finding.observed)
    if claim.claim_class == "values":
        return _grade_values(claim, finding)
    if finding.observed is None or claim.stated is None:
        return NOT_TESTABLE
    return _grade_band(claim, finding, finding.observed)


def grade_conclusion(claim: Claim, finding: Finding) -> str:
    """Return the verdict on what a document concludes; empty if the evidence is not direct."""
    if finding.kind != "direct" or claim.claim_class == "not testable":
        return ""
    if finding.not_counted:
        return NOT_COUNTED
    if claim.claim_class == "rank":
        return _conclude_rank(claim, finding)
    if claim.claim_class == "topic":
        return _conclude_topic(finding)
    if claim.claim_class == "always":
        sure = _grade_years(claim, finding.low)
        return (
            sure
            if sure == REPRODUCED
            else _at_best(DIRECTION, _grade_years(claim, finding.observed))
        )
    if claim.claim_class == "values":
        return _conclude_values(claim, finding)
    if finding.observed is None:
        return NOT_TESTABLE
    if claim.claim_class == "existence":
        return REPRODUCED if finding.observed >= 1 else NOT_REPRODUCED
    return _conclude_range(claim, finding, finding.observed)


def conclusion_range(claim: Claim, base: float = math.inf) -> tuple[float, float]:
    """Return the open range of values in which a document's conclusion holds."""
    if claim.above is not None or claim.below is not None:
        return (
            -math.inf if claim.above is None else claim.above,
            math.inf if claim.below is None else claim.below,
        )
    if claim.stated is None:
        return math.nan, math.nan
    if claim.claim_class == "level":
        return claim.stated / 2, claim.stated * 2
    if claim.claim_class == "growth":
        half = math.sqrt(claim.stated)
        return (half, math.inf) if claim.stated > 1 else (0.0, half)
    if claim.claim_class == "rate":
        half = claim.stated / 2
        return (half, math.inf) if claim.stated > 0 else (-math.inf, half)
    return band(claim, WIDE, base)


def _grade_band(claim: Claim, finding: Finding, observed: float) -> str:
    low, high = band(claim, 1, finding.base)
    if low <= observed <= high:
        return REPRODUCED
    if _opposite(claim, finding):
        return CONTRADICTED
    low, high = band(claim, WIDE, finding.base)
    none = NO_EFFECT.get(claim.unit)
    same_sign = none is None or ((claim.stated or 0.0) - none) * (observed - none) > 0
    return DIRECTION if low <= observed <= high and same_sign else NOT_REPRODUCED


def _opposite(claim: Claim, finding: Finding) -> bool:
    """Say whether the whole interval lies beyond no effect, on the side that the claim denies."""
    none = NO_EFFECT.get(claim.unit)
    if none is None or finding.low is None or finding.high is None:
        return False
    low, high = conclusion_range(claim)
    if low >= none:
        return finding.high < none
    return high <= none and finding.low > none


def _conclude_range(claim: Claim, finding: Finding, observed: float) -> str:
    low, high = conclusion_range(claim, finding.base)
    if finding.series:
        outside = sum(not low < value < high for value in finding.series)
        return (REPRODUCED, DIRECTION)[outside] if outside < 2 else NOT_REPRODUCED
    ends = (finding.low, finding.high)
    if all(end is not None and low < end < high for end in ends) and low < observed < high:
        return REPRODUCED
    if low < observed < high:
        return DIRECTION
    return CONTRADICTED if _opposite(claim, finding) else NOT_REPRODUCED


def _grade_rank(claim: Claim, finding: Finding) -> str:
    found = (finding.observed or 0.0) / len(claim.members)
    in_order = not claim.ordered or not finding.tau < TAU
    if found >= 1 and finding.first_right and in_order:
        return REPRODUCED
    return DIRECTION if finding.first_right and found >= MOST else NOT_REPRODUCED


def _conclude_rank(claim: Claim, finding: Finding) -> str:
    if not finding.first_right:
        return NOT_REPRODUCED
    if (finding.low or 0.0) / len(claim.members) >= MOST:
        return REPRODUCED
    return DIRECTION if (finding.observed or 0.0) / len(claim.members) >= MOST else NOT_REPRODUCED


def _grade_topic(finding: Finding) -> str:
    if finding.parts and all(part.high < 1 for part in finding.parts):
        return CONTRADICTED
    if not finding.parts or any(not part.index > 1 for part in finding.parts):
        return NOT_REPRODUCED
    strong = all(part.low > 1 and part.top_third for part in finding.parts)
    return REPRODUCED if strong and not finding.untested else DIRECTION


def _conclude_topic(finding: Finding) -> str:
    if finding.parts and all(part.high < 1 for part in finding.parts):
        return CONTRADICTED
    if finding.parts and not finding.untested and all(part.low > 1 for part in finding.parts):
        return REPRODUCED
    above = sum(part.index > 1 for part in finding.parts)
    return DIRECTION if above > len(finding.parts) / 2 else NOT_REPRODUCED


def _grade_years(claim: Claim, years: float | None) -> str:
    missing = (claim.stated or 0.0) - (years or 0.0)
    if missing <= 0:
        return REPRODUCED
    return DIRECTION if missing <= 1 else NOT_REPRODUCED


def _at_best(best: str, verdict: str) -> str:
    """Return a verdict, but no better one than ``best``."""
    return best if verdict == REPRODUCED else verdict


def _inside(claim: Claim, finding: Finding, times: float) -> int:
    """Return how many values lie in a band around those stated."""
    reach = times * math.log1p(tolerance(claim))
    return sum(abs(math.log(ratio)) <= reach for ratio in finding.ratios if ratio > 0)


def _grade_values(claim: Claim, finding: Finding) -> str:
    if finding.ratios and _inside(claim, finding, 1) == len(finding.ratios):
        return REPRODUCED
    all_near = bool(finding.ratios) and _inside(claim, finding, WIDE) == len(finding.ratios)
    return DIRECTION if all_near else NOT_REPRODUCED


def _conclude_values(claim: Claim, finding: Finding) -> str:
    near = _inside(claim, finding, WIDE)
    if finding.ratios and near == len(finding.ratios):
        return REPRODUCED
    return DIRECTION if near > len(finding.ratios) / 2 else NOT_REPRODUCED
