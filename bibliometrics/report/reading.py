"""Verdicts as a data frame that notebooks show whole, each verdict in its shade."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from html import escape
from typing import Any, Final

import pandas as pd

from bibliometrics.builds.read import Build, check_name, evidence_of, published_of
from bibliometrics.claims import evidence as witnesses
from bibliometrics.claims import ledger as claim_ledger
from bibliometrics.claims import verdicts as claims
from bibliometrics.claims.rules import DECIDED, DIFFERS, HOLDS, IN_PART, LEVEL, OPEN
from bibliometrics.claims.rules import WAITING as NOT_COUNTED
from bibliometrics.claims.witnesses import witness_definitions
from bibliometrics.figures.catalogue import ENTRIES, describe_specification, needs_full_pull
from bibliometrics.figures.text import (
    area_name,
    describe_growth_share,
    describe_spread,
    describe_weak_axes,
    format_headline,
)
from bibliometrics.study.model import country_names
from bibliometrics.study.specifications import list_suspects
from bibliometrics.tables import indicators
from bibliometrics.tables.build import to_rows
from bibliometrics.tables.datapackage import WAITING, WAITING_FOR_ALL
from bibliometrics.tables.schema import TABLES
from bibliometrics.tables.sensitivity import (
    AXIS_NAMES,
    choice_medians,
    compare_counting,
    growth_by_area,
    headline_values,
    list_headlines,
    summarise_curve,
)

SHADES: Final = {HOLDS: "good", IN_PART: "half", DIFFERS: "bad", OPEN: "poor"}
COLOURS: Final = {
    "good": "#dff3e4;color:#0b4f26",
    "half": "#e3effb;color:#0a427a",
    "poor": "#fff0d1;color:#6b4200",
    "bad": "#fde3e1;color:#8f1d14",
    "": "#eceef0;color:#3a3f44",
}
LEFT: Final = "text-align:left;vertical-align:top"


def shade_of(verdict: str) -> str:
    """
    Return the shade of a verdict for readers, whatever words stand behind it.

    >>> shade_of("holds in Scopus"), shade_of("in part in Scopus"), shade_of("waiting for a pull")
    ('good', 'half', '')
    """
    return next((shade for word, shade in SHADES.items() if verdict.startswith(word)), "")


class VerdictTable(pd.DataFrame):
    """
    Verdicts: a data frame like any other, but notebooks show every row and every word of it.

    The column ``verdict`` is shaded: green for holds, blue for in part, yellow for open, red for
    differs, grey for what is not decided.
    """

    @property
    def _constructor(self) -> type[VerdictTable]:
        return VerdictTable

    def _repr_html_(self) -> str:
        """Return the table as HTML for notebooks."""
        whole = self.reset_index()
        head = "".join(f"<th style='{LEFT}'>{escape(str(name))}</th>" for name in whole.columns)
        rows = [dict(zip(whole.columns, row, strict=True)) for row in whole.to_numpy().tolist()]
        body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: dict[str, object]) -> str:
    cells = []
    for number, (name, value) in enumerate(row.items()):
        text = escape(str(value))
        if name == "verdict":
            shade = shade_of(str(value))
            text = (
                f'<span class="verdict {shade}" style="padding:0 .4em;border-radius:.3em;'
                f'background:{COLOURS[shade]}">{text}</span>'
            )
        tag = "td" if number else "th"
        cells.append(f"<{tag} style='{LEFT}'>{text}</{tag}>")
    return "".join(cells)


OUTPUT_COLUMN: Final = {
    "figure1_region_output": "n_works_region",
    "figure4_institution_region": "n_works_institution_region",
}
OTHERS: Final = "other documents"
NO_CLAIMS: Final = "No verdicts: the ledger has no claims about this study."
COUNT_COLUMNS: Final = (*OUTPUT_COLUMN.values(), "n_works")


def list_definitions(build: Build) -> pd.DataFrame:
    """
    Return the definitions of a build's study.

    Returns
    -------
    pandas.DataFrame
        One row per definition: ``what``, ``definition``, ``source``.
    """
    study = build.study
    members = len(study.institution.ids_below(study.institution.id)) - 1
    rows = [
        ("years", f"{study.years[0]} to {study.years[1]}", study.source),
        (
            "institution",
            f"{study.institution.name} ({study.institution.id}), rule: "
            f"{study.primary.institution}; {members} institutions known below it",
            study.institution.source,
        ),
        ("home", f"{study.home_name}: {', '.join(study.home)}", study.source),
        (
            "region",
            f"{study.region.name}: {len(study.region.codes)} countries",
            study.region.source,
        ),
        ("works", describe_specification(study.primary), study.source),
        ("counting", "whole: once per year and distinct country, all authors", study.source),
    ]
    return pd.DataFrame(rows, columns=["what", "definition", "source"]).set_index("what")


def _of_display(build: Build, displays: tuple[str, ...], table: str) -> list[dict[str, Any]]:
    """Return rows of a table of claims that belong to figures and tables of the document."""
    ledger = claim_ledger.load_claims()
    known = dict.fromkeys([*(claim.display for claim in ledger), OTHERS])
    for display in displays:
        check_name("figure or table with claims", display, known)
    mine = [claim for claim in ledger if claim.study == build.study.id]
    shown = {
        claim.id: claim.display if claim.source == mine[0].source else OTHERS for claim in mine
    }
    rows: list[dict[str, Any]] = list(to_rows(build[table]))
    return [row for row in rows if not displays or shown.get(str(row["claim_id"])) in displays]


def list_verdicts(build: Build, *displays: str) -> pd.DataFrame:
    """
    Return tests and verdicts.

    Parameters
    ----------
    build : Build
        The build.
    *displays : str
        Figures and tables of the study's document whose claims are wanted, such as ``Figure 4``,
        or ``other documents``; none: all claims.

    Returns
    -------
    pandas.DataFrame
        One row per test and piece of evidence: ``claim`` (number of the test), ``test``,
        ``stated``, ``holds`` (the range), ``found``, ``verdict`` with its marks, ``evidence``,
        ``why``.
    """
    rows = [row for row in _of_display(build, displays, "claims") if row["evidence"]]
    columns = claims.SHORT_COLUMNS
    return VerdictTable(claims.shorten_verdicts(rows), columns=columns).set_index("claim")


def list_open_claims(build: Build) -> pd.DataFrame:
    """Return claims that nothing decides, one row each: ``what it says``, ``verdict``, ``why``."""
    rows = [row for row in to_rows(build["claim_summary"]) if row["verdict"] not in DECIDED]
    columns = claims.LINE_COLUMNS
    return VerdictTable(claims.shorten_lines(rows), columns=columns).set_index("claim")


def tell_ungraded(build: Build) -> str:
    """Return why a build has no verdicts."""
    return UNGRADED if build.provenance.synthetic else NO_CLAIMS


def tell_summary(build: Build) -> str:
    """Return the state of the claims in a sentence, and where the counts come from."""
    rows = to_rows(build["claim_summary"])
    told = claims.summarise_verdicts(rows) if rows else tell_ungraded(build)
    return f"{told}\n\n{build.origin}"


def tell_answer(build: Build, *displays: str) -> str:
    """
    Return what the evidence says of some claims, as a Markdown list.

    Parameters
    ----------
    build : Build
        The build.
    *displays : str
        Figures and tables of the study's document whose claims are wanted, such as ``Figure 4``,
        or ``other documents``; none: all claims.

    Returns
    -------
    str
        One item per claim: what the document says, its line with what was found, and the marks
        behind it; last, which claims are not about publications or shown without a grade.
    """
    rows = _of_display(build, displays, "claim_summary")
    if not rows:
        return tell_ungraded(build)
    told = {*DECIDED, LEVEL, OPEN, NOT_COUNTED, "not counted"}
    items = [
        f"- **{row['claim']}** {row['what it says']}. {row['why']}"
        for row in claims.shorten_lines(row for row in rows if row["verdict"] in told)
    ]
    rest: dict[str, list[str]] = {}
    for row in rows:
        if row["verdict"] not in told:
            rest.setdefault(row["verdict"], []).append(row["claim_id"])
    items += [f"- {word.capitalize()}: {', '.join(names)}." for word, names in rest.items()]
    return "\n".join(items)


def tell_figure(build: Build, figure: str) -> str:
    """
    Return what a figure shows, and on how many works it rests.

    Parameters
    ----------
    build : Build
        The build.
    figure : str
        For instance ``figure4_institution_region``.

    Returns
    -------
    str
        The figure's alternative text; then the number of works of each source, all years. A work
        of two countries counts in both where a source counts by country.

    Raises
    ------
    InputError
        If there is no figure of that name.
    """
    if figure in ENTRIES and ENTRIES[figure].table in (CURVE, BIG_SCIENCE):
        return tell_full_figure(build, figure)
    if figure in ENTRIES and figure not in build.alt_texts:
        return f"{WAITING}."
    rests = []
    for item in evidence_of(build, figure):
        column = next((name for name in COUNT_COLUMNS if name in item.frame), None)
        if column is None:
            continue
        frame, added = item.frame, ""
        if "region" in frame.get("country_code", pd.Series(dtype="str")).to_numpy():
            frame = frame[frame["country_code"] == "region"]
        elif "country_code" in frame:
            added = ", added up over countries"
        rests.append(f"{item.source.label} {frame[column].sum():,.0f} works{added}")
    basis = f" It rests on: {'; '.join(rests)}." if rests else ""
    return build.alt_texts[figure] + basis


def show_figure(build: Build, name: str) -> Any:
    """
    Return a figure of the build, or one row that says that it waits for a pull.

    Raises
    ------
    InputError
        If there is no figure of that name.
    """
    if name in ENTRIES and name not in build.alt_texts:
        return waiting_row(build, WAITING_FOR_ALL if needs_full_pull(name) else WAITING)
    return build.figure(name)


def list_witnesses(build: Build) -> pd.DataFrame:
    """Return the witnesses of a build: ``title``, ``definition``, ``date``, number of figures."""
    sizes = build["witnesses"]["witness"].value_counts()
    defined = witness_definitions().witnesses
    rows = [
        (key, defined[key].title, defined[key].definition, defined[key].date, int(sizes[key]))
        for key in sorted(sizes.index)
    ]
    columns = ["witness", "title", "definition", "date", "figures"]
    return pd.DataFrame(rows, columns=columns).set_index("witness")


def list_growth(build: Build, figure: str) -> pd.DataFrame:
    """
    Return the growth of each series in figure 1 or 4.

    Parameters
    ----------
    build : Build
        The build.
    figure : str
        ``figure1_region_output`` or ``figure4_institution_region``.

    Returns
    -------
    pandas.DataFrame
        One row per source: first and last year and count, ``factor`` with 95 % interval (exact,
        Poisson counts), ``rate`` per year between the endpoints (n - 1 intervals) and
        ``fitted_rate`` per year from a log-linear fit with its interval. Empty without counts.
    """
    check_name("figure of growth", figure, OUTPUT_COLUMN)
    column = OUTPUT_COLUMN[figure]
    rows = {}
    for item in evidence_of(build, figure):
        if column in item.frame and not item.source.is_floor:  # a floor's growth is no growth
            known = item.frame[item.frame[column].notna()].sort_values("year")
            rows[item.source.label] = _growth(known["year"].tolist(), known[column].tolist())
    return pd.DataFrame.from_dict(rows, orient="index") if rows else waiting_row(build, WAITING)


def _growth(years: list[int], counts: list[float]) -> dict[str, object]:
    first, last = counts[0], counts[-1]
    low, high = indicators.growth_factor_interval(round(first), round(last))
    fit = indicators.log_linear_growth_rate(years, counts)
    return {
        "first year": years[0],
        "first": round(first),
        "last year": years[-1],
        "last": round(last),
        "factor": _round(last / first if first else math.nan, 2),
        "95 % interval": f"{low:.2f} to {high:.2f}",
        "rate": _percent(
            float(indicators.compound_growth_rate(first, last, years[-1] - years[0]))
            if len(years) > 1
            else math.nan
        ),
        "fitted rate": _percent(fit.rate),
        "fitted 95 %": "unknown"
        if math.isnan(fit.low)
        else f"{_percent(fit.low)} to {_percent(fit.high)}",
    }


def _round(value: float, digits: int) -> float:
    return round(float(value), digits)


def _percent(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{100 * value:.1f} %"


def show_table(build: Build, name: str) -> pd.DataFrame:
    """
    Return a table of the build by its keys, or one row that says that it waits for a pull.

    Raises
    ------
    InputError
        If there is no table of that name.
    """
    if not build.has(name):
        return waiting_row(build, WAITING)
    return build[name].set_index(list(TABLES[name].keys)).round(3)


def list_fractional(build: Build) -> pd.DataFrame:
    """
    Return whole and fractional counts of works of institution and region, years pooled.

    Returns
    -------
    pandas.DataFrame
        One row per country with works, the largest first: ``country``, ``n_works``,
        ``n_works_fractional``, ``ratio``. While there are no counts, one row that says so.
    """
    if not build.has("fractional"):
        return waiting_row(build, WAITING)
    columns = ["n_works", "n_works_fractional"]
    frame = build["fractional"].groupby("country_code")[columns].sum()
    frame = frame[frame["n_works"] > 0].sort_values(columns, ascending=False)
    frame["ratio"] = frame["n_works_fractional"] / frame["n_works"]
    frame = frame.round({"n_works_fractional": 1, "ratio": 3})
    return frame.rename(index=country_names()).rename_axis("country")


def list_indicators(build: Build) -> pd.DataFrame:
    """
    Return development indicators of region and home country.

    Returns
    -------
    pandas.DataFrame
        One row per indicator, area and edition of the source; a column per year of the study;
        empty where an edition has no value.
    """
    frame = witnesses.development_indicators(published_of(build), build.study)
    keys = ["name", "unit", "area", "witness"]
    frame = frame[frame["year"].between(*build.study.years)]
    return frame.pivot_table(index=keys, columns="year", values="value").round(2)


def list_ties(build: Build) -> pd.DataFrame:
    """
    Return the strength of ties of the home country with members of the region, first and last year.

    Returns
    -------
    pandas.DataFrame
        One row per member with published pairs, the largest last count first: joint works,
        Salton's cosine and Jaccard index of the first and last year. The sizes are the
        international works of each country.
    """
    published = witnesses.as_frame(published_of(build))
    pairs = witnesses.home_pairs(published_of(build), build.study)
    if pairs.empty:
        return pd.DataFrame()
    sizes = published[published["quantity"] == "international_works"]
    size = sizes.set_index(["witness", "year", "country_code"])["value"]
    rows: dict[str, dict[str, float]] = {}
    for year in build.study.years:
        for name, measure in (
            ("Salton", indicators.salton_cosine),
            ("Jaccard", indicators.jaccard_index),
        ):
            _add_ties(rows, pairs[pairs["year"] == year], size, build.study.home, name, measure)
    frame = pd.DataFrame.from_dict(rows, orient="index")
    last = f"joint works {build.study.years[1]}"
    return frame.sort_values(last, ascending=False).head(10)


def list_other_years(build: Build) -> pd.DataFrame:
    """
    Return published works of the home country with members of the region outside the study's years.

    Returns
    -------
    pandas.DataFrame
        One row per country and witness, a column per year, the newest year's largest first; empty
        without such figures.
    """
    frame = witnesses.as_frame(published_of(build))
    mine = frame["quantity"].eq("works_with_partner") & frame["country_code"].isin(
        build.study.region.codes
    )
    frame = frame[
        mine
        & frame["partner_code"].isin(build.study.home)
        & ~frame["year"].between(*build.study.years)
    ]
    if frame.empty:
        return pd.DataFrame()
    named = frame.assign(country=frame["country_code"].map(country_names()))
    wide = named.pivot_table(
        index=["country", "witness"], columns="year", values="value", aggfunc="sum"
    )
    return wide.sort_values(list(wide.columns[::-1]), ascending=False)


def _add_ties(
    rows: dict[str, dict[str, float]],
    pairs: pd.DataFrame,
    size: pd.Series[float],
    home: tuple[str, ...],
    name: str,
    measure: Callable[..., object],
) -> None:
    for pair in pairs.to_dict("records"):
        key = (pair["witness"], pair["year"])
        own = size.get((*key, pair["country_code"]), math.nan)
        whole = sum(size.get((*key, code), math.nan) for code in home)
        row = rows.setdefault(country_names()[pair["country_code"]], {})
        row[f"joint works {pair['year']}"] = round(pair["n_works"])
        value = float(measure(pair["n_works"], own, whole))  # type: ignore[arg-type]
        row[f"{name} {pair['year']}"] = _round(value, 4)


CURVE, BIG_SCIENCE = "specifications", "big_science"
UNGRADED = "Synthetic data are never graded."


def waiting_row(build: Build, state: str = WAITING_FOR_ALL) -> pd.DataFrame:
    """Return a frame of one row that says what a build waits for, in place of a table."""
    return pd.DataFrame({"state": [state]}, index=[build.study.title])


def _items(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _named(build: Build, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its headlines and axes named for readers, and numbers as text."""
    headlines = {one.column: one for one in list_headlines(build.study)}
    shown = frame.copy()
    for column in ("primary", "value", "median"):
        if column in shown:
            shown[column] = [
                format_headline(float(value), headlines[str(name)])
                for value, name in zip(shown[column], shown["headline"], strict=True)
            ]
    shown["headline"] = [headlines[str(name)].name for name in frame["headline"]]
    if "axis" in shown:
        shown["axis"] = [AXIS_NAMES[str(axis)] for axis in shown["axis"]]
    return shown


