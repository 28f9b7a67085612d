"""Study files written: regions found by name, a draft as TOML, checked before it is saved."""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from bibliometrics.errors import InputError
from bibliometrics.files import DEFINITIONS, check_output, write_atomic
from bibliometrics.models import read_toml
from bibliometrics.study.model import Specification, Study, fold, load_study, region_keys
from bibliometrics.study.plan import build_plan
from bibliometrics.study.specifications import specifications_hash

NAMES: Final = ("name", "short")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """
    What a new study file says.

    ``institution`` is a key of the package's definitions; or the entries of an institution of its
    own, with ``members`` as rows of id, ROR id, id of the parent and name.
    """

    id: str
    title: str
    years: tuple[int, int]
    region: str
    institution: str | dict[str, str]
    home: tuple[str, ...]
    members: tuple[tuple[str, str, str, str], ...] = ()


def _definitions(kind: str) -> dict[str, Any]:
    return read_toml(DEFINITIONS / f"{kind}.toml")


def find_region(text: str) -> str:
    """
    Return the key of a region by its key or one of its names, in any case.

    >>> find_region("africa"), find_region("latin-america")
    ('africa54', 'celac33')
    """
    key = region_keys().get(fold(text))
    if key is None:
        listed = ", ".join(
            f"{key} ({table['name']})" for key, table in _definitions("regions").items()
        )
        msg = f"{text!r} is no region of this package."
        raise InputError(msg, f"name one of these: {listed}; or add a region to a study file")
    return key


def region_names() -> list[str]:
    """Return key, name and number of countries of every region, one line each."""
    return [
        f"{key}: {table['name']}, {len(table['codes'])} countries"
        for key, table in _definitions("regions").items()
    ]


def region_short(key: str) -> str:
    """Return the short name of a region of the package, as figures show it."""
    table = _definitions("regions")[key]
    return str(table.get("short", table["name"]))


def name_of(institution: str | dict[str, str]) -> str:
    """Return the short name of an institution of the package, or of one with its own entries."""
    if isinstance(institution, str):
        return str(_definitions("institutions")[institution]["short"])
    return institution.get("short", institution["name"])


def find_definition(text: str) -> tuple[str, dict[str, Any]] | None:
    """Return the package's own institution of that key, id, ROR id or name; None if none is."""
    said = text.strip().casefold().removeprefix("https://")
    said = re.sub("^(openalex.org/|ror.org/|ror:)", "", said)
    for key, table in _definitions("institutions").items():
        known = (key, *(str(table.get(name, "")) for name in ("id", "ror", *NAMES)))
        if said and said in map(str.casefold, known):
            return key, table
    return None


def slug(*words: str) -> str:
    """
    Return words as an id for a study, or a file name.

    >>> slug("Universidad de São Paulo", "EU")
    'universidad-de-sao-paulo-eu'
    """
    plain = unicodedata.normalize("NFKD", " ".join(words)).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", plain.lower()).strip("-") or "study"


