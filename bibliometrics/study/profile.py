"""
What the cooperation profile asks: in what two sides work together, and who with whom.

A theme is data (``definitions/themes.toml``): a list of topics, of subfields or of words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from bibliometrics.errors import InputError
from bibliometrics.files import DEFINITIONS
from bibliometrics.models import read_toml
from bibliometrics.study import questions as asked
from bibliometrics.study.model import Study
from bibliometrics.study.questions import Question

SMALL_TEAM: Final = 100
#: Columns of works, and of those of small teams.
TEAMS: Final = ("n_works", "n_works_small_teams")
#: Columns of a list of institutions that a source gives, and whether a side's list is whole.
INSTITUTION_COLUMNS: Final = ("side", "institution_id", "institution", "country_code", *TEAMS)
LIST_COMPLETE: Final = "list_complete"
#: Institutions one by one: two lists of the largest for each of two sets of works, and records.
LEAST_LISTS: Final = 6
FIELD_AREAS: Final = (
    "institution_region",
    "home_region",
    "institution",
    "home",
    "region",
    "world",
)
THEME_AREAS: Final = ("institution_region", "home_region", "world")
KINDS: Final = ("topics", "subfields", "words")
MOST_VALUES: Final = 100


@dataclass(frozen=True)
class Theme:
    """A theme: its key and name, one of topics, subfields and words, and where the list is from."""

    key: str
    name: str
    source: str
    topics: tuple[str, ...] = ()
    subfields: tuple[int, ...] = ()
    words: tuple[str, ...] = ()

    def within(self, question: Question) -> Question:
        """Return the question about the works of this theme alone."""
        return question.but(topic_ids=self.topics, subfield_ids=self.subfields, words=self.words)


@cache
def read_themes() -> tuple[Theme, ...]:
    """Return the themes, in the order of their keys."""
    told = read_toml(DEFINITIONS / "themes.toml")
    return tuple(_theme(key, told[key]) for key in sorted(told))


def _theme(key: str, told: dict[str, Any]) -> Theme:
    kinds = [kind for kind in KINDS if told.get(kind)]
    if len(kinds) != 1 or len(told[kinds[0]]) > MOST_VALUES:
        msg = f"theme {key!r} must have one of {', '.join(KINDS)}, at most {MOST_VALUES} of it."
        raise InputError(msg, "correct definitions/themes.toml")
    values = told[kinds[0]]
    listed: Any = tuple(map(int, values)) if kinds[0] == "subfields" else tuple(values)
    return Theme(key, told["name"], told["source"], **{kinds[0]: listed})


def in_area(question: Question, study: Study, area: str) -> Question:
    """Return the question about the works of an area out of ``FIELD_AREAS``."""
    if area == "world":
        return question.but(any_country=True)
    if area in {"institution_region", "institution"}:
        question = asked.at_institution(question, study)
    if area in {"home_region", "home"}:
        question = asked.in_home(question, study)
    if area in {"institution_region", "home_region", "region"}:
        question = asked.in_region(question, study)
    return question


def halves(study: Study) -> tuple[tuple[int, int], ...]:
    """
    Return the halves of the study's years: the middle year of an odd number is in the first.

    One year is one half.
    """
    first, last = study.years
    middle = (first + last) // 2
    return ((first, last),) if first == last else ((first, middle), (middle + 1, last))


def institution_by_year(study: Study) -> Question:
    """Works of the institution per year, wherever the others are."""
    return asked.at_institution(asked.base_question(study), study).but(group_by=("year",))


def institution_international_by_year(study: Study) -> Question:
    """Works of the institution per year that have two countries or more."""
    return institution_by_year(study).narrow(international=True)


def area_by_field(study: Study, area: str, years: tuple[int, int]) -> dict[str, Question]:
    """Works of an area per field in some years: all, of small teams, among the top 10 percent."""
    every = in_area(asked.base_question(study), study, area)
    every = every.but(years=years, group_by=("field_id",))
    return {
        "n_works": every,
        "n_works_small_teams": every.narrow(max_authors=SMALL_TEAM),
        "n_top_10_percent": every.but(top_percent=10),
    }


def theme_by_year(study: Study, area: str, theme: Theme) -> Question:
    """Works of an area and theme per year."""
    question = in_area(asked.base_question(study), study, area)
    return theme.within(question).but(group_by=("year",))


def home_region_by_type(study: Study) -> Question:
    """Works of home country and region per year and type of any institution."""
    question = asked.home_region_by_year(study)
    return question.but(group_by=("year", "institution_type"))


def home_region_by_home_type(study: Study) -> Question:
    """Works of home country and region per year and type of an institution at home: of records."""
    return home_region_by_type(study).but(type_countries=study.home)


def home_region_by_country(study: Study) -> Question:
    """Works of home country and region per year and member of the region."""
    codes = study.region_of(study.primary).codes
    question = asked.home_region_by_year(study)
    return question.but(group_by=("year", "country_code"), keep=codes)


def cooperating(study: Study) -> tuple[Question, Question]:
    """Works of institution and region, and of home country and region, years pooled."""
    together, home = asked.institution_region_by_year(study), asked.home_region_by_year(study)
    return together.but(group_by=()), home.but(group_by=())


def member_by_country(study: Study, code: str) -> Question:
    """Works of the world with an author in one country, per country, years pooled."""
    return asked.base_question(study).but(countries=((code,),), group_by=("country_code",))


def _institution_output(study: Study) -> list[Question]:
    return [
        institution_by_year(study),
        institution_international_by_year(study),
        asked.institution_region_by_year(study),
        asked.region_by_year(study),
        asked.world_by_year(study),
    ]


def _cooperation_fields(study: Study) -> list[Question]:
    every = (area_by_field(study, area, half) for area in FIELD_AREAS for half in halves(study))
    return [question for each in every for question in each.values()]


def _cooperation_themes(study: Study) -> list[Question]:
    return [theme_by_year(study, area, theme) for area in THEME_AREAS for theme in read_themes()]


def _home_partners(study: Study) -> list[Question]:
    return [home_region_by_country(study), asked.institution_region_by_country(study)]


def _ties(study: Study) -> list[Question]:
    return [
        *(member_by_country(study, code) for code in study.region_of(study.primary).codes),
        asked.region_by_country(study),
        asked.world_by_country(study),
        asked.world_by_year(study),
    ]


#: What each table of the profile asks.
PROFILE: Final[Mapping[str, Callable[[Study], list[Question]]]] = {
    "institution_output": _institution_output,
    "cooperation_fields": _cooperation_fields,
    "cooperation_themes": _cooperation_themes,
    "institution_types": lambda study: [home_region_by_type(study)],
    "home_partners": _home_partners,
    "ties": _ties,
    "cooperation_institutions": lambda _: [],  # listed by the source itself
}
