"""A place in the lane that somebody moved, that nobody waits for, or whose file isn't what was planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.support.world import World, with_limits
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.connector_state import Debt
from upa_core.domain.documents.ids import upload_name
from upa_core.domain.documents.lane import InFlight, Lane
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.domain.health.events import EventName
from upa_core.services.deliver.bulk.send import send
from upa_core.state.document import lane_of, state_of
from upa_core.state.lane import abandon


def planned(people: int = 2, **limits: Any) -> World:
    """Return a world with a run that is planned and not begun: everybody has changed."""
    world = settled(people)
    world.connector = with_limits(world.connector, **limits)
    for person in world.people:
        world.edit(person, department="B")
    world.pull()
    assert world.step().why == "planned"
    return world


def place(world: World, change: Callable[[Lane], Lane]) -> None:
    lane_of(world.store, world.connector).update(change)


def first_file(world: World) -> tuple[str, str, int]:
    """Return run, name and number of the open run's first file."""
    run = world.state.run
    assert run is not None
    return run.id, run.files[0].name, run.files[0].sequence


def flight_of(world: World, **fields: Any) -> InFlight:
    run, name, sequence = first_file(world)
    uri = world.ports().library.url_of(name)
    known: dict[str, Any] = {"phase": "uploaded", "since": world.now, "upload": name, "source_uri": uri, **fields}
    return InFlight("hr", run, name, sequence, **known)


@pytest.mark.parametrize("elsewhere", ["in flight", "abandoned", "nowhere"])
def test_an_upload_that_came_too_late_is_taken_back_unless_somebody_goes_on_with_it(elsewhere: str) -> None:
    """Its debt may be paid already; an upload that an import job may read is left alone."""
    world = planned()
    ports = world.ports()

    def upload(name: str, content: bytes) -> None:
        ports.library.upload(name, content)

        def overtaken(lane: Lane) -> Lane:
            assert lane.in_flight is not None
            if elsewhere == "in flight":
                return replace(lane, in_flight=replace(lane.in_flight, lookups=1))
            other = replace(lane.in_flight, attempt=2, upload=upload_name(name, 2))
            after = abandon(lane.in_flight, world.now)(lane) if elsewhere == "abandoned" else lane
            return replace(after, in_flight=other)

        place(world, overtaken)

    with pytest.raises(ConflictError):
        send(replace(ports, library=Wrapped(ports.library, upload=upload)), world.connector)

    assert world.library() == ([] if elsewhere == "nowhere" else [first_file(world)[1]])


def test_an_upload_has_no_name_that_is_still_to_be_deleted() -> None:
    """Paying the debt of an earlier attempt would delete the file before its import job reads it."""
    world = planned()
    url = world.ports().library.url_of(first_file(world)[1])
    debt = Debt(url, is_folder=False, since=world.now)
    state_of(world.store, "hr").update(lambda state: replace(state, debts=(debt,)))
    world.step()

    assert world.lane.in_flight is not None
    assert (world.lane.in_flight.attempt, world.lane.in_flight.upload) == (2, upload_name(first_file(world)[1], 2))


@pytest.mark.parametrize("queues", [0, 1])
@pytest.mark.parametrize("why", ["run ended", "file settled", "another run"])
def test_a_place_that_nobody_waits_for_is_freed_and_a_file_that_may_be_queued_stays_on_the_books(
    why: str, queues: int
) -> None:
    """Nothing of it is sent any more."""
    world = planned()
    flight = flight_of(world, queues=queues, phase="queueing" if queues else "uploaded")
    place(world, lambda lane: replace(lane, in_flight=flight))
    run = world.state.run
    assert run is not None
    left = {
        "run ended": None,
        "file settled": run.with_file(replace(run.files[0], settled=True)),
        "another run": replace(run, id="20261122T101500Z-othr"),
    }[why]
    state_of(world.store, "hr").update(lambda state: replace(state, run=left))
    world.step()

    assert (world.lane.in_flight, len(world.lane.abandoned), len(world.sim.jobs)) == (None, queues, 1)


def test_a_file_of_which_the_library_holds_a_part_isnt_queued() -> None:
    """An import job would read half a file; it waits until the size is right."""
    world = planned()
    ports = world.ports()
    world.step(replace(ports, library=Wrapped(ports.library, size=lambda _: 7)))
    jobs = len(world.sim.jobs)
    world.drain(hours=6)

    assert (jobs, len(world.sim.jobs), world.differences()) == (1, 2, [])


def test_a_stored_file_that_changed_is_never_sent() -> None:
    """The run fails by name of the file, and its people are planned again."""
    world = planned()
    run, name, _ = first_file(world)
    key = file_key(run, name)
    world.store.put(key, world.store.blobs[key].replace(b'"B"', b'"X"'))
    with pytest.raises(CorruptStateError, match=name):
        send(world.ports(), world.connector)

    assert (world.state.run, len(world.sim.jobs), world.library()) == (None, 1, [])
    world.settle_down()
    assert world.differences() == []


def test_the_property_map_is_that_of_the_plan() -> None:
    """A mapping that went meanwhile: a key in the file that the map doesn't name would fail everybody."""
    world = planned()
    run, maps = world.state.run, []
    assert run is not None
    world.connector = replace(world.connector, mappings=world.connector.mappings[1:])
    ports = world.ports()

    def queue(uri: str, names: dict[str, str]) -> str | None:
        maps.append(names)
        return ports.import_jobs.queue(uri, names)

    world.step(replace(ports, import_jobs=Wrapped(ports.import_jobs, queue=queue)))

    assert maps == [{target: target for target in run.targets}]
    assert "UpaDepartment" in run.targets


def test_every_queue_call_is_looked_up_twice() -> None:
    """The second one too, before the file is given up."""
    world = planned()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=2, status=500))
    world.drain(hours=3)
    looks = [
        event.fields["lookups"] for event in world.events.named(EventName.FILE_LOOKED_UP) if "lookups" in event.fields
    ]

    assert looks[:4] == [1, 2, 1, 2]


def test_a_second_queue_call_that_is_refused_doesnt_undo_the_first() -> None:
    """The first one's import job may still appear: its file stays on the books, and in the library."""
    world = planned()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, status=500))
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, status=403))
    world.drain(hours=1)

    assert (len(world.lane.abandoned), world.lane.in_flight, len(world.library())) == (1, None, 1)
