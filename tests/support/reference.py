"""The reference page, made of docstrings; ``make readme`` writes it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import bibliometrics as bm

PAGE = Path(bm.__file__).parent / "REFERENCE.md"
HEAD = """# Every public name

`import bibliometrics as bm`; `help(bm.connect)` and the others say more. Written from the
docstrings; the examples are run as tests.
Numbers in them come from the SYNTHETIC sample that comes along, or are invented: none is a result.
"""
METHODS = {"Connection": ("count", "cost", "works", "close"), "Study": ("but",)}


PLAIN = (str, int, float, tuple, type(None))


def sections(value: Any) -> tuple[str, str]:
    """Return the first line of a docstring, and its examples."""
    text = inspect.getdoc(value) or ""
    examples = text.partition("\nExamples\n--------\n")[2]
    return text.strip().partition("\n")[0], re.split(r"\n\n\S+\n-+\n", examples)[0].strip()


def heading(name: str, value: Any) -> str:
    """Return a name with its arguments."""
    if inspect.isclass(value) and issubclass(value, Exception):
        return name
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return name
    words = []
    for one in signature.parameters.values():
        shown = repr(one.default) if isinstance(one.default, PLAIN) else "…"
        text = one.name if one.default is one.empty else f"{one.name}={shown}"
        if one.name != "self":
            words.append({one.VAR_KEYWORD: "**", one.VAR_POSITIONAL: "*"}.get(one.kind, "") + text)
    return f"{name}({', '.join(words)})"


def entries() -> dict[str, Any]:
    """Return every public name, methods of a connection among them."""
    found: dict[str, Any] = {}
    for name in bm.__all__:
        if name.startswith("__"):
            continue
        found[name] = value = getattr(bm, name)
        for method in METHODS.get(name, ()):
            found[f"{name}.{method}"] = getattr(value, method)
    return found


def render() -> str:
    """Return the page."""
    parts = [HEAD]
    for name, value in entries().items():
        said, examples = sections(value)
        parts.append(f"## {name}\n\n`{heading(name, value)}`\n\n{said}\n")
        if examples:
            parts.append(f"```python\n{examples}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
