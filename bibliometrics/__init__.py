"""
Rebuild a published bibliometric study from open data, and grade its claims.

The names below are what notebooks need; each is loaded from its room when it is first used, so that
``import bibliometrics`` alone needs nothing but Python's standard library.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

__version__ = "0.1.0"

_ROOMS: Final = MappingProxyType(
    {
        "big_science_figures": "plot_big_science",
        "build": "Build evidence_of read_build read_tables",
        "claims": "filter_verdicts format_verdicts load_claims read_verdicts summarise_verdicts",
        "curve_figures": "plot_curve plot_weak_axes",
        "curve_reading": "list_big_science list_choices list_counting list_robustness"
        " list_specifications list_spread list_weak_choices tell_big_science tell_curve"
        " tell_robustness tell_weak_axes",
        "datapackage": "Provenance",
        "errors": "BibliometricsError",
        "figures": "describe_specification plot_country_output plot_fields plot_headline"
        " plot_institution_partners plot_institution_region plot_partner_map plot_partner_years"
        " plot_region_output plot_region_partners plot_team_size save_figure",
        "figure_data": "Evidence Source Stated",
        "question": "Question build_plan",
        "reading": "list_definitions list_fractional list_growth list_indicators list_open_claims"
        " list_other_years list_ties list_verdicts list_witnesses show_figure show_table"
        " tell_answer tell_figure tell_summary",
        "report": "write_report",
        "study": "Study available_studies load_study",
        "witness_files": "read_witnesses",
    }
)
_ROOM_OF: Final = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = sorted([*_ROOM_OF, "__version__"])


def __getattr__(name: str) -> Any:
    """Load a public name from its room when it is first used."""
    if name not in _ROOM_OF:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, also those not yet loaded."""
    return sorted({*globals(), *__all__})
