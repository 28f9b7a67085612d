"""Parameters, lists, groups and single records of the OpenAlex API: the origin behind the edge.

Nothing here knows of HTTP, keys or credits: a request is a path and its parameters, an answer a
dict or a `Refusal`.
"""

from __future__ import annotations

import ast
import random
import re
from typing import TYPE_CHECKING, Any

from tests.support.openalex_server.columns import AUTHORS_IN_LISTS, AUTHORS_KEPT, INSTITUTION_KEYS
from tests.support.openalex_server.fields import INSTITUTION_FIELDS, WORK_FIELDS, WORK_KEYS
from tests.support.openalex_server.filters import evaluate, find_field
from tests.support.openalex_server.groups import Grouper, Page
from tests.support.openalex_server.index import first_half, members, positions, short_id
from tests.support.openalex_server.keys import decode_cursor, encode_cursor
from tests.support.openalex_server.params import (
    UNDISTURBED,
    check_parameters,
    either,
    group_order,
    page_number,
    page_size,
    sort_orders,
    whole_number,
)
from tests.support.openalex_server.refusals import html, no_such_path, refuse_page, refuse_query

if TYPE_CHECKING:
    from tests.support.openalex_server.columns import Records
    from tests.support.openalex_server.filters import Field
    from tests.support.openalex_server.index import Record, Table
    from tests.support.openalex_server.keys import KeyStyle
    from tests.support.openalex_server.params import Effect, Limits, Params


KEYS = {"works": WORK_KEYS, "institutions": INSTITUTION_KEYS}

_ID = re.compile(r"(https?://openalex\.org/)?(works/|institutions/)?[wi]\d{2,}", re.IGNORECASE)


class Origin:
    """The API behind the edge, over one set of records.

    Parameters
    ----------
    records : Records
        What it answers from.
    limits : Limits
        Its switches.
    style : KeyStyle
        How group keys are written.
    """

    def __init__(self, records: Records, limits: Limits, style: KeyStyle) -> None:
        self.records = records
        self.limits = limits
        self.style = style

    def answer(self, path: str, params: Params, effect: Effect = UNDISTURBED) -> dict[str, Any]:
        """Return the answer to a path, or raise its refusal."""
        entity, _, key = path.strip("/").partition("/")
        if entity in ("works", "institutions") and not key:
            return Query(self, entity, params, effect).answer()
        if entity in ("works", "institutions"):
            return self.single(entity, key, params)
        if not entity:
            return {"documentation_url": "https://help.openalex.org", "msg": "Don't panic"}
        if not key and entity[:1].upper() in "WI" and entity[1:].isdigit():
            return self.single("works" if entity[0] in "wW" else "institutions", entity, params)
        raise html(404) if key else no_such_path()

    def single(self, entity: str, key: str, params: Params) -> Record:
        """Return one record, or raise the 404 page of an id nobody has."""
        number = self._find(getattr(self.records, entity), key)
        if number is None:
            raise html(404)
        return self.show(entity, number, wanted_keys(entity, params.get("select")), AUTHORS_KEPT)

    @staticmethod
    def _find(table: Table, key: str) -> int | None:
        scheme, _, rest = key.partition(":")
        host = rest.removeprefix("//").partition("/")[0] if scheme.startswith("http") else scheme
        for column, hosts in (("ror", ("ror", "ror.org")), ("doi", ("doi", "doi.org"))):
            if host.lower() in hosts:
                value = rest.removeprefix(f"//{host}/") if host != scheme else rest
                found = positions(table.column(column).matching(f"https://{column}.org/{value}"))
                return found[0] if found else None
        return table.number_of.get(short_id(key)) if _ID.fullmatch(key) else None

    def show(self, entity: str, number: int, wanted: set[str], authors: int) -> Record:
        """Return the wanted keys of a record as the API shows it, with its first authorships."""
        record: Record = getattr(self.records, entity).read(number)
        if entity == "works":
            record["institutions"] = []
            record.pop("is_authors_truncated", None)
            record["authorships"] = (record.get("authorships") or [])[:authors]
        return {name: record[name] for name in KEYS[entity] if name in wanted and name in record}


