"""A profile's value is compared by its property's type."""

from __future__ import annotations

import pytest

from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.drift.compare import compare, order_in
from upa_core.domain.individual.compare import DateOrder
from upa_core.domain.language.values import ValueType
from upa_core.domain.people.mapping import direct


@pytest.mark.parametrize(
    ("kind", "confirmed", "shown", "order", "verdict"),
    [
        ("string", "A", "A", None, "equal"),
        ("string", "", "", None, "equal"),
        ("string", "A", "B", None, "different"),
        ("string", "", "B", None, "different"),
        ("string", "A", "", None, "empty"),
        ("string", None, "B", None, "unsettled"),
        ("string", "2026-01-31T10:00:00Z", "01/31/2026 10:00:00", None, "untold"),
        ("integer", "7", "07", None, "equal"),
        ("date", "2026-01-31", "1/31/2026 12:00:00 AM", "mdy", "equal"),
        ("date", "2026-01-03", "3.1.2026 0.00.00", "dmy", "equal"),
        ("date", "2026-01-03", "1/3/2026 12:00:00 AM", "dmy", "different"),
        ("date", "2026-01-03", "1/3/2026 12:00:00 AM", None, "untold"),
        ("date", "2026-01-31", "1/31/2026 12:00:00 AM", None, "equal"),
        ("date", "2026-01-31", "1/31/2026 12:00:00 AM", "dmy", "untold"),
        ("date", "31. Januar", "1/31/2026 12:00:00 AM", "mdy", "untold"),
        ("date", "2026-01-31", "", "mdy", "empty"),
        ("strings", '["a","b, c"]', "a|b, c", None, "equal"),
        ("strings", '["a","b"]', "b|a", None, "different"),
        ("terms", '["Cat"]', "cat", None, "equal"),
        ("person", "i:0#.f|membership|ada@x.org", "i:0#.f|membership|Ada@X.org", None, "equal"),
    ],
)
def test_each_type_has_its_own_equality(
    kind: ValueType, confirmed: str | None, shown: str, order: DateOrder | None, verdict: str
) -> None:
    """What can't be compared is neither equal nor different."""
    assert compare(direct("department", "UpaX", type=kind), confirmed, shown, order) == verdict


def test_a_users_edit_that_is_kept_is_no_drift() -> None:
    """An emptied value isn't told from a hidden one."""
    kept = direct("department", "UpaX", route=INDIVIDUAL)
    overwritten = direct("department", "UpaX", route=INDIVIDUAL, on_user_edit="overwrite")

    assert compare(kept, "A", "B", None) == "edited"
    assert compare(kept, "A", "", None) == "empty"
    assert compare(overwritten, "A", "B", None) == "different"


@pytest.mark.parametrize(
    ("shown", "order"),
    [
        (["1/31/2026 12:00:00 AM", "1/3/2026 12:00:00 AM"], "mdy"),
        (["31.01.2026 00:00:00"], "dmy"),
        (["2026-01-03 00:00:00"], "ymd"),
        (["1/3/2026 12:00:00 AM"], None),
        (["1/31/2026 12:00:00 AM", "31.01.2026 00:00:00"], None),
        (["soon", ""], None),
    ],
)
def test_the_readers_language_is_told_by_dates_that_can_be_read_one_way(shown: list[str], order: str | None) -> None:
    """Where they disagree, or tell nothing, it isn't known."""
    assert order_in([{"UpaX": one} for one in shown], [direct("employeeHireDate", "UpaX", type="date")]) == order
