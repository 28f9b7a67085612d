"""
The page of a build for readers: verdicts, figures, the notebooks' story, tables, provenance.

The page stands alone: nothing in it is loaded from elsewhere, and a policy in it forbids that. The
same build and notebooks give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any, Final

from bibliometrics.builds import publish
from bibliometrics.builds.read import Build, evidence_of, label_of, read_build
from bibliometrics.claims import verdicts as claims
from bibliometrics.claims.rules import DECIDED
from bibliometrics.errors import BusyError, InputError
from bibliometrics.figures.catalogue import ENTRIES, list_entries
from bibliometrics.files import PACKAGE, check_output, processed_folder, sha256, write_atomic
from bibliometrics.report import reading
from bibliometrics.report.html import (
    inline_svg,
    link_data,
    make_table,
    put_in_box,
    show_again,
    tidy_html,
)
from bibliometrics.report.notebooks import (
    Story,
    hash_notebooks,
    list_notebooks,
    run_notebooks,
    section_id,
    tell,
)
from bibliometrics.report.reading import shade_of
from bibliometrics.tables.build import to_rows
from bibliometrics.tables.datapackage import PACKAGE_FILE, waiting_text
from bibliometrics.tables.schema import TABLES

STYLE: Final = PACKAGE / "report.css"
STAMP: Final = "SYNTHETIC: counted on an invented sample. No number here is a result."
# Offers every figure as a file of its own; without scripts the page says where the files lie.
SCRIPT: Final = """
for (const link of document.querySelectorAll("a[data-svg]")) {
  const text = new XMLSerializer().serializeToString(document.getElementById(link.dataset.svg));
  link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  link.hidden = false;
}
"""


def hash_build(folder: Path) -> str:
    """Return the SHA-256 that stands for a whole build: that of its ``datapackage.json``."""
    return sha256((folder / PACKAGE_FILE).read_bytes())


def render_page(build: Build, stories: Sequence[Story] = (), notebooks_hash: str = "") -> str:
    """Return the page of a build as HTML."""
    page, real = _Page(build, notebooks_hash), not build.provenance.synthetic
    sections = [
        ("verdicts", "Verdicts", page.verdicts()),
        ("figures", "Figures", page.figures()),
        *((section_id(one), one.title, tell(one, page.show_figure, real=real)) for one in stories),
        ("tables", "Tables", page.tables()),
        ("provenance", "Where the numbers come from", page.provenance()),
    ]
    contents = "".join(
        f'<li><a href="#{key}">{escape(title)}</a></li>' for key, title, _ in sections
    )
    body = "".join(page.section(key, title, content) for key, title, content in sections)
    return (
        f"{page.head()}<body>\n"
        '<a class="skip" href="#main">Skip to the content</a>\n<div class="page">\n'
        f"<header>{page.opening()}</header>\n"
        f'<div class="columns"><nav aria-label="Contents"><ul>{contents}</ul></nav>\n'
        f'<main id="main" tabindex="-1">\n{body}</main></div>\n'
        f"<footer>{page.closing()}</footer>\n</div>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


class _Page:
    """The parts of the page of one build."""

    def __init__(self, build: Build, notebooks_hash: str) -> None:
        self.build, self.told = build, build.provenance
        self.notebooks_hash = notebooks_hash
        self.package_hash = hash_build(build.folder)
        folder = build.folder / "figures"
        self.pictures = {
            name: (folder / f"{name}.svg").read_text(encoding="utf-8")
            for name in sorted(build.alt_texts, key=_figure_order)
        }

    @property
    def title(self) -> str:
        return self.build.study.title + (" (SYNTHETIC)" if self.told.synthetic else "")

    def head(self) -> str:
        digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
        policy = (
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
            f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        )
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<meta name="description" content="{escape(self.build.study.question, quote=True)}">\n'
            f'<meta name="build" content="{self.package_hash}">\n'
            f'<meta name="notebooks" content="{self.notebooks_hash}">\n'
            f'<title>{escape(self.title)}</title>\n<link rel="icon" href="data:,">\n'
            f"<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        )

    @property
    def stamp(self) -> str:
        return f'<p class="stamp">{escape(STAMP)}</p>\n' if self.told.synthetic else ""

    def section(self, key: str, title: str, content: str) -> str:
        opens = ' class="opens"' if key[:1].isdigit() else ""
        return (
            f'<section id="{key}"{opens} aria-labelledby="{key}-title">\n'
            f'<h2 id="{key}-title">{escape(title)}</h2>\n{self.stamp}{content}</section>\n'
        )

    def opening(self) -> str:
        rows = self._rows("claim_summary")
        state = claims.summarise_verdicts(rows) if rows else reading.tell_ungraded(self.build)
        paper = self.build.study.paper
        names = ("authors", "title", "journal", "year")
        by = ". ".join(paper[name] for name in names if paper.get(name) and not self.told.synthetic)
        claim = f'<p class="soft">The document tested: {escape(by)}.</p>\n' if by else ""
        origin = "" if self.told.synthetic else f" {_code(self.build.origin)}"
        return (
            f"<h1>{escape(self.title)}</h1>\n"
            f'{self.stamp}<p class="question">{escape(self.build.study.question)}</p>\n'
            f'<p class="state"><strong>{escape(state)}</strong>{origin}</p>\n{claim}'
        )

    def closing(self) -> str:
        return (
            f"<p>{escape(self.title)}: made by bibliometrics {escape(self.told.package_version)} "
            f"from the build <code>{self.package_hash[:16]}</code>. This page loads nothing from "
            "elsewhere.</p>"
        )

    def _rows(self, table: str) -> list[dict[str, Any]]:
        return to_rows(self.build[table])

    def verdicts(self) -> str:
        lines, rows = self._rows("claim_summary"), self._rows("claims")
        if not lines:
            more = " A build of real counts shows verdicts here." if self.told.synthetic else ""
            return f"<p>{escape(reading.tell_ungraded(self.build))}{more}</p>\n"
        parts = ["<p>One line for each claim, then every test and piece of evidence.</p>\n"]
        decided = [line for line in lines if line["verdict"] in DECIDED]
        rest = [line for line in lines if line["verdict"] not in DECIDED]
        for title, some in (("Claims that are decided", decided), ("The other claims", rest)):
            parts.append(_verdict_table(title, claims.LINE_COLUMNS, claims.shorten_lines(some)))
        shown = claims.shorten_verdicts(row for row in rows if row["evidence"])
        parts.append(_verdict_table("Tests and evidence", claims.SHORT_COLUMNS, shown))
        return "".join(parts)

    def figures(self) -> str:
        waiting = [name for name in self.pictures if self._waits(name)]
        parts = [self._figure(name) for name in self.pictures]
        if waiting:
            names = ", ".join(
                f'<a href="#{name}">{escape(self._short_label(name))}</a>' for name in waiting
            )
            table = ENTRIES[waiting[0]].table
            note = (
                f'<p class="note"><strong>No counts of our own yet</strong> in {names}: '
                f"{_code(waiting_text(table))}. Until then these figures show what "
                "others published and what the document states, if anything.</p>\n"
            )
            parts.insert(0, note)
        parts.append(
            '<noscript><p class="soft">Each figure also lies beside the tables as SVG and PNG, in '
            "the folder <code>figures</code>.</p></noscript>\n"
        )
        return "".join(parts) if self.pictures else "<p>This build has no figures.</p>\n"

    def _short_label(self, name: str) -> str:
        return _number(name) or _label(name, self.pictures[name])

    def _waits(self, name: str) -> bool:
        return name in ENTRIES and ENTRIES[name].table in self.build.waiting

    def _is_empty(self, name: str) -> bool:
        return self._waits(name) and not evidence_of(self.build, name)

    def _figure(self, name: str) -> str:
        svg, text = self.pictures[name], escape(self.build.alt_texts[name])
        label = _label(name, svg)
        title = f"<h3>{escape(label)}</h3>\n"
        if self._is_empty(name):
            return f'<div id="{name}">{title}<p id="{name}-text">{text}</p></div>\n'
        note = "<strong>Our own counts wait for a pull.</strong> " if self._waits(name) else ""
        picture = inline_svg(svg, f"{name}-picture", label, f"{name}-text")
        return (
            f'<figure id="{name}">{title}{put_in_box(label, picture)}'
            f'<figcaption><p id="{name}-text">{note}{text}</p>'
            f'<p class="download"><a hidden download="{name}.svg" data-svg="{name}-picture">'
            f"{escape(name)}.svg</a></p></figcaption></figure>\n"
        )

    def show_figure(self, name: str) -> str | None:
        """Show a figure of the build once more, in a notebook's story."""
        if name not in self.pictures:
            return None
        if self._is_empty(name):
            return "<p><em>The figure waits for a pull.</em></p>"
        label = _label(name, self.pictures[name])
        again = show_again(self.pictures[name], f"{name}-picture", label, f"{name}-text")
        return f"<figure>{put_in_box(label, again)}</figure>"

    def tables(self) -> str:
        rows = []
        for name, table in TABLES.items():
            if not self.build.has(name):
                rows.append(
                    [f"<code>{name}</code>", escape(table.caption), "–", _code(waiting_text(name))]
                )
                continue
            text = (self.build.folder / f"{name}.csv").read_text(encoding="utf-8")
            link = f'<a download="{name}.csv" href="{link_data(text, "text/csv")}">{name}.csv</a>'
            size = f"{len(self.build.tables[name]):,}"
            rows.append([f"<code>{name}</code>", escape(table.caption), size, link])
        columns = ("table", "what it holds", "rows", "file")
        return (
            "<p>Every table of the build, whole, within this page. Empty cells are unknown; "
            "<code>NA</code> in a column of countries is Namibia.</p>\n"
            + make_table("Tables to download", columns, rows)
        )

    def provenance(self) -> str:
        told = self.told
        counted = told.source != "witnesses"
        entries = {
            "source": label_of(told)
            if counted
            else "published figures of others; no counts of our own",
            "pull or release": told.pull,
            "address": told.location,
            "first answer": told.start,
            "last answer": told.end,
            "requests made": f"{told.calls:,}" if counted else "none",
            "cost": f"{told.credits:,} credits, {told.cost_usd:.4f} USD" if counted else "none",
            "answers, SHA-256": told.answers_sha256,
            "study": f"{told.study_id}: {self.build.study.source}",
            "study, hash": told.study_hash,
            "build, SHA-256": self.package_hash,
            "notebooks, SHA-256": self.notebooks_hash,
            "program": f"bibliometrics {told.package_version}",
        }
        listed = "".join(
            f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n"
            for name, value in entries.items()
            if value
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in told.notes)
        defined = tidy_html(
            reading.list_definitions(self.build).to_html(), caption="What counts as what"
        )
        return (
            f"<dl>{listed}</dl>\n"
            + (f"<h3>Notes on the answers</h3><ul>{notes}</ul>\n" if notes else "")
            + f"<h3>Definitions</h3>\n{defined}<h3>Files</h3>\n{self._files()}"
        )

    def _files(self) -> str:
        package: Mapping[str, Any] = publish.read_package(self.build.folder) or {}
        rows = [
            [f"<code>{escape(name)}</code>", f'<code class="hash">{digest}</code>']
            for name, digest in package["bibliometrics"]["files"].items()
        ]
        return make_table("SHA-256 of each file of the build", ("file", "SHA-256"), rows)


