"""
All figures of a build: our tables, published figures of others and the paper's values, drawn.

The figures themselves are functions of :mod:`bibliometrics.figures.study_figures`: evidence in, a
matplotlib ``Figure`` out. Names come from
the study. Figures are not known to pyplot: none has to be closed, and no setting of the reader's
own is changed. A synthetic build shows neither published figures nor what the paper states.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd
from matplotlib.figure import Figure

from bibliometrics.claims import evidence as witnesses
from bibliometrics.claims.witnesses import Rows
from bibliometrics.errors import InputError
from bibliometrics.figures import text as alttext
from bibliometrics.figures.data import CONTRADICTORY, Evidence, Source, Stated, check_kinds
from bibliometrics.figures.sensitivity_figures import draw_big_science_figures, draw_curve_figures
from bibliometrics.figures.study_figures import (
    plot_country_output,
    plot_fields,
    plot_headline,
    plot_institution_partners,
    plot_institution_region,
    plot_partner_map,
    plot_partner_years,
    plot_region_output,
    plot_region_partners,
    plot_team_size,
)
from bibliometrics.figures.style import render_figure, save_figure
from bibliometrics.study.model import Specification, Study
from bibliometrics.tables.sensitivity import CURVES

__all__ = [
    "FIGURES",
    "FULL_PULL",
    "Evidence",
    "Source",
    "Stated",
    "build_figures",
    "describe_specification",
    "plot_country_output",
    "plot_fields",
    "plot_headline",
    "plot_institution_partners",
    "plot_institution_region",
    "plot_partner_map",
    "plot_partner_years",
    "plot_region_output",
    "plot_region_partners",
    "plot_team_size",
    "render_figure",
    "render_figures",
    "save_figure",
    "witness_evidence",
]

FIGURES: Final = {
    "figure1_region_output": "region_output",
    "figure2_country_output": "country_output",
    "figure3_region_partners": "region_partners",
    "figure4_institution_region": "institution_region",
    "figure5_institution_partners": "institution_partners",
    "table2_fields": "fields",
    "partner_map": "institution_partners",
    "partner_years": "institution_partners",
    "team_size": "team_size",
}
FULL_PULL: Final = {
    "big_science": "big_science",
    "figure4_institution_region_without_big_science": "big_science",
    "figure5_institution_partners_without_big_science": "big_science",
    **dict.fromkeys((*CURVES.values(), "curve_weak_axes"), "specifications"),
}
Drawn = tuple[Figure, str]


def build_figures(
    study: Study,
    tables: Mapping[str, pd.DataFrame],
    published: Rows = (),
    stated: Mapping[str, Sequence[Stated]] | None = None,
    source: Source | None = None,
    warnings: Mapping[str, str] | None = None,
) -> dict[str, Drawn]:
    """Draw every figure of a study."""
    if tables and source is None:
        message = f"the tables {', '.join(sorted(tables))} come without a source."
        raise InputError(message, "give the source of the counts")
    own = {
        name: [Evidence(tables[table], _warned(source, warnings, table))]
        if table in tables and source
        else []
        for name, table in FIGURES.items()
    }
    others = witness_evidence(published, study)
    said = {name: tuple(marks) for name, marks in (stated or {}).items()}
    everything = [item for found in (own, others) for listed in found.values() for item in listed]
    everything += [Evidence(pd.DataFrame(), source)] if source else []
    check_kinds(everything, [mark for marks in said.values() for mark in marks])
    drawn = _draw_region(study, own, others, said) | _draw_institution(study, own, others, said)
    drawn |= _draw_full_pull(study, tables, source, said, warnings)
    drawn = {name: (one, _told(name, alt, warnings)) for name, (one, alt) in drawn.items()}
    if source is not None and source.is_synthetic:
        return {name: one for name, one in drawn.items() if own.get(name, True)}
    drawn["headline"] = _draw_headline(study, own, others, said)
    return drawn


def _warned(source: Source, warnings: Mapping[str, str] | None, table: str) -> Source:
    return replace(source, warning=(warnings or {}).get(table, ""))


def _told(name: str, alt: str, warnings: Mapping[str, str] | None) -> str:
    """Return an alternative text with the warning on the figure's table, if there is one."""
    warning = (warnings or {}).get((FIGURES | FULL_PULL).get(name, ""))
    return f"{alt} {CONTRADICTORY}: {warning}." if warning else alt


Found = Mapping[str, Sequence[Evidence]]
Said = Mapping[str, tuple[Stated, ...]]


