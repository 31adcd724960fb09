"""An instance that stalls before it writes what it settled, and comes to it when everything has moved on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.crash.rivals import beside
from tests.crash.scenarios import quick, settled
from tests.support.world import MAPPINGS, RULES, World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.runs import Report
from upa_core.domain.documents.storage_layout import report_key
from upa_core.domain.errors import RefusedError
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.services.admin.controls import reset
from upa_core.services.admin.requests import request_people
from upa_core.state.document import get_document


@dataclass
class Lagging:
    """A source whose replica doesn't know anybody yet."""

    source: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def read(self, ids: Sequence[str], select: object) -> dict[str, None]:
        return dict.fromkeys(ids)


@dataclass
class Stalling:
    """A store before whose first write of a shard, or at another place, somebody else acts."""

    store: Any
    act: Callable[[], None]
    place: str = "/people/"
    done: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def put(self, key: str, data: bytes, **conditions: Any) -> str:
        self._meet(self.place in key)
        etag: str = self.store.put(key, data, **conditions)
        return etag

    def read_range(self, key: str, start: int, length: int) -> bytes | None:
        self._meet(self.place == "a segment's rows")
        rows: bytes | None = self.store.read_range(key, start, length)
        return rows

    def _meet(self, here: bool) -> None:
        if here and not self.done:
            self.done = True
            self.act()


def _settle_late(world: World, rival: Callable[[], None]) -> None:
    ports = world.ports()
    stalling = Stalling(ports.store, rival)
    while not stalling.done:
        world.sim.advance(120)
        world.step(beside(ports, stalling))


def _in_flight() -> tuple[World, str]:
    world = settled(3)
    person = world.people[0]
    world.edit(person, department="B")
    world.pull()
    world.far()
    return world, person


def test_a_late_settling_takes_nobody_out_of_escrow_whom_a_newer_plan_put_there() -> None:
    """The newer value, which the source can't be asked for yet, is delivered later."""
    world, person = _in_flight()

    def rival() -> None:
        world.end_run()
        world.edit(person, department="C")
        world.pull()
        ports = world.ports()
        world.far(replace(ports, source=Lagging(ports.source)))
        assert world.escrow()[person].reason is EscrowReason.NOT_READABLE_YET

    _settle_late(world, rival)
    world.settle_down(days=2)

    assert world.profile(person)["UpaDepartment"] == "C"
    assert world.differences() == []


def test_a_late_settling_doesnt_fill_a_shadow_that_was_reset() -> None:
    """Somebody resets the shadow after an edit by hand: the value is sent again, as the reset promises."""
    world, person = _in_flight()

    def rival() -> None:
        world.end_run()
        reset(world.ports(), world.connector, "shadow", "anna")
        world.sim.profiles.set(person, "UpaDepartment", "by hand")

    _settle_late(world, rival)
    world.settle_down(days=1)

    assert world.profile(person)["UpaDepartment"] == "B"


def test_a_plan_of_escrow_alone_that_somebody_else_made_meanwhile_isnt_begun() -> None:
    """The value it was made with is no longer the person's, and no round would ever put it right."""
    world = settled(3)
    person = world.people[0]
    request_people(world.ports(), world.connector, [person])
    world.edit(person, department="passing")

    def rival() -> None:
        world.edit(person, department="D0")
        world.pull()
        world.far()
        assert (world.state.sealed, world.state.run) == ((), None)

    ports = world.ports()
    world.step(beside(ports, Stalling(ports.store, rival, "intent.json")))
    world.settle_down(days=2)

    assert world.differences() == []


def test_people_who_were_moved_too_slowly_are_left_where_they_are() -> None:
    """A copy that is older than a run without a difference would bring back who was forgotten."""
    world = quick(World(3, mappings=MAPPINGS[:1]))
    world.settle_down()
    world.sim.delta.options.first_round_tombstones = False
    left = world.people[0]
    joiners = [world.join() for _ in range(6)]
    world.pull(full=True)

    def rival() -> None:
        for one in joiners:
            world.sim.advance(1)
            world.sim.directory.remove(one, hard=True)
        world.pull(full=True)
        world.sim.advance(1)
        world.sim.directory.remove(left)
        world.join()
        world.pull()
        world.far()
        assert (world.state.sealed, world.shadow(left)) == ((), None)

    ports = world.ports()
    moving = Stalling(ports.store, rival, "/people/1-")
    world.step(beside(ports, moving))
    assert moving.done

    assert world.shadow(left) is None
    world.sim.advance(60)
    world.sim.directory.restore(left)
    world.settle_down()
    assert world.differences(RULES[:1]) == []


