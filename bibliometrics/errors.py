"""
The whole error tree. Every error is one line for a reader and one exit code for a program.

::

    BibliometricsError          1  a fault of ours, or unclassified
    ├── UsageError              2  wrong words on the command line
    ├── InputError              3  a study, definition, claim, witness or option that can't be used
    ├── NetworkError            4  no connection to the source
    ├── KeyRefusedError         5  the source refuses the API key, or wants one
    ├── BudgetError             6  the plan costs more than the budget, or the budget is spent
    ├── ServerError             7  the source failed again and again, or answers nonsense
    │   └── PartialAnswerError  7  the source counted only a part, again and again
    ├── RefusedError            8  the source refuses the request itself
    ├── ArchiveError            9  saved raw answers are missing, cut or edited
    ├── TableError             10  a table breaks its contract, or was edited after it was built
    ├── DiskError              11  a folder can't be written, or the disk is full
    ├── BusyError              12  another run works in the same folder
    ├── MissingPackageError    13  a library that the command needs is not installed
    └── SnapshotError          14  a snapshot release is damaged, incomplete or changed while read

Exit code 130 is an interrupt from the keyboard.
"""

from __future__ import annotations


class BibliometricsError(Exception):
    """
    Base of all errors that this package raises on purpose.

    Parameters
    ----------
    message : str
        What failed by name, what was expected and what came. One line.
    next_step : str
        What the reader can do now. One line, may be empty.
    """

    exit_code = 1

    def __init__(self, message: str, next_step: str = "") -> None:
        self.message = " ".join(message.split())
        self.next_step = " ".join(next_step.split())
        super().__init__(self.message, self.next_step)

    def __str__(self) -> str:
        """Return message and next step as one line."""
        return f"{self.message} Next: {self.next_step}" if self.next_step else self.message


class UsageError(BibliometricsError):
    """The words on the command line can't be understood."""

    exit_code = 2


class InputError(BibliometricsError):
    """A study, definition, claim, witness or option can't be used."""

    exit_code = 3


class NetworkError(BibliometricsError):
    """There is no connection to the source."""

    exit_code = 4


class KeyRefusedError(BibliometricsError):
    """The source refuses the API key, or refuses to answer without one."""

    exit_code = 5


class BudgetError(BibliometricsError):
    """The plan costs more than the budget, or the budget is spent."""

    exit_code = 6


class ServerError(BibliometricsError):
    """The source failed after all retries, or its answer makes no sense."""

    exit_code = 7


class PartialAnswerError(ServerError):
    """The source counted only a part of the works, after all retries."""


class RefusedError(BibliometricsError):
    """
    The source refuses the request itself; asking again would not help.

    ``status`` is the HTTP status, or 0 where there was none.
    """

    exit_code = 8
    status = 0


class ArchiveError(BibliometricsError):
    """Saved raw answers are missing, cut or edited."""

    exit_code = 9


class TableError(BibliometricsError):
    """A table breaks its contract, or was edited after it was built."""

    exit_code = 10


class DiskError(BibliometricsError):
    """A folder can't be written, or the disk is full."""

    exit_code = 11


class BusyError(BibliometricsError):
    """Another run works in the same folder."""

    exit_code = 12


class MissingPackageError(BibliometricsError):
    """A library that the command needs is not installed."""

    exit_code = 13


class SnapshotError(BibliometricsError):
    """A snapshot release is damaged, incomplete, or changed while it was read."""

    exit_code = 14
