"""How the OpenAlex API writes keys and names of groups, orders them and puts them in cursors."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.openalex_server.filters import OPENALEX, Field, find_field
from tests.support.openalex_server.names import (
    COUNTRY_NAMES,
    INSTITUTION_TYPES,
    LANGUAGES,
    TOPIC_FIELDS,
    WORK_TYPES,
)
from tests.support.openalex_server.refusals import refuse_page, refuse_query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.openalex_server.index import Value

Row = dict[str, Any]

#: Values the service is known to fill up pages with. Countries and years have too many for it.
POPULAR: dict[str, list[tuple[str, str]]] = {
    "type": [(f"{OPENALEX}types/{name}", name) for name in WORK_TYPES],
    "language": [(f"{OPENALEX}languages/{code}", name) for code, name in LANGUAGES.items()],
    "authorships.institutions.type": [(name, name) for name in INSTITUTION_TYPES],
    "primary_topic.field.id": [
        (f"{OPENALEX}fields/{number}", name) for number, name in TOPIC_FIELDS.items()
    ],
}


@dataclass(frozen=True)
class KeyStyle:
    """How keys and names are written.

    Parameters
    ----------
    bare_countries, bare_types : bool
        `BR` and `article` in place of addresses.
    without_names : bool
        Every `key_display_name` is null.
    popular : mapping
        Field name to the (key, name) pairs that fill up pages with a count of zero.
    """

    bare_countries: bool = False
    bare_types: bool = False
    without_names: bool = False
    popular: Mapping[str, list[tuple[str, str]]] = field(default_factory=lambda: dict(POPULAR))

    def key(self, found: Field, value: Value | None, *, in_cursor: bool = False) -> str:
        """Return the key of a group; value None is the missing one."""
        if value is None:
            return _unknown_key(found, in_cursor=in_cursor)
        if found.kind == "boolean":
            return "1" if value else "0"
        bare = {"countries": self.bare_countries, "types": self.bare_types}
        if found.kind == "text" and found.folder and not bare.get(found.folder, False):
            return f"{OPENALEX}{found.folder}/{value}"
        return str(value)

    def name(self, found: Field, value: Value | None, names: Mapping[str, str]) -> str | None:
        """Return the name of a group, null where there is none."""
        if self.without_names:
            return None
        if value is None:
            return "unknown"
        if found.kind == "boolean":
            return "true" if value else "false"
        if found.kind in ("id", "url"):
            return names.get(str(value))
        known = {"countries": COUNTRY_NAMES, "languages": LANGUAGES}.get(found.folder, {})
        return known.get(str(value), str(value))


def encode_cursor(value: object) -> str:
    """Return a cursor: base64 of a JSON string.

    Examples
    --------
    >>> encode_cursor("BR")
    'IkJSIg=='
    """
    return base64.b64encode(json.dumps(str(value)).encode()).decode()


def decode_cursor(cursor: str) -> str:
    """Return the text inside a cursor, or raise the 400 of one that can't be read."""
    if cursor.lower() in ("null", "none"):
        refuse_page("Cursor is null. Likely reached end of results.")
    try:
        text = json.loads(base64.b64decode(cursor, validate=True))
    except ValueError:
        text = None
    if not isinstance(text, str):
        refuse_page("Invalid cursor value")
    return text


def split_key(fields: dict[str, Field], text: str) -> tuple[Field, bool]:
    """Return the field of a `group_by` key and whether works without a value are wanted."""
    key, _, suffix = text.partition(":")
    if suffix and suffix.lower() not in ("known", "include_unknown"):
        refuse_query("The only valid filters for a group_by param are known and include_unknown.")
    found = find_field(fields, key.replace("-", "_"))
    if not found.groups and found.kind in ("number", "date", "from_date", "to_date", "search"):
        refuse_query("Cannot group by date, number, or search fields.")
    if not found.groups:
        refuse_query(f"Cannot group by {found.name}.")
    return found, suffix.lower() == "include_unknown"


def sort_key(found: Field, value: Value | None) -> tuple[float, str]:
    """Return a key that puts numbers in the order of numbers, texts in that of texts."""
    if found.kind in ("number", "boolean"):
        try:
            return (-111.0 if value is None else float(value), "")
        except ValueError:
            refuse_page("Invalid cursor value")
    return (0.0, "unknown" if value is None else str(value))


def _unknown_key(found: Field, *, in_cursor: bool) -> str:
    if found.folder == "countries":
        return f"{OPENALEX}countries/UNKNOWN"
    if found.name.startswith("primary_topic.") and found.folder:
        return f"{OPENALEX}{found.folder}/unknown"
    if found.kind in ("number", "boolean") and not in_cursor:
        return "-111"
    return "unknown"
