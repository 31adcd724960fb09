"""Success that isn't, and silence that isn't: what status and alarms say of a run that reached nobody, and of quiet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.world import World
from upa_core.domain.health.alarms import last_good
from upa_core.services.health.notify import Alerting, notification_log_of, notify
from upa_core.services.health.status import status

HOURS = timedelta(hours=1)


def look(world: World) -> list[str]:
    alerting = Alerting(frozenset({"silence", "failed"}), silence_after=26 * HOURS)
    notify(world.ports(), world.connector, alerting)
    log = notification_log_of(world.ports(), world.connector).load().value
    return [entry.occasion for entry in log.entries if not entry.over]


@pytest.mark.slow
def test_a_run_that_reached_nobody_is_no_success() -> None:
    """Everybody's value is refused: the report says failed, the connector isn't healthy, and somebody is told."""
    world = World()
    world.people = [world.join(department="x" * 41) for _ in range(4)]  # SharePoint takes 40 characters
    world.sync()
    alarms = look(world)
    shown = status(world.ports(), world.connector)

    assert (shown["last_run"]["status"], shown["last_run"]["counts"]["exported"]) == ("failed", 0)
    assert (shown["state"], shown["what_to_do"]) == ("degraded", "upa escrow list")
    assert alarms == ["failed"]


@pytest.mark.slow
def test_a_run_that_reaches_people_again_ends_it() -> None:
    """The next run that reaches its people is a success, and so is the connector."""
    world = World()
    world.people = [world.join(department="x" * 41) for _ in range(4)]
    world.sync()
    look(world)
    for person in world.people:
        world.edit(person, department="short")
    world.sync()

    assert look(world) == []
    assert status(world.ports(), world.connector)["state"] == "healthy"


def test_a_joiner_without_a_profile_is_no_failure() -> None:
    """Whoever has no profile yet waits for it: the connector stays healthy."""
    world = World(2)
    world.sync()
    world.join(department="new", profile=False)
    world.sync(hours=6)
    look(world)
    shown = status(world.ports(), world.connector)

    assert (shown["last_run"]["status"], shown["state"]) == ("partly", "healthy")


def test_the_first_change_after_a_quiet_spell_is_no_silence() -> None:
    """Nothing changed for a weekend, the timer pulled all the time: Monday's change raises nothing while it runs."""
    world = World(2)
    world.sync()
    for _ in range(20):
        world.sim.advance(3 * 3600)
        world.pull()
        assert look(world) == []
    world.edit(world.people[0], department="Monday")
    world.pull()

    assert look(world) == []
    world.far()
    assert world.state.run is not None
    assert look(world) == []


def test_a_change_that_nobody_delivers_is_silence() -> None:
    """What waits for longer than the limit is told."""
    world = World(2)
    world.sync()
    look(world)
    world.edit(world.people[0], department="stuck")
    world.pull()
    world.sim.advance(27 * 3600)
    world.pull()

    assert look(world) == ["silence"]


def test_last_success_is_the_last_time_that_all_was_well() -> None:
    """While nothing is to be done it is the last pull; while something waits, when that began to wait."""
    world = World(2)
    world.sync()
    world.sim.advance(50 * 3600)
    world.pull()
    pulled = world.state.last_pull
    assert last_good(world.state) == pulled
    assert status(world.ports(), world.connector)["last_success"] == status(world.ports(), world.connector)["last_pull"]
    world.edit(world.people[0], department="new")
    world.sim.advance(3600)
    world.pull()
    world.sim.advance(3600)
    world.pull()

    assert last_good(world.state) == world.state.sealed[0].sealed
