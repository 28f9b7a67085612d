"""
A figure is one registered thing: its id, its tables, its title, its drawing and its words.

A module of figures registers them; builds, page and data dictionary find them in
:data:`ENTRIES`, in the order of registration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import pandas as pd
from matplotlib.figure import Figure

from bibliometrics.claims.ledger import Claim
from bibliometrics.claims.rules import Test
from bibliometrics.claims.witnesses import Rows, witness_definitions
from bibliometrics.errors import InputError
from bibliometrics.figures.data import (
    CONTRADICTORY,
    Evidence,
    Source,
    Stated,
    check_kinds,
    say_stated,
)
from bibliometrics.study.model import Study
from bibliometrics.tables.schema import TABLES

Drawn: TypeAlias = tuple[Figure, str]


@dataclass(frozen=True, eq=False)
class Shown:
    """
    What one figure is drawn from and told of.

    ``own`` are our counts, ``others`` published figures, ``stated`` the paper's values; ``parts``
    the same of other figures that it is made of; ``title`` stands above it.
    """

    study: Study
    own: Sequence[Evidence] = ()
    others: Sequence[Evidence] = ()
    stated: Sequence[Stated] = ()
    title: str = ""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    parts: Mapping[str, Shown] = field(default_factory=dict)
    source: Source | None = None

    def __post_init__(self) -> None:
        """Check that synthetic data stand alone."""
        check_kinds(self.evidence, self.stated)

    @property
    def evidence(self) -> list[Evidence]:
        """Ours first, then what others published."""
        return [*self.own, *self.others]

    @property
    def is_synthetic(self) -> bool:
        """Whether our counts are invented."""
        sources = [self.source, *(item.source for item in self.own)]
        return any(source is not None and source.is_synthetic for source in sources)


def when_real(shown: Shown) -> bool:
    """Say whether there is something to draw; of a synthetic build, counts."""
    return bool(shown.own) or bool(not shown.is_synthetic and (shown.others or shown.stated))


def when_counted(shown: Shown) -> bool:
    """Say whether there are counts of our own."""
    return bool(shown.own)


def _nothing(*_: object) -> list[Evidence]:
    return []


def _no_marks(*_: object) -> list[Stated]:
    return []


@dataclass(frozen=True)
class Entry:
    """
    One figure. ``table`` is what it shows of ours, ``needs`` what else must be counted.

    ``others`` gives what others published of it, ``marks`` what a claim states in it, ``when``
    says from what there is whether it is drawn; ``parts`` are ids of the figures it is made of.
    """

    id: str
    table: str
    title: Callable[[Study], str]
    draw: Callable[[Shown], Figure]
    describe: Callable[[Shown], str]
    others: Callable[[Rows, Study], list[Evidence]] = _nothing
    marks: Callable[[Test, Study], list[Stated]] = _no_marks
    when: Callable[[Shown], bool] = when_real
    parts: tuple[str, ...] = ()


ENTRIES: dict[str, Entry] = {}


def register(*entries: Entry) -> None:
    """Add figures to the catalogue; an id is taken once."""
    for entry in entries:
        if entry.id in ENTRIES:
            msg = f"there are two figures {entry.id!r}."
            raise InputError(msg, "give each figure an id of its own")
        ENTRIES[entry.id] = entry


@dataclass(frozen=True, eq=False)
class Inputs:
    """All that the figures of one build are drawn from."""

    study: Study
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    published: Rows = ()
    stated: Mapping[str, Sequence[Stated]] = field(default_factory=dict)
    source: Source | None = None
    warnings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that counts have a source, and that synthetic ones stand alone."""
        if self.tables and self.source is None:
            message = f"the tables {', '.join(sorted(self.tables))} come without a source."
            raise InputError(message, "give the source of the counts")
        others = [item for entry in ENTRIES.values() for item in self._others(entry)]
        counted = [Evidence(pd.DataFrame(), self.source)] if self.source else []
        check_kinds([*others, *counted], [mark for marks in self.stated.values() for mark in marks])

    @cached_property
    def _found(self) -> dict[str, list[Evidence]]:
        return {}

    def _others(self, entry: Entry) -> list[Evidence]:
        if entry.id not in self._found:
            self._found[entry.id] = (
                entry.others(self.published, self.study) if self.published else []
            )
        return self._found[entry.id]

    def own(self, table: str) -> list[Evidence]:
        """Return our table as evidence; empty if it was not counted."""
        if table not in self.tables or self.source is None:
            return []
        source = replace(self.source, warning=self.warnings.get(table, ""))
        return [Evidence(self.tables[table], source)]

    def of(self, name: str) -> Shown:
        """Return what a figure is drawn from."""
        entry = ENTRIES[name]
        return Shown(
            self.study,
            self.own(entry.table),
            self._others(entry),
            tuple(self.stated.get(name, ())),
            entry.title(self.study),
            self.tables,
            {part: self.of(part) for part in entry.parts},
            self.source,
        )


