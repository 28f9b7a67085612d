"""
The columns of every table: type, unit, range, meaning.

One place says it; the checks, the data dictionary and ``datapackage.json`` are made from it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bibliometrics.errors import TableError

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """One column: name, type (``int``, ``float``, ``str``, ``bool``), unit, range, meaning."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    optional: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """
    One table: what a row is, its key columns, its columns in order, and what it needs.

    ``needs`` is ``pull``, ``full pull`` (``refresh --all``) or ``witnesses``. Rows are sorted by
    ``order`` (a minus: the largest number first), as a rule the keys.
    """

    name: str
    row: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    needs: str = "pull"
    caption: str = ""
    order: tuple[str, ...] = ()

    @property
    def sorted_by(self) -> dict[str, bool]:
        """The columns that rows are sorted by, and whether each ascends."""
        return {name.removeprefix("-"): name[:1] != "-" for name in self.order or self.keys}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns in order."""
        return tuple(column.name for column in self.columns)


def _year() -> Column:
    return Column("year", "int", "Publication year", "year", 1500, 2050)


def _country(meaning: str, *, optional: bool = False) -> Column:
    said = f"{meaning}: ISO 3166-1 alpha-2, or XK for Kosovo"
    return Column("country_code", "str", said, optional=optional)


def _works(name: str, meaning: str, *, optional: bool = False) -> Column:
    return Column(name, "int", f"Works {meaning}, whole counting", "works", 0, None, optional)


def _counted(name: str, meaning: str, *, optional: bool = False) -> Column:
    said = f"Works {meaning}, whole counting; fractional in the row fractional counting"
    return Column(name, "float", said, "works", 0, None, optional)


def _share(name: str, meaning: str) -> Column:
    return Column(name, "float", f"{meaning}; empty if the denominator is 0", "share", 0, 1, True)


def _quotient(name: str, meaning: str) -> Column:
    said = f"{meaning}; empty if the denominator is 0 or the part exceeds it"
    return Column(name, "float", said, "share", 0, 1, True)


def _index(name: str, meaning: str) -> Column:
    return Column(name, "float", meaning, "ratio", 0, None, True)


def _area(meaning: str) -> Column:
    return Column("area", "str", f"Whose works: {meaning}")


_EVIDENCE_KINDS: Final = (
    "own",
    "published",
    "bound",
    "arithmetic",
    "level",
    "sample",
    "neighbour",
)
_VERDICTS: Final = ("holds", "differs", "open", "not counted", "waiting", "shown")
_LINES: Final = (
    "holds",
    "in part",
    "differs",
    "level",
    "open",
    "not counted",
    "waiting for a pull",
    "shown, not graded",
    "not about publications",
)


def _text(name: str, meaning: str, choices: tuple[str, ...] = ()) -> Column:
    return Column(name, "str", meaning, optional=True, choices=choices)


def _value(name: str, meaning: str) -> Column:
    return Column(name, "float", meaning, optional=True)


_CLAIMS: Final = (
    Table(
        "claims",
        "a test of a claim and piece of evidence; a claim without a test has one without test_id",
        ("claim_id", "test_id", "evidence"),
        (
            Column("claim_id", "str", "Number of the claim in the ledger"),
            _text("test_id", "Number of our test of it; empty for a claim without a test"),
            Column("source", "str", "Document that makes the claim"),
            Column("statement", "str", "What the document says, in our words"),
            _text("test", "Our reading of it: what is computed"),
            _value("stated", "Value that the document states; empty if none"),
            _text("unit", "Unit of stated, holds_from, holds_to, observed, low and high"),
            _value("holds_from", "Lower end of the range in which the test holds; empty: none"),
            _value("holds_to", "Upper end of the range in which the test holds; empty: none"),
            _text("fixed", "When the range was set, before or after what had been seen"),
            _text("evidence", "openalex, snapshot, a witness, samples or document; empty if none"),
            _text(
                "evidence_kind",
                "own or published (these decide), bound (decides if it contradicts), arithmetic, "
                "level, sample or neighbour (shown)",
                _EVIDENCE_KINDS,
            ),
            _value("observed", "Value found; of a bound the least proven whatever the rule"),
            _value("low", "Lower end of the 95 % interval of a fitted trend"),
            _value("high", "Upper end of the 95 % interval of a fitted trend"),
            Column("verdict", "str", "Verdict of the test on this evidence", choices=_VERDICTS),
            _text("mark", "Words behind the verdict"),
            Column("readings_hold", "int", "Distinct readings in which it holds", optional=True),
            Column("readings_total", "int", "Distinct readings in which it counts", optional=True),
            Column("reason", "str", "One sentence: why this verdict, with computed numbers"),
        ),
        needs="witnesses",
        caption="Claims, tests, evidence and verdicts",
    ),
    Table(
        "claim_summary",
        "a claim",
        ("claim_id",),
        (
            Column("claim_id", "str", "Number of the claim in the ledger"),
            Column("statement", "str", "What the document says, in our words"),
            Column("verdict", "str", "The line of the claim", choices=_LINES),
            _text("databases", "The databases that decided it"),
            Column("sources_disagree", "bool", "Whether another source decides otherwise"),
            _text("marks", "Words behind the verdict"),
            Column("sentence", "str", "The line in words, with computed numbers"),
        ),
        needs="witnesses",
        caption="One line for each claim",
    ),
)

