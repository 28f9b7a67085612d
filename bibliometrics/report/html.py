"""
HTML by small pure functions: tables and pictures, fit for screen readers.

Nothing here knows what a page is about. Everything that comes in as text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final
from urllib.parse import quote

import nh3

NUMBER: Final = re.compile(r"[−-]?[\d,]+(\.\d+)?( ?%)?|–|NaN")
PROSE: Final = 60
ROLES: Final = frozenset(("table", "rowgroup", "row", "columnheader", "rowheader", "cell"))
SAFE_IN_LINKS: Final = "!$'()*+,-./:;=?@[]_|~ {}^\\`"
INLINE_PARTS: Final = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<title>.*?</title>|<desc>.*?</desc>|<metadata>.*?</metadata>",
    re.DOTALL,
)


@dataclass
class Cell:
    """One cell of a table: header or not, how far it spans, its HTML."""

    header: bool = False
    columns: int = 1
    rows: int = 1
    content: str = ""

    @property
    def text(self) -> str:
        """What a reader sees."""
        return " ".join(re.sub(r"<[^>]*>", "", self.content).split())


@dataclass
class Grid:
    """A table as rows of cells, header rows apart."""

    head: list[list[Cell]] = field(default_factory=list)
    body: list[list[Cell]] = field(default_factory=list)


def make_id(*words: str) -> str:
    """
    Return words as one id.

    >>> make_id("Whole and fractional counting", "2")
    'whole-and-fractional-counting-2'
    """
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")


def make_table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the first cell of each row is its header."""
    head = [[Cell(header=True, content=escape(name)) for name in columns]]
    body = [
        [Cell(header=number == 0, content=cell) for number, cell in enumerate(row)] for row in rows
    ]
    return render_grid(Grid(head, body), caption)


def render_grid(grid: Grid, caption: str) -> str:
    """
    Return a table in a box of its own that scrolls, with caption and the scope of each header.

    Tables of sentences become one card for each row on a narrow screen; their roles are spelled
    out, because a browser forgets them where a table isn't laid out as one. A table without rows
    becomes a line that says so.
    """
    if not grid.body:
        return f'<p class="soft">{escape(caption)}: nothing to show here.</p>\n'
    head = _merge_head(grid.head)
    plain = all(cell.columns == cell.rows == 1 for row in (*head, *grid.body) for cell in row)
    cards = plain and any(len(cell.text) > PROSE for row in grid.body for cell in row)
    look = _Look(
        names=[cell.text for cell in head[-1]] if head and cards else [],
        roles=ROLES if cards else frozenset(),
        numbers=_number_columns(grid.body) if plain else frozenset(),
    )
    top = "".join(_render_row(row, look, in_head=True) for row in head)
    rows = "".join(_render_row(row, look, in_head=False) for row in grid.body)
    group = _role("rowgroup", look)
    shape = ' class="cards"' if cards else ""
    table = (
        f"<table{_role('table', look)}{shape}><caption>{escape(caption)}</caption>"
        f"<thead{group}>{top}</thead>\n<tbody{group}>{rows}</tbody></table>"
    )
    return put_in_box(caption, table)


@dataclass(frozen=True)
class _Look:
    """How the cells of a table are told: names on cards, roles, columns of numbers."""

    names: Sequence[str]
    roles: frozenset[str]
    numbers: frozenset[int]


def _number_columns(body: list[list[Cell]]) -> frozenset[int]:
    texts = [[cell.text for cell in column] for column in zip(*body, strict=False)]
    return frozenset(
        number
        for number, column in enumerate(texts)
        if number and any(column) and all(NUMBER.fullmatch(text) for text in column if text)
    )


def _merge_head(head: list[list[Cell]]) -> list[list[Cell]]:
    """Put the row that names an index into the row above it, where the two don't collide."""
    if len(head) != 2 or len(head[0]) != len(head[1]):
        return head
    if any(upper.text and lower.text for upper, lower in zip(*head, strict=True)):
        return head
    return [[upper if upper.text else lower for upper, lower in zip(*head, strict=True)]]


def _role(name: str, look: _Look) -> str:
    return f' role="{name}"' if name in look.roles else ""


