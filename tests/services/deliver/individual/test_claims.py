"""A worker and its claim: nothing is sent near its end, nothing is lost with it, and no stranger's profile counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import quick
from tests.support.single import SingleWorld
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.individual_keys import progress_key
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.errors import ConflictError
from upa_core.domain.health.events import EventName
from upa_core.domain.individual.answer import Fault, Profile, Reading
from upa_core.domain.individual.batch import Task
from upa_core.domain.individual.proof import Proof
from upa_core.domain.individual.record import Progress
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.individual.person import WINDOW, Writer
from upa_core.services.deliver.individual.slices import CLAIM_LASTS, REQUEST_TIMEOUT
from upa_core.services.deliver.routes import routes_with
from upa_core.state.document import Document

TEXT = direct("department", "UpaDepartment", route="individual", on_user_edit="overwrite")


def planned(people: int = 2) -> SingleWorld:
    """Return people whose department was delivered as D0, D1 and is planned as B."""
    world = quick(SingleWorld(people, mappings=(TEXT,)))
    world.sync()
    for person in world.people:
        world.edit(person, department="B")
    world.pull()
    assert world.step().why == "planned"
    return world


def advance(world: SingleWorld, **changes: Any) -> Any:
    """Let one worker write a slice, with other ports."""
    ports = replace(world.ports(), **changes)
    return ports.routes["individual"].advance(ports, world.connector)


def file_of(world: SingleWorld) -> tuple[str, str]:
    run = world.state.run
    assert run is not None
    return run.id, run.files[0].name


def departments(world: SingleWorld) -> list[str]:
    return [world.profile(person)["UpaDepartment"] for person in world.people]


def test_a_stored_batch_that_changed_is_never_written() -> None:
    """The run fails, and its people are planned again from what their source says."""
    world = planned()
    key = file_key(*file_of(world))
    world.store.put(key, world.store.blobs[key].replace(b'"B"', b'"X"'))
    advance(world)

    assert (departments(world), world.state.run) == (["D0", "D1"], None)
    world.settle_down()
    assert departments(world) == ["B", "B"]


@pytest.mark.parametrize(("left", "sent"), [(REQUEST_TIMEOUT + 2, True), (REQUEST_TIMEOUT - 2, False)])
def test_nothing_is_sent_that_could_arrive_after_the_claim(left: float, sent: bool) -> None:
    """A request may take as long as its time-out: a later worker may have set something newer by then."""
    world = planned(1)
    read: list[str] = []

    def stall(account: str) -> None:
        if not read:
            read.append(account)
            world.sim.advance(CLAIM_LASTS.total_seconds() - left)

    world.sim.single_writes.on_read = stall
    advance(world)

    assert (departments(world), len(read)) == (["B" if sent else "D0"], 1)
    world.drain(hours=1)
    assert departments(world) == ["B"]


def test_whoever_was_written_by_a_worker_that_lost_its_claim_is_sent_again() -> None:
    """Somebody may have set a newer value before: it is unknown, ours, and due; who was only read is left alone."""
    world = planned()
    ann, bob = world.people
    world.sim.profiles.set(bob, "UpaDepartment", "B")
    progress = Document(world.store, progress_key(*file_of(world)), Progress())

    def put(key: str, data: bytes, **conditions: Any) -> str:
        if "/archive/" in key:
            progress.update(lambda one: replace(one, claim="another's"))
        etag: str = world.store.put(key, data, **conditions)
        return etag

    with pytest.raises(ConflictError):
        advance(world, store=Wrapped(world.store, put=put))
    ours = [shard.ours[person] for shard in world.shards() for person in shard.ours]

    assert {person: entry.reason for person, entry in world.escrow().items()} == {ann: EscrowReason.REQUESTED}
    assert [(world.shadow(person) or {})["UpaDepartment"] for person in (ann, bob)] == [None, "D1"]
    assert ours == [{"UpaDepartment": ["D0", "B"]}]


def test_a_profile_that_was_read_too_long_ago_is_read_again() -> None:
    """Whose it is, and what it holds, may have changed while somebody else was written."""
    world = planned()
    profiles, read = world.profiles(), []

    def slow(*args: Any) -> Any:
        world.sim.advance(WINDOW + 1)
        return profiles.write(*args)

    def reading(wanted: Mapping[str, Sequence[str]], **options: Any) -> Any:
        read.append(len(wanted))
        return profiles.read(wanted, **options)

    advance(world, routes=routes_with(Wrapped(profiles, read=reading, write=slow)))

    assert (departments(world), read) == (["B", "B"], [2, 1])


@pytest.mark.parametrize("shown", ["before", "after"])
def test_a_stranger_who_shows_at_one_end_of_a_write_is_one(shown: str) -> None:
    """Nothing is confirmed of the person, and an error says that somebody else's profile may hold their values."""
    world = planned(1)
    profiles = world.profiles()

    def write(*args: Any) -> Any:
        written = profiles.write(*args)
        return replace(written, **{shown: replace(getattr(written, shown), object_id="somebody-else")})

    advance(world, routes=routes_with(Wrapped(profiles, write=write)))
    world.drain(hours=0.1)

    assert [entry.reason for entry in world.escrow().values()] == [EscrowReason.OTHER_PERSON]
    assert (world.shadow(world.people[0]) or {})["UpaDepartment"] is None
    assert [event.fields for event in world.events.named(EventName.STRANGER_WRITTEN)] == [
        {"properties": 1, "put_back": 0}
    ]


