"""
Alternative texts: what each figure shows, in one to four sentences, computed from the same values.

A reader who can't see a figure learns what is drawn, first and last value, growth and leaders.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bibliometrics.claims.grading import Agreement
from bibliometrics.figures.data import (
    Evidence,
    Group,
    Stated,
    change_of,
    country_name,
    first_places,
    format_count,
    format_share,
    format_value,
    is_share,
    known_evidence,
    largest_pooled,
    member_groups,
    pooled_places,
    series_of,
    share_groups,
)
from bibliometrics.study.model import Study
from bibliometrics.study.specifications import big_science_name
from bibliometrics.tables.build import HOME, REGION
from bibliometrics.tables.indicators import Place, leaders
from bibliometrics.tables.sensitivity import (
    AXIS_NAMES,
    Headline,
    choice_medians,
    compare_counting,
    growth_by_area,
    headline_values,
    list_headlines,
    summarise_curve,
    weak_changes,
)

NO_WORKS = "no works at all"
NOTHING = "Nothing has been counted yet: the figure waits for a pull."


def join_words(words: Sequence[str]) -> str:
    """
    Join words as in a sentence.

    >>> join_words(["Spain", "France", "Italy"])
    'Spain, France and Italy'
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def tell_places(places: Iterable[Place]) -> str:
    """
    Return who has how many works, the most first; equal counts are said to be tied.

    >>> from bibliometrics.indicators import standings
    >>> tell_places(standings({"ES": 9, "IT": 4, "FR": 4, "PT": 0}))
    'Spain 9, France and Italy tied at 4'
    """
    said = [
        f"{join_words([country_name(code) for code in place.who])}"
        f"{' tied at' if len(place.who) > 1 else ''} {format_count(place.n_works)}"
        for place in places
    ]
    is_plain = all(len(place.who) == 1 for place in places)
    return join_words(said) if is_plain else ", ".join(said)


def describe_growth(series: pd.DataFrame, column: str) -> str:
    """
    Return first and last value of a series, and the growth factor of a count.

    >>> describe_growth(pd.DataFrame({"year": [2007, 2016], "value": [50.0, 100.0]}), "n_works")
    '50 in 2007, 100 in 2016 (2.00 times)'
    """
    known = series[series["value"].notna()]
    first, last = known.iloc[0], known.iloc[-1]
    ends = [f"{format_value(row['value'], column)} in {row['year']:.0f}" for row in (first, last)]
    if len(known) == 1:
        return ends[0]
    if is_share(column) or first["value"] == 0:
        return ", ".join(ends)
    return f"{', '.join(ends)} ({last['value'] / first['value']:.2f} times)"


def _per_source(evidence: Iterable[Evidence], column: str) -> str:
    """Return a clause per source that knows the column."""
    clauses = [
        f"{item.source.label}: {describe_growth(series_of(item.frame, column), column)}"
        for item in known_evidence(evidence, column)
    ]
    return "; ".join(clauses)


def _per_group(item: Evidence, groups: Iterable[Group], column: str) -> str:
    series = {group.label: series_of(item.frame, column, group.codes) for group in groups}
    return "; ".join(
        f"{label}: {describe_growth(values, column)}"
        for label, values in series.items()
        if not values.empty
    )


def describe_stated(study: Study, stated: Iterable[Stated]) -> str:
    """Return the paper's values of a figure as a sentence; empty if there are none."""
    said = []
    for mark in stated:
        names = {"region": study.region_short}
        where = join_words([names.get(code, country_name(code)) for code in mark.country_codes])
        what = "share" if is_share(mark.column) else mark.column if mark.column == "rank" else ""
        value = mark.label or format_value(mark.value, mark.column)
        if mark.column == "field":
            value = mark.label or "strong"
        when = f"in {mark.year}" if mark.year else ""
        said.append(" ".join(filter(None, [where, mark.field, what, value, when])))
    return f"Stated by {study.paper.get('short', 'the paper')}: {'; '.join(said)}." if said else ""


