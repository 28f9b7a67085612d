"""Which keys `/works` and `/institutions` filter, sort and group by, and which they let one select.

Not every key of the real service is here; one that is missing is refused like an unknown one, so a
client that passes here uses known keys only.
"""

from __future__ import annotations

from tests.support.openalex_server.filters import Field
from tests.support.openalex_server.names import words

ROR = "https://ror.org/"
DOI = "https://doi.org/"

_WORK_NUMBERS = words(
    "publication_year authors_count countries_distinct_count institutions_distinct_count"
    " cited_by_count referenced_works_count locations_count"
)
_WORK_BOOLEANS = words(
    "is_retracted is_paratext is_xpac has_fulltext primary_location.is_oa open_access.is_oa"
    " primary_location.source.is_core primary_location.source.is_in_doaj"
    " citation_normalized_percentile.is_in_top_1_percent"
    " citation_normalized_percentile.is_in_top_10_percent"
)
_WORK_IDS = words(
    "authorships.institutions.id authorships.institutions.lineage authorships.author.id"
    " primary_location.source.id primary_location.source.host_organization"
    " primary_location.source.host_organization_lineage primary_topic.id"
)
_WORK_TEXTS = words(
    "indexed_in open_access.oa_status primary_location.source.type primary_location.source.issn"
    " authorships.institutions.type"
)

_COUNTRY = "authorships.institutions.country_code"

_WORK_ALIASES = {
    "institutions.id": "authorships.institutions.id",
    "institution.id": "authorships.institutions.id",
    "institutions.country_code": _COUNTRY,
    "institutions.continent": "authorships.institutions.continent",
    "institutions.type": "authorships.institutions.type",
    "institutions.ror": "authorships.institutions.ror",
    "author.id": "authorships.author.id",
    "authorships.institutions.is_global_south": "institutions.is_global_south",
    "is_oa": "open_access.is_oa",
    "oa_status": "open_access.oa_status",
    "openalex": "ids.openalex",
    "openalex_id": "ids.openalex",
}


def _table(fields: list[Field], aliases: dict[str, str]) -> dict[str, Field]:
    by_name = {field.name: field for field in fields}
    return by_name | {alias: by_name[name] for alias, name in aliases.items()}


WORK_FIELDS: dict[str, Field] = _table(
    [
        *(Field(name, "number", name) for name in _WORK_NUMBERS),
        *(Field(name, "boolean", name) for name in _WORK_BOOLEANS),
        *(Field(name, "id", name) for name in _WORK_IDS),
        *(Field(name, "text", name) for name in _WORK_TEXTS),
        Field("fwci", "number", "fwci", groups=False),
        Field(
            "citation_normalized_percentile.value",
            "number",
            "citation_normalized_percentile.value",
            groups=False,
        ),
        Field("type", "text", "type", "types"),
        Field("language", "text", "language", "languages"),
        Field(_COUNTRY, "text", _COUNTRY, "countries"),
        Field("authorships.countries", "text", "authorships.countries", "countries"),
        Field("authorships.institutions.continent", "continent", _COUNTRY),
        Field("institutions.is_global_south", "south", "institutions.is_global_south"),
        Field("authorships.institutions.ror", "url", "authorships.institutions.ror", ROR),
        Field("primary_topic.subfield.id", "url", "primary_topic.subfield.id", "subfields"),
        Field("primary_topic.field.id", "url", "primary_topic.field.id", "fields"),
        Field("primary_topic.domain.id", "url", "primary_topic.domain.id", "domains"),
        Field("has_doi", "exists", "doi"),
        Field("has_orcid", "exists", "authorships.author.orcid"),
        Field("ids.openalex", "id", "id", groups=False),
        Field("doi", "url", "doi", DOI, groups=False),
        Field("display_name", "text", "title", groups=False),
        Field("publication_date", "date", "publication_date", groups=False),
        Field("from_publication_date", "from_date", "publication_date", groups=False),
        Field("to_publication_date", "to_date", "publication_date", groups=False),
        Field("from_created_date", "from_date", "created_date", groups=False),
        Field("to_created_date", "to_date", "created_date", groups=False),
        Field("from_updated_date", "from_date", "updated_date", groups=False),
        Field("to_updated_date", "to_date", "updated_date", groups=False),
        Field("created_date", "date", "created_date", groups=False),
        Field("updated_date", "date", "updated_date", groups=False),
        Field("display_name.search", "search", "title", groups=False),
        Field("title.search", "search", "title", groups=False),
        Field("default.search", "search", "title", groups=False),
        Field("title_and_abstract.search", "search", "title_and_abstract", groups=False),
        Field("raw_affiliation_strings.search", "search", "raw_affiliation_strings", groups=False),
        Field("include_xpac", "nothing", "is_xpac", groups=False),
    ],
    _WORK_ALIASES,
)

INSTITUTION_FIELDS: dict[str, Field] = _table(
    [
        Field("lineage", "id", "lineage"),
        Field("id", "id", "id", groups=False),
        Field("ror", "url", "ror", ROR, groups=False),
        Field("country_code", "text", "country_code", "countries"),
        Field("continent", "continent", "country_code"),
        Field("type", "text", "type"),
        Field("is_super_system", "boolean", "is_super_system"),
        Field("status", "text", "status"),
        Field("has_ror", "exists", "ror"),
        Field("is_global_south", "south", "is_global_south"),
        Field("works_count", "number", "works_count"),
        Field("cited_by_count", "number", "cited_by_count"),
        Field("display_name", "text", "display_name", groups=False),
        Field("display_name.search", "search", "display_name", groups=False),
        Field("default.search", "search", "display_name", groups=False),
    ],
    {"openalex": "id", "ids.openalex": "id", "openalex_id": "id"},
)

WORK_KEYS = words(
    "id doi title display_name publication_year publication_date ids language primary_location"
    " sources type type_crossref indexed_in open_access authorships institution_assertions"
    " institutions countries_distinct_count institutions_distinct_count corresponding_author_ids"
    " corresponding_institution_ids apc_list apc_paid fwci is_authors_truncated has_fulltext"
    " fulltext_origin cited_by_count citation_normalized_percentile cited_by_percentile_year biblio"
    " is_retracted is_paratext is_xpac primary_topic topics keywords concepts mesh locations_count"
    " locations best_oa_location sustainable_development_goals awards funders datasets versions"
    " has_content content_urls referenced_works_count referenced_works related_works"
    " abstract_inverted_index cited_by_api_url counts_by_year updated_date created_date"
    " relevance_score"
)
