"""Commands `study new`, `study check --online` and `probe`, against a server of this computer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bibliometrics.cli import study as study_commands
from bibliometrics.openalex.source import OpenAlex
from bibliometrics.study.model import load_study
from tests.support.openalex_server.client import place, work
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.worlds import World, hash_tree, invented_records

NAMED = {"display_name_acronyms": ["CNRS"], "type": "government"}
FOUND: list[dict[str, Any]] = [
    place(1294671590, "FR", display_name="National Centre of Research", **NAMED),
    place(201, "FR", 1294671590, display_name="Laboratory One"),
    place(202, "FR", 201, 1294671590, display_name="Laboratory Two"),
    place(203, "EG", display_name="National Research Centre"),
    place(204, "FR", display_name="Super Centre", is_super_system=True),
    place(205, "GB", display_name="National Centre of Research, Leeds"),
]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return an empty folder and a server that knows six institutions."""
    monkeypatch.chdir(tmp_path)
    works = [work(n, [one]) for n, one in enumerate(FOUND, start=1)]
    with OpenAlexServer(works, institutions=FOUND, per_second=False) as server:
        yield World(tmp_path / "data", server)


def new(world: World, institution: str, *words: str, region: str = "Africa") -> Any:
    return world.run(
        *("study", "new", "--institution", institution, "--region", region),
        *("--years", "2010-2020", *words),
    )


