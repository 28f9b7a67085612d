"""The words of the command line: commands, options, help."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final, NoReturn

from bibliometrics import __version__
from bibliometrics.errors import InputError, UsageError
from bibliometrics.files import user_path
from bibliometrics.study.model import DEFAULT_STUDY, parse_years
from bibliometrics.study.plan import DEFAULT_PARTS, PARTS

SOURCES: Final = ("openalex", "snapshot", "sample", "witnesses")
FASTEST: Final = 100.0
EPILOG: Final = """\
exit codes
  0 done                           8 the source refuses the request
  1 a fault of this program        9 saved answers are missing, cut or edited
  2 wrong words on the line       10 a table breaks its contract or was edited
  3 unusable study or input       11 a folder can't be written, or the disk is full
  4 no connection                 12 another run works in the same folder
  5 the API key is refused        13 a library is not installed
  6 budget too small or spent     14 a snapshot release is damaged or changed
  7 the source fails or answers    15 the API differs from what the counts assume
    only a part                   130 interrupted: run the same command to resume

environment
  OPENALEX_API_KEY       key for the OpenAlex API (optional; sent in a header only)
  OPENALEX_API_KEY_FILE  file that holds the key
  OPENALEX_API_URL       another address of the API: a mirror or a test server
  BIBLIOMETRICS_DATA     another place for the data folder
