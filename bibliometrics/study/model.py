"""
What is studied: a :class:`Study` read from TOML, its region, institution and specification.

A study names an institution (with all that lies under it), its home country, a region and a
range of years. Nothing about any one institution or region is written in code.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final

from bibliometrics.errors import InputError
from bibliometrics.escape import escape_terminal, has_control
from bibliometrics.files import DEFINITIONS, STUDIES, user_path
from bibliometrics.models import read_form, read_toml

DEFAULT_STUDY: Final = "cas-latin-america"
YEARS: Final = re.compile("([0-9]{4})(?:[-–:]([0-9]{4}))?")
HYPHENS: Final = re.compile("[-_‐-–]")  # noqa: RUF001
ID_PATTERN: Final = re.compile(r"I[0-9]{2,}")
STUDY_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
FIRST_YEAR, LAST_YEAR = 1500, 2050
FLAGS: Final = ("retracted", "core_source")
WORK_TYPES: Final = frozenset(
    [
        "article",
        "book",
        "book-chapter",
        "book-review",
        "conference-abstract",
        "conference-paper",
        "data-paper",
        "dataset",
        "dissertation",
        "editorial",
        "erratum",
        "letter",
        "libguides",
        "other",
        "paratext",
        "peer-review",
        "preprint",
        "reference-entry",
        "report",
        "retraction",
        "review",
        "software",
        "software-paper",
        "standard",
        "supplementary-materials",
    ]
)


@dataclass(frozen=True)
class Region:
    """A named list of countries: ISO 3166-1 alpha-2 codes, sorted, with source and date."""

    key: str
    name: str
    codes: tuple[str, ...]
    source: str
    date: str
    note: str = ""


@dataclass(frozen=True)
class Institution:
    """
    An institution and all known institutions below it.

    ``members`` maps each member's OpenAlex id to the id of its parent; ``parts`` maps a short
    name to the id of a sub-tree that a specification may leave out, the first to be left out
    first; ``part_names`` maps it to the name for readers.
    """

    key: str
    id: str
    name: str
    short: str
    country: str
    source: str
    date: str
    ror: str = ""
    note: str = ""
    members: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    parts: tuple[tuple[str, str], ...] = ()
    part_names: tuple[tuple[str, str], ...] = ()

    def ids_below(self, node: str) -> tuple[str, ...]:
        """Return a node and everything known below it."""
        found = {node}
        while True:
            more = {member for member, parent in self.members if parent in found} - found
            if not more:
                return tuple(sorted(found, key=lambda text: int(text[1:])))
            found |= more

    def part_id(self, part: str) -> str:
        """Return the id of a named part; raise InputError for an unknown name."""
        known = dict(self.parts)
        if part not in known:
            names = ", ".join(sorted(known)) or "none"
            msg = f"institution {self.key!r} has no part {part!r}; known parts: {names}."
            raise InputError(msg, "name one of these, or add the part to the institution's table")
        return known[part]


@dataclass(frozen=True, kw_only=True)
class Specification:
    """
    One reasonable set of definitions under which works are counted.

    ``institution`` is ``lineage`` (the institution and all below it), ``exact`` (its own id only),
    ``minus:PART[,PART]`` (some author under it but not under the part) or ``without:PART`` (no
    author at all under the part). Empty ``types`` means every type. ``retracted`` and
    ``core_source`` are what the flag must be; None (in a study file ``"any"``): no condition.
    Works with an author at one of ``without_institutions``, or below, don't count.
    """

    types: tuple[str, ...] = ("article", "review")
    without_types: tuple[str, ...] = ()
    retracted: bool | None = False
    core_source: bool | None = True
    max_authors: int | None = None
    max_countries: int | None = None
    institution: str = "lineage"
    region: str = ""
    home: tuple[str, ...] = ()
    without_institutions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """One study: what is asked, of whom, where and when. Read with :func:`load_study`."""

    id: str
    title: str
    question: str
    years: tuple[int, int]
    institution: Institution
    region: Region
    home: tuple[str, ...]
    home_name: str
    region_short: str
    top_country: str
    featured_countries: tuple[str, ...]
    primary: Specification
    source: str
    date: str
    paper: dict[str, str] = field(default_factory=dict, hash=False)
    regions: tuple[Region, ...] = field(default=(), repr=False)

    def _repr_html_(self) -> str:
        """Return question and definitions as HTML for notebooks."""
        told = {
            "years": f"{self.years[0]} to {self.years[1]}",
            "institution": f"{self.institution.name} ({self.institution.id})",
            "home": f"{self.home_name} ({', '.join(self.home)})",
            "region": f"{self.region.name}: {len(self.region.codes)} countries",
            "tested": ", ".join(filter(None, map(self.paper.get, ("authors", "year", "title")))),
            "source": f"{self.source}, {self.date}",
            "hash": self.hash,
        }
        rows = "".join(
            f"<tr><th style='text-align:left'>{name}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in told.items()
            if text
        )
        return (
            f"<h4>{escape(self.title)}</h4><p>{escape(self.question)}</p>"
            f"<table><tbody>{rows}</tbody></table>"
        )

    def but(self, **changes: Any) -> Study:
        """
        Return the same study with some things changed: another study, with an id of its own.

        Parameters
        ----------
        **changes
            ``years``, ``institution`` and ``region`` (names of this package, or such objects),
            ``home`` (country codes), ``id``, ``title``; and anything of its primary
            specification, such as ``types`` or ``max_authors``.

        Returns
        -------
        Study
            The study, checked. What it has of the paper stays behind.

        Raises
        ------
        InputError
            If a name is unknown or a value can't be used.

        Examples
        --------
        >>> load_study().but(years=(2017, 2020), region="Africa").title
        'CAS and Latin America, 2007-2016 (changed: region, years)'
        """
        return _change(self, changes)

    @property
    def year_range(self) -> range:
        """Every year of the study, ascending."""
        return range(self.years[0], self.years[1] + 1)

    def region_of(self, specification: Specification) -> Region:
        """Return the region that a specification names, or the study's own."""
        known = {region.key: region for region in (self.region, *self.regions)}
        return known[specification.region] if specification.region else self.region

    @property
    def hash(self) -> str:
        """SHA-256 (hexadecimal) of everything that decides what is counted, and of nothing else."""
        primary = asdict(self.primary)
        if not primary["without_institutions"]:
            del primary["without_institutions"]  # so that older hashes stay true
        data = {
            "id": self.id,
            "years": self.years,
            "institution": self.institution.id,
            "members": self.institution.members,
            "parts": sorted(self.institution.parts),
            "home": self.home,
            "region": self.region_of(self.primary).codes,
            "primary": primary,
        }
        text = json.dumps(data, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


@cache
def country_names() -> dict[str, str]:
    """Return the short English name of every country code (ISO 3166-1 alpha-2, and XK)."""
    return dict(read_toml(DEFINITIONS / "countries.toml")["countries"])


def parse_years(text: str) -> tuple[int, int] | None:
    """
    Return first and last year of a text; None if it is none.

    >>> parse_years("2007-2016"), parse_years(" 2016 "), parse_years("2016-2007")
    ((2007, 2016), (2016, 2016), None)
    """
    written = YEARS.fullmatch(text.strip())
    if written is None:
        return None
    first, last = int(written[1]), int(written[2] or written[1])
    return (first, last) if first <= last else None


def fold(text: str) -> str:
    """
    Return a name as names are compared: without case, accents, hyphens and doubled blanks.

    >>> fold(" Côte  d’Ivoire "), fold("latin-america")
    ("cote d'ivoire", 'latin america')
    """
    spaced = HYPHENS.sub(" ", text.replace("’", "'"))
    plain = unicodedata.normalize("NFKD", spaced)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


@cache
def country_codes() -> dict[str, str]:
    """Return the code of every country by each of its codes and names, folded."""
    tables = read_toml(DEFINITIONS / "countries.toml")
    found = {fold(name): code for name, code in tables["other_names"].items()}
    for table in (tables["alpha3"], tables["countries"]):
        found |= {fold(name): code for code, name in table.items()}
    return found | {code.lower(): code for code in tables["countries"]}


@cache
def region_keys() -> dict[str, str]:
    """Return the key of every region of the package by each of its names, folded."""
    found: dict[str, str] = {}
    for key, table in read_toml(DEFINITIONS / "regions.toml").items():
        names = (key, table["name"], table.get("short", ""), *table.get("also", ()))
        for name in filter(None, names):
            found.setdefault(fold(name), key)
    return found


@cache
def field_names() -> dict[int, str]:
    """Return the name of every field of OpenAlex topics by its number (11 to 36)."""
    listed = read_toml(DEFINITIONS / "fields.toml")["fields"]
    return {int(number): str(name) for number, name in listed.items()}


def available_studies() -> list[str]:
    """
    Return the names of the studies that come with the package, in alphabetical order.

    Examples
    --------
    >>> "cas-latin-america" in available_studies()
    True
    """
    return sorted(path.stem for path in STUDIES.glob("*.toml"))


def _check_repeats(values: Iterable[str], name: str, where: str) -> tuple[str, ...]:
    """Return values as a tuple; raise InputError when one stands there twice."""
    values = tuple(values)
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        msg = f"{where}: {name!r} names {', '.join(twice)} more than once."
        raise InputError(msg, "name each once")
    return values


def check_countries(codes: tuple[str, ...], where: str) -> tuple[str, ...]:
    """Return country codes sorted, each once."""
    unknown = sorted(set(codes) - set(country_names()))
    if unknown or not codes:
        said = f"unknown country code {', '.join(unknown)}" if unknown else "no country is named"
        msg = f"{where}: {said}."
        raise InputError(msg, "use ISO 3166-1 alpha-2 codes such as BR, or XK for Kosovo")
    return tuple(sorted(set(codes)))


def check_institution_id(text: str, where: str) -> str:
    """Return an OpenAlex institution id in its short form (``I19820366``)."""
    short = text.strip().removeprefix("https://openalex.org/").rstrip("/").upper()
    if not ID_PATTERN.fullmatch(short):
        msg = f"{where}: {text!r} is not an OpenAlex institution id (the letter I and digits)."
        raise InputError(
            msg, "look the institution up on openalex.org and use its id, for instance I19820366"
        )
    return short


@dataclass(frozen=True, kw_only=True)
class _RegionTable:
    """A region as a file has it."""

    name: str
    codes: tuple[str, ...]
    source: str
    short: str = ""
    also: tuple[str, ...] = ()
    date: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class _Part:
    id: str
    name: str = ""
    short: str = ""


@dataclass(frozen=True, kw_only=True)
class _Members:
    list: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class _InstitutionTable:
    """An institution as a file has it; a member is a row of id, ROR id, id of its parent, name."""

    id: str
    name: str
    country: str
    source: str
    short: str = ""
    ror: str = ""
    date: str = ""
    note: str = ""
    parts: dict[str, _Part] = field(default_factory=dict)
    members: _Members = _Members()


@dataclass(frozen=True, kw_only=True)
class _StudyTable:
    id: str
    title: str
    years: Any
    institution: str
    region: str
    source: str
    question: str = ""
    region_short: str = ""
    home: tuple[str, ...] = ()
    home_name: str = ""
    top_country: str = ""
    featured_countries: tuple[str, ...] = ()
    date: str = ""


@dataclass(frozen=True, kw_only=True)
class _PaperTable:
    authors: str = ""
    year: int | str = ""
    title: str = ""
    journal: str = ""
    short: str = ""
    doi: str = ""
    url: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class _StudyFile:
    study: _StudyTable
    primary: dict[str, Any] = field(default_factory=dict)
    paper: _PaperTable = _PaperTable()
    regions: dict[str, Any] = field(default_factory=dict)
    institutions: dict[str, Any] = field(default_factory=dict)


def _region(key: str, table: object, where: str) -> Region:
    where = f"{where}, region {key!r}"
    told = read_form(_RegionTable, table, where)
    codes = check_countries(_check_repeats(told.codes, "codes", where), where)
    return Region(key, told.name, codes, told.source, told.date, told.note)


def _institution(key: str, table: object, where: str) -> Institution:
    where = f"{where}, institution {key!r}"
    told = read_form(_InstitutionTable, table, where)
    node = check_institution_id(told.id, where)
    members = [_member(row, where) for row in told.members.list]
    parts = {name: check_institution_id(part.id, where) for name, part in told.parts.items()}
    made = Institution(
        key=key,
        id=node,
        name=told.name,
        short=told.short or told.name,
        country=check_countries((told.country,), where)[0],
        source=told.source,
        date=told.date,
        ror=told.ror,
        note=told.note,
        members=tuple(sorted(members, key=lambda pair: int(pair[0][1:]))),
        parts=tuple(parts.items()),
        part_names=tuple((name, part.short or name) for name, part in told.parts.items()),
    )
    stray = sorted({member for member, _ in members} - set(made.ids_below(node)))
    if stray:
        msg = f"{where}: the parents of member {stray[0]} don't lead to {node}."
        raise InputError(msg, f"name in its row the parent that does, or {node} itself")
    whole = [part for part, top in parts.items() if node in made.ids_below(top)]
    if whole:
        msg = f"{where}: without part {whole[0]!r} nothing is left of {node}."
        raise InputError(msg, "name a part below the institution")
    return made


def _member(row: tuple[str, ...], where: str) -> tuple[str, str]:
    """Return the ids of a member and of its parent from a row of four texts."""
    if len(row) != len(("id", "ror", "parent", "name")):
        msg = f"{where}: a member must be [id, ROR id, id of the parent, name], but is {row!r}."
        raise InputError(msg, "correct it")
    return check_institution_id(row[0], where), check_institution_id(row[2], where)


def _choose(named: str, known: dict[str, Any], what: str, where: str) -> str:
    """Return a definition's key; raise InputError when neither the study nor the package has it."""
    if named not in known:
        msg = f"{where}: unknown {what} {named!r}; known: {', '.join(sorted(known))}."
        raise InputError(msg, f"name one of these, or add a [{what}s.NAME] table to the study file")
    return named


def _study_id(text: str, where: str) -> str:
    """Return a study's id; raise InputError for one that names of packages can't hold."""
    if not STUDY_ID.fullmatch(text):
        msg = f"{where}: id {text!r} must be lower-case letters, digits and hyphens."
        raise InputError(msg, "choose a short one, for instance cnrs-africa")
    return text


def _years(value: object, where: str) -> tuple[int, int]:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(year, int) and FIRST_YEAR <= year <= LAST_YEAR for year in value)
    ):
        msg = f"{where}: years must be [first, last], but are {value!r}."
        raise InputError(msg, f"use two whole numbers from {FIRST_YEAR} to {LAST_YEAR}")
    first, last = value
    if first > last:
        msg = f"{where}: years are reversed: {first} comes after {last}."
        raise InputError(msg, f"write [{last}, {first}]")
    return first, last


