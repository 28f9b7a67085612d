"""The report says what its build says, stands alone, and never outlives its build."""

from __future__ import annotations

import base64
import csv
import io
import re
import shutil
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import unquote

import pandas as pd
import pytest

from bibliometrics.builds import make as refresh
from bibliometrics.builds import publish
from bibliometrics.builds.read import Build, read_build
from bibliometrics.claims.witnesses import read_witness_rows
from bibliometrics.errors import BusyError, InputError, TableError
from bibliometrics.figures.catalogue import draw_figures
from bibliometrics.report import notebooks as narration
from bibliometrics.report import page
from bibliometrics.report import page as report
from bibliometrics.report.answer import five_sentences
from bibliometrics.report.notebooks import Story, hash_notebooks, list_notebooks
from bibliometrics.study.model import DEFAULT_STUDY, load_study, study_text
from bibliometrics.tables.answers import make_provenance
from bibliometrics.tables.schema import counted_tables
from tests.support.claim_worlds import count_tables
from tests.support.worlds import ROOT, World, read_csv

if TYPE_CHECKING:
    pass

LIMIT = 2_500_000
REGION, TEAMS = "figure1_region_output", "team_size"


def draw_two(build: Build) -> dict[str, Any]:
    """Draw two figures of a build: all of them take long."""
    return draw_figures(replace(build.inputs, stated={}), [REGION, TEAMS])


def make_counted(folder: Path, *, synthetic: bool) -> Path:
    """Write a build of invented counts, without pictures."""
    study = load_study()
    told = make_provenance(
        study,
        "sample" if synthetic else "openalex",
        synthetic=synthetic,
        pull="the-pull",
        location="https://api.openalex.org",
        start="2026-01-02T03:04:05Z",
        end="2026-01-02T03:14:05Z",
        calls=1234,
        credits=1234,
        cost_usd=0.1234,
        answers_sha256="ab" * 32,
        notes=("a note <on> the answers",),
    )
    series = count_tables(study, 7)["institution_region"]
    series["share_of_home"] = series["n_works_institution_region"] / series["n_works_home_region"]
    with mock.patch.object(refresh, "draw", return_value={}):
        published = [] if synthetic else read_witness_rows()
        tables = {"institution_region": series}
        refresh.write(study, study_text(DEFAULT_STUDY), folder, tables, told, published)
    return folder


