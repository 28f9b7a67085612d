"""
Run a command of the package and be killed at a step of it; started by `test_kills` as a process.

Every file system call below a folder is a step, seen by an audit hook. With step 0 the command gets
through, and the number of its steps is printed; else this process dies by SIGKILL at that step, or
some seconds after it. A largest size of files makes the disk full. Figures are left out.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading

from bibliometrics.cli import commands
from tests.support.swap_killer import STEPS
from tests.support.worlds import without_figures


def count_steps(inside: str, step: int, delay: float) -> list[int]:
    """Count the steps below a folder from now on; be killed some seconds after one of them."""
    seen = [0]

    def hook(event: str, values: tuple[object, ...]) -> None:
        if event not in STEPS or not str(values[0]).startswith(inside):
            return
        seen[0] += 1
        if seen[0] == step and not delay:
            os.kill(os.getpid(), signal.SIGKILL)
        elif seen[0] == step:
            timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL))
            timer.daemon = True
            timer.start()

    sys.addaudithook(hook)
    return seen


def main(inside: str, step: str, delay: str, largest: str, *words: str) -> int:
    """Run a command; return its exit code."""
    if int(largest):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), resource.RLIM_INFINITY))
    seen = count_steps(inside, int(step), float(delay))
    with without_figures():
        code = commands.main(list(words))
    print(json.dumps({"steps": seen[0]}))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