def list_entries() -> list[Entry]:
    """Return the figures in the order of their tables."""
    tables = ["", *TABLES]
    place = {name: number for number, name in enumerate(tables)}
    return sorted(ENTRIES.values(), key=lambda entry: place.get(entry.table, len(place)))


def needs_full_pull(name: str) -> bool:
    """Say whether a figure needs more than the default pull."""
    table = TABLES.get(ENTRIES[name].table)
    return table is not None and table.needs == "full pull"


def present(inputs: Inputs) -> list[str]:
    """Return the ids of the figures that there is something for."""
    return [entry.id for entry in list_entries() if entry.when(inputs.of(entry.id))]


def draw_figure(inputs: Inputs, name: str) -> Drawn:
    """Draw one figure, and say in words what it shows."""
    entry, shown = ENTRIES[name], inputs.of(name)
    alt = entry.describe(shown)
    warning = inputs.warnings.get(entry.table)
    told = f"{alt} {CONTRADICTORY}: {warning}." if warning else alt
    return entry.draw(shown), told


def draw_figures(inputs: Inputs, names: Iterable[str] = ()) -> dict[str, Drawn]:
    """Draw figures; all that there is something for, unless some are named."""
    return {name: draw_figure(inputs, name) for name in (names or present(inputs))}


def stated_marks(study: Study, claims: Iterable[Claim]) -> dict[str, list[Stated]]:
    """Return what the documents of a study state, as marks for its figures."""
    marks: dict[str, list[Stated]] = {}
    for claim in claims:
        if claim.study != study.id or claim.display == "text":
            continue
        for name, entry in ENTRIES.items():
            found = [mark for test in claim.tests for mark in entry.marks(test, study)]
            if found:
                marks.setdefault(name, []).extend(found)
    return marks


def marks_of(**columns: str) -> Callable[[Test, Study], list[Stated]]:
    """Return what gives the marks of claims on these quantities, each in a column of the table."""

    def marks(test: Test, _: Study) -> list[Stated]:
        if test.quantity not in columns or test.stated is None:
            return []
        column, said = columns[test.quantity], say_stated(test)
        year = test.year or None
        return [Stated(column, test.stated, said, year=year, country_codes=test.members)]

    return marks


def by_witness(frame: pd.DataFrame, quantity: str = "") -> list[Evidence]:
    """Return a frame of published figures as evidence, one for each witness."""
    return [
        Evidence(rows.reset_index(drop=True), witness_source(str(key), quantity))
        for key, rows in frame.groupby("witness")
    ]


def witness_source(key: str, quantity: str = "") -> Source:
    """Return a witness as a source; the counting method is that of its quantity."""
    defined = witness_definitions()
    entry = defined.witnesses[key]
    meanings = [defined.quantities[name].meaning for name in entry.quantities]
    meaning = defined.quantities[quantity].meaning if quantity else " ".join(meanings)
    counting = "whole counting"
    if "added up" in meaning and quantity:
        counting = "pairs of countries added up"
    elif "fractional counting" in meaning:
        counting = "fractional counting"
    sentences = re.split(r"(?<=\.)\s", entry.definition)
    return Source(
        entry.name,
        entry.date,
        " ".join(sentences[:2]),
        counting=counting,
        is_witness=True,
        key=key,
    )
