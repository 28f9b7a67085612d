"""
The specification curve: every defensible set of definitions under which a study's works count.

Most documents leave open which works, sources, team sizes and institutes they count. The *strong*
axes are crossed in full, each combination with the same weight; *weak* axes vary one at a time
around the primary specification, with weight 0. The axes are data: ``definitions/
specifications.toml``, the institution's parts, the package's regions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import product
from typing import Any, Final

from bibliometrics.files import DEFINITIONS
from bibliometrics.models import read_toml
from bibliometrics.study.model import Specification, Study

STRONG_AXES: Final = ("document_types", "source", "team_size", "institution")
AXES: Final = (*STRONG_AXES, "region", "home", "affiliations")
AS_MATCHED: Final = "as matched"
WITHOUT_SUSPECTS: Final = "without suspect matches"
SET_BY: Final = {
    "document_types": ("types", "without_types"),
    "source": ("core_source",),
    "team_size": ("max_authors", "max_countries"),
    "institution": ("institution",),
    "region": ("region",),
    "home": ("home",),
    "affiliations": ("without_institutions",),
}


@dataclass(frozen=True)
class Choice:
    """One value of an axis: its name for readers, and what it sets in a specification."""

    axis: str
    name: str
    changes: tuple[tuple[str, Any], ...]

    def is_in(self, specification: Specification) -> bool:
        """Say whether a specification makes this choice."""
        return all(getattr(specification, name) == value for name, value in self.changes)


@dataclass(frozen=True)
class CurvePoint:
    """
    One specification of the curve.

    ``choices`` has the name of the choice for every one of ``AXES``. ``axis`` is the weak axis that
    departs from the primary specification; empty for the strong ones. Weights add up to 1.
    """

    id: str
    specification: Specification
    choices: tuple[tuple[str, str], ...]
    weight: float
    is_primary: bool
    axis: str = ""

    @property
    def is_strong(self) -> bool:
        """Whether it belongs to the full crossing of the strong axes."""
        return not self.axis


@cache
def _definitions() -> dict[str, Any]:
    return read_toml(DEFINITIONS / "specifications.toml")


def _choice(axis: str, name: str, **values: Any) -> Choice:
    """Return a choice; lists become tuples, and ``"any"`` no condition."""
    plain = {
        key: tuple(value) if isinstance(value, list) else None if value == "any" else value
        for key, value in values.items()
    }
    known = plain if axis != "document_types" else {"without_types": (), **plain}
    return Choice(axis, name, tuple(sorted(known.items())))


def _listed(axis: str, entries: Iterable[dict[str, Any]]) -> list[Choice]:
    return [_choice(axis, **entry) for entry in entries]


def _own(study: Study, axis: str) -> Choice:
    """Return the study's own choice on an axis, named by what it says."""
    said = {name: getattr(study.primary, name) for name in SET_BY[axis]}
    names = {
        "document_types": ", ".join(study.primary.types) or "every type",
        "source": {True: "core sources", False: "other sources"}.get(
            bool(study.primary.core_source), ""
        ),
        "team_size": "the study's own sizes",
        "institution": _rule_name(study, study.primary.institution),
        "region": study.region_of(study.primary).name,
        "home": ", ".join(study.primary.home or study.home),
        "affiliations": AS_MATCHED if not study.primary.without_institutions else "the study's own",
    }
    return Choice(axis, names[axis], tuple(sorted(said.items())))


def _rule_name(study: Study, rule: str) -> str:
    """
    Return an institution rule in words.

    ``minus:ustc,ucas`` becomes ``minus USTC and UCAS``.
    """
    kind, _, parts = rule.partition(":")
    names = dict(study.institution.part_names)
    listed = [names.get(part, part) for part in parts.split(",") if part]
    told = " and ".join(filter(None, [", ".join(listed[:-1]), *listed[-1:]]))
    return {"minus": f"minus {told}", "without": f"without {told} co-authors"}.get(kind, kind)


def _strong_choices(study: Study) -> list[list[Choice]]:
    """Return the choices of each strong axis; the study's own is among them."""
    parts = [part for part, _ in study.institution.parts]
    cut = [f"minus:{','.join(parts[:number])}" for number in range(1, len(parts) + 1)]
    rules = ("lineage", *cut, "exact")
    axes = {axis: _listed(axis, entries) for axis, entries in _definitions()["strong"].items()}
    axes["institution"] = [
        _choice("institution", _rule_name(study, rule), institution=rule) for rule in rules
    ]
    found = []
    for axis in STRONG_AXES:
        choices = axes[axis]
        if not any(choice.is_in(study.primary) for choice in choices):
            choices = [_own(study, axis), *choices]
        found.append(choices)
    return found


