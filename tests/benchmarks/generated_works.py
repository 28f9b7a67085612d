"""Generated works in the official schema, about as large as real ones, as Parquet or JSON Lines.

`n_distinct` records are invented and repeated under new ids: every row group of a Parquet file has
its own pages, so repeating changes neither what is read nor what is decoded. Sizes follow what is
published of the real release: 1,485 bytes a record in Parquet, a good third of it abstracts and a
seventh authorships; 2.6 authorships and 1.7 links to institutions a work; 37 % expansion records.
"""

from __future__ import annotations

import datetime
import gzip
import json
import random
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bibliometrics.study.model import country_names
from tests.support.snapshot_release import WORKS_SCHEMA, Work, describe_file, fill, write_manifest

BASE = "https://openalex.org/"
FIRST_ID = 4_000_000_000
CHUNK = 5_000
TYPES = ("article", "article", "article", "preprint", "book-chapter", "dataset", "review")
LEVEL = 3


class Inventor:
    """Invents records; the same for one seed."""

    def __init__(self, seed: int = 1) -> None:
        self.dice = random.Random(seed)
        letters = "eeeaaoiinrstldcmupghbfyvkwxzjq"
        self.words = [
            "".join(self.dice.choices(letters, k=self.dice.randint(2, 11))) for _ in range(20_000)
        ]
        self.word_weights = list(accumulate(1 / (rank + 3) for rank in range(20_000)))
        codes = sorted(country_names())
        self.place_weights = list(accumulate(1 / (rank + 10) for rank in range(100_000)))
        self.places = [self.make_place(row, self.dice.choice(codes)) for row in range(100_000)]
        self.topics = [self.make_topic(row) for row in range(4_500)]
        self.sources = [self.make_source(row) for row in range(50_000)]
        self.concepts = [
            {"id": f"{BASE}C{row * 977}", "display_name": self.text(2)} for row in range(20_000)
        ]

    def text(self, n_words: int) -> str:
        """Return some words."""
        return " ".join(self.dice.choices(self.words, cum_weights=self.word_weights, k=n_words))

    def number(self, letter: str, below: int = 9_000_000_000) -> str:
        """Return a random id."""
        return f"{BASE}{letter}{self.dice.randrange(1_000_000_000, below)}"

    def make_place(self, row: int, code: str) -> Work:
        """Return an institution, half of them with a parent."""
        own, parent = f"{BASE}I{100_000_000 + row * 37}", f"{BASE}I{100_000_000 + row // 9 * 37}"
        lineage = [own, parent] if row % 2 else [own]
        lineage += [f"{BASE}I{100_000_000 + row // 81 * 37}"] if row % 7 == 1 else []
        return {
            "country_code": code,
            "display_name": f"University of {self.text(2)}",
            "id": own,
            "lineage": lineage,
            "ror": f"https://ror.org/0{row:06x}",
            "type": "education",
        }

    def make_topic(self, row: int) -> Work:
        """Return a topic with subfield, field and domain."""
        return {
            "id": f"{BASE}T{10_000 + row}",
            "display_name": self.text(4),
            "subfield": {"id": f"{BASE}subfields/{1100 + row % 252}", "display_name": "Subfield"},
            "field": {"id": f"{BASE}fields/{11 + row % 26}", "display_name": "Field of science"},
            "domain": {"id": f"{BASE}domains/{1 + row % 4}", "display_name": "Physical Sciences"},
        }

    def make_source(self, row: int) -> Work:
        """Return a journal."""
        return {
            "id": f"{BASE}S{1_000_000 + row * 61}",
            "display_name": f"Journal of {self.text(3)}",
            "issn_l": f"{row:04d}-1234",
            "issn": [f"{row:04d}-1234", f"{row:04d}-5678"],
            "is_oa": row % 3 == 0,
            "is_in_doaj": row % 5 == 0,
            "is_core": row % 2 == 0,
            "host_organization": f"{BASE}P43{row % 4000}",
            "host_organization_name": "Publisher",
            "host_organization_lineage": [f"{BASE}P43{row % 4000}"],
            "type": "journal",
        }

    def make_team(self) -> list[Work]:
        """Return the authorships of a work: 2.6 on average, seldom thousands."""
        roll = self.dice.random()
        size = min(1 + int(self.dice.expovariate(0.52)), 60)
        if roll < 0.0004:
            size = self.dice.choice((120, 300, 800, 2900))
        team_places = self.dice.choices(self.places, cum_weights=self.place_weights, k=2)
        return [self.make_authorship(team_places) for _ in range(size)]

    def make_authorship(self, team_places: list[Work]) -> Work:
        """Return an authorship with none, one or two institutions."""
        dice = self.dice
        n_places = dice.choices((0, 1, 2), (44, 49, 7))[0]
        places = [
            team_places[0]
            if dice.random() < 0.6
            else dice.choices(self.places, cum_weights=self.place_weights)[0]
            for _ in range(n_places)
        ]
        written = [
            f"Department of {self.text(5)}, {place['display_name']}, {place['country_code']}"
            for place in places
        ] or ([self.text(9)] if dice.random() < 0.2 else [])
        name = f"{self.text(1).title()} {self.text(1).title()}"
        return {
            "author": {
                "id": self.number("A", 5_000_000_000),
                "display_name": name,
                "orcid": f"https://orcid.org/0000-0002-{dice.randrange(10**8):08d}"
                if dice.random() < 0.2
                else None,
            },
            "author_position": "middle",
            "affiliations": [
                {"institution_ids": [place["id"] for place in places], "raw_affiliation_string": w}
                for w in written
            ],
            "countries": sorted({place["country_code"] for place in places}),
            "raw_author_name": name,
            "is_corresponding": False,
            "raw_affiliation_strings": written,
            "institutions": places,
        }

    def make_location(self) -> Work:
        """Return a location, mostly with a source."""
        dice = self.dice
        place = f"10.{dice.randrange(1000, 9999)}/{self.text(1)}.{dice.randrange(10**7)}"
        return {
            "id": f"doi:{place}",
            "is_oa": dice.random() < 0.4,
            "landing_page_url": f"https://doi.org/{place}",
            "source": dice.choice(self.sources) if dice.random() < 0.75 else None,
            "version": "publishedVersion",
            "is_accepted": True,
            "is_published": True,
            "raw_type": "journal-article",
        }

    def make_abstract(self) -> str | None:
        """Return an inverted index as JSON, cut as the exporter cuts it; None for every second."""
        if self.dice.random() < 0.5:
            return None
        index: dict[str, list[int]] = {}
        for place, word in enumerate(self.text(self.dice.randint(60, 190)).split()):
            index.setdefault(word, []).append(place)
        return json.dumps(index, separators=(",", ":"))

    def score(self, items: list[Work], k: int) -> list[Work]:
        """Return some items, each with a score."""
        return [
            {**item, "score": round(self.dice.random(), 4)}
            for item in self.dice.choices(items, k=k)
        ]

    def make_record(self) -> Work:
        """Return one record; its id is set later."""
        dice = self.dice
        team, topics = self.make_team(), self.score(self.topics, dice.randint(0, 3))
        codes = {code for author in team for code in author["countries"]}
        title, kind, doi = self.text(11), dice.choice(TYPES), self.make_location()
        year = 2026 - min(int(dice.expovariate(0.06)), 200)
        cited = int(dice.paretovariate(0.9)) - 1
        refs = [self.number("W") for _ in range(int(dice.expovariate(0.11)))]
        day = datetime.datetime(2026, 1 + dice.randrange(9), 3)
        record = {
            "id": "",
            "doi": doi["landing_page_url"],
            "title": title,
            "display_name": title,
            "publication_year": year,
            "publication_date": f"{year}-0{dice.randint(1, 9)}-01",
            "ids": {"doi": doi["landing_page_url"]},
            "language": "en",
            "primary_location": doi,
            "best_oa_location": doi if doi["is_oa"] else None,
            "locations": [doi, *([self.make_location()] if dice.random() < 0.3 else [])],
            "locations_count": 1,
            "type": kind,
            "indexed_in": ["crossref"],
            "open_access": {"is_oa": doi["is_oa"], "oa_status": "gold"},
            "authorships": team,
            "authors_count": len(team),
            "countries_distinct_count": len(codes),
            "institutions_distinct_count": len({p["id"] for a in team for p in a["institutions"]}),
            "corresponding_author_ids": [team[0]["author"]["id"]],
            "fwci": round(dice.random() * 3, 4),
            "has_fulltext": dice.random() < 0.3,
            "cited_by_count": cited,
            "citation_normalized_percentile": {
                "value": round(dice.random(), 8),
                "is_in_top_1_percent": dice.random() < 0.01,
                "is_in_top_10_percent": dice.random() < 0.1,
            }
            if topics
            else None,
            "cited_by_percentile_year": {"min": dice.randrange(99), "max": 99},
            "counts_by_year": [
                {"year": 2026 - back, "cited_by_count": 1 + cited // 9}
                for back in range(min(cited, 8))
            ],
            "biblio": {"volume": str(dice.randrange(99)), "first_page": str(dice.randrange(999))},
            "is_retracted": dice.random() < 0.001,
            "is_paratext": False,
            "is_xpac": dice.random() < 0.37,
            "primary_topic": topics[0] if topics else None,
            "topics": topics,
            "keywords": self.score(self.concepts, dice.randint(0, 5)),
            "concepts": self.score(self.concepts, dice.randint(0, 8)),
            "referenced_works_count": len(refs),
            "referenced_works": refs,
            "abstract_inverted_index": self.make_abstract(),
            "has_content": {"pdf": False, "grobid_xml": False},
            "updated_date": day,
            "created_date": day,
        }
        return fill(record, WORKS_SCHEMA)


def work_id(row: int) -> str:
    """Return the id of a row of the whole release, always of ten digits."""
    return f"{BASE}W{FIRST_ID + row}"


def part_name(number: int) -> str:
    """Return the name of a part, without its ending."""
    return f"updated_date=2026-09-{1 + number:02d}/part_0000"


def make_table(n_distinct: int) -> pa.Table:
    """Return distinct records as one table in the official schema."""
    inventor, tables = Inventor(), []
    for start in range(0, n_distinct, CHUNK):
        records = [inventor.make_record() for _ in range(min(CHUNK, n_distinct - start))]
        for record in records:
            record["ids"] = list(record["ids"].items())
        tables.append(pa.Table.from_pylist(records, WORKS_SCHEMA))
    return pa.concat_tables(tables).combine_chunks()


def write_parquet(folder: Path, n_files: int, n_groups: int, n_distinct: int) -> int:
    """Write a Parquet release of n_files x n_groups x n_distinct records; return their number."""
    table, row, listed = make_table(n_distinct), 0, []
    for number in range(n_files):
        path = folder / "works" / f"{part_name(number)}.parquet"
        path.parent.mkdir(parents=True)
        with pq.ParquetWriter(
            path, WORKS_SCHEMA, compression="snappy", write_page_checksum=True
        ) as writer:
            for _ in range(n_groups):
                ids = pa.array([work_id(row + place) for place in range(n_distinct)])
                writer.write_table(table.set_column(0, "id", ids), row_group_size=n_distinct)
                row += n_distinct
        listed.append(describe_file("parquet", path, folder, n_groups * n_distinct))
    write_manifest(folder, listed, kind="parquet", date="2026-09-23", synthetic=True)
    return row


def encode_lines(n_distinct: int) -> list[bytes]:
    """Return distinct records as lines of JSON, each without its first key, the id."""
    inventor, lines, head = Inventor(), [], len('{"id":"",')
    for _ in range(n_distinct):
        record: dict[str, Any] = inventor.make_record()
        abstract = record["abstract_inverted_index"]
        record["abstract_inverted_index"] = json.loads(abstract) if abstract else None
        text = json.dumps(record, separators=(",", ":"), default=str)
        lines.append(text.encode()[head:] + b"\n")
    return lines


def write_jsonl(folder: Path, n_files: int, n_groups: int, n_distinct: int) -> tuple[int, int]:
    """Write a JSON Lines release; return the number of records and of bytes before compression."""
    lines, row, raw, listed = encode_lines(n_distinct), 0, 0, []
    for number in range(n_files):
        path = folder / "works" / f"{part_name(number)}.gz"
        path.parent.mkdir(parents=True)
        with gzip.open(path, "wb", compresslevel=LEVEL) as stream:
            for _ in range(n_groups):
                for start in range(0, n_distinct, 500):
                    block = b"".join(
                        b'{"id":"%s",%s' % (work_id(row + place).encode(), line)
                        for place, line in enumerate(lines[start : start + 500], start)
                    )
                    raw += stream.write(block)
                row += n_distinct
        listed.append(describe_file("jsonl", path, folder, n_groups * n_distinct))
    write_manifest(folder, listed, kind="jsonl", date="2026-09-23", synthetic=True)
    return row, raw
