"""All questions of the study on a narrow table, beside one scan for each question and the limit.

`python -m tests.benchmarks.snapshot_questions [ROWS]`; by default 10 million generated rows, about
0.6 GB in a temporary folder. Writes what it prints into README unless a number is given.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bibliometrics.files import sha256
from bibliometrics.snapshot.narrow import Narrowed
from bibliometrics.snapshot.rows import KIND, NARROW_SCHEMA
from bibliometrics.snapshot.source import Snapshot
from bibliometrics.study.model import country_names, load_study
from bibliometrics.study.plan import DEFAULT_PARTS, PARTS, build_plan
from bibliometrics.study.questions import Question
from tests.benchmarks.measuring import Target, describe, record, run

SELF = "tests.benchmarks.snapshot_questions"
ROWS = 10_000_000
ROWS_OF_PART = 400_000
#: Kept works of 2007-2016 in the whole release: our estimate.
WHOLE_ROWS = 45_000_000
#: How many questions are asked each for itself.
ALONE = 8
YEARS = (2007, 2016)
ACADEMY, FIRST_INSTITUTE, INSTITUTES = 19_820_366, 4_210_000_000, 120
N_TOPICS = 4_500
KINDS = ("company", "education", "facility", "government", "healthcare")
BUSY = {"US": 20, "CN": 16, "GB": 6, "DE": 6, "JP": 5, "BR": 3, "MX": 0.8, "AR": 0.6, "CL": 0.4}
TYPES = ("article", "review", "book-chapter", "preprint", "dataset", "paratext")


def make_part(dice: np.random.Generator, first_id: int, n_rows: int) -> pa.Table:
    """Return some rows as a narrow table has them."""
    codes = np.array(sorted(country_names()))
    weights = np.array([BUSY.get(code, 0.15) for code in codes])
    n_authors = np.minimum(1 + dice.geometric(0.28, n_rows), 3000)
    n_authors[dice.random(n_rows) < 0.0002] = 1500
    home = dice.choice(len(codes), n_rows, p=weights / weights.sum())
    shown = np.where(dice.random(n_rows) < 0.75, np.minimum(n_authors, 60), 0)
    row = np.repeat(np.arange(n_rows), shown)
    abroad = dice.random(len(row)) < 0.08
    place = np.where(
        abroad, dice.choice(len(codes), len(row), p=weights / weights.sum()), home[row]
    )
    institution = 10_000_000 + place * 100_000 + (dice.pareto(1.2, len(row)) * 5).astype(int) % 900
    in_academy = (codes[place] == "CN") & (dice.random(len(row)) < 0.1)
    institute = FIRST_INSTITUTE + dice.integers(0, INSTITUTES, len(row))
    institution = np.where(in_academy, institute, institution)
    nodes_of_author = np.repeat(institution, 1 + in_academy)
    ends = np.cumsum(1 + in_academy)
    nodes_of_author[(ends - 1)[in_academy] - 1] = ACADEMY
    author_of_node = np.repeat(np.arange(len(row)), 1 + in_academy)
    countries = lists(n_rows, row, place)
    topic = dice.integers(0, N_TOPICS, n_rows)
    off_topic = dice.random(n_rows) < 0.08
    ranked = dice.random(n_rows)
    unranked = dice.random(n_rows) < 0.3
    columns = [
        pa.array(np.arange(first_id, first_id + n_rows)),
        pa.array(dice.integers(YEARS[0], YEARS[1] + 1, n_rows).astype(np.int32)),
        pa.array(np.array(TYPES)[dice.choice(6, n_rows, p=(0.66, 0.04, 0.12, 0.1, 0.05, 0.03))]),
        pa.array(dice.random(n_rows) < 0.002, mask=dice.random(n_rows) < 0.002),
        pa.array(dice.random(n_rows) < 0.6, mask=dice.random(n_rows) < 0.2),
        pa.array(n_authors.astype(np.int32)),
        pa.array(np.diff(countries.offsets.to_numpy()).astype(np.int32)),
        *(pa.array(level.astype(np.int32), mask=off_topic) for level in levels_of(topic)),
        pa.array(ranked > 0.99, mask=unranked),
        pa.array(ranked > 0.9, mask=unranked),
        pa.ListArray.from_arrays(countries.offsets, pa.array(codes[countries.values.to_numpy()])),
        lists(n_rows, row, institution),
        pairs_of_kinds(lists(n_rows, row, institution % len(KINDS) * len(codes) + place), codes),
        lists(n_rows, row[author_of_node], nodes_of_author),
        lineages_of(lists(n_rows, row, institution)),
    ]
    return pa.table(columns, schema=NARROW_SCHEMA)


def levels_of(topic: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return field, subfield and topic of numbers below `N_TOPICS`."""
    field = 11 + topic % 26
    return field, field * 100 + topic // 26 % 10, 10_000 + topic


def pairs_of_kinds(coded: pa.ListArray, codes: np.ndarray) -> pa.ListArray:
    """Return lists of pairs of type and country, from lists of numbers that stand for them."""
    kind, code = np.divmod(coded.values.to_numpy(), len(codes))
    pairs = [pa.array(np.array(KINDS)[kind]), pa.array(codes[code])]
    return pa.ListArray.from_arrays(
        coded.offsets, pa.StructArray.from_arrays(pairs, fields=list(KIND))
    )


