"""Where two builds or pulls of one study differ, and known changes of OpenAlex as likely causes."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from bibliometrics.errors import InputError
from bibliometrics.escape import escape_markdown
from bibliometrics.files import DEFINITIONS
from bibliometrics.models import Text, read_form, read_toml
from bibliometrics.tables.answers import Provenance
from bibliometrics.tables.schema import TABLES, Column, Value, counted_tables, format_value

FILE: Final = DEFINITIONS / "upstream_changes.toml"
Day: TypeAlias = date
#: What of a work changed.
Aspect = Literal[
    "affiliation", "lineage", "type", "year", "corpus", "n_countries", "authors", "topic"
]


@dataclass(frozen=True)
class UpstreamChange:
    """
    One change of OpenAlex that moves counts of past years.

    ``first`` and ``last`` are the first and last day on which counts may have moved; ``moves``
    names what of a work changed, ``direction`` whether counts rise, fall or either.
    """

    date: Day
    change: Text
    moves: tuple[Aspect, ...]
    direction: Literal["up", "down", "either"]
    source: Text
    until: Day | None = None

    @property
    def first(self) -> Day:
        """The first day on which counts may have moved."""
        return self.date

    @property
    def last(self) -> Day:
        """The last day on which counts may have moved."""
        return self.until or self.date

    @property
    def label(self) -> str:
        """Day and change as one text."""
        return f"{self.first.isoformat()} {self.change}"


@dataclass(frozen=True)
class _Changes:
    """The file of known changes."""

    changes: tuple[UpstreamChange, ...]


def load_changes(path: Path = FILE) -> list[UpstreamChange]:
    """Read the known changes."""
    found = read_form(_Changes, read_toml(path), str(path)).changes
    for change in found:
        if change.last < change.first:
            msg = f"{path}: the change of {change.first} ends on {change.last}, before it begins."
            raise InputError(msg, "correct `until`")
    return sorted(found, key=lambda change: (change.first, change.change))


def changes_between(
    changes: list[UpstreamChange], first: date, second: date
) -> list[UpstreamChange]:
    """
    Return the changes that a count of the earlier day may lack and one of the later day may have.

    >>> days = date(2026, 7, 1), date(2026, 7, 20)
    >>> [change.first.day for change in changes_between(load_changes(), *days)]
    [14, 18]
    """
    earlier, later = sorted((first, second))
    return [change for change in changes if change.last > earlier and change.first <= later]


Row = Mapping[str, Value]
Key = tuple[tuple[str, Value], ...]

#: Tables of verdicts, of which a reader wants to know when a verdict changes.
GRADED: Final = ("claim_summary", "claims")
VERDICTS: Final = ("verdict",)
COUNT_UNITS: Final = ("works",)
FOLLOWS: Final = "follows from the counts"
#: What of a work decides whether it counts; more for some tables.
BASE_ASPECTS: Final = frozenset({"corpus", "type", "year", "affiliation"})
MORE_ASPECTS: Final = {
    "institution_region": {"lineage"},
    "institution_partners": {"lineage"},
    "team_size": {"lineage"},
    "fractional": {"lineage", "n_countries"},
    "fields": {"topic"},
    "institution_output": {"lineage", "n_countries"},
    "cooperation_fields": {"lineage", "topic"},
    "cooperation_themes": {"lineage", "topic"},
    "home_partners": {"lineage"},
    "specifications": {"lineage", "n_countries"},
}


@dataclass(frozen=True)
class Side:
    """One of two things compared: its name, where it comes from, its tables as rows."""

    name: str
    provenance: Provenance
    tables: Mapping[str, Sequence[Row]]

    @property
    def day(self) -> date:
        """The day of its last answer, or of the snapshot's release."""
        return date.fromisoformat(self.provenance.end[:10])


