"""What claims ask of a source beside the tables: counts of their own, by what is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from bibliometrics.files import DEFINITIONS
from bibliometrics.models import read_toml
from bibliometrics.study import profile
from bibliometrics.study import questions as asked
from bibliometrics.study.model import Study
from bibliometrics.study.questions import Question

#: How many universities of the home country an institution is held against.
UNIVERSITIES: Final = 20
SMALL_TEAM: Final = 100


@cache
def _definitions() -> Mapping[str, Any]:
    return read_toml(DEFINITIONS / "claim_counts.toml")


def _subfields(name: str) -> tuple[int, ...]:
    return tuple(_definitions()["subfields"][name])


def _in_region(study: Study) -> Question:
    return asked.in_region(asked.base_question(study), study)


def claim_questions(study: Study) -> dict[tuple[str, str], Question]:
    """
    Return what claims ask, by what is counted and item; without item where an answer has several.
    """
    region, world = _in_region(study), asked.base_question(study).but(any_country=True)
    top = region.but(top_percent=1)
    physics = top.but(subfield_ids=_subfields("physics"))
    found: dict[tuple[str, str], Question] = {
        ("top_physics", "all"): physics,
        ("top_physics", "over_100"): physics.narrow(min_authors=SMALL_TEAM + 1),
        ("top_all", "all"): top,
        ("top_all", "over_100"): top.narrow(min_authors=SMALL_TEAM + 1),
        ("top_astronomy", ""): top.but(
            subfield_ids=_subfields("astronomy"),
            group_by=("country_code",),
            keep=study.region_of(study.primary).codes,
        ),
        ("institution", study.institution.id): asked.institution_region_by_year(study),
        ("international", "institution_region"): _international(
            asked.institution_region_by_year(study)
        ),
        ("international", "institution"): profile.institution_international_by_year(study),
        ("international", "region"): _international(asked.region_by_year(study)),
        ("international", "world"): _international(asked.world_by_year(study)),
    }
    for area, question in (("region", region), ("world", world)):
        among = question.but(subfield_ids=_subfields("advantages"), group_by=("subfield_id",))
        found[f"subfields_{area}", ""] = among
        found[f"fields_{area}", ""] = asked.works_by_field(study, area)
    return found | _without_parts(study) | _by_half(study) | _centre(study)


def _international(question: Question) -> Question:
    return question.narrow(international=True)


def _without_parts(study: Study) -> dict[tuple[str, str], Question]:
    """Return the institution without any of its named parts; nothing if it has none."""
    parts = ",".join(part for part, _ in study.institution.parts)
    if not parts:
        return {}
    rest = replace(study.primary, institution=f"minus:{parts}")
    question = asked.institution_region_by_year(study, rest)
    return {("institution_without", study.institution.id): question}


def _by_half(study: Study) -> dict[tuple[str, str], Question]:
    """Return international works by country in the first and last floor(n / 2) years."""
    first, last = study.years
    half = (last - first + 1) // 2
    if not half:
        return {}
    every = asked.base_question(study).narrow(international=True).but(group_by=("country_code",))
    return {
        ("international_first", ""): every.but(years=(first, first + half - 1)),
        ("international_second", ""): every.but(years=(last - half + 1, last)),
    }


def _centre(study: Study) -> dict[tuple[str, str], Question]:
    told = _definitions()["centre"]
    if told["of"] != study.institution.id:
        return {}
    question = asked.base_question(study).but(years=tuple(told["years"]))
    by_id = (("authorships.institutions.ror", str(told["ror"])),)
    return {
        ("centre", "identifier"): question.but(filters=by_id),
        ("centre", "name"): question.but(address_words=(str(told["name"]),)),
    }


def university_question(study: Study, university: str) -> Question:
    """Works of another institution and the region, all years together."""
    return _in_region(study).but(lineage=(university,))
