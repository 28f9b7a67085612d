"""Studies that set any key of `[primary]`: their tables against plain loops over the records."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bibliometrics.study.model import Specification, load_study
from bibliometrics.study.plan import DEFAULT_PARTS, build_plan
from bibliometrics.study.questions import TEAM_BANDS, Question, team_size_by_year
from bibliometrics.tables.build import build_tables, to_rows
from tests.support.api_runs import running
from tests.support.openalex_server.server import OpenAlexServer
from tests.support.oracle.answers import answer_plainly, read_facts
from tests.support.oracle.tables import count_tables
from tests.support.random_worlds import ACADEMY, CHILE, PART, WHOLE, worlds
from tests.support.worlds import region_codes

STUDY = load_study()
UCAS = STUDY.institution.part_id("ucas")
BOUND = st.sampled_from((None, 1, 2, 3, 20, 50))
DRAWN = {
    "types": st.sampled_from(((), ("article",), ("article", "review", "paratext"))),
    "without_types": st.sampled_from(((), ("paratext",), ("book-chapter", "review"))),
    "retracted": st.sampled_from((None, False, True)),
    "core_source": st.sampled_from((None, False, True)),
    "max_authors": BOUND,
    "max_countries": BOUND,
    "institution": st.sampled_from(
        ("lineage", "exact", "minus:ustc", "minus:ustc,ucas", "without:ustc")
    ),
    "region": st.sampled_from(("", "latin20")),
    "home": st.sampled_from(((), ("CN", "HK"), ("US",))),
    "without_institutions": st.sampled_from(((), (CHILE,))),
}
PRIMARIES = st.fixed_dictionaries(DRAWN)
PARTS = {"ustc": PART, "ucas": UCAS}


def plain_settings(primary: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the plain calculation for a primary specification."""
    rule, _, names = primary["institution"].partition(":")
    bounds = {name: primary[name] for name in ("max_authors", "max_countries") if primary[name]}
    return {
        "years": STUDY.years,
        "region": region_codes(primary["region"] or "celac33"),
        "home": primary["home"] or ("CN",),
        "institution": ACADEMY,
        "rule": rule,
        "parts": [PARTS[name] for name in names.split(",") if name],
        "types": primary["types"] or None,
        "without_types": primary["without_types"],
        "without_institutions": primary["without_institutions"],
        "retracted": primary["retracted"],
        "core_source": primary["core_source"],
        **bounds,
    }


def is_same(found: object, value: object) -> bool:
    if value is None or found is None or isinstance(found, float):
        nothing = found is None or (isinstance(found, float) and math.isnan(found))
        return nothing if value is None else math.isclose(float(str(found)), float(str(value)))
    return str(found) == str(value)


def test_every_key_of_the_primary_specification_is_drawn() -> None:
    assert {entry.name for entry in fields(Specification)} == set(DRAWN)


@settings(max_examples=12, deadline=None)
@given(worlds(), PRIMARIES)
def test_tables_of_any_primary_specification_are_those_of_plain_loops(
    works: list[dict[str, Any]], primary: dict[str, Any]
) -> None:
    study = replace(STUDY, primary=Specification(**primary))
    facts = read_facts(works)
    answers = {
        item.question: answer_plainly(item.question, facts)
        for item in build_plan(study, DEFAULT_PARTS)
    }
    built = build_tables(study, answers, DEFAULT_PARTS)
    for name, rows in count_tables(works, plain_settings(primary)).items():
        found = to_rows(built[name])
        assert len(found) == len(rows), name
        for line, row in zip(found, rows, strict=True):
            wrong = {
                column: (line[column], value)
                for column, value in row.items()
                if column != "share_of_home" and not is_same(line[column], value)
            }
            assert not wrong, (name, row)


@pytest.mark.parametrize("most", [1, 20, 100, 5000])
def test_a_band_of_team_sizes_never_widens_a_study(most: int) -> None:
    study = replace(STUDY, primary=replace(STUDY.primary, max_authors=most))
    for band in TEAM_BANDS:
        question = team_size_by_year(study, band)
        assert question.max_authors == min(most, band[1] or most)
        assert question.is_empty == (band[0] > most)


def test_an_empty_range_is_zero_works_without_a_call(tmp_path: Any) -> None:
    empty = Question(years=(2010, 2010), lineage=(ACADEMY,), not_below=(PART,), max_authors=20)
    asked = [
        empty.narrow(min_authors=21).but(group_by=keys)
        for keys in ((), ("year",), ("year", "country_code"), ("n_authors",))
    ]
    with (
        OpenAlexServer([WHOLE], per_second=False) as server,
        running(tmp_path, server.url) as run,
    ):
        found = run.source.answer_all(asked)
        assert not server.requests
    for question in asked:
        plain = answer_plainly(question, read_facts([WHOLE]))
        assert found[question].equals(plain)
        assert found[question]["n_works"].sum() == 0
