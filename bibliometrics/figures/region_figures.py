"""
Figures of the region: output, countries, partners, fields, and the front-page picture.

Each is registered below its drawing and its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd
from matplotlib.figure import Figure

from bibliometrics.claims import evidence as witnesses
from bibliometrics.claims.quantities import field_crosswalk
from bibliometrics.claims.rules import Test
from bibliometrics.claims.witnesses import Rows
from bibliometrics.figures.data import (
    Evidence,
    Group,
    Stated,
    counting_label,
    country_name,
    first_frame,
    first_places,
    format_count,
    known_evidence,
    largest_codes,
    partner_rows,
    period,
    pooled_places,
    share_groups,
)
from bibliometrics.figures.institution_figures import draw_joint, tell_joint
from bibliometrics.figures.panels import (
    MOST_FIELDS,
    draw_affinity,
    draw_columns,
    draw_fields,
    draw_groups,
    draw_partners,
    draw_ranking,
)
from bibliometrics.figures.registry import Entry, Shown, by_witness, marks_of, register
from bibliometrics.figures.style import draw_nothing, finish, new_figure, styled, title_panel
from bibliometrics.figures.text import (
    NO_WORKS,
    NOTHING,
    completeness_notes,
    describe_stated,
    join_words,
    per_group,
    per_source,
    sentence,
    tell_places,
    whole,
)
from bibliometrics.study.model import Study, field_names


@styled
def plot_region_output(shown: Shown) -> Figure:
    """Draw figure 1: output of the region and its share of the world, fractional counts apart."""
    study, stated = shown.study, shown.stated
    fractional = [item for item in shown.evidence if is_fractional(item)]
    whole = [item for item in shown.evidence if not is_fractional(item)]
    figure = new_figure(12.5 if fractional else 10.5, 4.4)
    panels = figure.subplots(1, 3 if fractional else 2)
    works = {"n_works_region": ""}
    draw_columns(panels[0], whole, works, study=study, what="works per year", stated=stated)
    panels[0].set_title("Works, whole counting")
    if fractional:
        draw_columns(panels[1], fractional, works, study=study, what="works per year")
        panels[1].set_title("Works, fractional counting")
        panels[1].set_ylim(panels[0].get_ylim())
    share = {"share_of_world": ""}
    what = "share of the world's works"
    draw_columns(panels[-1], shown.evidence, share, study=study, what=what, stated=stated)
    panels[-1].set_title("Share of the world")
    return finish(figure, shown.title, shown.evidence, completeness_notes(shown.tables))


def is_fractional(item: Evidence) -> bool:
    """Say whether a source counts works in parts."""
    return item.source.counting == "fractional counting"


def describe_region_output(shown: Shown) -> str:
    """Describe figure 1: output of the region and its share of the world."""
    study, evidence, stated = shown.study, shown.evidence, shown.stated
    works = per_source(evidence, "n_works_region")
    return whole(
        evidence,
        f"Line chart: works per year with an author in {study.region_short}.",
        f"{works}." if works else NOTHING,
        sentence("Share of the world's works:", per_source(evidence, "share_of_world")),
        *completeness_notes(shown.tables),
        describe_stated(study, stated),
    )


def _published_output(published: Rows, study: Study) -> list[Evidence]:
    series = witnesses.region_series(published, study)
    return by_witness(series.rename(columns={"n_works": "n_works_region"}))


register(
    Entry(
        "figure1_region_output",
        "region_output",
        lambda study: (
            f"{study.region_short}: works per year and share of the world {period(study)}"
        ),
        plot_region_output,
        describe_region_output,
        _published_output,
        marks_of(region_output="n_works_region", region_share_each_year="share_of_world"),
    )
)


@styled
def plot_country_output(shown: Shown) -> Figure:
    """Draw figure 2: output of the region's countries."""
    study, evidence, stated = shown.study, shown.evidence, shown.stated
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
    n_drawn = len(largest_codes(known[0].frame, study.region.codes)) if known else 0
    members = len(study.region.codes)
    left.set_title(
        f"The {n_drawn} largest of {members} countries" if 0 < n_drawn < members else "Countries"
    )
    right.set_title("Share of the region")
    return finish(figure, shown.title, known)


def describe_country_output(shown: Shown) -> str:
    """Describe figure 2: output of the region's countries."""
    study, evidence, stated = shown.study, shown.evidence, shown.stated
    start = f"Dot and line chart: works per year of the countries of {study.region_short}."
    known = known_evidence(evidence, "n_works")
    if not known:
        return whole(evidence, start, NOTHING, describe_stated(study, stated))
    main = known[0]
    year = int(main.frame.loc[main.frame["n_works"].notna(), "year"].max())
    leaders = tell_places(first_places(main.frame, study.region.codes, 5))
    shares = per_group(main, share_groups(study, main.frame), "share_of_region")
    return whole(
        evidence,
        start,
        f"{main.source.label}, {year}: {leaders or NO_WORKS}.",
        sentence("Share of the region's works:", shares),
        describe_stated(study, stated),
    )


