"""
From answers to tables: pure functions, frame to frame.

Every builder looks its questions up among the answers and returns the frame that
``schema.TABLES`` describes: its columns in order, rows sorted by the keys, zeros kept, units in
``frame.attrs["units"]``. All raise :class:`~bibliometrics.errors.TableError` when an answer is
missing or malformed, or when a part has more works than the whole of its share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from bibliometrics import question as asked
from bibliometrics.checks import check_answers as check_answers  # `tables.check_answers`
from bibliometrics.counts import (
    Answers,
    count_by_band,
    count_by_country,
    count_by_field,
    count_by_year,
    count_in_parts,
    find_answer,
    member_codes,
    require_within,
    spread,
)
from bibliometrics.errors import InputError, TableError
from bibliometrics.indicators import activity_index, affinity_index, share
from bibliometrics.schema import TABLES, Column, Table, Value, read_table
from bibliometrics.study import Study, field_names


def build_region_output(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``region_output``: works of the region and of the world, one row a year.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.DataFrame
        Every year of the study.

    Raises
    ------
    TableError
        If an answer is missing or malformed, or the region exceeds the world.
    """
    table = "region_output"
    region = count_by_year(study, answers, table, asked.region_by_year(study))
    world = count_by_year(study, answers, table, asked.world_by_year(study))
    world_any = count_by_year(study, answers, table, asked.world_any_by_year(study))
    require_within(table, region, world, ("the region", "the world"))
    return _finish(
        table,
        year=region.index,
        n_works_region=region,
        n_works_world=world,
        share_of_world=share(region, world),
        n_works_world_any=world_any,
    )


