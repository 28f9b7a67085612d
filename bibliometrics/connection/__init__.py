"""Counting from Python: who answers, what is asked in names of the field, and tidy frames."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "counting": "Connection connect",
        "names": "region",
        "sources": "Cost",
    },
)