def _specification(table: dict[str, Any], where: str) -> Specification:
    where = f"{where}, table [primary]"
    words = {name: None for name in FLAGS if table.get(name) == "any"}
    told = read_form(Specification, table | words, where)
    for name in ("max_authors", "max_countries"):
        if table.get(name, 1) < 1:
            msg = f"{where}: entry {name!r} must be 1 or more, but is {table[name]}."
            raise InputError(msg, "correct it")
    for name in ("types", "without_types", "home"):
        _check_repeats(getattr(told, name), name, where)
    ids = [check_institution_id(one, where) for one in told.without_institutions]
    specification = replace(
        told,
        home=check_countries(told.home, where) if "home" in table else (),
        without_institutions=_check_repeats(ids, "without_institutions", where),
    )
    odd = sorted(set(specification.types + specification.without_types) - WORK_TYPES)
    if odd:
        msg = f"{where}: unknown work type {', '.join(odd)}."
        raise InputError(msg, f"known types: {', '.join(sorted(WORK_TYPES))}")
    if not set(specification.types or WORK_TYPES) - set(specification.without_types):
        msg = f"{where}: 'without_types' leaves none of the types that count."
        raise InputError(msg, "leave out fewer types")
    return specification


def check_institution_rule(study: Study, specification: Specification) -> None:
    """Check that a specification's institution rule can be followed."""
    rule, _, parts = specification.institution.partition(":")
    if rule not in {"lineage", "exact", "minus", "without"} or (
        rule in {"minus", "without"}
    ) != bool(parts):
        msg = f"study {study.id!r}: institution rule {specification.institution!r} is unknown."
        raise InputError(msg, "use lineage, exact, minus:PART or without:PART")
    where, institution = f"study {study.id!r}", study.institution
    nodes = [institution.part_id(part) for part in parts.split(",") if parts]
    _check_repeats(nodes, "institution", where)
    apart = {one for node in nodes for one in institution.ids_below(node)}
    kept = set(institution.ids_below(institution.id)) - apart
    if not kept or institution.id in specification.without_institutions:
        msg = f"{where}: nothing is left of institution {institution.key!r} ({institution.id})."
        raise InputError(msg, "leave out less of it in [primary]")


