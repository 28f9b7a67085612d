"""What the package promises to say in a line each, run word for word on the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
import seaborn as sns
from matplotlib import pyplot as plt

import bibliometrics as bm

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def oa() -> Iterator[bm.Connection]:
    with bm.connect("sample") as connection:
        yield connection


@pytest.fixture
def df(oa: bm.Connection) -> pd.DataFrame:
    return oa.count(
        "Chinese Academy of Sciences", "Latin America", years=(2007, 2016), by=["year", "country"]
    )


def test_institution_with_region_by_year_and_country_and_a_line_plot(df: pd.DataFrame) -> None:
    assert list(df.columns) == [
        "institution",
        "region",
        "year",
        "country_code",
        "country",
        "n_works",
        "source",
    ]
    assert (len(df), df["n_works"].dtype, df.index.dtype) == (330, "int64", "int64")
    assert df["n_works"].sum() > 100
    assert set(df["source"]) == {"SYNTHETIC sample"}
    axes = sns.lineplot(df, x="year", y="n_works", hue="country")
    assert len(axes.get_legend_handles_labels()[1]) == 33
    plt.close("all")


def test_the_frame_says_what_it_is(df: pd.DataFrame) -> None:
    told = df.attrs
    assert told["additive"] == ["year"]
    assert told["overlapping"] == ["country"]
    assert told["synthetic"] is told["complete"] is True
    assert told["conditions"]["institution"] == {
        "id": "I19820366",
        "name": "Chinese Academy of Sciences",
    }
    assert len(told["conditions"]["region"]["codes"]) == 33
    assert (told["calls"], told["cost_usd"], told["openalex_urls"]) == (0, 0.0, [])
    assert told["conditions"]["types"] == ["article", "review"]
    for words in ("2007 to 2016", "I19820366", "33 countries", "sources: core", "retracted: False"):
        assert words in told["question"]
    merged = df.merge(df[["year"]].drop_duplicates(), on="year")
    assert set(merged["source"]) == {"SYNTHETIC sample"}


def test_without_big_science(oa: bm.Connection) -> None:
    every = oa.count("cas", "Latin America", years=(2007, 2016), by="year")
    small = oa.count("cas", "Latin America", years=(2007, 2016), by="year", max_authors=100)
    assert (small["n_works"] <= every["n_works"]).all()
    assert small["n_works"].sum() < every["n_works"].sum()


def test_a_list_is_one_union(oa: bm.Connection) -> None:
    found = oa.count("cas", ["BR", "Chile", bm.region("Andes", "BO CO EC PE")], years=2016)
    assert found["region"].tolist() == ["Brazil + Chile + Andes"]
    assert len(found.attrs["conditions"]["region"]["codes"]) == 6


def test_partners_are_outside_the_region(oa: bm.Connection) -> None:
    found = oa.count(region="Latin America", years=2016, by="partner")
    assert {"CN", "US"} <= set(found["country_code"])
    assert "BR" not in set(found["country_code"])
    assert (found["n_works"] > 0).all()


def test_fields_and_their_activity(oa: bm.Connection) -> None:
    fields = oa.count("cas", "Latin America", years=(2007, 2016), by="field")
    found = bm.activity_index(fields, oa.count(region="world", years=(2007, 2016), by="field"))
    assert (len(found), len(fields.columns) + 1) == (26, len(found.columns))
    assert found["activity_index"].between(0, 10).all()


def test_the_papers_behind_a_number(oa: bm.Connection) -> None:
    found = oa.works("cas", "Cuba", years=2016, limit=5)[["title", "year", "n_authors", "doi"]]
    assert list(found.columns) == ["title", "year", "n_authors", "doi"]
    assert len(found) == oa.count("cas", "Cuba", years=2016)["n_works"].clip(upper=5).sum()


def test_a_second_institution_beside(oa: bm.Connection) -> None:
    two = pd.concat(
        oa.count(one, "Latin America", years=(2007, 2016), by="year")
        for one in ["cas", "Max Planck Society"]
    )
    assert two["institution"].value_counts().tolist() == [10, 10]


def test_a_line_for_the_methods_section(df: pd.DataFrame) -> None:
    said = bm.cite(df)
    assert said.startswith("SYNTHETIC, no result: Works of 2007 to 2016 with an author at Chinese")
    assert "openalex.org/works" not in said
    with pytest.raises(bm.InputError, match="does not say"):
        bm.cite(pd.DataFrame(df.to_dict("list")))
