"""
The two sides of a comparison: a build's tables, or those that a saved pull gives.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from bibliometrics import snapshot
from bibliometrics.builds import publish
from bibliometrics.builds.compare import Side
from bibliometrics.claims.evidence import floor_papers
from bibliometrics.errors import InputError
from bibliometrics.files import raw_input_folder, user_path
from bibliometrics.openalex import pulls
from bibliometrics.openalex.archive import MANIFEST, list_pulls
from bibliometrics.study.model import Study, load_study
from bibliometrics.study.plan import PARTS
from bibliometrics.study.profile import home_region_by_home_type
from bibliometrics.study.questions import Question
from bibliometrics.tables import build as tables
from bibliometrics.tables.answers import (
    Counted,
    Listener,
    Provenance,
    list_questions,
    make_provenance,
)
from bibliometrics.tables.claim_counts import UNIVERSITY
from bibliometrics.tables.contradictions import list_follow_ups
from bibliometrics.tables.datapackage import read_provenance
from bibliometrics.tables.schema import TABLES, read_table


def read_side(name: str, study_name: str, listener: Listener) -> Side:
    """Read one side of a comparison."""
    folder = user_path(name)
    if not folder.is_dir() and (pulls.pulls_folder() / name).is_dir():
        folder = pulls.pulls_folder() / name
    package = publish.read_package(folder)
    if package is not None:
        return _read_build(name, folder)
    if (folder / MANIFEST).is_file():
        return _read_pull(name, folder, study_name, listener)
    known = ", ".join(path.name for path, _ in list_pulls(pulls.pulls_folder())) or "none"
    what = "holds neither a build nor a pull" if folder.is_dir() else "is no folder and no pull"
    msg = f"{name} {what}."
    raise InputError(msg, f"name the folder of a build or a pull; pulls that are here: {known}")


def _read_build(name: str, folder: Path) -> Side:
    publish.check_unedited(folder)
    package = publish.read_package(folder) or {}
    listed = {resource["path"].removesuffix(".csv") for resource in package["resources"]}
    rows = {
        table: read_table(TABLES[table], folder / f"{table}.csv")
        for table in TABLES
        if table in listed
    }
    return Side(name, read_provenance(package), rows)


def _read_pull(name: str, folder: Path, study_name: str, listener: Listener) -> Side:
    study = load_study(study_name)
    counted = pulls.replay_pull(study, folder, None, listener)
    frames = tables.build_tables(study, counted.answers, counted.parts)
    rows = {table: tables.to_rows(frame) for table, frame in frames.items()}
    return Side(name, counted.provenance, rows)


SAMPLE: Final = "sample"


@dataclass(frozen=True, kw_only=True)
class Options:
    """
    What the command line asks of a refresh; see ``python -m bibliometrics refresh --help``.

    ``parts`` None means the usual ones for a count, the pull's own offline.
    ``address`` and ``key`` of the API are those of the environment unless they are given.
    """

    study: str
    source: str = "openalex"
    offline: bool = False
    pull: str | None = None
    parts: tuple[str, ...] | None = None
    budget_usd: float | None = None
    rate: float = 5.0
    to: Path | None = None
    narrow: Path | None = None
    engine: str = "duckdb"
    force: bool = False
    address: str | None = None
    key: str | None = field(default=None, repr=False)


def count(study: Study, options: Options, listener: Listener) -> Counted:
    """Answer the plan of a study by the source that the options name."""
    _check_options(options)
    if options.source == "witnesses":
        return Counted(answers={}, parts=(), provenance=make_provenance(study, "witnesses"))
    if options.source == "openalex":
        dois = sorted(floor_papers(study))
        if options.offline:
            return pulls.replay(study, options.pull, options.parts, listener, dois)
        return pulls.ask(
            study,
            options.parts,
            listener,
            rate=options.rate,
            budget_usd=options.budget_usd,
            address=options.address,
            key=options.key,
            dois=dois,
        )
    if options.narrow is not None:
        return _count_on_narrow(study, options, options.narrow)
    listener("reading the synthetic sample")
    return _count_on_sample(study, options)


def _count_on_sample(study: Study, options: Options) -> Counted:
    with tempfile.TemporaryDirectory(prefix="bibliometrics-") as scratch:
        folder = Path(scratch) / "t"
        snapshot.narrow_release(
            str(raw_input_folder(SAMPLE)), folder, years=study.years, jobs=_workers()
        )
        return _count_on_narrow(study, options, folder)


def count_sample(study: Study, part: str) -> tuple[dict[str, pd.DataFrame], Provenance]:
    """Return the tables of one part of a study, counted on the synthetic sample."""
    options = Options(study=study.id, source=SAMPLE, parts=(part,))
    counted = _count_on_sample(study, options)
    return tables.build_tables(study, counted.answers, counted.parts), counted.provenance


def _workers() -> int | None:
    """Return one where a process of its own can be started, as from the command line."""
    return 1 if getattr(sys.modules["__main__"], "__spec__", None) else None


def _check_options(options: Options) -> None:
    """Refuse options that don't go together."""
    if options.source != "openalex" and (options.offline or options.pull):
        msg = f"--offline and --pull go with --source openalex, not {options.source}."
        raise InputError(msg, "leave one of them out")
    if options.pull and not options.offline:
        msg = "--pull names a pull to rebuild from."
        raise InputError(msg, "add --offline")
    if (options.source == "snapshot") != (options.narrow is not None):
        msg = f"--source {options.source} and --narrow don't go together."
        step = "make a narrow table with `python -m bibliometrics snapshot narrow`, then name it"
        if options.source == "snapshot":
            msg = "--source snapshot needs a narrow table."
        raise InputError(msg, f"{step}: --source snapshot --narrow DIR")


