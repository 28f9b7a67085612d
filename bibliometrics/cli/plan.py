"""What a refresh would ask and cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bibliometrics.builds.publish import BUILD_ONE, check_unedited, read_package
from bibliometrics.claims.collaborations import read_papers
from bibliometrics.claims.witnesses import is_of_floor
from bibliometrics.errors import BibliometricsError, TableError
from bibliometrics.openalex import credentials as access
from bibliometrics.openalex import query as request
from bibliometrics.openalex.institutions import expect_requests, known_members
from bibliometrics.study.claim_counts import UNIVERSITIES
from bibliometrics.study.model import Study
from bibliometrics.study.plan import PlannedQuestion, build_plan
from bibliometrics.study.profile import LEAST_LISTS
from bibliometrics.study.questions import Question
from bibliometrics.tables.datapackage import waiting_text
from bibliometrics.tables.schema import TABLES, Table, read_table

MEMBERS: Final = (
    "institution ids in the addresses are those of the study's definition; a refresh lists the "
    "members first, and names those that it finds"
)


def price_plan(study: Study, parts: tuple[str, ...]) -> dict[str, Any]:
    """Return what the plan of a study comes to."""
    planned = build_plan(study, parts)
    least, most = _estimate(study, planned)
    lists = _count_lists(study, parts)
    credits = (least + sum(lists.values()), most + sum(lists.values()))
    remaining, note = _remaining_usd()
    return {
        "study": study.id,
        "study_title": study.title,
        "study_hash": study.hash,
        "questions": len(planned),
        "credits": list(credits),
        "usd": [round(number * request.CREDIT_USD, 4) for number in credits],
        "remaining_usd": remaining,
        "note": note,
        "tables": _price_tables(study, planned, lists),
    }


def _count_lists(study: Study, parts: tuple[str, ...]) -> dict[str, int]:
    """Return the least calls that are no questions of a plan, by table: what is listed."""
    calls: dict[str, int] = {}
    if "profile" in parts:
        calls["cooperation_institutions"] = LEAST_LISTS
    if "claims" in parts and len(study.home) == 1:
        calls["claim_counts"] = UNIVERSITIES + 1
    if "coverage" in parts and is_of_floor(study.institution.key):
        dois = sum(bool(one.doi) and one.year in study.year_range for one in read_papers())
        calls["coverage"] = 2 * -(-dois // request.VALUES)
    return calls


def _estimate(study: Study, planned: Sequence[PlannedQuestion]) -> tuple[int, int]:
    """Estimate the calls of a plan, with the members of the institution that its definition has."""
    listing, questions = _requests(study, planned)
    return request.estimate_plan(questions, listing)


def _requests(
    study: Study, planned: Sequence[PlannedQuestion]
) -> tuple[list[request.Request], list[Question]]:
    members = known_members(study.institution)
    return expect_requests((item.question for item in planned), study.institution, members)


def list_urls(study: Study, parts: tuple[str, ...]) -> list[str]:
    """
    Return the address of every request that parts of a plan need in any case, none twice.

    A refresh lists the institution's members first and names those in the addresses; here they
    are those of its definition.
    """
    listing, questions = _requests(study, build_plan(study, parts))
    asked = dict.fromkeys((*listing, *request.sure_requests(questions)))
    return [one.url(access.read_address().url) for one in asked]


def _price_tables(
    study: Study, planned: Sequence[PlannedQuestion], lists: dict[str, int]
) -> dict[str, dict[str, int]]:
    rows: dict[str, dict[str, int]] = {}
    before = 0, 0
    for name in dict.fromkeys(item.table for item in planned):
        rows[name] = {"questions": sum(item.table == name for item in planned)}
        after = _estimate(study, [item for item in planned if item.table in rows])
        rows[name] |= {"least": after[0] - before[0], "most": after[1] - before[1]}
        before = after
    for name, calls in lists.items():
        row = rows.setdefault(name, {"questions": 0, "least": 0, "most": 0})
        row["least"] += calls
        row["most"] += calls
    return rows


def _remaining_usd() -> tuple[float | None, str]:
    try:
        key = access.read_key()
        if key is None:
            return None, ""
        from bibliometrics.openalex import source as openalex  # noqa: PLC0415

        left = openalex.ask_remaining(access.read_address(), key)
    except BibliometricsError as error:
        return None, f"what is left of today's budget is unknown: {error.message}"
    except ImportError as error:
        name = (error.name or "a library").partition(".")[0]
        return None, f"what is left of today's budget is unknown: {name} is not installed."
    if left is None:
        return None, "what is left of today's budget is unknown: the server doesn't say."
    return round(left.usd + left.prepaid_usd, 6), ""


def tell_plan(priced: dict[str, Any]) -> list[str]:
    """Return the lines that the command ``plan`` prints."""
    least, most = priced["usd"]
    lines = [
        f"{priced['study_title']} (study {priced['study']}, hash {priced['study_hash'][:12]})",
        _line("table", "questions", "calls"),
        *(
            _line(name, row["questions"], _span(row["least"], row["most"]))
            for name, row in priced["tables"].items()
        ),
        _line("in all", priced["questions"], _span(*priced["credits"])),
        f"cost: {least:.4f} to {most:.4f} USD (1 call = 1 credit)",
    ]
    if priced["remaining_usd"] is not None:
        lines.append(f"left in today's budget of your key: {priced['remaining_usd']:.4f} USD")
    if priced["note"]:
        lines.append(f"note: {priced['note']}")
    urls = priced.get("urls", ())
    if any("/institutions?" in url for url in urls):
        lines.append(f"note: {MEMBERS}")
    return [*lines, *urls]


def _line(name: str, questions: object, calls: str) -> str:
    return f"{name:24}{questions:>10}{calls:>14}"


def _span(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"


def list_tables(folder: Path, *, now: datetime | None = None) -> dict[str, Any]:
    """Read what a build holds, and check every table against its contract and hash."""
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
