"""
HTML that others wrote, such as a data frame's, made fit for a page: its structure and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from typing import Final

from bibliometrics.markup import Cell, Grid, make_id, render_grid

KEPT: Final = re.compile(
    "a|b|blockquote|br|code|dd|dl|dt|em|h[1-6]|hr|i|li|ol|p|pre|s|small|span|strong|sub|sup|ul"
)
TABLE_PARTS: Final = frozenset(("thead", "tbody", "tfoot", "tr", "td", "th"))
EMPTY_TAGS: Final = ("br", "hr")
DROPPED_WHOLE: Final = ("style", "script")
SHADE: Final = re.compile("verdict [a-z]*")
HEADING: Final = re.compile(r"h([1-6])")


def tidy_html(html: str, *, caption: str = "", deeper: int = 0) -> str:
    """
    Return HTML of others with its structure alone: no styles, scripts, ids or foreign attributes.

    Shades of verdicts stay.

    Parameters
    ----------
    html : str
        Such as a data frame shows in a notebook, or rendered Markdown.
    caption : str
        Caption of the tables in it.
    deeper : int
        By how many levels headings move down.

    Returns
    -------
    str
        HTML. Links to notebooks point to their section of the page; other relative links are text.

    Examples
    --------
    >>> tidy_html('<h2 id="x" onclick="y()">Fields</h2><style>*{}</style>', deeper=1)
    '<h3>Fields</h3>'
    """
    tidier = _Tidier(caption, deeper)
    tidier.feed(html)
    tidier.close()
    return "".join(tidier.parts)


class _Tidier(HTMLParser):
    def __init__(self, caption: str, deeper: int) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._caption, self._deeper = caption, deeper
        self._dropped = 0
        self._open_links: list[bool] = []
        self._grid: Grid | None = None
        self._outside: list[str] = []
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in DROPPED_WHOLE:
            self._dropped += 1
        elif tag == "table":
            self._grid, self._outside, self.parts = Grid(), self.parts, []
        elif self._grid is not None and tag in TABLE_PARTS:
            self._start_part(self._grid, tag, given)
        elif tag == "a":
            href = _local(given.get("href", ""))
            self._open_links.append(bool(href))
            self.parts.append(f'<a href="{escape(href, quote=True)}">' if href else "")
        elif KEPT.fullmatch(tag) and not self._dropped:
            shade = given.get("class", "") if tag == "span" else ""
            kept = f' class="{shade}"' if SHADE.fullmatch(shade) else ""
            self.parts.append(f"<{self._level(tag)}{kept}>")

    def _start_part(self, grid: Grid, tag: str, given: Mapping[str, str]) -> None:
        if tag in {"td", "th"}:
            columns, rows = (int(given.get(name, 1)) for name in ("colspan", "rowspan"))
            rows_of = grid.head if self._in_head else grid.body
            rows_of[-1].append(Cell(tag == "th", columns, rows))
            self.parts = []
        elif tag == "tr":
            (grid.head if self._in_head else grid.body).append([])
        else:
            self._in_head = tag == "thead"

    def handle_endtag(self, tag: str) -> None:
        if tag in DROPPED_WHOLE:
            self._dropped -= 1
        elif tag == "table" and self._grid is not None:
            self.parts = [*self._outside, render_grid(self._grid, self._caption)]
            self._grid = None
        elif self._grid is not None and tag in TABLE_PARTS:
            if tag in {"td", "th"}:
                rows = self._grid.head if self._in_head else self._grid.body
                rows[-1][-1].content = "".join(self.parts).strip()
        elif tag == "a":
            self.parts.append("</a>" if self._open_links.pop() else "")
        elif KEPT.fullmatch(tag) and tag not in EMPTY_TAGS and not self._dropped:
            self.parts.append(f"</{self._level(tag)}>")

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self.parts.append(escape(data, quote=False))

    def _level(self, tag: str) -> str:
        found = HEADING.fullmatch(tag)
        return f"h{min(int(found[1]) + self._deeper, 6)}" if found else tag


def _local(href: str) -> str:
    """Return where a link leads from a page that stands alone; empty where it leads nowhere."""
    if re.match(r"https?://|#", href):
        return href
    found = re.search(r"(?:^|/)([^/#]+)\.ipynb(?:#.*)?$", href)
    return f"#{make_id(found[1])}" if found else ""
