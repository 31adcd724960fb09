"""Whatever fails again and again on one document is given up: the lane goes on, and SharePoint equals the oracle."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.support.ad_hoc import import_values
from tests.support.ended import delivery_of, planned
from tests.support.mortal import Death
from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.storage_layout import (
    Kind,
    attempts_key,
    file_key,
    outcome_key,
    parse,
    plan_key,
)
from upa_core.domain.errors import FatalError, UnavailableError
from upa_core.domain.health.events import EventName
from upa_core.domain.next_step import Step
from upa_core.domain.plan.run_people import shards_key
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.drive.give_up import with_flight, with_run
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import lane_of


def sent(people: int = 4, *, left_out: bool = False) -> World:
    """Return a world whose file is queued, with one person whose value has gone back meanwhile."""
    world = settled(people)
    for person in world.people[:2]:
        world.edit(person, department="B")
    if left_out:
        world.join(profile=False, department="x")
    world.pull()
    world.far()
    assert world.lane.in_flight is not None
    return world


def live(world: World, hours: float, ports: Callable[[], Ports] | None = None, every: int = 15) -> list[str]:
    """Let the timer tick for a while, whatever it meets; returns the kinds of error."""
    met, end = [], world.now + timedelta(hours=hours)
    while world.now < end:
        try:
            world.far(ports() if ports is not None else None)
        except (Exception, Death) as exc:  # noqa: BLE001 - the next tick comes all the same
            met.append(type(exc).__name__)
        world.sim.advance(every * 60)
    return met


def told(world: World) -> list[tuple[Any, Any]]:
    """Return the steps that were given up, and what was done instead."""
    return [
        (one.fields["step"], one.fields["instead"])
        for one in world.events.events
        if one.name is EventName.STEP_GIVEN_UP
    ]


def _go_back(world: World) -> None:
    """Let what was sent revert at the source: only who is unknown is sent again."""
    world.edit(world.people[0], department="D0")


def _key(world: World, key: Callable[[str, str], str]) -> str:
    flight = world.lane.in_flight
    assert flight is not None
    return key(flight.run, flight.file)


def _lose(world: World, key: str) -> None:
    world.store.delete(key)


def _flip(world: World, key: str) -> None:
    data = bytearray(world.store.blobs[key])
    data[data.rindex(b"B")] = ord("C")
    world.store.put(key, bytes(data))


def _cut(world: World, key: str) -> None:
    world.store.put(key, world.store.blobs[key][:-9])


@pytest.mark.slow
@pytest.mark.parametrize("damage", [_lose, _flip, _cut])
@pytest.mark.parametrize("plan_lost", [False, True])
def test_a_lane_whose_archive_copy_is_lost_or_damaged_goes_on(damage: Any, plan_lost: bool) -> None:
    """Six hours long it may be brought back; then whom the plan knew is sent again, or everybody, and it is told."""
    world = sent()
    key = _key(world, file_key)
    if plan_lost:
        world.store.delete(_key(world, plan_key))
    damage(world, key)
    _go_back(world)
    met = live(world, 5)
    flight = world.lane.in_flight
    assert flight is not None
    met += live(world, 6)

    assert set(met) == {"CorruptStateError"}
    assert told(world) == [
        ("settle", "everybody is sent again by a full round" if plan_lost else "its people are sent again")
    ]
    assert world.lane.in_flight is None or world.lane.in_flight.file != flight.file
    world.settle_down(days=1)
    assert world.differences() == []


def test_an_archive_copy_that_is_brought_back_is_settled_as_if_nothing_had_been() -> None:
    """Nothing is given up within six hours."""
    world = sent()
    key = _key(world, file_key)
    data = world.store.blobs[key]
    world.store.delete(key)
    live(world, 5)
    world.store.put(key, data)
    world.settle_down()

    assert (told(world), len(world.sim.jobs), world.differences()) == ([], 2, [])


@pytest.mark.slow
def test_a_damaged_outcome_is_made_again_as_given_up() -> None:
    """The manifest of the archive: nobody is confirmed by what can't be read."""
    world = sent()
    ports = world.ports()

    def die(key: str, data: bytes, **conditions: Any) -> str:
        if parse(key) is not None and "/people/" in key:
            raise Death
        etag: str = ports.store.put(key, data, **conditions)
        return etag

    live(world, 1, lambda: replace(ports, store=Wrapped(ports.store, put=die)), every=5)
    key = _key(world, outcome_key)
    world.store.put(key, world.store.blobs[key].replace(b'"state":4', b'"state":5'))
    met = live(world, 8)

    assert set(met) == {"CorruptStateError"}
    assert told(world) == [("watch", "its people are sent again")]
    world.settle_down(days=2)
    assert world.differences() == []


