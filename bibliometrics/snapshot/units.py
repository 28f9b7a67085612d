"""
Which institutions work together, each with its exact number of works, and which are universities.
"""

from __future__ import annotations

import pandas as pd

from bibliometrics.snapshot.source import Snapshot
from bibliometrics.study import profile
from bibliometrics.study.claim_counts import UNIVERSITIES, university_question
from bibliometrics.study.model import Study
from bibliometrics.study.questions import Question


def count_institutions(study: Study, source: Snapshot) -> pd.DataFrame:
    """Count institutions on each side, works of all years together, one row each: all of them."""
    listed = source.list_institutions()
    together, home = profile.cooperating(study)
    apart = {*together.not_below, *together.without_lineage}
    below = listed["lineage"].map(lambda above: study.institution.id in above)
    unit = below & listed["lineage"].map(apart.isdisjoint)
    inside = listed["country_code"].isin(study.region_of(study.primary).codes)
    sides = (
        ("institution", together, unit),
        ("region", together, inside & ~below),
        ("home", home, listed["country_code"].isin(study.home) & ~below),
    )
    works = _count(source, (together, home))
    rows = [
        listed[fits].merge(works[question], on="institution_id").assign(side=side)
        for side, question, fits in sides
    ]
    return pd.concat(rows, ignore_index=True).assign(**{profile.LIST_COMPLETE: True})[
        [*profile.INSTITUTION_COLUMNS, profile.LIST_COMPLETE]
    ]


def _count(source: Snapshot, questions: tuple[Question, ...]) -> dict[Question, pd.DataFrame]:
    """Return works by institution, all and of small teams."""
    every = {one: one.but(group_by=("institution_id",)) for one in questions}
    small = {one: every[one].narrow(max_authors=profile.SMALL_TEAM) for one in questions}
    answers = source.answer_all([*every.values(), *small.values()])
    found = {}
    for one in questions:
        pair = [answers[asked[one]].set_index("institution_id") for asked in (every, small)]
        counts = pd.concat([frame["n_works"] for frame in pair], axis=1, keys=profile.TEAMS)
        found[one] = counts.fillna(0).astype("int64").reset_index()
    return found


def list_universities(study: Study, source: Snapshot) -> dict[Question, str]:
    """Return questions about the home country's universities with most works, and their names."""
    listed = source.list_institutions()
    (home,) = study.home
    outside = listed["lineage"].map(lambda above: study.institution.id not in above)
    fits = outside & (listed["country_code"] == home) & (listed["type"] == "education")
    order = {"n_works_source": False, "institution_id": True}
    found = listed[fits].sort_values([*order], ascending=[*order.values()]).head(UNIVERSITIES)
    return {
        university_question(study, one): f"{name} ({one})"
        for one, name in zip(found["institution_id"], found["institution"], strict=True)
    }
