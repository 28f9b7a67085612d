"""
A study's plan answered by the OpenAlex API, or by the answers saved in an earlier pull.

``ask`` starts a pull, or goes on with one that was interrupted; ``replay`` needs no network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from bibliometrics import __version__
from bibliometrics.errors import (
    ArchiveError,
    BibliometricsError,
    BudgetError,
    RefusedError,
    ServerError,
    TableError,
)
from bibliometrics.files import parse_json, raw_folder, write_atomic
from bibliometrics.openalex import archive
from bibliometrics.openalex import credentials as access
from bibliometrics.openalex import query as request
from bibliometrics.openalex.dois import list_dois
from bibliometrics.openalex.institutions import (
    Listing,
    Member,
    Remaining,
    expect_requests,
    known_members,
    list_members,
)
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.openalex.units import count_institutions
from bibliometrics.study.claim_counts import UNIVERSITIES, university_question
from bibliometrics.study.model import Study
from bibliometrics.study.plan import DEFAULT_PARTS
from bibliometrics.study.questions import (
    Question,
    at_institution,
    in_region,
    institution_region_by_year,
    world_by_year,
)
from bibliometrics.tables.answers import (
    Counted,
    Listener,
    Provenance,
    list_questions,
    make_provenance,
)
from bibliometrics.tables.claim_counts import UNIVERSITY
from bibliometrics.tables.contradictions import list_follow_ups

FOLDER: Final = "openalex"
UNBUILT: Final = "unbuilt"
UNBUILT_DAYS: Final = 7
MOVED: Final = "moved"
NO_PULL: Final = (
    "run `python -m bibliometrics refresh` with a network, `make sample` for a synthetic build, or "
    "`python -m bibliometrics refresh --source witnesses` for what needs no count of ours"
)


def pulls_folder() -> Path:
    """Return the folder of all pulls."""
    return raw_folder() / FOLDER


def ask(
    study: Study,
    parts: tuple[str, ...] | None,
    listener: Listener,
    *,
    rate: float,
    budget_usd: float | None,
    address: str | None = None,
    key: str | None = None,
    dois: Sequence[str] = (),
) -> Counted:
    """Ask the OpenAlex API (None: the usual parts): a new pull, or the rest of a broken-off one."""
    parts = parts or DEFAULT_PARTS
    server = access.parse_address(address) if address else access.read_address()
    _tell_left_aside(listener)
    unbuilt = _find_unbuilt(study, parts, server.url)
    if unbuilt is not None:
        listener(f"pull {unbuilt.name} is complete: building its tables, asking nothing")
        archive.open_pull(unbuilt, write=True).close()  # what a kill left beside the zip goes
        return replay_pull(study, unbuilt, parts, listener, dois)
    questions = list_questions(study, parts)
    with _open(study, parts, server.url, questions, budget_usd) as pull:
        try:
            with OpenAlex(
                pull,
                base_url=server,
                key=key or access.read_key(),
                rate=rate,
                budget_usd=budget_usd,
                on_event=listener,
            ) as source:
                return _count(source, study, budget_usd, parts, questions, pull, listener, dois)
        finally:
            _drop_if_empty(pull)


def _count(
    source: OpenAlex,
    study: Study,
    budget_usd: float | None,
    parts: tuple[str, ...],
    questions: list[Question],
    pull: archive.Pull,
    listener: Listener,
    dois: Sequence[str],
) -> Counted:
    source.check(study)
    _check_remaining(source.remaining(), _least_usd(study, questions, pull))
    if budget_usd is None:
        _probe_once(source, study, pull)
    members = _known_members(study, pull)
    listing, resolved = expect_requests(questions, study.institution, members)
    listener.expect(request.estimate_plan(resolved, listing)[0])
    answers = source.answer_all(questions)
    answers = {**answers, **_follow_up(source, study, answers)}
    answers |= _count_universities(source, study, parts)
    listed = _list(source, study, parts, dois)
    notes = (*source.notes, *_look_around(source, study, pull), *_find_untimed(pull))
    pull.decide("notes", list(notes))
    write_atomic(pull.folder / UNBUILT, b"")
    pull.complete()
    return Counted(
        answers=answers,
        parts=parts,
        provenance=_of_pull(study, pull),
        calls_made=source.calls,
        spent_usd=source.cost_usd,
        notes=notes,
        pull=pull.folder,
        moved=bool(pull.settings.get(MOVED)),
        listed=listed,
    )


def _follow_up(
    source: OpenAlex, study: Study, answers: Mapping[Question, pd.DataFrame]
) -> Mapping[Question, pd.DataFrame]:
    """Ask what answers that contradict each other call for; nothing where it can't be asked."""
    try:
        return source.answer_all(list_follow_ups(study, answers))
    except (ArchiveError, BudgetError, RefusedError, ServerError, TableError):
        return {}  # the contradiction then says that this was not asked; tables tell bad answers


