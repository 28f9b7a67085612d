"""Verdicts as a data frame that notebooks show whole, each verdict in its shade."""

from __future__ import annotations

from html import escape
from typing import Final

import pandas as pd

from bibliometrics.claim_rules import CONTRADICTED, DIRECTION, NOT_REPRODUCED, REPRODUCED

SHADES: Final = {
    REPRODUCED: "good",
    DIRECTION: "half",
    NOT_REPRODUCED: "poor",
    CONTRADICTED: "bad",
}
COLOURS: Final = {
    "good": "#dff3e4;color:#0b4f26",
    "half": "#e3effb;color:#0a427a",
    "poor": "#fff0d1;color:#6b4200",
    "bad": "#fde3e1;color:#8f1d14",
    "": "#eceef0;color:#3a3f44",
}
LEFT: Final = "text-align:left;vertical-align:top"


def shade_of(verdict: str) -> str:
    """
    Return the shade of a verdict for readers: that of the conclusion where it has two.

    Examples
    --------
    >>> shade_of("number not reproduced, conclusion direction reproduced")
    'half'
    """
    return SHADES.get(verdict.rpartition("conclusion ")[2], "")


class VerdictTable(pd.DataFrame):
    """
    Verdicts: a data frame like any other, but notebooks show every row and every word of it.

    The column ``verdict`` is shaded: green for reproduced, blue for the direction reproduced,
    yellow for not reproduced, red for contradicted, grey for ungraded.
    """

    @property
    def _constructor(self) -> type[VerdictTable]:
        return VerdictTable

    def _repr_html_(self) -> str:
        """Return the table as HTML for notebooks."""
        whole = self.reset_index()
        head = "".join(f"<th style='{LEFT}'>{escape(str(name))}</th>" for name in whole.columns)
        rows = [dict(zip(whole.columns, row, strict=True)) for row in whole.to_numpy().tolist()]
        body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: dict[str, object]) -> str:
    cells = []
    for number, (name, value) in enumerate(row.items()):
        text = escape(str(value))
        if name == "verdict":
            shade = shade_of(str(value))
            text = (
                f'<span class="verdict {shade}" style="padding:0 .4em;border-radius:.3em;'
                f'background:{COLOURS[shade]}">{text}</span>'
            )
        tag = "td" if number else "th"
        cells.append(f"<{tag} style='{LEFT}'>{text}</{tag}>")
    return "".join(cells)