def _draw_region(study: Study, own: Found, others: Found, said: Said) -> dict[str, Drawn]:
    drawn = {}
    for name, plot, describe in (
        ("figure1_region_output", plot_region_output, alttext.describe_region_output),
        ("figure2_country_output", plot_country_output, alttext.describe_country_output),
        ("figure3_region_partners", plot_region_partners, alttext.describe_region_partners),
        ("table2_fields", plot_fields, alttext.describe_fields),
    ):
        evidence, marks = [*own[name], *others[name]], said.get(name, ())
        if describe is alttext.describe_fields and own[name] and others[name]:
            published, evidence = evidence[1:], evidence[:1]
            drawn[f"{name}_published"] = (
                plot(study, published, marks),
                describe(study, published, marks),
            )
        drawn[name] = plot(study, evidence, marks), describe(study, evidence, marks)
    return drawn


def _draw_institution(study: Study, own: Found, others: Found, said: Said) -> dict[str, Drawn]:
    drawn = {}
    for name, plot, describe in (
        (
            "figure4_institution_region",
            plot_institution_region,
            alttext.describe_institution_region,
        ),
        (
            "figure5_institution_partners",
            plot_institution_partners,
            alttext.describe_institution_partners,
        ),
    ):
        all_of_it = (own[name], said.get(name, ()), others[name])
        drawn[name] = plot(study, *all_of_it), describe(study, *all_of_it)
    members = own["figure5_institution_partners"]
    if members:
        drawn["partner_map"] = (
            plot_partner_map(study, members),
            alttext.describe_partner_map(study, members),
        )
        drawn["partner_years"] = (
            plot_partner_years(study, members),
            alttext.describe_partner_years(study, members),
        )
    teams = own["team_size"]
    drawn["team_size"] = plot_team_size(study, teams), alttext.describe_team_size(study, teams)
    return drawn


def _draw_full_pull(
    study: Study,
    tables: Mapping[str, pd.DataFrame],
    source: Source | None,
    said: Said,
    warnings: Mapping[str, str] | None = None,
) -> dict[str, Drawn]:
    """Draw what only a full pull has: big science and the specification curve."""
    drawn: dict[str, Drawn] = {}
    if "big_science" in tables and source is not None:
        warned = _warned(source, warnings, "big_science")
        evidence = Evidence(tables["big_science"], warned)
        drawn |= draw_big_science_figures(study, tables, evidence, said)
    if "specifications" in tables and source is not None:
        warned = _warned(source, warnings, "specifications")
        drawn |= draw_curve_figures(study, Evidence(tables["specifications"], warned), said)
    return drawn


def _draw_headline(study: Study, own: Found, others: Found, said: Said) -> Drawn:
    names = list(FIGURES)[:3]
    evidence = [[*own[name], *others[name]] for name in names]
    marks = [mark for name in names for mark in said.get(name, ())]
    figure = plot_headline(study, evidence[0], evidence[1], evidence[2], marks)
    return figure, alttext.describe_headline(study, evidence[0], evidence[1], evidence[2], marks)


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


def witness_evidence(published: Rows, study: Study) -> dict[str, list[Evidence]]:
    """Return published figures of others as evidence for each figure."""
    found: dict[str, list[Evidence]] = {name: [] for name in FIGURES}
    if not published:
        return found
    found["figure1_region_output"] = _by_witness(
        witnesses.region_series(published, study).rename(columns={"n_works": "n_works_region"})
    )
    found["figure2_country_output"] = _by_witness(witnesses.country_series(published, study))
    found["figure3_region_partners"] = _by_witness(
        witnesses.partner_series(published, study)
        .drop(columns="rank")
        .rename(columns={"partner_code": "country_code", "n_pairs": "n_works"}),
        "pair_sum",
    )
    found["figure4_institution_region"] = _by_witness(witnesses.home_bounds(published, study))
    found["figure5_institution_partners"] = _by_witness(witnesses.home_pairs(published, study))
    fields = witnesses.field_activity(published, study)
    is_whole = fields["n_years_with_share"] == len(study.year_range)
    fields["n_top_1_percent"] = fields["n_top_1_percent"].where(is_whole)
    found["table2_fields"] = _by_witness(fields)
    return found


def _by_witness(frame: pd.DataFrame, quantity: str = "") -> list[Evidence]:
    return [
        Evidence(rows.reset_index(drop=True), _witness_source(str(key), quantity))
        for key, rows in frame.groupby("witness")
    ]


def _witness_source(key: str, quantity: str) -> Source:
    """Return a witness as a source; the counting method is that of its quantity."""
    defined = witnesses.witness_definitions()
    entry = defined.witnesses[key]
    meanings = [defined.quantities[name]["meaning"] for name in entry.quantities]
    meaning = defined.quantities[quantity]["meaning"] if quantity else " ".join(meanings)
    counting = "whole counting"
    if "added up" in meaning and quantity:
        counting = "pairs of countries added up"
    elif "fractional counting" in meaning:
        counting = "fractional counting"
    sentences = re.split(r"(?<=\.)\s", entry.definition)
    return Source(
        entry.name, entry.date, " ".join(sentences[:2]), counting=counting, is_witness=True
    )