@pytest.mark.slow
@pytest.mark.parametrize("port", ["library", "store"])
def test_a_file_or_log_that_kills_its_reader_is_given_up_after_some_deaths(port: str) -> None:
    """Each reader dies: no exception is ever seen, and the lane isn't held for longer than that takes."""
    world = sent(left_out=True)

    def deadly() -> Ports:
        ports = world.ports()

        def die(*args: Any, **kwargs: Any) -> Any:
            if port == "store" and "/archive/" not in args[0]:
                return ports.store.read_range(*args, **kwargs)
            raise Death

        if port == "library":
            return replace(ports, library=Wrapped(ports.library, download=die))
        return replace(ports, store=Wrapped(ports.store, read_range=die))

    flight = world.lane.in_flight
    met = live(world, 9, deadly, every=30)

    assert set(met) == {"Death"}
    assert told(world) != []
    assert flight is not None
    assert world.lane.in_flight is None or world.lane.in_flight.file != flight.file
    world.settle_down(days=2)
    assert len(world.escrow()) == 1
    assert world.differences() == []


CALLS = ["import_jobs.get", "library.items", "library.digest", "library.upload", "library.size"]


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
def test_a_raw_exception_from_a_port_is_given_up(call: str) -> None:
    """A fault of ours on one file costs that file, hours later, and is told; the rest goes on."""
    world = settled(4)
    world.join(profile=False, department="x")
    world.edit(world.people[0], department="B")
    world.pull()
    kind, _, name = call.partition(".")

    def faulty() -> Ports:
        ports = world.ports()

        def fail(*_: Any, **__: Any) -> Any:
            raise KeyError(call)

        return replace(ports, **{kind: Wrapped(getattr(ports, kind), **{name: fail})})

    met = live(world, 12, faulty)

    assert "KeyError" in met
    assert told(world) != []
    world.settle_down(days=3)
    assert world.differences() == []


@pytest.mark.slow
def test_an_outage_gives_nothing_up_however_long() -> None:
    """What says of itself that it comes back isn't counted."""
    world = sent()
    ports = world.ports()

    def away(*_: Any, **__: Any) -> Any:
        raise UnavailableError("no answer")

    live(world, 20, lambda: replace(ports, library=Wrapped(ports.library, digest=away)))
    world.settle_down()

    assert (told(world), len(world.sim.jobs), world.differences()) == ([], 2, [])


@pytest.mark.slow
def test_a_deployment_that_cant_work_gives_nothing_up() -> None:
    """A module that is missing, or a name, says nothing of the document."""
    world = sent()
    ports = world.ports()

    def broken(*_: Any, **__: Any) -> Any:
        raise ModuleNotFoundError("orjson")

    met = live(world, 20, lambda: replace(ports, library=Wrapped(ports.library, digest=broken)))
    world.settle_down()

    assert set(met) == {"ModuleNotFoundError"}
    assert (told(world), len(world.sim.jobs), world.differences()) == ([], 2, [])


def test_a_kept_shard_that_is_damaged_is_no_shortcut() -> None:
    """Its length fits and its JSON is broken: the shard itself is read, at once."""
    world = sent()
    flight = world.lane.in_flight
    assert flight is not None
    key = shards_key(flight.run)
    data = world.store.blobs[key]
    at = data.index(b"\n") + 40
    world.store.put(key, data[:at] + b"x" + data[at + 1 :])
    world.settle_down()

    assert (told(world), len(world.sim.jobs), world.differences()) == ([], 2, [])


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Kind.SEGMENT, Kind.PEOPLE_SHARD])
def test_what_cant_be_planned_from_is_given_up_by_a_full_round(kind: Kind) -> None:
    """A damaged segment or shard stops nobody for good: it is emptied, everybody is named anew, and it is told."""
    world = settled(6)
    person = world.people[0]
    world.edit(person, department="B")
    world.pull()
    for key in [key for key in world.store.blobs if (found := parse(key)) is not None and found.kind is kind]:
        world.store.put(key, b"?" * 50)
    met = live(world, 60)

    assert set(met) == {"CorruptStateError"}
    assert told(world) == [("plan", "a full round follows")]
    world.settle_down(days=2)
    assert world.differences() == []