def lineages_of(institutions: pa.ListArray) -> pa.ListArray:
    """Return the lineage of each institution: itself, below the Academy if it is an institute."""
    ids = institutions.values.to_numpy()
    inside = ids >= FIRST_INSTITUTE
    nodes = np.repeat(ids, 1 + inside)
    offsets = np.concatenate([[0], np.cumsum(1 + inside)]).astype(np.int32)
    nodes[offsets[:-1][inside]] = ACADEMY
    lineages = pa.ListArray.from_arrays(pa.array(offsets), pa.array(nodes))
    return pa.ListArray.from_arrays(institutions.offsets, lineages)


def lists(n_rows: int, row: np.ndarray, value: np.ndarray) -> pa.ListArray:
    """Return the distinct values of each row, ascending."""
    pairs = np.unique(np.stack([row, value]), axis=1) if len(row) else np.zeros((2, 0), int)
    counts = np.bincount(pairs[0], minlength=n_rows)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(pairs[1]))


def write_narrow(folder: Path, n_rows: int) -> None:
    """Write a narrow table of generated rows, with what it says of itself."""
    (folder / "works").mkdir()
    parts, dice = {}, np.random.default_rng(20261122)
    for first in range(0, n_rows, ROWS_OF_PART):
        path = folder / "works" / f"part_{first // ROWS_OF_PART:04}.parquet"
        table = make_part(dice, first, min(ROWS_OF_PART, n_rows - first))
        pq.write_table(table, path, compression="zstd")
        parts[path.name] = path.stat().st_size
    manifest = b"{}"
    (folder / "manifest.json").write_bytes(manifest)
    narrowed = Narrowed(
        place="generated",
        date="2026-11-22",
        manifest_sha256=sha256(manifest),
        format="parquet",
        synthetic=True,
        years=YEARS,
        complete=True,
        files=len(parts),
        files_of_release=len(parts),
        rows=n_rows,
        rows_of_release=n_rows,
        rows_kept=n_rows,
        dropped={},
        known=dict.fromkeys(NARROW_SCHEMA.names, n_rows),
        bytes_read=0,
        narrow_bytes=sum(parts.values()),
        seconds=0,
        whole_seconds=None,
        whole_bytes=None,
        parts=parts,
    )
    (folder / "release.json").write_text(json.dumps(asdict(narrowed)), encoding="utf-8")


def questions(parts: tuple[str, ...]) -> list[Question]:
    """Return the questions of parts of the plan that lie in the years of the table."""
    planned = (one.question for one in build_plan(load_study(), parts))
    return [question for question in planned if not question.needs_texts]


def do(what: str, folder: Path) -> None:
    """Do one of the measured pieces of work, in a process of its own."""
    if what == "limit":
        with duckdb.connect() as connection:
            source = f"read_parquet('{folder}/works/*.parquet')"
            hashes = ", ".join(f"bit_xor(hash({name}))" for name in NARROW_SCHEMA.names)
            connection.execute(f"SELECT {hashes} FROM {source}").fetchall()
        return
    snapshot = Snapshot(folder)
    asked = questions(PARTS if what == "all" else DEFAULT_PARTS)
    if what == "one by one":
        found = {question: snapshot.answer(question) for question in asked[:ALONE]}
    else:
        found = snapshot.answer_all(asked)
    print(len(found), sum(int(frame["n_works"].sum()) for frame in found.values()))
    snapshot.close()


def main(n_rows: int) -> list[str]:
    """Generate and measure; return what is to be told."""
    with tempfile.TemporaryDirectory(prefix="bibliometrics-") as scratch:
        folder = Path(scratch)
        write_narrow(folder, n_rows)
        size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
        heads = ("questions", "wall s", "CPU s", "CPU s each", "peak MB", "CPU ratio")
        lines = [
            describe(),
            f"{n_rows:,} rows, {size / 1e6:.0f} MB, {size / n_rows:.0f} bytes a row",
            "",
            " " * 40 + "".join(f"{head:>12}" for head in heads),
        ]
        found = {what: run(SELF, what, folder) for what in NAMES}
    base = found["limit"].cpu
    for what, measured in found.items():
        n_questions = int(measured.said.partition(" ")[0] or 0)
        lines.append(
            f"{NAMES[what]:40}{n_questions or '':>12}{measured.wall:12.1f}{measured.cpu:12.1f}"
            f"{measured.cpu / (n_questions or 1):12.2f}{measured.peak_mb:12.0f}"
            f"{measured.cpu / base:12.1f}"
        )
    every = found["all"].wall
    whole = every * WHOLE_ROWS / n_rows
    return [
        *lines,
        "",
        str(Target("all questions of --all, seconds", every, most=8)),
        f"Whole release, {WHOLE_ROWS / 1e6:.0f} million works kept: {whole:.0f} s for --all",
    ]


NAMES = {
    "limit": "reading every column once",
    "default": "questions of the default parts",
    "one by one": "questions of figures, each for itself",
    "all": "questions of --all",
}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in NAMES:
        do(sys.argv[1], Path(sys.argv[2]))
    elif sys.argv[1:]:
        print("\n".join(main(int(sys.argv[1]))))
    else:
        record("snapshot_questions", main(ROWS))