def _count_universities(
    source: OpenAlex, study: Study, parts: Sequence[str]
) -> dict[Question, pd.DataFrame]:
    """Count the largest universities of the home country with the region, listed in this pull."""
    if "claims" not in parts or len(study.home) != 1:
        return {}
    try:
        listed = source.largest_universities(study.home[0], study.institution.id, UNIVERSITIES)
        asked = {university_question(study, one.id): one for one in listed}
        answers = source.answer_all(asked)
    except (ArchiveError, RefusedError, ServerError) as error:
        source.notes.append(f"universities of {study.home_name} are not counted: {error.message}")
        return {}
    for question, frame in answers.items():
        frame.attrs[UNIVERSITY] = f"{asked[question].name} ({asked[question].id})"
    return dict(answers)


def _list(
    source: OpenAlex, study: Study, parts: Sequence[str], dois: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return what is no count of a question, by table; what can't be listed is noted."""
    wanted: dict[str, tuple[str, Callable[[], pd.DataFrame]]] = {}
    if "profile" in parts:
        wanted["cooperation_institutions"] = (
            "institutions are not counted one by one",
            lambda: count_institutions(study, source),
        )
    if "coverage" in parts and dois:
        theirs = at_institution(in_region(Question(), study), study)
        wanted["coverage"] = (
            "papers were not looked for by their DOI",
            lambda: list_dois(dois, theirs, source.fetch),
        )
    found = {}
    for table, (failing, ask_for) in wanted.items():
        try:
            found[table] = ask_for()
        except (ArchiveError, RefusedError, ServerError) as error:
            source.notes.append(f"{failing}: {error.message}")
    return found


def _probe_once(source: OpenAlex, study: Study, pull: archive.Pull) -> None:
    """Probe what the counts take for granted, once a pull: who goes on with it doesn't pay anew."""
    known = pull.settings.get("probed")
    if isinstance(known, list):
        source.notes += map(str, known)
        return
    before = len(source.notes)
    source.probe_cheaply(study)
    pull.decide("probed", source.notes[before:])


def _of_pull(study: Study, pull: archive.Pull) -> Provenance:
    told = pull.manifest
    return make_provenance(
        study,
        "openalex",
        pull=pull.id,
        location=told.base_url,
        start=told.start,
        end=told.end,
        calls=told.calls,
        credits=told.credits,
        cost_usd=told.cost_usd,
        answers_sha256=told.packed_sha256,
    )


def _find_unbuilt(study: Study, parts: tuple[str, ...], base_url: str) -> Path | None:
    """Return the newest recent pull that is complete but of which no tables were built."""
    oldest = (datetime.now(UTC) - timedelta(days=UNBUILT_DAYS)).isoformat()
    found = [
        folder
        for folder, told in archive.list_pulls(pulls_folder())
        if told.state == "complete"
        and (folder / UNBUILT).exists()
        and (told.study_hash, told.base_url, told.parts) == (study.hash, base_url, parts)
        and told.end >= oldest
    ]
    return found[-1] if found else None


def mark_built(counted: Counted) -> None:
    """Note that the tables of a pull were built, or can't be: a next refresh asks anew."""
    if counted.pull is not None:
        with suppress(OSError):
            (counted.pull / UNBUILT).unlink(missing_ok=True)


def _open(
    study: Study,
    parts: tuple[str, ...],
    base_url: str,
    questions: list[Question],
    budget_usd: float | None,
) -> archive.Pull:
    """Open the pull to go on with, or start one; refuse a budget below the plan's least cost."""
    folder = archive.find_resumable(
        pulls_folder(), study_hash=study.hash, version=__version__, base_url=base_url, parts=parts
    )
    if folder is None:
        _check_budget(_least_usd(study, questions, None), budget_usd)
        return archive.start_pull(
            pulls_folder(),
            study_id=study.id,
            study_hash=study.hash,
            version=__version__,
            base_url=base_url,
            parts=parts,
        )
    pull = archive.open_pull(folder, write=True)
    try:
        _check_budget(_least_usd(study, questions, pull), budget_usd)
    except BibliometricsError:
        pull.close()
        raise
    return pull


def _known_members(study: Study, pull: archive.Pull | None) -> list[Member]:
    """Return the institution's members as the pull has listed them, else those it is defined by."""

    def fetch(asked: request.Request) -> Listing:
        saved = pull.find(asked.key) if pull else None
        data = parse_json(saved.body) if saved is not None and saved.accepted else {}
        return Listing(data["results"], data["meta"])

    try:
        return list_members(study.institution.id, fetch)
    except (KeyError, TypeError, ValueError, ServerError):
        return known_members(study.institution)


def _least_usd(study: Study, questions: list[Question], pull: archive.Pull | None) -> float:
    """Return the least cost in USD of what is yet to be asked."""
    members = _known_members(study, pull)
    listing, resolved = expect_requests(questions, study.institution, members)
    asked = request.sure_requests(resolved)
    if pull and pull.settings.get("corpus") == "default":
        asked = [request.without_corpus(item) for item in asked]
    wanted = {item.key for item in asked}
    wanted |= {item.key for item in listing}
    return len(wanted - set(pull.keys() if pull else ())) * request.CREDIT_USD


def _check_budget(least: float, budget_usd: float | None) -> None:
    if budget_usd is not None and budget_usd < least:
        msg = f"the plan costs at least {least:.4f} USD, but the budget is {budget_usd:g} USD."
        step = f"give --budget {least * 1.5:.4f}, or ask less with --parts figures"
        raise BudgetError(msg, step)


def _check_remaining(remaining: Remaining | None, least: float) -> None:
    """Stop before anything is spent when today's budget of the key is too small."""
    if remaining is None or remaining.usd + remaining.prepaid_usd >= least:
        return
    msg = (
        f"the plan costs at least {least:.4f} USD, but only "
        f"{remaining.usd + remaining.prepaid_usd:.4f} USD are left of the key's budget; it resets "
        f"at {remaining.resets_at or '00:00 UTC'}."
    )
    raise BudgetError(msg, "run the same command then, or ask less with --parts figures")


def _look_around(source: OpenAlex, study: Study, pull: archive.Pull) -> list[str]:
    """Ask a few more things and return what the reader should know: members, movement."""
    notes = []
    before = len(source.notes)
    try:
        source.members(study.institution)
    except (RefusedError, ServerError, BudgetError) as error:
        notes.append(f"the members of {study.institution.name} can't be listed: {error.message}")
    notes += source.notes[before:]
    try:
        moved = source.repeat_sentinels([world_by_year(study), institution_region_by_year(study)])
    except (RefusedError, ServerError, BudgetError) as error:
        return [*notes, f"whether OpenAlex changed during the pull is not known: {error.message}"]
    if moved:
        pull.decide(MOVED, value=True)
        notes.append(
            f"{len(moved)} of 2 questions that were asked again at the end had other counts: "
            "OpenAlex changed during the pull"
        )
    return notes


def _find_untimed(pull: archive.Pull) -> list[str]:
    """Return a note where answers lack the one sign by which a partial count is known."""
    found = map(pull.find, pull.keys())
    answers = [saved.record for saved in found if saved is not None and saved.accepted]
    untimed = sum(record.get("db_response_time_ms") is None for record in answers)
    if not untimed:
        return []
    what = f"{untimed} of {len(answers)} answers don't say how long the search took"
    return [f"{what}, so that a partial count among them would not be seen"]


def _drop_if_empty(pull: archive.Pull) -> None:
    """Leave no trace of a pull that got no answer at all."""
    if not pull.is_complete and not pull.keys():
        pull.drop()
        with suppress(OSError):
            pull.folder.parent.rmdir()


def _tell_left_aside(listener: Listener) -> None:
    """Say which pulls are not looked at, and why."""
    archive.list_pulls(
        pulls_folder(), lambda error: listener(f"left aside: {error.message} {error.next_step}")
    )


def replay(
    study: Study,
    name: str | None,
    parts: tuple[str, ...] | None,
    listener: Listener,
    dois: Sequence[str] = (),
) -> Counted:
    """Answer from a complete pull (None: the newest, its own parts), without network."""
    aside: list[ArchiveError] = []
    archive.list_pulls(pulls_folder(), aside.append)
    folder = _named_pull(name) or archive.latest_complete(pulls_folder(), study.hash)
    if folder is None:
        msg = (
            f"there is no complete pull of study {study.id} (hash {study.hash[:12]}) in "
            f"{pulls_folder()}{''.join(f'; left aside: {one.message}' for one in aside)}."
        )
        raise ArchiveError(msg, NO_PULL)
    for error in aside if name is None else ():
        listener(f"left aside: {error.message} {error.next_step}")
    return replay_pull(study, folder, parts, listener, dois)


def replay_pull(
    study: Study,
    folder: Path,
    parts: tuple[str, ...] | None,
    listener: Listener,
    dois: Sequence[str] = (),
) -> Counted:
    """Answer from the complete pull in a folder; see :func:`replay`."""
    with archive.open_pull(folder) as pull:
        told = pull.manifest
        if told.study_hash != study.hash or not pull.is_complete:
            msg = (
                f"pull {pull.id} is {told.state} and of study {told.study_id}, hash "
                f"{told.study_hash[:12]}; expected a complete one of {study.id}, hash "
                f"{study.hash[:12]}."
            )
            raise ArchiveError(msg, "name another pull, or ask anew without --offline")
        questions = list_questions(study, parts or told.parts)
        with OpenAlex(pull, base_url=told.base_url, offline=True, on_event=listener) as source:
            answers = source.answer_all(questions)
            answers = {**answers, **_follow_up(source, study, answers)}
            answers |= _count_universities(source, study, parts or told.parts)
            listed = _list(source, study, parts or told.parts, dois)
        return Counted(
            answers=answers,
            parts=parts or told.parts,
            provenance=_of_pull(study, pull),
            notes=tuple(map(str, pull.settings.get("notes", ()))),
            pull=folder,
            moved=bool(pull.settings.get(MOVED)),
            listed=listed,
        )


def _named_pull(name: str | None) -> Path | None:
    if name is None:
        return None
    known = sorted(path.parent.name for path in pulls_folder().glob(f"*/{archive.MANIFEST}"))
    if name not in known:
        msg = f"there is no pull {name!r} in {pulls_folder()}; known: {', '.join(known) or 'none'}."
        raise ArchiveError(msg, NO_PULL)
    return pulls_folder() / name
