"""What is in a build: its tables, where they come from, how old they are. Standard library only."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bibliometrics.datapackage import waiting_text
from bibliometrics.errors import TableError
from bibliometrics.publish import BUILD_ONE, check_unedited, read_package
from bibliometrics.schema import TABLES, Table, read_table


def list_tables(folder: Path, *, now: datetime | None = None) -> dict[str, Any]:
    """
    Read what a build holds, and check every table against its contract and hash.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of a build.
    now : datetime or None
        The moment from which the age is counted; None: this one.

    Returns
    -------
    dict
        ``folder``, ``origin`` (source, pull, times, cost, study hash), ``age_days`` (None without
        a pull) and ``tables``: for each table of the contract its rows and first and last year,
        or ``rows`` None when it waits for a pull.

    Raises
    ------
    TableError
        If there is no build, a file was edited, or a table breaks its contract.
    """
    package = read_package(folder)
    if package is None:
        msg = f"{folder} holds no tables."
        raise TableError(msg, BUILD_ONE)
    check_unedited(folder)
    told = package["bibliometrics"]
    origin = {name: value for name, value in told.items() if name not in {"files", "figures"}}
    present = {resource["path"] for resource in package["resources"]}
    return {
        "folder": str(folder),
        "origin": origin,
        "age_days": _age(str(origin["end"]), now or datetime.now(UTC)),
        "tables": [
            _describe_table(table, folder if f"{table.name}.csv" in present else None)
            for table in TABLES.values()
        ],
    }


def _describe_table(table: Table, folder: Path | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"table": table.name, "caption": table.caption}
    if folder is None:
        return {**entry, "rows": None, "years": None}
    rows = read_table(table, folder / f"{table.name}.csv")
    years = sorted({year for row in rows if isinstance(year := row.get("year"), int)})
    return {**entry, "rows": len(rows), "years": [years[0], years[-1]] if years else None}


def _age(end: str, now: datetime) -> float | None:
    """Return the days since a time as the manifest has it, or since a date; None for no time."""
    if not end:
        return None
    moment = datetime.fromisoformat(end)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((now - moment).total_seconds() / 86400, 1)


def describe(listed: dict[str, Any]) -> list[str]:
    """Return the lines that the command ``tables`` prints."""
    lines = [f"{listed['folder']}: {listed['origin']['study_title']}"]
    lines += _describe_origin(listed["origin"], listed["age_days"])
    for entry in listed["tables"]:
        if entry["rows"] is None:
            lines.append(f"  {entry['table']:22} {waiting_text(entry['table'])}")
        else:
            years = "" if not entry["years"] else f"{entry['years'][0]}-{entry['years'][1]}"
            lines.append(
                f"  {entry['table']:22} {entry['rows']:>6} rows  {years:9}  {entry['caption']}"
            )
    return lines


def _describe_origin(origin: dict[str, Any], age_days: float | None) -> list[str]:
    if origin["synthetic"]:
        lines = ["SYNTHETIC: made from the sample; no number here is a result"]
    elif origin["source"] == "witnesses":
        lines = ["published figures of others only; nothing counted yet"]
    else:
        lines = [
            f"counted by {origin['source']} at {origin['location']}, {origin['pull']} "
            f"({age_days} days old)"
        ]
    if origin["source"] == "openalex":
        lines.append(
            f"pulled {origin['start']} to {origin['end']}, {origin['credits']} credits, "
            f"{origin['cost_usd']:.4f} USD"
        )
    lines += [f"note: {note}" for note in origin["notes"]]
    return [*lines, f"study hash {origin['study_hash'][:16]}, package {origin['package_version']}"]
