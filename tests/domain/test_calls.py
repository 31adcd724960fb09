"""The last calls of a connector."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from upa_core.domain.calls import KEPT, Call, joined

BEGAN = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


def _call(minute: int, status: int | None = 200) -> Call:
    return Call(BEGAN + timedelta(minutes=minute), "GET", "graph.example", "/users", status)


def test_two_processes_calls_are_joined_by_their_time() -> None:
    """Whoever stores later may have called earlier."""
    assert joined([_call(1), _call(3)], [_call(2)]) == (_call(1), _call(2), _call(3))


def test_no_more_than_two_hundred_are_kept() -> None:
    """The oldest go."""
    kept = joined([_call(minute) for minute in range(150)], [_call(minute) for minute in range(150, 250)])

    assert len(kept) == KEPT == 200
    assert (kept[0], kept[-1]) == (_call(50), _call(249))


def test_no_answer_and_an_answer_from_400_on_are_failures() -> None:
    """A redirect isn't followed, and is told by its error; it is an answer."""
    assert [_call(0, status).failed for status in (200, 302, 404, 429, 503, None)] == [
        False, False, True, True, True, True,
    ]  # fmt: skip
