"""What is wanted of a refresh, who is told how it goes on, and what came of the counting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from bibliometrics import __version__
from bibliometrics.study.model import Study
from bibliometrics.study.plan import build_plan
from bibliometrics.study.questions import Question
from bibliometrics.tables.datapackage import Provenance


class Listener(Protocol):
    """What a progress display understands."""

    def __call__(self, event: object) -> None:
        """Take an event: an answer, a pause, or a line of text."""

    def expect(self, total: int) -> None:
        """Take the least number of calls."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """
    What the command line asks of a refresh; see ``python -m bibliometrics refresh --help``.

    ``parts`` None means the usual ones for a count, the pull's own offline.
    ``address`` and ``key`` of the API are those of the environment unless they are given.
    """

    study: str
    source: str = "openalex"
    offline: bool = False
    pull: str | None = None
    parts: tuple[str, ...] | None = None
    budget_usd: float | None = None
    rate: float = 5.0
    to: Path | None = None
    narrow: Path | None = None
    engine: str = "duckdb"
    force: bool = False
    address: str | None = None
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """
    Answers of a source, which parts they cover, where they come from, what they cost now.

    ``pull`` is the folder of the complete pull that holds them, if one does; ``moved`` says that
    the source changed while it was asked.
    """

    answers: Mapping[Question, pd.DataFrame]
    parts: tuple[str, ...]
    provenance: Provenance
    calls_made: int = 0
    spent_usd: float = 0.0
    notes: tuple[str, ...] = ()
    pull: Path | None = None
    moved: bool = False


def list_questions(study: Study, parts: tuple[str, ...]) -> list[Question]:
    """Return the questions of some parts of a study's plan."""
    return [item.question for item in build_plan(study, parts)]


def make_provenance(study: Study, source: str, **values: Any) -> Provenance:
    """Return the provenance of a build of a study by this version of the package."""
    return Provenance(
        source=source,
        study_id=study.id,
        study_title=study.title,
        study_hash=study.hash,
        package_version=__version__,
        **values,
    )