def _defined(kind: str, said: Any) -> tuple[str, dict[str, Any]]:
    """Return key and table of the package's institution or region of some name."""
    listed = read_toml(DEFINITIONS / f"{kind}s.toml")
    for key, table in listed.items():
        names = (key, *(str(table.get(name, "")) for name in ("id", "ror", "name", "short")))
        if str(said).strip().casefold() in {name.casefold() for name in names if name}:
            return key, table
    msg = f"this package has no {kind} {said!r}."
    raise InputError(msg, f"known: {', '.join(listed)}; or write a study file")


def _change(study: Study, changes: dict[str, Any]) -> Study:
    """Return a study with changes; see :meth:`Study.but`."""
    where = f"a change of study {study.id!r}"
    own = {"years", "institution", "region", "home", "id", "title"}
    primary = {name: value for name, value in changes.items() if name not in own}
    institution, region = study.institution, study.region
    if "institution" in changes and not isinstance(changes["institution"], Institution):
        institution = _institution(*_defined("institution", changes["institution"]), where)
    elif "institution" in changes:
        institution = changes["institution"]
    if "region" in changes and not isinstance(changes["region"], Region):
        region = _region(*_defined("region", changes["region"]), where)
    elif "region" in changes:
        region = changes["region"]
    home = study.home if institution == study.institution else (institution.country,)
    home = check_countries(tuple(changes.get("home", home)), where)
    table = {name: getattr(study.primary, name) for name in Specification.__dataclass_fields__}
    words = {name: "any" if value is None else value for name, value in (table | primary).items()}
    words = {name: value for name, value in words.items() if name in FLAGS or value != "any"}
    listed = {k: list(v) if isinstance(v, tuple) else v for k, v in words.items() if v != ()}
    inside = set(region.codes)
    title = f"{study.title} (changed: {', '.join(sorted(changes))})" if changes else study.title
    found = replace(
        study,
        id=_study_id(str(changes.get("id", f"{study.id}-changed")), where),
        title=str(changes.get("title", title)),
        question="",
        years=_years(list(changes.get("years", study.years)), where),
        institution=institution,
        region=region,
        home=home,
        home_name=study.home_name if home == study.home else country_names()[home[0]],
        region_short=study.region_short if region == study.region else region.name,
        top_country=study.top_country if study.top_country in inside else "",
        featured_countries=tuple(one for one in study.featured_countries if one in inside),
        primary=_specification(listed, where),
        paper={},
        regions=(*(one for one in study.regions if one.key != region.key), region),
    )
    _check_geography(found, where)
    check_institution_rule(found, found.primary)
    return found


