"""Any study: nothing of the paper's institution, home or region stands outside its data."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bibliometrics.study.model import DEFAULT_STUDY, available_studies, load_study
from tests.support.worlds import ROOT, World, read_csv

if TYPE_CHECKING:
    from tests.support.worlds import Ran

NAMES = re.compile(
    r"\bCAS\b|\bChin(a|ese)\b|Latin America|Latin-America|\bBrazil|CELAC|celac|\bTong\b|USTC|UCAS"
)
MEMBERS = {"celac33": 33, "africa54": 54, "eu27": 27, "asean11": 11}


def found_names(text: str) -> list[str]:
    return [match[0] for match in NAMES.finditer(text)]


# Messages of the connection name examples for a reader who counts for themselves.
CODE = [p for p in (ROOT / "bibliometrics").rglob("*.py") if p.parent.name != "connection"]


@pytest.mark.parametrize("path", sorted(CODE), ids=lambda path: path.stem)
def test_no_code_names_the_paper_s_study(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    notes = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    told = [text for text in texts if text not in notes and text != DEFAULT_STUDY]
    assert [name for text in told for name in found_names(text)] == []


# The last notebook counts for a reader of their own, and has to name an example.
@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("0[1-7]*.ipynb")), ids=lambda p: p.stem
)
def test_no_notebook_s_own_text_names_it(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert [name for cell in cells for name in found_names("".join(cell["source"]))] == []


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a build of another study from the synthetic sample, with its figures."""
    folder = tmp_path_factory.mktemp("any")
    world = World(folder / "data", type("Nowhere", (), {"url": "http://127.0.0.1:9"})())
    words = ("--study", "cnrs-africa", "--source", "sample", "--to", str(folder / "build"))
    ran: Ran = world.run("refresh", *words, "--quiet", drawn=True)
    assert (ran.code, ran.err) == (0, "")
    return folder / "build"


@pytest.mark.slow
def test_another_study_has_all_tables_and_figures(sample: Path) -> None:
    study = load_study("cnrs-africa")
    joint = read_csv(sample / "institution_region.csv")
    assert [int(row["year"]) for row in joint] == list(range(2010, 2021))
    assert sum(int(row["n_works_institution_region"]) for row in joint) > 30
    partners = read_csv(sample / "institution_partners.csv")
    assert {row["country_code"] for row in partners} == set(study.region.codes)
    assert "NA" in {row["country_code"] for row in partners}
    assert read_csv(sample / "claims.csv") == []
    assert len(list((sample / "figures").glob("*.svg"))) >= 7


@pytest.mark.slow
def test_a_build_of_another_study_names_no_other(sample: Path) -> None:
    wrong = []
    for path in sorted(sample.rglob("*")):
        if path.suffix in {".svg", ".md", ".json", ".csv", ".toml"}:
            lines = path.read_text(encoding="utf-8").splitlines()
            # the home of the paper's institution may be a partner of any region
            known = [line for line in lines if not re.search("partner|strongest ties", line)]
            of_partners = path.stem in {"figure3_region_partners", "ties"}
            known = [] if of_partners else known
            wrong += [(path.name, name) for line in known for name in found_names(line)]
    assert wrong == []
    text = (sample / "README.md").read_text(encoding="utf-8")
    assert "Africa" in text
    assert "CNRS" in text


def test_a_study_about_which_nothing_is_published_still_has_a_build(closed_world: World) -> None:
    words = ("--study", "cnrs-africa", "--source", "witnesses")
    target = str(closed_world.data / "other")
    ran = closed_world.run("refresh", *words, "--to", target, "--quiet", drawn=True)
    assert (ran.code, ran.err) == (0, "")
    told = closed_world.run("verdicts", "--from", target).out
    assert " ".join(told.split()) == (
        "No verdicts: the ledger has no claims about this study, or its data are synthetic."
    )
    assert closed_world.run("verdicts", "--from", target, "--format", "json").json["tests"] == []
    assert closed_world.run("tables", "--from", target).code == 0


@pytest.mark.parametrize("name", available_studies())
def test_every_study_of_the_package_can_be_planned(name: str, closed_world: World) -> None:
    study = load_study(name)
    assert study.id == name
    assert len(study.region.codes) == MEMBERS[study.region.key]
    told = closed_world.run("plan", "--study", name, "--all", "--json")
    assert (told.code, told.json["study"]) == (0, name)


@pytest.mark.parametrize(("key", "size"), MEMBERS.items())
def test_regions_have_as_many_members_as_their_source_says(key: str, size: int) -> None:
    listed = {region.key: region for region in load_study().regions}[key]
    assert len(listed.codes) == size
    assert listed.source
    assert listed.date
