"""
What a name means: countries, regions, institutions, fields, types. One resolver for all.

A name that means nothing is an error that names the nearest known ones; a name that could mean
several things is an error that lists them. Nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, NoReturn

from bibliometrics.errors import InputError
from bibliometrics.files import DEFINITIONS
from bibliometrics.models import read_toml
from bibliometrics.openalex.institutions import identify
from bibliometrics.study.draft import find_definition
from bibliometrics.study.model import (
    ID_PATTERN,
    WORK_TYPES,
    Institution,
    Region,
    country_codes,
    country_names,
    field_names,
    fold,
    region_keys,
)

WORLD: Final = "world"
ANY: Final = "any"
OWN: Final = "own"


@dataclass(frozen=True)
class Unit:
    """An institution with all that lies below it: OpenAlex id and name."""

    id: str
    name: str


@dataclass(frozen=True)
class Area:
    """One or more countries under one name; without codes the world: any country at all."""

    name: str
    codes: tuple[str, ...] = ()


#: From a text to the institutions that it may mean: one, several, or none.
LookUp = Callable[[str], list[Unit]]


def fail(what: str, said: object, known: Iterable[str], step: str) -> NoReturn:
    """Raise InputError for a name that means nothing: with the nearest known names."""
    known = list(known)
    lower = {fold(name): name for name in known}
    near = [lower[one] for one in get_close_matches(fold(str(said)), lower, n=4, cutoff=0.6)]
    hint = f"did you mean {' or '.join(map(repr, near))}? Else {step}" if near else step
    msg = f"{said!r} is no {what}."
    raise InputError(msg, hint)


def listed(what: str, said: Any) -> list[Any]:
    """Return one value, or the values of any collection; none for None."""
    if said is None:
        return []
    if isinstance(said, str | Institution | Region):
        return [said]
    if not isinstance(said, Iterable) or isinstance(said, Mapping):
        msg = f"{what} can't be {said!r}."
        raise InputError(msg, "give one name, or a list of names")
    return list(said)


@cache
def _regions() -> Mapping[str, Area]:
    """Return every region of the package by its key."""
    tables = read_toml(DEFINITIONS / "regions.toml")
    return {key: Area(str(t["name"]), tuple(sorted(t["codes"]))) for key, t in tables.items()}


def find_country(said: object) -> str | None:
    """Return the code of a country by its code or English name; None if it is none."""
    return country_codes().get(fold(said)) if isinstance(said, str) else None


def find_area(said: object, what: str = "region") -> Area:
    """Return the countries that a name, a region, or a list of both means together."""
    if isinstance(said, Region):
        return Area(said.name, said.codes)
    if isinstance(said, str):
        return _find_area(said, what)
    if not isinstance(said, Iterable) or isinstance(said, Mapping):
        msg = f"{what} can't be {said!r}."
        raise InputError(msg, 'give a name such as "Latin America" or "BR", or a list of them')
    areas = [find_area(one, what) for one in said]
    if not areas or any(not area.codes for area in areas):
        what_came = "names the world beside others" if areas else "is an empty list"
        msg = f"{what} {what_came}."
        raise InputError(msg, f'name countries or regions, or {what}="world" alone')
    names = dict.fromkeys(area.name for area in areas)
    return Area(" + ".join(names), tuple(sorted({code for area in areas for code in area.codes})))


def _find_area(text: str, what: str) -> Area:
    if fold(text) == WORLD:
        return Area("World")
    code = find_country(text)
    if code:
        return Area(country_names()[code], (code,))
    key = region_keys().get(fold(text))
    if key is not None:
        return _regions()[key]
    regions = [area.name for area in _regions().values()]
    known = [*country_names().values(), *regions, *region_keys()]
    step = (
        f"use a country (English name or code), a region ({', '.join(dict.fromkeys(regions))}), "
        '"world", a list of these, or a region of your own: region(name, codes)'
    )
    fail(f"country or {what} of this package", text, known, step)


def region(name: str, codes: str | Iterable[str], *, source: str = "") -> Region:
    """
    Name a region of your own.

    Parameters
    ----------
    name : str
        What it is called in frames and figures.
    codes : str or iterable of str
        Its countries: codes or English names in a list, or codes in one text.
    source : str
        Who says so, for the record.

    Returns
    -------
    Region
        To be given as ``region=``, alone or in a list.

    Raises
    ------
    InputError
        If it names no country, or one that does not exist.

    Examples
    --------
    >>> import bibliometrics as bm
    >>> bm.region("Andes", "BO CO EC PE").codes
    ('BO', 'CO', 'EC', 'PE')
    """
    if not str(name).strip():
        msg = "a region needs a name."
        raise InputError(msg, 'write region("Andes", "BO CO EC PE")')
    listed = re.split(r"[\s,;]+", codes.strip()) if isinstance(codes, str) else list(codes)
    found = find_area([one for one in listed if one != ""], f"region {name!r}")
    return Region(key=OWN, name=str(name), codes=found.codes, source=source, date="")


def find_field(said: object) -> int:
    """Return the number of a field of research by its number or its name."""
    names = field_names()
    number: Any = _field_by_name(said) if isinstance(said, str) else said
    if isinstance(number, bool) or not isinstance(number, Hashable) or number not in names:
        known = f"use one of {', '.join(f'{n} {name}' for n, name in names.items())}"
        fail("field of OpenAlex", said, names.values(), known)
    return int(str(number))


def _field_by_name(said: str) -> int | None:
    """Return the field of that name, or the only one whose name begins with it or has its words."""
    folded = {fold(name): number for number, name in field_names().items()}
    words = set(fold(said).split())
    near = [
        n for name, n in folded.items() if words and words <= set(name.replace(",", "").split())
    ]
    folded |= {str(number): number for number in field_names()}
    return folded.get(fold(said), near[0] if len(near) == 1 else None)


def find_types(said: object) -> tuple[str, ...]:
    """Return the types of works that are named; none for ``any``."""
    if said is None or (isinstance(said, str) and said == ANY):
        return ()
    named = listed("types", said)
    for one in named:
        if one not in WORK_TYPES:
            step = f'use "any" or types out of {", ".join(sorted(WORK_TYPES))}'
            fail("type of work", one, WORK_TYPES, step)
    if not named:
        msg = "types is an empty list."
        raise InputError(msg, 'name types such as "article", or "any"')
    return tuple(dict.fromkeys(str(one) for one in named))


def define_unit(text: str) -> Unit | None:
    """Return an institution that the package's definitions name; None if they don't."""
    said = text.strip().rstrip("/")
    said = identify(said).removeprefix("ror:") or said
    known = find_definition(said)
    if known:
        return Unit(str(known[1]["id"]), str(known[1]["name"]))
    for table in read_toml(DEFINITIONS / "institutions.toml").values():
        for key, part in table.get("parts", {}).items():
            names = (key, part.get("short", ""), part.get("name", ""), part["id"])
            if fold(said) in map(fold, filter(None, map(str, names))):
                return Unit(str(part["id"]), str(part.get("name", key)))
    return None


@cache
def unit_names() -> Mapping[str, str]:
    """Return the name of every institution that the package's definitions list, by its id."""
    found: dict[str, str] = {}
    for table in read_toml(DEFINITIONS / "institutions.toml").values():
        found |= {row[0]: row[3] for row in table.get("members", {}).get("list", [])}
        found |= {part["id"]: part["name"] for part in table.get("parts", {}).values()}
        found[table["id"]] = table["name"]
    return found


