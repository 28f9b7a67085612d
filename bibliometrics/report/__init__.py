"""For readers: small tables and sentences, and one HTML file."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "page": "write_report",
    },
)
