"""The tables of a study, counted the plain way: loops and sets over work records, nothing else.

This is the second opinion in tests. It knows neither the package nor the server, reads OpenAlex
work records (dicts, all authorships) and settings, and gives the first eight tables as lists of
dicts, with the columns of the table contract, sorted by their keys. A share or index without a
denominator is None, and so is an open upper bound.

Settings, a dict:

=================  =================================================================================
``years``          (first, last), both included
``region``         country codes of the region's members
``home``           country codes of the home country
``institution``    OpenAlex id; a work has it when an institution's lineage holds it
``rule``           ``exact``: the institution's own id; ``minus``: one that no part has in its
                   lineage; absent: no institution of the work has a part in its lineage
``parts``          ids of the parts that the rule leaves out, or absent
``types``          work types that count, or None for every type
``without_types``  work types that don't count, or absent
``without_institutions``  ids; a work with one of these in a lineage doesn't count, or absent
``retracted``      the flag must have this value, or None; a work without the flag has no value
``core_source``    the same for ``primary_location.source.is_core``
``min_authors``    least number of authors, or absent
``max_authors``    greatest number of authors, or absent
``max_countries``  greatest number of distinct countries, or absent
=================  =================================================================================

Rules (what is read of a work: see ``plain_works``):

- A work counts once per country and year, however many authors it has there.
- The world means works with at least one country; ``n_works_world_any`` alone counts all of them.
- Every member of the region has a row for every year (or field), with zero where there is nothing;
  a partner outside the region has one for every year if it has a work with the region in any.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.support.oracle.works import Row, Work, counts_at_all, read_work

if TYPE_CHECKING:
    from collections.abc import Iterable

BANDS = (
    (1, 1),
    (2, 5),
    (6, 10),
    (11, 30),
    (31, 100),
    (101, 1000),
    (1001, None),
)

FIELD_NAMES = {
    11: "Agricultural and Biological Sciences",
    12: "Arts and Humanities",
    13: "Biochemistry, Genetics and Molecular Biology",
    14: "Business, Management and Accounting",
    15: "Chemical Engineering",
    16: "Chemistry",
    17: "Computer Science",
    18: "Decision Sciences",
    19: "Earth and Planetary Sciences",
    20: "Economics, Econometrics and Finance",
    21: "Energy",
    22: "Engineering",
    23: "Environmental Science",
    24: "Immunology and Microbiology",
    25: "Materials Science",
    26: "Mathematics",
    27: "Medicine",
    28: "Neuroscience",
    29: "Nursing",
    30: "Pharmacology, Toxicology and Pharmaceutics",
    31: "Physics and Astronomy",
    32: "Psychology",
    33: "Social Sciences",
    34: "Veterinary",
    35: "Dentistry",
    36: "Health Professions",
}


def divide(part: float, whole: float) -> float | None:
    """Return a ratio, None when there is nothing to divide by.

    Examples
    --------
    >>> divide(1, 4), divide(0, 0)
    (0.25, None)
    """
    return part / whole if whole else None


def years_of(settings: Row) -> list[int]:
    """Return the study's years."""
    first, last = settings["years"]
    return list(range(first, last + 1))


def count_region_output(works: list[Work], settings: Row) -> list[Row]:
    """Return one row a year: works of the region and of the world."""
    rows = []
    for year in years_of(settings):
        of_year = [work for work in works if work.year == year]
        world = sum(1 for work in of_year if work.countries)
        region = sum(1 for work in of_year if work.in_region)
        rows.append(
            {
                "year": year,
                "n_works_region": region,
                "n_works_world": world,
                "share_of_world": divide(region, world),
                "n_works_world_any": len(of_year),
            }
        )
    return rows


def count_country_output(works: list[Work], settings: Row) -> list[Row]:
    """Return one row a year and member: its works."""
    rows = []
    for year in years_of(settings):
        region = [work for work in works if work.year == year and work.in_region]
        for code in sorted(settings["region"]):
            n_works = sum(1 for work in region if code in work.countries)
            share = divide(n_works, len(region))
            rows.append(
                {"year": year, "country_code": code, "n_works": n_works, "share_of_region": share}
            )
    return rows