@pytest.mark.slow
def test_a_planner_that_dies_is_given_up() -> None:
    """Deaths alone count, over hours."""
    world = settled(4)
    world.edit(world.people[0], department="B")
    world.pull()
    ports = world.ports()

    def die(*_: Any, **__: Any) -> Any:
        raise Death

    met = live(world, 12, lambda: replace(ports, store=Wrapped(ports.store, read_range=die)))

    assert set(met) == {"Death"}
    assert told(world)[0] == ("plan", "a full round follows")
    world.settle_down(days=2)
    assert world.differences() == []


@pytest.mark.slow
@pytest.mark.parametrize("plan_lost", [False, True])
def test_an_abandoned_import_job_whose_file_is_lost_is_doubted_all_the_same(plan_lost: bool) -> None:
    """It ends after all: whom its plan knew, or everybody, is sent again, and it leaves the books."""
    world = settled(4)
    world.edit(world.people[0], department="B")
    world.sim.timer_job.plan("next", hang="Processing", wake_after=60 * 3600)
    world.pull()
    world.drain(hours=30)
    (entry,) = world.lane.abandoned
    world.store.delete(file_key(entry.run, entry.file))
    if plan_lost:
        world.store.delete(plan_key(entry.run, entry.file))
    world.edit(world.people[0], department="C")
    world.pull()
    world.drain(hours=6)
    world.sim.advance(60 * 3600)
    for _ in range(40):
        housekeeping(world.ports(), world.connector)
        world.sim.advance(3600)

    assert world.lane.abandoned == ()
    world.settle_down(days=4)
    assert world.differences() == []


@pytest.mark.slow
def test_an_abandoned_import_whose_file_is_damaged_has_everybody_sent_again() -> None:
    """What it wrote in the end is put right: its plan names nobody whom the connector has confirmed."""
    world = settled(4)
    world.sim.timer_job.plan("next", hang="Processing", wake_after=60 * 3600)
    import_values(world, world.ports(), {person: {"UpaTitle": "imported"} for person in world.people[:2]})
    world.drain(hours=30)
    (entry,) = world.lane.abandoned
    _cut(world, file_key(entry.run, entry.file))
    world.sim.advance(60 * 3600)
    for _ in range(40):
        housekeeping(world.ports(), world.connector)
        world.sim.advance(3600)

    assert world.lane.abandoned == ()
    assert told(world) == [("settle", "everybody is sent again by a full round")]
    assert [world.profile(person)["UpaTitle"] for person in world.people[:2]] == ["imported", "imported"]
    world.settle_down(days=4)
    assert world.differences() == []


def test_a_housekeeping_part_that_kills_is_left_out_and_the_others_have_their_turn() -> None:
    """Day after day the process died in the library; on the fifth day storage is kept again, and it is told."""
    world = settled(2)
    ports = world.ports()
    done = []

    def die(*_: Any) -> Any:
        raise Death

    for _ in range(6):
        with suppress(Death):
            done.append(housekeeping(replace(ports, library=Wrapped(ports.library, items=die)), world.connector))
        world.sim.advance(86_400)

    assert [result.failures for result in done] == [("library",)] * len(done)
    assert len(done) == 2
    assert set(told(world)) == {("housekeeping", "it is left out for a week")}


def test_a_housekeeping_part_that_was_left_out_for_a_week_has_its_turn_again() -> None:
    """Housekeeping comes every day, and leaving a part out is no try of it: the week ends."""
    world = settled(2)
    ports = world.ports()

    def die(*_: Any) -> Any:
        raise Death

    for _ in range(6):
        with suppress(Death):
            housekeeping(replace(ports, library=Wrapped(ports.library, items=die)), world.connector)
        world.sim.advance(86_400)
    left_out = []
    for _ in range(8):
        left_out.append(housekeeping(world.ports(), world.connector).failures == ("library",))
        world.sim.advance(86_400)

    assert left_out == sorted(left_out, reverse=True)
    assert left_out[0]
    assert not left_out[-1]


def test_damaged_counts_are_no_obstacle() -> None:
    """What counts failures must not itself be one."""
    world = sent()
    world.store.put(attempts_key("hr"), b"?")
    world.settle_down()

    assert world.differences() == []


