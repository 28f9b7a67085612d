"""From a command to a build: the same bytes everywhere, or what was there before."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from matplotlib import get_cachedir

from bibliometrics.builds import publish
from bibliometrics.cli import commands as cli
from tests.cli.test_cli import check_failure
from tests.support.folders import everything, read_only
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.worlds import LOOSE_STUDY, ROOT, World, invented_records, write_study

if TYPE_CHECKING:
    from collections.abc import Iterator

# ------------------------------------------------------------------------- the same bytes ----

UNDRAWN = (
    "import sys; from bibliometrics import cli; from bibliometrics.builds import make; "
    "make.draw = lambda *_: {}; "
    "sys.exit(cli.main(sys.argv[1:]))"
)
HERE = {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "COLUMNS": "60"}
THERE = {"PYTHONHASHSEED": "2", "TZ": "America/Lima", "LC_ALL": "C", "MPLBACKEND": "svg"}


@pytest.fixture(scope="module")
def other_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return another checkout of the package and the data that come along."""
    checkout = tmp_path_factory.mktemp("elsewhere") / "a checkout, elsewhere"
    kept_out = {"bibliometrics": ("__pycache__",), "data": ("processed", "openalex")}
    for name, without in kept_out.items():
        ignored = shutil.ignore_patterns(*without)
        shutil.copytree(ROOT / name, checkout / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", checkout)
    return checkout


@pytest.mark.slow
@pytest.mark.parametrize("source", ["witnesses", "sample"])
def test_a_build_depends_on_no_process_place_or_clock(
    source: str, other_checkout: Path, tmp_path: Path
) -> None:
    start = ["-m", "bibliometrics"] if source == "witnesses" else ["-c", UNDRAWN]
    here, there = tmp_path / "here", tmp_path / "there" / "deep"
    fonts = {"MPLCONFIGDIR": get_cachedir()}  # looking for fonts anew takes long
    running = [
        subprocess.Popen(
            [sys.executable, *start, "refresh", "--source", source, "--quiet", "--to", str(to)],
            cwd=checkout,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **fonts, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for checkout, to, settings in ((ROOT, here, HERE), (other_checkout, there, THERE))
    ]
    ended = [process.communicate(timeout=120)[0] for process in running]
    assert (ended, [process.returncode for process in running]) == ([b"", b""], [0, 0])
    built = everything(here)
    assert built == everything(there)
    assert len(built) > (15 if source == "witnesses" else 10)
    told = json.loads(built["datapackage.json"] or b"")["bibliometrics"]
    assert told["synthetic"] == (source == "sample")
    for name, content in built.items():
        assert str(tmp_path).encode() not in (content or b""), name
        assert b"<dc:date>" not in (content or b""), name
    if source == "witnesses":
        assert cli.main(["figures", "--from", str(here), "--quiet"]) == 0
        assert everything(here) == built


# ----------------------------------------------------------------- what was there before ----


def test_an_edited_table_is_never_overwritten_unasked(graded_world: World) -> None:
    table = graded_world.processed / "claims.csv"
    text = table.read_bytes()
    table.write_bytes(text.replace(b",holds,", b",differs,", 1))
    said = "claims.csv is not as it was built"
    for words in ("refresh --source witnesses", "refresh --offline", "tables", "figures"):
        check_failure(graded_world, *words.split(), code=10, said=said)
    assert graded_world.run("verdicts").code == 10
    assert graded_world.run("refresh", "--source", "witnesses", "--force", "--quiet").code == 0
    assert table.read_bytes() == text


def test_a_cut_data_package_is_named(graded_world: World) -> None:
    package = graded_world.processed / "datapackage.json"
    package.write_bytes(package.read_bytes()[:-9])
    for words in ("refresh --source witnesses", "refresh --source witnesses --force", "tables"):
        check_failure(
            graded_world, *words.split(), code=10, said="datapackage.json: it is not valid"
        )


def test_published_figures_alone_never_replace_counted_tables(graded_world: World) -> None:
    package = graded_world.processed / "datapackage.json"
    told = json.loads(package.read_text())
    told["bibliometrics"] |= {"source": "openalex", "pull": "2026-12-01"}
    package.write_text(json.dumps(told))
    words = ("refresh", "--source", "witnesses")
    check_failure(graded_world, *words, code=3, said="holds tables counted from 2026-12-01")


def test_a_second_run_at_once_is_refused(graded_world: World) -> None:
    before = everything(graded_world.processed)
    with publish.hold(graded_world.processed):
        for words in ("refresh --source witnesses", "figures"):
            ran = graded_world.run(*words.split())
            assert (ran.code, ran.out) == (12, "")
            assert "another run works on the tables" in ran.error
    assert everything(graded_world.processed) == before


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_what_was_there(graded_world: World) -> None:
    with small_files(20_000):
        words = ("refresh", "--source", "witnesses")
        check_failure(graded_world, *words, code=11, said="What was there before is untouched")


def test_a_read_only_folder_is_named(graded_world: World) -> None:
    words = ("refresh", "--source", "witnesses")
    with read_only(graded_world.data):
        check_failure(graded_world, *words, code=11, said="Permission denied")
        new = ("--to", str(graded_world.data / "new" / "one"))
        check_failure(graded_world, *words, *new, code=11, said="Permission denied")


def test_a_damaged_sample_is_named(graded_world: World) -> None:
    sample = graded_world.data / "raw" / "sample"
    real = sample.resolve()
    sample.unlink()
    shutil.copytree(real, sample)
    part = min(sample.rglob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-100])
    words = ("refresh", "--source", "sample", "--to", str(graded_world.data / "s"))
    ran = graded_world.run(*words)
    assert ran.code == 14
    assert part.name in ran.error
    assert not (graded_world.data / "s").exists()


# -------------------------------------------------------------------------- with a server ----


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a world with a server of invented records."""
    options: dict[str, Any] = {"per_second": False, "keyless_credits": None}
    with OpenAlexServer(invented_records(), **options) as server:
        yield World(tmp_path / "data", server)


def test_an_id_that_is_no_institution_costs_nothing(world: World, tmp_path: Path) -> None:
    study = write_study(tmp_path, LOOSE_STUDY.replace("I19820366", "I999"))
    check_failure(
        world, "refresh", "--study", study, code=3, said="OpenAlex knows no institution I999"
    )


def test_a_build_says_where_it_comes_from_and_can_be_made_again_offline(world: World) -> None:
    words = ("refresh", "--parts", "figures", "--budget", "0.05")
    told = world.run(*words, "--json").json
    assert told["tables"]["institution_region"] == 10
    assert told["waiting"][:3] == ["fields", "team_size", "fractional"]
    assert told["calls_made"] >= told["provenance"]["calls"] > 30
    lines = world.run("tables").out
    assert f"counted by openalex at {world.server.url}, {told['provenance']['pull']} (0." in lines
    before = everything(world.processed)
    said = world.run("refresh", "--offline").out.splitlines()
    assert said[0].startswith(f"built: {world.processed} (")
    assert said[1].endswith(
        f"{told['provenance']['cost_usd']:.4f} USD; this run: 0 calls, 0.0000 USD"
    )
    assert "fields, team_size, fractional" in said[2]
    again = world.run("refresh", "--offline", "--json").json
    assert (again["calls_made"], again["provenance"]) == (0, told["provenance"])
    assert everything(world.processed) == before
