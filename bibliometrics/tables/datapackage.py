"""
What a build says of itself: ``datapackage.json`` (Frictionless) and ``README.md``.

Both are made from the schema, and nothing in them depends on the day the build was made.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from bibliometrics.errors import TableError
from bibliometrics.escape import escape_markdown
from bibliometrics.files import DEFINITIONS
from bibliometrics.models import Text, read_form, read_toml
from bibliometrics.tables.answers import Provenance
from bibliometrics.tables.schema import PLAIN_TYPES, TABLES, Column, Table, counted_tables

PACKAGE_FILE: Final = "datapackage.json"
FRICTIONLESS_TYPES: Final = {plain: told for told, plain in PLAIN_TYPES.items()}
WAITING_FOR_PULL: Final = "waiting for a pull: `python -m bibliometrics refresh`"
WAITING_FOR_ALL: Final = "waiting for a full pull: `python -m bibliometrics refresh --all`"


@dataclass(frozen=True)
class Indicator:
    """An indicator: what it is called, the columns that hold it or its parts, formula, source."""

    name: Text
    columns: tuple[Text, ...]
    formula: Text
    source: Text


@dataclass(frozen=True)
class _Indicators:
    indicators: tuple[Indicator, ...]


def read_indicators() -> tuple[Indicator, ...]:
    """Return the indicators, each with its formula and source."""
    path = DEFINITIONS / "indicators.toml"
    return read_form(_Indicators, read_toml(path), str(path)).indicators


def waiting_text(table: str) -> str:
    """Return what a table that is not there waits for."""
    return WAITING_FOR_ALL if TABLES[table].needs == "full pull" else WAITING_FOR_PULL


@dataclass(frozen=True)
class _Told(Provenance):
    """What a build says of itself besides Frictionless's own entries."""

    waiting_for_a_pull: tuple[str, ...] = ()
    figures: dict[str, str] = field(kw_only=True)
    files: dict[str, str] = field(kw_only=True)


def parse_package(text: str, path: Path) -> dict[str, Any]:
    """Read the text of a build's ``datapackage.json``."""
    step = "restore it from version control, or move the folder away and rebuild the tables"
    content = read_form(dict[str, Any], text.encode(), str(path), error=TableError, step=step)
    where = f"{path} is not the data package of a build of this program, or it was edited"
    told = read_form(_Told, content.get("bibliometrics"), where, error=TableError, step=step)
    known = {f"{name}.csv" for name in TABLES} & set(told.files)
    try:
        complete = {resource["path"] for resource in content["resources"]} <= known
    except (KeyError, TypeError):
        complete = False
    if not complete:
        msg = f"{where}."
        raise TableError(msg, step)
    return content


def read_provenance(package: Mapping[str, Any]) -> Provenance:
    """Return where a build comes from, out of its ``datapackage.json``."""
    told = read_form(_Told, package["bibliometrics"], PACKAGE_FILE, error=TableError)
    return Provenance(**{entry.name: getattr(told, entry.name) for entry in fields(Provenance)})


def _field(column: Column) -> dict[str, Any]:
    limits = {
        "minimum": column.minimum,
        "maximum": column.maximum,
        "enum": list(column.choices) or None,
    }
    known = {name: value for name, value in limits.items() if value is not None}
    described: dict[str, Any] = {
        "name": column.name,
        "type": FRICTIONLESS_TYPES[column.type],
        "description": column.meaning,
        "constraints": {"required": not column.optional, **known},
    }
    return {**described, "unit": column.unit} if column.unit else described


def _resource(table: Table, digest: str, text: str, provenance: Provenance) -> dict[str, Any]:
    young = _provisional_years(table, text, provenance)
    return {
        "name": table.name.replace("_", "-"),
        "path": f"{table.name}.csv",
        "profile": "tabular-data-resource",
        "title": table.caption,
        "description": f"One row is {table.row}.",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(text.encode()),
        "hash": f"sha256:{digest}",
        **({"provisional_years": young} if young else {}),
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "primaryKey": list(table.keys),
            "missingValues": [""],
        },
    }