def _whole(evidence: Iterable[Evidence], *sentences: str) -> str:
    """Join sentences, with a warning in front when the data are synthetic."""
    synthetic = any(item.source.is_synthetic for item in evidence)
    warning = "Synthetic data, not a result." if synthetic else ""
    return " ".join(filter(None, [warning, *sentences]))


def _sentence(start: str, body: str) -> str:
    return f"{start} {body}." if body else ""


def describe_region_output(
    study: Study, evidence: Sequence[Evidence], stated: Sequence[Stated] = ()
) -> str:
    """Describe figure 1: output of the region and its share of the world."""
    works = _per_source(evidence, "n_works_region")
    return _whole(
        evidence,
        f"Line chart: works per year with an author in {study.region_short}.",
        f"{works}." if works else NOTHING,
        _sentence("Share of the world's works:", _per_source(evidence, "share_of_world")),
        describe_stated(study, stated),
    )


def describe_country_output(
    study: Study, evidence: Sequence[Evidence], stated: Sequence[Stated] = ()
) -> str:
    """Describe figure 2: output of the region's countries."""
    start = f"Dot and line chart: works per year of the countries of {study.region_short}."
    known = known_evidence(evidence, "n_works")
    if not known:
        return _whole(evidence, start, NOTHING, describe_stated(study, stated))
    main = known[0]
    year = int(main.frame.loc[main.frame["n_works"].notna(), "year"].max())
    leaders = tell_places(first_places(main.frame, study.region.codes, 5))
    shares = _per_group(main, share_groups(study, main.frame), "share_of_region")
    return _whole(
        evidence,
        start,
        f"{main.source.label}, {year}: {leaders or NO_WORKS}.",
        _sentence("Share of the region's works:", shares),
        describe_stated(study, stated),
    )


def describe_region_partners(
    study: Study, evidence: Sequence[Evidence], stated: Sequence[Stated] = ()
) -> str:
    """Describe figure 3: partner countries of the region."""
    start = f"Bar and line chart: works of {study.region_short} with countries outside it."
    known = known_evidence(evidence, "n_works")
    if not known:
        return _whole(evidence, start, NOTHING, describe_stated(study, stated))
    leaders = _leading_partners(study, known[0], 5)
    return _whole(evidence, start, leaders, describe_stated(study, stated))


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


def describe_institution_region(
    study: Study,
    evidence: Sequence[Evidence],
    stated: Sequence[Stated] = (),
    bounds: Sequence[Evidence] = (),
) -> str:
    """Describe figure 4: works of institution and region."""
    pair = f"{study.institution.short} and {study.region_short}"
    works = _per_source(evidence, "n_works_institution_region")
    near = [
        f"All works of {study.home_name} and {study.region_short} in "
        f"{item.frame['year'].max():.0f} lie between {format_count(item.frame['low'].iloc[-1])} "
        f"and {format_count(item.frame['high'].iloc[-1])} ({item.source.label})."
        for item in bounds
    ]
    return _whole(
        evidence,
        f"Line chart: works per year of {pair}.",
        f"{works}." if works else NOTHING,
        _sentence(
            f"Share of the works of {study.home_name} and {study.region_short}:",
            _per_source(evidence, "share_of_home"),
        ),
        *near,
        describe_stated(study, stated),
    )


def describe_institution_partners(
    study: Study,
    evidence: Sequence[Evidence],
    stated: Sequence[Stated] = (),
    proxies: Sequence[Evidence] = (),
) -> str:
    """Describe figure 5: partner countries of the institution."""
    start = f"Line chart: works per year of {study.institution.short} by country of the region."
    known = known_evidence(evidence, "n_works")
    if known:
        groups = member_groups(study, known[0].frame)
        works = _per_group(known[0], groups, "n_works")
        shares = _per_group(known[0], groups[:1], "share_of_institution_region")
        body = [_sentence(f"{known[0].source.label}:", works), _sentence("Share:", shares)]
    else:
        body = [NOTHING]
    near = [
        _sentence(
            f"For comparison all works of {study.home_name} ({item.source.label}):",
            _per_group(item, member_groups(study, item.frame), "n_works"),
        )
        for item in proxies
        if not known
    ]
    return _whole(evidence, start, *body, *near, describe_stated(study, stated))


