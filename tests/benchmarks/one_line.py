"""Eight wishes of a scientometrician: this package and others on one local server, cell by cell.

Each asks as its documentation spells it; the conditions (articles and reviews, core sources, not
retracted, core corpus) are the same for all. A cell is one number that the wish has (a year and
country, a partner, the number of authors of a paper); it is right if it equals a plain loop over
the records. Writes README's table. pyopenalex isn't among the pins: it has a column where it is
installed (in a folder named by PYTHONPATH); the column of openalexR says whether R is here.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from unittest import mock

import pyalex
import pyalex.api
import requests

import bibliometrics as bm
from tests.benchmarks.measuring import ROOT
from tests.support.openalex_server.client import field, place, work
from tests.support.openalex_server.meter import NO_LIMIT
from tests.support.openalex_server.server import OpenAlexServer, read_works
from tests.support.oracle.answers import read_facts
from tests.support.oracle.counts import count_plainly
from tests.support.worlds import ACADEMY, OF_ACADEMY, PLAIN, all_countries, region_codes, somewhere

Cells = dict[Any, Any]
README = ROOT / "README.md"
YEARS = (2007, 2016)
FIRST, LAST = YEARS
YEAR = "publication_year"
HOST = "https://api.openalex.org"
ACADEMY_ID = f"I{ACADEMY}"
SOCIETY, SOCIETY_ID = 149899117, "I149899117"
OF_SOCIETY = (place(SOCIETY, "DE"), *(place(4210000100 + n, "DE", SOCIETY) for n in range(3)))
LATIN, AFRICA = region_codes("celac33"), ["ZA", "EG", "NG", "KE", "ET", "MA", "TN", "DZ", "GH"]
JOURNAL = {
    "primary_location": {
        "source": {
            "id": "https://openalex.org/S1",
            "display_name": "a journal",
            "is_core": True,
        }
    }
}
BASE = {
    "type": "article|review",
    "is_retracted": False,
    "primary_location": {"source": {"is_core": True}},
}


def some_works() -> list[dict[str, Any]]:
    """Return 1,500 invented works; some of 234 authors, two a year of every country."""
    dice = random.Random(2018)
    common = [*LATIN, "BR", "BR", "CN", "CN", *AFRICA, "US", "ES", "GB", "DE"]
    found = []
    for number in range(1, 1481):
        size = dice.choice((1, 2, 3, 4, 6, 12, 234 if number % 7 == 0 else 5))
        team = [[somewhere(dice.choice(common))] for _ in range(size)]
        for members in (OF_ACADEMY, OF_SOCIETY):
            if dice.random() < 0.5:
                team.insert(dice.randrange(size + 1), [dice.choice(members)])
        subject = {"primary_topic": {**field(dice.randrange(11, 37)), "display_name": "a topic"}}
        made = work(number, *team, publication_year=dice.randrange(FIRST, LAST + 1))
        found.append({**made, **PLAIN, **JOURNAL, **subject})
    for year in range(FIRST, LAST + 1):
        for number in range(2):
            team = [[somewhere(code)] for code in all_countries()]
            made = work(90_000 + 10 * year + number, *team, publication_year=year)
            found.append({**made, **PLAIN, **JOURNAL, **subject})
    return found


# ------------------------------------------------------------- the wishes, by plain loops ----


def truths(works: list[dict[str, Any]]) -> dict[str, Cells]:
    """Return every wish's cells, counted by plain loops."""
    facts = read_facts(works)

    def plainly(by: list[str], **asked: Any) -> Cells:
        found = count_plainly(facts, {"years": YEARS, **asked, "by": by})
        return {key[0] if len(key) == 1 else key: n for key, n in found.items() if n}

    cas = {"institution": ACADEMY_ID, "region": LATIN}
    whole, part = plainly(["year"], region=LATIN, home="CN"), plainly(["year"], **cas)
    papers = [
        each
        for each in works
        if each["publication_year"] == LAST
        and {"CU"} & {p["country_code"] for a in each["authorships"] for p in a["institutions"]}
        and any(
            f"{ACADEMY_ID}" == one.rpartition("/")[2]
            for a in each["authorships"]
            for p in a["institutions"]
            for one in p["lineage"]
        )
    ]
    return {
        "institution x country x years": plainly(["year", "country"], **cas),
        "another region": plainly(["year"], institution=ACADEMY_ID, region=AFRICA),
        "by field": plainly(["field"], **cas),
        "share of another count": {y: part.get(y, 0) / n for y, n in whole.items()},
        "without big science": plainly(["year"], **cas, max_authors=100),
        "partners of a region, complete": plainly(["partner"], region=LATIN, years=(LAST, LAST)),
        "a second institution": plainly(["year"], institution=SOCIETY_ID, region=LATIN),
        "the papers behind a number": {
            each["id"].rpartition("/")[2]: len(each["authorships"]) for each in papers
        },
    }


