"""
Every source gives the same frame for the same question: the API, both kinds of snapshot release,
SQL on the official columns, and plain loops over the records.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bibliometrics.errors import InputError
from bibliometrics.openalex.query import first_requests
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.snapshot.expressions import count_works, official_relations, question_sql
from bibliometrics.snapshot.narrow import narrow_release
from bibliometrics.snapshot.source import Snapshot
from bibliometrics.study.model import Study, load_study
from bibliometrics.study.plan import DEFAULT_PARTS, build_plan
from bibliometrics.study.questions import Question, base_question, region_by_year
from bibliometrics.tables.schema import counted_tables
from tests.support.make_sample import FOLDER
from tests.support.openalex_server.server import OpenAlexServer, Records, read_works
from tests.support.oracle.answers import Facts, answer_plainly, meets, read_facts
from tests.support.random_worlds import questions, worlds
from tests.support.sample_records import COLUMNS, read_sample
from tests.support.snapshot_release import describe_file, write_manifest, write_release
from tests.support.worlds import World, invented_records, invented_works, real_records, write_study

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

STUDY = load_study()
PLAN = [planned.question for planned in build_plan(STUDY)]
SOME = ("figures", "team_size", "fractional")
KINDS = ("parquet", "jsonl")

Answers = dict[Question, pd.DataFrame]


def assert_same(first: pd.DataFrame, second: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(first, second)


def assert_agree(found: Mapping[str, Answers], asked: Sequence[Question]) -> None:
    first, *others = found
    for question in asked:
        for other in others:
            try:
                assert_same(found[first][question], found[other][question])
            except AssertionError as error:
                msg = f"{first} and {other} differ on {question}"
                raise AssertionError(msg) from error


def ask_plainly(facts: Sequence[Facts], asked: Sequence[Question]) -> Answers:
    return {question: answer_plainly(question, facts) for question in asked}


def ask_api(records: Records, asked: Sequence[Question]) -> Answers:
    with (
        OpenAlexServer(records, per_second=False, keyless_credits=None) as server,
        OpenAlex(None, base_url=server.url, rate=100, sleep=lambda seconds: None) as api,
    ):
        return dict(api.answer_all(asked))


def ask_release(release: Path, folder: Path, asked: Sequence[Question]) -> Answers:
    with open_release(release, folder) as snapshot:
        return snapshot.answer_all(asked)


@contextmanager
def open_release(release: Path, folder: Path) -> Iterator[Snapshot]:
    narrow_release(str(release), folder)
    snapshot = Snapshot(folder)
    yield snapshot
    snapshot.close()


def relevant(facts: Sequence[Facts], study: Study = STUDY) -> list[Facts]:
    """Return the works that a study's plan can count: its questions share these conditions."""
    return [work for work in facts if meets(work, base_question(study))]


@cache
def sample_records() -> Records:
    return read_works(read_sample())


# ------------------------------------------------------------------------------ a whole plan ----


def test_all_sources_answer_the_plan_alike_on_an_invented_world(tmp_path: Path) -> None:
    works = list(invented_works())
    found = {
        "plain": ask_plainly(read_facts(works), PLAN),
        "api": ask_api(invented_records(), PLAN),
    }
    for kind in KINDS:
        release = write_release(tmp_path / kind, {"part_0000": works}, kind=kind)
        found[kind] = ask_release(release, tmp_path / f"narrow-{kind}", PLAN)
    assert_agree(found, PLAN)
    assert sum(not frame.empty for frame in found["plain"].values()) > 50


@pytest.mark.slow
def test_all_sources_answer_the_plan_alike_on_the_sample(tmp_path: Path) -> None:
    found = {
        "parquet": ask_release(FOLDER, tmp_path, PLAN),
        "plain": ask_plainly(relevant(read_facts(read_sample())), PLAN),
        "api": ask_api(sample_records(), PLAN),
    }
    assert_agree(found, PLAN)
    assert sum(not frame.empty for frame in found["plain"].values()) > 50


@pytest.mark.slow
def test_all_sources_answer_the_plan_alike_on_real_records(real_file: Path, tmp_path: Path) -> None:
    records = real_records(real_file)
    works = list(records.works.read_all())
    study = load_study(write_study(tmp_path))
    plan = [planned.question for planned in build_plan(study, SOME)]
    release = link_release(real_file, len(works), tmp_path)
    found = {
        "plain": ask_plainly(relevant(read_facts(works), study), plan),
        "api": ask_api(records, plan),
        "jsonl": ask_release(release, tmp_path / "a", plan),
    }
    slim = [{name: work.get(name) for name in COLUMNS} for work in works if in_(study, work)]
    release = write_release(tmp_path / "new", {"part_0000": slim})
    found["parquet"] = ask_release(release, tmp_path / "b", plan)
    assert_agree(found, plan)
    assert found["plain"][region_by_year(study)]["n_works"].sum() > 50


