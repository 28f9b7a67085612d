"""
Many questions at once: their requests share a pool, and none is asked twice.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any

from bibliometrics.question import Question
from bibliometrics.request import Request
from bibliometrics.route import Cells, Outcome, Steps


@dataclass
class Walk:
    """A question on its way: its steps, and the outcomes of the last batch as they come in."""

    question: Question
    steps: Steps
    outcomes: list[Outcome | None] = field(default_factory=list)


def drive(
    walks: Sequence[Walk],
    asked: dict[Request, Future[Outcome]],
    submit: Callable[[Request], Future[Outcome]],
) -> dict[Question, Cells]:
    """Send each walk the outcomes that it waits for, until all have returned their counts."""
    returned: dict[Question, Cells] = {}
    waiting: dict[Future[Outcome], list[tuple[Walk, int]]] = {}

    def advance(walk: Walk, outcomes: list[Any] | None) -> None:
        try:
            requests = walk.steps.send(outcomes)  # type: ignore[arg-type]
        except StopIteration as stop:
            returned[walk.question] = stop.value
            return
        walk.outcomes = [None] * len(requests)
        for place, request in enumerate(requests):
            if request not in asked:
                asked[request] = submit(request)
            waiting.setdefault(asked[request], []).append((walk, place))

    for walk in walks:
        advance(walk, None)
    while waiting:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            outcome = future.result()
            for walk, place in waiting.pop(future):
                walk.outcomes[place] = outcome
                if None not in walk.outcomes:
                    advance(walk, walk.outcomes)
    return returned
