"""
From an official Parquet file of works to rows of the narrow table (see ``rows``).

Only the leaf columns that a row needs are read: a few percent of the file's bytes. All work is done
on whole columns; no record passes through Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bibliometrics.errors import SnapshotError
from bibliometrics.snapshot.rows import (
    AUTHORS_KEPT,
    EXPANSION,
    KIND,
    NARROW_SCHEMA,
    OTHER_YEAR,
    Tally,
    Unread,
    country_code,
    field_number,
    institution_number,
    topic_number,
    type_name,
)

Numbers = NDArray[np.int64]
Years = tuple[int, int] | None

_INSTITUTION: Final = "authorships.list.element.institutions.list.element"
_TEXTS: Final = (
    "type",
    "primary_topic.id",
    "primary_topic.subfield.id",
    "primary_topic.field.id",
    f"{_INSTITUTION}.id",
    f"{_INSTITUTION}.country_code",
    f"{_INSTITUTION}.type",
    f"{_INSTITUTION}.lineage.list.element",
)
INTEGER, TEXT, FLAG = ("INT32", "INT64"), ("BYTE_ARRAY",), ("BOOLEAN",)
LEAVES: Final = {
    "id": TEXT,
    "publication_year": INTEGER,
    "is_xpac": FLAG,
    "is_retracted": FLAG,
    "authors_count": INTEGER,
    "countries_distinct_count": INTEGER,
    "primary_location.source.is_core": FLAG,
    "citation_normalized_percentile.is_in_top_1_percent": FLAG,
    "citation_normalized_percentile.is_in_top_10_percent": FLAG,
    **dict.fromkeys(_TEXTS, TEXT),
}
DEFECT: Final = "I-1"
_ID_PREFIX: Final = "https://openalex.org/W"


def open_parquet(
    source: Any,
    name: str,
    leaves: Mapping[str, Sequence[str]] = LEAVES,
    coded: Sequence[str] = _TEXTS,
) -> pq.ParquetFile:
    """
    Open a Parquet file and check that every leaf that is needed is there, with its type.

    ``coded`` are the leaves to be read as dictionaries.
    """
    try:
        opened = pq.ParquetFile(
            source,
            read_dictionary=list(coded),
            pre_buffer=True,
            page_checksum_verification=True,
        )
    except pa.ArrowInvalid as error:
        msg = f"{name} is not a whole Parquet file: {error}."
        raise SnapshotError(msg, "fetch the file anew and start again") from error
    schema = opened.metadata.schema
    found = {schema.column(i).path: schema.column(i).physical_type for i in range(len(schema))}
    for path, types in leaves.items():
        if found.get(path) not in types:
            came = f"is {found[path]}" if path in found else "is missing"
            msg = f"{name}: column {path} {came}, expected {' or '.join(types)}."
            raise SnapshotError(
                msg,
                "the release has another schema than this version reads; look for a newer version",
            )
    return opened


def leaf_bytes(opened: pq.ParquetFile) -> int:
    """Return the compressed bytes of the leaves, with the footer: what a read has to move."""
    total = int(opened.metadata.serialized_size) + 8
    for number in range(opened.metadata.num_row_groups):
        group = opened.metadata.row_group(number)
        chunks = (group.column(i) for i in range(group.num_columns))
        total += sum(c.total_compressed_size for c in chunks if c.path_in_schema in LEAVES)
    return total


def read_rows(
    opened: pq.ParquetFile, name: str, years: Years, dropped: Counter[str]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a Parquet file, one batch or more for each row group."""
    for number in range(opened.metadata.num_row_groups):
        try:
            group = opened.read_row_group(number, columns=list(LEAVES), use_threads=False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            msg = f"{name}: row group {number} can't be read: {error}."
            raise SnapshotError(msg, "fetch the file anew and start again") from error
        with usable(f"{name}: row group {number}"):
            for batch in group.to_batches():
                yield narrow_rows(keep_rows(batch, years, dropped), name)


@contextmanager
def usable(what: str) -> Iterator[None]:
    """Turn a value that no row can hold into SnapshotError: a year of ten digits, a broken text."""
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError, OverflowError) as error:
        msg = f"{what} holds a value that can't be used: {error}."
        raise SnapshotError(msg, "fetch the file anew and start again") from error


def keep_rows(batch: pa.RecordBatch, years: Years, dropped: Counter[str]) -> pa.RecordBatch:
    """Return the rows of the core corpus and the years."""
    expansion = pc.fill_null(batch["is_xpac"], False)
    year = batch["publication_year"]
    if years is None:
        fits = pa.array(np.ones(len(batch), dtype=bool))
    else:
        inside = pc.and_(pc.greater_equal(year, years[0]), pc.less_equal(year, years[1]))
        fits = pc.fill_null(inside, False)
    kept = pc.and_(pc.invert(expansion), fits)
    n_expansion = expansion.true_count
    dropped[EXPANSION] += n_expansion
    dropped[OTHER_YEAR] += len(batch) - n_expansion - kept.true_count
    rows = batch if kept.true_count == len(batch) else batch.filter(kept)
    if isinstance(dropped, Tally):
        _note_unread(rows, dropped)
    return rows


