"""
What the commands ``snapshot narrow`` and ``snapshot sql`` do.

Each returns what it found twice: as plain values for JSON, and as lines for a reader.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bibliometrics import snapshot
from bibliometrics.cli.progress import Progress as Display
from bibliometrics.snapshot.institutions import NO_INSTITUTIONS
from bibliometrics.snapshot.narrow import Narrowed, Progress, narrow_release
from bibliometrics.snapshot.release import PUBLIC_RELEASE
from bibliometrics.study.model import load_study
from bibliometrics.study.plan import PARTS, build_plan
from bibliometrics.study.questions import Question

MOST_JOBS: Final = 4


@dataclass(frozen=True)
class Told:
    """What a command found: plain values, and lines."""

    value: Any
    lines: list[str]


def run_narrow(
    place: str | None,
    folder: Path,
    *,
    jobs: int | None,
    years: tuple[int, int] | None,
    files: int | None,
    display: Display,
) -> Told:
    """Make a narrow table, or go on making it; see ``narrow_release``."""

    def tell(event: Progress) -> None:
        display.step(event.files_done, event.files, "files", describe_progress(event))

    narrowed = narrow_release(
        place or PUBLIC_RELEASE,
        folder,
        jobs=jobs or min(os.cpu_count() or 1, MOST_JOBS),
        years=years,
        files=files,
        on_event=tell,
    )
    value = {name: told for name, told in asdict(narrowed).items() if name != "parts"}
    return Told({"folder": str(folder), **value}, describe_narrowed(narrowed, folder))


def describe_progress(event: Progress) -> str:
    """
    Return rows, bytes, speed and time left of a run as text.

    >>> describe_progress(Progress("a", 1, 3, 400_000, 250_000, 7_000_000, 2.0, 4.0))
    '400,000 rows (250,000 kept), 7.0 MB read, 200,000 rows/s, 4 s left'
    """
    speed = f", {event.rows / event.seconds:,.0f} rows/s" if event.seconds else ""
    left = "" if event.seconds_left is None else f", {_duration(event.seconds_left)} left"
    return (
        f"{event.rows:,} rows ({event.rows_kept:,} kept), {_size(event.bytes_read)} read"
        f"{speed}{left}"
    )


def describe_narrowed(narrowed: Narrowed, folder: Path) -> list[str]:
    """Return the lines that say what a narrow table holds."""
    kind = "SYNTHETIC release" if narrowed.synthetic else "release"
    dropped = ", ".join(f"{n:,} {rule}" for rule, n in sorted(narrowed.dropped.items()))
    lines = [
        f"{folder}: {kind} of {narrowed.date} from {narrowed.place}",
        f"{narrowed.files:,} of {narrowed.files_of_release:,} files; {narrowed.rows:,} records "
        f"read, {narrowed.rows_kept:,} works kept, dropped: {dropped or 'none'}",
        f"{_size(narrowed.bytes_read)} read, {_size(narrowed.narrow_bytes)} written, "
        f"{_duration(narrowed.seconds)} in this run",
        f"{narrowed.institutions.rows:,} institutions beside them"
        if narrowed.institutions
        else f"no institutions beside them: {NO_INSTITUTIONS}",
    ]
    if narrowed.complete:
        lines.append(f"complete: count with `refresh --source snapshot --narrow {folder}`")
    else:
        lines.append("not complete: run again without --files to go on")
        if narrowed.whole_seconds is not None and narrowed.whole_bytes is not None:
            lines.append(
                f"the whole release at this speed: {_duration(narrowed.whole_seconds)}, "
                f"{_size(narrowed.whole_bytes)}"
            )
    return lines


def _size(n_bytes: float) -> str:
    return f"{n_bytes / 1e9:,.2f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:,.1f} MB"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min" if seconds >= 120 else f"{seconds:,.0f} s"


def run_sql(
    study_name: str, *, dialect: str, table: str | None, parts: tuple[str, ...] | None
) -> Told:
    """Write every question of a study as SQL for a table in the official schema."""
    planned = build_plan(load_study(study_name), parts or PARTS)
    rows = [
        {
            "table": item.table,
            "question": item.question.key,
            "sql": snapshot.question_sql(item.question, dialect=dialect, table=table),
        }
        for item in planned
    ]
    lines = [] if table or dialect not in snapshot.VIEWS else [f"-- {snapshot.VIEWS[dialect]}", ""]
    for number, (row, item) in enumerate(zip(rows, planned, strict=True), start=1):
        lines.append(f"-- {number} of {len(rows)}, table {row['table']}: {_asked(item.question)}")
        lines += [f"{row['sql']};", ""]
    return Told({"dialect": snapshot.DIALECTS[dialect], "questions": rows}, lines[:-1])


def _asked(question: Question) -> str:
    """Return the conditions of a question in one line."""
    default = asdict(Question())
    told = {name: value for name, value in asdict(question).items() if value != default[name]}
    return "; ".join(f"{name} {value}" for name, value in told.items())