def describe_partner_map(study: Study, evidence: Sequence[Evidence]) -> str:
    """Describe the tile map of works of the institution with each member of the region."""
    pair = f"{study.institution.short} with each country of {study.region_short}"
    known = known_evidence(evidence, "n_works")
    if not known:
        return _whole(evidence, f"Tile map: works of {pair}.", NOTHING)
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
    return _whole(
        evidence,
        f"Tile map: works of {pair} in {change.last_year}{since}.",
        f"{known[0].source.label}: {join_words(named) or NO_WORKS}.",
        f"{n_none} of {len(study.region.codes)} countries have none in {change.last_year}.",
    )


def describe_partner_years(study: Study, evidence: Sequence[Evidence]) -> str:
    """Describe the small panels of works of the institution with each member of the region."""
    start = f"Small line charts: works per year of {study.institution.short} by country."
    known = known_evidence(evidence, "n_works")
    if not known:
        return _whole(evidence, start, NOTHING)
    shown = largest_pooled(study, known[0].frame)
    groups = [Group(country_name(code), (code,)) for code in shown[:5]]
    return _whole(
        evidence,
        start,
        f"{len(shown)} of {len(study.region.codes)} countries are drawn.",
        _sentence(f"{known[0].source.label}:", _per_group(known[0], groups, "n_works")),
    )


def describe_fields(
    study: Study, evidence: Sequence[Evidence], stated: Sequence[Stated] = ()
) -> str:
    """Describe table 2: activity index of fields in the region and its countries."""
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
        body.append(_sentence(f"{item.source.label}, highest in the region:", join_words(named)))
    return _whole(evidence, start, *(body or [NOTHING]), describe_stated(study, stated))


def describe_team_size(study: Study, evidence: Sequence[Evidence]) -> str:
    """Describe the works of institution and region by number of authors."""
    pair = f"{study.institution.short} and {study.region_short}"
    start = f"Stacked bars: works per year of {pair} by number of authors."
    column = "n_works_institution_region"
    known = known_evidence(evidence, column)
    if not known:
        return _whole(evidence, start, NOTHING)
    sums = known[0].frame.groupby("authors_from")[column].sum()
    large, total = sums[sums.index > 100].sum(), sums.sum()
    share = f", {100 * large / total:.1f} %" if total else ""
    return _whole(
        evidence,
        start,
        f"{known[0].source.label}: {format_count(total)} works in all years, "
        f"{format_count(large)} of them with more than 100 authors{share}.",
    )


def describe_headline(
    study: Study,
    output: Sequence[Evidence],
    countries: Sequence[Evidence],
    partners: Sequence[Evidence],
    stated: Sequence[Stated] = (),
) -> str:
    """Describe the picture of the front page: output, countries and partners of the region."""
    shown = known_evidence(countries, "n_works")[:1]
    shares = [
        _per_group(item, share_groups(study, item.frame), "share_of_region") for item in shown
    ]
    pairs = known_evidence(partners, "n_works")
    return _whole(
        [*output, *countries, *partners],
        f"Three panels. Works per year of {study.region_short}:",
        f"{_per_source(output, 'n_works_region')}."
        if known_evidence(output, "n_works_region")
        else NOTHING,
        *(_sentence("Share of the region's works:", text) for text in shares),
        _leading_partners(study, pairs[0], 3) if pairs else "",
        describe_stated(study, [mark for mark in stated if mark.column != "rank"]),
    )


