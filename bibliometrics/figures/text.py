"""
Alternative texts: what each figure shows, in one to four sentences, computed from the same values.

A reader who can't see a figure learns what is drawn, first and last value, growth and leaders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from bibliometrics.figures.data import (
    Evidence,
    Group,
    Stated,
    country_name,
    format_count,
    format_share,
    format_value,
    is_share,
    known_evidence,
    series_of,
)
from bibliometrics.study.model import Study
from bibliometrics.tables.indicators import Place, leaders
from bibliometrics.tables.sensitivity import (
    Headline,
    lens_changes,
    list_headlines,
    summarise_readings,
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

    >>> from bibliometrics.tables.indicators import standings
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


def per_source(evidence: Iterable[Evidence], column: str) -> str:
    """Return a clause per source that knows the column."""
    clauses = [
        f"{item.source.label}: {describe_growth(series_of(item.frame, column), column)}"
        for item in known_evidence(evidence, column)
    ]
    return "; ".join(clauses)


def per_group(item: Evidence, groups: Iterable[Group], column: str) -> str:
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


def whole(evidence: Iterable[Evidence], *sentences: str) -> str:
    """Join sentences, with a warning in front when the data are synthetic."""
    synthetic = any(item.source.is_synthetic for item in evidence)
    warning = "Synthetic data, not a result." if synthetic else ""
    return " ".join(filter(None, [warning, *sentences]))


def sentence(start: str, body: str) -> str:
    return f"{start} {body}." if body else ""


def completeness_notes(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """
    Say what share of all works has a country, in the first and last year: growth holds it too.

    >>> output = pd.DataFrame({"year": [2007, 2016], "n_works_world": [6, 8]})
    >>> completeness_notes({"region_output": output.assign(n_works_world_any=10)})
    ['A country is known for 60 % of all works of 2007 and 80 % of those of 2016: growth ...']
    """
    columns = ["year", "n_works_world", "n_works_world_any"]
    table = tables.get("region_output", pd.DataFrame()).reindex(columns=columns).dropna()
    known = table[table["n_works_world_any"] > 0].astype(int)
    if len(known) < 2:
        return []
    shares = (known["n_works_world"] / known["n_works_world_any"]).set_axis(known["year"])
    first, last = min(shares.index), max(shares.index)
    return [
        f"A country is known for {100 * shares[first]:.0f} % of all works of {first} and "
        f"{100 * shares[last]:.0f} % of those of {last}: growth holds both."
    ]


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


def describe_readings(study: Study, values: pd.DataFrame) -> list[str]:
    """Say how far each headline number depends on what the document may have meant."""
    sentences = []
    spread = summarise_readings(study, values).to_dict("records")
    for headline, row in zip(list_headlines(study), spread, strict=True):
        told = {
            name: format_headline(float(row[name]), headline)
            for name in ("primary", "lowest", "median", "highest")
        }
        number, unknown = row["n_readings"], row["n_readings"] - row["n_known"]
        name = f"{headline.name[0].upper()}{headline.name[1:]}"
        if unknown == number:
            sentences.append(f"{name}: unknown under every reading.")
            continue
        missing = f" (unknown in {unknown})" if unknown else ""
        sentences.append(
            f"{name}: {told['primary']} in the primary specification; {told['lowest']} to "
            f"{told['highest']} over {number} readings{missing}, {told['median']} in the middle."
        )
    return sentences


def describe_lenses(study: Study, values: pd.DataFrame) -> list[str]:
    """Say which lens moves each headline number most."""
    changes, sentences = lens_changes(study, values).dropna(subset="change"), []
    for headline in list_headlines(study):
        mine = changes[changes["headline"] == headline.column]
        if mine.empty:
            continue
        primary = format_headline(float(mine["primary"].iloc[0]), headline)
        first = mine[mine.index.isin(leaders(mine["change"].abs()))]
        names = join_words([f"“{lens}”" for lens in first["lens"]])
        to = join_words([format_headline(float(value), headline) for value in first["value"]])
        verb = "moves" if len(first) == 1 else "move"
        said = f"{names} {verb} it most, from {primary} to {to}"
        if first.empty:
            said = f"no lens moves it from {primary}"
        sentences.append(f"{headline.name[0].upper()}{headline.name[1:]}: {said}.")
    return sentences


SYNTHETIC: Final = "Synthetic data, not a result."
