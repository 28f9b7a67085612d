"""
The page of a build for readers: the answer, verdicts, figures, the notebooks' story, tables.

The page stands alone: nothing in it is loaded from elsewhere, and a policy in it forbids that. What
a reader doesn't need at once is folded. The same build and notebooks give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup, escape

from bibliometrics.builds import publish
from bibliometrics.builds.read import Build, label_of, read_build, workbook_of
from bibliometrics.claims import verdicts as claims
from bibliometrics.claims.ledger import load_claims
from bibliometrics.claims.rules import (
    DECIDED,
    DIFFERS,
    HOLDS,
    IN_PART,
    NOT_GRADED,
    NOT_PUBLICATIONS,
)
from bibliometrics.errors import BusyError, InputError
from bibliometrics.figures.catalogue import ENTRIES, list_entries, present
from bibliometrics.files import PACKAGE, check_output, processed_folder, sha256, write_atomic
from bibliometrics.models import read_form, read_toml
from bibliometrics.report import reading
from bibliometrics.report.answer import FigureRow, compare_figures, five_sentences, tell_sources
from bibliometrics.report.html import TEMPLATES, inline_svg, link_data, make_table
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

HERE: Final = Path(__file__).parent
GLOSSARY: Final = PACKAGE / "definitions" / "glossary.toml"
STAMP: Final = "SYNTHETIC: counted on an invented sample. No number here is a result."
NUMBERED: Final = re.compile("(?:Figure|Table) [0-9]")
FIRST: Final = ("headline", "figure4_institution_region")
WORKBOOK_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LEAD: Final = re.compile(r"^(The central question|[^:]{1,20}:)")
UNTESTED: Final = (NOT_GRADED, NOT_PUBLICATIONS)


def hash_build(folder: Path) -> str:
    """Return the SHA-256 that stands for a whole build: that of its ``datapackage.json``."""
    return sha256((folder / PACKAGE_FILE).read_bytes())


def render_page(
    build: Build,
    stories: Sequence[Story] = (),
    notebooks_hash: str = "",
    *,
    full: bool = False,
) -> str:
    """Return the page of a build as HTML; ``full``: nothing in it is folded."""
    page = _Page(build, notebooks_hash)
    real = not page.synthetic
    style, script = ((HERE / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    contents = {
        "verdicts": "Verdicts",
        "figures": "Figures",
        **({"story": "Notebooks"} if stories else {}),
        "tables": "Tables",
        "provenance": "Sources and words",
    }
    return TEMPLATES.get_template("page.html.j2").render(
        page=page,
        code=_code,
        brief=lambda text: re.sub(r" \([^()]*\)|:.*", "", text),
        lead=_lead,
        shade=shade_of,
        table=make_table,
        full=full,
        contents=contents.items(),
        stories=[(section_id(one), one.title, tell(one, real=real)) for one in stories],
        glossary=[(entry.word, entry.meaning) for entry in _read_glossary().words],
        style=Markup(style),
        script=Markup(script),
        policy=Markup(
            "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
            f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        ),
    )


@dataclass(frozen=True)
class Word:
    """A word of the trade, and what it means here."""

    word: str
    meaning: str


@dataclass(frozen=True)
class Glossary:
    """The words that the page explains."""

    words: tuple[Word, ...]


def _read_glossary() -> Glossary:
    return read_form(Glossary, read_toml(GLOSSARY), str(GLOSSARY))


@dataclass(frozen=True)
class Shown:
    """A figure as the page shows it."""

    name: str
    label: str
    svg: Markup
    text: str
    sources: str


@dataclass(frozen=True)
class Told:
    """A claim as the page tells it: its line, and its tests behind it."""

    id: str
    name: str
    title: str
    verdict: str
    sentence: str
    tests: tuple[dict[str, str], ...]


class _Page:
    """What the page says of one build; the template lays it out."""

    stamp = STAMP

    def __init__(self, build: Build, notebooks_hash: str) -> None:
        self.build, self.told = build, build.provenance
        self.synthetic, self.version = self.told.synthetic, self.told.package_version
        self.notebooks_hash = notebooks_hash
        self.build_hash = hash_build(build.folder)
        self.question = build.study.question
        self.title = build.study.title + (" (SYNTHETIC)" if self.synthetic else "")
        self.sentences = five_sentences(build)
        self.ungraded = reading.tell_ungraded(build)
        self.notes = self.told.notes
        names = sorted(build.alt_texts, key=_figure_order)
        known = present(build.inputs)
        shown = [self._show(name) for name in names if name in known or name not in ENTRIES]
        first = [one for name in FIRST for one in shown if one.name == name]
        self.headline = next(iter([*first, *shown]), None)
        below = [one for one in shown if one is not self.headline]
        self.figures = [one for one in below if NUMBERED.match(one.label)] or below
        self.more_figures = [one for one in below if one not in self.figures]
        told = [] if self.synthetic else self._claims()
        self.differing, self.held_in_part, self.held = (
            [one for line, one in told if line["verdict"] == word]
            for word in (DIFFERS, IN_PART, HOLDS)
        )
        rest = [(line, one) for line, one in told if line["verdict"] not in DECIDED]
        self.undecided = [one for line, one in rest if line["verdict"] not in UNTESTED]
        self.untested = [one for line, one in rest if line["verdict"] in UNTESTED]
        self.graded = bool(told)

    @property
    def document(self) -> str:
        paper = {} if self.synthetic else self.build.study.paper
        names = ("authors", "title", "journal", "year")
        return ". ".join(paper[name] for name in names if paper.get(name))

    @property
    def compared(self) -> list[list[str]]:
        return [_compare(row) for row in compare_figures(self.build)]

    def _claims(self) -> list[tuple[Mapping[str, Any], Told]]:
        lines, rows = (
            to_rows(self.build[name]) if self.build.has(name) else []
            for name in ("claim_summary", "claims")
        )
        short = claims.shorten_verdicts(rows)
        names = {claim.id: claim.title for claim in load_claims()}
        return [
            (
                line,
                Told(
                    cells["claim"],
                    names[cells["claim"]],
                    f"{cells['claim']} {cells['what it says']}",
                    cells["verdict"],
                    cells["why"],
                    tuple(
                        _tell_test(one)
                        for row, one in zip(rows, short, strict=True)
                        if row["claim_id"] == cells["claim"] and (row["test_id"] or row["evidence"])
                    ),
                ),
            )
            for line, cells in zip(lines, claims.shorten_lines(lines), strict=True)
        ]

    def _waits(self, name: str) -> bool:
        return name in ENTRIES and ENTRIES[name].table in self.build.waiting

    @property
    def waiting(self) -> str:
        """Say in one line how many figures wait, and what asks for their counts."""
        waits = sum(map(self._waits, self.build.alt_texts))
        tables = [table for table in self.build.waiting if TABLES[table].needs != "full pull"]
        if not waits:
            return ""
        step = waiting_text((tables or self.build.waiting)[0])
        return (
            f"No counts of our own yet in {waits} of {len(self.build.alt_texts)} figures: {step}."
        )

    def _svg(self, name: str) -> str:
        return (self.build.folder / "figures" / f"{name}.svg").read_text(encoding="utf-8")

    def _show(self, name: str) -> Shown:
        svg, text = self._svg(name), self.build.alt_texts[name]
        label = _label(name, svg)
        sources = tell_sources(self.build, name) if name in ENTRIES else ""
        note = "Our own counts wait for a pull. " if self._waits(name) else ""
        picture = inline_svg(svg, f"{name}-picture", label, text)
        return Shown(name, label, picture, note + text, sources)

    @property
    def workbook_name(self) -> str:
        return f"{self.told.study_id}{'-SYNTHETIC' if self.synthetic else ''}.xlsx"

    @property
    def workbook(self) -> str:
        content = base64.b64encode(workbook_of(self.build)).decode()
        return f"data:{WORKBOOK_TYPE};base64,{content}"

    @property
    def tables(self) -> list[list[str]]:
        return [self._table(name) for name in TABLES]

    def _table(self, name: str) -> list[str]:
        first = [_code(f"`{name}`"), TABLES[name].caption]
        if not self.build.has(name):
            return [*first, "–", _code(waiting_text(name))]
        text = (self.build.folder / f"{name}.csv").read_text(encoding="utf-8")
        link = Markup('<a download="{0}.csv" href="{1}">{0}.csv</a>')
        size = f"{len(self.build.tables[name]):,}"
        return [*first, size, link.format(name, link_data(text, "text/csv"))]

    @property
    def origin(self) -> list[tuple[str, str]]:
        told = self.told
        counted = told.source != "witnesses"
        source = label_of(told) if counted else "published figures of others; no counts of our own"
        return [
            ("source", source),
            ("pull or release", told.pull),
            ("address", told.location),
            ("first answer", told.start),
            ("last answer", told.end),
            ("requests made", f"{told.calls:,}" if counted else "none"),
            ("cost", f"{told.credits:,} credits, {told.cost_usd:.4f} USD" if counted else "none"),
            ("answers, SHA-256", told.answers_sha256),
            ("study", f"{told.study_id}: {self.build.study.source}"),
            ("study, hash", told.study_hash),
            ("build, SHA-256", self.build_hash),
            ("notebooks, SHA-256", self.notebooks_hash),
            ("program", f"bibliometrics {told.package_version}"),
        ]

    @property
    def definitions(self) -> list[tuple[str, str, str]]:
        return reading.list_definitions(self.build)

    @property
    def files(self) -> list[list[str]]:
        package: Mapping[str, Any] = publish.read_package(self.build.folder) or {}
        digest = Markup('<code class="hash">{}</code>')
        files = package["bibliometrics"]["files"]
        return [[_code(f"`{name}`"), digest.format(told)] for name, told in files.items()]


def _compare(row: FigureRow) -> list[str]:
    cells = (row.document, row.others, row.ours, row.not_counted)
    figure = row.figure.replace(" ", "\N{NO-BREAK SPACE}")
    return [figure, *("; ".join(cell) or "–" for cell in cells)]


def _tell_test(cells: Mapping[str, str]) -> dict[str, str]:
    """Return one test and kind of evidence: what it is, its verdict in its shade, the numbers."""
    evidence = f" ({cells['evidence'].rpartition(', ')[2]})" if cells["evidence"] else ""
    return {
        "head": f"{cells['claim']} {cells['test']}{evidence}:",
        "verdict": cells["verdict"],
        "shade": shade_of(cells["verdict"]),
        "reason": cells["why"],
    }


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


def _code(text: str) -> Markup:
    """Return text with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))


def _lead(sentence: str) -> Markup:
    """Return a sentence with its first words strong."""
    return Markup(LEAD.sub(r"<strong>\g<0></strong>", str(_code(sentence)), count=1))


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
    full: bool = False,
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
    full : bool
        Whether everything stands open, to be printed; else what isn't needed at once is folded.
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
    page = render_page(build, stories, hash_notebooks(books) if books else "", full=full).encode()
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
