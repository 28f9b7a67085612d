"""
The ``snapshot`` source: answers questions by counting the records of a narrow table.
"""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bibliometrics.errors import InputError, MissingPackageError, SnapshotError
from bibliometrics.files import read_bytes, sha256
from bibliometrics.snapshot.batches import divide_by_place, list_batches
from bibliometrics.snapshot.expressions import (
    Relations,
    count_works,
    matching_works,
    narrow_lineages,
    narrow_links,
    narrow_relations,
    narrow_works,
    shared_conditions,
)
from bibliometrics.snapshot.institutions import load_institutions
from bibliometrics.snapshot.narrow import Narrowed, read_narrowed
from bibliometrics.snapshot.release import MANIFEST
from bibliometrics.snapshot.rows import NARROW_SCHEMA
from bibliometrics.study.questions import API_ONLY, TEXT_KEYS, Question

ENGINES: Final = ("duckdb", "spark")
MEMORY_LIMIT: Final = "2GB"
ANEW: Final = "make the narrow table anew in an empty folder: `snapshot narrow --to DIR`"

#: Conditions and keys, and the column of the narrow table that must know something about them.
COLUMN_OF: Final = {
    "countries": "countries",
    "country_code": "countries",
    "without_countries": "countries",
    "lineage": "lineage_ids",
    "without_lineage": "lineage_ids",
    "not_below": "lineages",
    "institution_ids": "institution_ids",
    "types": "type",
    "without_types": "type",
    "type": "type",
    "retracted": "is_retracted",
    "core_source": "core_source",
    "field_id": "field_id",
    "subfield_id": "subfield_id",
    "subfield_ids": "subfield_id",
    "topic_id": "topic_id",
    "topic_ids": "topic_id",
    "institution_id": "institution_ids",
    "institution_type": "kinds",
    "institution_types": "kinds",
}