def format_headline(value: float, headline: Headline) -> str:
    """
    Return a headline number as text.

    >>> format_headline(7.2078, Headline("growth_factor", "growth", "factor"))
    '7.2 times'
    >>> format_headline(0.6, Headline("share_of_home", "share", "share"))
    '60.0 %'
    """
    if not np.isfinite(value):
        return "unknown"
    if headline.unit == "share":
        return format_share(value)
    return f"{value:,.1f} times" if headline.unit == "factor" else f"{value:,.0f}"


def describe_spread(study: Study, values: pd.DataFrame) -> list[str]:
    """Say how far each headline number depends on the specification."""
    sentences = []
    medians = choice_medians(study, values)
    for headline, row in zip(
        list_headlines(study), summarise_curve(study, values).itertuples(), strict=True
    ):
        told = {
            name: format_headline(float(str(getattr(row, name))), headline)
            for name in ("primary", "lowest", "lower_quartile", "upper_quartile", "highest")
        }
        number = int(str(row.n_specifications))
        unknown = number - int(str(row.n_known))
        name = f"{headline.name[0].upper()}{headline.name[1:]}"
        if unknown == number:
            sentences.append(f"{name}: unknown under every specification.")
            continue
        missing = f" (unknown in {unknown})" if unknown else ""
        sentences.append(
            f"{name}: {told['primary']} in the primary specification; {told['lowest']} to "
            f"{told['highest']} over {number} specifications{missing}, the middle half of them "
            f"{told['lower_quartile']} to {told['upper_quartile']}.{_heaviest(medians, headline)}"
        )
    return sentences


def _heaviest(medians: pd.DataFrame, headline: Headline) -> str:
    """Say which axis explains most of the variance, and between which medians it moves."""
    mine = medians[medians["headline"] == headline.column].dropna(subset="share_of_variance")
    if mine.empty:
        return ""
    first = mine.sort_values("share_of_variance", ascending=False, kind="stable").iloc[0]
    axis = str(first["axis"])
    chosen = mine[mine["axis"] == axis].dropna(subset="median").sort_values("median")
    part = 100 * float(chosen["share_of_variance"].iloc[0])
    low, high = chosen.iloc[0], chosen.iloc[-1]
    return (
        f" Most depends on {AXIS_NAMES[axis]} ({part:.0f} % of the variance): the median is "
        f"{format_headline(float(low['median']), headline)} with “{low['choice']}” and "
        f"{format_headline(float(high['median']), headline)} with “{high['choice']}”."
    )


def describe_weak_axes(study: Study, values: pd.DataFrame) -> list[str]:
    """Say which weak choice moves each headline number most."""
    changes, sentences = weak_changes(study, values).dropna(subset="change"), []
    for headline in list_headlines(study):
        mine = changes[changes["headline"] == headline.column]
        if mine.empty:
            continue
        primary = format_headline(float(mine["primary"].iloc[0]), headline)
        first = mine[mine.index.isin(leaders(mine["change"].abs()))]
        names = join_words([f"“{choice}”" for choice in first["choice"]])
        to = join_words([format_headline(float(value), headline) for value in first["value"]])
        verb = "moves" if len(first) == 1 else "move"
        said = f"{names} {verb} it most, from {primary} to {to}"
        if first.empty:
            said = f"no weak choice moves it from {primary}"
        sentences.append(f"{headline.name[0].upper()}{headline.name[1:]}: {said}.")
    return sentences


def describe_robustness(agreements: Mapping[str, Agreement]) -> list[str]:
    """Say how robust the conclusions of claims are."""
    if not agreements:
        return []
    words = [one.word for one in agreements.values()]
    counted = [f"{words.count(word)} {word}" for word in dict.fromkeys(words)]
    first = f"Of {len(words)} conclusions that the curve can test, {join_words(counted)}."
    return [first, *(f"{claim} is {one.clause}." for claim, one in agreements.items())]


