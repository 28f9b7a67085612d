"""
What figures are drawn from: sources, evidence, a paper's stated values; and how values are written.

Knows no drawing library: the alternative texts are made from the same values as the pictures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from bibliometrics.errors import InputError
from bibliometrics.study import Study, country_names

CONTRADICTORY: Final = "Contradictory counts"


@dataclass(frozen=True)
class Source:
    """
    Where numbers come from.

    ``label`` is short and stands beside a line; ``date`` is the day of the pull or publication;
    ``definition`` says in a few words what was counted; ``counting`` names the counting method;
    ``warning`` says why its counts can't all be right.
    """

    label: str
    date: str = ""
    definition: str = ""
    counting: str = "whole counting"
    is_synthetic: bool = False
    is_witness: bool = False
    warning: str = ""


@dataclass(frozen=True, eq=False)
class Evidence:
    """A tidy frame in the columns of its table, and its source. Columns may be missing or NaN."""

    frame: pd.DataFrame
    source: Source


@dataclass(frozen=True)
class Stated:
    """
    A value that the paper states, to be marked in a figure of real data.

    ``column`` is the column of the figure's table that the value speaks of, or ``rank``. Without
    ``year`` it holds for all years. ``country_codes`` and ``field`` narrow it down. ``label``
    replaces the number, for instance ``about half``.
    """

    column: str
    value: float
    label: str = ""
    year: int | None = None
    country_codes: tuple[str, ...] = ()
    field: str = ""


@dataclass(frozen=True)
class Group:
    """Countries drawn as one line, and the line's name."""

    label: str
    codes: tuple[str, ...]


def check_kinds(evidence: Iterable[Evidence], stated: Iterable[Stated] = ()) -> None:
    """
    Check that synthetic data stand alone.

    Raises
    ------
    InputError
        If synthetic data come with a paper's stated values, or with real data in one figure.
    """
    synthetic = [item.source.label for item in evidence if item.source.is_synthetic]
    real = [item.source.label for item in evidence if not item.source.is_synthetic]
    if synthetic and any(True for _ in stated):
        message = f"synthetic data ({', '.join(synthetic)}) can't stand beside a paper's values."
        raise InputError(message, "leave out the stated values")
    if synthetic and real:
        both = f"synthetic data ({', '.join(synthetic)}) and real data ({', '.join(real)})"
        message = f"{both} can't stand in one figure."
        raise InputError(message, "draw them apart")


def format_count(value: float) -> str:
    """
    Return a count with thousands separators.

    Examples
    --------
    >>> [format_count(value) for value in (46000, 0, 12.5)]
    ['46,000', '0', '12.5']
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def format_share(value: float) -> str:
    """
    Return a share as a percentage with one decimal, or two digits where it is below 0.1 %.

    Examples
    --------
    >>> [format_share(share) for share in (0.0534, 0.000123, 0.0)]
    ['5.3 %', '0.012 %', '0.0 %']
    """
    return f"{100 * value:.2g} %" if 0 < value < 0.001 else f"{100 * value:.1f} %"


def counting_label(what: str, sources: Iterable[Source]) -> str:
    """
    Return an axis label with unit and counting method.

    Examples
    --------
    >>> counting_label("works per year", [Source("A"), Source("B", counting="fractional counting")])
    'works per year, whole counting (B: fractional counting)'
    """
    listed = list(sources)
    method = listed[0].counting if listed else "whole counting"
    others = [f"{item.label}: {item.counting}" for item in listed if item.counting != method]
    return f"{what}, {method}" + (f" ({'; '.join(dict.fromkeys(others))})" if others else "")


def note_of(source: Source) -> str:
    """
    Return label, date and definition of a source, with a dot filled or hollow like its markers.

    Examples
    --------
    >>> note_of(Source("OpenAlex", "2026-11-22", "articles and reviews"))
    '● OpenAlex, 2026-11-22: articles and reviews'
    """
    marked = f"{'○' if source.is_witness else '●'} {source.label}"
    dated = f"{marked}, {source.date}" if source.date else marked
    return f"{dated}: {source.definition}" if source.definition else dated


def is_share(column: str) -> bool:
    """Say whether a column holds shares from 0 to 1."""
    return column.startswith("share")


def format_value(value: float, column: str) -> str:
    """Return a count or share of a column as text."""
    return format_share(value) if is_share(column) else format_count(value)


def country_name(code: str) -> str:
    """Return the name of a country, or the code itself where it is no country's."""
    return country_names().get(code, code)


def period(study: Study) -> str:
    """Return the years of a study as text."""
    first, last = study.years
    return str(first) if first == last else f"{first}–{last}"
