"""`count`: what :meth:`Connection.count` returns, as text, CSV or JSON."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

import pandas as pd

from bibliometrics.connection.counting import connect

#: Options that are passed on under their own name where they were given.
PASSED = (
    "sources",
    "corpus",
    "max_authors",
    "max_countries",
    "field",
    "top_percent",
    "international",
    "max_calls",
)


def split(text: str | None) -> list[str]:
    """
    Return the words of a list with commas.

    >>> split("BR, Latin America")
    ['BR', 'Latin America']
    """
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def wish_of(options: Namespace) -> dict[str, Any]:
    """Return the arguments of a count that a command line means."""
    told: dict[str, Any] = {name: getattr(options, name) for name in PASSED}
    told = {name: value for name, value in told.items() if value is not None}
    for name in ("region", "home", "types", "words", "without"):
        listed = split(getattr(options, name))
        if listed:
            told[name] = listed[0] if len(listed) == 1 else listed
    if options.retracted is not None:
        told["retracted"] = {"yes": True, "no": False, "any": "any"}[options.retracted]
    if isinstance(told.get("field"), str) and told["field"].isdecimal():
        told["field"] = int(told["field"])
    if options.filter:
        told["filters"] = dict(one.split(":", 1) for one in options.filter)
    return {
        **told,
        "institution": options.institution,
        "years": options.years,
        "by": split(options.by),
    }


def run_count(options: Namespace) -> str:
    """Return what is printed."""
    with connect(options.source, progress=False if options.quiet else None) as connection:
        wish = wish_of(options)
        if options.cost:
            wish.pop("max_calls", None)
            cost = connection.cost(**wish)._asdict()
            as_json = options.format == "json"
            return json.dumps(cost, indent=1) if as_json else _line(cost)
        return render(connection.count(**wish), options.format)


def _line(cost: dict[str, Any]) -> str:
    return f"{cost['calls']} to {cost['most_calls']} calls, {cost['usd']:.4f} USD at least"


def render(frame: pd.DataFrame, form: str) -> str:
    """Return a frame as text, CSV, or JSON with what it says of itself."""
    if form == "csv":
        return frame.to_csv(index=False, lineterminator="\n").rstrip("\n")
    if form == "json":
        rows = json.loads(frame.to_json(orient="records"))
        return json.dumps({**frame.attrs, "rows": rows}, indent=1, ensure_ascii=False)
    told = frame.attrs
    tail = f"{told['question']}\nsource: {told['source']}, {' to '.join(told['days'])}"
    body = frame.drop(columns=["institution", "region", "source"]).to_string(index=False, na_rep="")
    return f"{body}\n\n{tail}"
