"""The words of the command line."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import pytest

import bibliometrics as bm
from bibliometrics import cli, errors
from bibliometrics.cli.commands import INTERRUPTED
from bibliometrics.cli.parser import EPILOG, build_parser, read_parts
from bibliometrics.cli.study import DIFFERENT
from bibliometrics.errors import BibliometricsError, InputError, UsageError
from bibliometrics.snapshot.release import open_store
from bibliometrics.study.plan import PARTS


def all_errors(kind: type[BibliometricsError] = BibliometricsError) -> set[type]:
    return {kind}.union(*(all_errors(below) for below in kind.__subclasses__()))


ALL_CODES = sorted({0, INTERRUPTED, DIFFERENT, *(kind.exit_code for kind in all_errors())})


def test_help_lists_every_exit_code_once() -> None:
    codes = [
        int(code) for code in re.findall(r"(?:^  | {2,})(\d+)(?= [a-z])", EPILOG, re.MULTILINE)
    ]
    assert sorted(codes) == ALL_CODES


def test_readme_lists_every_exit_code_once() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| exit code |")[2].partition("\n\n")[0]
    codes = [int(code) for code in re.findall(r"\| (\d+) \|", table)]
    assert sorted(codes) == ALL_CODES


def test_every_kind_of_error_is_in_the_tree_with_its_code() -> None:
    tree = dict(re.findall(r"(\w+Error) +(\d+) ", errors.__doc__ or ""))
    own = [kind for kind in all_errors() if kind.__module__ == errors.__name__]
    assert {kind.__name__: str(kind.exit_code) for kind in own} == tree


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("refresh --budget -1", "-1 is not an amount of dollars"),
        ("refresh --budget nan", "nan is not an amount of dollars"),
        ("refresh --budget inf", "inf is not an amount of dollars"),
        ("refresh --budget five", "'five' is not a number"),
        ("refresh --rate 0", "0 is not between 0 and 100"),
        ("refresh --rate 101", "101 is not between 0 and 100"),
        ("refresh --source web", "invalid choice: 'web'"),
        ("study rename", "invalid choice: 'rename'"),
    ],
)
def test_a_wrong_word_is_named(words: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as raised:
        build_parser().parse_args(words.split())
    assert raised.value.next_step == f"see `python -m bibliometrics {words.split()[0]} --help`"


def test_defaults_ask_openalex_about_the_study_of_the_package() -> None:
    options = build_parser().parse_args(["refresh"])
    assert (options.study, options.source, options.rate) == ("cas-latin-america", "openalex", 5.0)
    assert not any((options.offline, options.force, options.quiet, options.json))
    assert (options.to, options.budget, options.parts) == (None, None, None)


@pytest.mark.parametrize("text", ["", " , ", "figures,poems", "Figures"])
def test_unknown_parts_are_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(InputError, match="--parts names") as raised:
        read_parts(text)
    assert all(part in raised.value.next_step for part in PARTS)


def test_parts_come_in_the_order_of_the_plan() -> None:
    assert read_parts(",".join(reversed(PARTS))) == PARTS
    assert read_parts(f" {PARTS[1]} ,{PARTS[1]}") == PARTS[1:2]
    assert read_parts(None) is None


def path_options(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> list[Any]:
    """Return the words up to every option whose value is a folder or a file."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                found += path_options(below, (*words, name))
        elif action.option_strings and action.metavar in ("DIR", "FILE"):
            found.append((*words, action.option_strings[0]))
    return found


def test_the_options_that_name_a_folder_or_file_are_found() -> None:
    found = path_options(build_parser())
    assert {("refresh", "--to"), ("report", "--out"), ("snapshot", "narrow", "--to")} <= {*found}
    assert {("study", "new", "--out"), ("tables", "--from"), ("refresh", "--narrow")} <= {*found}


@pytest.mark.parametrize("words", path_options(build_parser()), ids=" ".join)
def test_the_home_of_nobody_is_no_path(
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main([*words, "~nosuchuser/x"]) == 2
    assert "no user of that name has a home folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "ask",
    [
        bm.read_build,
        bm.connect,
        lambda path: bm.load_study(f"{path}.toml"),
        lambda path: bm.refresh("cas-latin-america", "sample", to=path),
        open_store,
    ],
)
def test_the_home_of_nobody_is_an_input_error_from_python(ask: Any) -> None:
    with pytest.raises(bm.InputError, match="no user of that name has a home folder"):
        ask("~nosuchuser/x")
