"""The snapshot source: a question has the frame that plain loops, raw records and the API give."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from bibliometrics.errors import InputError, MissingPackageError, SnapshotError
from bibliometrics.snapshot.batches import list_batches
from bibliometrics.snapshot.expressions import DIALECTS, question_sql
from bibliometrics.snapshot.narrow import narrow_release
from bibliometrics.snapshot.source import Snapshot
from bibliometrics.study.model import load_study
from bibliometrics.study.plan import PARTS, build_plan
from bibliometrics.study.questions import Question
from tests.support.make_sample import FOLDER, N_WORKS
from tests.support.random_worlds import ACADEMY, BELOW, CHILE, make_record
from tests.support.snapshot_release import write_release

if TYPE_CHECKING:
    from collections.abc import Iterator

STUDY = load_study()
PLAN = [planned.question for planned in build_plan(STUDY)]
EVERYTHING = [
    planned.question for planned in build_plan(STUDY, PARTS) if not planned.question.needs_texts
]
BASE = "https://openalex.org/"


def assert_same(first: pd.DataFrame, second: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(first, second)


def snapshot_of(works: list[dict[str, Any]], folder: Path, kind: str = "parquet") -> Snapshot:
    release = write_release(folder / kind, {"part_0000": works}, kind=kind, rows_per_group=5)
    narrow_release(str(release), folder / f"narrow-{kind}")
    return Snapshot(folder / f"narrow-{kind}")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder = tmp_path_factory.mktemp("narrow")
    narrow_release(str(FOLDER), folder)
    snapshot = Snapshot(folder)
    yield snapshot
    snapshot.close()


def place(name: str, code: str) -> dict[str, Any]:
    above = [BASE + ACADEMY] if name == BELOW else []
    return {"id": BASE + name, "country_code": code, "lineage": [*above, BASE + name]}


def work(number: int, *team: list[dict[str, Any]], **values: Any) -> dict[str, Any]:
    return make_record(number, list(team), publication_year=2010, type="article", **values)


# ------------------------------------------------------------------------------------ questions --

#: Questions that differ in what they have of their own; the second matches no work.
ALIKE = [
    Question(countries=(("BR",),), max_authors=3),
    Question(countries=(("TV",),), min_authors=4000),
    Question(countries=(("CL",), ("BR", "CL")), years=(2010, 2012), group_by=("topic_id",)),
    Question(countries=(("PE",), ("BR", "CL")), topic_ids=("T11234",), group_by=("topic_id",)),
    Question(countries=(("BR", "CL"), ("CL",)), subfield_ids=(3103,), group_by=("topic_id",)),
    Question(countries=(("CN",),), group_by=("country_code",), keep=("BR",)),
    Question(lineage=(ACADEMY,), top_percent=1, without_types=("book",), group_by=("year",)),
    Question(lineage=(ACADEMY,), field_id=31, retracted=False, group_by=("year",)),
]


def test_one_question_alone_has_the_frame_it_has_among_others(sample: Snapshot) -> None:
    some = [*PLAN[::9], *ALIKE]
    answers = sample.answer_all(some)
    assert list(answers) == some
    for question in some:
        assert_same(sample.answer(question), answers[question])
    assert [answers[one]["n_works"].item() for one in ALIKE[:2]][1] == 0


def test_a_query_answers_the_questions_that_are_alike() -> None:
    batches = list_batches(ALIKE, Question())
    assert sorted(len(batch.asked) for batch in batches) == [1, 2, 2, 3]
    assert {one for batch in batches for one in batch.asked} == set(ALIKE)
    assert len(list_batches(EVERYTHING, Question())) < len(EVERYTHING) / 5


# ------------------------------------------------------------------------------ refusals, origin --


def test_a_question_beyond_the_years_that_were_kept_is_refused(tmp_path: Path) -> None:
    narrow_release(str(FOLDER), tmp_path, years=(2007, 2016))
    snapshot = Snapshot(tmp_path)
    assert snapshot.answer(Question(years=(2007, 2016)))["n_works"].item() > 0
    for years in ((2006, 2016), (2007, 2017), None):
        with pytest.raises(InputError, match="2007 to 2016"):
            snapshot.answer(Question(years=years))


@pytest.mark.parametrize(
    ("question", "column"),
    [
        (Question(lineage=(ACADEMY,)), "lineage_ids"),
        (Question(core_source=False), "core_source"),
        (Question(retracted=False), "is_retracted"),
        (Question(top_percent=1), "top_1"),
        (Question(group_by=("field_id",)), "field_id"),
    ],
)
def test_a_release_that_never_tells_a_value_is_not_asked_about_it(
    question: Question, column: str, tmp_path: Path
) -> None:
    old = {"id": BASE + "W1", "publication_year": 2010, "type": "article"}
    author = {"institutions": [{"id": BASE + CHILE, "country_code": "CL"}]}
    works = [{**old, "authorships": [author]}]
    release = write_release(tmp_path / "old", {"part_0000": works}, kind="jsonl", whole=False)
    narrow_release(str(release), tmp_path / "narrow")
    snapshot = Snapshot(tmp_path / "narrow")
    assert snapshot.answer(Question(countries=(("CL",),)))["n_works"].item() == 1
    with pytest.raises(SnapshotError, match=column):
        snapshot.answer_all([question])


def test_provenance_names_the_release_and_says_that_the_sample_is_invented(
    sample: Snapshot,
) -> None:
    told = sample.provenance
    assert told["source"] == "sample"
    assert told["synthetic"] is True
    assert told["release"] == "2026-11-22"
    assert told["n_records"] == N_WORKS == told["n_works"] + sum(told["dropped"].values())


def test_an_unknown_engine_or_dialect_is_refused(sample: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="polars"):
        Snapshot(tmp_path, engine="polars")
    with pytest.raises(InputError, match="oracle"):
        question_sql(PLAN[0], dialect="oracle")


def test_no_questions_have_no_answers(sample: Snapshot) -> None:
    assert sample.answer_all([]) == {}


def edit_note(folder: Path, name: str, **changes: object) -> None:
    path = folder / name
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, **changes}), encoding="utf-8")


def narrow_world(folder: Path) -> Path:
    works = [work(1, [place(CHILE, "CL")]), work(2, [place(BELOW, "CN")])]
    narrow_release(str(write_release(folder / "release", {"part_0000": works})), folder / "narrow")
    return folder / "narrow"


def test_a_table_without_any_country_is_refused(tmp_path: Path) -> None:
    folder = narrow_world(tmp_path)
    known = json.loads((folder / "release.json").read_text(encoding="utf-8"))["known"]
    edit_note(folder, "release.json", known={**known, "countries": 0})
    with pytest.raises(SnapshotError, match=r"none of the 2 works .* has a country"):
        Snapshot(folder)


def test_a_table_that_lies_under_the_manifest_of_another_release_is_refused(tmp_path: Path) -> None:
    folder = narrow_world(tmp_path)
    edit_note(folder, "manifest.json", date="2027-03-01")
    with pytest.raises(SnapshotError, match=r"not the manifest of the release of 2026-11-22"):
        Snapshot(folder)


@pytest.mark.parametrize("change", ["lost", "other type", "no Parquet"])
def test_a_file_with_other_columns_is_refused(change: str, tmp_path: Path) -> None:
    folder = narrow_world(tmp_path)
    (path,) = (folder / "works").glob("*.parquet")
    table = pq.read_table(path)
    if change == "lost":
        pq.write_table(table.drop_columns(["core_source"]), path)
    elif change == "other type":
        place_of_year = table.column_names.index("year")
        year = table["year"].cast("int64")
        pq.write_table(table.set_column(place_of_year, "year", year), path)
    else:
        path.write_bytes(b"no table")
    edit_note(folder, "release.json", parts={path.name: path.stat().st_size})
    said = {"lost": "core_source bool", "other type": "year int64", "no Parquet": "can't be read"}
    with pytest.raises(SnapshotError, match=said[change]):
        Snapshot(folder)


# ---------------------------------------------------------------------------- SQL, other engines --


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_kind_of_question_of_the_plan_has_sql(dialect: str) -> None:
    for question in (*PLAN[:10], *PLAN[-2:]):
        text = question_sql(question, dialect=dialect)
        assert "FLATTEN" not in text.upper()
        assert "works" in text


def test_sql_names_the_table_that_is_given() -> None:
    assert "`mine`.`releases`.`june`" in question_sql(PLAN[0], table="mine.releases.june")


def test_the_same_question_has_the_same_sql() -> None:
    every = [item.question for item in build_plan(STUDY, PARTS)]
    nested = max(every, key=lambda question: len(question.not_below))
    for question in (PLAN[0], nested):
        assert question_sql(question) == question_sql(question)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # PySpark warns about the newest pandas, and leaves sockets
def test_spark_gives_the_same_frames(sample: Snapshot, tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="PySpark is not installed: make venv-spark")
    narrow_release(str(FOLDER), tmp_path)
    spark = Snapshot(tmp_path, engine="spark")
    ours = sample.answer_all(PLAN)
    for question, frame in spark.answer_all(PLAN).items():
        assert_same(frame, ours[question])
    spark.close()


def test_spark_without_pyspark_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pyspark", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, name, None)
    narrow_release(str(FOLDER), tmp_path)
    with pytest.raises(MissingPackageError, match="spark"):
        Snapshot(tmp_path, engine="spark")
