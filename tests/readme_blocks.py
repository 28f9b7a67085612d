"""
The parts of README.md that are computed: ``python -m tests.readme_blocks`` (or ``make readme``) writes them.
"""

from __future__ import annotations

import re
from pathlib import Path

from bibliometrics.claims import filter_verdicts, format_table, read_verdicts, summarise_verdicts
from bibliometrics.question import build_plan
from bibliometrics.request import CREDIT_USD, estimate_plan
from bibliometrics.study import load_study

README = Path(__file__).resolve().parent.parent / "README.md"
COLUMNS = ("claim", "what it says", "stated", "found", "verdict", "evidence")


def verdicts() -> str:
    """Return the direct verdicts as a table, and the state of all claims in a sentence."""
    rows = read_verdicts()
    table = format_table(filter_verdicts(rows, kind="direct"), COLUMNS)
    return f"{table}\n\nOf {summarise_verdicts(rows)}"


def cost() -> str:
    """Return what the five figures cost."""
    questions = [item.question for item in build_plan(load_study(), ("figures",))]
    least, most = estimate_plan(questions)
    return (
        f"One command counts the five figures: `python -m bibliometrics refresh --parts figures`, {least} to "
        f"{most} calls, ${least * CREDIT_USD:.4f} to ${most * CREDIT_USD:.4f}, no key needed."
    )


BLOCKS = {"verdicts": verdicts, "cost": cost}


def fill(text: str) -> str:
    """Return the README's text with every computed part anew."""
    for name, compute in BLOCKS.items():
        pattern = rf"(<!-- {name}: [^>]*-->\n).*?(<!-- /{name} -->)"
        text, found = re.subn(
            pattern, lambda mark, new=compute(): f"{mark[1]}{new}\n{mark[2]}", text, flags=re.DOTALL
        )
        if found != 1:
            raise ValueError(f"README has {found} blocks {name}, expected 1")
    return text


if __name__ == "__main__":
    README.write_text(fill(README.read_text(encoding="utf-8")), encoding="utf-8")
