"""From Parquet to the narrow table: bytes read, speed, memory, beside DuckDB and the limit.

`python -m tests.benchmarks.narrow_parquet [FILES GROUPS DISTINCT]`; by default 6 files of 3 row
groups of 60,000 generated records, 1.6 GB in a temporary folder.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq

from bibliometrics.snapshot.narrow import narrow_release
from bibliometrics.snapshot.parquet import LEAVES, leaf_bytes, open_parquet
from tests.benchmarks.duckdb_narrow import YEARS, same_rows
from tests.benchmarks.generated_works import write_parquet
from tests.benchmarks.measuring import Measured, best_of, show
from tests.support.object_store import ObjectStore

SIZES = (6, 3, 60_000)
TIMES = 3
JOBS = 2
SELF = "tests.benchmarks.narrow_parquet"
#: The release of 2026-09-23: records, and bytes of its Parquet files.
WHOLE_RECORDS, WHOLE_BYTES = 476_196_327, 707_141_690_793
#: Bytes a second from far away: the slowest that others report, and 1 Gbit/s.
LINES = (11e6, 125e6)


def read_leaves(path: Path) -> int:
    """Read the leaves of a file and nothing else; return the bytes of their Arrow columns."""
    opened, size = open_parquet(str(path), path.name), 0
    for number in range(opened.metadata.num_row_groups):
        group = opened.read_row_group(number, columns=list(LEAVES), use_threads=False)
        size += group.nbytes
    return size


def do(what: str, release: str, folder: str) -> None:
    """Do one of the measured pieces of work, in a process of its own."""
    files = sorted(Path(release).rglob("*.parquet"))
    if what == "narrow":
        shutil.rmtree(folder, ignore_errors=True)
        narrow_release(release, Path(folder), years=YEARS, jobs=JOBS)
    elif what == "leaves":
        with ProcessPoolExecutor(JOBS) as pool:
            print(sum(pool.map(read_leaves, files)))


def moved_over_s3(release: Path, folder: Path) -> int:
    """Return the bytes that a server of the S3 protocol sent for the files, manifest left out."""
    with ObjectStore(release) as store:
        narrow_release("s3://openalex/works", folder, years=YEARS, endpoint=store.endpoint)
        return store.sent - 2 * (release / "works" / "manifest.json").stat().st_size


def tell_whole(n_records: int, share: float, narrow_bytes: int, ours: Measured) -> None:
    """Print what the whole release would take, and on which assumptions."""
    moved, times = share * WHOLE_BYTES, WHOLE_RECORDS / n_records
    slow, fast = (moved / speed / 60 for speed in LINES)
    wall, cpu = (seconds * times / 60 for seconds in (ours.wall, ours.cpu / JOBS))
    print(
        f"""
Whole release of {WHOLE_RECORDS:,} records, {WHOLE_BYTES / 1e9:.0f} GB:
  work on 2 cores  {wall:5.0f} min ({cpu:.0f} by CPU time)
  bytes moved      {moved / 1e9:5.1f} GB: {slow:.0f} min at 11 MB/s, {fast:.0f} min at 1 Gbit/s
  narrow table     {narrow_bytes * times / 1e9:5.1f} GB for {YEARS[0]}-{YEARS[1]}
Assumes that time and size grow with the number of records; that real records are like these in
teams, institutions, years and share of the leaves; and that reading from far costs no CPU time:
encryption comes on top. A job waits for its bytes before it works on them, so from far away take
more --jobs than cores."""
    )


def main(n_files: int, n_groups: int, n_distinct: int) -> None:
    """Generate, measure, print."""
    with tempfile.TemporaryDirectory(prefix="narrow-parquet-") as scratch:
        place, release = Path(scratch), Path(scratch) / "release"
        n_records = write_parquet(release, n_files, n_groups, n_distinct)
        files = sorted(release.rglob("*.parquet"))
        size = sum(file.stat().st_size for file in files)
        leaves = sum(leaf_bytes(pq.ParquetFile(file)) for file in files)
        sent = moved_over_s3(release, place / "far")
        print(f"{n_records:,} records, {size:,} bytes, {size / n_records:.0f} a record")
        print(f"leaves and footers   {leaves:14,} bytes  {leaves / size:6.2%} of the files")
        print(f"sent by an S3 server {sent:14,} bytes  {sent / size:6.2%} of the files\n")
        narrow, alone = place / "narrow", place / "duckdb.parquet"
        duckdb_alone = best_of(TIMES, "tests.benchmarks.duckdb_narrow", "parquet", release, alone)
        limit = best_of(TIMES, SELF, "leaves", release, "-")
        ours = best_of(TIMES, SELF, "narrow", release, narrow)
        rows = [
            (f"narrow, --jobs {JOBS}", ours),
            ("DuckDB read_parquet, 2 threads", duckdb_alone),
            ("limit: leaves read and dropped, 2 processes", limit),
        ]
        show(rows, n_records, rows[2][0])
        print("same rows as DuckDB:", same_rows(narrow, alone))
        narrow_bytes = sum(file.stat().st_size for file in narrow.rglob("*.parquet"))
        tell_whole(n_records, sent / size, narrow_bytes, ours)


if __name__ == "__main__":
    if len(sys.argv) == 4 and not sys.argv[1].isdigit():
        do(*sys.argv[1:])
    else:
        main(*(map(int, sys.argv[1:]) if len(sys.argv) == 4 else SIZES))
