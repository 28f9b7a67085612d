"""The tables of the cooperation profile, counted the plain way: loops and sets over work records.

Nothing of the package; settings are those of `tables`, and ``themes``: {key: {"topics": ids} or
{"subfields": numbers}}. A quotient without a denominator, or whose part exceeds its whole, is None.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

from tests.support.oracle.tables import FIELD_NAMES, years_of
from tests.support.oracle.works import (
    Row,
    counts_at_all,
    institutions_of,
    last_part,
    level_of,
    number_of_authors,
    read_work,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPES = (
    "archive",
    "company",
    "education",
    "facility",
    "government",
    "healthcare",
    "nonprofit",
    "other",
)
AREAS = ("institution_region", "home_region", "institution", "home", "region", "world")


@dataclass(frozen=True)
class Facts:
    """What the profile asks about one work."""

    year: int
    countries: frozenset[str]
    areas: frozenset[str]
    n_countries: int
    n_authors: int
    field: int | None
    subfield: int | None
    topic: str
    top_10: bool
    types: frozenset[str]
    home_types: frozenset[str]


def read_facts(works: Iterable[Row], settings: Row) -> list[Facts]:
    """Return the facts of the works that count."""
    found = []
    for record in works:
        if not counts_at_all(record, settings):
            continue
        work = read_work(record, settings)
        says = {
            "institution_region": work.at_institution and work.in_region,
            "home_region": work.at_home and work.in_region,
            "institution": work.at_institution,
            "home": work.at_home,
            "region": work.in_region,
            "world": bool(work.countries),
        }
        rank = record.get("citation_normalized_percentile") or {}
        places = [place for _, place in institutions_of(record)]
        found.append(
            Facts(
                year=work.year,
                countries=work.countries,
                areas=frozenset(area for area, is_in in says.items() if is_in),
                n_countries=work.n_countries,
                n_authors=work.n_authors,
                field=work.field,
                subfield=level_of(record, "subfield"),
                topic=last_part((record.get("primary_topic") or {}).get("id")),
                top_10=rank.get("is_in_top_10_percent") is True,
                types=frozenset(place["type"] for place in places if place.get("type")),
                home_types=frozenset(
                    place["type"]
                    for place in places
                    if place.get("type") and place.get("country_code") in settings["home"]
                ),
            )
        )
    return found


def quotient(part: float, whole: float) -> float | None:
    """Return part / whole, or None."""
    return part / whole if whole and part <= whole else None


def affinity(both: int, one: int, other: int, total: int) -> float | None:
    """Return n_ij N / (n_i n_j), or None."""
    if not one or not other or both > min(one, other) or max(one, other) > total:
        return None
    return both * total / (one * other)


def count_output(works: list[Facts], settings: Row) -> list[Row]:
    """Return one row a year: works of the institution."""
    rows = []
    for year in years_of(settings):
        of_year = [work for work in works if work.year == year]
        size = {area: sum(area in work.areas for work in of_year) for area in AREAS}
        own = [work for work in of_year if "institution" in work.areas]
        abroad = sum(work.n_countries >= 2 for work in own)
        both = size["institution_region"]
        rows.append(
            {
                "year": year,
                "n_works_institution": len(own),
                "n_works_institution_international": abroad,
                "n_works_institution_region": both,
                "share_of_international": quotient(both, abroad),
                "affinity": affinity(both, len(own), size["region"], size["world"]),
            }
        )
    return rows


def halves_of(settings: Row) -> list[list[int]]:
    """Return the years of the first half, which has the middle one, and of the second."""
    years = years_of(settings)
    longer = len(years) - len(years) // 2
    return [part for part in (years[:longer], years[longer:]) if part]


def count_fields(works: list[Facts], settings: Row) -> list[Row]:
    """Return one row an area, half and field."""
    rows = []
    for half in halves_of(settings):
        shares: dict[tuple[str, int], float | None] = {}
        for area in ("world", *AREAS[:-1]):
            listed = [w for w in works if area in w.areas and w.year in half and w.field]
            for field, name in FIELD_NAMES.items():
                of_field = [work for work in listed if work.field == field]
                share = shares[area, field] = quotient(len(of_field), len(listed))
                world = shares["world", field]
                rows.append(
                    {
                        "area": area,
                        "field_id": field,
                        "field": name,
                        "year_from": half[0],
                        "year_to": half[-1],
                        "n_works": len(of_field),
                        "n_works_small_teams": sum(work.n_authors <= 100 for work in of_field),
                        "n_top_10_percent": sum(work.top_10 for work in of_field),
                        "share_of_area": share,
                        "activity_index": None if share is None or not world else share / world,
                    }
                )
    return sorted(rows, key=lambda row: (row["area"], row["year_from"], row["field_id"]))


def count_themes(works: list[Facts], settings: Row) -> list[Row]:
    """Return one row an area, theme and year."""
    rows = []
    for area in ("home_region", "institution_region", "world"):
        for theme, told in sorted(settings["themes"].items()):
            topics = set(told.get("topics", ()))
            subfields = {int(number) for number in told.get("subfields", ())}
            for year in years_of(settings):
                n = sum(
                    area in work.areas
                    and work.year == year
                    and (work.topic in topics or work.subfield in subfields)
                    for work in works
                )
                rows.append({"area": area, "theme": theme, "year": year, "n_works": n})
    return rows


def count_types(works: list[Facts], settings: Row) -> list[Row]:
    """Return one row a year and type of institution; ``n_works_home`` is what records tell."""
    listed = [work for work in works if "home_region" in work.areas]
    types = sorted({*TYPES, *(kind for work in listed for kind in work.types)})
    return [
        {
            "year": year,
            "type": kind,
            "n_works": sum(work.year == year and kind in work.types for work in listed),
            "n_works_home": sum(work.year == year and kind in work.home_types for work in listed),
        }
        for year in years_of(settings)
        for kind in types
    ]


def count_home_partners(works: list[Facts], settings: Row) -> list[Row]:
    """Return one row a year and member of the region."""
    rows = []
    for year in years_of(settings):
        for code in sorted(settings["region"]):
            there = [work for work in works if work.year == year and code in work.countries]
            home = sum("home_region" in work.areas for work in there)
            own = sum("institution_region" in work.areas for work in there)
            rows.append(
                {
                    "year": year,
                    "country_code": code,
                    "n_works_home": home,
                    "n_works_institution": own,
                    "share_of_home": quotient(own, home),
                }
            )
    return rows


def count_ties(works: list[Facts], settings: Row) -> list[Row]:
    """Return one row a pair of countries, one at least in the region."""
    members = sorted(settings["region"])
    size, both = Counter[str](), Counter[tuple[str, str]]()
    with_region = Counter[str]()
    for work in works:
        size.update(work.countries)
        both.update((one, other) for one in work.countries for other in work.countries)
        if "region" in work.areas:
            with_region.update(work.countries - set(members))
    partners = sorted(with_region, key=lambda code: (-with_region[code], code))[:30]
    total = sum("world" in work.areas for work in works)
    rows = []
    for one in members:
        for other in sorted([*(code for code in members if code > one), *partners]):
            n, n_i, n_j = both[one, other], size[one], size[other]
            rows.append(
                {
                    "country_code": one,
                    "partner_code": other,
                    "n_works": n,
                    "affinity": affinity(n, n_i, n_j, total),
                    "salton": quotient(n, sqrt(n_i * n_j)),
                }
            )
    return rows


def count_institutions(works: Iterable[Row], settings: Row) -> list[Row]:
    """Return one row a side and institution, all of them: exact ids as they stand on works."""
    top, apart = settings["institution"], {*settings.get("parts", ())}
    places: dict[str, Row] = {}
    found: dict[tuple[str, str], list[int]] = {}
    for record in works:
        work = read_work(record, settings)
        if not counts_at_all(record, settings):
            continue
        named = {last_part(place.get("id")): place for _, place in institutions_of(record)}
        named = {one: place for one, place in named.items() if one[:1] == "I" and one[2:]}
        places |= named
        of_region = bool(work.countries & {*settings["region"]})
        for one, place in named.items():
            above = {last_part(node) for node in place.get("lineage") or []}
            country, under = place.get("country_code"), top in above
            sides = {
                "institution": under and not above & apart and work.at_institution and of_region,
                "region": not under
                and country in settings["region"]
                and work.at_institution
                and of_region,
                "home": not under
                and country in settings["home"]
                and bool(work.countries & {*settings["home"]})
                and of_region,
            }
            for side in (side for side, fits in sides.items() if fits):
                counts = found.setdefault((side, one), [0, 0])
                counts[0] += 1
                counts[1] += number_of_authors(record) <= 100
    rows = [
        {
            "side": side,
            "institution_id": one,
            "institution": places[one].get("display_name"),
            "country_code": places[one].get("country_code"),
            "n_works": n,
            "n_works_small_teams": small,
        }
        for (side, one), (n, small) in found.items()
    ]
    return sorted(rows, key=lambda row: (row["side"], -row["n_works"], row["institution_id"]))


def count_profile(works: Iterable[Row], settings: Row) -> dict[str, list[dict[str, Any]]]:
    """Return every table of the profile."""
    facts = read_facts(works, settings)
    return {
        "institution_output": count_output(facts, settings),
        "cooperation_fields": count_fields(facts, settings),
        "cooperation_themes": count_themes(facts, settings),
        "institution_types": count_types(facts, settings),
        "home_partners": count_home_partners(facts, settings),
        "ties": count_ties(facts, settings),
    }
