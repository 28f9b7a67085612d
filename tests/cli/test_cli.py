"""The command line: what each command prints, and how each failure ends."""

from __future__ import annotations

import builtins
import csv
import io
import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bibliometrics.cli import commands as cli
from tests.support.folders import everything
from tests.support.worlds import LOOSE_STUDY, ROOT, write_study

if TYPE_CHECKING:
    from tests.support.worlds import World


def check_failure(world: World, *words: str, code: int, said: str) -> None:
    """Run a command that must fail: one line, a next step, the same as JSON, nothing changed."""
    before = everything(world.data)
    plain = world.run(*words)
    assert (plain.code, plain.out) == (code, "")
    assert said in plain.error
    assert " Next: " in plain.error
    told = world.run(*words, "--json").json
    assert f"error: {told['error']} Next: {told['next_step']}" == plain.error
    assert told["exit_code"] == code
    assert everything(world.data) == before


# ------------------------------------------------------------------------------- bad studies ----

BAD_STUDIES = {
    "an id for no file": ('id = "loose"', 'id = "A study"', "must be lower-case letters"),
    "no TOML": ("[study]", "[study", "not valid TOML"),
    "a region nobody defined": ('region = "south"', 'region = "north"', "unknown region 'north'"),
    "an institution nobody defined": ('institution = "academy"', 'institution = "x"', "'x'"),
    "an id of an author": ('id = "I19820366"', 'id = "A19820366"', "not an OpenAlex institution"),
    "an unknown country": ('home = ["CN", "HK", "MO"]', 'home = ["CN", "ZZ"]', "country code ZZ"),
    "an unknown member": ('codes = ["', 'codes = ["QQ", "', "country code QQ"),
    "years reversed": ("[2005, 2018]", "[2018, 2005]", "2018 comes after 2005"),
    "one year": ("[2005, 2018]", "[2005]", "[first, last]"),
    "an institution inside the region": ('country = "CN"', 'country = "BR"', "inside the region"),
    "a home inside the region": ('home = ["CN", ', 'home = ["BR", ', "inside the region"),
    "a misspelt entry": ("top_country", "topcountry", "unknown entry 'study.topcountry'"),
    "no years": ("years = [2005, 2018]", "", "entry 'study.years' is missing"),
    "an unknown work type": ("types = []", 'types = ["poem"]', "unknown work type poem"),
}


@pytest.mark.parametrize("what", BAD_STUDIES)
@pytest.mark.parametrize("command", ["plan --study", "refresh --study", "study check"])
def test_a_bad_study_is_refused(
    what: str, command: str, graded_world: World, tmp_path: Path
) -> None:
    right, wrong, said = BAD_STUDIES[what]
    assert right in LOOSE_STUDY
    path = write_study(tmp_path, LOOSE_STUDY.replace(right, wrong))
    check_failure(graded_world, *command.split(), path, code=3, said=said)


# -------------------------------------------------------------------------------- bad wishes ----

BAD_WISHES = {
    "an unknown study": ("refresh --study nope", 3, "no study 'nope'; known: cas-latin-america"),
    "no study file": ("refresh --study none.toml", 3, "can't read none.toml"),
    "unknown parts": ("refresh --parts figures,poems", 3, "--parts names poems"),
    "a synthetic build among the real ones": (
        "refresh --source sample",
        3,
        "must not go to data/processed",
    ),
    "a pull with nothing to rebuild": ("refresh --pull x", 3, "--pull names a pull"),
    "an offline sample": ("refresh --source sample --offline --to DATA/s", 3, "--offline"),
    "a snapshot without its table": ("refresh --source snapshot --to DATA/s", 3, "narrow table"),
    "a narrow table of nobody": ("refresh --narrow DATA/n", 3, "--narrow don't go together"),
    "a narrow table that is not there": (
        "refresh --source snapshot --narrow DATA/n --to DATA/s",
        14,
        "n",
    ),
    "no build": ("tables --from DATA/nothing", 10, "holds no tables"),
    "no build to draw": ("figures --from DATA/nothing", 10, "holds no build"),
    "a folder of others": ("refresh --source witnesses --to DATA/raw", 3, "not a build"),
    "a budget below the plan": ("refresh --budget 0.0001", 6, "costs at least 0.0"),
    "no pull": ("refresh --offline --to DATA/s", 9, "pull"),
    "no connection": ("refresh", 4, "127.0.0.1:9"),
    "an unknown claim": ("verdicts --claim P99 --format json", 3, "P99"),
    "words": ("refresh --budget much", 2, "'much' is not a number"),
    "no command": ("", 2, "required: command"),
    "an unknown command": ("reproduce", 2, "invalid choice: 'reproduce'"),
}


