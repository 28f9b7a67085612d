"""
The ledger: what documents claim, and our tests of it, read from ``definitions/claims.toml``.

A claim holds the document's words with nothing of ours in it; a test is our reading of it. The
quantities that tests name are registered in :mod:`bibliometrics.claims.quantities`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from bibliometrics.claims.quantities import CROSSWALK_FILE, QUANTITIES, field_crosswalk
from bibliometrics.claims.rules import COUNTED_UNITS, NOT_GRADED, NOT_PUBLICATIONS, Test
from bibliometrics.errors import InputError
from bibliometrics.files import LEDGER_FILE
from bibliometrics.models import Text, read_form, read_toml
from bibliometrics.study.model import FIRST_YEAR, LAST_YEAR, Study, country_names


@dataclass(frozen=True)
class Document:
    """A document, and the study that its claims belong to: institution, region and years."""

    title: Text
    kind: Text
    study: Text
    institution: Text
    region: Text
    years: tuple[int, int]


@dataclass(frozen=True)
class Arithmetic:
    """Numbers of the document held against one another, and what they should give."""

    of: tuple[Text, Text]
    gives: Literal["increase", "rate"]
    stated: float
    digits: int


@dataclass(frozen=True, kw_only=True)
class Claim:
    """
    One claim of a document, in our words, with nothing of ours in it.

    ``same_as`` names the claim with which it is judged once. ``about`` says what a claim without
    a test is about: ``publications`` are shown, other things are not. ``shows`` says what of
    publications stands beside it, ``neighbours`` which other quantities do.
    """

    id: Text
    source: Text
    display: Text
    title: Text
    statement: Text
    tests: tuple[Test, ...] = ()
    neighbours: tuple[Test, ...] = ()
    arithmetic: Arithmetic | None = None
    same_as: str = ""
    about: Literal["publications", "other"] = "publications"
    shows: str = ""
    document: Document | None = None

    @property
    def study(self) -> str:
        """The study that the claim belongs to."""
        return self.document.study if self.document else ""

    @property
    def ungraded(self) -> str:
        """The line of the claim while it has no test."""
        return NOT_GRADED if self.about == "publications" else NOT_PUBLICATIONS


@dataclass(frozen=True)
class Ledger:
    """The file as a whole: documents, when ranges were fixed, and claims."""

    sources: dict[str, Document]
    fixed: dict[str, str]
    claims: tuple[dict[str, Any], ...]


def _check_claim(claim: Claim, where: str) -> None:
    """Refuse a claim that says nothing, and tests that can't be computed."""
    ids = [test.id for test in claim.tests]
    if len({*ids}) != len(ids) or not all(one.startswith(claim.id) for one in ids):
        _fail(where, f"ids of tests must differ and begin with {claim.id}, not {', '.join(ids)}")
    if not claim.tests and not claim.shows and not claim.same_as:
        _fail(where, "neither a test nor what is shown", "add tests, shows = … or same_as = …")
    for test in (*claim.tests, *claim.neighbours):
        _check_test(test, f"{where}, test {test.id}")


def _check_test(test: Test, where: str) -> None:
    """Refuse a test of an unknown quantity, or one that lacks what it needs."""
    known = QUANTITIES.get(test.quantity)
    if known is None:
        _fail(where, f"unknown quantity {test.quantity!r}", f"known: {', '.join(QUANTITIES)}")
    missing = [need for need in known.needs if not _given(getattr(test, need))]
    if missing:
        _fail(where, f"quantity {test.quantity} needs {', '.join(missing)}", "add it")
    if test.holds_from > test.holds_to:
        _fail(where, f"holds_from {test.holds_from:g} is above holds_to {test.holds_to:g}")
    ends = [end for end in test.ends if math.isfinite(end)]
    if known.unit == "share" and not all(0 <= end <= 1 for end in ends):
        _fail(where, "the range of a share lies between 0 and 1")
    odd = sorted({*test.members, *_codes(test)} - {*country_names()})
    if odd:
        _fail(where, f"unknown country code {', '.join(odd)}", "use ISO 3166-1 alpha-2")
    fields = sorted({*test.fields} - {*field_crosswalk()})
    if fields:
        _fail(where, f"unknown field {', '.join(fields)}", f"see {CROSSWALK_FILE.name}")
    if test.year and not FIRST_YEAR <= test.year <= LAST_YEAR:
        _fail(where, f"year {test.year} is out of range")


