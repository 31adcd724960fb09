"""The stored document of freshness: a batch counts once, ages stay bounded, old days go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from upa_core.domain.documents.codec import from_json, to_json
from upa_core.domain.freshness.record import (
    KEPT_RUNS,
    MOST_AGES,
    Freshness,
    PlannedBatch,
    PlannedRun,
    minutes_between,
    pack_runs,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def planned(batch: PlannedBatch, run: str = "r-1") -> Freshness:
    return Freshness().planned(run, PlannedRun(("round",), {"file": batch}), NOW)


def batch(*hours: int, **more) -> PlannedBatch:
    return PlannedBatch(tuple(NOW - n * HOUR for n in hours), (3,) * len(hours), (3,) * len(hours), **more)


def test_a_settled_batch_is_counted_once_by_its_age_in_minutes() -> None:
    """Settling is repeated after a crash; the second time changes nothing."""
    accepted = {NOW - HOUR: 2, NOW - 3 * HOUR: 1}
    once = planned(batch(1, 3)).settled("r-1", "file", confirmed=True, accepted=accepted, ended=NOW)
    twice = once.settled("r-1", "file", confirmed=True, accepted=accepted, ended=NOW)

    assert once.days == {"2026-11-22": {"60": 2, "180": 1}}
    assert twice == once
    assert once.runs["r-1"].batches["file"].state == "accepted"


def test_a_batch_that_confirmed_nobody_is_unknown_and_counts_nothing() -> None:
    """Its people wait on, until they are planned again."""
    after = planned(batch(1)).settled("r-1", "file", confirmed=False, accepted={}, ended=NOW)

    assert (after.days, after.runs["r-1"].batches["file"].state) == ({}, "unknown")


def test_a_batch_that_no_plan_counted_changes_nothing() -> None:
    """That of an ad hoc run, or after the document was lost."""
    before = planned(batch(1))

    assert before.settled("r-2", "file", confirmed=True, accepted={NOW: 1}, ended=NOW) == before
    assert before.settled("r-1", "other", confirmed=True, accepted={NOW: 1}, ended=NOW) == before


def test_only_the_last_runs_are_kept() -> None:
    """However many runs there are, the document stays as large; counting began with the first."""
    known = Freshness()
    for n in range(20):
        known = known.planned(f"r-{n:02d}", PlannedRun((), {}), NOW + n * HOUR)

    assert list(known.runs) == [f"r-{n:02d}" for n in range(20 - KEPT_RUNS, 20)]
    assert known.since == NOW


def test_ages_of_a_day_are_bounded_and_never_rounded_down() -> None:
    """A thousand different ages become few, each at least as old as it was, and no value is lost."""
    accepted = {NOW - timedelta(minutes=n): 1 for n in range(1000)}
    after = planned(batch(1)).settled("r-1", "file", confirmed=True, accepted=accepted, ended=NOW)
    ages = after.accepted(NOW)

    assert len(ages) <= MOST_AGES
    assert sum(ages.values()) == 1000
    assert max(ages) >= 999
    assert sum(age * values for age, values in ages.items()) >= sum(range(1000))


def test_days_before_the_window_are_neither_counted_nor_kept() -> None:
    """Today and the seven days before count; older ones go with the next batch."""
    first = planned(batch(1)).settled("r-1", "file", confirmed=True, accepted={NOW: 1}, ended=NOW)
    week, later = NOW + timedelta(days=7), NOW + timedelta(days=9)
    last = first.planned("r-2", PlannedRun((), {"file": batch(1)}), later)
    last = last.settled("r-2", "file", confirmed=True, accepted={later - HOUR: 5}, ended=later)

    assert first.accepted(week) == {0: 1}
    assert first.accepted(week + timedelta(days=1)) == {}
    assert list(last.days) == ["2026-12-01"]


def test_which_moment_each_value_counts_from_is_read_as_it_was_written() -> None:
    """A row of more equal values than a number holds is written in parts; the document survives JSON."""
    runs = [(0, 70_000), (1, 2), (0, 1)]
    one = PlannedBatch((NOW, NOW - HOUR), (70_001, 2), (0, 0), codes=pack_runs(runs))
    stored = from_json(Freshness, to_json(planned(one)), where="here").batch("r-1", "file")
    assert stored is not None
    each = list(stored.each())

    assert each == [NOW] * 70_000 + [NOW - HOUR] * 2 + [NOW]
    assert stored.counted() == {NOW: 70_001, NOW - HOUR: 2}


def test_with_one_moment_every_value_counts_from_it() -> None:
    """Nothing is stored for each value then."""
    assert list(batch(2).each()) == [NOW - 2 * HOUR] * 3


def test_an_age_is_rounded_up_and_never_negative() -> None:
    """A second is a minute; a clock that went back makes no age."""
    assert [minutes_between(NOW - timedelta(seconds=n), NOW) for n in (0, 1, 60, 61, -5)] == [0, 1, 1, 2, 0]
