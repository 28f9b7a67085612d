"""
Words in, words out: the command line. The only room that prints.

Results go to standard output, progress and errors to standard error. Commands that only read what
is there (``plan``, ``tables``, ``verdicts``, ``study``) load no pandas, matplotlib or scipy.
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bibliometrics.cli.parser import build_parser, read_parts
from bibliometrics.errors import BibliometricsError, DiskError, MissingPackageError
from bibliometrics.escape import escape_terminal
from bibliometrics.files import processed_folder
from bibliometrics.study.draft import describe_study, lines_of
from bibliometrics.study.model import available_studies, list_replaced, load_study
from bibliometrics.study.plan import DEFAULT_PARTS

__all__ = ["build_parser", "main"]

INTERRUPTED: Final = 130
#: Set to anything, it lets a fault of this program end with the traceback.
TRACEBACK: Final = "BIBLIOMETRICS_TRACEBACK"
LONGEST_FAULT: Final = 300
#: What writing to standard output can fail with; such an error names no file.
OUTPUT_FAILS: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EFBIG, errno.EAGAIN, errno.EROFS}
)
#: Which extra of the package brings a library that the core does without.
EXTRAS: Final = MappingProxyType(
    {
        "snapshot": "duckdb ibis pyarrow sqlglot",
        "report": "ipykernel jinja2 jupyter_client markupsafe mistune nh3 openpyxl papermill",
        "excel": "openpyxl",
        "spark": "pyspark",
    }
)
Command = Callable[[argparse.Namespace], int | None]


def _say(text: str = "") -> None:
    print(escape_terminal(text))


def _say_json(value: object) -> None:
    print(escape_terminal(json.dumps(value, indent=1, ensure_ascii=False)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may lack some letters
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = build_parser().parse_args(words)
        code = COMMANDS[options.command](options) or 0
        print(end="", flush=True)  # so that a full disk is seen here
    except BibliometricsError as error:
        return _fail(error, error.exit_code, words)
    except ImportError as error:
        told = _missing(error)
        return _fail(told, told.exit_code, words)
    except KeyboardInterrupt:
        stopped = BibliometricsError("interrupted.", "run the same command to resume")
        return _fail(stopped, INTERRUPTED, words)
    except BrokenPipeError:
        _leave_output()
        code = 0
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        told = _explain(error)
        return _fail(told, told.exit_code, words)
    return code


def _explain(error: Exception) -> BibliometricsError:
    """Return an error of ours for any other: a path or output that fails, else our own fault."""
    if isinstance(error, OSError) and (error.filename or error.errno in OUTPUT_FAILS):
        return _unusable(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name} line {last.lineno}"
    said = f"{type(error).__name__} in {place}: {str(error)[:LONGEST_FAULT]}"
    step = f"report it with this message; {TRACEBACK}=1 shows more"
    return BibliometricsError(f"a fault of this program, {said}.", step)


def _fail(error: BibliometricsError, code: int, words: Sequence[str]) -> int:
    """Tell an error: one line for a reader, and one JSON document where that was asked for."""
    print(f"error: {escape_terminal(str(error))}", file=sys.stderr)
    try:
        if {"--json", "--format=json"} & set(words) or ("--format", "json") in pairwise(words):
            told = {"error": error.message, "next_step": error.next_step, "exit_code": code}
            _say_json(told)
        print(end="", flush=True)
    except OSError:
        _leave_output()
    return code


def _leave_output() -> None:
    """Let what standard output did not take go nowhere, or Python ends with a code of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unusable(error: OSError) -> DiskError:
    what = error.filename or "standard output"
    msg = f"can't use {what}: {error.strerror or type(error).__name__}."
    return DiskError(msg, "check that there is room, and that you may write there")


def _missing(error: ImportError) -> BibliometricsError:
    name = (error.name or "a library").partition(".")[0]
    if name == "bibliometrics":
        return _explain(error)
    msg = f"this command needs {name}, which is not installed."
    extra = next((extra for extra, names in EXTRAS.items() if name in names.split()), "all")
    step = f"run `make venv` in the checkout, or install the extra {extra!r} of the package; plan, "
    return MissingPackageError(
        msg, f"{step}tables, verdicts, study list and study check run without it"
    )


