"""Answers are kept for a day and paid once; no frame is of two days; what can't be kept is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import bibliometrics as bm
from bibliometrics.connection import cache
from tests.support.api_runs import small_world
from tests.support.openalex_server.server import OpenAlexServer, Records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ASKED: dict[str, Any] = {
    "institution": "cas",
    "region": ["BR", "AR", "CL", "US", "NA"],
    "years": (2009, 2011),
    "by": ["year", "country"],
}


@pytest.fixture(scope="module")
def small() -> Records:
    return Records(small_world())


@pytest.fixture
def server(small: Records) -> Iterator[OpenAlexServer]:
    keys = dict.fromkeys(("key-of-one", "key-of-two"), 10000)
    with OpenAlexServer(small, per_second=False, keyless_credits=None, keys=keys) as made:
        yield made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BIBLIOMETRICS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Clock:
    """A clock that says what a test wants; the n-th look may pass midnight."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, day: int = 1) -> None:
        self.day = day
        self.looks = 0
        self.turn: int | None = None
        monkeypatch.setattr(cache, "now", self)

    def __call__(self) -> datetime:
        self.looks += 1
        if self.turn is not None and self.looks >= self.turn:
            self.turn, self.day = None, self.day + 1
        return datetime(2026, 12, self.day, 12, tzinfo=UTC)


def connect(server: OpenAlexServer, **options: Any) -> bm.Connection:
    return bm.connect("openalex", address=server.url, rate=100, **options)


def bodies(folder: Path) -> list[Path]:
    return sorted((folder / "cache").rglob("*.json"))


def test_the_same_count_is_paid_once_a_day_and_in_the_cache_folder_only(
    server: OpenAlexServer, folder: Path
) -> None:
    with connect(server) as one:
        first = one.count(**ASKED)
        assert first.attrs["calls"] == one.spent.calls == 4  # three years, and who CAS is: free
        assert one.spent.usd == pytest.approx(0.0003)
        again = one.count(**ASKED)
    with connect(server) as other:
        third = other.count(**ASKED)
    assert len(server.requests) == 4
    assert again.attrs["calls"] == third.attrs["calls"] == 0
    assert again.attrs["addresses"] == third.attrs["addresses"] == first.attrs["addresses"]
    assert len(first.attrs["addresses"]) == 4
    pd.testing.assert_frame_equal(first, third)
    assert {path.name for path in folder.iterdir()} == {"cache"}
    assert len(bodies(folder)) == 4


def test_refresh_asks_anew_and_another_address_has_its_own_answers(
    server: OpenAlexServer, small: Records
) -> None:
    for expected in (4, 8):
        with connect(server, refresh=True) as one:
            one.count(**ASKED)
            one.count(**ASKED)
        assert len(server.requests) == expected
    with OpenAlexServer(small, per_second=False) as second, connect(second) as other:
        assert other.count(**ASKED).attrs["calls"] == 4


