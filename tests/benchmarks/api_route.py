"""The API source against a plain pyalex loop, on the local server with 200 ms latency.

The server runs in a process of its own and holds invented works, in every year of which more than
200 countries occur, as in OpenAlex, so that pages of countries must be completed. The plain loop is
what users write today: one count for each country, year and quantity, 990 calls one after another;
a sample of them is run and its time extrapolated.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pyalex
import pyalex.api
import requests

from bibliometrics.openalex import pulls
from bibliometrics.study.model import load_study
from bibliometrics.tables.answers import Counted
from tests.benchmarks.measuring import ROOT, Measured, run
from tests.support.openalex_server.client import work
from tests.support.worlds import (
    ACADEMY,
    OF_ACADEMY,
    PLAIN,
    all_countries,
    invented_works,
    region_codes,
    somewhere,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

YEARS = range(2007, 2017)
LATENCY_MS = 200
HOST = "https://api.openalex.org"
QUANTITIES: tuple[dict[str, str], ...] = (
    {},
    {"authorships.institutions.country_code": "CN"},
    {"authorships.institutions.lineage": f"I{ACADEMY}"},
)


def write_works(path: Path) -> int:
    """Write the invented works, and of each year works of every country; return how many."""
    region = set(region_codes("celac33"))
    outside = [code for code in all_countries() if code not in region]
    works = [each for each in invented_works() if len(each["authorships"]) < len(outside)]
    for year in YEARS:
        codes = all_countries() if year > 2009 else outside
        for number, places in enumerate((codes, ("BR", "CN"))):
            authors = [[somewhere(code)] for code in places] + [[OF_ACADEMY[1]]] * number
            made = work(100_000 + 10 * year + number, *authors, publication_year=year)
            works.append({**made, **PLAIN})
    path.write_text("".join(json.dumps(each) + "\n" for each in works), encoding="utf-8")
    return len(works)


@contextlib.contextmanager
def serving(works: Path) -> Iterator[str]:
    """Run the server in a process of its own and give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [str(works), "--port", str(port), "--no-meter", "--latency-ms", str(LATENCY_MS)]
    command = [sys.executable, "-m", "tests.support.openalex_server", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def ask_plainly(url: str, number: int) -> float:
    """Return the seconds a call of a plain pyalex loop, its sessions led to the server."""

    class Led(requests.Session):
        def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
            request.url = str(request.url).replace(HOST, url)
            return super().prepare_request(request)

    asked = list(itertools.product(region_codes("celac33"), YEARS, QUANTITIES))
    step = max(len(asked) // number, 1)
    began = time.perf_counter()
    with mock.patch.object(pyalex.api, "_get_requests_session", Led):  # a new one for each call
        for code, year, more in asked[::step][:number]:
            query = pyalex.Works().filter(
                **{"institutions.country_code": code, "publication_year": year}, type="article"
            )
            (query.filter(**more) if more else query).count()
    return (time.perf_counter() - began) / number


class Silent:
    """A listener that says nothing."""

    def __call__(self, event: object) -> None:
        """Take an event."""

    def expect(self, total: int) -> None:
        """Take the least number of calls."""


def ask(data: Path) -> tuple[float, Counted]:
    """Return the seconds that all counts of the five figures take, and the counts."""
    with mock.patch.dict(os.environ, {"BIBLIOMETRICS_DATA": str(data)}):
        began = time.perf_counter()
        counted = pulls.ask(load_study(), ("figures",), Silent(), rate=5.0, budget_usd=None)
        return time.perf_counter() - began, counted


def refresh(data: Path, *words: str) -> tuple[Measured, dict[str, Any]]:
    """Run the command in a process of its own; return what it took and what it says."""
    raw = data / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (raw / "witnesses").symlink_to(ROOT / "data" / "raw" / "witnesses")
    with mock.patch.dict(os.environ, {"BIBLIOMETRICS_DATA": str(data)}):
        measured = run("bibliometrics", "refresh", "--json", "--quiet", *words)
    return measured, json.loads(measured.said)


def seconds_of(*words: str, times: int = 7) -> float:
    """Return the least seconds of some runs of Python."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        found.append(time.perf_counter() - began)
    return min(found)


def main() -> None:
    """Print all figures of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=60, help="calls of the plain loop that run")
    options = parser.parse_args()
    loop_calls = len(region_codes("celac33")) * len(YEARS) * len(QUANTITIES)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        print(f"{write_works(folder / 'works.jsonl')} works, {LATENCY_MS} ms latency; ", end="")
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before")
        with serving(folder / "works.jsonl") as url:
            each = ask_plainly(url, options.calls)
            loop = each * loop_calls
            print(
                f"plain pyalex loop: {loop_calls} calls, {loop:.0f} s "
                f"(from {options.calls} calls of {each * 1000:.0f} ms)"
            )
            os.environ["OPENALEX_API_URL"] = url
            took_s, counted = ask(folder / "counts")
            print(
                f"counts of the five figures: {counted.calls_made} calls, "
                f"{counted.spent_usd * 10_000:.0f} credits, {took_s:.1f} s; the loop takes "
                f"{loop / took_s:.1f} times as long and {loop_calls / counted.calls_made:.1f} "
                "times as many calls"
            )
            for name, words in (
                ("five figures", ["--parts", "figures"]),
                ("all default parts", []),
            ):
                took, told = refresh(folder / name, *words)
                calls, usd = told["calls_made"], told["spent_usd"]
                print(
                    f"refresh, {name}: {calls} calls, {usd * 10_000:.0f} credits, "
                    f"{took.wall:.1f} s ({took.cpu:.1f} s of CPU) with all tables and pictures; "
                    f"the loop takes {loop / took.wall:.1f} times as long and "
                    f"{loop_calls / calls:.1f} times as many calls"
                )
        took, _ = refresh(folder / name, "--offline", "--to", str(folder / "again"))
        print(
            f"refresh --offline: {took.wall:.1f} s ({took.cpu:.1f} s of CPU), {took.peak_mb:.0f} MB"
        )
    helped, nothing = seconds_of("-m", "bibliometrics", "--help"), seconds_of("-c", "pass")
    print(f"--help: {helped:.3f} s; python -c pass: {nothing:.3f} s; ratio {helped / nothing:.1f}")


if __name__ == "__main__":
    main()
