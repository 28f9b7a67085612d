"""What a source gives: answers with where they come from; and who is told how it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from bibliometrics import __version__
from bibliometrics.study.model import Study
from bibliometrics.study.plan import build_plan
from bibliometrics.study.questions import Question

if TYPE_CHECKING:
    import pandas as pd


PROVISIONAL_YEARS: Final = 2


def provisional_years(day: str) -> tuple[int, ...]:
    """Return the years before a day of counting to which a source still adds works; "": none."""
    year = int(day[:4] or PROVISIONAL_YEARS)
    return tuple(range(year - PROVISIONAL_YEARS, year)) if day else ()


class Listener(Protocol):
    """What a progress display understands."""

    def __call__(self, event: object) -> None:
        """Take an event: an answer, a pause, or a line of text."""

    def expect(self, total: int) -> None:
        """Take the least number of calls."""


@dataclass(frozen=True)
class Provenance:
    """
    Where a build comes from.

    ``source`` is ``openalex``, ``snapshot``, ``sample`` or ``witnesses`` (published figures only,
    nothing counted yet); ``pull`` names the pull or snapshot release; ``start`` and ``end`` are
    UTC times of the first and last answer; ``location`` is the address that was asked.
    ``contradictions`` are answers that no definition reconciles, each with the ``tables`` that hold
    them, the ``years``, and what is ``said``: they are marked in figures and stop verdicts.
    """

    source: str
    study_id: str
    study_title: str
    study_hash: str
    package_version: str
    synthetic: bool = False
    pull: str = ""
    location: str = ""
    start: str = ""
    end: str = ""
    calls: int = 0
    credits: int = 0
    cost_usd: float = 0.0
    answers_sha256: str = ""
    notes: tuple[str, ...] = ()
    contradictions: tuple[dict[str, Any], ...] = ()

    @property
    def provisional_years(self) -> tuple[int, ...]:
        """Return the years to which the source still adds works; none of what isn't real."""
        return () if self.synthetic else provisional_years(self.end)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """
    Answers of a source, which parts they cover, where they come from, what they cost now.

    ``listed`` is what the source has listed itself, by the table that is made of it.
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
    listed: Mapping[str, pd.DataFrame] = field(default_factory=dict)


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
