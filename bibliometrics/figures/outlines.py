"""Outlines of countries, for maps: Natural Earth, public domain, simplified."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from bibliometrics.files import DEFINITIONS

Ring: TypeAlias = npt.NDArray[np.float64]
OUTLINES: Final = DEFINITIONS / "outlines.json"


@cache
def _read() -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads(OUTLINES.read_text(encoding="utf-8"))
    return told


def outline_note() -> str:
    """Return where the outlines come from."""
    return f"Outlines: {_read()['source']}"


@cache
def _arc(number: int) -> Ring:
    """Return the points of an arc as longitude and latitude; the file has steps."""
    steps = np.array(_read()["arcs"][number], dtype=float).reshape(-1, 2)
    points: Ring = steps.cumsum(axis=0) / _read()["scale"]
    return points


@cache
def rings_of(code: str) -> tuple[Ring, ...]:
    """
    Return the outer rings of a country; none where it is not drawn.

    An arc is shared by two neighbours, so no gap opens between them; one told as ``~n`` runs
    backwards.

    >>> len(rings_of("UY")), rings_of("none")
    (1, ())
    """
    rings = []
    for ring in _read()["countries"].get(code, ()):
        arcs = [_arc(number) if number >= 0 else _arc(~number)[::-1] for number in ring]
        rings.append(np.concatenate([arcs[0], *(arc[1:] for arc in arcs[1:])]))
    return tuple(rings)


def drawn_codes() -> tuple[str, ...]:
    """Return the codes of all countries that have an outline."""
    return tuple(_read()["countries"])


def frame_of(codes: Iterable[str]) -> tuple[float, float, float, float]:
    """Return west, east, south and north of the main land of countries, with a margin."""
    mains = [max(rings_of(code), key=len) for code in codes if rings_of(code)]
    if not mains:
        return -180.0, 180.0, -60.0, 85.0
    points = np.concatenate(mains)
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    margin = 0.04 * max(east - west, north - south) + 1
    return west - margin, east + margin, south - margin, north + margin
