"""
How long notebooks and report of the sample take, and how large the report is.

Run: ``python -m tests.benchmarks.report_time``.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from tests.benchmarks.measuring import run

PROGRAM = "bibliometrics"


def main() -> None:
    """Build the sample in a temporary folder, make its report twice, print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        build = Path(folder) / "build"
        refreshed = run(PROGRAM, "refresh", "--source", "sample", "--to", build, "--quiet")
        bare = run(PROGRAM, "report", "--from", build, "--no-notebooks", "--quiet")
        first = run(PROGRAM, "report", "--from", build, "--quiet", "--json")
        page = (build / "report.html").read_bytes()
        second = run(PROGRAM, "report", "--from", build, "--quiet")
        same = page == (build / "report.html").read_bytes()
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    for what, taken in (
        ("refresh --source sample", refreshed),
        ("report --no-notebooks", bare),
        ("report, first run", first),
        ("report, second run", second),
    ):
        print(f"{what:26} {taken.wall:6.1f} s, CPU {taken.cpu:5.1f} s, {taken.peak_mb:.0f} MB")
    told = json.loads(first.said)
    print(f"{told['notebooks']} notebooks; {len(page):,} bytes; same bytes twice: {same}")


if __name__ == "__main__":
    main()
