"""The ledger is complete and refuses nonsense."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bibliometrics.claims.ledger import CLASSES, QUANTITIES, field_crosswalk, load_claims
from bibliometrics.errors import InputError
from bibliometrics.study.model import field_names, load_study

GOOD: dict[str, Any] = {
    "id": '"Z01"',
    "source": '"memo"',
    "display": '"text"',
    "title": '"T"',
    "statement": '"S"',
    "stated": "5",
    "unit": '"works"',
    "quantity": '"region_output"',
    "class": '"level"',
    "year": "2007",
}


SOURCE = '[sources.memo]\nstudy = "cas-latin-america"\n'


def write_ledger(path: Path, *entries: dict[str, Any], source: str = SOURCE) -> Path:
    tables = [
        "[[claims]]\n" + "".join(f"{k} = {v}\n" for k, v in entry.items()) for entry in entries
    ]
    path.write_text(source + "".join(tables), encoding="utf-8")
    return path


def changed(**values: Any) -> dict[str, Any]:
    """Return the good entry with some entries replaced; None takes one out."""
    entry = GOOD | {name.removesuffix("_"): value for name, value in values.items()}
    return {name: value for name, value in entry.items() if value is not None}


def test_the_ledger_holds_all_sixty_claims() -> None:
    letters = Counter(claim.id[0] for claim in load_claims())
    assert letters == {"P": 35, "F": 8, "N": 6, "D": 6, "X": 5}


def test_every_claim_is_computed_or_says_why_not() -> None:
    for claim in load_claims():
        assert claim.quantity or claim.why_not, claim.id
        assert claim.claim_class != "not testable" or not claim.quantity, claim.id


def test_claims_speak_of_the_study_and_of_its_members() -> None:
    study = load_study()
    inside = {"country_share", "output_tier", "top_cited_countries", "institution_partner_tier"}
    for claim in load_claims():
        assert claim.study == study.id
        if claim.quantity in inside:
            assert set(claim.members) <= set(study.region.codes), claim.id
        if claim.year:
            assert claim.year in study.year_range, claim.id


def test_the_crosswalk_names_all_fields_of_esi_and_only_known_ones_of_openalex() -> None:
    crosswalk = field_crosswalk()
    assert len(crosswalk) == 22 + 2
    for name, entry in crosswalk.items():
        assert set(entry["openalex"]) <= set(field_names()), name
        for scheme in ("ncses", "openalex"):
            assert entry[f"{scheme}_fit"] in {"same", "close", "part", "none"}, name
            assert bool(entry[scheme]) == (entry[f"{scheme}_fit"] != "none"), name


def test_a_new_claim_is_one_table(tmp_path: Path) -> None:
    (claim,) = load_claims(write_ledger(tmp_path / "l.toml", GOOD))
    assert (claim.id, claim.stated, claim.year, claim.study) == (
        "Z01",
        5.0,
        2007,
        "cas-latin-america",
    )


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (changed(title=None), "'title' is missing"),
        (changed(colour='"red"'), "unknown entry 'colour'"),
        (changed(stated='"many"'), "'stated' can't be 'many'"),
        (changed(stated="true"), "'stated' can't be True"),
        (changed(proxy="1"), "'proxy' can't be 1"),
        (changed(source='"nobody"'), "unknown source 'nobody'"),
        (changed(class_='"vibe"'), "unknown class 'vibe'"),
        (changed(unit='"bananas"'), "unknown unit 'bananas'"),
        (changed(unit='"share"'), "unit 'share' is not that of region_output"),
        (changed(quantity='"luck"'), "unknown quantity 'luck'"),
        (changed(quantity=None), "neither a quantity nor a reason"),
        (changed(year=None), "needs year"),
        (changed(year="99"), "year 99 is out of range"),
        (changed(stated=None), "needs a stated value"),
        (changed(stated="0"), "stated must be above 0"),
        (changed(tolerance="0"), "tolerance must be above 0"),
        (changed(class_='"direction"'), "needs a bound"),
        (changed(class_='"not testable"'), "has no quantity"),
        (changed(members='["QQ"]'), "unknown country code QQ"),
        (changed(against='"QQ"'), "unknown country code QQ"),
        (changed(fields='["Alchemy"]'), "unknown field Alchemy"),
        (changed(quantity='"country_share"', unit='"share"', class_='"share"'), "needs members"),
        (changed(values="[1]"), "can't read the value 1"),
        (
            changed(values='[{indicator="x", area="moon", years=[1,2], stated=[1,2]}]'),
            "can't read the value",
        ),
    ],
)
def test_a_wrong_claim_is_refused_by_file_and_entry(
    tmp_path: Path, entry: dict[str, Any], said: str
) -> None:
    path = write_ledger(tmp_path / "ledger.toml", entry)
    with pytest.raises(InputError) as caught:
        load_claims(path)
    assert said in caught.value.message
    assert "ledger.toml, claim Z01" in caught.value.message
    assert caught.value.next_step


def test_two_claims_with_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="same id"):
        load_claims(write_ledger(tmp_path / "l.toml", GOOD, GOOD))


@pytest.mark.parametrize("text", ["claims = 3\n", "claims = [1]\n", "claims = [\n"])
def test_a_ledger_that_is_none_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"ledger\.toml"):
        load_claims(path)


def test_every_class_and_quantity_of_the_ledger_is_explained() -> None:
    assert all(CLASSES.values())
    assert all(quantity.meaning and quantity.unit for quantity in QUANTITIES.values())
