"""
Questions that one query answers: those that differ in conditions on a work's own values only.

They are sums over the same works, each of those that meet its conditions. A condition on one
country, like ``(("BR",),)``, may differ too: it becomes a column of the query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from bibliometrics.snapshot.expressions import (
    SHARED,
    Relations,
    drop_conditions,
    matching_works,
    own_conditions,
    shared_conditions,
    with_keys,
)
from bibliometrics.study.questions import Question

#: Conditions on a work's own values.
OWN: Final = (*SHARED, "years", "field_id", "subfield_ids", "topic_ids")
MEMBER: Final = "member"


@dataclass(frozen=True)
class Asked:
    """A question of a batch: its conditions on a work's own values, and its one country."""

    own: Question
    member: str


@dataclass(frozen=True)
class Batch:
    """What questions have in common, and what each has of its own."""

    alike: Question
    asked: Mapping[Question, Asked]

    @property
    def own(self) -> list[Question]:
        """The distinct conditions on a work's own values; each is a column of the query."""
        return list(dict.fromkeys(one.own for one in self.asked.values()))

    @property
    def members(self) -> list[str]:
        """The countries that are a column of the query; none if the questions have no such."""
        return sorted({one.member for one in self.asked.values() if one.member})

    def count(self, relations: Relations) -> ir.Table:
        """Return one row for each member and value of the keys, one column for each of ``own``."""
        met = shared_conditions(self.own)
        alike = self.alike.but(**{name: getattr(met, name) for name in (*SHARED, "years")})
        meets = {
            f"meets_{place}": _every(own_conditions(drop_conditions(one, met), relations))
            for place, one in enumerate(self.own)
        }
        works = matching_works(alike, relations).mutate(**meets)
        keys = list(alike.group_by)
        if self.members:
            codes = relations.countries.filter(_.country_code.isin(self.members))
            works = works.inner_join(codes.rename({MEMBER: "country_code"}), "work_id")
            keys = [MEMBER, *keys]
        sums = {f"n_{place}": _.count(where=_[name]) for place, name in enumerate(meets)}
        known = with_keys(works, alike, relations)
        return known.group_by(keys).aggregate(**sums) if keys else known.aggregate(**sums)

    def read(self, found: pd.DataFrame) -> dict[Question, pd.DataFrame]:
        """Return the frame of each question from those rows."""
        places = {one: f"n_{place}" for place, one in enumerate(self.own)}
        of_member = dict(tuple(found.groupby(MEMBER))) if self.members else {"": found}
        nobody = found.head(0)
        keys = list(self.alike.group_by)
        return {
            question: _frame(of_member.get(one.member, nobody), keys, places[one.own])
            for question, one in self.asked.items()
        }


def _every(conditions: list[Any]) -> Any:
    return ibis.and_(*conditions) if conditions else ibis.literal(True)


def _frame(rows: pd.DataFrame, keys: list[str], name: str) -> pd.DataFrame:
    if not keys:
        return pd.DataFrame({"n_works": [int(rows[name].sum())]})
    counted = rows.loc[rows[name] > 0, [*keys, name]]
    return counted.rename(columns={name: "n_works"}).reset_index(drop=True)


def divide_by_place(
    questions: Sequence[Question],
) -> list[tuple[list[str], list[Question]]]:
    """
    Return the questions that ask for works in one of several countries, with all these countries,
    and the others, with none.
    """
    lists = {one: max(one.countries, key=len, default=()) for one in questions}
    inside = [one for one in questions if len(lists[one]) > 1]
    others = [one for one in questions if len(lists[one]) <= 1]
    codes = sorted({code for one in inside for code in lists[one]})
    return [(there, some) for there, some in ((codes, inside), ([], others)) if some]


def list_batches(questions: Iterable[Question], met: Question) -> list[Batch]:
    """Return the batches of some questions whose works are known to meet some conditions."""
    found: dict[tuple[Question, bool], dict[Question, Asked]] = {}
    for question in questions:
        alike, asked = _divide(drop_conditions(question, met))
        found.setdefault((alike, bool(asked.member)), {})[question] = asked
    return [Batch(alike, asked) for (alike, _member), asked in found.items()]


def _divide(question: Question) -> tuple[Question, Asked]:
    """Return what a question may have in common with others, and what it has of its own."""
    own = Question(**{name: getattr(question, name) for name in OWN})
    single = next((codes for codes in question.countries if len(codes) == 1), ("",))
    rest = tuple(codes for codes in question.countries if codes != single)
    plain = {name: getattr(Question(), name) for name in OWN}
    return question.but(countries=rest, **plain), Asked(own, *single)
