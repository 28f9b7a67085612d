"""Real records stand in the figures of institution and region as a floor, by both rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from bibliometrics.claims.evidence import floor_series
from bibliometrics.claims.verdicts import load_claims
from bibliometrics.claims.witnesses import read_witness_rows
from bibliometrics.figures.catalogue import Inputs, draw_figures, stated_marks
from bibliometrics.figures.institution_figures import FLOOR, floor_evidence
from bibliometrics.figures.style import STATED
from bibliometrics.study.model import load_study

STUDY, ROWS = load_study(), read_witness_rows()
NAMES = ("figure4_institution_region", "figure5_institution_partners", "headline")


@pytest.fixture(scope="module")
def drawn() -> dict[str, tuple[Figure, str]]:
    inputs = Inputs(STUDY, {}, ROWS, stated_marks(STUDY, load_claims()))
    return draw_figures(inputs, NAMES)


@pytest.mark.parametrize("name", ["figure4_institution_region", "headline"])
def test_the_floor_by_year_is_drawn_by_both_rules_beside_what_is_stated(
    name: str, drawn: dict[str, tuple[Figure, str]]
) -> None:
    rows = floor_series(ROWS, STUDY)
    rows = rows[rows["country_code"] == "region"].sort_values("year")
    axes = drawn[name][0].axes[0]
    lines = [line.get_ydata().tolist() for line in axes.lines if line.get_label() != STATED]
    assert lines == [rows[rule].tolist() for rule in FLOOR]
    assert sum(line.get_label() == STATED for line in axes.lines) == 2
    for rule in FLOOR.values():
        assert rule in drawn[name][1]


def test_the_floor_by_country_never_goes_under_the_institution_s_name_alone(
    drawn: dict[str, tuple[Figure, str]],
) -> None:
    figure, alt = drawn["figure5_institution_partners"]
    assert "a floor" in figure.get_suptitle()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [name[:1].upper() + name[1:] for name in FLOOR.values()]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert "Not counted yet" in alt


def test_another_institution_has_no_floor() -> None:
    other = replace(STUDY, institution=replace(STUDY.institution, key="another"))
    assert floor_evidence(ROWS, other) == []
    assert floor_evidence([], STUDY) == []
