"""
From an official Parquet file of works to rows of the narrow table (see ``rows``).

Only the leaf columns that a row needs are read: a few percent of the file's bytes. All work is done
on whole columns; no record passes through Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
LARGEST_KEY: Final = 2**62
#: Parsers of numbers; of ids, the usual address before their digits, and how many these may be.
DIGITS: Final[Mapping[Callable[[str], Any], tuple[str, int, int]]] = {
    institution_number: ("https://openalex.org/I", 2, 18),
    topic_number: ("https://openalex.org/T", 1, 9),
}
NUMBERS: Final = frozenset({*DIGITS, field_number})
TOPIC_LEVELS: Final = (
    ("field", ("field", "id"), field_number),
    ("subfield", ("subfield", "id"), field_number),
    ("topic", ("id",), topic_number),
)
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
    opened: pq.ParquetFile, name: str, years: Years, tally: Tally
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
                yield narrow_rows(keep_rows(batch, years, tally), name, tally)


@contextmanager
def usable(what: str) -> Iterator[None]:
    """Turn a value that no row can hold into SnapshotError: a year of ten digits, a broken text."""
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError, OverflowError) as error:
        msg = f"{what} holds a value that can't be used: {error}."
        raise SnapshotError(msg, "fetch the file anew and start again") from error


def keep_rows(batch: pa.RecordBatch, years: Years, tally: Tally) -> pa.RecordBatch:
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
    tally[EXPANSION] += n_expansion
    tally[OTHER_YEAR] += len(batch) - n_expansion - kept.true_count
    return batch if kept.true_count == len(batch) else batch.filter(kept)


def narrow_rows(batch: pa.RecordBatch, name: str, tally: Tally) -> pa.RecordBatch:
    """Return the rows of the narrow table for records with the columns that are read."""
    works, authorships = _list_parts(batch["authorships"])
    n_listed = np.minimum(np.bincount(works, minlength=len(batch)), AUTHORS_KEPT)
    reader = _Reader(batch["id"], tally)
    lists = _institution_lists(reader, works, authorships)
    topic, every = batch["primary_topic"], np.arange(len(batch), dtype=np.int64)
    columns = {
        "work_id": _work_numbers(batch["id"], name),
        "year": batch["publication_year"],
        "type": reader.read("type", every, batch["type"], type_name).array,
        "is_retracted": batch["is_retracted"],
        "core_source": _at(batch["primary_location"], "source", "is_core"),
        "n_authors": pc.coalesce(_int64(batch["authors_count"]), pa.array(n_listed, pa.int64())),
        "n_countries": pc.coalesce(
            _int64(batch["countries_distinct_count"]),
            pc.cast(pc.list_value_length(lists["countries"]), pa.int64()),
        ),
        **{
            f"{level}_id": reader.read(
                ".".join(("primary_topic", *path)), every, _at(topic, *path), parse
            ).array
            for level, path, parse in TOPIC_LEVELS
        },
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


@dataclass(frozen=True)
class _Read:
    """Distinct values, ascending, and for each element the place of its own; -1: it has none."""

    values: pa.Array
    places: Numbers

    @property
    def array(self) -> pa.Array:
        """The value of each element, null where it has none."""
        return self.values.take(pa.array(self.places, mask=self.places < 0))


@dataclass(frozen=True)
class _Reader:
    """Reads coded texts of works with these ids, and notes those that can't be read."""

    ids: pa.Array
    tally: Tally

    def read(
        self, column: str, owners: Numbers, texts: pa.Array, parse: Callable[[str], Any]
    ) -> _Read:
        """Read a column; ``owners`` are the numbers of the works that its elements belong to."""
        coded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
        nothing = len(coded.dictionary)
        codes = pc.fill_null(coded.indices, nothing).to_numpy(zero_copy_only=False)
        used = np.flatnonzero(np.bincount(codes, minlength=nothing + 1)[:nothing])
        words = coded.dictionary.take(pa.array(used))
        values, places = _parse_numbers(words, parse) if parse in DIGITS else _parse(words, parse)
        lookup = np.full(nothing + 1, -1, dtype=np.int64)
        lookup[used] = places
        odd = [place for place in np.flatnonzero(places < 0) if _is_odd(words[place].as_py())]
        found = np.flatnonzero(np.isin(codes, used[odd])) if odd else used[:0]
        first = None
        if len(found):
            work, text = self.ids[int(owners[found[0]])], coded[int(found[0])]
            first = Unread(len(found), str(text.as_py()), str(work.as_py()))
        self.tally.note(column, len(coded) - coded.null_count, first)
        return _Read(values, lookup[codes])


def _is_odd(text: str | None) -> bool:
    """Say whether a text that gives no value should have given one: not the defect id I-1."""
    return bool(text) and DEFECT not in str(text)


def _parse(words: pa.Array, parse: Callable[[str], Any]) -> tuple[pa.Array, Numbers]:
    """Return the distinct values of some words, ascending, and the place of each word's value."""
    parsed = [None if word is None else parse(word) for word in words.to_pylist()]
    values = sorted({value for value in parsed if value is not None})
    places = {value: place for place, value in enumerate(values)}
    kind = pa.int64() if parse in NUMBERS else pa.string()
    found = np.array([places.get(value, -1) for value in parsed], dtype=np.int64)
    return pa.array(values, kind), found


