"""The ledger keeps the document's words apart from our tests, and refuses nonsense."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bibliometrics.claims.ledger import belongs, find_claim, format_value, load_claims
from bibliometrics.errors import InputError
from bibliometrics.study.model import load_study

LEDGER = load_claims()
HEAD = """
[fixed]
own = "then"
[sources.memo]
study = "s"
institution = "cas"
region = "celac33"
years = [2007, 2016]
title = "T"
kind = "K"
[[claims]]
id = "Z01"
source = "memo"
display = "text"
title = "T"
statement = "S"
"""
TEST = """
[[claims.tests]]
id = "Z01a"
test = "T"
quantity = "region_output"
why = "W"
stated = 5
year = 2007
holds_from = 4
holds_to = 6
"""


def load(folder: Path, text: str) -> list[object]:
    path = folder / "claims.toml"
    path.write_text(text, encoding="utf-8")
    return list(load_claims(path))


def test_the_ledger_holds_all_sixty_claims() -> None:
    assert Counter(claim.id[0] for claim in LEDGER) == {"P": 35, "F": 8, "N": 6, "D": 6, "X": 5}


def test_a_statement_holds_nothing_of_ours() -> None:
    hedged = {"P05": "around", "P07": "about", "P14": "such as", "P15": "relatively"}
    hedged |= {"P16": "just", "P20": "approximately", "P23": "about 60 %", "P24": "rapidly"}
    told = {claim.id: claim.statement for claim in LEDGER}
    for claim, hedge in hedged.items():
        assert hedge in told[claim], claim
    for text in told.values():
        assert not re.search(r"tested|read as|our reading|at least|reproduc|robust", text), text


def test_every_test_says_its_range_why_and_when_it_was_fixed() -> None:
    for claim in LEDGER:
        for test in claim.tests:
            assert test.why, test.id
            assert set(test.fixed) >= {"own", "published"}, test.id
            assert test.holds_from > -1e9 or test.holds_to < 1e9, test.id
            assert test.stated is None or test.holds(test.stated), test.id


def test_bibliometric_claims_of_the_paper_have_a_test() -> None:
    bare = {claim.id for claim in LEDGER if not claim.tests and claim.id.startswith("P")}
    assert bare == {"P06", "P19", "P26", "P27", "P28", "P33", "P34"}
    assert all(not claim.tests for claim in LEDGER if not claim.id.startswith("P"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('quantity = "region_output"', 'quantity = "nothing"', "unknown quantity 'nothing'"),
        ("year = 2007\n", "", "needs year"),
        ("holds_from = 4", "holds_from = 7", "holds_from 7 is above"),
        ("stated = 5", 'stated = "five"', "tests[0].stated"),
        ("stated = 5", "state = 5", "unknown entry"),
        ('why = "W"\n', "", "tests[0].why"),
        ('id = "Z01a"', 'id = "Y01a"', "begin with Z01"),
        ("year = 2007\n", 'year = 2007\nmembers = ["QQ"]\n', "unknown country code QQ"),
        ("year = 2007\n", 'year = 2007\nfields = ["Alchemy"]\n', "unknown field Alchemy"),
        ("year = 2007\n", "year = 999\n", "year 999 is out of range"),
    ],
)
def test_a_wrong_entry_is_refused_with_file_and_claim(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in TEST
    with pytest.raises(InputError, match="claim Z01") as caught:
        load(tmp_path, HEAD + TEST.replace(old, new))
    assert said in caught.value.message
    assert "claims.toml" in caught.value.message


def test_a_claim_without_test_says_what_is_shown(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a test nor what is shown"):
        load(tmp_path, HEAD)
    assert load(tmp_path, HEAD + 'shows = "papers"\n')


def test_an_unknown_document_or_claim_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown source 'memo'"):
        load(tmp_path, HEAD.replace("[sources.memo]", "[sources.other]") + TEST)
    with pytest.raises(InputError, match="Z99, which is no claim"):
        load(tmp_path, HEAD + 'same_as = "Z99"\n')


def test_a_claim_asked_of_another_study_is_an_error_that_says_so() -> None:
    study = load_study()
    assert find_claim(LEDGER, "p07", study).id == "P07"
    for other in (replace(study, years=(2010, 2016)), replace(study, id="another")):
        assert not belongs(LEDGER[0], other)
        with pytest.raises(InputError, match="is about institution 'cas'"):
            find_claim(LEDGER, "P07", other)
    with pytest.raises(InputError, match="no claim 'P99'"):
        find_claim(LEDGER, "P99", study)


def test_numbers_are_told_apart_from_what_they_stand_beside() -> None:
    assert format_value(0.2799, "share", [0.28]) == "27.99 %"
    assert format_value(0.28, "share", [0.28]) == "28 %"
    assert format_value(84000, "works") == "84,000"
