"""Parameters of the OpenAlex API: which there are, which go together, pages and sort orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.openalex_server.keys import decode_cursor
from tests.support.openalex_server.names import words
from tests.support.openalex_server.refusals import html, refuse_page, refuse_query

Params = dict[str, str]

PARAMETERS = words(
    "apc_sum api-key api_key cited_by_count_sum cursor data_version data-version filter format"
    " include_xpac include-xpac group_by group-by group_bys group-bys mailto page per_page"
    " per-page q sample seed search select sort warm bypass_cache"
)
_NOT_SERVED = frozenset(words("apc_sum cited_by_count_sum q"))
MOST_RESULTS = 10_000
TOOK_MS = 37


@dataclass(frozen=True)
class Limits:
    """Switches of the origin.

    Parameters
    ----------
    max_per_page, max_groups_per_page : int
        Largest page of a list, and of groups; a larger one is a 400.
    nested : bool
        Whether `group_by` takes several keys.
    corpus : bool
        Whether the parameter `corpus` is known.
    default_corpus : str
        What is counted where nothing is said: core or all.
    extra_meta : dict
        Further keys in `meta`.
    """

    max_per_page: int = 200
    max_groups_per_page: int = 200
    nested: bool = True
    corpus: bool = True
    default_corpus: str = "core"
    extra_meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What disturbs one answer.

    Parameters
    ----------
    took_ms : int
        `meta.db_response_time_ms`.
    partial : bool
        Only the first half of the records is counted.
    flagged : bool
        `meta.timed_out` is true.
    repeat_group : bool
        A group comes a second time, with a count of one: on a later page of a cursor the last group
        of the page before, else the first group again at the end.
    hidden : int
        Set of the records that are out of reach, as after a day's changes.
    """

    took_ms: int = TOOK_MS
    partial: bool = False
    flagged: bool = False
    repeat_group: bool = False
    hidden: int = 0


UNDISTURBED = Effect()


def either(params: Params, name: str) -> str | None:
    """Return a parameter written with hyphens or underscores; an empty one counts as absent."""
    return params.get(name.replace("_", "-")) or params.get(name) or None


def whole_number(params: Params, name: str, default: int) -> int:
    text = either(params, name)
    try:
        return int(text) if text else default
    except ValueError:
        refuse_query(f"Param {name.replace('_', '-')} must be a number.")


def check_parameters(params: Params, limits: Limits, entity: str = "works") -> None:
    """Raise the refusal of parameters that are unknown or don't go together."""
    valid = [*PARAMETERS, "corpus"] if limits.corpus else PARAMETERS
    for name in params:
        if name not in valid and not name.startswith("search."):
            names = ", ".join(PARAMETERS[:-1])
            refuse_query(f"{name} is not a valid parameter. Valid parameters are: {names}.")
        if name in _NOT_SERVED:
            raise html(501)
    if either(params, "data_version") == "1":
        refuse_query("data-version=1 is no longer supported.")
    if params.get("format", "json") != "json":
        raise html(501)
    if "corpus" in params and entity != "works":
        refuse_query("corpus is not a valid parameter. It is one of /works only.")
    if params.get("corpus", "core") not in ("core", "expansion", "all"):
        refuse_query("corpus must be one of core, expansion, all.")
    if "corpus" in params and ("xpac" in params.get("filter", "") or "include_xpac" in params):
        refuse_query("corpus does not work with is_xpac or include_xpac.")
    _check_sample(params)


def _check_sample(params: Params) -> None:
    sample = whole_number(params, "sample", 0)
    if sample > MOST_RESULTS:
        refuse_query("Sample size must be less than or equal to 10,000.")
    if "seed" in params and not sample:
        refuse_query("You must include the sample parameter when using a seed value.")
    if sample and "sort" in params:
        refuse_query("sample does not work with sort.")
    if sample and either(params, "group_by"):
        refuse_query("sample does not work with group_by.")


def page_size(params: Params, limits: Limits, *, grouped: bool) -> int:
    """Return how many records or groups a page has, or raise the 400 of a wrong size."""
    most = limits.max_groups_per_page if grouped else limits.max_per_page
    size = whole_number(params, "per_page", min(200, most) if grouped else 25)
    if not 1 <= size <= most:
        refuse_page(f"per-page parameter must be between 1 and {most}.")
    return size


def page_number(params: Params, per_page: int, *, grouped: bool) -> int:
    """Return the number of the page, or raise the 400 of one that can't be asked for."""
    page, cursor = whole_number(params, "page", 1), params.get("cursor")
    if grouped and page != 1:
        refuse_page("Unable to paginate beyond page 1. Group-by is limited to page 1.")
    if cursor and page != 1:
        refuse_page("Cannot use page parameter with cursor.")
    if page < 1:
        refuse_page("Page parameter must be greater than 0.")
    if page * per_page > MOST_RESULTS:
        refuse_page(
            f"Maximum results size of {MOST_RESULTS:,} records is exceeded. Cursor pagination"
            " is required for records beyond."
        )
    if cursor and cursor != "*":
        decode_cursor(cursor)
    return page


def sort_orders(params: Params) -> list[tuple[str, str]]:
    """Return the (key, asc or desc) pairs of `sort`."""
    text = params.get("sort") or ""
    pairs = [part.partition(":") for part in text.split(",")] if text else []
    for key, _, order in pairs:
        if order not in ("", "asc", "desc"):
            refuse_query(f"Sort order of {key} must be asc or desc, not {order}.")
    return [(key.replace("-", "_"), order or "asc") for key, _, order in pairs]


def group_order(sort: list[tuple[str, str]]) -> tuple[str, str] | None:
    """Return how groups are sorted, None for the order of counts."""
    for key, _ in sort:
        if key not in ("key", "count") and "." not in key:
            refuse_query("Valid sort params with group by are: key or count")
    return sort[-1] if sort else None
