"""
The notebooks that come along, run on a build by papermill; what they show, as sections of HTML.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import mistune
import papermill
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from markupsafe import Markup
from papermill.exceptions import PapermillExecutionError

from bibliometrics.errors import BibliometricsError, InputError
from bibliometrics.files import notebooks_folder
from bibliometrics.report.html import make_id, tidy_html

AT_A_TIME: Final = 2
QUESTION: Final = re.compile(r"^\*\*Question\.\*\* (.*?)(?:\n\n|\Z)", re.DOTALL | re.MULTILINE)
ONE_LEVEL: Final = 1
NATIVE: Final = "python3"
SYNTHETIC: Final = "SYNTHETIC"

#: Pictures go into the cells, whatever the backend of the program that runs them.
INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


class ThisPython(AsyncKernelManager):
    """Starts kernels of the running Python, whatever kernels a user has under the same name."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """What is started, and how."""
        return KernelSpec(**get_kernel_dict(), env=INLINE)


@dataclass(frozen=True)
class Story:
    """One notebook as it was run: its file name without ending, and its cells."""

    name: str
    cells: Sequence[Mapping[str, Any]]

    @property
    def title(self) -> str:
        """Its first heading."""
        lines = (line for cell in self.cells for line in _source(cell).splitlines())
        return next((line[2:].strip() for line in lines if line.startswith("# ")), self.name)


def list_notebooks(folder: Path | None = None) -> list[Path]:
    """Return the notebooks that tell the story, in order."""
    folder = folder or notebooks_folder()
    found = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not found:
        msg = f"{folder} holds no notebooks."
        raise InputError(msg, "install the package again, or add --no-notebooks")
    return found


def hash_notebooks(paths: Sequence[Path]) -> str:
    """Return the SHA-256 of what notebooks say and do: their cells, not their outputs."""
    texts = [[_source(cell) for cell in _read(path)["cells"]] for path in paths]
    names = [path.name for path in paths]
    return hashlib.sha256(json.dumps([names, texts]).encode()).hexdigest()


def run_notebooks(paths: Sequence[Path], build: Path, said: Callable[[str], None]) -> list[Story]:
    """Run notebooks on a build, two at a time; nothing is written."""

    def run(path: Path) -> Story:
        try:
            done = papermill.execute_notebook(
                path,
                None,
                parameters={"data": str(build)}
                if "data" in papermill.inspect_notebook(path)
                else {},
                cwd=path.parent,
                progress_bar=False,
                extra_arguments=["--log-level=50"],
                kernel_name=NATIVE,
                kernel_manager_class=ThisPython,
            )
        except PapermillExecutionError as error:
            place = error.source.strip().partition("\n")[0]
            msg = f"notebook {path.name} failed at `{place}`: {error.ename}: {error.evalue}"
            step = f"open it with `make lab` and run it with data = {str(build)!r}"
            raise BibliometricsError(msg, step) from error
        finally:
            asyncio.get_event_loop().close()  # papermill leaves this thread's open
        said(f"notebook {path.name} has run")
        return Story(path.stem, done["cells"])

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return list(pool.map(run, paths))


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        msg = f"can't read notebook {path}: {error}."
        raise InputError(msg, "restore it from version control") from error


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


def tell(story: Story, *, real: bool = False) -> Markup:
    """
    Return what a notebook asks and what it computes in words, as HTML.

    ``real``: sections whose heading says SYNTHETIC are left out.
    """
    cells = _without_samples(story.cells) if real else story.cells
    asked = [
        found[0] for cell in story.cells for found in [QUESTION.findall(_source(cell))] if found
    ]
    said = [
        text
        for cell in cells
        if cell["cell_type"] == "code"
        for text in _markdown_outputs(cell)
        if not text.startswith("#")
    ]
    return Markup().join(map(_tell_markdown, [*asked[:1], *said]))


def _headings(cell: Mapping[str, Any], mark: str = "##+") -> list[str]:
    """Return the headings of a cell below its title: written, or computed by its code."""
    texts = [_source(cell)] if cell["cell_type"] == "markdown" else _markdown_outputs(cell)
    return [found for text in texts for found in re.findall(rf"^{mark} (.+)$", text, re.MULTILINE)]


def _markdown_outputs(cell: Mapping[str, Any]) -> list[str]:
    shown = (output.get("data", {}) for output in cell.get("outputs", ()))
    return [_joined(data["text/markdown"]) for data in shown if "text/markdown" in data]


def _without_samples(cells: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return cells without those from a heading that says SYNTHETIC up to the next of its level."""
    kept, invented = [], False
    for cell in cells:
        found = _headings(cell, "##")
        invented = SYNTHETIC in found[0] if found else invented
        if not invented:
            kept.append(cell)
    return kept


def _tell_markdown(text: str) -> Markup:
    render = mistune.create_markdown(plugins=["table", "url"])
    return tidy_html(str(render(text)), deeper=ONE_LEVEL)


def _joined(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def section_id(story: Story) -> str:
    """Return the id of a notebook's section: links between notebooks lead there."""
    return make_id(story.name)
