"""Whole runs of the command line on a small invented world, or on real records, for tests.

A `World` has a data folder of its own and a local OpenAlex server; `world.run("refresh")` runs a
command in this process and returns exit code and output. Figures are left out unless asked for:
drawing takes longer than everything else.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import random
import shutil
import tomllib
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from bibliometrics.builds import make as refresh
from bibliometrics.cli import commands as cli
from tests.support.openalex_server.client import field as topic
from tests.support.openalex_server.client import place, work
from tests.support.openalex_server.server import OpenAlexServer, Records, read_works
from tests.support.oracle.tables import count_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

Rows = list[dict[str, Any]]

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS = ROOT / "bibliometrics" / "definitions"
ACADEMY, USTC, UCAS, INSTITUTE = 19820366, 126520041, 4210165038, 4210137180
YEARS = range(2005, 2019)
INSTITUTION_KINDS = ("education", "company", "facility", "government", "funder")
TOPICS = ("T10029", "T10041", "T10346", "T11082", "T10001", "T13084", "T10002")
TYPES = ("article", "article", "article", "review", "letter", "preprint", "book-chapter", None)
BUSY = ("BR", "BR", "MX", "AR", "CL", "CO", "CN", "CN", "US", "US", "GB", "DE", "NA", "CU", "XK")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def all_countries() -> tuple[str, ...]:
    """Return every country code."""
    return tuple(sorted(read_toml(DEFINITIONS / "countries.toml")["countries"]))


def region_codes(key: str) -> list[str]:
    """Return the members of a region."""
    return list(read_toml(DEFINITIONS / "regions.toml")[key]["codes"])


# ------------------------------------------------------------------------------- the world ----

OF_ACADEMY = (
    place(ACADEMY, "CN"),
    place(INSTITUTE, "CN", ACADEMY),
    place(USTC, "CN", ACADEMY),
    place(UCAS, "CN", ACADEMY),
    place(4210000001, "CL", ACADEMY),  # an institute abroad
)


def somewhere(code: str | None, number: int = 0) -> dict[str, Any]:
    """Return an institution of a country."""
    return place(5_000_000_000 + int.from_bytes((code or "??").encode()) * 10 + number, code)


def _place(dice: random.Random) -> dict[str, Any]:
    if dice.random() < 0.25:
        return dice.choice(OF_ACADEMY)
    if dice.random() < 0.05:
        return {**somewhere(None), "lineage": []}
    return somewhere(dice.choice(BUSY), dice.randrange(3))


def _details(dice: random.Random) -> dict[str, Any]:
    number = dice.choice((None, *range(11, 37)))
    core, top = dice.choice((True, True, True, True, False, None)), dice.random() < 0.2
    rank = {"is_in_top_1_percent": top, "is_in_top_10_percent": top or dice.random() < 0.3}
    return {
        "publication_year": dice.choice((*YEARS, None)),
        "type": dice.choice(TYPES),
        "is_retracted": dice.choice((False,) * 8 + (True, None)),
        "is_xpac": dice.random() < 0.05,
        "primary_topic": topic(number) if number else None,
        "primary_location": None if core is None else {"source": {"is_core": core}},
        "citation_normalized_percentile": dice.choice((rank, rank, None)),
    }


PLAIN = {
    "type": "article",
    "is_retracted": False,
    "is_xpac": False,
    "primary_location": {"source": {"is_core": True}},
}


def _large_works() -> Rows:
    """Return works of every country, and of a Brazilian whom 120 others precede."""
    everybody = [[somewhere(code)] for code in all_countries()]
    crowd = [[somewhere("US", n % 3)] for n in range(119)] + [[OF_ACADEMY[1]]]
    found = []
    for number, year in enumerate((2009, 2010, 2014)):
        found.append(work(9000 + number, *everybody, [OF_ACADEMY[0]], publication_year=year))
        found.append(work(9100 + number, *crowd, [somewhere("BR")], publication_year=year))
    both = [somewhere("BR"), OF_ACADEMY[2]]  # one author with two affiliations
    found.append(work(9200, both, publication_year=2012))
    return [{**each, **PLAIN, "primary_topic": topic(31)} for each in found]


@cache
def invented_works() -> tuple[dict[str, Any], ...]:
    """Return some 900 invented works, the same in every run."""
    dice = random.Random(20261122)
    works = []
    for number in range(1, 900):
        size = dice.choice((0, 1, 1, 2, 2, 3, 4, 5, 8, 12, 35))
        authors = [[_place(dice) for _ in range(dice.choice((0, 1, 1, 1, 2)))] for _ in range(size)]
        works.append(work(number, *authors, **_details(dice)))
    return tuple(map(_detailed, (*works, *_large_works())))


#: Subfields of each field in the invented world, and a topic in each.
SUBFIELDS = (0, 3, 5, 6, 7)


def _detailed(record: dict[str, Any]) -> dict[str, Any]:
    """Return a work with subfield and topic, and with types of its institutions."""
    number = int(record["id"].rpartition("W")[2])
    authorships = [
        {**author, "institutions": [_typed(place) for place in author["institutions"]]}
        for author in record["authorships"]
    ]
    found = {**record, "authorships": authorships}
    subject = record["primary_topic"]
    if subject and number % 11:
        field = int(subject["field"]["id"].rpartition("/")[2])
        subfield = field * 100 + SUBFIELDS[number % len(SUBFIELDS)]
        known = {"id": f"https://openalex.org/subfields/{subfield}"}
        identity = f"https://openalex.org/{TOPICS[number % len(TOPICS)]}"
        found["primary_topic"] = {**subject, "id": identity, "subfield": known}
    return found


def _typed(place: dict[str, Any]) -> dict[str, Any]:
    number = int(place["id"].rpartition("I")[2])
    return {**place, "type": (*INSTITUTION_KINDS, None)[number % (len(INSTITUTION_KINDS) + 1)]}


@cache
def invented_records() -> Records:
    """Return the invented works as servers share them."""
    return read_works(invented_works())


@cache
def real_records(path: Path) -> Records:
    """Return real works as servers share them."""
    return read_works(path)


# --------------------------------------------------------------------------- the two studies ----

#: What the primary study counts, for the plain calculation.
PRIMARY = {
    "years": (2007, 2016),
    "region": region_codes("celac33"),
    "home": ["CN"],
    "institution": f"I{ACADEMY}",
    "types": ("article", "review"),
    "retracted": False,
    "core_source": True,
}

#: A study under which more works count: no condition on source or retraction, every type, a larger
#: region, more years.
LOOSE_STUDY = f"""
[study]
id = "loose"
title = "The Academy and the Americas south of the United States, loosely"
years = [2005, 2018]
institution = "academy"
region = "south"
home = ["CN", "HK", "MO"]
top_country = "BR"
source = "a test"

