"""A test is judged by its value; a claim's line is drawn from its tests by one table."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bibliometrics.claims.rules import Finding, Test, draw_line, judge, marks_of


def make_test(**values: Any) -> Test:
    told: dict[str, Any] = {"id": "Z01a", "test": "T", "quantity": "q", "why": "W"}
    return Test(**{**told, "holds_from": 4.0, "holds_to": 6.0, **values})


def found(observed: float | None = 5.0, kind: str = "own", **values: Any) -> Finding:
    return Finding(evidence="e", kind=kind, said="said", observed=observed, **values)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(4.0, "holds"), (6.0, "holds"), (5.0, "holds"), (3.999999, "differs"), (6.000001, "differs")],
)
def test_a_value_is_held_against_the_range_whose_ends_belong_to_it(
    value: float, verdict: str
) -> None:
    assert judge(make_test(), found(value)) == verdict
    assert judge(make_test(), found(value, "published")) == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(4.5, 5.5, "holds"), (6.5, 7.5, "differs"), (1, 3.9, "differs"), (3.5, 4.5, "open")],
)
def test_a_fitted_trend_is_judged_by_its_interval(low: float, high: float, verdict: str) -> None:
    fit = found((low + high) / 2, low=low, high=high, is_trend=True)
    assert judge(make_test(), fit) == verdict


def test_a_test_of_two_conditions_differs_if_either_does() -> None:
    assert judge(make_test(), found(5.0, also=False)) == "differs"
    assert judge(make_test(), found(7.0)) == "differs"


@pytest.mark.parametrize("kind", ["level", "arithmetic", "sample", "neighbour", "bound"])
def test_kinds_that_never_decide_are_shown(kind: str) -> None:
    for value in (1.0, 5.0):
        assert judge(make_test(), found(value, kind)) == "shown"


def test_a_bound_decides_only_if_it_contradicts() -> None:
    assert judge(make_test(), found(7.0, "bound")) == "differs"


def test_what_has_a_reason_not_to_count_is_not_counted() -> None:
    assert judge(make_test(), found(5.0, not_counted="a tie decides")) == "not counted"
    assert judge(make_test(), found(None)) == "not counted"


@pytest.mark.parametrize(("noise", "near"), [(0.9, False), (1.1, True), (0.0, False)])
def test_a_value_within_its_noise_of_an_end_is_near_the_edge(noise: float, *, near: bool) -> None:
    assert ("near the edge" in marks_of(make_test(), found(5.0, noise=noise))) is near


def test_a_level_is_a_ratio_inside_or_outside() -> None:
    test = make_test(stated=5.0)
    assert marks_of(test, found(7.5, "level")) == ["1.50 times the document's, outside ± 20 %"]
    assert marks_of(test, found(5.0, "level")) == ["1.00 times the document's, inside ± 20 %"]


def row(test: str, kind: str, verdict: str, evidence: str = "", **more: Any) -> dict[str, Any]:
    told = {"test_id": test, "evidence_kind": kind, "verdict": verdict, "mark": "", "observed": 1.0}
    return {**told, "evidence": evidence or kind, **more}


A, B = "Z01a", "Z01b"
OWN_A, OWN_B = row(A, "own", "holds"), row(B, "own", "holds")
MIXTURES: dict[str, tuple[list[dict[str, Any]], str, bool]] = {
    "oA+ oB+": ([OWN_A, OWN_B], "holds", False),
    "oA- oB-": ([row(A, "own", "differs"), row(B, "own", "differs")], "differs", False),
    "oA+ oB-": ([OWN_A, row(B, "own", "differs")], "in part", False),
    "oA+ B waiting": ([OWN_A, row(B, "own", "waiting")], "holds", False),
    "oA open": ([row(A, "own", "open")], "open", False),
    "oA+ oB open": ([OWN_A, row(B, "own", "open")], "holds", False),
    "oA- pA+": ([row(A, "own", "differs"), row(A, "published", "holds")], "differs", True),
    "oA+ pB-": ([OWN_A, row(B, "published", "differs")], "in part", False),
    "oA waiting pA+": ([row(A, "published", "holds")], "holds", False),
    "p1A+ p2A-": (
        [row(A, "published", "holds", "p1"), row(A, "published", "differs", "p2")],
        "holds",
        True,
    ),
    "oA+ bound contradicts": ([OWN_A, row(A, "bound", "differs")], "holds", True),
    "only a contradicting bound": (
        [row(A, "bound", "differs"), row(A, "own", "waiting")],
        "differs",
        False,
    ),
    "only marks": (
        [row(A, "bound", "shown", mark="at least 3"), row(A, "own", "waiting")],
        "waiting for a pull",
        False,
    ),
    "oA not counted, pA+": (
        [row(A, "own", "not counted"), row(A, "published", "holds")],
        "holds",
        False,
    ),
    "oA not counted alone": ([row(A, "own", "not counted")], "not counted", False),
    "level": ([row(A, "level", "shown")], "level", False),
}


@pytest.mark.parametrize("name", MIXTURES)
def test_every_mixture_has_one_line(name: str) -> None:
    rows, verdict, disagree = MIXTURES[name]
    line = draw_line(rows)
    assert (line.verdict, line.sources_disagree) == (verdict, disagree)


def test_undecided_tests_are_counted_behind_the_line() -> None:
    line = draw_line([OWN_A, row(B, "own", "waiting"), row("Z01c", "own", "open")])
    assert (line.n_tests, dict(line.undecided)) == (3, {"waiting": 1, "open": 1})


def test_what_is_not_counted_in_our_source_is_said_beside_another() -> None:
    rows, _, _ = MIXTURES["oA not counted, pA+"]
    assert "not counted in OpenAlex" in draw_line(rows).marks
    assert draw_line(MIXTURES["only marks"][0]).marks == ("at least 3",)


def test_two_files_of_one_base_are_never_two_sources() -> None:
    rows = [row(A, "published", "holds", "ncses"), row(A, "published", "differs", "bank")]
    assert draw_line(rows).sources_disagree
    assert not draw_line(rows, {"bank": "ncses"}).sources_disagree
    alone = draw_line(rows[1:], {"bank": "ncses"})
    assert alone.verdict == "differs"


def test_a_range_without_ends_is_open() -> None:
    test = make_test(holds_from=-math.inf, holds_to=1.0)
    assert judge(test, found(-1e9)) == "holds"
