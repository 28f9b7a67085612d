"""
What is asked: a :class:`Question` is one countable question about works.

It knows nothing of HTTP, SQL or files. Every source gives the same frame for the same question.

**The frame of a question** has one column for each key in ``group_by``, in that order, then
``n_works`` (int64, works, whole counting, always above 0); rows ascend by the keys; groups
without works are absent, and so are works whose key is unknown (no year, no country, no field).
Without ``group_by`` it has one row and the column ``n_works``, which may be 0. Key columns are
int64, but those of ``TEXT_KEYS`` are text. A work counts once in every distinct value
that it has: once per year, once per distinct country however many authors it has there.
Institutions are the frame's exact ids (``I`` and two digits or more; the defect id ``I-1`` is none)
at any level, of any country; the API lists the 200 largest, and ``frame.attrs["complete"]`` says
whether these are all.

**Conditions.** A work must meet all of them. A country or institution condition is met by *some*
authorship; two conditions may be met by one author with two affiliations. A work whose value is
null meets no condition on that value, so ``retracted=False`` leaves out works with no flag.
Fields, subfields and topics are those of the primary topic. Conditions on words and on other
filters (``API_ONLY``) only the API can answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Final

from bibliometrics.errors import InputError
from bibliometrics.study.conditions import check_conditions
from bibliometrics.study.model import Specification, Study, check_institution_rule
from bibliometrics.study.specifications import FRACTIONAL, Variant, list_readings

GROUP_KEYS: Final = (
    "year",
    "country_code",
    "field_id",
    "subfield_id",
    "topic_id",
    "type",
    "n_authors",
    "n_countries",
    "institution_id",
    "institution_type",
)
TEXT_KEYS: Final = ("country_code", "type", "topic_id", "institution_id", "institution_type")
API_ONLY: Final = ("words", "address_words", "filters")
#: What only records can tell: the API sees type and country of institutions apart.
RECORDS_ONLY: Final = ("type_countries",)
TEAM_BANDS: Final = (
    (1, 1),
    (2, 5),
    (6, 10),
    (11, 30),
    (31, 100),
    (101, 1000),
    (1001, None),
)


@dataclass(frozen=True, kw_only=True)
class Question:
    """
    One countable question about works.

    Parameters
    ----------
    years : tuple of (int, int) or None
        First and last publication year, both included. None: any year, also none.
    countries : tuple of tuples of str
        Each inner tuple is one condition: some author has an institution in one of its countries.
    any_country : bool
        Some author has an institution whose country is known.
    lineage : tuple of str
        Each id is one condition: some author has an institution at or below it.
    not_below : tuple of str
        The institution that meets a condition of ``lineage`` is itself at or below none of these;
        the work may have others that are. Which institutions that leaves each source finds out.
    institution_ids : tuple of str
        Some author has exactly one of these institutions. Empty: no condition. Any length.
    without_lineage : tuple of str
        No author has an institution at or below any of these.
    without_countries : tuple of str
        No author has an institution in any of these countries.
    types, without_types : tuple of str
        The work's type is one of, or none of, these. Empty: no condition. A work without a type
        meets ``without_types``.
    retracted, core_source : bool or None
        The flag has this value; None: no condition.
    min_authors, max_authors, min_countries, max_countries : int or None
        Bounds, both included, of the number of authors and of distinct countries.
    field_id : int or None
        The field (11 to 36) of the work's primary topic.
    subfield_ids : tuple of int
        The subfield (1100 to 3699) of the work's primary topic is one of these. Empty: any.
    topic_ids : tuple of str
        The work's primary topic is one of these (``T10001``). Empty: any.
    institution_types : tuple of str
        Some author has an institution of one of these types, in any country. Empty: any.
    top_percent : int or None
        1 or 10: the work is among the most cited 1 or 10 percent of its field, year and type.
    words : tuple of str
        Title or abstract holds one of these words or phrases. API only. Empty: any.
    address_words : tuple of str
        An address of the first 100 authors holds one of these words or phrases. API only.
    filters : tuple of tuples of (str, str)
        Any other filters of OpenAlex's works, as names and values. API only.
    corpus : str
        ``core``, ``expansion`` or ``all``: a snapshot's narrow table holds the core corpus only.
    group_by : tuple of str
        What to count by, out of ``GROUP_KEYS``.
    keep : tuple of str
        When grouping by country: report these codes only. Empty: all.
    type_countries : tuple of str
        When grouping by type of institution: types of those in these countries only. Snapshot
        only. Empty: of any country.

    Raises
    ------
    InputError
        If a value is none that a source knows, or nothing can meet a condition: a list of
        countries is empty, every type or the whole institution is left out again.

    Examples
    --------
    >>> Question(years=(2007, 2016), countries=(("BR", "CL"),), group_by=("year",)).types
    ()
    """

    years: tuple[int, int] | None = None
    countries: tuple[tuple[str, ...], ...] = ()
    any_country: bool = False
    lineage: tuple[str, ...] = ()
    not_below: tuple[str, ...] = ()
    institution_ids: tuple[str, ...] = ()
    without_lineage: tuple[str, ...] = ()
    without_countries: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    without_types: tuple[str, ...] = ()
    retracted: bool | None = None
    core_source: bool | None = None
    min_authors: int | None = None
    max_authors: int | None = None
    min_countries: int | None = None
    max_countries: int | None = None
    field_id: int | None = None
    subfield_ids: tuple[int, ...] = ()
    topic_ids: tuple[str, ...] = ()
    institution_types: tuple[str, ...] = ()
    top_percent: int | None = None
    words: tuple[str, ...] = ()
    address_words: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    corpus: str = "core"
    group_by: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    type_countries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no source could answer, and a selection of which nothing is left."""
        check_conditions(self)
        unknown = set(self.group_by) - set(GROUP_KEYS)
        if unknown or len(set(self.group_by)) != len(self.group_by):
            msg = f"group_by {self.group_by} must be distinct keys."
            raise InputError(msg, f"known keys: {', '.join(GROUP_KEYS)}")
        if self.keep and "country_code" not in self.group_by:
            msg = "keep needs country_code in group_by."
            raise InputError(msg, "count by country, or keep all")
        if self.type_countries and "institution_type" not in self.group_by:
            msg = "type_countries needs institution_type in group_by."
            raise InputError(msg, "count by type of institution, or leave it out")
        if self.not_below and not self.lineage:
            msg = "not_below needs lineage."
            raise InputError(msg, "name the institution whose part is left out")
        emptied = [
            name
            for name, is_empty in (
                (
                    "countries",
                    not all(set(codes) - set(self.without_countries) for codes in self.countries),
                ),
                ("types", bool(self.types) and set(self.types) <= set(self.without_types)),
                ("lineage", bool(set(self.lineage) & {*self.not_below, *self.without_lineage})),
            )
            if is_empty
        ]
        if emptied:
            msg = f"a question selects nothing by {emptied[0]}: {getattr(self, emptied[0])!r}."
            raise InputError(msg, "leave out less, or give no condition at all")

    @property
    def key(self) -> str:
        """SHA-256 (first 16 hexadecimal digits) of what is asked: its name in files."""
        asked = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        given = {entry.name for entry in fields(self) if asked[entry.name] != entry.default}
        text = json.dumps({name: asked[name] for name in given}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def but(self, **changes: object) -> Question:
        """Return the same question with some conditions changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def narrow(
        self,
        *,
        min_authors: int | None = None,
        max_authors: int | None = None,
        min_countries: int | None = None,
        max_countries: int | None = None,
        international: bool | None = None,
    ) -> Question:
        """
        Return the same question within further bounds: those that it has stay.

        ``international`` True is two distinct countries or more, False exactly one: the source's
        own number, so that a work of unknown countries is neither.

        Examples
        --------
        >>> few = Question(max_authors=20).narrow(min_authors=31, max_authors=100)
        >>> few.min_authors, few.max_authors, few.is_empty
        (31, 20, True)
        """

        def both(choose: Callable[[list[int]], int], *bounds: int | None) -> int | None:
            known = [bound for bound in bounds if bound is not None]
            return choose(known) if known else None

        least, most = {None: (None, None), True: (2, None), False: (1, 1)}[international]
        return self.but(
            min_authors=both(max, self.min_authors, min_authors),
            max_authors=both(min, self.max_authors, max_authors),
            min_countries=both(max, self.min_countries, min_countries, least),
            max_countries=both(min, self.max_countries, max_countries, most),
        )

    @property
    def needs_texts(self) -> bool:
        """Whether it asks about words or filters that only the API knows."""
        return any(getattr(self, name) for name in API_ONLY)

    @property
    def is_empty(self) -> bool:
        """Whether no number lies within its bounds, so that no work can count."""
        every = (self.min_authors, self.max_authors), (self.min_countries, self.max_countries)
        return any(least is not None and most is not None and least > most for least, most in every)


def base_question(study: Study, specification: Specification | None = None) -> Question:
    """Return the document conditions of a specification (by default the primary) as a question."""
    specification = specification or study.primary
    return Question(
        years=study.years,
        types=specification.types,
        without_types=specification.without_types,
        retracted=specification.retracted,
        core_source=specification.core_source,
        max_authors=specification.max_authors,
        max_countries=specification.max_countries,
        without_lineage=specification.without_institutions,
    )


def in_region(
    question: Question, study: Study, specification: Specification | None = None
) -> Question:
    """Return the question with the condition that some author is in the region."""
    region = study.region_of(specification or study.primary)
    return question.but(countries=(*question.countries, region.codes))


def in_home(
    question: Question, study: Study, specification: Specification | None = None
) -> Question:
    """Return the question with the condition that some author is in the home country."""
    home = (specification or study.primary).home or study.home
    return question.but(countries=(*question.countries, home))


def at_institution(
    question: Question, study: Study, specification: Specification | None = None
) -> Question:
    """Return the question with the institution condition of a specification."""
    specification = specification or study.primary
    check_institution_rule(study, specification)
    institution = study.institution
    rule, _, names = specification.institution.partition(":")
    parts = [institution.part_id(name) for name in names.split(",") if name]
    if rule == "exact":
        return question.but(institution_ids=(institution.id,))
    if rule == "without":
        left_out = (*question.without_lineage, *parts)
        return question.but(lineage=(institution.id,), without_lineage=left_out)
    if rule == "minus":
        return question.but(lineage=(institution.id,), not_below=tuple(parts))
    return question.but(lineage=(institution.id,))


def world_any_by_year(study: Study) -> Question:
    """Works of the world per year, with or without a country."""
    return base_question(study).but(group_by=("year",))


def world_by_year(study: Study, specification: Specification | None = None) -> Question:
    """Works of the world per year that have at least one country."""
    return base_question(study, specification).but(any_country=True, group_by=("year",))


def world_by_country(study: Study) -> Question:
    """Works of the world per year and country."""
    return base_question(study).but(group_by=("year", "country_code"))


def region_by_year(study: Study, specification: Specification | None = None) -> Question:
    """Works of the region per year, a work of two members counted once."""
    question = in_region(base_question(study, specification), study, specification)
    return question.but(group_by=("year",))


def region_by_country(study: Study, specification: Specification | None = None) -> Question:
    """Works of the region per year and country: its members and all partners."""
    question = in_region(base_question(study, specification), study, specification)
    return question.but(group_by=("year", "country_code"))


def institution_region_by_year(
    study: Study, specification: Specification | None = None
) -> Question:
    """Works of institution and region per year."""
    question = in_region(base_question(study, specification), study, specification)
    return at_institution(question, study, specification).but(group_by=("year",))


def institution_region_by_country(
    study: Study, specification: Specification | None = None
) -> Question:
    """Works of institution and region per year and member of the region."""
    question = institution_region_by_year(study, specification)
    return question.but(
        group_by=("year", "country_code"),
        keep=study.region_of(specification or study.primary).codes,
    )


def institution_top_country_by_year(
    study: Study, specification: Specification | None = None
) -> Question:
    """Works of institution and the study's top country per year."""
    if not study.top_country:
        msg = f"study {study.id!r} names no top country."
        raise InputError(msg, "add top_country to its file")
    question = base_question(study, specification)
    if study.top_country not in study.region_of(specification or study.primary).codes:
        question = in_region(question, study, specification)
    question = question.but(countries=(*question.countries, (study.top_country,)))
    return at_institution(question, study, specification).but(group_by=("year",))


def home_region_by_year(study: Study, specification: Specification | None = None) -> Question:
    """Works of home country and region per year."""
    question = in_region(base_question(study, specification), study, specification)
    return in_home(question, study, specification).but(group_by=("year",))


def field_areas(study: Study) -> tuple[str, ...]:
    """Return the areas of the table ``fields``: the region's members, ``region`` and ``world``."""
    return (*study.region_of(study.primary).codes, "region", "world")


def works_by_field(study: Study, area: str, top_percent: int | None = None) -> Question:
    """Works of an area per field, years pooled."""
    question = base_question(study).but(top_percent=top_percent, group_by=("field_id",))
    if area == "world":
        return question.but(any_country=True)
    if area == "region":
        return in_region(question, study)
    return question.but(countries=((area,),))


def team_size_by_year(study: Study, band: tuple[int, int | None]) -> Question:
    """Works of institution and region per year whose number of authors lies in a band."""
    first, last = band
    return institution_region_by_year(study).narrow(min_authors=first, max_authors=last)


def institution_region_by_country_and_n_countries(
    study: Study, specification: Specification | None = None
) -> Question:
    """Works of institution and region per year, member and number of distinct countries."""
    question = institution_region_by_country(study, specification)
    return question.but(group_by=("year", "country_code", "n_countries"))


def lens_questions(study: Study, lens: Variant) -> dict[str, Question]:
    """
    Return what one lens needs, by the column of the table ``specifications`` that it gives.

    Fractional counts are those of the table ``fractional``, one question for all columns.
    """
    if lens.id == FRACTIONAL:
        return {"n_works_fractional": institution_region_by_country_and_n_countries(study)}
    specification = lens.specification
    found = {
        "n_works_institution_region": institution_region_by_year(study, specification),
        "n_works_home_region": home_region_by_year(study, specification),
    }
    if study.top_country:
        found["n_works_top_country"] = institution_top_country_by_year(study, specification)
    if lens.address:
        found = {
            name: question
            if name == "n_works_home_region"
            else question.but(lineage=(), not_below=(), address_words=(lens.address,))
            for name, question in found.items()
        }
    return found


def reading_questions(
    study: Study, specification: Specification, widest: str, *, of_region: bool
) -> dict[str, Question]:
    """
    Return what one reading needs, by the quantity it gives in the table ``readings``.

    The institution doesn't touch the output of the region, which is asked once for all its rules.
    A work with a member is in every list of the region that holds it, so members are asked in the
    ``widest`` list, once for all of them.
    """
    wide = replace(specification, region=widest)
    found = {
        "n_works_institution_region": institution_region_by_year(study, specification),
        "n_works_home_region": home_region_by_year(study, specification),
        "n_works_institution_country": institution_region_by_country(study, wide),
    }
    if of_region:
        found |= {
            "n_works_region": region_by_year(study, specification),
            "n_works_world": world_by_year(study, specification),
            "n_works_country": region_by_country(study, wide),
        }
    return found


def readings_by_name(study: Study) -> dict[str, tuple[Specification, dict[str, Question]]]:
    """Return every distinct reading by its name: what it counts, and its questions by quantity."""
    readings = list_readings(study)
    first = dict(readings[0].choices)["institution"]
    lists = {one.specification.region: study.region_of(one.specification) for one in readings}
    widest = max(lists, key=lambda key: len(lists[key].codes))
    holds_all = all({*one.codes} <= {*lists[widest].codes} for one in lists.values())
    found = {}
    for one in readings:
        told = reading_questions(
            study,
            one.specification,
            widest if holds_all else one.specification.region,
            of_region=dict(one.choices)["institution"] == first,
        )
        found[one.id] = one.specification, told
    return found
