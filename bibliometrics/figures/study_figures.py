"""
Figures of the region: output, countries, partners, fields, and the front-page picture.

Evidence in, a matplotlib ``Figure`` out. A figure without evidence says that it waits for a pull.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
from matplotlib.figure import Figure

from bibliometrics.errors import InputError
from bibliometrics.figures.data import (
    Evidence,
    Group,
    Stated,
    check_kinds,
    counting_label,
    country_name,
    first_frame,
    format_count,
    known_evidence,
    largest_codes,
    largest_pooled,
    member_groups,
    partner_rows,
    period,
    share_groups,
)
from bibliometrics.figures.panels import (
    draw_affinity,
    draw_bands,
    draw_bounds,
    draw_columns,
    draw_fields,
    draw_groups,
    draw_lines,
    draw_partners,
    draw_ranking,
)
from bibliometrics.figures.style import (
    WAITING,
    draw_message,
    draw_nothing,
    finish,
    new_figure,
    styled,
    title_panel,
    wrap,
)
from bibliometrics.figures.tile_map import (
    TILE_HEIGHT,
    TILE_WIDTH,
    draw_tiles,
    draw_years,
    tile_places,
)
from bibliometrics.study.model import Study


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


INTERVALS: Final = "Thin bars: 95 % intervals (Poisson for counts, exact for shares)"


@styled
def plot_institution_region(
    study: Study,
    evidence: Sequence[Evidence],
    stated: Sequence[Stated] = (),
    bounds: Sequence[Evidence] = (),
    only: str = "",
) -> Figure:
    """
    Draw figure 4: works of institution and region, and their share of the home country's.

    Parameters
    ----------
    study : Study
        Gives names and years.
    evidence : sequence of Evidence
        Frames like the table ``institution_region``; ours first.
    stated : sequence of Stated
        The paper's values of ``n_works_institution_region`` and ``share_of_home``.
    bounds : sequence of Evidence
        Published bounds of all works of home country and region: ``year, low, high``.
    only : str
        Which works are drawn, for the title; empty: all.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels; our counts with 95 % intervals.

    Raises
    ------
    InputError
        If synthetic data come with stated values or with real data.
    """
    check_kinds([*evidence, *bounds], stated)
    figure = new_figure(10.5, 4.6)
    left, right = figure.subplots(1, 2)
    both = {
        "n_works_institution_region": study.institution.short,
        "n_works_home_region": f"{study.home_name}, all institutions",
    }
    own = "n_works_institution_region"
    draw_columns(
        left, evidence, both, study=study, what="works per year", stated=stated, counts={own: own}
    )
    draw_bounds(left, bounds, f"{study.home_name}, all institutions")
    draw_columns(
        right,
        evidence,
        {"share_of_home": ""},
        study=study,
        stated=stated,
        what=f"share of the works of {study.home_name} and the region",
        counts={"share_of_home": own},
    )
    title_panel(left, f"Works with an author in {study.region_short}")
    title_panel(right, f"Share of {study.institution.short} in {study.home_name}")
    title = f"{study.institution.short} and {study.region_short}: works together {period(study)}"
    title += f", {only}" if only else ""
    return finish(figure, title, [*evidence, *bounds], [INTERVALS] if evidence else [])


@styled
def plot_institution_partners(
    study: Study,
    evidence: Sequence[Evidence],
    stated: Sequence[Stated] = (),
    proxies: Sequence[Evidence] = (),
    only: str = "",
) -> Figure:
    """
    Draw figure 5: partner countries of the institution in the region.

    Parameters
    ----------
    study : Study
        Gives names, years, top country and featured countries.
    evidence : sequence of Evidence
        Frames like the table ``institution_partners``; ours first.
    stated : sequence of Stated
        The paper's values of ``n_works`` and ``share_of_institution_region``.
    proxies : sequence of Evidence
        Published works of the whole home country: ``year, country_code, n_works``. Drawn only
        while there is no evidence.
    only : str
        Which works are drawn, for the title; empty: all.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels of lines, one line per country; our counts with 95 % intervals.

    Raises
    ------
    InputError
        If synthetic data come with stated values or with real data.
    """
    check_kinds([*evidence, *proxies], stated)
    known = known_evidence(evidence, "n_works")
    shown = known or known_evidence(proxies, "n_works")
    groups = member_groups(study, first_frame(shown))
    figure = new_figure(10.5, 4.6)
    left, right = figure.subplots(1, 2)
    draw_groups(
        left,
        shown,
        groups,
        "n_works",
        study=study,
        what="works per year",
        stated=stated if known or not shown else (),
        has_intervals=True,
    )
    draw_groups(
        right,
        known,
        groups,
        "share_of_institution_region",
        study=study,
        has_intervals=True,
        what=f"share of the works of {study.institution.short} and the region",
        stated=stated,
    )
    if shown and not known:
        draw_message(left)
    name = study.institution.short if known or not shown else f"{study.home_name}, all institutions"
    title_panel(
        left, f"Works of {name}" + ("" if known or not shown else " (not the paper's quantity)")
    )
    title_panel(right, f"Share of the works of {study.institution.short}")
    title = f"{study.institution.short}: partner countries in {study.region_short} {period(study)}"
    title += f", {only}" if only else ""
    return finish(figure, title, shown, [INTERVALS] if known else [])


@styled
def plot_partner_map(study: Study, evidence: Sequence[Evidence]) -> Figure:
    """
    Draw a tile map of the region: works of the institution with each member in the last year.

    Parameters
    ----------
    study : Study
        Gives names, years and the members of the region.
    evidence : sequence of Evidence
        Frames like the table ``institution_partners``; the first is drawn.

    Returns
    -------
    matplotlib.figure.Figure
        One tile for each member, with the works of the last year and the change since the first.

    Raises
    ------
    InputError
        If synthetic data come with real data.
    """
    check_kinds(evidence)
    known = known_evidence(evidence, "n_works")[:1]
    places = tile_places(study.region.codes)
    n_rows, n_columns = (1 + max(place[axis] for place in places.values()) for axis in (0, 1))
    figure = new_figure(max(6.5, TILE_WIDTH * n_columns + 0.3), TILE_HEIGHT * n_rows + 1.3)
    axes = figure.subplots()
    if known:
        draw_tiles(axes, known[0], places)
    else:
        draw_nothing(axes, "works per year, whole counting")
    title = f"{study.institution.short}: works with each country of {study.region_short}"
    return finish(figure, f"{title} {period(study)}", known)


@styled
def plot_partner_years(study: Study, evidence: Sequence[Evidence]) -> Figure:
    """
    Draw small panels: works per year of the institution with each member of the region.

    Parameters
    ----------
    study : Study
        Gives names, years and the members of the region.
    evidence : sequence of Evidence
        Frames like the table ``institution_partners``; the first is drawn.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each member with any works, at most 24, those with most works first.

    Raises
    ------
    InputError
        If synthetic data come with real data.
    """
    check_kinds(evidence)
    known = known_evidence(evidence, "n_works")[:1]
    codes = largest_pooled(study, first_frame(known)) if known else []
    n_columns = min(6, max(1, len(codes)))
    n_rows = max(1, -(-len(codes) // n_columns))
    figure = new_figure(max(6.5, 1.75 * n_columns), 1.35 * n_rows + 1.2)
    panels = figure.subplots(n_rows, n_columns, squeeze=False)
    for axes, code in zip(panels.flat, codes, strict=False):
        draw_years(axes, known[0], code, study.year_range)
    for axes in panels.flat[len(codes) :]:
        axes.set_axis_off()
    notes = []
    if codes:
        label = wrap(counting_label("works per year", [known[0].source]), 17)
        for axes in panels[:, 0]:
            axes.set_ylabel(label, fontsize=7)
        others = len(study.region.codes) - len(codes)
        rest = f" {others} other countries have fewer or none." if others else ""
        notes = [f"Each panel has its own scale, from zero to the country's largest year.{rest}"]
    else:
        text = "no works with any country in these years" if known else WAITING
        panels[0, 0].set_axis_on()
        panels[0, 0].set(xticks=[], yticks=[], xlabel="works per year, whole counting")
        draw_message(panels[0, 0], text)
    title = f"{study.institution.short}: works per year by country of {study.region_short}"
    return finish(figure, f"{title} {period(study)}", known, notes)


@styled
def plot_team_size(study: Study, evidence: Sequence[Evidence]) -> Figure:
    """
    Draw the works of institution and region by number of authors.

    Parameters
    ----------
    study : Study
        Gives names and years.
    evidence : sequence of Evidence
        Frames like the table ``team_size``; the first is drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Stacked bars, one per year.

    Raises
    ------
    InputError
        If synthetic data come with real data.
    """
    check_kinds(evidence)
    known = known_evidence(evidence, "n_works_institution_region")[:1]
    figure = new_figure(8.5, 4.4)
    axes = figure.subplots()
    if known:
        draw_bands(axes, known[0], study=study)
    else:
        draw_lines(axes, [], study=study, columns=[""], ylabel="works per year, whole counting")
    names = f"{study.institution.short} and {study.region_short}"
    return finish(figure, f"{names}: works by number of authors {period(study)}", known)
