"""What is asked: studies, regions, institutions, specifications, questions and the plan."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "claim_counts": "UNIVERSITIES claim_questions university_question",
        "conditions": "INSTITUTION_TYPES filter_names",
        "draft": (
            "Draft check_path check_text describe_study find_definition find_region lines_of "
            "name_of region_names region_short render_study slug whole_text write_study"
        ),
        "model": (
            "DEFAULT_STUDY FIRST_YEAR ID_PATTERN Institution LAST_YEAR Region Specification Study "
            "WORK_TYPES available_studies check_countries country_codes country_names field_names "
            "fold list_replaced load_study parse_years region_keys study_text"
        ),
        "plan": "DEFAULT_PARTS PARTS PLAN PlannedQuestion build_plan",
        "profile": (
            "FIELD_AREAS INSTITUTION_COLUMNS LEAST_LISTS LIST_COMPLETE SMALL_TEAM TEAMS "
            "THEME_AREAS Theme area_by_field cooperating halves "
            "home_region_by_country home_region_by_home_type home_region_by_type "
            "institution_by_year "
            "institution_international_by_year member_by_country read_themes theme_by_year"
        ),
        "questions": (
            "API_ONLY Question TEAM_BANDS TEXT_KEYS at_institution in_region lens_questions "
            "field_areas home_region_by_year in_home "
            "institution_region_by_country institution_region_by_country_and_n_countries "
            "institution_region_by_year readings_by_name region_by_country region_by_year "
            "team_size_by_year "
            "works_by_field world_any_by_year world_by_country world_by_year"
        ),
        "specifications": (
            "AXES FRACTIONAL LENS READING Variant list_lenses list_readings list_specifications "
            "list_suspects specifications_hash"
        ),
    },
)