def _codes(test: Test) -> tuple[str, ...]:
    return test.against if test.quantity == "partner_ratio" else ()


def _fail(where: str, said: str, step: str = "correct it") -> NoReturn:
    msg = f"{where}: {said}."
    raise InputError(msg, step)


def _given(value: object) -> bool:
    return value not in (None, "", 0, (), (0, 0))


def load_claims(path: Path = LEDGER_FILE) -> list[Claim]:
    """
    Read a ledger of claims.

    >>> load_claims()[0].id
    'P01'
    """
    ledger = read_form(Ledger, read_toml(path), f"ledger {path}")
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(ledger.claims, start=1):
        where = f"ledger {path}, claim {entry.get('id', f'number {number}')}"
        claim = read_form(Claim, entry, where)
        if claim.source not in ledger.sources:
            _fail(where, f"unknown source {claim.source!r}", "describe it under [sources]")
        _check_claim(claim, where)
        if claim.id in claims:
            _fail(where, "an earlier claim has the same id", "give it another one")
        tests = tuple(replace(one, fixed={**ledger.fixed, **one.fixed}) for one in claim.tests)
        claims[claim.id] = replace(claim, document=ledger.sources[claim.source], tests=tests)
    for claim in claims.values():
        named = {claim.same_as, *(claim.arithmetic.of if claim.arithmetic else ())} - {""}
        odd = sorted(named - {*claims})
        if odd:
            _fail(
                f"ledger {path}, claim {claim.id}", f"it names {', '.join(odd)}, which is no claim"
            )
    return list(claims.values())


def belongs(claim: Claim, study: Study) -> bool:
    """Say whether a claim is about a study's institution, region and span of years."""
    about = claim.document
    return about is not None and (about.study, about.institution, about.region, about.years) == (
        study.id,
        study.institution.key,
        study.region.key,
        study.years,
    )


def find_claim(claims: Sequence[Claim], name: str, study: Study | None = None) -> Claim:
    """Return one claim, of a study if one is given."""
    claim = next((one for one in claims if one.id == str(name).upper()), None)
    if claim is None:
        msg = f"there is no claim {name!r}."
        raise InputError(msg, f"known: {', '.join(one.id for one in claims)}")
    about = claim.document
    if about is not None and study is not None and not belongs(claim, study):
        msg = (
            f"claim {claim.id} is about institution {about.institution!r}, region "
            f"{about.region!r}, {about.years[0]} to {about.years[1]}, not about study {study.id!r}."
        )
        raise InputError(msg, f"ask it of study {about.study!r} as it comes with the package")
    return claim


def format_value(value: float | None, unit: str | None, beside: Sequence[float] = ()) -> str:
    """
    Return a value for reading: shares, increases and rates in percent, counts in full.

    It gets as many decimals as keep it apart from the values ``beside`` which it stands. A large
    increase is told in times what there was.

    >>> format_value(0.5359, "share"), format_value(0.996, "ratio", [1])
    ('53.6 %', '0.996')
    >>> format_value(0.826, "increase"), format_value(6.2, "increase")
    ('82.6 %', '6.2-fold')
    """
    if value is None or math.isinf(value):
        return ""
    digits = 0 if unit in {"works", *COUNTED_UNITS} or (unit == "value" and value >= 1000) else 1
    digits += unit in {"ratio", "value"} and digits
    while digits < MOST_DIGITS and any(
        _digits(value, unit, digits) == _digits(one, unit, digits) and one != value
        for one in beside
    ):
        digits += 1
    return _digits(value, unit, digits)


MOST_DIGITS: Final = 6
FOLD: Final = 2


def _digits(value: float, unit: str | None, digits: int) -> str:
    """Return a number with that many decimals, without zeros at their end."""
    is_fold = unit == "increase" and value >= FOLD
    is_percent = unit in {"share", "increase", "per year"} and not is_fold
    text = f"{100 * value if is_percent else value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text} %" if is_percent else f"{text}-fold" if is_fold else text