def _count_on_narrow(study: Study, options: Options, folder: Path) -> Counted:
    parts = options.parts or PARTS  # asking costs nothing here
    works = snapshot.Snapshot(folder, options.engine)
    try:
        told = works.provenance
        if told["synthetic"] != (options.source == SAMPLE):
            kind = "synthetic" if told["synthetic"] else "real"
            msg = f"the works in {folder} are {kind}, but --source is {options.source}."
            step = "use --source sample for synthetic works, --source snapshot for real ones"
            raise InputError(msg, step)
        planned = list_questions(study, parts)
        if "profile" in parts:
            planned.append(home_region_by_home_type(study))
        universities, listed, lost = _list_institutions(study, works, parts)
        planned += universities
        answers = dict(works.answer_all(one for one in planned if not one.needs_texts))
        answers |= works.answer_all(list_follow_ups(study, answers))
    finally:
        works.close()
    for question, name in universities.items():
        answers[question].attrs[UNIVERSITY] = name
    provenance = make_provenance(
        study,
        options.source,
        synthetic=bool(told["synthetic"]),
        pull=f"release {told['release']}",
        location="data/raw/sample" if options.source == SAMPLE else str(told["location"]),
        start=str(told["release"]),
        end=str(told["release"]),
        answers_sha256=str(told["manifest_sha256"]),
    )
    dropped = "".join(f"; {n:,} {rule}" for rule, n in sorted(told["dropped"].items()))
    dropped += "".join(
        f"; {n:,} values of {name} unread" for name, n in sorted(told["unread"].items())
    )
    note = f"{told['n_works']:,} works kept of {told['n_records']:,} records{dropped}"
    return Counted(
        answers=answers, parts=parts, provenance=provenance, notes=(note, *lost), listed=listed
    )


def _list_institutions(
    study: Study, works: snapshot.Snapshot, parts: tuple[str, ...]
) -> tuple[dict[Question, str], dict[str, pd.DataFrame], list[str]]:
    """Return questions about universities, tables of institutions, and notes on what lacks."""
    universities: dict[Question, str] = {}
    listed: dict[str, pd.DataFrame] = {}
    if works.narrowed.institutions is None:
        return {}, {}, [f"institutions are not counted one by one: {snapshot.NO_INSTITUTIONS}"]
    if "profile" in parts:
        listed["cooperation_institutions"] = snapshot.count_institutions(study, works)
    if "claims" in parts and len(study.home) == 1:
        universities = snapshot.list_universities(study, works)
    return universities, listed, []