[primary]
types = []
retracted = "any"
core_source = "any"

[institutions.academy]
id = "I{ACADEMY}"
name = "Chinese Academy of Sciences"
country = "CN"
source = "a test"

[regions.south]
name = "The Americas south of the United States"
codes = {json.dumps(region_codes("celac33_territories"))}
source = "a test"
"""
LOOSE = {
    "years": (2005, 2018),
    "region": region_codes("celac33_territories"),
    "home": ["CN", "HK", "MO"],
    "institution": f"I{ACADEMY}",
    "types": None,
}


def write_study(folder: Path, text: str = LOOSE_STUDY, name: str = "loose") -> str:
    """Write a study file and return its path."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


# ------------------------------------------------------------------------------------- runs ----


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return standard output, read as JSON."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """Return the one line that tells an error; there must be one and no more."""
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, self.err
        assert self.err.splitlines()[-1] == lines[0]
        return lines[0]


@dataclass
class World:
    """A data folder and a server of the API; usable in a `with` statement for its end."""

    data: Path
    server: OpenAlexServer
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lay the witnesses into the data folder."""
        raw = self.data / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        for name in ("witnesses", "sample"):
            (raw / name).symlink_to(ROOT / "data" / "raw" / name)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables of a run."""
        own = {"BIBLIOMETRICS_DATA": str(self.data), "OPENALEX_API_URL": self.server.url}
        return {**own, "HOME": str(self.data), **self.settings}

    @property
    def processed(self) -> Path:
        """Return the folder of the tables."""
        return self.data / "processed"

    @property
    def pulls(self) -> Path:
        """Return the folder of the pulls."""
        return self.data / "raw" / "openalex"

    def run(self, *words: str, drawn: bool = False, **settings: str) -> Ran:
        """Run a command in this process; settings are further environment variables."""
        fast = ["--rate", "100"] if "refresh" in words and "--rate" not in words else []
        out, err = StringIO(), StringIO()
        with ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, {**self.environment, **settings}))
            stack.enter_context(redirect_stdout(out))
            stack.enter_context(redirect_stderr(err))
            if not drawn:
                stack.enter_context(without_figures())
            try:
                code = cli.main([*words, *fast])
            except SystemExit as stop:  # argparse
                code = int(str(stop.code or 0))
        return Ran(code, out.getvalue(), err.getvalue())


def without_figures() -> Any:
    """Return a context in which builds have no figures."""
    return mock.patch.object(refresh, "draw", return_value={})


def hash_tree(*folders: Path) -> dict[str, str]:
    """Return the SHA-256 of every file under some folders by its path, links not followed."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.is_symlink() for part in (path, *path.parents))
    }


