"""The works of the synthetic sample as records, read once."""

from __future__ import annotations

from functools import cache
from typing import Any

import pyarrow.parquet as pq

from tests.support.make_sample import FOLDER

COLUMNS = [
    "id",
    "publication_year",
    "type",
    "is_xpac",
    "is_retracted",
    "authorships",
    "authors_count",
    "primary_topic",
    "countries_distinct_count",
    "primary_location",
    "citation_normalized_percentile",
    "cited_by_count",
]


@cache
def read_sample(part: str = "*/*.parquet") -> list[dict[str, Any]]:
    """Return the records of `data/raw/sample`, or of one of its files; don't change them."""
    files = sorted((FOLDER / "works").glob(part))
    return [
        record
        for file in files
        for record in pq.ParquetFile(file).read(columns=COLUMNS).to_pylist()
    ]
