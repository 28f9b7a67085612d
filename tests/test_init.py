"""`import bibliometrics as bm`: its names, their help, and how values show themselves."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import bibliometrics as bm
from bibliometrics.report.html import tidy_html
from bibliometrics.report.reading import shade_of
from bibliometrics.tables.schema import TABLES
from tests.support.worlds import ROOT
from tests.test_project import docstring_faults

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [name for name in bm.__all__ if not name.startswith("__")]


@pytest.fixture(scope="module")
def build(witness_build: Path) -> bm.Build:
    return bm.read_build(witness_build)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there_and_has_help(name: str) -> None:
    value = getattr(bm, name)
    assert name in dir(bm)
    assert inspect.getdoc(value)
    functions = (
        [getattr(value, one) for one in value.__all__] if inspect.ismodule(value) else [value]
    )
    for one in functions:
        assert docstring_faults(f"{one.__module__}.{one.__qualname__}") == []


def test_the_import_alone_loads_nothing_foreign() -> None:
    code = (
        "import sys, json; before = set(sys.modules); import bibliometrics; "
        "print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert set(json.loads(ran.stdout)) - sys.stdlib_module_names == {"bibliometrics"}


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'plot_nothing'"):
        bm.plot_nothing  # noqa: B018


def test_tables_say_units_meanings_and_where_they_come_from(build: bm.Build) -> None:
    for name, frame in build.tables.items():
        told = frame.attrs
        assert (told["table"], told["title"]) == (name, TABLES[name].caption)
        assert set(told["units"]) == set(told["meanings"]) == set(frame.columns)
        assert told["provenance"]["source"] == "witnesses"
        assert told["provenance"]["study_hash"] == build.study.hash
    assert build["witnesses"].attrs["units"]["year"] == "year"
    assert build["witnesses"].head().attrs["title"] == TABLES["witnesses"].caption


def test_a_study_shows_what_is_asked(build: bm.Build) -> None:
    told = tidy_html(build.study._repr_html_())
    for text in (
        build.study.title,
        build.study.question,
        build.study.institution.name,
        build.study.region.name,
        build.study.hash,
    ):
        assert text in told


@pytest.mark.parametrize(
    ("verdict", "shade"),
    [
        ("holds in Scopus (NCSES, whole counting)", "good"),
        ("open", "poor"),
        ("differs; near the edge", "bad"),
        ("in part in Scopus", "half"),
        ("waiting for a pull", ""),
        ("shown", ""),
    ],
)
def test_the_shade_is_that_of_the_verdict(verdict: str, shade: str) -> None:
    assert shade_of(verdict) == shade
