"""What the index behind the OpenAlex API knows about a work and an institution, column by column.

Decisions where old records (2021 to 2026) say less than today's:

- What a record lacks is missing (matches nothing but `null`). Exceptions: `is_xpac` absent counts
  as false (core corpus); `authors_count` absent is the number of authorships, at most 5,000;
  `countries_distinct_count` and `institutions_distinct_count` absent are counted over the
  institutions of the first 5,000 authors.
- `raw_affiliation_strings` are those of the first 100 authors.
- `authorships.institutions.*` see every authorship, `authorships.countries` the first 100 and only
  the authorship's own `countries` list.
- An institution of the works gets a record of its own, put together from the authorships:
  `lineage` is the longest one seen, `works_count` the works that name it exactly, core and
  expansion. An ancestor that no work names itself has a record with its id only, and no name.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.support.openalex_server.index import Table, short_id
from tests.support.openalex_server.names import GLOBAL_SOUTH, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.support.openalex_server.index import Record, Value

Values = dict[str, "Iterable[Value | None]"]

AUTHORS_IN_LISTS = 100
AUTHORS_KEPT = 5000

INSTITUTION_KEYS = words(
    "id ror display_name country_code type type_id lineage homepage_url image_url"
    " image_thumbnail_url display_name_acronyms display_name_alternatives repositories"
    " works_count cited_by_count"
    " summary_stats ids geo international associated_institutions counts_by_year roles topics"
    " topic_share x_concepts is_super_system status works_api_url updated_date created_date"
)

_LISTS = frozenset(
    words(
        "lineage display_name_acronyms display_name_alternatives repositories roles topics"
        " associated_institutions counts_by_year topic_share x_concepts"
    )
)
_PLAIN_OF_WORKS = words(
    "id type publication_year publication_date language is_retracted is_paratext cited_by_count"
    " fwci has_fulltext referenced_works_count locations_count created_date updated_date"
)
_PATHS_OF_WORKS = [
    (path, path.split("."))
    for path in words(
        "primary_location.source.id primary_location.source.type primary_location.source.is_core"
        " primary_location.source.is_in_doaj primary_location.source.host_organization"
        " primary_location.is_oa open_access.is_oa open_access.oa_status primary_topic.id"
        " primary_topic.subfield.id primary_topic.field.id primary_topic.domain.id"
        " citation_normalized_percentile.value citation_normalized_percentile.is_in_top_1_percent"
        " citation_normalized_percentile.is_in_top_10_percent"
    )
]
_PLAIN_OF_INSTITUTIONS = words(
    "id ror country_code type is_super_system status works_count cited_by_count display_name"
)
_REAL_INSTITUTION = re.compile(r"I\d{2,}")


def institutions_of(work: Record, first: int | None = None) -> list[Record]:
    """Return the institutions of a work's (first) authorships, repeated as often as they stand."""
    authorships = (work.get("authorships") or [])[:first]
    return [found for author in authorships for found in author.get("institutions") or []]


def _distinct(work: Record, key: str) -> int:
    found = institutions_of(work, AUTHORS_KEPT)
    return len({place.get(key) for place in found if place.get(key)})


def _number(work: Record, key: str, count: Callable[[], int]) -> int | float:
    value = work.get(key)
    return value if isinstance(value, int | float) else count()


def _at(record: Record, *path: str) -> Any:
    value: Any = record
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def describe_authorships(work: Record) -> Values:
    """Return the columns that come from a work's authorships."""
    places = institutions_of(work)
    codes = [place.get("country_code") for place in places]
    authorships = work.get("authorships") or []
    return {
        "authorships.institutions.id": [place.get("id") for place in places],
        "authorships.institutions.lineage": [
            ancestor for place in places for ancestor in place.get("lineage") or []
        ],
        "authorships.institutions.country_code": codes,
        "authorships.institutions.type": [place.get("type") for place in places],
        "authorships.institutions.ror": [place.get("ror") for place in places],
        "authorships.countries": [
            code
            for author in authorships[:AUTHORS_IN_LISTS]
            for code in author.get("countries") or []
        ],
        "authorships.author.id": [_at(author, "author", "id") for author in authorships],
        "authorships.author.orcid": [_at(author, "author", "orcid") for author in authorships],
        "institutions.is_global_south": [True] if GLOBAL_SOUTH.intersection(codes) else [],
        "authors_count": [
            _number(work, "authors_count", lambda: min(len(authorships), AUTHORS_KEPT))
        ],
        "countries_distinct_count": [
            _number(work, "countries_distinct_count", lambda: _distinct(work, "country_code"))
        ],
        "institutions_distinct_count": [
            _number(work, "institutions_distinct_count", lambda: _distinct(work, "id"))
        ],
    }


