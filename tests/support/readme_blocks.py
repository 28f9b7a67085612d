"""The parts of README.md that are computed; ``make readme`` writes them."""

from __future__ import annotations

from pathlib import Path

from bibliometrics.claims.verdicts import format_lines, read_summary, summarise_verdicts
from bibliometrics.openalex.query import CREDIT_USD, estimate_plan
from bibliometrics.study.model import load_study
from bibliometrics.study.plan import build_plan

README = Path(__file__).resolve().parents[2] / "README.md"
COLUMNS = ("claim", "what it says", "verdict")
TOLD = ("holds", "in part", "differs", "level", "open", "not counted")


def verdicts() -> str:
    """Return the claims that something is known of as a table, and the state of all of them."""
    rows = read_summary()
    table = format_lines([row for row in rows if row["verdict"] in TOLD], COLUMNS)
    return f"{table}\n\nOf {summarise_verdicts(rows)}"


def cost() -> str:
    """Return what the five figures cost."""
    questions = [item.question for item in build_plan(load_study(), ("figures",))]
    least, most = estimate_plan(questions)
    return (
        "One command counts the five figures: `python -m bibliometrics refresh --parts figures`, "
        f"{least} to {most} calls, "
        f"${least * CREDIT_USD:.4f} to ${most * CREDIT_USD:.4f}, no key needed."
    )


BLOCKS = {"verdicts": verdicts, "cost": cost}


def fill(text: str) -> str:
    """Return the README's text with every computed part anew."""
    for name, compute in BLOCKS.items():
        before, begin, rest = text.partition(f"<!-- {name}: written by `make readme` -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if not (begin and end):
            msg = f"README.md has no block {name}"
            raise ValueError(msg)
        text = f"{before}{begin}{compute()}\n{end}{after}"
    return text


if __name__ == "__main__":
    README.write_text(fill(README.read_text(encoding="utf-8")), encoding="utf-8")