def _find(name: str) -> Path:
    """Return the file of a study named by its short name or by a path."""
    if name.endswith(".toml"):
        return user_path(name)
    if name not in available_studies():
        msg = f"there is no study {name!r}; known: {', '.join(available_studies())}."
        raise InputError(msg, "name one of these, or give the path of a study file ending in .toml")
    return STUDIES / f"{name}.toml"


def study_text(name: str) -> str:
    """Return the text of a study's file; InputError if there is no such study."""
    path = _find(name)
    read_toml(path)
    return path.read_text(encoding="utf-8")


def load_study(name: str = DEFAULT_STUDY) -> Study:
    """
    Read a study.

    Parameters
    ----------
    name : str
        Name of a study that comes with the package, or the path of a ``.toml`` file.

    Returns
    -------
    Study
        The study, checked.

    Raises
    ------
    InputError
        If the study is unknown, its file can't be read, an entry is missing or of another type,
        a country code, region, institution or work type is unknown, the years are reversed, or
        the institution lies inside the region.

    Examples
    --------
    >>> load_study("cas-latin-america").years
    (2007, 2016)
    """
    path = _find(name)
    content = read_toml(path)
    where = f"study file {path}"
    _check_characters(content, where)
    told = read_form(_StudyFile, content, where)
    table = told.study
    regions = {**read_toml(DEFINITIONS / "regions.toml"), **told.regions}
    institutions = {**read_toml(DEFINITIONS / "institutions.toml"), **told.institutions}
    for key in told.institutions:
        _institution(key, institutions[key], where)
    region_key = _choose(table.region, regions, "region", where)
    key = _choose(table.institution, institutions, "institution", where)
    institution = _institution(key, institutions[key], where)
    known = {key: _region(key, content, where) for key, content in regions.items()}
    is_given = "home" in content["study"]
    home = table.home if is_given else (institution.country,)
    home = check_countries(_check_repeats(home, "home", where), where)
    study = Study(
        id=_study_id(table.id, where),
        title=table.title,
        question=table.question,
        years=_years(table.years, where),
        institution=institution,
        region=known[region_key],
        home=home,
        home_name=table.home_name or country_names()[home[0]],
        region_short=table.region_short or known[region_key].name,
        top_country=table.top_country,
        featured_countries=_check_repeats(table.featured_countries, "featured_countries", where),
        primary=_specification(told.primary, where),
        source=table.source,
        date=table.date,
        paper={name: str(value) for name, value in asdict(told.paper).items() if value != ""},
        regions=tuple(known.values()),
    )
    _check_geography(study, where)
    check_institution_rule(study, study.primary)
    return study