# ------------------------------------------------------------------------- this package ----


def ours(url: str) -> dict[str, Callable[[], Cells]]:
    """Return how this package is asked each wish."""
    oa = bm.connect("openalex", address=url, rate=100)

    def count(by: str | list[str], *words: Any, years: Any = YEARS, **more: Any) -> Cells:
        frame = oa.count(*words, years=years, by=by, **more)
        names = {"country": "country_code", "partner": "partner_code", "field": "field_id"}
        columns = [names.get(key, key) for key in ([by] if isinstance(by, str) else by)]
        columns = [c if c in frame else "country_code" for c in columns]
        cells = frame[frame["n_works"] > 0].set_index(columns)["n_works"]
        return dict(cells.to_dict())

    def share() -> Cells:
        part = oa.count("cas", "Latin America", years=YEARS, by="year").set_index("year")
        whole = oa.count(region="Latin America", years=YEARS, by="year", home="CN")
        return dict((part["n_works"] / whole.set_index("year")["n_works"]).to_dict())

    def papers() -> Cells:
        frame = oa.works("cas", "Cuba", years=LAST)
        return dict(zip(frame["work_id"], frame["n_authors"], strict=True))

    africa = bm.region("some of Africa", " ".join(AFRICA))
    return {
        "institution x country x years": lambda: count(["year", "country"], "cas", "Latin America"),
        "another region": lambda: count("year", "cas", africa),
        "by field": lambda: count("field", "cas", "Latin America"),
        "share of another count": share,
        "without big science": lambda: count("year", "cas", "Latin America", max_authors=100),
        "partners of a region, complete": lambda: count(
            "partner", region="Latin America", years=LAST
        ),
        "a second institution": lambda: count("year", "Max Planck Society", "Latin America"),
        "the papers behind a number": papers,
    }


# ------------------------------------------------------------------------------- others ----


def wishes_by(
    group: Callable[[dict[str, Any], str], Cells],
    list_authors: Callable[[dict[str, Any]], Cells],
    of: str = "id",
) -> dict[str, Callable[[], Cells]]:
    """Return how a thin client is asked, by one call to group works and one to list them.

    `of` is the key of an institution: `id`, as documentations have it, or `lineage`.
    """

    def both(institution: str, codes: Iterable[str], **more: Any) -> dict[str, Any]:
        there = {"institutions": {"country_code": "|".join(codes)}}
        return merge(BASE, {"publication_year": f"{FIRST}-{LAST}"}, at(institution), there, more)

    def at(institution: str) -> dict[str, Any]:
        if of == "id":
            return {"institutions": {"id": institution}}
        return {"authorships": {"institutions": {of: institution}}}

    def by_country_and_year() -> Cells:
        cells = {}
        for year in range(FIRST, LAST + 1):
            asked = merge(BASE, {"publication_year": year}, at(ACADEMY_ID))
            found = group(asked, "institutions.country_code")
            cells.update({(year, code): n for code, n in found.items() if code in LATIN})
        return cells

    def share() -> Cells:
        part = group(both(ACADEMY_ID, LATIN), "publication_year")
        of_home = {**BASE, "publication_year": f"{FIRST}-{LAST}", "authorships.countries": "CN"}
        whole = group({**of_home, "institutions": {"country_code": "|".join(LATIN)}}, YEAR)
        return {year: part.get(year, 0) / n for year, n in whole.items()}

    def partners() -> Cells:
        asked = {
            **BASE,
            "publication_year": LAST,
            "institutions": {"country_code": "|".join(LATIN)},
        }
        found = group(asked, "institutions.country_code")
        return {code: n for code, n in found.items() if code not in LATIN}

    cuban = both(ACADEMY_ID, ["CU"], publication_year=LAST)
    return {
        "institution x country x years": by_country_and_year,
        "another region": lambda: group(both(ACADEMY_ID, AFRICA), YEAR),
        "by field": lambda: group(both(ACADEMY_ID, LATIN), "primary_topic.field.id"),
        "share of another count": share,
        "without big science": lambda: group(
            both(ACADEMY_ID, LATIN, authors_count="<101"), "publication_year"
        ),
        "partners of a region, complete": partners,
        "a second institution": lambda: group(both(SOCIETY_ID, LATIN), YEAR),
        "the papers behind a number": lambda: list_authors(cuban),
    }


