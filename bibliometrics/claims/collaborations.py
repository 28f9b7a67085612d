"""
Papers of large collaborations: real records that prove "at least so many" papers of an institution.

Every paper of these collaborations carries its whole list of authors, so each is a paper of every
institute that signed in its year. Whether a database counts it for the institution depends on its
rule: the institution as an *organisation*, or its name in the *address*. Both are kept.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bibliometrics.errors import InputError
from bibliometrics.files import raw_input_folder
from bibliometrics.study.model import FIRST_YEAR, LAST_YEAR

PAPERS: Final = "collaboration_papers.csv"
MEMBERS: Final = "collaboration_members.csv"
SAMPLES: Final = "samples.csv"
COLUMNS: Final = {
    PAPERS: ("year", "collaborations", "doi", "doi_year", "preprint_year", "source"),
    MEMBERS: (
        "collaboration",
        "institutes",
        "country_code",
        "cas_unit",
        "year_from",
        "year_to",
        "years_seen",
        "evidence",
    ),
    SAMPLES: ("claim", "quantity", "k", "n", "frame", "years", "source"),
}
ORGANISATION, ADDRESS, SEEN = "papers_organisation", "papers_address", "papers_members_seen"


@dataclass(frozen=True)
class Paper:
    """A paper by the year of its journal; ``doi`` is empty where the list has none."""

    year: int
    collaborations: tuple[str, ...]
    doi: str


@dataclass(frozen=True)
class Member:
    """
    Institutes of a country that signed a collaboration's papers, from and to a year.

    ``unit`` names the institution's own units, empty for others; ``seen`` holds the years in which
    a list of authors was looked at, between which membership is only bracketed.
    """

    collaboration: str
    institutes: str
    country_code: str
    unit: str
    years: range
    seen: frozenset[int]


@dataclass(frozen=True)
class Sample:
    """``k`` of ``n`` records of a narrow frame: shown beside a claim, never graded."""

    claim: str
    quantity: str
    k: int
    n: int
    frame: str
    years: str


def _lines(name: str, folder: Path | None) -> Iterator[tuple[dict[str, str], str]]:
    path = (folder or raw_input_folder("witnesses")) / name
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"can't read witness file {path}: {getattr(error, 'strerror', None) or error}."
        raise InputError(msg, "restore it from the repository") from error
    for number, row in enumerate(rows, start=2):
        if tuple(row) != COLUMNS[name] or None in row.values():
            msg = f"witness file {path}, line {number}: expected {', '.join(COLUMNS[name])}."
            raise InputError(msg, "correct the line")
        yield row, f"witness file {path}, line {number}"


def _int(text: str, least: int, most: int, where: str) -> int:
    if not text.isdigit() or not least <= int(text) <= most:
        msg = f"{where}: {text!r}, expected a number from {least} to {most}."
        raise InputError(msg, "correct it")
    return int(text)


def _year(text: str, where: str) -> int:
    return _int(text, FIRST_YEAR, LAST_YEAR, where)


def _span(text: str, where: str) -> range:
    first, _, last = text.partition("-")
    return range(_year(first, where), _year(last or first, where) + 1)


def read_papers(folder: Path | None = None) -> list[Paper]:
    """Read the papers of the collaborations, each DOI once."""
    papers, seen = list[Paper](), dict[str, str]()
    for row, where in _lines(PAPERS, folder):
        doi = row["doi"].lower()
        if doi in seen:
            msg = f"{where}: the same DOI as in {seen[doi]}: {doi}."
            raise InputError(msg, "keep one of the two")
        if doi:
            seen[doi] = where
        papers.append(
            Paper(_year(row["year"], where), tuple(row["collaborations"].split("+")), doi)
        )
    return papers


def read_members(folder: Path | None = None) -> list[Member]:
    """Read who signed the papers of which collaboration, and when that was seen."""
    return [
        Member(
            row["collaboration"],
            row["institutes"],
            row["country_code"],
            row["cas_unit"],
            range(_year(row["year_from"], where), _year(row["year_to"], where) + 1),
            frozenset(year for part in row["years_seen"].split() for year in _span(part, where)),
        )
        for row, where in _lines(MEMBERS, folder)
    ]


def read_samples(folder: Path | None = None) -> list[Sample]:
    """Read the samples of real records."""
    samples = []
    for row, where in _lines(SAMPLES, folder):
        n = _int(row["n"], 1, 10**9, where)
        k = _int(row["k"], 0, n, where)
        samples.append(Sample(row["claim"], row["quantity"], k, n, row["frame"], row["years"]))
    return samples


def count_floor(
    papers: Iterable[Paper], members: Iterable[Member], region: str, name: str
) -> dict[tuple[str, int, str], int]:
    """Count the papers that must be papers of the institution and the region."""
    members = list(members)
    counts: Counter[tuple[str, int, str]] = Counter()
    for paper in papers:
        mine = [
            one
            for one in members
            if one.collaboration in paper.collaborations and paper.year in one.years
        ]
        rules = {
            ORGANISATION: mine,
            ADDRESS: _named(mine, name),
            SEEN: [one for one in mine if paper.year in one.seen],
        }
        for quantity, those in rules.items():
            for code in _joined(those, region):
                counts[quantity, paper.year, code] += 1
    return dict(counts)


def _named(members: list[Member], name: str) -> list[Member]:
    """Keep the collaborations in which an institute writes the institution's name."""
    named = {one.collaboration for one in members if one.unit and name in one.institutes}
    return [one for one in members if one.collaboration in named]


def _joined(members: list[Member], region: str) -> set[str]:
    """Return the countries (and the region) that have a paper together with the institution."""
    with_unit = {one.collaboration for one in members if one.unit}
    codes = {one.country_code for one in members if not one.unit and one.collaboration in with_unit}
    return codes | {region} if codes else codes


def floor_rows(folder: Path | None, witness: str, region: str, name: str) -> list[dict[str, Any]]:
    """Return the floor as rows of the table ``witnesses``, zeros of a rule among them."""
    counts = count_floor(read_papers(folder), read_members(folder), region, name)
    cells = {(year, code) for _, year, code in counts}
    return [
        {
            "witness": witness,
            "quantity": quantity,
            "year": year,
            "country_code": code,
            "partner_code": "",
            "field": "",
            "value": float(counts.get((quantity, year, code), 0)),
        }
        for quantity in (ORGANISATION, ADDRESS, SEEN)
        for year, code in sorted(cells)
    ]