_TABLES: Final = (
    Table(
        "region_output",
        "a year",
        ("year",),
        (
            _year(),
            _works("n_works_region", "with an author in the region"),
            _works("n_works_world", "of the world with at least one country"),
            _share("share_of_world", "n_works_region / n_works_world"),
            _works("n_works_world_any", "of the world, with or without a country"),
        ),
        caption="Figure 1: output of the region and its share of the world",
    ),
    Table(
        "country_output",
        "a year and member of the region",
        ("year", "country_code"),
        (
            _year(),
            _country("Member of the region"),
            _works("n_works", "with an author in the country"),
            _share("share_of_region", "n_works / n_works_region of the year"),
        ),
        caption="Figure 2: output of the region's countries",
    ),
    Table(
        "region_partners",
        "a year and country outside the region that has a work with the region in any year",
        ("year", "country_code"),
        (
            _year(),
            _country("Partner country"),
            _works("n_works", "with an author in the region and one in the country"),
            _share("share_of_region", "n_works / n_works_region of the year"),
            Column(
                "affinity",
                "float",
                "Affinity index n_ij N / (n_i n_j): 1 is what chance would give; N n_works_world, "
                "n_i n_works_region, n_j all works of the partner in the year",
                "ratio",
                0,
                None,
                True,
            ),
        ),
        caption="Figure 3: partners of the region",
    ),
    Table(
        "institution_region",
        "a year",
        ("year",),
        (
            _year(),
            _works("n_works_institution_region", "of institution and region"),
            _works("n_works_home_region", "of home country and region"),
            _share(
                "share_of_home",
                "n_works_institution_region / n_works_home_region; empty where institutes abroad "
                "make the first the greater",
            ),
        ),
        caption="Figure 4: works of institution and region",
    ),
    Table(
        "institution_partners",
        "a year and member of the region",
        ("year", "country_code"),
        (
            _year(),
            _country("Member of the region"),
            _works("n_works", "of the institution with an author in the country"),
            _share(
                "share_of_institution_region", "n_works / n_works_institution_region of the year"
            ),
        ),
        caption="Figure 5: partner countries of the institution",
    ),
    Table(
        "fields",
        "an area (member of the region, region, world) and field, years pooled",
        ("country_code", "field_id"),
        (
            Column(
                "country_code",
                "str",
                "Member of the region, or the word region or world (works with at least one "
                "country)",
            ),
            Column("field_id", "int", "Number of the field of the primary topic", "", 11, 36),
            Column("field", "str", "Name of the field"),
            _works("n_works", "of the area in the field"),
            _works("n_top_1_percent", "of these among the world's 1 % most cited"),
            Column(
                "activity_index",
                "float",
                "Activity index (n_cf / n_c) / (n_wf / n_w) over works with a topic: 1 is the "
                "world's share of the field",
                "ratio",
                0,
                None,
                True,
            ),
        ),
        caption="Table 2: fields",
    ),
    Table(
        "team_size",
        "a year and band of the number of authors",
        ("year", "authors_from"),
        (
            _year(),
            Column("authors_from", "int", "Least number of authors in the band", "authors", 1),
            Column(
                "authors_to",
                "int",
                "Greatest number of authors in the band; empty: no bound",
                "authors",
                1,
                None,
                True,
            ),
            _works("n_works_institution_region", "of institution and region in the band"),
        ),
        caption="Works of institution and region by number of authors",
    ),
    Table(
        "fractional",
        "a year and member of the region",
        ("year", "country_code"),
        (
            _year(),
            _country("Member of the region"),
            _works("n_works", "of the institution with an author in the country"),
            Column(
                "n_works_fractional",
                "float",
                "The same works in fractional counting by country: each gives 1 / (number of its "
                "distinct countries)",
                "works",
                0,
            ),
        ),
        caption="Whole and fractional counts of works of institution and region",
    ),
    Table(
        "institution_output",
        "a year",
        ("year",),
        (
            _year(),
            _works("n_works_institution", "of the institution, with or without the region"),
            _works("n_works_institution_international", "of these with two countries or more"),
            _works("n_works_institution_region", "of institution and region"),
            _quotient(
                "share_of_international",
                "n_works_institution_region / n_works_institution_international",
            ),
            _index(
                "affinity",
                "Affinity index n_ij N / (n_i n_j): N n_works_world, n_i n_works_institution, n_j "
                "n_works_region of the year; 1 is what chance would give",
            ),
        ),
        needs="full pull",
        caption="Output of the institution, international and with the region",
    ),
    Table(
        "cooperation_fields",
        "an area, a field and a half of the years",
        ("area", "year_from", "field_id"),
        (
            _area("institution_region, home_region, institution, home, region or world"),
            Column("field_id", "int", "Number of the field of the primary topic", "", 11, 36),
            Column("field", "str", "Name of the field"),
            Column("year_from", "int", "First year of the half", "year", 1500, 2050),
            Column(
                "year_to",
                "int",
                "Last year of the half; the middle year of an odd number is in the first half",
                "year",
                1500,
                2050,
            ),
            _works("n_works", "of the area in the field"),
            _works("n_works_small_teams", "of these by at most 100 authors"),
            _works("n_top_10_percent", "of these among the world's 10 % most cited"),
            _share("share_of_area", "n_works / the area's works in all fields of the half"),
            _index("activity_index", "share_of_area / that of world, same field and half"),
        ),
        needs="full pull",
        caption="In what they cooperate: fields",
    ),
    Table(
        "cooperation_themes",
        "an area, a theme and a year",
        ("area", "theme", "year"),
        (
            _area("institution_region, home_region or world"),
            Column("theme", "str", "Key of the theme in definitions/themes.toml"),
            _year(),
            _works("n_works", "of the area in the theme; themes overlap"),
        ),
        needs="full pull",
        caption="In what they cooperate: themes",
    ),
    Table(
        "institution_types",
        "a year and type of institution",
        ("year", "type"),
        (
            _year(),
            Column("type", "str", "Type of institution as OpenAlex has it"),
            _works(
                "n_works",
                "of home country and region with an institution of this type anywhere on the "
                "work, whatever its country; types overlap",
            ),
            _works(
                "n_works_home",
                "of these where one institution has type and home country; empty where only an "
                "API was asked",
                optional=True,
            ),
        ),
        needs="full pull",
        caption="Types of institutions on works of home country and region",
    ),
    Table(
        "home_partners",
        "a year and member of the region",
        ("year", "country_code"),
        (
            _year(),
            _country("Member of the region"),
            _works("n_works_home", "of the home country with an author in the country"),
            _works("n_works_institution", "of the institution with an author in the country"),
            _quotient("share_of_home", "n_works_institution / n_works_home"),
        ),
        needs="full pull",
        caption="Partner countries of the home country, and the institution's part",
    ),
    Table(
        "ties",
        "a pair of countries, one at least in the region, years pooled",
        ("country_code", "partner_code"),
        (
            _country("Member of the region; of two members the first by code"),
            Column(
                "partner_code",
                "str",
                "Another member, or one of the 30 countries outside with most works with the "
                "region",
            ),
            _works("n_works", "of the world with an author in both"),
            _index(
                "affinity",
                "Affinity index n_ij N / (n_i n_j): n_i all works of a country, N n_works_world",
            ),
            _quotient("salton", "n_works / square root of (n_i n_j)"),
        ),
        needs="full pull",
        caption="Who with whom: ties between countries",
    ),
    Table(
        "cooperation_institutions",
        "an institution on one side of the cooperation, years pooled",
        ("side", "institution_id"),
        (
            Column(
                "side",
                "str",
                "institution: at or under the institution, on its works with the region; region: "
                "of a country in the region, on the same works; home: of the home country, not "
                "under the institution, on the works of home country and region",
                choices=("institution", "region", "home"),
            ),
            Column(
                "institution_id",
                "str",
                "OpenAlex id as it stands on the affiliation: a branch with an id of its own is a "
                "row of its own, and a count by lineage can be higher",
            ),
            Column("institution", "str", "Name; empty: unknown to the source", optional=True),
            _country("Country of the institution", optional=True),
            _works("n_works", "with the institution on some affiliation"),
            _works("n_works_small_teams", "of at most 100 authors among them"),
            Column(
                "list_complete",
                "bool",
                "true: no institution of this side is missing; false: those with most works of "
                "small teams",
            ),
        ),
        needs="full pull",
        caption="Which institutions cooperate",
        order=("side", "-n_works", "institution_id"),
    ),
    Table(
        "specifications",
        "a reading or lens and year",
        ("specification", "year"),
        (
            Column("specification", "str", "A reading's choices in words, or what a lens changes"),
            Column("document_types", "str", "Types of works that count"),
            Column("source", "str", "Sources that count"),
            Column("team_size", "str", "Numbers of authors and countries that count"),
            Column("institution", "str", "Which institutes count as the institution"),
            Column("region", "str", "Which countries count as the region"),
            Column("home", "str", "Which countries count as the home country"),
            Column("affiliations", "str", "Whether works with suspect matches count"),
            Column(
                "family",
                "str",
                "reading: what the document may have meant; lens: another way to look, one at a "
                "time around the primary specification",
                choices=("reading", "lens"),
            ),
            Column("is_primary", "bool", "Whether it is the study's primary specification"),
            _year(),
            _counted("n_works_institution_region", "of institution and region"),
            _counted("n_works_home_region", "of home country and region", optional=True),
            Column(
                "top_country",
                "str",
                "Country that the study names as first partner; empty if none",
                optional=True,
            ),
            _counted("n_works_top_country", "of institution and top country", optional=True),
        ),
        needs="full pull",
        caption="Works of institution and region under other definitions: readings and lenses",
    ),
    Table(
        "readings",
        "a distinct reading of the document, quantity, year and member of its region",
        ("reading", "quantity", "year", "country_code"),
        (
            Column(
                "reading",
                "str",
                "What the document may have meant: document types, sources, institution, region",
            ),
            Column(
                "quantity",
                "str",
                "What was counted; of region, world and country once for all rules of the "
                "institution",
                choices=(
                    "n_works_region",
                    "n_works_world",
                    "n_works_country",
                    "n_works_institution_region",
                    "n_works_home_region",
                    "n_works_institution_country",
                ),
            ),
            _year(),
            _text("country_code", "Member of the reading's own region; empty for wholes"),
            _works("n_works", "of the quantity"),
        ),
        needs="full pull",
        caption="Counts under every distinct reading of the document",
    ),
    Table(
        "coverage",
        "a year and publisher of the papers of the floor",
        ("year", "publisher"),
        (
            _year(),
            Column("publisher", "str", "Publisher, by the prefix of the DOI"),
            *(
                Column(name, "int", meaning, "works", 0)
                for name, meaning in (
                    ("n_dois", "DOIs of papers that are the institution's and the region's"),
                    ("n_known", "Of these: known in the core corpus"),
                    ("n_expansion_only", "Of these: known in the expansion corpus alone"),
                    ("n_with_institutions", "Of these: known with some institution"),
                    ("n_institution_region", "Of these: known as of institution and region"),
                    ("n_same_year", "Of these: known in the year of the list"),
                )
            ),
        ),
        needs="full pull",
        caption="How much of the floor's papers the source knows",
    ),
    Table(
        "claim_counts",
        "something counted for claims alone",
        ("what", "item"),
        (
            Column(
                "what",
                "str",
                "What is counted: works of the region in the world's top 1 % (top_…), by subfield "
                "(subfields_…), of institutions with the region, of a centre abroad, international "
                "ones (two countries or more) by half of the years and by area",
            ),
            Column("item", "str", "Of which country, subfield, institution, area or way to ask"),
            _works("n_works", "counted, years pooled"),
        ),
        needs="full pull",
        caption="Counts that claims alone ask for",
    ),
    *_CLAIMS,
    Table(
        "witnesses",
        "a published figure",
        ("witness", "quantity", "year", "country_code", "partner_code", "field"),
        (
            Column("witness", "str", "Name of the published source and its edition"),
            Column("quantity", "str", "What was measured"),
            _year(),
            Column(
                "country_code",
                "str",
                "Country code, or an aggregate of the source (WORLD, LAC33, LCN, …)",
            ),
            Column(
                "partner_code",
                "str",
                "Partner country code or aggregate; empty if none",
                optional=True,
            ),
            Column(
                "field",
                "str",
                "Field of science as the source names it; empty if none",
                optional=True,
            ),
            Column("value", "float", "Value in the unit"),
            Column("unit", "str", "Unit of value"),
            Column("source", "str", "Where the figure was published, and its licence"),
        ),
        needs="witnesses",
        caption="Published figures of others",
    ),
)

