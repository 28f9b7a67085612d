"""Many questions at once, and none of their requests twice."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from bibliometrics.errors import ServerError
from bibliometrics.openalex.group_by import Answer, Outcome, Walk, run_walks
from bibliometrics.openalex.query import Request
from bibliometrics.study.questions import Question


def asked(name: str) -> Request:
    return Request(filter=f"name:{name}")


def steps(*batches: str) -> Generator[list[Request], list[Outcome], Any]:
    """Ask batches of one-letter requests; return what came back as one text."""
    seen = ""
    for batch in batches:
        outcomes = yield [asked(name) for name in batch]
        seen += "".join(outcome.meta["name"] for outcome in outcomes if isinstance(outcome, Answer))
    return seen


def walks(*plans: tuple[str, ...]) -> list[Walk]:
    return [
        Walk(Question(field_id=number), steps(*batches))
        for number, batches in enumerate(plans, start=11)
    ]


def run(plans: list[Walk], fail: str = "") -> tuple[list[Any], list[str]]:
    sent: list[str] = []

    def work(request: Request) -> Outcome:
        name = request.filter.partition(":")[2]
        if name == fail:
            msg = f"{name} failed"
            raise ServerError(msg)
        return Answer({"name": name}, ())

    with ThreadPoolExecutor(3) as pool:

        def submit(request: Request) -> Future[Outcome]:
            sent.append(request.filter.partition(":")[2])
            return pool.submit(work, request)

        found = run_walks(plans, {}, submit)
    return [found[plan.question] for plan in plans], sent


def test_every_walk_gets_its_outcomes_in_its_own_order() -> None:
    found, _ = run(walks(("ab", "c"), ("dcba",), ("x",)))
    assert found == ["abc", "dcba", "x"]


def test_a_request_of_several_walks_is_sent_once() -> None:
    found, sent = run(walks(("ab", "aab"), ("ba",), ("b", "b")))
    assert found == ["abaab", "ba", "bb"]
    assert sorted(sent) == ["a", "b"]


def test_a_walk_that_asks_nothing_ends_at_once() -> None:
    assert run(walks((), ("a",))) == (["", "a"], ["a"])
    assert run([]) == ([], [])


def test_the_first_error_ends_the_drive() -> None:
    with pytest.raises(ServerError, match="b failed"):
        run(walks(("a", "b", "c")), fail="b")
