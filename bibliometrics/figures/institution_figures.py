"""
Figures of institution and region: works together, partner countries, team sizes.

Each is registered below its drawing and its words.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bibliometrics.claims import evidence as witnesses
from bibliometrics.claims.witnesses import Rows
from bibliometrics.figures.data import (
    Evidence,
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
    witness_source,
)
from bibliometrics.figures.style import (
    WAITING_LABEL,
    draw_message,
    draw_nothing,
    finish,
    new_figure,
    role_colour,
    styled,
    title_panel,
    wrap,
)
from bibliometrics.figures.text import (
    NO_WORKS,
    NOTHING,
    completeness_notes,
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
from bibliometrics.study.model import Study
from bibliometrics.study.specifications import list_suspects

INTERVALS: Final = "Bands: 95 % intervals (Poisson for counts, exact for shares)"
JOINT: Final = "n_works_institution_region"
FLOOR: Final = MappingProxyType(
    {
        "organisation": "at least, by organisation",
        "address": "at least, by name in the address",
    }
)


def floor_evidence(published: Rows, study: Study, *, by_country: bool = False) -> list[Evidence]:
    """Return the papers of collaborations that must be of institution and region, by two rules."""
    found = witnesses.floor_series(published, study)
    is_region = found["country_code"] == "region"
    rows = found[~is_region if by_country else is_region]
    evidence = []
    for key, mine in rows.groupby("witness"):
        source = witness_source(str(key))
        for rule, name in FLOOR.items():
            frame = mine[["year", "country_code"]].assign(n_works=mine[rule].astype(float))
            if not by_country:
                frame = frame.rename(columns={"n_works": JOINT})
            told = replace(source, label=name, is_floor=True)
            source = replace(source, definition="the same papers")
            evidence.append(Evidence(frame.reset_index(drop=True), told))
    return evidence


def draw_joint(axes: Axes, shown: Shown) -> None:
    """Draw works of institution and region: our counts, the floor, and what is stated."""
    study = shown.study
    name = study.institution.short
    evidence = [*shown.own, *(item for item in shown.others if item.source.is_floor)]
    draw_columns(
        axes,
        evidence,
        {JOINT: name if shown.own and len(evidence) == 1 else ""},
        study=study,
        what="works per year",
        stated=shown.stated,
        counts={JOINT: JOINT},
    )


def tell_joint(shown: Shown) -> str:
    """Say what is counted of institution and region, what is its floor, and what is stated."""
    study = shown.study
    stated = [mark for mark in shown.stated if mark.column == JOINT]
    counted = per_source(shown.own, JOINT)
    floor = per_source([item for item in shown.others if item.source.is_floor], JOINT)
    said = [
        f"{counted}." if counted else "Nothing has been counted yet." if floor else NOTHING,
        sentence("Papers of large collaborations that must be among them:", floor),
        describe_stated(study, stated),
    ]
    return " ".join(filter(None, said))


@styled
def plot_institution_region(shown: Shown) -> Figure:
    """Draw figure 4: works of institution and region, of all the home country, and their share."""
    study, evidence, stated = shown.study, shown.own, shown.stated
    bounds = [item for item in shown.others if not item.source.is_floor]
    has_share = bool(known_evidence(evidence, "share_of_home"))
    names = ["joint", *(["home"] if bounds or evidence else []), *(["share"] if has_share else [])]
    figure = new_figure(10.5 if len(names) < 3 else 12.5, 4.6)
    width = 46 if len(names) < 3 else 34
    panels = dict(zip(names, figure.subplots(1, len(names), squeeze=False)[0], strict=True))
    draw_joint(panels["joint"], shown)
    title_panel(
        panels["joint"], f"Works of {study.institution.short} and {study.region_short}", width
    )
    if "home" in panels:
        axes = panels["home"]
        column = {"n_works_home_region": "counted"}
        draw_columns(
            axes, evidence, column, study=study, what="works per year",
            colours={"n_works_home_region": role_colour("home")}, is_waiting=False,
        )  # fmt: skip
        draw_bounds(axes, bounds, "")
        title_panel(axes, f"All works of {study.home_name} and {study.region_short}", width)
    if has_share:
        what = f"share of the works of {study.home_name} and the region"
        draw_columns(
            panels["share"], evidence, {"share_of_home": ""}, study=study, stated=stated,
            what=what, counts={"share_of_home": JOINT},
        )  # fmt: skip
        title_panel(
            panels["share"], f"Share of {study.institution.short} in {study.home_name}", width
        )
    notes = [INTERVALS, *completeness_notes(shown.tables)] if evidence else []
    return finish(figure, shown.title, shown.evidence, notes)


def describe_institution_region(shown: Shown) -> str:
    """Describe figure 4: works of institution and region."""
    study, evidence = shown.study, shown.own
    near = [
        f"All works of {study.home_name} and {study.region_short} in "
        f"{item.frame['year'].max():.0f} lie between {format_count(item.frame['low'].iloc[-1])} "
        f"and {format_count(item.frame['high'].iloc[-1])} ({item.source.label})."
        for item in shown.others
        if not item.source.is_floor
    ]
    return whole(
        evidence,
        f"Line chart: works per year of {study.institution.short} and {study.region_short}.",
        tell_joint(shown),
        sentence(
            f"Share of the works of {study.home_name} and {study.region_short}:",
            per_source(evidence, "share_of_home"),
        ),
        *near,
        *(completeness_notes(shown.tables) if evidence else []),
        describe_stated(study, [mark for mark in shown.stated if mark.column != JOINT]),
    )


INSTITUTION_REGION: Final = Entry(
    "figure4_institution_region",
    "institution_region",
    lambda study: (
        f"{study.institution.short} and {study.region_short}: works together {period(study)}"
    ),
    plot_institution_region,
    describe_institution_region,
    lambda published, study: [
        *floor_evidence(published, study),
        *by_witness(witnesses.home_bounds(published, study)),
    ],
    marks_of(
        joint_output="n_works_institution_region",
        share_of_home="share_of_home",
    ),
)
register(INSTITUTION_REGION)


@styled
def plot_institution_partners(shown: Shown) -> Figure:
    """Draw figure 5: partner countries of the institution in the region; else the floor by rule."""
    study = shown.study
    known = known_evidence(shown.own, "n_works")
    floor = known_evidence(shown.others, "n_works")
    groups = member_groups(study, first_frame(known or floor))
    figure = new_figure(10.5, 4.6)
    panels = figure.subplots(1, 2)
    for axes, item in zip(panels, [] if known else floor, strict=False):
        draw_groups(axes, [item], groups, "n_works", study=study, what="works per year")
        title_panel(axes, item.source.label[:1].upper() + item.source.label[1:])
    if known or not floor:
        draw_groups(
            panels[0], known, groups, "n_works", study=study, what="works per year",
            has_intervals=True,
        )  # fmt: skip
        title_panel(panels[0], f"Works of {study.institution.short} by country")
        draw_groups(
            panels[1], known, groups, "share_of_institution_region", study=study,
            stated=shown.stated, has_intervals=True,
            what=f"share of the works of {study.institution.short} and the region",
        )  # fmt: skip
        title_panel(panels[1], f"Share of the works of {study.institution.short}")
    else:
        top = max(axes.get_ylim()[1] for axes in panels)
        for axes in panels:
            axes.set_ylim(top=top)
    notes = [f"{INTERVALS}, of {groups[0].label}"] if known and groups else []
    notes += [FLOOR_NOTE] if floor and not known else []
    title = shown.title if known or not floor else f"{shown.title}: a floor"
    return finish(figure, title, known or floor, notes)


FLOOR_NOTE: Final = (
    "Papers of large collaborations alone: a floor. Lines lie on each other where every paper has "
    "authors of all these countries"
)


def describe_institution_partners(shown: Shown) -> str:
    """Describe figure 5: partner countries of the institution."""
    study = shown.study
    start = f"Line chart: works per year of {study.institution.short} by country of the region."
    known, floor = (known_evidence(found, "n_works") for found in (shown.own, shown.others))
    body = [] if known or floor else [NOTHING]
    for item in known[:1]:
        groups = member_groups(study, item.frame)
        shares = per_group(item, groups[:1], "share_of_institution_region")
        body.append(sentence(f"{item.source.label}:", per_group(item, groups, "n_works")))
        body.append(sentence("Share:", shares))
    if floor and not known:
        body.append("Not counted yet; papers of large collaborations that must be among them.")
        body += [
            sentence(
                f"{item.source.label}:",
                per_group(item, member_groups(study, item.frame), "n_works"),
            )
            for item in floor
        ]
    return whole(shown.own, start, *body, describe_stated(study, shown.stated))


INSTITUTION_PARTNERS: Final = Entry(
    "figure5_institution_partners",
    "institution_partners",
    lambda study: (
        f"{study.institution.short}: partner countries in {study.region_short} {period(study)}"
    ),
    plot_institution_partners,
    describe_institution_partners,
    lambda published, study: floor_evidence(published, study, by_country=True),
    marks_of(partner_share="share_of_institution_region"),
)
register(INSTITUTION_PARTNERS)


def home_works(shown: Shown) -> list[Evidence]:
    """Return works of all the home country with members of the region: ours first."""
    own = [
        Evidence(item.frame.rename(columns={"n_works_home": "n_works"}), item.source)
        for item in shown.own
    ]
    return known_evidence([*own, *shown.others], "n_works")


@styled
def plot_home_partners(shown: Shown) -> Figure:
    """Draw works of all the home country with members of the region."""
    study = shown.study
    known = home_works(shown)
    figure = new_figure(8.5, 4.6)
    axes = figure.subplots()
    groups = member_groups(study, first_frame(known))
    draw_groups(axes, known, groups, "n_works", study=study, what="works per year", is_log=True)
    return finish(figure, shown.title, known, suspect_notes(study) if shown.others else ())


def suspect_notes(study: Study) -> list[str]:
    """Say which works of the home country are false or suspect matches, where that is known."""
    told = [
        f"{country_name(entry['country'])}: {entry['name']}, {entry['source'].split(';')[0]}"
        for entry in list_suspects(study)
    ]
    return [f"Suspect matches of institutions. {'. '.join(told)}"] if told else []


def describe_home_partners(shown: Shown) -> str:
    """Describe the works of all the home country with members of the region."""
    study = shown.study
    return whole(
        shown.own,
        f"Line chart: works per year of all {study.home_name} by country of the region.",
        *(
            sentence(f"{item.source.label}:", per_group(item, groups, "n_works"))
            for item in home_works(shown)
            for groups in [member_groups(study, item.frame)]
        ),
        *(suspect_notes(study) if shown.others else ()),
    )


register(
    Entry(
        "home_partners",
        "home_partners",
        lambda study: (
            f"All {study.home_name}: works with countries of {study.region_short} {period(study)}"
        ),
        plot_home_partners,
        describe_home_partners,
        lambda published, study: by_witness(witnesses.home_pairs(published, study)),
        when=lambda shown: bool(shown.evidence),
    )
)


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
    panels = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True)
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
        notes = [f"All panels have one scale.{rest}"]
    else:
        text = "no works with any country in these years" if known else WAITING_LABEL
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
        draw_bands(axes, known[0], years=study.years)
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
        when=when_counted,
    )
)
