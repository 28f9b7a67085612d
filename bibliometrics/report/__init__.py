"""For readers: small tables and sentences, and one HTML file."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "page": "write_report",
        "reading": (
            "list_big_science list_choices list_counting list_definitions list_fractional "
            "list_growth list_indicators list_open_claims list_other_years list_readings "
            "list_spread list_ties list_verdicts "
            "list_witnesses show_figure show_table tell_answer tell_big_science tell_curve "
            "tell_figure tell_readings tell_summary tell_weak_axes"
        ),
    },
)