def count_region_partners(works: list[Work], settings: Row) -> list[Row]:
    """Return one row a year and partner outside the region: works together, and the affinity."""
    partners: set[str] = set()
    for work in works:
        if work.in_region:
            partners |= work.countries - set(settings["region"])
    rows = []
    for year in years_of(settings):
        world = [work for work in works if work.year == year and work.countries]
        region = [work for work in world if work.in_region]
        for code in sorted(partners):
            together = sum(1 for work in region if code in work.countries)
            of_partner = sum(1 for work in world if code in work.countries)
            rows.append(
                {
                    "year": year,
                    "country_code": code,
                    "n_works": together,
                    "share_of_region": divide(together, len(region)),
                    "affinity": divide(together * len(world), len(region) * of_partner),
                }
            )
    return rows


def count_institution_region(works: list[Work], settings: Row) -> list[Row]:
    """Return one row a year: works of institution and region, of home country and region."""
    rows = []
    for year in years_of(settings):
        region = [work for work in works if work.year == year and work.in_region]
        institution = sum(1 for work in region if work.at_institution)
        home = sum(1 for work in region if work.at_home)
        rows.append(
            {
                "year": year,
                "n_works_institution_region": institution,
                "n_works_home_region": home,
                "share_of_home": divide(institution, home),
            }
        )
    return rows


def count_institution_partners(works: list[Work], settings: Row) -> list[Row]:
    """Return one row a year and member: its works with the institution."""
    rows = []
    for year in years_of(settings):
        joint = [w for w in works if w.year == year and w.in_region and w.at_institution]
        for code in sorted(settings["region"]):
            n_works = sum(1 for work in joint if code in work.countries)
            rows.append(
                {
                    "year": year,
                    "country_code": code,
                    "n_works": n_works,
                    "share_of_institution_region": divide(n_works, len(joint)),
                }
            )
    return rows


def count_fields(works: list[Work], settings: Row) -> list[Row]:
    """Return one row an area and field, years pooled: works, the most cited, the activity index."""
    areas: dict[str, list[Work]] = {"world": [work for work in works if work.countries]}
    areas["region"] = [work for work in works if work.in_region]
    for code in settings["region"]:
        areas[code] = [work for work in works if code in work.countries]
    per_area = {
        area: Counter(work.field for work in found if work.field is not None)
        for area, found in areas.items()
    }
    world = per_area["world"]
    rows = []
    for area in sorted(areas):
        of_area = per_area[area]
        for field, name in FIELD_NAMES.items():
            top = [w for w in areas[area] if w.field == field and w.top_1_percent]
            own = divide(of_area[field], of_area.total())
            general = divide(world[field], world.total())
            rows.append(
                {
                    "country_code": area,
                    "field_id": field,
                    "field": name,
                    "n_works": of_area[field],
                    "n_top_1_percent": len(top),
                    "activity_index": divide(own, general) if general and own is not None else None,
                }
            )
    return rows


def count_team_size(works: list[Work], settings: Row) -> list[Row]:
    """Return one row a year and band of author counts: works of institution and region."""
    rows = []
    for year in years_of(settings):
        joint = [w for w in works if w.year == year and w.in_region and w.at_institution]
        for least, most in BANDS:
            inside = [
                w for w in joint if least <= w.n_authors and (most is None or w.n_authors <= most)
            ]
            rows.append(
                {
                    "year": year,
                    "authors_from": least,
                    "authors_to": most,
                    "n_works_institution_region": len(inside),
                }
            )
    return rows


def count_fractional(works: list[Work], settings: Row) -> list[Row]:
    """Return one row a year and member: whole and fractional works with the institution."""
    rows = []
    for year in years_of(settings):
        joint = [w for w in works if w.year == year and w.in_region and w.at_institution]
        for code in sorted(settings["region"]):
            own = [work for work in joint if code in work.countries]
            rows.append(
                {
                    "year": year,
                    "country_code": code,
                    "n_works": len(own),
                    "n_works_fractional": sum(1 / work.n_countries for work in own),
                }
            )
    return rows


def count_tables(works: Iterable[Row], settings: Row) -> dict[str, list[Row]]:
    """Return the first eight tables of the contract, by name.

    Parameters
    ----------
    works : iterable of dict
        OpenAlex work records with all their authorships; read once.
    settings : dict
        See the module.
    """
    counted = [read_work(work, settings) for work in works if counts_at_all(work, settings)]
    return {
        "region_output": count_region_output(counted, settings),
        "country_output": count_country_output(counted, settings),
        "region_partners": count_region_partners(counted, settings),
        "institution_region": count_institution_region(counted, settings),
        "institution_partners": count_institution_partners(counted, settings),
        "fields": count_fields(counted, settings),
        "team_size": count_team_size(counted, settings),
        "fractional": count_fractional(counted, settings),
    }