def find_unit(said: object, look_up: LookUp) -> Unit:
    """Return the institution that a name, an id, a ROR id or an address means."""
    if isinstance(said, Institution):
        return Unit(said.id, said.name)
    if not isinstance(said, str) or not said.strip():
        msg = f"institution can't be {said!r}."
        raise InputError(msg, "give one name, OpenAlex id or ROR id; count two one by one")
    if define_unit(said) is None and (find_country(said) or fold(said) in region_keys()):
        msg = f"{said!r} is no institution, but countries."
        raise InputError(msg, f"write region={said!r}, or home={said!r} beside another region")
    found = look_up(said)
    exact = [one for one in found if fold(one.name) == fold(said)]
    if len(exact) == 1:
        found = exact
    if len(found) > 1:
        listed = "; ".join(f"{one.name} ({one.id})" for one in found)
        msg = f"{said!r} may be {len(found)} institutions: {listed}."
        raise InputError(msg, "name one by its OpenAlex id")
    if not found:
        msg = f"no institution {said!r} is known."
        raise InputError(msg, "try another spelling, or its ROR id (ror.org) or OpenAlex id")
    if not ID_PATTERN.fullmatch(found[0].id):
        msg = f"{said!r} is {found[0].id}, which is no institution that can be counted."
        raise InputError(msg, "look it up on openalex.org and use its id")
    return found[0]


def find_without(said: Any, look_up: LookUp) -> tuple[tuple[Unit, ...], Area | None]:
    """Return the institutions and the countries that are to be left out."""
    units: list[Unit] = []
    areas: list[Area] = []
    for one in listed("without", said):
        text = one if isinstance(one, str) else ""
        is_area = isinstance(one, Region) or bool(find_country(text)) or fold(text) in region_keys()
        if is_area and not (text and define_unit(text)):
            areas.append(find_area(one, "without"))
        else:
            units.append(find_unit(one, look_up))
    together = find_area([Region(OWN, a.name, a.codes, "", "") for a in areas]) if areas else None
    return tuple(units), together
