"""From answers to tables, the laws that they obey, and indicators made of them."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "answers": (
            "Counted Listener PROVISIONAL_YEARS Provenance list_questions make_provenance "
            "provisional_years"
        ),
        "build": (
            "Built build_sound_tables build_tables "
            "find_contradictions part_of read_table_frame to_rows"
        ),
        "claim_counts": "UNIVERSITY",
        "contradictions": "Contradiction list_follow_ups",
        "coverage": "build_coverage describe_coverage publisher_of",
        "datapackage": (
            "PACKAGE_FILE WAITING_FOR_PULL WAITING_FOR_ALL data_dictionary describe_package "
            "parse_package read_provenance waiting_text"
        ),
        "indicators": (
            "Place activity_index affinity_index compound_growth_rate growth_factor "
            "leaders log_linear_growth_rate poisson_interval "
            "quasi_poisson_growth salton_cosine share share_interval standings yearly_noise"
        ),
        "profile": "build_cooperation_institutions",
        "network": "is_network to_graphml to_vosviewer",
        "schema": (
            "Column TABLES Table Value counted_tables file_hash format_value read_table "
            "render_table"
        ),
        "sensitivity": (
            "Headline headline_values lens_changes list_headlines reading_values summarise_readings"
        ),
    },
)
