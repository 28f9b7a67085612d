"""
The tables of the cooperation profile: in what two sides work together, and who with whom.

Each builder looks its questions up among the answers, checks the laws that its counts obey, and
returns the frame that ``schema.TABLES`` describes.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd

from bibliometrics.study import profile
from bibliometrics.study import questions as asked
from bibliometrics.study.conditions import INSTITUTION_TYPES
from bibliometrics.study.model import Study, field_names
from bibliometrics.tables.consistency import (
    Answers,
    Counts,
    count_by_country,
    count_by_year,
    find_answer,
    member_codes,
    note_excess,
)
from bibliometrics.tables.frames import finish

PARTNERS: Final = 30


def _ratio(part: Any, whole: Any) -> Any:
    """Return part / whole, empty where the whole is 0 or the part exceeds it."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    fine = (whole > 0) & (part <= whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=fine)


def _index(n_ij: Any, n_i: Any, n_j: Any, total: Any) -> Any:
    """Return n_ij N / (n_i n_j), empty where nothing is expected or a part exceeds its whole."""
    n_ij, n_i, n_j, total = (np.asarray(each, dtype=float) for each in (n_ij, n_i, n_j, total))
    fine = (n_i > 0) & (n_j > 0) & (n_ij <= np.minimum(n_i, n_j)) & (np.maximum(n_i, n_j) <= total)
    return np.divide(n_ij * total, n_i * n_j, out=np.full(n_ij.shape, np.nan), where=fine)


