"""
A question as one Ibis expression over works, their countries, lineages and institutions.

Expressions unnest, join and semi-join only, which every engine has: the same ones run on the narrow
table (DuckDB, Spark) and, as SQL text, on the public table of the snapshot in BigQuery.
Lists of the narrow table are unnested as columns: DuckDB filters ``Table.unnest`` far more slowly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import ibis
import ibis.expr.types as ir
from ibis import _

from bibliometrics.errors import InputError
from bibliometrics.study.questions import Question

#: Dialects of SQL, and what Ibis calls them.
DIALECTS: Final[Mapping[str, str]] = MappingProxyType(
    {"bigquery": "bigquery", "duckdb": "duckdb", "spark": "pyspark"}
)
#: The release of June 2026, public in BigQuery.
PUBLIC_TABLE: Final = "subugoe-collaborative.openalex_walden.works"
#: How a table ``works`` of the release's files is made where there is no public one.
VIEWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "duckdb": "CREATE VIEW works AS SELECT * FROM "
        "read_parquet('works/*/*.parquet', hive_partitioning = false);",
        "spark": "CREATE TEMPORARY VIEW works USING parquet "
        "OPTIONS (path 'works', recursiveFileLookup 'true');",
    }
)
#: Names that Ibis makes up anew each time.
TABLE_NAME: Final = re.compile(r"`?[\w-]+(?:\.[\w-]+){0,2}`?")
RANDOM_NAME: Final = re.compile(r"\bibis_(?:table_unnest|bq_arr_contains)_\w+")
ID_ADDRESS: Final = "https://openalex.org/"
#: Conditions that many questions have in common.
SHARED: Final = (
    "types",
    "without_types",
    "retracted",
    "core_source",
    "min_authors",
    "max_authors",
    "min_countries",
    "max_countries",
    "top_percent",
)


@dataclass(frozen=True)
class Relations:
    """
    Works and what they have, one row each: the form in which every table is counted.

    ``works`` has ``work_id, year, type, is_retracted, core_source, n_authors, n_countries,
    field_id, subfield_id, topic_id, top_1, top_10``; the others have ``work_id`` and
    ``country_code`` or ``node``, each pair once, but ``lineages`` the array ``nodes``, one row a
    lineage of an institution, and ``kinds`` ``institution_type, country_code``.
    ``node_of`` turns an institution id (``I123``) into a node, ``topic_of`` a topic's.
    """

    works: ir.Table
    countries: ir.Table
    lineage: ir.Table
    institutions: ir.Table
    lineages: ir.Table
    kinds: ir.Table
    node_of: Callable[[str], Any]
    topic_of: Callable[[str], Any]


def narrow_works(table: ir.Table, shared: Question) -> ir.Table:
    """Return the rows of a narrow table that meet a question's conditions on their own values."""
    return table.filter(_plain_conditions(shared) or [ibis.literal(True)])


def narrow_relations(table: ir.Table) -> Relations:
    """Return the relations of a narrow table (columns: ``rows.NARROW_SCHEMA``)."""

    def each(column: str, name: str) -> ir.Table:
        return table.select("work_id", **{name: table[column].unnest()})

    lists = ("countries", "institution_ids", "kinds", "lineage_ids", "lineages")
    kinds = each("kinds", "kind")
    return Relations(
        works=table.drop(*lists),
        countries=each("countries", "country_code"),
        lineage=each("lineage_ids", "node"),
        institutions=each("institution_ids", "node"),
        lineages=each("lineages", "nodes"),
        kinds=kinds.select(
            "work_id", institution_type=_.kind["type"], country_code=_.kind["country_code"]
        ),
        node_of=lambda text: int(text[1:]),
        topic_of=lambda text: int(text[1:]),
    )


def narrow_links(table: ir.Table, column: str, wanted: Sequence[Any]) -> ir.Table:
    """Return ``work_id, node`` of a list column of a narrow table, for the wanted nodes only."""
    links = table.select("work_id", node=table[column].unnest())
    return links.filter(_.node.isin(wanted)) if wanted else links.limit(0)


def narrow_lineages(table: ir.Table, wanted: Sequence[int]) -> ir.Table:
    """Return ``work_id, nodes`` of a narrow table's works at or below one of some institutions."""
    below = table.semi_join(narrow_links(table, "lineage_ids", wanted), "work_id")
    return below.select("work_id", nodes=below.lineages.unnest())


