"""Study files made and checked, and the API probed: what these commands do and say."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bibliometrics.cli.parser import read_years
from bibliometrics.errors import InputError, UsageError
from bibliometrics.openalex import credentials as access
from bibliometrics.openalex.institutions import Member, identify, list_parents
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.study.draft import (
    Draft,
    check_path,
    check_text,
    describe_study,
    find_definition,
    find_region,
    lines_of,
    name_of,
    region_names,
    region_short,
    render_study,
    slug,
    write_study,
)
from bibliometrics.study.model import Study, check_countries, country_names, load_study

DIFFERENT: Final = 15
UNFOUND: Final = (
    "not among the institutions that publish most with the home country: until its id is known, "
    "the specification without suspect matches leaves it in"
)
HELD: Final = {True: "holds", False: "DIFFERS", None: "not tried"}

Told = tuple[dict[str, Any], list[str]]


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What ``study new`` was told; empty or None where it was not."""

    institution: str = ""
    region: str = ""
    years: tuple[int, int] | None = None
    home: str = ""
    title: str = ""
    out: Path | None = None
    offline: bool = False
    force: bool = False


def _source() -> OpenAlex:
    return OpenAlex(None, base_url=access.read_address(), key=access.read_key())


def new_study(wishes: Wishes, ask: Callable[[str], str] | None) -> Told:
    """Write a study file."""
    wishes = _complete(wishes, ask)
    region = find_region(wishes.region)
    if wishes.out is not None:
        check_path(wishes.out, force=wishes.force)
    if wishes.offline:
        institution, home = _known_here(wishes)
        return _save(wishes, region, institution, (), home)
    with _source() as source:
        found = _choose(wishes.institution, source, ask)
        record = source.record(found.id)
        below = source.list_below(found.id)
        acronyms = record.get("display_name_acronyms") or [found.name]
        entries = {
            "id": found.id,
            "ror": found.ror,
            "name": found.name,
            "short": str(acronyms[0]),
            "country": found.country,
            "source": "OpenAlex: its record, and institutions with it in their lineage",
        }
        members = tuple(list_parents(found.id, below))
        return _save(wishes, region, entries, members, (found.country,), source)


def _complete(wishes: Wishes, ask: Callable[[str], str] | None) -> Wishes:
    """Ask for what is missing."""
    values = {"institution": wishes.institution, "region": wishes.region, "years": wishes.years}
    missing = [name for name, value in values.items() if not value]
    if missing and ask is None:
        flags = ", ".join(f"--{name}" for name in missing)
        msg = f"study new needs {flags}, and there is no terminal to ask at."
        raise UsageError(msg, "see `python -m bibliometrics study new --help`")
    if ask is None or not missing:
        return wishes
    institution, region, years = wishes.institution, wishes.region, wishes.years
    return replace(
        wishes,
        institution=institution or ask("Institution (name, ROR id or OpenAlex id): "),
        region=region or ask("\n".join([*region_names(), "Region: "])),
        years=years or _read_years(ask("Years (such as 2010-2020): ")),
    )


def _read_years(text: str) -> tuple[int, int]:
    try:
        return read_years(text.strip())
    except ArgumentTypeError as error:
        msg = f"{error}."
        raise UsageError(msg, "run the same command again") from None


def _known_here(wishes: Wishes) -> tuple[str | dict[str, str], tuple[str, ...]]:
    """Return institution and home without OpenAlex: a definition of ours, or a bare id."""
    known = find_definition(wishes.institution)
    if known:
        return known[0], (str(known[1]["country"]),)
    key = identify(wishes.institution)
    if not key.startswith("I") or not wishes.home:
        msg = f"without network nothing is known of {wishes.institution!r}."
        raise InputError(msg, "give an OpenAlex id and --home, or leave out --offline")
    country = wishes.home.upper().partition(",")[0].strip()
    check_countries((country,), "--home")
    entries = {
        "id": key,
        "name": key,
        "country": country,
        "source": "Its id as given; not looked up",
    }
    return entries, ()


