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


def tell_cells(*cells: dict[str, Any], **figures: str) -> str:
    return tell(Story("01_x", cells), figures.get)


def test_notebooks_run_on_the_build_and_stay_as_they_are(tmp_path: Path) -> None:
    first = write_notebook(
        tmp_path / "01_first.ipynb",
        markdown("# 01 First\n\nWords."),
        code("data = 'nowhere'", tags=("parameters",)),
        code("from pathlib import Path\nprint('in', Path(data).name, 'from', Path.cwd().name)"),
    )
    failing = write_notebook(
        tmp_path / "02_failing.ipynb", code("1"), code("raise ValueError('no such number')")
    )
    before = first.read_bytes()
    said: list[str] = []
    build = tmp_path / "the_build"
    (story,) = run_notebooks([first], build, said.append)
    assert (story.name, story.title, section_id(story)) == ("01_first", "01 First", "01-first")
    told = tell(story, lambda name: None)
    assert told == f"<p>Words.</p>\n\n<pre>in the_build from {tmp_path.name}\n</pre>"
    assert said == ["notebook 01_first.ipynb has run"]
    assert first.read_bytes() == before
    with pytest.raises(BibliometricsError, match=r"02_failing\.ipynb failed at `raise .*no such"):
        run_notebooks([failing], build, said.append)


def test_notebooks_run_on_this_python_whatever_kernel_a_user_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "user" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    other = {"argv": ["no-such-python"], "display_name": "Another", "language": "python"}
    spec.write_text(json.dumps(other), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "user"))
    cell = code("import sys\nprint(sys.executable)")
    book = write_notebook(tmp_path / "01_x.ipynb", markdown("# X"), cell)
    (story,) = run_notebooks([book], tmp_path, lambda _: None)
    assert sys.executable in tell(story, lambda name: None)


def test_a_page_links_only_to_sections_and_the_web() -> None:
    told = tell_cells(markdown("# T\nSee [04](04_a_b.ipynb#x), [web](https://a.b), [file](x.csv)."))
    assert '<a href="#04-a-b">04</a>' in told
    assert '<a href="https://a.b">web</a>' in told
    assert "file." in told


def test_headings_move_below_the_title_which_is_left_out() -> None:
    told = tell_cells(markdown("# Title\n\nText\n\n## Part\n\n### Detail"))
    assert "Title" not in told
    assert "<h3>Part</h3>" in told
    assert "<h4>Detail</h4>" in told


def test_a_page_of_real_counts_leaves_out_what_stands_under_a_synthetic_heading() -> None:
    cells = (
        markdown("# T\n\n## Published\n\nreal words"),
        code("a", shown(text_markdown="## Counted: SYNTHETIC sample")),
        code("b", shown(text_plain="invented number")),
        markdown("### Detail\n\ninvented words"),
        code("c", shown(text_markdown="## Next: OpenAlex"), shown(text_plain="real number")),
    )
    real = tell(Story("01_x", cells), {}.get, real=True)
    assert "real words" in real
    assert "real number" in real
    assert "invented" not in real
    assert "SYNTHETIC" not in real
    assert "invented number" in tell(Story("01_x", cells), {}.get)


def test_tables_are_named_after_their_part() -> None:
    told = tell_cells(
        markdown("# T\n\n## Partners"),
        code("x", shown(text_html="<table><tr><th>a</th><td>1</td></tr></table>")),
    )
    assert "<caption>Partners</caption>" in told


def test_a_figure_of_the_build_is_shown_by_the_page_itself() -> None:
    told = {"image/png": {"name": "figure9", "alt": "A line."}}
    cell = code("x", shown(told, image_png="aGk="))
    assert tell_cells(cell, figure9="<figure>9</figure>") == "<figure>9</figure>"
    assert '<img alt="A line." src="data:image/png;base64,aGk=">' in tell_cells(cell)


def test_a_nameless_picture_is_named_after_its_part() -> None:
    told = tell_cells(markdown("# T\n## Teams"), code("x", shown(image_png="aGk=")))
    assert '<img alt="Teams"' in told


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (shown(text_markdown="**a**"), "<p><strong>a</strong></p>\n"),
        (shown(text_plain="<x>"), "<pre>&lt;x&gt;</pre>"),
        (shown(text_plain="<Build x in /home>", text_html="<h4>x</h4>"), ""),
        ({"output_type": "stream", "name": "stderr", "text": "warned"}, ""),
        ({"output_type": "stream", "name": "stdout", "text": ["a", "<"]}, "<pre>a&lt;</pre>"),
    ],
)
def test_outputs_become_html(output: dict[str, Any], expected: str) -> None:
    assert tell_cells(code("x", output)) == expected


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
