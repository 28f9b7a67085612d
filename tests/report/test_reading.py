"""What readers are told of a build is computed from it, and says when nothing was counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bibliometrics as bm
from bibliometrics.builds.read import Build
from bibliometrics.claims import grading
from bibliometrics.claims.evidence import as_frame
from bibliometrics.errors import InputError
from bibliometrics.figures.catalogue import ENTRIES, needs_full_pull
from bibliometrics.report import reading
from bibliometrics.study.model import Study, load_study
from bibliometrics.tables.answers import make_provenance
from bibliometrics.tables.schema import TABLES
from tests.support.claim_worlds import count_tables

SCALE = 7


def make_build(study: Study, source: str, **told: Any) -> Build:
    """Return a build whose counts are invented and far from those of any document."""
    counted = source != "witnesses"
    synthetic = bool(told.get("synthetic"))
    published = [] if synthetic else bm.read_witnesses()
    tables = count_tables(study, SCALE) if counted else {}
    rows = (
        []
        if synthetic
        else grading.grade_claims(
            study, bm.load_claims(), tables, source if counted else None, published
        )
    )
    lines = grading.summarise_claims(bm.load_claims(), rows)
    if counted:
        whole = tables["institution_partners"]
        tables["fractional"] = whole.assign(n_works_fractional=whole["n_works"] / 4)
    return Build(
        folder=Path(),
        study=study,
        study_text="",
        provenance=make_provenance(study, source, **told),
        tables={
            **tables,
            "claims": pd.DataFrame(rows, columns=[*TABLES["claims"].names]),
            "claim_summary": pd.DataFrame(lines, columns=[*TABLES["claim_summary"].names]),
            "witnesses": as_frame(published) if published else pd.DataFrame({"witness": []}),
        },
        alt_texts=dict.fromkeys(
            [name for name in ENTRIES if not needs_full_pull(name)], "A chart."
        ),
    )


@pytest.fixture(scope="module")
def counted() -> Build:
    return make_build(load_study(), "openalex", end="2026-01-02T03:04:05Z")


@pytest.fixture(scope="module")
def waiting() -> Build:
    return make_build(load_study(), "witnesses")


@pytest.fixture(scope="module")
def synthetic() -> Build:
    return make_build(load_study(), "sample", synthetic=True)


def test_definitions_name_everything_that_decides_a_count(counted: Build) -> None:
    told = bm.list_definitions(counted)
    assert list(told.index) == ["years", "institution", "home", "region", "works", "counting"]
    assert counted.study.institution.id in told.loc["institution", "definition"]
    assert (told["source"] != "").all()


def test_growth_is_that_of_the_table(counted: Build) -> None:
    own = bm.list_growth(counted, "figure4_institution_region").iloc[0]
    assert (own["first"], own["last"]) == (77 * SCALE, 555 * SCALE)
    assert own["factor"] == round(555 / 77, 2)
    assert own["rate"] == f"{100 * ((555 / 77) ** (1 / 9) - 1):.1f} %"
    low, high = (float(end) for end in own["95 % interval"].split(" to "))
    assert low < own["factor"] < high


def test_a_table_is_shown_or_waits(counted: Build, waiting: Build) -> None:
    table = counted["institution_region"]
    shown = bm.show_table(counted, "institution_region")
    assert list(shown.index) == list(table["year"])
    assert list(shown["n_works_home_region"]) == list(table["n_works_home_region"])
    assert list(bm.show_table(waiting, "institution_region")["state"]) == [reading.WAITING]


def test_growth_of_two_points_has_no_fitted_interval(waiting: Build) -> None:
    growth = bm.list_growth(waiting, "figure1_region_output")
    assert "unknown" in set(growth["fitted 95 %"])
    assert list(bm.list_growth(waiting, "figure4_institution_region")["state"]) == [reading.WAITING]


def test_fractional_counts_are_pooled_over_years(counted: Build, waiting: Build) -> None:
    told = bm.list_fractional(counted)
    table = counted["fractional"]
    brazil = table[table["country_code"] == "BR"]["n_works"].sum()
    assert told.iloc[0]["n_works"] == brazil
    assert told.index[0] == "Brazil"
    assert set(told["ratio"]) == {0.25}
    assert list(bm.list_fractional(waiting)["state"]) == [reading.WAITING]


@pytest.mark.parametrize(
    ("figure", "table", "column"),
    [
        ("figure4_institution_region", "institution_region", "n_works_institution_region"),
        ("figure5_institution_partners", "institution_partners", "n_works"),
    ],
)
def test_a_figure_says_on_how_many_works_it_rests(
    counted: Build, figure: str, table: str, column: str
) -> None:
    told = bm.tell_figure(counted, figure)
    assert told.startswith("A chart. It rests on: OpenAlex ")
    assert f"{counted[table][column].sum():,} works" in told
    assert ("added up over countries" in told) == ("country_code" in counted[table])


def test_fields_rest_on_the_works_of_the_region_alone(counted: Build) -> None:
    fields = counted["fields"]
    region = fields[fields["country_code"] == "region"]["n_works"].sum()
    assert f"{region:,} works" in bm.tell_figure(counted, "table2_fields")


def test_a_figure_without_counts_rests_on_what_others_published(waiting: Build) -> None:
    assert bm.tell_figure(waiting, "team_size") == "A chart."
    told = bm.tell_figure(waiting, "figure4_institution_region")
    assert told.startswith("A chart. It rests on: at least, by organisation ")
    waiting = replace(waiting, alt_texts={**waiting.alt_texts, "home_partners": "A chart."})
    assert "It rests on: OpenAlex" in bm.tell_figure(waiting, "home_partners")


def test_a_floor_has_no_growth(waiting: Build) -> None:
    assert "state" in bm.list_growth(waiting, "figure4_institution_region")


def test_the_answer_has_a_line_for_each_claim_that_is_about_publications(
    counted: Build, waiting: Build
) -> None:
    lines = waiting["claim_summary"].set_index("claim_id")["verdict"]
    told = bm.tell_answer(waiting)
    shown = lines[lines.isin(["shown, not graded", "not about publications"])]
    assert told.count("- **") == len(lines) - len(shown)
    assert "So far: at least 221" in bm.tell_answer(waiting, "Figure 4")
    assert "Holds in OpenAlex" in bm.tell_answer(counted, "Figure 4")
    assert "Waiting" not in bm.tell_answer(counted, "Figure 4")


def test_synthetic_builds_have_no_verdict_to_tell(synthetic: Build) -> None:
    assert bm.tell_answer(synthetic, "Figure 4") == reading.UNGRADED
    assert reading.UNGRADED in bm.tell_summary(synthetic)
    assert "SYNTHETIC" in bm.tell_summary(synthetic)


def test_open_claims_are_those_that_nothing_decides(waiting: Build) -> None:
    lines = waiting["claim_summary"].set_index("claim_id")["verdict"]
    decided = lines[lines.isin(["holds", "in part", "differs"])]
    assert set(bm.list_open_claims(waiting).index) == set(lines.index) - set(decided.index)
    assert set(bm.list_verdicts(waiting, "Figure 3").index) == {"P13a", "P14a", "P15a"}


def test_witnesses_are_counted(waiting: Build) -> None:
    told = bm.list_witnesses(waiting)
    assert told["figures"].sum() == len(waiting["witnesses"])


def test_indicators_stay_within_the_years_of_the_study(waiting: Build) -> None:
    years = bm.list_indicators(waiting).columns
    assert set(years) <= set(waiting.study.year_range)


def test_ties_are_joint_works_over_the_size_of_both(waiting: Build) -> None:
    published = waiting["witnesses"]
    last = published[published["year"] == waiting.study.years[1]]
    size = last[last["quantity"] == "international_works"].set_index("country_code")["value"]
    told = bm.list_ties(waiting).loc["Brazil"]
    joint = told["joint works 2016"]
    assert told["Salton 2016"] == round(joint / (size["BR"] * size["CN"]) ** 0.5, 4)
    assert told["Jaccard 2016"] == round(joint / (size["BR"] + size["CN"] - joint), 4)


def test_a_study_without_published_pairs_has_no_ties(counted: Build) -> None:
    bare = make_build(load_study(), "openalex")
    bare.tables["witnesses"] = bare.tables["witnesses"].iloc[:0]  # type: ignore[index]
    assert bm.list_ties(bare).empty


@pytest.mark.parametrize(
    ("call", "known"),
    [
        (lambda build: bm.show_table(build, "nope"), "institution_region"),
        (lambda build: build.has("nope"), "institution_region"),
        (lambda build: bm.list_growth(build, "nope"), "figure1_region_output"),
        (lambda build: bm.tell_figure(build, "nope"), "figure1_region_output"),
        (lambda build: bm.show_figure(build, "nope"), "figure1_region_output"),
        (lambda build: bm.list_verdicts(build, "Figure 99"), "Figure 4"),
        (lambda build: bm.tell_answer(build, "Figure 99"), "Figure 4"),
    ],
)
def test_an_unknown_name_is_an_error_with_the_known_ones(
    counted: Build, waiting: Build, call: Callable[[Build], object], known: str
) -> None:
    for build in (counted, waiting):
        with pytest.raises(InputError) as raised:
            call(build)
        assert known in str(raised.value.next_step)
