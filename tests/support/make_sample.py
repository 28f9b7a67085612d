"""Make the synthetic snapshot of `data/raw/sample`: `python -m tests.support.make_sample [FOLDER]`.

About 18,500 invented works of 2003 to 2020 in the official layout, always the same for one seed.
They hold what real data holds and code trips over: see `TRAPS`. Works of the Academy with Latin
America are far more of them than they would be (`FIRST_COOPERATION` are put into the first year):
else every table of cooperation would be empty. They grow, have a first partner, other fields than
the rest of the world, and some have hundreds of authors. The names and ids of the institutions
that the package's studies name, and of their listed members, are real; every work,
author, link and other institution is invented, and how much they work with whom was not fitted to
any published figure.
"""

from __future__ import annotations

import random
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from bibliometrics.study.model import (
    DEFAULT_STUDY,
    WORK_TYPES,
    Institution,
    available_studies,
    country_names,
    load_study,
)
from bibliometrics.study.profile import read_themes
from tests.support.openalex_server.server import read_works
from tests.support.snapshot_release import Work, write_release

FOLDER = Path(__file__).resolve().parents[2] / "data" / "raw" / "sample"
SEED = 20261122
N_WORKS = 18_500
YEARS = range(2003, 2021)
GROWTH = 1.03
#: Works of the Academy with the region that are put into the first year, and their growth.
FIRST_COOPERATION = 6
COOPERATION_GROWTH = 1.16
TRAPS = (
    "authors past the 100th, two works of 3,000 authors, consortia of more than 200 countries",
    "one author at two institutions: of one country, of two, of institution and region",
    "institutes, UCAS and USTC under CAS by lineage, and links to CAS itself",
    "the defect id I-1, institutions without id, country or lineage",
    "null year, type, topic, percentile, retraction flag, location and source; empty authorships",
    "expansion works, retracted works, every type of work",
    "HK, MO and TW beside CN, Kosovo (XK), Namibia (NA), states with a handful of works",
    "affiliations matched to the wrong institution",
)

#: Rough weights of countries in the invented world, its Latin America too large on purpose; every
#: other country has weight 0.25.
WEIGHTS = {
    "US": 200, "CN": 160, "BR": 90, "GB": 65, "DE": 60, "JP": 50, "FR": 42, "MX": 42, "IN": 40,
    "IT": 36, "AR": 34, "CA": 34, "ES": 33, "KR": 32, "CL": 31, "AU": 30, "CO": 27, "RU": 26,
    "NL": 22, "IR": 20, "TR": 18, "PL": 18, "CH": 16, "SE": 15, "TW": 14, "PE": 11, "EC": 10,
    "ZA": 9, "PT": 9, "VE": 9, "CU": 9, "HK": 8, "UY": 8, "CR": 6, "PA": 3, "BO": 3, "GT": 2,
    "MO": 1, "XK": 1, "NA": 1,
}  # fmt: skip
TYPES = {
    "article": 75, "review": 5, "conference-paper": 8, "book-chapter": 6, "preprint": 5,
    "dataset": 3, "letter": 2, "dissertation": 2, "editorial": 2, "book": 1.5,
}  # fmt: skip
#: How often a field is drawn: by works of the Academy with the region, and by all others.
COOPERATION_FIELDS = {31: 9, 11: 6, 23: 5, 19: 5, 25: 3, 16: 2, 22: 2, 17: 2, 13: 2, 27: 1}
OTHER_FIELDS = {27: 14, 22: 9, 13: 7, 33: 8, 17: 6, 25: 5, 31: 5, 16: 4, 11: 4, 23: 3}
#: Partners of the Academy in the region, dealt out in this order: the first has most works.
PARTNERS = [
    "CL", "AR", "CL", "MX", "CL", "CO", "CL", "PE", "CL", "AR",
    "BR", "CL", "MX", "UY", "CL", "CO", "CU", "CL", "EC", "AR",
]  # fmt: skip
#: Types of a country's institutions, dealt out in this order; the Academy's are facilities.
KINDS = [
    "education", "facility", "healthcare", "education", "company", "government", "education",
    "nonprofit", "archive", "other",
]  # fmt: skip
RANKED_TYPES = {"article", "review", "book", "book-chapter", "conference-paper"}
FALSE_MATCH = "Universidad Sintetica del Noreste"
OPENALEX = "https://openalex.org/"
FIELDS = range(11, 37)
CORE = {"source": {"id": f"{OPENALEX}S7000000001", "is_core": True, "type": "journal"}}
#: Topics of themes and the field in which the sample has them.
THEME_TOPICS = {
    field: theme.topics
    for theme in read_themes()
    for key, field in (
        ("space_and_satellites", 22), ("covid_19", 27), ("nuclear_energy", 31), ("climate", 23),
    )
    if theme.key == key
}  # fmt: skip
OTHER_STUDIES = [
    study
    for study in map(load_study, available_studies())
    if study.institution.id != load_study(DEFAULT_STUDY).institution.id
]


