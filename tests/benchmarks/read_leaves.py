"""The limit of `narrow`: reads leaves and drops them (arguments: the folder of a release)."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bibliometrics.snapshot.parquet import LEAVES, open_parquet

JOBS = 2


def read_leaves(path: Path) -> int:
    """Read the leaves of a file and nothing else; return the bytes of their Arrow columns."""
    opened, size = open_parquet(str(path), path.name), 0
    for number in range(opened.metadata.num_row_groups):
        group = opened.read_row_group(number, columns=list(LEAVES), use_threads=False)
        size += group.nbytes
    return size


if __name__ == "__main__":
    with ProcessPoolExecutor(JOBS) as pool:
        print(sum(pool.map(read_leaves, sorted(Path(sys.argv[1]).rglob("*.parquet")))))
