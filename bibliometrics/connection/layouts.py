"""
How a count becomes questions, and their answers one tidy frame.

A source groups by some of the keys; every other key is split: one question for each of its values.
The API groups by the year and one key more, so for it several layouts are possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import pandas as pd

from bibliometrics.connection.wishes import BAND_END, Key, Wish
from bibliometrics.study.questions import Question

#: Keys that the API groups by in pairs, with or without the year.
PAIRS: Final = (("country", "n_countries"), ("partner", "n_countries"))
ANYWHERE: Final = "any"

Values = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Layout:
    """Which keys the source groups by, and which are split."""

    grouped: tuple[Key, ...]
    split: tuple[Key, ...]


@dataclass(frozen=True)
class Piece:
    """One question of a layout, and the values of the split keys that it is about."""

    values: tuple[Any, ...]
    question: Question


def api_layouts(wish: Wish) -> list[Layout]:
    """Return every layout that the API can be asked in; the most natural ones first."""
    keys = wish.keys
    year = tuple(key for key in keys if key.name == "year")
    others = tuple(key for key in keys if key.name != "year")
    if not others:
        return [Layout(keys, ())]
    singles = [(key,) for key in others if key.group]
    pairs = [tuple(key for key in others if key.name in pair) for pair in PAIRS]
    found = [
        Layout((*year, *chosen), tuple(key for key in others if key not in chosen))
        for chosen in [*singles, *(pair for pair in pairs if len(pair) == 2)]
    ]
    return [*found, Layout(year, others)]


def free_layout(wish: Wish) -> Layout:
    """Return the layout for a source that groups by all keys at once."""
    named = {key.name for key in wish.keys}
    split = tuple(key for key in wish.keys if key.name == "country" and "partner" in named)
    return Layout(tuple(key for key in wish.keys if key not in split), split)


def open_splits(wish: Wish, layout: Layout) -> tuple[Key, ...]:
    """Return the split keys of which only an answer tells the values."""
    return tuple(key for key in layout.split if key.closed(wish) is None or not key.exhaustive)


def question_for(wish: Wish, key: Key) -> Question:
    """Return the question that tells which values of a key occur."""
    return wish.question.but(group_by=(key.group,))


def lay_out(wish: Wish, layout: Layout, known: Values) -> list[Piece]:
    """Return the questions of a layout; none for what can't have works."""
    names = tuple(key.group or "n_authors" for key in layout.grouped)
    listed = any(key.name == "country" for key in layout.grouped) and wish.region
    keep = wish.region.codes if listed and wish.region else ()
    base = wish.question.but(group_by=names, keep=keep)
    values = [known.get(key.name) or key.closed(wish) or key.assumed(wish) for key in layout.split]
    pieces = []
    for chosen in product(*values):
        question: Question | None = base
        for key, value in zip(layout.split, chosen, strict=True):
            question = question and key.restrict(question, value)
        if question is not None and not question.is_empty:
            pieces.append(Piece(chosen, question))
    return pieces


def values_in(wish: Wish, key: Key, frame: pd.DataFrame) -> tuple[Any, ...]:
    """Return the values of an open key that occur in an answer."""
    found = frame.loc[frame["n_works"] > 0, key.group]
    return tuple(sorted(set(_outside(wish, key, found).tolist())))


def _outside(wish: Wish, key: Key, found: pd.Series[Any]) -> pd.Series[Any]:
    """Leave out what is no value of a key: for partners, the region's members."""
    if key.name != "partner" or wish.region is None:
        return found
    return found[~found.isin(wish.region.codes)]


def gather(
    wish: Wish, layout: Layout, pieces: Sequence[Piece], answers: Mapping[Question, pd.DataFrame]
) -> pd.DataFrame:
    """Return the cells of a count: a column for each key, by its name, and ``n_works``."""
    names = [key.name for key in wish.keys]
    parts = [_cells(wish, layout, piece, answers[piece.question]) for piece in pieces]
    cells = pd.concat(parts or [_no_cells(wish)], ignore_index=True)
    if not names:
        return cells[["n_works"]] if len(cells) else pd.DataFrame({"n_works": [0]})
    return _fill(wish, cells[cells["n_works"] > 0].set_index(names)["n_works"]).reset_index()


def _no_cells(wish: Wish) -> pd.DataFrame:
    names = [key.name for key in wish.keys]
    return pd.DataFrame({name: pd.Series(dtype="object") for name in [*names, "n_works"]})


def _cells(wish: Wish, layout: Layout, piece: Piece, answer: pd.DataFrame) -> pd.DataFrame:
    """Return an answer with a column for each key."""
    names = {key.group or "n_authors": key.name for key in layout.grouped}
    frame = answer.rename(columns=names)
    for key in layout.grouped:
        frame = frame.loc[_outside(wish, key, frame[key.name]).index]
        if key.name == "team_size":
            frame = _in_bands(frame)
    return frame.assign(
        **{key.name: value for key, value in zip(layout.split, piece.values, strict=True)}
    )


def _in_bands(frame: pd.DataFrame) -> pd.DataFrame:
    """Return counts by number of authors as counts by the first number of each band."""
    starts = sorted(BAND_END)
    known = frame[frame["team_size"] >= starts[0]]
    bands = [max(start for start in starts if start <= n) for n in known["team_size"]]
    keys = [name for name in frame.columns if name != "n_works"]
    return known.assign(team_size=bands).groupby(keys)["n_works"].sum().reset_index()


def _fill(wish: Wish, cells: pd.Series[Any]) -> pd.Series[Any]:
    """Return the cells with zero rows: closed keys in full, one open key as its values occur."""
    closed = {key.name: key.closed(wish) for key in wish.keys}
    free = [name for name, values in closed.items() if values is None]
    if len(free) > 1:
        return cells.sort_index()
    values = [
        sorted({*(known or ()), *cells.index.get_level_values(name)})
        for name, known in closed.items()
    ]
    if len(closed) == 1:
        return cells.reindex(pd.Index(values[0], name=next(iter(closed))), fill_value=0)
    return cells.reindex(pd.MultiIndex.from_product(values, names=list(closed)), fill_value=0)


def finish(wish: Wish, cells: pd.DataFrame, source: str, named: Mapping[str, str]) -> pd.DataFrame:
    """Return the frame of a count: names beside codes, institution, region and source."""
    columns: dict[str, Any] = {
        "institution": wish.institution.name if wish.institution else ANYWHERE,
        "region": wish.region.name if wish.region else ANYWHERE,
    }
    for key in wish.keys:
        names = column_names(key, wish.keys)
        listed = cells[key.name].tolist()
        gaps = len(names) - 1
        rows = [
            (value, *(key.told(value) or [named.get(str(value), "")] * gaps)) for value in listed
        ]
        told = zip(*rows, strict=True) if rows else ((),) * len(names)
        columns |= dict(zip(names, map(list, told), strict=True))
    columns |= {"n_works": cells["n_works"].tolist(), "source": source}
    frame = pd.DataFrame(columns, index=range(len(cells)))
    return frame.astype({name: kind_of(name) for name in frame.columns})


def column_names(key: Key, keys: Iterable[Key]) -> tuple[str, ...]:
    """Return the columns of a key: partners alone are countries."""
    if key.name == "partner" and all(one.name != "country" for one in keys):
        return ("country_code", "country")
    return key.columns


def kind_of(column: str) -> str:
    """Return the type of a column."""
    if column == "authors_to":
        return "Int64"
    numbers = {"year", "field_id", "subfield_id", "authors_from", "n_countries", "n_works"}
    return "int64" if column in numbers else "str"
