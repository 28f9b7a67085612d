"""The tables of the curve and of big science, counted the plain way: loops and sets over records.

Nothing of the package: the axes are written down here once more. Settings are those of
`plain_counts`, and:

==================  ================================================================================
``parts``           {name: id} of the sub-trees that may be left out, in their order
``regions``         {name: country codes} of other regions
``homes``           {name: country codes} of other home countries
``suspects``        ids of institutions whose works are left out in the last weak axis
``top``             code of the top country, or None
``names``           {"region": …, "home": …}: how the study's own are called
``own_types``       name of the study's own types where they are none of the three, else absent
==================  ================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.oracle.tables import years_of
from tests.support.oracle.works import (
    Row,
    countries_of,
    institutions_of,
    last_part,
    number_of_authors,
    number_of_countries,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SERIAL = ("article", "review", "conference-paper", "letter", "data-paper")
TYPES: dict[str, Callable[[Any], bool]] = {
    "article": lambda kind: kind == "article",
    "article, review": lambda kind: kind in {"article", "review"},
    "article, review, conference paper, letter, data paper": lambda kind: kind in SERIAL,
    "every type": lambda kind: True,
    "all but paratext": lambda kind: kind != "paratext",
}
SIZES: dict[str, Callable[[int, int], bool]] = {
    "any size": lambda authors, countries: True,
    "at most 100 authors and 30 countries": lambda authors, countries: (
        authors <= 100 and countries <= 30
    ),
    "at most 30 authors": lambda authors, countries: authors <= 30,
    "at most 10 authors": lambda authors, countries: authors <= 10,
    "at most 30 countries": lambda authors, countries: countries <= 30,
}
SOURCES: dict[str, Callable[[Any], bool]] = {
    "core sources": lambda core: core is True,
    "any source": lambda core: True,
}


@dataclass(frozen=True)
class Facts:
    """What the curve asks about one work."""

    year: int
    kind: str | None
    core: bool | None
    n_authors: int
    n_countries: int
    countries: frozenset[str]
    lineage: frozenset[str]
    lineages: tuple[frozenset[str], ...]
    ids: frozenset[str]


def read_facts(works: Iterable[Row], settings: Row) -> list[Facts]:
    """Return the facts of the works of the study's years that are not left out for a flag."""
    found = []
    first, last = settings["years"]
    for work in works:
        year, retracted = work.get("publication_year"), settings.get("retracted")
        if work.get("is_xpac") or year is None or not first <= year <= last:
            continue
        if retracted is not None and work.get("is_retracted") is not retracted:
            continue
        places = [place for _, place in institutions_of(work)]
        source = (work.get("primary_location") or {}).get("source") or {}
        lineages = tuple(
            frozenset(last_part(node) for node in place.get("lineage") or []) for place in places
        )
        found.append(
            Facts(
                year=year,
                kind=work.get("type"),
                core=source.get("is_core"),
                n_authors=number_of_authors(work),
                n_countries=number_of_countries(work),
                countries=frozenset(countries_of(work)),
                lineage=frozenset().union(*lineages),
                lineages=lineages,
                ids=frozenset(last_part(place.get("id")) for place in places),
            )
        )
    return found


def institution_rules(settings: Row) -> dict[str, Callable[[Facts], bool]]:
    """Return who is at the institution, by the name of each rule."""
    node = settings["institution"]
    rules: dict[str, Callable[[Facts], bool]] = {"lineage": lambda work: node in work.lineage}
    named, left_out = [], frozenset[str]()
    for name, part in settings["parts"].items():
        named.append(name)
        left_out |= {part}
        told = f"minus {' and '.join(named)}"
        rules[told] = lambda work, cut=left_out: any(  # type: ignore[misc]
            node in lineage and not lineage & cut for lineage in work.lineages
        )
    rules["exact"] = lambda work: node in work.ids
    return rules