@pytest.fixture
def real_file(request: pytest.FixtureRequest) -> Path:
    """Return the file of real records, or skip."""
    path: Path = request.getfixturevalue("real_records")
    return path


def link_release(file: Path, n_works: int, folder: Path) -> Path:
    """Return a release that consists of a JSON Lines file which is there already."""
    part = folder / "release" / "works" / "part_0000.gz"
    part.parent.mkdir(parents=True)
    part.symlink_to(file)
    listed = [describe_file("jsonl", part, folder / "release", n_works)]
    write_manifest(folder / "release", listed, kind="jsonl", date="2026-11-22")
    return folder / "release"


def in_(study: Study, work: dict[str, Any]) -> bool:
    first, last = study.years
    return first <= (work.get("publication_year") or 0) <= last


@pytest.mark.slow
def test_the_sample_has_the_same_tables_from_the_api_and_from_the_snapshot(tmp_path: Path) -> None:
    with OpenAlexServer(sample_records(), per_second=False, keyless_credits=None) as server:
        world = World(tmp_path / "data", server)
        for name, source in (("api", ()), ("snapshot", ("--source", "sample"))):
            words = ("--parts", ",".join(DEFAULT_PARTS), "--to", str(tmp_path / name), *source)
            ran = world.run("refresh", "--quiet", *words)
            assert (ran.code, ran.err) == (0, "")
    tables = sorted(path.name for path in (tmp_path / "api").glob("*.csv"))
    assert len(set(counted_tables()) & {name.removesuffix(".csv") for name in tables}) >= 8
    for name in counted_tables():
        path, other = (tmp_path / source / f"{name}.csv" for source in ("api", "snapshot"))
        assert path.exists() == other.exists()
        assert not path.exists() or path.read_bytes() == other.read_bytes()


# ------------------------------------------------------------------- any question, any world ----


@settings(max_examples=20)
@given(worlds(), st.lists(questions(), min_size=1, max_size=8), st.sampled_from(KINDS))
def test_any_question_about_any_world_is_answered_as_plain_loops_do(
    works: list[dict[str, Any]], asked: list[Question], kind: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = {"part_0000": works}
        release = write_release(Path(folder) / "release", parts, kind=kind, rows_per_group=5)
        with open_release(release, Path(folder) / "narrow") as snapshot:
            found = {
                "plain": ask_plainly(read_facts(works), asked),
                "all": snapshot.answer_all(asked),
                "one by one": {question: snapshot.answer(question) for question in asked},
            }
        assert_agree(found, asked)


def can_be_asked(question: Question) -> bool:
    """Say whether the API knows this kind of question."""
    try:
        first_requests(question)
    except InputError:
        return False
    return True


@pytest.mark.slow
@settings(max_examples=10, phases=[Phase.generate])
@given(worlds(), st.lists(questions().filter(can_be_asked), min_size=1, max_size=4))
def test_any_question_about_any_world_is_answered_alike_by_all_sources(
    works: list[dict[str, Any]], asked: list[Question]
) -> None:
    found = {
        "plain": ask_plainly(read_facts(works), asked),
        "api": ask_api(read_works(works), asked),
    }
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            release = write_release(Path(folder) / kind, {"part_0000": works}, kind=kind)
            found[kind] = ask_release(release, Path(folder) / f"narrow-{kind}", asked)
    assert_agree(found, asked)


# ----------------------------------------------------------------- SQL on the official columns ----


@pytest.fixture(scope="module")
def official() -> Iterator[Any]:
    """Return a connection with a part of the sample as the table `works`."""
    connection = ibis.duckdb.connect()
    part = str(FOLDER / "works" / "updated_date=2026-03-30" / "part_0000.parquet")
    connection.read_parquet(part, table_name="works", hive_partitioning=False)
    yield connection
    connection.disconnect()


@pytest.mark.parametrize("place", [2, 3, 6, -1])
def test_sql_on_the_official_columns_counts_as_plain_loops_do(place: int, official: Any) -> None:
    works = read_facts(read_sample("updated_date=2026-03-30/part_0000.parquet"))
    plain = answer_plainly(PLAN[place], works)
    assert plain["n_works"].sum() > 0
    expression = count_works(PLAN[place], official_relations(official.table("works")))
    for frame in (
        official.to_pyarrow(expression).to_pandas(),
        official.raw_sql(question_sql(PLAN[place], dialect="duckdb")).df(),
    ):
        keys = list(PLAN[place].group_by)
        frame = frame.sort_values(keys, ignore_index=True) if keys else frame
        pd.testing.assert_frame_equal(frame, plain, check_dtype=False)