def institution_url(number: int | str) -> str:
    """Return the address of an institution's id."""
    return f"https://openalex.org/{number if isinstance(number, str) else f'I{number}'}"


def make_place(
    number: int | str,
    name: str,
    code: str | None,
    parents: tuple[str, ...] = (),
    kind: str = "education",
) -> Work:
    """Return an institution as it stands in an authorship; its lineage is sorted as text."""
    url = institution_url(number)
    return {
        "id": url,
        "display_name": name,
        "country_code": code,
        "type": kind,
        "lineage": sorted({url, *parents}),
    }


class World:
    """The invented world: institutions by country, authors, and the dice."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.study = load_study()
        self.codes = sorted(country_names())
        self.weights = [WEIGHTS.get(code, 0.25) for code in self.codes]
        self.places = self._make_places()
        self.academy = academy_places(self.study.institution)
        self.topics = random.Random(seed)
        self.n_works = 0

    def _make_places(self) -> dict[str, list[Work]]:
        places = {}
        for row, code in enumerate(self.codes):
            first = 9_000_000_000 + row * 1000
            found = [make_place(first, f"University of Synthetic {code} 0", code)]
            for number in range(1, min(30, 2 + int(WEIGHTS.get(code, 0) // 3))):
                parents = (found[0]["id"],) if number % 5 == 0 else ()
                name = f"University of Synthetic {code} {number}"
                kind = KINDS[number % len(KINDS)]
                found.append(make_place(first + number, name, code, parents, kind))
            places[code] = found
        places["MX"].append(make_place(9_999_000_001, FALSE_MATCH, "MX"))
        for study in OTHER_STUDIES:
            one = study.institution
            places[one.country][0] = make_place(one.id, one.name, one.country)
            for below in places[one.country][5::5]:
                below["lineage"] = sorted({below["id"], institution_url(one.id)})
        return places

    def pick_country(self) -> str:
        """Draw a country by its weight."""
        return self.dice.choices(self.codes, self.weights)[0]

    def pick_place(self, code: str) -> Work:
        """Draw an institution of a country; in China often one of the Academy."""
        if code == "CN" and self.dice.random() < 0.3:
            return self.dice.choice(self.academy)
        return self.dice.choice(self.places[code])

    def make_author(self, *places: Work) -> Work:
        """Return an authorship with these institutions."""
        number = 5_000_000_000 + int(self.dice.paretovariate(0.6) * 40) % 40_000
        countries = sorted({place["country_code"] for place in places if place["country_code"]})
        return {
            "author": {"id": f"https://openalex.org/A{number}"},
            "institutions": list(places),
            "countries": countries,
            "is_corresponding": False,
        }

    def make_team(self, year: int) -> list[Work]:
        """Draw the authorships of an ordinary work."""
        home = self.pick_country()
        abroad = [self.pick_country() for _ in range(3)] if self.dice.random() < 0.32 else [home]
        if self.dice.random() < 0.05 + 0.002 * (year - 2003):
            abroad += self.dice.choices(("BR", "CN", "MX", "AR", "CL", "CO", "US"), k=2)
        size = min(60, 1 + int(self.dice.paretovariate(1.5) * 1.6))
        return [self.make_member(self.dice.choice([home, *abroad])) for _ in range(size)]

    def make_member(self, code: str) -> Work:
        """Draw one authorship, with the defects that real ones have."""
        roll = self.dice.random()
        place = self.pick_place(code)
        if roll < 0.10:
            return self.make_author()
        if roll < 0.15:
            return self.make_author(place, self.pick_place(code))
        if roll < 0.19:
            return self.make_author(place, self.pick_place(self.pick_country()))
        if roll < 0.20:
            return self.make_author(
                {**place, "id": institution_url("I-1"), "country_code": None, "lineage": []}
            )
        if roll < 0.21:
            return self.make_author({**place, "country_code": None})
        if roll < 0.215:
            return self.make_author({**place, "lineage": []})
        if roll < 0.22:
            return self.make_author({**place, "id": None, "lineage": []})
        return self.make_author(place)

    def make_work(self, year: int | None, team: list[Work], **given: Any) -> Work:
        """Return a work of a team, with drawn type, topic, flags and source."""
        self.n_works += 1
        dice = self.dice
        kind = given.pop("type", None) or dice.choices(list(TYPES), list(TYPES.values()))[0]
        field = None if dice.random() < 0.06 else self.pick_field(given.pop("fields", OTHER_FIELDS))
        ranked = field is not None and kind in RANKED_TYPES
        rank = round(dice.random(), 4)
        work = {
            "id": f"https://openalex.org/W{8_000_000_000 + self.n_works * 7}",
            "title": "Synthetic work",
            "display_name": "Synthetic work",
            "publication_year": year,
            "publication_date": f"{year}-06-15" if year else None,
            "type": kind,
            "language": "en",
            "authorships": mark_positions(team),
            **count_distinct(team),
            "is_retracted": dice.choices((False, True, None), (980, 6, 4))[0],
            "is_paratext": kind == "paratext",
            "is_xpac": dice.random() < 0.12,
            "primary_topic": field and make_topic(field, self.topics),
            "primary_location": self.make_location(),
            "citation_normalized_percentile": {
                "value": rank,
                "is_in_top_1_percent": rank >= 0.99,
                "is_in_top_10_percent": rank >= 0.9,
            }
            if ranked
            else None,
            "cited_by_count": int(dice.paretovariate(1)) - 1,
            "indexed_in": ["crossref"],
        }
        return {**work, **given}

    def pick_field(self, weights: dict[int, int]) -> int:
        """Draw a field: those that are not named have weight 1."""
        return self.dice.choices(FIELDS, [weights.get(field, 1) for field in FIELDS])[0]

    def make_cooperation(self) -> list[Work]:
        """Return articles of the Academy with the region, most of them late, a few of very many."""
        sizes = [FIRST_COOPERATION * COOPERATION_GROWTH ** (year - YEARS[0]) for year in YEARS]
        years = [year for year, size in zip(YEARS, sizes, strict=True) for _ in range(round(size))]
        works = []
        for number, year in enumerate(years):
            place = self.dice.choice(self.places[PARTNERS[number % len(PARTNERS)]])
            size = self.dice.randint(0, 6) if number % 14 else self.dice.randint(110, 160)
            crowd = [self.make_member(self.pick_country()) for _ in range(size)]
            team = [*crowd, *map(self.make_author, (self.dice.choice(self.academy), place))]
            given = {"is_xpac": False, "primary_location": CORE} if number % 4 else {}
            work = self.make_work(year, team, fields=COOPERATION_FIELDS, type="article", **given)
            works.append(work)
        return works

    def make_location(self) -> Work | None:
        """Draw a primary location: none, without source, in a core source or another."""
        roll = self.dice.random()
        if roll < 0.03:
            return None
        if roll < 0.09:
            return {"is_oa": True, "source": None}
        number = self.dice.randint(1, 400)
        source = {
            "id": f"https://openalex.org/S{7_000_000_000 + number}",
            "display_name": f"Synthetic Journal {number}",
            "is_core": None if number == 400 else number % 3 > 0,
            "type": "journal",
        }
        return {"is_oa": number % 2 == 0, "source": source}


def academy_places(academy: Institution) -> list[Work]:
    """Return the Academy, and its real institutes with their lineage, as institutions."""
    parent = dict(academy.members)
    places = [make_place(academy.id, academy.name, academy.country, kind="government")]
    universities = set(dict(academy.parts).values())
    for node in parent:
        above = [node]
        while above[-1] in parent:
            above.append(parent[above[-1]])
        urls = tuple(map(institution_url, above))
        kind = "education" if node in universities else "facility"
        name = f"Institute {node} of {academy.short}"
        places.append(make_place(node, name, academy.country, urls, kind))
    named = [
        place for place in places if place["id"].rsplit("/")[-1] in dict(academy.parts).values()
    ]
    return places + named * 12 + places[:1] * 12


def mark_positions(team: list[Work]) -> list[Work]:
    """Return authorships with their position: first, middle or last."""
    last = len(team) - 1
    return [
        {**author, "author_position": "first" if i == 0 else "last" if i == last else "middle"}
        for i, author in enumerate(team)
    ]


def count_distinct(team: list[Work]) -> dict[str, int]:
    """Return a work's three counts as the exporter writes them."""
    places = [place for author in team for place in author["institutions"]]
    return {
        "authors_count": min(len(team), 5000),
        "countries_distinct_count": len({p["country_code"] for p in places if p["country_code"]}),
        "institutions_distinct_count": len({p["id"] for p in places if p["id"]}),
    }


