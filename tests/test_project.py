"""The project as a whole: what is installed, documented, committed, and said of it."""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from numpydoc.validate import validate

import bibliometrics

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = sorted(found.name for found in pkgutil.iter_modules(bibliometrics.__path__))
NAME = bibliometrics.__name__
MEGABYTE = 1_000_000
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

BARE_ROOMS = ("errors", "schema", "study", "question", "request", "paths", "archive", "cli")
BARE_COMMANDS = ("--help", "plan", "tables", "verdicts")

# --------------------------------------------------------------------------------- docstrings ----


def has_public_name(name: str) -> bool:
    return not name.startswith("_")


def public_objects(room: str) -> Iterator[str]:
    """Yield the dotted names of a room's own public functions and classes, methods included."""
    module = importlib.import_module(f"bibliometrics.{room}")
    yield module.__name__
    for name, value in vars(module).items():
        is_own = getattr(value, "__module__", None) == module.__name__
        if not (has_public_name(name) and is_own and (inspect.isclass(value) or callable(value))):
            continue
        yield f"{module.__name__}.{name}"
        if inspect.isclass(value):
            methods = filter(has_public_name, vars(value))
            yield from (
                f"{module.__name__}.{name}.{method}"
                for method in methods
                if inspect.isroutine(vars(value)[method])
                and getattr(vars(value)[method], "__module__", module.__name__) == module.__name__
            )


def docstring_faults(name: str) -> list[str]:
    """Return the faults of one public docstring by the checks that pyproject.toml chooses."""
    rules = PROJECT["tool"]["numpydoc_validation"]
    result = validate(name)
    left_out = set(rules["checks"])
    if "Parameters\n" not in result["docstring"]:
        left_out |= {"PR01", "RT01"}
    if any(re.match(words, result["docstring"]) for words in rules["override_SS05"]):
        left_out.add("SS05")
    return [f"{name}: {code} {text}" for code, text in result["errors"] if code not in left_out]


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "__main__"])
def test_public_docstrings_pass_numpydoc_validation(room: str) -> None:
    assert [fault for name in public_objects(room) for fault in docstring_faults(name)] == []


def test_the_public_surface_is_sorted_and_there() -> None:
    assert list(bibliometrics.__all__) == sorted(bibliometrics.__all__)
    assert [name for name in bibliometrics.__all__ if not hasattr(bibliometrics, name)] == []


# ------------------------------------------------------------------------------------- rooms ----


def bare_python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run code from the checkout by a Python without any installed library."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + code, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )


@pytest.mark.parametrize("room", BARE_ROOMS)
def test_a_room_of_the_standard_library_starts_without_any_library(room: str) -> None:
    done = bare_python(f"import bibliometrics.{room}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", BARE_COMMANDS)
def test_a_reading_command_works_without_any_library(command: str) -> None:
    done = bare_python("from bibliometrics.cli import main; sys.exit(main(sys.argv[1:]))", command)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def imported_rooms(path: Path) -> set[str]:
    """Return the rooms that a file imports, or imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, _, room = node.module.partition(".")
            found |= {room, *(entry.name for entry in node.names)} if package == NAME else set()
    return found & set(ROOMS)


def test_every_room_is_tested_by_itself_or_with_its_callers() -> None:
    files = {path.stem.removeprefix("test_"): path for path in ROOT.glob("tests/test_*.py")}
    tested = {room for path in files.values() for room in imported_rooms(path)} | set(files)
    called = {room for room in ROOMS if room in files}
    for _ in range(2):  # a room that its caller's caller alone needs has no test of its own
        called |= {n for room in called for n in imported_rooms(ROOT / NAME / f"{room}.py")}
    assert [room for room in ROOMS if room not in {"__main__", *tested, *called}] == []


def count_body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function's body after its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("room", ROOMS)
def test_no_function_is_longer_than_fifty_lines(room: str) -> None:
    tree = ast.parse((ROOT / "bibliometrics" / f"{room}.py").read_text(encoding="utf-8"))
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [node.name for node in functions if count_body_lines(node) > 50] == []


# ------------------------------------------------------------------------------------ README ----


def walk_parsers(parser: argparse.ArgumentParser, words: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (command words, parser) for a parser and all commands below it."""
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from walk_parsers(below, f"{words} {name}".strip())