def _note_unread(batch: pa.RecordBatch, tally: Tally) -> None:
    """Count values that are there but can't be read; the defect id I-1 is known, and no such."""
    works = np.arange(len(batch), dtype=np.int64)
    authors, authorships = _list_parts(batch["authorships"])
    places, institutions = _list_parts(_at(authorships, "institutions"))
    places = authors[places]
    links, ancestors = _list_parts(_at(institutions, "lineage"))
    topic = batch["primary_topic"]
    columns: tuple[tuple[str, Numbers, pa.Array, Callable[[str], Any]], ...] = (
        ("type", works, batch["type"], type_name),
        ("primary_topic.field.id", works, _at(topic, "field", "id"), field_number),
        ("primary_topic.id", works, _at(topic, "id"), topic_number),
        ("institutions.country_code", places, _at(institutions, "country_code"), country_code),
        ("institutions.id", places, _at(institutions, "id"), institution_number),
        ("institutions.lineage", places[links], ancestors, institution_number),
    )
    for column, owners, values, parse in columns:
        is_coded = pa.types.is_dictionary(values.type)
        coded = values if is_coded else values.dictionary_encode()
        texts = coded.dictionary.to_pylist()
        odd = [bool(text) and DEFECT not in text and parse(text) is None for text in texts]
        codes = pc.fill_null(coded.indices, len(texts)).to_numpy(zero_copy_only=False)
        found = np.flatnonzero(np.array([*odd, False])[codes])
        first = None
        if len(found):
            work = str(batch["id"][int(owners[found[0]])].as_py())
            first = Unread(len(found), texts[codes[found[0]]], work)
        tally.note(column, len(coded) - coded.null_count, first)


