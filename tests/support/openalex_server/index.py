"""Records of OpenAlex, indexed for filters and counts: one column a filter key, one bit a record.

A set of records is a whole number used as a bit set (bit i is record i), so that a filter is a few
`&` and `|` and a count is `int.bit_count`. What each column holds is the contract of the index
behind the API: see `openalex_columns`. Standard library only.
"""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from collections import Counter, defaultdict
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Value = str | int | float | bool
Record = dict[str, Any]

#: A column with more distinct values than this is counted record by record, not set by set.
MANY_VALUES = 600

_ONE_AND_ZERO = bytes.maketrans(b"01", b"\x00\x01")


class Column:
    """The values of one filter key: for each record the distinct values it has, maybe none."""

    def __init__(self, rows: list[tuple[Value, ...]]) -> None:
        self.rows = rows
        self._postings: defaultdict[Value, list[int]] = defaultdict(list)
        for record, values in enumerate(rows):
            for value in values:
                self._postings[value].append(record)
        self._sets: dict[Value, int] = {}
        self.present = self._to_set(i for i, values in enumerate(rows) if values)
        self.folded: defaultdict[str, list[Value]] = defaultdict(list)
        for value in self._postings:
            self.folded[str(value).casefold()].append(value)

    def _to_set(self, records: Iterable[int]) -> int:
        bits = bytearray(len(self.rows) // 8 + 1)
        for record in records:
            bits[record >> 3] |= 1 << (record & 7)
        return int.from_bytes(bits, "little")

    def values(self) -> list[Value]:
        """Return the distinct values of the column, unordered."""
        return list(self._postings)

    def having(self, value: Value) -> int:
        """Return the set of the records that have a value."""
        if value not in self._sets:
            self._sets[value] = self._to_set(self._postings.get(value, ()))
        return self._sets[value]

    def matching(self, text: str) -> int:
        """Return the set of the records that have a text, whatever its case."""
        found = 0
        for value in self.folded.get(text.casefold(), ()):
            found |= self.having(value)
        return found

    def between(self, keep: Callable[[float], bool]) -> int:
        """Return the set of the records with a number that `keep` accepts."""
        found = 0
        for value in self._postings:
            if keep(float(value)):
                found |= self.having(value)
        return found

    def count(self, among: int) -> Counter[Value]:
        """Count the records of a set for each value; values nobody has are left out."""
        if len(self._postings) > MANY_VALUES:
            return Counter(value for row in compress(self.rows, members(among)) for value in row)
        counts = {value: (self.having(value) & among).bit_count() for value in self._postings}
        return Counter({value: count for value, count in counts.items() if count})


def members(records: int) -> bytes:
    """Return a set as one byte a record, 1 for those inside, lowest record first.

    Examples
    --------
    >>> list(members(0b1101))
    [1, 0, 1, 1]
    """
    return bin(records)[:1:-1].encode().translate(_ONE_AND_ZERO)


def positions(records: int) -> list[int]:
    """Return the numbers of the records in a set, ascending.

    Examples
    --------
    >>> positions(0b1101)
    [0, 2, 3]
    """
    flags = members(records)
    return list(compress(range(len(flags)), flags))


def first_half(records: int) -> int:
    """Return a set without its upper half of members, as a query that ran out of time has it.

    Examples
    --------
    >>> positions(first_half(0b1101))
    [0]
    """
    found = positions(records)
    return records & ((1 << found[len(found) // 2]) - 1) if found else 0


def every_third(number: int) -> int:
    """Return the set of every third of a number of records, from the first on.

    Examples
    --------
    >>> positions(every_third(10))
    [0, 3, 6, 9]
    """
    pattern = bytes((0b01001001, 0b10010010, 0b00100100))
    return int.from_bytes(pattern * (number // 24 + 1), "little") & ((1 << number) - 1)


class Table:
    """Records of one kind (works, or institutions), kept as compressed JSON, with their columns.

    Parameters
    ----------
    records : iterable of dict or bytes
        The records, or their JSON, in the shape the API gives a single one.
    describe : callable
        From a record to its values, a dict of column name to values; every column each time.
    rank : callable
        From a record to the sort key of the default order.
    """

    def __init__(
        self,
        records: Iterable[Record | bytes],
        describe: Callable[[Record], dict[str, Iterable[Value | None]]],
        rank: Callable[[Record], tuple[Any, ...]],
    ) -> None:
        self._lock = threading.Lock()
        self._stored: list[bytes] = []
        self.number_of: dict[str, int] = {}
        self._rows: defaultdict[str, list[tuple[Value, ...]]] = defaultdict(list)
        self._columns: dict[str, Column] = {}
        shared: defaultdict[str, dict[tuple[Value, ...], tuple[Value, ...]]] = defaultdict(dict)
        ranks = []
        for given in records:
            record = json.loads(given) if isinstance(given, bytes) else given
            self.number_of[short_id(record.get("id"))] = len(self._stored)
            self._stored.append(zlib.compress(_as_json(given), 1))
            ranks.append(rank(record))
            for name, values in describe(record).items():
                row = tuple([value for value in dict.fromkeys(values) if value is not None])
                self._rows[name].append(shared[name].setdefault(row, row))
        self.all = (1 << len(self._stored)) - 1
        self.order = sorted(range(len(ranks)), key=ranks.__getitem__)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._stored)

    def read(self, number: int) -> Record:
        """Return a record, a new copy each time."""
        record: Record = json.loads(zlib.decompress(self._stored[number]))
        return record

    def read_all(self) -> Iterator[Record]:
        """Yield every record in its stored order."""
        return (self.read(number) for number in range(len(self)))

    def column(self, name: str) -> Column:
        """Return a column, made when it is first asked for."""
        with self._lock:
            if name not in self._columns:
                self._columns[name] = Column(self._rows.get(name) or [() for _ in self._stored])
            return self._columns[name]


def _as_json(record: Record | bytes) -> bytes:
    return record if isinstance(record, bytes) else json.dumps(record).encode()


def short_id(text: object) -> str:
    """Return the last part of an id, upper-cased.

    Examples
    --------
    >>> short_id("https://openalex.org/w42")
    'W42'
    """
    return str(text).rsplit("/", 1)[-1].upper()


def read_lines(path: str | Path) -> Iterator[bytes]:
    """Yield the records of a JSON Lines file (`.gz` or not) as they are, without empty lines."""
    path = Path(path)
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for line in lines:
            if line.strip():
                yield line
