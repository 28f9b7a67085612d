"""Study files: what they say, and every way in which one can be wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bibliometrics.errors import InputError
from bibliometrics.study.model import (
    WORK_TYPES,
    Specification,
    Study,
    check_institution_id,
    check_institution_rule,
    country_names,
    field_names,
    load_study,
    read_toml,
)

FILE = """
[study]
id = "mpg-south"
title = "Max Planck and southern Africa"
years = [2010, 2012]
institution = "mpg"
region = "south"
source = "test"

[primary]
types = ["article"]

[regions.south]
name = "Southern Africa"
codes = ["ZA", "NA"]
source = "test"

[regions.germany]
name = "Germany"
codes = ["DE"]
source = "test"

[institutions.mpg]
id = "https://openalex.org/i1899"
name = "Max Planck Society"
country = "DE"
source = "test"

[institutions.mpg.members]
list = [["I2002", "", "I2001", "Below"], ["I2001", "", "I1899", "Child"]]

[institutions.mpg.parts.child]
id = "I2001"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Path of a study file."""
    return tmp_path / "study.toml"


def load(path: Path, old: str = "", new: str = "", more: str = "") -> Study:
    """Load the study file with one text replaced and more at its end."""
    assert old in FILE
    path.write_text(FILE.replace(old, new, 1) + more, encoding="utf-8")
    return load_study(str(path))


# ------------------------------------------------------------ what is read ----


def test_a_study_file_of_twenty_lines_is_a_study(path: Path) -> None:
    study = load(path)
    assert study.region.codes == ("NA", "ZA")
    assert study.institution.id == "I1899"
    assert study.home == ("DE",)
    assert study.home_name == "Germany"
    assert study.institution.short == "Max Planck Society"
    assert list(study.year_range) == [2010, 2011, 2012]
    assert study.primary.types == ("article",)
    assert study.primary.retracted is False


def test_members_below_a_part_are_found_however_deep(path: Path) -> None:
    institution = load(path).institution
    assert institution.ids_below("I1899") == ("I1899", "I2001", "I2002")
    assert institution.ids_below(institution.part_id("child")) == ("I2001", "I2002")


def test_a_ring_of_members_ends(path: Path) -> None:
    institution = replace(load(path).institution, members=(("I2", "I1"), ("I1", "I2")))
    assert institution.ids_below("I1") == ("I1", "I2")


def test_any_means_no_condition_on_a_flag(path: Path) -> None:
    primary = load(path, 'types = ["article"]', 'core_source = "any"\nretracted = "any"').primary
    assert primary.core_source is None
    assert primary.retracted is None


def test_the_study_of_the_package_is_the_primary_specification_of_the_design() -> None:
    study = load_study()
    assert study.id == "cas-latin-america"
    assert len(study.region.codes) == 33
    assert study.institution.id == "I19820366"
    assert study.home == ("CN",)
    assert study.years == (2007, 2016)
    assert study.primary.types == ("article", "review")
    assert (study.primary.retracted, study.primary.core_source) == (False, True)
    assert study.primary.institution == "lineage"


def test_names_of_countries_and_fields_are_complete() -> None:
    assert country_names()["NA"] == "Namibia"
    assert "XK" in country_names()
    assert list(field_names()) == list(range(11, 37))


# -------------------------------------------------------------------- hash ----


def test_the_hash_follows_what_is_counted_and_not_what_is_said(path: Path) -> None:
    study = load(path)
    assert load(path, "and southern Africa", "and its neighbours").hash == study.hash
    assert load(path, "years = [2010, 2012]", "years = [2010, 2011]").hash != study.hash
    assert load(path, '"ZA", "NA"', '"NA"').hash != study.hash
    assert load(path, 'types = ["article"]', 'types = ["review"]').hash != study.hash
    assert load(path, '["I2002", "", "I2001", "Below"], ', "").hash != study.hash


def test_the_hash_follows_the_region_that_the_primary_specification_names(path: Path) -> None:
    more = '[regions.other]\nname = "Other"\ncodes = [{}]\nsource = "test"\n'
    named = 'region = "other"\ntypes = ["article"]'
    one = load(path, 'types = ["article"]', named, more.format('"ZM"'))
    other = load(path, 'types = ["article"]', named, more.format('"ZM", "ZW"'))
    assert one.region_of(one.primary).codes == ("ZM",)
    assert one.hash != other.hash


# -------------------------------------------------------------- what is wrong ----

REGION = '[regions.south]\nname = "Southern Africa"\ncodes = ["ZA", "NA"]\nsource = "test"\n'
MEMBERS = 'list = [["I2002", "", "I2001", "Below"], ["I2001", "", "I1899", "Child"]]'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # unknown names
        ('region = "south"', 'region = "north"', "unknown region 'north'; known: .*south"),
        ('region = "south"', 'region = ["south"]', "entry 'study.region' must be a text"),
        ('institution = "mpg"', 'institution = "mit"', "institution 'mit'; known: cas, .*mpg"),
        ('"ZA", "NA"', '"ZZ", "NA"', "region 'south': unknown country code ZZ"),
        ('"ZA", "NA"', '"za", "NA"', "unknown country code za"),
        ('country = "DE"', 'country = "Germany"', "unknown country code Germany"),
        ('types = ["article"]', 'types = ["articles"]', "unknown work type articles"),
        ('types = ["article"]', 'home = ["ZZ"]', r"\[primary\]: unknown country code ZZ"),
        ('types = ["article"]', 'region = "north"', r"unknown region 'north' in \[primary\]"),
        ('types = ["article"]', 'institution = "near"', "institution rule 'near' is unknown"),
        ('types = ["article"]', 'institution = "minus:x"', "no part 'x'; known parts: child"),
        ('types = ["article"]', 'institution = "minus:,"', "no part ''"),
        ('types = ["article"]', 'institution = "minus:"', "institution rule 'minus:' is unknown"),
        # nothing left, and what stands there twice
        ('child]\nid = "I2001"', 'child]\nid = "I1899"', "without part 'child' nothing is left"),
        ('types = ["article"]', 'without_institutions = ["I1899"]', "nothing is left of inst"),
        ('types = ["article"]', 'types = ["article"]\nwithout_types = ["article"]', "leaves none"),
        (
            'types = ["article"]',
            f"without_types = {sorted(WORK_TYPES)}",
            "leaves none of the types",
        ),
        (
            'types = ["article"]',
            'types = ["article", "article"]',
            "'types' names article more than",
        ),
        ('types = ["article"]', 'institution = "minus:child,child"', "names I2001 more than once"),
        ('types = ["article"]', 'home = ["DE", "DE"]', "'home' names DE more than once"),
        (
            'types = ["article"]',
            'without_institutions = ["I12", "i12"]',
            "names I12 more than once",
        ),
        ('"ZA", "NA"', '"ZA", "NA", "ZA"', "'codes' names ZA more than once"),
        # misspelt entries
        ('source = "test"', 'source = "test"\nhomes = ["FR"]', "unknown entry 'study.homes'"),
        ("[primary]", "[Primary]", "unknown entry 'Primary'"),
        ('types = ["article"]', "max_author = 3", "unknown entry 'max_author'"),
        # years
        ("[2010, 2012]", "[2012, 2010]", "years are reversed: 2012 comes after 2010"),
        ("[2010, 2012]", "[2010]", r"years must be \[first, last\], but are \[2010\]"),
        ("[2010, 2012]", '"2010-2012"', "years must be"),
        ("[2010, 2012]", "[2010.0, 2012]", "years must be"),
        ("[2010, 2012]", "[2010, 20122]", "years must be"),
        ("years = [2010, 2012]", "", "entry 'study.years' is missing"),
        # ids that are no institution
        ("https://openalex.org/i1899", "https://ror.org/01hhn8329", "not an OpenAlex institution"),
        ("https://openalex.org/i1899", "A5023888391", "not an OpenAlex institution id"),
        ("https://openalex.org/i1899", "", "not an OpenAlex institution id"),
        ('["I2001", "", "I1899", "Child"]', '["W2", "", "I1", "x"]', "'W2' is not an OpenAlex"),
        ('child]\nid = "I2001"', 'child]\nid = "child"', "'child' is not an OpenAlex institution"),
        # geography
        ('country = "DE"', 'country = "NA"', r"\(NA\) lies inside the region 'south'"),
        ('region = "south"', 'region = "south"\nhome = ["DE", "ZA"]', r"\(ZA\) lies inside"),
        ('types = ["article"]', 'home = ["ZA"]', r"\(ZA\) lies inside"),
        ('types = ["article"]', 'region = "germany"', r"\(DE\) lies inside the region 'germany'"),
        ('region = "south"', 'region = "south"\ntop_country = "BR"', "BR does not"),
        ('region = "south"', 'region = "south"\nfeatured_countries = ["BR"]', "BR does not"),
        # missing and of another type
        ('title = "Max Planck and southern Africa"', "", "entry 'study.title' is missing"),
        ('id = "mpg-south"', "id = 3", "entry 'study.id' must be a text, but is 3"),
        ('name = "Southern Africa"', "", "region 'south': entry 'name' is missing"),
        ('"ZA", "NA"', "", "no country is named"),
        ('["ZA", "NA"]', '"ZA"', "entry 'codes' must be a list, but is 'ZA'"),
        (REGION, "[regions]\nsouth = 3\n", "region 'south': it must be a table, but is 3"),
        (MEMBERS, "list = 3", "entry 'members.list' must be a list, but is 3"),
        (MEMBERS, 'list = [["I2"]]', "a member must be"),
        (MEMBERS, "list = [3]", r"entry 'members.list\[0\]' must be a list, but is 3"),
        ('child]\nid = "I2001"', "child]", "entry 'parts.child.id' is missing"),
        ("[institutions.mpg.parts.child]\n", "[institutions.mpg]\nparts = 3\n", "not valid TOML"),
        (
            'types = ["article"]',
            'types = "article"',
            "entry 'types' must be a list, but is 'article'",
        ),
        (
            'types = ["article"]',
            'retracted = "no"',
            "entry 'retracted' must be true or false, but is 'no'",
        ),
        (
            'types = ["article"]',
            "max_authors = 0",
            "entry 'max_authors' must be 1 or more, but is 0",
        ),
        (
            'types = ["article"]',
            "max_authors = true",
            "entry 'max_authors' must be a whole number, but is True",
        ),
        ("[study]", "study]", "not valid TOML: .*line 2"),
    ],
)
def test_a_wrong_study_file_is_refused_with_the_place_and_the_next_step(
    path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load(path, old, new)
    assert caught.value.next_step
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["study", "primary", "paper", "regions", "institutions"])
def test_a_table_that_is_none_is_refused_by_name(path: Path, name: str) -> None:
    content = FILE if name == "paper" else FILE.replace(f"[{name}", f"[x{name}")
    path.write_text(f"{name} = 3\n{content}", encoding="utf-8")
    with pytest.raises(InputError, match=f"entry '{name}' must be a table|unknown entry"):
        load_study(str(path))


@pytest.mark.parametrize("content", [b"", b"x = 1", b"\xff\xfe", b"[study\n"])
def test_a_file_that_is_no_study_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"study\.toml"):
        load_study(str(path))


def test_an_unknown_study_is_refused_and_the_known_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no study 'cas'; known: cas-"):
        load_study("cas")
    with pytest.raises(InputError, match=r"can't read .*none\.toml: No such file"):
        load_study(str(tmp_path / "none.toml"))
    with pytest.raises(InputError, match="it is a folder, not a file"):
        read_toml(tmp_path)


@pytest.mark.parametrize("text", ["I1899", " i1899 ", "https://openalex.org/I1899"])
def test_an_institution_id_has_one_form(text: str) -> None:
    assert check_institution_id(text, "here") == "I1899"


@pytest.mark.parametrize("text", ["1899", "I", "I1", "W1899", "CAS", "I1899/x", "I-1"])
def test_what_is_no_institution_id_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"here: .* is not an OpenAlex institution id"):
        check_institution_id(text, "here")


def test_the_changelog_holds_the_hash_of_the_study_and_its_date() -> None:
    study = load_study()
    changelog = Path(__file__).parents[2].joinpath("CHANGELOG.md").read_text(encoding="utf-8")
    line = " ".join(changelog.partition("Study fixed before the first pull:")[2].split())
    assert line.startswith(f"`{study.id}`, {study.date}, sha256 `{study.hash}`")


@pytest.mark.parametrize("rule", ["minus:all", "without:all"])
def test_a_rule_that_leaves_nothing_is_refused_when_asked(path: Path, rule: str) -> None:
    study = load(path)
    institution = replace(study.institution, parts=(("all", study.institution.id),))
    odd = replace(study, institution=institution)
    with pytest.raises(InputError, match="nothing is left of institution 'mpg'"):
        check_institution_rule(odd, Specification(institution=rule))
