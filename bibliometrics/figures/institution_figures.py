"""
Figures of institution and region: works together, partner countries, team sizes.

Each is registered below its drawing and its words.
"""

from __future__ import annotations

from typing import Final

from matplotlib.figure import Figure

from bibliometrics.claims import evidence as witnesses
from bibliometrics.figures.data import (
    Group,
    change_of,
    counting_label,
    country_name,
    first_frame,
    first_places,
    format_count,
    known_evidence,
    largest_pooled,
    member_groups,
    period,
)
from bibliometrics.figures.panels import (
    draw_bands,
    draw_bounds,
    draw_columns,
    draw_groups,
    draw_lines,
)
from bibliometrics.figures.registry import (
    Entry,
    Shown,
    by_witness,
    marks_of,
    register,
    when_counted,
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
from bibliometrics.figures.text import (
    NO_WORKS,
    NOTHING,
    describe_stated,
    join_words,
    per_group,
    per_source,
    sentence,
    whole,
)
from bibliometrics.figures.tile_map import (
    TILE_HEIGHT,
    TILE_WIDTH,
    draw_tiles,
    draw_years,
    tile_places,
)

INTERVALS: Final = "Thin bars: 95 % intervals (Poisson for counts, exact for shares)"


@styled
def plot_institution_region(shown: Shown) -> Figure:
    """Draw figure 4: works of institution and region, and their share of the home country's."""
    study, evidence, bounds, stated = shown.study, shown.own, shown.others, shown.stated
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
    return finish(figure, shown.title, [*evidence, *bounds], [INTERVALS] if evidence else [])


def describe_institution_region(shown: Shown) -> str:
    """Describe figure 4: works of institution and region."""
    study, evidence, bounds, stated = shown.study, shown.own, shown.others, shown.stated
    pair = f"{study.institution.short} and {study.region_short}"
    works = per_source(evidence, "n_works_institution_region")
    near = [
        f"All works of {study.home_name} and {study.region_short} in "
        f"{item.frame['year'].max():.0f} lie between {format_count(item.frame['low'].iloc[-1])} "
        f"and {format_count(item.frame['high'].iloc[-1])} ({item.source.label})."
        for item in bounds
    ]
    return whole(
        evidence,
        f"Line chart: works per year of {pair}.",
        f"{works}." if works else NOTHING,
        sentence(
            f"Share of the works of {study.home_name} and {study.region_short}:",
            per_source(evidence, "share_of_home"),
        ),
        *near,
        describe_stated(study, stated),
    )


INSTITUTION_REGION: Final = Entry(
    "figure4_institution_region",
    "institution_region",
    lambda study: (
        f"{study.institution.short} and {study.region_short}: works together {period(study)}"
    ),
    plot_institution_region,
    describe_institution_region,
    lambda published, study: by_witness(witnesses.home_bounds(published, study)),
    marks_of(
        institution_region="n_works_institution_region",
        institution_share_of_home="share_of_home",
    ),
)
register(INSTITUTION_REGION)


@styled
def plot_institution_partners(shown: Shown) -> Figure:
    """Draw figure 5: partner countries of the institution in the region."""
    study, evidence, proxies, stated = shown.study, shown.own, shown.others, shown.stated
    known = known_evidence(evidence, "n_works")
    drawn = known or known_evidence(proxies, "n_works")
    groups = member_groups(study, first_frame(drawn))
    figure = new_figure(10.5, 4.6)
    left, right = figure.subplots(1, 2)
    draw_groups(
        left,
        drawn,
        groups,
        "n_works",
        study=study,
        what="works per year",
        stated=stated if known or not drawn else (),
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
    if drawn and not known:
        draw_message(left)
    name = study.institution.short if known or not drawn else f"{study.home_name}, all institutions"
    title_panel(
        left, f"Works of {name}" + ("" if known or not drawn else " (not the paper's quantity)")
    )
    title_panel(right, f"Share of the works of {study.institution.short}")
    return finish(figure, shown.title, drawn, [INTERVALS] if known else [])


def describe_institution_partners(shown: Shown) -> str:
    """Describe figure 5: partner countries of the institution."""
    study, evidence, proxies, stated = shown.study, shown.own, shown.others, shown.stated
    start = f"Line chart: works per year of {study.institution.short} by country of the region."
    known = known_evidence(evidence, "n_works")
    if known:
        groups = member_groups(study, known[0].frame)
        works = per_group(known[0], groups, "n_works")
        shares = per_group(known[0], groups[:1], "share_of_institution_region")
        body = [sentence(f"{known[0].source.label}:", works), sentence("Share:", shares)]
    else:
        body = [NOTHING]
    near = [
        sentence(
            f"For comparison all works of {study.home_name} ({item.source.label}):",
            per_group(item, member_groups(study, item.frame), "n_works"),
        )
        for item in proxies
        if not known
    ]
    return whole(evidence, start, *body, *near, describe_stated(study, stated))


INSTITUTION_PARTNERS: Final = Entry(
    "figure5_institution_partners",
    "institution_partners",
    lambda study: (
        f"{study.institution.short}: partner countries in {study.region_short} {period(study)}"
    ),
    plot_institution_partners,
    describe_institution_partners,
    lambda published, study: by_witness(witnesses.home_pairs(published, study)),
    marks_of(institution_partner_share="share_of_institution_region"),
)
register(INSTITUTION_PARTNERS)


@styled
def plot_partner_map(shown: Shown) -> Figure:
    """Draw a tile map of the region: works of the institution with each member in the last year."""
    study, evidence = shown.study, shown.own
    known = known_evidence(evidence, "n_works")[:1]
    places = tile_places(study.region.codes)
    n_rows, n_columns = (1 + max(place[axis] for place in places.values()) for axis in (0, 1))
    figure = new_figure(max(6.5, TILE_WIDTH * n_columns + 0.3), TILE_HEIGHT * n_rows + 1.3)
    axes = figure.subplots()
    if known:
        draw_tiles(axes, known[0], places)
    else:
        draw_nothing(axes, "works per year, whole counting")
    return finish(figure, shown.title, known)


def describe_partner_map(shown: Shown) -> str:
    """Describe the tile map of works of the institution with each member of the region."""
    study, evidence = shown.study, shown.own
    pair = f"{study.institution.short} with each country of {study.region_short}"
    known = known_evidence(evidence, "n_works")
    if not known:
        return whole(evidence, f"Tile map: works of {pair}.", NOTHING)
    change = change_of(known[0].frame)
    since = f" and the change since {change.first_year}" if change.has_two else ""
    places = first_places(known[0].frame, study.region.codes, 5)
    named = [
        " ".join(
            filter(
                None,
                [
                    country_name(code),
                    "tied at" if len(place.who) > 1 else "",
                    format_count(place.n_works),
                    change.text_of(*change.works.loc[code, ["first", "last"]]),
                ],
            )
        )
        for place in places
        for code in place.who
    ]
    n_none = int((change.works["last"].reindex(study.region.codes) == 0).sum())
    return whole(
        evidence,
        f"Tile map: works of {pair} in {change.last_year}{since}.",
        f"{known[0].source.label}: {join_words(named) or NO_WORKS}.",
        f"{n_none} of {len(study.region.codes)} countries have none in {change.last_year}.",
    )


register(
    Entry(
        "partner_map",
        "institution_partners",
        lambda study: (
            f"{study.institution.short}: works with each country of {study.region_short} "
            f"{period(study)}"
        ),
        plot_partner_map,
        describe_partner_map,
        when=when_counted,
    )
)


@styled
def plot_partner_years(shown: Shown) -> Figure:
    """Draw small panels: works per year of the institution with each member of the region."""
    study, evidence = shown.study, shown.own
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
    return finish(figure, shown.title, known, notes)


def describe_partner_years(shown: Shown) -> str:
    """Describe the small panels of works of the institution with each member of the region."""
    study, evidence = shown.study, shown.own
    start = f"Small line charts: works per year of {study.institution.short} by country."
    known = known_evidence(evidence, "n_works")
    if not known:
        return whole(evidence, start, NOTHING)
    codes = largest_pooled(study, known[0].frame)
    groups = [Group(country_name(code), (code,)) for code in codes[:5]]
    return whole(
        evidence,
        start,
        f"{len(codes)} of {len(study.region.codes)} countries are drawn.",
        sentence(f"{known[0].source.label}:", per_group(known[0], groups, "n_works")),
    )


register(
    Entry(
        "partner_years",
        "institution_partners",
        lambda study: (
            f"{study.institution.short}: works per year by country of {study.region_short} "
            f"{period(study)}"
        ),
        plot_partner_years,
        describe_partner_years,
        when=when_counted,
    )
)


@styled
def plot_team_size(shown: Shown) -> Figure:
    """Draw the works of institution and region by number of authors."""
    study, evidence = shown.study, shown.own
    known = known_evidence(evidence, "n_works_institution_region")[:1]
    figure = new_figure(8.5, 4.4)
    axes = figure.subplots()
    if known:
        draw_bands(axes, known[0], study=study)
    else:
        draw_lines(axes, [], study=study, columns=[""], ylabel="works per year, whole counting")
    return finish(figure, shown.title, known)


def describe_team_size(shown: Shown) -> str:
    """Describe the works of institution and region by number of authors."""
    study, evidence = shown.study, shown.own
    pair = f"{study.institution.short} and {study.region_short}"
    start = f"Stacked bars: works per year of {pair} by number of authors."
    column = "n_works_institution_region"
    known = known_evidence(evidence, column)
    if not known:
        return whole(evidence, start, NOTHING)
    sums = known[0].frame.groupby("authors_from")[column].sum()
    large, total = sums[sums.index > 100].sum(), sums.sum()
    share = f", {100 * large / total:.1f} %" if total else ""
    return whole(
        evidence,
        start,
        f"{known[0].source.label}: {format_count(total)} works in all years, "
        f"{format_count(large)} of them with more than 100 authors{share}.",
    )


register(
    Entry(
        "team_size",
        "team_size",
        lambda study: (
            f"{study.institution.short} and {study.region_short}: works by number of authors "
            f"{period(study)}"
        ),
        plot_team_size,
        describe_team_size,
    )
)