def narrow_rows(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    """Return the rows of the narrow table for records with the columns that are read."""
    authors = _list_parts(batch["authorships"])
    n_listed = np.minimum(np.bincount(authors[0], minlength=len(batch)), AUTHORS_KEPT)
    lists, topic = _institution_lists(len(batch), *authors), batch["primary_topic"]
    columns = {
        "work_id": _work_numbers(batch["id"], name),
        "year": batch["publication_year"],
        "type": _decode(batch["type"], type_name, pa.string()),
        "is_retracted": batch["is_retracted"],
        "core_source": _at(batch["primary_location"], "source", "is_core"),
        "n_authors": pc.coalesce(_int64(batch["authors_count"]), pa.array(n_listed, pa.int64())),
        "n_countries": pc.coalesce(
            _int64(batch["countries_distinct_count"]),
            pc.cast(pc.list_value_length(lists["countries"]), pa.int64()),
        ),
        "field_id": _decode(_at(topic, "field", "id"), field_number, pa.int32()),
        "subfield_id": _decode(_at(topic, "subfield", "id"), field_number, pa.int32()),
        "topic_id": _decode(_at(topic, "id"), topic_number, pa.int32()),
        "top_1": _at(batch["citation_normalized_percentile"], "is_in_top_1_percent"),
        "top_10": _at(batch["citation_normalized_percentile"], "is_in_top_10_percent"),
        **lists,
    }
    arrays = [pc.cast(columns[column.name], column.type) for column in NARROW_SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=NARROW_SCHEMA)


def _int64(values: pa.Array) -> pa.Array:
    return pc.cast(values, pa.int64())


def _at(values: pa.Array, *path: str) -> pa.Array:
    """Return a field of a struct, null where the struct is null."""
    for part in path:
        values = pc.struct_field(values, part)
    return values


def _work_numbers(ids: pa.Array, name: str) -> pa.Array:
    fine = pc.all(pc.fill_null(pc.starts_with(ids, _ID_PREFIX), False)).as_py()
    try:
        if fine is not False:
            return pc.cast(pc.utf8_slice_codeunits(ids, len(_ID_PREFIX)), pa.int64())
    except pa.ArrowInvalid:
        pass
    odd = pc.filter(ids, pc.invert(pc.match_substring_regex(ids, rf"^{_ID_PREFIX}\d+$")))
    first = odd[0].as_py() if len(odd) else None
    msg = f"{name}: id {first!r} is not a work's, expected {_ID_PREFIX} and digits."
    raise SnapshotError(
        msg,
        "the release is damaged or has another schema",
    )


def _list_parts(lists: pa.Array) -> tuple[Numbers, pa.Array]:
    """Return, for each element of the lists, the number of its list; and the elements."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(len(lists), dtype=np.int64), lengths), lists.flatten()


def _known(coded: pa.Array, parse: Callable[[str], Any]) -> tuple[list[Any], Numbers]:
    """
    Return the distinct parsed values of a dictionary array, ascending, and for each element the
    place of its value among them, -1 where there is none.
    """
    coded = coded if pa.types.is_dictionary(coded.type) else coded.dictionary_encode()
    nothing = len(coded.dictionary)
    codes = pc.fill_null(coded.indices, nothing).to_numpy(zero_copy_only=False)
    used = np.bincount(codes, minlength=nothing + 1)[:nothing] > 0
    texts = coded.dictionary.filter(pa.array(used)).to_pylist()
    parsed = [None if text is None else parse(text) for text in texts]
    values = sorted({value for value in parsed if value is not None})
    places = {value: place for place, value in enumerate(values)}
    lookup = np.full(nothing + 1, -1, dtype=np.int64)
    lookup[:nothing][used] = [places.get(value, -1) for value in parsed]
    return values, lookup[codes]


def _decode(coded: pa.Array, parse: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    values, places = _known(coded, parse)
    return pa.array(values, kind).take(pa.array(places, mask=places < 0))


def _distinct(owners: Numbers, places: Numbers, n_values: int) -> tuple[Numbers, Numbers]:
    """Return the distinct pairs of owner and value, ascending; places below 0 are left out."""
    fine = places >= 0
    keys = np.sort(owners[fine] * max(n_values, 1) + places[fine])
    keys = keys[np.diff(keys, prepend=-1) > 0]
    owners, places = np.divmod(keys, max(n_values, 1))
    return owners, places


def _lists(owners: Numbers, values: pa.Array, n_owners: int) -> pa.ListArray:
    """Return one list for each owner; ``owners`` ascends and goes with ``values``."""
    offsets = np.searchsorted(owners, np.arange(n_owners + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _distinct_lists(
    owners: Numbers, places: Numbers, n_owners: int, values: pa.Array
) -> tuple[pa.ListArray, Numbers]:
    """
    Return the distinct lists of the owners' values, ascending, and for each owner the place of its
    list among them, -1 for an empty one.
    """
    owners, places = _distinct(owners, places, len(values))
    lists = _lists(owners, values.take(pa.array(places)), n_owners)
    starts = lists.offsets.to_numpy().astype(np.int64)
    lengths = np.diff(starts)
    rank = np.zeros(n_owners, dtype=np.int64)
    for step in range(int(lengths.max(initial=0))):
        longer = lengths > step
        key = rank * (len(values) + 1)
        key[longer] += places[starts[:-1][longer] + step] + 1
        _, rank = np.unique(key, return_inverse=True)
    first = np.unique(rank, return_index=True)[1]
    return lists.take(pa.array(first)), np.where(lengths > 0, rank, -1)


def _pairs(
    kinds: Numbers, codes: Numbers, all_kinds: pa.Array, all_codes: pa.Array
) -> tuple[pa.StructArray, Numbers]:
    """
    Return the distinct pairs of a type and a country, ascending, and for each institution the place
    of its pair among them, -1 for one without a type.
    """
    known, base = kinds >= 0, len(all_codes) + 1
    keys, places = np.unique(kinds[known] * base + codes[known] + 1, return_inverse=True)
    kind, code = np.divmod(keys, base)
    of_code = pa.array(code - 1, mask=code == 0)
    pairs = [all_kinds.take(pa.array(kind)), all_codes.take(of_code)]
    found = np.full(len(kinds), -1, dtype=np.int64)
    found[known] = places
    return pa.StructArray.from_arrays(pairs, fields=list(KIND)), found


def _institution_lists(n_works: int, works: Numbers, authorships: pa.Array) -> dict[str, pa.Array]:
    """Return the five list columns, from the authorships and the number of each one's work."""
    authors, institutions = _list_parts(_at(authorships, "institutions"))
    links, ancestors = _list_parts(_at(institutions, "lineage"))
    codes, code_places = _known(_at(institutions, "country_code"), country_code)
    ids, id_places = _known(_at(institutions, "id"), institution_number)
    kinds, kind_places = _known(_at(institutions, "type"), type_name)
    nodes, node_places = _known(ancestors, institution_number)
    all_codes, all_nodes = pa.array(codes, pa.string()), pa.array(nodes, pa.int64())
    pairs, pair_places = _pairs(kind_places, code_places, pa.array(kinds, pa.string()), all_codes)
    lineages, lineage_places = _distinct_lists(links, node_places, len(institutions), all_nodes)

    def per_work(owners: Numbers, places: Numbers, values: pa.Array) -> pa.ListArray:
        owners, places = _distinct(works[owners], places, len(values))
        return _lists(owners, values.take(pa.array(places)), n_works)

    return {
        "countries": per_work(authors, code_places, all_codes),
        "institution_ids": per_work(authors, id_places, pa.array(ids, pa.int64())),
        "kinds": per_work(authors, pair_places, pairs),
        "lineage_ids": per_work(authors[links], node_places, all_nodes),
        "lineages": per_work(authors, lineage_places, lineages),
    }