@dataclass(frozen=True)
class Cell:
    """One value that differs; None where a side has no such row. ``cause`` is the likely one."""

    table: str
    key: Key
    column: str
    old: Value
    new: Value
    cause: str = ""

    @property
    def is_count(self) -> bool:
        """Whether the value is a count, which other values follow from."""
        return is_count(self.table, self.column)

    @property
    def change(self) -> float | None:
        """New less old; None unless both are numbers."""
        if isinstance(self.old, int | float) and isinstance(self.new, int | float):
            return self.new - self.old
        return None

    @property
    def percent(self) -> float | None:
        """The change in percent of the old value; None without one."""
        change = self.change
        if change is None or not isinstance(self.old, int | float) or not self.old:
            return None
        return 100 * change / self.old


@dataclass(frozen=True)
class Comparison:
    """What differs between two sides: ``compared`` counts the cells of each table in both."""

    old: Side
    new: Side
    compared: Mapping[str, int]
    cells: Sequence[Cell]
    changes: Sequence[UpstreamChange]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]


def is_count(table: str, column: str) -> bool:
    """
    Say whether a column holds counts of works.

    >>> is_count("country_output", "n_works"), is_count("country_output", "share_of_region")
    (True, False)
    """
    return any(one.name == column and one.unit in COUNT_UNITS for one in TABLES[table].columns)


def find_differences(old: Side, new: Side) -> Comparison:
    """Compare two counts of one study."""
    _check_alike(old, new)
    both = [name for name in TABLES if name in old.tables and name in new.tables]
    both = [name for name in both if name in counted_tables()] + [n for n in GRADED if n in both]
    if not both:
        msg = f"{old.name} and {new.name} have no counted table in common."
        raise InputError(msg, "count first: `python -m bibliometrics refresh`")
    counted = bool({*both} & {*counted_tables()})
    known = load_changes() if counted and not new.provenance.synthetic else []
    changes = changes_between(known, old.day, new.day) if known else []
    cells, compared = [], {}
    for name in both:
        found = list(_differing(name, old.tables[name], new.tables[name]))
        compared[name] = sum(len(_compared_columns(name)) for _ in _by_key(name, new.tables[name]))
        cells += [_explain(cell, old, new, changes) for cell in found]
    return Comparison(
        old,
        new,
        compared,
        cells,
        changes,
        tuple(sorted(set(old.tables) & set(counted_tables()) - set(new.tables))),
        tuple(sorted(set(new.tables) & set(counted_tables()) - set(old.tables))),
    )


def _check_alike(old: Side, new: Side) -> None:
    one, other = old.provenance, new.provenance
    if one.study_hash != other.study_hash:
        msg = (
            f"{old.name} and {new.name} are of different studies: {one.study_id} (hash "
            f"{one.study_hash[:12]}) and {other.study_id} (hash {other.study_hash[:12]})."
        )
        raise InputError(msg, "compare two counts of one study")
    if one.synthetic != other.synthetic:
        msg = f"{(old if one.synthetic else new).name} is synthetic, the other one is real."
        raise InputError(msg, "compare real with real, or synthetic with synthetic")


def _compared_columns(name: str) -> list[Column]:
    """Return the columns of a table in which a difference is told."""
    table = TABLES[name]
    values = [column for column in table.columns if column.name not in table.keys]
    return [c for c in values if name not in GRADED or c.name in VERDICTS]


def _by_key(name: str, rows: Sequence[Row]) -> dict[Key, Row]:
    keys = TABLES[name].keys
    told = [row for row in rows if row.get("evidence", True)]  # a test that waits is no evidence
    return {tuple((key, row[key]) for key in keys): row for row in told}


def _differing(name: str, old: Sequence[Row], new: Sequence[Row]) -> Iterator[Cell]:
    before, after = _by_key(name, old), _by_key(name, new)
    columns = _compared_columns(name)
    for key in dict.fromkeys((*before, *after)):
        for column in columns:
            was = before[key][column.name] if key in before else None
            now = after[key][column.name] if key in after else None
            if not _same(was, now):
                yield Cell(name, key, column.name, was, now)


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other


# ---------------------------------------------------------------------------------------- causes


def _explain(cell: Cell, old: Side, new: Side, changes: Sequence[UpstreamChange]) -> Cell:
    """Return the cell with its likely cause."""
    cause = _cause(cell, old, new, changes) if cell.is_count else FOLLOWS
    return Cell(cell.table, cell.key, cell.column, cell.old, cell.new, cause)


