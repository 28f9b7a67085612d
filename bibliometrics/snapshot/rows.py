"""
What one work becomes: a row of the narrow table.

Parquet and JSON Lines files give the same rows by these rules.

===================  =============================================================================
column               value
===================  =============================================================================
``work_id``          number of the OpenAlex id, 123 for ``https://openalex.org/W123``
``year``             ``publication_year``; null if unknown
``type``             ``type``, lower case, without an address before it; null if unknown
``is_retracted``     ``is_retracted``; null if unknown
``core_source``      ``primary_location.source.is_core``; null without source or flag
``n_authors``        ``authors_count``; where absent the number of authorships, at most 5,000
``n_countries``      ``countries_distinct_count``; where absent the length of ``countries``
``field_id``         number of ``primary_topic.field.id`` (11 to 36); null without a topic
``subfield_id``      number of ``primary_topic.subfield.id`` (1100 to 3699), likewise
``topic_id``         number of ``primary_topic.id``, 10001 for ``https://openalex.org/T10001``
``top_1, top_10``    ``citation_normalized_percentile.is_in_top_…_percent``; null if not ranked
``countries``        distinct ``country_code`` of all institutions of all authorships, upper case
``institution_ids``  distinct numbers of their ids
``kinds``            distinct pairs of an institution's ``type`` (lower case) and ``country_code``,
                     one entry an institution's ``type``; a null country stands first
``lineage_ids``      distinct numbers in their ``lineage``; an institution without one (records
                     before 2023) adds nothing: missing is missing, its own id is not put in
``lineages``         distinct ``lineage`` of its institutions, each a list that ascends; none empty
===================  =============================================================================

Lists ascend. An institution id counts if it is the letter I and at least two digits, so the defect
id ``I-1`` is passed over; its country, if any, counts. Works of the expansion corpus are left out
(``is_xpac`` true; absent or null means core), and so are works outside the years asked for. A work
without institutions stays in: it belongs to the world's output.

Source of names and completeness: OpenAlex, "Work object" and "Download the OpenAlex snapshot".
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyarrow as pa

from bibliometrics.errors import SnapshotError

AUTHORS_KEPT: Final = 5000
#: Share of a column's values that may be unreadable.
MOST_UNREAD: Final = 0.001
EXPANSION, OTHER_YEAR = "expansion corpus", "outside the years"
DROP_RULES: Final = (EXPANSION, OTHER_YEAR)

#: A type of institution with the country of one that has it.
KIND: Final = pa.struct([pa.field("type", pa.string()), pa.field("country_code", pa.string())])
NARROW_SCHEMA: Final = pa.schema(
    [
        pa.field("work_id", pa.int64(), nullable=False),
        pa.field("year", pa.int32()),
        pa.field("type", pa.string()),
        pa.field("is_retracted", pa.bool_()),
        pa.field("core_source", pa.bool_()),
        pa.field("n_authors", pa.int32()),
        pa.field("n_countries", pa.int32()),
        pa.field("field_id", pa.int32()),
        pa.field("subfield_id", pa.int32()),
        pa.field("topic_id", pa.int32()),
        pa.field("top_1", pa.bool_()),
        pa.field("top_10", pa.bool_()),
        pa.field("countries", pa.list_(pa.string())),
        pa.field("institution_ids", pa.list_(pa.int64())),
        pa.field("kinds", pa.list_(KIND)),
        pa.field("lineage_ids", pa.list_(pa.int64())),
        pa.field("lineages", pa.list_(pa.list_(pa.int64()))),
    ]
)


@dataclass
class Unread:
    """Values of a column that can't be read: how many, the first of them, and its work."""

    number: int
    value: str
    work: str


class Tally(Counter[str]):
    """Rows by the rule that drops them; and by column, values and those that can't be read."""

    def __init__(self, *counts: Any) -> None:
        super().__init__(*counts)
        self.values_of: Counter[str] = Counter()
        self.unread: dict[str, Unread] = {}

    def note(self, column: str, n_values: int, unread: Unread | None) -> None:
        """Add what came of some values of a column."""
        self.values_of[column] += n_values
        if unread is not None:
            known = self.unread.setdefault(column, Unread(0, unread.value, unread.work))
            known.number += unread.number


def check_readable(name: str, tally: Tally) -> None:
    """Raise SnapshotError when more than one in a thousand values of a column can't be read."""
    for column, unread in tally.unread.items():
        total = tally.values_of[column]
        if unread.number > total * MOST_UNREAD:
            msg = (
                f"{name}: {unread.number:,} of {total:,} values of {column} can't be "
                f"read, the first is {unread.value!r} in work {unread.work}."
            )
            step = "the release is damaged or has another schema: fetch the file anew"
            raise SnapshotError(msg, step)


_INSTITUTION: Final = re.compile(r"(?:.*/)?I([0-9]{2,18})", re.IGNORECASE)
_WORK: Final = re.compile(r"(?:.*/)?W([0-9]{1,18})", re.IGNORECASE)
_TOPIC: Final = re.compile(r"(?:.*/)?T([0-9]{1,9})", re.IGNORECASE)
_LAST_NUMBER: Final = re.compile(r"(?:.*/)?([0-9]{1,9})")


@cache
def institution_number(text: str) -> int | None:
    """
    Return the number of an institution id, or None if the text is none.

    >>> institution_number("https://openalex.org/I19820366"), institution_number("I-1")
    (19820366, None)
    """
    found = _INSTITUTION.fullmatch(text)
    return int(found[1]) if found else None


def field_number(text: str) -> int | None:
    """
    Return the number of a field id, or None if the text is none.

    >>> field_number("https://openalex.org/fields/31"), field_number("Physics")
    (31, None)
    """
    found = _LAST_NUMBER.fullmatch(text)
    return int(found[1]) if found else None


def topic_number(text: str) -> int | None:
    """
    Return the number of a topic id, or None if the text is none.

    >>> topic_number("https://openalex.org/T10001"), topic_number("10001")
    (10001, None)
    """
    found = _TOPIC.fullmatch(text)
    return int(found[1]) if found else None


def country_code(text: str) -> str | None:
    """
    Return a country code in upper case, or None if the text is none.

    >>> country_code("na"), country_code(""), country_code("https://openalex.org/countries/BR")
    ('NA', None, 'BR')
    >>> country_code("China")
    """
    code = text.rsplit("/", 1)[-1].upper()
    return code if re.fullmatch("[A-Z]{2}", code) else None


def type_name(text: str) -> str | None:
    """
    Return the name of a work type, or None if the text is none.

    >>> type_name("https://openalex.org/types/article")
    'article'
    """
    name = text.rsplit("/", 1)[-1].lower()
    return name if re.fullmatch("[a-z][a-z0-9-]*", name) else None
