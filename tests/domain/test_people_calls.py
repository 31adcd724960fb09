"""The budget of calls: windows, hours, days, off-peak hours, pauses; the arithmetic that is announced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from upa_core.domain.people_calls import Budget, Part, PeopleCalls, load_of, turns

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("licences", "calls"), [(0, 750), (1_000, 750), (1_001, 1_500), (60_000, 3_750)])
def test_a_quarter_of_the_tenants_limit(licences: int, calls: int) -> None:
    """By default a quarter of the published limit is used; without a number the smallest tenant's."""
    assert Budget(licences=licences).per_window == calls


def test_a_window_is_used_up_and_renews() -> None:
    """Blocks are granted until the share of five minutes is used; five minutes later there is a new one."""
    calls, granted = PeopleCalls(), []
    for _ in range(9):
        calls, block = calls.reserve(100, Budget(), NOON + timedelta(seconds=10))
        granted.append(block)
    renewed = calls.free_at(Budget(), NOON + timedelta(seconds=10))

    assert granted == [100] * 7 + [50, 0]
    assert renewed == NOON + timedelta(minutes=5)
    assert calls.reserve(100, Budget(), renewed)[1] == 100


def test_hours_and_days_are_limits_too() -> None:
    """An hour's and a day's limit hold, and tell when they renew."""
    budget = Budget(per_hour=120, per_day=200)
    first, granted = PeopleCalls().reserve(500, budget, NOON)
    later = NOON + timedelta(hours=1)
    second, rest = first.reserve(500, budget, later)

    assert (granted, rest) == (120, 80)
    assert first.free_at(budget, NOON) == later
    assert second.free_at(budget, later) == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(("hour", "opens"), [(12, 20), (19, 20), (20, 20), (23, 23), (3, 3), (5, 20)])
def test_off_peak_hours_go_over_midnight(hour: int, opens: int) -> None:
    """Outside the hours nothing is granted, and the next opening is told."""
    budget, at = Budget(hours=(20, 5)), NOON.replace(hour=hour)

    assert PeopleCalls().free_at(budget, at).hour == opens
    assert (PeopleCalls().reserve(10, budget, at)[1] == 10) is (opens == hour)


def test_a_pause_is_honoured_by_everybody() -> None:
    """After a throttle nothing is granted until the pause is over; the longer of two counts; an answer ends the row."""
    paused = PeopleCalls().throttle(90, NOON).throttle(30, NOON)

    assert (paused.reserve(10, Budget(), NOON + timedelta(seconds=80))[1], paused.throttled) == (0, 2)
    assert paused.free_at(Budget(), NOON) == NOON + timedelta(seconds=90)
    assert paused.reserve(10, Budget(), NOON + timedelta(seconds=90))[1] == 10
    assert paused.answered().throttled == 0


def test_what_was_not_used_goes_back() -> None:
    """Calls that weren't made can be used by others in the same window, not in a later one."""
    calls, _ = PeopleCalls().reserve(750, Budget(), NOON)
    back = calls.give_back(50, NOON + timedelta(minutes=4))
    late = calls.give_back(50, NOON + timedelta(minutes=5))

    assert back.reserve(100, Budget(), NOON + timedelta(minutes=4))[1] == 50
    assert late.in_window == 0


def test_the_arithmetic_is_said() -> None:
    """A load names people, calls, rate and end."""
    load = load_of(34_000, 68_000, Budget(), NOON)

    assert load.calls == 204_000
    assert str(load) == (
        "34,000 people × 6.0 calls = 204,000 calls of PeopleManager, at 750 in 5 minutes "
        "done by about 2026-11-23 10:40 UTC"
    )


def test_the_end_waits_for_hours_and_days() -> None:
    """Off-peak hours and a day's limit move the expected end."""
    load = load_of(1_000, 0, Budget(hours=(20, 22), per_day=1_000, one_geo=True), NOON)

    assert load.ends == datetime(2026, 11, 24, 20, 6, 40, tzinfo=UTC)


def test_a_part_is_counted_apart_and_within_the_share() -> None:
    """A reader that may take a tenth gets 75 of 750 calls, which others don't get; with the window its count ends."""
    drift, budget = Part("drift", 0.1), Budget()
    calls, granted = PeopleCalls().reserve(100, budget, NOON, drift)
    more = calls.reserve(100, budget, NOON, drift)[1]
    others = calls.reserve(1_000, budget, NOON)[1]
    renewed = calls.free_at(budget, NOON, drift)
    back = calls.give_back(25, NOON, drift).reserve(100, budget, NOON, drift)[1]

    assert (granted, more, others, back) == (75, 0, 675, 25)
    assert (calls.free_at(budget, NOON), renewed) == (NOON, NOON + timedelta(minutes=5))
    assert calls.reserve(100, budget, renewed, drift)[1] == 75


def test_somebody_who_waits_is_served_at_any_hour() -> None:
    """Off-peak hours are for what runs by itself; the share counts all the same."""
    budget, someone = Budget(hours=(20, 5)), Part(any_hour=True)
    calls, granted = PeopleCalls().reserve(1_000, budget, NOON, someone)

    assert granted == 750
    assert calls.free_at(budget, NOON, someone) == NOON + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("budget", "calls", "at"),
    [
        (Budget(), [18_000, 18_000, 18_000], ["22 12", "22 14", "22 16"]),
        (Budget(hours=(20, 23)), [18_000, 9_000, 18_000], ["22 20", "22 22", "23 20"]),
        (Budget(per_hour=100), [200, 200, 200], ["22 12", "22 14", "22 16"]),
        (Budget(per_day=500), [200, 500, 500], ["22 12", "23 00", "24 00"]),
    ],
)
def test_turns_hold_what_windows_hours_and_days_allow(budget: Budget, calls: list[int], at: list[str]) -> None:
    """It is told how many calls each two hours hold, and when the first one after them can be made."""
    found = list(islice(turns(timedelta(hours=2), budget, NOON, used_today=300), 3))

    assert [turn.calls for turn in found] == calls
    assert [f"{turn.at:%d %H}" for turn in found] == at


def test_a_share_smaller_than_a_person_serves_one_at_a_time() -> None:
    """An unused window is passed by what one person takes, no further; the next one waits for the next window."""
    tiny = Budget(share=0.1)
    calls, granted = PeopleCalls().reserve(100, tiny, NOON, least=6)

    assert (tiny.per_window, granted, calls.reserve(100, tiny, NOON, least=6)[1]) == (3, 6, 0)
    assert calls.free_at(tiny, NOON, least=6) == NOON + timedelta(minutes=5)
    assert calls.reserve(100, tiny, NOON + timedelta(minutes=5), least=6)[1] == 6