def _cause(cell: Cell, old: Side, new: Side, changes: Sequence[UpstreamChange]) -> str:
    change = cell.change if cell.change is not None else (-1.0 if cell.new is None else 1.0)
    rises = (change > 0) == (old.day <= new.day)  # seen from the earlier day to the later one
    fitting = [
        f"{known.first}: {', '.join(moved)}"
        for known in changes
        if (moved := [aspect for aspect in known.moves if aspect in _aspects(cell)])
        and known.direction in {"either", "up" if rises else "down"}
    ]
    if new.provenance.synthetic:
        return "other invented works"
    if fitting:
        return f"known changes: {'; '.join(fitting)}"
    if old.day != new.day:
        earlier, later = sorted((old.day, new.day))
        year = dict(cell.key).get("year")
        if isinstance(year, int) and year >= earlier.year - 1 and rises:
            return "late indexing of recent years"
        return f"no known change fits; OpenAlex moved on from {earlier} to {later}"
    return _cause_of_one_day(old.provenance, new.provenance)


def _cause_of_one_day(one: Provenance, other: Provenance) -> str:
    if one.package_version != other.package_version:
        return f"counted by versions {one.package_version} and {other.package_version}"
    if one.source != other.source:
        return f"two sources of one day: {one.source} ({one.pull}), {other.source} ({other.pull})"
    if one.answers_sha256 != other.answers_sha256:
        return "OpenAlex changed within the day, or one answer was wrong"
    return "the same answers counted in two ways: a fault, please report it"


def _aspects(cell: Cell) -> set[str]:
    aspects = BASE_ASPECTS | MORE_ASPECTS.get(cell.table, set())
    return set(aspects - {"affiliation"} if cell.column == "n_works_world_any" else aspects)


FORMATS: Final = ("text", "md", "csv", "json")
SHOWN: Final = 10
ORIGIN: Final = ("source", "pull", "location", "start", "end", "package_version", "study_hash")

Lines = list[list[str]]


def render(comparison: Comparison, form: str) -> str:
    """
    Return a comparison as ``text``, ``md`` (Markdown) or ``csv``.

    Text and Markdown show each table's largest differences; CSV has every one.
    """
    if form == "csv":
        return _render_csv(comparison)
    draw = _markdown if form == "md" else _aligned
    parts = ["\n".join(_introduce(comparison))]
    for title, head, rows in _sections(comparison):
        parts.append(f"{'## ' if form == 'md' else ''}{title}\n\n{draw(head, rows)}")
    return "\n\n".join(parts) + "\n"


