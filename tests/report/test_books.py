"""The notebooks as a reader finds them: code to change, numbers computed, nothing written."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.worlds import ROOT

BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OPERATIONS = {
    "agg",
    "apply",
    "assign",
    "between",
    "clip",
    "concat",
    "count",
    "crosstab",
    "cumsum",
    "describe",
    "div",
    "drop",
    "drop_duplicates",
    "dropna",
    "fillna",
    "groupby",
    "head",
    "idxmax",
    "isin",
    "join",
    "json_normalize",
    "max",
    "mean",
    "median",
    "melt",
    "merge",
    "min",
    "nlargest",
    "nunique",
    "pct_change",
    "pivot",
    "pivot_table",
    "query",
    "rank",
    "rename",
    "sort_values",
    "stack",
    "sum",
    "tail",
    "unstack",
    "value_counts",
    "works",
}
WRITES = re.compile(
    r"to_csv|to_excel|savefig|open\(|write_|mkdir|requests|urllib|urlopen|urlretrieve"
)


def cells_of(path: Path, kind: str) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == kind]


def source_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def parse(cell: dict[str, Any]) -> ast.Module:
    return ast.parse(source_of(cell).rstrip().rstrip(";"))


def works_on_frames(cell: dict[str, Any]) -> bool:
    named = {node.attr for node in ast.walk(parse(cell)) if isinstance(node, ast.Attribute)}
    return bool(named & OPERATIONS) or "sns." in source_of(cell)


@pytest.fixture(params=BOOKS, ids=lambda path: path.stem)
def book(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_are_eight_numbered_one_after_the_other() -> None:
    assert [path.stem[:2] for path in BOOKS] == [f"{number:02d}" for number in range(1, 9)]


def test_at_least_half_of_the_code_works_on_frames(book: Path) -> None:
    code = cells_of(book, "code")
    assert sum(map(works_on_frames, code)) * 2 >= len(code)


def test_no_cell_defines_a_function_fetches_or_writes(book: Path) -> None:
    for cell in cells_of(book, "code"):
        nodes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        assert not any(isinstance(node, nodes) for node in ast.walk(parse(cell)))
        assert WRITES.findall(source_of(cell)) == []


def test_a_cell_is_short_enough_to_be_changed(book: Path) -> None:
    sizes = {source_of(cell): source_of(cell).count("\n") + 1 for cell in cells_of(book, "code")}
    assert {text: size for text, size in sizes.items() if size > 20} == {}


def test_words_hold_no_number_that_could_go_stale(book: Path) -> None:
    for cell in cells_of(book, "markdown"):
        words = re.sub(r"`[^`]*`|\]\([^)]*\)", "", source_of(cell))
        assert re.findall(r"\d{3,}|\d+[.,]\d+|\d+ ?%", words) == []


def test_every_book_asks_a_question_names_its_data_and_ends_with_what_to_try(book: Path) -> None:
    words = [source_of(cell) for cell in cells_of(book, "markdown")]
    assert all(part in words[0] for part in ("# ", "**Question.**", "**Data.**"))
    assert words[-1].startswith("## What to try") or "\n## What to try" in words[-1]
    assert sum("**What it means.**" in text for text in words) >= 2


def test_what_was_run_is_what_is_shown_and_nothing_failed(book: Path) -> None:
    shown = [output for cell in cells_of(book, "code") for output in cell["outputs"]]
    kinds = {output["output_type"] for output in shown}
    assert kinds <= {"display_data", "execute_result"}
    assert "error" not in kinds
    assert any("image/png" in output["data"] for output in shown)
    assert sum("text/markdown" in output["data"] for output in shown) >= 3


def test_what_is_invented_stands_under_a_heading_that_says_so(book: Path) -> None:
    heading, said = "", 0
    for cell in json.loads(book.read_text(encoding="utf-8"))["cells"]:
        texts = [source_of(cell)] if cell["cell_type"] == "markdown" else []
        for output in cell.get("outputs", ()):
            texts.append("".join(output["data"].get("text/markdown", "")))
        for text in texts:
            heading = (re.findall(r"^##+ (.+)$", text, re.MULTILINE) or [heading])[-1]
            if "SYNTHETIC" in text and cell["cell_type"] == "code":
                said += 1
                assert "SYNTHETIC" in heading, text
            assert "waiting for a" not in text
    assert said or book.stem[:2] == "01"