def run_plan(options: argparse.Namespace) -> None:
    """Print the questions of a study, their calls and cost."""
    from bibliometrics.cli import plan  # noqa: PLC0415

    study, parts = load_study(options.study), read_parts(options.parts) or DEFAULT_PARTS
    priced = plan.price_plan(study, parts)
    if options.urls:
        priced["urls"] = plan.list_urls(study, parts)
    if options.json:
        _say_json(priced)
    for line in plan.tell_plan(priced) if not options.json else ():
        _say(line)


def run_refresh(options: argparse.Namespace) -> None:
    """Count anew or rebuild, and print what was built."""
    from bibliometrics.builds.make import refresh  # noqa: PLC0415
    from bibliometrics.builds.sources import Options  # noqa: PLC0415
    from bibliometrics.cli.progress import Progress  # noqa: PLC0415

    wanted = Options(
        study=options.study,
        source=options.source,
        offline=options.offline,
        pull=options.pull,
        parts=read_parts(options.parts),
        budget_usd=options.budget,
        rate=options.rate,
        to=options.to,
        narrow=options.narrow,
        engine=options.engine,
        force=options.force,
    )
    with Progress(sys.stderr, quiet=options.quiet) as progress:
        summary = refresh(wanted, progress)
    if options.json:
        _say_json(summary.as_dict())
    elif not options.quiet:
        for line in summary.lines():
            _say(line)


def run_count(options: argparse.Namespace) -> None:
    """Count works, and print the frame."""
    from bibliometrics.cli import count  # noqa: PLC0415

    _say(count.run_count(options))


def run_tables(options: argparse.Namespace) -> None:
    """Print what is in a build, where it comes from and how old it is."""
    from bibliometrics.cli import plan as inventory  # noqa: PLC0415

    listed = inventory.list_tables(options.folder or processed_folder())
    if options.json:
        _say_json(listed)
    else:
        for line in inventory.describe(listed):
            _say(line)


def run_figures(options: argparse.Namespace) -> None:
    """Draw the figures of a build anew."""
    from bibliometrics.builds import make as refresh  # noqa: PLC0415

    paths = refresh.redraw((options.folder or processed_folder()).resolve())
    if options.json:
        _say_json({"figures": [str(path) for path in paths]})
    elif not options.quiet:
        for path in paths:
            _say(str(path))


def run_report(options: argparse.Namespace) -> None:
    """Run the notebooks on a build and write one HTML file for readers."""
    from bibliometrics.cli.progress import Progress  # noqa: PLC0415
    from bibliometrics.report.page import write_report  # noqa: PLC0415

    with Progress(sys.stderr, quiet=options.quiet) as progress:
        written = write_report(
            options.folder or processed_folder(),
            options.out,
            with_notebooks=not options.no_notebooks,
            full=options.full,
            force=options.force,
            said=progress,
        )
    if options.json:
        _say_json(written.as_dict())
    elif not options.quiet:
        for line in written.lines():
            _say(line)


def run_verdicts(options: argparse.Namespace) -> None:
    """Print the claims and their verdicts."""
    from bibliometrics.builds import publish  # noqa: PLC0415
    from bibliometrics.claims import verdicts as claims  # noqa: PLC0415

    folder = options.folder or processed_folder()
    publish.check_unedited(folder)
    rows = claims.read_verdicts(folder / "claims.csv")
    summary = claims.read_summary(folder / "claim_summary.csv")
    chosen = claims.filter_verdicts(
        rows,
        claim=options.claim,
        source=options.source,
        verdict=options.verdict,
        kind=options.kind,
        summary=summary,
    )
    told = bool(options.claim or options.kind)
    text = claims.format_verdicts(chosen, options.format, summary=summary, with_tests=told)
    _say(text.rstrip("\n"))


