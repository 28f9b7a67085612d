"""The OpenAlex snapshot as a source of counts: a narrow table, and questions put to it."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "expressions": "DIALECTS VIEWS question_sql",
        "institutions": "NO_INSTITUTIONS",
        "narrow": "Narrowed Progress cached_table narrow_release",
        "release": "PUBLIC_RELEASE",
        "source": "Snapshot",
        "units": "count_institutions list_universities",
    },
)
