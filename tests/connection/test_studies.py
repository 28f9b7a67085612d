"""A whole study from Python: changed, counted, read, exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import bibliometrics as bm
from bibliometrics.study.draft import whole_text
from bibliometrics.study.model import available_studies
from tests.support.api_runs import small_world
from tests.support.openalex_server.server import OpenAlexServer, Records

if TYPE_CHECKING:
    from pathlib import Path

CHANGES: list[dict[str, Any]] = [
    {"years": (2010, 2012)},
    {"institution": "Max Planck Society", "region": "Africa"},
    {"region": bm.region("Andes", "BO CO EC PE", source="a test"), "max_authors": 100},
    {"types": ("article",), "retracted": None, "core_source": None, "institution": "cnrs"},
    {"home": ("CN", "HK"), "id": "cas-with-hong-kong", "title": "CAS with Hong Kong"},
    {"without_institutions": ("I126520041",)},
]


@pytest.mark.parametrize("name", available_studies())
@pytest.mark.parametrize("changes", [None, *CHANGES], ids=str)
def test_a_study_written_whole_counts_the_same(
    name: str, changes: dict[str, Any] | None, tmp_path: Path
) -> None:
    study = bm.load_study(name)
    study = study if changes is None else study.but(**changes)
    path = tmp_path / "study.toml"
    path.write_text(whole_text(study), encoding="utf-8")
    read = bm.load_study(str(path))
    assert read.hash == study.hash
    told = ("id", "title", "years", "home", "home_name", "region_short", "top_country", "paper")
    assert [getattr(read, each) for each in told] == [getattr(study, each) for each in told]
    assert (read.region.codes, read.institution.part_names) == (
        study.region.codes,
        study.institution.part_names,
    )


def test_a_changed_study_is_another_one_that_the_paper_says_nothing_of() -> None:
    study = bm.load_study().but(years=(2017, 2020), region="Africa")
    assert (study.id, study.paper, study.top_country) == ("cas-latin-america-changed", {}, "")
    assert study.title.endswith("(changed: region, years)")
    assert study.hash != bm.load_study().hash
    assert bm.load_study().but(id="x").hash != study.hash


@pytest.mark.parametrize(
    "wrong",
    [
        {"region": "Atlantis"},
        {"institution": "nobody"},
        {"years": (2016, 2007)},
        {"region": bm.region("Home", "CN")},
        {"typos": 1},
        {"max_authors": 0},
        {"types": ("articel",)},
        {"id": "No Id"},
    ],
)
def test_a_change_that_can_not_be_is_an_input_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(bm.InputError):
        bm.load_study().but(**wrong)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> bm.Build:
    folder = tmp_path_factory.mktemp("build")
    study = bm.load_study().but(years=(2008, 2012), region="latin20", max_authors=100)
    with bm.connect("sample") as oa:
        return bm.refresh(study, oa, to=folder / "cas", parts=["figures"])


def test_a_study_is_counted_by_a_connection_and_its_tables_are_counts(build: bm.Build) -> None:
    table = build.tables["institution_region"].set_index("year")["n_works_institution_region"]
    with bm.connect("sample") as oa:
        counted = oa.count("cas", "latin20", years=(2008, 2012), by="year", max_authors=100)
    assert table.to_dict() == dict(zip(counted["year"], counted["n_works"], strict=True))
    assert counted["n_works"].sum() > 20
    assert build.provenance.synthetic


def test_a_synthetic_build_has_no_verdicts_and_a_claim_says_what_it_is_about(
    build: bm.Build, witness_build: Path
) -> None:
    with pytest.raises(bm.BibliometricsError, match="SYNTHETIC"):
        build.verdict("P05")
    real = bm.read_build(witness_build)
    found = real.verdict("P05")
    assert set(found["claim_id"]) == {"P05"}
    with pytest.raises(bm.InputError, match="known: P"):
        real.verdict("P99")


def test_a_workbook_has_all_tables_and_a_page_of_definitions(
    build: bm.Build, tmp_path: Path
) -> None:
    path = build.to_excel(tmp_path / "cas.xlsx")
    sheets = pd.read_excel(path, sheet_name=None, keep_default_na=False)
    assert list(sheets) == ["definitions", *build.tables]
    told = sheets["definitions"]
    assert "SYNTHETIC" in " ".join(map(str, told["meaning"]))
    for name, frame in build.tables.items():
        assert sheets[name].shape == frame.shape
        assert set(told.loc[told["table"] == name, "column"]) - {""} == set(frame.columns)
    first = sheets["country_output"]["n_works"].tolist()
    assert first == build.tables["country_output"]["n_works"].tolist()
    with pytest.raises(bm.InputError, match=r"\.xlsx"):
        build.to_excel(tmp_path / "cas.csv")
    assert build.to_excel(path).read_bytes() == path.read_bytes()  # ours is replaced
    theirs = tmp_path / "theirs.xlsx"
    pd.DataFrame({"mine": [1]}).to_excel(theirs, index=False)
    kept = theirs.read_bytes()
    with pytest.raises(bm.InputError, match=r"did not make it.*force=True"):
        build.to_excel(theirs)
    assert theirs.read_bytes() == kept
    assert build.to_excel(theirs, force=True).read_bytes() == path.read_bytes()


def test_a_study_asked_of_the_api_takes_key_and_address_of_its_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BIBLIOMETRICS_DATA", str(tmp_path / "data"))
    study = bm.load_study().but(years=(2009, 2011), region="latin20")
    with (
        OpenAlexServer(
            Records(small_world()), per_second=False, keys={"key-of-one": 999}
        ) as server,
        bm.connect("openalex", address=server.url, key="key-of-one", rate=100, progress=True) as oa,
    ):
        made = bm.refresh(study, oa, to=tmp_path / "build", parts=("figures",))
        shown = capsys.readouterr().err
        assert "0/" in shown
        assert "call" in shown
        assert {request.key for request in server.requests} == {"key-of-one"}
        assert oa.spent.calls > 10
        assert oa.spent.usd > 0.001
        counted = oa.count("cas", "latin20", years=(2009, 2011), by="year")
    table = made.tables["institution_region"]["n_works_institution_region"]
    assert table.tolist() == counted["n_works"].tolist()
    folder = next((tmp_path / "data" / "raw" / "openalex").iterdir())
    with bm.connect(folder) as pull:
        same = pull.count("cas", "latin20", years=(2009, 2011), by="year")
        assert same["n_works"].tolist() == counted["n_works"].tolist()
        by_country = pull.count("cas", "latin20", years=(2009, 2011), by=["year", "country"])
        assert by_country["n_works"].sum() == made.tables["institution_partners"]["n_works"].sum()
        partners = pull.count(region="latin20", years=(2009, 2011), by=["year", "partner"])
        assert partners["n_works"].sum() > 0
        at_home = pull.count(region="latin20", years=(2009, 2011), by="year", home="China")
        table = made.tables["institution_region"]["n_works_home_region"]
        assert at_home["n_works"].tolist() == table.tolist()
        with pytest.raises(bm.BibliometricsError, match="holds no answer to this count"):
            pull.count("cas", "latin20", years=2009, by="field")
        with pytest.raises(bm.InputError, match="counts only"):
            pull.works("cas", "latin20", years=2009)


def test_what_can_not_be_refreshed_is_an_input_error(tmp_path: Path) -> None:
    for wrong in ({"study": "nothing"}, {"parts": ["figurs"]}, {"parts": []}):
        told: dict[str, Any] = {"study": "cas-latin-america", "to": tmp_path / "x", **wrong}
        with bm.connect("sample") as oa, pytest.raises(bm.InputError):
            bm.refresh(told.pop("study"), oa, **told)
    assert not (tmp_path / "x").exists()


def test_a_table_that_is_not_there_is_one_clear_error(witness_build: Path) -> None:
    real = bm.read_build(witness_build)
    for ask in (real.tables.__getitem__, real.__getitem__):
        with pytest.raises(bm.InputError, match=r"no table .nope.*region_output"):
            ask("nope")
        with pytest.raises(bm.BibliometricsError, match=r"'fields' is not in .*waiting"):
            ask("fields")
    assert "fields" not in real.tables