def run_study(options: argparse.Namespace) -> None:
    """List the studies of the package, write one, or check one and print what it says."""
    if options.action == "new":
        return _run_new_study(options)
    if options.action == "list":
        titles = {name: load_study(name).title for name in available_studies()}
        if options.json:
            _say_json(titles)
        for name, title in titles.items() if not options.json else ():
            _say(f"{name:24} {title}")
        return None
    study = load_study(options.name)
    notes = list_replaced(options.name)
    if options.online:
        from bibliometrics.cli.study import check_online  # noqa: PLC0415

        notes += check_online(study)
    if options.json:
        _say_json({"study": study.id, **describe_study(study), "notes": notes})
        return None
    _say(f"study {study.id}: fine")
    for line in (*lines_of(study), *(f"note: {note}" for note in notes)):
        _say(line)
    return None


def _run_new_study(options: argparse.Namespace) -> None:
    from bibliometrics.cli.study import Wishes, new_study  # noqa: PLC0415

    wishes = Wishes(
        institution=options.institution,
        region=options.region,
        years=options.years,
        home=options.home,
        title=options.title,
        out=options.out,
        offline=options.offline,
        force=options.force,
    )
    value, lines = new_study(wishes, _ask if sys.stdin and sys.stdin.isatty() else None)
    if options.json:
        _say_json(value)
    for line in lines if not options.json else ():
        _say(line)


def _ask(text: str) -> str:
    """Ask the user at the terminal; an end of input counts as an interrupt."""
    print(text, end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer:
        raise KeyboardInterrupt
    return answer.strip()


def run_probe(options: argparse.Namespace) -> int:
    """Probe the API and print what came; return the exit code."""
    from bibliometrics.cli.study import probe  # noqa: PLC0415

    value, lines, code = probe(options.study)
    if options.json:
        _say_json(value)
    for line in lines if not options.json else ():
        _say(line)
    return code


def run_snapshot(options: argparse.Namespace) -> None:
    """Make a narrow table, or print SQL."""
    from bibliometrics.cli import snapshot as snapshot_commands  # noqa: PLC0415
    from bibliometrics.cli.progress import Progress  # noqa: PLC0415

    quiet = getattr(options, "quiet", False)
    if options.action == "narrow":
        with Progress(sys.stderr, quiet=quiet) as progress:
            told = snapshot_commands.run_narrow(
                options.release,
                options.to,
                jobs=options.jobs,
                years=options.years,
                files=options.files,
                display=progress,
            )
    else:
        told = snapshot_commands.run_sql(
            options.study,
            dialect=options.dialect,
            table=options.table,
            parts=read_parts(options.parts),
        )
    _say_told(told, as_json=options.json, quiet=quiet)


def run_compare(options: argparse.Namespace) -> None:
    """Print where two builds or pulls differ."""
    from bibliometrics.builds import compare  # noqa: PLC0415
    from bibliometrics.builds import sources as sides  # noqa: PLC0415
    from bibliometrics.cli.progress import Progress  # noqa: PLC0415

    with Progress(sys.stderr, quiet=True) as progress:
        old, new = (
            sides.read_side(name, options.study, progress) for name in (options.old, options.new)
        )
    compared = compare.find_differences(old, new)
    if options.format == "json":
        _say_json(compare.as_values(compared))
    else:
        _say(compare.render(compared, options.format).rstrip("\n"))


def _say_told(told: Any, *, as_json: bool, quiet: bool = False) -> None:
    if as_json:
        _say_json(told.value)
    for line in told.lines if not as_json and not quiet else ():
        _say(line)


COMMANDS: Final[MappingProxyType[str, Command]] = MappingProxyType(
    {
        "plan": run_plan,
        "probe": run_probe,
        "refresh": run_refresh,
        "count": run_count,
        "tables": run_tables,
        "figures": run_figures,
        "report": run_report,
        "verdicts": run_verdicts,
        "study": run_study,
        "snapshot": run_snapshot,
        "compare": run_compare,
        "diff": run_compare,
    }
)
