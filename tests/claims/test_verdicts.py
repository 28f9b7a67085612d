"""Verdicts are read as they were written, chosen and printed: summary, decided, the rest."""

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
    row |= {"claim_id": claim_id, "test_id": f"{claim_id}a", "source": "memo", "unit": "ratio"}
    row |= {"statement": "It grew", "test": "growth", "verdict": "holds", "evidence": "openalex"}
    row |= {"evidence_kind": "own", "observed": 2.0, "holds_from": 1.0, "reason": "Because."}
    return row | values


def line(claim_id: str = "Z01", **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(TABLES["claim_summary"].names)
    row |= {"claim_id": claim_id, "statement": "It grew", "verdict": "holds"}
    row |= {"databases": "OpenAlex", "sources_disagree": False, "sentence": "Holds in OpenAlex."}
    return row | values


def test_verdicts_are_read_as_they_were_written(tmp_path: Path) -> None:
    for name, rows, read in (
        ("claims", [verdict(), verdict("Z02", mark="a; b")], claims.read_verdicts),
        ("claim_summary", [line(), line("Z02", marks="near the edge")], claims.read_summary),
    ):
        path = tmp_path / f"{name}.csv"
        path.write_text(render_table(TABLES[name], rows), encoding="utf-8")
        assert read(path) == rows


def test_a_missing_table_of_verdicts_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"claims\.csv"):
        claims.read_verdicts(tmp_path / "claims.csv")


def test_verdicts_are_chosen_by_source_verdict_kind_and_claim() -> None:
    rows = [
        verdict("Z01"),
        verdict("Z02", evidence="x", evidence_kind="neighbour", verdict="shown"),
        verdict("Z03", source="other", verdict="waiting"),
    ]
    lines = [line("Z01"), line("Z02"), line("Z03", verdict="waiting for a pull")]

    def chosen(**conditions: str) -> list[str]:
        return [
            row["claim_id"] for row in claims.filter_verdicts(rows, summary=lines, **conditions)
        ]

    assert chosen() == ["Z01", "Z02", "Z03"]
    assert chosen(source="other") == ["Z03"]
    assert chosen(verdict="holds") == ["Z01", "Z02"]
    assert chosen(verdict="waiting for a pull") == ["Z03"]
    assert chosen(kind="neighbour") == ["Z02"]
    assert chosen(claim="z03") == ["Z03"]
    assert chosen(source="memo", verdict="waiting for a pull") == []


@pytest.mark.parametrize("name", ["source", "verdict", "kind", "claim"])
def test_a_condition_that_nothing_can_meet_is_refused_with_what_is_known(name: str) -> None:
    with pytest.raises(InputError, match=f"unknown {name} ") as caught:
        claims.filter_verdicts([verdict()], **{name: "nonsense"})
    assert caught.value.next_step.startswith("known: ")


def test_json_and_csv_keep_every_cell() -> None:
    rows = [verdict()]
    told = json.loads(claims.format_verdicts(rows, "json", summary=[line(), line("Z09")]))
    assert told == {"summary": "1 claim: 1 holds.", "claims": [line()], "tests": rows}
    (cells,) = csv.DictReader(claims.format_verdicts(rows, "csv").splitlines())
    assert (cells["observed"], cells["stated"]) == ("2", "")


def test_text_is_summary_then_what_is_decided_then_the_rest() -> None:
    rows = [verdict("Z01", verdict="waiting"), verdict("Z02")]
    lines = [line("Z01", verdict="waiting for a pull", databases=None), line("Z02")]
    text = claims.format_verdicts(rows, "text", 100, summary=lines)
    assert text.splitlines()[0] == "2 claims: 1 holds, 1 waits for a pull."
    assert 0 < text.index("Z02") < text.index("Z01")
    assert "Because" not in text
    assert "Because" in claims.format_verdicts(rows, "text", 100, summary=lines, with_tests=True)


def test_markdown_has_the_words_of_every_line() -> None:
    told = claims.format_verdicts([verdict()], "md", summary=[line(statement="a | b")])
    assert "| Z01 | a \\| b | holds in OpenAlex | Holds in OpenAlex. |" in told


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_text_keeps_within_the_terminal(width: int) -> None:
    rows = [verdict(f"Z{number}", reason="word " * 60) for number in range(30)]
    lines = [line(row["claim_id"], sentence="word " * 60) for row in rows]
    text = claims.format_verdicts(rows, "text", width, summary=lines, with_tests=True)
    assert max(map(len, text.splitlines())) <= max(60, min(width, 160))


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(InputError, match="unknown format 'xml'"):
        claims.format_verdicts([], "xml")


def test_a_study_without_claims_has_a_sentence_in_place_of_verdicts() -> None:
    for form in ("text", "md"):
        assert "No verdicts: the ledger has no claims" in claims.format_verdicts([], form)
