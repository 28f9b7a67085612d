"""How a room opens: its names are loaded from their modules when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def open_door(
    room: str, names_of: Mapping[str, str]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__all__``, ``__getattr__`` and ``__dir__`` of a room: module -> names in it."""
    module_of = {name: module for module, names in names_of.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in module_of:
            message = f"module {room!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = getattr(import_module(f"{room}.{module_of[name]}"), name)
        setattr(sys.modules[room], name, value)
        return value

    return sorted(module_of), load, lambda: sorted({*vars(sys.modules[room]), *module_of})