def list_spread(build: Build) -> pd.DataFrame:
    """Return primary value, range and quartiles of each headline number over the curve."""
    if not build.has(CURVE):
        return waiting_row(build)
    spread = summarise_curve(build.study, headline_values(build.study, build[CURVE]))
    return spread.drop(columns="headline").set_index("name")


def list_choices(build: Build) -> pd.DataFrame:
    """
    Return what each choice on a strong axis does to each headline number.

    Returns
    -------
    pandas.DataFrame
        Medians as text, one row per axis and choice, one column per headline number.
    """
    if not build.has(CURVE):
        return waiting_row(build)
    medians = choice_medians(build.study, headline_values(build.study, build[CURVE]))
    shown = _named(build, medians)
    wide = shown.pivot(index=["axis", "choice"], columns="headline", values="median")
    rows = pd.MultiIndex.from_frame(shown[["axis", "choice"]].drop_duplicates())
    return wide.loc[rows, list(dict.fromkeys(shown["headline"]))]


def list_readings(build: Build) -> pd.DataFrame:
    """Return in how many distinct readings of the document each test holds; needs a full pull."""
    rows = build["claims"]
    rows = rows[rows["readings_total"].notna()]
    if rows.empty:
        return waiting_row(build)
    columns = ["test", "verdict", "readings_hold", "readings_total"]
    return rows.set_index("test_id")[columns]


