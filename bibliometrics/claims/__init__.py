"""What others claim and count: ledger, published figures, evidence, verdicts."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "collaborations": "Paper read_papers read_samples",
        "evidence": (
            "as_frame country_series development_indicators field_activity floor_papers "
            "floor_series home_bounds home_pairs partner_series read_witness_rows region_series "
            "witness_definitions"
        ),
        "grading": (
            "OWN_EVIDENCE database_of found_text grade_claims join_databases summarise_claims"
        ),
        "ledger": "Claim find_claim format_value",
        "quantities": "QUANTITIES field_crosswalk",
        "rules": (
            "BOUND DECIDED DIFFERS HOLDS IN_PART LEVEL LINES NOT_COUNTED NOT_GRADED "
            "NOT_PUBLICATIONS OPEN PUBLISHED Test WAITING"
        ),
        "verdicts": (
            "LINE_COLUMNS SHORT_COLUMNS filter_verdicts format_verdicts load_claims read_summary "
            "read_verdicts shorten_lines shorten_verdicts summarise_verdicts"
        ),
        "witnesses": "Rows is_of_floor",
    },
)
