"""Run a piece of work as processes of its own, and tell its time, CPU time and memory (Linux)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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


def best_of(times: int, module: str, *words: object) -> Measured:
    """Run several times; return the run of least CPU, with the least time and the highest peak."""
    runs = [run(module, *words) for _ in range(times)]
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


def show(rows: list[tuple[str, Measured]], n_records: int, reference: str) -> None:
    """Print a table; CPU also as a ratio to the row named as the reference."""
    base = next(measured.cpu for name, measured in rows if name == reference)
    heads = ("wall s", "CPU s", "k rec/s", "k rec/CPU s", "peak MB", "CPU ratio")
    print(" " * 46 + "".join(f"{head:>12}" for head in heads))
    for name, one in rows:
        speeds = (n_records / one.wall / 1000, n_records / one.cpu / 1000)
        print(
            f"{name:46}{one.wall:12.2f}{one.cpu:12.2f}{speeds[0]:12.0f}{speeds[1]:12.0f}"
            f"{one.peak_mb:12.0f}{one.cpu / base:12.2f}"
        )