def tell_readings(build: Build) -> str:
    """Return in words, as a Markdown list, in how many readings each test holds."""
    if build.provenance.synthetic:
        return UNGRADED
    rows = to_rows(build["claims"][build["claims"]["readings_total"].notna()])
    if not rows:
        return f"{WAITING_FOR_ALL}."
    return _items(
        f"**{row['test_id']}** {row['test']}: holds in {row['readings_hold']} of "
        f"{row['readings_total']} readings."
        for row in rows
    )


def tell_curve(build: Build) -> str:
    """Return in words, as a Markdown list, how the headline numbers depend on definitions."""
    if not build.has(CURVE):
        return f"{WAITING_FOR_ALL}."
    values = headline_values(build.study, build[CURVE])
    return _items(describe_spread(build.study, values))


def tell_weak_axes(build: Build) -> str:
    """Return in words what single choices change, and which could not be tried."""
    if not build.has(CURVE):
        return f"{WAITING_FOR_ALL}."
    sentences = describe_weak_axes(build.study, headline_values(build.study, build[CURVE]))
    unknown = [entry["name"] for entry in list_suspects(build.study) if not entry["id"]]
    if unknown:
        sentences.append(
            f"Suspect matches that could not be left out, for want of an id: {', '.join(unknown)}."
        )
    return _items(sentences)