def test_who_is_overtaken_before_the_rows_are_read_leaves_no_trace() -> None:
    """Two wake-ups at once, and no difference: the quicker one has ended the rounds and deleted their segments."""
    world = settled(3)
    world.pull(full=True)
    ports = world.ports()
    overtaken = Stalling(ports.store, world.far, "a segment's rows")
    step = world.step(beside(ports, overtaken))

    assert (overtaken.done, step.kind) == (True, "idle")
    assert (world.state.quarantine, world.state.retry) == (None, None)


def _refused_late(world: World, meanwhile: Callable[[], None]) -> None:
    """Upload, and be refused when somebody else has long gone on."""
    ports = world.ports()
    hung: list[str] = []

    def upload(name: str, content: bytes) -> None:
        if hung:
            return ports.library.upload(name, content)
        hung.append(name)
        world.sim.advance(400)
        meanwhile()
        raise RefusedError("413: too large")

    world.far(replace(ports, library=Wrapped(ports.library, upload=upload)))
    assert hung


def test_a_late_refusal_doesnt_take_a_running_import_job_off_the_books() -> None:
    """It belongs to whoever went on with the file: what it writes in the end is put right."""
    world = settled(3)
    person = world.people[0]
    world.edit(person, department="B")
    world.pull()
    world.sim.timer_job.plan("next", hang="Processing", wake_after=60 * 3600)
    _refused_late(world, lambda: world.drain(world.ports(), hours=1))
    world.drain(hours=25)
    world.edit(person, department="C")
    world.pull()
    world.drain(hours=6)
    world.settle_down(days=4)

    assert world.sim.jobs[1].state.terminal
    assert world.profile(person)["UpaDepartment"] == "C"


def test_a_late_refusal_doesnt_overwrite_the_report_of_a_success() -> None:
    """Nobody is alarmed for a run that went through."""
    world = settled(3)
    world.edit(world.people[0], department="B")
    world.pull()
    _refused_late(world, lambda: world.drain(world.ports(), hours=3))

    report = get_document(world.store, report_key(world.state.last_run), Report)
    assert report is not None
    assert report.value.status == "success"


def test_what_was_uploaded_too_late_is_taken_back() -> None:
    """Its debt was paid before it was there, and nobody would look for it in a week."""
    world = settled(3)
    world.edit(world.people[0], department="B")
    world.pull()
    ports = world.ports()
    hung: list[str] = []

    def upload(name: str, content: bytes) -> None:
        if not hung:
            hung.append(name)
            world.sim.advance(400)
            world.drain(world.ports(), hours=3)
        ports.library.upload(name, content)

    world.far(replace(ports, library=Wrapped(ports.library, upload=upload)))

    assert len(hung) == 1
    assert (world.library(), len(world.sim.jobs)) == ([], 2)


def test_a_late_plan_takes_nobody_out_of_escrow_whom_a_newer_plan_put_there() -> None:
    """It read the outbox long before the shard, where it then finds what is newer than all it knows."""
    world = settled(3)
    person = world.people[0]
    world.edit(person, department="B")
    world.pull()
    ports = world.ports()
    stalled: list[str] = []

    def rival() -> None:
        world.far()
        world.end_run()
        world.edit(person, department="C")
        world.pull()
        fresh = world.ports()
        world.far(replace(fresh, source=Lagging(fresh.source)))
        assert world.escrow()[person].reason is EscrowReason.NOT_READABLE_YET

    def get(key: str) -> Any:
        if "/people/" in key and not stalled:
            stalled.append(key)
            rival()
        return ports.store.get(key)

    world.step(beside(ports, Wrapped(ports.store, get=get)))
    assert stalled
    world.settle_down(days=2)

    assert world.profile(person)["UpaDepartment"] == "C"