register(
    Entry(
        "figure2_country_output",
        "country_output",
        lambda study: f"{study.region_short}: works by country {period(study)}",
        plot_country_output,
        describe_country_output,
        lambda published, study: by_witness(witnesses.country_series(published, study)),
        marks_of(countries_share="share_of_region"),
    )
)


@styled
def plot_region_partners(shown: Shown) -> Figure:
    """Draw figure 3: partner countries of the region."""
    study, evidence, stated = shown.study, shown.evidence, shown.stated
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
    return finish(figure, shown.title, known, _rank_note(study, known, stated))


def _partner_groups(study: Study, known: Sequence[Evidence]) -> list[Group]:
    """Return the five largest partners and the home country, one line each."""
    if not known:
        return []
    rows = partner_rows(study, known[0].frame, 5)
    return [Group(country_name(str(code)), (str(code),)) for code in rows["country_code"]]


def describe_region_partners(shown: Shown) -> str:
    """Describe figure 3: partner countries of the region."""
    study, evidence, stated = shown.study, shown.evidence, shown.stated
    start = f"Bar and line chart: works of {study.region_short} with countries outside it."
    known = known_evidence(evidence, "n_works")
    if not known:
        return whole(evidence, start, NOTHING, describe_stated(study, stated))
    leaders = _leading_partners(study, known[0], 5)
    return whole(evidence, start, leaders, describe_stated(study, stated))


def _rank_note(study: Study, known: Sequence[Evidence], stated: Sequence[Stated]) -> list[str]:
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


def _leading_partners(study: Study, item: Evidence, most: int) -> str:
    """Return the largest partners, years pooled, and the place of the home country."""
    ranking = pooled_places(study, item.frame)
    named = tell_places([place for place in ranking if place.rank <= most])
    home = [
        f"{country_name(code)} is number {place.rank} with {format_count(place.n_works)}"
        f"{', tied' if len(place.who) > 1 else ''}"
        for place in ranking
        for code in place.who
        if code in study.home and place.rank > most
    ]
    first, last = int(item.frame["year"].min()), int(item.frame["year"].max())
    start = f"{item.source.label}, {first} to {last} ({item.source.counting})"
    return f"{start}: {named or NO_WORKS}{'; ' if home else ''}{join_words(home)}."


def _published_partners(published: Rows, study: Study) -> list[Evidence]:
    series = witnesses.partner_series(published, study).drop(columns="rank")
    names = {"partner_code": "country_code", "n_pairs": "n_works"}
    return by_witness(series.rename(columns=names), "pair_sum")


def _stated_ranks(test: Test, _: Study) -> list[Stated]:
    """Return the one rank that the document gives: who is first."""
    is_first = test.quantity == "partner_margin"
    return [Stated("rank", 1, country_codes=test.members[:1])] if is_first else []


register(
    Entry(
        "figure3_region_partners",
        "region_partners",
        lambda study: f"{study.region_short}: partner countries {period(study)}",
        plot_region_partners,
        describe_region_partners,
        _published_partners,
        _stated_ranks,
    )
)


@styled
def plot_fields(shown: Shown) -> Figure:
    """Draw table 2: activity index and counts of fields in the region and its largest countries."""
    study, evidence, stated = shown.study, shown.own or shown.others, shown.stated
    known = known_evidence(evidence, "activity_index")
    numbers = [min(MOST_FIELDS, item.frame["field"].nunique()) for item in known]
    heights = [1.4 + 0.48 * number for number in numbers] or [2.5]
    figure = new_figure(10.5, sum(heights) + 0.9)
    panels = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, item in zip(panels, known, strict=False):
        draw_fields(axes, item.frame, field_areas(study, item.frame), stated=stated)
        axes.set_title(item.source.label)
    if not known:
        draw_nothing(panels[0], "activity index, and works in whole counting")
    return finish(figure, shown.title, known, [_fields_note(study, known, stated)] if known else [])


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
    fields = max(item.frame["field"].nunique() for item in known)
    note += f" The {MOST_FIELDS} strongest of {fields} fields." if fields > MOST_FIELDS else ""
    framed = f" Frame: strong field stated by {study.paper.get('short', 'the paper')}."
    return note + (framed if stated else "")


