"""From planned values to what a set sends, and back from what is shown."""

from __future__ import annotations

import pytest

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.individual.wire import from_shown, to_wire


@pytest.mark.parametrize(
    ("kind", "value", "clear", "sent"),
    [
        ("string", "a", "empty", "a"),
        ("string", "", "empty", ""),
        ("date", "", "null", None),
        ("date", "2026-11-22", "null", "2026-11-22"),
        ("strings", '["a","b, c"]', "empty", ("a", "b, c")),
        ("strings", "", "empty", ()),
        ("terms", "", "null", None),
        ("person", "", "null", None),
    ],
)
def test_what_is_sent(kind: str, value: str, clear: str, sent: object) -> None:
    """A list is a list, and an empty value is sent in the form that was proven to clear."""
    assert to_wire(kind, value, clear) == sent


def test_a_damaged_list_is_never_sent() -> None:
    """What isn't a list's own text isn't sent as one value."""
    with pytest.raises(InvalidValueError):
        to_wire("strings", "a|b")


def test_what_is_shown_can_be_put_back() -> None:
    """A shown list is a list again."""
    assert (from_shown("strings", "a|b, c"), from_shown("strings", ""), from_shown("string", "a|b")) == (
        ("a", "b, c"),
        (),
        "a|b",
    )
