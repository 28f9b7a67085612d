"""
The ledger: what documents claim, read from ``definitions/claims.toml`` and checked at load.

Standard library only. A claim names the quantity that tests it (:data:`QUANTITIES`) and the class
by which it is graded (:data:`CLASSES`); how a quantity is computed stands in
:mod:`bibliometrics.claims.quantities`, how a class is graded in :mod:`bibliometrics.claims.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NoReturn

from bibliometrics.errors import InputError
from bibliometrics.files import DEFINITIONS
from bibliometrics.study.model import FIRST_YEAR, LAST_YEAR, country_names, read_toml

LEDGER_FILE: Final = DEFINITIONS / "claims.toml"
CROSSWALK_FILE: Final = DEFINITIONS / "field_crosswalk.toml"

CLASSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "level": "a count of works",
        "growth": "a growth factor, last year over first",
        "rate": "growth per year",
        "share": "a share",
        "rank": "members of a tier of a ranking, and their order if it is claimed",
        "always": "something that holds in every year",
        "topic": "fields in which an area is strong",
        "values": "a list of values",
        "existence": "that there are works at all",
        "direction": "a value above or below a bound; no number is claimed",
        "not testable": "nothing that publications could show",
    }
)


@dataclass(frozen=True)
class Quantity:
    """What is computed: its unit, its meaning, and what a claim must say for it."""

    unit: str
    meaning: str
    needs: tuple[str, ...] = ()


_TIER: Final = ("members", "first_rank")

QUANTITIES: Final[Mapping[str, Quantity]] = MappingProxyType(
    {
        "region_output": Quantity("works", "number of works of the region", ("year",)),
        "region_output_growth": Quantity("factor", "growth of the region's output"),
        "region_output_rises": Quantity("years", "years with more works of the region than before"),
        "region_share_of_world": Quantity("share", "region's share of the world's works"),
        "country_share": Quantity("share", "countries' share of the region's works", ("members",)),
        "output_tier": Quantity("countries", "countries in a tier of the region's output", _TIER),
        "field_activity": Quantity("fields", "fields with an activity index above 1", ("fields",)),
        "top_cited_countries": Quantity(
            "countries", "countries in a tier of a field's highly cited works", (*_TIER, "fields")
        ),
        "partner_margin": Quantity(
            "ratio", "works of the region with a partner over those with the next", ("members",)
        ),
        "partner_tier": Quantity(
            "countries", "countries in a tier of the region's partners", _TIER
        ),
        "partner_ratio": Quantity(
            "ratio",
            "works with the largest of some partners over another's",
            ("members", "against"),
        ),
        "partners_growth": Quantity(
            "factor", "growth of the region's works with the slowest of some partners", ("members",)
        ),
        "institution_region": Quantity(
            "works", "number of works of institution and region", ("year",)
        ),
        "institution_region_growth": Quantity(
            "factor", "growth of works of institution and region"
        ),
        "institution_region_rate": Quantity(
            "per year", "yearly growth of works of institution and region"
        ),
        "institution_share_of_home": Quantity(
            "share", "institution's share of its country's works with the region"
        ),
        "institution_first_partner": Quantity(
            "years", "years in which a country is the institution's first partner", ("members",)
        ),
        "institution_partner_share": Quantity(
            "share", "share of a country in works of institution and region", ("members", "year")
        ),
        "institution_partner_growth": Quantity(
            "ratio", "growth with the slowest of some countries over that with all", ("members",)
        ),
        "institution_partner_tier": Quantity(
            "countries", "countries in a tier of the institution's partners", _TIER
        ),
        "home_region_weight": Quantity(
            "factor", "growth of the region's weight in the home country's works"
        ),
        "home_international_share": Quantity(
            "share", "share of the region in the home country's international works"
        ),
        "top_cited_index": Quantity(
            "ratio", "region's share in the world's top 1 %, over the world's"
        ),
        "field_share_of_world": Quantity(
            "share", "country's share of the world's works of a field", ("members", "fields")
        ),
        "indicators": Quantity("values", "values found within the tolerance", ("values",)),
    }
)


@dataclass(frozen=True)
class Indicator:
    """A value of a table of indicators: mean of years; stated is a range, often of one value."""

    indicator: str
    area: str
    years: tuple[int, int]
    stated: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """
    One claim of a document, in our words.

    ``stated`` is in ``unit``; None if the document gives no number. ``above`` and ``below`` bound
    the values in which its conclusion holds; None: the class's own bounds. ``proxy`` says that
    no evidence measures the claim itself. ``why_not`` says what is missing to test it.
    """

    id: str
    source: str
    study: str
    display: str
    title: str
    statement: str
    claim_class: str
    unit: str = ""
    stated: float | None = None
    quantity: str = ""
    tolerance: float | None = None
    above: float | None = None
    below: float | None = None
    proxy: bool = False
    why_not: str = ""
    confounders: tuple[str, ...] = ()
    year: int = 0
    members: tuple[str, ...] = ()
    first_rank: int = 1
    ordered: bool = False
    against: str = ""
    fields: tuple[str, ...] = ()
    values: tuple[Indicator, ...] = ()


_KINDS: Final[Mapping[str, type | tuple[type, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(("id", "source", "display", "title", "statement", "class"), str),
        **dict.fromkeys(("unit", "quantity", "why_not", "against"), str),
        **dict.fromkeys(("stated", "tolerance", "above", "below"), (int, float)),
        **dict.fromkeys(("proxy", "ordered"), bool),
        **dict.fromkeys(("year", "first_rank"), int),
        **dict.fromkeys(("members", "fields", "values", "confounders"), list),
    }
)
_REQUIRED: Final = ("id", "source", "display", "title", "statement", "class")


@cache
def field_crosswalk() -> dict[str, dict[str, Any]]:
    """Return, for each field that a claim may name, the nearest fields of other classifications."""
    return dict(read_toml(CROSSWALK_FILE)["fields"])


def load_claims(path: Path = LEDGER_FILE) -> list[Claim]:
    """
    Read a ledger of claims.

    Parameters
    ----------
    path : pathlib.Path
        A TOML file; default the ledger that comes with the package.

    Returns
    -------
    list of Claim
        In the order of the file.

    Raises
    ------
    InputError
        If the file can't be read, or a claim lacks an entry, has an unknown entry, source,
        quantity, class, unit, country or field, or the id of an earlier claim. The message names
        file and claim.
    """
    content = read_toml(path)
    sources, entries = content.get("sources", {}), content.get("claims", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        _fail(f"ledger {path}", "claims are no list of tables", "begin each with [[claims]]")
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"ledger {path}, claim {entry.get('id', f'number {number}')}"
        claim = _claim(entry, sources, where)
        if claim.id in claims:
            _fail(where, "an earlier claim has the same id", "give it another one")
        claims[claim.id] = claim
    return list(claims.values())


def _claim(entry: dict[str, Any], sources: Mapping[str, Any], where: str) -> Claim:
    _check_entries(entry, where)
    if "study" not in sources.get(entry["source"], {}):
        _fail(where, f"unknown source {entry['source']!r}", "describe it, with its study")
    _check_class(entry, where)
    _check_quantity(entry, where)
    _check_parameters(entry, where)
    rest = {name: entry[name] for name in entry if name not in {"class", "values"}}
    for name in ("members", "fields", "confounders"):
        rest[name] = tuple(rest.get(name, ()))
    for name in ("stated", "tolerance", "above", "below"):
        rest[name] = None if entry.get(name) is None else float(entry[name])
    values = tuple(_indicator(value, where) for value in entry.get("values", []))
    study = str(sources[entry["source"]]["study"])
    return Claim(**rest, study=study, claim_class=entry["class"], values=values)


def _check_entries(entry: Mapping[str, Any], where: str) -> None:
    for name in _REQUIRED:
        if not entry.get(name):
            _fail(where, f"entry {name!r} is missing", f"add {name} = …")
    for name, value in entry.items():
        if name not in _KINDS:
            _fail(where, f"unknown entry {name!r}", f"known: {', '.join(_KINDS)}")
        is_flag = isinstance(value, bool) and _KINDS[name] is not bool
        if is_flag or not isinstance(value, _KINDS[name]):
            _fail(where, f"entry {name!r} can't be {value!r}", "correct it")


def _check_class(entry: Mapping[str, Any], where: str) -> None:
    name, unit = entry["class"], entry.get("unit", "")
    if name not in CLASSES:
        _fail(where, f"unknown class {name!r}", f"known: {', '.join(CLASSES)}")
    known = {quantity.unit for quantity in QUANTITIES.values()}
    if unit and unit not in known:
        _fail(where, f"unknown unit {unit!r}", f"known: {', '.join(sorted(known))}")
    if name == "not testable" and entry.get("quantity"):
        _fail(where, "class 'not testable' has no quantity", "give a class that can be graded")


def _check_quantity(entry: Mapping[str, Any], where: str) -> None:
    name = entry.get("quantity", "")
    if not name:
        if not entry.get("why_not"):
            _fail(where, "neither a quantity nor a reason why there is none", "add why_not = …")
        return
    if name not in QUANTITIES:
        _fail(where, f"unknown quantity {name!r}", f"known: {', '.join(QUANTITIES)}")
    unit = QUANTITIES[name].unit
    if entry.get("unit", "") != unit:
        _fail(where, f"unit {entry.get('unit', '')!r} is not that of {name}", f"write {unit!r}")
    missing = [need for need in QUANTITIES[name].needs if not entry.get(need)]
    if missing:
        _fail(where, f"quantity {name} needs {', '.join(missing)}", "add it")
    if entry["class"] not in {"direction", "existence"} and "stated" not in entry:
        _fail(where, f"class {entry['class']!r} needs a stated value", "add stated = …")
    bounded = {"above", "below"} & set(entry) or entry.get("proxy")
    if entry["class"] == "direction" and not bounded:
        _fail(where, "class 'direction' needs a bound", "add above = … or below = …")


def _check_parameters(entry: Mapping[str, Any], where: str) -> None:
    codes = {*map(str, entry.get("members", [])), entry.get("against", "")} - {""}
    odd = sorted(codes - set(country_names()))
    if odd:
        _fail(where, f"unknown country code {', '.join(odd)}", "use ISO 3166-1 alpha-2")
    fields = sorted({*map(str, entry.get("fields", []))} - set(field_crosswalk()))
    if fields:
        _fail(where, f"unknown field {', '.join(fields)}", f"see {CROSSWALK_FILE.name}")
    if not FIRST_YEAR <= entry.get("year", FIRST_YEAR) <= LAST_YEAR:
        _fail(where, f"year {entry['year']} is out of range", "correct it")
    for name in ("first_rank", "tolerance"):
        if entry.get(name, 1) <= 0:
            _fail(where, f"{name} must be above 0", "correct it")
    if (
        entry["class"] in {"level", "growth", "rank", "always", "topic"}
        and entry.get("stated", 1) <= 0
    ):
        _fail(where, f"stated must be above 0 in class {entry['class']!r}", "correct it")


def _indicator(value: Any, where: str) -> Indicator:
    try:
        first, last = (int(year) for year in value["years"])
        low, high = (float(end) for end in value["stated"])
        area, code = value["area"], str(value["indicator"])
    except (KeyError, TypeError, ValueError):
        area, code, first, last, low, high = "", "", 0, 0, 0.0, 0.0
    if area not in {"region", "home"} or not 0 < low <= high or first > last:
        step = "give indicator, area (region or home), years [first, last], stated [low, high]"
        _fail(where, f"can't read the value {value!r}", step)
    return Indicator(code, area, (first, last), (low, high))


def _fail(where: str, said: str, step: str) -> NoReturn:
    msg = f"{where}: {said}."
    raise InputError(msg, step)
