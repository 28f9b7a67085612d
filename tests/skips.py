"""A pytest plugin: where CI is set, a skipped test that isn't in skipped.toml fails the run."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection

LIST = Path(__file__).with_name("skipped.toml")


def read_allowed(platform: str = sys.platform) -> frozenset[str]:
    """Return the reasons for which a test may be skipped on a system."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8"))["skipped"]
    return frozenset(one["reason"] for one in entries if platform in one.get("on", [platform]))


class SkipGuard:
    """Collects what was skipped for a reason that isn't allowed, and fails the run for it."""

    def __init__(self, allowed: Collection[str]) -> None:
        self.allowed = allowed
        self.strange: list[str] = []

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Keep a skipped test, unless its reason is allowed or it is expected to fail."""
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = told.removeprefix("Skipped: ")
        if reason not in self.allowed:
            self.strange.append(f"{report.nodeid}: {reason}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.note(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.strange and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.strange:
            terminalreporter.section(f"skipped, but not listed in {LIST.name}", red=True)
            for line in self.strange:
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Watch the whole run, not the single worker of it."""
    if os.environ.get("CI") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkipGuard(read_allowed()), "skip-guard")
