"""The table ``coverage``: how much of a list of papers a source knows, and as whose."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd

from bibliometrics.files import DEFINITIONS
from bibliometrics.models import read_toml
from bibliometrics.tables.frames import finish

TABLE = "coverage"


@cache
def _publishers() -> Mapping[str, str]:
    return dict(read_toml(DEFINITIONS / "publishers.toml")["prefixes"])


def publisher_of(doi: str) -> str:
    """
    Return the publisher of a DOI by its prefix, or the prefix.

    >>> publisher_of("10.1103/physrevd.85.012006"), publisher_of("10.99999/x")
    ('American Physical Society', '10.99999')
    """
    prefix = doi.partition("/")[0]
    return _publishers().get(prefix, prefix)


def build_coverage(papers: Mapping[str, int], found: pd.DataFrame) -> pd.DataFrame:
    """
    Build ``coverage`` from papers (year by DOI) and what a source knows of each DOI.
    """
    rows = found.assign(
        paper_year=found["doi"].map(papers), publisher=found["doi"].map(publisher_of)
    )
    rows["same"] = (rows["year"] == rows["paper_year"]).fillna(value=False)
    summed = rows.groupby(["paper_year", "publisher"], as_index=False).agg(
        n_dois=("doi", "size"),
        n_known=("is_known", "sum"),
        n_expansion_only=("expansion_only", "sum"),
        n_with_institutions=("has_institutions", "sum"),
        n_institution_region=("is_theirs", "sum"),
        n_same_year=("same", "sum"),
    )
    named = summed.rename(columns={"paper_year": "year"})
    return finish(TABLE, **{str(name): named[name].tolist() for name in named})


def describe_coverage(frame: pd.DataFrame) -> str:
    """Say in a sentence how much of the papers the source knows."""
    n = {name: int(frame[name].sum()) for name in frame if str(name).startswith("n_")}
    beyond = f", {n['n_expansion_only']:,} more in the expansion corpus alone"
    return (
        f"of the floor's {n['n_dois']:,} DOIs OpenAlex knows {n['n_known']:,}"
        f"{beyond if n['n_expansion_only'] else ''}: {n['n_with_institutions']:,} with "
        f"institutions, {n['n_institution_region']:,} as works of institution and region, "
        f"{n['n_same_year']:,} in the year of the list"
    )