class Snapshot:
    """A narrow table that answers questions."""

    def __init__(self, folder: Path, engine: str = "duckdb") -> None:
        if engine not in ENGINES:
            msg = f"unknown engine {engine!r}."
            raise InputError(msg, f"choose one of {', '.join(ENGINES)}")
        self.folder, self.narrowed = folder, read_narrowed(folder)
        _check_release(self.narrowed, folder)
        self.engine = engine
        self.backend = _connect(engine)
        parts = folder / "works"
        self.table: ir.Table = self.backend.read_parquet(
            str(parts / "*.parquet") if engine == "duckdb" else str(parts), table_name="narrow"
        )
        self.relations = narrow_relations(self.table)

    def close(self) -> None:
        """Let go of the engine."""
        self.backend.disconnect()

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the answers come from."""
        told = self.narrowed
        return {
            "source": "sample" if told.synthetic else "snapshot",
            "release": told.date,
            "location": told.place,
            "manifest_sha256": told.manifest_sha256,
            "synthetic": told.synthetic,
            "engine": self.engine,
            "years": list(told.years) if told.years else None,
            "n_works": told.rows_kept,
            "n_records": told.rows,
            "dropped": told.dropped,
            "unread": told.unread,
            "package_version": told.package_version,
        }

    def answer(self, question: Question) -> pd.DataFrame:
        """Count the works of a question."""
        self._check(question)
        return _finish(self._execute(count_works(question, self.relations)), question.group_by)

    def answer_all(self, questions: Iterable[Question]) -> dict[Question, pd.DataFrame]:
        """
        Answer many questions, reading the table once for those within some countries, and once more
        for the others.
        """
        distinct = list(dict.fromkeys(questions))
        for question in distinct:
            self._check(question)
        found: dict[Question, pd.DataFrame] = {}
        for codes, some in divide_by_place(distinct):
            met = shared_conditions(some)
            with self._shared(some, met, codes) as relations:
                for batch in list_batches(some, met):
                    rows = self._execute(batch.count(relations))
                    found |= {
                        question: _finish(frame, question.group_by)
                        for question, frame in batch.read(rows).items()
                    }
        return {question: found[question] for question in distinct}

    def list_works(
        self, question: Question, size: int, seed: int | None = None
    ) -> tuple[list[dict[str, Any]], int]:
        """
        Return works of a question with their distinct countries, and how many there are in all.

        With a seed they are drawn at random, else the first by number.
        """
        self._check(question)
        works = matching_works(question, self.relations)
        try:
            ids = sorted(self.backend.to_pyarrow(works.work_id).to_pylist())
            chosen = ids[:size]
            if seed is not None:
                chosen = sorted(random.Random(seed).sample(ids, min(size, len(ids))))
            names = ("work_id", "year", "type", "n_authors", "n_countries", "countries")
            table = self.table.filter(self.table.work_id.isin(chosen)).select(*names)
            rows = self.backend.to_pyarrow(table).to_pylist() if chosen else []
        except Exception as error:  # each engine has errors of its own
            msg = f"the engine {self.engine} failed: {type(error).__name__} {error}."
            raise SnapshotError(msg, "try again with more memory, or fewer conditions") from error
        return sorted(rows, key=lambda row: row["work_id"]), len(ids)

    @contextmanager
    def _shared(
        self, questions: Sequence[Question], met: Question, codes: Sequence[str]
    ) -> Iterator[Relations]:
        """
        Keep in the engine what the questions can touch: works, and the links they ask about.

        With codes: of works in one of these countries only.
        """
        lineage = {i for q in questions for i in (*q.lineage, *q.without_lineage)}
        exact = {i for q in questions for i in q.institution_ids}
        typed = any(q.institution_types or "institution_type" in q.group_by for q in questions)
        listed = any("institution_id" in q.group_by for q in questions)
        apart = {i for q in questions if q.not_below for i in q.lineage}
        with ExitStack() as stack:

            def keep(table: ir.Table) -> ir.Table:
                cached = table.cache()
                stack.callback(cached.release)
                return cached

            table = narrow_works(self.table, met)
            if codes:
                there = table.countries.intersect(ibis.array(list(codes)))
                table = keep(table.filter(there.length() > 0))
            base = narrow_relations(table)

            def nodes(column: str, ids: Iterable[str]) -> ir.Table:
                wanted = [base.node_of(i) for i in sorted(ids)]
                return keep(narrow_links(table, column, wanted))

            yield replace(
                base,
                works=keep(base.works),
                countries=keep(base.countries),
                lineage=nodes("lineage_ids", lineage),
                institutions=keep(base.institutions) if listed else nodes("institution_ids", exact),
                kinds=keep(base.kinds if typed else base.kinds.limit(0)),
                lineages=keep(narrow_lineages(table, [base.node_of(i) for i in sorted(apart)])),
            )

    def list_institutions(self) -> pd.DataFrame:
        """List the institutions of the release."""
        rows = load_institutions(self.folder, self.narrowed.institutions)
        texts = {name: rows[name].fill_null("") for name in ("country_code", "type")}
        lineage = [[f"I{node}" for node in above] for above in rows["lineage"].to_pylist()]
        return pd.DataFrame(
            {
                "institution_id": [f"I{number}" for number in rows["institution_id"].to_pylist()],
                "institution": rows["name"].fill_null("").to_pandas(),
                **{name: values.to_pandas() for name, values in texts.items()},
                "n_works_source": rows["n_works"].fill_null(0).to_pandas(),
                "lineage": lineage,
            }
        )

    def _check(self, question: Question) -> None:
        """Raise when the table can't know the answer."""
        if question.corpus != "core":
            msg = f"a narrow table holds the core corpus only, not {question.corpus!r}."
            raise InputError(msg, "ask the OpenAlex API")
        texts = [name for name in API_ONLY if getattr(question, name)]
        if texts:
            msg = f"a snapshot's narrow table holds no texts, so {texts[0]} can't be asked of it."
            raise InputError(msg, "ask the OpenAlex API, or leave that condition out")
        kept, asked = self.narrowed.years, question.years
        if kept and (asked is None or asked[0] < kept[0] or asked[1] > kept[1]):
            wanted = f"{asked[0]} to {asked[1]}" if asked else "any year"
            msg = f"the narrow table holds {kept[0]} to {kept[1]}, the question is about {wanted}."
            raise InputError(msg, "ask about those years, or make a narrow table of more")
        columns = {
            column
            for name, column in COLUMN_OF.items()
            if getattr(question, name, None) not in (None, ()) or name in question.group_by
        }
        if question.top_percent:
            columns.add(f"top_{question.top_percent}")
        unknown = sorted(column for column in columns if not self.narrowed.known.get(column))
        if unknown:
            msg = (
                f"no work of the release of {self.narrowed.date} has a value for "
                f"{', '.join(unknown)}, which the question asks about."
            )
            raise SnapshotError(msg, "the release is too old for it, or has another schema")

    def _execute(self, frame: ir.Table) -> pd.DataFrame:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # PySpark, of every new pandas
                found: pd.DataFrame = self.backend.to_pyarrow(frame).to_pandas()
        except Exception as error:  # each engine has errors of its own
            msg = f"the engine {self.engine} failed: {type(error).__name__} {error}."
            step = "try again with more memory, or fewer conditions"
            raise SnapshotError(msg, step) from error
        return found


