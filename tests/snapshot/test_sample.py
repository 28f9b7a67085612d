"""The synthetic sample: rebuilt by its seed, in the official layout, with every trap in it."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bibliometrics.claims.ledger import load_claims
from bibliometrics.study.conditions import INSTITUTION_TYPES
from bibliometrics.study.model import WORK_TYPES, load_study
from tests.support.make_sample import (
    FALSE_MATCH,
    FOLDER,
    N_WORKS,
    list_institutions,
    make_works,
    split,
)
from tests.support.oracle.works import (
    countries_of,
    counts_at_all,
    field_of,
    has_lineage,
    institutions_of,
    last_part,
)
from tests.support.sample_records import read_sample
from tests.support.snapshot_release import WORKS_SCHEMA, write_release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

Work = dict[str, Any]

SMALLEST = "updated_date=2016-06-24/part_0000"
STUDY = load_study()
ACADEMY = STUDY.institution.id
REGION = set(STUDY.region.codes)
PRIMARY = {
    "years": (2007, 2016),
    "types": ("article", "review"),
    "retracted": False,
    "core_source": True,
}
SECOND_TIER = ("MX", "AR", "CL", "CO")
TINY = {"AG", "BB", "BS", "BZ", "DM", "GD", "GY", "KN", "LC", "SR", "TT", "VC"}
MAKE_IT_ANEW = "make the sample anew: `python -m tests.support.make_sample`"


# ----------------------------------------------------------------------------- built by its seed --


def essence(work: Work) -> tuple[Any, ...]:
    """Return what a count reads of a record."""
    places = [
        (place["id"], place["country_code"], tuple(place["lineage"] or ()))
        for _, place in institutions_of(work)
    ]
    source = (work["primary_location"] or {}).get("source") or {}
    percentile = work["citation_normalized_percentile"] or {}
    names = ("id", "publication_year", "type", "is_retracted", "is_xpac", "authors_count")
    return (
        *(work[name] for name in names),
        work["countries_distinct_count"],
        source.get("is_core"),
        percentile.get("is_in_top_1_percent"),
        field_of(work),
        len(work["authorships"]),
        places,
    )


@pytest.mark.slow
def test_the_sample_is_what_its_seed_gives(tmp_path: Path) -> None:
    works = make_works()
    parts = split(works)
    made = (work for name in sorted(parts) for work in parts[name])
    assert all(
        essence(work) == essence(written) for work, written in zip(made, read_sample(), strict=True)
    ), MAKE_IT_ANEW
    places = list_institutions(works)
    again = write_release(tmp_path, {SMALLEST: parts[SMALLEST]}, institutions=places)
    listed, anew = (sorted(place.glob("institutions/*/*.parquet")) for place in (FOLDER, again))
    assert [pq.read_table(path).to_pylist() for path in listed] == [
        pq.read_table(path).to_pylist() for path in anew
    ], MAKE_IT_ANEW
    first, second = (place / "works" / f"{SMALLEST}.parquet" for place in (FOLDER, again))
    if pq.read_metadata(first).created_by == pq.read_metadata(second).created_by:
        assert first.read_bytes() == second.read_bytes(), MAKE_IT_ANEW
    else:
        assert pq.ParquetFile(first).read().equals(pq.ParquetFile(second).read()), MAKE_IT_ANEW


def test_the_sample_is_small_and_says_that_it_is_synthetic() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    told = json.loads((FOLDER / "works" / "manifest.json").read_text())
    assert sum(path.stat().st_size for path in files) <= 2_000_000
    assert told["synthetic"] is True
    assert len(read_sample()) == told["record_count"] == N_WORKS
    assert len({work["id"] for work in read_sample()}) == N_WORKS


# ----------------------------------------------------------------------------- official layout --


def test_the_manifest_has_the_form_of_the_official_one() -> None:
    told = json.loads((FOLDER / "works" / "manifest.json").read_text())
    assert (told["format"], told["entity"]) == ("parquet", "works")
    for entry in told["files"]:
        base, _, name = entry["url"].partition("/works/")
        path = FOLDER / "works" / name
        assert base == "s3://openalex/data/parquet"
        assert entry["meta"] == {
            "content_length": path.stat().st_size,
            "record_count": pq.read_metadata(path).num_rows,
        }
    assert told["content_length"] == sum(e["meta"]["content_length"] for e in told["files"])
    assert len(told["files"]) == len(
        list((FOLDER / "works").rglob("part_[0-9][0-9][0-9][0-9].parquet"))
    )


def test_the_columns_are_those_of_the_official_files() -> None:
    for path in (FOLDER / "works").rglob("*.parquet"):
        opened = pq.ParquetFile(path)
        schema = opened.schema_arrow
        assert schema.equals(WORKS_SCHEMA)
        assert len(schema.names) == 49
        assert schema.field("abstract_inverted_index").type == pa.string()
        assert schema.field("ids").type == pa.map_(pa.string(), pa.string())
        assert schema.field("updated_date").type == pa.timestamp("us")
        leaves = {opened.schema.column(number).path for number in range(len(opened.schema))}
        place = "authorships.list.element.institutions.list.element"
        assert {f"{place}.{leaf}" for leaf in ("id", "country_code", "ror")} < leaves
        assert f"{place}.lineage.list.element" in leaves
        assert "primary_location.source.is_core" in leaves
        assert {f"citation_normalized_percentile.is_in_top_{n}_percent" for n in (1, 10)} < leaves
        opened.close()


# ------------------------------------------------------------------------------------- traps --


def at_two(work: Work, fits: Callable[[set[str], bool], bool]) -> bool:
    """Say whether an author has two institutions that fit: their countries, one of the Academy."""
    for author in work["authorships"]:
        places = author["institutions"]
        codes = {place["country_code"] for place in places if place["country_code"]}
        academy = any(
            last_part(node) == ACADEMY for place in places for node in place["lineage"] or ()
        )
        if len({place["id"] for place in places}) > 1 and fits(codes, academy):
            return True
    return False


def is_one(codes: set[str], academy: bool) -> bool:
    return len(codes) == 1


def are_two(codes: set[str], academy: bool) -> bool:
    return len(codes) == 2


def is_academy_and_region(codes: set[str], academy: bool) -> bool:
    return academy and bool(codes & REGION)


def has_place(work: Work, fits: Callable[[Work], bool]) -> bool:
    return any(fits(place) for _, place in institutions_of(work))


def percentile(work: Work) -> Work | None:
    told: Work | None = work["citation_normalized_percentile"]
    return told


PARTS = {name.lower(): node for name, node in dict(STUDY.institution.parts).items()}
COUNTED: dict[str, tuple[int, Callable[[Work], bool]]] = {
    "a country only past author 100": (30, lambda w: bool(countries_of(w) - countries_of(w, 100))),
    "Chile only past author 100": (
        30,
        lambda w: "CL" in countries_of(w) and "CL" not in countries_of(w, 100),
    ),
    "3,000 authors": (2, lambda w: w["authors_count"] == len(w["authorships"]) == 3000),
    "more than 200 countries": (2, lambda w: len(countries_of(w)) > 200),
    "one author, one country, two institutions": (
        50,
        lambda w: at_two(w, is_one),
    ),
    "one author, two countries": (50, lambda w: at_two(w, are_two)),
    "one author, Academy and region": (
        30,
        lambda w: at_two(w, is_academy_and_region),
    ),
    "UCAS": (20, lambda w: has_lineage(w, PARTS["ucas"]) and has_lineage(w, ACADEMY)),
    "USTC": (20, lambda w: has_lineage(w, PARTS["ustc"]) and has_lineage(w, ACADEMY)),
    "the Academy itself": (20, lambda w: has_place(w, lambda p: last_part(p["id"]) == ACADEMY)),
    "I-1": (50, lambda w: has_place(w, lambda p: last_part(p["id"]) == "I-1")),
    "institution without id": (20, lambda w: has_place(w, lambda p: p["id"] is None)),
    "institution without country": (50, lambda w: has_place(w, lambda p: not p["country_code"])),
    "institution without lineage": (50, lambda w: has_place(w, lambda p: not p["lineage"])),
    "no institution at all": (200, lambda w: not institutions_of(w)),
    "no authorship": (200, lambda w: not w["authorships"]),
    "no year": (30, lambda w: w["publication_year"] is None),
    "no type": (5, lambda w: w["type"] is None),
    "no topic": (500, lambda w: w["primary_topic"] is None),
    "no percentile": (500, lambda w: percentile(w) is None),
    "top 1 percent": (50, lambda w: bool(percentile(w) and percentile(w)["is_in_top_1_percent"])),
    "no retraction flag": (30, lambda w: w["is_retracted"] is None),
    "retracted": (50, lambda w: w["is_retracted"] is True),
    "expansion": (1000, lambda w: w["is_xpac"] is True),
    "no location": (100, lambda w: w["primary_location"] is None),
    "no source": (
        500,
        lambda w: bool(w["primary_location"]) and not w["primary_location"]["source"],
    ),
    "false match": (36, lambda w: has_place(w, lambda p: p["display_name"] == FALSE_MATCH)),
    **{
        f"country {code}": (1, lambda w, code=code: code in countries_of(w))
        for code in sorted(REGION | {"HK", "MO", "TW", "CN", "XK", "NA"})
    },
}


@pytest.mark.parametrize("trap", COUNTED)
def test_each_trap_is_in_the_sample(trap: str) -> None:
    least, fits = COUNTED[trap]
    assert sum(map(fits, read_sample())) >= least


def test_every_type_of_work_is_there_and_the_years_are_2003_to_2020() -> None:
    assert {work["type"] for work in read_sample()} == {*WORK_TYPES, None}
    years = {work["publication_year"] for work in read_sample()}
    assert years == {*range(2003, 2021), None}


def test_the_tiny_states_have_a_handful_of_works_and_no_more() -> None:
    counted = [work for work in read_sample() if counts_at_all(work, PRIMARY)]
    for code in TINY:
        assert 0 < sum(code in countries_of(work) for work in counted) < 40


def test_one_year_has_more_than_200_partner_countries() -> None:
    found = [
        len(
            set[str]().union(
                *(
                    countries_of(work) - REGION
                    for work in read_sample()
                    if counts_at_all(work, {**PRIMARY, "years": (year, year)})
                    and countries_of(work) & REGION
                )
            )
        )
        for year in (2012, 2013)
    ]
    assert found[0] > 200 > found[1] > 0


# ------------------------------------------------------------- far from every stated number --


def first_years_and_all(found: list[Work]) -> dict[str, list[Work]]:
    """Return works of the study's first year, of its last, and of all its years."""
    by_year = {str(y): [w for w in found if w["publication_year"] == y] for y in (2007, 2016)}
    return {**by_year, "2007-2016": found}


