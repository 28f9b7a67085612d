"""
Figures of cooperation: maps, growth from one base, countries by year, ties, fields, institutions.

Each is registered below its drawing and its words; the panels are those of
:mod:`bibliometrics.figures.plot`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bibliometrics.figures import plot
from bibliometrics.figures.data import (
    Evidence,
    Stated,
    counting_label,
    country_name,
    format_count,
    known_evidence,
    period,
    pool_years,
)
from bibliometrics.figures.institution_figures import home_works, suspect_notes
from bibliometrics.figures.outlines import outline_note
from bibliometrics.figures.panels import Line, draw_lines
from bibliometrics.figures.registry import Entry, Shown, register, when_counted
from bibliometrics.figures.style import (
    PALETTE,
    STATED_COLOUR,
    count_axis,
    finish,
    look,
    new_figure,
    role_colour,
    styled,
    title_panel,
    wrap,
)
from bibliometrics.figures.text import (
    completeness_notes,
    describe_growth,
    join_words,
    sentence,
    whole,
)
from bibliometrics.study.model import Study

PARTNERS: Final = "figure5_institution_partners"
HOME: Final = "home_partners"


def _member_works(shown: Shown, *names: str) -> list[Evidence]:
    """Return the first evidence of works by member of the region that one of the figures has."""
    codes = shown.study.region.codes
    for name in names:
        part = shown.parts[name]
        found = home_works(part) if name == HOME else known_evidence(part.evidence, "n_works")
        for item in found:
            frame = item.frame[item.frame["country_code"].isin(codes)]
            if frame["n_works"].sum() > 0 and not item.source.is_floor:
                return [Evidence(frame, item.source)]
    return []


def _mapped(shown: Shown) -> list[tuple[str, Evidence]]:
    """Return with whom the region works, and the works by country: ours, else all the home's."""
    study = shown.study
    named = ((study.institution.short, PARTNERS), (f"all {study.home_name}", HOME))
    return [(who, item) for who, name in named for item in _member_works(shown, name)][:1]


def _growth_of_halves(frame: pd.DataFrame, years: tuple[int, int]) -> tuple[pd.DataFrame, str]:
    """Return works of the last half of the years over those of the first, by country."""
    first, last = years
    half = (last - first + 1) // 2
    early = frame[frame["year"] < first + half].groupby("country_code")["n_works"].sum()
    late = frame[frame["year"] > last - half].groupby("country_code")["n_works"].sum()
    enough = early[early >= LEAST]
    ratio = late.reindex(enough.index) / enough
    said = f"{last - half + 1}–{last} over {first}–{first + half - 1}"
    rows = pd.DataFrame({"country_code": frame["country_code"].unique()})
    return rows.assign(growth_factor=rows["country_code"].map(ratio).astype(float)), said


#: Works in the first half below which a country has no growth on the map.
LEAST: Final = 10


@styled
def plot_region_map(shown: Shown) -> Figure:
    """Draw maps of the region: works with the institution (or its country), and their growth."""
    [(who, item)] = _mapped(shown)
    figure = new_figure(10.5, 6.9)
    left, right = figure.subplots(1, 2)
    plot.region_map(item.frame[["year", "country_code", "n_works"]], left)
    counted = counting_label("works, years added up", [item.source])
    left.set_xlabel(wrap(f"{counted}; darker is more (log scale)", 52))
    title_panel(left, f"Works with {who}")
    grown, said = _growth_of_halves(item.frame, shown.study.years)
    plot.region_map(grown, right, column="growth_factor")
    scale = f"ratio, log scale; white is 1, or fewer than {LEAST} works"
    right.set_xlabel(wrap(f"{counting_label(f'works {said}', [item.source])} ({scale})", 52))
    title_panel(right, f"Growth of works with {who}")
    return finish(figure, shown.title, [item], [outline_note()], is_brief=True)


def _listed(names: Iterable[object], works: Iterable[float]) -> str:
    return join_words(
        [f"{name} {format_count(float(n))}" for name, n in zip(names, works, strict=True)]
    )


def describe_region_map(shown: Shown) -> str:
    """Describe the maps of the region."""
    [(who, item)] = _mapped(shown)
    grown, said = _growth_of_halves(item.frame, shown.study.years)
    top = grown.sort_values(["growth_factor", "country_code"], ascending=[False, True]).head(3)
    named = [
        f"{country_name(str(code))} {factor:.1f} times"
        for code, factor in zip(top["country_code"], top["growth_factor"], strict=True)
        if factor == factor
    ]
    pooled = pool_years(item.frame, shown.study.region.codes).head(5)
    return whole(
        [item],
        f"Two maps with outlines of countries: works with {who}, and their growth.",
        sentence(
            "Most works, years added up:",
            _listed(pooled["country_code"].map(country_name), pooled["n_works"]),
        ),
        sentence(f"Highest growth, {said}:", join_words(named)),
    )


