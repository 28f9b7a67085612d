"""Readings and lenses, counted the plain way: loops and sets over records.

Nothing of the package: the axes are written down here once more. Settings are those of
`plain_counts`, and:

==================  ================================================================================
``parts``           {name: id} of the sub-trees that may be left out, in their order
``readings``        {name: country codes} of lists that a document may have meant by the region
``regions``         {name: country codes} of other regions, as lenses
``homes``           {name: country codes} of other home countries
``suspects``        ids of institutions whose works are left out under a lens
``top``             code of the top country, or None
``names``           {"region": …, "home": …, "institution": …}: how the study's own are called
``own_types``       name of the study's own types where they are none of the three, else absent
==================  ================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
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
    addresses: tuple[str, ...]


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
                addresses=tuple(
                    text
                    for author in (work.get("authorships") or [])[:100]
                    for text in author.get("raw_affiliation_strings") or []
                ),
            )
        )
    return found


def institution_rules(settings: Row) -> dict[str, Callable[[Facts], bool]]:
    """Return who is at the institution, by the name of each rule."""
    node, parts = settings["institution"], settings["parts"]
    rules: dict[str, Callable[[Facts], bool]] = {"lineage": lambda work: node in work.lineage}
    named, left_out = [], frozenset[str]()
    for name, part in parts.items():
        named.append(name)
        left_out |= {part}
        told = f"minus {' and '.join(named)}"
        rules[told] = lambda work, cut=left_out: any(  # type: ignore[misc]
            node in lineage and not lineage & cut for lineage in work.lineages
        )
    for name, part in list(parts.items())[:1]:
        rules[f"without {name} co-authors"] = lambda work, part=part: (  # type: ignore[misc]
            node in work.lineage and part not in work.lineage
        )
    rules["exact"] = lambda work: node in work.ids
    phrase = settings["names"]["institution"].casefold()
    rules[BY_ADDRESS] = lambda work: any(phrase in text.casefold() for text in work.addresses)
    return rules


BY_ADDRESS = "name in the address of the first 100 authors"


def list_specifications(settings: Row) -> list[dict[str, str]]:
    """Return id and choices of every specification, in the order of the table."""
    names, parts = settings["names"], list(settings["parts"])
    own = {
        "document_types": settings.get("own_types", "article, review"),
        "source": "core sources" if settings.get("core_source") else "any source",
        "team_size": "any size",
        "institution": "lineage",
        "region": names["region"],
        "home": names["home"],
        "affiliations": "as matched",
    }
    types = list(TYPES)[:3]
    types = types if own["document_types"] in types else [own["document_types"], *types]
    cut = [f"minus {' and '.join(parts[: n + 1])}" for n in range(len(parts))]
    found = [
        {
            "specification": " | ".join(chosen),
            **own,
            **dict(zip(("document_types", "source", "institution", "region"), chosen, strict=True)),
            "family": "reading",
        }
        for chosen in product(
            types, SOURCES, ["lineage", *cut], [names["region"], *settings["readings"]]
        )
    ]
    lenses = [("team_size", name) for name in list(SIZES)[1:]]
    lenses += [("institution", "exact")]
    lenses += [("institution", f"without {name} co-authors") for name in parts[:1]]
    lenses += [("region", name) for name in settings["regions"]]
    lenses += [("home", name) for name in settings["homes"]]
    lenses += [("affiliations", "without suspect matches")] if settings["suspects"] else []
    lenses += [("counting", "fractional counting"), ("institution", BY_ADDRESS)]
    for axis, name in lenses:
        changed = {axis: name} if axis in own else {}
        found.append({"specification": name, **own, **changed, "family": "lens"})
    return found


def count_specifications(works: Iterable[Row], settings: Row, *, texts: bool = True) -> list[Row]:
    """Return one row a specification and year; none by the address where there are no ``texts``."""
    facts, rules = read_facts(works, settings), institution_rules(settings)
    names, top = settings["names"], settings["top"]
    own = {
        "source": "core sources" if settings.get("core_source") else "any source",
        "document_types": settings.get("own_types", "article, review"),
        "institution": "lineage",
        "region": names["region"],
    }
    regions = {
        names["region"]: settings["region"],
        **settings["readings"],
        **settings["regions"],
    }
    homes = {names["home"]: settings["home"], **settings["homes"]}
    rows = []
    for one in list_specifications(settings):
        if one["institution"] == BY_ADDRESS and not texts:
            continue
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
        fractional = one["specification"] == "fractional counting"
        for year in years_of(settings):
            of_year = [work for work in joint if work.year == year]
            with_top = [work for work in of_year if top in work.countries]
            at_home = sum(1 for work in kept if work.year == year and work.countries & home)
            n_joint: float = len(of_year)
            n_top: float = len(with_top)
            if fractional:
                n_joint = sum(len(w.countries & region) / w.n_countries for w in of_year)
                n_top = sum(1 / w.n_countries for w in with_top)
            rows.append(
                {
                    **one,
                    "is_primary": str(
                        one["family"] == "reading" and own.items() <= one.items()
                    ).lower(),
                    "year": year,
                    "n_works_institution_region": n_joint,
                    "n_works_home_region": None if fractional else at_home,
                    "top_country": top,
                    "n_works_top_country": n_top,
                }
            )
    return sorted(rows, key=lambda row: (row["specification"], row["year"]))
