"""Tables, pictures and foreign HTML keep their meaning and lose everything else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import pandas as pd
import pytest

from bibliometrics.report.html import inline_svg, link_data, make_table, show_again, tidy_html

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


def test_a_table_of_sentences_can_be_read_as_cards() -> None:
    table = ET.fromstring(make_table("Said", ["claim", "what"], [["P01", "word " * 20]]))[0]
    assert (table.get("class"), table.get("role")) == ("cards", "table")
    assert [cell.get("data-label") for cell in table.iter("td")] == ["what"]
    assert {cell.get("role") for cell in table.iter("th")} == {"columnheader", "rowheader"}


def test_a_table_without_rows_says_so() -> None:
    assert "table" not in make_table("Verdicts", ["claim"], [])
    assert "Verdicts: nothing to show" in make_table("Verdicts", ["claim"], [])


def test_a_data_frame_keeps_cells_and_headers_and_loses_its_looks() -> None:
    frame = pd.DataFrame({"n": [1, 2], "why": ["<b>", "a & b"]}, index=["x", "y"])
    html = tidy_html(frame.rename_axis("key")._repr_html_(), caption="Counts")
    box = ET.fromstring(f"<div>{html}</div>")
    assert [cell.text for cell in box.iter("th")] == ["key", "n", "why", "x", "y"]
    assert [cell.text for cell in box.iter("td")] == ["1", "<b>", "2", "a & b"]
    assert not re.search("style|border|dataframe", html)


def test_several_levels_of_headers_keep_their_scope() -> None:
    index = pd.MultiIndex.from_product([["a"], ["x", "y"]], names=["area", "key"])
    frame = pd.DataFrame([[1, 2], [3, 4]], index=index, columns=[2007, 2008])
    box = ET.fromstring(f"<div>{tidy_html(frame.to_html(), caption='Years')}</div>")
    scopes = [(cell.text, cell.get("scope")) for cell in box.iter("th")]
    assert ("a", "rowgroup") in scopes
    assert ("2007", "col") in scopes


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<script>alert(1)</script>x", "x"),
        ('<p onclick="x()" style="color:red">y</p>', "<p>y</p>"),
        ('<img src="http://a/b.png"><iframe></iframe>z', "z"),
        ('<a href="https://a.b/">c</a>', '<a href="https://a.b/">c</a>'),
        ('<a href="javascript:x()">c</a>', "c"),
        ('<a href="../data/x.csv">c</a>', "c"),
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
    told = {name: root.get(name) for name in ("id", "role", "aria-label", "aria-describedby")}
    assert list(told.values()) == ["one", "img", "A <label>", "text"]
    ids = {element.get("id") for element in root.iter()} - {None}
    assert ids == {"one", "one-all", "one-mark", "one-clip"}
    assert not [
        tag for tag in ("title", "desc", "metadata") if f"<{tag}" in ET.tostring(root, "unicode")
    ]
    style = root.find(".//{*}style")
    assert style is not None
    assert (style.text or "").strip() == ".one-s1{fill: none}"


def test_a_picture_shown_again_points_to_the_first() -> None:
    root = ET.fromstring(show_again(SVG, "one", "Label", "text"))
    assert (root.get("viewBox"), root[0].get("href")) == ("0 0 9 4", "#one-all")


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", 'x "y" <z> & # % +\n', "São Paulo,NA\n"])
def test_an_address_holds_the_text_itself(text: str) -> None:
    link = link_data(text, "text/csv")
    head, _, body = link.partition(",")
    assert head == "data:text/csv;charset=utf-8"
    assert unquote(body) == text
    assert not set('"<>#\n&') & set(body)