register(
    Entry(
        "region_map",
        "institution_partners",
        lambda study: f"{study.region_short} on the map: works and growth, {period(study)}",
        plot_region_map,
        describe_region_map,
        when=lambda shown: bool(_mapped(shown)),
        parts=(PARTNERS, HOME),
    )
)

REGION_OUTPUT: Final = "figure1_region_output"
JOINT: Final = "figure4_institution_region"


def _indexed(shown: Shown) -> dict[str, tuple[pd.DataFrame, str, Evidence]]:
    """Return series with their first year at 100, their colours and sources, by name."""
    study, joint = shown.study, shown.parts[JOINT].own
    wished: list[tuple[str, str, str, Sequence[Evidence]]] = [
        (study.institution.short, "n_works_institution_region", "institution", joint),
        (f"all {study.home_name}", "n_works_home_region", "home", _joint_works(shown)),
        (study.region_short, "n_works_region", "region", shown.parts[REGION_OUTPUT].evidence),
    ]
    found = {}
    for name, column, role, evidence in wished:
        for item in known_evidence(evidence, column)[:1]:
            rows = item.frame[item.frame[column].notna()].sort_values("year")
            first = float(rows[column].iloc[0])
            if first > 0:
                value = 100 * rows[column].astype(float) / first
                series = pd.DataFrame({"year": rows["year"], "value": value.round(1)})
                found[name] = (series, role_colour(role), item)
    return found


def _joint_works(shown: Shown) -> list[Evidence]:
    """Return works of all the home country with the region: ours, else pairs added up."""
    own = known_evidence(shown.parts[JOINT].own, "n_works_home_region")
    added = [
        Evidence(
            item.frame.groupby("year")["n_works"].sum().rename("n_works_home_region").reset_index(),
            replace(item.source, counting="pairs of countries added up"),
        )
        for item in _member_works(shown, HOME)
    ]
    return own or added


def _indexed_marks(shown: Shown) -> list[Stated]:
    """Return what the document states of institution and region, its first year at 100."""
    marks = [m for m in shown.parts[JOINT].stated if m.column == "n_works_institution_region"]
    by_year = {mark.year: mark.value for mark in marks if mark.year}
    first = by_year.get(shown.study.years[0])
    if not first:
        return []
    said = shown.study.institution.short
    return [
        Stated("index", round(100 * value / first, 1), f"{said} {100 * value / first:,.0f}", year)
        for year, value in by_year.items()
    ]


@styled
def plot_indexed_growth(shown: Shown) -> Figure:
    """Draw the growth of institution, home country and region from one base."""
    named, marks = _indexed(shown), _indexed_marks(shown)
    sources = [item for _, _, item in named.values()]
    figure = new_figure(8.5, 4.6)
    axes = figure.subplots()
    lines = [
        Line(series, look(number, colour), name, item.source.is_witness)
        for number, (name, (series, colour, item)) in enumerate(named.items())
    ]
    base = shown.study.years[0]
    draw_lines(
        axes, lines, study=shown.study, columns=["index"], stated=marks,
        ylabel=counting_label(f"works per year; {base} = 100", [one.source for one in sources]),
        is_log=True,
    )  # fmt: skip
    axes.axhline(100, color=STATED_COLOUR, linewidth=0.6, alpha=0.5, zorder=0.5)
    return finish(figure, shown.title, sources, completeness_notes(shown.tables))


def describe_indexed_growth(shown: Shown) -> str:
    """Describe the growth from one base."""
    said = [
        f"{name}: {describe_growth(series, 'index')}"
        for name, (series, _, _) in _indexed(shown).items()
    ]
    marks = [f"{mark.label} in {mark.year}" for mark in _indexed_marks(shown)]
    paper = shown.study.paper.get("short", "the paper")
    return whole(
        [item for _, _, item in _indexed(shown).values()],
        f"Line chart: works per year with the first year at 100. {'; '.join(said)}.",
        *completeness_notes(shown.tables),
        sentence(f"As {paper} states it:", "; ".join(marks)),
    )


