"""
Figures of the region: output, countries, partners, fields, and the front-page picture.

Evidence in, a matplotlib ``Figure`` out. A figure without evidence says that it waits for a pull.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from bibliometrics.charts import draw_fields
from bibliometrics.drawing import draw_nothing, finish, new_figure
from bibliometrics.errors import InputError
from bibliometrics.figure_data import (
    Evidence,
    Group,
    Stated,
    check_kinds,
    counting_label,
    country_name,
    format_count,
    period,
)
from bibliometrics.figure_series import (
    first_frame,
    known_evidence,
    largest_codes,
    partner_rows,
    share_groups,
)
from bibliometrics.lines import draw_columns, draw_groups
from bibliometrics.picture import styled
from bibliometrics.rankings import draw_affinity, draw_partners, draw_ranking
from bibliometrics.study import Study


@styled
def plot_region_output(
    study: Study, evidence: Sequence[Evidence], stated: Sequence[Stated] = ()
) -> Figure:
    """
    Draw figure 1: output of the region and its share of the world.

    Parameters
    ----------
    study : Study
        Gives names and years.
    evidence : sequence of Evidence
        Frames like the table ``region_output``; ours first.
    stated : sequence of Stated
        The paper's values of ``n_works_region`` and ``share_of_world``.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels of lines, one line per source.

    Raises
    ------
    InputError
        If synthetic data come with stated values or with real data.
    """
    check_kinds(evidence, stated)
    figure = new_figure(10.5, 4.4)
    left, right = figure.subplots(1, 2)
    draw_columns(
        left, evidence, {"n_works_region": ""}, study=study, what="works per year", stated=stated
    )
    draw_columns(
        right,
        evidence,
        {"share_of_world": ""},
        study=study,
        what="share of the world's works",
        stated=stated,
    )
    left.set_title("Works with an author in the region")
    right.set_title("Share of the world")
    return finish(figure, f"{study.region_short}: output {period(study)}", evidence)


@styled
def plot_country_output(
    study: Study, evidence: Sequence[Evidence], stated: Sequence[Stated] = ()
) -> Figure:
    """
    Draw figure 2: output of the region's countries.

    Parameters
    ----------
    study : Study
        Gives names, years, members of the region, top country and featured countries.
    evidence : sequence of Evidence
        Frames like the table ``country_output``; ours first.
    stated : sequence of Stated
        The paper's values of ``share_of_region``.

    Returns
    -------
    matplotlib.figure.Figure
        A ranking of the largest members, and lines of shares.

    Raises
    ------
    InputError
        If synthetic data come with stated values or with real data.
    """
    check_kinds(evidence, stated)
    known = known_evidence(evidence, "n_works")
    figure = new_figure(10.5, 5.0)
    left, right = figure.subplots(1, 2)
    draw_ranking(left, known, study=study)
    draw_groups(
        right,
        known,
        share_groups(study, first_frame(known)),
        "share_of_region",
        study=study,
        what="share of the region's works",
        stated=stated,
    )
    shown = len(largest_codes(known[0].frame, study.region.codes)) if known else 0
    members = len(study.region.codes)
    left.set_title(
        f"The {shown} largest of {members} countries" if 0 < shown < members else "Countries"
    )
    right.set_title("Share of the region")
    return finish(figure, f"{study.region_short}: output by country {period(study)}", known)


@styled
def plot_region_partners(
    study: Study, evidence: Sequence[Evidence], stated: Sequence[Stated] = ()
) -> Figure:
    """
    Draw figure 3: partner countries of the region.

    Parameters
    ----------
    study : Study
        Gives names, years and the home country, which is always shown.
    evidence : sequence of Evidence
        Frames like the table ``region_partners``; ours first.
    stated : sequence of Stated
        Ranks that the paper states: column ``rank``, one country each.

    Returns
    -------
    matplotlib.figure.Figure
        Bars, years pooled; the affinity index where known; lines of the largest partners.

    Raises
    ------
    InputError
        If synthetic data come with stated values or with real data.
    """
    check_kinds(evidence, stated)
    known = known_evidence(evidence, "n_works")
    has_affinity = bool(known_evidence(known[:1], "affinity"))
    figure = new_figure(12.5 if has_affinity else 10.5, 5.2)
    ratios = [1.25, 0.6, 1] if has_affinity else [1.25, 1]
    panels = figure.subplots(1, len(ratios), width_ratios=ratios)
    codes = draw_partners(panels[0], known, study=study, stated=stated)
    panels[0].set_title("Largest partners (rank on the left)")
    if has_affinity:
        draw_affinity(panels[1], known[0].frame, codes)
        panels[1].set_title("Affinity")
    groups = _partner_groups(study, known)
    draw_groups(
        panels[-1], known, groups, "n_works", study=study, what="works per year", is_log=True
    )
    panels[-1].set_title("Works per year")
    title = f"{study.region_short}: partner countries {period(study)}"
    return finish(figure, title, known, rank_note(study, known, stated))


def rank_note(study: Study, known: Sequence[Evidence], stated: Sequence[Stated]) -> list[str]:
    """Explain the mark of stated ranks; name the ranks where there are no bars to mark."""
    ranks = [mark for mark in stated if mark.column == "rank"]
    if not ranks:
        return []
    note = f"◆ rank stated by {study.paper.get('short', 'the paper')}"
    names = [
        f"{mark.label or format_count(mark.value)} {country_name(code)}"
        for mark in ranks
        for code in mark.country_codes
    ]
    return [note if known else f"{note}: {', '.join(names)}"]


def _partner_groups(study: Study, known: Sequence[Evidence]) -> list[Group]:
    """Return the five largest partners and the home country, one line each."""
    if not known:
        return []
    rows = partner_rows(study, known[0].frame, 5)
    return [Group(country_name(str(code)), (str(code),)) for code in rows["country_code"]]


@styled
def plot_fields(
    study: Study, evidence: Sequence[Evidence], stated: Sequence[Stated] = ()
) -> Figure:
    """
    Draw table 2: activity index and counts of fields in the region and its largest countries.

    Parameters
    ----------
    study : Study
        Gives names and years.
    evidence : sequence of Evidence
        Frames like the table ``fields``; a heat map for each, one below the other.
    stated : sequence of Stated
        Fields that the paper calls strong: their cells get a frame.

    Returns
    -------
    matplotlib.figure.Figure
        Rows are fields, columns the region and its ten largest countries.

    Raises
    ------
    InputError
        If synthetic data come with stated values or with real data.
    """
    check_kinds(evidence, stated)
    known = known_evidence(evidence, "activity_index")
    heights = [1.4 + 0.44 * item.frame["field"].nunique() for item in known] or [2.5]
    figure = new_figure(10.5, sum(heights) + 0.9)
    panels = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, item in zip(panels, known, strict=False):
        draw_fields(axes, item.frame, field_areas(study, item.frame), stated=stated)
        axes.set_title(item.source.label)
    if not known:
        draw_nothing(panels[0], "activity index, and works in whole counting")
    title = f"{study.region_short}: fields {period(study)}"
    return finish(figure, title, known, [_fields_note(study, known, stated)] if known else [])


def field_areas(study: Study, frame: pd.DataFrame, most: int = 10) -> list[tuple[str, str]]:
    """Return code and name of the region and its largest countries, for :func:`plot_fields`."""
    members = frame[frame["country_code"].isin(study.region.codes)]
    sums = members.groupby("country_code")["n_works"].sum()
    order = sorted(sums[sums > 0].index, key=lambda code: (-sums[code], code))[:most]
    region = [("region", study.region_short)] if "region" in set(frame["country_code"]) else []
    return [*region, *((code, country_name(code)) for code in order)]


def _fields_note(study: Study, known: Sequence[Evidence], stated: Sequence[Stated]) -> str:
    counting = counting_label("works", [item.source for item in known])
    note = f"Large: activity index. Small: {counting}; in brackets those in the world's top 1 %."
    framed = f" Frame: strong field stated by {study.paper.get('short', 'the paper')}."
    return note + (framed if stated else "")


@styled
def plot_headline(
    study: Study,
    output: Sequence[Evidence],
    countries: Sequence[Evidence],
    partners: Sequence[Evidence],
    stated: Sequence[Stated] = (),
) -> Figure:
    """
    Draw the picture of the front page: output, shares of countries and partners of the region.

    Parameters
    ----------
    study : Study
        Gives all names.
    output, countries, partners : sequence of Evidence
        Evidence of figures 1, 2 and 3.
    stated : sequence of Stated
        The paper's values of those figures.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels.

    Raises
    ------
    InputError
        If any of it is synthetic.
    """
    evidence = [*output, *countries, *partners]
    synthetic = [item.source.label for item in evidence if item.source.is_synthetic]
    if synthetic:
        message = f"the front-page figure shows real data only, but {synthetic[0]} is synthetic."
        raise InputError(message, "leave it out of a synthetic build")
    figure = new_figure(10.5, 7.4)
    panels = figure.subplot_mosaic([["output", "share"], ["partners", "partners"]])
    left, middle, right = (panels[name] for name in ("output", "share", "partners"))
    draw_columns(
        left, output, {"n_works_region": ""}, study=study, what="works per year", stated=stated
    )
    known = known_evidence(countries, "n_works")
    draw_groups(
        middle,
        known,
        share_groups(study, first_frame(known)),
        "share_of_region",
        study=study,
        what="share of the region's works",
        stated=stated,
    )
    pairs = known_evidence(partners, "n_works")
    draw_partners(right, pairs, study=study, stated=stated, most=10)
    left.set_title("Output of the region")
    middle.set_title("Share of its countries")
    right.set_title("Its partners")
    title = f"{study.region_short} {period(study)}: output, countries and partners"
    return finish(figure, title, evidence, rank_note(study, pairs, stated), is_brief=True)
