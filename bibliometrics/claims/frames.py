"""Ledger, published figures and verdicts as frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from bibliometrics.claims.grading import grade_claims
from bibliometrics.claims.ledger import Claim, load_claims
from bibliometrics.claims.quantities import QUANTITIES
from bibliometrics.claims.rules import Test
from bibliometrics.claims.witnesses import read_witness_rows
from bibliometrics.errors import InputError
from bibliometrics.study.model import Study, load_study
from bibliometrics.tables.schema import TABLES

SYNTHETIC = "SYNTHETIC"


def read_claims(source: str | None = None) -> pd.DataFrame:
    """
    Read what documents claim, and our tests of it.

    Parameters
    ----------
    source : str or None
        Short name of a document, for instance ``tong-sun-2018``; None: all documents.

    Returns
    -------
    pandas.DataFrame
        One row per test; a claim without a test is one row with an empty ``test_id``. Columns:
        ``claim_id``, ``source`` (the document), ``study`` (to which the claim belongs),
        ``display`` (where the document shows it), ``title``, ``statement``, ``test_id``, ``test``
        (what is computed, in words), ``quantity`` and its ``unit``, ``stated`` (the document's
        number, empty where it gives none), ``holds_from`` and ``holds_to`` (the range in which the
        test holds, open where empty), ``why`` (this range) and ``year`` (empty: all years).

    Raises
    ------
    InputError
        If there is no such document.

    Examples
    --------
    >>> import bibliometrics as bm
    >>> bm.read_claims("tong-sun-2018").query("test_id == 'P17a'")["stated"].tolist()
    [555.0]
    """
    ledger = load_claims()
    known = sorted({claim.source for claim in ledger})
    if source not in {None, *known}:
        msg = f"there is no document {source!r} in the ledger."
        raise InputError(msg, f"known: {', '.join(known)}")
    rows = [
        _row(claim, test)
        for claim in ledger
        if source in {None, claim.source}
        for test in (claim.tests or (None,))
    ]
    return pd.DataFrame(rows).replace([float("inf"), float("-inf")], float("nan"))


def _row(claim: Claim, test: Test | None) -> dict[str, Any]:
    names = ("test", "quantity", "stated", "holds_from", "holds_to", "why")
    told = asdict(test) if test else {}
    return {
        "claim_id": claim.id,
        "source": claim.source,
        "study": claim.study,
        "display": claim.display,
        "title": claim.title,
        "statement": claim.statement,
        "test_id": test.id if test else None,
        **{name: told.get(name) for name in names},
        "unit": QUANTITIES[test.quantity].unit if test else None,
        "year": told.get("year") or None,
    }


def read_witnesses() -> pd.DataFrame:
    """
    Read the published figures of others that come with the package.

    Returns
    -------
    pandas.DataFrame
        One row per published figure: ``witness`` (who published it), ``quantity``, ``year``,
        ``country_code``, ``partner_code`` and ``field`` (empty where they don't apply), ``value``,
        ``unit`` and ``source`` (file and place). Sorted by these keys.

    Raises
    ------
    InputError
        If a file is missing or damaged; the message names file and line.

    Examples
    --------
    >>> import bibliometrics as bm
    >>> brazil = bm.read_witnesses().query("quantity == 'articles' and country_code == 'BR'")
    >>> sorted(set(brazil["year"]))[:2]
    [2007, 2008]
    """
    return pd.DataFrame(read_witness_rows())


def grade(
    study: str | Study,
    tables: Mapping[str, pd.DataFrame] | None = None,
    *,
    counted_by: str = "openalex",
    counted_in: int = 0,
) -> pd.DataFrame:
    """
    Grade the claims about a study, by published figures and by own counts if there are any.

    Parameters
    ----------
    study : str or Study
        Name of a study of this package, path of a study file, or a study.
    tables : mapping of str to pandas.DataFrame or None
        Own counts, as in ``Build.tables``; None: published figures and real records alone.
    counted_by : {"openalex", "snapshot"}
        What ``tables`` were counted by.
    counted_in : int
        Year of the counting, 0 if unknown: it and the two years before decide nothing.

    Returns
    -------
    pandas.DataFrame
        One row per test and piece of evidence, with the columns of the table ``claims``; empty
        if the ledger has no claim about the study.

    Raises
    ------
    InputError
        If a table is unknown or SYNTHETIC: invented counts are never graded.

    Examples
    --------
    >>> import bibliometrics as bm
    >>> verdicts = bm.grade("cas-latin-america")
    >>> verdicts.query("evidence_kind == 'published' and claim_id == 'P07'").verdict.tolist()
    ['holds']
    """
    counts = {name: frame for name, frame in (tables or {}).items() if name not in GRADED}
    unknown = sorted({*counts} - {*TABLES})
    if unknown:
        msg = f"there is no table {', '.join(unknown)}."
        raise InputError(msg, f"known: {', '.join(TABLES)}")
    rows = grade_claims(
        load_study(study) if isinstance(study, str) else study,
        load_claims(),
        counts,
        counted_by if counts else None,
        read_witness_rows(),
        synthetic=any(map(_is_invented, counts.values())),
        counted_in=counted_in,
    )
    table = TABLES["claims"]
    frame = pd.DataFrame(rows, columns=[column.name for column in table.columns])
    return frame.sort_values(list(table.keys), na_position="first", ignore_index=True)


GRADED = ("claims", "claim_summary", "witnesses")


def _is_invented(frame: pd.DataFrame) -> bool:
    told = frame.attrs.get("provenance", {})
    named = frame["source"].astype(str) if "source" in frame else pd.Series(dtype=str)
    return bool(told.get("synthetic")) or bool(named.str.contains(SYNTHETIC).any())
