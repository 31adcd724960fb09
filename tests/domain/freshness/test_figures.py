"""The figure "accepted" and the objective, at their bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from upa_core.domain.freshness.figures import accepted, age_within, keeps, span_text
from upa_core.domain.freshness.record import Freshness
from upa_core.domain.freshness.waiting import OnItsWay, Waiting
from upa_core.domain.objective import Objective

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def known(ages: dict[int, int]) -> Freshness:
    return Freshness(days={"2026-11-22": {str(age): values for age, values in ages.items()}})


def on_its_way(hours: float, values: int) -> OnItsWay:
    return OnItsWay("run", "r-1", frozenset(), people=1, oldest=NOW - hours * HOUR, values={NOW - hours * HOUR: values})


@pytest.mark.parametrize(
    ("ages", "within"),
    [({}, None), ({5: 1}, 5), ({5: 95, 900: 5}, 5), ({5: 94, 900: 6}, 900), ({1: 19, 7: 1}, 1), ({1: 18, 7: 2}, 7)],
)
def test_the_age_is_the_least_within_which_95_of_100_were_accepted(ages: dict[int, int], within: int | None) -> None:
    """Exactly 95 of 100 are enough, one fewer isn't."""
    assert age_within(ages, 95.0) == within


def test_people_of_whom_nothing_waits_are_the_share() -> None:
    """Who is in escrow and who is planned wait; new people belong to the whole; the share is rounded down."""
    planned = OnItsWay("run", "r-1", frozenset(), people=2, new=1)
    one = accepted(known({}), 2998, (3, 1), planned, [], NOW)

    assert (one.people, one.waiting_people, one.share) == (3000, 5, 99.83)
    assert accepted(known({}), 99_999, (1, 1), None, [], NOW).share == 99.99
    assert accepted(known({}), 0, (0, 0), None, [], NOW).share is None


def test_the_oldest_is_first_and_records_of_unplanned_rounds_are_summed() -> None:
    """Whatever order it is found in."""
    waits = [
        Waiting("round", NOW - HOUR, "paused", records=7),
        Waiting("escrow", NOW - 3 * HOUR, "profile_not_created", 1),
        Waiting("pull", NOW, "the round is still being read", records=2),
    ]
    one = accepted(known({60: 4}), 5, (1, 0), None, waits, NOW)

    assert one.oldest == waits[1]
    assert [one.unplanned, one.changes, one.p95_minutes] == [9, 4, 60]


def test_an_objective_is_kept_at_its_share_and_missed_below() -> None:
    """95 of 100 in time keep it; with one late change more it is missed, and says the figures."""
    objective = Objective(95.0, 2 * HOUR)
    kept = keeps(objective, known({120: 95, 121: 5}), None, [], NOW)
    missed = keeps(objective, known({120: 94, 121: 6}), None, [], NOW)

    assert (kept.late, kept.counted, kept.share, kept.why) == (5, 100, 95.0, "")
    assert missed.why == "94 % of 100 changes were accepted within 2 h, not 95 %"


def test_a_change_that_waits_counts_once_it_is_late() -> None:
    """While there is time it says nothing for or against the objective."""
    objective = Objective(50.0, 2 * HOUR)

    assert keeps(objective, known({}), on_its_way(2, 10), [], NOW).counted == 0
    late = keeps(objective, known({5: 4}), on_its_way(2.1, 10), [], NOW)
    assert (late.late, late.counted, bool(late.why)) == (10, 14, True)


def test_a_round_that_isnt_planned_for_too_long_misses_the_objective() -> None:
    """Nobody knows how many changes it holds; escrow has alarms of its own."""
    objective = Objective(95.0, 2 * HOUR)

    def why(where, hours: float) -> str:
        return keeps(objective, known({5: 100}), None, [Waiting(where, NOW - hours * HOUR, "paused")], NOW).why

    assert why("round", 2) == ""
    assert why("escrow", 100) == ""
    assert why("round", 2.1) == "a round of 2026-11-22 09:54 UTC isn't planned: paused"


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 min"), (89, "89 min"), (90, "1.5 h"), (2879, "48 h"), (2880, "2 d"), (3600, "2.5 d")]
)
def test_a_span_is_written_in_its_largest_unit(minutes: float, text: str) -> None:
    """Three digits are enough for whoever reads it."""
    assert span_text(minutes) == text