def _choose(text: str, source: OpenAlex, ask: Callable[[str], str] | None) -> Member:
    known = find_definition(text)
    found = source.find(str(known[1]["id"]) if known else text)
    n_matches = getattr(found, "n_matches", len(found))
    exact = [one for one in found if one.name.casefold() == text.strip().casefold()]
    if len(found) > 1 and len(exact) == 1:
        found = exact
    if not found:
        msg = f"OpenAlex knows no institution {text!r}."
        raise InputError(msg, "try another spelling, or its ROR id (ror.org)")
    if len(found) == 1:
        return found[0]
    lines = [
        f"{number}. {one.name}, {country_names().get(one.country, one.country)} "
        f"({one.id}, ROR {one.ror or 'none'}, {one.n_works:,} works)"
        for number, one in enumerate(found, start=1)
    ]
    if ask is None:
        listed = "; ".join(line.partition(". ")[2] for line in lines)
        many = f", the first {len(found)} of them" if n_matches > len(found) else ""
        msg = f"{text!r} may be {n_matches} institutions{many}: {listed}."
        raise InputError(msg, "name one by its OpenAlex id with --institution")
    answer = ask("\n".join([*lines, f"Which (1 to {len(found)})? "])).strip()
    if not answer.isdecimal() or not 1 <= int(answer) <= len(found):
        msg = f"{answer!r} is none of 1 to {len(found)}."
        raise UsageError(msg, "run the same command again")
    return found[int(answer) - 1]


def _codes(text: str) -> tuple[str, ...]:
    return check_countries(tuple(re.findall(r"\w+", text.upper())), "--home")


def _save(
    wishes: Wishes,
    region: str,
    institution: str | dict[str, str],
    members: tuple[tuple[str, str, str, str], ...],
    home: tuple[str, ...],
    source: OpenAlex | None = None,
) -> Told:
    """Check the study, offline and by OpenAlex, then write its file."""
    years = wishes.years or (0, 0)
    short = name_of(institution)
    path = wishes.out or Path(f"{slug(short, region_short(region))}.toml")
    check_path(path, force=wishes.force)
    draft = Draft(
        id=slug(path.stem),
        title=wishes.title or f"{short} and {region_short(region)}, {years[0]}-{years[1]}",
        years=years,
        region=region,
        institution=institution,
        home=_codes(wishes.home) if wishes.home else home,
        members=members,
    )
    text = render_study(draft, datetime.now(UTC).date())
    study = check_text(text, path)
    notes = []
    if source is not None:
        source.check(study)
        notes += source.notes
    write_study(text, path)
    told = {"file": str(path), "study": study.id, **describe_study(study), "notes": notes}
    lines = [f"written: {path}", *lines_of(study)]
    lines += [f"note: {note}" for note in notes]
    return told, [*lines, f"next: python -m bibliometrics plan --study {path}"]


def check_online(study: Study) -> list[str]:
    """Hold a study against OpenAlex: its institution, and what lies below it."""
    with _source() as source:
        source.check(study)
        source.members(study.institution)
        return source.notes


def probe(name: str) -> tuple[dict[str, Any], list[str], int]:
    """Ask what the counts take for granted about the API."""
    study = load_study(name)
    with _source() as source:
        findings, suspects = source.probe(study)
        spent, notes = source.cost_usd, source.notes
    fine = all(one.holds is not False for one in findings)
    value = {
        "study": study.id,
        "holds": fine,
        "cost_usd": round(spent, 6),
        "probes": [asdict(one) for one in findings],
        "suspects": [asdict(one) for one in suspects],
        "notes": notes,
    }
    lines = []
    for one in findings:
        lines += [f"{HELD[one.holds]:10} {one.what}: expected {one.expected}; came {one.came}"]
        lines += [f"{'':10} then: {one.meaning}"] if one.holds is False else []
    for suspect in suspects:
        ids = ", ".join(suspect.ids)
        said = f'id = "{ids}", to be put into definitions/specifications.toml' if ids else UNFOUND
        lines.append(f"suspect    {suspect.name} ({suspect.country}): {said}")
    lines += [f"note: {note}" for note in notes]
    number = sum(one.holds is False for one in findings)
    tail = f"{number} of {len(findings)} differ" if number else f"none of {len(findings)} differs"
    return value, [*lines, f"{tail}; cost: {spent:.4f} USD"], 0 if fine else DIFFERENT