def official_relations(table: ir.Table) -> Relations:
    """Return the relations of a table in the official schema, by the rules of ``rows``."""
    core = table.filter(~table.is_xpac.fill_null(False))
    links = (
        core.select("id", authorship=core.authorships)
        .unnest("authorship")
        .select("id", institution=_.authorship.institutions)
        .unnest("institution")
        .select(
            work_id=_.id,
            node=_.institution.id,
            country_code=_.institution.country_code.upper(),
            lineage=_.institution.lineage,
            institution_type=_.institution["type"],
        )
    )
    ranked = core.citation_normalized_percentile
    return Relations(
        works=core.select(
            work_id=_.id,
            year=_.publication_year,
            type=_.type,
            is_retracted=_.is_retracted,
            core_source=_.primary_location.source.is_core,
            n_authors=_.authors_count,
            n_countries=_.countries_distinct_count,
            field_id=_.primary_topic.field.id.right(2).cast("int64"),
            subfield_id=_.primary_topic.subfield.id.right(4).cast("int64"),
            topic_id=_.primary_topic.id,
            top_1=ranked.is_in_top_1_percent,
            top_10=ranked.is_in_top_10_percent,
        ),
        countries=links.filter(_.country_code.length() > 0)
        .select("work_id", "country_code")
        .distinct(),
        lineage=links.select("work_id", node=_.lineage).unnest("node").distinct(),
        institutions=links.filter(_.node.notnull()).select("work_id", "node").distinct(),
        lineages=links.filter(_.lineage.length() > 0).select("work_id", nodes=_.lineage),
        kinds=links.filter(_.institution_type.length() > 0)
        .select("work_id", "institution_type", "country_code")
        .distinct(),
        node_of=lambda text: ID_ADDRESS + text,
        topic_of=lambda text: ID_ADDRESS + text,
    )


def matching_works(question: Question, relations: Relations) -> ir.Table:
    """Return the works that meet every condition of a question."""
    works = relations.works.filter(own_conditions(question, relations) or [ibis.literal(True)])
    codes, nodes = relations.countries, relations.lineage
    for wanted in question.countries:
        works = works.semi_join(codes.filter(_.country_code.isin(wanted)), "work_id")
    if question.any_country:
        works = works.semi_join(codes, "work_id")
    if question.without_countries:
        unwanted_codes = codes.filter(_.country_code.isin(question.without_countries))
        works = works.anti_join(unwanted_codes, "work_id")
    for wanted_id in question.lineage:
        met = nodes.filter(_.node == relations.node_of(wanted_id))
        if question.not_below:
            met = _lineages_with(relations, wanted_id, question.not_below)
        works = works.semi_join(met, "work_id")
    if question.institution_ids:
        exact = list(map(relations.node_of, question.institution_ids))
        works = works.semi_join(relations.institutions.filter(_.node.isin(exact)), "work_id")
    if question.institution_types:
        met = relations.kinds.filter(_.institution_type.isin(question.institution_types))
        works = works.semi_join(met, "work_id")
    if question.without_lineage:
        unwanted = list(map(relations.node_of, question.without_lineage))
        works = works.anti_join(nodes.filter(_.node.isin(unwanted)), "work_id")
    return works


def _lineages_with(relations: Relations, wanted: str, unwanted: Sequence[str]) -> ir.Table:
    """Return the lineages that hold one institution and none of some others."""
    kind = relations.lineage.schema()["node"]

    def holds(text: str) -> Any:
        return _.nodes.contains(ibis.literal(relations.node_of(text), kind))

    return relations.lineages.filter(holds(wanted), *[~holds(one) for one in unwanted])


def own_conditions(question: Question, relations: Relations) -> list[Any]:
    """Return the conditions of a question on a work's own values."""
    return [*_plain_conditions(question), *_topic_conditions(question, relations)]


def _topic_conditions(question: Question, relations: Relations) -> list[Any]:
    topics = list(map(relations.topic_of, question.topic_ids))
    every = (
        (question.subfield_ids, _.subfield_id.isin(question.subfield_ids)),
        (topics, _.topic_id.isin(topics)),
    )
    return [condition for wanted, condition in every if wanted]


def _plain_conditions(question: Question) -> list[Any]:
    """Return the conditions on a work's own values; a null value meets none but the last."""
    top = {1: _.top_1, 10: _.top_10}
    conditions = [
        question.years and _.year.between(*question.years),
        question.types and _.type.isin(question.types),
        None if question.retracted is None else _.is_retracted == question.retracted,
        None if question.core_source is None else _.core_source == question.core_source,
        None if question.min_authors is None else _.n_authors >= question.min_authors,
        None if question.max_authors is None else _.n_authors <= question.max_authors,
        None if question.min_countries is None else _.n_countries >= question.min_countries,
        None if question.max_countries is None else _.n_countries <= question.max_countries,
        None if question.field_id is None else _.field_id == question.field_id,
        question.top_percent and top[question.top_percent],
        question.without_types and (_.type.isnull() | _.type.notin(question.without_types)),
    ]
    return [
        condition
        for condition in conditions
        if condition is not None and not isinstance(condition, tuple)
    ]


def count_works(question: Question, relations: Relations) -> ir.Table:
    """Return the frame of a question (see ``question``) as an expression."""
    works, keys = matching_works(question, relations), list(question.group_by)
    known = with_keys(works, question, relations)
    if not keys:
        return known.aggregate(n_works=_.count())
    return known.group_by(keys).aggregate(n_works=_.count()).order_by(keys)


