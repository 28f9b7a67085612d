"""
Indicators of frames: pandas in, pandas out, with one more column.

Frames are matched by the keys that they were counted by, never by the order of their rows. What
would add up rows that overlap (a work stands in several countries) is refused; so is a SYNTHETIC
count beside a real one. A quotient is empty where its denominator is 0 or a part exceeds its whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

from bibliometrics.connection.wishes import KEYS, OVERLAPPING
from bibliometrics.errors import InputError
from bibliometrics.tables import indicators as pure

N: Final = "n_works"
SYNTHETIC: Final = "SYNTHETIC"
#: Columns that say which series a row belongs to.
SERIES: Final = ("institution", "region", "source")
KEY_COLUMNS: Final = tuple(dict.fromkeys(key.columns[0] for key in KEYS.values()))


def _keys(frame: pd.DataFrame) -> list[str]:
    """Return the columns of a frame that are keys of its rows."""
    return [name for name in KEY_COLUMNS if name in frame.columns]


def _check(*frames: Any) -> None:
    """Refuse what is no count, and real counts beside invented ones."""
    kinds = set()
    for frame in frames:
        if not isinstance(frame, pd.DataFrame) or N not in frame.columns:
            what = "a frame without n_works" if isinstance(frame, pd.DataFrame) else repr(frame)
            msg = f"an indicator is asked of {what}."
            raise InputError(msg, "give frames that count returned")
        _refuse_lost_keys(frame)
        if "source" in frame.columns:
            kinds |= {str(one).startswith(SYNTHETIC) for one in frame["source"].unique()}
    if len(kinds) > 1:
        msg = "a SYNTHETIC count stands beside a real one."
        raise InputError(msg, "take both from one source")


def _refuse_lost_keys(frame: pd.DataFrame) -> None:
    """Refuse a frame whose overlapping key is gone: its rows may have been added up."""
    columns = {*frame.columns, *frame.index.names}
    for key in frame.attrs.get("overlapping", ()):
        code = "country_code" if key == "partner" else KEYS[key].columns[0]
        if not columns & {*KEYS[key].columns, code}:
            msg = f"the frame was counted by {key}, but has no column {code} any more."
            step = "works that stand in several rows can't be summed: count without that key"
            raise InputError(msg, f"{step}, or keep the column")


def _refuse_overlap(frame: pd.DataFrame, what: str) -> None:
    """Refuse to add up rows in which a work may stand more than once."""
    found = [name for name in _keys(frame) if name in OVERLAPPING]
    if found:
        msg = f"{what} would add up rows of {', '.join(found)}, in which a work stands repeatedly."
        raise InputError(msg, "count the whole as well and give it as a frame of its own")


def _match(frame: pd.DataFrame, other: pd.DataFrame, what: str) -> pd.Series[Any]:
    """Return the works of another frame for each row of a frame, by the keys of the other."""
    keys = _keys(other)
    lacking = [key for key in keys if key not in frame.columns]
    if lacking:
        msg = f"{what} is counted by {', '.join(lacking)}, which the first frame is not."
        raise InputError(msg, "count both by the same keys, or the whole by fewer")
    series = [name for name in SERIES[:2] if name in other.columns and name in frame.columns]
    for more in ([], *([name] for name in series), series):
        on = [*more, *keys]
        if not other.duplicated(on).any() if on else len(other) == 1:
            break
    else:
        msg = f"{what} has several rows for the same {', '.join(keys) or 'count'}."
        raise InputError(msg, "keep one row for each: choose an institution or region first")
    if not on:
        return pd.Series(float(other[N].iloc[0]), index=frame.index)
    found = frame[on].merge(other[[*on, N]], on=on, how="left", validate="many_to_one")[N]
    return found.astype("float64").set_axis(frame.index)


def _add(frame: pd.DataFrame, name: str, values: Any) -> pd.DataFrame:
    """Return a copy of a frame with one more column."""
    added = frame.copy()
    added[name] = np.asarray(values, dtype="float64")
    return added


def _parts(
    calculate: Callable[..., Any], part: pd.Series[Any], *rest: pd.Series[Any], wholes: int
) -> Any:
    """Return a quotient, empty where the part exceeds one of its first wholes."""
    fits = np.ones(len(part), dtype=bool)
    for whole in rest[:wholes]:
        fits &= ~(part.to_numpy() > whole.to_numpy())
    if len(fits) and not fits.any():
        msg = "every part exceeds its whole."
        raise InputError(msg, "check the order of the frames: the part comes first")
    return calculate(*(one.where(fits).to_numpy() for one in (part.astype("float64"), *rest)))


def share(part: pd.DataFrame, whole: pd.DataFrame | None = None) -> pd.DataFrame:
    """
    Share of counts in others.

    Parameters
    ----------
    part : pandas.DataFrame
        Counts.
    whole : pandas.DataFrame or None
        Counts that they are part of, by the same keys or fewer; None: the sum of ``part`` in each
        institution, region and year.

    Returns
    -------
    pandas.DataFrame
        ``part`` with the column ``share``, from 0 to 1; empty where the whole is 0 or smaller.

    Raises
    ------
    InputError
        If frames don't match, or overlapping rows would be added up.

    Examples
    --------
    >>> import bibliometrics as bm
    >>> oa = bm.connect("sample")
    >>> every = oa.count(region="Latin America", years=(2010, 2012), by="year", home="China")
    >>> cas = oa.count("CAS", "Latin America", years=(2010, 2012), by="year")
    >>> bm.share(cas, every)["share"].between(0, 1).all()
    np.True_
    """
    _check(part, *([] if whole is None else [whole]))
    if whole is not None:
        total = _match(part, whole, "the whole")
    else:
        _refuse_overlap(part, "the sum")
        total = _sum_within(part)
    return _add(part, "share", _parts(pure.share, part[N], total, wholes=1))


def _sum_within(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return for each row the sum over its institution, region, source and year."""
    within = [name for name in (*SERIES, "year") if name in frame.columns]
    if not within:
        return pd.Series(float(frame[N].sum()), index=frame.index)
    return frame.groupby(within, dropna=False)[N].transform("sum").astype("float64")


