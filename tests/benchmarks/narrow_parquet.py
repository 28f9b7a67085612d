"""From Parquet to the narrow table: bytes read, speed, memory, beside DuckDB and the limit.

`python -m tests.benchmarks.narrow_parquet [FILES GROUPS DISTINCT]`; by default 18 files of 3 row
groups of 60,000 generated records, 4.6 GB in a temporary folder. Writes what it prints into README
unless sizes are given.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from bibliometrics.snapshot.narrow import narrow_release
from bibliometrics.snapshot.parquet import leaf_bytes
from tests.benchmarks.duckdb_narrow import YEARS, same_rows
from tests.benchmarks.generated_works import write_parquet
from tests.benchmarks.measuring import Measured, Target, best_of, describe, record, show
from tests.benchmarks.read_leaves import JOBS
from tests.support.object_store import ObjectStore

SIZES = (18, 3, 60_000)
TIMES = 3
#: The release of 2026-09-23: records, and bytes of its Parquet files.
WHOLE_RECORDS, WHOLE_BYTES = 476_196_327, 707_141_690_793
#: Bytes a second from far away: the slowest that others report, and 1 Gbit/s.
LINES = (11e6, 125e6)


def moved_over_s3(release: Path, folder: Path) -> int:
    """Return the bytes that a server of the S3 protocol sent for the files, manifest left out."""
    with ObjectStore(release) as store:
        narrow_release("s3://openalex/works", folder, years=YEARS, endpoint=store.endpoint)
        return store.sent - 2 * (release / "works" / "manifest.json").stat().st_size


def describe_whole(n_records: int, share: float, narrow_bytes: int, ours: Measured) -> list[str]:
    """Return what the whole release would take, and on which assumptions."""
    moved, times = share * WHOLE_BYTES, WHOLE_RECORDS / n_records
    slow, fast = (moved / speed / 60 for speed in LINES)
    wall, cpu = (seconds * times / 60 for seconds in (ours.wall, ours.cpu / JOBS))
    return [
        f"Whole release of {WHOLE_RECORDS:,} records, {WHOLE_BYTES / 1e9:.0f} GB:",
        f"  work on 2 cores  {wall:5.0f} min ({cpu:.0f} by CPU time)",
        f"  bytes moved      {moved / 1e9:5.1f} GB: {slow:.0f} min at 11 MB/s, "
        f"{fast:.0f} min at 1 Gbit/s",
        f"  narrow table     {narrow_bytes * times / 1e9:5.1f} GB for {YEARS[0]}-{YEARS[1]}",
    ]


def measure(release: Path, place: Path) -> list[tuple[str, Measured]]:
    """Run ours, DuckDB's and the limit several times each; the narrow tables stay in the place."""
    narrow = place / "narrow"
    years = f"{YEARS[0]}-{YEARS[1]}"
    words = (
        "snapshot",
        "narrow",
        release,
        "--to",
        narrow,
        "--jobs",
        JOBS,
        "--years",
        years,
        "--quiet",
    )
    alone = ("tests.benchmarks.duckdb_narrow", "parquet", release, place / "duckdb.parquet")
    return [
        (
            f"snapshot narrow --jobs {JOBS}",
            best_of(TIMES, "bibliometrics", *words, before=lambda: shutil.rmtree(narrow, True)),
        ),
        ("DuckDB read_parquet, 2 threads", best_of(TIMES, *alone)),
        (
            "limit: leaves read and dropped, 2 processes",
            best_of(TIMES, "tests.benchmarks.read_leaves", release),
        ),
    ]


def main(sizes: tuple[int, ...]) -> list[str]:
    """Generate and measure; return what is to be told."""
    with tempfile.TemporaryDirectory(prefix="narrow-parquet-") as scratch:
        place, release = Path(scratch), Path(scratch) / "release"
        n_records = write_parquet(release, *sizes)
        files = sorted(release.rglob("*.parquet"))
        size = sum(file.stat().st_size for file in files)
        leaves = sum(leaf_bytes(pq.ParquetFile(file)) for file in files)
        sent = moved_over_s3(release, place / "far")
        rows = measure(release, place)
        ours, duckdb_alone, limit = (measured for _, measured in rows)
        same = same_rows(place / "narrow", place / "duckdb.parquet")
        narrow_bytes = sum(file.stat().st_size for file in (place / "narrow").rglob("*.parquet"))
        targets = [
            Target("CPU time, of the limit's", ours.cpu / limit.cpu, most=2.5),
            Target("speed, of DuckDB's", duckdb_alone.wall / ours.wall, least=2.5),
            Target("bytes sent, percent of the files", 100 * sent / size, most=4),
            Target("memory of all processes, MB", ours.peak_mb, most=800),
        ]
        return [
            describe(),
            f"{n_records:,} records, {size:,} bytes, {size / n_records:.0f} a record",
            f"leaves and footers   {leaves:14,} bytes  {leaves / size:6.2%} of the files",
            f"sent by an S3 server {sent:14,} bytes  {sent / size:6.2%} of the files",
            "",
            *show(rows, n_records, rows[2][0]),
            f"same rows as DuckDB: {same}",
            "",
            *map(str, targets),
            "",
            *describe_whole(n_records, sent / size, narrow_bytes, ours),
        ]


if __name__ == "__main__":
    if len(sys.argv) == 4:
        print("\n".join(main(tuple(map(int, sys.argv[1:])))))
    else:
        record("narrow_parquet", main(SIZES))