def merge(*parts: dict[str, Any]) -> dict[str, Any]:
    """Return conditions together, those under one name too."""
    found: dict[str, Any] = {}
    for name, value in (pair for part in parts for pair in part.items()):
        found[name] = {**found[name], **value} if isinstance(found.get(name), dict) else value
    return found


def read_groups(rows: Iterable[Any]) -> Cells:
    """Return the groups of an answer by year, number of a field, or code."""
    cells: Cells = {}
    for row in rows:
        last = str(row["key"]).rpartition("/")[2]
        cells[int(last) if last.isdigit() else last] = row["count"]
    return cells


def pyalex_wishes(url: str, of: str = "id") -> dict[str, Callable[[], Cells]]:
    """Return how pyalex is asked, its sessions led to the server."""

    class Led(requests.Session):
        def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
            request.url = str(request.url).replace(HOST, url)
            return super().prepare_request(request)

    led = mock.patch.object(pyalex.api, "_get_requests_session", Led)

    def group(asked: dict[str, Any], key: str) -> Cells:
        with led:
            return read_groups(pyalex.Works().filter(**asked).group_by(key).get())

    def papers(asked: dict[str, Any]) -> Cells:
        with led:
            return {
                found["id"].rpartition("/")[2]: len(found["authorships"])
                for page in pyalex.Works().filter(**asked).paginate(per_page=100)
                for found in page
            }

    return wishes_by(group, papers, of)


def pyopenalex_wishes(url: str) -> dict[str, Callable[[], Cells]]:
    """Return how pyopenalex is asked."""
    client = importlib.import_module("pyopenalex").OpenAlex(base_url=url)

    def group(asked: dict[str, Any], key: str) -> Cells:
        found = client.works.filter(**asked).group_by(key).get().group_by
        return read_groups({"key": row.key, "count": row.count} for row in found)

    def papers(asked: dict[str, Any]) -> Cells:
        found = client.works.filter(**asked).get(all=True).results
        return {each.id.rpartition("/")[2]: len(each.authorships) for each in found}

    return wishes_by(group, papers)


def compare() -> str:
    """Return the table of right cells, in Markdown."""
    works = some_works()
    expected = truths(works)
    missing = {"openalexR": "" if shutil.which("Rscript") else "not measured: no Rscript here"}
    with OpenAlexServer(read_works(works), keyless_credits=NO_LIMIT, per_second=False) as server:
        asked = {"bibliometrics": ours(server.url)}
        version = importlib.metadata.version("pyalex")
        for of in ("id", "lineage"):
            asked[f"pyalex {version}, by `{of}`"] = pyalex_wishes(server.url, of)
        if importlib.util.find_spec("pyopenalex"):
            version = importlib.metadata.version("pyopenalex")
            asked[f"pyopenalex {version}"] = pyopenalex_wishes(server.url)
        rows = [["wish", *asked, *missing], ["---"] * (1 + len(asked) + len(missing))]
        totals: Counter[str] = Counter()
        for wish, truth in expected.items():
            right = {name: count_right(lines[wish], truth) for name, lines in asked.items()}
            totals.update(right)
            cells = [f"{number} of {len(truth)}" for number in right.values()]
            rows.append([wish, *cells, *missing.values()])
        every = sum(map(len, expected.values()))
        sums = [f"**{totals[name]} of {every}**" for name in asked]
        rows.append(["**all**", *sums, *missing.values()])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def count_right(ask: Callable[[], Cells], truth: Cells) -> int:
    """Return how many cells are right."""
    assert truth, "a wish without cells compares nothing"
    found = ask()
    return sum(bool(found.get(key) == value) for key, value in truth.items())


BEGIN, END = "<!-- peers: written by `python -m tests.benchmarks.one_line` -->\n", "<!-- /peers -->"

if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, "README.md has no block of peers"
    assert end, "README.md has no block of peers"
    README.write_text(f"{before}{begin}{compare()}\n{end}{after}", encoding="utf-8")
