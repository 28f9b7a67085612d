"""Figures of cooperation: of counts, else of what others published; never of nothing."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.figure import Figure

from bibliometrics.claims.verdicts import load_claims
from bibliometrics.claims.witnesses import read_witness_rows
from bibliometrics.figures.catalogue import Inputs, draw_figures, present, stated_marks
from bibliometrics.figures.data import Source
from bibliometrics.figures.style import STAMP
from bibliometrics.study.model import load_study
from bibliometrics.tables.schema import TABLES
from tests.figures.test_figures import faults_of_texts, texts_of

COUNTED = Source("Count", "2026-11-22", "articles")
STUDY = load_study()
PUBLISHED = ("region_map", "indexed_growth", "country_years", "home_partners")
COUNTED_ONLY = ("ties", "cooperation_fields", "cooperation_institutions")


def tables() -> dict[str, pd.DataFrame]:
    """Return invented tables of the cooperation."""
    years, codes = list(STUDY.year_range), STUDY.region.codes
    members = pd.DataFrame(
        [(y, c, (y - 2000) * (n % 7)) for y in years for n, c in enumerate(codes)],
        columns=["year", "country_code", "n_works"],
    )
    joint = pd.DataFrame({"year": years, "n_works_institution_region": range(50, 60)})
    fields = pd.DataFrame(
        [
            ("institution_region", f"Field {n} of some length", first, first + 4, 10 * n, n / 10)
            for first in (2007, 2012)
            for n in range(1, 27)
        ],
        columns=["area", "field", "year_from", "year_to", "n_works", "activity_index"],
    )
    institutions = pd.DataFrame(
        [
            (side, f"I{n}", f"Institute {n} for Research on Something", "CN", 100 - n, 50 - n)
            for side in ("institution", "region", "home")
            for n in range(20)
        ],
        columns=[
            "side", "institution_id", "institution", "country_code", "n_works",
            "n_works_small_teams",
        ],
    )  # fmt: skip
    ties = pd.DataFrame(
        [(one, other, 7 * a + 3 * b) for a, one in enumerate(codes[:9])
         for b, other in enumerate(("US", "ES", "FR", "DE", "CN", "GB", "IT", "CA", "JP"))],
        columns=["country_code", "partner_code", "n_works"],
    )  # fmt: skip
    return {
        "home_partners": members.rename(columns={"n_works": "n_works_home"}),
        "institution_partners": members,
        "institution_region": joint.assign(n_works_home_region=range(100, 110)),
        "cooperation_fields": fields,
        "cooperation_institutions": institutions,
        "ties": ties,
    }


@pytest.fixture(scope="module")
def counted() -> dict[str, tuple[Figure, str]]:
    inputs = Inputs(STUDY, tables(), source=COUNTED)
    names = [name for name in (*PUBLISHED, *COUNTED_ONLY) if name in present(inputs)]
    assert set(names) == {*PUBLISHED, *COUNTED_ONLY}
    return draw_figures(inputs, names)


@pytest.fixture(scope="module")
def published() -> dict[str, tuple[Figure, str]]:
    inputs = Inputs(STUDY, {}, read_witness_rows(), stated_marks(STUDY, load_claims()))
    names = present(inputs)
    assert {*PUBLISHED} <= {*names}
    assert not {*COUNTED_ONLY} & {*names}
    return draw_figures(inputs, PUBLISHED)


@pytest.mark.parametrize("which", ["counted", "published"])
def test_every_text_of_the_new_figures_can_be_read(
    which: str, request: pytest.FixtureRequest
) -> None:
    drawn = request.getfixturevalue(which)
    faults = {
        name: [fault for fault in faults_of_texts(figure) if "small:" not in fault]
        for name, (figure, _) in drawn.items()
    }
    for name in ("region_map", "ties"):
        faults.pop(name, None)  # numbers of neighbours may touch
    assert faults == {name: [] for name in faults}


def test_the_paper_s_growth_stands_beside_the_region_s(
    published: dict[str, tuple[Figure, str]],
) -> None:
    figure, alt = published["indexed_growth"]
    marks = stated_marks(STUDY, load_claims())["figure4_institution_region"]
    by_year = {mark.year: mark.value for mark in marks if mark.year}
    first, last = (by_year[year] for year in STUDY.years)
    assert f"{STUDY.institution.short} {100 * last / first:,.0f}" in texts_of(figure)
    assert f"{100 * last / first:,.0f} in {STUDY.years[1]}" in alt


def test_the_map_tells_works_and_growth_of_the_same_source(
    published: dict[str, tuple[Figure, str]],
) -> None:
    figure, alt = published["region_map"]
    works, growth = (axes.get_title(loc="left") for axes in figure.axes)
    assert (works, growth) == ("Works with all China", "Growth of works with all China")
    assert "Highest growth, 2012–2016 over 2007–2011: Bolivia 9.3 times" in alt


def test_the_home_country_s_false_matches_are_said(
    published: dict[str, tuple[Figure, str]],
) -> None:
    for name in ("home_partners", "country_years"):
        assert "98 of 218 sampled works" in published[name][0].get_supxlabel().replace("\n   ", " ")


def test_the_largest_is_named_in_words(counted: dict[str, tuple[Figure, str]]) -> None:
    assert "Field 26 of some length 260" in counted["cooperation_fields"][1]
    assert "Institute 0 for Research on Something 100" in counted["cooperation_institutions"][1]
    assert "80" in counted["ties"][1]


def test_synthetic_counts_are_stamped_and_stand_alone() -> None:
    inputs = Inputs(STUDY, tables(), source=replace(COUNTED, is_synthetic=True))
    drawn = draw_figures(inputs, ["indexed_growth", "ties"])
    for figure, alt in drawn.values():
        assert STAMP in texts_of(figure)
        assert alt.startswith("Synthetic")


def test_the_tables_of_these_figures_are_in_the_schema_or_not_drawn_yet() -> None:
    inputs = Inputs(STUDY, {}, source=COUNTED)
    for name in COUNTED_ONLY:
        assert name in TABLES or name not in present(inputs)
