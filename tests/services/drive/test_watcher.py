"""Whether the import job in the lane is watched is read from our storage, never from Durable Functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.fakes.hooks import Call, nothing
from tests.support.world import World
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.watcher import OVERDUE_AFTER, Watcher, is_overdue
from upa_core.domain.errors import UnavailableError
from upa_core.domain.health.events import EventName
from upa_core.services.drive.tick import tick
from upa_core.services.drive.watch_file import watch_file
from upa_core.services.drive.watcher import note_look, see_that_it_is_watched
from upa_core.state.document import lane_of, watcher_of

TICK = timedelta(minutes=15)


def in_flight(**slow: float) -> tuple[World, InFlight]:
    """Return a world whose changed person is in an import job; the orchestration was woken and never acts."""
    world = settled()
    for name, seconds in slow.items():
        setattr(world.sim.timer_job.settings, name, seconds)
    world.edit(world.people[0], department="B")
    world.pull()
    world.far()
    assert world.lane.in_flight is not None
    return world, world.lane.in_flight


def ticks(world: World, hours: float) -> None:
    """Let the timer alone drive the pipeline, as when Durable Functions answers Running for ever."""
    end = world.now + timedelta(hours=hours)
    while world.now < end:
        world.until(world.now + TICK)
        tick(world.ports(), world.connector)


def woken(world: World, file: str) -> list[str]:
    """Return the instances that were asked to watch a file, each once, in order."""
    sent = [instance for kind, _, instance in world.waker.sent if kind == "watch" and instance.startswith(file)]
    return list(dict.fromkeys(sent))


def test_an_import_job_whose_watcher_never_acts_is_settled_by_the_timer() -> None:
    """An instance that is said to run for ever wedges nothing: the tick looks itself once it is overdue."""
    world, _ = in_flight()

    ticks(world, hours=3)

    assert world.lane.in_flight is None
    world.end_run()
    assert world.differences() == []


def test_each_overdue_hour_starts_an_instance_of_a_new_name() -> None:
    """The id of an instance that doesn't act can't be started again: `~2`, `~3` follow, one an hour."""
    world, flight = in_flight(download_delay=4 * 3600)

    ticks(world, hours=3.2)

    assert woken(world, flight.file) == [flight.file, *(f"{flight.file}~{n}" for n in (2, 3, 4))]
    overdue = world.events.named(EventName.WATCH_OVERDUE)
    assert [(one.run, one.fields["instance"]) for one in overdue] == [
        (flight.run, f"{flight.file}~{n}") for n in (2, 3, 4)
    ]


def test_a_watcher_that_acts_is_left_alone_and_notes_few_looks() -> None:
    """Beside a watcher at work the ticks start nothing anew; a job of 2.5 h costs at most five noted looks."""
    world, flight = in_flight(download_delay=2.5 * 3600)
    file = flight.file
    before = world.store.hooks.count("put")
    at = world.now
    for _ in range(100):
        watched = watch_file(world.ports(), world.connector, file)
        if watched.done or watched.at is None or world.lane.in_flight is None:
            break
        at = watched.at
        while world.now + TICK < at:
            world.until(world.now + TICK)
            tick(world.ports(), world.connector)
        world.until(at)

    assert woken(world, file) == [file]
    assert world.events.named(EventName.WATCH_OVERDUE) == []
    keys = world.store.hooks.subjects("put")[before:]
    assert 0 < sum(key.endswith("watcher.json") for key in keys) <= 5


def test_a_look_that_fails_is_told_and_tried_again_an_hour_later() -> None:
    """The restart is noted before the look: what fails again and again starts one instance an hour, not one a tick."""
    world, flight = in_flight()

    class Down:
        def __getattr__(self, name: str) -> object:
            def call(*_: Any, **__: Any) -> object:
                raise UnavailableError("down")

            return call

    for _ in range(10):
        world.until(world.now + TICK)
        tick(replace(world.ports(), import_jobs=Down(), library=Down()), world.connector)

    assert woken(world, flight.file) == [flight.file, f"{flight.file}~2", f"{flight.file}~3"]


@pytest.mark.parametrize("ahead", [timedelta(days=3), timedelta(days=400)])
def test_a_look_noted_by_a_clock_that_was_ahead_is_not_believed(ahead: timedelta) -> None:
    """A moment further ahead than any pause of ours keeps nobody from looking."""
    world, flight = in_flight()
    now = world.now + OVERDUE_AFTER

    assert is_overdue(flight, Watcher(file=flight.file, looked=now + ahead), now)
    assert not is_overdue(flight, Watcher(file=flight.file, looked=now), now)


def test_the_look_at_another_file_says_nothing_of_this_one() -> None:
    """What was noted for the file before is not taken for a look at the file in the lane."""
    world, flight = in_flight()
    document = watcher_of(world.store, world.connector)
    document.update(lambda _: Watcher(file="upa-hr-other.json", looked=world.now + timedelta(hours=1), restarts=5))

    ticks(world, hours=1.3)

    assert woken(world, flight.file)[-1] in (flight.file, f"{flight.file}~2")
    assert world.lane.in_flight is None


def watched() -> tuple[World, InFlight]:
    """Return a world with a file in the lane, of which nobody has known anything for an hour."""
    world = World()
    flight = InFlight("hr", "run", "file", 1, "queued", world.now - OVERDUE_AFTER)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=flight))
    return world, flight


def test_a_look_replaces_one_that_a_clock_noted_that_was_ahead() -> None:
    """Otherwise nothing would be noted until that moment."""
    world, flight = watched()
    document = watcher_of(world.store, world.connector)
    document.update(lambda _: Watcher(file="file", looked=world.now + timedelta(minutes=5)))
    note_look(world.ports(), world.connector, flight)

    assert document.load().value.looked == world.now


def test_of_two_ticks_that_see_an_overdue_file_one_looks() -> None:
    """The other leaves it alone: neither a look nor a new instance."""
    world, flight = watched()
    document = watcher_of(world.store, world.connector)

    def first(call: Call) -> None:
        if call.operation == "put":
            world.store.hooks.before = nothing
            document.update(lambda one: one.of("file").restarted(world.now))

    world.store.hooks.before = first
    see_that_it_is_watched(world.ports(), world.connector, flight)

    assert document.load().value.restarts == 1
    assert (world.waker.sent, world.events.named(EventName.WATCH_OVERDUE)) == ([], [])


def test_a_file_is_watched_under_its_own_name_whatever_became_of_the_one_before() -> None:
    """The restarts of another file don't count."""
    world, flight = watched()
    recent = replace(flight, since=world.now)
    watcher_of(world.store, world.connector).update(lambda _: Watcher(file="other", restarts=5))
    see_that_it_is_watched(world.ports(), world.connector, recent)

    assert world.waker.sent == [("watch", "hr", "file")]
