"""The OpenAlex API as a source of counts, and its saved answers."""

from bibliometrics.doors import open_door

__all__, __getattr__, __dir__ = open_door(
    __name__,
    {
        "archive": "MANIFEST Pull Saved list_pulls open_pull",
        "credentials": "API_URL parse_address read_address read_key",
        "dois": "list_dois",
        "institutions": (
            "GONE Member expect_requests find_institutions identify "
            "institution_request known_members list_parents"
        ),
        "policy": "Answered Slowed Waiting",
        "pulls": "ask mark_built pulls_folder replay replay_pull",
        "query": (
            "CREDIT_USD Request VALUES disjoint_filters estimate_plan first_requests restrict "
            "sure_requests without_corpus"
        ),
        "source": "OpenAlex ask_remaining",
    },
)
