"""
Who counts: each source answers the same plan, and says where its answers come from.

``openalex`` asks the API or replays a pull; ``snapshot`` counts on a narrow table; ``sample`` does
so on the synthetic snapshot; ``witnesses`` counts nothing.
"""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any, Final

from bibliometrics import pulls
from bibliometrics.contradictions import list_follow_ups
from bibliometrics.errors import InputError
from bibliometrics.options import Counted, Listener, Options, list_questions, make_provenance
from bibliometrics.paths import raw_input_folder
from bibliometrics.question import PARTS
from bibliometrics.study import Study

SAMPLE: Final = "sample"


def count(study: Study, options: Options, listener: Listener) -> Counted:
    """
    Answer the plan of a study by the source that the options name.

    Parameters
    ----------
    study : Study
        The study.
    options : Options
        Source and what it needs.
    listener : Listener
        Is told how it goes on.

    Returns
    -------
    Counted
        The answers, and where they come from.

    Raises
    ------
    BibliometricsError
        If the source can't answer. Answers that were paid for are kept.
    """
    _check_options(options)
    if options.source == "witnesses":
        return Counted(answers={}, parts=(), provenance=make_provenance(study, "witnesses"))
    if options.source == "openalex":
        answer = pulls.replay if options.offline else pulls.ask
        return answer(study, options, listener)
    if options.narrow is not None:
        return _count_on_narrow(study, options, options.narrow)
    with tempfile.TemporaryDirectory(prefix="bibliometrics-") as scratch:
        listener("reading the synthetic sample")
        narrow = _room("narrow")
        narrow.narrow_release(str(raw_input_folder(SAMPLE)), Path(scratch) / "t", years=study.years)
        return _count_on_narrow(study, options, Path(scratch) / "t")


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


def _room(name: str) -> Any:
    """Import a room of the snapshot source only when it is asked: DuckDB and Ibis load slowly."""
    return importlib.import_module(f"bibliometrics.{name}")


def _count_on_narrow(study: Study, options: Options, folder: Path) -> Counted:
    parts = options.parts or PARTS  # asking costs nothing here
    snapshot = _room("snapshot").Snapshot(folder, options.engine)
    try:
        told = snapshot.provenance
        if told["synthetic"] != (options.source == SAMPLE):
            kind = "synthetic" if told["synthetic"] else "real"
            msg = f"the works in {folder} are {kind}, but --source is {options.source}."
            step = "use --source sample for synthetic works, --source snapshot for real ones"
            raise InputError(msg, step)
        answers = dict(snapshot.answer_all(list_questions(study, parts)))
        answers |= snapshot.answer_all(list_follow_ups(study, answers))
    finally:
        snapshot.close()
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
    lost = "".join(f"; {n:,} {rule}" for rule, n in sorted(told["dropped"].items()))
    note = f"{told['n_works']:,} works kept of {told['n_records']:,} records{lost}"
    return Counted(answers=answers, parts=parts, provenance=provenance, notes=(note,))