"""


class _Parser(argparse.ArgumentParser):
    """A parser that raises an error of this package instead of leaving the process."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with a parser's message."""
        msg = f"{message}."
        raise UsageError(msg, f"see `{self.prog} --help`")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command and option."""
    parser = _Parser(
        prog="python -m bibliometrics",
        description="Rebuild a published bibliometric study from open data, and grade its claims.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"bibliometrics {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    _add_plan(commands)
    _add_refresh(commands)
    _add_count(commands)
    _add_reading(commands)
    _add_study_command(commands)
    _add_probe(commands)
    _add_snapshot(commands)
    _add_compare(commands)
    return parser


def _command(commands: Any, name: str, text: str, *others: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, aliases=others
    )
    return parser


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--study",
        default=DEFAULT_STUDY,
        metavar="NAME",
        help="a study of this package, or the path of a .toml file (default: %(default)s)",
    )


def _add_parts(parser: argparse.ArgumentParser) -> None:
    wanted = parser.add_mutually_exclusive_group()
    wanted.add_argument(
        "--parts",
        metavar="LIST",
        help=f"which questions to ask, separated by commas, out of {','.join(PARTS)} "
        f"(default: {','.join(DEFAULT_PARTS)})",
    )
    wanted.add_argument(
        "--all",
        dest="parts",
        action="store_const",
        const=",".join(PARTS),
        help="all of them: also the profile of cooperation, readings and lenses",
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_from(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from",
        dest="folder",
        type=read_path,
        metavar="DIR",
        help="another build (default: data/processed)",
    )


def _add_plan(commands: Any) -> None:
    parser = _command(commands, "plan", "say what refresh would ask and what it would cost")
    _add_study(parser)
    _add_parts(parser)
    parser.add_argument("--urls", action="store_true", help="list the address of every request")
    _add_json(parser)


def _add_refresh(commands: Any) -> None:
    parser = _command(commands, "refresh", "count anew, then rebuild all tables and figures")
    _add_study(parser)
    _add_source(parser)
    _add_parts(parser)
    parser.add_argument(
        "--budget", type=_dollars, metavar="USD", help="spend at most so many dollars"
    )
    parser.add_argument(
        "--rate", type=_rate, default=5.0, metavar="N", help="requests a second (default: 5)"
    )
    parser.add_argument(
        "--to",
        type=read_path,
        metavar="DIR",
        help="where tables and figures go (default: data/processed)",
    )
    parser.add_argument(
        "--force", action="store_true", help="rebuild over tables that were edited by hand"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress, only errors")
    _add_json(parser)


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source",
        choices=SOURCES,
        default="openalex",
        help="who counts: the OpenAlex API, a snapshot, the synthetic sample, or nobody: "
        "published figures only (default: %(default)s)",
    )
    parser.add_argument(
        "--offline", action="store_true", help="rebuild from the answers of an earlier pull"
    )
    parser.add_argument("--pull", metavar="ID", help="with --offline: which pull (default: newest)")
    parser.add_argument(
        "--narrow", type=read_path, metavar="DIR", help="with --source snapshot: the narrow table"
    )
    parser.add_argument(
        "--engine",
        choices=("duckdb", "spark"),
        default="duckdb",
        help="with --source snapshot: what counts (default: %(default)s)",
    )


def _add_count(commands: Any) -> None:
    parser = _command(commands, "count", "count works: who with whom, when, by what")
    lists = {
        "region": "regions or countries, by name or code: together one union; or world",
        "by": "keys out of year,country,partner,field,subfield,topic,type,team_size,n_countries,"
        "institution,institution_type",
        "types": "types of works, or any (default: article,review)",
        "home": "countries that a work must also have",
        "without": "institutions or countries that a work must not have",
        "words": "words or phrases in title or abstract, one of them (API only)",
    }
    parser.add_argument("--institution", metavar="WHO", help="a name, a ROR id or an OpenAlex id")
    for name, text in lists.items():
        parser.add_argument(f"--{name}", metavar="LIST", help=text)
    parser.add_argument(
        "--years", type=read_years, required=True, metavar="A-B", help="such as 2007-2016, or 2016"
    )
    parser.add_argument(
        "--source",
        default="openalex",
        metavar="WHERE",
        help="openalex, sample, or the folder of a narrow table or a pull (default: %(default)s)",
    )
    parser.add_argument("--sources", choices=("core", "any"), help="journals (default: core)")
    parser.add_argument("--corpus", choices=("core", "expansion", "all"), help="default: core")
    parser.add_argument("--retracted", choices=("no", "yes", "any"), help="default: no")
    for name in ("max-authors", "max-countries"):
        parser.add_argument(f"--{name}", type=_count, metavar="N", help="at most so many")
    parser.add_argument("--field", metavar="NAME", help="field of research, by name or number")
    parser.add_argument("--top-percent", type=_count, metavar="N", help="1 or 10: most cited")
    parser.add_argument(
        "--international",
        action=argparse.BooleanOptionalAction,
        help="two countries or more; --no-international: exactly one",
    )
    parser.add_argument(
        "--filter", action="append", type=_pair, metavar="NAME:VALUE", help="any other filter"
    )
    parser.add_argument("--max-calls", type=_count, metavar="N", help="most calls (default: 60)")
    parser.add_argument("--cost", action="store_true", help="say what it would cost, ask nothing")
    parser.add_argument("--quiet", action="store_true", help="no progress, only errors")
    parser.add_argument(
        "--format", choices=("text", "csv", "json"), default="text", help="form of the output"
    )


def _pair(text: str) -> str:
    if ":" not in text:
        msg = f"{text!r} is not a name and a value, such as language:es"
        raise argparse.ArgumentTypeError(msg)
    return text


def _add_reading(commands: Any) -> None:
    tables = _command(commands, "tables", "say what tables are there and where from")
    _add_from(tables)
    _add_json(tables)
    figures = _command(commands, "figures", "draw the figures anew from the tables")
    _add_from(figures)
    figures.add_argument("--quiet", action="store_true", help="no list of files, only errors")
    _add_json(figures)
    report = _command(commands, "report", "run the notebooks, write one HTML file for readers")
    _add_from(report)
    report.add_argument(
        "--out", type=read_path, metavar="FILE", help="the file (default: report.html in the build)"
    )
    report.add_argument(
        "--no-notebooks", action="store_true", help="leave the notebooks' story out"
    )
    report.add_argument(
        "--full", action="store_true", help="nothing folded: everything open, to be printed"
    )
    report.add_argument(
        "--force", action="store_true", help="replace a file that is no report of this program"
    )
    report.add_argument("--quiet", action="store_true", help="no progress, only errors")
    _add_json(report)
    verdicts = _command(commands, "verdicts", "print the claims and their verdicts")
    _add_from(verdicts)
    verdicts.add_argument("--claim", metavar="ID", help="one claim only, e.g. P07")
    verdicts.add_argument("--source", metavar="NAME", help="claims of one document only")
    verdicts.add_argument("--verdict", metavar="WORD", help="one verdict only, e.g. differs")
    verdicts.add_argument(
        "--kind", metavar="KIND", help="one kind of evidence only, e.g. published"
    )
    verdicts.add_argument(
        "--format", choices=("text", "md", "csv", "json"), default="text", help="form of the output"
    )


def _add_study_command(commands: Any) -> None:
    study = _command(commands, "study", "list studies, write a new one, or check one")
    actions = study.add_subparsers(dest="action", metavar="action", required=True)
    _add_json(_command(actions, "list", "the studies that come along"))
    check = _command(actions, "check", "say whether a study can be used")
    check.add_argument(
        "name",
        nargs="?",
        default=DEFAULT_STUDY,
        help="a study of this package, or the path of a .toml file (default: %(default)s)",
    )
    check.add_argument("--online", action="store_true", help="ask OpenAlex about it as well")
    _add_json(check)
    new = _command(actions, "new", "write a study file; asks at a terminal for what is missing")
    new.add_argument(
        "--institution", default="", metavar="WHO", help="a name, a ROR id or an OpenAlex id"
    )
    new.add_argument("--region", default="", metavar="NAME", help="such as Africa, EU or ASEAN")
    new.add_argument("--years", type=read_years, metavar="A-B", help="such as 2010-2020")
    new.add_argument(
        "--home",
        default="",
        metavar="CC",
        help="country codes of its home (default: the institution's country)",
    )
    new.add_argument("--title", default="", help="a title (default: institution, region, years)")
    new.add_argument(
        "--out", type=read_path, metavar="FILE", help="the file (default: named by what is studied)"
    )
    new.add_argument(
        "--offline",
        action="store_true",
        help="ask nobody: an institution of this package, or an id with --home",
    )
    new.add_argument("--force", action="store_true", help="replace a file that is there")
    _add_json(new)


def _add_probe(commands: Any) -> None:
    text = "ask the API whether what the counts assume still holds; a tenth of a cent"
    probe = _command(commands, "probe", text)
    _add_study(probe)
    _add_json(probe)


def _add_snapshot(commands: Any) -> None:
    snapshot = _command(commands, "snapshot", "the second source: the OpenAlex snapshot")
    actions = snapshot.add_subparsers(dest="action", metavar="action", required=True)
    narrow = _command(actions, "narrow", "make a narrow table from a release; resumable")
    narrow.add_argument(
        "release",
        nargs="?",
        help="a folder or s3://… (default: s3://openalex/data/parquet/works)",
    )
    narrow.add_argument("--to", type=read_path, required=True, metavar="DIR", help="where it goes")
    narrow.add_argument(
        "--jobs", type=_count, metavar="N", help="files at a time (default: processors, at most 4)"
    )
    narrow.add_argument(
        "--years",
        type=read_years,
        metavar="A-B",
        help="keep works of these years only (default: all)",
    )
    narrow.add_argument(
        "--files", type=_count, metavar="N", help="a dry run on N files, with an extrapolation"
    )
    narrow.add_argument("--quiet", action="store_true", help="no progress, only errors")
    _add_json(narrow)
    sql = _command(actions, "sql", "print every question as SQL for the official columns")
    _add_study(sql)
    _add_parts(sql)
    sql.add_argument(
        "--dialect",
        choices=("bigquery", "duckdb", "spark"),
        default="bigquery",
        help="of which engine (default: %(default)s)",
    )
    sql.add_argument(
        "--table", metavar="NAME", help="table to ask (default: the public one in BigQuery, works)"
    )
    _add_json(sql)


def _add_compare(commands: Any) -> None:
    text = "say where two builds or pulls differ, cell by cell, with likely causes"
    parser = _command(commands, "compare", text, "diff")
    for name, age in (("old", "earlier"), ("new", "later")):
        parser.add_argument(
            name,
            metavar=name.upper(),
            help=f"the {age} one: folder of a build or a pull, or id of a pull",
        )
    _add_study(parser)
    parser.add_argument(
        "--format", choices=("text", "md", "csv", "json"), default="text", help="form of the output"
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        msg = f"{text!r} is not a whole number above 0"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def read_path(text: str) -> Path:
    """Return a path as it is named; ArgumentTypeError for the home of a user who is not there."""
    try:
        return user_path(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(error.message.rstrip(".")) from error


def read_years(text: str) -> tuple[int, int]:
    """Return first and last year of a span; ArgumentTypeError if it is none."""
    found = parse_years(text)
    if found is None:
        msg = f"{text!r} is no span of years such as 2007-2016"
        raise argparse.ArgumentTypeError(msg)
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        msg = f"{text!r} is not a number"
        raise argparse.ArgumentTypeError(msg) from None


def _dollars(text: str) -> float:
    value = _number(text)
    if not 0 <= value < float("inf"):
        msg = f"{text} is not an amount of dollars"
        raise argparse.ArgumentTypeError(msg)
    return value


def _rate(text: str) -> float:
    value = _number(text)
    if not 0 < value <= FASTEST:
        msg = f"{text} is not between 0 and {FASTEST:g} requests a second"
        raise argparse.ArgumentTypeError(msg)
    return value


def read_parts(text: str | None) -> tuple[str, ...] | None:
    """
    Return the parts of a plan that a text names, in the plan's order; None for no text.

    >>> read_parts("fields, figures")
    ('figures', 'fields')
    """
    if text is None:
        return None
    named = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in named if part not in PARTS]
    if unknown or not named:
        msg = f"--parts names {', '.join(unknown) or 'nothing'}."
        raise InputError(msg, f"known parts: {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in named)
