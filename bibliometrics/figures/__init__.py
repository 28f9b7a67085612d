"""Pictures and their words."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "catalogue": (
            "Drawn ENTRIES Inputs describe_specification draw_figure draw_figures list_entries "
            "needs_full_pull present render_figures save_figure stated_marks try_names"
        ),
        "data": "Evidence Source Stated",
        "style": "Picture",
        "text": "completeness_notes per_source",
    },
)
