"""Where reading back stands, in a sentence and in figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.support.world import World
from upa_core.domain.drift.record import Campaign, DriftIndex, PartTotals
from upa_core.domain.drift.standing import standing
from upa_core.domain.drift_share import DriftShare

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CONNECTOR = World().connect(drift=DriftShare())


def test_the_days_follow_from_people_and_calls() -> None:
    """200,000 people at 21,600 calls a day take ten days."""
    one = standing(CONNECTOR, DriftIndex(), 200_000, NOW)

    assert (one.days, one.sentence) == (10, "everybody read within 10 days")


def test_a_slow_timer_makes_it_longer() -> None:
    """The rhythm is that of the ticks that were seen."""
    assert standing(CONNECTOR, DriftIndex(rhythm=3600.0), 90_000, NOW).days == 10


def test_what_stands_in_the_way_is_said_first() -> None:
    """An administrator has to see to it."""
    assert standing(CONNECTOR, DriftIndex(trouble="profiles can't be read: no"), 1, NOW).sentence.endswith("no")


def test_a_campaign_tells_what_is_left() -> None:
    """People of partitions that weren't looked at yet are left too."""
    parts = {"3": PartTotals(people=10, behind=4)}
    one = standing(CONNECTOR, DriftIndex(parts=parts, campaign=Campaign(NOW, "Ann", 100)), 100, NOW)

    assert one.left == 94
    assert one.ends is not None
    assert timedelta(0) < one.ends - NOW < timedelta(hours=1)
    over = replace(CONNECTOR, drift=None)
    ended = DriftIndex(parts=parts, campaign=Campaign(NOW, "Ann", 100, ended=NOW))
    assert standing(over, ended, 100, NOW).ends is None