def build_institution_output(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``institution_output``: works of the institution, with whom it may be."""
    table = "institution_output"
    every, international, together, region, world = (
        count_by_year(study, answers, table, question)
        for question in (
            profile.institution_by_year(study),
            profile.institution_international_by_year(study),
            asked.institution_region_by_year(study),
            asked.region_by_year(study),
            asked.world_by_year(study),
        )
    )
    note_excess(table, international, every, ("international", "the institution"))
    note_excess(table, together, every, ("institution and region", "the institution"))
    return finish(
        table,
        year=every.index,
        n_works_institution=every,
        n_works_institution_international=international,
        n_works_institution_region=together,
        share_of_international=_ratio(together, international),
        affinity=_index(together, every, region, world),
    )


def build_cooperation_fields(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``cooperation_fields``: works of each area by field and half of the years."""
    table, names = "cooperation_fields", field_names()
    fields = pd.Index(sorted(names), name="field_id")
    found = {}
    for area, half in product(profile.FIELD_AREAS, profile.halves(study)):
        counts = {
            column: find_answer(answers, table, question).set_index("field_id")["n_works"]
            for column, question in profile.area_by_field(study, area, half).items()
        }
        part = pd.DataFrame(counts).reindex(fields, fill_value=0).fillna(0).astype("int64")
        for column in ("n_works_small_teams", "n_top_10_percent"):
            note_excess(table, part[column], part["n_works"], (column, f"all works, {area}"))
        found[(area, *half)] = part
    whole = pd.concat(found, names=["area", "year_from", "year_to"])
    keys = {name: whole.index.get_level_values(name) for name in map(str, whole.index.names)}
    in_half = whole.groupby(level=["area", "year_from"])["n_works"].transform("sum")
    share = _ratio(whole["n_works"], in_half)
    world = pd.Series(share, whole.index).xs("world").droplevel("year_to")
    cells = pd.MultiIndex.from_arrays([keys["year_from"], keys["field_id"]])
    of_world = world.reindex(cells).to_numpy()
    known = (of_world > 0) & ~np.isnan(share)
    index = np.divide(share, of_world, out=np.full(share.shape, np.nan), where=known)
    return finish(
        table,
        **keys,
        field=[names[number] for number in keys["field_id"]],
        **{str(name): whole[name] for name in whole},
        share_of_area=share,
        activity_index=index,
    )


def build_cooperation_themes(study: Study, answers: Answers) -> pd.DataFrame:
    """
    Build ``cooperation_themes``: works of each area by theme and year.

    A theme of words has rows only where its question was answered: a snapshot holds no texts.
    """
    table = "cooperation_themes"
    found: dict[tuple[str, str], Counts] = {}
    for area, theme in product(profile.THEME_AREAS, profile.read_themes()):
        question = profile.theme_by_year(study, area, theme)
        if not theme.words or question in answers:
            found[area, theme.key] = count_by_year(study, answers, table, question)
    works = pd.concat(found, names=["area", "theme"])
    world = works.xs("world")
    for area in ("institution_region", "home_region"):
        note_excess(table, works.xs(area), world, (area, "the world"))
    keys = {name: works.index.get_level_values(name) for name in map(str, works.index.names)}
    return finish(table, **keys, n_works=works)


def build_institution_types(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``institution_types``: works of home and region by type of any institution on them."""
    table = "institution_types"
    every, home = profile.home_region_by_type(study), profile.home_region_by_home_type(study)
    frames = {
        one: find_answer(answers, table, one).set_index(["year", "institution_type"])["n_works"]
        for one in (every, home)
        if one is every or one in answers  # only records tell types at home
    }
    types = sorted({*INSTITUTION_TYPES, *frames[every].index.get_level_values(1)})
    index = pd.MultiIndex.from_product([study.year_range, types], names=["year", "type"])
    works, *at_home = (
        counts.rename_axis(index.names).reindex(index, fill_value=0).astype("int64")
        for counts in frames.values()
    )
    for counts in at_home:
        note_excess(table, counts, works, ("types at home", "types of any country"))
    return finish(
        table,
        year=index.get_level_values("year"),
        type=index.get_level_values("type"),
        n_works=works,
        n_works_home=at_home[0] if at_home else [None] * len(works),
    )


def build_home_partners(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``home_partners``: works of home and region by member, beside the institution's."""
    table, codes = "home_partners", member_codes(study)
    home, institution = (
        count_by_country(study, answers, table, question, codes)
        for question in (
            profile.home_region_by_country(study),
            asked.institution_region_by_country(study),
        )
    )
    return finish(
        table,
        year=home.index.get_level_values("year"),
        country_code=home.index.get_level_values("country_code"),
        n_works_home=home,
        n_works_institution=institution,
        share_of_home=_ratio(institution, home),
    )


def _largest_partners(study: Study, answers: Answers) -> list[str]:
    """Return the countries outside the region with most works with it, ties by code."""
    frame = find_answer(answers, "ties", asked.region_by_country(study))
    counts = frame.groupby("country_code")["n_works"].sum()
    counts = counts.drop(list(member_codes(study)), errors="ignore")
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return [str(code) for code, _ in ordered[:PARTNERS]]


def build_ties(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``ties``: works of the world that have both countries of a pair, years pooled."""
    table, codes = "ties", sorted(member_codes(study))
    pairs = [(one, other) for one, other in product(codes, codes) if one < other]
    pairs += list(product(codes, _largest_partners(study, answers)))
    together = {
        code: find_answer(answers, table, profile.member_by_country(study, code)).set_index(
            "country_code"
        )["n_works"]
        for code in codes
    }
    every = find_answer(answers, table, asked.world_by_country(study))
    of_country = every.groupby("country_code")["n_works"].sum()
    total = int(find_answer(answers, table, asked.world_by_year(study))["n_works"].sum())
    works = pd.Series([int(together[one].get(other, 0)) for one, other in pairs], dtype="int64")
    ends = [
        pd.Series([int(of_country.get(pair[place], 0)) for pair in pairs], dtype="int64")
        for place in (0, 1)
    ]
    for end in ends:
        note_excess(table, works, end, ("both countries", "one of them"))
    n_i, n_j = ends
    geometric = np.sqrt(n_i.to_numpy(dtype=float) * n_j.to_numpy(dtype=float))
    return finish(
        table,
        country_code=[one for one, _ in pairs],
        partner_code=[other for _, other in pairs],
        n_works=works,
        affinity=_index(works, n_i, n_j, [total] * len(pairs)),
        salton=_ratio(works, geometric),
    )


def build_cooperation_institutions(_: Study, found: pd.DataFrame) -> pd.DataFrame:
    """Build ``cooperation_institutions`` of what the source has listed."""
    return finish("cooperation_institutions", **{str(name): found[name] for name in found})
