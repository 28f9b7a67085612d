"""What every test gets: no network but loopback, no settings from outside, no screen."""

from __future__ import annotations

import functools
import ipaddress
import os
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.worlds import World

os.environ["MPLBACKEND"] = "Agg"  # before the first import of matplotlib

settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")

pytest_plugins = ("tests.skips",)

#: Files of pure functions and small files; with the examples in docstrings, what `make check` runs.
QUICK = """
conftest credentials errors faults group_by indicators institutions ledger manifest
many_questions markup openalex_filters openalex_lists paths plan progress project query_filters
question readme request response rules schema specifications stated_values study study_file
upstream witness_files zipped_pulls
"""

HERE = Path(__file__).resolve().parent

SETTINGS = ("OPENALEX_", "AWS_", "BIBLIOMETRICS_DATA")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def is_quick(path: Path) -> bool:
    """Say whether a file's tests are quick: the named ones, and the examples in docstrings."""
    return HERE not in path.parents or path.stem.removeprefix("test_") in QUICK.split()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Don't even import other files for `-m quick`."""
    if config.option.markexpr == "quick" and collection_path.suffix == ".py":
        return not is_quick(collection_path) or None
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the quick tests."""
    for item in items:
        if is_quick(item.path):
            item.add_marker(pytest.mark.quick)


class NetworkRefusedError(AssertionError):
    """A test tried to leave this computer."""


def is_loopback(host: object) -> bool:
    """Say whether a host name or address is this computer; empty means any of its interfaces."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(name).partition("%")[0]).is_loopback
    except ValueError:
        return False


def check_address(address: Any) -> None:
    """Raise unless a socket address is a local path or on loopback."""
    host = address[0] if isinstance(address, tuple) else None
    if not is_loopback(host):
        msg = f"this test tried to reach {address!r}; tests may use loopback only"
        raise NetworkRefusedError(msg)


def guard(call: Callable[..., Any], address_of: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a call of the socket module so that its address is checked first."""

    @functools.wraps(call)
    def guarded(*args: Any, **options: Any) -> Any:
        check_address(address_of(*args))
        return call(*args, **options)

    return guarded


@pytest.fixture(autouse=True, scope="session")
def refuse_network() -> Iterator[None]:
    """Refuse every connection and name look-up that is not loopback, and name its address."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            original = getattr(socket.socket, name)
            patch.setattr(socket.socket, name, guard(original, lambda *args: args[-1]))
        for name in ("getaddrinfo", "gethostbyname"):
            original = getattr(socket, name)
            patch.setattr(socket, name, guard(original, lambda *args: args[:1]))
        yield


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the cache folder of a test run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def forget_settings(monkeypatch: pytest.MonkeyPatch, cache_folder: Path) -> None:
    """Remove keys, addresses and proxies of this computer, so that tests see none of them."""
    for name in list(os.environ):
        if name.startswith(SETTINGS) or name.lower() in PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("BIBLIOMETRICS_CACHE", str(cache_folder))


def file_named_by(variable: str) -> Path:
    """Return the path in an environment variable, or skip the test and say why."""
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} names no real records")
    path = Path(value)
    if not path.exists():
        pytest.fail(f"{variable} names {path}, which is not there")
    return path


@pytest.fixture(scope="session")
def real_records() -> Path:
    """Return the JSON Lines file (gz) of real OpenAlex works named by BIBLIOMETRICS_RECORDS."""
    return file_named_by("BIBLIOMETRICS_RECORDS")


@pytest.fixture(scope="session")
def real_pages() -> Path:
    """Return the folder of real OpenAlex API answers named by BIBLIOMETRICS_API_PAGES."""
    return file_named_by("BIBLIOMETRICS_API_PAGES")


@pytest.fixture
def closed_world(tmp_path: Path) -> World:
    """Return an empty data folder whose server can't be reached."""
    from tests.support.worlds import World

    return World(tmp_path / "data", SimpleNamespace(url="http://127.0.0.1:9"))


@pytest.fixture(scope="session")
def witness_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a build of published figures, without pictures; for reading only."""
    from tests.support.worlds import World

    nowhere = SimpleNamespace(url="http://127.0.0.1:9")
    world = World(tmp_path_factory.mktemp("witnesses") / "data", nowhere)
    ran = world.run("refresh", "--source", "witnesses", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    return world.processed


@pytest.fixture
def graded_world(closed_world: World, witness_build: Path) -> World:
    """Return a data folder that holds a build of published figures."""
    shutil.copytree(witness_build, closed_world.processed)
    return closed_world
