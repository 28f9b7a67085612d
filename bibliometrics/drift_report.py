"""
A comparison as a reader or a program wants it: text, Markdown, CSV, plain values.

Standard library only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from bibliometrics.drift import Anomaly, Cell, Comparison, Side
from bibliometrics.schema import TABLES, Value, format_value

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
        "anomalies": [asdict(anomaly) for anomaly in comparison.anomalies],
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
    for word, side in (("old", comparison.old), ("new", comparison.new)):
        told = side.provenance
        lines.append(
            f"{word}: {side.name}: {told.source}, {told.pull}, {told.end[:10]}, {told.location}"
        )
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
        largest = sorted(chosen, key=_weight, reverse=True)[:SHOWN]
        left = len(chosen) - len(largest)
        more = f": the {SHOWN} largest of {len(chosen):,}; all by --format csv" if left else ""
        rows = [_show(cell) for cell in largest]
        found.append((f"{name}{more}", ["row", "column", "old", "new", "change", "cause"], rows))
    found.append(
        (
            "Anomalies: years in which counts jump and fall back",
            ["what", "table", "column", "years", "direction", "series"],
            [_show_anomaly(anomaly) for anomaly in comparison.anomalies],
        )
    )
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


def _show_anomaly(anomaly: Anomaly) -> list[str]:
    first, last = anomaly.years[0], anomaly.years[-1]
    return [
        "the change" if anomaly.kind == "change" else "the new counts",
        anomaly.table,
        anomaly.column,
        str(first) if first == last else f"{first}-{last}",
        anomaly.direction,
        " ".join(anomaly.series),
    ]


def _aligned(head: Sequence[str], rows: Lines) -> str:
    widths = [max(len(line[place]) for line in (head, *rows)) for place in range(len(head))]
    lines = []
    for line in (head, *rows):
        cells = zip(line, widths, strict=True)
        lines.append("  " + "  ".join(text.ljust(width) for text, width in cells).rstrip())
    return "\n".join(lines)


def _markdown(head: Sequence[str], rows: Lines) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(text.replace('|', chr(92) + '|') for text in line)} |" for line in lines
    )
