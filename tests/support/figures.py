"""One figure of given evidence, drawn or told."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from bibliometrics.figures.catalogue import ENTRIES
from bibliometrics.figures.data import Evidence, Stated
from bibliometrics.figures.registry import Shown
from bibliometrics.study.model import Study


def draw_one(
    name: str, study: Study, own: Sequence[Evidence], stated: Sequence[Stated] = ()
) -> Figure:
    """Draw one figure of given evidence."""
    entry = ENTRIES[name]
    return entry.draw(Shown(study, own, (), stated, entry.title(study)))


def describe_one(name: str, study: Study, own: Sequence[Evidence]) -> str:
    """Return the words of one figure of given evidence."""
    return ENTRIES[name].describe(Shown(study, own))
