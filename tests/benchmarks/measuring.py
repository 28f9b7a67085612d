"""Run a piece of work as processes of its own, and tell its time, CPU time and memory (Linux)."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = Path(__file__).with_name("README.md")
LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Measured:
    """What one run took: seconds, CPU seconds, peak memory of all its processes, what it said."""

    wall: float
    cpu: float
    peak_mb: float
    said: str


def run(module: str, *words: object) -> Measured:
    """Run `python -m module words` with its children, and measure it; raise if it fails."""
    started, peak = time.perf_counter(), 0.0
    command = [sys.executable, "-m", module, *map(str, words)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while True:
            found, status, used = os.wait4(process.pid, os.WNOHANG)
            if found:
                break
            peak = max(peak, memory_of_group(process.pid))
            time.sleep(LOOK_SECONDS)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        msg = f"{' '.join(command)} ended with {process.returncode}"
        raise RuntimeError(msg)
    return Measured(wall, used.ru_utime + used.ru_stime, peak, said.strip())


def best_of(
    times: int, module: str, *words: object, before: Callable[[], object] = lambda: None
) -> Measured:
    """Run several times; return the run of least CPU, with the least time and the highest peak."""
    runs = []
    for _ in range(times):
        before()
        runs.append(run(module, *words))
    best = min(runs, key=lambda one: one.cpu)
    return Measured(min(r.wall for r in runs), best.cpu, max(r.peak_mb for r in runs), best.said)


def memory_of_group(group: int) -> float:
    """Return the resident memory of all processes of a group in MB; shared pages count for each."""
    total = 0
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[21]) if int(fields[2]) == group else 0
        except (OSError, IndexError):
            continue
    return total * os.sysconf("SC_PAGE_SIZE") / 1e6


def show(rows: list[tuple[str, Measured]], n_records: int, reference: str) -> list[str]:
    """Return a table; CPU also as a ratio to the row named as the reference."""
    base = next(measured.cpu for name, measured in rows if name == reference)
    heads = ("wall s", "CPU s", "k rec/s", "k rec/CPU s", "peak MB", "CPU ratio")
    lines = [" " * 46 + "".join(f"{head:>12}" for head in heads)]
    for name, one in rows:
        speeds = (n_records / one.wall / 1000, n_records / one.cpu / 1000)
        lines.append(
            f"{name:46}{one.wall:12.2f}{one.cpu:12.2f}{speeds[0]:12.0f}{speeds[1]:12.0f}"
            f"{one.peak_mb:12.0f}{one.cpu / base:12.2f}"
        )
    return lines


@dataclass(frozen=True)
class Target:
    """A number that was measured, and the bound that it is to keep."""

    name: str
    value: float
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        """Say what was measured, what it was to be, and whether it is."""
        bound = f"at most {self.most:g}" if self.least is None else f"at least {self.least:g}"
        low, high = self.least or float("-inf"), self.most or float("inf")
        met = "met" if low <= self.value <= high else "NOT met"
        return f"{self.name:34}{self.value:8.2f}  target {bound}: {met}"


def describe() -> str:
    """Say when and where a run is made."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    python = platform.python_version()
    return f"{date.today()}, {cores} cores, load {load:.1f} before, Python {python}"


def record(name: str, lines: list[str]) -> None:
    """Print what a benchmark found, and write it into its block of README."""
    text = "\n".join(lines)
    print(text)
    page = README.read_text(encoding="utf-8")
    before, begin, rest = page.partition(f"<!-- {name}: written by the benchmark -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    if not (begin and end):
        msg = f"{README} has no block {name}"
        raise ValueError(msg)
    README.write_text(f"{before}{begin}```\n{text}\n```\n{end}{after}", encoding="utf-8")