TABLES: Final[Mapping[str, Table]] = {table.name: table for table in _TABLES}
COUNT_TABLES: Final = tuple(table.name for table in _TABLES if table.needs != "witnesses")


def format_value(value: Value) -> str:
    """
    Return a value as it stands in a CSV file.

    Numbers keep 10 significant digits; None and NaN are empty; booleans are ``true``, ``false``.

    >>> [format_value(value) for value in (1 / 3, 2.0, 7, None, True, "BR")]
    ['0.3333333333', '2', '7', '', 'true', 'BR']
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(value, ".10g")
    return str(value)


def _parse(text: str, column: Column, where: str) -> Value:
    if text == "":
        if column.optional:
            return None
        msg = f"{where}: column {column.name!r} is empty but must hold {column.type}."
        raise TableError(msg)
    try:
        value: Value = {"int": int, "float": float, "str": str}.get(column.type, _flag)(text)
    except ValueError:
        msg = f"{where}: column {column.name!r} holds {text!r}, expected {column.type}."
        raise TableError(msg) from None
    if column.choices and value not in column.choices:
        msg = (
            f"{where}: column {column.name!r} holds {text!r}, expected one of "
            f"{', '.join(column.choices)}."
        )
        raise TableError(msg)
    low = -math.inf if column.minimum is None else column.minimum
    high = math.inf if column.maximum is None else column.maximum
    if isinstance(value, int | float) and not (low <= value <= high and math.isfinite(value)):
        msg = f"{where}: column {column.name!r} holds {text}, outside {low:g} to {high:g}."
        raise TableError(msg)
    return value


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _sort_key(row: Mapping[str, Value], table: Table) -> tuple[tuple[bool, Value], ...]:
    return tuple(
        (value is not None, "" if value is None else value if ascends else -float(value))
        for name, ascends in table.sorted_by.items()
        for value in [row[name]]
    )


def render_table(table: Table, rows: Iterable[Mapping[str, object]]) -> str:
    """Return the CSV text of a table: header, rows in the table's order, ``\n`` line ends."""
    texts = []
    for row in rows:
        if set(row) != set(table.names):
            odd = sorted(set(row) ^ set(table.names))
            msg = f"table {table.name}: missing or extra column: {', '.join(odd)}."
            raise TableError(msg)
        texts.append([format_value(_plain(row[name])) for name in table.names])
    parsed = parse_rows(table, texts, f"table {table.name}")
    order = sorted(range(len(parsed)), key=lambda index: _sort_key(parsed[index], table))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.names)
    writer.writerows(texts[index] for index in order)
    return stream.getvalue()


