"""
Indicators of output and co-authorship: pure functions of counts.

Numbers and arrays are both fine: numbers give a number, arrays of one shape give an array. A zero
denominator gives NaN, never an error. A negative or infinite count, or a part greater than its
whole, is no count at all and raises :class:`~bibliometrics.errors.InputError`. NaN in gives NaN
out. Intervals treat works as independent events: they show how far chance alone moves a count,
not errors of the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from bibliometrics.errors import InputError

FloatArray: TypeAlias = npt.NDArray[np.float64]
Ranked: TypeAlias = "Mapping[Any, float] | pd.Series[float]"
Result: TypeAlias = Any  # numpy.float64 (a float) from numbers, an array of it from arrays


class Interval(NamedTuple):
    """Lower and upper end of an interval: numbers, or arrays of one shape."""

    low: Result
    high: Result


class GrowthFit(NamedTuple):
    """
    Exponential growth fitted to a series of counts.

    ``rate``, ``low`` and ``high`` are per year (0.1 is 10 % a year); ``standard_error`` is that of
    the slope of the natural logarithm per year.
    """

    rate: float
    low: float
    high: float
    standard_error: float


def share(part: npt.ArrayLike, whole: npt.ArrayLike) -> Result:
    """
    Return the share ``part / whole``.

    Parameters
    ----------
    part, whole : array_like
        Counts of works, ``part`` counted among ``whole``.

    Returns
    -------
    float or numpy.ndarray
        From 0 to 1; NaN where ``whole`` is 0.

    Raises
    ------
    InputError
        If a count is negative or infinite, or ``part`` is greater than ``whole``.

    Examples
    --------
    >>> float(share(1, 4)), share([3, 0], [4, 0]).tolist()
    (0.25, [0.75, nan])
    """
    part, whole = _counts(part=part, whole=whole)
    _check_within("part", part, whole=whole)
    return _ratio(part, whole)


def growth_factor(first: npt.ArrayLike, last: npt.ArrayLike) -> Result:
    """
    Return the growth factor ``last / first``.

    >>> round(float(growth_factor(77, 555)), 2)
    7.21
    """
    first, last = _counts(first=first, last=last)
    return _ratio(last, first)


def compound_growth_rate(
    first: npt.ArrayLike, last: npt.ArrayLike, intervals: npt.ArrayLike
) -> Result:
    """
    Return the compound growth rate per interval, ``(last / first) ** (1 / intervals) - 1``.

    >>> round(float(compound_growth_rate(77, 555, 9)), 3)
    0.245
    """
    first, last, intervals = _counts(first=first, last=last, intervals=intervals)
    exponent = _ratio(np.ones_like(intervals), intervals)
    return _ratio(last, first) ** exponent - 1


def log_linear_growth_rate(
    years: npt.ArrayLike, counts: npt.ArrayLike, *, level: float = 0.95
) -> GrowthFit:
    """
    Fit exponential growth: a straight line through the natural logarithms of the counts.

    Ordinary least squares. A count of 0 has no logarithm; leaving such a year out would hide low
    years and adding a constant would depend on it, so the answer is NaN: use
    :func:`compound_growth_rate` or pool the years.

    >>> fit = log_linear_growth_rate([2007, 2008, 2009], [100, 110, 121])
    >>> round(fit.rate, 6)
    0.1
    """
    years, counts = _counts(years=years, counts=counts)
    _check_level(level)
    if years.ndim != 1 or years.shape != counts.shape:
        told = f"{years.shape} and {counts.shape}"
        msg = f"years and counts must be two lists of one length, not {told}."
        raise InputError(msg)
    if np.unique(years).size < 2 or not (counts > 0).all():
        return GrowthFit(np.nan, np.nan, np.nan, np.nan)
    line = stats.linregress(years, np.log(counts))
    freedom = years.size - 2
    error = float(line.stderr) if freedom else np.nan
    reach = float(stats.t.ppf((1 + level) / 2, freedom)) * error if freedom else np.nan
    rate, low, high = np.expm1(np.array([0, -reach, reach]) + line.slope).tolist()
    return GrowthFit(rate, low, high, error)


def quasi_poisson_growth(
    years: npt.ArrayLike,
    counts: npt.ArrayLike,
    wholes: npt.ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> GrowthFit:
    """
    Fit exponential growth by quasi-Poisson regression of yearly counts on the year.

    With ``wholes`` the growth of the share counts / wholes. The dispersion is Pearson's chi-square
    over n - 2, at least 1; the interval is Student's with n - 2 degrees of freedom. All NaN with
    fewer than three years, no works, or a year without a whole.

    >>> fit = quasi_poisson_growth([2007, 2008, 2009], [100, 110, 121])
    >>> round(fit.rate, 6)
    0.1
    """
    years, counts = _counts(years=years, counts=counts)
    (whole,) = _counts(wholes=np.ones_like(counts) if wholes is None else wholes)
    _check_level(level)
    freedom = years.size - 2
    if freedom < 1 or np.unique(years).size < 2 or not counts.sum() > 0 or not (whole > 0).all():
        return GrowthFit(np.nan, np.nan, np.nan, np.nan)
    design = np.column_stack([np.ones_like(years), years - years.mean()])

    def expected(at: FloatArray) -> FloatArray:
        return np.asarray(whole * np.exp(design @ at))

    found = optimize.root(
        lambda at: design.T @ (counts - expected(at)),
        np.array([np.log(counts.sum() / whole.sum()), 0.0]),
        jac=lambda at: -(design.T * expected(at)) @ design,
    )
    if not found.success:
        return GrowthFit(np.nan, np.nan, np.nan, np.nan)
    mean = expected(found.x)
    dispersion = max(1.0, float(((counts - mean) ** 2 / mean).sum() / freedom))
    variance = dispersion * np.linalg.inv((design.T * mean) @ design)
    error = float(np.sqrt(variance[1, 1]))
    reach = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    rate, low, high = np.expm1(np.array([0, -reach, reach]) + found.x[1]).tolist()
    return GrowthFit(rate, low, high, error)


LEAST_YEARS: Final = 6


def yearly_noise(values: npt.ArrayLike, numerators: npt.ArrayLike | None = None) -> float:
    """
    Return the relative standard deviation of a yearly series around its exponential trend.

    At least what chance does to the mean count of the ``numerators`` (default: the values). NaN
    with fewer than six years or a zero.

    >>> bool(np.isnan(yearly_noise([5, 6, 7])))
    True
    >>> round(yearly_noise([100, 110, 100, 110, 100, 110]), 3)
    0.098
    """
    (series,) = _counts(values=values)
    (works,) = _counts(numerators=series if numerators is None else numerators)
    if series.size < LEAST_YEARS or not (series > 0).all() or not (works > 0).all():
        return float("nan")
    at, logs = np.arange(series.size), np.log(series)
    line = stats.linregress(at, logs)
    rest = logs - line.intercept - line.slope * at
    spread = float(np.sqrt((rest**2).sum() / (series.size - 2)))
    return max(spread, float(1 / np.sqrt(works.mean())))


def poisson_interval(count: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """
    Return the exact confidence interval of a Poisson count.

    Garwood (1936), Biometrika 28: 437-442.

    >>> [round(float(end), 1) for end in poisson_interval(77)]
    [60.8, 96.2]
    """
    (count,) = _counts(count=count)
    tail = _tail(level)
    low = stats.chi2.ppf(tail, 2 * np.where(count > 0, count, np.nan)) / 2
    high = stats.chi2.ppf(1 - tail, 2 * count + 2) / 2
    return Interval(np.where(count == 0, 0.0, low)[()], high)


def share_interval(part: npt.ArrayLike, whole: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """
    Return the exact confidence interval of a share of distinct works.

    Clopper and Pearson (1934), Biometrika 26: 404-413. Exact, so rather too wide than too narrow.

    >>> [round(float(end), 3) for end in share_interval(5, 10)]
    [0.187, 0.813]
    """
    part, whole = _counts(part=part, whole=whole)
    _check_within("part", part, whole=whole)
    tail, rest = _tail(level), whole - part
    low = np.where(part == 0, 0.0, stats.beta.ppf(tail, part, rest + 1))
    high = np.where(rest == 0, 1.0, stats.beta.ppf(1 - tail, part + 1, rest))
    unknown = ~(whole > 0)
    return Interval(np.where(unknown, np.nan, low)[()], np.where(unknown, np.nan, high)[()])


def affinity_index(
    n_ij: npt.ArrayLike, n_i: npt.ArrayLike, n_j: npt.ArrayLike, n_total: npt.ArrayLike
) -> Result:
    """
    Return the affinity index ``n_ij * n_total / (n_i * n_j)``.

    The probabilistic affinity of Zitt, Bassecoulard and Okubo (2000), Scientometrics 47: 627-657,
    here with all works, not the international ones alone, in the denominators.

    >>> float(affinity_index(10, 50, 40, 1000))
    5.0
    """
    n_ij, n_i, n_j, n_total = _counts(n_ij=n_ij, n_i=n_i, n_j=n_j, n_total=n_total)
    _check_within("n_ij", n_ij, n_i=n_i, n_j=n_j)
    _check_within("n_i", n_i, n_total=n_total)
    _check_within("n_j", n_j, n_total=n_total)
    return _ratio(n_ij * n_total, n_i * n_j)


def salton_cosine(n_ij: npt.ArrayLike, n_i: npt.ArrayLike, n_j: npt.ArrayLike) -> Result:
    """
    Return Salton's cosine ``n_ij / sqrt(n_i * n_j)``.

    Salton and McGill (1983), Introduction to Modern Information Retrieval, McGraw-Hill.

    >>> float(salton_cosine(6, 9, 16))
    0.5
    """
    n_ij, n_i, n_j = _counts(n_ij=n_ij, n_i=n_i, n_j=n_j)
    _check_within("n_ij", n_ij, n_i=n_i, n_j=n_j)
    return _ratio(n_ij, np.sqrt(n_i) * np.sqrt(n_j))


def activity_index(
    n_cf: npt.ArrayLike, n_c: npt.ArrayLike, n_wf: npt.ArrayLike, n_w: npt.ArrayLike
) -> Result:
    """
    Return the activity index ``(n_cf / n_c) / (n_wf / n_w)``.

    Parameters
    ----------
    n_cf, n_c : array_like
        Works of the country in the field, and in all fields.
    n_wf, n_w : array_like
        Works of the world in the field, and in all fields.

    Returns
    -------
    float or numpy.ndarray
        At least 0; 1 is the world's share of the field; NaN where ``n_c`` or ``n_wf`` is 0.

    Raises
    ------
    InputError
        If a count is negative or infinite, or a part is greater than its whole.

    Notes
    -----
    Frame (1977), Interciencia 2: 143-148; Schubert and Braun (1986), Scientometrics 9: 281-291.

    Examples
    --------
    >>> float(activity_index(20, 100, 1000, 10000))
    2.0
    """
    n_cf, n_c, n_wf, n_w = _counts(n_cf=n_cf, n_c=n_c, n_wf=n_wf, n_w=n_w)
    _check_within("n_cf", n_cf, n_c=n_c, n_wf=n_wf)
    _check_within("n_c", n_c, n_w=n_w)
    _check_within("n_wf", n_wf, n_w=n_w)
    return _ratio(n_cf * n_w, n_c * n_wf)


def fractional_count(n_works: npt.ArrayLike, n_countries: npt.ArrayLike) -> Result:
    """
    Return what works give to each of their countries in fractional counting, by country.

    >>> float(fractional_count([4, 3], [1, 2]).sum())
    5.5
    """
    n_works, n_countries = _counts(n_works=n_works, n_countries=n_countries)
    return _ratio(n_works, n_countries)


class Place(NamedTuple):
    """A place in a ranking: its rank (1 is the most), the works, and all who share it."""

    rank: int
    n_works: float
    who: tuple[Any, ...]


def standings(counts: Ranked) -> list[Place]:
    """
    Return the places of a ranking, the most first.

    >>> [(place.rank, place.who) for place in standings({"FR": 5, "ES": 9, "IT": 5, "PT": 0})]
    [(1, ('ES',)), (2, ('FR', 'IT'))]
    """
    known: dict[Any, float] = {who: float(n) for who, n in counts.items() if n > 0}
    found, rank = list[Place](), 1
    for count in sorted(set(known.values()), reverse=True):
        who = tuple(sorted(one for one, value in known.items() if value == count))
        found.append(Place(rank, count, who))
        rank += len(who)
    return found


def leaders(counts: Ranked) -> tuple[Any, ...]:
    """
    Return who has most: one, all who are tied, or nobody where no count is above 0.

    >>> leaders({"FR": 5, "ES": 5, "IT": 1}), leaders({"FR": 0, "ES": 0})
    (('ES', 'FR'), ())
    """
    return next((place.who for place in standings(counts)), ())


def _counts(**values: npt.ArrayLike) -> list[FloatArray]:
    """Return counts as arrays; raise InputError for a negative or infinite one."""
    arrays = []
    for name, value in values.items():
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError) as error:
            msg = f"{name} must be 0 or a positive number, but holds {value!r}."
            raise InputError(msg) from error
        wrong = array[(array < 0) | np.isinf(array)]
        if wrong.size:
            msg = f"{name} must be 0 or a positive number, but holds {wrong.flat[0]:g}."
            raise InputError(msg)
        arrays.append(array)
    return arrays


def _check_within(name: str, part: FloatArray, **wholes: FloatArray) -> None:
    """Raise InputError where a part is greater than a whole."""
    for whole_name, whole in wholes.items():
        parts, limits = np.broadcast_arrays(part, whole)
        wrong = parts > limits
        if wrong.any():
            told = f"{parts[wrong].flat[0]:g} > {limits[wrong].flat[0]:g}"
            msg = f"{name} can't be greater than {whole_name}, but {told}."
            raise InputError(msg)


def _check_level(level: float) -> None:
    """Raise InputError when a confidence level is not between 0 and 1."""
    if not 0 < level < 1:
        msg = f"level must be between 0 and 1, not {level}."
        raise InputError(msg)


def _tail(level: float) -> float:
    """Return the probability on either side of a two-sided interval."""
    _check_level(level)
    return (1 - level) / 2


def _ratio(top: npt.ArrayLike, bottom: npt.ArrayLike) -> Result:
    """Return ``top / bottom``, NaN where ``bottom`` is 0; a number from numbers."""
    tops, bottoms = np.broadcast_arrays(np.asarray(top), np.asarray(bottom))
    fine = np.where(bottoms == 0, np.nan, bottoms)
    return (tops / fine)[()]
