"""Verdicts are read as they were written, chosen and printed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from bibliometrics.claims import verdicts as claims
from bibliometrics.errors import InputError, TableError
from bibliometrics.tables.schema import TABLES, render_table


def verdict(claim_id: str = "Z01", **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(TABLES["claims"].names)
    row |= {"claim_id": claim_id, "source": "memo", "statement": "It grew", "unit": "factor"}
    return row | {"reason": "Because of numbers."} | values


DIRECT = {
    "evidence": "ncses",
    "evidence_kind": "direct",
    "stated": 2.0,
    "observed": 2.1,
    "low": 2.0,
    "high": 2.2,
}


def test_verdicts_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = [verdict(**DIRECT, conclusion_verdict="reproduced"), verdict("Z02")]
    (tmp_path / "claims.csv").write_text(render_table(TABLES["claims"], rows), encoding="utf-8")
    assert claims.read_verdicts(tmp_path / "claims.csv") == rows


def test_a_missing_table_of_verdicts_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"claims\.csv"):
        claims.read_verdicts(tmp_path / "claims.csv")


def test_verdicts_are_chosen_by_source_verdict_kind_and_claim() -> None:
    rows = [
        verdict("Z01", **DIRECT, number_verdict="not reproduced", conclusion_verdict="reproduced"),
        verdict("Z02", evidence="x", evidence_kind="proxy"),
        verdict("Z03", source="other", conclusion_verdict="waiting for a pull"),
    ]

    def chosen(**conditions: str) -> list[str]:
        return [row["claim_id"] for row in claims.filter_verdicts(rows, **conditions)]

    assert chosen() == ["Z01", "Z02", "Z03"]
    assert chosen(source="other") == ["Z03"]
    assert chosen(verdict="reproduced") == ["Z01"]
    assert chosen(verdict="not reproduced") == ["Z01"]
    assert chosen(kind="proxy") == ["Z02"]
    assert chosen(claim="z03") == ["Z03"]
    assert chosen(source="memo", verdict="waiting for a pull") == []


@pytest.mark.parametrize("name", ["source", "verdict", "kind", "claim"])
def test_a_condition_that_nothing_can_meet_is_refused_with_what_is_known(name: str) -> None:
    with pytest.raises(InputError, match=f"unknown {name} ") as caught:
        claims.filter_verdicts([verdict()], **{name: "nonsense"})
    assert caught.value.next_step.startswith("known: ")


def test_json_and_csv_keep_every_cell() -> None:
    rows = [verdict(**DIRECT)]
    assert json.loads(claims.format_verdicts(rows, "json")) == rows
    (cells,) = csv.DictReader(claims.format_verdicts(rows, "csv").splitlines())
    assert (cells["observed"], cells["number_verdict"]) == ("2.1", "")


def test_markdown_is_one_table_with_reasons_and_a_summary() -> None:
    rows = [verdict(**DIRECT, conclusion_verdict="reproduced", reason="a | b")]
    lines = claims.format_verdicts(rows, "md").splitlines()
    assert lines[2] == (
        "| Z01 | It grew | 2.00 | 2.10 (2.00 to 2.20) | reproduced | ncses, direct | a \\| b |"
    )
    assert lines[-1] == "1 claim: 1 graded by direct evidence (1 reproduced)."


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_text_keeps_within_the_terminal(width: int) -> None:
    rows = [verdict(f"Z{number}", **DIRECT, reason="word " * 60) for number in range(30)]
    for some in (rows, rows[:3]):
        lines = claims.format_verdicts(some, "text", width).splitlines()
        assert max(map(len, lines)) <= max(60, width)
    assert "word" not in claims.format_verdicts(rows, "text", width)
    assert "word" in claims.format_verdicts(rows[:3], "text", width)


def test_text_tells_statement_verdict_values_and_evidence() -> None:
    row = verdict(**DIRECT, number_verdict="not reproduced", conclusion_verdict="reproduced")
    assert claims.format_verdicts([row], "text", 100).splitlines()[:2] == [
        "Z01 It grew",
        "     number not reproduced, conclusion reproduced · stated 2.00 · found 2.10 (2.00 to "
        "2.20) · ncses",
    ]


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(InputError, match="unknown format 'xml'"):
        claims.format_verdicts([], "xml")


def test_a_claim_with_mixed_evidence_counts_once_with_the_worst_conclusion() -> None:
    rows = [
        verdict("Z01", **DIRECT, conclusion_verdict="reproduced"),
        verdict("Z01", **DIRECT, conclusion_verdict="contradicted"),
        verdict("Z02", evidence="x", evidence_kind="proxy"),
        verdict("Z02", conclusion_verdict="waiting for a pull"),
        verdict("Z03", conclusion_verdict="not testable"),
    ]
    assert claims.summarise_verdicts(rows) == (
        "3 claims: 1 graded by direct evidence (1 contradicted), 1 waiting for a pull, "
        "1 not testable."
    )


def test_a_study_without_claims_has_a_sentence_in_place_of_verdicts() -> None:
    assert claims.summarise_verdicts([]).startswith("No verdicts: the ledger has no claims")
    for form in ("text", "md"):
        assert "No verdicts: the ledger has no claims" in claims.format_verdicts([], form)
