"""Questions through pyalex to a strict API on loopback and back as frames."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyalex
import pytest

from bibliometrics.errors import (
    ArchiveError,
    BudgetError,
    DiskError,
    InputError,
    KeyRefusedError,
    NetworkError,
    PartialAnswerError,
    RefusedError,
    ServerError,
)
from bibliometrics.openalex import group_by as drive
from bibliometrics.openalex import source as openalex
from bibliometrics.openalex.archive import open_pull
from bibliometrics.openalex.policy import Slowed, Waiting
from bibliometrics.openalex.query import COUNTRY, disjoint_filters, estimate_plan, first_requests
from bibliometrics.openalex.source import OpenAlex, ask_remaining
from bibliometrics.study.model import load_study
from bibliometrics.study.questions import Question
from tests.support.api_runs import (
    CAS,
    HOME,
    by_year,
    cells,
    countries,
    new_pull,
    plain,
    running,
    small_world,
    wide_world,
)
from tests.support.openalex_server.client import place, work
from tests.support.openalex_server.server import KEY, Fault, OpenAlexServer, Records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = small_world()
WIDE = wide_world((2009, 2010))
REGION = ("AR", "BR", "CL")
BOTH = Question(
    years=(2009, 2011),
    lineage=(CAS,),
    countries=(REGION,),
    types=("article", "review"),
    retracted=False,
    core_source=True,
)
QUESTIONS = [
    BOTH.but(group_by=("year",)),
    BOTH.but(group_by=("year", "country_code"), keep=REGION),
    BOTH.but(group_by=("year", "country_code", "n_countries"), keep=REGION),
    BOTH.but(group_by=("field_id",)),
    BOTH.but(),
]


@pytest.fixture(scope="module")
def small() -> Records:
    return Records(SMALL)


@pytest.fixture(scope="module")
def wide() -> Records:
    return Records(WIDE)


@pytest.fixture
def server(small: Records) -> Iterator[OpenAlexServer]:
    with OpenAlexServer(small, per_second=False) as made:
        yield made


def selected() -> list[dict[str, Any]]:
    """Return the works that meet BOTH, found the plain way."""
    return [
        record
        for record in SMALL
        if {"CN"} < countries(record)
        and countries(record) & set(REGION)
        and record["type"] in ("article", "review")
    ]


def expected(question: Question) -> dict[Any, int]:
    """Count the cells of a question of QUESTIONS, the plain way."""
    parts = {
        "year": lambda r: [r["publication_year"]],
        "country_code": lambda r: sorted(countries(r) & set(REGION)),
        "n_countries": lambda r: [len(countries(r))],
        "field_id": lambda r: (
            [int(r["primary_topic"]["field"]["id"].rpartition("/")[2])]
            if r["primary_topic"]
            else []
        ),
    }

    def keys(record: dict[str, Any]) -> list[Any]:
        rows: list[tuple[Any, ...]] = [()]
        for name in question.group_by:
            rows = [(*row, value) for row in rows for value in parts[name](record)]
        return [row[0] if len(row) == 1 else row for row in rows]

    return plain(selected(), keys)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: "-".join(question.group_by))
def test_counts_equal_a_plain_calculation(
    server: OpenAlexServer, tmp_path: Path, question: Question
) -> None:
    with running(tmp_path, server.url) as run:
        found = cells(run.source.answer(question))
    assert found == expected(question) if question.group_by else found == {(): len(selected())}


@pytest.mark.parametrize("style", [{"bare_countries": True, "bare_types": True}, {}])
def test_keys_in_both_styles_give_the_same_counts(
    small: Records, tmp_path: Path, style: dict[str, bool]
) -> None:
    question = BOTH.but(group_by=("year", "country_code"))
    types = Question(years=(2009, 2011), group_by=("type",))
    with (
        OpenAlexServer(small, per_second=False, without_names=True, **style) as server,
        running(tmp_path, server.url) as run,
    ):
        found = run.source.answer_all([question, types])
    works = selected()
    assert cells(found[question]) == plain(
        works, lambda r: [(r["publication_year"], code) for code in countries(r)]
    )
    assert cells(found[types]) == plain(SMALL, lambda r: [r["type"]])


def test_frames_have_the_types_and_order_of_the_contract(
    server: OpenAlexServer, tmp_path: Path
) -> None:
    empty = by_year(countries=(("MX",),), group_by=("year", "country_code"))
    with running(tmp_path, server.url) as run:
        frames = run.source.answer_all([QUESTIONS[2], empty])
    for question, frame in frames.items():
        assert list(frame.columns) == [*question.group_by, "n_works"]
        assert isinstance(frame["country_code"].dtype, pd.StringDtype)
        numbers = frame.drop(columns="country_code").dtypes
        assert set(map(str, numbers)) == {"int64"}
        assert frame.equals(frame.sort_values(list(question.group_by), ignore_index=True))
        assert (frame["n_works"] > 0).all()
    assert frames[empty].empty


def test_namibia_is_a_country(server: OpenAlexServer, tmp_path: Path) -> None:
    question = by_year(group_by=("year", "country_code"), keep=("NA",))
    with running(tmp_path, server.url) as run:
        frame = run.source.answer(question)
    assert set(frame["country_code"]) == {"NA"}


def test_filters_go_out_as_one_joined_text_on_every_author(
    server: OpenAlexServer, tmp_path: Path
) -> None:
    with running(tmp_path, server.url) as run:
        run.source.answer(QUESTIONS[0])
    assert [request.params["filter"] for request in server.requests] == disjoint_filters(
        QUESTIONS[0]
    )
    assert f"{COUNTRY}:AR|BR|CL" in server.requests[0].params["filter"]


def test_countries_are_seen_beyond_the_hundredth_author(tmp_path: Path) -> None:
    crowd = work(1, *[[place(12, "US")]] * 120, [place(13, "BR")], publication_year=2010)
    with OpenAlexServer([crowd], per_second=False) as server, running(tmp_path, server.url) as run:
        assert cells(run.source.answer(by_year(countries=(("BR",),)))) == {2010: 1}


def test_each_question_is_a_fresh_query(server: OpenAlexServer, tmp_path: Path) -> None:
    targets = []
    for round_ in range(2):
        with running(tmp_path / str(round_), server.url) as run:
            run.source.answer_all([QUESTIONS[0], by_year(types=("article", "review"))])
        targets.append(sorted(request.target for request in server.requests))
        server.requests.clear()
    assert targets[0] == targets[1]
    wanted = [*first_requests(QUESTIONS[0]), *first_requests(by_year(types=("article", "review")))]
    assert targets[0] == sorted(f"/{request.target}" for request in wanted)


def test_nothing_is_asked_twice(server: OpenAlexServer, tmp_path: Path) -> None:
    with running(tmp_path, server.url) as run:
        run.source.answer_all(QUESTIONS + QUESTIONS)
        run.source.answer_all(QUESTIONS)
        assert len(server.requests) == run.source.calls == estimate_plan(QUESTIONS)[0]
    targets = [request.target for request in server.requests]
    assert len(set(targets)) == len(targets)


def test_calls_and_money_are_counted(server: OpenAlexServer, tmp_path: Path) -> None:
    with running(tmp_path, server.url) as run:
        run.source.answer(QUESTIONS[1])
        assert (run.source.calls, run.source.credits) == (3, 3)
        assert run.source.cost_usd == pytest.approx(0.0003)
        assert run.source.remaining_usd == pytest.approx(0.0997)
    assert server.meter.used() == 3


# --------------------------------------------------------------- the seam ----


def test_at_most_four_requests_are_in_flight(small: Records, tmp_path: Path) -> None:
    with OpenAlexServer(small, per_second=False, latency_ms=30) as server:
        most, now, guard = 0, 0, threading.Lock()
        reply = server.reply

        def counted(*args: Any) -> Any:
            nonlocal most, now
            with guard:
                now += 1
                most = max(most, now)
            try:
                return reply(*args)
            finally:
                with guard:
                    now -= 1

        server.reply = counted  # type: ignore[method-assign]
        questions = [by_year(countries=((code,),)) for code in ("BR", "AR", "CL", "US", "NA", "CN")]
        with running(tmp_path, server.url) as run:
            run.source.answer_all(questions)
    assert 1 <= most <= 4


def test_five_requests_a_second_are_the_default(server: OpenAlexServer, tmp_path: Path) -> None:
    with running(tmp_path, server.url, rate=5.0, workers=1) as run:
        run.source.answer_all(QUESTIONS)
        assert run.naps.clock() == pytest.approx(0.2 * (run.source.calls - 1))
    assert openalex.OpenAlex.__init__.__kwdefaults__["rate"] == 5.0


# ------------------------------------------------------------------ pages ----


def test_more_than_200_countries_are_completed(wide: Records, tmp_path: Path) -> None:
    question = Question(years=(2009, 2010), lineage=(CAS,), group_by=("year", "country_code"))
    with OpenAlexServer(wide, per_second=False) as server, running(tmp_path, server.url) as run:
        found = cells(run.source.answer(question))
        assert run.source.calls == 4
    assert found == plain(WIDE, lambda r: [(r["publication_year"], code) for code in countries(r)])


def test_a_refused_page_size_of_200_falls_to_100_once_and_for_all(
    wide: Records, tmp_path: Path
) -> None:
    question = Question(years=(2009, 2010), lineage=(CAS,), group_by=("year", "country_code"))
    with OpenAlexServer(wide, per_second=False, max_per_page=100) as server:
        with running(tmp_path, server.url) as run:
            found = run.source.answer_all([question, by_year(years=(2009, 2010))])
            run.pull.complete()
        refused = [request for request in server.requests if request.status == 400]
        assert len(refused) == 1
        assert run.pull.settings["per_page"] == 100
        asked = len(server.requests)
        again = open_pull(run.pull.folder)
        with running(tmp_path, server.url, again, offline=True) as replay:
            assert cells(replay.source.answer(question)) == cells(found[question])
        assert len(server.requests) == asked
    assert cells(found[question]) == plain(
        WIDE, lambda r: [(r["publication_year"], code) for code in countries(r)]
    )


def test_a_page_size_that_falls_to_100_without_a_word_is_noticed(
    wide: Records, tmp_path: Path
) -> None:
    question = Question(years=(2010, 2010), group_by=("year", "country_code"))
    with OpenAlexServer(wide, per_second=False) as whole, running(tmp_path, whole.url) as run:
        expected_ = cells(run.source.answer(question))
    with OpenAlexServer(wide, per_second=False) as server:
        receive = server.reply

        def shortened(request: Any, address: str, fault: Fault | None) -> Any:
            if request.params.get("per-page") == "200":
                request.params["per-page"] = "100"
            return receive(request, address, fault)

        server.reply = shortened  # type: ignore[method-assign]
        with running(tmp_path, server.url) as run:
            assert cells(run.source.answer(question)) == expected_
    assert len(expected_) > 200


def test_zero_padding_changes_no_count(small: Records, tmp_path: Path) -> None:
    popular = {key: [("BR", "Brazil"), ("ZZ", "Nowhere")] for key in (COUNTRY, "publication_year")}
    question = BOTH.but(group_by=("year", "country_code"))
    with (
        OpenAlexServer(small, per_second=False, popular=popular) as server,
        running(tmp_path, server.url) as run,
    ):
        found = cells(run.source.answer(question))
    assert found == plain(
        selected(), lambda r: [(r["publication_year"], code) for code in countries(r)]
    )


def test_without_nested_grouping_the_same_counts_come_from_single_keys(
    small: Records, tmp_path: Path
) -> None:
    with OpenAlexServer(small, per_second=False, nested=False) as server:
        with running(tmp_path, server.url) as run:
            found = run.source.answer(QUESTIONS[2])
            run.pull.complete()
        assert sum("," in request.params["group-by"] for request in server.requests) == 1
        asked = len(server.requests)
        with running(tmp_path, server.url, open_pull(run.pull.folder), offline=True) as replay:
            assert replay.source.answer(QUESTIONS[2]).equals(found)
        assert len(server.requests) == asked
    assert cells(found) == expected(QUESTIONS[2])


def test_more_than_100_institutions_are_asked_in_chunks(tmp_path: Path) -> None:
    works = [
        work(number, [place(100 + number, "CN")], [place(100 + number * 7 % 150, "CN")])
        for number in range(1, 150)
    ]
    ids = tuple(f"I{100 + number}" for number in range(1, 150) if number % 5)
    question = Question(years=(2010, 2010), institution_ids=ids, group_by=("year",))
    wanted = sum(
        any(f"I{each['id'].rpartition('/I')[2]}" in ids for author in record["authorships"]
            for each in author["institutions"])
        for record in works
    )  # fmt: skip
    with OpenAlexServer(works, per_second=False) as server, running(tmp_path, server.url) as run:
        assert cells(run.source.answer(question)) == {2010: wanted}
        assert run.source.calls == 2


# ----------------------------------------------------------------- faults ----


@pytest.mark.parametrize(
    "fault",
    [
        "too_fast",
        "throttle",
        Fault("html", status=500),
        Fault("html", status=502),
        Fault("html", status=503, seconds=1),
        Fault("html", status=520),
        "unavailable",
        "timeout",
        "html_200",
        "empty_200",
        "truncated_200",
        "short_200",
        "reset",
        "partial",
        "partial_flagged",
        "slow",
    ],
    ids=str,
)
def test_a_passing_fault_changes_no_count(
    server: OpenAlexServer, tmp_path: Path, fault: Fault | str
) -> None:
    server.faults.push(fault, fault)
    with running(tmp_path, server.url) as run:
        assert cells(run.source.answer(QUESTIONS[0])) == expected(QUESTIONS[0])
        assert run.source.calls == len(server.requests) == 3
        assert sum(isinstance(event, Waiting | Slowed) for event in run.events) == 2


def test_a_repeated_group_with_another_count_is_asked_again(
    server: OpenAlexServer, tmp_path: Path
) -> None:
    server.faults.push("repeat_group")
    question = by_year(group_by=("year", "country_code"))
    with running(tmp_path, server.url) as run:
        found = cells(run.source.answer(question))
    assert found == plain(SMALL, lambda r: [(r["publication_year"], code) for code in countries(r)])


def test_a_stall_is_cut_and_asked_again(server: OpenAlexServer, tmp_path: Path) -> None:
    server.faults.push(Fault("stall", seconds=2))
    with running(tmp_path, server.url, timeout=(1, 0.1)) as run:
        assert cells(run.source.answer(QUESTIONS[0])) == expected(QUESTIONS[0])


def test_a_partial_count_is_never_believed(server: OpenAlexServer, tmp_path: Path) -> None:
    server.faults.script = lambda number, request: Fault("partial")
    with running(tmp_path, server.url) as run, pytest.raises(PartialAnswerError) as caught:
        run.source.answer(QUESTIONS[0])
    assert "too low" in caught.value.message


def test_a_partial_answer_over_years_is_split_and_added_up(
    server: OpenAlexServer, tmp_path: Path
) -> None:
    def slow_over_years(number: int, request: Any) -> Fault | None:
        return (
            Fault("partial")
            if "publication_year:2009-2011" in request.target.replace("%3A", ":")
            else None
        )

    server.faults.script = slow_over_years
    questions = [QUESTIONS[0], QUESTIONS[3]]
    with running(tmp_path, server.url) as run:
        found = run.source.answer_all(questions)
        run.pull.complete()
    for question in questions:
        assert cells(found[question]) == expected(question)
    with running(tmp_path, server.url, open_pull(run.pull.folder), offline=True) as replay:
        again = replay.source.answer_all(questions)
    assert all(again[question].equals(found[question]) for question in questions)


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (Fault("budget", seconds=7200), BudgetError, r"resets at \d{4}-"),
        ("plan", RefusedError, "paid plan"),
        ("unauthorized", KeyRefusedError, "wants an API key"),
        ("bad_query", RefusedError, "foo is not a valid field"),
        ("edge", RefusedError, "rejected"),
        (Fault("html", status=400), RefusedError, "status 400"),
        (Fault("html", status=404), RefusedError, "status 404"),
    ],
    ids=str,
)
def test_a_refusal_stops_at_once(
    server: OpenAlexServer, tmp_path: Path, fault: Fault | str, error: type[Exception], said: str
) -> None:
    server.faults.push(fault)
    with running(tmp_path, server.url) as run, pytest.raises(error, match=said):
        run.source.answer(QUESTIONS[0])
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", ["empty_200", "reset", "timeout"])
def test_a_fault_that_stays_is_a_server_error(
    server: OpenAlexServer, tmp_path: Path, kind: str
) -> None:
    server.faults.script = lambda number, request: Fault(kind)
    with running(tmp_path, server.url) as run, pytest.raises(ServerError, match="asked 6 times"):
        run.source.answer(QUESTIONS[0])


def test_too_many_requests_a_second_are_waited_for(small: Records, tmp_path: Path) -> None:
    faults = [Fault("too_fast")] * 7
    with OpenAlexServer(small, per_second=False) as server:
        server.faults.push(*faults)
        with running(tmp_path, server.url) as run:
            found = run.source.answer_all(QUESTIONS)
            assert run.naps.slept.count(1.0) >= 2
            assert sum(isinstance(event, Slowed) for event in run.events) <= 7
    assert all(cells(found[q]) == expected(q) for q in QUESTIONS[:4])


def test_a_spent_budget_is_resumed_the_next_day_and_nothing_is_paid_twice(
    small: Records, tmp_path: Path
) -> None:
    with OpenAlexServer(small, per_second=False, keyless_credits=5) as server:
        pull = new_pull(tmp_path, server.url)
        with running(tmp_path, server.url, pull, workers=1) as run, pytest.raises(BudgetError):
            run.source.answer_all(QUESTIONS)
        saved = len(open_pull(pull.folder).keys())
        assert saved == 5
        server.clock.to_next_day()
        server.meter.keyless_credits = 1000
        again = open_pull(pull.folder, write=True)
        with running(tmp_path, server.url, again) as run:
            found = run.source.answer_all(QUESTIONS)
            assert run.source.calls == estimate_plan(QUESTIONS)[0] - saved
    assert all(cells(found[q]) == expected(q) for q in QUESTIONS[:4])


def test_our_own_budget_stops_before_it_is_passed(server: OpenAlexServer, tmp_path: Path) -> None:
    with running(tmp_path, server.url, budget_usd=0.0003) as run:
        with pytest.raises(BudgetError, match="stopped at the budget"):
            run.source.answer_all(QUESTIONS)
        assert run.source.credits == 3
    assert server.meter.used() == 3


def test_an_error_cancels_the_rest_and_keeps_what_was_answered(
    server: OpenAlexServer, tmp_path: Path
) -> None:
    server.faults.script = lambda number, request: Fault("bad_query") if number == 6 else None
    questions = [by_year(min_authors=number) for number in range(1, 60)]
    with running(tmp_path, server.url) as run, pytest.raises(RefusedError):
        run.source.answer_all(questions)
    accepted = sum(request.status == 200 for request in server.requests)
    assert len(server.requests) < 20
    assert len(open_pull(run.pull.folder).keys()) == accepted


def test_an_error_wakes_those_who_wait_long(server: OpenAlexServer, tmp_path: Path) -> None:
    def trouble(number: int, request: Any) -> Fault | None:
        return Fault({2: "unavailable", 6: "bad_query"}.get(number, "slow"), took_ms=9)

    server.faults.script = trouble
    questions = [by_year(min_authors=number) for number in range(1, 12)]
    begun = time.monotonic()
    with (
        running(tmp_path, server.url, sleep=None, clock=time.monotonic) as run,
        pytest.raises(RefusedError),
    ):
        run.source.answer_all(questions)
    assert any(isinstance(event, Waiting) and event.seconds == 30 for event in run.events)
    assert time.monotonic() - begun < 10


def test_after_an_error_the_same_source_can_be_asked_again(
    server: OpenAlexServer, tmp_path: Path
) -> None:
    server.faults.push("bad_query")
    with running(tmp_path, server.url) as run:
        with pytest.raises(RefusedError):
            run.source.answer_all(QUESTIONS)
        found = run.source.answer_all(QUESTIONS)
    assert all(cells(found[q]) == expected(q) for q in QUESTIONS[:4])


def test_an_interrupt_leaves_a_pull_that_can_be_gone_on_with(
    server: OpenAlexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, rounds = drive.wait, []

    def interrupted(*args: Any, **options: Any) -> Any:
        rounds.append(1)
        if len(rounds) > 3:
            raise KeyboardInterrupt
        return real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(drive, "wait", interrupted)
        with running(tmp_path, server.url) as run, pytest.raises(KeyboardInterrupt):
            run.source.answer_all(QUESTIONS)
    saved = len(open_pull(run.pull.folder).keys())
    assert saved > 0
    with running(tmp_path, server.url, open_pull(run.pull.folder, write=True)) as run:
        found = run.source.answer_all(QUESTIONS)
        assert run.source.calls == estimate_plan(QUESTIONS)[0] - saved
    assert all(cells(found[q]) == expected(q) for q in QUESTIONS[:4])


def test_a_full_disk_stops_with_its_own_error(
    server: OpenAlexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path, server.url) as run:
        run.source.answer(QUESTIONS[0])
        monkeypatch.setattr("bibliometrics.files.os.fsync", lambda number: (_ for _ in ()).throw(
            OSError(28, "No space left on device")))  # fmt: skip
        with pytest.raises(DiskError, match="No space left"):
            run.source.answer(QUESTIONS[4])
        monkeypatch.undo()
        assert len(run.pull.keys()) == 1


# ---------------------------------------------------------------- archive ----


def test_a_complete_pull_is_replayed_byte_for_byte_without_a_server(
    server: OpenAlexServer, tmp_path: Path
) -> None:
    with running(tmp_path, server.url) as run:
        live = run.source.answer_all(QUESTIONS)
        run.pull.complete()
        credits_ = run.source.credits
    server.__exit__(None, None, None)
    pull = open_pull(run.pull.folder)
    assert pull.manifest.credits == credits_
    with running(tmp_path, "http://127.0.0.1:9", pull, offline=True) as replay:
        again = replay.source.answer_all(QUESTIONS)
        assert replay.source.calls == 0
    for question in QUESTIONS:
        assert again[question].to_csv() == live[question].to_csv()
    server._thread.join(5)


def test_offline_without_answers_says_so(tmp_path: Path) -> None:
    with (
        running(tmp_path, "http://127.0.0.1:9", offline=True) as run,
        pytest.raises(ArchiveError, match="no saved answer"),
    ):
        run.source.answer(QUESTIONS[0])


def test_a_key_is_found_nowhere_but_in_the_header(
    server: OpenAlexServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with running(tmp_path, server.url, key=KEY) as run:
        run.source.answer_all(QUESTIONS)
        run.pull.complete()
        shown = repr(run.source) + repr(run.pull) + repr(pyalex.config) + repr(run.events)
    files = [path.read_bytes() for path in run.pull.folder.rglob("*") if path.is_file()]
    assert {request.key for request in server.requests} == {KEY}
    assert all(KEY not in request.target for request in server.requests)
    pull = open_pull(run.pull.folder)
    saved = [pull.find(key) for key in run.pull.manifest.answers]
    files += [json.dumps(each.record).encode() + each.body for each in saved if each]
    assert len(files) > 2 + len(QUESTIONS)
    assert KEY not in caplog.text + shown
    assert all(KEY.encode() not in data for data in files)


def test_counts_that_move_during_a_pull_are_noticed(server: OpenAlexServer, tmp_path: Path) -> None:
    with running(tmp_path, server.url) as run:
        run.source.answer_all(QUESTIONS)
        assert run.source.repeat_sentinels(QUESTIONS[:1]) == []
        keys = run.pull.keys()
    assert sum(key.endswith("-end") for key in keys) == 1
    with running(tmp_path, server.url) as run:
        run.source.answer_all(QUESTIONS)
        server.next_day()
        assert run.source.repeat_sentinels([QUESTIONS[0], by_year()]) == [QUESTIONS[0]]


# ------------------------------------------------------------- first look ----


def test_the_check_passes_for_a_server_that_knows_the_institution(
    server: OpenAlexServer, tmp_path: Path
) -> None:
    with running(tmp_path, server.url) as run:
        run.source.check(load_study())
        assert run.source.notes == []
        assert run.pull.keys() == []
    assert server.requests[0].path == f"/institutions/{CAS}"
    assert server.meter.used() == 0


@pytest.mark.parametrize(
    "fault", [Fault("too_fast"), Fault("throttle"), Fault("html", status=503, seconds=30)]
)
def test_a_busy_server_is_waited_for_at_the_check(
    fault: Fault, server: OpenAlexServer, tmp_path: Path
) -> None:
    server.faults.push(*[fault] * 5)
    with running(tmp_path, server.url) as run:
        run.source.check(load_study())
    assert server.faults.waiting() == 0


def test_an_id_that_nobody_knows_is_an_input_error(server: OpenAlexServer, tmp_path: Path) -> None:
    study = load_study()
    study = replace(study, institution=replace(study.institution, id="I999999"))
    with running(tmp_path, server.url) as run, pytest.raises(InputError, match="I999999"):
        run.source.check(study)


def test_an_institution_inside_the_region_is_an_input_error(tmp_path: Path) -> None:
    works = [work(1, [{**HOME, "country_code": "BR"}])]
    with (
        OpenAlexServer(works) as server,
        running(tmp_path, server.url) as run,
        pytest.raises(InputError, match="in the region"),
    ):
        run.source.check(load_study())


def test_no_network_is_known_within_seconds(tmp_path: Path) -> None:
    with running(tmp_path, "http://127.0.0.1:9") as run, pytest.raises(NetworkError) as caught:
        run.source.check(load_study())
    assert "--offline" in caught.value.next_step


def test_offline_checks_nothing(tmp_path: Path) -> None:
    with running(tmp_path, "http://127.0.0.1:9", offline=True, key="sesame-open") as run:
        run.source.check(load_study())
        assert run.source.remaining() is None


def test_a_wrong_key_is_refused_at_the_check(server: OpenAlexServer, tmp_path: Path) -> None:
    with running(tmp_path, server.url, key="wrong-key") as run:
        with pytest.raises(KeyRefusedError, match="refuses the API key") as caught:
            run.source.check(load_study())
        with pytest.raises(KeyRefusedError):
            run.source.remaining()
    assert "wrong-key" not in str(caught.value)


def test_what_is_left_today_is_asked_for_free(server: OpenAlexServer, tmp_path: Path) -> None:
    with running(tmp_path, server.url, key=KEY) as run:
        run.source.answer(QUESTIONS[0])
        left = run.source.remaining()
    assert left is not None
    assert (left.credits, left.usd) == (9999, pytest.approx(0.9999))
    assert left.resets_at
    again = ask_remaining(server.url, KEY)
    assert again is not None
    assert again.credits == 9999


def test_what_is_left_may_stay_unknown(server: OpenAlexServer, tmp_path: Path) -> None:
    with running(tmp_path, server.url) as run:
        assert run.source.remaining() is None
    server.faults.script = lambda number, request: Fault("html_200")
    with running(tmp_path, server.url, key=KEY) as run:
        assert run.source.remaining() is None


def test_members_are_listed_archived_and_compared(tmp_path: Path) -> None:
    works = [work(1, [HOME], [place(4210165038, "CN", 19820366)])]
    with OpenAlexServer(works) as server, running(tmp_path, server.url) as run:
        members = run.source.members(load_study().institution)
        assert [member.id for member in members] == [CAS, "I4210165038"]
        assert members[1].lineage == (CAS, "I4210165038")
        assert len(run.pull.keys()) == 1
        assert "no longer lists" in run.source.notes[0]


# ---------------------------------------------------------------- options ----


@pytest.mark.parametrize(
    "options",
    [
        {"rate": 0},
        {"rate": -1},
        {"rate": 1000},
        {"workers": 0},
        {"budget_usd": -1},
        {"budget_usd": float("nan")},
        {"key": "a b"},
        {"base_url": "ftp://h"},
        {"base_url": "http://user:sesame@127.0.0.1:9", "key": "sesame-open"},
    ],
)
def test_options_that_can_not_be_used_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    with new_pull(tmp_path) as pull, pytest.raises(InputError) as caught:
        OpenAlex(pull, **options)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "url"), [("abcdef", "http://h.example"), (None, "http://me:abcdef@h.example")]
)
def test_a_secret_that_would_go_out_in_the_clear_is_refused(
    key: str | None, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=r"h\.example in clear text") as caught:
        OpenAlex(None, base_url=url, key=key)
    assert "abcdef" not in str(caught.value)
    OpenAlex(None, base_url=url.replace("http:", "https:"), key=key)
    OpenAlex(None, base_url="http://127.0.0.1:9", key=key)
    OpenAlex(None, base_url="http://h.example")
    monkeypatch.setenv("OPENALEX_ALLOW_HTTP", "1")
    OpenAlex(None, base_url=url, key=key)


def test_words_are_asked_of_title_and_abstract_or_addresses_for_one_credit() -> None:
    address = ["Inst. of Physics, Chinese Academy of Sciences, Beijing"]
    works = [
        work(1, title="A solar cell", publication_year=2010),
        work(2, title="Cells", abstract_inverted_index={"Solar": [0], "cell": [1]}),
        work(3, title="A cell that is solar"),
        work(4, [place(5, "CN")], title="Wind"),
    ]
    works[3]["authorships"][0]["raw_affiliation_strings"] = address
    by_year = Question(words=("solar cell", "wind"), group_by=("year",))
    asked = {
        Question(words=("solar cell",)): 2,
        Question(words=("solar cell", "wind")): 3,
        Question(address_words=("Chinese Academy of Sciences",)): 1,
        Question(address_words=("Academy of Chinese",)): 0,
        Question(filters=(("authorships.institutions.country_code", "cn"),)): 1,
    }
    with (
        OpenAlexServer(works, per_second=False) as server,
        OpenAlex(None, base_url=server.url, rate=100) as api,
    ):
        found = api.answer_all([*asked, by_year])
        assert {one: int(found[one]["n_works"].iloc[0]) for one in asked} == asked
        assert found[by_year]["n_works"].tolist() == [3]
        assert server.meter.used() == len(server.requests)


MIXED = [work(1), work(2), work(3, is_xpac=True)]
BY_YEAR = Question(group_by=("year",))


def test_the_core_corpus_is_asked_for_by_name(tmp_path: Path) -> None:
    asked = {Question(): 2, Question(corpus="expansion"): 1, Question(corpus="all"): 3}
    with OpenAlexServer(MIXED, per_second=False) as server, new_pull(tmp_path) as pull:
        with OpenAlex(pull, base_url=server.url) as api:
            found = api.answer_all([BY_YEAR, *asked])
        assert [frame["n_works"].sum() for frame in found.values()] == [2, *asked.values()]
        assert [request.params["corpus"] for request in server.requests].count("core") == 2
        assert pull.settings["corpus"] == "core"
        assert server.meter.used() == 4


def test_where_the_corpus_has_no_name_the_default_is_checked_to_be_the_core(tmp_path: Path) -> None:
    asked = {BY_YEAR: 2, Question(corpus="expansion"): 1, Question(corpus="all"): 3}
    with (
        OpenAlexServer(MIXED, per_second=False, corpus=False) as server,
        new_pull(tmp_path) as pull,
    ):
        with OpenAlex(pull, base_url=server.url) as api:
            found = api.answer_all(asked)
            assert api.notes == [
                "OpenAlex took no corpus parameter; that its default is the core corpus was checked"
            ]
        assert {one: int(frame["n_works"].sum()) for one, frame in found.items()} == asked
        assert pull.settings["corpus"] == "default"
        assert [request.status for request in server.requests] == [400, 200, 200, 200, 200]
        with OpenAlex(pull, base_url=server.url) as api:
            again = api.answer_all(asked)
            assert (api.calls, api.notes) == (0, [])
        with OpenAlex(pull, offline=True) as api:
            offline = api.answer_all(asked)
        for one in asked:
            pd.testing.assert_frame_equal(found[one], again[one])
            pd.testing.assert_frame_equal(found[one], offline[one])


@pytest.mark.parametrize(("corpus", "n_works"), [("all", 3), ("expansion", 1)])
def test_the_default_is_checked_on_the_core_whatever_corpus_is_asked_first(
    corpus: str, n_works: int
) -> None:
    with (
        OpenAlexServer(MIXED, per_second=False, corpus=False) as server,
        OpenAlex(None, base_url=server.url) as api,
    ):
        assert api.answer(Question(corpus=corpus))["n_works"].sum() == n_works
        assert len(server.requests) == 4  # refused, asked by a filter, and two to check


def test_a_default_corpus_that_is_not_the_core_stops_before_more_is_paid(tmp_path: Path) -> None:
    with (
        OpenAlexServer(MIXED, per_second=False, corpus=False, default_corpus="all") as server,
        new_pull(tmp_path) as pull,
        OpenAlex(pull, base_url=server.url) as api,
    ):
        with pytest.raises(
            ServerError, match="default corpus is not the core corpus: 3 works, not 2"
        ):
            api.answer_all([BY_YEAR, Question(), Question(field_id=31)])
        assert len(server.requests) == 3
        assert "corpus" not in pull.settings