@pytest.fixture(scope="module")
def drawn_build(witness_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a build of published figures with two pictures; for reading only."""
    folder = Path(shutil.copytree(witness_build, tmp_path_factory.mktemp("drawn") / "x"))
    with mock.patch.object(Build, "draw", draw_two):
        refresh.redraw(folder)
    return folder


@pytest.fixture(scope="module")
def waiting_page(drawn_build: Path) -> str:
    return make_page(drawn_build)


@pytest.fixture(scope="module")
def counted_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_page(make_counted(tmp_path_factory.mktemp("counted") / "x", synthetic=False))


@pytest.fixture(scope="module")
def synthetic_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_counted(tmp_path_factory.mktemp("synthetic") / "x", synthetic=True)


def make_page(folder: Path) -> str:
    return page.render_page(read_build(folder), [story()], "the-hash")


def story() -> Story:
    said = {"output_type": "display_data", "data": {"text/markdown": "3 works."}, "metadata": {}}
    cells = [
        {"cell_type": "markdown", "source": "# 01 A <story>\n\n**Question.** How many?"},
        {"cell_type": "code", "source": "figure", "outputs": [said]},
    ]
    return Story("01_a_story", cells)


# ------------------------------------------------------------------------------ what it says ----


def text_of(html: str) -> str:
    """Return what a reader sees, in one line."""
    html = re.sub(r"<(style|script).*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def section_of(page: str, key: str) -> str:
    found = re.search(rf'<section id="{key}".*?</section>', page, re.DOTALL)
    assert found, key
    return found[0]


def test_the_order_is_question_answer_verdicts_figures_story_tables_provenance(
    waiting_page: str,
) -> None:
    study = load_study()
    sections = ["verdicts", "figures", "story", "tables", "provenance"]
    places = [
        waiting_page.index(text)
        for text in (
            f"<h1>{study.title}</h1>",
            f">{study.question}</p>",
            'class="answer"',
            f'id="{REGION}-picture"',
            *(f'id="{name}"' for name in sections),
        )
    ]
    assert places == sorted(places)
    assert re.findall(r'<li><a href="#([^"]+)">', waiting_page) == sections


def test_the_first_page_has_five_sentences_one_picture_and_the_document_s_figures(
    drawn_build: Path, waiting_page: str
) -> None:
    header = re.search(r"<header>.*?</header>", waiting_page, re.DOTALL)
    assert header
    told = re.findall("<li>(.*?)</li>", header[0])
    sentences = five_sentences(read_build(drawn_build))
    assert [unescape(re.sub("<[^>]*>", "", one)) for one in told] == [
        sentence.replace("`", "") for sentence in sentences
    ]
    assert header[0].count("<svg") == 1
    table = text_of(section_of(waiting_page, "verdicts"))
    assert "The figures side by side" in table
    assert "P17 Papers of CAS and the region in 2016: 555" in table


def test_what_is_not_needed_at_once_is_folded_and_full_opens_it(
    drawn_build: Path, waiting_page: str
) -> None:
    assert waiting_page.count("<details>") > 30
    assert "<details open>" not in waiting_page
    assert "3 works." in text_of(waiting_page)
    assert "3 works." not in text_of(visible(waiting_page))
    full = page.render_page(read_build(drawn_build), [story()], "the-hash", full=True)
    assert full.count("<details open>") == waiting_page.count("<details>")
    assert full.replace("<details open>", "<details>") == waiting_page


def visible(html: str) -> str:
    """Return a page without what is folded."""
    inner = re.compile(r"(</summary>)(?:(?!<details)(?!</details>).)*(</details>)", re.DOTALL)
    while True:
        html, found = inner.subn(r"\1", html)
        if not found:
            return html


def test_every_line_and_every_test_of_the_build_is_told(
    drawn_build: Path, waiting_page: str
) -> None:
    told = text_of(section_of(waiting_page, "verdicts"))
    lines, rows = (read_csv(drawn_build / f"{name}.csv") for name in ("claim_summary", "claims"))
    assert len(rows) > len(lines) > 50
    assert [line["claim_id"] for line in lines if line["sentence"] not in told] == []
    known = [row for row in rows if row["evidence"]]
    assert [row["test_id"] for row in known if row["reason"] not in told] == []


def test_a_claim_with_a_test_that_waits_is_undecided_not_without_a_test(
    drawn_build: Path, waiting_page: str
) -> None:
    told = section_of(waiting_page, "verdicts")
    before, _, without = told.partition(" claims without a test")
    decided, _, undecided = before.partition(" claims that are not decided")
    shown, _, kept = decided.partition(" claims that hold in part")
    part, _, held = kept.partition(" claims that hold")
    lines = read_csv(drawn_build / "claim_summary.csv")
    untested = {"shown, not graded", "not about publications"}
    tested = {line["claim_id"] for line in lines if line["verdict"] not in untested}
    claims = [set(re.findall('id="claim-([^"]+)"', part)) for part in (decided, undecided, without)]
    assert claims[0] | claims[1] == tested
    assert claims[2] == {line["claim_id"] for line in lines} - tested
    for verdict, text in (("differs", shown), ("in part", part), ("holds", held)):
        of_it = {line["claim_id"] for line in lines if line["verdict"] == verdict}
        assert set(re.findall('id="claim-([^"]+)"', text)) == of_it
    rows = [row for row in read_csv(drawn_build / "claims.csv") if row["test_id"]]
    told_of = text_of(before)
    assert [
        row for row in rows if row["verdict"] == "waiting" and row["reason"] not in told_of
    ] == []


def test_a_build_that_waits_says_which_figures_wait(waiting_page: str) -> None:
    told = section_of(waiting_page, "figures")
    assert "No counts of our own yet in 2 of 2 figures" in told
    assert told.count("python -m bibliometrics refresh") == 1
    assert f'id="{REGION}-picture"' in waiting_page  # what others published is shown
    assert f'id="{TEAMS}-picture"' not in waiting_page  # nothing to show at all
    tables = text_of(section_of(waiting_page, "tables"))
    assert tables.count("waiting for a") == len(counted_tables())


def test_a_notebook_is_told_in_short(waiting_page: str) -> None:
    told = section_of(waiting_page, "story")
    assert "<h3>01 A &lt;story&gt;</h3>" in told
    assert '<div id="01-a-story"><p>How many?</p>\n<p>3 works.</p>' in told


def test_provenance_of_a_pull_is_whole(counted_page: str) -> None:
    told = text_of(section_of(counted_page, "provenance"))
    for text in (
        "pull or release the-pull",
        "first answer 2026-01-02T03:04:05Z",
        "last answer 2026-01-02T03:14:05Z",
        "requests made 1,234",
        "1,234 credits, 0.1234 USD",
        "ab" * 32,
        load_study().hash,
        "the-hash",
        "a note <on> the answers",
        "33 countries",
    ):
        assert text in told, text


def test_every_table_can_be_had_as_it_is(drawn_build: Path, waiting_page: str) -> None:
    found = re.findall(r'download="(\w+\.csv)" href="data:text/csv;[^,]*,([^"]*)"', waiting_page)
    links = {name: unescape(text) for name, text in found}
    assert set(links) == {"claims.csv", "claim_summary.csv", "witnesses.csv"}
    for name, text in links.items():
        assert unquote(text) == (drawn_build / name).read_text(encoding="utf-8")
        assert list(csv.reader(io.StringIO(unquote(text))))
    book = re.search(
        r'download="(cas[\w-]+\.xlsx)"\s+href="data:[^,]*;base64,([^"]*)"', waiting_page
    )
    assert book
    sheets = pd.read_excel(io.BytesIO(base64.b64decode(book[2])), sheet_name=None)
    assert set(sheets) == {"definitions", "claims", "claim_summary", "witnesses"}


def test_the_words_of_the_trade_are_explained(waiting_page: str) -> None:
    told = text_of(section_of(waiting_page, "provenance"))
    words = ("whole counting", "lineage", "floor", "level", "activity index", "affinity")
    assert [word for word in words if word not in told] == []
    glossary = section_of(waiting_page, "provenance").rpartition("Ten words")[2]
    assert glossary.count("<dt>") == 10


def test_a_synthetic_page_is_stamped_everywhere_and_has_no_verdict(synthetic_build: Path) -> None:
    html = make_page(synthetic_build)
    sections = re.findall(r"<section .*?</section>", html, re.DOTALL)
    assert len(sections) == 5
    assert [text for text in sections if 'class="stamp">SYNTHETIC' not in text] == []
    assert "(SYNTHETIC)</title>" in html
    assert "(SYNTHETIC)</h1>" in html
    assert 'class="verdict' not in html
    assert "Confirmed: nothing." in text_of(html)
    assert "holds in" not in text_of(html)
    stated = re.findall(
        r'stated = "?([\d.]{2,})', (ROOT / "bibliometrics/definitions/claims.toml").read_text()
    )
    assert stated
    beside = text_of(
        re.sub(r"<section id=\"(tables|provenance)\".*?</section>", "", html, flags=re.DOTALL)
    )
    assert [value for value in stated if f" {value} " in beside] == []


def test_the_same_build_gives_the_same_bytes(drawn_build: Path, waiting_page: str) -> None:
    assert make_page(drawn_build) == waiting_page


# ----------------------------------------------------------------------------- how it is made ----


class Outline(HTMLParser):
    """Headings, ids, attributes that load something, and tables of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.ids += [told["id"]] if "id" in told else []
        self.levels += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        links = [told.get(name, "") for name in ("src", "srcset", "action", "poster", "data")]
        links += [told.get("href", ""), told.get("xlink:href", "")] if tag != "a" else []
        self.loads += [link for link in links if link]


@pytest.fixture(scope="module")
def outline(waiting_page: str) -> Outline:
    return Outline(waiting_page)


def test_nothing_is_loaded_from_elsewhere(waiting_page: str, outline: Outline) -> None:
    assert [link for link in outline.loads if not link.startswith(("data:", "#"))] == []
    styles = re.findall(r"<style.*?</style>", waiting_page, re.DOTALL)
    assert not re.search(r"@import|@font-face|url\((?!#)", "".join(styles))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', waiting_page)
    assert policy
    assert policy[1].startswith("default-src 'none';")
    assert "http" not in policy[1]


def test_no_id_comes_twice_and_every_link_within_the_page_leads_somewhere(
    waiting_page: str, outline: Outline
) -> None:
    assert len(outline.ids) == len(set(outline.ids))
    wanted = set(re.findall(r'(?:href="|url\()#([^")]+)', waiting_page))
    wanted |= set(re.findall(r'(?:aria-labelledby|data-svg|data-png)="([^"]+)"', waiting_page))
    assert wanted - set(outline.ids) == set()


def test_headings_stand_in_order(outline: Outline) -> None:
    assert outline.levels.count(1) == 1
    assert outline.levels[0] == 1
    assert [pair for pair in pairwise(outline.levels) if pair[1] > pair[0] + 1] == []


def test_landmarks_are_there(waiting_page: str, outline: Outline) -> None:
    for tag in ("header", "nav", "main", "footer", "title"):
        assert outline.tags.count(tag) == 1, tag
    assert '<html lang="en">' in waiting_page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in waiting_page
    assert re.search(r'<body>\s*<a class="skip" href="#main">', waiting_page)


def test_every_table_has_caption_and_scope(waiting_page: str) -> None:
    tables = re.findall(r"<table.*?</table>", waiting_page, re.DOTALL)
    assert len(tables) == 4
    for table in tables:
        assert re.search(r"<caption>[^<]+</caption>", table)
        assert not re.search(r"<th(?![^>]*scope=)[ >]", table)


def test_every_picture_has_a_name_and_a_description(waiting_page: str) -> None:
    pictures = re.findall(r"<svg[^>]*>", waiting_page)
    assert len(pictures) == 1
    for picture in pictures:
        assert 'role="img"' in picture
        assert re.search(r'aria-label="[^"]+" aria-description="[^"]+"', picture)


# ------------------------------------------------------------------------------- the command ----


@pytest.fixture
def no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let notebooks run in no time, with nothing to show."""
    monkeypatch.setattr(
        report, "run_notebooks", lambda paths, build, said: [Story(p.stem, ()) for p in paths]
    )


def test_the_command_writes_the_report_into_the_build(
    graded_world: World, no_kernels: None
) -> None:
    ran = graded_world.run("report", "--json")
    path = graded_world.processed / publish.REPORT_FILE
    books = list_notebooks()
    assert ran.code == 0
    assert ran.json == {
        "report": str(path),
        "bytes": path.stat().st_size,
        "synthetic": False,
        "waiting": list(counted_tables()),
        "notebooks": len(books),
    }
    html = path.read_text(encoding="utf-8")
    assert f'name="build" content="{page.hash_build(graded_world.processed)}"' in html
    assert f'name="notebooks" content="{hash_notebooks(books)}"' in html
    assert path.stat().st_size <= LIMIT
    assert graded_world.run("tables").code == 0  # the build is as it was built


def test_a_report_to_be_printed_is_open(
    graded_world: World, no_kernels: None, tmp_path: Path
) -> None:
    out = tmp_path / "x.html"
    assert graded_world.run("report", "--full", "--out", str(out)).code == 0
    html = out.read_text(encoding="utf-8")
    assert "<details open>" in html
    assert "<details>" not in html


def test_a_report_goes_elsewhere_on_demand(graded_world: World, tmp_path: Path) -> None:
    out = tmp_path / "x.html"
    ran = graded_world.run("report", "--no-notebooks", "--out", str(out))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"report: {out} (")
    assert "waits for a pull: region_output" in ran.out
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert not (graded_world.processed / publish.REPORT_FILE).exists()


def test_a_report_stays_with_its_build_and_goes_with_it(graded_world: World) -> None:
    graded_world.run("report", "--no-notebooks", "--quiet")
    path = graded_world.processed / publish.REPORT_FILE
    kept = path.read_bytes()
    again = ("refresh", "--source", "witnesses", "--quiet")
    assert graded_world.run(*again).code == 0
    assert path.read_bytes() == kept  # the same build, byte for byte
    with mock.patch.object(publish, "describe_package", return_value='{"other": 1}'):
        assert graded_world.run(*again).code == 0
    assert not path.exists()


def test_without_a_build_there_is_no_report(closed_world: World) -> None:
    ran = closed_world.run("report")
    assert ran.code == TableError.exit_code
    assert "holds no build" in ran.error


def test_an_edited_build_gives_no_report(graded_world: World) -> None:
    with (graded_world.processed / "claims.csv").open("a", encoding="utf-8") as stream:
        stream.write("x\n")
    ran = graded_world.run("report")
    assert ran.code == TableError.exit_code
    assert "claims.csv is not as it was built" in ran.error


def test_a_synthetic_report_never_lies_among_real_tables(
    closed_world: World, synthetic_build: Path
) -> None:
    words = ("report", "--no-notebooks", "--from", str(synthetic_build))
    ran = closed_world.run(*words, "--out", str(closed_world.processed / "x.html"))
    assert ran.code == InputError.exit_code
    assert "must not go to data/processed" in ran.error
    ran = closed_world.run(*words)
    assert ran.out.startswith("SYNTHETIC report: ")


def test_a_folder_is_no_file(graded_world: World, tmp_path: Path) -> None:
    ran = graded_world.run("report", "--no-notebooks", "--out", str(tmp_path))
    assert ran.code == InputError.exit_code


def test_a_build_that_changes_meanwhile_gives_no_report(
    graded_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rebuild(*_: object) -> list[Story]:
        path = graded_world.processed / "datapackage.json"
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        return []

    monkeypatch.setattr(report, "run_notebooks", rebuild)
    ran = graded_world.run("report")
    assert ran.code == BusyError.exit_code
    assert not (graded_world.processed / publish.REPORT_FILE).exists()


def test_without_notebooks_the_way_out_is_named(
    graded_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(report, "list_notebooks", lambda: narration.list_notebooks(tmp_path))
    ran = graded_world.run("report")
    assert ran.code == InputError.exit_code
    assert "--no-notebooks" in ran.error


def test_the_committed_report_is_that_of_the_committed_tables_and_notebooks() -> None:
    folder = ROOT / "data" / "processed"
    path = folder / publish.REPORT_FILE
    html = path.read_text(encoding="utf-8")
    assert f'name="build" content="{page.hash_build(folder)}"' in html, "run `make report`"
    assert f'name="notebooks" content="{hash_notebooks(list_notebooks())}"' in html, "make report"
    assert path.stat().st_size <= LIMIT
