"""Replace a build and be killed at every step on the way; started by `test_publish` as a process.

Every file system call of `publish.write_build` is a step, seen by an audit hook. For each step a
child process starts the replacement afresh and dies there by SIGKILL. Printed for each step: which
build a reader finds then, and which files lie there after the next run took the folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from bibliometrics.builds import publish
from bibliometrics.tables.answers import Provenance
from tests.support.folders import names

STEPS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.scandir", "os.listdir"}


def write(folder: Path, text: str) -> None:
    """Write a build of one small figure, with a text in it."""
    provenance = Provenance("witnesses", "s", text, "0" * 64, "1.0")
    with publish.hold(folder):
        publish.write_build(
            folder,
            tables={},
            figures={"figure.svg": text.encode() * 1000},
            figure_texts={"figure": text},
            provenance=provenance,
            study=text,
        )


def die_at(step: int, inside: str) -> None:
    """Kill this process at a step of its work on files below a folder."""
    seen = 0

    def hook(event: str, values: tuple[object, ...]) -> None:
        nonlocal seen
        if event in STEPS and str(values[0]).startswith(inside):
            seen += 1
            if seen > step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def look(folder: Path) -> dict[str, object]:
    """Return which build a reader finds, and what is left after the next run."""
    package = publish.read_package(folder)
    publish.check_unedited(folder)
    found = package and package["title"]
    own = (folder / "notes.txt").read_text() if (folder / "notes.txt").exists() else ""
    with publish.hold(folder):
        publish.check_unedited(folder)
    return {"found": found, "own": own, "left": names(folder.parent)}


def main(place: Path) -> None:
    """Kill at one step after another until the work gets through."""
    told = []
    for step in range(500):
        folder = place / str(step) / "build"
        folder.parent.mkdir(parents=True)
        write(folder, "old")
        (folder / "notes.txt").write_text("mine")
        child = os.fork()
        if child == 0:
            die_at(step, str(folder.parent))
            write(folder, "new")
            os._exit(0)
        died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told.append({"died": died, **look(folder)})
        shutil.rmtree(folder.parent)
        if died == 0:
            break
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
