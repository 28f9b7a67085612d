"""`minus`: who is under an institution but not under its part, resolved by each source itself."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pandas as pd
import pytest

from bibliometrics.cli.plan import MEMBERS, list_urls, price_plan, tell_plan
from bibliometrics.errors import ArchiveError, InputError, ServerError
from bibliometrics.openalex import pulls
from bibliometrics.openalex.archive import open_pull
from bibliometrics.openalex.institutions import Member, known_members, resolve
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.snapshot.narrow import narrow_release
from bibliometrics.snapshot.source import Snapshot
from bibliometrics.study.model import Specification, load_study
from bibliometrics.study.questions import Question, institution_region_by_year
from tests.support.api_runs import new_pull, running
from tests.support.openalex_server.client import place, work
from tests.support.openalex_server.server import OpenAlexServer, Records
from tests.support.oracle.answers import answer_plainly, read_facts
from tests.support.snapshot_release import write_release

if TYPE_CHECKING:
    from pathlib import Path

STUDY = load_study()
CAS, USTC, UCAS = 19820366, 126520041, 4210165038
IHEP = 4210137180  # in the file, and here
ASKED = [
    institution_region_by_year(STUDY, Specification(institution=rule)).but(group_by=keys)
    for rule in ("lineage", "minus:ustc", "minus:ustc,ucas", "without:ustc")
    for keys in (("year",), ("year", "country_code"))
]
#: Institutes that the file does not have: 150 below CAS, some below USTC too.
NEW = [place(7_000_000 + n, "CN", CAS) for n in range(150)]
BELOW_USTC = [place(8_000_000 + n, "CN", USTC, CAS) for n in range(3)]


def make_world() -> list[dict[str, Any]]:
    """Return works of a CAS that has more, fewer and other members than the definitions."""
    dice = random.Random(7)
    known = [place(CAS, "CN"), place(IHEP, "CN", CAS), place(UCAS, "CN", CAS)]
    places = [*known * 5, *[place(USTC, "CN", CAS)] * 20, *BELOW_USTC * 5, *NEW]
    core = {"primary_location": {"source": {"is_core": True}}, "is_retracted": False}
    works = []
    for number in range(600):
        authors = [[dice.choice(places) for _ in range(dice.choice((1, 1, 2)))] for _ in range(2)]
        authors.append([place(55, dice.choice(("BR", "CL", "US")))])
        works.append(work(number, *authors, publication_year=dice.choice((2009, 2012)), **core))
    both = [place(USTC, "CN", CAS), NEW[0]]  # one author of the part and of another institute
    works.append(work(9999, [*both, place(56, "BR")], publication_year=2012, **core))
    return works


WORKS = make_world()


def expected() -> dict[Question, pd.DataFrame]:
    facts = read_facts(WORKS)
    return {question: answer_plainly(question, facts) for question in ASKED}


def assert_equal(found: dict[Question, pd.DataFrame]) -> None:
    for question, frame in expected().items():
        pd.testing.assert_frame_equal(found[question], frame)


@pytest.fixture(scope="module")
def records() -> Records:
    return Records(WORKS)


def test_the_world_differs_from_the_definitions_in_both_directions(records: Records) -> None:
    listed = {f"I{number}" for number in (CAS, USTC, UCAS, IHEP)}
    listed |= {each["id"].rpartition("/")[2] for each in (*NEW, *BELOW_USTC)}
    known = set(STUDY.institution.ids_below(STUDY.institution.id))
    assert listed - known
    assert known - listed
    counts = [frame["n_works"].sum() for frame in expected().values()]
    assert counts[0] > counts[2] > counts[4] > 0
    assert counts[2] > counts[6]  # without any co-author of the part


def test_the_api_resolves_it_by_the_members_it_lists_and_a_replay_by_the_same(
    records: Records, tmp_path: Path
) -> None:
    with OpenAlexServer(records, per_second=False, keyless_credits=None) as server:
        with running(tmp_path, server.url) as run:
            assert_equal(run.source.answer_all(ASKED))
            asked = [request.target for request in server.requests]
            run.source.members(STUDY.institution)
            assert len(server.requests) == len(asked)  # what was listed is not listed again
            folder = run.pull.folder
            listed = pulls._known_members(STUDY, run.pull)
            assert len(listed) == len(NEW) + len(BELOW_USTC) + 4  # what is yet to be paid, by these
            assert pulls._known_members(STUDY, None) == known_members(STUDY.institution)
            run.pull.complete()
        assert sum("/institutions" in target for target in asked) == 2  # pages of 100
    with (
        open_pull(folder) as pull,
        OpenAlex(pull, base_url=server.url, offline=True) as replayed,
    ):
        assert_equal(replayed.answer_all(ASKED))


def test_small_institutions_are_asked_for_only_in_years_in_which_they_have_works(
    records: Records, tmp_path: Path
) -> None:
    """More than 100 institutions take two filters; works are of 2009 and 2012 alone."""
    facts = read_facts(WORKS)
    kinds = ((), ("article",), ("article", "review"))
    asked = [one.but(types=kind) for one in ASKED if one.not_below for kind in kinds]
    with (
        OpenAlexServer(records, per_second=False, keyless_credits=None) as server,
        running(tmp_path, server.url) as run,
    ):
        found = run.source.answer_all(asked)
        targets = [unquote(request.target) for request in server.requests]
        again = run.source.answer_all(asked[:2])  # too few to ask first
    for question, frame in found.items():
        pd.testing.assert_frame_equal(frame, answer_plainly(question, facts))
    assert all(again[one].equals(found[one]) for one in again)
    second = [one for one in targets if "institutions.id:!" in one]
    by_country = [one for one in second if "country_code" in one.partition("group")[2]]
    assert len(asked) == 12
    assert len(by_country) == 2 * len(kinds) * 2  # rules, types, years with works
    assert len(second) - len(by_country) == 2 + 2 * len(kinds)  # the widest first, then by year


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_the_snapshot_resolves_it_by_the_lineage_of_its_records(kind: str, tmp_path: Path) -> None:
    release = write_release(tmp_path / "release", {"part_0000": WORKS}, kind=kind)
    narrow_release(str(release), tmp_path / "narrow")
    snapshot = Snapshot(tmp_path / "narrow")
    assert_equal(snapshot.answer_all(ASKED))
    pd.testing.assert_frame_equal(snapshot.answer(ASKED[2]), expected()[ASKED[2]])
    snapshot.close()


def test_up_to_200_members_cost_two_calls_a_question(records: Records, tmp_path: Path) -> None:
    with (
        OpenAlexServer(records, per_second=False, keyless_credits=None) as server,
        running(tmp_path, server.url) as run,
    ):
        run.source.answer(ASKED[2])
        assert run.source.calls == 2 + 2  # two pages of members, two chunks of ids


def test_offline_without_a_list_of_members_says_so(tmp_path: Path) -> None:
    pull = new_pull(tmp_path)
    with (
        OpenAlex(pull, offline=True) as source,
        pytest.raises(ArchiveError, match=r"no saved answer.*institutions"),
    ):
        source.answer(ASKED[2])
    pull.close()


def member(number: int, *above: int) -> Member:
    return Member(f"I{number}", "", "", "CN", "", tuple(f"I{n}" for n in (number, *above)), 1)


RULE = Question(lineage=("I10",), not_below=("I11",))


def test_ids_that_are_none_are_dropped_and_the_largest_come_first() -> None:
    large = Member("I12", "", "", "CN", "", ("I12", "I10"), 50)
    odd = Member("I-1", "", "", "", "", (), 9)
    listed = [member(10), member(11, 10), large, member(13, 11, 10), odd]
    assert resolve(RULE, listed) == Question(institution_ids=("I12", "I10"))


@pytest.mark.parametrize(
    ("question", "members", "error", "said"),
    [
        (RULE, [member(11, 10)], InputError, "I11 leaves none"),
        (RULE, [], InputError, "of 0 institutions"),
        (RULE, [member(10), member(12)], ServerError, "I12 is listed below I10"),
        (RULE.but(lineage=("I10", "I12")), [member(10)], InputError, "beside other institutions"),
        (RULE.but(institution_ids=("I12",)), [member(10)], InputError, "snapshot source"),
    ],
)
def test_a_rule_that_leaves_nothing_or_cannot_be_resolved_is_refused(
    question: Question, members: list[Member], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        resolve(question, members)


def test_the_plan_prices_and_prints_the_lists_and_the_members_of_the_definition() -> None:
    urls = list_urls(STUDY, ("readings",))
    assert "/institutions?filter=lineage" in urls[0]
    left = [m.id for m in known_members(STUDY.institution) if f"I{USTC}" not in m.lineage]
    assert any(left[0] in url and "country_code" in url for url in urls)
    priced = price_plan(STUDY, ("readings",))
    assert priced["credits"][0] == len(urls)
    assert f"note: {MEMBERS}" in tell_plan({**priced, "urls": urls})
    assert f"note: {MEMBERS}" not in tell_plan({**priced, "urls": urls[-1:]})
    assert not any("/institutions" in url for url in list_urls(STUDY, ("figures",)))
