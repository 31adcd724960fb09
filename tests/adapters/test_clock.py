"""Clocks and ids."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from upa_core.adapters.clock import RandomIds, ScaledClock, SteppedClock, WallClock, clock_from
from upa_core.domain.errors import ConfigError

START = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


def test_wall_clock_is_utc() -> None:
    """Wall time is aware, in UTC, and the machine's."""
    before = time.time()
    now = WallClock().now()

    assert now.tzinfo is UTC
    assert before <= now.timestamp() <= time.time()


def test_negative_sleep_is_none() -> None:
    """A sleep until a moment that has passed returns at once, on every clock."""
    stepped = SteppedClock(START)
    for clock in (WallClock(), ScaledClock(0, 0, 1), stepped):
        clock.sleep(-5)

    assert stepped.now() == START


def test_stepped_clock_advances_by_sleeping() -> None:
    """Stepped time stands until somebody sleeps; two hours take no time."""
    clock = SteppedClock(START)
    before = time.monotonic()
    clock.sleep(7200)

    assert clock.now() == START + timedelta(hours=2)
    assert time.monotonic() - before < 5


def test_stepped_clock_takes_any_zone() -> None:
    """A start in another zone is shown in UTC."""
    clock = SteppedClock(START.astimezone(timezone(timedelta(hours=3))))

    assert (clock.now(), clock.now().tzinfo) == (START, UTC)


def test_pace_really_sleeps() -> None:
    """With a pace, a slept second takes so much wall time."""
    clock = SteppedClock(START, pace=0.001)
    before = time.monotonic()
    clock.sleep(20)

    assert time.monotonic() - before >= 0.02


def test_scaled_clocks_agree() -> None:
    """Two scaled clocks with the same three numbers show the same time, and an hour passes in a fraction."""
    text = f"scaled:{START.timestamp()}:{time.time()}:1000000"
    one, other = clock_from(text), clock_from(text)
    before = one.now()
    one.sleep(3600)

    assert before >= START
    assert one.now() - before >= timedelta(hours=1)
    assert abs(one.now() - other.now()) < timedelta(days=20)


def test_scaled_formula() -> None:
    """Scaled time is the simulated epoch plus the scaled distance from the wall epoch."""
    wall = time.time() - 100
    now = ScaledClock(1_000_000.0, wall, 10.0).now().timestamp()

    assert 1_001_000 <= now < 1_001_100


@pytest.mark.parametrize("text", ["", "wall"])
def test_wall_is_the_default(text: str) -> None:
    """No setting, or `wall`, is the wall clock."""
    assert isinstance(clock_from(text), WallClock)


@pytest.mark.parametrize(
    "text",
    [
        "scaled",
        "scaled:1:2",
        "scaled:1:2:3:4",
        "scaled:a:b:c",
        "sun",
        "scaled:1:2:0",
        "scaled:1:2:-1",
        "scaled:1:2:nan",
        "scaled:inf:2:1",
    ],
)
def test_other_settings_are_refused(text: str) -> None:
    """A setting that names no clock is a ConfigError."""
    with pytest.raises(ConfigError, match="clock"):
        clock_from(text)


def test_random_ids() -> None:
    """An id is four characters of the alphabet, and two hundred of them hardly repeat."""
    ids = [RandomIds().token() for _ in range(200)]

    assert all(re.fullmatch("[a-z2-7]{4}", one) for one in ids)
    assert len(set(ids)) > 190
