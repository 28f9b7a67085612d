"""
From the conditions of a :class:`~bibliometrics.study.questions.Question` to a filter of the API.

Conditions on countries use ``authorships.institutions.country_code``, which sees every author of
a work, never ``authorships.countries``, which sees the first hundred. A filter is one text, its
parts in a fixed order.

Source of the grammar: https://help.openalex.org, and the server's own code of August 2026
(ourresearch/openalex-elastic-api).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final
from urllib.parse import parse_qsl, quote_plus, unquote, urlsplit

from bibliometrics.errors import InputError
from bibliometrics.openalex.credentials import API_URL
from bibliometrics.study.model import field_names
from bibliometrics.study.questions import Question

COUNTRY: Final = "authorships.institutions.country_code"
LINEAGE: Final = "authorships.institutions.lineage"
INSTITUTION: Final = "authorships.institutions.id"
INSTITUTION_TYPE: Final = "authorships.institutions.type"
FIELD: Final = "primary_topic.field.id"
SUBFIELD: Final = "primary_topic.subfield.id"
TOPIC: Final = "primary_topic.id"
YEAR: Final = "publication_year"
VALUES: Final = 100
CHUNKS: Final = 4

Conditions = list[tuple[str, tuple[str, ...]]]


def _bounds(least: int | None, most: int | None) -> str:
    """Return inclusive bounds of a number in the grammar of filters."""
    if least is not None and most is not None:
        return str(least) if least == most else f"{least}-{most}"
    return f">{least - 1}" if least is not None else f"<{(most or 0) + 1}"


def _not(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return alternatives of which none may hold: the mark stands before the first only."""
    return (f"!{values[0]}", *values[1:])


def _institutions(question: Question) -> Conditions:
    if question.type_countries:
        msg = "OpenAlex's API can't be asked for types of the institutions of some countries."
        raise InputError(msg, "use a snapshot, or count types of any country")
    if question.not_below:
        msg = f"which institutions {question.not_below} leaves of {question.lineage} is not known."
        raise InputError(msg, "resolve the question with a list of members first")
    found: Conditions = [(LINEAGE, (one,)) for one in question.lineage]
    if question.institution_ids:
        found.append((INSTITUTION, question.institution_ids))
    if question.institution_types:
        found.append((INSTITUTION_TYPE, question.institution_types))
    if question.without_lineage:
        found.append((LINEAGE, _not(question.without_lineage)))
    return found


def _places(question: Question) -> Conditions:
    found: Conditions = [(COUNTRY, codes) for codes in question.countries]
    if question.any_country:
        found.append((COUNTRY, ("!null",)))
    if question.without_countries:
        found.append((COUNTRY, _not(question.without_countries)))
    return found


def _documents(question: Question) -> Conditions:
    found: Conditions = []
    if question.years:
        first, last = question.years
        found.append((YEAR, (str(first) if first == last else f"{first}-{last}",)))
    if question.types:
        found.append(("type", question.types))
    if question.without_types:
        found.append(("type", _not(question.without_types)))
    return found


def _flags(question: Question) -> Conditions:
    top = f"citation_normalized_percentile.is_in_top_{question.top_percent}_percent"
    every = (
        ("is_retracted", question.retracted),
        ("primary_location.source.is_core", question.core_source),
        (top, True if question.top_percent else None),
    )
    return [(name, (str(value).lower(),)) for name, value in every if value is not None]


def _numbers(question: Question) -> Conditions:
    every = (
        ("authors_count", question.min_authors, question.max_authors),
        ("countries_distinct_count", question.min_countries, question.max_countries),
        (FIELD, question.field_id, question.field_id),
    )
    return [
        (name, (_bounds(least, most),))
        for name, least, most in every
        if least is not None or most is not None
    ]


def _topics(question: Question) -> Conditions:
    every = ((SUBFIELD, tuple(map(str, question.subfield_ids))), (TOPIC, question.topic_ids))
    return [(name, values) for name, values in every if values]


def _texts(question: Question) -> Conditions:
    """Return the conditions on words, each a phrase in quotation marks, and other filters."""
    every = (
        ("title_and_abstract.search", question.words),
        ("raw_affiliation_strings.search", question.address_words),
    )
    found = [(name, tuple(f'"{text}"' for text in texts)) for name, texts in every if texts]
    return [*found, *((name, (value,)) for name, value in question.filters)]


