"""From the ledger of claims to the marks of a document's stated values in figures."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from bibliometrics.claim_ledger import Claim, field_crosswalk
from bibliometrics.curve import CURVES
from bibliometrics.figure_data import Stated
from bibliometrics.study import Study, field_names

# Quantity of a claim: the figure and column that show it.
_SHOWN: Final = MappingProxyType(
    {
        "region_output": ("figure1_region_output", "n_works_region"),
        "region_share_of_world": ("figure1_region_output", "share_of_world"),
        "country_share": ("figure2_country_output", "share_of_region"),
        "institution_region": ("figure4_institution_region", "n_works_institution_region"),
        "institution_share_of_home": ("figure4_institution_region", "share_of_home"),
        "institution_partner_share": (
            "figure5_institution_partners",
            "share_of_institution_region",
        ),
    }
)


def stated_marks(study: Study, claims: Iterable[Claim]) -> dict[str, list[Stated]]:
    """
    Return what the documents of a study state, as marks for its figures.

    Parameters
    ----------
    study : Study
        Claims of other studies are passed over.
    claims : iterable of Claim
        The ledger.

    Returns
    -------
    dict of str to list of Stated
        Marks by figure name. Claims on values, partner ranks and strong fields that a figure or
        table of the document itself shows; others have no mark.
    """
    marks: dict[str, list[Stated]] = {}
    for claim in claims:
        if claim.study != study.id or claim.display == "text":
            continue
        for figure, mark in _marks(claim, study):
            marks.setdefault(figure, []).append(mark)
    return marks


def _marks(claim: Claim, study: Study) -> list[tuple[str, Stated]]:
    if claim.quantity in _SHOWN and claim.stated is not None:
        figure, column = _SHOWN[claim.quantity]
        year = claim.year or None
        mark = Stated(column, claim.stated, _say(claim), year=year, country_codes=claim.members)
        return [(figure, mark), *_curve_marks(claim, study)]
    if claim.quantity == "institution_region_growth":
        return _curve_marks(claim, study)
    if claim.quantity == "partner_tier" and claim.ordered:
        return [
            ("figure3_region_partners", Stated("rank", rank, country_codes=(code,)))
            for rank, code in enumerate(claim.members, start=claim.first_rank)
        ]
    if claim.quantity == "partner_margin":
        first = Stated("rank", 1, country_codes=claim.members[:1])
        return [("figure3_region_partners", first)]
    if claim.quantity == "field_activity":
        return [
            ("table2_fields", Stated("field", 1, field=name, country_codes=("region",)))
            for field in claim.fields
            for name in _names_of(field)
        ]
    return []


def _say(claim: Claim) -> str:
    """Return a stated share as the rounded number that it is; other values speak for themselves."""
    if claim.unit != "share" or claim.stated is None:
        return ""
    return f"about {100 * claim.stated:.0f} %"


def _curve_marks(claim: Claim, study: Study) -> list[tuple[str, Stated]]:
    """Return the mark of a claim in a figure of the specification curve, if it tests one."""
    first, last = study.years
    columns = {
        "institution_region": {first: "n_works_first_year", last: "n_works_last_year"},
        "institution_region_growth": {0: "growth_factor"},
        "institution_share_of_home": {0: "share_of_home"},
        "institution_partner_share": {last: "share_top_country"},
    }
    column = columns.get(claim.quantity, {}).get(claim.year)
    elsewhere = claim.members not in {(), (study.top_country,)}
    if column is None or elsewhere or claim.stated is None:
        return []
    return [(CURVES[column], Stated(column, claim.stated, _say(claim)))]


def _names_of(field: str) -> list[str]:
    """Return the names of a claim's field in the classifications that our figures show."""
    entry = field_crosswalk()[field]
    close = {"same", "close"}
    ours = [field_names()[number] for number in entry["openalex"] if entry["openalex_fit"] in close]
    return ours + [name for name in entry["ncses"] if entry["ncses_fit"] in close]
