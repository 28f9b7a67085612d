"""The tests' own guards: no connection leaves this computer."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.conftest import QUICK


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 443, 0, 0)])
def test_a_connection_to_another_computer_is_refused_by_name(address: tuple[object, ...]) -> None:
    family = socket.AF_INET6 if len(address) == 4 else socket.AF_INET
    with (
        socket.socket(family) as probe,
        pytest.raises(AssertionError, match=f"tried to reach .*{address[0]}"),
    ):
        probe.connect(address)


def test_the_files_of_quick_tests_are_there() -> None:
    there = {path.stem.removeprefix("test_") for path in Path(__file__).parent.rglob("test_*.py")}
    assert sorted(set(QUICK.split()) - there) == []


def test_a_name_look_up_is_refused_by_name() -> None:
    with pytest.raises(AssertionError, match=r"tried to reach .*api\.example\.org"):
        socket.create_connection(("api.example.org", 443), timeout=1)


def test_loopback_is_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as probe,
    ):
        assert probe.getpeername() == server.getsockname()


def test_no_key_address_or_proxy_of_this_computer_is_seen() -> None:
    names = [name.lower() for name in os.environ]
    assert not [name for name in names if name.startswith("openalex_") or name.endswith("_proxy")]