def wanted_keys(entity: str, select: str | None) -> set[str]:
    """Return the keys that `select` asks for (all without it), or raise the 400 of others."""
    known = KEYS[entity]
    wanted = set(select.split(",")) if select else set(known)
    for name in sorted(wanted - set(known)):
        refuse_query(
            f"{name} is not a valid select field. Valid fields for select are: {', '.join(known)}."
        )
    return wanted


class Query:
    """One request for a list or for groups."""

    def __init__(self, origin: Origin, entity: str, params: Params, effect: Effect) -> None:
        self.origin = origin
        self.entity = entity
        self.params = params
        self.effect = effect
        self.table: Table = getattr(origin.records, entity)
        self.fields: dict[str, Field] = WORK_FIELDS if entity == "works" else INSTITUTION_FIELDS

    def answer(self) -> dict[str, Any]:
        """Return the list, the groups or the facets that are asked for."""
        check_parameters(self.params, self.origin.limits, self.entity)
        group_by = either(self.params, "group_by")
        if group_by and "select" in self.params:
            refuse_query("select does not work with group_by.")
        per_page = page_size(self.params, self.origin.limits, grouped=bool(group_by))
        cursor = self.params.get("cursor") or None
        page = page_number(self.params, per_page, grouped=bool(group_by))
        sort = sort_orders(self.params)
        found = self._matching()
        meta: dict[str, Any] = {
            "count": found.bit_count(),
            "db_response_time_ms": self.effect.took_ms,
            "page": None if cursor else page,
            "per_page": per_page,
        }
        if group_by:
            return self._groups(meta, found, group_by, Page(per_page, cursor, group_order(sort)))
        facets = either(self.params, "group_bys")
        if facets:
            return self._facets(meta, found, facets, per_page)
        return self._list(meta, found, page, cursor, sort)

    def _matching(self) -> int:
        """Return the set of the records that the filter, the search and the corpus keep."""
        text = self.params.get("filter") or ""
        found = evaluate(self.table, self.fields, text)
        for name, value in self.params.items():
            if name == "search" or name.startswith("search."):
                found &= evaluate(
                    self.table, self.fields, f"default.search:{value.replace(',', ' ')}"
                )
        if self.entity == "works":
            found &= self._corpus(text) & ~self.effect.hidden
        return first_half(found) if self.effect.partial else found

    def _corpus(self, text: str) -> int:
        limits, xpac = self.origin.limits, self.table.column("is_xpac")
        wanted = self.params.get("corpus")
        if wanted or "is_xpac:" in text or either(self.params, "include_xpac") == "true":
            return {"core": xpac.having(False), "expansion": xpac.having(True)}.get(
                wanted or "all", self.table.all
            )
        return self.table.all if limits.default_corpus == "all" else xpac.having(False)

    def _envelope(self, meta: dict[str, Any], groups: int | None) -> dict[str, Any]:
        meta["groups_count"] = groups
        meta["x_query"] = {"oql": self.entity, "oqo": {}, "url": f"/{self.entity}"}
        if self.effect.flagged:
            meta["timed_out"] = True
        return {**meta, **self.origin.limits.extra_meta}

    def _groups(
        self, meta: dict[str, Any], found: int, group_by: str, page: Page
    ) -> dict[str, Any]:
        grouper = Grouper(self.table, self.fields, self.origin.records.names, self.origin.style)
        keys = group_by.split(",")
        if len(keys) > 1:
            if not self.origin.limits.nested:
                find_field(self.fields, group_by)
            if page.cursor or len(keys) > 3:
                refuse_query("A multi-dimensional group_by takes at most 3 fields and no cursor.")
            rows = grouper.nest(keys, found, page.per_page)
            return {"meta": self._envelope(meta, len(rows)), "group_by": rows}
        groups = grouper.group(group_by, found, page)
        rows = groups.rows
        if page.cursor:
            meta["next_cursor"] = groups.next_cursor
        if self.effect.repeat_group and page.cursor not in (None, "*"):
            key = grouper.write_key(group_by, decode_cursor(str(page.cursor)))
            rows = [{"key": key, "key_display_name": None, "count": 1}, *rows]
        elif self.effect.repeat_group and rows:
            rows = [*rows, {**rows[0], "count": 1}]
        return {"meta": self._envelope(meta, groups.real), "group_by": rows}

    def _facets(
        self, meta: dict[str, Any], found: int, facets: str, per_page: int
    ) -> dict[str, Any]:
        grouper = Grouper(self.table, self.fields, self.origin.records.names, self.origin.style)
        answers = [
            {"group_by_key": key, "groups": grouper.group(key, found, Page(per_page)).rows}
            for key in facets.split(",")
        ]
        return {"meta": self._envelope(meta, None), "group_by": [], "group_bys": answers}

    def _list(
        self,
        meta: dict[str, Any],
        found: int,
        page: int,
        cursor: str | None,
        sort: list[tuple[str, str]],
    ) -> dict[str, Any]:
        per_page = meta["per_page"]
        wanted = wanted_keys(self.entity, self.params.get("select"))
        ordered = self._sampled(found) if self.params.get("sample") else self._ordered(found, sort)
        if self.params.get("sample"):
            meta["count"] = len(ordered)
        start = (page - 1) * per_page
        if cursor and cursor != "*":
            start = self._start_after(found, decode_cursor(cursor), sort)
        shown = ordered[start : start + per_page]
        if cursor:
            full = len(shown) == per_page
            meta["next_cursor"] = encode_cursor(self._position(shown[-1], sort)) if full else None
        results = [self.origin.show(self.entity, i, wanted, AUTHORS_IN_LISTS) for i in shown]
        return {"meta": self._envelope(meta, None), "results": results, "group_by": []}

    def _sampled(self, found: int) -> list[int]:
        numbers = positions(found)
        size = min(whole_number(self.params, "sample", 0), len(numbers))
        return random.Random(self.params.get("seed")).sample(numbers, size)

    def _ordered(self, found: int, sort: list[tuple[str, str]]) -> list[int]:
        inside = members(found).ljust(len(self.table) + 1, b"\0")
        ordered = [number for number in self.table.order if inside[number]]
        for key, order in reversed(sort):
            rows = self.table.column(self._sortable(key).column).rows
            known = [number for number in ordered if rows[number]]
            unknown = [number for number in ordered if not rows[number]]
            known.sort(key=lambda number: rows[number][0], reverse=order == "desc")
            ordered = known + unknown
        return ordered

    def _sortable(self, key: str) -> Field:
        if key == "relevance_score":
            refuse_query("Must include a search query in order to sort by relevance_score.")
        return find_field(self.fields, key)

    def _position(self, number: int, sort: list[tuple[str, str]]) -> list[Any]:
        """Return what a cursor says of a record: its sort values and its id, as a list."""
        rows = [self.table.column(self._sortable(key).column).rows[number] for key, _ in sort]
        identifier = self.table.column("id").rows[number]
        return [row[0] if row else None for row in (*rows, identifier)]

    def _start_after(self, found: int, text: str, sort: list[tuple[str, str]]) -> int:
        """Return where the list goes on after the record of a cursor, still in it or not."""
        try:
            position = ast.literal_eval(text)
            number = self.table.number_of[short_id(position[-1])]
        except (ValueError, SyntaxError, LookupError, TypeError):
            refuse_page("Invalid cursor value")
        if len(position) != len(sort) + 1:
            refuse_page("Cursor value is invalid.")
        there = found >> number & 1
        return self._ordered(found | 1 << number, sort).index(number) + there