def as_values(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values for JSON."""
    return {
        "old": _origin(comparison.old),
        "new": _origin(comparison.new),
        "compared": dict(comparison.compared),
        "only_old": list(comparison.only_old),
        "only_new": list(comparison.only_new),
        "differing": [_cell_values(cell) for cell in comparison.cells],
        "upstream_changes": [change.label for change in comparison.changes],
    }


def _origin(side: Side) -> dict[str, Any]:
    told = asdict(side.provenance)
    return {"name": side.name, **{name: told[name] for name in ORIGIN}}


def _cell_values(cell: Cell) -> dict[str, Any]:
    return {
        "table": cell.table,
        **dict(cell.key),
        "column": cell.column,
        "kind": "count" if cell.is_count else "derived",
        "old": cell.old,
        "new": cell.new,
        "change": cell.change,
        "change_percent": cell.percent,
        "likely_cause": cell.cause,
    }


def _render_csv(comparison: Comparison) -> str:
    keys = list(dict.fromkeys(key for name in comparison.compared for key in TABLES[name].keys))
    values = ["column", "kind", "old", "new", "change", "change_percent", "likely_cause"]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, ["table", *keys, *values], lineterminator="\n")
    writer.writeheader()
    for cell in comparison.cells:
        row = _cell_values(cell)
        writer.writerow({name: format_value(value) for name, value in row.items()})
    return stream.getvalue()


def _introduce(comparison: Comparison) -> list[str]:
    lines = []
    if comparison.new.provenance.synthetic:
        lines.append("SYNTHETIC: no number here is a result")
    asked = [one.provenance.location for one in (comparison.old, comparison.new)]
    if all(asked) and asked[0] != asked[1]:
        lines.append(f"asked at two addresses, which may hold other works: {' and '.join(asked)}")
    for word, side in (("old", comparison.old), ("new", comparison.new)):
        told = side.provenance
        parts = filter(None, (told.source, told.pull, told.end[:10], told.location))
        lines.append(f"{word}: {side.name}: {', '.join(parts)}")
    for word, names in (("old", comparison.only_old), ("new", comparison.only_new)):
        if names:
            lines.append(f"only in {word}: {', '.join(names)}")
    n_cells = sum(comparison.compared.values())
    n_counts = sum(cell.is_count for cell in comparison.cells)
    if not comparison.cells:
        lines.append(f"no difference in {n_cells:,} cells")
    else:
        others = len(comparison.cells) - n_counts
        lines.append(
            f"{n_counts:,} counts and {others:,} other values differ, of {n_cells:,} cells"
        )
    return lines


def _sections(comparison: Comparison) -> list[tuple[str, list[str], Lines]]:
    found = [
        (
            "Known changes of OpenAlex between the two dates",
            ["date", "change", "source"],
            [
                [change.first.isoformat(), change.change, change.source]
                for change in comparison.changes
            ],
        ),
        (
            "Tables",
            ["table", "cells", "differ", "sum old", "sum new", "change"],
            _sum_up(comparison),
        ),
    ]
    for name in comparison.compared:
        cells = [cell for cell in comparison.cells if cell.table == name]
        chosen = [cell for cell in cells if cell.is_count] or cells
        most = len(chosen) if name == "claim_summary" else SHOWN
        largest = sorted(chosen, key=_weight, reverse=True)[:most]
        left = len(chosen) - len(largest)
        more = f": the {SHOWN} largest of {len(chosen):,}; all by --format csv" if left else ""
        rows = [_show(cell) for cell in largest]
        found.append((f"{name}{more}", ["row", "column", "old", "new", "change", "cause"], rows))
    return [section for section in found if section[2]]


def _sum_up(comparison: Comparison) -> Lines:
    """Return for each differing table its cells, and the sums of its first differing count."""
    lines = []
    for name, n_cells in comparison.compared.items():
        cells = [cell for cell in comparison.cells if cell.table == name]
        if cells:
            column = next((cell.column for cell in cells if cell.is_count), "")
            sums = [
                sum(value for row in side.tables[name] if (value := _number(row.get(column))))
                for side in (comparison.old, comparison.new)
            ]
            shown = [f"{number:,.10g}" for number in sums] if column else ["", ""]
            change = _percent(100 * (sums[1] - sums[0]) / sums[0]) if sums[0] else ""
            lines.append([name, f"{n_cells:,}", f"{len(cells):,}", *shown, change])
    return lines


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _weight(cell: Cell) -> tuple[float, float]:
    """Return by how many standard deviations of a count a cell moved, and by how much."""
    old, new = _number(cell.old), _number(cell.new)
    return abs(new - old) / max(old + new, 1e-12) ** 0.5, abs(new - old)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:+.1f} %"


def _show(cell: Cell) -> list[str]:
    row = ", ".join(format_value(value) for _, value in cell.key)
    change = "" if cell.change is None else f"{cell.change:+,.4g}"
    if cell.percent is not None:
        change += f" ({_percent(cell.percent)})"
    return [row, cell.column, _text(cell.old), _text(cell.new), change, cell.cause]


def _text(value: Value) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"
    return format_value(value) or "–"


def _aligned(head: Sequence[str], rows: Lines) -> str:
    widths = [max(len(line[place]) for line in (head, *rows)) for place in range(len(head))]
    lines = []
    for line in (head, *rows):
        cells = zip(line, widths, strict=True)
        lines.append("  " + "  ".join(text.ljust(width) for text, width in cells).rstrip())
    return "\n".join(lines)


def _markdown(head: Sequence[str], rows: Lines) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(escape_markdown, line))} |" for line in lines)