@pytest.mark.slow
def test_a_run_that_cant_go_on_between_two_files_ends_as_failed() -> None:
    """Its rounds are planned again."""
    world = settled(4)
    world.edit(world.people[0], department="B")
    world.pull()
    world.step()
    run = world.state.run
    assert run is not None
    ports = world.ports()

    def fail(_: str) -> Any:
        raise LookupError

    met = live(world, 8, lambda: replace(ports, library=Wrapped(ports.library, url_of=fail)))

    assert set(met) == {"LookupError"}
    assert ("send", "its rounds are planned again") in told(world)
    world.settle_down(days=2)
    assert world.differences() == []


def failing(world: World, work: Callable[[], Any], times: int = 4) -> Step | None:
    """Take a step again and again that fails, over more than six hours; return what is done instead."""
    result = None
    for _ in range(times):
        with suppress(LookupError, FatalError):
            result = work()
        world.sim.advance(2.5 * 3600)
    return result


def raising(error: Exception) -> Callable[[], Step]:
    def work() -> Step:
        raise error

    return work


def in_lane(**fields: Any) -> tuple[World, InFlight]:
    """Return a world with the open run's file in the lane."""
    world = planned(2)
    on = delivery_of(world)
    known: dict[str, Any] = {"phase": "queued", "source_uri": "uri", **fields}
    flight = InFlight("hr", on.run.id, on.file.name, on.file.sequence, since=world.now, **known)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=flight))
    return world, flight


@pytest.mark.parametrize(
    ("error", "text"), [(LookupError("a person's value"), "LookupError"), (FatalError("in words"), "in words")]
)
def test_a_file_that_is_given_up_says_at_which_step_and_why(error: Exception, text: str) -> None:
    """Of an error that isn't ours only the kind, since its text may hold a value."""
    for phase, step in (("queued", "watch"), ("queueing", "send")):
        world, flight = in_lane(phase=phase, queues=1)
        take = partial(with_flight, world.ports(), world.connector, flight, raising(error))
        failing(world, take)
        outcome = load_outcome(world.ports(), flight.run, flight.file)

        assert outcome is not None
        assert outcome.given_up == f"given up: the step '{step}' failed again and again: {text}"
        assert told(world) == [(step, "its people are sent again")]
        assert (outcome.abandoned, [one.file for one in world.lane.abandoned]) == (True, [flight.file])


def test_a_file_that_was_never_queued_fails_without_an_archive() -> None:
    """No import job can exist for it: it is owed, and its run is planned again."""
    world, flight = in_lane(phase="uploaded")
    step = failing(world, lambda: with_flight(world.ports(), world.connector, flight, raising(LookupError())))

    assert step is not None
    assert load_outcome(world.ports(), flight.run, flight.file) is None
    assert ([debt.url for debt in world.state.debts], world.lane.abandoned) == (["uri"], ())
    assert (world.state.run, world.lane.in_flight) == (None, None)


@pytest.mark.parametrize(("sent", "alive"), [({}, False), ({"queues": 1}, True), ({"jobs": ("job",)}, True)])
def test_a_file_that_nobody_waits_for_frees_the_lane(sent: dict[str, Any], alive: bool) -> None:
    """Its run has ended; an import job that may run stays on the books. The run of today isn't touched."""
    world, flight = in_lane(**sent)
    older = replace(flight, run="older")
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=older))
    step = failing(world, lambda: with_flight(world.ports(), world.connector, older, raising(LookupError())))

    assert step == Step("again", "the lane is free", run="older")
    assert (world.lane.in_flight, bool(world.lane.abandoned)) == (None, alive)
    assert world.state.run is not None


def test_a_run_is_given_up_only_after_its_step_has_failed_often_enough() -> None:
    """Until then the error is raised; where no batch is left there is nothing to give up."""
    world = planned(2)
    run = delivery_of(world).run

    def work() -> Step:
        return with_run(world.ports(), world.connector, run, raising(LookupError()))

    before = failing(world, work, times=3)
    assert (before, world.state.run is not None, told(world)) == (None, True, [])
    assert failing(world, work, times=1) is not None
    assert (world.state.run, told(world)) == (None, [("send", "its rounds are planned again")])
    done = replace(run, id="done", files=())
    take = partial(with_run, world.ports(), world.connector, done, raising(LookupError()))
    failing(world, take)
    with pytest.raises(LookupError):
        take()
