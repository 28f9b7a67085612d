"""What the committed witnesses say today, recomputed from the files by no code of the package."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bibliometrics.claims.evidence import as_frame, floor_series
from bibliometrics.claims.grading import grade_claims, summarise_claims
from bibliometrics.claims.ledger import load_claims
from bibliometrics.claims.witnesses import read_witness_rows
from bibliometrics.errors import InputError
from bibliometrics.files import raw_folder
from bibliometrics.study.model import load_study

SHIPPED = raw_folder() / "witnesses"
STUDY, LEDGER = load_study(), load_claims()
FOUR = {"MX", "AR", "CL", "CO"}
REGION = ("SOUTH_AMERICA", "CENTRAL_AMERICA_CARIBBEAN", "MX")


def lines_of(folder: Path) -> dict[str, dict[str, Any]]:
    rows = grade_claims(STUDY, LEDGER, published=read_witness_rows(folder))
    return {line["claim_id"]: line for line in summarise_claims(LEDGER, rows)}


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], dict[str, Any]]:
    graded = grade_claims(STUDY, LEDGER, published=read_witness_rows())
    return {(row["test_id"], row["evidence"]): row for row in graded if row["test_id"]}


@pytest.fixture(scope="module")
def lines() -> dict[str, dict[str, Any]]:
    return lines_of(SHIPPED)


def raw(file: str) -> list[dict[str, str]]:
    with (SHIPPED / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def articles(*codes: str) -> int:
    return sum(
        int(row["value"])
        for row in raw("ncses_articles.csv")
        if row["country_code"] in codes and "2007" <= row["year"] <= "2016"
    )


def test_shares_of_countries_are_those_of_the_file(rows: dict[Any, dict[str, Any]]) -> None:
    whole = articles(*REGION)
    for test, codes in {"P07a": {"BR"}, "P08a": FOUR}.items():
        row = rows[test, "ncses-seind-2023"]
        assert row["observed"] == pytest.approx(articles(*codes) / whole)
        assert row["verdict"] == "holds"


def test_partners_are_those_of_the_file(rows: dict[Any, dict[str, Any]]) -> None:
    pairs: Counter[str] = Counter()
    for row in raw("openalex_2024_pairs.csv"):
        if row["quantity"] == "pair_sum":
            pairs[row["partner_code"]] += int(row["value"])
    first, second = pairs.most_common(2)
    found = rows["P13a", "openalex-2024-08-27"]["observed"]
    assert (first[0], found) == ("US", pytest.approx(first[1] / second[1]))


def test_levels_are_ratios_and_never_verdicts(
    rows: dict[Any, dict[str, Any]], lines: dict[str, dict[str, Any]]
) -> None:
    marks = {
        ("P01a", "ncses-seind-2023"): "1.50",
        ("P02a", "ncses-seind-2023"): "1.51",
        ("P01a", "worldbank-wdi-2019-03-21"): "1.23",
        ("P02a", "worldbank-wdi-2019-03-21"): "1.15",
    }
    for key, ratio in marks.items():
        assert rows[key]["mark"].startswith(f"{ratio} times")
        assert rows[key]["verdict"] == "shown"
    assert {lines[claim]["verdict"] for claim in ("P01", "P02")} == {"level"}


def test_lines_of_today(lines: dict[str, dict[str, Any]]) -> None:
    verdicts = {name: line["verdict"] for name, line in lines.items()}
    holds = {"P03", "P04", "P05", "P07", "P08", "P09", "P12", "P13", "P14", "P15", "P29", "P30"}
    waits = {"P11", "P31", "P32", *(f"P{n}" for n in range(16, 26))}
    assert {name for name, word in verdicts.items() if word == "holds"} == holds
    assert {name for name, word in verdicts.items() if word == "in part"} == {"P10", "P35"}
    assert {name for name, word in verdicts.items() if word == "waiting for a pull"} == waits
    assert not any(line["sources_disagree"] for line in lines.values())
    assert lines["P07"]["databases"] == "Scopus (NCSES, whole counting)"
    assert "4 of 6 tests; 2 wait" in lines["P30"]["sentence"]


def test_colombia_is_never_judged_by_the_pairs(rows: dict[Any, dict[str, Any]]) -> None:
    kinds = {row["evidence_kind"] for (test, _), row in rows.items() if test == "P24a"}
    assert kinds == {"bound", "own"}
    assert "at least 217 with Colombia" in rows["P24a", "collaboration-papers"]["mark"]
    assert "at least 124 with Chile" in rows["P24a", "collaboration-papers"]["mark"]


def test_brazil_halved_turns_its_claim(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "witnesses"))
    path = folder / "ncses_articles.csv"
    lines = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    for cells in lines:
        if cells[3] == "BR":
            cells[-1] = str(int(cells[-1]) // 2)
    path.write_text("\n".join(map(",".join, lines)) + "\n", encoding="utf-8")
    assert lines_of(folder)["P07"]["verdict"] == "differs"


def floor_of(folder: Path) -> dict[str, list[int]]:
    frame = floor_series(as_frame(read_witness_rows(folder)), STUDY)
    frame = frame[frame["country_code"] == "region"].sort_values("year")
    return {rule: frame[rule].tolist() for rule in ("organisation", "address")}


def test_the_floor_is_counted_from_the_list_under_both_rules() -> None:
    floor = floor_of(SHIPPED)
    papers = [row for row in raw("collaboration_papers.csv") if "2007" <= row["year"] <= "2016"]
    by_year = Counter(row["year"] for row in papers)
    atlas = Counter(row["year"] for row in papers if "ATLAS" in row["collaborations"])
    years = [str(year) for year in STUDY.year_range]
    assert floor["organisation"] == [by_year[year] for year in years]
    assert floor["address"] == [atlas[year] for year in years]
    assert sum(floor["organisation"]) == 1187


def test_papers_taken_out_of_the_list_lower_the_floor(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "witnesses"))
    path = folder / "collaboration_papers.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    out = [
        n for n, line in enumerate(lines) if line.startswith(("2014,CMS", "2015,CMS", "2016,CMS"))
    ]
    out = out[:100] + [n for n, line in enumerate(lines) if line.startswith(("2011", "2012"))][:200]
    path.write_text("".join(line for n, line in enumerate(lines) if n not in {*out}), "utf-8")
    assert sum(floor_of(folder)["organisation"]) == 1187 - 300


def test_the_floor_belongs_to_its_institution_alone() -> None:
    other = replace(STUDY, institution=replace(STUDY.institution, key="another"))
    published = as_frame(read_witness_rows())
    assert len(floor_series(published, STUDY)) > 0
    assert len(floor_series(published, other)) == 0


def test_the_same_doi_twice_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "witnesses"))
    path = folder / "collaboration_papers.csv"
    last = path.read_text("utf-8").splitlines(keepends=True)[-1]
    path.write_text(path.read_text("utf-8") + last, encoding="utf-8")
    with pytest.raises(InputError, match="the same DOI"):
        read_witness_rows(folder)