def list_replaced(name: str) -> list[str]:
    """Say by which names a study file means something else than the package does."""
    content = read_toml(_find(name))
    notes = []
    for kind in ("regions", "institutions"):
        own, shared = content.get(kind, {}), read_toml(DEFINITIONS / f"{kind}.toml")
        notes += [
            f"[{kind}.{one}] of the study file stands in the place of the package's own {one!r}"
            for one in sorted(set(own) & set(shared))
            if own[one] != shared[one]
        ]
    return notes


def _check_characters(value: object, where: str) -> None:
    """Raise InputError for a text with control characters or marks that turn the writing."""
    if isinstance(value, dict):
        for name, one in value.items():
            _check_characters(name, where)
            _check_characters(one, where)
    elif isinstance(value, list):
        for one in value:
            _check_characters(one, where)
    elif isinstance(value, str) and has_control(value):
        msg = f"{where}: {escape_terminal(value)[:80]!r} holds a control character."
        raise InputError(msg, "take it out: names go into figures, tables and the terminal")


def _check_geography(study: Study, where: str) -> None:
    """Raise InputError when institution, home and region can't be told apart."""
    if study.primary.region not in {"", *(entry.key for entry in study.regions)}:
        msg = f"{where}: unknown region {study.primary.region!r} in [primary]."
        raise InputError(msg, f"known: {', '.join(entry.key for entry in study.regions)}")
    region = study.region_of(study.primary)
    apart = {study.institution.country, *study.home, *study.primary.home}
    inside = sorted(apart & {*study.region.codes, *region.codes})
    if inside:
        msg = (
            f"{where}: {study.institution.name} or its home ({', '.join(inside)}) lies inside the "
            f"region {region.key!r}; co-authorship with itself can't be counted."
        )
        raise InputError(msg, "choose another region, or leave that country out of its list")
    named = {code for code in (study.top_country, *study.featured_countries) if code}
    outside = sorted(named - set(region.codes))
    if outside:
        msg = (
            f"{where}: top_country and featured_countries must lie in the region, but "
            f"{', '.join(outside)} does not."
        )
        raise InputError(msg, "name countries of the region")