def describe_fields(shown: Shown) -> str:
    """Describe table 2: activity index of fields in the region and its countries."""
    study, evidence, stated = shown.study, shown.own or shown.others, shown.stated
    start = (
        f"Heat map: activity index of fields in {study.region_short} and its countries; "
        "1 is the world's share of the field."
    )
    known = known_evidence(evidence, "activity_index")
    names = {str(name) for item in known for name in item.frame["field"]}
    stated = [mark for mark in stated if mark.field in names or not known]
    body = []
    for item in known:
        region = item.frame[item.frame["country_code"] == "region"].dropna(subset="activity_index")
        top = region.sort_values(["activity_index", "field"], ascending=[False, True]).head(3)
        named = [f"{row.field} {row.activity_index:.2f}" for row in top.itertuples()]
        body.append(sentence(f"{item.source.label}, highest in the region:", join_words(named)))
    return whole(evidence, start, *(body or [NOTHING]), describe_stated(study, stated))


def _published_fields(published: Rows, study: Study) -> list[Evidence]:
    fields = witnesses.field_activity(published, study)
    is_whole = fields["n_years_with_share"] == len(study.year_range)
    fields["n_top_1_percent"] = fields["n_top_1_percent"].where(is_whole)
    return by_witness(fields)


def _strong_fields(test: Test, _: Study) -> list[Stated]:
    if test.quantity != "top_index":
        return []
    return [
        Stated("field", 1, field=name, country_codes=("region",))
        for field in test.fields
        for name in _names_of(field)
    ]


def _names_of(field: str) -> list[str]:
    """Return the names of a claim's field in the classifications that our figures show."""
    entry = field_crosswalk()[field]
    close = {"same", "close"}
    ours = [field_names()[number] for number in entry["openalex"] if entry["openalex_fit"] in close]
    return ours + [name for name in entry["ncses"] if entry["ncses_fit"] in close]


_FIELDS: Final = Entry(
    "table2_fields",
    "fields",
    lambda study: f"{study.region_short}: activity index by field {period(study)}",
    plot_fields,
    describe_fields,
    _published_fields,
    _strong_fields,
)
register(
    replace(
        _FIELDS,
        id="table2_fields_published",
        title=lambda study: f"{_FIELDS.title(study)}, published by others",
        draw=lambda shown: plot_fields(replace(shown, own=())),
        describe=lambda shown: describe_fields(replace(shown, own=())),
        when=lambda shown: bool(shown.own and shown.others),
    ),
    _FIELDS,
)

HEADLINE: Final = (
    "figure4_institution_region",
    "figure1_region_output",
    "figure3_region_partners",
)


@styled
def plot_headline(shown: Shown) -> Figure:
    """Draw the picture of the front page: institution and region, the region, its partners."""
    study = shown.study
    joint, output, partners = (shown.parts[name] for name in HEADLINE)
    whole_counts = [item for item in output.evidence if not is_fractional(item)]
    figure = new_figure(10.5, 7.4)
    panels = figure.subplot_mosaic([["joint", "output"], ["partners", "partners"]])
    draw_joint(panels["joint"], joint)
    title_panel(panels["joint"], f"{study.institution.short} and {study.region_short}")
    draw_columns(
        panels["output"],
        whole_counts,
        {"n_works_region": ""},
        study=study,
        what="works per year",
        stated=output.stated,
    )
    title_panel(panels["output"], f"All works of {study.region_short}")
    pairs = known_evidence(partners.evidence, "n_works")
    draw_partners(panels["partners"], pairs, study=study, stated=partners.stated, most=10)
    panels["partners"].set_title(f"Partner countries of {study.region_short}, rank on the left")
    floor = [item for item in joint.others if item.source.is_floor]
    evidence = [*joint.own, *floor, *whole_counts, *pairs[:1]]
    notes = ["At least: papers of large collaborations that must be among them."] if floor else []
    notes += _rank_note(study, pairs, partners.stated)
    return finish(figure, shown.title, evidence, notes, is_brief=True)


def describe_headline(shown: Shown) -> str:
    """Describe the picture of the front page."""
    study = shown.study
    joint, output, partners = (shown.parts[name] for name in HEADLINE)
    pairs = known_evidence(partners.evidence, "n_works")
    works = per_source(output.evidence, "n_works_region")
    return whole(
        shown.evidence,
        f"Three panels. Works per year of {study.institution.short} and {study.region_short}:",
        tell_joint(joint),
        sentence(f"Works per year of {study.region_short}:", works),
        _leading_partners(study, pairs[0], 3) if pairs else "",
        describe_stated(study, output.stated),
    )


register(
    Entry(
        "headline",
        "",
        lambda study: (
            f"{study.institution.short} and {study.region_short} {period(study)}: works together, "
            "output of the region, its partners"
        ),
        plot_headline,
        describe_headline,
        when=lambda shown: not shown.is_synthetic,
        parts=HEADLINE,
    )
)