def describe_work(work: Record) -> Values:
    """Return every column of a work; see the module for what is filled in."""
    values = describe_authorships(work)
    for key in _PLAIN_OF_WORKS:
        values[key] = (work.get(key),)
    for path, parts in _PATHS_OF_WORKS:
        values[path] = (_at(work, *parts),)
    source = _at(work, "primary_location", "source") or {}
    values["primary_location.source.issn"] = source.get("issn") or []
    values["primary_location.source.host_organization_lineage"] = (
        source.get("host_organization_lineage") or []
    )
    values["indexed_in"] = work.get("indexed_in") or []
    values["is_xpac"] = [bool(work.get("is_xpac"))]
    values["doi"] = [_at(work, "ids", "doi") or work.get("doi")]
    values["title"] = [work.get("title") or work.get("display_name")]
    values["title_and_abstract"] = [f"{values['title'][0] or ''} {read_abstract(work)}".strip()]
    values["raw_affiliation_strings"] = [
        text
        for author in (work.get("authorships") or [])[:AUTHORS_IN_LISTS]
        for text in author.get("raw_affiliation_strings") or []
    ]
    return values


def read_abstract(work: Record) -> str:
    """Return a work's abstract from its inverted index: words and their places."""
    places = work.get("abstract_inverted_index") or {}
    found = [(place, word) for word, listed in places.items() for place in listed]
    return " ".join(word for _, word in sorted(found))


def rank_work(work: Record) -> tuple[Any, ...]:
    """Return the key of the default order: percentile and citations falling, then id."""
    percentile = _at(work, "cited_by_percentile_year", "max")
    cited = work.get("cited_by_count")
    return (
        percentile is None,
        -(percentile or 0),
        cited is None,
        -(cited or 0),
        str(work.get("id")),
    )


def describe_institution(place: Record) -> Values:
    """Return every column of an institution."""
    values: Values = {key: [place.get(key)] for key in _PLAIN_OF_INSTITUTIONS}
    values["lineage"] = place.get("lineage") or []
    south = place.get("country_code") in GLOBAL_SOUTH
    values["is_global_south"] = [True] if south else []
    return values


def rank_institution(place: Record) -> tuple[Any, ...]:
    """Return the key of the default order: works falling, then id."""
    return (-(place.get("works_count") or 0), str(place.get("id")))


class Collector:
    """Gathers, while works are read, their institutions and the names of what they mention."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._places: dict[str, Record] = {}
        self._works: Counter[str] = Counter()

    def look(self, work: Record) -> Values:
        """Note what a work mentions and return its columns."""
        places = [place for place in institutions_of(work) if place.get("id")]
        self._works.update({place["id"] for place in places})
        for place in places:
            self._note_name(place)
            known = self._places.setdefault(place["id"], dict(place))
            if len(place.get("lineage") or ()) > len(known.get("lineage") or ()):
                known["lineage"] = place["lineage"]
        topic = work.get("primary_topic") or {}
        levels = (topic.get(level) or {} for level in ("subfield", "field", "domain"))
        for named in (topic, *levels):
            self._note_name(named)
        self._note_name(_at(work, "primary_location", "source") or {})
        return describe_work(work)

    def _note_name(self, thing: Record) -> None:
        if thing.get("id") and thing.get("display_name") and not thing["id"].endswith("/I-1"):
            self.names[thing["id"]] = thing["display_name"]

    def institutions(self, given: Iterable[Record]) -> list[Record]:
        """Return the institutions of the works; a given record replaces the one put together."""
        found = dict(self._places)
        for place in self._places.values():
            for ancestor in place.get("lineage") or ():
                found.setdefault(ancestor, {"id": ancestor, "lineage": [ancestor]})
        whole = {
            key: _whole_institution({**place, "works_count": self._works[key]})
            for key, place in found.items()
            if _REAL_INSTITUTION.fullmatch(short_id(key))
        }
        for place in given:
            self._note_name(place)
            whole[place["id"]] = _whole_institution(place)
        return list(whole.values())


def _whole_institution(place: Record) -> Record:
    whole = {key: place.get(key, [] if key in _LISTS else None) for key in INSTITUTION_KEYS}
    whole["lineage"] = sorted(whole["lineage"] or [whole["id"]])
    whole["works_count"] = whole["works_count"] or 0
    whole["is_super_system"] = bool(whole["is_super_system"])
    return whole


class Records:
    """Works and institutions, indexed: what a server answers from. Can be shared by many servers.

    Parameters
    ----------
    works : iterable of dict or bytes
        Works of any schema since 2021 (or their JSON), with all their authorships.
    institutions : iterable of dict
        Institutions that are known better than the works tell; may be empty.
    """

    def __init__(
        self, works: Iterable[Record | bytes], institutions: Iterable[Record] = ()
    ) -> None:
        collector = Collector()
        self.works = Table(works, collector.look, rank_work)
        places = collector.institutions(institutions)
        self.institutions = Table(places, describe_institution, rank_institution)
        self.names = collector.names