@pytest.mark.parametrize("what", BAD_WISHES)
def test_a_bad_wish_is_refused(
    what: str, graded_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, code, said = BAD_WISHES[what]
    monkeypatch.chdir(graded_world.data)
    words = words.replace("DATA", str(graded_world.data))
    if "--format json" in words:
        ran = graded_world.run(*words.split())
        assert (ran.code, ran.json["exit_code"]) == (code, code)
        return
    check_failure(graded_world, *words.split(), code=code, said=said)


def test_no_connection_names_what_works_without(closed_world: World) -> None:
    said = closed_world.run("refresh").error
    assert "--offline" in said
    assert "make sample" in said
    assert not closed_world.pulls.exists()


# ------------------------------------------------------------------- the libraries, the screen ----


def test_a_missing_library_is_named(graded_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_refresh(name: str, *rest: Any, **options: Any) -> Any:
        if name == "bibliometrics.builds.make":
            raise ModuleNotFoundError(name="pandas")
        return real_import(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without_refresh)
    check_failure(graded_world, "refresh", code=13, said="needs pandas")


def test_a_fault_of_our_own_imports_is_not_hidden(
    graded_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ImportError(name="bibliometrics.nowhere")

    monkeypatch.setattr(cli, "COMMANDS", {"plan": broken})
    ran = graded_world.run("plan")
    assert ran.code == 1
    assert "not installed" not in ran.err


def test_an_interrupt_has_its_own_code(
    graded_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "COMMANDS", {"plan": stop, "refresh": stop})
    check_failure(graded_world, "refresh", code=130, said="interrupted.")


def start(*words: str, **settings: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bibliometrics", *words],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **settings},
        timeout=60,
    )


def test_a_reader_that_stops_early_is_no_error(witness_build: Path) -> None:
    command = [sys.executable, "-m", "bibliometrics", "verdicts", "--from", str(witness_build)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
@pytest.mark.parametrize("words", ["verdicts", "tables --json", "plan --json"])
def test_a_full_disk_under_the_output_is_one_line(words: str, witness_build: Path) -> None:
    where = [] if "plan" in words else ["--from", str(witness_build)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bibliometrics", *words.split(), *where],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert done.returncode == 11
    assert done.stderr.decode().count("\n") == 1
    assert "standard output: No space left" in done.stderr.decode()


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX")
def test_a_command_without_output_ends_well() -> None:
    command = ["sh", "-c", 'exec "$0" -m bibliometrics plan >&-', sys.executable]
    done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_without_our_letters_gets_others(witness_build: Path) -> None:
    settings = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ascii_only = {"PYTHONIOENCODING": "ascii", **settings}
    for words in ("verdicts", "tables"):
        plain = start(words, "--from", str(witness_build), **settings)
        poor = start(words, "--from", str(witness_build), **ascii_only)
        assert (plain.returncode, plain.stderr) == (0, b"")
        assert (poor.returncode, poor.stderr) == (0, b"")
        assert poor.stdout.isascii()


def test_a_narrow_terminal_keeps_its_width(witness_build: Path) -> None:
    told = start("verdicts", "--from", str(witness_build), "--claim", "P03", COLUMNS="60")
    helped = start("refresh", "--help", COLUMNS="60").stdout.decode().partition("options:")[2]
    assert told.returncode == 0
    assert max(map(len, told.stdout.decode().splitlines())) <= 60
    assert max(map(len, helped.splitlines())) <= 60


# ---------------------------------------------------------------------------------- verdicts ----


def read_ledger(folder: Path) -> list[dict[str, str]]:
    with (folder / "claims.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


FILTERS = {
    "--claim": ("p03", lambda row: row["claim_id"] == "P03"),
    "--source": ("opinion-2024", lambda row: row["source"] == "opinion-2024"),
    "--verdict": (
        "differs",
        lambda row: row["verdict"] == "differs",
    ),
    "--kind": ("published", lambda row: row["evidence_kind"] == "published"),
}


@pytest.mark.parametrize(("option", "form"), [*product(FILTERS, ["csv", "json", "md", "text"])])
def test_verdicts_are_chosen_and_printed(option: str, form: str, graded_world: World) -> None:
    value, chosen = FILTERS[option]
    expected = [row["claim_id"] for row in read_ledger(graded_world.processed) if chosen(row)]
    assert 0 < len(expected) < len(read_ledger(graded_world.processed))
    ran = graded_world.run("verdicts", option, value, "--format", form)
    assert (ran.code, ran.err) == (0, "")
    if form == "csv":
        found = [row["claim_id"] for row in csv.DictReader(io.StringIO(ran.out))]
    elif form == "json":
        found = [row["claim_id"] for row in json.loads(ran.out)["tests"]]
    elif form == "md":
        lines = [line.split("|")[1].strip() for line in ran.out.splitlines() if "|" in line]
        found = [line for line in lines if line in {*expected}]
        assert set(found) == set(expected)
        return
    else:
        lines = [
            line for line in ran.out.splitlines() if line[:1] in "DFNPX" and line[1:3].isdigit()
        ]
        assert {line.split()[0] for line in lines} == set(expected)
        return
    assert found == expected


def test_all_filters_together_narrow_the_choice(graded_world: World) -> None:
    words = [word for option in ("--kind", "--verdict") for word in (option, FILTERS[option][0])]
    rows = graded_world.run("verdicts", *words, "--format", "json").json
    both = [FILTERS["--kind"][1], FILTERS["--verdict"][1]]
    ledger = read_ledger(graded_world.processed)
    expected = [row["claim_id"] for row in ledger if all(test(row) for test in both)]
    assert [row["claim_id"] for row in rows["tests"]] == expected


# --------------------------------------------------------------------------- plan and studies ----


def test_plan_says_what_every_table_costs(closed_world: World) -> None:
    told = closed_world.run("plan", "--json").json
    rows = told["tables"].values()
    assert told["questions"] == sum(row["questions"] for row in rows)
    assert told["credits"] == [sum(row[end] for row in rows) for end in ("least", "most")]
    assert told["usd"] == pytest.approx([number / 10_000 for number in told["credits"]])
    assert told["remaining_usd"] is None
    text = closed_world.run("plan").out
    assert f"{told['usd'][0]:.4f} to {told['usd'][1]:.4f} USD" in text
    assert all(name in text for name in told["tables"])


def test_plan_lists_addresses_of_the_server_in_use(closed_world: World) -> None:
    urls = closed_world.run("plan", "--parts", "figures", "--urls", "--json").json["urls"]
    assert len(set(urls)) == len(urls) > 30
    assert all(url.startswith("http://127.0.0.1:9/works?") for url in urls)
    listed = closed_world.run("plan", "--parts", "figures", "--urls").out.splitlines()
    assert [line for line in listed if line.startswith("http")] == urls


def test_plan_goes_on_without_an_answer_on_the_budget(closed_world: World) -> None:
    ran = closed_world.run("plan", "--json", OPENALEX_API_KEY="a-secret-key-1234")
    assert ran.code == 0
    assert ran.json["remaining_usd"] is None
    assert "unknown" in ran.json["note"]
    assert "a-secret-key" not in ran.out + ran.err


def test_studies_are_listed_and_checked(closed_world: World, tmp_path: Path) -> None:
    listed = closed_world.run("study", "list", "--json").json
    assert listed["cas-latin-america"] == "CAS and Latin America, 2007-2016"
    assert all(name in closed_world.run("study", "list").out for name in listed)
    told = closed_world.run("study", "check", write_study(tmp_path), "--json").json
    assert (told["study"], told["years"]) == ("loose", "2005 to 2018")
    assert told["hash"] in closed_world.run("study", "check", write_study(tmp_path)).out