def _figure_order(name: str) -> tuple[bool, int, str]:
    known = [entry.id for entry in list_entries()]
    place = known.index(name) if name in known else len(known)
    return name != "headline", place, name


def _label(name: str, svg: str) -> str:
    """Return a figure's title, with its number where the name has one."""
    found = re.search(r"<title>(.*?)</title>", svg, re.DOTALL)
    title = unescape(" ".join(found[1].split())) if found else name
    number = _number(name)
    return f"{number}: {title}" if number else title


def _number(name: str) -> str:
    """Return "Figure 4" for such a figure of the document; empty for any other."""
    found = re.match(r"(figure|table)(\d+)_", name)
    return f"{found[1].capitalize()} {found[2]}" if found else ""


def _verdict(text: str) -> str:
    return f'<span class="verdict {shade_of(text)}">{escape(text)}</span>'


def _verdict_table(title: str, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Return verdicts as a table, each verdict in its shade; nothing for no rows."""
    cells = [
        [_verdict(row[name]) if name == "verdict" else escape(row[name]) for name in columns]
        for row in rows
    ]
    return make_table(title, columns, cells) if cells else ""


def _code(text: str) -> str:
    """Return text with what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


@dataclass(frozen=True)
class Report:
    """What was written: where, how large, of which build."""

    path: Path
    size: int
    synthetic: bool
    waiting: tuple[str, ...]
    notebooks: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values for JSON."""
        return {
            "report": str(self.path),
            "bytes": self.size,
            "synthetic": self.synthetic,
            "waiting": list(self.waiting),
            "notebooks": self.notebooks,
        }

    def lines(self) -> list[str]:
        """Return the lines that the command prints."""
        what = "SYNTHETIC report" if self.synthetic else "report"
        size = f"{self.size / 1_000_000:.1f} MB, {self.notebooks} notebooks"
        waits = [f"waits for a pull: {', '.join(self.waiting)}"] if self.waiting else []
        return [f"{what}: {self.path} ({size})", *waits]


def write_report(
    folder: Path,
    out: Path | None = None,
    *,
    with_notebooks: bool = True,
    force: bool = False,
    said: Callable[[str], None] = lambda _: None,
) -> Report:
    """
    Run the notebooks on a build and write all that a reader wants as one HTML file.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the build.
    out : pathlib.Path or None
        The file; None: ``report.html`` in the build's folder.
    with_notebooks : bool
        Whether the notebooks' story is in it.
    force : bool
        Whether a file that is no report of ours may be replaced.
    said : callable
        Is told of each notebook that has run.

    Returns
    -------
    Report
        What was written.

    Raises
    ------
    BibliometricsError
        If there is no build, a notebook fails, the build changes meanwhile, or the file can't be
        written: it is no report of ours, a part of the build, or no regular file. What was there
        before is then untouched.
    """
    folder = folder.resolve()
    build = read_build(folder)
    path = (out or folder / publish.REPORT_FILE).resolve()
    _check_place(build, path)
    check_output(path, publish.is_report, force=force)
    before = hash_build(folder)
    books = list_notebooks() if with_notebooks else []
    stories = run_notebooks(books, folder, said)
    page = render_page(build, stories, hash_notebooks(books) if books else "").encode()
    with publish.hold(folder):
        if hash_build(folder) != before:
            msg = f"{folder} was rebuilt while the report was made."
            raise BusyError(msg, "run the same command again")
        write_atomic(path, page)
    waiting = tuple(build.waiting)
    return Report(path, len(page), build.provenance.synthetic, waiting, len(stories))


def _check_place(build: Build, path: Path) -> None:
    if build.provenance.synthetic and processed_folder().resolve() in path.parents:
        msg = "a synthetic report must not go to data/processed."
        raise InputError(msg, "name another file with --out")
    package: Mapping[str, Any] = publish.read_package(build.folder) or {}
    parts = {PACKAGE_FILE, *package["bibliometrics"]["files"]}
    if path in {build.folder / name for name in parts}:
        msg = f"{path} is a part of the build."
        raise InputError(msg, "name another file with --out, for instance report.html")
