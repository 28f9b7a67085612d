"""Counting from Python: who answers, what is asked in names of the field, and tidy frames."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "citing": "cite",
        "counting": "Connection connect",
        "indicators": "activity_index affinity growth salton share",
        "names": "region",
        "sources": "Cost",
        "studies": "refresh",
    },
)
