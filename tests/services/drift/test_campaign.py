"""Everybody is read at once: begun, paused, ended."""

from __future__ import annotations

import pytest

from tests.services.drift.test_read_back import settled
from tests.support.drifting import DriftWorld
from upa_core.domain.errors import RefusedError
from upa_core.domain.people_calls import Budget
from upa_core.services.drift.campaign import begin, pause
from upa_core.state.drift.standing import standing_of


def test_everybody_is_read_anew_and_then_it_is_over() -> None:
    """Also whoever was read an hour ago."""
    world = settled(5)
    world.read_all()
    world.hand(world.people[0], "UpaTitle", "King")
    world.sim.advance(3600)
    begin(world.ports(), world.connector, "Ann")
    came = world.read_back()

    assert came.read == 5
    assert list(world.found()) == [(world.people[0], "UpaTitle")]
    assert world.index.campaign is not None
    assert world.index.campaign.ended == world.now


def test_it_tells_how_far_it_is_and_when_it_ends() -> None:
    """Half of 40 calls in 5 minutes, in ticks of a quarter of an hour."""
    world = settled(40, individual=Budget(share=100 * 20 / 3000))
    begin(world.ports(), world.connector, "Ann")
    world.read_back()
    first = standing_of(world.store, world.connector, world.now)

    assert 0 < first.left < 40
    assert first.ends is not None
    assert first.ends > world.now
    assert "profiles read anew, done by about" in first.sentence


def test_a_paused_campaign_waits_until_it_is_begun_again() -> None:
    """Meanwhile the background's share counts, and nobody is read twice in a day."""
    world = settled(5)
    world.read_all()
    world.sim.advance(3600)
    campaign = begin(world.ports(), world.connector, "Ann")
    pause(world.ports(), world.connector, "Ann")

    assert world.read_back().read == 0
    assert "paused" in standing_of(world.store, world.connector, world.now).sentence
    again = begin(world.ports(), world.connector, "Bob")
    assert (again.began, again.by) == (campaign.began, "Ann")
    assert world.read_back().read == 5


def test_it_works_without_the_background() -> None:
    """A connector that doesn't ask for reading back can be read once all the same."""
    world = settled(3, drift=None)
    begin(world.ports(), world.connector, "Ann")

    assert world.read_back().read == 3
    assert world.read_back(hours=48).read == 0


def test_nothing_to_pause_and_nothing_to_compare_are_said() -> None:
    """Each by its reason."""
    with pytest.raises(RefusedError, match="nothing to pause"):
        pause(settled(1).ports(), settled(1).connector, "Ann")
    world = DriftWorld(1)
    with pytest.raises(RefusedError, match="nothing to compare"):
        begin(world.ports(), world.connector, "Ann")


def test_status_says_within_how_many_days_everybody_is_read() -> None:
    """Or that nobody is."""
    world = settled(3)

    assert standing_of(world.store, world.connector, world.now).sentence == "everybody read within 1 day"
    off = settled(3, drift=None)
    assert "aren't read back" in standing_of(off.store, off.connector, off.now).sentence
