"""`group_by` of the OpenAlex API: one key, facets (`group_bys`), keys inside keys.

A record adds one to each distinct value it has. Without a cursor the groups come by count falling,
then key rising; with one by key rising. A page is cut silently. After the real groups come zero
rows, from a list of popular values, as long as the page is not full.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tests.support.openalex_server.keys import (
    KeyStyle,
    Row,
    decode_cursor,
    encode_cursor,
    sort_key,
    split_key,
)
from tests.support.openalex_server.names import CONTINENT_COUNTRIES, CONTINENTS, words
from tests.support.openalex_server.refusals import refuse_id, refuse_query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.openalex_server.filters import Field
    from tests.support.openalex_server.index import Table, Value

Bucket = tuple["Value | None", int]

#: What groups can be sorted by, of a number field.
FIGURES: dict[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "mean": fmean,
}

_NOT_NESTED = frozenset(
    words("primary_topic.field.id primary_topic.domain.id primary_topic.subfield.id")
)


@dataclass(frozen=True)
class Page:
    """How many groups are asked for, from where, in which order."""

    per_page: int
    cursor: str | None = None
    sort: tuple[str, str] | None = None


@dataclass(frozen=True)
class Groups:
    """The rows of an answer, how many of them are real, and where the next page starts."""

    rows: list[Row]
    real: int
    next_cursor: str | None = None


class Grouper:
    """Counts the records of a set by the values of a field.

    Parameters
    ----------
    table : Table
        The records.
    fields : dict
        The keys that are allowed.
    names : mapping
        Display name of an id.
    style : KeyStyle
        How keys are written.
    """

    def __init__(
        self, table: Table, fields: dict[str, Field], names: Mapping[str, str], style: KeyStyle
    ) -> None:
        self.table = table
        self.fields = fields
        self.names = names
        self.style = style

    def group(self, key: str, among: int, page: Page) -> Groups:
        """Return the groups of one key, zero rows included."""
        found, unknown = split_key(self.fields, key)
        if page.cursor and found.kind in ("boolean", "exists"):
            refuse_query(
                "Cannot use cursor pagination when grouping fields that return true or false."
            )
        if found.kind in ("exists", "south"):
            return self._by_presence(found, among)
        if found.kind == "continent":
            return self._by_continent(found, among, page)
        if page.cursor and not page.sort:
            groups = self._by_cursor(found, among, page, unknown)
        else:
            groups = self._by_order(found, among, page, unknown)
        return self._fill_up(found, groups, page.per_page, unknown)

    def nest(self, keys: list[str], among: int, per_page: int) -> list[Row]:
        """Return groups inside groups, each level cut to `per_page`, no zero rows."""
        for key in keys:
            inner = split_key(self.fields, key)[0]
            if (
                inner.kind in ("boolean", "exists", "south", "continent")
                or inner.name in _NOT_NESTED
            ):
                refuse_query(
                    f"Field '{inner.name}' is not supported in a multi-dimensional group_by"
                )
        return self._nest(keys, among, per_page)

    def _nest(self, keys: list[str], among: int, per_page: int) -> list[Row]:
        found, unknown = split_key(self.fields, keys[0])
        column = self.table.column(found.column)
        buckets = self._buckets(found, among, unknown)[:per_page]
        rows = [self._row(found, value, count) for value, count in buckets]
        for row, (value, _) in zip(rows, buckets, strict=True):
            if keys[1:]:
                inside = self.table.all & ~column.present if value is None else column.having(value)
                row["groups"] = self._nest(keys[1:], among & inside, per_page)
        return rows

    def _buckets(self, found: Field, among: int, unknown: bool) -> list[Bucket]:
        """Return (value, count), largest count first; value None is the missing one."""
        column = self.table.column(found.column)
        buckets: list[Bucket] = list(column.count(among).items())
        missing = (among & ~column.present).bit_count()
        if unknown and missing:
            buckets.append((None, missing))
        return sorted(buckets, key=lambda bucket: (-bucket[1], sort_key(found, bucket[0])))

    def _by_order(self, found: Field, among: int, page: Page, unknown: bool) -> Groups:
        buckets = self._buckets(found, among, unknown)
        if page.sort:
            what, order = page.sort
            buckets.sort(key=lambda bucket: sort_key(found, bucket[0]))
            if what != "key":
                measure = self._measure(found, among, what)
                buckets.sort(key=measure, reverse=order == "desc")
            elif order == "desc":
                buckets.reverse()
        buckets = buckets[: page.per_page]
        self._check_first_name(found, buckets)
        return Groups([self._row(found, value, n) for value, n in buckets], len(buckets))

    def _measure(self, found: Field, among: int, what: str) -> Any:
        """Return the sort key of a bucket: its count, or a figure of a number field."""
        if what == "count":
            return lambda bucket: bucket[1]
        name, _, figure = what.rpartition(".")
        measured = self.fields.get(name)
        if not measured or measured.kind != "number" or figure not in FIGURES:
            refuse_query("Valid sort params with group by are: key or count")
        numbers, column = self.table.column(measured.column), self.table.column(found.column)

        def figure_of(bucket: Bucket) -> float:
            inside = self.table.all & ~column.present
            inside = among & (inside if bucket[0] is None else column.having(bucket[0]))
            counts = numbers.count(inside)
            values = [float(value) for value, n in counts.items() for _ in range(n)]
            return FIGURES[figure](values) if values else float("-inf")

        return figure_of

    def _by_cursor(self, found: Field, among: int, page: Page, unknown: bool) -> Groups:
        buckets = self._buckets(found, among, unknown)
        buckets.sort(key=lambda bucket: (bucket[0] is not None, sort_key(found, bucket[0])))
        if page.cursor and page.cursor != "*":
            after = sort_key(found, decode_cursor(page.cursor))
            buckets = [
                bucket
                for bucket in buckets
                if bucket[0] is not None and sort_key(found, bucket[0]) > after
            ]
        buckets = buckets[: page.per_page]
        self._check_first_name(found, buckets)
        last = buckets[-1][0] if buckets else None
        rows = [self._row(found, value, count, in_cursor=True) for value, count in buckets]
        return Groups(rows, len(rows), None if last is None else encode_cursor(last))

    def _check_first_name(self, found: Field, buckets: list[Bucket]) -> None:
        """Raise the 400 that the look-up of names gives when the first key is no id."""
        first = str(buckets[0][0]) if buckets and buckets[0][0] is not None else ""
        if found.kind == "id" and first.endswith("/I-1"):
            refuse_id(first)

    def _by_presence(self, found: Field, among: int) -> Groups:
        there = (among & self.table.column(found.column).present).bit_count()
        counts = {"true": there, "false": among.bit_count() - there}
        rows = [{"key": key, "key_display_name": key, "count": n} for key, n in counts.items()]
        return Groups(rows, 2)

    def _by_continent(self, found: Field, among: int, page: Page) -> Groups:
        column = self.table.column(found.column)
        rows: list[Row] = []
        for qid, name in CONTINENTS.items():
            inside = 0
            for code in CONTINENT_COUNTRIES[qid.lower()]:
                inside |= column.having(code)
            rows.append(
                {"key": qid, "key_display_name": name, "count": (inside & among).bit_count()}
            )
        missing = (among & ~column.present).bit_count()
        rows.append({"key": "unknown", "key_display_name": "unknown", "count": missing})
        rows.sort(key=lambda row: -row["count"])
        return Groups(rows[: page.per_page], 3)

    def _fill_up(self, found: Field, groups: Groups, per_page: int, unknown: bool) -> Groups:
        there = {row["key"] for row in groups.rows} | (set() if unknown else {"unknown", "-111"})
        rows = list(groups.rows)
        for key, name in self.style.popular.get(found.name, ()):
            if key not in there and len(rows) < per_page:
                rows.append({"key": key, "key_display_name": name, "count": 0})
        return Groups(rows, groups.real, groups.next_cursor)

    def write_key(self, key: str, value: Value) -> str:
        """Return the key of a group as the answer writes it."""
        return self.style.key(split_key(self.fields, key)[0], value)

    def _row(
        self, found: Field, value: Value | None, count: int, *, in_cursor: bool = False
    ) -> Row:
        return {
            "key": self.style.key(found, value, in_cursor=in_cursor),
            "key_display_name": self.style.name(found, value, self.names),
            "count": count,
        }
