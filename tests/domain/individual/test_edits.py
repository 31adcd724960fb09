"""A user's own value is kept, ours is replaced."""

from __future__ import annotations

import pytest

from upa_core.domain.individual.edits import is_edited


@pytest.mark.parametrize(
    ("shown", "confirmed", "sent", "edited"),
    [
        ("", "old", (), False),
        (None, None, (), False),
        ("old", "old", (), False),
        ("mine", "old", (), True),
        ("mine", None, (), True),
        ("new", "old", ("new",), False),
        ("newer", None, ("new", "newer"), False),
        ("mine", "old", ("new",), True),
        ("mine", "", (), True),
    ],
)
def test_what_is_ours(shown: str | None, confirmed: str | None, sent: tuple[str, ...], edited: bool) -> None:
    """Nothing, the last confirmed value and every value sent since are ours; anything else is the person's."""
    assert is_edited("string", shown, confirmed, sent) is edited


def test_ours_by_type() -> None:
    """What is ours is told by type: a list as it is shown, a day in the caller's language; in doubt it is theirs."""
    assert is_edited("strings", "a|b", '["a","b"]', ()) is False
    assert is_edited("date", "11/5/2026 12:00:00 AM", "2026-11-05", (), "mdy") is False
    assert is_edited("date", "11/5/2026 12:00:00 AM", "2026-11-05", ()) is True


@pytest.mark.parametrize(
    ("kind", "shown", "confirmed", "edited"),
    [
        ("string", "M\u00fcller", "Mu\u0308ller", False),
        ("string", "Mu\u0308ller", "M\u00fcller ", False),
        ("string", "m\u00fcller", "M\u00fcller", True),
        ("string", "a|b", '["a","b"]', False),
        ("strings", "a", "a", False),
        ("string", "11/5/2026 12:00:00 AM", "2026-11-05", False),
        ("string", "a|b", '["a"]', True),
        ("terms", "R\uff06D", '["r&d"]', False),
    ],
)
def test_ours_in_another_form(kind: str, shown: str, confirmed: str, edited: bool) -> None:
    """What SharePoint normalised, and what we wrote under an earlier type, is ours; another letter case is an edit."""
    assert is_edited(kind, shown, confirmed, (), "mdy") is edited
