"""Known changes of OpenAlex: dated, complete in form, found between two days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bibliometrics.builds.compare import FILE, changes_between, load_changes
from bibliometrics.errors import InputError


def test_the_known_changes_are_complete_dated_and_in_order() -> None:
    changes = load_changes()
    assert len(changes) == 14
    assert [c.first for c in changes] == sorted(c.first for c in changes)
    assert changes[0].first == date(2024, 5, 30)
    assert changes[-1].first == date(2026, 10, 6)


@pytest.mark.parametrize(
    "edit",
    [
        ('moves = ["type"]', 'moves = ["mood"]'),
        ('direction = "up"', 'direction = "sideways"'),
        ("date = 2024-05-30", "date = 2026"),
        ("date = 2024-05-30\n", ""),
        ("until = 2025-11-30", "until = 2025-10-30"),
        ("until = 2025-11-30", "til = 2025-11-30"),
        ('source = "walden, CHANGELOG"', 'source = " "'),
    ],
)
def test_a_change_of_another_form_is_refused_by_its_place(
    edit: tuple[str, str], tmp_path: Path
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert edit[0] in text
    path = tmp_path / "changes.toml"
    path.write_text(text.replace(*edit, 1), encoding="utf-8")
    with pytest.raises(
        InputError,
        match=r"changes\.toml: (entry 'changes\[|unknown entry 'changes\[|the change of )",
    ):
        load_changes(path)


@pytest.mark.parametrize(
    ("first", "second", "n_changes"),
    [
        (date(2024, 5, 29), date(2024, 5, 30), 1),
        (date(2024, 5, 30), date(2024, 6, 30), 0),
        (date(2026, 8, 14), date(2026, 8, 14), 1),
        (date(2026, 12, 1), date(2024, 1, 1), 14),
        (date(2026, 8, 18), date(2026, 12, 1), 1),
        (date(2026, 10, 6), date(2026, 12, 1), 0),
    ],
)
def test_changes_lie_between_two_days_in_either_order(
    first: date, second: date, n_changes: int
) -> None:
    assert len(changes_between(load_changes(), first, second)) == n_changes


def test_a_change_is_labelled_by_day_and_words() -> None:
    assert load_changes()[-1].label.startswith("2026-10-06 every work was put into topics")
