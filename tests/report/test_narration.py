"""Notebooks run on a build, and what they show becomes sections of a page."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.errors import BibliometricsError, InputError
from bibliometrics.report.notebooks import (
    Story,
    hash_notebooks,
    list_notebooks,
    run_notebooks,
    section_id,
    tell,
)

if TYPE_CHECKING:
    from pathlib import Path

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "m", "metadata": {}, "source": text}


def code(text: str, *outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": f"c{len(text)}", "metadata": {"tags": list(tags)}}
    return {**cell, "source": text, "execution_count": None, "outputs": list(outputs)}


def shown(metadata: dict[str, Any] | None = None, **data: str) -> dict[str, Any]:
    kinds = {name.replace("_", "/"): value for name, value in data.items()}
    return {"output_type": "display_data", "data": kinds, "metadata": metadata or {}}


def write_notebook(path: Path, *cells: dict[str, Any]) -> Path:
    content = {"cells": cells, "metadata": {"kernelspec": KERNEL}, "nbformat": 4}
    path.write_text(json.dumps({**content, "nbformat_minor": 5}), encoding="utf-8")
    return path


def tell_cells(*cells: dict[str, Any]) -> str:
    return tell(Story("01_x", cells))


def test_notebooks_run_on_the_build_and_stay_as_they_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = write_notebook(
        tmp_path / "01_first.ipynb",
        markdown("# 01 First\n\n**Question.** Where?\n\n**Data.** None."),
        code("data = 'nowhere'", tags=("parameters",)),
        code(
            "from pathlib import Path\nfrom IPython.display import Markdown\n"
            "Markdown(f'in {Path(data).name} from {Path.cwd().name}')"
        ),
    )
    failing = write_notebook(
        tmp_path / "02_failing.ipynb", code("1"), code("raise ValueError('no such number')")
    )
    before = first.read_bytes()
    said: list[str] = []
    build = tmp_path / "the_build"
    (story,) = run_notebooks([first], build, said.append)
    assert (story.name, story.title, section_id(story)) == ("01_first", "01 First", "01-first")
    told = tell(story)
    assert told == f"<p>Where?</p>\n<p>in the_build from {tmp_path.name}</p>\n"
    assert said == ["notebook 01_first.ipynb has run"]
    assert first.read_bytes() == before
    with pytest.raises(BibliometricsError, match=r"02_failing\.ipynb failed at `raise .*no such"):
        run_notebooks([failing], build, said.append)
    assert caplog.messages == []  # the failing one has no `data`, and nobody is told so


def test_notebooks_run_on_this_python_whatever_kernel_a_user_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "user" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    other = {"argv": ["no-such-python"], "display_name": "Another", "language": "python"}
    spec.write_text(json.dumps(other), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "user"))
    cell = code(
        "import sys\nfrom IPython.display import Markdown\nMarkdown(f'by {sys.executable}')"
    )
    book = write_notebook(tmp_path / "01_x.ipynb", markdown("# X"), cell)
    (story,) = run_notebooks([book], tmp_path, lambda _: None)
    assert sys.executable in tell(story)


def test_a_page_links_only_to_sections_and_the_web() -> None:
    said = "See [04](04_a_b.ipynb#x), [web](https://a.b), [file](x.csv)."
    told = tell_cells(code("x", shown(text_markdown=said)))
    assert '<a href="#04-a-b">04</a>' in told
    assert '<a href="https://a.b">web</a>' in told
    assert "x.csv" not in told


def test_a_notebook_is_told_by_its_question_and_the_sentences_it_computes() -> None:
    told = tell_cells(
        markdown("# Title\n\n**Question.** How many,\nand where?\n\n**Data.** Counts."),
        markdown("## Part\n\n**What it means.** Much."),
        code("1", shown(text_markdown="## Heading")),
        code("2", shown(text_markdown="Of **5** works 3 <rose>.")),
        code("3", shown(text_html="<table></table>"), shown(image_png="aGk=")),
        code("4", {"output_type": "stream", "name": "stdout", "text": "printed"}),
    )
    assert (
        told == "<p>How many,\nand where?</p>\n<p>Of <strong>5</strong> works 3 &lt;rose&gt;.</p>\n"
    )


def test_a_page_of_real_counts_leaves_out_what_stands_under_a_synthetic_heading() -> None:
    cells = (
        markdown("# T\n\n## Published\n\nwords"),
        code("0", shown(text_markdown="published number")),
        code("a", shown(text_markdown="## Counted: SYNTHETIC sample")),
        code("b", shown(text_markdown="invented number")),
        markdown("### Detail\n\nwords"),
        code("c", shown(text_markdown="## Next: OpenAlex"), shown(text_markdown="real number")),
    )
    real = tell(Story("01_x", cells), real=True)
    assert "published number" in real
    assert "real number" in real
    assert "invented" not in real
    assert "SYNTHETIC" not in real
    assert "invented number" in tell(Story("01_x", cells))


def test_the_hash_is_that_of_what_notebooks_say(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "01_a.ipynb", code("x"))
    first = hash_notebooks([path])
    write_notebook(path, code("x", shown(text_plain="1")))
    assert hash_notebooks([path]) == first
    write_notebook(path, code("y"))
    assert hash_notebooks([path]) != first


def test_notebooks_that_are_not_there_or_broken_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no notebooks"):
        list_notebooks(tmp_path)
    broken = tmp_path / "01_broken.ipynb"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"01_broken\.ipynb"):
        hash_notebooks([broken])
