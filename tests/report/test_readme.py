"""The computed parts of README are what the package computes."""

from __future__ import annotations

from tests.benchmarks import one_line
from tests.support import readme_blocks


def test_every_number_in_the_computed_parts_is_up_to_date() -> None:
    """``make readme`` changes nothing."""
    text = readme_blocks.README.read_text(encoding="utf-8")
    assert readme_blocks.fill(text) == text


def columns(table: str) -> dict[str, list[str]]:
    """Return the cells under each head of a table in Markdown."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    head, _, *cells = [row for row in rows if row]
    return {name: [row[place] for row in cells] for place, name in enumerate(head)}


def test_the_cells_that_one_line_gets_right_are_what_readme_says() -> None:
    text = readme_blocks.README.read_text(encoding="utf-8")
    written = columns(text.partition(one_line.BEGIN)[2].partition(one_line.END)[0])
    found = columns(one_line.compare())
    del found["openalexR"]  # depends on what is installed
    assert found.items() <= written.items()
    cells = [cell.strip("*").split(" of ") for cell in found["bibliometrics"]]
    assert all(right == every for right, every in cells)
