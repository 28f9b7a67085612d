"""
Rebuild a published bibliometric study from open data, and grade its claims.

``connect(...)`` is where counting begins: ``help(bibliometrics.connect)``. Each name is loaded
from its room when it is first used: the import alone needs nothing but Python's standard library.
"""

from __future__ import annotations

from bibliometrics.doors import open_door

__version__ = "0.1.0"

_NAMES, __getattr__, _ = open_door(
    __name__,
    {
        "builds.read": "Build evidence_of read_build",
        "claims.verdicts": (
            "filter_verdicts format_verdicts load_claims read_verdicts summarise_verdicts"
        ),
        "claims.witnesses": "read_witnesses",
        "connection.citing": "cite",
        "connection.counting": "Connection connect",
        "connection.indicators": "activity_index affinity growth salton share",
        "connection.names": "region",
        "connection.sources": "Cost",
        "connection.studies": "refresh",
        "errors": "BibliometricsError InputError",
        "figures.catalogue": "describe_specification save_figure",
        "figures.data": "Evidence Source Stated",
        "figures.plot": "plot",
        "report.page": "write_report",
        "report.reading": (
            "list_big_science list_choices list_counting list_definitions list_fractional "
            "list_growth list_indicators list_open_claims list_other_years list_readings "
            "list_spread list_ties list_verdicts "
            "list_witnesses show_figure show_table tell_answer tell_big_science tell_curve "
            "tell_figure tell_readings tell_summary tell_weak_axes"
        ),
        "study.model": "Study available_studies load_study",
        "study.plan": "build_plan",
        "study.questions": "Question",
        "tables.answers": "Provenance",
    },
)
#: What notebooks still use and nobody else should: formatted text where numbers are wanted.
_OLD = ("list_", "show_", "tell_")
__all__ = sorted(["__version__", *(name for name in _NAMES if not name.startswith(_OLD))])


def __dir__() -> list[str]:
    return __all__
