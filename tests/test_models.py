"""One reader of TOML and JSON: what is wrong is told by file, place, what was expected and came."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bibliometrics.errors import ArchiveError, InputError
from bibliometrics.models import Text, read_form, read_toml


@dataclass(frozen=True)
class Part:
    name: Text
    year: int = 2016


@dataclass(frozen=True)
class Whole:
    date: str
    codes: tuple[str, ...] = ()
    parts: dict[str, Part] = field(default_factory=dict)
    flag: bool | None = None


def test_a_table_becomes_a_form_and_nothing_is_converted_but_lists_and_dates(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.toml"
    path.write_text("date = 2026-11-22\ncodes = ['BR']\n[parts.a]\nname = 'A'\n", encoding="utf-8")
    made = read_form(Whole, read_toml(path), "x.toml")
    assert made == Whole("2026-11-22", ("BR",), {"a": Part("A")})


@pytest.mark.parametrize(
    ("data", "said", "step"),
    [
        ({}, "entry 'date' is missing", "add date"),
        ({"date": 1}, "entry 'date' must be a text, but is 1", "correct"),
        ({"date": "d", "codes": "BR"}, "entry 'codes' must be a list, but is 'BR'", "correct"),
        ({"date": "d", "codes": [2]}, "entry 'codes[0]' must be a text, but is 2", "correct"),
        ({"dat": "d"}, "unknown entry 'dat'", "known: date, codes, parts, flag"),
        (
            {"date": "d", "parts": {"a": {"nam": "A"}}},
            "unknown entry 'parts.a.nam'",
            "known: name, year",
        ),
        (
            {"date": "d", "parts": {"a": {"name": " "}}},
            "entry 'parts.a.name' must be a text that is not empty, but is ' '",
            "correct",
        ),
        (
            {"date": "d", "parts": {"a": {"name": "A", "year": "2016"}}},
            "entry 'parts.a.year' must be a whole number, but is '2016'",
            "correct",
        ),
        ({"date": "d", "flag": "yes"}, "entry 'flag' must be true or false", "correct"),
        ([], "it must be a table, but is []", "correct"),
        (b'{"date": "d"', "it is not valid JSON", "correct"),
    ],
)
def test_what_is_wrong_is_told_with_file_place_expected_and_came(
    data: Any, said: str, step: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_form(Whole, data, "x.toml")
    assert caught.value.message.startswith(f"x.toml: {said}")
    assert caught.value.next_step.startswith(step)


def test_the_reader_names_the_error_and_the_step_of_its_caller() -> None:
    with pytest.raises(ArchiveError, match="manifest") as caught:
        read_form(Whole, b"[]", "manifest", error=ArchiveError, step="restore it")
    assert caught.value.next_step == "restore it"