def _render_row(row: list[Cell], look: _Look, *, in_head: bool) -> str:
    cells = []
    for number, cell in enumerate(row):
        header = cell.header and bool(cell.text)
        attributes = _scope(cell, in_head=in_head) if header else ""
        attributes += f' colspan="{cell.columns}"' if cell.columns > 1 else ""
        attributes += f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
        kind = "columnheader" if header and in_head else "rowheader" if header else "cell"
        attributes += _role(kind, look)
        if number and not in_head and number < len(look.names):
            attributes += f' data-label="{escape(look.names[number], quote=True)}"'
        attributes += ' class="number"' if number in look.numbers else ""
        tag = "th" if header else "td"
        cells.append(f"<{tag}{attributes}>{cell.content}</{tag}>")
    return f"<tr{_role('row', look)}>{''.join(cells)}</tr>\n"


def _scope(cell: Cell, *, in_head: bool) -> str:
    if in_head:
        return ' scope="colgroup"' if cell.columns > 1 else ' scope="col"'
    return ' scope="rowgroup"' if cell.rows > 1 else ' scope="row"'


def inline_svg(svg: str, prefix: str, label: str, described: str) -> str:
    """Return a picture for use within a page: ids and classes are its own, it is told in words."""
    svg = INLINE_PARTS.sub("", svg).strip()
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    svg = re.sub(
        r' id="([^"]*)"', lambda it: f' id="{prefix}-{it[1]}"' if it[1] in used else "", svg
    )
    svg = re.sub(r'(href="|url\()#', rf"\g<1>#{prefix}-", svg)
    svg = re.sub(r'class="(s\d+)"', rf'class="{prefix}-\1"', svg)
    svg = re.sub(r"^\.(s\d+\{)", rf".{prefix}-\1", svg, flags=re.MULTILINE)
    strokes = re.search(r"\*\{([^}]*)\}", svg)
    svg = re.sub(r"\*\{[^}]*\}\n?", "", svg, count=1)
    svg = re.sub(r"\n\s*", "\n", svg)
    opening, _, rest = svg.partition(">")
    said = (
        f' id="{prefix}" role="img" aria-label="{escape(label, quote=True)}"'
        f' aria-description="{escape(described, quote=True)}"'
    )
    inherited = escape(strokes[1], quote=True) if strokes else ""
    return (
        f'{opening}{said}><g id="{prefix}-all" style="{inherited}">'
        f"{rest.removesuffix('</svg>')}</g></svg>"
    )


def put_in_box(label: str, content: str) -> str:
    """Return HTML in a named box that scrolls by itself, also by keyboard, where it is too wide."""
    return (
        f'<div class="scroll" role="region" aria-label="{escape(label, quote=True)}" '
        f'tabindex="0">{content}</div>\n'
    )


def link_data(text: str, media_type: str) -> str:
    r"""
    Return an address that holds a text itself.

    >>> link_data("a,b\n1,2 %\n", "text/csv")
    'data:text/csv;charset=utf-8,a,b%0A1,2 %25%0A'
    """
    return f"data:{media_type};charset=utf-8,{quote(text, safe=SAFE_IN_LINKS)}"


KEPT = {"a", "blockquote", "br", "code", "dd", "dl", "dt", "em", "hr", "li", "ol", "p", "pre"}
KEPT |= {"strong", "sub", "sup", "ul", *(f"h{level}" for level in range(1, 7))}
HEADING: Final = re.compile(r"<(/?)h([1-6])>")


def tidy_html(html: str, *, deeper: int = 0) -> str:
    """
    Return HTML of others with its structure alone: no styles, scripts, ids or foreign attributes.

    >>> tidy_html('<h2 id="x" onclick="y()">Fields</h2><style>*{}</style>', deeper=1)
    '<h3>Fields</h3>'
    """
    kept = nh3.clean(
        html,
        tags=KEPT,
        attributes={"a": {"href"}},
        attribute_filter=lambda tag, name, value: _local(value) or None,
        link_rel=None,
        url_schemes={"http", "https"},
    )
    return HEADING.sub(lambda it: f"<{it[1]}h{min(int(it[2]) + deeper, 6)}>", kept)


def _local(href: str) -> str:
    """Return where a link leads from a page that stands alone; empty where it leads nowhere."""
    if re.match(r"https?://|#", href):
        return href
    found = re.search(r"(?:^|/)([^/#]+)\.ipynb(?:#.*)?$", href)
    return f"#{make_id(found[1])}" if found else ""
