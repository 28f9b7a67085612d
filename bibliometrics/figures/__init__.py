"""Pictures and their words."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "catalogue": (
            "Drawn FIGURES FULL_PULL build_figures describe_specification plot_country_output "
            "plot_fields plot_headline plot_institution_partners plot_institution_region "
            "plot_partner_map plot_partner_years plot_region_output plot_region_partners "
            "plot_team_size render_figures save_figure witness_evidence"
        ),
        "data": "Evidence Source Stated stated_marks",
        "sensitivity_figures": "plot_big_science plot_curve plot_weak_axes",
        "style": "Picture",
        "text": (
            "area_name describe_growth_share describe_robustness describe_spread "
            "describe_weak_axes format_headline"
        ),
    },
)
