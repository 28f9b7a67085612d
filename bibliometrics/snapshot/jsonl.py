"""
From a JSON Lines file of works (gz) to rows of the narrow table (see ``narrow_row``).

Decodes record by record and shares nothing with ``works_parquet`` but the rules: each is a test of
the other. Reads every schema since 2021; a key that a record lacks is missing.
"""

from __future__ import annotations

import gzip
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, cast

import msgspec
import pyarrow as pa
from isal import igzip
from isal.igzip_lib import IsalError

from bibliometrics.errors import SnapshotError
from bibliometrics.snapshot.rows import (
    AUTHORS_KEPT,
    EXPANSION,
    KIND,
    LIST_COLUMNS,
    NARROW_SCHEMA,
    OTHER_YEAR,
    country_code,
    field_number,
    institution_number,
    topic_number,
    type_name,
    work_number,
)

READ_BYTES: Final = 16 << 20
BLOCK_BYTES: Final = 8 << 20
LINE_LIMIT: Final = 256 << 20
ROWS_PER_BATCH: Final = 20_000
_NO_WHOLE_GZ: Final = (EOFError, gzip.BadGzipFile, cast("type[Exception]", IsalError))


class _Part(msgspec.Struct, gc=False):
    """A part of a record: unknown keys are passed over, missing ones are None."""


class _Institution(_Part, gc=False):
    id: str | None = None
    country_code: str | None = None
    type: str | None = None
    lineage: list[str | None] | None = None


class _Authorship(_Part, gc=False):
    institutions: list[_Institution | None] | None = None


class _Source(_Part, gc=False):
    is_core: bool | None = None


class _Location(_Part, gc=False):
    source: _Source | None = None


class _Field(_Part, gc=False):
    id: str | int | None = None


class _Topic(_Part, gc=False):
    id: str | None = None
    subfield: _Field | None = None
    field: _Field | None = None


class _Percentile(_Part, gc=False):
    is_in_top_1_percent: bool | None = None
    is_in_top_10_percent: bool | None = None


class _Work(_Part, gc=False):
    id: str
    publication_year: int | None = None
    type: str | None = None
    is_retracted: bool | None = None
    is_xpac: bool | None = None
    authors_count: int | None = None
    countries_distinct_count: int | None = None
    primary_location: _Location | None = None
    primary_topic: _Topic | None = None
    citation_normalized_percentile: _Percentile | None = None
    authorships: list[_Authorship | None] | None = None


_DECODER: Final = msgspec.json.Decoder(_Work)


class _Memo(dict[Any, Any]):
    """Values of a function, each worked out once."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def __missing__(self, key: Any) -> Any:
        value = self[key] = self.function(key)
        return value


_NUMBER: Final = _Memo(lambda text: institution_number(text) if text else None)
_CODE: Final = _Memo(lambda text: country_code(text) if text else None)
_TYPE: Final = _Memo(lambda text: type_name(text) if text else None)
_TOPIC: Final = _Memo(lambda text: topic_number(text) if text else None)
_FIELD: Final = _Memo(lambda given: None if given is None else field_number(str(given)))


def read_blocks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Decompress a file into blocks of whole lines."""
    large = io.BufferedReader(cast("io.RawIOBase", stream), READ_BYTES)  # few requests if far away
    try:
        yield from _whole_lines(large, name)
    finally:
        large.detach()


def _whole_lines(stream: BinaryIO, name: str) -> Iterator[bytes]:
    unzipped = igzip.IGzipFile(fileobj=stream, mode="rb")  # type: ignore[no-untyped-call]
    rest = b""
    while True:
        try:
            block = unzipped.read(BLOCK_BYTES)
        except _NO_WHOLE_GZ as error:
            msg = f"{name} is cut short or damaged: {error}."
            raise SnapshotError(msg, "fetch the file anew and start again") from error
        if not block:
            break
        end = block.rfind(b"\n") + 1
        if end:
            yield rest + block[:end]
            rest = block[end:]
        else:
            rest += block
        if len(rest) > LINE_LIMIT:
            msg = f"{name} has a line longer than {LINE_LIMIT >> 20} MiB, expected one work a line."
            raise SnapshotError(msg, "the file is damaged; fetch it anew")
    if rest:
        yield rest


def _decode(block: bytes, name: str, line: int) -> list[_Work]:
    """Return the works of a block whose first line has the number ``line``."""
    try:
        return _DECODER.decode_lines(block)
    except (msgspec.DecodeError, UnicodeDecodeError):
        for number, text in enumerate(block.splitlines(), start=line):
            try:
                _DECODER.decode_lines(text)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                msg = f"{name}, line {number} is no work of a known schema: {error}."
                raise SnapshotError(
                    msg,
                    "the file is damaged, or the release has a newer schema",
                ) from error
        raise


