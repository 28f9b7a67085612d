"""The report in a real browser: nothing leaves, nothing sticks out, everything can be read."""

from __future__ import annotations

import base64
import json
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from PIL import Image

from bibliometrics.builds import make as refresh
from bibliometrics.builds.read import Build, read_build
from bibliometrics.report.notebooks import Story, list_notebooks
from bibliometrics.report.page import render_page
from tests.report.test_report import REGION, draw_two, story
from tests.support.browser import find_browser, open_browser
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.worlds import ROOT, World, invented_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.browser import Browser

pytestmark = pytest.mark.skipif(
    find_browser() is None, reason="there is no Chromium: install chromium or google-chrome"
)

WIDTHS = (1280, 768, 390)

#: The rules of axe, without pictures of pages that are folded away.
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
SCHEME = "matchMedia('(prefers-color-scheme: dark)').matches"
UNFOLD = "document.querySelectorAll('details').forEach(one => { one.open = true })"


def violations(page: Browser) -> list[str]:
    """Return what the rules of axe find wrong with a page, and where."""
    page.run(f"{AXE}; 0")
    found = page.run("axe.run(document, {resultTypes: ['violations']})", wait=True)["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def choose_scheme(page: Browser, scheme: str) -> None:
    wanted = [{"name": "prefers-color-scheme", "value": scheme}]
    page.ask("Emulation.setEmulatedMedia", features=wanted)
    assert page.run(SCHEME) is (scheme == "dark")


@pytest.fixture(scope="module")
def drawn(witness_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the report of a build that has two pictures."""
    folder = Path(shutil.copytree(witness_build, tmp_path_factory.mktemp("browser") / "x"))
    with mock.patch.object(Build, "draw", draw_two):
        refresh.redraw(folder)
    page = render_page(read_build(folder), [story()], "the-hash")
    (folder / "report.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        opened.open((drawn / "report.html").as_uri())
        yield opened


def test_nothing_leaves_and_nothing_complains(browser: Browser, drawn: Path) -> None:
    browser.run("document.body.offsetHeight")
    asked = [event["request"]["url"] for event in browser.seen("Network.requestWillBeSent")]
    own = (drawn / "report.html").as_uri()
    assert [url for url in asked if url != own and not url.startswith(("data:", "blob:"))] == []
    complaints: list[Any] = [
        *browser.seen("Log.entryAdded"),
        *browser.seen("Runtime.consoleAPICalled"),
        *browser.seen("Runtime.exceptionThrown"),
    ]
    assert complaints == []


def test_the_policy_refuses_what_would_be_loaded(browser: Browser) -> None:
    browser.run("new Image().src = 'http://127.0.0.1:9/x.png'; 1")
    browser.wait_for("Log.entryAdded")
    (entry,) = browser.seen("Log.entryAdded")
    assert "Content Security Policy" in entry["entry"]["text"]
    browser.events.clear()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_as_wide_as_the_window(browser: Browser, width: int) -> None:
    browser.resize(width)
    wide = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    scroll, client = browser.run(wide)
    assert scroll <= client <= width


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_rule_of_accessibility_is_broken(today: Browser, scheme: str, width: int) -> None:
    today.resize(width)
    choose_scheme(today, scheme)
    assert violations(today) == []
    today.run(UNFOLD)
    assert violations(today) == []
    today.run(UNFOLD.replace("true", "false"))
    choose_scheme(today, "light")


def test_the_rules_of_accessibility_find_a_fault(browser: Browser) -> None:
    browser.run("document.body.insertAdjacentHTML('beforeend', '<img id=bare src=data:,>')")
    assert any(one.startswith("image-alt: ") for one in violations(browser))
    browser.run("document.getElementById('bare').remove()")
    browser.events.clear()


def test_pictures_are_seen_and_told(browser: Browser) -> None:
    sizes = browser.run(
        "[...document.querySelectorAll('figure svg > g')]"
        ".map(one => one.getBoundingClientRect().width)"
    )
    assert len(sizes) == 1
    assert min(sizes) > 300
    browser.ask("Accessibility.enable")
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    pictures = [node for node in nodes if node.get("role", {}).get("value") == "image"]
    told = [node for node in pictures if node["name"]["value"].startswith("Figure 1:")]
    assert len(told) == 1
    assert told[0]["description"]["value"].count("Line chart") == 1
    roles = {node.get("role", {}).get("value") for node in nodes}
    assert {"banner", "navigation", "main", "contentinfo", "columnheader", "rowheader"} <= roles


def press(browser: Browser, key: str, code: int, **more: str) -> None:
    for kind in ("keyDown", "keyUp"):
        browser.ask(
            "Input.dispatchKeyEvent",
            type=kind,
            key=key,
            code=key,
            windowsVirtualKeyCode=code,
            **(more if kind == "keyDown" else {}),
        )


def check_twice_as_large(png: Path, svg: Path) -> None:
    """Hold a saved picture against its drawing: twice as large, white behind, not empty."""
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text(encoding="utf-8"))
    assert box
    with Image.open(png) as picture:
        assert all(
            abs(have - 2 * float(want)) < 2
            for have, want in zip(picture.size, box.groups(), strict=True)
        )
        colours = picture.convert("RGB").getcolors(1_000_000)
    assert colours
    assert max(colours)[1] == (255, 255, 255)
    assert len(colours) > 50


def test_the_first_stop_of_the_keyboard_skips_to_the_content(browser: Browser) -> None:
    browser.run("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    press(browser, "Tab", 9)
    assert browser.run("document.activeElement.className") == "skip"
    assert browser.run("document.activeElement.getBoundingClientRect().left") >= 0


def test_a_fold_opens_by_keyboard(browser: Browser) -> None:
    browser.run("document.querySelector('main summary').focus()")
    before = browser.run("document.querySelector('main details').open")
    press(browser, "Enter", 13, text="\r")
    assert browser.run("document.querySelector('main details').open") is not before
    press(browser, "Enter", 13, text="\r")


def test_a_link_into_a_fold_opens_it(browser: Browser) -> None:
    where = "document.getElementById('01-a-story').closest('details').open"
    assert browser.run(where) is False
    browser.run("location.hash = '#01-a-story'; document.body.offsetHeight")
    browser.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
    assert browser.run(where) is True


@pytest.mark.parametrize("name", ["claims.csv", f"{REGION}.svg", f"{REGION}.png"])
def test_tables_and_figures_are_saved_as_files(
    browser: Browser, drawn: Path, tmp_path: Path, name: str
) -> None:
    browser.ask(
        "Browser.setDownloadBehavior",
        behavior="allow",
        downloadPath=str(tmp_path),
        eventsEnabled=True,
    )
    browser.events.clear()
    browser.run(f"document.querySelector('a[download=\"{name}\"]').click()")
    while not any(one["state"] == "completed" for one in browser.seen("Browser.downloadProgress")):
        browser.wait_for_more()
    if name.endswith(".png"):
        check_twice_as_large(tmp_path / name, drawn / "figures" / f"{REGION}.svg")
        return
    saved = (tmp_path / name).read_text(encoding="utf-8")
    if name.endswith(".csv"):
        assert saved == (drawn / name).read_text(encoding="utf-8")
    else:
        assert saved.startswith("<svg")
        assert re.search("viewBox=", saved)


# ------------------------------------------------- the page of the build that is committed ----

SCREEN = 900
WORDS = "document.body.innerText.trim().split(/\\s+/).length"


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Return a browser with the page of the committed tables and notebooks."""
    folder = tmp_path_factory.mktemp("today")
    books = [Story(path.stem, json.loads(path.read_bytes())["cells"]) for path in list_notebooks()]
    html = render_page(read_build(ROOT / "data" / "processed"), books)
    (folder / "today.html").write_text(html, encoding="utf-8")
    with open_browser(folder / "profile") as opened:
        opened.open((folder / "today.html").as_uri())
        yield opened


def screens(browser: Browser) -> float:
    return float(browser.run("document.documentElement.scrollHeight")) / SCREEN


def test_the_page_is_short_until_it_is_opened(today: Browser) -> None:
    today.resize(1280, SCREEN)
    assert 300 <= today.run(WORDS) <= 1200
    assert screens(today) <= 12
    today.run(UNFOLD)
    assert screens(today) <= 25


@pytest.mark.slow
def test_the_page_of_a_full_pull_is_short_and_can_be_read(tmp_path: Path) -> None:
    with OpenAlexServer(invented_records(), per_second=False, keyless_credits=None) as server:
        world = World(tmp_path / "data", server)
        ran = world.run("refresh", "--all", "--quiet", drawn=True)
    assert ran.code == 0, ran.err
    page = tmp_path / "page.html"
    page.write_text(render_page(read_build(world.processed), [story()]), encoding="utf-8")
    with open_browser(tmp_path / "profile") as opened:
        opened.open(page.as_uri())
        opened.resize(1280, SCREEN)
        words = opened.run(WORDS)
        print(words, "words")
        assert 300 <= words <= 1200
        assert screens(opened) <= 25
        assert violations(opened) == []
        opened.run(UNFOLD)
        assert violations(opened) == []
        opened.resize(390)
        assert opened.run("document.documentElement.scrollWidth") <= 390


def test_nothing_is_cut_on_a_phone_and_no_figure_scrolls(today: Browser) -> None:
    today.run(UNFOLD)
    today.resize(390)
    wide = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    scroll, client = today.run(wide)
    assert scroll <= client <= 390
    boxes = "[...document.querySelectorAll('figure .scroll')]"
    assert today.run(f"{boxes}.length") > 5
    assert today.run(f"{boxes}.filter(one => one.scrollWidth > one.clientWidth + 1).length") == 0


def test_answer_and_verdicts_print_on_two_pages(today: Browser) -> None:
    today.resize(1280, SCREEN)
    today.run("document.querySelectorAll('details').forEach(one => { one.open = false })")
    today.run(
        "document.querySelectorAll('#figures, #story, #tables, #provenance, footer')"
        ".forEach(one => { one.style.display = 'none' })"
    )
    assert count_pages(today) == 2
    today.run("document.getElementById('verdicts').style.display = 'none'")
    assert count_pages(today) == 1  # the answer and its picture are one


def count_pages(browser: Browser) -> int:
    printed = browser.ask("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
    return len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed["data"])))


def test_words_and_sources_of_a_figure_are_copied(browser: Browser) -> None:
    browser.run("navigator.clipboard.writeText = async words => { window.copied = words }")
    browser.run(f"document.querySelector('[data-copy=\"{REGION}-caption\"]').click()")
    copied = browser.run("window.copied")
    assert copied.startswith("Figure 1: ")
    assert "Line chart" in copied
    assert "Sources: Scopus (NCSES, whole counting), 2023-04" in copied
