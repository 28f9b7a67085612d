"""The table ``claim_counts``: what was counted for claims alone."""

from __future__ import annotations

import pandas as pd

from bibliometrics.study.claim_counts import claim_questions
from bibliometrics.study.model import Study
from bibliometrics.tables.consistency import Answers, find_answer
from bibliometrics.tables.frames import finish

TABLE = "claim_counts"
#: In the attributes of an answer: the name of the university that it counts.
UNIVERSITY = "university"
OTHERS = "others"


def build_claim_counts(study: Study, answers: Answers) -> pd.DataFrame:
    """Build ``claim_counts``; what the source can't be asked has no rows."""
    found: dict[tuple[str, str], int] = {}
    for (what, item), question in claim_questions(study).items():
        if question not in answers:
            continue
        frame = find_answer(answers, TABLE, question)
        if item:
            found[what, item] = int(frame["n_works"].sum())
        else:
            (key,) = question.group_by
            found |= {
                (what, str(value)): int(number)
                for value, number in zip(frame[key], frame["n_works"], strict=True)
            }
    for frame in answers.values():
        if UNIVERSITY in frame.attrs:
            found["institutions", frame.attrs[UNIVERSITY]] = int(frame["n_works"].sum())
    found = _with_others(found)
    rows = [(what, item, n) for (what, item), n in found.items()]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return finish(TABLE, **dict(zip(("what", "item", "n_works"), columns, strict=True)))


def _with_others(found: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Put works of all other subfields in the place of works by field."""
    kept = {key: n for key, n in found.items() if not key[0].startswith("fields_")}
    for area in ("region", "world"):
        every = sum(n for (what, _), n in found.items() if what == f"fields_{area}")
        named = sum(n for (what, _), n in found.items() if what == f"subfields_{area}")
        if every:
            kept[f"subfields_{area}", OTHERS] = max(0, every - named)
        else:
            kept = {key: n for key, n in kept.items() if key[0] != f"subfields_{area}"}
    return kept
