"""A comparison as text, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json

from bibliometrics.builds.compare import as_values, find_differences, render
from tests.builds.test_compare_counts import country_rows, make_side, of_countries


def test_csv_has_every_cell_and_markdown_the_largest() -> None:
    new = country_rows(1.1, BR2010=9000)
    found = of_countries(country_rows(), new, ("2026-11-01", "2026-11-02"))
    rows = list(csv.DictReader(io.StringIO(render(found, "csv"))))
    assert len(rows) == 60 == len(found.cells)
    (row,) = (
        r for r in rows if (r["year"], r["country_code"], r["kind"]) == ("2010", "BR", "count")
    )
    assert (row["old"], row["new"], row["change"], row["change_percent"]) == (
        "1000", "9000", "8000", "800",
    )  # fmt: skip
    text = render(found, "md")
    assert "| 2010, BR | n_works | 1,000 | 9,000 | +8,000 (+800.0 %) |" in text
    assert "the 10 largest of 30" in text
    assert text.count("\n| 20") == 10
    assert json.loads(json.dumps(as_values(found)))["differing"][0]["likely_cause"]


def test_markdown_has_sections_and_escapes_bars() -> None:
    rows = country_rows()
    old = make_side({"country_output": rows}, "2026-02-01", location="a|b")
    new = make_side({"country_output": country_rows(CL2010=2000)}, "2026-03-01")
    text = render(find_differences(old, new), "md")
    assert "## Known changes of OpenAlex between the two dates" in text
    assert "| 2026-02-24 |" in text
    assert "| country_output | 60 | 2 | 30,000 | 31,000 | +3.3 % |" in text


def test_values_that_follow_are_shown_where_no_count_differs() -> None:
    rows = country_rows()
    new = [{**row, "share_of_region": 0.5} if row["year"] == 2010 else row for row in rows]
    text = render(of_countries(rows, new, ("2026-11-01", "2026-11-01")), "text")
    assert "0 counts and 3 other values differ, of 60 cells" in text
    assert "share_of_region  0.1  0.5" in text
    assert "follows from the counts" in text