def _provisional_years(table: Table, text: str, provenance: Provenance) -> list[int]:
    """Return the years of a table of counts to which the source still adds works."""
    young = {*provenance.provisional_years} if table.name in counted_tables() else set()
    rows = csv.DictReader(io.StringIO(text)) if young else ()
    return sorted({int(row.get("year") or 0) for row in rows} & young)


def describe_package(
    tables: Mapping[str, str],
    hashes: Mapping[str, str],
    figure_texts: Mapping[str, str],
    provenance: Provenance,
) -> str:
    """Return the text of ``datapackage.json`` (Frictionless Data Package, version 1)."""
    content = {
        "profile": "data-package",
        "name": f"{provenance.study_id}-{provenance.source}",
        "title": provenance.study_title + (" (SYNTHETIC)" if provenance.synthetic else ""),
        "licenses": [
            {
                "name": "CC0-1.0",
                "title": "OpenAlex counts: CC0 1.0. Witness figures: see the source of each row",
                "path": "https://creativecommons.org/publicdomain/zero/1.0/",
            }
        ],
        "resources": [
            _resource(TABLES[name], hashes[f"{name}.csv"], text, provenance)
            for name, text in tables.items()
        ],
        "bibliometrics": {
            **asdict(provenance),
            "waiting_for_a_pull": sorted(set(TABLES) - set(tables)),
            "figures": dict(sorted(figure_texts.items())),
            "files": dict(sorted(hashes.items())),
        },
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _origin(provenance: Provenance) -> str:
    if provenance.synthetic:
        return "**SYNTHETIC.** Made from the synthetic sample; no number here is a result."
    if provenance.source == "witnesses":
        return "Published figures of others, and claims graded by them. Nothing counted by us yet."
    told = f"Counted from {provenance.source} ({provenance.location}), {provenance.pull}"
    if provenance.source != "openalex":
        return f"{told}."
    return (
        f"{told}, {provenance.start} to {provenance.end}; {provenance.credits} credits, "
        f"{provenance.cost_usd:.4f} USD."
    )


def data_dictionary(
    tables: Mapping[str, str], provenance: Provenance, figure_texts: Mapping[str, str]
) -> str:
    """Return the README of a build: where it comes from, and every column's meaning."""
    lines = [f"# {escape_markdown(provenance.study_title)}", "", _origin(provenance), ""]
    if provenance.notes:
        lines += [*(f"- Note: {escape_markdown(note)}" for note in provenance.notes), ""]
    lines += [
        f"Study `{provenance.study_id}`, hash `{provenance.study_hash}`; package version "
        f"{provenance.package_version}. `{PACKAGE_FILE}` holds the hash of every file.",
        "",
        "Counts are whole counts of distinct works under the study's primary specification unless "
        "the column says otherwise. Empty cells: unknown, or a share without denominator. `NA` in "
        "a country column is Namibia.",
    ]
    for table in TABLES.values():
        lines += ["", f"## {table.name}.csv", "", *_describe_table(table, table.name in tables)]
        if young := _provisional_years(table, tables.get(table.name, ""), provenance):
            years = " and ".join(map(str, young))
            lines += ["", f"Provisional: works of {years} are still being added."]
    lines += ["", "## Indicators", "", "| indicator | formula | source |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.formula} | {one.source} |" for one in read_indicators()]
    if figure_texts:
        lines += ["", "## figures", ""]
        lines += [
            f"- `{name}`: {escape_markdown(text)}" for name, text in sorted(figure_texts.items())
        ]
    return "\n".join(lines) + "\n"


def _describe_table(table: Table, present: bool) -> list[str]:
    if not present:
        return [f"{table.caption}. Not here yet: {waiting_text(table.name)}."]
    return [
        f"{table.caption}. One row is {table.row}. Key: {', '.join(table.keys)}.",
        "",
        "| column | type | unit | range | meaning |",
        "|---|---|---|---|---|",
        *map(_describe_column, table.columns),
    ]


def _describe_column(column: Column) -> str:
    bounds = "" if column.minimum is None else f"{column.minimum:g} to "
    bounds += "" if column.maximum is None else f"{column.maximum:g}"
    if column.choices:
        bounds = ", ".join(column.choices)
    kind = column.type + (", may be empty" if column.optional else "")
    return f"| `{column.name}` | {kind} | {column.unit} | {bounds.rstrip()} | {column.meaning} |"
