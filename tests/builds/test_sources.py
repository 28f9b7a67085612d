"""Who counts, and what is kept of where the answers come from."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from bibliometrics.builds.sources import Options, count
from bibliometrics.errors import InputError
from bibliometrics.snapshot.narrow import narrow_release
from bibliometrics.study.model import load_study
from bibliometrics.tables.answers import list_questions
from tests.support.worlds import ROOT

SAMPLE = ROOT / "data" / "raw" / "sample"


def listen(_: object) -> None:
    """Take an event and do nothing."""


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a narrow table of the synthetic sample."""
    folder = tmp_path_factory.mktemp("narrow") / "table"
    narrow_release(str(SAMPLE), folder, years=load_study().years)
    return folder


def test_the_sample_is_counted_and_says_that_it_is_synthetic() -> None:
    study = load_study()
    told = count(study, Options(study=study.id, source="sample", parts=("figures",)), listen)
    assert list(told.answers) == list(dict.fromkeys(list_questions(study, ("figures",))))
    manifest = (SAMPLE / "works" / "manifest.json").read_bytes()
    assert told.provenance.synthetic
    assert told.provenance.answers_sha256 == hashlib.sha256(manifest).hexdigest()
    assert told.provenance.pull == f"release {json.loads(manifest)['date']}"
    assert (told.calls_made, told.spent_usd, told.pull) == (0, 0, None)


def test_a_narrow_table_of_synthetic_works_is_never_counted_as_real(narrow: Path) -> None:
    study = load_study()
    with pytest.raises(InputError, match=r"are synthetic, but --source is snapshot"):
        count(study, Options(study=study.id, source="snapshot", narrow=narrow), listen)


def test_a_snapshot_says_which_release_was_counted(tmp_path: Path) -> None:
    release = Path(shutil.copytree(SAMPLE, tmp_path / "release"))
    path = release / "works" / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    del told["synthetic"]  # as if they were real works
    path.write_text(json.dumps(told), encoding="utf-8")
    study = load_study()
    narrow_release(str(release), tmp_path / "narrow", years=study.years)
    wanted = Options(
        study=study.id, source="snapshot", narrow=tmp_path / "narrow", parts=("figures",)
    )
    provenance = count(study, wanted, listen).provenance
    assert (provenance.source, provenance.synthetic) == ("snapshot", False)
    assert provenance.answers_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert str(release) in provenance.location
    assert (provenance.study_hash, provenance.end) == (study.hash, told["date"])


def test_published_figures_alone_count_nothing() -> None:
    told = count(load_study(), Options(study="cas-latin-america", source="witnesses"), listen)
    assert (told.answers, told.parts, told.provenance.source) == ({}, (), "witnesses")
