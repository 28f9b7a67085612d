"""What the plain calculation reads of an OpenAlex work record.

Rules:

- Expansion works (``is_xpac`` true) never count; a record that says nothing is a core work.
- A work's countries are the distinct country codes of the institutions of all its authors.
- A work is at the institution when the lineage of any author's institution holds it.
- The number of authors is the record's ``authors_count``, else the number of authorships, at most
  5,000. The number of countries is the record's ``countries_distinct_count``, else it is counted
  over the institutions of the first 5,000 authors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

AUTHORS_KEPT = 5000


@dataclass(frozen=True)
class Work:
    """What the tables need of one work that counts."""

    year: int
    countries: frozenset[str]
    in_region: bool
    at_home: bool
    at_institution: bool
    n_authors: int
    n_countries: int
    field: int | None
    top_1_percent: bool


def last_part(identifier: str | None) -> str:
    """Return an id without its address, upper-cased.

    Examples
    --------
    >>> last_part("https://openalex.org/I19820366")
    'I19820366'
    """
    return (identifier or "").rsplit("/", 1)[-1].upper()


def institutions_of(work: Row) -> list[tuple[int, Row]]:
    """Return every institution of a work with the position of its author."""
    found = []
    for position, author in enumerate(work.get("authorships") or []):
        for institution in author.get("institutions") or []:
            found.append((position, institution))
    return found


def countries_of(work: Row, first: int | None = None) -> set[str]:
    """Return the distinct countries of all authors, or of the first ones only."""
    countries = set()
    for position, institution in institutions_of(work):
        if institution.get("country_code") and (first is None or position < first):
            countries.add(institution["country_code"])
    return countries


def has_lineage(work: Row, institution: str) -> bool:
    """Say whether an author has an institution at or below the given one."""
    wanted = last_part(institution)
    for _, place in institutions_of(work):
        for ancestor in place.get("lineage") or []:
            if last_part(ancestor) == wanted:
                return True
    return False


def is_at(work: Row, settings: Row) -> bool:
    """Say whether a work is at the institution by the rule of the settings."""
    wanted, parts = last_part(settings["institution"]), settings.get("parts", ())
    for _, place in institutions_of(work):
        lineage = [last_part(ancestor) for ancestor in place.get("lineage") or []]
        if settings.get("rule") == "exact" and last_part(place.get("id")) == wanted:
            return True
        is_under = wanted in lineage and not any(part in lineage for part in parts)
        if settings.get("rule") == "minus" and is_under:
            return True
    if settings.get("rule") in {"exact", "minus"}:
        return False
    return has_lineage(work, wanted) and not any(has_lineage(work, part) for part in parts)


def number_of_authors(work: Row) -> int:
    """Return the number of authors as the index has it."""
    stated = work.get("authors_count")
    return stated if stated is not None else min(len(work.get("authorships") or []), AUTHORS_KEPT)


def number_of_countries(work: Row) -> int:
    """Return the number of distinct countries as the index has it."""
    stated = work.get("countries_distinct_count")
    return stated if stated is not None else len(countries_of(work, AUTHORS_KEPT))


def field_of(work: Row) -> int | None:
    """Return the number of the field of the primary topic, if there is one."""
    return level_of(work, "field")


def level_of(work: Row, level: str) -> int | None:
    """Return the number of a level of the primary topic, `subfield` or `field`, if there is one."""
    found = ((work.get("primary_topic") or {}).get(level) or {}).get("id")
    return int(last_part(str(found))) if found else None


def counts_at_all(work: Row, settings: Row) -> bool:
    """Say whether a work meets the conditions on documents: type, flags, team size, years."""
    source = (work.get("primary_location") or {}).get("source") or {}
    if work.get("is_xpac") or work.get("publication_year") is None:
        return False
    first, last = settings["years"]
    if not first <= work["publication_year"] <= last:
        return False
    if settings.get("types") is not None and work.get("type") not in settings["types"]:
        return False
    if work.get("type") in settings.get("without_types", ()):
        return False
    for unwanted in settings.get("without_institutions", ()):
        if has_lineage(work, unwanted):
            return False
    for wanted, value in (
        (settings.get("retracted"), work.get("is_retracted")),
        (settings.get("core_source"), source.get("is_core")),
    ):
        if wanted is not None and value is not wanted:
            return False
    if number_of_authors(work) < settings.get("min_authors", 0):
        return False
    if number_of_authors(work) > settings.get("max_authors", 10**9):
        return False
    most: int = settings.get("max_countries", 10**9)
    return number_of_countries(work) <= most


def read_work(work: Row, settings: Row) -> Work:
    """Return what the tables need of a work."""
    countries = countries_of(work)
    percentile = work.get("citation_normalized_percentile") or {}
    return Work(
        year=work["publication_year"],
        countries=frozenset(countries),
        in_region=bool(countries & set(settings["region"])),
        at_home=bool(countries & set(settings["home"])),
        at_institution=is_at(work, settings),
        n_authors=number_of_authors(work),
        n_countries=number_of_countries(work),
        field=field_of(work),
        top_1_percent=percentile.get("is_in_top_1_percent") is True,
    )