def make_topic(field: int, dice: random.Random) -> Work:
    """Return a topic of a field, with its subfield: often one of a theme's."""
    subfields = [n for theme in read_themes() for n in theme.subfields if n // 100 == field]
    subfield = dice.choice(sorted({*subfields, field * 100 + 2, field * 100 + 3}))
    topics = THEME_TOPICS.get(field, ())
    own = f"T{90_000 + subfield}"
    number = dice.choice(topics) if topics and dice.random() < 0.3 else own
    levels = {"subfield": subfield, "field": field}
    named = {
        level: {"id": f"{OPENALEX}{level}s/{n}", "display_name": f"{level.capitalize()} {n}"}
        for level, n in levels.items()
    }
    return {"id": OPENALEX + number, "display_name": f"Topic {number}", "score": 0.9, **named}


def make_traps(world: World) -> list[Work]:
    """Return the works that ordinary dice would make too seldom."""
    academy, region = world.academy[0], world.study.region.codes
    institute = world.academy[5]
    works = [world.make_work(2010, world.make_team(2010), type=kind) for kind in sorted(WORK_TYPES)]
    works += [world.make_work(None, world.make_team(2010)) for _ in range(30)]
    works += [
        world.make_work(2011, world.make_team(2011), **{"type": None}) | {"type": None}
        for _ in range(5)
    ]
    works += [world.make_work(2012, []) for _ in range(200)]
    for row, code in enumerate(region):
        place = world.places[code][0]
        for year in range(2006, 2018, 2):
            works.append(world.make_work(year, [world.make_author(place)]))
        both = world.make_author(institute, place)
        works.append(world.make_work(2007 + row % 10, [both], type="article"))
    for study in OTHER_STUDIES:
        for code in study.region.codes * 4:
            places = (world.places[each][0] for each in (study.institution.country, code))
            team = [world.make_author(place) for place in places]
            works.append(world.make_work(world.dice.choice(study.year_range), team))
    chile = world.places["CL"][0]
    for number in range(60):
        year, others = 2007 + number % 10, world.pick_country()
        crowd = [world.make_author(world.pick_place(others)) for _ in range(100 + number * 4)]
        team = [*crowd, world.make_author(academy), world.make_author(chile)]
        works.append(world.make_work(year, team, type="article"))
    for year in (2012, 2015):
        codes = world.codes + world.dice.choices(
            world.codes, world.weights, k=3000 - len(world.codes)
        )
        team = [world.make_author(world.pick_place(code)) for code in codes]
        fixed = {"is_xpac": False, "is_retracted": False, "primary_location": CORE}
        works.append(world.make_work(year, team, type="article", **fixed))
    wrong = world.places["MX"][-1]
    for year in list(YEARS) * 2:
        team = [
            world.make_author(world.pick_place("CN"), wrong),
            world.make_author(world.pick_place("CN")),
        ]
        works.append(world.make_work(year, team))
    return works


def make_works(n_works: int = N_WORKS, seed: int = SEED) -> list[Work]:
    """Return the works of the sample, shuffled."""
    world = World(seed)
    works = make_traps(world) + (world.make_cooperation() if n_works else [])
    years, growth = list(YEARS), [GROWTH ** (year - YEARS[0]) for year in YEARS]
    for year in world.dice.choices(years, growth, k=max(0, n_works - len(works))):
        works.append(world.make_work(year, world.make_team(year)))
    world.dice.shuffle(works)
    return works


def split(works: list[Work], seed: int = SEED) -> dict[str, list[Work]]:
    """Return the works by part: a few days of change, of very unequal size."""
    dice, parts = random.Random(seed), defaultdict(list)
    names = {"updated_date=2026-11-20/part_0000": 40, "updated_date=2026-11-20/part_0001": 40}
    names |= {"updated_date=2016-06-24/part_0000": 1, "updated_date=2026-03-30/part_0000": 19}
    for work in works:
        parts[dice.choices(list(names), list(names.values()))[0]].append(work)
    return dict(sorted(parts.items()))


def list_institutions(works: list[Work]) -> list[Work]:
    """Return the institutions of the works, as a release lists them."""
    return sorted(read_works(works).institutions.read_all(), key=lambda place: str(place["id"]))


def main(folder: Path = FOLDER) -> None:
    """Write the sample into a folder, in place of an earlier one."""
    shutil.rmtree(folder, ignore_errors=True)
    note = (
        "Invented works for trying out and testing, those of the Academy with Latin America far "
        "too many on purpose: no figure from them says anything real"
    )
    works = make_works()
    places = list_institutions(works)
    write_release(folder, split(works), synthetic=True, note=note, institutions=places)
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
