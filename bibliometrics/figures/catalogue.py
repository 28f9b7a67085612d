"""
All figures of a build: our tables, published figures of others and the paper's values, drawn.

Names come from the study. Figures are not known to pyplot: none has to be closed, and no setting of
the reader's own is changed. A synthetic build shows neither published figures nor what the paper
states.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bibliometrics.errors import InputError
from bibliometrics.figures import (
    cooperation_figures,
    institution_figures,
    region_figures,
    sensitivity_figures,
)
from bibliometrics.figures.registry import (
    ENTRIES,
    Drawn,
    Inputs,
    draw_figure,
    draw_figures,
    list_entries,
    needs_full_pull,
    present,
    stated_marks,
)
from bibliometrics.figures.style import Picture, render_figure, save_figure
from bibliometrics.study.model import Specification, Study

__all__ = [
    "ENTRIES",
    "Drawn",
    "Inputs",
    "describe_specification",
    "draw_figure",
    "draw_figures",
    "list_entries",
    "needs_full_pull",
    "present",
    "render_figures",
    "save_figure",
    "stated_marks",
    "try_names",
]

MODULES: Final = (  # they register
    region_figures,
    institution_figures,
    cooperation_figures,
    sensitivity_figures,
)


def try_names(study: Study) -> None:
    """Write the names of a study into a figure: InputError if one can't stand there."""
    figure = Picture(figsize=(2, 2))
    names = (study.title, study.region_short, study.home_name, study.institution.short)
    try:
        for name in names:
            figure.suptitle(name)
            render_figure(figure, "names", name)
    except Exception as error:
        msg = f"study {study.id!r}: {name!r} can't be written into a figure: {error}."
        raise InputError(msg, "choose another name in the study file") from error


def render_figures(drawn: Mapping[str, Drawn]) -> tuple[dict[str, bytes], dict[str, str]]:
    """
    Return the files of figures as bytes by file name, and alternative texts by figure name.

    Each figure gives ``NAME.svg`` and ``NAME.png``, the same bytes in every run.
    """
    files: dict[str, bytes] = {}
    for name, (figure, alt) in drawn.items():
        files |= render_figure(figure, name, alt)
    return files, {name: alt for name, (_, alt) in drawn.items()}


def describe_specification(specification: Specification) -> str:
    """
    Say in a few words which works a specification counts.

    Examples
    --------
    >>> describe_specification(Specification(max_authors=100))
    'types article, review; core sources; not retracted; at most 100 authors'
    """
    types = ", ".join(specification.types)
    without = ", ".join(specification.without_types)
    parts = [
        f"types {types}" if types else "all types",
        f"without {without}" if without else "",
        {True: "core sources", False: "not in core sources", None: ""}[specification.core_source],
        {True: "retracted", False: "not retracted", None: ""}[specification.retracted],
        f"at most {specification.max_authors} authors" if specification.max_authors else "",
        f"at most {specification.max_countries} countries" if specification.max_countries else "",
    ]
    return "; ".join(filter(None, parts))
