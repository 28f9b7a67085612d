"""The report in a real browser: nothing leaves, nothing sticks out, everything can be read."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from bibliometrics.builds import make as refresh
from bibliometrics.builds.read import Build, read_build
from bibliometrics.report.page import render_page
from tests.report.test_report import REGION, draw_two, story
from tests.support.browser import find_browser, open_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.browser import Browser

pytestmark = pytest.mark.skipif(
    find_browser() is None, reason="there is no Chromium: install chromium or google-chrome"
)

WIDTHS = (1280, 768, 390)

#: Contrast of every text with what is behind it, by the formula of WCAG 2.
CONTRAST = """
(() => {
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(part => {
      const v = part / 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *:not(svg *):not(script)")) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const style = getComputedStyle(element);
    const pair = [light(numbers(style.color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) poor.push(`${element.tagName} ${element.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
})()
"""

#: Boxes wider than themselves that the keyboard can't reach.
UNREACHABLE = """
[...document.querySelectorAll("body *:not(svg *)")]
  .filter(one => one.scrollWidth > one.clientWidth + 1
    && ["auto", "scroll"].includes(getComputedStyle(one).overflowX) && one.tabIndex < 0)
  .map(one => one.outerHTML.slice(0, 80))
"""


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
    assert browser.run(UNREACHABLE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(browser: Browser, scheme: str) -> None:
    wanted = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.ask("Emulation.setEmulatedMedia", features=wanted)
    assert browser.run("matchMedia('(prefers-color-scheme: dark)').matches") is (scheme == "dark")
    assert browser.run(CONTRAST) == []


def test_pictures_are_seen_and_told(browser: Browser) -> None:
    sizes = browser.run(
        "[...document.querySelectorAll('figure svg > g, figure svg > use')]"
        ".map(one => one.getBoundingClientRect().width)"
    )
    assert len(sizes) == 2
    assert min(sizes) > 300
    browser.ask("Accessibility.enable")
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    pictures = [node for node in nodes if node.get("role", {}).get("value") == "image"]
    told = [node for node in pictures if node["name"]["value"].startswith("Figure 1:")]
    assert len(told) == 2
    assert all(node["description"]["value"].count("Line chart") == 1 for node in told)
    roles = {node.get("role", {}).get("value") for node in nodes}
    assert {"banner", "navigation", "main", "contentinfo", "columnheader", "rowheader"} <= roles


def test_the_first_stop_of_the_keyboard_skips_to_the_content(browser: Browser) -> None:
    browser.run("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    for kind in ("keyDown", "keyUp"):
        browser.ask(
            "Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9
        )
    assert browser.run("document.activeElement.className") == "skip"
    assert browser.run("document.activeElement.getBoundingClientRect().left") >= 0


@pytest.mark.parametrize("name", ["claims.csv", f"{REGION}.svg"])
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
    saved = (tmp_path / name).read_text(encoding="utf-8")
    if name.endswith(".csv"):
        assert saved == (drawn / name).read_text(encoding="utf-8")
    else:
        assert saved.startswith("<svg")
        assert re.search("viewBox=", saved)
