"""
Which institutions work together, each with its exact number of works, in few calls.

A page of groups holds 200 institutions. Whoever stands on it is counted; whoever is looked for and
doesn't stand on it is asked for with up to 99 others at once: their works are few, so that the page
of these works holds them all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pandas as pd

from bibliometrics.errors import InputError
from bibliometrics.openalex.institutions import Member, list_records
from bibliometrics.openalex.query import INSTITUTION, VALUES, Request
from bibliometrics.study import profile
from bibliometrics.study.model import ID_PATTERN, Study
from bibliometrics.study.questions import Question

LARGEST: Final = 20


class Source(Protocol):
    """What is asked: questions, lists of institutions, records."""

    def answer_all(self, questions: Iterable[Question]) -> dict[Question, pd.DataFrame]:
        """Answer questions."""

    def list_below(self, institution_id: str) -> list[Member]:
        """List an institution and everything below it."""

    def fetch(self, request: Request) -> Any:
        """Return the rows of one request."""


@dataclass(frozen=True)
class Page:
    """The largest institutions of some works, and whether these are all."""

    works: Mapping[str, int]
    complete: bool


def count_institutions(study: Study, source: Source) -> pd.DataFrame:
    """
    Count institutions on each side, works of all years together, one row each.

    Units of the institution are all there; of the region and the home country all, or the 20 with
    most works of small teams.
    """
    together, home = profile.cooperating(study)
    below = {one.id: one for one in source.list_below(study.institution.id)}
    apart = {*together.not_below, *together.without_lineage}
    units = [one for one in below.values() if not apart & {*one.lineage}]
    known: dict[str, Member] = {}

    def places(ids: Iterable[str]) -> dict[str, Member]:
        new = [one for one in ids if one not in known and one not in below]
        known.update({one.id: one for one in list_records(new, source.fetch)})
        return known

    rows = _rows("institution", units, _Works(source, together), complete=True)
    for side, question, codes in (
        ("region", together, study.region_of(study.primary).codes),
        ("home", home, study.home),
    ):
        rows += _largest(side, _Works(source, question), places, codes)
    return pd.DataFrame(rows, columns=[*profile.INSTITUTION_COLUMNS, profile.LIST_COMPLETE])


class _Works:
    """Works of a question by institution: of small teams, and of larger ones."""

    def __init__(self, source: Source, question: Question) -> None:
        self.source = source
        self.small = question.narrow(max_authors=profile.SMALL_TEAM)
        self.large = question.narrow(min_authors=profile.SMALL_TEAM + 1)
        self.pages = {one: self._page(one) for one in (self.small, self.large)}

    def _page(self, question: Question) -> Page:
        asked = question.but(group_by=("institution_id",))
        try:
            frame = self.source.answer_all([asked])[asked]
        except InputError:  # works that must be asked for in parts have no list of the largest
            return Page({}, complete=False)
        return _read(frame)

    @property
    def complete(self) -> bool:
        return all(page.complete for page in self.pages.values())

    def count(self, ids: Collection[str]) -> dict[str, tuple[int, int]]:
        """Return works, and works of small teams, of each of some institutions."""
        small, large = (self._exact(one, ids) for one in (self.small, self.large))
        return {one: (small[one] + large[one], small[one]) for one in ids}

    def _exact(self, question: Question, ids: Collection[str]) -> dict[str, int]:
        page = self.pages[question]
        found = {one: page.works.get(one, 0) for one in ids if page.complete or one in page.works}
        blocks = _divide([one for one in ids if one not in found], VALUES)
        while blocks:
            asked = {block: _of_any(question, block) for block in blocks}
            answers = self.source.answer_all(asked.values())
            blocks = []
            for block, one in asked.items():
                seen = _read(answers[one]) if len(block) > 1 else _alone(block, answers[one])
                left = [] if seen.complete else [it for it in block if it not in seen.works]
                found |= {it: seen.works.get(it, 0) for it in block if it not in left}
                blocks += _divide(left, max(1, len(block) // 2))
        return found


def _read(frame: pd.DataFrame) -> Page:
    works = dict(zip(frame["institution_id"], map(int, frame["n_works"]), strict=True))
    return Page(works, bool(frame.attrs["complete"]))


def _alone(block: Sequence[str], frame: pd.DataFrame) -> Page:
    return Page({block[0]: int(frame["n_works"].sum())}, complete=True)


def _divide(ids: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]


def _of_any(question: Question, ids: tuple[str, ...]) -> Question:
    """Return the question about works that name one of some institutions, by them if several."""
    group = () if len(ids) == 1 else ("institution_id",)
    return question.but(filters=((INSTITUTION, "|".join(ids)),), group_by=group)


def _largest(
    side: str,
    works: _Works,
    places: Callable[[Iterable[str]], Mapping[str, Member]],
    codes: Collection[str],
) -> list[dict[str, Any]]:
    """Return the rows of a side that is not known before: all, or those with most works."""
    page = works.pages[works.small]
    listed = page.works
    every = [*listed, *(works.pages[works.large].works if page.complete else ())]
    fine = [one for one in dict.fromkeys(every) if ID_PATTERN.fullmatch(one)]
    known = places(fine)
    there = [one for one in fine if one in known and known[one].country in codes]
    if not page.complete:
        there.sort(key=lambda one: (-listed[one], one))
        least = listed[there[LARGEST - 1]] if len(there) >= LARGEST else 0
        there = [one for one in there if listed[one] >= least]
    return _rows(side, [known[one] for one in there], works, complete=works.complete)


def _rows(
    side: str, members: Sequence[Member], works: _Works, *, complete: bool
) -> list[dict[str, Any]]:
    fine = [one for one in members if ID_PATTERN.fullmatch(one.id)]
    counts = works.count([one.id for one in fine])
    return [
        dict(
            zip(
                profile.INSTITUTION_COLUMNS,
                (side, one.id, one.name, one.country, *counts[one.id]),
                strict=True,
            ),
            **{profile.LIST_COMPLETE: complete},
        )
        for one in fine
        if counts[one.id][0]
    ]
