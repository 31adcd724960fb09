"""One refused value keeps no good value out, and sending it again is no new change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.crash.scenarios import settled
from tests.support.world import World
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.people.escrow_entry import WHOLE

LONG = "x" * 41


def test_the_property_that_the_log_names_waits_and_the_others_arrive_with_the_first_retry() -> None:
    """Department and type don't wait four days for a title of 41 characters."""
    world = settled(3)
    person = world.people[0]
    world.edit(person, jobTitle=LONG, department="new", employeeType="other")
    world.sync(hours=5)

    held = world.profile(person)
    assert (held["UpaDepartment"], held["UpaType"], held["UpaTitle"]) == ("new", "other", "T0")
    assert world.waiting() == {(person, "UpaTitle")}
    world.edit(person, jobTitle="short")
    world.sync(hours=4)
    assert world.profile(person)["UpaTitle"] == "short"
    assert world.waiting() == set()


def test_a_refused_value_is_tried_ever_more_rarely_and_nothing_else_goes_with_it() -> None:
    """Two days cost no more import jobs than a whole person's retries did."""
    world = settled(3)
    person = world.people[0]
    world.edit(person, jobTitle=LONG, department="new")
    before = len(world.queued())
    world.sync(hours=48)

    assert world.waiting() == {(person, "UpaTitle")}
    assert len(world.queued()) - before <= 6


@pytest.mark.slow
def test_where_the_log_names_no_property_each_retry_leaves_out_half() -> None:
    """The refused one is found within the retries that are made anyway."""
    world = settled(3)
    world.sim.timer_job.settings.names_properties = False
    person = world.people[0]
    world.edit(person, jobTitle=LONG, department="new", employeeType="other")
    world.sync(hours=2)
    searching = world.waiting()
    before = len(world.queued())
    world.drain(hours=72)

    held = world.profile(person)
    assert searching == {(person, WHOLE)}
    assert (held["UpaDepartment"], held["UpaType"]) == ("new", "other")
    assert world.waiting() == {(person, "UpaTitle")}
    assert len(world.queued()) - before <= 6


@pytest.mark.slow
@pytest.mark.parametrize("named", [True, False], ids=["named", "not named"])
def test_a_retry_never_trips_the_change_threshold(named: bool) -> None:
    """Forty people who were refused once were allowed already; forty other values are judged.

    One more has a title that fits: it isn't the property that is refused.
    """
    world = World(41, threshold=ChangeThreshold(45, None, None, None))
    world.sim.timer_job.settings.names_properties = named
    world.settle_down()
    world.until(world.now + timedelta(days=2))
    *forty, well = world.people
    world.sim.directory.edit(well, jobTitle="fits", department="new")
    for person in forty:
        world.sim.directory.edit(person, jobTitle=LONG, department="new")
    world.sync(hours=40)
    hold, escrow = world.state.hold, len(world.escrow())
    for person in forty:
        world.sim.directory.edit(person, jobTitle="y" * 41)
    world.sync(hours=3)

    assert (hold, escrow) == (None, 40)
    assert all(world.profile(person)["UpaDepartment"] == "new" for person in world.people)
    assert world.state.hold is None or "updates of" in world.state.hold.why
