"""Whatever comes in, what goes out is an error of ours or an answer: no traceback, no hang."""

from __future__ import annotations

import errno
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bibliometrics import cli
from bibliometrics.claims.verdicts import format_table
from bibliometrics.errors import ArchiveError, BibliometricsError, InputError, ServerError
from bibliometrics.escape import escape_markdown, escape_terminal
from bibliometrics.openalex.archive import list_pulls, read_manifest, read_record
from bibliometrics.openalex.query import Request
from bibliometrics.openalex.response import Response, find_fault
from bibliometrics.snapshot.release import parse_manifest
from bibliometrics.study.model import STUDIES, list_replaced, load_study
from bibliometrics.tables.datapackage import parse_package

QUIET = settings(max_examples=60, suppress_health_check=list(HealthCheck))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**31, 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["\x1b[31m", "\u202e", "$x^ $", "\ud800", "../..", "", "I-1", "BR"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)
STUDY = (STUDIES / "cas-latin-america.toml").read_text(encoding="utf-8")
GROUPED = Request(filter="publication_year:2009-2011", group_by="publication_year", per_page=200)
LISTED = Request(filter="publication_year:2009", select="id", per_page=1)


def edited(data: st.DataObject, text: str) -> str:
    """Return a text with a few places replaced."""
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        length = data.draw(st.sampled_from([0, 1, 5, 60]))
        new = data.draw(
            st.sampled_from(["", "[", "]", '"', "=", "\n", "9" * 5000, "[" * 3000, "\u0663", "\0"])
            | st.text(max_size=4)
        )
        text = text[:place] + new + text[place + length :]
    return text


@QUIET
@given(data=st.data())
def test_any_study_file_is_a_study_or_an_input_error(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(edited(data, STUDY).encode("utf-8", "surrogatepass"))
    with suppress(InputError):
        load_study(str(path))


@pytest.mark.parametrize("line", ["x = " + "9" * 5000, "x = " + "[" * 50_000])
def test_a_number_or_nesting_beyond_bounds_in_a_study_is_an_input_error(
    line: str, tmp_path: Path
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(f"{STUDY}\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"s\.toml"):
        load_study(str(path))


def test_a_study_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(f"\ufeff{STUDY}", encoding="utf-8")
    assert load_study(str(path)).hash == load_study().hash


@pytest.mark.parametrize("mark", [r"\u001b[31m", r"\u202e", r"\u0007", r"\u0085"])
def test_names_that_a_terminal_obeys_are_refused(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(STUDY.replace('title = "', f'title = "{mark}', 1), encoding="utf-8")
    with pytest.raises(InputError, match="control character") as caught:
        load_study(str(path))
    assert "\x1b" not in str(caught.value)


OWN = """
[regions.mine]
name = "Mine"
codes = ["BR", "CL"]
source = "a test"
[institutions.own]
id = "I1294671590"
name = "Own"
country = "FR"
source = "a test"
[institutions.own.members]
list = [["I11", "", "I1294671590", "A"], ["I12", "", "I11", "B"]]
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("codes =", "code =", "unknown entry 'code'"),
        ("[institutions.own.members]", "[institutions.own.member]", "unknown entry 'member'"),
        ("list =", "lists =", "unknown entry 'members.lists'"),
        ('"I11", "B"', '"I13", "B"', "parents of member I12 don't lead to I1294671590"),
        ("I1294671590", "I\u0661\u0662\u0663", "is not an OpenAlex institution id"),
        ("country =", "land =", "unknown entry 'land'"),
    ],
)
def test_a_misspelt_or_stray_entry_of_a_study_is_refused(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(STUDY + OWN, encoding="utf-8")
    load_study(str(path))
    path.write_text(STUDY + OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(said)):
        load_study(str(path))


def test_a_definition_of_the_package_is_not_replaced_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(STUDY + OWN.replace("regions.mine", "regions.celac33"), encoding="utf-8")
    (note,) = list_replaced(str(path))
    assert "[regions.celac33]" in note
    assert list_replaced("cas-latin-america") == []


@QUIET
@given(value=VALUES, inside=st.sampled_from(["", "meta", "group_by", "results", "row", "record"]))
def test_any_answer_is_taken_or_has_a_fault(value: Any, inside: str) -> None:
    meta = {"count": 1, "db_response_time_ms": 9}
    row = {"key": "2009", "count": 1}
    body: Any = {"meta": meta, "group_by": [row], "results": [{"id": "W1"}]}
    if inside == "row":
        body["group_by"] = [{**row, "key": value}, {**row, "count": value}]
    elif inside == "record":
        body["results"] = [{"id": "W1", "authorships": value, "lineage": value}]
    else:
        body = {**body, inside: value} if inside else value
    data = json.dumps(body).encode()
    for request in (GROUPED, LISTED, Request(path="works/W1")):
        for status in (200, 400, 429, 500):
            find_fault(request, Response(status, {"retry-after": str(value)[:50]}, data))


@QUIET
@given(body=st.binary(max_size=60) | st.sampled_from([b"[" * 99_999, b"9" * 9_999]))
def test_any_bytes_are_no_answer_and_no_saved_record(body: bytes, tmp_path: Path) -> None:
    assert find_fault(GROUPED, Response(200, {}, body)) is not None
    with suppress(ArchiveError):
        read_record(body, "x")
    with suppress(BibliometricsError):
        parse_manifest(body, "x")
    with suppress(BibliometricsError):
        parse_package(body.decode("latin-1"), Path("x"))
    folder = tmp_path / "pull"
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_bytes(body)
    with suppress(ArchiveError):
        read_manifest(folder)
    assert list_pulls(tmp_path) == []


@QUIET
@given(text=st.text() | st.sampled_from(["\x1b[2J|`*_<b>&amp;", "# a", "1. b", "- c", "a\nb"]))
def test_foreign_text_is_plain_in_markdown_and_on_a_terminal(text: str) -> None:
    shown = escape_terminal(text)
    assert not any(ord(one) < 32 and one not in "\n\t" for one in shown)
    assert not set("\x7f\x9b\u202a\u202e\u2066\u2069") & set(shown)
    line = escape_markdown(text)
    assert "\n" not in line
    for mark in "|<`":
        assert line.count(mark) == line.count(f"\\{mark}")
    row = dict.fromkeys(("claim", "verdict", "why"), text)
    assert "\n" not in escape_markdown(row["why"])
    assert format_table([{"why": text}], ("why",)).count("\n") == 2


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 11, "standard output"),
        (PermissionError(errno.EACCES, "Permission denied", "/x/y"), 11, "/x/y"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), 1, "a fault of this program"),
        (RecursionError("too deep"), 1, "a fault of this program, RecursionError"),
        (KeyError("x"), 1, "a fault of this program, KeyError"),
        (ServerError("no \x1b[31m answer."), 7, "no \\u001b[31m answer"),
    ],
)
def test_every_error_of_a_command_is_one_line_and_a_code(
    error: Exception, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        raise error

    commands = {"tables": fail}
    with mock.patch("bibliometrics.cli.commands.COMMANDS", commands):
        assert cli.main(["tables"]) == code
        shown = capsys.readouterr().err
        assert shown.startswith("error: ")
        assert said in shown
        assert shown.count("\n") == 1
        assert "Traceback" not in shown
        with (
            mock.patch.dict(os.environ, {"BIBLIOMETRICS_TRACEBACK": "1"}),
            suppress(type(error)),
        ):
            cli.main(["tables"])
