"""
HTML by small pure functions: tables and pictures, fit for screen readers.

Nothing here knows what a page is about. Everything that comes in as text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

NUMBER: Final = re.compile(r"[−-]?[\d,]+(\.\d+)?( ?%)?|–|NaN")
PROSE: Final = 40
DIGIT: Final = re.compile(r"\d")
TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
)
SAFE_IN_LINKS: Final = "!$'()*+,-./:;=?@[]_|~ {}^\\`"
INLINE_PARTS: Final = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<title>.*?</title>|<desc>.*?</desc>|<metadata>.*?</metadata>",
    re.DOTALL,
)


def make_id(*words: str) -> str:
    """
    Return words as one id.

    >>> make_id("Whole and fractional counting", "2")
    'whole-and-fractional-counting-2'
    """
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")


def make_table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """
    Return a table in a box of its own that scrolls; the first cell of each row is its header.

    Tables of sentences become one card for each row on a narrow screen; their roles are spelled
    out, because a browser forgets them where a table isn't laid out as one. A table without rows
    becomes a line that says so. A cell that is no markup is text.
    """
    cells = [[escape(cell) for cell in row] for row in rows]
    texts = [[cell.striptags() for cell in row] for row in cells]
    told = TEMPLATES.get_template("table.html.j2").render(
        caption=caption,
        columns=columns,
        rows=cells,
        numbers=[_is_numeric(column) for column in zip(*texts, strict=True)],
        cards=any(len(text) > PROSE for row in texts for text in row),
    )
    return Markup(told)


def _is_numeric(column: Sequence[str]) -> bool:
    """Say whether a column has numbers, and no words."""
    return any(map(DIGIT.search, column)) and all(map(NUMBER.fullmatch, filter(None, column)))


def inline_svg(svg: str, prefix: str, label: str, described: str) -> Markup:
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
    drawn = rest.removesuffix("</svg>")
    told = Markup(' id="{}" role="img" aria-label="{}" aria-description="{}"')
    said = told.format(prefix, label, described)
    inherited = escape(strokes[1]) if strokes else ""
    return Markup(f'{opening}{said}><g style="{inherited}">{drawn}</g></svg>')


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


def tidy_html(html: str, *, deeper: int = 0) -> Markup:
    """
    Return HTML of others with its structure alone: no styles, scripts, ids or foreign attributes.

    >>> str(tidy_html('<h2 id="x" onclick="y()">Fields</h2><style>*{}</style>', deeper=1))
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
    return Markup(HEADING.sub(lambda it: f"<{it[1]}h{min(int(it[2]) + deeper, 6)}>", kept))


def _local(href: str) -> str:
    """Return where a link leads from a page that stands alone; empty where it leads nowhere."""
    if re.match(r"https?://|#", href):
        return href
    found = re.search(r"(?:^|/)([^/#]+)\.ipynb(?:#.*)?$", href)
    return f"#{make_id(found[1])}" if found else ""
