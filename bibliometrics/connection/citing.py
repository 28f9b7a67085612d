"""A frame in words, for a methods section."""

from __future__ import annotations

from typing import Final

import pandas as pd

from bibliometrics import __version__
from bibliometrics.errors import InputError

SHOWN: Final = 3


def cite(frame: pd.DataFrame) -> str:
    """
    Say in words what a frame counts, who counted and when: for a methods section.

    Parameters
    ----------
    frame : pandas.DataFrame
        What ``count`` or ``works`` returned, itself: merging and concatenating drop what is known.

    Returns
    -------
    str
        Question, source, day, version and addresses.

    Raises
    ------
    InputError
        If the frame does not know where it comes from.

    Examples
    --------
    >>> import bibliometrics as bm
    >>> frame = bm.connect("sample").count(region="BR", years=2010)
    >>> bm.cite(frame).partition(":")[0]
    'SYNTHETIC, no result'
    """
    told = getattr(frame, "attrs", {})
    if "question" not in told:
        msg = "this frame does not say what it counts."
        raise InputError(msg, "cite the frame that count returned, before it is merged")
    when = " to ".join(dict.fromkeys((told["days"][0], told["days"][-1])))
    text = f"{told['question'][0].upper()}{told['question'][1:]}. "
    text += f"Source: {told['source']}, {when}; whole counts by bibliometrics {__version__}."
    urls = told["addresses"]
    if urls:
        more = f", and {len(urls) - SHOWN} more" if len(urls) > SHOWN else ""
        text += f" Requests: {'; '.join(urls[:SHOWN])}{more}."
    if told["openalex_urls"]:
        text += f" The same works: {' + '.join(told['openalex_urls'])}"
    return f"SYNTHETIC, no result: {text}" if told["synthetic"] else text
