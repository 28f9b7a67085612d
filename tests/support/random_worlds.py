"""Random works and random questions, small and full of corner cases, for laws."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from bibliometrics.study.questions import GROUP_KEYS, Question

BASE = "https://openalex.org/"
ACADEMY, PART, BELOW, CHILE, OTHER = "I19820366", "I126520041", "I4210137180", "I9001", "I9002"
CODES = ("BR", "CL", "CN", "NA", "US", "XK")
TYPES = ("article", "review", "paratext", "book-chapter")
YEARS = (2006, 2018)
KINDS = ("company", "education", "facility")
#: Topics with their subfield: two of a subfield, two subfields of a field.
TOPICS = {"T10001": 3103, "T10002": 3103, "T10003": 3107, "T10004": 1105, "T10005": None}

_LINEAGES = {
    ACADEMY: (ACADEMY,),
    PART: (PART, ACADEMY),
    BELOW: (ACADEMY, BELOW),
    CHILE: (CHILE,),
    OTHER: (OTHER, CHILE),
    "I-1": (),
}


def _place(
    name: str | None, code: str | None, kind: str | None = "education", *, lineage: bool
) -> dict[str, Any]:
    nodes = [BASE + node for node in _LINEAGES.get(name or "", ())] if lineage else []
    known = {"id": name and BASE + name, "country_code": code, "type": kind}
    return {**known, "lineage": sorted(nodes)}


PLACES = st.builds(
    _place,
    st.sampled_from((*_LINEAGES, None)),
    st.sampled_from((*CODES, None)),
    st.sampled_from((*KINDS, None)),
    lineage=st.booleans(),
)
FLAGS = st.sampled_from((True, False, None))
TEAMS = st.lists(st.lists(PLACES, max_size=3), max_size=4)


def _topic(topic: str | None) -> dict[str, Any] | None:
    if topic is None:
        return None
    subfield = TOPICS[topic]
    known = {"id": BASE + topic, "subfield": None, "field": {"id": f"{BASE}fields/31"}}
    if subfield:
        known["field"] = {"id": f"{BASE}fields/{subfield // 100}"}
        known["subfield"] = {"id": f"{BASE}subfields/{subfield}"}
    return known


def make_record(number: int, team: list[list[dict[str, Any]]], **values: Any) -> dict[str, Any]:
    """Return a work of a team, each author a list of institutions."""
    codes = {place["country_code"] for places in team for place in places} - {None}
    return {
        "id": f"{BASE}W{100 + number}",
        "authorships": [
            {
                "institutions": places,
                "countries": sorted({p["country_code"] for p in places} - {None}),
            }
            for places in team
        ],
        "authors_count": len(team),
        "countries_distinct_count": len(codes),
        "is_xpac": False,
        **values,
    }


def _record(number: int, team: Any, year: Any, kind: Any, flags: Any, topic: Any, top: Any) -> Any:
    retracted, core, expansion = flags
    ten = None if top is None else top > 0
    rank = None if top is None else {"is_in_top_1_percent": top > 1, "is_in_top_10_percent": ten}
    location = None if core is None else {"source": {"id": BASE + "S10", "is_core": core}}
    return make_record(
        number,
        team,
        publication_year=year,
        type=kind,
        is_retracted=retracted,
        is_xpac=expansion is True,
        primary_topic=_topic(topic),
        primary_location=location,
        citation_normalized_percentile=rank,
    )


#: A work that has every value, so that nothing is unknown to a release.
WHOLE = _record(
    0, [[_place(BELOW, "CN", lineage=True)], [_place(OTHER, "CL", lineage=True)]],
    2010, "article", (False, True, False), "T10001", 2,
)  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn, max_size: int = 12) -> list[dict[str, Any]]:
    """Draw some works; the first is always `WHOLE`."""
    values = st.tuples(
        TEAMS,
        st.sampled_from((2007, 2010, 2016, 2020, None)),
        st.sampled_from((*TYPES, None)),
        st.tuples(FLAGS, FLAGS, FLAGS),
        st.sampled_from((*TOPICS, None)),
        st.sampled_from((0, 1, 2, None)),
    )
    drawn = draw(st.lists(values, max_size=max_size))
    return [WHOLE, *(_record(1 + number, *value) for number, value in enumerate(drawn))]


def _tuples(values: Any, max_size: int = 3) -> Any:
    found = st.lists(st.sampled_from(values), unique=True, max_size=max_size)
    return found.map(lambda given: tuple(sorted(given)))


_CONDITIONS = {
    "years": st.just((2007, 2016)),
    "countries": st.lists(_tuples(CODES).filter(bool), max_size=2).map(tuple),
    "any_country": st.booleans(),
    "without_countries": _tuples(("BR", "CN")),
    "lineage": _tuples((ACADEMY, PART, CHILE), 2),
    "institution_ids": _tuples((ACADEMY, PART, BELOW, OTHER)),
    "without_lineage": _tuples((PART, CHILE), 2),
    "types": _tuples(TYPES),
    "without_types": _tuples(TYPES, 1),
    "retracted": FLAGS,
    "core_source": FLAGS,
    "min_authors": st.sampled_from((None, 0, 1, 2)),
    "max_authors": st.sampled_from((None, 1, 3)),
    "min_countries": st.sampled_from((None, 1)),
    "max_countries": st.sampled_from((None, 0, 1, 2)),
    "field_id": st.sampled_from((None, 31)),
    "subfield_ids": _tuples((1105, 3103, 3107, 3199), 2),
    "topic_ids": _tuples(("T10001", "T10003", "T10004", "T99999"), 2),
    "institution_types": _tuples((*KINDS, "archive"), 2),
    "top_percent": st.sampled_from((None, 1, 10)),
}


@st.composite
def questions(draw: st.DrawFn, keys: tuple[str, ...] = GROUP_KEYS) -> Question:
    """Draw a question with a few conditions and up to three keys."""
    names = draw(st.lists(st.sampled_from(sorted(_CONDITIONS)), unique=True, max_size=4))
    chosen = {name: draw(_CONDITIONS[name]) for name in names}
    out = set(chosen.get("without_countries", ()))
    if not all(set(codes) - out for codes in chosen.get("countries", ())):
        del chosen["without_countries"]
    if set(chosen.get("types", ())) <= set(chosen.get("without_types", ())):
        chosen.pop("types", None)
    if set(chosen.get("lineage", ())) & set(chosen.get("without_lineage", ())):
        del chosen["without_lineage"]
    if chosen.get("lineage"):
        apart = {PART, BELOW, CHILE, OTHER} - set(chosen["lineage"])
        chosen["not_below"] = draw(_tuples(sorted(apart), 2))
    group_by = tuple(draw(st.lists(st.sampled_from(keys), unique=True, max_size=3)))
    if "country_code" in group_by:
        chosen["keep"] = draw(_tuples(CODES, 2))
    return Question(group_by=group_by, **chosen)
