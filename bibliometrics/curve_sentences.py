"""
Sentences about the specification curve, every number computed; alternative texts among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bibliometrics.alttext import describe_stated, join_words
from bibliometrics.curve import (
    AXIS_NAMES,
    Headline,
    choice_medians,
    headline_values,
    list_headlines,
    summarise_curve,
    weak_changes,
)
from bibliometrics.figure_data import Evidence, Stated, format_share
from bibliometrics.indicators import leaders
from bibliometrics.robustness import Agreement
from bibliometrics.study import Study

SYNTHETIC = "Synthetic data, not a result."


def format_headline(value: float, headline: Headline) -> str:
    """
    Return a headline number as text.

    Examples
    --------
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
    """
    Say how far each headline number depends on the specification.

    Parameters
    ----------
    study : Study
        The study.
    values : pandas.DataFrame
        Frame of :func:`bibliometrics.curve.headline_values`.

    Returns
    -------
    list of str
        One sentence per headline: primary value, range, middle half, and the axis that weighs most.
    """
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
    """
    Say which weak choice moves each headline number most.

    Parameters
    ----------
    study : Study
        The study.
    values : pandas.DataFrame
        Frame of :func:`bibliometrics.curve.headline_values`.

    Returns
    -------
    list of str
        One sentence per headline; none without weak specifications.
    """
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
    """
    Say how robust the conclusions of claims are.

    Parameters
    ----------
    agreements : mapping of str to Agreement
        Of :func:`bibliometrics.robustness.grade_robustness`.

    Returns
    -------
    list of str
        One sentence that counts the words, then one per claim; empty without agreements.
    """
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
    return _whole(
        evidence,
        "Specification curve: sorted values above, the choices of each specification below.",
        spread,
        describe_stated(study, stated),
    )


def describe_weak_figure(study: Study, evidence: Evidence) -> str:
    """Describe the figure of the weak axes."""
    values = headline_values(study, evidence.frame)
    start = "Tornado chart: each headline number with one choice changed at a time."
    return _whole(evidence, start, *describe_weak_axes(study, values))


def _whole(evidence: Evidence, *sentences: str) -> str:
    warning = SYNTHETIC if evidence.source.is_synthetic else ""
    return " ".join(filter(None, [warning, *sentences]))
