"""
Foreign text in other languages: Markdown and the terminal. One function for each.

HTML has its own in the standard library, CSV and JSON in their writers.
"""

from __future__ import annotations

import re
from typing import Final

_MARKDOWN: Final = re.compile(
    r"([\\\\`*\[\]<>|~]|(?<!\w)_|_(?!\w))|^([ ]*)([#+-]|[0-9]+[.)])(?= )|&(?=#?\w+;)"
)
#: Control characters but tab and line end; marks that turn the direction of writing.
_CONTROL: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


def escape_markdown(text: str) -> str:
    """
    Return foreign text so that Markdown shows it as it is, on one line.

    >>> escape_markdown("a|b <i> [x](y)\\n# c")
    'a\\\\|b \\\\<i\\\\> \\\\[x\\\\](y) # c'
    """
    line = " ".join(escape_terminal(text).split())

    def escape(found: re.Match[str]) -> str:
        start, mark = found[2] or "", found[1] or found[3] or "&"
        if mark == "&":
            return "&amp;"
        return f"{start}{mark[:-1]}\\{mark[-1]}" if found[3] else f"\\{mark}"

    return _MARKDOWN.sub(escape, line)


def escape_terminal(text: str) -> str:
    r"""
    Return text without anything that a terminal obeys: colours, cursor, direction of writing.

    >>> escape_terminal("\x1b[2Ja\u202eb")
    '\\u001b[2Ja\\u202eb'
    """
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def has_control(text: str) -> bool:
    """Say whether a text holds what a terminal would obey."""
    return _CONTROL.search(text) is not None