def growth(frame: pd.DataFrame) -> pd.DataFrame:
    """
    Growth of counts by year, of each series.

    Parameters
    ----------
    frame : pandas.DataFrame
        Counts by year, and by other keys or not.

    Returns
    -------
    pandas.DataFrame
        One row for each series: its keys, ``year_from``, ``year_to``, ``n_first``, ``n_last``,
        ``growth_factor`` (last over first), ``growth_rate`` (compound, a year; 0.1 is 10 %) and
        ``trend_rate`` (a year, fitted to all years without a zero). Empty where it starts at 0.
        ``provisional`` says that the first or last year is still being filled; empty if the frame
        doesn't tell (``attrs["provisional_years"]``, lost where frames of two questions are put
        together).

    Raises
    ------
    InputError
        If it is not counted by year, or a year has two rows in a series.

    Examples
    --------
    >>> import pandas as pd
    >>> import bibliometrics as bm
    >>> grown = bm.growth(pd.DataFrame({"year": [2007, 2008, 2009], "n_works": [10, 20, 40]}))
    >>> grown[["growth_factor", "growth_rate"]].round(3).values.tolist()
    [[4.0, 1.0]]
    """
    _check(frame)
    if "year" not in frame.columns:
        msg = "growth is asked of a frame without a column year."
        raise InputError(msg, 'count by="year"; after a groupby, reset_index() makes it a column')
    skip = {"year", N, "share"}
    by = [name for name in frame.columns if name not in skip and frame[name].dtype.kind != "f"]
    if frame.duplicated([*by, "year"]).any():
        msg = "a series has two rows for the same year."
        raise InputError(msg, "keep the columns that tell the series apart")
    rows = []
    groups = frame.groupby(by, sort=False, dropna=False) if by else [((), frame)]
    for values, group in groups:
        rows.append(dict(zip(by, values, strict=True)) | _growth(group.sort_values("year")))
    grown = pd.DataFrame(rows, columns=[*by, *_growth_columns()])
    young = frame.attrs.get("provisional_years")
    ends = grown[["year_from", "year_to"]].isin(young or ()).any(axis="columns").astype("boolean")
    grown["provisional"] = ends if young is not None else pd.Series(dtype="boolean")
    return grown


def _growth_columns() -> tuple[str, ...]:
    dates = ("year_from", "year_to", "n_first", "n_last")
    return (*dates, "growth_factor", "growth_rate", "trend_rate")


def _growth(group: pd.DataFrame) -> dict[str, Any]:
    """Return first, last and rates of one series, its years ascending."""
    years, counts = group["year"].tolist(), group[N].tolist()
    fitted = pd.Series(counts, index=years)
    positive = fitted[fitted > 0]
    trend = float("nan")
    if len(positive) > 2:
        trend = pure.log_linear_growth_rate(positive.index.to_numpy(), positive.to_numpy()).rate
    return {
        "year_from": years[0],
        "year_to": years[-1],
        "n_first": counts[0],
        "n_last": counts[-1],
        "growth_factor": float(pure.growth_factor(counts[0], counts[-1])),
        "growth_rate": float(
            pure.compound_growth_rate(counts[0], counts[-1], years[-1] - years[0])
        ),
        "trend_rate": trend,
    }


