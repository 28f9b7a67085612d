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
MODULES = [
    found.name
    for found in pkgutil.walk_packages(bibliometrics.__path__, "bibliometrics.")
    if not found.ispkg
]
ROOMS = [found.name for found in pkgutil.iter_modules(bibliometrics.__path__) if found.ispkg]
NAME = bibliometrics.__name__
MEGABYTE = 1_000_000
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

HEAVY = ("ibis", "matplotlib", "pandas", "pyalex", "pyarrow", "scipy", "seaborn")
LIGHT_COMMANDS = ("--help", "--version", "plan", "plan --urls", "study list")

# --------------------------------------------------------------------------------- docstrings ----


def has_public_name(name: str) -> bool:
    return not name.startswith("_")


def public_objects(module_name: str) -> Iterator[str]:
    """Yield a module's dotted name, and those of its public functions and classes with sections."""
    module = importlib.import_module(module_name)
    yield module.__name__
    for name, value in vars(module).items():
        is_own = getattr(value, "__module__", None) == module.__name__
        if not (has_public_name(name) and is_own and (inspect.isclass(value) or callable(value))):
            continue
        if name in bibliometrics.__all__ or "\n----" in (value.__doc__ or ""):
            yield f"{module.__name__}.{name}"
            yield from (
                f"{module.__name__}.{name}.{method}"
                for method in (
                    filter(has_public_name, vars(value)) if inspect.isclass(value) else ()
                )
                if inspect.isroutine(vars(value)[method])
                and "\n    ----" in (vars(value)[method].__doc__ or "")
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


@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith("__main__")])
def test_public_docstrings_pass_numpydoc_validation(module: str) -> None:
    assert [fault for name in public_objects(module) for fault in docstring_faults(name)] == []


def test_the_public_surface_is_sorted_and_there() -> None:
    assert list(bibliometrics.__all__) == sorted(bibliometrics.__all__)
    assert [name for name in bibliometrics.__all__ if not hasattr(bibliometrics, name)] == []


# ------------------------------------------------------------------------------------- rooms ----


def loaded_by(words: str) -> set[str]:
    """Return the top names of all modules that a command loads."""
    code = (
        "import contextlib, io, sys\n"
        "from bibliometrics.cli.commands import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({words.split()!r})\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("words", LIGHT_COMMANDS)
def test_a_command_that_only_tells_loads_no_heavy_library(words: str) -> None:
    assert loaded_by(words) & set(HEAVY) == set()


def test_importing_the_package_loads_no_library() -> None:
    code = "import sys, bibliometrics; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert set(done.stdout.split()) & {*HEAVY, "numpy", "pydantic", "requests"} == set()


def names_through_walls(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (room, name) for each name that a module takes from another room."""
    own = path.relative_to(ROOT / NAME).parts[0]
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if not (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{NAME}.")):
            continue
        room = (node.module or "").removeprefix(f"{NAME}.").partition(".")[0]
        if room == own or room not in ROOMS:
            continue
        for entry in node.names:
            if f"{node.module}.{entry.name}" in MODULES:
                alias = entry.asname or entry.name
                yield from (
                    (room, one.attr)
                    for one in ast.walk(tree)
                    if isinstance(one, ast.Attribute)
                    and isinstance(one.value, ast.Name)
                    and one.value.id == alias
                )
            else:
                yield room, entry.name


def test_a_room_is_entered_by_the_names_at_its_door_only() -> None:
    doors = {room: set(importlib.import_module(f"{NAME}.{room}").__all__) for room in ROOMS}
    beside = sorted(
        f"{path.relative_to(ROOT)}: {room}.{name}"
        for path in (ROOT / NAME).rglob("*.py")
        for room, name in names_through_walls(path)
        if name not in doors[room]
    )
    assert beside == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_door_opens_to_names_that_are_there_and_hide_no_module(room: str) -> None:
    door = importlib.import_module(f"{NAME}.{room}")
    assert [name for name in door.__all__ if not hasattr(door, name)] == []
    assert {f"{NAME}.{room}.{name}" for name in door.__all__} & set(MODULES) == set()


def count_body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function's body after its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", sorted((ROOT / NAME).rglob("*.py")), ids=str)
def test_no_function_is_longer_than_fifty_lines(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
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
    cli = importlib.import_module("bibliometrics.cli.commands")
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
