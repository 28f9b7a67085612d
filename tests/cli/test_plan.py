"""What a refresh would ask and cost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from bibliometrics.cli import plan
from bibliometrics.openalex import source as openalex
from bibliometrics.study.model import load_study
from bibliometrics.study.plan import PARTS

if TYPE_CHECKING:
    import pytest

LEFT = SimpleNamespace(usd=0.75, prepaid_usd=0.05)


def price(monkeypatch: pytest.MonkeyPatch, left: object) -> dict[str, object]:
    monkeypatch.setenv("OPENALEX_API_KEY", "a-secret-key-1234")
    monkeypatch.setattr(openalex, "ask_remaining", lambda *_: left)
    return plan.price_plan(load_study(), PARTS)


def test_what_is_left_of_the_budget_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    priced = price(monkeypatch, LEFT)
    assert (priced["remaining_usd"], priced["note"]) == (0.8, "")
    assert "left in today's budget of your key: 0.8000 USD" in plan.tell_plan(priced)


def test_a_server_that_says_nothing_of_the_budget_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    priced = price(monkeypatch, None)
    assert priced["remaining_usd"] is None
    assert plan.tell_plan(priced)[-1].startswith("note: what is left of today's budget is unknown")


def test_more_parts_never_cost_less() -> None:
    study = load_study()
    costs = [plan.price_plan(study, PARTS[:number])["credits"] for number in range(1, len(PARTS))]
    assert costs == sorted(costs)
    assert all(least <= most for least, most in costs)
    assert set(plan.list_urls(study, PARTS[:1])) <= set(plan.list_urls(study, PARTS))