def _conditions(question: Question) -> Conditions:
    """Return all conditions as filter key and alternatives, in a fixed order."""
    return [
        part
        for rule in (_institutions, _places, _documents, _flags, _numbers, _topics, _texts)
        for part in rule(question)
    ]


def _text(conditions: Conditions) -> str:
    return ",".join(f"{key}:{'|'.join(values)}" for key, values in conditions)


def _alternatives(key: str, values: tuple[str, ...]) -> list[Conditions]:
    """Return one condition as conditions of at most 100 values each that no work meets twice."""
    if len(values) <= VALUES:
        return [[(key, values)]]
    if values[0].startswith("!"):
        msg = f"{len(values)} values are left out by {key}; OpenAlex takes {VALUES}."
        raise InputError(msg, "leave out fewer")
    chunks = [values[start : start + VALUES] for start in range(0, len(values), VALUES)]
    if len(chunks) > CHUNKS:
        msg = (
            f"{len(values)} values for {key} are more than the {CHUNKS * VALUES} that can be asked."
        )
        raise InputError(msg, "name fewer, or use the snapshot source")
    return [
        [(key, chunk), *((key, _not(before)) for before in chunks[:place])]
        for place, chunk in enumerate(chunks)
    ]


def disjoint_filters(question: Question) -> list[str]:
    """
    Return the filters whose sum of counts answers a question: no work meets two of them.

    >>> disjoint_filters(Question(countries=(("AR", "BR"),), years=(2007, 2016)))
    ['authorships.institutions.country_code:AR|BR,publication_year:2007-2016']
    """
    found = [
        _text([part for conditions in chosen for part in conditions])
        for chosen in product(*(_alternatives(*part) for part in _conditions(question)))
    ]
    if len(found) > 2 * CHUNKS:
        msg = f"the question needs {len(found)} filters, more than {2 * CHUNKS}."
        raise InputError(msg, "name fewer institutions or countries, or use the snapshot source")
    return found


GROUP_KEYS: Final = {
    "year": YEAR,
    "country_code": COUNTRY,
    "field_id": FIELD,
    "subfield_id": SUBFIELD,
    "topic_id": TOPIC,
    "type": "type",
    "n_authors": "authors_count",
    "n_countries": "countries_distinct_count",
    "institution_id": INSTITUTION,
    "institution_type": INSTITUTION_TYPE,
}
#: Keys of which a work may have many values: their counts don't add up.
MANY: Final = frozenset({"country_code", "institution_id", "institution_type"})
UNKNOWN_TOO: Final = ":include_unknown"
ROWS: Final = 200
LINE_BYTES: Final = 8190
CREDIT_USD: Final = 0.0001