def activity_index(frame: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """
    Activity index: the share of a field in one profile over its share in another.

    Parameters
    ----------
    frame : pandas.DataFrame
        Counts by field (or another key that adds up), by year too or not.
    reference : pandas.DataFrame
        Counts of what it is compared with, the world as a rule, by the same keys.

    Returns
    -------
    pandas.DataFrame
        ``frame`` with the column ``activity_index``: 1 is the reference's own share; empty where
        the reference has no works. Shares are over works that have a field, within each year.

    Raises
    ------
    InputError
        If frames don't match, or overlapping rows would be added up.

    Examples
    --------
    >>> import pandas as pd
    >>> import bibliometrics as bm
    >>> world = pd.DataFrame({"field_id": [11, 31], "n_works": [500, 500]})
    >>> one = pd.DataFrame({"field_id": [11, 31], "n_works": [10, 30]})
    >>> bm.activity_index(one, world)["activity_index"].tolist()
    [0.5, 1.5]
    """
    _check(frame, reference)
    for each in (frame, reference):
        _refuse_overlap(each, "the activity index")
        if not set(_keys(each)) - {"year"}:
            msg = "an activity index compares profiles, but a frame has no key beside the year."
            raise InputError(msg, 'count by="field"')
    totals = reference.assign(**{N: _sum_within(reference)})
    values = _parts(
        pure.activity_index,
        frame[N],
        _sum_within(frame),
        _match(frame, reference, "the reference"),
        _match(frame, totals, "the reference"),
        wholes=3,
    )
    return _add(frame, "activity_index", values)


def affinity(
    joint: pd.DataFrame, first: pd.DataFrame, second: pd.DataFrame, world: pd.DataFrame
) -> pd.DataFrame:
    """
    Affinity: joint works over what chance would give, n_ij N / (n_i n_j).

    Parameters
    ----------
    joint : pandas.DataFrame
        Works of both partners, for instance of a region by partner.
    first : pandas.DataFrame
        All works of the one, for instance of the region.
    second : pandas.DataFrame
        All works of the other, for instance of each country of the world.
    world : pandas.DataFrame
        All works of the world.

    Returns
    -------
    pandas.DataFrame
        ``joint`` with the column ``affinity``: at least 0, 1 is chance.

    Raises
    ------
    InputError
        If frames don't match.

    Examples
    --------
    >>> import pandas as pd
    >>> import bibliometrics as bm
    >>> joint = pd.DataFrame({"country_code": ["CN", "US"], "n_works": [10, 30]})
    >>> second = pd.DataFrame({"country_code": ["CN", "US"], "n_works": [40, 300]})
    >>> first, world = pd.DataFrame({"n_works": [50]}), pd.DataFrame({"n_works": [1000]})
    >>> bm.affinity(joint, first, second, world)["affinity"].tolist()
    [5.0, 2.0]
    """
    _check(joint, first, second, world)
    others = (first, second, world)
    names = ("the first partner", "the second partner", "the world")
    rest = [_match(joint, other, name) for other, name in zip(others, names, strict=True)]
    values = _parts(pure.affinity_index, joint[N], *rest, wholes=3)
    return _add(joint, "affinity", values)


def salton(joint: pd.DataFrame, first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """
    Return Salton's cosine: joint works over the geometric mean of both partners' works.

    Parameters
    ----------
    joint : pandas.DataFrame
        Works of both partners.
    first, second : pandas.DataFrame
        All works of either.

    Returns
    -------
    pandas.DataFrame
        ``joint`` with the column ``salton``, from 0 to 1.

    Raises
    ------
    InputError
        If frames don't match.

    Examples
    --------
    >>> import pandas as pd
    >>> import bibliometrics as bm
    >>> joint, one = pd.DataFrame({"n_works": [6]}), pd.DataFrame({"n_works": [9]})
    >>> bm.salton(joint, one, pd.DataFrame({"n_works": [16]}))["salton"].tolist()
    [0.5]
    """
    _check(joint, first, second)
    rest = [
        _match(joint, first, "the first partner"),
        _match(joint, second, "the second partner"),
    ]
    return _add(joint, "salton", _parts(pure.salton_cosine, joint[N], *rest, wholes=2))