def build_country_output(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``country_output``: works of the region's members, one row a year and member.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.DataFrame
        Every year of the study with every member.

    Raises
    ------
    TableError
        If an answer is missing or malformed, or a member exceeds the region.
    """
    table, codes = "country_output", member_codes(study)
    members = count_by_country(study, answers, table, asked.region_by_country(study), codes)
    region = count_by_year(study, answers, table, asked.region_by_year(study))
    whole = spread(region, members)
    require_within(table, members, whole, ("the member", "the region"))
    return _finish(table, **_keys(members), n_works=members, share_of_region=share(members, whole))


def build_region_partners(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``region_partners``: works of the region with countries outside it.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.DataFrame
        Every year of the study with every country outside the region that has a work with the
        region in any year of the study.

    Raises
    ------
    TableError
        If an answer is missing or malformed, or works of both exceed those of either partner.
    """
    table, together = "region_partners", asked.region_by_country(study)
    seen = set(find_answer(answers, table, together)["country_code"])
    codes = seen - set(member_codes(study))
    pairs = count_by_country(study, answers, table, together, codes)
    partner = count_by_country(study, answers, table, asked.world_by_country(study), codes)
    region = spread(count_by_year(study, answers, table, asked.region_by_year(study)), pairs)
    world = spread(count_by_year(study, answers, table, asked.world_by_year(study)), pairs)
    require_within(table, pairs, region, ("region and partner", "the region"))
    require_within(table, pairs, partner, ("region and partner", "the partner"))
    require_within(table, partner, world, ("the partner", "the world"))
    require_within(table, region, world, ("the region", "the world"))
    return _finish(
        table,
        **_keys(pairs),
        n_works=pairs,
        share_of_region=share(pairs, region),
        affinity=affinity_index(pairs, region, partner, world),
    )


def build_institution_region(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``institution_region``: works of institution and region, one row a year.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.DataFrame
        Every year of the study. ``share_of_home`` is empty where institutes abroad bring the
        institution above its home country.

    Raises
    ------
    TableError
        If an answer is missing or malformed.
    """
    table = "institution_region"
    institution = count_by_year(study, answers, table, asked.institution_region_by_year(study))
    home = count_by_year(study, answers, table, asked.home_region_by_year(study))
    return _finish(
        table,
        year=institution.index,
        n_works_institution_region=institution,
        n_works_home_region=home,
        share_of_home=share(institution.where(institution <= home), home),
    )


def build_institution_partners(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``institution_partners``: works of the institution with each member of the region.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.DataFrame
        Every year of the study with every member.

    Raises
    ------
    TableError
        If an answer is missing or malformed, or a member exceeds the region.
    """
    table, listed = "institution_partners", asked.institution_region_by_country(study)
    members = count_by_country(study, answers, table, listed, member_codes(study))
    region = count_by_year(study, answers, table, asked.institution_region_by_year(study))
    whole = spread(region, members)
    require_within(table, members, whole, ("institution and member", "institution and region"))
    return _finish(
        table,
        **_keys(members),
        n_works=members,
        share_of_institution_region=share(members, whole),
    )


def build_fields(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``fields``: works per field, years pooled, one row an area and field.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.DataFrame
        Every member of the region, ``region`` and ``world`` with every field. The activity index
        is over works with a topic: an area's whole is the sum over its fields.

    Raises
    ------
    TableError
        If an answer is missing or malformed, or an area exceeds the world in a field.
    """
    works = count_by_field(study, answers)
    top = count_by_field(study, answers, top_percent=1)
    world = spread(works.xs("world"), works)
    require_within("fields", works, world, ("the area", "the world"))
    whole = works.groupby(level="country_code").transform("sum")
    numbers, names = works.index.get_level_values("field_id"), field_names()
    return _finish(
        "fields",
        country_code=works.index.get_level_values("country_code"),
        field_id=numbers,
        field=[names[number] for number in numbers],
        n_works=works,
        n_top_1_percent=top,
        activity_index=activity_index(works, whole, world, works.xs("world").sum()),
    )


def build_team_size(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``team_size``: works of institution and region, one row a year and author-count band.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.DataFrame
        Every year of the study with every band; ``authors_to`` is missing in the last.

    Raises
    ------
    TableError
        If an answer is missing or malformed.
    """
    works = count_by_band(study, answers)
    firsts, last_of = works.index.get_level_values("authors_from"), dict(asked.TEAM_BANDS)
    return _finish(
        "team_size",
        year=works.index.get_level_values("year"),
        authors_from=firsts,
        authors_to=[last_of[first] for first in firsts],
        n_works_institution_region=works,
    )


def build_fractional(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``fractional``: whole and fractional counts of works of institution and region.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers at hand.

    Returns
    -------
    pandas.DataFrame
        Every year of the study with every member of the region.

    Raises
    ------
    TableError
        If the answer is missing or malformed, or holds works of no country.
    """
    sums = count_in_parts(study, answers)
    return _finish(
        "fractional",
        **_keys(sums),
        n_works=sums["n_works"],
        n_works_fractional=sums["n_works_fractional"],
    )


BUILDERS: Final[Mapping[str, tuple[Callable[[Study, Answers], pd.DataFrame], ...]]] = {
    "figures": (
        build_region_output,
        build_country_output,
        build_region_partners,
        build_institution_region,
        build_institution_partners,
    ),
    "fields": (build_fields,),
    "team_size": (build_team_size,),
    "fractional": (build_fractional,),
}


def build_tables(
    study: Study, answers: Answers, parts: Iterable[str] = asked.DEFAULT_PARTS
) -> dict[str, pd.DataFrame]:
    """
    Build the tables of a study.

    Parameters
    ----------
    study : Study
        The study.
    answers : mapping of Question to pandas.DataFrame
        The answers to every question of ``build_plan(study, parts)``.
    parts : iterable of str
        Which tables: ``figures`` (the five figures), ``fields``, ``team_size``, ``fractional``.

    Returns
    -------
    dict of str to pandas.DataFrame
        Each table by its name.

    Raises
    ------
    InputError
        If a part is unknown.
    TableError
        If an answer is missing or malformed, or answers contradict each other.
    """
    chosen = tuple(parts)
    unknown = [part for part in chosen if part not in BUILDERS]
    if unknown:
        msg = f"unknown part {', '.join(unknown)}."
        raise InputError(msg, f"known parts: {', '.join(BUILDERS)}")
    check_answers(study, answers)
    frames = [build(study, answers) for part in chosen for build in BUILDERS[part]]
    return {str(frame.attrs["table"]): frame for frame in frames}


def frame_from_rows(rows: Iterable[Mapping[str, object]], table: Table) -> pd.DataFrame:
    """
    Turn rows of a table into a frame.

    Parameters
    ----------
    rows : iterable of mapping
        One mapping a row, with every column of the table; None is an empty cell.
    table : Table
        The table's contract.

    Returns
    -------
    pandas.DataFrame
        Columns in the table's order: int64 (Int64 where a cell may be empty), float64, str, bool.
        ``attrs`` has the ``table``'s name and the ``units`` of its columns.

    Raises
    ------
    TableError
        If a row lacks a column, or a value is of another type.
    """
    listed = list(rows)
    try:
        return _frame(table, {name: [row[name] for row in listed] for name in table.names})
    except KeyError as error:
        msg = f"table {table.name}: a row lacks the column {error}."
        raise TableError(msg) from error


def to_rows(frame: pd.DataFrame) -> list[dict[str, Value]]:
    """
    Turn a frame into rows of plain values, as ``schema.render_table`` takes them.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table.

    Returns
    -------
    list of dict
        One dict a row; missing values are None.
    """
    columns: dict[str, list[Any]] = {
        str(name): [None if pd.isna(value) else value for value in frame[name].tolist()]
        for name in frame.columns
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def read_table_frame(path: Path, table: Table) -> pd.DataFrame:
    """
    Read a table from its CSV file as a frame.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    table : Table
        The table's contract.

    Returns
    -------
    pandas.DataFrame
        As :func:`frame_from_rows` gives it; the text ``NA`` is Namibia, not a missing value.

    Raises
    ------
    TableError
        If the file is missing, or breaks the table's contract.
    """
    return frame_from_rows(read_table(table, path), table)


def _keys(counts: pd.Series[Any] | pd.DataFrame) -> dict[str, pd.Index[Any]]:
    """Return the key columns of counts by year and country."""
    return {name: counts.index.get_level_values(name) for name in ("year", "country_code")}


def _finish(table_name: str, **columns: Iterable[object]) -> pd.DataFrame:
    """Return a table's frame from its columns, rows sorted by the keys."""
    table = TABLES[table_name]
    frame = _frame(table, columns)
    return frame.sort_values(list(table.keys), ignore_index=True)


def _frame(table: Table, columns: Mapping[str, Iterable[object]]) -> pd.DataFrame:
    """Return a frame with a table's columns, types and units."""
    frame = pd.DataFrame({each.name: _typed(columns[each.name], each) for each in table.columns})
    frame.attrs["table"] = table.name
    frame.attrs["units"] = {each.name: each.unit for each in table.columns}
    return frame


def _typed(values: Iterable[object], column: Column) -> pd.Series[Any]:
    """Return values with a column's type; raise TableError when they are of another."""
    kinds = {"int": "int64", "float": "float64", "str": "str", "bool": "boolean"}
    optional = {"int": "Int64"}
    kind = (optional if column.optional else {}).get(column.type, kinds[column.type])
    try:
        return pd.Series(list(values), dtype=kind)
    except (TypeError, ValueError) as error:
        msg = f"column {column.name!r} must hold {column.type}: {error}."
        raise TableError(msg) from error
