"""Invented counts that equal the document's numbers, and ways to turn one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from bibliometrics.claims.grading import grade_claims, summarise_claims
from bibliometrics.claims.ledger import load_claims
from bibliometrics.study.model import Study, load_study

Tables = dict[str, pd.DataFrame]
YEARS = range(2007, 2017)
OUTPUT = [46000, 50000, 54000, 58000, 62000, 66000, 70000, 75000, 80000, 84000]
JOINT = [77, 96, 119, 149, 185, 231, 288, 358, 446, 555]
MEMBERS = {"BR": 0.5, "MX": 0.15, "AR": 0.1, "CL": 0.08, "CO": 0.07, "PE": 0.03, "EC": 0.025}
MEMBERS |= {"UY": 0.02, "VE": 0.015, "CU": 0.01, "CR": 0.004}
PARTNERS = {"US": 0.2, "ES": 0.1, "GB": 0.07, "FR": 0.06, "DE": 0.05, "IT": 0.04, "CA": 0.03}
PARTNERS |= {"PT": 0.025, "AU": 0.022, "NL": 0.02, "CN": 0.015, "JP": 0.014, "KR": 0.005}
JOINT_MEMBERS = {"BR": 0.6, "MX": 0.3, "CL": 0.2, "AR": 0.15, "CO": 0.1}
ADVANTAGES = (1105, 3103, 1902, 2101, 2301, 1102)


def wide(shares: Mapping[str, float], totals: Iterable[float], codes: Iterable[str]) -> Any:
    every = dict.fromkeys(codes, 0.0) | dict(shares)
    cells = [
        (year, code, round(total * share))
        for year, total in zip(YEARS, totals, strict=True)
        for code, share in every.items()
    ]
    return pd.DataFrame(cells, columns=["year", "country_code", "n_works"])


def perfect_tables(study: Study | None = None) -> Tables:
    """Return counts that equal every number of the document and fulfil every other test."""
    study = study or load_study()
    codes = study.region.codes
    joint = wide(JOINT_MEMBERS, JOINT, codes)
    early = joint["country_code"].isin(["CL", "CO"]) & (joint["year"] < 2012)
    joint.loc[early, "n_works"] //= 2
    years = list(YEARS)
    return {
        "region_output": pd.DataFrame(
            {
                "year": years,
                "n_works_region": OUTPUT,
                "n_works_world": [20 * count for count in OUTPUT],
            }
        ),
        "country_output": wide(MEMBERS, OUTPUT, codes),
        "region_partners": wide(PARTNERS, OUTPUT, PARTNERS),
        "institution_region": pd.DataFrame(
            {
                "year": years,
                "n_works_institution_region": JOINT,
                "n_works_home_region": [3 * count for count in JOINT],
            }
        ),
        "institution_partners": joint,
        "fields": _fields(),
        "claim_counts": _claim_counts(),
    }


def count_tables(study: Study, times: int = 1) -> Tables:
    """Return the perfect counts of the tables that a default pull has."""
    tables = {name: frame.copy() for name, frame in perfect_tables(study).items()}
    del tables["claim_counts"]
    for frame in tables.values():
        for column in frame.columns:
            if column.startswith("n_"):
                frame[column] *= times
    tables["region_partners"]["affinity"] = 0.2
    return tables


def row_of(rows: list[dict[str, Any]], test: str, evidence: str | None = None) -> dict[str, Any]:
    """Return the one row of a test and a piece of evidence."""
    (row,) = [row for row in rows if (row["test_id"], row["evidence"]) == (test, evidence)]
    return row


def _fields() -> pd.DataFrame:
    strong = (27, 23, 31)
    rows = [
        (area, field, works, round(works * share))
        for field in range(11, 37)
        for area, works, share in (
            ("region", 5000 + field if field in strong else 1000 + field,
             0.02 if field in strong else 0.008),
            ("world", 90000, 0.01),
        )
    ]  # fmt: skip
    columns = ["country_code", "field_id", "n_works", "n_top_1_percent"]
    return pd.DataFrame(rows, columns=columns)


def _claim_counts() -> pd.DataFrame:
    told: dict[str, dict[str, float]] = {
        "top_physics": {"all": 1000, "over_100": 700},
        "top_all": {"all": 9000, "over_100": 1200},
        "top_astronomy": {"CL": 300, "BR": 200, "MX": 100, "AR": 40},
        "institutions": {"I1": 500, "I2": 400},
        "institution": {"I0": 2504},
        "institution_without": {"I0": 1900},
        "centre": {"ror": 65, "name": 40},
        "international_first": dict.fromkeys(PARTNERS, 1e5) | {"CN": 5e5},
        "international_second": dict.fromkeys(PARTNERS, 1.2e5) | {"CN": 5.2e5},
        "subfields_region": {"9999": 1000} | {str(one): 200.0 for one in ADVANTAGES},
        "subfields_world": {"9999": 90000} | {str(one): 2000.0 for one in ADVANTAGES},
        "international": {"institution_region": 2504, "institution": 90000, "region": 2.5e5,
                          "world": 4.5e6},
    }  # fmt: skip
    rows = [(what, item, n) for what, items in told.items() for item, n in items.items()]
    return pd.DataFrame(rows, columns=["what", "item", "n_works"])


LEDGER = load_claims()
BASES = ("P01", "P02", "P16", "P17")  # the arithmetic of others needs them


def grade(tables: Tables, claim: str = "", **more: Any) -> dict[str, dict[str, Any]]:
    """Return the rows of our own counts by test, of all claims or of one."""
    ledger = [one for one in LEDGER if not claim or one.id in {claim, *BASES}]
    rows = grade_claims(load_study(), ledger, tables, "openalex", **more)
    return {row["test_id"]: row for row in rows if row["evidence"] == "openalex"}


def lines(tables: Tables, **more: Any) -> dict[str, dict[str, Any]]:
    """Return the line of each claim."""
    rows = grade_claims(load_study(), LEDGER, tables, "openalex", **more)
    return {line["claim_id"]: line for line in summarise_claims(LEDGER, rows)}


def _set(
    table: str, column: str, change: Callable[[pd.DataFrame], Any]
) -> Callable[[Tables], None]:
    def turn(tables: Tables) -> None:
        frame = tables[table].copy()
        frame[column] = change(frame)
        tables[table] = frame

    return turn


def scale(table: str, column: str, times: float, **where: Any) -> Callable[[Tables], None]:
    """Return a way to multiply a column where other columns have some values."""

    def change(frame: pd.DataFrame) -> Any:
        mine = pd.Series(True, index=frame.index)
        for name, values in where.items():
            mine &= frame[name].isin(values if isinstance(values, list | range) else [values])
        return frame[column].astype(float).where(~mine, frame[column] * times)

    return _set(table, column, change)


def count(what: str, item: str, times: float) -> Callable[[Tables], None]:
    """Return a way to multiply one of the counts that are asked for a claim alone."""
    return scale("claim_counts", "n_works", times, what=what, item=item)


def growth(table: str, column: str, increase: float) -> Callable[[Tables], None]:
    """Return a way to give a column another growth from the first to the last year."""

    def change(frame: pd.DataFrame) -> Any:
        first = float(frame[column].iloc[0])
        return [first * (1 + increase) ** (at / (len(frame) - 1)) for at in range(len(frame))]

    return _set(table, column, change)


# Each stated number at another value: test, times, how.
JOINT_COLUMN = "n_works_institution_region"
STATED: dict[str, dict[float, Callable[[Tables], None]]] = {
    "P01a": {t: scale("region_output", "n_works_region", t, year=2007) for t in (0.5, 2)},
    "P02a": {t: scale("region_output", "n_works_region", t, year=2016) for t in (0.5, 2)},
    "P03a": {t: growth("region_output", "n_works_region", 0.826 * t) for t in (0.5, 2)},
    "P05a": {t: scale("region_output", "n_works_world", 1 / t) for t in (0.5, 2)},
    "P07a": {t: scale("country_output", "n_works", t, country_code="BR") for t in (0.5, 2)},
    "P08a": {
        t: scale("country_output", "n_works", t, country_code=["MX", "AR", "CL", "CO"])
        for t in (0.5, 2)
    },
    "P16a": {t: scale("institution_region", JOINT_COLUMN, t, year=2007) for t in (0.5, 2)},
    "P17a": {t: scale("institution_region", JOINT_COLUMN, t, year=2016) for t in (0.5, 2)},
    "P18a": {t: growth("institution_region", JOINT_COLUMN, 6.2 * t) for t in (0.5, 2)},
    "P20a": {t: scale("institution_region", "n_works_home_region", 1 / t) for t in (0.5, 2)},
    "P23a": {t: scale("institution_partners", "n_works", t, country_code="BR", year=2016)
             for t in (0.5, 1 / 0.6)},
    "P25a": {t: scale("claim_counts", "n_works", t, what="centre") for t in (0.5, 2)},
}  # fmt: skip

# Tests without a stated number, and a world that must turn each.
TURNED: dict[str, Callable[[Tables], None]] = {
    "P04a": scale("region_output", "n_works_region", 0.5, year=2012),
    "P08b": scale("country_output", "n_works", 0.1, country_code="CO"),
    "P09a": scale("country_output", "n_works", 5, country_code="CR"),
    "P10a": scale("fields", "n_top_1_percent", 0.2, country_code="region", field_id=27),
    "P10b": scale("fields", "n_works", 0.1, country_code="region", field_id=27),
    "P10c": scale("fields", "n_top_1_percent", 0.2, country_code="region", field_id=23),
    "P10d": scale("fields", "n_works", 0.1, country_code="region", field_id=23),
    "P10e": scale("fields", "n_top_1_percent", 0.2, country_code="region", field_id=31),
    "P10f": scale("fields", "n_works", 0.1, country_code="region", field_id=31),
    "P11a": count("top_all", "over_100", 7),
    "P12a": count("top_astronomy", "AR", 4),
    "P13a": scale("region_partners", "n_works", 0.6, country_code="US"),
    "P14a": scale("region_partners", "n_works", 0.2, country_code="IT"),
    "P15a": scale("region_partners", "n_works", 5, country_code="CN"),
    "P20b": scale("institution_region", JOINT_COLUMN, 0.05, year=range(2012, 2017)),
    "P21a": count("institutions", "I1", 6),
    "P21b": count("institution_without", "I0", 0.1),
    "P22a": scale("institution_partners", "n_works", 0.1, country_code="BR", year=2010),
    "P24a": scale("institution_partners", "n_works", 9, country_code="CO", year=range(2007, 2012)),
    "P29a": scale("claim_counts", "n_works", 0.01, item="CN"),
    "P29b": count("international_second", "CN", 9),
    "P30a": count("subfields_region", "1105", 0.05),
    "P30b": count("subfields_region", "3103", 0.05),
    "P30c": count("subfields_region", "1902", 0.05),
    "P30d": count("subfields_region", "2101", 0.05),
    "P30e": count("subfields_region", "2301", 0.05),
    "P30f": count("subfields_region", "1102", 0.05),
    "P31a": count("international", "institution_region", 9),
    "P32a": scale("institution_partners", "n_works", 0.0, country_code="CO"),
}