@dataclass(frozen=True, kw_only=True)
class Request:
    """One GET request of the API; it never holds a key."""

    path: str = "works"
    filter: str = ""
    group_by: str = ""
    sort: str = ""
    select: str = ""
    per_page: int | None = None
    page: int | None = None
    sample: int | None = None
    seed: str = ""
    corpus: str = ""

    def __post_init__(self) -> None:
        """Refuse a request line that the API refuses."""
        size = len(f"GET /{self.target} HTTP/1.1".encode())
        if size > LINE_BYTES:
            msg = f"the request has {size} bytes, more than the {LINE_BYTES} that OpenAlex takes."
            raise InputError(msg, "name fewer institutions, countries or types")

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Names and values of the parameters, in the order in which they are sent."""
        every = (
            ("filter", self.filter),
            ("group-by", self.group_by),
            ("sort", self.sort),
            ("select", self.select),
            ("sample", str(self.sample or "")),
            ("seed", self.seed),
            ("corpus", self.corpus),
            ("per-page", str(self.per_page or "")),
            ("page", str(self.page or "")),
        )
        return tuple((name, value) for name, value in every if value)

    @property
    def target(self) -> str:
        """Path and query, percent-encoded as they are sent."""
        query = "&".join(f"{name}={_encode(name, value)}" for name, value in self.parameters)
        return f"{self.path}?{query}" if query else self.path

    @property
    def key(self) -> str:
        """SHA-256 (first 20 hexadecimal digits) of path and query: the answer's file name."""
        return hashlib.sha256(self.target.encode()).hexdigest()[:20]

    @property
    def years(self) -> tuple[int, int] | None:
        """First and last publication year that the filter names, or None."""
        found = re.search(rf"(?:^|,){YEAR}:(\d+)(?:-(\d+))?(?:,|$)", self.filter)
        return (int(found[1]), int(found[2] or found[1])) if found else None

    @property
    def is_list(self) -> bool:
        """Whether it asks for many (1 credit), not for one entity (free)."""
        return "/" not in self.path and self.path != "rate-limit"

    @property
    def credits(self) -> int:
        """Its price: one entity is free, a list that searches words costs ten times another."""
        searches = ".search:" in self.filter and not self.group_by
        return (10 if searches else 1) if self.is_list else 0

    def url(self, base: str = API_URL) -> str:
        """Return the whole address under a base address."""
        return f"{base}/{self.target}"

    def describe(self) -> str:
        """Return path and query as one readable line."""
        return unquote(self.target.replace("+", " "))

    @classmethod
    def parse(cls, address: str) -> Request:
        """
        Return the request in an address, whatever the base.

        >>> request = Request(filter="type:article", group_by="publication_year", per_page=200)
        >>> Request.parse(request.url()) == request
        True
        """
        parts = urlsplit(address)
        found = re.search(r"(?:(?:works|institutions)(?:/[^/]+)?|rate-limit)$", parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        page, size, sample = (query.get(name) for name in ("page", "per-page", "sample"))
        return cls(
            path=found[0] if found else parts.path.lstrip("/"),
            filter=query.get("filter", ""),
            group_by=query.get("group-by", ""),
            sort=query.get("sort", ""),
            select=query.get("select", ""),
            per_page=int(size) if size else None,
            page=int(page) if page else None,
            sample=int(sample) if sample else None,
            seed=query.get("seed", ""),
            corpus=query.get("corpus", ""),
        )


def without_corpus(request: Request) -> Request:
    """
    Return a request that asks the same of a server that knows no parameter ``corpus``.

    Its default must be the core corpus; the other two are asked by a filter.
    """
    more = {"expansion": "is_xpac:true", "all": "is_xpac:true|false"}.get(request.corpus)
    text = ",".join(filter(None, (request.filter, more)))
    return replace(request, filter=text, corpus="")


def _encode(name: str, value: str) -> str:
    """Percent-encode a value as pyalex does: the commas of a select list stay."""
    return ",".join(map(quote_plus, value.split(","))) if name == "select" else quote_plus(value)


def group_text(question: Question, *keys: str) -> str:
    """
    Return the API's ``group_by`` for some keys of a question.

    Keys of which a work has one value are asked with their unknown group, so that the groups must
    add up to the number of works; a question that names years has no works without a year.
    """
    bare = MANY | {"year"} if question.years else MANY
    return ",".join(GROUP_KEYS[key] + ("" if key in bare else UNKNOWN_TOO) for key in keys)


def each_year(question: Question) -> list[Question]:
    """Return the question for each of its years alone."""
    if not question.years:
        msg = "a question that groups by year and another key must name its years."
        raise InputError(msg, "give first and last year")
    return [
        question.but(years=(year, year)) for year in range(question.years[0], question.years[1] + 1)
    ]


def count_request(question: Question, text: str, *keys: str, per_page: int = ROWS) -> Request:
    """Return the request that counts the works of a filter by some keys, or all of them."""
    if not keys and ".search:" in text:  # 10 credits as a list, 1 as a count by a key
        keys = ("year",)
    corpus = question.corpus
    if not keys:
        return Request(filter=text, select="id", per_page=1, corpus=corpus)
    sort = "key:asc" if keys == ("country_code",) else ""
    group_by = group_text(question, *keys)
    return Request(filter=text, group_by=group_by, sort=sort, per_page=per_page, corpus=corpus)


#: Keys in the order in which they are asked one inside the other, and about how many values each
#: has at most in one answer.
MOST_VALUES: Final = {
    "country_code": 250,
    "institution_type": 9,
    "type": 26,
    "field_id": 26,
    "n_countries": 200,
    "subfield_id": 252,
    "n_authors": 200,
    "institution_id": 200,
    "topic_id": 4516,
}


def other_keys(question: Question) -> tuple[str, ...]:
    """Return the keys of a question but the year, the country first."""
    return tuple(key for key in MOST_VALUES if key in question.group_by)


def restrict(question: Question, key: str, value: str) -> Question:
    """Return the question about the works that have a value of a key beside all else."""
    if key == "country_code":
        return question.but(countries=(*question.countries, (value,)))
    return question.but(filters=(*question.filters, (GROUP_KEYS[key], value)))


def first_requests(
    question: Question, *, per_page: int = ROWS, filters: slice = slice(None)
) -> list[Request]:
    """
    Return the first requests of a question, by default of each of its filters.
    """
    keys = other_keys(question)
    if question.is_empty:
        return []
    levels = [keys[:1] or question.group_by]
    if keys == ("country_code", "n_countries"):
        levels.append(keys)
    alone = each_year(question) if keys and "year" in question.group_by else [question]
    return [
        count_request(one, text, *level, per_page=per_page)
        for level in levels
        for one in alone
        for text in disjoint_filters(one)[filters]
    ]


def widest_questions(questions: Iterable[Question]) -> list[Question]:
    """
    Return the widest question of those that share a long list of institutions.

    Each of its filters after the first (works of small institutions, and of no large one) finds
    nothing in most years; where it finds nothing, none of the others does.
    """
    shared: dict[tuple[str, ...], list[Question]] = {}
    for one in questions:
        if len(one.institution_ids) > VALUES and one.years and one.countries and not one.is_empty:
            shared.setdefault(one.institution_ids, []).append(one)
    found = []
    for ids, alike in shared.items():
        codes = tuple(sorted({code for one in alike for code in one.countries[0]}))
        years = [one.years for one in alike if one.years]
        span = (min(first for first, _ in years), max(last for _, last in years))
        corpora = {one.corpus for one in alike}
        if len(alike) > SHARED_BY and len(corpora) == 1 and len(codes) <= VALUES:
            found.append(
                Question(
                    years=span,
                    institution_ids=ids,
                    countries=(codes,),
                    corpus=corpora.pop(),
                    group_by=("year",),
                )
            )
    return found


#: From more questions than that on it pays to ask first in which years there is anything.
SHARED_BY: Final = 2
AFTER_THE_FIRST: Final = slice(1, None)


def sure_requests(questions: Iterable[Question]) -> list[Request]:
    """Return the requests that questions need in any case, in the order in which they are asked."""
    distinct = list(dict.fromkeys(questions))
    wide = widest_questions(distinct)
    probed = {one.institution_ids for one in wide}
    found = [one for each in wide for one in first_requests(each, filters=AFTER_THE_FIRST)]
    for one in distinct:
        is_probed = one.institution_ids in probed
        found += first_requests(one, filters=slice(1) if is_probed else slice(None))
    return list(dict.fromkeys(found))


def estimate_plan(
    questions: Iterable[Question], listing: Sequence[Request] = ()
) -> tuple[int, int]:
    """Estimate the calls (credits of $0.0001 each) that some questions cost together."""
    distinct = list(dict.fromkeys(questions))
    sure = sure_requests(distinct)
    every = {*sure, *(request for one in distinct for request in first_requests(one))}
    second_pages = sum(request.group_by == COUNTRY for request in every)
    in_parts = {SUBFIELD + UNKNOWN_TOO: len(field_names()), TOPIC + UNKNOWN_TOO: 252}
    split = sum(in_parts.get(request.group_by, 0) for request in every)
    least, most = len(listing) + len(sure), len(listing) + len(every)
    return least, most + second_pages + split + sum(map(_alone, distinct))


def _alone(question: Question) -> int:
    """Return the most calls of a question for the values of its keys but the last, each alone."""
    keys, total, each = other_keys(question), 0, 1
    first = sum("," not in request.group_by for request in first_requests(question))
    for key in keys[:-1]:
        each *= len(question.keep) if key == "country_code" and question.keep else MOST_VALUES[key]
        total += first * each
    return total