def _weak_choices(study: Study) -> Iterator[Choice]:
    """Give the choices of weak axes, in the order of ``AXES``; none that the primary makes."""
    weak = _definitions()["weak"]
    home = study.primary.home or study.home
    parts = [part for part, _ in study.institution.parts][:1]
    regions = {region.key: region for region in study.regions}
    keys = weak["region"].get(study.region_of(study.primary).key, ())
    apart = {study.institution.country, *home}
    found = [
        *_listed("document_types", weak["document_types"]),
        *_listed("team_size", weak["team_size"]),
        *(
            _choice(
                "institution", _rule_name(study, f"without:{part}"), institution=f"without:{part}"
            )
            for part in parts
        ),
        *(
            _choice("region", regions[key].name, region=key)
            for key in keys
            if key in regions and not apart & set(regions[key].codes)
        ),
    ]
    if len(home) == 1:
        codes = study.region_of(study.primary).codes
        found += [
            _choice("home", entry["name"], home=sorted(entry["codes"]))
            for entry in weak["home"].get(home[0], ())
            if not set(entry["codes"]) & set(codes)
        ]
    known = tuple(entry["id"] for entry in list_suspects(study) if entry["id"])
    if known:
        found.append(_choice("affiliations", WITHOUT_SUSPECTS, without_institutions=list(known)))
    for choice in found:
        if not choice.is_in(study.primary):
            yield choice


def list_readings(study: Study) -> list[CurvePoint]:
    """
    List what a document may have meant: every distinct reading of its definitions, crossed.

    Document types, sources, the institution with or without its parts, and lists of the region. The
    ``id`` of a reading is its choices in words.

    >>> from bibliometrics.study import load_study
    >>> len(list_readings(load_study("cas-latin-america")))
    54
    """
    document_types, source, _, institution = _strong_choices(study)
    regions = {region.key: region for region in study.regions}
    primary = study.region_of(study.primary)
    keys = _definitions()["readings"]["region"].get(primary.key, ())
    apart = {study.institution.country, *(study.primary.home or study.home)}
    region = [
        _choice("region", primary.name, region=study.primary.region),
        *(
            _choice("region", regions[key].name, region=key)
            for key in keys
            if key in regions and not apart & set(regions[key].codes)
        ),
    ]
    rules = [
        choice for choice in institution if choice.name != "exact" or choice.is_in(study.primary)
    ]
    crossed = list(product(document_types, source, rules, region))
    own = {axis: _own(study, axis).name for axis in AXES}
    return [
        _point(study, " | ".join(one.name for one in choices), own, choices, 1 / len(crossed))
        for choices in crossed
    ]


def list_suspects(study: Study) -> list[dict[str, str]]:
    """Return the suspect institutions that concern a study."""
    codes, home = study.region_of(study.primary).codes, study.primary.home or study.home
    return [
        {name: str(entry[name]) for name in ("name", "id", "country", "source", "date")}
        for entry in _definitions()["suspects"]
        if entry["country"] in codes and entry["of"] in home
    ]


def big_science_name() -> str:
    """Return the name of what is left without big science."""
    return str(_definitions()["big_science"]["name"])


def without_big_science(study: Study) -> Specification:
    """
    Return the primary specification without works of very many authors or countries.

    The bounds are those of the Institute for Scientific Information (2019): more than 100 authors
    or more than 30 countries. A tighter bound of the study stays.
    """
    bounds = _definitions()["big_science"]
    most = {
        name: min(bounds[name], getattr(study.primary, name) or bounds[name])
        for name in ("max_authors", "max_countries")
    }
    return replace(study.primary, **most)


def build_curve(study: Study) -> list[CurvePoint]:
    """
    List every specification of a study's curve.

    >>> from bibliometrics.study import load_study
    >>> curve = build_curve(load_study("cas-latin-america"))
    >>> sum(point.is_strong for point in curve)
    96
    """
    axes = _strong_choices(study)
    crossed = list(product(*axes))
    own = {axis: _own(study, axis).name for axis in AXES}
    own |= {
        choice.axis: choice.name
        for choices in axes
        for choice in choices
        if choice.is_in(study.primary)
    }
    points = [
        _point(study, f"S{number:0{_width(crossed)}}", own, choices, 1 / len(crossed))
        for number, choices in enumerate(crossed, start=1)
    ]
    weak = list(_weak_choices(study))
    points += [
        _point(study, f"W{number:0{_width(weak)}}", own, (choice,), 0.0, choice.axis)
        for number, choice in enumerate(weak, start=1)
    ]
    return points


def _width(listed: list[Any]) -> int:
    return max(2, len(str(len(listed))))


def _point(
    study: Study,
    name: str,
    own: dict[str, str],
    choices: tuple[Choice, ...],
    weight: float,
    axis: str = "",
) -> CurvePoint:
    changes = {name: value for choice in choices for name, value in choice.changes}
    named = own | {choice.axis: choice.name for choice in choices}
    specification = replace(study.primary, **changes)
    return CurvePoint(
        id=name,
        specification=specification,
        choices=tuple(named.items()),
        weight=weight,
        is_primary=specification == study.primary,
        axis=axis,
    )


def curve_hash(study: Study) -> str:
    """
    Return the SHA-256 (hexadecimal) of all specifications of a curve.

    It stands beside the study's own hash, which the curve leaves as it is.
    """
    listed = [(point.id, point.weight, asdict(point.specification)) for point in build_curve(study)]
    text = json.dumps([study.hash, listed], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
