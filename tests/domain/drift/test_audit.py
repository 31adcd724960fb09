"""One person, judged for an auditor."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from upa_core.domain.drift.audit import judge
from upa_core.domain.drift.compare import Verdict
from upa_core.domain.drift.record import Difference, DriftPart, Unread

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def part(verdict: Verdict | None = None, *, over: bool = False, unread: bool = False) -> DriftPart:
    """Return what was read of `a` when batch 4 was the newest."""
    one = Difference(verdict or "different", "A", "B", NOW, NOW, 4, over=NOW if over else None)
    return DriftPart(
        reads={"a": (1, 4)},
        found={"a": {"X": one}} if verdict else {},
        unread={"a": Unread("no_profile", NOW)} if unread else {},
    )


@pytest.mark.parametrize(
    ("known", "stamp", "cell", "standing"),
    [
        (DriftPart(), 4, "A", "never_read"),
        (part("different", unread=True), 4, "A", "unreadable"),
        (part("different"), 5, "A", "different"),
        (part("empty"), 4, "A", "different"),
        (part("untold"), 4, "A", "unreadable"),
        (part("edited"), 4, "A", "edited"),
        (part("edited"), 5, "A", "not_re_read"),
        (part("different", over=True), 4, "A", "equal"),
        (part(), 5, None, "not_re_read"),
        (part(), 4, None, "unsettled"),
        (part(), 0, None, "equal"),
        (part(), 4, "A", "equal"),
    ],
)
def test_the_worst_counts(known: DriftPart, stamp: int, cell: str | None, standing: str) -> None:
    """A property that was never sent expects nothing."""
    assert judge(known, "a", {"X": stamp}, {"X": cell}) == standing
