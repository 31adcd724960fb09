"""When things are done: escrow, polls, pauses."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes.clock import START
from upa_core.domain.pauses import escrow_due, poll_delay, resync_pause, try_again_delay


def test_escrow_rhythm() -> None:
    """1 h, 6 h, 12 h, 24 h, then daily to 30 days, then at full rounds only."""
    hours = [(escrow_due(START, START, tries) or START) - START for tries in range(1, 7)]
    assert [pause / timedelta(hours=1) for pause in hours] == [1, 6, 12, 24, 24, 24]
    assert escrow_due(START, START + timedelta(days=30), 33) is None


def test_an_import_job_of_two_and_a_half_hours_costs_at_most_25_polls() -> None:
    """Half its age, from 30 s to 15 min."""
    age, polls = timedelta(), 0
    while age < timedelta(hours=2.5):
        age += poll_delay(age)
        polls += 1
    assert 10 < polls <= 25


def test_pauses_grow_to_a_limit() -> None:
    """Attempts wait 30 s to 15 min, resyncs a minute to hours."""
    assert [try_again_delay(n) / timedelta(seconds=1) for n in (1, 2, 6, 99)] == [30, 60, 900, 900]
    assert [resync_pause(n) / timedelta(minutes=1) for n in (1, 2, 3, 99)] == [1, 2, 4, 256]