def type_in(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Let standard input be a terminal at which somebody types these lines."""
    terminal = io.StringIO("".join(f"{line}\n" for line in answers))
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)


@pytest.mark.parametrize("name", ["I1294671590", "National Centre of Research", "cnrs"])
def test_a_new_study_has_its_institution_from_openalex(name: str, world: World) -> None:
    ran = new(world, name, "--json")
    assert (ran.code, ran.err) == (0, "")
    study = load_study(ran.json["file"])
    assert ran.json["hash"] == study.hash
    assert (ran.json["file"], study.id, study.home) == ("cnrs-africa.toml", "cnrs-africa", ("FR",))
    assert (study.institution.id, study.institution.short) == ("I1294671590", "CNRS")
    assert study.institution.members == (("I201", "I1294671590"), ("I202", "I201"))
    assert study.title == "CNRS and Africa, 2010-2020"
    assert ran.json["notes"] == []


def test_the_file_says_what_was_wished(world: World) -> None:
    words = ("--home", "fr,mc", "--title", 'A "title"', "--out", "mine.toml")
    ran = new(world, "I1294671590", *words, region="asean")
    assert ran.out.splitlines()[0] == "written: mine.toml"
    assert ran.out.splitlines()[-1] == "next: python -m bibliometrics plan --study mine.toml"
    study = load_study("mine.toml")
    assert (study.home, study.title, study.region.key) == (("FR", "MC"), 'A "title"', "asean11")
    assert world.run("plan", "--study", "mine.toml").code == 0
    assert world.run("study", "check", "mine.toml", "--online").code == 0


def test_candidates_are_listed_where_nobody_can_be_asked(world: World) -> None:
    ran = new(world, "National")
    assert ran.code == 3
    assert "National Research Centre, Egypt (I203, ROR none, 0 works)" in ran.error
    assert "may be 3 institutions" in ran.error
    assert "by its OpenAlex id" in ran.error
    assert list(Path().glob("*.toml")) == []


def test_at_a_terminal_one_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "National", "EU", "2010-2012", "3")
    ran = world.run("study", "new", "--out", "x.toml")
    chosen = load_study("x.toml").institution.name
    assert (ran.code, f"3. {chosen}, " in ran.err) == (0, True)
    type_in(monkeypatch, "National Centre of Research", "Africa", "2010-2012")
    ran = world.run("study", "new", "--out", "x.toml", "--force")
    assert (ran.code, load_study("x.toml").institution.short) == (0, "CNRS")
    assert "Which" not in ran.err
    assert "africa54: Africa, 54 countries" in ran.err
    assert "Region" not in ran.out


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        (("National", "Africa", "2010-2012", "7"), 2, "'7' is none of 1 to 3"),
        (("National", "Africa", "2010-2012", "one"), 2, "'one' is none of"),
        (("National", "Africa", "then"), 2, "no span of years"),
        (("National", "Mars", "2010-2012"), 3, "no region of this package"),
        (("National",), 130, "interrupted"),
    ],
)
def test_a_wrong_answer_writes_nothing(
    answers: tuple[str, ...],
    code: int,
    said: str,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    type_in(monkeypatch, *answers)
    ran = world.run("study", "new")
    assert ran.code == code
    assert said in ran.err
    assert list(Path().glob("*.toml")) == []


def test_nothing_is_asked_without_a_terminal(world: World) -> None:
    ran = world.run("study", "new", "--region", "Africa")
    assert (ran.code, ran.out) == (2, "")
    assert "needs --institution, --years" in ran.error


@pytest.mark.parametrize(
    ("institution", "region", "said"),
    [
        ("I999999", "Africa", "OpenAlex knows no institution 'I999999'"),
        ("I203", "Africa", "lies inside the region"),
        ("I204", "Africa", "out of lineages"),
        ("I1294671590", "Mars", "no region of this package"),
    ],
)
def test_a_study_that_can_not_be_counted_is_not_written(
    institution: str, region: str, said: str, world: World
) -> None:
    ran = new(world, institution, region=region)
    assert ran.code == 3
    assert said in ran.error
    assert list(Path().glob("*.toml")) == []


def test_a_file_is_replaced_by_force_only(world: World) -> None:
    Path("mine.toml").write_text("mine")
    asked = len(world.server.requests)
    ran = new(world, "I1294671590", "--out", "mine.toml")
    assert (ran.code, Path("mine.toml").read_text()) == (3, "mine")
    assert len(world.server.requests) == asked
    assert new(world, "I1294671590", "--out", "mine.toml", "--force").code == 0
    assert load_study("mine.toml").institution.id == "I1294671590"


def test_offline_needs_a_definition_or_an_id(closed_world: World, tmp_path: Path) -> None:
    path = str(tmp_path / "mine.toml")
    assert new(closed_world, "cnrs", "--offline", "--out", path).code == 0
    assert load_study(path).institution.key == "cnrs"
    words = ("--offline", "--out", path, "--force")
    assert new(closed_world, "I5555", "--home", "US,PR", *words).code == 0
    study = load_study(path)
    assert (study.institution.id, study.institution.name) == ("I5555", "I5555")
    assert (study.institution.country, study.home) == ("US", ("PR", "US"))
    for who, more in (("I5555", ()), ("Some name", ("--home", "US"))):
        ran = new(closed_world, who, *more, *words)
        assert ran.code == 3
        assert "without network nothing is known" in ran.error
    assert new(closed_world, "Some name", "--out", path, "--force").code == 4


def test_a_check_online_tells_of_changes(world: World, tmp_path: Path) -> None:
    new(world, "I1294671590", "--out", "mine.toml")
    path = Path("mine.toml")
    path.write_text(path.read_text().replace('"I202"', '"I299"'))
    ran = world.run("study", "check", "mine.toml", "--online", "--json")
    assert len(ran.json["notes"]) == 2
    assert "also lists 1 institutions below I1294671590: I202" in ran.json["notes"][0]
    assert "note: " in world.run("study", "check", "mine.toml", "--online").out
    assert world.run("study", "check", "mine.toml", "--json").json["notes"] == []
    assert world.run("study", "check", "mpg-latin-america", "--online").code == 3


def test_probe_tells_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_commands, "OpenAlex", partial(OpenAlex, rate=100))
    with OpenAlexServer(invented_records(), per_second=False) as server:
        world = World(tmp_path / "data", server)
        before = hash_tree(world.data)
        told = world.run("probe", "--json")
        text = world.run("probe", "--study", "cas-latin-america")
        assert hash_tree(world.data) == before
    assert (told.code, text.code) == (15, 15)
    assert told.json["holds"] is False
    wrong = [one["what"] for one in told.json["probes"] if one["holds"] is False]
    assert wrong == ["institutions below it"]
    assert told.json["cost_usd"] <= 0.0015
    lines = text.out.splitlines()
    assert sum(line.startswith("holds ") for line in lines) == sum(
        one["holds"] is True for one in told.json["probes"]
    )
    assert any(line.startswith("DIFFERS    institutions below it") for line in lines)
    assert any(line.startswith("suspect    Institute of Ophthalmology (MX)") for line in lines)
    assert lines[-1].startswith(f"1 of {len(told.json['probes'])} differ; cost: 0.00")


def test_probe_without_a_connection_is_an_error(closed_world: World) -> None:
    assert closed_world.run("probe").code == 4


def test_a_refresh_takes_the_notes_of_the_probes_and_the_same_tables(tmp_path: Path) -> None:
    with OpenAlexServer(invented_records(), per_second=False, keyless_credits=None) as server:
        world = World(tmp_path / "data", server)
        words = ("refresh", "--parts", "team_size", "--json")
        first = world.run(*words)
        poor = world.run(*words, "--budget", "1", "--to", str(tmp_path / "poor"))
        asked = [one.query for one in server.requests if "type" in one.params.get("group-by", "")]
    assert (first.code, poor.code) == (0, 0)
    assert first.json["calls_made"] - poor.json["calls_made"] in range(3, 8)
    assert len(asked) == 1
    tables = [
        (folder / "team_size.csv").read_bytes() for folder in (world.processed, tmp_path / "poor")
    ]
    assert tables[0] == tables[1]