def read_rows(
    stream: BinaryIO, name: str, years: tuple[int, int] | None, dropped: Counter[str]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a JSON Lines file in batches of about 20,000."""
    rows, line = _Rows(name), 1
    first, last = years or (0, 0)
    for block in read_blocks(stream, name):
        works = _decode(block, name, line)
        line += block.count(b"\n")
        for work in works:
            if work.is_xpac:
                dropped[EXPANSION] += 1
            elif years and not first <= (work.publication_year or -1) <= last:
                dropped[OTHER_YEAR] += 1
            else:
                rows.add(work)
        if len(rows.scalars) >= ROWS_PER_BATCH:
            yield rows.to_batch()
            rows = _Rows(name)
    if rows.scalars:
        yield rows.to_batch()


class _Lists:
    """Lists of values, one after the other, as Arrow keeps them."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.offsets: list[int] = [0]

    def add(self, values: set[Any]) -> None:
        self.values.extend(sorted(values))
        self.offsets.append(len(self.values))

    def to_array(self, kind: pa.DataType) -> pa.ListArray:
        offsets = pa.array(self.offsets, pa.int32())
        return pa.ListArray.from_arrays(offsets, pa.array(self.values, kind))


class _Rows:
    """Rows of the narrow table while they are gathered."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.scalars: list[tuple[Any, ...]] = []
        self.lists = {column: _Lists() for column in LIST_COLUMNS}
        self.kinds = _Lists()
        self.each_lineage, self.lineage_offsets = _Lists(), [0]

    def add(self, work: _Work) -> None:
        """Add one work."""
        number = work_number(work.id)
        if number is None:
            msg = f"{self.name}: id {work.id!r} is not a work's, expected W and digits."
            raise SnapshotError(
                msg,
                "the release is damaged or has another schema",
            )
        authorships = work.authorships or []
        n_codes = self._add_institutions(authorships)
        n_countries = work.countries_distinct_count
        source = work.primary_location and work.primary_location.source
        topic = work.primary_topic or _Topic()
        rank = work.citation_normalized_percentile
        listed = min(len(authorships), AUTHORS_KEPT)
        self.scalars.append(
            (
                number,
                work.publication_year,
                _TYPE[work.type],
                work.is_retracted,
                source.is_core if source else None,
                listed if work.authors_count is None else work.authors_count,
                n_codes if n_countries is None else n_countries,
                _FIELD[topic.field.id] if topic.field else None,
                _FIELD[topic.subfield.id] if topic.subfield else None,
                _TOPIC[topic.id],
                rank.is_in_top_1_percent if rank else None,
                rank.is_in_top_10_percent if rank else None,
            )
        )

    def _add_institutions(self, authorships: list[_Authorship | None]) -> int:
        """Add the five lists of a work; return its number of distinct countries."""
        codes: set[str] = set()
        ids: set[int] = set()
        kinds: set[tuple[str, str]] = set()
        lineage: set[int] = set()
        lineages: set[tuple[int, ...]] = set()
        for authorship in authorships:
            for place in (authorship and authorship.institutions) or ():
                if place is not None:
                    ids.add(_NUMBER[place.id])
                    codes.add(_CODE[place.country_code])
                    if kind := _TYPE[place.type]:
                        kinds.add((kind, _CODE[place.country_code] or ""))
                    nodes = {_NUMBER[node] for node in place.lineage or ()} - {None}
                    lineage |= nodes
                    lineages.add(tuple(sorted(nodes)))
        ids.discard(None)
        codes.discard(None)
        for column, values in (
            ("countries", codes),
            ("institution_ids", ids),
            ("lineage_ids", lineage),
        ):
            self.lists[column].add(values)
        self.kinds.add(kinds)
        lineages.discard(())
        for nodes_of_one in sorted(lineages):
            self.each_lineage.add(set(nodes_of_one))
        self.lineage_offsets.append(len(self.each_lineage.offsets) - 1)
        return len(codes)

    def to_batch(self) -> pa.RecordBatch:
        """Return the rows as one batch of the narrow table."""
        names = [column.name for column in NARROW_SCHEMA]
        columns = dict(zip(names, map(list, zip(*self.scalars, strict=True)), strict=False))
        arrays: list[pa.Array] = [
            pa.array(columns[name], NARROW_SCHEMA.field(name).type) for name in list(columns)
        ]
        for column in LIST_COLUMNS:
            arrays.append(self.lists[column].to_array(NARROW_SCHEMA.field(column).type.value_type))
        arrays.insert(names.index("kinds"), self._kinds())
        offsets = pa.array(self.lineage_offsets, pa.int32())
        each = self.each_lineage.to_array(pa.int64())
        arrays.append(pa.ListArray.from_arrays(offsets, each))
        return pa.RecordBatch.from_arrays(arrays, schema=NARROW_SCHEMA)

    def _kinds(self) -> pa.ListArray:
        """Return the pairs of type and country; a country that is not known is null."""
        kinds, codes = zip(*self.kinds.values, strict=True) if self.kinds.values else ((), ())
        columns = [pa.array(kinds, pa.string()), pa.array([c or None for c in codes], pa.string())]
        pairs = pa.StructArray.from_arrays(columns, fields=list(KIND))
        return pa.ListArray.from_arrays(pa.array(self.kinds.offsets, pa.int32()), pairs)
