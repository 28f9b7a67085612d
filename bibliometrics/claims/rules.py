"""
How a test is judged on one piece of evidence, and how a claim's line is drawn from its tests.

A count in a database is a census, so it is judged by its value: inside the range of the test it
*holds*, outside it *differs*. Statistics stand only where something is fitted: the 95 % interval
inside the range holds, outside differs, across its edge is *open*. Pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from bibliometrics.models import Text

HOLDS, DIFFERS, OPEN = "holds", "differs", "open"
NOT_COUNTED, WAITS, SHOWN = "not counted", "waiting", "shown"
VERDICTS: Final = (HOLDS, DIFFERS, OPEN, NOT_COUNTED, WAITS, SHOWN)

IN_PART, LEVEL, WAITING = "in part", "level", "waiting for a pull"
NOT_GRADED, NOT_PUBLICATIONS = "shown, not graded", "not about publications"
DECIDED: Final = (HOLDS, IN_PART, DIFFERS)
LINES: Final = (*DECIDED, LEVEL, OPEN, NOT_COUNTED, WAITING, NOT_GRADED, NOT_PUBLICATIONS)

OWN, PUBLISHED, BOUND = "own", "published", "bound"
KINDS: Final = (OWN, PUBLISHED, BOUND, "arithmetic", LEVEL, "sample", "neighbour")
COUNTED_UNITS: Final = ("years", "countries", "rank")


@dataclass(frozen=True, kw_only=True)
class Test:
    """
    Our reading of a claim: what is computed, the range in which it holds, and why this range.

    ``stated`` is the document's number in the unit of the quantity, None where it gives none. The
    other entries say what the quantity is computed for.
    """

    __test__: ClassVar[bool] = False

    id: Text
    test: Text
    quantity: Text
    why: Text
    stated: float | None = None
    holds_from: float = -math.inf
    holds_to: float = math.inf
    fixed: dict[str, str] = field(default_factory=dict)
    year: int = 0
    members: tuple[str, ...] = ()
    first_rank: int = 1
    against: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    subfields: tuple[int, ...] = ()
    indicator: str = ""
    area: str = ""
    years: tuple[int, int] = (0, 0)
    whole: float = 0

    @property
    def ends(self) -> tuple[float, float]:
        """The range."""
        return self.holds_from, self.holds_to

    def holds(self, value: float) -> bool:
        """Say whether a value lies in the range; its ends belong to it."""
        return self.holds_from <= value <= self.holds_to


@dataclass(frozen=True, kw_only=True)
class Finding:
    """
    What one piece of evidence says about a test's quantity.

    ``said`` is a clause with the numbers. ``ends`` replaces the test's range where it depends on
    the source: the upper third of its fields. ``is_trend`` says that ``low`` and ``high`` are the
    95 % interval of a fit. ``also`` is the second condition of a test that has two. ``noise`` is
    one standard deviation of the value from year to year, 0 if unknown. ``not_counted`` says why
    the evidence decides nothing. ``marks`` are words behind the verdict.
    """

    evidence: str
    kind: str
    said: str
    observed: float | None = None
    low: float | None = None
    high: float | None = None
    ends: tuple[float, float] | None = None
    is_trend: bool = False
    also: bool = True
    noise: float = 0.0
    not_counted: str = ""
    marks: tuple[str, ...] = ()


def judge(test: Test, finding: Finding) -> str:
    """
    Return the verdict of a test on one piece of evidence.

    A bound is *shown* unless it contradicts; a level, a sample, a neighbour and the document's own
    arithmetic never decide.
    """
    value, (low, high) = finding.observed, finding.ends or test.ends
    if finding.kind == BOUND and value is not None and value > high:
        return DIFFERS
    if finding.kind not in {OWN, PUBLISHED}:
        return SHOWN
    if finding.not_counted or value is None:
        return NOT_COUNTED
    if not finding.also:
        return DIFFERS
    if not finding.is_trend:
        return HOLDS if low <= value <= high else DIFFERS
    if finding.low is None or finding.high is None:
        return NOT_COUNTED
    if low <= finding.low and finding.high <= high:
        return HOLDS
    return DIFFERS if finding.high < low or finding.low > high else OPEN


def marks_of(test: Test, finding: Finding) -> list[str]:
    """Return the words behind a verdict: the ratio of a level, near the edge, the finding's own."""
    marks, value = list(finding.marks), finding.observed
    if finding.kind == LEVEL and value is not None and test.stated:
        side = "inside" if test.holds(value) else "outside"
        marks.insert(0, f"{value / test.stated:.2f} times the document's, {side} ± 20 %")
    decides = finding.kind in {OWN, PUBLISHED} and not finding.not_counted
    if decides and not finding.is_trend and value is not None:
        near = min(abs(value - end) for end in test.ends) < finding.noise
        marks += ["near the edge"] if near else []
    return marks


