"""Words in, words out: the only room that prints."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "commands": "main",
    },
)