register(
    Entry(
        "indexed_growth",
        "institution_region",
        lambda study: (
            f"Growth from one base: {study.institution.short}, all {study.home_name} and "
            f"{study.region_short} {period(study)}"
        ),
        plot_indexed_growth,
        describe_indexed_growth,
        when=lambda shown: bool(_indexed(shown)),
        parts=(REGION_OUTPUT, JOINT, HOME),
    )
)


MOST: Final = 15


def _yearly(shown: Shown) -> list[tuple[str, Evidence]]:
    """Return whose works by country and year: the institution's, else its floor; the home's."""
    study, partners = shown.study, shown.parts[PARTNERS]
    own = known_evidence(partners.own, "n_works")
    floor = [item for item in partners.others if item.source.is_floor]
    named = [(study.institution.short, item) for item in [*own, *floor][:1]]
    home = [(f"all {study.home_name}", item) for item in home_works(shown.parts[HOME])]
    every = [*named, *home][: 2 if named else 1]
    return [(of, item) for of, item in every if item.source.is_synthetic or not shown.is_synthetic]


@styled
def plot_country_years(shown: Shown) -> Figure:
    """Draw a heat map of countries and years."""
    study, evidence = shown.study, _yearly(shown)
    figure = new_figure(10.5, 5.6)
    panels = figure.subplots(1, len(evidence), squeeze=False)[0]
    for axes, (of, item) in zip(panels, evidence, strict=True):
        plot.heatmap(item.frame[["year", "country_code", "n_works"]], axes, most=MOST)
        axes.set_ylim(MOST, 0)  # rows of one height, however many a source has
        axes.set_facecolor("none")
        axes.spines[:].set_visible(False)
        axes.xaxis.tick_top()
        axes.set_xlabel("")
        title_panel(axes, f"Works of {of}: {item.source.label}")
    notes = ["Number: works, whole counting; darker is more (log scale); – none known"]
    if any(item.source.is_witness and not item.source.is_floor for _, item in evidence):
        notes += suspect_notes(study)
    return finish(figure, shown.title, [item for _, item in evidence], notes)


def describe_country_years(shown: Shown) -> str:
    """Describe the heat map of countries and years."""
    evidence = _yearly(shown)
    return whole(
        [item for _, item in evidence],
        "Heat map: countries of the region by year, the number of works in each cell.",
        *(
            sentence(
                f"Works of {of}, {item.source.label}, all years:",
                _listed(pooled["country_code"].map(country_name), pooled["n_works"]),
            )
            for of, item in evidence
            for pooled in [pool_years(item.frame, shown.study.region.codes).head(5)]
        ),
    )


register(
    Entry(
        "country_years",
        "institution_partners",
        lambda study: f"Works by country of {study.region_short} and year, {period(study)}",
        plot_country_years,
        describe_country_years,
        when=lambda shown: bool(_yearly(shown)),
        parts=(PARTNERS, HOME),
    )
)


@styled
def plot_ties(shown: Shown) -> Figure:
    """Draw the network of the region's countries and their partners."""
    figure = new_figure(8.5, 6.2)
    plot.network(shown.own[0].frame, figure.subplots(), most=16)
    return finish(figure, shown.title, shown.own)


def describe_ties(shown: Shown) -> str:
    """Describe the network: the strongest ties."""
    frame = shown.own[0].frame.sort_values(["n_works", "country_code"], ascending=[False, True])
    rows = frame.head(5)
    pairs = zip(rows["country_code"], rows["partner_code"], strict=True)
    named = [f"{country_name(one)} and {country_name(other)}" for one, other in pairs]
    start = "Network: countries as dots, joint works as lines. The strongest ties:"
    return whole(shown.own, sentence(start, _listed(named, rows["n_works"])))


register(
    Entry(
        "ties",
        "ties",
        lambda study: f"{study.region_short} and its partners: joint works {period(study)}",
        plot_ties,
        describe_ties,
        when=when_counted,
    )
)