def test_a_profile_that_may_not_be_read_stops_the_route() -> None:
    """The app lost its right: the proof is void, and nobody else is asked."""
    world = planned(1)

    def read(wanted: Mapping[str, Sequence[str]], **_: Any) -> Mapping[str, Reading]:
        return dict.fromkeys(wanted, Fault("denied", "UnauthorizedAccess"))

    profiles = Wrapped(world.profiles(), read=read)
    advance(world, routes=routes_with(profiles))
    proof = world.ports().routes["individual"].proof(world.ports(), world.connector)  # type: ignore[attr-defined]

    assert {one.found for one in proof.properties.values()} == {"denied"}
    assert departments(world) == ["D0"]


def test_one_property_that_may_not_be_set_stops_no_other() -> None:
    """Only an app that may set nothing of a person has lost its right."""
    title = direct("jobTitle", "UpaTitle", route="individual", on_user_edit="overwrite")
    world = quick(SingleWorld(2, mappings=(TEXT, title)))
    world.pull()
    world.step()
    profiles = world.profiles()

    def write(account: str, values: Mapping[str, Any], names: Sequence[str]) -> Any:
        written = profiles.write(account, {"UpaDepartment": values["UpaDepartment"]}, names)
        return replace(written, sets={**written.sets, "UpaTitle": Fault("denied", "UnauthorizedAccess")})

    advance(world, routes=routes_with(Wrapped(profiles, write=write)))

    assert departments(world) == ["D0", "D1"]


def writer(ports: Ports, **mappings: Any) -> Writer:
    made = {name: direct("a", name, on_user_edit="overwrite", **options) for name, options in mappings.items()}
    return Writer(ports, SingleWorld(0).profiles(), "hr", "run", made, Proof(ports.clock.now(), "mdy", {}))


def test_a_value_that_nobody_can_compare_is_written() -> None:
    """That a profile shows something unreadable isn't that it holds the value."""
    one = writer(SingleWorld(0).ports(), UpaHired={"type": "date"})
    task = Task("p", "p@contoso.com", {"UpaHired": "2026-01-02"})

    assert one.look(task, Profile("p", {"UpaHired": "some day"})) is None
    assert one.look(task, Profile("p", {"UpaHired": "1/2/2026"})) is not None
    assert replace(one, proof=Proof(one.proof.at)).look(task, Profile("p", {"UpaHired": "1/2/2026"})) is None


def test_a_property_that_is_no_longer_mapped_is_left_alone() -> None:
    """It was planned before the mapping went."""
    one = writer(SingleWorld(0).ports())
    record = one.look(Task("p", "p@contoso.com", {"Gone": "x"}), Profile("p", {"Gone": "y"}))

    assert record is not None
    assert (record.ending, record.sent, record.edited) == ("read", (), ())