def _plain(value: object) -> Value:
    """Return a numpy or pandas scalar as a plain Python value."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    item = getattr(value, "item", None)
    plain = item() if callable(item) else None
    if isinstance(plain, str | bool | int | float):
        return plain
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    msg = f"a table can't hold {value!r} of type {type(value).__name__}."
    raise TableError(msg)


def parse_rows(table: Table, texts: Iterable[Sequence[str]], where: str) -> list[dict[str, Value]]:
    """Turn rows of text into typed rows and check them."""
    rows: list[dict[str, Value]] = []
    seen: set[tuple[Value, ...]] = set()
    for number, cells in enumerate(texts, start=2):
        place = f"{where}, line {number}"
        if len(cells) != len(table.columns):
            msg = f"{place}: {len(cells)} columns, expected {len(table.columns)}."
            raise TableError(msg)
        row = {
            column.name: _parse(text, column, place)
            for column, text in zip(table.columns, cells, strict=True)
        }
        key = tuple(row[name] for name in table.keys)
        if key in seen:
            msg = f"{place}: a second row for {dict(zip(table.keys, key, strict=True))}."
            raise TableError(msg)
        seen.add(key)
        rows.append(row)
    return rows


def read_table(table: Table, path: Path) -> list[dict[str, Value]]:
    """Read a table from its CSV file and check it."""
    try:
        text = path.read_text(encoding="utf-8")
        header, *rows = [*csv.reader(io.StringIO(text, newline=""))] or [[]]
    except OSError as error:
        msg = f"can't read table {path}: {error.strerror}."
        raise TableError(msg, "run `python -m bibliometrics tables`") from error
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{path} is no CSV file in UTF-8: {error}."
        raise TableError(
            msg, "rebuild the tables: `python -m bibliometrics refresh --offline`"
        ) from error
    if tuple(header) != table.names:
        msg = (
            f"{path}: columns are {', '.join(header) or 'none'}; expected {', '.join(table.names)}."
        )
        raise TableError(msg, "rebuild the tables: `python -m bibliometrics refresh --offline`")
    return parse_rows(table, rows, str(path))


def file_hash(path: Path) -> str:
    """Return the SHA-256 (hexadecimal) of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