def _halves(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of institution and region by half of the years."""
    mine = frame[frame["area"] == "institution_region"]
    return [half for _, half in mine.groupby("year_from")]


@styled
def plot_cooperation_fields(shown: Shown) -> Figure:
    """Draw in which fields institution and region work together: index, and works of each half."""
    frame, halves = shown.own[0].frame, _halves(shown.own[0].frame)
    last = halves[-1] if halves else frame
    order = last.sort_values(["n_works", "field"], ascending=[False, True])["field"].head(16)
    figure = new_figure(10.5, 6.2)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1])
    _draw_halves(left, halves, list(order))
    rows = last.set_index("field").loc[list(order)].reset_index()
    plot.fields(rows[["field", "activity_index"]].dropna(), right)
    title_panel(left, "Works per year of each half")
    years = f"{rows['year_from'].iloc[0]}–{rows['year_to'].iloc[0]}"
    title_panel(right, f"Activity index {years}")
    return finish(figure, shown.title, shown.own)


def _draw_halves(axes: Axes, halves: Sequence[pd.DataFrame], fields: Sequence[str]) -> None:
    places = range(len(fields))
    for number, half in enumerate(halves):
        first, last = int(half["year_from"].iloc[0]), int(half["year_to"].iloc[0])
        per_year = half.set_index("field")["n_works"] / (last - first + 1)
        axes.plot(
            per_year.reindex(list(fields)), places, "o", color=("#999999", PALETTE[0])[number % 2],
            label=f"{first}–{last}", markersize=4 + 2 * number,
        )  # fmt: skip
    axes.set_yticks(list(places), [wrap(field, 30) for field in fields])
    axes.set_ylim(len(fields) - 0.4, -0.6)
    axes.grid(visible=True, axis="x")
    axes.set_xlim(left=0)
    axes.set_xlabel("works per year, whole counting")
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.1), ncols=2)
    count_axis(axes.xaxis)


def describe_cooperation_fields(shown: Shown) -> str:
    """Describe the fields of institution and region."""
    halves = _halves(shown.own[0].frame)
    rows = halves[-1].sort_values(["n_works", "field"], ascending=[False, True]).head(5)
    when = f"{rows['year_from'].iloc[0]}–{rows['year_to'].iloc[0]}"
    start = f"Dots and bars: fields of the works of both. Most works in {when}:"
    return whole(shown.own, sentence(start, _listed(rows["field"], rows["n_works"])))


register(
    Entry(
        "cooperation_fields",
        "cooperation_fields",
        lambda study: (
            f"{study.institution.short} and {study.region_short}: fields of the works together "
            f"{period(study)}"
        ),
        plot_cooperation_fields,
        describe_cooperation_fields,
        when=when_counted,
    )
)


def _sides(study: Study) -> Mapping[str, str]:
    return MappingProxyType(
        {
            "institution": f"Units of {study.institution.short}",
            "region": f"Institutions in {study.region_short}",
            "home": f"Other institutions in {study.home_name}",
        }
    )


@styled
def plot_cooperation_institutions(shown: Shown) -> Figure:
    """Draw the institutions with most works together, and how many are of small teams."""
    frame, sides = shown.own[0].frame, _sides(shown.study)
    present = [side for side in sides if (frame["side"] == side).any()]
    figure = new_figure(13, 5.4)
    panels = figure.subplots(1, max(1, len(present)), squeeze=False)[0]
    for axes, side in zip(panels, present, strict=False):
        rows = frame[frame["side"] == side].head(12)
        places = range(len(rows))
        axes.barh(places, rows["n_works"], color="#BFD7E8", height=0.7, label="all works")
        axes.barh(
            places, rows["n_works_small_teams"], color=PALETTE[0], height=0.7,
            label="of at most 100 authors",
        )  # fmt: skip
        names = rows["institution"].where(rows["institution"] != "", rows["institution_id"])
        axes.set_yticks(list(places), [wrap(str(name), 24) for name in names], fontsize=7)
        axes.set_ylim(11.6, -0.6)  # bars of one height, however many there are
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.set_xlabel("works, years pooled, whole counting")
        count_axis(axes.xaxis)
        title_panel(axes, sides[side])
    panels[0].legend(loc="upper left", bbox_to_anchor=(0, -0.14), ncols=2)
    return finish(figure, shown.title, shown.own)


def describe_cooperation_institutions(shown: Shown) -> str:
    """Describe the institutions with most works together."""
    frame, sides = shown.own[0].frame, _sides(shown.study)
    said = []
    for side, name in sides.items():
        rows = frame[frame["side"] == side].head(3)
        said.append(sentence(f"{name}:", _listed(rows["institution"], rows["n_works"])))
    return whole(shown.own, "Bars: institutions with most works together.", *said)


register(
    Entry(
        "cooperation_institutions",
        "cooperation_institutions",
        lambda study: (
            f"{study.institution.short} and {study.region_short}: institutions {period(study)}"
        ),
        plot_cooperation_institutions,
        describe_cooperation_institutions,
        when=when_counted,
    )
)