def list_big_science(build: Build) -> pd.DataFrame:
    """Return big science's share of the growth by country, with its interval; see `big_science`."""
    if not build.has(BIG_SCIENCE):
        return waiting_row(build)
    growth = growth_by_area(build.study, build[BIG_SCIENCE])
    names = [area_name(build.study, str(code)) for code in growth["country_code"]]
    return (
        growth.assign(country_code=names).rename(columns={"country_code": "with"}).set_index("with")
    )


def list_counting(build: Build) -> pd.DataFrame:
    """Return whole and fractional counts of first and last year, with and without big science."""
    if not build.has(BIG_SCIENCE):
        return waiting_row(build)
    counted = compare_counting(build.study, build[BIG_SCIENCE])
    counted = counted[counted["first"] + counted["last"] > 0]
    names = [area_name(build.study, str(code)) for code in counted["country_code"]]
    return counted.assign(country_code=names).set_index(["country_code", "counting", "big_science"])


def tell_big_science(build: Build) -> str:
    """Return in words, as a Markdown list, how much of the growth big science carries."""
    if not build.has(BIG_SCIENCE):
        return f"{WAITING_FOR_ALL}."
    return _items(describe_growth_share(build.study, build[BIG_SCIENCE]))


def tell_full_figure(build: Build, figure: str) -> str:
    """Return what a figure of the curve or of big science shows, and on how many works it rests."""
    if figure not in build.alt_texts:
        return f"{WAITING_FOR_ALL}."
    text = build.alt_texts[figure]
    if not figure.startswith("curve_"):
        table = build[BIG_SCIENCE]
        region = table[table["country_code"] == "region"]
        every, small = (
            int(region[name].sum()) for name in ("n_works", "n_works_without_big_science")
        )
        return f"{text} It rests on {every:,} works in all years, {small:,} without big science."
    table = build[CURVE]
    works = table.groupby("specification")["n_works_institution_region"].sum()
    own = table.loc[table["is_primary"], "n_works_institution_region"].sum()
    return (
        f"{text} It rests on {own:,} works in all years under the primary specification, "
        f"{works.min():,} to {works.max():,} under the others."
    )
