"""The narrow table by DuckDB alone, for comparison: `python -m tests.benchmarks.duckdb_narrow`.

Reads a whole release (Parquet or JSON Lines) in one statement and writes one narrow file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

YEARS = (2007, 2016)
PLACE = "STRUCT(id VARCHAR, country_code VARCHAR, type VARCHAR, lineage VARCHAR[])"
COLUMNS = {
    "id": "VARCHAR",
    "publication_year": "INTEGER",
    "type": "VARCHAR",
    "is_retracted": "BOOLEAN",
    "is_xpac": "BOOLEAN",
    "authors_count": "INTEGER",
    "countries_distinct_count": "INTEGER",
    "primary_location": "STRUCT(source STRUCT(is_core BOOLEAN))",
    "primary_topic": "STRUCT(id VARCHAR, subfield STRUCT(id VARCHAR), field STRUCT(id VARCHAR))",
    "citation_normalized_percentile": (
        "STRUCT(is_in_top_1_percent BOOLEAN, is_in_top_10_percent BOOLEAN)"
    ),
    "authorships": f"STRUCT(institutions {PLACE}[])[]",
}
PLACES = "flatten(list_transform(authorships, lambda a: a.institutions))"


def number(text: str) -> str:
    """Return SQL for the number of an institution id."""
    return f"try_cast(regexp_extract({text}, 'I([0-9]{{2,18}})$', 1) AS BIGINT)"


def distinct(values: str) -> str:
    """Return SQL for the distinct known values of a list, ascending."""
    return f"list_sort(list_distinct(list_filter({values}, lambda x: x IS NOT NULL)))"


def countries(places: str) -> str:
    """Return SQL for the countries of a list of institutions."""
    return distinct(f"list_transform({places}, lambda i: upper(i.country_code))")


def last_number(text: str) -> str:
    """Return SQL for the number at the end of an id."""
    return f"CAST(regexp_extract({text}, '([0-9]+)$', 1) AS INTEGER)"


def kinds(places: str) -> str:
    """Return SQL for the pairs of type and country of a list of institutions."""
    pair = "{'type': lower(i.type), 'country_code': upper(i.country_code)}"
    return distinct(
        f"list_transform(list_filter({places}, lambda i: i.type IS NOT NULL), lambda i: {pair})"
    )


def lineage(places: str) -> str:
    """Return SQL for the institutions and their ancestors."""
    nodes = f"flatten(list_transform({places}, lambda i: i.lineage))"
    return distinct(f"list_transform({nodes}, lambda n: {number('n')})")


def statement(source: str) -> str:
    """Return the SELECT that makes the narrow rows."""
    ids = distinct(f"list_transform({PLACES}, lambda i: {number('i.id')})")
    nodes = distinct(f"list_transform(i.lineage, lambda n: {number('n')})")
    each = f"list_filter(list_transform({PLACES}, lambda i: {nodes}), lambda x: len(x) > 0)"
    return f"""
        SELECT CAST(id[23:] AS BIGINT) AS work_id, publication_year AS year, type, is_retracted,
            primary_location.source.is_core AS core_source,
            coalesce(authors_count, len(authorships)) AS n_authors,
            coalesce(countries_distinct_count, len({countries(PLACES)})) AS n_countries,
            {last_number("primary_topic.field.id")} AS field_id,
            {last_number("primary_topic.subfield.id")} AS subfield_id,
            {last_number("primary_topic.id")} AS topic_id,
            citation_normalized_percentile.is_in_top_1_percent AS top_1,
            citation_normalized_percentile.is_in_top_10_percent AS top_10,
            {countries(PLACES)} AS countries,
            {ids} AS institution_ids,
            {kinds(PLACES)} AS kinds,
            {lineage(PLACES)} AS lineage_ids,
            list_sort(list_distinct({each})) AS lineages
        FROM {source}
        WHERE NOT coalesce(is_xpac, false) AND publication_year BETWEEN {YEARS[0]} AND {YEARS[1]}
    """


def main(kind: str, release: str, path: str) -> None:
    """Write the narrow rows of a release to a file."""
    files = sorted(str(file) for file in Path(release).rglob("part_*"))
    if kind == "parquet":
        source = f"read_parquet({files}, hive_partitioning = false)"
    else:
        source = (
            f"read_json({files}, format = 'newline_delimited', compression = 'gzip', "
            f"columns = {COLUMNS}, hive_partitioning = false, maximum_object_size = 268435456)"
        )
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            f"COPY ({statement(source)}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )


def same_rows(folder: Path, other: Path) -> bool:
    """Tell whether two narrow tables hold the same rows."""
    first, second = f"'{folder}/works/*.parquet'", f"'{other}'"
    found = duckdb.sql(
        f"SELECT (SELECT count(*) FROM {first}) = (SELECT count(*) FROM {second}) AND NOT EXISTS "
        f"(SELECT * FROM {first} EXCEPT ALL SELECT * FROM {second})"
    ).fetchone()
    return bool(found and found[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
