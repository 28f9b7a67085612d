"""
Figures of the institution: works with the region, partner countries, size of teams.

Evidence in, a matplotlib ``Figure`` out. A figure without evidence says that it waits for a pull
and shows what the paper states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matplotlib.figure import Figure

from bibliometrics.charts import draw_bands
from bibliometrics.drawing import draw_message, finish, new_figure
from bibliometrics.figure_data import (
    Evidence,
    Stated,
    check_kinds,
    first_frame,
    known_evidence,
    member_groups,
    period,
)
from bibliometrics.lines import draw_bounds, draw_columns, draw_groups, draw_lines
from bibliometrics.picture import styled
from bibliometrics.study import Study

INTERVALS: Final = "Thin bars: 95 % intervals (Poisson for counts, exact for shares)"


@styled
def plot_institution_region(
    study: Study,
    evidence: Sequence[Evidence],
    stated: Sequence[Stated] = (),
    bounds: Sequence[Evidence] = (),
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
    left.set_title(f"Works with an author in {study.region_short}")
    right.set_title(f"Share of {study.institution.short} in {study.home_name}")
    title = f"{study.institution.short} and {study.region_short}: works together {period(study)}"
    return finish(figure, title, [*evidence, *bounds], [INTERVALS] if evidence else [])


@styled
def plot_institution_partners(
    study: Study,
    evidence: Sequence[Evidence],
    stated: Sequence[Stated] = (),
    proxies: Sequence[Evidence] = (),
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
    left.set_title(
        f"Works of {name}" + ("" if known or not shown else " (not the paper's quantity)")
    )
    right.set_title(f"Share of the works of {study.institution.short}")
    title = f"{study.institution.short}: partner countries in {study.region_short} {period(study)}"
    return finish(figure, title, shown, [INTERVALS] if known else [])


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
