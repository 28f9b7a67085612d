"""
How TOML and JSON become values of the package: one reader, one way to say what is wrong.

A form is a frozen dataclass; its types are what is expected. Nothing is converted but lists to
tuples and dates to texts, and an entry that no one knows is an error: most likely it is misspelt.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, get_args, get_type_hints

from bibliometrics.errors import BibliometricsError, InputError
from bibliometrics.files import read_regular


class _NotEmpty:
    """Says to pydantic, without loading it, that a text must say something."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return {**handler(source), "strip_whitespace": True, "min_length": 1}


#: A text that says something.
Text = Annotated[str, _NotEmpty()]
Form = TypeVar("Form")

LARGEST_TOML: Final = 20_000_000
if TYPE_CHECKING:
    from pydantic import TypeAdapter

UNKNOWN: Final = ("unexpected_keyword_argument", "extra_forbidden")
MISSING: Final = ("missing", "missing_argument")
EXPECTED: Final = {
    "string_type": "a text",
    "string_too_short": "a text that is not empty",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a table",
    "dataclass_type": "a table",
    "list_type": "a list",
    "tuple_type": "a list",
}


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file."""
    try:
        return tomllib.loads(read_regular(path, LARGEST_TOML).decode("utf-8-sig"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        msg = f"can't read {path}: {reason}."
        raise InputError(msg, "check the path") from error
    except (ValueError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else error
        msg = f"{path} is not valid TOML: {said}."
        raise InputError(msg, "mend that line") from error


def read_form(
    form: type[Form],
    data: object,
    where: str,
    *,
    error: type[BibliometricsError] = InputError,
    step: str = "",
) -> Form:
    """
    Return data of a file (bytes: its JSON text) as a form; else say file, place, expected and came.

    >>> from dataclasses import dataclass
    >>> Named = dataclass(type("Named", (), {"__annotations__": {"codes": tuple[str, ...]}}))
    >>> read_form(Named, {"codes": ["BR", 7]}, "regions.toml")
    Traceback (most recent call last):
    bibliometrics.errors.InputError: regions.toml: entry 'codes[1]' must be a text, but is 7. ...
    """
    from pydantic import ValidationError  # noqa: PLC0415 - `--help` starts fast without it

    text = data if isinstance(data, bytes) else json.dumps(data, default=str)
    kind: Any = form
    try:
        made: Form = _adapter(kind).validate_json(text, strict=True, extra="forbid")
    except ValidationError as caught:
        # A misspelt entry explains a missing one, so it is told first.
        fault = min(caught.errors(), key=lambda one: one["type"] not in UNKNOWN)
        said, next_step = _tell(form, fault["type"], fault["loc"], fault["input"], fault["msg"])
        msg = f"{where}: {said}."
        raise error(msg, step or next_step) from caught
    return made


@cache
def _adapter(form: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - `--help` starts fast without it

    return TypeAdapter(form)


def _tell(
    form: object, kind: str, place: Sequence[str | int], came: object, said: str
) -> tuple[str, str]:
    """Return what is wrong, and the next step."""
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]
    if kind in UNKNOWN:
        return f"unknown entry {name!r}", f"known: {', '.join(_known(form, place[:-1]))}"
    if kind in MISSING:
        return f"entry {name!r} is missing", f"add {place[-1]} = …"
    if kind == "json_invalid":
        return f"it is not valid JSON ({said})", "correct it"
    expected = EXPECTED.get(kind, said.removeprefix("Input should be "))
    entry = f"entry {name!r}" if name else "it"
    return f"{entry} must be {expected}, but is {came!r}", "correct it"


def _known(form: Any, place: Sequence[str | int]) -> list[str]:
    """Return the names of the entries at a place."""
    for part in place:
        entries = get_type_hints(form) if hasattr(form, "__annotations__") else {}
        inner = [one for one in get_args(form) if one not in (..., type(None))]
        form = entries.get(str(part), inner[-1] if inner else object)
    return list(get_type_hints(form)) if hasattr(form, "__annotations__") else []