def list_specifications(settings: Row) -> list[dict[str, str]]:
    """Return id and choices of every specification, in the order of the table."""
    own = {
        "document_types": settings.get("own_types", "article, review"),
        "source": "core sources" if settings.get("core_source") else "any source",
        "team_size": "any size",
        "institution": "lineage",
        "region": settings["names"]["region"],
        "home": settings["names"]["home"],
        "affiliations": "as matched",
    }
    types = list(TYPES)[:3]
    types = types if own["document_types"] in types else [own["document_types"], *types]
    rules = institution_rules(settings)
    strong = [
        {**own, "document_types": kind, "source": source, "team_size": size, "institution": rule}
        for kind in types
        for source in SOURCES
        for size in list(SIZES)[:4]
        for rule in rules
    ]
    weak = [("document_types", "all but paratext"), ("team_size", "at most 30 countries")]
    weak += [("institution", f"without {name} co-authors") for name in list(settings["parts"])[:1]]
    weak += [("region", name) for name in settings["regions"]]
    weak += [("home", name) for name in settings["homes"]]
    weak += [("affiliations", "without suspect matches")] if settings["suspects"] else []
    crossed = [{"specification": f"S{n:02}", **one} for n, one in enumerate(strong, start=1)]
    return crossed + [
        {"specification": f"W{n:02}", **own, axis: name} for n, (axis, name) in enumerate(weak, 1)
    ]


def count_specifications(works: Iterable[Row], settings: Row) -> list[Row]:
    """Return one row a specification and year."""
    facts, rules = read_facts(works, settings), institution_rules(settings)
    node = settings["institution"]
    for name, part in list(settings["parts"].items())[:1]:
        rules[f"without {name} co-authors"] = lambda work, part=part: (  # type: ignore[misc]
            node in work.lineage and part not in work.lineage
        )
    listed = list_specifications(settings)
    n_strong = sum(one["specification"].startswith("S") for one in listed)
    names = settings["names"]
    primary = {
        "source": "core sources" if settings.get("core_source") else "any source",
        "document_types": settings.get("own_types", "article, review"),
        "team_size": "any size",
        "institution": "lineage",
    }
    rows = []
    for one in listed:
        regions = {names["region"]: settings["region"], **settings["regions"]}
        homes = {names["home"]: settings["home"], **settings["homes"]}
        region, home = set(regions[one["region"]]), set(homes[one["home"]])
        suspects = set(settings["suspects"]) if "suspect" in one["affiliations"] else set()
        kept = [
            work
            for work in facts
            if TYPES[one["document_types"]](work.kind)
            and SOURCES[one["source"]](work.core)
            and SIZES[one["team_size"]](work.n_authors, work.n_countries)
            and work.countries & region
            and not work.lineage & suspects
        ]
        joint = [work for work in kept if rules[one["institution"]](work)]
        strong = one["specification"].startswith("S")
        for year in years_of(settings):
            of_year = [work for work in joint if work.year == year]
            top = settings["top"]
            rows.append(
                {
                    **one,
                    "weight": 1 / n_strong if strong else 0.0,
                    "is_primary": str(strong and primary.items() <= one.items()).lower(),
                    "year": year,
                    "n_works_institution_region": len(of_year),
                    "n_works_home_region": sum(
                        1 for work in kept if work.year == year and work.countries & home
                    ),
                    "top_country": top,
                    "n_works_top_country": sum(1 for work in of_year if top in work.countries),
                }
            )
    return rows


def count_big_science(works: Iterable[Row], settings: Row) -> list[Row]:
    """Return one row a year and area: works with and without big science."""
    region, wanted = set(settings["region"]), settings["types"]
    facts = [
        work
        for work in read_facts(works, settings)
        if (wanted is None or work.kind in wanted)
        and settings.get("core_source") in {None, work.core}
        and work.countries & region
    ]
    rows = []
    for year in years_of(settings):
        of_year = [work for work in facts if work.year == year]
        joint = [work for work in of_year if settings["institution"] in work.lineage]
        areas = {code: [w for w in joint if code in w.countries] for code in settings["region"]}
        areas["region"] = joint
        areas["home"] = [work for work in of_year if work.countries & set(settings["home"])]
        for area in sorted(areas):
            row: Row = {"year": year, "country_code": area}
            small = [w for w in areas[area] if w.n_authors <= 100 and w.n_countries <= 30]
            for listed, ending in ((areas[area], ""), (small, "_without_big_science")):
                row[f"n_works{ending}"] = len(listed)
                given = [
                    (len(w.countries & region) if area == "region" else 1) / w.n_countries
                    for w in listed
                ]
                row[f"n_works_fractional{ending}"] = None if area == "home" else sum(given)
            rows.append(row)
    return rows
