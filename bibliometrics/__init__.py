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
        "claims.frames": "grade read_claims read_witnesses",
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
        "study.model": "Study available_studies load_study",
        "study.plan": "build_plan",
        "study.questions": "Question",
        "tables.answers": "Provenance",
    },
)
__all__ = sorted(["__version__", *_NAMES])


def __dir__() -> list[str]:
    return __all__
