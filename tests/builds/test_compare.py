"""Builds and saved pulls as the sides of a comparison, on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.files import sha256
from tests.support.openalex_server.server import OpenAlexServer, read_works
from tests.support.worlds import World, invented_works, read_csv, write_study

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a data folder with a build and two pulls, between which one work was added."""
    works = list(invented_works())
    (extra,) = (work for work in works if work["id"].endswith("W9200"))
    options: dict[str, Any] = {"per_second": False, "keyless_credits": None}
    with OpenAlexServer(read_works([w for w in works if w is not extra]), **options) as server:
        world = World(tmp_path_factory.mktemp("data"), server)
        assert world.run("refresh", "--quiet", "--parts", "figures").code == 0
        shutil.copytree(world.processed, world.data / "before")
    with OpenAlexServer(read_works(works), **options) as server:
        world.server = server
        assert world.run("refresh", "--quiet", "--parts", "figures").code == 0
        yield world


def test_two_builds_differ_in_the_work_that_was_added(pulled: World) -> None:
    before, after = str(pulled.data / "before"), str(pulled.processed)
    told = pulled.run("compare", before, after, "--format", "json").json
    counts = {
        (row["table"], row.get("country_code"), row["column"]): (row["year"], row["change"])
        for row in told["differing"]
        if row["kind"] == "count"
    }
    assert counts == {
        ("region_output", None, "n_works_region"): (2012, 1),
        ("region_output", None, "n_works_world"): (2012, 1),
        ("region_output", None, "n_works_world_any"): (2012, 1),
        ("country_output", "BR", "n_works"): (2012, 1),
        ("region_partners", "CN", "n_works"): (2012, 1),
        ("institution_region", None, "n_works_institution_region"): (2012, 1),
        ("institution_region", None, "n_works_home_region"): (2012, 1),
        ("institution_partners", "BR", "n_works"): (2012, 1),
    }


def test_pulls_are_compared_by_their_ids_as_their_builds_are(pulled: World) -> None:
    first, second = sorted(path.name for path in pulled.pulls.iterdir())
    builds = pulled.run("compare", str(pulled.data / "before"), str(pulled.processed))
    pulls = pulled.run("compare", first, str(pulled.pulls / second))
    assert (builds.code, pulls.code, pulls.err) == (0, 0, "")
    assert pulls.out.splitlines()[4:] == builds.out.splitlines()[4:]
    assert "counts and" in builds.out


def test_a_build_equals_the_pull_it_was_built_from(pulled: World) -> None:
    newest = max(path.name for path in pulled.pulls.iterdir())
    assert "no difference in" in pulled.run("diff", newest, str(pulled.processed)).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("compare", "nowhere", "before"), 3, "nowhere is no folder and no pull"),
        (("compare", "before", "."), 3, ". holds neither a build nor a pull"),
        (("compare", "before", "raw/witnesses"), 3, "pulls that are here: 20"),
    ],
)
def test_what_is_no_build_and_no_pull_is_refused(
    words: tuple[str, ...], code: int, said: str, pulled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pulled.data)
    ran = pulled.run(*words)
    assert ran.code == code
    assert said in ran.error


def test_the_first_counts_are_told_by_the_verdicts_that_they_change(
    pulled: World, tmp_path: Path
) -> None:
    assert pulled.run("refresh", "--source", "witnesses", "--to", str(tmp_path / "w")).code == 0
    ran = pulled.run("compare", str(tmp_path / "w"), str(pulled.processed), "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    assert "region_output" in ran.json["only_new"]
    changed = {
        cell["claim_id"]: (cell["old"], cell["new"])
        for cell in ran.json["differing"]
        if cell["table"] == "claim_summary"
    }
    assert changed["P17"][0] == "waiting for a pull"
    before, after = (
        {row["claim_id"]: row["verdict"] for row in read_csv(folder / "claim_summary.csv")}
        for folder in (tmp_path / "w", pulled.processed)
    )
    assert changed == {
        one: (before[one], after[one]) for one in before if before[one] != after[one]
    }
    told = pulled.run("compare", str(tmp_path / "w"), str(pulled.processed)).out
    assert "old: " in told
    assert "two addresses" not in told


def test_a_pull_of_another_study_is_refused(pulled: World, tmp_path: Path) -> None:
    newest = max(path.name for path in pulled.pulls.iterdir())
    study = write_study(tmp_path)
    ran = pulled.run("compare", newest, str(pulled.processed), "--study", study)
    assert (ran.code, "expected a complete one of loose" in ran.error) == (9, True)


def test_a_build_with_other_columns_is_refused(pulled: World, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(pulled.processed, other)
    path = other / "region_output.csv"
    path.write_text(path.read_text("utf-8").replace("share_of_world", "share"), encoding="utf-8")
    ran = pulled.run("compare", str(other), str(pulled.processed))
    assert (ran.code, "is not as it was built" in ran.error) == (10, True)
    package = json.loads((other / "datapackage.json").read_text("utf-8"))
    package["bibliometrics"]["files"]["region_output.csv"] = sha256(path.read_bytes())
    (other / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    ran = pulled.run("compare", str(other), str(pulled.processed))
    assert (ran.code, "columns are year, n_works_region, n_works_world, share" in ran.error) == (
        10, True,
    )  # fmt: skip
