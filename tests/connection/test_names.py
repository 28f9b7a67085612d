"""Names: one resolver; what means nothing or several things is an error that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import bibliometrics as bm
from bibliometrics.connection.names import define_unit, find_area, find_field, find_without
from bibliometrics.connection.wishes import read_years
from tests.support.openalex_server.client import place, work
from tests.support.openalex_server.server import OpenAlexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CAS = "I19820366"
LATIN = {
    "LAC",
    "latin-america",
    "Latin America",
    "latin america and the caribbean",
    "celac33",
    "CELAC33",
}
PLACES = [
    place(7001, "BR", display_name="University of the South", ror="https://ror.org/0abcdef12"),
    place(7002, "CL", display_name="University of the South Coast"),
    place(7003, "PE", display_name="University of the South Coast Annex"),
    place(7004, "US", 7009, display_name="Campus of a System"),
    place(7005, "CN", display_name="Academy of Signs"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAlexServer]:
    works = [work(n, [each], publication_year=2010) for n, each in enumerate(PLACES)]
    system = {**place(7009, "US", display_name="A System"), "is_super_system": True}
    with OpenAlexServer(works, institutions=[*PLACES, system], per_second=False) as made:
        yield made


@pytest.fixture
def api(server: OpenAlexServer) -> Iterator[bm.Connection]:
    with bm.connect("openalex", address=server.url, rate=100) as connection:
        yield connection


@pytest.mark.parametrize(
    "said",
    [
        "CAS",
        "cas",
        " Chinese Academy of Sciences ",
        CAS,
        CAS.lower(),
        f"https://openalex.org/{CAS}",
        f"https://openalex.org/{CAS}/",
        f"https://openalex.org/institutions/{CAS}/",
        "034t30j35",
        "https://ror.org/034t30j35",
        "https://ror.org/034t30j35/",
    ],
)
def test_every_name_of_an_institution_of_the_package_is_one(said: str) -> None:
    found = define_unit(said)
    assert found is not None
    assert found.id == CAS


@pytest.mark.parametrize("said", sorted(LATIN))
def test_a_region_is_found_by_key_name_and_short_name(said: str) -> None:
    assert len(find_area(said).codes) == 33


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("br", ("BR",)),
        ("USA", ("US",)),
        ("UK", ("GB",)),
        ("Venezuela, Bolivarian Republic of", ("VE",)),
        ("Brasil", ("BR",)),
        ("Côte d’Ivoire", ("CI",)),
        ("cote d'ivoire", ("CI",)),
        ("NA", ("NA",)),
        (["Brazil", "BR", "CL"], ("BR", "CL")),
        (("Brazil", bm.region("Andes", ["Bolivia", "EC"])), ("BO", "BR", "EC")),
        ("world", ()),
    ],
)
def test_a_country_is_found_by_code_and_by_name_and_a_list_is_one_union(
    said: Any, codes: tuple[str, ...]
) -> None:
    assert find_area(said).codes == codes


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("Brasill", "Brazil"),
        ("North America", "northern america"),  # never one of several meanings
        ("Latin Amerika", "latin america|Latin America"),
        ("", "use a country"),
        ([], "name countries"),
        (["BR", "world"], "alone"),
        (["BR", "Chle"], "Chile"),
        (5, "give a name"),
        ({"BR": 1}, "give a name"),
        (["BR", None], "give a name"),
    ],
)
def test_what_is_no_place_is_an_error_that_names_the_nearest(said: Any, hint: str) -> None:
    with pytest.raises(bm.InputError) as caught:
        find_area(said)
    assert any(word in str(caught.value) for word in hint.split("|"))


def test_a_field_is_found_by_number_and_name() -> None:
    assert find_field("physics and astronomy") == find_field(31) == 31
    assert find_field("Physics") == 31  # the only field with that word
    for wrong in ("Physik", "sciences", "", "and", 99, True, 3.5):
        with pytest.raises(bm.InputError, match="Physics and Astronomy"):
            find_field(wrong)


def test_an_unknown_name_is_looked_up_and_an_ambiguous_one_lists_the_candidates(
    api: bm.Connection,
) -> None:
    found = api.count("University of the South", years=2010, sources="any")
    assert found["n_works"].tolist() == [1]
    assert found.attrs["conditions"]["institution"] == {
        "id": "I7001",
        "name": "University of the South",
    }
    with pytest.raises(bm.InputError, match=r"may be 3 institutions.*I7002.*by its OpenAlex id"):
        api.count("University of", years=2010)
    with pytest.raises(bm.InputError, match="no institution 'Nowhere'"):
        api.count("Nowhere", years=2010)
    with pytest.raises(bm.InputError, match="no institution"):
        api.count("I123456789", years=2010)
    assert api.count("0abcdef12", years=2010, sources="any")["institution"].tolist() == [
        "University of the South"
    ]


def test_an_institution_that_lineages_leave_out_is_refused(api: bm.Connection) -> None:
    with pytest.raises(bm.InputError, match="out of lineages"):
        api.count("I7009", years=2010)


def test_without_takes_institutions_and_countries(api: bm.Connection) -> None:
    units, area = find_without(["USTC", "BR", "Africa"], lambda text: [define_unit(text)])
    assert [one.id for one in units] == ["I126520041"]
    assert area is not None
    assert len(area.codes) == 55
    found = api.count(region="world", years=2010, sources="any", without=["BR", "I7005"])
    assert found["n_works"].tolist() == [3]


@pytest.mark.parametrize(
    "wrong",
    [
        {"years": (2016, 2007)},
        {"years": "10"},
        {"years": True},
        {"years": (2010, 2012, 2013)},
        {"years": 2010.5},
        {"by": "yaer"},
        {"by": ["year", "year"]},
        {"by": "partner", "region": "world"},
        {"types": "articel"},
        {"types": []},
        {"sources": "all"},
        {"corpus": "expansion"},
        {"corpus": "everything"},
        {"words": "dark matter"},
        {"filters": {"language": "es"}},
        {"filters": {"languag": "es"}},
        {"filters": "language:es"},
        {"retracted": "no"},
        {"max_authors": 0},
        {"max_authors": 2.5},
        {"by": 3},
        {"words": 3},
        {"without": 3},
        {"field": [31, 11]},
        {"region": None, "institution": None, "home": "CN"},
        {"top_percent": 5},
        {"international": "yes"},
        {"home": "Chna"},
        {"without": "Nowhere"},
        {"region": None, "institution": None},
        {"region": "BR", "without": "BR"},
    ],
)
def test_a_wrong_argument_is_an_input_error(wrong: dict[str, Any]) -> None:
    with bm.connect("sample") as sample, pytest.raises(bm.InputError):
        sample.count(**{"institution": "CAS", "region": "BR", "years": 2010, **wrong})


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ({"by": "year country"}, {"by": ["year", "country"]}),
        ({"by": "year,country"}, {"by": ["year", "country"]}),
        ({"by": None, "without": None, "words": None}, {}),
        ({"types": pd.Series(["article"])}, {"types": "article"}),
        ({"region": np.array(["BR", "CL"])}, {"region": ["BR", "CL"]}),
        (
            {"max_authors": 100.0, "max_countries": np.float64(9)},
            {"max_authors": 100, "max_countries": 9},
        ),
        ({"field": "31"}, {"field": 31}),
        ({"international": np.bool_(True)}, {"international": True}),
    ],
)
def test_values_as_pandas_and_numpy_give_them_are_values(
    said: dict[str, Any], same: dict[str, Any]
) -> None:
    asked: dict[str, Any] = {"institution": "CAS", "region": "Latin America", "years": 2010}
    with bm.connect("sample") as sample:
        found, plain = (sample.count(**{**asked, **each}) for each in (said, same))
        assert len(sample.works("CAS", "BR", years=(2007, 2016), limit=np.int64(3))) == 3
    pd.testing.assert_frame_equal(found, plain)
    assert found.attrs == plain.attrs


def test_an_argument_that_does_not_exist_is_a_type_error() -> None:
    with bm.connect("sample") as sample, pytest.raises(TypeError, match="yaers"):
        sample.count("CAS", yaers=2010)  # type: ignore[call-arg]


def test_what_is_no_source_is_said_with_what_there_is(tmp_path: Any) -> None:
    for wrong in ("openalx", tmp_path):
        with pytest.raises(bm.InputError, match="folder of a narrow table"):
            bm.connect(wrong)


@pytest.mark.parametrize(
    "said",
    [
        (2007, 2010),
        [2007, 2010],
        range(2007, 2011),
        [2007, 2008, 2009, 2010],
        "2007-2010",
        (2007.0, 2010.0),
        pd.Series([2010, 2010, 2009, 2008, 2007]),
        pd.period_range("2007", "2010", freq="Y"),
        (pd.Timestamp("2007"), pd.Timestamp("2010")),
    ],
)
def test_years_are_a_pair_years_in_a_row_or_a_text(said: Any) -> None:
    assert read_years(said) == (2007, 2010)
    assert read_years("2007") == read_years(2007) == (2007, 2007)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "07-10",
        "2007-",
        "2007,2010",
        [2007, 2009, 2010],
        [],
        {2007: 1},
        True,
        2007.5,
        "2010-2007",
    ],
)
def test_other_years_are_refused(said: Any) -> None:
    with pytest.raises(bm.InputError, match="years"):
        read_years(said)


def test_a_country_given_as_institution_is_told_apart(api: bm.Connection) -> None:
    with pytest.raises(bm.InputError, match=r"no institution, but countries.*region='China'"):
        api.count("China", "Latin America", years=2010)


def test_looking_a_name_up_is_in_the_price_and_in_the_budget(
    server: OpenAlexServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BIBLIOMETRICS_CACHE", str(tmp_path))
    with bm.connect("openalex", address=server.url, rate=100) as oa:
        told = oa.cost("Academy of Signs", years=2010)
        frame = oa.count("Academy of Signs", years=2010)
        assert told.calls <= frame.attrs["calls"] <= told.most_calls
        assert told.usd == frame.attrs["cost_usd"] == pytest.approx(0.0011)
        assert oa.cost("Academy of Signs", years=2010).usd == 0.0001  # who it is, is known
    with (
        bm.connect("openalex", address=server.url, budget_usd=0.0005, refresh=True) as poor,
        pytest.raises(bm.BibliometricsError, match="stopped at the budget"),
    ):
        poor.count("University of the South", years=2010)
    assert poor.spent == (0, 0.0)