def tell_numbers(works: list[Work]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the sample's headline counts and shares, and what each is."""
    world = [work for work in works if counts_at_all(work, PRIMARY)]
    counts, shares = dict[str, float](), dict[str, float]()
    for years, found in first_years_and_all(world).items():
        region = [work for work in found if countries_of(work) & REGION]
        home = [work for work in region if countries_of(work) & set(STUDY.home)]
        joint = [work for work in region if has_lineage(work, ACADEMY)]
        counts |= {f"works of world, {years}": len(found), f"of the region, {years}": len(region)}
        counts |= {f"of China with it, {years}": len(home), f"of CAS, {years}": len(joint)}
        shares[f"region in the world, {years}"] = len(region) / len(found)
        shares[f"CAS in China, {years}"] = len(joint) / len(home)
        for whole, name in ((region, "the region"), (joint, "CAS")):
            for code in ("BR", "CL"):
                share = sum(code in countries_of(work) for work in whole) / len(whole)
                shares[f"{code} in {name}, {years}"] = share
        second = sum(code in countries_of(work) for work in region for code in SECOND_TIER)
        shares[f"second tier in the region, {years}"] = second / len(region)
    for year in range(2007, 2017):
        both = [w for w in world if w["publication_year"] == year and has_lineage(w, ACADEMY)]
        counts[f"of CAS, {year}"] = sum(bool(countries_of(work) & REGION) for work in both)
    for name in ("of the region", "of CAS"):
        increase = counts[f"{name}, 2016"] / counts[f"{name}, 2007"]
        shares |= {f"increase {name}": increase - 1, f"rate {name}": increase ** (1 / 9) - 1}
    return counts, shares


#: What the documents state, by what the name of a number of the sample has in it.
STATED_SHARES = {
    "region in the world": (0.05,),
    "CAS in China": (1 / 3,),
    "in CAS": (0.6,),
    "BR in the region": (0.5,),
    "second tier": (0.4,),
    "increase": (0.826, 6.2),
    "rate": (0.07, 0.245),
}
STATED_COUNTS = {"of": (77, 555, 46_000, 84_000), "of CAS": (65, 77, 555)}


def near(value: float, numbers: Iterable[float]) -> bool:
    return any(abs(value - number) <= 0.1 * number for number in numbers)


def test_what_the_documents_state_is_what_the_sample_is_held_against() -> None:
    stated = set[float]()
    for claim in load_claims():
        stated |= {test.stated for test in claim.tests if test.stated is not None}
        stated |= {claim.arithmetic.stated} if claim.arithmetic else set()
    held = {
        number
        for some in (STATED_COUNTS, STATED_SHARES)
        for each in some.values()
        for number in each
    }
    assert {round(number, 3) for number in held} - {round(number, 3) for number in stated} == {0.07}


def test_no_number_of_the_sample_is_near_what_a_document_states_of_it() -> None:
    counts, shares = tell_numbers(read_sample())
    close = [
        (name, value)
        for found, stated in ((counts, STATED_COUNTS), (shares, STATED_SHARES))
        for name, value in found.items()
        for words, numbers in stated.items()
        if words in name and near(value, numbers)
    ]
    assert close == []


def test_the_sample_has_growth_a_first_partner_that_is_not_brazil_and_every_institution_type() -> (
    None
):
    counts, shares = tell_numbers(read_sample())
    assert counts["of CAS, 2016"] > 1.5 * counts["of CAS, 2007"] > 0
    for years in ("2007", "2016", "2007-2016"):
        assert shares[f"CL in CAS, {years}"] > 1.4 * shares[f"BR in CAS, {years}"]
    joint = [
        work
        for work in read_sample()
        if counts_at_all(work, PRIMARY)
        and has_lineage(work, ACADEMY)
        and countries_of(work) & REGION
    ]
    kinds = Counter(place["type"] for work in joint for _, place in institutions_of(work))
    assert min(kinds[kind] for kind in INSTITUTION_TYPES) >= 10
