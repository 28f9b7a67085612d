"""The command `count` prints what `.count` returns."""

from __future__ import annotations

import io
import json
from typing import Any

import pandas as pd
import pytest

import bibliometrics as bm
from bibliometrics.cli.commands import main

CAS = ("--institution", "cas", "--region", "Latin America", "--years", "2007-2016")
SAMPLE = ("--source", "sample", "--quiet")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["count", *words, *SAMPLE])
    told = capsys.readouterr()
    return code, told.out, told.err


CASES: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    ((*CAS, "--by", "year,country"), {"by": ["year", "country"]}),
    ((*CAS, "--by", "team_size", "--sources", "any"), {"by": "team_size", "sources": "any"}),
    (
        (*CAS, "--max-authors", "100", "--retracted", "any"),
        {"max_authors": 100, "retracted": "any"},
    ),
    ((*CAS, "--field", "31", "--no-international"), {"field": 31, "international": False}),
    ((*CAS, "--without", "ustc,BR"), {"without": ["I126520041", "Brazil"]}),
    ((*CAS, "--types", "any", "--by", "type"), {"types": "any", "by": "type"}),
]


@pytest.mark.parametrize(("words", "asked"), CASES, ids=lambda case: str(case)[-40:])
def test_csv_is_the_frame(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], asked: dict[str, Any]
) -> None:
    code, out, err = run(capsys, *words, "--format", "csv")
    assert (code, err) == (0, "")
    read = pd.read_csv(io.StringIO(out), keep_default_na=False)
    with bm.connect("sample") as sample:
        frame = sample.count("cas", "Latin America", years=(2007, 2016), **asked)
    expected = pd.read_csv(io.StringIO(frame.to_csv(index=False)), keep_default_na=False)
    pd.testing.assert_frame_equal(read, expected)
    assert set(read["source"]) == {"SYNTHETIC sample"}


def test_json_says_what_was_counted_and_text_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *CAS, "--by", "year", "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert len(told["rows"]) == 10
    assert told["synthetic"] is True
    assert told["conditions"]["institution"]["id"] == "I19820366"
    code, out, _ = run(capsys, *CAS, "--by", "year")
    assert "SYNTHETIC sample" in out
    assert str(told["rows"][0]["n_works"]) in out


def test_what_it_costs_is_said_without_asking(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENALEX_API_URL", "http://127.0.0.1:9")
    code = main(["count", *CAS, "--by", "year,country", "--cost", "--format", "json"])
    assert (code, json.loads(capsys.readouterr().out)["calls"]) == (
        0,
        11,
    )  # ten years, and who CAS is


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--region", "Brasill", "--years", "2016"), 3, "Brazil"),
        (("--region", "BR", "--years", "2016", "--by", "yaer"), 3, "year"),
        (("--years", "2016"), 3, "neither an institution nor a region"),
        (("--region", "BR"), 2, "--years"),
        (("--region", "BR", "--years", "2016", "--filter", "es"), 2, "language:es"),
        (("--region", "BR", "--years", "2016", "--words", "dark matter"), 3, "no texts"),
    ],
)
def test_wrong_words_are_one_line_and_a_code(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    found, out, err = run(capsys, *words)
    assert (found, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1