def with_keys(works: ir.Table, question: Question, relations: Relations) -> ir.Table:
    """Return works once for each value of a question's keys; a null value is none."""
    keys = list(question.group_by)
    if "country_code" in keys:
        codes = relations.countries
        if question.keep:
            codes = codes.filter(_.country_code.isin(question.keep))
        works = works.inner_join(codes, "work_id")
    if "institution_type" in keys:
        kinds = relations.kinds
        if question.type_countries:
            kinds = kinds.filter(_.country_code.isin(question.type_countries))
        kinds = kinds.select("work_id", "institution_type").distinct()
        works = works.inner_join(kinds, "work_id")
    if "institution_id" in keys:
        works = works.inner_join(_each_institution(relations), "work_id")
    if "topic_id" in keys:
        works = works.mutate(topic_id=_short_id("T", works.topic_id))
    return works.filter([_[key].notnull() for key in keys]) if keys else works


def _each_institution(relations: Relations) -> ir.Table:
    """Return ``work_id, institution_id`` of institutions that are some: not ``I-1``."""
    named = relations.institutions.select(
        "work_id", institution_id=_short_id("I", relations.institutions.node)
    )
    return named.filter(_.institution_id.re_search(r"^I[0-9]{2,}$"))


def _short_id(letter: str, values: Any) -> Any:
    """Return the short form of numbers or addresses of ids."""
    if values.type().is_integer():
        return ibis.literal(letter) + values.cast("string")
    return values.replace(ID_ADDRESS, "")


def official_table(name: str = PUBLIC_TABLE) -> ir.Table:
    """Return an unbound table in the official schema: the columns that a count needs."""
    catalog, database, table = ([None, None, *name.split(".")])[-3:]
    place: dict[str, Any] = {"catalog": catalog, "database": database} if database else {}
    institution = "struct<id: string, country_code: string, lineage: array<string>, type: string>"
    levels = "id: string, subfield: struct<id: string>, field: struct<id: string>"
    flags = "struct<is_in_top_1_percent: boolean, is_in_top_10_percent: boolean>"
    schema = {
        "id": "string",
        "publication_year": "int64",
        "type": "string",
        "is_retracted": "boolean",
        "is_xpac": "boolean",
        "authors_count": "int64",
        "countries_distinct_count": "int64",
        "primary_location": "struct<source: struct<is_core: boolean>>",
        "primary_topic": f"struct<{levels}>",
        "citation_normalized_percentile": flags,
        "authorships": f"array<struct<institutions: array<{institution}>>>",
    }
    return ibis.table(schema, name=table, **place)


def question_sql(question: Question, *, dialect: str = "bigquery", table: str | None = None) -> str:
    """Return the SQL of a question for a table in the official schema."""
    if dialect not in DIALECTS:
        msg = f"unknown SQL dialect {dialect!r}."
        raise InputError(msg, f"choose one of {', '.join(DIALECTS)}")
    if table is not None and not TABLE_NAME.fullmatch(table):
        msg = f"{table!r} is not the name of a table."
        raise InputError(msg, "give one to three words with dots between: project.dataset.works")
    name = table or ("works" if dialect in VIEWS else PUBLIC_TABLE)
    frame = count_works(question, official_relations(official_table(name)))
    text = str(ibis.to_sql(frame, dialect=DIALECTS[dialect]))
    for number, name in enumerate(dict.fromkeys(RANDOM_NAME.findall(text)), start=1):
        text = text.replace(name, f"unnested_{number}")
    return text


def shared_conditions(questions: Sequence[Question]) -> Question:
    """
    Return a question that every one of the questions narrows further.

    >>> one, two = Question(years=(2007, 2010), types=("book",)), Question(years=(2009, 2016))
    >>> shared = shared_conditions([one, two])
    >>> shared.years, shared.types
    ((2007, 2016), ())
    """
    same = {
        name: getattr(questions[0], name)
        for name in SHARED
        if len({getattr(question, name) for question in questions}) == 1
    }
    spans = [question.years for question in questions]
    years = None
    if None not in spans:
        years = min(s[0] for s in spans if s), max(s[1] for s in spans if s)
    return Question(years=years, **same)


def drop_conditions(question: Question, met: Question) -> Question:
    """
    Return the question without the conditions that works are known to meet.

    >>> asked = Question(years=(2007, 2016), types=("book",), max_authors=9)
    >>> drop_conditions(asked, Question(years=(2007, 2016), types=("book",)))
    Question(years=None, countries=(), ... types=(), ... max_authors=9, ...)
    """
    same = [name for name in (*SHARED, "years") if getattr(question, name) == getattr(met, name)]
    return question.but(**{name: getattr(Question(), name) for name in same})