def copy_data(source: Path, target: Path) -> Path:
    """Copy a data folder, links as links."""
    return Path(shutil.copytree(source, target, symlinks=True))


# ---------------------------------------------------------------------------------- comparing ----


@cache
def plain_tables(which: str, records: Path | None = None) -> Mapping[str, Rows]:
    """Return the tables of the `primary` or `loose` study by the plain calculation."""
    settings = {"primary": PRIMARY, "loose": LOOSE}[which]
    if records is None:
        return count_tables(invented_works(), settings)
    return count_tables(real_records(records).works.read_all(), settings)


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file as text."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def differing_cells(folder: Path, expected: Mapping[str, Rows]) -> list[str]:
    """Return every cell of the tables in a folder that is not as expected."""
    wrong = []
    for name, rows in expected.items():
        found = read_csv(folder / f"{name}.csv")
        if len(found) != len(rows):
            wrong.append(f"{name}: {len(found)} rows, expected {len(rows)}")
        for number, (line, row) in enumerate(zip(found, rows, strict=False), start=2):
            wrong += [
                f"{name}, line {number}, {column}: {line.get(column)!r}, expected {value!r}"
                for column, value in row.items()
                if not is_same(line.get(column), value, column)
            ]
            if list(line) != list(row):
                wrong.append(f"{name}: columns {list(line)}, expected {list(row)}")
    return wrong


def is_same(text: str | None, value: object, column: str) -> bool:
    """Say whether the text of a cell is a value; ten significant digits are written."""
    if column == "share_of_home" and isinstance(value, float) and value > 1:
        return text == ""  # institutes abroad: no share, see the schema
    if value is None:
        return text == ""
    if isinstance(value, float):
        return bool(text) and math.isclose(float(text or "nan"), value, rel_tol=1e-9)
    return text == str(value)


def count_works(tables: Mapping[str, Rows]) -> dict[str, int]:
    """Return how many works matched, all years together."""
    total = dict.fromkeys(("n_works_world_any", "n_works_region"), 0)
    for row in tables["region_output"]:
        for name in total:
            total[name] += row[name]
    joint = sum(row["n_works_institution_region"] for row in tables["institution_region"])
    return {**total, "n_works_institution_region": joint}
