"""What others claim and count: ledger, published figures, evidence, verdicts."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "evidence": (
            "as_frame country_series development_indicators field_activity home_bounds "
            "home_pairs partner_series read_witnesses region_series witness_definitions"
        ),
        "grading": "Agreement describe_agreements grade_claims grade_robustness",
        "ledger": "Claim field_crosswalk load_claims",
        "rules": "CONTRADICTED DIRECTION NOT_REPRODUCED NOT_TESTABLE REPRODUCED WAITING",
        "verdicts": (
            "SHORT_COLUMNS filter_verdicts format_verdicts load_claims read_verdicts "
            "shorten_verdicts summarise_verdicts"
        ),
        "witnesses": "Rows read_witnesses witness_definitions",
    },
)
