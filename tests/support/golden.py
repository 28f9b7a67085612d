"""
Fingerprints of what the command line gives, to hold a refactoring against what was before.

``python -m tests.support.golden [CHECKOUT] > before.txt`` runs the commands of a checkout, prints a
line for each output: SHA-256 and name. Equal files before and after mean equal behaviour.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HELP = (
    "",
    "plan",
    "refresh",
    "tables",
    "figures",
    "report",
    "verdicts",
    "study list",
    "study new",
    "study check",
    "probe",
    "snapshot narrow",
    "snapshot sql",
    "compare",
)
PRINTED = (
    "plan --urls",
    "plan --all --urls",
    "plan --json",
    "study list",
    "study check cas-latin-america",
    "study check cnrs-africa",
    *(f"snapshot sql --dialect {name}" for name in ("duckdb", "spark", "bigquery")),
    *(f"verdicts --from WITNESSES --format {name}" for name in ("text", "md", "csv", "json")),
    "tables --from SAMPLE",
    "tables --from WITNESSES",
    "compare SAMPLE WITNESSES",
)
WRONG = (
    "nonsense",
    "refresh --source nowhere",
    "refresh --budget -1",
    "refresh --parts nothing",
    "refresh --study nothing",
    "refresh --offline",
    "refresh --source snapshot",
    "refresh --source sample --offline",
    "refresh --source snapshot --narrow NOTHING",
    "tables --from NOTHING",
    "verdicts --claim P99 --from WITNESSES",
    "report --from NOTHING",
    "study check NOTHING",
    "study new --institution I19820366 --region Nowhere --years 2010-2020",
    "study new --institution I19820366 --region Africa --years 2020-2010",
    "snapshot narrow NOTHING --to NOTHING",
    "snapshot sql --dialect latin",
    "compare NOTHING NOTHING",
)


def fingerprints(checkout: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every output."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = {name: str(folder / name.lower()) for name in ("SAMPLE", "WITNESSES", "NOTHING")}
        settings = {name: text for name, text in os.environ.items() if "OPENALEX" not in name}
        settings |= {
            "PYTHONPATH": str(checkout),
            "COLUMNS": "100",
            "MPLBACKEND": "Agg",
            "BIBLIOMETRICS_DATA": str(folder / "data"),
        }
        for part in ("sample", "witnesses"):
            (folder / "data" / "raw").mkdir(parents=True, exist_ok=True)
            (folder / "data" / "raw" / part).symlink_to(checkout / "data" / "raw" / part)

        def run(words: str) -> bytes:
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "bibliometrics",
                    *(names.get(word, word) for word in words.split()),
                ],
                cwd=folder,
                env=settings,
                capture_output=True,
                check=False,
                timeout=600,
            )
            told = f"{done.returncode}\n".encode() + done.stdout + b"\n" + done.stderr
            return told.replace(scratch.encode(), b"SCRATCH").replace(
                str(checkout).encode(), b"CHECKOUT"
            )

        for source in ("sample", "witnesses"):
            yield f"refresh {source}", run(f"refresh --source {source} --to {source} --quiet")
            for path in sorted((folder / source).rglob("*")):
                if path.is_file():
                    yield f"{source}/{path.relative_to(folder / source)}", path.read_bytes()
        for command in HELP:
            yield f"{command} --help", run(f"{command} --help")
        for words in (*PRINTED, *WRONG):
            yield words, run(words)


if __name__ == "__main__":
    where = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    for name, data in fingerprints(where):
        print(hashlib.sha256(data).hexdigest()[:16], name, flush=True)
