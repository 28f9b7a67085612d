"""What a build says of itself, for people and for programs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import frictionless
import pytest

from bibliometrics.errors import TableError
from bibliometrics.tables import datapackage
from bibliometrics.tables.answers import Provenance
from bibliometrics.tables.datapackage import PACKAGE_FILE
from bibliometrics.tables.schema import TABLES
from tests.support.worlds import World

REAL = Provenance("openalex", "cnrs-africa", "CNRS and Africa", "ab" * 32, "1.0", pull="2026-12-01")


@pytest.fixture(scope="module")
def sample_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a build of the synthetic sample, without pictures."""
    world = World(tmp_path_factory.mktemp("sample") / "data", SimpleNamespace(url=""))
    folder = world.data / "sample"
    ran = world.run("refresh", "--source", "sample", "--to", str(folder), "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    return folder


@pytest.fixture(params=["witness_build", pytest.param("sample_build", marks=pytest.mark.slow)])
def build(request: pytest.FixtureRequest) -> Path:
    """Return a real build, and a synthetic one."""
    return Path(request.getfixturevalue(request.param))


def faults(folder: Path) -> list[str]:
    """Return what the frictionless package finds wrong."""
    report = frictionless.validate(folder / PACKAGE_FILE)
    return [error.message for error in report.errors] + [
        error.message for task in report.tasks for error in task.errors
    ]


def test_a_build_is_a_valid_data_package(build: Path) -> None:
    assert faults(build) == []
    package = frictionless.Package(build / PACKAGE_FILE)
    assert {resource.path for resource in package.resources} == {
        path.name for path in build.glob("*.csv")
    }


def test_another_program_finds_an_edit_by_the_hash(witness_build: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(witness_build, tmp_path / "build"))
    table = folder / "claims.csv"
    table.write_bytes(table.read_bytes().replace(b"holds", b"faces", 1))
    assert any("hash" in fault for fault in faults(folder))


def test_every_column_is_described_as_the_schema_has_it(build: Path) -> None:
    resources = json.loads((build / PACKAGE_FILE).read_text(encoding="utf-8"))["resources"]
    for resource in resources:
        table = TABLES[resource["path"].removesuffix(".csv")]
        described = resource["schema"]["fields"]
        assert [field["name"] for field in described] == list(table.names)
        assert [field["description"] for field in described] == [
            column.meaning for column in table.columns
        ]
        assert resource["schema"]["primaryKey"] == list(table.keys)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_data_dictionary_has_every_column_of_every_table_that_is_there(build: Path) -> None:
    text = (build / "README.md").read_text(encoding="utf-8")
    for table in TABLES.values():
        section = text.partition(f"## {table.name}.csv\n")[2].partition("\n## ")[0]
        lines = [line for line in section.splitlines() if line.startswith("| `")]
        if not (build / f"{table.name}.csv").exists():
            assert "Not here yet: waiting for" in section
            assert lines == []
            continue
        assert [cells(line)[0] for line in lines] == [f"`{name}`" for name in table.names]
        assert [cells(line)[4] for line in lines] == [column.meaning for column in table.columns]


def test_synthetic_builds_say_so_first(sample_build: Path, witness_build: Path) -> None:
    for folder, expected in ((sample_build, True), (witness_build, False)):
        readme = (folder / "README.md").read_text(encoding="utf-8")
        package = json.loads((folder / PACKAGE_FILE).read_text(encoding="utf-8"))
        assert ("**SYNTHETIC.**" in readme) == expected
        assert ("SYNTHETIC" in package["title"]) == expected
        assert package["bibliometrics"]["synthetic"] == expected


@pytest.mark.parametrize(
    ("provenance", "said"),
    [
        (
            replace(REAL, location="https://x.org", credits=120, cost_usd=0.012),
            "120 credits, 0.0120",
        ),
        (replace(REAL, source="snapshot", location="a folder"), "Counted from snapshot (a folder)"),
        (replace(REAL, source="witnesses"), "Nothing counted by us yet"),
        (replace(REAL, notes=("one answer moved", "another too")), "- Note: another too\n\nStudy"),
    ],
)
def test_the_readme_says_where_a_build_comes_from(provenance: Provenance, said: str) -> None:
    text = datapackage.data_dictionary({}, provenance, {"figure1": "Bars that grow"})
    assert said in text
    assert text.startswith("# CNRS and Africa\n")
    assert "- `figure1`: Bars that grow" in text
    assert "\n\n\n" not in text


def test_provenance_is_read_as_it_was_written() -> None:
    provenance = replace(REAL, notes=("one", "two"), calls=3, cost_usd=0.1)
    text = datapackage.describe_package({}, {"README.md": "00"}, {"figure1": "Bars"}, provenance)
    package = datapackage.parse_package(text, Path("x.json"))
    assert datapackage.read_provenance(package) == provenance


@pytest.mark.parametrize(
    "path",
    ["bibliometrics", "resources", "bibliometrics files", "bibliometrics figures"],
)
def test_a_package_of_somebody_else_is_refused(path: str) -> None:
    content = json.loads(datapackage.describe_package({}, {}, {}, REAL))
    *way, last = path.split()
    del (content[way[0]] if way else content)[last]
    with pytest.raises(TableError, match=r"x\.json is not the data package of a build"):
        datapackage.parse_package(json.dumps(content), Path("x.json"))


def test_a_table_outside_the_hashes_is_refused() -> None:
    content = json.loads(datapackage.describe_package({}, {}, {}, REAL))
    content["resources"] = [{"path": "../secret.csv"}]
    with pytest.raises(TableError, match="or it was edited"):
        datapackage.parse_package(json.dumps(content), Path("x.json"))


def test_years_that_are_still_being_filled_are_named_with_each_table_of_counts() -> None:
    names = ["year", "n_works_region", "n_works_world", "share_of_world", "n_works_world_any"]
    output = "\n".join([",".join(names), *(f"{year},1,2,0.5,2" for year in range(2020, 2026))])
    tables = {"region_output": output + "\n", "witnesses": "witness,year\nx,2025\n"}
    hashes = {f"{name}.csv": "00" for name in tables}
    pulled = replace(REAL, end="2026-12-01T00:00:00Z")
    package = json.loads(datapackage.describe_package(tables, hashes, {}, pulled))
    assert [one.get("provisional_years") for one in package["resources"]] == [[2024, 2025], None]
    said = "Provisional: works of 2024 and 2025 are still being added."
    assert datapackage.data_dictionary(tables, pulled, {}).count(said) == 1
    assert said not in datapackage.data_dictionary(tables, replace(pulled, synthetic=True), {})


def test_every_quotient_of_a_table_has_its_formula_and_source_on_one_page() -> None:
    known = {column for one in datapackage.read_indicators() for column in one.columns}
    columns = {
        column.name
        for table in TABLES.values()
        for column in table.columns
        if column.unit in {"share", "ratio"} and table.needs != "witnesses"
    }
    assert columns - known == set()
    text = datapackage.data_dictionary({}, REAL, {})
    for one in datapackage.read_indicators():
        assert f"| {one.name} | {one.formula} | {one.source} |" in text
