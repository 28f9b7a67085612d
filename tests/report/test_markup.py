"""Tables, pictures and foreign HTML keep their meaning and lose everything else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import pytest
from markupsafe import Markup

from bibliometrics.report.html import inline_svg, link_data, make_table, tidy_html

SVG = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 4" xmlns="http://www.w3.org/2000/svg">
 <title>Works</title>
 <desc>A line.</desc>
 <metadata><a/></metadata>
 <defs><style type="text/css">*{stroke-linejoin: round}
.s1{fill: none}
</style></defs>
 <g id="axes_1"><path id="mark" class="s1" d="M 0 0" clip-path="url(#clip)"/></g>
 <use xlink:href="#mark"/><clipPath id="clip"><rect/></clipPath>
</svg>
"""


def test_a_table_has_caption_scopes_and_a_box_that_scrolls() -> None:
    html = make_table("Works & years", ["year", "n"], [["2007", "1"], ["2008", "1,200"]])
    box = ET.fromstring(html)
    assert box.attrib == {
        "class": "scroll",
        "role": "region",
        "aria-label": "Works & years",
        "tabindex": "0",
    }
    assert box.findtext(".//caption") == "Works & years"
    assert [cell.get("scope") for cell in box.iter("th")] == ["col", "col", "row", "row"]
    assert [cell.get("class") for cell in box.iter("td")] == ["number", "number"]


def test_a_column_with_words_is_no_column_of_numbers() -> None:
    html = make_table("Found", ["claim", "found"], [["P01", "5"], ["P02", "5 fields"]])
    assert 'class="number"' not in html
    assert 'class="number"' not in make_table("Found", ["claim", "found"], [["P01", "–"]])


def test_a_table_of_sentences_can_be_read_as_cards() -> None:
    table = ET.fromstring(make_table("Said", ["claim", "what"], [["P01", "word " * 20]]))[0]
    assert (table.get("class"), table.get("role")) == ("cards", "table")
    assert [cell.get("data-label") for cell in table.iter("td")] == ["what"]
    assert {cell.get("role") for cell in table.iter("th")} == {"columnheader", "rowheader"}


def test_a_table_without_rows_says_so() -> None:
    assert "table" not in make_table("Verdicts", ["claim"], [])
    assert "Verdicts: nothing to show" in make_table("Verdicts", ["claim"], [])


def test_a_cell_is_text_unless_it_is_markup() -> None:
    box = ET.fromstring(make_table("Cells", ["a", "b"], [["<b>", Markup("<code>x</code>")]]))
    row = box.find(".//tbody/tr")
    assert row is not None
    assert row[0].text == "<b>"
    assert row[1].findtext("code") == "x"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<script>alert(1)</script>x", "x"),
        ('<p onclick="x()" style="color:red">y</p>', "<p>y</p>"),
        ('<img src="http://a/b.png"><iframe></iframe>z', "z"),
        ('<a href="https://a.b/">c</a>', '<a href="https://a.b/">c</a>'),
        ('<a href="javascript:x()">c</a>', "<a>c</a>"),
        ('<a href="../data/x.csv">c</a>', "<a>c</a>"),
        ('<a href="https://a.b/?x=1&amp;y=2">c</a>', '<a href="https://a.b/?x=1&amp;y=2">c</a>'),
        ('<a href="02_output.ipynb#x">c</a>', '<a href="#02-output">c</a>'),
        ("a &lt;b&gt; &amp; c<br>", "a &lt;b&gt; &amp; c<br>"),
        ("<h2>a</h2>", "<h2>a</h2>"),
    ],
)
def test_foreign_html_keeps_its_structure_alone(given: str, expected: str) -> None:
    assert tidy_html(given) == expected


def test_headings_never_go_deeper_than_six() -> None:
    assert tidy_html("<h5>a</h5><h6>b</h6>", deeper=2) == "<h6>a</h6><h6>b</h6>"


def test_two_pictures_share_no_id_and_no_class() -> None:
    first, second = (inline_svg(SVG, name, "A <label>", "text") for name in ("one", "two"))
    for part in (r'id="([^"]+)"', r'class="([^"]+)"', r"\.(\S+)\{"):
        found = [set(re.findall(part, svg)) for svg in (first, second)]
        assert found[0]
        assert not found[0] & found[1]


def test_a_picture_within_a_page_is_whole_and_named() -> None:
    root = ET.fromstring(inline_svg(SVG, "one", "A <label>", "text"))
    told = {name: root.get(name) for name in ("id", "role", "aria-label", "aria-description")}
    assert list(told.values()) == ["one", "img", "A <label>", "text"]
    ids = {element.get("id") for element in root.iter()} - {None}
    assert ids == {"one", "one-mark", "one-clip"}
    assert not [
        tag for tag in ("title", "desc", "metadata") if f"<{tag}" in ET.tostring(root, "unicode")
    ]
    style = root.find(".//{*}style")
    assert style is not None
    assert (style.text or "").strip() == ".one-s1{fill: none}"


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", 'x "y" <z> & # % +\n', "São Paulo,NA\n"])
def test_an_address_holds_the_text_itself(text: str) -> None:
    link = link_data(text, "text/csv")
    head, _, body = link.partition(",")
    assert head == "data:text/csv;charset=utf-8"
    assert unquote(body) == text
    assert not set('"<>#\n&') & set(body)
