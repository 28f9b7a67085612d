"""Works in the official snapshot's layout: the 49 columns, Parquet and JSON Lines, manifest.

Column names and types follow the release of 2026 (OpenAlex help, "Download the OpenAlex snapshot").
Columns that no count needs are there and empty.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Work = dict[str, Any]

_TEXT, _INT, _FLAG, _REAL = pa.string(), pa.int32(), pa.bool_(), pa.float64()


def _struct(**fields: pa.DataType) -> pa.StructType:
    return pa.struct(list(fields.items()))


_NAMED = _struct(id=_TEXT, display_name=_TEXT)
_TOPIC = _struct(
    id=_TEXT, display_name=_TEXT, score=_REAL, subfield=_NAMED, field=_NAMED, domain=_NAMED
)
_SOURCE = _struct(
    id=_TEXT,
    display_name=_TEXT,
    issn_l=_TEXT,
    issn=pa.list_(_TEXT),
    is_oa=_FLAG,
    is_in_doaj=_FLAG,
    is_core=_FLAG,
    host_organization=_TEXT,
    host_organization_name=_TEXT,
    host_organization_lineage=pa.list_(_TEXT),
    type=_TEXT,
)
_LOCATION = _struct(
    id=_TEXT,
    is_oa=_FLAG,
    landing_page_url=_TEXT,
    pdf_url=_TEXT,
    source=_SOURCE,
    license=_TEXT,
    version=_TEXT,
    is_accepted=_FLAG,
    is_published=_FLAG,
    raw_type=_TEXT,
)
_INSTITUTION = _struct(
    country_code=_TEXT, display_name=_TEXT, id=_TEXT, lineage=pa.list_(_TEXT), ror=_TEXT, type=_TEXT
)
_AUTHORSHIP = _struct(
    author=_struct(id=_TEXT, display_name=_TEXT, orcid=_TEXT),
    author_position=_TEXT,
    affiliations=pa.list_(_struct(institution_ids=pa.list_(_TEXT), raw_affiliation_string=_TEXT)),
    countries=pa.list_(_TEXT),
    raw_author_name=_TEXT,
    raw_orcid=_TEXT,
    is_corresponding=_FLAG,
    raw_affiliation_strings=pa.list_(_TEXT),
    institutions=pa.list_(_INSTITUTION),
)
_MONEY = _struct(value=_INT, currency=_TEXT, value_usd=_INT)
_SCORED = _struct(id=_TEXT, display_name=_TEXT, score=_REAL)

WORKS_SCHEMA = pa.schema(
    {
        "id": _TEXT,
        "doi": _TEXT,
        "title": _TEXT,
        "display_name": _TEXT,
        "publication_year": _INT,
        "publication_date": _TEXT,
        "ids": pa.map_(_TEXT, _TEXT),
        "language": _TEXT,
        "primary_location": _LOCATION,
        "best_oa_location": _LOCATION,
        "locations": pa.list_(_LOCATION),
        "locations_count": _INT,
        "type": _TEXT,
        "indexed_in": pa.list_(_TEXT),
        "open_access": _struct(
            is_oa=_FLAG, oa_status=_TEXT, oa_url=_TEXT, any_repository_has_fulltext=_FLAG
        ),
        "authorships": pa.list_(_AUTHORSHIP),
        "authors_count": _INT,
        "institutions": pa.list_(_INSTITUTION),
        "countries_distinct_count": _INT,
        "institutions_distinct_count": _INT,
        "corresponding_author_ids": pa.list_(_TEXT),
        "corresponding_institution_ids": pa.list_(_TEXT),
        "apc_list": _MONEY,
        "apc_paid": _MONEY,
        "fwci": _REAL,
        "has_fulltext": _FLAG,
        "cited_by_count": _INT,
        "citation_normalized_percentile": _struct(
            value=_REAL, is_in_top_1_percent=_FLAG, is_in_top_10_percent=_FLAG
        ),
        "cited_by_percentile_year": _struct(min=_INT, max=_INT),
        "counts_by_year": pa.list_(_struct(year=_INT, cited_by_count=_INT)),
        "biblio": _struct(volume=_TEXT, issue=_TEXT, first_page=_TEXT, last_page=_TEXT),
        "is_retracted": _FLAG,
        "is_paratext": _FLAG,
        "is_xpac": _FLAG,
        "primary_topic": _TOPIC,
        "topics": pa.list_(_TOPIC),
        "keywords": pa.list_(_SCORED),
        "concepts": pa.list_(_SCORED),
        "mesh": pa.list_(_struct(descriptor_ui=_TEXT, descriptor_name=_TEXT, is_major_topic=_FLAG)),
        "sustainable_development_goals": pa.list_(_SCORED),
        "awards": pa.list_(_struct(id=_TEXT, funder_id=_TEXT)),
        "funders": pa.list_(_struct(id=_TEXT, display_name=_TEXT, ror=_TEXT)),
        "referenced_works_count": _INT,
        "referenced_works": pa.list_(_TEXT),
        "related_works": pa.list_(_TEXT),
        "abstract_inverted_index": _TEXT,
        "has_content": _struct(pdf=_FLAG, grobid_xml=_FLAG),
        "updated_date": pa.timestamp("us"),
        "created_date": pa.timestamp("us"),
    }
)


INSTITUTIONS_SCHEMA = pa.schema(
    {
        "id": _TEXT,
        "ror": _TEXT,
        "display_name": _TEXT,
        "country_code": _TEXT,
        "type": _TEXT,
        "is_super_system": _FLAG,
        "lineage": pa.list_(_TEXT),
        "homepage_url": _TEXT,
        "works_count": _INT,
        "cited_by_count": _INT,
        "counts_by_year": pa.list_(_struct(year=_INT, works_count=_INT, cited_by_count=_INT)),
        "updated_date": _TEXT,
        "created_date": _TEXT,
    }
)


def fill(record: Work, kind: pa.DataType | pa.Schema) -> Work:
    """Return a record with every key of its type, as the exporter writes it: empty or null."""
    whole = {}
    for field in kind:
        value = record.get(field.name)
        if pa.types.is_list(field.type):
            inner = field.type.value_type
            nested = pa.types.is_struct(inner)
            value = [fill(item, inner) if nested else item for item in value or []]
        elif pa.types.is_map(field.type):
            value = value or {}
        elif pa.types.is_struct(field.type) and value is not None:
            value = fill(value, field.type)
        whole[field.name] = value
    return whole


def write_release(
    folder: Path,
    parts: dict[str, list[Work]],
    *,
    kind: str = "parquet",
    date: str = "2026-11-22",
    rows_per_group: int = 4000,
    whole: bool = True,
    institutions: list[Work] | None = None,
    **said: object,
) -> Path:
    """Write works as a release and return its folder.

    Parameters
    ----------
    folder : Path
        Gets ``works/manifest.json`` and ``works/<name of the part>``.
    parts : dict
        From the name of a part (``updated_date=2026-01-01/part_0000``) to its works.
    kind : str
        ``parquet`` or ``jsonl``.
    whole : bool
        Give every record all 49 keys. Parquet does so in any case.
    institutions : list of dict, optional
        Institutions of the release; without any there is no folder for them.
    said : object
        More entries for the manifest.
    """
    if institutions is not None:
        write_institutions(folder, institutions, kind=kind, date=date)
    listed = []
    for name, works in parts.items():
        path = folder / "works" / (name + (".parquet" if kind == "parquet" else ".gz"))
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "parquet":
            filled = [fill(work, WORKS_SCHEMA) for work in works]
            for work in filled:
                work["ids"] = list(work["ids"].items())
            table = pa.Table.from_pylist(filled, WORKS_SCHEMA)
            pq.write_table(
                table, path, compression="zstd", compression_level=19, row_group_size=rows_per_group
            )
        else:
            lines = (json.dumps(fill(work, WORKS_SCHEMA) if whole else work) for work in works)
            path.write_bytes(_compress(lines))
        listed.append(describe_file(kind, path, folder, len(works)))
    write_manifest(folder, listed, kind=kind, date=date, **said)
    return folder


def write_institutions(
    folder: Path,
    institutions: list[Work],
    *,
    kind: str = "parquet",
    date: str = "2026-11-22",
    name: str = "updated_date=2026-11-20/part_0000",
) -> None:
    """Write the institutions of a release, beside its works."""
    path = folder / "institutions" / (name + (".parquet" if kind == "parquet" else ".gz"))
    path.parent.mkdir(parents=True, exist_ok=True)
    filled = [fill(one, INSTITUTIONS_SCHEMA) for one in institutions]
    if kind == "parquet":
        table = pa.Table.from_pylist(filled, INSTITUTIONS_SCHEMA)
        pq.write_table(table, path, compression="zstd", compression_level=19)
    else:
        path.write_bytes(_compress(map(json.dumps, filled)))
    files = [describe_file(kind, path, folder, len(filled))]
    write_manifest(folder, files, kind=kind, date=date, entity="institutions")


def _compress(lines: Iterable[str]) -> bytes:
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def describe_file(kind: str, path: Path, folder: Path, rows: int) -> dict[str, Any]:
    """Return a file's entry in the manifest."""
    place = path.relative_to(folder).as_posix()
    meta = {"content_length": path.stat().st_size, "record_count": rows}
    return {"url": f"s3://openalex/data/{kind}/{place}", "meta": meta}


def write_manifest(
    folder: Path,
    files: list[dict[str, Any]],
    *,
    kind: str,
    date: str,
    entity: str = "works",
    **said: object,
) -> None:
    """Write a release's manifest for works, or for another entity."""
    content = {
        "date": date,
        "format": kind,
        "entity": entity,
        "record_count": sum(entry["meta"]["record_count"] for entry in files),
        "content_length": sum(entry["meta"]["content_length"] for entry in files),
        "files": files,
        **said,
    }
    path = folder / entity / "manifest.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