def _finish(found: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return a frame as every source gives it: types, order, and that it is complete."""
    whole = {key: "str" if key in TEXT_KEYS else "int64" for key in found}
    found = found.astype(whole)
    found = found.sort_values(list(keys), ignore_index=True) if keys else found
    found.attrs["complete"] = True
    return found


def _check_release(narrowed: Narrowed, folder: Path) -> None:
    """Raise unless the files are those of one release, with the columns and values of this one."""
    manifest = sha256(read_bytes(folder / MANIFEST))
    if manifest != narrowed.manifest_sha256:
        msg = (
            f"{folder / MANIFEST} is not the manifest of the release of {narrowed.date}: expected "
            f"SHA-256 {narrowed.manifest_sha256[:16]}…, found {manifest[:16]}…."
        )
        raise SnapshotError(msg, ANEW)
    for part in sorted(narrowed.parts):
        _check_columns(folder / "works" / part)
    if not narrowed.known.get("countries"):
        msg = f"none of the {narrowed.rows_kept} works in {folder} has a country."
        raise SnapshotError(msg, "check the years that were kept, and make the table anew")


def _check_columns(path: Path) -> None:
    """Raise unless a file of the narrow table has the columns that are counted on."""
    try:
        found = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        msg = f"{path} can't be read: {error}."
        raise SnapshotError(msg, ANEW) from error
    if not found.equals(NARROW_SCHEMA):
        pairs = (zip(one.names, map(str, one.types), strict=True) for one in (found, NARROW_SCHEMA))
        there, wanted = map(set, pairs)
        odd = ", ".join(" ".join(pair) for pair in sorted(there ^ wanted))
        msg = f"{path} has other columns than expected: {odd or 'the order differs'}."
        raise SnapshotError(msg, ANEW)


def _connect(engine: str) -> Any:
    """Return an Ibis backend."""
    if engine == "duckdb":
        scratch = Path(tempfile.gettempdir()) / f"bibliometrics-{os.getpid()}"
        backend = ibis.duckdb.connect(memory_limit=MEMORY_LIMIT, temp_directory=str(scratch))
        with contextlib.suppress(duckdb.InvalidInputException):  # a kernel that can draw no bar
            backend.raw_sql("SET enable_progress_bar = false")  # it would fill notebooks
        return backend
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        msg = "the engine spark needs PySpark, which is not installed."
        step = "run `make venv-spark` in the checkout (or install the extra `spark`) and Java 17"
        raise MissingPackageError(msg, step) from error
    builder = SparkSession.builder.appName("bibliometrics").config("spark.log.level", "ERROR")
    return ibis.pyspark.connect(builder.getOrCreate())
