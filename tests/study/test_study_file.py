"""Study files as they are written: regions by name, TOML that loads, checks before saving."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bibliometrics.errors import DiskError, InputError
from bibliometrics.study.draft import (
    Draft,
    check_path,
    check_text,
    describe_study,
    find_definition,
    find_region,
    lines_of,
    name_of,
    region_names,
    region_short,
    render_study,
    slug,
    write_study,
)
from bibliometrics.study.model import load_study

TODAY = date(2026, 11, 23)
OWN = {"id": "I1294671590", "name": "The CNRS", "country": "FR", "source": "a test"}
DRAFT = Draft(
    id="x",
    title="CNRS and Africa",
    years=(2010, 2020),
    region="africa54",
    institution=OWN,
    home=("FR",),
    members=(("I101", "", "I1294671590", "One"), ("I102", "", "I101", "Two")),
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Latin America and the Caribbean", "celac33"),
        ("latin america", "celac33"),
        ("Africa", "africa54"),
        ("AFRICA54", "africa54"),
        ("European Union", "eu27"),
        ("eu", "eu27"),
        ("ASEAN", "asean11"),
        ("South-eastern Asia", "asean11"),
        ("latam", "celac33"),
    ],
)
def test_regions_are_found_by_name(text: str, key: str) -> None:
    assert find_region(text) == key


@pytest.mark.parametrize(
    ("text", "said"), [("Atlantis", "is no region"), ("", "no region"), ("m49", "no region")]
)
def test_a_region_that_is_not_one_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        find_region(text)
    assert "asean11 (Association of Southeast Asian Nations)" in caught.value.next_step


def test_regions_are_listed_with_their_size() -> None:
    assert "africa54: Africa, 54 countries" in region_names()
    assert "eu27: European Union, 27 countries" in region_names()
    assert region_short("worldbank_lcn") == "Latin America and the Caribbean (World Bank)"


@pytest.mark.parametrize("text", ["cnrs", "I1294671590", "https://ror.org/02feahw73", "CNRS"])
def test_institutions_of_the_package_are_found(text: str) -> None:
    found = find_definition(text)
    assert found is not None
    assert (found[0], name_of(found[0])) == ("cnrs", "CNRS")


def test_others_are_not() -> None:
    assert find_definition("University of Nowhere") is None
    assert find_definition("") is None
    assert name_of(OWN) == "The CNRS"


def test_a_draft_becomes_a_study_that_loads(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    study = check_text(render_study(DRAFT, TODAY), path)
    assert not path.exists()
    write_study(render_study(DRAFT, TODAY), path)
    assert load_study(str(path)) == study
    assert (study.years, study.home, study.region.key) == ((2010, 2020), ("FR",), "africa54")
    assert study.institution.ids_below("I101") == ("I101", "I102")
    assert "Africa, 54 countries" in describe_study(study).values()
    assert len(lines_of(study)) == len(describe_study(study))


def test_a_draft_may_name_an_institution_of_the_package() -> None:
    text = render_study(replace(DRAFT, institution="cnrs", members=()), TODAY)
    assert len(text.splitlines()) <= 20
    assert check_text(text, Path("x.toml")).institution.short == "CNRS"


@given(st.text(), st.text())
def test_every_name_is_written_so_that_it_is_read_back(title: str, name: str) -> None:
    try:
        (title + name).encode()
    except UnicodeEncodeError:
        return
    draft = replace(DRAFT, title=title, institution={**OWN, "name": name})
    read = tomllib.loads(render_study(draft, TODAY))
    assert (read["study"]["title"], read["institutions"]["own"]["name"]) == (title, name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"home": ("ZA",)}, "inside the region"),
        ({"years": (2020, 2010)}, "2020 comes after 2010"),
        ({"home": ("ZZ",)}, "country code ZZ"),
        ({"institution": {**OWN, "country": "EG"}}, "inside the region"),
    ],
)
def test_a_draft_that_can_not_be_used_is_refused_by_its_own_name(
    change: dict[str, object], said: str
) -> None:
    text = render_study(replace(DRAFT, **change), TODAY)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=said) as caught:
        check_text(text, Path("mine.toml"))
    assert "study file mine.toml" in caught.value.message


def test_files_are_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    check_path(path, force=False)
    path.write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        check_path(path, force=False)
    check_path(path, force=True)
    with pytest.raises(InputError, match=r"does not end in \.toml"):
        check_path(tmp_path / "x.txt", force=True)
    with pytest.raises(InputError, match="no folder"):
        check_path(tmp_path / "none" / "x.toml", force=True)
    with pytest.raises(DiskError):
        write_study("", tmp_path / "none" / "x.toml")


def test_slugs_are_plain_words() -> None:
    assert slug("  Ünïversité d’Été!", "EU") == "universite-dete-eu"
    assert slug("中国科学院") == "study"
