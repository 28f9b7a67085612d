"""
Kills at moments drawn by a seed, a full disk, two runs at once: the same command makes it good.

By default a few kills; `make faults` runs all. A run that was killed, some of them several times,
ends with the very bytes of an undisturbed run, and pays for nothing that was saved.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from matplotlib import get_cachedir

from tests.support.openalex_server.server import OpenAlexServer
from tests.support.snapshot_release import write_release
from tests.support.worlds import ROOT, World, invented_records, invented_works

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

COMMANDS = {
    "refresh": "refresh --parts figures --rate 100 --quiet",
    "refresh all": "refresh --all --rate 100 --quiet",
    "narrow": "snapshot narrow {release} --to {data}/narrow --jobs 2 --quiet",
    "report": "report",
}
#: How many runs are killed of each command, and how often each by `make faults`: 200 kills.
RUNS = {"refresh": (20, 5), "refresh all": (12, 5), "narrow": (8, 4), "report": (2, 4)}
FEW = {"refresh": (1, 1), "narrow": (1, 1)}
#: Requests that can be under way when a run is killed: they were answered, but not saved.
UNDER_WAY = 8
ALL = bool(os.environ.get("BIBLIOMETRICS_FAULTS"))
#: Commands that run twice at once, and on a full disk.
DISTURBED = ["refresh", "narrow"] if ALL else ["refresh"]
SEED = os.environ.get("BIBLIOMETRICS_SEED", "1")
#: Files without the time of their making.
TABLES = {".csv", ".parquet", ".toml"}


class Ended(NamedTuple):
    """Exit code and output of a process."""

    code: int
    out: str
    err: str


class Killed(NamedTuple):
    """A run to be killed: its command, its number, how often."""

    command: str
    number: int
    kills: int


def chosen() -> list[Killed]:
    """Return the runs that are killed."""
    runs = RUNS if ALL else FEW
    return [Killed(name, n, kills) for name, (most, kills) in runs.items() for n in range(most)]


@cache
def release() -> Path:
    """Return a release of eight files."""
    works = list(invented_works())
    parts = {f"updated_date=2026-01-0{n}/part_0000": works[n::9] for n in range(1, 9)}
    return write_release(Path(mkdtemp(prefix="release-")) / "release", parts, rows_per_group=20)


def start(world: World, name: str, *, step: int = 0, delay: float = 0, largest: int = 0) -> Any:
    """Start a command as a process in a session of its own."""
    words = COMMANDS[name].format(data=world.data, release=release()).split()
    told = [str(world.data), str(step), str(delay), str(largest), *words]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.killed_run", *told],
        cwd=ROOT,
        env={**os.environ, **world.environment, "MPLCONFIGDIR": get_cachedir()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process: Any) -> Ended:
    """Wait for a process."""
    out, err = process.communicate(timeout=240)
    return Ended(process.returncode, out, err)


def run(world: World, name: str, **values: Any) -> Ended:
    """Run a command as a process to its end."""
    return end(start(world, name, **values))


@contextmanager
def make_world(folder: Path, name: str) -> Iterator[World]:
    """Return a world with all that a command needs."""
    options: dict[str, Any] = {"per_second": False, "keyless_credits": None}
    with OpenAlexServer(invented_records(), **options) as server:
        world = World(folder / "data", server)
        if name == "report":
            assert world.run("refresh", "--source", "witnesses", "--quiet").code == 0
        yield world


def content(world: World) -> dict[str, bytes]:
    """Return the tables that a run made, and the end of its report."""
    made = [path for path in world.data.rglob("*") if path.is_file() and not path.is_symlink()]
    parts = {path: path.read_bytes() for path in made if path.suffix in TABLES}
    parts |= {path: path.read_bytes()[-9:] for path in made if path.suffix == ".html"}
    return {path.relative_to(world.data).as_posix(): part for path, part in parts.items()}


def names(world: World) -> set[str]:
    """Return the files and folders there, pulls without their name, no drawings kept for later."""
    pulls = {path.name: "pull" for path in world.pulls.glob("*")}
    return {
        "/".join(pulls.get(part, part) for part in path.relative_to(world.data).parts)
        for path in world.data.rglob("*")
        if ".cache" not in path.parts or path.suffix != ".json"
    }


class Undisturbed(NamedTuple):
    """What a run that nothing disturbs makes, pays and takes in steps."""

    content: dict[str, bytes]
    names: set[str]
    paid: Counter[str]
    steps: int


def paid(requests: Any) -> Counter[str]:
    """Return how often each request was paid for."""
    return Counter(request.target for request in requests if request.credits)


@cache
def undisturbed(name: str) -> Undisturbed:
    """Run a command without a kill."""
    with make_world(Path(mkdtemp(prefix="undisturbed-")), name) as world:
        ran = run(world, name)
        assert ran.code == 0, ran.err
        steps = json.loads(ran.out.splitlines()[-1])["steps"]
        return Undisturbed(content(world), names(world), paid(world.server.requests), steps)


def check_made_good(world: World, name: str, again: Ended) -> None:
    """Check that a run ended as if nothing had been, and that no process is left."""
    whole = undisturbed(name)
    assert again.code == 0, again.err
    assert names(world) == whole.names
    assert [key for key, made in content(world).items() if made != whole.content.get(key)] == []


def wait_for_session(process: Any) -> None:
    """Wait until no process of a killed run is left; half a minute at most."""
    for _ in range(300):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("a process of the killed run is still there")


@pytest.mark.parametrize("case", chosen(), ids=lambda case: f"{case.command}-{case.number}")
def test_a_killed_run_is_made_good_by_the_same_command(case: Killed, tmp_path: Path) -> None:
    dice = random.Random(f"{SEED} {case.command} {case.number}")
    whole = undisturbed(case.command)
    with make_world(tmp_path, case.command) as world:
        asked, under_way = world.server.requests, Counter[str]()
        for _ in range(case.kills):
            delay = dice.choice((0.0, dice.uniform(0, 0.3)))
            process = start(world, case.command, step=dice.randint(1, whole.steps), delay=delay)
            ended = end(process)
            assert ended.code in (-signal.SIGKILL, 0), ended.err
            wait_for_session(process)
            if ended.code == 0:
                break
            under_way += paid(asked[-UNDER_WAY:])
        else:
            ended = run(world, case.command)
        check_made_good(world, case.command, ended)
        assert paid(asked) - whole.paid - under_way == Counter()


@pytest.mark.parametrize("name", DISTURBED)
def test_of_two_runs_at_once_one_is_refused(name: str, tmp_path: Path) -> None:
    with make_world(tmp_path, name) as world:
        both = [end(process) for process in [start(world, name), start(world, name)]]
        assert sorted(one.code for one in both) == [0, 12], [one.err for one in both]
        check_made_good(world, name, min(both))
        assert paid(world.server.requests) == undisturbed(name).paid


@pytest.mark.parametrize("name", DISTURBED)
def test_a_disk_that_is_full_is_said_and_the_same_command_goes_on(
    name: str, tmp_path: Path
) -> None:
    with make_world(tmp_path, name) as world:
        full = run(world, name, largest=random.Random(f"{SEED} {name}").randint(500, 3000))
        assert full.code == 11, full.err
        assert full.err.splitlines()[-1].startswith("error: can't write ")
        under_way = paid(world.server.requests[-UNDER_WAY:])
        check_made_good(world, name, run(world, name))
        assert paid(world.server.requests) - undisturbed(name).paid - under_way == Counter()
