"""
The processes that make a narrow table: several files at a time, none left behind.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from bibliometrics.narrow_file import Unit, narrow_file
from bibliometrics.narrow_notes import Note

LOOK_SECONDS: Final = 0.5


def run_units(units: Sequence[Unit], jobs: int) -> Generator[Note, None, None]:
    """
    Do units of work, each a file, and yield their notes in the order in which they end.

    Parameters
    ----------
    units : sequence of Unit
        What is to be done.
    jobs : int
        How many at a time. From 2 on each has a process of its own; when one of these is killed,
        the run goes on with half as many and a RuntimeWarning.

    Yields
    ------
    Note
        What became of a file.
    """
    left = {unit.file.name: unit for unit in units}
    while jobs > 1 and len(left) > 1:
        try:
            for note in _run_pool(list(left.values()), jobs):
                del left[note.file]
                yield note
        except BrokenProcessPool:
            jobs //= 2
            told = f"a worker process was killed, perhaps for want of memory; now {jobs} at a time"
            warnings.warn(told, RuntimeWarning, stacklevel=2)
    yield from map(narrow_file, left.values())


def _run_pool(units: Sequence[Unit], jobs: int) -> Iterator[Note]:
    with ProcessPoolExecutor(
        min(jobs, len(units)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_follow,
        initargs=(os.getpid(),),
    ) as pool:
        futures = [pool.submit(narrow_file, unit) for unit in units]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _follow(parent: int) -> None:
    """End this worker at an interrupt, and when the process that started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
