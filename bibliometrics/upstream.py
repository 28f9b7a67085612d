"""
Known changes of OpenAlex: ``definitions/upstream_changes.toml``, checked at load.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from bibliometrics.errors import InputError
from bibliometrics.paths import DEFINITIONS
from bibliometrics.study import read_toml

FILE: Final = DEFINITIONS / "upstream_changes.toml"
ASPECTS: Final = ("affiliation", "lineage", "type", "year", "corpus", "n_countries", "authors")
DIRECTIONS: Final = ("up", "down", "either")
ENTRIES: Final = frozenset({"date", "until", "change", "moves", "direction", "source"})


@dataclass(frozen=True)
class UpstreamChange:
    """
    One change of OpenAlex that moves counts of past years.

    ``first`` and ``last`` are the first and last day on which counts may have moved; ``moves``
    names what of a work changed (``ASPECTS``), ``direction`` whether counts rise, fall or either.
    """

    first: date
    last: date
    change: str
    moves: tuple[str, ...]
    direction: str
    source: str

    @property
    def label(self) -> str:
        """Day and change as one text."""
        return f"{self.first.isoformat()} {self.change}"


def load_changes(path: Path = FILE) -> list[UpstreamChange]:
    """
    Read the known changes.

    Parameters
    ----------
    path : pathlib.Path
        The TOML file.

    Returns
    -------
    list of UpstreamChange
        In the order of their dates.

    Raises
    ------
    InputError
        If the file can't be read, or an entry lacks something or is of another form.
    """
    rows = read_toml(path).get("changes", [])
    found = [_read(row, f"{path.name}, change {n}") for n, row in enumerate(rows, start=1)]
    return sorted(found, key=lambda change: (change.first, change.change))


def _read(row: Any, where: str) -> UpstreamChange:
    try:
        change = UpstreamChange(
            first=row["date"],
            last=row.get("until", row["date"]),
            change=row["change"],
            moves=tuple(row["moves"]),
            direction=row["direction"],
            source=row["source"],
        )
        fine = (
            set(row) <= ENTRIES
            and {type(change.first), type(change.last)} == {date}
            and change.first <= change.last
            and set(change.moves) <= set(ASPECTS)
            and change.direction in DIRECTIONS
            and bool(row["change"].strip() and row["source"].strip())
        )
    except (AttributeError, KeyError, TypeError):
        fine = False
    if not fine:
        msg = f"{where} is not of the form expected: {row}."
        step = (
            f"give date (and until), change, moves ({', '.join(ASPECTS)}), direction "
            f"({', '.join(DIRECTIONS)}) and source"
        )
        raise InputError(msg, step)
    return change


def changes_between(
    changes: list[UpstreamChange], first: date, second: date
) -> list[UpstreamChange]:
    """
    Return the changes that a count of the earlier day may lack and one of the later day may have.

    Examples
    --------
    >>> days = date(2026, 7, 1), date(2026, 7, 20)
    >>> [change.first.day for change in changes_between(load_changes(), *days)]
    [14, 18]
    """
    earlier, later = sorted((first, second))
    return [change for change in changes if change.last > earlier and change.first <= later]
