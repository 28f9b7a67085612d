"""
Tables built from answers.

As in :mod:`bibliometrics.tables.build`, each builder looks its questions up among the answers and
returns the frame that ``schema.TABLES`` describes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from bibliometrics.errors import InputError, TableError
from bibliometrics.study import questions as asked
from bibliometrics.study.model import Specification, Study, field_names
from bibliometrics.study.plan import DEFAULT_PARTS, PLAN
from bibliometrics.study.specifications import (
    FRACTIONAL,
    READING,
    Variant,
    list_specifications,
)
from bibliometrics.tables import profile
from bibliometrics.tables.claim_counts import build_claim_counts
from bibliometrics.tables.consistency import (
    Answers,
    check_laws,
    count_by_band,
    count_by_country,
    count_by_field,
    count_by_year,
    count_in_parts,
    find_answer,
    member_codes,
    note_excess,
    spread,
)
from bibliometrics.tables.contradictions import find_contradictions as find_contradictions
from bibliometrics.tables.frames import finish
from bibliometrics.tables.frames import frame_from_rows as frame_from_rows
from bibliometrics.tables.frames import read_table_frame as read_table_frame
from bibliometrics.tables.frames import to_rows as to_rows
from bibliometrics.tables.indicators import activity_index, affinity_index, share


def build_specifications(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``specifications``: works of institution and region, one row a specification and year.

    A lens that the source can't look through (names in addresses, of a snapshot) has no rows.
    """
    parts = []
    readings = asked.readings_by_name(study)
    for one in list_specifications(study):
        if one.family == READING:
            counts = _reading_counts(study, answers, *readings[one.id])
        elif all(question in answers for question in asked.lens_questions(study, one).values()):
            counts = _lens_counts(study, answers, one)
        else:
            continue
        told = {
            "specification": one.id,
            **dict(one.choices),
            "family": one.family,
            "is_primary": one.is_primary,
            "top_country": study.top_country or None,
        }
        names = ("n_works_institution_region", "n_works_home_region", "n_works_top_country")
        parts.append(counts.reindex(columns=names).reset_index().assign(**told))
    whole = pd.concat(parts, ignore_index=True)
    return finish("specifications", **{str(name): whole[name].tolist() for name in whole})


def _reading_counts(
    study: Study,
    answers: Answers,
    specification: Specification,
    questions: Mapping[str, asked.Question],
) -> pd.DataFrame:
    """Return the counts of a reading by year, from what the table ``readings`` asks."""
    wholes = ("n_works_institution_region", "n_works_home_region")
    found = {
        name: count_by_year(study, answers, "specifications", questions[name]) for name in wholes
    }
    if study.top_country in study.region_of(specification).codes:
        question = questions["n_works_institution_country"]
        codes = study.region_of(specification).codes
        members = count_by_country(study, answers, "specifications", question, codes)
        found["n_works_top_country"] = members.xs(study.top_country, level="country_code")
    return pd.DataFrame(found)


def _lens_counts(study: Study, answers: Answers, lens: Variant) -> pd.DataFrame:
    """Return the counts of a lens by year."""
    if lens.id != FRACTIONAL:
        return pd.DataFrame(
            {
                name: count_by_year(study, answers, "specifications", question)
                for name, question in asked.lens_questions(study, lens).items()
            }
        )
    parts = count_in_parts(study, answers)["n_works_fractional"]
    found = {"n_works_institution_region": parts.groupby(level="year").sum()}
    if study.top_country:
        found["n_works_top_country"] = parts.xs(study.top_country, level="country_code")
    return pd.DataFrame(found)


