"""From JSON Lines to the narrow table: CPU beside decompression alone and DuckDB.

`python -m tests.benchmarks.narrow_jsonl [FILES GROUPS DISTINCT]`; by default 6 files of 3 x 60,000
generated records, 1.7 GB in a temporary folder.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bibliometrics.snapshot.jsonl import read_blocks
from bibliometrics.snapshot.narrow import narrow_release
from tests.benchmarks.duckdb_narrow import YEARS, same_rows
from tests.benchmarks.generated_works import write_jsonl
from tests.benchmarks.measuring import best_of, show

SIZES = (6, 3, 60_000)
TIMES = 2
JOBS = 2
SELF = "tests.benchmarks.narrow_jsonl"


def unzip(path: Path) -> int:
    """Decompress a file into whole lines and nothing else; return its bytes."""
    with path.open("rb") as stream:
        return sum(len(block) for block in read_blocks(stream, path.name))


def do(what: str, release: str, folder: str) -> None:
    """Do one of the measured pieces of work, in a process of its own."""
    if what == "narrow":
        shutil.rmtree(folder, ignore_errors=True)
        narrow_release(release, Path(folder), years=YEARS, jobs=JOBS)
    elif what == "unzip":
        with ProcessPoolExecutor(JOBS) as pool:
            print(sum(pool.map(unzip, sorted(Path(release).rglob("*.gz")))))


def main(n_files: int, n_groups: int, n_distinct: int) -> None:
    """Generate, measure, print."""
    with tempfile.TemporaryDirectory(prefix="narrow-jsonl-") as scratch:
        place, release = Path(scratch), Path(scratch) / "release"
        n_records, raw = write_jsonl(release, n_files, n_groups, n_distinct)
        size = sum(file.stat().st_size for file in release.rglob("*.gz"))
        print(
            f"{n_records:,} records, {size:,} bytes gz ({size / n_records:.0f} a record), "
            f"{raw:,} before compression ({raw / n_records:.0f} a record)\n"
        )
        narrow, alone = place / "narrow", place / "duckdb.parquet"
        duckdb_alone = best_of(TIMES, "tests.benchmarks.duckdb_narrow", "jsonl", release, alone)
        limit = best_of(TIMES, SELF, "unzip", release, "-")
        rows = [
            (f"narrow, --jobs {JOBS}", best_of(TIMES, SELF, "narrow", release, narrow)),
            ("DuckDB read_json, 2 threads", duckdb_alone),
            ("limit: decompression alone, 2 processes", limit),
        ]
        show(rows, n_records, rows[2][0])
        print("same rows as DuckDB:", same_rows(narrow, alone))


if __name__ == "__main__":
    if len(sys.argv) == 4 and not sys.argv[1].isdigit():
        do(*sys.argv[1:])
    else:
        main(*(map(int, sys.argv[1:]) if len(sys.argv) == 4 else SIZES))