def test_yesterday_s_answers_serve_only_where_they_may_and_have_the_whole_frame(
    server: OpenAlexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    with connect(server) as one:
        one.count(**ASKED)
    clock.day = 3
    with connect(server, max_age=1) as one:
        assert one.count(**ASKED).attrs["days"] == ["2026-12-03"]
    clock.day = 4
    before = len(server.requests)
    with connect(server, max_age=7) as one:
        assert one.count(**ASKED).attrs["days"] == ["2026-12-03"]
        assert len(server.requests) == before
        wider = one.count(**{**ASKED, "years": (2009, 2012)})  # three of its four years are there
        assert wider.attrs["days"] == ["2026-12-04"]
    assert len(server.requests) - before == 5


@pytest.mark.parametrize("turn", [3, 4, 5, 6])
def test_a_count_over_midnight_begins_anew_and_is_of_one_day(
    server: OpenAlexServer, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    clock = Clock(monkeypatch)
    with connect(server) as one:
        clock.turn = clock.looks + turn
        frame = one.count(**ASKED)
        days = {record["time"][:10] for record in one._source._store.used.values()}
    assert days == set(frame.attrs["days"]) == {f"2026-12-{clock.day:02}"}
    assert len(frame.attrs["addresses"]) == 4


def test_a_damaged_answer_is_asked_again(server: OpenAlexServer, folder: Path) -> None:
    with connect(server) as one:
        first = one.count(**ASKED)
        for path in bodies(folder):
            path.write_bytes(path.read_bytes()[:-40])
        again = one.count(**ASKED)
    assert again.attrs["calls"] == 4
    assert first.equals(again)


def test_an_interrupted_cell_loses_nothing_and_pays_nothing_twice(
    server: OpenAlexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(server) as one:
        calls = iter(range(100))
        told = one._source._bar.__class__.__call__

        def interrupt(self: Any, event: object) -> None:
            told(self, event)
            if next(calls) == 2:
                raise KeyboardInterrupt

        monkeypatch.setattr(one._source._bar.__class__, "__call__", interrupt)
        with pytest.raises(KeyboardInterrupt):
            one.count(**ASKED)
        monkeypatch.setattr(one._source._bar.__class__, "__call__", told)
        frame = one.count(**ASKED)
    with connect(server, refresh=True) as anew:
        assert anew.count(**ASKED).equals(frame)
    assert [request.target for request in server.requests[:4]] == list(
        dict.fromkeys(request.target for request in server.requests[:4])
    )
    assert len(server.requests) == 8


def test_two_connections_with_two_keys_in_four_threads(server: OpenAlexServer) -> None:
    def ask(connection: bm.Connection, last: int) -> pd.DataFrame:
        return connection.count(**{**ASKED, "years": (2009, last)})

    with connect(server, key="key-of-one") as one, connect(server, key="key-of-two") as two:
        with ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(ask, each, last) for each in (one, two) for last in (2010, 2011)]
            found = [job.result() for job in jobs]
        assert {request.key for request in server.requests} <= {"key-of-one", "key-of-two"}
        alone = [ask(one, last) for last in (2010, 2011)]
    for frame, expected in zip(found, alone * 2, strict=True):
        assert frame.equals(expected)


def test_more_calls_than_allowed_are_refused_with_the_number_before_the_first(
    server: OpenAlexServer,
) -> None:
    with connect(server) as one:
        fine = {**ASKED, "by": ["year", "country", "field", "team_size"]}
        cost = one.cost(**fine)
        assert cost.calls > 60
        with pytest.raises(
            bm.BibliometricsError, match=rf"{cost.calls - 1} calls.*max_calls=60"
        ) as no:
            one.count(**fine)
        assert no.value.exit_code == 6
        assert one.spent.calls == 1  # who CAS is, for nothing
        assert one.spent.usd == 0
        exact = one.cost(**ASKED)
        assert (exact.calls, exact.usd) == (3, 0.0003)
        assert one.count(**ASKED).attrs["calls"] == 3
        assert one.cost(**ASKED).calls == 0


def test_a_cache_folder_that_can_not_be_written_is_told_before_anything_is_asked(
    server: OpenAlexServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_text("here")
    monkeypatch.setenv("BIBLIOMETRICS_CACHE", str(folder / "file"))
    with pytest.raises(bm.BibliometricsError, match="can't write"):
        connect(server)
    assert server.requests == []


def test_the_key_is_in_no_kept_answer(server: OpenAlexServer, folder: Path) -> None:
    with connect(server, key="key-of-one") as one:
        one.count(**ASKED)
        assert "key-of-one" not in repr(one)
    assert all(b"key-of-one" not in path.read_bytes() for path in bodies(folder))


def test_a_server_without_the_corpus_parameter_is_found_out_once_a_day(small: Records) -> None:
    with OpenAlexServer(small, per_second=False, corpus=False) as old:
        with connect(old) as one:
            told = one.cost(**ASKED).most_calls
            first = one.count(**ASKED)
            assert first.attrs["calls"] == 6 <= told  # refused once, its default checked once
            assert one.cost(**ASKED).calls == 0
        with connect(old) as other:
            assert other.cost(**{**ASKED, "home": "CN"}).calls == 3
            assert other.count(**{**ASKED, "home": "CN"}).attrs["calls"] == 3
            assert other.works("cas", "BR", years=2010).attrs["calls"] == 1
    with OpenAlexServer(small, per_second=False, corpus=False) as older, connect(older) as one:
        assert len(one.works("cas", "BR", years=2010)) == 1


def test_the_corpus_is_a_condition_that_a_narrow_table_refuses(server: OpenAlexServer) -> None:
    with connect(server) as one:
        every = one.count(region="BR", years=2010, corpus="all")["n_works"].sum()
        assert every == one.count(region="BR", years=2010)["n_works"].sum()
        assert one.count(region="BR", years=2010, corpus="expansion")["n_works"].sum() == 0
    assert "corpus=all" in str([request.target for request in server.requests])


def test_old_answers_go_and_what_is_not_ours_stays(
    server: OpenAlexServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    with connect(server) as oa:
        oa.count("CAS", "BR", years=2010)
    (old,) = {path.parent for path in bodies(folder)}
    very_old = old.rename(old.parent / "2026-08-01")
    notes = very_old.with_name("2026-08-02")
    notes.mkdir()
    (notes / "mine.json").write_text("{}", encoding="utf-8")
    kept = bodies(folder)
    clock.day = 2
    with connect(server, max_age=365):
        assert bodies(folder) == kept
    with connect(server) as oa:
        assert bodies(folder) == [notes / "mine.json"]
        oa.count("CAS", "BR", years=2010)
    assert len(bodies(folder)) > 1
    assert not very_old.exists()
