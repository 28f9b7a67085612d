"""A build: made, written whole, read, compared."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "compare": "as_values find_differences render",
        "make": "Summary redraw refresh",
        "publish": "BUILD_ONE REPORT_FILE check_unedited hold is_report read_package",
        "read": "Build check_name evidence_of label_of published_of read_build workbook_of",
        "sources": "Options read_side",
    },
)
