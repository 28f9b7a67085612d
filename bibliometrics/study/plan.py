"""
The plan of a study: every question that its tables need, each asked once.

A part of the plan is what ``--parts`` names: one table or several. Each table says here what it
asks; how it is built from the answers is in ``tables``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bibliometrics.errors import InputError
from bibliometrics.study import questions as asked
from bibliometrics.study.claim_counts import claim_questions
from bibliometrics.study.model import Study
from bibliometrics.study.profile import PROFILE
from bibliometrics.study.questions import Question
from bibliometrics.study.specifications import list_lenses

DEFAULT_PARTS: Final = ("figures", "fields", "team_size", "fractional")
Asked = Callable[[Study], Iterable[Question]]


@dataclass(frozen=True)
class PlannedQuestion:
    """One question of a plan and the table that needs it."""

    table: str
    question: Question


def _each(*asks: Asked | Callable[[Study], Question]) -> Asked:
    return lambda study: [ask(study) for ask in asks]  # type: ignore[misc]


#: Parts of the plan, in their order; the tables of each, and what each asks.
PLAN: Final[Mapping[str, Mapping[str, Asked]]] = {
    "figures": {
        "region_output": _each(asked.world_by_year, asked.world_any_by_year, asked.region_by_year),
        "institution_region": _each(asked.institution_region_by_year, asked.home_region_by_year),
        "institution_partners": _each(asked.institution_region_by_country),
        "country_output": _each(asked.region_by_country),
        "region_partners": _each(asked.world_by_country),
    },
    "fields": {
        "fields": lambda study: [
            asked.works_by_field(study, area, top)
            for area in asked.field_areas(study)
            for top in (None, 1)
        ],
    },
    "team_size": {
        "team_size": lambda study: [
            asked.team_size_by_year(study, band) for band in asked.TEAM_BANDS
        ],
    },
    "fractional": {
        "fractional": _each(asked.institution_region_by_country_and_n_countries),
    },
    "profile": PROFILE,
    "readings": {
        "readings": lambda study: [
            question
            for _, questions in asked.readings_by_name(study).values()
            for question in questions.values()
        ],
        "specifications": lambda study: [
            question
            for lens in list_lenses(study)
            for question in asked.lens_questions(study, lens).values()
        ],
    },
    "claims": {"claim_counts": lambda study: claim_questions(study).values()},
    "coverage": {"coverage": lambda _: ()},  # a list of DOIs, not counts
}
PARTS: Final = tuple(PLAN)


def build_plan(study: Study, parts: tuple[str, ...] = DEFAULT_PARTS) -> list[PlannedQuestion]:
    """
    List every question that the tables of a study need, each once, at the first that needs it.

    Parameters
    ----------
    study : Study
        The study.
    parts : tuple of str
        Which tables, out of ``PARTS``.

    Returns
    -------
    list of PlannedQuestion
        In the order in which they are asked.

    Raises
    ------
    InputError
        If a part is unknown.

    Examples
    --------
    >>> from bibliometrics.study.model import load_study
    >>> build_plan(load_study(), ("figures",))[0].table
    'region_output'
    """
    unknown = sorted(set(parts) - set(PLAN))
    if unknown:
        msg = f"unknown part {', '.join(unknown)}."
        raise InputError(msg, f"known parts: {', '.join(PLAN)}")
    first_of: dict[Question, PlannedQuestion] = {}
    for part in (part for part in PLAN if part in parts):
        for table, ask in PLAN[part].items():
            for question in ask(study):
                first_of.setdefault(question, PlannedQuestion(table, question))
    return list(first_of.values())
