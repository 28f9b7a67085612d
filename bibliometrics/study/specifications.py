"""
Other definitions under which a study's works are counted: readings and lenses.

*Readings* are what the document may have meant, crossed in full: document types, sources, the
institution with or without its parts, lists of the region. *Lenses* are other ways to look, one at
a time around the primary specification. Both are data: ``definitions/specifications.toml``, the
institution's parts, the package's regions.
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
from bibliometrics.study.model import Region, Specification, Study

SET_BY: Final = {
    "document_types": ("types", "without_types"),
    "source": ("core_source",),
    "team_size": ("max_authors", "max_countries"),
    "institution": ("institution",),
    "region": ("region",),
    "home": ("home",),
    "affiliations": ("without_institutions",),
}
AXES: Final = tuple(SET_BY)
READING, LENS = "reading", "lens"
AS_MATCHED: Final = "as matched"
WITHOUT_SUSPECTS: Final = "without suspect matches"
FRACTIONAL: Final = "fractional counting"
BY_ADDRESS: Final = "name in the address of the first 100 authors"


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
class Variant:
    """
    One row of the table ``specifications``: a reading or a lens.

    ``choices`` has the name of the choice for every one of ``AXES``; ``id`` is a reading's choices
    in words, or what a lens changes. ``address`` is the name that the institution condition looks
    for in addresses instead.
    """

    id: str
    family: str
    specification: Specification
    choices: tuple[tuple[str, str], ...]
    is_primary: bool = False
    address: str = ""


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


def _own(study: Study, axis: str) -> Choice:
    """Return the study's own choice on an axis, named by what it says."""
    primary = study.primary
    sizes = {"authors": primary.max_authors, "countries": primary.max_countries}
    bounds = [f"{most} {what}" for what, most in sizes.items() if most]
    names = {
        "document_types": ", ".join(primary.types) or "every type",
        "source": {True: "core sources", False: "other sources", None: "any source"}[
            primary.core_source
        ],
        "team_size": f"at most {' and '.join(bounds)}" if bounds else "any size",
        "institution": _rule_name(study, primary.institution),
        "region": study.region_of(primary).name,
        "home": ", ".join(primary.home or study.home),
        "affiliations": AS_MATCHED if not primary.without_institutions else "the study's own",
    }
    said = {name: getattr(primary, name) for name in SET_BY[axis]}
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


def _rule(study: Study, rule: str) -> Choice:
    return _choice("institution", _rule_name(study, rule), institution=rule)


def _other_regions(study: Study, family: str) -> Iterator[Choice]:
    """Give other lists of the region that lie apart from institution and home."""
    regions: dict[str, Region] = {region.key: region for region in study.regions}
    apart = {study.institution.country, *(study.primary.home or study.home)}
    for key in _definitions()[family]["region"].get(study.region_of(study.primary).key, ()):
        if key in regions and not apart & set(regions[key].codes):
            yield _choice("region", regions[key].name, region=key)


def list_readings(study: Study) -> list[Variant]:
    """
    List what a document may have meant: every distinct reading of its definitions, crossed.

    >>> from bibliometrics.study import load_study
    >>> len(list_readings(load_study("cas-latin-america")))
    54
    """
    told = _definitions()["readings"]
    parts = [part for part, _ in study.institution.parts]
    cut = [f"minus:{','.join(parts[:number])}" for number in range(1, len(parts) + 1)]
    axes = [
        [_choice("document_types", **entry) for entry in told["document_types"]],
        [_choice("source", **entry) for entry in told["source"]],
        [_rule(study, rule) for rule in ("lineage", *cut)],
        [_own(study, "region"), *_other_regions(study, "readings")],
    ]
    crossed = product(
        *(
            choices
            if any(choice.is_in(study.primary) for choice in choices)
            else [_own(study, choices[0].axis), *choices]
            for choices in axes
        )
    )
    return [
        _variant(study, READING, " | ".join(choice.name for choice in choices), choices)
        for choices in crossed
    ]


def list_lenses(study: Study) -> list[Variant]:
    """
    List other ways to look, each a departure from the primary specification alone.

    A bound on authors or countries is taken within the study's own. What leaves the primary
    specification as it is, is no lens.

    >>> from bibliometrics.study import load_study
    >>> len(list_lenses(load_study("cas-latin-america")))
    12
    """
    told, home = _definitions()["lenses"], study.primary.home or study.home
    codes = study.region_of(study.primary).codes
    parts = [part for part, _ in study.institution.parts][:1]
    choices = [
        *(_within_own(study, **entry) for entry in told["team_size"]),
        _rule(study, "exact"),
        *(_rule(study, f"without:{part}") for part in parts),
        *_other_regions(study, "lenses"),
    ]
    if len(home) == 1:
        choices += [
            _choice("home", entry["name"], home=sorted(entry["codes"]))
            for entry in told["home"].get(home[0], ())
            if not set(entry["codes"]) & set(codes)
        ]
    known = [entry["id"] for entry in list_suspects(study) if entry["id"]]
    if known:
        choices.append(_choice("affiliations", WITHOUT_SUSPECTS, without_institutions=known))
    found = [
        _variant(study, LENS, choice.name, (choice,))
        for choice in choices
        if not choice.is_in(study.primary)
    ]
    whole = _variant(study, LENS, FRACTIONAL, ())
    by_name = Choice("institution", BY_ADDRESS, ())
    address = _variant(study, LENS, BY_ADDRESS, (by_name,), study.institution.name)
    return [*found, replace(whole, is_primary=False), replace(address, is_primary=False)]


def _within_own(study: Study, name: str, **bounds: int) -> Choice:
    """Return bounds of a lens within those of the study."""
    both = {key: getattr(study.primary, key) for key in SET_BY["team_size"]}
    least = {
        key: min((n for n in (own, bounds.get(key)) if n is not None), default=None)
        for key, own in both.items()
    }
    return Choice("team_size", name, tuple(sorted(least.items())))


def list_specifications(study: Study) -> list[Variant]:
    """Return every row of the table ``specifications``: the readings, then the lenses."""
    return [*list_readings(study), *list_lenses(study)]


def list_suspects(study: Study) -> list[dict[str, str]]:
    """Return the suspect institutions that concern a study."""
    codes, home = study.region_of(study.primary).codes, study.primary.home or study.home
    return [
        {name: str(entry[name]) for name in ("name", "id", "country", "source", "date")}
        for entry in _definitions()["suspects"]
        if entry["country"] in codes and entry["of"] in home
    ]


def _variant(
    study: Study, family: str, name: str, choices: Iterable[Choice], address: str = ""
) -> Variant:
    changes = {name: value for choice in choices for name, value in choice.changes}
    named = {axis: _own(study, axis).name for axis in AXES}
    named |= {choice.axis: choice.name for choice in choices}
    specification = replace(study.primary, **changes)
    is_primary = specification == study.primary
    return Variant(name, family, specification, tuple(named.items()), is_primary, address)


def specifications_hash(study: Study) -> str:
    """
    Return the SHA-256 (hexadecimal) of all readings and lenses.

    It stands beside the study's own hash, which they leave as it is.
    """
    listed = [(one.id, one.family, asdict(one.specification)) for one in list_specifications(study)]
    text = json.dumps([study.hash, listed], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
