"""
Figures of the institution: works with the region, partner countries, a map, size of teams.

Evidence in, a matplotlib ``Figure`` out. A figure without evidence says that it waits for a pull
and shows what the paper states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matplotlib.figure import Figure

from bibliometrics.charts import draw_bands
from bibliometrics.drawing import (
    WAITING,
    draw_message,
    draw_nothing,
    finish,
    new_figure,
    title_panel,
    wrap,
)
from bibliometrics.figure_data import (
    Evidence,
    Stated,
    check_kinds,
    counting_label,
    period,
)
from bibliometrics.figure_series import (
    first_frame,
    known_evidence,
    largest_pooled,
    member_groups,
)
from bibliometrics.lines import draw_bounds, draw_columns, draw_groups, draw_lines
from bibliometrics.picture import styled
from bibliometrics.study import Study
from bibliometrics.tiles import TILE_HEIGHT, TILE_WIDTH, draw_tiles, draw_years, tile_places

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
