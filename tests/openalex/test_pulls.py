"""Pulls from the first call to the replay: resumed, never mixed, nothing paid twice."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.errors import (
    ArchiveError,
    BibliometricsError,
    BudgetError,
    DiskError,
    NetworkError,
)
from bibliometrics.openalex import pulls
from bibliometrics.openalex.policy import Answered
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.study.model import Study, load_study
from bibliometrics.study.questions import institution_region_by_year
from bibliometrics.tables.answers import Counted
from tests.support.api_runs import HOME, wide_world
from tests.support.openalex_server.client import place, work
from tests.support.openalex_server.server import KEY, OpenAlexServer, Records
from tests.support.worlds import LOOSE_STUDY, hash_tree, write_study

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTS = ("figures",)
YEARS = (2009, 2010)
WORKS = [
    *wide_world(YEARS),
    work(1, [HOME], [place(5_000_000_001, "BR")], publication_year=2010),
]


class Ear:
    """A listener that may interrupt the run after some answers from the network."""

    def __init__(self, interrupt_after: int | None = None) -> None:
        self.left = interrupt_after
        self.lines: list[str] = []
        self.expected = 0

    def __call__(self, event: object) -> None:
        if isinstance(event, str):
            self.lines.append(event)
        if isinstance(event, Answered) and not event.from_archive and self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt

    def expect(self, total: int) -> None:
        self.expected = total


@pytest.fixture(scope="module")
def records() -> Records:
    return Records(WORKS)


@pytest.fixture
def server(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenAlexServer]:
    with OpenAlexServer(records, per_second=False) as made:
        monkeypatch.setenv("BIBLIOMETRICS_DATA", str(tmp_path))
        monkeypatch.setenv("OPENALEX_API_URL", made.url)
        monkeypatch.setenv("HOME", str(tmp_path))
        yield made


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return a_study(tmp_path)


def a_study(folder: Path, years: tuple[int, int] = YEARS) -> Study:
    text = LOOSE_STUDY.replace("years = [2005, 2018]", f"years = {list(years)}")
    assert text != LOOSE_STUDY
    return load_study(write_study(folder, text, f"study{years[1]}"))


def ask(
    study: Study,
    ear: Ear | None = None,
    *,
    parts: tuple[str, ...] = PARTS,
    budget_usd: float | None = 1.0,
) -> Counted:
    return pulls.ask(study, parts, ear or Ear(), rate=100.0, budget_usd=budget_usd)


def replay(study: Study, pull: str | None = None, parts: tuple[str, ...] | None = PARTS) -> Counted:
    return pulls.replay(study, pull, parts, Ear())


def interrupt(study: Study, after: int = 5, **wanted: Any) -> Path:
    """Ask until some answers have come, and return the folder of the pull."""
    before = folders()
    with pytest.raises(KeyboardInterrupt):
        ask(study, Ear(after), **wanted)
    (folder,) = set(folders()) - set(before)
    return folder


def folders() -> list[Path]:
    root = pulls.pulls_folder()
    return sorted(root.iterdir()) if root.exists() else []


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def frames(counted: Counted) -> dict[Any, Any]:
    return {question: frame.to_dict("list") for question, frame in counted.answers.items()}


def credits_of(counted: Counted) -> int:
    """Return what a run has spent, in credits."""
    return round(counted.spent_usd * 10_000)


def paid(server: OpenAlexServer) -> Counter[str]:
    """Return how often each request was paid for."""
    return Counter(request.target for request in server.requests if request.credits)


# ------------------------------------------------------------------------------------ resuming ----


def test_what_a_kill_left_beside_a_packed_pull_goes_when_its_tables_are_built(
    server: OpenAlexServer, study: Study
) -> None:
    first = ask(study)
    assert first.pull is not None
    whole = {path.name for path in first.pull.iterdir()}
    loose = first.pull / "answers" / f"{min(manifest(first.pull)['answers'])}.json"
    loose.parent.mkdir()
    loose.touch()
    (first.pull / ".lock").touch()
    begun = len(server.requests)
    assert frames(ask(study)) == frames(first)
    assert len(server.requests) == begun
    assert {path.name for path in first.pull.iterdir()} == whole


def test_an_interrupted_pull_is_gone_on_with_and_nothing_is_paid_twice(
    server: OpenAlexServer, study: Study
) -> None:
    straight = ask(study)
    pulls.mark_built(straight)
    at_once, begun = paid(server), len(server.requests)
    assert credits_of(straight) == sum(at_once.values())
    server.requests.clear()
    folder = interrupt(study)
    first = paid(server)
    assert 5 <= sum(first.values()) < begun
    counted = ask(study)
    assert counted.pull == folder
    assert paid(server) == at_once
    assert frames(counted) == frames(straight)
    told = manifest(folder)
    assert (told["state"], tuple(told["parts"])) == ("complete", counted.parts)
    assert told["calls"] == sum(at_once.values()) == told["credits"]
    assert credits_of(counted) == told["calls"] - sum(first.values())
    assert counted.calls_made == credits_of(counted) + 1  # the check is free
    assert counted.provenance.calls == told["calls"]


def test_probes_are_paid_once_a_pull_and_their_notes_are_kept(
    server: OpenAlexServer, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    probed: list[str] = []

    def probe(source: OpenAlex, _: Study) -> None:
        probed.append("once")
        source.notes.append("what a probe found")

    monkeypatch.setattr(OpenAlex, "probe_cheaply", probe)
    folder = interrupt(study, budget_usd=None)
    counted = ask(study, budget_usd=None)
    assert (counted.pull, probed) == (folder, ["once"])
    assert counted.notes.count("what a probe found") == 1
    pulls.mark_built(counted)
    ask(study)
    assert probed == ["once"]  # a budget is for counts alone


def test_a_pull_that_is_interrupted_again_and_again_gets_there(
    server: OpenAlexServer, study: Study
) -> None:
    folder = interrupt(study, after=3)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            ask(study, Ear(3))
    assert ask(study).pull == folder
    assert folders() == [folder]
    assert max(paid(server).values()) <= 2  # the two questions asked again at the end


def test_a_complete_pull_without_tables_is_built_without_a_call(
    server: OpenAlexServer, study: Study
) -> None:
    first, ear = ask(study), Ear()
    server.requests.clear()
    again = ask(study, ear)
    assert (again.pull, again.calls_made, server.requests) == (first.pull, 0, [])
    assert frames(again) == frames(first)
    assert "asking nothing" in ear.lines[0]
    pulls.mark_built(again)
    assert ask(study).pull != first.pull


@pytest.mark.parametrize("other", ["parts", "study", "server"])
def test_two_pulls_are_never_mixed(
    other: str,
    server: OpenAlexServer,
    study: Study,
    records: Records,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = interrupt(study)
    before = hash_tree(folder)
    with OpenAlexServer(records, per_second=False) as second:
        if other == "server":
            monkeypatch.setenv("OPENALEX_API_URL", second.url)
        if other == "study":
            study = a_study(tmp_path, (2009, 2011))
        parts = ("figures", "team_size") if other == "parts" else PARTS
        counted = ask(study, parts=parts)
    assert counted.pull != folder
    assert counted.pull is not None
    assert tuple(manifest(counted.pull)["parts"]) == parts
    assert hash_tree(folder) == before
    assert manifest(folder)["state"] == "running"


# -------------------------------------------------------------------------------------- budget ----


def test_a_budget_below_the_plan_is_refused_before_any_call(
    server: OpenAlexServer, study: Study
) -> None:
    with pytest.raises(BudgetError, match=r"costs at least 0\.00\d+ USD.*--budget 0\.00"):
        ask(study, budget_usd=0.0001)
    assert (server.requests, folders()) == ([], [])


def test_a_budget_below_the_rest_of_a_pull_leaves_it_as_it_is(
    server: OpenAlexServer, study: Study
) -> None:
    folder = interrupt(study, after=1)
    before, server.requests[:] = hash_tree(folder), []
    with pytest.raises(BudgetError, match="costs at least"):
        ask(study, budget_usd=0.0)
    assert (hash_tree(folder), server.requests) == (before, [])
    assert ask(study).pull == folder


def test_a_budget_that_is_reached_stops_and_is_resumed(
    records: Records, server: OpenAlexServer, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAlexServer(records, per_second=False, max_per_page=100) as stingy:
        monkeypatch.setenv("OPENALEX_API_URL", stingy.url)
        ear = Ear()
        with pytest.raises(BudgetError, match=r"stopped at the budget.*same command"):
            ask(study, ear, budget_usd=0.0020)
        assert stingy.meter.used() == 20 > ear.expected
        (folder,) = folders()
        assert manifest(folder)["state"] == "running"
        stingy.requests.clear()
        counted = ask(study, budget_usd=1.0)
        assert counted.pull == folder
        assert manifest(folder)["credits"] == stingy.meter.used() == 20 + credits_of(counted)
    assert frames(counted) == frames(ask(study))


def test_too_little_left_of_the_keys_budget_is_known_before_anything_is_spent(
    records: Records, study: Study, server: OpenAlexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAlexServer(records, per_second=False, keys={KEY: 3}) as poor:
        monkeypatch.setenv("OPENALEX_API_URL", poor.url)
        monkeypatch.setenv("OPENALEX_API_KEY", KEY)
        with pytest.raises(BudgetError, match=r"only 0\.0003 USD are left.*resets at"):
            ask(study)
        assert sum(request.credits for request in poor.requests) == 0
    assert folders() == []


def test_a_budget_spent_by_what_is_asked_last_is_a_note(
    server: OpenAlexServer, study: Study
) -> None:
    first = ask(study)
    pulls.mark_built(first)
    needed = credits_of(first) - 3  # a page of members, two questions asked again
    counted = ask(study, budget_usd=needed / 10_000)
    assert credits_of(counted) == needed
    assert any("can't be listed: stopped at the budget" in note for note in counted.notes)
    assert any("is not known: stopped at the budget" in note for note in counted.notes)


# -------------------------------------------------------------------------------------- replay ----


def test_a_replay_takes_the_newest_pull_or_the_named_one(
    server: OpenAlexServer, study: Study
) -> None:
    first = ask(study)
    pulls.mark_built(first)
    server.next_day()
    second = ask(study)
    assert first.pull is not None
    assert frames(first) != frames(second)
    server.requests.clear()
    newest = replay(study)
    named = replay(study, pull=first.pull.name)
    assert (newest.pull, named.pull) == (second.pull, first.pull)
    assert frames(newest) == frames(second)
    assert frames(named) == frames(first)
    assert (named.provenance, named.notes) == (first.provenance, first.notes)
    assert (named.calls_made, named.spent_usd, server.requests) == (0, 0, [])


def test_a_replay_answers_the_parts_of_its_pull_unless_told_otherwise(
    server: OpenAlexServer, study: Study
) -> None:
    ask(study, parts=("figures", "team_size"))
    assert replay(study, parts=None).parts == ("figures", "team_size")
    assert replay(study, parts=PARTS).parts == PARTS
    with pytest.raises(ArchiveError, match="no saved answer"):
        replay(study, parts=("fields",))


def test_a_pull_of_another_study_is_refused(
    server: OpenAlexServer, study: Study, tmp_path: Path
) -> None:
    folder = ask(study).pull
    other = a_study(tmp_path, (2009, 2011))
    assert folder is not None
    with pytest.raises(ArchiveError, match=f"{study.hash[:12]}; expected.*{other.hash[:12]}"):
        replay(other, pull=folder.name)
    with pytest.raises(ArchiveError, match=f"no complete pull of study {other.id}"):
        replay(other)


def test_a_pull_that_is_not_complete_or_not_there_is_refused(
    server: OpenAlexServer, study: Study
) -> None:
    folder = interrupt(study)
    with pytest.raises(ArchiveError, match=f"pull {folder.name} is running"):
        replay(study, pull=folder.name)
    for name in ("nope", "../openalex", ""):
        with pytest.raises(ArchiveError, match=f"no pull '{name}'.*known: {folder.name}"):
            replay(study, pull=name)


# ------------------------------------------------------------------------------- damaged pulls ----


@pytest.mark.parametrize("way", ["edited", "cut"])
def test_a_damaged_answer_of_a_running_pull_is_named_with_its_hash(
    way: str, server: OpenAlexServer, study: Study
) -> None:
    folder = interrupt(study)
    body = damage(next((folder / "answers").glob("*[!d].json")), way)
    with pytest.raises(ArchiveError, match=re.escape(str(body))) as caught:
        ask(study)
    assert hashlib.sha256(body.read_bytes()).hexdigest() in str(caught.value)
    record = body.with_name(f"{body.stem}.record.json")
    assert json.loads(record.read_text())["sha256"] in str(caught.value)
    record.unlink()  # as the message says
    assert ask(study).pull == folder


@pytest.mark.parametrize("way", ["edited", "cut"])
@pytest.mark.parametrize("name", ["answers.zip", "manifest.json"])
def test_a_damaged_complete_pull_is_named_and_gives_no_count(
    way: str, name: str, server: OpenAlexServer, study: Study
) -> None:
    folder = ask(study).pull
    assert folder is not None
    damage(folder / name, way)
    with pytest.raises(ArchiveError, match=re.escape(str(folder))) as caught:
        replay(study)
    if name == "answers.zip":
        assert manifest(folder)["packed_sha256"] in str(caught.value) or "answer " in str(
            caught.value
        )


def damage(path: Path, way: str) -> Path:
    body = bytearray(path.read_bytes())
    if way == "edited":
        place_ = len(body) // 2
        body[place_] ^= 1
    path.write_bytes(body if way == "edited" else body[:-7])
    return path


# ------------------------------------------------------------------------------- disk, network ----


def test_a_full_disk_loses_nothing_and_is_gone_on_from(
    server: OpenAlexServer, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = iter(range(9))

    def sync(_: int) -> None:
        if next(room, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", sync)
        with pytest.raises(DiskError, match="No space left"):
            ask(study)
    (folder,) = folders()
    assert not list(folder.rglob("*.tmp"))
    kept = len(list((folder / "answers").glob("*.record.json")))
    calls = len(paid(server))
    counted = ask(study)
    assert counted.pull == folder
    assert manifest(folder)["calls"] == kept + credits_of(counted)
    assert calls - kept <= 4  # in flight when the disk was full


def test_a_folder_that_can_not_be_written_is_a_disk_error(
    server: OpenAlexServer, study: Study, tmp_path: Path
) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "openalex").write_text("in the way")
    with pytest.raises(DiskError, match="openalex"):
        ask(study)
    assert server.requests == []


def test_without_a_network_no_trace_of_a_pull_is_left(
    server: OpenAlexServer, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENALEX_API_URL", "http://127.0.0.1:9")
    with pytest.raises(NetworkError, match=r"no connection to 127\.0\.0\.1:9") as caught:
        ask(study)
    assert "refresh --offline" in caught.value.next_step
    assert "make sample" in caught.value.next_step
    assert folders() == []


# --------------------------------------------------------------------------------------- notes ----


def test_counts_that_move_during_a_pull_become_a_note(server: OpenAlexServer, study: Study) -> None:
    folder = interrupt(study)
    server.next_day()
    counted = ask(study)
    assert counted.pull == folder
    assert any("OpenAlex changed during the pull" in note for note in counted.notes)
    assert manifest(folder)["settings"]["notes"] == list(counted.notes)


def test_answers_that_do_not_say_how_long_they_took_become_a_note(
    records: Records, server: OpenAlexServer, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any("how long" in note for note in ask(study).notes)
    with OpenAlexServer(
        records, per_second=False, extra_meta={"db_response_time_ms": None}
    ) as silent:
        monkeypatch.setenv("OPENALEX_API_URL", silent.url)
        counted = ask(study)
    (note,) = (note for note in counted.notes if "how long" in note)
    number, total = map(int, re.findall(r"\d+", note))
    assert number == total > 10
    assert not counted.answers[institution_region_by_year(study)].empty


def test_a_server_without_a_list_of_institutions_is_no_obstacle(
    server: OpenAlexServer, study: Study
) -> None:
    def gone(_: int, request: Any) -> Any:
        return "edge" if request.path == "/institutions" else None

    server.faults.script = gone
    notes = ask(study).notes
    assert any("can't be listed" in note and "status 400" in note for note in notes)


def test_an_error_of_the_server_keeps_the_pull(server: OpenAlexServer, study: Study) -> None:
    server.faults.script = lambda number, _: "bad_query" if number == 8 else None
    with pytest.raises(BibliometricsError, match="foo is not a valid field"):
        ask(study)
    (folder,) = folders()
    server.faults.script = None
    assert ask(study).pull == folder