def describe_curve_figure(
    study: Study, evidence: Evidence, headline: Headline, stated: Sequence[Stated] = ()
) -> str:
    """Describe the figure of one headline number: spread, primary, what it depends on."""
    values = headline_values(study, evidence.frame)
    numbers = [one.column for one in list_headlines(study)]
    spread = describe_spread(study, values)[numbers.index(headline.column)]
    return _whole_curve(
        evidence,
        "Specification curve: sorted values above, the choices of each specification below.",
        spread,
        describe_stated(study, stated),
    )


def describe_weak_figure(study: Study, evidence: Evidence) -> str:
    """Describe the figure of the weak axes."""
    values = headline_values(study, evidence.frame)
    start = "Tornado chart: each headline number with one choice changed at a time."
    return _whole_curve(evidence, start, *describe_weak_axes(study, values))


def _whole_curve(evidence: Evidence, *sentences: str) -> str:
    warning = SYNTHETIC if evidence.source.is_synthetic else ""
    return " ".join(filter(None, [warning, *sentences]))


MOST_AREAS = 8
SYNTHETIC = "Synthetic data, not a result."


def area_name(study: Study, code: str) -> str:
    """Return the name of a country or of the words ``region`` and ``home``."""
    names = {REGION: study.region_short, HOME: f"all {study.home_name}"}
    return names.get(code, country_name(code))


def shown_growth(study: Study, growth: pd.DataFrame) -> pd.DataFrame:
    """
    Return the rows of :func:`bibliometrics.tables.sensitivity.growth_by_area` that a figure shows.

    The whole home country, the region, then the countries with most works in the last year.
    """
    wholes = growth[growth["country_code"].isin([REGION, HOME])]
    members = growth[~growth["country_code"].isin([REGION, HOME])].head(MOST_AREAS)
    return pd.concat([wholes, members], ignore_index=True)


def describe_growth_share(study: Study, table: pd.DataFrame) -> list[str]:
    """Say how much of the growth works of very many authors or countries carry."""
    growth = growth_by_area(study, table)
    rows = shown_growth(study, growth[growth["country_code"] != HOME])
    sentences = []
    first, last = study.years
    for row in rows.to_dict("records"):
        name = area_name(study, str(row["country_code"]))
        ends = (
            f"from {format_count(row['first'])} in {first} to {format_count(row['last'])} in {last}"
        )
        part = f"{format_count(row['first_big'])} and {format_count(row['last_big'])} of them"
        start = f"{study.institution.short} and {name}: {ends}, {part} big science"
        sentences.append(f"{start}; {_share_said(row)}.")
    return [*sentences, *_describe_counting(study, table)]


def _share_said(row: Mapping[Any, Any]) -> str:
    if math.isnan(row["share_of_growth"]):
        return "no growth to share out"
    value = f"{100 * row['share_of_growth']:.0f} % of the growth"
    if math.isnan(row["low"]):
        return f"{value}, but the growth itself is within chance"
    return f"{value} ({100 * row['low']:.0f} to {100 * row['high']:.0f} %)"


def _describe_counting(study: Study, table: pd.DataFrame) -> list[str]:
    counted = compare_counting(study, table)
    region = counted[counted["country_code"] == REGION]
    said = [
        f"{row['growth_factor']:.1f} times in {row['counting']} counts "
        f"{'with' if row['big_science'] else 'without'} big science"
        for row in region.sort_values(
            ["counting", "big_science"], ascending=[False, False]
        ).to_dict("records")
        if not math.isnan(row["growth_factor"])
    ]
    first, last = study.years
    if not said:
        return []
    pair = f"{study.institution.short} and {study.region_short}"
    return [f"Works of {pair} grew from {first} to {last} {join_words(said)}."]


def describe_big_science_figure(study: Study, evidence: Evidence) -> str:
    """Describe the figure of big science."""
    warning = SYNTHETIC if evidence.source.is_synthetic else ""
    start = (
        "Three panels: whole and fractional counts per year with and without big science (without: "
        f"{big_science_name()}), and its share of the growth by country."
    )
    told = describe_growth_share(study, evidence.frame)
    return " ".join(filter(None, [warning, start, *told[:4], *told[4:][-1:]]))