def build_readings(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``readings``: what tests of figures 1, 2, 4 and 5 need under each distinct reading."""
    table, parts = "readings", []
    for name, (specification, questions) in asked.readings_by_name(study).items():
        codes = study.region_of(specification).codes
        for quantity, question in questions.items():
            if quantity.endswith("_country"):
                counts = count_by_country(study, answers, table, question, codes).reset_index()
            else:
                whole = count_by_year(study, answers, table, question)
                counts = whole.rename("n_works").reset_index().assign(country_code=None)
            parts.append(counts.assign(reading=name, quantity=quantity))
    every = pd.concat(parts, ignore_index=True)
    return finish(table, **{str(name): every[name].tolist() for name in every})


def build_region_output(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``region_output``: works of the region and of the world, one row a year."""
    table = "region_output"
    region = count_by_year(study, answers, table, asked.region_by_year(study))
    world = count_by_year(study, answers, table, asked.world_by_year(study))
    world_any = count_by_year(study, answers, table, asked.world_any_by_year(study))
    note_excess(table, region, world, ("the region", "the world"))
    return finish(
        table,
        year=region.index,
        n_works_region=region,
        n_works_world=world,
        share_of_world=_share(region, world),
        n_works_world_any=world_any,
    )


def build_country_output(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``country_output``: works of the region's members, one row a year and member."""
    table, codes = "country_output", member_codes(study)
    members = count_by_country(study, answers, table, asked.region_by_country(study), codes)
    region = count_by_year(study, answers, table, asked.region_by_year(study))
    whole = spread(region, members)
    note_excess(table, members, whole, ("the member", "the region"))
    return finish(table, **_keys(members), n_works=members, share_of_region=_share(members, whole))


def build_region_partners(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``region_partners``: works of the region with countries outside it."""
    table, together = "region_partners", asked.region_by_country(study)
    seen = set(find_answer(answers, table, together)["country_code"])
    codes = seen - set(member_codes(study))
    pairs = count_by_country(study, answers, table, together, codes)
    partner = count_by_country(study, answers, table, asked.world_by_country(study), codes)
    region = spread(count_by_year(study, answers, table, asked.region_by_year(study)), pairs)
    world = spread(count_by_year(study, answers, table, asked.world_by_year(study)), pairs)
    note_excess(table, pairs, region, ("region and partner", "the region"))
    note_excess(table, pairs, partner, ("region and partner", "the partner"))
    note_excess(table, partner, world, ("the partner", "the world"))
    note_excess(table, region, world, ("the region", "the world"))
    return finish(
        table,
        **_keys(pairs),
        n_works=pairs,
        share_of_region=_share(pairs, region),
        affinity=affinity_index(_within(pairs, region, partner), region, partner, world),
    )


def build_institution_region(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``institution_region``: works of institution and region, one row a year."""
    table = "institution_region"
    institution = count_by_year(study, answers, table, asked.institution_region_by_year(study))
    home = count_by_year(study, answers, table, asked.home_region_by_year(study))
    return finish(
        table,
        year=institution.index,
        n_works_institution_region=institution,
        n_works_home_region=home,
        share_of_home=_share(institution.where(institution <= home), home),
    )


def build_institution_partners(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``institution_partners``: works of the institution with each member of the region."""
    table, listed = "institution_partners", asked.institution_region_by_country(study)
    members = count_by_country(study, answers, table, listed, member_codes(study))
    region = count_by_year(study, answers, table, asked.institution_region_by_year(study))
    whole = spread(region, members)
    note_excess(table, members, whole, ("institution and member", "institution and region"))
    return finish(
        table,
        **_keys(members),
        n_works=members,
        share_of_institution_region=_share(members, whole),
    )


def build_fields(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``fields``: works per field, years pooled, one row an area and field."""
    works = count_by_field(study, answers)
    top = count_by_field(study, answers, top_percent=1)
    world = spread(works.xs("world"), works)
    note_excess("fields", works, world, ("the area", "the world"))
    bounded = _within(works, world)
    whole = bounded.groupby(level="country_code").transform("sum")
    numbers, names = works.index.get_level_values("field_id"), field_names()
    return finish(
        "fields",
        country_code=works.index.get_level_values("country_code"),
        field_id=numbers,
        field=[names[number] for number in numbers],
        n_works=works,
        n_top_1_percent=top,
        activity_index=activity_index(bounded, whole, world, works.xs("world").sum()),
    )


def build_team_size(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``team_size``: works of institution and region, by year and author-count band."""
    works = count_by_band(study, answers)
    firsts, last_of = works.index.get_level_values("authors_from"), dict(asked.TEAM_BANDS)
    return finish(
        "team_size",
        year=works.index.get_level_values("year"),
        authors_from=firsts,
        authors_to=[last_of[first] for first in firsts],
        n_works_institution_region=works,
    )


def build_fractional(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``fractional``: whole and fractional counts of works of institution and region."""
    sums = count_in_parts(study, answers)
    return finish(
        "fractional",
        **_keys(sums),
        n_works=sums["n_works"],
        n_works_fractional=sums["n_works_fractional"],
    )


#: How each table is built from the answers to what ``PLAN`` asks for it. ``coverage`` is made from
#: a list of DOIs, ``cooperation_institutions`` from lists of the API.
BUILDERS: Final[dict[str, Callable[[Study, Answers], pd.DataFrame]]] = {
    "region_output": build_region_output,
    "country_output": build_country_output,
    "region_partners": build_region_partners,
    "institution_region": build_institution_region,
    "institution_partners": build_institution_partners,
    "fields": build_fields,
    "team_size": build_team_size,
    "fractional": build_fractional,
    "institution_output": profile.build_institution_output,
    "cooperation_fields": profile.build_cooperation_fields,
    "cooperation_themes": profile.build_cooperation_themes,
    "institution_types": profile.build_institution_types,
    "home_partners": profile.build_home_partners,
    "ties": profile.build_ties,
    "readings": build_readings,
    "specifications": build_specifications,
    "claim_counts": build_claim_counts,
}


def part_of(table: str) -> str:
    """Return the part of the plan that a table of counts is built from."""
    return next(part for part, tables in PLAN.items() if table in tables)


@dataclass(frozen=True)
class Built:
    """Tables by name; notes on their answers; and by name what is wrong with those left out."""

    tables: dict[str, pd.DataFrame]
    notes: list[str]
    left_out: dict[str, TableError]


def build_sound_tables(
    study: Study, answers: Answers, parts: Iterable[str] = DEFAULT_PARTS
) -> Built:
    """Build the tables of a study; one whose answers break a law is left out, and named."""
    chosen = tuple(parts)
    unknown = [part for part in chosen if part not in PLAN]
    if unknown:
        msg = f"unknown part {', '.join(unknown)}."
        raise InputError(msg, f"known parts: {', '.join(PLAN)}")
    notes, broken = check_laws(study, answers)
    tables: dict[str, pd.DataFrame] = {}
    left_out: dict[str, TableError] = {}
    wanted = {name for part in chosen for name in PLAN[part]}
    for name in (name for name in BUILDERS if name in wanted):
        try:
            if name in broken:
                raise broken[name]
            tables[name] = BUILDERS[name](study, answers)
        except TableError as error:
            left_out[name] = error
    return Built(tables, notes, left_out)


def build_tables(
    study: Study, answers: Answers, parts: Iterable[str] = DEFAULT_PARTS
) -> dict[str, pd.DataFrame]:
    """Build all tables of a study; TableError if one has to be left out."""
    built = build_sound_tables(study, answers, parts)
    for error in built.left_out.values():
        raise error
    return built.tables


def _within(part: pd.Series[Any], *wholes: pd.Series[Any]) -> pd.Series[Any]:
    """Return counts, none above its wholes: a part exceeds them only while a live index moves."""
    for whole in wholes:
        part = part.where(part.isna() | (part <= whole), whole)
    return part


def _share(part: pd.Series[Any], whole: pd.Series[Any]) -> Any:
    """Return part / whole, at most 1."""
    return share(_within(part, whole), whole)


def _keys(counts: pd.Series[Any] | pd.DataFrame) -> dict[str, pd.Index[Any]]:
    """Return the key columns of counts by year and country."""
    return {name: counts.index.get_level_values(name) for name in ("year", "country_code")}