def _quote(value: str | Iterable[str]) -> str:
    """Return a text or a list of texts as TOML."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"[{', '.join(map(_quote, value))}]"


def render_study(draft: Draft, today: date) -> str:
    """Return the text of a study file."""
    own = draft.institution if isinstance(draft.institution, dict) else {}
    key = draft.institution if isinstance(draft.institution, str) else "own"
    lines = [
        "[study]",
        f"id = {_quote(draft.id)}",
        f"title = {_quote(draft.title)}",
        f"years = [{draft.years[0]}, {draft.years[1]}]",
        f"institution = {_quote(key)}",
        f"region = {_quote(draft.region)}",
        f"region_short = {_quote(region_short(draft.region))}",
        f"home = {_quote(draft.home)}",
        'source = "Definitions of this file, fixed before anything was counted"',
        f"date = {today.isoformat()}",
        "",
        "# What counts as a work; `institution` may also be exact, without all that lies below.",
        "[primary]",
        'types = ["article", "review"]',
        "retracted = false",
        "core_source = true",
        'institution = "lineage"',
    ]
    if own:
        lines += ["", "[institutions.own]"]
        lines += [f"{name} = {_quote(text)}" for name, text in own.items()]
        lines.append(f"date = {today.isoformat()}")
    if own and draft.members:
        lines += ["", "# id, ROR id, id of the parent, name", "[institutions.own.members]"]
        lines += ["list = [", *(f"  {_quote(row)}," for row in draft.members), "]"]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """Return a text, number, flag or list of texts as TOML."""
    if value is None:
        return '"any"'
    plain = isinstance(value, bool | int)
    return str(value).lower() if plain else _quote(value)


def whole_text(study: Study) -> str:
    """Return a study as the text of a file that needs nothing of the package's definitions."""
    institution, plain = study.institution, Specification()
    own = ("id", "title", "question", "years", "home", "home_name", "region_short", "top_country")
    entries = {
        name: getattr(study, name) for name in (*own, "featured_countries", "source", "date")
    }
    entries |= {"institution": institution.key, "region": study.region.key}
    entries["years"] = list(study.years)
    lines = ["[study]"]
    for name, value in entries.items():
        text = f"[{value[0]}, {value[1]}]" if name == "years" else _value(value)
        lines += [f"{name} = {text}"] if value not in ("", ()) else []
    lines += ["", "[primary]"]
    for name in Specification.__dataclass_fields__:
        value = getattr(study.primary, name)
        if value != getattr(plain, name) or name in {"types", "retracted", "core_source"}:
            lines.append(f"{name} = {_value(value)}")
    if study.paper:
        lines += [
            "",
            "[paper]",
            *(f"{name} = {_value(text)}" for name, text in study.paper.items()),
        ]
    named = {one.key: one for one in (*study.regions, study.region)}
    for region in named.values():
        lines += ["", f"[regions.{_quote(region.key)}]"]
        values = {
            name: getattr(region, name) for name in ("name", "source", "date", "note", "codes")
        }
        lines += [f"{name} = {_value(value)}" for name, value in values.items()]
    lines += ["", f"[institutions.{_quote(institution.key)}]"]
    names = ("id", "name", "short", "country", "source", "date", "ror", "note")
    lines += [f"{name} = {_value(getattr(institution, name))}" for name in names]
    short = dict(institution.part_names)
    for part, node in institution.parts:
        lines += ["", f"[institutions.{_quote(institution.key)}.parts.{_quote(part)}]"]
        lines += [f"id = {_quote(node)}", f"short = {_quote(short.get(part, part))}"]
    if institution.members:
        rows = [f"  {_quote((one, '', parent, ''))}," for one, parent in institution.members]
        lines += ["", f"[institutions.{_quote(institution.key)}.members]", "list = [", *rows, "]"]
    return "\n".join(lines) + "\n"


def check_path(path: Path, *, force: bool) -> None:
    """Check that a study file may be written there."""
    if path.suffix != ".toml":
        msg = f"{path} does not end in .toml."
        raise InputError(msg, "name a file such as my-study.toml with --out")
    if not path.parent.is_dir():
        msg = f"there is no folder {path.parent}."
        raise InputError(msg, "make it, or name another with --out")
    check_output(path, lambda _: False, force=force)


def check_text(text: str, path: Path) -> Study:
    """Return the study in a text that is to be saved at a path."""
    with tempfile.TemporaryDirectory(prefix="bibliometrics-") as folder:
        copy = Path(folder) / path.name
        copy.write_text(text, encoding="utf-8")
        try:
            return load_study(str(copy))
        except InputError as error:
            raise InputError(error.message.replace(str(copy), str(path)), error.next_step) from None


def write_study(text: str, path: Path) -> None:
    """Save a study file whole or not at all; DiskError if it can't be written."""
    write_atomic(path, text.encode())


def describe_primary(chosen: Specification) -> str:
    """
    Say in words which works the primary specification counts.

    >>> describe_primary(Specification(types=(), core_source=None, max_authors=20))
    'every type; core and other sources; not retracted; at most 20 authors; institution: lineage'
    """
    flags = {True: ("core sources only", "retracted only"), None: ("core and other sources", "")}
    said = [
        ", ".join(chosen.types) or "every type",
        f"without {', '.join(chosen.without_types)}" if chosen.without_types else "",
        flags.get(chosen.core_source, ("sources outside the core only", ""))[0],
        flags.get(chosen.retracted, ("", "not retracted"))[1],
        f"at most {chosen.max_authors} authors" if chosen.max_authors else "",
        f"at most {chosen.max_countries} countries" if chosen.max_countries else "",
        f"institution: {chosen.institution}",
        f"region: {chosen.region}" if chosen.region else "",
        f"home: {', '.join(chosen.home)}" if chosen.home else "",
    ]
    apart = ", ".join(chosen.without_institutions)
    return "; ".join(filter(None, [*said, f"without works of {apart}" if apart else ""]))


def describe_study(study: Study) -> dict[str, Any]:
    """Return what a study says, as plain values."""
    return {
        "institution": f"{study.institution.name} ({study.institution.id})",
        "home": f"{study.home_name} ({', '.join(study.home)})",
        "region": f"{study.region.name}, {len(study.region.codes)} countries",
        "years": f"{study.years[0]} to {study.years[1]}",
        "primary": describe_primary(study.primary),
        "questions": len(build_plan(study)),
        "hash": study.hash,
        "specifications_hash": specifications_hash(study),
    }


def lines_of(study: Study) -> list[str]:
    """Return what a study says, in lines."""
    return [f"  {name:12} {value}" for name, value in describe_study(study).items()]