def _parse_numbers(words: pa.Array, parse: Callable[[str], Any]) -> tuple[pa.Array, Numbers]:
    """Do the same for ids, all at once where they are addresses as usual."""
    address, least, most = DIGITS[parse]
    digits = pc.utf8_slice_codeunits(words, len(address))
    size = pc.binary_length(digits)
    usual = pc.and_(pc.starts_with(words, address), pc.ascii_is_decimal(digits))
    usual = pc.and_(usual, pc.and_(pc.greater_equal(size, least), pc.less_equal(size, most)))
    usual = pc.fill_null(usual, False)
    numbers = pc.cast(pc.if_else(usual, digits, None), pa.int64())
    parsed = pc.fill_null(numbers, -1).to_numpy(zero_copy_only=False).copy()
    for place in np.flatnonzero(parsed < 0):
        word = words[place].as_py()
        number = None if word is None else parse(word)
        parsed[place] = -1 if number is None else number
    values = np.unique(parsed[parsed >= 0])
    return pa.array(values), np.where(parsed < 0, -1, np.searchsorted(values, parsed))


def _distinct(owners: Numbers, places: Numbers, n_values: int) -> tuple[Numbers, Numbers]:
    """Return the distinct pairs of owner and value, ascending; places below 0 are left out."""
    fine = places >= 0
    keys = owners[fine] * max(n_values, 1) + places[fine]
    keys.sort(kind="stable")  # owners ascend already
    keys = keys[np.diff(keys, prepend=-1) > 0]
    owners, places = np.divmod(keys, max(n_values, 1))
    return owners, places


def _lists(owners: Numbers, values: pa.Array, n_owners: int) -> pa.ListArray:
    """Return one list for each owner; ``owners`` ascends and goes with ``values``."""
    offsets = np.zeros(n_owners + 1, dtype=np.int32)
    np.cumsum(np.bincount(owners, minlength=n_owners), out=offsets[1:])
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
    rank, n_ranks = np.zeros(n_owners, dtype=np.int64), 1
    base, step, longest = len(values) + 1, 0, int(lengths.max(initial=0))
    while step < longest:
        key, most = rank, n_ranks
        while step < longest and most * base <= LARGEST_KEY:
            longer = lengths > step
            key = key * base
            key[longer] += places[starts[:-1][longer] + step] + 1
            most, step = most * base, step + 1
        _, rank = np.unique(key, return_inverse=True)
        n_ranks = n_owners
    first = np.unique(rank, return_index=True)[1]
    return lists.take(pa.array(first)), np.where(lengths > 0, rank, -1)


def _pairs(kinds: _Read, codes: _Read) -> _Read:
    """
    Return the distinct pairs of a type and a country, ascending, and for each institution the place
    of its pair among them, -1 for one without a type.
    """
    known, base = kinds.places >= 0, len(codes.values) + 1
    keys = kinds.places[known] * base + codes.places[known] + 1
    there = np.bincount(keys, minlength=1) > 0
    kind, code = np.divmod(np.flatnonzero(there), base)
    of_code = pa.array(code - 1, mask=code == 0)
    pairs = [kinds.values.take(pa.array(kind)), codes.values.take(of_code)]
    found = np.full(len(kinds.places), -1, dtype=np.int64)
    found[known] = (np.cumsum(there) - 1)[keys]
    return _Read(pa.StructArray.from_arrays(pairs, fields=list(KIND)), found)


def _institution_lists(
    reader: _Reader, works: Numbers, authorships: pa.Array
) -> dict[str, pa.Array]:
    """Return the five list columns, from the authorships and the number of each one's work."""
    authors, institutions = _list_parts(_at(authorships, "institutions"))
    links, ancestors = _list_parts(_at(institutions, "lineage"))
    of_place, of_link = works[authors], works[authors[links]]

    def read(name: str, parse: Callable[[str], Any]) -> _Read:
        return reader.read(f"institutions.{name}", of_place, _at(institutions, name), parse)

    codes = read("country_code", country_code)
    nodes = reader.read("institutions.lineage", of_link, ancestors, institution_number)
    lineages = _distinct_lists(links, nodes.places, len(institutions), nodes.values)

    def per_work(owners: Numbers, values: pa.Array, places: Numbers) -> pa.ListArray:
        owners, places = _distinct(owners, places, len(values))
        return _lists(owners, values.take(pa.array(places)), len(reader.ids))

    ids, pairs = read("id", institution_number), _pairs(read("type", type_name), codes)
    return {
        "countries": per_work(of_place, codes.values, codes.places),
        "institution_ids": per_work(of_place, ids.values, ids.places),
        "kinds": per_work(of_place, pairs.values, pairs.places),
        "lineage_ids": per_work(of_link, nodes.values, nodes.places),
        "lineages": per_work(of_place, *lineages),
    }
