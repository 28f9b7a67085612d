"""
From a JSON Lines file of works (gz) to the columns that the Parquet files have.

DuckDB reads the JSON. What is to be a number or a flag is read as the text that stands there,
so that a value of another kind is an error that names file, line and value. The file is unpacked
here and not by DuckDB, which doesn't look at the checksum. Reads every schema since 2021; a key
that a record lacks is missing.
"""

from __future__ import annotations

import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import duckdb
import pyarrow as pa

from bibliometrics.errors import SnapshotError
from bibliometrics.files import on_disk
from bibliometrics.snapshot.parquet import (
    FLAG,
    INTEGER,
    LEAVES,
    Years,
    keep_rows,
    narrow_rows,
    usable,
)
from bibliometrics.snapshot.rows import Tally

READ_BYTES: Final = 16 << 20
BLOCK_BYTES: Final = 32 << 20
LINE_LIMIT: Final = 256 << 20
ROWS_PER_BATCH: Final = 20_000
SHOWN: Final = 200
_NO_WHOLE_GZ: Final = (EOFError, gzip.BadGzipFile, zlib.error)

#: What the text of a value must be, and what DuckDB makes of it.
_KINDS: Final = {INTEGER: ("-?[0-9]{1,9}", "INTEGER"), FLAG: ("true|false", "BOOLEAN")}
_VALUES: Final = {path: _KINDS[kind] for path, kind in LEAVES.items() if kind in _KINDS}


def _structure() -> dict[str, Any]:
    """Return the leaves as DuckDB wants them: texts as texts, all else as the JSON that it is."""
    tree: dict[str, Any] = {}
    for path in LEAVES:
        *way, last = path.replace(".list.element", "[]").split(".")
        node = tree
        for part in way:
            node = node.setdefault(part, {})
        node[last] = "JSON" if path in _VALUES else "VARCHAR"
    return dict(_lists(tree))


def _lists(tree: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, node in tree.items():
        inner = dict(_lists(node)) if isinstance(node, dict) else node
        yield name.removesuffix("[]"), [inner] if name.endswith("[]") else inner


def _column(node: Any, path: str) -> str:
    """Return SQL for a column: what is no list or text is cast, None where it can't be."""
    if isinstance(node, dict):
        parts = (f"'{name}': {_column(inner, f'{path}.{name}')}" for name, inner in node.items())
        return f"{{{', '.join(parts)}}}"
    return f"try_cast({path}::VARCHAR AS {_VALUES[path][1]})" if path in _VALUES else path


def _typed(node: Any) -> str:
    """Return a structure as a type of DuckDB."""
    if isinstance(node, list):
        return f"{_typed(node[0])}[]"
    if isinstance(node, dict):
        return f"STRUCT({', '.join(f'{name} {_typed(inner)}' for name, inner in node.items())})"
    return str(node)


def _statement() -> str:
    """Return the SELECT that makes columns of lines; ``odd`` names values of another kind."""
    structure = _structure()
    columns = [f"{_column(node, name)} AS {name}" for name, node in structure.items()]
    odd = ", ".join(
        f"CASE WHEN NOT regexp_full_match({path}::VARCHAR, '{pattern}') "
        f"THEN '{path} is ' || {path}::VARCHAR END"
        for path, (pattern, _) in _VALUES.items()
    )
    types = {name: _typed(node) for name, node in structure.items()}
    return (
        f"SELECT {', '.join(columns)}, concat_ws('; ', {odd}) AS odd "
        f"FROM read_json(?, format = 'newline_delimited', compression = 'uncompressed', "
        f"hive_partitioning = false, maximum_object_size = {LINE_LIMIT}, columns = {types})"
    )


def read_blocks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Unpack a file into blocks of whole lines."""
    large = io.BufferedReader(cast("io.RawIOBase", stream), READ_BYTES)  # few requests if far away
    try:
        yield from _whole_lines(large, name)
    finally:
        large.detach()


def _whole_lines(stream: BinaryIO, name: str) -> Iterator[bytes]:
    unpacked = gzip.GzipFile(fileobj=stream, mode="rb")
    rest = b""
    while True:
        try:
            block = unpacked.read(BLOCK_BYTES)
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


def read_rows(stream: BinaryIO, name: str, years: Years, tally: Tally) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a JSON Lines file in batches of about 20,000."""
    waiting: list[pa.RecordBatch] = []
    first = 1
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(config={"threads": 1}) as connection,
    ):
        reader = _Reader(connection, Path(folder) / "block.json", name)
        for block in read_blocks(stream, name):
            lines = block.splitlines(keepends=True)
            works = reader.read(lines, first)
            with usable(f"{name}, from line {first} on"):
                waiting += [narrow_rows(keep_rows(one, years, tally), name, tally) for one in works]
            first += len(lines)
            if sum(map(len, waiting)) >= ROWS_PER_BATCH:
                yield pa.concat_batches(waiting)
                waiting = []
    if waiting:
        yield pa.concat_batches(waiting)


@dataclass(frozen=True)
class _Reader:
    """DuckDB, with a file for the lines that it reads next, and the name of their source."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    name: str

    def read(self, lines: list[bytes], first: int) -> list[pa.RecordBatch]:
        """Return the columns of some lines; ``first`` is the number of the first one."""
        with on_disk(self.path):
            self.path.write_bytes(b"".join(lines))
        try:
            table = self.connection.execute(_statement(), [str(self.path)]).to_arrow_table()
        except duckdb.Error as error:
            if len(lines) == 1:
                said = str(error).partition("line 1: ")[2] or str(error)
                raise self._no_work(first, said.partition("\n")[0][:SHOWN]) from error
            half = len(lines) // 2  # down to the line
            upper = self.read(lines[:half], first)
            return upper + self.read(lines[half:], first + half)
        for number, said in enumerate(table["odd"].to_pylist(), start=first):
            if said:
                raise self._no_work(number, said[:SHOWN])
        return list(table.drop_columns(["odd"]).combine_chunks().to_batches())

    def _no_work(self, line: int, said: str) -> SnapshotError:
        return SnapshotError(
            f"{self.name}, line {line} is no work of a known schema: {said}.",
            "the file is damaged, or the release has a newer schema",
        )