@dataclass(frozen=True)
class ClaimLine:
    """The line of a claim: its verdict, the rows that decided, and what is said behind it."""

    verdict: str
    decided: tuple[Mapping[str, Any], ...]
    sources_disagree: bool
    undecided: Mapping[str, int]
    n_tests: int
    marks: tuple[str, ...]


def draw_line(
    rows: Sequence[Mapping[str, Any]], bases: Mapping[str, str] | None = None
) -> ClaimLine:
    """Draw the line of one claim from its rows of the table ``claims``."""
    tests = list(dict.fromkeys(row["test_id"] for row in rows if row["test_id"]))
    decided, undecided, marks, disagree = [], dict[str, int](), list[str](), False
    for test in tests:
        mine = [row for row in rows if row["test_id"] == test]
        ranked = _deciding(mine, bases or {})
        if ranked:
            decided.append(ranked[0])
            disagree |= any(row["verdict"] != ranked[0]["verdict"] for row in ranked)
        state = _state(mine)
        if not ranked and state:
            undecided[state] = undecided.get(state, 0) + 1
        if ranked and any(r["verdict"] == NOT_COUNTED for r in mine if r["evidence_kind"] == OWN):
            marks.append("not counted in OpenAlex")
    verdict = _whole(decided, undecided)
    for row in rows:
        if row["evidence_kind"] == LEVEL:
            continue
        if not decided or row in decided or row["evidence_kind"] not in {OWN, PUBLISHED}:
            marks += [row["mark"]] if row["mark"] else []
    return ClaimLine(
        verdict, tuple(decided), disagree, undecided, len(tests), tuple(dict.fromkeys(marks))
    )


def _deciding(
    rows: Sequence[Mapping[str, Any]], bases: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    """Return the rows of one test that decide, the one that rules first."""
    found: list[Mapping[str, Any]] = []
    for kind in (OWN, PUBLISHED, BOUND):
        for row in rows:
            same = bases.get(str(row["evidence"]))
            again = same and any(one["evidence"] == same for one in rows)
            if row["evidence_kind"] == kind and row["verdict"] in {HOLDS, DIFFERS} and not again:
                found.append(row)
    return found


def _state(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the state of a test that nothing decides; empty for one that only shows."""
    verdicts = [row["verdict"] for row in rows]
    if any(row["evidence_kind"] == LEVEL and row["observed"] is not None for row in rows):
        return LEVEL
    return next((word for word in (OPEN, NOT_COUNTED, WAITS) if word in verdicts), "")


def _whole(decided: Sequence[Mapping[str, Any]], undecided: Mapping[str, int]) -> str:
    words = {row["verdict"] for row in decided}
    if words:
        return IN_PART if len(words) > 1 else str(words.pop())
    for state, word in ((LEVEL, LEVEL), (OPEN, OPEN), (NOT_COUNTED, NOT_COUNTED), (WAITS, WAITING)):
        if undecided.get(state):
            return word
    return NOT_GRADED