@cache
def command_line() -> list[tuple[str, argparse.ArgumentParser]]:
    cli = importlib.import_module("bibliometrics.cli")
    return list(walk_parsers(cli.build_parser()))


def test_readme_names_every_command_and_option() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    options = {
        option
        for _, parser in command_line()
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--")
    }
    words = sorted({words for words, _ in command_line() if words} | options)
    assert [word for word in words if not re.search(rf"(?<![\w-]){word}(?![\w-])", readme)] == []


def test_every_command_and_option_has_help() -> None:
    silent = [
        f"{words} {action.dest}"
        for words, parser in command_line()
        for action in parser._actions
        if not action.help and not isinstance(action, argparse._SubParsersAction)
    ]
    assert silent == []


def test_readme_names_every_make_command_for_users() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = ["refresh", "sample", "lab", "test", "wheels"]
    assert [name for name in commands if f"make {name}" not in readme] == []


# ------------------------------------------------------------------------ what is committed ----


@cache
def committed_files() -> tuple[Path, ...]:
    """Return the files that git holds or would hold."""
    assert (ROOT / ".git").exists(), "this test needs a git checkout"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def test_no_committed_file_is_large() -> None:
    large = [path.name for path in committed_files() if path.stat().st_size > 3 * MEGABYTE]
    assert large == []


def test_the_data_folder_stays_small() -> None:
    inside = [path for path in committed_files() if path.is_relative_to(ROOT / "data")]
    assert sum(path.stat().st_size for path in inside) < 15 * MEGABYTE


# Written in two parts, so that this list doesn't find itself.
FORBIDDEN = {
    "a registry's host": "py" + "pi.org|python" + "hosted|registry.npm" + "js",
    "a folder of one computer": r"(?<![\w./-])/(wo" + r"rk|ro" + r"ot|ho" + r"me|t" + r"mp)/\w",
    "a folder beside the checkout": r"\.\./sha" + "red",
    "an install from the index": "pip install biblio" + "metrics",
    "a maker": r"\b(cla" + r"ude|anthro" + r"pic|chat" + r"gpt|copi" + r"lot)\b",
    "a merge left over": "^(<{7}|>{7}) ",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_committed_file_speaks_of(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what].encode(), re.IGNORECASE | re.MULTILINE)
    allowed = {ROOT / ".ci" / "run"} if what == "a folder beside the checkout" else set()
    found = [
        str(path.relative_to(ROOT))
        for path in committed_files()
        if path not in allowed and pattern.search(path.read_bytes())
    ]
    assert found == []


def test_every_action_of_a_workflow_is_pinned_by_commit() -> None:
    used = [
        line.split("uses:")[1].strip()
        for path in (ROOT / ".github" / "workflows").glob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]
    assert used
    assert [
        name for name in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", name)
    ] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_third_party_code_in_a_workflow_has_no_token_that_can_write(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert not {"write", "write-all"} & {str(value) for value in workflow["permissions"].values()}
    for job in workflow["jobs"].values():
        if "write" in job.get("permissions", {}).values():
            ran = " ".join(step.get("run", "") for step in job["steps"])
            assert not re.search(r"\b(make|python3?|pip|uv|bash|npm)\b", ran)
            used = [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step]
            assert set(used) <= {"actions/checkout", "actions/download-artifact"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_installs_by_hash_only(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "install" in line]
    by_pip = [line for line in lines if re.search(r"\b(pip|uv)\b.* install\b", line)]
    own = "--no-index --no-build-isolation --no-deps -e ."
    assert [one for one in by_pip if "--require-hashes" not in one and own not in one] == []


def test_version_is_the_same_everywhere() -> None:
    version = PROJECT["project"]["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert bibliometrics.__version__ == version
    assert f"\nversion: {version}\n" in citation


def test_changelog_keeps_a_data_heading() -> None:
    assert "### Data" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
